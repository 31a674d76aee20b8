/* Nametag - the work of `nametag live`: frames as they come, through the engine, to whoever wants to know.
 */
#ifndef NT_LIVE_JOB_H
#define NT_LIVE_JOB_H

#include "cli/live_recording.h"
#include "cli/live_talk.h"
#include "cli/tag_job.h"
#include "engine/live.h"
#include "media/feed.h"
#include "export/records.h"

typedef struct NtLiveJob {
    NtModelSet *models;
    NtRecognizer *recognizer;
    NtLiveOptions options;
    gint64 seconds_us;    /* stop after that; 0: at the source's end, or never */
    gboolean landmarks;   /* record them */
    gboolean events_only; /* records: no frames */
    NtRecords *records;   /* NULL: not asked for; likewise the recording */
    NtLiveRecording *recording;
    NtUnknowns *unknowns;
    NtTagSummary *summary;
    NtLiveTalk *talk;
} NtLiveJob;

/* What a run came to. */
typedef struct NtLiveOutcome {
    NtLiveMeter meter;
    guint64 lost_frames; /* that the source gave while we were slow */
} NtLiveOutcome;

/* Until the source ends, the time is up or an interrupt. FALSE with error when the source, the analysis or what is
 * written failed; what was done before is kept. */
gboolean nt_live_run(const NtLiveJob *job, NtFeed *feed, NtLiveOutcome *outcome, GError **error);

#endif
