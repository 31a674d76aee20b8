/* Records as tables and subtitles, and the file that appears when it is whole. */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>

#include "export/record_writer.h"
#include "export/whole_file.h"

#define MS 1000000
#define STEP_MS 40 /* between frames */

typedef struct Seen {
    guint64 track;
    NtVerdictKind kind;
    const char *name;
    guint unknown;
} Seen;

static NtTaggedFrame *make_frame(gint64 pts_ms, const Seen *seen, guint n)
{
    NtTaggedFrame *frame = nt_tagged_frame_new(n);
    frame->pts_ns = pts_ms * MS;
    for (guint i = 0; i < n; i++) {
        frame->faces[i].track = seen[i].track;
        frame->faces[i].verdict =
            (NtVerdict){.kind = seen[i].kind,
                        .reason = seen[i].kind == NT_VERDICT_NAME ? NT_REASON_NONE : NT_REASON_FAR,
                        .name = seen[i].name,
                        .unknown = seen[i].unknown,
                        .distance = INFINITY};
    }
    return frame;
}

typedef struct Fixture {
    char *dir, *path;
    NtRecordWriter *writer;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer name)
{
    g_autoptr(GError) error = NULL;
    fixture->dir = g_dir_make_tmp("nametag-formats-XXXXXX", NULL);
    fixture->path = g_build_filename(fixture->dir, name, NULL);
    fixture->writer = nt_record_writer_new(fixture->path, &error);
    g_assert_no_error(error);
}

static void tear_down(Fixture *fixture, gconstpointer name)
{
    (void)name;
    nt_record_writer_free(fixture->writer);
    g_unlink(fixture->path);
    g_assert_cmpint(g_rmdir(fixture->dir), ==, 0); /* nothing else is left */
    g_free(fixture->dir);
    g_free(fixture->path);
}

static char *finish(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS)); /* not before it is whole */
    nt_record_writer_finish(fixture->writer, &error);
    g_assert_no_error(error);
    g_assert_true(g_file_get_contents(fixture->path, &text, NULL, NULL));
    return text;
}

/* So many frames from a moment on, the same faces in each. */
static void write_frames(Fixture *fixture, gint64 from_ms, gint64 to_ms, const Seen *seen, guint n)
{
    for (gint64 ms = from_ms; ms < to_ms; ms += STEP_MS) {
        g_autoptr(NtTaggedFrame) frame = make_frame(ms, seen, n);
        g_assert_true(nt_record_writer_write(fixture->writer, "a & b.mp4", frame, FALSE, NULL));
    }
}

static void test_format(void)
{
    g_assert_cmpint(nt_record_format("a.csv"), ==, NT_RECORDS_CSV);
    g_assert_cmpint(nt_record_format("a.b.VTT"), ==, NT_RECORDS_WEBVTT);
    g_assert_cmpint(nt_record_format("csv"), ==, NT_RECORDS_JSON_LINES);
    g_assert_cmpint(nt_record_format("-"), ==, NT_RECORDS_JSON_LINES);
    g_assert_cmpint(nt_record_format("a.jsonl"), ==, NT_RECORDS_JSON_LINES);
}

static void test_csv(Fixture *fixture, gconstpointer name)
{
    (void)name;
    const Seen seen[] = {
        {3, NT_VERDICT_NAME, "Anna \"A\", B", 0}, {0, NT_VERDICT_UNSURE, "Bob", 0}, {5, NT_VERDICT_UNKNOWN, NULL, 2}};
    g_autoptr(NtTaggedFrame) frame = make_frame(280, seen, G_N_ELEMENTS(seen));
    g_autoptr(NtTaggedFrame) nobody = make_frame(320, NULL, 0);
    g_autoptr(NtTaggedFrame) still = make_frame(0, seen + 2, 1);
    frame->index = 7;
    still->pts_ns = -1;
    frame->faces[0].detection = (NtDetection){{10, -20, 109, 79}, 1.23456, NT_PART_FRONT};
    frame->faces[0].verdict.distance = 0.41234f;
    frame->faces[0].verdict.sure = TRUE;
    frame->faces[2].finding = NT_FOUND_FOLLOWED;
    g_assert_true(nt_record_writer_write(fixture->writer, "a,b.mp4", frame, TRUE, NULL));
    g_assert_true(nt_record_writer_write(fixture->writer, "a,b.mp4", nobody, TRUE, NULL));
    g_assert_true(nt_record_writer_write(fixture->writer, "c.jpg", still, TRUE, NULL));
    g_autofree char *text = finish(fixture);
    g_assert_cmpstr(
        text, ==,
        "source,frame,time,left,top,width,height,score,part,track,finding,verdict,confidence,name,guess,unknown,"
        "reason,distance\r\n"
        "\"a,b.mp4\",7,0.28,10,-20,100,100,1.2346,front,3,detected,name,sure,\"Anna \"\"A\"\", B\",,,,0.4123\r\n"
        "\"a,b.mp4\",7,0.28,0,0,1,1,0,front,,,unsure,unsure,,Bob,,far,\r\n"
        "\"a,b.mp4\",7,0.28,0,0,1,1,0,front,5,followed,unknown,unknown,,,2,far,\r\n"
        "c.jpg,0,,0,0,1,1,0,front,5,detected,unknown,unknown,,,2,far,\r\n");
}

