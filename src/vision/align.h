/* Nametag - the aligned face chip: 150 x 150 RGB, eyes and mouth at fixed places.
 *
 * A similarity transform fitted by least squares (S. Umeyama, PAMI 1991) takes 33 of the 68 points, rounded to pixels,
 * to a mean face with a quarter of padding; the picture is sampled bilinearly, after halving by a 5 x 5 binomial filter
 * while the face is much larger than the chip. As dlib 19.24's get_face_chip_details and extract_image_chip.
 *
 * Two steps, because only the part of a video frame that a chip needs is ever converted to RGB: plan, then extract from
 * the planned crop.
 */
#ifndef NT_ALIGN_H
#define NT_ALIGN_H

#include "base/status.h"
#include "vision/image.h"
#include "vision/landmarks.h"

#define NT_CHIP_SIZE 150
#define NT_CHIP_BYTES (NT_CHIP_SIZE * NT_CHIP_SIZE * 3)

typedef struct NtChipPlan {
    double left, top, right, bottom; /* the chip's square in the picture, before its rotation */
    double angle;                    /* radians about the square's centre; positive turns x towards y */
    int halvings;                    /* how often the crop is halved before sampling */
    NtRect crop;                     /* the pixels needed; inside the picture, empty when the face lies outside it */
} NtChipPlan;

/* Memory for halved pictures: zero-initialise, reuse freely, one thread at a time. Grows to what the largest face needs. */
typedef struct NtChipWorkspace {
    void *memory[4]; /* private */
    size_t capacity[4];
} NtChipWorkspace;

void nt_chip_workspace_clear(NtChipWorkspace *workspace); /* frees what it holds; ready for use again */

void nt_chip_plan(const NtPoint points[NT_N_LANDMARKS], int width, int height, NtChipPlan *plan);

/* Cuts the chip. crop must be RGB24, as large as plan->crop, and hold just that part of the picture. Where the chip
 * reaches beyond the picture it is black; an empty crop gives a black chip. NT_ERR_MEMORY, NT_ERR_ARGUMENT. */
NtStatus nt_chip_extract(const NtChipPlan *plan, const NtImage *crop, NtChipWorkspace *workspace,
                         uint8_t chip[NT_CHIP_BYTES]);

/* Both steps on a whole RGB24 picture. */
NtStatus nt_chip_from_rgb(const NtImage *rgb, const NtPoint points[NT_N_LANDMARKS], NtChipWorkspace *workspace,
                          uint8_t chip[NT_CHIP_BYTES]);

#endif
