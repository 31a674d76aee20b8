/* Names from embeddings: the enrolled are named, strangers never, whatever the size of the gallery; and what people
 * said of the answers is heeded. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "identity/classifier.h"
#include "identity/made_people.h"

static const NtClassifierOptions balanced = {.caution = NT_CAUTION_BALANCED};

static void test_size(gconstpointer user)
{
    const guint n = GPOINTER_TO_UINT(user), probes = 100;
    g_autoptr(GRand) random = g_rand_new_with_seed(4711 + n);
    g_autofree float *centres = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = made_people(random, n, 3, &centres);
    g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, &balanced, NULL, NULL);
    guint right = 0, wrong = 0, strangers_named = 0;
    for (guint i = 0; i < probes; i++) {
        float probe[NT_EMBEDDING_SIZE], stranger[NT_EMBEDDING_SIZE];
        NtVerdict verdict;
        if (n > 0) {
            const guint who = (guint)g_rand_int_range(random, 0, (gint32)n);
            made_picture(random, centres + (gsize)who * NT_EMBEDDING_SIZE, probe);
            nt_classifier_identify(classifier, probe, &verdict);
            right += verdict.kind == NT_VERDICT_NAME && g_str_equal(verdict.name, snapshot->names[who]);
            wrong += verdict.kind == NT_VERDICT_NAME && !g_str_equal(verdict.name, snapshot->names[who]);
        }
        made_person(random, stranger);
        nt_classifier_identify(classifier, stranger, &verdict);
        strangers_named += verdict.kind != NT_VERDICT_UNKNOWN;
        g_assert_true(verdict.kind != NT_VERDICT_UNKNOWN || verdict.name == NULL);
        g_assert_cmpint(verdict.reason, !=, NT_REASON_NONE);
    }
    g_test_message("%u people: %u of %u named right, %u wrong; %u strangers named", n, right, probes, wrong,
                   strangers_named);
    g_assert_cmpuint(nt_classifier_n_people(classifier), ==, n);
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
    g_autoptr(NtClassifier) classifier = nt_classifier_new(&empty, &balanced, NULL, NULL);
    nt_classifier_identify(classifier, embedding, &verdict);
    g_assert_cmpint(verdict.kind, ==, NT_VERDICT_UNKNOWN);
    g_assert_cmpint(verdict.reason, ==, NT_REASON_EMPTY);
    g_assert_null(verdict.nearest);
    g_assert_true(isinf(verdict.distance));
    g_assert_cmpuint(nt_classifier_neighbours(classifier, embedding, &neighbour, 1), ==, 0);
}

/* Somebody all of whose pictures are set aside is like nobody. */
static void test_person_without_pictures(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    g_autofree float *centres = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = made_people(random, 2, 1, &centres);
    NtNeighbour neighbours[2];
    NtVerdict verdict;
    snapshot->n_faces = 1;
    g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, &balanced, NULL, NULL);
    nt_classifier_identify(classifier, centres, &verdict);
    g_assert_cmpint(verdict.kind, ==, NT_VERDICT_NAME);
    g_assert_true(isinf(verdict.margin));
    g_assert_cmpuint(nt_classifier_neighbours(classifier, centres, neighbours, 2), ==, 1);
    snapshot->n_faces = 0;
    g_autoptr(NtClassifier) empty = nt_classifier_new(snapshot, &balanced, classifier, NULL);
    nt_classifier_identify(empty, centres, &verdict);
    g_assert_cmpint(verdict.reason, ==, NT_REASON_EMPTY);
}

/* Half-way between two people no name is certain. */
static void test_between_two(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    g_autofree float *centres = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = made_people(random, 2, 1, &centres);
    float middle[NT_EMBEDDING_SIZE];
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        middle[i] = (snapshot->embeddings[i] + snapshot->embeddings[NT_EMBEDDING_SIZE + i]) / 2;
    const NtClassifierOptions wide = {.threshold = 2};
    g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, &wide, NULL, NULL);
    NtVerdict verdict;
    nt_classifier_identify(classifier, middle, &verdict);
    g_assert_cmpint(verdict.kind, ==, NT_VERDICT_UNSURE);
    g_assert_cmpint(verdict.reason, ==, NT_REASON_TIE);
    g_assert_nonnull(verdict.name);
    g_assert_cmpfloat(verdict.margin, <, 0.02);
    g_assert_cmpstr(nt_verdict_confidence(&verdict), ==, "unsure");
}

