#include "vision/landmarks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/safetensors.h"
#include "vision/landmarks_kernel.h"

/* The trained model's shape. */
#define CASCADES 15
#define TREES NT_LANDMARK_TREES
#define DEPTH 4
#define SPLITS 15
#define LEAVES 16
#define PIXELS NT_LANDMARK_PIXELS
#define COORDINATES NT_LANDMARK_COORDINATES
#define CACHE_LINE 64
#define LEAF_BYTES ((size_t)CASCADES * TREES * LEAVES * COORDINATES * sizeof(float))
#define LARGE_PAGE ((size_t)2 << 20) /* x86-64 and, with 4 KiB granules, aarch64 */

struct NtLandmarker {
    NtTensorFile *file; /* the tables below are views into it, but for leaves that were copied */
    const float *initial;      /* [68][2], box units: 0..1 spans the box */
    const uint16_t *split_pixels; /* [CASCADES][TREES][SPLITS][2] */
    const float *thresholds;   /* [CASCADES][TREES][SPLITS] */
    const float *_Atomic leaves; /* [CASCADES][TREES][LEAVES][COORDINATES] */
    pthread_mutex_t preparing;
    void *copy;                /* mapped memory that holds the leaves; NULL: the file's are used */
    size_t copy_bytes;
    const uint16_t *anchors;   /* [CASCADES][PIXELS] */
    const float *deltas;       /* [CASCADES][PIXELS][2], in the initial shape's frame */
    double centred[COORDINATES]; /* the initial shape about its mean */
    double spread;             /* sum of squares of centred */
};

static NtStatus check_indices(const uint16_t *values, size_t n, unsigned limit, const char *what, const char *path,
                              NtError *error)
{
    for (size_t i = 0; i < n; i++)
        if (values[i] >= limit)
            return nt_error_set(error, NT_ERR_FORMAT, "%s: %s %zu is %u, and there are %u", path, what, i,
                                (unsigned)values[i], limit);
    return NT_OK;
}

static NtStatus read_tables(NtLandmarker *model, const char *path, NtError *error)
{
    const NtTensorFile *file = model->file;
    NtTensorView initial, pixels, thresholds, leaves, anchors, deltas;
    NtStatus status;
    if ((status = nt_tensor_file_get(file, "initial_shape", NT_DTYPE_F32, 2, (int64_t[]){NT_N_LANDMARKS, 2}, &initial,
                                     error)) ||
        (status = nt_tensor_file_get(file, "splits.pixels", NT_DTYPE_U16, 4, (int64_t[]){CASCADES, TREES, SPLITS, 2},
                                     &pixels, error)) ||
        (status = nt_tensor_file_get(file, "splits.thresholds", NT_DTYPE_F32, 3, (int64_t[]){CASCADES, TREES, SPLITS},
                                     &thresholds, error)) ||
        (status = nt_tensor_file_get(file, "leaves", NT_DTYPE_F32, 4, (int64_t[]){CASCADES, TREES, LEAVES, COORDINATES},
                                     &leaves, error)) ||
        (status = nt_tensor_file_get(file, "anchors", NT_DTYPE_U16, 2, (int64_t[]){CASCADES, PIXELS}, &anchors,
                                     error)) ||
        (status = nt_tensor_file_get(file, "deltas", NT_DTYPE_F32, 3, (int64_t[]){CASCADES, PIXELS, 2}, &deltas,
                                     error)))
        return status;
    model->initial = initial.data;
    model->split_pixels = pixels.data;
    model->thresholds = thresholds.data;
    model->leaves = leaves.data;
    model->anchors = anchors.data;
    model->deltas = deltas.data;
    if ((status = check_indices(model->split_pixels, (size_t)CASCADES * TREES * SPLITS * 2, PIXELS, "split pixel", path,
                                error)) ||
        (status = check_indices(model->anchors, (size_t)CASCADES * PIXELS, NT_N_LANDMARKS, "anchor", path, error)))
        return status;
    for (int i = 0; i < COORDINATES; i++)
        if (!isfinite(model->initial[i]))
            return nt_error_set(error, NT_ERR_FORMAT, "%s: the initial shape is not made of numbers", path);
    return NT_OK;
}

static void mean_point(const float shape[COORDINATES], double mean[2])
{
    mean[0] = mean[1] = 0;
    for (int i = 0; i < COORDINATES; i++)
        mean[i % 2] += shape[i];
    mean[0] /= NT_N_LANDMARKS;
    mean[1] /= NT_N_LANDMARKS;
}

static NtStatus centre_initial(NtLandmarker *model, const char *path, NtError *error)
{
    double mean[2];
    mean_point(model->initial, mean);
    for (int i = 0; i < COORDINATES; i++)
        model->centred[i] = model->initial[i] - mean[i % 2];
    for (int i = 0; i < COORDINATES; i += 2)
        model->spread += model->centred[i] * model->centred[i] + model->centred[i + 1] * model->centred[i + 1];
    if (!(model->spread > 0))
        return nt_error_set(error, NT_ERR_FORMAT, "%s: the initial shape is a single point", path);
    return NT_OK;
}

