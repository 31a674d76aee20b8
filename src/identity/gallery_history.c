/* Undo and redo are the same: the rows that a change recorded are taken out and applied backwards, while the triggers
 * record what that changes, under the same change. */
#include "identity/gallery_private.h"

void nt_change_free(NtChange *change)
{
    if (!change)
        return;
    g_free(change->person);
    g_free(change->other);
    g_free(change);
}

static const char *plural(guint count)
{
    return count == 1 ? "" : "s";
}

char *nt_change_describe(const NtChange *change)
{
    const char *person = change->person ? change->person : "several people", *s = plural(change->count);
    const char *other = change->other ? change->other : "several people";
    const guint n = change->count;
    switch (change->kind) {
    case NT_CHANGE_ENROLL:
        return g_strdup_printf("%u picture%s enrolled for %s", n, s, person);
    case NT_CHANGE_REMOVE_FACES:
        return g_strdup_printf("%u picture%s of %s dropped", n, s, person);
    case NT_CHANGE_SET_ASIDE:
        return g_strdup_printf("%u picture%s of %s set aside", n, s, person);
    case NT_CHANGE_USE_AGAIN:
        return g_strdup_printf("%u picture%s of %s used again", n, s, person);
    case NT_CHANGE_MOVE_FACES:
        return g_strdup_printf("%u picture%s moved from %s to %s", n, s, person, other);
    case NT_CHANGE_RENAME:
        return change->person && change->other ? g_strdup_printf("%s renamed to %s", other, person)
                                               : g_strdup_printf("%u %s renamed", n, n == 1 ? "person" : "people");
    case NT_CHANGE_MERGE:
        return g_strdup_printf("%s merged into %s", other, person);
    case NT_CHANGE_REMOVE:
        return g_strdup_printf("%s removed", person);
    case NT_CHANGE_REJECT:
        return g_strdup_printf("%u face%s said not to be %s", n, s, person);
    case NT_CHANGE_IGNORE:
        return g_strdup_printf("%u stranger%s ignored", n, s);
    case NT_CHANGE_REMOVE_REJECTION:
        return g_strdup_printf("%u 'not %s' taken back", n, person);
    case NT_CHANGE_REMOVE_STRANGER:
        return g_strdup_printf("%u stranger%s no longer ignored", n, s);
    case NT_CHANGE_IMPORT:
        return g_strdup_printf("%u %s imported", n, n == 1 ? "person" : "people");
    case NT_CHANGE_SET_COVER:
        return g_strdup_printf("another cover picture for %s", person);
    case NT_N_CHANGES:
        break;
    }
    return g_strdup("a change that this program does not know");
}

/* What a person was called after change `after`, done (undone FALSE) or if it were done (TRUE): as the next change that
 * touched the person's row found it, or as it is now. Changes that are undone hold the row as they had left it. NULL
 * when nobody knows any more. */
static char *name_after(NtGallery *gallery, gint64 person, gint64 after, gboolean undone, GError **error)
{
    static const char *const questions[] = {
        "SELECT name FROM history_people AS h JOIN changes AS c ON c.id = h.change_id"
        " WHERE h.id = ?1 AND op <> 'I' AND change_id > ?2 AND NOT undone ORDER BY change_id, seq LIMIT 1",
        "SELECT name FROM history_people AS h JOIN changes AS c ON c.id = h.change_id"
        " WHERE h.id = ?1 AND op <> 'I' AND change_id <= ?2 AND undone ORDER BY change_id DESC, seq LIMIT 1",
        "SELECT name FROM people WHERE id = ?1 AND ?2 IS NOT NULL",
    };
    const char *const asked[] = {questions[undone ? 1 : 0], questions[2]};
    for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
        GError *reason = NULL;
        g_autoptr(sqlite3_stmt) s = nt_gallery_prepare_ids(gallery, asked[i], "read", error, 2, person, after);
        if (!s)
            return NULL;
        if (nt_gallery_next(gallery, s, &reason))
            return nt_gallery_column_text(gallery, s, 0, NT_GALLERY_NAME, error);
        if (reason) {
            g_propagate_error(error, reason);
            return NULL;
        }
    }
    return NULL;
}

/* After the change where the person was still there, else before. */
static char *name_around(NtGallery *gallery, gint64 person, gint64 change, gboolean undone, GError **error)
{
    GError *reason = NULL;
    char *name = person ? name_after(gallery, person, change, undone, &reason) : NULL;
    if (!name && !reason && person)
        name = name_after(gallery, person, change - 1, undone, &reason);
    if (reason)
        g_propagate_error(error, reason);
    return name;
}

#define CHANGE_COLUMNS "id, kind, person_id, other_id, count, made_us, undone"

