#include "overlay/explain_steps.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <pango/pangocairo.h>

#include "overlay/explain_parts.h"
#include "overlay/overlay.h"

#define CORNER 9.0 /* of pictures, as cards have it */
#define GAP 6.0
#define SMALL 0.82 /* of the text's size, for numbers beside a drawing */
#define DIM_ALPHA 0.62
#define GRID_ALPHA 0.18
#define VIEW_SHAPE (NT_EXPLAIN_ROWS / (double)NT_EXPLAIN_COLUMNS)

/* Pictures: how dark behind gradients and points, so that these show. */
#define FIND_SHADE 0.66
#define LANDMARKS_SHADE 0.28
#define LANDMARKS_WIDTH 1.9 /* of the box's side, across the view */
#define ALIGN_WIDTH 1.45    /* of the chip's square */

/* The score's scale: what the detector and those who follow faces say is mostly within. */
#define SCORE_FIRST (-1)
#define SCORE_LAST 3
#define BAR_HEIGHT 9.0
#define MARK_REACH 4.0 /* of a limit's mark beyond its bar */

#define FILTER_TILE 54.0
#define FILTER_TURN 0.38 /* of the head's half width, by which a turned face's features are off its middle */
#define FILTER_TILT 0.38 /* radians */

/* Where the mean face's eyes and mouth lie in a chip, of its side (vision/align.c: 0.25 of padding on either side). */
#define EYES_Y 0.308
#define LEFT_EYE_X 0.317
#define RIGHT_EYE_X 0.670
#define MOUTH_Y 0.700

#define NUMBER_COLUMNS 16
#define NUMBER_ROWS (NT_EMBEDDING_SIZE / NUMBER_COLUMNS)
#define NUMBERS_SHAPE 0.46 /* height of the cells by their width */

#define FARTHEST 1.0 /* distance at the end of a bar */

typedef struct View {
    double x, y, width, height; /* in the picture, as Cairo counts */
} View;

/* Before a number with a sign, which would come to stand behind it in right-to-left text (U+200E). */
#define LEFT_TO_RIGHT "\xe2\x80\x8e"

/* Text and colours. */

static void set_ink(cairo_t *cr, const NtExplainStyle *style, double alpha)
{
    const gboolean firm = style->high_contrast && alpha >= DIM_ALPHA;
    cairo_set_source_rgba(cr, style->ink[0], style->ink[1], style->ink[2], firm ? 1 : alpha);
}

static void set_rgb(cairo_t *cr, const double rgb[3], double alpha)
{
    cairo_set_source_rgba(cr, rgb[0], rgb[1], rgb[2], alpha);
}

static PangoLayout *make_text(const NtExplainStyle *style, const char *text, double scale, gboolean bold)
{
    PangoLayout *layout = pango_layout_new(style->text);
    PangoFontDescription *font = pango_font_description_copy(pango_context_get_font_description(style->text));
    const int size = (int)(pango_font_description_get_size(font) * scale);
    if (pango_font_description_get_size_is_absolute(font))
        pango_font_description_set_absolute_size(font, size);
    else
        pango_font_description_set_size(font, size);
    if (bold)
        pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_text(layout, text, -1);
    return layout;
}

static double line_height(const NtExplainStyle *style, double scale)
{
    PangoLayout *layout = make_text(style, "0", scale, FALSE);
    int height;
    pango_layout_get_pixel_size(layout, NULL, &height);
    g_object_unref(layout);
    return height;
}

/* One line; align 0: begins at x, 0.5: about it, 1: ends there; kept within 0 .. width. Returns how wide it is. */
static double draw_text(cairo_t *cr, const NtExplainStyle *style, const char *text, double x, double y, double align,
                        double width, double scale, gboolean bold)
{
    PangoLayout *layout = make_text(style, text, scale, bold);
    int text_width;
    pango_layout_get_pixel_size(layout, &text_width, NULL);
    cairo_move_to(cr, CLAMP(x - align * text_width, 0, MAX(width - text_width, 0)), y);
    pango_cairo_show_layout(cr, layout);
    g_object_unref(layout);
    return text_width;
}

