/* Nametag - the subcommands of nametag: one file each, one line in main.c's table.
 */
#ifndef NT_COMMAND_H
#define NT_COMMAND_H

#include <glib.h>

#include "identity/classifier.h"

/* Exit codes, the same for every command. */
enum {
    NT_EXIT_OK = 0,
    NT_EXIT_FAILED = 1,       /* something asked for could not be done; the reason is on standard error */
    NT_EXIT_USAGE = 2,        /* the command line makes no sense */
    NT_EXIT_INTERRUPTED = 130 /* Ctrl+C; files written so far are whole */
};

/* argv[0] is the subcommand's name. Each parses its own options and knows --help. */
int nt_cmd_tag(int argc, char **argv);
int nt_cmd_live(int argc, char **argv);
int nt_cmd_devices(int argc, char **argv);
int nt_cmd_enroll(int argc, char **argv);
int nt_cmd_people(int argc, char **argv);
int nt_cmd_detect(int argc, char **argv);
int nt_cmd_represent(int argc, char **argv);
int nt_cmd_evaluate(int argc, char **argv);
int nt_cmd_explain(int argc, char **argv);
int nt_cmd_demo(int argc, char **argv);
int nt_cmd_bench(int argc, char **argv);
int nt_cmd_models(int argc, char **argv);

/* Parses with GOption. arguments: the line after the options in the usage ("INPUT..."); summary and description
 * explain and show examples. Returns TRUE to go on, with what is left in argc, argv; else *exit_code says how to end
 * (--help: 0; a mistake: 2, after a message that points to --help). */
gboolean nt_command_parse(const GOptionEntry *entries, const char *arguments, const char *summary,
                          const char *description, int *argc, char ***argv, int *exit_code);

/* "nametag: ..." on standard error. */
void nt_command_error(const char *format, ...) G_GNUC_PRINTF(1, 2);
void nt_command_warning(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Ctrl+C and SIGTERM set a flag that long commands ask for; a second Ctrl+C ends the program at once. */
void nt_command_catch_interrupt(void);
gboolean nt_command_interrupted(void);

/* Threads worth having: one a processor, within reason. */
int nt_command_processors(void);

/* --gallery: its value or the default path; free with g_free. */
char *nt_command_gallery_path(const char *option);

/* --caution: the word's meaning, balanced for NULL; FALSE after a message when it is no such word. */
gboolean nt_command_caution(const char *word, NtCaution *caution);

/* A moment of a clip, "1:02.5"; free with g_free. */
char *nt_command_moment(gint64 ns);
/* How long something took, "0:41", "1:02:03"; free with g_free. */
char *nt_command_duration(double seconds);

/* Whether standard error is a terminal where a line can be redrawn in place. */
gboolean nt_command_is_terminal(void);
int nt_command_terminal_columns(void);
/* Draws a line on standard error in place of the one before, cut to the terminal's width; takes it off again. */
void nt_command_draw_line(const char *text);
void nt_command_clear_line(void);

/* Whether a word is a URI (scheme://...) rather than a path. */
gboolean nt_command_is_uri(const char *word);
/* What a gallery remembers of an input: the whole path, or the address without user, password and keys; free with g_free. */
char *nt_command_source(const char *word);

/* Refuses, with words, to write over what is read: option ("--output") and its path (NULL or "-": nothing), against read (NULL: nothing),
 * which is what ("the gallery", "what is played"). */
gboolean nt_command_spares(const char *option, const char *path, const char *read, const char *what);

#endif
