/* Forgetting: out of the tables, out of the history, and out of the file's bytes. */
#include <errno.h>
#include <glib/gstdio.h>

#include "identity/gallery_private.h"

/* Unknown people with a face as near as this to one of the person's go too: the distance below which faces were one
 * person's in all measurements (docs/accuracy.md), and 99 % of the person's own are. */
#define LOOKALIKE_DISTANCE 0.55f
/* How long to wait for a reader to let go of the old content. */
#define ERASE_WAIT_MS 3000

/* Who goes: the people of that name, those whom the history knows by it (removed, or merged into another, but not those
 * who go by another name now), and all who were merged into them. */
static gboolean find_gone_people(NtGallery *gallery, const char *usable, GError **error)
{
    if (!nt_gallery_run(gallery,
                        "CREATE TEMP TABLE IF NOT EXISTS gone_people (id INTEGER PRIMARY KEY);"
                        "CREATE TEMP TABLE IF NOT EXISTS gone_faces (id INTEGER PRIMARY KEY);"
                        "CREATE TEMP TABLE IF NOT EXISTS gone_rejections (id INTEGER PRIMARY KEY);"
                        "DELETE FROM temp.gone_people; DELETE FROM temp.gone_faces; DELETE FROM temp.gone_rejections",
                        "write", error))
        return FALSE;
    sqlite3_stmt *s = nt_gallery_prepare(gallery,
                                         "INSERT INTO temp.gone_people SELECT id FROM people WHERE name_key = ?1 UNION"
                                         " SELECT id FROM history_people WHERE name_key = ?1"
                                         " AND id NOT IN (SELECT id FROM people)",
                                         "write", error);
    if (!s || !nt_gallery_bind_key(gallery, s, 1, NT_GALLERY_NAME, usable) ||
        !nt_gallery_finish(gallery, s, "write", error))
        return FALSE;
    if (sqlite3_changes(gallery->db) == 0) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND,
                    "there is nobody called '%s' in %s, nor in its history", usable, gallery->path);
        return FALSE;
    }
    return nt_gallery_run(gallery,
                          "WITH RECURSIVE gone (id) AS (SELECT id FROM temp.gone_people UNION"
                          " SELECT from_id FROM merges JOIN gone ON merges.into_id = gone.id"
                          " WHERE from_id NOT IN (SELECT id FROM people))"
                          " INSERT OR IGNORE INTO temp.gone_people SELECT id FROM gone;"
                          "INSERT INTO temp.gone_faces SELECT id FROM faces WHERE person_id IN temp.gone_people UNION"
                          " SELECT id FROM history_faces WHERE person_id IN temp.gone_people;"
                          "INSERT INTO temp.gone_rejections"
                          " SELECT id FROM rejections WHERE person_id IN temp.gone_people UNION"
                          " SELECT id FROM history_rejections WHERE person_id IN temp.gone_people",
                          "write", error);
}

/* Appends the embeddings of faces that sql gives. */
static gboolean collect_embeddings(NtGallery *gallery, const char *sql, GArray *embeddings, GError **error)
{
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare(gallery, sql, "read", error);
    GError *reason = NULL;
    while (s && !reason && nt_gallery_next(gallery, s, &reason)) {
        float embedding[NT_EMBEDDING_SIZE];
        if (nt_gallery_column_embedding(gallery, s, 0, "faces.embedding", embedding, &reason))
            g_array_append_vals(embeddings, embedding, NT_EMBEDDING_SIZE);
    }
    if (reason)
        g_propagate_error(error, reason);
    return s && !reason;
}

static gboolean is_near(const float *embedding, const GArray *embeddings)
{
    for (guint i = 0; i < embeddings->len; i += NT_EMBEDDING_SIZE)
        if (nt_embedding_distance(embedding, &g_array_index(embeddings, float, i)) <= LOOKALIKE_DISTANCE)
            return TRUE;
    return FALSE;
}

static gboolean drop_lookalikes(NtGallery *gallery, GError **error)
{
    g_autoptr(GArray) theirs = g_array_new(FALSE, FALSE, sizeof(float));
    g_autoptr(GArray) near = g_array_new(FALSE, FALSE, sizeof(gint64));
    GError *reason = NULL;
    /* Not the faces that were given to somebody else: those were not theirs after all. */
    if (!collect_embeddings(gallery, "SELECT embedding FROM faces WHERE person_id IN temp.gone_people", theirs,
                            error) ||
        !collect_embeddings(gallery,
                            "SELECT embedding FROM history_faces WHERE person_id IN temp.gone_people"
                            " AND id NOT IN (SELECT id FROM faces)",
                            theirs, error))
        return FALSE;
    g_autoptr(sqlite3_stmt) s =
        nt_gallery_prepare(gallery, "SELECT unknown_id, embedding FROM unknown_faces", "read", error);
    while (s && !reason && nt_gallery_next(gallery, s, &reason)) {
        float embedding[NT_EMBEDDING_SIZE];
        const gint64 id = sqlite3_column_int64(s, 0);
        if (nt_gallery_column_embedding(gallery, s, 1, "unknown_faces.embedding", embedding, &reason) &&
            is_near(embedding, theirs))
            g_array_append_val(near, id);
    }
    gboolean good = s && !reason;
    if (reason)
        g_propagate_error(error, reason);
    for (guint i = 0; good && i < near->len; i++) {
        const gint64 id = g_array_index(near, gint64, i);
        good = nt_gallery_run_ids(gallery, "DELETE FROM unknown_faces WHERE unknown_id = ?", error, 1, id) &&
               nt_gallery_run_ids(gallery, "DELETE FROM unknown_people WHERE id = ?", error, 1, id);
    }
    return good;
}

