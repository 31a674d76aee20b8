/* Nametag - progress of long work: a bar redrawn in place on a terminal, a plain line now and then otherwise, nothing
 * when quiet. Written to standard error, so that records may go to standard output.
 */
#ifndef NT_PROGRESS_H
#define NT_PROGRESS_H

#include <glib.h>

typedef struct NtProgress NtProgress;

/* unit: what is counted, several of it ("frames", "pictures"). */
NtProgress *nt_progress_new(const char *label, const char *unit, gboolean quiet);
/* done: how many; fraction: 0..1, or negative when the whole is not known. Cheap to call for every frame. */
void nt_progress_update(NtProgress *progress, guint64 done, double fraction);
/* Clears the bar so that a message can be printed. */
void nt_progress_clear(NtProgress *progress);
/* Leaves a last line: count, time, rate. */
void nt_progress_finish(NtProgress *progress);
void nt_progress_free(NtProgress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtProgress, nt_progress_free)

#endif
