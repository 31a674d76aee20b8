/* Each layer against plain loops, on random shapes, at every level of kernels this processor has. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "nn/layers.h"
#include "nn/layers8.h"

static GRand *prng;

static float *random_floats(gsize n)
{
    float *values = g_new(float, n + 1);
    for (gsize i = 0; i < n; i++)
        values[i] = (float)(2 * g_rand_double(prng) - 1);
    return values;
}

/* A map of random values in a frame of zeros. */
static NtMap random_map(int n, int channels, int side)
{
    const gsize size = (gsize)n * nt_map_size(channels, side) * sizeof(float);
    NtMap map = {g_aligned_alloc(1, size, 64), n, channels, side};
    memset(map.data, 0, size);
    for (int b = 0; b < n * nt_map_blocks(channels); b++)
        for (int y = 0; y < side; y++)
            for (int x = 0; x < side; x++)
                for (int k = 0; k < NT_CHANNELS; k++)
                    map.data[nt_map_at(side, b, y, x) + (gsize)k] = (float)(2 * g_rand_double(prng) - 1);
    return map;
}

static float *at(const NtMap *map, int i, int channel, int y, int x)
{
    return map->data + (gsize)i * nt_map_size(map->channels, map->side) +
           nt_map_at(map->side, channel / NT_CHANNELS, y, x) + channel % NT_CHANNELS;
}

static void check_frame(const NtMap *map)
{
    for (int i = 0; i < map->n; i++)
        for (int c = 0; c < map->channels; c++)
            for (int k = -1; k <= map->side; k++) {
                g_assert_cmpfloat(*at(map, i, c, -1, k), ==, 0);
                g_assert_cmpfloat(*at(map, i, c, map->side, k), ==, 0);
                g_assert_cmpfloat(*at(map, i, c, k, -1), ==, 0);
                g_assert_cmpfloat(*at(map, i, c, k, map->side), ==, 0);
            }
}

/* Bytes for filters, and the values they stand for, as nt_conv_pack_bytes has them. */
static guint8 *random_bytes(int n, int out, float zero, const float *scale, float *filters)
{
    guint8 *bytes = g_malloc((gsize)n);
    for (int i = 0; i < n; i++) {
        bytes[i] = (guint8)g_rand_int_range(prng, 0, 256);
        filters[i] = ((float)bytes[i] - zero) * scale[i % out];
    }
    return bytes;
}

/* Filters in bytes where the convolution takes them so, else as floats. */
static void pack(NtConv *conv, int side, NtCpuLevel level, float *filters, int n_filters)
{
    if (!nt_conv_takes_bytes(conv, side, level) || g_rand_boolean(prng)) {
        g_assert_true(nt_conv_pack(conv, filters, side, level));
        return;
    }
    const float zero = (float)g_rand_int_range(prng, 50, 200);
    float *scale = random_floats((gsize)conv->out);
    for (int k = 0; k < conv->out; k++)
        scale[k] /= 256; /* weights of about 1 */
    g_autofree guint8 *bytes = random_bytes(n_filters, conv->out, zero, scale, filters);
    g_assert_true(nt_conv_pack_bytes(conv, bytes, zero, scale, side, level));
}

