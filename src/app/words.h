/* Nametag - small things said the same everywhere in the window, translated.
 */
#ifndef NT_WORDS_H
#define NT_WORDS_H

#include <glib.h>

#include "engine/tagged.h"

/* All strings are the caller's. */

char *nt_words_time(gint64 ns, gboolean with_tenths); /* "1:02:03", "2:03", "2:03.4" */
char *nt_words_ago(gint64 unix_us); /* "now", "5 minutes ago", "yesterday", "on 3 March"; "never" for 0 */
char *nt_words_ago_at(gint64 unix_us, gint64 now_us);
char *nt_words_verdict(const NtVerdict *verdict); /* "Anna", "Anna?", "unknown 2", "unknown": what the picture says */
/* For a screen reader: "Anna", "perhaps Anna", "unknown person 2"; with its place, "Anna, on the left"; all of a
 * picture, "Picture with 2 faces: Anna, unknown person". */
char *nt_words_person(const NtVerdict *verdict);
char *nt_words_face(const NtFace *face, int width);
char *nt_words_picture(const NtTaggedFrame *frame);

/* Why this cannot be a person's name (gallery.h), and what to do; NULL when it can. */
char *nt_words_name_problem(const char *name);

/* As the beginning of a sentence: the words of lower parts begin small. */
char *nt_words_sentence(const char *words);

#endif
