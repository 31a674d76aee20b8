#include "vision/align.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "vision/align_kernel.h"

#define PADDING 0.25
#define FIRST_POINT 17 /* the mean face has no jaw */
#define N_MEAN_POINTS (NT_N_LANDMARKS - FIRST_POINT)

/* A larger face is halved while, after one more halving, the chip's square would still have more pixels than a chip. */
#define CHIP_AREA (NT_CHIP_SIZE * NT_CHIP_SIZE)
#define HALVE_OFFSET_X 1.25
#define HALVE_OFFSET_Y 0.75
/* Pixels around the square that sampling and halving reach for: doubled and two more with each halving. */
#define MARGIN 2
#define MAX_HALVINGS 24
/* Pictures up to that size are made wide (align_kernel.h) before they are sampled. */
#define WIDE_PIXELS (2 * CHIP_AREA)

/* dlib's mean face: points 17..67 in units of the face's size, x right, y down. */
static const double mean_face[N_MEAN_POINTS][2] = {
    {0.000213256, 0.106454},  {0.0752622, 0.038915}, {0.18113, 0.0187482},  {0.29077, 0.0344891},
    {0.393397, 0.0773906},    {0.586856, 0.0773906}, {0.689483, 0.0344891}, {0.799124, 0.0187482},
    {0.904991, 0.038915},     {0.98004, 0.106454},   {0.490127, 0.203352},  {0.490127, 0.307009},
    {0.490127, 0.409805},     {0.490127, 0.515625},  {0.36688, 0.587326},   {0.426036, 0.609345},
    {0.490127, 0.628106},     {0.554217, 0.609345},  {0.613373, 0.587326},  {0.121737, 0.216423},
    {0.187122, 0.178758},     {0.265825, 0.179852},  {0.334606, 0.231733},  {0.260918, 0.245099},
    {0.182743, 0.244077},     {0.645647, 0.231733},  {0.714428, 0.179852},  {0.793132, 0.178758},
    {0.858516, 0.216423},     {0.79751, 0.244077},   {0.719335, 0.245099},  {0.254149, 0.780233},
    {0.340985, 0.745405},     {0.428858, 0.727388},  {0.490127, 0.742578},  {0.551395, 0.727388},
    {0.639268, 0.745405},     {0.726104, 0.780233},  {0.642159, 0.864805},  {0.556721, 0.902192},
    {0.490127, 0.909281},     {0.423532, 0.902192},  {0.338094, 0.864805},  {0.290379, 0.784792},
    {0.428096, 0.778746},     {0.490127, 0.785343},  {0.552157, 0.778746},  {0.689874, 0.784792},
    {0.553364, 0.824182},     {0.490127, 0.831803},  {0.42689, 0.824182},
};

/* Nose, eyes and mouth without the lower lip, which moves with speech: 33 points. */
static int is_used(int point) { return (point >= 27 && point <= 54) || (point >= 60 && point <= 64); }

typedef struct Square {
    double left, top, right, bottom;
} Square;

static double halve(double v, int vertical) { return v / 2.0 - (vertical ? HALVE_OFFSET_Y : HALVE_OFFSET_X); }

static Square halve_square(Square s)
{
    return (Square){halve(s.left, 0), halve(s.top, 1), halve(s.right, 0), halve(s.bottom, 1)};
}

static double square_area(Square s)
{
    return s.top > s.bottom || s.left > s.right ? 0 : (s.right - s.left + 1) * (s.bottom - s.top + 1);
}

static NtPoint rotate(double cosine, double sine, NtPoint centre, double x, double y)
{
    return (NtPoint){cosine * (x - centre.x) - sine * (y - centre.y) + centre.x,
                     sine * (x - centre.x) + cosine * (y - centre.y) + centre.y};
}

/* Least-squares similarity chip -> picture: x' = a x - b y + tx, y' = b x + a y + ty. */
static void fit_similarity(const NtPoint points[NT_N_LANDMARKS], double *a, double *b, double *tx, double *ty)
{
    double chip[NT_N_LANDMARKS][2], picture[NT_N_LANDMARKS][2];
    double chip_x = 0, chip_y = 0, picture_x = 0, picture_y = 0, spread = 0, same = 0, cross = 0;
    int n = 0;
    for (int i = FIRST_POINT; i < NT_N_LANDMARKS; i++) {
        if (!is_used(i))
            continue;
        for (int k = 0; k < 2; k++)
            chip[n][k] = NT_CHIP_SIZE * (PADDING + mean_face[i - FIRST_POINT][k]) / (1 + 2 * PADDING);
        picture[n][0] = floor(points[i].x + 0.5);
        picture[n][1] = floor(points[i].y + 0.5);
        chip_x += chip[n][0];
        chip_y += chip[n][1];
        picture_x += picture[n][0];
        picture_y += picture[n][1];
        n++;
    }
    chip_x /= n;
    chip_y /= n;
    picture_x /= n;
    picture_y /= n;
    for (int i = 0; i < n; i++) {
        const double fx = chip[i][0] - chip_x, fy = chip[i][1] - chip_y;
        const double gx = picture[i][0] - picture_x, gy = picture[i][1] - picture_y;
        spread += fx * fx + fy * fy;
        same += fx * gx + fy * gy;
        cross += fx * gy - fy * gx;
    }
    *a = same / spread;
    *b = cross / spread;
    *tx = picture_x - (*a * chip_x - *b * chip_y);
    *ty = picture_y - (*b * chip_x + *a * chip_y);
}

