/* What goes over the whole file: an older one is brought up to date, what cannot be written is read all the same,
 * another model embeds again, and encryption leaves no trace of the other form. */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gallery_fixture.h"

/* The tables of schema 1. */
static const char version_1[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_us INTEGER NOT NULL);"
    "CREATE TABLE faces (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,"
    "  embedding BLOB NOT NULL CHECK (length(embedding) = 512), chip BLOB, source TEXT NOT NULL, pts_ns INTEGER,"
    "  box_left INTEGER NOT NULL, box_top INTEGER NOT NULL, box_right INTEGER NOT NULL, box_bottom INTEGER NOT NULL,"
    "  score REAL NOT NULL, created_us INTEGER NOT NULL);"
    "CREATE INDEX faces_of_person ON faces (person_id);"
    "PRAGMA application_id = 0x4e54474c; PRAGMA user_version = 1;"
    "INSERT INTO meta VALUES ('model_fingerprint', 'model-a');"
    "INSERT INTO people VALUES (3, 'Anäis', 11), (5, 'Bob', 12);"
    "INSERT INTO faces VALUES (7, 3, zeroblob(512), NULL, 'a.jpg', NULL, 1, 2, 3, 4, 1.5, 13),"
    " (8, 3, zeroblob(512), NULL, 'b.mp4', 99, 1, 2, 3, 4, 2.5, 14), (9, 5, zeroblob(512), NULL, 'c.jpg', 0, 1, 2, 3, "
    "4, 0, 15);";

/* Instead of the fixture's new gallery. */
static void make_version_1(GalleryFixture *fixture)
{
    g_clear_pointer(&fixture->gallery, nt_gallery_close);
    g_unlink(fixture->path);
    g_assert_true(g_file_set_contents(fixture->path, "", 0, NULL));
    gallery_run_sql(fixture->path, version_1);
}

static void count_face(const NtGalleryFace *face, gpointer user)
{
    guint *n = user;
    if (face->id == 7) {
        g_assert_cmpint(face->pts_ns, ==, -1);
        g_assert_cmpint(face->box.right, ==, 3);
        g_assert_cmpfloat(face->score, ==, 1.5);
        g_assert_cmpint(face->created_us, ==, 13);
        g_assert_cmpfloat(face->quality.size_px, ==, 0);
        g_assert_false(face->aside);
    }
    ++*n;
}

static void assert_upgraded(NtGallery *gallery)
{
    guint n = 0;
    gallery_assert_names(gallery, "Anäis:2 Bob:1");
    g_assert_true(nt_gallery_visit_faces(gallery, "Anäis", FALSE, count_face, &n, NULL));
    g_assert_cmpuint(n, ==, 2);
}

