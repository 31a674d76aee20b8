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

/* planes [31][rows][columns], float, zero-padded for a filter of filter_rows x filter_columns: (f - 1) / 2 cells at
 * the top and left, f / 2 at the bottom and right. rows = columns = 0 for a picture too small to have a cell. */
typedef struct NtFhog {
    float *planes;
    int rows, columns;
    size_t capacity;  /* private: floats allocated in planes */
    float *work;      /* private: histograms and energies */
    size_t work_capacity;
} NtFhog;

/* Grows *fhog (zero-initialise before the first use, reuse freely) and fills it. One thread at a time. */
NtStatus nt_fhog_compute(const NtImage *image, int filter_rows, int filter_columns, NtFhog *fhog);
void nt_fhog_clear(NtFhog *fhog); /* frees what it holds; ready for use again */

#endif
