#include "engine/album.h"

#include <math.h>
#include <string.h>

#include "engine/album_private.h"
#include "engine/picture_worth.h"
#include "engine/track_identity.h"
#include "vision/quality.h"

/* Beyond what is kept, one more can be at hand while it is decided which of them goes. */
#define CANDIDATES (NT_ALBUM_PICTURES + 1)
/* A pause, or a source that was lost, is not a time in which somebody was not seen. */
#define LONGEST_STEP_US (G_USEC_PER_SEC / 2)

typedef struct Entry {
    GPtrArray *pictures;   /* NtFacePicture, good ones */
    NtFacePicture *poor;   /* the best of those that are not; NULL when there are good ones */
    NtFacePicture *newest; /* never NULL */
    NtTrackIdentity identity;
    gboolean alone; /* its verdict is of one picture, as in a still */
    gint64 seen_us; /* by the album's clock */
} Entry;

struct NtAlbum {
    GMutex lock;
    GHashTable *entries; /* of track (guint64) to Entry */
    gint64 clock_us;     /* time in which frames came */
    gint64 fed_us;       /* monotonic, of the last one; 0: none yet */
};

NtFacePicture *nt_face_picture_new(void)
{
    NtFacePicture *picture = g_new0(NtFacePicture, 1);
    picture->ref_count = 1;
    return picture;
}

NtFacePicture *nt_face_picture_ref(NtFacePicture *picture)
{
    g_atomic_int_inc(&picture->ref_count);
    return picture;
}

void nt_face_picture_unref(NtFacePicture *picture)
{
    if (picture && g_atomic_int_dec_and_test(&picture->ref_count))
        g_free(picture);
}

static void unref_picture(gpointer picture)
{
    nt_face_picture_unref(picture);
}

static void free_entry(gpointer data)
{
    Entry *entry = data;
    g_ptr_array_unref(entry->pictures);
    nt_face_picture_unref(entry->poor);
    nt_face_picture_unref(entry->newest);
    nt_track_identity_clear(&entry->identity);
    g_free(entry);
}

NtAlbum *nt_album_new(void)
{
    NtAlbum *album = g_new0(NtAlbum, 1);
    g_mutex_init(&album->lock);
    album->entries = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_entry);
    return album;
}

void nt_album_free(NtAlbum *album)
{
    if (!album)
        return;
    g_hash_table_unref(album->entries);
    g_mutex_clear(&album->lock);
    g_free(album);
}

/* Taking pictures. */

static NtFacePicture *take_picture(const NtTaggedFrame *frame, const NtFace *face)
{
    NtFacePicture *picture = nt_face_picture_new();
    memcpy(picture->embedding, face->embedding, sizeof picture->embedding);
    memcpy(picture->chip, face->chip, NT_CHIP_BYTES);
    memcpy(picture->landmarks, face->landmarks, sizeof picture->landmarks);
    picture->box = face->detection.box;
    picture->score = face->detection.score;
    picture->pts_ns = frame->pts_ns;
    nt_quality_measure(face->landmarks, face->detection.box, frame->width, frame->height, face->chip,
                       &picture->quality);
    return picture;
}

static float score(const NtFacePicture *picture)
{
    return nt_gate_score(&picture->quality);
}

static gboolean are_duplicates(const NtFacePicture *a, const NtFacePicture *b)
{
    return nt_embedding_distance(a->embedding, b->embedding) < NT_GATE_DUPLICATE_DISTANCE;
}

/* Whether a picture tells the same as one that is kept, and no better. */
static gboolean is_superfluous(const Entry *entry, const NtFacePicture *picture)
{
    for (guint i = 0; i < entry->pictures->len; i++) {
        const NtFacePicture *kept = entry->pictures->pdata[i];
        if (are_duplicates(kept, picture) && score(kept) >= score(picture))
            return TRUE;
    }
    return FALSE;
}

/* Lets the one go without which the others cover the looks best. */
static void let_one_go(Entry *entry)
{
    float embeddings[CANDIDATES][NT_EMBEDDING_SIZE];
    NtQuality qualities[CANDIDATES];
    gboolean keep[CANDIDATES];
    for (guint i = 0; i < CANDIDATES; i++) {
        const NtFacePicture *picture = entry->pictures->pdata[i];
        memcpy(embeddings[i], picture->embedding, sizeof embeddings[i]);
        qualities[i] = picture->quality;
    }
    nt_gate_choose(embeddings[0], qualities, CANDIDATES, NT_ALBUM_PICTURES, keep);
    for (guint i = CANDIDATES; i-- > 0;)
        if (!keep[i])
            g_ptr_array_remove_index(entry->pictures, i);
}

static void keep_good(Entry *entry, NtFacePicture *picture)
{
    g_clear_pointer(&entry->poor, nt_face_picture_unref);
    if (is_superfluous(entry, picture))
        return;
    for (guint i = entry->pictures->len; i-- > 0;)
        if (are_duplicates(entry->pictures->pdata[i], picture))
            g_ptr_array_remove_index(entry->pictures, i);
    g_ptr_array_add(entry->pictures, nt_face_picture_ref(picture));
    if (entry->pictures->len == CANDIDATES)
        let_one_go(entry);
}

static void keep_poor(Entry *entry, NtFacePicture *picture)
{
    if (entry->pictures->len > 0 || (entry->poor && score(entry->poor) >= score(picture)))
        return;
    nt_face_picture_unref(entry->poor);
    entry->poor = nt_face_picture_ref(picture);
}

/* As nt_track_picture_worth says it of the track. */
static float worth(const NtTaggedFrame *frame, const NtFace *face)
{
    return face->place.side > 0 ? (float)nt_picture_worth_moving(face->place, face->velocity, frame->width,
                                                                 frame->height, face->detection.score, face->landmarks)
                                : 0;
}

