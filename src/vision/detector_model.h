/* Nametag - the detector's model in memory; private to the detector, its searches and their tests. */
#ifndef NT_DETECTOR_MODEL_H
#define NT_DETECTOR_MODEL_H

#include "vision/detector.h"
#include "vision/filter_kernel.h"

struct NtDetector {
    float weights[NT_N_PARTS][NT_FHOG_PLANES][NT_FILTER_SIDE][NT_FILTER_SIDE];
    double thresholds[NT_N_PARTS];
    double max_overlap, max_covered;
    NtFilterBank bank, screen;       /* screen: the terms of bank that matter most */
    NtFilterDense dense[NT_N_PARTS]; /* the terms of bank, summed */
};

/* Most windows are told to hold no face by the heaviest of each part's terms. To their sum goes what the other terms
 * add to a window near the limit on average; a window is refused when that is still below the limit by the margin.
 * In the pictures tried, the others added to a window near the limit at most 0.56 more than that average
 * (docs/performance.md). */
#define NT_SCREEN_SHARE 0.37
#define NT_SCREEN_MARGIN 1.0
extern const double nt_screen_rest[NT_N_PARTS];

#endif
