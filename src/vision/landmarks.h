/* Nametag - 68 facial landmarks by an ensemble of regression trees.
 *
 * V. Kazemi, J. Sullivan: One Millisecond Face Alignment with an Ensemble of Regression Trees, CVPR 2014. Point order
 * is iBUG 300-W's: 0-16 jaw, 17-26 brows, 27-35 nose, 36-47 eyes, 48-67 mouth; "left" and "right" as seen in the
 * picture.
 */
#ifndef NT_LANDMARKS_H
#define NT_LANDMARKS_H

#include "base/status.h"
#include "vision/image.h"

#define NT_N_LANDMARKS 68

typedef struct NtLandmarker NtLandmarker; /* the model: immutable, mapped, shared by threads */

/* Checks every index of the model before it is used; a hostile file is refused with NT_ERR_FORMAT. */
NtStatus nt_landmarker_load(const char *path, NtLandmarker **out, NtError *error);
void nt_landmarker_free(NtLandmarker *landmarker);

/* For many faces: copies the leaves of the trees into large pages of the process's own memory, 65 MB in some 20 ms;
 * a face then takes about three quarters of the time. Results are the same. Without such memory nothing changes.
 * Once is enough; any thread, also while others fit. */
void nt_landmarker_prepare(NtLandmarker *landmarker);

/* Fits the points to the face in box (from nt_detect; the model expects such boxes). RGB pictures are read as the plain
 * mean of their channels; pixels outside the picture count as 0. points are in picture coordinates, unrounded, and may
 * lie outside the picture. */
void nt_landmarks_fit(const NtLandmarker *landmarker, const NtImage *image, NtRect box, NtPoint points[NT_N_LANDMARKS]);

/* For faces that are followed. The place whose mean face, turned as the face is, lies nearest to the points (least
 * squares): the box that a detector would have given, without its jumps from cell to cell. Of what nt_landmarks_fit
 * finds in a box the place is the box again but for 4 % of its side (standard deviation; size 9 %, of which the
 * detector's levels are most), and a percent higher and larger on average. */
void nt_landmarks_place(const NtLandmarker *landmarker, const NtPoint points[NT_N_LANDMARKS], NtSquare *place);

/* As nt_landmarks_fit, in a box between pixels: near.h's, or nt_landmarks_place of the frame before, which is as
 * good and does not drift (within 0.5 % of the side of what nt_landmarks_fit finds in the detector's boxes, after
 * hundreds of frames).
 *
 * points on entry, the shape of the frame before moved along with the box, are not used: cascades that start from
 * there, all or only the last few, do not come back from their own errors and are off by 3 to 30 % of the face's
 * side after 400 frames. The model was trained to start from the mean face. */
void nt_landmarks_follow(const NtLandmarker *landmarker, const NtImage *image, NtSquare place,
                         NtPoint points[NT_N_LANDMARKS]);

#endif
