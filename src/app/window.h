/* Nametag - the window: opens a source, shows it, and brings the panes together. ui/window.ui.
 */
#ifndef NT_WINDOW_H
#define NT_WINDOW_H

#include <adwaita.h>

#include "app/application.h"

#define NT_TYPE_WINDOW (nt_window_get_type())
G_DECLARE_FINAL_TYPE(NtWindow, nt_window, NT, WINDOW, AdwApplicationWindow)

NtWindow *nt_window_new(NtApplication *application);
/* Instead of what is open. location: a path, an address, a camera's id or name; NULL: the camera of the settings. */
void nt_window_open(NtWindow *window, const char *location);

#endif
