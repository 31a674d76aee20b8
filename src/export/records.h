/* Nametag - JSON Lines records: one line a frame with faces (docs/formats.md, schema 1).
 */
#ifndef NT_RECORDS_H
#define NT_RECORDS_H

#include <gio/gio.h>

#include "engine/tagged.h"

#define NT_RECORDS_SCHEMA "nametag-records/1"

typedef struct NtRecords NtRecords;

/* path "-" is standard output. Other paths are written beside their final name and renamed by finish. */
NtRecords *nt_records_new(const char *path, GError **error);
/* source: path or URI as the user gave it. Frames without faces write nothing. */
gboolean nt_records_write(NtRecords *records, const char *source, const NtTaggedFrame *frame, gboolean with_landmarks,
                          GError **error);
gboolean nt_records_finish(NtRecords *records, GError **error);
void nt_records_free(NtRecords *records); /* without finish: removes what was written */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtRecords, nt_records_free)

#endif