static void test_upgrade(GalleryFixture *fixture, gconstpointer user)
{
    g_autofree char *backup = g_strconcat(fixture->path, ".v1-backup", NULL);
    GStatBuf info;
    make_version_1(fixture);
    fixture->gallery = gallery_open(fixture->path, user ? NT_GALLERY_READ : NT_GALLERY_WRITE, "model-a");
    assert_upgraded(fixture->gallery);
    g_assert_cmpint(gallery_count(fixture->path, "PRAGMA user_version"), ==, 2);
    g_assert_cmpint(gallery_count(backup, "PRAGMA user_version"), ==, 1);
    g_assert_cmpint(gallery_count(backup, "SELECT count(*) FROM faces"), ==, 3);
    g_assert_cmpint(g_stat(backup, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
    gallery_reopen(fixture);
    gallery_add(fixture->gallery, "Anäis", 1, TRUE);
    g_assert_cmpint(gallery_count(fixture->path, "SELECT max(id) FROM faces"), ==, 10);
    g_autofree char *state = gallery_check_file(fixture->path);
    g_assert_cmpstr(state, ==, "ok");
}

/* The folder is made read-only, for everybody: by a mount where permissions do not bind (root). FALSE when it can't be.
 */
static gboolean make_read_only(const char *folder, const char *path)
{
    if (geteuid() != 0)
        return g_chmod(path, 0400) == 0 && g_chmod(folder, 0500) == 0;
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount(folder, folder, NULL, MS_BIND, NULL) == 0 &&
           mount("none", folder, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0;
}

static void make_writable(const char *folder, const char *path)
{
    if (geteuid() == 0) {
        g_assert_cmpint(umount(folder), ==, 0);
        return;
    }
    g_chmod(folder, 0700);
    g_chmod(path, 0600);
}

static void check_read_only(GalleryFixture *fixture)
{
    g_autoptr(GError) error = NULL;
    const NtGalleryOptions options = {.mode = NT_GALLERY_WRITE};
    g_autoptr(NtGallery) reader = gallery_open(fixture->path, NT_GALLERY_READ, "model-a");
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(reader, NULL);
    g_assert_nonnull(snapshot);
    gallery_assert_names(reader, "Anäis:2 Bob:1");
    g_assert_null(nt_gallery_open(fixture->path, &options, &error));
    g_test_message("%s", error->message);
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE);
    g_assert_nonnull(strstr(error->message, "permissions"));
}

static void test_read_only(GalleryFixture *fixture, gconstpointer user)
{
    make_version_1(fixture);
    if (!user) /* up to date, and at rest */
        nt_gallery_close(gallery_open(fixture->path, NT_GALLERY_WRITE, NULL));
    if (!make_read_only(fixture->folder, fixture->path)) {
        g_test_skip("nothing can be made read-only here: neither permissions nor mounts bind");
        return;
    }
    check_read_only(fixture);
    make_writable(fixture->folder, fixture->path);
    g_assert_cmpint(gallery_count(fixture->path, "PRAGMA user_version"), ==, user ? 1 : 2);
}

/* With changes still in the log and no way to make the shared memory, reading would give an old state. */
static void test_read_only_with_log(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *copy = g_build_filename(fixture->folder, "copy", NULL),
                    *copy_log = g_strconcat(copy, "-wal", NULL);
    g_autofree char *log = g_strconcat(fixture->path, "-wal", NULL), *bytes = NULL, *log_bytes = NULL;
    gsize n, m;
    gallery_add(fixture->gallery, "Anna", 1, TRUE);
    g_assert_true(g_file_get_contents(fixture->path, &bytes, &n, NULL) &&
                  g_file_get_contents(log, &log_bytes, &m, NULL));
    g_assert_true(g_file_set_contents(copy, bytes, (gssize)n, NULL) &&
                  g_file_set_contents(copy_log, log_bytes, (gssize)m, NULL));
    if (!make_read_only(fixture->folder, copy)) {
        g_test_skip("nothing can be made read-only here: neither permissions nor mounts bind");
        return;
    }
    g_autoptr(GError) error = NULL;
    const NtGalleryOptions options = {.mode = NT_GALLERY_READ};
    g_autoptr(NtGallery) gallery = nt_gallery_open(copy, &options, &error);
    if (gallery) /* SQLite may read the log into its own memory */
        gallery_assert_names(gallery, "Anna:1");
    else
        g_assert_nonnull(strstr(error->message, "copy both"));
    g_clear_pointer(&gallery, nt_gallery_close);
    make_writable(fixture->folder, copy);
}

/* Another model. */

static gboolean embed_sum(const guint8 chip[NT_CHIP_BYTES], float embedding[NT_EMBEDDING_SIZE], gpointer user,
                          GError **error)
{
    guint *left = user;
    if (*left == 0) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_MODEL, "the model is tired");
        return FALSE;
    }
    --*left;
    for (guint i = 0; i < NT_EMBEDDING_SIZE; i++)
        embedding[i] = chip[i] / 255.0f;
    return TRUE;
}

