/* nametag live: who is before the camera, as it happens. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "cli/command.h"
#include "cli/gallery_access.h"
#include "cli/keys.h"
#include "cli/live_job.h"
#include "media/recorder.h"

#define MAX_UPSAMPLE 4
#define MAX_THREADS 64
#define MAX_PIXELS 8192
#define MAX_RATE 240

typedef struct Options {
    char *gallery, *output, *records, *caution_word, *size;
    NtCaution caution;
    gboolean no_landmarks, raw_landmarks, events_only, keep, loop, fast, quiet;
    int upsample, threads, width, height, rate;
    double threshold, tolerance, seconds;
} Options;

static const char description[] =
    "SOURCE is a camera that 'nametag devices' lists, by id or name; the address of a network camera; a file,\n"
    "which is played in real time; or test: for a test pattern. Without SOURCE the first camera is taken.\n"
    "\n"
    "Who comes and goes is printed, a line each; with --records - JSON Lines instead: an object with \"event\" for\n"
    "whoever appeared, was named or left, and for the source that was lost or is back, and one with \"faces\" for\n"
    "every frame with faces. docs/formats.md has the members. A FILE for the records is added to, and may be read\n"
    "while it grows.\n"
    "\n"
    "The picture never waits: a frame whose analysis is not done in time is shown with the faces where they\n"
    "should be by then (\"skipped\"). A camera that is unplugged, and a network camera that stops, is waited for.\n"
    "\n"
    "People enrolled meanwhile, also by another program, are named within a second. Unknown people are numbered,\n"
    "1, 2, ..., and nothing is kept of them unless --keep says so: then up to 8 good pictures of each go to the\n"
    "gallery at the end, for 'nametag people name-unknown'.\n"
    "\n"
    "Examples:\n"
    "  nametag live\n"
    "  nametag live \"Integrated Camera\" --device-size 1280x720 --output meeting.webm\n"
    "  nametag live rtsp://user:password@camera.example/stream --records door.jsonl --events-only --quiet\n"
    "  nametag live --records - | jq --unbuffered -r 'select(.event == \"named\") | .time + \" \" + .name'\n"
    "  nametag live party.mp4 --seconds 20\n"
    "\n"
    "Exit codes: 0 all done (the file's end, --seconds), 1 something failed, 2 wrong usage, 130 interrupted\n"
    "(Ctrl+C: files are whole).\n";

static void clear_options(Options *options)
{
    g_free(options->gallery);
    g_free(options->output);
    g_free(options->records);
    g_free(options->caution_word);
    g_free(options->size);
}

/* "1280x720" */
static gboolean read_size(const char *text, int *width, int *height)
{
    g_auto(GStrv) parts = g_strsplit(text, "x", -1);
    guint64 numbers[2];
    if (g_strv_length(parts) != 2)
        return FALSE;
    for (int i = 0; i < 2; i++)
        if (!g_ascii_string_to_unsigned(parts[i], 10, 1, MAX_PIXELS, &numbers[i], NULL))
            return FALSE;
    *width = (int)numbers[0];
    *height = (int)numbers[1];
    return TRUE;
}

static gboolean check_options(Options *options, int n_sources)
{
    if (options->upsample < 0 || options->upsample > MAX_UPSAMPLE)
        nt_command_error("--upsample takes 0 to %d", MAX_UPSAMPLE);
    else if (options->threads < 0 || options->threads > MAX_THREADS)
        nt_command_error("--threads takes 1 to %d, or 0 for one a processor", MAX_THREADS);
    else if (!(options->tolerance >= 0 && options->tolerance <= 2)) /* false for what is no number */
        nt_command_error("--tolerance takes a distance from 0 to 2");
    else if (!isfinite(options->threshold))
        nt_command_error("--threshold takes a number");
    else if (!(options->seconds >= 0))
        nt_command_error("--seconds takes a time after which to stop, not %g", options->seconds);
    else if (options->rate < 0 || options->rate > MAX_RATE)
        nt_command_error("--rate takes 1 to %d frames a second", MAX_RATE);
    else if (options->size && !read_size(options->size, &options->width, &options->height))
        nt_command_error("--device-size takes a width and a height in pixels, as 1280x720, not '%s'", options->size);
    else if (n_sources > 1)
        nt_command_error("one source at a time; run 'nametag live' once for each");
    else if (options->events_only && !options->records)
        nt_command_error("--events-only is about the records; say with --records where these go");
    else if (options->output && !nt_recorder_is_supported(options->output))
        nt_command_error("%s does not end in .webm, .mp4 or .mkv", options->output);
    else
        return nt_command_caution(options->caution_word, &options->caution);
    return FALSE;
}

