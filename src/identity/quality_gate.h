/* Nametag - what is good enough to enrol, and in words why something is not.
 *
 * Recognition is lenient, enrolment strict: one bad picture spoils a person. The limits come from measurements
 * (docs/accuracy.md): where recognition of such pictures begins to suffer.
 */
#ifndef NT_QUALITY_GATE_H
#define NT_QUALITY_GATE_H

#include <glib.h>

#include "identity/gallery.h"

typedef enum NtGateReason {
    NT_GATE_GOOD,
    NT_GATE_SMALL,
    NT_GATE_BLURRED,
    NT_GATE_TURNED,     /* away, up or down */
    NT_GATE_CUT_OFF,
    NT_GATE_DARK,
    NT_GATE_BRIGHT,
    NT_GATE_FLAT,       /* hardly any contrast */
    NT_GATE_DUPLICATE,  /* a picture of the person that is enrolled already */
    NT_GATE_SOMEBODY,   /* looks like somebody else who is enrolled */
    NT_GATE_STRANGER,   /* looks nothing like the person's other pictures */
    NT_N_GATE_REASONS,
} NtGateReason;

typedef struct NtGateAnswer {
    NtGateReason reason;
    const char *other;   /* SOMEBODY: who; interned */
    float distance;      /* SOMEBODY, DUPLICATE, STRANGER: how far */
    NtQuality quality;
} NtGateAnswer;

/* The picture alone. GOOD for one that was never measured. */
NtGateReason nt_gate_quality(const NtQuality *quality);
/* How good a picture is among those that are good enough, 0 .. 1: to choose by. 0.5 for one that was never measured. */
float nt_gate_score(const NtQuality *quality);
/* The picture, and what it is like among those enrolled. person may be new. A duplicate is told first, because nothing
 * helps against it. */
void nt_gate_check(const NtGallerySnapshot *snapshot, const char *person, const float embedding[NT_EMBEDDING_SIZE],
                   const NtQuality *quality, NtGateAnswer *answer);
/* Two embeddings nearer than this come from one picture, or from two that tell the same. */
#define NT_GATE_DUPLICATE_DISTANCE 0.08f
/* "too blurred (sharpness 0.18, 0.30 is wanted): hold the camera still, or come nearer": what and what to do; for the
 * person, no jargon. NULL for GOOD; free with g_free. */
char *nt_gate_describe(const NtGateAnswer *answer, const char *person);

/* In a word or two, to count by: "too small", "turned away", "enrolled already". */
const char *nt_gate_reason_word(NtGateReason reason);

/* Diversity: which of a person's pictures to use. embeddings [n][128]; fills keep[n], at most max TRUE (all, when there are
 * no more), chosen so that together they cover the person's looks best: outliers and near-duplicates are left out first,
 * and of two that tell the same the better one stays. The same pictures give the same answer. */
#define NT_GATE_MAX_IN_USE 12
void nt_gate_choose(const float *embeddings, const NtQuality *qualities, guint n, guint max, gboolean *keep);

#endif
