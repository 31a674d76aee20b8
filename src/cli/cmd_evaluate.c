/* nametag evaluate: how well recognition does on one's own pictures, by two protocols. */
#include <gio/gio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/config.h"
#include "cli/progress.h"
#include "evaluate/report.h"

#define MAX_UPSAMPLE 4
#define MAX_ENROL 100
#define MAX_REPEATS 10000
#define MAX_SEED G_MAXINT32
#define DEFAULT_REPEATS 20
#define DEFAULT_LEAVE_OUT "0.3"
#define MAX_BLUR 50
#define MIN_PX 4
#define MAX_PX 4096
/* So many pictures that can't be read are named on standard error. */
#define MAX_NAMED 10

typedef struct Options {
    char *json, *report, *roc, *enrol, *leave_out, *degrade, *caution;
    int upsample, threads, people, repeats, seed;
    double blur;
    int small_px, jpeg;
    gboolean quiet;
} Options;

static const char verification_description[] =
    "PAIRS names pairs of pictures, in either of two forms. As Labelled Faces in the Wild has it (fields separated by "
    "tabs):\n"
    "\n"
    "  10      300                        ten folds of 300 same and 300 different pairs\n"
    "  Abel_Pacheco   1   4               the same person: pictures 1 and 4\n"
    "  Robert_Downey_Jr   1   Tommy_Shane_Steiner   1\n"
    "\n"
    "where picture 1 of Abel_Pacheco is DIR/Abel_Pacheco/Abel_Pacheco_0001.jpg (any ending will do). Or as a plain "
    "list,\n"
    "paths relative to DIR, 1 for the same person and 0 for different people:\n"
    "\n"
    "  anna/1.jpg   anna/2.jpg   1\n"
    "  anna/1.jpg   ben/1.jpg    0\n"
    "\n"
    "For each of ten folds the threshold is the one that is best on the other nine. Where several faces are in a "
    "picture the\n"
    "one nearest to its middle is meant. Pictures without a face that is found are listed, and their pairs count as "
    "wrong.\n"
    "\n"
    "Examples:\n"
    "  nametag evaluate verification pairs.txt lfw/\n"
    "  nametag evaluate verification pairs.txt lfw/ --report lfw.html --roc lfw.svg --json lfw.json\n";

static const char identification_description[] =
    "DIR has a folder a person with their pictures: DIR/Anna/1.jpg, DIR/Ben/party.png. Again and again, at random, "
    "some people\n"
    "are enrolled with a few pictures each, everybody else is a stranger, and all other pictures are asked about. "
    "People need\n"
    "one picture more than are enrolled. The same --seed gives the same figures.\n"
    "\n"
    "Probes are made worse on purpose (--degrade) as they would be in a clip: blurred, far away, compressed. Strengths "
    "are\n"
    "relative to the face, so that they mean the same in every picture.\n"
    "\n"
    "Rules are compared by the names they get right when each is set so that 1 % of the strangers get a name: "
    "Nametag's own,\n"
    "the nearest picture (dlib and face_recognition, whose fixed threshold is 0.6), the mean distance, and libsvm "
    "with\n"
    "probabilities. That takes at least 100 probes of strangers.\n"
    "\n"
    "Examples:\n"
    "  nametag evaluate identification friends/\n"
    "  nametag evaluate identification friends/ --enrol 3 --people 10 --report friends.html\n"
    "  nametag evaluate identification friends/ --degrade blur --blur 5 --repeats 50\n";

static const char overview[] =
    "Usage:\n"
    "  nametag evaluate verification PAIRS DIR [OPTION…]\n"
    "  nametag evaluate identification DIR [OPTION…]\n"
    "\n"
    "Measures on your own pictures how well faces are recognised, and writes a report.\n"
    "\n"
    "  verification     are two pictures of the same person? PAIRS as Labelled Faces in the Wild has them\n"
    "  identification   some people are enrolled, others are strangers: right names, false names, unsure\n"
    "\n"
    "'nametag evaluate verification --help' and 'nametag evaluate identification --help' explain them. To begin with, "
    "a folder\n"
    "a person:\n"
    "\n"
    "  nametag evaluate identification friends/ --report friends.html\n";

