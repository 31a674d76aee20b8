#include "vision/quality.h"

#include <math.h>
#include <stdlib.h>

/* Pose: weak perspective. */

#define DEGREES (180 / M_PI)

/* A face looking ahead, in millimetres from the bridge of the nose: x to the picture's right, y down, z towards the
 * camera. Breadths and heights are those of the aligner's mean face (align.c) with outer eye corners 89 mm apart; depths
 * are proportions from anthropometry (L. G. Farkas: Anthropometry of the Head and Face, 1994): the tip of the nose stands
 * 20 mm out, its foot 6, eyes' inner and outer corners lie 12 and 24 mm behind the bridge, the mouth's corners 8. */
static const struct {
    int landmark;
    double x, y, z;
} head[] = {
    {27, 0, 0, 0},      {28, 0, 12.5, 7},    {29, 0, 25, 14},     {30, 0, 37.7, 20},    {31, -14.9, 46.4, 3},
    {33, 0, 51.3, 6},   {35, 14.9, 46.4, 3}, {36, -44.5, 1.6, -24}, {39, -18.8, 3.4, -12}, {42, 18.8, 3.4, -12},
    {45, 44.5, 1.6, -24}, {48, -28.5, 69.7, -8}, {54, 28.5, 69.7, -8},
};
enum { N_HEAD = sizeof head / sizeof *head };

/* Inverse of a symmetric positive definite 3 x 3 matrix, by cofactors. */
static void invert(double m[3][3], double out[3][3])
{
    double determinant = 0;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            out[k][i] = m[(i + 1) % 3][(k + 1) % 3] * m[(i + 2) % 3][(k + 2) % 3] -
                        m[(i + 1) % 3][(k + 2) % 3] * m[(i + 2) % 3][(k + 1) % 3];
    for (int i = 0; i < 3; i++)
        determinant += m[0][i] * out[i][0];
    for (int i = 0; i < 9; i++)
        out[i / 3][i % 3] /= determinant;
}

/* Least-squares affine map of the head onto the points, turned upright by -roll: the rows' images of x, y, z. */
static void fit_head(const NtPoint landmarks[NT_N_LANDMARKS], double roll, double map[2][3])
{
    const double cosine = cos(roll), sine = sin(roll);
    double mean[5] = {0}, inner[3][3] = {{0}}, outer[2][3] = {{0}}, inverse[3][3], points[N_HEAD][5];
    for (int i = 0; i < N_HEAD; i++) {
        const NtPoint p = landmarks[head[i].landmark];
        const double row[5] = {head[i].x, head[i].y, head[i].z, cosine * p.x + sine * p.y, cosine * p.y - sine * p.x};
        for (int k = 0; k < 5; k++) {
            points[i][k] = row[k];
            mean[k] += row[k] / N_HEAD;
        }
    }
    for (int i = 0; i < N_HEAD; i++)
        for (int a = 0; a < 3; a++) {
            const double m = points[i][a] - mean[a];
            for (int b = 0; b < 3; b++)
                inner[a][b] += m * (points[i][b] - mean[b]);
            for (int b = 0; b < 2; b++)
                outer[b][a] += m * (points[i][3 + b] - mean[3 + b]);
        }
    invert(inner, inverse);
    for (int b = 0; b < 2; b++)
        for (int a = 0; a < 3; a++)
            map[b][a] = outer[b][0] * inverse[0][a] + outer[b][1] * inverse[1][a] + outer[b][2] * inverse[2][a];
}

