#include "vision/near.h"

#include <math.h>

#include "vision/pyramid.h"
#include "vision/pyramid_kernel.h"
#include "vision/search.h"

#define SIDE NT_FILTER_SIDE
#define CELL NT_FHOG_CELL

/* A window of cells c - 3 to c + 6 has its middle there from pixel 8 c on; its box, as nt_detect tells it, is 72
 * pixels from edge to edge and lies a little to the lower right, both ways. */
#define WINDOW_MIDDLE 15.5
#define BOX_SPAN 72.0
#define BOX_OFFSET 1.5

/* A level shows so many cells before the first window's and after the last window's own: all that their features
 * depend on. */
#define CELLS_BEFORE 5
#define CELLS_AFTER 8

#define LEVEL_RATIO 1.2   /* as in the detector's pyramid, whose filters see no less */
#define RESIZE_STEP 1.5   /* bilinear resizing by more at once would alias */
#define MAX_TAPS 4        /* pixels a side that are averaged when large faces are reduced */

#define MIN_SIDE 12.0     /* a smaller face holds nothing that enlarging would show */
#define MAX_REACH 2.0

/* How much a face at the end of the reach must score more than one in its middle. */
#define NEARNESS 0.5

/* Only windows whose estimates are not that much below the largest are scored: estimates are off by about half of it
 * at most. */
#define CONTENDERS 1.0
/* A face that is a level larger or smaller than expected is estimated no more than this below the threshold. */
#define HOPELESS 0.6

/* The picture the levels are made from: the surroundings of the face, reduced by a whole number. */
typedef struct Base {
    NtImage image;
    double x, y, step; /* pixel (i, j) is at x + step * i, y + step * j in the picture */
} Base;

typedef struct Level {
    NtImage image;
    double x, y, step_x, step_y;
} Level;

/* The best window so far. */
typedef struct Peak {
    int found, part;
    double score, value; /* value: score and nearness */
    double x, y, step;   /* middle, and pixels of the picture for one of the level */
} Peak;

typedef struct Near {
    const NtDetector *detector;
    NtDetectWorkspace *workspace;
    double x, y, step;  /* what is expected: middle, and the step of the level that shows it best */
    double reach;       /* pixels of the picture */
    double threshold;
    NtStatus status;
} Near;

/* sums[width * factor] of `taps` rows -> means of as many of each factor columns, at those offsets. */
static inline void mean_columns(const uint16_t *restrict sums, int width, int factor, int taps, const int *offsets,
                                uint8_t *restrict out)
{
    const uint32_t n = (uint32_t)(taps * taps), reciprocal = ((1U << 16) + n / 2) / n;
    for (int x = 0; x < width; x++, sums += factor) {
        uint32_t sum = 0;
        for (int k = 0; k < taps; k++)
            sum += sums[offsets[k]];
        out[x] = (uint8_t)((sum * reciprocal + (1U << 15)) >> 16);
    }
}

/* The part of the picture from (left, top) on, reduced to width x height by averaging at most MAX_TAPS x MAX_TAPS of
 * each factor x factor pixels, evenly spread. */
static int reduce(NtDetectWorkspace *workspace, const NtImage *gray, int left, int top, int factor, int width, int height,
                  NtImage *out)
{
    const int taps = factor < MAX_TAPS ? factor : MAX_TAPS, columns = width * factor;
    NtPixels *pixels = &workspace->pixels[0], *line = &workspace->pixels[1];
    if (!nt_grow((void **)&pixels->data, &pixels->capacity, (size_t)width * (size_t)height, 1) ||
        !nt_grow((void **)&line->data, &line->capacity, (size_t)columns * sizeof(uint16_t), 1))
        return 0;
    uint16_t *restrict sums = (uint16_t *)(void *)line->data;
    int offsets[MAX_TAPS];
    for (int k = 0; k < taps; k++)
        offsets[k] = (2 * k + 1) * factor / (2 * taps);
    for (int y = 0; y < height; y++) {
        uint8_t *to = pixels->data + (size_t)y * (size_t)width;
        for (int k = 0; k < taps; k++) {
            const uint8_t *restrict row = nt_image_row(gray, top + y * factor + offsets[k]) + left;
            if (k == 0)
                for (int x = 0; x < columns; x++)
                    sums[x] = row[x];
            else
                for (int x = 0; x < columns; x++)
                    sums[x] = (uint16_t)(sums[x] + row[x]);
        }
        switch (factor) { /* the common ones known to the compiler */
        case 2: mean_columns(sums, width, 2, 2, (int[]){0, 1}, to); break;
        case 3: mean_columns(sums, width, 3, 3, (int[]){0, 1, 2}, to); break;
        case 4: mean_columns(sums, width, 4, 4, (int[]){0, 1, 2, 3}, to); break;
        default: mean_columns(sums, width, factor, MAX_TAPS, offsets, to); break;
        }
    }
    *out = (NtImage){pixels->data, width, height, width, NT_PIXELS_GRAY8};
    return 1;
}

