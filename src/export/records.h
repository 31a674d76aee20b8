/* Nametag - JSON Lines records: one line a frame with faces, and of what is live one an event (docs/formats.md, schema 1).
 */
#ifndef NT_RECORDS_H
#define NT_RECORDS_H

#include <gio/gio.h>

#include "engine/presence.h"
#include "engine/tagged.h"

#define NT_RECORDS_SCHEMA "nametag-records/1"
#define NT_EVENTS_SCHEMA "nametag-events/1"
/* Of what is not live: no wall-clock time. */
#define NT_RECORDS_NO_TIME (-1)

typedef struct NtRecords NtRecords;

/* path "-" is standard output. Other paths are written beside their final name and renamed by finish. */
NtRecords *nt_records_new(const char *path, GError **error);
/* For what may go on for days, and others read along: lines are added to the file at path as they come, after those it has. */
NtRecords *nt_records_append(const char *path, GError **error);

/* source: path or URI as the user gave it, without secrets. Frames without faces write nothing. */
gboolean nt_records_write(NtRecords *records, const char *source, const NtTaggedFrame *frame, gboolean with_landmarks,
                          GError **error);
/* Likewise, of a live picture. time_us: wall-clock time of the frame, microseconds since 1970, or NT_RECORDS_NO_TIME. */
gboolean nt_records_write_live(NtRecords *records, const char *source, const NtTaggedFrame *frame, gint64 time_us,
                               gboolean with_landmarks, GError **error);
/* Somebody came, got a name, or left. */
gboolean nt_records_write_presence(NtRecords *records, const char *source, const NtPresenceEvent *event, gint64 time_us,
                                   GError **error);
/* Of the source itself: event is "started", "lost", "back", "ended" or "failed"; words say more, or NULL. */
gboolean nt_records_write_source(NtRecords *records, const char *source, const char *event, const char *words, gint64 time_us,
                                 GError **error);

gboolean nt_records_finish(NtRecords *records, GError **error);
/* Without finish: removes what was written, but for lines added to a file. */
void nt_records_free(NtRecords *records);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtRecords, nt_records_free)

#endif
