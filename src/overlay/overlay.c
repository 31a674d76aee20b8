#include "overlay/overlay.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <pango/pangocairo.h>

#include "overlay/face_lines.h"
#include "overlay/layout.h"

/* Sizes in shares of the picture's smaller side, with a floor that keeps them legible on the smallest pictures. */
#define LINE_SHARE (1 / 240.0)
#define MIN_LINE_PX 1.5
#define FONT_SHARE (1 / 26.0)
#define MIN_FONT_PX 11.0
#define DOT_OF_LINE 0.8        /* radius of a landmark, in line widths, on a face that is large enough */
#define DOT_OF_FACE (1 / 90.0) /* and in box widths, on one that is not */
#define CORNER_SHARE 0.22      /* of the box's side that a corner bracket runs along */
#define OUTLINE_ALPHA 0.55
#define UNKNOWN_LEVEL 0.80
#define LABEL_PADDING 0.35 /* of the font's size */
/* How solid a face is drawn that was not detected in this very frame. Little less, as it may be detected in the next
 * one: a tag that comes and goes would be worse than one that does not tell. */
#define FOLLOWED_ALPHA 0.8
#define PREDICTED_ALPHA 0.55
/* A face that is pointed at or selected: how much bolder its lines and how much larger its label. */
#define LIT_LINE 1.5
#define LIT_FONT 1.15
#define LIT_BRIGHTEN 0.35 /* of the way to white */
/* On a screen: labels in a share of the picture's smaller side as it is shown, but text of a size that windows have. */
#define SHOWN_FONT_SHARE (1 / 32.0)
#define SHOWN_MIN_FONT_PX 12.0
#define SHOWN_MAX_FONT_PX 20.0
/* Of a font's size: how much text measured without a surface may differ from text on one. */
#define EXTENT_SLACK 1.0

/* After Okabe and Ito's palette for colour-blind readers, light enough to read dark text on. */
static const double palette[][3] = {
    {0.94, 0.71, 0.16}, /* amber */
    {0.42, 0.75, 0.95}, /* sky */
    {0.16, 0.78, 0.60}, /* green */
    {0.97, 0.92, 0.36}, /* yellow */
    {0.96, 0.53, 0.28}, /* vermilion */
    {0.91, 0.62, 0.80}, /* pink */
    {0.60, 0.65, 0.98}, /* periwinkle */
};

typedef struct Sizes {
    double line, font;
} Sizes;

/* How one face is drawn. */
typedef struct Style {
    double rgb[3];
    double solidity;
    Sizes sizes;
    gboolean lit, selected;
} Style;

static double font_for(const NtTaggedFrame *frame)
{
    return MAX(MIN(frame->width, frame->height) * FONT_SHARE, MIN_FONT_PX);
}

static Sizes sizes_for(const NtTaggedFrame *frame, double scale)
{
    return (Sizes){MAX(MIN(frame->width, frame->height) * LINE_SHARE, MIN_LINE_PX) * scale, font_for(frame) * scale};
}

double nt_overlay_scale_for(const NtTaggedFrame *frame, double shown_scale, double text_scale)
{
    const double shown_side = MIN(frame->width, frame->height) * shown_scale;
    const double wanted = CLAMP(shown_side * SHOWN_FONT_SHARE, SHOWN_MIN_FONT_PX, SHOWN_MAX_FONT_PX) * text_scale;
    return wanted / (font_for(frame) * shown_scale);
}

void nt_overlay_color(const char *name, double rgb[3])
{
    if (!name) {
        rgb[0] = rgb[1] = rgb[2] = UNKNOWN_LEVEL;
        return;
    }
    /* FNV-1a: the same name has the same colour everywhere and for ever. */
    guint32 hash = 2166136261u;
    for (const char *c = name; *c; c++)
        hash = (hash ^ (guint8)*c) * 16777619u;
    const double *color = palette[(hash ^ hash >> 16) % G_N_ELEMENTS(palette)];
    for (int i = 0; i < 3; i++)
        rgb[i] = color[i];
}

char *nt_overlay_label(const NtVerdict *verdict)
{
    switch (verdict->kind) {
    case NT_VERDICT_NAME:
        return g_strdup(verdict->name);
    case NT_VERDICT_UNSURE:
        return g_strconcat(verdict->name, "?", NULL);
    case NT_VERDICT_UNKNOWN:
        break;
    }
    return verdict->unknown > 0 ? g_strdup_printf(_("unknown %u"), verdict->unknown) : g_strdup(_("unknown"));
}

