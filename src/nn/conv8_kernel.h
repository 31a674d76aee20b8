/* Nametag - convolution of bytes: unsigned activations by signed weights, summed in 32 bits; private to the 8-bit layers and
 * their tests. */
#ifndef NT_CONV8_KERNEL_H
#define NT_CONV8_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "nn/conv_kernel.h"

#define NT_CONV8_QUAD 4     /* bytes that one instruction sums */
#define NT_CONV8_RGB_TAPS 24 /* one row of a 7 x 7 window over 3 channels, 21 bytes, rounded up; weights beyond are 0 */

/* Some pictures through one convolution, as NtConvJob. */
typedef struct NtConv8Job {
    NtConvShape shape;
    int n;
    const uint8_t *x;
    int inner;
    const int8_t *weights; /* [out / group][blocks][taps_y][taps_x][inner / 4][group][4] */
    const float *scale, *bias; /* [out]: output = scale * sum + bias */
    int out, group;
    const float *shortcut; /* added, in y's layout; or NULL */
    float *y;              /* relu(output); or NULL */
    uint8_t *q;            /* the same times q_scale, rounded, at most 255; or NULL. In y's layout */
    float q_scale;
    int side;
} NtConv8Job;

/* Output channels computed together; a divisor of out. */
int nt_conv8_group(int out, int side);

void nt_conv8_run_plain(const NtConv8Job *job);
void nt_conv8_run_vnni(const NtConv8Job *job); /* AVX-512 VNNI */

#endif
