/* Nametag - what the files of the gallery share. Not for others.
 *
 * gallery_sql.c       statements, SQLite's errors in words, values sealed and opened
 * gallery_schema.c    the tables, and how an older file becomes a newer one
 * gallery_open.c      opening and closing
 * gallery_change.c    transactions, and the triggers that remember what they change
 * gallery_people.c    names and people
 * gallery_cover.c     the picture that stands for a person
 * gallery_seen.c      when people were last seen
 * gallery_faces.c     faces
 * gallery_answers.c   rejections and ignored strangers
 * gallery_unknown.c   unknown people
 * gallery_history.c   undo and redo
 * gallery_forget.c    erasing
 * gallery_snapshot.c  everything a classifier needs
 * gallery_upkeep.c    another model, encryption
 */
#ifndef NT_GALLERY_PRIVATE_H
#define NT_GALLERY_PRIVATE_H

#include <sqlite3.h>

#include "identity/gallery.h"

#define NT_GALLERY_APPLICATION_ID 0x4e54474c /* "NTGL" */
#define NT_GALLERY_MAX_NAME_BYTES 200
#define NT_GALLERY_EMBEDDING_BYTES (NT_EMBEDDING_SIZE * 4)
/* How long one program waits for another's change, which takes milliseconds; import and merging may take seconds. */
#define NT_GALLERY_BUSY_TIMEOUT_MS 10000

/* Keys of the table meta. */
#define NT_GALLERY_META_FINGERPRINT "model_fingerprint"
#define NT_GALLERY_META_VAULT "vault"                 /* description for nt_vault_open; present when encrypted */
#define NT_GALLERY_META_ERASE_PENDING "erase_pending" /* forgotten content may still be in freed pages or the log */

/* What the running change has recorded so far. */
typedef struct NtGalleryRecording {
    gint64 change; /* its id; 0: none is being recorded */
    gint64 seq;    /* rows recorded */
    NtChangeKind kind;
    gint64 person, other; /* as the table changes has them; 0: nobody, or several */
} NtGalleryRecording;

struct NtGallery {
    sqlite3 *db;
    char *path;
    char *fingerprint;       /* of the model in use; NULL: not checked */
    NtVault *vault;          /* NULL: not encrypted */
    char *vault_description; /* NULL: not encrypted */
    gint64 vault_version;    /* data version at which vault_description was last compared with the file's */
    gboolean writable;
    gboolean in_transaction;            /* between begin and commit */
    NtGalleryRecording recording, mark; /* mark: as it was before the change being made, for when that fails */
    int forced_kind;                    /* nt_gallery_set_change_kind; -1: none */
    guint forced_count;
};

/* Tables whose rows are remembered, and their columns beside id. The history has the same columns. */
typedef enum NtGalleryTable {
    NT_TABLE_PEOPLE,
    NT_TABLE_FACES,
    NT_TABLE_REJECTIONS,
    NT_TABLE_STRANGERS,
    NT_TABLE_COVERS,
    NT_N_TABLES,
} NtGalleryTable;
extern const char *const nt_gallery_tables[NT_N_TABLES];
extern const char *const nt_gallery_columns[NT_N_TABLES];

/* What faces, and the faces of unknown people, have in common, in the order that nt_gallery_bind_face and
 * nt_gallery_read_face expect. The chip is last: what comes before it is read without its pages. */
#define NT_FACE_COLUMNS                                                                                            \
    "embedding, source, pts_ns, box_left, box_top, box_right, box_bottom, score, size_px, sharpness, yaw, pitch, " \
    "roll, "                                                                                                       \
    "brightness, contrast, clipped, inside, forced, aside, created_us, chip"
#define NT_FACE_N_COLUMNS 21
#define NT_FACE_PLACES "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
/* The same for rejections and strangers. */
#define NT_ANSWER_COLUMNS "embedding, source, created_us, chip"

/* gallery_sql.c. doing: "read", "write": what could not be done, for the message. All give FALSE or NULL with error. */
gboolean nt_gallery_sqlite_error(NtGallery *gallery, GError **error, const char *doing);
gboolean nt_gallery_run(NtGallery *gallery, const char *sql, const char *doing, GError **error);
gboolean nt_gallery_run_format(NtGallery *gallery, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
sqlite3_stmt *nt_gallery_prepare(NtGallery *gallery, const char *sql, const char *doing, GError **error);
sqlite3_stmt *nt_gallery_prepare_ids(NtGallery *gallery, const char *sql, const char *doing, GError **error, guint n,
                                     ...);
gboolean nt_gallery_finish(NtGallery *gallery, sqlite3_stmt *statement, const char *doing, GError **error);
/* Steps to the next row; FALSE at the end and on an error, which is then set. */
gboolean nt_gallery_next(NtGallery *gallery, sqlite3_stmt *statement, GError **error);
/* Runs sql with those ids bound and finalises it. */
gboolean nt_gallery_run_ids(NtGallery *gallery, const char *sql, GError **error, guint n, ...);
/* First column of the first row; 0 without one. */
gboolean nt_gallery_query_int(NtGallery *gallery, const char *sql, gint64 *value, GError **error);
gboolean nt_gallery_get_meta(NtGallery *gallery, const char *key, char **value, GError **error); /* NULL: none */
gboolean nt_gallery_set_meta(NtGallery *gallery, const char *key, const char *value,
                             GError **error); /* NULL: removes */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sqlite3_stmt, sqlite3_finalize)

