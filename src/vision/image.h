/* Nametag - pictures as views, and the one convention for coordinates.
 *
 * A picture is never owned here: a view says where somebody else's pixels are. Rows may be padded, so address a row
 * by stride, never by width. Formats are 8 bits a sample.
 *
 * Coordinates: x runs right, y runs down; integer (x, y) is the centre of pixel column x, row y; (0, 0) is the top
 * left pixel. Real coordinates round to pixels by nt_round(): floor(v + 0.5). A rectangle is INCLUSIVE on all four
 * sides (width = right - left + 1), may lie partly or wholly outside its picture, and is empty when right < left or
 * bottom < top.
 */
#ifndef NT_IMAGE_H
#define NT_IMAGE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

typedef enum NtPixelFormat {
    NT_PIXELS_GRAY8, /* one byte a pixel: luma as it comes, or the plain mean (R+G+B)/3 rounded down */
    NT_PIXELS_RGB24, /* three bytes a pixel: R, G, B */
} NtPixelFormat;

typedef struct NtImage {
    const uint8_t *pixels;
    int width, height;
    ptrdiff_t stride; /* bytes from one row to the next, >= width * channels */
    NtPixelFormat format;
} NtImage;

/* A decoded video frame in 4:2:0: full-size luma, chroma halved both ways (rounded up). */
typedef struct NtYuvImage {
    const uint8_t *y, *u, *v;
    ptrdiff_t y_stride, uv_stride;
    int uv_step;     /* bytes between neighbouring chroma samples: 1 for I420, 2 for NV12 */
    int width, height;
    double kr, kb;   /* the matrix: 0.299, 0.114 for BT.601; 0.2126, 0.0722 for BT.709 */
    int full_range;  /* 0: luma 16..235, chroma 16..240 */
} NtYuvImage;

typedef struct NtRect {
    int left, top, right, bottom; /* inclusive */
} NtRect;

typedef struct NtPoint {
    double x, y;
} NtPoint;

static inline int nt_channels(NtPixelFormat format) { return format == NT_PIXELS_RGB24 ? 3 : 1; }
static inline const uint8_t *nt_image_row(const NtImage *image, int y) { return image->pixels + y * image->stride; }
static inline int nt_round(double v) { return (int)floor(v + 0.5); }
static inline int nt_rect_width(NtRect r) { return r.right - r.left + 1; }
static inline int nt_rect_height(NtRect r) { return r.bottom - r.top + 1; }
static inline int nt_rect_is_empty(NtRect r) { return r.right < r.left || r.bottom < r.top; }

/* A square between pixels: where a face is followed to. Centre and side; as a rectangle it covers side pixels. */
typedef struct NtSquare {
    double x, y, side;
} NtSquare;

/* Rectangles of faces are square but for a pixel: the side is the mean of width and height. */
static inline NtSquare nt_square_of_rect(NtRect r)
{
    return (NtSquare){(r.left + r.right) / 2.0, (r.top + r.bottom) / 2.0, (nt_rect_width(r) + nt_rect_height(r)) / 2.0};
}

static inline NtRect nt_rect_of_square(NtSquare s)
{
    const int side = nt_round(s.side), left = nt_round(s.x - (s.side - 1) / 2), top = nt_round(s.y - (s.side - 1) / 2);
    return (NtRect){left, top, left + side - 1, top + side - 1};
}

/* The luma plane of a frame as a GRAY8 view. Detection and landmarks need nothing else. */
static inline NtImage nt_yuv_luma(const NtYuvImage *yuv)
{
    return (NtImage){yuv->y, yuv->width, yuv->height, yuv->y_stride, NT_PIXELS_GRAY8};
}

/* Converts the part of a frame inside rect (which must lie inside the frame) to RGB24; out has
 * nt_rect_height(rect) rows of out_stride bytes. Chroma is taken from the nearest sample. */
void nt_yuv_to_rgb(const NtYuvImage *yuv, NtRect rect, uint8_t *out, ptrdiff_t out_stride);

/* GRAY8 plain mean (R+G+B)/3, rounded down, of an RGB24 picture; out has height rows of out_stride bytes. */
void nt_rgb_to_gray(const NtImage *rgb, uint8_t *out, ptrdiff_t out_stride);

#endif