NtStatus nt_landmarker_load(const char *path, NtLandmarker **out, NtError *error)
{
    NtLandmarker *model = calloc(1, sizeof *model);
    if (!model)
        return nt_error_set(error, NT_ERR_MEMORY, "%s: not enough memory", path);
    pthread_mutex_init(&model->preparing, NULL);
    NtStatus status = nt_tensor_file_open(path, &model->file, error);
    if (status != NT_OK || (status = read_tables(model, path, error)) || (status = centre_initial(model, path, error))) {
        nt_landmarker_free(model);
        return status;
    }
    *out = model;
    return NT_OK;
}

void nt_landmarker_free(NtLandmarker *landmarker)
{
    if (!landmarker)
        return;
    if (landmarker->copy)
        munmap(landmarker->copy, landmarker->copy_bytes);
    nt_tensor_file_close(landmarker->file);
    pthread_mutex_destroy(&landmarker->preparing);
    free(landmarker);
}

/* The file's own pages are let go: whoever still reads them has them mapped again. */
static void let_go(const void *data, size_t size)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t begin = ((uintptr_t)data + page - 1) / page * page, end = ((uintptr_t)data + size) / page * page;
    if (end > begin)
        madvise((void *)begin, end - begin, MADV_DONTNEED);
}

void nt_landmarker_prepare(NtLandmarker *landmarker)
{
    pthread_mutex_lock(&landmarker->preparing);
    if (!landmarker->copy) {
        const size_t size = LEAF_BYTES + 2 * LARGE_PAGE; /* to align the beginning, and whole pages to the end */
        void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory != MAP_FAILED) {
            float *leaves = (float *)(((uintptr_t)memory + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE);
            const float *mapped = landmarker->leaves;
#ifdef MADV_HUGEPAGE
            madvise(leaves, LEAF_BYTES, MADV_HUGEPAGE);
#endif
            memcpy(leaves, mapped, LEAF_BYTES);
            landmarker->copy = memory;
            landmarker->copy_bytes = size;
            landmarker->leaves = leaves;
            let_go(mapped, LEAF_BYTES);
        }
    }
    pthread_mutex_unlock(&landmarker->preparing);
}

/* The 2 x 2 part [a -b; b a] of the least-squares similarity that takes the initial shape to shape. */
static void fit_similarity(const NtLandmarker *model, const float shape[COORDINATES], float *a, float *b)
{
    double mean[2], same = 0, cross = 0;
    mean_point(shape, mean);
    for (int i = 0; i < COORDINATES; i += 2) {
        const double fx = model->centred[i], fy = model->centred[i + 1];
        const double gx = shape[i] - mean[0], gy = shape[i + 1] - mean[1];
        same += fx * gx + fy * gy;
        cross += fx * gy - fy * gx;
    }
    *a = (float)(same / model->spread);
    *b = (float)(cross / model->spread);
}

static void plain_place(const NtLandmarkPlaces *p, int32_t *x, int32_t *y)
{
    for (int i = 0; i < PIXELS; i++) {
        const float dx = p->deltas[2 * i], dy = p->deltas[2 * i + 1];
        const float *anchor = p->shape + 2 * p->anchors[i];
        const float u = p->a * dx + -p->b * dy + anchor[0], v = p->b * dx + p->a * dy + anchor[1];
        const double px = floor(p->left + p->box_width * u + 0.5), py = floor(p->top + p->box_height * v + 0.5);
        /* The comparisons are false for NaN, so that no coordinate a damaged model can give reaches memory. */
        const int inside = px >= 0 && px < p->width && py >= 0 && py < p->height;
        x[i] = inside ? (int32_t)px : -1;
        y[i] = inside ? (int32_t)py : 0;
    }
}

static void plain_add(const float *const leaves[TREES], float shape[COORDINATES])
{
    for (int t = 0; t < TREES; t++)
        for (int i = 0; i < COORDINATES; i++)
            shape[i] += leaves[t][i];
}

const NtLandmarkKernels nt_landmark_kernels_plain = {plain_place, plain_add};

const NtLandmarkKernels *nt_landmark_kernels_for(NtCpuLevel level)
{
    return NT_FOR_LEVEL(level, nt_landmark_kernels);
}

/* The square or rectangle that the shape's unit is: where 0 lies, and the way to 1. */
typedef struct Frame {
    double left, top, width, height;
} Frame;

