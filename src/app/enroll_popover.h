/* Nametag - who is this? The popover of a face: its chip, the nearest people to confirm or deny, an entry for a name,
 * the quality of the picture in words, and whether to take all good pictures of this moment. Enter enrols.
 * ui/enroll-popover.ui.
 */
#ifndef NT_ENROLL_POPOVER_H
#define NT_ENROLL_POPOVER_H

#include <gtk/gtk.h>

#include "app/library.h"
#include "app/viewing.h"

#define NT_TYPE_ENROLL_POPOVER (nt_enroll_popover_get_type())
G_DECLARE_FINAL_TYPE(NtEnrollPopover, nt_enroll_popover, NT, ENROLL_POPOVER, GtkPopover)

NtEnrollPopover *nt_enroll_popover_new(void);
/* Asks about a face on the screen, which is remembered as it is now: the picture goes on meanwhile. The caller has set
 * the parent and what it points to. */
void nt_enroll_popover_ask(NtEnrollPopover *popover, NtLibrary *library, NtViewing *viewing, guint64 track);

#endif
