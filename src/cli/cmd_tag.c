/* nametag tag: faces named in clips, streams and pictures. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/tag_job.h"
#include "media/recorder.h"
#include "media/still.h"

#define MAX_UPSAMPLE 4
#define MAX_THREADS 64

typedef struct Options {
    char *gallery, *output, *records;
    gboolean no_landmarks, fast, quiet;
    int upsample, threads;
    double threshold, tolerance;
} Options;

static const char description[] =
    "INPUT is a clip, a picture or a URI; whatever GStreamer plays can be tagged. The kind of OUTPUT follows its ending:\n"
    ".webm, .mp4 or .mkv for clips, .png or .jpg for pictures; with several inputs it must be a folder. Without --output\n"
    "and --records a summary of who was seen is printed.\n"
    "\n"
    "--fast recognises a face more than twice as fast on processors with AVX-512 VNNI, and changes nothing on others.\n"
    "Distances then differ by up to 0.05 from those without it.\n"
    "\n"
    "Examples:\n"
    "  nametag tag party.mp4 --output party-tagged.webm --records party.jsonl\n"
    "  nametag tag --gallery friends.sqlite *.jpg\n"
    "  nametag tag https://example.org/talk.webm --records - --quiet | jq .faces[].name\n"
    "\n"
    "Exit codes: 0 all done, 1 something failed, 2 wrong usage, 130 interrupted (Ctrl+C: what was tagged is kept).\n";

static void clear_options(Options *options)
{
    g_free(options->gallery);
    g_free(options->output);
    g_free(options->records);
}

/* Reads the gallery into a classifier; *classifier stays NULL when there is nobody to know. */
static gboolean load_people(const Options *options, NtModelSet *models, NtClassifier **classifier)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = nt_command_gallery_path(options->gallery);
    if (!options->gallery && !g_file_test(path, G_FILE_TEST_EXISTS)) {
        if (!options->quiet)
            nt_command_warning("nobody is enrolled yet, so every face will be unknown; 'nametag enroll NAME PICTURE' "
                               "teaches a person");
        return TRUE;
    }
    g_autoptr(NtGallery) gallery = nt_gallery_open(path, NT_GALLERY_READ, nt_model_set_fingerprint(models), &error);
    g_autoptr(NtGallerySnapshot) snapshot = gallery ? nt_gallery_snapshot(gallery, &error) : NULL;
    if (snapshot)
        *classifier = nt_classifier_new(snapshot, (float)options->tolerance, &error);
    if (!*classifier) {
        nt_command_error("%s", error->message);
        return FALSE;
    }
    if (snapshot->n_people == 0 && !options->quiet)
        nt_command_warning("the gallery %s is empty, so every face will be unknown", path);
    return TRUE;
}

static gboolean same_file(const char *a, const char *b)
{
    g_autoptr(GFile) first = g_file_new_for_path(a);
    g_autoptr(GFile) second = g_file_new_for_path(b);
    return g_file_equal(first, second);
}

/* Where the annotated form of one input goes: OUTPUT itself, or for several inputs a file of OUTPUT's folder. */
static char *output_for(const Options *options, const char *input, gboolean still, gboolean several)
{
    if (!options->output)
        return NULL;
    if (!several)
        return g_strdup(options->output);
    g_autofree char *base = g_path_get_basename(input);
    char *dot = strrchr(base, '.');
    gboolean jpeg = dot && (!g_ascii_strcasecmp(dot, ".jpg") || !g_ascii_strcasecmp(dot, ".jpeg"));
    if (dot && dot != base)
        *dot = '\0';
    g_autofree char *name = g_strconcat(base, "-tagged", still ? jpeg ? ".jpg" : ".png" : ".webm", NULL);
    return g_build_filename(options->output, name, NULL);
}

static gboolean tag_input(const NtTagJob *job, const Options *options, const char *input, gboolean several)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtTagSummary) summary = nt_tag_summary_new();
    gboolean still = !nt_command_is_uri(input) && nt_still_probe(input);
    g_autofree char *output = output_for(options, input, still, several);

    if (output && same_file(input, output)) {
        nt_command_error("%s would be overwritten by its own annotated form; choose another --output", input);
        return FALSE;
    }
    if (output && !still && !nt_recorder_is_supported(output)) {
        nt_command_error("%s is a clip, and %s does not end in .webm, .mp4 or .mkv", input, output);
        return FALSE;
    }
    gboolean done = still ? nt_tag_still(job, input, output, summary, &error)
                          : nt_tag_clip(job, input, output, summary, &error);
    if (!job->quiet && g_strcmp0(options->records, "-") != 0 && (done || nt_tag_summary_frames(summary) > 0))
        nt_tag_summary_print(summary, input);
    if (!done)
        nt_command_error("%s", error->message);
    return done;
}

