/* A network camera that shows a clip: rtsp://127.0.0.1:PORT/live plays the H.264 of FILE for ever, as it is, at its own
 * pace. Killing it is the camera restarting, SIGSTOP is one that hangs.
 *
 *   rtsp_server [--port N] [--user NAME --password TEXT] FILE
 *
 *   uridecodebin -> h264parse -> appsink, once: the clip's coded pictures, kept
 *   appsrc -> h264parse -> rtph264pay, one for all who look
 *
 * The times of each round go on where the round before ended. Says "ready URI" on its standard output when it can be
 * asked; port 0 takes a free one.
 */
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <stdio.h>

typedef struct Clip {
    GPtrArray *pictures; /* GstBuffer in the order of decoding, times from 0 */
    GstCaps *caps;
    GstClockTime length;
} Clip;

/* Where one stream of it is. */
typedef struct Reading {
    const Clip *clip;
    GstElement *source;
    guint at;
    GstClockTime shift;
} Reading;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "rtsp_server: %s: %s\n", what, why);
    exit(1);
}

static void take(Clip *clip, GstSample *sample)
{
    GstBuffer *picture = gst_buffer_copy(gst_sample_get_buffer(sample));
    const GstSegment *segment = gst_sample_get_segment(sample);
    GstClockTime *times[] = {&GST_BUFFER_PTS(picture), &GST_BUFFER_DTS(picture)};
    for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
        guint64 running = 0;
        /* Times of decoding may lie before the start. */
        if (GST_CLOCK_TIME_IS_VALID(*times[i]) &&
            gst_segment_to_running_time_full(segment, GST_FORMAT_TIME, *times[i], &running) < 0)
            running = 0;
        *times[i] = running;
    }
    GstClockTime step = GST_BUFFER_DURATION_IS_VALID(picture) ? GST_BUFFER_DURATION(picture) : GST_SECOND / 25;
    clip->length = MAX(clip->length, GST_BUFFER_PTS(picture) + step);
    g_ptr_array_add(clip->pictures, picture);
    gst_caps_replace(&clip->caps, gst_sample_get_caps(sample));
}

static void load(Clip *clip, const char *path)
{
    g_autofree char *uri = gst_filename_to_uri(path, NULL);
    g_autofree char *description = g_strdup_printf(
        "uridecodebin uri=%s caps=video/x-h264 ! h264parse ! video/x-h264,stream-format=byte-stream,alignment=au ! "
        "appsink name=out sync=false",
        uri);
    g_autoptr(GError) error = NULL;
    g_autoptr(GstElement) pipeline = gst_parse_launch(description, &error);
    if (error)
        die(path, error->message);
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "out");
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    clip->pictures = g_ptr_array_new();
    GstSample *sample;
    while ((sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink), 5 * GST_SECOND))) {
        take(clip, sample);
        gst_sample_unref(sample);
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    if (!clip->pictures->len)
        die(path, "no H.264 in it");
}

/* Live sources are not slowed down by those who read: the clock does it. */
static void on_need_data(GstElement *source, guint length, Reading *reading)
{
    (void)length;
    if (reading->at == reading->clip->pictures->len) {
        reading->at = 0;
        reading->shift += reading->clip->length;
    }
    GstBuffer *picture = gst_buffer_copy(reading->clip->pictures->pdata[reading->at++]);
    GST_BUFFER_PTS(picture) += reading->shift;
    GST_BUFFER_DTS(picture) += reading->shift;
    gst_app_src_push_buffer(GST_APP_SRC(source), picture);
}

static void on_configure(GstRTSPMediaFactory *factory, GstRTSPMedia *media, gpointer clip)
{
    (void)factory;
    g_autoptr(GstElement) bin = gst_rtsp_media_get_element(media);
    Reading *reading = g_new0(Reading, 1);
    reading->clip = clip;
    reading->source = gst_bin_get_by_name(GST_BIN(bin), "in");
    g_object_set(reading->source, "caps", reading->clip->caps, "format", GST_FORMAT_TIME, "max-buffers", (guint64)4,
                 NULL);
    g_signal_connect(reading->source, "need-data", G_CALLBACK(on_need_data), reading);
    g_object_set_data_full(G_OBJECT(media), "reading", reading, g_free);
    gst_object_unref(reading->source); /* the media has it */
}

static void protect(GstRTSPServer *server, GstRTSPMediaFactory *factory, const char *user, const char *password)
{
    g_autoptr(GstRTSPAuth) auth = gst_rtsp_auth_new();
    GstRTSPToken *token = gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, "viewer", NULL);
    g_autofree char *basic = gst_rtsp_auth_make_basic(user, password);
    gst_rtsp_auth_add_basic(auth, basic, token);
    gst_rtsp_token_unref(token);
    gst_rtsp_media_factory_add_role(factory, "viewer", GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN, TRUE,
                                    GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, TRUE, NULL);
    gst_rtsp_server_set_auth(server, auth);
}

int main(int argc, char **argv)
{
    int port = 0;
    g_autofree char *user = NULL, *password = NULL;
    GOptionEntry entries[] = {
        {"port", 'p', 0, G_OPTION_ARG_INT, &port, "0: a free one", "N"},
        {"user", 'u', 0, G_OPTION_ARG_STRING, &user, "Who may look", "NAME"},
        {"password", 'w', 0, G_OPTION_ARG_STRING, &password, "And the password", "TEXT"},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new("FILE");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc != 2)
        die("rtsp_server", error ? error->message : "give a clip; see --help");
    gst_init(NULL, NULL);
    Clip clip = {0};
    load(&clip, argv[1]);

    g_autoptr(GstRTSPServer) server = gst_rtsp_server_new();
    g_autofree char *service = g_strdup_printf("%d", port);
    gst_rtsp_server_set_address(server, "127.0.0.1");
    gst_rtsp_server_set_service(server, service);
    GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new();
    gst_rtsp_media_factory_set_launch(factory,
                                      "( appsrc name=in ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )");
    gst_rtsp_media_factory_set_shared(factory, TRUE);
    g_signal_connect(factory, "media-configure", G_CALLBACK(on_configure), &clip);
    if (user)
        protect(server, factory, user, password ? password : "");
    g_autoptr(GstRTSPMountPoints) mounts = gst_rtsp_server_get_mount_points(server);
    gst_rtsp_mount_points_add_factory(mounts, "/live", factory);
    if (!gst_rtsp_server_attach(server, NULL))
        die(service, "the port is taken");
    printf("ready rtsp://127.0.0.1:%d/live\n", gst_rtsp_server_get_bound_port(server));
    fflush(stdout);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
    return 0;
}
