/* libnametag held to its word: whatever it is given it answers with an error, and does not crash; threads do not meet; memory stays
 * as it is. */
#include "lib/lib_fixture.h"

#include <limits.h>
#include <malloc.h>
#include <math.h>
#include <string.h>

static void test_words(void)
{
    for (int status = NAMETAG_OK; status <= NAMETAG_REFUSED; status++) {
        const char *text = nametag_status_text((NametagStatus)status);
        g_assert_cmpstr(text, !=, "unknown status");
        for (int other = NAMETAG_OK; other < status; other++)
            g_assert_cmpstr(text, !=, nametag_status_text((NametagStatus)other));
    }
    g_assert_cmpstr(nametag_status_text((NametagStatus)-1), ==, "unknown status");
    g_assert_cmpstr(nametag_status_text((NametagStatus)9999), ==, "unknown status");
    g_assert_cmpstr(nametag_version(), ==, WANTED_VERSION);
}

static gpointer error_of_another_thread(gpointer data)
{
    const gboolean fresh = nametag_error(NULL)[0] == '\0';
    nametag_open(NULL, NULL);
    *(char **)data = g_strdup(nametag_error(NULL));
    return GINT_TO_POINTER(fresh);
}

/* Each handle has its own last failure, and each thread one for where there is no handle. */
static void test_errors_are_kept_apart(void)
{
    g_autoptr(Nametag) a = open_with(NAMETAG_NO_GALLERY);
    g_autoptr(Nametag) b = open_with(NAMETAG_NO_GALLERY);
    NametagTags *tags = NULL;
    g_assert_cmpstr(nametag_error(a), ==, "");
    nametag_tag_file(a, "/nowhere/a.jpg", &tags);
    nametag_tag_file(b, "/nowhere/b.jpg", &tags);
    g_assert_nonnull(strstr(nametag_error(a), "/nowhere/a.jpg"));
    g_assert_nonnull(strstr(nametag_error(b), "/nowhere/b.jpg"));
    g_autofree char *other = NULL;
    nametag_tag_file(NULL, "x", &tags);
    GThread *thread = g_thread_new("other", error_of_another_thread, &other);
    g_assert_true(GPOINTER_TO_INT(g_thread_join(thread)));
    g_assert_nonnull(strstr(other, "nametag_open"));
    g_assert_nonnull(strstr(nametag_error(NULL), "nametag_tag_file"));
}

#define BAD(words, call) assert_fails(NAMETAG_ERROR_ARGUMENT, words, call)

