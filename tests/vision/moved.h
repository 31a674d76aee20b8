/* Grey pictures moved, turned, scaled and lit by known amounts, for the tests of what follows faces. */
#ifndef MOVED_H
#define MOVED_H

#include <glib.h>

#include "vision/image.h"

/* Grey pictures here are dense; pixels are freed with gray_clear. */
typedef struct Gray {
    int width, height;
    guint8 *pixels;
} Gray;

static inline NtImage gray_view(const Gray *gray)
{
    return (NtImage){gray->pixels, gray->width, gray->height, gray->width, NT_PIXELS_GRAY8};
}
static inline void gray_clear(Gray *gray) { g_clear_pointer(&gray->pixels, g_free); }
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Gray, gray_clear)

/* One of the npm packages' photographs with faces (sample1.jpg to sample6.jpg); pixels is NULL, and the test skipped, when they are not there. */
Gray gray_sample(int number);

/* How a picture is moved: point p of it comes to centre + turned scale * (p - centre) + (x, y). */
typedef struct Movement {
    double x, y, scale, turn; /* turn in radians */
    double gain, offset;      /* of grey levels */
    double noise;             /* standard deviation */
} Movement;

#define MOVEMENT_NONE ((Movement){.scale = 1, .gain = 1})

/* Bilinear, averaged where it shrinks; beyond the picture its edge repeats. The noise is the same for the same seed. */
Gray gray_moved(const Gray *gray, NtPoint centre, const Movement *movement, guint32 seed);
NtSquare square_moved(NtSquare square, NtPoint centre, const Movement *movement);

/* Part of a picture, its edge repeated. */
Gray gray_part(const Gray *gray, NtRect part);

#endif
