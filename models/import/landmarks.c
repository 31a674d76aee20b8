/* dlib's 68-point shape predictor: version, initial shape, forests, anchors, deltas. */
#include <string.h>

#include "import/dlib_stream.h"
#include "import/import.h"
#include "import/model_writer.h"

#define LANDMARKS 68
#define COORDINATES (2 * LANDMARKS)
#define CASCADES 15
#define TREES 500
#define SPLITS 15
#define LEAVES 16
#define PIXELS 500

/* The smallest file that could hold all the numbers: at least two bytes each, reals four. Known before allocating. */
#define MIN_BYTES ((gsize)CASCADES * TREES * LEAVES * COORDINATES * 4)

typedef struct Tables {
    float initial[COORDINATES];
    guint16 *split_pixels;
    float *thresholds, *leaves;
    guint16 *anchors;
    float *deltas;
} Tables;

/* A column matrix: its two dimensions, negated, then its values. */
static void read_column(NtDlibStream *stream, float *values, gint64 n)
{
    if (nt_dlib_expect(stream, -n, "the height of a shape, negated,") && nt_dlib_expect(stream, -1, "the width of a shape, negated,"))
        nt_dlib_reals(stream, values, (gsize)n);
}

static guint16 read_index(NtDlibStream *stream, gint64 limit, const char *what)
{
    const gint64 value = nt_dlib_integer(stream);
    if (!stream->problem && (value < 0 || value >= limit))
        nt_dlib_refuse(stream, "%s is %" G_GINT64_FORMAT ", and there are %" G_GINT64_FORMAT, what, value, limit);
    return stream->problem ? 0 : (guint16)value;
}

static void read_tree(NtDlibStream *stream, Tables *tables, gsize tree)
{
    if (!nt_dlib_expect(stream, SPLITS, "the number of splits of a tree"))
        return;
    for (gsize i = 0; i < SPLITS && !stream->problem; i++) {
        guint16 *pixels = tables->split_pixels + (tree * SPLITS + i) * 2;
        pixels[0] = read_index(stream, PIXELS, "the pixel of a split");
        pixels[1] = read_index(stream, PIXELS, "the pixel of a split");
        tables->thresholds[tree * SPLITS + i] = nt_dlib_real(stream);
    }
    if (!nt_dlib_expect(stream, LEAVES, "the number of leaves of a tree"))
        return;
    for (gsize i = 0; i < LEAVES && !stream->problem; i++)
        read_column(stream, tables->leaves + (tree * LEAVES + i) * COORDINATES, COORDINATES);
}

static void read_all(NtDlibStream *stream, Tables *tables)
{
    nt_dlib_expect(stream, 1, "the version");
    read_column(stream, tables->initial, COORDINATES);
    nt_dlib_expect(stream, CASCADES, "the number of forests");
    for (gsize c = 0; c < CASCADES && !stream->problem; c++) {
        nt_dlib_expect(stream, TREES, "the number of trees of a forest");
        for (gsize t = 0; t < TREES && !stream->problem; t++)
            read_tree(stream, tables, c * TREES + t);
    }
    nt_dlib_expect(stream, CASCADES, "the number of lists of anchors");
    for (gsize c = 0; c < CASCADES && !stream->problem; c++) {
        nt_dlib_expect(stream, PIXELS, "the number of anchors");
        for (gsize i = 0; i < PIXELS && !stream->problem; i++)
            tables->anchors[c * PIXELS + i] = read_index(stream, LANDMARKS, "an anchor");
    }
    nt_dlib_expect(stream, CASCADES, "the number of lists of deltas");
    for (gsize c = 0; c < CASCADES && !stream->problem; c++) {
        nt_dlib_expect(stream, PIXELS, "the number of deltas");
        nt_dlib_reals(stream, tables->deltas + c * PIXELS * 2, PIXELS * 2);
    }
    if (!stream->problem && stream->at != stream->end)
        nt_dlib_refuse(stream, "it goes on after its end");
}

static gboolean write_tables(const Tables *tables, const char *sha256, const NtImportOrigin *origin, const char *output,
                             GError **error)
{
    const NtTensorEntry tensors[] = {
        {"initial_shape", nt_model_tensor(NT_DTYPE_F32, tables->initial, 2, LANDMARKS, 2)},
        {"splits.pixels", nt_model_tensor(NT_DTYPE_U16, tables->split_pixels, 4, CASCADES, TREES, SPLITS, 2)},
        {"splits.thresholds", nt_model_tensor(NT_DTYPE_F32, tables->thresholds, 3, CASCADES, TREES, SPLITS)},
        {"leaves", nt_model_tensor(NT_DTYPE_F32, tables->leaves, 4, CASCADES, TREES, LEAVES, COORDINATES)},
        {"anchors", nt_model_tensor(NT_DTYPE_U16, tables->anchors, 2, CASCADES, PIXELS)},
        {"deltas", nt_model_tensor(NT_DTYPE_F32, tables->deltas, 3, CASCADES, PIXELS, 2)},
    };
    return nt_model_write(output, "landmarks", tensors, G_N_ELEMENTS(tensors), sha256, origin, error);
}

gboolean nt_import_landmarks(const char *path, const NtImportOrigin *origin, const char *output, GError **error)
{
    g_autoptr(GMappedFile) file = nt_model_map_source(path, error);
    if (!file)
        return FALSE;
    NtDlibStream stream =
        nt_dlib_stream((const guint8 *)g_mapped_file_get_contents(file), g_mapped_file_get_length(file));
    if (g_mapped_file_get_length(file) < MIN_BYTES) {
        g_set_error(error, NT_IMPORT_ERROR, NT_IMPORT_ERROR_FORMAT,
                    "%s is no 68-point landmark model: it is far too short (%" G_GSIZE_FORMAT " bytes)", path,
                    g_mapped_file_get_length(file));
        return FALSE;
    }
    const gsize trees = (gsize)CASCADES * TREES;
    g_autofree guint16 *split_pixels = g_new(guint16, trees * SPLITS * 2);
    g_autofree float *thresholds = g_new(float, trees * SPLITS);
    g_autofree float *leaves = g_new(float, trees * LEAVES * COORDINATES);
    g_autofree guint16 *anchors = g_new(guint16, CASCADES * PIXELS);
    g_autofree float *deltas = g_new(float, CASCADES * PIXELS * 2);
    Tables tables = {.split_pixels = split_pixels, .thresholds = thresholds, .leaves = leaves, .anchors = anchors,
                     .deltas = deltas};
    read_all(&stream, &tables);
    if (stream.problem) {
        g_set_error(error, NT_IMPORT_ERROR, NT_IMPORT_ERROR_FORMAT, "%s is no 68-point landmark model: %s", path,
                    stream.problem);
        nt_dlib_stream_clear(&stream);
        return FALSE;
    }
    g_autofree char *sha256 = nt_model_sha256(file);
    return write_tables(&tables, sha256, origin, output, error);
}
