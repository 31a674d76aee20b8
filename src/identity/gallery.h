/* Nametag - the gallery: the people one has enrolled, in one SQLite file.
 *
 * A face is kept as its embedding (128 float32, little-endian), its chip (PNG, so that a better model can embed it
 * again) and where it came from. The file is created with mode 0600, knows its schema version and the fingerprint of
 * the model that made its embeddings, and every change is one transaction. docs/formats.md describes the tables.
 *
 * Person names are UTF-8, compared exactly, trimmed of surrounding white space, 1 to 200 bytes, without control
 * characters. A gallery object belongs to one thread at a time; several processes may have the same file open.
 */
#ifndef NT_GALLERY_H
#define NT_GALLERY_H

#include <glib.h>

#include "nn/embedder.h"
#include "vision/align.h"

#define NT_GALLERY_SCHEMA_VERSION 1

typedef enum NtGalleryError {
    NT_GALLERY_ERROR_OPEN,        /* missing, unreadable, not a gallery, or damaged */
    NT_GALLERY_ERROR_NEWER,       /* made by a newer Nametag: schema version above ours */
    NT_GALLERY_ERROR_MODEL,       /* its embeddings come from another model */
    NT_GALLERY_ERROR_NOT_FOUND,   /* no such person */
    NT_GALLERY_ERROR_EXISTS,      /* that name is taken */
    NT_GALLERY_ERROR_NAME,        /* not a usable name */
    NT_GALLERY_ERROR_WRITE,       /* could not be written: read-only, full, locked */
} NtGalleryError;
#define NT_GALLERY_ERROR (nt_gallery_error_quark())
GQuark nt_gallery_error_quark(void);

typedef enum NtGalleryMode {
    NT_GALLERY_READ,   /* must exist; no change is made to the file */
    NT_GALLERY_WRITE,  /* must exist */
    NT_GALLERY_CREATE, /* created when missing, with the folders above it */
} NtGalleryMode;

typedef struct NtGallery NtGallery;

/* model_fingerprint says which model embeds (nt_model_set_fingerprint). An empty gallery takes it over; a gallery with
 * faces of another model gives NT_GALLERY_ERROR_MODEL. NULL skips the check (to list or edit people). */
NtGallery *nt_gallery_open(const char *path, NtGalleryMode mode, const char *model_fingerprint, GError **error);
void nt_gallery_close(NtGallery *gallery); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtGallery, nt_gallery_close)
const char *nt_gallery_path(const NtGallery *gallery);

/* $XDG_DATA_HOME/nametag/gallery.sqlite; free with g_free. */
char *nt_gallery_default_path(void);

typedef struct NtGalleryFace {
    gint64 id;                           /* set by the gallery */
    float embedding[NT_EMBEDDING_SIZE];
    const guint8 *chip;                  /* NT_CHIP_BYTES of RGB, borrowed; NULL when not asked for */
    const char *source;                  /* path or URI it was seen in, borrowed */
    gint64 pts_ns;                       /* moment in a clip, -1 for a still */
    NtRect box;                          /* in the source picture */
    double score;                        /* detector's score */
    gint64 created_us;                   /* Unix time in microseconds; set by the gallery when 0 */
} NtGalleryFace;

/* Adds a face, and the person when new. Returns the face's id, 0 on error. */
gint64 nt_gallery_add_face(NtGallery *gallery, const char *person, const NtGalleryFace *face, GError **error);

/* Several additions as one transaction: begin, add..., commit or roll back. */
gboolean nt_gallery_begin(NtGallery *gallery, GError **error);
gboolean nt_gallery_commit(NtGallery *gallery, GError **error);
void nt_gallery_roll_back(NtGallery *gallery);

typedef struct NtPerson {
    gint64 id;
    char *name;
    guint n_faces;
    gint64 created_us;
} NtPerson;
void nt_person_free(NtPerson *person);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtPerson, nt_person_free)

/* Everybody, sorted by name; array of NtPerson, free with g_ptr_array_unref. */
GPtrArray *nt_gallery_list_people(NtGallery *gallery, GError **error);
NtPerson *nt_gallery_find_person(NtGallery *gallery, const char *name, GError **error);

/* Calls visit for each face of a person, oldest first, with its chip when with_chips. Pointers in the face are valid
 * during the call only. */
typedef void (*NtGalleryVisitFace)(const NtGalleryFace *face, gpointer user);
gboolean nt_gallery_visit_faces(NtGallery *gallery, const char *person, gboolean with_chips, NtGalleryVisitFace visit,
                                gpointer user, GError **error);

gboolean nt_gallery_rename(NtGallery *gallery, const char *name, const char *new_name, GError **error);
/* Moves all faces of `from` to `into` and removes `from`. */
gboolean nt_gallery_merge(NtGallery *gallery, const char *from, const char *into, GError **error);
/* Removes the person and every face; the bytes are overwritten in the file (secure_delete). */
gboolean nt_gallery_forget(NtGallery *gallery, const char *name, GError **error);

/* Everything a classifier needs, copied out of the file. */
typedef struct NtGallerySnapshot {
    guint n_people, n_faces;
    char **names;      /* [n_people + 1], NULL-terminated, sorted */
    float *embeddings; /* [n_faces][128] */
    guint *person;     /* [n_faces]: index into names */
} NtGallerySnapshot;
NtGallerySnapshot *nt_gallery_snapshot(NtGallery *gallery, GError **error);
void nt_gallery_snapshot_free(NtGallerySnapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtGallerySnapshot, nt_gallery_snapshot_free)

#endif
