#include "parity/reference.h"

#include <math.h>
#include <string.h>

static char *model_path(const char *name) { return g_build_filename(g_getenv("NAMETAG_MODELS"), name, NULL); }

void models_load(Models *models)
{
    *models = (Models){0};
    NtError error = {NT_OK, ""};
    g_autofree char *detector = model_path("hog-face.safetensors");
    g_autofree char *landmarks = model_path("landmarks-68.safetensors");
    g_autofree char *embedder = model_path("face-resnet.safetensors");
    if (nt_detector_load(detector, &models->detector, &error) != NT_OK ||
        nt_landmarker_load(landmarks, &models->landmarker, &error) != NT_OK ||
        nt_embedder_load(embedder, NT_PRECISION_FLOAT, &models->embedder, &error) != NT_OK ||
        nt_embedder_load(embedder, NT_PRECISION_8BIT, &models->embedder8, &error) != NT_OK)
        g_error("%s", error.message);
    models->detect = nt_detect_workspace_new(NULL);
    models->embed = nt_embed_workspace_new(models->embedder);
    models->embed8 = nt_embed_workspace_new(models->embedder8);
}

void models_free(Models *models)
{
    nt_detect_workspace_free(models->detect);
    nt_embed_workspace_free(models->embed);
    nt_chip_workspace_clear(&models->chip);
    nt_embed_workspace_free(models->embed8);
    nt_detector_free(models->detector);
    nt_landmarker_free(models->landmarker);
    nt_embedder_free(models->embedder);
    nt_embedder_free(models->embedder8);
}

Tally *tally_new(void)
{
    Tally *tally = g_new0(Tally, 1);
    tally->min_iou = 1;
    tally->problems = g_string_new(NULL);
    return tally;
}

void tally_free(Tally *tally)
{
    g_string_free(tally->problems, TRUE);
    g_free(tally);
}

void tally_check(const Tally *tally)
{
    g_test_message("%u pictures, %u detections: %u missing, %u extra, %u boxes not identical (least IoU %.3f), score off "
                   "by at most %.6f",
                   tally->pictures, tally->detections, tally->missing, tally->extra, tally->rectangles_differ,
                   tally->min_iou, tally->score);
    g_test_message("%u landmark points: %u differ when rounded; before rounding off by at most %.5f px", tally->points,
                   tally->points_differ, tally->landmark_px);
    g_test_message("%u chips: %u bytes differ in all, %u in the worst, by at most %d", tally->chips,
                   tally->chip_bytes_differ, tally->chip_bytes_worst, tally->chip_value);
    g_test_message("%u embeddings: off by at most %.3g (L2)", tally->embeddings, tally->embedding);
    g_test_message("in 8 bits: off by %.3g on average, at most %.3g", tally->sum_embedding8 / MAX(tally->embeddings, 1),
                   tally->embedding8);
    if (tally->problems->len)
        g_test_message("%s", tally->problems->str);
    g_assert_cmpuint(tally->pictures, >, 0);
    g_assert_cmpuint(tally->detections, >, 0);
    g_assert_cmpuint(tally->missing, ==, 0);
    g_assert_cmpuint(tally->extra, ==, 0);
    g_assert_cmpfloat(tally->score, <=, MAX_SCORE_DIFFERENCE);
    g_assert_cmpuint(tally->points_differ, ==, 0);
    g_assert_cmpfloat(tally->landmark_px, <=, MAX_LANDMARK_DIFFERENCE_PX);
    g_assert_cmpint(tally->chip_value, <=, 1);
    g_assert_cmpuint(tally->chip_bytes_worst, <=, MAX_CHIP_BYTES_OFF);
    g_assert_cmpfloat(tally->embedding, <=, MAX_EMBEDDING_DIFFERENCE);
    g_assert_cmpfloat(tally->embedding8, <=, MAX_8BIT_DIFFERENCE);
}

char *hash_pixels(const NtImage *image)
{
    guint64 hash = G_GUINT64_CONSTANT(1469598103934665603);
    for (int y = 0; y < image->height; y++) {
        const guint8 *row = nt_image_row(image, y);
        for (int i = 0; i < image->width * nt_channels(image->format); i++) {
            hash ^= row[i];
            hash *= G_GUINT64_CONSTANT(1099511628211);
        }
    }
    return g_strdup_printf("%016" G_GINT64_MODIFIER "x", hash);
}

static NtRect read_rect(JsonObject *detection)
{
    JsonArray *rect = json_object_get_array_member(detection, "rect");
    return (NtRect){(int)json_array_get_int_element(rect, 0), (int)json_array_get_int_element(rect, 1),
                    (int)json_array_get_int_element(rect, 2), (int)json_array_get_int_element(rect, 3)};
}

