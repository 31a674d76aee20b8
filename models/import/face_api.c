/* face-api's face_recognition_model: a manifest of tensors (JSON) and their bytes, one after another. */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "import/import.h"
#include "import/model_writer.h"
#include "import/resnet_layout.h"

#define MAX_TENSORS 1000
#define MAX_RANK 4

typedef struct Importer {
    const char *manifest;
    const guint8 *weights;
    gsize size, used;
    GArray *tensors;     /* NtTensorEntry */
    GPtrArray *owned;    /* names and quantizations */
} Importer;

static gboolean refuse(const Importer *importer, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
static gboolean refuse(const Importer *importer, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, NT_IMPORT_ERROR, NT_IMPORT_ERROR_FORMAT, "%s describes no model that can be used: %s",
                importer->manifest, text);
    return FALSE;
}

static gboolean read_shape(const Importer *importer, JsonObject *object, const char *name, NtTensorView *view,
                           GError **error)
{
    JsonNode *node = json_object_get_member(object, "shape");
    if (!node || !JSON_NODE_HOLDS_ARRAY(node))
        return refuse(importer, error, "tensor '%s' has no shape", name);
    JsonArray *shape = json_node_get_array(node);
    view->rank = (int)json_array_get_length(shape);
    if (view->rank < 1 || view->rank > MAX_RANK)
        return refuse(importer, error, "tensor '%s' has %d dimensions", name, view->rank);
    guint64 count = 1;
    for (int i = 0; i < view->rank; i++) {
        JsonNode *dimension = json_array_get_element(shape, (guint)i);
        view->shape[i] = JSON_NODE_HOLDS_VALUE(dimension) ? json_node_get_int(dimension) : 0;
        if (view->shape[i] < 1 || !g_uint64_checked_mul(&count, count, (guint64)view->shape[i]))
            return refuse(importer, error, "tensor '%s' has a dimension that makes no sense", name);
    }
    if (count > importer->size)
        return refuse(importer, error, "tensor '%s' is larger than the file of weights", name);
    view->size = count; /* elements, for now */
    return TRUE;
}

/* The quantization's scale and minimum; FALSE when there is none (error unset) or a wrong one. */
static gboolean read_quantization(const Importer *importer, JsonObject *object, const char *name, double **scale_min,
                                  GError **error)
{
    *scale_min = NULL;
    if (!json_object_has_member(object, "quantization"))
        return TRUE;
    JsonNode *node = json_object_get_member(object, "quantization");
    if (!JSON_NODE_HOLDS_OBJECT(node))
        return refuse(importer, error, "tensor '%s' has a quantization that is none", name);
    JsonObject *quantization = json_node_get_object(node);
    const char *dtype = json_object_get_string_member_with_default(quantization, "dtype", "");
    const double scale = json_object_get_double_member_with_default(quantization, "scale", NAN);
    const double min = json_object_get_double_member_with_default(quantization, "min", NAN);
    if (g_strcmp0(dtype, "uint8") != 0 || !isfinite(scale) || !isfinite(min))
        return refuse(importer, error, "tensor '%s' is quantized in a way that is not known", name);
    *scale_min = g_new(double, 2);
    (*scale_min)[0] = scale;
    (*scale_min)[1] = min;
    return TRUE;
}

static void add_tensor(Importer *importer, char *name, const NtTensorView *view)
{
    const NtTensorEntry entry = {name, *view};
    g_array_append_val(importer->tensors, entry);
    g_ptr_array_add(importer->owned, name);
}

static gboolean read_tensor(Importer *importer, JsonNode *node, GError **error)
{
    if (!JSON_NODE_HOLDS_OBJECT(node))
        return refuse(importer, error, "an entry is no object");
    JsonObject *object = json_node_get_object(node);
    const char *name = json_object_get_string_member_with_default(object, "name", "");
    NtTensorView view = {.dtype = NT_DTYPE_F32};
    double *scale_min;
    if (g_strcmp0(json_object_get_string_member_with_default(object, "dtype", ""), "float32") != 0)
        return refuse(importer, error, "tensor '%s' is not of float32", name);
    if (!read_shape(importer, object, name, &view, error) ||
        !read_quantization(importer, object, name, &scale_min, error))
        return FALSE;
    if (scale_min) {
        g_ptr_array_add(importer->owned, scale_min);
        view.dtype = NT_DTYPE_U8;
        const NtTensorView quantization = nt_model_tensor(NT_DTYPE_F64, scale_min, 1, 2);
        add_tensor(importer, g_strconcat(name, ".quantization", NULL), &quantization);
    }
    view.size *= nt_dtype_size(view.dtype);
    if (view.size > importer->size - importer->used)
        return refuse(importer, error, "the file of weights ends within tensor '%s'", name);
    view.data = importer->weights + importer->used;
    importer->used += view.size;
    add_tensor(importer, g_strdup(name), &view);
    return TRUE;
}