/* An embedding model that is another, and an older schema, are seen to once, before the gallery is followed. */
static gboolean check_gallery(const Options *options, const char *path, NtModelSet *models, GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return TRUE;
    g_autoptr(NtGallery) gallery = nt_command_open_gallery(path, NT_GALLERY_READ, models, options->quiet, error);
    return gallery != NULL;
}

static NtRecognizer *follow_gallery(const Options *options, const char *path, NtModelSet *models, GError **error)
{
    const NtGalleryOptions opening = {
        .mode = NT_GALLERY_READ, .model_fingerprint = nt_model_set_fingerprint(models), .keys = nt_command_keys()};
    const NtClassifierOptions classifier = {options->caution, (float)options->tolerance};
    return check_gallery(options, path, models, error) ? nt_recognizer_wait_for(path, &opening, &classifier, error)
                                                       : NULL;
}

static void warn_of_nobody(const Options *options, const char *path, NtRecognizer *recognizer)
{
    g_autoptr(NtClassifier) classifier = nt_recognizer_get(recognizer);
    if (!options->quiet && nt_classifier_n_people(classifier) == 0)
        nt_command_warning(
            "nobody is enrolled in %s yet, so every face is unknown; 'nametag enroll NAME PICTURE' teaches a "
            "person, while this runs too",
            path);
}

static void print_summary(const NtLiveJob *job, const NtLiveOutcome *outcome, const char *name, FILE *out)
{
    const NtLiveMeter *meter = &outcome->meter;
    if (meter->shown == 0) {
        fprintf(out, "%s: no picture came\n", name);
        return;
    }
    nt_tag_summary_print(job->summary, name, out);
    fprintf(out,
            "  %" G_GUINT64_FORMAT " frames shown: %" G_GUINT64_FORMAT " analysed, %" G_GUINT64_FORMAT
            " skipped (%.1f %%), %" G_GUINT64_FORMAT " late",
            meter->shown, meter->analysed, meter->skipped,
            meter->shown > 0 ? 100.0 * (double)meter->skipped / (double)meter->shown : 0, meter->late);
    if (outcome->lost_frames > 0)
        fprintf(out, ", and %" G_GUINT64_FORMAT " lost before", outcome->lost_frames);
    fprintf(out, "\n");
    if (meter->n_named > 0)
        fprintf(out, "  a name after %.2f s (median), %.2f s (95 %%)\n", meter->time_to_name_ms / 1000,
                meter->time_to_name_95_ms / 1000);
    if (job->recording && nt_live_recording_left_out(job->recording) > 0)
        fprintf(out, "  the recording lacks %" G_GUINT64_FORMAT " frames: the encoder could not keep up\n",
                nt_live_recording_left_out(job->recording));
}

static void keep_unknown(const Options *options, const NtLiveJob *job, const char *source, const char *gallery,
                         gboolean quiet)
{
    g_autoptr(NtTagKeep) keep = nt_tag_keep_new();
    nt_tag_keep_add(keep, source, job->unknowns, TRUE);
    nt_tag_keep_store(keep, NULL, gallery, options->gallery, job->models, quiet);
}

