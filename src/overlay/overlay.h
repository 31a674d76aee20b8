/* Nametag - draws tags on a picture with Cairo: the same code for exported video, stills and the window.
 *
 * A frame around each face, its name on a label that never leaves the picture, the 68 points joined into the lines of a
 * face. People keep their colour (from the name); unknown faces are grey. Sizes follow the picture's, so a 4K frame
 * reads as well as a 240p one. What was followed, not detected, is drawn a little lighter, what is only predicted more so. Colours are told apart by colour-blind people and outlined to show on any background.
 */
#ifndef NT_OVERLAY_H
#define NT_OVERLAY_H

#include <cairo.h>

#include "engine/tagged.h"

typedef struct NtOverlayOptions {
    gboolean landmarks;  /* draw the 68 points */
    gboolean boxes;
    gboolean names;
    double scale;        /* 1: sizes that suit the picture; 2: twice as bold */
} NtOverlayOptions;

#define NT_OVERLAY_DEFAULTS ((NtOverlayOptions){TRUE, TRUE, TRUE, 1.0})

/* Draws in picture coordinates: the caller's transformation maps them to the surface. */
void nt_overlay_draw(cairo_t *cr, const NtTaggedFrame *frame, const NtOverlayOptions *options);

/* The text of a label: "Anna", "Anna?", "unknown 1", "unknown". Free with g_free. */
char *nt_overlay_label(const NtVerdict *verdict);

/* A person's colour, components 0..1; NULL for unknown. */
void nt_overlay_color(const char *name, double rgb[3]);

#endif
