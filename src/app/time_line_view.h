/* Nametag - the lanes of a clip's time line: a row a person, a bar a span, the position across; a click jumps.
 * Reachable by keyboard: a lane is focusable, left and right go to its appearances. ui/time-line-view.ui.
 *
 * Signals: "seek" (gint64 ns).
 */
#ifndef NT_TIME_LINE_VIEW_H
#define NT_TIME_LINE_VIEW_H

#include <gtk/gtk.h>

#include "app/time_line.h"

#define NT_TYPE_TIME_LINE_VIEW (nt_time_line_view_get_type())
G_DECLARE_FINAL_TYPE(NtTimeLineView, nt_time_line_view, NT, TIME_LINE_VIEW, GtkWidget)

void nt_time_line_view_set_time_line(NtTimeLineView *view, NtTimeLine *time_line); /* NULL: none */
void nt_time_line_view_set_position(NtTimeLineView *view, gint64 position_ns);

#endif
