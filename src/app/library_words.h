/* Nametag - what the library says, in translated sentences: of changes, of pictures, of what went wrong. Each answer is
 * the caller's. Any thread.
 */
#ifndef NT_LIBRARY_WORDS_H
#define NT_LIBRARY_WORDS_H

#include "identity/gallery.h"
#include "identity/health.h"
#include "identity/quality_gate.h"

/* "3 pictures of Anna enrolled". */
char *nt_library_words_change(const NtChange *change);
/* What the gate has against a picture, and what to do; NULL for GOOD. person: NULL for somebody new. */
char *nt_library_words_gate(const NtGateAnswer *answer, const char *person);
/* The first thing that would help to know a person; NULL when nothing is wanting. */
char *nt_library_words_advice(const NtPersonHealth *health);
/* Why a change was not made. name: whom or what it was about, or NULL. */
char *nt_library_words_failure(const GError *error, const char *name);
/* Why a gallery could not be opened. */
char *nt_library_words_closed(const GError *error);

#endif
