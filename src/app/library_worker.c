#include "app/library_worker.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#include "app/library_words.h"
#include "engine/core_error.h"

/* How often the file is looked at for changes of others. */
#define LOOK_US (G_USEC_PER_SEC / 4)
/* How many pictures are embedded again between two words about it. */
#define WORDS_EVERY 10

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    g_free(text);
}

NtJob *nt_job_new(NtJobKind kind)
{
    NtJob *job = g_new0(NtJob, 1);
    job->kind = kind;
    return job;
}

void nt_job_free(NtJob *job)
{
    if (!job)
        return;
    wipe(job->name);
    g_free(job->other);
    g_free(job->source);
    g_clear_pointer(&job->pictures, g_ptr_array_unref);
    g_clear_pointer(&job->names, g_ptr_array_unref);
    g_clear_pointer(&job->ids, g_array_unref);
    nt_model_set_unref(job->models);
    g_free(job);
}

void nt_result_free(NtResult *result)
{
    if (!result)
        return;
    nt_library_view_unref(result->view);
    g_free(result->words);
    nt_job_free(result->job);
    g_clear_pointer(&result->faces, g_ptr_array_unref);
    g_clear_error(&result->error);
    g_free(result);
}

void nt_library_worker_post(NtLibraryWorker *worker, NtResult *result)
{
    result->generation = worker->generation;
    g_async_queue_push(worker->results, result);
    worker->notify(worker->user);
}

/* words: taken over. */
static void post_state(NtLibraryWorker *worker, NtLibraryState state, char *words)
{
    NtResult *result = g_new0(NtResult, 1);
    worker->state = state;
    result->has_state = TRUE;
    result->state = state;
    result->words = words;
    nt_library_worker_post(worker, result);
}

/* Keys. */

static char *ask(const char *what, guint attempt, gpointer user)
{
    const NtLibraryWorker *worker = user;
    (void)what;
    return attempt == 0 ? g_strdup(worker->passphrase) : NULL;
}

void nt_library_worker_keep_passphrase(NtLibraryWorker *worker, const char *passphrase)
{
    char *copy = g_strdup(passphrase);
    wipe(worker->passphrase);
    worker->passphrase = copy;
}

/* Opening. */

static void look_at_file(const char *path, guint64 file[2])
{
    GStatBuf status;
    const gboolean there = g_stat(path, &status) == 0;
    file[0] = there ? (guint64)status.st_dev : 0;
    file[1] = there ? (guint64)status.st_ino : 0;
}

static void close_gallery(NtLibraryWorker *worker)
{
    g_clear_pointer(&worker->recognizer, nt_recognizer_unref);
    g_clear_pointer(&worker->gallery, nt_gallery_close);
    g_clear_pointer(&worker->stamp, g_free);
    g_hash_table_remove_all(worker->people);
}

static NtGalleryOptions options_of(const NtLibraryWorker *worker, NtGalleryMode mode)
{
    return (NtGalleryOptions){mode, worker->models ? nt_model_set_fingerprint(worker->models) : NULL, &worker->keys};
}

typedef struct Reembedding {
    NtLibraryWorker *worker;
    const NtEmbedder *embedder;
    NtEmbedWorkspace *workspace;
    guint n;
} Reembedding;

static gboolean embed_again(const guint8 chip[NT_CHIP_BYTES], float embedding[NT_EMBEDDING_SIZE], gpointer user,
                            GError **error)
{
    Reembedding *work = user;
    if (g_atomic_int_get(&work->worker->stopping)) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped");
        return FALSE;
    }
    const NtError failure = {nt_embed(work->embedder, work->workspace, chip, 1, embedding),
                             "a picture cannot be embedded"};
    if (failure.status != NT_OK) {
        nt_error_to_gerror(&failure, error);
        return FALSE;
    }
    if (work->n++ % WORDS_EVERY == 0)
        post_state(work->worker, NT_LIBRARY_OPENING,
                   g_strdup_printf(ngettext("Adapting the gallery to the new model: %u picture done",
                                            "Adapting the gallery to the new model: %u pictures done", work->n),
                                   work->n));
    return TRUE;
}

