/* Nametag - what the importers share: reading a source, writing a model file with where it came from.
 */
#ifndef NT_MODEL_WRITER_H
#define NT_MODEL_WRITER_H

#include <glib.h>

#include "base/safetensors.h"
#include "import/import.h"

/* Maps a source read-only; the error names it. */
GMappedFile *nt_model_map_source(const char *path, GError **error);
/* Of a mapped source, in hexadecimal; free with g_free. */
char *nt_model_sha256(GMappedFile *file);

/* A view on rank dimensions of dense values; each dimension an int. */
NtTensorView nt_model_tensor(NtDtype dtype, const void *data, int rank, ...);

/* Writes the file with its metadata: role, source, source_sha256, licence, importer, and tensors_sha256, which tells
 * whether a file is still as the importer wrote it. */
gboolean nt_model_write(const char *output, const char *role, const NtTensorEntry *tensors, gsize n_tensors,
                        const char *source_sha256, const NtImportOrigin *origin, GError **error);

#endif
