#include "media/player.h"

#include <glib/gi18n-lib.h>
#include <gst/pbutils/pbutils.h>
#include <math.h>

#include "media/frame.h"
#include "media/location.h"
#include "media/player_pipeline.h"
#include "media/player_private.h"
#include "media/trouble.h"

/* Frames that wait for the reader, at most. */
#define MAX_WAITING 8
/* How far before what is wanted a seek goes: some frames; and so many times farther when that was not enough. */
#define BEFORE_NS ((gint64)60 * GST_MSECOND)
#define BEFORE_FRAMES 2.5
#define FARTHER 8
/* A seek or step that is not done by then is no longer waited for. */
#define BUSY_LIMIT_US (10 * G_USEC_PER_SEC)
/* How often a pipeline that owes a frame is looked at: for errors that GStreamer swallows (trouble.h). */
#define LOOK_US (G_USEC_PER_SEC / 20)

typedef enum Busy {
    BUSY_NO,
    BUSY_OPENING,
    BUSY_SEEKING,
    BUSY_STEPPING,
} Busy;

struct NtPlayer {
    char *uri, *shown;
    const char *sound_factory;
    gint64 start_ns;
    GThread *thread;

    /* The thread's own. */
    NtPlayerPipeline *pipeline;
    NtTrouble trouble;
    Busy busy;
    gint64 busy_since_us;
    gint64 target_ns, before_ns; /* of the seek under way */
    double rate_in_use;
    gboolean is_playing; /* the pipeline is told to play */
    gboolean is_failed, silent;
    gboolean is_stepped; /* sound and picture stand apart: seek before playing */

    GMutex lock; /* of what follows */
    GCond work, news;
    gboolean rung, quit, woken;
    gboolean wants_play, loop;
    gint64 seek_ns; /* -1: none is wanted */
    int steps;
    double rate, volume;
    gboolean muted;
    gboolean is_ready, can_seek, has_sound, at_end;
    gint64 duration_ns;
    GQueue events;       /* NtPlayerEvent */
    NtPlayerEvent *held; /* the first frame, until READY is out */
    guint n_frames;      /* among the events */
    guint64 index, lost;
    gboolean restarted;               /* the next frame does not follow */
    gboolean loops;                   /* and comes after the last one of the clip, without a pause */
    gboolean fresh;                   /* the next frame is given even if it is the one before again */
    gint64 last_ns, last_duration_ns; /* of the newest frame; -1: none yet */
    gint64 last_due_us;
    gboolean clock_runs; /* positions go on from last_due_us */
};

static void wake_thread(NtPlayer *self)
{
    self->rung = TRUE;
    g_cond_signal(&self->work);
}

/* From any thread, within GStreamer's: the bus has a message. */
static void on_ring(gpointer user)
{
    NtPlayer *self = user;
    g_mutex_lock(&self->lock);
    wake_thread(self);
    g_mutex_unlock(&self->lock);
}

/* Events. */

static void free_event(gpointer event)
{
    nt_player_event_clear(event);
    g_free(event);
}

/* The oldest frame goes when there are too many. Lock held. */
static void push_event(NtPlayer *self, NtPlayerEvent *event)
{
    if (event->kind == NT_PLAYER_FRAME && ++self->n_frames > MAX_WAITING) {
        gboolean restarted = FALSE;
        for (GList *at = self->events.head; at; at = at->next) {
            NtPlayerEvent *old = at->data;
            if (old->kind != NT_PLAYER_FRAME)
                continue;
            restarted = old->restarted;
            g_queue_delete_link(&self->events, at);
            free_event(old);
            break;
        }
        self->n_frames--;
        self->lost++;
        for (GList *at = self->events.head; restarted && at; at = at->next)
            if (((NtPlayerEvent *)at->data)->kind == NT_PLAYER_FRAME) {
                ((NtPlayerEvent *)at->data)->restarted = TRUE;
                restarted = FALSE;
            }
        event->restarted |= restarted;
    }
    g_queue_push_tail(&self->events, event);
    g_cond_signal(&self->news);
}

static void tell(NtPlayer *self, NtPlayerEventKind kind, char *words, GError *error)
{
    NtPlayerEvent *event = g_new0(NtPlayerEvent, 1);
    *event = (NtPlayerEvent){.kind = kind, .words = words, .error = error};
    g_mutex_lock(&self->lock);
    push_event(self, event);
    g_mutex_unlock(&self->lock);
}

