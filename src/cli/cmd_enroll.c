/* nametag enroll: teach the gallery a person. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/enroll_job.h"
#include "cli/gallery_access.h"
#include "cli/keys.h"
#include "media/source.h"
#include "media/still.h"

#define DEFAULT_MAX 8
#define MAX_MAX 100
#define MAX_UPSAMPLE 4

typedef struct Options {
    char *gallery, *from;
    gboolean largest, force, check, quiet;
    int max, upsample;
    double start, end;
} Options;

static const char description[] =
    "Each picture should show the person alone, near, sharp and lit, looking at the camera more or less. Three to five\n"
    "pictures from different days and sides serve best. From a clip, varied good frames are taken. What is refused is said,\n"
    "why, and what to do about it; --check only says it. Nothing of a person is kept when the command is interrupted.\n"
    "\n"
    "Examples:\n"
    "  nametag enroll Anna anna1.jpg anna2.jpg\n"
    "  nametag enroll Anna --check holiday/*.jpg    which of them are good enough?\n"
    "  nametag enroll Bob interview.mp4 --start 60 --end 90\n"
    "  nametag enroll --gallery friends.sqlite --from people/    people/Anna/*.jpg, people/Bob/*.jpg, ...\n";

/* ENROLLED: all that could be read was; NOBODY: somebody was not, or a picture could not be read; BROKEN: the gallery failed. */
typedef enum Outcome { ENROLLED, NOBODY, BROKEN } Outcome;

static Outcome fail(const GError *error)
{
    nt_command_error("%s", error->message);
    return g_error_matches(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NAME) ? NOBODY : BROKEN;
}

/* All pictures of one person as one transaction. */
static Outcome enroll_person(NtEnroller *enroller, const Options *options, const char *person, char **pictures,
                             guint n_pictures)
{
    g_autoptr(GError) error = NULL;
    guint taken = 0;
    Outcome outcome = ENROLLED;
    if (!options->quiet)
        printf("%s\n", person);
    if (!nt_enroller_begin(enroller, person, &error))
        return fail(error);
    for (guint i = 0; i < n_pictures && !nt_command_interrupted(); i++) {
        const gboolean still = !nt_command_is_uri(pictures[i]) && nt_still_probe(pictures[i]);
        taken += still ? nt_enroller_add_still(enroller, pictures[i], &error)
                       : nt_enroller_add_clip(enroller, pictures[i], &error);
        if (!error)
            continue;
        nt_command_error("%s", error->message);
        g_clear_error(&error);
        outcome = NOBODY;
    }
    if (nt_command_interrupted() || taken == 0) {
        const gboolean nothing_new = nt_enroller_nothing_new(enroller);
        nt_enroller_drop(enroller);
        if (nothing_new && !options->quiet)
            printf("Nothing new for %s: all of it is enrolled already.\n", person);
        if (nothing_new)
            return outcome;
        if (!nt_command_interrupted())
            nt_command_error("nothing %s enrolled for %s: no picture could be taken", options->check ? "would be" : "was",
                             person);
        return NOBODY;
    }
    return nt_enroller_finish(enroller, &error) ? outcome : fail(error);
}

static gint by_text(gconstpointer a, gconstpointer b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* The pictures in each folder of dir; the folder's name is the person's. */
static Outcome enroll_folder(NtEnroller *enroller, const Options *options, const char *dir)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) folder = g_dir_open(dir, 0, &error);
    if (!folder) {
        nt_command_error("cannot read the folder %s: %s", dir, error->message);
        return BROKEN;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(folder)))
        if (*name != '.')
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_text);
    Outcome worst = NOBODY;
    gboolean any = FALSE;
    for (guint i = 0; i < names->len && !nt_command_interrupted(); i++) {
        g_autofree char *path = g_build_filename(dir, names->pdata[i], NULL);
        if (!g_file_test(path, G_FILE_TEST_IS_DIR))
            continue;
        g_autoptr(GPtrArray) pictures = nt_still_list_dir(path, FALSE, &error);
        if (!pictures || pictures->len == 0) {
            nt_command_warning("%s: no picture in it", path);
            g_clear_error(&error);
            continue;
        }
        const Outcome outcome =
            enroll_person(enroller, options, names->pdata[i], (char **)pictures->pdata, pictures->len);
        if (outcome == BROKEN)
            return BROKEN;
        if (!any || outcome == NOBODY)
            worst = outcome;
        any = TRUE;
    }
    if (!any && !nt_command_interrupted())
        nt_command_error("%s has no folders with pictures; it should hold one folder a person", dir);
    return worst;
}

/* The gallery to enrol into, or to check against: then it is only read, and there need be none (NULL, error unset). */
static NtGallery *open_gallery(const Options *options, const char *path, NtModelSet *models, GError **error)
{
    if (!options->check)
        return nt_command_open_gallery(path, NT_GALLERY_CREATE, models, options->quiet, error);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return NULL;
    const NtGalleryOptions reading = {.mode = NT_GALLERY_READ, .model_fingerprint = nt_model_set_fingerprint(models),
                                      .keys = nt_command_keys()};
    return nt_gallery_open(path, &reading, error);
}

