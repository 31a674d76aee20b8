/* The main thread's side: jobs go to the worker (library_worker.h), and what came of them is taken from its queue, in
 * order. */
#include "app/library.h"

#include <glib/gi18n.h>

#include "app/library_words.h"
#include "app/library_worker.h"
#include "app/person_item.h"

/* How often it is written that those on the screen were seen, while they are. */
#define NOTE_EVERY_S 30

struct _NtLibrary {
    GObject parent_instance;
    NtLibraryWorker *worker; /* NULL: closed */
    guint wake;              /* the idle source that takes results; 0: none waits */
    GMutex wake_lock;
    guint generation;
    NtLibraryState state;
    char *words, *path;
    NtLibraryView *view; /* NULL unless open */
    GListStore *people;
    GHashTable *on_screen; /* interned names */
    guint note_timer;
};

G_DEFINE_FINAL_TYPE(NtLibrary, nt_library, G_TYPE_OBJECT)

enum { PROP_STATE = 1, PROP_WORDS, PROP_UNDO, PROP_REDO, PROP_ENCRYPTED, PROP_WRITABLE, N_PROPERTIES };
static GParamSpec *properties[N_PROPERTIES];
enum { CHANGED, TOLD, N_SIGNALS };
static guint signals[N_SIGNALS];

/* Who is on the screen. */

static NtPersonItem *find_by_name(NtLibrary *library, const char *name)
{
    const guint n = g_list_model_get_n_items(G_LIST_MODEL(library->people));
    for (guint i = 0; i < n; i++) {
        g_autoptr(NtPersonItem) item = g_list_model_get_item(G_LIST_MODEL(library->people), i);
        if (g_str_equal(nt_person_item_get_name(item), name))
            return g_steal_pointer(&item);
    }
    return NULL;
}

static void note_seen(NtLibrary *library, GPtrArray *names)
{
    const gint64 now = g_get_real_time();
    for (guint i = 0; i < names->len; i++) {
        g_autoptr(NtPersonItem) item = find_by_name(library, names->pdata[i]);
        if (item)
            nt_person_item_note_seen(item, now);
    }
    if (names->len == 0 || !library->worker || !library->view || !library->view->writable)
        return;
    NtJob *job = nt_job_new(NT_JOB_NOTE_SEEN);
    job->names = g_ptr_array_ref(names);
    job->ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    for (guint i = 0; i < names->len; i++)
        g_array_append_val(job->ids, now);
    nt_library_worker_push(library->worker, job);
}

static GPtrArray *list_on_screen(NtLibrary *library)
{
    GPtrArray *names = g_ptr_array_new();
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, library->on_screen);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_ptr_array_add(names, name);
    return names;
}

static gboolean note_those_on_screen(gpointer user)
{
    NtLibrary *library = user;
    g_autoptr(GPtrArray) names = list_on_screen(library);
    note_seen(library, names);
    return G_SOURCE_CONTINUE;
}

static void mark_on_screen(NtLibrary *library)
{
    const guint n = g_list_model_get_n_items(G_LIST_MODEL(library->people));
    for (guint i = 0; i < n; i++) {
        g_autoptr(NtPersonItem) item = g_list_model_get_item(G_LIST_MODEL(library->people), i);
        const char *name = g_intern_string(nt_person_item_get_name(item));
        nt_person_item_set_on_screen(item, g_hash_table_contains(library->on_screen, name));
    }
}

void nt_library_set_on_screen(NtLibrary *library, const char *const *names, guint n)
{
    g_autoptr(GHashTable) now = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) before = list_on_screen(library), gone = g_ptr_array_new();
    guint n_new = 0;
    for (guint i = 0; i < n; i++) {
        g_hash_table_add(now, (gpointer)names[i]);
        n_new += !g_hash_table_contains(library->on_screen, names[i]);
    }
    for (guint i = 0; i < before->len; i++)
        if (!g_hash_table_contains(now, before->pdata[i]))
            g_ptr_array_add(gone, before->pdata[i]);
    if (n_new == 0 && gone->len == 0)
        return;
    g_hash_table_unref(library->on_screen);
    library->on_screen = g_steal_pointer(&now);
    mark_on_screen(library);
    note_seen(library, gone);
    if (n > 0 && !library->note_timer)
        library->note_timer = g_timeout_add_seconds(NOTE_EVERY_S, note_those_on_screen, library);
    else if (n == 0)
        g_clear_handle_id(&library->note_timer, g_source_remove);
}