static void set_color(cairo_t *cr, const double rgb[3], double alpha)
{
    cairo_set_source_rgba(cr, rgb[0], rgb[1], rgb[2], alpha);
}

/* Strokes the path light on a dark outline, so that it shows on any background. */
static void stroke_outlined(cairo_t *cr, const double rgb[3], double width)
{
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_width(cr, width * 2);
    cairo_set_source_rgba(cr, 0, 0, 0, OUTLINE_ALPHA);
    cairo_stroke_preserve(cr);
    cairo_set_line_width(cr, width);
    set_color(cr, rgb, 1);
    cairo_stroke(cr);
}

static void bracket(cairo_t *cr, double x, double y, double dx, double dy)
{
    cairo_move_to(cr, x, y + dy);
    cairo_line_to(cr, x, y);
    cairo_line_to(cr, x + dx, y);
}

/* Corner brackets: the face stays visible. An unsure face's frame is dashed, a selected one's whole. */
static void draw_box(cairo_t *cr, const NtFace *face, const Style *style)
{
    const Sizes *sizes = &style->sizes;
    const NtRect box = face->detection.box;
    const double left = box.left, top = box.top, right = box.right + 1, bottom = box.bottom + 1;
    const double run = CORNER_SHARE * MIN(right - left, bottom - top);
    const double dashes[] = {sizes->line * 2.5, sizes->line * 2.5};
    cairo_save(cr);
    if (face->verdict.kind == NT_VERDICT_UNSURE) {
        cairo_set_dash(cr, dashes, G_N_ELEMENTS(dashes), 0);
        cairo_rectangle(cr, left, top, right - left, bottom - top);
    } else if (style->selected) {
        cairo_rectangle(cr, left, top, right - left, bottom - top);
    } else {
        bracket(cr, left, top, run, run);
        bracket(cr, right, top, -run, run);
        bracket(cr, left, bottom, run, -run);
        bracket(cr, right, bottom, -run, -run);
    }
    stroke_outlined(cr, style->rgb, sizes->line * 1.4);
    cairo_restore(cr);
}

static void draw_landmarks(cairo_t *cr, const NtFace *face, const Style *style)
{
    const NtPoint *points = face->landmarks;
    const double radius = MIN(style->sizes.line * DOT_OF_LINE, nt_rect_width(face->detection.box) * DOT_OF_FACE);
    for (guint i = 0; i < G_N_ELEMENTS(nt_face_lines); i++) {
        const NtFaceLine *line = &nt_face_lines[i];
        cairo_new_sub_path(cr);
        for (int k = line->first; k <= line->last; k++)
            cairo_line_to(cr, points[k].x + 0.5, points[k].y + 0.5);
        if (line->closed)
            cairo_close_path(cr);
    }
    cairo_set_line_width(cr, radius * 0.9);
    set_color(cr, style->rgb, 0.55);
    cairo_stroke(cr);
    for (int pass = 0; pass < 2; pass++) { /* all the outlines first, so that none covers a dot */
        for (int k = 0; k < NT_N_LANDMARKS; k++) {
            cairo_new_sub_path(cr);
            cairo_arc(cr, points[k].x + 0.5, points[k].y + 0.5, pass ? radius : radius * 1.6, 0, 2 * G_PI);
        }
        if (pass)
            cairo_set_source_rgb(cr, 1, 1, 1);
        else
            cairo_set_source_rgba(cr, 0, 0, 0, OUTLINE_ALPHA);
        cairo_fill(cr);
    }
}

static double solidity(const NtFace *face)
{
    switch (face->finding) {
    case NT_FOUND_DETECTED:
        break;
    case NT_FOUND_FOLLOWED:
        return FOLLOWED_ALPHA;
    case NT_FOUND_PREDICTED:
        return PREDICTED_ALPHA;
    }
    return 1;
}

static void rounded_rectangle(cairo_t *cr, const NtLabelBox *box, double radius)
{
    const double x = box->x, y = box->y, right = x + box->width, bottom = y + box->height;
    cairo_new_sub_path(cr);
    cairo_arc(cr, right - radius, y + radius, radius, -G_PI / 2, 0);
    cairo_arc(cr, right - radius, bottom - radius, radius, 0, G_PI / 2);
    cairo_arc(cr, x + radius, bottom - radius, radius, G_PI / 2, G_PI);
    cairo_arc(cr, x + radius, y + radius, radius, G_PI, 3 * G_PI / 2);
    cairo_close_path(cr);
}

