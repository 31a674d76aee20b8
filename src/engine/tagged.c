#include "engine/tagged.h"

#include <string.h>

struct NtFrameStore {
    gint ref_count;
    GMutex lock;
    GPtrArray *idle; /* NtTaggedFrame */
};

static NtTaggedFrame *prepare(NtTaggedFrame *frame, guint n_faces)
{
    frame->ref_count = 1;
    frame->index = 0;
    frame->pts_ns = -1;
    frame->width = frame->height = 0;
    frame->cut = FALSE;
    frame->n_faces = n_faces;
    if (n_faces > frame->capacity) {
        frame->faces = g_renew(NtFace, frame->faces, n_faces);
        frame->capacity = n_faces;
    }
    if (n_faces > 0)
        memset(frame->faces, 0, n_faces * sizeof *frame->faces);
    return frame;
}

NtTaggedFrame *nt_tagged_frame_new(guint n_faces) { return prepare(g_new0(NtTaggedFrame, 1), n_faces); }

void nt_tagged_frame_add_chips(NtTaggedFrame *frame)
{
    if (frame->n_faces > frame->chips_capacity) {
        g_free(frame->chips); /* what an earlier picture left there is not worth copying */
        frame->chips = g_malloc_n(frame->n_faces, NT_CHIP_BYTES);
        frame->chips_capacity = frame->n_faces;
    }
    for (guint i = 0; i < frame->n_faces; i++)
        frame->faces[i].chip = frame->chips + (gsize)i * NT_CHIP_BYTES;
}

NtTaggedFrame *nt_tagged_frame_ref(NtTaggedFrame *frame)
{
    g_atomic_int_inc(&frame->ref_count);
    return frame;
}

static void free_frame(gpointer data)
{
    NtTaggedFrame *frame = data;
    g_free(frame->faces);
    g_free(frame->chips);
    g_free(frame);
}

void nt_tagged_frame_unref(NtTaggedFrame *frame)
{
    if (!frame || !g_atomic_int_dec_and_test(&frame->ref_count))
        return;
    NtFrameStore *store = g_steal_pointer(&frame->store);
    if (!store) {
        free_frame(frame);
        return;
    }
    g_mutex_lock(&store->lock);
    g_ptr_array_add(store->idle, frame);
    g_mutex_unlock(&store->lock);
    nt_frame_store_unref(store);
}

NtFrameStore *nt_frame_store_new(guint n_frames, guint n_faces, gboolean with_chips)
{
    NtFrameStore *store = g_new0(NtFrameStore, 1);
    store->ref_count = 1;
    g_mutex_init(&store->lock);
    store->idle = g_ptr_array_new_full(MAX(n_frames, 1), free_frame);
    for (guint i = 0; i < n_frames; i++) {
        NtTaggedFrame *frame = nt_tagged_frame_new(n_faces);
        if (with_chips)
            nt_tagged_frame_add_chips(frame);
        g_ptr_array_add(store->idle, frame);
    }
    return store;
}

NtFrameStore *nt_frame_store_ref(NtFrameStore *store)
{
    g_atomic_int_inc(&store->ref_count);
    return store;
}

void nt_frame_store_unref(NtFrameStore *store)
{
    if (!store || !g_atomic_int_dec_and_test(&store->ref_count))
        return;
    g_ptr_array_unref(store->idle);
    g_mutex_clear(&store->lock);
    g_free(store);
}

NtTaggedFrame *nt_frame_store_take(NtFrameStore *store, guint n_faces)
{
    g_mutex_lock(&store->lock);
    NtTaggedFrame *frame = store->idle->len ? g_ptr_array_steal_index_fast(store->idle, store->idle->len - 1) : NULL;
    g_mutex_unlock(&store->lock);
    frame = prepare(frame ? frame : g_new0(NtTaggedFrame, 1), n_faces);
    frame->store = nt_frame_store_ref(store);
    return frame;
}

/* A movement tells the future for a short time only; beyond, the face stays where that ends. */
#define FARTHEST_PREDICTION_S 0.3
/* Nobody comes nearer, or goes, faster than by so much within it: more is a measurement that went wrong. */
#define MOST_GROWTH 0.2

static void move_face(NtFace *face, double seconds)
{
    const NtSquare from = face->place;
    NtSquare *to = &face->place;
    to->x += face->velocity.x * seconds;
    to->y += face->velocity.y * seconds;
    to->side += face->velocity.side * seconds;
    to->side = CLAMP(to->side, from.side * (1 - MOST_GROWTH), from.side * (1 + MOST_GROWTH));
    const double scale = from.side > 0 ? to->side / from.side : 1;
    for (int i = 0; i < NT_N_LANDMARKS; i++) {
        face->landmarks[i].x = to->x + (face->landmarks[i].x - from.x) * scale;
        face->landmarks[i].y = to->y + (face->landmarks[i].y - from.y) * scale;
    }
    face->detection.box = nt_rect_of_square(*to);
}

NtTaggedFrame *nt_tagged_frame_predict(const NtTaggedFrame *frame, gint64 pts_ns)
{
    guint n = 0;
    for (guint i = 0; i < frame->n_faces; i++)
        n += frame->faces[i].track != 0;
    NtTaggedFrame *later = frame->store ? nt_frame_store_take(frame->store, n) : nt_tagged_frame_new(n);
    later->index = frame->index;
    later->pts_ns = pts_ns;
    later->width = frame->width;
    later->height = frame->height;
    const double seconds = CLAMP((double)(pts_ns - frame->pts_ns) / 1e9, 0, FARTHEST_PREDICTION_S);
    NtFace *face = later->faces;
    for (guint i = 0; i < frame->n_faces; i++) {
        if (frame->faces[i].track == 0)
            continue;
        *face = frame->faces[i];
        memset(face->embedding, 0, sizeof face->embedding);
        face->chip = NULL;
        face->embedded = FALSE;
        face->finding = NT_FOUND_PREDICTED;
        move_face(face++, seconds);
    }
    return later;
}

void nt_tagged_frame_take_looks(NtTaggedFrame *predicted, const NtTaggedFrame *frame)
{
    nt_tagged_frame_add_chips(predicted);
    NtFace *face = predicted->faces;
    for (guint i = 0; i < frame->n_faces; i++) {
        const NtFace *from = &frame->faces[i];
        if (from->track == 0)
            continue;
        if (from->chip)
            memcpy(face->chip, from->chip, NT_CHIP_BYTES);
        else
            face->chip = NULL;
        memcpy(face->embedding, from->embedding, sizeof face->embedding);
        face->embedded = from->embedded;
        face++;
    }
}
