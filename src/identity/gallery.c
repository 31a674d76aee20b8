#include "identity/gallery.h"

#include <errno.h>
#include <fcntl.h>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID 0x4e54474c /* "NTGL" */
#define BUSY_TIMEOUT_MS 5000
#define MAX_NAME_BYTES 200
/* SQLite's file format, section 1.3: the database's size in pages, big-endian. */
#define DATABASE_HEADER_BYTES 100
#define PAGE_COUNT_OFFSET 28
#define EMBEDDING_BYTES (NT_EMBEDDING_SIZE * 4)
#define FINGERPRINT_KEY "model_fingerprint"

/* clang-format off */
G_DEFINE_QUARK(nt-gallery-error-quark, nt_gallery_error)
/* clang-format on */

struct NtGallery {
    sqlite3 *db;
    char *path;
    char *fingerprint; /* of the model in use; NULL: not checked */
    gboolean writable, in_transaction;
};

static const char schema[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE people ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  created_us INTEGER NOT NULL);"
    "CREATE TABLE faces ("
    "  id INTEGER PRIMARY KEY,"
    "  person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,"
    "  embedding BLOB NOT NULL CHECK (length(embedding) = 512),"
    "  chip BLOB,"
    "  source TEXT NOT NULL,"
    "  pts_ns INTEGER,"
    "  box_left INTEGER NOT NULL, box_top INTEGER NOT NULL, box_right INTEGER NOT NULL, box_bottom INTEGER NOT NULL,"
    "  score REAL NOT NULL,"
    "  created_us INTEGER NOT NULL);"
    "CREATE INDEX faces_of_person ON faces (person_id);";

/* What SQLite says, as what the user can do about it. */
static gboolean set_sqlite_error(NtGallery *gallery, GError **error, const char *doing)
{
    const int code = gallery->db ? sqlite3_errcode(gallery->db) : SQLITE_NOMEM;
    const char *path = gallery->path;
    switch (code & 0xff) {
    case SQLITE_NOTADB:
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                    "%s is not a gallery; give the file that 'nametag enroll' made", path);
        break;
    case SQLITE_CORRUPT:
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                    "the gallery %s is damaged (%s); restore it from a copy, or enrol again into a new file", path,
                    sqlite3_errmsg(gallery->db));
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
                    "cannot %s the gallery %s: another program is writing to it; try again when it is done", doing, path);
        break;
    case SQLITE_FULL:
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
                    "cannot %s the gallery %s: the disk is full; make room and try again, nothing was changed", doing,
                    path);
        break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE,
                    "cannot %s the gallery %s: %s; check the permissions of the file and its folder", doing, path,
                    sqlite3_errmsg(gallery->db));
        break;
    default:
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE, "cannot %s the gallery %s: %s", doing, path,
                    gallery->db ? sqlite3_errmsg(gallery->db) : "not enough memory");
    }
    return FALSE;
}

static gboolean run(NtGallery *gallery, const char *sql, const char *doing, GError **error)
{
    return sqlite3_exec(gallery->db, sql, NULL, NULL, NULL) == SQLITE_OK || set_sqlite_error(gallery, error, doing);
}

static sqlite3_stmt *prepare(NtGallery *gallery, const char *sql, const char *doing, GError **error)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(gallery->db, sql, -1, &statement, NULL) != SQLITE_OK)
        set_sqlite_error(gallery, error, doing);
    return statement;
}

/* Runs a statement that returns no rows and finalises it. */
static gboolean finish(NtGallery *gallery, sqlite3_stmt *statement, const char *doing, GError **error)
{
    const int code = sqlite3_step(statement);
    if (code != SQLITE_DONE)
        set_sqlite_error(gallery, error, doing);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE;
}

