/* nametag people: who is in a gallery; rename, merge, forget. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "export/json_writer.h"
#include "identity/gallery.h"

/* A name that differs in at most this many letters is offered when the one asked for is not there. */
#define MAX_TYPOS 3
#define MAX_NAME 200

typedef struct Options {
    char *gallery;
    gboolean json, yes;
} Options;

static const char description[] =
    "Verbs:\n"
    "  list               everybody, with the number of pictures (what 'people' does by itself)\n"
    "  show NAME          the pictures of a person: where from, when\n"
    "  rename OLD NEW     give a person another name\n"
    "  merge FROM INTO    two who are one: FROM's pictures become INTO's\n"
    "  forget NAME        remove a person, every picture and embedding, from the file's very bytes\n"
    "\n"
    "Examples:\n"
    "  nametag people\n"
    "  nametag people rename Ana Anna\n"
    "  nametag people --gallery friends.sqlite forget --yes Bob\n";

/* Levenshtein's distance between two short texts, in characters, without regard to case. */
static guint edit_distance(const char *a, const char *b)
{
    g_autofree char *x = g_utf8_casefold(a, -1), *y = g_utf8_casefold(b, -1);
    glong n = 0, m = 0;
    g_autofree gunichar *s = g_utf8_to_ucs4_fast(x, -1, &n), *t = g_utf8_to_ucs4_fast(y, -1, &m);
    g_autofree guint *row = g_new(guint, m + 1);
    for (glong k = 0; k <= m; k++)
        row[k] = (guint)k;
    for (glong i = 1; i <= n; i++) {
        guint diagonal = row[0];
        row[0] = (guint)i;
        for (glong k = 1; k <= m; k++) {
            const guint above = row[k];
            row[k] = MIN(MIN(row[k] + 1, row[k - 1] + 1), diagonal + (s[i - 1] != t[k - 1]));
            diagonal = above;
        }
    }
    return row[m];
}

static void suggest_name(NtGallery *gallery, const char *name)
{
    g_autoptr(GPtrArray) people = nt_gallery_list_people(gallery, NULL);
    const char *best = NULL;
    guint best_distance = MAX_TYPOS + 1;
    for (guint i = 0; people && strlen(name) <= MAX_NAME && i < people->len; i++) {
        const NtPerson *person = people->pdata[i];
        const guint distance = edit_distance(name, person->name);
        if (distance < best_distance) {
            best_distance = distance;
            best = person->name;
        }
    }
    if (best)
        fprintf(stderr, "Did you mean '%s'?\n", best);
}

static char *format_date(gint64 us)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) local = utc ? g_date_time_to_local(utc) : NULL;
    return local ? g_date_time_format(local, "%Y-%m-%d %H:%M") : g_strdup("?");
}

static void print_json(const GPtrArray *people)
{
    g_autoptr(GString) text = g_string_new(NULL);
    NtJsonWriter json = nt_json_writer(text);
    nt_json_begin_array(&json);
    for (guint i = 0; i < people->len; i++) {
        const NtPerson *person = people->pdata[i];
        nt_json_begin_object(&json);
        nt_json_key(&json, "name");
        nt_json_string(&json, person->name);
        nt_json_key(&json, "pictures");
        nt_json_int(&json, person->n_faces);
        nt_json_key(&json, "created_us");
        nt_json_int(&json, person->created_us);
        nt_json_end_object(&json);
    }
    nt_json_end_array(&json);
    puts(text->str);
}

static gboolean list(NtGallery *gallery, const Options *options, GError **error)
{
    g_autoptr(GPtrArray) people = nt_gallery_list_people(gallery, error);
    if (!people)
        return FALSE;
    if (options->json) {
        print_json(people);
        return TRUE;
    }
    if (people->len == 0) {
        printf("Nobody is enrolled in %s.\n", nt_gallery_path(gallery));
        return TRUE;
    }
    int width = 4;
    for (guint i = 0; i < people->len; i++)
        width = MAX(width, (int)g_utf8_strlen(((const NtPerson *)people->pdata[i])->name, -1));
    printf("%-*s  pictures  since\n", width, "name");
    for (guint i = 0; i < people->len; i++) {
        const NtPerson *person = people->pdata[i];
        g_autofree char *since = format_date(person->created_us);
        /* printf pads by bytes; names are padded by characters. */
        printf("%s%*s  %8u  %s\n", person->name, width - (int)g_utf8_strlen(person->name, -1), "", person->n_faces, since);
    }
    return TRUE;
}

static void show_face(const NtGalleryFace *face, gpointer user)
{
    guint *n = user;
    g_autofree char *date = format_date(face->created_us);
    printf("  %2u  %s", ++*n, face->source && *face->source ? face->source : "(unknown source)");
    if (face->pts_ns >= 0)
        printf(" at %.2f s", (double)face->pts_ns / 1e9);
    printf(", face of %d x %d pixels, enrolled %s\n", nt_rect_width(face->box), nt_rect_height(face->box), date);
}