/* Where the nose points: the affine map's nearest scaled rotation, (M M')^-1/2 M, takes z there. */
static void measure_pose(const NtPoint landmarks[NT_N_LANDMARKS], double roll, NtQuality *quality)
{
    double map[2][3], xx = 0, xy = 0, yy = 0;
    fit_head(landmarks, roll, map);
    for (int i = 0; i < 3; i++) {
        xx += map[0][i] * map[0][i];
        xy += map[0][i] * map[1][i];
        yy += map[1][i] * map[1][i];
    }
    /* The root of a 2 x 2 matrix S is (S + sqrt(det S)) / sqrt(trace S + 2 sqrt(det S)); its inverse has the determinant below. */
    const double root = sqrt(fmax(xx * yy - xy * xy, 0)), norm = sqrt(xx + yy + 2 * root);
    if (!(root > 0) || !isfinite(norm))
        return;
    const double x = ((yy + root) * map[0][2] - xy * map[1][2]) / (root * norm);
    const double y = ((xx + root) * map[1][2] - xy * map[0][2]) / (root * norm);
    const double z = sqrt(fmax(1 - x * x - y * y, 0));
    quality->yaw = (float)(atan2(x, z) * DEGREES);
    quality->pitch = (float)(asin(fmax(-1, fmin(1, -y))) * DEGREES);
}

/* The face in the chip: an ellipse from the brows to below the lips, as the aligner places them, without hair and background. */
#define FACE_X 75
#define FACE_Y 72
#define FACE_RADIUS_X 44
#define FACE_RADIUS_Y 50

#define CHIP_PIXELS (NT_CHIP_SIZE * NT_CHIP_SIZE)
/* Pixels of the chip that near to the picture's edge are not measured: filters would see the black beyond it. */
#define EDGE 8

/* Marks the chip's pixels to be measured; returns the share of the face that the picture has. */
static double mark_face(const NtChipPlan *plan, int width, int height, uint8_t mask[CHIP_PIXELS])
{
    const double cosine = cos(plan->angle), sine = sin(plan->angle), step = (plan->right - plan->left) / (NT_CHIP_SIZE - 1);
    const double centre_x = (plan->left + plan->right) / 2, centre_y = (plan->top + plan->bottom) / 2;
    const double middle = (NT_CHIP_SIZE - 1) / 2.0;
    int n_face = 0, n_seen = 0;
    for (int row = 0; row < NT_CHIP_SIZE; row++)
        for (int column = 0; column < NT_CHIP_SIZE; column++) {
            const double u = (double)(column - FACE_X) / FACE_RADIUS_X, v = (double)(row - FACE_Y) / FACE_RADIUS_Y;
            uint8_t *mark = mask + row * NT_CHIP_SIZE + column;
            *mark = 0;
            if (u * u + v * v > 1)
                continue;
            const double dx = (column - middle) * step, dy = (row - middle) * step;
            const double x = centre_x + cosine * dx - sine * dy, y = centre_y + sine * dx + cosine * dy;
            const double to_edge = fmin(fmin(x, y), fmin(width - 1 - x, height - 1 - y));
            n_face++;
            n_seen += to_edge >= 0;
            *mark = to_edge >= EDGE * step;
        }
    return (double)n_seen / n_face;
}

/* Light. */

#define BLACK 4 /* a value at or below is black, at or above WHITE burnt out: the last percent and a half of the range */
#define WHITE 251
/* Burnt-out skin keeps a little colour: red is gone long before blue. From this luma on (video's white) there is hardly any
 * detail left beside it. */
#define NEARLY_WHITE 235

static int is_clipped(const uint8_t *pixel, float luma)
{
    return luma <= BLACK || (luma >= NEARLY_WHITE && (pixel[0] >= WHITE || pixel[1] >= WHITE || pixel[2] >= WHITE));
}

static void measure_light(const uint8_t *chip, const float *luma, const uint8_t *mask, NtQuality *quality)
{
    double sum = 0, squares = 0;
    int n = 0, clipped = 0;
    for (int i = 0; i < CHIP_PIXELS; i++) {
        if (!mask[i])
            continue;
        sum += luma[i];
        squares += luma[i] * luma[i];
        clipped += is_clipped(chip + 3 * i, luma[i]);
        n++;
    }
    if (n == 0)
        return;
    const double mean = sum / n;
    quality->brightness = (float)(mean / 255);
    quality->contrast = (float)(sqrt(fmax(squares / n - mean * mean, 0)) / 255);
    quality->clipped = (float)clipped / (float)n;
}

