/* Nametag - Felzenszwalb's histogram-of-oriented-gradients features.
 *
 * P. Felzenszwalb, R. Girshick, D. McAllester, D. Ramanan: Object Detection with Discriminatively Trained Part-Based
 * Models, PAMI 2010, as dlib 19.24 computes them: 8-pixel cells, 18 signed and 9 unsigned directions, 4 texture sums.
 * In RGB the channel with the longest gradient votes.
 */
#ifndef NT_FHOG_H
#define NT_FHOG_H

#include "base/status.h"
#include "vision/image.h"

#define NT_FHOG_PLANES 31
#define NT_FHOG_CELL 8

/* Features of every cell, float: rows of cells, in each the 31 planes one after another. Zero-padded for a filter of
 * filter_rows x filter_columns: (f - 1) / 2 cells at the top and left, f / 2 at the bottom and right. rows = columns = 0
 * for a picture too small to have a cell. Every plane of a row is followed by at least NT_FHOG_SLACK - 1 zeros, so that a
 * filter may read whole vectors. */
#define NT_FHOG_SLACK 16
typedef struct NtFhog {
    float *planes;
    int rows, columns;
    size_t plane_stride, row_stride; /* floats from one plane, or row of cells, to the next */
    float *memory;    /* private: where planes lie */
    size_t capacity;
    float *work;      /* private */
    size_t work_capacity;
} NtFhog;

/* The cells of one row in one plane: [columns]. */
static inline const float *nt_fhog_row(const NtFhog *fhog, int plane, int row)
{
    return fhog->planes + (size_t)row * fhog->row_stride + (size_t)plane * fhog->plane_stride;
}

/* Grows *fhog (zero-initialise before the first use, reuse freely) and fills it. One thread at a time. */
NtStatus nt_fhog_compute(const NtImage *image, int filter_rows, int filter_columns, NtFhog *fhog);
void nt_fhog_clear(NtFhog *fhog); /* frees what it holds; ready for use again */

#endif
