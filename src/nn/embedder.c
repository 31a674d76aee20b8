#include "nn/embedder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "base/safetensors.h"
#include "nn/embedder_private.h"

/* How a tensor's values are kept: as floats, or in 8 bits with a scale and a minimum. */
typedef struct Stored {
    NtTensorView view;
    double scale, min; /* scale 0: as floats */
} Stored;

static NtStatus find_stored(const NtTensorFile *file, const char *name, int rank, const int64_t *shape, Stored *stored,
                            NtError *error)
{
    NtTensorView quantization;
    NtStatus status = nt_tensor_file_find(file, name, &stored->view, error);
    if (status != NT_OK)
        return status;
    const NtDtype dtype = stored->view.dtype == NT_DTYPE_U8 ? NT_DTYPE_U8 : NT_DTYPE_F32;
    status = nt_tensor_file_get(file, name, dtype, rank, shape, &stored->view, error);
    stored->scale = stored->min = 0;
    if (status != NT_OK || dtype == NT_DTYPE_F32)
        return status;
    char companion[NAME_SIZE + 16];
    snprintf(companion, sizeof companion, "%s.quantization", name);
    status = nt_tensor_file_get(file, companion, NT_DTYPE_F64, 1, (int64_t[]){2}, &quantization, error);
    if (status == NT_OK) {
        stored->scale = ((const double *)quantization.data)[0];
        stored->min = ((const double *)quantization.data)[1];
    }
    return status;
}

/* Reads a tensor as float, however it is kept. To be freed. quantum: the scale, or 0; may be NULL. */
static NtStatus read_floats(const NtTensorFile *file, const char *name, int rank, const int64_t *shape, float **out,
                            double *quantum, NtError *error)
{
    Stored stored;
    NtStatus status = find_stored(file, name, rank, shape, &stored, error);
    if (status != NT_OK)
        return status;
    const NtTensorView view = stored.view;
    const size_t n = view.size / nt_dtype_size(view.dtype);
    if (quantum)
        *quantum = stored.scale;
    float *values = malloc(n * sizeof *values);
    if (!values)
        return nt_error_set(error, NT_ERR_MEMORY, "not enough memory for the tensor '%s'", name);
    for (size_t i = 0; i < n; i++) {
        values[i] = view.dtype == NT_DTYPE_U8 ? (float)(((const uint8_t *)view.data)[i] * stored.scale + stored.min)
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
                            const int64_t *shape, float **out, double *quantum, NtError *error)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s/%s", conv, member);
    return read_floats(file, name, rank, shape, out, quantum, error);
}

/* One convolution's tensors. */
typedef struct Filters {
    float *filters, *bias, *scale, *shift;
    double quantum;       /* of the filters */
    const uint8_t *bytes; /* instead of filters, in the file: a value is (byte - zero) * quantum */
    double zero;
} Filters;

/* Whether the filters can be left in bytes: f->bytes, or NULL. */
static NtStatus find_bytes(const NtTensorFile *file, const char *conv, const int64_t *shape, Filters *f, NtError *error)
{
    char name[NAME_SIZE];
    Stored stored;
    snprintf(name, sizeof name, "%s/conv/filters", conv);
    const NtStatus status = find_stored(file, name, 4, shape, &stored, error);
    if (status != NT_OK)
        return status;
    const double zero = stored.scale > 0 ? -stored.min / stored.scale : 0;
    if (stored.scale > 0 && isfinite(stored.scale) && isfinite((float)zero)) {
        f->quantum = stored.scale;
        f->zero = zero;
        f->bytes = stored.view.data;
    }
    return NT_OK;
}

/* bytes: as such where the file has them so. */
static NtStatus read_filters(const NtTensorFile *file, const char *name, const NtConv *conv, int bytes, Filters *f, NtError *error)
{
    const int64_t shape[] = {conv->kernel, conv->kernel, conv->in, conv->out}, vector[] = {conv->out};
    NtStatus status = bytes ? find_bytes(file, name, shape, f, error) : NT_OK;
    if (status == NT_OK && !f->bytes)
        status = read_member(file, name, "conv/filters", 4, shape, &f->filters, &f->quantum, error);
    if (status || (status = read_member(file, name, "conv/bias", 1, vector, &f->bias, NULL, error)) ||
        (status = read_member(file, name, "scale/weights", 1, vector, &f->scale, NULL, error)) ||
        (status = read_member(file, name, "scale/biases", 1, vector, &f->shift, NULL, error)))
        return status;
    for (int k = 0; k < conv->out; k++)
        f->bias[k] = f->scale[k] * f->bias[k] + f->shift[k];
    return NT_OK;
}

/* Filters, bias, and the scale and shift that follow, folded together: w' = scale w, b' = scale b + shift. */
static int pack_float(NtConv *conv, Filters *f, int side, NtCpuLevel level)
{
    const size_t rows = (size_t)conv->kernel * (size_t)conv->kernel * (size_t)conv->in, out = (size_t)conv->out;
    conv->bias = f->bias;
    f->bias = NULL;
    if (f->bytes) {
        float *scale = f->scale;
        f->scale = NULL;
        for (size_t k = 0; k < out; k++)
            scale[k] = (float)(scale[k] * f->quantum);
        return nt_conv_pack_bytes(conv, f->bytes, (float)f->zero, scale, side, level);
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < out; k++)
            f->filters[r * out + k] *= f->scale[k];
    return nt_conv_pack(conv, f->filters, side, level);
}

