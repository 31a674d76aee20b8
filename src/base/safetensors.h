/* Nametag - reading and writing model files in the safetensors format.
 *
 * The format (Hugging Face, 2022): 8 bytes little-endian length N of the header, N bytes of JSON that map each
 * tensor's name to {"dtype", "shape", "data_offsets": [begin, end)}, plus an optional "__metadata__" object of
 * strings, then the raw little-endian tensors. The file is mapped read-only: opening costs no copy, and pages are
 * read when first touched.
 *
 * Everything in the header is checked before use: the header's length against the file's, every dtype, rank,
 * dimension and product (with overflow), every offset, overlaps and gaps, and that each tensor has exactly the
 * bytes its shape needs and starts at a multiple of its element size (the writer pads the header so that the
 * data begin at a multiple of 64). A file that fails a check is refused with NT_ERR_FORMAT; no byte of it is used.
 */
#ifndef NT_SAFETENSORS_H
#define NT_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define NT_TENSOR_MAX_RANK 8

typedef enum NtDtype { NT_DTYPE_U8, NT_DTYPE_I8, NT_DTYPE_U16, NT_DTYPE_I32, NT_DTYPE_F32, NT_DTYPE_F64 } NtDtype;

/* One tensor: dense, row-major. data points into the mapping and lives as long as the file is open. */
typedef struct NtTensorView {
    NtDtype dtype;
    int rank;
    int64_t shape[NT_TENSOR_MAX_RANK];
    const void *data;
    size_t size; /* bytes */
} NtTensorView;

typedef struct NtTensorFile NtTensorFile;

/* Maps and checks a file. On success *out must be closed. Safe to read from several threads. */
NtStatus nt_tensor_file_open(const char *path, NtTensorFile **out, NtError *error);
void nt_tensor_file_close(NtTensorFile *file); /* NULL is allowed */

/* The value of a "__metadata__" key, or NULL. Owned by the file. */
const char *nt_tensor_file_metadata(const NtTensorFile *file, const char *key);

/* The tensors, sorted by name: how many, and the name of one (owned by the file). */
size_t nt_tensor_file_count(const NtTensorFile *file);
const char *nt_tensor_file_name(const NtTensorFile *file, size_t index);

/* 1 when the file has a tensor of that name. */
int nt_tensor_file_has(const NtTensorFile *file, const char *name);

/* Looks a tensor up and demands its dtype, rank and shape; a shape entry of -1 accepts any dimension >= 1.
 * NT_ERR_FORMAT, with a message that names file, tensor and difference, when it is missing or different. */
NtStatus nt_tensor_file_get(const NtTensorFile *file, const char *name, NtDtype dtype, int rank,
                            const int64_t *shape, NtTensorView *out, NtError *error);

/* Same without demands on dtype and shape. */
NtStatus nt_tensor_file_find(const NtTensorFile *file, const char *name, NtTensorView *out, NtError *error);

typedef struct NtTensorEntry {
    const char *name;
    NtTensorView view;
} NtTensorEntry;

typedef struct NtMetadataEntry {
    const char *key;
    const char *value;
} NtMetadataEntry;

/* Writes a whole file: to a temporary name beside path, synced, then renamed, so that a crash or Ctrl+C leaves the
 * old file or the new one, never half of one. Same input, same bytes. */
NtStatus nt_tensor_file_write(const char *path, const NtTensorEntry *tensors, size_t n_tensors,
                              const NtMetadataEntry *metadata, size_t n_metadata, NtError *error);

size_t nt_dtype_size(NtDtype dtype);
const char *nt_dtype_name(NtDtype dtype); /* "F32" */

#endif
