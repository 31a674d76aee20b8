/* Drawing: labels stay on the picture, people keep their colour, nothing is drawn where nothing is. */
#include <cairo.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "overlay/explain_page.h"
#include "overlay/layout.h"
#include "overlay/overlay.h"

static NtTaggedFrame *make_frame(int width, int height, NtRect box, NtVerdictKind kind, const char *name)
{
    NtTaggedFrame *frame = nt_tagged_frame_new(1);
    frame->width = width;
    frame->height = height;
    frame->faces[0].detection.box = box;
    frame->faces[0].verdict.kind = kind;
    frame->faces[0].verdict.name = name;
    for (int i = 0; i < NT_N_LANDMARKS; i++)
        frame->faces[0].landmarks[i] = (NtPoint){box.left + (box.right - box.left) * (i % 9) / 9.0,
                                                 box.top + (box.bottom - box.top) * (i / 9) / 8.0};
    return frame;
}

/* Draws on grey; returns how many pixels changed inside and outside a rectangle. */
static void draw(const NtTaggedFrame *frame, const NtOverlayOptions *options, NtRect inner, guint *inside, guint *outside)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, frame->width, frame->height);
    cairo_t *cr = cairo_create(surface);
    cairo_set_source_rgb(cr, 0.5, 0.5, 0.5);
    cairo_paint(cr);
    cairo_surface_flush(surface);
    const guint8 *pixels = cairo_image_surface_get_data(surface);
    const int stride = cairo_image_surface_get_stride(surface);
    const guint32 before = *(const guint32 *)(const void *)pixels & 0xffffff;
    nt_overlay_draw(cr, frame, options);
    g_assert_cmpint(cairo_status(cr), ==, CAIRO_STATUS_SUCCESS);
    cairo_surface_flush(surface);
    *inside = *outside = 0;
    for (int y = 0; y < frame->height; y++)
        for (int x = 0; x < frame->width; x++) {
            const guint32 pixel = ((const guint32 *)(const void *)(pixels + y * stride))[x] & 0xffffff;
            if (pixel == before)
                continue;
            const gboolean in = x >= inner.left && x <= inner.right && y >= inner.top && y <= inner.bottom;
            *(in ? inside : outside) += 1;
        }
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
}

static void test_label_stays_on_picture(void)
{
    static const NtRect boxes[] = {{100, 100, 199, 199}, {0, 0, 50, 50},     {600, 0, 660, 60},  {-40, -40, 30, 30},
                                   {0, 440, 60, 500},    {590, 430, 700, 540}, {-100, -100, 900, 900}};
    for (guint i = 0; i < G_N_ELEMENTS(boxes); i++) {
        const NtLabelBox label = nt_layout_label(boxes[i], 150, 24, 4, 640, 480);
        g_assert_cmpfloat(label.x, >=, 0);
        g_assert_cmpfloat(label.y, >=, 0);
        g_assert_cmpfloat(label.x + label.width, <=, 640);
        g_assert_cmpfloat(label.y + label.height, <=, 480);
    }
    const NtLabelBox above = nt_layout_label(boxes[0], 150, 24, 4, 640, 480);
    g_assert_cmpfloat(above.y + above.height, <=, 100);
    const NtLabelBox below = nt_layout_label(boxes[1], 150, 24, 4, 640, 480);
    g_assert_cmpfloat(below.y, >, 50);
}

static void test_labels(void)
{
    const NtVerdict verdicts[] = {{.kind = NT_VERDICT_NAME, .name = "Anna"}, {.kind = NT_VERDICT_UNSURE, .name = "Anna"},
                                  {.kind = NT_VERDICT_UNKNOWN}, {.kind = NT_VERDICT_UNKNOWN, .unknown = 12}};
    static const char *const wanted[] = {"Anna", "Anna?", "unknown", "unknown 12"};
    for (guint i = 0; i < G_N_ELEMENTS(verdicts); i++) {
        g_autofree char *label = nt_overlay_label(&verdicts[i]);
        g_assert_cmpstr(label, ==, wanted[i]);
    }
}

