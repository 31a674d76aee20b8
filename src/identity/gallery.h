/* Nametag - the gallery: the people one has enrolled, in one SQLite file.
 *
 * A face is kept as its embedding (128 float32, little-endian), its chip (PNG, so that a better model can embed it
 * again), its quality and where it came from. Beside people there are rejections ("this is not Anna"), ignored
 * strangers (faces that are nobody's to name), and the unknown people that clips showed and nobody has named yet. The
 * file is created with mode 0600 and knows its schema version and the fingerprint of the model that made its
 * embeddings. docs/formats.md describes the tables.
 *
 * Every change is one transaction and is remembered, so that it can be undone, in order, across restarts. The exception
 * is to forget: that erases a person from the file's very bytes, and from what could be undone.
 *
 * The file is in WAL mode with synchronous=FULL: what was acknowledged is on the disk. Several processes may have the
 * same file open; one waits for another's change, up to ten seconds: begin only when everything for the change is at
 * hand. A gallery object belongs to one thread at a time. While a process has a gallery open, it must not open and
 * close the same file by other means (fopen, g_file_get_contents): that drops SQLite's locks, and with them the safety
 * of the file.
 *
 * Person names are UTF-8, compared exactly after Unicode NFC, trimmed of surrounding white space, 1 to 200 bytes,
 * without control characters and marks that change the direction of text. "unknown", alone or with a number, is the
 * program's own word and nobody's name.
 */
#ifndef NT_GALLERY_H
#define NT_GALLERY_H

#include <glib.h>

#include "identity/vault.h"
#include "nn/embedder.h"
#include "vision/align.h"
#include "vision/quality.h"

#define NT_GALLERY_SCHEMA_VERSION 2
/* What an older schema was, is kept in a file of this ending beside the upgraded one. */
#define NT_GALLERY_BACKUP_ENDING ".v1-backup"

typedef enum NtGalleryError {
    NT_GALLERY_ERROR_OPEN,      /* missing, unreadable, not a gallery, or damaged */
    NT_GALLERY_ERROR_NEWER,     /* made by a newer Nametag: schema version above ours */
    NT_GALLERY_ERROR_MODEL,     /* its embeddings come from another model: nt_gallery_reembed */
    NT_GALLERY_ERROR_NOT_FOUND, /* no such person, picture, stranger, unknown person */
    NT_GALLERY_ERROR_EXISTS,    /* that name is taken */
    NT_GALLERY_ERROR_NAME,      /* not a usable name */
    NT_GALLERY_ERROR_WRITE,     /* could not be written: read-only, full, locked */
    NT_GALLERY_ERROR_NOTHING,   /* nothing to undo or redo */
} NtGalleryError;
#define NT_GALLERY_ERROR (nt_gallery_error_quark())
GQuark nt_gallery_error_quark(void);

typedef enum NtGalleryMode {
    NT_GALLERY_READ,  /* must exist; read-only media and folders will do. An older schema is upgraded where the file can
                       * be  written, else read through an upgraded copy in memory */
    NT_GALLERY_WRITE, /* must exist; an older schema is upgraded, after a backup beside it (PATH.v1-backup) */
    NT_GALLERY_CREATE, /* created when missing, with the folders above it */
} NtGalleryMode;

typedef struct NtGalleryOptions {
    NtGalleryMode mode;
    const char *model_fingerprint; /* which model embeds (nt_model_set_fingerprint). An empty gallery takes it over; a
                                    * gallery with faces of another model gives NT_GALLERY_ERROR_MODEL. NULL skips the
                                    * check (to list or edit people, to embed again) */
    const NtVaultKeys *keys;       /* for an encrypted gallery; NULL: only the Secret Service is asked */
} NtGalleryOptions;

typedef struct NtGallery NtGallery;

NtGallery *nt_gallery_open(const char *path, const NtGalleryOptions *options, GError **error);
void nt_gallery_close(NtGallery *gallery); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtGallery, nt_gallery_close)
const char *nt_gallery_path(const NtGallery *gallery);
gboolean nt_gallery_is_encrypted(const NtGallery *gallery);
gboolean nt_gallery_uses_service(const NtGallery *gallery); /* encrypted, with its key in the Secret Service */
gboolean nt_gallery_is_writable(const NtGallery *gallery);

