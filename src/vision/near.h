/* Nametag - one face looked for where it is expected: a fraction of a millisecond, whatever the picture's size.
 *
 * The surroundings of the expected place are resized so that the face is as large as the detector's window, and
 * searched at that size; if something there could be part of a face, one level (1.2 times) larger and smaller are
 * looked at, too. Between the detector's cells and levels the place is refined by the parabola through neighbouring
 * scores: it is right to 2 % of the side, the size to 3 % (standard deviations), where nt_detect's boxes jump by 11 %
 * and 20 %.
 */
#ifndef NT_NEAR_H
#define NT_NEAR_H

#include "vision/detector.h"

typedef struct NtNear {
    NtSquare place; /* where the face is, between pixels; comparable with nt_detect's boxes */
    double score;   /* as NtDetection.score, but the top between windows: some 0.2 more than nt_detect's */
    int part;       /* NtDetectorPart */
} NtNear;

/* How far from the expected centre a face is found, in sides of the expected box (both ways, to the nearest cell),
 * and how much larger or smaller: a strong one up to a level more. */
#define NT_NEAR_REACH 0.5
#define NT_NEAR_GROWTH 1.25

/* Gray pictures only. In the calling thread alone: faces looked for at once need a workspace each. reach: in sides,
 * at most 2; NT_NEAR_REACH if 0. threshold: least score. *found is 0 when there is none, else *best is the one that
 * is best by score and nearness. The expected place may lie partly outside the picture; of a side below 12 pixels
 * none is found. What the face's surroundings cost does not depend on the picture's size: 0.15 to 0.3 ms, less than
 * half of it when nothing is there. */
NtStatus nt_near_find(const NtDetector *detector, NtDetectWorkspace *workspace, const NtImage *gray, NtSquare expected,
                      double reach, double threshold, NtNear *best, int *found, NtError *error);

#endif