static gboolean query_int(NtGallery *gallery, const char *sql, gint64 *value, GError **error)
{
    sqlite3_stmt *statement = prepare(gallery, sql, "read", error);
    if (!statement)
        return FALSE;
    const int code = sqlite3_step(statement);
    *value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        set_sqlite_error(gallery, error, "read");
    sqlite3_finalize(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

/* Opening. */

static gboolean refuse_writing(const NtGallery *gallery, GError **error)
{
    g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE, "the gallery %s was opened for reading only",
                gallery->path);
    return FALSE;
}

/* The file exists with mode 0600 before SQLite sees it: nobody else can ever read it. SQLite gives its journal the same
 * mode. */
static gboolean create_file(const char *path, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(path);
    if (g_mkdir_with_parents(dir, 0700) != 0) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE, "cannot create the folder %s for the gallery: %s", dir,
                    g_strerror(errno));
        return FALSE;
    }
    const int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE, "cannot create the gallery %s: %s", path,
                    g_strerror(errno));
        return FALSE;
    }
    close(descriptor);
    return TRUE;
}

static gboolean create_schema(NtGallery *gallery, GError **error)
{
    g_autofree char *sql = g_strdup_printf("BEGIN IMMEDIATE; %s PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT;",
                                           schema, APPLICATION_ID, NT_GALLERY_SCHEMA_VERSION);
    if (run(gallery, sql, "create", error))
        return TRUE;
    sqlite3_exec(gallery->db, "ROLLBACK", NULL, NULL, NULL);
    return FALSE;
}

/* SQLite notices missing pages only when it comes to need them: the header tells at once whether the file was cut. */
static gboolean check_whole(NtGallery *gallery, GError **error)
{
    gint64 page_size;
    guint8 header[DATABASE_HEADER_BYTES];
    GStatBuf info;
    FILE *file = fopen(gallery->path, "rb");
    const gboolean complete = file && fread(header, sizeof header, 1, file) == 1;
    if (file)
        fclose(file);
    if (!complete) /* empty: a new one */
        return TRUE;
    if (!query_int(gallery, "PRAGMA page_size", &page_size, error))
        return FALSE;
    guint32 pages;
    memcpy(&pages, header + PAGE_COUNT_OFFSET, sizeof pages);
    if (g_stat(gallery->path, &info) == 0 && info.st_size >= (gint64)GUINT32_FROM_BE(pages) * page_size)
        return TRUE;
    g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                "the gallery %s is damaged (its end is missing); restore it from a copy, or enrol again into a new file",
                gallery->path);
    return FALSE;
}

/* An empty file becomes a gallery; anything else must be one, of a version we know. */
static gboolean check_schema(NtGallery *gallery, NtGalleryMode mode, GError **error)
{
    gint64 application, version, tables;
    if (!query_int(gallery, "PRAGMA application_id", &application, error) ||
        !query_int(gallery, "PRAGMA user_version", &version, error) ||
        !query_int(gallery, "SELECT count(*) FROM sqlite_master", &tables, error))
        return FALSE;
    if (application == 0 && version == 0 && tables == 0 && mode == NT_GALLERY_CREATE)
        return create_schema(gallery, error);
    if (application != APPLICATION_ID) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                    "%s is not a gallery; give the file that 'nametag enroll' made", gallery->path);
        return FALSE;
    }
    if (version > NT_GALLERY_SCHEMA_VERSION) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NEWER,
                    "the gallery %s was made by a newer Nametag (its version is %" G_GINT64_FORMAT
                    ", this program knows %d); update the program",
                    gallery->path, version, NT_GALLERY_SCHEMA_VERSION);
        return FALSE;
    }
    return query_int(gallery, "SELECT count(*) FROM people, meta", &tables, error);
}

static gboolean store_fingerprint(NtGallery *gallery, GError **error)
{
    sqlite3_stmt *statement =
        prepare(gallery, "INSERT OR REPLACE INTO meta (key, value) VALUES ('" FINGERPRINT_KEY "', ?)", "write", error);
    if (!statement)
        return FALSE;
    sqlite3_bind_text(statement, 1, gallery->fingerprint, -1, SQLITE_STATIC);
    return finish(gallery, statement, "write", error);
}

