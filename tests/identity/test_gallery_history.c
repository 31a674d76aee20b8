/* Undo and redo: each kind of change is taken back to the same rows, in order, across restarts, and what is listed says
 * in words what was done. */
#include <glib.h>

#include "gallery_fixture.h"

#define WALK_CHANGES 400 /* of the random walk */

static NtChange *undo(NtGallery *gallery)
{
    g_autoptr(GError) error = NULL;
    NtChange *change = nt_gallery_undo(gallery, &error);
    g_assert_no_error(error);
    g_assert_true(change->undone);
    return change;
}

static NtChange *redo(NtGallery *gallery)
{
    g_autoptr(GError) error = NULL;
    NtChange *change = nt_gallery_redo(gallery, &error);
    g_assert_no_error(error);
    g_assert_false(change->undone);
    return change;
}

static void assert_nothing(NtGallery *gallery, NtChange *(*go)(NtGallery *gallery, GError **error))
{
    g_autoptr(GError) error = NULL;
    g_assert_null(go(gallery, &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOTHING);
}

static void assert_history(NtGallery *gallery, const char *const *wanted)
{
    g_autoptr(GPtrArray) changes = nt_gallery_list_changes(gallery, NULL);
    guint n = 0;
    for (; wanted[n]; n++) {
        g_assert_cmpuint(n, <, changes->len);
        const NtChange *change = changes->pdata[n];
        g_autofree char *words = nt_change_describe(change);
        g_autofree char *line = g_strconcat(change->undone ? "(undone) " : "", words, NULL);
        g_assert_cmpstr(line, ==, wanted[n]);
    }
    g_assert_cmpuint(changes->len, ==, n);
}

/* The change, undone, redone, and undone again gives the rows from before and after. */
typedef gboolean (*Change)(NtGallery *gallery, const gint64 ids[3]);

static void check_change(const char *name, Change make)
{
    GalleryFixture fixture;
    gallery_set_up(&fixture, NULL);
    NtGallery *gallery = fixture.gallery;
    const gint64 ids[] = {gallery_add(gallery, "Anna", 1, TRUE), gallery_add(gallery, "Anna", 2, FALSE),
                          gallery_add(gallery, "Bob", 3, TRUE)};
    NtGalleryFace face = gallery_make_face(4);
    g_assert_cmpint(nt_gallery_reject(gallery, "Anna", &face, NULL), ==, 1);
    g_assert_cmpint(nt_gallery_reject(gallery, "Bob", &face, NULL), ==, 2);
    g_assert_cmpint(nt_gallery_ignore(gallery, &face, NULL), ==, 1);
    g_autofree char *before = gallery_digest(fixture.path);
    g_assert_true(make(gallery, ids));
    g_autofree char *after = gallery_digest(fixture.path);
    g_test_message("%s", name);
    g_assert_cmpstr(before, !=, after);
    for (int round = 0; round < 2; round++) {
        g_autoptr(NtChange) undone = undo(fixture.gallery);
        g_autofree char *back = gallery_digest(fixture.path);
        g_assert_cmpstr(back, ==, before);
        gallery_reopen(&fixture);
        g_autoptr(NtChange) redone = redo(fixture.gallery);
        g_autofree char *forth = gallery_digest(fixture.path), *words = nt_change_describe(redone);
        g_autofree char *other_words = nt_change_describe(undone);
        g_assert_cmpstr(forth, ==, after);
        g_assert_cmpstr(words, ==, other_words);
        assert_nothing(fixture.gallery, nt_gallery_redo);
    }
    g_autofree char *state = gallery_check_file(fixture.path);
    g_assert_cmpstr(state, ==, "ok");
    gallery_tear_down(&fixture, NULL);
}

#define CHANGE(name, made)                                        \
    static gboolean name(NtGallery *gallery, const gint64 ids[3]) \
    {                                                             \
        (void)ids;                                                \
        return (made);                                            \
    }
CHANGE(enroll, gallery_add(gallery, "Carl", 9, TRUE) != 0)
CHANGE(remove_faces, nt_gallery_remove_faces(gallery, ids, 3, NULL))
CHANGE(set_aside, nt_gallery_set_aside(gallery, ids, 2, TRUE, NULL))
CHANGE(move, nt_gallery_move_faces(gallery, ids + 1, 1, "Bob", NULL))
CHANGE(move_all, nt_gallery_move_faces(gallery, ids, 3, "Carl", NULL))
CHANGE(rename_person, nt_gallery_rename(gallery, "Bob", "Robert", NULL))
CHANGE(merge, nt_gallery_merge(gallery, "Anna", "Bob", NULL))
CHANGE(remove_person, nt_gallery_remove(gallery, "Anna", NULL))
CHANGE(remove_rejection, nt_gallery_remove_rejection(gallery, 1, NULL))
CHANGE(remove_stranger, nt_gallery_remove_stranger(gallery, 1, NULL))

CHANGE(set_cover, nt_gallery_set_cover(gallery, "Anna", ids[1], NULL))

static gboolean change_cover(NtGallery *gallery, const gint64 ids[3])
{
    return nt_gallery_begin(gallery, NULL) && nt_gallery_set_cover(gallery, "Anna", ids[0], NULL) &&
           nt_gallery_set_cover(gallery, "Anna", ids[1], NULL) && nt_gallery_set_cover(gallery, "Bob", ids[2], NULL) &&
           nt_gallery_merge(gallery, "Bob", "Anna", NULL) && nt_gallery_commit(gallery, NULL);
}

static gboolean reject(NtGallery *gallery, const gint64 ids[3])
{
    const NtGalleryFace face = gallery_make_face(7);
    (void)ids;
    return nt_gallery_reject(gallery, "Bob", &face, NULL) != 0;
}

static gboolean ignore(NtGallery *gallery, const gint64 ids[3])
{
    const NtGalleryFace face = gallery_make_face(7);
    (void)ids;
    return nt_gallery_ignore(gallery, &face, NULL) != 0;
}

static gboolean several(NtGallery *gallery, const gint64 ids[3])
{
    return nt_gallery_begin(gallery, NULL) && gallery_add(gallery, "Carl", 10, TRUE) &&
           nt_gallery_merge(gallery, "Bob", "Carl", NULL) && nt_gallery_set_aside(gallery, ids, 1, TRUE, NULL) &&
           nt_gallery_rename(gallery, "Carl", "Bob", NULL) && /* the name is free now */
           nt_gallery_remove(gallery, "Anna", NULL) &&
           gallery_add(gallery, "Anna", 11, FALSE) && /* another person of the same name */
           nt_gallery_commit(gallery, NULL);
}

static void test_each_kind(void)
{
    static const struct {
        const char *name;
        Change make;
    } changes[] = {{"enroll", enroll},
                   {"remove-faces", remove_faces},
                   {"set-aside", set_aside},
                   {"move", move},
                   {"move-all", move_all},
                   {"rename", rename_person},
                   {"merge", merge},
                   {"remove", remove_person},
                   {"reject", reject},
                   {"ignore", ignore},
                   {"remove-rejection", remove_rejection},
                   {"remove-stranger", remove_stranger},
                   {"set-cover", set_cover},
                   {"change-cover", change_cover},
                   {"several", several}};
    for (guint i = 0; i < G_N_ELEMENTS(changes); i++)
        check_change(changes[i].name, changes[i].make);
}

static void test_words(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    NtGallery *gallery = fixture->gallery;
    g_assert_true(nt_gallery_begin(gallery, NULL));
    const gint64 first = gallery_add(gallery, "Anna", 1, FALSE);
    gallery_add(gallery, "Anna", 2, FALSE);
    g_assert_true(nt_gallery_commit(gallery, NULL));
    gallery_add(gallery, "Bob", 3, FALSE);
    g_assert_true(nt_gallery_rename(gallery, "Bob", "Robert", NULL));
    g_assert_true(nt_gallery_set_aside(gallery, &first, 1, TRUE, NULL));
    g_assert_true(nt_gallery_set_aside(gallery, &first, 1, TRUE, NULL)); /* no change, and none in the history */
    g_assert_true(nt_gallery_move_faces(gallery, &first, 1, "Carl", NULL));
    g_assert_true(nt_gallery_merge(gallery, "Robert", "Anna", NULL));
    g_assert_true(nt_gallery_rename(gallery, "Anna", "Anne", NULL));
    g_assert_true(nt_gallery_remove(gallery, "Carl", NULL));
    const char *const wanted[] = {"Carl removed",
                                  "Anna renamed to Anne",
                                  "Robert merged into Anna",
                                  "1 picture moved from Anna to Carl",
                                  "1 picture of Anna set aside",
                                  "Bob renamed to Robert",
                                  "1 picture enrolled for Bob",
                                  "2 pictures enrolled for Anna",
                                  NULL};
    assert_history(gallery, wanted);
    for (int i = 0; i < 3; i++)
        nt_change_free(undo(gallery));
    const char *const undone[] = {"(undone) Carl removed",
                                  "(undone) Anna renamed to Anne",
                                  "(undone) Robert merged into Anna",
                                  "1 picture moved from Anna to Carl",
                                  "1 picture of Anna set aside",
                                  "Bob renamed to Robert",
                                  "1 picture enrolled for Bob",
                                  "2 pictures enrolled for Anna",
                                  NULL};
    assert_history(gallery, undone);
    gallery_add(gallery, "Dora", 5, FALSE); /* ends what could be redone */
    assert_nothing(gallery, nt_gallery_redo);
    const char *const after[] = {"1 picture enrolled for Dora",
                                 "1 picture moved from Anna to Carl",
                                 "1 picture of Anna set aside",
                                 "Bob renamed to Robert",
                                 "1 picture enrolled for Bob",
                                 "2 pictures enrolled for Anna",
                                 NULL};
    assert_history(gallery, after);
}

static void test_import(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_assert_true(nt_gallery_begin(fixture->gallery, NULL));
    gallery_add(fixture->gallery, "Anna", 1, FALSE);
    gallery_add(fixture->gallery, "Bob", 2, FALSE);
    nt_gallery_set_change_kind(fixture->gallery, NT_CHANGE_IMPORT, 2);
    g_assert_true(nt_gallery_commit(fixture->gallery, NULL));
    const char *const wanted[] = {"2 people imported", NULL};
    assert_history(fixture->gallery, wanted);
    nt_change_free(undo(fixture->gallery));
    gallery_assert_names(fixture->gallery, "");
}

/* A failing part takes itself back alone, and leaves nothing in the history; what was rolled back neither. */
static void test_failures(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    NtGallery *gallery = fixture->gallery;
    gallery_add(gallery, "Anna", 1, FALSE);
    gallery_add(gallery, "Bob", 2, FALSE);
    nt_change_free(undo(gallery));
    g_assert_false(nt_gallery_rename(gallery, "Anna", "An\nna", NULL));
    g_assert_false(nt_gallery_merge(gallery, "Anna", "Bob", NULL));
    g_assert_true(nt_gallery_begin(gallery, NULL));
    gallery_add(gallery, "Carl", 3, FALSE);
    nt_gallery_roll_back(gallery);
    nt_change_free(redo(gallery)); /* so none of these was a change */
    gallery_assert_names(gallery, "Anna:1 Bob:1");
    g_assert_true(nt_gallery_begin(gallery, NULL));
    g_assert_false(nt_gallery_rename(gallery, "Anna", "Bob", NULL));
    gallery_add(gallery, "Carl", 3, FALSE);
    g_assert_true(nt_gallery_commit(gallery, NULL));
    const char *const wanted[] = {"1 picture enrolled for Carl", "1 picture enrolled for Bob",
                                  "1 picture enrolled for Anna", NULL};
    assert_history(gallery, wanted);
}

/* A random walk. */

static char *random_name(GRand *random)
{
    return g_strdup_printf("Person %d", g_rand_int_range(random, 0, 8));
}

static guint pick_faces(const char *path, GRand *random, gint64 ids[4])
{
    guint n = 0;
    const gint64 count = gallery_count(path, "SELECT count(*) FROM faces");
    for (guint i = 0; i < 4 && count > 0; i++) {
        g_autofree char *sql = g_strdup_printf("SELECT id FROM faces ORDER BY id LIMIT 1 OFFSET %d",
                                               g_rand_int_range(random, 0, (gint32)count));
        const gint64 id = gallery_count(path, sql);
        gboolean twice = FALSE;
        for (guint k = 0; k < n; k++)
            twice = twice || ids[k] == id;
        if (!twice)
            ids[n++] = id;
        if (g_rand_boolean(random))
            break;
    }
    return n;
}

/* One change of any kind; it may be refused, which must change nothing. */
static void random_change(GalleryFixture *fixture, GRand *random, guint step)
{
    NtGallery *gallery = fixture->gallery;
    g_autofree char *name = random_name(random), *other = random_name(random);
    NtGalleryFace face = gallery_make_face(step + 100);
    g_autofree guint8 *chip = gallery_make_chip(step);
    face.chip = g_rand_boolean(random) ? chip : NULL;
    gint64 ids[4];
    const int kind = g_rand_int_range(random, 0, 14);
    const guint n = kind >= 4 && kind <= 6 ? pick_faces(fixture->path, random, ids) : 0;
    switch (kind) {
    case 0:
    case 1:
    case 2:
    case 3:
        nt_gallery_add_face(gallery, name, &face, NULL);
        break;
    case 4:
        nt_gallery_remove_faces(gallery, ids, n, NULL);
        break;
    case 5:
        nt_gallery_set_aside(gallery, ids, n, g_rand_boolean(random), NULL);
        break;
    case 6:
        nt_gallery_move_faces(gallery, ids, n, name, NULL);
        break;
    case 7:
        nt_gallery_rename(gallery, name, other, NULL);
        break;
    case 8:
        nt_gallery_merge(gallery, name, other, NULL);
        break;
    case 9:
        nt_gallery_remove(gallery, name, NULL);
        break;
    case 10:
        nt_gallery_reject(gallery, name, &face, NULL);
        break;
    case 11:
        nt_gallery_ignore(gallery, &face, NULL);
        break;
    case 12:
        nt_gallery_remove_rejection(
            gallery, gallery_count(fixture->path, "SELECT total(id) FROM (SELECT max(id) AS id FROM rejections)"),
            NULL);
        break;
    default:
        nt_gallery_remove_stranger(
            gallery, gallery_count(fixture->path, "SELECT total(id) FROM (SELECT max(id) AS id FROM strangers)"), NULL);
        break;
    }
}

static gint64 newest_change(const char *path)
{
    return gallery_count(path, "SELECT total(id) FROM (SELECT max(id) AS id FROM changes)");
}

static void walk_back_and_forth(GalleryFixture *fixture, GPtrArray *digests, GRand *random)
{
    for (guint at = digests->len - 1; at > 0; at--) {
        if (g_rand_int_range(random, 0, 40) == 0)
            gallery_reopen(fixture);
        nt_change_free(undo(fixture->gallery));
        g_autofree char *digest = gallery_digest(fixture->path);
        g_assert_cmpstr(digest, ==, digests->pdata[at - 1]);
    }
    assert_nothing(fixture->gallery, nt_gallery_undo);
    for (guint at = 1; at < digests->len; at++) {
        if (g_rand_int_range(random, 0, 40) == 0)
            gallery_reopen(fixture);
        nt_change_free(redo(fixture->gallery));
        g_autofree char *digest = gallery_digest(fixture->path);
        g_assert_cmpstr(digest, ==, digests->pdata[at]);
    }
    assert_nothing(fixture->gallery, nt_gallery_redo);
}

static void test_walk(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    const guint32 seed = (guint32)g_test_rand_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autoptr(GPtrArray) digests = g_ptr_array_new_with_free_func(g_free);
    g_test_message("seed %u", seed);
    g_ptr_array_add(digests, gallery_digest(fixture->path));
    gint64 newest = 0;
    for (guint step = 0; step < WALK_CHANGES; step++) {
        const gboolean several = g_rand_int_range(random, 0, 5) == 0;
        if (several)
            g_assert_true(nt_gallery_begin(fixture->gallery, NULL));
        for (int part = 0; part < (several ? 4 : 1); part++)
            random_change(fixture, random, step);
        if (several)
            g_assert_true(nt_gallery_commit(fixture->gallery, NULL));
        const gint64 now = newest_change(fixture->path);
        g_autofree char *digest = gallery_digest(fixture->path);
        if (now != newest)
            g_ptr_array_add(digests, g_steal_pointer(&digest));
        else
            g_assert_cmpstr(digest, ==, digests->pdata[digests->len - 1]);
        newest = now;
        if (g_rand_int_range(random, 0, 20) == 0)
            gallery_reopen(fixture);
    }
    g_test_message("%u changes", digests->len - 1);
    g_assert_cmpuint(digests->len, >, WALK_CHANGES / 3);
    walk_back_and_forth(fixture, digests, random);
    g_autofree char *state = gallery_check_file(fixture->path);
    g_assert_cmpstr(state, ==, "ok");
}

/* Whatever was forgotten on the way, what is left can be undone to the end without an error other than "nothing". */
static void test_walk_with_forgetting(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    const guint32 seed = (guint32)g_test_rand_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_test_message("seed %u", seed);
    for (guint round = 0; round < 6; round++) {
        for (guint step = 0; step < 40; step++)
            random_change(fixture, random, round * 100 + step);
        g_autofree char *name = random_name(random);
        g_autoptr(GError) error = NULL;
        if (!nt_gallery_forget(fixture->gallery, name, NULL, &error))
            g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND);
        guint n = 0;
        NtChange *change;
        g_autoptr(GError) end = NULL;
        while (n < 30 + round * 10 && (change = nt_gallery_undo(fixture->gallery, &end)) != NULL) {
            nt_change_free(change);
            n++;
        }
        if (end)
            g_assert_error(end, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOTHING);
        g_autofree char *state = gallery_check_file(fixture->path);
        g_assert_cmpstr(state, ==, "ok");
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(GalleryFixture *fixture, gconstpointer user);
    } tests[] = {{"words", test_words},
                 {"import", test_import},
                 {"failures", test_failures},
                 {"walk", test_walk},
                 {"walk-with-forgetting", test_walk_with_forgetting}};
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/identity/history/each-kind", test_each_kind);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/identity/history/", tests[i].name, NULL);
        g_test_add(path, GalleryFixture, NULL, gallery_set_up, tests[i].run, gallery_tear_down);
    }
    return g_test_run();
}
