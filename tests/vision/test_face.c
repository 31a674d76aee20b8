/* Landmarks and chip: safe for any box, and right where the answer is known. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "vision/align.h"
#include "vision/landmarks.h"

static NtChipWorkspace workspace;

static NtLandmarker *landmarker;

static void test_any_box(void)
{
    static const NtRect boxes[] = {
        {0, 0, 99, 99}, {-500, -500, -400, -400}, {5000, 5000, 5100, 5100}, {0, 0, 0, 0}, {50, 50, 40, 40},
        {-2000000000, -2000000000, 2000000000, 2000000000}, {2147483647, 2147483647, 2147483647, 2147483647}};
    g_autofree guint8 *pixels = g_malloc0(100 * 100);
    const NtImage image = {pixels, 100, 100, 100, NT_PIXELS_GRAY8};
    for (guint i = 0; i < G_N_ELEMENTS(boxes); i++) {
        NtPoint points[NT_N_LANDMARKS];
        guint8 chip[NT_CHIP_BYTES];
        NtChipPlan plan;
        nt_landmarks_fit(landmarker, &image, boxes[i], points);
        for (int k = 0; k < NT_N_LANDMARKS; k++)
            g_assert_true(isfinite(points[k].x) && isfinite(points[k].y));
        nt_chip_plan(points, 100, 100, &plan);
        if (nt_rect_is_empty(plan.crop))
            g_assert_cmpint(nt_chip_extract(&plan, &image, &workspace, chip), ==, NT_OK);
        else
            g_assert_true(plan.crop.left >= 0 && plan.crop.top >= 0 && plan.crop.right < 100 && plan.crop.bottom < 100);
    }
}

/* The points move and grow with the box. */
static void test_scale(void)
{
    g_autofree guint8 *pixels = g_malloc0(400 * 400);
    const NtImage image = {pixels, 400, 400, 400, NT_PIXELS_GRAY8};
    NtPoint small[NT_N_LANDMARKS], large[NT_N_LANDMARKS];
    nt_landmarks_fit(landmarker, &image, (NtRect){50, 50, 150, 150}, small);
    nt_landmarks_fit(landmarker, &image, (NtRect){50, 50, 250, 250}, large);
    for (int i = 0; i < NT_N_LANDMARKS; i++) {
        g_assert_cmpfloat_with_epsilon(large[i].x - 50, 2 * (small[i].x - 50), 1e-3);
        g_assert_cmpfloat_with_epsilon(large[i].y - 50, 2 * (small[i].y - 50), 1e-3);
    }
}

/* Preparing for many faces changes where the leaves are, not what they add up to. */
static void test_prepare(void)
{
    g_autofree guint8 *pixels = g_malloc(300 * 300);
    const NtImage image = {pixels, 300, 300, 300, NT_PIXELS_GRAY8};
    NtPoint before[NT_N_LANDMARKS], after[NT_N_LANDMARKS];
    for (int i = 0; i < 300 * 300; i++)
        pixels[i] = (guint8)(i * 37 % 253);
    nt_landmarks_fit(landmarker, &image, (NtRect){50, 60, 220, 230}, before);
    for (int i = 0; i < 2; i++) {
        nt_landmarker_prepare(landmarker);
        nt_landmarks_fit(landmarker, &image, (NtRect){50, 60, 220, 230}, after);
        g_assert_cmpmem(before, sizeof before, after, sizeof after);
    }
}

/* A black picture for grey and colour gives the same points: both read 0. */
static void test_formats_agree(void)
{
    g_autofree guint8 *gray = g_malloc(120 * 120), *rgb = g_malloc(120 * 120 * 3);
    for (int i = 0; i < 120 * 120; i++) {
        gray[i] = (guint8)(i * 31 % 251);
        memset(rgb + 3 * i, gray[i], 3);
    }
    NtPoint a[NT_N_LANDMARKS], b[NT_N_LANDMARKS];
    nt_landmarks_fit(landmarker, &(NtImage){gray, 120, 120, 120, NT_PIXELS_GRAY8}, (NtRect){10, 10, 110, 110}, a);
    nt_landmarks_fit(landmarker, &(NtImage){rgb, 120, 120, 360, NT_PIXELS_RGB24}, (NtRect){10, 10, 110, 110}, b);
    g_assert_cmpmem(a, sizeof a, b, sizeof b);
}

