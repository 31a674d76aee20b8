/* Nametag - who appears when in a clip, without names: its tracks, each with the spans in which it is in view and the
 * embeddings of its best pictures, and the unknown people's pictures. Whose lanes they are says the classifier of the
 * moment (lanes.h).
 *
 * A collector takes the frames of a tracker that has no classifier, in order, and gives each of the people of the clip
 * a number. What it has so far can be taken at any time: a snapshot, immutable, which costs about as little as a list
 * of its tracks, because tracks are copied only when they change afterwards.
 *
 * A collector is used by one thread; snapshots by any.
 */
#ifndef NT_APPEARANCES_H
#define NT_APPEARANCES_H

#include "engine/track_identity.h"
#include "engine/unknowns.h"

/* Out of view for longer than this, nanoseconds of the clip: another appearance. */
#define NT_SPAN_GAP_NS G_GINT64_CONSTANT(500000000)

typedef struct NtSpan {
    gint64 first_ns, last_ns; /* of the first and the last frame that has it */
} NtSpan;

/* A track. Counted; immutable once it is shared. */
typedef struct NtAppearance {
    gint ref_count;   /* private */
    guint64 track;    /* its number in the clip */
    guint number;     /* of the person, from 1; 0: no good picture was seen */
    guint64 n_frames; /* frames that have it, those that only expect it not counted */
    guint n_spans;    /* rising, apart by more than NT_SPAN_GAP_NS */
    NtSpan *spans;    /* private: there is room for a power of two */
    guint n_embeddings;
    float weights[NT_TRACK_EMBEDDINGS]; /* how good each is, 0 .. 1 */
    float embeddings[NT_TRACK_EMBEDDINGS][NT_EMBEDDING_SIZE];
} NtAppearance;

NtAppearance *nt_appearance_new(void); /* zeroed */
NtAppearance *nt_appearance_ref(NtAppearance *appearance);
void nt_appearance_unref(NtAppearance *appearance);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtAppearance, nt_appearance_unref)
/* Adds a moment, which is not before the others: to the last span, or as a new one. */
void nt_appearance_see(NtAppearance *appearance, gint64 pts_ns);

/* A clip as far as it was looked through. Counted, immutable. */
typedef struct NtAppearances {
    gint ref_count;     /* private */
    gint64 duration_ns; /* of the clip; -1: not known */
    gint64 reached_ns;  /* of the last frame looked at; -1: none yet */
    gboolean complete;
    GPtrArray *tracks;  /* of NtAppearance, by number of the track */
    GPtrArray *unknown; /* of NtUnknown, [number - 1]; may be older than the tracks. Shared: not to be changed */
} NtAppearances;

NtAppearances *nt_appearances_new(void); /* of a clip that was not looked at */
NtAppearances *nt_appearances_ref(NtAppearances *appearances);
void nt_appearances_unref(NtAppearances *appearances);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtAppearances, nt_appearances_unref)

typedef struct NtCollector NtCollector;

/* source: what the pictures are said to be from: a path or an address without secrets. */
NtCollector *nt_collector_new(const char *source);
void nt_collector_free(NtCollector *collector);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtCollector, nt_collector_free)

/* The next frame of the tracker, with embeddings and chips; nobody else has it yet (see nt_unknowns_add). */
void nt_collector_add(NtCollector *collector, NtTaggedFrame *frame);
/* What there is so far. The unknown people's pictures, which are copied, are brought up to date at times only, so that
 * this stays cheap; always when complete, or when thorough. The caller's. */
NtAppearances *nt_collector_take(NtCollector *collector, gint64 duration_ns, gboolean complete, gboolean thorough);

#endif
