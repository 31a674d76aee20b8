#include "vision/detector.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "vision/fhog.h"
#include "vision/filter_kernel.h"
#include "vision/pyramid.h"

#define FILTER_SIDE NT_FILTER_SIDE
#define MAX_TERMS 1000 /* separable filters of all parts; the trained model has 305 */

/* Most windows are told to hold no face by the heaviest of each part's terms. To their sum goes what the other terms add to a
 * window near the limit on average; a window is refused when that is still below the limit by the margin. In the pictures
 * tried, the others added to a window near the limit at most 0.56 more than that average (docs/performance.md). */
#define SCREEN_SHARE 0.37
#define SCREEN_MARGIN 1.0
static const double screen_rest[NT_N_PARTS] = {0.80, 1.04, 1.21, 1.15, 1.18};

#define MAX_UPSAMPLE 4
#define MAX_PIXELS (1LL << 28)
#define MAX_LEVELS 64 /* a picture of that many pixels has 32 */

/* From a window's cell to pixels: a filter sees 4 padded cells before its centre; the half cell is added away from 0. */
#define WINDOW_BEFORE 5
#define WINDOW_AFTER 4
#define PADDED_CELLS 4
#define HALF_CELL (NT_FHOG_CELL / 2)

struct NtDetector {
    float weights[NT_N_PARTS][NT_FHOG_PLANES][FILTER_SIDE][FILTER_SIDE];
    double thresholds[NT_N_PARTS];
    double max_overlap, max_covered;
    NtFilterBank bank, screen;       /* screen: the terms of bank that matter most */
    NtFilterDense dense[NT_N_PARTS]; /* the terms of bank, summed */
};

/* Bytes or floats or detections that grow and stay. */
typedef struct Pixels {
    uint8_t *data;
    size_t capacity;
} Pixels;

/* What scanning a level needs: one for each worker. */
typedef struct Scanner {
    NtFhog fhog;
    float *filter_work, *responses;
    size_t filter_work_capacity, responses_capacity;
    NtDetection *candidates;
    size_t n_candidates, candidates_capacity;
    NtStatus status;
} Scanner;

struct NtDetectWorkspace {
    NtWorkers *workers; /* borrowed; NULL: the caller alone */
    Pixels enlarged[2]; /* one is made from the other */
    Pixels pixels[MAX_LEVELS];
    NtImage levels[MAX_LEVELS];
    Scanner *scanners;  /* [workers] */
    int n_scanners;
    NtDetection *candidates, *found;
    size_t n_candidates, candidates_capacity, found_capacity;
};

const char *nt_detector_part_name(int part)
{
    static const char *const names[NT_N_PARTS] = {"front", "left", "right", "tilted-left", "tilted-right"};
    return part >= 0 && part < NT_N_PARTS ? names[part] : "unknown";
}

const float *nt_detector_weights(const NtDetector *detector, int part) { return &detector->weights[part][0][0][0]; }

static int all_finite(const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return 0;
    return 1;
}

