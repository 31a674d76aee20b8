/* YUV to RGB against the formulas in floating point, for every layout a decoder gives; grey as the plain mean. */
#include <glib.h>
#include <math.h>
#include <stdlib.h>

#include "vision/image.h"

typedef struct Case {
    const char *name;
    int uv_step, full_range;
    double kr, kb;
} Case;

static const Case cases[] = {
    {"i420-601-limited", 1, 0, 0.299, 0.114},   {"nv12-601-limited", 2, 0, 0.299, 0.114},
    {"i420-709-limited", 1, 0, 0.2126, 0.0722}, {"nv12-709-full", 2, 1, 0.2126, 0.0722},
};

static int clamp(double v) { return (int)CLAMP(floor(v + 0.5), 0, 255); }

static void check_size(const Case *c, int width, int height, GRand *random)
{
    const int cw = (width + 1) / 2, ch = (height + 1) / 2, y_stride = width + 5, uv_stride = cw * c->uv_step + 3;
    g_autofree guint8 *luma = g_malloc((gsize)(y_stride * height)), *chroma = g_malloc((gsize)(2 * uv_stride * ch));
    for (int i = 0; i < y_stride * height; i++)
        luma[i] = (guint8)g_rand_int(random);
    for (int i = 0; i < 2 * uv_stride * ch; i++)
        chroma[i] = (guint8)g_rand_int(random);
    const guint8 *u = chroma, *v = c->uv_step == 2 ? chroma + 1 : chroma + uv_stride * ch;
    const NtYuvImage yuv = {luma, u, v, y_stride, uv_stride, c->uv_step, width, height, c->kr, c->kb, c->full_range};
    const NtRect rect = {width / 4, height / 4, width - 1, height - 1};
    const int out_stride = 3 * nt_rect_width(rect) + 2;
    g_autofree guint8 *rgb = g_malloc((gsize)(out_stride * nt_rect_height(rect)));
    nt_yuv_to_rgb(&yuv, rect, rgb, out_stride);
    const double kg = 1 - c->kr - c->kb;
    for (int y = rect.top; y <= rect.bottom; y++) {
        for (int x = rect.left; x <= rect.right; x++) {
            const double l = c->full_range ? luma[y * y_stride + x] : (luma[y * y_stride + x] - 16) * 255.0 / 219;
            const double scale = c->full_range ? 1 : 255.0 / 224;
            const double cb = (u[y / 2 * uv_stride + x / 2 * c->uv_step] - 128) * scale;
            const double cr = (v[y / 2 * uv_stride + x / 2 * c->uv_step] - 128) * scale;
            const double r = l + 2 * (1 - c->kr) * cr, b = l + 2 * (1 - c->kb) * cb;
            const int wanted[3] = {clamp(r), clamp((l - c->kr * r - c->kb * b) / kg), clamp(b)};
            const guint8 *got = rgb + (y - rect.top) * out_stride + 3 * (x - rect.left);
            for (int k = 0; k < 3; k++)
                g_assert_cmpint(abs(got[k] - wanted[k]), <=, 1);
        }
    }
}

static void test_yuv(gconstpointer user)
{
    static const int sizes[][2] = {{1, 1}, {2, 2}, {3, 5}, {16, 16}, {33, 17}, {64, 1}, {1, 64}};
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++)
        check_size(user, sizes[i][0], sizes[i][1], random);
}

static void test_gray(void)
{
    const guint8 rgb[2][8] = {{1, 1, 0, 255, 255, 255, 99, 99}, {0, 0, 0, 10, 20, 31, 99, 99}};
    guint8 gray[2][3];
    const NtImage image = {&rgb[0][0], 2, 2, sizeof rgb[0], NT_PIXELS_RGB24};
    nt_rgb_to_gray(&image, &gray[0][0], sizeof gray[0]);
    g_assert_cmpint(gray[0][0], ==, 0);
    g_assert_cmpint(gray[0][1], ==, 255);
    g_assert_cmpint(gray[1][0], ==, 0);
    g_assert_cmpint(gray[1][1], ==, 20);
}

static void test_round(void)
{
    g_assert_cmpint(nt_round(0.5), ==, 1);
    g_assert_cmpint(nt_round(-0.5), ==, 0);
    g_assert_cmpint(nt_round(-1.5), ==, -1);
    g_assert_cmpint(nt_round(2.4999), ==, 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/vision/image/yuv/", cases[i].name, NULL);
        g_test_add_data_func(path, &cases[i], test_yuv);
    }
    g_test_add_func("/vision/image/gray-is-the-plain-mean", test_gray);
    g_test_add_func("/vision/image/rounding", test_round);
    return g_test_run();
}
