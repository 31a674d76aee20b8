#include "app/unknown_tray.h"

#include <glib/gi18n.h>

#include "app/person_item.h"
#include "app/unknown_item.h"
#include "app/unknown_row.h"

struct _NtUnknownTray {
    AdwBin parent_instance;
    GtkStack *stack;
    GtkListBox *list;
    GtkActionBar *bar;
    GtkLabel *n_selected;
    GtkWidget *name_button;
    NtLibrary *library;
    GListStore *items; /* NtUnknownItem, by number */
    char *source;
};

G_DEFINE_FINAL_TYPE(NtUnknownTray, nt_unknown_tray, ADW_TYPE_BIN)

enum { PROP_N_UNKNOWN = 1, N_PROPERTIES };
static GParamSpec *properties[N_PROPERTIES];
enum { SEEK, N_SIGNALS };
static guint signals[N_SIGNALS];

static NtUnknownItem *get_item(NtUnknownTray *tray, guint i)
{
    NtUnknownItem *item = g_list_model_get_item(G_LIST_MODEL(tray->items), i);
    g_object_unref(item); /* the list keeps it */
    return item;
}

static guint n_items(NtUnknownTray *tray)
{
    return g_list_model_get_n_items(G_LIST_MODEL(tray->items));
}

static gboolean is_writable(NtUnknownTray *tray)
{
    gboolean writable = FALSE;
    if (tray->library)
        g_object_get(tray->library, "writable", &writable, NULL);
    return writable;
}

/* Naming. */

typedef struct Naming {
    NtLibrary *library;
    GPtrArray *pictures;
    char *source;
    GtkWidget *entry;
} Naming;

static void naming_free(gpointer data, GClosure *closure)
{
    Naming *naming = data;
    (void)closure;
    g_object_unref(naming->library);
    g_ptr_array_unref(naming->pictures);
    g_free(naming->source);
    g_free(naming);
}

static void on_named(AdwMessageDialog *dialog, const char *response, Naming *naming)
{
    (void)dialog, (void)response;
    g_autofree char *name = g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(naming->entry))));
    nt_library_enroll(naming->library, name, naming->pictures, naming->source, FALSE, NULL, NULL);
}

static void on_name_typed(GtkEditable *entry, AdwMessageDialog *dialog)
{
    g_autofree char *text = g_strstrip(g_strdup(gtk_editable_get_text(entry)));
    adw_message_dialog_set_response_enabled(dialog, "enroll", *text != 0);
}

/* Those who are in the gallery, to be completed. */
static GtkEntryCompletion *complete_names(NtLibrary *library)
{
    GListModel *people = nt_library_get_people(library);
    g_autoptr(GtkListStore) names = gtk_list_store_new(1, G_TYPE_STRING);
    for (guint i = 0; i < g_list_model_get_n_items(people); i++) {
        g_autoptr(NtPersonItem) item = g_list_model_get_item(people, i);
        gtk_list_store_insert_with_values(names, NULL, -1, 0, nt_person_item_get_name(item), -1);
    }
    GtkEntryCompletion *completion = gtk_entry_completion_new();
    gtk_entry_completion_set_model(completion, GTK_TREE_MODEL(names));
    gtk_entry_completion_set_text_column(completion, 0);
    gtk_entry_completion_set_minimum_key_length(completion, 1);
    return completion;
}

