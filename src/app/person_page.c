#include "app/person_page.h"

#include <glib/gi18n.h>

#include "app/person_row.h"
#include "app/words.h"

#define PICTURE_PX 96

struct _NtPersonPage {
    AdwBin parent_instance;
    GtkLabel *name, *facts, *advice;
    AdwAvatar *avatar;
    GtkFlowBox *pictures;
    GtkWidget *back;
    NtLibrary *library;
    NtPersonItem *item;
    GCancellable *listing; /* what is asked for now; an earlier answer is passed over */
};

G_DEFINE_FINAL_TYPE(NtPersonPage, nt_person_page, ADW_TYPE_BIN)

enum { CLOSE, N_SIGNALS };
static guint signals[N_SIGNALS];

static GtkWindow *window_of(GtkWidget *widget)
{
    GtkRoot *root = gtk_widget_get_root(widget);
    return GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL;
}

static AdwMessageDialog *ask(GtkWidget *parent, char *heading, const char *body, const char *yes_id, const char *yes,
                             AdwResponseAppearance appearance)
{
    g_autofree char *text = heading; /* names are text, not markup, which is the dialog's default */
    AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG(adw_message_dialog_new(window_of(parent), text, body));
    adw_message_dialog_add_responses(dialog, "cancel", _("Cancel"), yes_id, yes, NULL);
    adw_message_dialog_set_response_appearance(dialog, yes_id, appearance);
    adw_message_dialog_set_close_response(dialog, "cancel");
    return dialog;
}

/* What a dialog is about. */
typedef struct Question {
    NtLibrary *library;
    char *name, *other;
    GtkWidget *input; /* the entry or the list of a dialog; its */
} Question;

static Question *question_new(NtLibrary *library, const char *name, const char *other)
{
    Question *question = g_new0(Question, 1);
    question->library = g_object_ref(library);
    question->name = g_strdup(name);
    question->other = g_strdup(other);
    return question;
}

static void question_free(gpointer data, GClosure *closure)
{
    Question *question = data;
    (void)closure;
    g_object_unref(question->library);
    g_free(question->name);
    g_free(question->other);
    g_free(question);
}

static void show(AdwMessageDialog *dialog, GCallback on_yes, Question *question, const char *yes_id)
{
    g_autofree char *signal = g_strconcat("response::", yes_id, NULL);
    g_signal_connect_data(dialog, signal, on_yes, question, question_free, 0);
    gtk_window_present(GTK_WINDOW(dialog));
}

/* Rename. */

static void on_rename(AdwMessageDialog *dialog, const char *response, Question *question)
{
    (void)dialog, (void)response;
    nt_library_rename(question->library, question->name, gtk_editable_get_text(GTK_EDITABLE(question->input)), NULL,
                      NULL);
}

static void on_name_typed(GtkEditable *entry, AdwMessageDialog *dialog)
{
    g_autofree char *text = g_strstrip(g_strdup(gtk_editable_get_text(entry)));
    adw_message_dialog_set_response_enabled(dialog, "rename", *text != 0);
}

static void rename_person(GtkWidget *widget, const char *action, GVariant *parameter)
{
    NtPersonPage *page = NT_PERSON_PAGE(widget);
    (void)action, (void)parameter;
    if (!page->item)
        return;
    const char *name = nt_person_item_get_name(page->item);
    Question *question = question_new(page->library, name, NULL);
    AdwMessageDialog *dialog =
        ask(widget, g_strdup_printf(_("Rename %s"), name), NULL, "rename", _("Rename"), ADW_RESPONSE_SUGGESTED);
    question->input = gtk_entry_new();
    gtk_editable_set_text(GTK_EDITABLE(question->input), name);
    gtk_entry_set_activates_default(GTK_ENTRY(question->input), TRUE);
    gtk_accessible_update_property(GTK_ACCESSIBLE(question->input), GTK_ACCESSIBLE_PROPERTY_LABEL, _("New name"), -1);
    g_signal_connect_object(question->input, "changed", G_CALLBACK(on_name_typed), dialog, 0);
    adw_message_dialog_set_extra_child(dialog, question->input);
    adw_message_dialog_set_default_response(dialog, "rename");
    show(dialog, G_CALLBACK(on_rename), question, "rename");
    gtk_widget_grab_focus(question->input);
}

