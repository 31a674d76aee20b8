#include "vision/pyramid.h"

/* Columns are computed four at a time, each lane adding up its own float position (pyramid.h says why). */
#define LANES 4

/* How boxes map: up the 5/6 pyramid v * 6/5 + 0.3; from the 2:1 enlargement v / 2 minus an offset for each axis. */
#define LEVEL_OFFSET 0.3
#define HALVE_OFFSET_X 1.25
#define HALVE_OFFSET_Y 0.75

int nt_pyramid_levels(int width, int height)
{
    int right = width - 1, bottom = height - 1, levels = 0;
    do {
        right = nt_round((right - LEVEL_OFFSET) * (5.0 / 6));
        bottom = nt_round((bottom - LEVEL_OFFSET) * (5.0 / 6));
        levels++;
    } while (right + 1 >= NT_PYRAMID_MIN_SIDE && bottom + 1 >= NT_PYRAMID_MIN_SIDE);
    return levels;
}

/* The two source rows of a row of the result, and the weight of the lower one. */
typedef struct RowPair {
    const uint8_t *top, *bottom;
    double weight;
} RowPair;

/* The columns that four lanes at a time can do: up to the first group whose last lane needs a column beyond the picture.
 * Returns how many. channels is a constant at each call, so that the inner loop unrolls. */
static inline int resize_lanes(RowPair rows, int in_width, uint8_t *out, int out_width, double scale, int channels)
{
    const float bottom_weight = (float)rows.weight, top_weight = (float)(1 - rows.weight);
    const float step = (float)(LANES * scale);
    const double start = -LANES * scale;
    float position[LANES] = {(float)start, (float)(start + scale), (float)(start + 2 * scale),
                             (float)(start + 3 * scale)};
    int column = 0;

    while (column + LANES <= out_width) {
        int left[LANES];
        for (int i = 0; i < LANES; i++) {
            position[i] += step;
            left[i] = (int)position[i];
        }
        if (left[LANES - 1] + 1 >= in_width)
            break;
        for (int i = 0; i < LANES; i++) {
            const float right_part = position[i] - (float)left[i], left_part = 1.f - right_part;
            const float tl = top_weight * left_part, tr = top_weight * right_part;
            const float bl = bottom_weight * left_part, br = bottom_weight * right_part;
            const uint8_t *top = rows.top + left[i] * channels, *bottom = rows.bottom + left[i] * channels;
            for (int k = 0; k < channels; k++) {
                float v = tl * top[k] + tr * top[k + channels] + bl * bottom[k] + br * bottom[k + channels];
                *out++ = channels == 3 ? (uint8_t)(int)v : (uint8_t)(v + 0.5);
            }
        }
        column += LANES;
    }
    return column;
}

/* The remaining columns: colour in double, gray from a float position; both truncate. */
static void resize_tail(RowPair rows, int in_width, uint8_t *out, int out_width, double scale, int channels, int column)
{
    const double b = rows.weight;
    double x = -scale + column * scale;
    for (out += column * channels; column < out_width; column++) {
        x += scale;
        int left = (int)floor(x);
        if (left > in_width - 1)
            left = in_width - 1;
        const int right = left + 1 < in_width ? left + 1 : in_width - 1;
        if (channels == 3) {
            const double f = x - left;
            for (int k = 0; k < 3; k++)
                *out++ = (uint8_t)((1 - b) * ((1 - f) * rows.top[3 * left + k] + f * rows.top[3 * right + k]) +
                                   b * ((1 - f) * rows.bottom[3 * left + k] + f * rows.bottom[3 * right + k]));
        } else {
            const float f = (float)(x - left);
            const float tl = rows.top[left], tr = rows.top[right], bl = rows.bottom[left], br = rows.bottom[right];
            const float v = (float)((1 - b) * ((1 - f) * tl + f * tr) + b * ((1 - f) * bl + f * br));
            *out++ = (uint8_t)v;
        }
    }
}

void nt_pyramid_resize(const NtImage *in, uint8_t *out, int out_width, int out_height, ptrdiff_t out_stride)
{
    const double x_scale = (in->width - 1) / (double)(out_width > 1 ? out_width - 1 : 1);
    const double y_scale = (in->height - 1) / (double)(out_height > 1 ? out_height - 1 : 1);
    double y = -y_scale;

    for (int row = 0; row < out_height; row++, out += out_stride) {
        y += y_scale;
        int top = (int)floor(y);
        if (top > in->height - 1)
            top = in->height - 1;
        const int bottom = top + 1 < in->height ? top + 1 : in->height - 1;
        const RowPair rows = {nt_image_row(in, top), nt_image_row(in, bottom), y - top};
        if (in->format == NT_PIXELS_RGB24)
            resize_tail(rows, in->width, out, out_width, x_scale, 3,
                        resize_lanes(rows, in->width, out, out_width, x_scale, 3));
        else
            resize_tail(rows, in->width, out, out_width, x_scale, 1,
                        resize_lanes(rows, in->width, out, out_width, x_scale, 1));
    }
}

NtRect nt_pyramid_rect_up(NtRect rect, int levels)
{
    double edges[4] = {rect.left, rect.top, rect.right, rect.bottom};
    for (int i = 0; i < levels; i++)
        for (int k = 0; k < 4; k++)
            edges[k] = edges[k] * (6 / 5.0) + LEVEL_OFFSET;
    return (NtRect){nt_round(edges[0]), nt_round(edges[1]), nt_round(edges[2]), nt_round(edges[3])};
}

NtRect nt_upsampled_rect_down(NtRect rect, int times)
{
    double edges[4] = {rect.left, rect.top, rect.right, rect.bottom};
    for (int i = 0; i < times; i++)
        for (int k = 0; k < 4; k++)
            edges[k] = edges[k] / 2 - (k % 2 ? HALVE_OFFSET_Y : HALVE_OFFSET_X);
    return (NtRect){nt_round(edges[0]), nt_round(edges[1]), nt_round(edges[2]), nt_round(edges[3])};
}
