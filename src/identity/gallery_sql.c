#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "identity/gallery_private.h"

/* clang-format off */
G_DEFINE_QUARK(nt-gallery-error-quark, nt_gallery_error)
/* clang-format on */

/* What SQLite says, as what the user can do about it. */
gboolean nt_gallery_sqlite_error(NtGallery *gallery, GError **error, const char *doing)
{
    const int code = gallery->db ? sqlite3_errcode(gallery->db) : SQLITE_NOMEM;
    const char *said = gallery->db ? sqlite3_errmsg(gallery->db) : "not enough memory", *path = gallery->path;
    switch (code & 0xff) {
    case SQLITE_NOTADB:
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                    "%s is not a gallery; give the file that 'nametag enroll' made", path);
        break;
    case SQLITE_CORRUPT:
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                    "the gallery %s is damaged (%s); restore it from a copy, or enrol again into a new file", path,
                    said);
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        g_set_error(
            error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
            "cannot %s the gallery %s: another program has been writing to it for %d seconds; try again when it is "
            "done",
            doing, path, NT_GALLERY_BUSY_TIMEOUT_MS / 1000);
        break;
    case SQLITE_FULL:
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
                    "cannot %s the gallery %s: the disk is full; make room and try again, nothing was changed", doing,
                    path);
        break;
    case SQLITE_IOERR:
        if (code == SQLITE_IOERR_SHMSIZE) { /* the file of shared memory beside the gallery cannot grow */
            g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
                        "cannot %s the gallery %s: the disk is full; make room and try again, nothing was changed", doing,
                        path);
            break;
        }
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
                    "cannot %s the gallery %s: %s; see to the disk and try again, nothing was changed", doing, path,
                    said);
        break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
                    "cannot %s the gallery %s: %s; check the permissions of the file and its folder", doing, path,
                    said);
        break;
    default:
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE, "cannot %s the gallery %s: %s", doing, path, said);
    }
    return FALSE;
}

gboolean nt_gallery_run(NtGallery *gallery, const char *sql, const char *doing, GError **error)
{
    return sqlite3_exec(gallery->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           nt_gallery_sqlite_error(gallery, error, doing);
}

gboolean nt_gallery_run_format(NtGallery *gallery, GError **error, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    g_autofree char *sql = g_strdup_vprintf(format, values);
    va_end(values);
    return nt_gallery_run(gallery, sql, "write", error);
}

sqlite3_stmt *nt_gallery_prepare(NtGallery *gallery, const char *sql, const char *doing, GError **error)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(gallery->db, sql, -1, &statement, NULL) != SQLITE_OK)
        nt_gallery_sqlite_error(gallery, error, doing);
    return statement;
}

static sqlite3_stmt *prepare_ids(NtGallery *gallery, const char *sql, const char *doing, GError **error, guint n,
                                 va_list ids)
{
    sqlite3_stmt *statement = nt_gallery_prepare(gallery, sql, doing, error);
    for (guint i = 1; statement && i <= n; i++)
        sqlite3_bind_int64(statement, (int)i, va_arg(ids, gint64));
    return statement;
}

sqlite3_stmt *nt_gallery_prepare_ids(NtGallery *gallery, const char *sql, const char *doing, GError **error, guint n,
                                     ...)
{
    va_list ids;
    va_start(ids, n);
    sqlite3_stmt *statement = prepare_ids(gallery, sql, doing, error, n, ids);
    va_end(ids);
    return statement;
}

/* Runs a statement that returns no rows and finalises it. */
gboolean nt_gallery_finish(NtGallery *gallery, sqlite3_stmt *statement, const char *doing, GError **error)
{
    const int code = sqlite3_step(statement);
    if (code != SQLITE_DONE)
        nt_gallery_sqlite_error(gallery, error, doing);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE;
}

gboolean nt_gallery_next(NtGallery *gallery, sqlite3_stmt *statement, GError **error)
{
    const int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        nt_gallery_sqlite_error(gallery, error, "read");
    return code == SQLITE_ROW;
}

gboolean nt_gallery_run_ids(NtGallery *gallery, const char *sql, GError **error, guint n, ...)
{
    va_list ids;
    va_start(ids, n);
    sqlite3_stmt *statement = prepare_ids(gallery, sql, "write", error, n, ids);
    va_end(ids);
    return statement && nt_gallery_finish(gallery, statement, "write", error);
}

gboolean nt_gallery_query_int(NtGallery *gallery, const char *sql, gint64 *value, GError **error)
{
    g_autoptr(sqlite3_stmt) statement = nt_gallery_prepare(gallery, sql, "read", error);
    GError *reason = NULL;
    if (!statement)
        return FALSE;
    *value = nt_gallery_next(gallery, statement, &reason) ? sqlite3_column_int64(statement, 0) : 0;
    if (reason)
        g_propagate_error(error, reason);
    return !reason;
}

gboolean nt_gallery_get_meta(NtGallery *gallery, const char *key, char **value, GError **error)
{
    g_autoptr(sqlite3_stmt) statement =
        nt_gallery_prepare(gallery, "SELECT value FROM meta WHERE key = ?", "read", error);
    GError *reason = NULL;
    *value = NULL;
    if (!statement)
        return FALSE;
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    if (nt_gallery_next(gallery, statement, &reason))
        *value = g_strdup((const char *)sqlite3_column_text(statement, 0));
    if (reason)
        g_propagate_error(error, reason);
    return !reason;
}

