#include <string.h>

#include "identity/gallery_private.h"

void nt_unknown_free(NtUnknown *unknown)
{
    if (!unknown)
        return;
    for (guint i = 0; i < unknown->n_faces; i++) {
        g_free((gpointer)unknown->faces[i].chip);
        g_free((gpointer)unknown->faces[i].source);
    }
    g_free(unknown->faces);
    g_free(unknown->source);
    g_free(unknown);
}

static gboolean insert_face(NtGallery *gallery, gint64 unknown, const NtGalleryFace *face, GError **error)
{
    g_autoptr(GBytes) png = NULL;
    if (!nt_gallery_encode_chip(face->chip, &png, error))
        return FALSE;
    sqlite3_stmt *s = nt_gallery_prepare_ids(
        gallery, "INSERT INTO unknown_faces (unknown_id, " NT_FACE_COLUMNS ") VALUES (?, " NT_FACE_PLACES ")", "write",
        error, 1, unknown);
    if (!s)
        return FALSE;
    nt_gallery_bind_face(gallery, s, 2, "unknown_faces", face, png);
    return nt_gallery_finish(gallery, s, "write", error);
}

static void bind_moment(sqlite3_stmt *s, int place, gint64 moment_ns)
{
    if (moment_ns >= 0)
        sqlite3_bind_int64(s, place, moment_ns);
}

static gboolean insert_unknown(NtGallery *gallery, const char *source, const NtUnknown *unknown, GError **error)
{
    sqlite3_stmt *s = nt_gallery_prepare(gallery,
                                         "INSERT INTO unknown_people (number, source, source_key, n_frames, first_ns,"
                                         " last_ns, created_us) VALUES (?, ?, ?, ?, ?, ?, ?)",
                                         "write", error);
    if (!s)
        return FALSE;
    sqlite3_bind_int64(s, 1, (gint64)unknown->number);
    nt_gallery_bind_value(gallery, s, 2, "unknown_people.source", source, strlen(source), TRUE);
    nt_gallery_bind_key(gallery, s, 3, "unknown_people.source", source);
    sqlite3_bind_int64(s, 4, (gint64)unknown->n_frames);
    bind_moment(s, 5, unknown->first_ns);
    bind_moment(s, 6, unknown->last_ns);
    sqlite3_bind_int64(s, 7, g_get_real_time());
    gboolean good = nt_gallery_finish(gallery, s, "write", error);
    const gint64 id = sqlite3_last_insert_rowid(gallery->db);
    for (guint i = 0; good && i < unknown->n_faces; i++)
        good = insert_face(gallery, id, &unknown->faces[i], error);
    return good;
}

/* sql: deletes rows that belong to the source, whose key is its one parameter. */
static gboolean delete_of_source(NtGallery *gallery, const char *sql, const char *source, GError **error)
{
    sqlite3_stmt *s = nt_gallery_prepare(gallery, sql, "write", error);
    return s && nt_gallery_bind_key(gallery, s, 1, "unknown_people.source", source) &&
           nt_gallery_finish(gallery, s, "write", error);
}

gboolean nt_gallery_keep_unknown(NtGallery *gallery, const char *source, NtUnknown *const *unknown, guint n,
                                 GError **error)
{
    if (!nt_gallery_begin_change(gallery, error))
        return FALSE;
    gboolean good = nt_gallery_take_fingerprint(gallery, error) &&
                    delete_of_source(gallery,
                                     "DELETE FROM unknown_faces WHERE unknown_id IN"
                                     " (SELECT id FROM unknown_people WHERE source_key = ?)",
                                     source, error) &&
                    delete_of_source(gallery, "DELETE FROM unknown_people WHERE source_key = ?", source, error);
    for (guint i = 0; good && i < n; i++)
        good = insert_unknown(gallery, source, unknown[i], error);
    return nt_gallery_end_change(gallery, good, error);
}