/* Embeddings of different models can't be compared. A gallery without faces has no model yet. */
static gboolean check_fingerprint(NtGallery *gallery, GError **error)
{
    gint64 n_faces;
    if (!query_int(gallery, "SELECT count(*) FROM faces", &n_faces, error))
        return FALSE;
    if (n_faces == 0)
        return TRUE;
    sqlite3_stmt *statement =
        prepare(gallery, "SELECT value FROM meta WHERE key = '" FINGERPRINT_KEY "'", "read", error);
    if (!statement)
        return FALSE;
    const gboolean row = sqlite3_step(statement) == SQLITE_ROW;
    const gboolean same = row && g_strcmp0((const char *)sqlite3_column_text(statement, 0), gallery->fingerprint) == 0;
    sqlite3_finalize(statement);
    if (!same)
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_MODEL,
                    "the faces in the gallery %s were embedded by another model than the one in use; use that model "
                    "again ('nametag models'), or enrol into a new gallery",
                    gallery->path);
    return same;
}

NtGallery *nt_gallery_open(const char *path, NtGalleryMode mode, const char *model_fingerprint, GError **error)
{
    if (mode == NT_GALLERY_CREATE) {
        if (!create_file(path, error))
            return NULL;
    } else if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                    "there is no gallery %s; 'nametag enroll --gallery %s NAME PICTURE' makes one", path, path);
        return NULL;
    }
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN, "%s is a folder, not a gallery", path);
        return NULL;
    }
    g_autoptr(NtGallery) gallery = g_new0(NtGallery, 1);
    gallery->path = g_strdup(path);
    gallery->fingerprint = g_strdup(model_fingerprint);
    gallery->writable = mode != NT_GALLERY_READ;
    const int flags = gallery->writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    if (sqlite3_open_v2(path, &gallery->db, flags, NULL) != SQLITE_OK) {
        set_sqlite_error(gallery, error, "open");
        return NULL;
    }
    sqlite3_busy_timeout(gallery->db, BUSY_TIMEOUT_MS);
    if (!run(gallery, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
                      " PRAGMA trusted_schema = OFF;", "open", error) ||
        !check_whole(gallery, error) || !check_schema(gallery, mode, error) || (model_fingerprint && !check_fingerprint(gallery, error)))
        return NULL;
    return g_steal_pointer(&gallery);
}

void nt_gallery_close(NtGallery *gallery)
{
    if (!gallery)
        return;
    nt_gallery_roll_back(gallery);
    sqlite3_close(gallery->db);
    g_free(gallery->path);
    g_free(gallery->fingerprint);
    g_free(gallery);
}

const char *nt_gallery_path(const NtGallery *gallery) { return gallery->path; }

char *nt_gallery_default_path(void)
{
    return g_build_filename(g_get_user_data_dir(), "nametag", "gallery.sqlite", NULL);
}

/* Transactions. Each change is one by itself (a savepoint), or part of the one that begin opened. */

gboolean nt_gallery_begin(NtGallery *gallery, GError **error)
{
    if (!gallery->writable)
        return refuse_writing(gallery, error);
    g_return_val_if_fail(!gallery->in_transaction, FALSE);
    gallery->in_transaction = run(gallery, "BEGIN IMMEDIATE", "write", error);
    return gallery->in_transaction;
}

gboolean nt_gallery_commit(NtGallery *gallery, GError **error)
{
    g_return_val_if_fail(gallery->in_transaction, FALSE);
    const gboolean done = run(gallery, "COMMIT", "write", error);
    if (!done)
        sqlite3_exec(gallery->db, "ROLLBACK", NULL, NULL, NULL);
    gallery->in_transaction = FALSE;
    return done;
}

void nt_gallery_roll_back(NtGallery *gallery)
{
    if (gallery->in_transaction)
        sqlite3_exec(gallery->db, "ROLLBACK", NULL, NULL, NULL);
    gallery->in_transaction = FALSE;
}

static gboolean begin_change(NtGallery *gallery, GError **error)
{
    if (!gallery->writable)
        return refuse_writing(gallery, error);
    return run(gallery, gallery->in_transaction ? "SAVEPOINT change" : "BEGIN IMMEDIATE", "write", error);
}

/* Ends what begin_change began: kept when good. */
static gboolean end_change(NtGallery *gallery, gboolean good, GError **error)
{
    if (good)
        good = run(gallery, gallery->in_transaction ? "RELEASE change" : "COMMIT", "write", error);
    if (!good)
        sqlite3_exec(gallery->db, gallery->in_transaction ? "ROLLBACK TO change; RELEASE change" : "ROLLBACK", NULL, NULL,
                     NULL);
    return good;
}

