/* The scheduler of live pictures, step by step: the test says when time goes on and when an analysis ends, so that
 * nothing depends on how fast the machine is. At the end both run free. */
#include <glib.h>
#include <string.h>

#include "engine/live_meter.h"
#include "engine/live_private.h"

#define PATIENCE_MS 50
#define INTERVAL_MS 33
#define ANSWER_TIMEOUT_US (60 * G_TIME_SPAN_SECOND) /* of a machine that is very busy */
#define SPEED 300.0                                 /* pixels a second, of the one face there is */
#define TRACK 5
#define MOST_FRAMES 1000

typedef struct Shown {
    guint64 index;
    guint n_faces;
    NtFinding finding;
    double x;
    const char *name;
    gboolean embedded;
    float embedding;
    guint8 chip;
    gint64 pts_ns, tagged_pts_ns;
    int width;
} Shown;

/* One test's world. */
typedef struct Stage {
    NtLive *live;
    GAsyncQueue *shown; /* Shown */
    NtYuvImage yuv;
    guint64 n_pushed;

    GMutex lock;
    GCond change;
    gint64 now_us;
    gboolean gated; /* analyses wait to be let go on */
    guint n_begun, n_ended, n_allowed;
    guint64 begun_index; /* of the last one */
    gboolean fails;
    guint64 named_from; /* frame from which on the face has a name */
    guint n_restarts;
    guint64 restarted_before; /* the frame analysed first after the last restart */
    gboolean freed;
    guint n_freed[MOST_FRAMES]; /* how often each token was */
    gint64 show_takes_us;
    GRand *random; /* real time: analyses take some of it */
} Stage;

static guint64 index_of(gint64 pts_ns)
{
    return (guint64)(pts_ns / 1000000 / INTERVAL_MS);
}

static double place_of(gint64 pts_ns)
{
    return 100 + SPEED * (double)pts_ns / 1e9;
}

static NtTaggedFrame *make_tags(const Stage *stage, gint64 pts_ns)
{
    NtTaggedFrame *tagged = nt_tagged_frame_new(1);
    NtFace *face = tagged->faces;
    tagged->pts_ns = pts_ns;
    face->track = TRACK;
    face->place = (NtSquare){place_of(pts_ns), 100, 50};
    face->velocity = (NtSquare){SPEED, 0, 0};
    nt_tagged_frame_add_chips(tagged);
    memset(face->chip, (int)index_of(pts_ns) + 1, NT_CHIP_BYTES);
    face->embedded = TRUE;
    face->embedding[0] = (float)index_of(pts_ns) + 1;
    if (index_of(pts_ns) >= stage->named_from)
        face->verdict = (NtVerdict){.kind = NT_VERDICT_NAME, .name = "Anna"};
    return tagged;
}

static NtTaggedFrame *tag(gpointer self, const NtYuvImage *yuv, gint64 pts_ns, GError **error)
{
    Stage *stage = self;
    g_assert_true(yuv == &stage->yuv);
    g_mutex_lock(&stage->lock);
    stage->n_begun++;
    stage->begun_index = index_of(pts_ns);
    if (stage->restarted_before == G_MAXUINT64)
        stage->restarted_before = stage->begun_index;
    g_assert_cmpuint(stage->n_freed[stage->begun_index], ==, 0);
    g_cond_broadcast(&stage->change);
    while (stage->gated && stage->n_ended >= stage->n_allowed)
        g_cond_wait(&stage->change, &stage->lock);
    const gulong takes_us = stage->random ? (gulong)g_rand_int_range(stage->random, 0, 8000) : 0;
    g_mutex_unlock(&stage->lock);
    if (takes_us)
        g_usleep(takes_us);
    g_mutex_lock(&stage->lock);
    stage->n_ended++;
    g_assert_cmpuint(stage->n_freed[index_of(pts_ns)], ==, 0); /* the picture is there until the analysis is over */
    const gboolean fails = stage->fails;
    NtTaggedFrame *tagged = fails ? NULL : make_tags(stage, pts_ns);
    g_mutex_unlock(&stage->lock);
    if (fails)
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_IO, "made to fail");
    return tagged;
}

