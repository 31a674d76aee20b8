/* Nametag - verification: are two pictures of the same person?
 */
#ifndef NT_VERIFICATION_H
#define NT_VERIFICATION_H

#include "evaluate/faces.h"
#include "evaluate/pair_list.h"
#include "evaluate/scores.h"

/* The false accept rates asked for. */
#define NT_N_FARS 3
extern const double nt_verification_fars[NT_N_FARS]; /* 0.01, 0.001, 0.0001 */

typedef struct NtTarAtFar {
    double far, tar, threshold;
    gboolean supported; /* FALSE: there are too few different pairs to say */
} NtTarAtFar;

typedef struct NtVerification {
    NtScore *scores; /* [n_pairs] in the list's order */
    guint n_pairs, n_same, n_different;
    guint n_failed_same, n_failed_different; /* pairs in which a face was not found */
    guint n_folds;
    gboolean dealt;           /* folds that are ours */
    NtFoldsAccuracy accuracy; /* pairs that failed are wrong */
    double *per_fold;         /* [n_folds] */
    NtFoldsAccuracy found;    /* of the pairs in which both faces were found */
    GArray *roc;              /* of NtRocPoint */
    double auc, eer;
    NtTarAtFar tars[NT_N_FARS];
} NtVerification;

/* faces: of the list's pictures, in its order. */
NtVerification *nt_verification_run(const NtPairList *list, const NtPictureFaces *faces);
void nt_verification_free(NtVerification *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtVerification, nt_verification_free)

#endif
