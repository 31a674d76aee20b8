#include "identity/gallery_private.h"

/* A person's place among those with pictures in use; -1: none. */
typedef struct Place {
    gint64 person;
    int index;
    guint n, next; /* faces in use, and where the next one goes */
} Place;

static Place *find_place(GHashTable *places, gint64 person)
{
    return g_hash_table_lookup(places, &person);
}

static GHashTable *make_places(GPtrArray *people, NtGallerySnapshot *snapshot)
{
    GHashTable *places = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    snapshot->names = g_new0(char *, people->len + 1);
    snapshot->person_ids = g_new0(gint64, people->len + 1);
    for (guint i = 0; i < people->len; i++) {
        const NtPerson *person = people->pdata[i];
        Place *place = g_new0(Place, 1);
        *place = (Place){
            .person = person->id, .index = -1, .n = person->n_faces - person->n_aside, .next = snapshot->n_faces};
        if (place->n > 0) {
            place->index = (int)snapshot->n_people++;
            snapshot->names[place->index] = g_strdup(person->name);
            snapshot->person_ids[place->index] = person->id;
            snapshot->n_faces += place->n;
        }
        g_hash_table_insert(places, &place->person, place);
    }
    return places;
}

static gboolean read_faces(NtGallery *gallery, GHashTable *places, NtGallerySnapshot *snapshot, GError **error)
{
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare(
        gallery, "SELECT id, person_id, embedding FROM faces WHERE NOT aside ORDER BY id", "read", error);
    GError *reason = NULL;
    snapshot->embeddings = g_new(float, (gsize)MAX(snapshot->n_faces, 1) * NT_EMBEDDING_SIZE);
    snapshot->face_ids = g_new0(gint64, MAX(snapshot->n_faces, 1));
    snapshot->person = g_new0(guint, MAX(snapshot->n_faces, 1));
    if (!s)
        return FALSE;
    guint n = 0;
    while (!reason && nt_gallery_next(gallery, s, &reason)) {
        Place *place = find_place(places, sqlite3_column_int64(s, 1));
        if (!place || place->n == 0) {
            g_set_error(
                &reason, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                "the gallery %s is damaged: a face in it is nobody's; restore it from a copy, or enrol again into a "
                "new file",
                gallery->path);
            break;
        }
        place->n--;
        n++;
        const guint at = place->next++;
        snapshot->face_ids[at] = sqlite3_column_int64(s, 0);
        snapshot->person[at] = (guint)place->index;
        nt_gallery_column_embedding(gallery, s, 2, "faces.embedding",
                                    snapshot->embeddings + (gsize)at * NT_EMBEDDING_SIZE, &reason);
    }
    if (reason)
        g_propagate_error(error, reason);
    else
        g_return_val_if_fail(n == snapshot->n_faces, FALSE); /* both were read in one transaction */
    return !reason;
}

static gboolean read_rejections(NtGallery *gallery, GHashTable *places, NtGallerySnapshot *snapshot, GError **error)
{
    g_autoptr(GArray) embeddings = g_array_new(FALSE, FALSE, sizeof(float));
    g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(sqlite3_stmt) s =
        nt_gallery_prepare(gallery, "SELECT person_id, embedding FROM rejections ORDER BY id", "read", error);
    GError *reason = NULL;
    while (s && !reason && nt_gallery_next(gallery, s, &reason)) {
        float embedding[NT_EMBEDDING_SIZE];
        const Place *place = find_place(places, sqlite3_column_int64(s, 0));
        if (!nt_gallery_column_embedding(gallery, s, 1, "rejections.embedding", embedding, &reason))
            break;
        if (!place || place->index < 0)
            continue;
        const guint index = (guint)place->index;
        g_array_append_vals(embeddings, embedding, NT_EMBEDDING_SIZE);
        g_array_append_val(people, index);
    }
    if (reason)
        g_propagate_error(error, reason);
    snapshot->n_rejections = people->len;
    snapshot->rejections = (float *)(void *)g_array_free(g_steal_pointer(&embeddings), FALSE);
    snapshot->rejected = (guint *)(void *)g_array_free(g_steal_pointer(&people), FALSE);
    return s && !reason;
}

static gboolean read_strangers(NtGallery *gallery, NtGallerySnapshot *snapshot, GError **error)
{
    g_autoptr(GArray) embeddings = g_array_new(FALSE, FALSE, sizeof(float));
    g_autoptr(sqlite3_stmt) s =
        nt_gallery_prepare(gallery, "SELECT embedding FROM strangers ORDER BY id", "read", error);
    GError *reason = NULL;
    while (s && !reason && nt_gallery_next(gallery, s, &reason)) {
        float embedding[NT_EMBEDDING_SIZE];
        if (nt_gallery_column_embedding(gallery, s, 0, "strangers.embedding", embedding, &reason))
            g_array_append_vals(embeddings, embedding, NT_EMBEDDING_SIZE);
    }
    if (reason)
        g_propagate_error(error, reason);
    snapshot->n_strangers = embeddings->len / NT_EMBEDDING_SIZE;
    snapshot->strangers = (float *)(void *)g_array_free(g_steal_pointer(&embeddings), FALSE);
    return s && !reason;
}

NtGallerySnapshot *nt_gallery_snapshot(NtGallery *gallery, GError **error)
{
    const gboolean own = !gallery->in_transaction;
    if (own && !nt_gallery_run(gallery, "BEGIN", "read", error)) /* everything of one moment */
        return NULL;
    g_autoptr(NtGallerySnapshot) snapshot = g_new0(NtGallerySnapshot, 1);
    g_autoptr(GPtrArray) people = nt_gallery_list_people(gallery, error);
    g_autoptr(GHashTable) places = people ? make_places(people, snapshot) : NULL;
    const gboolean good = places && read_faces(gallery, places, snapshot, error) &&
                          read_rejections(gallery, places, snapshot, error) && read_strangers(gallery, snapshot, error);
    if (own)
        sqlite3_exec(gallery->db, "COMMIT", NULL, NULL, NULL);
    return good ? g_steal_pointer(&snapshot) : NULL;
}

void nt_gallery_snapshot_free(NtGallerySnapshot *snapshot)
{
    if (!snapshot)
        return;
    g_strfreev(snapshot->names);
    g_free(snapshot->person_ids);
    g_free(snapshot->embeddings);
    g_free(snapshot->face_ids);
    g_free(snapshot->person);
    g_free(snapshot->rejections);
    g_free(snapshot->rejected);
    g_free(snapshot->strangers);
    g_free(snapshot);
}
