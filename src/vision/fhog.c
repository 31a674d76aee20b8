#include "vision/fhog.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "vision/fhog_kernel.h"

#define CELL NT_FHOG_CELL
#define DIRECTIONS NT_FHOG_DIRECTIONS
#define HALF_DIRECTIONS NT_FHOG_HALF_DIRECTIONS
#define MAX_GRADIENT NT_FHOG_MAX_GRADIENT

static uint8_t offset_of[2 * MAX_GRADIENT + 1][NT_FHOG_GRADIENT_STRIDE];
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
            offset_of[gy + MAX_GRADIENT][gx + MAX_GRADIENT] = (uint8_t)(2 * direction);
        }
    }
}

/* Votes of one row of pixels into the histograms of the cell rows above and below it.
 * upper, lower: [columns + 2][18], one cell of margin at either side; weights: how much of the vote each row gets. */
static inline void vote_row(const NtImage *image, int y, int last_x, int channels, float *upper, float *lower,
                            float upper_weight, float lower_weight)
{
    const uint8_t *row = nt_image_row(image, y), *above = row - image->stride, *below = row + image->stride;
    const int grouped = nt_fhog_later_wins_before(last_x);

    for (int x = 1; x < last_x; x++) {
        const int in_group = x < grouped;
        int gx = 0, gy = 0;
        const float length = sqrtf((float)nt_fhog_gradient(above, row, below, x, channels, in_group, &gx, &gy));
        const int direction = offset_of[gy + MAX_GRADIENT][gx + MAX_GRADIENT] / 2;
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
    const int last_x = nt_fhog_last(columns, image->width), last_y = nt_fhog_last(rows, image->height);

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
        limit[i] = NT_FHOG_TRUNCATION * sqrtf(blocks[i] + NT_FHOG_ENERGY_FLOOR);
        factor[i] = NT_FHOG_HALF_WEIGHT / limit[i];
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
        out[(size_t)(DIRECTIONS + HALF_DIRECTIONS + i) * plane_size] = texture[i] * NT_FHOG_TEXTURE_WEIGHT;
}

void nt_fhog_fill_plain(const NtFhogJob *job)
{
    float *histograms = job->work;
    float *energies = histograms + (size_t)(job->rows + 2) * (size_t)(job->columns + 2) * DIRECTIONS;
    vote(job->image, job->rows, job->columns, histograms);
    sum_energies(histograms, job->rows, job->columns, energies);
    for (int r = 0; r < job->rows - 2; r++)
        for (int c = 0; c < job->columns - 2; c++)
            write_features(histograms + ((size_t)(r + 2) * (size_t)(job->columns + 2) + (size_t)(c + 2)) * DIRECTIONS,
                           energies + (size_t)(r + 1) * (size_t)job->columns + c + 1, job->columns,
                           job->out + (size_t)r * job->row_stride + c, job->plane_stride);
}

size_t nt_fhog_work_size(int rows, int columns)
{
    const size_t plain = ((size_t)(rows + 2) * (size_t)(columns + 2)) * (DIRECTIONS + 1);
    /* Four rows of histograms and energies, rounded up. */
    const size_t kernels = ((size_t)columns + 64) * (DIRECTIONS + 1) * 4;
    return nt_cpu_level() == NT_CPU_PLAIN && plain > kernels ? plain : kernels;
}



/* Zeros around the features of the picture's cells: what the filters see beyond its edges. */
static void clear_padding(const NtFhog *fhog, int top, int left, int cell_rows, int cell_columns)
{
    const size_t inside = (size_t)(left + cell_columns);
    for (int r = 0; r < fhog->rows; r++) {
        float *row = fhog->planes + (size_t)r * fhog->row_stride;
        if (r < top || r >= top + cell_rows) {
            memset(row, 0, fhog->row_stride * sizeof(float));
            continue;
        }
        for (int p = 0; p < NT_FHOG_PLANES; p++, row += fhog->plane_stride) {
            memset(row, 0, (size_t)left * sizeof(float));
            memset(row + inside, 0, (fhog->plane_stride - inside) * sizeof(float));
        }
    }
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
    fhog->plane_stride = ((size_t)fhog->columns + NT_FHOG_SLACK - 1) / NT_FHOG_SLACK * NT_FHOG_SLACK + NT_FHOG_SLACK;
    fhog->row_stride = fhog->plane_stride * NT_FHOG_PLANES;
    const size_t floats = fhog->row_stride * (size_t)fhog->rows + NT_FHOG_SLACK;
    if (!nt_reserve_aligned((void **)&fhog->memory, &fhog->capacity, floats * sizeof(float)) ||
        !nt_reserve_aligned((void **)&fhog->work, &fhog->work_capacity, nt_fhog_work_size(rows, columns) * sizeof(float)))
        return NT_ERR_MEMORY;

    const int top = (filter_rows - 1) / 2, left = (filter_columns - 1) / 2;
    /* The first cell of every row and plane is aligned, whatever padding comes before it. */
    fhog->planes = fhog->memory + (NT_FHOG_SLACK - left % NT_FHOG_SLACK) % NT_FHOG_SLACK;
    clear_padding(fhog, top, left, rows - 2, columns - 2);
    NT_FOR_LEVEL(nt_cpu_level(), nt_fhog_fill)(&(NtFhogJob){
        .image = image, .rows = rows, .columns = columns, .offset_of = &offset_of[0][0],
        .out = fhog->planes + (size_t)top * fhog->row_stride + left,
        .row_stride = fhog->row_stride, .plane_stride = fhog->plane_stride, .work = fhog->work});
    return NT_OK;
}

void nt_fhog_clear(NtFhog *fhog)
{
    free(fhog->memory);
    free(fhog->work);
    *fhog = (NtFhog){0};
}