static gboolean check_options(const Options *options, int n_inputs)
{
    if (options->upsample < 0 || options->upsample > MAX_UPSAMPLE)
        nt_command_error("--upsample takes 0 to %d", MAX_UPSAMPLE);
    else if (options->threads < 0 || options->threads > MAX_THREADS)
        nt_command_error("--threads takes 1 to %d, or 0 for one a processor", MAX_THREADS);
    else if (options->tolerance < 0 || options->tolerance > 2)
        nt_command_error("--tolerance takes a distance from 0 to 2");
    else if (n_inputs == 0)
        nt_command_error("nothing to tag; name a clip, a picture or a URI (see 'nametag tag --help')");
    else if (options->output && n_inputs > 1 && !g_file_test(options->output, G_FILE_TEST_IS_DIR))
        nt_command_error("with several inputs --output must be a folder that exists, and %s is not", options->output);
    else
        return TRUE;
    return FALSE;
}

static int run(const Options *options, char **inputs, int n_inputs)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtModelSet) models = nt_model_set_load(options->fast ? NT_PRECISION_8BIT : NT_PRECISION_FLOAT, &error);
    if (!models) {
        nt_command_error("%s", error->message);
        return NT_EXIT_FAILED;
    }
    g_autoptr(NtClassifier) classifier = NULL;
    if (!load_people(options, models, &classifier))
        return NT_EXIT_FAILED;
    g_autoptr(NtRecords) records = NULL;
    if (options->records && !(records = nt_records_new(options->records, &error))) {
        nt_command_error("%s", error->message);
        return NT_EXIT_FAILED;
    }

    NtTagJob job = {
        .models = models,
        .classifier = classifier,
        .options = {.upsample = options->upsample, .threshold = options->threshold, .with_embedding = TRUE},
        .n_threads = options->threads > 0 ? (guint)options->threads : (guint)nt_command_processors(),
        .landmarks = !options->no_landmarks,
        .quiet = options->quiet,
        .records = records,
    };
    nt_command_catch_interrupt();
    int exit_code = NT_EXIT_OK;
    for (int i = 0; i < n_inputs && !nt_command_interrupted(); i++) {
        if (!tag_input(&job, options, inputs[i], n_inputs > 1))
            exit_code = NT_EXIT_FAILED;
    }
    if (records && !nt_records_finish(records, &error)) {
        nt_command_error("%s", error->message);
        return NT_EXIT_FAILED;
    }
    return nt_command_interrupted() ? NT_EXIT_INTERRUPTED : exit_code;
}

int nt_cmd_tag(int argc, char **argv)
{
    Options options = {0};
    const GOptionEntry entries[] = {
        {"gallery", 'g', 0, G_OPTION_ARG_FILENAME, &options.gallery, "The people to know (default: your own gallery)",
         "FILE"},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output, "Write the annotated clip or picture", "VIDEO"},
        {"records", 'r', 0, G_OPTION_ARG_FILENAME, &options.records,
         "Write JSON Lines, one a frame with faces; - for standard output", "FILE"},
        {"no-landmarks", 0, 0, G_OPTION_ARG_NONE, &options.no_landmarks, "Neither draw nor record the 68 points", NULL},
        {"upsample", 'u', 0, G_OPTION_ARG_INT, &options.upsample,
         "Double the picture N times first, for faces under 80 pixels (default 0)", "N"},
        {"threshold", 0, 0, G_OPTION_ARG_DOUBLE, &options.threshold,
         "Least detection score (default 0; higher is stricter)", "T"},
        {"tolerance", 0, 0, G_OPTION_ARG_DOUBLE, &options.tolerance,
         "Greatest distance that gives a name (default: by size of gallery)", "D"},
        {"threads", 't', 0, G_OPTION_ARG_INT, &options.threads, "Threads of analysis (default: one a processor)", "N"},
        {"fast", 0, 0, G_OPTION_ARG_NONE, &options.fast,
         "Embed in 8 bits where the processor can (AVX-512 VNNI)", NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &options.quiet, "No progress, no summary", NULL},
        G_OPTION_ENTRY_NULL,
    };
    int exit_code;
    if (nt_command_parse(entries, "INPUT…", "Names the faces in clips, streams and pictures.", description, &argc,
                         &argv, &exit_code)) {
        g_autoptr(GError) error = NULL;
        if (!check_options(&options, argc - 1)) {
            exit_code = NT_EXIT_USAGE;
        } else if (!nt_media_init(NULL, NULL, &error)) {
            nt_command_error("%s", error->message);
            exit_code = NT_EXIT_FAILED;
        } else {
            exit_code = run(&options, argv + 1, argc - 1);
        }
    }
    clear_options(&options);
    return exit_code;
}
