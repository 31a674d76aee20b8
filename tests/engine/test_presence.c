/* Who comes and goes: frames in, a line of events out. */
#include <glib.h>

#include "engine/presence.h"

#define MS 1000000

typedef struct Log {
    GString *lines;
    NtPresence *presence;
} Log;

static void report(const NtPresenceEvent *event, gpointer user)
{
    g_string_append_printf(user, "%s %" G_GUINT64_FORMAT, nt_presence_kind_name(event->kind), event->track);
    if (event->name)
        g_string_append_printf(user, " %s", event->name);
    if (event->unknown)
        g_string_append_printf(user, " #%u", event->unknown);
    g_string_append_printf(user, " %d-%d; ", (int)(event->first_ns / MS), (int)(event->pts_ns / MS));
}

static void set_up(Log *log)
{
    log->lines = g_string_new("");
    log->presence = nt_presence_new(report, log->lines);
}

static void tear_down(Log *log)
{
    nt_presence_free(log->presence);
    g_string_free(log->lines, TRUE);
}

static void assert_events(Log *log, const char *expected)
{
    g_assert_cmpstr(log->lines->str, ==, expected);
    g_string_truncate(log->lines, 0);
}

typedef struct Seen {
    guint64 track;
    const char *name;
    guint unknown;
    NtFinding finding;
} Seen;

static void add(Log *log, int ms, gboolean cut, guint n, const Seen *seen)
{
    g_autoptr(NtTaggedFrame) frame = nt_tagged_frame_new(n);
    frame->pts_ns = (gint64)ms * MS;
    frame->cut = cut;
    for (guint i = 0; i < n; i++) {
        NtFace *face = &frame->faces[i];
        face->track = seen[i].track;
        face->finding = seen[i].finding;
        face->verdict.name = seen[i].name ? g_intern_string(seen[i].name) : NULL;
        face->verdict.kind = seen[i].name ? NT_VERDICT_NAME : NT_VERDICT_UNKNOWN;
        face->verdict.unknown = seen[i].unknown;
    }
    nt_presence_add(log->presence, frame);
}

static const Seen one = {.track = 1}, anna = {.track = 1, .name = "Anna"};

static void test_comes_and_goes(void)
{
    Log log;
    set_up(&log);
    add(&log, 0, FALSE, 1, &one);
    assert_events(&log, "");
    add(&log, 40, FALSE, 1, &one);
    assert_events(&log, "appeared 1 0-40; ");
    add(&log, 80, FALSE, 1, &anna);
    assert_events(&log, "named 1 Anna 0-80; ");
    add(&log, 120, FALSE, 1, &anna);
    add(&log, 1119, FALSE, 0, NULL);
    assert_events(&log, "");
    add(&log, 1120, FALSE, 0, NULL);
    assert_events(&log, "left 1 Anna 0-120; ");
    add(&log, 1160, FALSE, 0, NULL);
    nt_presence_end(log.presence);
    assert_events(&log, "");
    tear_down(&log);
}

/* Hidden for less than a second, or over a gap in the stream: there all the time. */
static void test_stays(void)
{
    Log log;
    set_up(&log);
    add(&log, 0, FALSE, 1, &one);
    add(&log, 40, FALSE, 1, &one);
    assert_events(&log, "appeared 1 0-40; ");
    add(&log, 900, FALSE, 0, NULL);
    add(&log, 1000, FALSE, 1, &one);
    add(&log, 3000, FALSE, 1, &one);
    assert_events(&log, "");
    tear_down(&log);
}

/* A detection that nothing follows was nobody. */
static void test_flicker(void)
{
    Log log;
    set_up(&log);
    add(&log, 0, FALSE, 1, &one);
    for (int ms = 40; ms < 2000; ms += 40)
        add(&log, ms, FALSE, 0, NULL);
    add(&log, 2000, FALSE, 1, &(Seen){.track = 2});
    add(&log, 2040, FALSE, 1, &(Seen){.track = 2, .finding = NT_FOUND_PREDICTED});
    nt_presence_end(log.presence);
    assert_events(&log, "");
    tear_down(&log);
}

