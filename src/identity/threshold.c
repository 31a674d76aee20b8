#include "identity/threshold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "identity/cohort.h"

/* A rate is known to about one over the square root of the strangers within it: a thousandth needs more of them. */
#define USUAL_STRANGERS 8192
#define RARE_RATE 0.005
/* The limit of the distance, by the decade of rate. The root mean square over more than two pictures (people_matrix.h)
 * is greater the more there are: it gets more for each further one up to three. The test media's strangers come no
 * nearer than 0.61 to anybody (docs/accuracy.md). */
#define MOST_FOR_ONE_PICTURE 0.58
#define MOST_FOR_MORE 0.01
#define MORE_PICTURES 2.0
#define MOST_FOR_DECADE 0.03
#define USUAL_RATE 0.01
/* A sure name would be one at a tenth of the rate too, a guess is one at five times the rate, but no
 * more than one stranger in ten is guessed at; a decade of rate is a distance
 * of about 0.03 (between the quantiles of strangers' distances to galleries of all sizes). */
#define SURE_RATE 0.1
#define UNSURE_RATE 5.0
#define MOST_UNSURE 0.1
#define SURE_BELOW 0.03f
#define UNSURE_ABOVE 0.02f
/* Scores are whole multiples of this. */
#define STEP 1e-4
/* The tail that the limit is read from: a parabola through the logarithm of the share over the score, fitted at points
 * between the fourth stranger and a tenth of them. */
#define TAIL_FIRST 4
#define TAIL_SHARE 0.1
#define TAIL_POINTS 40
#define MUCH_CHANGED 4   /* more than one in so many people: all is done anew */
#define BEYOND_TAIL 0.05 /* no farther than this below the nearest stranger */
/* The gallery's own faces that are compared with its other people, and by how much these may lower the limit. The lower
 * quartile of n such distances is known to about 0.075 / sqrt n (their spread is 0.055): twice that is chance. */
#define OWN_FACES 256
#define OWN_QUANTILE 0.25
#define OWN_CHANCE 0.15
#define MOST_LOWERED 0.08

/* The people nearest to a stranger. */
typedef struct Rival {
    float distance;
    guint64 digest; /* who it is */
} Rival;

struct NtCalibration {
    double rate;
    guint n_people;   /* with pictures in use */
    guint64 *digests; /* [n_people], ascending */
    guint n_strangers;
    Rival (*rivals)[NT_RIVALS]; /* [n_strangers], nearest first */
    NtLimits limits;
};

static float score_of(float nearest, float second)
{
    return isinf(second) ? 0 : nearest * nearest / second;
}

gboolean nt_limit_holds(const NtLimit *limit, float nearest, float second)
{
    return nearest <= limit->distance && score_of(nearest, second) <= limit->score;
}

static NtLimits limits_around(float distance)
{
    return (NtLimits){{distance - SURE_BELOW, INFINITY}, {distance, INFINITY}, {distance + UNSURE_ABOVE, INFINITY}};
}

void nt_limits_fixed(float threshold, NtLimits *limits)
{
    *limits = limits_around(threshold);
}

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static int by_digest(const void *a, const void *b)
{
    const guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;
    return (x > y) - (x < y);
}

/* Strangers. */

/* A person of the gallery, to be found by digest. */
typedef struct Entry {
    guint64 digest;
    guint person;
} Entry;

/* Everybody with a picture, by digest. */
static Entry *list_people(const NtPeopleMatrix *people, guint *n)
{
    Entry *entries = g_new(Entry, people->n_people);
    *n = 0;
    for (guint p = 0; p < people->n_people; p++)
        if (nt_people_matrix_n_pictures(people, p) > 0)
            entries[(*n)++] = (Entry){people->digests[p], p};
    if (*n > 0)
        qsort(entries, *n, sizeof *entries, by_digest); /* the digest comes first in an entry */
    return entries;
}

