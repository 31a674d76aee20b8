/* A face looked for near where it was: found whatever its size, where it is to a few percent, and only there. */
#include <glib.h>
#include <math.h>

#include "moved.h"
#include "vision/landmarks.h"
#include "vision/near.h"

static NtDetector *detector;
static NtDetectWorkspace *workspace;

/* The photograph's faces that score at least that; fewer than `most`. */
static int find_faces(const Gray *gray, double least, NtDetection *faces, int most)
{
    const NtImage image = gray_view(gray);
    const NtDetectOptions options = {0};
    const NtDetection *found;
    size_t n;
    int count = 0;
    g_assert_cmpint(nt_detect(detector, workspace, &image, &options, &found, &n, NULL), ==, NT_OK);
    for (size_t i = 0; i < n && count < most; i++)
        if (found[i].score >= least)
            faces[count++] = found[i];
    return count;
}

static gboolean look(const Gray *gray, NtSquare expected, double threshold, NtNear *best)
{
    const NtImage image = gray_view(gray);
    NtError error = {NT_OK, ""};
    int found;
    g_assert_cmpint(nt_near_find(detector, workspace, &image, expected, 0, threshold, best, &found, &error), ==, NT_OK);
    return found;
}

/* The face with two sides of its surroundings, resized to a side of so many pixels. */
static Gray cut_face(const Gray *gray, NtSquare *face, double side)
{
    const double around = fmax(face->side, side) * 1.75;
    const NtRect part = {(int)(face->x - around), (int)(face->y - around), (int)(face->x + around), (int)(face->y + around)};
    g_auto(Gray) cut = gray_part(gray, part);
    Movement movement = MOVEMENT_NONE;
    movement.scale = side / face->side;
    *face = (NtSquare){face->x - part.left, face->y - part.top, face->side};
    const NtPoint centre = {face->x, face->y};
    Gray resized = gray_moved(&cut, centre, &movement, 0);
    *face = square_moved(*face, centre, &movement);
    return resized;
}

/* Where nt_detect found it, it is found near, and scores no less. */
static void test_agrees_with_detect(void)
{
    double x = 0, y = 0, size = 0;
    int n_faces = 0;
    for (int number = 1; number <= 6; number++) {
        g_auto(Gray) gray = gray_sample(number);
        NtDetection faces[10];
        if (!gray.pixels)
            return;
        const int n = find_faces(&gray, 0.3, faces, 10);
        for (int i = 0; i < n; i++) {
            const NtSquare box = nt_square_of_rect(faces[i].box);
            NtNear best;
            g_assert_true(look(&gray, box, 0, &best));
            g_assert_cmpfloat(best.score, >, faces[i].score - 0.6);
            x += (best.place.x - box.x) / box.side;
            y += (best.place.y - box.y) / box.side;
            size += log(best.place.side / box.side);
            n_faces++;
        }
    }
    g_test_message("%d faces: off by %.3f, %.3f of the side and %.3f of its logarithm on average", n_faces, x / n_faces, y / n_faces, size / n_faces);
    g_assert_cmpint(n_faces, >=, 12);
    g_assert_cmpfloat(hypot(x, y) / n_faces, <, 0.03);
    g_assert_cmpfloat(fabs(size) / n_faces, <, 0.06);
}

