/* Archives: what is exported comes back the same, importing is one change or none, and whatever is wrong with a folder is
 * said in words and changes nothing. */
#include <errno.h>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identity/archive.h"

#include "remove_tree.h"

#define MODEL "model-a"

typedef struct Fixture {
    char *folder, *archive;
    NtGallery *gallery, *other; /* other: empty */
} Fixture;

static NtGallery *open_gallery(const char *folder, const char *name, const char *fingerprint)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(folder, name, NULL);
    const NtGalleryOptions options = {.mode = NT_GALLERY_CREATE, .model_fingerprint = fingerprint};
    NtGallery *gallery = nt_gallery_open(path, &options, &error);
    g_assert_no_error(error);
    return gallery;
}

static guint8 *make_chip(guint8 seed)
{
    guint8 *chip = g_malloc(NT_CHIP_BYTES);
    for (guint i = 0; i < NT_CHIP_BYTES; i++)
        chip[i] = (guint8)(i / 450 + seed * 16);
    return chip;
}

/* Numbers that no short text tells exactly. */
static NtGalleryFace make_face(guint seed)
{
    NtGalleryFace face = {.source = "/home/anna/\"party\" \\ nächte.mp4", .pts_ns = seed % 2 ? 1500000000 + (gint64)seed : -1,
                          .box = {-10, 20, 109, 139}, .score = 1.1 / 3 * seed, .created_us = 1700000000000000 + seed,
                          .forced = seed % 3 == 0, .aside = seed % 4 == 3};
    face.quality = (NtQuality){101.0f / 3, 0.7f, -12.3f, 4.4f, 0.1f * (float)seed, 0.55f, 1.0f / 7, 0.01f, 1};
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        face.embedding[i] = sinf((float)(seed * 1000 + i)) / 7;
    face.embedding[5] = 1.17549435e-38f;
    return face;
}

static void add(NtGallery *gallery, const char *name, guint seed)
{
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *chip = make_chip((guint8)seed);
    NtGalleryFace face = make_face(seed);
    face.chip = chip;
    g_assert_cmpint(nt_gallery_add_face(gallery, name, &face, &error), >, 0);
    g_assert_no_error(error);
}

static void set_up(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *chip = make_chip(9);
    NtGalleryFace stranger = make_face(40), rejected = make_face(41);
    fixture->folder = g_dir_make_tmp("nametag-archive-XXXXXX", NULL);
    fixture->archive = g_build_filename(fixture->folder, "archive", NULL);
    fixture->gallery = open_gallery(fixture->folder, "people.sqlite", MODEL);
    fixture->other = open_gallery(fixture->folder, "other.sqlite", MODEL);
    for (guint seed = 1; seed <= 4; seed++)
        add(fixture->gallery, "Änna \"Ann\" O'Neil", seed);
    add(fixture->gallery, "Bob", 5);
    stranger.chip = rejected.chip = chip;
    g_assert_cmpint(nt_gallery_ignore(fixture->gallery, &stranger, &error), >, 0);
    g_assert_cmpint(nt_gallery_reject(fixture->gallery, "Bob", &rejected, &error), >, 0);
    g_assert_no_error(error);
}

static void tear_down(Fixture *fixture, gconstpointer user)
{
    (void)user;
    nt_gallery_close(fixture->gallery);
    nt_gallery_close(fixture->other);
    remove_tree(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->archive);
}

/* Everything a gallery has, as text: equal texts are equal galleries, but for the ids. */