static const float *stranger_at(const NtCalibration *calibration, guint stranger)
{
    return nt_cohort_strangers(calibration->n_strangers) + (gsize)stranger * NT_EMBEDDING_SIZE;
}

/* These strangers are compared with everybody. */
static void compare(NtCalibration *calibration, const NtPeopleMatrix *people, const guint *strangers, guint n)
{
    g_autofree NtNearPerson(*nearest)[NT_RIVALS] = g_malloc_n(n, sizeof *nearest);
    g_autofree float *faces = g_new(float, (gsize)n *NT_EMBEDDING_SIZE);
    for (guint i = 0; i < n; i++)
        memcpy(faces + (gsize)i * NT_EMBEDDING_SIZE, stranger_at(calibration, strangers[i]),
               NT_EMBEDDING_SIZE * sizeof(float));
    nt_people_matrix_nearest_of_all(people, faces, n, NULL, nearest);
    for (guint i = 0; i < n; i++)
        for (guint r = 0; r < NT_RIVALS; r++) {
            const gboolean nobody = isinf(nearest[i][r].distance);
            calibration->rivals[strangers[i]][r] =
                (Rival){nearest[i][r].distance, nobody ? 0 : people->digests[nearest[i][r].person]};
        }
}

/* Somebody new comes between. */
static void add_rival(Rival rivals[NT_RIVALS], Rival rival)
{
    for (guint r = 0; r < NT_RIVALS; r++)
        if (rival.distance < rivals[r].distance) {
            const Rival farther = rivals[r];
            rivals[r] = rival;
            rival = farther;
        }
}

static gboolean is_listed(const guint64 *digests, guint n, guint64 digest)
{
    return n > 0 && bsearch(&digest, digests, n, sizeof digest, by_digest) != NULL;
}

/* Only who has changed is compared with the strangers, and strangers of whose nearest people one is gone with
 * everybody. FALSE when that would be hardly less work than to begin anew. */
static gboolean take_over(NtCalibration *calibration, const NtPeopleMatrix *people, const Entry *entries,
                          const NtCalibration *previous)
{
    g_autofree guint *added = g_new(guint, calibration->n_people);
    g_autofree guint *orphans = g_new(guint, calibration->n_strangers);
    guint n_added = 0, n_orphans = 0;
    for (guint e = 0; e < calibration->n_people; e++)
        if (!is_listed(previous->digests, previous->n_people, entries[e].digest))
            added[n_added++] = entries[e].person;
    if (n_added > calibration->n_people / MUCH_CHANGED)
        return FALSE;
    for (guint s = 0; s < calibration->n_strangers; s++) {
        Rival *rivals = calibration->rivals[s];
        gboolean orphan = FALSE;
        memcpy(rivals, previous->rivals[s], sizeof previous->rivals[s]);
        for (guint r = 0; r < NT_RIVALS; r++)
            orphan |= !is_listed(calibration->digests, calibration->n_people, rivals[r].digest);
        if (orphan)
            orphans[n_orphans++] = s;
        for (guint a = 0; !orphan && a < n_added; a++)
            add_rival(rivals, (Rival){nt_people_matrix_distance(people, added[a], stranger_at(calibration, s)),
                                      people->digests[added[a]]});
    }
    compare(calibration, people, orphans, n_orphans);
    return TRUE;
}

static void compare_all(NtCalibration *calibration, const NtPeopleMatrix *people)
{
    g_autofree guint *everybody = g_new(guint, calibration->n_strangers);
    for (guint s = 0; s < calibration->n_strangers; s++)
        everybody[s] = s;
    compare(calibration, people, everybody, calibration->n_strangers);
}

/* The gallery's own. */

/* Sorts the values. */
static float quantile(float *values, guint n, double share)
{
    qsort(values, n, sizeof *values, by_value);
    return values[MIN((guint)(share * n), n - 1)];
}

