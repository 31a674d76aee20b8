#include <glib/gi18n.h>
#include <string.h>

#include "app/library_words.h"
#include "app/library_worker.h"
#include "app/time_line.h"
#include "identity/enrolment.h"
#include "media/location.h"

/* Enrolment. */

/* What the gate looks at, growing with what is taken. */
typedef struct Enrolled {
    GPtrArray *names;
    GArray *embeddings, *whose; /* float [128], guint */
    guint person;
} Enrolled;

static void enrolled_clear(Enrolled *enrolled)
{
    g_ptr_array_unref(enrolled->names);
    g_array_unref(enrolled->embeddings);
    g_array_unref(enrolled->whose);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Enrolled, enrolled_clear)

static void remember(Enrolled *enrolled, guint person, const float *embedding)
{
    g_array_append_vals(enrolled->embeddings, embedding, NT_EMBEDDING_SIZE);
    g_array_append_val(enrolled->whose, person);
}

/* Pictures set aside are not in the snapshot, but are enrolled all the same. */
static void remember_if_aside(const NtGalleryFace *face, gpointer user)
{
    Enrolled *enrolled = user;
    if (face->aside)
        remember(enrolled, enrolled->person, face->embedding);
}

static gboolean read_enrolled(NtGallery *gallery, const char *name, Enrolled *enrolled, GError **error)
{
    GError *reason = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(gallery, error);
    if (!snapshot)
        return FALSE;
    for (guint i = 0; i < snapshot->n_people; i++)
        g_ptr_array_add(enrolled->names, (gpointer)g_intern_string(snapshot->names[i]));
    for (guint i = 0; i < snapshot->n_faces; i++)
        remember(enrolled, snapshot->person[i], snapshot->embeddings + (gsize)i * NT_EMBEDDING_SIZE);
    if (!g_ptr_array_find(enrolled->names, g_intern_string(name), &enrolled->person)) {
        enrolled->person = enrolled->names->len;
        g_ptr_array_add(enrolled->names, (gpointer)g_intern_string(name));
    }
    if (!nt_gallery_visit_faces(gallery, name, FALSE, remember_if_aside, enrolled, &reason) &&
        !g_error_matches(reason, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND)) {
        g_propagate_error(error, reason);
        return FALSE;
    }
    g_clear_error(&reason);
    return TRUE;
}

static NtGateReason ask_gate(const Enrolled *enrolled, const NtFacePicture *picture)
{
    NtGateAnswer answer;
    const NtGallerySnapshot snapshot = {.n_people = enrolled->names->len,
                                        .names = (char **)enrolled->names->pdata,
                                        .n_faces = enrolled->whose->len,
                                        .embeddings = (float *)(void *)enrolled->embeddings->data,
                                        .person = (guint *)(void *)enrolled->whose->data};
    nt_gate_check(&snapshot, enrolled->names->pdata[enrolled->person], picture->embedding, &picture->quality, &answer);
    return answer.reason;
}

typedef struct Taken {
    const NtFacePicture *picture;
    gboolean forced;
} Taken;

/* Those that are good; when none is, the best of those that tell something new. */
static GArray *choose_pictures(const NtJob *job, Enrolled *enrolled)
{
    GArray *taken = g_array_new(FALSE, FALSE, sizeof(Taken));
    Taken best = {NULL, TRUE};
    for (guint i = 0; i < job->pictures->len; i++) {
        const NtFacePicture *picture = job->pictures->pdata[i];
        const NtGateReason reason = ask_gate(enrolled, picture);
        if (reason == NT_GATE_GOOD || (job->force && reason != NT_GATE_DUPLICATE)) {
            const Taken good = {picture, reason != NT_GATE_GOOD};
            g_array_append_val(taken, good);
            remember(enrolled, enrolled->person, picture->embedding);
        } else if (reason != NT_GATE_DUPLICATE &&
                   (!best.picture || nt_gate_score(&picture->quality) > nt_gate_score(&best.picture->quality))) {
            best.picture = picture;
        }
    }
    if (taken->len == 0 && best.picture)
        g_array_append_val(taken, best);
    return taken;
}

static NtGalleryFace face_of(const NtFacePicture *picture, const char *source)
{
    NtGalleryFace face = {.chip = picture->chip,
                          .source = source,
                          .pts_ns = picture->pts_ns,
                          .box = picture->box,
                          .score = picture->score,
                          .quality = picture->quality};
    memcpy(face.embedding, picture->embedding, sizeof face.embedding);
    return face;
}

static gboolean write_taken(NtGallery *gallery, const char *name, const GArray *taken, const char *source, GError **error)
{
    g_autoptr(GArray) faces = g_array_new(FALSE, FALSE, sizeof(NtGalleryFace));
    for (guint i = 0; i < taken->len; i++) {
        const Taken *one = &g_array_index(taken, Taken, i);
        NtGalleryFace face = face_of(one->picture, source);
        face.forced = one->forced;
        g_array_append_val(faces, face);
    }
    return nt_enrolment_write(gallery, name, (const NtGalleryFace *)(const void *)faces->data, faces->len, NULL, error);
}

