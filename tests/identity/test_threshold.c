/* The threshold follows the gallery: strangers are named at the chosen rate whatever the size, and the same gallery has
 * the same threshold however it came to be. */
#include <math.h>
#include <string.h>

#include "identity/classifier.h"
#include "identity/made_people.h"
#include "identity/threshold.h"

#define MOST_RATIO 1.5 /* of the rate found to the rate chosen */
#define PICTURES 5

/* Strangers enough to tell a rate from half as much again: the rarest finds some 60 names, give or take 8. */
#define STRANGERS 20000
#define MORE_STRANGERS 60000
#define RARE_RATE 0.005

static gboolean slow;

static guint count_named(const NtClassifier *classifier, NtCohort *cohort, guint n)
{
    guint named = 0;
    for (guint i = 0; i < n; i++) {
        float stranger[NT_EMBEDDING_SIZE];
        NtVerdict verdict;
        nt_cohort_person(cohort, stranger);
        nt_cohort_picture(cohort, stranger, 1, stranger);
        nt_classifier_identify(classifier, stranger, &verdict);
        named += verdict.kind == NT_VERDICT_NAME;
    }
    return named;
}

static void test_rates(gconstpointer user)
{
    const guint n = GPOINTER_TO_UINT(user);
    NtCohort cohort;
    g_autofree float *centres = NULL;
    nt_cohort_seed(&cohort, n + 1);
    g_autoptr(NtGallerySnapshot) snapshot = made_cohort_people(&cohort, n, PICTURES, &centres);
    double last_rate = 0;
    for (guint c = 0; c < NT_N_CAUTIONS; c++) {
        const NtClassifierOptions options = {.caution = (NtCaution)c};
        const double rate = nt_caution_rate(options.caution);
        g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, &options, NULL, NULL);
        const guint strangers = rate < RARE_RATE ? MORE_STRANGERS : STRANGERS;
        const double found = (double)count_named(classifier, &cohort, strangers) / strangers;
        g_test_message("%u people, %s: %.3f %% of strangers named, %.3f %% expected", n,
                       nt_caution_name(options.caution), 100 * found, 100 * nt_classifier_false_name_rate(classifier));
        g_assert_cmpfloat(found, <=, rate * MOST_RATIO);
        g_assert_cmpfloat(nt_classifier_false_name_rate(classifier), <=, rate * MOST_RATIO);
        g_assert_cmpfloat(found, >=, last_rate);
        last_rate = found;
    }
    /* The rule that does not follow the gallery, for comparison: what the calibration is there for. */
    const NtClassifierOptions fixed = {.threshold = 0.6f};
    g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, &fixed, NULL, NULL);
    if (n >= 100)
        g_assert_cmpuint(count_named(classifier, &cohort, STRANGERS), >, STRANGERS * 3 / 100);
    g_assert_cmpfloat(nt_classifier_false_name_rate(classifier), <, 0);
}

/* The people are still found: four of five further pictures, which scatter more than the enrolled ones, get their name.
 */
static void test_right_names(void)
{
    const guint n = 1000;
    const NtClassifierOptions balanced = {.caution = NT_CAUTION_BALANCED};
    NtCohort cohort;
    g_autofree float *centres = NULL;
    guint right = 0;
    nt_cohort_seed(&cohort, 77);
    g_autoptr(NtGallerySnapshot) snapshot = made_cohort_people(&cohort, n, PICTURES, &centres);
    g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, &balanced, NULL, NULL);
    for (guint i = 0; i < n; i++) {
        float face[NT_EMBEDDING_SIZE];
        NtVerdict verdict;
        nt_cohort_picture(&cohort, centres + (gsize)i * NT_EMBEDDING_SIZE, 1.5f, face);
        nt_classifier_identify(classifier, face, &verdict);
        if (verdict.kind == NT_VERDICT_NAME) {
            g_assert_cmpstr(verdict.name, ==, snapshot->names[i]);
            right++;
        }
    }
    g_assert_cmpuint(right, >, n * 4 / 5);
}

static void assert_same_limits(const NtCalibration *a, const NtCalibration *b)
{
    const NtLimits *x = nt_calibration_limits(a), *y = nt_calibration_limits(b);
    g_assert_cmpmem(x, sizeof *x, y, sizeof *y);
    g_assert_cmpfloat(nt_calibration_rate(a), ==, nt_calibration_rate(b));
}

