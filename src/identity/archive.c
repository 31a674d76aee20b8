#include "identity/archive.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "identity/archive_read.h"
#include "identity/gallery_private.h"

/* clang-format off */
G_DEFINE_QUARK(nt-archive-error-quark, nt_archive_error)
/* clang-format on */

/* Embeddings nearer than this are of one picture: what a text with fewer digits, or another rounding, would change. */
#define SAME_EMBEDDING 1e-6f

/* Embeddings that are there already, found by their first number: those of one picture lie in the same or in
 * neighbouring cells, several times as wide as they can differ. */
#define CELLS_PER_UNIT 131072.0 /* a power of two: exact */
#define LARGEST 1e9             /* no embedding comes near; keeps the cell's number within 64 bits */

typedef struct Known {
    GArray *embeddings; /* float [n][128] */
    GArray *owners;     /* interned names, NULL: nobody's */
    GArray *next;       /* index of the next one of the same cell, G_MAXUINT at the end */
    GHashTable *cells;  /* gint64 -> index + 1 of the first */
} Known;

static void known_init(Known *known)
{
    known->embeddings = g_array_new(FALSE, FALSE, sizeof(float));
    known->owners = g_array_new(FALSE, FALSE, sizeof(const char *));
    known->next = g_array_new(FALSE, FALSE, sizeof(guint));
    known->cells = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

static void known_clear(Known *known)
{
    g_array_unref(known->embeddings);
    g_array_unref(known->owners);
    g_array_unref(known->next);
    g_hash_table_unref(known->cells);
}

static gint64 cell_of(const float *embedding)
{
    return (gint64)floor(CLAMP((double)embedding[0], -LARGEST, LARGEST) * CELLS_PER_UNIT);
}

static void known_add(Known *known, const float embedding[NT_EMBEDDING_SIZE], const char *owner)
{
    const gint64 cell = cell_of(embedding);
    const char *interned = g_intern_string(owner);
    const guint index = known->owners->len;
    const guint next = GPOINTER_TO_UINT(g_hash_table_lookup(known->cells, &cell)) - 1; /* none: wraps to G_MAXUINT */
    g_array_append_vals(known->embeddings, embedding, NT_EMBEDDING_SIZE);
    g_array_append_val(known->owners, interned);
    g_array_append_val(known->next, next);
    g_hash_table_replace(known->cells, g_memdup2(&cell, sizeof cell), GUINT_TO_POINTER(index + 1));
}

static gboolean known_has(const Known *known, const float embedding[NT_EMBEDDING_SIZE], const char *owner)
{
    const gint64 middle = cell_of(embedding);
    const char *interned = g_intern_string(owner);
    for (gint64 cell = middle - 1; cell <= middle + 1; cell++) {
        guint i = GPOINTER_TO_UINT(g_hash_table_lookup(known->cells, &cell)) - 1;
        for (; i != G_MAXUINT; i = g_array_index(known->next, guint, i)) {
            const float *other = &g_array_index(known->embeddings, float, (gsize)i * NT_EMBEDDING_SIZE);
            if (g_array_index(known->owners, const char *, i) == interned &&
                nt_embedding_distance(embedding, other) <= SAME_EMBEDDING)
                return TRUE;
        }
    }
    return FALSE;
}

/* What is being put into a gallery, from a folder or from another gallery. */
typedef struct Import {
    NtGallery *gallery;
    const char *from;           /* for messages */
    const NtArchiveHelp *help;
    gboolean embeds;            /* another model made the embeddings: they are made again */
    Known faces, rejections, strangers;
    GHashTable *people;         /* interned names of who got pictures */
    guint done, total;
    NtArchiveCount *count;
    GError *reason;             /* the first thing that went wrong; what follows is passed over */
    const char *person;         /* whose faces are being collected or taken; interned, NULL: nobody's */
} Import;

/* Keeps the first error; takes reason over. */
static void note(Import *import, GError *reason)
{
    if (!import->reason)
        import->reason = reason;
    else
        g_clear_error(&reason);
}

/* What is there already. */

static void collect(Known *known, const NtGalleryFace *face, const char *owner)
{
    if (isfinite(face->embedding[0]))
        known_add(known, face->embedding, owner);
}

static void collect_face(const NtGalleryFace *face, gpointer user)
{
    collect(&((Import *)user)->faces, face, NULL); /* whosever it is */
}

static void collect_rejection(const NtGalleryFace *face, gpointer user)
{
    Import *import = user;
    collect(&import->rejections, face, import->person);
}

static void collect_stranger(const NtGalleryFace *face, gpointer user)
{
    collect(&((Import *)user)->strangers, face, NULL);
}

static gboolean collect_known(Import *import)
{
    g_autoptr(GPtrArray) people = nt_gallery_list_people(import->gallery, &import->reason);
    for (guint i = 0; people && i < people->len; i++) {
        const NtPerson *person = people->pdata[i];
        import->person = g_intern_string(person->name);
        if (!nt_gallery_visit_faces(import->gallery, person->name, FALSE, collect_face, import, &import->reason) ||
            !nt_gallery_visit_rejections(import->gallery, person->name, collect_rejection, import, &import->reason))
            return FALSE;
    }
    return people && nt_gallery_visit_strangers(import->gallery, FALSE, collect_stranger, import, &import->reason);
}

/* Taking. Each is passed over after the first error. */

/* Asks whether to go on, and sees to the embedding. FALSE: not to be taken, with or without an error. */
static gboolean prepare(Import *import, NtGalleryFace *face)
{
    const NtArchiveHelp *help = import->help;
    if (!import->reason && help && help->progress && !help->progress(import->done, import->total, help->user))
        g_set_error(&import->reason, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_STOPPED, "stopped; nothing of %s was taken",
                    import->from);
    import->done++;
    if (import->reason)
        return FALSE;
    if (!import->embeds)
        return TRUE;
    if (!face->chip)
        import->count->lost++;
    return face->chip && help->embed(face->chip, face->embedding, help->user, &import->reason);
}

static gboolean is_new_person(Import *import, const char *name)
{
    g_autoptr(GError) unknown = NULL;
    g_autoptr(NtPerson) person = nt_gallery_find_person(import->gallery, name, &unknown);
    return !person && g_error_matches(unknown, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND);
}

static void take_face(Import *import, const char *person, NtGalleryFace *face)
{
    if (!prepare(import, face))
        return;
    if (known_has(&import->faces, face->embedding, NULL)) {
        import->count->skipped_faces++;
        return;
    }
    const char *interned = g_intern_string(person);
    const gboolean is_new = !g_hash_table_contains(import->people, interned) && is_new_person(import, person);
    if (!nt_gallery_add_face(import->gallery, person, face, &import->reason))
        return;
    known_add(&import->faces, face->embedding, NULL);
    import->count->faces++;
    import->count->new_people += is_new;
    import->count->people += g_hash_table_add(import->people, (gpointer)interned);
}

/* What is said of somebody who is not there (all their pictures being another's here) is passed over. */
static void take_rejection(Import *import, const char *person, NtGalleryFace *face)
{
    if (!prepare(import, face) || known_has(&import->rejections, face->embedding, person) ||
        is_new_person(import, person) || !nt_gallery_reject(import->gallery, person, face, &import->reason))
        return;
    known_add(&import->rejections, face->embedding, person);
    import->count->rejections++;
}

static void take_stranger(Import *import, NtGalleryFace *face)
{
    if (!prepare(import, face) || known_has(&import->strangers, face->embedding, NULL) ||
        !nt_gallery_ignore(import->gallery, face, &import->reason))
        return;
    known_add(&import->strangers, face->embedding, NULL);
    import->count->strangers++;
}

/* The change as a whole. */

/* Whether the embeddings can be taken as they are, or made again. fingerprint: of the model that made them. */
static gboolean compare_models(Import *import, const char *fingerprint, GError **error)
{
    g_autofree char *own = NULL;
    if (!nt_gallery_get_meta(import->gallery, NT_GALLERY_META_FINGERPRINT, &own, error))
        return FALSE;
    import->embeds = g_strcmp0(own ? own : import->gallery->fingerprint, fingerprint) != 0;
    if (!import->embeds || (import->help && import->help->embed))
        return TRUE;
    g_set_error(error, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_MODEL,
                "%s comes from another model than the gallery %s, and no model is there to embed its pictures again",
                import->from, nt_gallery_path(import->gallery));
    return FALSE;
}

/* Runs take(import, user) between begin and commit. */
static gboolean run_import(Import *import, void (*take)(Import *import, gpointer user), gpointer user, GError **error)
{
    *import->count = (NtArchiveCount){0};
    known_init(&import->faces);
    known_init(&import->rejections);
    known_init(&import->strangers);
    import->people = g_hash_table_new(NULL, NULL);
    gboolean good = nt_gallery_begin(import->gallery, &import->reason);
    if (good) {
        if (collect_known(import))
            take(import, user);
        if (!import->reason)
            nt_gallery_set_change_kind(import->gallery, NT_CHANGE_IMPORT, import->count->people);
        good = !import->reason && nt_gallery_commit(import->gallery, &import->reason);
        if (!good)
            nt_gallery_roll_back(import->gallery);
    }
    if (!good)
        *import->count = (NtArchiveCount){0};
    known_clear(&import->faces);
    known_clear(&import->rejections);
    known_clear(&import->strangers);
    g_hash_table_unref(import->people);
    if (import->reason)
        g_propagate_error(error, import->reason);
    return good;
}

/* From a folder. */

typedef void (*TakeFace)(Import *import, const char *person, NtGalleryFace *face);

static void take_nobodys(Import *import, const char *person, NtGalleryFace *face)
{
    (void)person;
    take_stranger(import, face);
}

static void take_list(Import *import, const NtArchive *archive, const char *person, GArray *faces, TakeFace take)
{
    for (guint i = 0; i < faces->len && !import->reason; i++) {
        const NtArchiveFace *entry = &g_array_index(faces, NtArchiveFace, i);
        NtGalleryFace face = entry->face;
        g_autofree guint8 *chip = nt_archive_read_chip(archive, entry, &import->reason);
        face.id = 0;
        face.chip = chip;
        if (!import->reason)
            take(import, person, &face);
    }
}

static void take_archive(Import *import, gpointer user)
{
    const NtArchive *archive = user;
    for (guint i = 0; i < archive->people->len; i++) {
        const NtArchivePerson *person = archive->people->pdata[i];
        g_autofree char *name = nt_gallery_usable_name(person->name, FALSE, &import->reason);
        if (!name)
            return;
        take_list(import, archive, name, person->faces, take_face);
        take_list(import, archive, name, person->rejections, take_rejection);
    }
    take_list(import, archive, NULL, archive->strangers, take_nobodys);
}

gboolean nt_archive_import(NtGallery *gallery, const char *folder, const NtArchiveHelp *help, NtArchiveCount *count,
                           GError **error)
{
    g_autoptr(NtArchive) archive = nt_archive_read(folder, error);
    if (!archive)
        return FALSE;
    Import import = {.gallery = gallery, .from = folder, .help = help, .count = count, .total = archive->n_faces};
    return (archive->n_faces == 0 || compare_models(&import, archive->fingerprint, error)) &&
           run_import(&import, take_archive, archive, error);
}

/* From another gallery. */

static void merge_face(const NtGalleryFace *face, gpointer user)
{
    Import *import = user;
    NtGalleryFace copy = *face;
    copy.id = 0;
    take_face(import, import->person, &copy);
}

static void merge_rejection(const NtGalleryFace *face, gpointer user)
{
    Import *import = user;
    NtGalleryFace copy = *face;
    copy.id = 0;
    take_rejection(import, import->person, &copy);
}

static void merge_stranger(const NtGalleryFace *face, gpointer user)
{
    NtGalleryFace copy = *face;
    copy.id = 0;
    take_stranger(user, &copy);
}

typedef struct Other {
    NtGallery *gallery;
    GPtrArray *people;
} Other;

static void take_gallery(Import *import, gpointer user)
{
    const Other *other = user;
    GError *reason = NULL; /* the visited gallery's; the visitors have their own */
    for (guint i = 0; i < other->people->len && !reason && !import->reason; i++) {
        const NtPerson *person = other->people->pdata[i];
        import->person = g_intern_string(person->name);
        if (nt_gallery_visit_faces(other->gallery, person->name, TRUE, merge_face, import, &reason))
            nt_gallery_visit_rejections(other->gallery, person->name, merge_rejection, import, &reason);
    }
    if (!reason && !import->reason)
        nt_gallery_visit_strangers(other->gallery, TRUE, merge_stranger, import, &reason);
    if (reason)
        note(import, reason);
}

static gboolean is_same_file(const char *a, const char *b)
{
    GStatBuf x, y;
    return g_stat(a, &x) == 0 && g_stat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

gboolean nt_archive_merge(NtGallery *into, NtGallery *from, const NtArchiveHelp *help, NtArchiveCount *count,
                          GError **error)
{
    g_autofree char *fingerprint = NULL;
    if (is_same_file(nt_gallery_path(into), nt_gallery_path(from))) {
        g_set_error(error, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_EXISTS,
                    "%s cannot be merged with itself; give the file of another gallery", nt_gallery_path(from));
        return FALSE;
    }
    g_autoptr(GPtrArray) people = nt_gallery_list_people(from, error);
    if (!people || !nt_gallery_get_meta(from, NT_GALLERY_META_FINGERPRINT, &fingerprint, error))
        return FALSE;
    Import import = {.gallery = into, .from = nt_gallery_path(from), .help = help, .count = count};
    for (guint i = 0; i < people->len; i++)
        import.total += ((const NtPerson *)people->pdata[i])->n_faces;
    Other other = {from, people};
    return (!fingerprint || compare_models(&import, fingerprint, error)) &&
           run_import(&import, take_gallery, &other, error);
}
