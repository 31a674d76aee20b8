#include "engine/track_identity.h"

#include <math.h>
#include <string.h>

/* A name that is only just one, and a guess, stand on so many embeddings. */
#define ENOUGH 3
/* So many settle what can be settled: more change the average little. */
#define PLENTY 5
/* Of the test clips' frames (a singer who moves, half in profile, the worst): one person's lie up to 0.60 from a mean
 * of five (of one or two: 0.68), another's from 0.56 on, 0.66 in the median: such a picture is suspected. The mean of
 * three running tells better: one person's 0.58 at most in 99 of 100, another's 0.66 in the median. */
#define SUSPECT 0.55f
#define SUSPECT_AT_FIRST 0.65f
#define SOMEBODY_ELSE 0.6f
/* Pictures of one person, a few frames apart, are nearer to the mean of three than this: no pair farther than 0.6. */
#define ALIKE 0.35f
/* A poorer picture says nothing against the others. */
#define LEAST_AGAINST 0.15f
/* Nothing is so poor that it does not count at all. */
#define LEAST_WEIGHT 0.05f

/* Frames from one embedding to the next: neighbouring frames tell nearly the same, every other one tells more; while in
 * doubt rarer and rarer; and of who is settled, a look now and then. */
#define WAIT_AT_FIRST 2
#define WAIT_IN_DOUBT_MOST 10
#define WAIT_NAMED 15
#define WAIT_SETTLED 30

static const NtVerdict nobody = {
    .kind = NT_VERDICT_UNKNOWN, .reason = NT_REASON_EMPTY, .distance = INFINITY, .margin = INFINITY};

void nt_track_identity_clear(NtTrackIdentity *identity)
{
    nt_classifier_unref((NtClassifier *)identity->classifier);
    memset(identity, 0, sizeof *identity);
}

static void weighted_mean(float (*embeddings)[NT_EMBEDDING_SIZE], const float *weights, guint n, float *mean)
{
    float sum = 0;
    memset(mean, 0, NT_EMBEDDING_SIZE * sizeof *mean);
    for (guint i = 0; i < n; i++) {
        sum += weights[i];
        for (guint k = 0; k < NT_EMBEDDING_SIZE; k++)
            mean[k] += weights[i] * embeddings[i][k];
    }
    for (guint k = 0; k < NT_EMBEDDING_SIZE; k++)
        mean[k] /= sum;
}

/* In order of arrival; of the poorest the oldest makes room. */
static void keep(NtTrackIdentity *identity, const float *embedding, float weight)
{
    if (identity->n == NT_TRACK_EMBEDDINGS) {
        guint poorest = 0;
        for (guint i = 1; i < identity->n; i++)
            if (identity->weights[i] < identity->weights[poorest])
                poorest = i;
        if (weight < identity->weights[poorest])
            return;
        const guint after = --identity->n - poorest;
        memmove(identity->embeddings[poorest], identity->embeddings[poorest + 1],
                after * sizeof identity->embeddings[0]);
        memmove(&identity->weights[poorest], &identity->weights[poorest + 1], after * sizeof identity->weights[0]);
    }
    memcpy(identity->embeddings[identity->n], embedding, sizeof identity->embeddings[0]);
    identity->weights[identity->n++] = weight;
    weighted_mean(identity->embeddings, identity->weights, identity->n, identity->mean);
}

/* Whether it is the person whose name the track has, or, the other way, another one with a name. */
typedef enum Likeness { LIKE_NOBODY, LIKE_THE_SAME, LIKE_ANOTHER } Likeness;

static Likeness ask_classifier(const NtTrackIdentity *identity, const float *embedding)
{
    NtVerdict verdict;
    if (!identity->classifier || identity->verdict.kind != NT_VERDICT_NAME)
        return LIKE_NOBODY;
    nt_classifier_identify(identity->classifier, embedding, &verdict);
    if (verdict.name == identity->verdict.name) /* interned */
        return LIKE_THE_SAME;
    return verdict.kind == NT_VERDICT_NAME ? LIKE_ANOTHER : LIKE_NOBODY;
}

static gboolean is_suspect(const NtTrackIdentity *identity, const float *embedding)
{
    const float far = identity->n < ENOUGH ? SUSPECT_AT_FIRST : SUSPECT;
    const Likeness likeness = ask_classifier(identity, embedding);
    return likeness == LIKE_ANOTHER ||
           (likeness == LIKE_NOBODY && nt_embedding_distance(identity->mean, embedding) > far);
}

/* What the suspects tell together. */
typedef enum Finding { NOT_YET, NOTHING, THE_SAME, SOMEBODY } Finding;

