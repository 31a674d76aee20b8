/* Nametag - frames of a clip or stream.
 *
 *   uridecodebin -> videoconvert -> I420/NV12 -> videoflip -> appsink
 *
 * videoconvert and videoflip pass buffers through untouched when the decoder gives 8-bit 4:2:0 and no rotation is
 * tagged. uridecodebin and not uridecodebin3: of the two it is the one that lets us refuse to decode streams one by one
 * (autoplug-continue), and it settles the set of streams before the first frame. Interlaced frames come woven, as
 * stored: taking them apart would change the number of frames.
 */
#include "media/source.h"

#include <gst/app/gstappsink.h>
#include <gst/pbutils/pbutils.h>
#include <gst/video/video.h>

#include "media/frame.h"
#include "media/location.h"
#include "media/trouble.h"

/* Frames decoded ahead: enough to keep the decoder's threads busy, few enough to cost little memory. */
#define FRAMES_AHEAD 4
/* How soon a cancelled read or an error is noticed while no frame comes. */
#define POLL_NS (20 * GST_MSECOND)
/* Streams that repeat a time get this much between frames: the smallest step that Matroska can keep. */
#define MIN_STEP_NS GST_MSECOND
/* Going back further than this is not disorder but a new time line (two recordings joined). */
#define MAX_DISORDER_NS GST_SECOND
/* The step where a stream tells neither frame rate nor duration: 25 frames/s. */
#define DEFAULT_STEP_NS (40 * GST_MSECOND)

struct NtSource {
    char *location, *uri;
    gboolean is_file;
    GstElement *pipeline, *decoder, *convert, *sink;
    GstBus *bus;
    NtTrouble trouble;
    GstSample *first; /* read by open, given out by the first read */
    int rate_n, rate_d;
    guint64 read; /* frames given out */
    gint64 last_pts, last_step, shift;
    gint cancelled;                           /* atomic */
    gint has_audio, has_video, streams_known; /* atomic, set by streaming threads */
};

/* clang-format off */
G_DEFINE_QUARK(nt-source-error-quark, nt_source_error)
/* clang-format on */

gboolean nt_media_init(int *argc, char ***argv, GError **error)
{
    if (!gst_init_check(argc, argv, error)) {
        g_prefix_error(error, "cannot start GStreamer: ");
        return FALSE;
    }
    gst_pb_utils_init();
    return TRUE;
}

/* Sound and subtitles stay undecoded: nobody looks at them here. */
static gboolean on_continue(GstElement *decoder, GstPad *pad, GstCaps *caps, NtSource *source)
{
    (void)decoder, (void)pad;
    GstPbUtilsCapsDescriptionFlags kind = gst_pb_utils_get_caps_description_flags(caps);
    if (kind & GST_PBUTILS_CAPS_DESCRIPTION_FLAG_CONTAINER)
        return TRUE;
    if (kind & GST_PBUTILS_CAPS_DESCRIPTION_FLAG_AUDIO)
        g_atomic_int_set(&source->has_audio, 1);
    return !(kind & (GST_PBUTILS_CAPS_DESCRIPTION_FLAG_AUDIO | GST_PBUTILS_CAPS_DESCRIPTION_FLAG_SUBTITLE));
}

/* The first picture is the one; others stay unlinked. A later chain of a chained file links anew. */
static void on_pad(GstElement *decoder, GstPad *pad, NtSource *source)
{
    (void)decoder;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    if (!caps)
        caps = gst_pad_query_caps(pad, NULL);
    const char *name = gst_caps_is_empty(caps) ? "" : gst_structure_get_name(gst_caps_get_structure(caps, 0));
    if (g_str_has_prefix(name, "audio/"))
        g_atomic_int_set(&source->has_audio, 1);
    if (!g_str_equal(name, "video/x-raw"))
        return;
    g_autoptr(GstPad) entry = gst_element_get_static_pad(source->convert, "sink");
    if (!gst_pad_is_linked(entry) && GST_PAD_LINK_SUCCESSFUL(gst_pad_link(pad, entry)))
        g_atomic_int_set(&source->has_video, 1);
}

static void on_no_more_pads(GstElement *decoder, NtSource *source)
{
    (void)decoder;
    g_atomic_int_set(&source->streams_known, 1);
}

/* Tells decoders that strides and offsets are read from GstVideoMeta: without this they copy each frame into the
 * default layout. */
