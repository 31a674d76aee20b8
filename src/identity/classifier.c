#include "identity/classifier.h"

#include <math.h>
#include <string.h>

#include "identity/pair_machines.h"
#include "identity/people_matrix.h"
#include "identity/threshold.h"

/* The SVM ranks at most so many people, none of them farther than CANDIDATE_REACH behind the nearest: who is farther
 * has lost already. */
#define MAX_CANDIDATES 8
#define CANDIDATE_REACH 0.10f
/* Machines of 520 bytes that are kept: 8 MB. */
#define MAX_MACHINES 16384
/* A face this near to a rejected or ignored one is likely the same person's: of the measured pairs of pictures of one
 * person 95 in 100 are (docs/accuracy.md). */
#define ANCHOR_RADIUS 0.5f

typedef struct Anchors {
    guint n;
    float *embeddings; /* [n][128] */
    guint *person;     /* [n] who it is not; NULL: nobody's to name */
} Anchors;

struct NtClassifier {
    gint references;
    NtPeopleMatrix *people;
    NtPairMachines *machines; /* shared with earlier and later classifiers */
    Anchors rejections, strangers;
    NtCalibration *calibration; /* NULL when somebody chose the threshold */
    NtLimits limits;
};

/* Words. */

static const char *const caution_names[NT_N_CAUTIONS] = {"cautious", "balanced", "eager"};
static const double caution_rates[NT_N_CAUTIONS] = {0.001, 0.01, 0.05};

const char *nt_caution_name(NtCaution caution)
{
    return caution_names[caution];
}

double nt_caution_rate(NtCaution caution)
{
    return caution_rates[caution];
}

gboolean nt_caution_from_name(const char *name, NtCaution *caution)
{
    for (guint i = 0; i < NT_N_CAUTIONS; i++)
        if (g_str_equal(name, caution_names[i])) {
            *caution = (NtCaution)i;
            return TRUE;
        }
    return FALSE;
}

const char *nt_verdict_kind_name(NtVerdictKind kind)
{
    return kind == NT_VERDICT_NAME ? "name" : kind == NT_VERDICT_UNSURE ? "unsure" : "unknown";
}

const char *nt_verdict_confidence(const NtVerdict *verdict)
{
    if (verdict->kind == NT_VERDICT_NAME)
        return verdict->sure ? "sure" : "likely";
    return nt_verdict_kind_name(verdict->kind);
}

/* Making one. */

static void copy_anchors(Anchors *anchors, guint n, const float *embeddings, const guint *person)
{
    anchors->n = n;
    anchors->embeddings = g_memdup2(embeddings, (gsize)n * NT_EMBEDDING_SIZE * sizeof(float));
    anchors->person = person ? g_memdup2(person, n * sizeof *person) : NULL;
}

static void calibrate(NtClassifier *classifier, double rate, const NtClassifier *previous)
{
    classifier->calibration = nt_calibration_new(classifier->people, rate, previous ? previous->calibration : NULL);
    classifier->limits = *nt_calibration_limits(classifier->calibration);
}

NtClassifier *nt_classifier_new(const NtGallerySnapshot *snapshot, const NtClassifierOptions *options,
                                const NtClassifier *previous, GError **error)
{
    NtPeopleMatrix *people = nt_people_matrix_new(snapshot, error);
    if (!people)
        return NULL;
    NtClassifier *classifier = g_new0(NtClassifier, 1);
    classifier->references = 1;
    classifier->people = people;
    classifier->machines = previous ? nt_pair_machines_ref(previous->machines) : nt_pair_machines_new(MAX_MACHINES);
    copy_anchors(&classifier->rejections, snapshot->n_rejections, snapshot->rejections, snapshot->rejected);
    copy_anchors(&classifier->strangers, snapshot->n_strangers, snapshot->strangers, NULL);
    if (options->threshold > 0)
        nt_limits_fixed(options->threshold, &classifier->limits);
    else
        calibrate(classifier, nt_caution_rate(options->caution), previous);
    return classifier;
}

NtClassifier *nt_classifier_ref(NtClassifier *classifier)
{
    g_atomic_int_inc(&classifier->references);
    return classifier;
}

void nt_classifier_unref(NtClassifier *classifier)
{
    if (!classifier || !g_atomic_int_dec_and_test(&classifier->references))
        return;
    nt_people_matrix_free(classifier->people);
    nt_pair_machines_unref(classifier->machines);
    nt_calibration_free(classifier->calibration);
    g_free(classifier->rejections.embeddings);
    g_free(classifier->rejections.person);
    g_free(classifier->strangers.embeddings);
    g_free(classifier);
}

guint nt_classifier_n_people(const NtClassifier *classifier)
{
    return classifier->people->n_people;
}

float nt_classifier_threshold(const NtClassifier *classifier)
{
    return classifier->limits.name.distance;
}

double nt_classifier_false_name_rate(const NtClassifier *classifier)
{
    return classifier->calibration ? nt_calibration_rate(classifier->calibration) : -1;
}

/* Verdicts. */

