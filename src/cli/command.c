#include "cli/command.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/terminal.h"
#include "identity/gallery.h"
#include "export/whole_file.h"
#include "media/location.h"

#define MAX_THREADS 64
#define FALLBACK_COLUMNS 80

gboolean nt_command_parse(const GOptionEntry *entries, const char *arguments, const char *summary,
                          const char *description, int *argc, char ***argv, int *exit_code)
{
    g_autoptr(GError) error = NULL;
    /* GOption prints the program's name before the parameters: the subcommand belongs to it. */
    g_autofree char *parameters = g_strconcat((*argv)[0], " [OPTION…] ", arguments, NULL);
    const char *command = (*argv)[0];
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, description);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_help_enabled(context, FALSE);

    for (int i = 1; i < *argc && strcmp((*argv)[i], "--") != 0; i++) {
        if (strcmp((*argv)[i], "--help") != 0 && strcmp((*argv)[i], "-h") != 0)
            continue;
        /* The context prints "Usage: PROGRAM [OPTION...] parameters"; ours names the subcommand first. */
        g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);
        const char *rest = strstr(help, "\n\n");
        printf("Usage:\n  nametag %s%s", parameters, rest ? rest : "\n");
        *exit_code = NT_EXIT_OK;
        return FALSE;
    }
    if (!g_option_context_parse(context, argc, argv, &error)) {
        nt_command_error("%s; see 'nametag %s --help'", error->message, command);
        *exit_code = NT_EXIT_USAGE;
        return FALSE;
    }
    if (*argc > 1 && strcmp((*argv)[1], "--") == 0) {
        memmove(*argv + 1, *argv + 2, sizeof **argv * (size_t)(*argc - 1));
        (*argc)--;
    }
    return TRUE;
}

static void print_message(const char *kind, const char *format, va_list args)
{
    g_autofree char *text = g_strdup_vprintf(format, args);
    fflush(stdout);
    fprintf(stderr, "nametag: %s%s\n", kind, text);
}

void nt_command_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_message("", format, args);
    va_end(args);
}

void nt_command_warning(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_message("warning: ", format, args);
    va_end(args);
}

/* timeout(1) and shells signal the program and then its group: what follows this soon is the same interrupt. */
#define SAME_INTERRUPT_TENTHS 3

static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t interrupted_tenths; /* when, in tenths of a second */

static void on_interrupt(int signal_number)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    const sig_atomic_t now = (sig_atomic_t)(time.tv_sec * 10 + time.tv_nsec / 100000000);
    if (!interrupted) {
        interrupted_tenths = now;
        interrupted = 1;
    } else if (now - interrupted_tenths > SAME_INTERRUPT_TENTHS) { /* at once, as the system would have done it */
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
}

void nt_command_catch_interrupt(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

gboolean nt_command_interrupted(void) { return interrupted != 0; }

char *nt_command_gallery_path(const char *option)
{
    return option ? g_strdup(option) : nt_gallery_default_path();
}

gboolean nt_command_caution(const char *word, NtCaution *caution)
{
    *caution = NT_CAUTION_BALANCED;
    if (!word || nt_caution_from_name(word, caution))
        return TRUE;
    nt_command_error("--caution takes cautious, balanced or eager, not '%s'", word);
    return FALSE;
}

char *nt_command_moment(gint64 ns)
{
    const gint64 tenths = (ns + 50000000) / 100000000;
    return g_strdup_printf("%d:%02d.%d", (int)(tenths / 600), (int)(tenths / 10 % 60), (int)(tenths % 10));
}

char *nt_command_duration(double seconds)
{
    const guint64 s = (guint64)(MAX(seconds, 0) + 0.5);
    if (s >= 3600)
        return g_strdup_printf("%" G_GUINT64_FORMAT ":%02u:%02u", s / 3600, (guint)(s / 60 % 60), (guint)(s % 60));
    return g_strdup_printf("%u:%02u", (guint)(s / 60), (guint)(s % 60));
}

gboolean nt_command_is_terminal(void) { return isatty(STDERR_FILENO) && g_strcmp0(g_getenv("TERM"), "dumb") != 0; }

int nt_command_terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : FALLBACK_COLUMNS;
}

void nt_command_draw_line(const char *text)
{
    g_autofree char *cut = g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), nt_command_terminal_columns() - 1));
    nt_terminal_draw(cut);
}

void nt_command_clear_line(void)
{
    nt_terminal_clear();
}

gboolean nt_command_is_uri(const char *word)
{
    g_autofree char *scheme = g_uri_parse_scheme(word);
    return scheme && strlen(scheme) > 1 && strncmp(word + strlen(scheme), "://", 3) == 0;
}

char *nt_command_source(const char *word)
{
    return nt_command_is_uri(word) ? nt_location_mask(word) : g_canonicalize_filename(word, NULL);
}

int nt_command_processors(void) { return (int)MIN(g_get_num_processors(), MAX_THREADS); }

gboolean nt_command_spares(const char *option, const char *path, const char *read, const char *what)
{
    if (!path || strcmp(path, "-") == 0 || !read || !nt_whole_file_is_same(path, read))
        return TRUE;
    nt_command_error("%s %s is %s, and would be written over; choose another file", option, path, what);
    return FALSE;
}
