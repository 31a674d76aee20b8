/* Nametag - records as a table: a header line, then one row a face, as RFC 4180 has it (docs/formats.md). UTF-8.
 *
 *   source,frame,time,left,top,width,height,score,part,track,finding,verdict,confidence,name,guess,unknown,reason,distance
 *
 * What a face does not have is an empty field. The 68 points are in the JSON Lines alone.
 */
#ifndef NT_RECORDS_CSV_H
#define NT_RECORDS_CSV_H

#include "engine/tagged.h"

void nt_records_csv_append_header(GString *csv);
/* source: path or URI as the user gave it, without secrets. Nothing for a frame without faces. */
void nt_records_csv_append(GString *csv, const char *source, const NtTaggedFrame *frame);

#endif