static NtStatus read_terms(NtDetector *detector, const NtTensorFile *file, const char *path, NtError *error)
{
    NtTensorView part, plane, columns, rows;
    NtStatus status;
    if ((status = nt_tensor_file_get(file, "separable.detector", NT_DTYPE_I32, 1, (int64_t[]){-1}, &part, error)))
        return status;
    const int64_t n = part.shape[0];
    if ((status = nt_tensor_file_get(file, "separable.plane", NT_DTYPE_I32, 1, (int64_t[]){n}, &plane, error)) ||
        (status = nt_tensor_file_get(file, "separable.columns", NT_DTYPE_F32, 2, (int64_t[]){n, FILTER_SIDE}, &columns,
                                     error)) ||
        (status = nt_tensor_file_get(file, "separable.rows", NT_DTYPE_F32, 2, (int64_t[]){n, FILTER_SIDE}, &rows,
                                     error)))
        return status;
    if (n > MAX_TERMS)
        return nt_error_set(error, NT_ERR_FORMAT, "%s: %lld separable filters; at most %d make sense", path,
                            (long long)n, MAX_TERMS);
    if (!all_finite(columns.data, (size_t)n * FILTER_SIDE) || !all_finite(rows.data, (size_t)n * FILTER_SIDE))
        return nt_error_set(error, NT_ERR_FORMAT, "%s: a filter weight is not a number", path);
    NtFilterBank *bank = &detector->bank;
    bank->terms = calloc((size_t)n, sizeof *bank->terms);
    bank->by_part = calloc((size_t)n, sizeof *bank->by_part);
    if (!bank->terms || !bank->by_part)
        return nt_error_set(error, NT_ERR_MEMORY, "%s: not enough memory", path);
    bank->n_terms = (int)n;
    bank->n_parts = NT_N_PARTS;
    for (int i = 0; i < bank->n_terms; i++) {
        NtFilterTerm *term = &bank->terms[i];
        term->part = ((const int32_t *)part.data)[i];
        term->plane = ((const int32_t *)plane.data)[i];
        if (term->part < 0 || term->part >= NT_N_PARTS || term->plane < 0 || term->plane >= NT_FHOG_PLANES)
            return nt_error_set(error, NT_ERR_FORMAT, "%s: filter %d is for part %d, plane %d, which do not exist", path,
                                i, term->part, term->plane);
        memcpy(term->column, (const float *)columns.data + (size_t)i * FILTER_SIDE, sizeof term->column);
        memcpy(term->row, (const float *)rows.data + (size_t)i * FILTER_SIDE, sizeof term->row);
    }
    nt_filter_bank_index(bank);
    for (int i = 0; i < NT_N_PARTS; i++)
        nt_filter_bank_sum(bank, i, &detector->dense[i]);
    if (!nt_filter_bank_screen(bank, SCREEN_SHARE, &detector->screen))
        return nt_error_set(error, NT_ERR_MEMORY, "%s: not enough memory", path);
    return NT_OK;
}

static NtStatus read_model(NtDetector *detector, const NtTensorFile *file, const char *path, NtError *error)
{
    const int64_t weights_shape[] = {NT_N_PARTS, NT_FHOG_PLANES, FILTER_SIDE, FILTER_SIDE};
    NtTensorView weights, thresholds, overlap;
    NtStatus status;
    if ((status = nt_tensor_file_get(file, "weights", NT_DTYPE_F32, 4, weights_shape, &weights, error)) ||
        (status = nt_tensor_file_get(file, "thresholds", NT_DTYPE_F64, 1, (int64_t[]){NT_N_PARTS}, &thresholds,
                                     error)) ||
        (status = nt_tensor_file_get(file, "overlap", NT_DTYPE_F64, 1, (int64_t[]){2}, &overlap, error)))
        return status;
    memcpy(detector->weights, weights.data, sizeof detector->weights);
    memcpy(detector->thresholds, thresholds.data, sizeof detector->thresholds);
    detector->max_overlap = ((const double *)overlap.data)[0];
    detector->max_covered = ((const double *)overlap.data)[1];
    for (int i = 0; i < NT_N_PARTS; i++)
        if (!isfinite(detector->thresholds[i]))
            return nt_error_set(error, NT_ERR_FORMAT, "%s: the threshold of part %d is not a number", path, i);
    if (!(detector->max_overlap > 0 && detector->max_overlap <= 1 && detector->max_covered > 0 &&
          detector->max_covered <= 1) ||
        !all_finite(&detector->weights[0][0][0][0], sizeof detector->weights / sizeof(float)))
        return nt_error_set(error, NT_ERR_FORMAT, "%s: weights or overlap limits make no sense", path);
    return read_terms(detector, file, path, error);
}

NtStatus nt_detector_load(const char *path, NtDetector **out, NtError *error)
{
    NtTensorFile *file = NULL;
    NtStatus status = nt_tensor_file_open(path, &file, error);
    if (status != NT_OK)
        return status;
    NtDetector *detector = calloc(1, sizeof *detector);
    status = detector ? read_model(detector, file, path, error)
                      : nt_error_set(error, NT_ERR_MEMORY, "%s: not enough memory", path);
    nt_tensor_file_close(file);
    if (status != NT_OK) {
        nt_detector_free(detector);
        return status;
    }
    *out = detector;
    return NT_OK;
}

