#include "identity/enrolment.h"

#include "identity/gallery_private.h"

/* The person's pictures in use, the new ones last; and those set aside. */
typedef struct Pictures {
    GArray *ids;                    /* gint64; 0 until they are written */
    GArray *embeddings, *qualities; /* float [128], NtQuality */
    GArray *aside;                  /* float [128] */
} Pictures;

static void clear_pictures(Pictures *pictures)
{
    g_array_unref(pictures->ids);
    g_array_unref(pictures->embeddings);
    g_array_unref(pictures->qualities);
    g_array_unref(pictures->aside);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pictures, clear_pictures)

static Pictures no_pictures(void)
{
    return (Pictures){g_array_new(FALSE, FALSE, sizeof(gint64)), g_array_new(FALSE, FALSE, sizeof(float)),
                      g_array_new(FALSE, FALSE, sizeof(NtQuality)), g_array_new(FALSE, FALSE, sizeof(float))};
}

static void add_picture(const NtGalleryFace *face, gpointer user)
{
    Pictures *pictures = user;
    if (face->aside) {
        g_array_append_vals(pictures->aside, face->embedding, NT_EMBEDDING_SIZE);
        return;
    }
    g_array_append_val(pictures->ids, face->id);
    g_array_append_vals(pictures->embeddings, face->embedding, NT_EMBEDDING_SIZE);
    g_array_append_val(pictures->qualities, face->quality);
}

/* Nobody of that name has no pictures. */
static gboolean list_pictures(NtGallery *gallery, const char *person, Pictures *pictures, GError **error)
{
    GError *reason = NULL;
    if (gallery && !nt_gallery_visit_faces(gallery, person, FALSE, add_picture, pictures, &reason) &&
        !g_error_matches(reason, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND)) {
        g_propagate_error(error, reason);
        return FALSE;
    }
    g_clear_error(&reason);
    return TRUE;
}

/* Judging. */

gboolean nt_enrolment_judge(NtGallery *gallery, const char *person, const float embedding[NT_EMBEDDING_SIZE],
                            const NtQuality *quality, NtGateAnswer *answer, GError **error)
{
    char *nobody = NULL;
    const NtGallerySnapshot empty = {.names = &nobody};
    g_autofree char *usable = nt_gallery_usable_name(person, TRUE, error);
    if (!usable)
        return FALSE;
    if (!gallery) {
        nt_gate_check(&empty, person, embedding, quality, answer);
        return TRUE;
    }
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(gallery, error);
    g_auto(Pictures) own = no_pictures();
    if (!snapshot || !list_pictures(gallery, person, &own, error))
        return FALSE;
    nt_gate_check(snapshot, person, embedding, quality, answer);
    /* Pictures set aside are not in the snapshot, but are enrolled all the same. */
    for (guint i = 0; i < own.aside->len && answer->reason != NT_GATE_DUPLICATE; i += NT_EMBEDDING_SIZE) {
        const float distance = nt_embedding_distance(embedding, &g_array_index(own.aside, float, i));
        if (distance < NT_GATE_DUPLICATE_DISTANCE)
            *answer = (NtGateAnswer){.reason = NT_GATE_DUPLICATE, .distance = distance, .quality = *quality};
    }
    return TRUE;
}

/* Writing. */

/* The ids of those that are not to be in use; array of gint64. */
static GArray *choose_aside(const Pictures *pictures)
{
    const guint n = pictures->ids->len;
    g_autofree gboolean *keep = g_new(gboolean, MAX(n, 1));
    nt_gate_choose((const float *)(const void *)pictures->embeddings->data,
                   (const NtQuality *)(const void *)pictures->qualities->data, n, NT_GATE_MAX_IN_USE, keep);
    GArray *aside = g_array_new(FALSE, FALSE, sizeof(gint64));
    for (guint i = 0; i < n; i++)
        if (!keep[i])
            g_array_append_val(aside, g_array_index(pictures->ids, gint64, i));
    return aside;
}

gboolean nt_enrolment_check(NtGallery *gallery, const char *person, const NtGalleryFace *faces, guint n, guint *n_aside,
                            GError **error)
{
    g_auto(Pictures) pictures = no_pictures();
    if (!list_pictures(gallery, person, &pictures, error))
        return FALSE;
    for (guint i = 0; i < n; i++)
        add_picture(&faces[i], &pictures);
    g_autoptr(GArray) aside = choose_aside(&pictures);
    *n_aside = aside->len;
    return TRUE;
}

static gboolean write_pictures(NtGallery *gallery, const char *person, const NtGalleryFace *faces, guint n, guint *n_aside,
                               GError **error)
{
    g_auto(Pictures) pictures = no_pictures();
    if (!list_pictures(gallery, person, &pictures, error))
        return FALSE;
    for (guint i = 0; i < n; i++) {
        NtGalleryFace face = faces[i];
        if ((face.id = nt_gallery_add_face(gallery, person, &face, error)) == 0)
            return FALSE;
        add_picture(&face, &pictures);
    }
    g_autoptr(GArray) aside = choose_aside(&pictures);
    if (n_aside)
        *n_aside = aside->len;
    return aside->len == 0 ||
           nt_gallery_set_aside(gallery, (const gint64 *)(const void *)aside->data, aside->len, TRUE, error);
}

gboolean nt_enrolment_write(NtGallery *gallery, const char *person, const NtGalleryFace *faces, guint n, guint *n_aside,
                            GError **error)
{
    if (!nt_gallery_begin(gallery, error))
        return FALSE;
    if (write_pictures(gallery, person, faces, n, n_aside, error))
        return nt_gallery_commit(gallery, error);
    nt_gallery_roll_back(gallery);
    return FALSE;
}
