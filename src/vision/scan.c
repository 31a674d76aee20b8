#include "vision/scan.h"

#include <math.h>

#include "vision/pyramid.h"
#include "vision/search.h"

/* What things cost, in nanoseconds on the machine they were measured on (tests/bench/bench_vision.c); their ratios
 * matter. */
#define RESIZE_COST 0.60   /* a pixel of a level made from the one above */
#define FEATURE_COST 1.50  /* a pixel looked at */
#define WINDOW_COST 40.0   /* a window's estimates */
#define ROW_COST 5.0       /* a cell of the rows that windows share: their row filters */

/* A band's edges may be told from those of its level only when that much of it is left on the other side
 * (nt_band_rows). */
#define FIRST_CUT 6
#define LAST_CUT 9

/* Halvings of the interval in which the least possible work of the largest slice lies. */
#define BISECTIONS 24

typedef struct Plan {
    int n_levels, upsample;
    int widths[NT_MAX_UPSAMPLE + NT_MAX_LEVELS], heights[NT_MAX_UPSAMPLE + NT_MAX_LEVELS]; /* picture, doubled, levels */
} Plan;

static int begin_plan(Plan *plan, int width, int height, int upsample)
{
    const NtImage image = {.width = width, .height = height};
    int search_width, search_height;
    if (nt_search_check(&image, &(NtDetectOptions){.upsample = upsample}, &search_width, &search_height, NULL) != NT_OK)
        return 0;
    plan->upsample = upsample;
    plan->n_levels = nt_search_levels(search_width, search_height);
    for (int i = 0; i < upsample + plan->n_levels; i++) {
        plan->widths[i] = width;
        plan->heights[i] = height;
        width = i < upsample ? nt_upsampled_width(width) : nt_pyramid_next_side(width);
        height = i < upsample ? nt_upsampled_height(height) : nt_pyramid_next_side(height);
    }
    return 1;
}

static int level_windows(const Plan *plan, int level) { return nt_window_count(plan->heights[plan->upsample + level]); }

/* Of making those rows of a level and what they need of the levels above. */
static double building_work(const Plan *plan, int level, int top, int bottom)
{
    double work = 0;
    for (int i = plan->upsample + level; i > 0; i--) {
        work += RESIZE_COST * plan->widths[i] * (bottom - top + 1);
        nt_pyramid_source_rows(plan->heights[i - 1], plan->heights[i], top, bottom, &top, &bottom);
    }
    return work;
}

static double searching_work(const Plan *plan, const NtBand *band)
{
    const int i = plan->upsample + band->level, rows = band->end - band->first;
    const int columns = nt_window_count(plan->widths[i]);
    int top, bottom;
    if (rows <= 0 || columns <= 0)
        return 0;
    nt_band_rows(band, plan->heights[i], &top, &bottom);
    return FEATURE_COST * plan->widths[i] * (bottom - top + 1) + WINDOW_COST * rows * columns +
           ROW_COST * (rows + NT_FILTER_SIDE - 1) * columns;
}

static double band_work(const Plan *plan, const NtBand *band)
{
    int top, bottom;
    nt_band_rows(band, plan->heights[plan->upsample + band->level], &top, &bottom);
    return building_work(plan, band->level, top, bottom) + searching_work(plan, band);
}

static NtBand whole_level(const Plan *plan, int level) { return (NtBand){level, 0, level_windows(plan, level)}; }

/* Of levels first to end - 1 together. */
static double levels_work(const Plan *plan, int first, int end)
{
    double work = building_work(plan, end - 1, 0, plan->heights[plan->upsample + end - 1] - 1);
    for (int level = first; level < end; level++) {
        const NtBand band = whole_level(plan, level);
        work += searching_work(plan, &band);
    }
    return work;
}

/* Cuts a level into bands of at most that much work, if it can be; bands may be NULL. At most `most`. Returns how
 * many, 0 when not possible. */
static int cut_level(const Plan *plan, int level, double limit, int most, NtBand *bands)
{
    const int n = level_windows(plan, level);
    int count = 0;
    for (NtBand band = {level, 0, n}; band.first < n; band.first = band.end, band.end = n) {
        if (count == most)
            return 0;
        int least = band.first + 1 > FIRST_CUT ? band.first + 1 : FIRST_CUT, above = n - LAST_CUT + 1;
        if (band_work(plan, &band) > limit) {
            /* The last row of windows that keeps to the limit, by bisection: work grows with it. */
            if (least >= above)
                return 0;
            while (above - least > 1) {
                band.end = (least + above) / 2;
                if (band_work(plan, &band) <= limit)
                    least = band.end;
                else
                    above = band.end;
            }
            band.end = least;
            if (band_work(plan, &band) > limit)
                return 0;
        }
        if (bands)
            bands[count] = band;
        count++;
    }
    return count;
}

/* The same number of bands with the least work in the largest. */
static int cut_level_evenly(const Plan *plan, int level, double limit, NtBand bands[NT_SCAN_MAX_SLICES])
{
    const int count = cut_level(plan, level, limit, NT_SCAN_MAX_SLICES, bands);
    double low = 0, high = limit;
    for (int i = 0; i < BISECTIONS; i++) {
        const double middle = (low + high) / 2;
        const int n = cut_level(plan, level, middle, count, NULL);
        if (n == 0)
            low = middle;
        else
            high = middle;
    }
    return cut_level(plan, level, high, count, bands);
}

