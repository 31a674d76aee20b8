/* Forgetting: after it, a person's names, embeddings and pictures are nowhere in the files beside the gallery, whatever
 * was done with them before, and what others have is still there and can still be undone. */
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "gallery_fixture.h"

#define NAME "Xaverius Quentin"
#define EMBEDDING_PART 64 /* bytes of an embedding that are looked for */

static void assert_nowhere(const GalleryFixture *fixture, gconstpointer bytes, gsize n)
{
    g_autofree char *found = gallery_find_bytes(fixture->folder, bytes, n);
    g_assert_cmpstr(found, ==, NULL);
}

static void assert_somewhere(const GalleryFixture *fixture, gconstpointer bytes, gsize n)
{
    g_autofree char *found = gallery_find_bytes(fixture->folder, bytes, n);
    g_assert_nonnull(found);
}

/* A part of a chip's PNG that depends on its noise, as gdk-pixbuf writes it. */
static GBytes *chip_bytes(guint seed)
{
    g_autofree guint8 *chip = gallery_make_chip(seed);
    g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new_from_data(chip, GDK_COLORSPACE_RGB, FALSE, 8, NT_CHIP_SIZE,
                                                           NT_CHIP_SIZE, NT_CHIP_SIZE * 3, NULL, NULL);
    char *png;
    gsize n;
    g_assert_true(gdk_pixbuf_save_to_buffer(pixbuf, &png, &n, "png", NULL, NULL));
    g_assert_cmpuint(n, >, 300);
    GBytes *part = g_bytes_new(png + 60, 120);
    g_free(png);
    return part;
}

/* Name, embeddings and chips of the seeds. */
static void check_traces(const GalleryFixture *fixture, const char *const *names, const guint *seeds, guint n,
                         gboolean wanted)
{
    void (*check)(const GalleryFixture *fixture, gconstpointer bytes, gsize n) =
        wanted ? assert_somewhere : assert_nowhere;
    for (guint i = 0; names[i]; i++)
        check(fixture, names[i], strlen(names[i]));
    for (guint i = 0; i < n; i++) {
        const NtGalleryFace face = gallery_make_face(seeds[i]);
        g_autoptr(GBytes) png = chip_bytes(seeds[i]);
        check(fixture, face.embedding, EMBEDDING_PART);
        check(fixture, g_bytes_get_data(png, NULL), g_bytes_get_size(png));
    }
}

static void forget(NtGallery *gallery, const char *name)
{
    g_autoptr(GError) error = NULL;
    gboolean pending = TRUE;
    const gboolean done = nt_gallery_forget(gallery, name, &pending, &error);
    g_assert_no_error(error);
    g_assert_true(done);
    g_assert_false(pending);
}

/* The person's life before. Leaves somebody called NAME, or nobody of that name alive. */
static void just_enrolled(NtGallery *gallery)
{
    (void)gallery;
}

static void renamed_twice(NtGallery *gallery)
{
    g_assert_true(nt_gallery_rename(gallery, NAME, "Yolanda Quentin", NULL));
    g_assert_true(nt_gallery_rename(gallery, "Yolanda Quentin", NAME, NULL));
}

static void merged(NtGallery *gallery)
{
    gallery_add(gallery, "Yolanda Quentin", 103, TRUE);
    g_assert_true(nt_gallery_merge(gallery, NAME, "Yolanda Quentin", NULL));
    g_assert_true(nt_gallery_rename(gallery, "Yolanda Quentin", NAME, NULL));
}

static void removed(NtGallery *gallery)
{
    g_assert_true(nt_gallery_remove(gallery, NAME, NULL));
}

static void back_and_forth(NtGallery *gallery)
{
    renamed_twice(gallery);
    merged(gallery);
    g_assert_true(nt_gallery_remove(gallery, NAME, NULL));
    for (int i = 0; i < 3; i++)
        nt_change_free(nt_gallery_undo(gallery, NULL));
    nt_change_free(nt_gallery_redo(gallery, NULL));
    nt_change_free(nt_gallery_redo(gallery, NULL));
}

static void undone(NtGallery *gallery)
{
    const NtGalleryFace face = gallery_make_face(55);
    g_assert_cmpint(nt_gallery_ignore(gallery, &face, NULL), >, 0);
    for (int i = 0; i < 3; i++)
        nt_change_free(nt_gallery_undo(gallery, NULL)); /* the person is what could be redone */
}

