/* Nametag - what live.h's meter counts. Private to live.c, whose lock guards it.
 */
#ifndef NT_LIVE_METER_H
#define NT_LIVE_METER_H

#include "engine/live.h"

#define NT_RECENT 100

/* The last values of something. */
typedef struct NtRecent {
    double values[NT_RECENT];
    guint n, next;
} NtRecent;

void nt_recent_add(NtRecent *recent, double value);
/* The smallest value that `share` of them do not exceed: 0.5 is the median. 0 when there are none. */
double nt_recent_quantile(const NtRecent *recent, double share);

/* How long tracks wait for their names. */
typedef struct NtNaming {
    guint64 newest;  /* highest number of a track seen */
    GArray *waiting; /* tracks without a name */
    guint64 n_named;
    NtRecent ms;
} NtNaming;

void nt_naming_init(NtNaming *naming);
void nt_naming_clear(NtNaming *naming);
/* A frame was analysed that was there at arrived_us: whose tracks are new begins to wait. In order. */
void nt_naming_seen(NtNaming *naming, const NtTaggedFrame *tagged, gint64 arrived_us);
/* A frame was shown at now_us. */
void nt_naming_shown(NtNaming *naming, const NtTaggedFrame *tagged, gint64 now_us);

#endif
