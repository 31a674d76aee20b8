#include "made_set.h"

#include <math.h>

NtDataset *nt_made_dataset(guint n_people, guint n_pictures)
{
    NtDataset *dataset = g_new0(NtDataset, 1);
    dataset->people = g_ptr_array_new_with_free_func(g_free);
    dataset->pictures = g_ptr_array_new_with_free_func(g_free);
    dataset->person = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint p = 0; p < n_people; p++) {
        g_ptr_array_add(dataset->people, g_strdup_printf("p%02u", p));
        for (guint i = 0; i < n_pictures; i++) {
            g_ptr_array_add(dataset->pictures, g_strdup_printf("p%02u/%u.png", p, i));
            g_array_append_val(dataset->person, p);
        }
    }
    return dataset;
}

/* A vector of the given length in a direction drawn at random. */
static void draw_direction(GRand *random, double length, float *out)
{
    double norm = 0, values[NT_EMBEDDING_SIZE];
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++) {
        values[i] = g_rand_double_range(random, -1, 1);
        norm += values[i] * values[i];
    }
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        out[i] += (float)(values[i] / sqrt(norm) * length);
}

NtPictureFaces *nt_made_faces(const NtDataset *dataset, double spread)
{
    NtPictureFaces *faces = g_new0(NtPictureFaces, 1);
    GRand *random = g_rand_new_with_seed(3);
    float middle[NT_EMBEDDING_SIZE];
    guint last = G_MAXUINT;
    faces->n = dataset->pictures->len;
    faces->faces = g_new0(NtPictureFace, faces->n);
    for (guint i = 0; i < faces->n; i++) {
        NtPictureFace *face = &faces->faces[i];
        if (g_array_index(dataset->person, guint, i) != last) {
            memset(middle, 0, sizeof middle);
            draw_direction(random, M_SQRT1_2, middle); /* at right angles, all but: 1 apart */
            last = g_array_index(dataset->person, guint, i);
        }
        face->found = TRUE;
        face->n_faces = 1;
        face->width_px = 100;
        memcpy(face->embeddings[0], middle, sizeof middle);
        draw_direction(random, spread, face->embeddings[0]);
        for (int d = 1; d < NT_N_DEGRADATIONS; d++) {
            memcpy(face->embeddings[d], face->embeddings[0], sizeof face->embeddings[d]);
            face->refound[d] = TRUE;
        }
    }
    g_rand_free(random);
    return faces;
}

NtIdentificationOptions nt_made_options(GArray *enrol)
{
    return (NtIdentificationOptions){.enrol = enrol,
                                     .leave_out = 0.5,
                                     .repeats = 4,
                                     .seed = 1,
                                     .caution = NT_CAUTION_BALANCED,
                                     .degrade = {TRUE, FALSE, FALSE, FALSE}};
}

NtIdentification *nt_made_run(const NtDataset *dataset, const NtPictureFaces *faces, NtIdentificationOptions *options)
{
    g_autoptr(GError) error = NULL;
    NtIdentification *result = nt_identification_run(dataset, faces, options, NULL, NULL, &error);
    g_assert_no_error(error);
    return result;
}