/* Names. */

/* Trimmed and in Unicode's composed form, so that what looks the same is the same. NULL with error for no usable name. */
static char *usable_name(const char *name, GError **error)
{
    g_autofree char *composed = name && g_utf8_validate(name, -1, NULL) ? g_utf8_normalize(name, -1, G_NORMALIZE_NFC) : NULL;
    const char *problem = NULL;
    if (!composed)
        problem = "it is not UTF-8";
    else if (!*g_strstrip(composed))
        problem = "it is empty";
    else if (strlen(composed) > MAX_NAME_BYTES)
        problem = "it is longer than 200 bytes";
    for (const char *c = composed; !problem && *c; c = g_utf8_next_char(c))
        if (g_unichar_iscntrl(g_utf8_get_char(c)))
            problem = "it has control characters";
    if (problem) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NAME, "this cannot be a person's name: %s", problem);
        return NULL;
    }
    return g_steal_pointer(&composed);
}

/* The person's id; 0 with error unset when there is none. */
static gint64 find_id(NtGallery *gallery, const char *name, GError **error)
{
    sqlite3_stmt *statement = prepare(gallery, "SELECT id FROM people WHERE name = ?", "read", error);
    if (!statement)
        return 0;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    const int code = sqlite3_step(statement);
    const gint64 id = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        set_sqlite_error(gallery, error, "read");
    sqlite3_finalize(statement);
    return id;
}

static gint64 require_id(NtGallery *gallery, const char *name, GError **error)
{
    GError *reason = NULL;
    g_autofree char *usable = usable_name(name, error);
    if (!usable)
        return 0;
    const gint64 id = find_id(gallery, usable, &reason);
    if (reason)
        g_propagate_error(error, reason);
    else if (!id)
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND, "there is nobody called '%s' in %s", usable,
                    gallery->path);
    return id;
}

static gint64 add_person(NtGallery *gallery, const char *name, GError **error)
{
    sqlite3_stmt *statement = prepare(gallery, "INSERT INTO people (name, created_us) VALUES (?, ?)", "write", error);
    if (!statement)
        return 0;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, g_get_real_time());
    return finish(gallery, statement, "write", error) ? sqlite3_last_insert_rowid(gallery->db) : 0;
}

/* Faces. */

static void embedding_to_bytes(const float *embedding, guint8 bytes[EMBEDDING_BYTES])
{
    for (guint i = 0; i < NT_EMBEDDING_SIZE; i++) {
        guint32 bits;
        memcpy(&bits, &embedding[i], sizeof bits);
        bits = GUINT32_TO_LE(bits);
        memcpy(bytes + 4 * i, &bits, sizeof bits);
    }
}

/* FALSE when the bytes are no embedding. */
static gboolean embedding_from_bytes(const guint8 *bytes, int size, float *embedding)
{
    if (!bytes || size != EMBEDDING_BYTES)
        return FALSE;
    for (guint i = 0; i < NT_EMBEDDING_SIZE; i++) {
        guint32 bits;
        memcpy(&bits, bytes + 4 * i, sizeof bits);
        bits = GUINT32_FROM_LE(bits);
        memcpy(&embedding[i], &bits, sizeof bits);
        if (!isfinite(embedding[i]))
            return FALSE;
    }
    return TRUE;
}

static gboolean encode_chip(const guint8 *chip, char **png, gsize *size, GError **error)
{
    g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new_from_data(chip, GDK_COLORSPACE_RGB, FALSE, 8, NT_CHIP_SIZE, NT_CHIP_SIZE,
                                                           NT_CHIP_SIZE * 3, NULL, NULL);
    return gdk_pixbuf_save_to_buffer(pixbuf, png, size, "png", error, NULL);
}

