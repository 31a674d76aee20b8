/* What people said about the program's answers: "this is not Anna", "ignore this one". */
#include <string.h>

#include "identity/gallery_private.h"

static gint64 insert_answer(NtGallery *gallery, const char *table, gint64 person, const NtGalleryFace *face,
                            GBytes *png, GError **error)
{
    g_autofree char *sql =
        person ? g_strdup_printf("INSERT INTO %s (" NT_ANSWER_COLUMNS ", person_id) VALUES (?, ?, ?, ?, ?)", table)
               : g_strdup_printf("INSERT INTO %s (" NT_ANSWER_COLUMNS ") VALUES (?, ?, ?, ?)", table);
    g_autofree char *embedding = g_strconcat(table, ".embedding", NULL), *chip = g_strconcat(table, ".chip", NULL);
    g_autofree char *source_purpose = g_strconcat(table, ".source", NULL);
    const char *source = face->source ? face->source : "";
    sqlite3_stmt *s = nt_gallery_prepare(gallery, sql, "write", error);
    if (!s)
        return 0;
    nt_gallery_bind_embedding(gallery, s, 1, embedding, face->embedding);
    nt_gallery_bind_value(gallery, s, 2, source_purpose, source, strlen(source), TRUE);
    sqlite3_bind_int64(s, 3, face->created_us ? face->created_us : g_get_real_time());
    if (png)
        nt_gallery_bind_value(gallery, s, 4, chip, g_bytes_get_data(png, NULL), g_bytes_get_size(png), FALSE);
    if (person)
        sqlite3_bind_int64(s, 5, person);
    return nt_gallery_finish(gallery, s, "write", error) ? sqlite3_last_insert_rowid(gallery->db) : 0;
}

gint64 nt_gallery_reject(NtGallery *gallery, const char *person, const NtGalleryFace *face, GError **error)
{
    g_autoptr(GBytes) png = NULL;
    if (!nt_gallery_encode_chip(face->chip, &png, error) || !nt_gallery_begin_change(gallery, error))
        return 0;
    const gint64 owner = nt_gallery_require_id(gallery, person, error);
    const gboolean good = owner && nt_gallery_take_fingerprint(gallery, error) &&
                          nt_gallery_record(gallery, NT_CHANGE_REJECT, owner, 0, 1, error);
    const gint64 id = good ? insert_answer(gallery, "rejections", owner, face, png, error) : 0;
    return nt_gallery_end_change(gallery, id != 0, error) ? id : 0;
}

gint64 nt_gallery_ignore(NtGallery *gallery, const NtGalleryFace *face, GError **error)
{
    g_autoptr(GBytes) png = NULL;
    if (!nt_gallery_encode_chip(face->chip, &png, error) || !nt_gallery_begin_change(gallery, error))
        return 0;
    const gboolean good =
        nt_gallery_take_fingerprint(gallery, error) && nt_gallery_record(gallery, NT_CHANGE_IGNORE, 0, 0, 1, error);
    const gint64 id = good ? insert_answer(gallery, "strangers", 0, face, png, error) : 0;
    return nt_gallery_end_change(gallery, id != 0, error) ? id : 0;
}

/* *person: whose it is, 0 for a stranger's. */
static gboolean require_answer(NtGallery *gallery, const char *table, const char *what, gint64 id, gint64 *person,
                               GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT %s FROM %s WHERE id = ?", strcmp(table, "rejections") == 0 ? "person_id" : "0", table);
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare_ids(gallery, sql, "read", error, 1, id);
    GError *reason = NULL;
    if (!s)
        return FALSE;
    if (nt_gallery_next(gallery, s, &reason)) {
        *person = sqlite3_column_int64(s, 0);
        return TRUE;
    }
    if (reason)
        g_propagate_error(error, reason);
    else
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND, "there is no %s %" G_GINT64_FORMAT " in %s",
                    what, id, gallery->path);
    return FALSE;
}

static gboolean remove_answer(NtGallery *gallery, NtChangeKind kind, const char *table, const char *what, gint64 id,
                              GError **error)
{
    gint64 person;
    g_autofree char *sql = g_strdup_printf("DELETE FROM %s WHERE id = ?", table);
    if (!nt_gallery_begin_change(gallery, error))
        return FALSE;
    const gboolean good = require_answer(gallery, table, what, id, &person, error) &&
                          nt_gallery_record(gallery, kind, person, 0, 1, error) &&
                          nt_gallery_run_ids(gallery, sql, error, 1, id);
    return nt_gallery_end_change(gallery, good, error);
}

gboolean nt_gallery_remove_rejection(NtGallery *gallery, gint64 id, GError **error)
{
    return remove_answer(gallery, NT_CHANGE_REMOVE_REJECTION, "rejections", "rejection", id, error);
}

gboolean nt_gallery_remove_stranger(NtGallery *gallery, gint64 id, GError **error)
{
    return remove_answer(gallery, NT_CHANGE_REMOVE_STRANGER, "strangers", "ignored stranger", id, error);
}

/* Consumes the statement, whose columns are id and NT_ANSWER_COLUMNS. */
static gboolean visit_answers(NtGallery *gallery, sqlite3_stmt *statement, const char *table, gboolean with_chips,
                              NtGalleryVisitFace visit, gpointer user, GError **error)
{
    g_autoptr(sqlite3_stmt) s = statement;
    g_autofree char *embedding = g_strconcat(table, ".embedding", NULL),
                    *chip_purpose = g_strconcat(table, ".chip", NULL);
    g_autofree char *source_purpose = g_strconcat(table, ".source", NULL);
    GError *reason = NULL;
    while (s && !reason && nt_gallery_next(gallery, s, &reason)) {
        NtGalleryFace face = {.id = sqlite3_column_int64(s, 0), .pts_ns = -1, .created_us = sqlite3_column_int64(s, 3)};
        if (!nt_gallery_column_embedding(gallery, s, 1, embedding, face.embedding, &reason))
            break;
        g_autofree char *source = nt_gallery_column_text(gallery, s, 2, source_purpose, &reason);
        g_autoptr(GBytes) png =
            with_chips && !reason ? nt_gallery_column_value(gallery, s, 4, chip_purpose, &reason) : NULL;
        g_autofree guint8 *chip = nt_gallery_decode_chip(png);
        face.source = source;
        face.chip = chip;
        if (!reason)
            visit(&face, user);
    }
    if (reason)
        g_propagate_error(error, reason);
    return s && !reason;
}

gboolean nt_gallery_visit_rejections(NtGallery *gallery, const char *person, NtGalleryVisitFace visit, gpointer user,
                                     GError **error)
{
    const gint64 id = nt_gallery_require_id(gallery, person, error);
    sqlite3_stmt *s = id ? nt_gallery_prepare_ids(gallery,
                                                  "SELECT id, " NT_ANSWER_COLUMNS
                                                  " FROM rejections WHERE person_id = ? ORDER BY created_us, id",
                                                  "read", error, 1, id)
                         : NULL;
    return s && visit_answers(gallery, s, "rejections", TRUE, visit, user, error);
}

gboolean nt_gallery_visit_strangers(NtGallery *gallery, gboolean with_chips, NtGalleryVisitFace visit, gpointer user,
                                    GError **error)
{
    sqlite3_stmt *s =
        nt_gallery_check_vault(gallery, error)
            ? nt_gallery_prepare(gallery, "SELECT id, " NT_ANSWER_COLUMNS " FROM strangers ORDER BY created_us, id",
                                 "read", error)
            : NULL;
    return s && visit_answers(gallery, s, "strangers", with_chips, visit, user, error);
}
