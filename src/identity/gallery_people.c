#include <stdlib.h>
#include <string.h>

#include "identity/gallery_private.h"

/* Names. */

/* Marks that change the direction of text: with them two names can look the same, or a name hide its end. */
static gboolean changes_direction(gunichar c)
{
    return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static gboolean is_control(gunichar c)
{
    const GUnicodeType type = g_unichar_type(c);
    return type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR ||
           changes_direction(c);
}

/* "unknown", "unknown 3": what the program calls those without a name. */
static gboolean is_our_word(const char *name)
{
    g_autofree char *folded = g_utf8_casefold(name, -1);
    static const char word[] = "unknown";
    if (!g_str_has_prefix(folded, word))
        return FALSE;
    const char *rest = folded + strlen(word);
    while (g_unichar_isspace(g_utf8_get_char(rest)))
        rest = g_utf8_next_char(rest);
    if (*rest == '#')
        rest++;
    while (g_ascii_isdigit(*rest))
        rest++;
    return *rest == 0;
}

static char *trim(const char *text)
{
    const char *end = text + strlen(text);
    while (*text && g_unichar_isspace(g_utf8_get_char(text)))
        text = g_utf8_next_char(text);
    for (const char *before = end; before > text; end = before) {
        before = g_utf8_prev_char(before);
        if (!g_unichar_isspace(g_utf8_get_char(before)))
            break;
    }
    return g_strndup(text, (gsize)(end - text));
}

/* Trimmed and in Unicode's composed form, so that what looks the same is the same. */
char *nt_gallery_usable_name(const char *name, gboolean new_name, GError **error)
{
    g_autofree char *composed =
        name && g_utf8_validate(name, -1, NULL) ? g_utf8_normalize(name, -1, G_NORMALIZE_NFC) : NULL;
    g_autofree char *usable = composed ? trim(composed) : NULL;
    const char *problem = NULL;
    if (!usable)
        problem = "it is not UTF-8; type it again";
    else if (!*usable)
        problem = "it is empty; give one";
    else if (strlen(usable) > NT_GALLERY_MAX_NAME_BYTES)
        problem = "it is longer than 200 bytes; give a shorter one";
    else if (new_name && is_our_word(usable))
        problem = "'unknown' is what the program calls those it does not know; give another";
    for (const char *c = usable; !problem && *c; c = g_utf8_next_char(c))
        if (is_control(g_utf8_get_char(c)))
            problem = "it has control characters; type it again";
    if (problem) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NAME, "this cannot be a person's name: %s", problem);
        return NULL;
    }
    return g_steal_pointer(&usable);
}

char *nt_gallery_harmless_name(char *name)
{
    static const gunichar replacement = 0xfffd;
    GString *harmless = NULL;
    for (const char *c = name; *c; c = g_utf8_next_char(c)) {
        const gboolean too_long = c - name >= NT_GALLERY_MAX_NAME_BYTES, bad = is_control(g_utf8_get_char(c));
        if ((too_long || bad) && !harmless)
            harmless = g_string_new_len(name, c - name);
        if (harmless)
            g_string_append_unichar(harmless, too_long || bad ? replacement : g_utf8_get_char(c));
        if (too_long)
            break;
    }
    if (!harmless)
        return name;
    g_free(name);
    return g_string_free(harmless, FALSE);
}

gboolean nt_gallery_find_id(NtGallery *gallery, const char *usable, gint64 *id, GError **error)
{
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare(gallery, "SELECT id FROM people WHERE name_key = ?", "read", error);
    GError *reason = NULL;
    *id = 0;
    if (!s || !nt_gallery_bind_key(gallery, s, 1, NT_GALLERY_NAME, usable))
        return FALSE;
    if (nt_gallery_next(gallery, s, &reason))
        *id = sqlite3_column_int64(s, 0);
    if (reason)
        g_propagate_error(error, reason);
    return !reason;
}

gint64 nt_gallery_require_id(NtGallery *gallery, const char *name, GError **error)
{
    gint64 id = 0;
    g_autofree char *usable = nt_gallery_usable_name(name, FALSE, error);
    if (!usable || !nt_gallery_check_vault(gallery, error) || !nt_gallery_find_id(gallery, usable, &id, error))
        return 0;
    if (!id)
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND,
                    "there is nobody called '%s' in %s; 'nametag people list' tells who is", usable, gallery->path);
    return id;
}

static void bind_name(NtGallery *gallery, sqlite3_stmt *s, const char *name)
{
    nt_gallery_bind_value(gallery, s, 1, NT_GALLERY_NAME, name, strlen(name), TRUE);
    nt_gallery_bind_key(gallery, s, 2, NT_GALLERY_NAME, name);
}