/* The list of people. */

static guint find_from(GListModel *list, guint from, gint64 id)
{
    const guint n = g_list_model_get_n_items(list);
    for (guint i = from; i < n; i++) {
        g_autoptr(NtPersonItem) item = g_list_model_get_item(list, i);
        if (nt_person_item_get_id(item) == id)
            return i;
    }
    return n;
}

/* Who went goes first; then each place gets the item that belongs there, from further down or new. */
static void update_people(NtLibrary *library, const NtLibraryView *view)
{
    GListModel *list = G_LIST_MODEL(library->people);
    g_autoptr(GHashTable) wanted = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; view && i < view->people->len; i++)
        g_hash_table_add(wanted, &((NtPersonView *)view->people->pdata[i])->id);
    for (guint i = g_list_model_get_n_items(list); i-- > 0;) {
        g_autoptr(NtPersonItem) item = g_list_model_get_item(list, i);
        const gint64 id = nt_person_item_get_id(item);
        if (!g_hash_table_contains(wanted, &id))
            g_list_store_remove(library->people, i);
    }
    for (guint i = 0; view && i < view->people->len; i++) {
        const NtPersonView *person = view->people->pdata[i];
        const guint place = find_from(list, i, person->id);
        const gboolean is_new = place == g_list_model_get_n_items(list);
        g_autoptr(NtPersonItem) item =
            is_new ? nt_person_item_new(person->id) : NT_PERSON_ITEM(g_list_model_get_item(list, place));
        nt_person_item_update(item, person->name, person->n_faces, person->cover, person->advice);
        nt_person_item_note_seen(item, person->seen_us);
        nt_person_item_set_on_screen(item, g_hash_table_contains(library->on_screen, g_intern_string(person->name)));
        if (!is_new && place != i)
            g_list_store_remove(library->people, place);
        if (is_new || place != i)
            g_list_store_insert(library->people, i, item);
    }
}

/* Results. */

static void set_view(NtLibrary *library, NtLibraryView *view)
{
    g_autoptr(NtLibraryView) before = library->view;
    library->view = view ? nt_library_view_ref(view) : NULL;
    g_object_freeze_notify(G_OBJECT(library));
    if (g_strcmp0(before ? before->undo : NULL, view ? view->undo : NULL) != 0)
        g_object_notify_by_pspec(G_OBJECT(library), properties[PROP_UNDO]);
    if (g_strcmp0(before ? before->redo : NULL, view ? view->redo : NULL) != 0)
        g_object_notify_by_pspec(G_OBJECT(library), properties[PROP_REDO]);
    if ((before && before->encrypted) != (view && view->encrypted))
        g_object_notify_by_pspec(G_OBJECT(library), properties[PROP_ENCRYPTED]);
    if ((before && before->writable) != (view && view->writable))
        g_object_notify_by_pspec(G_OBJECT(library), properties[PROP_WRITABLE]);
    update_people(library, view);
    g_object_thaw_notify(G_OBJECT(library));
}

static void set_state(NtLibrary *library, NtLibraryState state, const char *words)
{
    g_object_freeze_notify(G_OBJECT(library));
    if (g_strcmp0(library->words, words) != 0) {
        g_free(library->words);
        library->words = g_strdup(words);
        g_object_notify_by_pspec(G_OBJECT(library), properties[PROP_WORDS]);
    }
    if (library->state != state) {
        library->state = state;
        g_object_notify_by_pspec(G_OBJECT(library), properties[PROP_STATE]);
    }
    g_object_thaw_notify(G_OBJECT(library));
}

static void call_back(NtLibrary *library, const NtResult *result)
{
    const NtJob *job = result->job;
    if (job->list_done)
        job->list_done(library, job->name, result->faces, result->error, job->user);
    if (job->done)
        job->done(library, result->error, job->user);
}

