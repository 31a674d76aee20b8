/* Names from embeddings: the enrolled are named, strangers never, whatever the size of the gallery. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "identity/classifier.h"

/* People as points of about the embedding's norm in random directions; pictures of one scatter around their point. */
#define PERSON_NORM 1.4
#define SCATTER 0.029 /* a component; two pictures of one person lie about 0.46 apart */

static void random_person(GRand *random, float *centre)
{
    double norm = 0;
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++) {
        double sum = -6;
        for (int k = 0; k < 12; k++)
            sum += g_rand_double(random);
        centre[i] = (float)sum;
        norm += sum * sum;
    }
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        centre[i] *= (float)(PERSON_NORM / sqrt(norm));
}

static void picture_of(GRand *random, const float *centre, float *embedding)
{
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        embedding[i] = centre[i] + (float)(SCATTER * sqrt(3) * (2 * g_rand_double(random) - 1));
}

/* n people with k pictures each; centres [n][128] to be freed. */
static NtGallerySnapshot *make_people(GRand *random, guint n, guint k, float **centres)
{
    NtGallerySnapshot *snapshot = g_new0(NtGallerySnapshot, 1);
    snapshot->n_people = n;
    snapshot->n_faces = n * k;
    snapshot->names = g_new0(char *, n + 1);
    snapshot->embeddings = g_new(float, (gsize)n * k * NT_EMBEDDING_SIZE + 1);
    snapshot->person = g_new(guint, n * k + 1);
    *centres = g_new(float, (gsize)n * NT_EMBEDDING_SIZE + 1);
    for (guint p = 0; p < n; p++) {
        float *centre = *centres + (gsize)p * NT_EMBEDDING_SIZE;
        snapshot->names[p] = g_strdup_printf("person %03u", p);
        random_person(random, centre);
        for (guint i = 0; i < k; i++) {
            picture_of(random, centre, snapshot->embeddings + (gsize)(p * k + i) * NT_EMBEDDING_SIZE);
            snapshot->person[p * k + i] = p;
        }
    }
    return snapshot;
}

static void test_size(gconstpointer user)
{
    const guint n = GPOINTER_TO_UINT(user), probes = 100;
    g_autoptr(GRand) random = g_rand_new_with_seed(4711 + n);
    g_autofree float *centres = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = make_people(random, n, 3, &centres);
    g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, 0, NULL);
    guint right = 0, wrong = 0, strangers_named = 0;
    for (guint i = 0; i < probes; i++) {
        float probe[NT_EMBEDDING_SIZE], stranger[NT_EMBEDDING_SIZE];
        NtVerdict verdict;
        if (n > 0) {
            const guint who = (guint)g_rand_int_range(random, 0, (gint32)n);
            picture_of(random, centres + (gsize)who * NT_EMBEDDING_SIZE, probe);
            nt_classifier_identify(classifier, probe, &verdict);
            right += verdict.kind == NT_VERDICT_NAME && g_str_equal(verdict.name, snapshot->names[who]);
            wrong += verdict.kind == NT_VERDICT_NAME && !g_str_equal(verdict.name, snapshot->names[who]);
        }
        random_person(random, stranger);
        nt_classifier_identify(classifier, stranger, &verdict);
        strangers_named += verdict.kind != NT_VERDICT_UNKNOWN;
        g_assert_true(verdict.kind != NT_VERDICT_UNKNOWN || verdict.name == NULL);
    }
    g_test_message("%u people: %u of %u named right, %u wrong; %u strangers named", n, right, probes, wrong,
                   strangers_named);
    g_assert_cmpuint(wrong, ==, 0);
    g_assert_cmpuint(strangers_named, ==, 0);
    if (n > 0)
        g_assert_cmpuint(right, >=, probes * 95 / 100);
}

static void test_nobody(void)
{
    const NtGallerySnapshot empty = {0};
    const float embedding[NT_EMBEDDING_SIZE] = {0};
    NtVerdict verdict;
    NtNeighbour neighbour;
    g_autoptr(NtClassifier) classifier = nt_classifier_new(&empty, 0, NULL);
    nt_classifier_identify(classifier, embedding, &verdict);
    g_assert_cmpint(verdict.kind, ==, NT_VERDICT_UNKNOWN);
    g_assert_null(verdict.nearest);
    g_assert_true(isinf(verdict.distance));
    g_assert_cmpuint(nt_classifier_neighbours(classifier, embedding, &neighbour, 1), ==, 0);
}

