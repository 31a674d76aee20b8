/* A camera that shows a clip: a PipeWire node that programs take for a camera, which plays FILE for ever at a steady
 * rate, in the mode that they ask for. Killing it is the camera being unplugged, SIGSTOP is one that hangs.
 *
 *   clip_camera [--name NODE] [--description TEXT] [--property KEY=VALUE]... [--mode FORMAT:WxH@RATE]... FILE|test
 *
 * FORMAT is YUY2, NV12, I420 or MJPG; the first mode is the one it would rather give. The clip begins when a program
 * starts to look.
 *
 *   uridecodebin -> videoconvert, videoscale, videorate -> [jpegenc] -> appsink, as often as the clip ends
 *
 * A thread paces the frames by the clock, so that neither the clip's end nor a slow reader makes a gap. pipewiresink
 * would be shorter, but crashes when a program connects in the first tenth of a second of its node (0.3.65), as one
 * that waits for the camera does. Says "ready" on its standard output when the node is there.
 */
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <pipewire/pipewire.h>
#include <spa/debug/types.h>
#include <spa/param/video/format-utils.h>
#include <stdio.h>

/* Frames of a short clip are kept after the first round: playing on costs next to nothing then. */
#define KEPT_BYTES_AT_MOST (640u << 20)
/* A frame that the decoder owes for longer than this is an error. */
#define DECODER_PATIENCE (5 * GST_SECOND)
#define JPEG_BYTES_AT_MOST (4 << 20)
#define BUFFERS 4
#define MODES_AT_MOST 16

typedef struct Format {
    const char *name, *gst;
    enum spa_video_format spa;
    int bytes_for_two_pixels, planes, bytes_a_row; /* of the first plane, for two pixels */
} Format;

static const Format formats[] = {
    {"YUY2", "YUY2", SPA_VIDEO_FORMAT_YUY2, 4, 1, 4},
    {"NV12", "NV12", SPA_VIDEO_FORMAT_NV12, 3, 2, 2},
    {"I420", "I420", SPA_VIDEO_FORMAT_I420, 3, 3, 2},
    {"MJPG", "I420", SPA_VIDEO_FORMAT_ENCODED, 0, 1, 0},
};

typedef struct Mode {
    const Format *format;
    int width, height, rate;
} Mode;

typedef struct Camera {
    const char *clip;
    Mode modes[MODES_AT_MOST];
    int n_modes;

    struct pw_thread_loop *loop;
    struct pw_stream *stream;
    struct spa_hook listener;
    /* Under the loop's lock. */
    const Mode *mode;
    gboolean streaming;
    GstBuffer *current;
    guint64 shown;

    /* Of the playing thread. */
    const Mode *open;
    GstElement *decoder, *decoded;
    GPtrArray *kept; /* GstBuffer; the whole clip once kept_all */
    gsize kept_bytes;
    gboolean kept_all, too_long;
} Camera;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "clip_camera: %s: %s\n", what, why);
    exit(1);
}

static gboolean is_jpeg(const Mode *mode)
{
    return mode->format->spa == SPA_VIDEO_FORMAT_ENCODED;
}

static int frame_bytes(const Mode *mode)
{
    return is_jpeg(mode) ? JPEG_BYTES_AT_MOST : mode->width * mode->height * mode->format->bytes_for_two_pixels / 2;
}

/* The clip as frames. */

static void close_clip(Camera *camera)
{
    if (camera->decoder)
        gst_element_set_state(camera->decoder, GST_STATE_NULL);
    gst_clear_object(&camera->decoded);
    gst_clear_object(&camera->decoder);
}

static void open_clip(Camera *camera, const Mode *mode)
{
    close_clip(camera);
    if (camera->open != mode) {
        camera->kept_all = camera->too_long = FALSE;
        camera->kept_bytes = 0;
        g_ptr_array_set_size(camera->kept, 0);
    }
    camera->open = mode;
    if (camera->kept_all)
        return;
    g_ptr_array_set_size(camera->kept, 0);
    camera->kept_bytes = 0;
    g_autofree char *uri = g_str_equal(camera->clip, "test") ? NULL : gst_filename_to_uri(camera->clip, NULL);
    g_autofree char *source = uri ? g_strdup_printf("uridecodebin caps=video/x-raw uri=%s", uri)
                                  : g_strdup_printf("videotestsrc pattern=ball num-buffers=%d", 10 * mode->rate);
    g_autofree char *description = g_strdup_printf(
        "%s ! videoconvert ! videoscale add-borders=true ! videorate ! "
        "video/x-raw,format=%s,width=%d,height=%d,framerate=%d/1,"
        "pixel-aspect-ratio=1/1 ! %s appsink name=out sync=false max-buffers=8",
        source, mode->format->gst, mode->width, mode->height, mode->rate, is_jpeg(mode) ? "jpegenc !" : "");
    g_autoptr(GError) error = NULL;
    camera->decoder = gst_parse_launch(description, &error);
    if (error)
        die(camera->clip, error->message);
    camera->decoded = gst_bin_get_by_name(GST_BIN(camera->decoder), "out");
    gst_element_set_state(camera->decoder, GST_STATE_PLAYING);
}