/* When a frame is to be on the screen: what the pipeline's clock says, on the monotonic one, and as late as the sound. */
static gint64 due_us(NtPlayer *self, GstSample *sample, gint64 now_us)
{
    GstElement *pipeline = self->pipeline->decode->pipeline;
    const GstClockTime pts = GST_BUFFER_PTS(gst_sample_get_buffer(sample));
    const GstClockTime running = gst_segment_to_running_time(gst_sample_get_segment(sample), GST_FORMAT_TIME, pts);
    g_autoptr(GstClock) clock = gst_element_get_clock(pipeline);
    if (!clock || !GST_CLOCK_TIME_IS_VALID(running))
        return now_us;
    const gint64 ahead_ns = (gint64)(gst_element_get_base_time(pipeline) + running) - (gint64)gst_clock_get_time(clock);
    return now_us + CLAMP(NT_PLAYER_AHEAD_US + ahead_ns / 1000, -G_USEC_PER_SEC, 2 * NT_PLAYER_AHEAD_US);
}

/* The clock stood while it was sought: the first frame of the next turn is due when the last one of this was shown. Lock
 * held. */
static gint64 next_turn_us(const NtPlayer *self, gint64 now_us)
{
    const gint64 shown_us = self->last_due_us + (gint64)((double)self->last_duration_ns / 1000 / self->rate);
    return CLAMP(shown_us, now_us, now_us + 2 * NT_PLAYER_AHEAD_US);
}

/* From a streaming thread. */
static void on_take(GstSample *sample, gint64 position_ns, gint64 duration_ns, gpointer user)
{
    NtPlayer *self = user;
    const gint64 now_us = g_get_monotonic_time();
    g_mutex_lock(&self->lock);
    const gboolean again = position_ns == self->last_ns && !self->fresh;
    const gboolean runs = self->wants_play && self->clock_runs;
    const guint64 index = self->index;
    const gint64 turn_us = self->loops ? next_turn_us(self, now_us) : 0;
    g_mutex_unlock(&self->lock);
    /* What was shown while paused comes again when it plays. */
    NtFrame *frame = again ? NULL : nt_frame_new(sample, index, position_ns, duration_ns);
    if (!frame)
        return;
    NtPlayerEvent *event = g_new0(NtPlayerEvent, 1);
    *event = (NtPlayerEvent){.kind = NT_PLAYER_FRAME,
                             .frame = frame,
                             .arrived_us = now_us,
                             .due_us = !runs     ? now_us
                                       : turn_us ? turn_us
                                                 : due_us(self, sample, now_us)};
    g_mutex_lock(&self->lock);
    event->restarted = self->restarted;
    self->restarted = self->fresh = self->loops = FALSE;
    self->index++;
    self->last_ns = position_ns;
    self->last_duration_ns = duration_ns;
    self->last_due_us = event->due_us;
    if (self->is_ready) {
        push_event(self, event);
    } else {
        if (self->held)
            free_event(self->held);
        self->held = event;
    }
    g_mutex_unlock(&self->lock);
}

/* The thread. */

static void set_busy(NtPlayer *self, Busy busy)
{
    self->busy = busy;
    self->busy_since_us = g_get_monotonic_time();
}

static void set_playing(NtPlayer *self, gboolean playing)
{
    self->is_playing = playing;
    g_mutex_lock(&self->lock);
    self->clock_runs = playing;
    g_mutex_unlock(&self->lock);
    gst_element_set_state(self->pipeline->decode->pipeline, playing ? GST_STATE_PLAYING : GST_STATE_PAUSED);
}

static void fail(NtPlayer *self, GError *error)
{
    self->is_failed = TRUE;
    self->busy = BUSY_NO;
    tell(self, NT_PLAYER_FAILED, NULL, error);
}

static gboolean start_pipeline(NtPlayer *self)
{
    GError *error = NULL;
    self->pipeline = nt_player_pipeline_new(self->uri, self->shown, self->silent, self->sound_factory, on_take, on_ring,
                                            self, &error);
    if (!self->pipeline) {
        fail(self, error);
        return FALSE;
    }
    g_mutex_lock(&self->lock);
    nt_player_pipeline_set_sound(self->pipeline, pow(self->volume, 3), self->muted);
    g_mutex_unlock(&self->lock);
    self->rate_in_use = 1;
    self->is_playing = FALSE;
    set_busy(self, BUSY_OPENING);
    gst_element_set_state(self->pipeline->decode->pipeline, GST_STATE_PAUSED);
    return TRUE;
}

