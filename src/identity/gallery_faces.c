#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>

#include "identity/gallery_private.h"

/* Chips. */

gboolean nt_gallery_encode_chip(const guint8 *chip, GBytes **png, GError **error)
{
    *png = NULL;
    if (!chip)
        return TRUE;
    char *data;
    gsize size;
    g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new_from_data(chip, GDK_COLORSPACE_RGB, FALSE, 8, NT_CHIP_SIZE,
                                                           NT_CHIP_SIZE, NT_CHIP_SIZE * 3, NULL, NULL);
    if (!gdk_pixbuf_save_to_buffer(pixbuf, &data, &size, "png", error, NULL))
        return FALSE;
    *png = g_bytes_new_take(data, size);
    return TRUE;
}

/* PNG, second edition, 5.2 and 11.2.2: signature, then the first chunk with width and height. */
static const guint8 png_start[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'};
static const guint8 chip_size[] = {0, 0, 0, NT_CHIP_SIZE, 0, 0, 0, NT_CHIP_SIZE};
G_STATIC_ASSERT(NT_CHIP_SIZE < 256);

/* Looked at before it is decoded: a picture of a gigapixel is small when it is black. */
static gboolean has_chip_size(GBytes *png)
{
    gsize n;
    const guint8 *bytes = g_bytes_get_data(png, &n);
    return n >= sizeof png_start + sizeof chip_size && memcmp(bytes, png_start, sizeof png_start) == 0 &&
           memcmp(bytes + sizeof png_start, chip_size, sizeof chip_size) == 0;
}

guint8 *nt_gallery_decode_chip(GBytes *png)
{
    g_autoptr(GdkPixbufLoader) loader = png && has_chip_size(png) ? gdk_pixbuf_loader_new_with_type("png", NULL) : NULL;
    if (!loader)
        return NULL;
    const gboolean read = gdk_pixbuf_loader_write_bytes(loader, png, NULL);
    if (!gdk_pixbuf_loader_close(loader, NULL) || !read)
        return NULL;
    GdkPixbuf *pixbuf = gdk_pixbuf_loader_get_pixbuf(loader);
    if (!pixbuf || gdk_pixbuf_get_width(pixbuf) != NT_CHIP_SIZE || gdk_pixbuf_get_height(pixbuf) != NT_CHIP_SIZE ||
        gdk_pixbuf_get_n_channels(pixbuf) != 3)
        return NULL;
    guint8 *chip = g_malloc(NT_CHIP_BYTES);
    const int stride = gdk_pixbuf_get_rowstride(pixbuf);
    for (int y = 0; y < NT_CHIP_SIZE; y++)
        memcpy(chip + y * NT_CHIP_SIZE * 3, gdk_pixbuf_read_pixels(pixbuf) + (gsize)y * (gsize)stride,
               NT_CHIP_SIZE * 3);
    return chip;
}

/* Rows. */

static const float *quality_values(const NtQuality *quality, guint i)
{
    const float *const values[] = {&quality->size_px,  &quality->sharpness, &quality->yaw,
                                   &quality->pitch,    &quality->roll,      &quality->brightness,
                                   &quality->contrast, &quality->clipped,   &quality->inside};
    return i < G_N_ELEMENTS(values) ? values[i] : NULL;
}

static gboolean is_measured(const NtQuality *quality)
{
    for (guint i = 0; quality_values(quality, i); i++)
        if (*quality_values(quality, i) != 0)
            return TRUE;
    return FALSE;
}

void nt_gallery_bind_face(NtGallery *gallery, sqlite3_stmt *s, int place, const char *table, const NtGalleryFace *face,
                          GBytes *png)
{
    g_autofree char *embedding = g_strconcat(table, ".embedding", NULL), *chip = g_strconcat(table, ".chip", NULL);
    g_autofree char *source_purpose = g_strconcat(table, ".source", NULL);
    const char *source = face->source ? face->source : "";
    nt_gallery_bind_embedding(gallery, s, place++, embedding, face->embedding);
    nt_gallery_bind_value(gallery, s, place++, source_purpose, source, strlen(source), TRUE);
    if (face->pts_ns >= 0)
        sqlite3_bind_int64(s, place, face->pts_ns);
    place++;
    sqlite3_bind_int(s, place++, face->box.left);
    sqlite3_bind_int(s, place++, face->box.top);
    sqlite3_bind_int(s, place++, face->box.right);
    sqlite3_bind_int(s, place++, face->box.bottom);
    sqlite3_bind_double(s, place++, face->score);
    const gboolean measured = is_measured(&face->quality);
    for (guint i = 0; quality_values(&face->quality, i); i++, place++)
        if (measured)
            sqlite3_bind_double(s, place, (double)*quality_values(&face->quality, i));
    sqlite3_bind_int(s, place++, face->forced != FALSE);
    sqlite3_bind_int(s, place++, face->aside != FALSE);
    sqlite3_bind_int64(s, place++, face->created_us ? face->created_us : g_get_real_time());
    if (png)
        nt_gallery_bind_value(gallery, s, place, chip, g_bytes_get_data(png, NULL), g_bytes_get_size(png), FALSE);
}

gboolean nt_gallery_read_face(NtGallery *gallery, sqlite3_stmt *s, int column, const char *table, gboolean with_chip,
                              NtGalleryFace *face, char **source, guint8 **chip, GError **error)
{
    g_autofree char *embedding = g_strconcat(table, ".embedding", NULL),
                    *chip_purpose = g_strconcat(table, ".chip", NULL);
    g_autofree char *source_purpose = g_strconcat(table, ".source", NULL);
    GError *reason = NULL;
    *face = (NtGalleryFace){0};
    *chip = NULL;
    *source = NULL;
    if (!nt_gallery_column_embedding(gallery, s, column++, embedding, face->embedding, error))
        return FALSE;
    *source = nt_gallery_column_text(gallery, s, column++, source_purpose, error);
    if (!*source)
        return FALSE;
    face->source = *source;
    face->pts_ns = sqlite3_column_type(s, column) == SQLITE_NULL ? -1 : sqlite3_column_int64(s, column);
    column++;
    face->box = (NtRect){sqlite3_column_int(s, column), sqlite3_column_int(s, column + 1),
                         sqlite3_column_int(s, column + 2), sqlite3_column_int(s, column + 3)};
    column += 4;
    face->score = sqlite3_column_double(s, column++);
    for (guint i = 0; quality_values(&face->quality, i); i++)
        *(float *)quality_values(&face->quality, i) = (float)sqlite3_column_double(s, column++);
    face->forced = sqlite3_column_int(s, column++) != 0;
    face->aside = sqlite3_column_int(s, column++) != 0;
    face->created_us = sqlite3_column_int64(s, column++);
    if (!with_chip)
        return TRUE;
    g_autoptr(GBytes) png = nt_gallery_column_value(gallery, s, column, chip_purpose, &reason);
    if (reason) {
        g_propagate_error(error, reason);
        return FALSE;
    }
    *chip = nt_gallery_decode_chip(png);
    face->chip = *chip;
    return TRUE;
}

/* Changes. */

static gint64 insert_face(NtGallery *gallery, gint64 person, const NtGalleryFace *face, GBytes *png, GError **error)
{
    sqlite3_stmt *s = nt_gallery_prepare_ids(
        gallery, "INSERT INTO faces (person_id, " NT_FACE_COLUMNS ") VALUES (?, " NT_FACE_PLACES ")", "write", error, 1,
        person);
    if (!s)
        return 0;
    nt_gallery_bind_face(gallery, s, 2, "faces", face, png);
    return nt_gallery_finish(gallery, s, "write", error) ? sqlite3_last_insert_rowid(gallery->db) : 0;
}

/* The history knows which person a change concerns; one who is new gets an id only within the change. */
static gint64 add_face(NtGallery *gallery, const char *usable, const NtGalleryFace *face, GBytes *png, GError **error)
{
    gint64 person;
    if (!nt_gallery_take_fingerprint(gallery, error) || !nt_gallery_find_id(gallery, usable, &person, error))
        return 0;
    if (!person) {
        /* Recorded with nobody first, so that the person's row is part of the change. */
        const gboolean first = !gallery->recording.change;
        if (!nt_gallery_record(gallery, NT_CHANGE_ENROLL, 0, 0, 0, error))
            return 0;
        person = nt_gallery_require_person(gallery, usable, error);
        if (person && first)
            gallery->recording.person = person;
    }
    if (!person || !nt_gallery_record(gallery, NT_CHANGE_ENROLL, person, 0, 1, error))
        return 0;
    return insert_face(gallery, person, face, png, error);
}

gint64 nt_gallery_add_face(NtGallery *gallery, const char *person, const NtGalleryFace *face, GError **error)
{
    g_autoptr(GBytes) png = NULL;
    g_autofree char *usable = nt_gallery_usable_name(person, TRUE, error);
    if (!usable || !nt_gallery_encode_chip(face->chip, &png, error) || !nt_gallery_begin_change(gallery, error))
        return 0;
    const gint64 id = add_face(gallery, usable, face, png, error);
    return nt_gallery_end_change(gallery, id != 0, error) ? id : 0;
}

/* Whose they are: the person's id, 0 for several, in *person. An error in words when one of them is nobody's. */
static gboolean find_owner(NtGallery *gallery, const gint64 *ids, guint n, gint64 *person, GError **error)
{
    *person = 0;
    for (guint i = 0; i < n; i++) {
        GError *reason = NULL;
        g_autoptr(sqlite3_stmt) s =
            nt_gallery_prepare_ids(gallery, "SELECT person_id FROM faces WHERE id = ?", "read", error, 1, ids[i]);
        if (!s)
            return FALSE;
        if (!nt_gallery_next(gallery, s, &reason)) {
            if (reason)
                g_propagate_error(error, reason);
            else
                g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND,
                            "there is no picture %" G_GINT64_FORMAT
                            " in %s; 'nametag people show NAME' tells the numbers",
                            ids[i], gallery->path);
            return FALSE;
        }
        const gint64 owner = sqlite3_column_int64(s, 0);
        *person = i == 0 || *person == owner ? owner : 0;
    }
    return TRUE;
}

