/* Nametag - whose the appearances of a clip are: a lane a person, by what the classifier of the moment says.
 *
 * A track has the name that the tracker would give it, by its embeddings. Tracks of a name make one lane; so do the
 * unknown ones of one number. A person of the clip most of whose time has a name has it for the rest too, unless
 * somebody said that such a face is not that person. Whom nobody is sure of is unknown; who is ignored has no lane;
 * tracks without a number make a lane "unknown" together, when they last. No shorter than two frames: what is found
 * once and never again was nobody.
 *
 * Pure functions; any thread.
 */
#ifndef NT_LANES_H
#define NT_LANES_H

#include "engine/appearances.h"

/* A track of nobody who has a number is shown when it is longer than this. */
#define NT_LANE_LEAST_NS G_GINT64_CONSTANT(1000000000)

/* A person's appearances, or an unknown person's. Counted, immutable: a change makes new ones. */
typedef struct NtLane {
    gint ref_count;   /* private */
    const char *name; /* interned; NULL: unknown */
    guint unknown;    /* "unknown 2"; 0: named, or plainly "unknown" */
    guint n_spans;
    NtSpan *spans; /* rising, apart */
    gint64 total_ns;
} NtLane;
NtLane *nt_lane_ref(NtLane *lane);
void nt_lane_unref(NtLane *lane);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtLane, nt_lane_unref)

/* Of NtLane: the named by their time on the screen, then the unknown by number, plainly "unknown" last. classifier may
 * be NULL: nobody is known.
 * shown: of guint, [number - 1] -> the number the unknown person is shown under, 0: none yet. As numbers of the picture
 * (unknowns.h), which counts only those it does not know, they are given one after another to those who turn out to be
 * unknown, and stay: added to by this.
 * open: of guint, filled with the numbers (those of appearances->unknown) that are neither named nor ignored, or NULL.
 */
GPtrArray *nt_lanes_name(const NtAppearances *appearances, NtClassifier *classifier, GArray *shown, GArray *open);

gboolean nt_lanes_equal(const GPtrArray *a, const GPtrArray *b);

/* The start of the next (direction 1) or previous (-1) appearance from a position, of one lane or (NULL) of all of
 * lanes; -1: none. Previous, while one is under way for more than a moment: its own start. */
gint64 nt_lanes_seek(const GPtrArray *lanes, const NtLane *lane, gint64 position_ns, int direction);

#endif
