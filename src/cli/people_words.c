/* What the verbs of `nametag people` say and read in common. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/people.h"

/* A name that differs in at most this many letters is offered when the one asked for is not there. */
#define MAX_TYPOS 3
#define MAX_NAME 200

char *nt_people_command(const NtPeopleJob *job, const char *words)
{
    if (!job->options->gallery)
        return g_strconcat("nametag people ", words, NULL);
    g_autofree char *path = g_shell_quote(job->options->gallery);
    /* A plain path needs no quotes, and this is to be read inside some. */
    const gboolean plain = strspn(job->options->gallery, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "/._-+") ==
                           strlen(job->options->gallery);
    return g_strconcat("nametag people --gallery ", plain ? job->options->gallery : path, " ", words, NULL);
}

void nt_people_say_undo(const NtPeopleJob *job)
{
    g_autofree char *command = nt_people_command(job, "undo");
    printf("'%s' takes it back.\n", command);
}

gboolean nt_people_confirm(const NtPeopleJob *job, const char *question)
{
    char answer[16];
    if (job->options->yes)
        return TRUE;
    if (!isatty(STDIN_FILENO)) {
        nt_command_error("%s Nobody can be asked here; say --yes to do it", question);
        return FALSE;
    }
    printf("%s [y/N] ", question);
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && g_ascii_tolower(*answer) == 'y';
}

char *nt_people_date(gint64 us)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) local = utc ? g_date_time_to_local(utc) : NULL;
    return local ? g_date_time_format(local, "%Y-%m-%d %H:%M") : g_strdup("?");
}

char *nt_people_count(guint n, const char *thing) { return g_strdup_printf("%u %s%s", n, thing, n == 1 ? "" : "s"); }

char *nt_people_where(const NtGalleryFace *face)
{
    g_autoptr(GString) text = g_string_new(face->source && *face->source ? face->source : "(unknown source)");
    if (face->pts_ns >= 0)
        g_string_append_printf(text, " at %.2f s", (double)face->pts_ns / 1e9);
    if (nt_rect_width(face->box) > 1) /* not every table keeps the box */
        g_string_append_printf(text, ", face of %d x %d pixels", nt_rect_width(face->box), nt_rect_height(face->box));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* One of "3" and "2-4". */
static gboolean read_range(const char *text, guint max, const char *thing, guint *first, guint *last, GError **error)
{
    char *end = NULL;
    const guint64 from = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;
    guint64 to = from;
    if (end && *end == '-' && g_ascii_isdigit(end[1]))
        to = g_ascii_strtoull(end + 1, &end, 10);
    if (!end || *end != '\0' || from > to) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "'%s' is no %s number; write 2, or 2,5, or 2-4", text,
                    thing);
        return FALSE;
    }
    if (from < 1 || to > max) {
        g_autofree char *numbers = max == 0 ? g_strdup("there is none at all") : max == 1 ? g_strdup("there is only 1")
                                                                                      : g_strdup_printf("they go from 1 to %u", max);
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND, "there is no %s %s; %s", thing, text, numbers);
        return FALSE;
    }
    *first = (guint)from;
    *last = (guint)to;
    return TRUE;
}

gboolean nt_people_read_numbers(const char *text, guint max, const char *thing, GArray *numbers, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    g_autofree gboolean *wanted = g_new0(gboolean, (gsize)max + 1);
    g_array_set_size(numbers, 0);
    if (!parts[0])
        return read_range(text, max, thing, &(guint){0}, &(guint){0}, error);
    for (guint i = 0; parts[i]; i++) {
        guint first, last;
        if (!read_range(g_strstrip(parts[i]), max, thing, &first, &last, error))
            return FALSE;
        for (guint n = first; n <= last; n++)
            wanted[n] = TRUE;
    }
    for (guint n = 1; n <= max; n++)
        if (wanted[n])
            g_array_append_val(numbers, n);
    return TRUE;
}

/* Levenshtein's distance between two short texts, in characters, without regard to case. */
static guint edit_distance(const char *a, const char *b)
{
    g_autofree char *x = g_utf8_casefold(a, -1), *y = g_utf8_casefold(b, -1);
    glong n = 0, m = 0;
    g_autofree gunichar *s = g_utf8_to_ucs4_fast(x, -1, &n), *t = g_utf8_to_ucs4_fast(y, -1, &m);
    g_autofree guint *row = g_new(guint, m + 1);
    for (glong k = 0; k <= m; k++)
        row[k] = (guint)k;
    for (glong i = 1; i <= n; i++) {
        guint diagonal = row[0];
        row[0] = (guint)i;
        for (glong k = 1; k <= m; k++) {
            const guint above = row[k];
            row[k] = MIN(MIN(row[k] + 1, row[k - 1] + 1), diagonal + (s[i - 1] != t[k - 1]));
            diagonal = above;
        }
    }
    return row[m];
}

const char *nt_people_nearest_word(const char *word, const char *const *words, guint n)
{
    const char *best = NULL;
    guint best_distance = MAX_TYPOS + 1;
    if (strlen(word) > MAX_NAME || !g_utf8_validate(word, -1, NULL))
        return NULL;
    for (guint i = 0; i < n; i++) {
        const guint distance = edit_distance(word, words[i]);
        if (distance < best_distance) {
            best_distance = distance;
            best = words[i];
        }
    }
    return best;
}

void nt_people_suggest(NtGallery *gallery, const char *name)
{
    g_autoptr(GPtrArray) people = nt_gallery_list_people(gallery, NULL), names = g_ptr_array_new();
    for (guint i = 0; people && i < people->len; i++) {
        const NtPerson *person = people->pdata[i];
        if (strcmp(name, person->name) == 0)
            return; /* it is another name that is not there */
        g_ptr_array_add(names, person->name);
    }
    const char *best = nt_people_nearest_word(name, (const char *const *)names->pdata, names->len);
    if (best)
        fprintf(stderr, "Did you mean '%s'?\n", best);
}
