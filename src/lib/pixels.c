/* The caller's pictures: checked, and as the engine wants them. */
#include "lib/lib_private.h"

#include <stdlib.h>

/* As many as the detector works on. */
#define MOST_PIXELS (G_GINT64_CONSTANT(1) << 28)
/* Bytes from a row to the next: more is a number that was never set. */
#define MOST_STRIDE ((ptrdiff_t)1 << 30)
/* Beyond this height video is high definition, and that is BT.709. */
#define MOST_SD_HEIGHT 576

/* What each format is made of. */
typedef struct Layout {
    int n_planes;
    int step[3];       /* bytes from a sample of a plane to the next */
    gboolean is_yuv;   /* the planes after the first are halved both ways */
    int red, green, blue; /* bytes within a pixel, of those that are copied */
} Layout;

static const Layout layouts[] = {
    [NAMETAG_RGB] = {.n_planes = 1, .step = {3}, .red = 0, .green = 1, .blue = 2},
    [NAMETAG_BGR] = {.n_planes = 1, .step = {3}, .red = 2, .green = 1, .blue = 0},
    [NAMETAG_RGBA] = {.n_planes = 1, .step = {4}, .red = 0, .green = 1, .blue = 2},
    [NAMETAG_BGRA] = {.n_planes = 1, .step = {4}, .red = 2, .green = 1, .blue = 0},
    [NAMETAG_GRAY] = {.n_planes = 1, .step = {1}, .red = 0, .green = 0, .blue = 0},
    [NAMETAG_I420] = {.n_planes = 3, .step = {1, 1, 1}, .is_yuv = TRUE},
    [NAMETAG_NV12] = {.n_planes = 2, .step = {1, 2}, .is_yuv = TRUE},
};

static const Layout *layout_of(const NametagPicture *picture)
{
    const unsigned format = (unsigned)picture->format; /* as the caller has it: any number */
    return format < G_N_ELEMENTS(layouts) ? &layouts[format] : NULL;
}

static NametagStatus check_plane(const NametagPicture *picture, const Layout *layout, int plane, NtLibWords *words)
{
    const gboolean halved = layout->is_yuv && plane > 0;
    const gint64 columns = halved ? ((gint64)picture->width + 1) / 2 : picture->width;
    const gint64 rows = halved ? ((gint64)picture->height + 1) / 2 : picture->height;
    const gint64 row_bytes = columns * layout->step[plane];
    const ptrdiff_t stride = picture->strides[plane];
    uintptr_t end;
    if (!picture->planes[plane])
        return nt_lib_fail(words, NAMETAG_ERROR_ARGUMENT, "the picture's plane %d is NULL", plane);
    if (stride < row_bytes || stride > MOST_STRIDE)
        return nt_lib_fail(words, NAMETAG_ERROR_ARGUMENT,
                           "the stride of the picture's plane %d is %td; its rows have %" G_GINT64_FORMAT " bytes", plane,
                           stride, row_bytes);
    if (__builtin_add_overflow((uintptr_t)picture->planes[plane], (guint64)stride * (guint64)rows, &end))
        return nt_lib_fail(words, NAMETAG_ERROR_ARGUMENT, "the picture's plane %d reaches beyond the end of memory", plane);
    return NAMETAG_OK;
}

static NametagStatus check(const NametagPicture *picture, const Layout *layout, NtLibWords *words)
{
    if (!layout)
        return nt_lib_fail(words, NAMETAG_ERROR_ARGUMENT, "there is no format %d of pictures", (int)picture->format);
    if ((unsigned)picture->colour > NAMETAG_COLOUR_BT709_FULL)
        return nt_lib_fail(words, NAMETAG_ERROR_ARGUMENT, "there is no colour %d of pictures", (int)picture->colour);
    if (picture->width < 1 || picture->height < 1 || (gint64)picture->width * picture->height > MOST_PIXELS)
        return nt_lib_fail(words, NAMETAG_ERROR_ARGUMENT, "the picture has %d x %d pixels; 1 to %" G_GINT64_FORMAT
                           " are possible", picture->width, picture->height, MOST_PIXELS);
    for (int plane = 0; plane < layout->n_planes; plane++) {
        const NametagStatus status = check_plane(picture, layout, plane, words);
        if (status != NAMETAG_OK)
            return status;
    }
    if (layout->n_planes == 3 && picture->strides[1] != picture->strides[2])
        return nt_lib_fail(words, NAMETAG_ERROR_UNSUPPORTED, "the strides of the picture's planes 1 and 2 differ");
    return NAMETAG_OK;
}