/* The line that makes this report again. */
static char *quote_command(int argc, char **argv)
{
    g_autoptr(GString) line = g_string_new("nametag evaluate");
    for (int i = 0; i < argc; i++) {
        g_autofree char *display = g_filename_display_name(argv[i]);
        g_autofree char *quoted = g_shell_quote(display);
        const gboolean plain =
            strspn(display, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,=%:+") ==
            strlen(display);
        g_string_append_printf(line, " %s", plain && *display ? display : quoted);
    }
    return g_string_free(g_steal_pointer(&line), FALSE);
}

static gboolean show_faces(guint done, guint total, gpointer user)
{
    nt_progress_update(user, done, (double)done / total);
    return !nt_command_interrupted();
}

static gboolean show_splits(guint done, guint total, gpointer user)
{
    nt_progress_update(user, done, (double)done / total);
    return !nt_command_interrupted();
}

/* Whole files or none. */
static gboolean write_file(const char *path, char *(*take_text)(gconstpointer), gconstpointer source)
{
    g_autoptr(GError) error = NULL;
    if (!path)
        return TRUE;
    g_autofree char *text = take_text(source);
    if (g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0666, &error))
        return TRUE;
    nt_command_error("%s; choose another place, or make room", error->message);
    return FALSE;
}

/* What both protocols make before they begin. */
typedef struct Session {
    const Options *options;
    const char *command;
    NtModelSet *models;
    NtPictureFaces *faces;
    NtReportInfo info;
} Session;

static void clear_session(Session *session)
{
    nt_picture_faces_free(session->faces);
    nt_model_set_unref(session->models);
}

static int failure(const GError *error)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        nt_command_error("interrupted; nothing was written");
        return NT_EXIT_INTERRUPTED;
    }
    nt_command_error("%s", error->message);
    return NT_EXIT_FAILED;
}

static gboolean look_at_pictures(Session *session, GPtrArray *pictures, const char *label, NtFacesOptions *faces,
                                 GError **error)
{
    const Options *options = session->options;
    faces->upsample = options->upsample;
    faces->threads = options->threads > 0 ? options->threads : nt_command_processors();
    session->models = nt_model_set_load(NT_PRECISION_FLOAT, error);
    if (!session->models)
        return FALSE;
    g_autoptr(NtProgress) progress = nt_progress_new(label, "pictures", options->quiet);
    nt_command_catch_interrupt();
    session->faces = nt_picture_faces_new(session->models, pictures, faces, show_faces, progress, error);
    nt_progress_clear(progress);
    if (!session->faces)
        return FALSE;
    nt_progress_finish(progress);
    session->info = (NtReportInfo){session->command,  NT_VERSION, nt_model_set_fingerprint(session->models),
                                   options->upsample, pictures,   session->faces};
    return TRUE;
}

/* Pictures that could not be read are a fault of the data: named, and the exit code says so. */
static int name_unreadable(const NtPictureFaces *faces)
{
    guint n = 0;
    for (guint i = 0; i < faces->n; i++) {
        if (!faces->faces[i].trouble)
            continue;
        if (n++ < MAX_NAMED)
            nt_command_warning("%s", faces->faces[i].trouble);
    }
    if (n > MAX_NAMED)
        nt_command_warning("and %u more pictures can't be read", n - MAX_NAMED);
    return n > 0 ? NT_EXIT_FAILED : NT_EXIT_OK;
}

typedef struct VerificationReport {
    const Session *session;
    const NtVerification *result;
} VerificationReport;

static char *verification_text(gconstpointer user)
{
    const VerificationReport *report = user;
    return nt_report_verification_text(&report->session->info, report->result);
}

static char *verification_json(gconstpointer user)
{
    const VerificationReport *report = user;
    return nt_report_verification_json(&report->session->info, report->result);
}

static char *verification_html(gconstpointer user)
{
    const VerificationReport *report = user;
    return nt_report_verification_html(&report->session->info, report->result);
}

static char *verification_roc(gconstpointer user)
{
    return nt_report_verification_roc(((const VerificationReport *)user)->result);
}