/* What comes of a gallery that is no longer the one is not shown; who waits for an answer gets it all the same. */
static void deliver(NtLibrary *library, const NtResult *result)
{
    const gboolean current = result->generation == library->generation;
    if (result->view && current) {
        set_view(library, result->view);
        /* A view comes before the state that goes with it: nobody sees the one without the other. */
        if (library->state != NT_LIBRARY_OPEN)
            set_state(library, NT_LIBRARY_OPEN, NULL);
        if (result->changed)
            g_signal_emit(library, signals[CHANGED], 0);
    }
    if (result->has_state && current) {
        if (result->state != NT_LIBRARY_OPEN && library->view) {
            set_view(library, NULL);
            set_state(library, result->state, result->words);
            g_signal_emit(library, signals[CHANGED], 0);
        }
        set_state(library, result->state, result->words);
    }
    if (result->job)
        call_back(library, result);
    if (result->told)
        g_signal_emit(library, signals[TOLD], 0, result->words, result->undoable, result->failed);
}

static void take_results(NtLibrary *library)
{
    g_autoptr(NtLibrary) kept = g_object_ref(library); /* a callback may let go of it, or close it */
    while (library->worker) {
        NtResult *result = g_async_queue_try_pop(library->worker->results);
        if (!result)
            return;
        deliver(library, result);
        nt_result_free(result);
    }
}

static gboolean wake_up(gpointer user)
{
    NtLibrary *library = user;
    g_mutex_lock(&library->wake_lock);
    library->wake = 0;
    g_mutex_unlock(&library->wake_lock);
    take_results(library);
    return G_SOURCE_REMOVE;
}

/* From the worker. */
static void on_result(gpointer user)
{
    NtLibrary *library = user;
    g_mutex_lock(&library->wake_lock);
    if (!library->wake)
        library->wake = g_idle_add_full(G_PRIORITY_DEFAULT, wake_up, library, NULL);
    g_mutex_unlock(&library->wake_lock);
}

/* Opening and closing. */

void nt_library_open(NtLibrary *library, const char *path, NtModelSet *models, NtCaution caution)
{
    NtJob *job = nt_job_new(NT_JOB_OPEN);
    if (!library->worker)
        library->worker = nt_library_worker_new(on_result, library);
    job->name = g_strdup(path);
    job->models = models ? nt_model_set_ref(models) : NULL;
    job->caution = caution;
    job->generation = ++library->generation;
    g_free(library->path);
    library->path = g_strdup(path);
    const gboolean had = library->view != NULL;
    set_view(library, NULL);
    set_state(library, NT_LIBRARY_OPENING, NULL);
    if (had)
        g_signal_emit(library, signals[CHANGED], 0);
    nt_library_worker_push(library->worker, job);
}

void nt_library_unlock(NtLibrary *library, const char *passphrase)
{
    if (library->state != NT_LIBRARY_LOCKED)
        return;
    NtJob *job = nt_job_new(NT_JOB_UNLOCK);
    job->name = g_strdup(passphrase);
    set_state(library, NT_LIBRARY_OPENING, NULL);
    nt_library_worker_push(library->worker, job);
}

void nt_library_set_caution(NtLibrary *library, NtCaution caution)
{
    if (!library->worker)
        return;
    NtJob *job = nt_job_new(NT_JOB_CAUTION);
    job->caution = caution;
    nt_library_worker_push(library->worker, job);
}

void nt_library_close(NtLibrary *library)
{
    if (!library->worker)
        return;
    g_autoptr(NtLibrary) kept = g_object_ref(library);
    g_autoptr(GPtrArray) names = list_on_screen(library);
    note_seen(library, names);
    g_hash_table_remove_all(library->on_screen);
    g_clear_handle_id(&library->note_timer, g_source_remove);
    nt_library_worker_stop(library->worker);
    g_clear_handle_id(&library->wake, g_source_remove); /* nobody sets it any more */
    take_results(library);
    g_clear_pointer(&library->worker, nt_library_worker_free);
    set_view(library, NULL);
    set_state(library, NT_LIBRARY_CLOSED, NULL);
}

/* What there is. */