/* $XDG_DATA_HOME/nametag/gallery.sqlite; free with g_free. */
char *nt_gallery_default_path(void);

/* A number that changes whenever another connection, of this or another process, has changed the file. Cheap: ask it
 * several times a second. */
gint64 nt_gallery_data_version(NtGallery *gallery);
/* A text that is another after every change of what a classifier is made of, whoever made it; cheap, too. Notes of who
 * was seen and unknown people do not change it. NULL with error; free with g_free. */
char *nt_gallery_content_stamp(NtGallery *gallery, GError **error);

/* Faces. */

typedef struct NtGalleryFace {
    gint64 id; /* set by the gallery */
    float embedding[NT_EMBEDDING_SIZE];
    const guint8 *chip; /* NT_CHIP_BYTES of RGB, borrowed; NULL when not asked for */
    const char *source; /* path or URI it was seen in, borrowed */
    gint64 pts_ns;      /* moment in a clip, -1 for a still */
    NtRect box;         /* in the source picture */
    double score;       /* detector's score */
    NtQuality quality;  /* all zero when it was never measured (schema 1) */
    gboolean forced;    /* taken against the quality gate's advice */
    gboolean aside;     /* kept, but not used to recognise */
    gint64 created_us;  /* Unix time in microseconds; set by the gallery when 0 */
} NtGalleryFace;

/* Adds a face, and the person when new. Returns the face's id, 0 on error. */
gint64 nt_gallery_add_face(NtGallery *gallery, const char *person, const NtGalleryFace *face, GError **error);
/* A person whose last picture goes stays, without pictures. */
gboolean nt_gallery_remove_faces(NtGallery *gallery, const gint64 *ids, guint n, GError **error);
/* aside TRUE: kept but not used to recognise; FALSE: used again. */
gboolean nt_gallery_set_aside(NtGallery *gallery, const gint64 *ids, guint n, gboolean aside, GError **error);
/* Gives pictures to another person, who is made when new: how a person is split, and a picture put right. A person who
 * has no picture left is removed. */
gboolean nt_gallery_move_faces(NtGallery *gallery, const gint64 *ids, guint n, const char *person, GError **error);

/* Calls visit for each face of a person, oldest first, aside ones included, with its chip when with_chips. Pointers in
 * the face are valid during the call only. */
typedef void (*NtGalleryVisitFace)(const NtGalleryFace *face, gpointer user);
gboolean nt_gallery_visit_faces(NtGallery *gallery, const char *person, gboolean with_chips, NtGalleryVisitFace visit,
                                gpointer user, GError **error);

/* The chip of one face, NT_CHIP_BYTES of RGB; NULL without error when it has none that can be read. Free with g_free. */
guint8 *nt_gallery_load_chip(NtGallery *gallery, gint64 face, GError **error);

/* People. */

typedef struct NtPerson {
    gint64 id;
    char *name;
    guint n_faces, n_aside; /* n_faces counts those aside too */
    gint64 created_us;
    gint64 cover;   /* the picture chosen to stand for them; 0: none, the best one will do (nt_gate_score) */
    gint64 seen_us; /* when they were last seen, as nt_gallery_note_seen was told; 0: never */
} NtPerson;
void nt_person_free(NtPerson *person);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtPerson, nt_person_free)

/* Everybody, sorted by name (in the locale's order); array of NtPerson, free with g_ptr_array_unref. */
GPtrArray *nt_gallery_list_people(NtGallery *gallery, GError **error);
NtPerson *nt_gallery_find_person(NtGallery *gallery, const char *name, GError **error);

gboolean nt_gallery_rename(NtGallery *gallery, const char *name, const char *new_name, GError **error);
/* Moves all faces and rejections of `from` to `into` and removes `from`. */
gboolean nt_gallery_merge(NtGallery *gallery, const char *from, const char *into, GError **error);
/* The picture that stands for the person, one of theirs; 0: none in particular. */
gboolean nt_gallery_set_cover(NtGallery *gallery, const char *name, gint64 face, GError **error);
/* names [n] were seen at unix_us [n] (Unix time in microseconds). Those who are not there, and who were seen later than
 * that, are passed over. Not part of the history; recognizers that follow the file do not train again for it. */
