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
#define CORNERS 4 /* of a pixel: upper left, upper right, lower left, lower right cell */

typedef float Four __attribute__((vector_size(16)));
typedef int32_t FourInts __attribute__((vector_size(16)));
typedef float FourUnaligned __attribute__((vector_size(16), aligned(4), may_alias));

/* The pixels of 8 columns that share two columns of cells, or of 8 rows likewise: run i is [8 i - 4, 8 i + 3]. */
#define RUN_START(i) (CELL * (i) - CELL / 2)

typedef struct Work {
    Four *votes;      /* [runs, a multiple of 4][DIRECTIONS]: one band's, for the four cells around each run */
    float *histograms; /* [RING][DIRECTIONS][stride], a margin of one cell left and right */
    float *energies;  /* [RING][stride], by cell */
    float *limits;    /* [4][stride], then factors and textures alike */
    float *lengths;   /* [width] of one pixel row's gradients */
    int32_t *gradients; /* [width], indices into direction_of */
    size_t stride;
    int runs;
} Work;

static void gray_gradients(const NtImage *image, int y, int last_x, int32_t *restrict gradients, float *restrict lengths)
{
    const uint8_t *row = nt_image_row(image, y), *above = row - image->stride, *below = row + image->stride;
    for (int x = 1; x < last_x; x++) {
        const int gx = row[x + 1] - row[x - 1], gy = below[x] - above[x];
        gradients[x] = gy * NT_FHOG_GRADIENT_STRIDE + gx;
        lengths[x] = sqrtf((float)(gx * gx + gy * gy));
    }
}

NT_INLINE void rgb_gradients(const NtImage *image, int y, int first_x, int last_x, int later_wins,
                             int32_t *restrict gradients, float *restrict lengths)
{
    const uint8_t *row = nt_image_row(image, y), *above = row - image->stride, *below = row + image->stride;
    for (int x = first_x; x < last_x; x++) {
        int gx = 0, gy = 0;
        lengths[x] = sqrtf((float)nt_fhog_gradient(above, row, below, x, 3, later_wins, &gx, &gy));
        gradients[x] = gy * NT_FHOG_GRADIENT_STRIDE + gx;
    }
}

/* One pixel row's votes. lower: the share of the lower row of cells. */
static void vote_row(const NtFhogJob *job, const Work *work, int last_x, float lower)
{
    const uint8_t *direction_of =
        job->direction_of + NT_FHOG_MAX_GRADIENT * NT_FHOG_GRADIENT_STRIDE + NT_FHOG_MAX_GRADIENT;
    const int32_t *gradients = work->gradients;
    const float *lengths = work->lengths;
    Four shares[CELL];
    for (int k = 0; k < CELL; k++) {
        const float right = (2 * k + 1) / (2.f * CELL), left = 1 - right, upper = 1 - lower;
        shares[k] = (Four){upper * left, upper * right, lower * left, lower * right};
    }
    Four *votes = work->votes;
    for (int run = 0; run < work->runs; run++, votes += DIRECTIONS) {
        const int start = RUN_START(run);
        if (start >= 1 && start + CELL <= last_x) {
#pragma GCC unroll 8
            for (int k = 0; k < CELL; k++) {
                const float length = lengths[start + k];
                votes[direction_of[gradients[start + k]]] += shares[k] * (Four){length, length, length, length};
            }
            continue;
        }
        for (int k = 0; k < CELL; k++) {
            const int x = start + k;
            if (x >= 1 && x < last_x)
                votes[direction_of[gradients[x]]] += shares[k] * (Four){lengths[x], lengths[x], lengths[x], lengths[x]};
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

/* Hands a band's votes to the two rows of cells and clears them. The upper row has votes already, the lower none. */
static void spread_votes(const Work *work, float *upper, float *lower)
{
    const size_t stride = work->stride;
    Four upper_before[DIRECTIONS], lower_before[DIRECTIONS];
    memset(upper_before, 0, sizeof upper_before);
    memset(lower_before, 0, sizeof lower_before);
    for (int run = 0; run < work->runs; run += 4) {
        Four *votes = work->votes + (size_t)run * DIRECTIONS;
        for (size_t o = 0; o < DIRECTIONS; o++, votes++) {
            Four upper_left = votes[0], upper_right = votes[DIRECTIONS], lower_left = votes[2 * DIRECTIONS],
                 lower_right = votes[3 * DIRECTIONS];
            transpose(&upper_left, &upper_right, &lower_left, &lower_right);
            votes[0] = votes[DIRECTIONS] = votes[2 * DIRECTIONS] = votes[3 * DIRECTIONS] = (Four){0};
            FourUnaligned *u = (FourUnaligned *)(upper + o * stride + run), *l = (FourUnaligned *)(lower + o * stride + run);
            *u += upper_left + shift_in(upper_before[o], upper_right);
            *l = lower_left + shift_in(lower_before[o], lower_right);
            upper_before[o] = upper_right;
            lower_before[o] = lower_right;
        }
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
    const NtImage *image = job->image;
    const int last_x = nt_fhog_last(job->columns, image->width), last_y = nt_fhog_last(job->rows, image->height);
    Work work = {.runs = (job->columns + 1 + 3) / 4 * 4, .stride = ((size_t)job->columns + 2 + 15) / 16 * 16 + 32};
    const size_t histogram = DIRECTIONS * work.stride, votes = (size_t)work.runs * DIRECTIONS;
    float *memory = job->work;
    work.votes = (Four *)(void *)memory, memory += CORNERS * votes;
    work.histograms = memory, memory += RING * histogram;
    work.energies = memory, memory += RING * work.stride;
    work.lengths = memory, memory += image->width;
    work.gradients = (int32_t *)(void *)memory;
    memset(job->work, 0, (size_t)((float *)work.gradients - job->work) * sizeof(float));

    for (int band = 0; band <= job->rows; band++) {
        const int start = RUN_START(band);
        float *upper = work.histograms + (size_t)(band % RING) * histogram;
        float *lower = work.histograms + (size_t)((band + 1) % RING) * histogram;
        for (int y = start < 1 ? 1 : start; y < start + CELL && y < last_y; y++) {
            if (image->format == NT_PIXELS_RGB24) {
                const int x = nt_fhog_later_wins_before(last_x);
                rgb_gradients(image, y, 1, x < last_x ? x : last_x, 1, work.gradients, work.lengths);
                rgb_gradients(image, y, x, last_x, 0, work.gradients, work.lengths);
            } else {
                gray_gradients(image, y, last_x, work.gradients, work.lengths);
            }
            vote_row(job, &work, last_x, (float)(2 * (y - start) + 1) / (2.f * CELL));
        }
        spread_votes(&work, upper, lower);
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