void nt_detector_free(NtDetector *detector)
{
    if (detector) {
        nt_filter_bank_clear(&detector->bank);
        nt_filter_bank_clear(&detector->screen);
    }
    free(detector);
}

NtDetectWorkspace *nt_detect_workspace_new(NtWorkers *workers)
{
    NtDetectWorkspace *workspace = calloc(1, sizeof *workspace);
    if (!workspace)
        return NULL;
    workspace->workers = workers;
    workspace->n_scanners = nt_workers_count(workers);
    workspace->scanners = calloc((size_t)workspace->n_scanners, sizeof *workspace->scanners);
    if (!workspace->scanners) {
        free(workspace);
        return NULL;
    }
    return workspace;
}

void nt_detect_workspace_free(NtDetectWorkspace *workspace)
{
    if (!workspace)
        return;
    for (int i = 0; i < 2; i++)
        free(workspace->enlarged[i].data);
    for (int i = 0; i < MAX_LEVELS; i++)
        free(workspace->pixels[i].data);
    for (int i = 0; i < workspace->n_scanners; i++) {
        Scanner *scanner = &workspace->scanners[i];
        nt_fhog_clear(&scanner->fhog);
        free(scanner->filter_work);
        free(scanner->responses);
        free(scanner->candidates);
    }
    free(workspace->scanners);
    free(workspace->candidates);
    free(workspace->found);
    free(workspace);
}

/* Makes room for `needed` elements; 0 when there is no memory. Old content is kept. */
static int reserve(void **memory, size_t *capacity, size_t needed, size_t element)
{
    if (needed <= *capacity)
        return 1;
    void *larger = realloc(*memory, needed * element);
    if (!larger)
        return 0;
    *memory = larger;
    *capacity = needed;
    return 1;
}

/* Resizes into a buffer of the workspace. */
static NtStatus resize_into(Pixels *pixels, const NtImage *in, int width, int height, NtImage *out)
{
    const ptrdiff_t stride = (ptrdiff_t)width * nt_channels(in->format);
    if (!reserve((void **)&pixels->data, &pixels->capacity, (size_t)stride * (size_t)height, 1))
        return NT_ERR_MEMORY;
    nt_pyramid_resize(in, pixels->data, width, height, stride);
    *out = (NtImage){pixels->data, width, height, stride, in->format};
    return NT_OK;
}

/* Where a window's cell lies in pixels of its level. */
static int cell_to_pixel(int cell)
{
    const int pixel = (cell + 1 - PADDED_CELLS) * NT_FHOG_CELL + 1;
    return pixel >= 0 ? pixel + HALF_CELL : pixel - HALF_CELL;
}

static NtStatus add_candidate(Scanner *scanner, int part, double score, int row, int column, int level)
{
    if (scanner->n_candidates == scanner->candidates_capacity) {
        const size_t needed = scanner->candidates_capacity ? 2 * scanner->candidates_capacity : 256;
        if (!reserve((void **)&scanner->candidates, &scanner->candidates_capacity, needed, sizeof(NtDetection)))
            return NT_ERR_MEMORY;
    }
    const NtRect window = {cell_to_pixel(column - WINDOW_BEFORE), cell_to_pixel(row - WINDOW_BEFORE),
                           cell_to_pixel(column + WINDOW_AFTER), cell_to_pixel(row + WINDOW_AFTER)};
    scanner->candidates[scanner->n_candidates++] =
        (NtDetection){nt_pyramid_rect_up(window, level), score, part};
    return NT_OK;
}

/* Below this response a window need not be looked at. For a higher limit than the trained one, too, the trained one is
 * what tells: to a window far above it the terms that an estimate lacks add more. */
static double least_response(const NtDetector *detector, int part, const NtDetectOptions *options)
{
    const double trained = detector->thresholds[part];
    if (options->exact)
        return trained + options->threshold;
    return trained + (options->threshold < 0 ? options->threshold : 0) - screen_rest[part] - SCREEN_MARGIN;
}

/* The windows of one level and part whose response reaches the limit. Responses are indexed by a window's first cell;
 * the reference counts from its centre, WINDOW_BEFORE cells on. Unless all are exact, they are estimates. */
