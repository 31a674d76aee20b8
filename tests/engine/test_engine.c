/* The engine on a real photograph: each step's result is there, video and still agree, the pool keeps order. */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/pool.h"
#include "media/still.h"

#define CLEAR_SCORE 0.25
#define SAMPLE "face-api-1.7.15/demo/sample1.jpg"

static NtModelSet *models;
static NtStill *photograph;

static const NtEngineOptions everything = {.with_embedding = TRUE, .with_chips = TRUE};

static double box_iou(NtRect a, NtRect b)
{
    double width = MIN(a.right, b.right) - MAX(a.left, b.left) + 1;
    double height = MIN(a.bottom, b.bottom) - MAX(a.top, b.top) + 1;
    double inner = width > 0 && height > 0 ? width * height : 0;
    double area_a = (double)nt_rect_width(a) * nt_rect_height(a), area_b = (double)nt_rect_width(b) * nt_rect_height(b);
    return inner / (area_a + area_b - inner);
}

/* BT.601 limited range 4:2:0, in one block of memory: what a decoder would give for this photograph. */
static NtYuvImage to_yuv(const NtImage *rgb, guint8 **memory)
{
    int cw = (rgb->width + 1) / 2, ch = (rgb->height + 1) / 2;
    guint8 *y = *memory = g_malloc((gsize)rgb->width * (gsize)rgb->height + 2 * (gsize)cw * (gsize)ch);
    guint8 *u = y + (gsize)rgb->width * (gsize)rgb->height, *v = u + (gsize)cw * (gsize)ch;
    for (int row = 0; row < rgb->height; row++) {
        for (int x = 0; x < rgb->width; x++) {
            const guint8 *p = nt_image_row(rgb, row) + 3 * x;
            double luma = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
            y[(gsize)row * (gsize)rgb->width + (gsize)x] = (guint8)(16 + luma * 219 / 255 + 0.5);
            if (row % 2 == 0 && x % 2 == 0) {
                u[row / 2 * cw + x / 2] = (guint8)(128 + (p[2] - luma) / 1.772 * 224 / 255 + 0.5);
                v[row / 2 * cw + x / 2] = (guint8)(128 + (p[0] - luma) / 1.402 * 224 / 255 + 0.5);
            }
        }
    }
    return (NtYuvImage){.y = y, .u = u, .v = v, .y_stride = rgb->width, .uv_stride = cw, .uv_step = 1,
                        .width = rgb->width, .height = rgb->height, .kr = 0.299, .kb = 0.114};
}

static void test_still(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &everything);
    g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, &photograph->rgb, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(frame->n_faces, >=, 1);
    g_assert_cmpint(frame->width, ==, photograph->rgb.width);
    g_assert_cmpint(frame->pts_ns, ==, -1);
    for (guint i = 0; i < frame->n_faces; i++) {
        const NtFace *face = &frame->faces[i];
        double norm = 0;
        for (guint k = 0; k < NT_EMBEDDING_SIZE; k++)
            norm += face->embedding[k] * face->embedding[k];
        g_assert_cmpfloat(sqrt(norm), >, 1);
        g_assert_cmpfloat(sqrt(norm), <, 2);
        g_assert_nonnull(face->chip);
        g_assert_cmpint(face->verdict.kind, ==, NT_VERDICT_UNKNOWN);
        g_assert_null(face->verdict.name);
        g_assert_true(isinf(face->verdict.distance));
        if (i > 0)
            g_assert_cmpfloat(face->detection.score, <=, frame->faces[i - 1].detection.score);
    }
}

/* However many work on one picture, what is found is the same to the last bit. */
static void test_workers_agree(void)
{
    g_autoptr(NtTaggedFrame) alone = NULL;
    for (int workers = 1; workers <= 3; workers++) {
        const NtEngineOptions options = {.with_embedding = TRUE, .upsample = 1, .workers = workers};
        g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &options);
        g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, &photograph->rgb, NULL);
        g_assert_nonnull(frame);
        if (!alone)
            alone = nt_tagged_frame_ref(frame);
        g_assert_cmpuint(frame->n_faces, ==, alone->n_faces);
        for (guint i = 0; i < frame->n_faces; i++) {
            const NtFace *a = &frame->faces[i], *b = &alone->faces[i];
            g_assert_cmpmem(&a->detection.box, sizeof a->detection.box, &b->detection.box, sizeof b->detection.box);
            g_assert_cmpfloat(a->detection.score, ==, b->detection.score);
            g_assert_cmpmem(a->landmarks, sizeof a->landmarks, b->landmarks, sizeof b->landmarks);
            g_assert_cmpmem(a->embedding, sizeof a->embedding, b->embedding, sizeof b->embedding);
        }
    }
}

