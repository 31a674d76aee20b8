#include "nn/layers.h"

#include <stdlib.h>
#include <string.h>

#include <cblas.h>


/* What the kernels are compared with: each output by itself. */
static void plain_run(const NtConvJob *job)
{
    const size_t per_group = (size_t)(job->shape.blocks * job->shape.taps_y * job->shape.taps_x * job->inner * job->group);
    for (int i = 0; i < job->n * job->side; i++) {
        const int picture = i / job->side, row = i % job->side;
        for (int column = 0; column < job->side; column++)
            for (int channel = 0; channel < job->out; channel++) {
                const float *w = job->weights + (size_t)(channel / job->group) * per_group + channel % job->group;
                float sum = job->bias[channel];
                for (int b = 0; b < job->shape.blocks; b++)
                    for (int ky = 0; ky < job->shape.taps_y; ky++)
                        for (int kx = 0; kx < job->shape.taps_x; kx++) {
                            const float *in = job->x + (size_t)picture * job->shape.x_next + (size_t)b * job->shape.x_block +
                                              (size_t)(row * job->shape.stride + ky) * job->shape.x_row +
                                              (size_t)column * job->shape.x_pixel + (size_t)kx * NT_CHANNELS;
                            for (int c = 0; c < job->inner; c++, w += job->group)
                                sum += in[c] * *w;
                        }
                const size_t at = (size_t)picture * job->shape.y_next + (size_t)(channel / NT_CHANNELS) * job->shape.y_block +
                                  (size_t)row * job->shape.y_row + (size_t)column * NT_CHANNELS + (size_t)(channel % NT_CHANNELS);
                if (job->shortcut)
                    sum += job->shortcut[at];
                job->y[at] = job->relu && !(sum > 0) ? 0 : sum;
            }
    }
}

const NtConvKernels nt_conv_kernels_plain = {.group = NT_CONV_MAX_GROUP, .run = plain_run};


/* Smaller maps are dear in transformed weights, and have few tiles to use them. */
#define WINOGRAD_LEAST_SIDE 8

/* How many values of a tap lie together: the channels of a block of a map, or a row of the window over a picture. */
static int inner_of(const NtConv *conv) { return conv->in % NT_CHANNELS == 0 ? NT_CHANNELS : conv->kernel * conv->in; }

/* Of a 3 x 3 filter g, whose values are step apart: G g G', 16 of them. */
static void transform_filter(const float *g, size_t step, float u[NT_WINOGRAD_WEIGHTS])
{
    float t[4][3];
    for (size_t k = 0; k < 3; k++) {
        const float a = g[k * step], b = g[(3 + k) * step], c = g[(6 + k) * step];
        t[0][k] = a, t[1][k] = (a + b + c) / 2, t[2][k] = (a - b + c) / 2, t[3][k] = c;
    }
    for (int k = 0; k < 4; k++) {
        const float a = t[k][0], b = t[k][1], c = t[k][2];
        u[4 * k] = a, u[4 * k + 1] = (a + b + c) / 2, u[4 * k + 2] = (a - b + c) / 2, u[4 * k + 3] = c;
    }
}

static int pack_winograd(NtConv *conv, const float *filters)
{
    const int in = conv->in, out = conv->out;
    conv->weights = nt_aligned_alloc((size_t)(NT_WINOGRAD_WEIGHTS * in * out) * sizeof(float));
    if (!conv->weights)
        return 0;
    for (int c = 0; c < in; c++)
        for (int k = 0; k < out; k++) {
            float u[NT_WINOGRAD_WEIGHTS];
            transform_filter(filters + c * out + k, (size_t)(in * out), u);
            for (int p = 0; p < NT_WINOGRAD_WEIGHTS; p++)
                conv->weights[((k / conv->group * NT_WINOGRAD_WEIGHTS + p) * in + c) * conv->group + k % conv->group] = u[p];
        }
    return 1;
}

