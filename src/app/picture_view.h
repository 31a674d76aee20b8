/* Nametag - the picture with its tags: never stretched, drawn crisp at any scale by the code that draws exported video
 * (overlay/overlay.h).
 *
 * Every face is a child widget (face_mark.h) over its place: focusable, named for the screen reader, and it stays the
 * same widget while its track is in view.
 *
 * Properties: "show-boxes", "show-names", "show-landmarks"; "selected" (the track whose face is marked, 0: none).
 * Signals:
 *   "face-activated" (guint64 track, GdkRectangle *place)   clicked, or Enter or Space on it; place in the view's
 * coordinates "face-pointed" (guint64 track)                          the pointer or the focus came to a face, or left
 * (0) "background-activated" (int presses)                    a click beside the faces: once plays or pauses, twice is
 * for fullscreen
 */
#ifndef NT_PICTURE_VIEW_H
#define NT_PICTURE_VIEW_H

#include <gtk/gtk.h>

#include "app/shown.h"

#define NT_TYPE_PICTURE_VIEW (nt_picture_view_get_type())
G_DECLARE_FINAL_TYPE(NtPictureView, nt_picture_view, NT, PICTURE_VIEW, GtkWidget)

void nt_picture_view_set_shown(NtPictureView *view, NtShown *shown); /* NULL: empty */
NtShown *nt_picture_view_get_shown(NtPictureView *view);
void nt_picture_view_set_selected(NtPictureView *view, guint64 track);
guint64 nt_picture_view_get_selected(NtPictureView *view);
/* Where a face is now, in the view's coordinates; FALSE when it is not in view. */
gboolean nt_picture_view_locate(NtPictureView *view, guint64 track, GdkRectangle *place);

#endif
