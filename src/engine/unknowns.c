#include "engine/unknowns.h"

#include <math.h>
#include <string.h>

#include "identity/gallery.h"
#include "identity/quality_gate.h"
#include "vision/quality.h"

/* RMS distances to eight varied pictures of a person, measured on the demo clips and a clip of a show: the same person's
 * faces lie at 0.31 to 0.45 (a singer who moves, half in profile: 0.46 to 0.60), other people's at 0.63 and more. */
#define SAME_PERSON 0.5f
/* Nearer than this to somebody who has a number: too like them for a number of its own. */
#define ANOTHER_PERSON 0.6f
/* From one frame to the next, at the same place: poor pictures of one person are farther apart than good ones, and another
 * person (after a cut) is farther still. */
#define SAME_PLACE_DISTANCE 0.7f
#define SAME_PLACE_IOU 0.4
/* A face that was not found for so many frames may still be the one that is found again at its place. */
#define TRACE_FRAMES 10
/* Being at the same place counts as much as being so much nearer. */
#define SAME_PLACE_BONUS 0.25f
/* Beyond the classifier's threshold by less than this: nearly somebody who is enrolled, perhaps them. */
#define NEARLY_ENROLLED 0.1f
/* The verdict of a track stands on an average that may come that much nearer still, until it stands on so many. */
#define MAY_COME_NEARER 0.1f
#define SETTLED_EMBEDDINGS 3
/* Tracks that were not seen for so many frames (over a minute) do not come back: what is known of them is forgotten. */
#define TRACK_FRAMES 3000
#define FORGET_EVERY 500
/* A weaker detection is no face, now and then: it gets no number. */
#define MIN_SCORE 0.2
/* Two detections that cover each other so much are one face, found twice. */
#define FOUND_TWICE_IOU 0.2
/* Pictures nearer than this to one another show the same: the better one is kept. */
#define SAME_PICTURE 0.15f

typedef struct Picture {
    float embedding[NT_EMBEDDING_SIZE];
    guint8 *chip;
    NtQuality quality;
    NtRect box;
    double score;
    gint64 pts_ns;
    float worth;
} Picture;

typedef struct Group {
    guint64 n_frames;
    gint64 first_ns, last_ns;
    guint n_pictures;
    Picture *pictures; /* [max_faces] */
    gboolean taken;    /* by a face of the frame at hand */
    gboolean seen;     /* and that face is there, not only expected */
} Group;

/* A face of this or a recent frame, and what is known of it since it has been followed. */
typedef struct Trace {
    NtRect box;
    float embedding[NT_EMBEDDING_SIZE];
    guint number;             /* 0: none yet */
    guint n_known, n_unknown; /* frames in which it looked like somebody enrolled, or ignored, and in which not */
    guint64 frame;
    gboolean followed;        /* by a face of the frame at hand */
} Trace;

/* What is known of a track. */
typedef struct Track {
    guint64 track;
    guint number; /* 0: none yet; else for ever */
    guint64 frame;
} Track;

/* What is found out about one face of the frame at hand. */
typedef struct Sight {
    const NtFace *face;
    Track *track;    /* NULL: it is not tracked */
    Trace *trace;    /* where one that is not tracked was a moment before; NULL: nowhere */
    gboolean asked;  /* it wants a number: its verdict is unknown and it is not ignored */
    gboolean looks;  /* it has an embedding */
    gboolean measured, good; /* good: a picture that can stand for a person */
    NtQuality quality;
    float worth;
} Sight;

/* A way to give a face a number or a trace, and how far-fetched it would be. */
typedef struct Match {
    guint sight, other;
    float cost;
} Match;

struct NtUnknowns {
    char *source;
    guint max_faces;
    guint64 n_frames;
    GPtrArray *groups; /* number 1 first */
    GArray *traces, *next_traces;
    GHashTable *tracks; /* Track, by number of track */
    GArray *sights, *matches; /* scratch */
};

static void free_group(gpointer data)
{
    Group *group = data;
    for (guint i = 0; i < group->n_pictures; i++)
        g_free(group->pictures[i].chip);
    g_free(group->pictures);
    g_free(group);
}

NtUnknowns *nt_unknowns_new(const char *source, guint max_faces)
{
    NtUnknowns *unknowns = g_new0(NtUnknowns, 1);
    unknowns->source = g_strdup(source);
    unknowns->max_faces = MAX(max_faces, 1);
    unknowns->groups = g_ptr_array_new_with_free_func(free_group);
    unknowns->traces = g_array_new(FALSE, FALSE, sizeof(Trace));
    unknowns->next_traces = g_array_new(FALSE, FALSE, sizeof(Trace));
    unknowns->tracks = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    unknowns->sights = g_array_new(FALSE, FALSE, sizeof(Sight));
    unknowns->matches = g_array_new(FALSE, FALSE, sizeof(Match));
    return unknowns;
}

