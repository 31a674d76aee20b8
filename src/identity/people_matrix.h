/* Nametag - the people of a gallery as one matrix: who is nearest to a face, exactly.
 *
 * A person's distance to a face is the root mean square of its distances to the two of the person's pictures that are
 * nearest: a person looks different in each picture, and one lucky picture should not decide. For pictures x with mean
 * c and variance v = mean |x - c|^2, mean |e - x|^2 = |e - c|^2 + v: one product of the matrix of the means of all
 * pairs with the face gives everybody's distance.
 *
 * Where there would be too many pairs (NT_MOST_PAIRS), the rows are looks instead: a person's pictures, or where they
 * are many, parts of three to five that are alike (other glasses, another age); a person is as near as the nearest
 * look.
 *
 * Immutable; any number of threads may ask. Part of the classifier; embeddings are finite numbers.
 */
#ifndef NT_PEOPLE_MATRIX_H
#define NT_PEOPLE_MATRIX_H

#include <glib.h>

#include "identity/gallery.h"

#define NT_LOOK_PICTURES 5 /* at most, of one look */
#define NT_MOST_PAIRS \
    16384 /* rows: 8 MB, so that a verdict and a change of the gallery stay quick (docs/accuracy.md) */

typedef struct NtPeopleMatrix {
    guint n_people, n_faces, n_looks;
    gboolean pairs;     /* looks are the pairs of a person's pictures */
    const char **names; /* [n_people], interned */
    guint64 *digests;   /* [n_people]: of a person's embeddings; the same pictures, the same digest */
    guint *first;       /* [n_people + 1]: where a person's faces begin */
    guint *first_look;  /* [n_people + 1]: where a person's looks begin; somebody without a picture in use has none */
    guint *look_faces;  /* [n_looks + 1]: where a look's faces begin; NULL for pairs */
    float *embeddings;  /* [n_faces][128], grouped by person and look */
    float *means;       /* [n_looks][128] */
    float *base;        /* [n_looks]: |mean|^2 + variance */
} NtPeopleMatrix;

typedef struct NtNearPerson {
    guint person;
    float distance;
} NtNearPerson;

/* Copies the snapshot. NULL with NT_GALLERY_ERROR_OPEN when an embedding is no number. */
NtPeopleMatrix *nt_people_matrix_new(const NtGallerySnapshot *snapshot, GError **error);
void nt_people_matrix_free(NtPeopleMatrix *matrix); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtPeopleMatrix, nt_people_matrix_free)

guint nt_people_matrix_n_pictures(const NtPeopleMatrix *matrix, guint person);
/* From one person's pictures, to the last digit the same whatever else is in the gallery; INFINITY without a picture.
 */
float nt_people_matrix_distance(const NtPeopleMatrix *matrix, guint person, const float embedding[NT_EMBEDDING_SIZE]);
/* For each of n embeddings the NT_RIVALS people nearest to it, other than exclude[i] (NULL: everybody counts), nearest
 * first; distance INFINITY where there is nobody. The distances are nt_people_matrix_distance's. */
#define NT_RIVALS 2
void nt_people_matrix_nearest_of_all(const NtPeopleMatrix *matrix, const float *embeddings, guint n,
                                     const guint *exclude, NtNearPerson (*nearest)[NT_RIVALS]);
/* The nearest people, nearest first (equally near: in the gallery's order), at most n; returns how many. Allocates
 * nothing once the calling thread has asked for a gallery of that size. */
guint nt_people_matrix_nearest(const NtPeopleMatrix *matrix, const float embedding[NT_EMBEDDING_SIZE],
                               NtNearPerson *near, guint n);

#endif
