/* Nametag - from an embedding to a name, an unsure one, or honestly none.
 *
 * libsvm (C.-C. Chang, C.-J. Lin: LIBSVM, 2011; linear, C = 10, one against one, votes, no probability model) ranks the
 * nearest people (pair_machines.h); a distance decides. A person's distance to a face is the root mean square distance
 * to the two of their pictures that are nearest, in large galleries to those of a look (people_matrix.h). The name is
 * given when it is near enough, clearly nearer than the second person, the votes agree, and nobody has rejected it; near
 * misses are unsure; the rest is unknown.
 *
 * What is near enough, and how much nearer than the second person, follows the gallery (threshold.h): the more people,
 * the more chances for a stranger to look like one of them. docs/accuracy.md has the measurements behind the rules.
 *
 * With one person there is nothing to rank and the distance alone decides; with none everybody is unknown.
 */
#ifndef NT_CLASSIFIER_H
#define NT_CLASSIFIER_H

#include <glib.h>

#include "identity/gallery.h"

/* How many strangers in a hundred may be given a name, at most (docs/accuracy.md has the measured rates). */
typedef enum NtCaution {
    NT_CAUTION_CAUTIOUS, /* 1 in 1000 */
    NT_CAUTION_BALANCED, /* 1 in 100 */
    NT_CAUTION_EAGER,    /* 1 in 20 */
    NT_N_CAUTIONS,
} NtCaution;
const char *nt_caution_name(NtCaution caution);                      /* "cautious", "balanced", "eager" */
gboolean nt_caution_from_name(const char *name, NtCaution *caution); /* FALSE for no such word */
double nt_caution_rate(NtCaution caution);                           /* 0.001, 0.01, 0.05 */

typedef enum NtVerdictKind {
    NT_VERDICT_UNKNOWN, /* nobody enrolled is near enough */
    NT_VERDICT_UNSURE,  /* best guess only, to be shown with a question mark */
    NT_VERDICT_NAME,
} NtVerdictKind;

/* Why a verdict is not a name. */
typedef enum NtVerdictReason {
    NT_REASON_NONE,     /* it is a name */
    NT_REASON_EMPTY,    /* nobody is enrolled */
    NT_REASON_FAR,      /* the nearest person is too far away */
    NT_REASON_CLOSE,    /* near, but not near enough for a name */
    NT_REASON_TIE,      /* two people are about as near, or the SVM prefers another */
    NT_REASON_REJECTED, /* somebody said of such a face that it is not that person */
    NT_REASON_IGNORED,  /* somebody said to ignore such a face */
} NtVerdictReason;

typedef struct NtVerdict {
    NtVerdictKind kind;
    NtVerdictReason reason;
    const char *name;    /* the person (for UNSURE the guess); NULL for UNKNOWN. Interned: valid for ever */
    const char *nearest; /* nearest person whatever the verdict (of those not rejected, when one of them is named or
                          * guessed); NULL with an empty gallery. Interned */
    float distance;      /* to that person; INFINITY with an empty gallery */
    float margin;        /* how much farther the second person is; INFINITY with fewer than two people */
    gboolean sure;       /* a name well within the threshold: to be said plainly */
    guint unknown;       /* "unknown 3" of this source; 0: not one of them (engine/unknowns.h) */
} NtVerdict;

typedef struct NtClassifierOptions {
    NtCaution caution;
    float threshold; /* greatest distance that gives a name; 0: as caution and the gallery have it */
} NtClassifierOptions;

typedef struct NtClassifier NtClassifier; /* counted; immutable to look at; any number of threads may ask */

/* Trains on a snapshot (copied; the caller keeps it). previous: an earlier one of the same gallery, whose work on
 * people who have not changed is taken over, or NULL. */
NtClassifier *nt_classifier_new(const NtGallerySnapshot *snapshot, const NtClassifierOptions *options,
                                const NtClassifier *previous, GError **error);
NtClassifier *nt_classifier_ref(NtClassifier *classifier);
void nt_classifier_unref(NtClassifier *classifier); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtClassifier, nt_classifier_unref)

guint nt_classifier_n_people(const NtClassifier *classifier);
/* The greatest distance that can give a name. How much nearer than the second person it must be follows the gallery. */
float nt_classifier_threshold(const NtClassifier *classifier);
/* The share of strangers (of the background cohort, cohort.h) who would be named; negative when the threshold was not
 * calibrated but chosen. */
double nt_classifier_false_name_rate(const NtClassifier *classifier);

void nt_classifier_identify(const NtClassifier *classifier, const float embedding[NT_EMBEDDING_SIZE],
                            NtVerdict *verdict);

typedef struct NtNeighbour {
    const char *name; /* interned */
    float distance;
    guint votes; /* of the SVM's machines for pairs of these neighbours */
} NtNeighbour;
/* The people nearest to an embedding, nearest first, at most n; returns how many. */
guint nt_classifier_neighbours(const NtClassifier *classifier, const float embedding[NT_EMBEDDING_SIZE],
                               NtNeighbour *neighbours, guint n);

const char *nt_verdict_kind_name(NtVerdictKind kind); /* "unknown", "unsure", "name" */
/* "sure", "likely", "unsure", "unknown": how a person would say it. */
const char *nt_verdict_confidence(const NtVerdict *verdict);

#endif