/* A track is called by its name from its first frame on; who is away for a moment stays; who comes makes a new cue. */
static void test_subtitles(Fixture *fixture, gconstpointer name)
{
    (void)name;
    const Seen early[] = {{1, NT_VERDICT_UNKNOWN, NULL, 0}};
    const Seen anna[] = {{1, NT_VERDICT_NAME, "Anna <3", 0}};
    const Seen both[] = {{7, NT_VERDICT_UNKNOWN, NULL, 2}, {1, NT_VERDICT_NAME, "Anna <3", 0}};
    write_frames(fixture, 0, 400, NULL, 0);
    write_frames(fixture, 400, 480, early, 1);
    write_frames(fixture, 480, 1000, anna, 1);
    write_frames(fixture, 1000, 1800, NULL, 0); /* away for 0.8 s */
    write_frames(fixture, 1800, 3000, both, 2);
    write_frames(fixture, 3000, 4400, NULL, 0); /* gone */
    write_frames(fixture, 4400, 4800, both, 1);
    g_autofree char *text = finish(fixture);
    g_assert_cmpstr(text, ==,
                    "WEBVTT\n\nNOTE Who is in view of a &amp; b.mp4, by Nametag\n"
                    "\n00:00:00.400 --> 00:00:01.800\nAnna &lt;3\n"
                    "\n00:00:01.800 --> 00:00:03.000\nAnna &lt;3, unknown 2\n"
                    "\n00:00:04.400 --> 00:00:04.800\nunknown 2\n");
}

/* Faces that are not tracked are told apart by what they are called; a flash of nobody known is no news. */
static void test_subtitles_without_tracks(Fixture *fixture, gconstpointer name)
{
    (void)name;
    const Seen guess[] = {{0, NT_VERDICT_UNSURE, "Bob", 0}, {0, NT_VERDICT_NAME, "line\nbreak", 0}};
    const Seen poor[] = {{0, NT_VERDICT_UNKNOWN, NULL, 0}, {0, NT_VERDICT_UNKNOWN, NULL, 0}};
    write_frames(fixture, 3600000, 3600400, guess, 2);
    write_frames(fixture, 3600400, 3600800, poor, 2);
    write_frames(fixture, 3600800, 3605000, NULL, 0);
    write_frames(fixture, 3605000, 3606000, poor, 2);
    g_autofree char *text = finish(fixture);
    g_assert_nonnull(strstr(
        text, "\n\n01:00:00.000 --> 01:00:00.400\nline break, Bob?\n\n01:00:05.000 --> 01:00:06.000\nunknown\n"));
    g_assert_null(strstr(text, "00.800"));
}

static void test_subtitles_of_nothing(Fixture *fixture, gconstpointer name)
{
    (void)name;
    g_autofree char *text = finish(fixture);
    g_assert_cmpstr(text, ==, "WEBVTT\n");
}