static void test_null(void)
{
    g_autoptr(Nametag) nametag = open_with(NAMETAG_NO_GALLERY);
    g_autoptr(NametagTracker) tracker = NULL;
    g_autofree char *path = sample_path(2);
    g_autoptr(NametagTags) good = tag_path(nametag, path);
    NametagPicture picture = NAMETAG_PICTURE_INIT;
    const NametagBox box = {0, 0, 10, 10};
    NametagTags *tags = (NametagTags *)&picture;
    NametagPeople *people = (NametagPeople *)&picture;
    Nametag *clone = (Nametag *)&picture;
    NametagRefusal refusal;
    assert_ok(nametag, nametag_tracker_new(nametag, &tracker));
    BAD(nametag_error(NULL), nametag_open(NULL, NULL));
    BAD(nametag_error(NULL), nametag_clone(NULL, &clone));
    g_assert_null(clone);
    BAD(nametag_error(nametag), nametag_clone(nametag, NULL));
    BAD(nametag_error(NULL), nametag_tag(NULL, &picture, &tags));
    g_assert_null(tags);
    BAD(nametag_error(nametag), nametag_tag(nametag, NULL, &tags));
    BAD(nametag_error(nametag), nametag_tag(nametag, &picture, NULL));
    BAD(nametag_error(nametag), nametag_tag(nametag, &picture, &tags));
    BAD(nametag_error(NULL), nametag_tag_file(NULL, path, &tags));
    BAD(nametag_error(nametag), nametag_tag_file(nametag, NULL, &tags));
    BAD(nametag_error(nametag), nametag_tag_file(nametag, path, NULL));
    BAD(nametag_error(NULL), nametag_tag_boxes(NULL, &picture, &box, 1, &tags));
    BAD(nametag_error(nametag), nametag_tag_boxes(nametag, NULL, &box, 1, &tags));
    BAD(nametag_error(nametag), nametag_tag_boxes(nametag, &picture, NULL, 1, &tags));
    BAD(nametag_error(nametag), nametag_tag_boxes(nametag, &picture, &box, 1, NULL));
    NametagTracker *none = tracker;
    BAD(nametag_error(NULL), nametag_tracker_new(NULL, &none));
    g_assert_null(none);
    BAD(nametag_error(nametag), nametag_tracker_new(nametag, NULL));
    BAD(nametag_error(NULL), nametag_tracker_tag(NULL, &picture, 0, &tags));
    BAD(nametag_tracker_error(tracker), nametag_tracker_tag(tracker, NULL, 0, &tags));
    BAD(nametag_tracker_error(tracker), nametag_tracker_tag(tracker, &picture, 0, NULL));
    BAD(nametag_error(NULL), nametag_enroll(NULL, good, 0, "Anna", 0, &refusal));
    BAD(nametag_error(nametag), nametag_enroll(nametag, NULL, 0, "Anna", 0, &refusal));
    BAD(nametag_error(nametag), nametag_enroll(nametag, good, 0, NULL, 0, &refusal));
    BAD(nametag_error(NULL), nametag_reject(NULL, good, 0, "Anna"));
    BAD(nametag_error(nametag), nametag_reject(nametag, NULL, 0, "Anna"));
    BAD(nametag_error(nametag), nametag_reject(nametag, good, 0, NULL));
    BAD(nametag_error(NULL), nametag_people(NULL, &people));
    g_assert_null(people);
    BAD(nametag_error(nametag), nametag_people(nametag, NULL));
    BAD(nametag_error(NULL), nametag_rename(NULL, "Anna", "Bob"));
    BAD(nametag_error(nametag), nametag_rename(nametag, NULL, "Bob"));
    BAD(nametag_error(nametag), nametag_rename(nametag, "Anna", NULL));
    BAD(nametag_error(NULL), nametag_forget(NULL, "Anna"));
    BAD(nametag_error(nametag), nametag_forget(nametag, NULL));
    /* Without a gallery there are no people. */
    BAD(nametag_error(nametag), nametag_people(nametag, &people));
    BAD(nametag_error(nametag), nametag_enroll(nametag, good, 0, "Anna", 0, &refusal));
    BAD(nametag_error(nametag), nametag_reject(nametag, good, 0, "Anna"));
    BAD(nametag_error(nametag), nametag_rename(nametag, "Anna", "Bob"));
    BAD(nametag_error(nametag), nametag_forget(nametag, "Anna"));
    g_assert_null(nametag_gallery(NULL));
    g_assert_null(nametag_model_id(NULL));
    g_assert_true(isnan(nametag_distance(NULL, good->faces[0]->embedding)));
    g_assert_true(isnan(nametag_distance(good->faces[0]->embedding, NULL)));
    nametag_close(NULL);
    nametag_tags_free(NULL);
    nametag_people_free(NULL);
    nametag_tracker_free(NULL);
    nametag_tracker_restart(NULL);
}

#define CHANGED(field, value) ({ NametagOptions changed_ = good; changed_.field = (value); changed_; })

static void test_options(void)
{
    NametagOptions good = NAMETAG_OPTIONS_INIT;
    good.gallery = NAMETAG_NO_GALLERY;
    const NametagOptions bad[] = {
        CHANGED(size, 0),           CHANGED(size, 3),         CHANGED(size, SIZE_MAX),    CHANGED(size, 4097),
        CHANGED(threshold, NAN),    CHANGED(threshold, INFINITY), CHANGED(threshold, -11), CHANGED(caution, (NametagCaution)3),
        CHANGED(caution, (NametagCaution)-1), CHANGED(upsample, -1), CHANGED(upsample, 5), CHANGED(threads, -1),
        CHANGED(threads, 65),       CHANGED(threads, INT_MAX), CHANGED(flags, 4u),        CHANGED(flags, UINT_MAX),
    };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        Nametag *nametag = (Nametag *)&good;
        BAD(nametag_error(NULL), nametag_open(&bad[i], &nametag));
        g_assert_null(nametag);
    }
    /* A caller that was built against another header: shorter structures are filled up, longer ones only believed where what is
     * not known here is not used. */
    struct {
        NametagOptions known;
        guint64 later[4];
    } longer = {good, {0}};
    g_autoptr(Nametag) nametag = NULL;
    longer.known.size = sizeof longer;
    assert_ok(NULL, nametag_open(&longer.known, &nametag));
    g_clear_pointer(&nametag, nametag_close);
    longer.later[3] = 1;
    BAD(nametag_error(NULL), nametag_open(&longer.known, &nametag));
    NametagOptions shorter = good;
    shorter.size = offsetof(NametagOptions, threshold);
    shorter.threshold = NAN; /* beyond its end: not looked at */
    assert_ok(NULL, nametag_open(&shorter, &nametag));
}

