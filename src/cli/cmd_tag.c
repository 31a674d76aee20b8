/* nametag tag: faces named in clips, streams and pictures. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/gallery_access.h"
#include "cli/keys.h"
#include "cli/tag_job.h"
#include "export/whole_file.h"
#include "media/location.h"
#include "media/recorder.h"
#include "media/still.h"

#define MAX_UPSAMPLE 4
#define MAX_THREADS 64

typedef struct Options {
    char *gallery, *output, *records, *caution_word;
    NtCaution caution;
    gboolean exact, no_landmarks, raw_landmarks, no_keep, fast, quiet;
    int upsample, threads;
    double threshold, tolerance;
} Options;

static const char description[] =
    "INPUT is a clip, a picture or a URI; whatever GStreamer plays can be tagged. The kind of OUTPUT follows its ending:\n"
    ".webm, .mp4 or .mkv for clips, .png or .jpg for pictures; with several inputs it must be a folder. Without --output\n"
    "and --records a summary of who was seen is printed. The kind of records follows the ending of their FILE too: .csv is a\n"
    "table with a row a face, .vtt are subtitles of who is in view of one clip, all else is JSON Lines.\n"
    "\n"
    "Whoever is not enrolled is numbered: unknown 1 is one person from the first frame of an input to the last. Up to 8 good\n"
    "pictures of each are kept in the gallery, where it exists or --gallery names it, so that 'nametag people name-unknown'\n"
    "can name them afterwards: the faces of strangers stay there until they are named, ignored or dropped ('nametag people\n"
    "drop-unknown --all'). --no-keep keeps nothing.\n"
    "\n"
    "In a clip faces are followed from frame to frame: several times as fast as looking at each frame anew, steadier, and a\n"
    "face keeps its name where it is turned away or covered. --exact analyses each frame by itself, as if it were a picture:\n"
    "only what the detector finds in it, with the name that this frame alone would give.\n"
    "\n"
    "--fast recognises a face more than twice as fast on processors with AVX-512 VNNI, and changes nothing on others.\n"
    "Distances then differ by up to 0.05 from those without it.\n"
    "\n"
    "Examples:\n"
    "  nametag tag party.mp4 --output party-tagged.webm --records party.jsonl\n"
    "  nametag tag --gallery friends.sqlite *.jpg --records friends.csv\n"
    "  nametag tag https://example.org/talk.webm --records - --quiet | jq .faces[].name\n"
    "\n"
    "Exit codes: 0 all done, 1 something failed, 2 wrong usage, 130 interrupted (Ctrl+C: what was tagged is kept).\n";

static void clear_options(Options *options)
{
    g_free(options->gallery);
    g_free(options->output);
    g_free(options->records);
    g_free(options->caution_word);
}

/* What the gallery says before a run. */
typedef struct People {
    char *path;
    gboolean exists;
    gboolean has_unknown;     /* unknown people are kept from earlier runs */
    NtGallery *gallery;       /* an encrypted one stays open for writing, so that its pass phrase is asked for once */
    NtClassifier *classifier; /* NULL: nobody to know */
} People;

