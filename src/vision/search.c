#include "vision/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "vision/pyramid.h"

#define SIDE NT_FILTER_SIDE
#define CELL NT_FHOG_CELL

/* From a window's cell to pixels: a filter sees 4 padded cells before its centre; the half cell is added away from
 * 0. */
#define PADDED_CELLS ((SIDE - 1) / 2)
#define HALF_CELL (CELL / 2)

/* Features of a cell come from the pixels of its neighbours and half a cell more: cut off by the edge of a band, the
 * two outermost cells differ from what they are in the whole level. Beyond the level's own edge cells count as zero. */
#define CUT_CELLS 2

int nt_window_count(int side)
{
    const int cells = (int)((float)side / CELL + 0.5f); /* as in fhog.c: the outer two have no features */
    return cells > 2 ? cells - 2 : 0;
}

/* Cells 1 to n of n + 2 have features; the windows of row w see cells w - 3 to w + 6. */
#define FIRST_SEEN (PADDED_CELLS - 1)
#define LAST_SEEN (SIDE - PADDED_CELLS)

void nt_band_rows(const NtBand *band, int height, int *top, int *bottom)
{
    const int first_cell = band->first - FIRST_SEEN - CUT_CELLS, end_cell = band->end - 1 + LAST_SEEN + CUT_CELLS + 1;
    *top = first_cell > 0 ? first_cell * CELL : 0;
    const int cut = band->end - 1 + LAST_SEEN < nt_window_count(height) && end_cell * CELL <= height;
    *bottom = cut ? end_cell * CELL - 1 : height - 1;
}

int nt_grow(void **memory, size_t *capacity, size_t needed, size_t element)
{
    if (needed <= *capacity)
        return 1;
    /* By half at least, so that what varies a little soon has enough. */
    if (*capacity > 0 && needed < *capacity + *capacity / 2)
        needed = *capacity + *capacity / 2;
    void *larger = realloc(*memory, needed * element);
    if (!larger)
        return 0;
    *memory = larger;
    *capacity = needed;
    return 1;
}

int nt_window_edge(int cell)
{
    const int pixel = (cell + 1 - PADDED_CELLS) * CELL + 1;
    return pixel >= 0 ? pixel + HALF_CELL : pixel - HALF_CELL;
}

double nt_least_estimate(const NtDetector *detector, int part, double threshold)
{
    return detector->thresholds[part] + (threshold < 0 ? threshold : 0) - nt_screen_rest[part] - NT_SCREEN_MARGIN;
}

NtStatus nt_scanner_respond(const NtDetector *detector, NtScanner *scanner, const NtFhog *fhog, int exact, NtFilterJob *job)
{
    const size_t rows = (size_t)(fhog->rows - SIDE + 1);
    const size_t rows_up = (rows + NT_FILTER_ROWS - 1) / NT_FILTER_ROWS * NT_FILTER_ROWS;
    *job = (NtFilterJob){.bank = exact ? &detector->bank : &detector->screen, .fhog = fhog,
                         .part_stride = fhog->plane_stride * rows_up, .row_stride = fhog->plane_stride};
    if (!nt_reserve_aligned((void **)&scanner->filter_work, &scanner->filter_work_capacity,
                            nt_filter_work_size(job->bank, fhog) * sizeof(float)) ||
        !nt_reserve_aligned((void **)&scanner->responses, &scanner->responses_capacity,
                            job->part_stride * NT_N_PARTS * sizeof(float)))
        return NT_ERR_MEMORY;
    job->responses = scanner->responses;
    job->work = scanner->filter_work;
    nt_filter_respond(nt_cpu_level(), job);
    return NT_OK;
}

static NtStatus add_candidate(NtScanner *scanner, int part, double score, int row, int column, int level)
{
    if (scanner->n_candidates == scanner->candidates_capacity) {
        const size_t needed = scanner->candidates_capacity ? 2 * scanner->candidates_capacity : 256;
        if (!nt_grow((void **)&scanner->candidates, &scanner->candidates_capacity, needed, sizeof(NtDetection)))
            return NT_ERR_MEMORY;
    }
    const NtRect window = {nt_window_edge(column), nt_window_edge(row), nt_window_edge(column + SIDE - 1),
                           nt_window_edge(row + SIDE - 1)};
    scanner->candidates[scanner->n_candidates++] = (NtDetection){nt_pyramid_rect_up(window, level), score, part};
    return NT_OK;
}