static void seek(NtPlayer *self, gint64 position_ns, gint64 before_ns)
{
    g_mutex_lock(&self->lock);
    const double rate = self->rate;
    self->at_end = FALSE;
    self->fresh = TRUE;
    g_mutex_unlock(&self->lock);
    self->target_ns = position_ns;
    self->before_ns = before_ns;
    self->is_stepped = FALSE;
    if (nt_player_pipeline_seek(self->pipeline, position_ns, before_ns, rate)) {
        self->rate_in_use = rate;
        set_busy(self, BUSY_SEEKING);
    }
}

static gint64 usual_before(NtPlayer *self)
{
    g_mutex_lock(&self->lock);
    const gint64 duration_ns = self->last_duration_ns;
    g_mutex_unlock(&self->lock);
    return MAX(BEFORE_NS, (gint64)(BEFORE_FRAMES * duration_ns));
}

static void get_ready(NtPlayer *self)
{
    gint64 duration_ns = -1, start = 0, end = 0;
    gboolean can_seek = FALSE;
    if (!gst_element_query_duration(self->pipeline->decode->pipeline, GST_FORMAT_TIME, &duration_ns))
        duration_ns = -1;
    GstQuery *query = gst_query_new_seeking(GST_FORMAT_TIME);
    if (gst_element_query(self->pipeline->decode->pipeline, query))
        gst_query_parse_seeking(query, NULL, &can_seek, &start, &end);
    gst_query_unref(query);

    g_mutex_lock(&self->lock);
    const gboolean first = !self->is_ready;
    self->is_ready = TRUE;
    self->duration_ns = duration_ns;
    self->can_seek = can_seek;
    self->has_sound = self->pipeline->sound != NULL;
    NtPlayerEvent *held = g_steal_pointer(&self->held);
    const gint64 start_ns = self->start_ns;
    self->start_ns = 0;
    if (first) {
        NtPlayerEvent *event = g_new0(NtPlayerEvent, 1);
        event->kind = NT_PLAYER_READY;
        push_event(self, event);
    }
    const gboolean elsewhere = start_ns > 0 && can_seek && (duration_ns < 0 || start_ns < duration_ns);
    if (held && !elsewhere)
        push_event(self, held);
    else if (held)
        free_event(held);
    if (elsewhere && self->seek_ns < 0)
        self->seek_ns = start_ns;
    g_mutex_unlock(&self->lock);
}

/* The seek, the step, the opening is done. */
static void on_done(NtPlayer *self)
{
    const Busy busy = self->busy;
    self->busy = BUSY_NO;
    if (busy == BUSY_OPENING)
        get_ready(self);
    if (busy != BUSY_SEEKING)
        return;
    const gint64 last_ns = nt_player_pipeline_last_dropped(self->pipeline);
    if (last_ns >= 0) /* beyond the last frame was sought: it is the one to be shown */
        seek(self, last_ns, usual_before(self));
    else if (nt_player_pipeline_is_cut(self->pipeline))
        seek(self, self->target_ns, MAX(self->before_ns, BEFORE_NS) * FARTHER);
    else if (nt_player_pipeline_passed(self->pipeline) >= 0)
        seek(self, nt_player_pipeline_passed(self->pipeline), usual_before(self));
}

static void on_end(NtPlayer *self)
{
    if (self->busy == BUSY_OPENING)
        return; /* without a frame: look_for_trouble says what it is */
    self->busy = BUSY_NO;
    const gint64 last_ns = nt_player_pipeline_last_dropped(self->pipeline);
    if (last_ns >= 0) { /* as in on_done, while playing */
        seek(self, last_ns, usual_before(self));
        return;
    }
    g_mutex_lock(&self->lock);
    const gboolean again = self->loop && self->wants_play && self->can_seek;
    self->restarted |= again;
    self->loops = again;
    if (!again) {
        self->at_end = TRUE;
        self->wants_play = FALSE;
    }
    g_mutex_unlock(&self->lock);
    if (again) {
        seek(self, 0, 0);
    } else {
        set_playing(self, FALSE);
        tell(self, NT_PLAYER_ENDED, NULL, NULL);
    }
}