static void clear_people(People *people)
{
    g_clear_pointer(&people->path, g_free);
    g_clear_pointer(&people->classifier, nt_classifier_unref);
    g_clear_pointer(&people->gallery, nt_gallery_close);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(People, clear_people)

/* For writing where unknown people are to be kept and the file lets us, else for reading. */
static NtGallery *open_gallery(const Options *options, const char *path, NtModelSet *models, GError **error)
{
    g_autoptr(GError) reason = NULL;
    NtGallery *gallery =
        options->no_keep ? NULL : nt_command_open_gallery(path, NT_GALLERY_WRITE, models, options->quiet, &reason);
    if (gallery || (reason && !g_error_matches(reason, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE))) {
        if (reason)
            g_propagate_error(error, g_steal_pointer(&reason));
        return gallery;
    }
    return nt_command_open_gallery(path, NT_GALLERY_READ, models, options->quiet, error);
}

/* Whether there is something to tag. Where there is not, that is all there is to say. */
static gboolean has_input(char **inputs, int n_inputs)
{
    for (int i = 0; i < n_inputs; i++)
        if (nt_command_is_uri(inputs[i]) || g_file_test(inputs[i], G_FILE_TEST_EXISTS))
            return TRUE;
    return FALSE;
}

/* Who is to be known. Warns, when that is wanted, that it is nobody. */
static gboolean load_people(const Options *options, NtModelSet *models, gboolean warn, People *people)
{
    g_autoptr(GError) error = NULL;
    people->path = nt_command_gallery_path(options->gallery);
    people->exists = g_file_test(people->path, G_FILE_TEST_EXISTS);
    /* With --no-keep a gallery that was named and is not there can only be a mistake: opening it says so. */
    if (!people->exists && (!options->gallery || !options->no_keep)) {
        if (warn && options->gallery)
            nt_command_warning("there is no gallery %s yet, so every face will be unknown", people->path);
        else if (warn)
            nt_command_warning("nobody is enrolled yet, so every face will be unknown; 'nametag enroll NAME PICTURE' "
                               "teaches a person");
        return TRUE;
    }
    g_autoptr(NtGallery) gallery = open_gallery(options, people->path, models, &error);
    g_autoptr(NtGallerySnapshot) snapshot = gallery ? nt_gallery_snapshot(gallery, &error) : NULL;
    const NtClassifierOptions classifier_options = {options->caution, (float)options->tolerance};
    g_autoptr(GPtrArray) unknown = snapshot ? nt_gallery_list_unknown(gallery, FALSE, &error) : NULL;
    if (unknown)
        people->classifier = nt_classifier_new(snapshot, &classifier_options, NULL, &error);
    if (!people->classifier) {
        nt_command_error("%s", error->message);
        return FALSE;
    }
    people->has_unknown = unknown->len > 0;
    if (nt_gallery_is_encrypted(gallery) && nt_gallery_is_writable(gallery))
        people->gallery = g_steal_pointer(&gallery);
    if (snapshot->n_people == 0 && warn)
        nt_command_warning("the gallery %s is empty, so every face will be unknown", people->path);
    return TRUE;
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

static gboolean tag_input(const NtTagJob *job, const Options *options, const char *input, gboolean several, NtTagKeep *keep)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtTagSummary) summary = nt_tag_summary_new();
    gboolean still = !nt_command_is_uri(input) && nt_still_probe(input);
    g_autofree char *source = nt_command_source(input), *shown = nt_location_mask(input);
    g_autofree char *output = output_for(options, shown, still, several);

    if (output && nt_whole_file_is_same(input, output)) {
        nt_command_error("%s would be overwritten by its own annotated form; choose another --output", shown);
        return FALSE;
    }
    if (output && !still && !nt_recorder_is_supported(output)) {
        nt_command_error("%s is a clip, and %s does not end in .webm, .mp4 or .mkv", shown, output);
        return FALSE;
    }
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new(source, NT_UNKNOWNS_FACES);
    gboolean done = still ? nt_tag_still(job, input, output, unknowns, summary, &error)
                          : nt_tag_clip(job, input, output, unknowns, summary, &error);
    nt_tag_keep_add(keep, source, unknowns, done && !nt_command_interrupted());
    if (!job->quiet && g_strcmp0(options->records, "-") != 0 && (done || nt_tag_summary_frames(summary) > 0))
        nt_tag_summary_print(summary, shown, stdout);
    if (!done)
        nt_command_error("%s", error->message);
    return done;
}