void nt_unknowns_free(NtUnknowns *unknowns)
{
    if (!unknowns)
        return;
    g_free(unknowns->source);
    g_ptr_array_unref(unknowns->groups);
    g_array_unref(unknowns->traces);
    g_array_unref(unknowns->next_traces);
    g_hash_table_unref(unknowns->tracks);
    g_array_unref(unknowns->sights);
    g_array_unref(unknowns->matches);
    g_free(unknowns);
}

static double box_iou(NtRect a, NtRect b)
{
    const double width = MIN(a.right, b.right) - MAX(a.left, b.left) + 1;
    const double height = MIN(a.bottom, b.bottom) - MAX(a.top, b.top) + 1;
    if (width <= 0 || height <= 0)
        return 0;
    const double inner = width * height;
    return inner / ((double)nt_rect_width(a) * nt_rect_height(a) + (double)nt_rect_width(b) * nt_rect_height(b) - inner);
}

static float group_distance(const Group *group, const float *embedding)
{
    float sum = 0;
    for (guint i = 0; i < group->n_pictures; i++) {
        const float distance = nt_embedding_distance(group->pictures[i].embedding, embedding);
        sum += distance * distance;
    }
    return sqrtf(sum / (float)group->n_pictures);
}

/* Sorts and takes pairs, the least far-fetched first, each face and each partner once. */
static gint by_cost(gconstpointer a, gconstpointer b)
{
    const Match *x = a, *y = b;
    if (x->cost != y->cost)
        return x->cost < y->cost ? -1 : 1;
    return x->sight != y->sight ? (x->sight < y->sight ? -1 : 1) : (x->other > y->other) - (x->other < y->other);
}

/* What is known of the face's track, from now on at least that there is one. */
static Track *find_track(NtUnknowns *unknowns, const NtFace *face)
{
    if (face->track == 0)
        return NULL;
    Track *track = g_hash_table_lookup(unknowns->tracks, &face->track);
    if (!track) {
        track = g_new0(Track, 1);
        track->track = face->track;
        g_hash_table_insert(unknowns->tracks, &track->track, track);
    }
    track->frame = unknowns->n_frames;
    return track;
}

static gboolean is_long_gone(gpointer key, gpointer value, gpointer user)
{
    (void)key;
    return ((const NtUnknowns *)user)->n_frames - ((const Track *)value)->frame > TRACK_FRAMES;
}

static void look_at_faces(NtUnknowns *unknowns, const NtTaggedFrame *frame)
{
    g_array_set_size(unknowns->sights, frame->n_faces);
    for (guint i = 0; i < frame->n_faces; i++) {
        const NtFace *face = &frame->faces[i];
        const gboolean asked = face->verdict.kind == NT_VERDICT_UNKNOWN && face->verdict.reason != NT_REASON_IGNORED;
        g_array_index(unknowns->sights, Sight, i) = (Sight){.face = face,
                                                            .track = find_track(unknowns, face),
                                                            .asked = asked,
                                                            .looks = face->embedded || face->track == 0};
    }
    if (unknowns->n_frames % FORGET_EVERY == 0)
        g_hash_table_foreach_remove(unknowns->tracks, is_long_gone, unknowns);
}

/* Whether a picture is good enough to stand for a person. Measuring takes about as long as embedding: it is done only when
 * the answer matters, and once. */
static gboolean is_good(Sight *sight, const NtTaggedFrame *frame)
{
    const NtFace *face = sight->face;
    if (!sight->measured && face->chip && face->detection.score >= MIN_SCORE) {
        nt_quality_measure(face->landmarks, face->detection.box, frame->width, frame->height, face->chip, &sight->quality);
        sight->good = nt_gate_quality(&sight->quality) == NT_GATE_GOOD;
        sight->worth = sight->quality.sharpness * cosf(sight->quality.yaw * (float)(G_PI / 180));
    }
    sight->measured = TRUE;
    return sight->good;
}

