/* Nametag - the layers of the embedding network, on activations [n][height][width][channels] in float.
 *
 * Channels are innermost, so that a window of a convolution is a few contiguous runs, and filters in the order
 * [kernel y][kernel x][in][out] are the right-hand matrix of a product as they stand: outputs [pixels][out] =
 * windows [pixels][kernel * kernel * in] * filters, by OpenBLAS.
 */
#ifndef NT_LAYERS_H
#define NT_LAYERS_H

#include <stddef.h>

#include "base/status.h"

typedef struct NtConv {
    int kernel, stride, in, out;
    int padding;    /* zeros on every side */
    int relu;       /* outputs below 0 become 0 */
    float *filters; /* [kernel][kernel][in][out], a per-channel scale already folded in */
    float *bias;    /* [out] */
} NtConv;

/* Side of the output for a square input. */
static inline int nt_conv_side(const NtConv *conv, int side)
{
    return (side + 2 * conv->padding - conv->kernel) / conv->stride + 1;
}

/* Floats of scratch that a convolution of one picture of that side needs; nt_conv_run uses more when there is more. */
size_t nt_conv_scratch(const NtConv *conv, int side);

/* x [n][side][side][in] -> y [n][out_side][out_side][out]; shortcut, of y's shape, is added before the ReLU (NULL: none).
 * scratch: scratch_size floats, at least nt_conv_scratch(). y must not overlap the others. */
void nt_conv_run(const NtConv *conv, const float *x, int n, int side, const float *shortcut, float *y, float *scratch,
                 size_t scratch_size);

/* Maximum over 3 x 3 windows, every second pixel, no padding: y side = (side - 3) / 2 + 1. */
void nt_max_pool_3x3(const float *x, int n, int side, int channels, float *y);
/* Mean over 2 x 2 windows, every second pixel: y side = side / 2. */
void nt_average_pool_2x2(const float *x, int n, int side, int channels, float *y);
/* Mean over all pixels: y [n][channels]. */
void nt_average_pool_all(const float *x, int n, int side, int channels, float *y);

/* y = relu(a + b), where the two may differ in side and channels and the smaller is extended by zeros at the bottom, right
 * and end. y [n][max side][max side][max channels]. */
void nt_add_padded_relu(const float *a, int a_side, int a_channels, const float *b, int b_side, int b_channels, int n,
                        float *y);

/* y [n][out] = x [n][in] * weights [in][out]. */
void nt_dense(const float *x, int n, int in, const float *weights, int out, float *y);

#endif
