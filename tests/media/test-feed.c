/* What nt_feed_* promise of files and of the test pattern. Cameras and network cameras: tests/live/test_feed.py. */
#include <string.h>
#include <unistd.h>

#include "clips.h"
#include "media/feed.h"

#define VIDEO(frames, caps) "videotestsrc num-buffers=" #frames " ! video/x-raw," caps " ! jpegenc ! matroskamux"
/* Of a wait for an event, on a machine that is busy. */
#define PATIENCE_US (20 * G_USEC_PER_SEC)

typedef struct Reading {
    int frames, restarts;
    gint64 last_pts;
    gboolean ended;
    char *failure;
} Reading;

/* Reads up to count frames; pause_us is a reader's slowness. */
static Reading read_feed(NtFeed *feed, int count, gulong pause_us)
{
    Reading reading = {.last_pts = -1};
    while (reading.frames < count && !reading.ended && !reading.failure) {
        NtFeedEvent event;
        nt_feed_next(feed, PATIENCE_US, &event);
        g_assert_cmpint(event.kind, !=, NT_FEED_TIMEOUT);
        if (event.kind == NT_FEED_FRAME) {
            g_assert_cmpint(nt_frame_pts_ns(event.frame), >, reading.last_pts);
            g_assert_cmpint(event.arrived_us, <=, g_get_monotonic_time());
            reading.last_pts = nt_frame_pts_ns(event.frame);
            reading.restarts += event.restarted;
            reading.frames++;
        }
        reading.ended = event.kind == NT_FEED_ENDED;
        if (event.kind == NT_FEED_FAILED)
            reading.failure = g_strdup(event.error->message);
        nt_feed_event_clear(&event);
        if (pause_us)
            g_usleep(pause_us);
    }
    return reading;
}

static NtFeed *open_feed(const char *location, const NtFeedOptions *options)
{
    g_autoptr(GError) error = NULL;
    NtFeed *feed = nt_feed_open(location, options, &error);
    g_assert_no_error(error);
    return feed;
}

/* Played at its own pace: a reader that keeps up gets every frame, and the clock went on meanwhile. */
static void test_file(void)
{
    g_autofree char *path = clip_make("file.mkv", VIDEO(25, "width=64,height=48,framerate=25/1"));
    g_autoptr(NtFeed) feed = open_feed(path, NULL);
    g_assert_cmpint(nt_feed_kind(feed), ==, NT_FEED_FILE);
    g_assert_cmpstr(nt_feed_name(feed), ==, path);
    gint64 start = g_get_monotonic_time();
    Reading reading = read_feed(feed, G_MAXINT, 0);
    g_assert_true(reading.ended);
    g_assert_cmpint((guint64)reading.frames + nt_feed_lost_frames(feed), ==, 25);
    g_assert_cmpint(reading.restarts, ==, 0);
    g_assert_cmpint(g_get_monotonic_time() - start, >, 24 * 40000);
    g_assert_cmpfloat_with_epsilon((double)nt_feed_duration_ns(feed) / 1e9, 1.0, 0.05);
    g_assert_true(read_feed(feed, 1, 0).ended);
}

