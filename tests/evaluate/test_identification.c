/* The protocol on people made up so that every answer is known. */
#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "made_set.h"

#define assert_near(a, b) g_assert_cmpfloat_with_epsilon(a, b, 1e-9)

static GArray *numbers(guint a, guint b)
{
    GArray *enrol = g_array_new(FALSE, FALSE, sizeof(guint));
    g_array_append_val(enrol, a);
    if (b > 0)
        g_array_append_val(enrol, b);
    return enrol;
}

/* People 1 apart with pictures 0.2 from their middle: everything is easy, and the counts must add up. */
static void test_easy(void)
{
    g_autoptr(NtDataset) dataset = nt_made_dataset(20, 6);
    g_autoptr(NtPictureFaces) faces = nt_made_faces(dataset, 0.2);
    g_autoptr(GArray) enrol = numbers(1, 3);
    NtIdentificationOptions options = nt_made_options(enrol);
    g_autoptr(NtIdentification) result = nt_made_run(dataset, faces, &options);
    g_assert_cmpuint(result->n_rounds, ==, 2);
    g_assert_cmpint(result->summary, ==, NT_DEGRADE_NONE);
    for (guint i = 0; i < 2; i++) {
        const NtRound *round = &result->rounds[i];
        const guint k = g_array_index(enrol, guint, i);
        g_assert_cmpuint(round->n_enrolled, ==, 10);
        g_assert_cmpuint(round->n_strangers, ==, 10);
        for (int s = 0; s < NT_N_SETTINGS; s++) {
            const NtTally *tally = &round->tallies[NT_DEGRADE_NONE][s];
            g_assert_cmpuint(tally->enrolled, ==, options.repeats * 10 * (6 - k));
            g_assert_cmpuint(tally->strangers, ==, options.repeats * 10 * 6);
            g_assert_cmpuint(tally->right + tally->wrong + tally->unsure + tally->unknown, ==, tally->enrolled);
            g_assert_cmpuint(tally->false_names + tally->s_unsure + tally->s_unknown, ==, tally->strangers);
            if (s == NT_SETTING_PROBABILITY)
                continue;
            g_assert_cmpuint(tally->right, ==, tally->enrolled);
            g_assert_cmpuint(tally->false_names, ==, 0);
        }
        for (int r = 0; r < NT_RULE_PROBABILITY; r++)
            assert_near(round->swept[NT_DEGRADE_NONE][r].right, 1);
        guint sum = 0;
        for (guint t = 0; t <= 20; t++)
            for (guint a = 0; a < 22; a++)
                sum += *nt_confusion(result, round, t, a);
        g_assert_cmpuint(sum, ==, options.repeats * (10 * (6 - k) + 60));
    }
}

/* Two people whose second pictures were swapped: nobody can be named right, and wrong names are each other's. */
static void test_wrong_names(void)
{
    g_autoptr(NtDataset) dataset = nt_made_dataset(2, 2);
    g_autoptr(NtPictureFaces) faces = nt_made_faces(dataset, 0.05);
    for (int c = 0; c < NT_EMBEDDING_SIZE; c++) {
        const float kept = faces->faces[1].embeddings[0][c];
        faces->faces[1].embeddings[0][c] = faces->faces[3].embeddings[0][c];
        faces->faces[3].embeddings[0][c] = kept;
    }
    g_autoptr(GArray) enrol = numbers(1, 0);
    NtIdentificationOptions options = nt_made_options(enrol);
    options.leave_out = 0;
    options.repeats = 30;
    g_autoptr(NtIdentification) result = nt_made_run(dataset, faces, &options);
    const NtRound *round = &result->rounds[0];
    /* (Of two people one is always more likely than not: libsvm's probability names everybody.) */
    for (int s = 0; s < NT_SETTING_PROBABILITY; s++)
        g_assert_cmpuint(round->tallies[0][s].right, ==, 0);
    g_assert_cmpuint(round->tallies[0][NT_SETTING_NEAREST].wrong, >, 0);
    const guint wrong = round->tallies[0][NT_SETTING_BALANCED].wrong;
    g_assert_cmpuint(wrong, >, 0);
    g_assert_cmpuint(*nt_confusion(result, round, 0, 1) + *nt_confusion(result, round, 1, 0), ==, wrong);
}

