/* Nametag - what a list of distances tells: receiver operating characteristic, accuracy over folds, rates.
 *
 * A pair is accepted as the same person when its distance is below a threshold. FAR is the share of different pairs
 * that are accepted, TAR the share of same pairs.
 *
 * A pair in which no face was found has distance INFINITY: it is accepted at no threshold, and counts as wrong in the
 * accuracy, whichever kind it is.
 */
#ifndef NT_SCORES_H
#define NT_SCORES_H

#include <glib.h>

typedef struct NtScore {
    double distance;
    gboolean same;
    guint fold;
} NtScore;

typedef struct NtRocPoint {
    double threshold; /* accepted: distance < threshold */
    double far, tar;
} NtRocPoint;

/* From (0, 0) on, one point for each distance that occurs, ascending; the caller's GArray. Both kinds must be there. */
GArray *nt_scores_roc(const NtScore *scores, guint n);
/* Area under the curve: how often a same pair is nearer than a different one, ties counting half. */
double nt_scores_auc(const NtScore *scores, guint n);
/* Where as many same pairs are refused as different ones accepted, between the two points of the curve around it. */
double nt_scores_eer(const GArray *roc);
/* The greatest TAR with FAR <= far, and its threshold. FALSE when the different pairs are too few to tell: less than
 * one of them would be accepted at that rate. */
gboolean nt_scores_tar_at(const GArray *roc, const NtScore *scores, guint n, double far, double *tar,
                          double *threshold);

/* The threshold that gets most pairs right, of those outside of the fold `without` (G_MAXUINT: of all). Half way
 * between two neighbouring distances. */
double nt_scores_best_threshold(const NtScore *scores, guint n, guint without);
/* Share of the pairs of a fold (G_MAXUINT: of all) that a threshold gets right. */
double nt_scores_accuracy(const NtScore *scores, guint n, guint fold, double threshold);

typedef struct NtFoldsAccuracy {
    double mean;
    double standard_error; /* of the mean over the folds */
    double threshold;      /* mean of the folds' thresholds */
    guint n_folds;         /* that have pairs */
} NtFoldsAccuracy;
/* For each fold the threshold that is best on the others. per_fold: [n_folds] accuracy of each, NAN for an empty one;
 * may be NULL. */
NtFoldsAccuracy nt_scores_folds(const NtScore *scores, guint n, guint n_folds, double *per_fold);

#endif
