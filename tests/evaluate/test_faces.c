/* Pictures looked at: which face is meant, what is counted, and that threads make no difference. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "evaluate/faces.h"

static GPtrArray *sample_paths(const char *last)
{
    const char *packages = g_getenv("NAMETAG_PACKAGES");
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    for (int i = 1; i <= 3; i++)
        g_ptr_array_add(paths, g_strdup_printf("%s/face-api-1.7.15/demo/sample%d.jpg", packages, i));
    g_ptr_array_add(paths, g_strdup(last));
    if (g_file_test(paths->pdata[0], G_FILE_TEST_EXISTS))
        return paths;
    g_test_skip("the packages' pictures are not here");
    g_ptr_array_unref(paths);
    return NULL;
}

static NtModelSet *load_models(void)
{
    g_autoptr(GError) error = NULL;
    NtModelSet *models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    g_assert_no_error(error);
    return models;
}

static void test_threads_and_trouble(void)
{
    g_autoptr(GPtrArray) paths = sample_paths("/nowhere/at/all.jpg");
    if (!paths)
        return;
    g_autoptr(NtModelSet) models = load_models();
    NtFacesOptions options = {.threads = 1, .degrade = {TRUE, TRUE, TRUE, TRUE}, .strength = nt_degrade_default};
    g_autoptr(GError) error = NULL;
    g_autoptr(NtPictureFaces) one = nt_picture_faces_new(models, paths, &options, NULL, NULL, &error);
    g_assert_no_error(error);
    options.threads = 3;
    g_autoptr(NtPictureFaces) three = nt_picture_faces_new(models, paths, &options, NULL, NULL, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < 3; i++) {
        const NtPictureFace *face = &one->faces[i];
        g_assert_true(face->found);
        g_assert_null(face->trouble);
        g_assert_cmpfloat(face->width_px, >, 100);
        g_assert_cmpmem(face->embeddings, sizeof face->embeddings, three->faces[i].embeddings, sizeof face->embeddings);
        for (int d = 1; d < NT_N_DEGRADATIONS; d++) {
            const float distance = nt_embedding_distance(face->embeddings[0], face->embeddings[d]);
            /* Something was done, and it is still the same person. */
            g_assert_cmpfloat((double)distance, >, 0.02);
            g_assert_cmpfloat((double)distance, <, 0.6);
        }
    }
    g_assert_false(one->faces[3].found);
    g_assert_nonnull(strstr(one->faces[3].trouble, "/nowhere/at/all.jpg"));
}

static gboolean stop_at_first(guint done, guint total, gpointer user)
{
    (void)done;
    (void)total;
    (*(guint *)user)++;
    return FALSE;
}

static void test_cancel(void)
{
    g_autoptr(GPtrArray) paths = sample_paths("/nowhere/at/all.jpg");
    if (!paths)
        return;
    g_autoptr(NtModelSet) models = load_models();
    const NtFacesOptions options = {.threads = 1, .strength = nt_degrade_default};
    g_autoptr(GError) error = NULL;
    guint calls = 0;
    g_assert_null(nt_picture_faces_new(models, paths, &options, stop_at_first, &calls, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpuint(calls, ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/evaluate/faces/threads-and-trouble", test_threads_and_trouble);
    g_test_add_func("/evaluate/faces/cancel", test_cancel);
    return g_test_run();
}