static double intersection_over_union(NtRect a, NtRect b)
{
    const double width = MIN(a.right, b.right) - MAX(a.left, b.left) + 1.0;
    const double height = MIN(a.bottom, b.bottom) - MAX(a.top, b.top) + 1.0;
    const double inner = width > 0 && height > 0 ? width * height : 0;
    return inner / ((double)nt_rect_width(a) * nt_rect_height(a) + (double)nt_rect_width(b) * nt_rect_height(b) - inner);
}

/* Scoring every window in full finds the same as refusing most of them early. */
static void compare_exact(Models *models, const NtImage *image, int upsample)
{
    const NtDetectOptions options = {.upsample = upsample}, exact = {.upsample = upsample, .exact = 1};
    const NtDetection *found;
    size_t n, n_exact;
    g_assert_cmpint(nt_detect(models->detector, models->detect, image, &options, &found, &n, NULL), ==, NT_OK);
    g_autofree NtDetection *early = g_memdup2(found, n * sizeof *found);
    g_assert_cmpint(nt_detect(models->detector, models->detect, image, &exact, &found, &n_exact, NULL), ==, NT_OK);
    g_assert_cmpuint(n, ==, n_exact);
    for (size_t i = 0; i < n; i++) {
        g_assert_cmpmem(&early[i].box, sizeof early[i].box, &found[i].box, sizeof found[i].box);
        g_assert_cmpfloat_with_epsilon(early[i].score, found[i].score, 2e-5);
    }
}

/* Every reference detection is found, by the same part, at nearly the same score, and nothing else is, unless one of the
 * two is as near to the threshold as builds of the reference differ. */
static void compare_detections(Models *models, const NtImage *image, int upsample, JsonArray *reference,
                               const char *name, Tally *tally)
{
    const NtDetectOptions options = {.upsample = upsample};
    const NtDetection *found;
    size_t n_found;
    NtError error;
    compare_exact(models, image, upsample);
    g_assert_cmpint(nt_detect(models->detector, models->detect, image, &options, &found, &n_found, &error), ==, NT_OK);
    g_autofree gboolean *used = g_new0(gboolean, n_found + 1);
    for (guint i = 0; i < json_array_get_length(reference); i++) {
        JsonObject *wanted = json_array_get_object_element(reference, i);
        const NtRect rect = read_rect(wanted);
        const double score = json_object_get_double_member(wanted, "score");
        size_t best = n_found;
        double best_iou = MIN_IOU;
        for (size_t k = 0; k < n_found; k++) {
            const double iou = intersection_over_union(rect, found[k].box);
            if (!used[k] && iou >= best_iou && found[k].part == json_object_get_int_member(wanted, "sub_detector")) {
                best = k;
                best_iou = iou;
            }
        }
        tally->detections++;
        if (best == n_found) {
            if (score > MAX_SCORE_DIFFERENCE) {
                tally->missing++;
                g_string_append_printf(tally->problems, "\n%s: missing, score %.4f at %d,%d", name, score, rect.left,
                                       rect.top);
            }
            continue;
        }
        used[best] = TRUE;
        tally->score = MAX(tally->score, fabs(score - found[best].score));
        tally->min_iou = MIN(tally->min_iou, best_iou);
        tally->rectangles_differ += memcmp(&rect, &found[best].box, sizeof rect) != 0;
    }
    for (size_t k = 0; k < n_found; k++) {
        if (!used[k] && found[k].score > MAX_SCORE_DIFFERENCE) {
            tally->extra++;
            g_string_append_printf(tally->problems, "\n%s: extra, score %.4f at %d,%d", name, found[k].score,
                                   found[k].box.left, found[k].box.top);
        }
    }
}

/* Landmarks from the reference's rectangle. */
static void compare_landmarks(JsonObject *detection, const NtPoint *points, Tally *tally)
{
    JsonArray *rounded = json_object_get_array_member(detection, "landmarks");
    JsonArray *exact = json_object_has_member(detection, "landmarks_unrounded")
                           ? json_object_get_array_member(detection, "landmarks_unrounded") : NULL;
    for (guint i = 0; i < NT_N_LANDMARKS; i++) {
        JsonArray *wanted = json_array_get_array_element(rounded, i);
        tally->points++;
        tally->points_differ += json_array_get_int_element(wanted, 0) != nt_round(points[i].x) ||
                                json_array_get_int_element(wanted, 1) != nt_round(points[i].y);
        if (!exact)
            continue;
        JsonArray *real = json_array_get_array_element(exact, i);
        tally->landmark_px = MAX(tally->landmark_px, fabs(json_array_get_double_element(real, 0) - points[i].x));
        tally->landmark_px = MAX(tally->landmark_px, fabs(json_array_get_double_element(real, 1) - points[i].y));
    }
}

