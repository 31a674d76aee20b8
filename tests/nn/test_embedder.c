/* The network: its stages against the reference's, batches and threads against single runs, hostile models. */
#include <glib.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "base/safetensors.h"
#include "nn/embedder.h"

#define CHIP_BYTES (NT_EMBEDDER_CHIP_SIZE * NT_EMBEDDER_CHIP_SIZE * 3)
#define MAX_RELATIVE 1e-4

static NtEmbedder *embedder;
static char *model_path;

static guint8 *make_chips(guint n)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    guint8 *chips = g_malloc((gsize)n * CHIP_BYTES);
    for (guint i = 0; i < n; i++)
        for (int p = 0; p < CHIP_BYTES; p++)
            chips[i * CHIP_BYTES + (guint)p] = (guint8)(p / 300 + (int)i * 20 + g_rand_int_range(random, 0, 30));
    return chips;
}

static void embed(const guint8 *chips, gsize n, float *embeddings)
{
    NtEmbedWorkspace *workspace = nt_embed_workspace_new(embedder);
    g_assert_cmpint(nt_embed(embedder, workspace, chips, n, embeddings), ==, NT_OK);
    nt_embed_workspace_free(workspace);
}

static void test_batches(void)
{
    const guint n = 11; /* more than go through at once */
    g_autofree guint8 *chips = make_chips(n);
    g_autofree float *together = g_new(float, n * NT_EMBEDDING_SIZE);
    embed(chips, n, together);
    for (guint i = 0; i < n; i++) {
        float alone[NT_EMBEDDING_SIZE];
        embed(chips + i * CHIP_BYTES, 1, alone);
        g_assert_cmpfloat(nt_embedding_distance(alone, together + i * NT_EMBEDDING_SIZE), <, 1e-5);
    }
    g_assert_cmpfloat(nt_embedding_distance(together, together + NT_EMBEDDING_SIZE), >, 0.01);
}

static gpointer embed_many(gpointer data)
{
    float *embeddings = g_new(float, 4 * NT_EMBEDDING_SIZE);
    embed(data, 4, embeddings);
    return embeddings;
}

static void test_threads(void)
{
    g_autofree guint8 *chips = make_chips(4);
    GThread *threads[2];
    for (int i = 0; i < 2; i++)
        threads[i] = g_thread_new("embed", embed_many, chips);
    g_autofree float *first = g_thread_join(threads[0]), *second = g_thread_join(threads[1]);
    g_assert_cmpmem(first, 4 * NT_EMBEDDING_SIZE * sizeof(float), second, 4 * NT_EMBEDDING_SIZE * sizeof(float));
}

static void test_distance(void)
{
    float a[NT_EMBEDDING_SIZE] = {3}, b[NT_EMBEDDING_SIZE] = {0, 4};
    g_assert_cmpfloat(nt_embedding_distance(a, b), ==, 5);
    g_assert_cmpfloat(nt_embedding_distance(a, a), ==, 0);
}

typedef struct Stages {
    JsonArray *wanted;
    guint next;
    double worst;
} Stages;

/* Each stage's mean, norm and range are the reference's. */
static void compare_stage(void *user, const char *name, const float *x, int channels, int height, int width)
{
    Stages *stages = user;
    JsonObject *wanted = json_array_get_object_element(stages->wanted, stages->next++);
    double sum = 0, squares = 0;
    const int n = channels * height * width;
    for (int i = 0; i < n; i++) {
        sum += x[i];
        squares += (double)x[i] * x[i];
    }
    const double norm = json_object_get_double_member(wanted, "l2");
    g_test_message("%s %d x %d x %d: norm %.6f", name, channels, height, width, sqrt(squares));
    g_assert_cmpstr(name, ==, json_object_get_string_member(wanted, "name"));
    g_assert_cmpfloat(fabs(sqrt(squares) - norm), <=, MAX_RELATIVE * norm);
    g_assert_cmpfloat(fabs(sum / n - json_object_get_double_member(wanted, "mean")), <=, MAX_RELATIVE * norm);
}

