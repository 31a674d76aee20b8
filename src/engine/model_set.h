/* Nametag - where the trained models are, and the three loaded together.
 *
 * Looked for, the first that has the file wins: $NAMETAG_MODELS; the user's own imports
 * ($XDG_DATA_HOME/nametag/models); the models of the build this program runs from; the installed ones
 * (PREFIX/share/nametag/models).
 */
#ifndef NT_MODEL_SET_H
#define NT_MODEL_SET_H

#include <glib.h>

#include "nn/embedder.h"
#include "vision/detector.h"
#include "vision/landmarks.h"

typedef enum NtModelRole { NT_MODEL_DETECTOR, NT_MODEL_LANDMARKS, NT_MODEL_EMBEDDER, NT_N_MODELS } NtModelRole;

/* File name of a role's model: "hog-face.safetensors", "landmarks-68.safetensors", "face-resnet.safetensors". */
const char *nt_model_file_name(NtModelRole role);
/* Path of the file that will be used, or NULL with an error that lists where it was looked for. Free with g_free. */
char *nt_model_find(NtModelRole role, GError **error);
/* The folder of the user's own imports; free with g_free. */
char *nt_model_user_dir(void);

#define NT_MODEL_ERROR (nt_model_error_quark())
GQuark nt_model_error_quark(void); /* codes are NtStatus */

typedef struct NtModelSet NtModelSet; /* immutable, shared by threads, counted */
/* precision: of the embeddings; where 8 bits would be no faster than float (nt_cpu_vnni()), float is taken. */
NtModelSet *nt_model_set_load(NtPrecision precision, GError **error);
/* The same from one folder, and nowhere else; NULL: where they are looked for. */
NtModelSet *nt_model_set_load_from(const char *dir, NtPrecision precision, GError **error);
NtModelSet *nt_model_set_ref(NtModelSet *models);
void nt_model_set_unref(NtModelSet *models);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtModelSet, nt_model_set_unref)

/* For clips: see nt_landmarker_prepare. */
void nt_model_set_prepare_for_clips(NtModelSet *models);

const NtDetector *nt_model_set_detector(const NtModelSet *models);
const NtLandmarker *nt_model_set_landmarker(const NtModelSet *models);
const NtEmbedder *nt_model_set_embedder(const NtModelSet *models);
/* Tells embeddings of different models apart: a gallery keeps it. */
const char *nt_model_set_fingerprint(const NtModelSet *models);

#endif