static void keep(Camera *camera, GstBuffer *frame)
{
    gsize size = gst_buffer_get_size(frame);
    if (camera->too_long)
        return;
    camera->too_long = camera->kept_bytes + size > KEPT_BYTES_AT_MOST;
    if (camera->too_long) {
        g_ptr_array_set_size(camera->kept, 0);
        return;
    }
    camera->kept_bytes += size;
    g_ptr_array_add(camera->kept, gst_buffer_ref(frame));
}

/* NULL: the clip has ended. */
static GstBuffer *decode_next(Camera *camera)
{
    GstSample *sample = gst_app_sink_try_pull_sample(GST_APP_SINK(camera->decoded), DECODER_PATIENCE);
    if (!sample) {
        if (!gst_app_sink_is_eos(GST_APP_SINK(camera->decoded)))
            die(camera->clip, "gives no frames");
        return NULL;
    }
    GstBuffer *frame = gst_buffer_ref(gst_sample_get_buffer(sample));
    gst_sample_unref(sample);
    keep(camera, frame);
    return frame;
}

static GstBuffer *next_frame(Camera *camera, guint64 index)
{
    GstBuffer *frame = camera->kept_all ? NULL : decode_next(camera);
    if (!frame && !camera->kept_all) {
        camera->kept_all = !camera->too_long && camera->kept->len;
        if (!camera->kept_all) {
            gst_element_seek_simple(camera->decoder, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, 0);
            frame = decode_next(camera);
        }
    }
    if (!frame && !camera->kept->len)
        die(camera->clip, "has no frames");
    return frame ? frame : gst_buffer_ref(camera->kept->pdata[index % camera->kept->len]);
}

/* Shows one frame, or returns FALSE when nobody looks any more. Takes the frame. */
static gboolean show(Camera *camera, GstBuffer *frame)
{
    pw_thread_loop_lock(camera->loop);
    gboolean looked_at = camera->streaming && camera->mode == camera->open;
    if (looked_at) {
        gst_buffer_replace(&camera->current, frame);
        pw_stream_trigger_process(camera->stream);
    }
    pw_thread_loop_unlock(camera->loop);
    gst_buffer_unref(frame);
    return looked_at;
}

static void play(Camera *camera)
{
    gint64 start = g_get_monotonic_time();
    for (guint64 index = 0;; index++) {
        GstBuffer *frame = next_frame(camera, index);
        gint64 due = start + (gint64)(index * G_USEC_PER_SEC / (guint64)camera->open->rate),
               now = g_get_monotonic_time();
        if (due > now)
            g_usleep((gulong)(due - now));
        else if (now - due > G_USEC_PER_SEC)
            start += now - due; /* was stopped: goes on from here */
        if (!show(camera, frame))
            return;
    }
}

static gpointer play_when_looked_at(gpointer data)
{
    Camera *camera = data;
    for (;;) {
        pw_thread_loop_lock(camera->loop);
        while (!camera->streaming || !camera->mode)
            pw_thread_loop_wait(camera->loop);
        const Mode *mode = camera->mode;
        pw_thread_loop_unlock(camera->loop);
        open_clip(camera, mode);
        play(camera);
    }
    return NULL;
}

/* The node. */

static void on_process(void *data)
{
    Camera *camera = data;
    struct pw_buffer *buffer = camera->current ? pw_stream_dequeue_buffer(camera->stream) : NULL;
    if (!buffer)
        return;
    struct spa_data *target = &buffer->buffer->datas[0];
    gsize size = target->data ? gst_buffer_extract(camera->current, 0, target->data, target->maxsize) : 0;
    target->chunk->offset = 0;
    target->chunk->size = (uint32_t)size;
    target->chunk->stride = camera->mode->format->bytes_a_row * camera->mode->width / 2;
    struct spa_meta_header *header = spa_buffer_find_meta_data(buffer->buffer, SPA_META_Header, sizeof *header);
    if (header) {
        header->pts = g_get_monotonic_time() * 1000;
        header->flags = 0;
        header->seq = camera->shown;
        header->dts_offset = 0;
    }
    camera->shown++;
    pw_stream_queue_buffer(camera->stream, buffer);
}