/* Sharpness: how much of the gradients' energy a blur of FINE and one of COARSE chip pixels leave. An edge that is s wide
 * (a step blurred by a Gaussian of s) has energies in proportion to 1 / sqrt(s^2 + blur^2): their ratio tells s whatever
 * the contrast. Near COARSE / FINE the edges are as thin as pixels; near 1 they are far wider than either. (After S. Zhuo,
 * T. Sim: Defocus map estimation from a single image, Pattern Recognition 2011.) The noise's share is estimated from the
 * calmest parts of the face (J. Immerkaer: Fast noise variance estimation, CVIU 1996) and taken off. */
#define FINE 1.0
#define COARSE 2.0
#define RADIUS 6 /* three times COARSE */
#define NOISE_BLOCK 10     /* the face's calm parts are looked for in blocks of so many pixels */
#define MAX_NOISE_BLOCKS ((NT_CHIP_SIZE / NOISE_BLOCK) * (NT_CHIP_SIZE / NOISE_BLOCK))
#define CALM_SHARE 0.25    /* the calmest quarter of them */

/* in, out: [150][150]; kernel of 2 RADIUS + 1 taps, both ways; edges repeated. */
static void blur(const float *in, const float *kernel, float *scratch, float *out)
{
    for (int pass = 0; pass < 2; pass++) {
        const float *from = pass == 0 ? in : scratch;
        float *to = pass == 0 ? scratch : out;
        const int step = pass == 0 ? 1 : NT_CHIP_SIZE;
        for (int row = 0; row < NT_CHIP_SIZE; row++)
            for (int column = 0; column < NT_CHIP_SIZE; column++) {
                const int at = pass == 0 ? column : row;
                const float *line = from + row * NT_CHIP_SIZE + column - at * step;
                float sum = 0;
                for (int k = -RADIUS; k <= RADIUS; k++) {
                    const int j = at + k < 0 ? 0 : at + k >= NT_CHIP_SIZE ? NT_CHIP_SIZE - 1 : at + k;
                    sum += kernel[k + RADIUS] * line[j * step];
                }
                to[row * NT_CHIP_SIZE + column] = sum;
            }
    }
}

/* Returns how much of unit white noise's energy central differences see after the blur. */
static double make_gaussian(double sigma, float kernel[2 * RADIUS + 1])
{
    double sum = 0, along = 0, across = 0;
    for (int k = -RADIUS; k <= RADIUS; k++)
        sum += exp(-k * k / (2 * sigma * sigma));
    for (int k = -RADIUS; k <= RADIUS; k++)
        kernel[k + RADIUS] = (float)(exp(-k * k / (2 * sigma * sigma)) / sum);
    for (int k = -RADIUS - 1; k <= RADIUS + 1; k++) {
        const double before = k - 1 >= -RADIUS ? kernel[k - 1 + RADIUS] : 0;
        const double after = k + 1 <= RADIUS ? kernel[k + 1 + RADIUS] : 0;
        along += (after - before) * (after - before) / 4;
        across += k >= -RADIUS && k <= RADIUS ? kernel[k + RADIUS] * kernel[k + RADIUS] : 0;
    }
    return 2 * along * across;
}

