#include "gallery_operations.h"

#include <glib/gstdio.h>

#include "gallery_fixture.h"
#include "identity/archive.h"
#include "identity/archive_read.h"

#define ARCHIVES_VARIABLE "NAMETAG_TEST_ARCHIVES"
#define N_ARCHIVES 3

/* None is part of another, so that a file can be searched for one. */
static const char *const people[] = {"Aloysius", "Bartholomew", "Clementine", "Desdemona", "Ebenezer", "Frederica"};

static const char *pick(GRand *random)
{
    return people[g_rand_int_range(random, 0, G_N_ELEMENTS(people))];
}

static NtGalleryFace pick_face(GRand *random, guint8 **chip)
{
    const guint seed = g_rand_int(random) % 1000000;
    NtGalleryFace face = gallery_make_face(seed);
    face.chip = *chip = gallery_make_chip(seed);
    return face;
}

/* As enrolling does: several pictures as one change. */
static gboolean enroll(NtGallery *gallery, GRand *random, GError **error)
{
    const char *name = pick(random);
    const int n = g_rand_int_range(random, 1, 4);
    if (!nt_gallery_begin(gallery, error))
        return FALSE;
    for (int i = 0; i < n; i++) {
        g_autofree guint8 *chip = NULL;
        const NtGalleryFace face = pick_face(random, &chip);
        if (!nt_gallery_add_face(gallery, name, &face, error)) {
            nt_gallery_roll_back(gallery);
            return FALSE;
        }
    }
    return nt_gallery_commit(gallery, error);
}

static gboolean merge(NtGallery *gallery, GRand *random, GError **error)
{
    const char *from = pick(random), *into = pick(random);
    return nt_gallery_merge(gallery, from, into, error);
}

static gboolean rename_person(NtGallery *gallery, GRand *random, GError **error)
{
    const char *from = pick(random), *into = pick(random);
    return nt_gallery_rename(gallery, from, into, error);
}

static gboolean remove_person(NtGallery *gallery, GRand *random, GError **error)
{
    return nt_gallery_remove(gallery, pick(random), error);
}

static gboolean forget(NtGallery *gallery, GRand *random, GError **error)
{
    return nt_gallery_forget(gallery, pick(random), NULL, error);
}

static gboolean done(NtChange *change)
{
    const gboolean any = change != NULL;
    nt_change_free(change);
    return any;
}

static gboolean undo(NtGallery *gallery, GRand *random, GError **error)
{
    (void)random;
    return done(nt_gallery_undo(gallery, error));
}

static gboolean redo(NtGallery *gallery, GRand *random, GError **error)
{
    (void)random;
    return done(nt_gallery_redo(gallery, error));
}

static gboolean reject(NtGallery *gallery, GRand *random, GError **error)
{
    g_autofree guint8 *chip = NULL;
    const NtGalleryFace face = pick_face(random, &chip);
    return nt_gallery_reject(gallery, pick(random), &face, error) != 0;
}

static gboolean ignore(NtGallery *gallery, GRand *random, GError **error)
{
    g_autofree guint8 *chip = NULL;
    const NtGalleryFace face = pick_face(random, &chip);
    return nt_gallery_ignore(gallery, &face, error) != 0;
}

static void first_ids(const NtGalleryFace *face, gpointer user)
{
    GArray *ids = user;
    if (ids->len < 2)
        g_array_append_val(ids, face->id);
}

static gboolean move(NtGallery *gallery, GRand *random, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    const char *from = pick(random), *to = pick(random);
    return nt_gallery_visit_faces(gallery, from, FALSE, first_ids, ids, error) &&
           nt_gallery_move_faces(gallery, (const gint64 *)(void *)ids->data, ids->len, to, error);
}

static void take_id(const NtGalleryFace *face, gpointer user)
{
    *(gint64 *)user = face->id;
}

static gboolean set_cover(NtGallery *gallery, GRand *random, GError **error)
{
    const char *name = pick(random);
    gint64 id = 0; /* the newest one's */
    return nt_gallery_visit_faces(gallery, name, FALSE, take_id, &id, error) &&
           nt_gallery_set_cover(gallery, name, id, error);
}

