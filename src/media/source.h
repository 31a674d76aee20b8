/* Nametag - frames of a clip or stream, decoded by GStreamer.
 *
 * Whatever the installed plugins play can be opened: a path or a URI. Frames come in order through an appsink, as I420
 * or NV12 without a copy where the decoder gives that, with presentation times; rotation tags are applied; the size may
 * change in mid-stream. Nothing is dropped: the reader's pace is the pipeline's. Interlaced frames come woven, as stored.
 *
 * Times rise from frame to frame whatever the stream says: a missing time is the last one plus the usual step; one that
 * repeats or falls back by up to a second is put 1 ms behind the last, until the stream has caught up; one that falls back
 * further (two recordings joined) goes on where the old time line ended.
 *
 * A source is used by one thread; nt_source_cancel alone may come from others, or from a signal handler. Frames may be
 * shared between threads and outlive their source; each holds one of the decoder's buffers.
 */
#ifndef NT_SOURCE_H
#define NT_SOURCE_H

#include <gio/gio.h>

#include "vision/image.h"

/* Once per process, before anything else of media; takes GStreamer's own options out of argv when given. */
gboolean nt_media_init(int *argc, char ***argv, GError **error);

typedef struct NtSource NtSource;
typedef struct NtFrame NtFrame;

#define NT_SOURCE_ERROR (nt_source_error_quark())
GQuark nt_source_error_quark(void);
typedef enum NtSourceError {
    NT_SOURCE_ERROR_OPEN,     /* missing, refused, unreachable */
    NT_SOURCE_ERROR_NO_VIDEO, /* opened, but it has no picture */
    NT_SOURCE_ERROR_PLUGIN,   /* a decoder is missing; the message names it */
    NT_SOURCE_ERROR_STREAM,   /* failed on the way; frames read so far are good */
} NtSourceError;

/* Opens and waits until the first frame is ready or fails. location: a path or URI; user and password in it are used and never
 * said. */
NtSource *nt_source_open(const char *location, GError **error);
/* The same; another thread's g_cancellable_cancel makes it fail at once, with G_IO_ERROR_CANCELLED. */
NtSource *nt_source_open_cancellable(const char *location, GCancellable *cancellable, GError **error);
void nt_source_close(NtSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtSource, nt_source_close)

const char *nt_source_location(const NtSource *source); /* as given, without user, password and keys: for people and records */
char *nt_source_uri(const NtSource *source);        /* with them: to open it again, never to be shown; free with g_free */
gint64 nt_source_duration_ns(NtSource *source);     /* -1 when not known */
void nt_source_frame_rate(const NtSource *source, int *numerator, int *denominator); /* 0/1 when variable or unknown */
gboolean nt_source_has_audio(const NtSource *source);

/* The next frame, blocking; NULL at the end (error unset) or on failure (error set). */
NtFrame *nt_source_read(NtSource *source, GError **error);
/* Makes a blocked or later read return NULL soon; from any thread or after a signal. */
void nt_source_cancel(NtSource *source);

NtFrame *nt_frame_ref(NtFrame *frame);
void nt_frame_unref(NtFrame *frame);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtFrame, nt_frame_unref)

/* Valid while the frame is. */
const NtYuvImage *nt_frame_image(const NtFrame *frame);
guint64 nt_frame_index(const NtFrame *frame);       /* from 0 */
gint64 nt_frame_pts_ns(const NtFrame *frame);       /* from the start of the stream; always rising */
gint64 nt_frame_duration_ns(const NtFrame *frame);  /* -1 when not known */

#endif