static gboolean read_manifest(Importer *importer, JsonNode *root, GError **error)
{
    if (!root || !JSON_NODE_HOLDS_ARRAY(root) || json_array_get_length(json_node_get_array(root)) != 1)
        return refuse(importer, error, "it is not a list of one group of weights");
    JsonNode *group = json_array_get_element(json_node_get_array(root), 0);
    JsonNode *list = JSON_NODE_HOLDS_OBJECT(group) ? json_object_get_member(json_node_get_object(group), "weights") : NULL;
    if (!list || !JSON_NODE_HOLDS_ARRAY(list) || json_array_get_length(json_node_get_array(list)) > MAX_TENSORS)
        return refuse(importer, error, "it has no list of weights");
    JsonArray *weights = json_node_get_array(list);
    for (guint i = 0; i < json_array_get_length(weights); i++)
        if (!read_tensor(importer, json_array_get_element(weights, i), error))
            return FALSE;
    return importer->used == importer->size ||
           refuse(importer, error, "the file of weights has %" G_GSIZE_FORMAT " bytes too many",
                  importer->size - importer->used);
}

static gboolean has_tensor(const Importer *importer, const char *name, int rank, const int64_t *shape)
{
    for (guint i = 0; i < importer->tensors->len; i++) {
        const NtTensorEntry *entry = &g_array_index(importer->tensors, NtTensorEntry, i);
        if (strcmp(entry->name, name) == 0)
            return entry->view.rank == rank && memcmp(entry->view.shape, shape, (gsize)rank * sizeof *shape) == 0;
    }
    return FALSE;
}

/* The network's tensors are all there, in their shapes. */
static gboolean check_layout(const Importer *importer, GError **error)
{
    static const char *const vectors[] = {"conv/bias", "scale/weights", "scale/biases"};
    NtResnetConv layout[NT_RESNET_CONVOLUTIONS];
    nt_resnet_layout(layout);
    for (guint i = 0; i < NT_RESNET_CONVOLUTIONS; i++) {
        const NtResnetConv *conv = &layout[i];
        g_autofree char *filters = g_strdup_printf("%s/conv/filters", conv->name);
        if (!has_tensor(importer, filters, 4, (int64_t[]){conv->kernel, conv->kernel, conv->in, conv->out}))
            return refuse(importer, error, "'%s' is missing or has another shape", filters);
        for (guint k = 0; k < G_N_ELEMENTS(vectors); k++) {
            g_autofree char *name = g_strdup_printf("%s/%s", conv->name, vectors[k]);
            if (!has_tensor(importer, name, 1, (int64_t[]){conv->out}))
                return refuse(importer, error, "'%s' is missing or has another shape", name);
        }
    }
    return has_tensor(importer, "fc", 2, (int64_t[]){NT_RESNET_LAST_CHANNELS, NT_RESNET_EMBEDDING}) ||
           refuse(importer, error, "'fc' is missing or has another shape");
}

gboolean nt_import_face_api(const char *manifest, const char *weights, const NtImportOrigin *origin, const char *output,
                            GError **error)
{
    g_autoptr(GMappedFile) file = nt_model_map_source(weights, error);
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) reason = NULL;
    if (!file)
        return FALSE;
    Importer importer = {.manifest = manifest, .weights = (const guint8 *)g_mapped_file_get_contents(file),
                         .size = g_mapped_file_get_length(file)};
    if (!json_parser_load_from_file(parser, manifest, &reason))
        return refuse(&importer, error, "%s", reason->message);

    g_autoptr(GArray) tensors = importer.tensors = g_array_new(FALSE, FALSE, sizeof(NtTensorEntry));
    g_autoptr(GPtrArray) owned = importer.owned = g_ptr_array_new_with_free_func(g_free);
    if (!read_manifest(&importer, json_parser_get_root(parser), error) || !check_layout(&importer, error))
        return FALSE;
    g_autofree char *sha256 = nt_model_sha256(file);
    return nt_model_write(output, "embedder", (const NtTensorEntry *)(const void *)tensors->data, tensors->len, sha256,
                          origin, error);
}