/* Sets the text of a label, no wider than max_width. */
static void set_text(PangoLayout *layout, const char *text, double font, double max_width)
{
    PangoFontDescription *description = pango_font_description_from_string("Cantarell, DejaVu Sans, sans-serif");
    pango_font_description_set_weight(description, PANGO_WEIGHT_SEMIBOLD);
    pango_font_description_set_absolute_size(description, font * PANGO_SCALE);
    pango_layout_set_font_description(layout, description);
    pango_font_description_free(description);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_text(layout, text, -1);
    int width;
    pango_layout_get_pixel_size(layout, &width, NULL);
    if (width > max_width) {
        pango_layout_set_width(layout, (int)(max_width * PANGO_SCALE));
        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    }
}

/* Fills the layout and finds its place. */
static NtLabelBox place_label(PangoLayout *layout, const NtTaggedFrame *frame, const NtFace *face, const Style *style,
                              const NtOverlayOptions *options)
{
    const double font = style->sizes.font, padding = font * LABEL_PADDING;
    g_autofree char *text = options->label ? options->label(&face->verdict) : nt_overlay_label(&face->verdict);
    set_text(layout, text, font, MAX(frame->width - 2 * padding, font));
    int width, height;
    pango_layout_get_pixel_size(layout, &width, &height);
    return nt_layout_label(face->detection.box, width + 2 * padding, height + padding * 0.5, style->sizes.line * 2,
                           frame->width, frame->height);
}

static void draw_label(cairo_t *cr, const NtTaggedFrame *frame, const NtFace *face, const Style *style,
                       const NtOverlayOptions *options)
{
    const double padding = style->sizes.font * LABEL_PADDING;
    PangoLayout *layout = pango_cairo_create_layout(cr);
    const NtLabelBox label = place_label(layout, frame, face, style, options);
    if (style->lit || style->selected) {
        rounded_rectangle(cr, &label, MIN(padding, label.height / 2));
        stroke_outlined(cr, (const double[]){1, 1, 1}, style->sizes.line);
    }
    rounded_rectangle(cr, &label, MIN(padding, label.height / 2));
    const gboolean known = face->verdict.kind != NT_VERDICT_UNKNOWN;
    if (known)
        set_color(cr, style->rgb, 0.94 * style->solidity);
    else
        cairo_set_source_rgba(cr, 0.12, 0.12, 0.13, 0.72 * style->solidity);
    cairo_fill(cr);
    if (known)
        cairo_set_source_rgb(cr, 0.07, 0.07, 0.08);
    else
        cairo_set_source_rgb(cr, 0.93, 0.93, 0.93);
    cairo_move_to(cr, label.x + padding, label.y + padding * 0.25);
    pango_cairo_show_layout(cr, layout);
    g_object_unref(layout);
}

static void draw_frame_and_points(cairo_t *cr, const NtFace *face, const Style *style, const NtOverlayOptions *options)
{
    if (options->landmarks)
        draw_landmarks(cr, face, style);
    if (options->boxes)
        draw_box(cr, face, style);
}

typedef struct Extent {
    double left, top, right, bottom;
} Extent;

/* What encloses box and points, lines included. */
static Extent extent_of_face(const NtFace *face, const Sizes *sizes)
{
    const NtRect box = face->detection.box;
    Extent extent = {box.left, box.top, box.right + 1, box.bottom + 1};
    for (int k = 0; k < NT_N_LANDMARKS; k++) {
        extent.left = MIN(extent.left, face->landmarks[k].x);
        extent.top = MIN(extent.top, face->landmarks[k].y);
        extent.right = MAX(extent.right, face->landmarks[k].x);
        extent.bottom = MAX(extent.bottom, face->landmarks[k].y);
    }
    const double margin = 2 * sizes->line;
    return (Extent){extent.left - margin, extent.top - margin, extent.right + margin, extent.bottom + margin};
}

/* As one layer, so that outlines do not show through what they surround. */
static void draw_lightly(cairo_t *cr, const NtFace *face, const Style *style, const NtOverlayOptions *options)
{
    const Extent extent = extent_of_face(face, &style->sizes);
    cairo_save(cr);
    cairo_rectangle(cr, extent.left, extent.top, extent.right - extent.left, extent.bottom - extent.top);
    cairo_clip(cr);
    cairo_push_group(cr);
    draw_frame_and_points(cr, face, style, options);
    cairo_pop_group_to_source(cr);
    cairo_paint_with_alpha(cr, style->solidity);
    cairo_restore(cr);
}

