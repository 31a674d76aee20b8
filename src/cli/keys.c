#include "cli/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "cli/command.h"

#define MAX_PHRASE_BYTES 1024
/* How soon an interrupt is noticed that another thread got. */
#define LOOK_MS 200

/* The first line of n bytes, without its end; NULL when it is empty or too long. */
static char *first_line(const char *bytes, gsize n)
{
    const char *end = memchr(bytes, '\n', n);
    gsize length = end ? (gsize)(end - bytes) : n;
    if (length > 0 && bytes[length - 1] == '\r')
        length--;
    return length > 0 && length <= MAX_PHRASE_BYTES && !memchr(bytes, '\0', length) ? g_strndup(bytes, length) : NULL;
}

static gsize read_all(int descriptor, char *bytes, gsize size)
{
    gsize n = 0;
    while (n < size) {
        const gssize got = read(descriptor, bytes + n, size - n);
        if (got > 0)
            n += (gsize)got;
        else if (got == 0 || errno != EINTR)
            break;
    }
    return n;
}

static char *phrase_of_file(const char *path)
{
    char bytes[MAX_PHRASE_BYTES + 2]; /* and the line's end */
    struct stat info;
    char *phrase = NULL;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &info) != 0) {
        nt_command_error("cannot read the pass phrase's file %s: %s; see " NT_PASSPHRASE_VARIABLE, path, g_strerror(errno));
    } else if (S_ISREG(info.st_mode) && (info.st_mode & 077)) {
        nt_command_error("others can read the pass phrase's file %s; make it private ('chmod 600 %s') and try again", path,
                         path);
    } else {
        phrase = first_line(bytes, read_all(file, bytes, sizeof bytes));
        explicit_bzero(bytes, sizeof bytes);
        if (!phrase)
            nt_command_error("the first line of the pass phrase's file %s is empty or longer than %d bytes; put the pass "
                             "phrase there",
                             path, MAX_PHRASE_BYTES);
    }
    if (file >= 0)
        close(file);
    return phrase;
}

/* The terminal. A signal that would end the program while the echo is off first gets it switched on again. */

static const int caught_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
static volatile sig_atomic_t caught;

static void on_signal(int signal_number) { caught = signal_number; }

/* Reads up to a line's end; FALSE at the end of input, for a signal, and for a line that is too long. */
static gboolean read_line(int terminal, char *line, gsize size)
{
    gsize n = 0;
    while (!caught && n < size - 1) {
        struct pollfd wait = {.fd = terminal, .events = POLLIN};
        if (poll(&wait, 1, LOOK_MS) <= 0)
            continue;
        const gssize got = read(terminal, line + n, size - 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return FALSE;
        n += (gsize)got;
        if (line[n - 1] == '\n') {
            line[n] = '\0';
            return TRUE;
        }
    }
    return FALSE;
}

static void say(int terminal, const char *text)
{
    if (write(terminal, text, strlen(text)) < 0)
        return; /* a terminal that is gone gives no answer either */
}

static char *ask_once(int terminal, const char *question)
{
    char line[MAX_PHRASE_BYTES + 2] = "";
    struct termios before, silent;
    struct sigaction action = {.sa_handler = on_signal}, old[G_N_ELEMENTS(caught_signals)];
    char *phrase = NULL;
    sigemptyset(&action.sa_mask);
    caught = 0;
    if (tcgetattr(terminal, &before) != 0)
        return NULL;
    silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    for (guint i = 0; i < G_N_ELEMENTS(caught_signals); i++)
        sigaction(caught_signals[i], &action, &old[i]);
    tcsetattr(terminal, TCSAFLUSH, &silent);
    say(terminal, question);
    if (read_line(terminal, line, sizeof line))
        phrase = first_line(line, strlen(line));
    explicit_bzero(line, sizeof line);
    say(terminal, "\n");
    tcsetattr(terminal, TCSAFLUSH, &before);
    for (guint i = 0; i < G_N_ELEMENTS(caught_signals); i++)
        sigaction(caught_signals[i], &old[i], NULL);
    return phrase;
}

static char *ask_terminal(int terminal, const char *question)
{
    for (;;) {
        char *phrase = ask_once(terminal, question);
        if (!caught)
            return phrase;
        raise(caught); /* what the program does about it, now that the terminal is as it was */
        if (caught != SIGTSTP)
            return NULL;
    }
}

static void wipe(char *phrase)
{
    if (phrase)
        explicit_bzero(phrase, strlen(phrase));
    g_free(phrase);
}

/* The last answer and what it was for: a command may open its gallery several times, and asks once. */
static char *answer, *answer_for;

static void forget_answer(void)
{
    wipe(g_steal_pointer(&answer));
    g_clear_pointer(&answer_for, g_free);
}

static void remember_answer(const char *what, const char *phrase)
{
    static gboolean registered;
    if (!registered)
        registered = atexit(forget_answer) == 0;
    forget_answer();
    answer = g_strdup(phrase);
    answer_for = g_strdup(what);
}

static char *ask(const char *what, guint attempt, gpointer user)
{
    (void)user;
    const char *path = g_getenv(NT_PASSPHRASE_VARIABLE);
    if (path && *path)
        return attempt == 0 ? phrase_of_file(path) : NULL; /* it would say the same again */
    if (attempt == 0 && answer && g_strcmp0(what, answer_for) == 0)
        return g_strdup(answer);
    const int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0)
        return NULL;
    g_autofree char *question =
        g_strdup_printf("%sPass phrase of %s: ", attempt > 0 ? "This is not the one. " : "", what);
    char *phrase = ask_terminal(terminal, question);
    close(terminal);
    if (phrase)
        remember_answer(what, phrase);
    return phrase;
}

static char *ask_twice(const char *what, guint attempt, gpointer user)
{
    const char *path = g_getenv(NT_PASSPHRASE_VARIABLE);
    if (path && *path)
        return ask(what, attempt, user);
    const int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0)
        return NULL;
    g_autofree char *question = g_strdup_printf("New pass phrase for %s: ", what);
    char *first = ask_terminal(terminal, question);
    char *second = first ? ask_terminal(terminal, "The same again: ") : NULL;
    close(terminal);
    if (first && second && strcmp(first, second) == 0) {
        wipe(second);
        return first;
    }
    if (first && second)
        nt_command_error("the two pass phrases are not the same; try again");
    wipe(first);
    wipe(second);
    return NULL;
}

const NtVaultKeys *nt_command_keys(void)
{
    static const NtVaultKeys keys = {.ask = ask, .use_service = TRUE};
    return &keys;
}

const NtVaultKeys *nt_command_new_keys(void)
{
    static const NtVaultKeys keys = {.ask = ask_twice, .use_service = TRUE};
    return &keys;
}
