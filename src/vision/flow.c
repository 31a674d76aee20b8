#include "vision/flow.h"

#include <math.h>
#include <string.h>

#define SIDE NT_FLOW_SIDE
#define PIXELS (SIDE * SIDE)
#define BOX (SIDE / NT_FLOW_AROUND) /* side of the box in its patch, in pixels */
#define MIDDLE ((SIDE - 1) / 2.0)

/* Taking a patch: each of its pixels is the mean of the square that it stands for. */

#define MAX_SPAN 4096 /* columns of the picture that a patch shows at most; of larger ones every few are taken */
#define MAX_ROWS 4    /* rows averaged for one of the patch, at most */
#define ONE 256       /* rows are weighed in 256ths */
#define FAR 1e6       /* so far from a picture its edge repeats all the same */

/* Where a patch's rows and columns come from. */
typedef struct Lines {
    int first, n, skip;              /* columns of the picture: first, first + skip, ... */
    int from[SIDE], to[SIDE];        /* each of the patch's is the mean of those from .. to - 1, in numbers of these, */
    float more_from[SIDE], more_to[SIDE]; /* less so much of from, and so much of to more */
    float width;                     /* together so many */
    int rows;                        /* of the picture for each of the patch */
} Lines;

static int clamp(int v, int high) { return v < 0 ? 0 : v > high ? high : v; }

static void plan_lines(double left, double step, Lines *lines)
{
    const double width = fmax(step, 1);
    lines->skip = (int)ceil(SIDE * step / (MAX_SPAN - 4));
    lines->first = (int)floor(left);
    lines->n = (int)ceil((SIDE - 1) * step + width) / lines->skip + 3;
    lines->rows = step > 1 ? (step < MAX_ROWS ? (int)ceil(step) : MAX_ROWS) : 1;
    lines->width = (float)(width / lines->skip);
    for (int i = 0; i < SIDE; i++) {
        const double from = (left + 0.5 + i * step - lines->first) / lines->skip, to = from + width / lines->skip;
        lines->from[i] = (int)from;
        lines->to[i] = (int)to;
        lines->more_from[i] = (float)(from - lines->from[i]);
        lines->more_to[i] = (float)(to - lines->to[i]);
    }
}

static void add_pixels(const uint8_t *restrict top, const uint8_t *restrict bottom, int n, int skip, int below,
                       uint32_t *restrict sums)
{
    const uint16_t weight = (uint16_t)below, rest = (uint16_t)(ONE - below);
    if (skip == 1)
        for (int i = 0; i < n; i++)
            sums[i] += (uint16_t)(rest * top[i] + weight * bottom[i]);
    else
        for (int i = 0; i < n; i++)
            sums[i] += (uint16_t)(rest * top[i * skip] + weight * bottom[i * skip]);
}

/* The row at y between pixels, added to sums; columns beyond the picture are its edges'. */
static void add_row(const NtImage *gray, double y, const Lines *lines, uint32_t *sums)
{
    const int above = (int)floor(y), below = (int)((y - above) * ONE), last = gray->width - 1, skip = lines->skip;
    const uint8_t *top = nt_image_row(gray, clamp(above, gray->height - 1));
    const uint8_t *bottom = nt_image_row(gray, clamp(above + 1, gray->height - 1));
    const int outside = lines->first < 0 ? clamp((-lines->first + skip - 1) / skip, lines->n) : 0;
    const int inside = lines->first > last ? 0 : clamp((last - lines->first) / skip + 1, lines->n);
    const uint32_t at_left = (uint32_t)((ONE - below) * top[0] + below * bottom[0]);
    const uint32_t at_right = (uint32_t)((ONE - below) * top[last] + below * bottom[last]);
    for (int i = 0; i < outside; i++)
        sums[i] += at_left;
    if (inside > outside) {
        const int column = lines->first + outside * skip;
        add_pixels(top + column, bottom + column, inside - outside, skip, below, sums + outside);
    }
    for (int i = inside > outside ? inside : outside; i < lines->n; i++)
        sums[i] += at_right;
}