NtLibraryState nt_library_get_state(NtLibrary *library)
{
    return library->state;
}
const char *nt_library_get_words(NtLibrary *library)
{
    return library->words;
}
const char *nt_library_get_path(NtLibrary *library)
{
    return library->path;
}
GListModel *nt_library_get_people(NtLibrary *library)
{
    return G_LIST_MODEL(library->people);
}
NtRecognizer *nt_library_get_recognizer(NtLibrary *library)
{
    return library->view ? library->view->recognizer : NULL;
}
NtClassifier *nt_library_get_classifier(NtLibrary *library)
{
    return library->view ? nt_recognizer_get(library->view->recognizer) : NULL;
}

char *nt_library_judge(NtLibrary *library, const char *person, const NtFacePicture *picture, gboolean *refused)
{
    NtGateAnswer answer;
    char *nobody = NULL;
    const NtGallerySnapshot empty = {.names = &nobody};
    const NtGallerySnapshot *snapshot = library->view && library->view->snapshot ? library->view->snapshot : &empty;
    g_autofree char *composed = person ? g_utf8_normalize(person, -1, G_NORMALIZE_NFC) : NULL;
    const char *name = composed ? g_strstrip(composed) : "";
    nt_gate_check(snapshot, name, picture->embedding, &picture->quality, &answer);
    *refused = answer.reason != NT_GATE_GOOD;
    return nt_library_words_gate(&answer, *name ? name : NULL);
}

/* Changes. */

static void push(NtLibrary *library, NtJob *job, NtLibraryDone done, gpointer user)
{
    job->done = done;
    job->user = user;
    if (library->worker) {
        nt_library_worker_push(library->worker, job);
        return;
    }
    g_autoptr(GError) error =
        g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CLOSED, _("The gallery is not open, so nothing was changed."));
    if (done)
        done(library, error, user);
    nt_job_free(job);
}

static NtJob *job_about(NtJobKind kind, const char *name, const char *other)
{
    NtJob *job = nt_job_new(kind);
    job->name = g_strdup(name);
    job->other = g_strdup(other);
    return job;
}

void nt_library_enroll(NtLibrary *library, const char *person, GPtrArray *pictures, const char *source, gboolean force,
                       NtLibraryDone done, gpointer user)
{
    NtJob *job = job_about(NT_JOB_ENROLL, person, NULL);
    job->pictures = g_ptr_array_ref(pictures);
    job->source = g_strdup(source);
    job->force = force;
    push(library, job, done, user);
}

void nt_library_reject(NtLibrary *library, const char *person, NtFacePicture *picture, const char *source,
                       NtLibraryDone done, gpointer user)
{
    NtJob *job = job_about(NT_JOB_REJECT, person, NULL);
    job->pictures = g_ptr_array_new_with_free_func((GDestroyNotify)nt_face_picture_unref);
    g_ptr_array_add(job->pictures, nt_face_picture_ref(picture));
    job->source = g_strdup(source);
    push(library, job, done, user);
}

void nt_library_ignore(NtLibrary *library, GPtrArray *pictures, const char *source, NtLibraryDone done, gpointer user)
{
    NtJob *job = nt_job_new(NT_JOB_IGNORE);
    job->pictures = g_ptr_array_ref(pictures);
    job->source = g_strdup(source);
    push(library, job, done, user);
}

void nt_library_rename(NtLibrary *library, const char *name, const char *new_name, NtLibraryDone done, gpointer user)
{
    push(library, job_about(NT_JOB_RENAME, name, new_name), done, user);
}

void nt_library_merge(NtLibrary *library, const char *from, const char *into, NtLibraryDone done, gpointer user)
{
    push(library, job_about(NT_JOB_MERGE, from, into), done, user);
}

void nt_library_forget(NtLibrary *library, const char *name, NtLibraryDone done, gpointer user)
{
    push(library, job_about(NT_JOB_FORGET, name, NULL), done, user);
}

void nt_library_remove_faces(NtLibrary *library, const gint64 *ids, guint n, NtLibraryDone done, gpointer user)
{
    NtJob *job = nt_job_new(NT_JOB_REMOVE_FACES);
    job->ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_array_append_vals(job->ids, ids, n);
    push(library, job, done, user);
}

