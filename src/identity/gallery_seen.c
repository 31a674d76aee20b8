/* When people were last seen. Not part of the history: what was seen was seen. Where one person became part of another,
 * what the first was last seen counts for the second as long as the merge stands. Times are kept as decimal text,
 * sealed like names; a program that knows nothing of the table may have encrypted or decrypted the rest of the file, so
 * that a value which does not open is one that is not known. */
#include <string.h>

#include "identity/gallery_private.h"

#define PURPOSE "seen.seen"

gboolean nt_gallery_has_extras(NtGallery *gallery, gboolean *has, GError **error)
{
    gint64 n = 0;
    const gboolean good = nt_gallery_query_int(
        gallery, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('covers', 'seen')", &n, error);
    *has = n == 2;
    return good;
}

static void set_later(GHashTable *seen, gint64 person, gint64 us)
{
    const gint64 *known = g_hash_table_lookup(seen, &person);
    if (us > (known ? *known : 0))
        g_hash_table_insert(seen, g_memdup2(&person, sizeof person), g_memdup2(&us, sizeof us));
}

/* Person's id -> microseconds, as the table has them. */
static GHashTable *read_table(NtGallery *gallery, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare(gallery, "SELECT id, seen FROM seen", "read", error);
    GError *reason = NULL;
    while (s && nt_gallery_next(gallery, s, &reason)) {
        g_autofree char *text = nt_gallery_column_text(gallery, s, 1, PURPOSE, NULL);
        if (text)
            set_later(seen, sqlite3_column_int64(s, 0), g_ascii_strtoll(text, NULL, 10));
    }
    if (reason)
        g_propagate_error(error, reason);
    return s && !reason ? g_steal_pointer(&seen) : NULL;
}

GHashTable *nt_gallery_read_seen(NtGallery *gallery, GError **error)
{
    g_autoptr(GHashTable) seen = read_table(gallery, error);
    g_autoptr(sqlite3_stmt) s =
        seen ? nt_gallery_prepare(gallery,
                                  "SELECT from_id, into_id FROM merges JOIN changes ON changes.id = change_id"
                                  " WHERE NOT undone ORDER BY change_id",
                                  "read", error)
             : NULL;
    GError *reason = NULL;
    while (s && nt_gallery_next(gallery, s, &reason)) {
        const gint64 from = sqlite3_column_int64(s, 0);
        const gint64 *us = g_hash_table_lookup(seen, &from);
        if (us)
            set_later(seen, sqlite3_column_int64(s, 1), *us);
    }
    if (reason)
        g_propagate_error(error, reason);
    return s && !reason ? g_steal_pointer(&seen) : NULL;
}

static gboolean write_seen(NtGallery *gallery, gint64 person, gint64 us, GError **error)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, us);
    sqlite3_stmt *s = nt_gallery_prepare_ids(gallery, "INSERT OR REPLACE INTO seen (id, seen) VALUES (?1, ?2)", "write",
                                             error, 1, person);
    if (!s)
        return FALSE;
    nt_gallery_bind_value(gallery, s, 2, PURPOSE, text, strlen(text), TRUE);
    return nt_gallery_finish(gallery, s, "write", error);
}

/* Whoever is not there (any more) is passed over. */
static gboolean note_seen(NtGallery *gallery, const char *const *names, const gint64 *unix_us, guint n, GError **error)
{
    g_autoptr(GHashTable) seen = read_table(gallery, error);
    gboolean good = seen != NULL;
    for (guint i = 0; good && i < n; i++) {
        gint64 person = 0;
        g_autofree char *usable = nt_gallery_usable_name(names[i], FALSE, NULL);
        good = !usable || nt_gallery_find_id(gallery, usable, &person, error);
        const gint64 *known = person ? g_hash_table_lookup(seen, &person) : NULL;
        if (good && person && unix_us[i] > (known ? *known : 0))
            good = write_seen(gallery, person, unix_us[i], error);
    }
    return good;
}

gboolean nt_gallery_note_seen(NtGallery *gallery, const char *const *names, const gint64 *unix_us, guint n,
                              GError **error)
{
    if (n == 0)
        return TRUE;
    return nt_gallery_begin_change(gallery, error) &&
           nt_gallery_end_change(gallery, note_seen(gallery, names, unix_us, n, error), error);
}

gboolean nt_gallery_reseal_seen(NtGallery *gallery, NtVault *vault, GError **error)
{
    g_autoptr(GHashTable) seen = read_table(gallery, error);
    gboolean good = seen && nt_gallery_run(gallery, "DELETE FROM seen", "write", error);
    NtVault *before = gallery->vault;
    GHashTableIter iter;
    gpointer person, us;
    if (!good)
        return FALSE;
    gallery->vault = vault;
    g_hash_table_iter_init(&iter, seen);
    while (good && g_hash_table_iter_next(&iter, &person, &us))
        good = write_seen(gallery, *(const gint64 *)person, *(const gint64 *)us, error);
    gallery->vault = before;
    return good;
}
