/* dlib's face recognition network as dlib itself writes it.
 *
 * A network is written from its loss inwards: the version of each layer from the outermost to the input, then, on the way
 * back, each layer's own data. The shape of this network is known, so the file is read against it and anything else is
 * refused. Layer kinds, versions and members are those of dlib's dnn headers; versions from older dlibs that differ only in
 * what they leave out are accepted, because the published file was written by one.
 */
#include <math.h>
#include <string.h>

#include "import/dlib_stream.h"
#include "import/import.h"
#include "import/model_writer.h"
#include "import/resnet_layout.h"

#define MAX_LAYERS 256
#define CONV_MODE 0
#define NO_BIAS 1
#define CHIP_SIDE 150
#define MAX_MEAN_ERROR 0.001f

typedef enum Kind { CON, AFFINE, RELU, MAX_POOL, AVG_POOL, AVG_POOL_ALL, ADD_PREV, FC, TAG, SKIP } Kind;

typedef struct Layer {
    Kind kind;
    int conv;       /* of CON and AFFINE: which convolution */
    gint64 version; /* as read on the way in */
} Layer;

typedef struct Importer {
    NtDlibStream stream;
    Layer layers[MAX_LAYERS]; /* from the input to the loss */
    guint n_layers;
    NtResnetConv layout[NT_RESNET_CONVOLUTIONS];
    GArray *tensors;  /* NtTensorEntry */
    GPtrArray *owned; /* names and values */
} Importer;

static void add_layer(Importer *importer, Kind kind, int conv)
{
    importer->layers[importer->n_layers++] = (Layer){kind, conv, 0};
}

static void lay_out(Importer *importer)
{
    nt_resnet_layout(importer->layout);
    add_layer(importer, CON, 0);
    add_layer(importer, AFFINE, 0);
    add_layer(importer, RELU, 0);
    add_layer(importer, MAX_POOL, 0);
    for (int conv = 1; conv < NT_RESNET_CONVOLUTIONS; conv += 2) {
        add_layer(importer, TAG, 0);
        add_layer(importer, CON, conv);
        add_layer(importer, AFFINE, conv);
        add_layer(importer, RELU, 0);
        add_layer(importer, CON, conv + 1);
        add_layer(importer, AFFINE, conv + 1);
        if (importer->layout[conv].stride == 2) {
            add_layer(importer, TAG, 0);
            add_layer(importer, SKIP, 0);
            add_layer(importer, AVG_POOL, 0);
        }
        add_layer(importer, ADD_PREV, 0);
        add_layer(importer, RELU, 0);
    }
    add_layer(importer, AVG_POOL_ALL, 0);
    add_layer(importer, FC, 0);
}

static void read_bool(NtDlibStream *stream)
{
    if (stream->problem)
        return;
    if (stream->at >= stream->end || (*stream->at != '0' && *stream->at != '1'))
        nt_dlib_refuse(stream, "there is no truth value where one must be");
    else
        stream->at++;
}

static void read_reals(NtDlibStream *stream, guint n)
{
    for (guint i = 0; i < n; i++)
        nt_dlib_real(stream);
}

/* A tensor: version, four dimensions, float32 little-endian. Returns where its values are, and how many. */
static const guint8 *read_tensor(NtDlibStream *stream, guint64 *count)
{
    *count = 0;
    guint64 n = 1;
    nt_dlib_expect(stream, 2, "the version of a tensor");
    for (guint i = 0; i < 4; i++) {
        const gint64 dimension = nt_dlib_integer(stream);
        if (dimension < 0 || !g_uint64_checked_mul(&n, n, (guint64)dimension)) {
            nt_dlib_refuse(stream, "a tensor has a dimension that makes no sense");
            return NULL;
        }
    }
    if (stream->problem)
        return NULL;
    if (n > (guint64)(stream->end - stream->at) / sizeof(float)) {
        nt_dlib_refuse(stream, "a tensor of %" G_GUINT64_FORMAT " values reaches beyond the file", n);
        return NULL;
    }
    const guint8 *values = stream->at;
    stream->at += n * sizeof(float);
    *count = n;
    return values;
}

