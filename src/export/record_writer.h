/* Nametag - records of a clip or pictures in the format that the ending of the file asks for: .csv a table
 * (records_csv.h), .vtt subtitles (webvtt.h), anything else and "-" JSON Lines (records.h).
 *
 * Written beside the final name and renamed by finish, like all of them. Errors are of G_IO_ERROR. One thread at a
 * time.
 */
#ifndef NT_RECORD_WRITER_H
#define NT_RECORD_WRITER_H

#include <gio/gio.h>

#include "engine/tagged.h"

typedef enum NtRecordFormat { NT_RECORDS_JSON_LINES, NT_RECORDS_CSV, NT_RECORDS_WEBVTT } NtRecordFormat;
NtRecordFormat nt_record_format(const char *path); /* by its ending, in letters of either case */

typedef struct NtRecordWriter NtRecordWriter;

NtRecordWriter *nt_record_writer_new(const char *path, GError **error);
/* Every frame in order, also those without faces. source: path or URI as the user gave it, without secrets. Subtitles
 * take the frames of one clip: another source, or a still, is refused (NOT_SUPPORTED), and so
 * is finish then. */
gboolean nt_record_writer_write(NtRecordWriter *writer, const char *source, const NtTaggedFrame *frame,
                                gboolean with_landmarks, GError **error);
gboolean nt_record_writer_finish(NtRecordWriter *writer, GError **error);
/* Without finish: removes what was written. NULL is allowed. */
void nt_record_writer_free(NtRecordWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtRecordWriter, nt_record_writer_free)

#endif
