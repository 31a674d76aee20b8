/* Landmarks that stand still and keep up: a made face under made noise, at rest, as it moves, turns, grows and speaks,
 * and a real face under the noise of a camera. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "engine/model_set.h"
#include "engine/steady.h"
#include "media/still.h"
#include "vision/detector.h"

#define FRAME_NS 33333333 /* 30 frames a second */
#define FRAMES_A_SECOND 30.0
#define FACE_PX 150.0
#define SAMPLE "face-api-1.7.15/demo/sample1.jpg"
#define PICTURE_WIDTH 640
#define CAMERA_NOISE 5 /* grey levels: a webcam in a living room */
#define STILL_FRAMES 200
#define SETTLED 45 /* frames after which a filter has come to rest */

typedef NtPoint Shape[NT_N_LANDMARKS];

static NtModelSet *models;

static double normal(GRand *random)
{
    double sum = -6; /* twelve uniform numbers less six */
    for (int k = 0; k < 12; k++)
        sum += g_rand_double(random);
    return sum;
}

/* An upright face about (0, 0), one unit wide: a jaw, brows, a nose, eyes and a mouth; what matters is where they are
 * roughly. */
static void draw_face(Shape face)
{
    for (int i = 0; i < NT_N_LANDMARKS; i++) {
        double x, y;
        if (i < 17) { /* jaw */
            const double turn = G_PI * (16 - i) / 16;
            x = 0.5 * cos(turn), y = 0.6 * sin(turn);
        } else if (i < 27) { /* brows */
            x = -0.38 + 0.76 * (i - 17) / 9, y = -0.22;
        } else if (i < 36) { /* nose: bridge, then below */
            x = i < 31 ? 0 : -0.1 + 0.05 * (i - 31), y = i < 31 ? -0.1 + 0.07 * (i - 27) : 0.17;
        } else if (i < 48) { /* eyes */
            const double turn = 2 * G_PI * (i % 6) / 6;
            x = (i < 42 ? -0.21 : 0.21) - 0.08 * cos(turn), y = -0.1 - 0.03 * sin(turn);
        } else { /* mouth */
            const double turn = 2 * G_PI * (i - 48) / 12;
            x = -0.18 * cos(turn), y = 0.33 - 0.07 * sin(turn);
        }
        face[i] = (NtPoint){x, y};
    }
}

typedef struct Place {
    double x, y, size, roll;
    double jaw; /* how far lower lip and chin are down, in sizes */
} Place;

static gboolean is_lower_lip(int i)
{
    return (i >= 55 && i <= 59) || i >= 65;
}

static void put_face(const Place *place, Shape points)
{
    Shape face;
    draw_face(face);
    for (int i = 0; i < NT_N_LANDMARKS; i++) {
        const double x = face[i].x, y = face[i].y + (is_lower_lip(i) || (i >= 6 && i <= 10) ? place->jaw : 0);
        points[i].x = place->x + place->size * (cos(place->roll) * x - sin(place->roll) * y);
        points[i].y = place->y + place->size * (cos(place->roll) * y + sin(place->roll) * x);
    }
}

/* sigma: of each coordinate; half of its variance moves all points alike. */
static void add_noise(GRand *random, double sigma, Shape points)
{
    const double part = sigma * sqrt(0.5), x = part * normal(random), y = part * normal(random);
    for (int i = 0; i < NT_N_LANDMARKS; i++) {
        points[i].x += x + part * normal(random);
        points[i].y += y + part * normal(random);
    }
}

/* Root mean square distance of points from their means over time; of each coordinate it is 0.71 of that. */
static double jitter(Shape *shapes, int n)
{
    double sum = 0;
    for (int i = 0; i < NT_N_LANDMARKS; i++) {
        NtPoint mean = {0, 0};
        for (int f = 0; f < n; f++) {
            mean.x += shapes[f][i].x / n;
            mean.y += shapes[f][i].y / n;
        }
        for (int f = 0; f < n; f++)
            sum += pow(shapes[f][i].x - mean.x, 2) + pow(shapes[f][i].y - mean.y, 2);
    }
    return sqrt(sum / n / NT_N_LANDMARKS);
}

