/* Nametag - the pipeline of a player: picture to an appsink, sound to the machine's output, both on one clock. Private
 * to media.
 *
 *   the elements of decode.h -+-> its appsink
 *                             +-> audioconvert -> audioresample -> scaletempo -> audioconvert -> volume -> sink
 *
 * The sound is heard NT_PLAYER_AHEAD_US after its time on that clock, and frames are due so much after they came. (Frames
 * that were to come before their time could not at the start, where there is none before; the decoder would leave some
 * out to catch up.)
 *
 * Decoders cut the time of the frame that a seek falls into to the time that was sought. So seeks go some frames before
 * what is wanted, and frames that end before it are dropped here; where even then the wanted frame is the first, its
 * time is not known and the seek must go back farther.
 */
#ifndef NT_PLAYER_PIPELINE_H
#define NT_PLAYER_PIPELINE_H

#include <gst/app/gstappsink.h>
#include <gst/gst.h>

#include "media/decode.h"

/* A frame that passed: from a streaming thread. position_ns: of the clip. */
typedef void (*NtPlayerTake)(GstSample *sample, gint64 position_ns, gint64 duration_ns, gpointer user);
/* There is a message. From any thread. */
typedef void (*NtPlayerRing)(gpointer user);

typedef struct NtPlayerPipeline {
    NtDecode *decode;           /* its sink is this one's */
    GstElement *sound, *volume; /* the bin of the sound and its element; NULL: none, or not wanted */
    const char *sound_factory;  /* "autoaudiosink", or another for tests */
    NtPlayerTake take;
    NtPlayerRing ring;
    gpointer user;
    GAsyncQueue *messages; /* of the bus */

    GMutex lock;          /* of what follows */
    double volume_wanted; /* linear */
    gboolean muted_wanted;
    gint64 wanted_ns;  /* what ends before it is dropped; -1: nothing is */
    gint64 sought_ns;  /* where the last seek went */
    gint64 dropped_ns; /* the last position that was dropped since; -1: none */
    guint n_dropped;
    gint64 passed_ns; /* the wanted frame was dropped, for want of a duration: here it is; -1: it was not */
    gboolean is_cut;  /* the frame that passed is the first: its time may have been cut */
} NtPlayerPipeline;

/* Not started. silent: without sound. */
NtPlayerPipeline *nt_player_pipeline_new(const char *uri, const char *shown, gboolean silent, const char *sound_factory,
                                         NtPlayerTake take, NtPlayerRing ring, gpointer user, GError **error);
void nt_player_pipeline_free(NtPlayerPipeline *pipeline); /* stops it */

void nt_player_pipeline_set_sound(NtPlayerPipeline *pipeline, double volume, gboolean muted);
/* Flushes, and goes to before_ns before position_ns, from where frames are dropped until the one at it. FALSE: cannot
 * be sought. */
gboolean nt_player_pipeline_seek(NtPlayerPipeline *pipeline, gint64 position_ns, gint64 before_ns, double rate);
gboolean nt_player_pipeline_is_cut(NtPlayerPipeline *pipeline);     /* seek again, from farther before */
gint64 nt_player_pipeline_passed(NtPlayerPipeline *pipeline);       /* seek again, to there; -1: no need */
gint64 nt_player_pipeline_last_dropped(NtPlayerPipeline *pipeline); /* of those of the last seek; -1: none */
/* The oldest message that was not taken yet; NULL: none. The caller's to unref. Each has been rung for. */
GstMessage *nt_player_pipeline_next_message(NtPlayerPipeline *pipeline);
gboolean nt_player_pipeline_is_of_sound(NtPlayerPipeline *pipeline, GstMessage *message);

#endif
