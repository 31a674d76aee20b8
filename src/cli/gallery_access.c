#include "cli/gallery_access.h"

#include <gio/gio.h>

#include "cli/command.h"
#include "cli/keys.h"
#include "cli/progress.h"
#include "engine/core_error.h"

typedef struct Reembedding {
    const NtEmbedder *embedder;
    NtEmbedWorkspace *workspace;
    NtProgress *progress;
    guint n;
} Reembedding;

static gboolean embed_again(const guint8 chip[NT_CHIP_BYTES], float embedding[NT_EMBEDDING_SIZE], gpointer user,
                            GError **error)
{
    Reembedding *work = user;
    if (nt_command_interrupted()) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted; the gallery is as it was");
        return FALSE;
    }
    const NtError failure = {nt_embed(work->embedder, work->workspace, chip, 1, embedding), "a picture cannot be embedded"};
    if (failure.status != NT_OK) {
        nt_error_to_gerror(&failure, error);
        return FALSE;
    }
    nt_progress_update(work->progress, ++work->n, -1);
    return TRUE;
}

/* As one transaction. In floats, whatever the command itself embeds with: what is kept should be exact. */
static gboolean reembed(NtGallery *gallery, const char *fingerprint, gboolean quiet, GError **error)
{
    g_autoptr(NtModelSet) models = nt_model_set_load(NT_PRECISION_FLOAT, error);
    if (!models)
        return FALSE;
    guint lost = 0;
    nt_command_warning("%s was made with another model; its pictures are embedded again with this one",
                       nt_gallery_path(gallery));
    g_autoptr(NtProgress) progress = nt_progress_new("embedding again", "pictures", quiet);
    Reembedding work = {nt_model_set_embedder(models), nt_embed_workspace_new(nt_model_set_embedder(models)), progress, 0};
    if (!work.workspace)
        g_error("not enough memory to embed a picture");
    const gboolean done = nt_gallery_reembed(gallery, fingerprint, embed_again, &work, &lost, error);
    nt_embed_workspace_free(work.workspace);
    if (!done)
        return FALSE;
    nt_progress_finish(progress);
    if (lost > 0)
        nt_command_warning("%u picture%s kept no image to embed again and %s gone from %s; enrol the people again from their "
                           "files", lost, lost == 1 ? "" : "s", lost == 1 ? "is" : "are", nt_gallery_path(gallery));
    return TRUE;
}

static NtGallery *open_with_model(const char *path, NtGalleryMode mode, NtModelSet *models, gboolean quiet, GError **error)
{
    GError *reason = NULL;
    NtGalleryOptions options = {.mode = mode,
                                .model_fingerprint = models ? nt_model_set_fingerprint(models) : NULL,
                                .keys = nt_command_keys()};
    NtGallery *opened = nt_gallery_open(path, &options, &reason);
    if (opened || !g_error_matches(reason, NT_GALLERY_ERROR, NT_GALLERY_ERROR_MODEL)) {
        if (reason)
            g_propagate_error(error, reason);
        return opened;
    }
    options = (NtGalleryOptions){.mode = NT_GALLERY_WRITE, .keys = nt_command_keys()};
    g_autoptr(GError) unwritable = NULL;
    g_autoptr(NtGallery) gallery = nt_gallery_open(path, &options, &unwritable);
    if (!gallery) { /* the first reason is the better one: the model is another, and it cannot be mended here */
        g_set_error(error, reason->domain, reason->code, "%s. It cannot be written now: %s", reason->message, unwritable->message);
        g_clear_error(&reason);
        return NULL;
    }
    g_clear_error(&reason);
    if (!reembed(gallery, nt_model_set_fingerprint(models), quiet, error))
        return NULL;
    g_clear_pointer(&gallery, nt_gallery_close);
    options = (NtGalleryOptions){
        .mode = mode, .model_fingerprint = nt_model_set_fingerprint(models), .keys = nt_command_keys()};
    return nt_gallery_open(path, &options, error);
}

NtGallery *nt_command_open_gallery(const char *path, NtGalleryMode mode, NtModelSet *models, gboolean quiet, GError **error)
{
    g_autofree char *backup = g_strconcat(path, NT_GALLERY_BACKUP_ENDING, NULL);
    const gboolean before = g_file_test(backup, G_FILE_TEST_EXISTS);
    NtGallery *gallery = open_with_model(path, mode, models, quiet, error);
    if (gallery && !before && g_file_test(backup, G_FILE_TEST_EXISTS))
        nt_command_warning("%s was made by an older Nametag and is brought up to date; %s is the file as it was, names and "
                           "faces included: delete it when all is well",
                           path, backup);
    return gallery;
}
