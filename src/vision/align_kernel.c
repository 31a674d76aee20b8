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

/* The places that one row of the chip looks at, and the weights there. */
typedef struct Row {
    double f[NT_CHIP_SIZE], g[NT_CHIP_SIZE]; /* of the right and the lower neighbours */
    int32_t offsets[NT_CHIP_SIZE]; /* of the upper left neighbour: top * row_step + left * pixel_step */
} Row;

NT_INLINE int is_inside(NtPoint p, double right, double bottom)
{
    const double left = floor(p.x), top = floor(p.y);
    return left >= 0 && top >= 0 && left < right && top < bottom;
}

/* 0 when a neighbour lies outside: left must be below right, top below bottom. Places run one way, rounding included, so
 * that the first and the last tell for all. */
NT_INLINE int find_places(const NtChipGrid *grid, int row, double right, double bottom, int row_step, int pixel_step,
                          Row *places)
{
    if (!is_inside(nt_chip_place(grid, 0, row), right, bottom) ||
        !is_inside(nt_chip_place(grid, NT_CHIP_SIZE - 1, row), right, bottom))
        return 0;
    const double x_down = grid->down.x * row, y_down = grid->down.y * row;
    for (int c = 0; c < NT_CHIP_SIZE; c++) {
        const double x = grid->x[c] + x_down, y = grid->y[c] + y_down;
        const int32_t left = (int32_t)x, top = (int32_t)y; /* neither is negative */
        places->f[c] = x - left;
        places->g[c] = y - top;
        places->offsets[c] = top * row_step + left * pixel_step;
    }
    return 1;
}

NT_INLINE Doubles blend(const Row *places, int c, Pair upper, Pair lower)
{
    /* Loads are what there is most of: the other weights are worked out anew. */
    const Doubles f = splat(&places->f[c]), g = splat(&places->g[c]), f1 = 1 - f, g1 = 1 - g;
    return g1 * (f1 * upper.left + f * upper.right) + g * (f1 * lower.left + f * lower.right);
}

/* A pixel is stored as 4 bytes, the next over the fourth; but a row's last has no next. */
NT_INLINE void store_last(uint8_t *row, Doubles v)
{
    uint8_t last[4];
    store_pixel(last, v);
    memcpy(row + 3 * (NT_CHIP_SIZE - 1), last, 3);
}

static void chip_row(const NtImage *rgb, const NtChipGrid *grid, int row, uint8_t out[3 * NT_CHIP_SIZE])
{
    Row places;
    const int stride = (int)rgb->stride;
    /* Not at the last row: there must be a row to read into. */
    if (rgb->width * 3 < READ || !find_places(grid, row, rgb->width - 1, rgb->height - 2, stride, 3, &places)) {
        for (int c = 0; c < NT_CHIP_SIZE; c++) {
            const NtPoint p = nt_chip_place(grid, c, row);
            nt_chip_pixel(rgb, p.x, p.y, out + 3 * c);
        }
        return;
    }
    for (int c = 0; c < NT_CHIP_SIZE; c++) {
        const uint8_t *upper = rgb->pixels + places.offsets[c];
        const Doubles v = blend(&places, c, load_pair(upper), load_pair(upper + stride));
        if (c < NT_CHIP_SIZE - 1)
            store_pixel(out + 3 * c, v);
        else
            store_last(out, v);
    }
}

#ifdef __AVX2__
NT_INLINE Doubles widen_pixel(int quad)
{
    return (Doubles)_mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(quad)));
}

static void widen(const NtImage *rgb, double *out)
{
    Doubles *pixels = (Doubles *)(void *)out;
    for (int y = 0; y < rgb->height; y++) {
        const uint8_t *p = nt_image_row(rgb, y), *last = p + 3 * (rgb->width - 1);
        for (; p < last; p += 3) {
            int quad;
            memcpy(&quad, p, sizeof quad);
            *pixels++ = widen_pixel(quad);
        }
        *pixels++ = widen_pixel(last[0] | last[1] << 8 | last[2] << 16); /* the picture may end here */
    }
}

NT_INLINE Doubles wide_pixel(const Row *places, int c, const char *upper_row, const char *lower_row)
{
    const Doubles *upper = (const Doubles *)(const void *)(upper_row + places->offsets[c]);
    const Doubles *lower = (const Doubles *)(const void *)(lower_row + places->offsets[c]);
    return blend(places, c, (Pair){upper[0], upper[1]}, (Pair){lower[0], lower[1]});
}

static int wide_row(const double *wide, int width, int height, const NtChipGrid *grid, int row,
                    uint8_t out[3 * NT_CHIP_SIZE])
{
    Row places;
    const int pixel = (int)sizeof(Doubles);
    if (!find_places(grid, row, width - 1, height - 1, width * pixel, pixel, &places))
        return 0;
    const char *upper_row = (const char *)wide, *lower_row = (const char *)(wide + 4 * (size_t)width);
#pragma GCC unroll 4
    for (int c = 0; c < NT_CHIP_SIZE - 1; c++)
        store_pixel(out + 3 * c, wide_pixel(&places, c, upper_row, lower_row));
    store_last(out, wide_pixel(&places, NT_CHIP_SIZE - 1, upper_row, lower_row));
    return 1;
}
#else
#define widen NULL
#define wide_row NULL
#endif

static void sums(const uint8_t *const rows[5], int n, uint16_t *restrict out)
{
    const uint8_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3], *e = rows[4];
    for (int i = 0; i < n; i++)
        out[i] = (uint16_t)(a[i] + e[i] + 4 * (b[i] + d[i]) + 6 * c[i]);
}

const NtChipKernels NT_KERNEL(nt_chip_kernels) = {chip_row, sums, widen, wide_row};
