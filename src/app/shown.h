/* Nametag - what is on the screen: one picture with its tags. Counted; immutable but for the counts; any thread.
 */
#ifndef NT_SHOWN_H
#define NT_SHOWN_H

#include <gdk/gdk.h>

#include "engine/tagged.h"
#include "media/source.h"
#include "media/still.h"

typedef struct NtShown {
    gint ref_count;        /* private */
    GdkTexture *texture;   /* the picture, in pixels as stored */
    NtTaggedFrame *tagged; /* in coordinates of those pixels */
    double pixel_aspect;   /* how much wider than high a pixel is to be shown */
    gint64 pts_ns;         /* position in the clip; of a stream, since it began; -1: a still */
    NtFrame *frame;        /* what it was made from: one of the two */
    NtStill *still;        /* valid as long as this is */
    GBytes *still_pixels;  /* private: of a still; they own it */
} NtShown;

NtShown *nt_shown_ref(NtShown *shown);
void nt_shown_unref(NtShown *shown);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtShown, nt_shown_unref)

/* The face of a track; NULL when it is not in this picture. */
const NtFace *nt_shown_find(const NtShown *shown, guint64 track);
/* The picture as R, G, B, NtImage.pixels to be freed with g_free. */
void nt_shown_to_rgb(const NtShown *shown, NtImage *rgb);

#endif
