#include "overlay/explain_parts.h"

#include <math.h>

#include "overlay/face_lines.h"
#include "vision/pyramid.h"

#define DIRECTIONS 9
#define FIRST_UNSIGNED_PLANE 18
#define FAINT 0.25           /* weaker strokes are left out */
#define LEAST_STRONGEST 0.01 /* an even wall has no edges to make much of */
#define STROKE_REACH 0.46    /* half a stroke, in cells */
#define STROKE_WIDTH 0.13
#define SEAM 1.1 /* a hair wider than the step, so that no seam shows between neighbours */

const NtExplainMap nt_explain_map_light = {{0.12, 0.40, 0.71}, {1, 1, 1}, {0.87, 0.46, 0.08}};
const NtExplainMap nt_explain_map_dark = {{0.38, 0.68, 1.00}, {0.16, 0.16, 0.17}, {1.00, 0.62, 0.22}};

cairo_surface_t *nt_explain_surface(const NtImage *rgb)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, rgb->width, rgb->height);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
        return surface;
    const int stride = cairo_image_surface_get_stride(surface);
    guint8 *pixels = cairo_image_surface_get_data(surface);
    for (int y = 0; y < rgb->height; y++) {
        const guint8 *in = nt_image_row(rgb, y);
        guint32 *out = (guint32 *)(void *)(pixels + (gsize)y * (gsize)stride);
        for (int x = 0; x < rgb->width; x++, in += 3)
            out[x] = (guint32)in[0] << 16 | (guint32)in[1] << 8 | in[2];
    }
    cairo_surface_mark_dirty(surface);
    return surface;
}

guint8 *nt_explain_shrink(const NtImage *rgb, int max_width, NtImage *small)
{
    guint8 *owned = NULL;
    *small = *rgb;
    while (small->width > max_width && small->height > NT_PYRAMID_MIN_SIDE) {
        const int width = nt_pyramid_next_side(small->width), height = nt_pyramid_next_side(small->height);
        guint8 *next = g_malloc((gsize)width * (gsize)height * 3);
        nt_pyramid_resize(small, next, width, height, (ptrdiff_t)width * 3);
        g_free(owned);
        owned = next;
        *small = (NtImage){next, width, height, (ptrdiff_t)width * 3, NT_PIXELS_RGB24};
    }
    return owned;
}

void nt_explain_draw_picture(cairo_t *cr, const NtImage *rgb, int max_width)
{
    NtImage small;
    g_autofree guint8 *owned = nt_explain_shrink(rgb, max_width, &small);
    cairo_surface_t *surface = nt_explain_surface(&small);
    cairo_save(cr);
    cairo_scale(cr, (double)rgb->width / small.width, (double)rgb->height / small.height);
    cairo_set_source_surface(cr, surface, 0, 0);
    cairo_rectangle(cr, 0, 0, small.width, small.height);
    cairo_fill(cr);
    cairo_restore(cr);
    cairo_surface_destroy(surface);
}

static void draw_glyph(cairo_t *cr, const NtFhog *fhog, int row, int column, double strongest, const double rgb[3])
{
    for (int o = 0; o < DIRECTIONS; o++) {
        const double strength = nt_fhog_row(fhog, FIRST_UNSIGNED_PLANE + o, row)[column] / strongest;
        if (strength < FAINT)
            continue;
        /* The gradient points across the edge; the stroke runs along it. */
        const double angle = o * G_PI / DIRECTIONS + G_PI / 2;
        const double dx = cos(angle) * STROKE_REACH, dy = sin(angle) * STROKE_REACH;
        cairo_set_source_rgba(cr, rgb[0], rgb[1], rgb[2], strength * strength);
        cairo_move_to(cr, column + 0.5 - dx, row + 0.5 - dy);
        cairo_line_to(cr, column + 0.5 + dx, row + 0.5 + dy);
        cairo_stroke(cr);
    }
}

void nt_explain_draw_glyphs(cairo_t *cr, const NtFhog *fhog, const double rgb[3])
{
    double strongest = LEAST_STRONGEST;
    for (int r = 0; r < fhog->rows; r++)
        for (int o = 0; o < DIRECTIONS; o++)
            for (int c = 0; c < fhog->columns; c++)
                strongest = MAX(strongest, nt_fhog_row(fhog, FIRST_UNSIGNED_PLANE + o, r)[c]);
    cairo_set_line_width(cr, STROKE_WIDTH);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    for (int r = 0; r < fhog->rows; r++)
        for (int c = 0; c < fhog->columns; c++)
            draw_glyph(cr, fhog, r, c, strongest, rgb);
}

void nt_explain_trace_face(cairo_t *cr, const NtPoint points[NT_N_LANDMARKS])
{
    for (guint i = 0; i < G_N_ELEMENTS(nt_face_lines); i++) {
        const NtFaceLine *line = &nt_face_lines[i];
        cairo_new_sub_path(cr);
        for (int k = line->first; k <= line->last; k++)
            cairo_line_to(cr, points[k].x + 0.5, points[k].y + 0.5);
        if (line->closed)
            cairo_close_path(cr);
    }
}

void nt_explain_map_color(const NtExplainMap *map, double value, double rgb[3])
{
    const double t = isnan(value) ? 0 : CLAMP(value / NT_EXPLAIN_RANGE, -1, 1), rest = 1 - fabs(t);
    const double *end = t < 0 ? map->below : map->above;
    for (int i = 0; i < 3; i++)
        rgb[i] = end[i] + (map->zero[i] - end[i]) * rest;
}

void nt_explain_draw_numbers(cairo_t *cr, const NtExplainMap *map, const float embedding[NT_EMBEDDING_SIZE],
                             int columns, double x, double y, double width, double height)
{
    const int rows = (NT_EMBEDDING_SIZE + columns - 1) / columns;
    const double step = width / columns, down = height / rows;
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++) {
        const int row = i / columns, column = i % columns;
        double rgb[3];
        nt_explain_map_color(map, embedding[i], rgb);
        cairo_set_source_rgb(cr, rgb[0], rgb[1], rgb[2]);
        cairo_rectangle(cr, x + column * step, y + row * down, column + 1 < columns ? step * SEAM : step,
                        row + 1 < rows ? down * SEAM : down);
        cairo_fill(cr);
    }
}