/* Points of a face turned about its middle give a chip turned by as much; the crop holds what the chip needs. */
static void test_plan_follows_rotation(void)
{
    NtPoint upright[NT_N_LANDMARKS], turned[NT_N_LANDMARKS];
    NtChipPlan first, second;
    g_autofree guint8 *pixels = g_malloc0(600 * 600);
    nt_landmarks_fit(landmarker, &(NtImage){pixels, 600, 600, 600, NT_PIXELS_GRAY8}, (NtRect){200, 200, 400, 400}, upright);
    const double angle = 0.3;
    for (int i = 0; i < NT_N_LANDMARKS; i++) {
        const double x = upright[i].x - 300, y = upright[i].y - 300;
        turned[i] = (NtPoint){300 + cos(angle) * x - sin(angle) * y, 300 + sin(angle) * x + cos(angle) * y};
    }
    nt_chip_plan(upright, 600, 600, &first);
    nt_chip_plan(turned, 600, 600, &second);
    g_assert_cmpfloat_with_epsilon(second.angle - first.angle, angle, 0.01);
    g_assert_cmpfloat_with_epsilon(second.right - second.left, first.right - first.left, 2);
}

/* In a box on pixels, following is fitting; between them, points move with the box as long as they see the same pixels. */
static void test_follow(void)
{
    g_autofree guint8 *pixels = g_malloc(300 * 300);
    const NtImage image = {pixels, 300, 300, 300, NT_PIXELS_GRAY8};
    const NtRect box = {60, 70, 199, 209};
    NtPoint fitted[NT_N_LANDMARKS], followed[NT_N_LANDMARKS] = {{0}}, again[NT_N_LANDMARKS];
    for (int i = 0; i < 300 * 300; i++)
        pixels[i] = (guint8)(128 + 100 * sin(i % 300 * 0.05) * cos(i / 300 * 0.04));
    nt_landmarks_fit(landmarker, &image, box, fitted);
    nt_landmarks_follow(landmarker, &image, nt_square_of_rect(box), followed);
    for (int i = 0; i < NT_N_LANDMARKS; i++) {
        g_assert_cmpfloat_with_epsilon(fitted[i].x, followed[i].x, 1e-4);
        g_assert_cmpfloat_with_epsilon(fitted[i].y, followed[i].y, 1e-4);
        again[i] = (NtPoint){1e6, NAN}; /* what they were does not matter */
    }
    nt_landmarks_follow(landmarker, &image, nt_square_of_rect(box), again);
    g_assert_cmpmem(followed, sizeof followed, again, sizeof again);
    nt_landmarks_follow(landmarker, &image, (NtSquare){129.7, 139.4, 140.6}, followed);
    for (int i = 0; i < NT_N_LANDMARKS; i++)
        g_assert_true(hypot(followed[i].x - fitted[i].x, followed[i].y - fitted[i].y) < 10);
}

/* The place goes where the points go: moved, grown and turned about its own middle. */
static void test_place(void)
{
    g_autofree guint8 *pixels = g_malloc0(400 * 400);
    const NtImage image = {pixels, 400, 400, 400, NT_PIXELS_GRAY8};
    NtPoint points[NT_N_LANDMARKS], moved[NT_N_LANDMARKS];
    NtSquare place, other;
    nt_landmarks_fit(landmarker, &image, (NtRect){100, 120, 239, 259}, points);
    nt_landmarks_place(landmarker, points, &place);
    const double angle = 0.4, scale = 1.3;
    for (int i = 0; i < NT_N_LANDMARKS; i++) {
        const double x = scale * (points[i].x - place.x), y = scale * (points[i].y - place.y);
        moved[i] = (NtPoint){place.x + 50.5 + cos(angle) * x - sin(angle) * y, place.y - 20.25 + sin(angle) * x + cos(angle) * y};
    }
    nt_landmarks_place(landmarker, moved, &other);
    g_assert_cmpfloat_with_epsilon(other.x, place.x + 50.5, 1e-6);
    g_assert_cmpfloat_with_epsilon(other.y, place.y - 20.25, 1e-6);
    g_assert_cmpfloat_with_epsilon(other.side - 1, scale * (place.side - 1), 1e-6);
}