static NtStatus collect(const NtDetector *detector, Scanner *scanner, const NtFilterJob *job, int part, int level,
                        const NtDetectOptions *options)
{
    const NtFhog *fhog = job->fhog;
    const int valid_rows = fhog->rows - FILTER_SIDE + 1, valid_columns = fhog->columns - FILTER_SIDE + 1;
    NtFilterWindow *window = nt_filter_window_for(nt_cpu_level());
    const double limit = detector->thresholds[part] + options->threshold;
    /* No float at or above the least response is below this: a first look at a whole row. */
    const float low = nextafterf((float)least_response(detector, part, options), -INFINITY);
    for (int r = 0; r < valid_rows; r++) {
        const float *responses = job->responses + (size_t)part * job->part_stride + (size_t)r * job->row_stride;
        int any = 0;
        for (int c = 0; c < valid_columns; c++)
            any |= responses[c] > low;
        for (int c = 0; any && c < valid_columns; c++) {
            if (!(responses[c] > low))
                continue;
            const double response = options->exact ? responses[c] : window(&detector->dense[part], fhog, r, c);
            if (response >= limit && add_candidate(scanner, part, response - detector->thresholds[part],
                                                   r + WINDOW_BEFORE, c + WINDOW_BEFORE, level) != NT_OK)
                return NT_ERR_MEMORY;
        }
    }
    return NT_OK;
}

/* All windows of one level, each part's filter. */
static NtStatus scan_level(const NtDetector *detector, Scanner *scanner, int level,
                           const NtDetectOptions *options)
{
    const NtFhog *fhog = &scanner->fhog;
    const int valid_rows = fhog->rows - FILTER_SIDE + 1, valid_columns = fhog->columns - FILTER_SIDE + 1;
    if (fhog->rows == 0 || valid_rows <= 0 || valid_columns <= 0)
        return NT_OK;
    const size_t row_stride = fhog->plane_stride;
    const size_t rows_up = (size_t)(valid_rows + NT_FILTER_ROWS - 1) / NT_FILTER_ROWS * NT_FILTER_ROWS;
    const size_t part_stride = row_stride * rows_up;
    const NtFilterBank *bank = options->exact ? &detector->bank : &detector->screen;
    if (!nt_reserve_aligned((void **)&scanner->filter_work, &scanner->filter_work_capacity,
                            nt_filter_work_size(bank, fhog) * sizeof(float)) ||
        !nt_reserve_aligned((void **)&scanner->responses, &scanner->responses_capacity,
                            part_stride * NT_N_PARTS * sizeof(float)))
        return NT_ERR_MEMORY;
    const NtFilterJob job = {.bank = bank, .fhog = fhog, .responses = scanner->responses,
                             .part_stride = part_stride, .row_stride = row_stride, .work = scanner->filter_work};
    nt_filter_respond(nt_cpu_level(), &job);
    for (int part = 0; part < NT_N_PARTS; part++) {
        const NtStatus status = collect(detector, scanner, &job, part, level, options);
        if (status != NT_OK)
            return status;
    }
    return NT_OK;
}

typedef struct Scan {
    const NtDetector *detector;
    NtDetectWorkspace *workspace;
    const NtDetectOptions *options;
} Scan;

static void scan_task(void *user, int level, int worker)
{
    const Scan *scan = user;
    Scanner *scanner = &scan->workspace->scanners[worker];
    if (scanner->status == NT_OK)
        scanner->status = nt_fhog_compute(&scan->workspace->levels[level], FILTER_SIDE, FILTER_SIDE, &scanner->fhog);
    if (scanner->status == NT_OK)
        scanner->status = scan_level(scan->detector, scanner, level, scan->options);
}

/* Each level from the one above. */
static NtStatus build_pyramid(NtDetectWorkspace *workspace, const NtImage *image, int levels)
{
    workspace->levels[0] = *image;
    for (int level = 1; level < levels; level++) {
        const NtImage *above = &workspace->levels[level - 1];
        const NtStatus status = resize_into(&workspace->pixels[level], above, nt_pyramid_next_side(above->width),
                                            nt_pyramid_next_side(above->height), &workspace->levels[level]);
        if (status != NT_OK)
            return status;
    }
    return NT_OK;
}