void nt_flow_take(const NtImage *gray, NtSquare place, NtFlowPatch *patch)
{
    patch->place = place;
    /* Pixels of the picture for one of the patch. */
    const double step = fmin(fmax(place.side, 1), FAR) * NT_FLOW_AROUND / SIDE;
    const double x = fmax(-FAR, fmin(FAR, place.x)), y = fmax(-FAR, fmin(FAR, place.y));
    const double top = y - MIDDLE * step;
    Lines lines;
    uint32_t line[MAX_SPAN + 1], before[MAX_SPAN + 2]; /* before: the sum of those before; within 32 bits */
    plan_lines(x - MIDDLE * step - fmax(step, 1) / 2, step, &lines);
    const float scale = 1 / (lines.width * (float)(lines.rows * ONE));
    for (int row = 0; row < SIDE; row++) {
        memset(line, 0, (size_t)lines.n * sizeof *line);
        for (int i = 0; i < lines.rows; i++)
            add_row(gray, top + (row + (i + 0.5) / lines.rows - 0.5) * step, &lines, line);
        uint32_t sum = 0;
        for (int i = 0; i < lines.n; i++) {
            before[i] = sum;
            sum += line[i];
        }
        for (int i = 0; i < SIDE; i++) {
            const int from = lines.from[i], to = lines.to[i];
            const float whole = (float)(before[to] - before[from]);
            const float mean = scale * (whole + lines.more_to[i] * (float)line[to] - lines.more_from[i] * (float)line[from]);
            patch->pixels[row * SIDE + i] = (uint8_t)(mean < 254.5F ? mean + 0.5F : 255);
        }
    }
}

/* Following points. */

#define LEVELS 3            /* 64, 32 and 16 pixels: a movement of half a patch's box is found by the smallest */
#define WINDOW 8            /* a point is followed by the 8 x 8 pixels around it */
#define OUTER (WINDOW + 2)  /* and their neighbours, for gradients */
#define ITERATIONS 6
#define CLOSE_ENOUGH 0.02F  /* pixels: a smaller step is the last */
#define GRID 8              /* points a side */
#define POINTS (GRID * GRID)
#define CONTRAST 40.F       /* standard deviation that every box is brought to: a common face's in good light */
#define MAX_GAIN 4.F
#define MIN_TEXTURE 4.F     /* mean square of the gradient in its flatter direction, below which a point is lost */

typedef struct Level {
    int side;
    float pixels[PIXELS + WINDOW]; /* reading some beyond the last is safe */
} Level;

typedef struct Pyramid {
    Level levels[LEVELS];
} Pyramid;

typedef struct Points {
    float x[POINTS], y[POINTS];
    uint8_t good[POINTS];
} Points;

/* The box's contrast does not count: a face is the same in more light. */
static float gain_of(const NtFlowPatch *patch)
{
    const int first = (int)ceil(MIDDLE - BOX / 2), last = SIDE - 1 - first, n = (last - first + 1) * (last - first + 1);
    int64_t sum = 0, squares = 0;
    for (int y = first; y <= last; y++)
        for (int x = first; x <= last; x++) {
            const int v = patch->pixels[y * SIDE + x];
            sum += v;
            squares += v * v;
        }
    const double mean = (double)sum / n, variance = (double)squares / n - mean * mean;
    return (float)fmin(CONTRAST / sqrt(fmax(variance, 1)), MAX_GAIN);
}

static void build(const NtFlowPatch *patch, Pyramid *pyramid)
{
    const float gain = gain_of(patch);
    for (int i = 0; i < PIXELS; i++)
        pyramid->levels[0].pixels[i] = gain * patch->pixels[i];
    pyramid->levels[0].side = SIDE;
    for (int l = 1; l < LEVELS; l++) {
        const Level *from = &pyramid->levels[l - 1];
        Level *to = &pyramid->levels[l];
        const int side = to->side = from->side / 2;
        for (int y = 0; y < side; y++) {
            const float *top = from->pixels + 2 * y * from->side, *bottom = top + from->side;
            for (int x = 0; x < side; x++)
                to->pixels[y * side + x] = (top[2 * x] + top[2 * x + 1] + bottom[2 * x] + bottom[2 * x + 1]) / 4;
        }
    }
}