static void test_subtitles_of_one_clip(Fixture *fixture, gconstpointer name)
{
    (void)name;
    g_autoptr(GError) error = NULL;
    g_autoptr(NtTaggedFrame) first = make_frame(0, NULL, 0);
    g_autoptr(NtTaggedFrame) second = make_frame(40, NULL, 0);
    g_autoptr(NtTaggedFrame) still = make_frame(0, NULL, 0);
    still->pts_ns = -1;
    g_assert_true(nt_record_writer_write(fixture->writer, "a.mp4", first, FALSE, NULL));
    g_assert_false(nt_record_writer_write(fixture->writer, "b.mp4", second, FALSE, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
    g_assert_nonnull(strstr(error->message, "b.mp4"));
    g_clear_error(&error);
    g_assert_false(nt_record_writer_write(fixture->writer, "a.jpg", still, FALSE, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
    g_assert_false(nt_record_writer_finish(fixture->writer, NULL));
    g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
}

/* What had the name stays until the new file is whole, and for good when it never is. */
static void test_replaced_when_whole(void)
{
    g_autofree char *dir = g_dir_make_tmp("nametag-whole-XXXXXX", NULL), *path = g_build_filename(dir, "f", NULL),
                    *text = NULL;
    g_assert_true(g_file_set_contents(path, "old", -1, NULL));
    NtWholeFile *file = nt_whole_file_new(path, "the test", NULL);
    g_assert_true(nt_whole_file_write(file, "new", 3, NULL));
    nt_whole_file_free(file);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "old");
    g_clear_pointer(&text, g_free);

    file = nt_whole_file_new(path, "the test", NULL);
    g_assert_true(nt_whole_file_write(file, "new", 3, NULL) && nt_whole_file_finish(file, NULL));
    nt_whole_file_free(file);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "new");
    g_unlink(path);
    g_assert_cmpint(g_rmdir(dir), ==, 0);
}

/* A limit on file sizes stands for a disk that is full. */
static void test_full_disk(void)
{
    g_autofree char *dir = g_dir_make_tmp("nametag-whole-XXXXXX", NULL), *path = g_build_filename(dir, "f.csv", NULL);
    g_autoptr(GError) error = NULL;
    static const char block[65536];
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    NtWholeFile *file = nt_whole_file_new(path, "the test", &error);
    g_assert_no_error(error);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){1000, before.rlim_max});
    const gboolean written = nt_whole_file_write(file, block, sizeof block, &error);
    g_assert_false(nt_whole_file_finish(file, written ? &error : NULL));
    setrlimit(RLIMIT_FSIZE, &before);
    nt_whole_file_free(file);
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, path));
    g_assert_cmpint(g_rmdir(dir), ==, 0);
}

static void test_refusals(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("nametag-whole-XXXXXX", NULL);
    g_assert_null(nt_whole_file_new("/nonexistent/f.csv", "the test", &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_null(nt_record_writer_new("/nonexistent/f.vtt", &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_null(nt_whole_file_new(dir, "the test", &error)); /* a folder, said before the work and not after it */
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
    g_assert_cmpint(g_rmdir(dir), ==, 0);
}

static void test_same_file(void)
{
    g_autofree char *dir = g_dir_make_tmp("nametag-same-XXXXXX", NULL), *path = g_build_filename(dir, "f", NULL);
    g_autofree char *link = g_build_filename(dir, "link", NULL), *longer = g_build_filename(dir, ".", "f", NULL);
    g_assert_true(nt_whole_file_is_same(path, longer)); /* not there yet */
    g_assert_true(g_file_set_contents(path, "x", 1, NULL));
    g_autoptr(GFile) file = g_file_new_for_path(link);
    g_assert_true(g_file_make_symbolic_link(file, path, NULL, NULL));
    g_assert_true(nt_whole_file_is_same(path, link));
    g_assert_false(nt_whole_file_is_same(path, dir));
    g_unlink(link);
    g_unlink(path);
    g_rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/export/formats/by-ending", test_format);
    g_test_add("/export/formats/csv", Fixture, "r.csv", set_up, test_csv, tear_down);
    g_test_add("/export/formats/subtitles", Fixture, "r.vtt", set_up, test_subtitles, tear_down);
    g_test_add("/export/formats/subtitles/without-tracks", Fixture, "r.vtt", set_up, test_subtitles_without_tracks,
               tear_down);
    g_test_add("/export/formats/subtitles/of-nothing", Fixture, "r.vtt", set_up, test_subtitles_of_nothing, tear_down);
    g_test_add("/export/formats/subtitles/of-one-clip", Fixture, "r.vtt", set_up, test_subtitles_of_one_clip,
               tear_down);
    g_test_add_func("/export/whole-file/replaces-when-whole", test_replaced_when_whole);
    g_test_add_func("/export/whole-file/full-disk", test_full_disk);
    g_test_add_func("/export/whole-file/refusals", test_refusals);
    g_test_add_func("/export/whole-file/same", test_same_file);
    return g_test_run();
}
