/* Nametag - the annotated clip.
 *
 *   frame -> BGRx -> draw -> appsrc -> videoconvert -> encoder -> queue -\
 *                                                                        muxer -> filesink
 *            NtSound -> appsrc -> audioconvert -> resample -> encoder -> queue -/
 *
 * The muxer takes whichever stream is behind. Neither side can lock the other: the picture's side is fed by the caller,
 * the sound's by a thread of its own, and each waits only for room in its own bounded queues.
 */
#include "media/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <gst/app/gstappsrc.h>
#include <unistd.h>

#include "media/encoding.h"
#include "media/frame.h"
#include "media/sound.h"
#include "media/trouble.h"

/* Drawn frames that wait for the encoder: one at work, one ready. */
#define MAX_WAITING_FRAMES 2
/* Encoded data between encoder and muxer. */
#define QUEUE_NS (2 * GST_SECOND)
#define QUEUE_BYTES (32 << 20)
/* Decoded sound that waits for its encoder. */
#define SOUND_AHEAD_NS (GST_SECOND / 2)
#define POLL_MS 20

struct NtRecorder {
    char *path, *part_path, *scratch_path;
    const NtEncoding *encoding;
    GstElement *pipeline, *picture, *colours, *video, *voice;
    GstBus *bus;
    NtTrouble trouble;
    NtSound *sound;
    char *warning;

    GMutex lock;
    GCond wanted;  /* the encoder wants a frame */
    gint64 cut_ns; /* under lock: the sound ends here; -1: none */

    gboolean started;
    GstVideoInfo out;    /* BGRx, of the size in the file */
    int width, height;   /* of the first frame */
    GstBufferPool *pool; /* of out */
    GstVideoInfo in;     /* what to_rgb converts from */
    GstVideoConverter *to_rgb;
    GstVideoInfo other; /* BGRx, of frames of another size than the first */
    GstBuffer *other_buffer;
    GstVideoConverter *to_size;
    GstBuffer *held; /* the last frame, not yet given to the encoder */
    gint64 last_pts, last_duration, usual_ns, end_ns;
};

gboolean nt_recorder_is_supported(const char *path)
{
    return nt_encoding_for_path(path) != NULL;
}
const char *nt_recorder_warning(const NtRecorder *recorder)
{
    return recorder->warning;
}

static gboolean fail(const NtRecorder *recorder, GError **error, int code, const char *reason)
{
    g_set_error(error, G_IO_ERROR, code, _("cannot write '%s': %s"), recorder->path, reason);
    return FALSE;
}

/* A pipeline's error as one of G_IO_ERROR. */
static gboolean fail_by_trouble(NtRecorder *recorder, GError **error)
{
    const GError *reason = recorder->trouble.error;
    if (g_error_matches(reason, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT))
        return fail(recorder, error, G_IO_ERROR_NO_SPACE, _("no space left on the disk; make room or write elsewhere"));
    g_autofree char *words = nt_trouble_words(&recorder->trouble);
    if (reason && reason->domain == GST_RESOURCE_ERROR) {
        g_autofree char *more = g_strdup_printf(_("%s; is the disk full, or a limit on file sizes reached?"), words);
        return fail(recorder, error, G_IO_ERROR_FAILED, more);
    }
    return fail(recorder, error, G_IO_ERROR_FAILED, words);
}

static gboolean fail_by_errno(const NtRecorder *recorder, GError **error, int reason)
{
    g_autofree char *dir = g_path_get_dirname(recorder->path);
    const char *remedy = !g_file_test(dir, G_FILE_TEST_IS_DIR) ? _("create the folder first")
                         : reason == ENOSPC                    ? _("make room or write elsewhere")
                                                               : _("choose another folder or change its rights");
    g_autofree char *words = g_strdup_printf("%s; %s", g_strerror(reason), remedy);
    return fail(recorder, error, (int)g_io_error_from_errno(reason), words);
}

/* ".NAME.part-XXXXXX.webm" beside the final name: hidden, on the same file system, recognisable when a crash leaves it.
 */
