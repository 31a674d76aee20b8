/* Nametag - what a GStreamer pipeline reports on its bus, kept until it is known what it means, then put in words.
 * Private to media. */
#ifndef NT_TROUBLE_H
#define NT_TROUBLE_H

#include <gst/gst.h>

typedef struct NtTrouble {
    GError *error;       /* the first error of the pipeline */
    GPtrArray *missing;  /* descriptions of the plugins that it asked for ("H.265 decoder") */
} NtTrouble;

void nt_trouble_init(NtTrouble *trouble);
void nt_trouble_clear(NtTrouble *trouble);
/* Takes every message waiting on the bus; TRUE when an error is known. Never blocks. */
gboolean nt_trouble_collect(NtTrouble *trouble, GstBus *bus);
/* Fills error with a NT_SOURCE_ERROR: location, reason, remedy. read: how many frames came before it. */
void nt_trouble_describe(const NtTrouble *trouble, const char *location, guint64 read, GError **error);
/* "the 'H.265 decoder' plugin of GStreamer is missing", or the error's own words, for warnings. Free with g_free. */
char *nt_trouble_words(const NtTrouble *trouble);

#endif
