#include "cli/live_job.h"

#include "cli/command.h"

/* How soon an interrupt, the end of the time and a failure are noticed while no frame comes. */
#define POLL_US (G_USEC_PER_SEC / 10)
#define LOOK_FOR_TROUBLE_US G_USEC_PER_SEC

typedef struct Run {
    const NtLiveJob *job;
    NtFeed *feed;
    NtLive *live;
    NtPresence *presence;
    /* Of the newest frame shown; the handing thread's, or ours once the live pipeline is drained. */
    gint64 time_us, pts_ns;
    GMutex lock; /* of what follows */
    GError *failure;

    gboolean analysis_failed;
    char *gallery_trouble, *told_trouble; /* of the last look, and what was said of it */
    gint64 looked_us;
} Run;

static void clear_run(Run *run)
{
    g_clear_pointer(&run->presence, nt_presence_free);
    g_mutex_clear(&run->lock);
    g_clear_error(&run->failure);
    g_free(run->gallery_trouble);
    g_free(run->told_trouble);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, clear_run)

/* The first failure ends the run; takes it. */
static void fail(Run *run, GError *failure)
{
    g_mutex_lock(&run->lock);
    if (!run->failure)
        run->failure = failure;
    else
        g_error_free(failure);
    g_mutex_unlock(&run->lock);
}

static gboolean has_failed(Run *run)
{
    g_mutex_lock(&run->lock);
    const gboolean failed = run->failure != NULL;
    g_mutex_unlock(&run->lock);
    return failed;
}

/* The wall clock at a moment of the monotonic one. Asked anew each time: days later the clock may have been set. */
static gint64 wall_clock(gint64 monotonic_us)
{
    return g_get_real_time() - g_get_monotonic_time() + monotonic_us;
}

/* From the handing thread, within nt_presence_add, or from ours at the end. */
static void on_presence(const NtPresenceEvent *event, gpointer user)
{
    Run *run = user;
    GError *error = NULL;
    const gint64 ago_us = (run->pts_ns - event->pts_ns) / 1000;
    const gint64 time_us = run->time_us - MAX(ago_us, 0);
    nt_live_talk_presence(run->job->talk, event, time_us);
    if (run->job->records &&
        !nt_records_write_presence(run->job->records, nt_feed_name(run->feed), event, time_us, &error))
        fail(run, error);
}

static void on_frame(const NtLiveFrame *frame, NtTaggedFrame *tagged, gpointer user)
{
    Run *run = user;
    const NtLiveJob *job = run->job;
    GError *error = NULL;
    g_autoptr(NtClassifier) classifier = nt_recognizer_get(job->recognizer);
    tagged->index = frame->index;
    tagged->pts_ns = run->pts_ns = frame->pts_ns;
    run->time_us = wall_clock(frame->arrived_us);
    nt_unknowns_add(job->unknowns, tagged, nt_classifier_threshold(classifier));
    nt_tag_summary_add(job->summary, tagged);
    nt_presence_add(run->presence, tagged);
    nt_live_talk_frame(job->talk, tagged);
    if (job->recording)
        nt_live_recording_add(job->recording, frame->token, tagged);
    if (job->records && !job->events_only && !has_failed(run) &&
        !nt_records_write_live(job->records, nt_feed_name(run->feed), tagged, run->time_us, job->landmarks, &error))
        fail(run, error);
}

static void write_source(Run *run, const char *event, const char *words, gint64 time_us)
{
    GError *error = NULL;
    if (run->job->records && !has_failed(run) &&
        !nt_records_write_source(run->job->records, nt_feed_name(run->feed), event, words, time_us, &error))
        fail(run, error);
}

/* Everybody who was in view has left; what was under way is shown first. */
static void let_everybody_go(Run *run)
{
    nt_live_drain(run->live);
    nt_presence_end(run->presence);
}

static void push(Run *run, NtFeedEvent *event)
{
    NtFrame *frame = g_steal_pointer(&event->frame);
    const NtLiveFrame next = {
        .yuv = nt_frame_image(frame),
        .token = frame,
        .free_token = (GDestroyNotify)nt_frame_unref,
        .index = nt_frame_index(frame),
        .pts_ns = nt_frame_pts_ns(frame),
        .arrived_us = event->arrived_us,
    };
    if (event->restarted)
        nt_live_restart(run->live);
    nt_live_push(run->live, &next);
}