static gboolean create_part(NtRecorder *recorder, GError **error)
{
    if (g_file_test(recorder->path, G_FILE_TEST_IS_DIR))
        return fail(recorder, error, G_IO_ERROR_IS_DIRECTORY, _("it is a folder; give a file name in it"));
    g_autofree char *dir = g_path_get_dirname(recorder->path);
    g_autofree char *name = g_path_get_basename(recorder->path);
    g_autofree char *part = g_strdup_printf(".%s.part-XXXXXX%s", name, strrchr(name, '.'));
    g_autofree char *path = g_build_filename(dir, part, NULL);
    int file = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0666);
    if (file < 0)
        return fail_by_errno(recorder, error, errno);
    close(file);
    recorder->part_path = g_steal_pointer(&path);
    recorder->scratch_path = g_strconcat(recorder->part_path, ".index", NULL);
    return TRUE;
}

static void on_need_data(GstAppSrc *picture, guint length, gpointer user)
{
    (void)picture, (void)length;
    NtRecorder *recorder = user;
    g_mutex_lock(&recorder->lock);
    g_cond_signal(&recorder->wanted);
    g_mutex_unlock(&recorder->lock);
}

/* A new element in the pipeline; borrowed. */
static GstElement *add(NtRecorder *recorder, const char *factory, GError **error)
{
    GstElement *element = gst_element_factory_make(factory, NULL);
    if (!element) {
        g_autofree char *words = g_strdup_printf(_("GStreamer's '%s' is missing; install its base plugins"), factory);
        fail(recorder, error, G_IO_ERROR_NOT_FOUND, words);
        return NULL;
    }
    gst_bin_add(GST_BIN(recorder->pipeline), element);
    return element;
}

static GstElement *add_queue(NtRecorder *recorder, GError **error)
{
    GstElement *queue = add(recorder, "queue", error);
    if (queue)
        g_object_set(queue, "max-size-buffers", 0, "max-size-time", (guint64)QUEUE_NS, "max-size-bytes", QUEUE_BYTES,
                     NULL);
    return queue;
}

static gboolean build_video(NtRecorder *recorder, GstElement *muxer, GError **error)
{
    GstElement *convert = NULL, *queue = NULL;
    if (!(recorder->picture = add(recorder, "appsrc", error)) || !(convert = add(recorder, "videoconvert", error)) ||
        !(recorder->colours = add(recorder, "capsfilter", error)) || !(queue = add_queue(recorder, error)) ||
        !(recorder->video = nt_encoding_make_video(recorder->encoding, error)))
        return FALSE;
    gst_bin_add(GST_BIN(recorder->pipeline), recorder->video);
    gst_util_set_object_arg(G_OBJECT(recorder->picture), "format", "time");
    GstAppSrcCallbacks callbacks = {.need_data = on_need_data};
    gst_app_src_set_callbacks(GST_APP_SRC(recorder->picture), &callbacks, recorder, NULL);
    if (gst_element_link_many(recorder->picture, convert, recorder->colours, recorder->video, queue, muxer, NULL))
        return TRUE;
    return fail(recorder, error, G_IO_ERROR_FAILED, _("the encoder and the file format do not fit"));
}

/* Encoded sound that begins after the picture's end is dropped: it was queued before the cut was known. */
static GstPadProbeReturn on_encoded_sound(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    (void)pad;
    NtRecorder *recorder = user;
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    g_mutex_lock(&recorder->lock);
    gint64 cut = recorder->cut_ns;
    g_mutex_unlock(&recorder->lock);
    return cut >= 0 && GST_BUFFER_PTS_IS_VALID(buffer) && GST_BUFFER_PTS(buffer) >= (guint64)cut ? GST_PAD_PROBE_DROP
                                                                                                 : GST_PAD_PROBE_OK;
}

