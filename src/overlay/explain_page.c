#include "overlay/explain_page.h"

#include <pango/pangocairo.h>
#include <string.h>

#include "overlay/explain_parts.h"
#include "overlay/overlay.h"
#include "vision/fhog.h"

#define MARGIN 34.0
#define GUTTER 14.0
#define INK 0.13, 0.14, 0.17
#define SOFT_INK 0.40, 0.42, 0.46
#define PAPER 1.0, 1.0, 1.0
#define ACCENT 0.10, 0.37, 0.66
/* The HOG picture: the level of the pyramid with about this many cells across; finer glyphs would be a blur. */
#define GLYPH_COLUMNS 64
/* Pixels that the page keeps of a picture, and of a face. */
#define MAX_PICTURE_WIDTH 1200
#define MAX_FACE_WIDTH 500
#define MAX_BAR_DISTANCE 1.0

typedef struct Panel {
    double x, y, width, height;
} Panel;

static PangoLayout *make_text(cairo_t *cr, double width, double size, gboolean bold, const char *text)
{
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *description = pango_font_description_from_string("Cantarell, DejaVu Sans, sans-serif");
    pango_font_description_set_absolute_size(description, size * PANGO_SCALE);
    pango_font_description_set_weight(description, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout, description);
    pango_font_description_free(description);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(layout, text, -1);
    return layout;
}

/* Wraps at the width; returns the height. */
static double draw_text(cairo_t *cr, double x, double y, double width, double size, gboolean bold, const char *text)
{
    PangoLayout *layout = make_text(cr, width, size, bold, text);
    cairo_move_to(cr, x, y);
    pango_cairo_show_layout(cr, layout);
    int height;
    pango_layout_get_pixel_size(layout, NULL, &height);
    g_object_unref(layout);
    return height;
}

/* One line, cut with an ellipsis. */
static void draw_line(cairo_t *cr, double x, double y, double width, double size, gboolean bold, const char *text)
{
    PangoLayout *layout = make_text(cr, width, size, bold, text);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    cairo_move_to(cr, x, y);
    pango_cairo_show_layout(cr, layout);
    g_object_unref(layout);
}

/* "1  Detect" and what it does. Returns where the panel's picture can begin. */
static double draw_heading(cairo_t *cr, double x, double y, double width, const char *number, const char *name,
                           const char *caption)
{
    cairo_set_source_rgb(cr, ACCENT);
    cairo_new_path(cr);
    cairo_arc(cr, x + 8, y + 8, 8, 0, 2 * G_PI);
    cairo_fill(cr);
    cairo_set_source_rgb(cr, PAPER);
    draw_text(cr, x + 5, y + 1.5, 12, 10, TRUE, number);
    cairo_set_source_rgb(cr, INK);
    draw_text(cr, x + 22, y, width - 22, 12, TRUE, name);
    cairo_set_source_rgb(cr, SOFT_INK);
    return y + 20 + draw_text(cr, x, y + 19, width, 7.5, FALSE, caption) + 4;
}

/* Scales the drawing so that width x height units fill the panel from its top; to be undone by cairo_restore. */
static void fit(cairo_t *cr, const Panel *panel, double width, double height)
{
    const double scale = MIN(panel->width / width, panel->height / height);
    cairo_save(cr);
    cairo_translate(cr, panel->x + (panel->width - width * scale) / 2, panel->y);
    cairo_scale(cr, scale, scale);
}

static void draw_hog(cairo_t *cr, const Panel *panel, const NtImage *rgb)
{
    NtImage small;
    NtFhog fhog = {0};
    g_autofree guint8 *owned = nt_explain_shrink(rgb, GLYPH_COLUMNS * NT_FHOG_CELL, &small);
    if (nt_fhog_compute(&small, 1, 1, &fhog) != NT_OK || fhog.rows == 0) {
        draw_text(cr, panel->x, panel->y, panel->width, 9, FALSE, "The picture is too small to have gradients.");
        nt_fhog_clear(&fhog);
        return;
    }
    fit(cr, panel, fhog.columns, fhog.rows);
    cairo_rectangle(cr, 0, 0, fhog.columns, fhog.rows);
    cairo_set_source_rgb(cr, 0.08, 0.09, 0.12);
    cairo_fill_preserve(cr);
    cairo_clip(cr);
    nt_explain_draw_glyphs(cr, &fhog, (const double[]){1, 1, 1});
    cairo_restore(cr);
    nt_fhog_clear(&fhog);
}