/* The sound's output broke: everything anew without it, from where we are. */
static void go_silent(NtPlayer *self, const GError *error)
{
    g_autofree char *words = nt_location_mask(error->message);
    tell(self, NT_PLAYER_WARNED,
         /* Translators: %s is why, in GStreamer's words. */
         g_strdup_printf(_("the sound cannot be played (%s); the picture goes on without it"), words), NULL);
    self->silent = TRUE;
    nt_player_pipeline_free(self->pipeline); /* its frames come here until it is gone: it is there for them */
    self->pipeline = NULL;
    g_mutex_lock(&self->lock);
    self->start_ns = MAX(self->last_ns, 0);
    self->fresh = TRUE;
    g_mutex_unlock(&self->lock);
    start_pipeline(self);
}

/* FALSE: the pipeline is another now. */
static gboolean on_message(NtPlayer *self, GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    gboolean ended = FALSE;
    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ASYNC_DONE:
        if (self->busy != BUSY_NO)
            on_done(self);
        return TRUE;
    case GST_MESSAGE_STEP_DONE:
        /* The frame is on its way; what is done is told by ASYNC_DONE, but for a step beyond the end. */
        gst_message_parse_step_done(message, NULL, NULL, NULL, NULL, NULL, NULL, &ended);
        if (self->busy == BUSY_STEPPING && ended)
            on_done(self);
        return TRUE;
    case GST_MESSAGE_EOS:
        on_end(self);
        return TRUE;
    case GST_MESSAGE_CLOCK_LOST:
        if (self->is_playing) {
            gst_element_set_state(self->pipeline->decode->pipeline, GST_STATE_PAUSED);
            gst_element_set_state(self->pipeline->decode->pipeline, GST_STATE_PLAYING);
        }
        return TRUE;
    case GST_MESSAGE_ERROR:
        if (!nt_player_pipeline_is_of_sound(self->pipeline, message)) {
            nt_trouble_note(&self->trouble, message);
            return TRUE;
        }
        gst_message_parse_error(message, &error, NULL);
        go_silent(self, error);
        return FALSE;
    default:
        return TRUE;
    }
}

/* Nothing can come of it: an error, or streams without a picture. */
static void look_for_trouble(NtPlayer *self)
{
    const NtDecode *decode = self->pipeline->decode;
    const gboolean opening = self->busy == BUSY_OPENING;
    const gboolean blind = opening && nt_decode_is_blind(decode);
    GError *error = NULL;
    if (!self->trouble.error && !blind && !(opening && nt_trouble_is_stalled(&self->trouble, decode->pipeline)))
        return;
    if (blind && !self->trouble.missing->len)
        nt_decode_describe_blind(decode, self->shown, &error);
    else
        nt_trouble_describe(&self->trouble, self->shown, self->index, &error);
    fail(self, error);
}

static void take_messages(NtPlayer *self)
{
    gboolean same = TRUE;
    while (same && !self->is_failed) {
        g_autoptr(GstMessage) message = nt_player_pipeline_next_message(self->pipeline);
        if (!message)
            break;
        if (gst_is_missing_plugin_message(message))
            nt_trouble_note(&self->trouble, message);
        else
            same = on_message(self, message);
    }
    if (!self->is_failed && self->pipeline)
        look_for_trouble(self);
}

static void step_forward(NtPlayer *self, int n)
{
    self->is_stepped = TRUE;
    set_busy(self, BUSY_STEPPING);
    gst_element_send_event(self->pipeline->decode->sink,
                           gst_event_new_step(GST_FORMAT_BUFFERS, (guint64)n, 1.0, TRUE, FALSE));
}

static void step_back(NtPlayer *self)
{
    g_mutex_lock(&self->lock);
    const gint64 last_ns = self->last_ns;
    const gboolean possible = last_ns > 0 && self->can_seek;
    self->restarted |= possible;
    if (!possible)
        self->steps = 0;
    g_mutex_unlock(&self->lock);
    if (possible)
        seek(self, last_ns - 1, usual_before(self));
}

