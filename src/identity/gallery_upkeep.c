/* What goes over every value of the file: another model, encryption and its end. */
#include <string.h>

#include "identity/gallery_private.h"

static gboolean require_quiet(NtGallery *gallery, GError **error)
{
    g_return_val_if_fail(!gallery->in_transaction, FALSE);
    return gallery->writable || nt_gallery_refuse_writing(gallery, error);
}

static GArray *list_rows(NtGallery *gallery, const char *table, GError **error)
{
    g_autofree char *sql = g_strdup_printf("SELECT rowid FROM %s", table);
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare(gallery, sql, "read", error);
    GError *reason = NULL;
    while (s && nt_gallery_next(gallery, s, &reason)) {
        const gint64 row = sqlite3_column_int64(s, 0);
        g_array_append_val(rows, row);
    }
    if (reason)
        g_propagate_error(error, reason);
    return s && !reason ? g_steal_pointer(&rows) : NULL;
}

/* Another model. */

/* Tables with chips and embeddings; a row of the history is sealed as its table's rows are. */
static const struct {
    const char *table, *sealed_as;
} embedded[] = {
    {"faces", "faces"},
    {"rejections", "rejections"},
    {"strangers", "strangers"},
    {"unknown_faces", "unknown_faces"},
    {"history_faces", "faces"},
    {"history_rejections", "rejections"},
    {"history_strangers", "strangers"},
};

static gboolean embed_row(NtGallery *gallery, const char *table, const char *sealed_as, gint64 row,
                          NtGalleryEmbed embed, gpointer user, GError **error)
{
    g_autofree char *select = g_strdup_printf("SELECT chip FROM %s WHERE rowid = ?", table);
    g_autofree char *update = g_strdup_printf("UPDATE %s SET embedding = ?2 WHERE rowid = ?1", table);
    g_autofree char *chip_purpose = g_strconcat(sealed_as, ".chip", NULL);
    g_autofree char *purpose = g_strconcat(sealed_as, ".embedding", NULL);
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare_ids(gallery, select, "read", error, 1, row);
    GError *reason = NULL;
    if (!s || !nt_gallery_next(gallery, s, error))
        return FALSE;
    g_autoptr(GBytes) png = nt_gallery_column_value(gallery, s, 0, chip_purpose, &reason);
    if (reason) {
        g_propagate_error(error, reason);
        return FALSE;
    }
    sqlite3_reset(s);
    g_autofree guint8 *chip = nt_gallery_decode_chip(png);
    float embedding[NT_EMBEDDING_SIZE];
    if (!chip) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                    "the gallery %s is damaged: the picture of a face in it cannot be read; restore it from a copy",
                    gallery->path);
        return FALSE;
    }
    if (!embed(chip, embedding, user, error))
        return FALSE;
    sqlite3_stmt *u = nt_gallery_prepare_ids(gallery, update, "write", error, 1, row);
    if (!u)
        return FALSE;
    nt_gallery_bind_embedding(gallery, u, 2, purpose, embedding);
    return nt_gallery_finish(gallery, u, "write", error);
}

/* Rows that the history made when they were inserted have only an id. */
static gboolean embed_table(NtGallery *gallery, const char *table, const char *sealed_as, NtGalleryEmbed embed,
                            gpointer user, GError **error)
{
    g_autofree char *filled = g_strconcat(table, " WHERE embedding IS NOT NULL", NULL);
    g_autoptr(GArray) rows = list_rows(gallery, filled, error);
    gboolean good = rows != NULL;
    for (guint i = 0; good && i < rows->len; i++)
        good = embed_row(gallery, table, sealed_as, g_array_index(rows, gint64, i), embed, user, error);
    return good;
}

/* What has no chip cannot be embedded again: it goes, with its history, so that undo cannot bring it back. */
static gboolean drop_chipless(NtGallery *gallery, guint *lost, GError **error)
{
    static const char *const kept[] = {"faces", "rejections", "strangers"};
    gint64 n;
    if (!nt_gallery_query_int(gallery, "SELECT count(*) FROM faces WHERE chip IS NULL", &n, error) ||
        !nt_gallery_run(gallery, "DELETE FROM unknown_faces WHERE chip IS NULL", "write", error))
        return FALSE;
    gboolean good = TRUE;
    for (guint i = 0; good && i < G_N_ELEMENTS(kept); i++)
        good = nt_gallery_run_format(gallery, error,
                                     "DELETE FROM history_%s WHERE id IN (SELECT id FROM %s WHERE chip IS NULL UNION"
                                     " SELECT id FROM history_%s WHERE chip IS NULL AND op <> 'I');"
                                     "DELETE FROM %s WHERE chip IS NULL",
                                     kept[i], kept[i], kept[i], kept[i]);
    *lost = (guint)n;
    return good;
}

