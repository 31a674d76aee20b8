#include "media/timeline.h"

/* Streams that repeat a time get this much between frames: the smallest step that Matroska can keep. */
#define MIN_STEP_NS GST_MSECOND
/* Going back further than this is not disorder but a new time line (two recordings joined). */
#define MAX_DISORDER_NS GST_SECOND
/* The step where a stream tells neither frame rate nor duration: 25 frames/s. */
#define DEFAULT_STEP_NS (40 * GST_MSECOND)

gint64 nt_timeline_running_time(GstSample *sample)
{
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    GstClockTime time = GST_BUFFER_PTS_IS_VALID(buffer) ? GST_BUFFER_PTS(buffer) : GST_BUFFER_DTS(buffer);
    if (!GST_CLOCK_TIME_IS_VALID(time))
        return -1;
    guint64 running = gst_segment_to_running_time(gst_sample_get_segment(sample), GST_FORMAT_TIME, time);
    return GST_CLOCK_TIME_IS_VALID(running) ? (gint64)running : -1;
}

static gint64 usual_step(const NtTimeline *timeline, gint64 duration, int rate_n, int rate_d)
{
    if (duration > 0)
        return duration;
    if (rate_n > 0)
        return (gint64)gst_util_uint64_scale(GST_SECOND, (guint64)rate_d, (guint64)rate_n);
    return timeline->last_step > 0 ? timeline->last_step : DEFAULT_STEP_NS;
}

static gint64 put(NtTimeline *timeline, gint64 pts)
{
    if (timeline->last_pts >= 0)
        timeline->last_step = pts - timeline->last_pts;
    return timeline->last_pts = pts;
}

gint64 nt_timeline_place(NtTimeline *timeline, gint64 pts, gint64 duration, int rate_n, int rate_d)
{
    gint64 step = usual_step(timeline, duration, rate_n, rate_d), last = timeline->last_pts;
    if (pts < 0)
        return put(timeline, last < 0 ? 0 : last + step);
    if (last >= 0 && pts + timeline->shift + MAX_DISORDER_NS < last) {
        timeline->shift = last + step - pts;
        return put(timeline, last + step);
    }
    return put(timeline, MAX(pts + timeline->shift, last < 0 ? 0 : last + (gint64)MIN_STEP_NS));
}

gint64 nt_timeline_restart(NtTimeline *timeline, gint64 pts, gint64 gap, int rate_n, int rate_d)
{
    gint64 last = timeline->last_pts;
    gint64 next = last < 0 ? 0 : last + MAX(gap, usual_step(timeline, -1, rate_n, rate_d));
    timeline->shift = pts < 0 ? 0 : next - pts;
    timeline->last_pts = next;
    return next;
}