static gboolean show(NtGallery *gallery, const char *name, GError **error)
{
    guint n = 0;
    g_autoptr(NtPerson) person = nt_gallery_find_person(gallery, name, error);
    if (!person)
        return FALSE;
    printf("%s: %u picture%s\n", person->name, person->n_faces, person->n_faces == 1 ? "" : "s");
    return nt_gallery_visit_faces(gallery, person->name, FALSE, show_face, &n, error);
}

/* Asks where somebody can answer; elsewhere --yes must have been given. */
static gboolean confirmed(const NtPerson *person, const Options *options)
{
    char answer[16];
    if (options->yes)
        return TRUE;
    if (!isatty(STDIN_FILENO)) {
        nt_command_error("forgetting cannot be undone; say --yes to forget %s", person->name);
        return FALSE;
    }
    printf("Forget %s and %u picture%s? This cannot be undone. [y/N] ", person->name, person->n_faces,
           person->n_faces == 1 ? "" : "s");
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && g_ascii_tolower(*answer) == 'y';
}

static int forget(NtGallery *gallery, const char *name, const Options *options, GError **error)
{
    g_autoptr(NtPerson) person = nt_gallery_find_person(gallery, name, error);
    if (!person)
        return NT_EXIT_FAILED;
    if (!confirmed(person, options))
        return NT_EXIT_USAGE;
    if (!nt_gallery_forget(gallery, person->name, error))
        return NT_EXIT_FAILED;
    printf("%s is forgotten: %u picture%s erased from %s.\n", person->name, person->n_faces,
           person->n_faces == 1 ? "" : "s", nt_gallery_path(gallery));
    return NT_EXIT_OK;
}

static int run_verb(NtGallery *gallery, const Options *options, const char *verb, char **names, GError **error)
{
    gboolean done;
    if (strcmp(verb, "list") == 0) {
        done = list(gallery, options, error);
    } else if (strcmp(verb, "show") == 0) {
        done = show(gallery, names[0], error);
    } else if (strcmp(verb, "forget") == 0) {
        return forget(gallery, names[0], options, error);
    } else if (strcmp(verb, "rename") == 0) {
        done = nt_gallery_rename(gallery, names[0], names[1], error);
        if (done)
            printf("%s is now called %s.\n", names[0], names[1]);
    } else {
        done = nt_gallery_merge(gallery, names[0], names[1], error);
        if (done)
            printf("The pictures of %s now belong to %s.\n", names[0], names[1]);
    }
    return done ? NT_EXIT_OK : NT_EXIT_FAILED;
}

/* How many names a verb takes; -1 for no verb. */
static int n_names(const char *verb)
{
    static const struct {
        const char *verb;
        int names;
    } verbs[] = {{"list", 0}, {"show", 1}, {"forget", 1}, {"rename", 2}, {"merge", 2}};
    for (guint i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (strcmp(verb, verbs[i].verb) == 0)
            return verbs[i].names;
    return -1;
}

static int run(const Options *options, const char *verb, char **names)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = nt_command_gallery_path(options->gallery);
    const gboolean reads = strcmp(verb, "list") == 0 || strcmp(verb, "show") == 0;
    if (!options->gallery && !g_file_test(path, G_FILE_TEST_EXISTS) && strcmp(verb, "list") == 0) {
        printf("Nobody is enrolled yet; 'nametag enroll NAME PICTURE' teaches a person.\n");
        return NT_EXIT_OK;
    }
    g_autoptr(NtGallery) gallery = nt_gallery_open(path, reads ? NT_GALLERY_READ : NT_GALLERY_WRITE, NULL, &error);
    if (!gallery) {
        nt_command_error("%s", error->message);
        return NT_EXIT_FAILED;
    }
    const int exit_code = run_verb(gallery, options, verb, names, &error);
    if (error) {
        nt_command_error("%s", error->message);
        if (g_error_matches(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND))
            suggest_name(gallery, names[0]);
    }
    return exit_code;
}

int nt_cmd_people(int argc, char **argv)
{
    Options options = {0};
    const GOptionEntry entries[] = {
        {"gallery", 'g', 0, G_OPTION_ARG_FILENAME, &options.gallery, "The gallery (default: your own)", "FILE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "list: print JSON", NULL},
        {"yes", 'y', 0, G_OPTION_ARG_NONE, &options.yes, "forget: do not ask", NULL},
        G_OPTION_ENTRY_NULL,
    };
    int exit_code;
    if (nt_command_parse(entries, "[VERB [NAME…]]", "Lists, renames, merges and forgets the people of a gallery.",
                         description, &argc, &argv, &exit_code)) {
        const char *verb = argc > 1 ? argv[1] : "list";
        const int wanted = n_names(verb), given = MAX(argc - 2, 0);
        if (wanted < 0) {
            nt_command_error("there is no verb '%s'; list, show, rename, merge and forget are (see 'nametag people --help')",
                             verb);
            exit_code = NT_EXIT_USAGE;
        } else if (wanted != given) {
            nt_command_error("'%s' takes %s, not %d; names with spaces need quotes", verb,
                             wanted == 0 ? "no name" : wanted == 1 ? "one name" : "two names", given);
            exit_code = NT_EXIT_USAGE;
        } else {
            exit_code = run(&options, verb, argv + 2);
        }
    }
    g_free(options.gallery);
    return exit_code;
}
