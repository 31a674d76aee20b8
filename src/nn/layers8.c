#include "nn/layers8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/conv8_kernel.h"

#define MAX_WEIGHT 127
#define LARGEST_OUT 256
#define SHORT 6 /* rows that short are done 64 channels at a time, others 32 */

int nt_conv8_group(int out, int side) { return side <= SHORT && out % 64 == 0 ? 64 : 32; }

void nt_conv8_run_plain(const NtConv8Job *job)
{
    const size_t per_group = (size_t)(job->shape.blocks * job->shape.taps_y * job->shape.taps_x * job->inner * job->group);
    for (int i = 0; i < job->n * job->side * job->side * job->out; i++) {
        const int channel = i % job->out, column = i / job->out % job->side, row = i / job->out / job->side % job->side;
        const int picture = i / job->out / job->side / job->side;
        const int8_t *w = job->weights + (size_t)(channel / job->group) * per_group + channel % job->group * NT_CONV8_QUAD;
        int sum = 0;
        for (int b = 0; b < job->shape.blocks; b++)
            for (int ky = 0; ky < job->shape.taps_y; ky++)
                for (int kx = 0; kx < job->shape.taps_x; kx++) {
                    const uint8_t *in = job->x + (size_t)picture * job->shape.x_next + (size_t)b * job->shape.x_block +
                                        (size_t)(row * job->shape.stride + ky) * job->shape.x_row + (size_t)column * job->shape.x_pixel +
                                        (size_t)kx * NT_CHANNELS;
                    for (int c = 0; c < job->inner; c += NT_CONV8_QUAD, w += job->group * NT_CONV8_QUAD)
                        for (int k = 0; k < NT_CONV8_QUAD; k++)
                            sum += w[k] ? in[c + k] * w[k] : 0; /* beyond a picture's row weights are 0 */
                }
        const size_t at = (size_t)picture * job->shape.y_next + (size_t)(channel / NT_CHANNELS) * job->shape.y_block +
                          (size_t)row * job->shape.y_row + (size_t)column * NT_CHANNELS + (size_t)(channel % NT_CHANNELS);
        float y = (float)sum * job->scale[channel] + job->bias[channel];
        if (job->shortcut)
            y += job->shortcut[at];
        y = y > 0 ? y : 0;
        if (job->y)
            job->y[at] = y;
        if (job->q) {
            const float q = nearbyintf(y * job->q_scale);
            job->q[at] = (uint8_t)(q < 255 ? q : 255);
        }
    }
}

/* A filter's weights as whole numbers of *scale. They are so already unless some exceed a signed byte. */
static float weight_scale(const NtConv8 *conv, const float *filters, double quantum, int channel)
{
    const size_t rows = (size_t)(conv->kernel * conv->kernel * conv->in), out = (size_t)conv->out;
    float largest = 0;
    for (size_t r = 0; r < rows; r++)
        largest = fmaxf(largest, fabsf(filters[r * out + (size_t)channel]));
    if (quantum > 0 && lrint(largest / quantum) <= MAX_WEIGHT)
        return (float)quantum;
    return largest > 0 ? largest / MAX_WEIGHT : 1;
}

int nt_conv8_pack(NtConv8 *conv, const float *filters, double quantum, const float *gamma, int side)
{
    const NtConvShape shape = nt_conv_shape(conv->kernel, conv->stride, conv->padding, conv->in, side, conv->out, 1);
    const int map = conv->in % NT_CHANNELS == 0, out = conv->out, kernel = conv->kernel;
    const int blocks = shape.blocks, taps_x = shape.taps_x;
    const int inner = map ? NT_CHANNELS : NT_CONV8_RGB_TAPS, used = map ? NT_CHANNELS : kernel * conv->in;
    conv->side = nt_conv_side(side, kernel, conv->stride, conv->padding);
    conv->group = nt_conv8_group(out, conv->side);
    const size_t n = (size_t)(blocks * kernel * taps_x * inner) * (size_t)out;
    conv->weights = nt_aligned_alloc(n);
    conv->scale = malloc((size_t)out * sizeof *conv->scale);
    if (!conv->weights || !conv->scale)
        return 0;
    for (int k = 0; k < out; k++)
        conv->scale[k] = weight_scale(conv, filters, quantum, k);
    int8_t *packed = conv->weights;
    for (int first = 0; first < out; first += conv->group)
        for (int b = 0; b < blocks; b++)
            for (int ky = 0; ky < kernel; ky++)
                for (int kx = 0; kx < taps_x; kx++)
                    for (int c = 0; c < inner; c += NT_CONV8_QUAD)
                        for (int k = first; k < first + conv->group; k++)
                            for (int i = c; i < c + NT_CONV8_QUAD; i++) {
                                const size_t row = (size_t)((ky * kernel + kx) * conv->in + b * NT_CHANNELS + i);
                                const float w = i < used ? filters[row * (size_t)out + (size_t)k] / conv->scale[k] : 0;
                                *packed++ = (int8_t)lrintf(fmaxf(-MAX_WEIGHT, fminf(MAX_WEIGHT, w)));
                            }
    for (int k = 0; k < out; k++)
        conv->scale[k] *= gamma[k];
    return 1;
}

