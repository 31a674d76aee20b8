/* The gallery: what is put in comes out, changes are whole or not at all, the file is private, and what is no gallery
 * is refused in words. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "gallery_fixture.h"

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
    g_assert_cmpmem(&face->quality, sizeof face->quality, &wanted->quality, sizeof wanted->quality);
    g_assert_true(face->forced);
    g_assert_true(face->aside);
}

static void test_face_comes_back(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree guint8 *chip = gallery_make_chip(3);
    NtGalleryFace face = gallery_make_face(5);
    face.chip = chip;
    face.quality = (NtQuality){100, 0.5f, -10, 5, 1, 0.4f, 0.2f, 0.01f, 1};
    face.forced = TRUE;
    face.aside = TRUE;
    g_assert_cmpint(nt_gallery_add_face(fixture->gallery, "  Änna ", &face, NULL), >, 0);
    nt_gallery_close(fixture->gallery);
    fixture->gallery = gallery_open(fixture->path, NT_GALLERY_READ, "model-a");
    gallery_assert_names(fixture->gallery, "Änna:1");
    g_assert_true(nt_gallery_visit_faces(fixture->gallery, "Änna", TRUE, check_face, &face, NULL));
}

static void test_private(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    GStatBuf info;
    g_assert_cmpint(g_stat(fixture->path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
}

static void test_edit(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    NtGallery *gallery = fixture->gallery;
    gallery_add(gallery, "Anna", 0, FALSE);
    gallery_add(gallery, "Anna", 1, FALSE);
    gallery_add(gallery, "Bob", 2, FALSE);
    gallery_assert_names(gallery, "Anna:2 Bob:1");
    g_assert_false(nt_gallery_rename(gallery, "Bob", "Anna", &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_EXISTS);
    g_clear_error(&error);
    g_assert_false(nt_gallery_rename(gallery, "Carl", "Dora", &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_true(nt_gallery_rename(gallery, "Bob", "Robert", NULL));
    gallery_assert_names(gallery, "Anna:2 Robert:1");
    g_assert_false(nt_gallery_merge(gallery, "Anna", "Anna", NULL));
    g_assert_false(nt_gallery_merge(gallery, "Anna", "Nobody", NULL));
    gallery_assert_names(gallery, "Anna:2 Robert:1");
    g_assert_true(nt_gallery_merge(gallery, "Robert", "Anna", NULL));
    gallery_assert_names(gallery, "Anna:3");
    g_assert_true(nt_gallery_forget(gallery, "Anna", NULL, NULL));
    gallery_assert_names(gallery, "");
    g_assert_false(nt_gallery_forget(gallery, "Anna", NULL, NULL));
}

static void test_forgotten_bytes(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *before = NULL, *after = NULL;
    gsize n, m;
    const NtGalleryFace face = gallery_make_face(7);
    gallery_add(fixture->gallery, "Xaverius", 7, FALSE);
    gallery_add(fixture->gallery, "Anna", 1, FALSE);
    gallery_reopen(fixture);
    g_assert_true(g_file_get_contents(fixture->path, &before, &n, NULL));
    g_assert_nonnull(memmem(before, n, "Xaverius", 8));
    g_assert_nonnull(memmem(before, n, face.embedding, 64));
    g_assert_true(nt_gallery_forget(fixture->gallery, "Xaverius", NULL, NULL));
    g_assert_true(g_file_get_contents(fixture->path, &after, &m, NULL));
    g_assert_null(memmem(after, m, "Xaverius", 8));
    g_assert_null(memmem(after, m, face.embedding, 64));
    gallery_assert_names(fixture->gallery, "Anna:1");
}

static void test_transactions(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    NtGallery *gallery = fixture->gallery;
    gallery_add(gallery, "Anna", 0, FALSE);
    g_assert_true(nt_gallery_begin(gallery, NULL));
    gallery_add(gallery, "Bob", 1, FALSE);
    g_assert_false(nt_gallery_rename(gallery, "Bob", "Anna", NULL)); /* undoes itself alone */
    gallery_assert_names(gallery, "Anna:1 Bob:1");
    nt_gallery_roll_back(gallery);
    gallery_assert_names(gallery, "Anna:1");
    g_assert_true(nt_gallery_begin(gallery, NULL));
    gallery_add(gallery, "Bob", 1, FALSE);
    g_assert_true(nt_gallery_commit(gallery, NULL));
    gallery_assert_names(gallery, "Anna:1 Bob:1");
}