static void test_reembed(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    NtGalleryFace stranger = gallery_make_face(5);
    g_autofree guint8 *chip = gallery_make_chip(5);
    stranger.chip = chip;
    gallery_add(fixture->gallery, "Anna", 1, TRUE);
    gallery_add(fixture->gallery, "Anna", 2, FALSE); /* cannot be embedded again */
    gallery_add(fixture->gallery, "Bob", 3, TRUE);
    g_assert_cmpint(nt_gallery_ignore(fixture->gallery, &stranger, NULL), >, 0);
    g_assert_true(nt_gallery_remove(fixture->gallery, "Bob", NULL)); /* in the history only */
    g_autofree char *before = gallery_digest(fixture->path);
    guint enough = 1, lost = 0;
    g_assert_false(nt_gallery_reembed(fixture->gallery, "model-b", embed_sum, &enough, &lost, &error));
    g_assert_cmpstr(error->message, ==, "the model is tired");
    g_autofree char *same = gallery_digest(fixture->path);
    g_assert_cmpstr(same, ==, before);
    enough = 100;
    g_assert_true(nt_gallery_reembed(fixture->gallery, "model-b", embed_sum, &enough, &lost, NULL));
    g_assert_cmpuint(enough, ==, 97); /* Anna's, Bob's in the history, the stranger */
    g_assert_cmpuint(lost, ==, 1);
    nt_gallery_close(fixture->gallery);
    fixture->gallery = gallery_open(fixture->path, NT_GALLERY_WRITE, "model-b");
    nt_change_free(nt_gallery_undo(fixture->gallery, NULL));
    gallery_assert_names(fixture->gallery, "Anna:1 Bob:1");
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(fixture->gallery, NULL);
    g_autofree guint8 *bobs = gallery_make_chip(3);
    for (guint i = 0; i < NT_EMBEDDING_SIZE; i++)
        g_assert_cmpfloat(snapshot->embeddings[NT_EMBEDDING_SIZE + i], ==, bobs[i] / 255.0f);
}

/* Encryption. */

static char *answer(const char *what, guint attempt, gpointer user)
{
    (void)what;
    return attempt == 0 ? g_strdup(user) : NULL;
}

static NtGallery *open_with(const char *path, const char *phrase, GError **error)
{
    const NtVaultKeys keys = {.ask = phrase ? answer : NULL, .user = (gpointer)phrase};
    const NtGalleryOptions options = {.mode = NT_GALLERY_WRITE, .model_fingerprint = "model-a", .keys = &keys};
    return nt_gallery_open(path, &options, error);
}

static void fill(NtGallery *gallery)
{
    NtUnknown unknown = {.number = 1, .n_frames = 3, .first_ns = -1, .last_ns = -1, .n_faces = 1};
    NtUnknown *const list[] = {&unknown};
    NtGalleryFace face = gallery_make_face(9);
    unknown.faces = &face;
    gallery_add(gallery, "Xaverius", 1, TRUE);
    gallery_add(gallery, "Bob", 2, TRUE);
    g_assert_cmpint(nt_gallery_reject(gallery, "Bob", &face, NULL), >, 0);
    g_assert_cmpint(nt_gallery_ignore(gallery, &face, NULL), >, 0);
    g_assert_true(nt_gallery_keep_unknown(gallery, "party.mp4", list, 1, NULL));
    g_assert_true(nt_gallery_rename(gallery, "Bob", "Robert", NULL));
    g_assert_true(nt_gallery_remove(gallery, "Xaverius", NULL));
}

static void assert_trace(const GalleryFixture *fixture, gconstpointer bytes, gsize n, gboolean wanted)
{
    g_autofree char *found = gallery_find_bytes(fixture->folder, bytes, n);
    g_assert_cmpint(found != NULL, ==, wanted);
}

static void assert_traces(const GalleryFixture *fixture, gboolean wanted)
{
    const NtGalleryFace live = gallery_make_face(2), gone = gallery_make_face(1), other = gallery_make_face(9);
    assert_trace(fixture, "Xaverius", 8, wanted);
    assert_trace(fixture, "Robert", 6, wanted);
    assert_trace(fixture, "party.mp4", 9, wanted);
    assert_trace(fixture, "IHDR", 4, wanted);
    assert_trace(fixture, live.embedding, 32, wanted);
    assert_trace(fixture, gone.embedding, 32, wanted);
    assert_trace(fixture, other.embedding, 32, wanted);
}

static void assert_works(NtGallery *gallery)
{
    gallery_assert_names(gallery, "Robert:1");
    g_autoptr(GPtrArray) unknown = nt_gallery_list_unknown(gallery, FALSE, NULL);
    g_assert_cmpuint(unknown->len, ==, 1);
    g_assert_cmpstr(((NtUnknown *)unknown->pdata[0])->source, ==, "party.mp4");
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(gallery, NULL);
    const NtGalleryFace face = gallery_make_face(2);
    g_assert_cmpmem(snapshot->embeddings, sizeof face.embedding, face.embedding, sizeof face.embedding);
    g_assert_cmpuint(snapshot->n_rejections, ==, 1);
    g_assert_cmpuint(snapshot->n_strangers, ==, 1);
    g_autoptr(GPtrArray) changes = nt_gallery_list_changes(gallery, NULL);
    g_autofree char *words = nt_change_describe(changes->pdata[0]), *before = nt_change_describe(changes->pdata[1]);
    g_assert_cmpstr(words, ==, "Xaverius removed");
    g_assert_cmpstr(before, ==, "Bob renamed to Robert");
}