static Style style_of(const NtFace *face, const NtOverlayOptions *options, const Sizes *sizes)
{
    Style style = {.solidity = solidity(face),
                   .sizes = *sizes,
                   .lit = options->lit && face->track == options->lit,
                   .selected = options->selected && face->track == options->selected};
    nt_overlay_color(face->verdict.kind == NT_VERDICT_UNKNOWN ? NULL : face->verdict.name, style.rgb);
    if (style.lit || style.selected) {
        style.solidity = 1;
        style.sizes.line *= LIT_LINE;
        style.sizes.font *= LIT_FONT;
        for (int i = 0; i < 3; i++)
            style.rgb[i] += (1 - style.rgb[i]) * LIT_BRIGHTEN;
    }
    return style;
}

static void draw_face(cairo_t *cr, const NtTaggedFrame *frame, const NtFace *face, const NtOverlayOptions *options,
                      const Style *style, gboolean label)
{
    if (label && options->names)
        draw_label(cr, frame, face, style, options);
    else if (!label && style->solidity < 1)
        draw_lightly(cr, face, style, options);
    else if (!label)
        draw_frame_and_points(cr, face, style, options);
}

void nt_overlay_draw(cairo_t *cr, const NtTaggedFrame *frame, const NtOverlayOptions *options)
{
    const Sizes sizes = sizes_for(frame, options->scale);
    cairo_save(cr);
    cairo_new_path(cr);
    /* Best detections are first in the frame and last here: on top, and above them what is lit. Labels come after all
     * boxes, so that none is hidden. */
    for (int pass = 0; pass < 4; pass++) {
        const gboolean label = pass >= 2, raised = pass % 2 == 1;
        for (guint i = frame->n_faces; i-- > 0;) {
            const Style style = style_of(&frame->faces[i], options, &sizes);
            if ((style.lit || style.selected) == raised)
                draw_face(cr, frame, &frame->faces[i], options, &style, label);
        }
    }
    cairo_restore(cr);
}

static void unite(Extent *all, Extent extent)
{
    all->left = MIN(all->left, extent.left);
    all->top = MIN(all->top, extent.top);
    all->right = MAX(all->right, extent.right);
    all->bottom = MAX(all->bottom, extent.bottom);
}

NtRect nt_overlay_extent(const NtTaggedFrame *frame, const NtOverlayOptions *options)
{
    const Sizes sizes = sizes_for(frame, options->scale);
    Extent all = {G_MAXINT, G_MAXINT, G_MININT, G_MININT};
    PangoContext *context = pango_font_map_create_context(pango_cairo_font_map_get_default());
    for (guint i = 0; i < frame->n_faces; i++) {
        const NtFace *face = &frame->faces[i];
        const Style style = style_of(face, options, &sizes);
        if (options->boxes || options->landmarks)
            unite(&all, extent_of_face(face, &style.sizes));
        if (options->names) {
            PangoLayout *layout = pango_layout_new(context);
            const NtLabelBox label = place_label(layout, frame, face, &style, options);
            const double slack = style.sizes.font * EXTENT_SLACK + 2 * style.sizes.line;
            unite(&all, (Extent){label.x - slack, label.y - slack, label.x + label.width + slack,
                                 label.y + label.height + slack});
            g_object_unref(layout);
        }
    }
    g_object_unref(context);
    if (all.right < all.left)
        return (NtRect){0, 0, -1, -1};
    /* Nobody sees what is beyond the picture. */
    return (NtRect){MAX((int)floor(all.left), 0), MAX((int)floor(all.top), 0),
                    MIN((int)ceil(all.right), frame->width - 1), MIN((int)ceil(all.bottom), frame->height - 1)};
}

NtTaggedFrame *nt_overlay_square_pixels(const NtTaggedFrame *frame, double pixel_aspect)
{
    NtTaggedFrame *square = nt_tagged_frame_new(frame->n_faces);
    square->index = frame->index;
    square->pts_ns = frame->pts_ns;
    square->width = MAX(nt_round(frame->width * pixel_aspect), 1);
    square->height = frame->height;
    square->cut = frame->cut;
    for (guint i = 0; i < frame->n_faces; i++) {
        NtFace *face = &square->faces[i];
        *face = frame->faces[i];
        face->chip = NULL;
        face->detection.box.left = nt_round(face->detection.box.left * pixel_aspect);
        face->detection.box.right = nt_round((face->detection.box.right + 1) * pixel_aspect) - 1;
        for (int k = 0; k < NT_N_LANDMARKS; k++)
            face->landmarks[k].x *= pixel_aspect;
    }
    return square;
}