void nt_conv8_clear(NtConv8 *conv)
{
    free(conv->weights);
    free(conv->scale);
    free(conv->bias);
    conv->weights = NULL;
    conv->scale = conv->bias = NULL;
}

static void clear_frame(const NtMap8 *map)
{
    nt_clear_frames(map->data, map->n * nt_map_blocks(map->channels), map->side, sizeof *map->data);
}

void nt_conv8_run(const NtConv8 *conv, const uint8_t *x, int x_side, float x_scale, const NtMap *shortcut, const NtMap *y,
                  const NtMap8 *q)
{
    const int side = y ? y->side : q->side, channels = y ? y->channels : q->channels;
    const NtConvShape shape = nt_conv_shape(conv->kernel, conv->stride, conv->padding, conv->in, x_side, channels, side);
    float scale[LARGEST_OUT];
    for (int k = 0; k < conv->out; k++)
        scale[k] = conv->scale[k] * x_scale;
    const NtConv8Job job = {.shape = shape, .n = y ? y->n : q->n, .x = x + shape.x_first,
                            .inner = conv->in % NT_CHANNELS == 0 ? NT_CHANNELS : NT_CONV8_RGB_TAPS,
                            .weights = conv->weights, .scale = scale, .bias = conv->bias, .out = conv->out,
                            .group = conv->group, .shortcut = shortcut ? shortcut->data + shape.y_first : NULL,
                            .y = y ? y->data + shape.y_first : NULL, .q = q ? q->data + shape.y_first : NULL,
                            .q_scale = q ? 1 / q->scale : 0, .side = conv->side};
#ifdef __x86_64__
    if (nt_cpu_vnni())
        nt_conv8_run_vnni(&job);
    else
#endif
        nt_conv8_run_plain(&job);
    if (q)
        clear_frame(q);
    if (y)
        nt_clear_frames(y->data, y->n * nt_map_blocks(y->channels), y->side, sizeof *y->data);
}

void nt_max_pool_3x3_8(const NtMap8 *x, const NtMap8 *y)
{
    const size_t row = nt_map_row(x->side);
    for (int b = 0; b < x->n * nt_map_blocks(x->channels); b++)
        for (int r = 0; r < y->side; r++) {
            const uint8_t *in = x->data + nt_map_at(x->side, b, 2 * r, 0);
            uint8_t *out = y->data + nt_map_at(y->side, b, r, 0);
            for (int c = 0; c < y->side; c++, in += 2 * NT_CHANNELS, out += NT_CHANNELS)
                for (int k = 0; k < NT_CHANNELS; k++) {
                    uint8_t best = in[k];
                    for (size_t t = 1; t < 9; t++) {
                        const uint8_t v = in[t / 3 * row + t % 3 * NT_CHANNELS + (size_t)k];
                        best = v > best ? v : best;
                    }
                    out[k] = best;
                }
        }
    clear_frame(y);
}

void nt_quantize(const NtMap *x, const NtMap8 *y)
{
    const size_t n = (size_t)x->n * nt_map_size(x->channels, x->side);
    const float inverse = 1 / y->scale;
    for (size_t i = 0; i < n; i++) {
        const float v = x->data[i] * inverse + 0.5f;
        y->data[i] = (uint8_t)(int)(v < 255 ? v : 255);
    }
}

void nt_dequantize(const NtMap8 *x, const NtMap *y)
{
    const size_t n = (size_t)x->n * nt_map_size(x->channels, x->side);
    for (size_t i = 0; i < n; i++)
        y->data[i] = (float)x->data[i] * x->scale;
}
