/* People as they are shown. What was found out about somebody (which picture is the best, what is wanting) is kept
 * until their pictures or the answers about them change. */
#include <string.h>

#include "app/library_words.h"
#include "app/library_worker.h"
#include "app/person_item.h"
#include "media/location.h"

/* What is known of a person. */
typedef struct Known {
    guint64 key; /* what it was found out from; another one: find out again */
    gint64 cover;
    GdkTexture *texture;
    char *advice;
} Known;

static void known_free(gpointer data)
{
    Known *known = data;
    g_clear_object(&known->texture);
    g_free(known->advice);
    g_free(known);
}

GHashTable *nt_library_known_new(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, known_free);
}

static void person_view_free(gpointer data)
{
    NtPersonView *person = data;
    g_free(person->name);
    g_free(person->advice);
    g_clear_object(&person->cover);
    g_free(person);
}

NtLibraryView *nt_library_view_ref(NtLibraryView *view)
{
    g_atomic_int_inc(&view->ref_count);
    return view;
}

void nt_library_view_unref(NtLibraryView *view)
{
    if (!view || !g_atomic_int_dec_and_test(&view->ref_count))
        return;
    g_ptr_array_unref(view->people);
    nt_gallery_snapshot_free(view->snapshot);
    nt_recognizer_unref(view->recognizer);
    g_free(view->undo);
    g_free(view->redo);
    g_free(view);
}

static guint64 mix(guint64 key, guint64 value)
{
    return (key ^ value) * 0x9e3779b97f4a7c15u + (key >> 29); /* the golden ratio's bits spread the values */
}

/* Person's id -> a number of their pictures in use; the same again while they and the answers stay the same. */
static GHashTable *number_pictures(const NtGallerySnapshot *snapshot)
{
    GHashTable *keys = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    const guint64 answers = mix(snapshot->n_strangers, snapshot->n_rejections);
    for (guint i = 0, face = 0; i < snapshot->n_people; i++) {
        guint64 key = answers;
        for (; face < snapshot->n_faces && snapshot->person[face] == i; face++)
            key = mix(key, (guint64)snapshot->face_ids[face]);
        g_hash_table_insert(keys, g_memdup2(&snapshot->person_ids[i], sizeof(gint64)), g_memdup2(&key, sizeof key));
    }
    return keys;
}

typedef struct Best {
    gint64 id;
    float score;
} Best;

static void find_best(const NtGalleryFace *face, gpointer user)
{
    Best *best = user;
    const float score = nt_gate_score(&face->quality) - (face->aside ? 1 : 0); /* those in use come first */
    if (!best->id || score > best->score)
        *best = (Best){face->id, score};
}

static gboolean find_out(NtLibraryWorker *worker, const NtPerson *person, Known *known, GError **error)
{
    Best best = {0, 0};
    g_autoptr(NtPersonHealth) health = nt_person_health(worker->gallery, person->name, error);
    if (!health ||
        (!person->cover && !nt_gallery_visit_faces(worker->gallery, person->name, FALSE, find_best, &best, error)))
        return FALSE;
    g_free(known->advice);
    known->advice = nt_library_words_advice(health);
    const gint64 cover = person->cover ? person->cover : best.id;
    if (known->cover == cover && known->texture)
        return TRUE;
    g_clear_object(&known->texture);
    known->cover = cover;
    GError *reason = NULL;
    g_autofree guint8 *chip = cover ? nt_gallery_load_chip(worker->gallery, cover, &reason) : NULL;
    if (reason) {
        g_propagate_error(error, reason);
        return FALSE;
    }
    if (chip)
        known->texture = nt_chip_to_texture(chip);
    return TRUE;
}

static gboolean add_person(NtLibraryWorker *worker, NtLibraryView *view, const NtPerson *person, GHashTable *keys,
                           GError **error)
{
    const guint64 *pictures = g_hash_table_lookup(keys, &person->id);
    const guint64 key =
        mix(mix(mix(pictures ? *pictures : 0, person->n_faces), person->n_aside), (guint64)person->cover);
    Known *known = g_hash_table_lookup(worker->people, &person->id);
    if (!known) {
        known = g_new0(Known, 1);
        known->key = ~key;
        g_hash_table_insert(worker->people, g_memdup2(&person->id, sizeof person->id), known);
    }
    if (known->key != key && !find_out(worker, person, known, error))
        return FALSE;
    known->key = key;
    NtPersonView *shown = g_new0(NtPersonView, 1);
    *shown = (NtPersonView){.id = person->id,
                            .name = g_strdup(person->name),
                            .n_faces = person->n_faces,
                            .cover = known->texture ? g_object_ref(known->texture) : NULL,
                            .advice = g_strdup(known->advice),
                            .seen_us = person->seen_us};
    g_ptr_array_add(view->people, shown);
    return TRUE;
}

