/* The health of a gallery: what it counts and measures is what is in it, and the advice fits. */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "identity/health.h"
#include "identity/made_people.h"

typedef struct Fixture {
    char *folder, *path;
    NtGallery *gallery;
    GRand *random;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer user)
{
    g_autoptr(GError) error = NULL;
    const NtGalleryOptions options = {.mode = NT_GALLERY_CREATE, .model_fingerprint = "model"};
    (void)user;
    fixture->folder = g_dir_make_tmp("nametag-health-XXXXXX", NULL);
    fixture->path = g_build_filename(fixture->folder, "people.sqlite", NULL);
    fixture->gallery = nt_gallery_open(fixture->path, &options, &error);
    fixture->random = g_rand_new_with_seed(5);
    g_assert_no_error(error);
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
    g_rand_free(fixture->random);
}

/* yaw NAN: never measured. */
static gint64 add(Fixture *fixture, const char *person, const float *embedding, float yaw, gboolean forced)
{
    g_autoptr(GError) error = NULL;
    NtGalleryFace face = {.source = "made.png", .pts_ns = -1, .forced = forced};
    if (!isnan(yaw))
        face.quality = (NtQuality){.size_px = 150, .sharpness = 0.9f, .yaw = yaw, .brightness = 0.5f, .contrast = 0.2f, .inside = 1};
    memcpy(face.embedding, embedding, sizeof face.embedding);
    const gint64 id = nt_gallery_add_face(fixture->gallery, person, &face, &error);
    g_assert_no_error(error);
    return id;
}

/* A made-up person with so many pictures, the first from the front, the second from the left, the third from the right. */
static void add_person(Fixture *fixture, const char *name, guint n, float centre[NT_EMBEDDING_SIZE])
{
    static const float views[] = {0, -30, 30, 5};
    made_person(fixture->random, centre);
    for (guint i = 0; i < n; i++) {
        float embedding[NT_EMBEDDING_SIZE];
        made_picture(fixture->random, centre, embedding);
        add(fixture, name, embedding, views[i % G_N_ELEMENTS(views)], FALSE);
    }
}

static NtGalleryHealth *look(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    NtGalleryHealth *health = nt_gallery_health(fixture->gallery, NT_CAUTION_BALANCED, &error);
    g_assert_no_error(error);
    return health;
}

static const NtPersonHealth *find(const NtGalleryHealth *health, const char *name)
{
    for (guint i = 0; i < health->people->len; i++)
        if (strcmp(((const NtPersonHealth *)health->people->pdata[i])->name, name) == 0)
            return health->people->pdata[i];
    g_assert_not_reached();
}

static gboolean advises(const NtPersonHealth *person, const char *words)
{
    for (guint i = 0; i < person->advice->len; i++)
        if (strstr(person->advice->pdata[i], words))
            return TRUE;
    return FALSE;
}

static void test_empty(Fixture *fixture, gconstpointer user)
{
    (void)user;
    g_autoptr(NtGalleryHealth) health = look(fixture);
    g_assert_cmpuint(health->people->len, ==, 0);
    g_assert_null(health->alike[0]);
    g_assert_null(health->highest_stranger_name);
}

/* Somebody with varied pictures and nobody alike: nothing to say. */
static void test_good(Fixture *fixture, gconstpointer user)
{
    (void)user;
    float anna[NT_EMBEDDING_SIZE], bob[NT_EMBEDDING_SIZE];
    add_person(fixture, "Anna", 4, anna);
    add_person(fixture, "Bob", 4, bob);
    g_autoptr(NtGalleryHealth) health = look(fixture);
    const NtPersonHealth *person = find(health, "Anna");
    g_assert_cmpuint(person->n_faces, ==, 4);
    g_assert_cmpuint(person->n_recognised, ==, 4);
    g_assert_cmpuint(person->outliers->len, ==, 0);
    g_assert_cmpuint(person->advice->len, ==, 0);
    g_assert_true(person->has_left && person->has_right && person->has_front);
    g_assert_cmpstr(person->nearest, ==, "Bob");
    /* Two pictures lie about sqrt(2) times their distance from the mean apart. */
    g_assert_cmpfloat(person->spread, >, 0.2);
    g_assert_cmpfloat(person->widest, >, person->spread);
    g_assert_cmpfloat(person->nearest_distance, >, health->threshold);
    g_assert_cmpfloat(health->threshold, >, 0.4);
    g_assert_true(health->false_name_rate >= 0 && health->false_name_rate <= nt_caution_rate(NT_CAUTION_BALANCED));
    g_assert_cmpfloat(health->highest_stranger, ==, health->alike_distance);
    g_assert_cmpfloat(health->alike_distance, ==,
                      MIN(person->nearest_distance, find(health, "Bob")->nearest_distance));
}