static double gradient(const float *picture, int i)
{
    const double x = (picture[i + 1] - picture[i - 1]) / 2, y = (picture[i + NT_CHIP_SIZE] - picture[i - NT_CHIP_SIZE]) / 2;
    return x * x + y * y;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Variance of the noise: Immerkaer's operator (a difference of two Laplacians; blind to slopes and curvature) in the calm
 * blocks. */
static double noise_variance(const float *luma, const uint8_t *mask)
{
    static const int operator[9] = {1, -2, 1, -2, 4, -2, 1, -2, 1};
    const double operator_energy = 36; /* the sum of its squares */
    double blocks[MAX_NOISE_BLOCKS];
    int n = 0;
    for (int top = 0; top + NOISE_BLOCK <= NT_CHIP_SIZE; top += NOISE_BLOCK)
        for (int left = 0; left + NOISE_BLOCK <= NT_CHIP_SIZE; left += NOISE_BLOCK) {
            double sum = 0;
            int inside = 0;
            for (int k = 0; k < NOISE_BLOCK * NOISE_BLOCK; k++) {
                const int at = (top + k / NOISE_BLOCK) * NT_CHIP_SIZE + left + k % NOISE_BLOCK;
                if (!mask[at])
                    break;
                double response = 0;
                for (int j = 0; j < 9; j++)
                    response += operator[j] * (double)luma[at + (j / 3 - 1) * NT_CHIP_SIZE + j % 3 - 1];
                sum += response * response;
                inside++;
            }
            if (inside == NOISE_BLOCK * NOISE_BLOCK)
                blocks[n++] = sum / inside / operator_energy;
        }
    if (n == 0)
        return 0;
    qsort(blocks, (size_t)n, sizeof *blocks, by_value);
    return blocks[(int)(CALM_SHARE * n)];
}

static double measure_sharpness(const float *luma, const uint8_t *mask)
{
    float scratch[CHIP_PIXELS], fine[CHIP_PIXELS], coarse[CHIP_PIXELS];
    float kernel[2 * RADIUS + 1];
    const double fine_noise = make_gaussian(FINE, kernel);
    blur(luma, kernel, scratch, fine);
    const double coarse_noise = make_gaussian(COARSE, kernel);
    blur(luma, kernel, scratch, coarse);

    const double noise = noise_variance(luma, mask);
    double fine_energy = 0, coarse_energy = 0;
    for (int i = 0; i < CHIP_PIXELS; i++) {
        if (!mask[i])
            continue;
        fine_energy += gradient(fine, i) - noise * fine_noise;
        coarse_energy += gradient(coarse, i) - noise * coarse_noise;
    }
    if (!(coarse_energy > 0))
        return 0;
    return fmax(0, fmin(1, (fine_energy / coarse_energy - 1) / (COARSE / FINE - 1)));
}

void nt_quality_measure(const NtPoint landmarks[NT_N_LANDMARKS], NtRect box, int width, int height,
                        const uint8_t chip[NT_CHIP_BYTES], NtQuality *quality)
{
    float luma[CHIP_PIXELS];
    uint8_t mask[CHIP_PIXELS];
    NtChipPlan plan;
    *quality = (NtQuality){.size_px = (float)nt_rect_width(box)};
    nt_chip_plan(landmarks, width, height, &plan);
    quality->roll = (float)(plan.angle * DEGREES);
    measure_pose(landmarks, plan.angle, quality);

    int n_inside = 0;
    for (int i = 0; i < NT_N_LANDMARKS; i++)
        n_inside += landmarks[i].x >= 0 && landmarks[i].y >= 0 && landmarks[i].x <= width - 1 && landmarks[i].y <= height - 1;
    const double face_inside = mark_face(&plan, width, height, mask);
    quality->inside = (float)fmin((double)n_inside / NT_N_LANDMARKS, face_inside);

    for (int i = 0; i < CHIP_PIXELS; i++) /* BT.601 */
        luma[i] = 0.299F * chip[3 * i] + 0.587F * chip[3 * i + 1] + 0.114F * chip[3 * i + 2];
    measure_light(chip, luma, mask, quality);
    quality->sharpness = (float)measure_sharpness(luma, mask);
}

void nt_quality_measure_pose(const NtPoint landmarks[NT_N_LANDMARKS], NtQuality *quality)
{
    NtChipPlan plan;
    *quality = (NtQuality){0};
    nt_chip_plan(landmarks, 1, 1, &plan); /* the picture's size matters for what is cut out of it alone */
    quality->roll = (float)(plan.angle * DEGREES);
    measure_pose(landmarks, plan.angle, quality);
}