/* Half-way between two people no name is certain. */
static void test_between_two(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    g_autofree float *centres = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = make_people(random, 2, 1, &centres);
    float middle[NT_EMBEDDING_SIZE];
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        middle[i] = (snapshot->embeddings[i] + snapshot->embeddings[NT_EMBEDDING_SIZE + i]) / 2;
    g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, 2, NULL);
    NtVerdict verdict;
    nt_classifier_identify(classifier, middle, &verdict);
    g_assert_cmpint(verdict.kind, ==, NT_VERDICT_UNSURE);
    g_assert_nonnull(verdict.name);
    g_assert_cmpfloat(verdict.margin, <, 0.02);
}

static void test_neighbours(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(6);
    g_autofree float *centres = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = make_people(random, 10, 2, &centres);
    g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, 0, NULL);
    NtNeighbour neighbours[4];
    g_assert_cmpuint(nt_classifier_neighbours(classifier, centres + 3 * NT_EMBEDDING_SIZE, neighbours, 4), ==, 4);
    g_assert_cmpstr(neighbours[0].name, ==, "person 003");
    g_assert_cmpuint(neighbours[0].votes, ==, 9);
    for (guint i = 1; i < 4; i++)
        g_assert_cmpfloat(neighbours[i].distance, >=, neighbours[i - 1].distance);
}

/* The distance is the mean to the nearest three pictures, however many there are. */
static void test_nearest_pictures(void)
{
    float embeddings[5][NT_EMBEDDING_SIZE] = {{0}}, probe[NT_EMBEDDING_SIZE] = {0};
    const float first[5] = {0.5f, 0.1f, 0.9f, 0.2f, 0.3f};
    guint person[5] = {0};
    char *only[] = {(char *)"Anna", NULL};
    NtVerdict verdict;
    for (int i = 0; i < 5; i++)
        embeddings[i][0] = first[i];
    const NtGallerySnapshot snapshot = {1, 5, only, &embeddings[0][0], person};
    g_autoptr(NtClassifier) classifier = nt_classifier_new(&snapshot, 0, NULL);
    nt_classifier_identify(classifier, probe, &verdict);
    g_assert_cmpfloat_with_epsilon(verdict.distance, 0.2, 1e-6);
    g_assert_cmpint(verdict.kind, ==, NT_VERDICT_NAME);
    g_assert_true(isinf(verdict.margin));
}

static void test_threshold(void)
{
    g_assert_cmpfloat_with_epsilon(nt_classifier_default_threshold(1), 0.6, 1e-6);
    g_assert_cmpfloat_with_epsilon(nt_classifier_default_threshold(100), 0.55, 1e-6);
    for (guint n = 1; n < 10000; n *= 10)
        g_assert_cmpfloat(nt_classifier_default_threshold(n * 10), <, nt_classifier_default_threshold(n) + 1e-6);
}

typedef struct Asker {
    const NtClassifier *classifier;
    const float *probes;
    float distances[50];
} Asker;

static gpointer ask(gpointer data)
{
    Asker *asker = data;
    for (int i = 0; i < 50; i++) {
        NtVerdict verdict;
        nt_classifier_identify(asker->classifier, asker->probes + i * NT_EMBEDDING_SIZE, &verdict);
        asker->distances[i] = verdict.distance;
    }
    return NULL;
}

static void test_threads(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(8);
    g_autofree float *centres = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = make_people(random, 50, 2, &centres);
    g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, 0, NULL);
    Asker askers[2] = {{.classifier = classifier, .probes = centres}, {.classifier = classifier, .probes = centres}};
    GThread *threads[2];
    for (int i = 0; i < 2; i++)
        threads[i] = g_thread_new("ask", ask, &askers[i]);
    for (int i = 0; i < 2; i++)
        g_thread_join(threads[i]);
    g_assert_cmpmem(askers[0].distances, sizeof askers[0].distances, askers[1].distances, sizeof askers[1].distances);
}

int main(int argc, char **argv)
{
    static const guint sizes[] = {0, 1, 2, 10, 100, 400};
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *path = g_strdup_printf("/identity/classifier/%u-people", sizes[i]);
        g_test_add_data_func(path, GUINT_TO_POINTER(sizes[i]), test_size);
    }
    g_test_add_func("/identity/classifier/nobody", test_nobody);
    g_test_add_func("/identity/classifier/between-two", test_between_two);
    g_test_add_func("/identity/classifier/neighbours", test_neighbours);
    g_test_add_func("/identity/classifier/nearest-pictures", test_nearest_pictures);
    g_test_add_func("/identity/classifier/threshold", test_threshold);
    g_test_add_func("/identity/classifier/threads", test_threads);
    return g_test_run();
}