static NtChange *read_change(NtGallery *gallery, sqlite3_stmt *s, GError **error)
{
    g_autoptr(NtChange) change = g_new0(NtChange, 1);
    const gint64 person = sqlite3_column_int64(s, 2), other = sqlite3_column_int64(s, 3);
    GError *reason = NULL;
    change->id = sqlite3_column_int64(s, 0);
    change->kind = (NtChangeKind)sqlite3_column_int(s, 1);
    change->count = (guint)sqlite3_column_int64(s, 4);
    change->made_us = sqlite3_column_int64(s, 5);
    change->undone = sqlite3_column_int(s, 6) != 0;
    change->person = name_around(gallery, person, change->id, change->undone, &reason);
    if (!reason && change->kind == NT_CHANGE_RENAME && person)
        change->other = name_after(gallery, person, change->id - 1, change->undone, &reason);
    else if (!reason)
        change->other = name_around(gallery, other, change->id, change->undone, &reason);
    if (!reason)
        return g_steal_pointer(&change);
    g_propagate_error(error, reason);
    return NULL;
}

static gboolean list_changes(NtGallery *gallery, GPtrArray *list, GError **error)
{
    g_autoptr(sqlite3_stmt) s =
        nt_gallery_prepare(gallery, "SELECT " CHANGE_COLUMNS " FROM changes ORDER BY id DESC", "read", error);
    GError *reason = NULL;
    while (s && !reason && nt_gallery_next(gallery, s, &reason)) {
        NtChange *change = read_change(gallery, s, &reason);
        if (change)
            g_ptr_array_add(list, change);
    }
    if (reason)
        g_propagate_error(error, reason);
    return s && !reason;
}

GPtrArray *nt_gallery_list_changes(NtGallery *gallery, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)nt_change_free);
    const gboolean own = !gallery->in_transaction;
    if (own && !nt_gallery_run(gallery, "BEGIN", "read", error))
        return NULL;
    const gboolean good = nt_gallery_check_vault(gallery, error) && list_changes(gallery, list, error);
    if (own)
        sqlite3_exec(gallery->db, "COMMIT", NULL, NULL, NULL);
    return good ? g_steal_pointer(&list) : NULL;
}

/* Undo. */

typedef struct Step {
    int table;
    gint64 seq, id;
    char op;
} Step;

/* The change's rows move from the history to this connection's own tables. */
static gboolean take_rows(NtGallery *gallery, gint64 change, GError **error)
{
    gboolean good = TRUE;
    for (guint t = 0; good && t < NT_N_TABLES; t++) {
        const char *table = nt_gallery_tables[t], *columns = nt_gallery_columns[t];
        good = nt_gallery_run_format(gallery, error,
                                     "DELETE FROM temp.flip_%s;"
                                     "INSERT INTO temp.flip_%s (seq, op, id, %s) SELECT seq, op, id, %s FROM history_%s"
                                     " WHERE change_id = %" G_GINT64_FORMAT ";"
                                     "DELETE FROM history_%s WHERE change_id = %" G_GINT64_FORMAT,
                                     table, table, columns, columns, table, change, table, change);
    }
    return good;
}

static gboolean drop_rows(NtGallery *gallery, GError **error)
{
    gboolean good = TRUE;
    for (guint t = 0; good && t < NT_N_TABLES; t++)
        good = nt_gallery_run_format(gallery, error, "DELETE FROM temp.flip_%s", nt_gallery_tables[t]);
    return good;
}

/* Last first. */
static GArray *list_steps(NtGallery *gallery, GError **error)
{
    g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(Step));
    GString *sql = g_string_new(NULL);
    GError *reason = NULL;
    for (guint t = 0; t < NT_N_TABLES; t++)
        g_string_append_printf(sql, "%sSELECT %u, seq, op, id FROM temp.flip_%s", t ? " UNION ALL " : "", t,
                               nt_gallery_tables[t]);
    g_string_append(sql, " ORDER BY seq DESC");
    g_autofree char *text = g_string_free(sql, FALSE);
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare(gallery, text, "read", error);
    while (s && nt_gallery_next(gallery, s, &reason)) {
        const Step step = {.table = sqlite3_column_int(s, 0),
                           .seq = sqlite3_column_int64(s, 1),
                           .id = sqlite3_column_int64(s, 3),
                           .op = *(const char *)sqlite3_column_text(s, 2)};
        g_array_append_val(steps, step);
    }
    if (reason)
        g_propagate_error(error, reason);
    return s && !reason ? g_steal_pointer(&steps) : NULL;
}

