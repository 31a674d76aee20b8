/* libnametag on single pictures: what it says is what the engine says, however the pixels lie in memory. */
#include "lib/lib_fixture.h"

#include <math.h>
#include <string.h>

#include "engine/engine.h"

static NtModelSet *models;

static void assert_same_face(const NametagFace *face, const NtFace *wanted)
{
    const NtRect box = wanted->detection.box;
    g_assert_cmpint(face->box.x, ==, box.left);
    g_assert_cmpint(face->box.y, ==, box.top);
    g_assert_cmpint(face->box.width, ==, nt_rect_width(box));
    g_assert_cmpint(face->box.height, ==, nt_rect_height(box));
    g_assert_cmpfloat(face->score, ==, wanted->detection.score);
    for (int i = 0; i < NAMETAG_LANDMARKS; i++) {
        g_assert_cmpfloat(face->landmarks[i].x, ==, wanted->landmarks[i].x);
        g_assert_cmpfloat(face->landmarks[i].y, ==, wanted->landmarks[i].y);
    }
    g_assert_cmpmem(face->embedding, NAMETAG_EMBEDDING * sizeof(float), wanted->embedding, sizeof wanted->embedding);
    NtQuality quality;
    nt_quality_measure_pose(wanted->landmarks, &quality);
    g_assert_cmpfloat(face->yaw, ==, quality.yaw);
    g_assert_cmpfloat(face->pitch, ==, quality.pitch);
}

static void assert_same_tags(const NametagTags *tags, const NametagTags *wanted)
{
    g_assert_cmpuint(tags->n_faces, ==, wanted->n_faces);
    g_assert_cmpuint(tags->n_faces, >, 0);
    for (size_t i = 0; i < tags->n_faces; i++) {
        const NametagFace *a = tags->faces[i], *b = wanted->faces[i];
        g_assert_cmpmem(&a->box, sizeof a->box, &b->box, sizeof b->box);
        g_assert_cmpfloat(a->score, ==, b->score);
        g_assert_cmpmem(a->landmarks, sizeof a->landmarks, b->landmarks, sizeof b->landmarks);
        g_assert_cmpmem(a->embedding, NAMETAG_EMBEDDING * sizeof(float), b->embedding, NAMETAG_EMBEDDING * sizeof(float));
        g_assert_cmpfloat(a->sharpness, ==, b->sharpness);
        g_assert_cmpint(a->enrollable, ==, b->enrollable);
    }
}

static void test_as_the_engine(void)
{
    const NtEngineOptions options = {.with_embedding = TRUE};
    g_autoptr(Nametag) nametag = open_with(NAMETAG_NO_GALLERY);
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &options);
    g_assert_cmpstr(nametag_model_id(nametag), ==, nt_model_set_fingerprint(models));
    g_assert_null(nametag_gallery(nametag));
    for (int number = 1; number <= N_SAMPLES; number++) {
        g_autofree char *path = sample_path(number);
        g_autoptr(NtStill) still = load(path);
        g_autoptr(NtTaggedFrame) wanted = nt_analyser_tag_rgb(analyser, &still->rgb, NULL);
        g_autoptr(NametagTags) tags = tag_path(nametag, path);
        g_assert_cmpint(tags->width, ==, still->rgb.width);
        g_assert_cmpint(tags->height, ==, still->rgb.height);
        g_assert_cmpint(tags->pts_ns, ==, -1);
        g_assert_cmpuint(tags->n_faces, ==, wanted->n_faces);
        g_assert_cmpuint(tags->n_faces, >, 0);
        for (guint i = 0; i < wanted->n_faces; i++) {
            const NametagFace *face = tags->faces[i];
            assert_same_face(face, &wanted->faces[i]);
            g_assert_cmpint(face->verdict, ==, NAMETAG_UNKNOWN);
            g_assert_cmpint(face->reason, ==, NAMETAG_REASON_NOBODY);
            g_assert_null(face->name);
            g_assert_null(face->nearest);
            g_assert_true(isinf(face->distance));
            g_assert_cmpint(face->finding, ==, NAMETAG_DETECTED);
            g_assert_cmpfloat(face->sharpness, >, 0);
            g_assert_cmpfloat(face->inside, >, 0.9);
            g_assert_cmpfloat(nametag_distance(face->embedding, face->embedding), ==, 0);
            if (i > 0)
                g_assert_cmpfloat(nametag_distance(face->embedding, tags->faces[0]->embedding), >, 0.5);
        }
    }
}

