/* Nametag - what a GStreamer pipeline reports on its bus, kept until it is known what it means, then put in words.
 * Private to media. */
#ifndef NT_TROUBLE_H
#define NT_TROUBLE_H

#include <gst/gst.h>

typedef struct NtTrouble {
    GError *error;       /* the first error of the pipeline */
    GPtrArray *missing;  /* descriptions of the plugins that it asked for ("H.265 decoder") */
    gint64 idle_since;   /* monotonic microseconds; 0: at work when last looked at */
} NtTrouble;

void nt_trouble_init(NtTrouble *trouble);
void nt_trouble_clear(NtTrouble *trouble);
/* What one message says. */
void nt_trouble_note(NtTrouble *trouble, GstMessage *message);
/* Takes every message waiting on the bus; TRUE when an error is known. Never blocks. */
gboolean nt_trouble_collect(NtTrouble *trouble, GstBus *bus);
/* For pipelines that read a file, while they owe us data: TRUE, with an error noted, when none of their threads has been
 * at work for seconds. decodebin loses the error of a demuxer that fails within an instant of being plugged (its filter
 * for errors of elements on trial is still up, and what it caught is thrown away), and then waits for ever. */
gboolean nt_trouble_is_stalled(NtTrouble *trouble, GstElement *pipeline);
/* Fills error with a NT_SOURCE_ERROR: location (as nt_location_mask shows it), reason, remedy. read: how many frames came before
 * it. */
void nt_trouble_describe(const NtTrouble *trouble, const char *location, guint64 read, GError **error);
/* "the 'H.265 decoder' plugin of GStreamer is missing", or the error's own words, for warnings. Free with g_free. */
char *nt_trouble_words(const NtTrouble *trouble);

#endif