static void test_colors(void)
{
    double first[3], again[3], other[3], unknown[3];
    nt_overlay_color("Franck", first);
    nt_overlay_color("Franck", again);
    nt_overlay_color("Presenter", other);
    nt_overlay_color(NULL, unknown);
    g_assert_cmpmem(first, sizeof first, again, sizeof again);
    g_assert_cmpfloat(fabs(first[0] - other[0]) + fabs(first[1] - other[1]) + fabs(first[2] - other[2]), >, 0.2);
    g_assert_true(unknown[0] == unknown[1] && unknown[1] == unknown[2]);
}

static void test_empty_frame(void)
{
    const NtOverlayOptions options = NT_OVERLAY_DEFAULTS;
    guint inside, outside;
    g_autoptr(NtTaggedFrame) frame = nt_tagged_frame_new(0);
    frame->width = 64, frame->height = 48;
    draw(frame, &options, (NtRect){0, 0, -1, -1}, &inside, &outside);
    g_assert_cmpuint(inside + outside, ==, 0);
}

/* How far the drawing is from the grey it is on, summed over the picture. */
static double weigh_as(const NtTaggedFrame *frame, const NtOverlayOptions *options)
{
    double sum = 0;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, frame->width, frame->height);
    cairo_t *cr = cairo_create(surface);
    cairo_set_source_rgb(cr, 0.5, 0.5, 0.5);
    cairo_paint(cr);
    nt_overlay_draw(cr, frame, options);
    cairo_surface_flush(surface);
    for (int y = 0; y < frame->height; y++)
        for (int x = 0; x < frame->width * 4; x++)
            if (x % 4 != 3)
                sum += abs(cairo_image_surface_get_data(surface)[y * cairo_image_surface_get_stride(surface) + x] - 128);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return sum;
}

static double weigh(const NtTaggedFrame *frame)
{
    const NtOverlayOptions options = NT_OVERLAY_DEFAULTS;
    return weigh_as(frame, &options);
}

/* A face that is pointed at or selected stands out, its own track only, and even when it was not detected. */
static void test_lit(void)
{
    g_autoptr(NtTaggedFrame) frame = make_frame(640, 480, (NtRect){200, 160, 399, 359}, NT_VERDICT_NAME, "Anna");
    NtOverlayOptions options = NT_OVERLAY_DEFAULTS;
    frame->faces[0].track = 7;
    const double plain = weigh(frame);
    options.lit = 8;
    g_assert_cmpfloat(weigh_as(frame, &options), ==, plain);
    options.lit = 7;
    const double lit = weigh_as(frame, &options);
    g_assert_cmpfloat(lit, >, 1.2 * plain);
    frame->faces[0].finding = NT_FOUND_PREDICTED;
    g_assert_cmpfloat(weigh_as(frame, &options), ==, lit);
    options.lit = 0, options.selected = 7;
    g_assert_cmpfloat(weigh_as(frame, &options), >, lit);
    /* Faces without a track are none that one can point at. */
    frame->faces[0].finding = NT_FOUND_DETECTED;
    frame->faces[0].track = 0;
    options.selected = 0;
    g_assert_cmpfloat(weigh_as(frame, &options), ==, plain);
}

static char *say_hello(const NtVerdict *verdict)
{
    (void)verdict;
    return g_strdup("Hello, hello, hello");
}