gboolean nt_gallery_set_meta(NtGallery *gallery, const char *key, const char *value, GError **error)
{
    sqlite3_stmt *statement = nt_gallery_prepare(
        gallery, value ? "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)" : "DELETE FROM meta WHERE key = ?1",
        "write", error);
    if (!statement)
        return FALSE;
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    if (value)
        sqlite3_bind_text(statement, 2, value, -1, SQLITE_STATIC);
    return nt_gallery_finish(gallery, statement, "write", error);
}

/* Values. */

gboolean nt_gallery_bind_value(NtGallery *gallery, sqlite3_stmt *statement, int place, const char *purpose,
                               gconstpointer data, gsize n, gboolean text)
{
    if (gallery->vault) {
        g_autoptr(GBytes) sealed = nt_vault_seal(gallery->vault, purpose, data, n);
        return sqlite3_bind_blob64(statement, place, g_bytes_get_data(sealed, NULL), g_bytes_get_size(sealed),
                                   SQLITE_TRANSIENT) == SQLITE_OK;
    }
    return (text ? sqlite3_bind_text64(statement, place, data, n, SQLITE_TRANSIENT, SQLITE_UTF8)
                 : sqlite3_bind_blob64(statement, place, data, n, SQLITE_TRANSIENT)) == SQLITE_OK;
}

GBytes *nt_gallery_column_value(NtGallery *gallery, sqlite3_stmt *statement, int column, const char *purpose,
                                GError **error)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return NULL;
    const void *data = sqlite3_column_blob(statement, column);
    const gsize n = (gsize)sqlite3_column_bytes(statement, column);
    return gallery->vault ? nt_vault_unseal(gallery->vault, purpose, data, n, error) : g_bytes_new(data, n);
}

char *nt_gallery_column_text(NtGallery *gallery, sqlite3_stmt *statement, int column, const char *purpose,
                             GError **error)
{
    GError *reason = NULL;
    g_autoptr(GBytes) value = nt_gallery_column_value(gallery, statement, column, purpose, &reason);
    if (reason) {
        g_propagate_error(error, reason);
        return NULL;
    }
    gsize n = 0;
    const char *text = value ? g_bytes_get_data(value, &n) : NULL;
    char *valid = g_utf8_make_valid(text ? text : "", (gssize)n);
    return strcmp(purpose, NT_GALLERY_NAME) == 0 ? nt_gallery_harmless_name(valid) : valid;
}

gboolean nt_gallery_bind_key(NtGallery *gallery, sqlite3_stmt *statement, int place, const char *purpose,
                             const char *text)
{
    g_autoptr(GBytes) key = nt_vault_index(gallery->vault, purpose, text);
    return sqlite3_bind_blob64(statement, place, g_bytes_get_data(key, NULL), g_bytes_get_size(key),
                               SQLITE_TRANSIENT) == SQLITE_OK;
}

void nt_gallery_bind_embedding(NtGallery *gallery, sqlite3_stmt *statement, int place, const char *purpose,
                               const float embedding[NT_EMBEDDING_SIZE])
{
    guint8 bytes[NT_GALLERY_EMBEDDING_BYTES];
    for (guint i = 0; i < NT_EMBEDDING_SIZE; i++) {
        guint32 bits;
        memcpy(&bits, &embedding[i], sizeof bits);
        bits = GUINT32_TO_LE(bits);
        memcpy(bytes + 4 * i, &bits, sizeof bits);
    }
    nt_gallery_bind_value(gallery, statement, place, purpose, bytes, sizeof bytes, FALSE);
}

/* FALSE when the bytes are no embedding. */
static gboolean read_embedding(const guint8 *bytes, gsize n, float embedding[NT_EMBEDDING_SIZE])
{
    gboolean good = n == NT_GALLERY_EMBEDDING_BYTES;
    for (guint i = 0; good && i < NT_EMBEDDING_SIZE; i++) {
        guint32 bits;
        memcpy(&bits, bytes + 4 * i, sizeof bits);
        bits = GUINT32_FROM_LE(bits);
        memcpy(&embedding[i], &bits, sizeof bits);
        good = isfinite(embedding[i]);
    }
    return good;
}

gboolean nt_gallery_column_embedding(NtGallery *gallery, sqlite3_stmt *statement, int column, const char *purpose,
                                     float embedding[NT_EMBEDDING_SIZE], GError **error)
{
    const guint8 *bytes = sqlite3_column_blob(statement, column);
    gsize n = (gsize)sqlite3_column_bytes(statement, column);
    g_autoptr(GBytes) opened = NULL;
    if (gallery->vault && bytes) { /* a snapshot reads tens of thousands: what is not sealed is not copied first */
        opened = nt_vault_unseal(gallery->vault, purpose, bytes, n, error);
        if (!opened)
            return FALSE;
        bytes = g_bytes_get_data(opened, &n);
    }
    if (read_embedding(bytes, n, embedding))
        return TRUE;
    g_set_error(
        error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
        "the gallery %s is damaged: a face in it has no usable embedding; restore it from a copy, or enrol again "
        "into a new file",
        gallery->path);
    return FALSE;
}
