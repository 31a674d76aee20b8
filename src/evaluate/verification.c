#include "evaluate/verification.h"

#include <math.h>

const double nt_verification_fars[NT_N_FARS] = {1e-2, 1e-3, 1e-4};

static void score_pairs(NtVerification *result, const NtPairList *list, const NtPictureFaces *faces)
{
    for (guint i = 0; i < list->pairs->len; i++) {
        const NtPair *pair = &g_array_index(list->pairs, NtPair, i);
        const NtPictureFace *a = &faces->faces[pair->a], *b = &faces->faces[pair->b];
        const gboolean found = a->found && b->found;
        const double distance =
            found ? (double)nt_embedding_distance(a->embeddings[NT_DEGRADE_NONE], b->embeddings[NT_DEGRADE_NONE])
                  : INFINITY;
        result->scores[i] = (NtScore){distance, pair->same, pair->fold};
        (*(pair->same ? &result->n_same : &result->n_different))++;
        if (!found)
            (*(pair->same ? &result->n_failed_same : &result->n_failed_different))++;
    }
}

static NtFoldsAccuracy accuracy_of_found(const NtVerification *result)
{
    g_autofree NtScore *found = g_new(NtScore, result->n_pairs);
    guint n = 0;
    for (guint i = 0; i < result->n_pairs; i++)
        if (isfinite(result->scores[i].distance))
            found[n++] = result->scores[i];
    return nt_scores_folds(found, n, result->n_folds, NULL);
}

NtVerification *nt_verification_run(const NtPairList *list, const NtPictureFaces *faces)
{
    NtVerification *result = g_new0(NtVerification, 1);
    result->n_pairs = list->pairs->len;
    result->n_folds = list->n_folds;
    result->dealt = list->dealt;
    result->scores = g_new(NtScore, result->n_pairs);
    result->per_fold = g_new(double, result->n_folds);
    score_pairs(result, list, faces);
    result->accuracy = nt_scores_folds(result->scores, result->n_pairs, result->n_folds, result->per_fold);
    result->found = accuracy_of_found(result);
    result->roc = nt_scores_roc(result->scores, result->n_pairs);
    result->auc = nt_scores_auc(result->scores, result->n_pairs);
    result->eer = nt_scores_eer(result->roc);
    for (int i = 0; i < NT_N_FARS; i++) {
        NtTarAtFar *at = &result->tars[i];
        at->far = nt_verification_fars[i];
        at->supported =
            nt_scores_tar_at(result->roc, result->scores, result->n_pairs, at->far, &at->tar, &at->threshold);
    }
    return result;
}

void nt_verification_free(NtVerification *result)
{
    if (!result)
        return;
    g_free(result->scores);
    g_free(result->per_fold);
    g_array_unref(result->roc);
    g_free(result);
}
