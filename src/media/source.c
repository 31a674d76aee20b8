/* Nametag - frames of a clip or stream, one after the other: the pipeline of decode.h, read at the reader's pace. */
#include "media/source.h"

#include <glib/gi18n-lib.h>
#include <gst/app/gstappsink.h>
#include <gio/gio.h>
#include <gst/pbutils/pbutils.h>
#include <gst/video/video.h>

#include "media/decode.h"
#include "media/frame.h"
#include "media/location.h"
#include "media/timeline.h"
#include "media/trouble.h"

/* Frames decoded ahead: enough to keep the decoder's threads busy, few enough to cost little memory. */
#define FRAMES_AHEAD 4
/* How soon a cancelled read or an error is noticed while no frame comes. */
#define POLL_NS (20 * GST_MSECOND)
/* How long closing waits for a server that does not answer. */
#define CLOSE_LIMIT_US (G_USEC_PER_SEC / 2)

struct NtSource {
    char *shown, *uri; /* the location without secrets, and the address with them */
    gboolean is_file;
    NtDecode *decode;
    NtTrouble trouble;
    GstSample *first; /* read by open, given out by the first read */
    int rate_n, rate_d;
    guint64 read; /* frames given out */
    NtTimeline timeline;
    gint cancelled;            /* atomic */
    GCancellable *cancellable; /* of the opening, or NULL */
};

/* clang-format off */
G_DEFINE_QUARK(nt-source-error-quark, nt_source_error)
/* clang-format on */

gboolean nt_media_init(int *argc, char ***argv, GError **error)
{
    if (!gst_init_check(argc, argv, error)) {
        g_prefix_error(error, /* Translators: the reason follows. */ _("cannot start GStreamer: "));
        return FALSE;
    }
    gst_pb_utils_init();
    return TRUE;
}

static void set_up_sink(GstElement *sink)
{
    g_object_set(sink, "sync", FALSE, "max-buffers", FRAMES_AHEAD, "drop", FALSE, "emit-signals", FALSE,
                 "enable-last-sample", FALSE, NULL);
}

/* An error, or the streams without a picture among them. */
static gboolean report(NtSource *source, gboolean ended, GError **error)
{
    gboolean failed = nt_trouble_collect(&source->trouble, source->decode->bus) ||
                      (source->is_file && !ended && nt_trouble_is_stalled(&source->trouble, source->decode->pipeline));
    const gboolean blind = nt_decode_is_blind(source->decode);
    if (blind && !source->trouble.missing->len) {
        nt_decode_describe_blind(source->decode, source->shown, error);
        return TRUE;
    }
    if (!failed && !blind)
        return FALSE;
    nt_trouble_describe(&source->trouble, source->shown, source->read, error);
    return TRUE;
}

/* NULL at the end, when cancelled (error unset) or on failure. Frames still queued come before an error does. */
static GstSample *pull(NtSource *source, GError **error)
{
    while (!g_atomic_int_get(&source->cancelled) && !g_cancellable_is_cancelled(source->cancellable)) {
        GstSample *sample = gst_app_sink_try_pull_sample(GST_APP_SINK(source->decode->sink), POLL_NS);
        if (sample) {
            source->trouble.idle_since = 0;
            return sample;
        }
        gboolean ended = gst_app_sink_is_eos(GST_APP_SINK(source->decode->sink));
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

static gboolean read_first(NtSource *source, GError **error)
{
    g_autoptr(GError) reason = NULL;
    source->first = pull(source, &reason);
    if (source->first) {
        take_frame_rate(source);
        return TRUE;
    }
    if (!reason && !g_cancellable_set_error_if_cancelled(source->cancellable, &reason))
        g_set_error(&reason, NT_SOURCE_ERROR, NT_SOURCE_ERROR_NO_VIDEO,
                    _("'%s' ended before its first frame; the file is damaged or cut"), source->shown);
    g_propagate_error(error, g_steal_pointer(&reason));
    return FALSE;
}

NtSource *nt_source_open_cancellable(const char *location, GCancellable *cancellable, GError **error)
{
    g_return_val_if_fail(location, NULL);
    g_autofree char *uri = nt_location_to_uri(location, error);
    if (!uri)
        return NULL;
    g_autoptr(NtSource) source = g_new0(NtSource, 1);
    source->shown = nt_location_mask(location);
    source->uri = g_steal_pointer(&uri);
    source->is_file = gst_uri_has_protocol(source->uri, "file");
    source->timeline = NT_TIMELINE_INIT;
    nt_trouble_init(&source->trouble);
    source->decode = nt_decode_new(source->uri, source->shown, error);
    if (!source->decode)
        return NULL;
    set_up_sink(source->decode->sink);
    source->cancellable = cancellable;
    gst_element_set_state(source->decode->pipeline, GST_STATE_PLAYING);
    gboolean opened = read_first(source, error);
    source->cancellable = NULL;
    return opened ? g_steal_pointer(&source) : NULL;
}

NtSource *nt_source_open(const char *location, GError **error)
{
    return nt_source_open_cancellable(location, NULL, error);
}

void nt_source_close(NtSource *source)
{
    if (!source)
        return;
    g_clear_pointer(&source->first, gst_sample_unref);
    nt_decode_close(source->decode, source->is_file ? 0 : CLOSE_LIMIT_US);
    nt_trouble_clear(&source->trouble);
    g_free(source->shown);
    g_free(source->uri);
    g_free(source);
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
    gint64 pts = nt_timeline_place(&source->timeline, nt_timeline_running_time(sample), duration, source->rate_n,
                                   source->rate_d);
    NtFrame *frame = nt_frame_new(sample, source->read, pts, duration);
    if (!frame) {
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_STREAM,
                    _("reading '%s' failed at frame %lu: its memory cannot be mapped"), source->shown,
                    (gulong)source->read);
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
    return source->shown;
}
char *nt_source_uri(const NtSource *source)
{
    return g_strdup(source->uri);
}
gboolean nt_source_has_audio(const NtSource *source)
{
    return g_atomic_int_get(&source->decode->has_audio) != 0;
}

gint64 nt_source_duration_ns(NtSource *source)
{
    gint64 duration = -1;
    return gst_element_query_duration(source->decode->pipeline, GST_FORMAT_TIME, &duration) ? duration : -1;
}

void nt_source_frame_rate(const NtSource *source, int *numerator, int *denominator)
{
    *numerator = source->rate_n;
    *denominator = source->rate_d;
}