static void dump_face(const NtGalleryFace *face, gpointer user)
{
    g_autofree char *chip = face->chip ? g_compute_checksum_for_data(G_CHECKSUM_MD5, face->chip, NT_CHIP_BYTES) : NULL;
    g_autofree char *embedding =
        g_compute_checksum_for_data(G_CHECKSUM_MD5, (const guchar *)face->embedding, sizeof face->embedding);
    g_autofree char *quality =
        g_compute_checksum_for_data(G_CHECKSUM_MD5, (const guchar *)&face->quality, sizeof face->quality);
    g_string_append_printf(user, "  %s %s %s %" G_GINT64_FORMAT " %d,%d,%d,%d %.17g %s %d %d %" G_GINT64_FORMAT "\n", embedding,
                           chip ? chip : "-", face->source, face->pts_ns, face->box.left, face->box.top, face->box.right,
                           face->box.bottom, face->score, quality, face->forced, face->aside, face->created_us);
}

static char *dump(NtGallery *gallery)
{
    g_autoptr(GPtrArray) people = nt_gallery_list_people(gallery, NULL);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < people->len; i++) {
        const NtPerson *person = people->pdata[i];
        g_string_append_printf(text, "%s\n", person->name);
        g_assert_true(nt_gallery_visit_faces(gallery, person->name, TRUE, dump_face, text, NULL));
        g_string_append(text, " rejections\n");
        g_assert_true(nt_gallery_visit_rejections(gallery, person->name, dump_face, text, NULL));
    }
    g_string_append(text, "strangers\n");
    g_assert_true(nt_gallery_visit_strangers(gallery, TRUE, dump_face, text, NULL));
    return g_string_free(text, FALSE);
}

static void assert_same(NtGallery *gallery, const char *wanted)
{
    g_autofree char *got = dump(gallery);
    g_assert_cmpstr(got, ==, wanted);
}

static guint n_changes(NtGallery *gallery)
{
    g_autoptr(GPtrArray) changes = nt_gallery_list_changes(gallery, NULL);
    return changes->len;
}

static NtArchiveCount export_all(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    NtArchiveCount count;
    nt_archive_export(fixture->gallery, NULL, fixture->archive, NULL, &count, &error);
    g_assert_no_error(error);
    return count;
}

static NtArchiveCount import_into(NtGallery *gallery, const char *folder)
{
    g_autoptr(GError) error = NULL;
    NtArchiveCount count;
    nt_archive_import(gallery, folder, NULL, &count, &error);
    g_assert_no_error(error);
    return count;
}

static void test_comes_back(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *wanted = dump(fixture->gallery);
    const NtArchiveCount out = export_all(fixture);
    g_assert_cmpuint(out.people, ==, 2);
    g_assert_cmpuint(out.faces, ==, 5);
    const NtArchiveCount in = import_into(fixture->other, fixture->archive);
    g_assert_cmpuint(in.people, ==, 2);
    g_assert_cmpuint(in.new_people, ==, 2);
    g_assert_cmpuint(in.faces, ==, 5);
    g_assert_cmpuint(in.skipped_faces, ==, 0);
    g_assert_cmpuint(in.rejections, ==, 1);
    g_assert_cmpuint(in.strangers, ==, 1);
    assert_same(fixture->other, wanted);
}

