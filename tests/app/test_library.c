/* The gallery as the window knows it: opened, changed and watched off the main thread, told in order on it. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/library.h"
#include "app/person_item.h"
#include "identity/gallery_fixture.h"
#include "identity/made_people.h"

/* Sanitizers and busy machines are slow. */
#define AT_LAST_S 60
#define PASSPHRASE "correct horse"

typedef struct Fixture {
    char *folder, *path;
    NtLibrary *library;
    GString *log; /* what was called back and told, in order */
    guint n_changed;
    gboolean last_undoable, last_failed;
    char *last_words;
} Fixture;

static void on_told(NtLibrary *library, const char *words, gboolean undoable, gboolean failed, Fixture *fixture)
{
    g_assert_true(library == fixture->library);
    g_string_append_c(fixture->log, failed ? 'F' : 'T');
    g_free(fixture->last_words);
    fixture->last_words = g_strdup(words);
    fixture->last_undoable = undoable;
    fixture->last_failed = failed;
}

static void on_changed(NtLibrary *library, Fixture *fixture)
{
    (void)library;
    fixture->n_changed++;
    g_string_append_c(fixture->log, 'c');
}

static void set_up(Fixture *fixture, gconstpointer user)
{
    (void)user;
    fixture->folder = gallery_make_folder();
    fixture->path = g_build_filename(fixture->folder, "people.sqlite", NULL);
    fixture->library = nt_library_new();
    fixture->log = g_string_new(NULL);
    g_signal_connect(fixture->library, "told", G_CALLBACK(on_told), fixture);
    g_signal_connect(fixture->library, "changed", G_CALLBACK(on_changed), fixture);
}

static void tear_down(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_object_add_weak_pointer(G_OBJECT(fixture->library), (gpointer *)&fixture->library);
    nt_library_close(fixture->library);
    g_object_unref(fixture->library);
    g_assert_null(fixture->library);
    gallery_remove_folder(fixture->folder);
    g_string_free(fixture->log, TRUE);
    g_free(fixture->last_words);
    g_free(fixture->folder);
    g_free(fixture->path);
}

