/* Galleries of 10 to 10,000 people with five pictures each, drawn from the background cohort: how many strangers get a
 * name, how many of the people theirs, and what it costs.
 *
 *   ninja -C BUILD bench-gallery
 *   BUILD/tests/bench/nametag-bench-gallery [PEOPLE...] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "identity/classifier.h"
#include "identity/made_people.h"

#define PICTURES 5
#define STRANGERS 20000
#define FURTHER 2000 /* further faces of the people */
#define TIMED 400    /* verdicts, half of them about strangers */
#define ENROLMENTS 9
#define WORSE 1.5f /* further pictures scatter so much more than those that were chosen to enrol */
#define FIXED 0.6f /* dlib's rule: the nearest person within one distance for every gallery, and nothing else */

typedef struct Counts {
    guint right, wrong, unsure;
} Counts;

/* fixed: by dlib's rule. */
static Counts count(const NtClassifier *classifier, gboolean fixed, const float *faces, guint n, char *const *names,
                    const guint *who)
{
    Counts counts = {0};
    for (guint i = 0; i < n; i++) {
        NtVerdict verdict;
        nt_classifier_identify(classifier, faces + (gsize)i * NT_EMBEDDING_SIZE, &verdict);
        if (fixed) {
            verdict.kind = verdict.distance <= FIXED ? NT_VERDICT_NAME : NT_VERDICT_UNKNOWN;
            verdict.name = verdict.nearest;
        }
        counts.unsure += verdict.kind == NT_VERDICT_UNSURE;
        if (verdict.kind == NT_VERDICT_NAME && who && g_str_equal(verdict.name, names[who[i]]))
            counts.right++;
        else if (verdict.kind == NT_VERDICT_NAME)
            counts.wrong++;
    }
    return counts;
}

static int by_time(const void *a, const void *b)
{
    const gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return (x > y) - (x < y);
}

static double median_ms(gint64 *times, guint n)
{
    qsort(times, n, sizeof *times, by_time);
    return (double)times[n / 2] / 1e3;
}

/* The thread's own time: other programs' work does not count. */
static gint64 now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static double verdict_ms(const NtClassifier *classifier, const float *strangers, const float *further)
{
    gint64 times[TIMED];
    for (guint i = 0; i < TIMED; i++) {
        NtVerdict verdict;
        const gint64 before = now_us();
        nt_classifier_identify(classifier, (i % 2 ? strangers : further) + (gsize)i * NT_EMBEDDING_SIZE, &verdict);
        times[i] = now_us() - before;
    }
    return median_ms(times, TIMED);
}

/* A snapshot in which one person's pictures have changed, taken in. */
static double enrolment_ms(NtGallerySnapshot *snapshot, const NtClassifierOptions *options, NtClassifier *classifier)
{
    gint64 times[ENROLMENTS];
    NtClassifier *last = nt_classifier_ref(classifier);
    for (guint i = 0; i < ENROLMENTS; i++) {
        snapshot->embeddings[(gsize)i * snapshot->n_faces / ENROLMENTS * NT_EMBEDDING_SIZE] += 0.01f;
        const gint64 before = now_us();
        NtClassifier *next = nt_classifier_new(snapshot, options, last, NULL);
        times[i] = now_us() - before;
        nt_classifier_unref(last);
        last = next;
    }
    nt_classifier_unref(last);
    return median_ms(times, ENROLMENTS);
}

typedef struct Probes {
    float *strangers, *further;
    guint *who;
} Probes;

static void measure(NtGallerySnapshot *snapshot, const NtClassifierOptions *options, const char *rule,
                    const Probes *probes)
{
    const gint64 before = now_us();
    g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, options, NULL, NULL);
    const double start = (double)(now_us() - before) / 1e3;
    const double time = verdict_ms(classifier, probes->strangers, probes->further);
    const Counts strangers = count(classifier, options->threshold > 0, probes->strangers, STRANGERS, NULL, NULL);
    const Counts further =
        count(classifier, options->threshold > 0, probes->further, FURTHER, snapshot->names, probes->who);
    printf("| %u | %s | %.3f | %.2f %% | %.2f %% | %.1f %% | %.2f %% | %.1f %% | %.3f | %.1f | %.0f |\n",
           snapshot->n_people, rule, (double)nt_classifier_threshold(classifier), 100.0 * strangers.wrong / STRANGERS,
           100.0 * strangers.unsure / STRANGERS, 100.0 * further.right / FURTHER, 100.0 * further.wrong / FURTHER,
           100.0 * further.unsure / FURTHER, time, enrolment_ms(snapshot, options, classifier), start);
    fflush(stdout);
}

static void bench(guint n)
{
    NtCohort cohort;
    g_autofree float *centres = NULL;
    nt_cohort_seed(&cohort, n);
    g_autoptr(NtGallerySnapshot) snapshot = made_cohort_people(&cohort, n, PICTURES, &centres);
    g_autofree float *strangers = g_new(float, STRANGERS *NT_EMBEDDING_SIZE);
    g_autofree float *further = g_new(float, FURTHER *NT_EMBEDDING_SIZE);
    g_autofree guint *who = g_new(guint, FURTHER);
    for (guint i = 0; i < STRANGERS; i++) {
        float *stranger = strangers + (gsize)i * NT_EMBEDDING_SIZE;
        nt_cohort_person(&cohort, stranger);
        nt_cohort_picture(&cohort, stranger, 1, stranger);
    }
    for (guint i = 0; i < FURTHER; i++) {
        who[i] = (guint)((guint64)i * n / FURTHER);
        nt_cohort_picture(&cohort, centres + (gsize)who[i] * NT_EMBEDDING_SIZE, WORSE,
                          further + (gsize)i * NT_EMBEDDING_SIZE);
    }
    const Probes probes = {strangers, further, who};
    for (guint c = 0; c < NT_N_CAUTIONS; c++)
        measure(snapshot, &(NtClassifierOptions){.caution = (NtCaution)c}, nt_caution_name((NtCaution)c), &probes);
    measure(snapshot, &(NtClassifierOptions){.threshold = FIXED}, "0.6 alone", &probes);
}

int main(int argc, char **argv)
{
    static const guint sizes[] = {10, 100, 1000, 10000};
    printf("| people | rule | threshold | strangers named | strangers unsure | right names | wrong names | unsure | "
           "ms a verdict | ms an enrolment | ms the first time |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (int i = 1; i < argc; i++)
        bench((guint)atoi(argv[i]));
    for (guint i = 0; argc == 1 && i < G_N_ELEMENTS(sizes); i++)
        bench(sizes[i]);
    return 0;
}
