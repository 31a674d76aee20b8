#include "export/draw_tags.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <math.h>

#include "media/still.h"
#include "overlay/explain_parts.h"

#define RGB_BYTES 3

void nt_draw_tags(guint8 *pixels, int width, int height, int stride, gpointer user)
{
    const NtDrawTags *tags = user;
    cairo_surface_t *surface = cairo_image_surface_create_for_data(pixels, CAIRO_FORMAT_RGB24, width, height, stride);
    cairo_t *cr = cairo_create(surface);
    nt_overlay_draw(cr, tags->frame, &tags->overlay);
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    cairo_surface_destroy(surface);
}

/* Of Cairo's RGB24 (a 32-bit word, red in bits 16..23, in the machine's byte order) the bytes R, G, B. */
static guint8 *rgb_from_surface(cairo_surface_t *surface, int width, int height)
{
    guint8 *rgb = g_malloc((gsize)width * (gsize)height * RGB_BYTES), *out = rgb;
    cairo_surface_flush(surface);
    const guint8 *pixels = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    for (int y = 0; y < height; y++) {
        const guint32 *in = (const guint32 *)(const void *)(pixels + (gsize)y * (gsize)stride);
        for (int x = 0; x < width; x++, out += RGB_BYTES) {
            out[0] = (guint8)(in[x] >> 16);
            out[1] = (guint8)(in[x] >> 8);
            out[2] = (guint8)in[x];
        }
    }
    return rgb;
}

/* The picture with square pixels; the surface itself when it has them. Takes surface. */
static cairo_surface_t *make_square(cairo_surface_t *surface, int height, int square_width)
{
    if (cairo_image_surface_get_width(surface) == square_width)
        return surface;
    cairo_surface_t *square = cairo_image_surface_create(CAIRO_FORMAT_RGB24, square_width, height);
    cairo_t *cr = cairo_create(square);
    cairo_scale(cr, square_width / (double)cairo_image_surface_get_width(surface), 1);
    cairo_set_source_surface(cr, surface, 0, 0);
    cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD); /* else the edges fade to black */
    cairo_paint(cr);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return square;
}

gboolean nt_draw_tags_save(const NtImage *rgb, double pixel_aspect, const NtTaggedFrame *frame,
                           const NtOverlayOptions *overlay, const char *path, GError **error)
{
    const int width = MAX(1, (int)lround(rgb->width * pixel_aspect));
    cairo_surface_t *surface = nt_explain_surface(rgb);
    if (cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS)
        surface = make_square(surface, rgb->height, width);
    cairo_status_t status = cairo_surface_status(surface);
    if (status != CAIRO_STATUS_SUCCESS) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, _("cannot draw on a picture of %d x %d pixels: %s"),
                    rgb->width, rgb->height, cairo_status_to_string(status));
        cairo_surface_destroy(surface);
        return FALSE;
    }
    cairo_t *cr = cairo_create(surface);
    cairo_scale(cr, width / (double)rgb->width, 1);
    nt_overlay_draw(cr, frame, overlay);
    cairo_destroy(cr);

    g_autofree guint8 *pixels = rgb_from_surface(surface, width, rgb->height);
    cairo_surface_destroy(surface);
    const NtImage drawn = {pixels, width, rgb->height, (ptrdiff_t)width * RGB_BYTES, NT_PIXELS_RGB24};
    return nt_still_save(&drawn, path, error);
}
