#include "evaluate/scores.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_distance(const void *a, const void *b)
{
    const NtScore *x = a, *y = b;
    return (x->distance > y->distance) - (x->distance < y->distance);
}

static NtScore *sorted(const NtScore *scores, guint n)
{
    NtScore *copy = g_memdup2(scores, n * sizeof *scores);
    qsort(copy, n, sizeof *copy, by_distance);
    return copy;
}

static guint count(const NtScore *scores, guint n, gboolean same)
{
    guint found = 0;
    for (guint i = 0; i < n; i++)
        found += scores[i].same == same;
    return found;
}

GArray *nt_scores_roc(const NtScore *scores, guint n)
{
    GArray *roc = g_array_new(FALSE, FALSE, sizeof(NtRocPoint));
    const double n_same = count(scores, n, TRUE), n_different = count(scores, n, FALSE);
    g_autofree NtScore *order = sorted(scores, n);
    const NtRocPoint none = {n > 0 ? order[0].distance : 0, 0, 0};
    guint same = 0, different = 0;
    g_array_append_val(roc, none);
    for (guint i = 0; i < n && isfinite(order[i].distance);) {
        const double distance = order[i].distance;
        for (; i < n && order[i].distance == distance; i++)
            (*(order[i].same ? &same : &different))++;
        /* Up to the next distance nothing changes: the threshold is put half way. */
        const gboolean last = i >= n || !isfinite(order[i].distance);
        const NtRocPoint point = {last ? nextafter(distance, INFINITY) : (distance + order[i].distance) / 2,
                                  different / n_different, same / n_same};
        g_array_append_val(roc, point);
    }
    return roc;
}

double nt_scores_auc(const NtScore *scores, guint n)
{
    const double n_same = count(scores, n, TRUE), n_different = count(scores, n, FALSE);
    g_autofree NtScore *order = sorted(scores, n);
    double area = 0, different_before = 0;
    for (guint i = 0; i < n;) {
        double same = 0, different = 0;
        const double distance = order[i].distance;
        for (; i < n && order[i].distance == distance; i++)
            *(order[i].same ? &same : &different) += 1;
        area += same * (n_different - different_before - different / 2);
        different_before += different;
    }
    return area / (n_same * n_different);
}

double nt_scores_eer(const GArray *roc)
{
    for (guint i = 1; i < roc->len; i++) {
        const NtRocPoint *a = &g_array_index(roc, NtRocPoint, i - 1), *b = &g_array_index(roc, NtRocPoint, i);
        const double before = 1 - a->tar - a->far, after = 1 - b->tar - b->far; /* falls from 1 on */
        if (after > 0)
            continue;
        const double t = before > after ? before / (before - after) : 0;
        return a->far + t * (b->far - a->far);
    }
    /* So many faces were not found that refusals never fall to the acceptances. */
    const NtRocPoint *last = &g_array_index(roc, NtRocPoint, roc->len - 1);
    return (1 - last->tar + last->far) / 2;
}

gboolean nt_scores_tar_at(const GArray *roc, const NtScore *scores, guint n, double far, double *tar, double *threshold)
{
    /* A rate like 0.01 of 100 pairs is one pair, whatever binary fractions make of it. */
    const double allowed = floor(far * count(scores, n, FALSE) + 1e-9);
    if (allowed < 1)
        return FALSE;
    const double limit = (allowed + 0.5) / count(scores, n, FALSE);
    const NtRocPoint *best = &g_array_index(roc, NtRocPoint, 0);
    for (guint i = 0; i < roc->len && g_array_index(roc, NtRocPoint, i).far < limit; i++)
        best = &g_array_index(roc, NtRocPoint, i);
    *tar = best->tar;
    *threshold = best->threshold;
    return TRUE;
}

double nt_scores_best_threshold(const NtScore *scores, guint n, guint without)
{
    g_autofree NtScore *order = g_new(NtScore, n);
    guint m = 0;
    for (guint i = 0; i < n; i++)
        if (scores[i].fold != without && isfinite(scores[i].distance))
            order[m++] = scores[i];
    if (m == 0)
        return 0;
    qsort(order, m, sizeof *order, by_distance);
    gint64 right = 0, best = 0; /* against refusing all */
    double threshold = order[0].distance;
    for (guint i = 0; i < m;) {
        const double distance = order[i].distance;
        for (; i < m && order[i].distance == distance; i++)
            right += order[i].same ? 1 : -1;
        if (right > best) {
            best = right;
            threshold = i < m ? (distance + order[i].distance) / 2 : nextafter(distance, INFINITY);
        }
    }
    return threshold;
}

double nt_scores_accuracy(const NtScore *scores, guint n, guint fold, double threshold)
{
    guint right = 0, all = 0;
    for (guint i = 0; i < n; i++) {
        if (fold != G_MAXUINT && scores[i].fold != fold)
            continue;
        all++;
        right += isfinite(scores[i].distance) && (scores[i].distance < threshold) == scores[i].same;
    }
    return all ? (double)right / all : NAN;
}

NtFoldsAccuracy nt_scores_folds(const NtScore *scores, guint n, guint n_folds, double *per_fold)
{
    NtFoldsAccuracy result = {0};
    double squares = 0;
    for (guint fold = 0; fold < n_folds; fold++) {
        const double threshold = nt_scores_best_threshold(scores, n, fold);
        const double accuracy = nt_scores_accuracy(scores, n, fold, threshold);
        if (per_fold)
            per_fold[fold] = accuracy;
        if (isnan(accuracy))
            continue;
        result.n_folds++;
        result.mean += accuracy;
        result.threshold += threshold;
        squares += accuracy * accuracy;
    }
    const double folds = result.n_folds;
    if (folds == 0)
        return result;
    result.mean /= folds;
    result.threshold /= folds;
    if (folds > 1)
        result.standard_error = sqrt(fmax(0, squares - folds * result.mean * result.mean) / (folds - 1) / folds);
    return result;
}