/* In 8 bits the scale goes to the sums. The first convolution reads bytes as they are: what the mean would have taken from
 * them goes to the bias, which is exact because there is no padding. */
static int pack_8bit(const NtConv *conv, NtConv8 *conv8, Filters *f, int side)
{
    *conv8 = (NtConv8){.kernel = conv->kernel, .stride = conv->stride, .padding = conv->padding, .in = conv->in,
                       .out = conv->out, .bias = f->bias};
    f->bias = NULL;
    const int rows = conv->kernel * conv->kernel * conv->in;
    for (int r = 0; conv->in == 3 && r < rows; r++)
        for (int k = 0; k < conv->out; k++)
            conv8->bias[k] -= f->filters[r * conv->out + k] * f->scale[k] * nt_pixel_mean[r % 3] * PIXEL_SCALE;
    return nt_conv8_pack(conv8, f->filters, f->quantum, f->scale, side);
}

/* The convolution number i, whose geometry is set. side: of its input. */
static NtStatus read_convolution(NtEmbedder *embedder, const NtTensorFile *file, const char *name, int i, int side,
                                 NtError *error)
{
    NtConv *conv = &embedder->convolutions[i];
    const int is_8bit = embedder->precision == NT_PRECISION_8BIT;
    Filters f = {0};
    NtStatus status = read_filters(file, name, conv, !is_8bit && nt_conv_takes_bytes(conv, side, embedder->level), &f, error);
    if (status == NT_OK && !(is_8bit ? pack_8bit(conv, &embedder->convolutions8[i], &f, side)
                                     : pack_float(conv, &f, side, embedder->level)))
        status = nt_error_set(error, NT_ERR_MEMORY, "not enough memory for '%s'", name);
    free(f.filters);
    free(f.bias);
    free(f.scale);
    free(f.shift);
    return status;
}

static NtStatus read_network(NtEmbedder *embedder, const NtTensorFile *file, NtError *error)
{
    NtConv *conv = embedder->convolutions;
    *conv = (NtConv){.kernel = 7, .stride = 2, .in = 3, .out = 32, .relu = 1};
    NtStatus status = read_convolution(embedder, file, "conv32_down", 0, CHIP_SIDE, error);
    int channels = conv->out, side = FIRST_MAP_SIDE;
    for (int i = 0; i < N_BLOCKS && status == NT_OK; i++) {
        for (int k = 0; k < 2 && status == NT_OK; k++) {
            const int down = nt_blocks[i].down && k == 0;
            char name[NAME_SIZE];
            snprintf(name, sizeof name, "%s/conv%d", nt_blocks[i].name, k + 1);
            /* The second one's ReLU comes after the shortcut, which is fused into it. */
            conv = &embedder->convolutions[1 + 2 * i + k];
            *conv = (NtConv){.kernel = 3, .stride = down ? 2 : 1, .padding = down ? 0 : 1,
                             .in = k ? nt_blocks[i].channels : channels, .out = nt_blocks[i].channels, .relu = 1};
            status = read_convolution(embedder, file, name, 1 + 2 * i + k, k ? nt_inner_side(i, side) : side, error);
        }
        channels = nt_blocks[i].channels;
        side = nt_outer_side(i, side);
    }
    if (status == NT_OK)
        status = read_floats(file, "fc", 2, (int64_t[]){LAST_CHANNELS, NT_EMBEDDING_SIZE}, &embedder->dense, NULL, error);
    return status;
}

NtStatus nt_embedder_load(const char *path, NtPrecision precision, NtEmbedder **out, NtError *error)
{
    NtTensorFile *file = NULL;
    NtStatus status = nt_tensor_file_open(path, &file, error);
    if (status != NT_OK)
        return status;
    /* Frames are analysed side by side by our own threads; OpenBLAS's would only compete with them. */
    openblas_set_num_threads(1);
    NtEmbedder *embedder = calloc(1, sizeof *embedder);
    NtError inner = {NT_OK, ""};
    if (embedder) {
        embedder->level = nt_cpu_level();
        embedder->precision = precision;
    }
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
        nt_conv_clear(&embedder->convolutions[i]);
        nt_conv8_clear(&embedder->convolutions8[i]);
    }
    free(embedder->dense);
    free(embedder);
}

