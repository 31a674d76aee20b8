#include "media/decode.h"

#include <glib/gi18n-lib.h>
#include <gst/pbutils/pbutils.h>
#include <gst/video/video.h>
#include <string.h>

#include "media/location.h"
#include "media/patience.h"
#include "media/source.h"

/* How much rtspsrc holds back to put packets in order; its own 2 s are for films. */
#define RTSP_LATENCY_MS 150u
/* rtspsrc tries another transport, or gives up connecting, after these. */
#define RTSP_UDP_LIMIT_US ((guint64)3 * G_USEC_PER_SEC)
#define RTSP_TCP_LIMIT_US ((guint64)5 * G_USEC_PER_SEC)

/* Of GstAutoplugSelectResult, which is in no header: uridecodebin goes on with the element, or shows the stream as it
 * is. */
enum { PLUG_TRY = 0, PLUG_EXPOSE = 1 };

/* A file that lists addresses (HLS, DASH, Smooth Streaming, SDP), or an edit of other files, makes these elements open
 * them: whoever sends such a "clip" would learn who looks at it, and from where. */
static gboolean leads_away(GstElementFactory *factory)
{
    const char *kind = gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS);
    return kind && strstr(kind, "Demuxer") &&
           (strstr(kind, "Adaptive") || strstr(kind, "Network") || strstr(kind, "Editing"));
}

static int on_select(GstElement *decoder, GstPad *pad, GstCaps *caps, GstElementFactory *factory, gint *refused)
{
    (void)decoder, (void)pad, (void)caps;
    if (!leads_away(factory))
        return PLUG_TRY;
    if (refused)
        g_atomic_int_set(refused, 1);
    return PLUG_EXPOSE;
}

void nt_decode_stay_local(GstElement *decoder, const char *uri, gint *refused)
{
    if (gst_uri_has_protocol(uri, "file"))
        g_signal_connect(decoder, "autoplug-select", G_CALLBACK(on_select), refused);
}

/* Subtitles stay undecoded, and sound that nobody takes: nobody looks at them here. */
static gboolean on_continue(GstElement *decoder, GstPad *pad, GstCaps *caps, NtDecode *decode)
{
    (void)decoder, (void)pad;
    GstPbUtilsCapsDescriptionFlags kind = gst_pb_utils_get_caps_description_flags(caps);
    if (kind & GST_PBUTILS_CAPS_DESCRIPTION_FLAG_CONTAINER)
        return TRUE;
    if (kind & GST_PBUTILS_CAPS_DESCRIPTION_FLAG_AUDIO) {
        g_atomic_int_set(&decode->has_audio, 1);
        return decode->take_sound != NULL;
    }
    return !(kind & GST_PBUTILS_CAPS_DESCRIPTION_FLAG_SUBTITLE);
}

/* The first picture is the one; others stay unlinked. A later chain of a chained file links anew. */
static void on_pad(GstElement *decoder, GstPad *pad, NtDecode *decode)
{
    (void)decoder;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    if (!caps)
        caps = gst_pad_query_caps(pad, NULL);
    const char *name = gst_caps_is_empty(caps) ? "" : gst_structure_get_name(gst_caps_get_structure(caps, 0));
    if (g_str_has_prefix(name, "audio/")) {
        g_atomic_int_set(&decode->has_audio, 1);
        if (decode->take_sound)
            decode->take_sound(pad, decode->sound_user);
    }
    if (!g_str_equal(name, "video/x-raw"))
        return;
    g_autoptr(GstPad) entry = gst_element_get_static_pad(decode->convert, "sink");
    if (!gst_pad_is_linked(entry) && GST_PAD_LINK_SUCCESSFUL(gst_pad_link(pad, entry)))
        g_atomic_int_set(&decode->has_video, 1);
}

static void on_no_more_pads(GstElement *decoder, NtDecode *decode)
{
    (void)decoder;
    g_atomic_int_set(&decode->streams_known, 1);
}

static gboolean has_property(GstElement *element, const char *name)
{
    return g_object_class_find_property(G_OBJECT_GET_CLASS(element), name) != NULL;
}

static void on_source(GstElement *decoder, GstElement *source, NtDecode *decode)
{
    (void)decoder;
    if (decode->user && has_property(source, "user-id"))
        g_object_set(source, "user-id", decode->user, "user-pw", decode->password ? decode->password : "", NULL);
    else if (decode->user && GST_IS_URI_HANDLER(source))
        gst_uri_handler_set_uri(GST_URI_HANDLER(source), decode->uri, NULL);
    GstElementFactory *factory = gst_element_get_factory(source);
    if (!factory || !g_str_equal(GST_OBJECT_NAME(factory), "rtspsrc"))
        return;
    g_object_set(source, "latency", RTSP_LATENCY_MS, "timeout", RTSP_UDP_LIMIT_US, "tcp-timeout", RTSP_TCP_LIMIT_US,
                 NULL);
    if (decode->rtsp_protocols)
        g_object_set(source, "protocols", decode->rtsp_protocols, NULL);
}