/* FALSE when the feed is over. */
static gboolean take(Run *run, NtFeedEvent *event)
{
    switch (event->kind) {
    case NT_FEED_FRAME:
        push(run, event);
        return TRUE;
    case NT_FEED_LOST:
        let_everybody_go(run);
        nt_live_talk_warn(run->job->talk, event->words);
        write_source(run, "lost", event->words, g_get_real_time());
        return TRUE;
    case NT_FEED_BACK:
        nt_live_talk_tell(run->job->talk, event->words ? event->words : "the picture is back");
        write_source(run, "back", event->words, wall_clock(event->arrived_us));
        return TRUE;
    case NT_FEED_TIMEOUT:
        return TRUE;
    case NT_FEED_FAILED:
        let_everybody_go(run);
        write_source(run, "failed", event->error->message, g_get_real_time());
        fail(run, g_steal_pointer(&event->error));
        return FALSE;
    case NT_FEED_ENDED:
        break;
    }
    return FALSE;
}

/* A gallery that is being written may be unreadable for an instant: said is what lasts from one look to the next, once.
 */
static void look_at_gallery(Run *run)
{
    g_autofree char *trouble = nt_recognizer_trouble(run->job->recognizer);
    if (trouble && g_strcmp0(trouble, run->gallery_trouble) == 0 && g_strcmp0(trouble, run->told_trouble) != 0) {
        g_autofree char *words = g_strdup_printf("%s; those known before are still named", trouble);
        nt_live_talk_warn(run->job->talk, words);
        g_free(run->told_trouble);
        run->told_trouble = g_strdup(trouble);
    }
    if (!trouble)
        g_clear_pointer(&run->told_trouble, g_free);
    g_free(run->gallery_trouble);
    run->gallery_trouble = g_steal_pointer(&trouble);
}

static void look_for_trouble(Run *run)
{
    const gint64 now = g_get_monotonic_time();
    if (now - run->looked_us < LOOK_FOR_TROUBLE_US)
        return;
    run->looked_us = now;
    look_at_gallery(run);
    g_autoptr(GError) error = nt_live_trouble(run->live);
    if (!error || run->analysis_failed)
        return;
    run->analysis_failed = TRUE;
    g_autofree char *words =
        g_strdup_printf("frames cannot be analysed: %s; the picture goes on without names", error->message);
    nt_live_talk_warn(run->job->talk, words);
}

static gboolean is_to_end(Run *run, gint64 end_us)
{
    const NtLiveRecording *recording = run->job->recording;
    return nt_command_interrupted() || (end_us > 0 && g_get_monotonic_time() >= end_us) || has_failed(run) ||
           (recording && nt_live_recording_has_failed(run->job->recording));
}

static void run_feed(Run *run)
{
    const gint64 end_us = run->job->seconds_us > 0 ? g_get_monotonic_time() + run->job->seconds_us : 0;
    gboolean going = TRUE;
    while (going && !is_to_end(run, end_us)) {
        NtFeedEvent event = {0};
        NtLiveMeter meter;
        nt_feed_next(run->feed, POLL_US, &event);
        going = take(run, &event);
        nt_feed_event_clear(&event);
        look_for_trouble(run);
        nt_live_meter(run->live, &meter);
        nt_live_talk_meter(run->job->talk, &meter);
    }
}

gboolean nt_live_run(const NtLiveJob *job, NtFeed *feed, NtLiveOutcome *outcome, GError **error)
{
    g_auto(Run) run = {.job = job, .feed = feed};
    g_mutex_init(&run.lock);
    run.presence = nt_presence_new(on_presence, &run);
    run.live = nt_live_new(job->models, NULL, &job->options, on_frame, &run);
    write_source(&run, "started", NULL, g_get_real_time());
    run_feed(&run);
    nt_feed_cancel(feed);
    nt_live_talk_end(job->talk);
    let_everybody_go(&run);
    nt_live_meter(run.live, &outcome->meter);
    outcome->lost_frames = nt_feed_lost_frames(feed);
    nt_live_free(run.live);
    if (!has_failed(&run))
        write_source(&run, "ended", NULL, g_get_real_time());
    if (run.failure)
        g_propagate_error(error, g_steal_pointer(&run.failure));
    else if (run.analysis_failed)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "some frames could not be analysed");
    return !error || !*error;
}