/* The picture in another format, its rows padded with what must not be looked at. */
static guint8 *repack(const NtImage *rgb, NametagFormat format, ptrdiff_t *stride)
{
    const int step = format == NAMETAG_RGB || format == NAMETAG_BGR ? 3 : 4;
    const gboolean swapped = format == NAMETAG_BGR || format == NAMETAG_BGRA;
    *stride = (ptrdiff_t)rgb->width * step + 13;
    guint8 *pixels = g_malloc((gsize)*stride * (gsize)rgb->height);
    memset(pixels, 0xA5, (gsize)*stride * (gsize)rgb->height);
    for (int y = 0; y < rgb->height; y++) {
        const guint8 *from = nt_image_row(rgb, y);
        guint8 *to = pixels + y * *stride;
        for (int x = 0; x < rgb->width; x++, from += 3, to += step) {
            to[0] = from[swapped ? 2 : 0];
            to[1] = from[1];
            to[2] = from[swapped ? 0 : 2];
        }
    }
    return pixels;
}

static void test_formats(void)
{
    g_autofree char *path = sample_path(1);
    g_autoptr(NtStill) still = load(path);
    g_autoptr(Nametag) nametag = open_with(NAMETAG_NO_GALLERY);
    g_autoptr(NametagTags) wanted = tag_path(nametag, path);
    for (NametagFormat format = NAMETAG_RGB; format <= NAMETAG_BGRA; format++) {
        NametagPicture picture = picture_of(&still->rgb);
        picture.format = format;
        g_autofree guint8 *pixels = repack(&still->rgb, format, &picture.strides[0]);
        picture.planes[0] = pixels;
        g_autoptr(NametagTags) tags = NULL;
        assert_ok(nametag, nametag_tag(nametag, &picture, &tags));
        assert_same_tags(tags, wanted);
    }
}

/* A gray picture is what a picture of three equal channels is. */
static void test_gray(void)
{
    g_autofree char *path = sample_path(3);
    g_autoptr(NtStill) still = load(path);
    g_autoptr(Nametag) nametag = open_with(NAMETAG_NO_GALLERY);
    const NtImage *rgb = &still->rgb;
    const ptrdiff_t stride = rgb->width + 5;
    g_autofree guint8 *gray = g_malloc0((gsize)stride * (gsize)rgb->height);
    g_autofree guint8 *equal = g_malloc((gsize)rgb->width * (gsize)rgb->height * 3);
    nt_rgb_to_gray(rgb, gray, stride);
    for (int y = 0; y < rgb->height; y++)
        for (int x = 0; x < rgb->width; x++)
            memset(equal + ((gsize)y * (gsize)rgb->width + (gsize)x) * 3, gray[y * stride + x], 3);

    NametagPicture one = picture_of(rgb), three = picture_of(rgb);
    one.format = NAMETAG_GRAY;
    one.planes[0] = gray;
    one.strides[0] = stride;
    three.planes[0] = equal;
    three.strides[0] = (ptrdiff_t)rgb->width * 3;
    g_autoptr(NametagTags) tags = NULL;
    g_autoptr(NametagTags) wanted = NULL;
    assert_ok(nametag, nametag_tag(nametag, &one, &tags));
    assert_ok(nametag, nametag_tag(nametag, &three, &wanted));
    assert_same_tags(tags, wanted);
}