static const Mode *mode_of(const Camera *camera, const struct spa_pod *param)
{
    struct spa_video_info info = {0};
    if (!param || spa_format_parse(param, &info.media_type, &info.media_subtype) < 0)
        return NULL;
    gboolean jpeg = info.media_subtype == SPA_MEDIA_SUBTYPE_mjpg;
    if ((jpeg ? spa_format_video_mjpg_parse(param, &info.info.mjpg)
              : spa_format_video_raw_parse(param, &info.info.raw)) < 0)
        return NULL;
    struct spa_rectangle size = jpeg ? info.info.mjpg.size : info.info.raw.size;
    struct spa_fraction rate = jpeg ? info.info.mjpg.framerate : info.info.raw.framerate;
    for (int i = 0; i < camera->n_modes; i++) {
        const Mode *mode = &camera->modes[i];
        if (is_jpeg(mode) == jpeg && (jpeg || mode->format->spa == info.info.raw.format) &&
            mode->width == (int)size.width && mode->height == (int)size.height &&
            mode->rate * (int)rate.denom == (int)rate.num)
            return mode;
    }
    return NULL;
}

static void on_param_changed(void *data, uint32_t id, const struct spa_pod *param)
{
    Camera *camera = data;
    if (id != SPA_PARAM_Format)
        return;
    camera->mode = mode_of(camera, param);
    gst_buffer_replace(&camera->current, NULL);
    if (!camera->mode)
        return;
    uint8_t bytes[1024];
    struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(bytes, sizeof bytes);
    int size = frame_bytes(camera->mode), stride = camera->mode->format->bytes_a_row * camera->mode->width / 2;
    const struct spa_pod *params[] = {
        spa_pod_builder_add_object(&builder, SPA_TYPE_OBJECT_ParamBuffers, SPA_PARAM_Buffers, SPA_PARAM_BUFFERS_buffers,
                                   SPA_POD_CHOICE_RANGE_Int(BUFFERS, 2, 4 * BUFFERS), SPA_PARAM_BUFFERS_blocks,
                                   SPA_POD_Int(1), SPA_PARAM_BUFFERS_size, SPA_POD_Int(size), SPA_PARAM_BUFFERS_stride,
                                   SPA_POD_Int(stride), SPA_PARAM_BUFFERS_dataType,
                                   SPA_POD_CHOICE_FLAGS_Int((1 << SPA_DATA_MemPtr) | (1 << SPA_DATA_MemFd))),
        spa_pod_builder_add_object(&builder, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta, SPA_PARAM_META_type,
                                   SPA_POD_Id(SPA_META_Header), SPA_PARAM_META_size,
                                   SPA_POD_Int(sizeof(struct spa_meta_header))),
    };
    pw_stream_update_params(camera->stream, params, G_N_ELEMENTS(params));
}

static void on_state_changed(void *data, enum pw_stream_state old, enum pw_stream_state state, const char *error)
{
    Camera *camera = data;
    (void)old;
    if (state == PW_STREAM_STATE_ERROR)
        die("PipeWire", error);
    camera->streaming = state == PW_STREAM_STATE_STREAMING;
    pw_thread_loop_signal(camera->loop, false);
    if (state == PW_STREAM_STATE_PAUSED && old == PW_STREAM_STATE_CONNECTING) {
        puts("ready");
        fflush(stdout);
    }
}

static const struct pw_stream_events stream_events = {
    PW_VERSION_STREAM_EVENTS,
    .state_changed = on_state_changed,
    .param_changed = on_param_changed,
    .process = on_process,
};