/* A gallery that was made for this and that nobody got into is not left behind. */
static void remove_if_empty(NtGallery *gallery, const char *path)
{
    g_autoptr(GPtrArray) people = nt_gallery_list_people(gallery, NULL);
    if (people && people->len == 0)
        g_unlink(path);
}

static int run(const Options *options, char **words, int n_words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtModelSet) models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    g_autofree char *path = nt_command_gallery_path(options->gallery);
    const gboolean existed = g_file_test(path, G_FILE_TEST_EXISTS);
    nt_command_catch_interrupt();
    g_autoptr(NtGallery) gallery = models ? open_gallery(options, path, models, &error) : NULL;
    const NtEngineOptions engine = {.upsample = options->upsample, .with_embedding = TRUE, .with_chips = TRUE,
                                    .workers = nt_command_processors()};
    g_autoptr(NtAnalyser) analyser = error ? NULL : nt_analyser_new(models, NULL, &engine);
    const NtEnrollOptions enrolling = {.largest = options->largest, .force = options->force, .check = options->check,
                                       .quiet = options->quiet, .max = (guint)options->max, .start_s = options->start,
                                       .end_s = options->end};
    g_autoptr(NtEnroller) enroller = error ? NULL : nt_enroller_new(gallery, analyser, &enrolling, &error);
    if (!enroller) {
        nt_command_error("%s", error->message);
        return NT_EXIT_FAILED;
    }
    const Outcome outcome = options->from ? enroll_folder(enroller, options, options->from)
                                          : enroll_person(enroller, options, words[0], words + 1, (guint)n_words - 1);
    if (nt_command_interrupted())
        fprintf(stderr, "nametag: interrupted; what was not finished is not enrolled\n");
    if (!existed && gallery)
        remove_if_empty(gallery, path);
    return nt_command_interrupted() ? NT_EXIT_INTERRUPTED : outcome == ENROLLED ? NT_EXIT_OK : NT_EXIT_FAILED;
}

static gboolean check_usage(const Options *options, char **words, int n_words)
{
    g_autofree char *name = n_words > 0 ? g_strstrip(g_strdup(words[0])) : NULL;
    if (options->from && n_words > 0)
        nt_command_error("with --from the names are those of the folders; leave '%s' away", words[0]);
    else if (!options->from && n_words < 2)
        nt_command_error("a name and at least one picture are wanted; see 'nametag enroll --help'");
    else if (!options->from && (!*name || !g_utf8_validate(name, -1, NULL)))
        nt_command_error("the first word is the person's name, and '%s' is none", words[0]);
    else if (options->max < 1 || options->max > MAX_MAX)
        nt_command_error("--max takes 1 to %d", MAX_MAX);
    else if (options->upsample < 0 || options->upsample > MAX_UPSAMPLE)
        nt_command_error("--upsample takes 0 to %d", MAX_UPSAMPLE);
    else if (options->start < 0 || options->end < 0 || (options->end > 0 && options->end <= options->start))
        nt_command_error("--start and --end are seconds, and --end comes after --start");
    else
        return TRUE;
    return FALSE;
}

int nt_cmd_enroll(int argc, char **argv)
{
    Options options = {.max = DEFAULT_MAX};
    const GOptionEntry entries[] = {
        {"gallery", 'g', 0, G_OPTION_ARG_FILENAME, &options.gallery, "The gallery, made when missing (default: your own)",
         "FILE"},
        {"from", 0, 0, G_OPTION_ARG_FILENAME, &options.from, "Enrol everybody: DIR/NAME/* are the pictures of NAME", "DIR"},
        {"largest", 0, 0, G_OPTION_ARG_NONE, &options.largest, "Of several faces take the largest", NULL},
        {"upsample", 'u', 0, G_OPTION_ARG_INT, &options.upsample,
         "Double the picture N times first, for faces under 80 pixels (default 0)", "N"},
        {"start", 0, 0, G_OPTION_ARG_DOUBLE, &options.start, "Clips: begin at S seconds", "S"},
        {"end", 0, 0, G_OPTION_ARG_DOUBLE, &options.end, "Clips: end at S seconds", "S"},
        {"max", 0, 0, G_OPTION_ARG_INT, &options.max, "Clips: take at most N faces (default 8)", "N"},
        {"check", 0, 0, G_OPTION_ARG_NONE, &options.check, "Say what would be taken and refused, and change nothing", NULL},
        {"force", 'f', 0, G_OPTION_ARG_NONE, &options.force, "Take what would be refused; the gallery remembers that", NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &options.quiet, "Say only what goes wrong", NULL},
        G_OPTION_ENTRY_NULL,
    };
    int exit_code;
    if (nt_command_parse(entries, "NAME IMAGE|CLIP…", "Teaches the gallery a person, from pictures or clips.", description,
                         &argc, &argv, &exit_code)) {
        g_autoptr(GError) error = NULL;
        if (!check_usage(&options, argv + 1, argc - 1)) {
            exit_code = NT_EXIT_USAGE;
        } else if (!nt_media_init(NULL, NULL, &error)) {
            nt_command_error("%s", error->message);
            exit_code = NT_EXIT_FAILED;
        } else {
            exit_code = run(&options, argv + 1, argc - 1);
        }
    }
    g_free(options.gallery);
    g_free(options.from);
    return exit_code;
}