/* By how much the people here are more alike than strangers are like them. */
static double lowering(const NtCalibration *calibration, const NtPeopleMatrix *people)
{
    if (calibration->n_people < 2)
        return 0;
    const guint n = MIN(people->n_faces, OWN_FACES);
    g_autofree float *faces = g_new(float, (gsize)n *NT_EMBEDDING_SIZE);
    g_autofree guint *owner = g_new(guint, n);
    g_autofree NtNearPerson(*nearest)[NT_RIVALS] = g_malloc_n(n, sizeof *nearest);
    g_autofree float *distances = g_new(float, MAX(n, calibration->n_strangers));
    guint n_owners = 0;
    for (guint i = 0, p = 0; i < n; i++) {
        const guint face = (guint)((guint64)i * people->n_faces / n); /* evenly over the gallery */
        while (people->first[p + 1] <= face)
            p++;
        n_owners += i == 0 || owner[i - 1] != p;
        owner[i] = p;
        memcpy(faces + (gsize)i * NT_EMBEDDING_SIZE, people->embeddings + (gsize)face * NT_EMBEDDING_SIZE,
               NT_EMBEDDING_SIZE * sizeof(float));
    }
    nt_people_matrix_nearest_of_all(people, faces, n, owner, nearest);
    for (guint i = 0; i < n; i++)
        distances[i] = nearest[i][0].distance;
    const float own = quantile(distances, n, OWN_QUANTILE);
    for (guint s = 0; s < calibration->n_strangers; s++)
        distances[s] = calibration->rivals[s][0].distance;
    const float others = quantile(distances, calibration->n_strangers, OWN_QUANTILE);
    return CLAMP((double)(others - own) - OWN_CHANCE / sqrt(n_owners), 0, MOST_LOWERED);
}

/* The limits. */

/* log share = c[0] + c[1] x + c[2] x^2 with x = score - middle */
typedef struct Tail {
    double middle, c[3];
} Tail;

/* Solves the three normal equations, sums[row + column] and right[row], by elimination. */
static void solve(const double sums[5], const double right[3], double c[3])
{
    double rows[3][4];
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 4; k++)
            rows[i][k] = k < 3 ? sums[i + k] : right[i];
    for (int i = 0; i < 3; i++)
        for (int k = i + 1; k < 3; k++) {
            const double factor = rows[k][i] / rows[i][i];
            for (int m = i; m < 4; m++)
                rows[k][m] -= factor * rows[i][m];
        }
    for (int i = 2; i >= 0; i--) {
        c[i] = rows[i][3];
        for (int k = i + 1; k < 3; k++)
            c[i] -= rows[i][k] * c[k];
        c[i] /= rows[i][i];
    }
}

/* scores: ascending, of n strangers the lowest `last`. A point's weight is the strangers that it stands for. */
static Tail fit_tail(const float *scores, double last, double n)
{
    Tail tail = {.middle = (double)scores[(guint)(last / 2)]};
    double sums[5] = {0}, right[3] = {0};
    for (int p = 0; p < TAIL_POINTS; p++) {
        const double rank = floor(TAIL_FIRST * pow(last / TAIL_FIRST, (double)p / (TAIL_POINTS - 1)));
        const double x = (double)scores[(guint)rank - 1] - tail.middle;
        double power = rank;
        for (int i = 0; i < 5; i++, power *= x) {
            sums[i] += power;
            if (i < 3)
                right[i] += power * log((rank - 0.5) / n);
        }
    }
    solve(sums, right, tail.c);
    return tail;
}

static double tail_share(const Tail *tail, double score)
{
    const double x = score - tail->middle;
    return exp(tail->c[0] + x * (tail->c[1] + x * tail->c[2]));
}

/* The score within which rate of all strangers are, of those who are within the distance and far enough from the
 * second. */
