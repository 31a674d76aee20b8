/* Nametag - the sound of a clip, decoded beside its picture and fed into a recording. Private to media.
 *
 * A pipeline of its own: its failures are no failures of the picture, and it waits for nobody but the recording it
 * feeds, which takes a second of it at a time.
 */
#ifndef NT_SOUND_H
#define NT_SOUND_H

#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

typedef struct NtSound NtSound;

/* Waits for the first samples. NULL when there is no sound (*warning stays NULL) or when it cannot be decoded (*warning
 * says why; free with g_free). */
NtSound *nt_sound_open(const char *uri, char **warning);
/* Starts a thread that feeds target until the end, which it passes on. */
void nt_sound_feed(NtSound *sound, GstAppSrc *target);
/* Nothing that begins at or after this time is fed; the end follows at once. From any thread. */
void nt_sound_cut(NtSound *sound, gint64 end_ns);
/* Joins the thread; the target must have ended or been shut down. Returns a warning when the sound broke off, or NULL. */
char *nt_sound_close(NtSound *sound);

#endif