/* The chip's pixels, or NULL when the bytes are no chip. */
static guint8 *decode_chip(const guint8 *png, gsize size)
{
    g_autoptr(GdkPixbufLoader) loader = gdk_pixbuf_loader_new_with_type("png", NULL);
    if (!loader)
        return NULL;
    const gboolean read = png && gdk_pixbuf_loader_write(loader, png, size, NULL);
    if (!gdk_pixbuf_loader_close(loader, NULL) || !read)
        return NULL;
    GdkPixbuf *pixbuf = gdk_pixbuf_loader_get_pixbuf(loader);
    if (!pixbuf || gdk_pixbuf_get_width(pixbuf) != NT_CHIP_SIZE || gdk_pixbuf_get_height(pixbuf) != NT_CHIP_SIZE ||
        gdk_pixbuf_get_n_channels(pixbuf) != 3)
        return NULL;
    guint8 *chip = g_malloc(NT_CHIP_BYTES);
    const int stride = gdk_pixbuf_get_rowstride(pixbuf);
    for (int y = 0; y < NT_CHIP_SIZE; y++)
        memcpy(chip + y * NT_CHIP_SIZE * 3, gdk_pixbuf_read_pixels(pixbuf) + (gsize)y * (gsize)stride, NT_CHIP_SIZE * 3);
    return chip;
}

static gint64 insert_face(NtGallery *gallery, gint64 person, const NtGalleryFace *face, const char *png, gsize png_size,
                          GError **error)
{
    guint8 bytes[EMBEDDING_BYTES];
    sqlite3_stmt *s = prepare(gallery,
                              "INSERT INTO faces (person_id, embedding, chip, source, pts_ns, box_left, box_top, box_right,"
                              " box_bottom, score, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                              "write", error);
    if (!s)
        return 0;
    embedding_to_bytes(face->embedding, bytes);
    sqlite3_bind_int64(s, 1, person);
    sqlite3_bind_blob(s, 2, bytes, sizeof bytes, SQLITE_STATIC);
    if (png)
        sqlite3_bind_blob64(s, 3, png, png_size, SQLITE_STATIC);
    sqlite3_bind_text(s, 4, face->source ? face->source : "", -1, SQLITE_STATIC);
    if (face->pts_ns >= 0)
        sqlite3_bind_int64(s, 5, face->pts_ns);
    sqlite3_bind_int(s, 6, face->box.left);
    sqlite3_bind_int(s, 7, face->box.top);
    sqlite3_bind_int(s, 8, face->box.right);
    sqlite3_bind_int(s, 9, face->box.bottom);
    sqlite3_bind_double(s, 10, face->score);
    sqlite3_bind_int64(s, 11, face->created_us ? face->created_us : g_get_real_time());
    return finish(gallery, s, "write", error) ? sqlite3_last_insert_rowid(gallery->db) : 0;
}

gint64 nt_gallery_add_face(NtGallery *gallery, const char *person, const NtGalleryFace *face, GError **error)
{
    g_autofree char *name = usable_name(person, error), *png = NULL;
    gsize png_size = 0;
    if (!name || (face->chip && !encode_chip(face->chip, &png, &png_size, error)) || !begin_change(gallery, error))
        return 0;
    GError *reason = NULL;
    gint64 id = find_id(gallery, name, &reason), face_id = 0;
    if (!id && !reason)
        id = add_person(gallery, name, &reason);
    if (id && (!gallery->fingerprint || store_fingerprint(gallery, &reason)))
        face_id = insert_face(gallery, id, face, png, png_size, &reason);
    const gboolean kept = end_change(gallery, face_id != 0, reason ? NULL : error);
    if (reason)
        g_propagate_error(error, reason);
    return kept ? face_id : 0;
}

/* People. */

void nt_person_free(NtPerson *person)
{
    if (!person)
        return;
    g_free(person->name);
    g_free(person);
}

static gint by_collation(gconstpointer a, gconstpointer b)
{
    const NtPerson *x = *(NtPerson *const *)a, *y = *(NtPerson *const *)b;
    const int order = g_utf8_collate(x->name, y->name);
    return order ? order : strcmp(x->name, y->name);
}

static GPtrArray *list_people(NtGallery *gallery, const char *name, GError **error)
{
    sqlite3_stmt *s = prepare(gallery,
                              "SELECT id, name, created_us, (SELECT count(*) FROM faces WHERE person_id = people.id)"
                              " FROM people WHERE ?1 IS NULL OR name = ?1",
                              "read", error);
    if (!s)
        return NULL;
    if (name)
        sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    g_autoptr(GPtrArray) people = g_ptr_array_new_with_free_func((GDestroyNotify)nt_person_free);
    int code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        NtPerson *person = g_new0(NtPerson, 1);
        person->id = sqlite3_column_int64(s, 0);
        person->name = g_utf8_make_valid((const char *)sqlite3_column_text(s, 1), -1);
        person->created_us = sqlite3_column_int64(s, 2);
        person->n_faces = (guint)sqlite3_column_int64(s, 3);
        g_ptr_array_add(people, person);
    }
    if (code != SQLITE_DONE)
        set_sqlite_error(gallery, error, "read");
    sqlite3_finalize(s);
    g_ptr_array_sort(people, by_collation);
    return code == SQLITE_DONE ? g_steal_pointer(&people) : NULL;
}

