/* What the reports' forms share. Private to evaluate's reports. */
#ifndef NT_REPORT_PARTS_H
#define NT_REPORT_PARTS_H

#include <locale.h>

#include "evaluate/report.h"

/* The C locale's numbers in this thread, until given back. */
locale_t nt_report_begin_numbers(void);
void nt_report_end_numbers(locale_t kept);

/* The round whose details are shown: three pictures a person if there is one, else the last with somebody enrolled.
 * NULL: nobody could be enrolled at all. */
const NtRound *nt_report_main_round(const NtIdentification *result);

/* Pictures that can't be read, and those without a face. */
typedef struct NtReportFailures {
    guint unreadable, without_face;
} NtReportFailures;
NtReportFailures nt_report_failures(const NtReportInfo *info);

/* "the best of nothing": in words, why rules can't be compared at the false-name rate; NULL when they can. Free with
 * g_free. */
char *nt_report_why_not_swept(const NtIdentification *result, const NtRound *round);

/* People who were ever enrolled in a round, by the confusion matrix; array of guint. */
GArray *nt_report_confusion_people(const NtIdentification *result, const NtRound *round);

/* "2 pictures", "1 picture". Free with g_free. */
char *nt_report_count(guint n, const char *one, const char *many);

/* What was done to the probes, one string a condition that there is; of char *. */
GPtrArray *nt_report_conditions(const NtIdentification *result, const NtDegradeStrength *strength);

/* ROC and histogram of a verification, and the charts of an identification, appended as SVG elements. */
void nt_report_draw_roc(GString *out, const NtVerification *result);
void nt_report_draw_distances(GString *out, const NtVerification *result);
void nt_report_draw_curve(GString *out, const NtIdentification *result, const NtRound *round);
void nt_report_draw_by_pictures(GString *out, const NtIdentification *result);
void nt_report_draw_verdicts(GString *out, const NtIdentification *result, const NtRound *round);
void nt_report_draw_nearest(GString *out, const NtIdentificationOptions *options, const NtRound *round);

#endif
