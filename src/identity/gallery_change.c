/* Each change is a transaction by itself (a savepoint), or part of the one that begin opened. While a change is being
 * recorded, triggers of this connection write each row as it was before into the history. */
#include "identity/gallery_private.h"

static void change_function(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n, (void)values;
    const NtGallery *gallery = sqlite3_user_data(context);
    if (gallery->recording.change)
        sqlite3_result_int64(context, gallery->recording.change);
    else
        sqlite3_result_null(context);
}

static void seq_function(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n, (void)values;
    NtGallery *gallery = sqlite3_user_data(context);
    sqlite3_result_int64(context, ++gallery->recording.seq);
}

/* "OLD.a, OLD.b" of "a, b". */
static char *old_columns(const char *columns)
{
    g_auto(GStrv) names = g_strsplit(columns, ", ", -1);
    g_autofree char *joined = g_strjoinv(", OLD.", names);
    return g_strconcat("OLD.", joined, NULL);
}

gboolean nt_gallery_watch(NtGallery *gallery, GError **error)
{
    const int flags = SQLITE_UTF8 | SQLITE_INNOCUOUS;
    if (sqlite3_create_function(gallery->db, "nt_change", 0, flags, gallery, change_function, NULL, NULL) !=
            SQLITE_OK ||
        sqlite3_create_function(gallery->db, "nt_seq", 0, flags, gallery, seq_function, NULL, NULL) != SQLITE_OK)
        return nt_gallery_sqlite_error(gallery, error, "open");
    gboolean good = TRUE;
    for (guint t = 0; good && t < NT_N_TABLES; t++) {
        const char *table = nt_gallery_tables[t], *columns = nt_gallery_columns[t];
        g_autofree char *old = old_columns(columns);
        good = nt_gallery_run_format(
            gallery, error,
            "CREATE TEMP TRIGGER nt_insert_%s AFTER INSERT ON main.%s WHEN nt_change() IS NOT NULL BEGIN"
            "  INSERT INTO history_%s (change_id, seq, op, id) VALUES (nt_change(), nt_seq(), 'I', NEW.id); END;"
            "CREATE TEMP TRIGGER nt_delete_%s AFTER DELETE ON main.%s WHEN nt_change() IS NOT NULL BEGIN"
            "  INSERT INTO history_%s (change_id, seq, op, id, %s) VALUES (nt_change(), nt_seq(), 'D', OLD.id, %s); "
            "END;"
            "CREATE TEMP TRIGGER nt_update_%s AFTER UPDATE ON main.%s WHEN nt_change() IS NOT NULL BEGIN"
            "  INSERT INTO history_%s (change_id, seq, op, id, %s) VALUES (nt_change(), nt_seq(), 'U', OLD.id, %s); "
            "END;"
            "CREATE TEMP TABLE flip_%s (seq INTEGER, op TEXT, id INTEGER, %s);",
            table, table, table, table, table, table, columns, old, table, table, table, columns, old, table, columns);
    }
    return good;
}

gboolean nt_gallery_refuse_writing(const NtGallery *gallery, GError **error)
{
    g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE, "the gallery %s was opened for reading only",
                gallery->path);
    return FALSE;
}

static gboolean start(NtGallery *gallery, GError **error)
{
    if (!nt_gallery_run(gallery, "BEGIN IMMEDIATE", "write", error))
        return FALSE;
    gallery->recording = (NtGalleryRecording){0};
    gallery->forced_kind = -1;
    if (nt_gallery_check_vault(gallery, error))
        return TRUE;
    sqlite3_exec(gallery->db, "ROLLBACK", NULL, NULL, NULL);
    return FALSE;
}

gboolean nt_gallery_begin(NtGallery *gallery, GError **error)
{
    if (!gallery->writable)
        return nt_gallery_refuse_writing(gallery, error);
    g_return_val_if_fail(!gallery->in_transaction, FALSE);
    gallery->in_transaction = start(gallery, error);
    return gallery->in_transaction;
}

static gboolean lost_transaction(NtGallery *gallery, GError **error)
{
    g_set_error(
        error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
        "cannot write the gallery %s: an earlier failure has undone the whole change; nothing was changed, try again",
        gallery->path);
    return FALSE;
}

static gboolean apply_forced_kind(NtGallery *gallery, GError **error)
{
    if (gallery->forced_kind < 0 || !gallery->recording.change)
        return TRUE;
    return nt_gallery_run_ids(gallery, "UPDATE changes SET kind = ?1, count = ?2 WHERE id = ?3", error, 3,
                              (gint64)gallery->forced_kind, (gint64)gallery->forced_count, gallery->recording.change);
}

