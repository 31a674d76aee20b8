/* nametag people: the table of its verbs, their help, and what they share: options and the gallery opened. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/gallery_access.h"
#include "cli/people.h"

#define SUBJECT_WIDTH 31 /* of verb and words in the help */

/* How a verb finds the gallery. */
typedef enum Opening {
    READS,
    PEEKS, /* reads, and asks nobody for a key: of an encrypted gallery there is nothing to be had */
    WRITES,
    LOOKS, /* writes, and looks at pictures: needs the models */
    MAKES, /* the same, and makes the gallery where there is none */
} Opening;

typedef struct Verb {
    const char *name, *words;
    const char *help;    /* one line */
    const char *details; /* more, for 'people VERB --help'; NULL */
    int least, most;     /* words */
    Opening opening;
    NtPeopleVerb *run;
} Verb;

static const char numbers_help[] =
    "NUMBERS are those that 'nametag people show NAME' prints: 2, or 2,5, or 2-4.";
static const char source_help[] =
    "N is the number that 'nametag people unknown' lists. SOURCE is the clip or picture it was seen in, needed only where\n"
    "several sources have an unknown N; its name without the folder will do.";
#define PICTURE_HELP "PICTURE is a picture, or a clip, of which the frame --at S seconds from its start is looked at.\n"
static const char not_help[] =
    PICTURE_HELP "Faces like that are never called NAME again; 'rejections' lists them, 'accept' takes it back. --largest says\n"
                 "it of the largest face, whatever that is called. NAME's own pictures stay as they are.";
static const char ignore_help[] =
    PICTURE_HELP "Faces like those stay plainly unknown and get no number; 'strangers' lists them, 'unignore' takes it back.\n"
                 "--largest ignores the largest face, whatever it is called.";

