/* Nametag - the tensors of the embedding network, in forward order, under face-api's names.
 */
#ifndef NT_RESNET_LAYOUT_H
#define NT_RESNET_LAYOUT_H

#include <glib.h>

#define NT_RESNET_CONVOLUTIONS 29
#define NT_RESNET_LAST_CHANNELS 256
#define NT_RESNET_EMBEDDING 128

typedef struct NtResnetConv {
    char name[32]; /* "conv32_1/conv1" */
    int kernel, in, out, stride;
} NtResnetConv;

/* Fills all convolutions. */
void nt_resnet_layout(NtResnetConv layout[NT_RESNET_CONVOLUTIONS]);

#endif