static void test_is_private(Fixture *fixture, gconstpointer user)
{
    (void)user;
    GStatBuf info;
    export_all(fixture);
    g_assert_cmpint(g_stat(fixture->archive, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0700);
    for (const char *const *name = (const char *const[]){"people.json", "pictures/1.png", NULL}; *name; name++) {
        g_autofree char *path = g_build_filename(fixture->archive, *name, NULL);
        g_assert_cmpint(g_stat(path, &info), ==, 0);
        g_assert_cmpint(info.st_mode & 0777, ==, 0600);
    }
}

static void test_again_changes_nothing(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *wanted = dump(fixture->gallery);
    const guint changes = n_changes(fixture->gallery);
    export_all(fixture);
    const NtArchiveCount count = import_into(fixture->gallery, fixture->archive);
    g_assert_cmpuint(count.skipped_faces, ==, 5);
    g_assert_cmpuint(count.faces + count.people + count.rejections + count.strangers, ==, 0);
    g_assert_cmpuint(n_changes(fixture->gallery), ==, changes);
    assert_same(fixture->gallery, wanted);
}

static void test_is_one_change(Fixture *fixture, gconstpointer user)
{
    (void)user;
    add(fixture->other, "Bob", 20);
    add(fixture->other, "Carl", 5); /* Bob's picture there: it stays Carl's here */
    g_autofree char *before = dump(fixture->other);
    const guint changes = n_changes(fixture->other);
    export_all(fixture);
    const NtArchiveCount count = import_into(fixture->other, fixture->archive);
    g_assert_cmpuint(count.people, ==, 1);
    g_assert_cmpuint(count.new_people, ==, 1);
    g_assert_cmpuint(count.faces, ==, 4);
    g_assert_cmpuint(count.skipped_faces, ==, 1);
    g_assert_cmpuint(n_changes(fixture->other), ==, changes + 1);
    g_autofree char *after = dump(fixture->other);
    g_autoptr(NtChange) change = nt_gallery_undo(fixture->other, NULL);
    g_assert_cmpint(change->kind, ==, NT_CHANGE_IMPORT);
    g_assert_cmpuint(change->count, ==, 1);
    assert_same(fixture->other, before);
    g_autoptr(NtChange) again = nt_gallery_redo(fixture->other, NULL);
    g_assert_nonnull(again);
    assert_same(fixture->other, after);
}

static void test_one_person(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    NtArchiveCount count;
    g_assert_true(nt_archive_export(fixture->gallery, "Bob", fixture->archive, NULL, &count, NULL));
    g_assert_cmpuint(count.people, ==, 1);
    g_assert_cmpuint(count.strangers, ==, 0);
    const NtArchiveCount in = import_into(fixture->other, fixture->archive);
    g_assert_cmpuint(in.faces, ==, 1);
    g_autofree char *nobody = g_build_filename(fixture->folder, "nobody", NULL);
    g_assert_false(nt_archive_export(fixture->gallery, "Nobody", nobody, NULL, &count, &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND);
    g_assert_false(g_file_test(nobody, G_FILE_TEST_EXISTS));
}

/* Files in the fixture's folder that are no gallery's: an archive that failed leaves none. */
static guint n_left(const Fixture *fixture)
{
    guint n = 0;
    g_autoptr(GDir) dir = g_dir_open(fixture->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));)
        n += strstr(name, ".sqlite") == NULL;
    return n;
}

static void test_target_folder(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) full = NULL, no_parent = NULL;
    NtArchiveCount count;
    g_autofree char *file = g_build_filename(fixture->archive, "letter.txt", NULL);
    g_autofree char *deep = g_build_filename(fixture->folder, "no", "such", "folder", NULL);
    g_autofree char *slash = g_strconcat(fixture->archive, "/", NULL);
    g_assert_cmpint(g_mkdir(fixture->archive, 0755), ==, 0);
    g_assert_true(g_file_set_contents(file, "dear", -1, NULL));
    g_assert_false(nt_archive_export(fixture->gallery, NULL, fixture->archive, NULL, &count, &full));
    g_assert_error(full, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_EXISTS);
    g_assert_false(nt_archive_export(fixture->gallery, NULL, deep, NULL, &count, &no_parent));
    g_assert_error(no_parent, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_IO);
    g_assert_cmpuint(n_left(fixture), ==, 1);
    g_unlink(file);
    g_assert_true(nt_archive_export(fixture->gallery, NULL, slash, NULL, &count, NULL)); /* an empty folder will do */
    g_assert_cmpuint(n_left(fixture), ==, 1);
    g_assert_cmpuint(import_into(fixture->other, slash).faces, ==, 5);
}

static gboolean stop_at_third(guint done, guint total, gpointer user)
{
    (void)user;
    g_assert_cmpuint(total, >=, 5);
    return done < 3;
}

