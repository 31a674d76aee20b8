#include "evaluate/degrade.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <math.h>
#include <string.h>

/* Beyond three sigma a Gaussian has less than a half grey step to give. */
#define BLUR_REACH 3

const NtDegradeStrength nt_degrade_default = {.blur = 3, .small_px = 24, .jpeg_quality = 15, .jpeg_px = 64};

static const char *const names[NT_N_DEGRADATIONS] = {"none", "blur", "small", "jpeg"};

const char *nt_degradation_name(NtDegradation degradation)
{
    return names[degradation];
}

char *nt_degradation_describe(NtDegradation degradation, const NtDegradeStrength *strength)
{
    switch (degradation) {
    case NT_DEGRADE_BLUR:
        return g_strdup_printf("blurred, sigma %g %% of the face's width", strength->blur);
    case NT_DEGRADE_SMALL:
        return g_strdup_printf("scaled down to a face of %d pixels and up again", strength->small_px);
    case NT_DEGRADE_JPEG:
        return g_strdup_printf("JPEG of quality %d at a face of at most %d pixels", strength->jpeg_quality,
                               strength->jpeg_px);
    default:
        return g_strdup("as they are");
    }
}

void nt_degraded_free(NtDegraded *degraded)
{
    if (!degraded)
        return;
    g_bytes_unref(degraded->pixels);
    g_free(degraded);
}

/* The view's owner keeps the pixels. */
static NtDegraded *wrap(GBytes *pixels, int width, int height, int stride)
{
    NtDegraded *degraded = g_new0(NtDegraded, 1);
    degraded->pixels = pixels;
    degraded->rgb = (NtImage){g_bytes_get_data(pixels, NULL), width, height, stride, NT_PIXELS_RGB24};
    return degraded;
}

static NtDegraded *wrap_pixbuf(GdkPixbuf *pixbuf)
{
    return wrap(gdk_pixbuf_read_pixel_bytes(pixbuf), gdk_pixbuf_get_width(pixbuf), gdk_pixbuf_get_height(pixbuf),
                gdk_pixbuf_get_rowstride(pixbuf));
}

/* The picture with rows of its own, packed. */
static GdkPixbuf *copy_picture(const NtImage *picture)
{
    GdkPixbuf *copy = gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, picture->width, picture->height);
    guint8 *rows = gdk_pixbuf_get_pixels(copy);
    const int stride = gdk_pixbuf_get_rowstride(copy);
    for (int y = 0; y < picture->height; y++)
        memcpy(rows + (gsize)y * stride, nt_image_row(picture, y), (gsize)picture->width * 3);
    return copy;
}

/* in [n][3] at step `step` bytes -> out [n][3] floats; the border's pixel goes on beyond it. */
static void blur_line(const float *in, float *out, int n, const float *weights, int reach)
{
    for (int x = 0; x < n; x++) {
        float sum[3] = {0};
        for (int k = -reach; k <= reach; k++) {
            const float *pixel = in + 3 * (gsize)CLAMP(x + k, 0, n - 1);
            for (int c = 0; c < 3; c++)
                sum[c] += weights[k + reach] * pixel[c];
        }
        memcpy(out + 3 * (gsize)x, sum, sizeof sum);
    }
}

/* Writes n pixels `step` bytes apart. */
static void store_line(const float *in, guint8 *out, int n, gsize step)
{
    for (int x = 0; x < n; x++)
        for (int c = 0; c < 3; c++)
            out[x * step + c] = (guint8)CLAMP(in[3 * (gsize)x + c] + 0.5f, 0, 255);
}

static void load_line(const guint8 *in, float *out, int n, gsize step)
{
    for (int x = 0; x < n; x++)
        for (int c = 0; c < 3; c++)
            out[3 * (gsize)x + c] = in[x * step + c];
}

static float *gaussian(double sigma, int reach)
{
    float *weights = g_new(float, 2 * (gsize)reach + 1);
    double sum = 0;
    for (int k = -reach; k <= reach; k++)
        sum += exp(-0.5 * k * k / (sigma * sigma));
    for (int k = -reach; k <= reach; k++)
        weights[k + reach] = (float)(exp(-0.5 * k * k / (sigma * sigma)) / sum);
    return weights;
}