/* size x size pixels around (x, y), bilinear; 0 when they are not all inside. size is a constant where this is
 * called. */
static inline __attribute__((always_inline)) int sample(const Level *level, float x, float y, int size,
                                                        float *restrict out)
{
    const float half = (float)(size - 1) / 2, left = x - half, top = y - half;
    if (!(left >= 0 && top >= 0 && left < (float)(level->side - size) && top < (float)(level->side - size)))
        return 0;
    const int column = (int)left, row = (int)top;
    const float fx = left - (float)column, fy = top - (float)row;
    const float a = (1 - fx) * (1 - fy), b = fx * (1 - fy), c = (1 - fx) * fy, d = fx * fy;
    for (int j = 0; j < size; j++) {
        const float *restrict p = level->pixels + (row + j) * level->side + column, *restrict q = p + level->side;
        for (int i = 0; i < size; i++)
            out[j * size + i] = a * p[i] + b * p[i + 1] + c * q[i] + d * q[i + 1];
    }
    return 1;
}

/* What is looked for of a point on one level: its pixels and their gradients, each less its mean, so that brightness
 * as a whole does not count; and the sums of the gradients' products. */
typedef struct Template {
    float pixels[WINDOW * WINDOW], gx[WINDOW * WINDOW], gy[WINDOW * WINDOW];
    float xx, xy, yy;
} Template;

static void centre(float values[WINDOW * WINDOW])
{
    float sums[WINDOW] = {0}, mean = 0;
    for (int j = 0; j < WINDOW; j++)
        for (int i = 0; i < WINDOW; i++)
            sums[i] += values[j * WINDOW + i];
    for (int i = 0; i < WINDOW; i++)
        mean += sums[i] / (WINDOW * WINDOW);
    for (int i = 0; i < WINDOW * WINDOW; i++)
        values[i] -= mean;
}

static inline float product(const float a[WINDOW * WINDOW], const float b[WINDOW * WINDOW])
{
    float sums[WINDOW] = {0}, sum = 0;
    for (int j = 0; j < WINDOW; j++)
        for (int i = 0; i < WINDOW; i++)
            sums[i] += a[j * WINDOW + i] * b[j * WINDOW + i];
    for (int i = 0; i < WINDOW; i++)
        sum += sums[i];
    return sum;
}

/* 0 when the point has too little texture, or lies too near the edge. */
static int take_template(const Level *level, float x, float y, Template *t)
{
    float around[OUTER * OUTER];
    if (!sample(level, x, y, OUTER, around))
        return 0;
    for (int j = 0; j < WINDOW; j++)
        for (int i = 0; i < WINDOW; i++) {
            const float *p = around + (j + 1) * OUTER + i + 1;
            t->pixels[j * WINDOW + i] = *p;
            t->gx[j * WINDOW + i] = (p[1] - p[-1]) / 2;
            t->gy[j * WINDOW + i] = (p[OUTER] - p[-OUTER]) / 2;
        }
    centre(t->pixels);
    centre(t->gx);
    centre(t->gy);
    t->xx = product(t->gx, t->gx);
    t->xy = product(t->gx, t->gy);
    t->yy = product(t->gy, t->gy);
    const float least = (t->xx + t->yy) / 2 - sqrtf((t->xx - t->yy) * (t->xx - t->yy) / 4 + t->xy * t->xy);
    return least > MIN_TEXTURE * WINDOW * WINDOW;
}

