/* Nametag - frames as they happen: a camera, a network camera, or a file played in real time; and it does not give up.
 *
 * A camera that is pulled out is waited for, a network camera that stalls or restarts is asked again, at growing intervals;
 * meanwhile the reader is told so in words. Frames are I420 or NV12 (frame.h), with rising times that go on over a gap. A reader that
 * is slow loses the oldest frames, and the feed counts them; the feed never waits for it.
 *
 * Credentials in addresses (rtsp://user:password@host/) are used and never said: not in words, errors, records or logs.
 *
 * One thread reads; nt_feed_cancel may come from any, or from a signal handler.
 */
#ifndef NT_FEED_H
#define NT_FEED_H

#include "media/source.h"

typedef enum NtFeedKind {
    NT_FEED_CAMERA,  /* "pipewire:...", "v4l2:...", or a camera's name: as nt_devices_list has them */
    NT_FEED_NETWORK, /* rtsp, rtsps, http, https, ... */
    NT_FEED_FILE,    /* played at its own pace, to its end */
    NT_FEED_TEST,    /* "test:" a moving test pattern */
} NtFeedKind;

typedef struct NtFeedOptions {
    int width, height; /* of a camera: the mode nearest to it; 0: 1280 x 720 or the nearest there is */
    int frames_per_second; /* 0: 30 */
    gboolean loop;     /* a file begins anew at its end */
    gboolean flat_out; /* a file is not played in real time, and its reader loses nothing */
} NtFeedOptions;

typedef enum NtFeedEventKind {
    NT_FEED_FRAME,   /* frame is set */
    NT_FEED_LOST,    /* no picture: words say why and what is being done ("the camera 'X' was unplugged; waiting for it") */
    NT_FEED_BACK,    /* the next event is a frame again, the first after a loss */
    NT_FEED_ENDED,   /* the file is over, or the feed was cancelled; words NULL */
    NT_FEED_FAILED,  /* it cannot go on: error is set; e.g. an address that nobody understands, a wrong password, a missing plugin */
    NT_FEED_TIMEOUT, /* nothing happened in time */
} NtFeedEventKind;

typedef struct NtFeedEvent {
    NtFeedEventKind kind;
    NtFrame *frame;        /* the reader's to unref */
    gboolean restarted;    /* of a frame: does not follow the last one (a gap, a loop, a change of size) */
    gint64 arrived_us;     /* of a frame, and of BACK: monotonic time when it was there */
    char *words;           /* one sentence, whole; the reader's to free */
    GError *error;         /* the reader's to free */
} NtFeedEvent;

typedef struct NtFeed NtFeed;

/* Starts; does not wait for the first frame. location: as in NtFeedKind, or a path; NULL: the first camera there is. Fails at once with
 * NT_SOURCE_ERROR for what can never work: no such file, no such camera and none with that name to wait for, unknown kind of address. */
NtFeed *nt_feed_open(const char *location, const NtFeedOptions *options, GError **error);
void nt_feed_close(NtFeed *feed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtFeed, nt_feed_close)

/* The next event, waiting up to timeout_us (negative: for ever). After ENDED and FAILED there are only those. */
void nt_feed_next(NtFeed *feed, gint64 timeout_us, NtFeedEvent *event);
void nt_feed_event_clear(NtFeedEvent *event);
void nt_feed_cancel(NtFeed *feed);

NtFeedKind nt_feed_kind(const NtFeed *feed);
const char *nt_feed_name(const NtFeed *feed);     /* for people and records: a camera's name, a path, an address without credentials */
guint64 nt_feed_lost_frames(NtFeed *feed);        /* that came while the reader was slow */
gint64 nt_feed_duration_ns(NtFeed *feed);         /* of a file, once its first frame is there; -1: not known */

#endif
