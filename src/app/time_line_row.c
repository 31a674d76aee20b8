#include "app/time_line_row.h"

#include <glib/gi18n.h>
#include <math.h>

#include "app/time_line.h"
#include "app/words.h"
#include "overlay/overlay.h"

#define MARGIN 6 /* around and between: pixels */
#define DOT 10
#define BAR 12
#define BAR_RADIUS 3
#define BAR_LEAST 3    /* the shortest appearance is still to be seen and hit */
#define LEAST_TRACK 80 /* the bars' least width */
#define NAME_CHARACTERS 12
#define READ_ALPHA 0.14f /* of the ground, of the text's colour */
#define UNREAD_ALPHA 0.05f
#define UNKNOWN_ALPHA 0.55f
#define EDGE_ALPHA 0.4f /* around colours that would fade into a light ground */
#define SLACK_PX 2      /* around a bar, for the pointer */

struct _NtTimeLineRow {
    GtkWidget parent;
    GtkWidget *name;
    NtLane *lane;
    gint64 duration_ns;
    double progress;
};
G_DEFINE_FINAL_TYPE(NtTimeLineRow, nt_time_line_row, GTK_TYPE_WIDGET)

enum { SIGNAL_SEEK, SIGNAL_STEP, N_SIGNALS };
static guint signals[N_SIGNALS];

static gboolean is_rtl(NtTimeLineRow *self)
{
    return gtk_widget_get_direction(GTK_WIDGET(self)) == GTK_TEXT_DIR_RTL;
}

static int name_width(NtTimeLineRow *self)
{
    int width;
    gtk_widget_measure(self->name, GTK_ORIENTATION_HORIZONTAL, -1, NULL, &width, NULL, NULL);
    return width;
}

void nt_time_line_row_get_track(NtTimeLineRow *self, double *x, double *width)
{
    const int head = 3 * MARGIN + DOT + name_width(self);
    *x = is_rtl(self) ? MARGIN : head;
    *width = MAX(gtk_widget_get_width(GTK_WIDGET(self)) - head - MARGIN, 0);
}

static void measure(GtkWidget *widget, GtkOrientation orientation, int for_size G_GNUC_UNUSED, int *minimum,
                    int *natural, int *minimum_baseline, int *natural_baseline)
{
    NtTimeLineRow *self = NT_TIME_LINE_ROW(widget);
    if (orientation == GTK_ORIENTATION_HORIZONTAL) {
        *minimum = 4 * MARGIN + DOT + name_width(self) + LEAST_TRACK;
        *natural = *minimum + LEAST_TRACK;
    } else {
        int height;
        gtk_widget_measure(self->name, orientation, -1, NULL, &height, NULL, NULL);
        *minimum = *natural = MAX(height, BAR) + MARGIN;
    }
    *minimum_baseline = *natural_baseline = -1;
}

static void size_allocate(GtkWidget *widget, int width, int height, int baseline)
{
    NtTimeLineRow *self = NT_TIME_LINE_ROW(widget);
    const int name = name_width(self);
    const int at = 2 * MARGIN + DOT;
    const GtkAllocation place = {is_rtl(self) ? width - at - name : at, 0, name, height};
    gtk_widget_size_allocate(self->name, &place, baseline);
}

/* edge: NULL for none. */
static void append_shape(GtkSnapshot *snapshot, const GdkRGBA *color, const GdkRGBA *edge,
                         const graphene_rect_t *bounds, double radius)
{
    static const float widths[4] = {1, 1, 1, 1};
    GskRoundedRect shape;
    gsk_rounded_rect_init_from_rect(&shape, bounds, (float)radius);
    gtk_snapshot_push_rounded_clip(snapshot, &shape);
    gtk_snapshot_append_color(snapshot, color, bounds);
    gtk_snapshot_pop(snapshot);
    if (edge)
        gtk_snapshot_append_border(snapshot, &shape, widths, (GdkRGBA[4]){*edge, *edge, *edge, *edge});
}

static void append_bar(GtkSnapshot *snapshot, const GdkRGBA *color, const GdkRGBA *edge, double x, double width,
                       double middle, double height)
{
    const graphene_rect_t bounds =
        GRAPHENE_RECT_INIT((float)x, (float)(middle - height / 2), (float)width, (float)height);
    append_shape(snapshot, color, edge, &bounds, MIN(MIN(width, height) / 2, BAR_RADIUS));
}