/* All as one change. */
static gboolean commit_or_roll_back(NtGallery *gallery, gboolean good, GError **error)
{
    if (good)
        return nt_gallery_commit(gallery, error);
    nt_gallery_roll_back(gallery);
    return FALSE;
}

/* As the gallery has names: composed, without white space around. */
static char *normal_name(const char *name)
{
    char *normal = name ? g_utf8_normalize(name, -1, G_NORMALIZE_NFC) : NULL;
    return normal ? g_strstrip(normal) : g_strdup("");
}

static char *enroll(NtLibraryWorker *worker, NtJob *job, GError **error)
{
    NtGallery *gallery = worker->gallery;
    g_auto(Enrolled) enrolled = {g_ptr_array_new(), g_array_new(FALSE, FALSE, sizeof(float)),
                                 g_array_new(FALSE, FALSE, sizeof(guint)), 0};
    g_autofree char *name = normal_name(job->name), *source = nt_location_mask(job->source ? job->source : "");
    if (!read_enrolled(gallery, name, &enrolled, error))
        return NULL;
    g_autoptr(GArray) taken = choose_pictures(job, &enrolled);
    if (taken->len == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                    _("%s: such pictures are enrolled already. Another light, day or side adds more."), name);
        return NULL;
    }
    if (!write_taken(gallery, name, taken, source, error))
        return NULL;
    const NtChange change = {.kind = NT_CHANGE_ENROLL, .person = name, .count = taken->len};
    return nt_library_words_change(&change);
}

/* Answers. */

static char *reject(NtLibraryWorker *worker, NtJob *job, GError **error)
{
    g_autofree char *source = nt_location_mask(job->source ? job->source : "");
    const NtGalleryFace face = face_of(job->pictures->pdata[0], source);
    const NtChange change = {.kind = NT_CHANGE_REJECT, .person = job->name, .count = 1};
    return nt_gallery_reject(worker->gallery, job->name, &face, error) ? nt_library_words_change(&change) : NULL;
}

static char *ignore(NtLibraryWorker *worker, NtJob *job, GError **error)
{
    g_autofree char *source = nt_location_mask(job->source ? job->source : "");
    gboolean good = nt_gallery_begin(worker->gallery, error);
    if (!good)
        return NULL;
    for (guint i = 0; good && i < job->pictures->len; i++) {
        const NtGalleryFace face = face_of(job->pictures->pdata[i], source);
        good = nt_gallery_ignore(worker->gallery, &face, error) != 0;
    }
    if (!commit_or_roll_back(worker->gallery, good, error))
        return NULL;
    return g_strdup(_("This person is ignored from now on"));
}

/* People. */

static char *rename_person(NtLibraryWorker *worker, NtJob *job, GError **error)
{
    g_autofree char *name = normal_name(job->other);
    const NtChange change = {.kind = NT_CHANGE_RENAME, .person = name, .other = job->name, .count = 1};
    return nt_gallery_rename(worker->gallery, job->name, name, error) ? nt_library_words_change(&change) : NULL;
}

static char *merge(NtLibraryWorker *worker, NtJob *job, GError **error)
{
    const NtChange change = {.kind = NT_CHANGE_MERGE, .person = job->other, .other = job->name, .count = 1};
    return nt_gallery_merge(worker->gallery, job->name, job->other, error) ? nt_library_words_change(&change) : NULL;
}

/* The time lines of clips keep faces, too. */
static char *forget(NtLibraryWorker *worker, NtJob *job, GError **error)
{
    gboolean pending;
    if (!nt_gallery_forget(worker->gallery, job->name, &pending, error))
        return NULL;
    nt_time_line_clear_cache();
    return g_strdup_printf(pending ? _("%s is forgotten. Another program has the file open: the last traces go when it "
                                       "is opened the next time.")
                                   : _("%s is forgotten"),
                           job->name);
}

/* Whose those pictures are, as far as they are one person's; NULL. */
static char *owner_of(NtLibraryWorker *worker, gint64 face)
{
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(worker->gallery, NULL);
    for (guint i = 0; snapshot && i < snapshot->n_faces; i++)
        if (snapshot->face_ids[i] == face)
            return g_strdup(snapshot->names[snapshot->person[i]]);
    return NULL;
}

static char *remove_faces(NtLibraryWorker *worker, NtJob *job, GError **error)
{
    const guint n = job->ids->len;
    const gint64 *ids = (const gint64 *)(const void *)job->ids->data;
    g_autofree char *owner = n ? owner_of(worker, ids[0]) : NULL;
    if (!nt_gallery_remove_faces(worker->gallery, ids, n, error))
        return NULL;
    const NtChange change = {.kind = NT_CHANGE_REMOVE_FACES, .person = owner, .count = n};
    return owner ? nt_library_words_change(&change)
                 : g_strdup_printf(ngettext("%u picture removed", "%u pictures removed", n), n);
}

