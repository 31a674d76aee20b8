/* Nametag - a path or address as the user gave it: as a URI that GStreamer opens, and without its secrets for everything that is
 * shown or kept. */
#ifndef NT_LOCATION_H
#define NT_LOCATION_H

#include <glib.h>

/* A file that exists by that very name wins over a URI of the same spelling. For files, refuses what cannot be a clip
 * (missing, a folder, empty, not readable) with NT_SOURCE_ERROR_OPEN. Free with g_free. */
char *nt_location_to_uri(const char *location, GError **error);

/* The text, an address or a sentence with addresses in it, with what is secret in them left out: user and password
 * ("rtsp://user:password@host/" becomes "rtsp://host/"), and the values of parameters that look like keys ("?pwd=***"). Free with
 * g_free. */
char *nt_location_mask(const char *text);

/* The URI without its user and password, which go, decoded, into *user and *password (NULL when there are none). Free all three with
 * g_free. */
char *nt_location_take_credentials(const char *uri, char **user, char **password);

/* Whether the path is of a file that a sandbox was given alone, by the documents portal
 * ($XDG_RUNTIME_DIR/doc/ID/NAME): what a program writes beside it, as SQLite does, no other program sees. A file in a
 * folder that was given is not alone. */
gboolean nt_location_is_lone_document(const char *path);

#endif