static const Verb verbs[] = {
    {"list", "", "everybody, with the number of pictures (what 'people' does by itself)", NULL, 0, 0, READS, nt_people_list},
    {"names", "", "everybody's name, a line each, for scripts and shells",
     "Asks for no pass phrase and leaves the keyring alone: an encrypted gallery is an error.", 0, 0, PEEKS, nt_people_names},
    {"show", "NAME", "the pictures of a person: where from, when, how good", NULL, 1, 1, READS, nt_people_show},
    {"rename", "OLD NEW", "give a person another name",
     "Where NEW is enrolled too, and both are one person, 'merge' is meant.", 2, 2, WRITES, nt_people_rename},
    {"merge", "FROM INTO", "two who are one: FROM's pictures become INTO's",
     "FROM is gone afterwards, until 'undo'.", 2, 2, WRITES, nt_people_merge},
    {"split", "NAME NUMBERS NEW", "one who is two: some pictures become the new person NEW's", numbers_help, 3, 3, WRITES,
     nt_people_split},
    {"move", "NAME NUMBERS TO", "give some pictures to TO, whose they are", numbers_help, 3, 3, WRITES, nt_people_move},
    {"drop", "NAME NUMBERS", "take some pictures out of the gallery", numbers_help, 2, 2, WRITES, nt_people_drop},
    {"set-aside", "NAME NUMBERS", "keep some pictures, but do not recognise by them", numbers_help, 2, 2, WRITES,
     nt_people_set_aside},
    {"use", "NAME NUMBERS", "recognise by pictures again that were set aside", numbers_help, 2, 2, WRITES, nt_people_use},
    {"remove", "NAME", "take a person out; the file keeps what undo needs",
     "To have nothing of them left, see 'forget'.", 1, 1, WRITES, nt_people_remove},
    {"forget", "NAME", "erase a person from the file's very bytes, for good",
     "Name, pictures and embeddings go, also out of what could be undone, and also of somebody removed before. Asks first,\n"
     "or takes --yes. Exports and copies of the file are yours to delete.", 1, 1, WRITES,
     nt_people_forget},
    {"not", "NAME PICTURE", "the face in PICTURE that is called NAME is somebody else", not_help, 2, 2, LOOKS, nt_people_not},
    {"ignore", "PICTURE", "the unknown faces in PICTURE are nobody to ask about", ignore_help, 1, 1, LOOKS, nt_people_ignore},
    {"rejections", "[NAME]", "what was said not to be NAME, with numbers", NULL, 0, 1, READS, nt_people_rejections},
    {"accept", "NAME NUMBERS", "take 'not NAME' back",
     "NUMBERS are those that 'nametag people rejections NAME' prints: 2, or 2,5, or 2-4.", 2, 2, WRITES, nt_people_accept},
    {"strangers", "", "who is ignored, with numbers",
     "One line a face: a stranger seen in several pictures has several.", 0, 0, READS, nt_people_strangers},
    {"unignore", "NUMBERS", "take 'ignore' back", "NUMBERS are those that 'nametag people strangers' prints: 2, or 2,5, or 2-4.",
     1, 1, WRITES, nt_people_unignore},
    {"unknown", "", "the unknown people whom 'nametag tag' saw and kept",
     "Those whom the gallery knows or ignores by now are hidden. --export FOLDER writes their pictures there, to look at;\n"
     "--json prints everybody, with the name that the gallery has for them by now.", 0, 0,
     READS, nt_people_unknown},
    {"name-unknown", "[SOURCE] N NAME", "unknown N is NAME: enrol the pictures that were kept", source_help, 2, 3, LOOKS,
     nt_people_name_unknown},
    {"ignore-unknown", "[SOURCE] N", "unknown N is nobody to ask about", source_help, 1, 2, LOOKS, nt_people_ignore_unknown},
    {"drop-unknown", "[SOURCE] N | --all", "erase the pictures kept of unknown N, or of all", source_help, 0, 2, WRITES,
     nt_people_drop_unknown},
    {"undo", "[COUNT]", "take the newest change back, or the COUNT newest",
     "Also those of earlier days: 'history' lists them. 'forget' and 'drop-unknown' cannot be undone.", 0, 1, WRITES, nt_people_undo},
    {"redo", "[COUNT]", "make what was undone again",
     "As long as nothing else was changed since.", 0, 1, WRITES, nt_people_redo},
    {"history", "", "the changes that can be undone, newest first", NULL, 0, 0, READS, nt_people_history},
    {"check", "", "how well people are told apart, and what would help",
     "Of each person: how many pictures, how much these differ, whether each would be known by the others, the person most\n"
     "alike, and what to do. Numbers are distances: 0 is the same picture, and a name is given up to about 0.6. Of all: the\n"
     "two most alike, and how near a stranger comes. --caution says at which setting; --json prints all of it.", 0, 0, READS,
     nt_people_check},
    {"export", "FOLDER [NAME]", "write everybody, or NAME, to a new folder: JSON and pictures",
     "The folder is not encrypted, even where the gallery is.", 1, 2, READS, nt_people_export},
    {"import", "FOLDER", "take in what 'export' wrote", "Pictures that are there already are passed over. It is one change.", 1,
     1, MAKES, nt_people_import},
    {"merge-gallery", "FILE", "take in everybody of another gallery, which stays as it is",
     "People of the same name become one. It is one change.", 1, 1, MAKES, nt_people_merge_gallery},
    {"encrypt", "", "seal names, faces and sources in the file with a pass phrase",
     "The pass phrase is asked for on the terminal, or read from the first line of the private file that the environment\n"
     "variable NAMETAG_PASSPHRASE_FILE names. --keyring keeps a key in the desktop's keyring instead. A lost pass phrase\n"
     "cannot be recovered. Copies and backups made before are not touched.", 0, 0, WRITES, nt_people_encrypt},
    {"decrypt", "", "open the values of an encrypted gallery for good",
     "Asks first, or takes --yes. A key in the keyring is removed from there: encrypted copies of the gallery made before\n"
     "cannot be opened any more. With a pass phrase, copies still open with it.", 0, 0, WRITES, nt_people_decrypt},
};

static const char examples[] =
    "Examples:\n"
    "  nametag people\n"
    "  nametag people rename Ana Anna\n"
    "  nametag people split Anna 2,5 Eva           pictures 2 and 5 of 'show Anna' are Eva's\n"
    "  nametag people not Anna stranger.jpg        faces like that are no longer called Anna\n"
    "  nametag people name-unknown 1 Bob           after 'nametag tag party.mp4' told of an unknown 1\n"
    "  nametag people --gallery friends.sqlite forget --yes Bob\n"
    "\n"
    "Every change can be undone, in order, but to forget and to drop unknown people: these erase.\n"
    "'nametag people VERB --help' explains a verb.\n";

