/* People that are made up: points of about an embedding's norm in random directions, pictures that scatter around them.
 */
#ifndef NT_TEST_MADE_PEOPLE_H
#define NT_TEST_MADE_PEOPLE_H

#include "identity/cohort.h"
#include "identity/gallery.h"

void made_person(GRand *random, float centre[NT_EMBEDDING_SIZE]);
void made_picture(GRand *random, const float centre[NT_EMBEDDING_SIZE], float embedding[NT_EMBEDDING_SIZE]);
/* n people with k pictures each, of which only the identifiers and who is who are set. */
NtGallerySnapshot *made_snapshot(guint n, guint k);
/* n people with k pictures each; *centres [n][128] to be freed. */
NtGallerySnapshot *made_people(GRand *random, guint n, guint k, float **centres);
/* The same from the background cohort: as alike as people are. */
NtGallerySnapshot *made_cohort_people(NtCohort *cohort, guint n, guint k, float **centres);

#endif