/* Does the opposite of what was recorded. *stuck: the tables do not allow it. */
static gboolean apply_step(NtGallery *gallery, const Step *step, gboolean *stuck, GError **error)
{
    const char *table = nt_gallery_tables[step->table], *columns = nt_gallery_columns[step->table];
    g_autofree char *sql = NULL;
    if (step->op == 'I')
        sql = g_strdup_printf("DELETE FROM main.%s WHERE id = ?1 AND ?2", table);
    else if (step->op == 'D')
        sql = g_strdup_printf("INSERT INTO main.%s (id, %s) SELECT id, %s FROM temp.flip_%s WHERE id = ?1 AND seq = ?2",
                              table, columns, columns, table);
    else
        sql = g_strdup_printf("UPDATE main.%s SET (%s) = (SELECT %s FROM temp.flip_%s WHERE seq = ?2) WHERE id = ?1",
                              table, columns, columns, table);
    if (!nt_gallery_run_ids(gallery, sql, error, 2, step->id, step->seq)) {
        *stuck = (sqlite3_errcode(gallery->db) & 0xff) == SQLITE_CONSTRAINT;
        return FALSE;
    }
    if (sqlite3_changes(gallery->db) == 1)
        return TRUE;
    *stuck = TRUE;
    g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN, "the history of the gallery %s is damaged",
                gallery->path);
    return FALSE;
}

static gboolean flip(NtGallery *gallery, gint64 change, gboolean undone, gboolean *stuck, GError **error)
{
    g_autoptr(GArray) steps = take_rows(gallery, change, error) ? list_steps(gallery, error) : NULL;
    gboolean good = steps != NULL;
    gallery->recording = (NtGalleryRecording){.change = change};
    for (guint i = 0; good && i < steps->len; i++)
        good = apply_step(gallery, &g_array_index(steps, Step, i), stuck, error);
    gallery->recording = (NtGalleryRecording){0};
    return good && drop_rows(gallery, error) &&
           nt_gallery_run_ids(gallery, "UPDATE changes SET undone = ?2 WHERE id = ?1", error, 2, change,
                              (gint64)undone);
}

/* A change that cannot be gone back over (what it builds on was forgotten) ends the history there. */
static gboolean end_history(NtGallery *gallery, gint64 change, gboolean redo, GError **error)
{
    gboolean good = TRUE;
    const char *side = redo ? ">=" : "<=";
    for (guint t = 0; good && t < NT_N_TABLES; t++)
        good = nt_gallery_run_format(gallery, error, "DELETE FROM history_%s WHERE change_id %s %" G_GINT64_FORMAT,
                                     nt_gallery_tables[t], side, change);
    return good && nt_gallery_run_format(gallery, error,
                                         "DELETE FROM merges WHERE change_id %s %" G_GINT64_FORMAT
                                         "; DELETE FROM changes WHERE id %s %" G_GINT64_FORMAT,
                                         side, change, side, change);
}

static NtChange *find_change(NtGallery *gallery, gint64 id, GError **error)
{
    g_autoptr(sqlite3_stmt) s =
        nt_gallery_prepare_ids(gallery, "SELECT " CHANGE_COLUMNS " FROM changes WHERE id = ?", "read", error, 1, id);
    return s && nt_gallery_next(gallery, s, error) ? read_change(gallery, s, error) : NULL;
}

static gboolean find_next(NtGallery *gallery, gboolean redo, gint64 *id, GError **error)
{
    if (!nt_gallery_query_int(
            gallery, redo ? "SELECT min(id) FROM changes WHERE undone" : "SELECT max(id) FROM changes WHERE NOT undone",
            id, error))
        return FALSE;
    if (*id)
        return TRUE;
    g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOTHING, "there is nothing to %s in %s",
                redo ? "redo" : "undo", gallery->path);
    return FALSE;
}

static NtChange *go(NtGallery *gallery, gboolean redo, GError **error)
{
    gint64 id;
    gboolean stuck = FALSE;
    NtChange *change = NULL;
    g_return_val_if_fail(!gallery->in_transaction, NULL);
    if (!nt_gallery_begin_change(gallery, error))
        return NULL;
    GError *reason = NULL;
    if (find_next(gallery, redo, &id, &reason) && flip(gallery, id, !redo, &stuck, &reason))
        change = find_change(gallery, id, &reason);
    if (nt_gallery_end_change(gallery, change != NULL, &reason))
        return change;
    nt_change_free(change);
    if (stuck && nt_gallery_begin_change(gallery, NULL) &&
        nt_gallery_end_change(gallery, end_history(gallery, id, redo, NULL), NULL)) {
        g_clear_error(&reason);
        g_set_error(&reason, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOTHING,
                    "there is nothing more to %s in %s: what is left builds on somebody who was forgotten",
                    redo ? "redo" : "undo", gallery->path);
    }
    g_propagate_error(error, reason);
    return NULL;
}

NtChange *nt_gallery_undo(NtGallery *gallery, GError **error)
{
    return go(gallery, FALSE, error);
}
NtChange *nt_gallery_redo(NtGallery *gallery, GError **error)
{
    return go(gallery, TRUE, error);
}

NtChange *nt_gallery_peek(NtGallery *gallery, gboolean redo, GError **error)
{
    gint64 id;
    return nt_gallery_check_vault(gallery, error) && find_next(gallery, redo, &id, error)
               ? find_change(gallery, id, error)
               : NULL;
}
