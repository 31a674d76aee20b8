#include "app/shown.h"

#include <string.h>

#include "app/viewing_private.h"

NtShown *nt_shown_new(void)
{
    NtShown *shown = g_new0(NtShown, 1);
    shown->ref_count = 1;
    shown->pixel_aspect = 1;
    return shown;
}

NtShown *nt_shown_ref(NtShown *shown)
{
    g_atomic_int_inc(&shown->ref_count);
    return shown;
}

void nt_shown_unref(NtShown *shown)
{
    if (!shown || !g_atomic_int_dec_and_test(&shown->ref_count))
        return;
    g_clear_object(&shown->texture);
    nt_tagged_frame_unref(shown->tagged);
    nt_frame_unref(shown->frame);
    g_clear_pointer(&shown->still_pixels, g_bytes_unref);
    g_free(shown);
}

const NtFace *nt_shown_find(const NtShown *shown, guint64 track)
{
    for (guint i = 0; track != 0 && i < shown->tagged->n_faces; i++)
        if (shown->tagged->faces[i].track == track)
            return &shown->tagged->faces[i];
    return NULL;
}

void nt_shown_to_rgb(const NtShown *shown, NtImage *rgb)
{
    const NtYuvImage *yuv = shown->frame ? nt_frame_image(shown->frame) : NULL;
    const int width = yuv ? yuv->width : shown->still->rgb.width, height = yuv ? yuv->height : shown->still->rgb.height;
    const ptrdiff_t stride = (ptrdiff_t)width * nt_channels(NT_PIXELS_RGB24);
    guint8 *pixels = g_malloc_n((gsize)height, (gsize)stride);
    if (yuv)
        nt_yuv_to_rgb(yuv, (NtRect){0, 0, width - 1, height - 1}, pixels, stride);
    for (int y = 0; !yuv && y < height; y++)
        memcpy(pixels + y * stride, nt_image_row(&shown->still->rgb, y), (gsize)stride);
    *rgb = (NtImage){pixels, width, height, stride, NT_PIXELS_RGB24};
}