static void skip_tensor(NtDlibStream *stream)
{
    guint64 count;
    read_tensor(stream, &count);
}

/* A view on part of a tensor: version and four dimensions. */
static void skip_alias(NtDlibStream *stream)
{
    nt_dlib_expect(stream, 1, "the version of a tensor's part");
    for (guint i = 0; i < 4; i++)
        nt_dlib_integer(stream);
}

static void expect_pair(NtDlibStream *stream, gint64 wanted, const char *what)
{
    nt_dlib_expect(stream, wanted, what);
    nt_dlib_expect(stream, wanted, what);
}

/* Takes over a tensor's values as float, moved from place i to place(i); NULL on a value that is no number. */
static float *copy_values(NtDlibStream *stream, const guint8 *bytes, gsize n)
{
    float *values = g_new(float, n);
    for (gsize i = 0; i < n; i++) {
        guint32 bits;
        memcpy(&bits, bytes + i * sizeof bits, sizeof bits);
        bits = GUINT32_FROM_LE(bits);
        memcpy(&values[i], &bits, sizeof bits);
        if (!isfinite(values[i])) {
            nt_dlib_refuse(stream, "a weight is not a finite number");
            break;
        }
    }
    return values;
}

static void keep(Importer *importer, const char *conv, const char *member, float *values, const NtTensorView *view)
{
    NtTensorEntry entry = {g_strdup_printf("%s%s%s", conv, *conv ? "/" : "", member), *view};
    entry.view.data = values;
    g_ptr_array_add(importer->owned, (gpointer)entry.name);
    g_ptr_array_add(importer->owned, values);
    g_array_append_val(importer->tensors, entry);
}

/* dlib's [out][in][y][x] -> [y][x][in][out]. */
static float *reorder_filters(const float *filters, const NtResnetConv *conv)
{
    const gsize k = (gsize)conv->kernel, in = (gsize)conv->in, out = (gsize)conv->out;
    float *result = g_new(float, k * k * in * out);
    for (gsize o = 0; o < out; o++)
        for (gsize i = 0; i < in; i++)
            for (gsize p = 0; p < k * k; p++)
                result[(p * in + i) * out + o] = filters[(o * in + i) * k * k + p];
    return result;
}

static gboolean expect_count(NtDlibStream *stream, guint64 got, guint64 wanted)
{
    if (!stream->problem && got != wanted)
        nt_dlib_refuse(stream, "a layer has %" G_GUINT64_FORMAT " weights, and must have %" G_GUINT64_FORMAT, got, wanted);
    return !stream->problem;
}

/* Version strings that end in a number: TRUE for the newer of two. */
static gboolean read_version(NtDlibStream *stream, const char *older, const char *newer)
{
    g_autofree char *version = nt_dlib_string(stream);
    if (!version)
        return FALSE;
    if (strcmp(version, older) != 0 && strcmp(version, newer) != 0) {
        g_autofree char *shown = g_strescape(version, NULL);
        nt_dlib_refuse(stream, "there is '%s' where '%s' must be", shown, newer);
    }
    return strcmp(version, newer) == 0;
}

