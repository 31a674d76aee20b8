/* What a feed says, one line an event, for the tests that pull its plug:
 *
 *   feed_probe [--size WxH] [--rate N] [--loop] [--flat-out] [--seconds S] [--slow MS] [LOCATION]
 *   feed_probe --devices | --watch
 *
 *   FRAME n=12 pts=400 size=1280x720 age=3 restarted     (of frames: the first after something else, then every tenth)
 *   LOST words... | BACK | ENDED | FAILED words...
 *   TOTAL frames=300 lost=0
 */
#include <gst/gst.h>
#include <signal.h>
#include <stdio.h>

#include "media/devices.h"
#include "media/feed.h"

#define FRAMES_A_LINE 10
#define TICK_US (100 * 1000)

static NtFeed *feed;

static void on_signal(int number)
{
    (void)number;
    nt_feed_cancel(feed);
}

static void print_devices(GPtrArray *devices)
{
    printf("DEVICES %u\n", devices->len);
    for (guint i = 0; i < devices->len; i++) {
        const NtDevice *device = devices->pdata[i];
        printf("DEVICE %s | %s | %s\n", device->id, device->name, device->modes);
    }
}

static int list(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) devices = nt_devices_list(&error);
    if (!devices) {
        printf("FAILED %s\n", error->message);
        return 1;
    }
    print_devices(devices);
    return 0;
}

static void on_changed(gpointer data)
{
    g_autoptr(GPtrArray) devices = nt_devices_watch_list(*(NtDevicesWatch **)data);
    print_devices(devices);
}

static int watch(double seconds)
{
    NtDevicesWatch *watching = NULL;
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    watching = nt_devices_watch_new(on_changed, &watching, NULL);
    g_timeout_add((guint)(seconds * 1000), G_SOURCE_FUNC(g_main_loop_quit), loop);
    g_main_loop_run(loop);
    nt_devices_watch_free(watching);
    return 0;
}

static void print_frame(const NtFeedEvent *event, guint64 count)
{
    const NtYuvImage *image = nt_frame_image(event->frame);
    printf("FRAME n=%" G_GUINT64_FORMAT " index=%" G_GUINT64_FORMAT " pts=%d size=%dx%d age=%d%s\n", count,
           nt_frame_index(event->frame), (int)(nt_frame_pts_ns(event->frame) / 1000000), image->width, image->height,
           (int)((g_get_monotonic_time() - event->arrived_us) / 1000), event->restarted ? " restarted" : "");
}

static int follow(gint64 end, int slow_ms)
{
    guint64 frames = 0, in_line = 0;
    NtFeedEventKind kind = NT_FEED_TIMEOUT;
    gint64 last_pts = -1;
    printf("OPEN kind=%d name=%s\n", nt_feed_kind(feed), nt_feed_name(feed));
    while (kind != NT_FEED_ENDED && kind != NT_FEED_FAILED && g_get_monotonic_time() < end) {
        NtFeedEvent event;
        nt_feed_next(feed, TICK_US, &event);
        kind = event.kind;
        if (kind == NT_FEED_FRAME) {
            if (nt_frame_pts_ns(event.frame) <= last_pts)
                printf("WRONG time %" G_GINT64_FORMAT " after %" G_GINT64_FORMAT "\n", nt_frame_pts_ns(event.frame),
                       last_pts);
            last_pts = nt_frame_pts_ns(event.frame);
            if (in_line++ % FRAMES_A_LINE == 0 || event.restarted)
                print_frame(&event, frames);
            frames++;
            if (slow_ms)
                g_usleep((gulong)slow_ms * 1000);
        } else if (kind != NT_FEED_TIMEOUT) {
            static const char *const names[] = {"FRAME", "LOST", "BACK", "ENDED", "FAILED", "TIMEOUT"};
            printf("%s %s\n", names[kind], event.words ? event.words : event.error ? event.error->message : "");
            in_line = 0;
        }
        fflush(stdout);
        nt_feed_event_clear(&event);
    }
    printf("TOTAL frames=%" G_GUINT64_FORMAT " lost=%" G_GUINT64_FORMAT " duration=%d\n", frames,
           nt_feed_lost_frames(feed), (int)(nt_feed_duration_ns(feed) / 1000000));
    return kind == NT_FEED_FAILED;
}

int main(int argc, char **argv)
{
    NtFeedOptions options = {0};
    double seconds = 1e6;
    int slow_ms = 0;
    gboolean devices = FALSE, watched = FALSE;
    g_autofree char *size = NULL;
    GOptionEntry entries[] = {
        {"size", 0, 0, G_OPTION_ARG_STRING, &size, "", NULL},
        {"rate", 0, 0, G_OPTION_ARG_INT, &options.frames_per_second, "", NULL},
        {"loop", 0, 0, G_OPTION_ARG_NONE, &options.loop, "", NULL},
        {"flat-out", 0, 0, G_OPTION_ARG_NONE, &options.flat_out, "", NULL},
        {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "", NULL},
        {"slow", 0, 0, G_OPTION_ARG_INT, &slow_ms, "", NULL},
        {"devices", 0, 0, G_OPTION_ARG_NONE, &devices, "", NULL},
        {"watch", 0, 0, G_OPTION_ARG_NONE, &watched, "", NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new("[LOCATION]");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!g_option_context_parse(context, &argc, &argv, &error) || !nt_media_init(NULL, NULL, &error)) {
        fprintf(stderr, "feed_probe: %s\n", error->message);
        return 2;
    }
    if (devices || watched)
        return devices ? list() : watch(seconds);
    if (size && sscanf(size, "%dx%d", &options.width, &options.height) != 2)
        return 2;
    gint64 end = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    feed = nt_feed_open(argc > 1 ? argv[1] : NULL, &options, &error);
    if (!feed) {
        printf("REFUSED %s\n", error->message);
        return 1;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    int failed = follow(end, slow_ms);
    gint64 before = g_get_monotonic_time();
    nt_feed_close(feed);
    printf("CLOSED in %d ms\n", (int)((g_get_monotonic_time() - before) / 1000));
    if (g_getenv("GST_TRACERS"))
        gst_deinit(); /* lets the leaks tracer speak */
    return failed;
}
