/* Nametag - one of the drawings of “How it works” as a widget: a picture for the screen reader, as high as its width
 * asks for (overlay/explain_steps.h draws).
 *
 * Property "step": which (NtExplainStep), set once.
 */
#ifndef NT_EXPLAIN_DRAWING_H
#define NT_EXPLAIN_DRAWING_H

#include <gtk/gtk.h>

#include "overlay/explain_steps.h"

#define NT_TYPE_EXPLAIN_DRAWING (nt_explain_drawing_get_type())
G_DECLARE_FINAL_TYPE(NtExplainDrawing, nt_explain_drawing, NT, EXPLAIN_DRAWING, GtkWidget)

/* explain: borrowed, until the next call; NULL: nothing. words: what it shows, with its numbers, for those who do not
 * see it; also said in full by the labels around it. */
void nt_explain_drawing_set(NtExplainDrawing *drawing, const NtExplainFace *explain, const char *words);

#endif
