/* Nametag - one lane of the time line: a coloured dot and a name, then a bar a span.
 *
 * Time runs from left to right whatever the direction of the language, as film does; the name stands at the side where
 * reading begins. A click on the bars tells the time there; the row can be focused: Left and Right ask for the previous
 * and next appearance, Enter (or a click on the name) for the first.
 *
 * Signals: "seek" (gint64 ns); "step" (int direction: -1 or 1).
 */
#ifndef NT_TIME_LINE_ROW_H
#define NT_TIME_LINE_ROW_H

#include <gtk/gtk.h>

#include "engine/lanes.h"

#define NT_TYPE_TIME_LINE_ROW (nt_time_line_row_get_type())
G_DECLARE_FINAL_TYPE(NtTimeLineRow, nt_time_line_row, NT, TIME_LINE_ROW, GtkWidget)

GtkWidget *nt_time_line_row_new(void);
/* lane is kept; a newer one of the same person or another. */
void nt_time_line_row_set_lane(NtTimeLineRow *row, NtLane *lane);
NtLane *nt_time_line_row_get_lane(NtTimeLineRow *row);
/* The length of the clip, and which part of it (0 .. 1) was looked through: the rest is fainter. */
void nt_time_line_row_set_extent(NtTimeLineRow *row, gint64 duration_ns, double progress);
/* Where the bars are, in coordinates of the row: left edge and width. */
void nt_time_line_row_get_track(NtTimeLineRow *row, double *x, double *width);

#endif