/* extra: by how much y is larger than what the convolution fills. */
static void check_conv(NtCpuLevel level, int stride, int in, int out, int side, int n, int extra, gboolean relu,
                       gboolean with_shortcut)
{
    const gboolean picture = in == 3;
    const int kernel = picture ? 7 : 3, padding = stride == 1 ? 1 : 0;
    const int n_filters = kernel * kernel * in * out;
    g_autofree float *filters = random_floats((gsize)n_filters);
    NtConv conv = {.kernel = kernel, .stride = stride, .padding = padding, .in = in, .out = out, .relu = relu,
                   .bias = random_floats((gsize)out)};
    pack(&conv, side, level, filters, n_filters);
    g_autofree float *pixels = random_floats((gsize)(n * side * side * 3));
    NtMap x = random_map(n, in, side), y = random_map(n, out, conv.side + extra), before = random_map(n, out, conv.side + extra);
    NtMap shortcut = random_map(n, out, conv.side + extra);
    memcpy(before.data, y.data, (gsize)n * nt_map_size(out, y.side) * sizeof(float));
    nt_conv_run(&conv, picture ? pixels : x.data, side, with_shortcut ? &shortcut : NULL, &y);
    for (int i = 0; i < n; i++)
        for (int o = 0; o < out; o++)
            for (int oy = 0; oy < y.side; oy++)
                for (int ox = 0; ox < y.side; ox++) {
                    if (oy >= conv.side || ox >= conv.side) {
                        g_assert_cmpfloat(*at(&y, i, o, oy, ox), ==, *at(&before, i, o, oy, ox));
                        continue;
                    }
                    double sum = conv.bias[o] + (with_shortcut ? *at(&shortcut, i, o, oy, ox) : 0);
                    for (int ky = 0; ky < kernel; ky++)
                        for (int kx = 0; kx < kernel; kx++) {
                            const int iy = oy * stride - padding + ky, ix = ox * stride - padding + kx;
                            if (iy < 0 || ix < 0 || iy >= side || ix >= side)
                                continue;
                            for (int c = 0; c < in; c++)
                                sum += (double)(picture ? pixels[((i * side + iy) * side + ix) * 3 + c] : *at(&x, i, c, iy, ix)) *
                                       filters[((ky * kernel + kx) * in + c) * out + o];
                        }
                    g_assert_cmpfloat_with_epsilon(*at(&y, i, o, oy, ox), relu ? MAX(sum, 0) : sum, 2e-4);
                }
    check_frame(&y);
    nt_conv_clear(&conv);
    g_aligned_free(x.data);
    g_aligned_free(y.data);
    g_aligned_free(before.data);
    g_aligned_free(shortcut.data);
}

static void test_conv(gconstpointer user)
{
    const NtCpuLevel level = (NtCpuLevel)GPOINTER_TO_INT(user);
    if (level > nt_cpu_best()) {
        g_test_skip("this processor has no such instructions");
        return;
    }
    for (int round = 0; round < 80; round++) {
        const int stride = g_rand_int_range(prng, 1, 3), least = stride == 1 ? 1 : 3;
        check_conv(level, stride, 16 * g_rand_int_range(prng, 1, 4), g_rand_boolean(prng) ? 64 : 32,
                   g_rand_int_range(prng, least, least + 16), g_rand_int_range(prng, 1, 4), g_rand_int_range(prng, 0, 2),
                   g_rand_boolean(prng), g_rand_boolean(prng));
    }
    for (int side = 1; side < 10; side++) /* small maps, at both strides */
        for (int round = 0; round < 4; round++)
            check_conv(level, side < 3 ? 1 : 1 + round % 2, 32, 32, side, 1 + round / 2, round % 2, round % 3 == 0, round % 3 == 1);
    check_conv(level, 1, NT_WINOGRAD_MAX_IN, 32, 9, 2, 0, TRUE, TRUE);
    for (int side = 7; side < 41; side += 3)
        check_conv(level, 2, 3, 32, side, 1 + side % 2, 0, side % 3 == 0, side % 2);
}

static NtMap8 random_map8(int n, int channels, int side)
{
    const gsize size = (gsize)n * nt_map_size(channels, side);
    NtMap8 map = {g_aligned_alloc(1, size, 64), n, channels, side, 0.03f};
    memset(map.data, 0, size);
    for (int b = 0; b < n * nt_map_blocks(channels); b++)
        for (int y = 0; y < side; y++)
            for (int x = 0; x < side; x++)
                for (int k = 0; k < NT_CHANNELS; k++)
                    map.data[nt_map_at(side, b, y, x) + (gsize)k] = (guint8)g_rand_int_range(prng, 0, 256);
    return map;
}

