#include "cli/progress.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"

#define REDRAW_US (G_USEC_PER_SEC / 10)      /* a terminal's bar: ten times a second */
#define PLAIN_LINE_US (10 * G_USEC_PER_SEC)  /* elsewhere: a line every ten seconds */
#define RATE_WINDOW_US (3 * G_USEC_PER_SEC)  /* the rate shown is that of about the last three seconds */
#define BAR_CELLS 24

struct NtProgress {
    char *label, *unit;
    gboolean quiet, terminal, drawn;
    gint64 began_us, shown_us;
    guint64 done;
    double fraction;
    gint64 mark_us; /* where the current rate is measured from */
    guint64 mark_done;
    double rate;
};

NtProgress *nt_progress_new(const char *label, const char *unit, gboolean quiet)
{
    NtProgress *progress = g_new0(NtProgress, 1);
    progress->label = g_strdup(label);
    progress->unit = g_strdup(unit);
    progress->quiet = quiet;
    progress->terminal = nt_command_is_terminal();
    progress->began_us = progress->shown_us = progress->mark_us = g_get_monotonic_time();
    progress->fraction = -1;
    return progress;
}

/* "1 frame", "2 frames". */
static char *count(const NtProgress *progress)
{
    const int length = (int)strlen(progress->unit) - (progress->done == 1);
    return g_strdup_printf("%" G_GUINT64_FORMAT " %.*s", progress->done, length, progress->unit);
}

static char *describe(const NtProgress *progress, gint64 now_us)
{
    GString *text = g_string_new(NULL);
    g_autofree char *counted = count(progress);
    g_string_append(text, counted);
    if (progress->rate > 0)
        g_string_append_printf(text, ", %.1f a second", progress->rate);
    if (progress->fraction > 0.002 && progress->fraction < 1) {
        double elapsed = (double)(now_us - progress->began_us) / G_USEC_PER_SEC;
        g_autofree char *left = nt_command_duration(elapsed * (1 - progress->fraction) / progress->fraction);
        g_string_append_printf(text, ", %s left", left);
    }
    return g_string_free(text, FALSE);
}

static void draw_bar(NtProgress *progress, gint64 now_us)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    g_autofree char *text = describe(progress, now_us);
    g_autoptr(GString) line = g_string_new(NULL);
    int columns = nt_command_terminal_columns() - 1;
    int room = columns - (int)g_utf8_strlen(progress->label, -1) - (int)g_utf8_strlen(text, -1) - BAR_CELLS - 10;

    if (room >= 0)
        g_string_append_printf(line, "%s ", progress->label);
    if (progress->fraction >= 0 && room + (int)g_utf8_strlen(progress->label, -1) >= 0) {
        int filled = (int)(CLAMP(progress->fraction, 0, 1) * BAR_CELLS * 8);
        int cells = filled / 8;
        for (int i = 0; i < cells; i++)
            g_string_append(line, "█");
        if (cells < BAR_CELLS)
            g_string_append(line, eighths[filled % 8]);
        for (int i = cells + (filled % 8 != 0); i < BAR_CELLS; i++)
            g_string_append_c(line, ' ');
        g_string_append_printf(line, " %3d %%  ", (int)(CLAMP(progress->fraction, 0, 1) * 100));
    }
    g_string_append(line, text);
    nt_terminal_draw(line->str);
    progress->drawn = TRUE;
}

void nt_progress_update(NtProgress *progress, guint64 done, double fraction)
{
    gint64 now = g_get_monotonic_time();
    progress->done = done;
    progress->fraction = fraction;
    if (progress->quiet || now - progress->shown_us < (progress->terminal ? REDRAW_US : PLAIN_LINE_US))
        return;
    if (now - progress->mark_us >= RATE_WINDOW_US || progress->rate <= 0) {
        progress->rate = (double)(done - progress->mark_done) * G_USEC_PER_SEC / (double)(now - progress->mark_us);
        progress->mark_us = now;
        progress->mark_done = done;
    }
    progress->shown_us = now;
    if (progress->terminal) {
        draw_bar(progress, now);
    } else {
        g_autofree char *text = describe(progress, now);
        if (fraction >= 0)
            fprintf(stderr, "%s: %d %%, %s\n", progress->label, (int)(CLAMP(fraction, 0, 1) * 100), text);
        else
            fprintf(stderr, "%s: %s\n", progress->label, text);
    }
}

void nt_progress_clear(NtProgress *progress)
{
    if (progress->drawn) {
        nt_command_clear_line();
        progress->drawn = FALSE;
    }
}

void nt_progress_finish(NtProgress *progress)
{
    nt_progress_clear(progress);
    if (progress->quiet)
        return;
    double elapsed = (double)(g_get_monotonic_time() - progress->began_us) / G_USEC_PER_SEC;
    g_autofree char *time = nt_command_duration(elapsed), *counted = count(progress);
    fprintf(stderr, "%s: %s in %s (%.1f a second)\n", progress->label, counted, time,
            elapsed > 0 ? (double)progress->done / elapsed : 0);
}

void nt_progress_free(NtProgress *progress)
{
    if (!progress)
        return;
    nt_progress_clear(progress);
    g_free(progress->label);
    g_free(progress->unit);
    g_free(progress);
}