/* What lies within `around` of the expected middle, reduced if the face is large. 0: nothing of it lies in the
 * picture, or no memory. */
static int make_base(Near *near, const NtImage *gray, double around, Base *base)
{
    const int factor = near->step >= 2 ? (int)near->step : 1;
    if (factor == 1) {
        *base = (Base){*gray, 0, 0, 1};
        return 1;
    }
    int left = (int)floor(fmax(near->x - around, 0)), top = (int)floor(fmax(near->y - around, 0));
    const int right = (int)ceil(fmin(near->x + around, gray->width - 1));
    const int bottom = (int)ceil(fmin(near->y + around, gray->height - 1));
    const int width = (right - left + 1) / factor, height = (bottom - top + 1) / factor;
    if (width < 1 || height < 1)
        return 0;
    *base = (Base){.x = left + (factor - 1) / 2.0, .y = top + (factor - 1) / 2.0, .step = factor};
    if (!reduce(near->workspace, gray, left, top, factor, width, height, &base->image))
        near->status = NT_ERR_MEMORY;
    return near->status == NT_OK;
}

/* The columns or rows of the base that a level needs; 0 when there are none. */
static int level_range(double middle, double before, double after, int side, int *first, int *last)
{
    const double from = fmax(floor(middle - before), 0), to = fmin(ceil(middle + after), side - 1);
    if (!(to - from >= 1))
        return 0;
    *first = (int)from;
    *last = (int)to;
    return 1;
}

/* The width of a resized picture whose first and last pixel are `span` apart, or nearly so: resizing goes by 8
 * pixels, and the last one of a row stands alone. */
static int whole_groups(double span)
{
    const int groups = nt_round(span / NT_RESIZE_GROUP);
    return (groups > 1 ? groups : 1) * NT_RESIZE_GROUP + 1;
}

/* A level of that step around (x, y), with all that the windows up to n cells from there need. Bilinear, in as many
 * steps as keep from aliasing. 0 when nothing of it lies in the picture. */
static int make_level(Near *near, const Base *base, double x, double y, double step, int n, Level *level)
{
    const double ratio = step / base->step;
    const double before = (CELL * (n + CELLS_BEFORE) + WINDOW_MIDDLE) * ratio;
    const double after = (CELL * (2 * n + CELLS_BEFORE + 1 + CELLS_AFTER)) * ratio - before;
    int left, right, top, bottom;
    if (!level_range((x - base->x) / base->step, before, after, base->image.width, &left, &right) ||
        !level_range((y - base->y) / base->step, before, after, base->image.height, &top, &bottom))
        return 0;
    NtImage image = {nt_image_row(&base->image, top) + left, right - left + 1, bottom - top + 1, base->image.stride,
                     NT_PIXELS_GRAY8};
    const int in_width = image.width, in_height = image.height;
    const int steps = ratio > RESIZE_STEP ? (int)ceil(log(ratio) / log(RESIZE_STEP)) : 1;
    for (int i = 1; i <= steps; i++) {
        const double so_far = pow(ratio, (double)i / steps);
        const int width = whole_groups((in_width - 1) / so_far), height = nt_round((in_height - 1) / so_far) + 1;
        if (height < 2)
            return 0;
        NtPixels *pixels = &near->workspace->pixels[2 + i % 2];
        near->status = nt_pixels_resize(pixels, &image, width, height, 0, height - 1, &image);
        if (near->status != NT_OK)
            return 0;
    }
    *level = (Level){.image = image, .x = base->x + base->step * left, .y = base->y + base->step * top,
                     .step_x = base->step * (in_width - 1) / (image.width - 1),
                     .step_y = base->step * (in_height - 1) / (image.height - 1)};
    return 1;
}

/* The windows whose middles lie up to n cells, and half a one, from there; 0 when there are none. */
static int window_range(double middle, int n, int count, int *first, int *end)
{
    const double at = (middle - WINDOW_MIDDLE) / CELL;
    const double from = fmax(ceil(at - n - 0.5), 0), to = fmin(floor(at + n + 0.5), count - 1);
    if (!(from <= to))
        return 0;
    *first = (int)from;
    *end = (int)to + 1;
    return 1;
}

/* The top of the parabola through the values at -1, 0 and 1, of which the middle one is the largest, is within half
 * a step; *rise: how much higher it is than the middle one. */
