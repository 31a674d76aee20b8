/* Who the tracks are: which faces to embed, what that says of the tracks, and the names. */
#include "engine/tracker_private.h"

#include <string.h>

#include "engine/core_error.h"

/* Somebody who comes back: within the distance at which the project's clips show the same person (unknowns.c); where
 * they were when they were hidden, within what is not another person's. */
#define REJOIN_DISTANCE 0.5f
/* A new track's first so many embeddings may tell that. */
#define REJOIN_EMBEDDINGS 5
/* While tracks cross, their people are looked at every so many frames. */
#define CROSSING_FRAMES 3
/* An embedding farther than this from the mean of a track in doubt is another person's. */
#define OTHER_PERSON 0.6f
/* Faces embedded in one frame, so that none costs much more than the others; twice as many in the first of a scene. */
#define MAX_EMBEDDED 2
/* A picture less good than this tells little: a better one is waited for, for a while. One that is even worse settles
 * no doubt. */
#define GOOD_WORTH 0.3f
#define TELLING_WORTH 0.15f
#define LEAST_WORTH 0.05f
#define PATIENT_FRAMES 5
/* Whom to embed first: who has no embedding at all, then who is in doubt, then who has waited longest. */
#define URGENT_NEW 1000
#define URGENT_DOUBT 500
/* Of two faces with the same name the nearer one keeps it; the one that had it before, unless the other is nearer by
 * this. */
#define CLEARLY_NEARER 0.1f
#define CLEAR_EMBEDDINGS 3

/* How much it tells to embed a face now; 0: nothing. */
static double urgency(const NtTracker *tracker, const NtTrack *track)
{
    if (track->finding != NT_FOUND_DETECTED)
        return 0;
    const guint wait = nt_track_identity_wait(&track->identity);
    const double worth = nt_track_picture_worth(track, &tracker->each[0].look);
    if (track->identity.n_seen == 0)
        return URGENT_NEW + worth;
    if (track->in_doubt && track->since_embedded >= CROSSING_FRAMES)
        return URGENT_DOUBT + worth;
    if (track->since_embedded < wait || (worth < GOOD_WORTH && track->since_embedded < wait + PATIENT_FRAMES))
        return 0;
    return (double)track->since_embedded / wait + worth;
}

static NtTrack *track_of(const NtTracker *tracker, const NtTaggedFrame *frame, const NtFace *face)
{
    return tracker->shown->pdata[face - frame->faces];
}

static void choose_due(NtTracker *tracker, NtTaggedFrame *frame, gboolean scene_is_new)
{
    g_ptr_array_set_size(tracker->due, 0);
    const guint most = scene_is_new ? 2 * MAX_EMBEDDED : MAX_EMBEDDED;
    while (tracker->due->len < most) {
        NtFace *best = NULL;
        double most_urgent = 0;
        for (guint i = 0; i < frame->n_faces; i++) {
            const double urgent = urgency(tracker, tracker->shown->pdata[i]);
            if (urgent > most_urgent && !g_ptr_array_find(tracker->due, &frame->faces[i], NULL)) {
                most_urgent = urgent;
                best = &frame->faces[i];
            }
        }
        if (!best)
            return;
        g_ptr_array_add(tracker->due, best);
    }
}

/* The hidden track whose person an embedding shows, or NULL. */
static NtTrack *find_hidden(const NtTracker *tracker, const NtTrack *track, guint *index)
{
    NtTrack *nearest = NULL;
    float least = INFINITY;
    for (guint i = 0; i < tracker->hidden->len; i++) {
        NtTrack *hidden = tracker->hidden->pdata[i];
        const float distance = nt_track_identity_distance(&track->identity, &hidden->identity);
        const gboolean same_place = nt_square_is_near(track->place, hidden->patch.place);
        if (distance < (same_place ? OTHER_PERSON : REJOIN_DISTANCE) && distance < least) {
            least = distance;
            nearest = hidden;
            *index = i;
        }
    }
    return nearest;
}

/* A new track may be somebody's who was hidden: what is known of them goes on, and so does their number unless it was
 * handed out under another. */
static void rejoin(NtTracker *tracker, NtTrack *track, NtFace *face, float worth)
{
    guint index = 0;
    NtTrack *hidden = find_hidden(tracker, track, &index);
    if (!hidden)
        return;
    const NtTrackIdentity known = hidden->identity;
    hidden->identity = track->identity;
    track->identity = known;
    nt_track_identity_add(&track->identity, face->embedding, worth);
    track->in_doubt = TRUE; /* another look will tell */
    if (!track->shown) {
        face->track = track->id = hidden->id;
        track->first_ns = hidden->first_ns;
        track->has_shown_name = hidden->has_shown_name;
    }
    nt_tracker_let_go(tracker, g_ptr_array_steal_index(tracker->hidden, index));
}

/* The track has become somebody else's: what it was is hidden, and a new one goes on from here. */
static void split(NtTracker *tracker, NtTrack *track, NtFace *face)
{
    NtTrack *old = nt_tracker_take_track(tracker);
    const NtTrackIdentity empty = old->identity;
    *old = *track;
    old->identity.n_against = 0; /* it is the new one's */
    track->identity = empty;
    track->id = face->track = ++tracker->last_id;
    track->first_ns = track->seen_ns;
    track->n_frames = track->n_detected = 1;
    track->since_embedded = 0;
    track->shown = track->has_shown_name = track->in_doubt = FALSE;
    nt_tracker_hide(tracker, old);
}

