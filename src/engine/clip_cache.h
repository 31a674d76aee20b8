/* Nametag - where the window keeps what it found of clips: $XDG_CACHE_HOME/nametag/timelines (app/time_line_cache.h).
 *
 * The files hold embeddings and pictures of whoever was seen, so that whoever makes a gallery forget somebody, or seals it,
 * clears them, also where there is no window. Whoever is still looking through a clip must not write afterwards what was
 * seen before: the epoch, which changes with every clearing, tells. He makes the folder before he begins, for where there
 * is none there is nothing to clear, and no epoch is left either.
 *
 * Any thread, any process.
 */
#ifndef NT_CLIP_CACHE_H
#define NT_CLIP_CACHE_H

#include <glib.h>

#define NT_CLIP_CACHE_EPOCH "epoch" /* the one file of the folder that is no clip's */

char *nt_clip_cache_folder(void); /* the caller's; it need not be there */
char *nt_clip_cache_epoch(void);  /* the caller's; empty as long as nothing was ever cleared */
void nt_clip_cache_clear(void);

#endif