static void test_without_embedding(void)
{
    const NtEngineOptions options = {0};
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &options);
    g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, &photograph->rgb, NULL);
    g_assert_cmpuint(frame->n_faces, >=, 1);
    g_assert_null(frame->faces[0].chip);
    g_assert_cmpfloat(frame->faces[0].embedding[0], ==, 0);
    g_assert_cmpfloat(frame->faces[0].landmarks[30].x, >, frame->faces[0].detection.box.left);
}

static void test_video_agrees_with_still(void)
{
    g_autofree guint8 *memory = NULL;
    const NtYuvImage yuv = to_yuv(&photograph->rgb, &memory);
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &everything);
    g_autoptr(NtTaggedFrame) still = nt_analyser_tag_rgb(analyser, &photograph->rgb, NULL);
    g_autoptr(NtTaggedFrame) video = nt_analyser_tag_yuv(analyser, &yuv, NULL);
    guint matched = 0, clear = 0;
    for (guint i = 0; i < still->n_faces; i++) {
        /* What is only just a face in colour may be none in luma. */
        if (still->faces[i].detection.score < CLEAR_SCORE)
            continue;
        clear++;
        for (guint k = 0; k < video->n_faces; k++) {
            if (box_iou(still->faces[i].detection.box, video->faces[k].detection.box) < 0.65)
                continue;
            float distance = nt_embedding_distance(still->faces[i].embedding, video->faces[k].embedding);
            g_test_message("face %u: colour against luma, embeddings %.3f apart", i, distance);
            g_assert_cmpfloat(distance, <, 0.3);
            matched++;
            break;
        }
    }
    g_assert_cmpuint(clear, >=, 2);
    g_assert_cmpuint(matched, ==, clear);
}

/* Whoever has boxes of their own gets what the detector's would have given: in their order, of colour and of luma. */
static void test_boxes(void)
{
    g_autofree guint8 *memory = NULL;
    const NtYuvImage yuv = to_yuv(&photograph->rgb, &memory);
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &everything);
    for (int video = 0; video <= 1; video++) {
        g_autoptr(NtTaggedFrame) found = video ? nt_analyser_tag_yuv(analyser, &yuv, NULL)
                                               : nt_analyser_tag_rgb(analyser, &photograph->rgb, NULL);
        g_assert_cmpuint(found->n_faces, >=, 2);
        const NtRect boxes[] = {found->faces[1].detection.box, found->faces[0].detection.box};
        g_autoptr(NtTaggedFrame) given = video ? nt_analyser_tag_boxes_yuv(analyser, &yuv, boxes, 2, NULL)
                                               : nt_analyser_tag_boxes_rgb(analyser, &photograph->rgb, boxes, 2, NULL);
        g_assert_nonnull(given);
        g_assert_cmpuint(given->n_faces, ==, 2);
        for (guint i = 0; i < 2; i++) {
            const NtFace *a = &given->faces[i], *b = &found->faces[1 - i];
            g_assert_cmpmem(&a->detection.box, sizeof a->detection.box, &b->detection.box, sizeof b->detection.box);
            g_assert_cmpfloat(a->detection.score, ==, 0);
            g_assert_cmpmem(a->landmarks, sizeof a->landmarks, b->landmarks, sizeof b->landmarks);
            g_assert_cmpmem(a->embedding, sizeof a->embedding, b->embedding, sizeof b->embedding);
            g_assert_cmpmem(a->chip, NT_CHIP_BYTES, b->chip, NT_CHIP_BYTES);
        }
    }
}

static void test_no_face(void)
{
    static const guint8 flat[64 * 48 * 3];
    const NtImage image = {flat, 64, 48, 64 * 3, NT_PIXELS_RGB24};
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &everything);
    g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, &image, NULL);
    g_assert_nonnull(frame);
    g_assert_cmpuint(frame->n_faces, ==, 0);
}