static void check_life(const char *title, void (*live)(NtGallery *gallery), gboolean second_connection)
{
    static const char *const names[] = {NAME, "Yolanda Quentin", NULL};
    static const guint seeds[] = {101, 102, 103}, others[] = {1};
    static const char *const other_names[] = {"Anna", NULL};
    GalleryFixture fixture;
    g_test_message("%s", title);
    gallery_set_up(&fixture, NULL);
    gallery_add(fixture.gallery, "Anna", 1, TRUE);
    gallery_add(fixture.gallery, NAME, 101, TRUE);
    gallery_add(fixture.gallery, NAME, 102, TRUE);
    NtGallery *other = second_connection ? gallery_open(fixture.path, NT_GALLERY_READ, NULL) : NULL;
    if (other)
        gallery_assert_names(other, "Anna:1 " NAME ":2");
    live(fixture.gallery);
    check_traces(&fixture, (const char *const[]){NAME, NULL}, seeds, 2, TRUE);
    forget(fixture.gallery, NAME);
    check_traces(&fixture, names, seeds, 3, FALSE);
    check_traces(&fixture, other_names, others, 1, TRUE);
    gallery_assert_names(fixture.gallery, "Anna:1");
    if (other)
        gallery_assert_names(other, "Anna:1");
    nt_gallery_close(other);
    gallery_reopen(&fixture);
    check_traces(&fixture, names, seeds, 3, FALSE);
    NtChange *change;
    while ((change = nt_gallery_undo(fixture.gallery, NULL)) != NULL)
        nt_change_free(change);
    gallery_assert_names(fixture.gallery, "");
    g_autofree char *state = gallery_check_file(fixture.path);
    g_assert_cmpstr(state, ==, "ok");
    gallery_tear_down(&fixture, NULL);
}

static void test_bytes(void)
{
    static const struct {
        const char *title;
        void (*live)(NtGallery *gallery);
    } lives[] = {{"just enrolled", just_enrolled},
                 {"renamed twice", renamed_twice},
                 {"merged", merged},
                 {"removed", removed},
                 {"back and forth", back_and_forth},
                 {"undone", undone}};
    for (guint i = 0; i < G_N_ELEMENTS(lives); i++) {
        check_life(lives[i].title, lives[i].live, FALSE);
        check_life(lives[i].title, lives[i].live, TRUE);
    }
}

/* Many people in the file, so that pages are split and joined. */
static void test_in_a_crowd(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    const char *const names[] = {NAME, NULL};
    guint seeds[30];
    for (guint i = 0; i < G_N_ELEMENTS(seeds); i++) {
        g_autofree char *name = g_strdup_printf("Person %u", i);
        seeds[i] = 1000 + i;
        gallery_add(fixture->gallery, name, 2000 + i, TRUE);
        gallery_add(fixture->gallery, NAME, seeds[i], TRUE);
        if (i % 3 == 0)
            g_assert_true(nt_gallery_remove(fixture->gallery, name, NULL));
    }
    check_traces(fixture, names, seeds, G_N_ELEMENTS(seeds), TRUE);
    forget(fixture->gallery, NAME);
    check_traces(fixture, names, seeds, G_N_ELEMENTS(seeds), FALSE);
}