static guint8 pixels[64 * 48 * 4];

#define PICTURE(change) \
    ({ \
        NametagPicture changed_ = NAMETAG_PICTURE_INIT; \
        changed_.width = 64; \
        changed_.height = 48; \
        changed_.planes[0] = changed_.planes[1] = changed_.planes[2] = pixels; \
        changed_.strides[0] = 192; \
        changed_.strides[1] = changed_.strides[2] = 64; \
        change; \
        changed_; \
    })
#define P changed_

static void test_pictures(void)
{
    g_autoptr(Nametag) nametag = open_with(NAMETAG_NO_GALLERY);
    g_autoptr(NametagTracker) tracker = NULL;
    assert_ok(nametag, nametag_tracker_new(nametag, &tracker));
    const NametagPicture bad[] = {
        PICTURE(P.size = 0), PICTURE(P.size = SIZE_MAX), PICTURE(P.width = 0), PICTURE(P.height = 0), PICTURE(P.width = -64),
        PICTURE(P.height = INT_MIN), PICTURE((P.width = INT_MAX, P.height = INT_MAX, P.strides[0] = PTRDIFF_MAX)),
        PICTURE((P.width = 1 << 15, P.height = 1 << 15, P.strides[0] = 3 << 15)),
        PICTURE(P.format = (NametagFormat)-1), PICTURE(P.format = (NametagFormat)7), PICTURE(P.format = (NametagFormat)INT_MAX),
        PICTURE(P.colour = (NametagColour)5), PICTURE(P.colour = (NametagColour)-1), PICTURE(P.planes[0] = NULL),
        PICTURE(P.strides[0] = 0), PICTURE(P.strides[0] = 191), PICTURE(P.strides[0] = -192), PICTURE(P.strides[0] = PTRDIFF_MAX),
        PICTURE(P.strides[0] = PTRDIFF_MIN), PICTURE(P.planes[0] = (const uint8_t *)(UINTPTR_MAX - 100)),
        PICTURE((P.format = NAMETAG_RGBA, P.strides[0] = 255)), PICTURE((P.format = NAMETAG_I420, P.planes[1] = NULL)),
        PICTURE((P.format = NAMETAG_I420, P.planes[2] = NULL)), PICTURE((P.format = NAMETAG_I420, P.strides[1] = 31)),
        PICTURE((P.format = NAMETAG_I420, P.strides[2] = -1)), PICTURE((P.format = NAMETAG_NV12, P.planes[1] = NULL)),
        PICTURE((P.format = NAMETAG_NV12, P.strides[1] = 63)), PICTURE((P.format = NAMETAG_GRAY, P.strides[0] = 63)),
    };
    const NametagBox box = {4, 4, 30, 30};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        NametagTags *tags = (NametagTags *)&nametag;
        g_test_message("picture %u", i);
        BAD(nametag_error(nametag), nametag_tag(nametag, &bad[i], &tags));
        g_assert_null(tags);
        BAD(nametag_error(nametag), nametag_tag_boxes(nametag, &bad[i], &box, 1, &tags));
        BAD(nametag_tracker_error(tracker), nametag_tracker_tag(tracker, &bad[i], i, &tags));
    }
    NametagTags *tags = NULL;
    const NametagPicture uneven = PICTURE((P.format = NAMETAG_I420, P.strides[2] = 48));
    assert_fails(NAMETAG_ERROR_UNSUPPORTED, nametag_error(nametag), nametag_tag(nametag, &uneven, &tags));
    /* And works on as if nothing had been. */
    const NametagPicture good = PICTURE((void)0);
    assert_ok(nametag, nametag_tag(nametag, &good, &tags));
    g_assert_cmpuint(tags->n_faces, ==, 0);
    nametag_tags_free(tags);
}

