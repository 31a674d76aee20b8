/* Nametag - who is in view, as subtitles: WebVTT, which video players show and search (docs/formats.md).
 *
 * A cue for each stretch in which the same people are in view: "Anna, unknown 2", "Anna, Bob?". Whoever is away for
 * less than a second is taken as there; a face that is tracked is called throughout by the best that was said of it, so
 * that nobody is unknown in the moment before their name is known; an unknown face seen for less than half a second is
 * left out.
 */
#ifndef NT_WEBVTT_H
#define NT_WEBVTT_H

#include "engine/tagged.h"

typedef struct NtWebvtt NtWebvtt;

NtWebvtt *nt_webvtt_new(void);
void nt_webvtt_free(NtWebvtt *webvtt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtWebvtt, nt_webvtt_free)

/* The next frame of the clip, also one without faces: they say when somebody left. Its time must be known and rise. */
void nt_webvtt_add(NtWebvtt *webvtt, const NtTaggedFrame *frame);
/* The whole text. source: whose cues these are, for a note at the top; NULL: no frame was added. */
void nt_webvtt_append(const NtWebvtt *webvtt, const char *source, GString *out);

#endif