static char *set_cover(NtLibraryWorker *worker, NtJob *job, GError **error)
{
    const NtChange change = {.kind = NT_CHANGE_SET_COVER, .person = job->name, .count = 1};
    return nt_gallery_set_cover(worker->gallery, job->name, g_array_index(job->ids, gint64, 0), error)
               ? nt_library_words_change(&change)
               : NULL;
}

/* History. */

static char *undo(NtLibraryWorker *worker, NtJob *job, GError **error)
{
    (void)job;
    g_autoptr(NtChange) change = nt_gallery_undo(worker->gallery, error);
    g_autofree char *words = change ? nt_library_words_change(change) : NULL;
    return words ? g_strdup_printf(_("Undone: %s"), words) : NULL;
}

static char *redo(NtLibraryWorker *worker, NtJob *job, GError **error)
{
    (void)job;
    g_autoptr(NtChange) change = nt_gallery_redo(worker->gallery, error);
    g_autofree char *words = change ? nt_library_words_change(change) : NULL;
    return words ? g_strdup_printf(_("Done again: %s"), words) : NULL;
}

/* Encryption. The recognizer's own connection has the old form: another takes its place. */

static char *encrypt(NtLibraryWorker *worker, NtJob *job, GError **error)
{
    nt_library_worker_keep_passphrase(worker, job->name);
    if (!nt_gallery_encrypt(worker->gallery, job->name ? NT_VAULT_LOCK_PASSPHRASE : NT_VAULT_LOCK_SERVICE,
                            &worker->keys, error))
        return NULL;
    nt_time_line_clear_cache();
    return nt_library_worker_new_recognizer(worker, error) ? g_strdup(_("The gallery is encrypted")) : NULL;
}

static char *decrypt(NtLibraryWorker *worker, NtJob *job, GError **error)
{
    (void)job;
    if (!nt_gallery_decrypt(worker->gallery, error))
        return NULL;
    nt_library_worker_keep_passphrase(worker, NULL);
    return nt_library_worker_new_recognizer(worker, error) ? g_strdup(_("The gallery is no longer encrypted")) : NULL;
}

/* What each kind does: a sentence (the caller's), or NULL with error.*/
typedef struct Change {
    char *(*make)(NtLibraryWorker *worker, NtJob *job, GError **error);
    gboolean undoable;
} Change;

static const Change changes[] = {
    [NT_JOB_ENROLL] = {enroll, TRUE},
    [NT_JOB_REJECT] = {reject, TRUE},
    [NT_JOB_IGNORE] = {ignore, TRUE},
    [NT_JOB_RENAME] = {rename_person, TRUE},
    [NT_JOB_MERGE] = {merge, TRUE},
    [NT_JOB_FORGET] = {forget, FALSE},
    [NT_JOB_REMOVE_FACES] = {remove_faces, TRUE},
    [NT_JOB_SET_COVER] = {set_cover, TRUE},
    [NT_JOB_UNDO] = {undo, FALSE},
    [NT_JOB_REDO] = {redo, TRUE},
    [NT_JOB_ENCRYPT] = {encrypt, FALSE},
    [NT_JOB_DECRYPT] = {decrypt, FALSE},
};

static char *make_change(NtLibraryWorker *worker, NtJob *job, GError **error)
{
    if (worker->state != NT_LIBRARY_OPEN) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CLOSED,
                            _("The gallery is not open, so nothing was changed."));
        return NULL;
    }
    return nt_library_worker_need_gallery(worker, error) ? changes[job->kind].make(worker, job, error) : NULL;
}

/* In words that a person can do something with; those of G_IO_ERROR are already. */
static GError *explain(const NtJob *job, const GError *error)
{
    if (error->domain == G_IO_ERROR)
        return g_error_copy(error);
    const gboolean about_key = job->kind == NT_JOB_ENCRYPT || job->kind == NT_JOB_DECRYPT;
    const gboolean about_other =
        job->kind == NT_JOB_RENAME && g_error_matches(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_EXISTS);
    const char *name = about_key ? NULL : about_other ? job->other : job->name;
    g_autofree char *words = nt_library_words_failure(error, name);
    return g_error_new_literal(error->domain, error->code, words);
}

void nt_library_worker_change(NtLibraryWorker *worker, NtJob *job)
{
    g_autoptr(GError) error = NULL;
    NtResult *result = g_new0(NtResult, 1);
    char *words = make_change(worker, job, &error);
    if (worker->state == NT_LIBRARY_OPEN) { /* what failed may have gone half way: to forget, then erase */
        nt_recognizer_refresh(worker->recognizer);
        nt_library_worker_show(worker, words != NULL, NULL);
    }
    if (!words) {
        result->error = explain(job, error);
        words = g_strdup(result->error->message);
    }
    result->told = TRUE;
    result->undoable = !result->error && changes[job->kind].undoable;
    result->failed = result->error != NULL;
    result->words = words;
    result->job = job;
    nt_library_worker_post(worker, result);
}
