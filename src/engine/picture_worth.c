#include "engine/picture_worth.h"

#include <math.h>

#include "vision/quality.h"

/* From this width on a face is as good as any; at a third of it half the names are lost (docs/accuracy.md). */
#define IDEAL_SIDE_PX 110
/* The detector's score of a face that looks straight ahead, well lit. */
#define IDEAL_SCORE 1.0
/* A face that moves by so many sides a second is blurred in most cameras: it counts half. */
#define BLUR_SPEED 3.0
/* Turned farther than this, degrees, landmarks begin to slip. */
#define MAX_YAW 35.0
#define MAX_PITCH 30.0

double nt_picture_worth(double side, double score, const NtPoint landmarks[NT_N_LANDMARKS])
{
    NtQuality pose = {0};
    nt_quality_measure_pose(landmarks, &pose);
    const double turned = MAX(1 - fabs(pose.yaw) / MAX_YAW, 0) * MAX(1 - fabs(pose.pitch) / MAX_PITCH, 0);
    return MIN(side / IDEAL_SIDE_PX, 1) * sqrt(CLAMP(score / IDEAL_SCORE, 0, 1)) * sqrt(turned);
}

double nt_picture_worth_moving(NtSquare place, NtSquare velocity, int width, int height, double score,
                               const NtPoint landmarks[NT_N_LANDMARKS])
{
    const double speed = hypot(velocity.x, velocity.y) / place.side;
    const double half = place.side / 2;
    const gboolean whole = place.x >= half && place.y >= half && place.x < width - half && place.y < height - half;
    return nt_picture_worth(place.side, score, landmarks) * MAX(1 - speed / BLUR_SPEED, 0.5) * (whole ? 1 : 0.5);
}
