#include "cli/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ERASE_LINE "\r\033[K"
#define REPLACEMENT 0xfffd
#define MAX_PENDING 3
/* From this byte on nothing begins a character (RFC 3629, 3). GLib, which knows five and six bytes from older days, would
 * wait for more of it. */
#define FIRST_NO_BEGINNING 0xf8

typedef struct Guard {
    int descriptor;
    char pending[MAX_PENDING]; /* the beginning of a character */
    gsize n_pending;
} Guard;

/* C0 and C1 (ECMA-48, 5.2 and 5.3), and DEL. */
static gboolean drives(gunichar c)
{
    return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0);
}

gsize nt_terminal_append_harmless(GString *out, const char *text, gsize n)
{
    const char *at = text, *end = text + n;
    while (at < end) {
        const gunichar c = !*at                                   ? 0
                           : (guchar)*at >= FIRST_NO_BEGINNING ? (gunichar)-1
                                                               : g_utf8_get_char_validated(at, end - at);
        if (c == (gunichar)-2)
            break;
        if (*at == '\r' && (at + 1 == end || at[1] == '\n')) { /* a line's end in CSV; alone it would paint over the line */
            if (at + 1 == end)
                break;
            g_string_append(out, "\r\n");
            at += 2;
            continue;
        }
        if (c == (gunichar)-1) {
            g_string_append_unichar(out, REPLACEMENT);
            at++;
            continue;
        }
        g_string_append_unichar(out, drives(c) ? REPLACEMENT : c);
        at = *at ? g_utf8_next_char(at) : at + 1;
    }
    return (gsize)(end - at);
}

static gboolean write_whole(int descriptor, const char *bytes, gsize n)
{
    while (n > 0) {
        const gssize written = write(descriptor, bytes, n);
        if (written < 0 && errno != EINTR)
            return FALSE;
        bytes += MAX(written, 0);
        n -= (gsize)MAX(written, 0);
    }
    return TRUE;
}

#ifdef __GLIBC__
/* fopencookie: 0 is an error. */
static ssize_t write_guarded(void *cookie, const char *bytes, size_t n)
{
    Guard *guard = cookie;
    g_autoptr(GString) text = g_string_new_len(guard->pending, (gssize)guard->n_pending);
    g_autoptr(GString) harmless = g_string_sized_new(n + 16);
    g_string_append_len(text, bytes, (gssize)n);
    guard->n_pending = nt_terminal_append_harmless(harmless, text->str, text->len);
    memcpy(guard->pending, text->str + text->len - guard->n_pending, guard->n_pending);
    return write_whole(guard->descriptor, harmless->str, harmless->len) ? (ssize_t)n : 0;
}

static FILE *guarded(Guard *guard, FILE *plain, int buffering)
{
    const cookie_io_functions_t functions = {.write = write_guarded};
    FILE *stream = isatty(guard->descriptor) ? fopencookie(guard, "w", functions) : NULL;
    if (!stream)
        return plain;
    setvbuf(stream, NULL, buffering, BUFSIZ);
    return stream;
}

/* GLib's own way is to say nothing on a stream that has no descriptor, not even why it ends the process. */
static GLogWriterOutput write_log(GLogLevelFlags level, const GLogField *fields, gsize n, G_GNUC_UNUSED gpointer user)
{
    const char *domain = NULL;
    for (gsize i = 0; i < n; i++)
        if (strcmp(fields[i].key, "GLIB_DOMAIN") == 0)
            domain = fields[i].value;
    if (!g_log_writer_default_would_drop(level, domain)) {
        g_autofree char *text = g_log_writer_format_fields(level, fields, n, FALSE);
        fprintf(stderr, "%s\n", text);
    }
    return G_LOG_WRITER_HANDLED;
}

void nt_terminal_guard(void)
{
    static Guard out = {.descriptor = STDOUT_FILENO}, error = {.descriptor = STDERR_FILENO};
    FILE *plain = stderr;
    stdout = guarded(&out, stdout, _IOLBF);
    if (!g_getenv("GST_DEBUG")) /* its own colours, for who asked for them */
        stderr = guarded(&error, stderr, _IONBF);
    if (stderr != plain)
        g_log_set_writer_func(write_log, NULL, NULL);
}
#else
void nt_terminal_guard(void) {}
#endif

void nt_terminal_draw(const char *text)
{
    g_autoptr(GString) line = g_string_new(ERASE_LINE);
    nt_terminal_append_harmless(line, text, strlen(text));
    fflush(stderr);
    write_whole(STDERR_FILENO, line->str, line->len);
}

void nt_terminal_clear(void) { nt_terminal_draw(""); }
