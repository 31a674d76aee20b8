/* Nametag - who appears when in a clip: lanes of people, built in the background, kept in the user's cache, named anew
 * whenever the gallery changes.
 *
 * A thread of low priority reads the whole clip with a tracker of its own, and gives way while `busy` is set. What it
 * keeps are tracks: spans, a few embeddings and the best chips, never names; names come from the classifier of the
 * moment. The cache ($XDG_CACHE_HOME/nametag/timelines) is written when a clip is through, and in parts before; for an
 * encrypted gallery nothing is written. To forget a person clears the cache (nt_time_line_clear_cache).
 *
 * Main thread only. Signals: "changed": lanes are others. Properties, notified: "progress" (0..1), "complete".
 */
#ifndef NT_TIME_LINE_H
#define NT_TIME_LINE_H

#include <gio/gio.h>

#include "app/library.h"
#include "engine/lanes.h"

/* "Anna", "unknown 2", "unknown" (translated); the caller's. */
char *nt_lane_label(const NtLane *lane);

#define NT_TYPE_TIME_LINE (nt_time_line_get_type())
G_DECLARE_FINAL_TYPE(NtTimeLine, nt_time_line, NT, TIME_LINE, GObject)

/* Begins at once: from the cache when this very file (path, size, time of change, model) was read before. library is
 * kept; a gallery that opens later is waited for. NULL: nobody is known. remember: whether the cache is used at all. */
NtTimeLine *nt_time_line_new(const char *location, NtModelSet *models, NtLibrary *library, gboolean remember);
/* Stops the thread, without waiting for it; before the last unref. */
void nt_time_line_close(NtTimeLine *time_line);
/* Waits until the threads of all closed time lines have ended: once, before the program does. */
void nt_time_line_wait_all(void);
void nt_time_line_set_busy(NtTimeLine *time_line, gboolean busy); /* the picture needs the machine for now */

double nt_time_line_get_progress(NtTimeLine *time_line);
gboolean nt_time_line_is_complete(NtTimeLine *time_line);  /* and the lanes are of all of it */
const char *nt_time_line_get_words(NtTimeLine *time_line); /* why it could not be built, or NULL */
gint64 nt_time_line_get_duration(NtTimeLine *time_line);   /* -1: not known */

/* Array of NtLane, borrowed until "changed": people by their time on the screen, then the unknown. */
GPtrArray *nt_time_line_get_lanes(NtTimeLine *time_line);
/* The start of the next (direction 1) or previous (-1) appearance from a position, of one lane or (NULL) of all; -1:
 * none. */
gint64 nt_time_line_seek(NtTimeLine *time_line, const NtLane *lane, gint64 position_ns, int direction);
/* Who is unknown in the clip, and was not named or ignored since: array of NtUnknown, the caller's. */
GPtrArray *nt_time_line_get_unknown(NtTimeLine *time_line);

/* Removes all that is kept of all clips; when somebody was forgotten, or the gallery encrypted. What is open goes on in
 * memory and is not written any more. Any thread. */
void nt_time_line_clear_cache(void);

#endif
