/* Direct convolution: a block of neighbouring outputs, for a group of channels, is kept in registers while the whole window
 * is walked through; weights are read as they lie, inputs are single values that all lanes multiply by. Products and sums
 * may be fused.
 *
 * After E. Georganas et al.: Anatomy of High-Performance Deep Learning Convolutions on SIMD Architectures, SC 2018. */
#include "nn/conv_kernel.h"

#include "base/simd.h"
#include "nn/conv_block.h"

#define AHEAD 1024 /* weights fetched before they are needed: they mostly come from the last-level cache */

/* A block of n outputs from column on, for a group. n, inner and pixel are constants where this is called. x: the window of
 * the first output, at its first row of taps; from, to: the rows of taps that count. */
NT_INLINE void block(const NtConvJob *job, const float *x, const float *weights, int from, int to, int first_channel,
                     size_t offset, int n, int inner, size_t pixel)
{
    NtVec sums[LONGEST][WIDE];
#pragma GCC unroll 4
    for (int v = 0; v < WIDE; v++) {
        const NtVec bias = nt_vec_load(job->bias + first_channel + v * NT_LANES);
#pragma GCC unroll 16
        for (int i = 0; i < n; i++)
            sums[i][v] = bias;
    }
    const int row_of_taps = job->shape.taps_x * inner * GROUP;
    for (int b = 0; b < job->shape.blocks; b++, x += job->shape.x_block, weights += job->shape.taps_y * row_of_taps) {
        for (int ky = from; ky < to; ky++) {
            const float *in = x + (size_t)ky * job->shape.x_row, *w = weights + ky * row_of_taps;
            for (int kx = 0; kx < job->shape.taps_x; kx++, in += NT_CHANNELS, w += inner * GROUP) {
#pragma GCC unroll 2
                for (int c = 0; c < inner; c++) {
                    NtVec filters[WIDE];
#pragma GCC unroll 4
                    for (int v = 0; v < WIDE; v++) {
                        filters[v] = nt_vec_load(w + c * GROUP + v * NT_LANES);
                        __builtin_prefetch(w + c * GROUP + v * NT_LANES + AHEAD);
                    }
#pragma GCC unroll 16
                    for (int i = 0; i < n; i++) {
                        const NtVec value = nt_vec_splat(in[(size_t)i * pixel + (size_t)c]);
#pragma GCC unroll 4
                        for (int v = 0; v < WIDE; v++)
                            sums[i][v] += value * filters[v];
                    }
                }
            }
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < WIDE; v++) {
        const int channel = first_channel + v * NT_LANES;
        const size_t at = (size_t)(channel / NT_CHANNELS) * job->shape.y_block + offset + (size_t)(channel % NT_CHANNELS);
#pragma GCC unroll 16
        for (int i = 0; i < n; i++) {
            const size_t here = at + (size_t)i * NT_CHANNELS;
            NtVec sum = sums[i][v];
            if (job->shortcut)
                sum += nt_vec_load(job->shortcut + here);
            nt_vec_store(job->y + here, job->relu ? nt_vec_positive(sum) : sum);
        }
    }
}

#define CASE(n) \
    case n: \
        block(job, x, weights, from, to, first_channel, offset, n, inner, pixel); \
        break;

/* block() for a number of outputs known only here. */
NT_INLINE void blocks(const NtConvJob *job, const float *x, const float *weights, int from, int to, int first_channel,
                      size_t offset, int n, int inner, size_t pixel)
{
    switch (n) {
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#if LONGEST > 6
        CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14)
#endif
    }
}

/* All rows of all pictures, each in blocks of nearly equal length. */
NT_INLINE void rows(const NtConvJob *job, int first_channel, const float *weights, int inner, size_t pixel)
{
    const int n_blocks = (job->side + LONGEST - 1) / LONGEST;
    for (int i = 0; i < job->n * job->side; i++) {
        const int picture = i / job->side, row = i % job->side;
        const int top = row * job->shape.stride - job->shape.padding; /* of the window, in the input */
        const int from = top < 0 ? -top : 0, to = top + job->shape.taps_y > job->shape.rows ? job->shape.rows - top : job->shape.taps_y;
        const float *in = job->x + (size_t)picture * job->shape.x_next + (size_t)(row * job->shape.stride) * job->shape.x_row;
        for (int b = 0; b < n_blocks; b++) {
            const int column = b * job->side / n_blocks, n = (b + 1) * job->side / n_blocks - column;
            blocks(job, in + (size_t)column * pixel, weights, from, to, first_channel,
                   (size_t)picture * job->shape.y_next + (size_t)row * job->shape.y_row + (size_t)column * NT_CHANNELS, n, inner, pixel);
        }
    }
}

/* One group of output channels; a function for each kind of convolution, so that its steps are constants. */
static void group_3x3(const NtConvJob *job, int channel, const float *weights)
{
    rows(job, channel, weights, NT_CHANNELS, NT_CHANNELS);
}
static void group_3x3_stride_2(const NtConvJob *job, int channel, const float *weights)
{
    rows(job, channel, weights, NT_CHANNELS, 2 * NT_CHANNELS);
}
static void group_rgb(const NtConvJob *job, int channel, const float *weights)
{
    rows(job, channel, weights, NT_CONV_RGB_TAPS, 6);
}

static void run(const NtConvJob *job)
{
    const size_t weights = (size_t)(job->shape.blocks * job->shape.taps_y * job->shape.taps_x * job->inner) * GROUP;
    void (*group)(const NtConvJob *, int, const float *) =
        job->inner == NT_CONV_RGB_TAPS ? group_rgb : job->shape.x_pixel == NT_CHANNELS ? group_3x3 : group_3x3_stride_2;
    for (int i = 0; i < job->out / GROUP; i++)
        group(job, i * GROUP, job->weights + (size_t)i * weights);
}

const NtConvKernels NT_KERNEL(nt_conv_kernels) = {
    .group = GROUP, .run = run, .winograd = NT_KERNEL(nt_winograd_run), .small = NT_KERNEL(nt_small_conv_run)};
