#include "gallery_fixture.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

NtGallery *gallery_open(const char *path, NtGalleryMode mode, const char *fingerprint)
{
    g_autoptr(GError) error = NULL;
    const NtGalleryOptions options = {.mode = mode, .model_fingerprint = fingerprint};
    NtGallery *gallery = nt_gallery_open(path, &options, &error);
    g_assert_no_error(error);
    return gallery;
}

char *gallery_make_folder(void)
{
    char *in_memory = g_strdup("/dev/shm/nametag-gallery-XXXXXX");
    if (g_mkdtemp(in_memory))
        return in_memory;
    g_free(in_memory);
    return g_dir_make_tmp("nametag-gallery-XXXXXX", NULL);
}

void gallery_set_up(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    fixture->folder = gallery_make_folder();
    fixture->path = g_build_filename(fixture->folder, "people.sqlite", NULL);
    fixture->gallery = gallery_open(fixture->path, NT_GALLERY_CREATE, "model-a");
}

void gallery_remove_folder(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

void gallery_tear_down(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_clear_pointer(&fixture->gallery, nt_gallery_close);
    gallery_remove_folder(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->path);
}

void gallery_reopen(GalleryFixture *fixture)
{
    nt_gallery_close(fixture->gallery);
    fixture->gallery = gallery_open(fixture->path, NT_GALLERY_WRITE, "model-a");
}

NtGalleryFace gallery_make_face(guint seed)
{
    NtGalleryFace face = {
        .source = "party.mp4", .pts_ns = (gint64)seed * 1000, .box = {10, 20, 109, 119}, .score = 1.25};
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    for (guint i = 0; i < NT_EMBEDDING_SIZE; i++)
        face.embedding[i] = (float)g_rand_double_range(random, -0.2, 0.2);
    return face;
}

guint8 *gallery_make_chip(guint seed)
{
    guint8 *chip = g_malloc(NT_CHIP_BYTES);
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    const guint8 step = (guint8)g_rand_int_range(random, 1, 255);
    for (guint i = 0; i < NT_CHIP_BYTES; i++) /* noise in one row, so that its PNG is small and its own */
        chip[i] = i < NT_CHIP_SIZE * 3 ? (guint8)g_rand_int(random) : (guint8)(step + i % 3);
    return chip;
}

gint64 gallery_add(NtGallery *gallery, const char *name, guint seed, gboolean with_chip)
{
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *chip = with_chip ? gallery_make_chip(seed) : NULL;
    NtGalleryFace face = gallery_make_face(seed);
    face.chip = chip;
    const gint64 id = nt_gallery_add_face(gallery, name, &face, &error);
    g_assert_no_error(error);
    g_assert_cmpint(id, >, 0);
    return id;
}

char *gallery_names(NtGallery *gallery)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) people = nt_gallery_list_people(gallery, &error);
    GString *text = g_string_new(NULL);
    g_assert_no_error(error);
    for (guint i = 0; i < people->len; i++) {
        const NtPerson *person = people->pdata[i];
        g_string_append_printf(text, "%s%s:%u", i ? " " : "", person->name, person->n_faces);
    }
    return g_string_free(text, FALSE);
}

void gallery_assert_names(NtGallery *gallery, const char *wanted)
{
    g_autofree char *got = gallery_names(gallery);
    g_assert_cmpstr(got, ==, wanted);
}

static sqlite3 *open_file(const char *path)
{
    sqlite3 *db;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    return db;
}

/* Columns of times are left out when timeless. */
static void digest_table(sqlite3 *db, const char *table, gboolean timeless, GChecksum *sum)
{
    sqlite3_stmt *s;
    g_autofree char *sql = g_strdup_printf("SELECT * FROM %s ORDER BY 1, 2", table);
    g_assert_cmpint(sqlite3_prepare_v2(db, sql, -1, &s, NULL), ==, SQLITE_OK);
    g_checksum_update(sum, (const guchar *)table, -1);
    while (sqlite3_step(s) == SQLITE_ROW)
        for (int c = 0; c < sqlite3_column_count(s); c++) {
            if (timeless && g_str_has_suffix(sqlite3_column_name(s, c), "_us"))
                continue;
            const int type = sqlite3_column_type(s, c), n = sqlite3_column_bytes(s, c);
            g_checksum_update(sum, (const guchar *)&type, sizeof type);
            g_checksum_update(sum, (const guchar *)&n, sizeof n);
            if (n > 0)
                g_checksum_update(sum, sqlite3_column_blob(s, c), n);
        }
    sqlite3_finalize(s);
}

static char *digest(const char *path, const char *const *tables, gboolean timeless)
{
    sqlite3 *db = open_file(path);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_assert_cmpint(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), ==, SQLITE_OK);
    for (guint i = 0; tables[i]; i++)
        digest_table(db, tables[i], timeless, sum);
    sqlite3_close(db);
    return g_strdup(g_checksum_get_string(sum));
}

char *gallery_digest(const char *path)
{
    static const char *const tables[] = {"people", "faces", "rejections", "strangers", "covers", NULL};
    return digest(path, tables, FALSE);
}

char *gallery_timeless_digest(const char *path)
{
    static const char *const tables[] = {
        "people",  "faces",  "rejections",     "strangers",     "unknown_people",     "unknown_faces",
        "changes", "merges", "history_people", "history_faces", "history_rejections", "history_strangers",
        "covers",  "history_covers", NULL};
    return digest(path, tables, TRUE);
}

char *gallery_check_file(const char *path)
{
    sqlite3 *db = open_file(path);
    GString *found = g_string_new(NULL);
    const char *const questions[] = {"PRAGMA integrity_check", "PRAGMA foreign_key_check"};
    for (guint q = 0; q < G_N_ELEMENTS(questions); q++) {
        sqlite3_stmt *s;
        g_assert_cmpint(sqlite3_prepare_v2(db, questions[q], -1, &s, NULL), ==, SQLITE_OK);
        while (sqlite3_step(s) == SQLITE_ROW)
            g_string_append_printf(found, "%s%s", found->len ? "; " : "", (const char *)sqlite3_column_text(s, 0));
        sqlite3_finalize(s);
    }
    sqlite3_close(db);
    return g_string_free(found, FALSE);
}

void gallery_run_sql(const char *path, const char *sql)
{
    sqlite3 *db = open_file(path);
    char *message = NULL;
    sqlite3_exec(db, sql, NULL, NULL, &message);
    g_assert_cmpstr(message, ==, NULL);
    sqlite3_close(db);
}

gint64 gallery_count(const char *path, const char *sql)
{
    sqlite3 *db = open_file(path);
    sqlite3_stmt *s;
    g_assert_cmpint(sqlite3_prepare_v2(db, sql, -1, &s, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_step(s), ==, SQLITE_ROW);
    const gint64 value = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return value;
}

char *gallery_find_bytes(const char *folder, gconstpointer bytes, gsize n)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL), *contents = NULL;
        gsize size;
        g_assert_true(g_file_get_contents(path, &contents, &size, NULL));
        if (memmem(contents, size, bytes, n))
            return g_strdup(name);
    }
    return NULL;
}