/* The reference's chip from its file; FALSE when it has none. */
static gboolean read_chip(JsonObject *detection, const char *chips_dir, guint8 *chip)
{
    JsonObject *object = json_object_get_object_member(detection, "chip");
    const char *name = json_object_get_string_member_with_default(object, "file", NULL);
    if (!name || !chips_dir)
        return FALSE;
    g_autofree char *path = g_build_filename(chips_dir, name, NULL), *contents = NULL;
    gsize size;
    if (!g_file_get_contents(path, &contents, &size, NULL) || size < NT_CHIP_BYTES)
        return FALSE;
    memcpy(chip, contents + size - NT_CHIP_BYTES, NT_CHIP_BYTES);
    return TRUE;
}

static void compare_chip(const guint8 *ours, const guint8 *reference, Tally *tally)
{
    guint differ = 0;
    for (guint i = 0; i < NT_CHIP_BYTES; i++) {
        differ += ours[i] != reference[i];
        tally->chip_value = MAX(tally->chip_value, abs(ours[i] - reference[i]));
    }
    tally->chips++;
    tally->chip_bytes_differ += differ;
    tally->chip_bytes_worst = MAX(tally->chip_bytes_worst, differ);
}

static double embedding_distance(JsonArray *wanted, const float *ours)
{
    double sum = 0;
    for (guint i = 0; i < NT_EMBEDDING_SIZE; i++) {
        const double difference = json_array_get_double_element(wanted, i) - ours[i];
        sum += difference * difference;
    }
    return sqrt(sum);
}

static void compare_embedding(Models *models, JsonObject *detection, const guint8 *chip, Tally *tally)
{
    JsonArray *wanted = json_object_get_array_member(detection, "embedding");
    float ours[NT_EMBEDDING_SIZE];
    g_assert_cmpint(nt_embed(models->embedder, models->embed, chip, 1, ours), ==, NT_OK);
    tally->embeddings++;
    tally->embedding = MAX(tally->embedding, embedding_distance(wanted, ours));
    g_assert_cmpint(nt_embed(models->embedder8, models->embed8, chip, 1, ours), ==, NT_OK);
    const double distance8 = embedding_distance(wanted, ours);
    tally->embedding8 = MAX(tally->embedding8, distance8);
    tally->sum_embedding8 += distance8;
}

/* The steps after detection, each from the reference's own input: its rectangle, its chip. */
static void compare_face(Models *models, const NtImage *rgb, JsonObject *detection, const char *chips_dir, Tally *tally)
{
    NtPoint points[NT_N_LANDMARKS];
    guint8 ours[NT_CHIP_BYTES], reference[NT_CHIP_BYTES];
    nt_landmarks_fit(models->landmarker, rgb, read_rect(detection), points);
    compare_landmarks(detection, points, tally);
    g_assert_cmpint(nt_chip_from_rgb(rgb, points, &models->chip, ours), ==, NT_OK);
    const NtImage chip = {ours, NT_CHIP_SIZE, NT_CHIP_SIZE, NT_CHIP_SIZE * 3, NT_PIXELS_RGB24};
    g_autofree char *hash = hash_pixels(&chip);
    JsonObject *object = json_object_get_object_member(detection, "chip");
    if (read_chip(detection, chips_dir, reference)) {
        compare_chip(ours, reference, tally);
        compare_embedding(models, detection, reference, tally);
    } else if (g_str_equal(hash, json_object_get_string_member(object, "fnv1a64"))) {
        compare_chip(ours, ours, tally);
        compare_embedding(models, detection, ours, tally);
    }
}

void compare_picture(Models *models, const NtImage *rgb, JsonObject *reference, const char *chips_dir, Tally *tally)
{
    const char *name = json_object_get_string_member(reference, "image");
    tally->pictures++;
    for (int upsample = 0; upsample <= 1; upsample++) {
        JsonArray *wanted = json_object_get_array_member(reference, upsample ? "upsample1" : "upsample0");
        compare_detections(models, rgb, upsample, wanted, name, tally);
        for (guint i = 0; i < json_array_get_length(wanted); i++)
            compare_face(models, rgb, json_array_get_object_element(wanted, i), chips_dir, tally);
    }
    g_autofree guint8 *gray = g_malloc((gsize)rgb->width * (gsize)rgb->height);
    nt_rgb_to_gray(rgb, gray, rgb->width);
    const NtImage plain = {gray, rgb->width, rgb->height, rgb->width, NT_PIXELS_GRAY8};
    compare_detections(models, &plain, 0, json_object_get_array_member(reference, "gray_upsample0"), name, tally);
}
