/* nametag: the command line. Finds the subcommand and lets it run. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/xdg.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/terminal.h"

typedef struct Command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
} Command;

static const Command commands[] = {
    {"tag", "name the faces in clips, streams and pictures", nt_cmd_tag},
    {"live", "name the faces before a camera, as it happens", nt_cmd_live},
    {"devices", "list the cameras of this machine", nt_cmd_devices},
    {"enroll", "teach the gallery a person, from pictures or clips", nt_cmd_enroll},
    {"people", "list, change, undo: the people of a gallery, and the unknown seen", nt_cmd_people},
    {"detect", "print the faces of pictures: boxes, landmarks, embeddings", nt_cmd_detect},
    {"represent", "print the embeddings of a folder of pictures as CSV", nt_cmd_represent},
    {"evaluate", "measure on your own pictures how well faces are recognised", nt_cmd_evaluate},
    {"explain", "draw how the program sees a picture, step by step", nt_cmd_explain},
    {"models", "list and verify the trained models, show licences, import others", nt_cmd_models},
    {"demo", "show the main job on clips that come with the program", nt_cmd_demo},
    {"bench", "time each step on this machine", nt_cmd_bench},
};

static void print_help(void)
{
    printf("Nametag %s - tags the faces in video with names\n\n"
           "Usage:\n  nametag COMMAND [OPTION…] ...\n\nCommands:\n",
           NT_VERSION);
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    printf("\n'nametag COMMAND --help' explains a command. A first walk:\n\n"
           "  nametag enroll Anna anna1.jpg anna2.jpg    she is in your gallery now\n"
           "  nametag tag party.mp4 --output out.webm    the clip with names\n"
           "  nametag live                               who is before the camera\n"
           "  nametag people                             who is enrolled\n");
}

static void suggest(const char *word)
{
    if (strstr(word, "://") || g_file_test(word, G_FILE_TEST_IS_REGULAR)) {
        /* The word is not repeated: an address may have a password. */
        nt_command_error("a command is wanted before a file or an address: 'nametag tag' or 'nametag live' names the "
                         "faces in it; 'nametag --help' lists all");
        return;
    }
    nt_command_error("there is no command '%s'; 'nametag --help' lists them", word);
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (g_str_has_prefix(commands[i].name, word) || g_str_has_prefix(word, commands[i].name))
            fprintf(stderr, "Did you mean 'nametag %s'?\n", commands[i].name);
    }
    if (strcmp(word, "window") == 0)
        fprintf(stderr, "The window is a program of its own: 'nametag-gtk'\n");
}

int main(int argc, char **argv)
{
    nt_xdg_ignore_relative();
    nt_terminal_guard();
    setlocale(LC_ALL, "");
    /* Scripts read what it says, so its words are English everywhere; names are still sorted as the user's language
     * has it. */
    setlocale(LC_MESSAGES, "C");
    g_set_prgname("nametag");

    if (argc < 2) {
        print_help();
        return NT_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || (strcmp(argv[1], "help") == 0 && argc == 2)) {
        print_help();
        return NT_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("nametag %s\n", NT_VERSION);
        return NT_EXIT_OK;
    }
    /* "nametag help tag" is "nametag tag --help" */
    char *help_argv[] = {argv[0], argc > 2 ? argv[2] : NULL, (char *)"--help", NULL};
    if (strcmp(argv[1], "help") == 0) {
        argc = 3;
        argv = help_argv;
    }
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    suggest(argv[1]);
    return NT_EXIT_USAGE;
}
