/* A classifier that follows the file: other connections' changes are seen within a second, and a file that can't be
 * read leaves the last good one in use, with words. */
#include <glib/gstdio.h>
#include <string.h>

#include "identity/made_people.h"
#include "identity/recognizer.h"

#define MODEL "model-a"
#define A_SECOND G_USEC_PER_SEC
/* Sanitizers and busy machines are slow; what is promised is a second, and measured without them. */
#define AT_LAST (20 * G_USEC_PER_SEC)

static const NtClassifierOptions balanced = {.caution = NT_CAUTION_BALANCED};

typedef struct Place {
    char *folder, *path;
} Place;

static void set_up(Place *place, gconstpointer user)
{
    (void)user;
    place->folder = g_dir_make_tmp("nametag-recognizer-XXXXXX", NULL);
    place->path = g_build_filename(place->folder, "gallery.sqlite", NULL);
}

static void tear_down(Place *place, gconstpointer user)
{
    (void)user;
    const char *name;
    GDir *dir = g_dir_open(place->folder, 0, NULL);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(place->folder, name, NULL);
        g_unlink(path);
    }
    g_dir_close(dir);
    g_rmdir(place->folder);
    g_free(place->folder);
    g_free(place->path);
}

static NtGallery *open_gallery(const Place *place)
{
    const NtGalleryOptions options = {.mode = NT_GALLERY_CREATE, .model_fingerprint = MODEL};
    g_autoptr(GError) error = NULL;
    NtGallery *gallery = nt_gallery_open(place->path, &options, &error);
    g_assert_no_error(error);
    return gallery;
}

/* The same name gives the same embedding. */
static void embedding_of(const char *name, float embedding[NT_EMBEDDING_SIZE])
{
    g_autoptr(GRand) random = g_rand_new_with_seed(g_str_hash(name));
    made_person(random, embedding);
}

static void enrol(NtGallery *gallery, const char *name)
{
    g_autoptr(GError) error = NULL;
    NtGalleryFace face = {.source = "test", .pts_ns = -1};
    embedding_of(name, face.embedding);
    nt_gallery_add_face(gallery, name, &face, &error);
    g_assert_no_error(error);
}

static NtRecognizer *follow(const Place *place)
{
    const NtGalleryOptions options = {.model_fingerprint = MODEL};
    g_autoptr(GError) error = NULL;
    NtRecognizer *recognizer = nt_recognizer_new(place->path, &options, &balanced, TRUE, &error);
    g_assert_no_error(error);
    return recognizer;
}

static gboolean is_known(NtRecognizer *recognizer, const char *name)
{
    float embedding[NT_EMBEDDING_SIZE];
    NtVerdict verdict;
    g_autoptr(NtClassifier) classifier = nt_recognizer_get(recognizer);
    embedding_of(name, embedding);
    nt_classifier_identify(classifier, embedding, &verdict);
    return verdict.kind == NT_VERDICT_NAME && g_str_equal(verdict.name, name);
}

/* How long until somebody is known (or not). */
static gint64 wait_until_known(NtRecognizer *recognizer, const char *name, gboolean known)
{
    const gint64 start = g_get_monotonic_time();
    while (is_known(recognizer, name) != known) {
        g_assert_cmpint(g_get_monotonic_time() - start, <, AT_LAST);
        g_usleep(10000);
    }
    return g_get_monotonic_time() - start;
}

static void wait_for_trouble(NtRecognizer *recognizer, const char *part)
{
    const gint64 start = g_get_monotonic_time();
    for (;;) {
        g_autofree char *trouble = nt_recognizer_trouble(recognizer);
        if (part ? trouble && strstr(trouble, part) : !trouble)
            return;
        g_assert_cmpint(g_get_monotonic_time() - start, <, AT_LAST);
        g_usleep(10000);
    }
}

static void test_follows(Place *place, gconstpointer user)
{
    (void)user;
    g_autoptr(NtGallery) gallery = open_gallery(place);
    enrol(gallery, "Anna");
    g_autoptr(NtRecognizer) recognizer = follow(place);
    g_assert_true(is_known(recognizer, "Anna"));
    g_assert_false(is_known(recognizer, "Bob"));
    enrol(gallery, "Bob");
    const gint64 took = wait_until_known(recognizer, "Bob", TRUE);
    g_test_message("a change was seen after %.0f ms", (double)took / 1e3);
#ifndef __SANITIZE_ADDRESS__
    g_assert_cmpint(took, <, 5 * A_SECOND); /* a second, on a machine with time for it */
#endif
    g_assert_true(nt_gallery_remove(gallery, "Anna", NULL));
    wait_until_known(recognizer, "Anna", FALSE);
    g_assert_true(is_known(recognizer, "Bob"));
    g_assert_null(nt_recognizer_trouble(recognizer));
}

/* After a look on demand nobody waits for the next one; from any thread, also where nobody follows. */
static void test_refresh(Place *place, gconstpointer user)
{
    (void)user;
    const NtGalleryOptions options = {.model_fingerprint = MODEL};
    g_autoptr(NtGallery) gallery = open_gallery(place);
    enrol(gallery, "Anna");
    g_autoptr(NtRecognizer) still = nt_recognizer_new(place->path, &options, &balanced, FALSE, NULL);
    g_autoptr(NtRecognizer) following = follow(place);
    enrol(gallery, "Bob");
    nt_recognizer_refresh(still);
    nt_recognizer_refresh(following);
    g_assert_true(is_known(still, "Bob"));
    g_assert_true(is_known(following, "Bob"));
    NtRecognizer *held = nt_recognizer_ref(still);
    nt_recognizer_unref(held);
    g_assert_true(is_known(still, "Anna"));
}

