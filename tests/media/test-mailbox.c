/* What a reader finds in its mailbox, and which mode a camera is asked for. */
#include <gst/video/video.h>

#include "clips.h"
#include "media/camera_mode.h"
#include "media/frame.h"
#include "media/mailbox.h"

#define STEP_NS (40 * GST_MSECOND)

static GstSample *picture(guint64 number, int width)
{
    g_autoptr(GstCaps) caps =
        gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT, width, "height",
                            G_TYPE_INT, 16, "framerate", GST_TYPE_FRACTION, 25, 1, NULL);
    GstVideoInfo info;
    g_assert_true(gst_video_info_from_caps(&info, caps));
    g_autoptr(GstBuffer) buffer = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(&info), NULL);
    GST_BUFFER_PTS(buffer) = number * STEP_NS;
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    return gst_sample_new(buffer, caps, &segment, NULL);
}

static gboolean put(NtMailbox *mailbox, guint receiver, guint64 number, int width)
{
    g_autoptr(GstSample) sample = picture(number, width);
    return nt_mailbox_put(mailbox, receiver, sample);
}

static void expect_frame(NtMailbox *mailbox, guint64 index, gboolean restarted)
{
    NtFeedEvent event;
    g_assert_true(nt_mailbox_take(mailbox, 0, &event));
    g_assert_cmpint(event.kind, ==, NT_FEED_FRAME);
    g_assert_cmpuint(nt_frame_index(event.frame), ==, index);
    g_assert_cmpint(event.restarted, ==, restarted);
    nt_feed_event_clear(&event);
}

static void expect(NtMailbox *mailbox, NtFeedEventKind kind, const char *words)
{
    NtFeedEvent event;
    g_assert_true(nt_mailbox_take(mailbox, 0, &event));
    g_assert_cmpint(event.kind, ==, kind);
    g_assert_cmpstr(event.words, ==, words);
    nt_feed_event_clear(&event);
}

static void expect_nothing(NtMailbox *mailbox)
{
    NtFeedEvent event;
    g_assert_false(nt_mailbox_take(mailbox, 0, &event));
}

/* The oldest go, the rest stays in order, and the count is kept. */
static void test_newest(void)
{
    NtMailbox *mailbox = nt_mailbox_new(FALSE);
    guint receiver = nt_mailbox_open(mailbox);
    for (guint64 i = 0; i < 10; i++)
        g_assert_true(put(mailbox, receiver, i, 16));
    g_assert_cmpuint(nt_mailbox_lost(mailbox), ==, 6);
    for (guint64 i = 6; i < 10; i++)
        expect_frame(mailbox, i, FALSE);
    expect_nothing(mailbox);
    nt_mailbox_unref(mailbox);
}

static gpointer read_slowly(gpointer mailbox)
{
    for (guint64 i = 0; i < 20; i++) {
        g_usleep(1000);
        NtFeedEvent event;
        g_assert_true(nt_mailbox_take(mailbox, 10 * G_USEC_PER_SEC, &event));
        g_assert_cmpuint(nt_frame_index(event.frame), ==, i);
        nt_feed_event_clear(&event);
    }
    return NULL;
}

static void test_lossless(void)
{
    NtMailbox *mailbox = nt_mailbox_new(TRUE);
    guint receiver = nt_mailbox_open(mailbox);
    GThread *reader = g_thread_new("reader", read_slowly, mailbox);
    for (guint64 i = 0; i < 20; i++)
        g_assert_true(put(mailbox, receiver, i, 16));
    g_thread_join(reader);
    g_assert_cmpuint(nt_mailbox_lost(mailbox), ==, 0);
    nt_mailbox_unref(mailbox);
}

/* Words once, then the picture; the frames of a receiver whose time is over do not count; times go on rising. */
static void test_loss(void)
{
    NtMailbox *mailbox = nt_mailbox_new(FALSE);
    guint first = nt_mailbox_open(mailbox);
    put(mailbox, first, 1000, 16);
    expect_frame(mailbox, 0, FALSE);
    nt_mailbox_lose(mailbox, g_strdup("gone"));
    expect(mailbox, NT_FEED_LOST, "gone");
    nt_mailbox_lose(mailbox, g_strdup("gone"));
    expect_nothing(mailbox);
    nt_mailbox_lose(mailbox, g_strdup("still gone"));
    nt_mailbox_lose(mailbox, g_strdup("gone for long"));
    expect(mailbox, NT_FEED_LOST, "gone for long");
    guint second = nt_mailbox_open(mailbox);
    g_assert_cmpint(nt_mailbox_last_arrival_us(mailbox), ==, 0);
    g_assert_false(put(mailbox, first, 1001, 16));
    g_assert_true(put(mailbox, second, 0, 16));
    expect(mailbox, NT_FEED_BACK, NULL);
    NtFeedEvent event;
    g_assert_true(nt_mailbox_take(mailbox, 0, &event));
    g_assert_true(event.restarted);
    g_assert_cmpint(nt_frame_pts_ns(event.frame), >=, STEP_NS);
    nt_feed_event_clear(&event);
    nt_mailbox_lose(mailbox, g_strdup("gone"));
    expect(mailbox, NT_FEED_LOST, "gone");
    nt_mailbox_end(mailbox, NULL);
    expect(mailbox, NT_FEED_ENDED, NULL);
    g_assert_false(put(mailbox, second, 1, 16));
    expect(mailbox, NT_FEED_ENDED, NULL);
    nt_mailbox_unref(mailbox);
}