/* People are added, changed and removed in many steps; each state has the limits that it has when it is read anew. */
static void test_history(void)
{
    const guint n = 200;
    NtCohort cohort;
    g_autofree float *centres = NULL;
    nt_cohort_seed(&cohort, 99);
    g_autoptr(NtGallerySnapshot) snapshot = made_cohort_people(&cohort, n, PICTURES, &centres);
    g_autoptr(NtCalibration) last = NULL;
    for (guint step = 0; step < 12; step++) {
        static const guint people[] = {1, 2, 100, 101, 101, 110, 200, 199, 198, 150, 150, 151};
        snapshot->n_people = people[step];
        snapshot->n_faces = people[step] * PICTURES;
        snapshot->embeddings[step * 1000] += 0.02f; /* a picture of somebody is another one */
        g_autoptr(NtPeopleMatrix) matrix = nt_people_matrix_new(snapshot, NULL);
        g_autoptr(NtCalibration) next = nt_calibration_new(matrix, 0.01, last),
                                 anew = nt_calibration_new(matrix, 0.01, NULL);
        assert_same_limits(next, anew);
        NtCalibration *before = last;
        last = g_steal_pointer(&next);
        nt_calibration_free(before);
    }
    snapshot->n_people = n;
    snapshot->n_faces = n * PICTURES;
}

/* People who are all alike lower the limits; two people who are alike among many do not. */
static void test_alike(void)
{
    const guint n = 30;
    NtCohort cohort;
    g_autofree float *centres = NULL, *family = NULL;
    nt_cohort_seed(&cohort, 5);
    g_autoptr(NtGallerySnapshot) snapshot = made_cohort_people(&cohort, n, 1, &centres);
    g_autoptr(NtPeopleMatrix) strangers = nt_people_matrix_new(snapshot, NULL);
    g_autoptr(NtCalibration) usual = nt_calibration_new(strangers, 0.01, NULL);
    memcpy(snapshot->embeddings, snapshot->embeddings + NT_EMBEDDING_SIZE, NT_EMBEDDING_SIZE * sizeof(float));
    snapshot->embeddings[0] += 0.2f;
    g_autoptr(NtPeopleMatrix) with_twins = nt_people_matrix_new(snapshot, NULL);
    g_autoptr(NtCalibration) twins = nt_calibration_new(with_twins, 0.01, NULL);
    for (guint f = 1; f < n; f++)
        nt_cohort_picture(&cohort, centres, 1.1f, snapshot->embeddings + (gsize)f * NT_EMBEDDING_SIZE);
    g_autoptr(NtPeopleMatrix) all_alike = nt_people_matrix_new(snapshot, NULL);
    g_autoptr(NtCalibration) alike = nt_calibration_new(all_alike, 0.01, NULL);
    const float limit = nt_calibration_limits(usual)->name.distance;
    g_assert_cmpfloat(nt_calibration_limits(twins)->name.distance, >, limit - 0.01f);
    g_assert_cmpfloat(nt_calibration_limits(alike)->name.distance, <, limit - 0.03f);
    g_assert_cmpfloat(nt_calibration_limits(alike)->name.distance, >, limit - 0.1f);
}

/* The model draws faces like the network's: of about its norm, people apart, pictures of one person together. */
static void test_cohort(void)
{
    NtCohort cohort, again;
    double within = 0, between = 0;
    const guint n = 2000;
    guint confused = 0;
    nt_cohort_seed(&cohort, 1);
    nt_cohort_seed(&again, 1);
    for (guint i = 0; i < n; i++) {
        float person[NT_EMBEDDING_SIZE], same[NT_EMBEDDING_SIZE], a[NT_EMBEDDING_SIZE], b[NT_EMBEDDING_SIZE],
            other[NT_EMBEDDING_SIZE];
        nt_cohort_person(&cohort, person);
        nt_cohort_person(&again, same);
        g_assert_cmpmem(person, sizeof person, same, sizeof same);
        nt_cohort_picture(&cohort, person, 1, a);
        nt_cohort_picture(&cohort, person, 1, b);
        nt_cohort_person(&cohort, other);
        nt_cohort_picture(&cohort, other, 1, other);
        again = cohort;
        within += (double)nt_embedding_distance(a, b) / n;
        between += (double)nt_embedding_distance(a, other) / n;
        confused += nt_embedding_distance(a, other) < 0.6f;
    }
    g_test_message("within %.3f, between %.3f, %.2f %% of strangers within 0.6", within, between, 100.0 * confused / n);
    g_assert_cmpfloat_with_epsilon(within, 0.41, 0.02);
    g_assert_cmpfloat_with_epsilon(between, 0.83, 0.02);
    g_assert_cmpuint(confused, <, n / 50);
    const float *strangers = nt_cohort_strangers(10);
    g_assert_true(nt_cohort_strangers(5000) == strangers);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    slow = g_test_slow();
    static const guint sizes[] = {10, 100, 1000, 10000};
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *path = g_strdup_printf("/identity/threshold/rates-%u-people", sizes[i]);
        if (sizes[i] < 10000 || slow)
            g_test_add_data_func(path, GUINT_TO_POINTER(sizes[i]), test_rates);
    }
    g_test_add_func("/identity/threshold/right-names", test_right_names);
    g_test_add_func("/identity/threshold/history", test_history);
    g_test_add_func("/identity/threshold/alike", test_alike);
    g_test_add_func("/identity/cohort/draws", test_cohort);
    return g_test_run();
}