static gboolean note_seen(NtGallery *gallery, GRand *random, GError **error)
{
    const char *name = pick(random);
    const gint64 when = g_rand_int_range(random, 1, G_MAXINT32);
    return nt_gallery_note_seen(gallery, &name, &when, 1, error);
}

static gboolean keep_unknown(NtGallery *gallery, GRand *random, GError **error)
{
    g_autofree guint8 *chip = NULL;
    NtGalleryFace face = pick_face(random, &chip);
    NtUnknown unknown = {.number = 1, .n_frames = 10, .first_ns = 0, .last_ns = 5, .n_faces = 1, .faces = &face};
    NtUnknown *const list[] = {&unknown};
    g_autofree char *source = g_strdup_printf("clip %d.mp4", g_rand_int_range(random, 0, 5));
    return nt_gallery_keep_unknown(gallery, source, list, 1, error);
}

/* Two people with a picture each, and two without, in each archive. */
void gallery_make_archives(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("nametag-archives-XXXXXX", NULL);
    for (guint i = 0; i < N_ARCHIVES; i++) {
        g_autofree char *name = g_strdup_printf("%u.sqlite", i), *path = g_build_filename(folder, name, NULL);
        g_autofree char *digit = g_strdup_printf("%u", i), *archive = g_build_filename(folder, digit, NULL);
        NtGallery *gallery = gallery_open(path, NT_GALLERY_CREATE, "model-a");
        NtArchiveCount count;
        for (guint k = 0; k < 4; k++)
            gallery_add(gallery, people[(i + k % 2) % G_N_ELEMENTS(people)], 2000000 + 10 * i + k, k < 2);
        nt_archive_export(gallery, NULL, archive, NULL, &count, &error);
        g_assert_no_error(error);
        nt_gallery_close(gallery);
    }
    g_setenv(ARCHIVES_VARIABLE, folder, TRUE);
}

void gallery_remove_archives(void)
{
    const char *folder = g_getenv(ARCHIVES_VARIABLE);
    for (guint i = 0; i < N_ARCHIVES; i++) {
        g_autofree char *digit = g_strdup_printf("%u", i), *archive = g_build_filename(folder, digit, NULL);
        g_autofree char *pictures = g_build_filename(archive, NT_ARCHIVE_PICTURES, NULL);
        gallery_remove_folder(pictures);
        gallery_remove_folder(archive);
    }
    gallery_remove_folder(folder);
    g_unsetenv(ARCHIVES_VARIABLE);
}

static gboolean import(NtGallery *gallery, GRand *random, GError **error)
{
    NtArchiveCount count;
    g_autofree char *digit = g_strdup_printf("%d", g_rand_int_range(random, 0, N_ARCHIVES));
    g_autofree char *archive = g_build_filename(g_getenv(ARCHIVES_VARIABLE), digit, NULL);
    return nt_archive_import(gallery, archive, NULL, &count, error);
}

const GalleryOperation gallery_operations[] = {
    {"enroll", 8, enroll},
    {"merge", 2, merge},
    {"rename", 1, rename_person},
    {"remove", 1, remove_person},
    {"forget", 1, forget},
    {"undo", 4, undo},
    {"redo", 2, redo},
    {"reject", 1, reject},
    {"ignore", 1, ignore},
    {"move", 1, move},
    {"set-cover", 2, set_cover},
    {"note-seen", 1, note_seen},
    {"keep-unknown", 1, keep_unknown},
    {"import", 2, import},
};
const guint gallery_n_operations = G_N_ELEMENTS(gallery_operations);

gboolean gallery_operate(NtGallery *gallery, guint32 number, const char **forgotten, GError **error)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(number);
    guint sum = 0, i = 0;
    for (guint k = 0; k < gallery_n_operations; k++)
        sum += gallery_operations[k].weight;
    for (gint at = g_rand_int_range(random, 0, (gint32)sum); at >= (gint)gallery_operations[i].weight; i++)
        at -= (gint)gallery_operations[i].weight;
    g_autoptr(GRand) same = g_rand_copy(random);
    const gboolean good = gallery_operations[i].run(gallery, random, error);
    *forgotten = good && gallery_operations[i].run == forget ? pick(same) : NULL;
    return good;
}
