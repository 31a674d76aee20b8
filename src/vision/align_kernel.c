/* Cutting chips, the channels of a pixel at once, in double: no fused products, each byte must be the reference's. */
#include "vision/align_kernel.h"

#include <string.h>

#include "base/simd.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

/* A pixel: three channels and a fourth of no account. */
typedef double Doubles __attribute__((vector_size(32)));

/* Two pixels side by side. */
typedef struct Pair {
    Doubles left, right;
} Pair;

#ifdef __AVX2__
/* Bytes become doubles by their place in the number 2^52, which is then taken away. Reads 16 bytes. */
NT_INLINE Pair load_pair(const uint8_t *p)
{
    const __m256i six = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p));
    const __m256i left = _mm256_setr_epi8(0, -1, -1, -1, -1, -1, -1, -1, 1, -1, -1, -1, -1, -1, -1, -1,
                                          2, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const __m256i right = _mm256_setr_epi8(3, -1, -1, -1, -1, -1, -1, -1, 4, -1, -1, -1, -1, -1, -1, -1,
                                           5, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const __m256d base = _mm256_set1_pd(0x1p52);
    const __m256i bits = _mm256_castpd_si256(base);
    return (Pair){
        (Doubles)_mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(_mm256_shuffle_epi8(six, left), bits)), base),
        (Doubles)_mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(_mm256_shuffle_epi8(six, right), bits)), base)};
}

NT_INLINE void store_pixel(uint8_t *p, Doubles v)
{
    const __m128i whole = _mm256_cvttpd_epi32((__m256d)v);
    const int quad = _mm_cvtsi128_si32(_mm_shuffle_epi8(whole, _mm_set1_epi32(0x0c080400)));
    memcpy(p, &quad, sizeof quad);
}
NT_INLINE Doubles splat(const double *p) { return (Doubles)_mm256_broadcast_sd(p); }
#else
NT_INLINE Doubles splat(const double *p) { return *p - (Doubles){0}; }
NT_INLINE Pair load_pair(const uint8_t *p) { return (Pair){{p[0], p[1], p[2], 0}, {p[3], p[4], p[5], 0}}; }

NT_INLINE void store_pixel(uint8_t *p, Doubles v)
{
    for (int k = 0; k < 3; k++)
        p[k] = (uint8_t)v[k];
}
#endif

#define READ 16 /* bytes that load_pair may read */

static void chip_row(const NtImage *rgb, const NtChipGrid *grid, int row, uint8_t out[3 * NT_CHIP_SIZE])
{
    double f[NT_CHIP_SIZE], f1[NT_CHIP_SIZE], g[NT_CHIP_SIZE], g1[NT_CHIP_SIZE];
    int32_t offsets[NT_CHIP_SIZE];
    uint8_t line[3 * NT_CHIP_SIZE + 1]; /* pixels are written as 4 bytes */
    const double last_left = rgb->width - 2, last_top = rgb->height - 2;
    const double x_down = grid->down.x * row, y_down = grid->down.y * row;
    const int stride = (int)rgb->stride;
    int all_inside = rgb->width * 3 >= READ; /* and not at the last row: then there is a row to read into */
    for (int c = 0; c < NT_CHIP_SIZE; c++) {
        const double x = grid->start.x + grid->across.x * c + x_down, y = grid->start.y + grid->across.y * c + y_down;
        const double left = floor(x), top = floor(y);
        all_inside &= (left >= 0) & (top >= 0) & (left <= last_left) & (top < last_top);
        f[c] = x - left;
        g[c] = y - top;
        f1[c] = 1 - f[c];
        g1[c] = 1 - g[c];
    }
    if (!all_inside) {
        for (int c = 0; c < NT_CHIP_SIZE; c++)
            nt_chip_pixel(rgb, grid->start.x + grid->across.x * c + x_down, grid->start.y + grid->across.y * c + y_down,
                          out + 3 * c);
        return;
    }
    for (int c = 0; c < NT_CHIP_SIZE; c++) {
        const double x = grid->start.x + grid->across.x * c + x_down, y = grid->start.y + grid->across.y * c + y_down;
        offsets[c] = (int32_t)y * stride + 3 * (int32_t)x;
    }
    for (int c = 0; c < NT_CHIP_SIZE; c++) {
        const uint8_t *above = rgb->pixels + offsets[c];
        const Pair a = load_pair(above), b = load_pair(above + stride);
        store_pixel(line + 3 * c, splat(&g1[c]) * (splat(&f1[c]) * a.left + splat(&f[c]) * a.right) +
                                      splat(&g[c]) * (splat(&f1[c]) * b.left + splat(&f[c]) * b.right));
    }
    memcpy(out, line, 3 * NT_CHIP_SIZE);
}

static void sums(const uint8_t *const rows[5], int n, uint16_t *restrict out)
{
    const uint8_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3], *e = rows[4];
    for (int i = 0; i < n; i++)
        out[i] = (uint16_t)(a[i] + e[i] + 4 * (b[i] + d[i]) + 6 * c[i]);
}

const NtChipKernels NT_KERNEL(nt_chip_kernels) = {chip_row, sums};
