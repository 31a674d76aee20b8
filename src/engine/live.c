#include "engine/live.h"

#include "engine/live_meter.h"
#include "engine/live_private.h"

#define PATIENCE_NS 50000000
/* Until two frames have told: 30 a second. */
#define USUAL_INTERVAL_US 33333
/* A longer time between two frames is a gap in the source, and excuses nobody. */
#define LONGEST_INTERVAL_US 200000

typedef enum State {
    WAITING, /* for its analysis to begin */
    BEGUN,   /* is being analysed */
    DONE,    /* tagged is set, unless the analysis failed */
    PASSED,  /* a later frame is being analysed, or was: it will never be */
} State;

/* A frame on its way. */
typedef struct Item {
    GList link; /* in a queue: of those to be shown, or of those to be used again */
    NtLiveFrame frame;
    State state;
    NtTaggedFrame *tagged;
    guint generation;   /* counts restarts */
    gint64 interval_us; /* since the frame before it */
    gboolean gone;      /* handed on: no longer in the queue */
    gboolean finished;  /* and whoever it was handed to has returned */
} Item;

struct NtLive {
    const NtLiveAnalysis *analysis;
    gpointer self;
    NtLiveClock clock;
    gint64 patience_us;
    NtLiveShow show;
    gpointer user;
    NtFrameStore *empty_frames;
    GThread *analysing, *showing;

    GMutex lock;
    GCond work, change, idle_again; /* for the two threads, and for who drains */
    GQueue queue;                   /* of Item, oldest first: not handed on yet */
    GQueue unused;
    gboolean stop;
    guint generation, base_generation;
    NtTaggedFrame *base; /* the newest tags of a frame that was handed on, to predict from */
    gboolean base_is_news; /* that frame went out without them: nobody has seen what was embedded */
    gint64 last_pts_ns;
    GError *trouble;
    guint64 pushed, shown, analysed, skipped, late;
    NtRecent analysis_ms, delay_ms;
    NtNaming naming;
};

static gint64 now_us(const NtLive *live)
{
    return live->clock ? live->clock(live->user) : g_get_monotonic_time();
}

/* The lock is held; it is let go while the token is freed. */
static void give_back(NtLive *live, Item *item)
{
    if (!item->finished || item->state == BEGUN)
        return;
    const NtLiveFrame frame = item->frame;
    NtTaggedFrame *tagged = item->tagged;
    *item = (Item){.link.data = item};
    g_queue_push_tail_link(&live->unused, &item->link);
    g_mutex_unlock(&live->lock);
    nt_tagged_frame_unref(tagged);
    if (frame.free_token)
        frame.free_token(frame.token);
    g_mutex_lock(&live->lock);
}

static void set_base(NtLive *live, NtTaggedFrame *tagged, guint generation, gboolean is_news)
{
    nt_tagged_frame_unref(live->base);
    live->base = nt_tagged_frame_ref(tagged);
    live->base_generation = generation;
    live->base_is_news = is_news;
}

/* Analysis. */

/* The newest frame, if it was not begun; those before it are passed over. */
static Item *take_newest(NtLive *live)
{
    GList *link = g_queue_peek_tail_link(&live->queue);
    Item *newest = link ? link->data : NULL;
    if (!newest || newest->state != WAITING)
        return NULL;
    newest->state = BEGUN;
    for (link = link->prev; link && ((Item *)link->data)->state == WAITING; link = link->prev)
        ((Item *)link->data)->state = PASSED;
    g_cond_signal(&live->change);
    return newest;
}

/* The lock is held. Takes both. */
static void finish_analysis(NtLive *live, Item *item, NtTaggedFrame *tagged, GError *error)
{
    item->state = DONE;
    item->tagged = tagged;
    if (tagged) {
        tagged->index = item->frame.index;
        nt_naming_seen(&live->naming, tagged, item->frame.arrived_us);
        if (item->gone)
            set_base(live, tagged, item->generation, TRUE);
    } else if (!live->trouble) {
        live->trouble = g_steal_pointer(&error);
    }
    g_clear_error(&error);
    g_cond_signal(&live->change);
    give_back(live, item);
}

