/* Nametag - a face followed by its texture from one frame to the next, where no detector sees it: turned away, half covered.
 *
 * A grid of points in the box is followed by pyramidal Lucas-Kanade, forwards and back again; points that do not come back
 * to where they began, or no longer look alike, are left out; the median of the rest moves and scales the box. (Z. Kalal,
 * K. Mikolajczyk, J. Matas: Forward-Backward Error, ICPR 2010; J.-Y. Bouguet 2000 for the pyramid.)
 *
 * A NtFlowPatch is the surroundings of a face, resized to a standard size: small, and all that is kept of a frame.
 */
#ifndef NT_FLOW_H
#define NT_FLOW_H

#include "base/status.h"
#include "vision/image.h"

#define NT_FLOW_SIDE 64   /* pixels of a patch */
#define NT_FLOW_AROUND 1.75 /* a patch shows so many sides of the box it was taken around */

typedef struct NtFlowPatch {
    NtSquare place; /* the box it was taken around */
    uint8_t pixels[NT_FLOW_SIDE * NT_FLOW_SIDE];
} NtFlowPatch;

typedef struct NtFlow {
    NtSquare place;   /* where the box is in the second patch's picture */
    double agreement; /* 0 .. 1: share of the points that came back and agree with the median movement */
    double likeness;  /* -1 .. 1: normalised correlation of the two faces once the movement is undone */
} NtFlow;

/* gray may be any size; what lies outside repeats its edge. */
void nt_flow_take(const NtImage *gray, NtSquare place, NtFlowPatch *patch);

/* from: around the face in an earlier picture; to: of the later picture, around the place expected there. */
void nt_flow_follow(const NtFlowPatch *from, const NtFlowPatch *to, NtFlow *flow);

/* The correlation of the boxes of two patches as they are: whether it still looks like that. */
double nt_flow_likeness(const NtFlowPatch *a, const NtFlowPatch *b);

#endif
