/* Nametag - from the threads that make pictures to the main thread that shows them, each when it is due.
 *
 * Pictures and news (whatever is to be told in between) are delivered in the order in which they were put in, by the
 * main context that was the thread's default when the queue was made. Of several pictures that are due the newest is
 * delivered; the others are dropped, and counted. News are never dropped; they come when what is before them is due.
 */
#ifndef NT_SHOW_QUEUE_H
#define NT_SHOW_QUEUE_H

#include <glib.h>

typedef struct NtShowQueue NtShowQueue; /* counted */

/* payload: delivered, and freed afterwards. Called from the context, without a lock. */
typedef void (*NtShowDeliver)(gpointer payload, gpointer user);

NtShowQueue *nt_show_queue_new(NtShowDeliver deliver, GDestroyNotify free_payload, gpointer user);
NtShowQueue *nt_show_queue_ref(NtShowQueue *queue);
void nt_show_queue_unref(NtShowQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtShowQueue, nt_show_queue_unref)

/* Any thread; payload is taken. due_us: monotonic time; 0: now. A picture that is due before those that wait makes them
 * due as well. replaces: what waits is not to be shown any more (a seek): it goes uncounted. */
void nt_show_queue_put(NtShowQueue *queue, gpointer payload, gint64 due_us, gboolean replaces);
void nt_show_queue_tell(NtShowQueue *queue, gpointer payload);
guint64 nt_show_queue_dropped(NtShowQueue *queue);

/* The context's thread: nothing is delivered after it, and what is put in is freed. */
void nt_show_queue_close(NtShowQueue *queue);

#endif