/* Finishes what is written; a failure of the run itself is the one to be told. */
static gboolean finish(const NtLiveJob *job, GError **error)
{
    g_autoptr(GError) recording = NULL, records = NULL;
    if (job->recording)
        nt_live_recording_finish(job->recording, &recording);
    if (job->records)
        nt_records_finish(job->records, &records);
    if (recording)
        g_propagate_error(error, g_steal_pointer(&recording));
    else if (records)
        g_propagate_error(error, g_steal_pointer(&records));
    else
        return TRUE;
    return FALSE;
}

static int run_job(const Options *options, NtLiveJob *job, NtFeed *feed, const char *gallery)
{
    g_autoptr(GError) error = NULL, unfinished = NULL;
    const gboolean to_stdout = g_strcmp0(options->records, "-") == 0;
    NtLiveOutcome outcome = {0};
    const gboolean done = nt_live_run(job, feed, &outcome, &error);
    const gboolean finished = finish(job, &unfinished);
    if (!options->quiet)
        print_summary(job, &outcome, nt_feed_name(feed), to_stdout ? stderr : stdout);
    if (options->keep)
        keep_unknown(options, job, nt_feed_name(feed), gallery, options->quiet || to_stdout);
    if (!done)
        nt_command_error("%s", error->message);
    if (!finished && (done || g_strcmp0(error->message, unfinished->message) != 0))
        nt_command_error("%s", unfinished->message);
    if (!done || !finished)
        return NT_EXIT_FAILED;
    if (nt_command_interrupted())
        return NT_EXIT_INTERRUPTED;
    return outcome.meter.shown > 0 ? NT_EXIT_OK : NT_EXIT_FAILED;
}

static int fail(const GError *error)
{
    nt_command_error("%s", error->message);
    return NT_EXIT_FAILED;
}

static int run(const Options *options, const char *source)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtModelSet) models = nt_model_set_load(options->fast ? NT_PRECISION_8BIT : NT_PRECISION_FLOAT, &error);
    if (!models)
        return fail(error);
    g_autofree char *gallery = nt_command_gallery_path(options->gallery);
    if (!nt_command_spares("--output", options->output, source, "what is played") ||
        !nt_command_spares("--output", options->output, gallery, "the gallery") ||
        !nt_command_spares("--output", options->output, options->records, "where the records go") ||
        !nt_command_spares("--records", options->records, source, "what is played") ||
        !nt_command_spares("--records", options->records, gallery, "the gallery"))
        return NT_EXIT_USAGE;
    g_autoptr(NtRecognizer) recognizer = follow_gallery(options, gallery, models, &error);
    if (!recognizer)
        return fail(error);
    const NtFeedOptions feed_options = {
        .width = options->width, .height = options->height, .frames_per_second = options->rate, .loop = options->loop};
    nt_model_set_prepare_for_clips(models); /* now, while no frame waits */
    nt_command_catch_interrupt();
    g_autoptr(NtFeed) feed = nt_feed_open(source, &feed_options, &error);
    if (!feed)
        return fail(error);
    warn_of_nobody(options, gallery, recognizer);
    g_autoptr(NtRecords) records = options->records ? nt_records_append(options->records, &error) : NULL;
    g_autoptr(NtLiveRecording) recording =
        options->output && !error ? nt_live_recording_new(options->output, !options->no_landmarks, &error) : NULL;
    if (error)
        return fail(error);

    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new(nt_feed_name(feed), NT_UNKNOWNS_FACES);
    g_autoptr(NtTagSummary) summary = nt_tag_summary_new();
    /* Standard output has the records, or the lines. */
    const gboolean lines = !options->records || (strcmp(options->records, "-") != 0 && !options->quiet);
    g_autoptr(NtLiveTalk) talk = nt_live_talk_new(lines, !options->quiet);
    NtLiveJob job = {
        .models = models,
        .recognizer = recognizer,
        .options.tracker = {.engine = {.upsample = options->upsample,
                                       .threshold = options->threshold,
                                       .with_embedding = TRUE,
                                       .with_chips = TRUE,
                                       .recognizer = recognizer,
                                       .workers = options->threads > 0 ? options->threads : nt_command_processors()},
                            .raw_landmarks = options->raw_landmarks},
        .seconds_us = (gint64)(options->seconds * G_USEC_PER_SEC),
        .landmarks = !options->no_landmarks,
        .events_only = options->events_only,
        .records = records,
        .recording = recording,
        .unknowns = unknowns,
        .summary = summary,
        .talk = talk,
    };
    return run_job(options, &job, feed, gallery);
}

