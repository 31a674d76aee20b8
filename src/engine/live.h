/* Nametag - live: every frame that comes in goes out again, in order, with its tags, on time; analysis never holds it up.
 *
 * One thread analyses (tracker.h), always the newest frame there is; another hands the frames on. A frame waits for its own
 * analysis as long as options.patience_ns; if that is not done by then it goes out with the tracks where they should be in
 * it (NT_FOUND_PREDICTED), and its analysis, if it has begun, counts for the frames to come: the next one has what was embedded. What is shown on a frame is
 * always that frame's.
 */
#ifndef NT_LIVE_H
#define NT_LIVE_H

#include "engine/tracker.h"

typedef struct NtLiveOptions {
    NtTrackerOptions tracker;
    gint64 patience_ns; /* 0: 50 ms */
} NtLiveOptions;

/* A frame on its way. yuv must stay valid until free_token(token) is called, from any thread. */
typedef struct NtLiveFrame {
    const NtYuvImage *yuv;
    gpointer token;
    GDestroyNotify free_token;
    guint64 index;
    gint64 pts_ns;     /* rising; of the stream */
    gint64 arrived_us; /* monotonic time at which it was there to be analysed */
} NtLiveFrame;

/* Takes a frame on its way out, with its tags: in order, from the thread that hands on. It must not take long: what follows
 * waits for it, in memory. Both stay the caller's; ref what is kept (the token by its own means). */
typedef void (*NtLiveShow)(const NtLiveFrame *frame, NtTaggedFrame *tagged, gpointer user);

typedef struct NtLiveMeter {
    guint64 pushed, shown;
    guint64 analysed;      /* shown with tags from their own analysis */
    guint64 skipped;       /* shown with predicted tags, or with none */
    guint64 late;          /* shown later than patience and one frame after they arrived */
    double analysis_ms;    /* median of the last hundred frames */
    double delay_ms;       /* from arrival to being shown, likewise */
    guint64 n_named;       /* tracks that got a name */
    double time_to_name_ms;    /* from the arrival of a track's first frame until a frame with its name is shown: median */
    double time_to_name_95_ms; /* and what 95 % of the last hundred do not exceed */
} NtLiveMeter;

typedef struct NtLive NtLive;

NtLive *nt_live_new(NtModelSet *models, const NtClassifier *classifier, const NtLiveOptions *options, NtLiveShow show,
                    gpointer user);
/* Hands on what is under way, without waiting for more analyses, then ends. */
void nt_live_free(NtLive *live);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtLive, nt_live_free)

/* Never blocks. Frames from one thread. */
void nt_live_push(NtLive *live, const NtLiveFrame *frame);
/* The next frame does not follow the last one (tracker.h); takes effect between them. */
void nt_live_restart(NtLive *live);
/* Waits until every frame pushed was shown: at the end of a file. */
void nt_live_drain(NtLive *live);

void nt_live_meter(NtLive *live, NtLiveMeter *meter); /* any thread */
/* The first failure of the analysis since the last call, or NULL; frames go on without tags. Free with g_error_free. */
GError *nt_live_trouble(NtLive *live);

#endif
