/* Nametag - a face on the picture as something to press: a button without looks of its own, since the overlay draws the
 * face. It shows the focus, takes the pointer, and has the face's name for the screen reader.
 *
 * A mark stands for one track and does not change it; whoever makes it places it (picture_view.h).
 */
#ifndef NT_FACE_MARK_H
#define NT_FACE_MARK_H

#include <gtk/gtk.h>

#include "engine/tagged.h"

#define NT_TYPE_FACE_MARK (nt_face_mark_get_type())
G_DECLARE_FINAL_TYPE(NtFaceMark, nt_face_mark, NT, FACE_MARK, GtkButton)

GtkWidget *nt_face_mark_new(guint64 track);
guint64 nt_face_mark_get_track(NtFaceMark *mark);
/* Takes over who it is and where; the screen reader is told only when the words change. */
void nt_face_mark_set_face(NtFaceMark *mark, const NtFace *face, int picture_width);

#endif