static void draw_detections(cairo_t *cr, const Panel *panel, const NtExplainPage *page)
{
    const NtTaggedFrame *frame = page->frame;
    fit(cr, panel, page->rgb->width, page->rgb->height);
    nt_explain_draw_picture(cr, page->rgb, MAX_PICTURE_WIDTH);
    NtOverlayOptions options = NT_OVERLAY_DEFAULTS;
    options.landmarks = options.names = FALSE;
    nt_overlay_draw(cr, frame, &options);
    const double size = MAX(MIN(page->rgb->width, page->rgb->height) / 24.0, 9);
    for (guint i = 0; i < frame->n_faces; i++) {
        const NtDetection *detection = &frame->faces[i].detection;
        g_autofree char *text = g_strdup_printf("%s %.2f", nt_detector_part_name(detection->part), detection->score);
        PangoLayout *layout = make_text(cr, page->rgb->width, size, FALSE, text);
        int width, height;
        pango_layout_get_pixel_size(layout, &width, &height);
        const double x = CLAMP(detection->box.left, 0, MAX(page->rgb->width - width, 0));
        const double y = MIN(detection->box.bottom + 2.0, page->rgb->height - height);
        cairo_set_source_rgba(cr, 0, 0, 0, 0.6);
        cairo_rectangle(cr, x, y, width + size * 0.3, height);
        cairo_fill(cr);
        cairo_set_source_rgb(cr, 1, 1, 1);
        cairo_move_to(cr, x + size * 0.15, y);
        pango_cairo_show_layout(cr, layout);
        g_object_unref(layout);
    }
    cairo_restore(cr);
}

/* The part of a picture in a square, as far as it lies inside, in the picture's coordinates. */
static void draw_part(cairo_t *cr, const NtImage *rgb, double x, double y, double side)
{
    const int left = (int)CLAMP(x, 0, rgb->width), top = (int)CLAMP(y, 0, rgb->height);
    const int right = (int)CLAMP(x + side + 1, 0, rgb->width), bottom = (int)CLAMP(y + side + 1, 0, rgb->height);
    if (right <= left || bottom <= top)
        return;
    const NtImage part = {nt_image_row(rgb, top) + 3 * left, right - left, bottom - top, rgb->stride, NT_PIXELS_RGB24};
    cairo_save(cr);
    cairo_translate(cr, left, top);
    nt_explain_draw_picture(cr, &part, MAX_FACE_WIDTH);
    cairo_restore(cr);
}

/* The face's surroundings, with its points joined and some of them numbered. */
static void draw_face_points(cairo_t *cr, const Panel *panel, const NtImage *rgb, const NtFace *face)
{
    const NtRect box = face->detection.box;
    const double side = nt_rect_width(box) * 1.35, unit = side / 150;
    const double x = (box.left + box.right) / 2.0 - side / 2, y = (box.top + box.bottom) / 2.0 - side / 2;
    fit(cr, panel, side, side);
    cairo_rectangle(cr, 0, 0, side, side);
    cairo_clip(cr);
    cairo_set_source_rgb(cr, 0.9, 0.9, 0.9);
    cairo_paint(cr);
    cairo_translate(cr, -x, -y);
    draw_part(cr, rgb, x, y, side);
    cairo_set_source_rgba(cr, 1, 1, 1, 0.35);
    cairo_rectangle(cr, x, y, side, side);
    cairo_fill(cr);
    nt_explain_trace_face(cr, face->landmarks);
    cairo_set_source_rgb(cr, ACCENT);
    cairo_set_line_width(cr, unit * 0.9);
    cairo_stroke(cr);
    for (int k = 0; k < NT_N_LANDMARKS; k++) {
        const NtPoint p = face->landmarks[k];
        cairo_new_path(cr);
        cairo_arc(cr, p.x + 0.5, p.y + 0.5, unit * 1.5, 0, 2 * G_PI);
        cairo_set_source_rgb(cr, 0.85, 0.22, 0.13);
        cairo_fill(cr);
        if (k % 4 == 0 && k < 48) {
            g_autofree char *number = g_strdup_printf("%d", k);
            cairo_set_source_rgb(cr, INK);
            draw_text(cr, p.x + 2.2 * unit, p.y - 2 * unit, side, 6.2 * unit, FALSE, number);
        }
    }
    cairo_restore(cr);
}

