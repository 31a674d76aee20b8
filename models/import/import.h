/* Nametag - turns the files that models are published in into the safetensors files that the program maps.
 *
 * Sources are not trusted: every count is checked against the bytes that are left before anything is allocated, every
 * index and dimension before it is used. A file that fails a check is refused with a sentence that says where.
 */
#ifndef NT_IMPORT_H
#define NT_IMPORT_H

#include <glib.h>

#define NT_IMPORT_ERROR (nt_import_error_quark())
GQuark nt_import_error_quark(void);
typedef enum NtImportError {
    NT_IMPORT_ERROR_READ,   /* cannot be read */
    NT_IMPORT_ERROR_FORMAT, /* damaged, cut, or another kind of file */
    NT_IMPORT_ERROR_WRITE,
} NtImportError;

typedef enum NtImportKind { NT_IMPORT_UNKNOWN, NT_IMPORT_LANDMARKS, NT_IMPORT_RESNET } NtImportKind;

/* What is recorded in the model file beside what the importer itself knows. */
typedef struct NtImportOrigin {
    const char *source;  /* package and version, or the file's name */
    const char *licence; /* SPDX expression, or words */
} NtImportOrigin;

/* What extract_hog wrote -> hog-face.safetensors. source_sha256: of the header the filters are from. */
gboolean nt_import_hog(const char *path, const char *source_sha256, const NtImportOrigin *origin, const char *output,
                       GError **error);
/* dlib's shape_predictor_68_face_landmarks.dat -> landmarks-68.safetensors. */
gboolean nt_import_landmarks(const char *path, const NtImportOrigin *origin, const char *output, GError **error);
/* face-api's weights manifest (JSON) and its .bin -> face-resnet.safetensors, 8-bit tensors kept as they are. */
gboolean nt_import_face_api(const char *manifest, const char *weights, const NtImportOrigin *origin, const char *output,
                            GError **error);
/* dlib's dlib_face_recognition_resnet_model_v1.dat -> face-resnet.safetensors, in full float precision. */
gboolean nt_import_resnet(const char *path, const NtImportOrigin *origin, const char *output, GError **error);

/* Which of dlib's two files this is, by its first bytes. */
NtImportKind nt_import_probe(const char *path);

#endif