static void test_two_at_once(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(NtGallery) other = gallery_open(fixture->path, NT_GALLERY_WRITE, "model-a");
    gallery_add(fixture->gallery, "Anna", 0, FALSE);
    gallery_add(other, "Bob", 1, FALSE);
    gallery_assert_names(fixture->gallery, "Anna:1 Bob:1");
    gallery_assert_names(other, "Anna:1 Bob:1");
}

static void test_names(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *long_name = g_strnfill(201, 'a');
    const char *const bad[] = {"",
                               "  ",
                               "\xc2\xa0",
                               "a\nb",
                               "\xff\xfe",
                               long_name,
                               "\x07",
                               "Anna\xe2\x80\xae"
                               "annA",
                               "a\xe2\x80\xa8"
                               "b",
                               "unknown",
                               "Unknown",
                               "unknown 3",
                               "UNKNOWN #12",
                               "unknown12"};
    NtGalleryFace face = gallery_make_face(0);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(nt_gallery_add_face(fixture->gallery, bad[i], &face, &error), ==, 0);
        g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NAME);
    }
    gallery_add(fixture->gallery, "Unknown Pleasures\xc2\xa0", 2,
                FALSE);                                     /* a name like another; a no-break space after it */
    gallery_add(fixture->gallery, "Zoe\xcc\x88", 0, FALSE); /* e and a combining diaeresis */
    gallery_add(fixture->gallery, "Zo\xc3\xab", 1, FALSE);  /* the composed letter: the same name */
    gallery_assert_names(fixture->gallery, "Unknown Pleasures:1 Zo\xc3\xab:2");
}

static void test_snapshot(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    gallery_add(fixture->gallery, "Bob", 2, FALSE);
    gallery_add(fixture->gallery, "Anna", 0, FALSE);
    gallery_add(fixture->gallery, "Bob", 3, FALSE);
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(fixture->gallery, NULL);
    g_assert_cmpuint(snapshot->n_people, ==, 2);
    g_assert_cmpuint(snapshot->n_faces, ==, 3);
    g_assert_cmpstr(snapshot->names[0], ==, "Anna");
    g_assert_null(snapshot->names[2]);
    g_assert_cmpuint(snapshot->person[0], ==, 0);
    g_assert_cmpuint(snapshot->person[2], ==, 1);
    const NtGalleryFace first = gallery_make_face(0), last = gallery_make_face(3);
    g_assert_cmpmem(snapshot->embeddings, sizeof first.embedding, first.embedding, sizeof first.embedding);
    g_assert_cmpmem(snapshot->embeddings + 2 * NT_EMBEDDING_SIZE, sizeof last.embedding, last.embedding,
                    sizeof last.embedding);
}

static void test_other_model(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    /* An empty gallery has no model yet. */
    g_autoptr(NtGallery) empty = gallery_open(fixture->path, NT_GALLERY_READ, "model-b");
    gallery_add(fixture->gallery, "Anna", 0, FALSE);
    const NtGalleryOptions options = {.mode = NT_GALLERY_READ, .model_fingerprint = "model-b"};
    g_assert_null(nt_gallery_open(fixture->path, &options, &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_MODEL);
    g_autoptr(NtGallery) unchecked = gallery_open(fixture->path, NT_GALLERY_READ, NULL);
    gallery_assert_names(unchecked, "Anna:1");
}

static void assert_refused(const char *path, NtGalleryMode mode, NtGalleryError code)
{
    g_autoptr(GError) error = NULL;
    const NtGalleryOptions options = {.mode = mode};
    g_assert_null(nt_gallery_open(path, &options, &error));
    g_test_message("%s", error->message);
    g_assert_error(error, NT_GALLERY_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, path));
}