/* Nothing is drawn outside the extent, whatever is switched on. */
static void test_extent(void)
{
    static const NtRect boxes[] = {{200, 160, 399, 359}, {0, 0, 40, 40}, {600, 440, 700, 540}, {10, 10, 60, 60}};
    for (guint b = 0; b < G_N_ELEMENTS(boxes); b++)
        for (int i = 0; i < 16; i++) {
            g_autoptr(NtTaggedFrame) frame = make_frame(640, 480, boxes[b], NT_VERDICT_NAME, "Anna-Katharina");
            frame->faces[0].track = 1;
            const NtOverlayOptions options = {.landmarks = i & 1, .boxes = i & 2, .names = i & 4, .lit = i & 8 ? 1 : 0,
                                              .scale = 1 + b, .label = b == 3 ? say_hello : NULL};
            const NtRect extent = nt_overlay_extent(frame, &options);
            guint inside, outside;
            draw(frame, &options, extent, &inside, &outside);
            g_assert_cmpuint(outside, ==, 0);
            g_assert_true((inside > 0) == ((i & 7) != 0));
            g_assert_true(nt_rect_is_empty(extent) == ((i & 7) == 0));
            g_assert_true(extent.left >= 0 && extent.top >= 0 && extent.right < 640 && extent.bottom < 480);
        }
    g_autoptr(NtTaggedFrame) nobody = nt_tagged_frame_new(0);
    nobody->width = nobody->height = 100;
    g_assert_true(nt_rect_is_empty(nt_overlay_extent(nobody, &NT_OVERLAY_DEFAULTS)));
}

/* Labels have a readable size on the screen, however large the picture is shown, and follow the user's text size. */
static void test_scale_for(void)
{
    static const double shown[] = {0.1, 0.25, 0.5, 1, 2, 8};
    static const int heights[] = {120, 240, 720, 2160};
    for (guint h = 0; h < G_N_ELEMENTS(heights); h++)
        for (guint i = 0; i < G_N_ELEMENTS(shown); i++) {
            g_autoptr(NtTaggedFrame) frame = nt_tagged_frame_new(0);
            frame->width = heights[h] * 16 / 9, frame->height = heights[h];
            const double scale = nt_overlay_scale_for(frame, shown[i], 1);
            const double font = MAX(heights[h] / 26.0, 11) * scale * shown[i];
            g_assert_cmpfloat(font, >=, 11.999);
            g_assert_cmpfloat(font, <=, 20.001);
            g_assert_cmpfloat_with_epsilon(nt_overlay_scale_for(frame, shown[i], 1.5), 1.5 * scale, 1e-9);
        }
}

static void test_square_pixels(void)
{
    g_autoptr(NtTaggedFrame) frame = make_frame(360, 288, (NtRect){90, 50, 179, 139}, NT_VERDICT_NAME, "Anna");
    g_autoptr(NtTaggedFrame) square = nt_overlay_square_pixels(frame, 2);
    g_assert_cmpint(square->width, ==, 720);
    g_assert_cmpint(square->height, ==, 288);
    g_assert_cmpint(square->faces[0].detection.box.left, ==, 180);
    g_assert_cmpint(square->faces[0].detection.box.right, ==, 359);
    g_assert_cmpint(square->faces[0].detection.box.top, ==, 50);
    g_assert_cmpfloat(square->faces[0].landmarks[8].x, ==, 2 * frame->faces[0].landmarks[8].x);
    g_assert_cmpfloat(square->faces[0].landmarks[8].y, ==, frame->faces[0].landmarks[8].y);
    g_assert_cmpstr(square->faces[0].verdict.name, ==, "Anna");
}

/* What was not detected in this frame is drawn lighter, and in the same places. */
static void test_findings(void)
{
    static const NtFinding findings[] = {NT_FOUND_DETECTED, NT_FOUND_FOLLOWED, NT_FOUND_PREDICTED};
    const NtRect box = {200, 160, 399, 359};
    double weights[3];
    for (guint i = 0; i < G_N_ELEMENTS(findings); i++) {
        g_autoptr(NtTaggedFrame) frame = make_frame(640, 480, box, NT_VERDICT_NAME, "Anna");
        frame->faces[0].finding = findings[i];
        weights[i] = weigh(frame);
    }
    g_assert_cmpfloat(weights[1], <, 0.9 * weights[0]);
    g_assert_cmpfloat(weights[2], <, 0.9 * weights[1]);
    g_assert_cmpfloat(weights[2], >, 0.4 * weights[0]);
}

