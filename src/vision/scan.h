/* Nametag - a whole picture searched in slices, one a frame, so that no frame pays for all of it.
 *
 * The pyramid of a picture is cut into slices of about equal work: its large levels into bands of rows that overlap by
 * what a window needs, its small levels together. A slice sees the windows that nt_detect sees there, with the same
 * scores to the last bit; together the slices of a plan see all, each once. What overlaps is suppressed within a slice
 * only: detections of different slices may show the same face. Six slices of a still picture cost a quarter more than
 * nt_detect: levels above are made again, and bands overlap.
 */
#ifndef NT_SCAN_H
#define NT_SCAN_H

#include "vision/detector.h"

#define NT_SCAN_MAX_SLICES 32

typedef struct NtScanSlice {
    int first_level, n_levels; /* of the pyramid of the (upsampled) picture */
    int top, bottom;           /* rows of the one level it is a band of, inclusive; the whole level when n_levels > 1 */
    NtRect area;               /* what it looks at, in the picture: motion elsewhere does not concern it */
    double work;               /* share of the whole picture's, 0 .. 1 */
} NtScanSlice;

/* Plans at most n_slices (1 .. NT_SCAN_MAX_SLICES) of about equal work; returns how many there are, at least 1, or 0
 * for what nt_detect refuses. A slice that would be no work is left out. upsample as in NtDetectOptions. Some 0.1
 * ms: plan once a size. */
int nt_scan_plan(int width, int height, int upsample, int n_slices, NtScanSlice slices[NT_SCAN_MAX_SLICES]);

/* As nt_detect, of one slice of the plan for this picture's size and options->upsample. */
NtStatus nt_scan_slice(const NtDetector *detector, NtDetectWorkspace *workspace, const NtImage *image,
                       const NtDetectOptions *options, const NtScanSlice *slice, const NtDetection **found,
                       size_t *n_found, NtError *error);

#endif
