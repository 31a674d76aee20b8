/* Nametag - what was found of clips, kept in the user's cache: $XDG_CACHE_HOME/nametag/timelines, a file a clip.
 *
 * A file holds tracks, embeddings and pictures, no names, and is the user's alone (mode 0600 in a folder of 0700). Its
 * name is a hash of the clip's URI, size, time of change and of the model, so that nobody else's is taken for it. It is
 * written whole or not at all; one that is damaged, cut off, of another version or another machine is as good as none.
 * The clips used longest ago are let go beyond NT_CACHE_CLIPS or NT_CACHE_BYTES.
 *
 * To forget people the cache is cleared. Who began to look through a clip before that must not write what he knows: a
 * ticket, taken at the beginning, is no longer good after it, in other processes either.
 *
 * The file: "NTTLINE" and a zero; version, 4 bytes in this machine's order; SHA-256 of the rest, 32 bytes; 4 zeros; a
 * serialised GVariant, see time_line_cache.c.
 *
 * Any thread. Reads and writes files: not for the main thread.
 */
#ifndef NT_TIME_LINE_CACHE_H
#define NT_TIME_LINE_CACHE_H

#include <gio/gio.h>

#include "engine/appearances.h"

#define NT_CACHE_CLIPS 200
#define NT_CACHE_BYTES (200 * G_GINT64_CONSTANT(1000000))

/* The name of a clip's file, the caller's; NULL when it can't be kept: not a local file, or not there. */
char *nt_time_line_cache_name(const char *location, const char *fingerprint);
/* The right to store what is found from now on; the caller's. Makes the folder. */
char *nt_time_line_cache_ticket(void);

NtAppearances *nt_time_line_cache_load(const char *name); /* NULL: nothing that can be used */
/* FALSE when it was not stored: the ticket is no longer good, or there is no room; that is no error to tell of. */
gboolean nt_time_line_cache_store(const char *name, const char *ticket, const NtAppearances *appearances);
void nt_time_line_cache_clear(void);

/* The bytes of a file. */
GBytes *nt_time_line_cache_pack(const NtAppearances *appearances);
NtAppearances *nt_time_line_cache_unpack(GBytes *bytes); /* NULL when damaged */

#endif
