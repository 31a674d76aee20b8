/* Nametag - a path or URI as the user gave it, as a URI that GStreamer opens. Private to media. */
#ifndef NT_LOCATION_H
#define NT_LOCATION_H

#include <glib.h>

/* A file that exists by that very name wins over a URI of the same spelling. For files, refuses what cannot be a clip
 * (missing, a folder, empty, not readable) with NT_SOURCE_ERROR_OPEN. Free with g_free. */
char *nt_location_to_uri(const char *location, GError **error);

#endif