/* Rows, then columns. */
static void blur(GdkPixbuf *picture, double sigma)
{
    const int width = gdk_pixbuf_get_width(picture), height = gdk_pixbuf_get_height(picture);
    const int stride = gdk_pixbuf_get_rowstride(picture), reach = MAX(1, (int)ceil(BLUR_REACH * sigma));
    guint8 *pixels = gdk_pixbuf_get_pixels(picture);
    g_autofree float *weights = gaussian(sigma, reach);
    g_autofree float *line = g_new(float, 3 * (gsize)MAX(width, height));
    g_autofree float *blurred = g_new(float, 3 * (gsize)MAX(width, height));
    for (int y = 0; y < height; y++) {
        guint8 *row = pixels + (gsize)y * stride;
        load_line(row, line, width, 3);
        blur_line(line, blurred, width, weights, reach);
        store_line(blurred, row, width, 3);
    }
    for (int x = 0; x < width; x++) {
        guint8 *column = pixels + 3 * (gsize)x;
        load_line(column, line, height, (gsize)stride);
        blur_line(line, blurred, height, weights, reach);
        store_line(blurred, column, height, (gsize)stride);
    }
}

/* gdk-pixbuf's bilinear filter averages the area when it scales down. NULL: out of memory. */
static GdkPixbuf *scale(const GdkPixbuf *picture, double factor)
{
    return gdk_pixbuf_scale_simple(picture, MAX(1, (int)lround(gdk_pixbuf_get_width(picture) * factor)),
                                   MAX(1, (int)lround(gdk_pixbuf_get_height(picture) * factor)), GDK_INTERP_BILINEAR);
}

static GdkPixbuf *recompress(GdkPixbuf *picture, int quality, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize size = 0;
    g_autofree char *setting = g_strdup_printf("%d", quality);
    if (!gdk_pixbuf_save_to_buffer(picture, &bytes, &size, "jpeg", error, "quality", setting, NULL))
        return NULL;
    g_autoptr(GdkPixbufLoader) loader = gdk_pixbuf_loader_new_with_type("jpeg", error);
    if (!loader)
        return NULL;
    const gboolean written = gdk_pixbuf_loader_write(loader, (const guint8 *)bytes, size, error);
    /* A loader must be closed whatever happened. */
    if (!gdk_pixbuf_loader_close(loader, written ? error : NULL) || !written)
        return NULL;
    return g_object_ref(gdk_pixbuf_loader_get_pixbuf(loader));
}

NtDegraded *nt_degrade(const NtImage *picture, double face_px, NtDegradation degradation,
                       const NtDegradeStrength *strength, GError **error)
{
    g_return_val_if_fail(picture->format == NT_PIXELS_RGB24 && face_px > 0, NULL);
    g_autoptr(GdkPixbuf) copy = copy_picture(picture);
    if (degradation == NT_DEGRADE_NONE)
        return wrap_pixbuf(copy);
    if (degradation == NT_DEGRADE_BLUR) {
        if (strength->blur > 0)
            blur(copy, strength->blur / 100 * face_px);
        return wrap_pixbuf(copy);
    }
    const int wanted_px = degradation == NT_DEGRADE_SMALL ? strength->small_px : strength->jpeg_px;
    g_autoptr(GdkPixbuf) worse = scale(copy, MIN(1, wanted_px / face_px));
    if (degradation == NT_DEGRADE_JPEG) {
        GdkPixbuf *compressed = recompress(worse, strength->jpeg_quality, error);
        if (!compressed)
            return NULL;
        g_object_unref(worse);
        worse = compressed;
    }
    g_autoptr(GdkPixbuf) enlarged =
        gdk_pixbuf_scale_simple(worse, picture->width, picture->height, GDK_INTERP_BILINEAR);
    return wrap_pixbuf(enlarged);
}