/* As one transaction, and in floats whatever the window embeds with: what is kept should be exact. */
static gboolean reembed(NtLibraryWorker *worker, GError **error)
{
    const NtGalleryOptions options = {NT_GALLERY_WRITE, NULL, &worker->keys};
    g_autoptr(NtGallery) gallery = nt_gallery_open(worker->path, &options, NULL);
    if (!gallery) {
        g_set_error_literal(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_MODEL, "it cannot be written");
        return FALSE;
    }
    g_autoptr(NtModelSet) exact = nt_model_set_load(NT_PRECISION_FLOAT, error);
    if (!exact)
        return FALSE;
    Reembedding work = {worker, nt_model_set_embedder(exact), nt_embed_workspace_new(nt_model_set_embedder(exact)), 0};
    if (!work.workspace)
        g_error("not enough memory to embed a picture");
    const gboolean good =
        nt_gallery_reembed(gallery, nt_model_set_fingerprint(worker->models), embed_again, &work, NULL, error);
    nt_embed_workspace_free(work.workspace);
    return good;
}

/* For writing, where that cannot be for reading. */
static NtGallery *open_either_way(NtLibraryWorker *worker, GError **error)
{
    NtGalleryOptions options = options_of(worker, NT_GALLERY_WRITE);
    g_autoptr(GError) unwritable = NULL;
    NtGallery *gallery = nt_gallery_open(worker->path, &options, &unwritable);
    if (!gallery && (g_error_matches(unwritable, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE) ||
                     g_error_matches(unwritable, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN))) {
        options.mode = NT_GALLERY_READ;
        return nt_gallery_open(worker->path, &options, error);
    }
    if (!gallery)
        g_propagate_error(error, g_steal_pointer(&unwritable));
    return gallery;
}

static NtGallery *open_with_model(NtLibraryWorker *worker, GError **error)
{
    GError *reason = NULL;
    NtGallery *gallery = open_either_way(worker, &reason);
    if (!gallery && worker->models && g_error_matches(reason, NT_GALLERY_ERROR, NT_GALLERY_ERROR_MODEL)) {
        g_clear_error(&reason);
        if (reembed(worker, &reason))
            gallery = open_either_way(worker, &reason);
    }
    if (reason)
        g_propagate_error(error, reason);
    return gallery;
}

gboolean nt_library_worker_new_recognizer(NtLibraryWorker *worker, GError **error)
{
    const NtGalleryOptions options = options_of(worker, NT_GALLERY_READ);
    const NtClassifierOptions classifier_options = {.caution = worker->caution};
    NtRecognizer *recognizer = nt_recognizer_wait_for(worker->path, &options, &classifier_options, error);
    if (!recognizer)
        return FALSE;
    nt_recognizer_unref(worker->recognizer);
    worker->recognizer = recognizer;
    return TRUE;
}

gboolean nt_library_worker_need_gallery(NtLibraryWorker *worker, GError **error)
{
    if (worker->gallery && nt_gallery_is_writable(worker->gallery))
        return TRUE;
    if (worker->gallery) {
        g_set_error_literal(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE, "opened for reading only");
        return FALSE;
    }
    const NtGalleryOptions options = options_of(worker, NT_GALLERY_CREATE);
    worker->gallery = nt_gallery_open(worker->path, &options, error);
    look_at_file(worker->path, worker->file);
    return worker->gallery != NULL;
}

static void fail_to_open(NtLibraryWorker *worker, const GError *error)
{
    close_gallery(worker);
    if (!g_error_matches(error, NT_VAULT_ERROR, NT_VAULT_ERROR_KEY)) {
        post_state(worker, NT_LIBRARY_FAILED, nt_library_words_closed(error));
        return;
    }
    const gboolean tried = worker->passphrase != NULL;
    nt_library_worker_keep_passphrase(worker, NULL);
    post_state(worker, NT_LIBRARY_LOCKED,
               g_strdup(tried ? _("This pass phrase does not open the gallery. Try again.")
                              : _("The gallery is encrypted. Type its pass phrase to open it.")));
}

/* The file at the path, from the start; a missing one is waited for. */
static void open_gallery(NtLibraryWorker *worker)
{
    g_autoptr(GError) error = NULL;
    close_gallery(worker);
    look_at_file(worker->path, worker->file);
    const gboolean there = worker->file[1] != 0;
    if (there && !(worker->gallery = open_with_model(worker, &error)))
        fail_to_open(worker, error);
    else if (!nt_library_worker_new_recognizer(worker, &error))
        fail_to_open(worker, error);
    else if (!nt_library_worker_show(worker, TRUE, &error))
        fail_to_open(worker, error);
    else
        post_state(worker, NT_LIBRARY_OPEN, NULL);
}

/* Between jobs: what did others do? */
static void look(NtLibraryWorker *worker)
{
    guint64 file[2];
    if (worker->state != NT_LIBRARY_OPEN)
        return;
    look_at_file(worker->path, file);
    if (file[0] != worker->file[0] || file[1] != worker->file[1]) {
        open_gallery(worker);
        return;
    }
    if (!worker->gallery || nt_gallery_data_version(worker->gallery) == worker->version)
        return;
    nt_recognizer_refresh(worker->recognizer);
    if (!nt_library_worker_show(worker, FALSE, NULL))
        open_gallery(worker); /* encrypted by another program, say: why, opening tells */
}