/* Few pictures, views missing, forced ones, ones set aside. */
static void test_advice(Fixture *fixture, gconstpointer user)
{
    (void)user;
    float anna[NT_EMBEDDING_SIZE], bob[NT_EMBEDDING_SIZE], carol[NT_EMBEDDING_SIZE], picture[NT_EMBEDDING_SIZE];
    add_person(fixture, "Anna", 1, anna);
    add_person(fixture, "Bob", 2, bob);
    made_person(fixture->random, carol);
    gint64 aside = 0;
    for (int i = 0; i < 4; i++) {
        made_picture(fixture->random, carol, picture);
        aside = add(fixture, "Carol", picture, i < 3 ? NAN : 0, i == 0);
    }
    g_assert_true(nt_gallery_set_aside(fixture->gallery, &aside, 1, TRUE, NULL));
    g_autoptr(NtGalleryHealth) health = look(fixture);
    g_assert_true(advises(find(health, "Anna"), "only one picture: add two more"));
    g_assert_true(advises(find(health, "Anna"), "no picture looking left or right"));
    g_assert_true(advises(find(health, "Bob"), "only 2 pictures"));
    g_assert_true(advises(find(health, "Bob"), "no picture looking right"));
    const NtPersonHealth *person = find(health, "Carol");
    g_assert_cmpuint(person->n_aside, ==, 1);
    g_assert_cmpuint(person->n_forced, ==, 1);
    g_assert_true(advises(person, "taken against advice"));
    g_assert_false(advises(person, "no picture")); /* their poses are not known */

    g_autoptr(NtPersonHealth) alone = nt_person_health(fixture->gallery, "Bob", NULL);
    g_assert_cmpuint(alone->n_faces, ==, 2);
    g_assert_null(alone->nearest);
    g_autoptr(GError) error = NULL;
    g_assert_null(nt_person_health(fixture->gallery, "Nobody", &error));
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND);
}

/* A picture of Bob among Anna's, one of nobody among Carol's: found, and said whose. */
static void test_outliers(Fixture *fixture, gconstpointer user)
{
    (void)user;
    float anna[NT_EMBEDDING_SIZE], bob[NT_EMBEDDING_SIZE], carol[NT_EMBEDDING_SIZE], stranger[NT_EMBEDDING_SIZE];
    float picture[NT_EMBEDDING_SIZE];
    add_person(fixture, "Anna", 4, anna);
    add_person(fixture, "Bob", 4, bob);
    add_person(fixture, "Carol", 4, carol);
    made_picture(fixture->random, bob, picture);
    const gint64 wrong = add(fixture, "Anna", picture, 0, FALSE);
    made_person(fixture->random, stranger);
    add(fixture, "Carol", stranger, 0, FALSE);
    g_autoptr(NtGalleryHealth) health = look(fixture);
    const NtPersonHealth *person = find(health, "Anna");
    g_assert_cmpuint(person->outliers->len, ==, 1);
    const NtOutlier *outlier = &g_array_index(person->outliers, NtOutlier, 0);
    g_assert_cmpint(outlier->id, ==, wrong);
    g_assert_cmpuint(outlier->number, ==, 5);
    g_assert_cmpstr(outlier->looks_like, ==, "Bob");
    g_assert_cmpuint(person->n_recognised, <, 5);
    g_assert_true(advises(person, "picture 5 looks like Bob"));
    g_assert_true(advises(person, "hard to tell from Bob"));
    g_assert_true(advises(find(health, "Carol"), "picture 5 looks unlike the others"));
}

