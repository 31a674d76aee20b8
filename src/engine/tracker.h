/* Nametag - faces followed through a clip or a live picture: frame in, tagged faces out, at a fraction of the price of
 * analysing each frame from scratch, and steadier.
 *
 * A face that was found is looked for near where it should be (vision/near.h), followed by its texture where the
 * detector does not see it (vision/flow.h), and fitted with landmarks; the whole picture is searched for new faces in
 * slices, one a frame (vision/scan.h), where something moves (vision/motion.h). A face is embedded on its first good
 * frames and now and then; its verdict stands on all of them (track_identity.h). A cut in the film ends all tracks.
 *
 * What holds of the tracks:
 * - a number stands for one person's one appearance; somebody who was hidden for some seconds comes back under the old
 * one;
 * - the name of a track changes from none to a name, once, unless the gallery changes; evidence that it is somebody
 * else ends the track, and a new one begins;
 * - no two faces of a frame have the same name.
 *
 * The same frames give the same results, however many workers there are. One thread at a time; nothing is allocated for
 * a frame in the steady state.
 */
#ifndef NT_TRACKER_H
#define NT_TRACKER_H

#include "engine/engine.h"

typedef struct NtTrackerOptions {
    NtEngineOptions engine; /* with_chips: chips of the frames where a face is embedded */
    int scan_frames;        /* the whole picture is searched once in so many frames; 0: six; 1: in each */
    gboolean raw_landmarks; /* as they are fitted, without the filter that steadies them */
} NtTrackerOptions;

typedef struct NtTracker NtTracker;

/* classifier may be NULL and must outlive the tracker. Never NULL. */
NtTracker *nt_tracker_new(NtModelSet *models, const NtClassifier *classifier, const NtTrackerOptions *options);
void nt_tracker_free(NtTracker *tracker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtTracker, nt_tracker_free)

/* The next frame of the source. pts_ns rises; frames may have been left out before it, and the size may change (which
 * ends the tracks). The result has index, pts_ns and the faces of all tracks that are in view, the longest known first.
 */
NtTaggedFrame *nt_tracker_tag(NtTracker *tracker, const NtYuvImage *yuv, gint64 pts_ns, GError **error);

/* The same for a frame in colour, which is looked at in the plain mean of its channels; frames of both kinds may follow one another. */
NtTaggedFrame *nt_tracker_tag_rgb(NtTracker *tracker, const NtImage *rgb, gint64 pts_ns, GError **error);

/* The next frame does not follow the last one: a seek, another source, a camera that comes back. */
void nt_tracker_restart(NtTracker *tracker);

#endif
