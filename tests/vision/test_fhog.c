/* HOG features: where the votes go, what they are limited to, how they are padded. */
#include <glib.h>
#include <math.h>

#include "vision/fhog.h"

#define SIDE 80

typedef void (*Paint)(int x, int y, guint8 *pixel);

static void compute(Paint paint, NtPixelFormat format, int filter, NtFhog *fhog)
{
    const int channels = nt_channels(format);
    g_autofree guint8 *pixels = g_malloc0((gsize)(SIDE * SIDE * channels));
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            paint(x, y, pixels + (y * SIDE + x) * channels);
    const NtImage image = {pixels, SIDE, SIDE, SIDE * channels, format};
    g_assert_cmpint(nt_fhog_compute(&image, filter, filter, fhog), ==, NT_OK);
}

static float at(const NtFhog *fhog, int plane, int row, int column)
{
    return nt_fhog_row(fhog, plane, row)[column];
}

static void flat(int x, int y, guint8 *pixel) { (void)x, (void)y, *pixel = 100; }
static void right(int x, int y, guint8 *pixel) { (void)y, *pixel = (guint8)(3 * x); }
static void left(int x, int y, guint8 *pixel) { (void)y, *pixel = (guint8)(3 * (SIDE - 1 - x)); }
static void down(int x, int y, guint8 *pixel) { (void)x, *pixel = (guint8)(3 * y); }
static void diagonal(int x, int y, guint8 *pixel) { *pixel = (guint8)(x + y); }
static void in_red(int x, int y, guint8 *pixel) { (void)y, pixel[0] = (guint8)(3 * x), pixel[1] = pixel[2] = 50; }

static void test_flat(void)
{
    NtFhog fhog = {0};
    compute(flat, NT_PIXELS_GRAY8, 1, &fhog);
    g_assert_cmpint(fhog.rows, ==, 8);
    g_assert_cmpint(fhog.columns, ==, 8);
    for (int plane = 0; plane < NT_FHOG_PLANES; plane++)
        for (int i = 0; i < 64; i++)
            g_assert_cmpfloat(at(&fhog, plane, i / 8, i % 8), ==, 0);
    nt_fhog_clear(&fhog);
}

/* A ramp votes for its own direction alone: signed planes 0..17, unsigned 18..26. */
static void check_direction(Paint paint, int signed_plane, int unsigned_plane)
{
    NtFhog fhog = {0};
    compute(paint, NT_PIXELS_GRAY8, 1, &fhog);
    for (int plane = 0; plane < 27; plane++) {
        const float value = at(&fhog, plane, 4, 4);
        if (plane == signed_plane || plane == unsigned_plane)
            g_assert_cmpfloat_with_epsilon(value, 0.4, 1e-4); /* four shares, each truncated at 0.2 and halved */
        else
            g_assert_cmpfloat(value, ==, 0);
    }
    nt_fhog_clear(&fhog);
}

static void test_directions(void)
{
    check_direction(right, 0, 18);
    check_direction(left, 9, 18);
    check_direction(down, 4, 22); /* 80 degrees is the nearest to 90, before 100 */
    check_direction(diagonal, 2, 20);
}

static void test_strongest_channel_votes(void)
{
    NtFhog gray = {0}, color = {0};
    compute(right, NT_PIXELS_GRAY8, 1, &gray);
    compute(in_red, NT_PIXELS_RGB24, 1, &color);
    for (int plane = 0; plane < NT_FHOG_PLANES; plane++)
        for (int i = 0; i < 64; i++)
            g_assert_cmpfloat(at(&gray, plane, i / 8, i % 8), ==, at(&color, plane, i / 8, i % 8));
    nt_fhog_clear(&gray);
    nt_fhog_clear(&color);
}

static void test_padding(void)
{
    NtFhog bare = {0}, padded = {0};
    compute(diagonal, NT_PIXELS_GRAY8, 1, &bare);
    compute(diagonal, NT_PIXELS_GRAY8, 10, &padded);
    g_assert_cmpint(padded.rows, ==, bare.rows + 9);
    for (int plane = 0; plane < NT_FHOG_PLANES; plane++)
        for (int r = 0; r < padded.rows; r++)
            for (int c = 0; c < padded.columns; c++) {
                const gboolean inside = r >= 4 && r < 4 + bare.rows && c >= 4 && c < 4 + bare.columns;
                g_assert_cmpfloat(at(&padded, plane, r, c), ==, inside ? at(&bare, plane, r - 4, c - 4) : 0);
            }
    nt_fhog_clear(&bare);
    nt_fhog_clear(&padded);
}

/* Any size is safe, and too small ones have no features. */
static void test_sizes(void)
{
    NtFhog fhog = {0};
    g_autofree guint8 *pixels = g_malloc0(70 * 70 * 3);
    for (int height = 1; height < 70; height += 3) {
        for (int width = 1; width < 70; width += 3) {
            const NtImage image = {pixels, width, height, 70 * 3, NT_PIXELS_RGB24};
            g_assert_cmpint(nt_fhog_compute(&image, 10, 10, &fhog), ==, NT_OK);
            const int rows = (height + 4) / 8 - 2, columns = (width + 4) / 8 - 2;
            g_assert_cmpint(fhog.rows, ==, rows > 0 && columns > 0 ? rows + 9 : 0);
        }
    }
    nt_fhog_clear(&fhog);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vision/fhog/flat", test_flat);
    g_test_add_func("/vision/fhog/directions", test_directions);
    g_test_add_func("/vision/fhog/strongest-channel-votes", test_strongest_channel_votes);
    g_test_add_func("/vision/fhog/padding", test_padding);
    g_test_add_func("/vision/fhog/sizes", test_sizes);
    return g_test_run();
}
