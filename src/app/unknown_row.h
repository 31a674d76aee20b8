/* Nametag - an unknown person in the tray: picture, when seen, and what to do about them. ui/unknown-row.ui.
 *
 * Signals: "name", "ignore", "seek": the buttons were pressed.
 */
#ifndef NT_UNKNOWN_ROW_H
#define NT_UNKNOWN_ROW_H

#include <adwaita.h>

#include "app/unknown_item.h"

#define NT_TYPE_UNKNOWN_ROW (nt_unknown_row_get_type())
G_DECLARE_FINAL_TYPE(NtUnknownRow, nt_unknown_row, NT, UNKNOWN_ROW, GtkListBoxRow)

GtkWidget *nt_unknown_row_new(NtUnknownItem *item); /* kept up to date */
NtUnknownItem *nt_unknown_row_get_item(NtUnknownRow *row);
void nt_unknown_row_set_writable(NtUnknownRow *row, gboolean writable); /* FALSE: may only be shown */

#endif
