/* The HOG features, one pass down the picture: each band of 8 pixel rows that share their two rows of cells is voted into
 * small accumulators, these are added to the two rows' histograms, and as soon as a cell's neighbours are known its
 * features are written. Nothing larger than a few rows of cells is held, so that all of it stays in the nearest cache.
 *
 * Differs from the plain twin in the order of additions only. */
#include "vision/fhog_kernel.h"

#include <string.h>

#include "base/simd.h"

#define CELL NT_FHOG_CELL
#define DIRECTIONS NT_FHOG_DIRECTIONS
#define HALF_DIRECTIONS NT_FHOG_HALF_DIRECTIONS
#define RING 4   /* rows of cells kept */

/* One value for each cell around a pixel: upper left, upper right, lower left, lower right. */
typedef float Four __attribute__((vector_size(16)));
typedef int32_t FourInts __attribute__((vector_size(16)));
typedef float FourUnaligned __attribute__((vector_size(16), aligned(4), may_alias));

/* The pixels of 8 columns that share two columns of cells, or of 8 rows likewise: run i is [8 i - 4, 8 i + 3]. */
#define RUN_START(i) (CELL * (i) - CELL / 2)

/* A tile: runs that are voted for together, so that their accumulators stay in the nearest cache. */
#define TILE 32
#define TILE_WIDTH (TILE * CELL)
#define TOGETHER 4

typedef Four Votes[DIRECTIONS]; /* a run's accumulators */

typedef struct Work {
    Votes votes[TILE];               /* of one band, for the four cells around each run */
    float lengths[TILE_WIDTH];       /* of one pixel row's gradients */
    int32_t gradients[TILE_WIDTH];   /* indices into direction_of */
    float *histograms;               /* [RING][DIRECTIONS][stride], a margin of one cell left and right */
    float *energies;                 /* [RING][stride], by cell */
    size_t stride;
} Work;

/* Of the pixels first_x to last_x - 1; the arrays begin at first_x. */
static void gray_gradients(const NtImage *image, int y, int first_x, int last_x, int32_t *restrict gradients,
                           float *restrict lengths)
{
    const uint8_t *row = nt_image_row(image, y) + first_x, *above = row - image->stride, *below = row + image->stride;
    for (int i = 0; i < last_x - first_x; i++) {
        const int gx = row[i + 1] - row[i - 1], gy = below[i] - above[i];
        gradients[i] = gy * NT_FHOG_GRADIENT_STRIDE + gx;
        lengths[i] = sqrtf((float)(gx * gx + gy * gy));
    }
}

NT_INLINE void rgb_gradients(const NtImage *image, int y, int first_x, int last_x, int later_wins,
                             int32_t *restrict gradients, float *restrict lengths)
{
    const uint8_t *row = nt_image_row(image, y), *above = row - image->stride, *below = row + image->stride;
    for (int x = first_x; x < last_x; x++) {
        int gx = 0, gy = 0;
        *lengths++ = sqrtf((float)nt_fhog_gradient(above, row, below, x, 3, later_wins, &gx, &gy));
        *gradients++ = gy * NT_FHOG_GRADIENT_STRIDE + gx;
    }
}

/* The gradients of one pixel row of a tile; outside the pixels that have one, zero. */
static void find_gradients(const NtFhogJob *job, Work *work, int y, int tile_x, int last_x, int grouped)
{
    const int first = tile_x < 1 ? 1 : tile_x, last = tile_x + TILE_WIDTH < last_x ? tile_x + TILE_WIDTH : last_x;
    int32_t *gradients = work->gradients + (first - tile_x);
    float *lengths = work->lengths + (first - tile_x);
    if (job->image->format == NT_PIXELS_RGB24) {
        const int middle = grouped < first ? first : grouped < last ? grouped : last;
        rgb_gradients(job->image, y, first, middle, 1, gradients, lengths);
        rgb_gradients(job->image, y, middle, last, 0, gradients + (middle - first), lengths + (middle - first));
    } else {
        gray_gradients(job->image, y, first, last, gradients, lengths);
    }
    for (int i = 0; i < first - tile_x; i++)
        work->gradients[i] = 0, work->lengths[i] = 0;
    for (int i = last - tile_x; i < TILE_WIDTH && i % (TOGETHER * CELL); i++)
        work->gradients[i] = 0, work->lengths[i] = 0;
}