static void read_con(Importer *importer, const NtResnetConv *conv)
{
    NtDlibStream *stream = &importer->stream;
    const gsize n_filters = (gsize)conv->kernel * (gsize)conv->kernel * (gsize)conv->in * (gsize)conv->out;
    const gboolean newer = read_version(stream, "con_4", "con_5");
    guint64 count;
    const guint8 *bytes = read_tensor(stream, &count);
    if (expect_count(stream, count, n_filters + (gsize)conv->out)) {
        float *filters = copy_values(stream, bytes, n_filters);
        const NtTensorView filters_view =
            nt_model_tensor(NT_DTYPE_F32, NULL, 4, conv->kernel, conv->kernel, conv->in, conv->out);
        const NtTensorView bias_view = nt_model_tensor(NT_DTYPE_F32, NULL, 1, conv->out);
        if (!stream->problem)
            keep(importer, conv->name, "conv/filters", reorder_filters(filters, conv), &filters_view);
        keep(importer, conv->name, "conv/bias", copy_values(stream, bytes + n_filters * sizeof(float), (gsize)conv->out),
             &bias_view);
        g_free(filters);
    }
    nt_dlib_expect(stream, conv->out, "the number of filters");
    expect_pair(stream, conv->kernel, "the side of a filter");
    expect_pair(stream, conv->stride, "the stride of a convolution");
    expect_pair(stream, conv->stride == 1 ? conv->kernel / 2 : 0, "the padding of a convolution");
    skip_alias(stream);
    skip_alias(stream);
    read_reals(stream, 4);
    if (newer)
        read_bool(stream);
}

static void read_affine(Importer *importer, const NtResnetConv *conv)
{
    NtDlibStream *stream = &importer->stream;
    const gboolean newer = read_version(stream, "affine_", "affine_2");
    const NtTensorView view = nt_model_tensor(NT_DTYPE_F32, NULL, 1, conv->out);
    guint64 count;
    const guint8 *bytes = read_tensor(stream, &count);
    if (expect_count(stream, count, 2 * (guint64)conv->out)) {
        const gsize half = (gsize)conv->out * sizeof(float);
        keep(importer, conv->name, "scale/weights", copy_values(stream, bytes, (gsize)conv->out), &view);
        keep(importer, conv->name, "scale/biases", copy_values(stream, bytes + half, (gsize)conv->out), &view);
    }
    skip_alias(stream);
    skip_alias(stream);
    nt_dlib_expect(stream, CONV_MODE, "the mode of an affine layer");
    if (newer)
        read_bool(stream);
}

static void read_pool(NtDlibStream *stream, const char *version, gint64 side, gint64 stride)
{
    nt_dlib_expect_string(stream, version);
    expect_pair(stream, side, "the side of a pool");
    expect_pair(stream, stride, "the stride of a pool");
    expect_pair(stream, 0, "the padding of a pool");
}

static void read_fc(Importer *importer)
{
    NtDlibStream *stream = &importer->stream;
    const gboolean newer = read_version(stream, "fc_2", "fc_3");
    const NtTensorView view = nt_model_tensor(NT_DTYPE_F32, NULL, 2, NT_RESNET_LAST_CHANNELS, NT_RESNET_EMBEDDING);
    const gsize n = (gsize)NT_RESNET_LAST_CHANNELS * NT_RESNET_EMBEDDING;
    guint64 count;
    nt_dlib_expect(stream, NT_RESNET_EMBEDDING, "the number of outputs");
    nt_dlib_expect(stream, NT_RESNET_LAST_CHANNELS, "the number of inputs of the last layer");
    const guint8 *bytes = read_tensor(stream, &count);
    if (expect_count(stream, count, n))
        keep(importer, "", "fc", copy_values(stream, bytes, n), &view);
    skip_alias(stream);
    skip_alias(stream);
    nt_dlib_expect(stream, NO_BIAS, "the bias mode of the last layer");
    read_reals(stream, 4);
    if (newer)
        read_bool(stream);
}

/* The chips' size and the means that our network subtracts. */
static void read_input(NtDlibStream *stream)
{
    static const float means[3] = {122.782f, 117.001f, 104.298f};
    nt_dlib_expect_string(stream, "input_rgb_image_sized");
    for (guint i = 0; i < 3; i++) {
        const float mean = nt_dlib_real(stream);
        if (!stream->problem && fabsf(mean - means[i]) > MAX_MEAN_ERROR)
            nt_dlib_refuse(stream, "its input has another mean colour");
    }
    expect_pair(stream, CHIP_SIDE, "the side of a chip");
}

