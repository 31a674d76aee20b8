/* Nametag - how it works: what each step makes of one face, live (overlay/explain_face.h draws). ui/explain-view.ui.
 */
#ifndef NT_EXPLAIN_VIEW_H
#define NT_EXPLAIN_VIEW_H

#include <adwaita.h>

#include "app/shown.h"
#include "engine/album.h"

#define NT_TYPE_EXPLAIN_VIEW (nt_explain_view_get_type())
G_DECLARE_FINAL_TYPE(NtExplainView, nt_explain_view, NT, EXPLAIN_VIEW, AdwBin)

/* The face of a track in a picture, or its absence (track 0): called with every picture, so it draws no more often than
 * it can, and takes nothing from the main thread. picture: the newest of the track's album (may be NULL, and older than
 * shown); classifier may be NULL. What is given is held until the next call, also while the view is not to be seen, to be
 * looked at once it is: say track 0 before a viewing is closed, which owns its still. */
void nt_explain_view_set_face(NtExplainView *view, NtShown *shown, guint64 track, NtFacePicture *picture,
                              NtClassifier *classifier);

#endif