/* A face that moved and grew by a known amount: the way it went comes out right to a fraction of a cell, which is 11 % of a side. */
static void test_follows_movement(void)
{
    static const double sides[] = {32, 60, 90, 140, 230, 320};
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    g_auto(Gray) gray = gray_sample(6);
    NtDetection face;
    if (!gray.pixels)
        return;
    g_assert_cmpint(find_faces(&gray, 1, &face, 1), ==, 1);
    for (guint i = 0; i < G_N_ELEMENTS(sides); i++) {
        NtSquare start = nt_square_of_rect(face.box);
        g_auto(Gray) still = cut_face(&gray, &start, sides[i]);
        NtNear reference, best;
        double squares[3] = {0};
        const int rounds = 6;
        g_assert_true(look(&still, start, -0.5, &reference));
        for (int round = 0; round < rounds; round++) {
            Movement movement = MOVEMENT_NONE;
            movement.x = g_rand_double_range(random, -0.2, 0.2) * sides[i];
            movement.y = g_rand_double_range(random, -0.2, 0.2) * sides[i];
            movement.scale = exp(g_rand_double_range(random, -0.1, 0.1));
            movement.noise = 2;
            const NtPoint centre = {start.x, start.y};
            g_auto(Gray) moved = gray_moved(&still, centre, &movement, (guint32)round);
            const NtSquare truth = square_moved(reference.place, centre, &movement);
            g_assert_true(look(&moved, reference.place, -0.5, &best));
            squares[0] += pow((best.place.x - truth.x) / truth.side, 2);
            squares[1] += pow((best.place.y - truth.y) / truth.side, 2);
            squares[2] += pow(log(best.place.side / truth.side), 2);
        }
        for (int k = 0; k < 3; k++)
            squares[k] = sqrt(squares[k] / rounds);
        g_test_message("side %.0f: off by %.3f, %.3f of the side, %.3f of its logarithm", sides[i], squares[0], squares[1], squares[2]);
        g_assert_cmpfloat(squares[0], <, 0.045);
        g_assert_cmpfloat(squares[1], <, 0.045);
        g_assert_cmpfloat(squares[2], <, 0.08);
    }
}

/* A face that is fitted where its last landmarks say it is stays where it is, through 60 noisy frames, without the detector. */
static void test_landmarks_do_not_drift(void)
{
    NtLandmarker *landmarker;
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_MODELS"), "landmarks-68.safetensors", NULL);
    g_auto(Gray) gray = gray_sample(6);
    NtDetection faces[2];
    if (!gray.pixels)
        return;
    g_assert_cmpint(nt_landmarker_load(path, &landmarker, NULL), ==, NT_OK);
    const int n = find_faces(&gray, 1, faces, 2);
    for (int i = 0; i < n; i++) {
        NtSquare face = nt_square_of_rect(faces[i].box), place;
        g_auto(Gray) still = cut_face(&gray, &face, 120);
        Movement noise = MOVEMENT_NONE;
        NtPoint points[NT_N_LANDMARKS], mean[NT_N_LANDMARKS] = {{0}};
        double worst = 0;
        noise.noise = 5;
        place = face;
        for (guint32 frame = 0; frame < 60; frame++) {
            g_auto(Gray) noisy = gray_moved(&still, (NtPoint){0, 0}, &noise, frame);
            const NtImage image = gray_view(&noisy);
            nt_landmarks_follow(landmarker, &image, place, points);
            nt_landmarks_place(landmarker, points, &place);
            double off = 0;
            for (int k = 0; k < NT_N_LANDMARKS; k++) {
                if (frame < 10) {
                    mean[k].x += points[k].x / 10;
                    mean[k].y += points[k].y / 10;
                }
                off += hypot(points[k].x - mean[k].x, points[k].y - mean[k].y) / NT_N_LANDMARKS;
            }
            worst = frame < 10 ? 0 : fmax(worst, off);
        }
        g_test_message("face %d: %.2f pixels of 120 from the first ten frames' mean at most; the place %.1f from the box's, size %.2f of it", i,
                       worst, hypot(place.x - face.x, place.y - face.y), place.side / face.side);
        g_assert_cmpfloat(worst, <, 0.03 * 120);
        g_assert_cmpfloat(hypot(place.x - face.x, place.y - face.y), <, 0.15 * face.side);
        g_assert_cmpfloat(fabs(log(place.side / face.side)), <, 0.25);
    }
    nt_landmarker_free(landmarker);
}

