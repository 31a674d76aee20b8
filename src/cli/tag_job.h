/* Nametag - the work of `nametag tag` on one input, and what it adds up to.
 */
#ifndef NT_TAG_JOB_H
#define NT_TAG_JOB_H

#include <glib.h>

#include "engine/engine.h"
#include "export/records.h"

/* What all inputs of one run share. */
typedef struct NtTagJob {
    NtModelSet *models;
    const NtClassifier *classifier; /* NULL: nobody enrolled */
    NtEngineOptions options;
    guint n_threads;
    gboolean landmarks;             /* draw and record them */
    gboolean quiet;
    NtRecords *records;             /* NULL: not asked for */
} NtTagJob;

typedef struct NtTagSummary NtTagSummary;
NtTagSummary *nt_tag_summary_new(void);
void nt_tag_summary_add(NtTagSummary *summary, const NtTaggedFrame *frame);
guint64 nt_tag_summary_frames(const NtTagSummary *summary);
/* "party.mp4: 500 frames (0:20)" and a line a person. */
void nt_tag_summary_print(const NtTagSummary *summary, const char *input);
void nt_tag_summary_free(NtTagSummary *summary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtTagSummary, nt_tag_summary_free)

/* Tag one input; output: the annotated file to write, or NULL. FALSE with error on failure; what was finished before it
 * (frames of a clip that breaks off) is kept. An interrupt (nt_command_interrupted) is no failure. */
gboolean nt_tag_still(const NtTagJob *job, const char *path, const char *output, NtTagSummary *summary,
                      GError **error);
gboolean nt_tag_clip(const NtTagJob *job, const char *location, const char *output, NtTagSummary *summary,
                     GError **error);

#endif
