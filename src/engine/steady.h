/* Nametag - landmarks that stand still on a face that does, and keep up with one that moves.
 *
 * The One-Euro filter (G. Casiez, N. Roussel, D. Vogel, CHI 2012), in face coordinates: the face's place, size and roll are
 * filtered as they move, and the 68 points once those are taken off, so that a head that crosses the picture drags nothing
 * behind it. Speeds count in sizes of the face, so that neither its size in the picture nor the picture's matters: what
 * camera noise does to landmarks grows with the face. Pure; one state a track.
 */
#ifndef NT_STEADY_H
#define NT_STEADY_H

#include <glib.h>

#include "vision/landmarks.h"

/* One filtered value. */
typedef struct NtOneEuro {
    double value;
    double slope; /* a second, filtered; of what comes in against what went out, so that what lags behind counts as speed: it
                   * sets the cutoff, and is no velocity to predict with */
    double speed; /* the slope's size, or that of a moment ago while it is the greater */
} NtOneEuro;

typedef struct NtOneEuroOptions {
    double min_cutoff_hz; /* at rest: less is steadier */
    double beta;          /* cutoff added for each unit a second of speed: more keeps up better */
    double slope_cutoff_hz;
    /* Beyond the paper's filter, which they are 0 for. */
    double noise_slope;  /* the speed that noise makes of rest: slower than this adds less, in proportion */
    double hold_seconds; /* a speed is forgotten in such a time, so that what turns round does not stick as it does */
} NtOneEuroOptions;

/* seconds since the last value; 0 and less begin anew. Returns the filtered value. */
double nt_one_euro(NtOneEuro *state, const NtOneEuroOptions *options, double value, double seconds);

/* What moves with the skull, of the landmarks: nose and eyes. They tell where the face is. */
#define NT_STEADY_FIRST_RIGID 27
#define NT_STEADY_N_RIGID 21

typedef struct NtSteady {
    gint64 pts_ns;   /* of the last frame; -1: none yet. Zero-initialise with NT_STEADY_INIT */
    NtOneEuro x, y, size, roll; /* of the face, in pixels, as log of pixels, and radians */
    NtOneEuro shape[2 * NT_N_LANDMARKS]; /* in sizes of the face, upright, about its centre */
    NtPoint rigid[NT_STEADY_N_RIGID]; /* of the first frame, likewise: place, size and roll are against them */
} NtSteady;

#define NT_STEADY_INIT ((NtSteady){.pts_ns = -1})

/* Filters the points of the frame at pts_ns in place. A gap of more than half a second begins anew. */
void nt_steady_filter(NtSteady *steady, gint64 pts_ns, NtPoint points[NT_N_LANDMARKS]);

#endif