/* A gradient sampled into a chip is a gradient; halving keeps its level. Cut by the picture's edge it is black there. */
static void test_chip_samples(void)
{
    const int side = 1200;
    g_autofree guint8 *rgb = g_malloc((gsize)(side * side * 3)), *gray = g_malloc0((gsize)(side * side));
    g_autofree guint8 *chip = g_malloc(NT_CHIP_BYTES);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            guint8 *p = rgb + 3 * (y * side + x);
            p[0] = (guint8)(x * 255 / side);
            p[1] = (guint8)(y * 255 / side);
            p[2] = 200;
        }
    NtPoint points[NT_N_LANDMARKS];
    NtChipPlan plan;
    nt_landmarks_fit(landmarker, &(NtImage){gray, side, side, side, NT_PIXELS_GRAY8}, (NtRect){300, 300, 900, 900}, points);
    nt_chip_plan(points, side, side, &plan);
    g_assert_cmpint(plan.halvings, >=, 1);
    const NtImage image = {rgb, side, side, side * 3, NT_PIXELS_RGB24};
    g_assert_cmpint(nt_chip_from_rgb(&image, points, &workspace, chip), ==, NT_OK);
    const guint8 *middle = chip + 3 * (75 * NT_CHIP_SIZE + 75);
    g_assert_cmpfloat_with_epsilon(middle[0], (plan.left + plan.right) / 2 * 255 / side, 4);
    g_assert_cmpfloat_with_epsilon(middle[1], (plan.top + plan.bottom) / 2 * 255 / side, 4);
    for (int i = 2; i < NT_CHIP_BYTES; i += 3)
        g_assert_cmpint(ABS(chip[i] - 200), <=, 1);

    for (int i = 0; i < NT_N_LANDMARKS; i++)
        points[i].x -= 600; /* the left half of the face is outside now */
    g_assert_cmpint(nt_chip_from_rgb(&image, points, &workspace, chip), ==, NT_OK);
    g_assert_cmpint(chip[3 * (75 * NT_CHIP_SIZE + 2) + 2], ==, 0);
    g_assert_cmpint(ABS(chip[3 * (75 * NT_CHIP_SIZE + 140) + 2] - 200), <=, 1);
}

static void test_wrong_crop(void)
{
    NtChipPlan plan = {.left = 0, .top = 0, .right = 10, .bottom = 10, .crop = {0, 0, 9, 9}};
    guint8 chip[NT_CHIP_BYTES];
    const guint8 pixels[300] = {0};
    g_assert_cmpint(nt_chip_extract(&plan, &(NtImage){pixels, 9, 10, 30, NT_PIXELS_RGB24}, &workspace, chip), ==, NT_ERR_ARGUMENT);
    g_assert_cmpint(nt_chip_extract(&plan, &(NtImage){pixels, 10, 10, 10, NT_PIXELS_GRAY8}, &workspace, chip), ==, NT_ERR_ARGUMENT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_MODELS"), "landmarks-68.safetensors", NULL);
    g_assert_cmpint(nt_landmarker_load(path, &landmarker, NULL), ==, NT_OK);
    g_test_add_func("/vision/landmarks/any-box", test_any_box);
    g_test_add_func("/vision/landmarks/scale", test_scale);
    g_test_add_func("/vision/landmarks/formats-agree", test_formats_agree);
    g_test_add_func("/vision/landmarks/prepare", test_prepare);
    g_test_add_func("/vision/landmarks/follow", test_follow);
    g_test_add_func("/vision/landmarks/place", test_place);
    g_test_add_func("/vision/align/plan-follows-rotation", test_plan_follows_rotation);
    g_test_add_func("/vision/align/chip-samples", test_chip_samples);
    g_test_add_func("/vision/align/wrong-crop", test_wrong_crop);
    int result = g_test_run();
    nt_landmarker_free(landmarker);
    nt_chip_workspace_clear(&workspace);
    return result;
}