static void undo_all_and_redo(NtGallery *gallery)
{
    NtChange *change;
    while ((change = nt_gallery_undo(gallery, NULL)) != NULL)
        nt_change_free(change);
    gallery_assert_names(gallery, "");
    while ((change = nt_gallery_redo(gallery, NULL)) != NULL)
        nt_change_free(change);
}

static void test_encryption(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    NtVaultKeys keys = {.ask = answer, .user = (gpointer) "open sesame"};
    fill(fixture->gallery);
    g_assert_cmpint(gallery_count(fixture->path, "SELECT count(*) FROM people WHERE typeof(name) = 'text'"), ==, 1);
    g_autofree char *plain = gallery_digest(fixture->path);
    assert_traces(fixture, TRUE);
    g_assert_true(nt_gallery_encrypt(fixture->gallery, NT_VAULT_LOCK_PASSPHRASE, &keys, &error));
    g_assert_no_error(error);
    g_assert_true(nt_gallery_is_encrypted(fixture->gallery));
    assert_traces(fixture, FALSE);
    assert_works(fixture->gallery);
    g_assert_false(nt_gallery_encrypt(fixture->gallery, NT_VAULT_LOCK_PASSPHRASE, &keys, &error));
    g_clear_error(&error);
    nt_gallery_close(fixture->gallery);

    g_autofree char *sealed = gallery_digest(fixture->path);
    g_assert_null(open_with(fixture->path, "open barley", &error));
    g_assert_error(error, NT_VAULT_ERROR, NT_VAULT_ERROR_KEY);
    g_clear_error(&error);
    g_autofree char *same = gallery_digest(fixture->path);
    g_assert_cmpstr(same, ==, sealed);

    fixture->gallery = open_with(fixture->path, "open sesame", &error);
    g_assert_no_error(error);
    assert_works(fixture->gallery);
    undo_all_and_redo(fixture->gallery);
    assert_works(fixture->gallery);
    assert_traces(fixture, FALSE);
    g_assert_true(nt_gallery_decrypt(fixture->gallery, NULL));
    g_assert_false(nt_gallery_is_encrypted(fixture->gallery));
    g_assert_false(nt_gallery_decrypt(fixture->gallery, NULL));
    g_autofree char *again = gallery_digest(fixture->path);
    g_assert_cmpstr(again, ==, plain);
    gallery_reopen(fixture);
    assert_works(fixture->gallery);
}

/* Somebody who has the gallery open while it is encrypted must not write into it as it was. */
static void test_encrypted_meanwhile(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    NtVaultKeys keys = {.ask = answer, .user = (gpointer) "open sesame"};
    const NtGalleryFace face = gallery_make_face(2);
    gallery_add(fixture->gallery, "Anna", 1, FALSE);
    g_autoptr(NtGallery) other = gallery_open(fixture->path, NT_GALLERY_WRITE, "model-a");
    g_assert_true(nt_gallery_encrypt(fixture->gallery, NT_VAULT_LOCK_PASSPHRASE, &keys, NULL));
    g_assert_cmpint(nt_gallery_add_face(other, "Anna", &face, &error), ==, 0);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, "open it again"));
    g_assert_null(nt_gallery_list_people(other, NULL));
    g_assert_null(nt_gallery_snapshot(other, NULL));
    gallery_assert_names(fixture->gallery, "Anna:1");
}

static gint64 seen_of(NtGallery *gallery, const char *name)
{
    g_autoptr(NtPerson) person = nt_gallery_find_person(gallery, name, NULL);
    return person ? person->seen_us : -1;
}

