#include "engine/track.h"

#include <string.h>

#include "engine/picture_worth.h"
#include "vision/near.h"

/* A face that is followed may score so much less than one that is found: it is known to be there. */
#define WEAK_SCORE 0.5
/* How far it is looked for, in sides: farther the longer it has not been seen. */
#define REACH_GROWTH 0.1
#define MAX_REACH 1.0
/* Within so many sides of where it was expected, and so much larger or smaller, the detector only says that it is
 * there: the expected place is the steadier one. */
#define AS_EXPECTED 0.12
/* The landmarks' own idea of the place counts when it is that near to the detector's. */
#define FITS 0.3
/* Standard deviations of measured places, in sides: the detector's and the landmarks' together, the detector's at its
 * weakest, the texture's. */
#define SEEN_NOISE 0.02
#define FLOW_NOISE 0.04
/* Texture that was followed: most points agree, and the face looks as it did. */
#define LEAST_AGREEMENT 0.5
#define LEAST_LIKENESS 0.7
/* A face that from one frame to the next is less like itself than that, or less than the other since its last
 * embedding, or was not detected for more frames, may have become another person's. */
#define SAME_LIKENESS 0.7
#define SAME_LIKENESS_SINCE 0.6
#define TRUSTED_GAP 4
/* By texture alone, or by weak scores, a face is followed no longer; unseen, it is expected no longer. */
#define MAX_FOLLOWED_NS (3 * G_GINT64_CONSTANT(1000000000))
#define MAX_EXPECTED_NS (G_GINT64_CONSTANT(700000000))
/* A track that was seen once is let go of at once when it is not seen again. */
#define PROVEN_DETECTIONS 3

double nt_square_overlap(NtSquare a, NtSquare b)
{
    const double half = (a.side + b.side) / 2;
    const double width = MIN(MIN(a.side, b.side), half - fabs(a.x - b.x));
    const double height = MIN(MIN(a.side, b.side), half - fabs(a.y - b.y));
    if (width <= 0 || height <= 0)
        return 0;
    return width * height / (a.side * a.side + b.side * b.side - width * height);
}

static gboolean is_within(NtSquare a, NtSquare b, double sides, double growth)
{
    const double side = MIN(a.side, b.side);
    return fabs(a.x - b.x) <= sides * side && fabs(a.y - b.y) <= sides * side && MAX(a.side, b.side) <= growth * side;
}

/* One face's places, found in different ways or a slice apart. */
#define NEAR_SIDES 0.6
#define NEAR_GROWTH 1.8

gboolean nt_square_is_near(NtSquare a, NtSquare b)
{
    return is_within(a, b, NEAR_SIDES, NEAR_GROWTH);
}

static void move_points(NtPoint points[NT_N_LANDMARKS], NtSquare from, NtSquare to)
{
    const double scale = to.side / from.side;
    for (int i = 0; i < NT_N_LANDMARKS; i++) {
        points[i].x = to.x + (points[i].x - from.x) * scale;
        points[i].y = to.y + (points[i].y - from.y) * scale;
    }
}

/* Landmarks of the face at place, and where they say that it is. */
static NtSquare fit(NtTrack *track, NtSquare from, NtSquare place, const NtTrackLook *look)
{
    const NtLandmarker *landmarker = nt_model_set_landmarker(look->models);
    NtSquare fitted;
    move_points(track->fitted, from, place);
    nt_landmarks_follow(landmarker, &look->gray, place, track->fitted);
    nt_landmarks_place(landmarker, track->fitted, &fitted);
    return fitted;
}

static NtSquare between(NtSquare a, NtSquare b)
{
    return (NtSquare){(a.x + b.x) / 2, (a.y + b.y) / 2, (a.side + b.side) / 2};
}

void nt_track_start(NtTrack *track, guint64 id, const NtDetection *detection, const NtTrackLook *look)
{
    track->id = id;
    track->first_ns = track->detected_ns = track->seen_ns = look->pts_ns;
    track->n_frames = track->n_detected = 1;
    track->missed = 0;
    track->finding = NT_FOUND_DETECTED;
    track->score = detection->score;
    track->part = detection->part;
    track->steady = NT_STEADY_INIT;
    track->since_embedded = G_MAXUINT;
    track->has_shown_name = track->shown = track->in_doubt = FALSE;
    track->likeness = 1;
    track->place = nt_square_of_rect(detection->box);
    nt_kalman_start(&track->motion, track->place);
    nt_landmarks_fit(nt_model_set_landmarker(look->models), &look->gray, detection->box, track->fitted);
    nt_flow_take(&look->gray, track->place, &track->patch);
    track->looks = track->embedded_looks = track->patch;
}

/* expected: where the points of track->fitted are. */
static void see(NtTrack *track, NtSquare expected, NtSquare seen, const NtTrackLook *look)
{
    NtSquare place = is_within(expected, seen, AS_EXPECTED, 1 + AS_EXPECTED) ? expected : seen;
    const NtSquare fitted = fit(track, expected, place, look);
    nt_kalman_correct(&track->motion, is_within(fitted, seen, FITS, 1 + FITS) ? between(fitted, seen) : seen,
                      SEEN_NOISE);
    track->place = nt_kalman_place(&track->motion);
    nt_flow_take(&look->gray, track->place, &track->patch);
    track->seen_ns = look->pts_ns;
}

