/* Degradations are what they say: monotone, relative to the face, and leave the picture's size alone. */
#include <math.h>
#include <stdlib.h>

#include "evaluate/degrade.h"

#define WIDTH 160
#define HEIGHT 120
#define FACE_PX 100.0
/* A row of a picture as a wider buffer would have it. */
#define STRIDE (WIDTH * 3 + 17)

/* Noise over a slope: detail of every size. */
static guint8 *make_picture(NtImage *picture)
{
    guint8 *pixels = g_malloc(STRIDE * HEIGHT);
    GRand *random = g_rand_new_with_seed(7);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < 3; c++)
                pixels[y * STRIDE + 3 * x + c] = (guint8)(40 + x / 2 + 30 * c + g_rand_int_range(random, 0, 60));
    g_rand_free(random);
    *picture = (NtImage){pixels, WIDTH, HEIGHT, STRIDE, NT_PIXELS_RGB24};
    return pixels;
}

/* Mean squared difference of neighbours in a row: what any of the three takes away. */
static double detail(const NtImage *picture)
{
    double sum = 0;
    for (int y = 0; y < picture->height; y++)
        for (int x = 1; x < picture->width; x++) {
            const double step = nt_image_row(picture, y)[3 * x] - nt_image_row(picture, y)[3 * x - 3];
            sum += step * step;
        }
    return sum / (picture->height * (picture->width - 1));
}

static double difference(const NtImage *a, const NtImage *b)
{
    double sum = 0;
    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < 3 * a->width; x++)
            sum += abs(nt_image_row(a, y)[x] - nt_image_row(b, y)[x]);
    return sum / (3.0 * a->height * a->width);
}

static NtDegraded *degrade(const NtImage *picture, double face_px, NtDegradation how, const NtDegradeStrength *strength)
{
    g_autoptr(GError) error = NULL;
    NtDegraded *degraded = nt_degrade(picture, face_px, how, strength, &error);
    g_assert_no_error(error);
    g_assert_cmpint(degraded->rgb.width, ==, picture->width);
    g_assert_cmpint(degraded->rgb.height, ==, picture->height);
    return degraded;
}

static void test_none(void)
{
    NtImage picture;
    g_autofree guint8 *pixels = make_picture(&picture);
    g_autoptr(NtDegraded) same = degrade(&picture, FACE_PX, NT_DEGRADE_NONE, &nt_degrade_default);
    g_assert_cmpfloat(difference(&picture, &same->rgb), ==, 0);
    const NtDegradeStrength no_blur = {.blur = 0};
    g_autoptr(NtDegraded) sharp = degrade(&picture, FACE_PX, NT_DEGRADE_BLUR, &no_blur);
    g_assert_cmpfloat(difference(&picture, &sharp->rgb), ==, 0);
}

static void test_monotone(void)
{
    NtImage picture;
    g_autofree guint8 *pixels = make_picture(&picture);
    double before[NT_N_DEGRADATIONS];
    for (int d = 0; d < NT_N_DEGRADATIONS; d++)
        before[d] = d == NT_DEGRADE_JPEG ? 0 : detail(&picture);
    const NtDegradeStrength steps[] = {{1, 60, 80, 200}, {2, 30, 40, 200}, {4, 15, 10, 200}};
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autoptr(NtDegraded) blurred = degrade(&picture, FACE_PX, NT_DEGRADE_BLUR, &steps[i]);
        g_autoptr(NtDegraded) small = degrade(&picture, FACE_PX, NT_DEGRADE_SMALL, &steps[i]);
        g_autoptr(NtDegraded) jpeg = degrade(&picture, FACE_PX, NT_DEGRADE_JPEG, &steps[i]);
        g_assert_cmpfloat(detail(&blurred->rgb), <, 0.7 * before[NT_DEGRADE_BLUR]);
        g_assert_cmpfloat(detail(&small->rgb), <, 0.7 * before[NT_DEGRADE_SMALL]);
        g_assert_cmpfloat(difference(&picture, &jpeg->rgb), >, before[NT_DEGRADE_JPEG]);
        before[NT_DEGRADE_BLUR] = detail(&blurred->rgb);
        before[NT_DEGRADE_SMALL] = detail(&small->rgb);
        before[NT_DEGRADE_JPEG] = difference(&picture, &jpeg->rgb);
    }
}

/* A point becomes a Gaussian of the sigma that was asked for, and no light is lost. */
static void test_blur_is_gaussian(void)
{
    enum { SIZE = 61, MIDDLE = 30 };
    static guint8 pixels[SIZE * SIZE * 3];
    memset(pixels, 0, sizeof pixels);
    for (int y = MIDDLE - 1; y <= MIDDLE + 1; y++)
        for (int x = MIDDLE - 1; x <= MIDDLE + 1; x++)
            memset(pixels + 3 * (y * SIZE + x), 255, 3);
    const NtImage picture = {pixels, SIZE, SIZE, SIZE * 3, NT_PIXELS_RGB24};
    const NtDegradeStrength strength = {.blur = 2};
    g_autoptr(NtDegraded) blurred = degrade(&picture, FACE_PX, NT_DEGRADE_BLUR, &strength);
    /* Three pixels wide: the share of the middle is the integral of the Gaussian over them, both ways. */
    const double share = erf(1.5 / (2 * sqrt(2.0)));
    g_assert_cmpfloat_with_epsilon(nt_image_row(&blurred->rgb, MIDDLE)[3 * MIDDLE], 255 * share * share, 3);
    g_assert_cmpint(nt_image_row(&blurred->rgb, MIDDLE)[3 * (MIDDLE - 4)], ==,
                    nt_image_row(&blurred->rgb, MIDDLE + 4)[3 * MIDDLE]);
}

/* Twice the face, twice the blur in pixels; a face that is small already stays as it is. */
static void test_relative(void)
{
    NtImage picture;
    g_autofree guint8 *pixels = make_picture(&picture);
    const NtDegradeStrength strength = {.blur = 2, .small_px = 30}, twice = {.blur = 4, .small_px = 60};
    g_autoptr(NtDegraded) large = degrade(&picture, 2 * FACE_PX, NT_DEGRADE_BLUR, &strength);
    g_autoptr(NtDegraded) strong = degrade(&picture, FACE_PX, NT_DEGRADE_BLUR, &twice);
    g_assert_cmpfloat(difference(&large->rgb, &strong->rgb), ==, 0);
    g_autoptr(NtDegraded) small = degrade(&picture, 25, NT_DEGRADE_SMALL, &strength);
    g_assert_cmpfloat(difference(&picture, &small->rgb), ==, 0);
}

static void test_tiny_pictures(void)
{
    static const guint8 pixel[3] = {10, 200, 90};
    const NtImage picture = {pixel, 1, 1, 3, NT_PIXELS_RGB24};
    for (int d = 0; d < NT_N_DEGRADATIONS; d++) {
        g_autoptr(NtDegraded) worse = degrade(&picture, 1000, d, &nt_degrade_default);
        g_assert_cmpfloat(difference(&picture, &worse->rgb), <, 20);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/evaluate/degrade/none", test_none);
    g_test_add_func("/evaluate/degrade/monotone", test_monotone);
    g_test_add_func("/evaluate/degrade/blur-is-gaussian", test_blur_is_gaussian);
    g_test_add_func("/evaluate/degrade/relative", test_relative);
    g_test_add_func("/evaluate/degrade/tiny-pictures", test_tiny_pictures);
    return g_test_run();
}
