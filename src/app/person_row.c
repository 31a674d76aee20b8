#include "app/person_row.h"

#include <glib/gi18n.h>

#include "app/words.h"

struct _NtPersonRow {
    AdwBin parent_instance;
    AdwAvatar *avatar;
    GtkLabel *name, *facts;
    GtkImage *advice, *dot;
    NtPersonItem *item;
};

G_DEFINE_FINAL_TYPE(NtPersonRow, nt_person_row, ADW_TYPE_BIN)

enum { MERGE, N_SIGNALS };
static guint signals[N_SIGNALS];

char *nt_person_facts(NtPersonItem *item)
{
    const guint n = nt_person_item_get_n_faces(item);
    g_autofree char *pictures = g_strdup_printf(ngettext("%u picture", "%u pictures", n), n);
    if (nt_person_item_get_on_screen(item))
        return g_strdup_printf(_("%s · on screen now"), pictures);
    if (!nt_person_item_get_last_seen(item))
        return g_steal_pointer(&pictures);
    g_autofree char *ago = nt_words_ago(nt_person_item_get_last_seen(item));
    /* Translators: "5 pictures · seen yesterday" */
    return g_strdup_printf(_("%s · seen %s"), pictures, ago);
}

static void update(NtPersonRow *row)
{
    g_autofree char *facts = nt_person_facts(row->item);
    const char *name = nt_person_item_get_name(row->item), *advice = nt_person_item_get_advice(row->item);
    g_autofree char *spoken = g_strdup_printf("%s, %s", name, facts);
    adw_avatar_set_text(row->avatar, name);
    adw_avatar_set_custom_image(row->avatar, nt_person_item_get_cover(row->item));
    gtk_label_set_text(row->name, name);
    gtk_widget_set_tooltip_text(GTK_WIDGET(row->name), name);
    gtk_label_set_text(row->facts, facts);
    gtk_widget_set_visible(GTK_WIDGET(row->dot), nt_person_item_get_on_screen(row->item));
    gtk_widget_set_visible(GTK_WIDGET(row->advice), advice != NULL);
    gtk_widget_set_tooltip_text(GTK_WIDGET(row->advice), advice);
    gtk_accessible_update_property(GTK_ACCESSIBLE(row->advice), GTK_ACCESSIBLE_PROPERTY_LABEL, advice ? advice : "",
                                   -1);
    gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
}

void nt_person_row_set_item(NtPersonRow *row, NtPersonItem *item)
{
    if (row->item)
        g_signal_handlers_disconnect_by_func(row->item, update, row);
    g_set_object(&row->item, item);
    if (!item)
        return;
    g_signal_connect_object(item, "notify", G_CALLBACK(update), row, G_CONNECT_SWAPPED);
    update(row);
}

/* Dragging one person onto another. */

static GdkContentProvider *on_prepare(GtkDragSource *source, double x, double y, NtPersonRow *row)
{
    (void)source, (void)x, (void)y;
    return row->item ? gdk_content_provider_new_typed(NT_TYPE_PERSON_ITEM, row->item) : NULL;
}

static void on_drag_begin(GtkDragSource *source, GdkDrag *drag, NtPersonRow *row)
{
    (void)drag;
    g_autoptr(GdkPaintable) icon = gtk_widget_paintable_new(GTK_WIDGET(row->avatar));
    gtk_drag_source_set_icon(source, icon, 0, 0);
}

static gboolean on_drop(GtkDropTarget *target, const GValue *value, double x, double y, NtPersonRow *row)
{
    (void)target, (void)x, (void)y;
    NtPersonItem *from = g_value_get_object(value);
    if (!from || !row->item || from == row->item)
        return FALSE;
    g_signal_emit(row, signals[MERGE], 0, from, row->item);
    return TRUE;
}

static void dispose(GObject *object)
{
    nt_person_row_set_item(NT_PERSON_ROW(object), NULL);
    G_OBJECT_CLASS(nt_person_row_parent_class)->dispose(object);
}

static void nt_person_row_class_init(NtPersonRowClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = dispose;
    signals[MERGE] = g_signal_new("merge", NT_TYPE_PERSON_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                  NT_TYPE_PERSON_ITEM, NT_TYPE_PERSON_ITEM);
    gtk_widget_class_set_template_from_resource(widget_class, "/org/nametag/Nametag/person-row.ui");
    gtk_widget_class_bind_template_child(widget_class, NtPersonRow, avatar);
    gtk_widget_class_bind_template_child(widget_class, NtPersonRow, name);
    gtk_widget_class_bind_template_child(widget_class, NtPersonRow, facts);
    gtk_widget_class_bind_template_child(widget_class, NtPersonRow, advice);
    gtk_widget_class_bind_template_child(widget_class, NtPersonRow, dot);
}

static void nt_person_row_init(NtPersonRow *row)
{
    gtk_widget_init_template(GTK_WIDGET(row));
    GtkDragSource *source = gtk_drag_source_new();
    g_signal_connect(source, "prepare", G_CALLBACK(on_prepare), row);
    g_signal_connect(source, "drag-begin", G_CALLBACK(on_drag_begin), row);
    gtk_widget_add_controller(GTK_WIDGET(row), GTK_EVENT_CONTROLLER(source));
    GtkDropTarget *target = gtk_drop_target_new(NT_TYPE_PERSON_ITEM, GDK_ACTION_COPY);
    g_signal_connect(target, "drop", G_CALLBACK(on_drop), row);
    gtk_widget_add_controller(GTK_WIDGET(row), GTK_EVENT_CONTROLLER(target));
}

GtkWidget *nt_person_row_new(void)
{
    return g_object_new(NT_TYPE_PERSON_ROW, NULL);
}
