#include "media/mailbox.h"

#include <gst/video/video.h>

#include "media/frame.h"
#include "media/timeline.h"

/* Live: a reader that is late by less than this many frames loses none. Lossless: decoded ahead. */
#define FRAMES_AT_MOST 4

struct NtMailbox {
    gint references;
    gboolean lossless;
    GMutex lock;
    GCond filled, emptied, attention;
    GQueue events; /* NtFeedEvent */
    int frames;    /* among them */
    guint receiver;
    gboolean closed, notified;

    NtTimeline timeline;
    guint64 arrived, lost;
    gint64 last_arrival_us; /* of any receiver */
    gboolean is_new;        /* nothing came from the present one yet */
    gboolean gap, missing;  /* the next frame follows none; and a loss was told */
    int width, height;
    char *words;   /* of the last loss */
    GError *error; /* that it closed with, or NULL */
};

NtMailbox *nt_mailbox_new(gboolean lossless)
{
    NtMailbox *mailbox = g_new0(NtMailbox, 1);
    mailbox->references = 1;
    mailbox->lossless = lossless;
    mailbox->timeline = NT_TIMELINE_INIT;
    g_mutex_init(&mailbox->lock);
    g_cond_init(&mailbox->filled);
    g_cond_init(&mailbox->emptied);
    g_cond_init(&mailbox->attention);
    return mailbox;
}

NtMailbox *nt_mailbox_ref(NtMailbox *mailbox)
{
    g_atomic_int_inc(&mailbox->references);
    return mailbox;
}

static void event_free(gpointer event)
{
    nt_feed_event_clear(event);
    g_free(event);
}

void nt_mailbox_unref(NtMailbox *mailbox)
{
    if (!mailbox || !g_atomic_int_dec_and_test(&mailbox->references))
        return;
    g_queue_clear_full(&mailbox->events, event_free);
    g_mutex_clear(&mailbox->lock);
    g_cond_clear(&mailbox->filled);
    g_cond_clear(&mailbox->emptied);
    g_cond_clear(&mailbox->attention);
    g_clear_error(&mailbox->error);
    g_free(mailbox->words);
    g_free(mailbox);
}

guint nt_mailbox_open(NtMailbox *mailbox)
{
    g_mutex_lock(&mailbox->lock);
    guint receiver = ++mailbox->receiver;
    mailbox->gap = mailbox->is_new = TRUE;
    g_cond_broadcast(&mailbox->emptied);
    g_mutex_unlock(&mailbox->lock);
    return receiver;
}

void nt_mailbox_restart(NtMailbox *mailbox)
{
    g_mutex_lock(&mailbox->lock);
    mailbox->gap = TRUE;
    g_mutex_unlock(&mailbox->lock);
}

/* All from here to nt_mailbox_put: under the lock. */

static NtFeedEvent *add(NtMailbox *mailbox, NtFeedEventKind kind)
{
    NtFeedEvent *event = g_new0(NtFeedEvent, 1);
    event->kind = kind;
    g_queue_push_tail(&mailbox->events, event);
    mailbox->frames += kind == NT_FEED_FRAME;
    g_cond_signal(&mailbox->filled);
    return event;
}

static void lose_oldest(NtMailbox *mailbox)
{
    for (GList *at = mailbox->events.head; at; at = at->next) {
        NtFeedEvent *event = at->data;
        if (event->kind != NT_FEED_FRAME)
            continue;
        /* What the frame said of itself is true of the next one then. */
        NtFeedEvent *next = at->next ? at->next->data : NULL;
        if (event->restarted && next && next->kind == NT_FEED_FRAME)
            next->restarted = TRUE;
        else
            mailbox->gap |= event->restarted;
        g_queue_delete_link(&mailbox->events, at);
        event_free(event);
        mailbox->frames--;
        mailbox->lost++;
        return;
    }
}

static gboolean make_room(NtMailbox *mailbox, guint receiver)
{
    while (mailbox->lossless && mailbox->frames >= FRAMES_AT_MOST && mailbox->receiver == receiver && !mailbox->closed)
        g_cond_wait(&mailbox->emptied, &mailbox->lock);
    return mailbox->receiver == receiver && !mailbox->closed;
}

static gint64 place(NtMailbox *mailbox, GstSample *sample, const GstVideoInfo *info, gint64 duration, gint64 now)
{
    gint64 pts = nt_timeline_running_time(sample);
    int n = GST_VIDEO_INFO_FPS_N(info), d = GST_VIDEO_INFO_FPS_D(info);
    if (!mailbox->gap)
        return nt_timeline_place(&mailbox->timeline, pts, duration, n, d);
    gboolean was_away = mailbox->last_arrival_us && (mailbox->is_new || mailbox->missing) && !mailbox->lossless;
    gint64 gap = was_away ? (now - mailbox->last_arrival_us) * 1000 : 0;
    return nt_timeline_restart(&mailbox->timeline, pts, gap, n, d);
}

