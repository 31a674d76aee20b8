#include "nn/embedder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "base/safetensors.h"
#include "nn/layers.h"

#define N_CONVOLUTIONS 29
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
#define ALIGNMENT 64
#define NAME_SIZE 64

/* Pixels become (value - mean) / 256. */
#define PIXEL_SCALE (1 / 256.f)
static const float pixel_mean[3] = {122.782f, 117.001f, 104.298f};

/* A residual block: two 3 x 3 convolutions beside a shortcut. A down block halves the side: its first convolution has
 * stride 2, and the shortcut is a 2 x 2 average pool, extended by zeros. */
typedef struct Block {
    const char *name;
    int channels, down;
} Block;

static const Block blocks[N_BLOCKS] = {
    {"conv32_1", 32, 0},     {"conv32_2", 32, 0},   {"conv32_3", 32, 0},   {"conv64_down", 64, 1},
    {"conv64_1", 64, 0},     {"conv64_2", 64, 0},   {"conv64_3", 64, 0},   {"conv128_down", 128, 1},
    {"conv128_1", 128, 0},   {"conv128_2", 128, 0}, {"conv256_down", 256, 1}, {"conv256_1", 256, 0},
    {"conv256_2", 256, 0},   {"conv256_down_out", 256, 1},
};

struct NtEmbedder {
    NtConv convolutions[N_CONVOLUTIONS]; /* the first, then two a block */
    NtCpuLevel level;                    /* of the kernels that the weights are packed for */
    float *dense;                        /* [256][128] */
};

struct NtEmbedWorkspace {
    float *memory; /* all of the following */
    float *input;  /* [150][150][3], one chip */
    float *first;  /* the first convolution's map */
    float *current, *inner, *outer, *pooled; /* maps of up to MAX_BATCH chips */
    float *kept;   /* where the chips of a batch wait for each other */
    NtEmbedTrace trace;
    void *trace_user;
};

/* Reads a tensor as float, whether it is kept so or in 8 bits with a scale and a minimum. To be freed. */
static NtStatus read_floats(const NtTensorFile *file, const char *name, int rank, const int64_t *shape, float **out,
                            NtError *error)
{
    NtTensorView view, quantization;
    NtStatus status = nt_tensor_file_find(file, name, &view, error);
    if (status != NT_OK)
        return status;
    status = nt_tensor_file_get(file, name, view.dtype == NT_DTYPE_U8 ? NT_DTYPE_U8 : NT_DTYPE_F32, rank, shape, &view,
                                error);
    if (status != NT_OK)
        return status;
    const size_t n = view.size / nt_dtype_size(view.dtype);
    double scale = 1, min = 0;
    if (view.dtype == NT_DTYPE_U8) {
        char companion[NAME_SIZE + 16];
        snprintf(companion, sizeof companion, "%s.quantization", name);
        if ((status = nt_tensor_file_get(file, companion, NT_DTYPE_F64, 1, (int64_t[]){2}, &quantization, error)))
            return status;
        scale = ((const double *)quantization.data)[0];
        min = ((const double *)quantization.data)[1];
    }
    float *values = malloc(n * sizeof *values);
    if (!values)
        return nt_error_set(error, NT_ERR_MEMORY, "not enough memory for the tensor '%s'", name);
    for (size_t i = 0; i < n; i++) {
        values[i] = view.dtype == NT_DTYPE_U8 ? (float)(((const uint8_t *)view.data)[i] * scale + min)
                                              : ((const float *)view.data)[i];
        if (!isfinite(values[i])) {
            free(values);
            return nt_error_set(error, NT_ERR_FORMAT, "the tensor '%s' holds what is not a number", name);
        }
    }
    *out = values;
    return NT_OK;
}

static NtStatus read_member(const NtTensorFile *file, const char *conv, const char *member, int rank,
                            const int64_t *shape, float **out, NtError *error)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s/%s", conv, member);
    return read_floats(file, name, rank, shape, out, error);
}

/* Filters, bias, and the scale and shift that follow, folded together: w' = scale w, b' = scale b + shift. side: of the
 * convolution's input. */