/* The windows of one band and part whose response reaches the limit. Unless all are exact, they are estimates. For a
 * higher limit than the trained one, too, the trained one is what tells: to a window far above it the terms that an
 * estimate lacks add more. */
static NtStatus collect(const NtDetector *detector, NtScanner *scanner, const NtFilterJob *job, int part, const NtBand *band,
                        const NtDetectOptions *options)
{
    const NtFhog *fhog = job->fhog;
    const int n_rows = fhog->rows - SIDE + 1, n_columns = fhog->columns - SIDE + 1;
    NtFilterWindow *window = nt_filter_window_for(nt_cpu_level());
    const double limit = detector->thresholds[part] + options->threshold;
    /* No float at or above the least response is below this: a first look at a whole row. */
    const float low = nextafterf((float)(options->exact ? limit : nt_least_estimate(detector, part, options->threshold)),
                                 -INFINITY);
    for (int r = 0; r < n_rows; r++) {
        const float *responses = job->responses + (size_t)part * job->part_stride + (size_t)r * job->row_stride;
        int any = 0;
        for (int c = 0; c < n_columns; c++)
            any |= responses[c] > low;
        for (int c = 0; any && c < n_columns; c++) {
            if (!(responses[c] > low))
                continue;
            const double response = options->exact ? responses[c] : window(&detector->dense[part], fhog, r, c);
            if (response >= limit && add_candidate(scanner, part, response - detector->thresholds[part], band->first + r, c,
                                                   band->level) != NT_OK)
                return NT_ERR_MEMORY;
        }
    }
    return NT_OK;
}

/* All windows of one band, each part's filter. */
static NtStatus scan_band(const NtSearch *search, NtScanner *scanner, const NtBand *band)
{
    const NtImage *level = &search->workspace->levels[band->level];
    int top, bottom;
    if (band->end <= band->first || nt_window_count(level->width) == 0)
        return NT_OK;
    nt_band_rows(band, level->height, &top, &bottom);
    const NtImage rows = {nt_image_row(level, top), level->width, bottom - top + 1, level->stride, level->format};
    if (nt_fhog_compute(&rows, SIDE, SIDE, &scanner->fhog) != NT_OK)
        return NT_ERR_MEMORY;
    NtFhog view = scanner->fhog; /* the windows that see cut cells are not looked at */
    view.planes += (size_t)(band->first - top / CELL) * view.row_stride;
    view.rows = band->end - band->first + SIDE - 1;

    NtFilterJob job;
    NtStatus status = nt_scanner_respond(search->detector, scanner, &view, search->options->exact, &job);
    for (int part = 0; part < NT_N_PARTS && status == NT_OK; part++)
        status = collect(search->detector, scanner, &job, part, band, search->options);
    return status;
}

static void scan_task(void *user, int index, int worker)
{
    const NtSearch *search = user;
    NtScanner *scanner = &search->workspace->scanners[worker];
    if (scanner->status == NT_OK)
        scanner->status = scan_band(search, scanner, &search->bands[index]);
}

NtStatus nt_pixels_resize(NtPixels *pixels, const NtImage *in, int width, int height, int first_row, int last_row,
                          NtImage *out)
{
    const ptrdiff_t stride = (ptrdiff_t)width * nt_channels(in->format);
    const NtPixelFormat format = in->format;
    if (!nt_grow((void **)&pixels->data, &pixels->capacity, (size_t)stride * (size_t)height, 1))
        return NT_ERR_MEMORY;
    nt_pyramid_resize_rows(in, pixels->data, width, height, stride, first_row, last_row);
    *out = (NtImage){pixels->data, width, height, stride, format};
    return NT_OK;
}

/* The pictures that are made one from another: the original, doubled ones, levels. Of each, the rows that are
 * needed. */
typedef struct Stage {
    int width, height;
    int first, last; /* rows; none: last < first */
} Stage;

