/* Nametag - what has changed from one frame to another, seen in a thumbnail: cuts, and where nothing moves.
 *
 * A thumbnail holds the mean luma of 32 x 18 tiles. All functions are pure; any thread.
 */
#ifndef NT_MOTION_H
#define NT_MOTION_H

#include "vision/image.h"

#define NT_THUMBNAIL_COLUMNS 32
#define NT_THUMBNAIL_ROWS 18

typedef struct NtThumbnail {
    float mean[NT_THUMBNAIL_ROWS][NT_THUMBNAIL_COLUMNS];
    int width, height; /* of the picture; 0: none yet */
} NtThumbnail;

/* Every few rows are looked at, not all. */
void nt_thumbnail_take(const NtImage *gray, NtThumbnail *thumbnail);

/* Whether the second picture shows another scene: what is in it was not there before, nor has the picture moved. A
 * flash, a fade, a lamp, a pan by a quarter of the picture, somebody who moves: none is a cut. To and from a blank
 * picture there is none either. Of frames that follow one another, or nearly. */
int nt_motion_is_cut(const NtThumbnail *before, const NtThumbnail *after);

/* Whether anything but a camera's noise (a standard deviation of 8 grey levels a pixel) changed inside area (pixels
 * of the picture). 1 for pictures of different sizes, and when there is none yet; 0 when the area lies outside the
 * picture. */
int nt_motion_in(const NtThumbnail *before, const NtThumbnail *after, NtRect area);

/* Whether a picture shows nothing: black, white, a lost one. What comes after it is compared with what was before it. */
int nt_motion_is_blank(const NtThumbnail *thumbnail);

/* Makes the tiles that touch area as they were before: what moves there is known of, and tells nothing new. Of pictures of one size. */
void nt_motion_forgive(const NtThumbnail *before, NtThumbnail *after, NtRect area);

#endif
