/* Nametag - an archive's people.json, read and checked whole before anything is done with it. For archive.c.
 */
#ifndef NT_ARCHIVE_READ_H
#define NT_ARCHIVE_READ_H

#include <glib.h>

#include "identity/archive.h"

#define NT_ARCHIVE_SCHEMA "nametag-people/1"
#define NT_ARCHIVE_FILE "people.json"
#define NT_ARCHIVE_PICTURES "pictures"
/* About 300,000 faces; a parsed one takes several times the memory of its text. */
#define NT_ARCHIVE_MAX_JSON_BYTES ((gint64)512 << 20)

typedef struct NtArchiveFace {
    NtGalleryFace face; /* without its chip; the source belongs to the archive */
    char *picture;      /* name within pictures/; NULL: none */
} NtArchiveFace;

typedef struct NtArchivePerson {
    char *name;
    GArray *faces, *rejections; /* NtArchiveFace */
} NtArchivePerson;

typedef struct NtArchive {
    char *folder;
    int pictures;       /* descriptor of the folder, -1: there is none */
    char *fingerprint;  /* of the model that made the embeddings */
    GPtrArray *people;  /* NtArchivePerson */
    GArray *strangers;  /* NtArchiveFace */
    guint n_faces;      /* of all kinds */
} NtArchive;

NtArchive *nt_archive_read(const char *folder, GError **error);
void nt_archive_free(NtArchive *archive); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtArchive, nt_archive_free)

/* The face's picture: NT_CHIP_BYTES to be freed with g_free; NULL without error when it has none. */
guint8 *nt_archive_read_chip(const NtArchive *archive, const NtArchiveFace *face, GError **error);

#endif