gint64 nt_gallery_require_person(NtGallery *gallery, const char *usable, GError **error)
{
    gint64 id;
    if (!nt_gallery_find_id(gallery, usable, &id, error) || id)
        return id;
    sqlite3_stmt *s =
        nt_gallery_prepare(gallery, "INSERT INTO people (name, name_key, created_us) VALUES (?, ?, ?)", "write", error);
    if (!s)
        return 0;
    bind_name(gallery, s, usable);
    sqlite3_bind_int64(s, 3, g_get_real_time());
    return nt_gallery_finish(gallery, s, "write", error) ? sqlite3_last_insert_rowid(gallery->db) : 0;
}

/* People. */

void nt_person_free(NtPerson *person)
{
    if (!person)
        return;
    g_free(person->name);
    g_free(person);
}

typedef struct SortedPerson {
    char *key; /* g_utf8_collate_key: made once, comparing names by collation takes long */
    NtPerson *person;
} SortedPerson;

static gint by_key(gconstpointer a, gconstpointer b)
{
    const SortedPerson *x = a, *y = b;
    const int order = strcmp(x->key, y->key);
    return order ? order : strcmp(x->person->name, y->person->name);
}

static void sort_people(GPtrArray *people)
{
    g_autofree SortedPerson *sorted = g_new(SortedPerson, people->len + 1);
    for (guint i = 0; i < people->len; i++) {
        NtPerson *person = people->pdata[i];
        sorted[i] = (SortedPerson){.key = g_utf8_collate_key(person->name, -1), .person = person};
    }
    qsort(sorted, people->len, sizeof *sorted, by_key);
    for (guint i = 0; i < people->len; i++) {
        people->pdata[i] = sorted[i].person;
        g_free(sorted[i].key);
    }
}

/* id 0: everybody. */
static GPtrArray *list_people(NtGallery *gallery, gint64 id, GError **error)
{
    g_autoptr(GPtrArray) people = g_ptr_array_new_with_free_func((GDestroyNotify)nt_person_free);
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare_ids(
        gallery,
        "SELECT people.id, name, people.created_us, count(faces.id), total(faces.aside) FROM people"
        " LEFT JOIN faces ON faces.person_id = people.id WHERE ?1 = 0 OR people.id = ?1 GROUP BY people.id",
        "read", error, 1, id);
    GError *reason = NULL;
    if (!s)
        return NULL;
    while (nt_gallery_next(gallery, s, &reason)) {
        NtPerson *person = g_new0(NtPerson, 1);
        g_ptr_array_add(people, person);
        person->id = sqlite3_column_int64(s, 0);
        person->name = nt_gallery_column_text(gallery, s, 1, NT_GALLERY_NAME, &reason);
        person->created_us = sqlite3_column_int64(s, 2);
        person->n_faces = (guint)sqlite3_column_int64(s, 3);
        person->n_aside = (guint)sqlite3_column_int64(s, 4);
        if (reason)
            break;
    }
    if (reason) {
        g_propagate_error(error, reason);
        return NULL;
    }
    sort_people(people);
    return g_steal_pointer(&people);
}

static gboolean add_covers(NtGallery *gallery, GHashTable *by_id, GError **error)
{
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare(gallery,
                                                   "SELECT covers.id, face_id FROM covers JOIN faces"
                                                   " ON faces.id = face_id AND faces.person_id = covers.id",
                                                   "read", error);
    GError *reason = NULL;
    while (s && nt_gallery_next(gallery, s, &reason)) {
        const gint64 id = sqlite3_column_int64(s, 0);
        NtPerson *person = g_hash_table_lookup(by_id, &id);
        if (person)
            person->cover = sqlite3_column_int64(s, 1);
    }
    if (reason)
        g_propagate_error(error, reason);
    return s && !reason;
}

/* Their covers, and when they were last seen. */
static gboolean add_extras(NtGallery *gallery, GPtrArray *people, GError **error)
{
    gboolean has;
    if (!nt_gallery_has_extras(gallery, &has, error))
        return FALSE;
    if (!has)
        return TRUE;
    g_autoptr(GHashTable) by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autoptr(GHashTable) seen = nt_gallery_read_seen(gallery, error);
    for (guint i = 0; seen && i < people->len; i++) {
        NtPerson *person = people->pdata[i];
        const gint64 *us = g_hash_table_lookup(seen, &person->id);
        person->seen_us = us ? *us : 0;
        g_hash_table_insert(by_id, &person->id, person);
    }
    return seen && add_covers(gallery, by_id, error);
}

GPtrArray *nt_gallery_list_people(NtGallery *gallery, GError **error)
{
    g_autoptr(GPtrArray) people = nt_gallery_check_vault(gallery, error) ? list_people(gallery, 0, error) : NULL;
    return people && add_extras(gallery, people, error) ? g_steal_pointer(&people) : NULL;
}