static double parabola_top(double before, double here, double after, double *rise)
{
    const double bend = before - 2 * here + after;
    const double top = bend < 0 ? fmax(-0.5, fmin(0.5, (before - after) / (2 * bend))) : 0;
    *rise += (after - before) / 2 * top + bend / 2 * top * top;
    return top;
}

/* The window's neighbours tell where between them the top is, and how high. */
static void refine(const Near *near, const NtFhog *view, int r, int c, const Level *level, Peak *peak)
{
    const int rows = view->rows - SIDE + 1, columns = view->columns - SIDE + 1;
    NtFilterWindow *window = nt_filter_window_for(nt_cpu_level());
    const NtFilterDense *dense = &near->detector->dense[peak->part];
    const double here = peak->score + near->detector->thresholds[peak->part];
    double rise = 0;
    if (c > 0 && c < columns - 1)
        peak->x += CELL * level->step_x *
                   parabola_top(window(dense, view, r, c - 1), here, window(dense, view, r, c + 1), &rise);
    if (r > 0 && r < rows - 1)
        peak->y += CELL * level->step_y *
                   parabola_top(window(dense, view, r - 1, c), here, window(dense, view, r + 1, c), &rise);
    peak->score += rise;
}

/* The features of a level, as far as the windows up to n cells from (x, y) see them; 0 when there are no windows. */
static int features(Near *near, const Level *level, double x, double y, int n, NtFhog *view, int *first_column,
                    int *first_row)
{
    NtFhog *fhog = &near->workspace->scanners[0].fhog;
    const int columns = nt_window_count(level->image.width), rows = nt_window_count(level->image.height);
    int end_column, end_row;
    if (!window_range((x - level->x) / level->step_x, n, columns, first_column, &end_column) ||
        !window_range((y - level->y) / level->step_y, n, rows, first_row, &end_row))
        return 0;
    near->status = nt_fhog_compute(&level->image, SIDE, SIDE, fhog);
    if (near->status != NT_OK || fhog->rows == 0)
        return 0;
    *view = *fhog;
    view->planes += (size_t)*first_row * view->row_stride + (size_t)*first_column;
    view->rows = end_row - *first_row + SIDE - 1;
    view->columns = end_column - *first_column + SIDE - 1;
    return 1;
}

static inline double estimate(const NtFilterJob *job, int part, int row, int column)
{
    return job->responses[(size_t)part * job->part_stride + (size_t)row * job->row_stride + (size_t)column];
}

/* The largest of all parts' estimates, as what a window must not be below to be looked at, and above: how far. */
static double likeliest_window(const Near *near, const NtFilterJob *job, Peak *peak, int *row, int *column)
{
    const int rows = job->fhog->rows - SIDE + 1, columns = job->fhog->columns - SIDE + 1;
    double best = -INFINITY;
    for (int part = 0; part < NT_N_PARTS; part++) {
        const double least = nt_least_estimate(near->detector, part, near->threshold);
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++) {
                const double above = estimate(job, part, r, c) - least;
                if (above <= best)
                    continue;
                best = above;
                peak->part = part;
                *row = r;
                *column = c;
            }
    }
    return best;
}

/* Looks at a level's windows up to n cells from (x, y); *peak is what is best there. When nothing reaches the
 * threshold, found is 0, and *peak is the window that by its estimate is the likeliest, if it may show part of a
 * face at all (part is -1 when not). */
static void look(Near *near, const Level *level, double x, double y, int n, Peak *peak)
{
    NtFilterWindow *window = nt_filter_window_for(nt_cpu_level());
    NtFilterJob job;
    NtFhog view;
    int first_column, first_row, row = 0, column = 0;
    *peak = (Peak){.part = -1, .step = (level->step_x + level->step_y) / 2};
    if (!features(near, level, x, y, n, &view, &first_column, &first_row))
        return;
    near->status = nt_scanner_respond(near->detector, &near->workspace->scanners[0], &view, 0, &job);
    if (near->status != NT_OK)
        return;
    const double likeliest = likeliest_window(near, &job, peak, &row, &column);
    for (int part = 0; part < NT_N_PARTS && likeliest >= 0; part++) {
        const double least = nt_least_estimate(near->detector, part, near->threshold) + fmax(likeliest - CONTENDERS, 0);
        for (int r = 0; r < view.rows - SIDE + 1; r++)
            for (int c = 0; c < view.columns - SIDE + 1; c++) {
                if (estimate(&job, part, r, c) < least)
                    continue;
                const double response = window(&near->detector->dense[part], &view, r, c);
                const double score = response - near->detector->thresholds[part];
                const double away_x = level->x + level->step_x * (CELL * (first_column + c) + WINDOW_MIDDLE) - near->x;
                const double away_y = level->y + level->step_y * (CELL * (first_row + r) + WINDOW_MIDDLE) - near->y;
                const double value =
                    score - NEARNESS * (away_x * away_x + away_y * away_y) / (near->reach * near->reach);
                if (score < near->threshold || (peak->found && value <= peak->value))
                    continue;
                *peak = (Peak){.found = 1, .part = part, .score = score, .value = value, .step = peak->step};
                row = r;
                column = c;
            }
    }
    peak->x = level->x + level->step_x * (CELL * (first_column + column) + WINDOW_MIDDLE);
    peak->y = level->y + level->step_y * (CELL * (first_row + row) + WINDOW_MIDDLE);
    if (peak->found)
        refine(near, &view, row, column, level, peak);
    else if (likeliest < NT_SCREEN_MARGIN - HOPELESS)
        peak->part = -1;
}

