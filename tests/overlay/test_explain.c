/* The pane that explains: drawings follow the numbers they show, and nothing that a face may be makes them fail. */
#include <cairo.h>
#include <glib.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

#include "overlay/explain_steps.h"

#define WIDTH 300

static PangoContext *make_text(PangoDirection direction)
{
    PangoContext *text = pango_font_map_create_context(pango_cairo_font_map_get_default());
    PangoFontDescription *font = pango_font_description_from_string("DejaVu Sans 11");
    pango_context_set_font_description(text, font);
    pango_context_set_base_dir(text, direction);
    pango_font_description_free(font);
    return text;
}

/* A picture with edges, and a face in it. */
static NtExplainFace *make_face(const NtFace *face, const float *embedding)
{
    enum { SIDE = 320 };
    g_autofree guint8 *pixels = g_malloc(SIDE * SIDE * 3);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE * 3; x++)
            pixels[y * SIDE * 3 + x] = (guint8)((x / 60 + y / 20) % 2 * 200 + 20);
    const NtRect area = nt_explain_face_area(face, SIDE, SIDE);
    NtExplainSubject subject = {.face = face, .width = SIDE, .height = SIDE, .area = area, .embedding = embedding};
    if (!nt_rect_is_empty(area))
        subject.crop = (NtImage){pixels + (area.top * SIDE + area.left) * 3, nt_rect_width(area), nt_rect_height(area),
                                 SIDE * 3, NT_PIXELS_RGB24};
    return nt_explain_face_new(&subject);
}

static NtFace make_plain_face(NtRect box)
{
    NtFace face = {.detection = {.box = box, .score = 1.5, .part = NT_PART_FRONT}};
    for (int i = 0; i < NT_N_LANDMARKS; i++)
        face.landmarks[i] = (NtPoint){box.left + (box.right - box.left) * (i % 9) / 9.0,
                                      box.top + (box.bottom - box.top) * (i / 9) / 8.0};
    return face;
}

static const NtRect middle = {110, 110, 209, 209};

/* The drawing as a checksum; free with g_free. */
static char *draw(NtExplainStep step, const NtExplainFace *explain, gboolean dark, PangoDirection direction)
{
    PangoContext *text = make_text(direction);
    const NtExplainStyle style = {.text = text, .ink = {dark, dark, dark}, .accent = {0.2, 0.5, 0.9}, .dark = dark};
    const double height = nt_explain_step_height(step, explain, &style, WIDTH);
    g_assert_true(isfinite(height) && height >= 0);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, WIDTH, MAX((int)height, 1));
    cairo_t *cr = cairo_create(surface);
    nt_explain_step_draw(step, cr, explain, &style, WIDTH, height);
    g_assert_cmpint(cairo_status(cr), ==, CAIRO_STATUS_SUCCESS);
    cairo_surface_flush(surface);
    char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, cairo_image_surface_get_data(surface),
                                            (gsize)cairo_image_surface_get_stride(surface) *
                                                (gsize)cairo_image_surface_get_height(surface));
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    g_object_unref(text);
    return sum;
}

static void draw_all(const NtExplainFace *explain)
{
    for (int step = 0; step < NT_EXPLAIN_N_STEPS; step++)
        for (int dark = 0; dark < 2; dark++) {
            g_autofree char *once = draw((NtExplainStep)step, explain, dark, PANGO_DIRECTION_LTR);
            g_autofree char *again = draw((NtExplainStep)step, explain, dark, PANGO_DIRECTION_LTR);
            g_assert_cmpstr(once, ==, again);
        }
}

static void test_scales(void)
{
    g_assert_cmpfloat(nt_explain_score_place(1.2), >, nt_explain_score_place(1.1));
    g_assert_cmpfloat(nt_explain_score_place(0), >, nt_explain_score_place(-0.5));
    g_assert_cmpfloat(nt_explain_score_place(1e9), ==, 1);
    g_assert_cmpfloat(nt_explain_score_place(-INFINITY), ==, 0);
    g_assert_cmpfloat(nt_explain_score_place(NAN), ==, 0);
    g_assert_cmpfloat(nt_explain_distance_share(0.4), <, nt_explain_distance_share(0.5));
    g_assert_cmpfloat(nt_explain_distance_share(INFINITY), ==, 1);
    g_assert_cmpfloat(nt_explain_distance_share(NAN), ==, 1);
    g_assert_cmpfloat(nt_explain_distance_share(-1), ==, 0);
}

