/* Nametag - the inside of the embedder, shared by its float and its 8-bit half. */
#ifndef NT_EMBEDDER_PRIVATE_H
#define NT_EMBEDDER_PRIVATE_H

#include "nn/embedder.h"
#include "nn/layers.h"
#include "nn/layers8.h"

#define N_CONVOLUTIONS NT_EMBEDDER_CONVOLUTIONS
#define N_BLOCKS 14
#define CHIP_SIDE NT_EMBEDDER_CHIP_SIZE
#define FIRST_SIDE 72       /* of the first convolution's map */
#define FIRST_MAP_SIDE 35   /* after the pool that follows */
#define FIRST_CHANNELS 32
#define LAST_CHANNELS 256
/* Chips go through the first blocks one by one, so that their maps stay in the cache, and through the others, whose weights
 * outweigh their maps, together. */
#define MAX_BATCH 8
#define FIRST_SHARED_BLOCK 7
#define KEPT_CHANNELS 64
#define KEPT_SIDE 17
#define NAME_SIZE 64

/* Pixels become (value - mean) / 256. */
#define PIXEL_SCALE (1 / 256.f)
static const float nt_pixel_mean[3] = {122.782f, 117.001f, 104.298f};

/* A residual block: two 3 x 3 convolutions beside a shortcut. A down block halves the side: its first convolution has
 * stride 2, and the shortcut is a 2 x 2 average pool, extended by zeros. */
typedef struct NtBlock {
    const char *name;
    int channels, down;
} NtBlock;

static const NtBlock nt_blocks[N_BLOCKS] = {
    {"conv32_1", 32, 0},     {"conv32_2", 32, 0},   {"conv32_3", 32, 0},   {"conv64_down", 64, 1},
    {"conv64_1", 64, 0},     {"conv64_2", 64, 0},   {"conv64_3", 64, 0},   {"conv128_down", 128, 1},
    {"conv128_1", 128, 0},   {"conv128_2", 128, 0}, {"conv256_down", 256, 1}, {"conv256_1", 256, 0},
    {"conv256_2", 256, 0},   {"conv256_down_out", 256, 1},
};

struct NtEmbedder {
    NtConv convolutions[N_CONVOLUTIONS]; /* the first, then two a block */
    NtCpuLevel level;                    /* of the kernels that the weights are packed for */
    NtPrecision precision;
    NtConv8 convolutions8[N_CONVOLUTIONS]; /* in 8 bits these instead */
    float *dense;                        /* [256][128] */
};

struct NtEmbedWorkspace {
    float *memory; /* all of the following */
    float *input;  /* [150][150][3], one chip */
    float *first;  /* the first convolution's map */
    float *current, *inner, *outer, *pooled; /* maps of up to MAX_BATCH chips */
    float *kept;   /* where the chips of a batch wait for each other */
    uint8_t *memory8; /* in 8 bits, all of the following: the same maps as bytes */
    uint8_t *first8, *current8, *inner8, *outer8, *kept8;
    float *limits; /* [N_CONVOLUTIONS], largest outputs so far; NULL: not wanted */
    NtEmbedTrace trace;
    void *trace_user;
};

/* The side of a block's output, and of its first convolution's, from that of its input. */
static inline int nt_inner_side(int block, int side) { return nt_blocks[block].down ? nt_conv_side(side, 3, 2, 0) : side; }
static inline int nt_outer_side(int block, int side) { return nt_blocks[block].down ? side / 2 : side; }

/* Shows a map: the first of its chips. */
NtStatus nt_show_map(const NtEmbedWorkspace *workspace, const char *stage, const NtMap *map);

/* The 8-bit half: one chip up to the block before which chips wait for each other, then the rest for all; map is the last. */
void nt_begin_chip_8bit(const NtEmbedder *embedder, NtEmbedWorkspace *w, const uint8_t *chip, int kept);
NtStatus nt_finish_chips_8bit(const NtEmbedder *embedder, NtEmbedWorkspace *w, int n, NtMap *map);
int nt_embed_workspace_add_8bit(NtEmbedWorkspace *w); /* 0 when out of memory */

#endif