static int run_verification(const Options *options, const char *command, const char *pairs, const char *dir)
{
    g_autoptr(GError) error = NULL;
    Session session = {.options = options, .command = command};
    g_autoptr(NtPairList) list = NULL;
    NtFacesOptions faces = {.strength = nt_degrade_default};
    if (!g_file_test(dir, G_FILE_TEST_IS_DIR)) {
        nt_command_error("there is no folder %s; the pictures of PAIRS should be in it", dir);
        return NT_EXIT_FAILED;
    }
    list = nt_pair_list_load(pairs, dir, &error);
    if (!list || !look_at_pictures(&session, list->pictures, pairs, &faces, &error)) {
        clear_session(&session);
        return failure(error);
    }
    g_autoptr(NtVerification) result = nt_verification_run(list, session.faces);
    const VerificationReport report = {&session, result};
    int exit_code = name_unreadable(session.faces);
    g_autofree char *text = verification_text(&report);
    fputs(text, stdout);
    if (!write_file(options->json, verification_json, &report) ||
        !write_file(options->report, verification_html, &report) ||
        !write_file(options->roc, verification_roc, &report))
        exit_code = NT_EXIT_FAILED;
    clear_session(&session);
    return exit_code;
}

typedef struct IdentificationReport {
    const Session *session;
    const NtDataset *dataset;
    const NtIdentificationOptions *options;
    const NtDegradeStrength *strength;
    const NtIdentification *result;
} IdentificationReport;

static char *identification_text(gconstpointer user)
{
    const IdentificationReport *r = user;
    return nt_report_identification_text(&r->session->info, r->dataset, r->options, r->strength, r->result);
}

static char *identification_json(gconstpointer user)
{
    const IdentificationReport *r = user;
    return nt_report_identification_json(&r->session->info, r->dataset, r->options, r->strength, r->result);
}

static char *identification_html(gconstpointer user)
{
    const IdentificationReport *r = user;
    return nt_report_identification_html(&r->session->info, r->dataset, r->options, r->strength, r->result);
}

static char *identification_curve(gconstpointer user)
{
    return nt_report_identification_curve(((const IdentificationReport *)user)->result);
}

static int run_identification(const Options *options, const NtIdentificationOptions *protocol,
                              const NtDegradeStrength *strength, const char *command, const char *dir)
{
    g_autoptr(GError) error = NULL;
    Session session = {.options = options, .command = command};
    NtFacesOptions faces = {.strength = *strength};
    memcpy(faces.degrade, protocol->degrade, sizeof faces.degrade);
    g_autoptr(NtDataset) dataset = nt_dataset_scan(dir, &error);
    g_autoptr(NtIdentification) result = NULL;
    if (dataset && look_at_pictures(&session, dataset->pictures, dir, &faces, &error)) {
        g_autoptr(NtProgress) progress = nt_progress_new("splits", "splits", options->quiet);
        result = nt_identification_run(dataset, session.faces, protocol, show_splits, progress, &error);
        nt_progress_clear(progress);
    }
    if (!result) {
        clear_session(&session);
        return failure(error);
    }
    const IdentificationReport report = {&session, dataset, protocol, strength, result};
    int exit_code = name_unreadable(session.faces);
    g_autofree char *text = identification_text(&report);
    fputs(text, stdout);
    if (!write_file(options->json, identification_json, &report) ||
        !write_file(options->report, identification_html, &report) ||
        !write_file(options->roc, identification_curve, &report))
        exit_code = NT_EXIT_FAILED;
    clear_session(&session);
    return exit_code;
}

/* "1,2,3,5"; an array of guint, or NULL after a message. */
static GArray *parse_enrol(const char *list)
{
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    g_auto(GStrv) words = g_strsplit(list, ",", -1);
    for (char **word = words; *word; word++) {
        guint64 value = 0;
        if (!g_ascii_string_to_unsigned(*word, 10, 1, MAX_ENROL, &value, NULL)) {
            nt_command_error("--enrol takes numbers of pictures such as 1,2,3,5, each from 1 to %d", MAX_ENROL);
            return NULL;
        }
        const guint number = (guint)value;
        g_array_append_val(numbers, number);
    }
    return g_steal_pointer(&numbers);
}

static gboolean parse_degrade(const char *word, gboolean degrade[NT_N_DEGRADATIONS])
{
    const gboolean all = strcmp(word, "all") == 0;
    gboolean known = all;
    for (int d = 0; d < NT_N_DEGRADATIONS; d++) {
        const gboolean named = strcmp(word, nt_degradation_name((NtDegradation)d)) == 0;
        /* The undegraded probes come along for comparison, but never count as degraded. */
        degrade[d] = all || named || d == NT_DEGRADE_NONE;
        known = known || named;
    }
    if (!known)
        nt_command_error("--degrade takes none, blur, small, jpeg or all");
    return known;
}

