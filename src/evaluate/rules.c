#include "evaluate/rules.h"

#include <libsvm/svm.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "identity/threshold.h"

/* Farther than any two embeddings are: what is no name with this threshold is refused for another reason. */
#define NO_THRESHOLD 10.0f
#define PEER_SVM_C 1
#define PEER_SVM_EPS 1e-3 /* libsvm's default */
#define PEER_SVM_CACHE_MB 16

struct NtRules {
    const NtGallerySnapshot *snapshot;
    NtClassifier *ours[NT_N_CAUTIONS];
    NtClassifier *open; /* ours without a threshold */
    NtLimit name;       /* where balanced gives a name */
    struct svm_model *svm;
    struct svm_node *nodes; /* the model points into them */
    int *person_of_class;
};

static const char *const rule_names[NT_N_RULES] = {"nametag", "nearest", "mean", "svm-probability"};
static const char *const rule_titles[NT_N_RULES] = {"Nametag", "nearest picture (dlib)", "mean distance",
                                                    "libsvm probability"};
static const char *const setting_names[NT_N_SETTINGS] = {"nametag-cautious", "nametag-balanced", "nametag-eager",
                                                         "nearest-0.6",      "mean-0.6",         "svm-probability-0.5"};
static const char *const setting_titles[NT_N_SETTINGS] = {"Nametag, cautious",  "Nametag, balanced",
                                                          "Nametag, eager",     "nearest picture, 0.6 (dlib)",
                                                          "mean distance, 0.6", "libsvm probability, 0.5"};

const char *nt_rule_name(NtRule rule)
{
    return rule_names[rule];
}
const char *nt_rule_title(NtRule rule)
{
    return rule_titles[rule];
}
const char *nt_setting_name(NtSetting setting)
{
    return setting_names[setting];
}
const char *nt_setting_title(NtSetting setting)
{
    return setting_titles[setting];
}

static void no_output(const char *text)
{
    (void)text;
}

/* libsvm's vectors are sparse: index from 1, then -1. */
static void fill_nodes(const float *embedding, struct svm_node nodes[NT_EMBEDDING_SIZE + 1])
{
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        nodes[i] = (struct svm_node){.index = i + 1, .value = (double)embedding[i]};
    nodes[NT_EMBEDDING_SIZE] = (struct svm_node){.index = -1};
}

/* As `svm-train -t 0 -c 1 -b 1`. */
static gboolean train_peer(NtRules *rules, guint seed, GError **error)
{
    const NtGallerySnapshot *snapshot = rules->snapshot;
    const guint n = snapshot->n_faces;
    g_autofree double *labels = g_new(double, n);
    g_autofree struct svm_node **rows = g_new(struct svm_node *, n);
    rules->nodes = g_new(struct svm_node, (gsize)n * (NT_EMBEDDING_SIZE + 1));
    for (guint i = 0; i < n; i++) {
        labels[i] = snapshot->person[i];
        rows[i] = rules->nodes + (gsize)i * (NT_EMBEDDING_SIZE + 1);
        fill_nodes(snapshot->embeddings + (gsize)i * NT_EMBEDDING_SIZE, rows[i]);
    }
    const struct svm_problem problem = {.l = (int)n, .y = labels, .x = rows};
    const struct svm_parameter parameters = {.svm_type = C_SVC,
                                             .kernel_type = LINEAR,
                                             .C = PEER_SVM_C,
                                             .eps = PEER_SVM_EPS,
                                             .cache_size = PEER_SVM_CACHE_MB,
                                             .shrinking = 1,
                                             .probability = 1};
    const char *complaint = svm_check_parameter(&problem, &parameters);
    if (complaint) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "libsvm refuses these pictures: %s", complaint);
        return FALSE;
    }
    svm_set_print_string_function(no_output);
    srand(seed);
    rules->svm = svm_train(&problem, &parameters);
    rules->person_of_class = g_new(int, snapshot->n_people);
    svm_get_labels(rules->svm, rules->person_of_class);
    return TRUE;
}

static gboolean find_limit(NtRules *rules, GError **error)
{
    g_autoptr(NtPeopleMatrix) people = nt_people_matrix_new(rules->snapshot, error);
    if (!people)
        return FALSE;
    g_autoptr(NtCalibration) calibration = nt_calibration_new(people, nt_caution_rate(NT_CAUTION_BALANCED), NULL);
    rules->name = nt_calibration_limits(calibration)->name;
    return TRUE;
}

NtRules *nt_rules_new(const NtGallerySnapshot *snapshot, guint seed, GError **error)
{
    g_autoptr(NtRules) rules = g_new0(NtRules, 1);
    const NtClassifierOptions open = {.caution = NT_CAUTION_BALANCED, .threshold = NO_THRESHOLD};
    rules->snapshot = snapshot;
    for (int c = 0; c < NT_N_CAUTIONS; c++) {
        const NtClassifierOptions options = {.caution = c};
        rules->ours[c] = nt_classifier_new(snapshot, &options, c > 0 ? rules->ours[c - 1] : NULL, error);
        if (!rules->ours[c])
            return NULL;
    }
    rules->open = nt_classifier_new(snapshot, &open, rules->ours[0], error);
    if (!rules->open || !find_limit(rules, error) || (snapshot->n_people >= 2 && !train_peer(rules, seed, error)))
        return NULL;
    return g_steal_pointer(&rules);
}