/* That somebody was seen is no reason to train again. */
static void test_seen(Place *place, gconstpointer user)
{
    (void)user;
    static const char *const names[] = {"Anna"};
    const gint64 when = 1000;
    g_autoptr(NtGallery) gallery = open_gallery(place);
    enrol(gallery, "Anna");
    g_autoptr(NtRecognizer) recognizer = follow(place);
    g_autoptr(NtClassifier) before = nt_recognizer_get(recognizer);
    g_assert_true(nt_gallery_note_seen(gallery, names, &when, 1, NULL));
    nt_recognizer_refresh(recognizer);
    g_autoptr(NtClassifier) after = nt_recognizer_get(recognizer);
    g_assert_true(before == after);
    g_assert_true(nt_gallery_rename(gallery, "Anna", "Eva", NULL));
    nt_recognizer_refresh(recognizer);
    nt_change_free(nt_gallery_undo(gallery, NULL));
    nt_recognizer_refresh(recognizer);
    g_assert_true(is_known(recognizer, "Anna"));
    g_autoptr(NtClassifier) last = nt_recognizer_get(recognizer);
    g_assert_true(last != before);
}

/* A classifier that somebody holds stays as it was. */
static void test_held(Place *place, gconstpointer user)
{
    (void)user;
    g_autoptr(NtGallery) gallery = open_gallery(place);
    enrol(gallery, "Anna");
    NtRecognizer *recognizer = follow(place);
    g_autoptr(NtClassifier) held = nt_recognizer_get(recognizer);
    enrol(gallery, "Bob");
    wait_until_known(recognizer, "Bob", TRUE);
    nt_recognizer_free(recognizer);
    g_assert_cmpuint(nt_classifier_n_people(held), ==, 1);
}

static void test_does_not_follow(Place *place, gconstpointer user)
{
    (void)user;
    g_autoptr(NtGallery) gallery = open_gallery(place);
    const NtGalleryOptions options = {.model_fingerprint = MODEL};
    g_autoptr(NtRecognizer) recognizer = nt_recognizer_new(place->path, &options, &balanced, FALSE, NULL);
    enrol(gallery, "Anna");
    g_usleep(A_SECOND);
    g_assert_false(is_known(recognizer, "Anna"));
}

static void test_missing(Place *place, gconstpointer user)
{
    (void)user;
    const NtGalleryOptions options = {.model_fingerprint = MODEL};
    g_autoptr(GError) error = NULL;
    g_assert_null(nt_recognizer_new(place->path, &options, &balanced, TRUE, &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN);
}

static void test_waits_for_a_gallery(Place *place, gconstpointer user)
{
    (void)user;
    const NtGalleryOptions options = {.model_fingerprint = MODEL};
    g_autofree char *later = g_build_filename(place->folder, "later.sqlite", NULL);
    g_autoptr(NtRecognizer) recognizer = nt_recognizer_wait_for(later, &options, &balanced, NULL);
    g_assert_nonnull(recognizer);
    g_assert_false(is_known(recognizer, "Anna"));
    g_assert_null(nt_recognizer_trouble(recognizer));
    g_free(place->path);
    place->path = g_strdup(later);
    g_autoptr(NtGallery) gallery = open_gallery(place);
    enrol(gallery, "Anna");
    wait_until_known(recognizer, "Anna", TRUE);
    enrol(gallery, "Bob");
    wait_until_known(recognizer, "Bob", TRUE);
}

/* Something that is no gallery takes the file's place, then a copy is put back. */
static void test_damaged(Place *place, gconstpointer user)
{
    (void)user;
    g_autofree char *copy = g_build_filename(place->folder, "copy", NULL),
                    *bad = g_build_filename(place->folder, "bad", NULL);
    NtGallery *gallery = open_gallery(place);
    enrol(gallery, "Anna");
    nt_gallery_close(gallery);
    g_autofree char *bytes = NULL;
    gsize n;
    g_assert_true(g_file_get_contents(place->path, &bytes, &n, NULL));
    g_autoptr(NtRecognizer) recognizer = follow(place);
    g_assert_true(g_file_set_contents(bad, "this is no gallery, and was never meant to be one", -1, NULL));
    g_assert_cmpint(g_rename(bad, place->path), ==, 0);
    wait_for_trouble(recognizer, place->path);
    g_assert_true(is_known(recognizer, "Anna"));
    g_assert_true(g_file_set_contents(copy, bytes, (gssize)n, NULL));
    g_assert_cmpint(g_rename(copy, place->path), ==, 0);
    wait_for_trouble(recognizer, NULL);
    g_assert_true(is_known(recognizer, "Anna"));
    /* The restored file is the one that is followed. */
    gallery = open_gallery(place);
    enrol(gallery, "Bob");
    nt_gallery_close(gallery);
    wait_until_known(recognizer, "Bob", TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/identity/recognizer/follows", Place, NULL, set_up, test_follows, tear_down);
    g_test_add("/identity/recognizer/refresh", Place, NULL, set_up, test_refresh, tear_down);
    g_test_add("/identity/recognizer/seen", Place, NULL, set_up, test_seen, tear_down);
    g_test_add("/identity/recognizer/held", Place, NULL, set_up, test_held, tear_down);
    g_test_add("/identity/recognizer/does-not-follow", Place, NULL, set_up, test_does_not_follow, tear_down);
    g_test_add("/identity/recognizer/missing", Place, NULL, set_up, test_missing, tear_down);
    g_test_add("/identity/recognizer/waits-for-a-gallery", Place, NULL, set_up, test_waits_for_a_gallery, tear_down);
    g_test_add("/identity/recognizer/damaged", Place, NULL, set_up, test_damaged, tear_down);
    return g_test_run();
}
