/* What distances tell, on lists whose answers one can work out by hand. */
#include <math.h>

#include "evaluate/scores.h"

#define assert_near(a, b) g_assert_cmpfloat_with_epsilon(a, b, 1e-9)

/* same: 1 2 3 6; different: 4 5 7 8 */
static const NtScore overlapping[] = {{1, TRUE, 0},  {2, TRUE, 1},  {3, TRUE, 0},  {6, TRUE, 1},
                                      {4, FALSE, 0}, {5, FALSE, 1}, {7, FALSE, 0}, {8, FALSE, 1}};
#define N G_N_ELEMENTS(overlapping)

static void test_roc(void)
{
    g_autoptr(GArray) roc = nt_scores_roc(overlapping, N);
    g_assert_cmpuint(roc->len, ==, N + 1);
    const double far[] = {0, 0, 0, 0, 0.25, 0.5, 0.5, 0.75, 1}, tar[] = {0, 0.25, 0.5, 0.75, 0.75, 0.75, 1, 1, 1};
    for (guint i = 0; i < roc->len; i++) {
        const NtRocPoint *point = &g_array_index(roc, NtRocPoint, i);
        assert_near(point->far, far[i]);
        assert_near(point->tar, tar[i]);
        /* The threshold does what the point says. */
        guint same = 0, different = 0;
        for (guint k = 0; k < N; k++)
            if (overlapping[k].distance < point->threshold)
                (*(overlapping[k].same ? &same : &different))++;
        assert_near(same / 4.0, tar[i]);
        assert_near(different / 4.0, far[i]);
    }
}

/* 16 comparisons: 1, 2, 3 win all four, 6 wins against 7 and 8. */
static void test_auc(void)
{
    assert_near(nt_scores_auc(overlapping, N), 14 / 16.0);
    const NtScore tied[] = {{1, TRUE, 0}, {1, FALSE, 0}};
    assert_near(nt_scores_auc(tied, 2), 0.5);
    const NtScore apart[] = {{1, TRUE, 0}, {2, FALSE, 0}}, turned[] = {{2, TRUE, 0}, {1, FALSE, 0}};
    assert_near(nt_scores_auc(apart, 2), 1);
    assert_near(nt_scores_auc(turned, 2), 0);
}

/* At 4.5 one of four same pairs is refused and one of four different ones accepted. */
static void test_eer(void)
{
    g_autoptr(GArray) roc = nt_scores_roc(overlapping, N);
    assert_near(nt_scores_eer(roc), 0.25);
    const NtScore apart[] = {{1, TRUE, 0}, {2, FALSE, 0}};
    g_autoptr(GArray) perfect = nt_scores_roc(apart, 2);
    assert_near(nt_scores_eer(perfect), 0);
    /* Between two points: half of the way from (0, 0) to (1, 1). */
    const NtScore tied[] = {{1, TRUE, 0}, {1, FALSE, 0}};
    g_autoptr(GArray) guess = nt_scores_roc(tied, 2);
    assert_near(nt_scores_eer(guess), 0.5);
}

static void test_tar_at_far(void)
{
    NtScore scores[300];
    double tar, threshold;
    /* 100 different pairs at 1.00, 1.01, ...; 200 same ones, half of them below 1, the others between the first two. */
    for (guint i = 0; i < 100; i++)
        scores[i] = (NtScore){1 + 0.01 * i, FALSE, 0};
    for (guint i = 0; i < 200; i++)
        scores[100 + i] = (NtScore){i < 100 ? 0.5 : 1.005, TRUE, 0};
    g_autoptr(GArray) roc = nt_scores_roc(scores, 300);
    g_assert_true(nt_scores_tar_at(roc, scores, 300, 0.01, &tar, &threshold));
    assert_near(tar, 1);
    g_assert_cmpfloat(threshold, >, 1.005);
    g_assert_cmpfloat(threshold, <=, 1.01);
    g_assert_false(nt_scores_tar_at(roc, scores, 300, 0.001, &tar, &threshold));
    /* 99 different pairs can't tell of one in a hundred. */
    g_autoptr(GArray) fewer = nt_scores_roc(scores + 1, 299);
    g_assert_false(nt_scores_tar_at(fewer, scores + 1, 299, 0.01, &tar, &threshold));
}

