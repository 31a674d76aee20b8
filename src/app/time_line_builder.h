/* Nametag - looks a clip through for its time line, in a thread of low priority: from the cache when it is there, else
 * frame by frame, and keeps it there.
 *
 * Reports come on the main context of whoever started it, several times a second, each with all that is known. What an
 * earlier look at the clip found, which was broken off, is reported at once and stands until this one, which begins
 * anew, has got as far. A look that is stopped keeps what it has for the next time.
 *
 * Functions are for the thread that started it.
 */
#ifndef NT_TIME_LINE_BUILDER_H
#define NT_TIME_LINE_BUILDER_H

#include <gio/gio.h>

#include "engine/appearances.h"
#include "engine/model_set.h"

typedef struct NtTimeLineBuilder NtTimeLineBuilder;

/* appearances: as far as is known, borrowed; reached_ns is how far this look has got. words: why it goes no farther, or
 * NULL. */
typedef void (*NtBuilderReport)(NtAppearances *appearances, const char *words, gpointer user);

/* remember: whether the cache is looked at, and, once nt_time_line_builder_set_keep said so, written. */
NtTimeLineBuilder *nt_time_line_builder_start(const char *location, NtModelSet *models, gboolean remember,
                                              NtBuilderReport report, gpointer user);
/* No report comes after this, which returns at once and frees the builder; its thread keeps what it has and ends. */
void nt_time_line_builder_stop(NtTimeLineBuilder *builder);

void nt_time_line_builder_set_busy(NtTimeLineBuilder *builder, gboolean busy);
/* Whether anything may be written now (not while the gallery is encrypted, or is not known yet). Not at first. What was
 * finished before is written when it may be. */
void nt_time_line_builder_set_keep(NtTimeLineBuilder *builder, gboolean keep);

/* Waits until the threads of all stopped builders have ended: the program is to end, or its cache to be looked at. */
void nt_time_line_builder_wait_all(void);

#endif
