#include "app/unknown_row.h"

#include <glib/gi18n.h>

#include "app/words.h"

struct _NtUnknownRow {
    GtkListBoxRow parent_instance;
    GtkCheckButton *check;
    AdwAvatar *avatar;
    GtkLabel *title, *facts;
    GtkWidget *name_button, *ignore_button, *show_button;
    NtUnknownItem *item;
};

G_DEFINE_FINAL_TYPE(NtUnknownRow, nt_unknown_row, GTK_TYPE_LIST_BOX_ROW)

enum { NAME, IGNORE, SEEK, N_SIGNALS };
static guint signals[N_SIGNALS];

/* "seen 0:03–0:12 · 5 pictures" */
static char *describe(NtUnknownItem *item)
{
    gint64 first, last;
    const guint n = nt_unknown_item_get_pictures(item)->len;
    g_object_get(item, "first", &first, "last", &last, NULL);
    g_autofree char *pictures = g_strdup_printf(ngettext("%u picture", "%u pictures", n), n);
    if (first < 0)
        return g_steal_pointer(&pictures);
    g_autofree char *from = nt_words_time(first, FALSE), *to = nt_words_time(last, FALSE);
    if (g_str_equal(from, to))
        return g_strdup_printf(_("seen at %s · %s"), from, pictures);
    return g_strdup_printf(_("seen %s–%s · %s"), from, to, pictures);
}

/* text: taken over. */
static void set_label(gpointer widget, char *text)
{
    gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
    g_free(text);
}

static void update(NtUnknownRow *row)
{
    GdkPaintable *picture;
    gint64 first;
    const guint n = nt_unknown_item_get_pictures(row->item)->len;
    g_object_get(row->item, "picture", &picture, "first", &first, NULL);
    g_autofree char *title = g_strdup_printf(_("unknown %u"), nt_unknown_item_get_number(row->item));
    g_autofree char *facts = describe(row->item);
    adw_avatar_set_custom_image(row->avatar, picture);
    g_clear_object(&picture);
    gtk_label_set_text(row->title, title);
    gtk_label_set_text(row->facts, facts);
    set_label(row, g_strdup(title));
    /* Read one after another, "Name…" alone would not say whom. */
    set_label(row->check, g_strdup_printf(_("Select %s"), title));
    set_label(row->name_button, g_strdup_printf(_("Name %s…"), title));
    set_label(row->ignore_button, g_strdup_printf(_("Ignore %s"), title));
    set_label(row->show_button, g_strdup_printf(_("Show %s"), title));
    gtk_widget_set_visible(row->show_button, first >= 0);
    gtk_widget_set_visible(row->name_button, n > 0);
    gtk_widget_set_visible(row->ignore_button, n > 0);
}

static void on_name(NtUnknownRow *row)
{
    g_signal_emit(row, signals[NAME], 0);
}
static void on_ignore(NtUnknownRow *row)
{
    g_signal_emit(row, signals[IGNORE], 0);
}
static void on_show(NtUnknownRow *row)
{
    g_signal_emit(row, signals[SEEK], 0);
}

NtUnknownItem *nt_unknown_row_get_item(NtUnknownRow *row)
{
    return row->item;
}

void nt_unknown_row_set_writable(NtUnknownRow *row, gboolean writable)
{
    gtk_widget_set_sensitive(row->name_button, writable);
    gtk_widget_set_sensitive(row->ignore_button, writable);
}

static void dispose(GObject *object)
{
    g_clear_object(&NT_UNKNOWN_ROW(object)->item);
    G_OBJECT_CLASS(nt_unknown_row_parent_class)->dispose(object);
}

static void nt_unknown_row_class_init(NtUnknownRowClass *klass)
{
    static const char *const names[N_SIGNALS] = {"name", "ignore", "seek"};
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = dispose;
    for (guint i = 0; i < N_SIGNALS; i++)
        signals[i] =
            g_signal_new(names[i], NT_TYPE_UNKNOWN_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    gtk_widget_class_set_template_from_resource(widget_class, "/org/nametag/Nametag/unknown-row.ui");
    gtk_widget_class_bind_template_child(widget_class, NtUnknownRow, check);
    gtk_widget_class_bind_template_child(widget_class, NtUnknownRow, avatar);
    gtk_widget_class_bind_template_child(widget_class, NtUnknownRow, title);
    gtk_widget_class_bind_template_child(widget_class, NtUnknownRow, facts);
    gtk_widget_class_bind_template_child(widget_class, NtUnknownRow, name_button);
    gtk_widget_class_bind_template_child(widget_class, NtUnknownRow, ignore_button);
    gtk_widget_class_bind_template_child(widget_class, NtUnknownRow, show_button);
    gtk_widget_class_bind_template_callback(widget_class, on_name);
    gtk_widget_class_bind_template_callback(widget_class, on_ignore);
    gtk_widget_class_bind_template_callback(widget_class, on_show);
}

static void nt_unknown_row_init(NtUnknownRow *row)
{
    gtk_widget_init_template(GTK_WIDGET(row));
}

GtkWidget *nt_unknown_row_new(NtUnknownItem *item)
{
    NtUnknownRow *row = g_object_new(NT_TYPE_UNKNOWN_ROW, NULL);
    row->item = g_object_ref(item);
    g_object_bind_property(item, "selected", row->check, "active", G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
    g_signal_connect_object(item, "notify", G_CALLBACK(update), row, G_CONNECT_SWAPPED);
    update(row);
    return GTK_WIDGET(row);
}
