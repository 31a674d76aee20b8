#include "identity/made_people.h"

#include <math.h>

#define PERSON_NORM 1.4
#define SCATTER 0.029 /* a component; two pictures of one person lie about 0.46 apart */

void made_person(GRand *random, float centre[NT_EMBEDDING_SIZE])
{
    double norm = 0;
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++) {
        double sum = -6; /* twelve uniform numbers less six: nearly normal */
        for (int k = 0; k < 12; k++)
            sum += g_rand_double(random);
        centre[i] = (float)sum;
        norm += sum * sum;
    }
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        centre[i] *= (float)(PERSON_NORM / sqrt(norm));
}

void made_picture(GRand *random, const float centre[NT_EMBEDDING_SIZE], float embedding[NT_EMBEDDING_SIZE])
{
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        embedding[i] = centre[i] + (float)(SCATTER * sqrt(3) * (2 * g_rand_double(random) - 1));
}

NtGallerySnapshot *made_snapshot(guint n, guint k)
{
    NtGallerySnapshot *snapshot = g_new0(NtGallerySnapshot, 1);
    snapshot->n_people = n;
    snapshot->n_faces = n * k;
    snapshot->names = g_new0(char *, n + 1);
    snapshot->person_ids = g_new(gint64, n);
    snapshot->embeddings = g_new0(float, (gsize)n *k *NT_EMBEDDING_SIZE);
    snapshot->face_ids = g_new(gint64, n * k);
    snapshot->person = g_new(guint, n * k);
    for (guint p = 0; p < n; p++)
        snapshot->person_ids[p] = p + 1;
    for (guint f = 0; f < n * k; f++) {
        snapshot->face_ids[f] = f + 1;
        snapshot->person[f] = f / k;
    }
    return snapshot;
}

NtGallerySnapshot *made_people(GRand *random, guint n, guint k, float **centres)
{
    NtGallerySnapshot *snapshot = made_snapshot(n, k);
    *centres = g_new(float, (gsize)n *NT_EMBEDDING_SIZE);
    for (guint p = 0; p < n; p++) {
        float *centre = *centres + (gsize)p * NT_EMBEDDING_SIZE;
        snapshot->names[p] = g_strdup_printf("person %03u", p);
        made_person(random, centre);
        for (guint i = 0; i < k; i++)
            made_picture(random, centre, snapshot->embeddings + (gsize)(p * k + i) * NT_EMBEDDING_SIZE);
    }
    return snapshot;
}

NtGallerySnapshot *made_cohort_people(NtCohort *cohort, guint n, guint k, float **centres)
{
    NtGallerySnapshot *snapshot = made_snapshot(n, k);
    *centres = g_new(float, (gsize)n *NT_EMBEDDING_SIZE);
    for (guint p = 0; p < n; p++) {
        float *centre = *centres + (gsize)p * NT_EMBEDDING_SIZE;
        snapshot->names[p] = g_strdup_printf("person %05u", p);
        nt_cohort_person(cohort, centre);
        for (guint i = 0; i < k; i++)
            nt_cohort_picture(cohort, centre, 1, snapshot->embeddings + (gsize)(p * k + i) * NT_EMBEDDING_SIZE);
    }
    return snapshot;
}