/* Each face that is not tracked finds the one that was at its place a moment before. */
static void follow_traces(NtUnknowns *unknowns)
{
    g_array_set_size(unknowns->matches, 0);
    for (guint k = 0; k < unknowns->traces->len; k++) {
        Trace *trace = &g_array_index(unknowns->traces, Trace, k);
        trace->followed = FALSE;
        for (guint i = 0; i < unknowns->sights->len; i++) {
            const NtFace *face = g_array_index(unknowns->sights, Sight, i).face;
            if (face->track != 0)
                continue;
            const double iou = box_iou(face->detection.box, trace->box);
            if (iou < SAME_PLACE_IOU)
                continue;
            const float distance = nt_embedding_distance(face->embedding, trace->embedding);
            if (distance < SAME_PLACE_DISTANCE)
                g_array_append_vals(unknowns->matches, &(Match){i, k, distance - (float)iou}, 1);
        }
    }
    g_array_sort(unknowns->matches, by_cost);
    for (guint m = 0; m < unknowns->matches->len; m++) {
        const Match *match = &g_array_index(unknowns->matches, Match, m);
        Sight *sight = &g_array_index(unknowns->sights, Sight, match->sight);
        Trace *trace = &g_array_index(unknowns->traces, Trace, match->other);
        if (sight->trace || trace->followed)
            continue;
        sight->trace = trace;
        trace->followed = TRUE;
    }
}

/* A blurred moment can bring a stranger's face near to somebody enrolled. It is not given that name where an unknown person
 * was just before, whom it is more like. (The name of a track stands on more than a moment.) */
static void withdraw_names(NtUnknowns *unknowns, NtTaggedFrame *frame)
{
    for (guint i = 0; i < frame->n_faces; i++) {
        NtVerdict *verdict = &frame->faces[i].verdict;
        Sight *sight = &g_array_index(unknowns->sights, Sight, i);
        const Trace *trace = sight->trace;
        if (verdict->kind == NT_VERDICT_UNKNOWN || !trace || trace->number == 0 || trace->n_unknown <= trace->n_known ||
            group_distance(unknowns->groups->pdata[trace->number - 1], frame->faces[i].embedding) >= verdict->distance)
            continue;
        verdict->kind = NT_VERDICT_UNKNOWN;
        verdict->reason = NT_REASON_CLOSE;
        verdict->name = NULL;
        verdict->sure = FALSE;
        sight->asked = TRUE;
    }
}

static void give(NtUnknowns *unknowns, NtTaggedFrame *frame, guint i, guint number)
{
    Group *group = unknowns->groups->pdata[number - 1];
    frame->faces[i].verdict.unknown = number;
    group->taken = TRUE;
    group->seen = frame->faces[i].finding != NT_FOUND_PREDICTED;
    group->n_frames++;
    group->last_ns = frame->pts_ns;
}

/* What tracks have is theirs: of two with one number, which a track that comes back can be, the one known longer, which comes
 * first in the frame, has it. Where the number is not shown, because there is a name, nobody else in the frame gets it. */
static void give_tracks_their_numbers(NtUnknowns *unknowns, NtTaggedFrame *frame)
{
    for (guint g = 0; g < unknowns->groups->len; g++) {
        Group *group = unknowns->groups->pdata[g];
        group->taken = group->seen = FALSE;
    }
    for (guint i = 0; i < unknowns->sights->len; i++) {
        const Sight *sight = &g_array_index(unknowns->sights, Sight, i);
        if (!sight->track || sight->track->number == 0)
            continue;
        Group *group = unknowns->groups->pdata[sight->track->number - 1];
        if (sight->asked && !group->taken)
            give(unknowns, frame, i, sight->track->number);
        group->taken = TRUE;
        group->seen |= sight->face->finding != NT_FOUND_PREDICTED;
    }
}

/* Whether looks or place may give the face a number. */
static gboolean may_get_number(const Sight *sight)
{
    return sight->asked && sight->looks && (!sight->track || sight->track->number == 0);
}

/* Numbers that were given before, to those who look like their owner or are where their owner was. */
static void give_old_numbers(NtUnknowns *unknowns, NtTaggedFrame *frame)
{
    g_array_set_size(unknowns->matches, 0);
    for (guint g = 0; g < unknowns->groups->len; g++) {
        const Group *group = unknowns->groups->pdata[g];
        for (guint i = 0; i < unknowns->sights->len; i++) {
            const Sight *sight = &g_array_index(unknowns->sights, Sight, i);
            if (!may_get_number(sight) || group->taken)
                continue;
            const gboolean same_place = sight->trace && sight->trace->number == g + 1;
            const float distance = group_distance(group, sight->face->embedding);
            if (same_place || distance <= SAME_PERSON)
                g_array_append_vals(unknowns->matches,
                                    &(Match){i, g, distance - (same_place ? SAME_PLACE_BONUS : 0)}, 1);
        }
    }
    g_array_sort(unknowns->matches, by_cost);
    for (guint m = 0; m < unknowns->matches->len; m++) {
        const Match *match = &g_array_index(unknowns->matches, Match, m);
        const Group *group = unknowns->groups->pdata[match->other];
        if (frame->faces[match->sight].verdict.unknown == 0 && !group->taken)
            give(unknowns, frame, match->sight, match->other + 1);
    }
}