static const Verb *find_verb(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (strcmp(name, verbs[i].name) == 0)
            return &verbs[i];
    return NULL;
}

/* The verbs, a line each, and examples; free with g_free. */
static char *describe_verbs(void)
{
    GString *text = g_string_new("Verbs:\n");
    for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
        g_autofree char *subject = g_strdup_printf("%s %s", verbs[i].name, verbs[i].words);
        g_string_append_printf(text, "  %-*s %s\n", SUBJECT_WIDTH, subject, verbs[i].help);
    }
    g_string_append_printf(text, "\n%s", examples);
    return g_string_free(text, FALSE);
}

static gboolean is_help(const char *word) { return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0; }

/* Whether the command line asks for the help of one verb; prints it then. */
static gboolean print_verb_help(const GOptionEntry *entries, int argc, char **argv)
{
    gboolean asked = FALSE;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (int i = 0; i < argc; i++) {
        if (i > 0 && is_help(argv[i]))
            asked = TRUE;
        else
            g_strv_builder_add(builder, argv[i]);
    }
    if (!asked)
        return FALSE;
    /* Parsed without --help, what is left first is the verb, whatever options stand before it. */
    g_auto(GStrv) words = g_strv_builder_end(builder);
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    const Verb *verb = NULL;
    if (g_option_context_parse_strv(context, &words, NULL) && words[0] && words[1])
        verb = find_verb(words[1]);
    if (!verb)
        return FALSE;
    printf("Usage:\n  nametag people [OPTION…] %s%s%s\n\n%s: %s.\n", verb->name, *verb->words ? " " : "", verb->words,
           verb->name, verb->help);
    if (verb->details)
        printf("\n%s\n", verb->details);
    printf("\n'nametag people --help' lists the options and the other verbs.\n");
    return TRUE;
}

/* The words of a verb that are names of people get a suggestion when one is not found. */
static void suggest(NtGallery *gallery, const Verb *verb, char **words)
{
    static const char *const placeholders[] = {"NAME", "[NAME]", "OLD", "FROM", "INTO", "TO"};
    g_auto(GStrv) named = g_strsplit(verb->words, " ", -1);
    for (guint i = 0; named[i] && words[i]; i++)
        for (guint k = 0; k < G_N_ELEMENTS(placeholders); k++)
            if (strcmp(named[i], placeholders[k]) == 0)
                nt_people_suggest(gallery, words[i]);
}

static int run(const NtPeopleOptions *options, const Verb *verb, char **words, int n)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = nt_command_gallery_path(options->gallery);
    if (!options->gallery && !g_file_test(path, G_FILE_TEST_EXISTS) && verb->run == nt_people_list && !options->json) {
        printf("Nobody is enrolled yet; 'nametag enroll NAME PICTURE' teaches a person.\n");
        return NT_EXIT_OK;
    }
    if (!options->gallery && !g_file_test(path, G_FILE_TEST_EXISTS) && verb->opening != MAKES) {
        nt_command_error("there is no gallery of yours yet (%s); 'nametag enroll NAME PICTURE' makes it", path);
        return NT_EXIT_FAILED;
    }
    nt_command_catch_interrupt();
    g_autoptr(NtModelSet) models = verb->opening >= LOOKS ? nt_model_set_load(NT_PRECISION_FLOAT, &error) : NULL;
    static const NtGalleryMode modes[] = {
        [READS] = NT_GALLERY_READ, [WRITES] = NT_GALLERY_WRITE, [LOOKS] = NT_GALLERY_WRITE, [MAKES] = NT_GALLERY_CREATE};
    static const NtVaultKeys no_keys = {0};
    static const NtGalleryOptions peek = {.mode = NT_GALLERY_READ, .keys = &no_keys};
    g_autoptr(NtGallery) gallery = error                    ? NULL
                                   : verb->opening == PEEKS ? nt_gallery_open(path, &peek, &error)
                                   : nt_command_open_gallery(path, modes[verb->opening], models, FALSE, &error);
    if (!gallery) {
        nt_command_error("%s", error->message);
        return nt_command_interrupted() ? NT_EXIT_INTERRUPTED : NT_EXIT_FAILED;
    }
    const NtPeopleJob job = {.gallery_path = path, .options = options, .gallery = gallery, .models = models};
    const int exit_code = verb->run(&job, words, n, &error);
    if (error) {
        nt_command_error("%s", error->message);
        if (g_error_matches(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND))
            suggest(gallery, verb, words);
    }
    if (error && error->domain == G_OPTION_ERROR)
        return NT_EXIT_USAGE;
    return nt_command_interrupted() && exit_code != NT_EXIT_OK ? NT_EXIT_INTERRUPTED : exit_code;
}

