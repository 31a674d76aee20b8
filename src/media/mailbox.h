/* Nametag - between the threads that receive frames and the one that reads them: the newest few of a live picture, or all, in order,
 * with what happened in between. Private to media.
 *
 * Receivers come and go; each opens the box, and what an earlier one still puts into it is thrown away.
 */
#ifndef NT_MAILBOX_H
#define NT_MAILBOX_H

#include <gst/gst.h>

#include "media/feed.h"

typedef struct NtMailbox NtMailbox;

/* lossless: a full box makes the receiver wait instead of losing the oldest frame. */
NtMailbox *nt_mailbox_new(gboolean lossless);
NtMailbox *nt_mailbox_ref(NtMailbox *mailbox);
void nt_mailbox_unref(NtMailbox *mailbox);

/* For a new receiver, which gives the number with its samples. */
guint nt_mailbox_open(NtMailbox *mailbox);
/* A receiver's thread. FALSE: its time is over, it should stop. */
gboolean nt_mailbox_put(NtMailbox *mailbox, guint receiver, GstSample *sample);
/* The next frame does not follow the last one, though the receiver is the same (a loop). */
void nt_mailbox_restart(NtMailbox *mailbox);
/* LOST, with words (taken): once for the same words. ENDED; FAILED with error (taken): nothing else comes after
 * these, and these whenever one asks. */
void nt_mailbox_lose(NtMailbox *mailbox, char *words);
void nt_mailbox_end(NtMailbox *mailbox, GError *error);

/* Wakes nt_mailbox_attend. From a receiver's thread or any other. */
void nt_mailbox_notify(NtMailbox *mailbox);
/* Waits for a notification, at most that long. */
void nt_mailbox_attend(NtMailbox *mailbox, gint64 limit_us);

/* The reader's: FALSE when nothing came in time. */
gboolean nt_mailbox_take(NtMailbox *mailbox, gint64 limit_us, NtFeedEvent *event);

gint64 nt_mailbox_last_arrival_us(NtMailbox *mailbox); /* of the present receiver; 0: none yet */
guint64 nt_mailbox_arrived(NtMailbox *mailbox); /* frames, of all receivers */
guint64 nt_mailbox_lost(NtMailbox *mailbox);

#endif
