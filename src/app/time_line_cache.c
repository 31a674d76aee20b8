#include "app/time_line_cache.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <utime.h>

#include "engine/clip_cache.h"
#include "media/location.h"

/* To be counted up whenever what tracks and pictures are changes, so that old files are made anew. */
#define VERSION 1
#define SHA256_BYTES 32
/* No clip has more people; guards what is made of a number. */
#define MOST_NUMBER 100000

/* Counted by clearing; with it the file's epoch, for other processes. */
static GMutex lock;
static guint generation;

/* duration, reached, complete, source, tracks: (track, number, frames, spans, weights, embeddings), the unknown:
 * (number, frames, first, last, faces: (embedding, chip, pts, left, top, right, bottom, score, quality)). ay: as in
 * memory. */
#define FACE_TYPE "(ayayxiiiiday)"
#define UNKNOWN_TYPE "(utxxa" FACE_TYPE ")"
#define TRACK_TYPE "(tutayayay)"
#define CLIP_TYPE "(xxbsa" TRACK_TYPE "a" UNKNOWN_TYPE ")"

typedef struct Header {
    char magic[8];
    guint32 version;
    guint8 sha256[SHA256_BYTES];
    guint32 zero;
} Header;
G_STATIC_ASSERT(sizeof(Header) == 48);
static const char magic[8] = "NTTLINE";

static GVariant *pack_bytes(gconstpointer data, gsize size)
{
    return g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, data, size, 1);
}

static GVariant *pack_track(const NtAppearance *track)
{
    return g_variant_new("(tut@ay@ay@ay)", track->track, track->number, track->n_frames,
                         pack_bytes(track->spans, track->n_spans * sizeof *track->spans),
                         pack_bytes(track->weights, track->n_embeddings * sizeof track->weights[0]),
                         pack_bytes(track->embeddings, track->n_embeddings * sizeof track->embeddings[0]));
}

static GVariant *pack_unknown(const NtUnknown *unknown)
{
    GVariantBuilder faces;
    g_variant_builder_init(&faces, G_VARIANT_TYPE("a" FACE_TYPE));
    for (guint i = 0; i < unknown->n_faces; i++) {
        const NtGalleryFace *face = &unknown->faces[i];
        g_variant_builder_add(&faces, "(@ay@ayxiiiid@ay)", pack_bytes(face->embedding, sizeof face->embedding),
                              pack_bytes(face->chip, face->chip ? NT_CHIP_BYTES : 0), face->pts_ns,
                              (gint32)face->box.left, (gint32)face->box.top, (gint32)face->box.right,
                              (gint32)face->box.bottom, face->score, pack_bytes(&face->quality, sizeof face->quality));
    }
    return g_variant_new("(utxxa" FACE_TYPE ")", unknown->number, unknown->n_frames, unknown->first_ns,
                         unknown->last_ns, &faces);
}

static void make_sha256(gconstpointer data, gsize size, guint8 sha256[SHA256_BYTES])
{
    gsize length = SHA256_BYTES;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, data, (gssize)size);
    g_checksum_get_digest(checksum, sha256, &length);
}

GBytes *nt_time_line_cache_pack(const NtAppearances *appearances)
{
    GVariantBuilder tracks, unknown;
    g_variant_builder_init(&tracks, G_VARIANT_TYPE("a" TRACK_TYPE));
    for (guint i = 0; i < appearances->tracks->len; i++)
        g_variant_builder_add_value(&tracks, pack_track(appearances->tracks->pdata[i]));
    g_variant_builder_init(&unknown, G_VARIANT_TYPE("a" UNKNOWN_TYPE));
    const char *source = "";
    for (guint i = 0; i < appearances->unknown->len; i++) {
        const NtUnknown *person = appearances->unknown->pdata[i];
        g_variant_builder_add_value(&unknown, pack_unknown(person));
        source = person->source;
    }
    g_autoptr(GVariant) clip =
        g_variant_ref_sink(g_variant_new("(xxbsa" TRACK_TYPE "a" UNKNOWN_TYPE ")", appearances->duration_ns,
                                         appearances->reached_ns, appearances->complete, source, &tracks, &unknown));

    const gsize size = g_variant_get_size(clip);
    Header header = {.version = VERSION};
    memcpy(header.magic, magic, sizeof magic);
    guint8 *bytes = g_malloc(sizeof header + size);
    g_variant_store(clip, bytes + sizeof header);
    make_sha256(bytes + sizeof header, size, header.sha256);
    memcpy(bytes, &header, sizeof header);
    return g_bytes_new_take(bytes, sizeof header + size);
}

/* Copies exactly size bytes out. */
static gboolean unpack_bytes(GVariant *variant, gpointer data, gsize size)
{
    gsize n;
    gconstpointer bytes = g_variant_get_fixed_array(variant, &n, 1);
    if (n != size)
        return FALSE;
    if (size > 0)
        memcpy(data, bytes, size);
    return TRUE;
}

