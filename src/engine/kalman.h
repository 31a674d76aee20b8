/* Nametag - where a face will be: a Kalman filter with constant velocity for its place and size. Private to the engine.
 *
 * (R. E. Kalman, 1960.) Centre and log of the side are filtered one by one; noise is told in sides of the face, so that
 * a face behaves alike near and far. Pure.
 */
#ifndef NT_KALMAN_H
#define NT_KALMAN_H

#include "vision/image.h"

/* A value, its change a second, and their covariance. */
typedef struct NtKalmanValue {
    double value, velocity;
    double vv, vd, dd;
} NtKalmanValue;

typedef struct NtKalman {
    NtKalmanValue x, y; /* pixels */
    NtKalmanValue size; /* log of the side in pixels */
} NtKalman;

void nt_kalman_start(NtKalman *kalman, NtSquare place);
/* Moves on by so many seconds. */
void nt_kalman_predict(NtKalman *kalman, double seconds);
/* A measured place; noise: its standard deviation in sides. */
void nt_kalman_correct(NtKalman *kalman, NtSquare place, double noise);
/* Nothing was seen: what moves slows down, so that a hidden face does not run away. */
void nt_kalman_slow_down(NtKalman *kalman, double seconds);

NtSquare nt_kalman_place(const NtKalman *kalman);
NtSquare nt_kalman_velocity(const NtKalman *kalman); /* pixels a second, side too */

#endif
