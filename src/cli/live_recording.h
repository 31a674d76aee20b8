/* Nametag - an annotated recording of what is live: drawn and encoded in a thread of its own, so that the picture never
 * waits for it. Frames that come while the encoder is behind are left out of the recording, and counted.
 */
#ifndef NT_LIVE_RECORDING_H
#define NT_LIVE_RECORDING_H

#include "engine/tagged.h"
#include "media/source.h"

typedef struct NtLiveRecording NtLiveRecording;

/* path: .webm, .mp4 or .mkv; refused at once when it cannot be written. */
NtLiveRecording *nt_live_recording_new(const char *path, gboolean landmarks, GError **error);
/* Never blocks. Both are the caller's; references are kept. One thread. */
void nt_live_recording_add(NtLiveRecording *recording, NtFrame *frame, NtTaggedFrame *tagged);
/* Whether writing has failed: nothing more is recorded, and finish says why. Any thread. */
gboolean nt_live_recording_has_failed(NtLiveRecording *recording);
/* Writes what is under way and makes the file whole; with nothing recorded there is no file. */
gboolean nt_live_recording_finish(NtLiveRecording *recording, GError **error);
guint64 nt_live_recording_left_out(NtLiveRecording *recording);
void nt_live_recording_free(NtLiveRecording *recording); /* without finish: removes what was written */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtLiveRecording, nt_live_recording_free)

#endif