static void test_newer(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    gallery_run_sql(fixture->path, "PRAGMA user_version = 3");
    assert_refused(fixture->path, NT_GALLERY_READ, NT_GALLERY_ERROR_NEWER);
    assert_refused(fixture->path, NT_GALLERY_CREATE, NT_GALLERY_ERROR_NEWER);
}

static void test_no_gallery(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *other = g_build_filename(fixture->folder, "other", NULL);
    assert_refused(other, NT_GALLERY_READ, NT_GALLERY_ERROR_OPEN);
    assert_refused(fixture->folder, NT_GALLERY_READ, NT_GALLERY_ERROR_OPEN);
    g_assert_true(
        g_file_set_contents(other, "this is a letter, not a database, and it is long enough to be one", -1, NULL));
    assert_refused(other, NT_GALLERY_WRITE, NT_GALLERY_ERROR_OPEN);
    g_unlink(other);
    gallery_run_sql(other, "CREATE TABLE recipes (name TEXT)");
    assert_refused(other, NT_GALLERY_CREATE, NT_GALLERY_ERROR_OPEN);
}

static void ignore_face(const NtGalleryFace *face, gpointer user)
{
    (void)face, (void)user;
}

/* Cut anywhere, and with any page overwritten, the file gives an error or data, never a crash. */
static void test_damaged(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *bytes = NULL, *other = g_build_filename(fixture->folder, "damaged", NULL);
    gsize size;
    for (int i = 0; i < 5; i++)
        gallery_add(fixture->gallery, "Anna", i, FALSE);
    gallery_reopen(fixture);
    g_assert_true(g_file_get_contents(fixture->path, &bytes, &size, NULL));
    guint refused = 0;
    for (gsize place = 0; place < size; place += 512) {
        g_autofree char *changed = g_memdup2(bytes, size);
        memset(changed + place, 0xa5, MIN(512, size - place));
        g_assert_true(g_file_set_contents(other, changed, (gssize)size, NULL));
        g_autoptr(GError) error = NULL;
        const NtGalleryOptions options = {.mode = NT_GALLERY_READ};
        g_autoptr(NtGallery) gallery = nt_gallery_open(other, &options, &error);
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

static void test_wrong_embedding(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    gallery_add(fixture->gallery, "Anna", 0, FALSE);
    gallery_run_sql(fixture->path, "PRAGMA ignore_check_constraints = ON; UPDATE faces SET embedding = x'00112233'");
    g_assert_null(nt_gallery_snapshot(fixture->gallery, &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN);
}

static void test_read_only(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    g_autoptr(NtGallery) reader = gallery_open(fixture->path, NT_GALLERY_READ, NULL);
    NtGalleryFace face = gallery_make_face(0);
    g_assert_cmpint(nt_gallery_add_face(reader, "Anna", &face, &error), ==, 0);
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE);
}

/* Pictures of a person: moved, set aside, dropped. */

static void collect_id(const NtGalleryFace *face, gpointer user)
{
    g_array_append_val((GArray *)user, face->id);
}

static void assert_not_found(gboolean done, GError **error)
{
    g_assert_false(done);
    g_assert_error(*error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND);
    g_clear_error(error);
}

static void test_pictures(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    NtGallery *gallery = fixture->gallery;
    const gint64 ids[] = {gallery_add(gallery, "Anna", 1, FALSE), gallery_add(gallery, "Anna", 2, FALSE),
                          gallery_add(gallery, "Bob", 3, FALSE)};
    const gint64 wrong[] = {ids[0], 999};
    g_assert_true(nt_gallery_set_aside(gallery, ids, 1, TRUE, NULL));
    g_autoptr(NtPerson) anna = nt_gallery_find_person(gallery, "Anna", NULL);
    g_assert_cmpuint(anna->n_faces, ==, 2);
    g_assert_cmpuint(anna->n_aside, ==, 1);
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(gallery, NULL);
    g_assert_cmpuint(snapshot->n_faces, ==, 2);
    g_assert_cmpint(snapshot->face_ids[0], ==, ids[1]);
    g_assert_cmpint(snapshot->person_ids[0], ==, anna->id);
    g_assert_true(nt_gallery_set_aside(gallery, ids, 1, FALSE, NULL));
    assert_not_found(nt_gallery_set_aside(gallery, wrong, 2, TRUE, &error), &error);
    assert_not_found(nt_gallery_remove_faces(gallery, wrong, 2, &error), &error);
    assert_not_found(nt_gallery_move_faces(gallery, wrong, 2, "Bob", &error), &error);
    gallery_assert_names(gallery, "Anna:2 Bob:1");                           /* all or nothing */
    g_assert_true(nt_gallery_move_faces(gallery, ids + 1, 2, "Carl", NULL)); /* Bob had no other */
    gallery_assert_names(gallery, "Anna:1 Carl:2");
    g_assert_true(nt_gallery_remove_faces(gallery, ids, 2, NULL));
    gallery_assert_names(gallery, "Anna:0 Carl:1");                     /* dropping pictures drops nobody */
    g_assert_cmpint(gallery_add(gallery, "Anna", 4, FALSE), >, ids[2]); /* a number is never given twice */
}

/* What people said about answers. */
static void test_answers(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    NtGallery *gallery = fixture->gallery;
    const NtGalleryFace face = gallery_make_face(8);
    gallery_add(gallery, "Anna", 1, FALSE);
    gallery_add(gallery, "Bob", 2, FALSE);
    const gint64 rejection = nt_gallery_reject(gallery, "Bob", &face, NULL),
                 stranger = nt_gallery_ignore(gallery, &face, NULL);
    assert_not_found(nt_gallery_reject(gallery, "Carl", &face, &error) != 0, &error);
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(gallery, NULL);
    g_assert_cmpuint(snapshot->n_rejections, ==, 1);
    g_assert_cmpuint(snapshot->rejected[0], ==, 1);
    g_assert_cmpmem(snapshot->rejections, sizeof face.embedding, face.embedding, sizeof face.embedding);
    g_assert_cmpuint(snapshot->n_strangers, ==, 1);
    g_assert_cmpmem(snapshot->strangers, sizeof face.embedding, face.embedding, sizeof face.embedding);
    g_assert_true(nt_gallery_merge(gallery, "Bob", "Anna", NULL)); /* what is not Bob is not Anna either */
    g_assert_true(nt_gallery_visit_rejections(gallery, "Anna", collect_id, ids, NULL));
    g_assert_true(nt_gallery_visit_strangers(gallery, TRUE, collect_id, ids, NULL));
    g_assert_cmpuint(ids->len, ==, 2);
    g_assert_cmpint(g_array_index(ids, gint64, 0), ==, rejection);
    g_assert_cmpint(g_array_index(ids, gint64, 1), ==, stranger);
    g_assert_true(nt_gallery_remove_rejection(gallery, rejection, NULL));
    g_assert_true(nt_gallery_remove_stranger(gallery, stranger, NULL));
    assert_not_found(nt_gallery_remove_rejection(gallery, rejection, &error), &error);
    assert_not_found(nt_gallery_remove_stranger(gallery, stranger, &error), &error);
}

/* Unknown people of a clip, kept until the clip is seen again. */
static void test_unknown(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    NtGallery *gallery = fixture->gallery;
    g_autofree guint8 *chip = gallery_make_chip(1);
    NtGalleryFace faces[] = {gallery_make_face(1), gallery_make_face(2)};
    faces[0].chip = chip;
    NtUnknown one = {.number = 1, .n_frames = 30, .first_ns = 5, .last_ns = 9, .n_faces = 2, .faces = faces};
    NtUnknown two = {.number = 2, .n_frames = 1, .first_ns = -1, .last_ns = -1, .n_faces = 1, .faces = faces + 1};
    NtUnknown *const both[] = {&two, &one}, *const later[] = {&two};
    g_assert_true(nt_gallery_keep_unknown(gallery, "b.mp4", both, 2, NULL));
    g_assert_true(nt_gallery_keep_unknown(gallery, "a.mp4", both, 2, NULL));
    g_assert_true(nt_gallery_keep_unknown(gallery, "a.mp4", later, 1, NULL)); /* instead of those */
    g_autoptr(GPtrArray) list = nt_gallery_list_unknown(gallery, TRUE, NULL);
    g_assert_cmpuint(list->len, ==, 3);
    const NtUnknown *first = list->pdata[0], *second = list->pdata[1];
    g_assert_cmpstr(first->source, ==, "a.mp4");
    g_assert_cmpint(first->first_ns, ==, -1);
    g_assert_cmpstr(second->source, ==, "b.mp4");
    g_assert_cmpuint(second->number, ==, 1);
    g_assert_cmpuint(second->n_frames, ==, 30);
    g_assert_cmpint(second->last_ns, ==, 9);
    g_assert_cmpuint(second->n_faces, ==, 2);
    g_assert_cmpmem(second->faces[0].chip, NT_CHIP_BYTES, chip, NT_CHIP_BYTES);
    g_assert_cmpmem(second->faces[1].embedding, sizeof faces[1].embedding, faces[1].embedding,
                    sizeof faces[1].embedding);
    g_assert_cmpstr(second->faces[1].source, ==, "party.mp4");
    g_assert_true(nt_gallery_drop_unknown(gallery, second->id, NULL));
    assert_not_found(nt_gallery_drop_unknown(gallery, second->id, &error), &error);
    g_assert_true(nt_gallery_drop_unknown(gallery, 0, NULL));
    g_autoptr(GPtrArray) none = nt_gallery_list_unknown(gallery, FALSE, NULL);
    g_assert_cmpuint(none->len, ==, 0);
}

/* Others see a change, and can ask cheaply whether there is one. */
static void test_seen_by_others(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(NtGallery) other = gallery_open(fixture->path, NT_GALLERY_READ, "model-a");
    const gint64 before = nt_gallery_data_version(other), own = nt_gallery_data_version(fixture->gallery);
    gallery_assert_names(other, "");
    g_assert_cmpint(nt_gallery_data_version(other), ==, before);
    gallery_add(fixture->gallery, "Anna", 1, FALSE);
    g_assert_cmpint(nt_gallery_data_version(other), !=, before);
    g_assert_cmpint(nt_gallery_data_version(fixture->gallery), ==, own); /* not by its own */
    gallery_assert_names(other, "Anna:1");
}

/* Two programs with different models and one empty gallery: the first to enrol has it. */
static void test_model_taken_meanwhile(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    const NtGalleryFace face = gallery_make_face(2);
    g_autoptr(NtGallery) other = gallery_open(fixture->path, NT_GALLERY_WRITE, "model-b");
    gallery_add(fixture->gallery, "Anna", 1, FALSE);
    g_assert_cmpint(nt_gallery_add_face(other, "Bob", &face, &error), ==, 0);
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_MODEL);
    g_clear_error(&error);
    g_assert_true(nt_gallery_remove(fixture->gallery, "Anna", NULL)); /* but could come back */
    g_assert_cmpint(nt_gallery_add_face(other, "Bob", &face, &error), ==, 0);
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_MODEL);
    g_assert_true(nt_gallery_forget(fixture->gallery, "Anna", NULL, NULL)); /* now it can't */
    g_assert_cmpint(nt_gallery_add_face(other, "Bob", &face, NULL), >, 0);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(GalleryFixture *fixture, gconstpointer user);
    } tests[] = {
        {"face-comes-back", test_face_comes_back},
        {"private", test_private},
        {"edit", test_edit},
        {"forgotten-bytes", test_forgotten_bytes},
        {"transactions", test_transactions},
        {"two-at-once", test_two_at_once},
        {"names", test_names},
        {"snapshot", test_snapshot},
        {"other-model", test_other_model},
        {"newer", test_newer},
        {"no-gallery", test_no_gallery},
        {"damaged", test_damaged},
        {"wrong-embedding", test_wrong_embedding},
        {"read-only", test_read_only},
        {"pictures", test_pictures},
        {"answers", test_answers},
        {"unknown", test_unknown},
        {"seen-by-others", test_seen_by_others},
        {"model-taken-meanwhile", test_model_taken_meanwhile},
    };
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/identity/gallery/", tests[i].name, NULL);
        g_test_add(path, GalleryFixture, NULL, gallery_set_up, tests[i].run, gallery_tear_down);
    }
    return g_test_run();
}
