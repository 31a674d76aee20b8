/* Slices of a picture, looked at one by one, against the whole picture at once: the same windows with the same scores. */
#include <glib.h>
#include <string.h>

#include "media/still.h"
#include "vision/scan.h"
#include "vision/search.h"

static NtDetector *detector;
static NtDetectWorkspace *workspace;

static void append_candidates(GArray *all) { g_array_append_vals(all, workspace->candidates, (guint)workspace->n_candidates); }

static int by_all(gconstpointer a, gconstpointer b)
{
    const NtDetection *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->part != y->part)
        return x->part - y->part;
    return memcmp(&x->box, &y->box, sizeof x->box);
}

/* Before suppression: which windows are seen, and how they score. */
static void check_slices(const NtImage *image, const NtDetectOptions *options, int n_slices)
{
    g_autoptr(GArray) whole = g_array_new(FALSE, FALSE, sizeof(NtDetection)), parts = g_array_new(FALSE, FALSE, sizeof(NtDetection));
    NtScanSlice slices[NT_SCAN_MAX_SLICES];
    const NtDetection *found;
    double work = 0;
    size_t n;
    g_assert_cmpint(nt_detect(detector, workspace, image, options, &found, &n, NULL), ==, NT_OK);
    append_candidates(whole);
    const int count = nt_scan_plan(image->width, image->height, options->upsample, n_slices, slices);
    g_assert_cmpint(count, >=, 1);
    g_assert_cmpint(count, <=, n_slices);
    for (int i = 0; i < count; i++) {
        NtError error = {NT_OK, ""};
        g_assert_cmpint(nt_scan_slice(detector, workspace, image, options, &slices[i], &found, &n, &error), ==, NT_OK);
        append_candidates(parts);
        work += slices[i].work;
    }
    g_assert_cmpfloat_with_epsilon(work, 1, 1e-9);
    g_array_sort(whole, by_all);
    g_array_sort(parts, by_all);
    g_assert_cmpuint(whole->len, ==, parts->len);
    for (guint i = 0; i < whole->len; i++) {
        const NtDetection *a = &g_array_index(whole, NtDetection, i), *b = &g_array_index(parts, NtDetection, i);
        g_assert_cmpfloat(a->score, ==, b->score);
        g_assert_cmpint(a->part, ==, b->part);
        g_assert_cmpmem(&a->box, sizeof a->box, &b->box, sizeof b->box);
    }
}

static guint8 *noise(int size)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    guint8 *pixels = g_malloc((gsize)size);
    for (int i = 0; i < size; i++)
        pixels[i] = (guint8)g_rand_int(random);
    return pixels;
}

/* Noise has windows that score more than -2.5 all over. */
static void test_noise(void)
{
    static const int sizes[][2] = {{1, 1}, {17, 300}, {64, 64}, {79, 81}, {128, 90}, {251, 173}, {173, 251}, {320, 240}, {517, 388}};
    g_autofree guint8 *pixels = noise(517 * 388 * 3);
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++)
        for (int upsample = 0; upsample <= (sizes[i][0] < 400); upsample++)
            for (int n_slices = 1; n_slices <= 12; n_slices += n_slices < 6 ? 1 : 3) {
                const NtPixelFormat format = n_slices % 2 ? NT_PIXELS_GRAY8 : NT_PIXELS_RGB24;
                const NtImage image = {pixels, sizes[i][0], sizes[i][1], sizes[i][0] * nt_channels(format), format};
                check_slices(&image, &(NtDetectOptions){.upsample = upsample, .threshold = -2.5, .exact = i == 4}, n_slices);
            }
}

static NtStill *load_sample(int number)
{
    g_autofree char *path = g_strdup_printf("%s/face-api-1.7.15/demo/sample%d.jpg", g_getenv("NAMETAG_PACKAGES"), number);
    return nt_still_load(path, NULL);
}

static void test_photographs(void)
{
    for (int number = 1; number <= 6; number += 2) {
        g_autoptr(NtStill) still = load_sample(number);
        if (!still) {
            g_test_skip("the npm packages are not there");
            return;
        }
        g_autofree guint8 *gray = g_malloc((gsize)(still->rgb.width * still->rgb.height));
        nt_rgb_to_gray(&still->rgb, gray, still->rgb.width);
        const NtImage image = {gray, still->rgb.width, still->rgb.height, still->rgb.width, NT_PIXELS_GRAY8};
        check_slices(&image, &(NtDetectOptions){.threshold = -1}, 5 + number);
        check_slices(&still->rgb, &(NtDetectOptions){.threshold = -1}, 3 + number);
    }
}

