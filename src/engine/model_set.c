#include "engine/model_set.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "base/safetensors.h"
#include "base/cpu.h"
#include "engine/core_error.h"
#include "engine/places.h"

G_DEFINE_QUARK(nt-model-error-quark, nt_model_error)

struct NtModelSet {
    gint ref_count;
    NtDetector *detector;
    NtLandmarker *landmarker;
    NtEmbedder *embedder;
    char *fingerprint;
};

void nt_error_to_gerror(const NtError *from, GError **to)
{
    g_set_error_literal(to, NT_MODEL_ERROR, (int)from->status,
                        from->message[0] ? from->message : nt_status_message(from->status));
}

const char *nt_model_file_name(NtModelRole role)
{
    static const char *const names[NT_N_MODELS] = {
        [NT_MODEL_DETECTOR] = "hog-face.safetensors",
        [NT_MODEL_LANDMARKS] = "landmarks-68.safetensors",
        [NT_MODEL_EMBEDDER] = "face-resnet.safetensors",
    };
    return names[role];
}

char *nt_model_user_dir(void)
{
    return g_build_filename(g_get_user_data_dir(), "nametag", "models", NULL);
}

char *nt_model_find(NtModelRole role, GError **error)
{
    g_autofree char *user_dir = nt_model_user_dir();
    const char *build = nt_places_build_dir();
    g_autofree char *build_dir = build ? g_build_filename(build, "models", NULL) : NULL;
    g_autofree char *installed_dir = g_build_filename(nt_places_data_dir(), "nametag", "models", NULL);
    const char *const dirs[] = {g_getenv("NAMETAG_MODELS"), user_dir, build_dir, installed_dir};
    g_autoptr(GString) tried = g_string_new(NULL);

    for (guint i = 0; i < G_N_ELEMENTS(dirs); i++) {
        if (!dirs[i] || !*dirs[i])
            continue;
        char *path = g_build_filename(dirs[i], nt_model_file_name(role), NULL);
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
            return path;
        g_free(path);
        g_string_append_printf(tried, "%s%s", tried->len ? ", " : "", dirs[i]);
    }
    g_set_error(
        error, NT_MODEL_ERROR, NT_ERR_IO,
        _("the model %s is missing (looked in %s); install Nametag's models, or set NAMETAG_MODELS to the folder that has "
          "them"),
        nt_model_file_name(role), tried->str);
    return NULL;
}

/* Embeddings depend on the network, and a little on the landmarks that place the chip: both sources are in the
 * fingerprint. The importer records each source's SHA-256, so no large file is hashed at start. */
static char *read_fingerprint(const char *embedder_path, const char *landmarks_path, NtError *error)
{
    const char *const paths[] = {embedder_path, landmarks_path};
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        NtTensorFile *file = NULL;
        if (nt_tensor_file_open(paths[i], &file, error) != NT_OK)
            return NULL;
        const char *source = nt_tensor_file_metadata(file, "source_sha256");
        if (!source)
            nt_error_set(error, NT_ERR_FORMAT,
                         _("%s does not say which file it was made from (source_sha256); import "
                           "the model again"),
                         paths[i]);
        else
            g_checksum_update(sum, (const guchar *)source, (gssize)strlen(source) + 1);
        gboolean found = source != NULL;
        nt_tensor_file_close(file);
        if (!found)
            return NULL;
    }
    return g_strndup(g_checksum_get_string(sum), 16);
}

static char *locate(const char *dir, NtModelRole role, GError **error)
{
    if (!dir)
        return nt_model_find(role, error);
    char *path = g_build_filename(dir, nt_model_file_name(role), NULL);
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return path;
    g_free(path);
    g_set_error(error, NT_MODEL_ERROR, NT_ERR_IO, _("the model %s is not in %s; name the folder that has it"),
                nt_model_file_name(role), dir);
    return NULL;
}

NtModelSet *nt_model_set_load(NtPrecision precision, GError **error) { return nt_model_set_load_from(NULL, precision, error); }

NtModelSet *nt_model_set_load_from(const char *dir, NtPrecision precision, GError **error)
{
    g_autoptr(NtModelSet) models = g_new0(NtModelSet, 1);
    models->ref_count = 1;
    g_autofree char *detector = locate(dir, NT_MODEL_DETECTOR, error);
    g_autofree char *landmarks = detector ? locate(dir, NT_MODEL_LANDMARKS, error) : NULL;
    g_autofree char *embedder = landmarks ? locate(dir, NT_MODEL_EMBEDDER, error) : NULL;
    if (!embedder)
        return NULL;

    if (!nt_cpu_vnni())
        precision = NT_PRECISION_FLOAT;
    NtError core = {NT_OK, ""};
    if (nt_detector_load(detector, &models->detector, &core) != NT_OK ||
        nt_landmarker_load(landmarks, &models->landmarker, &core) != NT_OK ||
        nt_embedder_load(embedder, precision, &models->embedder, &core) != NT_OK ||
        !(models->fingerprint = read_fingerprint(embedder, landmarks, &core))) {
        nt_error_to_gerror(&core, error);
        return NULL;
    }
    return g_steal_pointer(&models);
}

NtModelSet *nt_model_set_ref(NtModelSet *models)
{
    g_atomic_int_inc(&models->ref_count);
    return models;
}

void nt_model_set_unref(NtModelSet *models)
{
    if (!models || !g_atomic_int_dec_and_test(&models->ref_count))
        return;
    nt_detector_free(models->detector);
    nt_landmarker_free(models->landmarker);
    nt_embedder_free(models->embedder);
    g_free(models->fingerprint);
    g_free(models);
}

void nt_model_set_prepare_for_clips(NtModelSet *models) { nt_landmarker_prepare(models->landmarker); }

const NtDetector *nt_model_set_detector(const NtModelSet *models) { return models->detector; }
const NtLandmarker *nt_model_set_landmarker(const NtModelSet *models) { return models->landmarker; }
const NtEmbedder *nt_model_set_embedder(const NtModelSet *models) { return models->embedder; }
const char *nt_model_set_fingerprint(const NtModelSet *models) { return models->fingerprint; }
