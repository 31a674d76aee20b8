/* libnametag on video: as the engine's tracker, whatever the frames' format. */
#include "lib/lib_fixture.h"

#include <gst/gst.h>
#include <string.h>

#include "engine/tracker.h"
#include "media/source.h"

#define FRAMES 40
#define FRAME_NS (G_GINT64_CONSTANT(1000000000) / 25)
#define WIDTH 640
#define HEIGHT 480

static NtModelSet *models;

/* A grey picture with a portrait that goes to the right, in every format. */
typedef struct Film {
    guint8 rgb[HEIGHT][WIDTH][3], bgra[HEIGHT][WIDTH][4], gray[HEIGHT][WIDTH];
    guint8 u[HEIGHT / 2][WIDTH / 2], v[HEIGHT / 2][WIDTH / 2], uv[HEIGHT / 2][WIDTH / 2][2];
} Film;

static NtStill *portrait; /* halved, it fits into the frame */

static void draw(Film *film, int number)
{
    memset(film->rgb, 110, sizeof film->rgb);
    for (int y = 0; y < HEIGHT && 2 * y < portrait->rgb.height; y++)
        for (int x = 0; 2 * x < portrait->rgb.width && x + 3 * number < WIDTH; x++)
            memcpy(film->rgb[y][x + 3 * number], nt_image_row(&portrait->rgb, 2 * y) + 6 * (gsize)x, 3);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            const guint8 *p = film->rgb[y][x];
            const double luma = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
            film->gray[y][x] = (guint8)(luma + 0.5);
            memcpy(film->bgra[y][x], (guint8[]){p[2], p[1], p[0], 7}, 4);
            film->uv[y / 2][x / 2][0] = film->u[y / 2][x / 2] = (guint8)CLAMP(128.5 + (p[2] - luma) / 1.772, 0, 255);
            film->uv[y / 2][x / 2][1] = film->v[y / 2][x / 2] = (guint8)CLAMP(128.5 + (p[0] - luma) / 1.402, 0, 255);
        }
}

static NametagPicture frame_of(const Film *film, NametagFormat format)
{
    NametagPicture frame = NAMETAG_PICTURE_INIT;
    frame.format = format;
    frame.colour = NAMETAG_COLOUR_BT601_FULL;
    frame.width = WIDTH;
    frame.height = HEIGHT;
    frame.planes[0] = format == NAMETAG_RGB    ? film->rgb[0][0]
                      : format == NAMETAG_BGRA ? film->bgra[0][0]
                                               : film->gray[0];
    frame.strides[0] = format == NAMETAG_RGB ? 3 * WIDTH : format == NAMETAG_BGRA ? 4 * WIDTH : WIDTH;
    if (format == NAMETAG_I420) {
        frame.planes[1] = film->u[0];
        frame.planes[2] = film->v[0];
        frame.strides[1] = frame.strides[2] = WIDTH / 2;
    } else if (format == NAMETAG_NV12) {
        frame.planes[1] = film->uv[0][0];
        frame.strides[1] = WIDTH;
    }
    return frame;
}