/* Merge. */

static void on_merge(AdwMessageDialog *dialog, const char *response, Question *question)
{
    (void)dialog, (void)response;
    if (question->input) {
        NtPersonItem *into = gtk_drop_down_get_selected_item(GTK_DROP_DOWN(question->input));
        if (into)
            nt_library_merge(question->library, question->name, nt_person_item_get_name(into), NULL, NULL);
    } else {
        nt_library_merge(question->library, question->name, question->other, NULL, NULL);
    }
}

void nt_person_page_ask_to_merge(GtkWidget *parent, NtLibrary *library, const char *from, const char *into)
{
    g_autofree char *body =
        g_strdup_printf(_("All pictures of %s become pictures of %s. This can be undone."), from, into);
    AdwMessageDialog *dialog = ask(parent, g_strdup_printf(_("Are %s and %s one person?"), from, into), body, "merge",
                                   _("Merge"), ADW_RESPONSE_SUGGESTED);
    show(dialog, G_CALLBACK(on_merge), question_new(library, from, into), "merge");
}

static gboolean is_another(gpointer item, gpointer user)
{
    return item != user;
}

static void merge_person(GtkWidget *widget, const char *action, GVariant *parameter)
{
    NtPersonPage *page = NT_PERSON_PAGE(widget);
    (void)action, (void)parameter;
    if (!page->item)
        return;
    const char *name = nt_person_item_get_name(page->item);
    Question *question = question_new(page->library, name, NULL);
    AdwMessageDialog *dialog = ask(widget, g_strdup_printf(_("Merge %s into"), name),
                                   _("All pictures become pictures of the person you choose. This can be undone."),
                                   "merge", _("Merge"), ADW_RESPONSE_SUGGESTED);
    GtkCustomFilter *filter = gtk_custom_filter_new(is_another, g_object_ref(page->item), g_object_unref);
    GtkFilterListModel *others =
        gtk_filter_list_model_new(g_object_ref(nt_library_get_people(page->library)), GTK_FILTER(filter));
    question->input =
        gtk_drop_down_new(G_LIST_MODEL(others), gtk_property_expression_new(NT_TYPE_PERSON_ITEM, NULL, "name"));
    gtk_drop_down_set_enable_search(GTK_DROP_DOWN(question->input), TRUE);
    gtk_accessible_update_property(GTK_ACCESSIBLE(question->input), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Merge into"), -1);
    adw_message_dialog_set_extra_child(dialog, question->input);
    show(dialog, G_CALLBACK(on_merge), question, "merge");
}

/* Forget. */

static void on_forget(AdwMessageDialog *dialog, const char *response, Question *question)
{
    (void)dialog, (void)response;
    nt_library_forget(question->library, question->name, NULL, NULL);
}

static void forget_person(GtkWidget *widget, const char *action, GVariant *parameter)
{
    NtPersonPage *page = NT_PERSON_PAGE(widget);
    (void)action, (void)parameter;
    if (!page->item)
        return;
    const char *name = nt_person_item_get_name(page->item);
    AdwMessageDialog *dialog =
        ask(widget, g_strdup_printf(_("Forget %s?"), name),
            _("The name and all pictures are erased for good, also from the gallery file itself and from what could be "
              "undone. This cannot be undone."),
            "forget", _("Forget"), ADW_RESPONSE_DESTRUCTIVE);
    show(dialog, G_CALLBACK(on_forget), question_new(page->library, name, NULL), "forget");
}

/* Pictures. */

static void set_cover(GtkWidget *widget, const char *action, GVariant *parameter)
{
    NtPersonPage *page = NT_PERSON_PAGE(widget);
    (void)action;
    if (page->item)
        nt_library_set_cover(page->library, nt_person_item_get_name(page->item), g_variant_get_int64(parameter), NULL,
                             NULL);
}

static void remove_face(GtkWidget *widget, const char *action, GVariant *parameter)
{
    NtPersonPage *page = NT_PERSON_PAGE(widget);
    const gint64 id = g_variant_get_int64(parameter);
    (void)action;
    if (page->item)
        nt_library_remove_faces(page->library, &id, 1, NULL, NULL);
}

#define FACE_ID "nt-face-id"

static void remove_selected(GtkWidget *widget, const char *action, GVariant *parameter)
{
    NtPersonPage *page = NT_PERSON_PAGE(widget);
    (void)action, (void)parameter;
    GtkWidget *focus = gtk_root_get_focus(gtk_widget_get_root(widget));
    GtkWidget *child = focus ? gtk_widget_get_ancestor(focus, GTK_TYPE_FLOW_BOX_CHILD) : NULL;
    const gint64 *id = child ? g_object_get_data(G_OBJECT(child), FACE_ID) : NULL;
    if (id && page->item)
        nt_library_remove_faces(page->library, id, 1, NULL, NULL);
}

static char *describe_face(const NtPersonFace *face, guint number)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, _("Picture %u"), number);
    if (face->cover)
        g_string_append_printf(text, ", %s", _("the cover"));
    if (face->aside)
        g_string_append_printf(text, ", %s", _("kept, but not used"));
    if (face->source && *face->source) {
        g_autofree char *file = g_path_get_basename(face->source);
        g_string_append_printf(text, "\n%s", file);
        if (face->pts_ns >= 0) {
            g_autofree char *time = nt_words_time(face->pts_ns, FALSE);
            g_string_append_printf(text, ", %s", time);
        }
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static GtkWidget *menu_of_face(const NtPersonFace *face)
{
    g_autoptr(GMenu) menu = g_menu_new();
    g_autoptr(GMenuItem) cover = g_menu_item_new(_("Set as cover"), NULL);
    g_autoptr(GMenuItem) gone = g_menu_item_new(_("Remove"), NULL);
    g_menu_item_set_action_and_target(cover, "person.set-cover", "x", face->id);
    g_menu_item_set_action_and_target(gone, "person.remove-face", "x", face->id);
    if (!face->cover)
        g_menu_append_item(menu, cover);
    g_menu_append_item(menu, gone);
    GtkWidget *button = gtk_menu_button_new();
    gtk_menu_button_set_icon_name(GTK_MENU_BUTTON(button), "view-more-symbolic");
    gtk_menu_button_set_menu_model(GTK_MENU_BUTTON(button), G_MENU_MODEL(menu));
    gtk_widget_set_tooltip_text(button, _("What to do with this picture"));
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("What to do with this picture"), -1);
    gtk_widget_set_halign(button, GTK_ALIGN_END);
    gtk_widget_set_valign(button, GTK_ALIGN_START);
    gtk_widget_add_css_class(button, "osd");
    gtk_widget_add_css_class(button, "circular");
    gtk_widget_add_css_class(button, "picture-menu");
    return button;
}

