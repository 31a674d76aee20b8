/* Nametag - still pictures from files: JPEG, PNG and whatever else gdk-pixbuf reads.
 *
 * Pixels are R, G, B as the file has them: alpha is dropped, not blended; PNG gamma and colour profiles are ignored; the
 * EXIF orientation is applied, because a portrait photograph lying on its side has no face to find.
 */
#ifndef NT_STILL_H
#define NT_STILL_H

#include <glib.h>

#include "vision/image.h"

typedef struct NtStill {
    NtImage rgb;     /* RGB24, valid while the still is */
    gpointer owner;  /* private */
} NtStill;

NtStill *nt_still_load(const char *path, GError **error); /* the error's message names the path */
void nt_still_free(NtStill *still);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtStill, nt_still_free)

/* Whether the content (not the name) of a file is a still picture that nt_still_load reads. FALSE for clips, URIs and
 * files that cannot be read. */
gboolean nt_still_probe(const char *path);

/* Saves RGB24 pixels as PNG or JPEG by the ending of path; whole file or none. */
gboolean nt_still_save(const NtImage *rgb, const char *path, GError **error);

/* The paths of a folder's still pictures (by probe), sorted, recursing into sub-folders when recurse; hidden files
 * skipped. NULL with an error when the folder cannot be read. */
GPtrArray *nt_still_list_dir(const char *dir, gboolean recurse, GError **error);

/* PNG in memory, for the gallery's chips. */
GBytes *nt_still_encode_png(const NtImage *rgb, GError **error);

#endif
