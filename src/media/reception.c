#include "media/reception.h"

#include <glib/gi18n-lib.h>
#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

#include "media/camera_mode.h"
#include "media/decode.h"
#include "media/source.h"
#include "media/trouble.h"

#define DEFAULT_WIDTH 1280
#define DEFAULT_HEIGHT 720
#define DEFAULT_RATE 30
/* Frames that may wait in the pipeline while the last one is handed over. */
#define SINK_FRAMES 2

struct NtReception {
    gint references;        /* the owner and the thread */
    NtReceptionOrder order; /* with copies of its strings */
    NtMailbox *mailbox;
    guint receiver;

    GMutex lock;
    GCond wake;
    gboolean built, stop, finished, ended;
    gboolean looked, recording; /* set with the first frame */
    gint64 duration;
    NtTrouble trouble;
    GError *refusal; /* of the building */

    NtDecode *decode;
    GstElement *pipeline, *sink; /* with a reference, from the building to the thread's end */
    GstBus *bus;
};

static void reception_unref(NtReception *reception)
{
    if (!g_atomic_int_dec_and_test(&reception->references))
        return;
    nt_trouble_clear(&reception->trouble);
    g_clear_error(&reception->refusal);
    nt_mailbox_unref(reception->mailbox);
    nt_camera_unref(reception->order.camera);
    g_free((char *)reception->order.uri);
    g_free((char *)reception->order.shown);
    g_mutex_clear(&reception->lock);
    g_cond_clear(&reception->wake);
    g_free(reception);
}

/* Building. */

/* Raw video or JPEG from source, by the filter, to the sink. */
static gboolean link_source(NtReception *reception, GstElement *source, const GstCaps *filtered, gboolean is_jpeg,
                            GError **error)
{
    GstBin *bin = GST_BIN(reception->pipeline);
    const char *shown = reception->order.shown;
    GstElement *filter, *decoder = NULL, *convert;
    if (!(filter = nt_decode_add(bin, "capsfilter", shown, error)) ||
        (is_jpeg && !(decoder = nt_decode_add(bin, "jpegdec", shown, error))) ||
        !nt_decode_add_sink(bin, FALSE, shown, &convert, &reception->sink, error))
        return FALSE;
    g_object_set(filter, "caps", filtered, NULL);
    if (decoder ? gst_element_link_many(source, filter, decoder, convert, NULL)
                : gst_element_link_many(source, filter, convert, NULL))
        return TRUE;
    g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN, _("cannot open '%s': its parts do not fit together"),
                shown);
    return FALSE;
}

/* PipeWire takes its buffers back when the camera goes; ours live on in frames. */
static void prepare_camera(GstElement *source)
{
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(source), "always-copy"))
        g_object_set(source, "always-copy", TRUE, NULL);
}

static gboolean build_camera(NtReception *reception, GError **error)
{
    NtReceptionOrder *order = &reception->order;
    NtCameraMode mode;
    if (!nt_camera_mode_choose(order->camera->caps, order->width, order->height, order->frames_per_second, &mode)) {
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_PLUGIN,
                    _("cannot use the camera '%s': it offers no picture that can be read; choose another one"),
                    order->shown);
        return FALSE;
    }
    GstElement *source = gst_device_create_element(order->camera->device, NULL);
    if (!source) {
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN, _("cannot open the camera '%s': it is gone"),
                    order->shown);
        return FALSE;
    }
    prepare_camera(source);
    gst_bin_add(GST_BIN(reception->pipeline), source);
    g_autoptr(GstCaps) caps = nt_camera_mode_caps(&mode);
    return link_source(reception, source, caps, mode.is_jpeg, error);
}

static gboolean build_test(NtReception *reception, GError **error)
{
    const NtReceptionOrder *order = &reception->order;
    GstElement *source = nt_decode_add(GST_BIN(reception->pipeline), "videotestsrc", order->shown, error);
    if (!source)
        return FALSE;
    g_object_set(source, "is-live", !order->flat_out, NULL);
    gst_util_set_object_arg(G_OBJECT(source), "pattern", "ball");
    g_autoptr(GstCaps) caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT,
                                                  order->width, "height", G_TYPE_INT, order->height, "framerate",
                                                  GST_TYPE_FRACTION, order->frames_per_second, 1, NULL);
    return link_source(reception, source, caps, FALSE, error);
}

static gboolean build_uri(NtReception *reception, GError **error)
{
    const NtReceptionOrder *order = &reception->order;
    reception->decode = nt_decode_new(order->uri, order->shown, error);
    if (!reception->decode)
        return FALSE;
    reception->decode->rtsp_protocols = order->rtsp_protocols;
    reception->pipeline = gst_object_ref(reception->decode->pipeline);
    reception->sink = reception->decode->sink;
    return TRUE;
}