/* One point on one level, from (x, y) to near (*u, *v), in that level's pixels. 0 when it is lost. */
static int follow_point(const Level *from, const Level *to, float x, float y, float *u, float *v)
{
    Template t;
    float there[WINDOW * WINDOW];
    if (!take_template(from, x, y, &t))
        return 0;
    const float determinant = t.xx * t.yy - t.xy * t.xy;
    for (int k = 0; k < ITERATIONS; k++) {
        if (!sample(to, *u, *v, WINDOW, there))
            return 0;
        for (int i = 0; i < WINDOW * WINDOW; i++)
            there[i] = t.pixels[i] - there[i]; /* the mean of there drops out: gradients have none */
        const float bx = product(t.gx, there), by = product(t.gy, there);
        const float du = (t.yy * bx - t.xy * by) / determinant, dv = (t.xx * by - t.xy * bx) / determinant;
        *u += du;
        *v += dv;
        if (fabsf(du) + fabsf(dv) < CLOSE_ENOUGH)
            break;
    }
    return isfinite(*u) && isfinite(*v);
}

/* All good points, from the smallest level to the largest; those not followed on a small level are still tried on
 * the next. */
static void follow_points(const Pyramid *from, const Pyramid *to, const Points *points, Points *moved)
{
    for (int i = 0; i < POINTS; i++) {
        float u = points->x[i], v = points->y[i];
        int good = points->good[i];
        for (int l = LEVELS - 1; good && l >= 0; l--) {
            /* Pixel centres of a level lie between those of the one below. */
            const float scale = (float)(1 << l), shift = (scale - 1) / 2;
            const float x = (points->x[i] - shift) / scale, y = (points->y[i] - shift) / scale;
            float lu = (u - shift) / scale, lv = (v - shift) / scale;
            const int found = follow_point(&from->levels[l], &to->levels[l], x, y, &lu, &lv);
            if (found)
                u = lu * scale + shift, v = lv * scale + shift;
            good = found || l > 0;
        }
        moved->x[i] = u;
        moved->y[i] = v;
        moved->good[i] = (uint8_t)good;
    }
}

/* The k-th smallest; values are put in another order. */
static float select_kth(float *values, int n, int k)
{
    int low = 0, high = n - 1;
    while (low < high) {
        const float pivot = values[(low + high) / 2];
        int i = low, j = high;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i <= j) {
                const float t = values[i];
                values[i++] = values[j];
                values[j--] = t;
            }
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return values[k];
}

static float median(float *values, int n)
{
    const float high = select_kth(values, n, n / 2);
    return n % 2 ? high : (high + select_kth(values, n, n / 2 - 1)) / 2;
}

#define MAX_RETURN 1.0F     /* pixels of the patch that a point may miss its beginning by, after there and back */
#define MAX_DEVIATION 1.5F  /* and its movement that of the box */
#define MIN_PAIR 8.F        /* points at least so far apart tell scale and turn */
#define PAIRS 12            /* of each point, with others from all over the grid */
#define PAIR_STEP 5         /* coprime to the number of points */
#define MIN_POINTS 4        /* fewer tell nothing */

/* A point p about the patch's middle comes to (a p.x - b p.y + x, b p.x + a p.y + y). */
typedef struct Move {
    float a, b, x, y;
} Move;

static inline void apply(Move move, float x, float y, float *u, float *v)
{
    const float px = x - (float)MIDDLE, py = y - (float)MIDDLE;
    *u = (float)MIDDLE + move.a * px - move.b * py + move.x;
    *v = (float)MIDDLE + move.b * px + move.a * py + move.y;
}

/* Median scale and turn of pairs of good points, then median movement. */
static Move median_move(const Points *from, const Points *to)
{
    float as[POINTS * PAIRS], bs[POINTS * PAIRS], dx[POINTS], dy[POINTS];
    int n = 0, n_pairs = 0;
    for (int i = 0; i < POINTS; i++)
        for (int j = 1; j <= PAIRS && to->good[i]; j++) {
            const int k = (i + j * PAIR_STEP) % POINTS;
            const float px = from->x[k] - from->x[i], py = from->y[k] - from->y[i], before = px * px + py * py;
            if (!to->good[k] || before < MIN_PAIR * MIN_PAIR)
                continue;
            const float qx = to->x[k] - to->x[i], qy = to->y[k] - to->y[i];
            as[n_pairs] = (px * qx + py * qy) / before;
            bs[n_pairs++] = (px * qy - py * qx) / before;
        }
    Move move = {1, 0, 0, 0};
    if (n_pairs > 0)
        move = (Move){median(as, n_pairs), median(bs, n_pairs), 0, 0};
    for (int i = 0; i < POINTS; i++) {
        if (!to->good[i])
            continue;
        float u, v;
        apply(move, from->x[i], from->y[i], &u, &v);
        dx[n] = to->x[i] - u;
        dy[n++] = to->y[i] - v;
    }
    if (n > 0) {
        move.x = median(dx, n);
        move.y = median(dy, n);
    }
    return move;
}