static void restart(gpointer self)
{
    Stage *stage = self;
    g_mutex_lock(&stage->lock);
    stage->n_restarts++;
    stage->restarted_before = G_MAXUINT64;
    g_mutex_unlock(&stage->lock);
}

static void free_analysis(gpointer self)
{
    Stage *stage = self;
    g_assert_false(stage->freed);
    stage->freed = TRUE;
}

static const NtLiveAnalysis analysis = {tag, restart, free_analysis};

static gint64 clock_of_stage(gpointer user)
{
    Stage *stage = user;
    g_mutex_lock(&stage->lock);
    const gint64 now_us = stage->now_us;
    g_mutex_unlock(&stage->lock);
    return now_us;
}

static void show(const NtLiveFrame *frame, NtTaggedFrame *tagged, gpointer user)
{
    Stage *stage = user;
    Shown *shown = g_new0(Shown, 1);
    *shown = (Shown){.index = frame->index,
                     .n_faces = tagged->n_faces,
                     .pts_ns = frame->pts_ns,
                     .tagged_pts_ns = tagged->pts_ns,
                     .width = tagged->width};
    g_assert_cmpuint(tagged->index, ==, frame->index);
    if (tagged->n_faces > 0) {
        shown->finding = tagged->faces[0].finding;
        shown->x = tagged->faces[0].place.x;
        shown->name = tagged->faces[0].verdict.name;
        shown->embedded = tagged->faces[0].embedded;
        shown->embedding = tagged->faces[0].embedding[0];
        shown->chip = tagged->faces[0].chip ? tagged->faces[0].chip[NT_CHIP_BYTES - 1] : 0;
    }
    g_async_queue_push(stage->shown, shown);
}

static void count_freed(gpointer token)
{
    guint *n_freed = token;
    (*n_freed)++;
}

static void set_up(Stage *stage, gboolean real_time)
{
    *stage = (Stage){
        .yuv = {.width = 640, .height = 480}, .named_from = G_MAXUINT64, .now_us = 1000000, .gated = !real_time};
    g_mutex_init(&stage->lock);
    g_cond_init(&stage->change);
    stage->shown = g_async_queue_new_full(g_free);
    stage->live =
        nt_live_new_with(&analysis, stage, real_time ? NULL : clock_of_stage, PATIENCE_MS * 1000000, show, stage);
}

static void open_gate(Stage *stage)
{
    g_mutex_lock(&stage->lock);
    stage->gated = FALSE;
    g_cond_broadcast(&stage->change);
    g_mutex_unlock(&stage->lock);
}

/* All tokens came back, each once. */
static void tear_down(Stage *stage)
{
    open_gate(stage);
    nt_live_free(stage->live);
    g_assert_true(stage->freed);
    for (guint64 i = 0; i < stage->n_pushed; i++)
        g_assert_cmpuint(stage->n_freed[i], ==, 1);
    g_async_queue_unref(stage->shown);
    g_mutex_clear(&stage->lock);
    g_cond_clear(&stage->change);
    g_clear_pointer(&stage->random, g_rand_free);
}

static void push(Stage *stage, gint64 arrived_us)
{
    const guint64 index = stage->n_pushed++;
    g_assert_cmpuint(index, <, MOST_FRAMES);
    nt_live_push(stage->live, &(NtLiveFrame){.yuv = &stage->yuv,
                                             .token = &stage->n_freed[index],
                                             .free_token = count_freed,
                                             .index = index,
                                             .pts_ns = (gint64)index * INTERVAL_MS * 1000000,
                                             .arrived_us = arrived_us});
}

/* A frame arrives so much later. */
static void push_after(Stage *stage, gint64 ms)
{
    g_mutex_lock(&stage->lock);
    const gint64 now_us = stage->now_us += ms * 1000;
    g_mutex_unlock(&stage->lock);
    nt_live_wake(stage->live);
    push(stage, now_us);
}

static void let_pass(Stage *stage, gint64 ms)
{
    g_mutex_lock(&stage->lock);
    stage->now_us += ms * 1000;
    g_mutex_unlock(&stage->lock);
    nt_live_wake(stage->live);
}

