#include "degrade.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <math.h>
#include <string.h>

NtImage picture_view(const Picture *p) { return (NtImage){p->pixels, p->width, p->height, p->width * 3, NT_PIXELS_RGB24}; }

/* Part of a picture resampled by gdk-pixbuf (area-true when shrinking); beyond the picture it repeats the edge. */
Picture picture_resample(const NtImage *image, NtRect part, int width, int height)
{
    g_autoptr(GdkPixbuf) cut = gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, nt_rect_width(part), nt_rect_height(part));
    guint8 *to = gdk_pixbuf_get_pixels(cut);
    for (int y = 0; y < nt_rect_height(part); y++)
        for (int x = 0; x < nt_rect_width(part); x++)
            memcpy(to + y * gdk_pixbuf_get_rowstride(cut) + 3 * x,
                   nt_image_row(image, CLAMP(part.top + y, 0, image->height - 1)) + 3 * CLAMP(part.left + x, 0, image->width - 1), 3);
    g_autoptr(GdkPixbuf) scaled = gdk_pixbuf_scale_simple(cut, width, height, GDK_INTERP_BILINEAR);
    Picture picture = {width, height, g_malloc((gsize)width * (gsize)height * 3)};
    for (int y = 0; y < height; y++)
        memcpy(picture.pixels + y * width * 3, gdk_pixbuf_get_pixels(scaled) + y * gdk_pixbuf_get_rowstride(scaled), (gsize)width * 3);
    return picture;
}

Picture picture_copy(const Picture *p)
{
    return (Picture){p->width, p->height, g_memdup2(p->pixels, (gsize)p->width * (gsize)p->height * 3)};
}

Picture picture_blurred(const Picture *p, double sigma)
{
    const int radius = (int)ceil(3 * sigma);
    g_autofree double *kernel = g_new(double, 2 * radius + 1), *line = g_new(double, MAX(p->width, p->height));
    double sum = 0;
    Picture out = picture_copy(p);
    for (int k = -radius; k <= radius; k++)
        sum += kernel[k + radius] = exp(-k * k / (2 * sigma * sigma));
    for (int pass = 0; pass < 2; pass++) {
        const int n = pass ? p->height : p->width, lines = pass ? p->width : p->height;
        const int step = pass ? p->width * 3 : 3, next = pass ? 3 : p->width * 3;
        for (int l = 0; l < lines * 3; l++) {
            guint8 *base = out.pixels + (l / 3) * next + l % 3;
            for (int i = 0; i < n; i++) {
                line[i] = 0;
                for (int k = -radius; k <= radius; k++)
                    line[i] += kernel[k + radius] / sum * base[CLAMP(i + k, 0, n - 1) * step];
            }
            for (int i = 0; i < n; i++)
                base[i * step] = (guint8)(line[i] + 0.5);
        }
    }
    return out;
}

Picture picture_jpegged(const Picture *p, int percent)
{
    g_autofree char *quality = g_strdup_printf("%d", percent), *data = NULL;
    gsize size;
    g_autoptr(GdkPixbuf) pixbuf =
        gdk_pixbuf_new_from_data(p->pixels, GDK_COLORSPACE_RGB, FALSE, 8, p->width, p->height, p->width * 3, NULL, NULL);
    g_assert_true(gdk_pixbuf_save_to_buffer(pixbuf, &data, &size, "jpeg", NULL, "quality", quality, NULL));
    g_autoptr(GdkPixbufLoader) loader = gdk_pixbuf_loader_new();
    g_assert_true(gdk_pixbuf_loader_write(loader, (guint8 *)data, size, NULL) && gdk_pixbuf_loader_close(loader, NULL));
    GdkPixbuf *back = gdk_pixbuf_loader_get_pixbuf(loader);
    Picture out = picture_copy(p);
    for (int y = 0; y < p->height; y++)
        memcpy(out.pixels + y * p->width * 3, gdk_pixbuf_get_pixels(back) + y * gdk_pixbuf_get_rowstride(back), (gsize)p->width * 3);
    return out;
}

/* value -> gain * 255 * (value / 255)^gamma, with Gaussian noise of that deviation. */
Picture picture_exposed(const Picture *p, double gain, double gamma, double noise)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    Picture out = picture_copy(p);
    for (int i = 0; i < p->width * p->height * 3; i++) {
        const double normal = sqrt(-2 * log(1 - g_rand_double(random))) * cos(2 * M_PI * g_rand_double(random));
        out.pixels[i] = (guint8)CLAMP(gain * 255 * pow(p->pixels[i] / 255.0, gamma) + noise * normal + 0.5, 0, 255);
    }
    return out;
}

/* The face moved out of the picture to the left by that share of its box. */
Picture picture_cut_off(const Picture *p, NtRect box, double share, NtRect *moved)
{
    const int n = MAX(0, box.left + (int)(share * nt_rect_width(box)));
    Picture out = {p->width - n, p->height, g_malloc((gsize)(p->width - n) * (gsize)p->height * 3)};
    for (int y = 0; y < p->height; y++)
        memcpy(out.pixels + y * out.width * 3, p->pixels + (y * p->width + n) * 3, (gsize)out.width * 3);
    *moved = (NtRect){box.left - n, box.top, box.right - n, box.bottom};
    return out;
}
