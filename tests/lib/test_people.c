/* libnametag and the gallery: who is enrolled is known at the next picture, who is forgotten is not. */
#include "lib/lib_fixture.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "identity/gallery.h"

#define FRANCK "franck_02888.jpg"
#define FRANCK_AGAIN "franck_04000.jpg"
#define FRANCK_ONCE_MORE "franck_01829.jpg"

static NametagTags *tag_portrait(Nametag *nametag, const char *name)
{
    g_autofree char *path = portrait_path(name);
    NametagTags *tags = tag_path(nametag, path);
    g_assert_cmpuint(tags->n_faces, ==, 1);
    return tags;
}

static void enroll(Nametag *nametag, const char *portrait, const char *name)
{
    g_autoptr(NametagTags) tags = tag_portrait(nametag, portrait);
    assert_ok(nametag, nametag_enroll(nametag, tags, 0, name, 0, NULL));
}

/* "Anna:2/1 ": names, pictures, and those in use. */
static char *list(Nametag *nametag)
{
    g_autoptr(NametagPeople) people = NULL;
    GString *text = g_string_new(NULL);
    assert_ok(nametag, nametag_people(nametag, &people));
    for (size_t i = 0; i < people->n_people; i++) {
        const NametagPerson *person = people->people[i];
        g_string_append_printf(text, "%s:%u/%u ", person->name, person->n_pictures, person->n_in_use);
        g_assert_cmpint(ABS(person->enrolled_unix - g_get_real_time() / G_USEC_PER_SEC), <, 3600);
    }
    return g_string_free(text, FALSE);
}

static void assert_people(Nametag *nametag, const char *wanted)
{
    g_autofree char *people = list(nametag);
    g_assert_cmpstr(people, ==, wanted);
}

static void assert_named(Nametag *nametag, const char *portrait, const char *wanted)
{
    g_autoptr(NametagTags) tags = tag_portrait(nametag, portrait);
    const NametagFace *face = tags->faces[0];
    g_assert_cmpstr(face->verdict >= NAMETAG_LIKELY ? face->name : NULL, ==, wanted);
}

/* Faces are in it, too. */
static char *clip_kept_by_the_window(void)
{
    g_autofree char *folder = g_build_filename(g_get_user_cache_dir(), "nametag", "timelines", NULL);
    char *path = g_build_filename(folder, "0123abcd", NULL);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, "faces", -1, NULL));
    return path;
}

static void test_from_enrolling_to_forgetting(void)
{
    g_autofree char *gallery = scratch_path("life.sqlite");
    g_autoptr(Nametag) nametag = open_with(gallery);
    g_assert_cmpstr(nametag_gallery(nametag), ==, gallery);
    assert_people(nametag, "");
    g_assert_false(g_file_test(gallery, G_FILE_TEST_EXISTS)); /* to look makes nothing */
    assert_named(nametag, FRANCK, NULL);

    enroll(nametag, FRANCK, " Franck ");
    assert_people(nametag, "Franck:1/1 ");
    assert_named(nametag, FRANCK_AGAIN, "Franck");
    g_autoptr(NametagTags) other = tag_portrait(nametag, SOMEBODY_ELSE);
    g_assert_cmpint(other->faces[0]->verdict, ==, NAMETAG_UNKNOWN);
    g_assert_cmpint(other->faces[0]->reason, ==, NAMETAG_REASON_FAR);
    g_assert_cmpstr(other->faces[0]->nearest, ==, "Franck");
    g_assert_cmpfloat(other->faces[0]->distance, >, 0.5);

    enroll(nametag, SOMEBODY_ELSE, "Sean");
    enroll(nametag, FRANCK_AGAIN, "Franck");
    assert_people(nametag, "Franck:2/2 Sean:1/1 ");
    assert_ok(nametag, nametag_rename(nametag, "Franck", "François"));
    assert_named(nametag, FRANCK_ONCE_MORE, "François");
    assert_fails(NAMETAG_ERROR_EXISTS, nametag_error(nametag), nametag_rename(nametag, "François", "Sean"));
    assert_fails(NAMETAG_ERROR_NOT_FOUND, nametag_error(nametag), nametag_rename(nametag, "Franck", "Fritz"));

    g_autofree char *kept = clip_kept_by_the_window();
    assert_ok(nametag, nametag_forget(nametag, "François"));
    g_assert_false(g_file_test(kept, G_FILE_TEST_EXISTS));
    assert_people(nametag, "Sean:1/1 ");
    assert_named(nametag, FRANCK, NULL);
    assert_fails(NAMETAG_ERROR_NOT_FOUND, nametag_error(nametag), nametag_forget(nametag, "François"));
}