static void append_dot(NtTimeLineRow *self, GtkSnapshot *snapshot, const GdkRGBA *color, const GdkRGBA *edge,
                       double middle)
{
    const double x = is_rtl(self) ? gtk_widget_get_width(GTK_WIDGET(self)) - MARGIN - DOT : MARGIN;
    const graphene_rect_t bounds = GRAPHENE_RECT_INIT((float)x, (float)(middle - DOT / 2.0), DOT, DOT);
    append_shape(snapshot, color, edge, &bounds, DOT / 2.0);
}

/* A bar in pixels of the track, which is so wide. */
static void place_span(const NtTimeLineRow *self, const NtSpan *span, double width, double *left, double *right)
{
    const double duration = (double)self->duration_ns;
    *left = CLAMP((double)span->first_ns / duration, 0, 1) * width;
    *right = CLAMP((double)span->last_ns / duration, 0, 1) * width;
    *right = MAX(*right, *left + BAR_LEAST);
    if (*right > width) {
        *left -= *right - width;
        *right = width;
    }
}

static void append_bars(NtTimeLineRow *self, GtkSnapshot *snapshot, const GdkRGBA *color, const GdkRGBA *edge,
                        double middle)
{
    double x, width;
    GdkRGBA ground = *edge;
    nt_time_line_row_get_track(self, &x, &width);
    if (width <= 0)
        return;
    const double read = round(self->progress * width);
    ground.alpha = READ_ALPHA;
    if (read > 0)
        append_bar(snapshot, &ground, NULL, x, read, middle, BAR / 2.0);
    ground.alpha = UNREAD_ALPHA;
    if (read < width)
        append_bar(snapshot, &ground, NULL, x + read, width - read, middle, BAR / 2.0);
    for (guint i = 0; self->lane && self->duration_ns > 0 && i < self->lane->n_spans; i++) {
        double left, right;
        place_span(self, &self->lane->spans[i], width, &left, &right);
        append_bar(snapshot, color, edge, x + left, right - left, middle, BAR);
    }
}

/* A person's colour as on the picture; the unknown in the text's, paler. */
static void snapshot_row(GtkWidget *widget, GtkSnapshot *snapshot)
{
    NtTimeLineRow *self = NT_TIME_LINE_ROW(widget);
    const double middle = gtk_widget_get_height(widget) / 2.0;
    GdkRGBA color, edge;
    gtk_style_context_get_color(gtk_widget_get_style_context(widget), &edge);
    color = edge;
    color.alpha *= UNKNOWN_ALPHA;
    if (self->lane && self->lane->name) {
        double rgb[3];
        nt_overlay_color(self->lane->name, rgb);
        color = (GdkRGBA){(float)rgb[0], (float)rgb[1], (float)rgb[2], 1};
    }
    edge.alpha *= EDGE_ALPHA;
    append_dot(self, snapshot, &color, &edge, middle);
    append_bars(self, snapshot, &color, &edge, middle);
    gtk_widget_snapshot_child(widget, self->name, snapshot);
}

/* The appearance under the pointer, or NULL. */
static const NtSpan *find_span(NtTimeLineRow *self, double at)
{
    double x, width;
    nt_time_line_row_get_track(self, &x, &width);
    for (guint i = 0; self->lane && self->duration_ns > 0 && i < self->lane->n_spans; i++) {
        double left, right;
        place_span(self, &self->lane->spans[i], width, &left, &right);
        if (at - x >= left - SLACK_PX && at - x <= right + SLACK_PX)
            return &self->lane->spans[i];
    }
    return NULL;
}

static gboolean query_tooltip(GtkWidget *widget, int x, int y G_GNUC_UNUSED, gboolean keyboard, GtkTooltip *tooltip)
{
    NtTimeLineRow *self = NT_TIME_LINE_ROW(widget);
    const NtSpan *span = keyboard ? NULL : find_span(self, x);
    if (!span)
        return FALSE;
    g_autofree char *label = nt_lane_label(self->lane);
    g_autofree char *first = nt_words_time(span->first_ns, FALSE);
    g_autofree char *last = nt_words_time(span->last_ns, FALSE);
    /* Translators: who, and from when to when: "Anna 0:03–0:12" */
    g_autofree char *text = g_strdup_printf(_("%s %s–%s"), label, first, last);
    gtk_tooltip_set_text(tooltip, text);
    return TRUE;
}

static void seek_first(NtTimeLineRow *self)
{
    if (self->lane && self->lane->n_spans > 0)
        g_signal_emit(self, signals[SIGNAL_SEEK], 0, self->lane->spans[0].first_ns);
}

