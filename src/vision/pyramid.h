/* Nametag - the image pyramid of the detector: each level 5/6 of the one before, and the 2:1 enlargement for small
 * faces.
 *
 * Bilinear, corners aligned (source x = c * (in - 1) / (out - 1)). The arithmetic follows dlib 19.24's pyramid_down<6>
 * and pyramid_up operation by operation (rows in double; four float lanes a step, no fused multiply-add; RGB truncates
 * to a byte, gray rounds), because a pixel that differs by one moves scores by up to 0.1.
 */
#ifndef NT_PYRAMID_H
#define NT_PYRAMID_H

#include "vision/image.h"

#define NT_PYRAMID_MIN_SIDE 64 /* no level whose next box would be smaller than this */

/* Number of levels for a picture of that size: 1 or more (the picture itself is level 0). */
int nt_pyramid_levels(int width, int height);

/* Size of the level below one of that size: floor(5 * n / 6). */
static inline int nt_pyramid_next_side(int side) { return side * 5 / 6; }

/* Size of the 2:1 enlarged picture: (2w + 2) x (2h + 1). */
static inline int nt_upsampled_width(int width) { return 2 * width + 2; }
static inline int nt_upsampled_height(int height) { return 2 * height + 1; }

/* Resizes in to out_width x out_height, same format; out has out_height rows of out_stride bytes. All sides >= 1. */
void nt_pyramid_resize(const NtImage *in, uint8_t *out, int out_width, int out_height, ptrdiff_t out_stride);

/* As nt_pyramid_resize, but for rows first_row to last_row of the result only: of them the same bytes. out is where
 * its row 0 would be. */
void nt_pyramid_resize_rows(const NtImage *in, uint8_t *out, int out_width, int out_height, ptrdiff_t out_stride,
                            int first_row, int last_row);

/* The rows of the source that these rows of a result need, or one more at either end; within the source. */
void nt_pyramid_source_rows(int in_height, int out_height, int first_row, int last_row, int *first, int *last);

/* A box found `levels` steps down the 5/6 pyramid, in level-0 coordinates (rounded once, at the end). */
NtRect nt_pyramid_rect_up(NtRect rect, int levels);

/* A box found in a picture enlarged `times` times, in the original's coordinates (rounded once, at the end). */
NtRect nt_upsampled_rect_down(NtRect rect, int times);

#endif
