/* Direct convolution of bytes with AVX-512 VNNI. Blocks and groups as in conv_kernel.c; the instruction multiplies four
 * unsigned bytes by four signed ones and adds them to a 32-bit sum, which cannot overflow here (2304 products of 255 * 127). */
#include <immintrin.h>

#include "nn/conv8_kernel.h"
#include "nn/conv_kernel.h"

#define NT_INLINE static inline __attribute__((always_inline))
#define LANES 16
#define WIDE 2
#define LONGEST 14
#define WIDER 4
#define SHORT 6
#define AHEAD 4096 /* bytes of weights fetched before they are needed: they mostly come from the last-level cache */

NT_INLINE __m512i load_quad(const uint8_t *p)
{
    int quad;
    __builtin_memcpy(&quad, p, sizeof quad);
    return _mm512_set1_epi32(quad);
}

/* *sums += values * filters, four products a sum. Not the intrinsic: around it gcc 12 copies every sum twice, and puts many of
 * them on the stack in the innermost loop. */
NT_INLINE void multiply_add(__m512i *sums, __m512i values, __m512i filters)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(*sums) : "v"(values), "v"(filters));
}

/* n, vectors, inner and pixel are constants where this is called. */
NT_INLINE void block(const NtConv8Job *job, const uint8_t *x, const int8_t *weights, int from, int to, int first_channel,
                     size_t offset, int n, int vectors, int inner, size_t pixel)
{
    const int quads = inner / NT_CONV8_QUAD, step = vectors * LANES * NT_CONV8_QUAD;
    __m512i sums[LONGEST][WIDER];
#pragma GCC unroll 16
    for (int i = 0; i < n; i++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            sums[i][v] = _mm512_setzero_si512();
    const int row_of_taps = job->shape.taps_x * quads * step;
    for (int b = 0; b < job->shape.blocks; b++, x += job->shape.x_block, weights += job->shape.taps_y * row_of_taps) {
        for (int ky = from; ky < to; ky++) {
            const uint8_t *in = x + (size_t)ky * job->shape.x_row;
            const int8_t *w = weights + ky * row_of_taps;
            for (int kx = 0; kx < job->shape.taps_x; kx++, in += NT_CHANNELS) {
                for (int q = 0; q < quads; q++, w += step) {
                    __m512i filters[WIDER];
#pragma GCC unroll 4
                    for (int v = 0; v < vectors; v++) {
                        filters[v] = _mm512_loadu_si512(w + v * LANES * NT_CONV8_QUAD);
                        _mm_prefetch((const char *)w + v * LANES * NT_CONV8_QUAD + AHEAD, _MM_HINT_T0);
                    }
#pragma GCC unroll 16
                    for (int i = 0; i < n; i++) {
                        const __m512i values = load_quad(in + (size_t)i * pixel + (size_t)(q * NT_CONV8_QUAD));
#pragma GCC unroll 4
                        for (int v = 0; v < vectors; v++)
                            multiply_add(&sums[i][v], values, filters[v]);
                    }
                }
            }
        }
    }
    const __m512 q_scale = _mm512_set1_ps(job->q_scale), zero = _mm512_setzero_ps();
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
        const int channel = first_channel + v * LANES;
        const __m512 scale = _mm512_loadu_ps(job->scale + channel), bias = _mm512_loadu_ps(job->bias + channel);
        const size_t at = (size_t)(channel / NT_CHANNELS) * job->shape.y_block + offset;
#pragma GCC unroll 16
        for (int i = 0; i < n; i++) {
            const size_t here = at + (size_t)i * NT_CHANNELS;
            __m512 y = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[i][v]), scale, bias);
            if (job->shortcut)
                y = _mm512_add_ps(y, _mm512_loadu_ps(job->shortcut + here));
            y = _mm512_max_ps(y, zero);
            if (job->y)
                _mm512_storeu_ps(job->y + here, y);
            if (job->q)
                _mm_storeu_si128((__m128i *)(void *)(job->q + here),
                                 _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(y, q_scale))));
        }
    }
}