/* What the gate refuses, and force takes; what only checks changes nothing. */
static void test_refusals(void)
{
    g_autofree char *gallery = scratch_path("gate.sqlite");
    g_autoptr(Nametag) nametag = open_with(gallery);
    g_autoptr(NametagTags) franck = tag_portrait(nametag, FRANCK);
    NametagRefusal why = NAMETAG_REFUSAL_SMALL;
    g_assert_true(franck->faces[0]->enrollable);
    assert_ok(nametag, nametag_enroll(nametag, franck, 0, "Franck", NAMETAG_ENROLL_CHECK, &why));
    g_assert_cmpint(why, ==, NAMETAG_REFUSAL_NONE);
    g_assert_false(g_file_test(gallery, G_FILE_TEST_EXISTS));
    assert_ok(nametag, nametag_enroll(nametag, franck, 0, "Franck", 0, &why));
    assert_fails(NAMETAG_REFUSED, nametag_error(nametag),
                 nametag_enroll(nametag, franck, 0, "Franck", NAMETAG_ENROLL_FORCE, &why));
    g_assert_cmpint(why, ==, NAMETAG_REFUSAL_DUPLICATE);
    assert_fails(NAMETAG_REFUSED, nametag_error(nametag), nametag_enroll(nametag, franck, 0, "Bob", 0, &why));
    g_assert_cmpint(why, ==, NAMETAG_REFUSAL_SOMEBODY);
    g_assert_nonnull(strstr(nametag_error(nametag), "Franck"));

    g_autoptr(NametagTags) other = tag_portrait(nametag, SOMEBODY_ELSE);
    assert_fails(NAMETAG_REFUSED, nametag_error(nametag), nametag_enroll(nametag, other, 0, "Franck", 0, &why));
    g_assert_cmpint(why, ==, NAMETAG_REFUSAL_STRANGER);
    assert_ok(nametag, nametag_enroll(nametag, other, 0, "Franck", NAMETAG_ENROLL_FORCE | NAMETAG_ENROLL_CHECK, &why));
    assert_people(nametag, "Franck:1/1 ");
    assert_ok(nametag, nametag_enroll(nametag, other, 0, "Franck", NAMETAG_ENROLL_FORCE, &why));
    g_assert_cmpint(why, ==, NAMETAG_REFUSAL_STRANGER);
    assert_people(nametag, "Franck:2/2 ");
}

/* The mean of every sample and its neighbours, in one direction: step bytes from one to the next, n of them in a line. */
static void blur_line(guint8 *line, int n, int step)
{
    const int reach = 15;
    g_autofree guint8 *sharp = g_malloc((gsize)n);
    for (int i = 0; i < n; i++)
        sharp[i] = line[i * step];
    for (int i = 0; i < n; i++) {
        guint sum = 0;
        for (int k = -reach; k <= reach; k++)
            sum += sharp[CLAMP(i + k, 0, n - 1)];
        line[i * step] = (guint8)(sum / (2 * reach + 1));
    }
}

static void test_poor_pictures(void)
{
    g_autofree char *gallery = scratch_path("poor.sqlite"), *path = portrait_path(FRANCK);
    g_autoptr(Nametag) nametag = open_with(gallery);
    g_autoptr(NametagTags) sharp = tag_path(nametag, path);
    g_autoptr(NtStill) still = load(path);
    const NtImage *rgb = &still->rgb;
    const int width = rgb->width, height = rgb->height, stride = (int)rgb->stride;
    g_autofree guint8 *blurred = g_malloc0((gsize)stride * (gsize)height);
    g_autofree guint8 *dark = g_malloc0((gsize)stride * (gsize)height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width * 3; x++) {
            blurred[y * stride + x] = nt_image_row(rgb, y)[x];
            dark[y * stride + x] = nt_image_row(rgb, y)[x] / 10;
        }
    for (int y = 0; y < height * 3; y++)
        blur_line(blurred + y / 3 * stride + y % 3, width, 3);
    for (int x = 0; x < width * 3; x++)
        blur_line(blurred + x, height, stride);
    NametagPicture picture = picture_of(rgb);
    NametagRefusal why;
    g_autoptr(NametagTags) tags = NULL;
    picture.planes[0] = blurred;
    picture.source = "blurred";
    assert_ok(nametag, nametag_tag_boxes(nametag, &picture, &sharp->faces[0]->box, 1, &tags));
    g_assert_cmpfloat(tags->faces[0]->sharpness, <, sharp->faces[0]->sharpness);
    assert_fails(NAMETAG_REFUSED, nametag_error(nametag), nametag_enroll(nametag, tags, 0, "Franck", 0, &why));
    g_assert_cmpint(why, ==, NAMETAG_REFUSAL_BLURRED);
    g_clear_pointer(&tags, nametag_tags_free);
    picture.planes[0] = dark;
    assert_ok(nametag, nametag_tag_boxes(nametag, &picture, &sharp->faces[0]->box, 1, &tags));
    assert_fails(NAMETAG_REFUSED, nametag_error(nametag), nametag_enroll(nametag, tags, 0, "Franck", 0, &why));
    g_assert_cmpint(why, ==, NAMETAG_REFUSAL_DARK);
    g_assert_false(tags->faces[0]->enrollable);
}

