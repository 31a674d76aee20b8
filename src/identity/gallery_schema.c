#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "identity/gallery_private.h"

const char *const nt_gallery_tables[NT_N_TABLES] = {"people", "faces", "rejections", "strangers", "covers"};
const char *const nt_gallery_columns[NT_N_TABLES] = {
    "name, name_key, created_us",
    "person_id, " NT_FACE_COLUMNS,
    "person_id, " NT_ANSWER_COLUMNS,
    NT_ANSWER_COLUMNS,
    "face_id",
};

#define FACE_COLUMN_TYPES                                                                                             \
    "  embedding BLOB NOT NULL, source BLOB NOT NULL, pts_ns INTEGER,"                                                \
    "  box_left INTEGER NOT NULL, box_top INTEGER NOT NULL, box_right INTEGER NOT NULL, box_bottom INTEGER NOT NULL," \
    "  score REAL NOT NULL,"                                                                                          \
    "  size_px REAL, sharpness REAL, yaw REAL, pitch REAL, roll REAL, brightness REAL, contrast REAL, clipped REAL,"  \
    "  inside REAL,"                                                                                                  \
    "  forced INTEGER NOT NULL DEFAULT 0, aside INTEGER NOT NULL DEFAULT 0, created_us INTEGER NOT NULL, chip BLOB"
#define ANSWER_COLUMN_TYPES "  embedding BLOB NOT NULL, source BLOB NOT NULL, created_us INTEGER NOT NULL, chip BLOB"

static const char meta_table[] = "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;";

/* AUTOINCREMENT: an id is never given twice, so that the history means one thing by it, and an id that somebody wrote
 * down never comes to mean another picture. No cascades: what a change deletes, it deletes one by one, in an order that
 * undo can follow backwards. */
static const char tables[] =
    "CREATE TABLE people ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, name BLOB NOT NULL, name_key BLOB NOT NULL UNIQUE,"
    "  created_us INTEGER NOT NULL);"
    "CREATE TABLE faces ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, person_id INTEGER NOT NULL REFERENCES people (id)," FACE_COLUMN_TYPES ");"
    "CREATE INDEX faces_of_person ON faces (person_id, aside);"
    "CREATE TABLE rejections ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, person_id INTEGER NOT NULL REFERENCES people (id)," ANSWER_COLUMN_TYPES
    ");"
    "CREATE INDEX rejections_of_person ON rejections (person_id);"
    "CREATE TABLE strangers (id INTEGER PRIMARY KEY AUTOINCREMENT," ANSWER_COLUMN_TYPES ");"
    "CREATE TABLE unknown_people ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL, source BLOB NOT NULL, source_key BLOB NOT NULL,"
    "  n_frames INTEGER NOT NULL, first_ns INTEGER, last_ns INTEGER, created_us INTEGER NOT NULL);"
    "CREATE INDEX unknown_people_of_source ON unknown_people (source_key);"
    "CREATE TABLE unknown_faces ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, unknown_id INTEGER NOT NULL REFERENCES unknown_people "
    "(id)," FACE_COLUMN_TYPES ");"
    "CREATE INDEX faces_of_unknown ON unknown_faces (unknown_id);"
    "CREATE TABLE changes ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, person_id INTEGER, other_id INTEGER,"
    "  count INTEGER NOT NULL, made_us INTEGER NOT NULL, undone INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE merges (change_id INTEGER NOT NULL, from_id INTEGER NOT NULL, into_id INTEGER NOT NULL);";

/* What came to version 2 later: programs that do not know of it go on as before, so nothing refers to other tables.
 * An id is a person's. */
static const char extra_tables[] = "CREATE TABLE IF NOT EXISTS covers (id INTEGER PRIMARY KEY, face_id INTEGER NOT NULL);"
                                   "CREATE TABLE IF NOT EXISTS seen (id INTEGER PRIMARY KEY, seen BLOB NOT NULL);";

/* The history of a table has its columns: a row as it was before a change. */
static char *history_tables(NtGalleryTable first, guint n)
{
    GString *sql = g_string_new(NULL);
    for (guint t = first; t < first + n; t++) {
        const char *table = nt_gallery_tables[t];
        g_string_append_printf(
            sql,
            "CREATE TABLE IF NOT EXISTS history_%s (change_id INTEGER NOT NULL, seq INTEGER NOT NULL, op TEXT NOT NULL,"
            " id INTEGER NOT NULL, %s, PRIMARY KEY (change_id, seq));"
            "CREATE INDEX IF NOT EXISTS history_%s_id ON history_%s (id, change_id);",
            table, nt_gallery_columns[t], table, table);
    }
    return g_string_free(sql, FALSE);
}

static gboolean make_extra_tables(NtGallery *gallery, GError **error)
{
    g_autofree char *history = history_tables(NT_TABLE_COVERS, 1);
    return nt_gallery_run(gallery, extra_tables, "create", error) && nt_gallery_run(gallery, history, "create", error);
}

