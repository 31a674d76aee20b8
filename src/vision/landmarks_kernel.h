/* Nametag - the inner loops of the landmark cascade; private to the landmarks and their tests. */
#ifndef NT_LANDMARKS_KERNEL_H
#define NT_LANDMARKS_KERNEL_H

#include <stdint.h>

#include "base/cpu.h"

#define NT_LANDMARK_TREES 500
#define NT_LANDMARK_PIXELS 500
#define NT_LANDMARK_COORDINATES 136

/* Where the pixels of one cascade lie in a picture. */
typedef struct NtLandmarkPlaces {
    const float *shape;      /* [68][2], box units */
    const uint16_t *anchors; /* [500], below 68 */
    const float *deltas;     /* [500][2] */
    float a, b;              /* the turn and scale of deltas: [a -b; b a] */
    double left, top, box_width, box_height;
    int width, height; /* of the picture */
} NtLandmarkPlaces;

/* x, y [500]: rounded; x is -1 for what lies outside. Whatever shape and deltas hold, the rest is inside. */
typedef void NtLandmarkPlace(const NtLandmarkPlaces *places, int32_t *x, int32_t *y);
/* shape += each leaf, one after the other: the order matters to the last bit, and by it to where later cascades look. */
typedef void NtLandmarkAdd(const float *const leaves[NT_LANDMARK_TREES], float shape[NT_LANDMARK_COORDINATES]);

typedef struct NtLandmarkKernels {
    NtLandmarkPlace *place;
    NtLandmarkAdd *add;
} NtLandmarkKernels;

extern const NtLandmarkKernels nt_landmark_kernels_plain, nt_landmark_kernels_baseline, nt_landmark_kernels_avx2,
    nt_landmark_kernels_avx512;
const NtLandmarkKernels *nt_landmark_kernels_for(NtCpuLevel level);

#endif