static void test_reject(void)
{
    g_autofree char *gallery = scratch_path("reject.sqlite");
    g_autoptr(Nametag) nametag = open_with(gallery);
    g_autoptr(NametagTags) tags = tag_portrait(nametag, FRANCK_AGAIN);
    assert_fails(NAMETAG_ERROR_NOT_FOUND, nametag_error(nametag), nametag_reject(nametag, tags, 0, "Franck"));
    enroll(nametag, FRANCK, "Franck");
    assert_named(nametag, FRANCK_AGAIN, "Franck");
    assert_ok(nametag, nametag_reject(nametag, tags, 0, "Franck"));
    assert_named(nametag, FRANCK_AGAIN, NULL);
    g_autoptr(NametagTags) again = tag_portrait(nametag, FRANCK_AGAIN);
    g_assert_cmpint(again->faces[0]->reason, ==, NAMETAG_REASON_REJECTED);
    assert_fails(NAMETAG_ERROR_NOT_FOUND, nametag_error(nametag), nametag_reject(nametag, tags, 0, "Bob"));
}

/* Of more than twelve pictures some are set aside. */
static void test_most_varied(void)
{
    static const char *const numbers[] = {"01829", "02045", "02159", "02221", "02683", "02888", "03909", "03979",
                                          "04000", "04035", "04117"};
    g_autofree char *gallery = scratch_path("many.sqlite");
    g_autoptr(Nametag) nametag = open_with(gallery);
    guint taken = 0;
    for (guint round = 0; round < 2; round++)
        for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
            g_autofree char *name = g_strdup_printf("franck_%s.jpg", numbers[i]), *path = portrait_path(name);
            g_autoptr(NtStill) still = load(path);
            NametagPicture picture = picture_of(&still->rgb);
            g_autoptr(NametagTags) found = tag_path(nametag, path);
            g_autoptr(NametagTags) tags = NULL;
            /* The second time a box a little beside, which gives another chip. */
            NametagBox box = found->faces[0]->box;
            box.x += (int)round * box.width / 6;
            assert_ok(nametag, nametag_tag_boxes(nametag, &picture, &box, 1, &tags));
            taken += nametag_enroll(nametag, tags, 0, "Franck", NAMETAG_ENROLL_FORCE, NULL) == NAMETAG_OK;
        }
    g_assert_cmpuint(taken, >, 12);
    g_autofree char *wanted = g_strdup_printf("Franck:%u/12 ", taken);
    assert_people(nametag, wanted);
}

/* Clones and others know it, too; those who opened it before it was there as well. */
static void test_shared(void)
{
    g_autofree char *gallery = scratch_path("shared.sqlite");
    g_autoptr(Nametag) nametag = open_with(gallery);
    g_autoptr(Nametag) clone = NULL;
    g_autoptr(Nametag) other = open_with(gallery);
    assert_ok(nametag, nametag_clone(nametag, &clone));
    enroll(nametag, FRANCK, "Franck");
    assert_named(clone, FRANCK_AGAIN, "Franck");
    g_clear_pointer(&nametag, nametag_close);
    g_autoptr(NametagTags) tags = tag_portrait(clone, FRANCK_AGAIN); /* lives on without the first */
    assert_people(clone, "Franck:1/1 ");
    for (int i = 0; i < 100; i++) { /* a quarter of a second, or more where much else is to be done */
        g_autoptr(NametagTags) seen = tag_portrait(other, FRANCK_AGAIN);
        if (seen->faces[0]->verdict >= NAMETAG_LIKELY)
            break;
        g_usleep(50000);
    }
    assert_named(other, FRANCK_AGAIN, "Franck");
    /* A result outlives all of them, its names included. */
    g_clear_pointer(&clone, nametag_close);
    g_clear_pointer(&other, nametag_close);
    g_assert_cmpstr(tags->faces[0]->name, ==, "Franck");
    g_assert_cmpfloat(nametag_distance(tags->faces[0]->embedding, tags->faces[0]->embedding), ==, 0);
}

static char *passphrase(G_GNUC_UNUSED const char *what, guint attempt, G_GNUC_UNUSED gpointer user)
{
    return attempt == 0 ? g_strdup("open sesame") : NULL;
}