static gboolean build(NtReception *reception, GError **error)
{
    NtFeedKind kind = reception->order.kind;
    if (kind == NT_FEED_NETWORK || kind == NT_FEED_FILE)
        return build_uri(reception, error);
    reception->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    return kind == NT_FEED_CAMERA ? build_camera(reception, error) : build_test(reception, error);
}

/* Callbacks, in threads of the pipeline. */

static GstFlowReturn on_sample(GstAppSink *sink, gpointer data)
{
    NtReception *reception = data;
    GstSample *sample = gst_app_sink_pull_sample(sink);
    if (!sample)
        return GST_FLOW_EOS;
    gboolean welcome = nt_mailbox_put(reception->mailbox, reception->receiver, sample);
    gst_sample_unref(sample);
    return welcome ? GST_FLOW_OK : GST_FLOW_EOS;
}

static void on_end(GstAppSink *sink, gpointer data)
{
    (void)sink;
    NtReception *reception = data;
    g_mutex_lock(&reception->lock);
    reception->ended = TRUE;
    g_mutex_unlock(&reception->lock);
    nt_mailbox_notify(reception->mailbox);
}

static GstBusSyncReply on_message(GstBus *bus, GstMessage *message, gpointer data)
{
    (void)bus;
    NtReception *reception = data;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR && GST_MESSAGE_TYPE(message) != GST_MESSAGE_ELEMENT) {
        gst_message_unref(message); /* who drops a message frees it */
        return GST_BUS_DROP;
    }
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
        nt_mailbox_notify(reception->mailbox);
    return GST_BUS_PASS;
}

/* What has a length is a recording, and is played at its own pace; what has none comes as it happens, and waits for no
 * clock. Told apart when the first frame is at the sink's door. */
static GstPadProbeReturn on_first_buffer(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)info;
    NtReception *reception = data;
    gint64 duration = -1;
    gboolean known = gst_pad_peer_query_duration(pad, GST_FORMAT_TIME, &duration) && duration > 0;
    gboolean recording = reception->order.kind == NT_FEED_FILE || (reception->order.kind == NT_FEED_NETWORK && known);
    if (recording && !reception->order.flat_out)
        g_object_set(reception->sink, "sync", TRUE, NULL);
    g_mutex_lock(&reception->lock);
    reception->looked = TRUE;
    reception->recording = recording;
    reception->duration = known ? duration : -1;
    g_mutex_unlock(&reception->lock);
    return GST_PAD_PROBE_REMOVE;
}

static void set_up_sink(NtReception *reception)
{
    static GstAppSinkCallbacks callbacks = {.eos = on_end, .new_sample = on_sample};
    g_object_set(reception->sink, "sync", FALSE, "max-buffers", SINK_FRAMES, "drop", FALSE, "enable-last-sample", FALSE,
                 NULL);
    gst_app_sink_set_callbacks(GST_APP_SINK(reception->sink), &callbacks, reception, NULL);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(reception->sink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_first_buffer, reception, NULL);
    reception->bus = gst_element_get_bus(reception->pipeline);
    gst_bus_set_sync_handler(reception->bus, on_message, reception, NULL);
}

/* The thread: everything that may hang happens in it. */

static void wait_for_stop(NtReception *reception)
{
    g_mutex_lock(&reception->lock);
    while (!reception->stop)
        g_cond_wait(&reception->wake, &reception->lock);
    g_mutex_unlock(&reception->lock);
}

static void tear_down(NtReception *reception)
{
    g_mutex_lock(&reception->lock);
    GstElement *pipeline = g_steal_pointer(&reception->pipeline);
    g_mutex_unlock(&reception->lock);
    if (pipeline)
        gst_element_set_state(pipeline, GST_STATE_NULL);
    if (reception->bus)
        gst_bus_set_sync_handler(reception->bus, NULL, NULL, NULL);
    gst_clear_object(&reception->bus);
    gst_clear_object(&pipeline);
    nt_decode_close(reception->decode, 0);
}

static gpointer receive(gpointer data)
{
    NtReception *reception = data;
    GError *refusal = NULL;
    gboolean built = build(reception, &refusal);
    if (built)
        set_up_sink(reception);
    g_mutex_lock(&reception->lock);
    reception->refusal = refusal;
    reception->built = built;
    gboolean stop = reception->stop;
    g_mutex_unlock(&reception->lock);
    if (built && !stop)
        gst_element_set_state(reception->pipeline, GST_STATE_PLAYING);
    nt_mailbox_notify(reception->mailbox);
    wait_for_stop(reception);
    tear_down(reception);
    g_mutex_lock(&reception->lock);
    reception->finished = TRUE;
    g_cond_broadcast(&reception->wake);
    g_mutex_unlock(&reception->lock);
    reception_unref(reception);
    return NULL;
}

