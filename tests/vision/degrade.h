/* Faces made worse on purpose, for the tests and the calibration of quality. */
#ifndef DEGRADE_H
#define DEGRADE_H

#include <glib.h>

#include "vision/image.h"

typedef struct Picture {
    int width, height;
    guint8 *pixels; /* RGB24, dense; freed by the caller */
} Picture;

NtImage picture_view(const Picture *p);
Picture picture_copy(const Picture *p);
/* Part of a picture resampled by gdk-pixbuf (area-true when shrinking); beyond the picture it repeats the edge. */
Picture picture_resample(const NtImage *image, NtRect part, int width, int height);
Picture picture_blurred(const Picture *p, double sigma); /* Gaussian */
Picture picture_jpegged(const Picture *p, int percent);
/* value -> gain * 255 * (value / 255)^gamma, with Gaussian noise of that deviation. */
Picture picture_exposed(const Picture *p, double gain, double gamma, double noise);
/* The face moved out of the picture to the left by that share of its box. */
Picture picture_cut_off(const Picture *p, NtRect box, double share, NtRect *moved);

#endif
