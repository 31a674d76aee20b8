/* The picture that stands for a person. A row of `covers` has the person's id for its own, and is remembered like those
 * of the people: undo knows it. A picture that is gone, or somebody else's now, is no cover; the row stays, since undo
 * may bring the picture back. */
#include "identity/gallery_private.h"

static gboolean owns_face(NtGallery *gallery, gint64 person, const char *name, gint64 face, GError **error)
{
    GError *reason = NULL;
    g_autoptr(sqlite3_stmt) s = nt_gallery_prepare_ids(gallery, "SELECT 1 FROM faces WHERE id = ?1 AND person_id = ?2",
                                                       "read", error, 2, face, person);
    if (!s)
        return FALSE;
    if (nt_gallery_next(gallery, s, &reason))
        return TRUE;
    if (reason)
        g_propagate_error(error, reason);
    else
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND,
                    "there is no picture %" G_GINT64_FORMAT " of %s in %s", face, name, gallery->path);
    return FALSE;
}

static gint64 find_cover(NtGallery *gallery, gint64 person, GError **error)
{
    g_autoptr(sqlite3_stmt) s =
        nt_gallery_prepare_ids(gallery, "SELECT face_id FROM covers WHERE id = ?1", "read", error, 1, person);
    return s && nt_gallery_next(gallery, s, error) ? sqlite3_column_int64(s, 0) : 0;
}

static gboolean set_cover(NtGallery *gallery, const char *name, gint64 face, GError **error)
{
    GError *reason = NULL;
    const gint64 person = nt_gallery_require_id(gallery, name, error);
    if (!person || (face && !owns_face(gallery, person, name, face, error)))
        return FALSE;
    const gint64 before = find_cover(gallery, person, &reason);
    if (reason) {
        g_propagate_error(error, reason);
        return FALSE;
    }
    if (before == face)
        return TRUE;
    if (!nt_gallery_record(gallery, NT_CHANGE_SET_COVER, person, 0, 1, error))
        return FALSE;
    if (!face)
        return nt_gallery_run_ids(gallery, "DELETE FROM covers WHERE id = ?1", error, 1, person);
    return nt_gallery_run_ids(gallery,
                              before ? "UPDATE covers SET face_id = ?2 WHERE id = ?1"
                                     : "INSERT INTO covers (id, face_id) VALUES (?1, ?2)",
                              error, 2, person, face);
}

gboolean nt_gallery_set_cover(NtGallery *gallery, const char *name, gint64 face, GError **error)
{
    return nt_gallery_begin_change(gallery, error) &&
           nt_gallery_end_change(gallery, set_cover(gallery, name, face, error), error);
}