static NtStatus read_convolution(const NtTensorFile *file, const char *name, NtConv *conv, int side, NtCpuLevel level,
                                 NtError *error)
{
    const int64_t shape[] = {conv->kernel, conv->kernel, conv->in, conv->out}, vector[] = {conv->out};
    float *filters = NULL, *scale = NULL, *shift = NULL;
    NtStatus status;
    if (!(status = read_member(file, name, "conv/filters", 4, shape, &filters, error)) &&
        !(status = read_member(file, name, "conv/bias", 1, vector, &conv->bias, error)) &&
        !(status = read_member(file, name, "scale/weights", 1, vector, &scale, error)) &&
        !(status = read_member(file, name, "scale/biases", 1, vector, &shift, error))) {
        const size_t rows = (size_t)conv->kernel * (size_t)conv->kernel * (size_t)conv->in, out = (size_t)conv->out;
        for (size_t r = 0; r < rows; r++)
            for (size_t k = 0; k < out; k++)
                filters[r * out + k] *= scale[k];
        for (size_t k = 0; k < out; k++)
            conv->bias[k] = scale[k] * conv->bias[k] + shift[k];
        if (!nt_conv_pack(conv, filters, side, level))
            status = nt_error_set(error, NT_ERR_MEMORY, "not enough memory for '%s'", name);
    }
    free(filters);
    free(scale);
    free(shift);
    return status;
}

/* The side of a block's output, and of its first convolution's, from that of its input. */
static int inner_side(int block, int side) { return blocks[block].down ? nt_conv_side(side, 3, 2, 0) : side; }
static int outer_side(int block, int side) { return blocks[block].down ? side / 2 : side; }

static NtStatus read_network(NtEmbedder *embedder, const NtTensorFile *file, NtError *error)
{
    NtConv *conv = embedder->convolutions;
    *conv = (NtConv){.kernel = 7, .stride = 2, .in = 3, .out = 32, .relu = 1};
    NtStatus status = read_convolution(file, "conv32_down", conv, CHIP_SIDE, embedder->level, error);
    int channels = conv->out, side = FIRST_MAP_SIDE;
    for (int i = 0; i < N_BLOCKS && status == NT_OK; i++) {
        for (int k = 0; k < 2 && status == NT_OK; k++) {
            const int down = blocks[i].down && k == 0;
            char name[NAME_SIZE];
            snprintf(name, sizeof name, "%s/conv%d", blocks[i].name, k + 1);
            /* The second one's ReLU comes after the shortcut, which is fused into it. */
            conv = &embedder->convolutions[1 + 2 * i + k];
            *conv = (NtConv){.kernel = 3, .stride = down ? 2 : 1, .padding = down ? 0 : 1,
                             .in = k ? blocks[i].channels : channels, .out = blocks[i].channels, .relu = 1};
            status = read_convolution(file, name, conv, k ? inner_side(i, side) : side, embedder->level, error);
        }
        channels = blocks[i].channels;
        side = outer_side(i, side);
    }
    if (status == NT_OK)
        status = read_floats(file, "fc", 2, (int64_t[]){LAST_CHANNELS, NT_EMBEDDING_SIZE}, &embedder->dense, error);
    return status;
}

NtStatus nt_embedder_load(const char *path, NtEmbedder **out, NtError *error)
{
    NtTensorFile *file = NULL;
    NtStatus status = nt_tensor_file_open(path, &file, error);
    if (status != NT_OK)
        return status;
    /* Frames are analysed side by side by our own threads; OpenBLAS's would only compete with them. */
    openblas_set_num_threads(1);
    NtEmbedder *embedder = calloc(1, sizeof *embedder);
    NtError inner = {NT_OK, ""};
    if (embedder)
        embedder->level = nt_cpu_level();
    status = embedder ? read_network(embedder, file, &inner) : nt_error_set(&inner, NT_ERR_MEMORY, "not enough memory");
    nt_tensor_file_close(file);
    if (status != NT_OK) {
        nt_embedder_free(embedder);
        return nt_error_set(error, status, "%s is no usable embedding model: %s", path, inner.message);
    }
    *out = embedder;
    return NT_OK;
}

void nt_embedder_free(NtEmbedder *embedder)
{
    if (!embedder)
        return;
    for (int i = 0; i < N_CONVOLUTIONS; i++)
        nt_conv_clear(&embedder->convolutions[i]);
    free(embedder->dense);
    free(embedder);
}

