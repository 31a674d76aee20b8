/* Quality is measured as it is defined: on real faces, and on the same faces made worse. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "degrade.h"
#include "media/still.h"
#include "vision/align.h"
#include "vision/detector.h"
#include "vision/landmarks.h"
#include "vision/quality.h"

#define FACE_PX 150 /* faces are brought to boxes of that size */
#define MAX_FACES 16

typedef struct Face {
    Picture picture;
    NtRect box;
} Face;

static NtDetector *detector;
static NtLandmarker *landmarker;
static NtChipWorkspace workspace;
static Face faces[MAX_FACES]; /* the first is upright and looks ahead */
static guint n_faces;

static NtQuality measure(const Picture *picture, NtRect box)
{
    NtPoint points[NT_N_LANDMARKS];
    g_autofree guint8 *chip = g_malloc(NT_CHIP_BYTES);
    const NtImage image = picture_view(picture);
    NtQuality quality;
    nt_landmarks_fit(landmarker, &image, box, points);
    g_assert_cmpint(nt_chip_from_rgb(&image, points, &workspace, chip), ==, NT_OK);
    nt_quality_measure(points, box, picture->width, picture->height, chip, &quality);
    return quality;
}

static NtQuality measure_and_free(Picture picture, NtRect box)
{
    const NtQuality quality = measure(&picture, box);
    g_free(picture.pixels);
    return quality;
}

/* More blur is never sharper; nor is a smaller face blown up. */
static void test_sharpness_falls(void)
{
    static const double sigmas[] = {1, 2, 3, 4, 5, 6};
    static const int sizes[] = {80, 56, 42, 30, 18};
    for (guint f = 0; f < n_faces; f++) {
        float before = measure(&faces[f].picture, faces[f].box).sharpness;
        const float first = before;
        for (guint i = 0; i < G_N_ELEMENTS(sigmas); i++) {
            const float now = measure_and_free(picture_blurred(&faces[f].picture, sigmas[i]), faces[f].box).sharpness;
            g_assert_cmpfloat(now, <=, before);
            before = now;
        }
        g_assert_cmpfloat(before, <, 0.15);
        g_assert_cmpfloat(first, >, 0.4);
        before = first;
        for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
            const double s = (double)sizes[i] / FACE_PX;
            const Picture *p = &faces[f].picture;
            const NtImage image = picture_view(p);
            const int edge = (int)lround(faces[f].box.left * s);
            const NtRect box = {edge, edge, edge + sizes[i] - 1, edge + sizes[i] - 1};
            const NtQuality now = measure_and_free(picture_resample(&image, (NtRect){0, 0, p->width - 1, p->height - 1},
                                                                    (int)lround(p->width * s), (int)lround(p->height * s)), box);
            g_assert_cmpint((int)now.size_px, ==, sizes[i]);
            g_assert_cmpfloat(now.sharpness, <=, before + 0.02F);
            before = now.sharpness;
        }
        g_assert_cmpfloat(before, <, 0.35);
    }
}

/* Neither contrast nor noise is sharpness. */
static void test_sharpness_is_robust(void)
{
    for (guint f = 0; f < n_faces; f++) {
        const float crisp = measure(&faces[f].picture, faces[f].box).sharpness;
        Picture soft = picture_blurred(&faces[f].picture, 3);
        const float smear = measure(&soft, faces[f].box).sharpness;
        g_assert_cmpfloat_with_epsilon(measure_and_free(picture_exposed(&faces[f].picture, 0.35, 1, 0), faces[f].box).sharpness, crisp, 0.06);
        g_assert_cmpfloat_with_epsilon(measure_and_free(picture_exposed(&faces[f].picture, 1, 1, 8), faces[f].box).sharpness, crisp, 0.1);
        g_assert_cmpfloat(measure_and_free(picture_exposed(&soft, 1, 1, 12), faces[f].box).sharpness, <, smear + (crisp - smear) / 2);
        g_free(soft.pixels);
    }
}

static Picture mirrored(const Picture *p)
{
    Picture out = picture_copy(p);
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width; x++)
            memcpy(out.pixels + 3 * (y * p->width + x), p->pixels + 3 * (y * p->width + p->width - 1 - x), 3);
    return out;
}

/* A mirrored face looks the other way, and no more up or down than before. */
static void test_mirror(void)
{
    float widest = 0;
    for (guint f = 0; f < n_faces; f++) {
        const NtRect box = faces[f].box;
        const int right = faces[f].picture.width - 1;
        const NtQuality q = measure(&faces[f].picture, box);
        const NtQuality m = measure_and_free(mirrored(&faces[f].picture), (NtRect){right - box.right, box.top, right - box.left, box.bottom});
        g_assert_cmpfloat_with_epsilon(m.yaw, -q.yaw, 8);
        g_assert_cmpfloat_with_epsilon(m.roll, -q.roll, 4);
        g_assert_cmpfloat_with_epsilon(m.pitch, q.pitch, 8);
        widest = fmaxf(widest, fabsf(q.yaw));
    }
    g_assert_cmpfloat(widest, >, 20); /* or else nothing was tested */
}

