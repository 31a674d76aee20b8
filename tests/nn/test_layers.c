/* Each layer against plain loops, on random shapes: odd sides, one pixel, stride 2, with and without padding. */
#include <glib.h>
#include <math.h>

#include "nn/layers.h"

static GRand *prng;

static float *random_floats(gsize n)
{
    float *values = g_new(float, n + 1);
    for (gsize i = 0; i < n; i++)
        values[i] = (float)(2 * g_rand_double(prng) - 1);
    return values;
}

static void naive_conv(const NtConv *conv, const float *x, int n, int side, const float *shortcut, float *y)
{
    const int out_side = nt_conv_side(conv, side);
    for (int i = 0; i < n; i++)
        for (int oy = 0; oy < out_side; oy++)
            for (int ox = 0; ox < out_side; ox++)
                for (int o = 0; o < conv->out; o++) {
                    const int at = ((i * out_side + oy) * out_side + ox) * conv->out + o;
                    double sum = conv->bias[o] + (shortcut ? shortcut[at] : 0);
                    for (int ky = 0; ky < conv->kernel; ky++)
                        for (int kx = 0; kx < conv->kernel; kx++) {
                            const int iy = oy * conv->stride - conv->padding + ky, ix = ox * conv->stride - conv->padding + kx;
                            if (iy < 0 || ix < 0 || iy >= side || ix >= side)
                                continue;
                            for (int c = 0; c < conv->in; c++)
                                sum += (double)x[((i * side + iy) * side + ix) * conv->in + c] *
                                       conv->filters[((ky * conv->kernel + kx) * conv->in + c) * conv->out + o];
                        }
                    y[at] = (float)(conv->relu ? MAX(sum, 0) : sum);
                }
}

static void check_conv(int kernel, int stride, int padding, int in, int out, int side, int n, gboolean relu,
                       gboolean with_shortcut, gsize scratch_factor)
{
    g_autofree float *filters = random_floats((gsize)(kernel * kernel * in * out)), *bias = random_floats((gsize)out);
    const NtConv conv = {kernel, stride, in, out, padding, relu, filters, bias};
    const int out_side = nt_conv_side(&conv, side);
    const gsize n_out = (gsize)(n * out_side * out_side * out), n_scratch = nt_conv_scratch(&conv, side) * scratch_factor;
    g_autofree float *x = random_floats((gsize)(n * side * side * in)), *shortcut = random_floats(n_out);
    g_autofree float *ours = random_floats(n_out), *wanted = random_floats(n_out), *scratch = random_floats(n_scratch);
    nt_conv_run(&conv, x, n, side, with_shortcut ? shortcut : NULL, ours, scratch, n_scratch);
    naive_conv(&conv, x, n, side, with_shortcut ? shortcut : NULL, wanted);
    for (gsize i = 0; i < n_out; i++)
        g_assert_cmpfloat_with_epsilon(ours[i], wanted[i], 1e-4);
}

static void test_conv(void)
{
    for (int round = 0; round < 60; round++) {
        const int kernel = 1 + 2 * g_rand_int_range(prng, 0, 4), stride = g_rand_int_range(prng, 1, 3);
        const int padding = stride == 1 ? kernel / 2 : 0;
        const int least = padding ? 1 : kernel;
        check_conv(kernel, stride, padding, g_rand_int_range(prng, 1, 9), g_rand_int_range(prng, 1, 20),
                   g_rand_int_range(prng, least, least + 9), g_rand_int_range(prng, 1, 5), g_rand_boolean(prng),
                   g_rand_boolean(prng), (gsize)g_rand_int_range(prng, 1, 4));
    }
}

static void test_pools(void)
{
    for (int side = 3; side < 12; side++) {
        const int n = 2, channels = 5, max_side = (side - 3) / 2 + 1, mean_side = side / 2;
        g_autofree float *x = random_floats((gsize)(n * side * side * channels));
        g_autofree float *maximum = random_floats((gsize)(n * max_side * max_side * channels));
        g_autofree float *mean = random_floats((gsize)(n * mean_side * mean_side * channels));
        g_autofree float *all = random_floats((gsize)(n * channels));
        nt_max_pool_3x3(x, n, side, channels, maximum);
        nt_average_pool_2x2(x, n, side, channels, mean);
        nt_average_pool_all(x, n, side, channels, all);
        for (int i = 0; i < n; i++)
            for (int c = 0; c < channels; c++) {
                double total = 0;
                for (int p = 0; p < side * side; p++)
                    total += x[(i * side * side + p) * channels + c];
                g_assert_cmpfloat_with_epsilon(all[i * channels + c], total / (side * side), 1e-5);
                for (int y = 0; y < max_side; y++)
                    for (int z = 0; z < max_side; z++) {
                        float best = -2;
                        for (int k = 0; k < 9; k++)
                            best = MAX(best, x[((i * side + 2 * y + k / 3) * side + 2 * z + k % 3) * channels + c]);
                        g_assert_cmpfloat(maximum[((i * max_side + y) * max_side + z) * channels + c], ==, best);
                    }
                for (int y = 0; y < mean_side; y++)
                    for (int z = 0; z < mean_side; z++) {
                        double sum = 0;
                        for (int k = 0; k < 4; k++)
                            sum += x[((i * side + 2 * y + k / 2) * side + 2 * z + k % 2) * channels + c];
                        g_assert_cmpfloat_with_epsilon(mean[((i * mean_side + y) * mean_side + z) * channels + c], sum / 4, 1e-6);
                    }
            }
    }
}

/* The smaller of two is extended by zeros; what is below zero becomes zero. */
static void test_add(void)
{
    const float a[] = {1, -5, 2, 3, 4, 5, 6, 7}, b[] = {10, 20, 30}; /* 2 x 2 x 2 and 1 x 1 x 3 */
    const float wanted[] = {11, 15, 30, 2, 3, 0, 4, 5, 0, 6, 7, 0};
    float y[12], z[12];
    nt_add_padded_relu(a, 2, 2, b, 1, 3, 1, y);
    nt_add_padded_relu(b, 1, 3, a, 2, 2, 1, z);
    for (int i = 0; i < 12; i++) {
        g_assert_cmpfloat(y[i], ==, wanted[i]);
        g_assert_cmpfloat(z[i], ==, wanted[i]);
    }
    const float negative[] = {-3}, less[] = {1};
    nt_add_padded_relu(negative, 1, 1, less, 1, 1, 1, y);
    g_assert_cmpfloat(y[0], ==, 0);
}

static void test_dense(void)
{
    const float x[] = {1, 2, 3, 4}, weights[] = {1, 10, 100, 2, 20, 200}; /* [2][2] * [2][3] */
    const float wanted[] = {5, 50, 500, 11, 110, 1100};
    float y[6];
    nt_dense(x, 2, 2, weights, 3, y);
    for (int i = 0; i < 6; i++)
        g_assert_cmpfloat(y[i], ==, wanted[i]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    prng = g_rand_new_with_seed(20261123);
    g_test_add_func("/nn/layers/convolution", test_conv);
    g_test_add_func("/nn/layers/pools", test_pools);
    g_test_add_func("/nn/layers/padded-sum", test_add);
    g_test_add_func("/nn/layers/dense", test_dense);
    int result = g_test_run();
    g_rand_free(prng);
    return result;
}