/* Whether each input has an annotated form of its own: two of one name, from different folders, would have the same. */
static gboolean check_outputs(const Options *options, char **inputs, int n_inputs)
{
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (int i = 0; options->output && n_inputs > 1 && i < n_inputs; i++) {
        g_autofree char *shown = nt_location_mask(inputs[i]);
        g_autofree char *output = output_for(options, shown, !nt_command_is_uri(inputs[i]) && nt_still_probe(inputs[i]), TRUE);
        const char *other = g_hash_table_lookup(taken, output);
        if (other) {
            nt_command_error("%s and %s would both become %s; tag them one by one, each to an --output of its own", other, shown,
                             output);
            return FALSE;
        }
        g_hash_table_insert(taken, g_steal_pointer(&output), g_steal_pointer(&shown));
    }
    return TRUE;
}

static gboolean check_options(Options *options, int n_inputs)
{
    if (options->upsample < 0 || options->upsample > MAX_UPSAMPLE)
        nt_command_error("--upsample takes 0 to %d", MAX_UPSAMPLE);
    else if (options->threads < 0 || options->threads > MAX_THREADS)
        nt_command_error("--threads takes 1 to %d, or 0 for one a processor", MAX_THREADS);
    else if (!(options->tolerance >= 0 && options->tolerance <= 2)) /* false for what is no number */
        nt_command_error("--tolerance takes a distance from 0 to 2");
    else if (!isfinite(options->threshold))
        nt_command_error("--threshold takes a number");
    else if (n_inputs == 0)
        nt_command_error("nothing to tag; name a clip, a picture or a URI (see 'nametag tag --help')");
    else if (options->output && n_inputs > 1 && !g_file_test(options->output, G_FILE_TEST_IS_DIR))
        nt_command_error("with several inputs --output must be a folder that exists, and %s is not", options->output);
    else if (options->records && nt_record_format(options->records) == NT_RECORDS_WEBVTT && n_inputs > 1)
        nt_command_error("subtitles (%s) are of one clip; tag one input, or write .jsonl or .csv", options->records);
    else
        return nt_command_caution(options->caution_word, &options->caution);
    return FALSE;
}

/* Keeps the unknown people of a run, or says what would have to be for that. */
static void keep_unknown(const Options *options, People *people, const NtTagKeep *keep, NtModelSet *models)
{
    const gboolean quiet = options->quiet || g_strcmp0(options->records, "-") == 0;
    if (options->no_keep || (nt_tag_keep_count(keep) == 0 && !people->has_unknown))
        return;
    if (people->exists || options->gallery)
        nt_tag_keep_store(keep, g_steal_pointer(&people->gallery), people->path, options->gallery, models, quiet);
    else if (!quiet)
        printf("To name the unknown afterwards they have to be kept, and you have no gallery yet: enrol somebody first "
               "('nametag enroll NAME PICTURE'), or tag with --gallery FILE.\n");
}

/* For live streams, which may run for days: who is enrolled meanwhile is named from then on. NULL without error where that
 * is not wanted. */
static NtRecognizer *follow_gallery(const Options *options, const People *people, const NtModelSet *models, char **inputs,
                                    int n_inputs, GError **error)
{
    gboolean live = FALSE;
    for (int i = 0; i < n_inputs; i++)
        live = live || nt_command_is_uri(inputs[i]);
    if (!live || !people->classifier)
        return NULL;
    const NtGalleryOptions opening = {.mode = NT_GALLERY_READ, .model_fingerprint = nt_model_set_fingerprint(models),
                                      .keys = nt_command_keys()};
    const NtClassifierOptions classifier = {options->caution, (float)options->tolerance};
    return nt_recognizer_new(people->path, &opening, &classifier, TRUE, error);
}

