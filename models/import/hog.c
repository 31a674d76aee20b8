/* What extract_hog wrote, as a model file. */
#include <string.h>

#include "import/import.h"
#include "import/model_writer.h"

#define PARTS 5
#define PLANES 31
#define SIDE 10
#define MAX_TERMS 1000
#define WEIGHTS (PLANES * SIDE * SIDE)

typedef struct Cursor {
    const char *at, *end;
    gboolean cut;
} Cursor;

static void take(Cursor *cursor, void *out, gsize size)
{
    if (cursor->cut || (gsize)(cursor->end - cursor->at) < size) {
        cursor->cut = TRUE;
        memset(out, 0, size);
        return;
    }
    memcpy(out, cursor->at, size);
    cursor->at += size;
}

static guint32 take_u32(Cursor *cursor)
{
    guint32 value;
    take(cursor, &value, sizeof value);
    return GUINT32_FROM_LE(value);
}

gboolean nt_import_hog(const char *path, const char *source_sha256, const NtImportOrigin *origin, const char *output,
                       GError **error)
{
    g_autoptr(GMappedFile) file = nt_model_map_source(path, error);
    if (!file)
        return FALSE;
    Cursor cursor = {g_mapped_file_get_contents(file), NULL, FALSE};
    cursor.end = cursor.at + g_mapped_file_get_length(file);

    char magic[4];
    guint32 shape[4];
    double overlap[2], thresholds[PARTS];
    g_autofree float *weights = g_new(float, PARTS * WEIGHTS);
    take(&cursor, magic, sizeof magic);
    for (guint i = 0; i < G_N_ELEMENTS(shape); i++)
        shape[i] = take_u32(&cursor);
    take(&cursor, overlap, sizeof overlap);
    const guint32 wanted[] = {PARTS, PLANES, SIDE, SIDE};
    gboolean good = memcmp(magic, "HOGF", 4) == 0 && memcmp(shape, wanted, sizeof wanted) == 0;
    for (guint i = 0; good && i < PARTS; i++) {
        take(&cursor, &thresholds[i], sizeof thresholds[i]);
        take(&cursor, weights + (gsize)i * WEIGHTS, WEIGHTS * sizeof(float));
    }
    const guint32 n = good ? take_u32(&cursor) : 0;
    good = good && n >= 1 && n <= MAX_TERMS;
    gint32 part[MAX_TERMS], plane[MAX_TERMS];
    g_autofree float *columns = g_new0(float, MAX_TERMS * SIDE), *rows = g_new0(float, MAX_TERMS * SIDE);
    for (guint i = 0; good && i < n; i++) {
        part[i] = (gint32)take_u32(&cursor);
        plane[i] = (gint32)take_u32(&cursor);
        take(&cursor, columns + (gsize)i * SIDE, SIDE * sizeof(float));
        take(&cursor, rows + (gsize)i * SIDE, SIDE * sizeof(float));
    }
    if (!good || cursor.cut || cursor.at != cursor.end) {
        g_set_error(error, NT_IMPORT_ERROR, NT_IMPORT_ERROR_FORMAT, "%s is not what extract-hog writes", path);
        return FALSE;
    }
    const NtTensorEntry tensors[] = {
        {"weights", nt_model_tensor(NT_DTYPE_F32, weights, 4, PARTS, PLANES, SIDE, SIDE)},
        {"thresholds", nt_model_tensor(NT_DTYPE_F64, thresholds, 1, PARTS)},
        {"overlap", nt_model_tensor(NT_DTYPE_F64, overlap, 1, 2)},
        {"separable.detector", nt_model_tensor(NT_DTYPE_I32, part, 1, (int)n)},
        {"separable.plane", nt_model_tensor(NT_DTYPE_I32, plane, 1, (int)n)},
        {"separable.columns", nt_model_tensor(NT_DTYPE_F32, columns, 2, (int)n, SIDE)},
        {"separable.rows", nt_model_tensor(NT_DTYPE_F32, rows, 2, (int)n, SIDE)},
    };
    return nt_model_write(output, "detector", tensors, G_N_ELEMENTS(tensors), source_sha256, origin, error);
}
