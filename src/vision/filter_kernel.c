/* The separable filters: 12 200 operations a window, nearly all of the detector's arithmetic.
 *
 * The map is worked through in strips as wide as a vector. Down a strip, the rows of all terms are filtered into a ring of
 * a few groups of rows, small enough for the second-level cache; the columns then read from there, each value loaded once
 * for all the windows of a block that contain it. */
#include "vision/filter_kernel.h"

#include <string.h>

#include "base/simd.h"

#define SIDE NT_FILTER_SIDE

/* Windows of a block, one below the other: their sums, the ten weights and a value must fit in the registers. */
#if NT_MANY_REGISTERS
#define BLOCK 8
#else
#define BLOCK 4
#endif
#define GROUPS ((BLOCK + SIDE - 1 + BLOCK - 1) / BLOCK) /* of BLOCK rows, that the windows of a block reach */
#define SPAN (BLOCK + SIDE - 1)                          /* rows that they reach */

typedef NtVec Group[BLOCK];

/* One group of rows through the row filters of all terms. */
static void filter_rows(const NtFilterJob *job, int first_row, int column, Group *group)
{
    const NtFilterBank *bank = job->bank;
    const NtFhog *fhog = job->fhog;
    const int n = fhog->rows - first_row < BLOCK ? fhog->rows - first_row : BLOCK;
    for (int plane = 0; plane < NT_FHOG_PLANES; plane++) {
        for (int r = 0; r < n; r++) {
            const float *in = nt_fhog_row(fhog, plane, first_row + r) + column;
            NtVec shifted[SIDE];
#pragma GCC unroll 10
            for (int k = 0; k < SIDE; k++)
                shifted[k] = nt_vec_load(in + k);
            for (int t = bank->plane_begin[plane]; t < bank->plane_begin[plane + 1]; t++) {
                const float *weights = bank->terms[t].row;
                NtVec even = shifted[0] * nt_vec_splat(weights[0]), odd = shifted[1] * nt_vec_splat(weights[1]);
#pragma GCC unroll 4
                for (int k = 2; k < SIDE; k += 2) {
                    even += shifted[k] * nt_vec_splat(weights[k]);
                    odd += shifted[k + 1] * nt_vec_splat(weights[k + 1]);
                }
                group[t][r] = even + odd;
            }
        }
    }
}

/* The first `windows` of a block, for one part: the column filters of its terms over the groups. */
NT_INLINE void filter_columns(const NtFilterBank *bank, int part, Group *const groups[GROUPS], int windows, float *out,
                              size_t row_stride)
{
    NtVec sum[BLOCK] = {{0}};
    for (int i = bank->part_begin[part]; i < bank->part_begin[part + 1]; i++) {
        const int t = bank->by_part[i];
        NtVec weights[SIDE];
#pragma GCC unroll 10
        for (int k = 0; k < SIDE; k++)
            weights[k] = nt_vec_splat(bank->terms[t].column[k]);
#pragma GCC unroll 20
        for (int r = 0; r < windows + SIDE - 1; r++) {
            const NtVec value = groups[r / BLOCK][t][r % BLOCK];
#pragma GCC unroll 10
            for (int w = 0; w < windows; w++)
                if (r - w >= 0 && r - w < SIDE)
                    sum[w] += value * weights[r - w];
        }
    }
#pragma GCC unroll 10
    for (int w = 0; w < windows; w++)
        nt_vec_store(out + (size_t)w * row_stride, sum[w]);
}

void NT_KERNEL(nt_filter_respond)(const NtFilterJob *job)
{
    const NtFilterBank *bank = job->bank;
    const int valid_rows = job->fhog->rows - SIDE + 1;
    const int blocks = (valid_rows + BLOCK - 1) / BLOCK;
    Group *ring = (Group *)(void *)job->work;

    for (int column = job->first_column; column < job->end_column; column += NT_LANES) {
        for (int g = 0; g < blocks + GROUPS - 1; g++) {
            if (g * BLOCK < job->fhog->rows)
                filter_rows(job, g * BLOCK, column, ring + (g % GROUPS) * bank->n_terms);
            const int block = g - (GROUPS - 1);
            if (block < 0)
                continue;
            Group *groups[GROUPS];
            for (int i = 0; i < GROUPS; i++)
                groups[i] = ring + ((block + i) % GROUPS) * bank->n_terms;
            float *out = job->responses + (size_t)(block * BLOCK) * job->row_stride + column;
            const int windows = valid_rows - block * BLOCK;
            for (int part = 0; part < bank->n_parts; part++, out += job->part_stride) {
                /* The last block may be shorter; responses have room for the rows that count for nothing. */
                if (windows <= BLOCK / 4)
                    filter_columns(bank, part, groups, BLOCK / 4, out, job->row_stride);
                else if (windows <= BLOCK / 2)
                    filter_columns(bank, part, groups, BLOCK / 2, out, job->row_stride);
                else
                    filter_columns(bank, part, groups, BLOCK, out, job->row_stride);
            }
        }
    }
}

float NT_KERNEL(nt_filter_window)(const NtFilterDense *dense, const NtFhog *fhog, int row, int column)
{
    /* Four sums, so that no product waits for the one before. */
    NtVec sums[4] = {{0}};
    for (int plane = 0; plane < NT_FHOG_PLANES; plane++) {
#pragma GCC unroll 10
        for (int r = 0; r < SIDE; r++) {
            const float *in = nt_fhog_row(fhog, plane, row + r) + column, *weights = (*dense)[plane][r];
#pragma GCC unroll 4
            for (int k = 0; k < NT_FILTER_ROW; k += NT_LANES)
                sums[(r + k / NT_LANES) % 4] += nt_vec_load(in + k) * nt_vec_load(weights + k);
        }
    }
    const NtVec sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    float response = 0;
    for (int i = 0; i < NT_LANES; i++)
        response += sum[i];
    return response;
}
