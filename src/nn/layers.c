#include "nn/layers.h"

#include <string.h>

#include <cblas.h>

size_t nt_conv_scratch(const NtConv *conv, int side)
{
    const size_t out_side = (size_t)nt_conv_side(conv, side);
    return out_side * out_side * (size_t)(conv->kernel * conv->kernel * conv->in);
}

/* One picture's windows: x [side][side][in] -> rows [out_side * out_side][kernel][kernel][in], zeros outside. */
static float *gather_windows(const NtConv *conv, const float *x, int side, float *rows)
{
    const int out_side = nt_conv_side(conv, side);
    const size_t pixel = (size_t)conv->in;
    for (int oy = 0; oy < out_side; oy++) {
        for (int ox = 0; ox < out_side; ox++) {
            const int left = ox * conv->stride - conv->padding, right = left + conv->kernel;
            const int first = left < 0 ? 0 : left, last = right > side ? side : right;
            for (int ky = 0; ky < conv->kernel; ky++) {
                const int y = oy * conv->stride - conv->padding + ky;
                float *row = rows;
                rows += (size_t)conv->kernel * pixel;
                if (y < 0 || y >= side || first >= last) {
                    memset(row, 0, (size_t)conv->kernel * pixel * sizeof(float));
                    continue;
                }
                const size_t before = (size_t)(first - left) * pixel, inside = (size_t)(last - first) * pixel;
                memset(row, 0, before * sizeof(float));
                memcpy(row + before, x + ((size_t)y * (size_t)side + (size_t)first) * pixel, inside * sizeof(float));
                memset(row + before + inside, 0, (size_t)(right - last) * pixel * sizeof(float));
            }
        }
    }
    return rows;
}

/* y [pixels][out] = bias, plus the shortcut where there is one: the product is added to it. */
static void begin_outputs(const NtConv *conv, const float *shortcut, size_t pixels, float *y)
{
    const size_t out = (size_t)conv->out;
    for (size_t p = 0; p < pixels; p++, y += out) {
        if (!shortcut) {
            memcpy(y, conv->bias, out * sizeof(float));
            continue;
        }
        for (size_t k = 0; k < out; k++)
            y[k] = conv->bias[k] + shortcut[p * out + k];
    }
}

static void relu(float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = y[i] > 0 ? y[i] : 0;
}

void nt_conv_run(const NtConv *conv, const float *x, int n, int side, const float *shortcut, float *y, float *scratch,
                 size_t scratch_size)
{
    const int out_side = nt_conv_side(conv, side), window = conv->kernel * conv->kernel * conv->in;
    const size_t pixels = (size_t)out_side * (size_t)out_side, in_size = (size_t)side * (size_t)side * (size_t)conv->in;
    const size_t out_size = pixels * (size_t)conv->out;
    /* As many pictures at once as the scratch holds: the filters are then read once for all of them. */
    int batch = (int)(scratch_size / nt_conv_scratch(conv, side));
    for (int done = 0; done < n; done += batch) {
        if (batch > n - done)
            batch = n - done;
        float *rows = scratch;
        for (int i = 0; i < batch; i++)
            rows = gather_windows(conv, x + (size_t)(done + i) * in_size, side, rows);
        float *out = y + (size_t)done * out_size;
        const size_t batch_pixels = pixels * (size_t)batch;
        begin_outputs(conv, shortcut ? shortcut + (size_t)done * out_size : NULL, batch_pixels, out);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)batch_pixels, conv->out, window, 1, scratch, window,
                    conv->filters, conv->out, 1, out, conv->out);
        if (conv->relu)
            relu(out, batch_pixels * (size_t)conv->out);
    }
}

void nt_max_pool_3x3(const float *x, int n, int side, int channels, float *y)
{
    const int out_side = (side - 3) / 2 + 1;
    const size_t c = (size_t)channels, row = (size_t)side * c;
    for (int i = 0; i < n; i++, x += (size_t)side * row) {
        for (int oy = 0; oy < out_side; oy++) {
            for (int ox = 0; ox < out_side; ox++, y += c) {
                const float *window = x + (size_t)(2 * oy) * row + (size_t)(2 * ox) * c;
                memcpy(y, window, c * sizeof(float));
                for (int k = 1; k < 9; k++) {
                    const float *p = window + (size_t)(k / 3) * row + (size_t)(k % 3) * c;
                    for (size_t j = 0; j < c; j++)
                        y[j] = p[j] > y[j] ? p[j] : y[j];
                }
            }
        }
    }
}

void nt_average_pool_2x2(const float *x, int n, int side, int channels, float *y)
{
    const int out_side = side / 2;
    const size_t c = (size_t)channels, row = (size_t)side * c;
    for (int i = 0; i < n; i++, x += (size_t)side * row) {
        for (int oy = 0; oy < out_side; oy++) {
            for (int ox = 0; ox < out_side; ox++, y += c) {
                const float *p = x + (size_t)(2 * oy) * row + (size_t)(2 * ox) * c;
                for (size_t j = 0; j < c; j++)
                    y[j] = 0.25f * (p[j] + p[c + j] + p[row + j] + p[row + c + j]);
            }
        }
    }
}

void nt_average_pool_all(const float *x, int n, int side, int channels, float *y)
{
    const int pixels = side * side;
    for (int i = 0; i < n; i++, y += channels) {
        for (int k = 0; k < channels; k++)
            y[k] = 0;
        for (int p = 0; p < pixels; p++, x += channels)
            for (int k = 0; k < channels; k++)
                y[k] += x[k];
        for (int k = 0; k < channels; k++)
            y[k] /= (float)pixels;
    }
}

/* Adds x [side][side][channels] into y [y_side][y_side][y_channels]. */
static void add_into(const float *x, int side, int channels, float *y, int y_side, int y_channels)
{
    for (int r = 0; r < side; r++)
        for (int c = 0; c < side; c++, x += channels) {
            float *out = y + ((size_t)r * (size_t)y_side + (size_t)c) * (size_t)y_channels;
            for (int k = 0; k < channels; k++)
                out[k] += x[k];
        }
}

void nt_add_padded_relu(const float *a, int a_side, int a_channels, const float *b, int b_side, int b_channels, int n,
                        float *y)
{
    const int side = a_side > b_side ? a_side : b_side, channels = a_channels > b_channels ? a_channels : b_channels;
    const size_t size = (size_t)side * (size_t)side * (size_t)channels;
    memset(y, 0, (size_t)n * size * sizeof(float));
    for (int i = 0; i < n; i++, y += size) {
        add_into(a + (size_t)i * (size_t)(a_side * a_side * a_channels), a_side, a_channels, y, side, channels);
        add_into(b + (size_t)i * (size_t)(b_side * b_side * b_channels), b_side, b_channels, y, side, channels);
        relu(y, size);
    }
}

void nt_dense(const float *x, int n, int in, const float *weights, int out, float *y)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, out, in, 1, x, in, weights, out, 0, y, out);
}
