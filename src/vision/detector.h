/* Nametag - the HOG face detector.
 *
 * N. Dalal, B. Triggs: Histograms of Oriented Gradients for Human Detection, CVPR 2005; features after Felzenszwalb et
 * al. 2010 (fhog.h); five linear filters of 10 x 10 cells trained by Davis King with max-margin object detection
 * (arXiv:1502.00046) and published in dlib. Each filter is applied as a sum of separable ones.
 */
#ifndef NT_DETECTOR_H
#define NT_DETECTOR_H

#include "base/safetensors.h"
#include "base/status.h"
#include "base/workers.h"
#include "vision/image.h"

/* The sub-detectors, in the model's order. */
typedef enum NtDetectorPart {
    NT_PART_FRONT,
    NT_PART_LEFT,
    NT_PART_RIGHT,
    NT_PART_FRONT_TILTED_LEFT,
    NT_PART_FRONT_TILTED_RIGHT,
    NT_N_PARTS,
} NtDetectorPart;

typedef struct NtDetection {
    NtRect box;
    double score; /* filter response minus the part's threshold; 0 is the model's own limit */
    int part;     /* NtDetectorPart */
} NtDetection;

typedef struct NtDetectOptions {
    int upsample;     /* 0..4: how often to double the picture first; finds faces from 80 / 2^n pixels */
    double threshold; /* least score to report; 0 as trained, negative finds more and errs more */
    int exact;        /* 1: every window is scored in full; 0: those of which half a score says enough are not, twice as
                         fast. Scores are the same either way; docs/performance.md says what 0 could miss */
} NtDetectOptions;

typedef struct NtDetector NtDetector;               /* the model: immutable, shared by threads */
typedef struct NtDetectWorkspace NtDetectWorkspace; /* scratch memory: one for each thread at work */

NtStatus nt_detector_load(const char *path, NtDetector **out, NtError *error);
void nt_detector_free(NtDetector *detector);

/* workers: share the levels of a picture, and must outlive the workspace; NULL: the caller does all. NULL when out of memory. */
NtDetectWorkspace *nt_detect_workspace_new(NtWorkers *workers);
void nt_detect_workspace_free(NtDetectWorkspace *workspace);

/* Finds faces, best score first, overlapping ones suppressed. *found points into the workspace and is valid until its
 * next use. Memory grows to what the largest picture needs and is then reused. Pictures of any size >= 1x1 are allowed;
 * NT_ERR_ARGUMENT when the enlarged picture would exceed 2^28 pixels. */
NtStatus nt_detect(const NtDetector *detector, NtDetectWorkspace *workspace, const NtImage *image,
                   const NtDetectOptions *options, const NtDetection **found, size_t *n_found, NtError *error);

/* Whether nt_detect would take such a picture; its pixels are not looked at. */
NtStatus nt_detect_check(const NtImage *image, const NtDetectOptions *options, NtError *error);

const char *nt_detector_part_name(int part); /* "front", "left", ... */

/* The filters, for pictures that explain: weights of one part as [31][10][10]. */
const float *nt_detector_weights(const NtDetector *detector, int part);

#endif