static void wait_until_begun(Stage *stage, guint64 index)
{
    g_mutex_lock(&stage->lock);
    while (stage->n_begun == stage->n_ended || stage->begun_index != index)
        g_assert_true(g_cond_wait_until(&stage->change, &stage->lock, g_get_monotonic_time() + ANSWER_TIMEOUT_US));
    g_mutex_unlock(&stage->lock);
}

/* Lets the analysis at hand end. */
static void end_analysis(Stage *stage)
{
    g_mutex_lock(&stage->lock);
    stage->n_allowed++;
    g_cond_broadcast(&stage->change);
    g_mutex_unlock(&stage->lock);
}

static Shown next_shown(Stage *stage, guint64 index)
{
    g_autofree Shown *shown = g_async_queue_timeout_pop(stage->shown, ANSWER_TIMEOUT_US);
    g_assert_nonnull(shown);
    g_assert_cmpuint(shown->index, ==, index);
    g_assert_cmpint(shown->pts_ns, ==, (gint64)index * INTERVAL_MS * 1000000);
    g_assert_cmpint(shown->tagged_pts_ns, ==, shown->pts_ns);
    return *shown;
}

static void assert_own(Stage *stage, guint64 index)
{
    const Shown shown = next_shown(stage, index);
    g_assert_cmpuint(shown.n_faces, ==, 1);
    g_assert_cmpint(shown.finding, ==, NT_FOUND_DETECTED);
    g_assert_cmpfloat_with_epsilon(shown.x, place_of(shown.pts_ns), 1e-6);
}

/* Where the face should be in this frame, not where it was in the one that was analysed. */
static void assert_predicted(Stage *stage, guint64 index)
{
    const Shown shown = next_shown(stage, index);
    g_assert_cmpuint(shown.n_faces, ==, 1);
    g_assert_cmpint(shown.finding, ==, NT_FOUND_PREDICTED);
    g_assert_cmpfloat_with_epsilon(shown.x, place_of(shown.pts_ns), 1e-6);
}

static void assert_bare(Stage *stage, guint64 index)
{
    const Shown shown = next_shown(stage, index);
    g_assert_cmpuint(shown.n_faces, ==, 0);
    g_assert_cmpint(shown.width, ==, 640);
}

/* The meter once the frames were shown: counting comes after showing. */
static NtLiveMeter read_meter(Stage *stage)
{
    NtLiveMeter meter;
    nt_live_drain(stage->live);
    nt_live_meter(stage->live, &meter);
    g_assert_cmpuint(meter.pushed, ==, stage->n_pushed);
    g_assert_cmpuint(meter.shown, ==, stage->n_pushed);
    g_assert_cmpuint(meter.analysed + meter.skipped, ==, meter.shown);
    return meter;
}

/* Analysis that is done in time: every frame has its own tags, as soon as they are there. */
static void test_quick(void)
{
    Stage stage;
    set_up(&stage, FALSE);
    for (guint64 i = 0; i < 40; i++) {
        push_after(&stage, INTERVAL_MS - 5);
        wait_until_begun(&stage, i);
        let_pass(&stage, 5);
        g_assert_cmpint(g_async_queue_length(stage.shown), <=, 0);
        end_analysis(&stage);
        assert_own(&stage, i);
    }
    const NtLiveMeter meter = read_meter(&stage);
    g_assert_cmpuint(meter.analysed, ==, 40);
    g_assert_cmpuint(meter.late, ==, 0);
    g_assert_cmpfloat_with_epsilon(meter.delay_ms, 5, 1e-6);
    g_assert_cmpfloat_with_epsilon(meter.analysis_ms, 5, 1e-6);
    tear_down(&stage);
}

/* What was embedded in a frame that is gone is told with the next one, once. */
static void test_late_looks(void)
{
    Stage stage;
    set_up(&stage, FALSE);
    push_after(&stage, 0);
    wait_until_begun(&stage, 0);
    let_pass(&stage, PATIENCE_MS);
    assert_bare(&stage, 0);
    end_analysis(&stage);
    for (guint64 i = 1; i < 3; i++) {
        push_after(&stage, INTERVAL_MS);
        wait_until_begun(&stage, 1); /* that of the frame before is over */
        let_pass(&stage, PATIENCE_MS);
        const Shown shown = next_shown(&stage, i);
        g_assert_cmpint(shown.finding, ==, NT_FOUND_PREDICTED);
        g_assert_cmpint(shown.embedded, ==, i == 1);
        g_assert_cmpfloat(shown.embedding, ==, i == 1 ? 1 : 0);
        g_assert_cmpuint(shown.chip, ==, i == 1 ? 1 : 0);
    }
    tear_down(&stage);
}

