/* Nametag - what `nametag live` says to a person: who comes and goes, a line each on standard output; a meter and
 * messages on standard error. Any thread.
 */
#ifndef NT_LIVE_TALK_H
#define NT_LIVE_TALK_H

#include "engine/live.h"
#include "engine/presence.h"

typedef struct NtLiveTalk NtLiveTalk;

/* lines: say who comes and goes; meter: show it (on a terminal one line, kept up to date, elsewhere one now and then).
 */
NtLiveTalk *nt_live_talk_new(gboolean lines, gboolean meter);
void nt_live_talk_free(NtLiveTalk *talk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtLiveTalk, nt_live_talk_free)

/* time_us: of the wall clock, microseconds since 1970. A line waits a moment for the name. Of one frame first the
 * events, then the frame. */
void nt_live_talk_presence(NtLiveTalk *talk, const NtPresenceEvent *event, gint64 time_us);
void nt_live_talk_frame(NtLiveTalk *talk, const NtTaggedFrame *frame);
void nt_live_talk_meter(NtLiveTalk *talk, const NtLiveMeter *meter);
/* A message on standard error: as nt_command_warning prints it, or good news. */
void nt_live_talk_warn(NtLiveTalk *talk, const char *words);
void nt_live_talk_tell(NtLiveTalk *talk, const char *words);
/* Takes the meter's line off the terminal. Whoever leaves from now on does so because we do, and that is not said. */
void nt_live_talk_end(NtLiveTalk *talk);

#endif