/* In 8 bits: the kernel and its plain twin give the same, which is what float gives but for the rounding of weights. */
static void check_conv8(int stride, int in, int out, int side, int n, gboolean with_shortcut, gboolean as_floats, gboolean as_bytes)
{
    const gboolean picture = in == 3;
    const int kernel = picture ? 7 : 3, padding = stride == 1 ? 1 : 0;
    const gsize n_filters = (gsize)(kernel * kernel * in * out);
    g_autofree float *filters = random_floats(n_filters), *gamma = random_floats((gsize)out);
    NtConv8 conv = {.kernel = kernel, .stride = stride, .padding = padding, .in = in, .out = out, .bias = random_floats((gsize)out)};
    for (gsize i = 0; i < n_filters; i++)
        filters[i] = (float)((int)(filters[i] * 100) / 64.0); /* whole multiples of the quantum, as the model's are */
    g_assert_true(nt_conv8_pack(&conv, filters, 1 / 64.0, gamma, side));
    NtMap8 x = random_map8(n, in, side);
    g_autofree guint8 *pixels = g_malloc((gsize)(n * side * side * 3 + 8));
    for (int i = 0; i < n * side * side * 3 + 8; i++)
        pixels[i] = (guint8)g_rand_int_range(prng, 0, 256);
    NtMap shortcut = random_map(n, out, conv.side), y[2] = {random_map(n, out, conv.side), random_map(n, out, conv.side)};
    NtMap8 q[2] = {random_map8(n, out, conv.side), random_map8(n, out, conv.side)};
    for (int run = 0; run < 2; run++) {
        nt_cpu_force(run == 0 ? NT_CPU_PLAIN : nt_cpu_best());
        nt_conv8_run(&conv, picture ? pixels : x.data, side, 0.02f, with_shortcut ? &shortcut : NULL, as_floats ? &y[run] : NULL,
                     as_bytes ? &q[run] : NULL);
    }
    for (int i = 0; i < n; i++)
        for (int o = 0; o < out; o++)
            for (int oy = 0; oy < conv.side; oy++)
                for (int ox = 0; ox < conv.side; ox++) {
                    double sum = 0;
                    for (int ky = 0; ky < kernel; ky++)
                        for (int kx = 0; kx < kernel; kx++) {
                            const int iy = oy * stride - padding + ky, ix = ox * stride - padding + kx;
                            if (iy < 0 || ix < 0 || iy >= side || ix >= side)
                                continue;
                            for (int c = 0; c < in; c++)
                                sum += (picture ? pixels[((i * side + iy) * side + ix) * 3 + c]
                                                : x.data[(gsize)i * nt_map_size(in, side) + nt_map_at(side, c / NT_CHANNELS, iy, ix) +
                                                         (gsize)(c % NT_CHANNELS)]) *
                                       (double)filters[((ky * kernel + kx) * in + c) * out + o];
                        }
                    sum = MAX(sum * gamma[o] * 0.02 + conv.bias[o] + (with_shortcut ? *at(&shortcut, i, o, oy, ox) : 0), 0);
                    const gsize place = (gsize)i * nt_map_size(out, conv.side) + nt_map_at(conv.side, o / NT_CHANNELS, oy, ox) +
                                        (gsize)(o % NT_CHANNELS);
                    for (int run = 0; run < 2; run++) {
                        if (as_floats)
                            g_assert_cmpfloat(fabs(y[run].data[place] - sum), <=, 1e-3 + 1e-5 * sum);
                        if (as_bytes)
                            g_assert_cmpfloat(fabs(q[run].data[place] - MIN(sum / 0.03, 255)), <=, 0.51 + 1e-4 * sum);
                    }
                }
    for (int run = 0; run < 2; run++) {
        if (as_floats)
            check_frame(&y[run]);
        g_aligned_free(y[run].data);
        g_aligned_free(q[run].data);
    }
    nt_conv8_clear(&conv);
    g_aligned_free(x.data);
    g_aligned_free(shortcut.data);
}