static Picture rotated(const Picture *p, double degrees)
{
    Picture out = picture_copy(p);
    const double c = cos(degrees / 180 * M_PI), s = sin(degrees / 180 * M_PI), mx = p->width / 2.0, my = p->height / 2.0;
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width; x++) {
            const int from_x = CLAMP((int)lround(mx + c * (x - mx) + s * (y - my)), 0, p->width - 1);
            const int from_y = CLAMP((int)lround(my - s * (x - mx) + c * (y - my)), 0, p->height - 1);
            memcpy(out.pixels + 3 * (y * p->width + x), p->pixels + 3 * (from_y * p->width + from_x), 3);
        }
    return out;
}

/* A picture turned clockwise by some degrees rolls its faces by as many. */
static void test_roll(void)
{
    static const double turns[] = {-15, -8, 8, 15};
    const NtQuality q = measure(&faces[0].picture, faces[0].box);
    g_assert_cmpfloat_with_epsilon(q.roll, 0, 8);
    for (guint i = 0; i < G_N_ELEMENTS(turns); i++) {
        const NtQuality r = measure_and_free(rotated(&faces[0].picture, turns[i]), faces[0].box);
        g_assert_cmpfloat_with_epsilon(r.roll - q.roll, turns[i], 2.5);
        g_assert_cmpfloat_with_epsilon(r.yaw, q.yaw, 6);
        g_assert_cmpfloat_with_epsilon(r.pitch, q.pitch, 6);
    }
}

/* Another head than the one that the measure has in mind (flatter, with a longer nose and a wider mouth), turned by known
 * angles and seen from afar. */
static void test_pose_of_known_head(void)
{
    static const struct {
        int landmark;
        double x, y, z;
    } head[] = {{27, 0, 0, 0}, {28, 0, 11, 8}, {29, 0, 24, 16}, {30, 0, 36, 22}, {31, -16, 45, 4}, {33, 0, 50, 8}, {35, 16, 45, 4},
                {36, -45, 1, -21}, {39, -17, 2, -11}, {42, 17, 2, -11}, {45, 45, 1, -21}, {48, -31, 70, -9}, {54, 31, 70, -9}};
    g_autofree guint8 *chip = g_malloc0(NT_CHIP_BYTES);
    NtPoint points[NT_N_LANDMARKS];
    for (int i = 0; i < NT_N_LANDMARKS; i++)
        points[i] = (NtPoint){200, 200};
    for (int yaw = -40; yaw <= 40; yaw += 20)
        for (int pitch = -20; pitch <= 20; pitch += 20) {
            const double a = yaw * M_PI / 180, b = pitch * M_PI / 180;
            for (guint i = 0; i < G_N_ELEMENTS(head); i++) { /* pitch first, then yaw */
                const double y = cos(b) * head[i].y - sin(b) * head[i].z, z = sin(b) * head[i].y + cos(b) * head[i].z;
                points[head[i].landmark] = (NtPoint){200 + cos(a) * head[i].x + sin(a) * z, 150 + y};
            }
            NtQuality quality;
            nt_quality_measure(points, (NtRect){130, 120, 270, 260}, 400, 400, chip, &quality);
            g_test_message("yaw %d measured %.1f, pitch %d measured %.1f", yaw, (double)quality.yaw, pitch, (double)quality.pitch);
            g_assert_cmpfloat_with_epsilon(quality.yaw, (float)yaw, 9);
            g_assert_cmpfloat_with_epsilon(quality.pitch, (float)pitch, 9);
        }
}

static void test_light(void)
{
    const Picture *p = &faces[0].picture;
    const NtQuality q = measure(p, faces[0].box), dark = measure_and_free(picture_exposed(p, 0.15, 1, 0), faces[0].box);
    const NtQuality bright = measure_and_free(picture_exposed(p, 3, 1, 0), faces[0].box);
    g_assert_cmpfloat_with_epsilon(dark.brightness, 0.15 * q.brightness, 0.02);
    g_assert_cmpfloat_with_epsilon(dark.contrast, 0.15 * q.contrast, 0.02);
    g_assert_cmpfloat(q.clipped, <, 0.05);
    g_assert_cmpfloat(bright.clipped, >, 0.3);
    g_assert_cmpfloat(bright.brightness, >, 0.8);
}

/* What lies beyond the picture is told, and is not taken for darkness. */
static void test_cut_off(void)
{
    const NtQuality whole = measure(&faces[0].picture, faces[0].box);
    g_assert_cmpfloat(whole.inside, ==, 1);
    float before = 1;
    for (double share = 0.2; share < 0.5; share += 0.1) {
        NtRect box;
        const Picture cut = picture_cut_off(&faces[0].picture, faces[0].box, share, &box);
        const NtQuality q = measure_and_free(cut, box);
        g_assert_cmpfloat(q.inside, <, before);
        g_assert_cmpfloat_with_epsilon(q.brightness, whole.brightness, 0.08);
        before = q.inside;
    }
    g_assert_cmpfloat(before, <, 0.85);
}

