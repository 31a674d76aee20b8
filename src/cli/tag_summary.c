#include <math.h>
#include <stdio.h>

#include "cli/tag_job.h"

typedef struct Appearances {
    char *name;
    guint64 frames;
    gint64 first_ns, last_ns;
} Appearances;

struct NtTagSummary {
    GHashTable *by_name; /* name -> Appearances; "" is everybody unknown */
    guint64 frames, frames_with_faces;
    gint64 last_ns;
};

static void free_appearances(gpointer data)
{
    Appearances *seen = data;
    g_free(seen->name);
    g_free(seen);
}

NtTagSummary *nt_tag_summary_new(void)
{
    NtTagSummary *summary = g_new0(NtTagSummary, 1);
    summary->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_appearances);
    summary->last_ns = -1;
    return summary;
}

static void add_name(NtTagSummary *summary, const char *name, gint64 pts_ns)
{
    Appearances *seen = g_hash_table_lookup(summary->by_name, name);
    if (!seen) {
        seen = g_new0(Appearances, 1);
        seen->name = g_strdup(name);
        seen->first_ns = pts_ns;
        g_hash_table_insert(summary->by_name, seen->name, seen);
    }
    seen->frames++;
    seen->last_ns = pts_ns;
}

void nt_tag_summary_add(NtTagSummary *summary, const NtTaggedFrame *frame)
{
    gboolean unknown = FALSE;
    summary->frames++;
    summary->frames_with_faces += frame->n_faces > 0;
    summary->last_ns = frame->pts_ns;
    for (guint i = 0; i < frame->n_faces; i++) {
        const NtVerdict *verdict = &frame->faces[i].verdict;
        if (verdict->kind == NT_VERDICT_NAME)
            add_name(summary, verdict->name, frame->pts_ns);
        else
            unknown = TRUE;
    }
    if (unknown)
        add_name(summary, "", frame->pts_ns);
}

guint64 nt_tag_summary_frames(const NtTagSummary *summary) { return summary->frames; }

static char *format_moment(gint64 ns)
{
    double seconds = (double)ns / 1e9;
    return g_strdup_printf("%d:%04.1f", (int)(seconds / 60), fmod(seconds, 60));
}

/* Most seen first, the unknown last. */
static gint by_presence(gconstpointer a, gconstpointer b)
{
    const Appearances *x = *(Appearances *const *)a, *y = *(Appearances *const *)b;
    if (!*x->name != !*y->name)
        return *x->name ? -1 : 1;
    if (x->frames != y->frames)
        return x->frames > y->frames ? -1 : 1;
    return g_utf8_collate(x->name, y->name);
}

void nt_tag_summary_print(const NtTagSummary *summary, const char *input)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    GHashTableIter iter;
    gpointer row;
    gboolean still = summary->last_ns < 0;

    g_hash_table_iter_init(&iter, summary->by_name);
    while (g_hash_table_iter_next(&iter, NULL, &row))
        g_ptr_array_add(rows, row);
    g_ptr_array_sort(rows, by_presence);
    if (still)
        printf("%s:%s\n", input, rows->len ? "" : " no face found");
    else
        printf("%s: %" G_GUINT64_FORMAT " frames, %" G_GUINT64_FORMAT " with faces\n", input, summary->frames,
               summary->frames_with_faces);

    for (guint i = 0; i < rows->len; i++) {
        const Appearances *seen = rows->pdata[i];
        const char *name = *seen->name ? seen->name : "(unknown)";
        if (still) {
            printf("  %s\n", name);
        } else {
            g_autofree char *first = format_moment(seen->first_ns), *last = format_moment(seen->last_ns);
            printf("  %-24s %6" G_GUINT64_FORMAT " frames, %s to %s\n", name, seen->frames, first, last);
        }
    }
}

void nt_tag_summary_free(NtTagSummary *summary)
{
    if (!summary)
        return;
    g_hash_table_unref(summary->by_name);
    g_free(summary);
}