/* One line from x on, or in right-to-left text up to x + width, cut where it is too long. */
static void draw_name(cairo_t *cr, const NtExplainStyle *style, const char *text, double x, double y, double width,
                      gboolean bold)
{
    PangoLayout *layout = make_text(style, text, 1, bold);
    pango_layout_set_width(layout, (int)(MAX(width, 1) * PANGO_SCALE));
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    /* where it stands follows the window's direction, not the name's */
    pango_layout_set_auto_dir(layout, FALSE);
    if (pango_context_get_base_dir(style->text) == PANGO_DIRECTION_RTL)
        pango_layout_set_alignment(layout, PANGO_ALIGN_RIGHT);
    cairo_move_to(cr, x, y);
    pango_cairo_show_layout(cr, layout);
    g_object_unref(layout);
}

static void rounded(cairo_t *cr, double x, double y, double width, double height, double radius)
{
    radius = MIN(radius, MIN(width, height) / 2);
    cairo_new_sub_path(cr);
    cairo_arc(cr, x + width - radius, y + radius, radius, -G_PI / 2, 0);
    cairo_arc(cr, x + width - radius, y + height - radius, radius, 0, G_PI / 2);
    cairo_arc(cr, x + radius, y + height - radius, radius, G_PI / 2, G_PI);
    cairo_arc(cr, x + radius, y + radius, radius, G_PI, 3 * G_PI / 2);
    cairo_close_path(cr);
}

/* Light on dark, to show on any picture. width in units of the transformation. */
static void stroke_outlined(cairo_t *cr, const double rgb[3], double width)
{
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_width(cr, width * 2.2);
    cairo_set_source_rgba(cr, 0, 0, 0, 0.55);
    cairo_stroke_preserve(cr);
    cairo_set_line_width(cr, width);
    set_rgb(cr, rgb, 1);
    cairo_stroke(cr);
}

/* The colour that the person has on the picture. */
static void face_color(const NtExplainFace *explain, double rgb[3])
{
    const NtVerdict *verdict = &explain->face.verdict;
    nt_overlay_color(verdict->kind == NT_VERDICT_UNKNOWN ? NULL : verdict->name, rgb);
}

/* Pictures. */

/* Scales and clips so that the view fills the rectangle, its pixels square, and draws the picture there; to be undone
 * by cairo_restore. Returns pixels of the picture for one of the drawing's. */
static double begin_view(cairo_t *cr, const NtExplainFace *explain, const View *view, double x, double y, double width,
                         double height, double shade)
{
    const double scale = MIN(width / view->width, height / view->height);
    const double used_width = view->width * scale, used_height = view->height * scale;
    cairo_save(cr);
    cairo_translate(cr, x + (width - used_width) / 2, y + (height - used_height) / 2);
    rounded(cr, 0, 0, used_width, used_height, CORNER);
    cairo_clip(cr);
    cairo_set_source_rgb(cr, 0.10, 0.10, 0.11);
    cairo_paint(cr);
    cairo_scale(cr, scale, scale);
    cairo_translate(cr, -view->x, -view->y);
    cairo_save(cr);
    cairo_translate(cr, explain->area.left, explain->area.top);
    cairo_scale(cr, (double)nt_rect_width(explain->area) / cairo_image_surface_get_width(explain->picture),
                (double)nt_rect_height(explain->area) / cairo_image_surface_get_height(explain->picture));
    cairo_set_source_surface(cr, explain->picture, 0, 0);
    cairo_paint(cr);
    cairo_restore(cr);
    cairo_set_source_rgba(cr, 0, 0, 0, shade);
    cairo_paint(cr);
    return 1 / scale;
}

static void draw_find(cairo_t *cr, const NtExplainFace *explain, double width, double height)
{
    const NtRect area = explain->area, box = explain->face.detection.box;
    View view = {area.left, area.top, nt_rect_width(area), nt_rect_height(area)};
    if (explain->fhog.rows > 0)
        view = (View){explain->cells_x, explain->cells_y, explain->fhog.columns * explain->cell,
                      explain->fhog.rows * explain->cell};
    const double unit = begin_view(cr, explain, &view, 0, 0, width, height, FIND_SHADE);
    if (explain->fhog.rows > 0) {
        cairo_save(cr);
        cairo_translate(cr, view.x, view.y);
        cairo_scale(cr, explain->cell, explain->cell);
        nt_explain_draw_glyphs(cr, &explain->fhog, (const double[]){1, 1, 1});
        cairo_restore(cr);
    }
    double rgb[3];
    face_color(explain, rgb);
    cairo_rectangle(cr, box.left, box.top, nt_rect_width(box), nt_rect_height(box));
    stroke_outlined(cr, rgb, 2 * unit);
    cairo_restore(cr);
}