void nt_library_set_cover(NtLibrary *library, const char *name, gint64 face, NtLibraryDone done, gpointer user)
{
    NtJob *job = job_about(NT_JOB_SET_COVER, name, NULL);
    job->ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_array_append_val(job->ids, face);
    push(library, job, done, user);
}

void nt_library_undo(NtLibrary *library)
{
    push(library, nt_job_new(NT_JOB_UNDO), NULL, NULL);
}

void nt_library_redo(NtLibrary *library)
{
    push(library, nt_job_new(NT_JOB_REDO), NULL, NULL);
}

void nt_library_encrypt(NtLibrary *library, const char *passphrase, NtLibraryDone done, gpointer user)
{
    push(library, job_about(NT_JOB_ENCRYPT, passphrase, NULL), done, user);
}

void nt_library_decrypt(NtLibrary *library, NtLibraryDone done, gpointer user)
{
    push(library, nt_job_new(NT_JOB_DECRYPT), done, user);
}

void nt_library_list_faces(NtLibrary *library, const char *person, NtLibraryFaces done, gpointer user)
{
    if (!library->worker)
        return;
    NtJob *job = job_about(NT_JOB_LIST_FACES, person, NULL);
    job->list_done = done;
    job->user = user;
    nt_library_worker_push(library->worker, job);
}

/* The object. */

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    NtLibrary *library = NT_LIBRARY(object);
    const NtLibraryView *view = library->view;
    switch (id) {
    case PROP_STATE:
        g_value_set_int(value, (int)library->state);
        break;
    case PROP_WORDS:
        g_value_set_string(value, library->words);
        break;
    case PROP_UNDO:
        g_value_set_string(value, view ? view->undo : NULL);
        break;
    case PROP_REDO:
        g_value_set_string(value, view ? view->redo : NULL);
        break;
    case PROP_ENCRYPTED:
        g_value_set_boolean(value, view && view->encrypted);
        break;
    case PROP_WRITABLE:
        g_value_set_boolean(value, view && view->writable);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static void dispose(GObject *object)
{
    nt_library_close(NT_LIBRARY(object));
    G_OBJECT_CLASS(nt_library_parent_class)->dispose(object);
}

static void finalize(GObject *object)
{
    NtLibrary *library = NT_LIBRARY(object);
    g_object_unref(library->people);
    g_hash_table_unref(library->on_screen);
    g_free(library->words);
    g_free(library->path);
    g_mutex_clear(&library->wake_lock);
    G_OBJECT_CLASS(nt_library_parent_class)->finalize(object);
}

static void nt_library_class_init(NtLibraryClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);
    const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
    object_class->get_property = get_property;
    object_class->dispose = dispose;
    object_class->finalize = finalize;
    properties[PROP_STATE] = g_param_spec_int("state", NULL, NULL, 0, NT_LIBRARY_FAILED, 0, flags);
    properties[PROP_WORDS] = g_param_spec_string("words", NULL, NULL, NULL, flags);
    properties[PROP_UNDO] = g_param_spec_string("undo", NULL, NULL, NULL, flags);
    properties[PROP_REDO] = g_param_spec_string("redo", NULL, NULL, NULL, flags);
    properties[PROP_ENCRYPTED] = g_param_spec_boolean("encrypted", NULL, NULL, FALSE, flags);
    properties[PROP_WRITABLE] = g_param_spec_boolean("writable", NULL, NULL, FALSE, flags);
    g_object_class_install_properties(object_class, N_PROPERTIES, properties);
    signals[CHANGED] = g_signal_new("changed", NT_TYPE_LIBRARY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[TOLD] = g_signal_new("told", NT_TYPE_LIBRARY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                                 G_TYPE_STRING, G_TYPE_BOOLEAN, G_TYPE_BOOLEAN);
}

static void nt_library_init(NtLibrary *library)
{
    g_mutex_init(&library->wake_lock);
    library->people = g_list_store_new(NT_TYPE_PERSON_ITEM);
    library->on_screen = g_hash_table_new(NULL, NULL);
}

NtLibrary *nt_library_new(void)
{
    return g_object_new(NT_TYPE_LIBRARY, NULL);
}