/* One command, if one is due. */
static void carry_out(NtPlayer *self)
{
    g_mutex_lock(&self->lock);
    gint64 seek_ns = self->can_seek ? self->seek_ns : -1;
    self->seek_ns = -1;
    int steps = seek_ns < 0 ? self->steps : 0;
    /* Several forwards are one event; backwards they are taken one by one, each shown. */
    self->steps = steps < 0 ? steps + 1 : seek_ns < 0 ? 0 : self->steps;
    nt_player_pipeline_set_sound(self->pipeline, pow(self->volume, 3), self->muted);
    const gboolean play = self->wants_play, at_end = self->at_end, can_seek = self->can_seek;
    const gboolean other_rate = self->rate != self->rate_in_use;
    const gint64 last_ns = self->last_ns, next_ns = last_ns + self->last_duration_ns;
    if (seek_ns >= 0 || (play && at_end && can_seek)) {
        self->restarted = TRUE;
        self->loops = FALSE;
    }
    g_mutex_unlock(&self->lock);

    if (seek_ns >= 0)
        seek(self, seek_ns, seek_ns > 0 ? usual_before(self) : 0);
    else if (steps && self->is_playing)
        set_playing(self, FALSE);
    if (seek_ns < 0 && steps > 0 && !at_end)
        step_forward(self, steps);
    else if (seek_ns < 0 && steps < 0)
        step_back(self);
    else if (seek_ns < 0 && play && at_end && can_seek)
        seek(self, 0, 0);
    else if (seek_ns < 0 && play && can_seek && (other_rate || self->is_stepped))
        seek(self, other_rate && self->is_playing ? next_ns : MAX(last_ns, 0), usual_before(self));
    if (!steps && play != self->is_playing)
        set_playing(self, play);
}

static gboolean is_work(const NtPlayer *self)
{
    return self->seek_ns >= 0 || self->steps || self->wants_play != self->is_playing ||
           (self->wants_play && self->rate != self->rate_in_use);
}

static gpointer run(gpointer user)
{
    NtPlayer *self = user;
    start_pipeline(self);
    g_mutex_lock(&self->lock);
    while (!self->quit) {
        const gboolean free_hands = !self->is_failed && self->busy == BUSY_NO && self->is_ready;
        if (!self->rung && !(free_hands && is_work(self)))
            g_cond_wait_until(&self->work, &self->lock,
                              g_get_monotonic_time() + (self->busy == BUSY_NO ? G_USEC_PER_SEC : LOOK_US));
        self->rung = FALSE;
        g_mutex_unlock(&self->lock);
        if (!self->is_failed)
            take_messages(self);
        if (self->busy != BUSY_NO && self->busy != BUSY_OPENING &&
            g_get_monotonic_time() - self->busy_since_us > BUSY_LIMIT_US)
            self->busy = BUSY_NO;
        if (!self->is_failed && self->busy == BUSY_NO && self->is_ready)
            carry_out(self);
        g_mutex_lock(&self->lock);
    }
    g_mutex_unlock(&self->lock);
    if (self->pipeline) /* which frames still ask for until it is gone */
        nt_player_pipeline_free(self->pipeline);
    self->pipeline = NULL;
    return NULL;
}

/* The interface. */

NtPlayer *nt_player_open_with_sound(const char *location, gint64 start_ns, const char *sound_factory, GError **error)
{
    g_autofree char *uri = nt_location_to_uri(location, error);
    if (!uri)
        return NULL;
    NtPlayer *self = g_new0(NtPlayer, 1);
    self->uri = g_steal_pointer(&uri);
    self->shown = nt_location_mask(location);
    self->sound_factory = sound_factory;
    self->start_ns = start_ns;
    self->seek_ns = self->last_ns = self->duration_ns = -1;
    self->rate = self->volume = 1;
    self->restarted = TRUE;
    nt_trouble_init(&self->trouble);
    g_mutex_init(&self->lock);
    g_cond_init(&self->work);
    g_cond_init(&self->news);
    g_queue_init(&self->events);
    self->thread = g_thread_new("player", run, self);
    return self;
}

NtPlayer *nt_player_open(const char *location, gint64 start_ns, GError **error)
{
    return nt_player_open_with_sound(location, start_ns, "autoaudiosink", error);
}

void nt_player_close(NtPlayer *self)
{
    if (!self)
        return;
    g_mutex_lock(&self->lock);
    self->quit = TRUE;
    wake_thread(self);
    g_mutex_unlock(&self->lock);
    g_thread_join(self->thread);
    g_queue_clear_full(&self->events, free_event);
    g_clear_pointer(&self->held, free_event);
    nt_trouble_clear(&self->trouble);
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->work);
    g_cond_clear(&self->news);
    g_free(self->uri);
    g_free(self->shown);
    g_free(self);
}

