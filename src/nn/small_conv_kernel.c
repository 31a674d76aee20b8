/* Direct convolution 3 x 3 to a map so small that it stays in registers, whole or row by row. Such maps have the most
 * channels: what costs is reading weights, which are therefore left as the model's bytes until they are used, and read once.
 * Padding is passed over on all sides, which for 4 x 4 outputs saves 44 of 144 products. */
#include "nn/conv_kernel.h"

#include "base/simd.h"

#define TAPS 3
#define TAP_BYTES (NT_CHANNELS * NT_CHANNELS) /* of one tap, 16 channels by 16 */
#define BLOCK_BYTES (TAPS * TAPS * TAP_BYTES)
#define AHEAD BLOCK_BYTES                /* weights fetched before they are needed */
#define VECTORS (NT_CHANNELS / NT_LANES) /* of the 16 output channels computed together */
#define MAX_CHAINS TAPS                  /* sums of one output, where there are too few outputs to hide the latency of a sum */
#define FEW 4                            /* outputs */

/* A whole map of 4 x 4 in the registers, or a row. */
#if NT_LANES == 16
#define MAX_ROWS NT_SMALL_SIDE
#else
#define MAX_ROWS 1
#endif

/* Rows of outputs from `row` on. All but the pointers, and row if it is one of several blocks, are constants where this is
 * called. x: the first window of the map. */
NT_INLINE void some_rows(const NtConvJob *job, const float *x, const uint8_t *weights, int channel, size_t picture, int row,
                         int rows, int side, int stride)
{
    const int padding = stride == 1 ? 1 : 0, chains = rows * side * VECTORS < FEW ? MAX_CHAINS : 1;
    const size_t x_row = stride == 1 ? (size_t)(side + 2) * NT_CHANNELS : job->shape.x_row;
    NtVec sums[MAX_CHAINS][MAX_ROWS][NT_SMALL_SIDE][VECTORS];
    for (int s = 0; s < chains; s++)
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
            for (int i = 0; i < side; i++)
#pragma GCC unroll 4
                for (int v = 0; v < VECTORS; v++)
                    sums[s][r][i][v] = (NtVec){0};
    /* Taps in the padding above and below: of a single row passed over here, else further down. */
    const int from = rows == 1 && padding && row == 0, to = TAPS - (rows == 1 && padding && row == side - 1);
    for (int b = 0; b < job->shape.blocks; b++, x += job->shape.x_block, weights += BLOCK_BYTES)
#if MAX_ROWS > 1
#pragma GCC unroll 3
#endif
        for (int ky = from; ky < to; ky++) {
            const float *in = x + (size_t)(row * stride + ky) * x_row;
            const uint8_t *w = weights + ky * TAPS * TAP_BYTES;
            for (int c = 0; c < NT_CHANNELS; c++, in++, w += NT_CHANNELS) {
#pragma GCC unroll 3
                for (int kx = 0; kx < TAPS; kx++) {
                    if (padding && side == 1 && kx != padding)
                        continue;
                    __builtin_prefetch(w + kx * TAP_BYTES + AHEAD);
                    NtVec filters[VECTORS];
#pragma GCC unroll 4
                    for (int v = 0; v < VECTORS; v++)
                        filters[v] = nt_vec_from_bytes(w + kx * TAP_BYTES + v * NT_LANES) - job->zero;
#pragma GCC unroll 4
                    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
                        for (int i = 0; i < side; i++) {
                            const int in_y = (row + r) * stride + ky - padding, in_x = i * stride + kx - padding;
                            if (padding && (in_x < 0 || in_x >= side || (rows > 1 && (in_y < 0 || in_y >= side))))
                                continue;
                            const NtVec value =
                                nt_vec_splat(in[(size_t)(r * stride) * x_row + (size_t)((i * stride + kx) * NT_CHANNELS)]);
#pragma GCC unroll 4
                            for (int v = 0; v < VECTORS; v++)
                                sums[kx % chains][r][i][v] += value * filters[v];
                        }
                }
            }
        }
#pragma GCC unroll 4
    for (int v = 0; v < VECTORS; v++) {
        const int first = channel + v * NT_LANES;
        const NtVec bias = nt_vec_load(job->bias + first), scale = nt_vec_load(job->scale + first);
        const size_t at = picture + (size_t)(channel / NT_CHANNELS) * job->shape.y_block + (size_t)(v * NT_LANES);
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
            for (int i = 0; i < side; i++) {
                const size_t here = at + (size_t)(row + r) * job->shape.y_row + (size_t)i * NT_CHANNELS;
                NtVec sum = sums[0][r][i][v];
                for (int s = 1; s < chains; s++)
                    sum += sums[s][r][i][v];
                sum = sum * scale + bias;
                if (job->shortcut)
                    sum += nt_vec_load(job->shortcut + here);
                nt_vec_store(job->y + here, job->relu ? nt_vec_positive(sum) : sum);
            }
    }
}

/* All pictures, 16 channels at a time. */
NT_INLINE void all_maps(const NtConvJob *job, int side, int stride)
{
    const size_t group = (size_t)job->shape.blocks * BLOCK_BYTES;
    const int rows = side < MAX_ROWS ? side : MAX_ROWS;
    for (int channel = 0; channel < job->out; channel += NT_CHANNELS)
        for (int i = 0; i < job->n; i++)
            for (int row = 0; row < side; row += rows)
                some_rows(job, job->x + (size_t)i * job->shape.x_next, job->bytes + (size_t)(channel / NT_CHANNELS) * group,
                          channel, (size_t)i * job->shape.y_next, row, rows, side, stride);
}

/* A function for each shape, so that it is constant. */
#define SHAPE(side, stride) \
    static void side_##side##_stride_##stride(const NtConvJob *job) { all_maps(job, side, stride); }
SHAPE(1, 1) SHAPE(2, 1) SHAPE(3, 1) SHAPE(4, 1)
SHAPE(1, 2) SHAPE(2, 2) SHAPE(3, 2) SHAPE(4, 2)

void NT_KERNEL(nt_small_conv_run)(const NtConvJob *job)
{
    static NtConvRun *const shapes[2][NT_SMALL_SIDE] = {{side_1_stride_1, side_2_stride_1, side_3_stride_1, side_4_stride_1},
                                                        {side_1_stride_2, side_2_stride_2, side_3_stride_2, side_4_stride_2}};
    shapes[job->shape.stride - 1][job->side - 1](job);
}
