#include "import/model_writer.h"

#include <stdarg.h>
#include <string.h>

#include "import/model_digest.h"

#define IMPORTER_VERSION "1"

G_DEFINE_QUARK(nt-import-error-quark, nt_import_error)

GMappedFile *nt_model_map_source(const char *path, GError **error)
{
    g_autoptr(GError) reason = NULL;
    GMappedFile *file = g_mapped_file_new(path, FALSE, &reason);
    if (!file)
        g_set_error(error, NT_IMPORT_ERROR, NT_IMPORT_ERROR_READ, "cannot read %s: %s", path, reason->message);
    return file;
}

char *nt_model_sha256(GMappedFile *file)
{
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)g_mapped_file_get_contents(file),
                                       g_mapped_file_get_length(file));
}

NtTensorView nt_model_tensor(NtDtype dtype, const void *data, int rank, ...)
{
    NtTensorView view = {.dtype = dtype, .rank = rank, .data = data, .size = nt_dtype_size(dtype)};
    va_list dimensions;
    va_start(dimensions, rank);
    for (int i = 0; i < rank; i++) {
        view.shape[i] = va_arg(dimensions, int);
        view.size *= (size_t)view.shape[i];
    }
    va_end(dimensions);
    return view;
}

gboolean nt_model_write(const char *output, const char *role, const NtTensorEntry *tensors, gsize n_tensors,
                        const char *source_sha256, const NtImportOrigin *origin, GError **error)
{
    g_autofree char *digest = nt_model_digest(tensors, n_tensors);
    const NtMetadataEntry metadata[] = {
        {"role", role},
        {"source", origin->source},
        {"source_sha256", source_sha256},
        {"licence", origin->licence},
        {"importer", IMPORTER_VERSION},
        {"tensors_sha256", digest},
    };
    NtError core = {NT_OK, ""};
    if (nt_tensor_file_write(output, tensors, n_tensors, metadata, G_N_ELEMENTS(metadata), &core) == NT_OK)
        return TRUE;
    g_set_error_literal(error, NT_IMPORT_ERROR, NT_IMPORT_ERROR_WRITE, core.message);
    return FALSE;
}