static void need_rows(Stage *stage, int first, int last)
{
    first = first > 0 ? first : 0;
    last = last < stage->height ? last : stage->height - 1;
    if (stage->last < stage->first)
        stage->first = first, stage->last = last;
    stage->first = first < stage->first ? first : stage->first;
    stage->last = last > stage->last ? last : stage->last;
}

/* Returns how many stages there are. The original is one, doubled once for each upsampling; then come the levels. */
static int plan_stages(const NtSearch *search, const NtImage *image, Stage stages[NT_MAX_UPSAMPLE + NT_MAX_LEVELS])
{
    const int upsample = search->options->upsample;
    int n = upsample + 1;
    for (int i = 0; i < search->n_bands; i++)
        n = search->bands[i].level + upsample + 1 > n ? search->bands[i].level + upsample + 1 : n;
    stages[0] = (Stage){image->width, image->height, 0, -1};
    for (int i = 1; i < n; i++) {
        const Stage *from = &stages[i - 1];
        stages[i] = i <= upsample
                        ? (Stage){nt_upsampled_width(from->width), nt_upsampled_height(from->height), 0, -1}
                        : (Stage){nt_pyramid_next_side(from->width), nt_pyramid_next_side(from->height), 0, -1};
    }
    for (int i = 0; i < search->n_bands; i++) {
        Stage *stage = &stages[search->bands[i].level + upsample];
        int top, bottom;
        nt_band_rows(&search->bands[i], stage->height, &top, &bottom);
        need_rows(stage, top, bottom);
    }
    for (int i = n - 1; i > 0; i--) {
        if (stages[i].last < stages[i].first)
            continue;
        int first, last;
        nt_pyramid_source_rows(stages[i - 1].height, stages[i].height, stages[i].first, stages[i].last, &first, &last);
        need_rows(&stages[i - 1], first, last);
    }
    return n;
}

/* Each stage from the one above. */
static NtStatus build_pyramid(const NtSearch *search, const NtImage *image)
{
    NtDetectWorkspace *workspace = search->workspace;
    const int upsample = search->options->upsample;
    Stage stages[NT_MAX_UPSAMPLE + NT_MAX_LEVELS];
    const int n = plan_stages(search, image, stages);
    NtImage above = *image;
    for (int i = 0; i < n; i++) {
        if (i > 0) {
            NtPixels *pixels = i <= upsample ? &workspace->enlarged[i % 2] : &workspace->pixels[i - upsample];
            const NtStatus status = nt_pixels_resize(pixels, &above, stages[i].width, stages[i].height, stages[i].first,
                                                     stages[i].last, &above);
            if (status != NT_OK)
                return status;
        }
        if (i >= upsample)
            workspace->levels[i - upsample] = above;
    }
    return NT_OK;
}

/* The candidates of all scanners together. Their order does not matter: they will be sorted. */
static NtStatus gather_candidates(NtDetectWorkspace *workspace)
{
    workspace->n_candidates = 0;
    for (int i = 0; i < workspace->n_scanners; i++) {
        const NtScanner *scanner = &workspace->scanners[i];
        if (scanner->status != NT_OK)
            return scanner->status;
        if (!nt_grow((void **)&workspace->candidates, &workspace->candidates_capacity,
                     workspace->n_candidates + scanner->n_candidates, sizeof(NtDetection)))
            return NT_ERR_MEMORY;
        if (scanner->n_candidates > 0)
            memcpy(workspace->candidates + workspace->n_candidates, scanner->candidates,
                   scanner->n_candidates * sizeof(NtDetection));
        workspace->n_candidates += scanner->n_candidates;
    }
    return NT_OK;
}
static double area(int left, int top, int right, int bottom)
{
    return right < left || bottom < top ? 0 : (double)(right - left + 1) * (double)(bottom - top + 1);
}