static gpointer analyse(gpointer data)
{
    NtLive *live = data;
    guint generation = 0;
    g_mutex_lock(&live->lock);
    while (!live->stop) {
        Item *item = take_newest(live);
        if (!item) {
            g_cond_wait(&live->work, &live->lock);
            continue;
        }
        g_mutex_unlock(&live->lock);

        if (item->generation != generation)
            live->analysis->restart(live->self);
        generation = item->generation;
        const gint64 begun_us = now_us(live);
        GError *error = NULL;
        NtTaggedFrame *tagged = live->analysis->tag(live->self, item->frame.yuv, item->frame.pts_ns, &error);

        g_mutex_lock(&live->lock);
        nt_recent_add(&live->analysis_ms, (double)(now_us(live) - begun_us) / 1e3);
        finish_analysis(live, item, tagged, error);
    }
    g_mutex_unlock(&live->lock);
    return NULL;
}

/* Handing on. */

/* Whether there is anything to wait for. */
static gboolean is_due(const NtLive *live, const Item *item)
{
    return live->stop || item->state == DONE || item->state == PASSED ||
           now_us(live) >= item->frame.arrived_us + live->patience_us;
}

/* Waits until the oldest frame is due; NULL when there will be none. */
static Item *wait_for_frame(NtLive *live)
{
    while (TRUE) {
        Item *item = g_queue_peek_head(&live->queue);
        if (item && is_due(live, item))
            return item;
        if (!item && live->stop)
            return NULL;
        if (!item || live->clock)
            g_cond_wait(&live->change, &live->lock);
        else
            g_cond_wait_until(&live->change, &live->lock, item->frame.arrived_us + live->patience_us);
    }
}

/* The lock is not held. */
static NtTaggedFrame *make_tags(const NtLive *live, const Item *item, const NtTaggedFrame *base, gboolean is_news)
{
    NtTaggedFrame *tagged;
    if (base) {
        tagged = nt_tagged_frame_predict(base, item->frame.pts_ns);
        if (is_news)
            nt_tagged_frame_take_looks(tagged, base);
    } else {
        tagged = nt_frame_store_take(live->empty_frames, 0);
        tagged->pts_ns = item->frame.pts_ns;
    }
    tagged->index = item->frame.index;
    tagged->width = item->frame.yuv->width;
    tagged->height = item->frame.yuv->height;
    return tagged;
}

static void count_shown(NtLive *live, const Item *item, const NtTaggedFrame *tagged, gboolean is_own, gint64 at_us)
{
    const gint64 delay_us = at_us - item->frame.arrived_us;
    live->shown++;
    live->analysed += is_own;
    live->skipped += !is_own;
    live->late += delay_us > live->patience_us + item->interval_us;
    nt_recent_add(&live->delay_ms, (double)delay_us / 1e3);
    nt_naming_shown(&live->naming, tagged, at_us);
}

/* The lock is held; it is let go while the frame is shown. */
static void hand_on(NtLive *live, Item *item)
{
    g_queue_unlink(&live->queue, &item->link);
    item->gone = TRUE;
    const gboolean is_own = item->state == DONE && item->tagged;
    const gboolean failed = item->state == DONE && !item->tagged;
    g_autoptr(NtTaggedFrame) tagged = is_own ? nt_tagged_frame_ref(item->tagged) : NULL;
    g_autoptr(NtTaggedFrame) base = NULL;
    if (live->base && live->base_generation == item->generation && !failed)
        base = nt_tagged_frame_ref(live->base);
    const gboolean is_news = !tagged && base && live->base_is_news;
    live->base_is_news = live->base_is_news && !is_news;
    g_mutex_unlock(&live->lock);

    if (!tagged)
        tagged = make_tags(live, item, base, is_news);
    const gint64 at_us = now_us(live);
    live->show(&item->frame, tagged, live->user);

    g_mutex_lock(&live->lock);
    if (is_own)
        set_base(live, tagged, item->generation, FALSE);
    count_shown(live, item, tagged, is_own, at_us);
    item->finished = TRUE;
    give_back(live, item);
    g_cond_broadcast(&live->idle_again);
}

static gpointer show_frames(gpointer data)
{
    NtLive *live = data;
    g_mutex_lock(&live->lock);
    for (Item *item; (item = wait_for_frame(live));)
        hand_on(live, item);
    g_mutex_unlock(&live->lock);
    return NULL;
}