static Finding judge_suspects(NtTrackIdentity *identity)
{
    const guint n = identity->n_against;
    float mean[NT_EMBEDDING_SIZE];
    weighted_mean(identity->against, identity->against_weights, n, mean);
    if (n > 1 && ask_classifier(identity, mean) == LIKE_ANOTHER)
        return SOMEBODY;
    if (n < NT_TRACK_AGAINST)
        return NOT_YET;
    for (guint i = 0; i < n; i++)
        if (nt_embedding_distance(identity->against[i], mean) > ALIKE)
            return NOTHING; /* now this, now that: a face in a bad moment */
    if (ask_classifier(identity, mean) == LIKE_THE_SAME)
        return THE_SAME;
    return nt_embedding_distance(identity->mean, mean) > SOMEBODY_ELSE ? SOMEBODY : THE_SAME;
}

static void keep_suspects(NtTrackIdentity *identity)
{
    for (guint i = 0; i < identity->n_against; i++)
        keep(identity, identity->against[i], identity->against_weights[i]);
    identity->n_against = 0;
}

gboolean nt_track_identity_add(NtTrackIdentity *identity, const float embedding[NT_EMBEDDING_SIZE], float weight)
{
    weight = CLAMP(weight, LEAST_WEIGHT, 1);
    identity->n_seen++;
    if (identity->n == 0 || !is_suspect(identity, embedding)) {
        identity->n_against = 0;
        keep(identity, embedding, weight);
        return TRUE;
    }
    if (weight < LEAST_AGAINST)
        return TRUE;
    /* What ended a track, which was hidden with it, is not held against whoever comes back. */
    if (identity->n_against == NT_TRACK_AGAINST)
        identity->n_against = 0;
    memcpy(identity->against[identity->n_against], embedding, sizeof identity->against[0]);
    identity->against_weights[identity->n_against++] = weight;
    switch (judge_suspects(identity)) {
    case NOT_YET:
        break;
    case NOTHING:
        identity->n_against = 0;
        break;
    case THE_SAME: /* in another light, or turned */
        keep_suspects(identity);
        break;
    case SOMEBODY:
        /* When the first few were the odd ones, and nothing was said yet that would have to be taken back: begin anew.
         */
        if (identity->n >= ENOUGH || identity->n_against < ENOUGH || identity->verdict.kind == NT_VERDICT_NAME)
            return FALSE;
        identity->n = 0;
        keep_suspects(identity);
    }
    return TRUE;
}

static void make_unknown(NtVerdict *verdict, NtVerdictReason reason)
{
    verdict->kind = NT_VERDICT_UNKNOWN;
    verdict->reason = reason;
    verdict->name = NULL;
    verdict->sure = FALSE;
}

/* What may be said of it, of what the mean looks like. */
static void judge_mean(NtTrackIdentity *identity)
{
    NtVerdict verdict;
    nt_classifier_identify(identity->classifier, identity->mean, &verdict);
    if (identity->verdict.kind == NT_VERDICT_NAME) {
        if (verdict.nearest != identity->verdict.name)
            return;
        identity->verdict.distance = verdict.distance;
        identity->verdict.margin = verdict.margin;
        identity->verdict.sure |= verdict.sure;
        return;
    }
    if (verdict.kind != NT_VERDICT_UNKNOWN && !verdict.sure && identity->n < ENOUGH)
        make_unknown(&verdict, NT_REASON_CLOSE);
    if (verdict.kind == NT_VERDICT_UNSURE) {
        identity->guess = identity->guess ? identity->guess : verdict.name;
        if (verdict.name != identity->guess)
            make_unknown(&verdict, NT_REASON_TIE);
    }
    identity->verdict = verdict;
}

void nt_track_identity_judge(NtTrackIdentity *identity, NtClassifier *classifier)
{
    if (identity->classifier != classifier) {
        nt_classifier_unref((NtClassifier *)identity->classifier);
        identity->classifier = classifier ? nt_classifier_ref(classifier) : NULL;
        identity->verdict = nobody;
        identity->guess = NULL;
    } else if (identity->n_judged == identity->n_seen && identity->n > 0) {
        return;
    }
    identity->n_judged = identity->n_seen;
    if (identity->classifier && identity->n > 0)
        judge_mean(identity);
    else
        identity->verdict = nobody;
}

static gboolean is_in_doubt(const NtVerdict *verdict)
{
    return verdict->kind == NT_VERDICT_UNSURE || verdict->reason == NT_REASON_CLOSE || verdict->reason == NT_REASON_TIE;
}

guint nt_track_identity_wait(const NtTrackIdentity *identity)
{
    if (identity->n == 0 || identity->n_against > 0)
        return 1;
    if (identity->n_seen < ENOUGH)
        return WAIT_AT_FIRST;
    if (is_in_doubt(&identity->verdict)) {
        const guint over = identity->n_seen > PLENTY ? identity->n_seen - PLENTY : 0;
        return MIN(WAIT_AT_FIRST + over, WAIT_IN_DOUBT_MOST);
    }
    return identity->n_seen < NT_TRACK_EMBEDDINGS ? WAIT_NAMED : WAIT_SETTLED;
}

float nt_track_identity_distance(const NtTrackIdentity *a, const NtTrackIdentity *b)
{
    return a->n > 0 && b->n > 0 ? nt_embedding_distance(a->mean, b->mean) : INFINITY;
}