/* The picture's grey values that a cascade looks at; 0 outside the picture. */
static void sample_pixels(const NtLandmarker *model, const NtLandmarkKernels *kernels, int cascade, const NtImage *image,
                          const Frame *frame, const float shape[COORDINATES], float values[PIXELS])
{
    NtLandmarkPlaces places = {.shape = shape, .anchors = model->anchors + (size_t)cascade * PIXELS,
                               .deltas = model->deltas + (size_t)cascade * PIXELS * 2, .left = frame->left, .top = frame->top,
                               .box_width = frame->width, .box_height = frame->height,
                               .width = image->width, .height = image->height};
    int32_t x[PIXELS], y[PIXELS];
    fit_similarity(model, shape, &places.a, &places.b);
    kernels->place(&places, x, y);
    for (int i = 0; i < PIXELS; i++) {
        const uint8_t *row = nt_image_row(image, y[i]);
        if (x[i] < 0)
            values[i] = 0;
        else if (image->format == NT_PIXELS_GRAY8)
            values[i] = row[x[i]];
        else
            values[i] = (float)((row[3 * x[i]] + row[3 * x[i] + 1] + row[3 * x[i] + 2]) / 3);
    }
}

/* The leaf of every tree. Leaves lie scattered over 65 MB: each is fetched as soon as it is known. */
static void find_leaves(const NtLandmarker *model, int cascade, const float values[PIXELS], const float *leaves[TREES])
{
    const float *all = atomic_load_explicit(&model->leaves, memory_order_acquire);
    for (int t = 0; t < TREES; t++) {
        const size_t tree = (size_t)cascade * TREES + (size_t)t;
        const uint16_t *pixels = model->split_pixels + tree * SPLITS * 2;
        const float *thresholds = model->thresholds + tree * SPLITS;
        int node = 0;
        for (int depth = 0; depth < DEPTH; depth++) {
            const int beyond = values[pixels[2 * node]] - values[pixels[2 * node + 1]] > thresholds[node];
            node = 2 * node + 2 - beyond;
        }
        leaves[t] = all + (tree * LEAVES + (size_t)(node - SPLITS)) * COORDINATES;
        for (size_t i = 0; i < COORDINATES; i += CACHE_LINE / sizeof(float))
            __builtin_prefetch(leaves[t] + i, 0, 2); /* into the second level: more are under way at once */
    }
}

/* All cascades, from the mean face on. */
static void fit(const NtLandmarker *landmarker, const NtImage *image, const Frame *frame, NtPoint points[NT_N_LANDMARKS])
{
    const NtLandmarkKernels *kernels = nt_landmark_kernels_for(nt_cpu_level());
    const float *leaves[TREES];
    float shape[COORDINATES], values[PIXELS];
    memcpy(shape, landmarker->initial, sizeof shape);
    for (int cascade = 0; cascade < CASCADES; cascade++) {
        sample_pixels(landmarker, kernels, cascade, image, frame, shape, values);
        find_leaves(landmarker, cascade, values, leaves);
        kernels->add(leaves, shape);
    }
    for (int i = 0; i < NT_N_LANDMARKS; i++)
        points[i] = (NtPoint){frame->left + frame->width * shape[2 * i], frame->top + frame->height * shape[2 * i + 1]};
}

void nt_landmarks_fit(const NtLandmarker *landmarker, const NtImage *image, NtRect box, NtPoint points[NT_N_LANDMARKS])
{
    const Frame frame = {box.left, box.top, (double)box.right - box.left, (double)box.bottom - box.top};
    fit(landmarker, image, &frame, points);
}

void nt_landmarks_follow(const NtLandmarker *landmarker, const NtImage *image, NtSquare place,
                         NtPoint points[NT_N_LANDMARKS])
{
    const double span = place.side - 1; /* from the first pixel's centre to the last one's */
    const Frame frame = {place.x - span / 2, place.y - span / 2, span, span};
    fit(landmarker, image, &frame, points);
}

void nt_landmarks_place(const NtLandmarker *landmarker, const NtPoint points[NT_N_LANDMARKS], NtSquare *place)
{
    double x = 0, y = 0, mean[2], same = 0, cross = 0;
    for (int i = 0; i < NT_N_LANDMARKS; i++) {
        x += points[i].x / NT_N_LANDMARKS;
        y += points[i].y / NT_N_LANDMARKS;
    }
    for (int i = 0; i < NT_N_LANDMARKS; i++) {
        const double fx = landmarker->centred[2 * i], fy = landmarker->centred[2 * i + 1];
        same += fx * (points[i].x - x) + fy * (points[i].y - y);
        cross += fx * (points[i].y - y) - fy * (points[i].x - x);
    }
    mean_point(landmarker->initial, mean);
    const double a = same / landmarker->spread, b = cross / landmarker->spread, span = hypot(a, b);
    /* From the points' mean to the middle of the box, turned as the face is. */
    const double dx = 0.5 - mean[0], dy = 0.5 - mean[1];
    *place = (NtSquare){x + a * dx - b * dy, y + b * dx + a * dy, span + 1};
}
