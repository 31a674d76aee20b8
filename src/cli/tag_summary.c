#include "cli/command.h"
#include "cli/tag_job.h"

/* Rows in the order of the summary. */
typedef enum RowKind { NAMED, GUESSED, NUMBERED, UNKNOWN } RowKind;

typedef struct Appearances {
    RowKind kind;
    guint number; /* NUMBERED */
    char *name;   /* "Anna", "Anna?", "unknown 1", "(unknown)" */
    guint64 frames, last_frame;
    gint64 first_ns, last_ns;
} Appearances;

struct NtTagSummary {
    GHashTable *by_name; /* name -> Appearances */
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
    summary->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_appearances);
    summary->last_ns = -1;
    return summary;
}

static void add_row(NtTagSummary *summary, const NtVerdict *verdict, gint64 pts_ns)
{
    g_autofree char *name = NULL;
    RowKind kind = NAMED;
    if (verdict->kind == NT_VERDICT_NAME) {
        name = g_strdup(verdict->name);
    } else if (verdict->kind == NT_VERDICT_UNSURE) {
        kind = GUESSED;
        name = g_strconcat(verdict->name, "?", NULL);
    } else if (verdict->unknown > 0) {
        kind = NUMBERED;
        name = g_strdup_printf("unknown %u", verdict->unknown);
    } else {
        kind = UNKNOWN;
        name = g_strdup("(unknown)");
    }
    /* A person may be called "unknown 1" too: kinds are told apart. */
    g_autofree char *key = g_strdup_printf("%d %s", (int)kind, name);
    Appearances *seen = g_hash_table_lookup(summary->by_name, key);
    if (!seen) {
        seen = g_new0(Appearances, 1);
        seen->kind = kind;
        seen->number = verdict->unknown;
        seen->name = g_steal_pointer(&name);
        seen->first_ns = pts_ns;
        g_hash_table_insert(summary->by_name, g_steal_pointer(&key), seen);
    } else if (summary->frames == seen->last_frame) {
        return; /* several plainly unknown faces of one frame are one frame */
    }
    seen->last_frame = summary->frames;
    seen->frames++;
    seen->last_ns = pts_ns;
}

void nt_tag_summary_add(NtTagSummary *summary, const NtTaggedFrame *frame)
{
    summary->frames++;
    summary->frames_with_faces += frame->n_faces > 0;
    summary->last_ns = frame->pts_ns;
    for (guint i = 0; i < frame->n_faces; i++)
        add_row(summary, &frame->faces[i].verdict, frame->pts_ns);
}

guint64 nt_tag_summary_frames(const NtTagSummary *summary) { return summary->frames; }

/* By kind; people most seen first, the unknown by number. */
static gint by_presence(gconstpointer a, gconstpointer b)
{
    const Appearances *x = *(Appearances *const *)a, *y = *(Appearances *const *)b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    if (x->frames != y->frames)
        return x->frames > y->frames ? -1 : 1;
    return g_utf8_collate(x->name, y->name);
}

void nt_tag_summary_print(const NtTagSummary *summary, const char *input, FILE *out)
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
        fprintf(out, "%s:%s\n", input, rows->len ? "" : " no face found");
    else
        fprintf(out, "%s: %" G_GUINT64_FORMAT " frames, %" G_GUINT64_FORMAT " with faces\n", input, summary->frames,
               summary->frames_with_faces);

    for (guint i = 0; i < rows->len; i++) {
        const Appearances *seen = rows->pdata[i];
        if (still) {
            fprintf(out, "  %s\n", seen->name);
        } else {
            g_autofree char *first = nt_command_moment(seen->first_ns), *last = nt_command_moment(seen->last_ns);
            fprintf(out, "  %-24s %6" G_GUINT64_FORMAT " frame%s %s to %s\n", seen->name, seen->frames,
                   seen->frames == 1 ? ", " : "s,", first, last);
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