/* One pixel row's votes. lower: the share of the lower row of cells. */
static void vote_row(const NtFhogJob *job, Work *work, int runs, float lower)
{
    const uint8_t *offset_of =
        job->offset_of + NT_FHOG_MAX_GRADIENT * NT_FHOG_GRADIENT_STRIDE + NT_FHOG_MAX_GRADIENT;
    Four shares[CELL];
    for (int k = 0; k < CELL; k++) {
        const float right = (2 * k + 1) / (2.f * CELL), left = 1 - right, upper = 1 - lower;
        shares[k] = (Four){upper * left, upper * right, lower * left, lower * right};
    }
    /* Neighbouring pixels mostly share a direction, and wait for each other's sums: the runs of a group take turns. */
    for (int first = 0; first < runs; first += TOGETHER) {
        const int32_t *gradients = work->gradients + first * CELL;
        const float *lengths = work->lengths + first * CELL;
        char *votes = (char *)work->votes[first];
#pragma GCC unroll 8
        for (int k = 0; k < CELL; k++) {
#pragma GCC unroll 4
            for (int i = 0; i < TOGETHER; i++) {
                const float l = lengths[i * CELL + k];
                *(Four *)(void *)(votes + (size_t)i * sizeof(Votes) + 8 * (size_t)offset_of[gradients[i * CELL + k]]) +=
                    shares[k] * (Four){l, l, l, l};
            }
        }
    }
}

/* Rows of four corners become a corner each. */
NT_INLINE void transpose(Four *a, Four *b, Four *c, Four *d)
{
    const Four ab_low = __builtin_shuffle(*a, *b, (FourInts){0, 4, 1, 5});
    const Four ab_high = __builtin_shuffle(*a, *b, (FourInts){2, 6, 3, 7});
    const Four cd_low = __builtin_shuffle(*c, *d, (FourInts){0, 4, 1, 5});
    const Four cd_high = __builtin_shuffle(*c, *d, (FourInts){2, 6, 3, 7});
    *a = __builtin_shuffle(ab_low, cd_low, (FourInts){0, 1, 4, 5});
    *b = __builtin_shuffle(ab_low, cd_low, (FourInts){2, 3, 6, 7});
    *c = __builtin_shuffle(ab_high, cd_high, (FourInts){0, 1, 4, 5});
    *d = __builtin_shuffle(ab_high, cd_high, (FourInts){2, 3, 6, 7});
}

NT_INLINE Four shift_in(Four before, Four v) { return __builtin_shuffle(before, v, (FourInts){3, 4, 5, 6}); }

/* What the right-hand corners of a tile's last run hold for the next tile's first cell. */
typedef struct Carry {
    Four upper[DIRECTIONS], lower[DIRECTIONS];
} Carry;

/* Hands a tile's votes to its two rows of cells, from the tile's first cell, and clears them. The upper row has votes
 * already, the lower none. runs: rounded up to 4. */
static void spread_votes(Work *work, int runs, float *upper, float *lower, Carry *carry)
{
    const size_t stride = work->stride;
    for (int run = 0; run < runs; run += 4) {
        Votes *votes = work->votes + run;
        for (size_t o = 0; o < DIRECTIONS; o++) {
            Four corners[4];
            for (int i = 0; i < 4; i++) {
                corners[i] = votes[i][o];
                votes[i][o] = (Four){0};
            }
            transpose(&corners[0], &corners[1], &corners[2], &corners[3]);
            FourUnaligned *u = (FourUnaligned *)(upper + o * stride + run), *l = (FourUnaligned *)(lower + o * stride + run);
            *u += corners[0] + shift_in(carry->upper[o], corners[1]);
            *l = corners[2] + shift_in(carry->lower[o], corners[3]);
            carry->upper[o] = corners[1];
            carry->lower[o] = corners[3];
        }
    }
}

/* The votes of a band: 8 rows of pixels that share two rows of cells. */
static void vote_band(const NtFhogJob *job, Work *work, int band, float *upper, float *lower)
{
    const int last_x = nt_fhog_last(job->columns, job->image->width), last_y = nt_fhog_last(job->rows, job->image->height);
    const int start = RUN_START(band), runs = job->columns + 1, grouped = nt_fhog_later_wins_before(last_x);
    Carry carry;
    for (int o = 0; o < DIRECTIONS; o++)
        carry.upper[o] = carry.lower[o] = (Four){0};
    for (int first = 0; first < runs; first += TILE) {
        const int tile_x = RUN_START(first), in_tile = runs - first < TILE ? runs - first : TILE;
        /* A run without pixels is possible at the right edge alone. */
        const int with_pixels = last_x - tile_x <= 0 ? 0 : (last_x - tile_x + CELL - 1) / CELL;
        for (int y = start < 1 ? 1 : start; y < start + CELL && y < last_y; y++) {
            if (tile_x >= last_x)
                break;
            find_gradients(job, work, y, tile_x, last_x, grouped);
            vote_row(job, work, with_pixels < in_tile ? with_pixels : in_tile, (float)(2 * (y - start) + 1) / (2.f * CELL));
        }
        spread_votes(work, (in_tile + 3) / 4 * 4, upper + first, lower + first, &carry);
    }
}

/* histogram: of a row of cells, from its first cell. */
static void sum_energies(const float *histogram, size_t stride, int columns, float *restrict energies)
{
    for (int c = 0; c < columns; c++) {
        float sum = 0;
        for (size_t o = 0; o < HALF_DIRECTIONS; o++) {
            const float both = histogram[o * stride + (size_t)c] + histogram[(o + HALF_DIRECTIONS) * stride + (size_t)c];
            sum += both * both;
        }
        energies[c] = sum;
    }
}

