/* Nametag - what the pictures that explain are made of, the page's (explain_page.h) and the pane's (explain_steps.h):
 * pictures, gradients as strokes, the lines of a face, numbers as colours.
 *
 * Pure drawing, in the units that each function says; any thread, a Cairo context at a time.
 */
#ifndef NT_EXPLAIN_PARTS_H
#define NT_EXPLAIN_PARTS_H

#include <cairo.h>
#include <glib.h>

#include "nn/embedder.h"
#include "vision/fhog.h"
#include "vision/landmarks.h"

/* A Cairo surface of an RGB24 picture; the caller's. */
cairo_surface_t *nt_explain_surface(const NtImage *rgb);

/* The picture some steps of 5/6 down, no wider than wanted. Free the pixels with g_free; NULL: it was small enough, and
 * *small is a view of the same. */
guint8 *nt_explain_shrink(const NtImage *rgb, int max_width, NtImage *small);

/* Draws a picture in its own coordinates, with no more pixels than max_width: a page needs not carry 20 megapixels. */
void nt_explain_draw_picture(cairo_t *cr, const NtImage *rgb, int max_width);

/* Each cell's edges: a stroke along each direction, as strong as it was voted for. A cell is one unit. */
void nt_explain_draw_glyphs(cairo_t *cr, const NtFhog *fhog, const double rgb[3]);

/* Adds the lines that join the points (face_lines.h) to the path, in pixels as Cairo counts them: a point lies in the
 * middle of its pixel. */
void nt_explain_trace_face(cairo_t *cr, const NtPoint points[NT_N_LANDMARKS]);

/* Colours of numbers about zero. Blue below and orange above: told apart by colour-blind readers too. */
typedef struct NtExplainMap {
    double below[3], zero[3], above[3];
} NtExplainMap;
extern const NtExplainMap nt_explain_map_light, nt_explain_map_dark; /* for white paper; for dark grey */
/* The numbers of an embedding lie mostly within this of zero; beyond, the colour stays. */
#define NT_EXPLAIN_RANGE 0.25
void nt_explain_map_color(const NtExplainMap *map, double value, double rgb[3]); /* what is no number is zero */

/* The numbers as cells of colour, row by row from the top left, filling the rectangle. */
void nt_explain_draw_numbers(cairo_t *cr, const NtExplainMap *map, const float embedding[NT_EMBEDDING_SIZE],
                             int columns, double x, double y, double width, double height);

#endif