/* Jobs. */

static void do_open(NtLibraryWorker *worker, NtJob *job)
{
    close_gallery(worker);
    nt_library_worker_keep_passphrase(worker, NULL);
    g_free(worker->path);
    nt_model_set_unref(worker->models);
    worker->path = g_steal_pointer(&job->name);
    worker->models = g_steal_pointer(&job->models);
    worker->caution = job->caution;
    worker->generation = job->generation;
    open_gallery(worker);
}

static void do_caution(NtLibraryWorker *worker, const NtJob *job)
{
    worker->caution = job->caution;
    if (worker->state == NT_LIBRARY_OPEN && nt_library_worker_new_recognizer(worker, NULL))
        nt_library_worker_show(worker, TRUE, NULL);
}

static void do_list_faces(NtLibraryWorker *worker, NtJob *job)
{
    NtResult *result = g_new0(NtResult, 1);
    g_autoptr(GError) error = NULL;
    if (worker->gallery)
        result->faces = nt_library_list_person_faces(worker, job->name, &error);
    else
        g_set_error_literal(&error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND, "no gallery");
    if (error) {
        g_autofree char *words = nt_library_words_failure(error, job->name);
        result->error = g_error_new_literal(error->domain, error->code, words);
    }
    result->job = job;
    nt_library_worker_post(worker, result);
}

static void do_note_seen(NtLibraryWorker *worker, const NtJob *job)
{
    if (worker->gallery && nt_gallery_is_writable(worker->gallery)) /* a note that is lost is no harm */
        nt_gallery_note_seen(worker->gallery, (const char *const *)job->names->pdata,
                             (const gint64 *)(const void *)job->ids->data, job->names->len, NULL);
}

/* FALSE: the last one. */
static gboolean do_job(NtLibraryWorker *worker, NtJob *job)
{
    switch (job->kind) {
    case NT_JOB_OPEN:
        do_open(worker, job);
        break;
    case NT_JOB_UNLOCK:
        if (worker->state == NT_LIBRARY_LOCKED) {
            nt_library_worker_keep_passphrase(worker, job->name);
            open_gallery(worker);
        }
        break;
    case NT_JOB_CAUTION:
        do_caution(worker, job);
        break;
    case NT_JOB_NOTE_SEEN:
        do_note_seen(worker, job);
        break;
    case NT_JOB_LIST_FACES:
        do_list_faces(worker, job);
        return TRUE;
    case NT_JOB_STOP:
        nt_job_free(job);
        return FALSE;
    default:
        nt_library_worker_change(worker, job);
        return TRUE;
    }
    nt_job_free(job);
    return TRUE;
}

static gpointer work(gpointer data)
{
    NtLibraryWorker *worker = data;
    for (gboolean go_on = TRUE; go_on;) {
        NtJob *job = g_async_queue_timeout_pop(worker->jobs, LOOK_US);
        if (job)
            go_on = do_job(worker, job);
        else
            look(worker);
    }
    close_gallery(worker);
    nt_library_worker_keep_passphrase(worker, NULL);
    return NULL;
}

NtLibraryWorker *nt_library_worker_new(void (*notify)(gpointer user), gpointer user)
{
    NtLibraryWorker *worker = g_new0(NtLibraryWorker, 1);
    worker->notify = notify;
    worker->user = user;
    worker->keys = (NtVaultKeys){.ask = ask, .user = worker, .use_service = TRUE};
    worker->jobs = g_async_queue_new_full((GDestroyNotify)nt_job_free);
    worker->results = g_async_queue_new_full((GDestroyNotify)nt_result_free);
    worker->people = nt_library_known_new();
    worker->thread = g_thread_new("library", work, worker);
    return worker;
}

void nt_library_worker_push(NtLibraryWorker *worker, NtJob *job)
{
    g_async_queue_push(worker->jobs, job);
}

void nt_library_worker_stop(NtLibraryWorker *worker)
{
    g_atomic_int_set(&worker->stopping, TRUE);
    nt_library_worker_push(worker, nt_job_new(NT_JOB_STOP));
    g_thread_join(g_steal_pointer(&worker->thread));
}

void nt_library_worker_free(NtLibraryWorker *worker)
{
    g_async_queue_unref(worker->jobs);
    g_async_queue_unref(worker->results);
    g_hash_table_unref(worker->people);
    g_free(worker->path);
    nt_model_set_unref(worker->models);
    g_free(worker);
}