/* A stretch of that length about a middle, moved into first .. last where it fits. */
static double slide(double middle, double length, double first, double last)
{
    const double from = middle - length / 2;
    return length >= last - first ? (first + last - length) / 2 : CLAMP(from, first, last - length);
}

static void draw_landmarks(cairo_t *cr, const NtExplainFace *explain, double width, double height)
{
    const NtRect area = explain->area;
    const NtSquare box = nt_square_of_rect(explain->face.detection.box);
    const double across = MIN(box.side * LANDMARKS_WIDTH, nt_rect_width(area)), down = across * VIEW_SHAPE;
    const View view = {slide(box.x, across, area.left, area.right + 1),
                       slide(box.y + box.side * 0.06, down, area.top, area.bottom + 1), across, down};
    const double unit = begin_view(cr, explain, &view, 0, 0, width, height, LANDMARKS_SHADE);
    double rgb[3];
    face_color(explain, rgb);
    nt_explain_trace_face(cr, explain->face.landmarks);
    stroke_outlined(cr, rgb, 1.6 * unit);
    for (int pass = 0; pass < 2; pass++) { /* outlines first, so that none covers a point */
        for (int k = 0; k < NT_N_LANDMARKS; k++) {
            const NtPoint p = explain->face.landmarks[k];
            cairo_new_sub_path(cr);
            cairo_arc(cr, p.x + 0.5, p.y + 0.5, (pass ? 2.0 : 3.0) * unit, 0, 2 * G_PI);
        }
        cairo_set_source_rgba(cr, pass, pass, pass, pass ? 1 : 0.6);
        cairo_fill(cr);
    }
    cairo_restore(cr);
}

/* The lines on which eyes and mouth come to lie, and the eyes; a chip is 1 x 1. */
static void draw_guides(cairo_t *cr, const double rgb[3], double unit)
{
    const double lines[] = {EYES_Y, MOUTH_Y}, eyes[] = {LEFT_EYE_X, RIGHT_EYE_X}, dash[] = {4 * unit, 3 * unit};
    cairo_save(cr);
    cairo_set_dash(cr, dash, G_N_ELEMENTS(dash), 0);
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        cairo_move_to(cr, 0, lines[i]);
        cairo_line_to(cr, 1, lines[i]);
    }
    stroke_outlined(cr, rgb, 1.1 * unit);
    cairo_restore(cr);
    for (guint i = 0; i < G_N_ELEMENTS(eyes); i++) {
        cairo_new_sub_path(cr);
        cairo_arc(cr, eyes[i], EYES_Y, 4 * unit, 0, 2 * G_PI);
    }
    stroke_outlined(cr, rgb, 1.4 * unit);
}

/* The square that becomes the chip, where it lies in the picture. */
static void draw_chip_place(cairo_t *cr, const NtExplainFace *explain, const double rgb[3], double y, double side)
{
    const NtChipPlan *plan = &explain->plan;
    const double length = plan->right - plan->left + 1;
    const double x = (plan->left + plan->right) / 2 + 0.5, middle = (plan->top + plan->bottom) / 2 + 0.5;
    const View view = {x - length * ALIGN_WIDTH / 2, middle - length * ALIGN_WIDTH / 2, length * ALIGN_WIDTH,
                       length * ALIGN_WIDTH};
    const double unit = begin_view(cr, explain, &view, 0, y, side, side, LANDMARKS_SHADE);
    cairo_translate(cr, x, middle);
    cairo_rotate(cr, plan->angle);
    cairo_scale(cr, length, length);
    cairo_translate(cr, -0.5, -0.5);
    cairo_rectangle(cr, 0, 0, 1, 1);
    stroke_outlined(cr, rgb, 2 * unit / length);
    draw_guides(cr, rgb, unit / length);
    cairo_restore(cr);
}

