#include "engine/appearances.h"

#include <string.h>

#include "engine/picture_worth.h"

/* Tracks that were not seen for so long do not come back (unknowns.c has the same in frames): what made them is
 * forgotten. */
#define FORGET_NS (120 * G_GINT64_CONSTANT(1000000000))
#define FORGET_EVERY 500 /* frames */
/* Copying the unknown people's pictures may take one part in so many of the time. */
#define COPYING_SHARE 30

/* A track that may still go on. */
typedef struct Open {
    guint64 track; /* its key */
    NtAppearance *appearance;
    NtTrackIdentity identity; /* which of the embeddings are kept */
} Open;

struct NtCollector {
    NtUnknowns *unknowns;
    GPtrArray *tracks; /* of NtAppearance, as they began */
    GHashTable *open;  /* track -> Open; its place in tracks is found by number */
    guint64 n_frames;
    gint64 reached_ns;
    GPtrArray *unknown;     /* the latest copy, shared with snapshots */
    gint64 next_unknown_us; /* monotonic: when the next may be made */
};

NtAppearance *nt_appearance_new(void)
{
    NtAppearance *appearance = g_new0(NtAppearance, 1);
    appearance->ref_count = 1;
    return appearance;
}

NtAppearance *nt_appearance_ref(NtAppearance *appearance)
{
    g_atomic_int_inc(&appearance->ref_count);
    return appearance;
}

void nt_appearance_unref(NtAppearance *appearance)
{
    if (!g_atomic_int_dec_and_test(&appearance->ref_count))
        return;
    g_free(appearance->spans);
    g_free(appearance);
}

static gboolean is_power_of_two(guint n)
{
    return (n & (n - 1)) == 0;
}

static guint room_for(guint n)
{
    guint room = 1;
    while (room < n)
        room *= 2;
    return room;
}

void nt_appearance_see(NtAppearance *appearance, gint64 pts_ns)
{
    NtSpan *last = appearance->n_spans > 0 ? &appearance->spans[appearance->n_spans - 1] : NULL;
    if (last && pts_ns - last->last_ns <= NT_SPAN_GAP_NS) {
        last->last_ns = MAX(pts_ns, last->last_ns);
        return;
    }
    if (is_power_of_two(appearance->n_spans)) /* full; none is, too */
        appearance->spans = g_renew(NtSpan, appearance->spans, MAX(2 * appearance->n_spans, 1));
    appearance->spans[appearance->n_spans++] = (NtSpan){pts_ns, pts_ns};
}

static NtAppearance *copy_appearance(const NtAppearance *appearance)
{
    NtAppearance *copy = nt_appearance_new();
    *copy = *appearance;
    copy->ref_count = 1;
    copy->spans = g_new(NtSpan, room_for(appearance->n_spans));
    memcpy(copy->spans, appearance->spans, appearance->n_spans * sizeof *copy->spans);
    return copy;
}

static GPtrArray *new_tracks(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)nt_appearance_unref);
}
static GPtrArray *new_unknown(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)nt_unknown_free);
}

NtAppearances *nt_appearances_new(void)
{
    NtAppearances *appearances = g_new0(NtAppearances, 1);
    appearances->ref_count = 1;
    appearances->duration_ns = appearances->reached_ns = -1;
    appearances->tracks = new_tracks();
    appearances->unknown = new_unknown();
    return appearances;
}

NtAppearances *nt_appearances_ref(NtAppearances *appearances)
{
    g_atomic_int_inc(&appearances->ref_count);
    return appearances;
}

void nt_appearances_unref(NtAppearances *appearances)
{
    if (!appearances || !g_atomic_int_dec_and_test(&appearances->ref_count))
        return;
    g_ptr_array_unref(appearances->tracks);
    g_ptr_array_unref(appearances->unknown);
    g_free(appearances);
}

static void free_open(gpointer data)
{
    Open *open = data;
    nt_appearance_unref(open->appearance);
    nt_track_identity_clear(&open->identity);
    g_free(open);
}

NtCollector *nt_collector_new(const char *source)
{
    NtCollector *collector = g_new0(NtCollector, 1);
    collector->unknowns = nt_unknowns_new(source, NT_UNKNOWNS_FACES);
    collector->tracks = new_tracks();
    collector->open = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, free_open);
    collector->reached_ns = -1;
    collector->unknown = new_unknown();
    return collector;
}

void nt_collector_free(NtCollector *collector)
{
    if (!collector)
        return;
    nt_unknowns_free(collector->unknowns);
    g_hash_table_unref(collector->open);
    g_ptr_array_unref(collector->tracks);
    g_ptr_array_unref(collector->unknown);
    g_free(collector);
}

