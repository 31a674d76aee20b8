#include "app/time_line_view.h"

#include <glib/gi18n.h>
#include <math.h>

#include "app/time_line_row.h"

#define LINE_WIDTH 2 /* of the position: pixels */
#define UNSCROLLED_ROWS 5

struct _NtTimeLineView {
    GtkWidget parent;
    GtkWidget *scroller, *rows, *status; /* template */
    NtTimeLine *time_line;               /* NULL: none */
    gint64 position_ns;
    float drawn_x; /* where the line was drawn the last time; negative: nowhere */
};
G_DEFINE_FINAL_TYPE(NtTimeLineView, nt_time_line_view, GTK_TYPE_WIDGET)

enum { SIGNAL_SEEK, N_SIGNALS };
static guint signals[N_SIGNALS];

/* Where the position's line goes: whole pixels, in coordinates of the view; negative: nowhere. */
static float line_x(NtTimeLineView *self)
{
    GtkWidget *row = gtk_widget_get_first_child(self->rows);
    const gint64 duration_ns = self->time_line ? nt_time_line_get_duration(self->time_line) : -1;
    if (!row || duration_ns <= 0 || self->position_ns < 0)
        return -1;
    double x, width;
    graphene_point_t point;
    nt_time_line_row_get_track(NT_TIME_LINE_ROW(row), &x, &width);
    const double share = CLAMP((double)self->position_ns / (double)duration_ns, 0, 1);
    const graphene_point_t at = GRAPHENE_POINT_INIT((float)(x + share * width), 0);
    return gtk_widget_compute_point(row, GTK_WIDGET(self), &at, &point) ? roundf(point.x) : -1;
}

/* The lanes are drawn from what they were before: only the line is made anew. */
static void snapshot_view(GtkWidget *widget, GtkSnapshot *snapshot)
{
    NtTimeLineView *self = NT_TIME_LINE_VIEW(widget);
    graphene_rect_t lanes;
    GdkRGBA color;
    GTK_WIDGET_CLASS(nt_time_line_view_parent_class)->snapshot(widget, snapshot);
    self->drawn_x = line_x(self);
    if (self->drawn_x < 0 || !gtk_widget_compute_bounds(self->scroller, widget, &lanes))
        return;
    gtk_style_context_get_color(gtk_widget_get_style_context(widget), &color);
    gtk_snapshot_append_color(
        snapshot, &color,
        &GRAPHENE_RECT_INIT(self->drawn_x - LINE_WIDTH / 2, lanes.origin.y, LINE_WIDTH, lanes.size.height));
}

void nt_time_line_view_set_position(NtTimeLineView *self, gint64 position_ns)
{
    self->position_ns = position_ns;
    const float x = line_x(self);
    if (x < self->drawn_x || x > self->drawn_x)
        gtk_widget_queue_draw(GTK_WIDGET(self));
}

static void on_seek(NtTimeLineView *self, gint64 position_ns)
{
    g_signal_emit(self, signals[SIGNAL_SEEK], 0, position_ns);
}

static void on_step(NtTimeLineView *self, int direction, NtTimeLineRow *row)
{
    if (!self->time_line)
        return;
    const gint64 to_ns =
        nt_time_line_seek(self->time_line, nt_time_line_row_get_lane(row), self->position_ns, direction);
    if (to_ns >= 0)
        on_seek(self, to_ns);
    else
        gtk_widget_error_bell(GTK_WIDGET(row));
}

static GtkWidget *add_row(NtTimeLineView *self)
{
    GtkWidget *row = nt_time_line_row_new();
    g_signal_connect_object(row, "seek", G_CALLBACK(on_seek), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(row, "step", G_CALLBACK(on_step), self, G_CONNECT_SWAPPED);
    gtk_box_append(GTK_BOX(self->rows), row);
    return row;
}

/* The row of the same person, at `from` or after it; NULL. */
static GtkWidget *find_row(GtkWidget *from, const NtLane *lane)
{
    for (GtkWidget *row = from; row; row = gtk_widget_get_next_sibling(row)) {
        const NtLane *other = nt_time_line_row_get_lane(NT_TIME_LINE_ROW(row));
        if (other->name == lane->name && other->unknown == lane->unknown)
            return row;
    }
    return NULL;
}

/* As high as the rows; with a bar for scrolling, which is higher than two of them, only where there are many. */
static void update_height(NtTimeLineView *self, guint n_rows)
{
    const GtkPolicyType vertical = n_rows > UNSCROLLED_ROWS ? GTK_POLICY_AUTOMATIC : GTK_POLICY_NEVER;
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(self->scroller), GTK_POLICY_NEVER, vertical);
}

