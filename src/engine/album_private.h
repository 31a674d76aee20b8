/* Nametag - an album at another time than now: for tests.
 */
#ifndef NT_ALBUM_PRIVATE_H
#define NT_ALBUM_PRIVATE_H

#include "engine/album.h"

/* now_us: monotonic time at which the frame is shown. */
void nt_album_add_at(NtAlbum *album, const NtTaggedFrame *frame, gint64 now_us);

#endif