static void draw_chip(cairo_t *cr, const Panel *panel, const NtFace *face)
{
    const NtImage chip = {face->chip, NT_CHIP_SIZE, NT_CHIP_SIZE, NT_CHIP_SIZE * 3, NT_PIXELS_RGB24};
    fit(cr, panel, NT_CHIP_SIZE, NT_CHIP_SIZE);
    nt_explain_draw_picture(cr, &chip, NT_CHIP_SIZE);
    cairo_restore(cr);
}

static void draw_strip(cairo_t *cr, const Panel *panel, const float *embedding)
{
    nt_explain_draw_numbers(cr, &nt_explain_map_light, embedding, NT_EMBEDDING_SIZE, panel->x, panel->y, panel->width,
                            panel->height);
    cairo_rectangle(cr, panel->x, panel->y, panel->width, panel->height);
    cairo_set_source_rgb(cr, 0.75, 0.76, 0.78);
    cairo_set_line_width(cr, 0.5);
    cairo_stroke(cr);
}

/* The nearest people as bars, and the distance up to which a name is given. */
static void draw_neighbours(cairo_t *cr, const Panel *panel, const NtClassifier *classifier, const NtFace *face)
{
    NtNeighbour neighbours[NT_PAGE_NEIGHBOURS];
    const guint n = classifier ? nt_classifier_neighbours(classifier, face->embedding, neighbours, NT_PAGE_NEIGHBOURS) : 0;
    const double row = 12, name_width = 78, bar_width = panel->width - name_width - 30;
    if (n == 0) {
        cairo_set_source_rgb(cr, SOFT_INK);
        draw_text(cr, panel->x, panel->y, panel->width, 8, FALSE, "Nobody is enrolled: give a gallery with --gallery.");
        return;
    }
    const double limit = nt_classifier_threshold(classifier);
    for (guint i = 0; i < n; i++) {
        const double y = panel->y + i * row, distance = neighbours[i].distance;
        const gboolean within = distance <= limit;
        double rgb[3];
        g_autofree char *number = g_strdup_printf("%.3f", distance);
        nt_overlay_color(within ? neighbours[i].name : NULL, rgb);
        cairo_set_source_rgb(cr, rgb[0], rgb[1], rgb[2]);
        cairo_rectangle(cr, panel->x + name_width, y + 1.5, bar_width * MIN(distance / MAX_BAR_DISTANCE, 1), row - 4);
        cairo_fill(cr);
        cairo_set_source_rgb(cr, INK);
        draw_line(cr, panel->x, y, name_width - 4, 8, within && i == 0, neighbours[i].name);
        draw_text(cr, panel->x + name_width + bar_width + 4, y, 40, 8, FALSE, number);
    }
    const double x = panel->x + name_width + bar_width * limit / MAX_BAR_DISTANCE;
    const double dash[] = {2, 2};
    cairo_save(cr);
    cairo_set_dash(cr, dash, 2, 0);
    cairo_set_source_rgb(cr, 0.75, 0.15, 0.12);
    cairo_set_line_width(cr, 0.9);
    cairo_move_to(cr, x, panel->y - 1);
    cairo_line_to(cr, x, panel->y + n * row);
    cairo_stroke(cr);
    cairo_restore(cr);
}

/* A face's row in the last two steps. */
static void draw_identity_row(cairo_t *cr, const NtExplainPage *page, const NtFace *face, double y, double height)
{
    const double chip = height - 6, strip_width = 220;
    const Panel chip_panel = {MARGIN, y, chip, chip};
    const Panel strip = {MARGIN + chip + 10, y + 12, strip_width, chip - 12};
    const Panel bars = {strip.x + strip_width + GUTTER, y, NT_PAGE_WIDTH - MARGIN - strip.x - strip_width - GUTTER, chip};
    g_autofree char *label = nt_overlay_label(&face->verdict);
    draw_chip(cr, &chip_panel, face);
    cairo_set_source_rgb(cr, INK);
    draw_text(cr, strip.x, y - 1, strip_width, 8.5, TRUE, label);
    draw_strip(cr, &strip, face->embedding);
    draw_neighbours(cr, &bars, page->classifier, face);
}

