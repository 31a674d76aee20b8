/* Nametag - whose turn it is: the slices of the picture that are searched for new faces in a frame. Private to the
 * tracker.
 *
 * Slices (vision/scan.h) come in turn; one in which nothing has changed since it was looked at, but for the people who
 * are followed, is passed over for up to a second.
 */
#ifndef NT_SCAN_TURNS_H
#define NT_SCAN_TURNS_H

#include <glib.h>

#include "vision/motion.h"
#include "vision/scan.h"

typedef struct NtScanTurns NtScanTurns;

/* frames: so many slices; upsample as in NtDetectOptions. */
NtScanTurns *nt_scan_turns_new(int frames, int upsample);
void nt_scan_turns_free(NtScanTurns *turns);

/* Pictures of another size, or another scene: nothing was looked at yet. */
void nt_scan_turns_begin(NtScanTurns *turns, int width, int height);
/* Chooses the frame's slices, at most `most` (0: all there are); returns how many. people: [n] places of those who are
 * followed. */
guint nt_scan_turns_choose(NtScanTurns *turns, const NtThumbnail *now, gint64 pts_ns, guint most,
                           const NtSquare *people, guint n);
/* Searches the i-th slice chosen; any thread, each slice once. */
NtStatus nt_scan_turns_look(NtScanTurns *turns, guint i, const NtDetector *detector, NtDetectWorkspace *workspace,
                            const NtImage *gray, double threshold, NtError *error);
/* What was found in it: NtDetection, valid until it is searched again. */
const GArray *nt_scan_turns_found(const NtScanTurns *turns, guint i);

#endif