/* Too large when it is enlarged: refused before there is no memory left. */
static void test_enlarged(void)
{
    NametagOptions options = NAMETAG_OPTIONS_INIT;
    g_autoptr(Nametag) nametag = NULL;
    g_autofree guint8 *wide = g_malloc0(1100 * 1100);
    options.gallery = NAMETAG_NO_GALLERY;
    options.upsample = 4;
    assert_ok(NULL, nametag_open(&options, &nametag));
    g_autoptr(NametagTracker) tracker = NULL;
    assert_ok(nametag, nametag_tracker_new(nametag, &tracker));
    NametagTags *tags = NULL;
    const NametagPicture large =
        PICTURE((P.format = NAMETAG_GRAY, P.width = P.height = 1100, P.planes[0] = wide, P.strides[0] = 1100));
    BAD(nametag_error(nametag), nametag_tag(nametag, &large, &tags));
    BAD(nametag_tracker_error(tracker), nametag_tracker_tag(tracker, &large, 0, &tags));
    g_assert_null(tags);
}

/* Pictures of odd shapes, in all formats: no faces, and nothing read beside them (the sanitizers look). */
static void test_shapes(void)
{
    static const int shapes[][2] = {{1, 1}, {1, 7}, {7, 1}, {2, 2}, {3, 5}, {79, 79}, {80, 80}, {1, 5000}, {5000, 1}, {33, 4000}};
    g_autoptr(Nametag) nametag = open_with(NAMETAG_NO_GALLERY);
    for (guint i = 0; i < G_N_ELEMENTS(shapes); i++)
        for (int format = NAMETAG_RGB; format <= NAMETAG_NV12; format++) {
            const int width = shapes[i][0], height = shapes[i][1], half = (width + 1) / 2;
            const int step = format <= NAMETAG_BGR ? 3 : format <= NAMETAG_BGRA ? 4 : 1, packed = format == NAMETAG_NV12 ? 2 : 1;
            g_autofree guint8 *first = g_malloc0((gsize)width * (gsize)height * (gsize)step);
            g_autofree guint8 *second = g_malloc0((gsize)half * (gsize)((height + 1) / 2) * (gsize)packed);
            g_autofree guint8 *third = g_malloc0((gsize)half * (gsize)((height + 1) / 2));
            NametagPicture picture = NAMETAG_PICTURE_INIT;
            picture.format = (NametagFormat)format;
            picture.width = width;
            picture.height = height;
            picture.planes[0] = first;
            picture.planes[1] = second;
            picture.planes[2] = third;
            picture.strides[0] = (ptrdiff_t)width * step;
            picture.strides[1] = (ptrdiff_t)half * packed;
            picture.strides[2] = half;
            g_autoptr(NametagTags) tags = NULL;
            assert_ok(nametag, nametag_tag(nametag, &picture, &tags));
            g_clear_pointer(&tags, nametag_tags_free);
            /* The box covers it, and more. */
            const NametagBox box = {-1, -1, MAX(width, height) + 2, MAX(width, height) + 2};
            assert_ok(nametag, nametag_tag_boxes(nametag, &picture, &box, 1, &tags));
            g_assert_cmpuint(tags->n_faces, ==, 1);
            g_autoptr(NametagTracker) tracker = NULL;
            assert_ok(nametag, nametag_tracker_new(nametag, &tracker));
            for (int k = 0; k < 3; k++) {
                NametagTags *tracked = NULL;
                g_assert_cmpint(nametag_tracker_tag(tracker, &picture, k * 40000000, &tracked), ==, NAMETAG_OK);
                nametag_tags_free(tracked);
            }
        }
}

