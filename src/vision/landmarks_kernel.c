/* The landmark cascade's arithmetic, in vectors: the same operations in the same order as one at a time. */
#include "vision/landmarks_kernel.h"

#include <math.h>

#include "base/simd.h"

typedef float Eight __attribute__((vector_size(32)));
typedef float EightUnaligned __attribute__((vector_size(32), aligned(4), may_alias));

/* Vectors of sums that the registers hold. */
#if defined __AVX512F__
#define HELD 17
#elif defined __AVX__
#define HELD 9
#else
#define HELD 6
#endif
#define ALL (NT_LANDMARK_COORDINATES / 8)

static void place(const NtLandmarkPlaces *p, int32_t *restrict x, int32_t *restrict y)
{
    const double right = p->width, bottom = p->height;
    for (int i = 0; i < NT_LANDMARK_PIXELS; i++) {
        const float dx = p->deltas[2 * i], dy = p->deltas[2 * i + 1];
        const float u = p->a * dx + -p->b * dy + p->shape[2 * p->anchors[i]];
        const float v = p->b * dx + p->a * dy + p->shape[2 * p->anchors[i] + 1];
        const double px = floor(p->left + p->box_width * u + 0.5), py = floor(p->top + p->box_height * v + 0.5);
        /* False for what is not a number, too. */
        const int inside = (px >= 0) & (px < right) & (py >= 0) & (py < bottom);
        x[i] = inside ? (int32_t)px : -1;
        y[i] = inside ? (int32_t)py : 0;
    }
}

/* n vectors of every leaf; n is a constant where this is called. */
NT_INLINE void add_some(const float *const leaves[NT_LANDMARK_TREES], float *shape, int first, int n)
{
    Eight sums[HELD];
#pragma GCC unroll 17
    for (int i = 0; i < n; i++)
        sums[i] = *(EightUnaligned *)(shape + 8 * (first + i));
    for (int t = 0; t < NT_LANDMARK_TREES; t++) {
#pragma GCC unroll 17
        for (int i = 0; i < n; i++)
            sums[i] += *(const EightUnaligned *)(leaves[t] + 8 * (first + i));
    }
#pragma GCC unroll 17
    for (int i = 0; i < n; i++)
        *(EightUnaligned *)(shape + 8 * (first + i)) = sums[i];
}

static void add(const float *const leaves[NT_LANDMARK_TREES], float shape[NT_LANDMARK_COORDINATES])
{
    int first = 0;
    for (; first + HELD <= ALL; first += HELD)
        add_some(leaves, shape, first, HELD);
    if (ALL % HELD)
        add_some(leaves, shape, first, ALL % HELD);
}

const NtLandmarkKernels NT_KERNEL(nt_landmark_kernels) = {place, add};
