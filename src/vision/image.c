#include "vision/image.h"

/* Fixed point for the YUV matrix: 14 bits keep every product of 8-bit samples inside 32. */
#define FRACTION_BITS 14
#define LUMA_OFFSET 16
#define CHROMA_OFFSET 128

static inline uint8_t clamp_byte(int v) { return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v); }

static int to_fixed(double v) { return (int)lround(v * (1 << FRACTION_BITS)); }

void nt_yuv_to_rgb(const NtYuvImage *yuv, NtRect rect, uint8_t *out, ptrdiff_t out_stride)
{
    const double kr = yuv->kr, kb = yuv->kb, kg = 1 - kr - kb;
    const double y_range = yuv->full_range ? 1 : 255.0 / 219, c_range = yuv->full_range ? 1 : 255.0 / 224;
    const int y_offset = yuv->full_range ? 0 : LUMA_OFFSET;
    const int y_gain = to_fixed(y_range);
    const int r_v = to_fixed(2 * (1 - kr) * c_range), b_u = to_fixed(2 * (1 - kb) * c_range);
    const int g_u = to_fixed(2 * (1 - kb) * kb / kg * c_range), g_v = to_fixed(2 * (1 - kr) * kr / kg * c_range);
    const int half = 1 << (FRACTION_BITS - 1);

    for (int y = rect.top; y <= rect.bottom; y++, out += out_stride) {
        const uint8_t *luma = yuv->y + y * yuv->y_stride;
        const uint8_t *us = yuv->u + (y / 2) * yuv->uv_stride, *vs = yuv->v + (y / 2) * yuv->uv_stride;
        uint8_t *rgb = out;
        for (int x = rect.left; x <= rect.right; x++, rgb += 3) {
            const int u = us[x / 2 * yuv->uv_step] - CHROMA_OFFSET, v = vs[x / 2 * yuv->uv_step] - CHROMA_OFFSET;
            const int base = (luma[x] - y_offset) * y_gain + half;
            rgb[0] = clamp_byte((base + r_v * v) >> FRACTION_BITS);
            rgb[1] = clamp_byte((base - g_u * u - g_v * v) >> FRACTION_BITS);
            rgb[2] = clamp_byte((base + b_u * u) >> FRACTION_BITS);
        }
    }
}

void nt_rgb_to_gray(const NtImage *rgb, uint8_t *out, ptrdiff_t out_stride)
{
    for (int y = 0; y < rgb->height; y++, out += out_stride) {
        const uint8_t *in = nt_image_row(rgb, y);
        for (int x = 0; x < rgb->width; x++, in += 3)
            out[x] = (uint8_t)((in[0] + in[1] + in[2]) / 3);
    }
}
