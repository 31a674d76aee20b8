/* Nametag - draws tags on a picture with Cairo: the same code for exported video, stills and the window.
 *
 * A frame around each face, its name on a label that never leaves the picture, the 68 points joined into the lines of a
 * face. People keep their colour (from the name); unknown faces are grey. Sizes follow the picture's, so a 4K frame
 * reads as well as a 240p one. What was followed, not detected, is drawn a little lighter, what is only predicted more
 * so. Colours are told apart by colour-blind people and outlined to show on any background.
 */
#ifndef NT_OVERLAY_H
#define NT_OVERLAY_H

#include <cairo.h>

#include "engine/tagged.h"

typedef struct NtOverlayOptions {
    gboolean landmarks; /* draw the 68 points */
    gboolean boxes;
    gboolean names;
    double scale; /* 1: sizes that suit the picture; 2: twice as bold */
    guint64 lit;  /* the track whose face is drawn brighter and bolder, above the others: it is pointed at; 0: none */
    guint64 selected; /* the track whose face has a whole frame about it: something is done with it; 0: none */
    char *(*label)(const NtVerdict *verdict); /* its words, in the user's language; NULL: nt_overlay_label */
} NtOverlayOptions;

#define NT_OVERLAY_DEFAULTS ((NtOverlayOptions){.landmarks = TRUE, .boxes = TRUE, .names = TRUE, .scale = 1.0})

/* Draws in picture coordinates: the caller's transformation maps them to the surface. */
void nt_overlay_draw(cairo_t *cr, const NtTaggedFrame *frame, const NtOverlayOptions *options);

/* The part of the picture, in its coordinates, outside of which nt_overlay_draw draws nothing; empty when it draws
 * nothing at all. Somewhat larger than needed: text is measured without a surface. Any thread. */
NtRect nt_overlay_extent(const NtTaggedFrame *frame, const NtOverlayOptions *options);

/* The scale at which labels are read well where the picture is shown smaller or larger than it is: shown_scale is
 * screen pixels in one of the picture's, text_scale how much larger than usual the user wants text. */
double nt_overlay_scale_for(const NtTaggedFrame *frame, double shown_scale, double text_scale);

/* The frame as it is when its pixels, pixel_aspect times as wide as high, are made square by widening or narrowing the
 * picture: without chips. A new one, the caller's. */
NtTaggedFrame *nt_overlay_square_pixels(const NtTaggedFrame *frame, double pixel_aspect);

/* The text of a label: "Anna", "Anna?", "unknown 1", "unknown". Free with g_free. */
char *nt_overlay_label(const NtVerdict *verdict);

/* A person's colour, components 0..1; NULL for unknown. */
void nt_overlay_color(const char *name, double rgb[3]);

#endif
