/* Nametag - one page that shows how a picture becomes names: gradients, detections, points, chips, embeddings, nearest
 * people. A pure drawing: the same for screen, SVG and PDF.
 */
#ifndef NT_EXPLAIN_PAGE_H
#define NT_EXPLAIN_PAGE_H

#include <cairo.h>

#include "engine/tagged.h"

/* A4 upright, in points. */
#define NT_PAGE_WIDTH 595.0
#define NT_PAGE_HEIGHT 842.0
#define NT_PAGE_MAX_FACES 4    /* shown in the later steps; the rest is counted */
#define NT_PAGE_NEIGHBOURS 4

typedef struct NtExplainPage {
    const NtImage *rgb;            /* the picture, RGB24 */
    const char *title;             /* its name */
    const NtTaggedFrame *frame;    /* analysed with chips and embeddings */
    const NtClassifier *classifier; /* NULL: nobody enrolled */
} NtExplainPage;

/* Draws on a page of NT_PAGE_WIDTH x NT_PAGE_HEIGHT units. */
void nt_explain_page_draw(cairo_t *cr, const NtExplainPage *page);

#endif
