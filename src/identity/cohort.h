/* Nametag - the background cohort: what strangers' faces are like to the embedding network, as a model to draw from.
 *
 * A face's embedding is the sum of the mean of all people, of what makes the person (between), and of what makes the
 * picture (within), both normal: some axes of their covariance and one variance for all other directions. The numbers
 * are shared by many people (cohort_table.inc; models/cohort/fit.c makes them): nobody's face is in them. They belong
 * to the network that Nametag embeds with.
 *
 * What is drawn is made by a generator of our own from a seed: the same on every run.
 */
#ifndef NT_COHORT_H
#define NT_COHORT_H

#include <glib.h>

#include "nn/embedder.h"

#define NT_COHORT_UNIT 2e-5  /* of the table's whole numbers: 16 bits reach 0.65 */
#define NT_COHORT_BETWEEN 32 /* axes of what makes a person: nine tenths of the variance */
#define NT_COHORT_WITHIN 24  /* axes of what makes a picture */

typedef struct NtCohort {
    guint64 state;
    float spare; /* normal numbers come in pairs */
    gboolean has_spare;
} NtCohort;

void nt_cohort_seed(NtCohort *cohort, guint64 seed);
/* Somebody: the middle of all their pictures. */
void nt_cohort_person(NtCohort *cohort, float person[NT_EMBEDDING_SIZE]);
/* A picture of them. scatter: 1 as people's pictures scatter; more for worse pictures. */
void nt_cohort_picture(NtCohort *cohort, const float person[NT_EMBEDDING_SIZE], float scatter,
                       float embedding[NT_EMBEDDING_SIZE]);

/* One picture each of n people whom nobody knows, always the same: [n][128]; made at the first call, kept for ever. */
#define NT_COHORT_MAX_STRANGERS 16384
const float *nt_cohort_strangers(guint n);

#endif
