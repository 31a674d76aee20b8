/* Nametag - frames as pixels for the screen: B, G, R, x in memory, as Cairo and GDK take them.
 *
 * The conversion is GStreamer's (colour matrix, range, scaling of non-square pixels left to whoever draws). Memory is
 * used again once nobody holds it. One thread at a time converts; the bytes may be let go in any.
 */
#ifndef NT_PICTURE_H
#define NT_PICTURE_H

#include "media/source.h"

typedef struct NtPictures NtPictures;

NtPictures *nt_pictures_new(void);
void nt_pictures_free(NtPictures *pictures);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtPictures, nt_pictures_free)

/* height rows of *stride bytes, the fourth of every pixel 255. NULL when the frame cannot be converted. */
GBytes *nt_pictures_convert(NtPictures *pictures, const NtFrame *frame, int *stride);

/* How much wider than high a pixel is to be shown: 1 for square ones. */
double nt_frame_pixel_aspect(const NtFrame *frame);

#endif