static gboolean build_sound(NtRecorder *recorder, GstElement *muxer, GError **error)
{
    GstElement *convert = NULL, *resample = NULL, *queue = NULL, *encoder = NULL;
    if (!(recorder->voice = add(recorder, "appsrc", error)) || !(convert = add(recorder, "audioconvert", error)) ||
        !(resample = add(recorder, "audioresample", error)) || !(queue = add_queue(recorder, error)) ||
        !(encoder = nt_encoding_make_audio(recorder->encoding, error)))
        return FALSE;
    gst_bin_add(GST_BIN(recorder->pipeline), encoder);
    gst_util_set_object_arg(G_OBJECT(recorder->voice), "format", "time");
    g_object_set(recorder->voice, "block", TRUE, "max-bytes", (guint64)0, "max-buffers", (guint64)0, "max-time",
                 (guint64)SOUND_AHEAD_NS, NULL);
    g_autoptr(GstPad) out = gst_element_get_static_pad(queue, "src");
    gst_pad_add_probe(out, GST_PAD_PROBE_TYPE_BUFFER, on_encoded_sound, recorder, NULL);
    if (gst_element_link_many(recorder->voice, convert, resample, encoder, queue, muxer, NULL))
        return TRUE;
    return fail(recorder, error, G_IO_ERROR_FAILED, _("the sound's encoder and the file format do not fit"));
}

static gboolean build(NtRecorder *recorder, GError **error)
{
    recorder->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    recorder->bus = gst_element_get_bus(recorder->pipeline);
    GstElement *muxer = nt_encoding_make_muxer(recorder->encoding, recorder->scratch_path, error);
    if (!muxer)
        return FALSE;
    gst_bin_add(GST_BIN(recorder->pipeline), muxer);
    GstElement *file = add(recorder, "filesink", error);
    if (!file)
        return FALSE;
    g_object_set(file, "location", recorder->part_path, "sync", FALSE, NULL);
    gst_element_link(muxer, file);
    return build_video(recorder, muxer, error) && (!recorder->sound || build_sound(recorder, muxer, error));
}

NtRecorder *nt_recorder_new(const char *path, const char *audio_uri, GError **error)
{
    g_return_val_if_fail(path, NULL);
    g_autoptr(NtRecorder) recorder = g_new0(NtRecorder, 1);
    g_mutex_init(&recorder->lock);
    g_cond_init(&recorder->wanted);
    nt_trouble_init(&recorder->trouble);
    recorder->path = g_strdup(path);
    recorder->cut_ns = -1;
    recorder->encoding = nt_encoding_for_path(path);
    if (!recorder->encoding) {
        g_autofree char *endings = nt_encoding_list();
        g_autofree char *words = g_strdup_printf(_("unknown ending; use one of %s"), endings);
        fail(recorder, error, G_IO_ERROR_NOT_SUPPORTED, words);
        return NULL;
    }
    if (!create_part(recorder, error))
        return NULL;
    if (audio_uri)
        recorder->sound = nt_sound_open(audio_uri, &recorder->warning);
    if (!build(recorder, error))
        return NULL;
    return g_steal_pointer(&recorder);
}

/* The size and colours of the file are the first frame's. The matrix stays what it was, so that luma and chroma come
 * through unchanged where nothing is drawn. */
static gboolean start(NtRecorder *recorder, const NtFrame *frame, GError **error)
{
    const GstVideoInfo *in = &nt_frame_video(frame)->info;
    gboolean even = nt_encoding_needs_even_size(recorder->encoding);
    recorder->width = in->width;
    recorder->height = in->height;
    gst_video_info_set_format(&recorder->out, GST_VIDEO_FORMAT_BGRx,
                              even ? (guint)(in->width + 1) & ~1u : (guint)in->width,
                              even ? (guint)(in->height + 1) & ~1u : (guint)in->height);
    recorder->out.fps_n = in->fps_n;
    recorder->out.fps_d = in->fps_d;
    recorder->out.par_n = in->par_n;
    recorder->out.par_d = in->par_d;
    g_autoptr(GstCaps) caps = gst_video_info_to_caps(&recorder->out);
    gboolean hd = in->colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_BT709;
    g_autoptr(GstCaps) colours = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "colorimetry",
                                                     G_TYPE_STRING, hd ? "bt709" : "bt601", NULL);
    gst_app_src_set_caps(GST_APP_SRC(recorder->picture), caps);
    g_object_set(recorder->colours, "caps", colours, NULL);
    nt_encoding_tune(recorder->video, &recorder->out);

    recorder->pool = gst_video_buffer_pool_new();
    GstStructure *config = gst_buffer_pool_get_config(recorder->pool);
    gst_buffer_pool_config_set_params(config, caps, (guint)recorder->out.size, 0, 0);
    if (!gst_buffer_pool_set_config(recorder->pool, config) || !gst_buffer_pool_set_active(recorder->pool, TRUE))
        return fail(recorder, error, G_IO_ERROR_FAILED, _("not enough memory for its frames"));
    gst_element_set_state(recorder->pipeline, GST_STATE_PLAYING);
    if (recorder->sound)
        nt_sound_feed(recorder->sound, GST_APP_SRC(recorder->voice));
    recorder->started = TRUE;
    return TRUE;
}