#define WAIT_FOR(condition)                                                   \
    do {                                                                      \
        const gint64 start_ = g_get_monotonic_time();                         \
        while (!(condition)) {                                                \
            g_main_context_iteration(NULL, FALSE);                            \
            g_usleep(1000);                                                   \
            if (g_get_monotonic_time() - start_ > AT_LAST_S * G_USEC_PER_SEC) \
                g_error("waited too long for %s", #condition);                \
        }                                                                     \
    } while (0)

static void open_library(Fixture *fixture, NtLibraryState wanted)
{
    nt_library_open(fixture->library, fixture->path, NULL, NT_CAUTION_BALANCED);
    g_assert_cmpint(nt_library_get_state(fixture->library), ==, NT_LIBRARY_OPENING);
    WAIT_FOR(nt_library_get_state(fixture->library) != NT_LIBRARY_OPENING);
    g_assert_cmpint(nt_library_get_state(fixture->library), ==, wanted);
}

/* Pictures of made-up people: the same name and number give the same one. */

static NtFacePicture *make_picture(const char *name, guint number)
{
    float centre[NT_EMBEDDING_SIZE];
    g_autoptr(GRand) person = g_rand_new_with_seed(g_str_hash(name));
    g_autoptr(GRand) random = g_rand_new_with_seed(number);
    NtFacePicture *picture = nt_face_picture_new();
    made_person(person, centre);
    made_picture(random, centre, picture->embedding);
    memset(picture->chip, (int)(40 + number * 10), sizeof picture->chip);
    picture->box = (NtRect){10, 10, 110, 110};
    picture->score = 1;
    picture->pts_ns = -1;
    picture->quality = (NtQuality){
        .size_px = 200, .sharpness = 0.8f, .brightness = 0.5f, .contrast = 0.2f, .inside = 1, .yaw = (float)number};
    return picture;
}

static GPtrArray *make_pictures(const char *name, guint first, guint n)
{
    GPtrArray *pictures = g_ptr_array_new_with_free_func((GDestroyNotify)nt_face_picture_unref);
    for (guint i = 0; i < n; i++)
        g_ptr_array_add(pictures, make_picture(name, first + i));
    return pictures;
}

/* What a change came to. */
typedef struct Outcome {
    Fixture *fixture;
    gboolean done;
    int code; /* of the error; -1: none */
    char *message;
} Outcome;

static void on_done(NtLibrary *library, const GError *error, gpointer user)
{
    Outcome *outcome = user;
    g_assert_true(library == outcome->fixture->library);
    g_string_append_c(outcome->fixture->log, error ? 'e' : 'd');
    outcome->done = TRUE;
    outcome->code = error ? error->code : -1;
    outcome->message = error ? g_strdup(error->message) : NULL;
}

/* Makes a change (an expression with DONE for its last arguments) and waits for it; the error's code. */
#define DONE on_done, &outcome_
#define CHANGE(fixture_, call)                      \
    ({                                              \
        Outcome outcome_ = {.fixture = (fixture_)}; \
        g_string_truncate((fixture_)->log, 0);      \
        call;                                       \
        WAIT_FOR(outcome_.done);                    \
        g_free(outcome_.message);                   \
        outcome_.code;                              \
    })

static int enroll(Fixture *fixture, const char *name, guint first, guint n)
{
    g_autoptr(GPtrArray) pictures = make_pictures(name, first, n);
    return CHANGE(fixture, nt_library_enroll(fixture->library, name, pictures, "clip.mp4", FALSE, DONE));
}

static void undo_or_redo(Fixture *fixture, gboolean redo)
{
    g_string_truncate(fixture->log, 0);
    (redo ? nt_library_redo : nt_library_undo)(fixture->library);
    WAIT_FOR(strpbrk(fixture->log->str, "TF"));
}

/* "Anna:2 Bob:1", as the list has them. */
static void assert_people(Fixture *fixture, const char *wanted)
{
    GListModel *people = nt_library_get_people(fixture->library);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < g_list_model_get_n_items(people); i++) {
        g_autoptr(NtPersonItem) item = g_list_model_get_item(people, i);
        g_string_append_printf(text, "%s%s:%u", i ? " " : "", nt_person_item_get_name(item),
                               nt_person_item_get_n_faces(item));
    }
    g_assert_cmpstr(text->str, ==, wanted);
}

static NtPersonItem *get_person(Fixture *fixture, guint i)
{
    NtPersonItem *item = g_list_model_get_item(nt_library_get_people(fixture->library), i);
    g_object_unref(item); /* the list keeps it */
    return item;
}

static char *text_property(Fixture *fixture, const char *name)
{
    char *text;
    g_object_get(fixture->library, name, &text, NULL);
    return text;
}

static gboolean flag_property(Fixture *fixture, const char *name)
{
    gboolean flag;
    g_object_get(fixture->library, name, &flag, NULL);
    return flag;
}

static gboolean is_known(Fixture *fixture, const char *name)
{
    g_autoptr(NtClassifier) classifier = nt_library_get_classifier(fixture->library);
    NtFacePicture *picture = make_picture(name, 1);
    NtVerdict verdict;
    nt_classifier_identify(classifier, picture->embedding, &verdict);
    nt_face_picture_unref(picture);
    return verdict.kind == NT_VERDICT_NAME && g_str_equal(verdict.name, name);
}

/* Opening. */