/* A camera that sends JPEG pictures over HTTP has this one stream. Until the demuxer says so, decodebin waits for
 * others and holds back two megabytes, which are many seconds of a small picture. */
static void on_element(GstBin *pipeline, GstBin *bin, GstElement *element, gpointer user)
{
    (void)pipeline, (void)bin, (void)user;
    GstElementFactory *factory = gst_element_get_factory(element);
    if (factory && g_str_equal(GST_OBJECT_NAME(factory), "multipartdemux"))
        g_object_set(element, "single-stream", TRUE, NULL);
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

GstElement *nt_decode_add(GstBin *bin, const char *factory, const char *shown, GError **error)
{
    GstElement *element = gst_element_factory_make(factory, NULL);
    if (element)
        gst_bin_add(bin, element);
    else
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_PLUGIN,
                    _("cannot open '%s': GStreamer's '%s' is missing; install its 'base' and 'good' plugins"), shown,
                    factory);
    return element;
}

gboolean nt_decode_add_sink(GstBin *bin, gboolean flip, const char *shown, GstElement **convert, GstElement **sink,
                            GError **error)
{
    GstElement *filter, *turn = NULL;
    if (!(*convert = nt_decode_add(bin, "videoconvert", shown, error)) ||
        !(filter = nt_decode_add(bin, "capsfilter", shown, error)) ||
        (flip && !(turn = nt_decode_add(bin, "videoflip", shown, error))) ||
        !(*sink = nt_decode_add(bin, "appsink", shown, error)))
        return FALSE;
    g_autoptr(GstCaps) formats = gst_caps_from_string("video/x-raw, format={ I420, NV12 }");
    g_object_set(filter, "caps", formats, NULL);
    if (turn)
        gst_util_set_object_arg(G_OBJECT(turn), "video-direction", "auto");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(*sink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, on_query, NULL, NULL);
    return turn ? gst_element_link_many(*convert, filter, turn, *sink, NULL)
                : gst_element_link_many(*convert, filter, *sink, NULL);
}

NtDecode *nt_decode_new(const char *uri, const char *shown, GError **error)
{
    NtDecode *decode = g_new0(NtDecode, 1);
    decode->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    decode->bus = gst_element_get_bus(decode->pipeline);
    GstElement *decoder = nt_decode_add(GST_BIN(decode->pipeline), "uridecodebin", shown, error);
    if (!decoder ||
        !nt_decode_add_sink(GST_BIN(decode->pipeline), TRUE, shown, &decode->convert, &decode->sink, error)) {
        nt_decode_close(decode, 0);
        return NULL;
    }
    decode->uri = g_strdup(uri);
    g_autofree char *bare = nt_location_take_credentials(uri, &decode->user, &decode->password);
    g_object_set(decoder, "uri", bare, NULL);
    nt_decode_stay_local(decoder, uri, &decode->leads_away);
    g_signal_connect(decode->pipeline, "deep-element-added", G_CALLBACK(on_element), NULL);
    g_signal_connect(decoder, "autoplug-continue", G_CALLBACK(on_continue), decode);
    g_signal_connect(decoder, "pad-added", G_CALLBACK(on_pad), decode);
    g_signal_connect(decoder, "no-more-pads", G_CALLBACK(on_no_more_pads), decode);
    g_signal_connect(decoder, "source-setup", G_CALLBACK(on_source), decode);
    return decode;
}

gboolean nt_decode_is_blind(const NtDecode *decode)
{
    return g_atomic_int_get(&decode->streams_known) && !g_atomic_int_get(&decode->has_video);
}

gboolean nt_decode_describe_away(const NtDecode *decode, const char *shown, GError **error)
{
    if (!g_atomic_int_get(&decode->leads_away))
        return FALSE;
    g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN,
                _("'%s' is no clip but a list of other addresses, which a file may not make the program open; open the "
                  "address itself"),
                shown);
    return TRUE;
}

void nt_decode_describe_blind(const NtDecode *decode, const char *shown, GError **error)
{
    if (nt_decode_describe_away(decode, shown, error))
        return;
    g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_NO_VIDEO,
                g_atomic_int_get(&decode->has_audio)
                    ? _("'%s' has no picture, only sound; give a clip that shows something")
                    : _("'%s' has no picture; give a clip that shows something"),
                shown);
}

static void stop_and_free(gpointer data)
{
    NtDecode *decode = data;
    gst_element_set_state(decode->pipeline, GST_STATE_NULL);
    gst_object_unref(decode->bus);
    gst_object_unref(decode->pipeline);
    g_free(decode->uri);
    g_free(decode->user);
    g_free(decode->password);
    g_free(decode);
}

void nt_decode_close(NtDecode *decode, gint64 limit_us)
{
    if (decode && limit_us)
        nt_patience_run("stop", stop_and_free, decode, limit_us);
    else if (decode)
        stop_and_free(decode);
}
