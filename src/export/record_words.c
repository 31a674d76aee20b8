#include "export/record_words.h"

const char *nt_record_reason(NtVerdictReason reason)
{
    switch (reason) {
    case NT_REASON_EMPTY:
        return "empty";
    case NT_REASON_FAR:
        return "far";
    case NT_REASON_CLOSE:
        return "close";
    case NT_REASON_TIE:
        return "tie";
    case NT_REASON_REJECTED:
        return "rejected";
    case NT_REASON_IGNORED:
        return "ignored";
    case NT_REASON_NONE:
        break;
    }
    return NULL;
}

const char *nt_record_finding(NtFinding finding)
{
    switch (finding) {
    case NT_FOUND_DETECTED:
        return "detected";
    case NT_FOUND_FOLLOWED:
        return "followed";
    case NT_FOUND_PREDICTED:
        break;
    }
    return "predicted";
}