static gboolean spans_are_good(const NtAppearance *track)
{
    for (guint i = 0; i < track->n_spans; i++)
        if (track->spans[i].last_ns < track->spans[i].first_ns ||
            (i > 0 && track->spans[i].first_ns <= track->spans[i - 1].last_ns))
            return FALSE;
    return TRUE;
}

static NtAppearance *unpack_track(GVariant *variant)
{
    g_autoptr(NtAppearance) track = nt_appearance_new();
    g_autoptr(GVariant) spans = NULL, weights = NULL, embeddings = NULL;
    g_variant_get(variant, "(tut@ay@ay@ay)", &track->track, &track->number, &track->n_frames, &spans, &weights,
                  &embeddings);
    const gsize n_spans = g_variant_get_size(spans) / sizeof *track->spans;
    const gsize n_embeddings = g_variant_get_size(weights) / sizeof track->weights[0];
    if (n_embeddings > NT_TRACK_EMBEDDINGS || n_spans > G_MAXUINT / 2 || track->number > MOST_NUMBER)
        return NULL;
    track->spans = g_new(NtSpan, n_spans + 1);
    track->n_spans = (guint)n_spans;
    track->n_embeddings = (guint)n_embeddings;
    if (!unpack_bytes(spans, track->spans, n_spans * sizeof *track->spans) ||
        !unpack_bytes(weights, track->weights, n_embeddings * sizeof track->weights[0]) ||
        !unpack_bytes(embeddings, track->embeddings, n_embeddings * sizeof track->embeddings[0]) ||
        !spans_are_good(track))
        return NULL;
    return g_steal_pointer(&track);
}

static gboolean unpack_face(GVariant *variant, const char *source, NtGalleryFace *face)
{
    g_autoptr(GVariant) embedding = NULL, chip = NULL, quality = NULL;
    gint32 left, top, right, bottom;
    g_variant_get(variant, "(@ay@ayxiiiid@ay)", &embedding, &chip, &face->pts_ns, &left, &top, &right, &bottom,
                  &face->score, &quality);
    face->box.left = left;
    face->box.top = top;
    face->box.right = right;
    face->box.bottom = bottom;
    guint8 *pixels = g_malloc(NT_CHIP_BYTES);
    face->chip = pixels;
    face->source = g_strdup(source);
    return unpack_bytes(embedding, face->embedding, sizeof face->embedding) &&
           unpack_bytes(chip, pixels, NT_CHIP_BYTES) && unpack_bytes(quality, &face->quality, sizeof face->quality);
}

static NtUnknown *unpack_unknown(GVariant *variant, const char *source)
{
    g_autoptr(NtUnknown) unknown = g_new0(NtUnknown, 1);
    g_autoptr(GVariant) faces = NULL;
    g_variant_get(variant, "(utxx@a" FACE_TYPE ")", &unknown->number, &unknown->n_frames, &unknown->first_ns,
                  &unknown->last_ns, &faces);
    const gsize n_faces = g_variant_n_children(faces);
    unknown->source = g_strdup(source);
    unknown->faces = g_new0(NtGalleryFace, n_faces);
    for (gsize i = 0; i < n_faces; i++) {
        g_autoptr(GVariant) face = g_variant_get_child_value(faces, i);
        unknown->n_faces++;
        if (!unpack_face(face, source, &unknown->faces[i]))
            return NULL;
    }
    return g_steal_pointer(&unknown);
}

static gboolean unpack_people(NtAppearances *appearances, GVariant *tracks, GVariant *unknown, const char *source)
{
    for (gsize i = 0; i < g_variant_n_children(tracks); i++) {
        g_autoptr(GVariant) child = g_variant_get_child_value(tracks, i);
        NtAppearance *track = unpack_track(child);
        if (!track)
            return FALSE;
        g_ptr_array_add(appearances->tracks, track);
    }
    for (gsize i = 0; i < g_variant_n_children(unknown); i++) {
        g_autoptr(GVariant) child = g_variant_get_child_value(unknown, i);
        NtUnknown *person = unpack_unknown(child, source);
        if (!person)
            return FALSE;
        g_ptr_array_add(appearances->unknown, person);
        if (person->number != appearances->unknown->len)
            return FALSE;
    }
    return TRUE;
}