NtReception *nt_reception_start(const NtReceptionOrder *order, NtMailbox *mailbox)
{
    NtReception *reception = g_new0(NtReception, 1);
    reception->references = 2;
    reception->order = *order;
    reception->order.uri = g_strdup(order->uri);
    reception->order.shown = g_strdup(order->shown);
    reception->order.camera = order->camera ? nt_camera_ref(order->camera) : NULL;
    reception->order.width = order->width > 0 ? order->width : DEFAULT_WIDTH;
    reception->order.height = order->height > 0 ? order->height : DEFAULT_HEIGHT;
    reception->order.frames_per_second = order->frames_per_second > 0 ? order->frames_per_second : DEFAULT_RATE;
    reception->mailbox = nt_mailbox_ref(mailbox);
    reception->receiver = nt_mailbox_open(mailbox);
    reception->duration = -1;
    nt_trouble_init(&reception->trouble);
    g_mutex_init(&reception->lock);
    g_cond_init(&reception->wake);
    g_thread_unref(g_thread_new("receive", receive, reception));
    return reception;
}

/* The pipeline and its bus, as long as there are any; under no lock then, since its elements take their own. */
static GstElement *borrow(NtReception *reception, GstBus **bus)
{
    g_mutex_lock(&reception->lock);
    GstElement *pipeline = reception->built && reception->pipeline ? gst_object_ref(reception->pipeline) : NULL;
    *bus = pipeline ? gst_object_ref(reception->bus) : NULL;
    g_mutex_unlock(&reception->lock);
    return pipeline;
}

static gboolean has_failed(NtReception *reception)
{
    g_autoptr(GstBus) bus = NULL;
    g_autoptr(GstElement) pipeline = borrow(reception, &bus);
    if (!pipeline)
        return FALSE;
    return nt_trouble_collect(&reception->trouble, bus) ||
           (reception->order.kind == NT_FEED_FILE && !reception->looked &&
            nt_trouble_is_stalled(&reception->trouble, pipeline));
}

static NtDecode *built_decode(NtReception *reception)
{
    g_mutex_lock(&reception->lock);
    NtDecode *decode = reception->built ? reception->decode : NULL; /* stays until the owner stops it */
    g_mutex_unlock(&reception->lock);
    return decode;
}

static gboolean has_no_picture(NtReception *reception)
{
    const NtDecode *decode = built_decode(reception);
    return decode && nt_decode_is_blind(decode);
}

NtReceptionState nt_reception_state(NtReception *reception, GError **error, GError **cause)
{
    g_mutex_lock(&reception->lock);
    GError *refusal = reception->refusal ? g_error_copy(reception->refusal) : NULL;
    gboolean ended = reception->ended;
    g_mutex_unlock(&reception->lock);
    if (refusal) {
        g_propagate_error(error, refusal);
        return NT_RECEPTION_FAILED;
    }
    /* A stream that nothing takes is an error in the end; that it is sound says more. */
    gboolean failed = has_failed(reception),
             pictureless = has_no_picture(reception) && !reception->trouble.missing->len;
    if (pictureless) {
        if (!nt_decode_describe_away(built_decode(reception), reception->order.shown, error))
            g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_NO_VIDEO,
                        _("'%s' has no picture; give something that shows one"), reception->order.shown);
    } else if (failed || has_no_picture(reception))
        nt_trouble_describe(&reception->trouble, reception->order.shown, nt_mailbox_arrived(reception->mailbox), error);
    else
        return ended ? NT_RECEPTION_ENDED : NT_RECEPTION_GOING;
    if (reception->trouble.error)
        *cause = g_error_copy(reception->trouble.error);
    return NT_RECEPTION_FAILED;
}

gboolean nt_reception_is_recording(NtReception *reception)
{
    g_mutex_lock(&reception->lock);
    gboolean recording = reception->recording;
    g_mutex_unlock(&reception->lock);
    return recording;
}

gint64 nt_reception_duration_ns(NtReception *reception)
{
    g_mutex_lock(&reception->lock);
    gint64 duration = reception->duration;
    g_mutex_unlock(&reception->lock);
    return duration;
}

gboolean nt_reception_rewind(NtReception *reception)
{
    g_autoptr(GstBus) bus = NULL;
    g_autoptr(GstElement) pipeline = borrow(reception, &bus);
    if (!pipeline)
        return FALSE;
    nt_mailbox_restart(reception->mailbox);
    g_mutex_lock(&reception->lock);
    reception->ended = FALSE;
    g_mutex_unlock(&reception->lock);
    return gst_element_seek_simple(pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, 0);
}

void nt_reception_stop(NtReception *reception, gint64 limit_us)
{
    if (!reception)
        return;
    gint64 end = g_get_monotonic_time() + limit_us;
    nt_mailbox_open(reception->mailbox); /* what it still puts in is thrown away */
    g_mutex_lock(&reception->lock);
    reception->stop = TRUE;
    g_cond_broadcast(&reception->wake);
    while (!reception->finished && g_cond_wait_until(&reception->wake, &reception->lock, end))
        continue;
    g_mutex_unlock(&reception->lock);
    reception_unref(reception);
}
