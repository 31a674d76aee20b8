#include "identity/recognizer.h"

#include <glib/gstdio.h>

#define POLL_US (G_USEC_PER_SEC / 4)

/* Which file a path leads to: it may be replaced by another, as when a copy is restored. */
typedef struct FileIdentity {
    guint64 device, number;
} FileIdentity;

struct NtRecognizer {
    gint ref_count;
    NtClassifierOptions classifier_options;
    char *path, *fingerprint;
    NtVaultKeys keys; /* for another file at the same path */
    GThread *thread;  /* NULL: nobody follows */

    GMutex work;        /* of what follows: one at a time looks at the file */
    NtGallery *gallery; /* NULL: it is still waited for */
    FileIdentity file;
    gint64 version; /* of the file that the classifier was made of */
    char *stamp;    /* likewise, of its content (nt_gallery_content_stamp) */

    GMutex lock; /* of what follows */
    GCond stop;
    gboolean stopping;
    NtClassifier *classifier;
    char *trouble;
};

static FileIdentity identify_file(const char *path)
{
    GStatBuf status;
    return g_stat(path, &status) == 0 ? (FileIdentity){status.st_dev, status.st_ino} : (FileIdentity){0, 0};
}

static gboolean is_same_file(FileIdentity a, FileIdentity b)
{
    return a.device == b.device && a.number == b.number;
}

/* A classifier of what the file holds now; *version and *stamp are then what it was made of. */
static NtClassifier *read_gallery(NtGallery *gallery, const NtClassifierOptions *options, const NtClassifier *previous,
                                  gint64 *version, char **stamp, GError **error)
{
    /* Asked for first: what changes while the file is read is seen the next time. */
    const gint64 before = nt_gallery_data_version(gallery);
    g_autofree char *content = nt_gallery_content_stamp(gallery, NULL);
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(gallery, error);
    NtClassifier *classifier = snapshot ? nt_classifier_new(snapshot, options, previous, error) : NULL;
    if (classifier) {
        *version = before;
        g_free(*stamp);
        *stamp = g_steal_pointer(&content);
    }
    return classifier;
}

static void swap(NtRecognizer *recognizer, NtClassifier *classifier, const GError *error)
{
    g_mutex_lock(&recognizer->lock);
    NtClassifier *before = classifier ? recognizer->classifier : NULL;
    if (classifier)
        recognizer->classifier = classifier;
    g_free(recognizer->trouble);
    recognizer->trouble = error ? g_strdup(error->message) : NULL;
    g_mutex_unlock(&recognizer->lock);
    nt_classifier_unref(before);
}

/* The gallery that is at the path now. Nobody is asked for a pass phrase from this thread. */
static NtGallery *open_again(NtRecognizer *recognizer, GError **error)
{
    const NtVaultKeys keys = {.use_service = recognizer->keys.use_service};
    const NtGalleryOptions options = {NT_GALLERY_READ, recognizer->fingerprint, &keys};
    return nt_gallery_open(recognizer->path, &options, error);
}

/* The file has another version: what the classifier is made of may still be the same. */
static gboolean is_as_before(NtRecognizer *recognizer)
{
    const gint64 version = nt_gallery_data_version(recognizer->gallery);
    g_autofree char *stamp = nt_gallery_content_stamp(recognizer->gallery, NULL);
    const gboolean same = stamp && g_strcmp0(stamp, recognizer->stamp) == 0;
    if (same)
        recognizer->version = version;
    return same;
}

/* Another file at the path, or the same file that can't be read any more, is opened anew. */
static void follow_file(NtRecognizer *recognizer)
{
    g_autoptr(GError) error = NULL;
    NtClassifier *classifier = NULL;
    const FileIdentity file = identify_file(recognizer->path);
    const gboolean replaced = !is_same_file(file, recognizer->file);
    if (!replaced && (!recognizer->gallery || nt_gallery_data_version(recognizer->gallery) == recognizer->version)) {
        swap(recognizer, NULL, NULL);
        return;
    }
    if (!replaced && is_as_before(recognizer)) {
        swap(recognizer, NULL, NULL);
        return;
    }
    if (!replaced)
        classifier = read_gallery(recognizer->gallery, &recognizer->classifier_options, recognizer->classifier,
                                  &recognizer->version, &recognizer->stamp, &error);
    if (!classifier) {
        GError *reason = NULL;
        gint64 version;
        NtGallery *gallery = open_again(recognizer, &reason);
        if (gallery)
            classifier = read_gallery(gallery, &recognizer->classifier_options, recognizer->classifier, &version,
                                      &recognizer->stamp, &reason);
        if (classifier) {
            nt_gallery_close(recognizer->gallery);
            recognizer->gallery = gallery;
            recognizer->file = file;
            recognizer->version = version;
            g_clear_error(&error);
        } else {
            nt_gallery_close(gallery);
            g_clear_error(&error);
            error = reason;
        }
    }
    swap(recognizer, classifier, error);
}