static void draw_chip(cairo_t *cr, const NtExplainFace *explain, const double rgb[3], double x, double y, double side)
{
    cairo_save(cr);
    cairo_translate(cr, x, y);
    rounded(cr, 0, 0, side, side, CORNER);
    cairo_clip(cr);
    cairo_scale(cr, side, side);
    cairo_save(cr);
    cairo_scale(cr, 1.0 / NT_CHIP_SIZE, 1.0 / NT_CHIP_SIZE);
    cairo_set_source_surface(cr, explain->chip, 0, 0);
    cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD);
    cairo_paint(cr);
    cairo_restore(cr);
    draw_guides(cr, rgb, 1 / side);
    cairo_restore(cr);
}

static void draw_arrow(cairo_t *cr, const NtExplainStyle *style, double x, double y, double length)
{
    const double head = length * 0.36;
    cairo_move_to(cr, x - length / 2, y);
    cairo_line_to(cr, x + length / 2, y);
    cairo_move_to(cr, x + length / 2 - head, y - head);
    cairo_line_to(cr, x + length / 2, y);
    cairo_line_to(cr, x + length / 2 - head, y + head);
    cairo_set_line_width(cr, 2);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    set_ink(cr, style, DIM_ALPHA);
    cairo_stroke(cr);
}

#define ARROW 18.0
#define ARROW_ROOM (ARROW + 2 * GAP)

static double align_side(double width)
{
    return (width - ARROW_ROOM) / 2;
}

static void draw_align(cairo_t *cr, const NtExplainFace *explain, const NtExplainStyle *style, double width,
                       double height)
{
    const double side = align_side(width), y = (height - side) / 2;
    double rgb[3];
    if (side <= 0 || !explain->chip || !(explain->plan.right - explain->plan.left + 1 > 0))
        return;
    face_color(explain, rgb);
    draw_chip_place(cr, explain, rgb, y, side);
    draw_arrow(cr, style, width / 2, height / 2, ARROW);
    draw_chip(cr, explain, rgb, width - side, y, side);
}

/* The detector. */

double nt_explain_score_place(double score)
{
    if (isnan(score))
        return 0;
    return (CLAMP(score, SCORE_FIRST, SCORE_LAST) - SCORE_FIRST) / (SCORE_LAST - SCORE_FIRST);
}

static void draw_track(cairo_t *cr, const NtExplainStyle *style, double y, double width)
{
    rounded(cr, 0, y, width, BAR_HEIGHT, BAR_HEIGHT / 2);
    set_ink(cr, style, GRID_ALPHA * 0.6);
    cairo_fill(cr);
    if (!style->high_contrast)
        return;
    rounded(cr, 0.5, y + 0.5, width - 1, BAR_HEIGHT - 1, BAR_HEIGHT / 2);
    set_ink(cr, style, 1);
    cairo_set_line_width(cr, 1);
    cairo_stroke(cr);
}

static void draw_bar(cairo_t *cr, const NtExplainStyle *style, double x, double y, double width, const double rgb[3])
{
    rounded(cr, x, y, MAX(width, BAR_HEIGHT), BAR_HEIGHT, BAR_HEIGHT / 2);
    set_rgb(cr, rgb, 1);
    cairo_fill_preserve(cr);
    cairo_set_line_width(cr, 1);
    set_ink(cr, style, style->high_contrast ? 1 : GRID_ALPHA * 1.4);
    cairo_stroke(cr);
}

static void draw_limit(cairo_t *cr, const NtExplainStyle *style, double x, double y)
{
    cairo_move_to(cr, x, y - MARK_REACH);
    cairo_line_to(cr, x, y + BAR_HEIGHT + MARK_REACH);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_width(cr, 2);
    set_ink(cr, style, 1);
    cairo_stroke(cr);
}