GPtrArray *nt_gallery_list_people(NtGallery *gallery, GError **error) { return list_people(gallery, NULL, error); }

NtPerson *nt_gallery_find_person(NtGallery *gallery, const char *name, GError **error)
{
    g_autofree char *usable = usable_name(name, error);
    g_autoptr(GPtrArray) found = usable ? list_people(gallery, usable, error) : NULL;
    if (!found)
        return NULL;
    if (found->len == 0) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND, "there is nobody called '%s' in %s", usable,
                    gallery->path);
        return NULL;
    }
    return g_ptr_array_steal_index(found, 0);
}

gboolean nt_gallery_visit_faces(NtGallery *gallery, const char *person, gboolean with_chips, NtGalleryVisitFace visit,
                                gpointer user, GError **error)
{
    const gint64 id = require_id(gallery, person, error);
    sqlite3_stmt *s = id ? prepare(gallery,
                                   "SELECT id, embedding, source, pts_ns, box_left, box_top, box_right, box_bottom, score,"
                                   " created_us, chip FROM faces WHERE person_id = ? ORDER BY created_us, id",
                                   "read", error)
                         : NULL;
    if (!s)
        return FALSE;
    sqlite3_bind_int64(s, 1, id);
    int code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        NtGalleryFace face = {.id = sqlite3_column_int64(s, 0), .created_us = sqlite3_column_int64(s, 9),
                              .score = sqlite3_column_double(s, 8)};
        if (!embedding_from_bytes(sqlite3_column_blob(s, 1), sqlite3_column_bytes(s, 1), face.embedding)) {
            g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN, "the gallery %s is damaged: face %" G_GINT64_FORMAT
                        " has no usable embedding", gallery->path, face.id);
            break;
        }
        face.source = (const char *)sqlite3_column_text(s, 2);
        face.pts_ns = sqlite3_column_type(s, 3) == SQLITE_NULL ? -1 : sqlite3_column_int64(s, 3);
        face.box = (NtRect){sqlite3_column_int(s, 4), sqlite3_column_int(s, 5), sqlite3_column_int(s, 6),
                            sqlite3_column_int(s, 7)};
        g_autofree guint8 *chip =
            with_chips ? decode_chip(sqlite3_column_blob(s, 10), (gsize)sqlite3_column_bytes(s, 10)) : NULL;
        face.chip = chip;
        visit(&face, user);
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        set_sqlite_error(gallery, error, "read");
    sqlite3_finalize(s);
    return code == SQLITE_DONE;
}

static gboolean update_two(NtGallery *gallery, const char *sql, gint64 first, gint64 second, GError **error)
{
    sqlite3_stmt *s = prepare(gallery, sql, "write", error);
    if (!s)
        return FALSE;
    sqlite3_bind_int64(s, 1, first);
    if (second)
        sqlite3_bind_int64(s, 2, second);
    return finish(gallery, s, "write", error);
}

static gboolean set_name(NtGallery *gallery, gint64 id, const char *name, GError **error)
{
    sqlite3_stmt *s = prepare(gallery, "UPDATE people SET name = ? WHERE id = ?", "write", error);
    if (!s)
        return FALSE;
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, id);
    return finish(gallery, s, "write", error);
}

