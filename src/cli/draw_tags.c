#include "cli/draw_tags.h"

#include <cairo.h>

#include "overlay/overlay.h"

void nt_draw_tags(guint8 *pixels, int width, int height, int stride, gpointer user)
{
    const NtDrawTags *tags = user;
    NtOverlayOptions options = NT_OVERLAY_DEFAULTS;
    options.landmarks = tags->landmarks;
    cairo_surface_t *surface = cairo_image_surface_create_for_data(pixels, CAIRO_FORMAT_RGB24, width, height, stride);
    cairo_t *cr = cairo_create(surface);
    nt_overlay_draw(cr, tags->frame, &options);
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    cairo_surface_destroy(surface);
}