static void draw_score(cairo_t *cr, const NtExplainFace *explain, const NtExplainStyle *style, double width)
{
    const double score = explain->face.detection.score;
    const double y = line_height(style, 1) + MARK_REACH + 1, place = nt_explain_score_place(score) * width;
    draw_track(cr, style, y, width);
    if (isfinite(score)) {
        g_autofree char *number = g_strdup_printf("%.2f", score);
        draw_bar(cr, style, 0, y, place, style->accent);
        set_ink(cr, style, 1);
        draw_text(cr, style, number, place, 0, 0.5, width, 1, TRUE);
    }
    draw_limit(cr, style, nt_explain_score_place(0) * width, y);
    for (int tick = SCORE_FIRST; tick <= SCORE_LAST; tick++) {
        g_autofree char *number = tick < 0 ? g_strdup_printf(LEFT_TO_RIGHT "−%d", -tick) : g_strdup_printf("%d", tick);
        /* Translators: beside the mark on a scale: from here on it counts as a face. %s is a number. */
        g_autofree char *limit = g_strdup_printf(_("limit %s"), number);
        set_ink(cr, style, tick == 0 ? 1 : DIM_ALPHA);
        draw_text(cr, style, tick == 0 ? limit : number, nt_explain_score_place(tick) * width,
                  y + BAR_HEIGHT + MARK_REACH + 1, 0.5, width, SMALL, tick == 0);
    }
}

const char *nt_explain_filter_name(int part)
{
    switch (part) {
    case NT_PART_FRONT:
        return _("looking straight ahead");
    case NT_PART_LEFT:
        return _("turned to the left");
    case NT_PART_RIGHT:
        return _("turned to the right");
    case NT_PART_FRONT_TILTED_LEFT:
        return _("tilted to the left");
    case NT_PART_FRONT_TILTED_RIGHT:
        return _("tilted to the right");
    default:
        return NULL;
    }
}

/* A head as the filter looks for it: centred, of that half height. */
static void draw_head(cairo_t *cr, int part, double radius)
{
    const double turn = part == NT_PART_LEFT ? -FILTER_TURN : part == NT_PART_RIGHT ? FILTER_TURN : 0;
    const double tilt = part == NT_PART_FRONT_TILTED_LEFT    ? -FILTER_TILT
                        : part == NT_PART_FRONT_TILTED_RIGHT ? FILTER_TILT
                                                             : 0;
    cairo_save(cr);
    cairo_rotate(cr, tilt);
    cairo_save(cr);
    cairo_scale(cr, 0.78, 1);
    cairo_arc(cr, 0, 0, radius, 0, 2 * G_PI);
    cairo_restore(cr);
    cairo_stroke(cr);
    const double middle = turn * radius;
    for (int eye = -1; eye <= 1; eye += 2) {
        cairo_arc(cr, middle + eye * radius * 0.29, -radius * 0.2, radius * 0.09, 0, 2 * G_PI);
        cairo_fill(cr);
    }
    cairo_move_to(cr, middle + turn * radius * 0.15, -radius * 0.12);
    cairo_line_to(cr, middle + turn * radius * 0.42, radius * 0.2);
    cairo_move_to(cr, middle - radius * 0.24, radius * 0.46);
    cairo_line_to(cr, middle + radius * 0.24, radius * 0.46);
    cairo_stroke(cr);
    cairo_restore(cr);
}

static double filter_tile(double width)
{
    return MIN(FILTER_TILE, (width - (NT_N_PARTS - 1) * GAP) / NT_N_PARTS);
}

static void draw_filters(cairo_t *cr, const NtExplainFace *explain, const NtExplainStyle *style, double width)
{
    const double tile = filter_tile(width), step = tile + (width - NT_N_PARTS * tile) / (NT_N_PARTS - 1);
    const char *name = nt_explain_filter_name(explain->face.detection.part);
    if (tile <= 2 * GAP)
        return;
    for (int part = 0; part < NT_N_PARTS; part++) {
        const gboolean fired = part == explain->face.detection.part;
        const double x = part * step;
        rounded(cr, x + 1, 1, tile - 2, tile - 2, CORNER);
        set_rgb(cr, style->accent, fired ? 0.16 : 0);
        cairo_fill_preserve(cr);
        cairo_set_line_width(cr, fired ? 2 : 1);
        if (fired)
            set_rgb(cr, style->accent, 1);
        else
            set_ink(cr, style, style->high_contrast ? 1 : GRID_ALPHA);
        cairo_stroke(cr);
        cairo_save(cr);
        cairo_translate(cr, x + tile / 2, tile / 2);
        cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
        cairo_set_line_width(cr, fired ? 2 : 1.5);
        set_ink(cr, style, fired ? 1 : DIM_ALPHA);
        draw_head(cr, part, tile * 0.34);
        cairo_restore(cr);
        set_ink(cr, style, DIM_ALPHA);
        if (fired && name)
            draw_text(cr, style, name, x + tile / 2, tile + 3, 0.5, width, SMALL, FALSE);
    }
}

