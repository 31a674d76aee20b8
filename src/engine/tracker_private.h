/* Nametag - what the tracker's two halves share: who is where (tracker.c), and who they are (tracker_people.c).
 */
#ifndef NT_TRACKER_PRIVATE_H
#define NT_TRACKER_PRIVATE_H

#include "engine/represent.h"
#include "engine/scan_turns.h"
#include "engine/track.h"
#include "engine/tracker.h"

/* Hidden tracks that are looked for in one frame, at most. */
#define NT_MAX_SOUGHT 4

/* A hidden track that is looked for. */
typedef struct NtSought {
    const NtTrack *track;
    gboolean found;
    NtDetection detection;
} NtSought;

/* One worker's own. */
typedef struct NtTrackerWorker {
    NtTrackLook look;
    NtError error;
} NtTrackerWorker;

struct NtTracker {
    NtModelSet *models;
    NtClassifier *classifier;
    NtTrackerOptions options;
    NtWorkers *workers;
    NtRepresenter *representer;
    NtFrameStore *frames;
    NtTrackerWorker *each; /* [workers] */
    int n_each;

    NtImage gray;
    GByteArray *gray_pixels; /* of a frame in colour */
    NtThumbnail thumbnail; /* of the last frame that showed anything */
    gint64 pts_ns;         /* of the frame before; -1: none */
    guint64 n_frames, last_id;

    NtScanTurns *turns;
    guint n_slices; /* that are searched in this frame */
    GArray *people; /* NtSquare: places of the tracks in view */
    NtSought sought[NT_MAX_SOUGHT];
    guint n_sought;
    GArray *found;     /* NtDetection: of all slices and sought, best first */
    GPtrArray *tracks; /* NtTrack, in view, oldest first */
    GPtrArray *hidden; /* NtTrack, latest last */
    GPtrArray *idle;   /* NtTrack, to be used again */
    GPtrArray *shown;  /* NtTrack: of the frame's faces, in their order */
    GPtrArray *due;    /* NtFace: to be embedded */
};

/* A track without identity, to be filled or let go of. */
NtTrack *nt_tracker_take_track(NtTracker *tracker);
void nt_tracker_let_go(NtTracker *tracker, NtTrack *track);
/* Takes a track out of view; one that was shown may be that of somebody who comes back. */
void nt_tracker_hide(NtTracker *tracker, NtTrack *track);

/* Embeds the faces of which that tells something, and says who everybody is. Tracks end and begin where the evidence
 * asks for it. */
gboolean nt_tracker_identify(NtTracker *tracker, const NtPicture *picture, NtTaggedFrame *frame, gboolean scene_is_new,
                             GError **error);

#endif