static void test_one_euro(void)
{
    static const NtOneEuroOptions options = {.min_cutoff_hz = 1, .beta = 0.5, .slope_cutoff_hz = 1};
    NtOneEuro state = {0};
    g_assert_cmpfloat(nt_one_euro(&state, &options, 7, 0), ==, 7);
    for (int i = 0; i < 100; i++)
        g_assert_cmpfloat(nt_one_euro(&state, &options, 7, 1 / FRAMES_A_SECOND), ==, 7);
    const double step = nt_one_euro(&state, &options, 8, 1 / FRAMES_A_SECOND);
    g_assert_cmpfloat(step, >, 7.1);
    g_assert_cmpfloat(step, <, 7.9);
    /* A longer time lets more of it in, and a negative one begins anew. */
    NtOneEuro late = {.value = 7};
    g_assert_cmpfloat(nt_one_euro(&late, &options, 8, 1), >, step);
    g_assert_cmpfloat(nt_one_euro(&late, &options, 3, -1), ==, 3);
    g_assert_cmpfloat(late.slope, ==, 0);
}

/* What comes first goes out as it came, and so does what comes after a gap, or from an earlier time. */
static void test_begins(void)
{
    static const struct {
        gint64 pts_ns;
        double x;
        gboolean anew;
    } frames[] = {
        {0, 300, TRUE}, {FRAME_NS, 330, FALSE}, {700000000, 400, TRUE}, {710000000, 420, FALSE}, {0, 100, TRUE}};
    NtSteady steady = NT_STEADY_INIT;
    for (guint f = 0; f < G_N_ELEMENTS(frames); f++) {
        Shape points, truth;
        const Place place = {frames[f].x, 200, FACE_PX, 0.1, 0};
        put_face(&place, truth);
        put_face(&place, points);
        nt_steady_filter(&steady, frames[f].pts_ns, points);
        const double off = hypot(points[3].x - truth[3].x, points[3].y - truth[3].y);
        if (frames[f].anew)
            g_assert_cmpfloat(off, <, 1e-9);
        else
            g_assert_cmpfloat(off, >, 1);
    }
}

/* sigma_px of noise for a face of that size; the result is at most so much. */
static void check_rest(double face_px, double sigma_px, double most_px)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    g_autofree Shape *shapes = g_new(Shape, STILL_FRAMES);
    NtSteady steady = NT_STEADY_INIT;
    for (int f = -SETTLED; f < STILL_FRAMES; f++) {
        Shape points;
        put_face(&(Place){300, 200, face_px, -0.2, 0}, points);
        add_noise(random, sigma_px, points);
        nt_steady_filter(&steady, (gint64)(f + SETTLED) * FRAME_NS, points);
        if (f >= 0)
            memcpy(shapes[f], points, sizeof points);
    }
    const double left = jitter(shapes, STILL_FRAMES);
    g_test_message("face of %.0f px, noise of %.1f px in x and y: %.3f px left", face_px, sigma_px, left);
    g_assert_cmpfloat(left, <=, most_px);
}

static void test_rest(void)
{
    check_rest(FACE_PX, 0.5, 0.1);
    check_rest(FACE_PX, 1, 0.2);
    check_rest(FACE_PX, 1.5, 0.3 * sqrt(2)); /* 0.3 in x and in y */
    check_rest(300, 1.5, 0.3);
    check_rest(60, 0.5, 0.15);
}

/* How a face moves over time, in seconds. */
typedef void (*Motion)(double seconds, double speed, Place *place);

static void across(double seconds, double speed, Place *place)
{
    place->x += speed * seconds;
}
static void down_left(double seconds, double speed, Place *place)
{
    place->x -= M_SQRT1_2 * speed * seconds;
    place->y += M_SQRT1_2 * speed * seconds;
}
static void to_and_fro(double seconds, double speed, Place *place) /* as a head that shakes does: speed at its middle */
{
    const double turns_a_second = 1;
    place->x += speed / (2 * G_PI * turns_a_second) * (1 - cos(2 * G_PI * turns_a_second * seconds));
}
static void nearer(double seconds, double speed, Place *place)
{
    place->size += speed * seconds;
}
static void tilting(double seconds, double speed, Place *place)
{
    place->roll += speed / (place->size / 2) * seconds;
}
static void opening(double seconds, double speed, Place *place)
{
    place->jaw += MIN(speed * seconds, 0.25 * place->size) / place->size;
}

#define N_RESTING 60
#define N_MOVING 30

/* At rest for two seconds, then moving for one from one frame to the next: how many frames' way the points that move
 * most lag behind, at worst, while they move at more than half their greatest speed. sigma of noise in pixels. */
