/* Nametag - the work of an export: a clip or a picture tagged from its beginning to its end, in threads of its own,
 * into whole files.
 *
 * The same code and so the same tags as `nametag tag` (export/tag_run.h). Files are written beside their final names
 * and appear when they are whole; what had their names stays until then. A job that is cancelled, fails or is let go of
 * leaves nothing. Called, and signals emitted, on the main thread.
 *
 * Signals:
 *   "progress"   nt_export_job_get_progress says more than before; at most some times a second
 *   "ended"      once; the state is DONE, CANCELLED or FAILED
 */
#ifndef NT_EXPORT_JOB_H
#define NT_EXPORT_JOB_H

#include <gio/gio.h>

#include "engine/model_set.h"
#include "identity/classifier.h"
#include "overlay/overlay.h"

typedef enum NtExportState {
    NT_EXPORT_RUNNING,
    NT_EXPORT_FINISHING, /* the last frame is read: files are made whole; this is not cancelled any more */
    NT_EXPORT_DONE,
    NT_EXPORT_CANCELLED,
    NT_EXPORT_FAILED, /* words say why and what to do */
} NtExportState;

typedef struct NtExportOptions {
    const char *location; /* a path or URI of a clip; a path of a picture */
    gboolean still;
    NtModelSet *models;
    NtClassifier *classifier; /* who is known, throughout; NULL: nobody */
    NtOverlayOptions overlay; /* what is drawn; without landmarks these are not in the records either */
    int upsample;             /* of the detector, see NtDetectOptions */
    const char *picture;      /* the annotated clip (.webm, .mp4, .mkv) or picture (.png, .jpg) to write; NULL: none */
    const char *const *records; /* paths, by their endings (export/record_writer.h), and a NULL; or NULL: none */
} NtExportOptions;

#define NT_TYPE_EXPORT_JOB (nt_export_job_get_type())
G_DECLARE_FINAL_TYPE(NtExportJob, nt_export_job, NT, EXPORT_JOB, GObject)

/* Starts at once; options are copied. Refused (FAILED, "ended" comes later) are: a file that would be written over
 * itself, a folder that is not there or not writable, an ending or a decoder nobody knows. */
NtExportJob *nt_export_job_new(const NtExportOptions *options);
/* Ends soon, with "ended"; ignored once it is FINISHING. The last unref cancels too, and does not wait. */
void nt_export_job_cancel(NtExportJob *job);

NtExportState nt_export_job_get_state(NtExportJob *job);
/* Of DONE: what is less than was asked for (no sound; the clip breaks off), or NULL. Of FAILED: why, and what to do. */
const char *nt_export_job_get_words(NtExportJob *job);
const GError *nt_export_job_get_error(NtExportJob *job); /* of FAILED, else NULL */

/* What to say of a failure to write or read, and what to do; the caller's. */
char *nt_export_words(const GError *error);

typedef struct NtExportProgress {
    double fraction; /* 0..1; -1: how long the clip is, is not known */
    guint64 frames;
    int remaining_s; /* -1: not known yet */
} NtExportProgress;
NtExportProgress nt_export_job_get_progress(NtExportJob *job);

#endif
