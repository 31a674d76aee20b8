/* Nametag - the work of `nametag tag` on one input, and what it adds up to.
 */
#ifndef NT_TAG_JOB_H
#define NT_TAG_JOB_H

#include <glib.h>
#include <stdio.h>

#include "engine/engine.h"
#include "engine/unknowns.h"
#include "export/record_writer.h"

/* What all inputs of one run share. */
typedef struct NtTagJob {
    NtModelSet *models;
    const NtClassifier *classifier; /* NULL: nobody enrolled */
    NtEngineOptions options;
    guint n_threads;
    gboolean exact;                 /* clips: each frame from scratch, instead of following faces */
    gboolean raw_landmarks;         /* clips: as they are fitted, not steadied */
    gboolean landmarks;             /* draw and record them */
    gboolean quiet;
    NtRecordWriter *records;        /* NULL: not asked for */
} NtTagJob;

typedef struct NtTagSummary NtTagSummary;
NtTagSummary *nt_tag_summary_new(void);
void nt_tag_summary_add(NtTagSummary *summary, const NtTaggedFrame *frame);
guint64 nt_tag_summary_frames(const NtTagSummary *summary);
/* "party.mp4: 500 frames, 480 with faces" and a line a person. */
void nt_tag_summary_print(const NtTagSummary *summary, const char *input, FILE *out);
void nt_tag_summary_free(NtTagSummary *summary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtTagSummary, nt_tag_summary_free)

/* Tag one input; output: the annotated file to write, or NULL; unknowns: numbers its unknown people. FALSE with error on
 * failure; what was finished before it (frames of a clip that breaks off) is kept. An interrupt (nt_command_interrupted)
 * is no failure. */
gboolean nt_tag_still(const NtTagJob *job, const char *path, const char *output, NtUnknowns *unknowns, NtTagSummary *summary,
                      GError **error);
gboolean nt_tag_clip(const NtTagJob *job, const char *location, const char *output, NtUnknowns *unknowns,
                     NtTagSummary *summary, GError **error);

/* The unknown people of a run's inputs, put into the gallery together when the run is over. */
typedef struct NtTagKeep NtTagKeep;
NtTagKeep *nt_tag_keep_new(void);
/* What is to be kept for a source, instead of what an earlier run kept; with nobody, that is only let go of when whole. */
void nt_tag_keep_add(NtTagKeep *keep, const char *source, const NtUnknowns *unknowns, gboolean whole);
guint nt_tag_keep_count(const NtTagKeep *keep);
/* One short transaction, in opened (taken) or, when that is NULL, in the gallery of that path. Says what was kept and how to name it, or in a line why nothing could be kept, unless quiet:
 * a gallery that cannot be written is no failure of the run. option: --gallery as it was given, or NULL. */
void nt_tag_keep_store(const NtTagKeep *keep, NtGallery *opened, const char *gallery_path, const char *option,
                       NtModelSet *models, gboolean quiet);
void nt_tag_keep_free(NtTagKeep *keep);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtTagKeep, nt_tag_keep_free)

#endif