static void test_flat_out(void)
{
    g_autofree char *path = clip_make("flat.mkv", VIDEO(100, "width=64,height=48,framerate=25/1"));
    g_autoptr(NtFeed) feed = open_feed(path, &(NtFeedOptions){.flat_out = TRUE});
    gint64 start = g_get_monotonic_time();
    Reading reading = read_feed(feed, G_MAXINT, 2000);
    g_assert_true(reading.ended);
    g_assert_cmpint(reading.frames, ==, 100);
    g_assert_cmpint(reading.last_pts / 1000000, ==, 99 * 40);
    g_assert_cmpuint(nt_feed_lost_frames(feed), ==, 0);
    g_test_message("4 s of film in %.1f s", (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
}

static void test_slow_reader(void)
{
    g_autofree char *path = clip_make("slow.mkv", VIDEO(50, "width=64,height=48,framerate=50/1"));
    g_autoptr(NtFeed) feed = open_feed(path, NULL);
    Reading reading = read_feed(feed, G_MAXINT, 100000);
    g_assert_true(reading.ended);
    g_assert_cmpint(reading.frames, <, 30);
    g_assert_cmpint((guint64)reading.frames + nt_feed_lost_frames(feed), ==, 50);
}

static void test_loop(void)
{
    g_autofree char *path = clip_make("loop.mkv", VIDEO(10, "width=64,height=48,framerate=100/1"));
    for (int flat_out = 0; flat_out < 2; flat_out++) {
        g_autoptr(NtFeed) feed = open_feed(path, &(NtFeedOptions){.loop = TRUE, .flat_out = flat_out});
        Reading reading = read_feed(feed, 55, 0);
        g_assert_false(reading.ended);
        g_assert_cmpint(reading.restarts, >=, 5);
        if (flat_out)
            g_assert_cmpint(reading.last_pts / 1000000, ==, 540);
    }
}

static void test_pattern(void)
{
    g_autoptr(NtFeed) feed = open_feed("test:", &(NtFeedOptions){.width = 322, .height = 242, .frames_per_second = 50});
    NtFeedEvent event;
    nt_feed_next(feed, PATIENCE_US, &event);
    g_assert_cmpint(event.kind, ==, NT_FEED_FRAME);
    g_assert_cmpint(nt_frame_image(event.frame)->width, ==, 322);
    g_assert_cmpint(nt_frame_image(event.frame)->height, ==, 242);
    nt_feed_event_clear(&event);
    g_assert_cmpint(nt_feed_kind(feed), ==, NT_FEED_TEST);
    g_assert_cmpint(read_feed(feed, 20, 0).frames, ==, 20);
}

/* What can never work is refused at once, in words that say which and why. */
static void test_refusals(void)
{
    g_autofree char *missing = clip_path("missing.mkv"), *empty = clip_write("empty.mkv", "", 0);
    const struct {
        const char *location, *words;
    } cases[] = {
        {missing, "no such file"},
        {empty, "empty"},
        {"/", "folder"},
        {"no-such-camera", "there is no camera and no file of that name"},
        {"pipewire:no-such-node", "there is no such camera"},
        {"v4l2:/dev/video99", "there is no such camera"},
        {"/dev/video99", "there is no such camera"},
        {"nonsense://jo:secret@host/", "addresses of the kind 'nonsense:'"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(nt_feed_open(cases[i].location, NULL, &error));
        g_assert_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, cases[i].words));
        g_assert_null(strstr(error->message, "secret"));
    }
}

/* What shows itself only on reading is told by an event. */
static void test_failures(void)
{
    g_autofree char *text = clip_write("text.mkv", "not a clip at all, only words\n", 30);
    g_autofree char *sound = clip_make("sound.mkv", "audiotestsrc num-buffers=40 ! opusenc ! matroskamux");
    const struct {
        const char *path, *words;
    } cases[] = {{text, "not a clip"}, {sound, "has no picture"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(NtFeed) feed = open_feed(cases[i].path, NULL);
        Reading reading = read_feed(feed, 1, 0);
        g_assert_nonnull(reading.failure);
        g_test_message("%s", reading.failure);
        g_assert_nonnull(strstr(reading.failure, cases[i].words));
        g_free(reading.failure);
    }
}

static gpointer cancel_soon(gpointer feed)
{
    g_usleep(100000);
    nt_feed_cancel(feed);
    return NULL;
}

/* A server that nobody hears of: a pipe that stays open and empty. The reader that waits for it for ever is woken. */
static void test_cancel(void)
{
    int ends[2];
    g_assert_cmpint(pipe(ends), ==, 0);
    g_autofree char *location = g_strdup_printf("fd://%d", ends[0]);
    NtFeed *feed = open_feed(location, NULL);
    GThread *thread = g_thread_new("cancel", cancel_soon, feed);
    NtFeedEvent event;
    nt_feed_next(feed, -1, &event);
    g_assert_cmpint(event.kind, ==, NT_FEED_ENDED);
    g_thread_join(thread);
    nt_feed_next(feed, -1, &event);
    g_assert_cmpint(event.kind, ==, NT_FEED_ENDED);
    nt_feed_close(feed);
    close(ends[0]);
    close(ends[1]);
}

/* A feed that is closed with frames unread, frames that outlive it. */
static void test_close(void)
{
    NtFeed *feed = open_feed("test:", &(NtFeedOptions){.width = 64, .height = 48, .frames_per_second = 100});
    NtFeedEvent event;
    nt_feed_next(feed, PATIENCE_US, &event);
    g_usleep(100000);
    nt_feed_close(feed);
    g_assert_cmpint(nt_frame_image(event.frame)->width, ==, 64);
    nt_feed_event_clear(&event);
    for (int i = 0; i < 20; i++)
        nt_feed_close(open_feed("test:", NULL));
}

int main(int argc, char **argv)
{
    clips_init(&argc, &argv);
    g_test_add_func("/media/feed/file", test_file);
    g_test_add_func("/media/feed/flat-out", test_flat_out);
    g_test_add_func("/media/feed/slow-reader", test_slow_reader);
    g_test_add_func("/media/feed/loop", test_loop);
    g_test_add_func("/media/feed/test-pattern", test_pattern);
    g_test_add_func("/media/feed/refusals", test_refusals);
    g_test_add_func("/media/feed/failures", test_failures);
    g_test_add_func("/media/feed/cancel", test_cancel);
    g_test_add_func("/media/feed/close", test_close);
    return clips_run();
}