static void draw_title(cairo_t *cr, const NtExplainPage *page)
{
    const guint n = page->frame->n_faces;
    g_autofree char *facts = g_strdup_printf("%s, %d x %d pixels, %u face%s found", page->title, page->rgb->width,
                                             page->rgb->height, n, n == 1 ? "" : "s");
    cairo_set_source_rgb(cr, INK);
    draw_text(cr, MARGIN, 24, NT_PAGE_WIDTH - 2 * MARGIN, 18, TRUE, "How Nametag sees this picture");
    cairo_set_source_rgb(cr, SOFT_INK);
    draw_text(cr, MARGIN, 47, NT_PAGE_WIDTH - 2 * MARGIN, 9, FALSE, facts);
}

static void draw_gradient_step(cairo_t *cr, const NtExplainPage *page, double y, double height)
{
    const double half = (NT_PAGE_WIDTH - 2 * MARGIN - GUTTER) / 2, right = MARGIN + half + GUTTER;
    double top = draw_heading(cr, MARGIN, y, half, "1", "Gradients",
                              "In each cell of 8 x 8 pixels the directions of brightness changes are counted: a histogram "
                              "of oriented gradients (Dalal and Triggs 2005). Strokes run along the edges.");
    draw_hog(cr, &(Panel){MARGIN, top, half, y + height - top}, page->rgb);
    top = draw_heading(cr, right, y, half, "2", "Detection",
                       "Five filters of 10 x 10 cells slide over the gradients at every size (Felzenszwalb 2010). The label "
                       "names the filter and its score; from 0 on it is a face.");
    draw_detections(cr, &(Panel){right, top, half, y + height - top}, page);
}

static void draw_points_step(cairo_t *cr, const NtExplainPage *page, guint n, double y, double height)
{
    const double width = NT_PAGE_WIDTH - 2 * MARGIN;
    const double top = draw_heading(cr, MARGIN, y, width, "3", "68 landmarks",
                                    "15 cascades of 500 regression trees move a mean shape onto the face (Kazemi and "
                                    "Sullivan 2014), comparing pairs of pixels.");
    const double side = MIN(y + height - top, (width - (n - 1) * GUTTER) / n);
    for (guint i = 0; i < n; i++)
        draw_face_points(cr, &(Panel){MARGIN + i * (side + GUTTER), top, side, side}, page->rgb, &page->frame->faces[i]);
}

static void draw_identity_step(cairo_t *cr, const NtExplainPage *page, guint n, double y)
{
    const double width = NT_PAGE_WIDTH - 2 * MARGIN, row = 56;
    const double top = draw_heading(
        cr, MARGIN, y, width, "4", "Chip, embedding, name",
        "Turned and scaled by the points to a chip of 150 x 150 pixels, the face goes through a residual network (He 2016) of "
        "29 convolutions, which gives 128 numbers: blue below zero, orange above. Faces of one person have numbers that lie "
        "close together. A linear SVM ranks the people; a name is given only left of the red line.");
    for (guint i = 0; i < n; i++)
        draw_identity_row(cr, page, &page->frame->faces[i], top + 4 + i * row, row);
    if (page->frame->n_faces > n) {
        g_autofree char *more = g_strdup_printf("and %u more", page->frame->n_faces - n);
        cairo_set_source_rgb(cr, SOFT_INK);
        draw_text(cr, MARGIN, top + 4 + n * row, width, 8, FALSE, more);
    }
}

void nt_explain_page_draw(cairo_t *cr, const NtExplainPage *page)
{
    const guint n = MIN(page->frame->n_faces, NT_PAGE_MAX_FACES);
    cairo_set_source_rgb(cr, PAPER);
    cairo_paint(cr);
    draw_title(cr, page);
    draw_gradient_step(cr, page, 74, 262);
    if (n == 0) {
        cairo_set_source_rgb(cr, INK);
        draw_text(cr, MARGIN, 360, NT_PAGE_WIDTH - 2 * MARGIN, 12, FALSE,
                  "No face was found, so there are no further steps. Faces under 80 pixels need --upsample 1.");
        return;
    }
    draw_points_step(cr, page, n, 352, 188);
    draw_identity_step(cr, page, n, 554);
}