void nt_rules_free(NtRules *rules)
{
    if (!rules)
        return;
    for (int c = 0; c < NT_N_CAUTIONS; c++)
        nt_classifier_unref(rules->ours[c]);
    nt_classifier_unref(rules->open);
    if (rules->svm)
        svm_free_and_destroy_model(&rules->svm);
    g_free(rules->nodes);
    g_free(rules->person_of_class);
    g_free(rules);
}

float nt_rules_threshold(const NtRules *rules, NtCaution caution)
{
    return nt_classifier_threshold(rules->ours[caution]);
}

static gint person_of(const NtRules *rules, const char *name)
{
    for (guint p = 0; name && p < rules->snapshot->n_people; p++)
        if (strcmp(rules->snapshot->names[p], name) == 0)
            return (gint)p;
    return -1;
}

/* How far from balanced the caution would have to be: both of its limits, of the distance and of the score that a
 * second person near by makes worse, are moved in proportion. 1 is where balanced ends. */
static double our_score(const NtRules *rules, const NtVerdict *verdict)
{
    const double first = (double)verdict->distance, second = first + (double)verdict->margin;
    const double score = isfinite(second) && second > 0 ? first * first / second : first;
    return fmax(first / (double)rules->name.distance, score / (double)rules->name.score);
}

static void ask_ours(const NtRules *rules, const float *embedding, NtRulesAnswer *answer)
{
    NtVerdict verdict;
    for (int c = 0; c < NT_N_CAUTIONS; c++) {
        nt_classifier_identify(rules->ours[c], embedding, &verdict);
        answer->verdicts[NT_SETTING_CAUTIOUS + c] = (NtRuleVerdict){verdict.kind, person_of(rules, verdict.name)};
    }
    nt_classifier_identify(rules->open, embedding, &verdict);
    answer->distance = (double)verdict.distance;
    answer->scores[NT_RULE_NAMETAG] = (NtRuleScore){
        verdict.kind == NT_VERDICT_NAME ? our_score(rules, &verdict) : INFINITY, person_of(rules, verdict.nearest)};
}

static void ask_distances(const NtRules *rules, const float *embedding, NtRulesAnswer *answer)
{
    const NtGallerySnapshot *snapshot = rules->snapshot;
    NtRuleScore nearest = {INFINITY, -1}, mean = {INFINITY, -1};
    for (guint i = 0; i < snapshot->n_faces;) {
        const guint person = snapshot->person[i];
        double sum = 0;
        guint n = 0;
        for (; i < snapshot->n_faces && snapshot->person[i] == person; i++, n++) {
            const float *picture = snapshot->embeddings + (gsize)i * NT_EMBEDDING_SIZE;
            const double distance = (double)nt_embedding_distance(embedding, picture);
            sum += distance;
            if (distance < nearest.score)
                nearest = (NtRuleScore){distance, (gint)person};
        }
        if (sum / n < mean.score)
            mean = (NtRuleScore){sum / n, (gint)person};
    }
    answer->scores[NT_RULE_NEAREST] = nearest;
    answer->scores[NT_RULE_MEAN] = mean;
}

static void ask_probability(const NtRules *rules, const float *embedding, NtRulesAnswer *answer)
{
    answer->scores[NT_RULE_PROBABILITY] = (NtRuleScore){INFINITY, -1};
    if (!rules->svm)
        return;
    struct svm_node nodes[NT_EMBEDDING_SIZE + 1];
    g_autofree double *probabilities = g_new0(double, rules->snapshot->n_people);
    fill_nodes(embedding, nodes);
    svm_predict_probability(rules->svm, nodes, probabilities);
    guint best = 0;
    for (guint p = 1; p < rules->snapshot->n_people; p++)
        if (probabilities[p] > probabilities[best])
            best = p;
    answer->scores[NT_RULE_PROBABILITY] = (NtRuleScore){1 - probabilities[best], rules->person_of_class[best]};
}

static NtRuleVerdict at_limit(NtRuleScore score, double limit)
{
    const gboolean named = score.person >= 0 && score.score <= limit;
    return (NtRuleVerdict){named ? NT_VERDICT_NAME : NT_VERDICT_UNKNOWN, named ? score.person : -1};
}

void nt_rules_ask(const NtRules *rules, const float embedding[NT_EMBEDDING_SIZE], NtRulesAnswer *answer)
{
    ask_ours(rules, embedding, answer);
    ask_distances(rules, embedding, answer);
    ask_probability(rules, embedding, answer);
    answer->verdicts[NT_SETTING_NEAREST] = at_limit(answer->scores[NT_RULE_NEAREST], NT_PEER_DISTANCE);
    answer->verdicts[NT_SETTING_MEAN] = at_limit(answer->scores[NT_RULE_MEAN], NT_PEER_DISTANCE);
    answer->verdicts[NT_SETTING_PROBABILITY] = at_limit(answer->scores[NT_RULE_PROBABILITY], 1 - NT_PEER_PROBABILITY);
}