/* Whether a face is somebody who has not been seen before, with hardly a doubt. */
static gboolean is_new_person(const NtUnknowns *unknowns, const NtTaggedFrame *frame, guint i, float threshold)
{
    Sight *sight = &g_array_index(unknowns->sights, Sight, i);
    if (!may_get_number(sight) || sight->face->verdict.unknown != 0)
        return FALSE;
    const gboolean is_settled = !sight->track || sight->face->n_embedded >= SETTLED_EMBEDDINGS;
    const float too_near = threshold + NEARLY_ENROLLED + (is_settled ? 0 : MAY_COME_NEARER);
    if (threshold > 0 && sight->face->verdict.distance <= too_near)
        return FALSE;
    if (sight->trace && sight->trace->n_known > sight->trace->n_unknown)
        return FALSE;
    for (guint k = 0; k < i; k++) /* better detections come first */
        if (box_iou(frame->faces[k].detection.box, sight->face->detection.box) > FOUND_TWICE_IOU)
            return FALSE;
    for (guint g = 0; g < unknowns->groups->len; g++) {
        const Group *group = unknowns->groups->pdata[g];
        if (!group->seen && group_distance(group, sight->face->embedding) < ANOTHER_PERSON)
            return FALSE; /* perhaps them: whom the frame has elsewhere only by guessing where they should be, too */
    }
    return is_good(sight, frame);
}

static void give_new_numbers(NtUnknowns *unknowns, NtTaggedFrame *frame, float threshold)
{
    for (guint i = 0; i < frame->n_faces; i++) {
        if (!is_new_person(unknowns, frame, i, threshold))
            continue;
        Group *group = g_new0(Group, 1);
        group->pictures = g_new0(Picture, unknowns->max_faces);
        group->first_ns = frame->pts_ns;
        g_ptr_array_add(unknowns->groups, group);
        give(unknowns, frame, i, unknowns->groups->len);
    }
}

/* Farthest-point choice, a picture at a time: of the two kept pictures that are most alike the worse one can make room,
 * when a new one is farther than that from all. NULL: they are better without it. */
static Picture *find_spare(Group *group, float nearest)
{
    float closest = nearest;
    Picture *spare = NULL;
    for (guint i = 0; i < group->n_pictures; i++) {
        for (guint k = 0; k < i; k++) {
            Picture *a = &group->pictures[i], *b = &group->pictures[k];
            const float distance = nt_embedding_distance(a->embedding, b->embedding);
            if (distance < closest) {
                closest = distance;
                spare = a->worth < b->worth ? a : b;
            }
        }
    }
    return spare;
}

/* Where a picture goes among a group's, beside them or instead of one; NULL: nowhere. */
static Picture *find_place(Group *group, Sight *sight, const NtTaggedFrame *frame, guint max)
{
    const NtFace *face = sight->face;
    float nearest = INFINITY;
    Picture *twin = NULL;
    for (guint i = 0; i < group->n_pictures; i++) {
        const float distance = nt_embedding_distance(group->pictures[i].embedding, face->embedding);
        if (distance < nearest) {
            nearest = distance;
            twin = &group->pictures[i];
        }
    }
    if (nearest < SAME_PICTURE) /* the detector's score is a first, cheap opinion */
        return face->detection.score > twin->score && is_good(sight, frame) && sight->worth > twin->worth ? twin : NULL;
    Picture *place = group->n_pictures < max ? &group->pictures[group->n_pictures] : find_spare(group, nearest);
    return place && is_good(sight, frame) ? place : NULL;
}

static void keep_picture(NtUnknowns *unknowns, Sight *sight, const NtTaggedFrame *frame)
{
    const NtFace *face = sight->face;
    Group *group = unknowns->groups->pdata[face->verdict.unknown - 1];
    if (group->n_pictures > 0 && group_distance(group, face->embedding) > SAME_PERSON)
        return; /* by its place it is them, but it would spoil what is known of their looks */
    Picture *picture = find_place(group, sight, frame, unknowns->max_faces);
    if (!picture)
        return;
    if (picture == &group->pictures[group->n_pictures]) {
        group->n_pictures++;
        picture->chip = g_malloc(NT_CHIP_BYTES);
    }
    memcpy(picture->chip, face->chip, NT_CHIP_BYTES);
    memcpy(picture->embedding, face->embedding, sizeof picture->embedding);
    picture->quality = sight->quality;
    picture->box = face->detection.box;
    picture->score = face->detection.score;
    picture->pts_ns = frame->pts_ns;
    picture->worth = sight->worth;
}