/* What a band looks at, in the picture. */
static NtRect band_area(const Plan *plan, int level, int top, int bottom)
{
    const int width = plan->widths[0], height = plan->heights[0], i = plan->upsample + level;
    if (top == 0 && bottom == plan->heights[i] - 1)
        return (NtRect){0, 0, width - 1, height - 1};
    const double scale = (height - 1) / (double)(plan->heights[i] - 1);
    return (NtRect){0, (int)floor(top * scale), width - 1, (int)ceil(bottom * scale)};
}

static void add_slice(const Plan *plan, const NtBand *band, int n_levels, double work, NtScanSlice *slice)
{
    *slice = (NtScanSlice){.first_level = band->level, .n_levels = n_levels, .work = work};
    nt_band_rows(band, plan->heights[plan->upsample + band->level], &slice->top, &slice->bottom);
    slice->area = band_area(plan, band->level, slice->top, slice->bottom);
}

/* Slices of at most that much work; returns how many, 0 when more than `most` or not possible. slices may be NULL. */
static int fill_plan(const Plan *plan, double limit, int most, NtScanSlice *slices)
{
    int count = 0;
    for (int level = 0, end; level < plan->n_levels; level = end) {
        NtBand bands[NT_SCAN_MAX_SLICES];
        for (end = level + 1; end < plan->n_levels && levels_work(plan, level, end + 1) <= limit; end++)
            ;
        int n = 1;
        if (end == level + 1) {
            n = slices ? cut_level_evenly(plan, level, limit, bands) : cut_level(plan, level, limit, most, bands);
            if (n == 0 && level_windows(plan, level) > 0)
                return 0;
        } else {
            bands[0] = whole_level(plan, level);
        }
        if (count + n > most)
            return 0;
        for (int i = 0; slices && i < n; i++) {
            const double work = end > level + 1 ? levels_work(plan, level, end) : band_work(plan, &bands[i]);
            add_slice(plan, &bands[i], end - level, work, &slices[count + i]);
        }
        count += n;
    }
    return count;
}

int nt_scan_plan(int width, int height, int upsample, int n_slices, NtScanSlice slices[NT_SCAN_MAX_SLICES])
{
    Plan plan;
    if (!begin_plan(&plan, width, height, upsample))
        return 0;
    n_slices = n_slices < 1 ? 1 : n_slices < NT_SCAN_MAX_SLICES ? n_slices : NT_SCAN_MAX_SLICES;
    /* All of it in one is always possible. */
    double low = 0, high = levels_work(&plan, 0, plan.n_levels) + 1;
    for (int i = 0; i < BISECTIONS; i++) {
        const double middle = (low + high) / 2;
        if (fill_plan(&plan, middle, n_slices, NULL) > 0)
            high = middle;
        else
            low = middle;
    }
    int count = fill_plan(&plan, high, n_slices, slices);
    if (count == 0) { /* a picture without a window */
        const NtBand band = whole_level(&plan, 0);
        add_slice(&plan, &band, 1, 1, &slices[count++]);
    }
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += slices[i].work;
    for (int i = 0; i < count; i++)
        slices[i].work = sum > 0 ? slices[i].work / sum : 1.0 / count;
    return count;
}

/* The bands of a slice; returns how many, 0 when it is not one of a picture of that size. */
static int slice_bands(const NtScanSlice *slice, int width, int height, NtBand bands[NT_MAX_LEVELS])
{
    const int levels = nt_search_levels(width, height);
    if (slice->first_level < 0 || slice->n_levels < 1 || slice->n_levels > levels ||
        slice->first_level > levels - slice->n_levels)
        return 0;
    for (int level = 0; level < slice->first_level; level++)
        height = nt_pyramid_next_side(height);
    if (slice->n_levels == 1) {
        NtBand *band = &bands[0];
        int top, bottom;
        *band = (NtBand){slice->first_level, 0, nt_window_count(height)};
        if (slice->top > 0)
            band->first = slice->top / NT_FHOG_CELL + FIRST_CUT - 1;
        if (slice->bottom < height - 1)
            band->end = (slice->bottom + 1) / NT_FHOG_CELL - LAST_CUT + 1;
        nt_band_rows(band, height, &top, &bottom);
        return top == slice->top && bottom == slice->bottom;
    }
    for (int i = 0; i < slice->n_levels; i++, height = nt_pyramid_next_side(height))
        bands[i] = (NtBand){slice->first_level + i, 0, nt_window_count(height)};
    return slice->n_levels;
}

NtStatus nt_scan_slice(const NtDetector *detector, NtDetectWorkspace *workspace, const NtImage *image,
                       const NtDetectOptions *options, const NtScanSlice *slice, const NtDetection **found,
                       size_t *n_found, NtError *error)
{
    int width, height;
    const NtStatus status = nt_search_check(image, options, &width, &height, error);
    if (status != NT_OK)
        return status;
    NtBand bands[NT_MAX_LEVELS];
    const int n_bands = slice_bands(slice, width, height, bands);
    if (n_bands == 0)
        return nt_error_set(error, NT_ERR_ARGUMENT,
                            "the slice is not of a picture of %d x %d pixels, doubled %d times: plan again",
                            image->width, image->height, options->upsample);
    const NtSearch search = {detector, workspace, options, bands, n_bands};
    return nt_search_run(&search, image, found, n_found, error);
}
