/* Nametag - convolution in float, the inner part; private to the layers and their tests. */
#ifndef NT_CONV_KERNEL_H
#define NT_CONV_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

#define NT_CHANNELS 16 /* of a block: a pixel's channels lie together in blocks of that many */
#define NT_CONV_RGB_TAPS 21 /* one row of a 7 x 7 window over 3 interleaved channels */

/* How a convolution walks through its input and output, in floats or bytes alike. All steps are in elements. */
typedef struct NtConvShape {
    size_t x_first, y_first; /* where in its picture the window of output (0, 0) begins, padding included; output (0, 0) */
    size_t x_block, x_row, x_pixel, x_next; /* to the next 16 channels, row, output's window, picture */
    size_t y_block, y_row, y_next;
    int blocks;              /* of input channels */
    int taps_y, taps_x;      /* the window; neighbouring columns lie NT_CHANNELS apart */
    int stride, padding, rows; /* of the input: taps in the padding above and below are passed over */
} NtConvShape;

/* Some pictures through one convolution. */
typedef struct NtConvJob {
    NtConvShape shape;
    int n;               /* pictures */
    const float *x;      /* at shape.x_first */
    int inner;           /* values of one tap: NT_CHANNELS, or NT_CONV_RGB_TAPS with one tap a row */
    const float *weights; /* [out / group][blocks][taps_y][taps_x][inner][group] */
    const float *bias;    /* [out] */
    const uint8_t *bytes; /* instead of weights, for NtConvKernels.small: a weight is (byte - zero) * scale of its output */
    float zero;
    const float *scale; /* [out] */
    int out, group;
    const float *shortcut; /* added, in y's layout; or NULL */
    int relu;
    float *y; /* at shape.y_first */
    int side; /* of the output */
} NtConvJob;

typedef void NtConvRun(const NtConvJob *job);
#define NT_CONV_MAX_GROUP 32

/* What a level has for a convolution; run does any, the others (NULL: has none) those that they are better at. */
typedef struct NtConvKernels {
    int group;           /* output channels computed together, whose weights lie together: NT_CONV_MAX_GROUP at most */
    NtConvRun *run;
    NtConvRun *winograd; /* winograd_kernel.c: 3 x 3 with stride 1, in fewer multiplications */
    NtConvRun *small;    /* small_conv_kernel.c: 3 x 3 from weights in bytes, to a side of at most NT_SMALL_SIDE */
} NtConvKernels;

/* Weights of winograd: [out / group][16][in][group], of each 3 x 3 filter g the 16 of G g G'. */
#define NT_WINOGRAD_WEIGHTS 16
#define NT_WINOGRAD_MAX_IN 128 /* input channels */

/* Weights of small: [out / 16][blocks][3][3][16][16]. */
#define NT_SMALL_SIDE 4

extern NtConvRun nt_small_conv_run_baseline, nt_small_conv_run_avx2, nt_small_conv_run_avx512;
extern NtConvRun nt_winograd_run_baseline, nt_winograd_run_avx2, nt_winograd_run_avx512;
extern const NtConvKernels nt_conv_kernels_plain, nt_conv_kernels_baseline, nt_conv_kernels_avx2, nt_conv_kernels_avx512;

#endif
