/* Nametag - the inner loop of resampling pictures; private to the pyramid and its tests. */
#ifndef NT_PYRAMID_KERNEL_H
#define NT_PYRAMID_KERNEL_H

#include <stdint.h>

#include "base/cpu.h"

#define NT_RESIZE_GROUP 8   /* bytes of a row done at once */
#define NT_RESIZE_WINDOW 16 /* bytes of a source row that a group may reach, from the first column's left neighbour */
#define NT_RESIZE_GROUPS 256

/* Where the bytes of some groups come from: the same for all rows. */
typedef struct NtResizeColumns {
    int n_groups;
    int channels;    /* bytes from a left neighbour to the right one */
    int rounded;     /* 1: half up, 0: truncated */
    int start[NT_RESIZE_GROUPS]; /* of each group's window in a source row */
    uint8_t taps[NT_RESIZE_GROUPS][NT_RESIZE_WINDOW]; /* the left neighbours, in the window; the first 8 count */
    float right_part[NT_RESIZE_GROUPS][NT_RESIZE_GROUP]; /* weight of the right neighbour */
} NtResizeColumns;

/* out[8 * n_groups] from two source rows; bottom_weight + top_weight is 1 but for rounding. Float products left to right.
 * Reads the windows only. */
typedef void NtResizeRow(const NtResizeColumns *columns, const uint8_t *top, const uint8_t *bottom, float top_weight,
                         float bottom_weight, uint8_t *out);

NtResizeRow nt_resize_row_plain, nt_resize_row_baseline, nt_resize_row_avx2, nt_resize_row_avx512;

#endif
