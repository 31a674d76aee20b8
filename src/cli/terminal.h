/* Nametag - what the commands say on a terminal.
 *
 * Names of files, and words out of files, may hold bytes that drive a terminal: set its title, paint over what was said, on some
 * even type an answer. What goes to a terminal has such bytes replaced; what goes to a file or a pipe is left as it is.
 */
#ifndef NT_TERMINAL_H
#define NT_TERMINAL_H

#include <glib.h>

/* Once, before anything is said: from here on whatever is written to stdout or stderr is harmless where that is a terminal. */
void nt_terminal_guard(void);
/* The line at the bottom of stderr, which must be a terminal: replaced by text, taken away. */
void nt_terminal_draw(const char *text);
void nt_terminal_clear(void);

/* Appends text of n bytes without what drives a terminal: control characters other than line ends and tabs, and bytes that are
 * no UTF-8. Returns how many bytes at the end it left, since only what comes next tells what they are (at most 3). */
gsize nt_terminal_append_harmless(GString *out, const char *text, gsize n);

#endif
