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
#define LAST_CHANNELS 256
#define MAX_BATCH 8 /* chips that go through the network together */
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
    float *dense;                        /* [256][128] */
};

struct NtEmbedWorkspace {
    float *input, *current, *inner, *outer, *pooled; /* activations of MAX_BATCH chips */
    float *windows;
    size_t windows_size;
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

/* Filters, bias, and the scale and shift that follow, folded together: w' = scale w, b' = scale b + shift. */
static NtStatus read_convolution(const NtTensorFile *file, const char *name, NtConv *conv, NtError *error)
{
    const int64_t shape[] = {conv->kernel, conv->kernel, conv->in, conv->out}, vector[] = {conv->out};
    float *scale = NULL, *shift = NULL;
    NtStatus status;
    if (!(status = read_member(file, name, "conv/filters", 4, shape, &conv->filters, error)) &&
        !(status = read_member(file, name, "conv/bias", 1, vector, &conv->bias, error)) &&
        !(status = read_member(file, name, "scale/weights", 1, vector, &scale, error)) &&
        !(status = read_member(file, name, "scale/biases", 1, vector, &shift, error))) {
        const size_t rows = (size_t)conv->kernel * (size_t)conv->kernel * (size_t)conv->in, out = (size_t)conv->out;
        for (size_t r = 0; r < rows; r++)
            for (size_t k = 0; k < out; k++)
                conv->filters[r * out + k] *= scale[k];
        for (size_t k = 0; k < out; k++)
            conv->bias[k] = scale[k] * conv->bias[k] + shift[k];
    }
    free(scale);
    free(shift);
    return status;
}

static NtStatus read_network(NtEmbedder *embedder, const NtTensorFile *file, NtError *error)
{
    NtConv *conv = embedder->convolutions;
    *conv = (NtConv){.kernel = 7, .stride = 2, .in = 3, .out = 32, .relu = 1};
    NtStatus status = read_convolution(file, "conv32_down", conv, error);
    int channels = conv->out;
    for (int i = 0; i < N_BLOCKS && status == NT_OK; i++) {
        for (int k = 0; k < 2 && status == NT_OK; k++) {
            const int down = blocks[i].down && k == 0;
            char name[NAME_SIZE];
            snprintf(name, sizeof name, "%s/conv%d", blocks[i].name, k + 1);
            conv = &embedder->convolutions[1 + 2 * i + k];
            /* The second one's ReLU comes after the shortcut: fused into it, except where sizes differ. */
            *conv = (NtConv){.kernel = 3, .stride = down ? 2 : 1, .padding = down ? 0 : 1,
                             .in = k ? blocks[i].channels : channels, .out = blocks[i].channels,
                             .relu = k == 0 || !blocks[i].down};
            status = read_convolution(file, name, conv, error);
        }
        channels = blocks[i].channels;
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
    for (int i = 0; i < N_CONVOLUTIONS; i++) {
        free(embedder->convolutions[i].filters);
        free(embedder->convolutions[i].bias);
    }
    free(embedder->dense);
    free(embedder);
}

NtEmbedWorkspace *nt_embed_workspace_new(const NtEmbedder *embedder)
{
    NtEmbedWorkspace *workspace = calloc(1, sizeof *workspace);
    if (!workspace)
        return NULL;
    const NtConv *first = &embedder->convolutions[0];
    const size_t side = (size_t)nt_conv_side(first, CHIP_SIDE);
    /* The first convolution's output and its windows are the largest there are. */
    const size_t activations = side * side * (size_t)first->out * MAX_BATCH;
    workspace->windows_size = nt_conv_scratch(first, CHIP_SIDE);
    workspace->input = malloc((size_t)CHIP_SIDE * CHIP_SIDE * 3 * MAX_BATCH * sizeof(float));
    workspace->current = malloc(activations * sizeof(float));
    workspace->inner = malloc(activations * sizeof(float));
    workspace->outer = malloc(activations * sizeof(float));
    workspace->pooled = malloc(activations * sizeof(float));
    workspace->windows = malloc(workspace->windows_size * sizeof(float));
    if (!workspace->input || !workspace->current || !workspace->inner || !workspace->outer || !workspace->pooled ||
        !workspace->windows) {
        nt_embed_workspace_free(workspace);
        return NULL;
    }
    return workspace;
}

void nt_embed_workspace_free(NtEmbedWorkspace *workspace)
{
    if (!workspace)
        return;
    free(workspace->input);
    free(workspace->current);
    free(workspace->inner);
    free(workspace->outer);
    free(workspace->pooled);
    free(workspace->windows);
    free(workspace);
}

void nt_embed_workspace_set_trace(NtEmbedWorkspace *workspace, NtEmbedTrace trace, void *user)
{
    workspace->trace = trace;
    workspace->trace_user = user;
}

/* Shows the first chip's activations, channels outermost. */
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

static void swap(float **a, float **b)
{
    float *kept = *a;
    *a = *b;
    *b = kept;
}

/* current -> current, through one block. Returns the new side. */
static int run_block(const NtEmbedder *embedder, NtEmbedWorkspace *w, int block, int n, int side, int channels)
{
    const NtConv *first = &embedder->convolutions[1 + 2 * block], *second = first + 1;
    const int inner_side = nt_conv_side(first, side), outer_side = nt_conv_side(second, inner_side);
    nt_conv_run(first, w->current, n, side, NULL, w->inner, w->windows, w->windows_size);
    if (!blocks[block].down) {
        nt_conv_run(second, w->inner, n, inner_side, w->current, w->outer, w->windows, w->windows_size);
        swap(&w->current, &w->outer);
        return side;
    }
    nt_conv_run(second, w->inner, n, inner_side, NULL, w->outer, w->windows, w->windows_size);
    nt_average_pool_2x2(w->current, n, side, channels, w->pooled);
    nt_add_padded_relu(w->outer, outer_side, second->out, w->pooled, side / 2, channels, n, w->current);
    return side / 2 > outer_side ? side / 2 : outer_side;
}

/* n chips, at most MAX_BATCH. */
static NtStatus embed_batch(const NtEmbedder *embedder, NtEmbedWorkspace *w, const uint8_t *chips, int n,
                            float *embeddings)
{
    const size_t pixels = (size_t)CHIP_SIDE * CHIP_SIDE * (size_t)n;
    for (size_t p = 0; p < pixels; p++)
        for (size_t k = 0; k < 3; k++)
            w->input[3 * p + k] = (chips[3 * p + k] - pixel_mean[k]) * PIXEL_SCALE;
    NtStatus status = show(w, "input", w->input, 3, CHIP_SIDE);

    const NtConv *first = &embedder->convolutions[0];
    int side = nt_conv_side(first, CHIP_SIDE), channels = first->out;
    nt_conv_run(first, w->input, n, CHIP_SIDE, NULL, w->inner, w->windows, w->windows_size);
    if (status == NT_OK)
        status = show(w, "conv32_down", w->inner, channels, side);
    nt_max_pool_3x3(w->inner, n, side, channels, w->current);
    side = (side - 3) / 2 + 1;
    if (status == NT_OK)
        status = show(w, "maxpool", w->current, channels, side);
    for (int i = 0; i < N_BLOCKS && status == NT_OK; i++) {
        side = run_block(embedder, w, i, n, side, channels);
        channels = blocks[i].channels;
        status = show(w, blocks[i].name, w->current, channels, side);
    }
    nt_average_pool_all(w->current, n, side, channels, w->pooled);
    if (status == NT_OK)
        status = show(w, "avgpool", w->pooled, channels, 1);
    nt_dense(w->pooled, n, channels, embedder->dense, NT_EMBEDDING_SIZE, embeddings);
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