NtLive *nt_live_new_with(const NtLiveAnalysis *analysis, gpointer self, NtLiveClock clock, gint64 patience_ns,
                         NtLiveShow show, gpointer user)
{
    NtLive *live = g_new0(NtLive, 1);
    live->analysis = analysis;
    live->self = self;
    live->clock = clock;
    live->patience_us = (patience_ns > 0 ? patience_ns : PATIENCE_NS) / 1000;
    live->show = show;
    live->user = user;
    live->empty_frames = nt_frame_store_new(1, 1, FALSE);
    g_mutex_init(&live->lock);
    g_cond_init(&live->work);
    g_cond_init(&live->change);
    g_cond_init(&live->idle_again);
    g_queue_init(&live->queue);
    g_queue_init(&live->unused);
    nt_naming_init(&live->naming);
    live->last_pts_ns = -1;
    live->analysing = g_thread_new("live-analysis", analyse, live);
    live->showing = g_thread_new("live-show", show_frames, live);
    return live;
}

void nt_live_free(NtLive *live)
{
    if (!live)
        return;
    g_mutex_lock(&live->lock);
    live->stop = TRUE;
    g_cond_broadcast(&live->work);
    g_cond_broadcast(&live->change);
    g_mutex_unlock(&live->lock);
    g_thread_join(live->showing);
    g_thread_join(live->analysing);
    live->analysis->free(live->self);
    for (GList *link; (link = g_queue_pop_head_link(&live->unused));)
        g_free(link->data);
    nt_tagged_frame_unref(live->base);
    nt_frame_store_unref(live->empty_frames);
    nt_naming_clear(&live->naming);
    g_clear_error(&live->trouble);
    g_mutex_clear(&live->lock);
    g_cond_clear(&live->work);
    g_cond_clear(&live->change);
    g_cond_clear(&live->idle_again);
    g_free(live);
}

void nt_live_push(NtLive *live, const NtLiveFrame *frame)
{
    g_mutex_lock(&live->lock);
    GList *link = g_queue_pop_head_link(&live->unused);
    Item *item = link ? link->data : g_new0(Item, 1);
    *item = (Item){.link.data = item, .frame = *frame, .generation = live->generation};
    const gint64 interval_us = (frame->pts_ns - live->last_pts_ns) / 1000;
    item->interval_us = live->last_pts_ns < 0 ? USUAL_INTERVAL_US : CLAMP(interval_us, 0, LONGEST_INTERVAL_US);
    live->last_pts_ns = frame->pts_ns;
    live->pushed++;
    g_queue_push_tail_link(&live->queue, &item->link);
    g_cond_signal(&live->work);
    g_cond_signal(&live->change);
    g_mutex_unlock(&live->lock);
}

void nt_live_restart(NtLive *live)
{
    g_mutex_lock(&live->lock);
    live->generation++;
    live->last_pts_ns = -1;
    g_mutex_unlock(&live->lock);
}

void nt_live_drain(NtLive *live)
{
    g_mutex_lock(&live->lock);
    while (live->shown < live->pushed)
        g_cond_wait(&live->idle_again, &live->lock);
    g_mutex_unlock(&live->lock);
}

void nt_live_wake(NtLive *live)
{
    g_mutex_lock(&live->lock);
    g_cond_broadcast(&live->change);
    g_mutex_unlock(&live->lock);
}

void nt_live_meter(NtLive *live, NtLiveMeter *meter)
{
    g_mutex_lock(&live->lock);
    *meter = (NtLiveMeter){.pushed = live->pushed,
                           .shown = live->shown,
                           .analysed = live->analysed,
                           .skipped = live->skipped,
                           .late = live->late,
                           .analysis_ms = nt_recent_quantile(&live->analysis_ms, 0.5),
                           .delay_ms = nt_recent_quantile(&live->delay_ms, 0.5),
                           .n_named = live->naming.n_named,
                           .time_to_name_ms = nt_recent_quantile(&live->naming.ms, 0.5),
                           .time_to_name_95_ms = nt_recent_quantile(&live->naming.ms, 0.95)};
    g_mutex_unlock(&live->lock);
}

GError *nt_live_trouble(NtLive *live)
{
    g_mutex_lock(&live->lock);
    GError *trouble = g_steal_pointer(&live->trouble);
    g_mutex_unlock(&live->lock);
    return trouble;
}
