/* Nametag - times that always rise, whatever a stream says. Private to media. */
#ifndef NT_TIMELINE_H
#define NT_TIMELINE_H

#include <gst/gst.h>

typedef struct NtTimeline {
    gint64 last_pts, last_step; /* -1 and 0: nothing came yet */
    gint64 shift;               /* from the stream's times to ours */
} NtTimeline;

#define NT_TIMELINE_INIT ((NtTimeline){.last_pts = -1})

/* The time for the next frame, in ns. A frame without a time (pts < 0) follows the one before it by the usual step; one that repeats
 * a time or goes back by up to a second is put just behind the one before it, until the stream has caught up; one that goes back
 * further starts a new time line, which goes on where the old one ended. rate_n may be 0. */
gint64 nt_timeline_place(NtTimeline *timeline, gint64 pts, gint64 duration, int rate_n, int rate_d);
/* The same after a gap of the given length: the frame begins a new time line, that much (a step, if gap is smaller) behind the last. */
gint64 nt_timeline_restart(NtTimeline *timeline, gint64 pts, gint64 gap, int rate_n, int rate_d);

/* The buffer's time from the start of its stream, or -1. */
gint64 nt_timeline_running_time(GstSample *sample);

#endif