#define CASE(n, vectors) \
    case n: \
        block(job, x, weights, from, to, first_channel, offset, n, vectors, inner, pixel); \
        break;

NT_INLINE void blocks(const NtConv8Job *job, const uint8_t *x, const int8_t *weights, int from, int to, int first_channel,
                      size_t offset, int n, int vectors, int inner, size_t pixel)
{
    if (vectors == WIDER) {
        switch (n) {
            CASE(1, WIDER) CASE(2, WIDER) CASE(3, WIDER) CASE(4, WIDER) CASE(5, WIDER) CASE(6, WIDER)
        }
        return;
    }
    switch (n) {
        CASE(1, WIDE) CASE(2, WIDE) CASE(3, WIDE) CASE(4, WIDE) CASE(5, WIDE) CASE(6, WIDE) CASE(7, WIDE)
        CASE(8, WIDE) CASE(9, WIDE) CASE(10, WIDE) CASE(11, WIDE) CASE(12, WIDE) CASE(13, WIDE) CASE(14, WIDE)
    }
}

NT_INLINE void rows(const NtConv8Job *job, int first_channel, const int8_t *weights, int vectors, int longest, int inner,
                    size_t pixel)
{
    const int n_blocks = (job->side + longest - 1) / longest;
    for (int i = 0; i < job->n * job->side; i++) {
        const int picture = i / job->side, row = i % job->side;
        const int top = row * job->shape.stride - job->shape.padding;
        const int from = top < 0 ? -top : 0, to = top + job->shape.taps_y > job->shape.rows ? job->shape.rows - top : job->shape.taps_y;
        const uint8_t *in = job->x + (size_t)picture * job->shape.x_next + (size_t)(row * job->shape.stride) * job->shape.x_row;
        for (int b = 0; b < n_blocks; b++) {
            const int column = b * job->side / n_blocks, n = (b + 1) * job->side / n_blocks - column;
            blocks(job, in + (size_t)column * pixel, weights, from, to, first_channel,
                   (size_t)picture * job->shape.y_next + (size_t)row * job->shape.y_row + (size_t)column * NT_CHANNELS, n, vectors,
                   inner, pixel);
        }
    }
}

static void group_3x3(const NtConv8Job *job, int channel, const int8_t *weights)
{
    rows(job, channel, weights, WIDE, LONGEST, NT_CHANNELS, NT_CHANNELS);
}
static void group_3x3_stride_2(const NtConv8Job *job, int channel, const int8_t *weights)
{
    rows(job, channel, weights, WIDE, LONGEST, NT_CHANNELS, 2 * NT_CHANNELS);
}
static void group_rgb(const NtConv8Job *job, int channel, const int8_t *weights)
{
    rows(job, channel, weights, WIDE, LONGEST, NT_CONV8_RGB_TAPS, 6);
}
static void wider_group_3x3(const NtConv8Job *job, int channel, const int8_t *weights)
{
    rows(job, channel, weights, WIDER, SHORT, NT_CHANNELS, NT_CHANNELS);
}
static void wider_group_3x3_stride_2(const NtConv8Job *job, int channel, const int8_t *weights)
{
    rows(job, channel, weights, WIDER, SHORT, NT_CHANNELS, 2 * NT_CHANNELS);
}

void nt_conv8_run_vnni(const NtConv8Job *job)
{
    const size_t weights = (size_t)(job->shape.blocks * job->shape.taps_y * job->shape.taps_x * job->inner) * (size_t)job->group;
    const int wider = job->group == WIDER * LANES, stride_1 = job->shape.x_pixel == NT_CHANNELS;
    void (*group)(const NtConv8Job *, int, const int8_t *) = stride_1 ? (wider ? wider_group_3x3 : group_3x3)
                                                             : wider ? wider_group_3x3_stride_2
                                                                     : group_3x3_stride_2;
    if (job->inner == NT_CONV8_RGB_TAPS)
        group = group_rgb;
    for (int i = 0; i < job->out / job->group; i++)
        group(job, i * job->group, job->weights + (size_t)i * weights);
}
