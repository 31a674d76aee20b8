/* Nametag - the layers of the embedding network, on float maps.
 *
 * A map is a square picture with many channels, kept as [channels / 16][side + 2][side + 2][16]: blocks of 16 channels that
 * lie together, in a frame of zeros one pixel wide. Channels beyond the last are zero.
 */
#ifndef NT_LAYERS_H
#define NT_LAYERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "nn/conv_kernel.h"

typedef struct NtMap {
    float *data; /* 64-byte aligned */
    int n;       /* maps of one shape that follow each other */
    int channels, side;
} NtMap;

static inline size_t nt_map_row(int side) { return (size_t)(side + 2) * NT_CHANNELS; }
static inline size_t nt_map_block(int side) { return (size_t)(side + 2) * nt_map_row(side); }
static inline int nt_map_blocks(int channels) { return (channels + NT_CHANNELS - 1) / NT_CHANNELS; }
static inline size_t nt_map_size(int channels, int side) { return (size_t)nt_map_blocks(channels) * nt_map_block(side); }
/* The first value of a pixel in a block. */
static inline size_t nt_map_at(int side, int block, int y, int x)
{
    return (size_t)block * nt_map_block(side) + (size_t)(y + 1) * nt_map_row(side) + (size_t)(x + 1) * NT_CHANNELS;
}

/* The frames of n_blocks blocks of elements of that size, of maps of that side, become zero. */
void nt_clear_frames(void *data, int n_blocks, int side, size_t element);
/* How a convolution walks through maps of that side and channels, or, when in is no multiple of 16, through pictures
 * [x_side][x_side][in]. */
NtConvShape nt_conv_shape(int kernel, int stride, int padding, int in, int x_side, int y_channels, int y_side);

/* A convolution with its weights packed for one level of kernels. Either 3 x 3 on a map, stride 1 with a padding of 1 or
 * stride 2 without, or the first one: 7 x 7, stride 2, no padding, on a picture [side][side][3]. */
typedef struct NtConv {
    int kernel, stride, padding, in, out;
    int side;       /* of the output it is packed for */
    int relu;       /* outputs below 0 become 0 */
    int group;
    int winograd;   /* weights are those of winograd_kernel.c */
    const NtConvKernels *kernels;
    float *weights; /* owned, packed; or NULL and instead: */
    uint8_t *bytes; /* owned, packed: a weight is (byte - zero) * scale */
    float zero;
    float *scale;   /* owned, [out] */
    float *bias;    /* owned, [out] */
} NtConv;

static inline int nt_conv_side(int side, int kernel, int stride, int padding)
{
    return (side + 2 * padding - kernel) / stride + 1;
}

/* Packs filters [kernel][kernel][in][out] for an input of that side. in must be a multiple of 16 (3 for the first
 * convolution), out one of NT_CONV_MAX_GROUP. conv's geometry, relu and bias are set; 0 when there is no memory. */
int nt_conv_pack(NtConv *conv, const float *filters, int side, NtCpuLevel level);
/* Whether such a convolution can leave its weights in bytes: a quarter to read where they outweigh the map. */
int nt_conv_takes_bytes(const NtConv *conv, int side, NtCpuLevel level);
/* The same from bytes: a filter's value is (byte - zero) * scale[its output]. scale becomes conv's in any case. */
int nt_conv_pack_bytes(NtConv *conv, const uint8_t *filters, float zero, float *scale, int side, NtCpuLevel level);
void nt_conv_clear(NtConv *conv);

/* x -> y, as many maps as y has (for the first convolution x are pictures). y.side may be larger than the convolution's: the rest of y
 * stays as it is, but for its frame, which becomes zero. shortcut, of y's shape, is added before the ReLU (NULL: none). */
void nt_conv_run(const NtConv *conv, const float *x, int x_side, const NtMap *shortcut, const NtMap *y);

/* Maximum over 3 x 3 windows, every second pixel, no padding: y side = (side - 3) / 2 + 1. */
void nt_max_pool_3x3(const NtMap *x, const NtMap *y);
/* Mean over 2 x 2 windows, every second pixel: y side = side / 2. y may have more channels: they become zero. */
void nt_average_pool_2x2(const NtMap *x, const NtMap *y);
/* y = relu(x), same shape. */
void nt_relu(const NtMap *x, const NtMap *y);
/* Mean over all pixels: y [n][channels]. */
void nt_average_pool_all(const NtMap *x, float *y);

/* y [n][out] = x [n][in] * weights [in][out]. */
void nt_dense(const float *x, int n, int in, const float *weights, int out, float *y);

#endif