static void read_details(Importer *importer, const Layer *layer)
{
    NtDlibStream *stream = &importer->stream;
    switch (layer->kind) {
    case CON: read_con(importer, &importer->layout[layer->conv]); break;
    case AFFINE: read_affine(importer, &importer->layout[layer->conv]); break;
    case RELU: nt_dlib_expect_string(stream, "relu_"); break;
    case MAX_POOL: read_pool(stream, "max_pool_2", 3, 2); break;
    case AVG_POOL: read_pool(stream, "avg_pool_2", 2, 2); break;
    case AVG_POOL_ALL: read_pool(stream, "avg_pool_2", 0, 1); break;
    case ADD_PREV: nt_dlib_expect_string(stream, "add_prev_"); break;
    case FC: read_fc(importer); break;
    case TAG:
    case SKIP: break;
    }
}

/* A layer's state: three truth values, what it cached, and, by version, its gradients. */
static void read_state(NtDlibStream *stream, const Layer *layer, gboolean innermost)
{
    if (layer->kind == TAG || layer->kind == SKIP)
        return;
    for (guint i = 0; i < 3; i++)
        read_bool(stream);
    skip_tensor(stream);
    skip_tensor(stream);
    if (innermost || layer->version >= 2)
        skip_tensor(stream);
    if (innermost && layer->version >= 3)
        nt_dlib_integer(stream);
}

static void read_network(Importer *importer)
{
    NtDlibStream *stream = &importer->stream;
    nt_dlib_expect(stream, 1, "the version of the loss layer");
    if (read_version(stream, "loss_metric_", "loss_metric_2"))
        read_reals(stream, 2);
    for (guint i = importer->n_layers; i-- > 0 && !stream->problem;) {
        Layer *layer = &importer->layers[i];
        const gboolean plain = layer->kind != TAG && layer->kind != SKIP;
        const gint64 least = i == 0 ? 2 : 1, most = i == 0 ? 3 : plain ? 2 : 1;
        layer->version = nt_dlib_integer(stream);
        if (!stream->problem && (layer->version < least || layer->version > most))
            nt_dlib_refuse(stream, "a layer is of version %" G_GINT64_FORMAT ", which is not known", layer->version);
    }
    if (!stream->problem)
        read_input(stream);
    for (guint i = 0; i < importer->n_layers && !stream->problem; i++) {
        read_details(importer, &importer->layers[i]);
        read_state(stream, &importer->layers[i], i == 0);
    }
    if (!stream->problem && stream->at != stream->end)
        nt_dlib_refuse(stream, "it goes on after its end");
}

gboolean nt_import_resnet(const char *path, const NtImportOrigin *origin, const char *output, GError **error)
{
    g_autoptr(GMappedFile) file = nt_model_map_source(path, error);
    if (!file)
        return FALSE;
    g_autoptr(GArray) tensors = g_array_new(FALSE, FALSE, sizeof(NtTensorEntry));
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    Importer importer = {.tensors = tensors, .owned = owned};
    importer.stream = nt_dlib_stream((const guint8 *)g_mapped_file_get_contents(file), g_mapped_file_get_length(file));
    lay_out(&importer);
    read_network(&importer);
    if (importer.stream.problem) {
        g_set_error(error, NT_IMPORT_ERROR, NT_IMPORT_ERROR_FORMAT, "%s is no face recognition network: %s", path,
                    importer.stream.problem);
        nt_dlib_stream_clear(&importer.stream);
        return FALSE;
    }
    g_autofree char *sha256 = nt_model_sha256(file);
    return nt_model_write(output, "embedder", (const NtTensorEntry *)(const void *)tensors->data, tensors->len, sha256,
                          origin, error);
}