/* Whether two boxes show the same face. "Overlap" is against the rectangle around both, not against their union. */
static int same_face(const NtDetector *detector, NtRect a, NtRect b)
{
    const double inner = area(a.left > b.left ? a.left : b.left, a.top > b.top ? a.top : b.top,
                              a.right < b.right ? a.right : b.right, a.bottom < b.bottom ? a.bottom : b.bottom);
    if (inner == 0)
        return 0;
    const double outer = area(a.left < b.left ? a.left : b.left, a.top < b.top ? a.top : b.top,
                              a.right > b.right ? a.right : b.right, a.bottom > b.bottom ? a.bottom : b.bottom);
    return inner / outer > detector->max_overlap ||
           inner / area(a.left, a.top, a.right, a.bottom) > detector->max_covered ||
           inner / area(b.left, b.top, b.right, b.bottom) > detector->max_covered;
}

/* Best score first; equal scores by place, so that the result never depends on the sort. */
static int by_score(const void *a, const void *b)
{
    const NtDetection *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->part != y->part)
        return x->part - y->part;
    if (x->box.top != y->box.top)
        return x->box.top < y->box.top ? -1 : 1;
    return (x->box.left > y->box.left) - (x->box.left < y->box.left);
}

/* Greedy non-maximum suppression over all parts together: candidates -> found. */
static NtStatus suppress(const NtDetector *detector, NtDetectWorkspace *workspace, size_t *n_found)
{
    *n_found = 0;
    if (workspace->n_candidates == 0)
        return NT_OK;
    qsort(workspace->candidates, workspace->n_candidates, sizeof *workspace->candidates, by_score);
    if (!nt_grow((void **)&workspace->found, &workspace->found_capacity, workspace->n_candidates, sizeof(NtDetection)))
        return NT_ERR_MEMORY;
    for (size_t i = 0; i < workspace->n_candidates; i++) {
        size_t k = 0;
        while (k < *n_found && !same_face(detector, workspace->candidates[i].box, workspace->found[k].box))
            k++;
        if (k == *n_found)
            workspace->found[(*n_found)++] = workspace->candidates[i];
    }
    return NT_OK;
}
NtStatus nt_search_check(const NtImage *image, const NtDetectOptions *options, int *width, int *height, NtError *error)
{
    if (image->width < 1 || image->height < 1 || options->upsample < 0 || options->upsample > NT_MAX_UPSAMPLE ||
        (int64_t)image->width * image->height > NT_MAX_SEARCH_PIXELS || !isfinite(options->threshold))
        return nt_error_set(error, NT_ERR_ARGUMENT, "cannot search a picture of %d x %d pixels, doubled %d times",
                            image->width, image->height, options->upsample);
    *width = image->width;
    *height = image->height;
    for (int i = 0; i < options->upsample; i++) {
        if ((2 * (int64_t)*width + 2) * (2 * (int64_t)*height + 1) > NT_MAX_SEARCH_PIXELS)
            return nt_error_set(error, NT_ERR_ARGUMENT, "a picture of %d x %d pixels is too large to be doubled %d times",
                                image->width, image->height, options->upsample);
        *width = nt_upsampled_width(*width);
        *height = nt_upsampled_height(*height);
    }
    return NT_OK;
}

int nt_search_levels(int width, int height)
{
    const int levels = nt_pyramid_levels(width, height);
    return levels < NT_MAX_LEVELS ? levels : NT_MAX_LEVELS;
}

NtStatus nt_search_run(const NtSearch *search, const NtImage *image, const NtDetection **found, size_t *n_found,
                       NtError *error)
{
    NtDetectWorkspace *workspace = search->workspace;
    for (int i = 0; i < workspace->n_scanners; i++) {
        workspace->scanners[i].n_candidates = 0;
        workspace->scanners[i].status = NT_OK;
    }
    NtStatus status = build_pyramid(search, image);
    if (status == NT_OK) {
        nt_workers_run(workspace->workers, search->n_bands, scan_task, (void *)(uintptr_t)search);
        status = gather_candidates(workspace);
    }
    if (status != NT_OK || suppress(search->detector, workspace, n_found) != NT_OK)
        return nt_error_set(error, NT_ERR_MEMORY, "not enough memory to search a picture of %d x %d pixels, doubled %d times",
                            image->width, image->height, search->options->upsample);
    for (size_t i = 0; search->options->upsample > 0 && i < *n_found; i++)
        workspace->found[i].box = nt_upsampled_rect_down(workspace->found[i].box, search->options->upsample);
    *found = workspace->found;
    return NT_OK;
}