/* Points that are no face, a chip that is none: numbers all the same. */
static void test_senseless(void)
{
    g_autofree guint8 *chip = g_malloc0(NT_CHIP_BYTES);
    NtPoint points[NT_N_LANDMARKS] = {{0, 0}};
    for (int round = 0; round < 4; round++) {
        NtQuality q;
        for (int i = 0; i < NT_N_LANDMARKS; i++)
            points[i] = (NtPoint[]){{5, 5}, {i, 0}, {-1e9, 1e9 * i}, {i % 2, i / 2}}[round];
        nt_quality_measure(points, (NtRect){0, 0, 9, 9}, 10, 10, chip, &q);
        const float all[] = {q.size_px, q.sharpness, q.yaw, q.pitch, q.roll, q.brightness, q.contrast, q.clipped, q.inside};
        for (guint i = 0; i < G_N_ELEMENTS(all); i++)
            g_assert_true(isfinite(all[i]));
        g_assert_true(q.inside >= 0 && q.inside <= 1 && q.sharpness >= 0 && q.sharpness <= 1);
    }
}

/* Pose alone is the same pose. */
static void test_pose_alone(void)
{
    for (guint i = 0; i < n_faces; i++) {
        const NtImage view = picture_view(&faces[i].picture);
        NtPoint points[NT_N_LANDMARKS];
        guint8 chip[NT_CHIP_BYTES];
        NtQuality all, pose;
        nt_landmarks_fit(landmarker, &view, faces[i].box, points);
        g_assert_cmpint(nt_chip_from_rgb(&view, points, &workspace, chip), ==, NT_OK);
        nt_quality_measure(points, faces[i].box, view.width, view.height, chip, &all);
        nt_quality_measure_pose(points, &pose);
        g_assert_cmpfloat(pose.yaw, ==, all.yaw);
        g_assert_cmpfloat(pose.pitch, ==, all.pitch);
        g_assert_cmpfloat(pose.roll, ==, all.roll);
        g_assert_true(pose.size_px == 0 && pose.sharpness == 0 && pose.brightness == 0 && pose.inside == 0);
    }
}

/* The larger faces of a picture, each with half a box around it. */
static void add_faces(const char *name, NtDetectWorkspace *detect)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_PACKAGES"), "face-api-1.7.15", "demo", name, NULL);
    g_autoptr(NtStill) still = nt_still_load(path, &error);
    g_assert_no_error(error);
    const NtDetectOptions options = {.upsample = 0};
    const NtDetection *found;
    size_t n;
    g_assert_cmpint(nt_detect(detector, detect, &still->rgb, &options, &found, &n, NULL), ==, NT_OK);
    for (size_t k = 0; k < n && n_faces < MAX_FACES; k++) {
        const NtRect box = found[k].box;
        const int around = nt_rect_width(box) / 2, side = nt_rect_width(box) + 2 * around;
        const double scale = (double)FACE_PX / nt_rect_width(box);
        const int edge = (int)lround(around * scale), size = (int)lround(side * scale);
        if (nt_rect_width(box) < FACE_PX * 3 / 4)
            continue;
        faces[n_faces++] = (Face){
            picture_resample(&still->rgb, (NtRect){box.left - around, box.top - around, box.right + around, box.bottom + around}, size, size),
            {edge, edge, edge + FACE_PX - 1, edge + FACE_PX - 1}};
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *hog = g_build_filename(g_getenv("NAMETAG_MODELS"), "hog-face.safetensors", NULL);
    g_autofree char *landmarks = g_build_filename(g_getenv("NAMETAG_MODELS"), "landmarks-68.safetensors", NULL);
    g_assert_cmpint(nt_detector_load(hog, &detector, NULL), ==, NT_OK);
    g_assert_cmpint(nt_landmarker_load(landmarks, &landmarker, NULL), ==, NT_OK);
    NtWorkers *workers = nt_workers_new(1);
    NtDetectWorkspace *detect = nt_detect_workspace_new(workers);
    add_faces("sample6.jpg", detect);
    add_faces("sample5.jpg", detect);
    g_assert_cmpuint(n_faces, >=, 6);

    g_test_add_func("/vision/quality/sharpness-falls", test_sharpness_falls);
    g_test_add_func("/vision/quality/sharpness-is-robust", test_sharpness_is_robust);
    g_test_add_func("/vision/quality/mirror", test_mirror);
    g_test_add_func("/vision/quality/roll", test_roll);
    g_test_add_func("/vision/quality/pose-of-known-head", test_pose_of_known_head);
    g_test_add_func("/vision/quality/pose-alone", test_pose_alone);
    g_test_add_func("/vision/quality/light", test_light);
    g_test_add_func("/vision/quality/cut-off", test_cut_off);
    g_test_add_func("/vision/quality/senseless", test_senseless);
    const int result = g_test_run();
    for (guint i = 0; i < n_faces; i++)
        g_free(faces[i].picture.pixels);
    nt_chip_workspace_clear(&workspace);
    nt_detect_workspace_free(detect);
    nt_workers_free(workers);
    nt_landmarker_free(landmarker);
    nt_detector_free(detector);
    return result;
}