/* Analysis that takes three frames: all go out in order when their patience ends, predicted, and none is late. */
static void test_slow(void)
{
    Stage stage;
    set_up(&stage, FALSE);
    for (guint64 i = 0; i < 30; i += 3) {
        push_after(&stage, i == 0 ? 0 : 2 * INTERVAL_MS - PATIENCE_MS);
        if (i > 0) {
            end_analysis(&stage); /* of a frame that is gone: it tells of those to come */
            assert_predicted(&stage, i - 1);
        }
        wait_until_begun(&stage, i);
        push_after(&stage, INTERVAL_MS);
        let_pass(&stage, PATIENCE_MS - INTERVAL_MS - 1);
        g_assert_cmpint(g_async_queue_length(stage.shown), <=, 0);
        let_pass(&stage, 1);
        for (guint64 k = i; k < i + 2; k++) {
            if (i == 0)
                assert_bare(&stage, k); /* nothing is known yet */
            else
                assert_predicted(&stage, k);
            if (k > i)
                break;
            push_after(&stage, 2 * INTERVAL_MS - PATIENCE_MS);
            let_pass(&stage, PATIENCE_MS - INTERVAL_MS);
        }
    }
    end_analysis(&stage);
    wait_until_begun(&stage, 29);
    let_pass(&stage, PATIENCE_MS);
    assert_predicted(&stage, 29);
    const NtLiveMeter meter = read_meter(&stage);
    g_assert_cmpuint(meter.analysed, ==, 0);
    g_assert_cmpuint(meter.late, ==, 0);
    tear_down(&stage);
}

/* While one is analysed others arrive: the newest is next, and those between go on at once, with nothing to wait for.
 */
static void test_newest(void)
{
    Stage stage;
    set_up(&stage, FALSE);
    push_after(&stage, 0);
    wait_until_begun(&stage, 0);
    push_after(&stage, 10);
    push_after(&stage, 10);
    push_after(&stage, 10);
    end_analysis(&stage);
    assert_own(&stage, 0);
    wait_until_begun(&stage, 3);
    assert_predicted(&stage, 1);
    assert_predicted(&stage, 2);
    g_assert_cmpint(g_async_queue_length(stage.shown), <=, 0);
    end_analysis(&stage);
    assert_own(&stage, 3);
    const NtLiveMeter meter = read_meter(&stage);
    g_assert_cmpuint(meter.analysed, ==, 2);
    g_assert_cmpuint(meter.skipped, ==, 2);
    tear_down(&stage);
}

/* One analysis that takes long among quick ones. */
static void test_spike(void)
{
    Stage stage;
    set_up(&stage, FALSE);
    for (guint64 i = 0; i < 30; i++) {
        push_after(&stage, INTERVAL_MS);
        wait_until_begun(&stage, i);
        if (i % 10 == 9) {
            let_pass(&stage, PATIENCE_MS);
            assert_predicted(&stage, i);
            end_analysis(&stage);
        } else {
            end_analysis(&stage);
            assert_own(&stage, i);
        }
    }
    const NtLiveMeter meter = read_meter(&stage);
    g_assert_cmpuint(meter.skipped, ==, 3);
    g_assert_cmpuint(meter.late, ==, 0);
    tear_down(&stage);
}

