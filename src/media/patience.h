/* Nametag - work that may hang (a driver, a server that stopped answering), waited for no longer than one cares. Private to media. */
#ifndef NT_PATIENCE_H
#define NT_PATIENCE_H

#include <glib.h>

/* Runs job in a thread of its own; TRUE when it was done within limit_us, otherwise it goes on by itself. job frees what it owns. */
gboolean nt_patience_run(const char *name, void (*job)(gpointer data), gpointer data, gint64 limit_us);

#endif