static void add_evidence(NtTracker *tracker, NtTrack *track, NtFace *face)
{
    const float worth = MAX(nt_track_picture_worth(track, &tracker->each[0].look), LEAST_WORTH);
    gboolean same = TRUE;
    if (track->in_doubt && worth >= TELLING_WORTH) {
        same = track->identity.n == 0 || nt_embedding_distance(track->identity.mean, face->embedding) < OTHER_PERSON;
        track->in_doubt = FALSE;
    }
    if (!same) {
        split(tracker, track, face);
        nt_track_identity_add(&track->identity, face->embedding, worth);
    } else if (!nt_track_identity_add(&track->identity, face->embedding, worth)) {
        const NtTrackIdentity was = track->identity; /* its memory goes over to what is hidden */
        split(tracker, track, face);
        for (guint i = 0; i < MIN(was.n_against, NT_TRACK_AGAINST); i++)
            nt_track_identity_add(&track->identity, was.against[i], was.against_weights[i]);
    }
    if (track->identity.n_seen <= REJOIN_EMBEDDINGS)
        rejoin(tracker, track, face, worth);
    nt_track_note_embedded(track);
}

static gboolean embed(NtTracker *tracker, const NtPicture *picture, NtTaggedFrame *frame, gboolean scene_is_new,
                      GError **error)
{
    choose_due(tracker, frame, scene_is_new);
    if (tracker->options.engine.with_chips)
        nt_tagged_frame_add_chips(frame);
    NtError core = {NT_OK, ""};
    core.status = nt_represent(tracker->representer, picture, (NtFace *const *)tracker->due->pdata,
                               tracker->due->len, TRUE);
    if (core.status != NT_OK) {
        nt_error_to_gerror(&core, error);
        return FALSE;
    }
    for (guint i = 0; i < frame->n_faces; i++)
        if (!frame->faces[i].embedded)
            frame->faces[i].chip = NULL;
    for (guint i = 0; i < tracker->due->len; i++)
        add_evidence(tracker, track_of(tracker, frame, tracker->due->pdata[i]), tracker->due->pdata[i]);
    return TRUE;
}

/* Whether a keeps the name that both have. */
static gboolean keeps_name(const NtTrack *a, const NtTrack *b)
{
    const float by = b->identity.verdict.distance - a->identity.verdict.distance;
    if (a->has_shown_name != b->has_shown_name) {
        const NtTrack *rival = a->has_shown_name ? b : a;
        const gboolean clearly =
            (a->has_shown_name ? -by : by) > CLEARLY_NEARER && rival->identity.n >= CLEAR_EMBEDDINGS;
        return a->has_shown_name ? !clearly : clearly;
    }
    return by > 0 || (by == 0 && a->id < b->id);
}

static void make_unknown(NtVerdict *verdict)
{
    verdict->kind = NT_VERDICT_UNKNOWN;
    verdict->reason = NT_REASON_TIE;
    verdict->name = NULL;
    verdict->sure = FALSE;
}

/* A track loses a name that it was shown with only by ending. */
static void take_name_away(NtTracker *tracker, NtTrack *track, NtFace *face)
{
    if (track->has_shown_name)
        split(tracker, track, face);
    make_unknown(&face->verdict);
}

/* Nobody is guessed to be a person whose name another face has. */
static void withdraw_guesses(NtTaggedFrame *frame)
{
    for (guint i = 0; i < frame->n_faces; i++) {
        NtVerdict *guess = &frame->faces[i].verdict;
        for (guint k = 0; k < frame->n_faces && guess->kind == NT_VERDICT_UNSURE; k++) {
            const NtVerdict *named = &frame->faces[k].verdict;
            if (named->kind == NT_VERDICT_NAME && named->name == guess->name)
                make_unknown(guess);
        }
    }
}

static void settle_names(NtTracker *tracker, NtTaggedFrame *frame)
{
    for (guint i = 0; i < frame->n_faces; i++) {
        for (guint k = 0; k < i; k++) {
            NtFace *a = &frame->faces[k], *b = &frame->faces[i];
            if (a->verdict.kind != NT_VERDICT_NAME || b->verdict.kind != NT_VERDICT_NAME ||
                a->verdict.name != b->verdict.name)
                continue;
            NtTrack *of_a = tracker->shown->pdata[k], *of_b = tracker->shown->pdata[i];
            if (keeps_name(of_a, of_b))
                take_name_away(tracker, of_b, b);
            else
                take_name_away(tracker, of_a, a);
        }
    }
    withdraw_guesses(frame);
}

/* Says who everybody is, by the newest classifier there is. */
static void judge(NtTracker *tracker, NtTaggedFrame *frame)
{
    NtRecognizer *recognizer = tracker->options.engine.recognizer;
    g_autoptr(NtClassifier) newest = recognizer ? nt_recognizer_get(recognizer) : NULL;
    NtClassifier *classifier = newest ? newest : tracker->classifier;
    for (guint i = 0; i < frame->n_faces; i++) {
        NtTrack *track = tracker->shown->pdata[i];
        nt_track_identity_judge(&track->identity, classifier);
        if (track->identity.n > 0)
            frame->faces[i].verdict = track->identity.verdict;
        frame->faces[i].n_embedded = track->identity.n;
    }
    settle_names(tracker, frame);
}

gboolean nt_tracker_identify(NtTracker *tracker, const NtPicture *picture, NtTaggedFrame *frame, gboolean scene_is_new,
                             GError **error)
{
    if (!embed(tracker, picture, frame, scene_is_new, error))
        return FALSE;
    judge(tracker, frame);
    return TRUE;
}