/* What each switch draws, and only near the face. */
static void test_switches(void)
{
    const NtRect box = {200, 160, 399, 359}, around = {180, 110, 420, 400};
    g_autoptr(NtTaggedFrame) frame = make_frame(640, 480, box, NT_VERDICT_NAME, "Anna");
    guint counts[4], outside;
    for (int i = 0; i < 4; i++) {
        const NtOverlayOptions options = {.landmarks = i == 1, .boxes = i == 2, .names = i == 3, .scale = 1};
        draw(frame, &options, around, &counts[i], &outside);
        g_assert_cmpuint(outside, ==, 0);
    }
    g_assert_cmpuint(counts[0], ==, 0);
    for (int i = 1; i < 4; i++)
        g_assert_cmpuint(counts[i], >, 200);
}

static void test_odd_cases(void)
{
    static const char *const names[] = {"A", "عبد الرحمن", "李小龍", "😀😀", "a very long name that does not fit on any picture at all, not by far",
                                        "<b>&amp;", "line\xe2\x80\xa8separator"};
    static const int sizes[][2] = {{1, 1}, {16, 9}, {320, 240}, {1000, 40}};
    static const NtRect boxes[] = {{10, 10, 90, 90}, {-500, -500, -400, -400}, {0, 0, 0, 0}, {-50, -50, 2000, 2000}};
    const NtOverlayOptions options = NT_OVERLAY_DEFAULTS;
    for (guint n = 0; n < G_N_ELEMENTS(names); n++)
        for (guint s = 0; s < G_N_ELEMENTS(sizes); s++)
            for (guint b = 0; b < G_N_ELEMENTS(boxes); b++) {
                guint inside, outside;
                g_autoptr(NtTaggedFrame) frame =
                    make_frame(sizes[s][0], sizes[s][1], boxes[b], n % 2 ? NT_VERDICT_NAME : NT_VERDICT_UNSURE, names[n]);
                draw(frame, &options, boxes[b], &inside, &outside);
            }
}

/* The page is drawn whatever was found: no face, one, many more than fit. */
static void test_explain_page(void)
{
    static const guint counts[] = {0, 1, 9};
    g_autofree guint8 *pixels = g_malloc0(200 * 150 * 3);
    const NtImage rgb = {pixels, 200, 150, 600, NT_PIXELS_RGB24};
    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_autoptr(NtTaggedFrame) frame = nt_tagged_frame_new(counts[i]);
        frame->width = 200, frame->height = 150;
        nt_tagged_frame_add_chips(frame);
        for (guint k = 0; k < counts[i]; k++) {
            frame->faces[k].detection.box = (NtRect){(int)k * 30 - 40, 20, (int)k * 30 + 60, 120};
            memset(frame->faces[k].chip, 0, NT_CHIP_BYTES);
        }
        cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 595, 842);
        cairo_t *cr = cairo_create(surface);
        nt_explain_page_draw(cr, &(NtExplainPage){&rgb, "party.jpg", frame, NULL});
        g_assert_cmpint(cairo_status(cr), ==, CAIRO_STATUS_SUCCESS);
        cairo_destroy(cr);
        cairo_surface_destroy(surface);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/overlay/label-stays-on-picture", test_label_stays_on_picture);
    g_test_add_func("/overlay/labels", test_labels);
    g_test_add_func("/overlay/colors", test_colors);
    g_test_add_func("/overlay/empty-frame", test_empty_frame);
    g_test_add_func("/overlay/switches", test_switches);
    g_test_add_func("/overlay/findings", test_findings);
    g_test_add_func("/overlay/lit", test_lit);
    g_test_add_func("/overlay/extent", test_extent);
    g_test_add_func("/overlay/scale-for", test_scale_for);
    g_test_add_func("/overlay/square-pixels", test_square_pixels);
    g_test_add_func("/overlay/odd-cases", test_odd_cases);
    g_test_add_func("/overlay/explain-page", test_explain_page);
    return g_test_run();
}
