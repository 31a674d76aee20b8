/* Nametag - from an embedding to a name, or honestly none.
 *
 * A linear SVM (C.-C. Chang, C.-J. Lin: LIBSVM, 2011; one against one, votes, no probability model) ranks the enrolled
 * people. An open-set gate then decides: the face must be near enough to the winner's own pictures, and the nearest
 * person by distance must be the SVM's winner. libsvm's probabilities are not used: with few pictures they are wrong
 * (docs/architecture.md has the figures). With one person there is nothing to rank and the gate alone decides; with
 * none everybody is unknown.
 */
#ifndef NT_CLASSIFIER_H
#define NT_CLASSIFIER_H

#include <glib.h>

#include "identity/gallery.h"

typedef enum NtVerdictKind {
    NT_VERDICT_UNKNOWN, /* nobody enrolled is near enough */
    NT_VERDICT_UNSURE,  /* best guess only, to be shown with a question mark */
    NT_VERDICT_NAME,
} NtVerdictKind;

typedef struct NtVerdict {
    NtVerdictKind kind;
    const char *name;     /* the person (for UNSURE the guess); NULL for UNKNOWN. Interned: valid for ever */
    const char *nearest;  /* nearest person whatever the verdict; NULL with an empty gallery. Interned */
    float distance;       /* mean L2 distance to that person's nearest pictures; INFINITY with an empty gallery */
    float margin;         /* how much farther the next person is; INFINITY with fewer than two people */
} NtVerdict;

typedef struct NtClassifier NtClassifier; /* immutable once made; any number of threads may ask */

/* Trains on a snapshot (copied; the caller keeps it). threshold: greatest distance that still gives a name; 0 takes the
 * default for the number of people (nt_classifier_default_threshold). */
NtClassifier *nt_classifier_new(const NtGallerySnapshot *snapshot, float threshold, GError **error);
void nt_classifier_free(NtClassifier *classifier);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtClassifier, nt_classifier_free)

float nt_classifier_default_threshold(guint n_people);
float nt_classifier_threshold(const NtClassifier *classifier);

void nt_classifier_identify(const NtClassifier *classifier, const float embedding[NT_EMBEDDING_SIZE],
                            NtVerdict *verdict);

typedef struct NtNeighbour {
    const char *name;   /* interned */
    float distance;
    guint votes;        /* of the SVM's pairwise machines */
} NtNeighbour;
/* The people nearest to an embedding, nearest first, at most n; returns how many. */
guint nt_classifier_neighbours(const NtClassifier *classifier, const float embedding[NT_EMBEDDING_SIZE],
                               NtNeighbour *neighbours, guint n);

const char *nt_verdict_kind_name(NtVerdictKind kind); /* "unknown", "unsure", "name" */

#endif
