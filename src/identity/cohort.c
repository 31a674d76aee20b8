#include "identity/cohort.h"

#include <math.h>
#include <string.h>

#include "identity/cohort_table.inc"

#define STRANGERS_SEED 0x6e616d65746167 /* "nametag" */
/* Strangers are made in runs, each with a seed of its own: so the first are the same however many are asked for. */
#define RUN 4096
G_STATIC_ASSERT(NT_COHORT_MAX_STRANGERS % RUN == 0);

void nt_cohort_seed(NtCohort *cohort, guint64 seed)
{
    *cohort = (NtCohort){.state = seed};
}

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
static guint64 next_word(NtCohort *cohort)
{
    guint64 word = cohort->state += 0x9e3779b97f4a7c15u;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
    return word ^ (word >> 31);
}

/* Two normal numbers of one word (Box and Muller, 1958). */
static float next_normal(NtCohort *cohort)
{
    if (cohort->has_spare) {
        cohort->has_spare = FALSE;
        return cohort->spare;
    }
    const guint64 word = next_word(cohort);
    const float first = ((float)(guint32)(word >> 40) + 0.5f) * 0x1p-24f,
                second = (float)(guint32)(word & 0xffffff) * 0x1p-24f;
    const float radius = sqrtf(-2 * logf(first)), angle = 2 * (float)G_PI * second;
    cohort->spare = radius * sinf(angle);
    cohort->has_spare = TRUE;
    return radius * cosf(angle);
}

/* Adds factor times a normal vector with these axes. */
static void add_axes(NtCohort *cohort, const gint16 axes[][NT_EMBEDDING_SIZE], int n, float factor, float *embedding)
{
    for (int a = 0; a < n; a++) {
        const float length = next_normal(cohort) * factor * (float)NT_COHORT_UNIT;
        for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
            embedding[i] += length * axes[a][i];
    }
}

static void add_rest(NtCohort *cohort, float deviation, float *embedding)
{
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        embedding[i] += deviation * next_normal(cohort);
}

void nt_cohort_person(NtCohort *cohort, float person[NT_EMBEDDING_SIZE])
{
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        person[i] = mean[i] * (float)NT_COHORT_UNIT;
    add_axes(cohort, between_axes, NT_COHORT_BETWEEN, 1, person);
    add_rest(cohort, between_rest, person);
}

void nt_cohort_picture(NtCohort *cohort, const float person[NT_EMBEDDING_SIZE], float scatter,
                       float embedding[NT_EMBEDDING_SIZE])
{
    memmove(embedding, person, NT_EMBEDDING_SIZE * sizeof(float));
    add_axes(cohort, within_axes, NT_COHORT_WITHIN, scatter, embedding);
    add_rest(cohort, scatter * within_rest, embedding);
}

const float *nt_cohort_strangers(guint n)
{
    static float *strangers;
    static guint made;
    static GMutex lock;
    g_assert(n <= NT_COHORT_MAX_STRANGERS);
    g_mutex_lock(&lock);
    if (!strangers)
        strangers = g_new(float, (gsize)NT_COHORT_MAX_STRANGERS *NT_EMBEDDING_SIZE);
    for (; made < n; made += RUN) {
        NtCohort cohort;
        nt_cohort_seed(&cohort, STRANGERS_SEED + made);
        for (guint i = made; i < made + RUN; i++) {
            float *stranger = strangers + (gsize)i * NT_EMBEDDING_SIZE;
            nt_cohort_person(&cohort, stranger);
            nt_cohort_picture(&cohort, stranger, 1, stranger);
        }
    }
    g_mutex_unlock(&lock);
    return strangers;
}
