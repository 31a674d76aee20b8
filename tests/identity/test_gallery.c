/* The gallery: what is put in comes out, changes are whole or not at all, the file is private, and what is no gallery is
 * refused in words. */
#include <glib.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "identity/gallery.h"

typedef struct Fixture {
    char *folder, *path;
    NtGallery *gallery;
} Fixture;

static NtGallery *open_gallery(const char *path, NtGalleryMode mode, const char *fingerprint)
{
    g_autoptr(GError) error = NULL;
    NtGallery *gallery = nt_gallery_open(path, mode, fingerprint, &error);
    g_assert_no_error(error);
    return gallery;
}

static void set_up(Fixture *fixture, gconstpointer user)
{
    (void)user;
    fixture->folder = g_dir_make_tmp("nametag-gallery-XXXXXX", NULL);
    fixture->path = g_build_filename(fixture->folder, "people.sqlite", NULL);
    fixture->gallery = open_gallery(fixture->path, NT_GALLERY_CREATE, "model-a");
}

static void tear_down(Fixture *fixture, gconstpointer user)
{
    (void)user;
    nt_gallery_close(fixture->gallery);
    g_autoptr(GDir) dir = g_dir_open(fixture->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->path);
}

static guint8 *make_chip(guint8 seed)
{
    guint8 *chip = g_malloc(NT_CHIP_BYTES);
    for (guint i = 0; i < NT_CHIP_BYTES; i++)
        chip[i] = (guint8)(i * 7 + seed);
    return chip;
}

static NtGalleryFace make_face(float seed)
{
    NtGalleryFace face = {.source = "party.mp4", .pts_ns = 1500000000, .box = {10, 20, 109, 119}, .score = 1.25};
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        face.embedding[i] = seed + (float)i / 128;
    return face;
}

static void add(NtGallery *gallery, const char *name, float seed)
{
    g_autoptr(GError) error = NULL;
    NtGalleryFace face = make_face(seed);
    g_assert_cmpint(nt_gallery_add_face(gallery, name, &face, &error), >, 0);
    g_assert_no_error(error);
}

static char *names(NtGallery *gallery)
{
    g_autoptr(GPtrArray) people = nt_gallery_list_people(gallery, NULL);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < people->len; i++) {
        const NtPerson *person = people->pdata[i];
        g_string_append_printf(text, "%s%s:%u", i ? " " : "", person->name, person->n_faces);
    }
    return g_string_free(text, FALSE);
}

static void assert_names(NtGallery *gallery, const char *wanted)
{
    g_autofree char *got = names(gallery);
    g_assert_cmpstr(got, ==, wanted);
}

static void check_face(const NtGalleryFace *face, gpointer user)
{
    const NtGalleryFace *wanted = user;
    g_assert_cmpmem(face->embedding, sizeof face->embedding, wanted->embedding, sizeof wanted->embedding);
    g_assert_cmpmem(face->chip, NT_CHIP_BYTES, wanted->chip, NT_CHIP_BYTES);
    g_assert_cmpstr(face->source, ==, wanted->source);
    g_assert_cmpint(face->pts_ns, ==, wanted->pts_ns);
    g_assert_cmpint(face->box.bottom, ==, wanted->box.bottom);
    g_assert_cmpfloat(face->score, ==, wanted->score);
    g_assert_cmpint(face->created_us, >, 0);
}

static void test_face_comes_back(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree guint8 *chip = make_chip(3);
    NtGalleryFace face = make_face(0.5f);
    face.chip = chip;
    g_assert_cmpint(nt_gallery_add_face(fixture->gallery, "  Änna ", &face, NULL), >, 0);
    nt_gallery_close(fixture->gallery);
    fixture->gallery = open_gallery(fixture->path, NT_GALLERY_READ, "model-a");
    assert_names(fixture->gallery, "Änna:1");
    g_assert_true(nt_gallery_visit_faces(fixture->gallery, "Änna", TRUE, check_face, &face, NULL));
}

