/* Nametag - what is remembered of files: which were opened last (the desktop's list of recent files) and how far they were watched
 * ($XDG_STATE_HOME/nametag/positions). Main thread; reading and writing are done aside.
 */
#ifndef NT_FILE_MEMORY_H
#define NT_FILE_MEMORY_H

#include <gio/gio.h>

/* Once, early: reads the positions in the background. */
void nt_file_memory_load(void);
/* Where to go on; 0: from the start (new, nearly at its end, or not read yet). */
gint64 nt_file_memory_get_position(const char *path);
void nt_file_memory_set_position(const char *path, gint64 position_ns, gint64 duration_ns);
void nt_file_memory_add_recent(const char *path);
/* The last opened files that still exist, newest first: a menu section of "win.open-recent" items. */
GMenuModel *nt_file_memory_recent_menu(void);
void nt_file_memory_clear(void);

#endif