static gboolean read_faces(NtGallery *gallery, NtUnknown *unknown, gboolean with_chips, GError **error)
{
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare_ids(
        gallery, "SELECT id, " NT_FACE_COLUMNS " FROM unknown_faces WHERE unknown_id = ? ORDER BY id", "read", error, 1,
        unknown->id);
    GError *reason = NULL;
    if (!s)
        return FALSE;
    while (!reason && nt_gallery_next(gallery, s, &reason)) {
        NtGalleryFace face;
        char *source = NULL;
        guint8 *chip = NULL;
        if (!nt_gallery_read_face(gallery, s, 1, "unknown_faces", with_chips, &face, &source, &chip, &reason)) {
            g_free(source);
            break;
        }
        face.id = sqlite3_column_int64(s, 0);
        unknown->faces = g_renew(NtGalleryFace, unknown->faces, unknown->n_faces + 1);
        unknown->faces[unknown->n_faces++] = face;
    }
    if (reason)
        g_propagate_error(error, reason);
    return !reason;
}

static gint by_source_and_number(gconstpointer a, gconstpointer b)
{
    const NtUnknown *x = *(NtUnknown *const *)a, *y = *(NtUnknown *const *)b;
    const int order = strcmp(x->source, y->source);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static gint64 read_moment(sqlite3_stmt *s, int column)
{
    return sqlite3_column_type(s, column) == SQLITE_NULL ? -1 : sqlite3_column_int64(s, column);
}

static gboolean list_unknown(NtGallery *gallery, gboolean with_chips, GPtrArray *list, GError **error)
{
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare(
        gallery, "SELECT id, number, source, n_frames, first_ns, last_ns, created_us FROM unknown_people", "read",
        error);
    GError *reason = NULL;
    while (s && !reason && nt_gallery_next(gallery, s, &reason)) {
        NtUnknown *unknown = g_new0(NtUnknown, 1);
        g_ptr_array_add(list, unknown);
        unknown->id = sqlite3_column_int64(s, 0);
        unknown->number = (guint)sqlite3_column_int64(s, 1);
        unknown->source = nt_gallery_column_text(gallery, s, 2, "unknown_people.source", &reason);
        unknown->n_frames = (guint64)sqlite3_column_int64(s, 3);
        unknown->first_ns = read_moment(s, 4);
        unknown->last_ns = read_moment(s, 5);
        unknown->created_us = sqlite3_column_int64(s, 6);
        if (!reason)
            read_faces(gallery, unknown, with_chips, &reason);
    }
    if (reason)
        g_propagate_error(error, reason);
    return s && !reason;
}

GPtrArray *nt_gallery_list_unknown(NtGallery *gallery, gboolean with_chips, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)nt_unknown_free);
    g_autofree char *model = NULL;
    const gboolean own = !gallery->in_transaction;
    if (own && !nt_gallery_run(gallery, "BEGIN", "read", error))
        return NULL;
    gboolean good = nt_gallery_check_vault(gallery, error) &&
                    nt_gallery_get_meta(gallery, NT_GALLERY_META_FINGERPRINT, &model, error);
    /* Those that another model embedded cannot be compared with anything. */
    if (good && (!gallery->fingerprint || g_strcmp0(model, gallery->fingerprint) == 0))
        good = list_unknown(gallery, with_chips, list, error);
    if (own)
        sqlite3_exec(gallery->db, "COMMIT", NULL, NULL, NULL);
    if (!good)
        return NULL;
    g_ptr_array_sort(list, by_source_and_number);
    return g_steal_pointer(&list);
}

static gboolean drop_one(NtGallery *gallery, gint64 id, GError **error)
{
    if (!nt_gallery_run_ids(gallery, "DELETE FROM unknown_faces WHERE unknown_id = ?", error, 1, id) ||
        !nt_gallery_run_ids(gallery, "DELETE FROM unknown_people WHERE id = ?", error, 1, id))
        return FALSE;
    if (sqlite3_changes(gallery->db) == 1)
        return TRUE;
    g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND,
                "there is no such unknown person in %s any more; 'nametag people unknown' tells who is", gallery->path);
    return FALSE;
}

gboolean nt_gallery_drop_unknown(NtGallery *gallery, gint64 id, GError **error)
{
    if (!nt_gallery_begin_change(gallery, error))
        return FALSE;
    const gboolean good =
        id ? drop_one(gallery, id, error)
           : nt_gallery_run(gallery, "DELETE FROM unknown_faces; DELETE FROM unknown_people", "write", error);
    return nt_gallery_end_change(gallery, good, error);
}