NtEmbedWorkspace *nt_embed_workspace_new(const NtEmbedder *embedder)
{
    (void)embedder;
    NtEmbedWorkspace *workspace = calloc(1, sizeof *workspace);
    if (!workspace)
        return NULL;
    /* No block's map is larger than the first ones' of one chip or the kept ones of all. */
    const size_t first_map = nt_map_size(FIRST_CHANNELS, FIRST_MAP_SIDE);
    const size_t kept = MAX_BATCH * nt_map_size(KEPT_CHANNELS, KEPT_SIDE), map = kept > first_map ? kept : first_map;
    const size_t input = ((size_t)CHIP_SIDE * CHIP_SIDE * 3 + NT_CHANNELS - 1) / NT_CHANNELS * NT_CHANNELS;
    const size_t first = nt_map_size(FIRST_CHANNELS, FIRST_SIDE), all = input + first + 4 * map + kept;
    workspace->memory = aligned_alloc(ALIGNMENT, all * sizeof(float));
    if (!workspace->memory) {
        free(workspace);
        return NULL;
    }
    memset(workspace->memory, 0, all * sizeof(float));
    float *next = workspace->memory;
    workspace->input = next, next += input;
    workspace->first = next, next += first;
    workspace->current = next, next += map;
    workspace->inner = next, next += map;
    workspace->outer = next, next += map;
    workspace->pooled = next, next += map;
    workspace->kept = next;
    return workspace;
}

void nt_embed_workspace_free(NtEmbedWorkspace *workspace)
{
    if (!workspace)
        return;
    free(workspace->memory);
    free(workspace);
}

void nt_embed_workspace_set_trace(NtEmbedWorkspace *workspace, NtEmbedTrace trace, void *user)
{
    workspace->trace = trace;
    workspace->trace_user = user;
}

/* Shows activations [height][width][channels], channels outermost. */
static NtStatus show(const NtEmbedWorkspace *workspace, const char *stage, const float *x, int channels, int side)
{
    if (!workspace->trace)
        return NT_OK;
    const int pixels = side * side;
    float *planes = malloc((size_t)channels * (size_t)pixels * sizeof *planes);
    if (!planes)
        return NT_ERR_MEMORY;
    for (int k = 0; k < channels; k++)
        for (int p = 0; p < pixels; p++)
            planes[k * pixels + p] = x[p * channels + k];
    workspace->trace(workspace->trace_user, stage, planes, channels, side, side);
    free(planes);
    return NT_OK;
}

/* Shows a map: the first of its chips. */
static NtStatus show_map(const NtEmbedWorkspace *workspace, const char *stage, const NtMap *map)
{
    if (!workspace->trace)
        return NT_OK;
    float *planes = malloc((size_t)(map->channels * map->side * map->side) * sizeof *planes), *out = planes;
    if (!planes)
        return NT_ERR_MEMORY;
    for (int k = 0; k < map->channels; k++)
        for (int y = 0; y < map->side; y++)
            for (int x = 0; x < map->side; x++)
                *out++ = map->data[nt_map_at(map->side, k / NT_CHANNELS, y, x) + (size_t)(k % NT_CHANNELS)];
    workspace->trace(workspace->trace_user, stage, planes, map->channels, map->side, map->side);
    free(planes);
    return NT_OK;
}

/* map -> map, through one block; its data are those of w->current before and after. */
static void run_block(const NtEmbedder *embedder, NtEmbedWorkspace *w, int block, NtMap *map)
{
    const NtConv *first = &embedder->convolutions[1 + 2 * block], *second = first + 1;
    const int channels = blocks[block].channels;
    const NtMap inner = {w->inner, map->n, channels, inner_side(block, map->side)};
    const NtMap outer = {w->outer, map->n, channels, outer_side(block, map->side)};
    nt_conv_run(first, map->data, map->side, NULL, &inner);
    if (blocks[block].down) {
        const NtMap pooled = {w->pooled, map->n, channels, outer.side};
        nt_average_pool_2x2(map, &pooled);
        if (outer.side > inner.side)
            nt_relu(&pooled, &outer); /* where the convolution does not reach */
        nt_conv_run(second, inner.data, inner.side, &pooled, &outer);
    } else {
        nt_conv_run(second, inner.data, inner.side, map, &outer);
    }
    w->outer = w->current;
    w->current = outer.data;
    *map = outer;
}

