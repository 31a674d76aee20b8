/* Nametag - opening a gallery for a command that looks at pictures: with keys, and after a change of model embedded again.
 */
#ifndef NT_GALLERY_ACCESS_H
#define NT_GALLERY_ACCESS_H

#include "engine/model_set.h"
#include "identity/gallery.h"

/* As nt_gallery_open. Where the gallery's embeddings come from another model than models, its kept pictures are embedded
 * again first, which is said on standard error, with a progress bar unless quiet. Ctrl+C leaves the gallery as it was.
 * An upgrade from an older schema is said, with where the backup is.
 * models NULL: whatever they come from will do. */
NtGallery *nt_command_open_gallery(const char *path, NtGalleryMode mode, NtModelSet *models, gboolean quiet, GError **error);

#endif
