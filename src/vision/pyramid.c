#include "vision/pyramid.h"

#include <string.h>

#include "vision/pyramid_kernel.h"

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

static RowPair source_rows(const NtImage *in, double y)
{
    int top = (int)floor(y);
    if (top > in->height - 1)
        top = in->height - 1;
    const int bottom = top + 1 < in->height ? top + 1 : in->height - 1;
    return (RowPair){nt_image_row(in, top), nt_image_row(in, bottom), y - top};
}

/* The columns that four lanes at a time can do, from left to right: up to the first group whose last lane needs a column
 * beyond the picture. */
typedef struct Lanes {
    float position[LANES], step;
    int column; /* of the first lane, once there was a first */
    int in_width, out_width;
} Lanes;

static Lanes lanes_begin(int in_width, int out_width, double scale)
{
    const double start = -LANES * scale;
    return (Lanes){{(float)start, (float)(start + scale), (float)(start + 2 * scale), (float)(start + 3 * scale)},
                   (float)(LANES * scale), -LANES, in_width, out_width};
}

/* The next four columns: their left neighbours and the weights of the right ones. 0 when there are no more. */
static inline int lanes_next(Lanes *lanes, int left[LANES], float right_part[LANES])
{
    if (lanes->column + 2 * LANES > lanes->out_width)
        return 0;
    float position[LANES];
    for (int i = 0; i < LANES; i++) {
        position[i] = lanes->position[i] + lanes->step;
        left[i] = (int)position[i];
    }
    if (left[LANES - 1] + 1 >= lanes->in_width)
        return 0;
    for (int i = 0; i < LANES; i++) {
        lanes->position[i] = position[i];
        right_part[i] = position[i] - (float)left[i];
    }
    lanes->column += LANES;
    return 1;
}

/* One byte: the weighted mean of four neighbours, the right ones `step` bytes on. */
static inline float mix(const uint8_t *top, const uint8_t *bottom, float top_weight, float bottom_weight,
                        float right_part, int step)
{
    const float left_part = 1.f - right_part;
    return top_weight * left_part * top[0] + top_weight * right_part * top[step] +
           bottom_weight * left_part * bottom[0] + bottom_weight * right_part * bottom[step];
}

/* Gray rounds, colour truncates. */
static inline uint8_t to_byte(float v, int rounded) { return rounded ? (uint8_t)(v + 0.5) : (uint8_t)(int)v; }

void nt_resize_row_plain(const NtResizeColumns *columns, const uint8_t *top, const uint8_t *bottom, float top_weight,
                         float bottom_weight, uint8_t *out)
{
    for (int g = 0; g < columns->n_groups; g++)
        for (int i = 0; i < NT_RESIZE_GROUP; i++) {
            const int left = columns->start[g] + columns->taps[g][i];
            const float v = mix(top + left, bottom + left, top_weight, bottom_weight, columns->right_part[g][i],
                                columns->channels);
            *out++ = to_byte(v, columns->rounded);
        }
}

static NtResizeRow *resize_row_for(NtCpuLevel level)
{
#ifdef __x86_64__
    if (level == NT_CPU_BASELINE)
        level = NT_CPU_PLAIN; /* the baseline has no shuffle of bytes */
#endif
    return NT_FOR_LEVEL(level, nt_resize_row);
}

/* One group of bytes, the first of them channel `channel` of column 0 of these. 0 when it reaches further than the kernel
 * looks. At the end of a row the window begins before the group, so that it ends with the row. */
static int add_group(NtResizeColumns *columns, const int *left, const float *right_part, int channel, int in_width)
{
    const int last_start = in_width * columns->channels - NT_RESIZE_WINDOW, first = left[0] * columns->channels;
    const int start = first < last_start ? first : last_start;
    uint8_t *taps = columns->taps[columns->n_groups];
    if (start < 0)
        return 0;
    memset(taps, 0, NT_RESIZE_WINDOW);
    for (int i = 0, c = 0, k = channel; i < NT_RESIZE_GROUP; i++) {
        const int tap = left[c] * columns->channels + k - start;
        if (tap + columns->channels >= NT_RESIZE_WINDOW)
            return 0;
        taps[i] = (uint8_t)tap;
        columns->right_part[columns->n_groups][i] = right_part[c];
        if (++k == columns->channels)
            k = 0, c++;
    }
    columns->start[columns->n_groups++] = start;
    return 1;
}