static NtStatus run_blocks(const NtEmbedder *embedder, NtEmbedWorkspace *w, int from, int to, NtMap *map)
{
    for (int i = from; i < to; i++) {
        run_block(embedder, w, i, map);
        const NtStatus status = show_map(w, blocks[i].name, map);
        if (status != NT_OK)
            return status;
    }
    return NT_OK;
}

/* A chip as the first convolution wants it. */
static void read_chip(const uint8_t *chip, float *input)
{
    /* Whole rows of vectors, with the means repeated. */
    enum { PERIOD = 48, N = CHIP_SIDE * CHIP_SIDE * 3 };
    float means[PERIOD];
    for (int i = 0; i < PERIOD; i++)
        means[i] = pixel_mean[i % 3];
    for (int i = 0; i < N; i += PERIOD) {
        const int n = N - i < PERIOD ? N - i : PERIOD;
        for (int k = 0; k < n; k++)
            input[i + k] = (chip[i + k] - means[k]) * PIXEL_SCALE;
    }
}

/* One chip up to the block before which chips wait for each other. */
static NtStatus begin_chip(const NtEmbedder *embedder, NtEmbedWorkspace *w, const uint8_t *chip, NtMap *map)
{
    const NtMap first = {w->first, 1, FIRST_CHANNELS, FIRST_SIDE};
    *map = (NtMap){w->current, 1, FIRST_CHANNELS, FIRST_MAP_SIDE};
    read_chip(chip, w->input);
    NtStatus status = show(w, "input", w->input, 3, CHIP_SIDE);
    nt_conv_run(&embedder->convolutions[0], w->input, CHIP_SIDE, NULL, &first);
    if (status == NT_OK)
        status = show_map(w, "conv32_down", &first);
    nt_max_pool_3x3(&first, map);
    if (status == NT_OK)
        status = show_map(w, "maxpool", map);
    return status == NT_OK ? run_blocks(embedder, w, 0, FIRST_SHARED_BLOCK, map) : status;
}

/* n chips, at most MAX_BATCH. */
static NtStatus embed_batch(const NtEmbedder *embedder, NtEmbedWorkspace *w, const uint8_t *chips, int n,
                            float *embeddings)
{
    const size_t kept = nt_map_size(KEPT_CHANNELS, KEPT_SIDE);
    NtMap map;
    NtStatus status = NT_OK;
    for (int i = 0; i < n && status == NT_OK; i++) {
        status = begin_chip(embedder, w, chips + (size_t)i * CHIP_SIDE * CHIP_SIDE * 3, &map);
        memcpy(w->kept + (size_t)i * kept, map.data, kept * sizeof(float));
    }
    map = (NtMap){w->kept, n, KEPT_CHANNELS, KEPT_SIDE};
    if (status == NT_OK)
        status = run_blocks(embedder, w, FIRST_SHARED_BLOCK, N_BLOCKS, &map);
    float means[MAX_BATCH * LAST_CHANNELS];
    nt_average_pool_all(&map, means);
    if (status == NT_OK)
        status = show(w, "avgpool", means, map.channels, 1);
    nt_dense(means, n, map.channels, embedder->dense, NT_EMBEDDING_SIZE, embeddings);
    if (status == NT_OK)
        status = show(w, "embedding", embeddings, NT_EMBEDDING_SIZE, 1);
    return status;
}

NtStatus nt_embed(const NtEmbedder *embedder, NtEmbedWorkspace *workspace, const uint8_t *chips, size_t n,
                  float *embeddings)
{
    const size_t chip_size = (size_t)CHIP_SIDE * CHIP_SIDE * 3;
    for (size_t done = 0; done < n; done += MAX_BATCH) {
        const int batch = n - done < MAX_BATCH ? (int)(n - done) : MAX_BATCH;
        NtStatus status = embed_batch(embedder, workspace, chips + done * chip_size, batch,
                                      embeddings + done * NT_EMBEDDING_SIZE);
        if (status != NT_OK)
            return status;
    }
    return NT_OK;
}

float nt_embedding_distance(const float a[NT_EMBEDDING_SIZE], const float b[NT_EMBEDDING_SIZE])
{
    double sum = 0;
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        sum += (double)(a[i] - b[i]) * (double)(a[i] - b[i]);
    return (float)sqrt(sum);
}
