/* The network in 8 bits. Each map is kept as bytes, for the convolution that reads it, and where it is a shortcut also in
 * float. */
#include <stdlib.h>
#include <string.h>

#include "nn/embedder_private.h"

/* The largest output of each convolution that its bytes can tell. From tests/nn/calibrate.c, over the faces of the test
 * pictures; a face that goes beyond is clipped there. */
static const float limits[N_CONVOLUTIONS] = {
    11.55f, 11.2f, 11.27f, 8.665f, 19.11f, 10.92f, 27.56f, 9.376f,
    15.84f, 7.014f, 17.36f, 5.882f, 19.85f, 5.985f, 19.48f, 6.994f,
    10.65f, 4.563f, 10.01f, 5.772f, 9.407f, 6.725f, 9.938f, 5.33f,
    9.805f, 3.209f, 8.814f, 5.623f, 4.742f,
};

static float scale_of(int convolution) { return limits[convolution] / 255; }

int nt_embed_workspace_add_8bit(NtEmbedWorkspace *w)
{
    const size_t first_map = nt_map_size(FIRST_CHANNELS, FIRST_MAP_SIDE);
    const size_t kept = MAX_BATCH * nt_map_size(KEPT_CHANNELS, KEPT_SIDE), map = kept > first_map ? kept : first_map;
    const size_t first = nt_map_size(FIRST_CHANNELS, FIRST_SIDE);
    const size_t all = first + 3 * map + kept;
    w->memory8 = nt_aligned_alloc(all);
    if (!w->memory8)
        return 0;
    memset(w->memory8, 0, all);
    w->first8 = w->memory8;
    w->current8 = w->first8 + first;
    w->inner8 = w->current8 + map;
    w->outer8 = w->inner8 + map;
    w->kept8 = w->outer8 + map;
    return 1;
}

/* The same map in both forms. */
typedef struct Both {
    NtMap map;
    NtMap8 bytes;
} Both;

static Both both(float *data, uint8_t *bytes, int n, int channels, int side, float scale)
{
    return (Both){{data, n, channels, side}, {bytes, n, channels, side, scale}};
}

/* x -> y, through one block. */
static void run_block(const NtEmbedder *embedder, NtEmbedWorkspace *w, int block, const Both *x, const Both *y)
{
    const int first = 1 + 2 * block, channels = nt_blocks[block].channels, side = nt_inner_side(block, x->map.side);
    const NtConv8 *convolutions = embedder->convolutions8;
    const NtMap8 inner = {w->inner8, x->map.n, channels, side, scale_of(first)};
    nt_conv8_run(&convolutions[first], x->bytes.data, x->map.side, x->bytes.scale, NULL, NULL, &inner);
    const NtMap *shortcut = &x->map;
    const NtMap pooled = {w->pooled, x->map.n, channels, y->map.side};
    if (nt_blocks[block].down) {
        nt_average_pool_2x2(&x->map, &pooled);
        shortcut = &pooled;
        if (y->map.side > side) { /* where the convolution does not reach */
            nt_relu(&pooled, &y->map);
            nt_quantize(&pooled, &y->bytes);
        }
    }
    nt_conv8_run(&convolutions[first + 1], inner.data, side, inner.scale, shortcut, &y->map, &y->bytes);
}

static void swap(float **a, float **b)
{
    float *kept = *a;
    *a = *b;
    *b = kept;
}

static void swap8(uint8_t **a, uint8_t **b)
{
    uint8_t *kept = *a;
    *a = *b;
    *b = kept;
}

void nt_begin_chip_8bit(const NtEmbedder *embedder, NtEmbedWorkspace *w, const uint8_t *chip, int kept)
{
    const NtMap8 first = {w->first8, 1, FIRST_CHANNELS, FIRST_SIDE, scale_of(0)};
    Both x = both(w->current, w->current8, 1, FIRST_CHANNELS, FIRST_MAP_SIDE, scale_of(0));
    nt_conv8_run(&embedder->convolutions8[0], chip, CHIP_SIDE, PIXEL_SCALE, NULL, NULL, &first);
    nt_max_pool_3x3_8(&first, &x.bytes);
    nt_dequantize(&x.bytes, &x.map);
    for (int i = 0; i < FIRST_SHARED_BLOCK; i++) {
        const int side = nt_outer_side(i, x.map.side), last = i == FIRST_SHARED_BLOCK - 1;
        const size_t at = (size_t)kept * nt_map_size(KEPT_CHANNELS, KEPT_SIDE);
        const Both y = both(last ? w->kept + at : w->outer, last ? w->kept8 + at : w->outer8, 1, nt_blocks[i].channels,
                            side, scale_of(2 + 2 * i));
        run_block(embedder, w, i, &x, &y);
        if (!last) {
            swap(&w->current, &w->outer);
            swap8(&w->current8, &w->outer8);
        }
        x = y;
    }
}

NtStatus nt_finish_chips_8bit(const NtEmbedder *embedder, NtEmbedWorkspace *w, int n, NtMap *map)
{
    Both x = both(w->kept, w->kept8, n, KEPT_CHANNELS, KEPT_SIDE, scale_of(2 * FIRST_SHARED_BLOCK));
    for (int i = FIRST_SHARED_BLOCK; i < N_BLOCKS; i++) {
        const Both y = both(w->outer, w->outer8, n, nt_blocks[i].channels, nt_outer_side(i, x.map.side), scale_of(2 + 2 * i));
        run_block(embedder, w, i, &x, &y);
        swap(&w->current, &w->outer);
        swap8(&w->current8, &w->outer8);
        x = y;
        const NtStatus status = nt_show_map(w, nt_blocks[i].name, &x.map);
        if (status != NT_OK)
            return status;
    }
    *map = x.map;
    return NT_OK;
}