void nt_player_next(NtPlayer *self, gint64 timeout_us, NtPlayerEvent *event)
{
    const gint64 end_us = g_get_monotonic_time() + timeout_us;
    *event = (NtPlayerEvent){.kind = NT_PLAYER_TIMEOUT};
    g_mutex_lock(&self->lock);
    while (g_queue_is_empty(&self->events) && !self->woken) {
        if (timeout_us < 0)
            g_cond_wait(&self->news, &self->lock);
        else if (!g_cond_wait_until(&self->news, &self->lock, end_us))
            break;
    }
    self->woken = FALSE;
    NtPlayerEvent *next = g_queue_pop_head(&self->events);
    if (next) {
        *event = *next;
        g_free(next);
    }
    if (event->kind == NT_PLAYER_FRAME)
        self->n_frames--;
    g_mutex_unlock(&self->lock);
}

void nt_player_event_clear(NtPlayerEvent *event)
{
    g_clear_pointer(&event->frame, nt_frame_unref);
    g_clear_pointer(&event->words, g_free);
    g_clear_error(&event->error);
}

void nt_player_wake(NtPlayer *self)
{
    g_mutex_lock(&self->lock);
    self->woken = TRUE;
    g_cond_signal(&self->news);
    g_mutex_unlock(&self->lock);
}

#define COMMAND(self, ...)             \
    do {                               \
        g_mutex_lock(&(self)->lock);   \
        __VA_ARGS__;                   \
        wake_thread(self);             \
        g_mutex_unlock(&(self)->lock); \
    } while (0)

void nt_player_play(NtPlayer *self)
{
    COMMAND(self, self->wants_play = TRUE);
}
void nt_player_pause(NtPlayer *self)
{
    COMMAND(self, self->wants_play = FALSE);
}
void nt_player_set_loop(NtPlayer *self, gboolean loop)
{
    COMMAND(self, self->loop = loop);
}

void nt_player_seek(NtPlayer *self, gint64 position_ns)
{
    COMMAND(self, self->seek_ns = MAX(position_ns, 0), self->steps = 0);
}

void nt_player_step(NtPlayer *self, int frames)
{
    COMMAND(self, self->steps += frames, self->wants_play = FALSE);
}

void nt_player_set_rate(NtPlayer *self, double rate)
{
    COMMAND(self, self->rate = CLAMP(rate, NT_PLAYER_SLOWEST, NT_PLAYER_FASTEST));
}

/* The pipeline is the thread's, which may be making another: it is told there. */
void nt_player_set_volume(NtPlayer *self, double volume)
{
    COMMAND(self, self->volume = CLAMP(volume, 0, 1));
}

void nt_player_set_muted(NtPlayer *self, gboolean muted)
{
    COMMAND(self, self->muted = muted);
}

#define GET(type, self, value)     \
    g_mutex_lock(&(self)->lock);   \
    const type result = value;     \
    g_mutex_unlock(&(self)->lock); \
    return result

gint64 nt_player_duration_ns(NtPlayer *self)
{
    GET(gint64, self, self->duration_ns);
}
gboolean nt_player_can_seek(NtPlayer *self)
{
    GET(gboolean, self, self->can_seek);
}
gboolean nt_player_has_sound(NtPlayer *self)
{
    GET(gboolean, self, self->has_sound);
}
guint64 nt_player_lost_frames(NtPlayer *self)
{
    GET(guint64, self, self->lost);
}

gint64 nt_player_position_ns(NtPlayer *self)
{
    g_mutex_lock(&self->lock);
    gint64 position_ns = MAX(self->last_ns, 0);
    if (self->clock_runs && self->wants_play && self->seek_ns < 0) {
        /* The newest frame is not due yet, or is overdue: the clock is by so much before or after it. */
        const gint64 since_ns = (g_get_monotonic_time() - self->last_due_us) * 1000;
        position_ns += (gint64)(CLAMP(since_ns, -2 * NT_PLAYER_AHEAD_US * 1000, (gint64)GST_SECOND / 2) * self->rate);
    } else if (self->seek_ns >= 0) {
        position_ns = self->seek_ns;
    }
    const gint64 end_ns = self->duration_ns;
    g_mutex_unlock(&self->lock);
    return end_ns > 0 ? CLAMP(position_ns, 0, end_ns) : MAX(position_ns, 0);
}

const char *nt_player_name(const NtPlayer *self)
{
    return self->shown;
}
