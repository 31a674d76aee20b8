#include "engine/steady.h"

#include <math.h>

/* Chosen on made and on real noise, by a search over all of them: tests/engine/test_steady.c. Points of a face 150 pixels wide
 * that scatter by 1.5 pixels in x and in y, half of it together, are brought to 0.3 in each, a photograph's 0.7 to 0.15; what
 * moves by two sizes a second, or swings about, is followed within 0.7 frames from its first moment, a mouth within 0.8; what
 * creeps lags by a fiftieth of a size. */
#define MIN_CUTOFF_HZ 0.1
#define BETA 7.0 /* Hz for one size of the face a second */
#define SLOPE_CUTOFF_HZ 2.0
#define NOISE_SLOPE 2.0 /* sizes of the face a second */
#define HOLD_SECONDS 0.3
/* A face turned by a radian, or grown e-fold, has moved its chin by so many sizes. */
#define RIM 0.8
#define LONGEST_GAP_NS 500000000
/* Landmarks 36-41 and 42-47. */
#define FIRST_LEFT_EYE 36
#define FIRST_RIGHT_EYE 42
#define N_OF_EYE 6

/* Where the face is: the similarity transform from upright, centred points of size 1. */
typedef struct Pose {
    double x, y, log_size, roll;
} Pose;

static double share(double cutoff_hz, double seconds)
{
    const double turn = 2 * G_PI * cutoff_hz * seconds;
    return turn / (turn + 1);
}

double nt_one_euro(NtOneEuro *state, const NtOneEuroOptions *options, double value, double seconds)
{
    if (seconds <= 0) {
        *state = (NtOneEuro){.value = value};
        return value;
    }
    const double slope = (value - state->value) / seconds;
    state->slope += share(options->slope_cutoff_hz, seconds) * (slope - state->slope);
    const double held = options->hold_seconds > 0 ? state->speed * exp(-seconds / options->hold_seconds) : 0;
    state->speed = MAX(fabs(state->slope), held);
    const double counts = state->speed < options->noise_slope ? state->speed / options->noise_slope : 1;
    const double cutoff_hz = options->min_cutoff_hz + options->beta * state->speed * counts;
    state->value += share(cutoff_hz, seconds) * (value - state->value);
    return state->value;
}

static NtPoint mean_point(const NtPoint *points, int n)
{
    NtPoint mean = {0, 0};
    for (int i = 0; i < n; i++) {
        mean.x += points[i].x / n;
        mean.y += points[i].y / n;
    }
    return mean;
}

/* Into upright coordinates of size 1. */
static NtPoint take_off(const Pose *pose, NtPoint point)
{
    const double scale = exp(-pose->log_size), c = cos(pose->roll) * scale, s = sin(pose->roll) * scale;
    const double x = point.x - pose->x, y = point.y - pose->y;
    return (NtPoint){c * x + s * y, c * y - s * x};
}

static NtPoint put_on(const Pose *pose, NtPoint point)
{
    const double scale = exp(pose->log_size), c = cos(pose->roll) * scale, s = sin(pose->roll) * scale;
    return (NtPoint){pose->x + c * point.x - s * point.y, pose->y + c * point.y + s * point.x};
}

/* The face of a first frame: level with the eyes, its size twice the root mean square distance of the points from their
 * mean, which is about its width. */
static void begin_pose(NtSteady *steady, const NtPoint *points, Pose *pose)
{
    const NtPoint centre = mean_point(points + NT_STEADY_FIRST_RIGID, NT_STEADY_N_RIGID);
    const NtPoint all = mean_point(points, NT_N_LANDMARKS);
    const NtPoint left = mean_point(points + FIRST_LEFT_EYE, N_OF_EYE);
    const NtPoint right = mean_point(points + FIRST_RIGHT_EYE, N_OF_EYE);
    double square = 0;
    for (int i = 0; i < NT_N_LANDMARKS; i++)
        square += pow(points[i].x - all.x, 2) + pow(points[i].y - all.y, 2);
    const double size =
        MAX(2 * sqrt(square / NT_N_LANDMARKS), 1); /* points that coincide are no face, but must not divide by 0 */
    *pose = (Pose){centre.x, centre.y, log(size), atan2(right.y - left.y, right.x - left.x)};
    for (int i = 0; i < NT_STEADY_N_RIGID; i++)
        steady->rigid[i] = take_off(pose, points[NT_STEADY_FIRST_RIGID + i]);
}

/* By least squares from the first frame's: with points as complex numbers about their means, sum(conj(a) b) /
 * sum(|a|^2). */
static void measure_pose(const NtSteady *steady, const NtPoint *points, Pose *pose)
{
    const NtPoint centre = mean_point(points + NT_STEADY_FIRST_RIGID, NT_STEADY_N_RIGID);
    double along = 0, across = 0, square = 0;
    for (int i = 0; i < NT_STEADY_N_RIGID; i++) {
        const NtPoint a = steady->rigid[i], b = points[NT_STEADY_FIRST_RIGID + i];
        const double x = b.x - centre.x, y = b.y - centre.y;
        along += a.x * x + a.y * y;
        across += a.x * y - a.y * x;
        square += a.x * a.x + a.y * a.y;
    }
    const double scale = square > 0 ? hypot(along, across) / square : 1;
    *pose = (Pose){centre.x, centre.y, log(MAX(scale, 1)), atan2(across, along)};
    /* The angle that goes on from the last one: +179 degrees is followed by +181. */
    pose->roll += 2 * G_PI * rint((steady->roll.value - pose->roll) / (2 * G_PI));
}

/* For a value of which so much is one size of the face. */
static NtOneEuroOptions options_for(double size)
{
    return (NtOneEuroOptions){.min_cutoff_hz = MIN_CUTOFF_HZ,
                              .beta = BETA / size,
                              .slope_cutoff_hz = SLOPE_CUTOFF_HZ,
                              .noise_slope = NOISE_SLOPE * size,
                              .hold_seconds = HOLD_SECONDS};
}

static void filter_pose(NtSteady *steady, Pose *pose, double seconds)
{
    const NtOneEuroOptions rim = options_for(1 / RIM);
    pose->log_size = nt_one_euro(&steady->size, &rim, pose->log_size, seconds);
    pose->roll = nt_one_euro(&steady->roll, &rim, pose->roll, seconds);
    const NtOneEuroOptions place = options_for(exp(pose->log_size));
    pose->x = nt_one_euro(&steady->x, &place, pose->x, seconds);
    pose->y = nt_one_euro(&steady->y, &place, pose->y, seconds);
}

void nt_steady_filter(NtSteady *steady, gint64 pts_ns, NtPoint points[NT_N_LANDMARKS])
{
    const NtOneEuroOptions shape = options_for(1);
    const gint64 gap_ns = pts_ns - steady->pts_ns;
    const gboolean begins = steady->pts_ns < 0 || gap_ns <= 0 || gap_ns > LONGEST_GAP_NS;
    const double seconds = begins ? 0 : (double)gap_ns / 1e9;
    Pose measured, filtered;
    if (begins)
        begin_pose(steady, points, &measured);
    else
        measure_pose(steady, points, &measured);
    filtered = measured;
    filter_pose(steady, &filtered, seconds);
    for (int i = 0; i < NT_N_LANDMARKS; i++) {
        NtPoint point = take_off(&measured, points[i]);
        point.x = nt_one_euro(&steady->shape[2 * i], &shape, point.x, seconds);
        point.y = nt_one_euro(&steady->shape[2 * i + 1], &shape, point.y, seconds);
        points[i] = put_on(&filtered, point);
    }
    steady->pts_ns = pts_ns;
}