static double worst_lag(Motion motion, double speed, double face_px, double sigma)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(11);
    NtSteady steady = NT_STEADY_INIT;
    double worst = 0, fastest = 0, lags[N_MOVING], ways[N_MOVING];
    for (int f = 0; f < N_RESTING + N_MOVING; f++) {
        Place place = {300, 200, face_px, 0.1, 0}, before = place;
        motion(MAX(f - N_RESTING + 1, 0) / FRAMES_A_SECOND, speed, &place);
        motion(MAX(f - N_RESTING, 0) / FRAMES_A_SECOND, speed, &before);
        Shape points, truth, late;
        put_face(&place, points);
        put_face(&place, truth);
        put_face(&before, late);
        add_noise(random, sigma, points);
        nt_steady_filter(&steady, (gint64)f * FRAME_NS, points);
        double off = 0, way = 0;
        for (int i = 0; i < NT_N_LANDMARKS; i++) {
            const double x = truth[i].x - late[i].x, y = truth[i].y - late[i].y;
            way += x * x + y * y;
            off +=
                (truth[i].x - points[i].x) * x + (truth[i].y - points[i].y) * y; /* in the direction of the movement */
        }
        if (f < N_RESTING)
            continue;
        ways[f - N_RESTING] = sqrt(way);
        lags[f - N_RESTING] = way > 0 ? off / way : 0;
        fastest = MAX(fastest, sqrt(way));
    }
    for (int f = 0; f < N_MOVING; f++)
        worst = ways[f] > fastest / 2 ? MAX(worst, lags[f]) : worst;
    return worst;
}

static void test_movement(void)
{
    static const struct {
        const char *name;
        Motion motion;
        double px_a_second;
    } movements[] = {{"across", across, 300},         {"across", across, 600}, {"down left", down_left, 450},
                     {"to and fro", to_and_fro, 400}, {"nearer", nearer, 500}, {"tilting", tilting, 300},
                     {"mouth", opening, 220}};
    for (guint m = 0; m < G_N_ELEMENTS(movements); m++)
        for (int noisy = 0; noisy < 2; noisy++) {
            const double lag = worst_lag(movements[m].motion, movements[m].px_a_second, FACE_PX, noisy);
            g_test_message("%s at %.0f px/s%s: %.2f frames behind at worst", movements[m].name,
                           movements[m].px_a_second, noisy ? ", noisy" : "", lag);
            g_assert_cmpfloat(lag, <=, 1);
        }
    /* In sizes of the face it is the same for any picture. */
    g_assert_cmpfloat(fabs(worst_lag(across, 300, 150, 0) - worst_lag(across, 1200, 600, 0)), <, 0.01);
}

/* A face that creeps is not left behind, and one that stops is caught up with, without going beyond. */
static void test_slow_and_stop(void)
{
    NtSteady steady = NT_STEADY_INIT;
    double x = 300;
    for (int f = 0; f < 300; f++) {
        Shape points;
        if (f > 30 && f < 240)
            x += 30 / FRAMES_A_SECOND;
        put_face(&(Place){x, 200, FACE_PX, 0, 0}, points);
        const double truth = points[30].x;
        nt_steady_filter(&steady, (gint64)f * FRAME_NS, points);
        g_assert_cmpfloat(points[30].x, <=, truth + 1e-6);
        g_assert_cmpfloat(points[30].x, >, truth - FACE_PX / 40);
        if (f == 299)
            g_assert_cmpfloat(points[30].x, >, truth - 0.5);
    }
}

/* A face that rolls over, past where angles begin again. */
static void test_rolling_over(void)
{
    NtSteady steady = NT_STEADY_INIT;
    for (int f = 0; f < 120; f++) {
        Shape points, truth;
        const Place place = {300, 200, FACE_PX, 2 * f / FRAMES_A_SECOND, 0};
        put_face(&place, points);
        put_face(&place, truth);
        nt_steady_filter(&steady, (gint64)f * FRAME_NS, points);
        for (int i = 0; i < NT_N_LANDMARKS; i++)
            g_assert_cmpfloat(hypot(points[i].x - truth[i].x, points[i].y - truth[i].y), <, 0.06 * FACE_PX);
    }
}

/* Points that coincide are no face, and no numbers come of them that are none. */
static void test_degenerate(void)
{
    NtSteady steady = NT_STEADY_INIT;
    for (int f = 0; f < 4; f++) {
        Shape points;
        put_face(&(Place){300, 200, f < 2 ? 0 : FACE_PX, 0, 0}, points);
        nt_steady_filter(&steady, (gint64)f * FRAME_NS, points);
        for (int i = 0; i < NT_N_LANDMARKS; i++)
            g_assert_true(isfinite(points[i].x) && isfinite(points[i].y));
    }
}