static GstPadProbeReturn on_query(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    (void)pad, (void)user;
    GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);
    if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION)
        return GST_PAD_PROBE_OK;
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
    return GST_PAD_PROBE_HANDLED;
}

static void set_up_sink(NtSource *source)
{
    g_object_set(source->sink, "sync", FALSE, "max-buffers", FRAMES_AHEAD, "drop", FALSE, "emit-signals", FALSE,
                 "enable-last-sample", FALSE, NULL);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(source->sink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, on_query, NULL, NULL);
}

static gboolean build(NtSource *source, GError **error)
{
    static const char *const factories[] = {"uridecodebin", "videoconvert", "capsfilter", "videoflip", "appsink"};
    GstElement *made[G_N_ELEMENTS(factories)];
    source->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    source->bus = gst_element_get_bus(source->pipeline);
    for (guint i = 0; i < G_N_ELEMENTS(factories); i++) {
        made[i] = gst_element_factory_make(factories[i], NULL);
        if (!made[i]) {
            g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_PLUGIN,
                        "cannot open '%s': GStreamer's '%s' is missing; install its 'base' and 'good' plugins",
                        source->location, factories[i]);
            return FALSE;
        }
        gst_bin_add(GST_BIN(source->pipeline), made[i]);
    }
    source->decoder = made[0];
    source->convert = made[1];
    source->sink = made[4];
    g_autoptr(GstCaps) formats = gst_caps_from_string("video/x-raw, format={ I420, NV12 }");
    g_object_set(made[2], "caps", formats, NULL);
    gst_util_set_object_arg(G_OBJECT(made[3]), "video-direction", "auto");
    set_up_sink(source);
    gst_element_link_many(made[1], made[2], made[3], made[4], NULL);
    g_object_set(source->decoder, "uri", source->uri, NULL);
    g_signal_connect(source->decoder, "autoplug-continue", G_CALLBACK(on_continue), source);
    g_signal_connect(source->decoder, "pad-added", G_CALLBACK(on_pad), source);
    g_signal_connect(source->decoder, "no-more-pads", G_CALLBACK(on_no_more_pads), source);
    return TRUE;
}

/* An error, or the streams without a picture among them. */
static gboolean report(NtSource *source, gboolean ended, GError **error)
{
    gboolean failed = nt_trouble_collect(&source->trouble, source->bus) ||
                      (source->is_file && !ended && nt_trouble_is_stalled(&source->trouble, source->pipeline));
    gboolean known = g_atomic_int_get(&source->streams_known);
    if (known && !g_atomic_int_get(&source->has_video) && !source->trouble.missing->len) {
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_NO_VIDEO,
                    "'%s' has no picture%s; give a clip that shows something", source->location,
                    g_atomic_int_get(&source->has_audio) ? ", only sound" : "");
        return TRUE;
    }
    if (!failed && !(known && !g_atomic_int_get(&source->has_video)))
        return FALSE;
    nt_trouble_describe(&source->trouble, source->location, source->read, error);
    return TRUE;
}

/* NULL at the end, when cancelled (error unset) or on failure. Frames still queued come before an error does. */
static GstSample *pull(NtSource *source, GError **error)
{
    while (!g_atomic_int_get(&source->cancelled)) {
        GstSample *sample = gst_app_sink_try_pull_sample(GST_APP_SINK(source->sink), POLL_NS);
        if (sample) {
            source->trouble.idle_since = 0;
            return sample;
        }
        gboolean ended = gst_app_sink_is_eos(GST_APP_SINK(source->sink));
        if (report(source, ended, error) || ended)
            return NULL;
    }
    return NULL;
}

static void take_frame_rate(NtSource *source)
{
    GstVideoInfo info;
    source->rate_n = 0;
    source->rate_d = 1;
    GstCaps *caps = gst_sample_get_caps(source->first);
    if (!caps || !gst_video_info_from_caps(&info, caps))
        return;
    source->rate_n = GST_VIDEO_INFO_FPS_N(&info);
    source->rate_d = GST_VIDEO_INFO_FPS_D(&info);
}

