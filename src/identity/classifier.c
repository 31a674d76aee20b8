#include "identity/classifier.h"

#include <libsvm/svm.h>
#include <math.h>
#include <string.h>

#define SVM_C 10
/* Pairwise machines grow with the square of the people. Beyond this many, distances alone rank. */
#define MAX_SVM_PEOPLE 300
/* A person's distance is the mean over this many of their nearest pictures: one lucky picture should not decide. */
#define NEAREST_PICTURES 3
/* With less than this between the best two people a name would be a guess. */
#define MIN_MARGIN 0.02f
/* Threshold for N people: THRESHOLD_ONE - THRESHOLD_SLOPE * log10 N, at most MAX_THRESHOLD. More people, more chances for
 * a stranger to look like one of them. */
#define THRESHOLD_ONE 0.62f
#define THRESHOLD_SLOPE 0.035f
#define MAX_THRESHOLD 0.60f

struct NtClassifier {
    guint n_people, n_faces;
    const char **names;     /* [n_people], interned */
    guint *first;           /* [n_people + 1]: where a person's faces begin; faces are sorted by person */
    float *embeddings;      /* [n_faces][128] */
    float threshold;
    struct svm_model *svm;  /* NULL for less than two people or too many */
    struct svm_node *nodes; /* the training vectors: the model points into them */
    int *person_of_class;   /* the SVM's classes in its own order */
};

float nt_classifier_default_threshold(guint n_people)
{
    const float threshold = THRESHOLD_ONE - THRESHOLD_SLOPE * log10f((float)MAX(n_people, 1));
    return CLAMP(threshold, 0.1f, MAX_THRESHOLD);
}

float nt_classifier_threshold(const NtClassifier *classifier) { return classifier->threshold; }

const char *nt_verdict_kind_name(NtVerdictKind kind)
{
    return kind == NT_VERDICT_NAME ? "name" : kind == NT_VERDICT_UNSURE ? "unsure" : "unknown";
}

static void no_output(const char *text) { (void)text; }

/* libsvm's vectors are sparse: index from 1, then -1. */
static void fill_nodes(const float *embedding, struct svm_node nodes[NT_EMBEDDING_SIZE + 1])
{
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        nodes[i] = (struct svm_node){.index = i + 1, .value = (double)embedding[i]};
    nodes[NT_EMBEDDING_SIZE] = (struct svm_node){.index = -1};
}

static gboolean train(NtClassifier *classifier, GError **error)
{
    g_autofree double *labels = g_new(double, classifier->n_faces);
    g_autofree struct svm_node **rows = g_new(struct svm_node *, classifier->n_faces);
    g_autofree int *weight_labels = g_new(int, classifier->n_people);
    g_autofree double *weights = g_new(double, classifier->n_people);
    classifier->nodes = g_new(struct svm_node, (gsize)classifier->n_faces * (NT_EMBEDDING_SIZE + 1));
    for (guint p = 0; p < classifier->n_people; p++) {
        const guint n = classifier->first[p + 1] - classifier->first[p];
        /* Somebody with many pictures must not outweigh somebody with one. */
        weight_labels[p] = (int)p;
        weights[p] = (double)classifier->n_faces / ((double)classifier->n_people * n);
        for (guint i = classifier->first[p]; i < classifier->first[p + 1]; i++) {
            labels[i] = p;
            rows[i] = classifier->nodes + (gsize)i * (NT_EMBEDDING_SIZE + 1);
            fill_nodes(classifier->embeddings + (gsize)i * NT_EMBEDDING_SIZE, rows[i]);
        }
    }
    const struct svm_problem problem = {.l = (int)classifier->n_faces, .y = labels, .x = rows};
    const struct svm_parameter parameters = {.svm_type = C_SVC, .kernel_type = LINEAR, .C = SVM_C, .eps = 1e-4,
                                             .cache_size = 16, .shrinking = 1, .nr_weight = (int)classifier->n_people,
                                             .weight_label = weight_labels, .weight = weights};
    const char *complaint = svm_check_parameter(&problem, &parameters);
    if (complaint) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN, "cannot train on this gallery: %s", complaint);
        return FALSE;
    }
    svm_set_print_string_function(no_output);
    classifier->svm = svm_train(&problem, &parameters);
    /* The model keeps pointers to these locals; it never frees them, and nothing reads them after training. */
    classifier->svm->param.weight_label = NULL;
    classifier->svm->param.weight = NULL;
    classifier->svm->param.nr_weight = 0;
    classifier->person_of_class = g_new(int, classifier->n_people);
    svm_get_labels(classifier->svm, classifier->person_of_class);
    return TRUE;
}

/* Faces grouped by person, in the snapshot's order within each. */
static void group_faces(NtClassifier *classifier, const NtGallerySnapshot *snapshot)
{
    guint next = 0;
    classifier->first = g_new(guint, classifier->n_people + 1);
    classifier->embeddings = g_new(float, (gsize)classifier->n_faces * NT_EMBEDDING_SIZE);
    for (guint p = 0; p < classifier->n_people; p++) {
        classifier->first[p] = next;
        for (guint i = 0; i < snapshot->n_faces; i++)
            if (snapshot->person[i] == p)
                memcpy(classifier->embeddings + (gsize)NT_EMBEDDING_SIZE * next++,
                       snapshot->embeddings + (gsize)NT_EMBEDDING_SIZE * i, NT_EMBEDDING_SIZE * sizeof(float));
    }
    classifier->first[classifier->n_people] = next;
}

