/* Nametag - 68 facial landmarks by an ensemble of regression trees.
 *
 * V. Kazemi, J. Sullivan: One Millisecond Face Alignment with an Ensemble of Regression Trees, CVPR 2014. Point order is
 * iBUG 300-W's: 0-16 jaw, 17-26 brows, 27-35 nose, 36-47 eyes, 48-67 mouth; "left" and "right" as seen in the picture.
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

/* For many faces: copies the leaves of the trees into large pages of the process's own memory, 65 MB in some 20 ms; a face
 * then takes about three quarters of the time. Results are the same. Without such memory nothing changes. Once is enough;
 * any thread, also while others fit. */
void nt_landmarker_prepare(NtLandmarker *landmarker);

/* Fits the points to the face in box (from nt_detect; the model expects such boxes). RGB pictures are read as the plain
 * mean of their channels; pixels outside the picture count as 0. points are in picture coordinates, unrounded, and may
 * lie outside the picture. */
void nt_landmarks_fit(const NtLandmarker *landmarker, const NtImage *image, NtRect box, NtPoint points[NT_N_LANDMARKS]);

#endif
