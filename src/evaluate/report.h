/* Nametag - an evaluation's report: as text for a terminal, as JSON for programs, as a page for people.
 *
 * Text has a decimal point whatever the locale: the figures are to be compared and copied.
 */
#ifndef NT_EVALUATE_REPORT_H
#define NT_EVALUATE_REPORT_H

#include "evaluate/identification.h"
#include "evaluate/verification.h"

#define NT_EVALUATION_SCHEMA "nametag-evaluation/1"

typedef struct NtReportInfo {
    const char *command; /* that makes the same report again */
    const char *version; /* of the program */
    const char *model;   /* fingerprint */
    int upsample;
    const GPtrArray *pictures; /* paths */
    const NtPictureFaces *faces;
} NtReportInfo;

/* All results: free with g_free; the ROC is an SVG file's text. */
char *nt_report_verification_text(const NtReportInfo *info, const NtVerification *result);
char *nt_report_verification_json(const NtReportInfo *info, const NtVerification *result);
char *nt_report_verification_html(const NtReportInfo *info, const NtVerification *result);
char *nt_report_verification_roc(const NtVerification *result);

char *nt_report_identification_text(const NtReportInfo *info, const NtDataset *dataset,
                                    const NtIdentificationOptions *options, const NtDegradeStrength *strength,
                                    const NtIdentification *result);
char *nt_report_identification_json(const NtReportInfo *info, const NtDataset *dataset,
                                    const NtIdentificationOptions *options, const NtDegradeStrength *strength,
                                    const NtIdentification *result);
char *nt_report_identification_html(const NtReportInfo *info, const NtDataset *dataset,
                                    const NtIdentificationOptions *options, const NtDegradeStrength *strength,
                                    const NtIdentification *result);
/* Right names over false names of each rule. */
char *nt_report_identification_curve(const NtIdentification *result);

#endif