/* A picture of theirs that is somebody else's now stays there, without a history: that somebody can no longer be undone
 * into not being there. */
static const char delete_rows[] =
    "DELETE FROM history_people WHERE op = 'I' AND id NOT IN temp.gone_people AND ("
    " id IN (SELECT person_id FROM faces WHERE id IN temp.gone_faces) OR"
    " id IN (SELECT person_id FROM rejections WHERE id IN temp.gone_rejections));"
    "DELETE FROM history_faces WHERE id IN temp.gone_faces;"
    "DELETE FROM history_rejections WHERE id IN temp.gone_rejections;"
    "DELETE FROM history_people WHERE id IN temp.gone_people;"
    "DELETE FROM covers WHERE id IN temp.gone_people OR face_id IN temp.gone_faces;"
    "DELETE FROM history_covers WHERE id IN temp.gone_people OR face_id IN temp.gone_faces;"
    "DELETE FROM seen WHERE id IN temp.gone_people;"
    "DELETE FROM faces WHERE person_id IN temp.gone_people;"
    "DELETE FROM rejections WHERE person_id IN temp.gone_people;"
    "DELETE FROM people WHERE id IN temp.gone_people;"
    "DELETE FROM merges WHERE from_id IN temp.gone_people OR into_id IN temp.gone_people;"
    "UPDATE changes SET person_id = NULL WHERE person_id IN temp.gone_people;"
    "UPDATE changes SET other_id = NULL WHERE other_id IN temp.gone_people;"
    "DELETE FROM temp.gone_people; DELETE FROM temp.gone_faces; DELETE FROM temp.gone_rejections";
static const char delete_empty_changes[] =
    "DELETE FROM changes WHERE id NOT IN (SELECT change_id FROM history_people UNION SELECT change_id FROM "
    "history_faces"
    " UNION SELECT change_id FROM history_rejections UNION SELECT change_id FROM history_strangers"
    " UNION SELECT change_id FROM history_covers);"
    "DELETE FROM merges WHERE change_id NOT IN (SELECT id FROM changes)";

/* Somebody else may have had the name before: that they had it goes. */
static gboolean delete_name(NtGallery *gallery, const char *usable, GError **error)
{
    sqlite3_stmt *s = nt_gallery_prepare(gallery, "DELETE FROM history_people WHERE name_key = ?", "write", error);
    return s && nt_gallery_bind_key(gallery, s, 1, NT_GALLERY_NAME, usable) &&
           nt_gallery_finish(gallery, s, "write", error);
}

static gboolean delete_person(NtGallery *gallery, const char *usable, GError **error)
{
    return find_gone_people(gallery, usable, error) && nt_gallery_drop_undone(gallery, error) &&
           drop_lookalikes(gallery, error) && nt_gallery_run(gallery, delete_rows, "write", error) &&
           delete_name(gallery, usable, error) && nt_gallery_run(gallery, delete_empty_changes, "write", error) &&
           nt_gallery_set_meta(gallery, NT_GALLERY_META_ERASE_PENDING, "1", error);
}

static gboolean remove_backup(NtGallery *gallery, GError **error)
{
    g_autofree char *path = nt_gallery_backup_path(gallery);
    if (g_unlink(path) == 0 || errno == ENOENT)
        return TRUE;
    g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
                "cannot delete %s, which still has what was to be erased: %s; delete it yourself", path,
                g_strerror(errno));
    return FALSE;
}

static gboolean is_busy(int code)
{
    return (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
}

/* secure_delete has overwritten what was deleted; rewriting the file leaves no copy in the gaps between rows either,
 * and the log, which has the old pages, is cut to nothing. */
gboolean nt_gallery_erase(NtGallery *gallery, int wait_ms, gboolean *pending, GError **error)
{
    *pending = FALSE;
    if (!remove_backup(gallery, error))
        return FALSE;
    sqlite3_busy_timeout(gallery->db, wait_ms);
    int code = sqlite3_exec(gallery->db, "VACUUM", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_wal_checkpoint_v2(gallery->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    *pending = is_busy(code);
    gboolean good = TRUE;
    if (code != SQLITE_OK && !*pending) {
        g_set_error(
            error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
            "its bytes are still in the file %s: %s; see to the disk, they go when the gallery is next opened for a "
            "change",
            gallery->path, sqlite3_errmsg(gallery->db));
        good = FALSE;
    }
    sqlite3_busy_timeout(gallery->db, NT_GALLERY_BUSY_TIMEOUT_MS);
    return good && (*pending || nt_gallery_set_meta(gallery, NT_GALLERY_META_ERASE_PENDING, NULL, error));
}

gboolean nt_gallery_forget(NtGallery *gallery, const char *name, gboolean *pending, GError **error)
{
    gboolean waits = FALSE;
    g_autofree char *usable = nt_gallery_usable_name(name, FALSE, error);
    g_return_val_if_fail(!gallery->in_transaction, FALSE);
    if (pending)
        *pending = FALSE;
    if (!usable || !nt_gallery_begin_change(gallery, error) ||
        !nt_gallery_end_change(gallery, delete_person(gallery, usable, error), error))
        return FALSE;
    if (!nt_gallery_erase(gallery, ERASE_WAIT_MS, &waits, error)) {
        g_prefix_error(error, "%s is out of the gallery, but ", usable);
        return FALSE;
    }
    if (pending)
        *pending = waits;
    return TRUE;
}