static gboolean remove_faces(NtGallery *gallery, const gint64 *ids, guint n, GError **error)
{
    gint64 person;
    gboolean good = find_owner(gallery, ids, n, &person, error) &&
                    nt_gallery_record(gallery, NT_CHANGE_REMOVE_FACES, person, 0, n, error);
    for (guint i = 0; good && i < n; i++)
        good = nt_gallery_run_ids(gallery, "DELETE FROM faces WHERE id = ?", error, 1, ids[i]);
    return good;
}

gboolean nt_gallery_remove_faces(NtGallery *gallery, const gint64 *ids, guint n, GError **error)
{
    if (n == 0)
        return TRUE;
    return nt_gallery_begin_change(gallery, error) &&
           nt_gallery_end_change(gallery, remove_faces(gallery, ids, n, error), error);
}

static gboolean set_aside(NtGallery *gallery, const gint64 *ids, guint n, gboolean aside, GError **error)
{
    gint64 person;
    const NtChangeKind kind = aside ? NT_CHANGE_SET_ASIDE : NT_CHANGE_USE_AGAIN;
    gboolean good = find_owner(gallery, ids, n, &person, error);
    for (guint i = 0; good && i < n; i++) {
        g_autoptr(sqlite3_stmt) s =
            nt_gallery_prepare_ids(gallery, "SELECT aside FROM faces WHERE id = ?", "read", error, 1, ids[i]);
        if (!s || !nt_gallery_next(gallery, s, error))
            return FALSE;
        if ((sqlite3_column_int(s, 0) != 0) == (aside != FALSE))
            continue;
        sqlite3_reset(s);
        good = nt_gallery_record(gallery, kind, person, 0, 1, error) &&
               nt_gallery_run_ids(gallery, "UPDATE faces SET aside = ?2 WHERE id = ?1", error, 2, ids[i],
                                  (gint64)(aside != FALSE));
    }
    return good;
}

