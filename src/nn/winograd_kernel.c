/* Convolution by 3 x 3 with stride 1 in 2.25 times fewer multiplications: F(2 x 2, 3 x 3). Windows of 4 x 4 inputs, a tile
 * each, become 16 transformed values; each of them is multiplied by its transformed weights, which is 16 matrix products
 * over the channels; and 16 sums become a tile of 2 x 2 outputs. A batch of tiles goes through all three steps while it is in the
 * caches. The transforms only add, subtract and halve: errors of rounding stay of the size that a direct convolution's have.
 *
 * After A. Lavin and S. Gray: Fast Algorithms for Convolutional Neural Networks, CVPR 2016. */
#include "nn/conv_kernel.h"

#include <stdalign.h>

#include "base/simd.h"
#include "nn/conv_block.h"

#define WINDOW 4     /* inputs of a tile, each way */
#define TILE 2       /* its outputs */
#define VECTORS (NT_CHANNELS / NT_LANES) /* of a pixel's block of channels */

/* Tiles of a batch: one or two register blocks. */
#if NT_LANES == 16
#define BATCH LONGEST
#else
#define BATCH (2 * LONGEST)
#endif
#define AHEAD 512 /* floats of weights fetched before they are needed */

/* The tiles of a batch: the first, of how many, of which there are so many in a row. */
typedef struct Batch {
    int first, n, per_row;
} Batch;

/* x [blocks][side + 2][side + 2][16] -> values [16][blocks][n][16], B' x B for each window x. */
NT_INLINE void transform_inputs(const NtConvJob *job, const float *x, const Batch *batch, float *values)
{
    const size_t row = job->shape.x_row, last = (size_t)(job->shape.rows + 1);
    const size_t step = (size_t)(job->shape.blocks * batch->n) * NT_CHANNELS; /* to the next of the 16 */
    for (int b = 0; b < job->shape.blocks; b++, x += job->shape.x_block)
        for (int i = 0; i < batch->n; i++, values += NT_CHANNELS) {
            const size_t top = (size_t)((batch->first + i) / batch->per_row * TILE);
            const size_t left = (size_t)((batch->first + i) % batch->per_row * TILE) * NT_CHANNELS;
            /* Where the side is odd, the last window's last row and column lie beyond the frame. They count only for outputs that
             * are not kept: the frame is read instead. */
            const float *in = x + top * row + left, *in3 = x + (top + 3 < last ? top + 3 : last) * row + left;
            const size_t edge = last * NT_CHANNELS, right = left + 3 * NT_CHANNELS < edge ? 3 * NT_CHANNELS : edge - left;
            for (int v = 0; v < VECTORS; v++, in += NT_LANES, in3 += NT_LANES) {
                NtVec t[WINDOW][WINDOW];
#pragma GCC unroll 4
                for (int k = 0; k < WINDOW; k++) {
                    const size_t at = k < 3 ? (size_t)k * NT_CHANNELS : right;
                    const NtVec a = nt_vec_load(in + at), c = nt_vec_load(in + row + at), d = nt_vec_load(in + 2 * row + at),
                                e = nt_vec_load(in3 + at);
                    t[0][k] = a - d, t[1][k] = c + d, t[2][k] = d - c, t[3][k] = c - e;
                }
                float *out = values + v * NT_LANES;
#pragma GCC unroll 4
                for (int k = 0; k < WINDOW; k++, out += WINDOW * step) {
                    nt_vec_store(out, t[k][0] - t[k][2]);
                    nt_vec_store(out + step, t[k][1] + t[k][2]);
                    nt_vec_store(out + 2 * step, t[k][2] - t[k][1]);
                    nt_vec_store(out + 3 * step, t[k][1] - t[k][3]);
                }
            }
        }
}

/* values [blocks][tiles][16], weights [blocks][16][GROUP] -> sums [n][GROUP], for n of the tiles. n is a constant where this is
 * called. */
NT_INLINE void multiply(const float *values, const float *weights, float *out, int blocks, int tiles, int n)
{
    NtVec sums[LONGEST][WIDE];
#pragma GCC unroll 16
    for (int i = 0; i < n; i++)
#pragma GCC unroll 4
        for (int v = 0; v < WIDE; v++)
            sums[i][v] = (NtVec){0};
    for (int b = 0; b < blocks; b++, values += tiles * NT_CHANNELS)
#pragma GCC unroll 2
        for (int c = 0; c < NT_CHANNELS; c++, weights += GROUP) {
            NtVec filters[WIDE];
#pragma GCC unroll 4
            for (int v = 0; v < WIDE; v++) {
                filters[v] = nt_vec_load(weights + v * NT_LANES);
                __builtin_prefetch(weights + v * NT_LANES + AHEAD);
            }
#pragma GCC unroll 16
            for (int i = 0; i < n; i++) {
                const NtVec value = nt_vec_splat(values[i * NT_CHANNELS + c]);
#pragma GCC unroll 4
                for (int v = 0; v < WIDE; v++)
                    sums[i][v] += value * filters[v];
            }
        }
#pragma GCC unroll 16
    for (int i = 0; i < n; i++)
#pragma GCC unroll 4
        for (int v = 0; v < WIDE; v++)
            nt_vec_store(out + i * GROUP + v * NT_LANES, sums[i][v]);
}

