/* A camera or a network camera, read as it happens. */
#include "app/viewing_private.h"

/* A changed wish is noticed by then, when no frame comes. */
#define POLL_US (G_USEC_PER_SEC / 5)

static void tell_opened(NtViewingCore *core, const NtFeed *feed)
{
    NtTiding *tiding = nt_tiding_new(NT_TIDING_OPENED);
    tiding->source = nt_feed_kind(feed) == NT_FEED_NETWORK ? NT_VIEWING_NETWORK : NT_VIEWING_CAMERA;
    tiding->words = g_strdup(nt_feed_name(feed));
    nt_viewing_core_tell(core, tiding);
}

/* Nobody is there any more; what was under way is shown first. */
static void let_everybody_go(NtViewingAnalysis *analysis)
{
    nt_viewing_analysis_drain(analysis);
    nt_viewing_analysis_everybody_left(analysis);
}

static void push(NtViewingCore *core, NtViewingAnalysis *analysis, NtFeedEvent *event)
{
    const NtViewingFrame frame = {
        .frame = event->frame,
        .pts_ns = nt_frame_pts_ns(event->frame),
        .waits_us = event->arrived_us + NT_VIEWING_PATIENCE_US,
        .restarted = event->restarted,
    };
    event->frame = NULL;
    g_mutex_lock(&core->lock);
    core->arrived++;
    g_mutex_unlock(&core->lock);
    nt_viewing_analysis_push(analysis, &frame);
}

/* FALSE when the feed is over. */
static gboolean take(NtViewingCore *core, NtViewingAnalysis *analysis, NtFeedEvent *event)
{
    switch (event->kind) {
    case NT_FEED_FRAME:
        push(core, analysis, event);
        return TRUE;
    case NT_FEED_LOST:
        let_everybody_go(analysis);
        nt_viewing_core_tell_words(core, NT_TIDING_LOST, g_steal_pointer(&event->words));
        return TRUE;
    case NT_FEED_BACK:
        nt_viewing_core_tell(core, nt_tiding_new(NT_TIDING_BACK));
        return TRUE;
    case NT_FEED_TIMEOUT:
        return TRUE;
    case NT_FEED_FAILED:
        let_everybody_go(analysis);
        nt_viewing_core_fail(core, g_steal_pointer(&event->error));
        return FALSE;
    case NT_FEED_ENDED:
        let_everybody_go(analysis);
        nt_viewing_core_tell(core, nt_tiding_new(NT_TIDING_ENDED));
        return FALSE;
    }
    return FALSE;
}

static void set_feed(NtViewingCore *core, NtFeed *feed)
{
    g_mutex_lock(&core->lock);
    if (core->feed)
        core->lost += nt_feed_lost_frames(core->feed);
    core->feed = feed;
    g_mutex_unlock(&core->lock);
}

void nt_viewing_read_feed(NtViewingCore *core)
{
    GError *error = NULL;
    g_autoptr(NtFeed) feed = nt_feed_open(core->location, NULL, &error);
    if (!feed) {
        nt_viewing_core_fail(core, error);
        return;
    }
    set_feed(core, feed);
    tell_opened(core, feed);
    NtViewingAnalysis *analysis = nt_viewing_analysis_new(core);
    gboolean going = TRUE;
    while (going && !nt_viewing_core_is_closed(core)) {
        NtFeedEvent event = {0};
        nt_feed_next(feed, POLL_US, &event);
        going = take(core, analysis, &event);
        nt_feed_event_clear(&event);
    }
    set_feed(core, NULL);
    nt_viewing_analysis_free(analysis);
}