static int clamp_round(double v, double low, double high) { return nt_round(v < low ? low : v > high ? high : v); }

/* The bounding box of the rotated square, grown by the margin, inside the picture. */
static NtRect plan_crop(const NtChipPlan *plan, double margin, int width, int height)
{
    const double cosine = cos(plan->angle), sine = sin(plan->angle);
    const NtPoint centre = {(plan->left + plan->right) / 2, (plan->top + plan->bottom) / 2};
    const double corners[4][2] = {
        {plan->left, plan->top}, {plan->right, plan->top}, {plan->left, plan->bottom}, {plan->right, plan->bottom}};
    double left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;
    for (int i = 0; i < 4; i++) {
        const NtPoint p = rotate(cosine, sine, centre, corners[i][0], corners[i][1]);
        left = fmin(left, p.x);
        top = fmin(top, p.y);
        right = fmax(right, p.x);
        bottom = fmax(bottom, p.y);
    }
    left -= margin, top -= margin, right += margin, bottom += margin;
    if (!(left <= width - 1 && top <= height - 1 && right >= 0 && bottom >= 0))
        return (NtRect){0, 0, -1, -1}; /* outside, or not made of numbers */
    return (NtRect){clamp_round(left, 0, width - 1), clamp_round(top, 0, height - 1), clamp_round(right, 0, width - 1),
                    clamp_round(bottom, 0, height - 1)};
}

void nt_chip_plan(const NtPoint points[NT_N_LANDMARKS], int width, int height, NtChipPlan *plan)
{
    double a, b, tx, ty;
    fit_similarity(points, &a, &b, &tx, &ty);
    const double scale = sqrt(a * a + b * b), middle = NT_CHIP_SIZE / 2.0;
    const double x = a * middle - b * middle + tx, y = b * middle + a * middle + ty;
    const double half = (NT_CHIP_SIZE * scale - 1) / 2;
    *plan = (NtChipPlan){.left = x - half, .top = y - half, .right = x + half, .bottom = y + half, .angle = atan2(b, a)};

    double margin = MARGIN;
    Square next = halve_square((Square){plan->left, plan->top, plan->right, plan->bottom});
    while (square_area(next) > CHIP_AREA && plan->halvings < MAX_HALVINGS) {
        next = halve_square(next);
        margin = margin * 2 + MARGIN;
        plan->halvings++;
    }
    plan->crop = plan_crop(plan, margin, width, height);
}

static void plain_row(const NtImage *rgb, const NtChipGrid *grid, int row, uint8_t out[3 * NT_CHIP_SIZE])
{
    for (int c = 0; c < NT_CHIP_SIZE; c++) {
        const NtPoint p = nt_chip_place(grid, c, row);
        nt_chip_pixel(rgb, p.x, p.y, out + 3 * c);
    }
}

static void plain_sums(const uint8_t *const rows[5], int n, uint16_t *sums)
{
    static const int binomial[5] = {1, 4, 6, 4, 1};
    for (int i = 0; i < n; i++) {
        sums[i] = 0;
        for (int k = 0; k < 5; k++)
            sums[i] = (uint16_t)(sums[i] + binomial[k] * rows[k][i]);
    }
}

const NtChipKernels nt_chip_kernels_plain = {.row = plain_row, .sums = plain_sums};

const NtChipKernels *nt_chip_kernels_for(NtCpuLevel level) { return NT_FOR_LEVEL(level, nt_chip_kernels); }

/* One halving: 5 x 5 binomial filter at every other pixel, sum / 256 truncated. out: (width - 3) / 2 x (height - 3) / 2,
 * dense. sums: 3 * width of scratch. */
static void halve_image(const NtChipKernels *kernels, const NtImage *in, uint8_t *out, int out_width, int out_height,
                        uint16_t *sums)
{
    for (int y = 0; y < out_height; y++) {
        const uint8_t *rows[5];
        for (int i = 0; i < 5; i++)
            rows[i] = nt_image_row(in, 2 * y + i);
        kernels->sums(rows, 3 * in->width, sums);
        for (int x = 0; x < 3 * out_width; x += 3) {
            const uint16_t *s = sums + 2 * x;
            for (int k = 0; k < 3; k++)
                *out++ = (uint8_t)((s[k] + 4 * (s[3 + k] + s[9 + k]) + 6 * s[6 + k] + s[12 + k]) / 256);
        }
    }
}