/* What was seen before a restart says nothing of what comes after it, even when its analysis ends later. */
static void test_restart(void)
{
    Stage stage;
    set_up(&stage, FALSE);
    nt_live_restart(stage.live); /* before the first frame: nothing to forget */
    push_after(&stage, 0);
    wait_until_begun(&stage, 0);
    end_analysis(&stage);
    assert_own(&stage, 0);
    nt_live_restart(stage.live);
    push_after(&stage, INTERVAL_MS);
    wait_until_begun(&stage, 1);
    g_assert_cmpuint(stage.restarted_before, ==, 1);
    let_pass(&stage, PATIENCE_MS);
    assert_bare(&stage, 1);
    nt_live_restart(stage.live);
    push_after(&stage, INTERVAL_MS);
    end_analysis(&stage); /* of the frame before */
    wait_until_begun(&stage, 2);
    g_assert_cmpuint(stage.restarted_before, ==, 2);
    let_pass(&stage, PATIENCE_MS);
    assert_bare(&stage, 2);
    end_analysis(&stage);
    push_after(&stage, INTERVAL_MS);
    wait_until_begun(&stage, 3);
    g_assert_cmpuint(stage.restarted_before, ==, 2);
    let_pass(&stage, PATIENCE_MS);
    assert_predicted(&stage, 3);
    tear_down(&stage);
}

/* Frames go on without tags; the first error can be had, once. */
static void test_failure(void)
{
    Stage stage;
    set_up(&stage, FALSE);
    g_assert_null(nt_live_trouble(stage.live));
    for (guint64 i = 0; i < 4; i++) {
        g_mutex_lock(&stage.lock);
        stage.fails = i == 1 || i == 2;
        g_mutex_unlock(&stage.lock);
        push_after(&stage, INTERVAL_MS);
        wait_until_begun(&stage, i);
        end_analysis(&stage);
        if (i == 1 || i == 2)
            assert_bare(&stage, i);
        else
            assert_own(&stage, i);
    }
    g_autoptr(GError) error = nt_live_trouble(stage.live);
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_IO);
    g_assert_null(nt_live_trouble(stage.live));
    tear_down(&stage);
}

static gpointer free_live(gpointer live)
{
    nt_live_free(live);
    return NULL;
}

/* Freed while an analysis runs: what is under way goes out at once, and the pictures go when nobody reads them any
 * more. */
static void test_free_while_busy(void)
{
    Stage stage;
    set_up(&stage, FALSE);
    push_after(&stage, 0);
    wait_until_begun(&stage, 0);
    push_after(&stage, 1);
    push_after(&stage, 1);
    GThread *freeing = g_thread_new("freeing", free_live, g_steal_pointer(&stage.live));
    assert_bare(&stage, 0);
    assert_bare(&stage, 1);
    assert_bare(&stage, 2);
    g_assert_cmpuint(stage.n_freed[0], ==, 0);
    end_analysis(&stage);
    g_thread_join(freeing);
    tear_down(&stage);
}

/* With nothing pushed, and with a frame in hand. */
static void test_free_idle(void)
{
    Stage stage;
    set_up(&stage, FALSE);
    nt_live_drain(stage.live);
    tear_down(&stage);
    set_up(&stage, FALSE);
    open_gate(&stage);
    push_after(&stage, 0);
    tear_down(&stage);
    nt_live_free(NULL);
}

/* From the arrival of the frame in which a track is first seen to the moment a frame with its name is shown. */
static void test_time_to_name(void)
{
    Stage stage;
    set_up(&stage, FALSE);
    stage.named_from = 3;
    for (guint64 i = 0; i < 6; i++) {
        push_after(&stage, INTERVAL_MS - 4);
        wait_until_begun(&stage, i);
        let_pass(&stage, 4);
        end_analysis(&stage);
        assert_own(&stage, i);
    }
    const NtLiveMeter meter = read_meter(&stage);
    g_assert_cmpuint(meter.n_named, ==, 1);
    g_assert_cmpfloat_with_epsilon(meter.time_to_name_ms, 3 * INTERVAL_MS + 4, 1e-6);
    g_assert_cmpfloat_with_epsilon(meter.time_to_name_95_ms, 3 * INTERVAL_MS + 4, 1e-6);
    tear_down(&stage);
}

/* A machine that slept: the frame went out long after its time. */
static void test_late(void)
{
    Stage stage;
    set_up(&stage, FALSE);
    push_after(&stage, 0);
    wait_until_begun(&stage, 0);
    let_pass(&stage, PATIENCE_MS + 2 * INTERVAL_MS);
    assert_bare(&stage, 0);
    end_analysis(&stage);
    const NtLiveMeter meter = read_meter(&stage);
    g_assert_cmpuint(meter.late, ==, 1);
    g_assert_cmpfloat_with_epsilon(meter.delay_ms, PATIENCE_MS + 2 * INTERVAL_MS, 1e-6);
    tear_down(&stage);
}