gboolean nt_gallery_note_seen(NtGallery *gallery, const char *const *names, const gint64 *unix_us, guint n,
                              GError **error);
/* Removes the person; can be undone, so the file still holds what is needed for that. */
gboolean nt_gallery_remove(NtGallery *gallery, const char *name, GError **error);
/* Erases the person for good: from the tables, from the history (changes that concern only them can no longer be
 * undone), unknown people who look like them, the upgrade's backup, the write-ahead log and freed pages. Not within
 * begin and commit. Somebody who was removed before can be forgotten too: the name is looked for in the history.
 * Pictures that were given to another person stay there. FALSE with words when the disk fails after the person is out
 * of the tables: the rest then goes with the next opening for writing. TRUE when it is done; where another program
 * holds the old content open past a few seconds, *pending is set: the person is out of the tables, and the bytes go
 * with the next opening for writing. pending may be NULL. */
gboolean nt_gallery_forget(NtGallery *gallery, const char *name, gboolean *pending, GError **error);

/* What people said about the program's answers. */

/* "This is not PERSON": faces like this one are no longer given that name. Returns its id, 0 on error. */
gint64 nt_gallery_reject(NtGallery *gallery, const char *person, const NtGalleryFace *face, GError **error);
/* "This is nobody of mine": faces like this one are unknown and are not asked about. Returns its id, 0 on error. */
gint64 nt_gallery_ignore(NtGallery *gallery, const NtGalleryFace *face, GError **error);
/* Takes a rejection or an ignored stranger back. */
gboolean nt_gallery_remove_rejection(NtGallery *gallery, gint64 id, GError **error);
gboolean nt_gallery_remove_stranger(NtGallery *gallery, gint64 id, GError **error);
gboolean nt_gallery_visit_rejections(NtGallery *gallery, const char *person, NtGalleryVisitFace visit, gpointer user,
                                     GError **error);
gboolean nt_gallery_visit_strangers(NtGallery *gallery, gboolean with_chips, NtGalleryVisitFace visit, gpointer user,
                                    GError **error);

/* Changes. */

/* Several changes as one: begin, change..., commit or roll back. Undone and redone as one. */
gboolean nt_gallery_begin(NtGallery *gallery, GError **error);
gboolean nt_gallery_commit(NtGallery *gallery, GError **error);
void nt_gallery_roll_back(NtGallery *gallery);

typedef enum NtChangeKind {
    NT_CHANGE_ENROLL, /* count pictures for person */
    NT_CHANGE_REMOVE_FACES,
    NT_CHANGE_SET_ASIDE,
    NT_CHANGE_USE_AGAIN,
    NT_CHANGE_MOVE_FACES, /* count pictures from person to other */
    NT_CHANGE_RENAME,     /* person was called `other` before */
    NT_CHANGE_MERGE,      /* other became part of person */
    NT_CHANGE_REMOVE,
    NT_CHANGE_REJECT,
    NT_CHANGE_IGNORE,
    NT_CHANGE_REMOVE_REJECTION,
    NT_CHANGE_REMOVE_STRANGER,
    NT_CHANGE_IMPORT, /* count people */
    NT_CHANGE_SET_COVER,
    NT_N_CHANGES,
} NtChangeKind;

typedef struct NtChange {
    gint64 id;
    NtChangeKind kind;
    char *person, *other; /* names as far as they are still known; NULL */
    guint count;
    gint64 made_us;
    gboolean undone; /* can be redone */
} NtChange;
void nt_change_free(NtChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtChange, nt_change_free)
/* In words: "3 pictures enrolled for Anna". Free with g_free. */
char *nt_change_describe(const NtChange *change);

/* Takes the newest change back, or makes the last undone one again; a new change ends what could be redone. NULL with
 * NT_GALLERY_ERROR_NOTHING when there is none. The tables (other than the history) are then as they were, row for row.
 */
