/* Nametag - the preferences: what is drawn, caution, camera, detector effort, gallery and its encryption.
 * ui/preferences-window.ui.
 */
#ifndef NT_PREFERENCES_WINDOW_H
#define NT_PREFERENCES_WINDOW_H

#include <adwaita.h>

#include "app/library.h"

#define NT_TYPE_PREFERENCES_WINDOW (nt_preferences_window_get_type())
G_DECLARE_FINAL_TYPE(NtPreferencesWindow, nt_preferences_window, NT, PREFERENCES_WINDOW, AdwPreferencesWindow)

NtPreferencesWindow *nt_preferences_window_new(GtkWindow *parent, GSettings *settings, NtLibrary *library);

#endif