/* The numbers. */

static void draw_legend(cairo_t *cr, const NtExplainStyle *style, const NtExplainMap *map, double y, double width)
{
    const double height = line_height(style, SMALL), bar = BAR_HEIGHT;
    g_autofree char *low = g_strdup_printf(LEFT_TO_RIGHT "−%.2f", NT_EXPLAIN_RANGE),
                    *high = g_strdup_printf(LEFT_TO_RIGHT "+%.2f", NT_EXPLAIN_RANGE);
    set_ink(cr, style, DIM_ALPHA);
    const double left = draw_text(cr, style, low, 0, y, 0, width, SMALL, FALSE) + GAP;
    const double right = width - draw_text(cr, style, high, width, y, 1, width, SMALL, FALSE) - GAP;
    if (right <= left)
        return;
    cairo_pattern_t *scale = cairo_pattern_create_linear(left, 0, right, 0);
    for (int i = -1; i <= 1; i++) {
        double rgb[3];
        nt_explain_map_color(map, i * NT_EXPLAIN_RANGE, rgb);
        cairo_pattern_add_color_stop_rgb(scale, (i + 1) / 2.0, rgb[0], rgb[1], rgb[2]);
    }
    rounded(cr, left + 0.5, y + (height - bar) / 2, right - left - 1, bar, bar / 2);
    cairo_set_source(cr, scale);
    cairo_fill_preserve(cr);
    cairo_pattern_destroy(scale);
    cairo_set_line_width(cr, 1);
    set_ink(cr, style, style->high_contrast ? 1 : GRID_ALPHA);
    cairo_stroke(cr);
}

static void draw_numbers(cairo_t *cr, const NtExplainFace *explain, const NtExplainStyle *style, double width)
{
    const NtExplainMap *map = style->dark ? &nt_explain_map_dark : &nt_explain_map_light;
    const double height = width * NUMBERS_SHAPE;
    cairo_save(cr);
    rounded(cr, 0, 0, width, height, CORNER);
    cairo_clip(cr);
    nt_explain_draw_numbers(cr, map, explain->embedding, NUMBER_COLUMNS, 0, 0, width, height);
    set_ink(cr, style, GRID_ALPHA * 0.5);
    for (int i = 1; i < NUMBER_COLUMNS; i++)
        cairo_rectangle(cr, i * width / NUMBER_COLUMNS - 0.5, 0, 1, height);
    for (int i = 1; i < NUMBER_ROWS; i++)
        cairo_rectangle(cr, 0, i * height / NUMBER_ROWS - 0.5, width, 1);
    cairo_fill(cr);
    cairo_restore(cr);
    rounded(cr, 0.5, 0.5, width - 1, height - 1, CORNER);
    cairo_set_line_width(cr, 1);
    set_ink(cr, style, style->high_contrast ? 1 : GRID_ALPHA);
    cairo_stroke(cr);
    draw_legend(cr, style, map, height + GAP, width);
}

/* The people. */

double nt_explain_distance_share(double distance)
{
    return isnan(distance) ? 1 : CLAMP(distance / FARTHEST, 0, 1);
}

static double person_height(const NtExplainStyle *style)
{
    return line_height(style, 1) + 3 + BAR_HEIGHT + 3 * GAP;
}

/* How far in, in the direction of reading. */
static double reading(const NtExplainStyle *style, double x, double width)
{
    return pango_context_get_base_dir(style->text) == PANGO_DIRECTION_RTL ? width - x : x;
}