NtEmbedWorkspace *nt_embed_workspace_new(const NtEmbedder *embedder)
{
    NtEmbedWorkspace *workspace = calloc(1, sizeof *workspace);
    if (!workspace)
        return NULL;
    /* No block's map is larger than the first ones' of one chip or the kept ones of all. */
    const size_t first_map = nt_map_size(FIRST_CHANNELS, FIRST_MAP_SIDE);
    const size_t kept = MAX_BATCH * nt_map_size(KEPT_CHANNELS, KEPT_SIDE), map = kept > first_map ? kept : first_map;
    const size_t input = ((size_t)CHIP_SIDE * CHIP_SIDE * 3 + NT_CHANNELS - 1) / NT_CHANNELS * NT_CHANNELS;
    const size_t first = nt_map_size(FIRST_CHANNELS, FIRST_SIDE), all = input + first + 4 * map + kept;
    workspace->memory = nt_aligned_alloc(all * sizeof(float));
    if (!workspace->memory || (embedder->precision == NT_PRECISION_8BIT && !nt_embed_workspace_add_8bit(workspace))) {
        nt_embed_workspace_free(workspace);
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
    free(workspace->memory8);
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
NtStatus nt_show_map(const NtEmbedWorkspace *workspace, const char *stage, const NtMap *map)
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

/* Remembers a convolution's largest output. */
static void measure(NtEmbedWorkspace *w, int conv, const NtMap *map)
{
    const size_t n = w->limits ? (size_t)map->n * nt_map_size(map->channels, map->side) : 0;
    for (size_t i = 0; i < n; i++)
        w->limits[conv] = map->data[i] > w->limits[conv] ? map->data[i] : w->limits[conv];
}

void nt_embed_workspace_set_limits(NtEmbedWorkspace *workspace, float limits[NT_EMBEDDER_CONVOLUTIONS])
{
    workspace->limits = limits;
}

/* map -> map, through one block; its data are those of w->current before and after. */
static void run_block(const NtEmbedder *embedder, NtEmbedWorkspace *w, int block, NtMap *map)
{
    const NtConv *first = &embedder->convolutions[1 + 2 * block], *second = first + 1;
    const int channels = nt_blocks[block].channels;
    const NtMap inner = {w->inner, map->n, channels, nt_inner_side(block, map->side)};
    const NtMap outer = {w->outer, map->n, channels, nt_outer_side(block, map->side)};
    nt_conv_run(first, map->data, map->side, NULL, &inner);
    measure(w, 1 + 2 * block, &inner);
    if (nt_blocks[block].down) {
        const NtMap pooled = {w->pooled, map->n, channels, outer.side};
        nt_average_pool_2x2(map, &pooled);
        if (outer.side > inner.side)
            nt_relu(&pooled, &outer); /* where the convolution does not reach */
        nt_conv_run(second, inner.data, inner.side, &pooled, &outer);
    } else {
        nt_conv_run(second, inner.data, inner.side, map, &outer);
    }
    measure(w, 2 + 2 * block, &outer);
    w->outer = w->current;
    w->current = outer.data;
    *map = outer;
}

static NtStatus run_blocks(const NtEmbedder *embedder, NtEmbedWorkspace *w, int from, int to, NtMap *map)
{
    for (int i = from; i < to; i++) {
        run_block(embedder, w, i, map);
        const NtStatus status = nt_show_map(w, nt_blocks[i].name, map);
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
        means[i] = nt_pixel_mean[i % 3];
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
        status = nt_show_map(w, "conv32_down", &first);
    measure(w, 0, &first);
    nt_max_pool_3x3(&first, map);
    if (status == NT_OK)
        status = nt_show_map(w, "maxpool", map);
    return status == NT_OK ? run_blocks(embedder, w, 0, FIRST_SHARED_BLOCK, map) : status;
}

/* n chips, at most MAX_BATCH. */
static NtStatus embed_batch(const NtEmbedder *embedder, NtEmbedWorkspace *w, const uint8_t *chips, int n,
                            float *embeddings)
{
    const size_t kept = nt_map_size(KEPT_CHANNELS, KEPT_SIDE), chip_size = (size_t)CHIP_SIDE * CHIP_SIDE * 3;
    NtMap map = {w->kept, n, KEPT_CHANNELS, KEPT_SIDE};
    NtStatus status = NT_OK;
    if (embedder->precision == NT_PRECISION_8BIT) {
        for (int i = 0; i < n; i++)
            nt_begin_chip_8bit(embedder, w, chips + (size_t)i * chip_size, i);
        status = nt_finish_chips_8bit(embedder, w, n, &map);
    } else {
        for (int i = 0; i < n && status == NT_OK; i++) {
            NtMap begun;
            status = begin_chip(embedder, w, chips + (size_t)i * chip_size, &begun);
            memcpy(w->kept + (size_t)i * kept, begun.data, kept * sizeof(float));
        }
        if (status == NT_OK)
            status = run_blocks(embedder, w, FIRST_SHARED_BLOCK, N_BLOCKS, &map);
    }
    float means[MAX_BATCH * LAST_CHANNELS];
    nt_average_pool_all(&map, means);
    if (status == NT_OK)
        status = show(w, "avgpool", means, map.channels, 1);
    /* One by one, so that a chip's embedding never depends on its company. */
    for (int i = 0; i < n; i++)
        nt_dense(means + i * map.channels, 1, map.channels, embedder->dense, NT_EMBEDDING_SIZE,
                 embeddings + i * NT_EMBEDDING_SIZE);
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