NT_INLINE float smaller(float a, float b) { return a < b ? a : b; }

/* Features of n cells of one row. h: histogram of the first; up, here, down: energies of the rows, from the cell before
 * the first. Writes up to a multiple of the vector's width. */
static void write_features(const float *h, const float *up, const float *here, const float *down, int n,
                           const Work *work, float *out, size_t plane)
{
    const size_t stride = work->stride;
    for (int first = 0; first < n; first += NT_LANES) {
        const float *e = here + first, *u = up + first, *d = down + first;
        float limits[4][NT_LANES], factors[4][NT_LANES], textures[4][NT_LANES], valid[NT_LANES];
        for (int c = 0; c < NT_LANES; c++) {
            const float blocks[4] = {
                ((e[c + 1] + e[c + 2]) + d[c + 1]) + d[c + 2],
                ((u[c + 1] + u[c + 2]) + e[c + 1]) + e[c + 2],
                ((e[c] + e[c + 1]) + d[c]) + d[c + 1],
                ((u[c] + u[c + 1]) + e[c]) + e[c + 1],
            };
            valid[c] = first + c < n ? 1 : 0; /* what lies beyond is padding: zero */
            for (int i = 0; i < 4; i++) {
                const float root = sqrtf(blocks[i] + NT_FHOG_ENERGY_FLOOR);
                limits[i][c] = NT_FHOG_TRUNCATION * root;
                factors[i][c] = valid[c] * (NT_FHOG_HALF_WEIGHT / limits[i][c]);
                textures[i][c] = 0;
            }
        }
        for (size_t o = 0; o < DIRECTIONS; o++) {
            const float *votes = h + o * stride + first;
            float *p = out + o * plane + first;
            for (int c = 0; c < NT_LANES; c++) {
                const float p0 = smaller(votes[c], limits[0][c]) * factors[0][c];
                const float p1 = smaller(votes[c], limits[1][c]) * factors[1][c];
                const float p2 = smaller(votes[c], limits[2][c]) * factors[2][c];
                const float p3 = smaller(votes[c], limits[3][c]) * factors[3][c];
                textures[0][c] += p0;
                textures[1][c] += p1;
                textures[2][c] += p2;
                textures[3][c] += p3;
                p[c] = (p0 + p1) + (p2 + p3);
            }
        }
        for (size_t o = 0; o < HALF_DIRECTIONS; o++) {
            const float *votes = h + o * stride + first, *opposite = votes + HALF_DIRECTIONS * stride;
            float *p = out + (DIRECTIONS + o) * plane + first;
            for (int c = 0; c < NT_LANES; c++) {
                const float both = votes[c] + opposite[c];
                p[c] = (smaller(both, limits[0][c]) * factors[0][c] + smaller(both, limits[1][c]) * factors[1][c]) +
                       (smaller(both, limits[2][c]) * factors[2][c] + smaller(both, limits[3][c]) * factors[3][c]);
            }
        }
        for (size_t i = 0; i < 4; i++)
            for (int c = 0; c < NT_LANES; c++)
                out[(DIRECTIONS + HALF_DIRECTIONS + i) * plane + (size_t)(first + c)] =
                    textures[i][c] * NT_FHOG_TEXTURE_WEIGHT;
    }
}

void NT_KERNEL(nt_fhog_fill)(const NtFhogJob *job)
{
    Work work = {.stride = ((size_t)job->columns + 2 + 15) / 16 * 16 + 32};
    const size_t histogram = DIRECTIONS * work.stride;
    work.histograms = job->work;
    work.energies = work.histograms + RING * histogram;
    memset(job->work, 0, RING * (histogram + work.stride) * sizeof(float));

    for (int band = 0; band <= job->rows; band++) {
        float *upper = work.histograms + (size_t)(band % RING) * histogram;
        float *lower = work.histograms + (size_t)((band + 1) % RING) * histogram;
        vote_band(job, &work, band, upper, lower);
        /* The upper histogram, of the picture's row of cells band - 1, is now complete. */
        if (band == 0)
            continue;
        sum_energies(upper + 1, work.stride, job->columns, work.energies + (size_t)((band - 1) % RING) * work.stride);
        const int row = band - 2; /* whose neighbours are now all known */
        if (row >= 1)
            write_features(work.histograms + (size_t)((row + 1) % RING) * histogram + 2,
                           work.energies + (size_t)((row - 1) % RING) * work.stride,
                           work.energies + (size_t)(row % RING) * work.stride,
                           work.energies + (size_t)((row + 1) % RING) * work.stride, job->columns - 2, &work,
                           job->out + (size_t)(row - 1) * job->row_stride, job->plane_stride);
    }
}
