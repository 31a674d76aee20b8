#include "vision/fhog.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CELL NT_FHOG_CELL
#define DIRECTIONS 18 /* signed; 9 unsigned ones are their pairs */
#define HALF_DIRECTIONS 9
/* Colours whose gradients tie: in the columns that the reference does 8 at a time the later channel wins, in the rest
 * the earlier one. */
#define TIE_GROUP 8

#define MAX_GRADIENT 255
#define GRADIENT_SIDE (2 * MAX_GRADIENT + 1)

#define ENERGY_FLOOR 0.0001f
#define TRUNCATION 0.2f
#define HALF_WEIGHT 0.1f
#define TEXTURE_WEIGHT 0.2357

/* direction_of[gy + 255][gx + 255]: the signed direction that an integer gradient votes for. */
static uint8_t direction_of[GRADIENT_SIDE][GRADIENT_SIDE];
static pthread_once_t direction_once = PTHREAD_ONCE_INIT;

/* The direction with the largest dot product; strict comparisons in this order, so that ties and rounding fall as in the
 * reference. The constants are its four-digit cosines and sines of multiples of 20 degrees. */
static void fill_directions(void)
{
    static const float axes[HALF_DIRECTIONS][2] = {
        {1.0000f, 0.0000f},  {0.9397f, 0.3420f},  {0.7660f, 0.6428f},  {0.5000f, 0.8660f},  {0.1736f, 0.9848f},
        {-0.1736f, 0.9848f}, {-0.5000f, 0.8660f}, {-0.7660f, 0.6428f}, {-0.9397f, 0.3420f},
    };
    for (int gy = -MAX_GRADIENT; gy <= MAX_GRADIENT; gy++) {
        for (int gx = -MAX_GRADIENT; gx <= MAX_GRADIENT; gx++) {
            float best = 0;
            int direction = 0;
            for (int o = 0; o < HALF_DIRECTIONS; o++) {
                const float dot = axes[o][0] * (float)gx + axes[o][1] * (float)gy;
                if (dot > best) {
                    best = dot;
                    direction = o;
                } else if (-dot > best) {
                    best = -dot;
                    direction = o + HALF_DIRECTIONS;
                }
            }
            direction_of[gy + MAX_GRADIENT][gx + MAX_GRADIENT] = (uint8_t)direction;
        }
    }
}

static float *grow(float **memory, size_t *capacity, size_t needed)
{
    if (needed > *capacity) {
        float *larger = realloc(*memory, needed * sizeof(float));
        if (!larger)
            return NULL;
        *memory = larger;
        *capacity = needed;
    }
    return *memory;
}

/* One pixel's gradient: that of the channel where it is longest. Returns the squared length. */
static inline int gradient(const uint8_t *above, const uint8_t *row, const uint8_t *below, int x, int channels,
                           int later_wins, int *gx, int *gy)
{
    if (channels == 1) {
        *gx = row[x + 1] - row[x - 1];
        *gy = below[x] - above[x];
        return *gx * *gx + *gy * *gy;
    }
    int best = -1;
    for (int k = 0; k < 3; k++) {
        const int dx = row[3 * (x + 1) + k] - row[3 * (x - 1) + k];
        const int dy = below[3 * x + k] - above[3 * x + k];
        const int length = dx * dx + dy * dy;
        if (length > best || (later_wins && length == best)) {
            best = length;
            *gx = dx;
            *gy = dy;
        }
    }
    return best;
}

/* Votes of one row of pixels into the histograms of the cell rows above and below it.
 * upper, lower: [columns + 2][18], one cell of margin at either side; weights: how much of the vote each row gets. */
static inline void vote_row(const NtImage *image, int y, int last_x, int channels, float *upper, float *lower,
                            float upper_weight, float lower_weight)
{
    const uint8_t *row = nt_image_row(image, y), *above = row - image->stride, *below = row + image->stride;
    int grouped = 0;
    while (1 + grouped < last_x - (TIE_GROUP - 1))
        grouped += TIE_GROUP;

    for (int x = 1; x < last_x; x++) {
        const int in_group = x < 1 + grouped;
        int gx = 0, gy = 0;
        const float length = sqrtf((float)gradient(above, row, below, x, channels, in_group, &gx, &gy));
        const int direction = direction_of[gy + MAX_GRADIENT][gx + MAX_GRADIENT];
        const float position = ((float)x + 0.5f) / CELL + 0.5f;
        const int cell = (int)position;
        const float right = position - (float)cell, left = 1.0f - right;
        float *u = upper + cell * DIRECTIONS + direction, *l = lower + cell * DIRECTIONS + direction;
        if (in_group) { /* the order of the products matters to the last bit */
            const float left_vote = left * length, right_vote = right * length;
            u[0] += upper_weight * left_vote;
            l[0] += lower_weight * left_vote;
            u[DIRECTIONS] += upper_weight * right_vote;
            l[DIRECTIONS] += lower_weight * right_vote;
        } else {
            u[0] += upper_weight * left * length;
            l[0] += lower_weight * left * length;
            u[DIRECTIONS] += upper_weight * right * length;
            l[DIRECTIONS] += lower_weight * right * length;
        }
    }
}