int nt_conv_pack(NtConv *conv, const float *filters, int side, NtCpuLevel level)
{
    const NtConvShape shape = nt_conv_shape(conv->kernel, conv->stride, conv->padding, conv->in, side, conv->out, 1);
    const int inner = inner_of(conv);
    const int kernel = conv->kernel, in = conv->in, out = conv->out;
    conv->side = nt_conv_side(side, kernel, conv->stride, conv->padding);
    conv->kernels = NT_FOR_LEVEL(level, nt_conv_kernels);
    conv->group = conv->kernels->group;
    conv->winograd = conv->kernels->winograd && kernel == 3 && conv->stride == 1 && in <= NT_WINOGRAD_MAX_IN &&
                     conv->side >= WINOGRAD_LEAST_SIDE;
    if (conv->winograd)
        return pack_winograd(conv, filters);
    const size_t n = (size_t)(kernel * kernel * in) * (size_t)out;
    conv->weights = nt_aligned_alloc(n * sizeof(float));
    if (!conv->weights)
        return 0;
    float *packed = conv->weights;
    for (int first = 0; first < out; first += conv->group)
        for (int b = 0; b < shape.blocks; b++)
            for (int ky = 0; ky < kernel; ky++)
                for (int kx = 0; kx < shape.taps_x; kx++)
                    for (int c = 0; c < inner; c++, packed += conv->group) {
                        /* For a picture, c runs through a whole row of the window; the formula is the same. */
                        const size_t row = (size_t)((ky * kernel + kx) * in + b * NT_CHANNELS + c);
                        memcpy(packed, filters + row * (size_t)out + first, (size_t)conv->group * sizeof(float));
                    }
    return 1;
}

int nt_conv_takes_bytes(const NtConv *conv, int side, NtCpuLevel level)
{
    return NT_FOR_LEVEL(level, nt_conv_kernels)->small && conv->kernel == 3 && conv->in % NT_CHANNELS == 0 &&
           conv->out % NT_CHANNELS == 0 && nt_conv_side(side, conv->kernel, conv->stride, conv->padding) <= NT_SMALL_SIDE;
}

int nt_conv_pack_bytes(NtConv *conv, const uint8_t *filters, float zero, float *scale, int side, NtCpuLevel level)
{
    const int taps = conv->kernel * conv->kernel, in = conv->in, out = conv->out;
    conv->side = nt_conv_side(side, conv->kernel, conv->stride, conv->padding);
    conv->kernels = NT_FOR_LEVEL(level, nt_conv_kernels);
    conv->zero = zero;
    conv->scale = scale;
    conv->bytes = nt_aligned_alloc((size_t)(taps * in * out));
    if (!conv->bytes)
        return 0;
    uint8_t *packed = conv->bytes;
    for (int first = 0; first < out; first += NT_CHANNELS)
        for (int b = 0; b < in; b += NT_CHANNELS)
            for (int t = 0; t < taps; t++)
                for (int c = b; c < b + NT_CHANNELS; c++, packed += NT_CHANNELS)
                    memcpy(packed, filters + (t * in + c) * out + first, NT_CHANNELS);
    return 1;
}

void nt_conv_clear(NtConv *conv)
{
    free(conv->weights);
    free(conv->bytes);
    free(conv->scale);
    free(conv->bias);
    conv->weights = conv->scale = conv->bias = NULL;
    conv->bytes = NULL;
}

void nt_clear_frames(void *data, int n_blocks, int side, size_t element)
{
    const size_t row = nt_map_row(side) * element, block = nt_map_block(side) * element, pixel = NT_CHANNELS * element;
    char *bytes = data;
    for (int b = 0; b < n_blocks; b++, bytes += block) {
        memset(bytes, 0, row);
        for (int y = 1; y <= side; y++) {
            memset(bytes + (size_t)y * row, 0, pixel);
            memset(bytes + (size_t)(y + 1) * row - pixel, 0, pixel);
        }
        memset(bytes + block - row, 0, row);
    }
}

static void clear_frame(const NtMap *map)
{
    nt_clear_frames(map->data, map->n * nt_map_blocks(map->channels), map->side, sizeof *map->data);
}

NtConvShape nt_conv_shape(int kernel, int stride, int padding, int in, int x_side, int y_channels, int y_side)
{
    NtConvShape shape = {.taps_y = kernel, .stride = stride, .padding = padding, .rows = x_side,
                         .y_block = nt_map_block(y_side), .y_row = nt_map_row(y_side),
                         .y_next = nt_map_size(y_channels, y_side), .y_first = nt_map_at(y_side, 0, 0, 0)};
    if (in % NT_CHANNELS == 0) {
        shape.blocks = in / NT_CHANNELS;
        shape.taps_x = kernel;
        shape.x_first = nt_map_at(x_side, 0, -padding, -padding);
        shape.x_block = nt_map_block(x_side);
        shape.x_row = nt_map_row(x_side);
        shape.x_pixel = (size_t)stride * NT_CHANNELS;
        shape.x_next = nt_map_size(in, x_side);
    } else {
        shape.blocks = shape.taps_x = 1;
        shape.x_row = (size_t)(x_side * in);
        shape.x_pixel = (size_t)(stride * in);
        shape.x_next = shape.x_row * (size_t)x_side;
    }
    return shape;
}