static void add_frame(NtMailbox *mailbox, GstSample *sample)
{
    GstVideoInfo info;
    GstCaps *caps = gst_sample_get_caps(sample);
    if (!caps || !gst_video_info_from_caps(&info, caps))
        return;
    gint64 now = g_get_monotonic_time();
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    gint64 duration = GST_BUFFER_DURATION_IS_VALID(buffer) ? (gint64)GST_BUFFER_DURATION(buffer) : -1;
    NtFrame *frame = nt_frame_new(sample, mailbox->arrived, place(mailbox, sample, &info, duration, now), duration);
    if (!frame)
        return;
    const NtYuvImage *image = nt_frame_image(frame);
    gboolean resized = mailbox->arrived && (image->width != mailbox->width || image->height != mailbox->height);
    mailbox->width = image->width;
    mailbox->height = image->height;
    if (mailbox->missing)
        add(mailbox, NT_FEED_BACK)->arrived_us = now;
    if (!mailbox->lossless && mailbox->frames >= FRAMES_AT_MOST)
        lose_oldest(mailbox);
    NtFeedEvent *event = add(mailbox, NT_FEED_FRAME);
    event->frame = frame;
    event->arrived_us = now;
    event->restarted = mailbox->arrived > 0 && (resized || mailbox->gap);
    mailbox->arrived++;
    mailbox->last_arrival_us = now;
    mailbox->gap = mailbox->missing = mailbox->is_new = FALSE;
    g_clear_pointer(&mailbox->words, g_free);
}

gboolean nt_mailbox_put(NtMailbox *mailbox, guint receiver, GstSample *sample)
{
    g_mutex_lock(&mailbox->lock);
    gboolean welcome = make_room(mailbox, receiver);
    if (welcome)
        add_frame(mailbox, sample);
    g_mutex_unlock(&mailbox->lock);
    return welcome;
}

/* A reader that is away for a night finds the last words, not all. */
void nt_mailbox_lose(NtMailbox *mailbox, char *words)
{
    g_mutex_lock(&mailbox->lock);
    mailbox->missing = mailbox->gap = TRUE;
    if (g_strcmp0(words, mailbox->words) == 0 || mailbox->closed) {
        g_free(words);
    } else {
        NtFeedEvent *last = g_queue_peek_tail(&mailbox->events);
        if (!last || last->kind != NT_FEED_LOST)
            last = add(mailbox, NT_FEED_LOST);
        g_free(last->words);
        last->words = g_strdup(words);
        g_free(mailbox->words);
        mailbox->words = words;
    }
    g_mutex_unlock(&mailbox->lock);
}

void nt_mailbox_end(NtMailbox *mailbox, GError *error)
{
    g_mutex_lock(&mailbox->lock);
    if (mailbox->closed) {
        g_clear_error(&error);
    } else {
        mailbox->error = error;
        mailbox->closed = TRUE;
    }
    g_cond_broadcast(&mailbox->emptied);
    g_cond_broadcast(&mailbox->filled);
    g_mutex_unlock(&mailbox->lock);
}

void nt_mailbox_notify(NtMailbox *mailbox)
{
    g_mutex_lock(&mailbox->lock);
    mailbox->notified = TRUE;
    g_cond_broadcast(&mailbox->attention);
    g_mutex_unlock(&mailbox->lock);
}

void nt_mailbox_attend(NtMailbox *mailbox, gint64 limit_us)
{
    gint64 end = g_get_monotonic_time() + limit_us;
    g_mutex_lock(&mailbox->lock);
    while (!mailbox->notified && g_cond_wait_until(&mailbox->attention, &mailbox->lock, end))
        continue;
    mailbox->notified = FALSE;
    g_mutex_unlock(&mailbox->lock);
}

/* Under the lock. Behind what is left in a closed box stands its end, as often as one asks. */
static gboolean take_oldest(NtMailbox *mailbox, NtFeedEvent *event)
{
    NtFeedEvent *oldest = g_queue_pop_head(&mailbox->events);
    if (oldest) {
        mailbox->frames -= oldest->kind == NT_FEED_FRAME;
        *event = *oldest;
        g_free(oldest);
        g_cond_signal(&mailbox->emptied);
    } else if (mailbox->closed) {
        *event = (NtFeedEvent){.kind = mailbox->error ? NT_FEED_FAILED : NT_FEED_ENDED};
        event->error = mailbox->error ? g_error_copy(mailbox->error) : NULL;
    }
    return oldest || mailbox->closed;
}

gboolean nt_mailbox_take(NtMailbox *mailbox, gint64 limit_us, NtFeedEvent *event)
{
    gint64 end = g_get_monotonic_time() + limit_us;
    g_mutex_lock(&mailbox->lock);
    while (g_queue_is_empty(&mailbox->events) && !mailbox->closed &&
           g_cond_wait_until(&mailbox->filled, &mailbox->lock, end))
        continue;
    gboolean taken = take_oldest(mailbox, event);
    g_mutex_unlock(&mailbox->lock);
    return taken;
}

gint64 nt_mailbox_last_arrival_us(NtMailbox *mailbox)
{
    g_mutex_lock(&mailbox->lock);
    gboolean full = mailbox->lossless && mailbox->frames >= FRAMES_AT_MOST; /* it is the reader who is waited for */
    gint64 last = full ? g_get_monotonic_time() : mailbox->is_new ? 0 : mailbox->last_arrival_us;
    g_mutex_unlock(&mailbox->lock);
    return last;
}

guint64 nt_mailbox_arrived(NtMailbox *mailbox)
{
    g_mutex_lock(&mailbox->lock);
    guint64 arrived = mailbox->arrived;
    g_mutex_unlock(&mailbox->lock);
    return arrived;
}

guint64 nt_mailbox_lost(NtMailbox *mailbox)
{
    g_mutex_lock(&mailbox->lock);
    guint64 lost = mailbox->lost;
    g_mutex_unlock(&mailbox->lock);
    return lost;
}
