#include "app/explain_drawing.h"

#include <adwaita.h>

#define DEFAULT_WIDTH 280
#define MIN_WIDTH 200

struct _NtExplainDrawing {
    GtkWidget parent_instance;

    guint step;
    const NtExplainFace *explain;
    double height; /* that was asked for last: another is a reason to be laid out anew */
};

G_DEFINE_FINAL_TYPE(NtExplainDrawing, nt_explain_drawing, GTK_TYPE_WIDGET)

enum { PROP_STEP = 1 };

static void take_color(const GdkRGBA *color, double rgb[3])
{
    rgb[0] = (double)color->red;
    rgb[1] = (double)color->green;
    rgb[2] = (double)color->blue;
}

static void find_style(GtkWidget *widget, NtExplainStyle *style)
{
    AdwStyleManager *manager = adw_style_manager_get_for_display(gtk_widget_get_display(widget));
    GtkStyleContext *context = gtk_widget_get_style_context(widget);
    GdkRGBA ink, accent;
    gtk_style_context_get_color(context, &ink);
    if (!gtk_style_context_lookup_color(context, "accent_color", &accent))
        accent = ink;
    *style = (NtExplainStyle){.text = gtk_widget_get_pango_context(widget),
                              .dark = adw_style_manager_get_dark(manager),
                              .high_contrast = adw_style_manager_get_high_contrast(manager)};
    take_color(&ink, style->ink);
    take_color(&accent, style->accent);
}

static double wanted_height(NtExplainDrawing *self, int width)
{
    NtExplainStyle style;
    find_style(GTK_WIDGET(self), &style);
    return ceil(nt_explain_step_height((NtExplainStep)self->step, self->explain, &style, width));
}

static GtkSizeRequestMode nt_explain_drawing_get_request_mode(GtkWidget *widget)
{
    (void)widget;
    return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void nt_explain_drawing_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
                                       int *natural, int *minimum_baseline, int *natural_baseline)
{
    *minimum_baseline = *natural_baseline = -1;
    if (orientation == GTK_ORIENTATION_HORIZONTAL) {
        *minimum = MIN_WIDTH;
        *natural = DEFAULT_WIDTH;
    } else {
        *minimum = *natural = (int)wanted_height(NT_EXPLAIN_DRAWING(widget), for_size > 0 ? for_size : DEFAULT_WIDTH);
    }
}

static void nt_explain_drawing_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    NtExplainDrawing *self = NT_EXPLAIN_DRAWING(widget);
    const int width = gtk_widget_get_width(widget), height = gtk_widget_get_height(widget);
    NtExplainStyle style;
    if (!self->explain || width <= 0 || height <= 0)
        return;
    find_style(widget, &style);
    cairo_t *cr = gtk_snapshot_append_cairo(snapshot, &GRAPHENE_RECT_INIT(0, 0, (float)width, (float)height));
    nt_explain_step_draw((NtExplainStep)self->step, cr, self->explain, &style, width, height);
    cairo_destroy(cr);
}

void nt_explain_drawing_set(NtExplainDrawing *self, const NtExplainFace *explain, const char *words)
{
    self->explain = explain;
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, words ? words : "", -1);
    const int width = gtk_widget_get_width(GTK_WIDGET(self));
    const double height = wanted_height(self, width > 0 ? width : DEFAULT_WIDTH);
    if (height != self->height)
        gtk_widget_queue_resize(GTK_WIDGET(self));
    self->height = height;
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

static void nt_explain_drawing_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    if (id == PROP_STEP)
        NT_EXPLAIN_DRAWING(object)->step = g_value_get_uint(value);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void nt_explain_drawing_class_init(NtExplainDrawingClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->set_property = nt_explain_drawing_set_property;
    widget_class->get_request_mode = nt_explain_drawing_get_request_mode;
    widget_class->measure = nt_explain_drawing_measure;
    widget_class->snapshot = nt_explain_drawing_snapshot;
    g_object_class_install_property(
        G_OBJECT_CLASS(klass), PROP_STEP,
        g_param_spec_uint("step", NULL, NULL, 0, NT_EXPLAIN_N_STEPS - 1, 0,
                          G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));
    gtk_widget_class_set_css_name(widget_class, "explaindrawing");
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void nt_explain_drawing_init(NtExplainDrawing *self)
{
    (void)self;
}