/* A frame of another size does not follow; that is true of the next one when it is lost itself. */
static void test_restarted(void)
{
    NtMailbox *mailbox = nt_mailbox_new(FALSE);
    guint receiver = nt_mailbox_open(mailbox);
    put(mailbox, receiver, 0, 16);
    put(mailbox, receiver, 1, 32);
    put(mailbox, receiver, 2, 32);
    expect_frame(mailbox, 0, FALSE);
    expect_frame(mailbox, 1, TRUE);
    expect_frame(mailbox, 2, FALSE);
    nt_mailbox_restart(mailbox);
    for (guint64 i = 3; i < 9; i++)
        put(mailbox, receiver, i, 32);
    expect_frame(mailbox, 5, TRUE);
    expect_frame(mailbox, 6, FALSE);
    nt_mailbox_unref(mailbox);
}

static void test_modes(void)
{
    static const struct {
        const char *caps;
        int width, height, rate;
        const char *chosen;
    } cases[] = {
        /* What a camera at USB 2 has. */
        {"video/x-raw,format=YUY2,width=640,height=480,framerate=30/1; "
         "video/x-raw,format=YUY2,width=1280,height=720,framerate=10/1; "
         "image/jpeg,width=1280,height=720,framerate=30/1; image/jpeg,width=1920,height=1080,framerate=30/1",
         1280, 720, 30, "image/jpeg,width=1280,height=720,framerate=30/1"},
        {"video/x-raw,format=YUY2,width=640,height=480,framerate=30/1; image/jpeg,width=640,height=480,framerate=30/1",
         640, 480, 30, "video/x-raw,format=YUY2,width=640,height=480,framerate=30/1"},
        {"image/jpeg,width=640,height=480,framerate=30/1; "
         "video/x-raw,format=YUY2,width=640,height=480,framerate={15/1,25/1}",
         640, 480, 25, "video/x-raw,format=YUY2,width=640,height=480,framerate=25/1"},
        {"video/x-raw,format={YUY2,NV12,RGB},width=640,height=480,framerate=30/1", 640, 480, 30,
         "video/x-raw,format=NV12,width=640,height=480,framerate=30/1"},
        {"video/x-raw,format=NV12,width=640,height=480,framerate={15/1,30/1,60/1,120/1}", 640, 480, 30,
         "video/x-raw,format=NV12,width=640,height=480,framerate=30/1"},
        {"video/x-raw,format=NV12,width=640,height=480,framerate=[1/1,60/1]", 640, 480, 30,
         "video/x-raw,format=NV12,width=640,height=480,framerate=30/1"},
        {"video/x-raw,format=NV12,width=640,height=480,framerate=30000/1001", 640, 480, 30,
         "video/x-raw,format=NV12,width=640,height=480,framerate=30000/1001"},
        {"video/x-raw,format=YUY2,width=[16,4096,2],height=[16,2160,2],framerate=[1/1,25/1]", 1281, 720, 30,
         "video/x-raw,format=YUY2,width=1280,height=720,framerate=25/1"},
        /* The nearest one there is, its shape too. */
        {"video/x-raw,format=NV12,width=320,height=240,framerate=30/1; "
         "video/x-raw,format=NV12,width=1920,height=1080,framerate=30/1; "
         "video/x-raw,format=NV12,width=1280,height=960,framerate=30/1",
         1280, 720, 30, "video/x-raw,format=NV12,width=1280,height=960,framerate=30/1"},
        {"video/x-raw(memory:DMABuf),format=NV12,width=1280,height=720,framerate=30/1; "
         "video/x-raw,format=YUY2,width=640,height=480,framerate=30/1",
         1280, 720, 30, "video/x-raw,format=YUY2,width=640,height=480,framerate=30/1"},
        {"video/x-bayer,format=bggr,width=640,height=480; video/x-h264,width=640,height=480", 640, 480, 30, NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GstCaps) caps = gst_caps_from_string(cases[i].caps);
        NtCameraMode mode;
        g_assert_cmpint(nt_camera_mode_choose(caps, cases[i].width, cases[i].height, cases[i].rate, &mode), ==,
                        cases[i].chosen != NULL);
        if (!cases[i].chosen)
            continue;
        g_autoptr(GstCaps) chosen = nt_camera_mode_caps(&mode), wanted = gst_caps_from_string(cases[i].chosen);
        g_autofree char *text = gst_caps_to_string(chosen);
        g_test_message("%u: %s", i, text);
        g_assert_true(gst_caps_is_equal(chosen, wanted));
    }
}

static void test_descriptions(void)
{
    g_autoptr(GstCaps) caps = gst_caps_from_string("video/x-raw,format=YUY2,width=640,height=480,framerate={15/1,30/"
                                                   "1}; image/jpeg,width=1280,height=720,framerate=30/1; "
                                                   "video/x-raw,format=YUY2,width=1280,height=720,framerate=10/1; "
                                                   "video/x-raw,format=YUY2,width=320,height=240,framerate=15/2");
    g_autofree char *text = nt_camera_mode_describe(caps), *none = nt_camera_mode_describe(NULL);
    g_assert_cmpstr(text, ==, "1280x720 at 30 frames/s, 640x480 at 30 frames/s, 320x240 at 7.5 frames/s");
    g_assert_cmpstr(none, ==, "");
}

int main(int argc, char **argv)
{
    clips_init(&argc, &argv);
    g_test_add_func("/media/mailbox/newest", test_newest);
    g_test_add_func("/media/mailbox/lossless", test_lossless);
    g_test_add_func("/media/mailbox/loss", test_loss);
    g_test_add_func("/media/mailbox/restarted", test_restarted);
    g_test_add_func("/media/camera-mode/choice", test_modes);
    g_test_add_func("/media/camera-mode/description", test_descriptions);
    return clips_run();
}