/* What a decoder would give: I420 and NV12 of odd sizes, limited and full range. */
static void test_yuv(void)
{
    g_autofree char *path = sample_path(1);
    g_autoptr(NtStill) still = load(path);
    g_autoptr(Nametag) nametag = open_with(NAMETAG_NO_GALLERY);
    const int width = still->rgb.width - 1, height = still->rgb.height - 1, half = (width + 1) / 2;
    const gsize chroma = (gsize)half * (gsize)((height + 1) / 2);
    g_autofree guint8 *y = g_malloc((gsize)width * (gsize)height);
    g_autofree guint8 *u = g_malloc(chroma), *v = g_malloc(chroma), *uv = g_malloc(2 * chroma);
    for (int row = 0; row < height; row++)
        for (int x = 0; x < width; x++) {
            const guint8 *p = nt_image_row(&still->rgb, row) + 3 * x;
            const double luma = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
            const gsize at = (gsize)(row / 2 * half + x / 2);
            y[row * width + x] = (guint8)(luma + 0.5);
            uv[2 * at] = u[at] = (guint8)CLAMP(128.5 + (p[2] - luma) / 1.772, 0, 255);
            uv[2 * at + 1] = v[at] = (guint8)CLAMP(128.5 + (p[0] - luma) / 1.402, 0, 255);
        }
    NametagPicture planar = NAMETAG_PICTURE_INIT;
    planar.format = NAMETAG_I420;
    planar.colour = NAMETAG_COLOUR_BT601_FULL;
    planar.width = width;
    planar.height = height;
    planar.planes[0] = y;
    planar.planes[1] = u;
    planar.planes[2] = v;
    planar.strides[0] = width;
    planar.strides[1] = planar.strides[2] = half;
    NametagPicture packed = planar;
    packed.format = NAMETAG_NV12;
    packed.planes[1] = uv;
    packed.planes[2] = NULL;
    packed.strides[1] = 2 * (ptrdiff_t)half;
    packed.strides[2] = 0;
    g_autoptr(NametagTags) a = NULL;
    g_autoptr(NametagTags) b = NULL;
    g_autoptr(NametagTags) colour = tag_path(nametag, path);
    assert_ok(nametag, nametag_tag(nametag, &planar, &a));
    assert_ok(nametag, nametag_tag(nametag, &packed, &b));
    assert_same_tags(a, b);
    guint near = 0;
    for (size_t i = 0; i < colour->n_faces; i++)
        for (size_t k = 0; k < a->n_faces; k++)
            near += nametag_distance(colour->faces[i]->embedding, a->faces[k]->embedding) < 0.3f;
    g_assert_cmpuint(near, >=, 3);

    /* The range is heeded: the same bytes read as limited ones are another picture. */
    planar.colour = NAMETAG_COLOUR_BT601;
    g_autoptr(NametagTags) limited = NULL;
    assert_ok(nametag, nametag_tag(nametag, &planar, &limited));
    g_assert_cmpfloat(nametag_distance(a->faces[0]->embedding, limited->faces[0]->embedding), >, 0);
}

/* The caller's boxes, in the caller's order, are analysed as the detector's own. */
static void test_boxes(void)
{
    g_autofree char *path = sample_path(6);
    g_autoptr(NtStill) still = load(path);
    g_autoptr(Nametag) nametag = open_with(NAMETAG_NO_GALLERY);
    g_autoptr(NametagTags) found = tag_path(nametag, path);
    const NametagPicture picture = picture_of(&still->rgb);
    g_assert_cmpuint(found->n_faces, >=, 3);
    const NametagBox boxes[] = {found->faces[2]->box, found->faces[0]->box};
    g_autoptr(NametagTags) given = NULL;
    assert_ok(nametag, nametag_tag_boxes(nametag, &picture, boxes, 2, &given));
    g_assert_cmpuint(given->n_faces, ==, 2);
    for (int i = 0; i < 2; i++) {
        const NametagFace *a = given->faces[i], *b = found->faces[i == 0 ? 2 : 0];
        g_assert_cmpmem(&a->box, sizeof a->box, &boxes[i], sizeof boxes[i]);
        g_assert_cmpmem(a->landmarks, sizeof a->landmarks, b->landmarks, sizeof b->landmarks);
        g_assert_cmpfloat(nametag_distance(a->embedding, b->embedding), ==, 0);
        g_assert_cmpint(a->finding, ==, NAMETAG_GIVEN);
        g_assert_cmpfloat(a->score, ==, 0);
    }
    /* A box partly beyond the picture is allowed, and so are none. */
    const NametagBox beyond = {-100, -100, 300, 300};
    g_clear_pointer(&given, nametag_tags_free);
    assert_ok(nametag, nametag_tag_boxes(nametag, &picture, &beyond, 1, &given));
    g_assert_cmpuint(given->n_faces, ==, 1);
    g_assert_cmpint(given->faces[0]->box.x, ==, -100);
    g_clear_pointer(&given, nametag_tags_free);
    assert_ok(nametag, nametag_tag_boxes(nametag, &picture, NULL, 0, &given));
    g_assert_cmpuint(given->n_faces, ==, 0);
}