static gboolean make_tables(NtGallery *gallery, GError **error)
{
    g_autofree char *history = history_tables(NT_TABLE_PEOPLE, NT_TABLE_COVERS);
    return nt_gallery_run(gallery, tables, "create", error) && nt_gallery_run(gallery, history, "create", error) &&
           make_extra_tables(gallery, error) &&
           nt_gallery_run_format(gallery, error, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
                                 NT_GALLERY_APPLICATION_ID, NT_GALLERY_SCHEMA_VERSION);
}

static gboolean end(NtGallery *gallery, gboolean good, GError **error)
{
    good = good && nt_gallery_run(gallery, "COMMIT", "write", error);
    if (!good)
        sqlite3_exec(gallery->db, "ROLLBACK", NULL, NULL, NULL);
    return good;
}

/* Two programs may find the same empty file: the second waits, and then finds a gallery. */
gboolean nt_gallery_create_schema(NtGallery *gallery, GError **error)
{
    gint64 n;
    if (!nt_gallery_run(gallery, "BEGIN IMMEDIATE", "create", error))
        return FALSE;
    gboolean good = nt_gallery_query_int(gallery, "SELECT count(*) FROM sqlite_master", &n, error);
    if (good && n == 0)
        good = nt_gallery_run(gallery, meta_table, "create", error) && make_tables(gallery, error);
    return end(gallery, good, error);
}

gboolean nt_gallery_complete_schema(NtGallery *gallery, GError **error)
{
    gboolean complete;
    if (!nt_gallery_has_extras(gallery, &complete, error))
        return FALSE;
    return complete || (nt_gallery_run(gallery, "BEGIN IMMEDIATE", "write", error) &&
                        end(gallery, make_extra_tables(gallery, error), error));
}

char *nt_gallery_backup_path(const NtGallery *gallery)
{
    return g_strconcat(gallery->path, NT_GALLERY_BACKUP_ENDING, NULL);
}

/* A copy of the file as it is, by SQLite's own means, readable by its owner only. */
static gboolean write_backup(NtGallery *gallery, GError **error)
{
    g_autofree char *path = nt_gallery_backup_path(gallery);
    sqlite3 *from = NULL, *to = NULL;
    /* Where others may write in the gallery's folder, a link with this name could lead to any file of ours. */
    const int descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        g_set_error(
            error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
            "cannot write the backup %s before the gallery is brought up to date: %s; see to that and try again", path,
            g_strerror(errno));
        return FALSE;
    }
    fchmod(descriptor, 0600); /* one that was there may have had another mode */
    close(descriptor);
    /* Another connection reads: this one has the lock that keeps writers away. */
    gboolean good = sqlite3_open_v2(gallery->path, &from, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
                    sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK;
    sqlite3_backup *backup = good ? sqlite3_backup_init(to, "main", from, "main") : NULL;
    good = backup && sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    good = (!backup || sqlite3_backup_finish(backup) == SQLITE_OK) && good;
    if (!good) {
        g_set_error(
            error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
            "cannot write the backup %s before the gallery is brought up to date: %s; see to that and try again", path,
            to ? sqlite3_errmsg(to) : "not enough memory");
        g_unlink(path);
    }
    sqlite3_close(to);
    sqlite3_close(from);
    return good;
}

/* Version 1 had people and faces only, and no quality. */
static const char before_upgrade[] = "DROP INDEX IF EXISTS faces_of_person;"
                                     "ALTER TABLE faces RENAME TO faces_v1;"
                                     "ALTER TABLE people RENAME TO people_v1;";
static const char after_upgrade[] =
    "INSERT INTO people (id, name, name_key, created_us) SELECT id, name, CAST(name AS BLOB), created_us FROM "
    "people_v1;"
    "INSERT INTO faces (id, person_id, embedding, source, pts_ns, box_left, box_top, box_right, box_bottom, score,"
    " created_us, chip)"
    " SELECT id, person_id, embedding, source, pts_ns, box_left, box_top, box_right, box_bottom, score, created_us, "
    "chip"
    " FROM faces_v1;"
    "DROP TABLE faces_v1;"
    "DROP TABLE people_v1;";

gboolean nt_gallery_upgrade(NtGallery *gallery, gboolean with_backup, GError **error)
{
    gint64 version;
    if (!nt_gallery_run(gallery, "BEGIN IMMEDIATE", "write", error))
        return FALSE;
    gboolean good = nt_gallery_query_int(gallery, "PRAGMA user_version", &version, error);
    if (good && version < NT_GALLERY_SCHEMA_VERSION) /* else another program was faster */
        good = (!with_backup || write_backup(gallery, error)) &&
               nt_gallery_run(gallery, before_upgrade, "write", error) && make_tables(gallery, error) &&
               nt_gallery_run(gallery, after_upgrade, "write", error);
    return end(gallery, good, error);
}