/* Values, sealed and opened. purpose: "faces.embedding". text: kept as text where it is not sealed. */
gboolean nt_gallery_bind_value(NtGallery *gallery, sqlite3_stmt *statement, int place, const char *purpose,
                               gconstpointer data, gsize n, gboolean text);
GBytes *nt_gallery_column_value(NtGallery *gallery, sqlite3_stmt *statement, int column, const char *purpose,
                                GError **error); /* NULL without error for NULL */
/* Valid UTF-8, whatever is in the file; a name has no control characters either. */
#define NT_GALLERY_NAME "people.name"
char *nt_gallery_column_text(NtGallery *gallery, sqlite3_stmt *statement, int column, const char *purpose,
                             GError **error);
gboolean nt_gallery_bind_key(NtGallery *gallery, sqlite3_stmt *statement, int place, const char *purpose,
                             const char *text);
gboolean nt_gallery_column_embedding(NtGallery *gallery, sqlite3_stmt *statement, int column, const char *purpose,
                                     float embedding[NT_EMBEDDING_SIZE], GError **error);
void nt_gallery_bind_embedding(NtGallery *gallery, sqlite3_stmt *statement, int place, const char *purpose,
                               const float embedding[NT_EMBEDDING_SIZE]);
/* FALSE with error when another program has encrypted or decrypted the gallery since it was opened. */
gboolean nt_gallery_check_vault(NtGallery *gallery, GError **error);

/* gallery_schema.c */
gboolean nt_gallery_create_schema(NtGallery *gallery, GError **error);
/* Makes the tables that came to version 2 later (covers, seen), where they are missing. */
gboolean nt_gallery_complete_schema(NtGallery *gallery, GError **error);
gboolean nt_gallery_upgrade(NtGallery *gallery, gboolean with_backup, GError **error);
char *nt_gallery_backup_path(const NtGallery *gallery);

/* gallery_open.c */
char *nt_gallery_what(const NtGallery *gallery); /* "the gallery /home/anna/...", for the vault's questions */
/* Takes the model in use over when no embedding of another is in the file; else compares. */
gboolean nt_gallery_take_fingerprint(NtGallery *gallery, GError **error);

/* gallery_change.c */
gboolean nt_gallery_watch(NtGallery *gallery, GError **error); /* makes the triggers */
gboolean nt_gallery_refuse_writing(const NtGallery *gallery, GError **error);
/* A change: begin; record once it is certain that something changes (or not at all, for what the history does not know
 * of); end. */
gboolean nt_gallery_begin_change(NtGallery *gallery, GError **error);
gboolean nt_gallery_record(NtGallery *gallery, NtChangeKind kind, gint64 person, gint64 other, guint count,
                           GError **error);
gboolean nt_gallery_end_change(NtGallery *gallery, gboolean good, GError **error); /* keeps it when good; gives good */
gboolean nt_gallery_drop_undone(NtGallery *gallery, GError **error);

/* gallery_people.c */
/* As it is kept: trimmed and composed; NULL with error. new_name: refuses names that are the program's own as well. */
char *nt_gallery_usable_name(const char *name, gboolean new_name, GError **error);
/* A name out of a file, which need not be one that we wrote: what could drive a terminal or turn text round is replaced, and
 * what is too long is cut. Takes name over. */
char *nt_gallery_harmless_name(char *name);
gboolean nt_gallery_find_id(NtGallery *gallery, const char *usable, gint64 *id, GError **error); /* 0: nobody */
gint64 nt_gallery_require_id(NtGallery *gallery, const char *name, GError **error);
gint64 nt_gallery_require_person(NtGallery *gallery, const char *usable, GError **error); /* made when new */
gboolean nt_gallery_remove_person(NtGallery *gallery, gint64 id, GError **error);

/* gallery_seen.c */
/* Whether the file has the tables covers and seen: one that was never opened for writing since they exist has not. */
gboolean nt_gallery_has_extras(NtGallery *gallery, gboolean *has, GError **error);
/* gint64 person's id -> gint64 Unix microseconds. */
GHashTable *nt_gallery_read_seen(NtGallery *gallery, GError **error);
gboolean nt_gallery_reseal_seen(NtGallery *gallery, NtVault *vault, GError **error);

/* gallery_faces.c */
/* A chip as PNG; NULL chip: NULL. */
gboolean nt_gallery_encode_chip(const guint8 *chip, GBytes **png, GError **error);
guint8 *nt_gallery_decode_chip(GBytes *png); /* NULL when it is none; free with g_free */
/* table: "faces" or "unknown_faces": whose columns NT_FACE_COLUMNS are bound from `place` on. */
void nt_gallery_bind_face(NtGallery *gallery, sqlite3_stmt *statement, int place, const char *table,
                          const NtGalleryFace *face, GBytes *png);
/* From column on; *source and *chip belong to the caller. with_chip FALSE: *chip is NULL. */
gboolean nt_gallery_read_face(NtGallery *gallery, sqlite3_stmt *statement, int column, const char *table,
                              gboolean with_chip, NtGalleryFace *face, char **source, guint8 **chip, GError **error);

/* gallery_forget.c */
/* Rewrites the file and empties the log, so that nothing that was deleted is left. *pending when another program holds
 * the old content. */
gboolean nt_gallery_erase(NtGallery *gallery, int wait_ms, gboolean *pending, GError **error);

#endif