static float score_limit(const NtCalibration *calibration, float distance, float margin, double rate)
{
    const guint n = calibration->n_strangers;
    g_autofree float *scores = g_new(float, n);
    guint within = 0;
    for (guint s = 0; s < n; s++) {
        const Rival *rivals = calibration->rivals[s];
        if (rivals[0].distance <= distance && rivals[1].distance - rivals[0].distance >= margin)
            scores[within++] = score_of(rivals[0].distance, rivals[1].distance);
    }
    if (within <= MAX(rate * n, TAIL_FIRST) || calibration->n_people < 2)
        return INFINITY;
    qsort(scores, within, sizeof *scores, by_value);
    const double share = MAX(TAIL_SHARE, rate);
    const Tail tail = fit_tail(scores, MIN(share * n, within), n);
    const double least = (double)scores[0] - BEYOND_TAIL;
    double limit = (double)scores[(guint)MIN(share * n, within) - 1];
    while (limit > least && tail_share(&tail, limit) > rate)
        limit -= STEP;
    return (float)(round(limit / STEP) * STEP);
}

static void find_limits(NtCalibration *calibration, const NtPeopleMatrix *people)
{
    NtLimits *limits = &calibration->limits;
    const double pictures = calibration->n_people ? (double)people->n_faces / calibration->n_people : 0;
    const double more = people->pairs ? 0 : MOST_FOR_MORE * CLAMP(pictures - 1, 0, MORE_PICTURES);
    const double most = MOST_FOR_ONE_PICTURE + more + MOST_FOR_DECADE * log10(calibration->rate / USUAL_RATE);
    *limits = limits_around((float)most);
    limits->sure.score = score_limit(calibration, limits->name.distance, NT_MIN_MARGIN, calibration->rate * SURE_RATE);
    limits->name.score = score_limit(calibration, limits->name.distance, NT_MIN_MARGIN, calibration->rate);
    limits->unsure.score =
        score_limit(calibration, limits->unsure.distance, 0, MIN(calibration->rate * UNSURE_RATE, MOST_UNSURE));
    const float lowered = (float)(round(lowering(calibration, people) / STEP) * STEP);
    NtLimit *each[] = {&limits->sure, &limits->name, &limits->unsure};
    for (guint i = 0; i < G_N_ELEMENTS(each); i++) {
        each[i]->score *= 1 - lowered / (float)most;
        each[i]->distance -= lowered;
    }
}

NtCalibration *nt_calibration_new(const NtPeopleMatrix *people, double rate, const NtCalibration *previous)
{
    NtCalibration *calibration = g_new0(NtCalibration, 1);
    g_autofree Entry *entries = list_people(people, &calibration->n_people);
    calibration->rate = rate;
    if (calibration->n_people > 0)
        calibration->n_strangers = rate < RARE_RATE ? NT_COHORT_MAX_STRANGERS : USUAL_STRANGERS;
    calibration->digests = g_new(guint64, calibration->n_people);
    calibration->rivals = g_malloc_n(calibration->n_strangers, sizeof *calibration->rivals);
    for (guint e = 0; e < calibration->n_people; e++)
        calibration->digests[e] = entries[e].digest;
    if (!previous || previous->n_strangers != calibration->n_strangers ||
        !take_over(calibration, people, entries, previous))
        compare_all(calibration, people);
    find_limits(calibration, people);
    return calibration;
}

void nt_calibration_free(NtCalibration *calibration)
{
    if (!calibration)
        return;
    g_free(calibration->digests);
    g_free(calibration->rivals);
    g_free(calibration);
}

const NtLimits *nt_calibration_limits(const NtCalibration *calibration)
{
    return &calibration->limits;
}

double nt_calibration_rate(const NtCalibration *calibration)
{
    guint named = 0;
    for (guint s = 0; s < calibration->n_strangers; s++) {
        const Rival *rivals = calibration->rivals[s];
        named += rivals[1].distance - rivals[0].distance >= NT_MIN_MARGIN &&
                 nt_limit_holds(&calibration->limits.name, rivals[0].distance, rivals[1].distance);
    }
    return calibration->n_strangers ? (double)named / calibration->n_strangers : 0;
}
