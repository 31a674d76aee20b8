#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identity/gallery_private.h"

/* SQLite's file format, section 1.3: the database's size in pages, big-endian. */
#define DATABASE_HEADER_BYTES 100
#define PAGE_COUNT_OFFSET 28
/* Another program may be writing the file while its header is looked at: how often to look again. */
#define LOOKS 3
/* Far beyond the largest value there is: a chip as PNG, about 60 kB. */
#define MAX_VALUE_BYTES (16 << 20)

/* The file exists with mode 0600 before SQLite sees it: nobody else can ever read it. SQLite gives the files beside it
 * the same mode. One that exists is not touched: closing it would let go of the locks that another connection of this
 * process has on it; for the same reason one thread at a time makes one. */
static gboolean create_file(const char *path, GError **error)
{
    static GMutex making;
    g_autofree char *dir = g_path_get_dirname(path);
    if (g_mkdir_with_parents(dir, 0700) != 0) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
                    "cannot create the folder %s for the gallery: %s; check the permissions of the folder above it",
                    dir, g_strerror(errno));
        return FALSE;
    }
    g_mutex_lock(&making);
    const int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const int problem = errno;
    if (descriptor >= 0)
        close(descriptor);
    g_mutex_unlock(&making);
    if (descriptor >= 0 || problem == EEXIST)
        return TRUE;
    g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
                "cannot create the gallery %s: %s; check the permissions of its folder", path, g_strerror(problem));
    return FALSE;
}

static gboolean is_there(const char *path, NtGalleryMode mode, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN, "%s is a folder, not a gallery", path);
        return FALSE;
    }
    if (mode == NT_GALLERY_CREATE)
        return create_file(path, error);
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return TRUE;
    g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                "there is no gallery %s; 'nametag enroll --gallery %s NAME PICTURE' makes one", path, path);
    return FALSE;
}

static gboolean log_is_empty(const char *path)
{
    g_autofree char *log = g_strconcat(path, "-wal", NULL);
    GStatBuf info;
    return g_stat(log, &info) != 0 || info.st_size == 0;
}

/* FALSE when the file is shorter than its header says. Read through SQLite: opening the file by ourselves and closing
 * it would let go of SQLite's locks on it (POSIX locks belong to the process). */
static gboolean is_complete(NtGallery *gallery, gint64 page_size)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    guint8 header[DATABASE_HEADER_BYTES];
    guint32 pages;
    if (sqlite3_file_control(gallery->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file->pMethods ||
        file->pMethods->xRead(file, header, sizeof header, 0) != SQLITE_OK ||
        file->pMethods->xFileSize(file, &size) != SQLITE_OK)
        return TRUE; /* empty: a new one */
    memcpy(&pages, header + PAGE_COUNT_OFFSET, sizeof pages);
    return size >= (gint64)GUINT32_FROM_BE(pages) * page_size;
}

/* SQLite notices missing pages only when it comes to need them: the header tells at once whether the file was cut. With
 * a log beside it the header may be ahead of the file, and the log has what is missing. */
static gboolean check_whole(NtGallery *gallery, GError **error)
{
    gint64 page_size;
    if (!nt_gallery_query_int(gallery, "PRAGMA page_size", &page_size, error))
        return FALSE;
    for (int look = 0; look < LOOKS; look++)
        if (is_complete(gallery, page_size) || !log_is_empty(gallery->path))
            return TRUE;
    g_set_error(
        error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
        "the gallery %s is damaged (its end is missing); restore it from a copy, or enrol again into a new file",
        gallery->path);
    return FALSE;
}

/* Embeddings of different models can't be compared. The history counts: what it holds may come back. Unknown people do
 * not: they are let go when the model changes. */
static const char count_embeddings[] = "SELECT EXISTS (SELECT 1 FROM faces) OR EXISTS (SELECT 1 FROM rejections)"
                                       " OR EXISTS (SELECT 1 FROM strangers) OR EXISTS (SELECT 1 FROM history_faces)"
                                       " OR EXISTS (SELECT 1 FROM history_rejections)"
                                       " OR EXISTS (SELECT 1 FROM history_strangers)";

/* *same: the file's model is the one in use. *taken: it could not become it. */
static gboolean compare_fingerprint(NtGallery *gallery, gboolean *same, gboolean *taken, GError **error)
{
    g_autofree char *stored = NULL;
    gint64 any = 0;
    if (!nt_gallery_get_meta(gallery, NT_GALLERY_META_FINGERPRINT, &stored, error))
        return FALSE;
    *same = g_strcmp0(stored, gallery->fingerprint) == 0;
    if (!*same && !nt_gallery_query_int(gallery, count_embeddings, &any, error))
        return FALSE;
    *taken = any != 0;
    if (any)
        g_set_error(
            error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_MODEL,
            "the faces in the gallery %s were embedded by another model than the one in use; 'nametag tag' and "
            "'nametag enroll' embed them again where the file can be written, or use that model again ('nametag models')",
            gallery->path);
    return !any;
}