/* Evidence that it is somebody else ended the track where it was followed, and a new number began; where such a frame
 * was not seen here, what is known begins anew. */
static void add_evidence(Entry *entry, const NtTaggedFrame *frame, const NtFace *face)
{
    entry->alone = face->n_embedded == 0;
    if (nt_track_identity_add(&entry->identity, face->embedding, worth(frame, face)))
        return;
    const NtTrackIdentity was = entry->identity;
    memset(&entry->identity, 0, sizeof entry->identity);
    for (guint i = 0; i < MIN(was.n_against, NT_TRACK_AGAINST); i++)
        nt_track_identity_add(&entry->identity, was.against[i], was.against_weights[i]);
    nt_classifier_unref((NtClassifier *)was.classifier);
}

static Entry *find(NtAlbum *album, guint64 track)
{
    return g_hash_table_lookup(album->entries, &track);
}

static Entry *find_or_add(NtAlbum *album, guint64 track)
{
    Entry *entry = find(album, track);
    if (entry)
        return entry;
    entry = g_new0(Entry, 1);
    entry->pictures = g_ptr_array_new_full(CANDIDATES, unref_picture);
    guint64 *key = g_new(guint64, 1);
    *key = track;
    g_hash_table_insert(album->entries, key, entry);
    return entry;
}

static void add_picture(Entry *entry, NtFacePicture *picture)
{
    if (nt_gate_quality(&picture->quality) == NT_GATE_GOOD)
        keep_good(entry, picture);
    else
        keep_poor(entry, picture);
    nt_face_picture_unref(entry->newest);
    entry->newest = picture;
}

static gboolean is_long_gone(gpointer key, gpointer value, gpointer user)
{
    (void)key;
    const Entry *entry = value;
    const NtAlbum *album = user;
    return album->clock_us - entry->seen_us > NT_ALBUM_FORGET_S * G_USEC_PER_SEC;
}

static void go_on(NtAlbum *album, gint64 now_us)
{
    if (album->fed_us > 0)
        album->clock_us += MIN(now_us - album->fed_us, LONGEST_STEP_US);
    album->fed_us = now_us;
    g_hash_table_foreach_remove(album->entries, is_long_gone, album);
}

static gboolean is_to_be_taken(const NtFace *face)
{
    return face->track != 0 && face->embedded && face->chip;
}

void nt_album_add_at(NtAlbum *album, const NtTaggedFrame *frame, gint64 now_us)
{
    /* Measuring takes a while: whoever asks meanwhile, in another thread, is not kept waiting. */
    g_autofree NtFacePicture **taken = g_new0(NtFacePicture *, MAX(frame->n_faces, 1));
    for (guint i = 0; i < frame->n_faces; i++)
        if (is_to_be_taken(&frame->faces[i]))
            taken[i] = take_picture(frame, &frame->faces[i]);
    g_mutex_lock(&album->lock);
    go_on(album, now_us);
    for (guint i = 0; i < frame->n_faces; i++) {
        const NtFace *face = &frame->faces[i];
        Entry *entry = taken[i] ? find_or_add(album, face->track) : find(album, face->track);
        if (!entry)
            continue;
        entry->seen_us = album->clock_us;
        if (!taken[i])
            continue;
        add_evidence(entry, frame, face);
        add_picture(entry, taken[i]);
    }
    g_mutex_unlock(&album->lock);
}

void nt_album_add(NtAlbum *album, const NtTaggedFrame *frame)
{
    nt_album_add_at(album, frame, g_get_monotonic_time());
}

void nt_album_clear(NtAlbum *album)
{
    g_mutex_lock(&album->lock);
    g_hash_table_remove_all(album->entries);
    g_mutex_unlock(&album->lock);
}

/* Asking. */

static gint by_score(gconstpointer a, gconstpointer b)
{
    const float x = score(*(NtFacePicture *const *)a), y = score(*(NtFacePicture *const *)b);
    return (x < y) - (x > y);
}

GPtrArray *nt_album_pictures(NtAlbum *album, guint64 track)
{
    GPtrArray *pictures = g_ptr_array_new_with_free_func(unref_picture);
    g_mutex_lock(&album->lock);
    const Entry *entry = find(album, track);
    for (guint i = 0; entry && i < entry->pictures->len; i++)
        g_ptr_array_add(pictures, nt_face_picture_ref(entry->pictures->pdata[i]));
    if (entry && entry->poor)
        g_ptr_array_add(pictures, nt_face_picture_ref(entry->poor));
    g_mutex_unlock(&album->lock);
    g_ptr_array_sort(pictures, by_score);
    return pictures;
}

NtFacePicture *nt_album_newest(NtAlbum *album, guint64 track)
{
    g_mutex_lock(&album->lock);
    const Entry *entry = find(album, track);
    NtFacePicture *newest = entry ? nt_face_picture_ref(entry->newest) : NULL;
    g_mutex_unlock(&album->lock);
    return newest;
}

gboolean nt_album_identify(NtAlbum *album, guint64 track, const NtClassifier *classifier, NtVerdict *verdict)
{
    g_mutex_lock(&album->lock);
    Entry *entry = find(album, track);
    if (entry && entry->alone && classifier) {
        nt_classifier_identify(classifier, entry->newest->embedding, verdict);
    } else if (entry) {
        nt_track_identity_judge(&entry->identity, (NtClassifier *)classifier);
        *verdict = entry->identity.verdict;
    }
    g_mutex_unlock(&album->lock);
    return entry != NULL;
}
