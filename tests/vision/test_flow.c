/* A face followed by its texture: where it went, and whether it still is that face. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "moved.h"
#include "vision/detector.h"
#include "vision/flow.h"

static const int samples[] = {6, 4, 1};
static NtDetector *detector;

/* The surroundings of a photograph's best face. */
static Gray load_face(int index, NtSquare *face)
{
    const NtDetectOptions options = {0};
    const NtDetection *found;
    size_t n;
    g_auto(Gray) gray = gray_sample(samples[index]);
    if (!gray.pixels)
        return (Gray){0};
    const NtImage image = gray_view(&gray);
    NtDetectWorkspace *workspace = nt_detect_workspace_new(NULL);
    g_assert_cmpint(nt_detect(detector, workspace, &image, &options, &found, &n, NULL), ==, NT_OK);
    g_assert_cmpuint(n, >, 0);
    *face = nt_square_of_rect(found[0].box);
    nt_detect_workspace_free(workspace);
    const double around = 1.5 * face->side;
    const NtRect part = {(int)(face->x - around), (int)(face->y - around), (int)(face->x + around), (int)(face->y + around)};
    face->x -= part.left;
    face->y -= part.top;
    return gray_part(&gray, part);
}

static NtFlow follow(const Gray *before, NtSquare face, const Gray *after, NtSquare expected)
{
    const NtImage first = gray_view(before), second = gray_view(after);
    NtFlowPatch from, to;
    NtFlow flow;
    nt_flow_take(&first, face, &from);
    nt_flow_take(&second, expected, &to);
    nt_flow_follow(&from, &to, &flow);
    return flow;
}

static void check_movement(const Movement *movement, double most, double least_agreement, double least_likeness)
{
    for (int i = 0; i < (int)G_N_ELEMENTS(samples); i++) {
        NtSquare face;
        g_auto(Gray) before = load_face(i, &face);
        if (!before.pixels)
            return;
        const NtPoint centre = {face.x, face.y};
        g_auto(Gray) after = gray_moved(&before, centre, movement, 1);
        const NtSquare truth = square_moved(face, centre, movement);
        const NtFlow flow = follow(&before, face, &after, face);
        const double off = hypot(flow.place.x - truth.x, flow.place.y - truth.y) / truth.side, size = flow.place.side / truth.side - 1;
        g_test_message("%d: off by %.4f of the side, size by %.4f; agreement %.2f, likeness %.3f", i, off, size, flow.agreement, flow.likeness);
        g_assert_cmpfloat(off, <, most);
        g_assert_cmpfloat(fabs(size), <, most);
        g_assert_cmpfloat(flow.agreement, >, least_agreement);
        g_assert_cmpfloat(flow.likeness, >, least_likeness);
    }
}

static void test_movement(void)
{
    check_movement(&MOVEMENT_NONE, 0.001, 0.5, 0.999);
    check_movement(&(Movement){.x = 3.3, .y = -5.7, .scale = 1, .gain = 1}, 0.005, 0.5, 0.98);
    check_movement(&(Movement){.x = -20, .y = 11, .scale = 1.05, .gain = 1, .noise = 3}, 0.01, 0.4, 0.95);
    check_movement(&(Movement){.x = 9, .y = 2, .scale = 0.88, .gain = 1, .noise = 3}, 0.01, 0.4, 0.95);
}

static void test_light(void)
{
    check_movement(&(Movement){.x = 7, .y = 4, .scale = 1, .gain = 0.5, .offset = 20}, 0.01, 0.4, 0.95);
    check_movement(&(Movement){.x = 7, .y = 4, .scale = 1, .gain = 1, .offset = 25}, 0.02, 0.3, 0.8); /* burns out */
}

static void test_turn(void)
{
    check_movement(&(Movement){.x = 4, .y = 4, .scale = 1, .turn = 0.12, .gain = 1, .noise = 2}, 0.015, 0.4, 0.95);
}

/* What is expected elsewhere, and larger, comes to the same place. */
static void test_expectation(void)
{
    NtSquare face;
    g_auto(Gray) gray = load_face(0, &face);
    if (!gray.pixels)
        return;
    const NtFlow flow = follow(&gray, face, &gray, (NtSquare){face.x + 12, face.y - 9, face.side * 1.08});
    g_assert_cmpfloat(hypot(flow.place.x - face.x, flow.place.y - face.y), <, 0.6);
    g_assert_cmpfloat(fabs(flow.place.side / face.side - 1), <, 0.01);
}

/* Something else in its place: little agrees, and it does not look like that. */
static void test_other_and_covered(void)
{
    NtSquare face, other_face;
    for (int i = 0; i < (int)G_N_ELEMENTS(samples); i++) {
        g_auto(Gray) gray = load_face(i, &face);
        g_auto(Gray) other = load_face((i + 1) % (int)G_N_ELEMENTS(samples), &other_face);
        if (!gray.pixels)
            return;
        NtFlow flow = follow(&gray, face, &other, other_face);
        g_test_message("other: agreement %.2f, likeness %.2f", flow.agreement, flow.likeness);
        g_assert_cmpfloat(flow.agreement, <, 0.3);
        g_assert_cmpfloat(flow.likeness, <, 0.8);
        g_auto(Gray) covered = gray_part(&gray, (NtRect){0, 0, gray.width - 1, gray.height - 1});
        for (int y = (int)(face.y - 0.3 * face.side); y < gray.height; y++) /* a striped cloth over all but the top */
            for (int x = 0; x < gray.width; x++)
                covered.pixels[y * gray.width + x] = (guint8)(90 + (x / 7 + y / 5) % 3 * 25);
        flow = follow(&gray, face, &covered, face);
        g_test_message("covered: agreement %.2f, likeness %.2f", flow.agreement, flow.likeness);
        g_assert_cmpfloat(flow.agreement, <, 0.4);
        g_assert_cmpfloat(flow.likeness, <, 0.8);
    }
}