/* When somebody was seen is sealed like a name; and what a program left that knows nothing of it is no obstacle. */
static void test_seen(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    static const char *const names[] = {"Anna", "Bob", "Nobody"};
    const gint64 times[] = {1234567, 7654321, 1}, earlier = 1;
    NtVaultKeys keys = {.ask = answer, .user = (gpointer) "open sesame"};
    gallery_add(fixture->gallery, "Anna", 1, FALSE);
    gallery_add(fixture->gallery, "Bob", 2, FALSE);
    g_assert_cmpint(seen_of(fixture->gallery, "Anna"), ==, 0);
    g_assert_true(nt_gallery_note_seen(fixture->gallery, names, times, 3, NULL));
    g_assert_true(nt_gallery_note_seen(fixture->gallery, names, &earlier, 1, NULL));
    g_assert_cmpint(seen_of(fixture->gallery, "Anna"), ==, times[0]);
    /* Whoever became part of another counts for them as long as the merge stands. */
    g_assert_true(nt_gallery_merge(fixture->gallery, "Bob", "Anna", NULL));
    g_assert_cmpint(seen_of(fixture->gallery, "Anna"), ==, times[1]);
    nt_change_free(nt_gallery_undo(fixture->gallery, NULL));
    g_assert_cmpint(seen_of(fixture->gallery, "Anna"), ==, times[0]);
    g_assert_true(nt_gallery_encrypt(fixture->gallery, NT_VAULT_LOCK_PASSPHRASE, &keys, NULL));
    g_assert_cmpint(seen_of(fixture->gallery, "Bob"), ==, times[1]);
    g_autofree char *found = gallery_find_bytes(fixture->folder, "7654321", 7);
    g_assert_null(found);
    gallery_run_sql(fixture->path, "UPDATE seen SET seen = '77' WHERE id = 1");
    g_assert_cmpint(seen_of(fixture->gallery, "Anna"), ==, 0);
    g_assert_true(nt_gallery_decrypt(fixture->gallery, NULL));
    g_assert_cmpint(seen_of(fixture->gallery, "Bob"), ==, times[1]);
}

/* A file from before covers and times were kept: read as it is, completed when it is opened for writing. */
static void test_without_extras(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    const gint64 face = gallery_add(fixture->gallery, "Anna", 1, FALSE);
    g_clear_pointer(&fixture->gallery, nt_gallery_close);
    gallery_run_sql(fixture->path, "DROP TABLE covers; DROP TABLE seen; DROP TABLE history_covers");
    NtGallery *reading = gallery_open(fixture->path, NT_GALLERY_READ, "model-a");
    g_assert_cmpint(seen_of(reading, "Anna"), ==, 0);
    nt_gallery_close(reading);
    fixture->gallery = gallery_open(fixture->path, NT_GALLERY_WRITE, "model-a");
    g_assert_true(nt_gallery_set_cover(fixture->gallery, "Anna", face, NULL));
    g_autoptr(NtPerson) person = nt_gallery_find_person(fixture->gallery, "Anna", NULL);
    g_assert_cmpint(person->cover, ==, face);
}

static void test_sealed_value_changed(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    NtVaultKeys keys = {.ask = answer, .user = (gpointer) "open sesame"};
    gallery_add(fixture->gallery, "Anna", 1, FALSE);
    gallery_add(fixture->gallery, "Bob", 2, FALSE);
    g_assert_true(nt_gallery_encrypt(fixture->gallery, NT_VAULT_LOCK_PASSPHRASE, &keys, NULL));
    gallery_run_sql(fixture->path, "UPDATE faces SET embedding = (SELECT source FROM faces WHERE id = 1) WHERE id = 2");
    g_assert_null(nt_gallery_snapshot(fixture->gallery, &error));
    g_assert_error(error, NT_VAULT_ERROR, NT_VAULT_ERROR_DAMAGED);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(GalleryFixture *fixture, gconstpointer user);
        gconstpointer user;
    } tests[] = {
        {"upgrade", test_upgrade, NULL},
        {"upgrade-by-reading", test_upgrade, "read"},
        {"reembed", test_reembed, NULL},
        {"encryption", test_encryption, NULL},
        {"encrypted-meanwhile", test_encrypted_meanwhile, NULL},
        {"seen", test_seen, NULL},
        {"without-extras", test_without_extras, NULL},
        {"sealed-value-changed", test_sealed_value_changed, NULL},
        {"read-only", test_read_only, NULL},
        {"read-only-version-1", test_read_only, "old"},
        {"read-only-with-log", test_read_only_with_log, NULL},
    };
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/identity/upkeep/", tests[i].name, NULL);
        g_test_add(path, GalleryFixture, tests[i].user, gallery_set_up, tests[i].run, gallery_tear_down);
    }
    return g_test_run();
}