static void test_missing(Fixture *fixture, gconstpointer user)
{
    (void)user;
    open_library(fixture, NT_LIBRARY_OPEN);
    g_assert_true(flag_property(fixture, "writable"));
    g_assert_false(flag_property(fixture, "encrypted"));
    g_assert_nonnull(nt_library_get_recognizer(fixture->library));
    g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
    assert_people(fixture, "");
    g_assert_cmpint(enroll(fixture, "Anna", 1, 3), ==, -1);
    g_assert_true(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
    assert_people(fixture, "Anna:3");
    /* The next frame knows the person. */
    g_assert_true(is_known(fixture, "Anna"));
    g_assert_nonnull(nt_person_item_get_cover(get_person(fixture, 0)));
    g_assert_nonnull(nt_person_item_get_advice(get_person(fixture, 0))); /* no side views */
}

static void test_existing(Fixture *fixture, gconstpointer user)
{
    (void)user;
    NtGallery *gallery = gallery_open(fixture->path, NT_GALLERY_CREATE, NULL);
    gallery_add(gallery, "Zoë", 1, TRUE);
    gallery_add(gallery, "Anna", 2, FALSE);
    nt_gallery_close(gallery);
    open_library(fixture, NT_LIBRARY_OPEN);
    assert_people(fixture, "Anna:1 Zoë:1");
    g_assert_null(nt_person_item_get_cover(get_person(fixture, 0))); /* it has no chip */
    g_assert_nonnull(nt_person_item_get_cover(get_person(fixture, 1)));
    g_autofree char *undo = text_property(fixture, "undo");
    g_assert_cmpstr(undo, ==, "1 picture of Anna enrolled");
    /* Another one instead. */
    g_free(fixture->path);
    fixture->path = g_build_filename(fixture->folder, "other.sqlite", NULL);
    open_library(fixture, NT_LIBRARY_OPEN);
    assert_people(fixture, "");
}

static void test_locked(Fixture *fixture, gconstpointer user)
{
    (void)user;
    open_library(fixture, NT_LIBRARY_OPEN);
    enroll(fixture, "Anna", 1, 2);
    g_assert_cmpint(CHANGE(fixture, nt_library_encrypt(fixture->library, PASSPHRASE, DONE)), ==, -1);
    g_assert_true(flag_property(fixture, "encrypted"));
    assert_people(fixture, "Anna:2");
    g_assert_true(is_known(fixture, "Anna"));
    g_assert_cmpint(enroll(fixture, "Bob", 1, 1), ==, -1);
    g_assert_true(is_known(fixture, "Bob"));

    open_library(fixture, NT_LIBRARY_LOCKED);
    g_assert_null(nt_library_get_recognizer(fixture->library));
    assert_people(fixture, "");
    g_assert_cmpint(enroll(fixture, "Carl", 1, 1), ==, G_IO_ERROR_CLOSED);
    g_autofree char *asked = g_strdup(nt_library_get_words(fixture->library));
    nt_library_unlock(fixture->library, "wrong");
    WAIT_FOR(nt_library_get_state(fixture->library) != NT_LIBRARY_OPENING);
    g_assert_cmpint(nt_library_get_state(fixture->library), ==, NT_LIBRARY_LOCKED);
    g_assert_cmpstr(nt_library_get_words(fixture->library), !=, asked);
    nt_library_unlock(fixture->library, PASSPHRASE);
    WAIT_FOR(nt_library_get_state(fixture->library) != NT_LIBRARY_OPENING);
    g_assert_cmpint(nt_library_get_state(fixture->library), ==, NT_LIBRARY_OPEN);
    assert_people(fixture, "Anna:2 Bob:1");
    g_assert_true(is_known(fixture, "Bob"));

    g_assert_cmpint(CHANGE(fixture, nt_library_decrypt(fixture->library, DONE)), ==, -1);
    g_assert_false(flag_property(fixture, "encrypted"));
    open_library(fixture, NT_LIBRARY_OPEN);
    assert_people(fixture, "Anna:2 Bob:1");
}

static void test_damaged(Fixture *fixture, gconstpointer user)
{
    (void)user;
    static const char text[] = "this is no gallery, and was never meant to be one";
    g_assert_true(g_file_set_contents(fixture->path, text, -1, NULL));
    open_library(fixture, NT_LIBRARY_FAILED);
    g_assert_nonnull(nt_library_get_words(fixture->library));
    g_assert_cmpint(enroll(fixture, "Anna", 1, 1), ==, G_IO_ERROR_CLOSED);
    g_autofree char *after = NULL;
    g_assert_true(g_file_get_contents(fixture->path, &after, NULL, NULL));
    g_assert_cmpstr(after, ==, text);
}

static void test_read_only(Fixture *fixture, gconstpointer user)
{
    (void)user;
    if (geteuid() == 0) {
        g_test_skip("root may write everything");
        return;
    }
    NtGallery *gallery = gallery_open(fixture->path, NT_GALLERY_CREATE, NULL);
    gallery_add(gallery, "Anna", 1, TRUE);
    nt_gallery_close(gallery);
    g_assert_cmpint(g_chmod(fixture->path, 0400), ==, 0);
    g_assert_cmpint(g_chmod(fixture->folder, 0500), ==, 0);
    open_library(fixture, NT_LIBRARY_OPEN);
    g_assert_false(flag_property(fixture, "writable"));
    assert_people(fixture, "Anna:1");
    const char *anna = g_intern_string("Anna");
    nt_library_set_on_screen(fixture->library, &anna, 1); /* is not written, and no error */
    nt_library_set_on_screen(fixture->library, NULL, 0);
    g_assert_cmpint(enroll(fixture, "Bob", 1, 1), ==, NT_GALLERY_ERROR_WRITE);
    g_assert_true(fixture->last_failed || g_str_has_suffix(fixture->log->str, "e"));
    g_chmod(fixture->folder, 0700);
}

/* Changes. */

static void test_enroll(Fixture *fixture, gconstpointer user)
{
    (void)user;
    open_library(fixture, NT_LIBRARY_OPEN);
    g_assert_cmpint(enroll(fixture, "Anna", 1, 3), ==, -1);
    WAIT_FOR(strchr(fixture->log->str, 'T'));
    /* The people, then who asked, then a sentence for everybody. */
    g_assert_cmpstr(fixture->log->str, ==, "cdT");
    g_assert_cmpstr(fixture->last_words, ==, "3 pictures of Anna enrolled");
    g_assert_true(fixture->last_undoable);
    /* The very same again add nothing. */
    g_assert_cmpint(enroll(fixture, "Anna", 1, 3), ==, G_IO_ERROR_EXISTS);
    assert_people(fixture, "Anna:3");
    /* A poor one beside good ones is left out; alone it is taken. */
    g_autoptr(GPtrArray) pictures = make_pictures("Bob", 1, 2);
    ((NtFacePicture *)pictures->pdata[0])->quality.sharpness = 0.01f;
    g_assert_cmpint(CHANGE(fixture, nt_library_enroll(fixture->library, "Bob", pictures, NULL, FALSE, DONE)), ==, -1);
    assert_people(fixture, "Anna:3 Bob:1");
    g_ptr_array_set_size(pictures, 1);
    g_assert_cmpint(CHANGE(fixture, nt_library_enroll(fixture->library, "Bob", pictures, NULL, FALSE, DONE)), ==, -1);
    assert_people(fixture, "Anna:3 Bob:2");
    /* More than are used are kept aside. */
    g_assert_cmpint(enroll(fixture, "Anna", 10, 14), ==, -1);
    assert_people(fixture, "Anna:17 Bob:2");
    g_assert_cmpint(gallery_count(fixture->path, "SELECT count(*) FROM faces WHERE NOT aside AND NOT forced"), ==,
                    NT_GATE_MAX_IN_USE + 1);
    /* All of that is one change. */
    undo_or_redo(fixture, FALSE);
    assert_people(fixture, "Anna:3 Bob:2");
    g_assert_cmpint(enroll(fixture, "unknown 2", 1, 1), ==, NT_GALLERY_ERROR_NAME);
}

static void test_undo(Fixture *fixture, gconstpointer user)
{
    (void)user;
    open_library(fixture, NT_LIBRARY_OPEN);
    enroll(fixture, "Anna", 1, 2);
    g_autofree char *undo = text_property(fixture, "undo"), *redo = text_property(fixture, "redo");
    g_assert_cmpstr(undo, ==, "2 pictures of Anna enrolled");
    g_assert_null(redo);
    undo_or_redo(fixture, FALSE);
    g_assert_cmpstr(fixture->last_words, ==, "Undone: 2 pictures of Anna enrolled");
    g_assert_false(fixture->last_undoable);
    assert_people(fixture, "");
    g_assert_false(is_known(fixture, "Anna"));
    g_autofree char *undo_after = text_property(fixture, "undo"), *redo_after = text_property(fixture, "redo");
    g_assert_null(undo_after);
    g_assert_cmpstr(redo_after, ==, "2 pictures of Anna enrolled");
    undo_or_redo(fixture, FALSE);
    g_assert_true(fixture->last_failed);
    undo_or_redo(fixture, TRUE);
    g_assert_false(fixture->last_failed);
    assert_people(fixture, "Anna:2");
    g_assert_true(is_known(fixture, "Anna"));
}

static void test_people(Fixture *fixture, gconstpointer user)
{
    (void)user;
    open_library(fixture, NT_LIBRARY_OPEN);
    enroll(fixture, "Anna", 1, 2);
    enroll(fixture, "Bob", 1, 1);
    NtPersonItem *anna = get_person(fixture, 0), *bob = get_person(fixture, 1);
    /* Somebody who is called otherwise stays the same object, elsewhere in the list. */
    g_assert_cmpint(CHANGE(fixture, nt_library_rename(fixture->library, "Anna", " Eva ", DONE)), ==, -1);
    assert_people(fixture, "Bob:1 Eva:2");
    g_assert_true(get_person(fixture, 0) == bob && get_person(fixture, 1) == anna);
    WAIT_FOR(strchr(fixture->log->str, 'T'));
    g_assert_cmpstr(fixture->last_words, ==, "Anna is now called Eva");
    g_assert_cmpint(CHANGE(fixture, nt_library_rename(fixture->library, "Eva", "Bob", DONE)), ==,
                    NT_GALLERY_ERROR_EXISTS);
    WAIT_FOR(strchr(fixture->log->str, 'F'));
    g_assert_nonnull(strstr(fixture->last_words, "Bob"));
    g_assert_cmpint(CHANGE(fixture, nt_library_rename(fixture->library, "Nobody", "Carl", DONE)), ==,
                    NT_GALLERY_ERROR_NOT_FOUND);
    g_assert_cmpint(CHANGE(fixture, nt_library_merge(fixture->library, "Eva", "Bob", DONE)), ==, -1);
    assert_people(fixture, "Bob:3");
    g_assert_true(get_person(fixture, 0) == bob);
    undo_or_redo(fixture, FALSE);
    assert_people(fixture, "Bob:1 Eva:2");
    g_assert_cmpint(CHANGE(fixture, nt_library_forget(fixture->library, "Eva", DONE)), ==, -1);
    assert_people(fixture, "Bob:1");
    WAIT_FOR(strchr(fixture->log->str, 'T'));
    g_assert_false(fixture->last_undoable);
}

static void test_answers(Fixture *fixture, gconstpointer user)
{
    (void)user;
    open_library(fixture, NT_LIBRARY_OPEN);
    enroll(fixture, "Anna", 1, 3);
    g_autoptr(GPtrArray) pictures = make_pictures("Anna", 1, 1), strangers = make_pictures("Carl", 1, 2);
    g_assert_true(is_known(fixture, "Anna"));
    g_assert_cmpint(CHANGE(fixture, nt_library_reject(fixture->library, "Anna", pictures->pdata[0], "clip", DONE)), ==,
                    -1);
    g_assert_false(is_known(fixture, "Anna"));
    g_assert_cmpint(CHANGE(fixture, nt_library_ignore(fixture->library, strangers, "clip", DONE)), ==, -1);
    g_assert_cmpint(gallery_count(fixture->path, "SELECT count(*) FROM strangers"), ==, 2);
    undo_or_redo(fixture, FALSE);
    g_assert_cmpint(gallery_count(fixture->path, "SELECT count(*) FROM strangers"), ==, 0);
    undo_or_redo(fixture, FALSE);
    g_assert_true(is_known(fixture, "Anna"));
}

static void test_judge(Fixture *fixture, gconstpointer user)
{
    (void)user;
    gboolean refused;
    open_library(fixture, NT_LIBRARY_OPEN);
    g_autoptr(GPtrArray) pictures = make_pictures("Anna", 1, 3);
    g_assert_null(nt_library_judge(fixture->library, "Anna", pictures->pdata[0], &refused));
    g_assert_false(refused);
    enroll(fixture, "Anna", 1, 3);
    g_autofree char *duplicate = nt_library_judge(fixture->library, "Anna", pictures->pdata[0], &refused);
    g_assert_nonnull(duplicate);
    g_assert_true(refused);
    g_autofree char *somebody = nt_library_judge(fixture->library, NULL, pictures->pdata[0], &refused);
    g_assert_nonnull(strstr(somebody, "Anna"));
    g_assert_true(refused);
}

typedef struct Faces {
    Fixture *fixture;
    guint n;
    gint64 ids[8];
    int cover; /* its place; -1 */
    gboolean done, failed;
} Faces;

static void on_faces(NtLibrary *library, const char *person, GPtrArray *faces, const GError *error, gpointer user)
{
    Faces *listed = user;
    g_assert_true(library == listed->fixture->library);
    g_assert_nonnull(person);
    listed->done = TRUE;
    listed->failed = error != NULL;
    listed->cover = -1;
    for (guint i = 0; faces && i < faces->len; i++) {
        const NtPersonFace *face = faces->pdata[i];
        listed->ids[listed->n++] = face->id;
        g_assert_cmpint(gdk_texture_get_width(face->chip), ==, NT_CHIP_SIZE);
        if (face->cover)
            listed->cover = (int)i;
    }
}

static Faces list_faces(Fixture *fixture, const char *name)
{
    Faces faces = {.fixture = fixture};
    nt_library_list_faces(fixture->library, name, on_faces, &faces);
    WAIT_FOR(faces.done);
    return faces;
}

static void test_faces(Fixture *fixture, gconstpointer user)
{
    (void)user;
    open_library(fixture, NT_LIBRARY_OPEN);
    enroll(fixture, "Anna", 1, 3);
    const Faces faces = list_faces(fixture, "Anna");
    g_assert_cmpuint(faces.n, ==, 3);
    g_assert_cmpint(faces.cover, >=, 0);
    const guint other = faces.cover == 2 ? 1 : 2;
    GdkPaintable *before = g_object_ref(nt_person_item_get_cover(get_person(fixture, 0)));
    g_assert_cmpint(CHANGE(fixture, nt_library_set_cover(fixture->library, "Anna", faces.ids[other], DONE)), ==, -1);
    g_assert_cmpint(list_faces(fixture, "Anna").cover, ==, (int)other);
    g_assert_true(nt_person_item_get_cover(get_person(fixture, 0)) != before);
    g_object_unref(before);
    /* Its picture gone, another one stands for the person. */
    g_assert_cmpint(CHANGE(fixture, nt_library_remove_faces(fixture->library, &faces.ids[other], 1, DONE)), ==, -1);
    WAIT_FOR(strchr(fixture->log->str, 'T'));
    g_assert_cmpuint(list_faces(fixture, "Anna").n, ==, 2);
    g_assert_nonnull(nt_person_item_get_cover(get_person(fixture, 0)));
    g_assert_true(list_faces(fixture, "Nobody").failed);
}

/* Others. */

static void test_others(Fixture *fixture, gconstpointer user)
{
    (void)user;
    open_library(fixture, NT_LIBRARY_OPEN);
    /* Somebody else makes the gallery that is waited for. */
    g_autoptr(NtGallery) other = gallery_open(fixture->path, NT_GALLERY_CREATE, NULL);
    gallery_add(other, "Bob", 1, TRUE);
    WAIT_FOR(g_list_model_get_n_items(nt_library_get_people(fixture->library)) == 1);
    const guint n_changed = fixture->n_changed;
    gallery_add(other, "Anna", 2, TRUE);
    WAIT_FOR(fixture->n_changed > n_changed);
    assert_people(fixture, "Anna:1 Bob:1");
    /* That somebody was seen is shown, but is no change of the people. */
    const guint n_before = fixture->n_changed;
    const char *name = "Anna";
    const gint64 when = 1000000;
    g_assert_true(nt_gallery_note_seen(other, &name, &when, 1, NULL));
    WAIT_FOR(nt_person_item_get_last_seen(get_person(fixture, 0)) == when);
    g_assert_cmpuint(fixture->n_changed, ==, n_before);
}

static void test_on_screen(Fixture *fixture, gconstpointer user)
{
    (void)user;
    open_library(fixture, NT_LIBRARY_OPEN);
    enroll(fixture, "Anna", 1, 1);
    enroll(fixture, "Bob", 1, 1);
    const char *both[] = {g_intern_string("Anna"), g_intern_string("Bob")};
    const gint64 start = g_get_real_time();
    nt_library_set_on_screen(fixture->library, both, 2);
    g_assert_true(nt_person_item_get_on_screen(get_person(fixture, 0)));
    g_assert_cmpint(nt_person_item_get_last_seen(get_person(fixture, 0)), ==, 0);
    nt_library_set_on_screen(fixture->library, both, 1);
    g_assert_false(nt_person_item_get_on_screen(get_person(fixture, 1)));
    g_assert_cmpint(nt_person_item_get_last_seen(get_person(fixture, 1)), >=, start);
    /* Who is still there when the gallery is closed was seen as well. */
    nt_library_close(fixture->library);
    g_assert_cmpint(nt_library_get_state(fixture->library), ==, NT_LIBRARY_CLOSED);
    g_autoptr(NtGallery) gallery = gallery_open(fixture->path, NT_GALLERY_READ, NULL);
    for (guint i = 0; i < 2; i++) {
        g_autoptr(NtPerson) person = nt_gallery_find_person(gallery, both[i], NULL);
        g_assert_cmpint(person->seen_us, >=, start);
    }
}

/* What was asked for before is done, and told, though nobody waits. */
static void test_close(Fixture *fixture, gconstpointer user)
{
    (void)user;
    open_library(fixture, NT_LIBRARY_OPEN);
    Outcome outcomes[3] = {{.fixture = fixture}, {.fixture = fixture}, {.fixture = fixture}};
    static const char *const names[] = {"Anna", "Bob", "Carl"};
    for (guint i = 0; i < 3; i++) {
        g_autoptr(GPtrArray) pictures = make_pictures(names[i], 1, 1);
        nt_library_enroll(fixture->library, names[i], pictures, NULL, FALSE, on_done, &outcomes[i]);
    }
    g_string_truncate(fixture->log, 0);
    nt_library_close(fixture->library);
    g_assert_cmpstr(fixture->log->str, ==, "cdTcdTcdT");
    g_assert_cmpint(gallery_count(fixture->path, "SELECT count(*) FROM people"), ==, 3);
    g_assert_cmpint(enroll(fixture, "Dora", 1, 1), ==, G_IO_ERROR_CLOSED);
    open_library(fixture, NT_LIBRARY_OPEN);
    assert_people(fixture, "Anna:1 Bob:1 Carl:1");
}

/* A gallery of another model is embedded again. */
static void test_model(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(NtModelSet) models = nt_model_set_load(NT_PRECISION_FLOAT, NULL);
    if (!models) {
        g_test_skip("there are no models");
        return;
    }
    NtGallery *gallery = gallery_open(fixture->path, NT_GALLERY_CREATE, "another model");
    gallery_add(gallery, "Anna", 1, TRUE);
    nt_gallery_close(gallery);
    nt_library_open(fixture->library, fixture->path, models, NT_CAUTION_BALANCED);
    WAIT_FOR(nt_library_get_state(fixture->library) != NT_LIBRARY_OPENING);
    g_assert_cmpint(nt_library_get_state(fixture->library), ==, NT_LIBRARY_OPEN);
    assert_people(fixture, "Anna:1");
    gallery = gallery_open(fixture->path, NT_GALLERY_READ, nt_model_set_fingerprint(models));
    nt_gallery_close(gallery);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/app/library/" name, Fixture, NULL, set_up, test, tear_down)
    ADD("missing", test_missing);
    ADD("existing", test_existing);
    ADD("locked", test_locked);
    ADD("damaged", test_damaged);
    ADD("read-only", test_read_only);
    ADD("enroll", test_enroll);
    ADD("undo", test_undo);
    ADD("people", test_people);
    ADD("answers", test_answers);
    ADD("judge", test_judge);
    ADD("faces", test_faces);
    ADD("others", test_others);
    ADD("on-screen", test_on_screen);
    ADD("close", test_close);
    ADD("model", test_model);
    return g_test_run();
}