/* A person keeps their row, and with it the focus, wherever it moves to. */
static void update_rows(NtTimeLineView *self)
{
    GPtrArray *lanes = self->time_line ? nt_time_line_get_lanes(self->time_line) : NULL;
    const guint n = lanes ? lanes->len : 0;
    GtkWidget *last = NULL;
    for (guint i = 0; i < n; i++) {
        GtkWidget *next = last ? gtk_widget_get_next_sibling(last) : gtk_widget_get_first_child(self->rows);
        GtkWidget *row = find_row(next, lanes->pdata[i]);
        if (!row)
            row = add_row(self);
        if (row != next)
            gtk_box_reorder_child_after(GTK_BOX(self->rows), row, last);
        nt_time_line_row_set_lane(NT_TIME_LINE_ROW(row), lanes->pdata[i]);
        last = row;
    }
    GtkWidget *rest;
    while ((rest = last ? gtk_widget_get_next_sibling(last) : gtk_widget_get_first_child(self->rows))) {
        if (gtk_widget_has_focus(rest) && last) /* who was named has another row now */
            gtk_widget_grab_focus(last);
        gtk_box_remove(GTK_BOX(self->rows), rest);
    }
    update_height(self, n);
}

static char *status_words(NtTimeLine *time_line)
{
    const char *words = nt_time_line_get_words(time_line);
    if (words)
        return g_strdup(words);
    if (!nt_time_line_is_complete(time_line)) {
        const int percent = (int)(100 * nt_time_line_get_progress(time_line));
        return g_strdup_printf(_("Looking through the clip: %d %%"), percent);
    }
    return nt_time_line_get_lanes(time_line)->len == 0 ? g_strdup(_("No faces in this clip")) : NULL;
}

static void update_extent(NtTimeLineView *self)
{
    g_autofree char *words = self->time_line ? status_words(self->time_line) : NULL;
    gtk_label_set_label(GTK_LABEL(self->status), words ? words : "");
    gtk_widget_set_visible(self->status, words != NULL);
    if (!self->time_line)
        return;
    const gint64 duration_ns = nt_time_line_get_duration(self->time_line);
    const double progress = nt_time_line_get_progress(self->time_line);
    for (GtkWidget *row = gtk_widget_get_first_child(self->rows); row; row = gtk_widget_get_next_sibling(row))
        nt_time_line_row_set_extent(NT_TIME_LINE_ROW(row), duration_ns, progress);
}

static void on_changed(NtTimeLineView *self)
{
    update_rows(self);
    update_extent(self);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

void nt_time_line_view_set_time_line(NtTimeLineView *self, NtTimeLine *time_line)
{
    if (self->time_line == time_line)
        return;
    if (self->time_line)
        g_signal_handlers_disconnect_by_data(self->time_line, self);
    g_set_object(&self->time_line, time_line);
    self->position_ns = -1;
    if (time_line) {
        g_signal_connect_swapped(time_line, "changed", G_CALLBACK(on_changed), self);
        g_signal_connect_swapped(time_line, "notify", G_CALLBACK(update_extent), self);
    }
    on_changed(self);
}

static void nt_time_line_view_dispose(GObject *object)
{
    NtTimeLineView *self = NT_TIME_LINE_VIEW(object);
    if (self->time_line)
        g_signal_handlers_disconnect_by_data(self->time_line, self);
    g_clear_object(&self->time_line);
    g_clear_pointer(&self->scroller, gtk_widget_unparent);
    g_clear_pointer(&self->status, gtk_widget_unparent);
    G_OBJECT_CLASS(nt_time_line_view_parent_class)->dispose(object);
}

static void nt_time_line_view_class_init(NtTimeLineViewClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
    G_OBJECT_CLASS(class)->dispose = nt_time_line_view_dispose;
    widget_class->snapshot = snapshot_view;
    gtk_widget_class_set_template_from_resource(widget_class, "/org/nametag/Nametag/time-line-view.ui");
    gtk_widget_class_bind_template_child(widget_class, NtTimeLineView, scroller);
    gtk_widget_class_bind_template_child(widget_class, NtTimeLineView, rows);
    gtk_widget_class_bind_template_child(widget_class, NtTimeLineView, status);
    gtk_widget_class_set_css_name(widget_class, "timeline");
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
    signals[SIGNAL_SEEK] = g_signal_new("seek", NT_TYPE_TIME_LINE_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 1, G_TYPE_INT64);
}

static void nt_time_line_view_init(NtTimeLineView *self)
{
    self->position_ns = -1;
    self->drawn_x = -1;
    gtk_widget_init_template(GTK_WIDGET(self));
    gtk_widget_set_visible(self->status, FALSE);
}