/* Real time, analyses that take what they take, restarts in between: in order, each once, nothing lost. */
static void test_at_random(void)
{
    Stage stage;
    set_up(&stage, TRUE);
    stage.random = g_rand_new_with_seed(3);
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    for (guint i = 0; i < 400; i++) {
        if (i % 90 == 89)
            nt_live_restart(stage.live);
        push(&stage, g_get_monotonic_time());
        if (i % 150 == 149)
            nt_live_drain(stage.live);
        g_usleep((gulong)g_rand_int_range(random, 0, 4000));
        NtLiveMeter meter;
        nt_live_meter(stage.live, &meter);
        g_assert_cmpuint(meter.shown, <=, i + 1);
    }
    const NtLiveMeter meter = read_meter(&stage);
    for (guint64 i = 0; i < 400; i++)
        next_shown(&stage, i);
    g_assert_cmpuint(meter.analysed, >, 20);
    g_assert_cmpuint(stage.n_restarts, ==, 4);
    tear_down(&stage);
}

static void test_quantiles(void)
{
    NtRecent recent = {.n = 0};
    g_assert_cmpfloat(nt_recent_quantile(&recent, 0.5), ==, 0);
    nt_recent_add(&recent, 7);
    g_assert_cmpfloat(nt_recent_quantile(&recent, 0.5), ==, 7);
    g_assert_cmpfloat(nt_recent_quantile(&recent, 1), ==, 7);
    for (int i = 0; i < 1000; i++)
        nt_recent_add(&recent, i); /* 900 .. 999 are the last hundred */
    g_assert_cmpfloat(nt_recent_quantile(&recent, 0.5), ==, 950);
    g_assert_cmpfloat(nt_recent_quantile(&recent, 0.95), ==, 995);
    g_assert_cmpfloat(nt_recent_quantile(&recent, 0), ==, 900);
}

/* Thousands of strangers pass by; memory stays what it was, and who is named is counted once. */
static void test_naming(void)
{
    NtNaming naming;
    nt_naming_init(&naming);
    for (guint i = 1; i <= 5000; i++) {
        g_autoptr(NtTaggedFrame) tagged = nt_tagged_frame_new(2);
        tagged->faces[0].track = i;
        tagged->faces[1].track = 0; /* not tracked */
        nt_naming_seen(&naming, tagged, i * 1000);
        nt_naming_seen(&naming, tagged, i * 1000 + 500);
        if (i % 10 == 0)
            tagged->faces[0].verdict.kind = NT_VERDICT_NAME;
        nt_naming_shown(&naming, tagged, i * 1000 + 2000);
        nt_naming_shown(&naming, tagged, i * 1000 + 9000);
        g_assert_cmpuint(naming.waiting->len, <, 300);
    }
    g_assert_cmpuint(naming.n_named, ==, 500);
    g_assert_cmpfloat(nt_recent_quantile(&naming.ms, 1), ==, 2);
    nt_naming_clear(&naming);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/engine/live/quick", test_quick);
    g_test_add_func("/engine/live/slow", test_slow);
    g_test_add_func("/engine/live/late-looks", test_late_looks);
    g_test_add_func("/engine/live/newest", test_newest);
    g_test_add_func("/engine/live/spike", test_spike);
    g_test_add_func("/engine/live/restart", test_restart);
    g_test_add_func("/engine/live/failure", test_failure);
    g_test_add_func("/engine/live/free-while-busy", test_free_while_busy);
    g_test_add_func("/engine/live/free-idle", test_free_idle);
    g_test_add_func("/engine/live/time-to-name", test_time_to_name);
    g_test_add_func("/engine/live/late", test_late);
    g_test_add_func("/engine/live/at-random", test_at_random);
    g_test_add_func("/engine/live/quantiles", test_quantiles);
    g_test_add_func("/engine/live/naming", test_naming);
    return g_test_run();
}