/* The candidates of all scanners together. Their order does not matter: they will be sorted. */
static NtStatus gather_candidates(NtDetectWorkspace *workspace)
{
    workspace->n_candidates = 0;
    for (int i = 0; i < workspace->n_scanners; i++) {
        const Scanner *scanner = &workspace->scanners[i];
        if (scanner->status != NT_OK)
            return scanner->status;
        if (!reserve((void **)&workspace->candidates, &workspace->candidates_capacity,
                     workspace->n_candidates + scanner->n_candidates, sizeof(NtDetection)))
            return NT_ERR_MEMORY;
        if (scanner->n_candidates > 0)
            memcpy(workspace->candidates + workspace->n_candidates, scanner->candidates,
                   scanner->n_candidates * sizeof(NtDetection));
        workspace->n_candidates += scanner->n_candidates;
    }
    return NT_OK;
}

static NtStatus scan_pyramid(const NtDetector *detector, NtDetectWorkspace *workspace, const NtImage *image,
                             const NtDetectOptions *options)
{
    int levels = nt_pyramid_levels(image->width, image->height);
    levels = levels < MAX_LEVELS ? levels : MAX_LEVELS;
    const NtStatus status = build_pyramid(workspace, image, levels);
    if (status != NT_OK)
        return status;
    for (int i = 0; i < workspace->n_scanners; i++) {
        workspace->scanners[i].n_candidates = 0;
        workspace->scanners[i].status = NT_OK;
    }
    Scan scan = {detector, workspace, options};
    nt_workers_run(workspace->workers, levels, scan_task, &scan);
    return gather_candidates(workspace);
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
    if (!reserve((void **)&workspace->found, &workspace->found_capacity, workspace->n_candidates, sizeof(NtDetection)))
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

/* Doubles the picture `times` times. */
static NtStatus enlarge(NtDetectWorkspace *workspace, const NtImage *image, int times, NtImage *out, NtError *error)
{
    *out = *image;
    for (int i = 0; i < times; i++) {
        const NtImage smaller = *out;
        const int64_t width = 2 * (int64_t)smaller.width + 2, height = 2 * (int64_t)smaller.height + 1;
        if (width * height > MAX_PIXELS)
            return nt_error_set(error, NT_ERR_ARGUMENT, "a picture of %d x %d pixels is too large to be doubled %d times",
                                image->width, image->height, times);
        if (resize_into(&workspace->enlarged[i % 2], &smaller, (int)width, (int)height, out) != NT_OK)
            return nt_error_set(error, NT_ERR_MEMORY, "not enough memory to double a picture of %d x %d pixels",
                                smaller.width, smaller.height);
    }
    return NT_OK;
}

NtStatus nt_detect(const NtDetector *detector, NtDetectWorkspace *workspace, const NtImage *image,
                   const NtDetectOptions *options, const NtDetection **found, size_t *n_found, NtError *error)
{
    if (image->width < 1 || image->height < 1 || options->upsample < 0 || options->upsample > MAX_UPSAMPLE ||
        (int64_t)image->width * image->height > MAX_PIXELS || !isfinite(options->threshold))
        return nt_error_set(error, NT_ERR_ARGUMENT, "cannot search a picture of %d x %d pixels, doubled %d times",
                            image->width, image->height, options->upsample);
    NtImage search;
    NtStatus status = enlarge(workspace, image, options->upsample, &search, error);
    if (status != NT_OK)
        return status;

    if (scan_pyramid(detector, workspace, &search, options) != NT_OK ||
        suppress(detector, workspace, n_found) != NT_OK)
        return nt_error_set(error, NT_ERR_MEMORY, "not enough memory to search a picture of %d x %d pixels",
                            search.width, search.height);
    for (size_t i = 0; options->upsample > 0 && i < *n_found; i++)
        workspace->found[i].box = nt_upsampled_rect_down(workspace->found[i].box, options->upsample);
    *found = workspace->found;
    return NT_OK;
}