static void test_best_threshold(void)
{
    const double best = nt_scores_best_threshold(overlapping, N, G_MAXUINT);
    assert_near(best, 3.5);
    assert_near(nt_scores_accuracy(overlapping, N, G_MAXUINT, best), 7 / 8.0);
    /* Without fold 1: same 1 3, different 4 7. */
    assert_near(nt_scores_best_threshold(overlapping, N, 1), 3.5);
    /* Without fold 0: same 2 6, different 5 8: at 3.5 and at 7 alike one is wrong; the stricter one is taken. */
    assert_near(nt_scores_best_threshold(overlapping, N, 0), 3.5);
}

/* Fold 0 is answered without a mistake; in fold 1 the pair at 6 is refused. */
static void test_folds(void)
{
    double per_fold[2];
    const NtFoldsAccuracy accuracy = nt_scores_folds(overlapping, N, 2, per_fold);
    assert_near(per_fold[0], 1);
    assert_near(per_fold[1], 0.75);
    assert_near(accuracy.mean, 0.875);
    assert_near(accuracy.threshold, 3.5);
    /* Sample deviation sqrt(2 * 0.125^2 / 1), over the square root of 2 folds. */
    assert_near(accuracy.standard_error, 0.125);
    g_assert_cmpuint(accuracy.n_folds, ==, 2);
}

/* The threshold of a fold must not know the fold. */
static void test_fold_is_not_seen(void)
{
    const NtScore scores[] = {{1, TRUE, 0}, {3, FALSE, 0}, {6, TRUE, 1}, {9, FALSE, 1}};
    double per_fold[2];
    nt_scores_folds(scores, 4, 2, per_fold);
    assert_near(per_fold[0], 0.5); /* 7.5 accepts both */
    assert_near(per_fold[1], 0.5); /* 2 refuses both */
}

/* Not found is wrong, whichever kind the pair is; and never accepted. */
static void test_failures(void)
{
    const NtScore scores[] = {{1, TRUE, 0}, {3, FALSE, 0}, {INFINITY, TRUE, 0}, {INFINITY, FALSE, 0}};
    assert_near(nt_scores_accuracy(scores, 4, G_MAXUINT, 2), 0.5);
    assert_near(nt_scores_accuracy(scores, 4, G_MAXUINT, 100), 0.25);
    g_autoptr(GArray) roc = nt_scores_roc(scores, 4);
    const NtRocPoint *last = &g_array_index(roc, NtRocPoint, roc->len - 1);
    assert_near(last->tar, 0.5);
    assert_near(last->far, 0.5);
    g_assert_true(isfinite(last->threshold));
    assert_near(nt_scores_auc(scores, 4), (2 + 0 + 0.5) / 4);
    double per_fold[3];
    const NtFoldsAccuracy accuracy = nt_scores_folds(scores, 4, 3, per_fold);
    g_assert_cmpuint(accuracy.n_folds, ==, 1);
    g_assert_true(isnan(per_fold[1]));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/evaluate/scores/roc", test_roc);
    g_test_add_func("/evaluate/scores/auc", test_auc);
    g_test_add_func("/evaluate/scores/eer", test_eer);
    g_test_add_func("/evaluate/scores/tar-at-far", test_tar_at_far);
    g_test_add_func("/evaluate/scores/best-threshold", test_best_threshold);
    g_test_add_func("/evaluate/scores/folds", test_folds);
    g_test_add_func("/evaluate/scores/fold-is-not-seen", test_fold_is_not_seen);
    g_test_add_func("/evaluate/scores/failures", test_failures);
    return g_test_run();
}