/* pictures: taken over. */
static void ask_name(NtUnknownTray *tray, GPtrArray *pictures)
{
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(tray));
    Naming *naming = g_new0(Naming, 1);
    AdwMessageDialog *dialog =
        ADW_MESSAGE_DIALOG(adw_message_dialog_new(GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL, _("Who is this?"),
                                                  _("Type a new name, or that of somebody who is enrolled already.")));
    g_autoptr(GtkEntryCompletion) completion = complete_names(tray->library);
    *naming = (Naming){g_object_ref(tray->library), pictures, g_strdup(tray->source), gtk_entry_new()};
    gtk_entry_set_placeholder_text(GTK_ENTRY(naming->entry), _("Name"));
    gtk_entry_set_completion(GTK_ENTRY(naming->entry), completion);
    gtk_entry_set_activates_default(GTK_ENTRY(naming->entry), TRUE);
    gtk_accessible_update_property(GTK_ACCESSIBLE(naming->entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Name"), -1);
    g_signal_connect_object(naming->entry, "changed", G_CALLBACK(on_name_typed), dialog, 0);
    adw_message_dialog_add_responses(dialog, "cancel", _("Cancel"), "enroll", _("Enroll"), NULL);
    adw_message_dialog_set_response_appearance(dialog, "enroll", ADW_RESPONSE_SUGGESTED);
    adw_message_dialog_set_response_enabled(dialog, "enroll", FALSE);
    adw_message_dialog_set_close_response(dialog, "cancel");
    adw_message_dialog_set_default_response(dialog, "enroll");
    adw_message_dialog_set_extra_child(dialog, naming->entry);
    g_signal_connect_data(dialog, "response::enroll", G_CALLBACK(on_named), naming, naming_free, 0);
    gtk_window_present(GTK_WINDOW(dialog));
    gtk_widget_grab_focus(naming->entry);
}

static void add_pictures(GPtrArray *all, NtUnknownItem *item)
{
    GPtrArray *pictures = nt_unknown_item_get_pictures(item);
    for (guint i = 0; i < pictures->len; i++)
        g_ptr_array_add(all, nt_face_picture_ref(pictures->pdata[i]));
}

static GPtrArray *new_pictures(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)nt_face_picture_unref);
}

static void on_name_selected(NtUnknownTray *tray)
{
    GPtrArray *pictures = new_pictures();
    for (guint i = 0; i < n_items(tray); i++) {
        gboolean selected;
        g_object_get(get_item(tray, i), "selected", &selected, NULL);
        if (selected)
            add_pictures(pictures, get_item(tray, i));
    }
    ask_name(tray, pictures);
}

/* One person. */

static void on_row_name(NtUnknownRow *row, NtUnknownTray *tray)
{
    GPtrArray *pictures = new_pictures();
    add_pictures(pictures, nt_unknown_row_get_item(row));
    ask_name(tray, pictures);
}

static void on_row_ignore(NtUnknownRow *row, NtUnknownTray *tray)
{
    g_autoptr(GPtrArray) pictures = new_pictures();
    add_pictures(pictures, nt_unknown_row_get_item(row));
    nt_library_ignore(tray->library, pictures, tray->source, NULL, NULL);
}

static void on_row_show(NtUnknownRow *row, NtUnknownTray *tray)
{
    gint64 first;
    g_object_get(nt_unknown_row_get_item(row), "first", &first, NULL);
    g_signal_emit(tray, signals[SEEK], 0, first);
}

/* The list. */

static void update_selected(NtUnknownTray *tray)
{
    guint n = 0;
    for (guint i = 0; i < n_items(tray); i++) {
        gboolean selected;
        g_object_get(get_item(tray, i), "selected", &selected, NULL);
        n += selected;
    }
    g_autofree char *text = g_strdup_printf(ngettext("%u selected", "%u selected", n), n);
    gtk_label_set_text(tray->n_selected, text);
    gtk_action_bar_set_revealed(tray->bar, n > 0);
    gtk_widget_set_sensitive(tray->name_button, n > 0 && is_writable(tray));
}

static void update_writable(NtUnknownTray *tray)
{
    const gboolean writable = is_writable(tray);
    GtkListBoxRow *row;
    for (int i = 0; (row = gtk_list_box_get_row_at_index(tray->list, i)); i++)
        nt_unknown_row_set_writable(NT_UNKNOWN_ROW(row), writable);
    update_selected(tray);
}

static GtkWidget *make_row(gpointer item, gpointer user)
{
    NtUnknownTray *tray = user;
    GtkWidget *row = nt_unknown_row_new(NT_UNKNOWN_ITEM(item));
    nt_unknown_row_set_writable(NT_UNKNOWN_ROW(row), is_writable(tray));
    g_signal_connect_object(row, "name", G_CALLBACK(on_row_name), tray, 0);
    g_signal_connect_object(row, "ignore", G_CALLBACK(on_row_ignore), tray, 0);
    g_signal_connect_object(row, "seek", G_CALLBACK(on_row_show), tray, 0);
    return row;
}

void nt_unknown_tray_set_library(NtUnknownTray *tray, NtLibrary *library)
{
    g_return_if_fail(!tray->library);
    tray->library = g_object_ref(library);
    g_signal_connect_object(library, "notify::writable", G_CALLBACK(update_writable), tray, G_CONNECT_SWAPPED);
    update_writable(tray);
}

