#include "engine/kalman.h"

/* Standard deviation of a face's acceleration, in sides a second squared: a head that starts to turn or walk. For the
 * log of its size: somebody who leans towards the camera. */
#define ACCELERATION 12.0
#define SIZE_ACCELERATION 3.0
/* What is not known of a new face's velocity. */
#define FIRST_VELOCITY 2.0
#define FIRST_SIZE_VELOCITY 0.5
#define FIRST_NOISE 0.05
/* Of a hidden face's velocity so much is left after a second. */
#define LEFT_AFTER_A_SECOND 0.05

static NtKalmanValue start(double value, double noise, double velocity)
{
    return (NtKalmanValue){.value = value, .vv = noise * noise, .dd = velocity * velocity};
}

void nt_kalman_start(NtKalman *kalman, NtSquare place)
{
    kalman->x = start(place.x, FIRST_NOISE * place.side, FIRST_VELOCITY * place.side);
    kalman->y = start(place.y, FIRST_NOISE * place.side, FIRST_VELOCITY * place.side);
    kalman->size = start(log(place.side), FIRST_NOISE, FIRST_SIZE_VELOCITY);
}

/* The acceleration is white noise: what it adds to the covariance grows with the time. */
static void predict(NtKalmanValue *v, double seconds, double acceleration)
{
    const double q = acceleration * acceleration * seconds;
    v->value += v->velocity * seconds;
    v->vv += seconds * (2 * v->vd + seconds * v->dd) + q * seconds * seconds / 3;
    v->vd += seconds * v->dd + q * seconds / 2;
    v->dd += q;
}

void nt_kalman_predict(NtKalman *kalman, double seconds)
{
    const double side = exp(kalman->size.value);
    predict(&kalman->x, seconds, ACCELERATION * side);
    predict(&kalman->y, seconds, ACCELERATION * side);
    predict(&kalman->size, seconds, SIZE_ACCELERATION);
}

static void correct(NtKalmanValue *v, double value, double noise)
{
    const double gain = 1 / (v->vv + noise * noise), error = value - v->value;
    const double of_value = v->vv * gain, of_velocity = v->vd * gain;
    v->value += of_value * error;
    v->velocity += of_velocity * error;
    v->dd -= of_velocity * v->vd;
    v->vd -= of_value * v->vd;
    v->vv -= of_value * v->vv;
}

void nt_kalman_correct(NtKalman *kalman, NtSquare place, double noise)
{
    const double side = exp(kalman->size.value);
    correct(&kalman->x, place.x, noise * side);
    correct(&kalman->y, place.y, noise * side);
    correct(&kalman->size, log(place.side), noise);
}

void nt_kalman_slow_down(NtKalman *kalman, double seconds)
{
    const double left = pow(LEFT_AFTER_A_SECOND, seconds);
    kalman->x.velocity *= left;
    kalman->y.velocity *= left;
    kalman->size.velocity *= left;
}

NtSquare nt_kalman_place(const NtKalman *kalman)
{
    return (NtSquare){kalman->x.value, kalman->y.value, exp(kalman->size.value)};
}

NtSquare nt_kalman_velocity(const NtKalman *kalman)
{
    return (NtSquare){kalman->x.velocity, kalman->y.velocity, exp(kalman->size.value) * kalman->size.velocity};
}