/* Distance to the nearest anchor; of those about one person when the anchors are about people. */
static float anchor_distance(const Anchors *anchors, guint person, const float *embedding)
{
    float nearest = INFINITY;
    for (guint i = 0; i < anchors->n; i++)
        if (!anchors->person || anchors->person[i] == person)
            nearest =
                MIN(nearest, nt_embedding_distance(anchors->embeddings + (gsize)i * NT_EMBEDDING_SIZE, embedding));
    return nearest;
}

/* Whether an anchor at that distance stands between the face and a person. */
static gboolean comes_before(float anchor, float person)
{
    return anchor <= ANCHOR_RADIUS && anchor < person;
}

/* Drops the people whom somebody has ruled out for such a face; returns how many are left. */
static guint drop_rejected(const NtClassifier *classifier, const float *embedding, NtNearPerson *near, guint n)
{
    guint left = 0;
    for (guint i = 0; i < n; i++)
        if (classifier->rejections.n == 0 ||
            !comes_before(anchor_distance(&classifier->rejections, near[i].person, embedding), near[i].distance))
            near[left++] = near[i];
    return left;
}

/* Whether the SVM has nobody before the nearest person, among those who are nearly as near. */
static gboolean votes_agree(const NtClassifier *classifier, const float *embedding, const NtNearPerson *near, guint n)
{
    guint votes[MAX_CANDIDATES], most = 0;
    while (n > 0 && near[n - 1].distance > near[0].distance + CANDIDATE_REACH)
        n--;
    nt_pair_machines_vote(classifier->machines, classifier->people, near, n, embedding, votes);
    for (guint i = 0; i < n; i++)
        most = MAX(most, votes[i]);
    return votes[0] == most;
}

static void say(NtVerdict *verdict, NtVerdictKind kind, NtVerdictReason reason)
{
    verdict->kind = kind;
    verdict->reason = reason;
    verdict->name = kind == NT_VERDICT_UNKNOWN ? NULL : verdict->nearest;
}

/* Who the verdict is about: the first of these. */
static void consider(const NtClassifier *classifier, NtVerdict *verdict, const NtNearPerson *near, guint n)
{
    verdict->nearest = classifier->people->names[near[0].person];
    verdict->distance = near[0].distance;
    verdict->margin = n > 1 ? near[1].distance - near[0].distance : INFINITY;
}

void nt_classifier_identify(const NtClassifier *classifier, const float embedding[NT_EMBEDDING_SIZE],
                            NtVerdict *verdict)
{
    const NtLimits *limits = &classifier->limits;
    NtNearPerson near[MAX_CANDIDATES];
    *verdict = (NtVerdict){.distance = INFINITY, .margin = INFINITY, .reason = NT_REASON_EMPTY};
    const guint found = nt_people_matrix_nearest(classifier->people, embedding, near, MAX_CANDIDATES);
    if (found == 0 || isinf(near[0].distance))
        return;
    consider(classifier, verdict, near, found);
    if (comes_before(anchor_distance(&classifier->strangers, 0, embedding), verdict->distance)) {
        say(verdict, NT_VERDICT_UNKNOWN, NT_REASON_IGNORED);
        return;
    }
    if (verdict->distance > limits->unsure.distance) {
        say(verdict, NT_VERDICT_UNKNOWN, NT_REASON_FAR);
        return;
    }
    const guint n = drop_rejected(classifier, embedding, near, found);
    if (n == 0 || near[0].distance > limits->unsure.distance) {
        say(verdict, NT_VERDICT_UNKNOWN, NT_REASON_REJECTED);
        return;
    }
    consider(classifier, verdict, near, n);
    /* Somebody who was rejected for this face is no rival either. */
    const float second = n > 1 ? near[1].distance : INFINITY;
    if (!nt_limit_holds(&limits->unsure, verdict->distance, second))
        say(verdict, NT_VERDICT_UNKNOWN, NT_REASON_FAR);
    else if (verdict->margin < NT_MIN_MARGIN)
        say(verdict, NT_VERDICT_UNSURE, NT_REASON_TIE);
    else if (!nt_limit_holds(&limits->name, verdict->distance, second))
        say(verdict, NT_VERDICT_UNSURE, NT_REASON_CLOSE);
    else if (!votes_agree(classifier, embedding, near, n))
        say(verdict, NT_VERDICT_UNSURE, NT_REASON_TIE);
    else
        say(verdict, NT_VERDICT_NAME, NT_REASON_NONE);
    verdict->sure = verdict->kind == NT_VERDICT_NAME && nt_limit_holds(&limits->sure, verdict->distance, second);
}

guint nt_classifier_neighbours(const NtClassifier *classifier, const float embedding[NT_EMBEDDING_SIZE],
                               NtNeighbour *neighbours, guint n)
{
    n = MIN(n, classifier->people->n_people);
    g_autofree NtNearPerson *near = g_new(NtNearPerson, n);
    g_autofree guint *votes = g_new0(guint, n);
    n = nt_people_matrix_nearest(classifier->people, embedding, near, n);
    while (n > 0 && isinf(near[n - 1].distance))
        n--;
    /* The votes of many people are many machines: only of those whom the verdict would ask. */
    nt_pair_machines_vote(classifier->machines, classifier->people, near, MIN(n, MAX_CANDIDATES), embedding, votes);
    for (guint i = 0; i < n; i++)
        neighbours[i] = (NtNeighbour){classifier->people->names[near[i].person], near[i].distance, votes[i]};
    return n;
}