/* The luma of the photograph, 640 pixels wide. */
static guint8 *load_picture(int *width, int *height)
{
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_PACKAGES"), SAMPLE, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(NtStill) still = nt_still_load(path, &error);
    g_assert_no_error(error);
    const int w = still->rgb.width, h = still->rgb.height;
    g_autofree guint8 *luma = g_malloc((gsize)w * h);
    nt_rgb_to_gray(&still->rgb, luma, w);
    *width = PICTURE_WIDTH;
    *height = h * PICTURE_WIDTH / w;
    guint8 *small = g_malloc((gsize)*width * *height);
    for (int y = 0; y < *height; y++)
        for (int x = 0; x < *width; x++)
            small[y * *width + x] = luma[(y * h / *height) * w + x * w / *width];
    return small;
}

/* Every picture with noise of its own. */
static void make_noise(GRand *random, const NtImage *picture, guint8 *noisy)
{
    for (int y = 0; y < picture->height; y++)
        for (int x = 0; x < picture->width; x++)
            *noisy++ = (guint8)CLAMP(lrint(nt_image_row(picture, y)[x] + CAMERA_NOISE * normal(random)), 0, 255);
}

/* The face nearest to the place; the best one when there is no place. */
static NtRect find_face(NtDetectWorkspace *workspace, const NtImage *image, NtSquare place)
{
    const NtDetection *found;
    size_t n_found, nearest = 0;
    NtError error;
    const NtDetectOptions options = {.upsample = 0};
    const NtDetector *detector = nt_model_set_detector(models);
    g_assert_cmpint(nt_detect(detector, workspace, image, &options, &found, &n_found, &error), ==, NT_OK);
    g_assert_cmpuint(n_found, >, 0);
    for (size_t k = 1; k < n_found && place.side > 0; k++) {
        const NtSquare a = nt_square_of_rect(found[k].box), b = nt_square_of_rect(found[nearest].box);
        if (hypot(a.x - place.x, a.y - place.y) < hypot(b.x - place.x, b.y - place.y))
            nearest = k;
    }
    return found[nearest].box;
}

/* A photograph fed as video, searched from scratch in every frame; to save time only around the face. */
static void test_photograph(void)
{
    int width, height;
    g_autofree guint8 *picture = load_picture(&width, &height);
    NtDetectWorkspace *workspace = nt_detect_workspace_new(NULL);
    NtImage around = {picture, width, height, width, NT_PIXELS_GRAY8};
    NtSquare face = nt_square_of_rect(find_face(workspace, &around, (NtSquare){0, 0, 0}));
    const int left = MAX((int)(face.x - face.side), 0), top = MAX((int)(face.y - face.side), 0);
    around.pixels += top * width + left;
    around.width = MIN((int)(2 * face.side), width - left);
    around.height = MIN((int)(2 * face.side), height - top);
    face.x -= left;
    face.y -= top;

    g_autofree guint8 *noisy = g_malloc((gsize)around.width * around.height);
    const NtImage image = {noisy, around.width, around.height, around.width, NT_PIXELS_GRAY8};
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    g_autofree Shape *raw = g_new(Shape, STILL_FRAMES), *steadied = g_new(Shape, STILL_FRAMES);
    NtSteady steady = NT_STEADY_INIT;
    for (int f = -SETTLED; f < STILL_FRAMES; f++) {
        make_noise(random, &around, noisy);
        Shape points;
        nt_landmarks_fit(nt_model_set_landmarker(models), &image, find_face(workspace, &image, face), points);
        memcpy(raw[MAX(f, 0)], points, sizeof points);
        nt_steady_filter(&steady, (gint64)(f + SETTLED) * FRAME_NS, points);
        memcpy(steadied[MAX(f, 0)], points, sizeof points);
    }
    nt_detect_workspace_free(workspace);
    const double before = jitter(raw, STILL_FRAMES), after = jitter(steadied, STILL_FRAMES);
    g_test_message("a face of %.0f px: %.3f px raw, %.3f px left", face.side, before, after);
    g_assert_cmpfloat(before, >, 0.3);
    g_assert_cmpfloat(after, <, 0.25);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autoptr(GError) error = NULL;
    models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    g_assert_no_error(error);
    g_test_add_func("/engine/steady/one-euro", test_one_euro);
    g_test_add_func("/engine/steady/begins", test_begins);
    g_test_add_func("/engine/steady/rest", test_rest);
    g_test_add_func("/engine/steady/movement", test_movement);
    g_test_add_func("/engine/steady/slow-and-stop", test_slow_and_stop);
    g_test_add_func("/engine/steady/rolling-over", test_rolling_over);
    g_test_add_func("/engine/steady/degenerate", test_degenerate);
    g_test_add_func("/engine/steady/photograph", test_photograph);
    const int result = g_test_run();
    nt_model_set_unref(models);
    return result;
}