gboolean nt_gallery_take_fingerprint(NtGallery *gallery, GError **error)
{
    gboolean same, taken;
    if (!gallery->fingerprint)
        return TRUE;
    if (!compare_fingerprint(gallery, &same, &taken, error))
        return FALSE;
    return same || (nt_gallery_run(gallery, "DELETE FROM unknown_faces; DELETE FROM unknown_people", "write", error) &&
                    nt_gallery_set_meta(gallery, NT_GALLERY_META_FINGERPRINT, gallery->fingerprint, error));
}

/* At opening: an empty gallery becomes the model's at once, so that enrolling and undoing leave the same file. */
static gboolean check_fingerprint(NtGallery *gallery, GError **error)
{
    gboolean same = TRUE, taken;
    if (!gallery->fingerprint || !compare_fingerprint(gallery, &same, &taken, error))
        return !gallery->fingerprint;
    if (same || !gallery->writable)
        return TRUE;
    if (!nt_gallery_begin_change(gallery, error))
        return FALSE;
    return nt_gallery_end_change(gallery, nt_gallery_take_fingerprint(gallery, error), error);
}

/* A gallery is a file like any other: it may come from somebody who means ill. It may have no programs in it (views and
 * triggers of its own; ours are temporary), no values larger than we ever write, and what SQLite keeps about it is checked. */
static void distrust(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES);
}

static gboolean connect(NtGallery *gallery, const char *name, int flags, GError **error)
{
    sqlite3_close(gallery->db);
    gallery->db = NULL;
    if (sqlite3_open_v2(name, &gallery->db, flags, NULL) != SQLITE_OK)
        return nt_gallery_sqlite_error(gallery, error, "open");
    sqlite3_extended_result_codes(gallery->db, 1);
    distrust(gallery->db);
    sqlite3_busy_timeout(gallery->db, NT_GALLERY_BUSY_TIMEOUT_MS);
    /* Nothing of a gallery gets into temporary files. */
    return nt_gallery_run(gallery,
                          "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
                          " PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;",
                          "open", error);
}

/* SQLite needs a file of shared memory beside the gallery to read it, which a read-only folder does not allow, nor a full disk. If there
 * is no log either, the file is complete and at rest, and can be read as if nobody ever changed it. */
static gboolean read_at_rest(NtGallery *gallery, GError **error)
{
    g_autofree char *absolute = g_canonicalize_filename(gallery->path, NULL);
    g_autofree char *escaped = g_uri_escape_string(absolute, "/", FALSE);
    g_autofree char *uri = g_strdup_printf("file:%s?immutable=1", escaped);
    if (!log_is_empty(gallery->path)) {
        g_set_error(
            error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
            "cannot read the gallery %s: its newest changes are in %s-wal, and the folder is read-only or full; copy both "
            "to another folder and use the copy",
            gallery->path, gallery->path);
        return FALSE;
    }
    return connect(gallery, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, error);
}

/* What no gallery of ours has in its schema. SQLite writes these words just so; whoever writes the schema's table himself may
 * have a comment between them, and any type beside them. */
static const char count_programs[] = "SELECT count(*) FROM sqlite_master WHERE type NOT IN ('table', 'index')"
                                     " OR (sql NOT LIKE 'CREATE TABLE%' AND sql NOT LIKE 'CREATE INDEX%'"
                                     " AND sql NOT LIKE 'CREATE UNIQUE INDEX%')";

/* Version of the file; 0 for an empty one. Anything else that is no gallery is refused. */
static gboolean read_version(NtGallery *gallery, gint64 *version, GError **error)
{
    gint64 application, n_tables, n_programs;
    if (!nt_gallery_query_int(gallery, "PRAGMA application_id", &application, error) ||
        !nt_gallery_query_int(gallery, "PRAGMA user_version", version, error) ||
        !nt_gallery_query_int(gallery, "SELECT count(*) FROM sqlite_master", &n_tables, error) ||
        !nt_gallery_query_int(gallery, count_programs, &n_programs, error))
        return FALSE;
    if (application == 0 && *version == 0 && n_tables == 0)
        return TRUE;
    if (application != NT_GALLERY_APPLICATION_ID || *version < 1 || n_programs > 0) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                    "%s is not a gallery; give the file that 'nametag enroll' made", gallery->path);
        return FALSE;
    }
    if (*version > NT_GALLERY_SCHEMA_VERSION) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NEWER,
                    "the gallery %s was made by a newer Nametag (its version is %" G_GINT64_FORMAT
                    ", this program knows %d); update the program",
                    gallery->path, *version, NT_GALLERY_SCHEMA_VERSION);
        return FALSE;
    }
    return TRUE;
}

