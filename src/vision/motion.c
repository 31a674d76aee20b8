#include "vision/motion.h"

#include <math.h>
#include <string.h>

#define COLUMNS NT_THUMBNAIL_COLUMNS
#define ROWS NT_THUMBNAIL_ROWS
#define TILES (COLUMNS * ROWS)
#define MAX_SAMPLED_ROWS 12 /* of a tile's rows, evenly spread; of these all pixels */

/* A tile's part of a side; a picture smaller than the thumbnail has tiles that share pixels. */
static void tile_range(int tile, int tiles, int side, int *first, int *last)
{
    *first = (int)((int64_t)tile * side / tiles);
    *last = (int)((int64_t)(tile + 1) * side / tiles) - 1;
    if (*last < *first)
        *last = *first;
}

static int sampled_rows(int first, int last)
{
    return last - first + 1 < MAX_SAMPLED_ROWS ? last - first + 1 : MAX_SAMPLED_ROWS;
}

static uint32_t sum_of(const uint8_t *pixels, int n)
{
    uint32_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += pixels[i];
    return sum;
}

void nt_thumbnail_take(const NtImage *gray, NtThumbnail *thumbnail)
{
    thumbnail->width = gray->width;
    thumbnail->height = gray->height;
    for (int r = 0; r < ROWS; r++) {
        uint64_t sums[COLUMNS] = {0};
        int top, bottom;
        tile_range(r, ROWS, gray->height, &top, &bottom);
        const int n = sampled_rows(top, bottom);
        for (int i = 0; i < n; i++) {
            const uint8_t *row = nt_image_row(gray, top + (2 * i + 1) * (bottom - top + 1) / (2 * n));
            for (int c = 0; c < COLUMNS; c++) {
                int left, right;
                tile_range(c, COLUMNS, gray->width, &left, &right);
                sums[c] += sum_of(row + left, right - left + 1);
            }
        }
        for (int c = 0; c < COLUMNS; c++) {
            int left, right;
            tile_range(c, COLUMNS, gray->width, &left, &right);
            thumbnail->mean[r][c] = (float)((double)sums[c] / ((double)n * (right - left + 1)));
        }
    }
}

/* Cuts: the tiles look like none of those about their place before, and moving the whole picture does not help. Over
 * three thousand pairs of photographs, 97 % are told to be cuts; in films, the largest share of changed tiles within
 * a shot was 0.06 and the least correlation 0.78 (0.16 and 0.66 two frames on). */

#define CHANGED 10.0        /* grey levels by which a tile is beyond all that was around it */
#define MAX_GAIN 2.0        /* of contrast as a whole, from one frame to the next */
#define CHANGED_SHARE 0.15
#define SAME_SCENE 0.7      /* correlation from which on two pictures show one scene */
#define KEPT 4.0F           /* grey levels that a tile of a still background may be off by */
#define TEXTURED 12.0F      /* and by how much one differs from its neighbours that is not part of a plain wall */
#define KEPT_SHARE 0.35     /* of the background that a large face uncovers and covers */
#define MAX_PAN_COLUMNS 8   /* tiles that a picture may move from one frame to the next: a quarter */
#define MAX_PAN_ROWS 4
#define FLAT 2.0            /* standard deviation of a picture that shows nothing: faded out */

static void mean_and_deviation(const NtThumbnail *thumbnail, double *mean, double *deviation)
{
    double sum = 0, squares = 0;
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++) {
            const double v = thumbnail->mean[r][c];
            sum += v;
            squares += v * v;
        }
    *mean = sum / TILES;
    *deviation = sqrt(fmax(squares / TILES - *mean * *mean, 0));
}

int nt_motion_is_blank(const NtThumbnail *thumbnail)
{
    double mean, deviation;
    mean_and_deviation(thumbnail, &mean, &deviation);
    return deviation < FLAT;
}

/* The darkest and brightest of the 3 x 3 tiles about one. */
static void range_about(const NtThumbnail *thumbnail, int r, int c, float *low, float *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (int y = r > 0 ? r - 1 : 0; y <= r + 1 && y < ROWS; y++)
        for (int x = c > 0 ? c - 1 : 0; x <= c + 1 && x < COLUMNS; x++) {
            const float v = thumbnail->mean[y][x];
            *low = v < *low ? v : *low;
            *high = v > *high ? v : *high;
        }
}

/* The tiles that are beyond the range of the 3 x 3 about them before, once brightness and contrast as a whole are
 * the same. */
static double changed_share(const NtThumbnail *before, const NtThumbnail *after)
{
    double before_mean, before_deviation, after_mean, after_deviation;
    mean_and_deviation(before, &before_mean, &before_deviation);
    mean_and_deviation(after, &after_mean, &after_deviation);
    if (before_deviation < FLAT || after_deviation < FLAT)
        return 0;
    const double gain = fmax(1 / MAX_GAIN, fmin(MAX_GAIN, after_deviation / before_deviation));
    const double allowed = CHANGED * fmax(1, gain);
    int n = 0;
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++) {
            float low, high;
            range_about(before, r, c, &low, &high);
            const double here = (double)after->mean[r][c] - after_mean;
            n += here < gain * (low - before_mean) - allowed || here > gain * (high - before_mean) + allowed;
        }
    return (double)n / TILES;
}