gboolean nt_gallery_commit(NtGallery *gallery, GError **error)
{
    g_return_val_if_fail(gallery->in_transaction, FALSE);
    const gboolean alive = !sqlite3_get_autocommit(gallery->db) || lost_transaction(gallery, error);
    const gboolean done =
        alive && apply_forced_kind(gallery, error) && nt_gallery_run(gallery, "COMMIT", "write", error);
    if (!done)
        sqlite3_exec(gallery->db, "ROLLBACK", NULL, NULL, NULL);
    gallery->in_transaction = FALSE;
    gallery->recording = (NtGalleryRecording){0};
    return done;
}

void nt_gallery_roll_back(NtGallery *gallery)
{
    if (gallery->in_transaction)
        sqlite3_exec(gallery->db, "ROLLBACK", NULL, NULL, NULL);
    gallery->in_transaction = FALSE;
    gallery->recording = (NtGalleryRecording){0};
}

void nt_gallery_set_change_kind(NtGallery *gallery, NtChangeKind kind, guint count)
{
    g_return_if_fail(gallery->in_transaction);
    gallery->forced_kind = (int)kind;
    gallery->forced_count = count;
}

gboolean nt_gallery_begin_change(NtGallery *gallery, GError **error)
{
    if (!gallery->writable)
        return nt_gallery_refuse_writing(gallery, error);
    gallery->mark = gallery->recording;
    if (!gallery->in_transaction)
        return start(gallery, error);
    /* SQLite ends a transaction by itself on some failures; a savepoint would then silently start a new one. */
    return sqlite3_get_autocommit(gallery->db) ? lost_transaction(gallery, error)
                                               : nt_gallery_run(gallery, "SAVEPOINT change", "write", error);
}

gboolean nt_gallery_end_change(NtGallery *gallery, gboolean good, GError **error)
{
    const gboolean own = !gallery->in_transaction;
    if (good)
        good = nt_gallery_run(gallery, own ? "COMMIT" : "RELEASE change", "write", error);
    if (!good) {
        sqlite3_exec(gallery->db, own ? "ROLLBACK" : "ROLLBACK TO change; RELEASE change", NULL, NULL, NULL);
        gallery->recording = gallery->mark;
    }
    if (own)
        gallery->recording = (NtGalleryRecording){0};
    return good;
}

gboolean nt_gallery_drop_undone(NtGallery *gallery, GError **error)
{
    for (guint t = 0; t < NT_N_TABLES; t++)
        if (!nt_gallery_run_format(gallery, error,
                                   "DELETE FROM history_%s WHERE change_id IN (SELECT id FROM changes WHERE undone)",
                                   nt_gallery_tables[t]))
            return FALSE;
    return nt_gallery_run(gallery,
                          "DELETE FROM merges WHERE change_id IN (SELECT id FROM changes WHERE undone);"
                          "DELETE FROM changes WHERE undone",
                          "write", error);
}

static gboolean add_change(NtGallery *gallery, NtChangeKind kind, gint64 person, gint64 other, guint count,
                           GError **error)
{
    if (!nt_gallery_drop_undone(gallery, error) ||
        !nt_gallery_run_ids(gallery,
                            "INSERT INTO changes (kind, person_id, other_id, count, made_us)"
                            " VALUES (?1, nullif(?2, 0), nullif(?3, 0), ?4, ?5)",
                            error, 5, (gint64)kind, person, other, (gint64)count, g_get_real_time()))
        return FALSE;
    gallery->recording = (NtGalleryRecording){
        .change = sqlite3_last_insert_rowid(gallery->db), .kind = kind, .person = person, .other = other};
    return TRUE;
}

/* A change is named after its first part; more of the same are counted. */
gboolean nt_gallery_record(NtGallery *gallery, NtChangeKind kind, gint64 person, gint64 other, guint count,
                           GError **error)
{
    NtGalleryRecording *recording = &gallery->recording;
    if (!recording->change)
        return add_change(gallery, kind, person, other, count, error);
    if (recording->kind != kind)
        return TRUE;
    if (recording->person != person)
        recording->person = 0; /* several */
    if (recording->other != other)
        recording->other = 0;
    return nt_gallery_run_ids(
        gallery,
        "UPDATE changes SET count = count + ?1, person_id = nullif(?2, 0), other_id = nullif(?3, 0)"
        " WHERE id = ?4",
        error, 4, (gint64)count, recording->person, recording->other, recording->change);
}
