#include "app/show_queue.h"

#define NEVER_US (-1)

typedef struct Entry {
    gpointer payload;
    gint64 due_us;
    gboolean is_picture;
} Entry;

struct NtShowQueue {
    gint ref_count;
    NtShowDeliver deliver;
    GDestroyNotify free_payload;
    gpointer user;
    GMutex lock;
    GSource *source; /* NULL: closed */
    GQueue entries;
    guint64 dropped;
};

typedef struct QueueSource {
    GSource source;
    NtShowQueue *queue;
} QueueSource;

static void free_entry(NtShowQueue *queue, Entry *entry)
{
    queue->free_payload(entry->payload);
    g_free(entry);
}

/* The lock is held: when the context is to look again. */
static void set_alarm(NtShowQueue *queue)
{
    const Entry *head = g_queue_peek_head(&queue->entries);
    if (queue->source)
        g_source_set_ready_time(queue->source, head ? head->due_us : NEVER_US);
}

/* The lock is held. Pictures that are not to be shown go over to gone, to be freed without it: all of them, or those
 * that are due like a later one. */
static void let_go(NtShowQueue *queue, gboolean all, gint64 now_us, GQueue *gone)
{
    gboolean later_is_due = all;
    for (GList *link = queue->entries.tail, *before; link; link = before) {
        Entry *entry = link->data;
        before = link->prev;
        if (!entry->is_picture)
            continue;
        if (later_is_due) {
            g_queue_unlink(&queue->entries, link);
            g_queue_push_tail_link(gone, link);
            queue->dropped += !all;
        }
        later_is_due |= entry->due_us <= now_us;
    }
}

static void free_gone(NtShowQueue *queue, GQueue *gone)
{
    for (Entry *entry; (entry = g_queue_pop_head(gone));)
        free_entry(queue, entry);
}

/* What is due, or NULL. */
static Entry *take_due(NtShowQueue *queue)
{
    GQueue gone = G_QUEUE_INIT;
    const gint64 now_us = g_get_monotonic_time();
    g_mutex_lock(&queue->lock);
    let_go(queue, FALSE, now_us, &gone);
    Entry *entry = g_queue_peek_head(&queue->entries);
    entry = queue->source && entry && entry->due_us <= now_us ? g_queue_pop_head(&queue->entries) : NULL;
    set_alarm(queue);
    g_mutex_unlock(&queue->lock);
    free_gone(queue, &gone);
    return entry;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
    (void)callback;
    (void)user;
    NtShowQueue *queue = nt_show_queue_ref(((QueueSource *)source)->queue);
    for (Entry *entry; (entry = take_due(queue));) {
        queue->deliver(entry->payload, queue->user);
        const gboolean was_picture = entry->is_picture;
        free_entry(queue, entry);
        if (was_picture)
            break; /* it is drawn before the next one */
    }
    nt_show_queue_unref(queue);
    return G_SOURCE_CONTINUE;
}

static void finalize_source(GSource *source)
{
    nt_show_queue_unref(((QueueSource *)source)->queue);
}

NtShowQueue *nt_show_queue_new(NtShowDeliver deliver, GDestroyNotify free_payload, gpointer user)
{
    static GSourceFuncs functions = {.dispatch = dispatch, .finalize = finalize_source};
    NtShowQueue *queue = g_new0(NtShowQueue, 1);
    queue->ref_count = 1;
    queue->deliver = deliver;
    queue->free_payload = free_payload;
    queue->user = user;
    g_mutex_init(&queue->lock);
    g_queue_init(&queue->entries);
    queue->source = g_source_new(&functions, sizeof(QueueSource));
    ((QueueSource *)queue->source)->queue = nt_show_queue_ref(queue);
    g_source_set_static_name(queue->source, "show queue");
    g_source_attach(queue->source, g_main_context_get_thread_default());
    return queue;
}

NtShowQueue *nt_show_queue_ref(NtShowQueue *queue)
{
    g_atomic_int_inc(&queue->ref_count);
    return queue;
}

void nt_show_queue_unref(NtShowQueue *queue)
{
    if (!queue || !g_atomic_int_dec_and_test(&queue->ref_count))
        return;
    free_gone(queue, &queue->entries);
    g_mutex_clear(&queue->lock);
    g_free(queue);
}

static void put(NtShowQueue *queue, gpointer payload, gint64 due_us, gboolean is_picture, gboolean replaces)
{
    GQueue gone = G_QUEUE_INIT;
    Entry *entry = g_new(Entry, 1);
    *entry = (Entry){payload, due_us, is_picture};
    g_mutex_lock(&queue->lock);
    if (!queue->source) {
        g_mutex_unlock(&queue->lock);
        free_entry(queue, entry);
        return;
    }
    if (replaces)
        let_go(queue, TRUE, 0, &gone);
    for (GList *link = queue->entries.head; link && is_picture; link = link->next) {
        Entry *waiting = link->data;
        waiting->due_us = MIN(waiting->due_us, due_us);
    }
    const Entry *last = g_queue_peek_tail(&queue->entries);
    if (!is_picture)
        entry->due_us = last ? last->due_us : 0;
    g_queue_push_tail(&queue->entries, entry);
    /* A main thread that is busy elsewhere must not make pictures pile up. */
    let_go(queue, FALSE, g_get_monotonic_time(), &gone);
    set_alarm(queue);
    g_mutex_unlock(&queue->lock);
    free_gone(queue, &gone);
}

void nt_show_queue_put(NtShowQueue *queue, gpointer payload, gint64 due_us, gboolean replaces)
{
    put(queue, payload, due_us, TRUE, replaces);
}

void nt_show_queue_tell(NtShowQueue *queue, gpointer payload)
{
    put(queue, payload, 0, FALSE, FALSE);
}

guint64 nt_show_queue_dropped(NtShowQueue *queue)
{
    g_mutex_lock(&queue->lock);
    const guint64 dropped = queue->dropped;
    g_mutex_unlock(&queue->lock);
    return dropped;
}

void nt_show_queue_close(NtShowQueue *queue)
{
    GQueue gone = G_QUEUE_INIT;
    g_mutex_lock(&queue->lock);
    GSource *source = g_steal_pointer(&queue->source);
    for (GList *link; (link = g_queue_pop_head_link(&queue->entries));)
        g_queue_push_tail_link(&gone, link);
    g_mutex_unlock(&queue->lock);
    free_gone(queue, &gone);
    if (source) {
        g_source_destroy(source);
        g_source_unref(source);
    }
}