/* Two who are nearly one; a stranger who was ignored comes nearer still to the third. */
static void test_alike(Fixture *fixture, gconstpointer user)
{
    (void)user;
    float anna[NT_EMBEDDING_SIZE], carol[NT_EMBEDDING_SIZE], picture[NT_EMBEDDING_SIZE];
    add_person(fixture, "Anna", 3, anna);
    add_person(fixture, "Carol", 3, carol);
    anna[0] += 0.35f;
    for (int i = 0; i < 3; i++) {
        made_picture(fixture->random, anna, picture);
        add(fixture, "Twin", picture, 0, FALSE);
    }
    g_autoptr(NtGalleryHealth) health = look(fixture);
    g_assert_true((strcmp(health->alike[0], "Anna") == 0 && strcmp(health->alike[1], "Twin") == 0) ||
                  (strcmp(health->alike[0], "Twin") == 0 && strcmp(health->alike[1], "Anna") == 0));
    g_assert_nonnull(health->highest_stranger_who);

    NtGalleryFace face = {.source = "made.png", .pts_ns = -1};
    memcpy(face.embedding, carol, sizeof carol);
    g_assert_cmpint(nt_gallery_ignore(fixture->gallery, &face, NULL), !=, 0);
    g_autoptr(NtGalleryHealth) after = look(fixture);
    g_assert_null(after->highest_stranger_who);
    g_assert_cmpstr(after->highest_stranger_name, ==, "Carol");
    g_assert_cmpfloat(after->highest_stranger, <, after->alike_distance);
}

/* What was said of faces that look like the person keeps their name from being given: told, with how to take it back. */
static void test_hiding_answers(Fixture *fixture, gconstpointer user)
{
    (void)user;
    float anna[NT_EMBEDDING_SIZE], bob[NT_EMBEDDING_SIZE], stranger[NT_EMBEDDING_SIZE];
    add_person(fixture, "Anna", 3, anna);
    add_person(fixture, "Bob", 3, bob);
    made_person(fixture->random, stranger);
    NtGalleryFace face = {.source = "made.png", .pts_ns = -1};
    memcpy(face.embedding, stranger, sizeof stranger);
    g_assert_cmpint(nt_gallery_ignore(fixture->gallery, &face, NULL), !=, 0);
    g_assert_cmpint(nt_gallery_reject(fixture->gallery, "Anna", &face, NULL), !=, 0);
    g_autoptr(NtGalleryHealth) before = look(fixture);
    g_assert_false(advises(find(before, "Anna"), "'nametag people unignore'"));
    g_assert_false(advises(find(before, "Anna"), "'nametag people accept'"));

    add(fixture, "Anna", stranger, 0, TRUE); /* it was her after all */
    g_autoptr(NtGalleryHealth) after = look(fixture);
    g_assert_true(advises(find(after, "Anna"), "1 ignored face looks like them"));
    g_assert_true(advises(find(after, "Anna"), "'nametag people accept'"));
    g_assert_false(advises(find(after, "Bob"), "'nametag people"));
    g_autoptr(NtPersonHealth) alone = nt_person_health(fixture->gallery, "Anna", NULL);
    g_assert_true(advises(alone, "'nametag people unignore'"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/identity/health/empty", Fixture, NULL, set_up, test_empty, tear_down);
    g_test_add("/identity/health/good", Fixture, NULL, set_up, test_good, tear_down);
    g_test_add("/identity/health/advice", Fixture, NULL, set_up, test_advice, tear_down);
    g_test_add("/identity/health/outliers", Fixture, NULL, set_up, test_outliers, tear_down);
    g_test_add("/identity/health/alike", Fixture, NULL, set_up, test_alike, tear_down);
    g_test_add("/identity/health/hiding-answers", Fixture, NULL, set_up, test_hiding_answers, tear_down);
    return g_test_run();
}