void nt_recognizer_refresh(NtRecognizer *recognizer)
{
    g_mutex_lock(&recognizer->work);
    follow_file(recognizer);
    g_mutex_unlock(&recognizer->work);
}

static gpointer follow(gpointer data)
{
    NtRecognizer *recognizer = data;
    g_mutex_lock(&recognizer->lock);
    while (!recognizer->stopping) {
        if (g_cond_wait_until(&recognizer->stop, &recognizer->lock, g_get_monotonic_time() + POLL_US))
            continue; /* told to stop, or woken for nothing */
        g_mutex_unlock(&recognizer->lock);
        nt_recognizer_refresh(recognizer);
        g_mutex_lock(&recognizer->lock);
    }
    g_mutex_unlock(&recognizer->lock);
    return NULL;
}

static NtRecognizer *make(const char *gallery_path, const NtGalleryOptions *options,
                          const NtClassifierOptions *classifier_options)
{
    NtRecognizer *recognizer = g_new0(NtRecognizer, 1);
    recognizer->ref_count = 1;
    g_mutex_init(&recognizer->work);
    g_mutex_init(&recognizer->lock);
    g_cond_init(&recognizer->stop);
    recognizer->path = g_strdup(gallery_path);
    recognizer->fingerprint = g_strdup(options->model_fingerprint);
    recognizer->classifier_options = *classifier_options;
    if (options->keys)
        recognizer->keys = *options->keys;
    else
        recognizer->keys.use_service = TRUE;
    recognizer->file = identify_file(gallery_path);
    return recognizer;
}

NtRecognizer *nt_recognizer_new(const char *gallery_path, const NtGalleryOptions *options,
                                const NtClassifierOptions *classifier_options, gboolean follow_changes, GError **error)
{
    NtGalleryOptions reading = *options;
    reading.mode = NT_GALLERY_READ;
    g_autoptr(NtRecognizer) recognizer = make(gallery_path, options, classifier_options);
    recognizer->gallery = nt_gallery_open(gallery_path, &reading, error);
    if (recognizer->gallery)
        recognizer->classifier = read_gallery(recognizer->gallery, classifier_options, NULL, &recognizer->version,
                                              &recognizer->stamp, error);
    if (!recognizer->classifier)
        return NULL;
    if (follow_changes)
        recognizer->thread = g_thread_new("recognizer", follow, recognizer);
    return g_steal_pointer(&recognizer);
}

NtRecognizer *nt_recognizer_wait_for(const char *gallery_path, const NtGalleryOptions *options,
                                     const NtClassifierOptions *classifier_options, GError **error)
{
    if (g_file_test(gallery_path, G_FILE_TEST_EXISTS))
        return nt_recognizer_new(gallery_path, options, classifier_options, TRUE, error);
    char *nobody = NULL;
    const NtGallerySnapshot empty = {.names = &nobody};
    g_autoptr(NtRecognizer) recognizer = make(gallery_path, options, classifier_options);
    recognizer->file = (FileIdentity){0, 0}; /* made meanwhile or not: the thread sees that it is another */
    if (!(recognizer->classifier = nt_classifier_new(&empty, classifier_options, NULL, error)))
        return NULL;
    recognizer->thread = g_thread_new("recognizer", follow, recognizer);
    return g_steal_pointer(&recognizer);
}

NtRecognizer *nt_recognizer_ref(NtRecognizer *recognizer)
{
    if (recognizer)
        g_atomic_int_inc(&recognizer->ref_count);
    return recognizer;
}

void nt_recognizer_unref(NtRecognizer *recognizer)
{
    if (!recognizer || !g_atomic_int_dec_and_test(&recognizer->ref_count))
        return;
    if (recognizer->thread) {
        g_mutex_lock(&recognizer->lock);
        recognizer->stopping = TRUE;
        g_cond_signal(&recognizer->stop);
        g_mutex_unlock(&recognizer->lock);
        g_thread_join(recognizer->thread);
    }
    nt_gallery_close(recognizer->gallery);
    nt_classifier_unref(recognizer->classifier);
    g_mutex_clear(&recognizer->work);
    g_mutex_clear(&recognizer->lock);
    g_cond_clear(&recognizer->stop);
    g_free(recognizer->stamp);
    g_free(recognizer->path);
    g_free(recognizer->fingerprint);
    g_free(recognizer->trouble);
    g_free(recognizer);
}

void nt_recognizer_free(NtRecognizer *recognizer)
{
    nt_recognizer_unref(recognizer);
}

NtClassifier *nt_recognizer_get(NtRecognizer *recognizer)
{
    g_mutex_lock(&recognizer->lock);
    NtClassifier *classifier = nt_classifier_ref(recognizer->classifier);
    g_mutex_unlock(&recognizer->lock);
    return classifier;
}

char *nt_recognizer_trouble(NtRecognizer *recognizer)
{
    g_mutex_lock(&recognizer->lock);
    char *trouble = g_strdup(recognizer->trouble);
    g_mutex_unlock(&recognizer->lock);
    return trouble;
}