static gint by_number(gconstpointer a, gconstpointer b)
{
    const guint x = (*(const NtUnknown *const *)a)->number, y = (*(const NtUnknown *const *)b)->number;
    return (x > y) - (x < y);
}

/* Both lists are by number: one walk along them. */
static void merge_items(NtUnknownTray *tray, GPtrArray *sorted)
{
    guint place = 0;
    for (guint i = 0; i < sorted->len; i++) {
        const NtUnknown *unknown = sorted->pdata[i];
        while (place < n_items(tray) && nt_unknown_item_get_number(get_item(tray, place)) < unknown->number)
            g_list_store_remove(tray->items, place);
        if (place < n_items(tray) && nt_unknown_item_get_number(get_item(tray, place)) == unknown->number) {
            nt_unknown_item_update(get_item(tray, place), unknown);
        } else {
            g_autoptr(NtUnknownItem) item = nt_unknown_item_new(unknown);
            g_signal_connect_object(item, "notify::selected", G_CALLBACK(update_selected), tray, G_CONNECT_SWAPPED);
            g_list_store_insert(tray->items, place, item);
        }
        place++;
    }
    while (place < n_items(tray))
        g_list_store_remove(tray->items, place);
}

void nt_unknown_tray_set_unknown(NtUnknownTray *tray, GPtrArray *unknown, const char *source)
{
    const guint before = n_items(tray);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    if (g_strcmp0(tray->source, source) != 0) { /* the numbers of another source mean other people */
        g_list_store_remove_all(tray->items);
        g_free(tray->source);
        tray->source = g_strdup(source);
    }
    for (guint i = 0; unknown && i < unknown->len; i++)
        g_ptr_array_add(sorted, unknown->pdata[i]);
    g_ptr_array_sort(sorted, by_number);
    merge_items(tray, sorted);
    gtk_stack_set_visible_child_name(tray->stack, n_items(tray) ? "list" : "empty");
    update_selected(tray);
    if (n_items(tray) != before)
        g_object_notify_by_pspec(G_OBJECT(tray), properties[PROP_N_UNKNOWN]);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    if (id == PROP_N_UNKNOWN)
        g_value_set_uint(value, n_items(NT_UNKNOWN_TRAY(object)));
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void dispose(GObject *object)
{
    g_clear_object(&NT_UNKNOWN_TRAY(object)->library);
    G_OBJECT_CLASS(nt_unknown_tray_parent_class)->dispose(object);
}

static void finalize(GObject *object)
{
    NtUnknownTray *tray = NT_UNKNOWN_TRAY(object);
    g_object_unref(tray->items);
    g_free(tray->source);
    G_OBJECT_CLASS(nt_unknown_tray_parent_class)->finalize(object);
}

static void nt_unknown_tray_class_init(NtUnknownTrayClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    object_class->get_property = get_property;
    object_class->dispose = dispose;
    object_class->finalize = finalize;
    properties[PROP_N_UNKNOWN] = g_param_spec_uint("n-unknown", NULL, NULL, 0, G_MAXUINT, 0,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
    g_object_class_install_properties(object_class, N_PROPERTIES, properties);
    signals[SEEK] = g_signal_new("seek", NT_TYPE_UNKNOWN_TRAY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                 G_TYPE_INT64);
    gtk_widget_class_set_template_from_resource(widget_class, "/org/nametag/Nametag/unknown-tray.ui");
    gtk_widget_class_bind_template_child(widget_class, NtUnknownTray, stack);
    gtk_widget_class_bind_template_child(widget_class, NtUnknownTray, list);
    gtk_widget_class_bind_template_child(widget_class, NtUnknownTray, bar);
    gtk_widget_class_bind_template_child(widget_class, NtUnknownTray, n_selected);
    gtk_widget_class_bind_template_child(widget_class, NtUnknownTray, name_button);
    gtk_widget_class_bind_template_callback(widget_class, on_name_selected);
}

static void nt_unknown_tray_init(NtUnknownTray *tray)
{
    gtk_widget_init_template(GTK_WIDGET(tray));
    tray->items = g_list_store_new(NT_TYPE_UNKNOWN_ITEM);
    gtk_list_box_bind_model(tray->list, G_LIST_MODEL(tray->items), make_row, tray, NULL);
}