static NtYuvImage view_yuv(const NametagPicture *picture, const Layout *layout)
{
    const gboolean interleaved = layout->n_planes == 2;
    const gboolean is_709 = picture->colour == NAMETAG_COLOUR_AUTO ? picture->height > MOST_SD_HEIGHT
                                                                   : picture->colour >= NAMETAG_COLOUR_BT709;
    return (NtYuvImage){
        .y = picture->planes[0],
        .u = picture->planes[1],
        .v = interleaved ? picture->planes[1] + 1 : picture->planes[2],
        .y_stride = picture->strides[0],
        .uv_stride = picture->strides[1],
        .uv_step = interleaved ? 2 : 1,
        .width = picture->width,
        .height = picture->height,
        .kr = is_709 ? 0.2126 : 0.299,
        .kb = is_709 ? 0.0722 : 0.114,
        .full_range = picture->colour == NAMETAG_COLOUR_BT601_FULL || picture->colour == NAMETAG_COLOUR_BT709_FULL,
    };
}

/* Every pixel has the same chroma, which is none. */
static NtYuvImage view_gray(const NametagPicture *picture)
{
    static const guint8 neutral = 128;
    return (NtYuvImage){.y = picture->planes[0], .u = &neutral, .v = &neutral, .y_stride = picture->strides[0],
                        .uv_stride = 0, .uv_step = 0, .width = picture->width, .height = picture->height,
                        .kr = 0.299, .kb = 0.114, .full_range = TRUE};
}

/* The pixels as R, G, B; FALSE without memory. */
static gboolean convert(const NametagPicture *picture, const Layout *layout, NtLibPixels *pixels, NtImage *rgb)
{
    const size_t stride = (size_t)picture->width * 3, size = stride * (size_t)picture->height;
    if (size > pixels->capacity) {
        free(pixels->data);
        pixels->data = malloc(size);
        pixels->capacity = pixels->data ? size : 0;
        if (!pixels->data)
            return FALSE;
    }
    for (int y = 0; y < picture->height; y++) {
        const guint8 *from = picture->planes[0] + y * picture->strides[0];
        guint8 *to = pixels->data + (size_t)y * stride;
        for (int x = 0; x < picture->width; x++, from += layout->step[0], to += 3) {
            to[0] = from[layout->red];
            to[1] = from[layout->green];
            to[2] = from[layout->blue];
        }
    }
    *rgb = (NtImage){pixels->data, picture->width, picture->height, (ptrdiff_t)stride, NT_PIXELS_RGB24};
    return TRUE;
}

NametagStatus nt_lib_view(const NametagPicture *picture, NtLibGray gray, NtLibPixels *pixels, NametagPicture *checked,
                          NtLibView *view, NtLibWords *words)
{
    if (!nt_lib_read_sized(checked, sizeof *checked, picture))
        return nt_lib_fail(words, NAMETAG_ERROR_ARGUMENT,
                           "the picture is not of this version; begin with NAMETAG_PICTURE_INIT");
    const Layout *layout = layout_of(checked);
    const NametagStatus status = check(checked, layout, words);
    if (status != NAMETAG_OK)
        return status;
    const gboolean gray_luma = checked->format == NAMETAG_GRAY && gray == NT_LIB_GRAY_AS_YUV;
    *view = (NtLibView){.is_yuv = layout->is_yuv || gray_luma};
    if (layout->is_yuv)
        view->yuv = view_yuv(checked, layout);
    else if (gray_luma)
        view->yuv = view_gray(checked);
    else if (checked->format == NAMETAG_RGB)
        view->rgb = (NtImage){checked->planes[0], checked->width, checked->height, checked->strides[0], NT_PIXELS_RGB24};
    else if (!convert(checked, layout, pixels, &view->rgb))
        return nt_lib_fail(words, NAMETAG_ERROR_MEMORY, "there is not enough memory for a picture of %d x %d pixels",
                           checked->width, checked->height);
    return NAMETAG_OK;
}