static struct spa_pod *describe(struct spa_pod_builder *builder, const Mode *mode)
{
    struct spa_rectangle size = {(uint32_t)mode->width, (uint32_t)mode->height};
    struct spa_fraction rate = {(uint32_t)mode->rate, 1};
    struct spa_pod_frame frame;
    spa_pod_builder_push_object(builder, &frame, SPA_TYPE_OBJECT_Format, SPA_PARAM_EnumFormat);
    spa_pod_builder_add(builder, SPA_FORMAT_mediaType, SPA_POD_Id(SPA_MEDIA_TYPE_video), SPA_FORMAT_mediaSubtype,
                        SPA_POD_Id(is_jpeg(mode) ? SPA_MEDIA_SUBTYPE_mjpg : SPA_MEDIA_SUBTYPE_raw), 0);
    if (!is_jpeg(mode))
        spa_pod_builder_add(builder, SPA_FORMAT_VIDEO_format, SPA_POD_Id(mode->format->spa), 0);
    spa_pod_builder_add(builder, SPA_FORMAT_VIDEO_size, SPA_POD_Rectangle(&size), SPA_FORMAT_VIDEO_framerate,
                        SPA_POD_Fraction(&rate), 0);
    return spa_pod_builder_pop(builder, &frame);
}

static void connect_node(Camera *camera)
{
    static uint8_t bytes[16384];
    struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(bytes, sizeof bytes);
    const struct spa_pod *params[MODES_AT_MOST];
    for (int i = 0; i < camera->n_modes; i++)
        params[i] = describe(&builder, &camera->modes[i]);
    if (pw_stream_connect(camera->stream, PW_DIRECTION_OUTPUT, PW_ID_ANY,
                          PW_STREAM_FLAG_DRIVER | PW_STREAM_FLAG_MAP_BUFFERS, params, (uint32_t)camera->n_modes) < 0)
        die("PipeWire", "cannot connect");
}

static void add_mode(Camera *camera, const char *text)
{
    char name[5];
    Mode mode = {0};
    if (camera->n_modes == MODES_AT_MOST ||
        sscanf(text, "%4[A-Z0-9]:%dx%d@%d", name, &mode.width, &mode.height, &mode.rate) != 4)
        die(text, "not FORMAT:WxH@RATE");
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
        if (g_str_equal(formats[i].name, name))
            mode.format = &formats[i];
    if (!mode.format || mode.width < 2 || mode.height < 2 || (mode.width | mode.height) & 1 || mode.rate < 1)
        die(text, "not a mode of this camera");
    camera->modes[camera->n_modes++] = mode;
}

static struct pw_properties *node_properties(const char *name, const char *description, char **more)
{
    struct pw_properties *properties =
        pw_properties_new(PW_KEY_MEDIA_CLASS, "Video/Source", PW_KEY_MEDIA_ROLE, "Camera", PW_KEY_NODE_NAME, name,
                          PW_KEY_NODE_DESCRIPTION, description, NULL);
    for (; more && *more; more++) {
        g_auto(GStrv) halves = g_strsplit(*more, "=", 2);
        pw_properties_set(properties, halves[0], halves[1]);
    }
    return properties;
}

int main(int argc, char **argv)
{
    Camera camera = {.kept = g_ptr_array_new_with_free_func((GDestroyNotify)gst_buffer_unref)};
    g_autofree char *name = NULL, *text = NULL;
    g_auto(GStrv) modes = NULL, properties = NULL;
    GOptionEntry entries[] = {
        {"name", 'n', 0, G_OPTION_ARG_STRING, &name, "Name of the node", "NODE"},
        {"description", 'd', 0, G_OPTION_ARG_STRING, &text, "Name for people", "TEXT"},
        {"mode", 'm', 0, G_OPTION_ARG_STRING_ARRAY, &modes, "YUY2:640x360@30", "FORMAT:WxH@RATE"},
        {"property", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &properties, "Of the node", "KEY=VALUE"},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new("FILE|test");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc != 2)
        die("clip_camera", error ? error->message : "give a clip; see --help");
    for (char **mode = modes; mode && *mode; mode++)
        add_mode(&camera, *mode);
    if (!camera.n_modes)
        add_mode(&camera, "YUY2:640x360@30");
    gst_init(NULL, NULL);
    pw_init(NULL, NULL);
    camera.clip = argv[1];
    camera.loop = pw_thread_loop_new("camera", NULL);
    pw_thread_loop_lock(camera.loop);
    pw_thread_loop_start(camera.loop);
    struct pw_context *pipewire = pw_context_new(pw_thread_loop_get_loop(camera.loop), NULL, 0);
    struct pw_core *core = pw_context_connect(pipewire, NULL, 0);
    if (!core)
        die("PipeWire", "is not running");
    camera.stream =
        pw_stream_new(core, "clip", node_properties(name ? name : "clipcam", text ? text : "ClipCamera", properties));
    pw_stream_add_listener(camera.stream, &camera.listener, &stream_events, &camera);
    connect_node(&camera);
    pw_thread_loop_unlock(camera.loop);
    play_when_looked_at(&camera);
    return 0;
}