gboolean nt_gallery_reembed(NtGallery *gallery, const char *model_fingerprint, NtGalleryEmbed embed, gpointer user,
                            guint *lost, GError **error)
{
    guint n_lost = 0;
    if (!require_quiet(gallery, error) || !nt_gallery_begin_change(gallery, error))
        return FALSE;
    gboolean good = drop_chipless(gallery, &n_lost, error);
    for (guint i = 0; good && i < G_N_ELEMENTS(embedded); i++)
        good = embed_table(gallery, embedded[i].table, embedded[i].sealed_as, embed, user, error);
    good = good && nt_gallery_set_meta(gallery, NT_GALLERY_META_FINGERPRINT, model_fingerprint, error);
    if (!nt_gallery_end_change(gallery, good, error))
        return FALSE;
    if (lost)
        *lost = n_lost;
    return TRUE;
}

/* Encryption. */

typedef enum ValueForm { FORM_BYTES, FORM_TEXT } ValueForm;

/* Every column with something to seal. */
static const struct {
    const char *column;
    const char *sealed_as;
    ValueForm form;
    guint tables;
    const char *table[2];
} sealed[] = {
    {"name", NT_GALLERY_NAME, FORM_TEXT, 2, {"people", "history_people"}},
    {"embedding", "faces.embedding", FORM_BYTES, 2, {"faces", "history_faces"}},
    {"source", "faces.source", FORM_TEXT, 2, {"faces", "history_faces"}},
    {"chip", "faces.chip", FORM_BYTES, 2, {"faces", "history_faces"}},
    {"embedding", "rejections.embedding", FORM_BYTES, 2, {"rejections", "history_rejections"}},
    {"source", "rejections.source", FORM_TEXT, 2, {"rejections", "history_rejections"}},
    {"chip", "rejections.chip", FORM_BYTES, 2, {"rejections", "history_rejections"}},
    {"embedding", "strangers.embedding", FORM_BYTES, 2, {"strangers", "history_strangers"}},
    {"source", "strangers.source", FORM_TEXT, 2, {"strangers", "history_strangers"}},
    {"chip", "strangers.chip", FORM_BYTES, 2, {"strangers", "history_strangers"}},
    {"source", "unknown_people.source", FORM_TEXT, 1, {"unknown_people", NULL}},
    {"embedding", "unknown_faces.embedding", FORM_BYTES, 1, {"unknown_faces", NULL}},
    {"source", "unknown_faces.source", FORM_TEXT, 1, {"unknown_faces", NULL}},
    {"chip", "unknown_faces.chip", FORM_BYTES, 1, {"unknown_faces", NULL}},
};

/* The column that finds a row by this value; NULL: none. */
static const char *key_column(const char *sealed_as)
{
    if (strcmp(sealed_as, NT_GALLERY_NAME) == 0)
        return "name_key";
    return strcmp(sealed_as, "unknown_people.source") == 0 ? "source_key" : NULL;
}

/* Opens a value with the vault the gallery has and seals it with `vault`. */
static gboolean reseal_value(NtGallery *gallery, NtVault *vault, guint i, const char *table, gint64 row, GError **error)
{
    const char *column = sealed[i].column, *purpose = sealed[i].sealed_as, *key = key_column(purpose);
    g_autofree char *select = g_strdup_printf("SELECT %s FROM %s WHERE rowid = ?", column, table);
    g_autofree char *update =
        key ? g_strdup_printf("UPDATE %s SET %s = ?2, %s = ?3 WHERE rowid = ?1", table, column, key)
            : g_strdup_printf("UPDATE %s SET %s = ?2 WHERE rowid = ?1", table, column);
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare_ids(gallery, select, "read", error, 1, row);
    if (!s || !nt_gallery_next(gallery, s, error))
        return FALSE;
    g_autoptr(GBytes) value = nt_gallery_column_value(gallery, s, 0, purpose, error);
    if (!value) /* the list of rows has no NULLs: it does not open */
        return FALSE;
    sqlite3_reset(s);
    sqlite3_stmt *u = nt_gallery_prepare_ids(gallery, update, "write", error, 1, row);
    if (!u)
        return FALSE;
    NtVault *before = gallery->vault;
    gallery->vault = vault;
    gsize n;
    const void *data = g_bytes_get_data(value, &n);
    nt_gallery_bind_value(gallery, u, 2, purpose, data ? data : "", n, sealed[i].form == FORM_TEXT);
    if (key) {
        g_autofree char *text = g_strndup(data ? data : "", n);
        nt_gallery_bind_key(gallery, u, 3, purpose, text);
    }
    gallery->vault = before;
    return nt_gallery_finish(gallery, u, "write", error);
}

