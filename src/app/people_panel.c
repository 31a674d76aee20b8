#include "app/people_panel.h"

#include "app/person_item.h"
#include "app/person_page.h"
#include "app/person_row.h"

struct _NtPeoplePanel {
    AdwBin parent_instance;
    AdwLeaflet *leaflet;
    GtkWidget *list_page;
    GtkSearchEntry *search;
    GtkStack *stack;
    GtkListView *list;
    AdwStatusPage *closed;
    NtPersonPage *person_page;
    NtLibrary *library;
    GtkStringFilter *filter;
    GListModel *shown; /* those found; the list's selection model has it */
};

G_DEFINE_FINAL_TYPE(NtPeoplePanel, nt_people_panel, ADW_TYPE_BIN)

static void show_list(NtPeoplePanel *panel)
{
    adw_leaflet_set_visible_child(panel->leaflet, panel->list_page);
}

static void show_person(NtPeoplePanel *panel, NtPersonItem *item)
{
    nt_person_page_set_person(panel->person_page, item);
    adw_leaflet_set_visible_child(panel->leaflet, GTK_WIDGET(panel->person_page));
}

static gboolean is_there(NtPeoplePanel *panel, NtPersonItem *item)
{
    GListModel *people = nt_library_get_people(panel->library);
    for (guint i = 0; i < g_list_model_get_n_items(people); i++) {
        g_autoptr(NtPersonItem) other = g_list_model_get_item(people, i);
        if (other == item)
            return TRUE;
    }
    return FALSE;
}

/* Which of the pages is right; the page of somebody who went is left. */
static void update(NtPeoplePanel *panel)
{
    const NtLibraryState state = nt_library_get_state(panel->library);
    const char *words = nt_library_get_words(panel->library);
    const guint n = g_list_model_get_n_items(nt_library_get_people(panel->library));
    const char *page = state != NT_LIBRARY_OPEN                      ? "closed"
                       : n == 0                                      ? "empty"
                       : g_list_model_get_n_items(panel->shown) == 0 ? "nothing"
                                                                     : "list";
    g_autofree char *safe = words ? g_markup_escape_text(words, -1) : NULL; /* a description is markup */
    adw_status_page_set_description(panel->closed, safe);
    gtk_stack_set_visible_child_name(panel->stack, page);
    gtk_widget_set_visible(GTK_WIDGET(panel->search), n > 0);
}

/* Once the list is as it is going to be: somebody who is renamed leaves their place for a moment. */
static void on_changed(NtPeoplePanel *panel)
{
    NtPersonItem *item = nt_person_page_get_person(panel->person_page);
    if (item && !is_there(panel, item))
        show_list(panel);
    update(panel);
}

static void on_search_changed(NtPeoplePanel *panel)
{
    gtk_string_filter_set_search(panel->filter, gtk_editable_get_text(GTK_EDITABLE(panel->search)));
}

/* Enter opens the first one found. */
static void on_search_activated(NtPeoplePanel *panel)
{
    g_autoptr(NtPersonItem) item = g_list_model_get_item(panel->shown, 0);
    if (item)
        show_person(panel, item);
}

static void on_row_activated(GtkListView *list, guint position, NtPeoplePanel *panel)
{
    (void)list;
    g_autoptr(NtPersonItem) item = g_list_model_get_item(panel->shown, position);
    if (item)
        show_person(panel, item);
}

static void on_page_closed(NtPeoplePanel *panel)
{
    show_list(panel);
}

/* Back at the list, also by a swipe: the page lets go of the person. */
static void on_page_shown(NtPeoplePanel *panel)
{
    if (adw_leaflet_get_visible_child(panel->leaflet) != panel->list_page)
        return;
    nt_person_page_set_person(panel->person_page, NULL);
    if (panel->list)
        gtk_widget_grab_focus(GTK_WIDGET(panel->list));
}

/* Rows. */

static void on_merge(NtPersonRow *row, NtPersonItem *from, NtPersonItem *into, NtPeoplePanel *panel)
{
    (void)row;
    gboolean writable;
    g_object_get(panel->library, "writable", &writable, NULL);
    if (writable)
        nt_person_page_ask_to_merge(GTK_WIDGET(panel), panel->library, nt_person_item_get_name(from),
                                    nt_person_item_get_name(into));
}

static void on_setup(GtkSignalListItemFactory *factory, GtkListItem *item, NtPeoplePanel *panel)
{
    (void)factory;
    GtkWidget *row = nt_person_row_new();
    g_signal_connect_object(row, "merge", G_CALLBACK(on_merge), panel, 0);
    gtk_list_item_set_child(item, row);
}