gboolean nt_gallery_rename(NtGallery *gallery, const char *name, const char *new_name, GError **error)
{
    g_autofree char *usable = usable_name(new_name, error);
    if (!usable || !begin_change(gallery, error))
        return FALSE;
    GError *reason = NULL;
    const gint64 id = require_id(gallery, name, &reason);
    const gint64 other = id ? find_id(gallery, usable, &reason) : 0;
    if (other && other != id)
        g_set_error(&reason, NT_GALLERY_ERROR, NT_GALLERY_ERROR_EXISTS,
                    "there is a '%s' already; if both are one person, merge them", usable);
    const gboolean good = !reason && set_name(gallery, id, usable, &reason);
    const gboolean kept = end_change(gallery, good, reason ? NULL : error);
    if (reason)
        g_propagate_error(error, reason);
    return kept;
}

gboolean nt_gallery_merge(NtGallery *gallery, const char *from, const char *into, GError **error)
{
    if (!begin_change(gallery, error))
        return FALSE;
    GError *reason = NULL;
    const gint64 source = require_id(gallery, from, &reason);
    const gint64 target = source ? require_id(gallery, into, &reason) : 0;
    if (source && source == target)
        g_set_error(&reason, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NAME, "'%s' cannot be merged into itself", from);
    const gboolean good = !reason &&
                          update_two(gallery, "UPDATE faces SET person_id = ?2 WHERE person_id = ?1", source, target, &reason) &&
                          update_two(gallery, "DELETE FROM people WHERE id = ?1", source, 0, &reason);
    const gboolean kept = end_change(gallery, good, reason ? NULL : error);
    if (reason)
        g_propagate_error(error, reason);
    return kept;
}

gboolean nt_gallery_forget(NtGallery *gallery, const char *name, GError **error)
{
    if (!begin_change(gallery, error))
        return FALSE;
    GError *reason = NULL;
    const gint64 id = require_id(gallery, name, &reason);
    const gboolean good = id && update_two(gallery, "DELETE FROM people WHERE id = ?1", id, 0, &reason);
    gboolean kept = end_change(gallery, good, reason ? NULL : error);
    if (reason)
        g_propagate_error(error, reason);
    /* secure_delete has overwritten the content; this gives the emptied pages back to the file system. */
    if (kept && !gallery->in_transaction)
        kept = run(gallery, "VACUUM", "shrink", error);
    return kept;
}

/* Snapshot. */

static void collect_embedding(const NtGalleryFace *face, gpointer user)
{
    g_array_append_vals(user, face->embedding, NT_EMBEDDING_SIZE);
}

NtGallerySnapshot *nt_gallery_snapshot(NtGallery *gallery, GError **error)
{
    const gboolean own = !gallery->in_transaction;
    if (own && !run(gallery, "BEGIN", "read", error)) /* people and faces of one moment */
        return NULL;
    g_autoptr(GPtrArray) people = nt_gallery_list_people(gallery, error);
    g_autoptr(GArray) embeddings = g_array_new(FALSE, FALSE, sizeof(float));
    g_autoptr(GArray) owners = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    gboolean good = people != NULL;
    for (guint i = 0; good && i < people->len; i++) {
        const NtPerson *person = people->pdata[i];
        if (person->n_faces == 0)
            continue;
        good = nt_gallery_visit_faces(gallery, person->name, FALSE, collect_embedding, embeddings, error);
        while (good && owners->len < embeddings->len / NT_EMBEDDING_SIZE)
            g_array_append_val(owners, names->len);
        g_ptr_array_add(names, g_strdup(person->name));
    }
    if (own)
        sqlite3_exec(gallery->db, "COMMIT", NULL, NULL, NULL);
    if (!good)
        return NULL;
    NtGallerySnapshot *snapshot = g_new0(NtGallerySnapshot, 1);
    snapshot->n_people = names->len;
    snapshot->n_faces = owners->len;
    g_ptr_array_add(names, NULL);
    snapshot->names = (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
    snapshot->embeddings = (float *)(void *)g_array_free(g_steal_pointer(&embeddings), FALSE);
    snapshot->person = (guint *)(void *)g_array_free(g_steal_pointer(&owners), FALSE);
    return snapshot;
}

void nt_gallery_snapshot_free(NtGallerySnapshot *snapshot)
{
    if (!snapshot)
        return;
    g_strfreev(snapshot->names);
    g_free(snapshot->embeddings);
    g_free(snapshot->person);
    g_free(snapshot);
}
