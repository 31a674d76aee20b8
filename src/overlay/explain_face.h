/* Nametag - one face looked at the way the program does, step by step: what the drawings of explain_steps.h show.
 *
 * Making one costs some milliseconds (the crop is resized, its gradients are computed, the chip is cut, the people are
 * ranked) and is for a worker thread; looking at one is free. Immutable once made: any thread may draw it.
 *
 * Coordinates are the source picture's (vision/image.h).
 */
#ifndef NT_EXPLAIN_FACE_H
#define NT_EXPLAIN_FACE_H

#include <cairo.h>

#include "engine/tagged.h"
#include "vision/fhog.h"

#define NT_EXPLAIN_NEIGHBOURS 5
/* Cells of the HOG picture at most; the detector's window is 10 x 10 of them. */
#define NT_EXPLAIN_COLUMNS 24
#define NT_EXPLAIN_ROWS 16
#define NT_EXPLAIN_WINDOW 10

typedef struct NtExplainSubject {
    const NtFace *face;
    int width, height;      /* of the whole picture */
    NtImage crop;           /* RGB24: the part in area, no more */
    NtRect area;            /* as nt_explain_face_area says; empty: there are no pixels, and crop is not looked at */
    const float *embedding; /* [128] of a picture of the face, this one or the newest that has one; NULL: none yet */
    const NtClassifier *classifier; /* NULL: nobody is enrolled */
} NtExplainSubject;

typedef struct NtExplainFace {
    NtFace face; /* chip is NULL */
    /* The surroundings; NULL when the face lies outside the picture. */
    cairo_surface_t *picture;
    NtRect area;             /* the pixels that picture shows, whatever its own size */
    NtFhog fhog;             /* of picture, with the face as large as the detector's window; rows 0: none */
    double cells_x, cells_y; /* where the first cell begins, */
    double cell;             /* and how large one is */
    NtChipPlan plan;
    cairo_surface_t *chip;  /* NULL as picture */
    gboolean has_embedding; /* else the rest is empty */
    float embedding[NT_EMBEDDING_SIZE];
    NtVerdict verdict; /* of this embedding alone; face.verdict is the track's */
    guint n_neighbours;
    NtNeighbour neighbours[NT_EXPLAIN_NEIGHBOURS];
    double limit; /* the greatest distance that gives a name; 0 without classifier */
} NtExplainFace;

/* The part of the picture that is needed of a face; inside the picture, empty when there is none. */
NtRect nt_explain_face_area(const NtFace *face, int width, int height);

NtExplainFace *nt_explain_face_new(const NtExplainSubject *subject);
void nt_explain_face_free(NtExplainFace *explain); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtExplainFace, nt_explain_face_free)

#endif
