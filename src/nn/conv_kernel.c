/* Direct convolution: a block of neighbouring outputs, for a group of channels, is kept in registers while the whole window
 * is walked through; weights are read as they lie, inputs are single values that all lanes multiply by. Products and sums
 * may be fused.
 *
 * After E. Georganas et al.: Anatomy of High-Performance Deep Learning Convolutions on SIMD Architectures, SC 2018. */
#include "nn/conv_kernel.h"

#include "base/simd.h"

/* A group is that many vectors wide, a block at most that many outputs long: sums, weights and one input fill the
 * registers. Short rows take wider groups. */
#if NT_LANES == 16
#define WIDE 2
#define LONGEST 14
#define WIDER 4
#define SHORT 6
#elif NT_MANY_REGISTERS
#define WIDE 4
#define LONGEST 6
#else
#define WIDE 2
#define LONGEST 6
#endif

#ifdef WIDER
#define WIDEST WIDER
#else
#define WIDEST WIDE
#endif

#define AHEAD 1024 /* weights fetched before they are needed: they mostly come from the last-level cache */

/* A block of n outputs from column on, for a group of `vectors` vectors. n, vectors, inner and pixel are constants where this
 * is called. x: the window of the first output, at its first row of taps; from, to: the rows of taps that count. */
NT_INLINE void block(const NtConvJob *job, const float *x, const float *weights, int from, int to, int first_channel,
                     size_t offset, int n, int vectors, int inner, size_t pixel)
{
    const int group = vectors * NT_LANES;
    NtVec sums[LONGEST][WIDEST];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
        const NtVec bias = nt_vec_load(job->bias + first_channel + v * NT_LANES);
#pragma GCC unroll 16
        for (int i = 0; i < n; i++)
            sums[i][v] = bias;
    }
    const int row_of_taps = job->shape.taps_x * inner * group;
    for (int b = 0; b < job->shape.blocks; b++, x += job->shape.x_block, weights += job->shape.taps_y * row_of_taps) {
        for (int ky = from; ky < to; ky++) {
            const float *in = x + (size_t)ky * job->shape.x_row, *w = weights + ky * row_of_taps;
            for (int kx = 0; kx < job->shape.taps_x; kx++, in += NT_CHANNELS, w += inner * group) {
#pragma GCC unroll 2
                for (int c = 0; c < inner; c++) {
                    NtVec filters[WIDEST];
#pragma GCC unroll 4
                    for (int v = 0; v < vectors; v++) {
                        filters[v] = nt_vec_load(w + c * group + v * NT_LANES);
                        if (vectors == WIDEST)
                            __builtin_prefetch(w + c * group + v * NT_LANES + AHEAD);
                    }
#pragma GCC unroll 16
                    for (int i = 0; i < n; i++) {
                        const NtVec value = nt_vec_splat(in[(size_t)i * pixel + (size_t)c]);
#pragma GCC unroll 4
                        for (int v = 0; v < vectors; v++)
                            sums[i][v] += value * filters[v];
                    }
                }
            }
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
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

#define CASE(n, vectors) \
    case n: \
        block(job, x, weights, from, to, first_channel, offset, n, vectors, inner, pixel); \
        break;

/* block() for a number of outputs and vectors known only here. */
NT_INLINE void blocks(const NtConvJob *job, const float *x, const float *weights, int from, int to, int first_channel,
                      size_t offset, int n, int vectors, int inner, size_t pixel)
{
#ifdef WIDER
    if (vectors == WIDER) {
        switch (n) {
            CASE(1, WIDER) CASE(2, WIDER) CASE(3, WIDER) CASE(4, WIDER) CASE(5, WIDER) CASE(6, WIDER)
        }
        return;
    }
#endif
    (void)vectors;
    switch (n) {
        CASE(1, WIDE) CASE(2, WIDE) CASE(3, WIDE) CASE(4, WIDE) CASE(5, WIDE) CASE(6, WIDE)
#if LONGEST > 6
        CASE(7, WIDE) CASE(8, WIDE) CASE(9, WIDE) CASE(10, WIDE) CASE(11, WIDE) CASE(12, WIDE) CASE(13, WIDE)
        CASE(14, WIDE)
#endif
    }
}

/* All rows of all pictures, each in blocks of nearly equal length. */
NT_INLINE void rows(const NtConvJob *job, int first_channel, const float *weights, int vectors, int longest, int inner,
                    size_t pixel)
{
    const int n_blocks = (job->side + longest - 1) / longest;
    for (int i = 0; i < job->n * job->side; i++) {
        const int picture = i / job->side, row = i % job->side;
        const int top = row * job->shape.stride - job->shape.padding; /* of the window, in the input */
        const int from = top < 0 ? -top : 0, to = top + job->shape.taps_y > job->shape.rows ? job->shape.rows - top : job->shape.taps_y;
        const float *in = job->x + (size_t)picture * job->shape.x_next + (size_t)(row * job->shape.stride) * job->shape.x_row;
        for (int b = 0; b < n_blocks; b++) {
            const int column = b * job->side / n_blocks, n = (b + 1) * job->side / n_blocks - column;
            blocks(job, in + (size_t)column * pixel, weights, from, to, first_channel,
                   (size_t)picture * job->shape.y_next + (size_t)row * job->shape.y_row + (size_t)column * NT_CHANNELS, n, vectors, inner, pixel);
        }
    }
}

/* One group of output channels; a function for each kind of convolution, so that its steps are constants. */
static void group_3x3(const NtConvJob *job, int channel, const float *weights)
{
    rows(job, channel, weights, WIDE, LONGEST, NT_CHANNELS, NT_CHANNELS);
}
static void group_3x3_stride_2(const NtConvJob *job, int channel, const float *weights)
{
    rows(job, channel, weights, WIDE, LONGEST, NT_CHANNELS, 2 * NT_CHANNELS);
}
static void group_rgb(const NtConvJob *job, int channel, const float *weights)
{
    rows(job, channel, weights, WIDE, LONGEST, NT_CONV_RGB_TAPS, 6);
}
#ifdef WIDER
static void wider_group_3x3(const NtConvJob *job, int channel, const float *weights)
{
    rows(job, channel, weights, WIDER, SHORT, NT_CHANNELS, NT_CHANNELS);
}
static void wider_group_3x3_stride_2(const NtConvJob *job, int channel, const float *weights)
{
    rows(job, channel, weights, WIDER, SHORT, NT_CHANNELS, 2 * NT_CHANNELS);
}
#endif

static int conv_group(int out, int side)
{
#ifdef WIDER
    if (side <= SHORT && out % (WIDER * NT_LANES) == 0)
        return WIDER * NT_LANES;
#endif
    (void)out, (void)side;
    return WIDE * NT_LANES;
}

static void run(const NtConvJob *job)
{
    const size_t weights = (size_t)(job->shape.blocks * job->shape.taps_y * job->shape.taps_x * job->inner) * (size_t)job->group;
    void (*group)(const NtConvJob *, int, const float *) =
        job->inner == NT_CONV_RGB_TAPS ? group_rgb : job->shape.x_pixel == NT_CHANNELS ? group_3x3 : group_3x3_stride_2;
#ifdef WIDER
    if (job->group == WIDER * NT_LANES)
        group = job->shape.x_pixel == NT_CHANNELS ? wider_group_3x3 : wider_group_3x3_stride_2;
#endif
    for (int i = 0; i < job->out / job->group; i++)
        group(job, i * job->group, job->weights + (size_t)i * weights);
}

const NtConvKernels NT_KERNEL(nt_conv_kernels) = {conv_group, run, WIDE * NT_LANES, NT_KERNEL(nt_winograd_run), NT_KERNEL(nt_small_conv_run)};