static void test_stopped(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) out = NULL, in = NULL;
    NtArchiveCount count;
    const NtArchiveHelp help = {.progress = stop_at_third};
    g_autofree char *empty = dump(fixture->other);
    g_assert_false(nt_archive_export(fixture->gallery, NULL, fixture->archive, &help, &count, &out));
    g_assert_error(out, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_STOPPED);
    g_assert_cmpuint(n_left(fixture), ==, 0);
    export_all(fixture);
    g_assert_false(nt_archive_import(fixture->other, fixture->archive, &help, &count, &in));
    g_assert_error(in, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_STOPPED);
    assert_same(fixture->other, empty);
    g_assert_cmpuint(n_changes(fixture->other), ==, 0);
    g_assert_cmpuint(count.faces, ==, 0);
}

/* Hostile and damaged folders. */

static void assert_refused(Fixture *fixture, const char *what, NtArchiveError code)
{
    g_autoptr(GError) error = NULL;
    NtArchiveCount count;
    g_autofree char *before = dump(fixture->other);
    g_assert_false(nt_archive_import(fixture->other, fixture->archive, NULL, &count, &error));
    g_autofree char *plain = g_strescape(what, NULL);
    g_test_message("%s: %s", plain, error->message);
    g_assert_error(error, NT_ARCHIVE_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, fixture->archive));
    g_assert_null(strchr(error->message, '\n'));
    assert_same(fixture->other, before);
    g_assert_cmpuint(n_changes(fixture->other), ==, 0);
}