/* The faces of this frame, and of recent ones those that were not found in it. */
static void remember_faces(NtUnknowns *unknowns)
{
    g_array_set_size(unknowns->next_traces, 0);
    for (guint i = 0; i < unknowns->sights->len; i++) {
        const Sight *sight = &g_array_index(unknowns->sights, Sight, i);
        const guint number = sight->face->verdict.unknown;
        if (sight->track) {
            sight->track->number = number ? number : sight->track->number;
            continue;
        }
        Trace trace = {.frame = unknowns->n_frames, .box = sight->face->detection.box};
        memcpy(trace.embedding, sight->face->embedding, sizeof trace.embedding);
        trace.number = number ? number : sight->trace ? sight->trace->number : 0;
        trace.n_known = (sight->trace ? sight->trace->n_known : 0) + !sight->asked;
        trace.n_unknown = (sight->trace ? sight->trace->n_unknown : 0) + sight->asked;
        g_array_append_val(unknowns->next_traces, trace);
    }
    for (guint k = 0; k < unknowns->traces->len; k++) {
        const Trace *trace = &g_array_index(unknowns->traces, Trace, k);
        if (!trace->followed && unknowns->n_frames - trace->frame < TRACE_FRAMES)
            g_array_append_vals(unknowns->next_traces, trace, 1);
    }
    GArray *old = unknowns->traces;
    unknowns->traces = unknowns->next_traces;
    unknowns->next_traces = old;
}

void nt_unknowns_add(NtUnknowns *unknowns, NtTaggedFrame *frame, float threshold)
{
    unknowns->n_frames++;
    for (guint i = 0; i < frame->n_faces; i++)
        frame->faces[i].verdict.unknown = 0;
    look_at_faces(unknowns, frame);
    follow_traces(unknowns);
    withdraw_names(unknowns, frame);
    give_tracks_their_numbers(unknowns, frame);
    give_old_numbers(unknowns, frame);
    give_new_numbers(unknowns, frame, threshold);
    for (guint i = 0; i < unknowns->sights->len; i++) {
        Sight *sight = &g_array_index(unknowns->sights, Sight, i);
        if (sight->face->verdict.unknown != 0 && sight->looks)
            keep_picture(unknowns, sight, frame);
    }
    remember_faces(unknowns);
}

static gint by_worth(gconstpointer a, gconstpointer b)
{
    const Picture *x = *(Picture *const *)a, *y = *(Picture *const *)b;
    return (x->worth < y->worth) - (x->worth > y->worth);
}

static NtUnknown *describe(const NtUnknowns *unknowns, guint number)
{
    const Group *group = unknowns->groups->pdata[number - 1];
    g_autoptr(GPtrArray) best = g_ptr_array_new();
    for (guint i = 0; i < group->n_pictures; i++)
        g_ptr_array_add(best, &group->pictures[i]);
    g_ptr_array_sort(best, by_worth);

    NtUnknown *unknown = g_new0(NtUnknown, 1);
    unknown->number = number;
    unknown->source = g_strdup(unknowns->source);
    unknown->n_frames = group->n_frames;
    unknown->first_ns = group->first_ns;
    unknown->last_ns = group->last_ns;
    unknown->n_faces = best->len;
    unknown->faces = g_new0(NtGalleryFace, best->len);
    for (guint i = 0; i < best->len; i++) {
        const Picture *picture = best->pdata[i];
        NtGalleryFace *face = &unknown->faces[i];
        memcpy(face->embedding, picture->embedding, sizeof face->embedding);
        face->chip = g_memdup2(picture->chip, NT_CHIP_BYTES);
        face->source = g_strdup(unknowns->source);
        face->pts_ns = picture->pts_ns;
        face->box = picture->box;
        face->score = picture->score;
        face->quality = picture->quality;
    }
    return unknown;
}

GPtrArray *nt_unknowns_list(const NtUnknowns *unknowns)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)nt_unknown_free);
    for (guint number = 1; number <= unknowns->groups->len; number++)
        g_ptr_array_add(list, describe(unknowns, number));
    return list;
}