/* Who went takes what was known of them along. */
static void drop_gone(NtLibraryWorker *worker, const NtLibraryView *view)
{
    g_autoptr(GHashTable) there = g_hash_table_new(g_int64_hash, g_int64_equal);
    GHashTableIter iter;
    gpointer id;
    for (guint i = 0; i < view->people->len; i++)
        g_hash_table_add(there, &((NtPersonView *)view->people->pdata[i])->id);
    g_hash_table_iter_init(&iter, worker->people);
    while (g_hash_table_iter_next(&iter, &id, NULL))
        if (!g_hash_table_contains(there, id))
            g_hash_table_iter_remove(&iter);
}

static char *peek(NtLibraryWorker *worker, gboolean redo)
{
    g_autoptr(NtChange) change = nt_gallery_peek(worker->gallery, redo, NULL);
    return change ? nt_library_words_change(change) : NULL;
}

static gboolean fill(NtLibraryWorker *worker, NtLibraryView *view, GError **error)
{
    g_autoptr(GPtrArray) people = NULL;
    if (!(view->snapshot = nt_gallery_snapshot(worker->gallery, error)) ||
        !(people = nt_gallery_list_people(worker->gallery, error)))
        return FALSE;
    g_autoptr(GHashTable) keys = number_pictures(view->snapshot);
    gboolean good = TRUE;
    for (guint i = 0; good && i < people->len; i++) {
        GError *reason = NULL;
        good = add_person(worker, view, people->pdata[i], keys, &reason);
        /* Somebody who went while this was read is seen the next time. */
        if (g_error_matches(reason, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND)) {
            g_clear_error(&reason);
            good = TRUE;
        }
        if (reason)
            g_propagate_error(error, reason);
    }
    drop_gone(worker, view);
    view->encrypted = nt_gallery_is_encrypted(worker->gallery);
    view->writable = nt_gallery_is_writable(worker->gallery);
    if (view->writable) {
        view->undo = peek(worker, FALSE);
        view->redo = peek(worker, TRUE);
    }
    return good;
}

gboolean nt_library_worker_show(NtLibraryWorker *worker, gboolean changed, GError **error)
{
    g_autoptr(NtLibraryView) view = g_new0(NtLibraryView, 1);
    view->ref_count = 1;
    view->people = g_ptr_array_new_with_free_func(person_view_free);
    view->writable = TRUE;
    if (worker->gallery) {
        /* Asked for first: what changes while the file is read is seen the next time. */
        const gint64 version = nt_gallery_data_version(worker->gallery);
        g_autofree char *stamp = nt_gallery_content_stamp(worker->gallery, error);
        if (!stamp || !fill(worker, view, error))
            return FALSE;
        changed = changed || g_strcmp0(stamp, worker->stamp) != 0;
        g_free(worker->stamp);
        worker->stamp = g_steal_pointer(&stamp);
        worker->version = version;
    }
    view->recognizer = nt_recognizer_ref(worker->recognizer);
    NtResult *result = g_new0(NtResult, 1);
    result->view = g_steal_pointer(&view);
    result->changed = changed;
    nt_library_worker_post(worker, result);
    return TRUE;
}

/* A person's pictures. */

static void person_face_free(gpointer data)
{
    NtPersonFace *face = data;
    g_clear_object(&face->chip);
    g_free(face->source);
    g_free(face);
}

static void add_face(const NtGalleryFace *face, gpointer user)
{
    NtPersonFace *shown = g_new0(NtPersonFace, 1);
    *shown = (NtPersonFace){.id = face->id,
                            .chip = face->chip ? nt_chip_to_texture(face->chip) : NULL,
                            .source = nt_location_mask(face->source),
                            .pts_ns = face->pts_ns,
                            .created_us = face->created_us,
                            .quality = face->quality,
                            .aside = face->aside,
                            .forced = face->forced};
    g_ptr_array_add(user, shown);
}

GPtrArray *nt_library_list_person_faces(NtLibraryWorker *worker, const char *name, GError **error)
{
    g_autoptr(GPtrArray) faces = g_ptr_array_new_with_free_func(person_face_free);
    g_autoptr(NtPerson) person = nt_gallery_find_person(worker->gallery, name, error);
    if (!person || !nt_gallery_visit_faces(worker->gallery, name, TRUE, add_face, faces, error))
        return NULL;
    const Known *known = g_hash_table_lookup(worker->people, &person->id);
    const gint64 cover = person->cover ? person->cover : known ? known->cover : 0;
    for (guint i = 0; i < faces->len; i++) {
        NtPersonFace *face = faces->pdata[i];
        face->cover = face->id == cover;
    }
    return g_steal_pointer(&faces);
}