static void test_hostile_text(Fixture *fixture, gconstpointer user)
{
    (void)user;
    static const struct {
        const char *from, *to;
        NtArchiveError code;
    } changes[] = {
        {"nametag-people/1", "nametag-people/2", NT_ARCHIVE_ERROR_NEWER},
        {"nametag-people/1", "recipes/1", NT_ARCHIVE_ERROR_FORMAT},
        {"\"model_fingerprint\":\"[^\"]*\",", "", NT_ARCHIVE_ERROR_FORMAT},
        {"\"model_fingerprint\":\"[^\"]*\"", "\"model_fingerprint\":\"other\"", NT_ARCHIVE_ERROR_MODEL},
        {"\"people\":\\[", "\"folk\":[", NT_ARCHIVE_ERROR_FORMAT},
        {"\"people\":\\[", "\"people\":[7,", NT_ARCHIVE_ERROR_FORMAT},
        {"\"people\":\\[", "\"people\":[{\"name\":\"Zed\",\"faces\":{}},", NT_ARCHIVE_ERROR_FORMAT},
        {"\"people\":\\[", "\"people\":[{\"name\":\"Zed\",\"faces\":[[]]},", NT_ARCHIVE_ERROR_FORMAT},
        {"\"name\":\"Bob\"", "\"name\":\"\"", NT_ARCHIVE_ERROR_FORMAT},
        {"\"name\":\"Bob\"", "\"name\":\"B\\nob\"", NT_ARCHIVE_ERROR_FORMAT},
        {"\"name\":\"Bob\"", "\"name\":null", NT_ARCHIVE_ERROR_FORMAT},
        {"\"name\":\"Bob\"", "\"name\":[\"Bob\"]", NT_ARCHIVE_ERROR_FORMAT},
        {"\"id\":3,", "\"id\":2,", NT_ARCHIVE_ERROR_FORMAT},
        {"\"id\":3,", "\"id\":-3,", NT_ARCHIVE_ERROR_FORMAT},
        {"\"id\":3,", "", NT_ARCHIVE_ERROR_FORMAT},
        {"\"embedding\":\\[[^,]*,", "\"embedding\":[", NT_ARCHIVE_ERROR_FORMAT},
        {"\"embedding\":\\[", "\"embedding\":[0,", NT_ARCHIVE_ERROR_FORMAT},
        {"\"embedding\":\\[[^,]*,", "\"embedding\":[NaN,", NT_ARCHIVE_ERROR_FORMAT},
        {"\"embedding\":\\[[^,]*,", "\"embedding\":[1e999,", NT_ARCHIVE_ERROR_FORMAT},
        {"\"embedding\":\\[[^,]*,", "\"embedding\":[1e30,", NT_ARCHIVE_ERROR_FORMAT},
        {"\"embedding\":\\[[^,]*,", "\"embedding\":[null,", NT_ARCHIVE_ERROR_FORMAT},
        {"\"embedding\":\\[[^,]*,", "\"embedding\":[true,", NT_ARCHIVE_ERROR_FORMAT},
        {"\"embedding\":\\[[^\\]]*\\]", "\"embedding\":\"AAAA\"", NT_ARCHIVE_ERROR_FORMAT},
        {"pictures/1.png", "pictures/../../secret.png", NT_ARCHIVE_ERROR_FORMAT},
        {"pictures/1.png", "/etc/passwd", NT_ARCHIVE_ERROR_FORMAT},
        {"pictures/1.png", "pictures/", NT_ARCHIVE_ERROR_FORMAT},
        {"pictures/1.png", "pictures/..", NT_ARCHIVE_ERROR_FORMAT},
        {"pictures/1.png", "pictures/99.png", NT_ARCHIVE_ERROR_FORMAT},
        {"\"box\":\\[-10", "\"box\":[-1e400", NT_ARCHIVE_ERROR_FORMAT},
        {"\"box\":\\[-10", "\"box\":[99999999999", NT_ARCHIVE_ERROR_FORMAT},
        {"\"box\":\\[-10,20,120", "\"box\":[-10,20,-120", NT_ARCHIVE_ERROR_FORMAT},
        {"\"size_px\":[^,]*", "\"size_px\":\"large\"", NT_ARCHIVE_ERROR_FORMAT},
        {"\"yaw\":[^,]*", "\"yaw\":1e300", NT_ARCHIVE_ERROR_FORMAT},
        {"\"created_us\":", "\"created_us\":-", NT_ARCHIVE_ERROR_FORMAT},
        {"\"source\":\"", "\"source\":5,\"x\":\"", NT_ARCHIVE_ERROR_FORMAT},
        {"\"strangers\":\\[", "\"strangers\":[{},", NT_ARCHIVE_ERROR_FORMAT},
        {"\\]\\}\n$", "", NT_ARCHIVE_ERROR_FORMAT},
        {"^(.|\n)*$", "", NT_ARCHIVE_ERROR_FORMAT},
        {"^", "\xff\xfe", NT_ARCHIVE_ERROR_FORMAT},
    };
    g_autofree char *path = g_build_filename(fixture->archive, "people.json", NULL), *whole = NULL;
    export_all(fixture);
    g_assert_true(g_file_get_contents(path, &whole, NULL, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GRegex) regex = g_regex_new(changes[i].from, G_REGEX_RAW, 0, &error);
        g_assert_no_error(error);
        GMatchInfo *match;
        g_assert_true(g_regex_match(regex, whole, 0, &match));
        int start, end;
        g_match_info_fetch_pos(match, 0, &start, &end);
        g_match_info_free(match);
        g_autofree char *head = g_strndup(whole, (gsize)start);
        g_autofree char *changed = g_strconcat(head, changes[i].to, whole + end, NULL);
        g_assert_true(g_file_set_contents(path, changed, -1, NULL));
        assert_refused(fixture, changes[i].to, changes[i].code);
    }
    g_assert_true(g_file_set_contents(path, whole, -1, NULL));
    g_assert_cmpuint(import_into(fixture->other, fixture->archive).faces, ==, 5); /* the whole one still is */
}

static void test_too_deep(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *path = g_build_filename(fixture->archive, "people.json", NULL);
    g_autofree char *deep = g_strnfill(10 << 20, '[');
    export_all(fixture);
    g_assert_true(g_file_set_contents(path, deep, -1, NULL));
    assert_refused(fixture, "ten million brackets", NT_ARCHIVE_ERROR_FORMAT);
}