static void test_neighbours(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(6);
    g_autofree float *centres = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = made_people(random, 10, 2, &centres);
    g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, &balanced, NULL, NULL);
    NtNeighbour neighbours[4];
    g_assert_cmpuint(nt_classifier_neighbours(classifier, centres + 3 * NT_EMBEDDING_SIZE, neighbours, 4), ==, 4);
    g_assert_cmpstr(neighbours[0].name, ==, "person 003");
    g_assert_cmpuint(neighbours[0].votes, ==, 3);
    for (guint i = 1; i < 4; i++)
        g_assert_cmpfloat(neighbours[i].distance, >=, neighbours[i - 1].distance);
}

/* One person with pictures on the first axis, at these distances from a probe at the origin. */
static NtGallerySnapshot *person_at(const float *distances, guint n)
{
    NtGallerySnapshot *snapshot = made_snapshot(1, n);
    snapshot->names[0] = g_strdup("Anna");
    for (guint i = 0; i < n; i++)
        snapshot->embeddings[i * NT_EMBEDDING_SIZE] = distances[i];
    return snapshot;
}

static void identify_origin(const NtGallerySnapshot *snapshot, const NtClassifierOptions *options, NtVerdict *verdict)
{
    const float origin[NT_EMBEDDING_SIZE] = {0};
    g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, options, NULL, NULL);
    nt_classifier_identify(classifier, origin, verdict);
}

/* The distance is the root mean square to the nearest two pictures. */
static void test_distance(void)
{
    const float distances[7] = {0.5f, 0.1f, 0.9f, 0.2f, 0.3f, 0.4f, 0.8f};
    g_autoptr(NtGallerySnapshot) three = person_at(distances, 3), seven = person_at(distances, 7);
    NtVerdict verdict;
    identify_origin(three, &balanced, &verdict);
    g_assert_cmpfloat_with_epsilon(verdict.distance, sqrt((0.25 + 0.01) / 2), 1e-6);
    identify_origin(seven, &balanced, &verdict);
    g_assert_cmpfloat_with_epsilon(verdict.distance, sqrt((0.01 + 0.04) / 2), 1e-6);
    g_assert_cmpint(verdict.kind, ==, NT_VERDICT_NAME);
    g_assert_true(isinf(verdict.margin));
}

/* From near to far: sure, likely, unsure, unknown. */
static void test_words(void)
{
    const NtClassifierOptions options = {.threshold = 0.5f};
    const struct {
        float distance;
        const char *confidence;
        NtVerdictReason reason;
    } expected[] = {{0.1f, "sure", NT_REASON_NONE},
                    {0.49f, "likely", NT_REASON_NONE},
                    {0.51f, "unsure", NT_REASON_CLOSE},
                    {0.7f, "unknown", NT_REASON_FAR}};
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autoptr(NtGallerySnapshot) snapshot = person_at(&expected[i].distance, 1);
        NtVerdict verdict;
        identify_origin(snapshot, &options, &verdict);
        g_assert_cmpstr(nt_verdict_confidence(&verdict), ==, expected[i].confidence);
        g_assert_cmpint(verdict.reason, ==, expected[i].reason);
        g_assert_cmpstr(verdict.nearest, ==, "Anna");
        g_assert_cmpstr(verdict.name, ==, expected[i].reason == NT_REASON_FAR ? NULL : "Anna");
    }
}

static void test_caution_words(void)
{
    NtCaution caution;
    for (guint i = 0; i < NT_N_CAUTIONS; i++) {
        g_assert_true(nt_caution_from_name(nt_caution_name((NtCaution)i), &caution));
        g_assert_cmpint(caution, ==, i);
    }
    g_assert_false(nt_caution_from_name("bold", &caution));
    g_assert_cmpfloat(nt_caution_rate(NT_CAUTION_BALANCED), ==, 0.01);
}

static void set_anchor(float **embeddings, guint *n, const float *embedding)
{
    *embeddings = g_memdup2(embedding, NT_EMBEDDING_SIZE * sizeof(float));
    *n = 1;
}