/* Strangers who look just like somebody enrolled are given the name; a rate of 1 % can then only be had by naming none.
 */
static void test_false_names(void)
{
    g_autoptr(NtDataset) dataset = nt_made_dataset(2, 120);
    g_autoptr(NtPictureFaces) faces = nt_made_faces(dataset, 0.1);
    for (guint i = 0; i < 120; i++)
        memcpy(faces->faces[120 + i].embeddings[0], faces->faces[i].embeddings[0],
               sizeof faces->faces[i].embeddings[0]);
    g_autoptr(GArray) enrol = numbers(1, 0);
    NtIdentificationOptions options = nt_made_options(enrol);
    options.people = 1;
    options.leave_out = 0;
    options.repeats = 1;
    g_autoptr(NtIdentification) result = nt_made_run(dataset, faces, &options);
    const NtTally *tally = &result->rounds[0].tallies[0][NT_SETTING_NEAREST];
    g_assert_cmpuint(tally->false_names, ==, 120);
    g_assert_cmpuint(tally->right, ==, 119);
    const NtSwept *swept = &result->rounds[0].swept[0][NT_RULE_NEAREST];
    g_assert_true(swept->supported);
    g_assert_cmpfloat(swept->false_names, <=, 0.01);
    g_assert_cmpfloat(swept->right, <, 0.02);
}

static void test_deterministic(void)
{
    g_autoptr(NtDataset) dataset = nt_made_dataset(12, 5);
    g_autoptr(NtPictureFaces) faces = nt_made_faces(dataset, 0.42);
    g_autoptr(GArray) enrol = numbers(2, 3);
    NtIdentificationOptions options = nt_made_options(enrol);
    g_autoptr(NtIdentification) a = nt_made_run(dataset, faces, &options);
    g_autoptr(NtIdentification) b = nt_made_run(dataset, faces, &options);
    options.seed = 2;
    g_autoptr(NtIdentification) c = nt_made_run(dataset, faces, &options);
    gboolean differs = FALSE;
    for (guint i = 0; i < 2; i++) {
        const gsize size = sizeof(guint) * 13 * 14;
        g_assert_cmpmem(a->rounds[i].tallies, sizeof a->rounds[i].tallies, b->rounds[i].tallies,
                        sizeof b->rounds[i].tallies);
        g_assert_cmpmem(a->rounds[i].confusion, size, b->rounds[i].confusion, size);
        differs = differs || memcmp(a->rounds[i].confusion, c->rounds[i].confusion, size) != 0;
    }
    g_assert_true(differs);
}

/* A picture without a face can't be enrolled, and as a probe it is unknown: counted, not dropped. */
static void test_no_face(void)
{
    g_autoptr(NtDataset) dataset = nt_made_dataset(4, 4);
    g_autoptr(NtPictureFaces) faces = nt_made_faces(dataset, 0.1);
    for (guint p = 0; p < 4; p++)
        faces->faces[4 * p].found = FALSE;
    g_autoptr(GArray) enrol = numbers(2, 3);
    NtIdentificationOptions options = nt_made_options(enrol);
    g_autoptr(NtIdentification) result = nt_made_run(dataset, faces, &options);
    const NtTally *tally = &result->rounds[0].tallies[0][NT_SETTING_NEAREST];
    g_assert_cmpuint(tally->enrolled, ==, options.repeats * 2 * 2);
    g_assert_cmpuint(tally->no_face, ==, options.repeats * 2);
    g_assert_cmpuint(tally->unknown, ==, tally->no_face);
    g_assert_cmpuint(tally->strangers, ==, options.repeats * 2 * 4);
    g_assert_cmpuint(result->n_found, ==, 12);
    /* Three pictures with a face are not enough for three and a probe. */
    g_assert_cmpuint(result->rounds[1].n_able, ==, 0);
    g_assert_cmpuint(result->rounds[1].n_enrolled, ==, 0);
}