static void draw_person(cairo_t *cr, const NtExplainFace *explain, guint i, const NtExplainStyle *style, double y,
                        double width)
{
    const NtNeighbour *person = &explain->neighbours[i];
    const gboolean within = person->distance <= explain->limit;
    const gboolean mirrored = pango_context_get_base_dir(style->text) == PANGO_DIRECTION_RTL;
    const double bar = nt_explain_distance_share(person->distance) * width, top = y + line_height(style, 1) + 3;
    g_autofree char *number = isfinite(person->distance) ? g_strdup_printf("%.2f", person->distance) : g_strdup("–");
    double rgb[3];
    set_ink(cr, style, within ? 1 : DIM_ALPHA);
    const double number_width =
        draw_text(cr, style, number, reading(style, width, width), y, mirrored ? 0 : 1, width, 1, i == 0 && within) +
        GAP;
    draw_name(cr, style, person->name, mirrored ? number_width : 0, y, width - number_width, i == 0 && within);
    draw_track(cr, style, top, width);
    nt_overlay_color(within ? person->name : NULL, rgb);
    if (!within && style->dark)
        rgb[0] = rgb[1] = rgb[2] = 0.45;
    draw_bar(cr, style, mirrored ? width - MAX(bar, BAR_HEIGHT) : 0, top, bar, rgb);
    draw_limit(cr, style, reading(style, nt_explain_distance_share(explain->limit) * width, width), top);
}

static void draw_people(cairo_t *cr, const NtExplainFace *explain, const NtExplainStyle *style, double width)
{
    const double row = person_height(style);
    if (explain->n_neighbours == 0)
        return;
    for (guint i = 0; i < explain->n_neighbours; i++)
        draw_person(cr, explain, i, style, i * row, width);
    g_autofree char *number = g_strdup_printf("%.2f", explain->limit);
    g_autofree char *limit = g_strdup_printf(_("limit %s"), number);
    set_ink(cr, style, 1);
    draw_text(cr, style, limit, reading(style, nt_explain_distance_share(explain->limit) * width, width),
              explain->n_neighbours * row - 2 * GAP, 0.5, width, SMALL, TRUE);
}

/* All of them. */

double nt_explain_step_height(NtExplainStep step, const NtExplainFace *explain, const NtExplainStyle *style,
                              double width)
{
    switch (step) {
    case NT_EXPLAIN_FIND:
    case NT_EXPLAIN_LANDMARKS:
        return ceil(width * VIEW_SHAPE);
    case NT_EXPLAIN_SCORE:
        return line_height(style, 1) + line_height(style, SMALL) + BAR_HEIGHT + 2 * MARK_REACH + 2;
    case NT_EXPLAIN_FILTERS:
        return MAX(filter_tile(width), 0) + 3 + line_height(style, SMALL);
    case NT_EXPLAIN_ALIGN:
        return ceil(MAX(align_side(width), 0));
    case NT_EXPLAIN_NUMBERS:
        return ceil(width * NUMBERS_SHAPE) + GAP + line_height(style, SMALL);
    case NT_EXPLAIN_PEOPLE:
        return explain && explain->n_neighbours > 0
                   ? explain->n_neighbours * person_height(style) - 2 * GAP + line_height(style, SMALL)
                   : 0;
    case NT_EXPLAIN_N_STEPS:
        break;
    }
    return 0;
}

void nt_explain_step_draw(NtExplainStep step, cairo_t *cr, const NtExplainFace *explain, const NtExplainStyle *style,
                          double width, double height)
{
    if (!explain || width <= 0 || height <= 0)
        return;
    cairo_save(cr);
    cairo_new_path(cr);
    if (step == NT_EXPLAIN_FIND && explain->picture)
        draw_find(cr, explain, width, height);
    else if (step == NT_EXPLAIN_LANDMARKS && explain->picture)
        draw_landmarks(cr, explain, width, height);
    else if (step == NT_EXPLAIN_SCORE)
        draw_score(cr, explain, style, width);
    else if (step == NT_EXPLAIN_FILTERS)
        draw_filters(cr, explain, style, width);
    else if (step == NT_EXPLAIN_ALIGN)
        draw_align(cr, explain, style, width, height);
    else if (step == NT_EXPLAIN_NUMBERS && explain->has_embedding)
        draw_numbers(cr, explain, style, width);
    else if (step == NT_EXPLAIN_PEOPLE)
        draw_people(cr, explain, style, width);
    cairo_restore(cr);
}
