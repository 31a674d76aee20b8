/* Nametag - tags drawn on a frame that is being recorded (media/recorder.h), and on a picture that is saved.
 */
#ifndef NT_DRAW_TAGS_H
#define NT_DRAW_TAGS_H

#include "overlay/overlay.h"

typedef struct NtDrawTags {
    const NtTaggedFrame *frame;
    NtOverlayOptions overlay;
} NtDrawTags;

/* An NtRecorderDraw; user is an NtDrawTags. */
void nt_draw_tags(guint8 *pixels, int width, int height, int stride, gpointer user);

/* Draws the tags on a copy of the picture (R, G, B, as the frame has its coordinates) and saves it as PNG or JPEG, by
 * the ending of path; whole file or none. pixel_aspect: how much wider than high a pixel is to be shown; the file has
 * square ones. Any thread. */
gboolean nt_draw_tags_save(const NtImage *rgb, double pixel_aspect, const NtTaggedFrame *frame,
                           const NtOverlayOptions *overlay, const char *path, GError **error);

#endif