/* Converters want the same frame rate on both sides, which says nothing of a picture. */
static GstVideoConverter *make_converter(const GstVideoInfo *in, const GstVideoInfo *out, GstStructure *options)
{
    GstVideoInfo from = *in, to = *out;
    to.fps_n = from.fps_n;
    to.fps_d = from.fps_d;
    return gst_video_converter_new(&from, &to, options);
}

/* Converts the frame's own rectangle into the top left of out, which may be one pixel larger. */
static void to_rgb(NtRecorder *recorder, const GstVideoFrame *in, GstVideoFrame *out)
{
    if (!recorder->to_rgb || !gst_video_info_is_equal(&recorder->in, &in->info) ||
        recorder->in.width != in->info.width) {
        g_clear_pointer(&recorder->to_rgb, gst_video_converter_free);
        recorder->in = in->info;
        GstStructure *options =
            gst_structure_new("options", GST_VIDEO_CONVERTER_OPT_DEST_WIDTH, G_TYPE_INT, in->info.width,
                              GST_VIDEO_CONVERTER_OPT_DEST_HEIGHT, G_TYPE_INT, in->info.height,
                              GST_VIDEO_CONVERTER_OPT_FILL_BORDER, G_TYPE_BOOLEAN, FALSE, NULL);
        recorder->to_rgb = make_converter(&in->info, &out->info, options);
    }
    gst_video_converter_frame(recorder->to_rgb, in, out);
}

/* Fills the row and column that even sizes add with their neighbours. */
static void repeat_edges(GstVideoFrame *out, int width, int height)
{
    guint8 *pixels = GST_VIDEO_FRAME_PLANE_DATA(out, 0);
    gsize stride = (gsize)GST_VIDEO_FRAME_PLANE_STRIDE(out, 0);
    int full_width = GST_VIDEO_FRAME_WIDTH(out), full_height = GST_VIDEO_FRAME_HEIGHT(out);
    for (int y = 0; full_width > width && y < height; y++)
        memcpy(pixels + (gsize)y * stride + 4 * (gsize)width, pixels + (gsize)y * stride + 4 * (gsize)(width - 1), 4);
    for (int y = height; y < full_height; y++)
        memcpy(pixels + (gsize)y * stride, pixels + (gsize)(height - 1) * stride, 4 * (gsize)full_width);
}

static void draw_on(GstVideoFrame *video, int width, int height, NtRecorderDraw draw, gpointer user)
{
    if (draw)
        draw(GST_VIDEO_FRAME_PLANE_DATA(video, 0), width, height, GST_VIDEO_FRAME_PLANE_STRIDE(video, 0), user);
}

/* A frame of another size than the first: drawn at its own size, then scaled into the first's, with black borders where
 * the shapes differ. */
