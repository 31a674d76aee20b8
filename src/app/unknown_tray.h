/* Nametag - who is unknown in this source: one entry a person, with the best picture; name one or several at once, or
 * ignore. ui/unknown-tray.ui.
 *
 * Signals: "seek" (gint64 ns): show me where this person is. Property: "n-unknown" (for a badge).
 */
#ifndef NT_UNKNOWN_TRAY_H
#define NT_UNKNOWN_TRAY_H

#include <adwaita.h>

#include "app/library.h"

#define NT_TYPE_UNKNOWN_TRAY (nt_unknown_tray_get_type())
G_DECLARE_FINAL_TYPE(NtUnknownTray, nt_unknown_tray, NT, UNKNOWN_TRAY, AdwBin)

void nt_unknown_tray_set_library(NtUnknownTray *tray, NtLibrary *library);
/* unknown: array of NtUnknown, or NULL for no source. Entries stay the same for the same number. source: for the
 * gallery. */
void nt_unknown_tray_set_unknown(NtUnknownTray *tray, GPtrArray *unknown, const char *source);

#endif
