/* Nametag - the inner loops of cutting chips; private to the alignment and its tests. */
#ifndef NT_ALIGN_KERNEL_H
#define NT_ALIGN_KERNEL_H

#include <stdint.h>

#include "base/cpu.h"
#include "vision/align.h"

/* Where the chip's pixels lie in an RGB picture: pixel (c, r) at (x[c], y[c]) + down * r. */
typedef struct NtChipGrid {
    double x[NT_CHIP_SIZE], y[NT_CHIP_SIZE];
    NtPoint down;
} NtChipGrid;

/* Columns from start, one `across` apart. */
static inline void nt_chip_grid_set(NtChipGrid *grid, NtPoint start, NtPoint across, NtPoint down)
{
    for (int c = 0; c < NT_CHIP_SIZE; c++) {
        grid->x[c] = start.x + across.x * c;
        grid->y[c] = start.y + across.y * c;
    }
    grid->down = down;
}

static inline NtPoint nt_chip_place(const NtChipGrid *grid, int column, int row)
{
    return (NtPoint){grid->x[column] + grid->down.x * row, grid->y[column] + grid->down.y * row};
}

/* One row of the chip, bilinear in double and truncated; what is not wholly inside the picture is black. */
typedef void NtChipRow(const NtImage *rgb, const NtChipGrid *grid, int row, uint8_t out[3 * NT_CHIP_SIZE]);
/* A picture's pixels as doubles, four a pixel: red, green, blue and one of no account. Where the chip looks at most pixels more
 * than once it is worth making; out is [height][width][4], 64-byte aligned. Bytes of a row are read up to its stride. */
typedef void NtChipWiden(const NtImage *rgb, double *out);
/* The same row of the chip, from the wide picture of width x height; 0, and nothing done, when some of it is outside. */
typedef int NtChipWideRow(const double *wide, int width, int height, const NtChipGrid *grid, int row,
                          uint8_t out[3 * NT_CHIP_SIZE]);
/* sums[n] = rows weighted 1 4 6 4 1. */
typedef void NtChipSums(const uint8_t *const rows[5], int n, uint16_t *sums);

typedef struct NtChipKernels {
    NtChipRow *row;
    NtChipSums *sums;
    NtChipWiden *widen; /* NULL: not worth it */
    NtChipWideRow *wide_row;
} NtChipKernels;

extern const NtChipKernels nt_chip_kernels_plain, nt_chip_kernels_baseline, nt_chip_kernels_avx2, nt_chip_kernels_avx512;
const NtChipKernels *nt_chip_kernels_for(NtCpuLevel level);

/* One pixel, as NtChipRow does it; black where its four neighbours are not all inside. */
static inline void nt_chip_pixel(const NtImage *rgb, double x, double y, uint8_t out[3])
{
    const double left = floor(x), top = floor(y);
    out[0] = out[1] = out[2] = 0;
    if (!(left >= 0 && top >= 0 && left + 1 < rgb->width && top + 1 < rgb->height))
        return;
    const double f = x - left, g = y - top;
    const uint8_t *above = nt_image_row(rgb, (int)top) + 3 * (int)left, *below = above + rgb->stride;
    for (int k = 0; k < 3; k++)
        out[k] = (uint8_t)((1 - g) * ((1 - f) * above[k] + f * above[3 + k]) +
                           g * ((1 - f) * below[k] + f * below[3 + k]));
}

#endif