/* Frames alternate between the photograph and its upper left quarter, so results that changed places would show. */
static void test_pool_keeps_order(void)
{
    g_autofree guint8 *memory = NULL;
    const NtYuvImage whole = to_yuv(&photograph->rgb, &memory);
    NtYuvImage quarter = whole;
    quarter.width /= 2;
    quarter.height /= 2;
    const guint n_frames = 12;
    guint pushed = 0, popped = 0;

    g_autoptr(NtPool) pool = nt_pool_new(models, NULL, &(NtEngineOptions){0}, 3);
    while (popped < n_frames) {
        while (pushed < n_frames && !nt_pool_is_full(pool)) {
            nt_pool_push(pool, pushed % 2 ? &quarter : &whole, GUINT_TO_POINTER(pushed));
            pushed++;
        }
        gpointer token;
        NtTaggedFrame *frame = NULL;
        g_assert_true(nt_pool_pop(pool, &token, &frame, NULL));
        g_assert_cmpuint(GPOINTER_TO_UINT(token), ==, popped);
        g_assert_cmpint(frame->width, ==, popped % 2 ? quarter.width : whole.width);
        nt_tagged_frame_unref(frame);
        popped++;
    }
    gpointer token;
    NtTaggedFrame *frame;
    g_assert_false(nt_pool_pop(pool, &token, &frame, NULL));
}

static void test_pool_freed_at_work(void)
{
    g_autofree guint8 *memory = NULL;
    const NtYuvImage yuv = to_yuv(&photograph->rgb, &memory);
    g_autoptr(NtPool) pool = nt_pool_new(models, NULL, &everything, 2);
    while (!nt_pool_is_full(pool))
        nt_pool_push(pool, &yuv, NULL);
    /* Leaving frees the pool with frames waiting, at work and done: nothing hangs or leaks. */
}

static void test_models_are_found(void)
{
    /* A folder named by NAMETAG_MODELS without the file does not hide the next place, the user's own. */
    g_autofree char *given = g_strdup(g_getenv("NAMETAG_MODELS"));
    g_autofree char *user_dir = nt_model_user_dir();
    g_autofree char *own = g_build_filename(user_dir, nt_model_file_name(NT_MODEL_LANDMARKS), NULL);
    g_assert_cmpint(g_mkdir_with_parents(user_dir, 0700), ==, 0);
    g_assert_true(g_file_set_contents(own, "model", -1, NULL));
    g_setenv("NAMETAG_MODELS", "/nonexistent", TRUE);
    g_autofree char *path = nt_model_find(NT_MODEL_LANDMARKS, NULL);
    g_assert_cmpstr(path, ==, own);

    /* What is nowhere is told with every place that was looked in. */
    g_assert_cmpint(g_unlink(own), ==, 0);
    g_assert_cmpint(g_rmdir(user_dir), ==, 0);
    g_autoptr(GError) error = NULL;
    g_assert_null(nt_model_find(NT_MODEL_LANDMARKS, &error));
    g_assert_nonnull(strstr(error->message, user_dir));
    g_assert_nonnull(strstr(error->message, "/nonexistent"));
    g_setenv("NAMETAG_MODELS", given, TRUE);
    g_autofree char *named = nt_model_find(NT_MODEL_LANDMARKS, NULL);
    g_assert_true(g_str_has_prefix(named, given));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *data_home = g_dir_make_tmp("nametag-engine-XXXXXX", NULL);
    g_setenv("XDG_DATA_HOME", data_home, TRUE);
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_PACKAGES"), SAMPLE, NULL);
    models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    g_assert_no_error(error);
    photograph = nt_still_load(path, &error);
    g_assert_no_error(error);

    g_test_add_func("/engine/workers-agree", test_workers_agree);
    g_test_add_func("/engine/still", test_still);
    g_test_add_func("/engine/without-embedding", test_without_embedding);
    g_test_add_func("/engine/video-agrees-with-still", test_video_agrees_with_still);
    g_test_add_func("/engine/boxes", test_boxes);
    g_test_add_func("/engine/no-face", test_no_face);
    g_test_add_func("/engine/pool-keeps-order", test_pool_keeps_order);
    g_test_add_func("/engine/pool-freed-at-work", test_pool_freed_at_work);
    g_test_add_func("/engine/models-are-found", test_models_are_found);
    int result = g_test_run();
    g_autofree char *inside = g_build_filename(data_home, "nametag", NULL);
    g_rmdir(inside);
    g_rmdir(data_home);
    nt_still_free(photograph);
    nt_model_set_unref(models);
    return result;
}
