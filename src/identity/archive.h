/* Nametag - galleries to take along: a folder (JSON and pictures) written and read, and one gallery merged into another.
 *
 * An archive is a folder: people.json (documented in docs/formats.md, schema "nametag-people/1": names, faces with
 * embedding, quality, source; rejections; ignored strangers; the model's fingerprint) and pictures/ID.png, the chips.
 * It appears under its name when it is whole. It is never encrypted.
 *
 * What is read may come from anybody: names of pictures that lead out of the folder, numbers that are none, files that
 * are too large are refused in words, and nothing of such an archive is taken.
 */
#ifndef NT_ARCHIVE_H
#define NT_ARCHIVE_H

#include <glib.h>

#include "identity/gallery.h"

typedef enum NtArchiveError {
    NT_ARCHIVE_ERROR_IO,       /* a file or folder cannot be read or written */
    NT_ARCHIVE_ERROR_EXISTS,   /* the folder to write has something in it */
    NT_ARCHIVE_ERROR_FORMAT,   /* no archive, or a damaged one */
    NT_ARCHIVE_ERROR_NEWER,    /* of a newer Nametag */
    NT_ARCHIVE_ERROR_MODEL,    /* of another model, and there is none to embed its pictures again */
    NT_ARCHIVE_ERROR_STOPPED,  /* progress said so */
} NtArchiveError;
#define NT_ARCHIVE_ERROR (nt_archive_error_quark())
GQuark nt_archive_error_quark(void);

typedef struct NtArchiveCount {
    guint people, new_people, faces, skipped_faces; /* people: who got pictures; skipped: in the gallery already */
    guint lost;                                     /* without the picture that another model would need */
    guint rejections, strangers;
} NtArchiveCount;

/* Whom to ask on the way. */
typedef struct NtArchiveHelp {
    NtGalleryEmbed embed; /* NULL: what another model embedded is an error in words */
    gboolean (*progress)(guint done, guint total, gpointer user); /* pictures; FALSE stops, nothing is kept. NULL */
    gpointer user;        /* for both */
} NtArchiveHelp;

/* person NULL: everybody. folder must not exist, or be empty. help NULL: nobody to ask. */
gboolean nt_archive_export(NtGallery *gallery, const char *person, const char *folder, const NtArchiveHelp *help,
                           NtArchiveCount *count, GError **error);
/* All or nothing, as one change that can be undone. People of the same name become one; a face that is there already,
 * whosever it is, is skipped. An archive of another model than the gallery's is embedded again from its pictures. The
 * gallery must have been opened with the fingerprint of the model in use. Other programs cannot write meanwhile: some
 * milliseconds a picture, and what embedding takes where it is needed. */
gboolean nt_archive_import(NtGallery *gallery, const char *folder, const NtArchiveHelp *help, NtArchiveCount *count,
                           GError **error);
/* The same from another gallery, which is only read. */
gboolean nt_archive_merge(NtGallery *into, NtGallery *from, const NtArchiveHelp *help, NtArchiveCount *count,
                          GError **error);

#endif