/* A share below 1 ("0.3", "30%"), or a count. */
static gboolean parse_leave_out(const char *word, double *leave_out)
{
    char *end = NULL;
    *leave_out = g_ascii_strtod(word, &end);
    const gboolean percent = end != word && strcmp(end, "%") == 0;
    if (percent)
        *leave_out /= 100;
    const gboolean whole = *leave_out == floor(*leave_out);
    if (end == word || (*end && !percent) || !(*leave_out >= 0) || *leave_out > G_MAXINT32 ||
        (percent ? *leave_out >= 1 : *leave_out >= 1 && !whole)) {
        nt_command_error("--leave-out takes a share of the people such as 0.3 or 30%%, or a number of them such as 5");
        return FALSE;
    }
    return TRUE;
}

static gboolean in_range(const char *option, double value, double least, double most)
{
    if (value >= least && value <= most)
        return TRUE;
    nt_command_error("%s takes %g to %g", option, least, most);
    return FALSE;
}

static gboolean check_common(const Options *options, int argc, int wanted, const char *what)
{
    if (argc != wanted) {
        nt_command_error("%s", what);
        return FALSE;
    }
    return in_range("--upsample", options->upsample, 0, MAX_UPSAMPLE) && in_range("--threads", options->threads, 0, 64);
}

static int start_identification(Options *options, const char *command, int argc, char **argv)
{
    NtIdentificationOptions protocol = {0};
    if (!check_common(options, argc, 2, "one folder is wanted; see 'nametag evaluate identification --help'") ||
        !in_range("--people", options->people, 0, G_MAXINT32) ||
        !in_range("--repeats", options->repeats, 1, MAX_REPEATS) || !in_range("--seed", options->seed, 0, MAX_SEED) ||
        !in_range("--blur", options->blur, 0, MAX_BLUR) || !in_range("--small", options->small_px, MIN_PX, MAX_PX) ||
        !in_range("--jpeg", options->jpeg, 1, 100) ||
        !parse_degrade(options->degrade ? options->degrade : "all", protocol.degrade) ||
        !parse_leave_out(options->leave_out ? options->leave_out : DEFAULT_LEAVE_OUT, &protocol.leave_out))
        return NT_EXIT_USAGE;
    protocol.caution = NT_CAUTION_BALANCED;
    if (options->caution && !nt_caution_from_name(options->caution, &protocol.caution)) {
        nt_command_error("--caution takes cautious, balanced or eager");
        return NT_EXIT_USAGE;
    }
    g_autoptr(GArray) enrol = parse_enrol(options->enrol ? options->enrol : "1,2,3,5");
    if (!enrol)
        return NT_EXIT_USAGE;
    protocol.enrol = enrol;
    protocol.people = (guint)options->people;
    protocol.repeats = (guint)options->repeats;
    protocol.seed = (guint)options->seed;
    NtDegradeStrength strength = nt_degrade_default;
    strength.blur = options->blur;
    strength.small_px = options->small_px;
    strength.jpeg_quality = options->jpeg;
    return run_identification(options, &protocol, &strength, command, argv[1]);
}

#define COMMON_ENTRIES(what_roc)                                                                                    \
    {"json", 'j', 0, G_OPTION_ARG_FILENAME, &options.json, "Write all figures as JSON", "FILE"},                    \
        {"report",   'r', 0, G_OPTION_ARG_FILENAME, &options.report, "Write a page with charts, whole in one file", \
         "FILE.html"},                                                                                              \
        {"roc", 0, 0, G_OPTION_ARG_FILENAME, &options.roc, what_roc, "FILE.svg"},                                   \
        {"upsample",                                                                                                \
         'u',                                                                                                       \
         0,                                                                                                         \
         G_OPTION_ARG_INT,                                                                                          \
         &options.upsample,                                                                                         \
         "Double the pictures N times first, for faces under 80 pixels (default 0)",                                \
         "N"},                                                                                                      \
        {"threads", 't', 0, G_OPTION_ARG_INT, &options.threads, "Threads (default: one a processor)", "N"},         \
    {                                                                                                               \
        "quiet", 'q', 0, G_OPTION_ARG_NONE, &options.quiet, "No progress", NULL                                     \
    }

static void clear_options(Options *options)
{
    g_free(options->json);
    g_free(options->report);
    g_free(options->roc);
    g_free(options->enrol);
    g_free(options->leave_out);
    g_free(options->degrade);
    g_free(options->caution);
}