static void on_bind(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    nt_person_row_set_item(NT_PERSON_ROW(gtk_list_item_get_child(item)), gtk_list_item_get_item(item));
}

static void on_unbind(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    nt_person_row_set_item(NT_PERSON_ROW(gtk_list_item_get_child(item)), NULL);
}

/* From outside. */

void nt_people_panel_set_library(NtPeoplePanel *panel, NtLibrary *library)
{
    g_return_if_fail(!panel->library);
    panel->library = g_object_ref(library);
    panel->filter = gtk_string_filter_new(gtk_property_expression_new(NT_TYPE_PERSON_ITEM, NULL, "name"));
    gtk_string_filter_set_match_mode(panel->filter, GTK_STRING_FILTER_MATCH_MODE_SUBSTRING);
    panel->shown = G_LIST_MODEL(gtk_filter_list_model_new(g_object_ref(nt_library_get_people(library)),
                                                          g_object_ref(GTK_FILTER(panel->filter))));
    g_autoptr(GtkNoSelection) selection = gtk_no_selection_new(g_object_ref(panel->shown));
    gtk_list_view_set_model(panel->list, GTK_SELECTION_MODEL(selection));
    nt_person_page_set_library(panel->person_page, library);
    g_signal_connect_object(panel->shown, "items-changed", G_CALLBACK(update), panel, G_CONNECT_SWAPPED);
    g_signal_connect_object(library, "changed", G_CALLBACK(on_changed), panel, G_CONNECT_SWAPPED);
    g_signal_connect_object(library, "notify", G_CALLBACK(update), panel, G_CONNECT_SWAPPED);
    update(panel);
}

void nt_people_panel_search(NtPeoplePanel *panel)
{
    show_list(panel);
    gtk_widget_grab_focus(GTK_WIDGET(panel->search));
}

void nt_people_panel_open_person(NtPeoplePanel *panel, const char *name)
{
    GListModel *people = nt_library_get_people(panel->library);
    for (guint i = 0; i < g_list_model_get_n_items(people); i++) {
        g_autoptr(NtPersonItem) item = g_list_model_get_item(people, i);
        if (g_str_equal(nt_person_item_get_name(item), name)) {
            show_person(panel, item);
            return;
        }
    }
}

static void dispose(GObject *object)
{
    NtPeoplePanel *panel = NT_PEOPLE_PANEL(object);
    if (panel->list)
        gtk_list_view_set_model(panel->list, NULL);
    g_clear_object(&panel->shown);
    g_clear_object(&panel->filter);
    g_clear_object(&panel->library);
    G_OBJECT_CLASS(nt_people_panel_parent_class)->dispose(object);
}

static void nt_people_panel_class_init(NtPeoplePanelClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = dispose;
    g_type_ensure(NT_TYPE_PERSON_PAGE);
    gtk_widget_class_set_template_from_resource(widget_class, "/org/nametag/Nametag/people-panel.ui");
    gtk_widget_class_bind_template_child(widget_class, NtPeoplePanel, leaflet);
    gtk_widget_class_bind_template_child(widget_class, NtPeoplePanel, list_page);
    gtk_widget_class_bind_template_child(widget_class, NtPeoplePanel, search);
    gtk_widget_class_bind_template_child(widget_class, NtPeoplePanel, stack);
    gtk_widget_class_bind_template_child(widget_class, NtPeoplePanel, list);
    gtk_widget_class_bind_template_child(widget_class, NtPeoplePanel, closed);
    gtk_widget_class_bind_template_child(widget_class, NtPeoplePanel, person_page);
    gtk_widget_class_bind_template_callback(widget_class, on_search_changed);
    gtk_widget_class_bind_template_callback(widget_class, on_search_activated);
    gtk_widget_class_bind_template_callback(widget_class, on_row_activated);
    gtk_widget_class_bind_template_callback(widget_class, on_page_closed);
    gtk_widget_class_bind_template_callback(widget_class, on_page_shown);
}

static void nt_people_panel_init(NtPeoplePanel *panel)
{
    gtk_widget_init_template(GTK_WIDGET(panel));
    g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new();
    g_signal_connect_object(factory, "setup", G_CALLBACK(on_setup), panel, 0);
    g_signal_connect(factory, "bind", G_CALLBACK(on_bind), NULL);
    g_signal_connect(factory, "unbind", G_CALLBACK(on_unbind), NULL);
    gtk_list_view_set_factory(panel->list, factory);
}