gboolean nt_gallery_set_aside(NtGallery *gallery, const gint64 *ids, guint n, gboolean aside, GError **error)
{
    if (n == 0)
        return TRUE;
    return nt_gallery_begin_change(gallery, error) &&
           nt_gallery_end_change(gallery, set_aside(gallery, ids, n, aside, error), error);
}

/* A person left without pictures goes, with what was said not to be them. */
static gboolean remove_if_empty(NtGallery *gallery, gint64 person, GError **error)
{
    GError *reason = NULL;
    g_autoptr(sqlite3_stmt) s =
        nt_gallery_prepare_ids(gallery, "SELECT 1 FROM faces WHERE person_id = ? LIMIT 1", "read", error, 1, person);
    if (!s)
        return FALSE;
    const gboolean has_faces = nt_gallery_next(gallery, s, &reason);
    sqlite3_reset(s);
    if (reason) {
        g_propagate_error(error, reason);
        return FALSE;
    }
    return has_faces || nt_gallery_remove_person(gallery, person, error);
}

static gboolean move_face(NtGallery *gallery, gint64 id, const char *usable, GError **error)
{
    gint64 from, to;
    if (!find_owner(gallery, &id, 1, &from, error) || !nt_gallery_find_id(gallery, usable, &to, error))
        return FALSE;
    if (from == to)
        return TRUE;
    if (!to) {
        const gboolean first = !gallery->recording.change;
        if (!nt_gallery_record(gallery, NT_CHANGE_MOVE_FACES, from, 0, 0, error))
            return FALSE;
        to = nt_gallery_require_person(gallery, usable, error);
        if (to && first)
            gallery->recording.other = to;
    }
    return to && nt_gallery_record(gallery, NT_CHANGE_MOVE_FACES, from, to, 1, error) &&
           nt_gallery_run_ids(gallery, "UPDATE faces SET person_id = ?2 WHERE id = ?1", error, 2, id, to) &&
           remove_if_empty(gallery, from, error);
}