static void test_boxes(void)
{
    static const NametagBox bad[] = {
        {0, 0, 0, 10}, {0, 0, 10, 0}, {0, 0, -5, -5}, {64, 0, 10, 10}, {0, 48, 10, 10}, {-10, 0, 10, 10}, {0, -10, 10, 10},
        {INT_MIN, 0, INT_MAX, 10}, {0, 0, INT_MAX, INT_MAX}, {INT_MAX, INT_MAX, INT_MAX, INT_MAX}, {0, 0, 257, 10},
        {INT_MIN, INT_MIN, 10, 10},
    };
    g_autoptr(Nametag) nametag = open_with(NAMETAG_NO_GALLERY);
    const NametagPicture picture = PICTURE((void)0);
    NametagTags *tags = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        const NametagBox boxes[] = {{4, 4, 30, 30}, bad[i]};
        BAD(nametag_error(nametag), nametag_tag_boxes(nametag, &picture, boxes, 2, &tags));
        g_assert_null(tags);
    }
    g_autofree NametagBox *many = g_new0(NametagBox, NAMETAG_MOST_BOXES + 1);
    for (int i = 0; i <= NAMETAG_MOST_BOXES; i++)
        many[i] = (NametagBox){0, 0, 8, 8};
    BAD(nametag_error(nametag), nametag_tag_boxes(nametag, &picture, many, NAMETAG_MOST_BOXES + 1, &tags));
    BAD(nametag_error(nametag), nametag_tag_boxes(nametag, &picture, many, SIZE_MAX, &tags));
    const NametagBox largest = {-250, -250, 256, 256};
    assert_ok(nametag, nametag_tag_boxes(nametag, &picture, &largest, 1, &tags));
    nametag_tags_free(tags);
}

static void test_faces(void)
{
    g_autofree char *gallery = scratch_path("none.sqlite"), *path = sample_path(2);
    g_autoptr(Nametag) nametag = open_with(gallery);
    g_autoptr(NametagTags) tags = tag_path(nametag, path);
    BAD(nametag_error(nametag), nametag_enroll(nametag, tags, tags->n_faces, "Anna", 0, NULL));
    BAD(nametag_error(nametag), nametag_enroll(nametag, tags, SIZE_MAX, "Anna", 0, NULL));
    BAD(nametag_error(nametag), nametag_enroll(nametag, tags, 0, "Anna", 4, NULL));
    BAD(nametag_error(nametag), nametag_enroll(nametag, tags, 0, "Anna", UINT_MAX, NULL));
    g_assert_false(g_file_test(gallery, G_FILE_TEST_EXISTS));
}

/* Threads. */

typedef struct Work {
    Nametag *nametag;
    const char *path, *name;
    guint n_faces;
    gboolean enrols;
} Work;

static gpointer work(gpointer data)
{
    Work *mine = data;
    for (int i = 0; i < 12; i++) {
        g_autoptr(NametagTags) tags = tag_path(mine->nametag, mine->path);
        g_assert_cmpuint(tags->n_faces, ==, mine->n_faces);
        if (mine->enrols && i == 4)
            assert_ok(mine->nametag, nametag_enroll(mine->nametag, tags, 0, mine->name, NAMETAG_ENROLL_FORCE, NULL));
        if (mine->enrols && i > 4)
            g_assert_cmpstr(tags->faces[0]->name, ==, mine->name);
    }
    return NULL;
}

/* Side by side: a handle, its clone, and a stranger with the same file, each of which enrols somebody. */
static void test_threads(void)
{
    if (!has_portraits()) {
        g_test_skip("the portraits are not here");
        return;
    }
    g_autofree char *gallery = scratch_path("threads.sqlite");
    char *paths[] = {portrait_path("franck_02888.jpg"), portrait_path(SOMEBODY_ELSE), sample_path(2), sample_path(1)};
    g_autoptr(Nametag) first = open_with(gallery);
    g_autoptr(Nametag) clone = NULL;
    g_autoptr(Nametag) other = open_with(gallery);
    g_autoptr(Nametag) apart = open_with(NAMETAG_NO_GALLERY);
    assert_ok(first, nametag_clone(first, &clone));
    Work works[] = {{first, paths[0], "Franck", 1, TRUE}, {clone, paths[1], "Sean", 1, TRUE}, {other, paths[2], "Anna", 1, TRUE},
                    {apart, paths[3], NULL, 4, FALSE}};
    GThread *threads[G_N_ELEMENTS(works)];
    for (guint i = 0; i < G_N_ELEMENTS(works); i++)
        threads[i] = g_thread_new("work", work, &works[i]);
    for (guint i = 0; i < G_N_ELEMENTS(works); i++)
        g_thread_join(threads[i]);
    g_autoptr(NametagPeople) people = NULL;
    assert_ok(first, nametag_people(first, &people));
    g_assert_cmpuint(people->n_people, ==, 3);
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++)
        g_free(paths[i]);
}

