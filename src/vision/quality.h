/* Nametag - how much a picture of a face tells: size, sharpness, pose, light, and what of it lies beyond the picture.
 *
 * Measured, not judged: who decides what is good enough is the caller (recognition is lenient, enrolment strict). All
 * functions are pure; any thread.
 */
#ifndef NT_QUALITY_H
#define NT_QUALITY_H

#include "vision/align.h"
#include "vision/landmarks.h"

typedef struct NtQuality {
    float size_px;    /* width of the detection's box in the picture; what the chip was made from */
    float sharpness;  /* 0 a smear .. 1 crisp: how thin the edges of the chip's face are, whatever the contrast and, within
                       * reason, the noise; small faces blown up to a chip are not crisp either. JPEG's coarsest settings
                       * leave edges thin, and are not seen */
    float yaw, pitch; /* degrees, estimated from the landmarks: yaw > 0 looks to the picture's right, pitch > 0 up. Another
                       * picture of the same pose differs by 1 degree, mostly; another head by 5; beyond 40 degrees the
                       * landmarks slip, and more than 10 are possible */
    float roll;       /* degrees, > 0 turns clockwise in the picture; the chip undoes it */
    float brightness; /* 0 .. 1, mean luma of the face in the chip, brows to chin */
    float contrast;   /* 0 .. 1, standard deviation of that luma */
    float clipped;    /* 0 .. 1, share of the face's pixels that are black or burnt out */
    float inside;     /* 0 .. 1, share of the landmarks or of the chip's face, the smaller, that lies within the picture */
} NtQuality;

/* landmarks and box in coordinates of a picture of width x height; chip cut from it (align.h). */
void nt_quality_measure(const NtPoint landmarks[NT_N_LANDMARKS], NtRect box, int width, int height,
                        const uint8_t chip[NT_CHIP_BYTES], NtQuality *quality);

/* The part of it that landmarks alone tell, in some microseconds: yaw, pitch and roll (the rest is 0). */
void nt_quality_measure_pose(const NtPoint landmarks[NT_N_LANDMARKS], NtQuality *quality);

#endif
