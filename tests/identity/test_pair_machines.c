/* Machines trained for two people at a time vote as libsvm's model of the whole gallery does, and are kept. */
#include <libsvm/svm.h>
#include <math.h>
#include <string.h>

#include "identity/made_people.h"
#include "identity/pair_machines.h"

#define N_PEOPLE 12
#define N_PROBES 200
#define ENOUGH 1000 /* more machines than pairs */

/* libsvm's own model of everybody, with the same weights. */
typedef struct Global {
    struct svm_problem problem;
    struct svm_node *nodes;
    struct svm_model *model;
    int labels[N_PEOPLE];
} Global;

static void fill(const float *embedding, struct svm_node *nodes)
{
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        nodes[i] = (struct svm_node){i + 1, (double)embedding[i]};
    nodes[NT_EMBEDDING_SIZE].index = -1;
}

static void no_output(const char *text)
{
    (void)text;
}

static void global_train(Global *global, const NtPeopleMatrix *matrix)
{
    double weights[N_PEOPLE];
    int classes[N_PEOPLE];
    svm_set_print_string_function(no_output);
    global->problem.l = (int)matrix->n_faces;
    global->problem.y = g_new(double, matrix->n_faces);
    global->problem.x = g_new(struct svm_node *, matrix->n_faces);
    global->nodes = g_new(struct svm_node, (gsize)matrix->n_faces * (NT_EMBEDDING_SIZE + 1));
    for (guint p = 0; p < N_PEOPLE; p++) {
        classes[p] = (int)p;
        weights[p] = 1.0 / nt_people_matrix_n_pictures(matrix, p);
        for (guint f = matrix->first[p]; f < matrix->first[p + 1]; f++) {
            global->problem.y[f] = p;
            global->problem.x[f] = global->nodes + (gsize)f * (NT_EMBEDDING_SIZE + 1);
            fill(matrix->embeddings + (gsize)f * NT_EMBEDDING_SIZE, global->problem.x[f]);
        }
    }
    const struct svm_parameter parameters = {.svm_type = C_SVC,
                                             .kernel_type = LINEAR,
                                             .C = NT_SVM_C,
                                             .eps = NT_SVM_EPSILON,
                                             .cache_size = 16,
                                             .shrinking = 1,
                                             .nr_weight = N_PEOPLE,
                                             .weight_label = classes,
                                             .weight = weights};
    g_assert_null(svm_check_parameter(&global->problem, &parameters));
    global->model = svm_train(&global->problem, &parameters);
    svm_get_labels(global->model, global->labels);
}

static void global_clear(Global *global)
{
    svm_free_and_destroy_model(&global->model);
    g_free(global->problem.y);
    g_free(global->problem.x);
    g_free(global->nodes);
}

/* votes [N_PEOPLE] of the global model among these people; returns the decision that was nearest to none. */
static double global_vote(const Global *global, const NtNearPerson *people, guint n, const float *embedding,
                          guint *votes)
{
    double decisions[N_PEOPLE * (N_PEOPLE - 1) / 2], narrowest = INFINITY;
    struct svm_node nodes[NT_EMBEDDING_SIZE + 1];
    guint next = 0;
    fill(embedding, nodes);
    svm_predict_values(global->model, nodes, decisions);
    for (guint i = 0; i < n; i++)
        votes[i] = 0;
    for (int i = 0; i < N_PEOPLE; i++)
        for (int k = i + 1; k < N_PEOPLE; k++, next++) {
            guint a = n, b = n;
            for (guint c = 0; c < n; c++) {
                a = (int)people[c].person == global->labels[i] ? c : a;
                b = (int)people[c].person == global->labels[k] ? c : b;
            }
            if (a == n || b == n)
                continue;
            narrowest = MIN(narrowest, fabs(decisions[next]));
            votes[decisions[next] > 0 ? a : b]++;
        }
    return narrowest;
}

/* People with one to seven pictures each. */
static NtGallerySnapshot *uneven_people(GRand *random, float **centres)
{
    NtGallerySnapshot *snapshot = made_people(random, N_PEOPLE, 7, centres);
    guint n = 0;
    for (guint f = 0; f < snapshot->n_faces; f++) {
        if (f % 7 > snapshot->person[f] % 7)
            continue;
        memmove(snapshot->embeddings + (gsize)n * NT_EMBEDDING_SIZE,
                snapshot->embeddings + (gsize)f * NT_EMBEDDING_SIZE, NT_EMBEDDING_SIZE * sizeof(float));
        snapshot->person[n++] = snapshot->person[f];
    }
    snapshot->n_faces = n;
    return snapshot;
}

static void test_as_libsvm(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(11);
    g_autofree float *centres = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = uneven_people(random, &centres);
    g_autoptr(NtPeopleMatrix) matrix = nt_people_matrix_new(snapshot, NULL);
    g_autoptr(NtPairMachines) machines = nt_pair_machines_new(ENOUGH);
    Global global = {0};
    guint compared = 0;
    global_train(&global, matrix);
    for (guint i = 0; i < N_PROBES; i++) {
        /* Between two people, where votes are at odds. */
        float probe[NT_EMBEDDING_SIZE];
        const float *a = centres + (i % N_PEOPLE) * NT_EMBEDDING_SIZE,
                    *b = centres + (i * 7 + 1) % N_PEOPLE * NT_EMBEDDING_SIZE;
        const float share = (float)g_rand_double(random);
        NtNearPerson near[8];
        guint votes[8], expected[8];
        for (int d = 0; d < NT_EMBEDDING_SIZE; d++)
            probe[d] = a[d] * share + b[d] * (1 - share);
        g_assert_cmpuint(nt_people_matrix_nearest(matrix, probe, near, 8), ==, 8);
        nt_pair_machines_vote(machines, matrix, near, 8, probe, votes);
        if (global_vote(&global, near, 8, probe, expected) < 1e-5)
            continue; /* a matter of the last digit of a float */
        g_assert_cmpmem(votes, sizeof votes, expected, sizeof expected);
        compared++;
    }
    g_assert_cmpuint(compared, >, N_PROBES * 9 / 10);
    global_clear(&global);
}