/* One face, one number, followed, in each format; those of one luma to the same pixel. */
static void test_formats(void)
{
    static const NametagFormat formats[] = {NAMETAG_I420, NAMETAG_NV12, NAMETAG_GRAY, NAMETAG_RGB, NAMETAG_BGRA};
    g_autoptr(Nametag) nametag = open_with(NAMETAG_NO_GALLERY);
    g_autofree Film *film = g_new(Film, 1);
    NametagTracker *trackers[G_N_ELEMENTS(formats)];
    guint embedded[G_N_ELEMENTS(formats)] = {0};
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
        assert_ok(nametag, nametag_tracker_new(nametag, &trackers[i]));
    for (int number = 0; number < FRAMES; number++) {
        NametagTags *tags[G_N_ELEMENTS(formats)];
        draw(film, number);
        for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
            const NametagPicture frame = frame_of(film, formats[i]);
            if (nametag_tracker_tag(trackers[i], &frame, number * FRAME_NS, &tags[i]) != NAMETAG_OK)
                g_error("%s", nametag_tracker_error(trackers[i]));
            g_assert_cmpuint(tags[i]->index, ==, (guint64)number);
            g_assert_cmpint(tags[i]->pts_ns, ==, number * FRAME_NS);
            g_assert_cmpint(tags[i]->width, ==, WIDTH);
            g_assert_cmpuint(tags[i]->n_faces, ==, 1);
            const NametagFace *face = tags[i]->faces[0];
            g_assert_cmpuint(face->track, ==, 1);
            embedded[i] += face->embedding != NULL;
            g_assert_cmpint(ABS(face->box.x - tags[0]->faces[0]->box.x), <=, 4);
            g_assert_true((face->sharpness >= 0) == (face->embedding != NULL));
        }
        g_assert_cmpmem(&tags[0]->faces[0]->landmarks, sizeof tags[0]->faces[0]->landmarks, &tags[1]->faces[0]->landmarks,
                        sizeof tags[1]->faces[0]->landmarks);
        g_assert_cmpmem(&tags[0]->faces[0]->landmarks, sizeof tags[0]->faces[0]->landmarks, &tags[2]->faces[0]->landmarks,
                        sizeof tags[2]->faces[0]->landmarks);
        g_assert_cmpmem(&tags[3]->faces[0]->landmarks, sizeof tags[3]->faces[0]->landmarks, &tags[4]->faces[0]->landmarks,
                        sizeof tags[4]->faces[0]->landmarks);
        if (tags[0]->faces[0]->embedding && tags[3]->faces[0]->embedding) /* nor does colour make another person of it */
            g_assert_cmpfloat(nametag_distance(tags[0]->faces[0]->embedding, tags[3]->faces[0]->embedding), <, 0.3);
        for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
            nametag_tags_free(tags[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_assert_cmpuint(embedded[i], >=, 1);
        g_assert_cmpuint(embedded[i], <, FRAMES);
        nametag_tracker_free(trackers[i]);
    }
}

/* The frames of a real clip, side by side with the engine's own tracker. */
static void test_as_the_engine(void)
{
    g_autofree char *clip = portrait_path("franck.mp4");
    g_autoptr(GError) error = NULL;
    g_autoptr(NtSource) source = nt_source_open(clip, &error);
    g_assert_no_error(error);
    const NtTrackerOptions options = {.engine = {.with_embedding = TRUE, .with_chips = TRUE}};
    g_autoptr(NtTracker) engine = nt_tracker_new(models, NULL, &options);
    g_autoptr(Nametag) nametag = open_with(NAMETAG_NO_GALLERY);
    g_autoptr(NametagTracker) tracker = NULL;
    assert_ok(nametag, nametag_tracker_new(nametag, &tracker));
    guint faces = 0;
    for (int number = 0; number < 60; number++) {
        NtFrame *decoded = nt_source_read(source, &error);
        g_assert_no_error(error);
        g_assert_nonnull(decoded);
        const NtYuvImage *yuv = nt_frame_image(decoded);
        NametagPicture frame = NAMETAG_PICTURE_INIT;
        frame.format = yuv->uv_step == 2 ? NAMETAG_NV12 : NAMETAG_I420;
        frame.colour = yuv->kr > 0.25 ? NAMETAG_COLOUR_BT601 : NAMETAG_COLOUR_BT709;
        frame.width = yuv->width;
        frame.height = yuv->height;
        frame.planes[0] = yuv->y;
        frame.planes[1] = yuv->u;
        frame.planes[2] = yuv->uv_step == 2 ? NULL : yuv->v;
        frame.strides[0] = yuv->y_stride;
        frame.strides[1] = frame.strides[2] = yuv->uv_stride;
        g_autoptr(NtTaggedFrame) wanted = nt_tracker_tag(engine, yuv, nt_frame_pts_ns(decoded), &error);
        g_assert_no_error(error);
        g_autoptr(NametagTags) tags = NULL;
        g_assert_cmpint(nametag_tracker_tag(tracker, &frame, nt_frame_pts_ns(decoded), &tags), ==, NAMETAG_OK);
        nt_frame_unref(decoded);
        g_assert_cmpuint(tags->n_faces, ==, wanted->n_faces);
        for (guint i = 0; i < wanted->n_faces; i++) {
            const NametagFace *face = tags->faces[i];
            const NtFace *from = &wanted->faces[i];
            g_assert_cmpint(face->box.x, ==, from->detection.box.left);
            g_assert_cmpuint(face->track, ==, from->track);
            g_assert_cmpint(face->finding, ==, (int)from->finding);
            g_assert_cmpmem(face->landmarks, sizeof face->landmarks, from->landmarks, sizeof from->landmarks);
            g_assert_cmpuint(face->n_embedded, ==, from->n_embedded);
            g_assert_true((face->embedding != NULL) == from->embedded);
            if (face->embedding)
                g_assert_cmpmem(face->embedding, sizeof from->embedding, from->embedding, sizeof from->embedding);
            faces++;
        }
    }
    g_assert_cmpuint(faces, >, 50);
}

/* Enrolled from a frame: named from the next one on, also where there is no embedding. */
static void test_enrol_from_a_frame(void)
{
    g_autofree char *gallery = scratch_path("video.sqlite");
    g_autoptr(Nametag) nametag = open_with(gallery);
    g_autoptr(NametagTracker) tracker = NULL;
    g_autofree Film *film = g_new(Film, 1);
    gboolean enrolled = FALSE, refused = FALSE;
    guint named = 0;
    assert_ok(nametag, nametag_tracker_new(nametag, &tracker));
    for (int number = 0; number < FRAMES; number++) {
        draw(film, number);
        NametagPicture frame = frame_of(film, NAMETAG_RGB);
        frame.source = "film";
        g_autoptr(NametagTags) tags = NULL;
        g_assert_cmpint(nametag_tracker_tag(tracker, &frame, number * FRAME_NS, &tags), ==, NAMETAG_OK);
        g_assert_cmpuint(tags->n_faces, ==, 1);
        const NametagFace *face = tags->faces[0];
        if (enrolled) {
            g_assert_cmpint(face->verdict, >=, NAMETAG_LIKELY);
            g_assert_cmpstr(face->name, ==, "Franck");
            named++;
        } else if (face->embedding) {
            assert_ok(nametag, nametag_enroll(nametag, tags, 0, "Franck", 0, NULL));
            enrolled = TRUE;
        }
        if (!face->embedding && !refused) {
            assert_fails(NAMETAG_ERROR_ARGUMENT, nametag_error(nametag), nametag_enroll(nametag, tags, 0, "Franck", 0, NULL));
            refused = TRUE;
        }
    }
    g_assert_true(enrolled && refused);
    g_assert_cmpuint(named, >=, FRAMES / 2);
}

/* Times rise; a restart lets them begin anew, and ends the tracks. */
static void test_times(void)
{
    g_autoptr(Nametag) nametag = open_with(NAMETAG_NO_GALLERY);
    g_autoptr(NametagTracker) tracker = NULL;
    g_autofree Film *film = g_new(Film, 1);
    NametagTags *tags = NULL;
    assert_ok(nametag, nametag_tracker_new(nametag, &tracker));
    g_clear_pointer(&nametag, nametag_close); /* lives on without it */
    g_assert_cmpstr(nametag_tracker_error(tracker), ==, "");
    draw(film, 0);
    const NametagPicture frame = frame_of(film, NAMETAG_GRAY);
    g_assert_cmpint(nametag_tracker_tag(tracker, &frame, FRAME_NS, &tags), ==, NAMETAG_OK);
    g_assert_cmpuint(tags->faces[0]->track, ==, 1);
    g_clear_pointer(&tags, nametag_tags_free);
    assert_fails(NAMETAG_ERROR_ARGUMENT, nametag_tracker_error(tracker), nametag_tracker_tag(tracker, &frame, FRAME_NS, &tags));
    assert_fails(NAMETAG_ERROR_ARGUMENT, nametag_tracker_error(tracker), nametag_tracker_tag(tracker, &frame, -1, &tags));
    g_assert_null(tags);
    nametag_tracker_restart(tracker);
    g_assert_cmpint(nametag_tracker_tag(tracker, &frame, 0, &tags), ==, NAMETAG_OK);
    g_assert_cmpuint(tags->faces[0]->track, ==, 2);
    g_clear_pointer(&tags, nametag_tags_free);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    models = nt_model_set_load(NT_PRECISION_FLOAT, NULL);
    g_assert_nonnull(models);
    g_autofree char *path = portrait_path("franck_02888.jpg");
    portrait = load(path);
    g_test_add_func("/lib/tracking/formats", test_formats);
    g_test_add_func("/lib/tracking/as-the-engine", test_as_the_engine);
    g_test_add_func("/lib/tracking/enrol-from-a-frame", test_enrol_from_a_frame);
    g_test_add_func("/lib/tracking/times", test_times);
    const int result = g_test_run();
    nt_still_free(portrait);
    nt_model_set_unref(models);
    remove_scratch();
    return result;
}
