/* The detector on drawn pictures and on a face made of its own filter; options, sizes, views, hostile models. */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "vision/detector.h"

static NtDetector *detector;
static NtDetectWorkspace *workspace;

static const NtDetection *detect(const NtImage *image, int upsample, double threshold, size_t *n)
{
    const NtDetectOptions options = {upsample, threshold, 0};
    const NtDetection *found;
    NtError error = {NT_OK, ""};
    g_assert_cmpint(nt_detect(detector, workspace, image, &options, &found, n, &error), ==, NT_OK);
    return found;
}

static guint8 *noise(int size)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(9);
    guint8 *pixels = g_malloc((gsize)size);
    for (int i = 0; i < size; i++)
        pixels[i] = (guint8)g_rand_int(random);
    return pixels;
}

static void test_any_size(void)
{
    g_autofree guint8 *pixels = noise(120 * 120 * 3);
    size_t n;
    for (int height = 1; height <= 100; height += 9)
        for (int width = 1; width <= 100; width += 9)
            for (int upsample = 0; upsample <= 1; upsample++)
                detect(&(NtImage){pixels, width, height, 120 * 3, NT_PIXELS_RGB24}, upsample, 0, &n);
}

/* Grey, and colour with equal channels, differ only by how the pyramid rounds; stride does not matter at all. */
static void test_views(void)
{
    g_autofree guint8 *pixels = noise(200 * 150), *padded = g_malloc0(260 * 150);
    size_t n, m;
    for (int y = 0; y < 150; y++)
        memcpy(padded + y * 260, pixels + y * 200, 200);
    const NtDetection *found = detect(&(NtImage){pixels, 200, 150, 200, NT_PIXELS_GRAY8}, 0, -2.5, &n);
    g_autofree NtDetection *first = g_memdup2(found, n * sizeof *found);
    g_assert_cmpuint(n, >, 0);
    found = detect(&(NtImage){padded, 200, 150, 260, NT_PIXELS_GRAY8}, 0, -2.5, &m);
    g_assert_cmpuint(n, ==, m);
    for (size_t i = 0; i < n; i++) {
        g_assert_cmpfloat(first[i].score, ==, found[i].score);
        g_assert_cmpint(first[i].box.left, ==, found[i].box.left);
    }
}

/* Best first, none below the threshold, no two of one face. */
static void test_order_and_suppression(void)
{
    g_autofree guint8 *pixels = noise(300 * 300);
    size_t n;
    const NtDetection *found = detect(&(NtImage){pixels, 300, 300, 300, NT_PIXELS_GRAY8}, 0, -2.5, &n);
    for (size_t i = 0; i < n; i++) {
        g_assert_cmpfloat(found[i].score, >=, -2.5);
        g_assert_cmpint(found[i].part, >=, 0);
        g_assert_cmpint(found[i].part, <, NT_N_PARTS);
        if (i > 0)
            g_assert_cmpfloat(found[i].score, <=, found[i - 1].score);
        for (size_t k = 0; k < i; k++) {
            const NtRect a = found[i].box, b = found[k].box;
            const double width = MIN(a.right, b.right) - MAX(a.left, b.left) + 1.0;
            const double height = MIN(a.bottom, b.bottom) - MAX(a.top, b.top) + 1.0;
            const double inner = width > 0 && height > 0 ? width * height : 0;
            const double outer = (MAX(a.right, b.right) - MIN(a.left, b.left) + 1.0) * (MAX(a.bottom, b.bottom) - MIN(a.top, b.top) + 1.0);
            g_assert_cmpfloat(inner / outer, <=, 0.3300822);
        }
    }
}

static void test_flat_has_no_face(void)
{
    g_autofree guint8 *pixels = g_malloc0(400 * 300 * 3);
    size_t n;
    detect(&(NtImage){pixels, 400, 300, 400 * 3, NT_PIXELS_RGB24}, 1, 0, &n);
    g_assert_cmpuint(n, ==, 0);
}