static void test_places(void)
{
    g_autoptr(NtDataset) dataset = nt_made_dataset(10, 3);
    g_autoptr(NtPictureFaces) faces = nt_made_faces(dataset, 0.1);
    for (guint p = 0; p < 4; p++)
        faces->faces[3 * p].found = FALSE; /* four people with two pictures, six with three */
    g_autoptr(GArray) enrol = numbers(2, 0);
    const struct {
        guint people, enrolled, with_probes;
        double leave_out;
    } cases[] = {{0, 6, 6, 0}, {0, 3, 3, 0.5}, {0, 4, 4, 2}, {5, 5, 5, 0}, {8, 8, 6, 0}, {20, 10, 6, 0}, {0, 0, 0, 6}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        NtIdentificationOptions options = nt_made_options(enrol);
        options.people = cases[i].people;
        options.leave_out = cases[i].leave_out;
        g_autoptr(NtIdentification) result = nt_made_run(dataset, faces, &options);
        g_assert_cmpuint(result->rounds[0].n_enrolled, ==, cases[i].enrolled);
        g_assert_cmpuint(result->rounds[0].n_with_probes, ==, cases[i].with_probes);
        g_assert_cmpuint(result->rounds[0].n_strangers, ==, 10 - cases[i].enrolled);
    }
}

/* All degradations together are the sum of each. */
static void test_conditions(void)
{
    g_autoptr(NtDataset) dataset = nt_made_dataset(20, 4);
    g_autoptr(NtPictureFaces) faces = nt_made_faces(dataset, 0.3);
    g_autoptr(GArray) enrol = numbers(2, 0);
    NtIdentificationOptions options = nt_made_options(enrol);
    for (int d = 0; d < NT_N_DEGRADATIONS; d++)
        options.degrade[d] = TRUE;
    g_autoptr(NtIdentification) result = nt_made_run(dataset, faces, &options);
    g_assert_cmpint(result->summary, ==, NT_CONDITION_DEGRADED);
    const NtRound *round = &result->rounds[0];
    for (int s = 0; s < NT_N_SETTINGS; s++) {
        const NtTally *all = &round->tallies[NT_CONDITION_DEGRADED][s], *one = &round->tallies[NT_DEGRADE_BLUR][s];
        g_assert_cmpuint(all->enrolled, ==, 3 * one->enrolled);
        g_assert_cmpuint(all->right, ==, 3 * one->right);
    }
    g_assert_true(round->swept[NT_CONDITION_DEGRADED][NT_RULE_MEAN].supported);
    assert_near(round->swept[NT_DEGRADE_JPEG][NT_RULE_MEAN].threshold,
                round->swept[NT_CONDITION_DEGRADED][NT_RULE_MEAN].threshold);
}

static gboolean stop_at_third(guint done, guint total, gpointer user)
{
    g_assert_cmpuint(total, ==, 4);
    *(guint *)user = done;
    return done < 3;
}

static void test_cancel(void)
{
    g_autoptr(NtDataset) dataset = nt_made_dataset(6, 4);
    g_autoptr(NtPictureFaces) faces = nt_made_faces(dataset, 0.1);
    g_autoptr(GArray) enrol = numbers(2, 0);
    const NtIdentificationOptions options = nt_made_options(enrol);
    g_autoptr(GError) error = NULL;
    guint done = 0;
    g_assert_null(nt_identification_run(dataset, faces, &options, stop_at_third, &done, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpuint(done, ==, 3);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/evaluate/identification/easy", test_easy);
    g_test_add_func("/evaluate/identification/wrong-names", test_wrong_names);
    g_test_add_func("/evaluate/identification/false-names", test_false_names);
    g_test_add_func("/evaluate/identification/deterministic", test_deterministic);
    g_test_add_func("/evaluate/identification/no-face", test_no_face);
    g_test_add_func("/evaluate/identification/places", test_places);
    g_test_add_func("/evaluate/identification/conditions", test_conditions);
    g_test_add_func("/evaluate/identification/cancel", test_cancel);
    return g_test_run();
}