static NtRect shown(const NtDetection *detection, int width, int height)
{
    const NtRect box = detection->box;
    return (NtRect){CLAMP(box.left, 0, width - 1), CLAMP(box.top, 0, height - 1), CLAMP(box.right, 0, width - 1),
                    CLAMP(box.bottom, 0, height - 1)};
}

/* What a slice finds lies within what it says it looks at, and together slices look at all of the picture. */
static void test_areas(void)
{
    const int width = 400, height = 700;
    g_autofree guint8 *pixels = noise(width * height);
    const NtImage image = {pixels, width, height, width, NT_PIXELS_GRAY8};
    for (int upsample = 0; upsample <= 1; upsample++) {
        const NtDetectOptions options = {.upsample = upsample, .threshold = -2.5};
        NtScanSlice slices[NT_SCAN_MAX_SLICES];
        const int count = nt_scan_plan(width, height, upsample, 10, slices);
        int n_bands = 0;
        for (int i = 0; i < count; i++) {
            const NtDetection *found;
            size_t n;
            const NtRect area = slices[i].area;
            g_assert_true(area.left >= 0 && area.top >= 0 && area.right < width && area.bottom < height);
            n_bands += nt_rect_height(area) < height;
            g_assert_cmpint(nt_scan_slice(detector, workspace, &image, &options, &slices[i], &found, &n, NULL), ==, NT_OK);
            for (size_t k = 0; k < n; k++) {
                const NtRect box = shown(&found[k], width, height);
                g_assert_true(box.top >= area.top && box.bottom <= area.bottom && box.left >= area.left && box.right <= area.right);
            }
        }
        g_assert_cmpint(n_bands, >=, 3);
    }
}

/* Slices that one plans for a common video are of about equal work. */
static void test_balance(void)
{
    static const int sizes[][2] = {{640, 360}, {640, 480}, {1280, 720}, {1920, 1080}, {720, 1280}};
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++)
        for (int n = 2; n <= 12; n++) {
            NtScanSlice slices[NT_SCAN_MAX_SLICES];
            double most = 0;
            const int count = nt_scan_plan(sizes[i][0], sizes[i][1], 0, n, slices);
            for (int k = 0; k < count; k++)
                most = MAX(most, slices[k].work);
            g_test_message("%d x %d in %d: %d slices, the largest %.2f times the mean", sizes[i][0], sizes[i][1], n, count, most * count);
            g_assert_cmpfloat(most, <, 1.6 / n);
        }
}

static void test_refusals(void)
{
    g_autofree guint8 *pixels = noise(300 * 200);
    const NtImage image = {pixels, 300, 200, 300, NT_PIXELS_GRAY8}, other = {pixels, 60, 60, 60, NT_PIXELS_GRAY8};
    const NtDetectOptions options = {0};
    NtScanSlice slices[NT_SCAN_MAX_SLICES];
    const NtDetection *found;
    size_t n;
    g_assert_cmpint(nt_scan_plan(0, 10, 0, 4, slices), ==, 0);
    g_assert_cmpint(nt_scan_plan(300, 200, 9, 4, slices), ==, 0);
    g_assert_cmpint(nt_scan_plan(300, 200, 0, 0, slices), ==, 1);
    const int count = nt_scan_plan(300, 200, 0, 6, slices);
    g_assert_cmpint(slices[0].n_levels, ==, 1);
    NtError error = {NT_OK, ""};
    g_assert_cmpint(nt_scan_slice(detector, workspace, &other, &options, &slices[1], &found, &n, &error), ==, NT_ERR_ARGUMENT);
    g_test_message("%s", error.message);
    slices[count - 1].n_levels = G_MAXINT;
    g_assert_cmpint(nt_scan_slice(detector, workspace, &image, &options, &slices[count - 1], &found, &n, NULL), ==, NT_ERR_ARGUMENT);
    slices[0].top = -8;
    g_assert_cmpint(nt_scan_slice(detector, workspace, &image, &options, &slices[0], &found, &n, NULL), ==, NT_ERR_ARGUMENT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_MODELS"), "hog-face.safetensors", NULL);
    g_assert_cmpint(nt_detector_load(path, &detector, NULL), ==, NT_OK);
    workspace = nt_detect_workspace_new(NULL);
    g_test_add_func("/vision/scan/noise", test_noise);
    g_test_add_func("/vision/scan/photographs", test_photographs);
    g_test_add_func("/vision/scan/areas", test_areas);
    g_test_add_func("/vision/scan/balance", test_balance);
    g_test_add_func("/vision/scan/refusals", test_refusals);
    int result = g_test_run();
    nt_detect_workspace_free(workspace);
    nt_detector_free(detector);
    return result;
}
