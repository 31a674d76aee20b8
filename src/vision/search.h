/* Nametag - windows searched for faces: what looking at whole pictures (detector.c), slices of them (scan.c) and the
 * surroundings of one face (near.c) share. Private to these.
 */
#ifndef NT_SEARCH_H
#define NT_SEARCH_H

#include "vision/detector_model.h"
#include "vision/fhog.h"
#include "vision/filter_kernel.h"

#define NT_MAX_UPSAMPLE 4
#define NT_MAX_SEARCH_PIXELS (1LL << 28)
#define NT_MAX_LEVELS 64 /* a picture of that many pixels has 32 */

/* Bytes that grow and stay. */
typedef struct NtPixels {
    uint8_t *data;
    size_t capacity;
} NtPixels;

/* What scanning a level needs: one for each worker. */
typedef struct NtScanner {
    NtFhog fhog;
    float *filter_work, *responses;
    size_t filter_work_capacity, responses_capacity;
    NtDetection *candidates;
    size_t n_candidates, candidates_capacity;
    NtStatus status;
} NtScanner;

struct NtDetectWorkspace {
    NtWorkers *workers;    /* borrowed; NULL: the caller alone */
    NtPixels enlarged[2];  /* one is made from the other */
    NtPixels pixels[NT_MAX_LEVELS];
    NtImage levels[NT_MAX_LEVELS];
    NtScanner *scanners;   /* [workers] */
    int n_scanners;
    NtDetection *candidates, *found;
    size_t n_candidates, candidates_capacity, found_capacity;
};

/* Windows of one level by the row of their first cell: first to end - 1. */
typedef struct NtBand {
    int level, first, end;
} NtBand;

/* Rows of windows of a level of that height; columns of that width. 0 when it is too small. */
int nt_window_count(int side);

/* The rows of pixels, inclusive, that the windows need of their level, a multiple of the cell's side from its top. */
void nt_band_rows(const NtBand *band, int height, int *top, int *bottom);

/* Makes room for `needed` elements; 0 when there is no memory. Old content is kept. */
int nt_grow(void **memory, size_t *capacity, size_t needed, size_t element);

/* Rows first_row to last_row of a picture resized, in memory that grows to the whole of it. *out may be *in. */
NtStatus nt_pixels_resize(NtPixels *pixels, const NtImage *in, int width, int height, int first_row, int last_row,
                          NtImage *out);

/* The responses of all windows of the features, exact ones or estimates by the screen, as indexed in *job. */
NtStatus nt_scanner_respond(const NtDetector *detector, NtScanner *scanner, const NtFhog *fhog, int exact, NtFilterJob *job);

/* An estimate below which no window of the part reaches the threshold (as in NtDetectOptions). */
double nt_least_estimate(const NtDetector *detector, int part, double threshold);

/* Where a window's box begins in pixels of its level, both axes alike, of the window's first cell; where it ends, of
 * its last. */
int nt_window_edge(int cell);

/* Looks at bands of the pyramid of a picture, several at once when there are workers, and suppresses what overlaps.
 * Of the picture itself and of each level only rows that the bands need are made. Boxes are in the picture's
 * coordinates. */
typedef struct NtSearch {
    const NtDetector *detector;
    NtDetectWorkspace *workspace;
    const NtDetectOptions *options;
    const NtBand *bands;
    int n_bands;
} NtSearch;
NtStatus nt_search_run(const NtSearch *search, const NtImage *image, const NtDetection **found, size_t *n_found,
                       NtError *error);

/* Whether options and picture make sense; the size that the pyramid begins with, enlarged. */
NtStatus nt_search_check(const NtImage *image, const NtDetectOptions *options, int *width, int *height, NtError *error);

/* Levels of a picture of that size, at most NT_MAX_LEVELS. */
int nt_search_levels(int width, int height);

#endif
