/* What reaches a terminal: every byte that could drive it is replaced, wherever a write happens to end. */
#include <glib.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/terminal.h"

static void test_append(void)
{
    static const struct {
        const char *text, *harmless;
        gsize left;
    } cases[] = {
        {"Zo\303\253 \346\227\245\t1\n2\r\n", "Zo\303\253 \346\227\245\t1\n2\r\n", 0},
        {"a\033[2Jb\007\177", "a\357\277\275[2Jb\357\277\275\357\277\275", 0},
        {"\302\233m", "\357\277\275m", 0},               /* C1 */
        {"a\rb", "a\357\277\275b", 0},                   /* paints over the line */
        {"a\r", "a", 1},                                 /* a line's end, or not */
        {"a\346\227", "a", 2},                           /* the beginning of a character */
        {"a\360\237\230", "a", 3},
        {"a\370\200", "a\357\277\275\357\277\275", 0}, /* what was one, before UTF-8 ended at four bytes */
        {"\374\200\200\200\200", "\357\277\275\357\277\275\357\277\275\357\277\275\357\277\275", 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        g_assert_cmpuint(nt_terminal_append_harmless(out, cases[i].text, strlen(cases[i].text)), ==, cases[i].left);
        g_assert_cmpstr(out->str, ==, cases[i].harmless);
    }
}

/* Whatever the bytes, what is left for the next time is at most what the header says. */
static void test_any_bytes(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (guint i = 0; i < 100000; i++) {
        char text[8];
        for (guint k = 0; k < sizeof text; k++)
            text[k] = (char)g_rand_int_range(random, 0x78, 0x100);
        g_autoptr(GString) out = g_string_new(NULL);
        g_assert_cmpuint(nt_terminal_append_harmless(out, text, sizeof text), <=, 3);
        g_assert_true(g_utf8_validate(out->str, (gssize)out->len, NULL));
    }
}

static void say(void)
{
    static const char text[] = "Zo\303\253 \374\200\200\200\200\033]0;owned\007 end\n";
    nt_terminal_guard();
    for (const char *c = text; *c; c++) {
        putchar(*c);
        fflush(stdout);
    }
    g_log_set_always_fatal(G_LOG_FATAL_MASK);
    g_warning("a warning of \033GLib's");
}

/* A child with a terminal of its own writes byte by byte. */
static void test_guard(void)
{
    int master;
    const pid_t child = forkpty(&master, NULL, NULL, NULL);
    if (child < 0) {
        g_test_skip("no terminals can be made here");
        return;
    }
    if (child == 0) {
        say();
        fflush(NULL);
        _exit(0);
    }
    g_autoptr(GString) said = g_string_new(NULL);
    char bytes[256];
    for (gssize n; (n = read(master, bytes, sizeof bytes)) > 0;) /* an error where the child has ended */
        g_string_append_len(said, bytes, n);
    close(master);
    int status;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
    g_assert_nonnull(strstr(said->str, "Zo\303\253 \357\277\275"));
    g_assert_nonnull(strstr(said->str, "\357\277\275]0;owned\357\277\275 end"));
    g_assert_nonnull(strstr(said->str, "a warning of \\u001bGLib's"));
    g_assert_null(strpbrk(said->str, "\033\007\374"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/terminal/append", test_append);
    g_test_add_func("/terminal/any-bytes", test_any_bytes);
    g_test_add_func("/terminal/guard", test_guard);
    return g_test_run();
}