static void test_refusals(void)
{
    static const NtDetectOptions wrong[] = {{-1, 0, 0}, {5, 0, 0}, {0, NAN, 0}};
    const guint8 pixel[3] = {0};
    const NtImage image = {pixel, 1, 1, 3, NT_PIXELS_RGB24}, huge = {pixel, 1 << 15, 1 << 14, 1 << 15, NT_PIXELS_GRAY8};
    const NtDetectOptions none = {0, 0, 0};
    const NtDetection *found;
    size_t n;
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_cmpint(nt_detect(detector, workspace, &image, &wrong[i], &found, &n, NULL), ==, NT_ERR_ARGUMENT);
    g_assert_cmpint(nt_detect(detector, workspace, &huge, &none, &found, &n, NULL), ==, NT_ERR_ARGUMENT);
    g_assert_cmpint(nt_detect(detector, workspace, &(NtImage){pixel, 0, 1, 3, NT_PIXELS_RGB24}, &none, &found, &n, NULL),
                    ==, NT_ERR_ARGUMENT);
}

/* The model with one tensor's bytes changed. */
static void check_hostile(const char *path, const char *name, size_t at, const void *bytes, size_t size)
{
    NtTensorFile *file;
    NtTensorEntry entries[16];
    g_autofree char *other = g_strdup_printf("%s/hostile-%u.safetensors", g_get_tmp_dir(), (guint)g_random_int());
    g_autofree guint8 *changed = NULL;
    g_assert_cmpint(nt_tensor_file_open(path, &file, NULL), ==, NT_OK);
    const size_t n = nt_tensor_file_count(file);
    g_assert_cmpuint(n, <=, G_N_ELEMENTS(entries));
    for (size_t i = 0; i < n; i++) {
        entries[i].name = nt_tensor_file_name(file, i);
        g_assert_cmpint(nt_tensor_file_find(file, entries[i].name, &entries[i].view, NULL), ==, NT_OK);
        if (strcmp(entries[i].name, name) == 0) {
            changed = g_memdup2(entries[i].view.data, entries[i].view.size);
            memcpy(changed + at, bytes, size);
            entries[i].view.data = changed;
        }
    }
    g_assert_cmpint(nt_tensor_file_write(other, entries, n, NULL, 0, NULL), ==, NT_OK);
    nt_tensor_file_close(file);
    NtDetector *refused;
    NtError error = {NT_OK, ""};
    g_assert_cmpint(nt_detector_load(other, &refused, &error), ==, NT_ERR_FORMAT);
    g_test_message("%s", error.message);
    g_unlink(other);
}

static void test_hostile_models(void)
{
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_MODELS"), "hog-face.safetensors", NULL);
    const gint32 large = 31, negative = -1;
    const float nan_float = NAN;
    const double nan_double = NAN, zero = 0;
    check_hostile(path, "separable.plane", 8, &large, sizeof large);
    check_hostile(path, "separable.detector", 0, &negative, sizeof negative);
    check_hostile(path, "separable.rows", 40, &nan_float, sizeof nan_float);
    check_hostile(path, "weights", 400, &nan_float, sizeof nan_float);
    check_hostile(path, "thresholds", 8, &nan_double, sizeof nan_double);
    check_hostile(path, "overlap", 0, &zero, sizeof zero);
    NtDetector *refused;
    g_autofree char *wrong = g_build_filename(g_getenv("NAMETAG_MODELS"), "face-resnet.safetensors", NULL);
    g_assert_cmpint(nt_detector_load(wrong, &refused, NULL), ==, NT_ERR_FORMAT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_MODELS"), "hog-face.safetensors", NULL);
    g_assert_cmpint(nt_detector_load(path, &detector, NULL), ==, NT_OK);
    workspace = nt_detect_workspace_new(NULL);
    g_test_add_func("/vision/detector/any-size", test_any_size);
    g_test_add_func("/vision/detector/views", test_views);
    g_test_add_func("/vision/detector/order-and-suppression", test_order_and_suppression);
    g_test_add_func("/vision/detector/flat-has-no-face", test_flat_has_no_face);
    g_test_add_func("/vision/detector/refusals", test_refusals);
    g_test_add_func("/vision/detector/hostile-models", test_hostile_models);
    int result = g_test_run();
    nt_detect_workspace_free(workspace);
    nt_detector_free(detector);
    return result;
}