static gboolean reseal_column(NtGallery *gallery, NtVault *vault, guint i, const char *table, GError **error)
{
    g_autofree char *filled = g_strdup_printf("%s WHERE %s IS NOT NULL", table, sealed[i].column);
    g_autoptr(GArray) rows = list_rows(gallery, filled, error);
    gboolean good = rows != NULL;
    for (guint r = 0; good && r < rows->len; r++)
        good = reseal_value(gallery, vault, i, table, g_array_index(rows, gint64, r), error);
    return good;
}

static gboolean reseal(NtGallery *gallery, NtVault *vault, const char *description, GError **error)
{
    gboolean good = TRUE;
    for (guint i = 0; good && i < G_N_ELEMENTS(sealed); i++)
        for (guint t = 0; good && t < sealed[i].tables; t++)
            good = reseal_column(gallery, vault, i, sealed[i].table[t], error);
    return good && nt_gallery_reseal_seen(gallery, vault, error) &&
           nt_gallery_set_meta(gallery, NT_GALLERY_META_VAULT, description, error) &&
           nt_gallery_set_meta(gallery, NT_GALLERY_META_ERASE_PENDING, "1", error);
}

/* From now on values are sealed with that vault, which is taken over; then nothing of the other form is left. */
static gboolean change_vault(NtGallery *gallery, NtVault *vault, char *description, const char *form, GError **error)
{
    gboolean pending;
    nt_vault_unref(gallery->vault);
    g_free(gallery->vault_description);
    gallery->vault = vault;
    gallery->vault_description = description;
    if (nt_gallery_erase(gallery, NT_GALLERY_BUSY_TIMEOUT_MS, &pending, error))
        return TRUE; /* where another program holds the old content, the next opening for writing erases it */
    g_prefix_error(error, "the gallery is %s, but of its other form ", form);
    return FALSE;
}

gboolean nt_gallery_encrypt(NtGallery *gallery, NtVaultLock lock, const NtVaultKeys *keys, GError **error)
{
    if (!require_quiet(gallery, error))
        return FALSE;
    if (gallery->vault) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_EXISTS,
                    "the gallery %s is encrypted already; to change its key, decrypt it first", gallery->path);
        return FALSE;
    }
    g_autofree char *what = nt_gallery_what(gallery), *description = NULL;
    g_autoptr(NtVault) vault = nt_vault_new(lock, keys, what, &description, error);
    if (!vault)
        return FALSE;
    if (!nt_gallery_begin_change(gallery, error) ||
        !nt_gallery_end_change(gallery, reseal(gallery, vault, description, error), error)) {
        nt_vault_forget(description, NULL);
        return FALSE;
    }
    return change_vault(gallery, g_steal_pointer(&vault), g_steal_pointer(&description), "encrypted", error);
}

gboolean nt_gallery_decrypt(NtGallery *gallery, GError **error)
{
    if (!require_quiet(gallery, error))
        return FALSE;
    if (!gallery->vault) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_EXISTS, "the gallery %s is not encrypted", gallery->path);
        return FALSE;
    }
    if (!nt_gallery_begin_change(gallery, error) ||
        !nt_gallery_end_change(gallery, reseal(gallery, NULL, NULL, error), error))
        return FALSE;
    g_autofree char *description = g_strdup(gallery->vault_description);
    const gboolean good = change_vault(gallery, NULL, NULL, "decrypted", error);
    nt_vault_forget(description, NULL);
    return good;
}
