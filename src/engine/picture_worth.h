/* Nametag - how good a picture of a face is for the average of a track: what its embedding weighs.
 *
 * Pure functions; any thread. */
#ifndef NT_PICTURE_WORTH_H
#define NT_PICTURE_WORTH_H

#include "engine/tagged.h"

/* 0 .. 1, of a face as wide as side, in pixels, with its detection's score and landmarks in the picture. */
double nt_picture_worth(double side, double score, const NtPoint landmarks[NT_N_LANDMARKS]);
/* The same of one that moves, by so much a second: movement blurs, and what lies partly beyond the picture's width x
 * height tells less. */
double nt_picture_worth_moving(NtSquare place, NtSquare velocity, int width, int height, double score,
                               const NtPoint landmarks[NT_N_LANDMARKS]);

#endif