NtClassifier *nt_classifier_new(const NtGallerySnapshot *snapshot, float threshold, GError **error)
{
    g_autoptr(NtClassifier) classifier = g_new0(NtClassifier, 1);
    classifier->n_people = snapshot->n_people;
    classifier->n_faces = snapshot->n_faces;
    classifier->threshold = threshold > 0 ? threshold : nt_classifier_default_threshold(snapshot->n_people);
    classifier->names = g_new(const char *, snapshot->n_people);
    for (guint p = 0; p < snapshot->n_people; p++)
        classifier->names[p] = g_intern_string(snapshot->names[p]);
    group_faces(classifier, snapshot);
    if (classifier->n_people >= 2 && classifier->n_people <= MAX_SVM_PEOPLE && !train(classifier, error))
        return NULL;
    return g_steal_pointer(&classifier);
}

void nt_classifier_free(NtClassifier *classifier)
{
    if (!classifier)
        return;
    if (classifier->svm)
        svm_free_and_destroy_model(&classifier->svm);
    g_free(classifier->nodes);
    g_free(classifier->person_of_class);
    g_free(classifier->names);
    g_free(classifier->first);
    g_free(classifier->embeddings);
    g_free(classifier);
}

/* Mean distance to the nearest few of a person's pictures. */
static float person_distance(const NtClassifier *classifier, guint person, const float *embedding)
{
    float nearest[NEAREST_PICTURES + 1]; /* ascending; the last place takes what falls out */
    guint n = 0;
    for (guint i = classifier->first[person]; i < classifier->first[person + 1]; i++) {
        const float distance = nt_embedding_distance(embedding, classifier->embeddings + (gsize)i * NT_EMBEDDING_SIZE);
        guint place = n;
        for (; place > 0 && nearest[place - 1] > distance; place--)
            nearest[place] = nearest[place - 1];
        nearest[place] = distance;
        n = MIN(n + 1, NEAREST_PICTURES);
    }
    float sum = 0;
    for (guint i = 0; i < n; i++)
        sum += nearest[i];
    return n ? sum / (float)n : INFINITY;
}

/* votes [n_people]: how many pairwise machines each person wins. FALSE without an SVM. */
static gboolean count_votes(const NtClassifier *classifier, const float *embedding, guint *votes)
{
    memset(votes, 0, classifier->n_people * sizeof *votes);
    if (!classifier->svm)
        return FALSE;
    const guint n = classifier->n_people;
    struct svm_node nodes[NT_EMBEDDING_SIZE + 1];
    g_autofree double *decisions = g_new(double, (gsize)n * (n - 1) / 2);
    const double *decision = decisions;
    fill_nodes(embedding, nodes);
    svm_predict_values(classifier->svm, nodes, decisions);
    for (guint i = 0; i < n; i++)
        for (guint k = i + 1; k < n; k++)
            votes[classifier->person_of_class[*decision++ > 0 ? i : k]]++;
    return TRUE;
}

void nt_classifier_identify(const NtClassifier *classifier, const float embedding[NT_EMBEDDING_SIZE],
                            NtVerdict *verdict)
{
    *verdict = (NtVerdict){.kind = NT_VERDICT_UNKNOWN, .distance = INFINITY, .margin = INFINITY};
    if (classifier->n_people == 0)
        return;
    g_autofree guint *votes = g_new(guint, classifier->n_people);
    const gboolean ranked = count_votes(classifier, embedding, votes);
    guint nearest = 0, most_votes = 0;
    float second = INFINITY;
    for (guint p = 0; p < classifier->n_people; p++) {
        const float distance = person_distance(classifier, p, embedding);
        if (distance < verdict->distance) {
            second = verdict->distance;
            verdict->distance = distance;
            nearest = p;
        } else if (distance < second) {
            second = distance;
        }
        most_votes = MAX(most_votes, votes[p]);
    }
    verdict->nearest = classifier->names[nearest];
    verdict->margin = second - verdict->distance;
    if (verdict->distance > classifier->threshold)
        return;
    const gboolean agreed = !ranked || votes[nearest] == most_votes;
    verdict->kind = agreed && verdict->margin >= MIN_MARGIN ? NT_VERDICT_NAME : NT_VERDICT_UNSURE;
    verdict->name = verdict->nearest;
}

static gint by_distance(gconstpointer a, gconstpointer b)
{
    const NtNeighbour *x = a, *y = b;
    return x->distance != y->distance ? (x->distance > y->distance ? 1 : -1) : strcmp(x->name, y->name);
}

guint nt_classifier_neighbours(const NtClassifier *classifier, const float embedding[NT_EMBEDDING_SIZE],
                               NtNeighbour *neighbours, guint n)
{
    g_autofree guint *votes = g_new(guint, classifier->n_people);
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(NtNeighbour));
    count_votes(classifier, embedding, votes);
    for (guint p = 0; p < classifier->n_people; p++) {
        const NtNeighbour neighbour = {classifier->names[p], person_distance(classifier, p, embedding), votes[p]};
        g_array_append_val(all, neighbour);
    }
    g_array_sort(all, by_distance);
    n = MIN(n, all->len);
    if (n > 0)
        memcpy(neighbours, all->data, n * sizeof *neighbours);
    return n;
}