static void test_options(void)
{
    NametagOptions options = NAMETAG_OPTIONS_INIT;
    g_autofree char *path = sample_path(4);
    g_autoptr(Nametag) plain = open_with(NAMETAG_NO_GALLERY);
    g_autoptr(NametagTags) wanted = tag_path(plain, path);

    options.gallery = NAMETAG_NO_GALLERY;
    options.threads = 3;
    g_autoptr(Nametag) threaded = NULL;
    assert_ok(NULL, nametag_open(&options, &threaded));
    g_autoptr(NametagTags) same = tag_path(threaded, path);
    assert_same_tags(same, wanted);

    options.threshold = 1;
    options.flags = NAMETAG_LANDMARKS_ONLY;
    g_autoptr(Nametag) strict = NULL;
    assert_ok(NULL, nametag_open(&options, &strict));
    g_autoptr(NametagTags) few = tag_path(strict, path);
    g_assert_cmpuint(few->n_faces, >, 0);
    g_assert_cmpuint(few->n_faces, <, wanted->n_faces);
    for (size_t i = 0; i < few->n_faces; i++) {
        g_assert_cmpfloat(few->faces[i]->score, >=, 1);
        g_assert_null(few->faces[i]->embedding);
        g_assert_cmpfloat(few->faces[i]->sharpness, ==, -1);
        g_assert_false(few->faces[i]->enrollable);
        g_assert_cmpmem(few->faces[i]->landmarks, sizeof few->faces[i]->landmarks, wanted->faces[i]->landmarks,
                        sizeof wanted->faces[i]->landmarks);
    }

    options = (NametagOptions)NAMETAG_OPTIONS_INIT;
    options.gallery = NAMETAG_NO_GALLERY;
    options.upsample = 1;
    g_autoptr(Nametag) larger = NULL;
    assert_ok(NULL, nametag_open(&options, &larger));
    g_autofree char *crowd = sample_path(5);
    g_autoptr(NametagTags) all = tag_path(larger, crowd);
    g_autoptr(NametagTags) some = tag_path(plain, crowd);
    g_assert_cmpuint(all->n_faces, >=, some->n_faces);

    /* Models from a folder that is named, and from nowhere else. */
    options = (NametagOptions)NAMETAG_OPTIONS_INIT;
    options.gallery = NAMETAG_NO_GALLERY;
    options.models = g_getenv("NAMETAG_MODELS");
    g_autoptr(Nametag) named = NULL;
    assert_ok(NULL, nametag_open(&options, &named));
    options.models = scratch();
    g_autoptr(Nametag) without = NULL;
    assert_fails(NAMETAG_ERROR_IO, nametag_error(NULL), nametag_open(&options, &without));
    g_assert_null(without);
    g_assert_nonnull(strstr(nametag_error(NULL), scratch()));
}

/* A file of the user's own: what is wrong with it is said. */
static void test_files(void)
{
    g_autoptr(Nametag) nametag = open_with(NAMETAG_NO_GALLERY);
    g_autofree char *text = scratch_path("text.jpg"), *half = scratch_path("half.jpg"), *whole = sample_path(2);
    g_autofree char *bytes = NULL;
    gsize size = 0;
    NametagTags *tags = NULL;
    g_assert_true(g_file_set_contents(text, "no picture", -1, NULL));
    g_assert_true(g_file_get_contents(whole, &bytes, &size, NULL));
    g_assert_true(g_file_set_contents(half, bytes, (gssize)size / 2, NULL));
    assert_fails(NAMETAG_ERROR_FORMAT, nametag_error(nametag), nametag_tag_file(nametag, text, &tags));
    assert_fails(NAMETAG_ERROR_FORMAT, nametag_error(nametag), nametag_tag_file(nametag, half, &tags));
    assert_fails(NAMETAG_ERROR_IO, nametag_error(nametag), nametag_tag_file(nametag, "/nowhere/x.jpg", &tags));
    g_assert_nonnull(strstr(nametag_error(nametag), "/nowhere/x.jpg"));
    assert_fails(NAMETAG_ERROR_IO, nametag_error(nametag), nametag_tag_file(nametag, scratch(), &tags));
    g_assert_null(tags);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    models = nt_model_set_load(NT_PRECISION_FLOAT, NULL);
    g_assert_nonnull(models);
    g_test_add_func("/lib/pictures/as-the-engine", test_as_the_engine);
    g_test_add_func("/lib/pictures/formats", test_formats);
    g_test_add_func("/lib/pictures/gray", test_gray);
    g_test_add_func("/lib/pictures/yuv", test_yuv);
    g_test_add_func("/lib/pictures/boxes", test_boxes);
    g_test_add_func("/lib/pictures/options", test_options);
    g_test_add_func("/lib/pictures/files", test_files);
    const int result = g_test_run();
    nt_model_set_unref(models);
    remove_scratch();
    return result;
}