/* Samples the chip; square is the chip's in the coordinates of image. wide: room for the picture as doubles, or NULL. */
static void sample_chip(const NtChipKernels *kernels, const NtImage *image, Square square, double angle, double *wide,
                        uint8_t *chip)
{
    const NtPoint centre = {(square.left + square.right) / 2, (square.top + square.bottom) / 2};
    const double cosine = cos(angle), sine = sin(angle);
    const NtPoint origin = rotate(cosine, sine, centre, square.left, square.top);
    const NtPoint right = rotate(cosine, sine, centre, square.right, square.top);
    const NtPoint down = rotate(cosine, sine, centre, square.left, square.bottom);
    const double last = NT_CHIP_SIZE - 1;
    NtChipGrid grid;
    nt_chip_grid_set(&grid, origin, (NtPoint){(right.x - origin.x) / last, (right.y - origin.y) / last},
                     (NtPoint){(down.x - origin.x) / last, (down.y - origin.y) / last});
    if (wide)
        kernels->widen(image, wide);
    for (int r = 0; r < NT_CHIP_SIZE; r++, chip += 3 * NT_CHIP_SIZE) {
        if (!wide || !kernels->wide_row(wide, image->width, image->height, &grid, r, chip))
            kernels->row(image, &grid, r, chip);
    }
}


void nt_chip_workspace_clear(NtChipWorkspace *workspace)
{
    for (int i = 0; i < 4; i++)
        free(workspace->memory[i]);
    *workspace = (NtChipWorkspace){0};
}

NtStatus nt_chip_extract(const NtChipPlan *plan, const NtImage *crop, NtChipWorkspace *workspace,
                         uint8_t chip[NT_CHIP_BYTES])
{
    if (nt_rect_is_empty(plan->crop)) {
        memset(chip, 0, NT_CHIP_BYTES);
        return NT_OK;
    }
    if (crop->format != NT_PIXELS_RGB24 || crop->width != nt_rect_width(plan->crop) ||
        crop->height != nt_rect_height(plan->crop))
        return NT_ERR_ARGUMENT;

    const NtChipKernels *kernels = nt_chip_kernels_for(nt_cpu_level());
    Square square = {plan->left - plan->crop.left, plan->top - plan->crop.top, plan->right - plan->crop.left,
                     plan->bottom - plan->crop.top};
    NtImage image = *crop;
    for (int i = 0; i < plan->halvings; i++) {
        const int width = (image.width - 3) / 2, height = (image.height - 3) / 2;
        if (width < 1 || height < 1) { /* a sliver at the picture's edge: nothing of it would be sampled */
            image.width = image.height = 0;
            break;
        }
        uint8_t *smaller = nt_reserve_aligned(&workspace->memory[i % 2], &workspace->capacity[i % 2],
                                   (size_t)width * (size_t)height * 3);
        uint16_t *sums = nt_reserve_aligned(&workspace->memory[2], &workspace->capacity[2],
                                 (size_t)image.width * 3 * sizeof(uint16_t));
        if (!smaller || !sums)
            return NT_ERR_MEMORY;
        halve_image(kernels, &image, smaller, width, height, sums);
        image = (NtImage){smaller, width, height, (ptrdiff_t)width * 3, NT_PIXELS_RGB24};
        square = halve_square(square);
    }
    const size_t pixels = (size_t)image.width * (size_t)image.height;
    double *wide = NULL;
    if (kernels->widen && pixels > 0 && pixels <= WIDE_PIXELS &&
        !(wide = nt_reserve_aligned(&workspace->memory[3], &workspace->capacity[3], pixels * 4 * sizeof(double))))
        return NT_ERR_MEMORY;
    sample_chip(kernels, &image, square, plan->angle, wide, chip);
    return NT_OK;
}

NtStatus nt_chip_from_rgb(const NtImage *rgb, const NtPoint points[NT_N_LANDMARKS], NtChipWorkspace *workspace,
                          uint8_t chip[NT_CHIP_BYTES])
{
    NtChipPlan plan;
    nt_chip_plan(points, rgb->width, rgb->height, &plan);
    NtImage crop = *rgb;
    if (!nt_rect_is_empty(plan.crop)) {
        crop.pixels = nt_image_row(rgb, plan.crop.top) + 3 * plan.crop.left;
        crop.width = nt_rect_width(plan.crop);
        crop.height = nt_rect_height(plan.crop);
    }
    return nt_chip_extract(&plan, &crop, workspace, chip);
}