static void test_encrypted(void)
{
    g_autofree char *path = scratch_path("sealed.sqlite");
    g_autoptr(Nametag) plain = open_with(path);
    enroll(plain, FRANCK, "Franck");
    g_clear_pointer(&plain, nametag_close);
    const NtVaultKeys keys = {.ask = passphrase};
    const NtGalleryOptions writing = {.mode = NT_GALLERY_WRITE, .keys = &keys};
    NtGallery *gallery = nt_gallery_open(path, &writing, NULL);
    g_assert_true(nt_gallery_encrypt(gallery, NT_VAULT_LOCK_PASSPHRASE, &keys, NULL));
    nt_gallery_close(gallery);

    NametagOptions options = NAMETAG_OPTIONS_INIT;
    options.gallery = path;
    g_autoptr(Nametag) nametag = NULL;
    assert_fails(NAMETAG_ERROR_KEY, nametag_error(NULL), nametag_open(&options, &nametag));
    options.passphrase = "open barley";
    assert_fails(NAMETAG_ERROR_KEY, nametag_error(NULL), nametag_open(&options, &nametag));
    g_assert_null(nametag);
    options.passphrase = "open sesame";
    assert_ok(NULL, nametag_open(&options, &nametag));
    assert_named(nametag, FRANCK_AGAIN, "Franck");
    enroll(nametag, SOMEBODY_ELSE, "Sean");
    assert_people(nametag, "Franck:1/1 Sean:1/1 ");
}

/* Files that are no gallery, or another model's. */
static void test_wrong_files(void)
{
    g_autofree char *text = scratch_path("text.sqlite"), *foreign = scratch_path("foreign.sqlite");
    NametagOptions options = NAMETAG_OPTIONS_INIT;
    g_autoptr(Nametag) nametag = NULL;
    g_assert_true(g_file_set_contents(text, "this is no database, and longer than the header of one would be", -1, NULL));
    options.gallery = text;
    assert_fails(NAMETAG_ERROR_FORMAT, nametag_error(NULL), nametag_open(&options, &nametag));
    options.gallery = scratch();
    assert_fails(NAMETAG_ERROR_FORMAT, nametag_error(NULL), nametag_open(&options, &nametag));

    const NtGalleryOptions creating = {.mode = NT_GALLERY_CREATE, .model_fingerprint = "another model"};
    NtGallery *gallery = nt_gallery_open(foreign, &creating, NULL);
    const NtGalleryFace face = {.embedding = {1}, .pts_ns = -1};
    g_assert_cmpint(nt_gallery_add_face(gallery, "Anna", &face, NULL), !=, 0);
    nt_gallery_close(gallery);
    options.gallery = foreign;
    assert_fails(NAMETAG_ERROR_MODEL, nametag_error(NULL), nametag_open(&options, &nametag));
    g_assert_null(nametag);
}

static void test_names(void)
{
    static const char *const unusable[] = {"", "  ", "unknown", "unknown 3", "a\nb", "\xff\xfe"};
    g_autofree char *gallery = scratch_path("names.sqlite");
    g_autoptr(Nametag) nametag = open_with(gallery);
    g_autoptr(NametagTags) tags = tag_portrait(nametag, FRANCK);
    g_autofree char *lengthy = g_strnfill(201, 'a');
    for (guint i = 0; i <= G_N_ELEMENTS(unusable); i++) {
        const char *name = i < G_N_ELEMENTS(unusable) ? unusable[i] : lengthy;
        for (unsigned flags = 0; flags <= (NAMETAG_ENROLL_FORCE | NAMETAG_ENROLL_CHECK); flags++)
            assert_fails(NAMETAG_ERROR_NAME, nametag_error(nametag), nametag_enroll(nametag, tags, 0, name, flags, NULL));
    }
    g_assert_false(g_file_test(gallery, G_FILE_TEST_EXISTS));
    enroll(nametag, FRANCK, "Zoë 👩‍🚀");
    assert_people(nametag, "Zoë 👩‍🚀:1/1 ");
    assert_fails(NAMETAG_ERROR_NAME, nametag_error(nametag), nametag_rename(nametag, "Zoë 👩‍🚀", "unknown"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!has_portraits()) {
        printf("1..0 # SKIP the portraits are not here\n");
        return 0;
    }
    g_test_add_func("/lib/people/from-enrolling-to-forgetting", test_from_enrolling_to_forgetting);
    g_test_add_func("/lib/people/refusals", test_refusals);
    g_test_add_func("/lib/people/poor-pictures", test_poor_pictures);
    g_test_add_func("/lib/people/reject", test_reject);
    g_test_add_func("/lib/people/most-varied", test_most_varied);
    g_test_add_func("/lib/people/shared", test_shared);
    g_test_add_func("/lib/people/encrypted", test_encrypted);
    g_test_add_func("/lib/people/wrong-files", test_wrong_files);
    g_test_add_func("/lib/people/names", test_names);
    const int result = g_test_run();
    remove_scratch();
    return result;
}
