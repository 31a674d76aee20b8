/* Nametag - tags drawn on a frame that is being recorded.
 */
#ifndef NT_DRAW_TAGS_H
#define NT_DRAW_TAGS_H

#include <glib.h>

#include "engine/tagged.h"

typedef struct NtDrawTags {
    const NtTaggedFrame *frame;
    gboolean landmarks;
} NtDrawTags;

/* An NtRecorderDraw; user is an NtDrawTags. */
void nt_draw_tags(guint8 *pixels, int width, int height, int stride, gpointer user);

#endif
