/* The separable filters in plain C: what filter_kernel.c is compared with. */
#include <stdlib.h>
#include <string.h>

#include "vision/filter_kernel.h"

#define SIDE NT_FILTER_SIDE
#define LARGEST_RING (SIDE + 16 - 1 + 16) /* rows of vectors that a kernel keeps for each term, at most */
#define LARGEST_LANES 16

static int by_plane(const void *a, const void *b) { return ((const NtFilterTerm *)a)->plane - ((const NtFilterTerm *)b)->plane; }

void nt_filter_bank_index(NtFilterBank *bank)
{
    qsort(bank->terms, (size_t)bank->n_terms, sizeof *bank->terms, by_plane);
    int n = 0;
    for (int plane = 0; plane < NT_FHOG_PLANES; plane++) {
        bank->plane_begin[plane] = n;
        while (n < bank->n_terms && bank->terms[n].plane == plane)
            n++;
    }
    bank->plane_begin[NT_FHOG_PLANES] = n;
    n = 0;
    for (int part = 0; part < bank->n_parts; part++) {
        bank->part_begin[part] = n;
        for (int t = 0; t < bank->n_terms; t++)
            if (bank->terms[t].part == part)
                bank->by_part[n++] = t;
    }
    bank->part_begin[bank->n_parts] = n;
}

void nt_filter_bank_sum(const NtFilterBank *bank, int part, NtFilterDense *dense)
{
    memset(*dense, 0, sizeof *dense);
    for (int i = bank->part_begin[part]; i < bank->part_begin[part + 1]; i++) {
        const NtFilterTerm *term = &bank->terms[bank->by_part[i]];
        for (int r = 0; r < SIDE; r++)
            for (int c = 0; c < SIDE; c++)
                (*dense)[term->plane][r][c] += term->column[r] * term->row[c];
    }
}

static double square(const float *values)
{
    double sum = 0;
    for (int i = 0; i < SIDE; i++)
        sum += (double)values[i] * (double)values[i];
    return sum;
}

/* Part by part, the heaviest first. */
static int by_weight(const void *a, const void *b)
{
    const NtFilterTerm *x = a, *y = b;
    if (x->part != y->part)
        return x->part - y->part;
    const double p = square(x->column) * square(x->row), q = square(y->column) * square(y->row);
    return (p < q) - (p > q);
}

int nt_filter_bank_screen(const NtFilterBank *bank, double share, NtFilterBank *screen)
{
    const size_t n = (size_t)bank->n_terms;
    *screen = (NtFilterBank){.n_parts = bank->n_parts};
    screen->terms = malloc(n * sizeof *screen->terms);
    screen->by_part = calloc(n, sizeof *screen->by_part);
    if (!screen->terms || !screen->by_part)
        return 0;
    memcpy(screen->terms, bank->terms, n * sizeof *screen->terms);
    qsort(screen->terms, n, sizeof *screen->terms, by_weight);
    for (int part = 0; part < bank->n_parts; part++) {
        const int first = bank->part_begin[part], kept = (int)((bank->part_begin[part + 1] - first) * share);
        memmove(screen->terms + screen->n_terms, screen->terms + first, (size_t)kept * sizeof *screen->terms);
        screen->n_terms += kept;
    }
    nt_filter_bank_index(screen);
    return 1;
}

void nt_filter_bank_clear(NtFilterBank *bank)
{
    free(bank->terms);
    free(bank->by_part);
    *bank = (NtFilterBank){0};
}

size_t nt_filter_work_size(const NtFilterBank *bank, const NtFhog *fhog)
{
    const size_t kernels = (size_t)bank->n_terms * LARGEST_RING * LARGEST_LANES;
    const size_t plain = (size_t)fhog->rows * fhog->plane_stride;
    return kernels > plain ? kernels : plain;
}

/* The three partial sums are the reference's. step: from one value to the next. */
static inline float filter(const float *q, size_t step, const float weights[SIDE])
{
    const float a = q[0] * weights[0] + q[3 * step] * weights[3] + q[6 * step] * weights[6] + q[9 * step] * weights[9];
    const float b = q[step] * weights[1] + q[4 * step] * weights[4] + q[7 * step] * weights[7];
    const float d = q[2 * step] * weights[2] + q[5 * step] * weights[5] + q[8 * step] * weights[8];
    return a + (b + d);
}

void nt_filter_respond_plain(const NtFilterJob *job)
{
    const NtFilterBank *bank = job->bank;
    const NtFhog *fhog = job->fhog;
    const int valid_rows = fhog->rows - SIDE + 1;
    const size_t stride = fhog->plane_stride;
    for (int part = 0; part < bank->n_parts; part++) {
        float *responses = job->responses + (size_t)part * job->part_stride;
        for (int r = 0; r < valid_rows; r++)
            memset(responses + (size_t)r * job->row_stride + job->first_column, 0,
                   (size_t)(job->end_column - job->first_column) * sizeof(float));
        for (int i = bank->part_begin[part]; i < bank->part_begin[part + 1]; i++) {
            const NtFilterTerm *term = &bank->terms[bank->by_part[i]];
            for (int r = 0; r < fhog->rows; r++)
                for (int c = job->first_column; c < job->end_column; c++)
                    job->work[(size_t)r * stride + (size_t)c] =
                        filter(nt_fhog_row(fhog, term->plane, r) + c, 1, term->row);
            for (int r = 0; r < valid_rows; r++)
                for (int c = job->first_column; c < job->end_column; c++)
                    responses[(size_t)r * job->row_stride + (size_t)c] +=
                        filter(job->work + (size_t)r * stride + c, stride, term->column);
        }
    }
}

float nt_filter_window_plain(const NtFilterDense *dense, const NtFhog *fhog, int row, int column)
{
    float response = 0;
    for (int plane = 0; plane < NT_FHOG_PLANES; plane++)
        for (int r = 0; r < SIDE; r++)
            for (int c = 0; c < SIDE; c++)
                response += (*dense)[plane][r][c] * nt_fhog_row(fhog, plane, row + r)[column + c];
    return response;
}

NtFilterWindow *nt_filter_window_for(NtCpuLevel level) { return NT_FOR_LEVEL(level, nt_filter_window); }

void nt_filter_respond(NtCpuLevel level, const NtFilterJob *job)
{
    NtFilterJob part = *job;
    part.first_column = 0;
    part.end_column = job->fhog->columns - SIDE + 1;
#ifdef __x86_64__
    /* Narrow vectors waste less on what remains of a row. */
    const int columns = part.end_column, rest = columns % 16;
    if (level == NT_CPU_AVX512 && rest > 0 && rest <= 8) {
        part.end_column = columns - rest;
        nt_filter_respond_avx512(&part);
        part.first_column = columns - rest;
        part.end_column = columns;
        level = NT_CPU_AVX2;
    }
#endif
    NT_FOR_LEVEL(level, nt_filter_respond)(&part);
}