#define CASE(n) \
    case n: \
        multiply(values, weights, out, blocks, tiles, n); \
        break;

/* multiply() for all tiles of a batch. */
static void multiply_batch(const float *values, const float *weights, float *out, int blocks, int tiles)
{
    const int n_blocks = (tiles + LONGEST - 1) / LONGEST;
    for (int i = 0; i < n_blocks; i++) {
        const int n = (i + 1) * tiles / n_blocks - i * tiles / n_blocks;
        switch (n) {
            CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#if LONGEST > 6
            CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14)
#endif
        }
        values += n * NT_CHANNELS;
        out += n * GROUP;
    }
}

/* sums [16][n][GROUP] -> y, A' sums A for each tile, with bias, shortcut and ReLU. */
NT_INLINE void transform_outputs(const NtConvJob *job, const float *sums, const Batch *batch, int first_channel,
                                 size_t picture)
{
    const size_t step = (size_t)batch->n * GROUP;
    for (int v = 0; v < WIDE; v++) {
        const int channel = first_channel + v * NT_LANES;
        const NtVec bias = nt_vec_load(job->bias + channel);
        const size_t start = picture + (size_t)(channel / NT_CHANNELS) * job->shape.y_block + (size_t)(channel % NT_CHANNELS);
        for (int i = 0; i < batch->n; i++) {
            const float *in = sums + i * GROUP + v * NT_LANES;
            const int top = (batch->first + i) / batch->per_row * TILE, left = (batch->first + i) % batch->per_row * TILE;
            NtVec t[TILE][WINDOW];
#pragma GCC unroll 4
            for (int k = 0; k < WINDOW; k++, in += step) {
                const NtVec a = nt_vec_load(in), c = nt_vec_load(in + WINDOW * step), d = nt_vec_load(in + 2 * WINDOW * step),
                            e = nt_vec_load(in + 3 * WINDOW * step);
                t[0][k] = a + c + d, t[1][k] = c - d - e;
            }
            const size_t at = start + (size_t)top * job->shape.y_row + (size_t)left * NT_CHANNELS;
#pragma GCC unroll 2
            for (int r = 0; r < TILE; r++) {
#pragma GCC unroll 2
                for (int c = 0; c < TILE; c++) {
                    if (top + r >= job->side || left + c >= job->side)
                        continue;
                    NtVec y = bias + (c == 0 ? t[r][0] + t[r][1] + t[r][2] : t[r][1] - t[r][2] - t[r][3]);
                    const size_t here = at + (size_t)r * job->shape.y_row + (size_t)c * NT_CHANNELS;
                    if (job->shortcut)
                        y += nt_vec_load(job->shortcut + here);
                    nt_vec_store(job->y + here, job->relu ? nt_vec_positive(y) : y);
                }
            }
        }
    }
}

void NT_KERNEL(nt_winograd_run)(const NtConvJob *job)
{
    enum { POSITIONS = WINDOW * WINDOW };
    alignas(NT_LANES * sizeof(float)) float values[POSITIONS * NT_WINOGRAD_MAX_IN * BATCH];
    alignas(NT_LANES * sizeof(float)) float sums[POSITIONS * GROUP * BATCH];
    const int per_row = (job->side + TILE - 1) / TILE, tiles = per_row * per_row, n_batches = (tiles + BATCH - 1) / BATCH;
    const int blocks = job->shape.blocks, per_position = blocks * NT_CHANNELS * GROUP;
    for (int i = 0; i < job->n * n_batches; i++) {
        const int picture = i / n_batches, b = i % n_batches, first = b * tiles / n_batches;
        const Batch batch = {first, (b + 1) * tiles / n_batches - first, per_row};
        transform_inputs(job, job->x + (size_t)picture * job->shape.x_next, &batch, values);
        const float *weights = job->weights;
        for (int channel = 0; channel < job->out; channel += GROUP) {
            for (int p = 0; p < POSITIONS; p++, weights += per_position)
                multiply_batch(values + p * blocks * batch.n * NT_CHANNELS, weights, sums + p * batch.n * GROUP, blocks,
                               batch.n);
            transform_outputs(job, sums, &batch, channel, (size_t)picture * job->shape.y_next);
        }
    }
}
