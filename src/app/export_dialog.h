/* Nametag - export of what is watched: annotated video, records (JSON Lines, CSV, WebVTT), the picture on the screen
 * with its tags. ui/export-dialog.ui; the work is export_job.h's.
 */
#ifndef NT_EXPORT_DIALOG_H
#define NT_EXPORT_DIALOG_H

#include <adwaita.h>

#include "app/library.h"
#include "app/viewing.h"
#include "overlay/overlay.h"

#define NT_TYPE_EXPORT_DIALOG (nt_export_dialog_get_type())
G_DECLARE_FINAL_TYPE(NtExportDialog, nt_export_dialog, NT, EXPORT_DIALOG, AdwWindow)

/* overlay: what is drawn, as on the screen now. The dialog shows the progress and can be cancelled; it keeps what it
 * needs alive. */
NtExportDialog *nt_export_dialog_new(GtkWindow *parent, NtViewing *viewing, NtLibrary *library, NtModelSet *models,
                                     const NtOverlayOptions *overlay);
/* The picture on the screen with its tags, at once, into a file that a dialog asks for (PNG or JPEG). told: one
 * sentence about how it went. */
void nt_export_still(GtkWindow *parent, NtShown *shown, const NtOverlayOptions *overlay, const char *name,
                     void (*told)(const char *words, gpointer user), gpointer user);

#endif
