/* Nametag - a digest of a model's tensors: tells whether a model file is still what the importer wrote.
 */
#ifndef NT_MODEL_DIGEST_H
#define NT_MODEL_DIGEST_H

#include <glib.h>

#include "base/safetensors.h"

/* SHA-256 in hexadecimal over names, types, shapes and values, in the order of the names; free with g_free. */
char *nt_model_digest(const NtTensorEntry *tensors, gsize n_tensors);
/* The same of an open file. */
char *nt_model_digest_file(const NtTensorFile *file);

#endif
