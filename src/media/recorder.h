/* Nametag - writes an annotated clip: WebM (VP9, Opus), MP4 (H.264, AAC) or Matroska (H.264, Opus) by the ending of the
 * file's name, with the sound of the source.
 *
 * The file is written beside its final name and renamed when finished, so an interrupted run leaves either a whole file
 * of what was written so far (nt_recorder_finish) or none (nt_recorder_free without finish).
 *
 * Frames keep their times, so variable frame rates stay variable. H.264 in 4:2:0 stores even sizes only: an odd frame gets
 * its last row or column twice in MP4 and Matroska, and stays as it is in WebM.
 *
 * Errors are of G_IO_ERROR: NOT_SUPPORTED (ending), NOT_FOUND (folder, encoder), PERMISSION_DENIED, NO_SPACE, FAILED...
 */
#ifndef NT_RECORDER_H
#define NT_RECORDER_H

#include <glib.h>

#include "media/source.h"

typedef struct NtRecorder NtRecorder;

/* audio_uri: whose sound to keep, or NULL. Refuses an unknown ending with a message that lists the known ones, and a
 * missing encoder by its plugin's name, before any work is done. */
NtRecorder *nt_recorder_new(const char *path, const char *audio_uri, GError **error);
gboolean nt_recorder_is_supported(const char *path); /* by its ending */
/* One sentence when the sound could not be kept (whole), else NULL: a clip whose picture is good is not refused for its
 * sound. Ask after nt_recorder_new and again after nt_recorder_finish. Valid while the recorder is. */
const char *nt_recorder_warning(const NtRecorder *recorder);

/* Draws on the frame's picture: pixels is a Cairo ARGB32-compatible (BGRx) buffer to be changed in place. */
typedef void (*NtRecorderDraw)(guint8 *pixels, int width, int height, int stride, gpointer user);

/* Converts the frame, calls draw, encodes. Frames in order, from one thread. A change of size in mid-stream is scaled,
 * with borders, to the first frame's size. */
gboolean nt_recorder_write(NtRecorder *recorder, const NtFrame *frame, NtRecorderDraw draw, gpointer user,
                           GError **error);
/* Ends the streams, waits until the file is whole, renames it into place. With interrupted, the sound is cut where the
 * picture ends. */
gboolean nt_recorder_finish(NtRecorder *recorder, gboolean interrupted, GError **error);
void nt_recorder_free(NtRecorder *recorder); /* without finish: removes what was written */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtRecorder, nt_recorder_free)

#endif
