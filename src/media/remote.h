/* Nametag - our own connection to PipeWire, for its device provider and the elements of its devices (their "fd"), so that we can tell when
 * it broke: PipeWire's elements do not say so, and what looks the same, a camera that hangs, must be left alone. Private to media.
 */
#ifndef NT_REMOTE_H
#define NT_REMOTE_H

#include <glib.h>

typedef struct NtRemote NtRemote;

/* To the service that PipeWire's own programs would find (PIPEWIRE_REMOTE, or "pipewire-0"); NULL when there is none. */
NtRemote *nt_remote_connect(void);
/* One that is there already, the portal's; closes it at the end. */
NtRemote *nt_remote_new(int fd);
/* PipeWire's plugin knows connections by their number, which must not become another file's while anybody still uses it: who uses
 * a device keeps a reference. */
NtRemote *nt_remote_ref(NtRemote *remote);
void nt_remote_unref(NtRemote *remote);

int nt_remote_fd(const NtRemote *remote); /* -1 of NULL */
/* FALSE: the service ended (it may have been started again since). */
gboolean nt_remote_is_connected(const NtRemote *remote);

#endif
