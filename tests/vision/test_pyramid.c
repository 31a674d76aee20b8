/* The pyramid: how many levels, how large, and the resampling against an independent slow one. */
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vision/pyramid.h"

static void test_levels(void)
{
    g_assert_cmpint(nt_pyramid_levels(640, 480), ==, 12);
    g_assert_cmpint(nt_pyramid_levels(1280, 720), ==, 14);
    g_assert_cmpint(nt_pyramid_levels(1920, 1080), ==, 16);
    g_assert_cmpint(nt_pyramid_levels(1, 1), ==, 1);
    g_assert_cmpint(nt_pyramid_levels(10000, 20), ==, 1);
    g_assert_cmpint(nt_pyramid_next_side(13), ==, 10);
    g_assert_cmpint(nt_upsampled_width(100), ==, 202);
    g_assert_cmpint(nt_upsampled_height(100), ==, 201);
}

/* Exact bilinear interpolation in double; our float arithmetic truncates, so a value may be one lower. */
static void check_resize(int in_width, int in_height, int width, int height, NtPixelFormat format, GRand *random)
{
    const int channels = nt_channels(format), stride = in_width * channels + 7, out_stride = width * channels + 3;
    g_autofree guint8 *in = g_malloc((gsize)(stride * in_height)), *out = g_malloc((gsize)(out_stride * height));
    for (int i = 0; i < stride * in_height; i++)
        in[i] = (guint8)g_rand_int(random);
    memset(out, 0xee, (gsize)(out_stride * height));
    const NtImage image = {in, in_width, in_height, stride, format};
    nt_pyramid_resize(&image, out, width, height, out_stride);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            const double sx = (double)x * (in_width - 1) / MAX(width - 1, 1), sy = (double)y * (in_height - 1) / MAX(height - 1, 1);
            const int l = MIN((int)sx, in_width - 1), t = MIN((int)sy, in_height - 1);
            const int r = MIN(l + 1, in_width - 1), b = MIN(t + 1, in_height - 1);
            for (int k = 0; k < channels; k++) {
                const double f = sx - l, g = sy - t;
                const double v = (1 - g) * ((1 - f) * in[t * stride + l * channels + k] + f * in[t * stride + r * channels + k]) +
                                 g * ((1 - f) * in[b * stride + l * channels + k] + f * in[b * stride + r * channels + k]);
                g_assert_cmpfloat(fabs(out[y * out_stride + x * channels + k] - v), <=, 1.05);
            }
        }
        for (int i = width * channels; i < out_stride; i++)
            g_assert_cmpint(out[y * out_stride + i], ==, 0xee); /* the padding is nobody's */
    }
}

static void test_resize(void)
{
    static const int sizes[][4] = {{1, 1, 1, 1},     {1, 1, 4, 3},     {2, 2, 6, 5},   {7, 5, 5, 4},   {64, 48, 53, 40},
                                   {65, 3, 54, 2},   {3, 90, 2, 75},   {33, 33, 68, 67}, {100, 1, 83, 1}, {5, 5, 1, 1}};
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        check_resize(sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3], NT_PIXELS_GRAY8, random);
        check_resize(sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3], NT_PIXELS_RGB24, random);
    }
}

/* Some rows alone are the same bytes as in the whole, and need no other rows of the source than it is said. */
static void test_rows(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    for (int round = 0; round < 200; round++) {
        const NtPixelFormat format = round % 2 ? NT_PIXELS_RGB24 : NT_PIXELS_GRAY8;
        const int in_width = g_rand_int_range(random, 1, 90), in_height = g_rand_int_range(random, 1, 200);
        const int width = g_rand_int_range(random, 1, 90), height = g_rand_int_range(random, 1, 200);
        const int first = g_rand_int_range(random, 0, height), last = g_rand_int_range(random, first, height);
        const int stride = in_width * nt_channels(format), out_stride = width * nt_channels(format);
        g_autofree guint8 *in = g_malloc((gsize)(stride * in_height)), *whole = g_malloc((gsize)(out_stride * height)),
                          *rows = g_malloc((gsize)(out_stride * height));
        for (int i = 0; i < stride * in_height; i++)
            in[i] = (guint8)g_rand_int(random);
        const NtImage image = {in, in_width, in_height, stride, format};
        nt_pyramid_resize(&image, whole, width, height, out_stride);
        int first_needed, last_needed;
        nt_pyramid_source_rows(in_height, height, first, last, &first_needed, &last_needed);
        g_assert_true(first_needed >= 0 && first_needed <= last_needed && last_needed < in_height);
        memset(in, 0x55, (gsize)(stride * first_needed));
        memset(in + stride * (last_needed + 1), 0x55, (gsize)(stride * (in_height - 1 - last_needed)));
        memset(rows, 0xee, (gsize)(out_stride * height));
        nt_pyramid_resize_rows(&image, rows, width, height, out_stride, first, last);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < out_stride; x++)
                g_assert_cmpint(rows[y * out_stride + x], ==, y < first || y > last ? 0xee : whole[y * out_stride + x]);
    }
}

/* Boxes go up and down with the pixels they frame. */
static void test_rects(void)
{
    const NtRect box = {5, 13, 77, 85};
    const NtRect same = nt_pyramid_rect_up(box, 0), up = nt_pyramid_rect_up(box, 1);
    g_assert_cmpmem(&same, sizeof same, &box, sizeof box);
    g_assert_cmpint(up.left, ==, nt_round(5 * 1.2 + 0.3));
    g_assert_cmpint(up.bottom, ==, nt_round(85 * 1.2 + 0.3));
    const NtRect down = nt_upsampled_rect_down((NtRect){100, 100, 171, 171}, 1);
    g_assert_cmpint(down.left, ==, nt_round(100 / 2.0 - 1.25));
    g_assert_cmpint(down.bottom, ==, nt_round(171 / 2.0 - 0.75));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vision/pyramid/levels", test_levels);
    g_test_add_func("/vision/pyramid/resize", test_resize);
    g_test_add_func("/vision/pyramid/rows", test_rows);
    g_test_add_func("/vision/pyramid/rects", test_rects);
    return g_test_run();
}