static gboolean connect_for_reading(NtGallery *gallery, gint64 *version, GError **error)
{
    g_autoptr(GError) reason = NULL;
    /* Read and write where it can be, so that a log left by a crash is dealt with; query_only keeps us from writing. */
    if (!connect(gallery, gallery->path, SQLITE_OPEN_READWRITE, &reason) || !read_version(gallery, version, &reason)) {
        const int code = gallery->db ? sqlite3_errcode(gallery->db) : SQLITE_NOMEM, kind = code & 0xff;
        if (kind != SQLITE_CANTOPEN && kind != SQLITE_READONLY && code != SQLITE_IOERR_SHMSIZE) {
            g_propagate_error(error, g_steal_pointer(&reason));
            return FALSE;
        }
        if (access(gallery->path, R_OK) != 0) {
            g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                        "cannot read the gallery %s: %s; check the permissions of the file and its folder",
                        gallery->path, g_strerror(errno));
            return FALSE;
        }
        if (!read_at_rest(gallery, error) || !read_version(gallery, version, error))
            return FALSE;
    }
    if (*version == 0) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                    "%s is not a gallery but an empty file; give the file that 'nametag enroll' made", gallery->path);
        return FALSE;
    }
    return check_whole(gallery, error) && nt_gallery_run(gallery, "PRAGMA query_only = ON", "open", error);
}

/* Goes on with a copy in memory, which is brought up to date there. */
static gboolean copy_to_memory(NtGallery *gallery, GError **error)
{
    sqlite3 *file = g_steal_pointer(&gallery->db);
    gboolean good = connect(gallery, ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error);
    if (good) {
        sqlite3_backup *copy = sqlite3_backup_init(gallery->db, "main", file, "main");
        good = copy && sqlite3_backup_step(copy, -1) == SQLITE_DONE;
        good = (!copy || sqlite3_backup_finish(copy) == SQLITE_OK) && good;
        if (!good)
            nt_gallery_sqlite_error(gallery, error, "read");
    }
    sqlite3_close(file);
    return good && nt_gallery_upgrade(gallery, FALSE, error) &&
           nt_gallery_run(gallery, "PRAGMA query_only = ON", "open", error);
}

static gboolean open_for_reading(NtGallery *gallery, GError **error)
{
    gint64 version;
    if (!connect_for_reading(gallery, &version, error))
        return FALSE;
    if (version == NT_GALLERY_SCHEMA_VERSION)
        return TRUE;
    const NtGalleryOptions options = {.mode = NT_GALLERY_WRITE};
    g_autoptr(NtGallery) upgraded =
        access(gallery->path, W_OK) == 0 ? nt_gallery_open(gallery->path, &options, NULL) : NULL;
    return upgraded ? connect_for_reading(gallery, &version, error) : copy_to_memory(gallery, error);
}

/* Changes go to a log first and the log is made safe at each commit: readers never wait, and a crash loses nothing.
 * Some file systems can't; SQLite then stays with its journal, which is as safe. */
static gboolean open_for_writing(NtGallery *gallery, NtGalleryMode mode, GError **error)
{
    gint64 version;
    if (!connect(gallery, gallery->path, SQLITE_OPEN_READWRITE, error) || !read_version(gallery, &version, error) ||
        !check_whole(gallery, error))
        return FALSE;
    if (sqlite3_db_readonly(gallery->db, "main") == 1) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
                    "cannot write the gallery %s: the file is read-only; check its permissions, or use a copy",
                    gallery->path);
        return FALSE;
    }
    if (version == 0 && mode != NT_GALLERY_CREATE) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                    "%s is not a gallery but an empty file; give the file that 'nametag enroll' made", gallery->path);
        return FALSE;
    }
    return (version != 0 || nt_gallery_create_schema(gallery, error)) &&
           (version == 0 || version == NT_GALLERY_SCHEMA_VERSION || nt_gallery_upgrade(gallery, TRUE, error)) &&
           nt_gallery_run(gallery, "PRAGMA journal_mode = WAL", "write", error) &&
           nt_gallery_complete_schema(gallery, error) && nt_gallery_watch(gallery, error);
}

/* A gallery that cannot be read to its tables is damaged, and should say so now. */
static gboolean check_tables(NtGallery *gallery, GError **error)
{
    gint64 n;
    return nt_gallery_query_int(gallery, "SELECT count(*) FROM people, meta", &n, error) &&
           nt_gallery_query_int(gallery, "SELECT max(id) FROM changes", &n, error);
}