static int evaluate_verification(const char *command, int argc, char **argv)
{
    Options options = {0};
    const GOptionEntry entries[] = {COMMON_ENTRIES("Write the receiver operating characteristic as SVG"),
                                    G_OPTION_ENTRY_NULL};
    int exit_code;
    if (nt_command_parse(entries, "PAIRS DIR",
                         "Tells how well pairs of pictures of one person are told from pairs of two.",
                         verification_description, &argc, &argv, &exit_code))
        exit_code = check_common(&options, argc, 3,
                                 "a file of pairs and a folder are wanted; see 'nametag evaluate "
                                 "verification --help'")
                        ? run_verification(&options, command, argv[1], argv[2])
                        : NT_EXIT_USAGE;
    clear_options(&options);
    return exit_code;
}

static int evaluate_identification(const char *command, int argc, char **argv)
{
    Options options = {.repeats = DEFAULT_REPEATS,
                       .seed = 1,
                       .blur = nt_degrade_default.blur,
                       .small_px = nt_degrade_default.small_px,
                       .jpeg = nt_degrade_default.jpeg_quality};
    const GOptionEntry entries[] = {
        {"enrol", 'e', 0, G_OPTION_ARG_STRING, &options.enrol,
         "How many pictures to enrol, each in turn (default 1,2,3,5)", "K,…"},
        {"people", 'p', 0, G_OPTION_ARG_INT, &options.people,
         "Enrol at most N people (default: all that are not left out)", "N"},
        {"leave-out", 'l', 0, G_OPTION_ARG_STRING, &options.leave_out,
         "Of the people with enough pictures, the share or number who are strangers (default 0.3)",
         "SHARE|N"},
        {"repeats", 'n', 0, G_OPTION_ARG_INT, &options.repeats, "Random splits (default 20)", "N"},
        {"seed", 's', 0, G_OPTION_ARG_INT, &options.seed, "Where the random splits begin (default 1)", "N"},
        {"degrade", 'd', 0, G_OPTION_ARG_STRING, &options.degrade,
         "What is done to the probes: none, blur, small, jpeg or all (default)", "KIND"},
        {"blur", 0, 0, G_OPTION_ARG_DOUBLE, &options.blur, "Sigma of the blur in % of the face's width (default 3)",
         "PERCENT"},
        {"small", 0, 0, G_OPTION_ARG_INT, &options.small_px, "Width of a small face (default 24)", "PIXELS"},
        {"jpeg", 0, 0, G_OPTION_ARG_INT, &options.jpeg, "JPEG quality, at a face of at most 64 pixels (default 15)",
         "QUALITY"},
        {"caution", 'c', 0, G_OPTION_ARG_STRING, &options.caution,
         "The setting whose confusion matrix is shown: cautious, balanced (default) or eager", "WORD"},
        COMMON_ENTRIES("Write right names over false names as SVG"),
        G_OPTION_ENTRY_NULL,
    };
    int exit_code;
    if (nt_command_parse(entries, "DIR",
                         "Tells how many people are named right, and how many strangers are given a name.",
                         identification_description, &argc, &argv, &exit_code))
        exit_code = start_identification(&options, command, argc, argv);
    clear_options(&options);
    return exit_code;
}

int nt_cmd_evaluate(int argc, char **argv)
{
    static const struct {
        const char *name, *title;
        int (*run)(const char *command, int argc, char **argv);
    } protocols[] = {{"verification", "evaluate verification", evaluate_verification},
                     {"identification", "evaluate identification", evaluate_identification}};
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(overview, stdout);
        return NT_EXIT_OK;
    }
    for (guint i = 0; argc > 1 && i < G_N_ELEMENTS(protocols); i++) {
        if (strcmp(argv[1], protocols[i].name) != 0)
            continue;
        g_autofree char *command = quote_command(argc - 1, argv + 1);
        argv[1] = (char *)protocols[i].title; /* as the help should name it */
        return protocols[i].run(command, argc - 1, argv + 1);
    }
    if (argc > 1)
        nt_command_error("there is no protocol '%s'; 'nametag evaluate --help' lists them", argv[1]);
    else
        nt_command_error("which protocol: verification or identification? 'nametag evaluate --help' explains them");
    return NT_EXIT_USAGE;
}