static void look_at(Near *near, const Base *base, double x, double y, double step, int n, Peak *peak)
{
    Level level;
    *peak = (Peak){.part = -1, .step = step};
    if (make_level(near, base, x, y, step, n, &level))
        look(near, &level, x, y, n, peak);
}

/* The score of the peak's part in the window of another level that lies nearest to the peak. */
static int score_at(Near *near, const Base *base, const Peak *peak, double step, double *score)
{
    Level level;
    NtFhog view;
    int column, row;
    if (!make_level(near, base, peak->x, peak->y, step, 0, &level) ||
        !features(near, &level, peak->x, peak->y, 0, &view, &column, &row))
        return 0;
    *score = nt_filter_window_for(nt_cpu_level())(&near->detector->dense[peak->part], &view, 0, 0) -
             near->detector->thresholds[peak->part];
    return 1;
}

/* The size between levels: the top of the parabola through the scores of this level and its neighbours. */
static void refine_size(Near *near, const Base *base, Peak *peak)
{
    double smaller, larger;
    if (!score_at(near, base, peak, peak->step / LEVEL_RATIO, &smaller) ||
        !score_at(near, base, peak, peak->step * LEVEL_RATIO, &larger))
        return;
    const double bend = smaller - 2 * peak->score + larger;
    double top = bend < 0 ? (smaller - larger) / (2 * bend) : smaller > larger ? -1 : 1;
    top = fmax(-1, fmin(1, top));
    peak->score = fmax(peak->score, fmax(smaller, larger));
    peak->step *= pow(LEVEL_RATIO, top);
}

NtStatus nt_near_find(const NtDetector *detector, NtDetectWorkspace *workspace, const NtImage *gray, NtSquare expected,
                      double reach, double threshold, NtNear *best, int *found, NtError *error)
{
    *found = 0;
    if (gray->format != NT_PIXELS_GRAY8 || gray->width < 1 || gray->height < 1 || !(expected.side > 1) ||
        !isfinite(expected.x) || !isfinite(expected.y) || !isfinite(expected.side) || !isfinite(threshold) ||
        !(reach >= 0))
        return nt_error_set(error, NT_ERR_ARGUMENT, "cannot look for a face of %g pixels in a picture of %d x %d",
                            expected.side, gray->width, gray->height);
    if (expected.side < MIN_SIDE || expected.side > 2.0 * (gray->width + gray->height))
        return NT_OK;
    const double step = (expected.side - 1) / BOX_SPAN, offset = BOX_OFFSET * step;
    Near near = {detector, workspace, expected.x - offset, expected.y - offset, step,
                 (reach > 0 ? fmin(reach, MAX_REACH) : NT_NEAR_REACH) * expected.side, threshold, NT_OK};
    const int n = (int)(near.reach / (CELL * step));
    Base base;
    Peak peak = {.part = -1};
    /* The windows of the next larger level, wherever this one's are. */
    const double around = CELL * (n + 0.5 + (CELLS_BEFORE + 1 + CELLS_AFTER + 2) / 2.0 * LEVEL_RATIO) * step;
    if (make_base(&near, gray, around, &base))
        look_at(&near, &base, near.x, near.y, step, n, &peak);
    if (near.status == NT_OK && !peak.found && peak.part >= 0) {
        const Peak likeliest = peak;
        for (int i = -1; i <= 1 && near.status == NT_OK && !peak.found; i += 2)
            look_at(&near, &base, likeliest.x, likeliest.y, step * pow(LEVEL_RATIO, i), 1, &peak);
    }
    if (near.status == NT_OK && peak.found)
        refine_size(&near, &base, &peak);
    if (near.status != NT_OK)
        return nt_error_set(error, near.status, "not enough memory to look for a face of %g pixels", expected.side);
    if (!peak.found)
        return NT_OK;
    const double back = BOX_OFFSET * peak.step;
    *best = (NtNear){{peak.x + back, peak.y + back, BOX_SPAN * peak.step + 1}, peak.score, peak.part};
    *found = 1;
    return NT_OK;
}