/* As many groups as fit, always of 8 whole columns (3 groups in colour). Returns 0 when there are none. */
static int gather_groups(Lanes *lanes, NtResizeColumns *columns)
{
    columns->n_groups = 0;
    while (columns->n_groups + columns->channels <= NT_RESIZE_GROUPS) {
        const Lanes before = *lanes;
        const int n_groups = columns->n_groups;
        int left[2 * LANES];
        float right_part[2 * LANES];
        int good = lanes_next(lanes, left, right_part) && lanes_next(lanes, left + LANES, right_part + LANES);
        for (int i = 0; good && i < columns->channels; i++) {
            const int byte = i * NT_RESIZE_GROUP, column = byte / columns->channels;
            good = add_group(columns, left + column, right_part + column, byte % columns->channels, lanes->in_width);
        }
        if (!good) {
            *lanes = before;
            columns->n_groups = n_groups;
            break;
        }
    }
    return columns->n_groups > 0;
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

/* What groups left of one row: the rest of the lanes' columns, then those beyond. */
static inline void finish_row(RowPair rows, Lanes lanes, uint8_t *line, double x_scale, int channels)
{
    const float bottom_weight = (float)rows.weight, top_weight = (float)(1 - rows.weight);
    int left[LANES];
    float right_part[LANES];
    while (lanes_next(&lanes, left, right_part))
        for (int i = 0; i < LANES; i++)
            for (int k = 0; k < channels; k++) {
                const int at = left[i] * channels + k;
                const float v = mix(rows.top + at, rows.bottom + at, top_weight, bottom_weight, right_part[i], channels);
                line[(lanes.column + i) * channels + k] = to_byte(v, channels == 1);
            }
    resize_tail(rows, lanes.in_width, line, lanes.out_width, x_scale, channels, lanes.column + LANES);
}

/* Groups of columns at a time, each down the whole picture, then what is left of each row. */
void nt_pyramid_resize_rows(const NtImage *in, uint8_t *out, int out_width, int out_height, ptrdiff_t out_stride,
                            int first_row, int last_row)
{
    const double x_scale = (in->width - 1) / (double)(out_width > 1 ? out_width - 1 : 1);
    const double y_scale = (in->height - 1) / (double)(out_height > 1 ? out_height - 1 : 1);
    const int channels = nt_channels(in->format);
    NtResizeRow *resize_row = resize_row_for(nt_cpu_level());
    NtResizeColumns columns = {.channels = channels, .rounded = channels == 1};
    Lanes lanes = lanes_begin(in->width, out_width, x_scale);
    for (int more = 1; more;) {
        const int first = (lanes.column + LANES) * channels;
        more = gather_groups(&lanes, &columns);
        double y = -y_scale; /* added up from the top, whatever row is the first: its last bit counts */
        for (int row = 0; row <= last_row; row++) {
            y += y_scale;
            if (row < first_row)
                continue;
            const RowPair rows = source_rows(in, y);
            uint8_t *line = out + row * out_stride;
            if (more)
                resize_row(&columns, rows.top, rows.bottom, (float)(1 - rows.weight), (float)rows.weight, line + first);
            else if (channels == 3)
                finish_row(rows, lanes, line, x_scale, 3);
            else
                finish_row(rows, lanes, line, x_scale, 1);
        }
    }
}

void nt_pyramid_resize(const NtImage *in, uint8_t *out, int out_width, int out_height, ptrdiff_t out_stride)
{
    nt_pyramid_resize_rows(in, out, out_width, out_height, out_stride, 0, out_height - 1);
}

void nt_pyramid_source_rows(int in_height, int out_height, int first_row, int last_row, int *first, int *last)
{
    const double scale = (in_height - 1) / (double)(out_height > 1 ? out_height - 1 : 1);
    const int from = (int)floor(first_row * scale) - 1, to = (int)floor(last_row * scale) + 2;
    *first = from > 0 ? from : 0;
    *last = to < in_height ? to : in_height - 1;
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