static gboolean render_other_size(NtRecorder *recorder, const GstVideoFrame *in, GstVideoFrame *out,
                                  NtRecorderDraw draw, gpointer user)
{
    int width = in->info.width, height = in->info.height;
    if (!recorder->other_buffer || recorder->other.width != width || recorder->other.height != height) {
        g_clear_pointer(&recorder->to_size, gst_video_converter_free);
        gst_clear_buffer(&recorder->other_buffer);
        gst_video_info_set_format(&recorder->other, GST_VIDEO_FORMAT_BGRx, (guint)width, (guint)height);
        recorder->other_buffer = gst_buffer_new_allocate(NULL, recorder->other.size, NULL);
        double scale = MIN((double)out->info.width / width, (double)out->info.height / height);
        int inner_width = MAX(1, (int)(width * scale)), inner_height = MAX(1, (int)(height * scale));
        GstStructure *options =
            gst_structure_new("options", GST_VIDEO_CONVERTER_OPT_DEST_X, G_TYPE_INT,
                              (out->info.width - inner_width) / 2, GST_VIDEO_CONVERTER_OPT_DEST_Y, G_TYPE_INT,
                              (out->info.height - inner_height) / 2, GST_VIDEO_CONVERTER_OPT_DEST_WIDTH, G_TYPE_INT,
                              inner_width, GST_VIDEO_CONVERTER_OPT_DEST_HEIGHT, G_TYPE_INT, inner_height, NULL);
        recorder->to_size = make_converter(&recorder->other, &out->info, options);
    }
    GstVideoFrame drawn;
    if (!gst_video_frame_map(&drawn, &recorder->other, recorder->other_buffer, GST_MAP_READWRITE))
        return FALSE;
    to_rgb(recorder, in, &drawn);
    draw_on(&drawn, width, height, draw, user);
    gst_video_converter_frame(recorder->to_size, &drawn, out);
    gst_video_frame_unmap(&drawn);
    return TRUE;
}

static GstBuffer *render(NtRecorder *recorder, const NtFrame *frame, NtRecorderDraw draw, gpointer user)
{
    const GstVideoFrame *in = nt_frame_video(frame);
    g_autoptr(GstBuffer) buffer = NULL;
    GstVideoFrame out;
    if (gst_buffer_pool_acquire_buffer(recorder->pool, &buffer, NULL) != GST_FLOW_OK ||
        !gst_video_frame_map(&out, &recorder->out, buffer, GST_MAP_READWRITE))
        return NULL;
    gboolean done = TRUE;
    if (in->info.width == recorder->width && in->info.height == recorder->height) {
        to_rgb(recorder, in, &out);
        draw_on(&out, recorder->width, recorder->height, draw, user);
        repeat_edges(&out, recorder->width, recorder->height);
    } else {
        done = render_other_size(recorder, in, &out, draw, user);
    }
    gst_video_frame_unmap(&out);
    return done ? g_steal_pointer(&buffer) : NULL;
}

/* Waits until the encoder has room. An own wait, since appsrc's never ends when the pipeline has failed. */
static gboolean wait_for_room(NtRecorder *recorder, GError **error)
{
    gsize frame_size = recorder->out.size;
    for (;;) {
        if (nt_trouble_collect(&recorder->trouble, recorder->bus))
            return fail_by_trouble(recorder, error);
        g_mutex_lock(&recorder->lock);
        gboolean full =
            gst_app_src_get_current_level_bytes(GST_APP_SRC(recorder->picture)) >= MAX_WAITING_FRAMES * frame_size;
        if (full)
            g_cond_wait_until(&recorder->wanted, &recorder->lock,
                              g_get_monotonic_time() + POLL_MS * G_TIME_SPAN_MILLISECOND);
        g_mutex_unlock(&recorder->lock);
        if (!full)
            return TRUE;
    }
}

/* Gives the encoder the frame that was held back, now that it is known for how long it is shown. */
static gboolean push_held(NtRecorder *recorder, gint64 shown_ns, GError **error)
{
    if (!wait_for_room(recorder, error))
        return FALSE;
    GST_BUFFER_DURATION(recorder->held) = (guint64)shown_ns;
    if (gst_app_src_push_buffer(GST_APP_SRC(recorder->picture), g_steal_pointer(&recorder->held)) == GST_FLOW_OK)
        return TRUE;
    nt_trouble_collect(&recorder->trouble, recorder->bus);
    return fail_by_trouble(recorder, error);
}

/* A frame is shown until the next one, whatever its container said; so each is held back until the next one comes. */
gboolean nt_recorder_write(NtRecorder *recorder, const NtFrame *frame, NtRecorderDraw draw, gpointer user,
                           GError **error)
{
    if (!recorder->started && !start(recorder, frame, error))
        return FALSE;
    gint64 pts = nt_frame_pts_ns(frame);
    g_autoptr(GstBuffer) buffer = render(recorder, frame, draw, user);
    if (!buffer)
        return fail(recorder, error, G_IO_ERROR_FAILED, _("not enough memory for its frames"));
    GST_BUFFER_PTS(buffer) = (guint64)pts;
    if (recorder->held) {
        recorder->usual_ns = pts - recorder->last_pts;
        if (!push_held(recorder, recorder->usual_ns, error))
            return FALSE;
    }
    recorder->held = g_steal_pointer(&buffer);
    recorder->last_pts = pts;
    recorder->last_duration = nt_frame_duration_ns(frame);
    return TRUE;
}