static void test_stages(gconstpointer user)
{
    const char *const *files = user;
    const char *data = g_getenv("NAMETAG_TEST_DATA");
    g_autofree char *json = g_build_filename(data ? data : "", "golden", "stages", files[0], NULL);
    g_autofree char *chip = g_build_filename(data ? data : "", "golden", "chips", files[1], NULL), *bytes = NULL;
    gsize size;
    if (!data || !*data || !g_file_test(json, G_FILE_TEST_EXISTS)) {
        g_test_skip("the shared test data are not here");
        return;
    }
    g_autoptr(JsonParser) parser = json_parser_new();
    g_assert_true(json_parser_load_from_file(parser, json, NULL));
    g_assert_true(g_file_get_contents(chip, &bytes, &size, NULL));
    JsonObject *root = json_node_get_object(json_parser_get_root(parser));
    Stages stages = {.wanted = json_object_get_array_member(root, "layers")};
    NtEmbedWorkspace *workspace = nt_embed_workspace_new(embedder);
    float embedding[NT_EMBEDDING_SIZE];
    nt_embed_workspace_set_trace(workspace, compare_stage, &stages);
    g_assert_cmpint(nt_embed(embedder, workspace, (const guint8 *)bytes + size - CHIP_BYTES, 1, embedding), ==, NT_OK);
    g_assert_cmpuint(stages.next, ==, json_array_get_length(stages.wanted));
    nt_embed_workspace_free(workspace);
}

/* The model with one tensor changed by edit; what it makes must be refused. */
typedef void (*Edit)(NtTensorEntry *entry, void *copy);

static void drop_rows(NtTensorEntry *entry, void *copy)
{
    (void)copy;
    entry->view.shape[0]--;
    entry->view.size = entry->view.size / (size_t)(entry->view.shape[0] + 1) * (size_t)entry->view.shape[0];
}
static void rename_tensor(NtTensorEntry *entry, void *copy) { (void)copy, entry->name = "other"; }
static void spoil_scale(NtTensorEntry *entry, void *copy) { (void)entry, ((double *)copy)[0] = NAN; }
static void spoil_value(NtTensorEntry *entry, void *copy) { (void)entry, ((float *)copy)[7] = INFINITY; }

static void check_hostile(const char *name, Edit edit)
{
    NtTensorFile *file;
    g_assert_cmpint(nt_tensor_file_open(model_path, &file, NULL), ==, NT_OK);
    const size_t n = nt_tensor_file_count(file);
    g_autofree NtTensorEntry *entries = g_new0(NtTensorEntry, n);
    g_autofree guint8 *copy = NULL;
    g_autofree char *path = g_strdup_printf("%s/nametag-hostile-%08x", g_get_tmp_dir(), g_random_int());
    for (size_t i = 0; i < n; i++) {
        entries[i].name = nt_tensor_file_name(file, i);
        nt_tensor_file_find(file, entries[i].name, &entries[i].view, NULL);
        if (strcmp(entries[i].name, name) == 0) {
            copy = g_memdup2(entries[i].view.data, entries[i].view.size);
            entries[i].view.data = copy;
            edit(&entries[i], copy);
        }
    }
    g_assert_nonnull(copy);
    g_assert_cmpint(nt_tensor_file_write(path, entries, n, NULL, 0, NULL), ==, NT_OK);
    nt_tensor_file_close(file);
    NtEmbedder *refused;
    NtError error = {NT_OK, ""};
    g_assert_cmpint(nt_embedder_load(path, NT_PRECISION_FLOAT, &refused, &error), ==, NT_ERR_FORMAT);
    g_test_message("%s", error.message);
    g_unlink(path);
}

static void test_hostile_models(void)
{
    check_hostile("fc", drop_rows);
    check_hostile("conv32_1/conv1/conv/filters", drop_rows);
    check_hostile("conv256_2/conv2/scale/biases", rename_tensor);
    check_hostile("conv32_down/conv/filters.quantization", spoil_scale);
    check_hostile("conv32_down/conv/filters.quantization", rename_tensor);
    check_hostile("conv64_1/conv1/conv/filters", spoil_value);
    NtEmbedder *refused;
    g_assert_cmpint(nt_embedder_load("/nonexistent", NT_PRECISION_FLOAT, &refused, NULL), ==, NT_ERR_IO);
}

int main(int argc, char **argv)
{
    static const char *const stages[][2] = {{"net_obama_u0_0.json", "photos_obama_u0_0.ppm"},
                                            {"net_biden_u0_0.json", "people_biden_biden_u0_0.ppm"}};
    g_test_init(&argc, &argv, NULL);
    model_path = g_build_filename(g_getenv("NAMETAG_MODELS"), "face-resnet.safetensors", NULL);
    g_assert_cmpint(nt_embedder_load(model_path, NT_PRECISION_FLOAT, &embedder, NULL), ==, NT_OK);
    g_test_add_data_func("/nn/embedder/stages-1", stages[0], test_stages);
    g_test_add_data_func("/nn/embedder/stages-2", stages[1], test_stages);
    g_test_add_func("/nn/embedder/batches", test_batches);
    g_test_add_func("/nn/embedder/threads", test_threads);
    g_test_add_func("/nn/embedder/distance", test_distance);
    g_test_add_func("/nn/embedder/hostile-models", test_hostile_models);
    int result = g_test_run();
    nt_embedder_free(embedder);
    g_free(model_path);
    return result;
}