static int run(const Options *options, char **inputs, int n_inputs)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtModelSet) models = nt_model_set_load(options->fast ? NT_PRECISION_8BIT : NT_PRECISION_FLOAT, &error);
    if (!models) {
        nt_command_error("%s", error->message);
        return NT_EXIT_FAILED;
    }
    g_auto(People) people = {0};
    if (!load_people(options, models, !options->quiet && has_input(inputs, n_inputs), &people))
        return NT_EXIT_FAILED;
    g_autoptr(NtRecognizer) recognizer = follow_gallery(options, &people, models, inputs, n_inputs, &error);
    if (error) {
        nt_command_error("%s", error->message);
        return NT_EXIT_FAILED;
    }
    for (int i = 0; i < n_inputs; i++)
        if (!nt_command_spares("--records", options->records, inputs[i], "an input"))
            return NT_EXIT_USAGE;
    if (!nt_command_spares("--records", options->records, people.path, "the gallery") ||
        !nt_command_spares("--output", options->output, people.path, "the gallery"))
        return NT_EXIT_USAGE;
    g_autoptr(NtRecordWriter) records = NULL;
    if (options->records && !(records = nt_record_writer_new(options->records, &error))) {
        nt_command_error("%s", error->message);
        return NT_EXIT_FAILED;
    }

    NtTagJob job = {
        .models = models,
        .classifier = people.classifier,
        .options = {.upsample = options->upsample, .threshold = options->threshold, .with_embedding = TRUE,
                    .with_chips = TRUE},
        .n_threads = options->threads > 0 ? (guint)options->threads : (guint)nt_command_processors(),
        .exact = options->exact,
        .raw_landmarks = options->raw_landmarks,
        .landmarks = !options->no_landmarks,
        .quiet = options->quiet,
        .records = records,
    };
    g_autoptr(NtTagKeep) keep = nt_tag_keep_new();
    nt_command_catch_interrupt();
    int exit_code = NT_EXIT_OK;
    for (int i = 0; i < n_inputs && !nt_command_interrupted(); i++) {
        job.options.recognizer = nt_command_is_uri(inputs[i]) ? recognizer : NULL;
        if (!tag_input(&job, options, inputs[i], n_inputs > 1, keep))
            exit_code = NT_EXIT_FAILED;
    }
    keep_unknown(options, &people, keep, models);
    if (records && !nt_record_writer_finish(records, &error)) {
        if (exit_code == NT_EXIT_OK) /* else it was told when it happened */
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
         "Write records: .csv a table, .vtt subtitles, else JSON Lines, one a frame with faces; - for standard output",
         "FILE"},
        {"exact", 0, 0, G_OPTION_ARG_NONE, &options.exact, "Clips: analyse each frame from scratch, follow nobody", NULL},
        {"no-landmarks", 0, 0, G_OPTION_ARG_NONE, &options.no_landmarks, "Neither draw nor record the 68 points", NULL},
        {"raw-landmarks", 0, 0, G_OPTION_ARG_NONE, &options.raw_landmarks,
         "Clips: the points as they are fitted, not steadied", NULL},
        {"no-keep", 0, 0, G_OPTION_ARG_NONE, &options.no_keep, "Keep no pictures of unknown people in the gallery", NULL},
        {"upsample", 'u', 0, G_OPTION_ARG_INT, &options.upsample,
         "Double the picture N times first, for faces under 80 pixels (default 0)", "N"},
        {"threshold", 0, 0, G_OPTION_ARG_DOUBLE, &options.threshold,
         "Least detection score (default 0; higher is stricter)", "T"},
        {"caution", 0, 0, G_OPTION_ARG_STRING, &options.caution_word,
         "How sure a name must be: cautious, balanced or eager: at most 1 in 1000, 100, 20 strangers named (default balanced)",
         "WORD"},
        {"tolerance", 0, 0, G_OPTION_ARG_DOUBLE, &options.tolerance,
         "Greatest distance that gives a name, instead of --caution (default: by the gallery)", "D"},
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
        } else if (!check_outputs(&options, argv + 1, argc - 1)) {
            exit_code = NT_EXIT_USAGE;
        } else {
            exit_code = run(&options, argv + 1, argc - 1);
        }
    }
    clear_options(&options);
    return exit_code;
}