/* Only machines of changed people are trained again; the oldest go when there are too many; answers stay the same. */
static void test_kept(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(12);
    g_autofree float *centres = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = made_people(random, 4, 2, &centres);
    g_autoptr(NtPeopleMatrix) matrix = nt_people_matrix_new(snapshot, NULL);
    g_autoptr(NtPairMachines) machines = nt_pair_machines_new(ENOUGH), few = nt_pair_machines_new(2);
    NtNearPerson near[4];
    guint votes[4], again[4];
    nt_people_matrix_nearest(matrix, centres, near, 4);
    nt_pair_machines_vote(machines, matrix, near, 4, centres, votes);
    g_assert_cmpuint(nt_pair_machines_count(machines), ==, 6);
    nt_pair_machines_vote(machines, matrix, near, 4, centres, again);
    g_assert_cmpuint(nt_pair_machines_count(machines), ==, 6);
    g_assert_cmpmem(votes, sizeof votes, again, sizeof again);
    for (int i = 0; i < 2; i++) {
        nt_pair_machines_vote(few, matrix, near, 4, centres, again);
        g_assert_cmpuint(nt_pair_machines_count(few), ==, 2);
        g_assert_cmpmem(votes, sizeof votes, again, sizeof again);
    }
    snapshot->embeddings[0] += 0.01f;
    g_autoptr(NtPeopleMatrix) changed = nt_people_matrix_new(snapshot, NULL);
    nt_pair_machines_vote(machines, changed, near, 4, centres, again);
    g_assert_cmpuint(nt_pair_machines_count(machines), ==, 9);
}

/* The distance by its definition. */
static float defined_distance(const NtPeopleMatrix *matrix, guint person, const float *probe)
{
    float nearest[2] = {INFINITY, INFINITY};
    for (guint f = matrix->first[person]; f < matrix->first[person + 1]; f++) {
        const float distance = nt_embedding_distance(probe, matrix->embeddings + (gsize)f * NT_EMBEDDING_SIZE);
        if (distance < nearest[0]) {
            nearest[1] = nearest[0];
            nearest[0] = distance;
        } else if (distance < nearest[1]) {
            nearest[1] = distance;
        }
    }
    if (isinf(nearest[1]))
        return nearest[0];
    return sqrtf((nearest[0] * nearest[0] + nearest[1] * nearest[1]) / 2);
}

/* The matrix finds the nearest people that looking at everybody finds. */
static void check_nearest(const NtPeopleMatrix *matrix, GRand *random, const float *centres, guint n_people)
{
    for (guint i = 0; i < N_PROBES; i++) {
        float probe[NT_EMBEDDING_SIZE];
        NtNearPerson near[5];
        made_picture(random, centres + (i % n_people) * NT_EMBEDDING_SIZE, probe);
        g_assert_cmpuint(nt_people_matrix_nearest(matrix, probe, near, 5), ==, 5);
        for (guint k = 0; k < 5; k++) {
            guint nearer = 0;
            g_assert_cmpfloat(near[k].distance, ==, nt_people_matrix_distance(matrix, near[k].person, probe));
            if (matrix->pairs)
                g_assert_cmpfloat_with_epsilon(near[k].distance, defined_distance(matrix, near[k].person, probe),
                                               1e-5f);
            for (guint p = 0; p < n_people; p++)
                nearer += nt_people_matrix_distance(matrix, p, probe) < near[k].distance;
            g_assert_cmpuint(nearer, ==, k);
        }
    }
    NtNearPerson *all = g_newa(NtNearPerson, n_people + 3);
    g_assert_cmpuint(nt_people_matrix_nearest(matrix, centres, all, n_people + 3), ==, n_people);
}

static void test_nearest_pairs(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(13);
    g_autofree float *centres = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = uneven_people(random, &centres);
    g_autoptr(NtPeopleMatrix) matrix = nt_people_matrix_new(snapshot, NULL);
    g_assert_true(matrix->pairs);
    check_nearest(matrix, random, centres, N_PEOPLE);
}

/* Too many pairs: parts of people's pictures that are alike. The same pictures are then somebody else to what is kept.
 */
static void test_nearest_looks(void)
{
    enum { PICTURES = 60 }; /* 1770 pairs a person; 16 looks of 3 or 4 */
    g_autoptr(GRand) random = g_rand_new_with_seed(14);
    g_autofree float *centres = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = made_people(random, N_PEOPLE, PICTURES, &centres);
    g_autoptr(NtPeopleMatrix) matrix = nt_people_matrix_new(snapshot, NULL);
    g_assert_false(matrix->pairs);
    g_assert_cmpuint(matrix->n_looks, ==, N_PEOPLE * 16);
    check_nearest(matrix, random, centres, N_PEOPLE);
    snapshot->n_faces = PICTURES;
    g_autoptr(NtPeopleMatrix) alone = nt_people_matrix_new(snapshot, NULL);
    g_assert_true(alone->pairs);
    g_assert_true(alone->digests[0] != matrix->digests[0]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/identity/pair-machines/as-libsvm", test_as_libsvm);
    g_test_add_func("/identity/pair-machines/kept", test_kept);
    g_test_add_func("/identity/people-matrix/nearest-pairs", test_nearest_pairs);
    g_test_add_func("/identity/people-matrix/nearest-looks", test_nearest_looks);
    return g_test_run();
}