/* Of the tiles that differ from their neighbours in either picture: how many are what they were. Bars and black
 * curtains do not count. */
static double kept_share(const NtThumbnail *before, const NtThumbnail *after)
{
    int n = 0, kept = 0;
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++) {
            float low, high, after_low, after_high;
            range_about(before, r, c, &low, &high);
            range_about(after, r, c, &after_low, &after_high);
            if (fmaxf(high - low, after_high - after_low) < TEXTURED)
                continue;
            n++;
            kept += fabsf(after->mean[r][c] - before->mean[r][c]) < KEPT;
        }
    return n > 0 ? (double)kept / n : 0;
}

/* Correlation of the tiles that both pictures show once the second has moved. */
static double correlate(const NtThumbnail *a, const NtThumbnail *b, int dx, int dy)
{
    double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
    int n = 0;
    for (int r = dy > 0 ? dy : 0; r < ROWS + (dy < 0 ? dy : 0); r++)
        for (int c = dx > 0 ? dx : 0; c < COLUMNS + (dx < 0 ? dx : 0); c++) {
            const double p = a->mean[r - dy][c - dx], q = b->mean[r][c];
            sum_a += p, sum_b += q, aa += p * p, bb += q * q, ab += p * q;
            n++;
        }
    const double variance_a = aa / n - sum_a / n * (sum_a / n), variance_b = bb / n - sum_b / n * (sum_b / n);
    if (variance_a < FLAT * FLAT || variance_b < FLAT * FLAT)
        return 0;
    return (ab / n - sum_a / n * (sum_b / n)) / sqrt(variance_a * variance_b);
}

int nt_motion_is_cut(const NtThumbnail *before, const NtThumbnail *after)
{
    if (before->width == 0 || after->width == 0 || changed_share(before, after) < CHANGED_SHARE ||
        kept_share(before, after) > KEPT_SHARE)
        return 0;
    for (int dy = -MAX_PAN_ROWS; dy <= MAX_PAN_ROWS; dy++)
        for (int dx = -MAX_PAN_COLUMNS; dx <= MAX_PAN_COLUMNS; dx++)
            if (correlate(before, after, dx, dy) >= SAME_SCENE)
                return 0;
    return 1;
}

/* Motion. */

#define NOISE 8.0         /* grey levels of a pixel that a camera in the dark may be off by (standard deviation) */
#define LARGEST_NOISE 5.0 /* standard deviations: no tile of a still picture is off by more, once in hours of video */
#define LEAST_CHANGE 0.5  /* grey levels of a tile's mean: compression alone does as much */

int nt_motion_in(const NtThumbnail *before, const NtThumbnail *after, NtRect area)
{
    if (before->width != after->width || before->height != after->height || before->width == 0)
        return 1;
    double squares = 0, expected = 0;
    int n = 0;
    for (int r = 0; r < ROWS; r++) {
        int top, bottom;
        tile_range(r, ROWS, after->height, &top, &bottom);
        if (bottom < area.top || top > area.bottom)
            continue;
        for (int c = 0; c < COLUMNS; c++) {
            int left, right;
            tile_range(c, COLUMNS, after->width, &left, &right);
            if (right < area.left || left > area.right)
                continue;
            const double change = (double)after->mean[r][c] - (double)before->mean[r][c];
            const double variance = 2 * NOISE * NOISE / (sampled_rows(top, bottom) * (right - left + 1));
            if (fabs(change) > LEAST_CHANGE + LARGEST_NOISE * sqrt(variance))
                return 1;
            squares += change * change;
            expected += variance;
            n++;
        }
    }
    if (n == 0)
        return 0;
    /* The mean square of n changes by noise alone is off by sqrt(2 / n) of itself. */
    return sqrt(squares / n) > LEAST_CHANGE + sqrt(expected / n * (1 + LARGEST_NOISE * sqrt(2.0 / n)));
}

void nt_motion_forgive(const NtThumbnail *before, NtThumbnail *after, NtRect area)
{
    if (before->width != after->width || before->height != after->height)
        return;
    for (int r = 0; r < ROWS; r++) {
        int top, bottom;
        tile_range(r, ROWS, after->height, &top, &bottom);
        for (int c = 0; c < COLUMNS && bottom >= area.top && top <= area.bottom; c++) {
            int left, right;
            tile_range(c, COLUMNS, after->width, &left, &right);
            if (right >= area.left && left <= area.right)
                after->mean[r][c] = before->mean[r][c];
        }
    }
}
