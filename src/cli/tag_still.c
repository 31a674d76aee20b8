#include <cairo.h>

#include "cli/tag_job.h"
#include "media/still.h"
#include "overlay/overlay.h"

/* Cairo's RGB24 (a 32-bit word, red in bits 16..23, in the machine's byte order) from bytes R, G, B. */
static cairo_surface_t *surface_from_rgb(const NtImage *rgb)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, rgb->width, rgb->height);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
        return surface;
    guint8 *pixels = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    for (int y = 0; y < rgb->height; y++) {
        const guint8 *in = nt_image_row(rgb, y);
        guint32 *out = (guint32 *)(void *)(pixels + (gsize)y * (gsize)stride);
        for (int x = 0; x < rgb->width; x++, in += 3)
            out[x] = (guint32)in[0] << 16 | (guint32)in[1] << 8 | in[2];
    }
    cairo_surface_mark_dirty(surface);
    return surface;
}

static guint8 *rgb_from_surface(cairo_surface_t *surface, int width, int height)
{
    guint8 *rgb = g_malloc((gsize)width * (gsize)height * 3), *out = rgb;
    cairo_surface_flush(surface);
    const guint8 *pixels = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    for (int y = 0; y < height; y++) {
        const guint32 *in = (const guint32 *)(const void *)(pixels + (gsize)y * (gsize)stride);
        for (int x = 0; x < width; x++, out += 3) {
            out[0] = (guint8)(in[x] >> 16);
            out[1] = (guint8)(in[x] >> 8);
            out[2] = (guint8)in[x];
        }
    }
    return rgb;
}

static gboolean save_annotated(const NtTagJob *job, const NtImage *rgb, const NtTaggedFrame *frame, const char *output,
                               GError **error)
{
    cairo_surface_t *surface = surface_from_rgb(rgb);
    cairo_status_t status = cairo_surface_status(surface);
    if (status != CAIRO_STATUS_SUCCESS) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot draw on a picture of %d x %d pixels: %s", rgb->width,
                    rgb->height, cairo_status_to_string(status));
        cairo_surface_destroy(surface);
        return FALSE;
    }
    NtOverlayOptions overlay = NT_OVERLAY_DEFAULTS;
    overlay.landmarks = job->landmarks;
    cairo_t *cr = cairo_create(surface);
    nt_overlay_draw(cr, frame, &overlay);
    cairo_destroy(cr);

    g_autofree guint8 *pixels = rgb_from_surface(surface, rgb->width, rgb->height);
    cairo_surface_destroy(surface);
    const NtImage drawn = {pixels, rgb->width, rgb->height, (ptrdiff_t)rgb->width * 3, NT_PIXELS_RGB24};
    return nt_still_save(&drawn, output, error);
}

gboolean nt_tag_still(const NtTagJob *job, const char *path, const char *output, NtUnknowns *unknowns, NtTagSummary *summary,
                      GError **error)
{
    g_autoptr(NtStill) still = nt_still_load(path, error);
    if (!still)
        return FALSE;
    NtEngineOptions options = job->options;
    options.workers = (int)job->n_threads;
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(job->models, job->classifier, &options);
    g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, &still->rgb, error);
    if (!frame)
        return FALSE;
    nt_unknowns_add(unknowns, frame, job->classifier ? nt_classifier_threshold(job->classifier) : 0);
    nt_tag_summary_add(summary, frame);
    if (job->records && !nt_records_write(job->records, path, frame, job->landmarks, error))
        return FALSE;
    return !output || save_annotated(job, &still->rgb, frame, output, error);
}
