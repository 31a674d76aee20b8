/* Nametag - what the engine says of one picture: its faces, each with a verdict.
 */
#ifndef NT_TAGGED_H
#define NT_TAGGED_H

#include <glib.h>

#include "identity/classifier.h"
#include "nn/embedder.h"
#include "vision/align.h"
#include "vision/detector.h"
#include "vision/landmarks.h"

/* How a face was found in its frame. */
typedef enum NtFinding {
    NT_FOUND_DETECTED,  /* by the detector, in this frame */
    NT_FOUND_FOLLOWED,  /* from the frame before, by its looks: turned away or half covered */
    NT_FOUND_PREDICTED, /* not seen: where it should be by its movement */
} NtFinding;

typedef struct NtFace {
    NtDetection detection;
    NtPoint landmarks[NT_N_LANDMARKS];   /* unrounded, picture coordinates */
    float embedding[NT_EMBEDDING_SIZE];  /* zero when the face was not embedded */
    guint8 *chip;                        /* NT_CHIP_BYTES in the frame's memory; NULL unless the engine keeps chips */
    NtVerdict verdict;
    guint64 track;      /* the same for one appearance of one person, rising from 1; 0: not tracked */
    NtFinding finding;
    gboolean embedded;  /* embedding and chip are of this very frame, or of an earlier one that went out without them (live.h); else
                         * they are zero and NULL */
    guint n_embedded;   /* frames whose embeddings the verdict stands on; 0: this one's alone (not tracked) */
    NtSquare place;     /* of a track: the box between pixels */
    NtSquare velocity;  /* of a track: its change in a second */
} NtFace;

typedef struct NtFrameStore NtFrameStore;

/* The faces of one picture, best detection first. Counted; immutable once the engine has handed it out. */
typedef struct NtTaggedFrame {
    gint ref_count;      /* private */
    guint capacity;      /* private: faces there is room for */
    guint8 *chips;       /* private: the chips of all faces */
    guint chips_capacity; /* private: chips there is room for */
    NtFrameStore *store; /* private: where it goes when nobody holds it; NULL: it is freed */
    guint64 index;       /* number of the frame in its source, from 0 */
    gint64 pts_ns;       /* presentation time; -1 for a still */
    int width, height;   /* of the picture, after any rotation its tags ask for */
    gboolean cut;        /* of tracks: a new scene begins here */
    guint n_faces;
    NtFace *faces;       /* [n_faces], owned */
} NtTaggedFrame;

NtTaggedFrame *nt_tagged_frame_new(guint n_faces); /* zeroed */
/* Gives every face room for its chip; what is in it is for the caller to fill. */
void nt_tagged_frame_add_chips(NtTaggedFrame *frame);

/* Frames that come back when they are let go, so that analysing a clip allocates nothing once as many are about as its
 * consumers hold. Counted: frames keep their store alive. Any thread. */
/* To begin with: that many, with room for so many faces, and for their chips. */
NtFrameStore *nt_frame_store_new(guint n_frames, guint n_faces, gboolean with_chips);
NtFrameStore *nt_frame_store_ref(NtFrameStore *store);
void nt_frame_store_unref(NtFrameStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtFrameStore, nt_frame_store_unref)
NtTaggedFrame *nt_frame_store_take(NtFrameStore *store, guint n_faces); /* zeroed, as if new */

/* The tracks of a frame where they should be at a later time, by their velocity, for 0.3 s at most: what to show on a frame
 * that was not analysed. A new frame, from the same store if there is one, with copies of the faces; without embeddings and
 * chips. index is for the caller to set. */
NtTaggedFrame *nt_tagged_frame_predict(const NtTaggedFrame *frame, gint64 pts_ns);

/* Gives the faces of a predicted frame, which nobody has seen yet, the embeddings and chips of those of the frame it was predicted
 * from: where that one goes to nobody itself. */
void nt_tagged_frame_take_looks(NtTaggedFrame *predicted, const NtTaggedFrame *frame);

NtTaggedFrame *nt_tagged_frame_ref(NtTaggedFrame *frame);
void nt_tagged_frame_unref(NtTaggedFrame *frame);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtTaggedFrame, nt_tagged_frame_unref)

#endif
