/* Nametag - what live.c needs of the world: an analysis and a clock. Tests put their own in their places.
 */
#ifndef NT_LIVE_PRIVATE_H
#define NT_LIVE_PRIVATE_H

#include "engine/live.h"

/* As tracker.h has them; called by one thread. */
typedef struct NtLiveAnalysis {
    NtTaggedFrame *(*tag)(gpointer self, const NtYuvImage *yuv, gint64 pts_ns, GError **error);
    void (*restart)(gpointer self);
    void (*free)(gpointer self);
} NtLiveAnalysis;

/* Microseconds, never going back. When it has gone on, nt_live_wake must be called. */
typedef gint64 (*NtLiveClock)(gpointer user);

/* self: the analysis's, freed with the rest. clock: NULL is the system's, which needs no waking. */
NtLive *nt_live_new_with(const NtLiveAnalysis *analysis, gpointer self, NtLiveClock clock, gint64 patience_ns,
                         NtLiveShow show, gpointer user);
void nt_live_wake(NtLive *live);

#endif