/* histograms [rows + 2][columns + 2][18], a margin of one cell all round. */
static void vote(const NtImage *image, int rows, int columns, float *histograms)
{
    const size_t row_size = (size_t)(columns + 2) * DIRECTIONS;
    const int last_y = (rows * CELL < image->height ? rows * CELL : image->height) - 1;
    const int last_x = (columns * CELL < image->width ? columns * CELL : image->width) - 1;

    memset(histograms, 0, row_size * (size_t)(rows + 2) * sizeof(float));
    for (int y = 1; y < last_y; y++) {
        const float position = ((float)y + 0.5f) / CELL + 0.5f; /* counted from the margin's row */
        const int cell = (int)position;
        const float lower_weight = position - (float)cell, upper_weight = 1.0f - lower_weight;
        float *upper = histograms + (size_t)cell * row_size, *lower = upper + row_size;
        if (image->format == NT_PIXELS_RGB24)
            vote_row(image, y, last_x, 3, upper, lower, upper_weight, lower_weight);
        else
            vote_row(image, y, last_x, 1, upper, lower, upper_weight, lower_weight);
    }
}

/* histograms as above -> energies [rows][columns]: of the unsigned directions, without the margin. */
static void sum_energies(const float *histograms, int rows, int columns, float *energies)
{
    for (int r = 0; r < rows; r++) {
        const float *h = histograms + ((size_t)(r + 1) * (size_t)(columns + 2) + 1) * DIRECTIONS;
        for (int c = 0; c < columns; c++, h += DIRECTIONS) {
            float sum = 0;
            for (int o = 0; o < HALF_DIRECTIONS; o++)
                sum += (h[o] + h[o + HALF_DIRECTIONS]) * (h[o] + h[o + HALF_DIRECTIONS]);
            *energies++ = sum;
        }
    }
}

/* The sum over the four normalisers of a vote, truncated; each share is left in parts. */
static inline float normalise(float vote_sum, const float limit[4], const float factor[4], float parts[4])
{
    for (int i = 0; i < 4; i++)
        parts[i] = (vote_sum < limit[i] ? vote_sum : limit[i]) * factor[i];
    return (parts[0] + parts[1]) + (parts[2] + parts[3]);
}

/* One cell's 31 features. h: its histogram; e: its energy, in rows of `columns`; planes lie `plane_size` apart. */
static void write_features(const float *h, const float *e, int columns, float *out, size_t plane_size)
{
    const float *up = e - columns, *down = e + columns;
    const float blocks[4] = {
        ((e[0] + e[1]) + down[0]) + down[1],
        ((up[0] + up[1]) + e[0]) + e[1],
        ((e[-1] + e[0]) + down[-1]) + down[0],
        ((up[-1] + up[0]) + e[-1]) + e[0],
    };
    float limit[4], factor[4], texture[4] = {0, 0, 0, 0}, parts[3][4];
    for (int i = 0; i < 4; i++) {
        limit[i] = TRUNCATION * sqrtf(blocks[i] + ENERGY_FLOOR);
        factor[i] = HALF_WEIGHT / limit[i];
    }
    for (int o = 0; o < DIRECTIONS; o += 3) {
        for (int j = 0; j < 3; j++)
            out[(size_t)(o + j) * plane_size] = normalise(h[o + j], limit, factor, parts[j]);
        for (int i = 0; i < 4; i++)
            texture[i] += (parts[0][i] + parts[1][i]) + parts[2][i];
    }
    for (int o = 0; o < HALF_DIRECTIONS; o++)
        out[(size_t)(DIRECTIONS + o) * plane_size] = normalise(h[o] + h[o + HALF_DIRECTIONS], limit, factor, parts[0]);
    for (int i = 0; i < 4; i++)
        out[(size_t)(DIRECTIONS + HALF_DIRECTIONS + i) * plane_size] = texture[i] * (float)(2 * TEXTURE_WEIGHT);
}

NtStatus nt_fhog_compute(const NtImage *image, int filter_rows, int filter_columns, NtFhog *fhog)
{
    pthread_once(&direction_once, fill_directions);
    const int rows = (int)((float)image->height / CELL + 0.5f), columns = (int)((float)image->width / CELL + 0.5f);
    if (rows <= 2 || columns <= 2) {
        fhog->rows = fhog->columns = 0;
        return NT_OK;
    }
    fhog->rows = rows - 2 + filter_rows - 1;
    fhog->columns = columns - 2 + filter_columns - 1;
    const size_t plane_size = (size_t)fhog->rows * (size_t)fhog->columns;
    const size_t n_histograms = (size_t)(rows + 2) * (size_t)(columns + 2) * DIRECTIONS;
    float *planes = grow(&fhog->planes, &fhog->capacity, plane_size * NT_FHOG_PLANES);
    float *histograms = grow(&fhog->work, &fhog->work_capacity, n_histograms + (size_t)rows * (size_t)columns);
    if (!planes || !histograms)
        return NT_ERR_MEMORY;

    float *energies = histograms + n_histograms;
    vote(image, rows, columns, histograms);
    sum_energies(histograms, rows, columns, energies);
    memset(planes, 0, plane_size * NT_FHOG_PLANES * sizeof(float));
    for (int r = 0; r < rows - 2; r++) {
        float *out = planes + (size_t)(r + (filter_rows - 1) / 2) * (size_t)fhog->columns + (filter_columns - 1) / 2;
        for (int c = 0; c < columns - 2; c++)
            write_features(histograms + ((size_t)(r + 2) * (size_t)(columns + 2) + (size_t)(c + 2)) * DIRECTIONS,
                           energies + (size_t)(r + 1) * (size_t)columns + c + 1, columns, out + c, plane_size);
    }
    return NT_OK;
}

void nt_fhog_clear(NtFhog *fhog)
{
    free(fhog->planes);
    free(fhog->work);
    *fhog = (NtFhog){0};
}