static void test_conv8(void)
{
    for (int round = 0; round < 60; round++) {
        const int stride = g_rand_int_range(prng, 1, 3), least = stride == 1 ? 1 : 3;
        const gboolean as_bytes = g_rand_boolean(prng);
        check_conv8(stride, 16 * g_rand_int_range(prng, 1, 4), g_rand_boolean(prng) ? 64 : 32,
                    g_rand_int_range(prng, least, least + 16), g_rand_int_range(prng, 1, 4), g_rand_boolean(prng),
                    !as_bytes || g_rand_boolean(prng), as_bytes);
    }
    for (int side = 7; side < 41; side += 3)
        check_conv8(2, 3, 32, side, 1 + side % 2, side % 2, TRUE, TRUE);
    nt_cpu_force(nt_cpu_best());
}

static void test_pools(void)
{
    for (int side = 3; side < 12; side++) {
        const int n = 2, channels = 32, max_side = (side - 3) / 2 + 1, mean_side = side / 2;
        NtMap x = random_map(n, channels, side), maximum = random_map(n, channels, max_side);
        NtMap mean = random_map(n, 2 * channels, mean_side), positive = random_map(n, channels, side);
        g_autofree float *all = random_floats((gsize)(n * channels));
        nt_max_pool_3x3(&x, &maximum);
        nt_average_pool_2x2(&x, &mean);
        nt_average_pool_all(&x, all);
        nt_relu(&x, &positive);
        for (int i = 0; i < n; i++)
            for (int c = 0; c < channels; c++) {
                double total = 0;
                for (int p = 0; p < side * side; p++) {
                    total += *at(&x, i, c, p / side, p % side);
                    g_assert_cmpfloat(*at(&positive, i, c, p / side, p % side), ==, MAX(*at(&x, i, c, p / side, p % side), 0));
                }
                g_assert_cmpfloat_with_epsilon(all[i * channels + c], total / (side * side), 1e-5);
                for (int y = 0; y < max_side; y++)
                    for (int z = 0; z < max_side; z++) {
                        float best = -2;
                        for (int k = 0; k < 9; k++)
                            best = MAX(best, *at(&x, i, c, 2 * y + k / 3, 2 * z + k % 3));
                        g_assert_cmpfloat(*at(&maximum, i, c, y, z), ==, best);
                    }
                for (int y = 0; y < mean_side; y++)
                    for (int z = 0; z < mean_side; z++) {
                        double sum = 0;
                        for (int k = 0; k < 4; k++)
                            sum += *at(&x, i, c, 2 * y + k / 2, 2 * z + k % 2);
                        g_assert_cmpfloat_with_epsilon(*at(&mean, i, c, y, z), sum / 4, 1e-6);
                        g_assert_cmpfloat(*at(&mean, i, channels + c, y, z), ==, 0);
                    }
            }
        check_frame(&maximum);
        check_frame(&mean);
        g_aligned_free(x.data);
        g_aligned_free(maximum.data);
        g_aligned_free(mean.data);
        g_aligned_free(positive.data);
    }
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
    for (int level = 0; level < NT_CPU_N_LEVELS; level++) {
        g_autofree char *name = g_strdup_printf("/nn/layers/convolution/%s", nt_cpu_level_name((NtCpuLevel)level));
        g_test_add_data_func(name, GINT_TO_POINTER(level), test_conv);
    }
    g_test_add_func("/nn/layers/convolution/8-bit", test_conv8);
    g_test_add_func("/nn/layers/pools", test_pools);
    g_test_add_func("/nn/layers/dense", test_dense);
    int result = g_test_run();
    g_rand_free(prng);
    return result;
}