/* Every number that is shown changes its own drawing. */
static void test_numbers_show(void)
{
    float embedding[NT_EMBEDDING_SIZE] = {0};
    NtFace face = make_plain_face(middle);
    g_autoptr(NtExplainFace) explain = make_face(&face, embedding);
    g_autofree char *score = draw(NT_EXPLAIN_SCORE, explain, FALSE, PANGO_DIRECTION_LTR);
    g_autofree char *filters = draw(NT_EXPLAIN_FILTERS, explain, FALSE, PANGO_DIRECTION_LTR);
    g_autofree char *numbers = draw(NT_EXPLAIN_NUMBERS, explain, FALSE, PANGO_DIRECTION_LTR);
    g_autofree char *points = draw(NT_EXPLAIN_LANDMARKS, explain, FALSE, PANGO_DIRECTION_LTR);
    explain->face.detection.score = 0.5;
    explain->face.detection.part = NT_PART_LEFT;
    explain->embedding[100] = 0.1f;
    explain->face.landmarks[30].x += 6;
    g_autofree char *other_score = draw(NT_EXPLAIN_SCORE, explain, FALSE, PANGO_DIRECTION_LTR);
    g_autofree char *other_filters = draw(NT_EXPLAIN_FILTERS, explain, FALSE, PANGO_DIRECTION_LTR);
    g_autofree char *other_numbers = draw(NT_EXPLAIN_NUMBERS, explain, FALSE, PANGO_DIRECTION_LTR);
    g_autofree char *other_points = draw(NT_EXPLAIN_LANDMARKS, explain, FALSE, PANGO_DIRECTION_LTR);
    g_assert_cmpstr(score, !=, other_score);
    g_assert_cmpstr(filters, !=, other_filters);
    g_assert_cmpstr(numbers, !=, other_numbers);
    g_assert_cmpstr(points, !=, other_points);
}

/* What is made of a face in the middle of a picture: the window is 10 cells, and lies where the box does. */
static void test_face(void)
{
    const NtFace face = make_plain_face(middle);
    g_autoptr(NtExplainFace) explain = make_face(&face, NULL);
    g_assert_nonnull(explain->picture);
    g_assert_nonnull(explain->chip);
    g_assert_cmpint(explain->fhog.columns, ==, NT_EXPLAIN_COLUMNS);
    g_assert_cmpint(explain->fhog.rows, ==, NT_EXPLAIN_ROWS);
    g_assert_cmpfloat_with_epsilon(explain->cell * NT_EXPLAIN_WINDOW, 100, 0.01);
    g_assert_cmpfloat_with_epsilon(explain->cells_x + explain->cell * NT_EXPLAIN_COLUMNS / 2, 160, 1);
    g_assert_false(explain->has_embedding);
    g_assert_cmpint(explain->verdict.reason, ==, NT_REASON_EMPTY);
    draw_all(explain);
}

/* Boxes beyond the picture, without size, of all of it; points anywhere. */
static void test_odd_faces(void)
{
    static const NtRect boxes[] = {{0, 0, -1, -1},       {-500, -500, -400, -400}, {-60, -60, 40, 40},
                                   {300, 300, 420, 420}, {-50, -50, 2000, 2000},   {5, 5, 5, 5},
                                   {0, 0, 319, 319}};
    for (guint i = 0; i < G_N_ELEMENTS(boxes); i++)
        for (int points = 0; points < 3; points++) {
            NtFace face = make_plain_face(boxes[i]);
            face.detection.score = points == 1 ? (double)NAN : (double)INFINITY;
            face.detection.part = points == 2 ? 77 : -1;
            for (int k = 0; k < NT_N_LANDMARKS && points > 0; k++)
                face.landmarks[k] = points == 1 ? (NtPoint){NAN, NAN} : (NtPoint){100, 100};
            g_autoptr(NtExplainFace) explain = make_face(&face, NULL);
            draw_all(explain);
        }
}

/* People: none, one, five; any name, any distance, either direction of reading. */
static void test_people(void)
{
    static const char *const names[] = {"Anna", "", "\xd7\x90\xd7\xa0\xd7\x94", "<b>&amp;\n",
                                        "A very long name indeed that does not fit beside its number, not by far"};
    static const float distances[] = {0.3f, NAN, INFINITY, -1, 0.9f};
    const float embedding[NT_EMBEDDING_SIZE] = {NAN, INFINITY, -INFINITY, 3};
    const NtFace face = make_plain_face(middle);
    g_autoptr(NtExplainFace) explain = make_face(&face, embedding);
    PangoContext *text = make_text(PANGO_DIRECTION_LTR);
    const NtExplainStyle style = {.text = text};
    g_assert_cmpfloat(nt_explain_step_height(NT_EXPLAIN_PEOPLE, explain, &style, WIDTH), ==, 0);
    explain->limit = 0.5;
    double before = 0;
    for (guint n = 1; n <= NT_EXPLAIN_NEIGHBOURS; n++) {
        explain->n_neighbours = n;
        explain->neighbours[n - 1] = (NtNeighbour){names[n - 1], distances[n - 1], 0};
        const double height = nt_explain_step_height(NT_EXPLAIN_PEOPLE, explain, &style, WIDTH);
        g_assert_cmpfloat(height, >, before);
        before = height;
        draw_all(explain);
        g_autofree char *left = draw(NT_EXPLAIN_PEOPLE, explain, FALSE, PANGO_DIRECTION_LTR);
        g_autofree char *right = draw(NT_EXPLAIN_PEOPLE, explain, FALSE, PANGO_DIRECTION_RTL);
        g_assert_cmpstr(left, !=, right);
    }
    g_object_unref(text);
}

static void test_nothing(void)
{
    for (int step = 0; step < NT_EXPLAIN_N_STEPS; step++)
        g_free(draw((NtExplainStep)step, NULL, FALSE, PANGO_DIRECTION_LTR));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/explain/scales", test_scales);
    g_test_add_func("/explain/numbers-show", test_numbers_show);
    g_test_add_func("/explain/face", test_face);
    g_test_add_func("/explain/odd-faces", test_odd_faces);
    g_test_add_func("/explain/people", test_people);
    g_test_add_func("/explain/nothing", test_nothing);
    return g_test_run();
}