static void add_picture(NtPersonPage *page, const NtPersonFace *face, guint number)
{
    GtkWidget *overlay = gtk_overlay_new(), *child = gtk_flow_box_child_new();
    GtkWidget *picture = face->chip ? gtk_picture_new_for_paintable(GDK_PAINTABLE(face->chip)) : gtk_picture_new();
    g_autofree char *text = describe_face(face, number);
    gtk_widget_set_size_request(picture, PICTURE_PX, PICTURE_PX);
    gtk_picture_set_can_shrink(GTK_PICTURE(picture), TRUE);
    gtk_picture_set_content_fit(GTK_PICTURE(picture), GTK_CONTENT_FIT_COVER);
    gtk_widget_add_css_class(picture, "person-picture");
    if (face->aside)
        gtk_widget_add_css_class(picture, "aside");
    gtk_overlay_set_child(GTK_OVERLAY(overlay), picture);
    gtk_overlay_add_overlay(GTK_OVERLAY(overlay), menu_of_face(face));
    if (face->cover) {
        GtkWidget *star = gtk_image_new_from_icon_name("starred-symbolic");
        gtk_widget_set_halign(star, GTK_ALIGN_START);
        gtk_widget_set_valign(star, GTK_ALIGN_END);
        gtk_widget_add_css_class(star, "osd");
        gtk_widget_add_css_class(star, "cover-star");
        gtk_widget_set_tooltip_text(star, _("The cover"));
        gtk_overlay_add_overlay(GTK_OVERLAY(overlay), star);
    }
    gtk_flow_box_child_set_child(GTK_FLOW_BOX_CHILD(child), overlay);
    gtk_widget_set_tooltip_text(child, text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(child), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
    g_object_set_data_full(G_OBJECT(child), FACE_ID, g_memdup2(&face->id, sizeof face->id), g_free);
    gtk_flow_box_append(page->pictures, child);
}

typedef struct Listing {
    NtPersonPage *page;
    GCancellable *wanted;
} Listing;

static void on_faces(NtLibrary *library, const char *person, GPtrArray *faces, const GError *error, gpointer user)
{
    g_autofree Listing *listing = user;
    NtPersonPage *page = listing->page;
    (void)library, (void)person, (void)error; /* somebody who went: the page is closed anyway */
    if (!g_cancellable_is_cancelled(listing->wanted) && faces) {
        /* The focus stays at the place where it was: pictures are removed one after another. */
        GtkWidget *focus = gtk_widget_get_focus_child(GTK_WIDGET(page->pictures)), *child;
        const int place = focus ? gtk_flow_box_child_get_index(GTK_FLOW_BOX_CHILD(focus)) : -1;
        while ((child = gtk_widget_get_first_child(GTK_WIDGET(page->pictures))))
            gtk_flow_box_remove(page->pictures, child);
        for (guint i = 0; i < faces->len; i++)
            add_picture(page, faces->pdata[i], i + 1);
        GtkFlowBoxChild *next =
            place >= 0 ? gtk_flow_box_get_child_at_index(page->pictures, MIN(place, (int)faces->len - 1)) : NULL;
        if (next)
            gtk_widget_grab_focus(GTK_WIDGET(next));
    }
    g_object_unref(listing->wanted);
    g_object_unref(page);
}

static void list_pictures(NtPersonPage *page)
{
    if (page->listing)
        g_cancellable_cancel(page->listing);
    g_clear_object(&page->listing);
    if (!page->item || nt_library_get_state(page->library) != NT_LIBRARY_OPEN)
        return;
    Listing *listing = g_new0(Listing, 1);
    page->listing = g_cancellable_new();
    *listing = (Listing){g_object_ref(page), g_object_ref(page->listing)};
    nt_library_list_faces(page->library, nt_person_item_get_name(page->item), on_faces, listing);
}

/* The person. */

static void update(NtPersonPage *page)
{
    g_autofree char *facts = nt_person_facts(page->item);
    const char *name = nt_person_item_get_name(page->item), *advice = nt_person_item_get_advice(page->item);
    gtk_label_set_text(page->name, name);
    gtk_widget_set_tooltip_text(GTK_WIDGET(page->name), name);
    adw_avatar_set_text(page->avatar, name);
    adw_avatar_set_custom_image(page->avatar, nt_person_item_get_cover(page->item));
    gtk_label_set_text(page->facts, facts);
    gtk_label_set_text(page->advice, advice ? advice : "");
    gtk_widget_set_visible(GTK_WIDGET(page->advice), advice != NULL);
}

/* What cannot be done now is not offered. */
static void update_actions(NtPersonPage *page)
{
    static const char *const changing[] = {"person.rename",    "person.merge",       "person.forget",
                                           "person.set-cover", "person.remove-face", "person.remove-selected"};
    gboolean writable = FALSE;
    if (page->library)
        g_object_get(page->library, "writable", &writable, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(changing); i++)
        gtk_widget_action_set_enabled(GTK_WIDGET(page), changing[i], writable && page->item);
    if (writable && page->item && g_list_model_get_n_items(nt_library_get_people(page->library)) < 2)
        gtk_widget_action_set_enabled(GTK_WIDGET(page), "person.merge", FALSE);
}

void nt_person_page_set_person(NtPersonPage *page, NtPersonItem *item)
{
    GtkWidget *child;
    if (page->item == item)
        return;
    if (page->item)
        g_signal_handlers_disconnect_by_func(page->item, update, page);
    g_set_object(&page->item, item);
    while ((child = gtk_widget_get_first_child(GTK_WIDGET(page->pictures))))
        gtk_flow_box_remove(page->pictures, child);
    if (item) {
        g_signal_connect_object(item, "notify", G_CALLBACK(update), page, G_CONNECT_SWAPPED);
        update(page);
        gtk_widget_grab_focus(page->back);
    }
    list_pictures(page);
    update_actions(page);
}

NtPersonItem *nt_person_page_get_person(NtPersonPage *page)
{
    return page->item;
}

static void on_library_changed(NtPersonPage *page)
{
    if (page->item)
        list_pictures(page);
    update_actions(page);
}

void nt_person_page_set_library(NtPersonPage *page, NtLibrary *library)
{
    g_return_if_fail(!page->library);
    page->library = g_object_ref(library);
    g_signal_connect_object(library, "changed", G_CALLBACK(on_library_changed), page, G_CONNECT_SWAPPED);
    g_signal_connect_object(library, "notify::writable", G_CALLBACK(update_actions), page, G_CONNECT_SWAPPED);
    update_actions(page);
}

static void close_page(GtkWidget *widget, const char *action, GVariant *parameter)
{
    (void)action, (void)parameter;
    g_signal_emit(widget, signals[CLOSE], 0);
}

static void dispose(GObject *object)
{
    NtPersonPage *page = NT_PERSON_PAGE(object);
    if (page->listing)
        g_cancellable_cancel(page->listing);
    g_clear_object(&page->listing);
    g_clear_object(&page->item);
    g_clear_object(&page->library);
    G_OBJECT_CLASS(nt_person_page_parent_class)->dispose(object);
}

static void nt_person_page_class_init(NtPersonPageClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = dispose;
    signals[CLOSE] = g_signal_new("close", NT_TYPE_PERSON_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    gtk_widget_class_set_template_from_resource(widget_class, "/org/nametag/Nametag/person-page.ui");
    gtk_widget_class_bind_template_child(widget_class, NtPersonPage, name);
    gtk_widget_class_bind_template_child(widget_class, NtPersonPage, facts);
    gtk_widget_class_bind_template_child(widget_class, NtPersonPage, advice);
    gtk_widget_class_bind_template_child(widget_class, NtPersonPage, avatar);
    gtk_widget_class_bind_template_child(widget_class, NtPersonPage, pictures);
    gtk_widget_class_bind_template_child(widget_class, NtPersonPage, back);
    gtk_widget_class_install_action(widget_class, "person.close", NULL, close_page);
    gtk_widget_class_install_action(widget_class, "person.rename", NULL, rename_person);
    gtk_widget_class_install_action(widget_class, "person.merge", NULL, merge_person);
    gtk_widget_class_install_action(widget_class, "person.forget", NULL, forget_person);
    gtk_widget_class_install_action(widget_class, "person.set-cover", "x", set_cover);
    gtk_widget_class_install_action(widget_class, "person.remove-face", "x", remove_face);
    gtk_widget_class_install_action(widget_class, "person.remove-selected", NULL, remove_selected);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Delete, 0, "person.remove-selected", NULL);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Escape, 0, "person.close", NULL);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_F2, 0, "person.rename", NULL);
}

static void nt_person_page_init(NtPersonPage *page)
{
    gtk_widget_init_template(GTK_WIDGET(page));
}