/* Half outside: still found, as nt_detect finds it. Nothing where there is nothing. */
static void test_edges_and_emptiness(void)
{
    g_auto(Gray) gray = gray_sample(6);
    NtDetection faces[10];
    NtNear best;
    if (!gray.pixels)
        return;
    const int n = find_faces(&gray, 1, faces, 10);
    NtSquare face = nt_square_of_rect(faces[0].box);
    const NtRect part = {faces[0].box.left + (int)(0.05 * face.side), 0, gray.width - 1, gray.height - 1};
    g_auto(Gray) cut = gray_part(&gray, part);
    face.x -= part.left;
    g_assert_true(look(&cut, face, -0.5, &best));
    g_assert_cmpfloat(hypot(best.place.x - face.x, best.place.y - face.y), <, 0.12 * face.side);

    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    int n_empty = 0;
    for (int i = 0; i < 60; i++) {
        const NtSquare place = {g_rand_double_range(random, 0, gray.width), g_rand_double_range(random, 0, gray.height),
                                exp(g_rand_double_range(random, log(30), log(400)))};
        gboolean empty = TRUE;
        for (int k = 0; k < n; k++) {
            const NtSquare other = nt_square_of_rect(faces[k].box);
            empty &= hypot(place.x - other.x, place.y - other.y) > place.side + other.side;
        }
        if (empty && !look(&gray, place, 0, &best))
            n_empty++;
        else if (empty)
            g_test_message("a face of %.0f at %.0f, %.0f?", best.place.side, best.place.x, best.place.y);
        else
            n_empty++;
    }
    g_assert_cmpint(n_empty, >=, 59);
}

/* Any place in any picture, tiny ones and far away ones included. */
static void test_any_place(void)
{
    static const double sides[] = {1.5, 5, 12, 20, 73, 300, 5000, 1e9}, places[] = {-1e12, -100, 0, 3, 40, 1e9};
    static const int sizes[] = {1, 2, 7, 40, 90};
    g_autofree guint8 *pixels = g_malloc(90 * 90);
    NtNear best;
    for (int i = 0; i < 90 * 90; i++)
        pixels[i] = (guint8)(i * 31 % 251);
    for (guint s = 0; s < G_N_ELEMENTS(sides); s++)
        for (guint x = 0; x < G_N_ELEMENTS(places); x++)
            for (guint y = 0; y < G_N_ELEMENTS(places); y++)
                for (guint w = 0; w < G_N_ELEMENTS(sizes); w++) {
                    const Gray gray = {sizes[w], sizes[G_N_ELEMENTS(sizes) - 1 - w], pixels};
                    if (look(&gray, (NtSquare){places[x], places[y], sides[s]}, -2, &best))
                        g_assert_true(isfinite(best.place.x) && isfinite(best.place.y) && best.place.side > 0 && best.score >= -2);
                }
}

static void test_refusals(void)
{
    const guint8 pixels[300] = {0};
    const NtImage gray = {pixels, 10, 10, 10, NT_PIXELS_GRAY8}, rgb = {pixels, 10, 10, 30, NT_PIXELS_RGB24};
    const NtSquare place = {5, 5, 20}, none = {NAN, 5, 20}, flat = {5, 5, 0};
    NtNear best;
    int found = 1;
    g_assert_cmpint(nt_near_find(detector, workspace, &rgb, place, 0, 0, &best, &found, NULL), ==, NT_ERR_ARGUMENT);
    g_assert_cmpint(found, ==, 0);
    g_assert_cmpint(nt_near_find(detector, workspace, &gray, none, 0, 0, &best, &found, NULL), ==, NT_ERR_ARGUMENT);
    g_assert_cmpint(nt_near_find(detector, workspace, &gray, flat, 0, 0, &best, &found, NULL), ==, NT_ERR_ARGUMENT);
    g_assert_cmpint(nt_near_find(detector, workspace, &gray, place, -1, 0, &best, &found, NULL), ==, NT_ERR_ARGUMENT);
    g_assert_cmpint(nt_near_find(detector, workspace, &gray, place, 0, NAN, &best, &found, NULL), ==, NT_ERR_ARGUMENT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_MODELS"), "hog-face.safetensors", NULL);
    g_assert_cmpint(nt_detector_load(path, &detector, NULL), ==, NT_OK);
    workspace = nt_detect_workspace_new(NULL);
    g_test_add_func("/vision/near/agrees-with-detect", test_agrees_with_detect);
    g_test_add_func("/vision/near/follows-movement", test_follows_movement);
    g_test_add_func("/vision/near/landmarks-do-not-drift", test_landmarks_do_not_drift);
    g_test_add_func("/vision/near/edges-and-emptiness", test_edges_and_emptiness);
    g_test_add_func("/vision/near/any-place", test_any_place);
    g_test_add_func("/vision/near/refusals", test_refusals);
    int result = g_test_run();
    nt_detect_workspace_free(workspace);
    nt_detector_free(detector);
    return result;
}