void nt_conv_run(const NtConv *conv, const float *x, int x_side, const NtMap *shortcut, const NtMap *y)
{
    const NtConvShape shape = nt_conv_shape(conv->kernel, conv->stride, conv->padding, conv->in, x_side, y->channels, y->side);
    NtConvRun *run = conv->winograd ? conv->kernels->winograd : conv->bytes ? conv->kernels->small : conv->kernels->run;
    run(&(NtConvJob){
        .shape = shape, .n = y->n, .x = x + shape.x_first, .inner = inner_of(conv), .weights = conv->weights,
        .bytes = conv->bytes, .zero = conv->zero, .scale = conv->scale, .bias = conv->bias, .out = conv->out, .group = conv->group, .relu = conv->relu,
        .shortcut = shortcut ? shortcut->data + shape.y_first : NULL, .y = y->data + shape.y_first, .side = conv->side});
    clear_frame(y);
}

void nt_max_pool_3x3(const NtMap *x, const NtMap *y)
{
    const size_t row = nt_map_row(x->side);
    for (int b = 0; b < x->n * nt_map_blocks(x->channels); b++)
        for (int r = 0; r < y->side; r++) {
            const float *in = x->data + nt_map_at(x->side, b, 2 * r, 0);
            float *out = y->data + nt_map_at(y->side, b, r, 0);
            for (int c = 0; c < y->side; c++, in += 2 * NT_CHANNELS, out += NT_CHANNELS)
                for (int k = 0; k < NT_CHANNELS; k++) {
                    float best = in[k];
                    for (size_t t = 1; t < 9; t++) {
                        const float v = in[t / 3 * row + t % 3 * NT_CHANNELS + (size_t)k];
                        best = v > best ? v : best;
                    }
                    out[k] = best;
                }
        }
    clear_frame(y);
}

void nt_average_pool_2x2(const NtMap *x, const NtMap *y)
{
    const size_t row = nt_map_row(x->side);
    const int x_blocks = nt_map_blocks(x->channels), y_blocks = nt_map_blocks(y->channels);
    for (int b = 0; b < y->n * y_blocks; b++)
        for (int r = 0; r < y->side; r++) {
            float *out = y->data + nt_map_at(y->side, b, r, 0);
            if (b % y_blocks >= x_blocks) {
                memset(out, 0, (size_t)y->side * NT_CHANNELS * sizeof(float));
                continue;
            }
            const float *in = x->data + nt_map_at(x->side, b / y_blocks * x_blocks + b % y_blocks, 2 * r, 0);
            for (int c = 0; c < y->side; c++, in += 2 * NT_CHANNELS, out += NT_CHANNELS)
                for (int k = 0; k < NT_CHANNELS; k++)
                    out[k] = 0.25f * (in[k] + in[NT_CHANNELS + k] + in[row + (size_t)k] + in[row + NT_CHANNELS + (size_t)k]);
        }
    clear_frame(y);
}

void nt_relu(const NtMap *x, const NtMap *y)
{
    const size_t n = (size_t)x->n * nt_map_size(x->channels, x->side);
    for (size_t i = 0; i < n; i++)
        y->data[i] = x->data[i] > 0 ? x->data[i] : 0;
}

void nt_average_pool_all(const NtMap *x, float *y)
{
    const size_t size = nt_map_size(x->channels, x->side);
    for (int i = 0; i < x->n; i++)
        for (int k = 0; k < x->channels; k++) {
            const float *in = x->data + (size_t)i * size + (size_t)(k % NT_CHANNELS);
            float sum = 0;
            for (int r = 0; r < x->side; r++)
                for (int c = 0; c < x->side; c++)
                    sum += in[nt_map_at(x->side, k / NT_CHANNELS, r, c)];
            *y++ = sum / (float)(x->side * x->side);
        }
}

void nt_dense(const float *x, int n, int in, const float *weights, int out, float *y)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, out, in, 1, x, in, weights, out, 0, y, out);
}