NtSource *nt_source_open(const char *location, GError **error)
{
    g_return_val_if_fail(location, NULL);
    g_autofree char *uri = nt_location_to_uri(location, error);
    if (!uri)
        return NULL;
    g_autoptr(NtSource) source = g_new0(NtSource, 1);
    source->location = g_strdup(location);
    source->uri = g_steal_pointer(&uri);
    source->is_file = gst_uri_has_protocol(source->uri, "file");
    source->last_pts = -1;
    nt_trouble_init(&source->trouble);
    if (!build(source, error))
        return NULL;
    gst_element_set_state(source->pipeline, GST_STATE_PLAYING);
    g_autoptr(GError) reason = NULL;
    source->first = pull(source, &reason);
    if (!source->first) {
        if (!reason)
            g_set_error(&reason, NT_SOURCE_ERROR, NT_SOURCE_ERROR_NO_VIDEO,
                        "'%s' ended before its first frame; the file is damaged or cut", location);
        g_propagate_error(error, g_steal_pointer(&reason));
        return NULL;
    }
    take_frame_rate(source);
    return g_steal_pointer(&source);
}

void nt_source_close(NtSource *source)
{
    if (!source)
        return;
    if (source->pipeline)
        gst_element_set_state(source->pipeline, GST_STATE_NULL);
    g_clear_pointer(&source->first, gst_sample_unref);
    gst_clear_object(&source->bus);
    gst_clear_object(&source->pipeline);
    nt_trouble_clear(&source->trouble);
    g_free(source->location);
    g_free(source->uri);
    g_free(source);
}

/* The buffer's time from the start of the stream, or -1. */
static gint64 running_time(GstSample *sample)
{
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    GstClockTime time = GST_BUFFER_PTS_IS_VALID(buffer) ? GST_BUFFER_PTS(buffer) : GST_BUFFER_DTS(buffer);
    if (!GST_CLOCK_TIME_IS_VALID(time))
        return -1;
    guint64 running = gst_segment_to_running_time(gst_sample_get_segment(sample), GST_FORMAT_TIME, time);
    return GST_CLOCK_TIME_IS_VALID(running) ? (gint64)running : -1;
}

static gint64 usual_step(const NtSource *source, gint64 duration)
{
    if (duration > 0)
        return duration;
    if (source->rate_n > 0)
        return (gint64)gst_util_uint64_scale(GST_SECOND, (guint64)source->rate_d, (guint64)source->rate_n);
    return source->last_step > 0 ? source->last_step : DEFAULT_STEP_NS;
}

/* Times always rise. A frame without a time follows the one before it by the usual step; one that repeats a time or
 * goes back a little is put just behind the one before it, until the stream has caught up; one that goes back a lot
 * starts a new time line, which continues where the old one ended. */
static gint64 rising_pts(NtSource *source, gint64 pts, gint64 duration)
{
    gint64 step = usual_step(source, duration), last = source->last_pts;
    if (pts < 0)
        pts = last < 0 ? 0 : last + step;
    else if (last >= 0 && pts + source->shift + MAX_DISORDER_NS < last)
        source->shift = last + step - pts, pts = last + step;
    else
        pts = MAX(pts + source->shift, last < 0 ? 0 : last + MIN_STEP_NS);
    if (last >= 0)
        source->last_step = pts - last;
    source->last_pts = pts;
    return pts;
}

NtFrame *nt_source_read(NtSource *source, GError **error)
{
    if (g_atomic_int_get(&source->cancelled))
        return NULL;
    g_autoptr(GstSample) sample = source->first ? g_steal_pointer(&source->first) : pull(source, error);
    if (!sample)
        return NULL;
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    gint64 duration = GST_BUFFER_DURATION_IS_VALID(buffer) ? (gint64)GST_BUFFER_DURATION(buffer) : -1;
    gint64 pts = rising_pts(source, running_time(sample), duration);
    NtFrame *frame = nt_frame_new(sample, source->read, pts, duration);
    if (!frame) {
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_STREAM,
                    "reading '%s' failed at frame %" G_GUINT64_FORMAT ": its memory cannot be mapped", source->location,
                    source->read);
        return NULL;
    }
    source->read++;
    return frame;
}

void nt_source_cancel(NtSource *source)
{
    g_atomic_int_set(&source->cancelled, 1);
}

const char *nt_source_location(const NtSource *source)
{
    return source->location;
}
char *nt_source_uri(const NtSource *source)
{
    return g_strdup(source->uri);
}
gboolean nt_source_has_audio(const NtSource *source)
{
    return g_atomic_int_get(&source->has_audio) != 0;
}

gint64 nt_source_duration_ns(NtSource *source)
{
    gint64 duration = -1;
    return gst_element_query_duration(source->pipeline, GST_FORMAT_TIME, &duration) ? duration : -1;
}

void nt_source_frame_rate(const NtSource *source, int *numerator, int *denominator)
{
    *numerator = source->rate_n;
    *denominator = source->rate_d;
}