static void write_png(const char *path, int width, int height, gboolean alpha)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new(GDK_COLORSPACE_RGB, alpha, 8, width, height);
    gdk_pixbuf_fill(pixbuf, 0x80808080);
    g_unlink(path);
    gdk_pixbuf_save(pixbuf, path, "png", &error, NULL);
    g_assert_no_error(error);
}

static void test_hostile_pictures(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *path = g_build_filename(fixture->archive, "pictures", "4.png", NULL);
    g_autofree char *third = g_build_filename(fixture->archive, "pictures", "3.png", NULL);
    g_autofree char *pictures = g_build_filename(fixture->archive, "pictures", NULL);
    g_autofree char *bytes = NULL;
    gsize n;
    export_all(fixture);
    g_assert_true(g_file_get_contents(path, &bytes, &n, NULL));
    g_unlink(path);
    assert_refused(fixture, "missing", NT_ARCHIVE_ERROR_FORMAT);
    g_assert_cmpint(symlink(third, path), ==, 0);
    assert_refused(fixture, "a link", NT_ARCHIVE_ERROR_FORMAT);
    g_unlink(path);
    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    assert_refused(fixture, "a pipe", NT_ARCHIVE_ERROR_FORMAT);
    g_unlink(path);
    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    assert_refused(fixture, "a folder", NT_ARCHIVE_ERROR_FORMAT);
    g_rmdir(path);
    g_assert_true(g_file_set_contents(path, "no picture at all, but long enough", -1, NULL));
    assert_refused(fixture, "a letter", NT_ARCHIVE_ERROR_FORMAT);
    write_png(path, 10, 10, FALSE);
    assert_refused(fixture, "small", NT_ARCHIVE_ERROR_FORMAT);
    write_png(path, 4000, 4000, FALSE);
    assert_refused(fixture, "large", NT_ARCHIVE_ERROR_FORMAT);
    write_png(path, 150, 150, TRUE);
    assert_refused(fixture, "transparent", NT_ARCHIVE_ERROR_FORMAT);
    g_assert_true(g_file_set_contents(path, bytes, (gssize)n / 2, NULL));
    assert_refused(fixture, "cut", NT_ARCHIVE_ERROR_FORMAT);
    g_assert_true(g_file_set_contents(path, bytes, (gssize)n, NULL));
    g_assert_cmpint(truncate(path, 1 << 30), ==, 0);
    assert_refused(fixture, "a gigabyte", NT_ARCHIVE_ERROR_FORMAT);
    remove_tree(pictures);
    assert_refused(fixture, "none at all", NT_ARCHIVE_ERROR_FORMAT);
}

static void test_no_archive(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *path = g_build_filename(fixture->archive, "people.json", NULL);
    assert_refused(fixture, "no folder", NT_ARCHIVE_ERROR_IO);
    g_assert_cmpint(g_mkdir(fixture->archive, 0700), ==, 0);
    assert_refused(fixture, "an empty folder", NT_ARCHIVE_ERROR_FORMAT);
    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    assert_refused(fixture, "a pipe", NT_ARCHIVE_ERROR_FORMAT);
    g_unlink(path);
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    g_assert_cmpint(truncate(path, (gint64)1 << 40), ==, 0);
    assert_refused(fixture, "a terabyte", NT_ARCHIVE_ERROR_FORMAT);
}

/* Another model. */

typedef struct Embedding {
    guint calls, fails_at;
} Embedding;

static gboolean embed(const guint8 chip[NT_CHIP_BYTES], float embedding[NT_EMBEDDING_SIZE], gpointer user, GError **error)
{
    Embedding *state = user;
    if (++state->calls == state->fails_at) {
        g_set_error_literal(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_MODEL, "the model broke");
        return FALSE;
    }
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        embedding[i] = (float)chip[i * 450] / 255;
    return TRUE;
}

