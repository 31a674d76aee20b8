/* Nametag - the layers of the embedding network in 8 bits.
 *
 * Activations are unsigned bytes, one scale for each map: value = byte * scale; they are laid out as float maps are
 * (layers.h). Weights are signed bytes with a scale for each output channel. The model's own weights are 8-bit, so that
 * nearly all are kept as they are. Shortcuts stay in float.
 */
#ifndef NT_LAYERS8_H
#define NT_LAYERS8_H

#include "nn/layers.h"

typedef struct NtMap8 {
    uint8_t *data;
    int n, channels, side;
    float scale;
} NtMap8;

typedef struct NtConv8 {
    int kernel, stride, padding, in, out, side, group;
    int8_t *weights; /* owned, packed */
    float *scale;    /* owned, [out], of a weight, without the activations' */
    float *bias;     /* owned, [out] */
} NtConv8;

/* Packs filters [kernel][kernel][in][out], of which channel k is to be multiplied by gamma[k]; quantum: the step that they
 * are whole multiples of, or 0. Geometry and bias are set (gamma folded into bias already). 0 when there is no memory. */
int nt_conv8_pack(NtConv8 *conv, const float *filters, double quantum, const float *gamma, int side);
void nt_conv8_clear(NtConv8 *conv);

/* As nt_conv_run, always with a ReLU. x: the input's bytes, x_scale their scale; for the first convolution pictures, of
 * which mean [3] is taken away first. Results go to y, to q, or to both (same shape; NULL: not wanted). */
void nt_conv8_run(const NtConv8 *conv, const uint8_t *x, int x_side, float x_scale, const NtMap *shortcut, const NtMap *y,
                  const NtMap8 *q);

void nt_max_pool_3x3_8(const NtMap8 *x, const NtMap8 *y);
void nt_quantize(const NtMap *x, const NtMap8 *y);   /* y = x / y.scale, rounded, 0..255 */
void nt_dequantize(const NtMap8 *x, const NtMap *y); /* y = x * x.scale */

#endif