/* Memory. */

static void use_everything(Nametag *nametag, NametagTracker *tracker, const NtImage *rgb, const char *path, gint64 *pts_ns)
{
    NametagPicture picture = picture_of(rgb);
    NametagTags *tags = NULL;
    Nametag *clone = NULL;
    NametagPeople *people = NULL;
    NametagTracker *short_lived = NULL;
    NametagRefusal refusal;
    assert_ok(nametag, nametag_tag(nametag, &picture, &tags));
    const NametagBox box = tags->faces[0]->box;
    g_assert_cmpint(nametag_enroll(nametag, tags, 0, "Franck", 0, &refusal), ==, NAMETAG_REFUSED); /* is there already */
    nametag_tags_free(tags);
    assert_ok(nametag, nametag_tag_file(nametag, path, &tags));
    nametag_tags_free(tags);
    picture.source = "somewhere";
    assert_ok(nametag, nametag_tag_boxes(nametag, &picture, &box, 1, &tags));
    nametag_tags_free(tags);
    for (int i = 0; i < 4; i++) {
        g_assert_cmpint(nametag_tracker_tag(tracker, &picture, *pts_ns += 40000000, &tags), ==, NAMETAG_OK);
        nametag_tags_free(tags);
    }
    assert_ok(nametag, nametag_people(nametag, &people));
    nametag_people_free(people);
    assert_ok(nametag, nametag_rename(nametag, "Franck", "Frank"));
    assert_ok(nametag, nametag_rename(nametag, "Frank", "Franck"));
    assert_ok(nametag, nametag_clone(nametag, &clone));
    assert_ok(nametag, nametag_tracker_new(nametag, &short_lived));
    nametag_tracker_free(short_lived);
    nametag_close(clone);
    nametag_tag_file(nametag, "/nowhere/x.jpg", &tags);
}

static void test_memory(void)
{
    if (SANITIZED) {
        g_test_skip("the sanitizers have a malloc of their own, and look for leaks themselves");
        return;
    }
    g_autofree char *gallery = scratch_path("memory.sqlite"), *path = portrait_path("franck_02888.jpg");
    g_autoptr(NtStill) still = load(path);
    g_autoptr(Nametag) nametag = open_with(gallery);
    g_autoptr(NametagTracker) tracker = NULL;
    g_autoptr(NametagTags) tags = tag_path(nametag, path);
    gint64 pts_ns = 0;
    assert_ok(nametag, nametag_enroll(nametag, tags, 0, "Franck", 0, NULL));
    assert_ok(nametag, nametag_tracker_new(nametag, &tracker));
    for (int i = 0; i < 15; i++)
        use_everything(nametag, tracker, &still->rgb, path, &pts_ns);
    const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (int i = 0; i < 30; i++)
        use_everything(nametag, tracker, &still->rgb, path, &pts_ns);
    const size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
    g_test_message("%zu bytes in use before, %zu after", before, after);
    /* Thirty rounds of anything forgotten would be more: a result is larger than a kilobyte. */
    g_assert_cmpuint(after, <, before + 30 * 1024);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lib/contract/words", test_words);
    g_test_add_func("/lib/contract/errors-are-kept-apart", test_errors_are_kept_apart);
    g_test_add_func("/lib/contract/null", test_null);
    g_test_add_func("/lib/contract/options", test_options);
    g_test_add_func("/lib/contract/pictures", test_pictures);
    g_test_add_func("/lib/contract/enlarged", test_enlarged);
    g_test_add_func("/lib/contract/shapes", test_shapes);
    g_test_add_func("/lib/contract/boxes", test_boxes);
    g_test_add_func("/lib/contract/faces", test_faces);
    g_test_add_func("/lib/contract/threads", test_threads);
    g_test_add_func("/lib/contract/memory", test_memory);
    const int result = g_test_run();
    remove_scratch();
    return result;
}
