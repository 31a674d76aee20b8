/* Nametag - what the threads of a viewing share with it. Private to viewing*.c.
 *
 * The core is counted: the viewing holds it on the main thread, and one reader thread, which opens the source, reads it
 * and takes it down. Where that hangs in a driver the viewing lets go of the core, and the thread frees it when it gets
 * out. What happens goes to the main thread as tidings, in order, through the queue.
 */
#ifndef NT_VIEWING_PRIVATE_H
#define NT_VIEWING_PRIVATE_H

#include "app/show_queue.h"
#include "app/viewing.h"
#include "engine/unknowns.h"
#include "media/feed.h"
#include "media/picture.h"
#include "media/player.h"

/* A frame of a clip comes NT_PLAYER_AHEAD_US before it is due. So much of that is for its conversion, and to be drawn;
 * the rest for its analysis, which any other frame is given as well. */
#define NT_VIEWING_CONVERSION_US 15000
#define NT_VIEWING_PATIENCE_US (NT_PLAYER_AHEAD_US - NT_VIEWING_CONVERSION_US)

typedef struct NtViewingCore NtViewingCore;

/* Tidings: what the reader and the analysis tell the main thread. */

typedef enum NtTidingKind {
    NT_TIDING_SHOWN,    /* shown */
    NT_TIDING_PRESENCE, /* presence */
    NT_TIDING_OPENED,   /* source, words: the name for people, or NULL */
    NT_TIDING_READY,    /* duration_ns, can_seek, has_sound */
    NT_TIDING_LOST,     /* words */
    NT_TIDING_BACK,
    NT_TIDING_WARNED, /* words */
    NT_TIDING_ENDED,
    NT_TIDING_FAILED, /* error */
} NtTidingKind;

typedef struct NtTiding {
    NtTidingKind kind;
    NtShown *shown;
    gboolean jumped;    /* of SHOWN: the first after a seek or a step back */
    guint names_serial; /* of SHOWN: of the names when it was tagged */
    NtPresenceEvent presence;
    NtViewingKind source;
    char *words;
    GError *error;
    gint64 duration_ns;
    gboolean can_seek, has_sound;
} NtTiding;

NtTiding *nt_tiding_new(NtTidingKind kind);
void nt_tiding_free(NtTiding *tiding);

/* How frames are analysed; changes take effect between two of them. */
typedef struct NtViewingSetup {
    NtRecognizer *recognizer; /* a reference, or NULL */
    int scan_frames, upsample;
} NtViewingSetup;

/* How a clip is to be played; kept for the player that is not open yet. */
typedef struct NtViewingWishes {
    gboolean playing, muted, loop;
    double rate, volume;
    gint64 seek_ns; /* -1: nowhere */
} NtViewingWishes;

/* One frame of a source on its way through the analysis. */
typedef struct NtViewingFrame {
    NtFrame *frame;
    gint64 pts_ns;      /* position in the clip, or of the stream */
    gint64 due_us;      /* 0: at once */
    gint64 waits_us;    /* monotonic time until which it waits for its analysis */
    gboolean restarted; /* does not follow the last one */
} NtViewingFrame;

typedef struct NtViewingAnalysis NtViewingAnalysis;

struct NtViewingCore {
    gint ref_count;
    char *location;
    char *source; /* for records and the gallery, without secrets */
    NtModelSet *models;
    gint64 start_ns;
    NtShowQueue *queue;
    NtAlbum *album;
    gint closed;       /* atomic */
    gint frozen;       /* atomic: a live picture is not to be shown for now */
    gint names_serial; /* atomic: counts the times when names were made anew */

    GMutex lock; /* of what follows */
    GCond changed;
    NtViewingSetup setup;
    guint setup_serial;
    NtViewingWishes wishes;
    NtFeed *feed; /* while the reader has them open */
    NtPlayer *player;
    NtViewingAnalysis *analysis;
    guint64 arrived, lost; /* frames that were read; that a feed or player lost which is closed */

    GMutex unknowns_lock;
    NtUnknowns *unknowns;
};

NtViewingCore *nt_viewing_core_new(const char *location, const NtViewingOptions *options, NtShowQueue *queue);
NtViewingCore *nt_viewing_core_ref(NtViewingCore *core);
void nt_viewing_core_unref(NtViewingCore *core);
static inline gboolean nt_viewing_core_is_closed(NtViewingCore *core)
{
    return g_atomic_int_get(&core->closed);
}
/* A copy with a reference, to be cleared; returns its serial. */
guint nt_viewing_core_get_setup(NtViewingCore *core, NtViewingSetup *setup);
void nt_viewing_setup_clear(NtViewingSetup *setup);
/* Any thread; tiding, words and error are taken. */
void nt_viewing_core_tell(NtViewingCore *core, NtTiding *tiding);
void nt_viewing_core_tell_words(NtViewingCore *core, NtTidingKind kind, char *words);
void nt_viewing_core_fail(NtViewingCore *core, GError *error);

/* The reader thread: viewing_reader.c finds out what the location is; one file each for what it can be. */
gpointer nt_viewing_read(gpointer core); /* takes a reference */
void nt_viewing_read_feed(NtViewingCore *core);
void nt_viewing_read_clip(NtViewingCore *core, const char *location);
void nt_viewing_read_still(NtViewingCore *core, const char *path);

/* Analysis of frames (viewing_analysis.c): they come out, tagged and converted, in the queue. One thread. */
NtViewingAnalysis *nt_viewing_analysis_new(NtViewingCore *core); /* borrows the core */
void nt_viewing_analysis_free(NtViewingAnalysis *analysis);
void nt_viewing_analysis_push(NtViewingAnalysis *analysis,
                              const NtViewingFrame *frame);           /* takes the frame's reference */
void nt_viewing_analysis_drain(NtViewingAnalysis *analysis);          /* what was pushed is in the queue */
void nt_viewing_analysis_everybody_left(NtViewingAnalysis *analysis); /* after draining */
/* Any thread, under the core's lock. */
void nt_viewing_analysis_meter(NtViewingAnalysis *analysis, NtLiveMeter *meter);

/* Names (viewing_names.c). A copy of a frame's tags, with chips; from a store when given. */
NtTaggedFrame *nt_viewing_copy_tags(const NtTaggedFrame *tagged, NtFrameStore *store);
/* The same picture, named by what the album has of its tracks and the classifier (NULL: nobody is known); the caller's.
 * original: as it was analysed. */
NtShown *nt_viewing_name_anew(const NtShown *shown, const NtTaggedFrame *original, NtAlbum *album,
                              const NtClassifier *classifier);
/* Of unknown people those who are still unknown to the classifier. Takes and gives an array of NtUnknown. */
GPtrArray *nt_viewing_still_unknown(GPtrArray *unknown, const NtClassifier *classifier);

NtShown *nt_shown_new(void); /* zeroed */

#endif
