/* Nametag - one face followed from frame to frame. Private to the tracker.
 */
#ifndef NT_TRACK_H
#define NT_TRACK_H

#include "engine/kalman.h"
#include "engine/model_set.h"
#include "engine/steady.h"
#include "engine/tagged.h"
#include "engine/track_identity.h"
#include "vision/flow.h"

typedef struct NtTrack {
    guint64 id;
    gint64 first_ns, detected_ns,
        seen_ns; /* first frame; last one where the detector saw it, at its own limit; where anything did */
    guint n_frames, n_detected; /* since it began */
    guint missed;               /* frames since the detector saw it, before this one */
    NtFinding finding;          /* in this frame */
    NtKalman motion;
    NtSquare place;
    double score; /* of the detector, when it last saw it */
    int part;
    NtPoint fitted[NT_N_LANDMARKS]; /* as they come */
    NtPoint steadied[NT_N_LANDMARKS];
    NtSteady steady;
    NtFlowPatch patch;          /* of the last frame where it was seen */
    NtFlowPatch looks;          /* of the last one where the detector saw it */
    NtFlowPatch embedded_looks; /* of the last one where it was embedded */
    double likeness;            /* of this frame to the last one where the detector saw it */
    NtTrackIdentity identity;
    guint since_embedded;    /* frames */
    gboolean in_doubt;       /* it may have become another person's: an embedding must tell */
    gboolean has_shown_name; /* in the frame before */
    gboolean shown;          /* it was handed out under its number */
} NtTrack;

/* A frame, and what is needed to look at it; one for each worker. */
typedef struct NtTrackLook {
    const NtModelSet *models;
    NtDetectWorkspace *workspace;
    NtImage gray;
    gint64 pts_ns;
    double seconds;   /* since the frame before */
    double threshold; /* the detector's, as the user wants it */
} NtTrackLook;

/* Begins with a detection in the frame. identity must be empty. */
void nt_track_start(NtTrack *track, guint64 id, const NtDetection *detection, const NtTrackLook *look);
/* Finds it in the next frame. */
NtStatus nt_track_follow(NtTrack *track, const NtTrackLook *look, NtError *error);
/* The detector saw it in the frame after all, where nt_track_follow had not looked. */
void nt_track_see(NtTrack *track, NtSquare place, double score, int part, const NtTrackLook *look);
/* Where the detector sees a face near the place at which a hidden track was last seen. */
NtStatus nt_track_seek(const NtTrack *track, const NtTrackLook *look, NtDetection *detection, gboolean *found,
                       NtError *error);
/* Its embedding is known as of this frame. */
void nt_track_note_embedded(NtTrack *track);
/* Steadies the landmarks of this frame; once a frame, when its place is settled. */
void nt_track_settle(NtTrack *track, gint64 pts_ns);

/* Whether it has not been seen for so long, or so clearly left the picture, that it is no longer in view. */
gboolean nt_track_is_gone(const NtTrack *track, const NtTrackLook *look);
/* How good a picture of the face the frame is, 0 .. 1: what its embedding weighs. */
float nt_track_picture_worth(const NtTrack *track, const NtTrackLook *look);

/* Overlap of two places, intersection over union, 0 .. 1. */
double nt_square_overlap(NtSquare a, NtSquare b);
/* Whether two places can be one face: near one another and of like size. */
gboolean nt_square_is_near(NtSquare a, NtSquare b);

#endif