static inline float inside(float v) { return !(v > 0) ? 0 : v < SIDE - 1.001F ? v : SIDE - 1.001F; }

/* Zero-mean normalised correlation of the box in one patch and where `move` says it is in the other. Flat faces: 0. */
static double correlate(const uint8_t *a, const uint8_t *b, Move move)
{
    const int first = (int)ceil(MIDDLE - BOX / 2), last = SIDE - 1 - first;
    double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
    int n = 0;
    for (int y = first; y <= last; y++)
        for (int x = first; x <= last; x++) {
            float u, v;
            apply(move, (float)x, (float)y, &u, &v);
            u = inside(u);
            v = inside(v);
            const int column = (int)u, row = (int)v;
            const float fx = u - (float)column, fy = v - (float)row, p = a[y * SIDE + x];
            const uint8_t *at = b + row * SIDE + column;
            const float q = (1 - fy) * ((1 - fx) * at[0] + fx * at[1]) + fy * ((1 - fx) * at[SIDE] + fx * at[SIDE + 1]);
            sum_a += p, sum_b += q, aa += p * p, bb += q * q, ab += p * q;
            n++;
        }
    const double variance_a = aa - sum_a * sum_a / n, variance_b = bb - sum_b * sum_b / n;
    /* A deviation below half a grey level is none. */
    if (variance_a < 0.25 * n || variance_b < 0.25 * n)
        return 0;
    return fmax(-1, fmin(1, (ab - sum_a * sum_b / n) / sqrt(variance_a * variance_b)));
}

static const Move at_rest = {1, 0, 0, 0};

double nt_flow_likeness(const NtFlowPatch *a, const NtFlowPatch *b)
{
    return correlate(a->pixels, b->pixels, at_rest);
}

/* A grid in the box. */
static void place_points(Points *points)
{
    for (int i = 0; i < POINTS; i++) {
        points->x[i] = (float)(MIDDLE + BOX * ((i % GRID + 0.5) / GRID - 0.5));
        points->y[i] = (float)(MIDDLE + BOX * ((i / GRID + 0.5) / GRID - 0.5));
        points->good[i] = 1;
    }
}

void nt_flow_follow(const NtFlowPatch *from, const NtFlowPatch *to, NtFlow *flow)
{
    Pyramid before, after;
    Points points, moved, back;
    build(from, &before);
    build(to, &after);
    place_points(&points);
    follow_points(&before, &after, &points, &moved);
    follow_points(&after, &before, &moved, &back);
    int n = 0, n_agree = 0;
    for (int i = 0; i < POINTS; i++) {
        moved.good[i] = back.good[i] && hypotf(back.x[i] - points.x[i], back.y[i] - points.y[i]) <= MAX_RETURN;
        n += moved.good[i];
    }
    const Move move = n >= MIN_POINTS ? median_move(&points, &moved) : at_rest;
    for (int i = 0; i < POINTS; i++) {
        float u, v;
        apply(move, points.x[i], points.y[i], &u, &v);
        n_agree += n >= MIN_POINTS && moved.good[i] && hypotf(moved.x[i] - u, moved.y[i] - v) <= MAX_DEVIATION;
    }
    const double side = fmax(to->place.side, 1), step = side * NT_FLOW_AROUND / SIDE;
    flow->place = (NtSquare){to->place.x + step * move.x, to->place.y + step * move.y, side * hypot(move.a, move.b)};
    flow->agreement = (double)n_agree / POINTS;
    flow->likeness = correlate(from->pixels, to->pixels, move);
}
