/* Nametag - words of the records' formats, the same in all of them (docs/formats.md). Never translated. */
#ifndef NT_RECORD_WORDS_H
#define NT_RECORD_WORDS_H

#include "engine/tagged.h"

const char *nt_record_reason(NtVerdictReason reason); /* "far", "tie"...; NULL for a name */
const char *nt_record_finding(NtFinding finding);     /* "detected", "followed", "predicted" */

#define NT_RECORD_SCORE_DECIMALS 4
#define NT_RECORD_DISTANCE_DECIMALS 4

#endif