NtPerson *nt_gallery_find_person(NtGallery *gallery, const char *name, GError **error)
{
    const gint64 id = nt_gallery_require_id(gallery, name, error);
    g_autoptr(GPtrArray) found = id ? list_people(gallery, id, error) : NULL;
    if (!found)
        return NULL;
    if (found->len == 0) { /* went between the two questions */
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND, "there is nobody called '%s' in %s any more",
                    name, gallery->path);
        return NULL;
    }
    return add_extras(gallery, found, error) ? g_ptr_array_steal_index(found, 0) : NULL;
}

static gboolean set_name(NtGallery *gallery, gint64 id, const char *usable, GError **error)
{
    sqlite3_stmt *s =
        nt_gallery_prepare(gallery, "UPDATE people SET name = ?, name_key = ? WHERE id = ?", "write", error);
    if (!s)
        return FALSE;
    bind_name(gallery, s, usable);
    sqlite3_bind_int64(s, 3, id);
    return nt_gallery_finish(gallery, s, "write", error);
}

static gboolean rename_person(NtGallery *gallery, const char *name, const char *usable, GError **error)
{
    gint64 other;
    const gint64 id = nt_gallery_require_id(gallery, name, error);
    if (!id || !nt_gallery_find_id(gallery, usable, &other, error))
        return FALSE;
    if (other == id) /* it is called so */
        return TRUE;
    if (other) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_EXISTS,
                    "there is a '%s' already; if both are one person, merge them", usable);
        return FALSE;
    }
    return nt_gallery_record(gallery, NT_CHANGE_RENAME, id, 0, 1, error) && set_name(gallery, id, usable, error);
}

gboolean nt_gallery_rename(NtGallery *gallery, const char *name, const char *new_name, GError **error)
{
    g_autofree char *usable = nt_gallery_usable_name(new_name, TRUE, error);
    if (!usable || !nt_gallery_begin_change(gallery, error))
        return FALSE;
    return nt_gallery_end_change(gallery, rename_person(gallery, name, usable, error), error);
}

static gboolean merge_people(NtGallery *gallery, const char *from, const char *into, GError **error)
{
    const gint64 source = nt_gallery_require_id(gallery, from, error);
    const gint64 target = source ? nt_gallery_require_id(gallery, into, error) : 0;
    if (!target)
        return FALSE;
    if (source == target) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NAME,
                    "'%s' cannot be merged into itself; give two people", from);
        return FALSE;
    }
    return nt_gallery_record(gallery, NT_CHANGE_MERGE, target, source, 1, error) &&
           nt_gallery_run_ids(gallery, "UPDATE faces SET person_id = ?2 WHERE person_id = ?1", error, 2, source,
                              target) &&
           nt_gallery_run_ids(gallery, "UPDATE rejections SET person_id = ?2 WHERE person_id = ?1", error, 2, source,
                              target) &&
           nt_gallery_run_ids(gallery, "DELETE FROM covers WHERE id = ?1", error, 1, source) &&
           nt_gallery_run_ids(gallery, "DELETE FROM people WHERE id = ?1", error, 1, source) &&
           nt_gallery_run_ids(gallery, "INSERT INTO merges (change_id, from_id, into_id) VALUES (?1, ?2, ?3)", error, 3,
                              gallery->recording.change, source, target);
}

gboolean nt_gallery_merge(NtGallery *gallery, const char *from, const char *into, GError **error)
{
    return nt_gallery_begin_change(gallery, error) &&
           nt_gallery_end_change(gallery, merge_people(gallery, from, into, error), error);
}

gboolean nt_gallery_remove_person(NtGallery *gallery, gint64 id, GError **error)
{
    return nt_gallery_run_ids(gallery, "DELETE FROM faces WHERE person_id = ?1", error, 1, id) &&
           nt_gallery_run_ids(gallery, "DELETE FROM rejections WHERE person_id = ?1", error, 1, id) &&
           nt_gallery_run_ids(gallery, "DELETE FROM covers WHERE id = ?1", error, 1, id) &&
           nt_gallery_run_ids(gallery, "DELETE FROM people WHERE id = ?1", error, 1, id);
}

static gboolean remove_named(NtGallery *gallery, const char *name, GError **error)
{
    const gint64 id = nt_gallery_require_id(gallery, name, error);
    return id && nt_gallery_record(gallery, NT_CHANGE_REMOVE, id, 0, 1, error) &&
           nt_gallery_remove_person(gallery, id, error);
}

gboolean nt_gallery_remove(NtGallery *gallery, const char *name, GError **error)
{
    return nt_gallery_begin_change(gallery, error) &&
           nt_gallery_end_change(gallery, remove_named(gallery, name, error), error);
}