static void test_likeness(void)
{
    NtSquare face;
    NtFlowPatch a, b;
    g_auto(Gray) gray = load_face(0, &face);
    if (!gray.pixels)
        return;
    const NtImage image = gray_view(&gray);
    nt_flow_take(&image, face, &a);
    b = a;
    g_assert_cmpfloat_with_epsilon(nt_flow_likeness(&a, &b), 1, 1e-5);
    for (gsize i = 0; i < sizeof b.pixels; i++)
        b.pixels[i] = (guint8)(a.pixels[i] / 2 + 30);
    g_assert_cmpfloat(nt_flow_likeness(&a, &b), >, 0.99);
    for (gsize i = 0; i < sizeof b.pixels; i++)
        b.pixels[i] = (guint8)(255 - a.pixels[i]);
    g_assert_cmpfloat(nt_flow_likeness(&a, &b), <, -0.99);
    memset(b.pixels, 100, sizeof b.pixels);
    g_assert_cmpfloat(nt_flow_likeness(&a, &b), ==, 0);
}

/* The mean of what a pixel stands for, at any size: of a slope it is the slope. Beyond the picture the edge repeats. */
static void test_take(void)
{
    static const double sides[] = {10, 30, 61.5, 150, 700, 4000};
    Gray gray = {1200, 900, g_malloc(1200 * 900)};
    for (int y = 0; y < gray.height; y++)
        for (int x = 0; x < gray.width; x++)
            gray.pixels[y * gray.width + x] = (guint8)(x * 150 / gray.width + y * 90 / gray.height);
    const NtImage image = gray_view(&gray);
    for (guint i = 0; i < G_N_ELEMENTS(sides); i++) {
        NtFlowPatch patch;
        const double step = sides[i] * NT_FLOW_AROUND / NT_FLOW_SIDE;
        nt_flow_take(&image, (NtSquare){601.3, 440.8, sides[i]}, &patch);
        for (int y = 0; y < NT_FLOW_SIDE; y++)
            for (int x = 0; x < NT_FLOW_SIDE; x++) {
                const double u = 601.3 + (x - 31.5) * step, v = 440.8 + (y - 31.5) * step;
                const double expected = CLAMP(u, 0, 1199) * 150 / 1200 + CLAMP(v, 0, 899) * 90 / 900 - 0.5;
                const double tolerance = u < 2 * step || v < 2 * step || u > 1199 - 2 * step || v > 899 - 2 * step ? 1.5 + step / 8 : 1.6;
                g_assert_cmpfloat_with_epsilon(patch.pixels[y * NT_FLOW_SIDE + x], expected, tolerance);
            }
    }
    gray_clear(&gray);
}

/* Any place in any picture. */
static void test_any_place(void)
{
    static const double values[] = {-1e15, -500, 0, 3, 40, 1e8}, sides[] = {0, 0.5, 3, 100, 1e4, 1e12};
    guint8 pixels[35] = {1, 2, 3, 200};
    NtFlowPatch a, b;
    NtFlow flow;
    for (int width = 1; width <= 7; width += 3)
        for (int height = 1; height <= 5; height += 2)
            for (guint x = 0; x < G_N_ELEMENTS(values); x++)
                for (guint s = 0; s < G_N_ELEMENTS(sides); s++) {
                    const NtImage image = {pixels, width, height, 7, NT_PIXELS_GRAY8};
                    nt_flow_take(&image, (NtSquare){values[x], values[(x + s) % G_N_ELEMENTS(values)], sides[s]}, &a);
                    nt_flow_take(&image, (NtSquare){2, 2, 5}, &b);
                    nt_flow_follow(&a, &b, &flow);
                    g_assert_true(isfinite(flow.place.x) && isfinite(flow.place.y) && isfinite(flow.place.side));
                    g_assert_true(flow.agreement >= 0 && flow.agreement <= 1 && flow.likeness >= -1 && flow.likeness <= 1);
                }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_MODELS"), "hog-face.safetensors", NULL);
    g_assert_cmpint(nt_detector_load(path, &detector, NULL), ==, NT_OK);
    g_test_add_func("/vision/flow/movement", test_movement);
    g_test_add_func("/vision/flow/light", test_light);
    g_test_add_func("/vision/flow/turn", test_turn);
    g_test_add_func("/vision/flow/expectation", test_expectation);
    g_test_add_func("/vision/flow/other-and-covered", test_other_and_covered);
    g_test_add_func("/vision/flow/likeness", test_likeness);
    g_test_add_func("/vision/flow/take", test_take);
    g_test_add_func("/vision/flow/any-place", test_any_place);
    const int result = g_test_run();
    nt_detector_free(detector);
    return result;
}