static void note_detection(NtTrack *track, double score, int part, const NtTrackLook *look)
{
    track->finding = NT_FOUND_DETECTED;
    track->likeness = nt_flow_likeness(&track->looks, &track->patch);
    track->looks = track->patch;
    track->in_doubt |= track->likeness < SAME_LIKENESS || track->missed > TRUSTED_GAP ||
                       nt_flow_likeness(&track->embedded_looks, &track->patch) < SAME_LIKENESS_SINCE;
    track->n_detected++;
    track->detected_ns = look->pts_ns;
    track->score = score;
    track->part = part;
}

void nt_track_see(NtTrack *track, NtSquare place, double score, int part, const NtTrackLook *look)
{
    see(track, track->place, place, look);
    note_detection(track, score, part, look);
}

/* By its texture; FALSE when that is lost. */
static gboolean follow_texture(NtTrack *track, NtSquare expected, const NtTrackLook *look)
{
    NtFlowPatch now;
    NtFlow flow;
    nt_flow_take(&look->gray, expected, &now);
    nt_flow_follow(&track->patch, &now, &flow);
    if (flow.agreement < LEAST_AGREEMENT || flow.likeness < LEAST_LIKENESS ||
        look->pts_ns - track->detected_ns > MAX_FOLLOWED_NS)
        return FALSE;
    nt_kalman_correct(&track->motion, flow.place, FLOW_NOISE);
    fit(track, expected, flow.place, look);
    track->place = nt_kalman_place(&track->motion);
    nt_flow_take(&look->gray, track->place, &track->patch);
    track->likeness = nt_flow_likeness(&track->looks, &track->patch);
    track->finding = NT_FOUND_FOLLOWED;
    track->seen_ns = look->pts_ns;
    return TRUE;
}

NtStatus nt_track_follow(NtTrack *track, const NtTrackLook *look, NtError *error)
{
    const NtSquare before = track->place;
    track->n_frames++;
    track->missed = track->finding == NT_FOUND_DETECTED ? 0 : track->missed + 1;
    track->since_embedded += track->since_embedded < G_MAXUINT;
    nt_kalman_predict(&track->motion, look->seconds);
    const NtSquare expected = nt_kalman_place(&track->motion);
    move_points(track->fitted, before, expected);

    NtNear near;
    int found = 0;
    const double reach = MIN(NT_NEAR_REACH + REACH_GROWTH * track->missed, MAX_REACH);
    const NtStatus status = nt_near_find(nt_model_set_detector(look->models), look->workspace, &look->gray, expected,
                                         reach, look->threshold - WEAK_SCORE, &near, &found, error);
    if (status != NT_OK)
        return status;
    const gboolean strong = found && near.score >= look->threshold;
    if (strong || (found && look->pts_ns - track->detected_ns <= MAX_FOLLOWED_NS)) {
        see(track, expected, near.place, look);
        if (strong) {
            note_detection(track, near.score, near.part, look);
        } else {
            track->finding = NT_FOUND_FOLLOWED;
            track->likeness = nt_flow_likeness(&track->looks, &track->patch);
        }
    } else if (!follow_texture(track, expected, look)) {
        nt_kalman_slow_down(&track->motion, look->seconds);
        track->place = expected;
        track->finding = NT_FOUND_PREDICTED;
    }
    return NT_OK;
}

NtStatus nt_track_seek(const NtTrack *track, const NtTrackLook *look, NtDetection *detection, gboolean *found,
                       NtError *error)
{
    NtNear near;
    int n = 0;
    const NtStatus status = nt_near_find(nt_model_set_detector(look->models), look->workspace, &look->gray,
                                         track->patch.place, MAX_REACH, look->threshold, &near, &n, error);
    *found = n > 0;
    if (*found)
        *detection = (NtDetection){nt_rect_of_square(near.place), near.score, near.part};
    return status;
}

void nt_track_note_embedded(NtTrack *track)
{
    track->since_embedded = 0;
    track->embedded_looks = track->patch;
}

void nt_track_settle(NtTrack *track, gint64 pts_ns)
{
    memcpy(track->steadied, track->fitted, sizeof track->steadied);
    nt_steady_filter(&track->steady, pts_ns, track->steadied);
}

gboolean nt_track_is_gone(const NtTrack *track, const NtTrackLook *look)
{
    const NtSquare place = track->place;
    if (place.x < 0 || place.y < 0 || place.x >= look->gray.width || place.y >= look->gray.height)
        return TRUE;
    if (track->finding != NT_FOUND_PREDICTED)
        return FALSE;
    return track->n_detected < PROVEN_DETECTIONS || look->pts_ns - track->seen_ns > MAX_EXPECTED_NS;
}

float nt_track_picture_worth(const NtTrack *track, const NtTrackLook *look)
{
    if (track->finding != NT_FOUND_DETECTED)
        return 0;
    return (float)nt_picture_worth_moving(track->place, nt_kalman_velocity(&track->motion), look->gray.width,
                                          look->gray.height, track->score, track->fitted);
}
