/* nametag demo: the main job, on clips that come with the program. */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "engine/places.h"
#include "identity/gallery.h"

#define DEFAULT_OUTPUT "nametag-demo"

typedef struct Options {
    char *output;
    gboolean gallery_only;
} Options;

static const char description[] =
    "Two people are enrolled, each from a clip of their own, into a gallery that is used for the demo only; then a "
    "clip that\n"
    "shows both, and that the program has not seen before, is tagged. The commands that do so are shown as they are "
    "run.\n"
    "\n"
    "Examples:\n"
    "  nametag demo                          into the folder nametag-demo\n"
    "  nametag demo --output /tmp/demo\n"
    "  nametag-gtk --gallery nametag-demo/people.sqlite    afterwards; the window's first page has the clip\n";

/* The two, and the parts of their clips that they are enrolled from: other pictures than those of the demo clip. */
static const struct {
    const char *name, *file, *start, *end;
} people[] = {
    {"Franck", "Franck.mp4", "60", "120"},
    {"Presenter", "Presenter.mp4", NULL, NULL},
};

/* Runs a command of ours, after showing it. words ends with NULL. */
static int run_command(int (*command)(int argc, char **argv), const char *const *words)
{
    g_autoptr(GString) line = g_string_new("$ nametag");
    for (guint i = 0; words[i]; i++) {
        g_autofree char *quoted = strchr(words[i], ' ') ? g_shell_quote(words[i]) : g_strdup(words[i]);
        g_string_append_printf(line, " %s", quoted);
    }
    printf("%s\n", line->str);
    fflush(stdout);
    g_auto(GStrv) copy = g_strdupv((char **)words);
    g_autofree char **argv = g_memdup2(copy, sizeof *copy * (g_strv_length(copy) + 1)); /* parsing moves words about */
    return command((int)g_strv_length(copy), argv);
}

static gboolean is_enrolled(const char *gallery_path, const char *name)
{
    const NtGalleryOptions reading = {.mode = NT_GALLERY_READ};
    g_autoptr(NtGallery) gallery =
        g_file_test(gallery_path, G_FILE_TEST_EXISTS) ? nt_gallery_open(gallery_path, &reading, NULL) : NULL;
    g_autoptr(NtPerson) person = gallery ? nt_gallery_find_person(gallery, name, NULL) : NULL;
    return person != NULL;
}

static int enroll(const char *demo, const char *gallery)
{
    for (guint i = 0; i < G_N_ELEMENTS(people); i++) {
        if (is_enrolled(gallery, people[i].name)) /* by an earlier run */
            continue;
        g_autofree char *clip = g_build_filename(demo, people[i].file, NULL);
        const char *words[] = {
            "enroll", "--gallery",   gallery, people[i].name, clip, people[i].start ? "--start" : NULL, people[i].start,
            "--end",  people[i].end, NULL};
        const int exit_code = run_command(nt_cmd_enroll, words);
        if (exit_code != NT_EXIT_OK)
            return exit_code;
    }
    return NT_EXIT_OK;
}

static int run(const Options *options)
{
    const char *demo = nt_places_demo_dir();
    if (!demo) {
        nt_command_error(
            "the demo clips are not here; install the package nametag-demo, or start ./run.sh in the source tree");
        return NT_EXIT_FAILED;
    }
    const char *dir = options->output ? options->output : DEFAULT_OUTPUT;
    if (g_mkdir_with_parents(dir, 0777) != 0) {
        nt_command_error("cannot make the folder %s: %s; choose another with --output", dir, g_strerror(errno));
        return NT_EXIT_FAILED;
    }
    g_autofree char *gallery = g_build_filename(dir, "people.sqlite", NULL);
    int exit_code = enroll(demo, gallery);
    if (exit_code != NT_EXIT_OK || options->gallery_only)
        return exit_code;

    g_autofree char *clip = g_build_filename(demo, "demo.mp4", NULL);
    g_autofree char *video = g_build_filename(dir, "demo.webm", NULL);
    g_autofree char *records = g_build_filename(dir, "demo.jsonl", NULL);
    const char *words[] = {"tag", clip, "--gallery", gallery, "--output", video, "--records", records, NULL};
    exit_code = run_command(nt_cmd_tag, words);
    if (exit_code == NT_EXIT_OK)
        printf("The annotated clip is %s, the record of who was where %s.\n", video, records);
    return exit_code;
}

int nt_cmd_demo(int argc, char **argv)
{
    Options options = {0};
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output,
         "The folder to write to, made when missing (default: " DEFAULT_OUTPUT ")", "DIR"},
        {"gallery-only", 0, 0, G_OPTION_ARG_NONE, &options.gallery_only, "Enrol the two people, and tag nothing", NULL},
        G_OPTION_ENTRY_NULL,
    };
    int exit_code;
    if (nt_command_parse(entries, "", "Tags a clip that comes with the program: the main job, shown.", description,
                         &argc, &argv, &exit_code)) {
        if (argc > 1) {
            nt_command_error("'%s' is not wanted; your own clips are for 'nametag tag' (see 'nametag demo --help')",
                             argv[1]);
            exit_code = NT_EXIT_USAGE;
        } else {
            exit_code = run(&options);
        }
    }
    g_free(options.output);
    return exit_code;
}