static void test_private(Fixture *fixture, gconstpointer user)
{
    (void)user;
    GStatBuf info;
    g_assert_cmpint(g_stat(fixture->path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
}

static void test_edit(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    NtGallery *gallery = fixture->gallery;
    add(gallery, "Anna", 0);
    add(gallery, "Anna", 1);
    add(gallery, "Bob", 2);
    assert_names(gallery, "Anna:2 Bob:1");
    g_assert_false(nt_gallery_rename(gallery, "Bob", "Anna", &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_EXISTS);
    g_clear_error(&error);
    g_assert_false(nt_gallery_rename(gallery, "Carl", "Dora", &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_true(nt_gallery_rename(gallery, "Bob", "Robert", NULL));
    assert_names(gallery, "Anna:2 Robert:1");
    g_assert_false(nt_gallery_merge(gallery, "Anna", "Anna", NULL));
    g_assert_false(nt_gallery_merge(gallery, "Anna", "Nobody", NULL));
    assert_names(gallery, "Anna:2 Robert:1");
    g_assert_true(nt_gallery_merge(gallery, "Robert", "Anna", NULL));
    assert_names(gallery, "Anna:3");
    g_assert_true(nt_gallery_forget(gallery, "Anna", NULL));
    assert_names(gallery, "");
    g_assert_false(nt_gallery_forget(gallery, "Anna", NULL));
}

static void test_forgotten_bytes(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *before = NULL, *after = NULL;
    gsize n, m;
    const NtGalleryFace face = make_face(7);
    add(fixture->gallery, "Xaverius", 7);
    add(fixture->gallery, "Anna", 1);
    g_assert_true(g_file_get_contents(fixture->path, &before, &n, NULL));
    g_assert_nonnull(memmem(before, n, "Xaverius", 8));
    g_assert_nonnull(memmem(before, n, face.embedding, 64));
    g_assert_true(nt_gallery_forget(fixture->gallery, "Xaverius", NULL));
    g_assert_true(g_file_get_contents(fixture->path, &after, &m, NULL));
    g_assert_null(memmem(after, m, "Xaverius", 8));
    g_assert_null(memmem(after, m, face.embedding, 64));
    assert_names(fixture->gallery, "Anna:1");
}

static void test_transactions(Fixture *fixture, gconstpointer user)
{
    (void)user;
    NtGallery *gallery = fixture->gallery;
    add(gallery, "Anna", 0);
    g_assert_true(nt_gallery_begin(gallery, NULL));
    add(gallery, "Bob", 1);
    g_assert_false(nt_gallery_rename(gallery, "Bob", "Anna", NULL)); /* undoes itself alone */
    assert_names(gallery, "Anna:1 Bob:1");
    nt_gallery_roll_back(gallery);
    assert_names(gallery, "Anna:1");
    g_assert_true(nt_gallery_begin(gallery, NULL));
    add(gallery, "Bob", 1);
    g_assert_true(nt_gallery_commit(gallery, NULL));
    assert_names(gallery, "Anna:1 Bob:1");
}

static void test_two_at_once(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(NtGallery) other = open_gallery(fixture->path, NT_GALLERY_WRITE, "model-a");
    add(fixture->gallery, "Anna", 0);
    add(other, "Bob", 1);
    assert_names(fixture->gallery, "Anna:1 Bob:1");
    assert_names(other, "Anna:1 Bob:1");
}

static void test_names(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *long_name = g_strnfill(201, 'a');
    const char *const bad[] = {"", "  ", "a\nb", "\xff\xfe", long_name, "\x07"};
    NtGalleryFace face = make_face(0);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(nt_gallery_add_face(fixture->gallery, bad[i], &face, &error), ==, 0);
        g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NAME);
    }
    add(fixture->gallery, "Zoe\xcc\x88", 0); /* e and a combining diaeresis */
    add(fixture->gallery, "Zo\xc3\xab", 1);  /* the composed letter: the same name */
    assert_names(fixture->gallery, "Zo\xc3\xab:2");
}

static void test_snapshot(Fixture *fixture, gconstpointer user)
{
    (void)user;
    add(fixture->gallery, "Bob", 2);
    add(fixture->gallery, "Anna", 0);
    add(fixture->gallery, "Bob", 3);
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(fixture->gallery, NULL);
    g_assert_cmpuint(snapshot->n_people, ==, 2);
    g_assert_cmpuint(snapshot->n_faces, ==, 3);
    g_assert_cmpstr(snapshot->names[0], ==, "Anna");
    g_assert_null(snapshot->names[2]);
    g_assert_cmpuint(snapshot->person[0], ==, 0);
    g_assert_cmpuint(snapshot->person[2], ==, 1);
    g_assert_cmpfloat(snapshot->embeddings[0], ==, 0);
    g_assert_cmpfloat(snapshot->embeddings[2 * NT_EMBEDDING_SIZE], ==, 3);
}

static void test_other_model(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    /* An empty gallery has no model yet. */
    g_autoptr(NtGallery) empty = open_gallery(fixture->path, NT_GALLERY_READ, "model-b");
    add(fixture->gallery, "Anna", 0);
    g_assert_null(nt_gallery_open(fixture->path, NT_GALLERY_READ, "model-b", &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_MODEL);
    g_autoptr(NtGallery) unchecked = open_gallery(fixture->path, NT_GALLERY_READ, NULL);
    assert_names(unchecked, "Anna:1");
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
    sqlite3_close(db);
}

static void assert_refused(const char *path, NtGalleryMode mode, NtGalleryError code)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(nt_gallery_open(path, mode, NULL, &error));
    g_test_message("%s", error->message);
    g_assert_error(error, NT_GALLERY_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, path));
}

static void test_newer(Fixture *fixture, gconstpointer user)
{
    (void)user;
    run_sql(fixture->path, "PRAGMA user_version = 2");
    assert_refused(fixture->path, NT_GALLERY_READ, NT_GALLERY_ERROR_NEWER);
    assert_refused(fixture->path, NT_GALLERY_CREATE, NT_GALLERY_ERROR_NEWER);
}

static void test_no_gallery(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *other = g_build_filename(fixture->folder, "other", NULL);
    assert_refused(other, NT_GALLERY_READ, NT_GALLERY_ERROR_OPEN);
    assert_refused(fixture->folder, NT_GALLERY_READ, NT_GALLERY_ERROR_OPEN);
    g_assert_true(g_file_set_contents(other, "this is a letter, not a database, and it is long enough to be one", -1, NULL));
    assert_refused(other, NT_GALLERY_WRITE, NT_GALLERY_ERROR_OPEN);
    g_unlink(other);
    run_sql(other, "CREATE TABLE recipes (name TEXT)");
    assert_refused(other, NT_GALLERY_CREATE, NT_GALLERY_ERROR_OPEN);
}

static void ignore_face(const NtGalleryFace *face, gpointer user) { (void)face, (void)user; }

/* Cut anywhere, and with any page overwritten, the file gives an error or data, never a crash. */
static void test_damaged(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *bytes = NULL, *other = g_build_filename(fixture->folder, "damaged", NULL);
    gsize size;
    for (int i = 0; i < 5; i++)
        add(fixture->gallery, "Anna", (float)i);
    g_assert_true(g_file_get_contents(fixture->path, &bytes, &size, NULL));
    guint refused = 0;
    for (gsize place = 0; place < size; place += 512) {
        g_autofree char *changed = g_memdup2(bytes, size);
        memset(changed + place, 0xa5, MIN(512, size - place));
        g_assert_true(g_file_set_contents(other, changed, (gssize)size, NULL));
        g_autoptr(GError) error = NULL;
        g_autoptr(NtGallery) gallery = nt_gallery_open(other, NT_GALLERY_READ, NULL, &error);
        if (!gallery || !nt_gallery_visit_faces(gallery, "Anna", TRUE, ignore_face, NULL, &error)) {
            g_assert_nonnull(error);
            refused++;
        }
    }
    for (gsize cut = 16; cut < size; cut += 1024) {
        g_assert_true(g_file_set_contents(other, bytes, (gssize)cut, NULL));
        assert_refused(other, NT_GALLERY_READ, NT_GALLERY_ERROR_OPEN);
    }
    g_test_message("%u damaged files were refused", refused);
    g_assert_cmpuint(refused, >, 0);
}

static void test_wrong_embedding(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    add(fixture->gallery, "Anna", 0);
    run_sql(fixture->path, "PRAGMA ignore_check_constraints = ON; UPDATE faces SET embedding = x'00112233'");
    g_assert_null(nt_gallery_snapshot(fixture->gallery, &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN);
}

static void test_read_only(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    g_autoptr(NtGallery) reader = open_gallery(fixture->path, NT_GALLERY_READ, NULL);
    NtGalleryFace face = make_face(0);
    g_assert_cmpint(nt_gallery_add_face(reader, "Anna", &face, &error), ==, 0);
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(Fixture *fixture, gconstpointer user);
    } tests[] = {
        {"face-comes-back", test_face_comes_back}, {"private", test_private}, {"edit", test_edit},
        {"forgotten-bytes", test_forgotten_bytes}, {"transactions", test_transactions},
        {"two-at-once", test_two_at_once}, {"names", test_names}, {"snapshot", test_snapshot},
        {"other-model", test_other_model}, {"newer", test_newer}, {"no-gallery", test_no_gallery},
        {"damaged", test_damaged}, {"wrong-embedding", test_wrong_embedding}, {"read-only", test_read_only},
    };
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/identity/gallery/", tests[i].name, NULL);
        g_test_add(path, Fixture, NULL, set_up, tests[i].run, tear_down);
    }
    return g_test_run();
}
