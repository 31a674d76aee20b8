/* What the main thread gets, and when. Payloads are words; what came is kept as one line. */
#include <glib.h>

#include "app/show_queue.h"

#define SOON_US (50 * G_TIME_SPAN_MILLISECOND)
#define LATER_US (100 * G_TIME_SPAN_MILLISECOND)

typedef struct Screen {
    GString *line;
    gint64 at_us;          /* of the last delivery */
    NtShowQueue *to_close; /* with the first delivery */
} Screen;

static gint freed; /* atomic */

static void deliver(gpointer payload, gpointer user)
{
    Screen *screen = user;
    g_string_append_printf(screen->line, "%s ", (const char *)payload);
    screen->at_us = g_get_monotonic_time();
    if (screen->to_close)
        nt_show_queue_close(screen->to_close);
}

static void free_word(gpointer payload)
{
    g_free(payload);
    g_atomic_int_inc(&freed);
}

static NtShowQueue *open_queue(Screen *screen)
{
    screen->line = g_string_new(NULL);
    g_atomic_int_set(&freed, 0);
    return nt_show_queue_new(deliver, free_word, screen);
}

static void close_queue(NtShowQueue *queue, Screen *screen)
{
    nt_show_queue_close(queue);
    nt_show_queue_unref(queue);
    g_string_free(screen->line, TRUE);
}

static void put(NtShowQueue *queue, const char *word, gint64 due_us)
{
    nt_show_queue_put(queue, g_strdup(word), due_us, FALSE);
}

static void tell(NtShowQueue *queue, const char *word)
{
    nt_show_queue_tell(queue, g_strdup(word));
}

static gboolean set_flag(gpointer flag)
{
    *(gboolean *)flag = TRUE;
    return G_SOURCE_REMOVE;
}

static void run_for(gint64 duration_us)
{
    gboolean over = FALSE;
    g_timeout_add((guint)(duration_us / G_TIME_SPAN_MILLISECOND), set_flag, &over);
    while (!over)
        g_main_context_iteration(NULL, TRUE);
}

static void test_at_once(void)
{
    Screen screen = {0};
    NtShowQueue *queue = open_queue(&screen);
    put(queue, "a", 0);
    tell(queue, "news");
    put(queue, "b", 0);
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    g_assert_cmpstr(screen.line->str, ==, "news b ");
    g_assert_cmpuint(nt_show_queue_dropped(queue), ==, 1);
    g_assert_cmpint(g_atomic_int_get(&freed), ==, 3);
    close_queue(queue, &screen);
}

static void test_when_due(void)
{
    Screen screen = {0};
    NtShowQueue *queue = open_queue(&screen);
    const gint64 now_us = g_get_monotonic_time();
    put(queue, "a", now_us + SOON_US);
    tell(queue, "after-a");
    put(queue, "b", now_us + LATER_US);
    run_for(SOON_US / 2);
    g_assert_cmpstr(screen.line->str, ==, "");
    run_for(2 * LATER_US);
    g_assert_cmpstr(screen.line->str, ==, "a after-a b ");
    g_assert_cmpint(screen.at_us, >=, now_us + LATER_US);
    g_assert_cmpuint(nt_show_queue_dropped(queue), ==, 0);
    close_queue(queue, &screen);
}

/* A main thread that comes back late gets the newest picture, and all the news; nothing has piled up. */
static void test_late(void)
{
    Screen screen = {0};
    NtShowQueue *queue = open_queue(&screen);
    const gint64 now_us = g_get_monotonic_time();
    for (int i = 0; i < 5; i++)
        put(queue, "old", now_us + 1000 * i);
    tell(queue, "news");
    g_usleep(20 * G_TIME_SPAN_MILLISECOND);
    put(queue, "new", now_us + 6000);
    g_assert_cmpint(g_atomic_int_get(&freed), ==, 5);
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    g_assert_cmpstr(screen.line->str, ==, "news new ");
    g_assert_cmpuint(nt_show_queue_dropped(queue), ==, 5);
    close_queue(queue, &screen);
}

/* After a seek what was to come is not shown, and was not lost either. */
static void test_replaces(void)
{
    Screen screen = {0};
    NtShowQueue *queue = open_queue(&screen);
    const gint64 now_us = g_get_monotonic_time();
    put(queue, "a", now_us + LATER_US);
    tell(queue, "news");
    nt_show_queue_put(queue, g_strdup("b"), now_us, TRUE);
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    g_assert_cmpstr(screen.line->str, ==, "news b ");
    g_assert_cmpuint(nt_show_queue_dropped(queue), ==, 0);
    close_queue(queue, &screen);
}

/* A pause: the last picture is to be shown now, and those before it are too late. */
static void test_due_before(void)
{
    Screen screen = {0};
    NtShowQueue *queue = open_queue(&screen);
    const gint64 now_us = g_get_monotonic_time();
    put(queue, "a", now_us + LATER_US);
    put(queue, "b", now_us);
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    g_assert_cmpstr(screen.line->str, ==, "b ");
    close_queue(queue, &screen);
}

static void test_closed(void)
{
    Screen screen = {0};
    NtShowQueue *queue = open_queue(&screen);
    screen.to_close = queue; /* by what comes first */
    tell(queue, "first");
    tell(queue, "second");
    put(queue, "third", 0);
    run_for(SOON_US);
    tell(queue, "fourth");
    run_for(SOON_US);
    g_assert_cmpstr(screen.line->str, ==, "first ");
    g_assert_cmpint(g_atomic_int_get(&freed), ==, 4);
    close_queue(queue, &screen);
}

static gpointer put_many(gpointer queue)
{
    for (int i = 0; i < 200; i++) {
        put(queue, ".", 0);
        tell(queue, "n");
        g_usleep(100);
    }
    tell(queue, "end");
    nt_show_queue_unref(queue);
    return NULL;
}

static guint count(const GString *line, const char *word)
{
    g_auto(GStrv) words = g_strsplit(line->str, " ", -1);
    guint n = 0;
    for (guint i = 0; words[i]; i++)
        n += g_str_equal(words[i], word);
    return n;
}

static void test_threads(void)
{
    Screen screen = {0};
    NtShowQueue *queue = open_queue(&screen);
    GThread *thread = g_thread_new("putter", put_many, nt_show_queue_ref(queue));
    while (!g_str_has_suffix(screen.line->str, "end "))
        g_main_context_iteration(NULL, TRUE);
    g_thread_join(thread);
    g_assert_cmpuint(count(screen.line, "n"), ==, 200);
    g_assert_cmpuint(count(screen.line, ".") + nt_show_queue_dropped(queue), ==, 200);
    close_queue(queue, &screen);
    g_assert_cmpint(g_atomic_int_get(&freed), ==, 401);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/show-queue/at-once", test_at_once);
    g_test_add_func("/show-queue/when-due", test_when_due);
    g_test_add_func("/show-queue/late", test_late);
    g_test_add_func("/show-queue/replaces", test_replaces);
    g_test_add_func("/show-queue/due-before", test_due_before);
    g_test_add_func("/show-queue/closed", test_closed);
    g_test_add_func("/show-queue/threads", test_threads);
    return g_test_run();
}