gboolean nt_gallery_move_faces(NtGallery *gallery, const gint64 *ids, guint n, const char *person, GError **error)
{
    g_autofree char *usable = nt_gallery_usable_name(person, TRUE, error);
    if (!usable || !nt_gallery_begin_change(gallery, error))
        return FALSE;
    gboolean good = TRUE;
    for (guint i = 0; good && i < n; i++)
        good = move_face(gallery, ids[i], usable, error);
    return nt_gallery_end_change(gallery, good, error);
}

gboolean nt_gallery_visit_faces(NtGallery *gallery, const char *person, gboolean with_chips, NtGalleryVisitFace visit,
                                gpointer user, GError **error)
{
    const gint64 id = nt_gallery_require_id(gallery, person, error);
    g_autoptr(sqlite3_stmt) s = id ? nt_gallery_prepare_ids(gallery,
                                                            "SELECT id, " NT_FACE_COLUMNS
                                                            " FROM faces WHERE person_id = ? ORDER BY created_us, id",
                                                            "read", error, 1, id)
                                   : NULL;
    GError *reason = NULL;
    if (!s)
        return FALSE;
    while (!reason && nt_gallery_next(gallery, s, &reason)) {
        NtGalleryFace face;
        g_autofree char *source = NULL;
        g_autofree guint8 *chip = NULL;
        if (!nt_gallery_read_face(gallery, s, 1, "faces", with_chips, &face, &source, &chip, &reason))
            break;
        face.id = sqlite3_column_int64(s, 0);
        visit(&face, user);
    }
    if (reason)
        g_propagate_error(error, reason);
    return !reason;
}

guint8 *nt_gallery_load_chip(NtGallery *gallery, gint64 face, GError **error)
{
    g_autoptr(sqlite3_stmt) s =
        nt_gallery_check_vault(gallery, error)
            ? nt_gallery_prepare_ids(gallery, "SELECT chip FROM faces WHERE id = ?1", "read", error, 1, face)
            : NULL;
    if (!s || !nt_gallery_next(gallery, s, error))
        return NULL;
    g_autoptr(GBytes) png = nt_gallery_column_value(gallery, s, 0, "faces.chip", error);
    return nt_gallery_decode_chip(png);
}