/* Tracks begin in the order of their numbers, but one that comes back under an old number may be older. */
static guint find_place(const GPtrArray *tracks, guint64 track)
{
    guint first = 0, end = tracks->len;
    while (first < end) {
        const guint middle = first + (end - first) / 2;
        const NtAppearance *appearance = tracks->pdata[middle];
        if (appearance->track < track)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

static Open *open_track(NtCollector *collector, guint64 track)
{
    Open *open = g_hash_table_lookup(collector->open, &track);
    if (open)
        return open;
    const guint place = find_place(collector->tracks, track);
    open = g_new0(Open, 1);
    open->track = track;
    NtAppearance *old = place < collector->tracks->len ? collector->tracks->pdata[place] : NULL;
    if (old && old->track == track) {
        open->appearance = nt_appearance_ref(old);
    } else {
        open->appearance = nt_appearance_new();
        open->appearance->track = track;
        g_ptr_array_insert(collector->tracks, (int)place, nt_appearance_ref(open->appearance));
    }
    g_hash_table_insert(collector->open, &open->track, open);
    return open;
}

/* The appearance, no longer shared with a snapshot. The list and the table hold it. */
static NtAppearance *make_own(NtCollector *collector, Open *open)
{
    if (g_atomic_int_get(&open->appearance->ref_count) <= 2)
        return open->appearance;
    NtAppearance *copy = copy_appearance(open->appearance);
    const guint place = find_place(collector->tracks, open->track);
    nt_appearance_unref(collector->tracks->pdata[place]);
    collector->tracks->pdata[place] = nt_appearance_ref(copy);
    nt_appearance_unref(open->appearance);
    open->appearance = copy;
    return copy;
}

/* What the tracker would say of the picture, without what it knows of the movement. */
static float picture_worth(const NtFace *face)
{
    const double side = face->detection.box.right - face->detection.box.left;
    return face->finding == NT_FOUND_DETECTED ? (float)nt_picture_worth(side, face->detection.score, face->landmarks)
                                              : 0;
}

static void keep_embedding(NtAppearance *appearance, Open *open, const NtFace *face)
{
    nt_track_identity_add(&open->identity, face->embedding, picture_worth(face));
    appearance->n_embeddings = open->identity.n;
    memcpy(appearance->weights, open->identity.weights, sizeof appearance->weights);
    memcpy(appearance->embeddings, open->identity.embeddings, sizeof appearance->embeddings);
}

static gboolean is_long_gone(gpointer key G_GNUC_UNUSED, gpointer value, gpointer data)
{
    const NtAppearance *appearance = ((const Open *)value)->appearance;
    const gint64 reached_ns = *(const gint64 *)data;
    return appearance->n_spans > 0 && reached_ns - appearance->spans[appearance->n_spans - 1].last_ns > FORGET_NS;
}

void nt_collector_add(NtCollector *collector, NtTaggedFrame *frame)
{
    nt_unknowns_add(collector->unknowns, frame, 0);
    collector->reached_ns = frame->pts_ns;
    for (guint i = 0; i < frame->n_faces; i++) {
        const NtFace *face = &frame->faces[i];
        if (face->track == 0 || face->finding == NT_FOUND_PREDICTED)
            continue;
        Open *open = open_track(collector, face->track);
        NtAppearance *appearance = make_own(collector, open);
        nt_appearance_see(appearance, frame->pts_ns);
        appearance->n_frames++;
        if (face->verdict.unknown != 0)
            appearance->number = face->verdict.unknown;
        if (face->embedded)
            keep_embedding(appearance, open, face);
    }
    if (++collector->n_frames % FORGET_EVERY == 0)
        g_hash_table_foreach_remove(collector->open, is_long_gone, &collector->reached_ns);
}

static void copy_unknown(NtCollector *collector)
{
    const gint64 begin_us = g_get_monotonic_time();
    g_ptr_array_unref(collector->unknown);
    collector->unknown = nt_unknowns_list(collector->unknowns);
    const gint64 end_us = g_get_monotonic_time();
    collector->next_unknown_us = end_us + COPYING_SHARE * (end_us - begin_us);
}

static gpointer share_appearance(gconstpointer appearance, gpointer user G_GNUC_UNUSED)
{
    return nt_appearance_ref((NtAppearance *)appearance);
}

NtAppearances *nt_collector_take(NtCollector *collector, gint64 duration_ns, gboolean complete, gboolean thorough)
{
    if (complete || thorough || g_get_monotonic_time() >= collector->next_unknown_us)
        copy_unknown(collector);
    NtAppearances *appearances = nt_appearances_new();
    appearances->duration_ns = duration_ns;
    appearances->reached_ns = collector->reached_ns;
    appearances->complete = complete;
    g_ptr_array_extend(appearances->tracks, collector->tracks, share_appearance, NULL);
    g_ptr_array_unref(appearances->unknown);
    appearances->unknown = g_ptr_array_ref(collector->unknown);
    return appearances;
}