static gboolean unlock(NtGallery *gallery, const NtVaultKeys *keys, GError **error)
{
    static const NtVaultKeys service_only = {.use_service = TRUE};
    gallery->vault_version = nt_gallery_data_version(gallery);
    if (!nt_gallery_get_meta(gallery, NT_GALLERY_META_VAULT, &gallery->vault_description, error))
        return FALSE;
    if (!gallery->vault_description)
        return TRUE;
    g_autofree char *what = nt_gallery_what(gallery);
    gallery->vault = nt_vault_open(gallery->vault_description, keys ? keys : &service_only, what, error);
    return gallery->vault != NULL;
}

/* What a forget could not finish, because another program was reading or because of a crash. */
static void finish_erasing(NtGallery *gallery)
{
    g_autofree char *pending = NULL;
    gboolean still;
    if (gallery->writable && nt_gallery_get_meta(gallery, NT_GALLERY_META_ERASE_PENDING, &pending, NULL) && pending)
        nt_gallery_erase(gallery, 0, &still, NULL);
}

NtGallery *nt_gallery_open(const char *path, const NtGalleryOptions *options, GError **error)
{
    if (!is_there(path, options->mode, error))
        return NULL;
    g_autoptr(NtGallery) gallery = g_new0(NtGallery, 1);
    gallery->path = g_strdup(path);
    gallery->fingerprint = g_strdup(options->model_fingerprint);
    gallery->forced_kind = -1;
    if (options->mode == NT_GALLERY_READ) {
        if (!open_for_reading(gallery, error))
            return NULL;
    } else {
        gallery->writable = TRUE;
        if (!open_for_writing(gallery, options->mode, error))
            return NULL;
    }
    if (!check_tables(gallery, error) || !unlock(gallery, options->keys, error) || !check_fingerprint(gallery, error))
        return NULL;
    finish_erasing(gallery);
    return g_steal_pointer(&gallery);
}

void nt_gallery_close(NtGallery *gallery)
{
    if (!gallery)
        return;
    nt_gallery_roll_back(gallery);
    sqlite3_close(gallery->db);
    nt_vault_unref(gallery->vault);
    g_free(gallery->vault_description);
    g_free(gallery->path);
    g_free(gallery->fingerprint);
    g_free(gallery);
}

char *nt_gallery_what(const NtGallery *gallery)
{
    g_autofree char *absolute = g_canonicalize_filename(gallery->path, NULL);
    return g_strconcat("the gallery ", absolute, NULL);
}

const char *nt_gallery_path(const NtGallery *gallery)
{
    return gallery->path;
}
gboolean nt_gallery_is_encrypted(const NtGallery *gallery)
{
    return gallery->vault_description != NULL;
}
gboolean nt_gallery_uses_service(const NtGallery *gallery)
{
    return gallery->vault_description && nt_vault_uses_service(gallery->vault_description);
}
gboolean nt_gallery_is_writable(const NtGallery *gallery)
{
    return gallery->writable;
}

char *nt_gallery_default_path(void)
{
    return g_build_filename(g_get_user_data_dir(), "nametag", "gallery.sqlite", NULL);
}

gint64 nt_gallery_data_version(NtGallery *gallery)
{
    gint64 version = 0;
    nt_gallery_query_int(gallery, "PRAGMA data_version", &version, NULL);
    return version;
}

/* Every change of the rows is in `changes`, whose ids are never given twice; to forget removes a person, and other
 * models and keys are in `meta`. */
char *nt_gallery_content_stamp(NtGallery *gallery, GError **error)
{
    static const char question[] =
        "SELECT (SELECT ifnull(max(id), 0) FROM changes) || ' ' || (SELECT total(id) FROM changes WHERE undone) || ' ' ||"
        " (SELECT count(*) || ' ' || total(id) FROM people) || ' ' || (SELECT count(*) FROM faces) || ' ' ||"
        " (SELECT count(*) FROM rejections) || ' ' || (SELECT count(*) FROM strangers) || ' ' ||"
        " (SELECT ifnull(group_concat(key || '=' || value), '') FROM meta WHERE key IN "
        "('" NT_GALLERY_META_FINGERPRINT "', '" NT_GALLERY_META_VAULT "'))";
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare(gallery, question, "read", error);
    return s && nt_gallery_next(gallery, s, error) ? g_strdup((const char *)sqlite3_column_text(s, 0)) : NULL;
}

gboolean nt_gallery_check_vault(NtGallery *gallery, GError **error)
{
    const gint64 version = nt_gallery_data_version(gallery);
    if (version == gallery->vault_version)
        return TRUE;
    g_autofree char *description = NULL;
    if (!nt_gallery_get_meta(gallery, NT_GALLERY_META_VAULT, &description, error))
        return FALSE;
    if (g_strcmp0(description, gallery->vault_description) != 0) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                    "another program has %s the gallery %s meanwhile; open it again",
                    description ? "encrypted" : "decrypted", gallery->path);
        return FALSE;
    }
    gallery->vault_version = version;
    return TRUE;
}