static void on_click(GtkGestureClick *click G_GNUC_UNUSED, int n G_GNUC_UNUSED, double at, double y G_GNUC_UNUSED,
                     NtTimeLineRow *self)
{
    double x, width;
    nt_time_line_row_get_track(self, &x, &width);
    gtk_widget_grab_focus(GTK_WIDGET(self));
    if (at < x - MARGIN || at > x + width + MARGIN)
        seek_first(self);
    else if (width > 0 && self->duration_ns > 0)
        g_signal_emit(self, signals[SIGNAL_SEEK], 0,
                      (gint64)(CLAMP((at - x) / width, 0, 1) * (double)self->duration_ns));
}

static gboolean on_key(GtkEventControllerKey *controller G_GNUC_UNUSED, guint key, guint code G_GNUC_UNUSED,
                       GdkModifierType state, NtTimeLineRow *self)
{
    if (state & gtk_accelerator_get_default_mod_mask())
        return GDK_EVENT_PROPAGATE;
    switch (key) {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
        g_signal_emit(self, signals[SIGNAL_STEP], 0, -1);
        return GDK_EVENT_STOP;
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
        g_signal_emit(self, signals[SIGNAL_STEP], 0, 1);
        return GDK_EVENT_STOP;
    case GDK_KEY_Return:
    case GDK_KEY_KP_Enter:
    case GDK_KEY_ISO_Enter:
        seek_first(self);
        return GDK_EVENT_STOP;
    default:
        return GDK_EVENT_PROPAGATE;
    }
}

static void describe(NtTimeLineRow *self)
{
    g_autofree char *label = nt_lane_label(self->lane);
    g_autofree char *total = nt_words_time(self->lane->total_ns, FALSE);
    const guint n = self->lane->n_spans;
    /* Translators: of a time line, for a screen reader: "Anna: 3 appearances, 0:12 in all" */
    g_autofree char *text =
        g_strdup_printf(ngettext("%s: %u appearance, %s in all", "%s: %u appearances, %s in all", n), label, n, total);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
    gtk_label_set_label(GTK_LABEL(self->name), label);
}

void nt_time_line_row_set_lane(NtTimeLineRow *self, NtLane *lane)
{
    if (self->lane == lane)
        return;
    nt_lane_ref(lane);
    nt_lane_unref(self->lane);
    self->lane = lane;
    describe(self);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

NtLane *nt_time_line_row_get_lane(NtTimeLineRow *self)
{
    return self->lane;
}

void nt_time_line_row_set_extent(NtTimeLineRow *self, gint64 duration_ns, double progress)
{
    self->duration_ns = duration_ns;
    self->progress = progress;
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

GtkWidget *nt_time_line_row_new(void)
{
    return g_object_new(NT_TYPE_TIME_LINE_ROW, NULL);
}

static void nt_time_line_row_dispose(GObject *object)
{
    NtTimeLineRow *self = NT_TIME_LINE_ROW(object);
    g_clear_pointer(&self->name, gtk_widget_unparent);
    g_clear_pointer(&self->lane, nt_lane_unref);
    G_OBJECT_CLASS(nt_time_line_row_parent_class)->dispose(object);
}

static void nt_time_line_row_class_init(NtTimeLineRowClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
    G_OBJECT_CLASS(class)->dispose = nt_time_line_row_dispose;
    widget_class->measure = measure;
    widget_class->size_allocate = size_allocate;
    widget_class->snapshot = snapshot_row;
    widget_class->query_tooltip = query_tooltip;
    gtk_widget_class_set_css_name(widget_class, "timelinerow");
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_LIST_ITEM);
    signals[SIGNAL_SEEK] = g_signal_new("seek", NT_TYPE_TIME_LINE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 1, G_TYPE_INT64);
    signals[SIGNAL_STEP] =
        g_signal_new("step", NT_TYPE_TIME_LINE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
}

static void nt_time_line_row_init(NtTimeLineRow *self)
{
    self->duration_ns = -1;
    self->name = g_object_new(GTK_TYPE_LABEL, "xalign", 0.0, "ellipsize", PANGO_ELLIPSIZE_END, "width-chars",
                              NAME_CHARACTERS, "max-width-chars", NAME_CHARACTERS, "single-line-mode", TRUE, NULL);
    gtk_widget_add_css_class(self->name, "caption");
    gtk_widget_set_parent(self->name, GTK_WIDGET(self));
    gtk_widget_set_focusable(GTK_WIDGET(self), TRUE);
    gtk_widget_set_has_tooltip(GTK_WIDGET(self), TRUE);

    GtkGesture *click = gtk_gesture_click_new();
    g_signal_connect(click, "pressed", G_CALLBACK(on_click), self);
    gtk_widget_add_controller(GTK_WIDGET(self), GTK_EVENT_CONTROLLER(click));
    GtkEventController *keys = gtk_event_controller_key_new();
    g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), self);
    gtk_widget_add_controller(GTK_WIDGET(self), keys);
}