/* The verb that a mistyped word may have been meant for: one that begins so, or nearly is so; NULL. */
static const char *guess_verb(const char *word)
{
    const char *names[G_N_ELEMENTS(verbs)];
    for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
        names[i] = verbs[i].name;
        if (*word && g_str_has_prefix(names[i], word))
            return names[i];
    }
    const char *nearest = nt_people_nearest_word(word, names, G_N_ELEMENTS(names));
    /* Of a short word hardly a letter is left after that many changes. */
    return nearest && g_ascii_tolower(*nearest) == g_ascii_tolower(*word) ? nearest : NULL;
}

static int run_words(const NtPeopleOptions *options, char **words, int n)
{
    const Verb *verb = find_verb(n > 0 ? words[0] : "list");
    if (!verb) {
        nt_command_error("there is no verb '%s'; 'nametag people --help' lists them", words[0]);
        const char *guess = guess_verb(words[0]);
        if (guess)
            fprintf(stderr, "Did you mean 'nametag people %s'?\n", guess);
        return NT_EXIT_USAGE;
    }
    const int given = MAX(n - 1, 0);
    if (given < verb->least || given > verb->most) {
        nt_command_error("'%s' takes %s, not %d word%s; names with spaces need quotes (see 'nametag people %s --help')",
                         verb->name, *verb->words ? verb->words : "nothing more", given, given == 1 ? "" : "s", verb->name);
        return NT_EXIT_USAGE;
    }
    if (options->json && verb->run != nt_people_list && verb->run != nt_people_check && verb->run != nt_people_unknown) {
        nt_command_error("'%s' has no --json; 'list', 'check' and 'unknown' do", verb->name);
        return NT_EXIT_USAGE;
    }
    NtCaution caution;
    if (!nt_command_caution(options->caution, &caution))
        return NT_EXIT_USAGE;
    char *none[] = {NULL};
    return run(options, verb, given ? words + 1 : none, given);
}

int nt_cmd_people(int argc, char **argv)
{
    NtPeopleOptions options = {0};
    const GOptionEntry entries[] = {
        {"gallery", 'g', 0, G_OPTION_ARG_FILENAME, &options.gallery, "The gallery (default: your own)", "FILE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "list, check, unknown: print JSON", NULL},
        {"yes", 'y', 0, G_OPTION_ARG_NONE, &options.yes, "forget, decrypt: do not ask", NULL},
        {"largest", 0, 0, G_OPTION_ARG_NONE, &options.largest, "not, ignore: the largest face, whatever it is called", NULL},
        {"at", 0, 0, G_OPTION_ARG_DOUBLE, &options.at_s, "not, ignore: the moment in a clip, in seconds", "S"},
        {"caution", 0, 0, G_OPTION_ARG_STRING, &options.caution, "check, not, ignore: cautious, balanced or eager", "WORD"},
        {"force", 'f', 0, G_OPTION_ARG_NONE, &options.force, "name-unknown: take pictures that would be refused", NULL},
        {"keyring", 0, 0, G_OPTION_ARG_NONE, &options.keyring, "encrypt: keep the key in the desktop's keyring", NULL},
        {"all", 0, 0, G_OPTION_ARG_NONE, &options.all, "drop-unknown: all of them", NULL},
        {"export", 0, 0, G_OPTION_ARG_FILENAME, &options.export_folder, "unknown: write their pictures there, as PNG", "FOLDER"},
        G_OPTION_ENTRY_NULL,
    };
    int exit_code = NT_EXIT_OK;
    g_autofree char *description = describe_verbs();
    if (!print_verb_help(entries, argc, argv) &&
        nt_command_parse(entries, "[VERB [WORD…]]", "Lists and changes the people of a gallery.", description, &argc, &argv,
                         &exit_code))
        exit_code = run_words(&options, argv + 1, argc - 1);
    g_free(options.gallery);
    g_free(options.caution);
    g_free(options.export_folder);
    return exit_code;
}
