/* Nametag - the inner part of the HOG features (fhog.h), private to them and their tests. */
#ifndef NT_FHOG_KERNEL_H
#define NT_FHOG_KERNEL_H

#include "base/cpu.h"
#include "vision/fhog.h"

#define NT_FHOG_DIRECTIONS 18 /* signed; 9 unsigned ones are their pairs */
#define NT_FHOG_HALF_DIRECTIONS 9
#define NT_FHOG_MAX_GRADIENT 255
#define NT_FHOG_GRADIENT_STRIDE 512
#define NT_FHOG_ENERGY_FLOOR 0.0001f
#define NT_FHOG_TRUNCATION 0.2f
#define NT_FHOG_HALF_WEIGHT 0.1f
#define NT_FHOG_TEXTURE_WEIGHT 0.4714f /* 2 * 0.2357 */

/* Colours whose gradients tie: in the columns that the reference does 8 at a time the later channel wins, in the rest
 * the earlier one. */
#define NT_FHOG_TIE_GROUP 8

typedef struct NtFhogJob {
    const NtImage *image;
    int rows, columns; /* cells of the picture, more than 2 each */
    /* [gy + 255][gx + 255]: twice the direction that an integer gradient votes for, which is in units of 8 bytes the
     * place of its four floats; rows of NT_FHOG_GRADIENT_STRIDE. */
    const uint8_t *offset_of;
    float *out;                     /* where plane 0 of the first cell goes: cell row 1, column 1 */
    size_t row_stride, plane_stride; /* floats; a row of cells may be written up to a multiple of 16 cells, with zeros */
    float *work;                    /* nt_fhog_work_size() floats, 64-byte aligned */
} NtFhogJob;

typedef void NtFhogFill(const NtFhogJob *job);

/* Floats of work that any of the fills needs. */
size_t nt_fhog_work_size(int rows, int columns);

NtFhogFill nt_fhog_fill_plain, nt_fhog_fill_baseline, nt_fhog_fill_avx2, nt_fhog_fill_avx512;

/* One pixel's gradient: that of the channel where it is longest. Returns the squared length. */
static inline int nt_fhog_gradient(const uint8_t *above, const uint8_t *row, const uint8_t *below, int x, int channels,
                                   int later_wins, int *gx, int *gy)
{
    if (channels == 1) {
        *gx = row[x + 1] - row[x - 1];
        *gy = below[x] - above[x];
        return *gx * *gx + *gy * *gy;
    }
    int best = -1;
    for (int k = 0; k < 3; k++) {
        const int dx = row[3 * (x + 1) + k] - row[3 * (x - 1) + k];
        const int dy = below[3 * x + k] - above[3 * x + k];
        const int length = dx * dx + dy * dy;
        const int longer = length > best || (later_wins && length == best);
        best = longer ? length : best;
        *gx = longer ? dx : *gx;
        *gy = longer ? dy : *gy;
    }
    return best;
}

/* The pixels from 1 to last_x - 1 whose ties the later channel wins: those before the returned x. */
static inline int nt_fhog_later_wins_before(int last_x)
{
    int x = 1;
    while (x < last_x - (NT_FHOG_TIE_GROUP - 1))
        x += NT_FHOG_TIE_GROUP;
    return x;
}

/* The last pixel row or column that is not the centre of a gradient. */
static inline int nt_fhog_last(int cells, int side)
{
    return (cells * NT_FHOG_CELL < side ? cells * NT_FHOG_CELL : side) - 1;
}

#endif