static void check_embedded(const NtGalleryFace *face, gpointer user)
{
    guint *n = user;
    g_assert_cmpfloat(face->embedding[9], ==, (float)face->chip[9 * 450] / 255);
    ++*n;
}

static void test_other_model(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    NtArchiveCount count;
    Embedding state = {0}, broken = {.fails_at = 4};
    const NtArchiveHelp help = {.embed = embed, .user = &state}, broken_help = {.embed = embed, .user = &broken};
    NtGalleryFace bare = make_face(30);
    g_assert_cmpint(nt_gallery_add_face(fixture->gallery, "Bob", &bare, NULL), >, 0); /* has no picture */
    export_all(fixture);
    g_autoptr(NtGallery) newer = open_gallery(fixture->folder, "newer.sqlite", "model-b");
    g_autofree char *empty = dump(newer);
    g_assert_false(nt_archive_import(newer, fixture->archive, NULL, &count, &error));
    g_assert_error(error, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_MODEL);
    g_clear_error(&error);
    g_assert_false(nt_archive_import(newer, fixture->archive, &broken_help, &count, &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_MODEL);
    assert_same(newer, empty); /* of the three before, none is left */
    g_assert_true(nt_archive_import(newer, fixture->archive, &help, &count, NULL));
    g_assert_cmpuint(count.faces, ==, 5);
    g_assert_cmpuint(count.lost, ==, 1);
    guint n = 0;
    g_assert_true(nt_gallery_visit_faces(newer, "Bob", TRUE, check_embedded, &n, NULL));
    g_assert_true(nt_gallery_visit_rejections(newer, "Bob", check_embedded, &n, NULL));
    g_assert_cmpuint(n, ==, 2);
}

/* One gallery into another. */

static void test_merge(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    NtArchiveCount count;
    add(fixture->other, "Bob", 5); /* the same picture */
    add(fixture->other, "Bob", 21);
    g_autofree char *before = dump(fixture->other), *from = dump(fixture->gallery);
    const guint changes = n_changes(fixture->other);
    nt_archive_merge(fixture->other, fixture->gallery, NULL, &count, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count.faces, ==, 4);
    g_assert_cmpuint(count.skipped_faces, ==, 1);
    g_assert_cmpuint(count.rejections, ==, 1);
    g_assert_cmpuint(count.strangers, ==, 1);
    g_assert_cmpuint(n_changes(fixture->other), ==, changes + 1);
    assert_same(fixture->gallery, from);
    g_autoptr(NtPerson) bob = nt_gallery_find_person(fixture->other, "Bob", NULL);
    g_assert_cmpuint(bob->n_faces, ==, 2);
    g_autoptr(NtChange) undone = nt_gallery_undo(fixture->other, NULL);
    g_assert_nonnull(undone);
    assert_same(fixture->other, before);
}

static void test_merge_with_itself(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    NtArchiveCount count;
    g_autoptr(NtGallery) again = open_gallery(fixture->folder, "people.sqlite", MODEL);
    g_assert_false(nt_archive_merge(fixture->gallery, again, NULL, &count, &error));
    g_assert_error(error, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_EXISTS);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(Fixture *fixture, gconstpointer user);
    } tests[] = {
        {"comes-back", test_comes_back},
        {"is-private", test_is_private},
        {"again-changes-nothing", test_again_changes_nothing},
        {"is-one-change", test_is_one_change},
        {"one-person", test_one_person},
        {"target-folder", test_target_folder},
        {"stopped", test_stopped},
        {"hostile-text", test_hostile_text},
        {"too-deep", test_too_deep},
        {"hostile-pictures", test_hostile_pictures},
        {"no-archive", test_no_archive},
        {"other-model", test_other_model},
        {"merge", test_merge},
        {"merge-with-itself", test_merge_with_itself},
    };
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/identity/archive/", tests[i].name, NULL);
        g_test_add(path, Fixture, NULL, set_up, tests[i].run, tear_down);
    }
    return g_test_run();
}
