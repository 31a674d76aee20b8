/* Nametag - the drawings of the pane “How it works”: how one face is found, measured and named.
 *
 * Each drawing fills the width it is given and says how high it wants to be. Colours and text come from the caller, so
 * that they are the desktop's: light, dark, of high contrast, as large as the reader wants them. Text is in the
 * reader's language (domain "nametag"). Pure drawing in units of the caller's; what is missing of the face is left out.
 */
#ifndef NT_EXPLAIN_STEPS_H
#define NT_EXPLAIN_STEPS_H

#include <cairo.h>
#include <pango/pango.h>

#include "overlay/explain_face.h"

typedef struct NtExplainStyle {
    PangoContext *text; /* its font, size and direction; borrowed */
    double ink[3];      /* text and lines */
    double accent[3];   /* what is pointed out */
    gboolean dark;      /* ink is lighter than what it is on */
    gboolean high_contrast;
} NtExplainStyle;

typedef enum NtExplainStep {
    NT_EXPLAIN_FIND,      /* gradients over the dimmed picture, the detector's window */
    NT_EXPLAIN_SCORE,     /* the detector's score and its limit */
    NT_EXPLAIN_FILTERS,   /* which of the five filters found it */
    NT_EXPLAIN_LANDMARKS, /* the 68 points */
    NT_EXPLAIN_ALIGN,     /* the square in the picture, and the chip */
    NT_EXPLAIN_NUMBERS,   /* the 128 numbers */
    NT_EXPLAIN_PEOPLE,    /* the nearest people and the limit */
    NT_EXPLAIN_N_STEPS,
} NtExplainStep;

/* How high a drawing is at that width. explain may be NULL. */
double nt_explain_step_height(NtExplainStep step, const NtExplainFace *explain, const NtExplainStyle *style,
                              double width);
/* explain NULL: nothing. */
void nt_explain_step_draw(NtExplainStep step, cairo_t *cr, const NtExplainFace *explain, const NtExplainStyle *style,
                          double width, double height);

/* "looking straight ahead": what a filter of the detector (NtDetectorPart) looks for; NULL for no such. */
const char *nt_explain_filter_name(int part);

/* Where on the score's scale, 0 .. 1 of its width: for tests. What is no number is at the beginning. */
double nt_explain_score_place(double score);
/* How long a distance's bar is, 0 .. 1: likewise; what is no number is the longest. */
double nt_explain_distance_share(double distance);

#endif