/* A face like one that somebody said is not Anna is not Anna; it may be Bob, whom nobody has ruled out. */
static void test_rejection(void)
{
    const float distances[1] = {0.4f};
    g_autoptr(NtGallerySnapshot) snapshot = person_at(distances, 1);
    float near[NT_EMBEDDING_SIZE] = {0, 0.2f}, far[NT_EMBEDDING_SIZE] = {0, 0.45f};
    NtVerdict verdict;
    snapshot->rejected = g_new0(guint, 1);
    set_anchor(&snapshot->rejections, &snapshot->n_rejections, far);
    identify_origin(snapshot, &balanced, &verdict);
    g_assert_cmpint(verdict.kind, ==, NT_VERDICT_NAME); /* nearer to Anna than to what is not Anna */
    g_free(snapshot->rejections);
    set_anchor(&snapshot->rejections, &snapshot->n_rejections, near);
    identify_origin(snapshot, &balanced, &verdict);
    g_assert_cmpint(verdict.kind, ==, NT_VERDICT_UNKNOWN);
    g_assert_cmpint(verdict.reason, ==, NT_REASON_REJECTED);
    g_assert_cmpstr(verdict.nearest, ==, "Anna");

    g_autoptr(NtGallerySnapshot) two = made_snapshot(2, 1);
    two->names[0] = g_strdup("Anna");
    two->names[1] = g_strdup("Bob");
    two->embeddings[0] = 0.4f;
    two->embeddings[NT_EMBEDDING_SIZE + 2] = 0.45f;
    two->rejected = g_new0(guint, 1);
    set_anchor(&two->rejections, &two->n_rejections, near);
    identify_origin(two, &balanced, &verdict);
    g_assert_cmpstr(verdict.name, ==, "Bob");
    g_assert_cmpint(verdict.kind, ==, NT_VERDICT_NAME);
    two->rejected[0] = 1;
    identify_origin(two, &balanced, &verdict);
    g_assert_cmpstr(verdict.name, ==, "Anna");
}

static void test_ignored(void)
{
    const float distances[1] = {0.4f};
    g_autoptr(NtGallerySnapshot) snapshot = person_at(distances, 1);
    float near[NT_EMBEDDING_SIZE] = {0, 0.3f}, far[NT_EMBEDDING_SIZE] = {0, 0.45f};
    NtVerdict verdict;
    set_anchor(&snapshot->strangers, &snapshot->n_strangers, near);
    identify_origin(snapshot, &balanced, &verdict);
    g_assert_cmpint(verdict.kind, ==, NT_VERDICT_UNKNOWN);
    g_assert_cmpint(verdict.reason, ==, NT_REASON_IGNORED);
    g_free(snapshot->strangers);
    set_anchor(&snapshot->strangers, &snapshot->n_strangers, far);
    identify_origin(snapshot, &balanced, &verdict);
    g_assert_cmpint(verdict.kind, ==, NT_VERDICT_NAME);
}

static void test_no_number(void)
{
    const float distances[2] = {0.4f, NAN};
    g_autoptr(NtGallerySnapshot) snapshot = person_at(distances, 2);
    g_autoptr(GError) error = NULL;
    g_assert_null(nt_classifier_new(snapshot, &balanced, NULL, &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN);
    g_assert_nonnull(strstr(error->message, "Anna"));
}

typedef struct Asker {
    const NtClassifier *classifier;
    const float *probes;
    NtVerdict verdicts[50];
} Asker;

static gpointer ask(gpointer data)
{
    Asker *asker = data;
    memset(asker->verdicts, 0, sizeof asker->verdicts);
    for (int i = 0; i < 50; i++)
        nt_classifier_identify(asker->classifier, asker->probes + i * NT_EMBEDDING_SIZE, &asker->verdicts[i]);
    return NULL;
}

static void test_threads(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(8);
    g_autofree float *centres = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = made_people(random, 50, 2, &centres);
    g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, &balanced, NULL, NULL);
    static Asker askers[2];
    GThread *threads[2];
    for (int i = 0; i < 2; i++) {
        askers[i].classifier = classifier;
        askers[i].probes = centres;
        threads[i] = g_thread_new("ask", ask, &askers[i]);
    }
    for (int i = 0; i < 2; i++)
        g_thread_join(threads[i]);
    for (int i = 0; i < 50; i++) {
        g_assert_cmpint(askers[0].verdicts[i].kind, ==, askers[1].verdicts[i].kind);
        g_assert_cmpfloat(askers[0].verdicts[i].distance, ==, askers[1].verdicts[i].distance);
    }
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
    g_test_add_func("/identity/classifier/person-without-pictures", test_person_without_pictures);
    g_test_add_func("/identity/classifier/between-two", test_between_two);
    g_test_add_func("/identity/classifier/neighbours", test_neighbours);
    g_test_add_func("/identity/classifier/distance", test_distance);
    g_test_add_func("/identity/classifier/words", test_words);
    g_test_add_func("/identity/classifier/caution-words", test_caution_words);
    g_test_add_func("/identity/classifier/rejection", test_rejection);
    g_test_add_func("/identity/classifier/ignored", test_ignored);
    g_test_add_func("/identity/classifier/no-number", test_no_number);
    g_test_add_func("/identity/classifier/threads", test_threads);
    return g_test_run();
}