/* The last frame is shown for its own duration, or as long as the one before it. */
static gboolean push_last(NtRecorder *recorder, GError **error)
{
    gint64 shown = recorder->last_duration > 0 ? recorder->last_duration : recorder->usual_ns;
    recorder->end_ns = recorder->last_pts + MAX(shown, 1);
    return push_held(recorder, MAX(shown, 1), error);
}

/* Until the muxer has written the last byte. */
static gboolean wait_for_end(NtRecorder *recorder, GError **error)
{
    for (;;) {
        g_autoptr(GstMessage) message =
            gst_bus_timed_pop_filtered(recorder->bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
            return TRUE;
        if (!recorder->trouble.error)
            gst_message_parse_error(message, &recorder->trouble.error, NULL);
        return fail_by_trouble(recorder, error);
    }
}

/* The sound's thread ends because its target has ended or no longer takes anything. */
static void stop(NtRecorder *recorder)
{
    if (recorder->pipeline)
        gst_element_set_state(recorder->pipeline, GST_STATE_NULL);
    if (!recorder->sound)
        return;
    char *warning = nt_sound_close(g_steal_pointer(&recorder->sound));
    if (!recorder->warning)
        recorder->warning = warning;
    else
        g_free(warning);
}

/* To the disk before the new name, so that not even a power cut leaves half a clip under it. */
static gboolean publish(NtRecorder *recorder, GError **error)
{
    int file = g_open(recorder->part_path, O_RDWR | O_CLOEXEC, 0);
    gboolean kept = file >= 0 && fsync(file) == 0;
    int reason = errno;
    if (file >= 0)
        close(file);
    if (!kept)
        return fail_by_errno(recorder, error, reason);
    if (g_rename(recorder->part_path, recorder->path) != 0)
        return fail_by_errno(recorder, error, errno);
    g_clear_pointer(&recorder->part_path, g_free);
    return TRUE;
}

gboolean nt_recorder_finish(NtRecorder *recorder, gboolean interrupted, GError **error)
{
    if (!recorder->held)
        return fail(recorder, error, G_IO_ERROR_FAILED, _("there was no frame to write"));
    if (!push_last(recorder, error))
        return FALSE;
    if (interrupted && recorder->sound) {
        g_mutex_lock(&recorder->lock);
        recorder->cut_ns = recorder->end_ns;
        g_mutex_unlock(&recorder->lock);
        nt_sound_cut(recorder->sound, recorder->end_ns);
    }
    gst_app_src_end_of_stream(GST_APP_SRC(recorder->picture));
    gboolean whole = wait_for_end(recorder, error);
    stop(recorder);
    return whole && publish(recorder, error);
}

void nt_recorder_free(NtRecorder *recorder)
{
    if (!recorder)
        return;
    stop(recorder);
    if (recorder->part_path)
        g_unlink(recorder->part_path);
    if (recorder->scratch_path)
        g_unlink(recorder->scratch_path);
    if (recorder->pool)
        gst_buffer_pool_set_active(recorder->pool, FALSE);
    gst_clear_object(&recorder->pool);
    gst_clear_buffer(&recorder->held);
    gst_clear_buffer(&recorder->other_buffer);
    g_clear_pointer(&recorder->to_rgb, gst_video_converter_free);
    g_clear_pointer(&recorder->to_size, gst_video_converter_free);
    gst_clear_object(&recorder->bus);
    gst_clear_object(&recorder->pipeline);
    nt_trouble_clear(&recorder->trouble);
    g_mutex_clear(&recorder->lock);
    g_cond_clear(&recorder->wanted);
    g_free(recorder->warning);
    g_free(recorder->path);
    g_free(recorder->part_path);
    g_free(recorder->scratch_path);
    g_free(recorder);
}