NtAppearances *nt_time_line_cache_unpack(GBytes *bytes)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    Header header;
    guint8 sha256[SHA256_BYTES];
    if (size < sizeof header)
        return NULL;
    memcpy(&header, data, sizeof header);
    make_sha256(data + sizeof header, size - sizeof header, sha256);
    if (memcmp(header.magic, magic, sizeof magic) != 0 || header.version != VERSION || header.zero != 0 ||
        memcmp(header.sha256, sha256, sizeof sha256) != 0)
        return NULL;

    g_autoptr(GBytes) payload = g_bytes_new_from_bytes(bytes, sizeof header, size - sizeof header);
    g_autoptr(GVariant) clip = g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE(CLIP_TYPE), payload, FALSE));
    if (!g_variant_is_normal_form(clip))
        return NULL;
    g_autoptr(NtAppearances) appearances = nt_appearances_new();
    g_autoptr(GVariant) tracks = NULL, unknown = NULL;
    const char *source;
    g_variant_get(clip, "(xxb&s@a" TRACK_TYPE "@a" UNKNOWN_TYPE ")", &appearances->duration_ns,
                  &appearances->reached_ns, &appearances->complete, &source, &tracks, &unknown);
    return unpack_people(appearances, tracks, unknown, source) ? g_steal_pointer(&appearances) : NULL;
}

char *nt_time_line_cache_name(const char *location, const char *fingerprint)
{
    g_autofree char *uri = nt_location_to_uri(location, NULL);
    g_autofree char *path = uri ? g_filename_from_uri(uri, NULL, NULL) : NULL;
    struct stat facts;
    if (!path || stat(path, &facts) != 0 || !S_ISREG(facts.st_mode))
        return NULL;
    g_autofree char *text =
        g_strdup_printf("%s\n%" G_GINT64_FORMAT "\n%" G_GINT64_FORMAT ".%09ld\n%s\n%d\n", uri, (gint64)facts.st_size,
                        (gint64)facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec, fingerprint, VERSION);
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

static char *current_ticket(void)
{
    g_autofree char *epoch = nt_clip_cache_epoch();
    return g_strdup_printf("%u:%s", generation, epoch);
}

NtAppearances *nt_time_line_cache_load(const char *name)
{
    g_autofree char *path = nt_clip_cache_folder();
    g_autofree char *file = g_build_filename(path, name, NULL);
    char *data;
    gsize size;
    if (!g_file_get_contents(file, &data, &size, NULL))
        return NULL;
    g_autoptr(GBytes) bytes = g_bytes_new_take(data, size);
    NtAppearances *appearances = nt_time_line_cache_unpack(bytes);
    if (appearances)
        utime(file, NULL); /* it was used now */
    return appearances;
}

typedef struct Kept {
    char *path;
    gint64 size;
    struct timespec used;
} Kept;

static void clear_kept(gpointer data)
{
    g_free(((Kept *)data)->path);
}

static gint by_use(gconstpointer a, gconstpointer b)
{
    const struct timespec x = ((const Kept *)a)->used, y = ((const Kept *)b)->used;
    if (x.tv_sec != y.tv_sec)
        return x.tv_sec > y.tv_sec ? -1 : 1;
    return (x.tv_nsec < y.tv_nsec) - (x.tv_nsec > y.tv_nsec);
}

/* The files of clips, those that a crash left half written too: the newest first. */
static GArray *list_kept(const char *path)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(Kept));
    g_array_set_clear_func(list, clear_kept);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        struct stat facts;
        if (strcmp(name, NT_CLIP_CACHE_EPOCH) == 0 || stat(file, &facts) != 0)
            continue;
        const Kept kept = {g_steal_pointer(&file), facts.st_size, facts.st_mtim};
        g_array_append_val(list, kept);
    }
    g_array_sort(list, by_use);
    return list;
}

static void make_room(const char *path)
{
    g_autoptr(GArray) list = list_kept(path);
    gint64 bytes = 0;
    for (guint i = 0; i < list->len; i++) {
        const Kept *kept = &g_array_index(list, Kept, i);
        bytes += kept->size;
        if (i >= NT_CACHE_CLIPS || bytes > NT_CACHE_BYTES)
            g_unlink(kept->path);
    }
}

/* The folder, made when missing, and the user's alone. */
static gboolean make_folder(const char *path)
{
    return g_mkdir_with_parents(path, 0700) == 0 && g_chmod(path, 0700) == 0;
}

char *nt_time_line_cache_ticket(void)
{
    g_autofree char *path = nt_clip_cache_folder();
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    make_folder(path); /* who clears in another process leaves the new epoch in it, if it is there */
    return current_ticket();
}

gboolean nt_time_line_cache_store(const char *name, const char *ticket, const NtAppearances *appearances)
{
    g_autoptr(GBytes) bytes = nt_time_line_cache_pack(appearances);
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autofree char *path = nt_clip_cache_folder();
    g_autofree char *file = g_build_filename(path, name, NULL);

    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    g_autofree char *current = current_ticket();
    if (strcmp(ticket, current) != 0 || !make_folder(path) ||
        !g_file_set_contents_full(file, data, (gssize)size, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL))
        return FALSE;
    g_autofree char *afterwards = current_ticket();
    if (strcmp(ticket, afterwards) != 0) { /* cleared by another process, which may have missed what was being written */
        g_unlink(file);
        return FALSE;
    }
    make_room(path);
    return TRUE;
}

void nt_time_line_cache_clear(void)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    generation++;
    nt_clip_cache_clear();
}