/* A name is never kept back, not of the first frame nor of a predicted one. */
static void test_named_at_once(void)
{
    Log log;
    set_up(&log);
    add(&log, 0, FALSE, 1, &anna);
    assert_events(&log, "appeared 1 Anna 0-0; named 1 Anna 0-0; ");
    add(&log, 40, FALSE, 2, (Seen[]){anna, {.track = 2, .name = "Ben", .finding = NT_FOUND_PREDICTED}});
    assert_events(&log, "appeared 2 Ben 40-40; named 2 Ben 40-40; ");
    tear_down(&log);
}

/* On a machine so slow that frames are only predicted, people are told of all the same, and do not leave. */
static void test_predicted(void)
{
    Log log;
    const Seen predicted = {.track = 1, .finding = NT_FOUND_PREDICTED};
    set_up(&log);
    for (int ms = 0; ms < 300; ms += 50)
        add(&log, ms, FALSE, 1, &predicted);
    assert_events(&log, "");
    for (int ms = 300; ms < 3000; ms += 50)
        add(&log, ms, FALSE, 1, &predicted);
    assert_events(&log, "appeared 1 0-300; ");
    tear_down(&log);
}

/* When the gallery changes a name may go, come back, or be another's. */
static void test_renamed(void)
{
    Log log;
    set_up(&log);
    add(&log, 0, FALSE, 1, &anna);
    assert_events(&log, "appeared 1 Anna 0-0; named 1 Anna 0-0; ");
    add(&log, 40, FALSE, 1, &(Seen){.track = 1, .name = "Anna-Maria"});
    assert_events(&log, "named 1 Anna-Maria 0-40; ");
    add(&log, 80, FALSE, 1, &(Seen){.track = 1, .unknown = 3});
    assert_events(&log, "");
    nt_presence_end(log.presence);
    assert_events(&log, "left 1 #3 0-80; ");
    tear_down(&log);
}

/* With a cut those leave who are not in the new scene, and before the others are told of. */
static void test_cut(void)
{
    Log log;
    const Seen before[] = {{.track = 1}, {.track = 2, .unknown = 4}, {.track = 3}};
    const Seen after[] = {{.track = 7, .name = "Ben"}, {.track = 3}};
    set_up(&log);
    add(&log, 0, FALSE, 3, before);
    add(&log, 40, FALSE, 3, before);
    assert_events(&log, "appeared 1 0-40; appeared 2 #4 0-40; appeared 3 0-40; ");
    add(&log, 80, TRUE, 2, after);
    assert_events(&log, "left 1 0-40; left 2 #4 0-40; appeared 7 Ben 80-80; named 7 Ben 80-80; ");
    nt_presence_end(log.presence);
    assert_events(&log, "left 3 0-80; left 7 Ben 80-80; ");
    tear_down(&log);
}

/* Under its old number it appears again. */
static void test_returns(void)
{
    Log log;
    set_up(&log);
    add(&log, 0, FALSE, 1, &anna);
    nt_presence_end(log.presence);
    assert_events(&log, "appeared 1 Anna 0-0; named 1 Anna 0-0; left 1 Anna 0-0; ");
    add(&log, 5000, FALSE, 1, &anna);
    assert_events(&log, "appeared 1 Anna 5000-5000; named 1 Anna 5000-5000; ");
    tear_down(&log);
}

static void test_without_tracks(void)
{
    Log log;
    set_up(&log);
    for (int ms = 0; ms < 200; ms += 40)
        add(&log, ms, FALSE, 2, (Seen[]){{.track = 0}, {.track = 0, .name = "Anna"}});
    nt_presence_end(log.presence);
    assert_events(&log, "");
    tear_down(&log);
    nt_presence_free(NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/engine/presence/comes-and-goes", test_comes_and_goes);
    g_test_add_func("/engine/presence/stays", test_stays);
    g_test_add_func("/engine/presence/flicker", test_flicker);
    g_test_add_func("/engine/presence/named-at-once", test_named_at_once);
    g_test_add_func("/engine/presence/predicted", test_predicted);
    g_test_add_func("/engine/presence/renamed", test_renamed);
    g_test_add_func("/engine/presence/cut", test_cut);
    g_test_add_func("/engine/presence/returns", test_returns);
    g_test_add_func("/engine/presence/without-tracks", test_without_tracks);
    return g_test_run();
}
