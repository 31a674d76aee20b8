/* Nametag - how near is near enough, and how much nearer than the second person.
 *
 * A face is named when its distance d1 to the nearest person is within a limit, and d1 * d1 / d2 within another, d2
 * being the distance to the second person: the distance, made stricter where the second is hardly farther. A stranger
 * who is near to somebody in a large gallery is about as near to others; a blurred face is near to many; the right
 * person stands out. On real and on synthetic galleries this names more of the right people at the same rate of false
 * names than the distance does (docs/accuracy.md).
 *
 * The first limit is what pictures of one person are like, and holds for small galleries. The second follows the
 * gallery: strangers are drawn from the background cohort (cohort.h), and it is where the chosen share of them would be
 * named. The gallery's own pictures, each compared with the other people, may only lower the limits: people who are
 * more alike than the cohort's (a family, children) need more care.
 *
 * A function of the gallery alone. How near each stranger comes is kept, so that after a change only the people who
 * changed are compared with the strangers.
 */
#ifndef NT_THRESHOLD_H
#define NT_THRESHOLD_H

#include "identity/people_matrix.h"

/* With less than this between the best two people a name would be a guess. */
#define NT_MIN_MARGIN 0.02f

typedef struct NtLimit {
    float distance; /* d1 */
    float score;    /* d1 * d1 / d2; INFINITY: no matter */
} NtLimit;

typedef struct NtLimits {
    NtLimit sure;   /* within it a name is sure */
    NtLimit name;   /* within it it is a name */
    NtLimit unsure; /* within it it is a guess; beyond, unknown */
} NtLimits;

/* Around a distance that somebody chose. */
void nt_limits_fixed(float threshold, NtLimits *limits);
gboolean nt_limit_holds(const NtLimit *limit, float nearest, float second);

typedef struct NtCalibration NtCalibration;

/* rate: the share of strangers that may be named. previous: that of an earlier state of the gallery, or NULL. */
NtCalibration *nt_calibration_new(const NtPeopleMatrix *people, double rate, const NtCalibration *previous);
void nt_calibration_free(NtCalibration *calibration); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtCalibration, nt_calibration_free)
const NtLimits *nt_calibration_limits(const NtCalibration *calibration);
/* The share of the cohort's strangers that would be named. */
double nt_calibration_rate(const NtCalibration *calibration);

#endif
