/* Nametag - the camera portal of the desktop (org.freedesktop.portal.Camera): cameras inside a sandbox, with the user's leave.
 */
#ifndef NT_PORTAL_H
#define NT_PORTAL_H

#include <gio/gio.h>

/* Whether this process is in a sandbox that has cameras only through the portal (/.flatpak-info; NAMETAG_PORTAL=1 says so for trials). */
gboolean nt_portal_is_needed(void);

/* Asks for the camera (the desktop may ask the user) and opens PipeWire's remote: a descriptor for pipewiresrc's and the device
 * provider's "fd", the caller's to close; -1 with error when refused (G_IO_ERROR_PERMISSION_DENIED, in words), absent or cancelled. Blocks; not on a main thread. */
int nt_portal_open_camera(GCancellable *cancellable, GError **error);

#endif