/* A reader in the middle of a transaction keeps the old content alive: that is said, and put right later. */
static void test_pending(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    const char *const names[] = {NAME, NULL};
    const guint seeds[] = {101};
    gboolean pending = FALSE;
    sqlite3 *reader;
    gallery_add(fixture->gallery, NAME, 101, TRUE);
    g_assert_cmpint(sqlite3_open(fixture->path, &reader), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM faces", NULL, NULL, NULL), ==, SQLITE_OK);
    g_assert_true(nt_gallery_forget(fixture->gallery, NAME, &pending, NULL));
    g_assert_true(pending);
    gallery_assert_names(fixture->gallery, "");
    check_traces(fixture, names, seeds, 1, TRUE);
    g_assert_cmpint(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
    g_autoptr(NtGallery) next = gallery_open(fixture->path, NT_GALLERY_WRITE, NULL);
    check_traces(fixture, names, seeds, 1, FALSE);
    sqlite3_close(reader);
    g_assert_cmpint(gallery_count(fixture->path, "SELECT count(*) FROM meta WHERE key = 'erase_pending'"), ==, 0);
}

static NtUnknown *make_unknown(guint number, guint seed, float shift)
{
    NtUnknown *unknown = g_new0(NtUnknown, 1);
    unknown->number = number;
    unknown->source = g_strdup("party.mp4");
    unknown->n_faces = 1;
    unknown->faces = g_new0(NtGalleryFace, 1);
    unknown->faces[0] = gallery_make_face(seed);
    unknown->faces[0].source = g_strdup("party.mp4");
    unknown->faces[0].embedding[0] += shift;
    return unknown;
}

static void test_lookalikes(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(NtUnknown) near = make_unknown(1, 101, 0.5f);
    g_autoptr(NtUnknown) far = make_unknown(2, 101, 0.6f);
    NtUnknown *const unknown[] = {near, far};
    gallery_add(fixture->gallery, NAME, 101, TRUE);
    g_assert_true(nt_gallery_keep_unknown(fixture->gallery, "party.mp4", unknown, 2, NULL));
    forget(fixture->gallery, NAME);
    g_autoptr(GPtrArray) left = nt_gallery_list_unknown(fixture->gallery, FALSE, NULL);
    g_assert_cmpuint(left->len, ==, 1);
    g_assert_cmpuint(((NtUnknown *)left->pdata[0])->number, ==, 2);
}

/* What was given to somebody else is theirs, and stays. */
static void test_moved_away(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    NtGallery *gallery = fixture->gallery;
    const gint64 id = gallery_add(gallery, NAME, 101, TRUE);
    gallery_add(gallery, NAME, 102, TRUE);
    g_assert_true(nt_gallery_move_faces(gallery, &id, 1, "Bob", NULL));
    gallery_add(gallery, "Bob", 3, TRUE);
    forget(gallery, NAME);
    gallery_assert_names(gallery, "Bob:2");
    NtChange *change;
    while ((change = nt_gallery_undo(gallery, NULL)) != NULL)
        nt_change_free(change);
    gallery_assert_names(gallery, "Bob:1");
    assert_nowhere(fixture, NAME, strlen(NAME));
}

static void test_backup_goes(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *backup = g_strconcat(fixture->path, ".v1-backup", NULL);
    g_assert_true(g_file_set_contents(backup, NAME, -1, NULL));
    gallery_add(fixture->gallery, NAME, 101, FALSE);
    forget(fixture->gallery, NAME);
    g_assert_false(g_file_test(backup, G_FILE_TEST_EXISTS));
}

/* What was noted of a person goes with them: which picture stands for them, and when they were seen. */
static void test_extras(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    static const char *const names[] = {NAME, "Anna"};
    const gint64 times[] = {1234567, 7654321};
    const gint64 face = gallery_add(fixture->gallery, NAME, 1, FALSE),
                 hers = gallery_add(fixture->gallery, "Anna", 2, FALSE);
    g_assert_true(nt_gallery_set_cover(fixture->gallery, NAME, face, NULL));
    g_assert_true(nt_gallery_set_cover(fixture->gallery, "Anna", hers, NULL));
    g_assert_true(nt_gallery_note_seen(fixture->gallery, names, times, 2, NULL));
    g_assert_true(nt_gallery_forget(fixture->gallery, NAME, NULL, NULL));
    g_assert_cmpint(gallery_count(fixture->path, "SELECT count(*) FROM seen"), ==, 1);
    g_assert_cmpint(gallery_count(fixture->path, "SELECT count(*) FROM covers"), ==, 1);
    g_assert_cmpint(gallery_count(fixture->path, "SELECT count(*) FROM history_covers"), ==, 1);
    g_autoptr(NtPerson) anna = nt_gallery_find_person(fixture->gallery, "Anna", NULL);
    g_assert_cmpint(anna->cover, ==, hers);
    g_assert_cmpint(anna->seen_us, ==, times[1]);
    assert_nowhere(fixture, "1234567", 7);
}

static void test_nobody(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    gallery_add(fixture->gallery, "Anna", 1, FALSE);
    nt_change_free(nt_gallery_undo(fixture->gallery, NULL));
    g_assert_false(nt_gallery_forget(fixture->gallery, NAME, NULL, &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND);
    nt_change_free(nt_gallery_redo(fixture->gallery, NULL)); /* nothing was changed */
    gallery_assert_names(fixture->gallery, "Anna:1");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(GalleryFixture *fixture, gconstpointer user);
    } tests[] = {{"in-a-crowd", test_in_a_crowd}, {"pending", test_pending},         {"lookalikes", test_lookalikes},
                 {"moved-away", test_moved_away}, {"backup-goes", test_backup_goes}, {"extras", test_extras},
                 {"nobody", test_nobody}};
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/identity/forget/bytes", test_bytes);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/identity/forget/", tests[i].name, NULL);
        g_test_add(path, GalleryFixture, NULL, gallery_set_up, tests[i].run, gallery_tear_down);
    }
    return g_test_run();
}
