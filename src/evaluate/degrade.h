/* Nametag - pictures made worse on purpose, by a stated amount, so that everybody measures the same.
 *
 * Strengths are relative to the face, because a blur of three pixels destroys a small face and leaves a large one as it
 * was. All functions are pure but for the memory they return; any thread.
 */
#ifndef NT_DEGRADE_H
#define NT_DEGRADE_H

#include <glib.h>

#include "vision/image.h"

typedef enum NtDegradation {
    NT_DEGRADE_NONE,
    NT_DEGRADE_BLUR,  /* Gaussian */
    NT_DEGRADE_SMALL, /* scaled down until the face has so many pixels, and up again */
    NT_DEGRADE_JPEG,  /* scaled down where larger, compressed hard, and up again */
    NT_N_DEGRADATIONS,
} NtDegradation;

typedef struct NtDegradeStrength {
    double blur;      /* sigma in hundredths of the face's width */
    int small_px;     /* width of the face when small; a smaller face stays as it is */
    int jpeg_quality; /* 1 to 100, as libjpeg has it */
    int jpeg_px;      /* width of the face when it is compressed: blocks of 8 x 8 mean nothing on a huge face */
} NtDegradeStrength;

/* Hard, but of the kind one meets: a camera out of focus, the far end of a room, a clip sent through a messenger. */
extern const NtDegradeStrength nt_degrade_default;

const char *nt_degradation_name(NtDegradation degradation); /* "none", "blur", "small", "jpeg" */
/* In words with the strength: "blurred, sigma 3 % of the face's width". Free with g_free. */
char *nt_degradation_describe(NtDegradation degradation, const NtDegradeStrength *strength);

typedef struct NtDegraded {
    NtImage rgb; /* RGB24, as large as what it was made from */
    GBytes *pixels;
} NtDegraded;
void nt_degraded_free(NtDegraded *degraded);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtDegraded, nt_degraded_free)

/* Makes picture (RGB24) worse; face_px: width of the face in it, the measure of all strengths. NULL with error when the
 * encoder fails. */
NtDegraded *nt_degrade(const NtImage *picture, double face_px, NtDegradation degradation,
                       const NtDegradeStrength *strength, GError **error);

#endif