/* Each time that a camera comes back there are new threads, and glibc gives threads pools of their own, which grow and stay: 20
 * returns of a network camera cost 40 MB, and 5 with two pools. Nothing here allocates so much that threads would wait. */
static void keep_memory_small(void)
{
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, 2);
#endif
}

int nt_cmd_live(int argc, char **argv)
{
    Options options = {0};
    const GOptionEntry entries[] = {
        {"gallery", 'g', 0, G_OPTION_ARG_FILENAME, &options.gallery, "The people to know (default: your own gallery)",
         "FILE"},
        {"records", 'r', 0, G_OPTION_ARG_FILENAME, &options.records,
         "Write JSON Lines: events, and frames with faces; - for standard output", "FILE"},
        {"events-only", 0, 0, G_OPTION_ARG_NONE, &options.events_only, "Records: who comes and goes, no frames", NULL},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output, "Record the annotated picture, without sound",
         "VIDEO"},
        {"no-landmarks", 0, 0, G_OPTION_ARG_NONE, &options.no_landmarks, "Neither draw nor record the 68 points", NULL},
        {"raw-landmarks", 0, 0, G_OPTION_ARG_NONE, &options.raw_landmarks,
         "The points as they are fitted, not steadied", NULL},
        {"keep", 0, 0, G_OPTION_ARG_NONE, &options.keep, "Keep pictures of unknown people in the gallery", NULL},
        {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options.seconds, "Stop after that time", "S"},
        {"loop", 0, 0, G_OPTION_ARG_NONE, &options.loop, "A file: begin anew at its end", NULL},
        {"device-size", 0, 0, G_OPTION_ARG_STRING, &options.size,
         "A camera's picture, or what is nearest to it (default 1280x720)", "WxH"},
        {"rate", 0, 0, G_OPTION_ARG_INT, &options.rate, "A camera's frames a second (default 30)", "N"},
        {"upsample", 'u', 0, G_OPTION_ARG_INT, &options.upsample,
         "Double the picture N times first, for faces under 80 pixels (default 0)", "N"},
        {"threshold", 0, 0, G_OPTION_ARG_DOUBLE, &options.threshold,
         "Least detection score (default 0; higher is stricter)", "T"},
        {"caution", 0, 0, G_OPTION_ARG_STRING, &options.caution_word,
         "How sure a name must be: cautious, balanced or eager: at most 1 in 1000, 100, 20 strangers named (default "
         "balanced)",
         "WORD"},
        {"tolerance", 0, 0, G_OPTION_ARG_DOUBLE, &options.tolerance,
         "Greatest distance that gives a name, instead of --caution (default: by the gallery)", "D"},
        {"threads", 't', 0, G_OPTION_ARG_INT, &options.threads, "Threads of analysis (default: one a processor)", "N"},
        {"fast", 0, 0, G_OPTION_ARG_NONE, &options.fast, "Embed in 8 bits where the processor can (AVX-512 VNNI)",
         NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &options.quiet, "No meter, no summary", NULL},
        G_OPTION_ENTRY_NULL,
    };
    int exit_code;
    keep_memory_small();
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away must not take the recording with it */
    if (nt_command_parse(entries, "[SOURCE]", "Names the faces before a camera, as it happens.", description, &argc,
                         &argv, &exit_code)) {
        g_autoptr(GError) error = NULL;
        if (!check_options(&options, argc - 1))
            exit_code = NT_EXIT_USAGE;
        else if (!nt_media_init(NULL, NULL, &error))
            exit_code = fail(error);
        else
            exit_code = run(&options, argc > 1 ? argv[1] : NULL);
    }
    clear_options(&options);
    return exit_code;
}
