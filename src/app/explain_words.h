/* Nametag - what “How it works” says in words of one face: its numbers, and why it has its name or none. Translated;
 * free with g_free.
 */
#ifndef NT_EXPLAIN_WORDS_H
#define NT_EXPLAIN_WORDS_H

#include "overlay/explain_face.h"

/* "Detector score 1.34, limit 0" */
char *nt_explain_words_score(const NtExplainFace *explain);
/* "Score 1.34, limit 0: by the filter for faces looking straight ahead." */
char *nt_explain_words_found(const NtExplainFace *explain);
/* "Turned back by 12 degrees and scaled to 150 × 150 pixels." */
char *nt_explain_words_aligned(const NtExplainFace *explain);
/* "128 numbers from −0.29 to 0.31" */
char *nt_explain_words_numbers(const NtExplainFace *explain);
/* "Anna at 0.32, Ben at 0.71; limit 0.52" */
char *nt_explain_words_people(const NtExplainFace *explain);
/* "Anna, because 0.32 is within the limit of 0.52 and clearly nearer than Ben." Of this one picture. */
char *nt_explain_words_verdict(const NtExplainFace *explain);
/* Where the track, over all its pictures, is called otherwise than by this one; else NULL. */
char *nt_explain_words_together(const NtExplainFace *explain);

#endif