NtChange *nt_gallery_undo(NtGallery *gallery, GError **error);
NtChange *nt_gallery_redo(NtGallery *gallery, GError **error);
/* What undo or redo would be about; NULL with NT_GALLERY_ERROR_NOTHING when there is none. */
NtChange *nt_gallery_peek(NtGallery *gallery, gboolean redo, GError **error);
/* Newest first; array of NtChange. */
GPtrArray *nt_gallery_list_changes(NtGallery *gallery, GError **error);
/* Between begin and commit: what the changes made until commit count as; for import. */
void nt_gallery_set_change_kind(NtGallery *gallery, NtChangeKind kind, guint count);

/* Unknown people: those whom clips showed, kept so that one answer names them. Not part of the history. */

typedef struct NtUnknown {
    gint64 id;
    guint number; /* "unknown 1" of its source */
    char *source; /* path or URI */
    guint64 n_frames;
    gint64 first_ns, last_ns; /* -1 for a still */
    guint n_faces;
    NtGalleryFace *faces; /* [n_faces] best first; their chips and sources belong to this */
    gint64 created_us;
} NtUnknown;
void nt_unknown_free(NtUnknown *unknown);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtUnknown, nt_unknown_free)

/* Keeps these instead of what an earlier run kept for the same source. unknown: [n]; id and created_us are set by the
 * gallery. */
gboolean nt_gallery_keep_unknown(NtGallery *gallery, const char *source, NtUnknown *const *unknown, guint n,
                                 GError **error);
/* All that are kept, by source and number; array of NtUnknown. Those of another model than the one in use are left out,
 * and let go when an empty gallery takes that model over. */
GPtrArray *nt_gallery_list_unknown(NtGallery *gallery, gboolean with_chips, GError **error);
gboolean nt_gallery_drop_unknown(NtGallery *gallery, gint64 id, GError **error); /* 0: all */

/* Snapshot: everything a classifier needs, copied out of the file. */

typedef struct NtGallerySnapshot {
    guint n_people, n_faces;
    char **names;       /* [n_people + 1], NULL-terminated, sorted */
    gint64 *person_ids; /* [n_people] */
    float *embeddings;  /* [n_faces][128], those in use, grouped by person */
    gint64 *face_ids;   /* [n_faces] */
    guint *person;      /* [n_faces]: index into names, ascending */
    guint n_rejections;
    float *rejections; /* [n_rejections][128] */
    guint *rejected;   /* [n_rejections]: index into names */
    guint n_strangers;
    float *strangers; /* [n_strangers][128] */
} NtGallerySnapshot;
NtGallerySnapshot *nt_gallery_snapshot(NtGallery *gallery, GError **error);
void nt_gallery_snapshot_free(NtGallerySnapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtGallerySnapshot, nt_gallery_snapshot_free)

/* Upkeep. */

/* After a change of model: embeds every chip again (people's, rejected, ignored, unknown, and those in the history), as
 * one transaction, and takes the new fingerprint over. embed fills `embedding` for a chip; FALSE stops with error.
 * Faces without a chip are removed; their number is in *lost. Needs a gallery opened for writing without a fingerprint.
 */
typedef gboolean (*NtGalleryEmbed)(const guint8 chip[NT_CHIP_BYTES], float embedding[NT_EMBEDDING_SIZE], gpointer user,
                                   GError **error);
gboolean nt_gallery_reembed(NtGallery *gallery, const char *model_fingerprint, NtGalleryEmbed embed, gpointer user,
                            guint *lost, GError **error);

/* Seals every value, history included, or opens them again; then rewrites the file, so that no trace of the other form
 * is left (where another program holds the old content, that goes with the next opening for writing), and deletes the
 * upgrade's backup. To decrypt lets go of a key in the Secret Service, so that copies encrypted with it do not open any
 * more. A gallery that is already so is an error in words. Others who have it open get errors until they
 * open it again. */
gboolean nt_gallery_encrypt(NtGallery *gallery, NtVaultLock lock, const NtVaultKeys *keys, GError **error);
gboolean nt_gallery_decrypt(NtGallery *gallery, GError **error);

#endif
