#include <glib/gi18n.h>

#include "app/window_private.h"

static void on_file_chosen(GtkNativeDialog *dialog, int response, gpointer user)
{
    if (response == GTK_RESPONSE_ACCEPT) {
        g_autoptr(GFile) file = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog));
        g_autofree char *path = g_file_get_path(file), *uri = g_file_get_uri(file);
        nt_window_open(NT_WINDOW(user), path ? path : uri);
    }
    g_object_unref(dialog);
}

static void add_filter(GtkFileChooser *chooser, const char *name, const char *const *types)
{
    g_autoptr(GtkFileFilter) filter = gtk_file_filter_new();
    gtk_file_filter_set_name(filter, name);
    for (; *types; types++)
        gtk_file_filter_add_mime_type(filter, *types);
    gtk_file_chooser_add_filter(chooser, filter);
}

/* It begins with the recent files. Where there are none yet, that is an empty list, which tells a new user nothing. */
static void start_where_files_are(GtkFileChooser *chooser)
{
    GList *recent = gtk_recent_manager_get_items(gtk_recent_manager_get_default());
    if (!recent) {
        const char *videos = g_get_user_special_dir(G_USER_DIRECTORY_VIDEOS);
        const gboolean there = videos && g_file_test(videos, G_FILE_TEST_IS_DIR);
        g_autoptr(GFile) folder = g_file_new_for_path(there ? videos : g_get_home_dir());
        gtk_file_chooser_set_current_folder(chooser, folder, NULL);
    }
    g_list_free_full(recent, (GDestroyNotify)gtk_recent_info_unref);
}

void nt_window_choose_file(NtWindow *self)
{
    static const char *const shown[] = {"video/*", "image/*", "application/mxf", "application/vnd.rn-realmedia", NULL};
    static const char *const clips[] = {"video/*", NULL}, *const pictures[] = {"image/*", NULL};
    GtkFileChooserNative *dialog = gtk_file_chooser_native_new(_("Open a Clip or a Picture"), GTK_WINDOW(self),
                                                               GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), NULL);
    GtkFileChooser *chooser = GTK_FILE_CHOOSER(dialog);
    add_filter(chooser, _("Clips and pictures"), shown);
    add_filter(chooser, _("Clips"), clips);
    add_filter(chooser, _("Pictures"), pictures);
    g_autoptr(GtkFileFilter) all = gtk_file_filter_new();
    gtk_file_filter_set_name(all, _("All files"));
    gtk_file_filter_add_pattern(all, "*");
    gtk_file_chooser_add_filter(chooser, all);
    start_where_files_are(chooser);
    g_signal_connect_object(dialog, "response", G_CALLBACK(on_file_chosen), self, 0);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(dialog));
}

/* A window's dialog of a file of ui/, with its entry; the builder's to unref with *builder. */
static AdwMessageDialog *load_dialog(NtWindow *self, const char *resource, GtkBuilder **builder)
{
    *builder = gtk_builder_new_from_resource(resource);
    AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG(gtk_builder_get_object(*builder, "dialog"));
    gtk_window_set_transient_for(GTK_WINDOW(dialog), GTK_WINDOW(self));
    g_object_set_data_full(G_OBJECT(dialog), "entry", g_object_ref(gtk_builder_get_object(*builder, "entry")),
                           g_object_unref);
    return dialog;
}

static const char *entry_text(gpointer dialog)
{
    return gtk_editable_get_text(GTK_EDITABLE(g_object_get_data(dialog, "entry")));
}

/* Addresses. */

static gboolean is_address(const char *text)
{
    g_autofree char *scheme = g_uri_parse_scheme(text);
    return scheme && strstr(text, "://") && strlen(strstr(text, "://")) > strlen("://");
}

static void on_address_typed(GtkEditable *entry, GtkBuilder *builder)
{
    g_autofree char *text = g_strstrip(g_strdup(gtk_editable_get_text(entry)));
    const gboolean good = is_address(text);
    AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG(gtk_builder_get_object(builder, "dialog"));
    adw_message_dialog_set_response_enabled(dialog, "open", good);
    gtk_label_set_label(
        GTK_LABEL(gtk_builder_get_object(builder, "hint")),
        good || !*text ? ""
                       : _("An address begins with rtsp://, http:// or https://, and names a camera or a server."));
}

static void on_address(AdwMessageDialog *dialog, const char *response, gpointer user)
{
    g_autofree char *text = g_strstrip(g_strdup(entry_text(dialog)));
    if (g_str_equal(response, "open") && is_address(text))
        nt_window_open(NT_WINDOW(user), text);
}

void nt_window_ask_address(NtWindow *self)
{
    g_autoptr(GtkBuilder) builder = NULL;
    AdwMessageDialog *dialog = load_dialog(self, "/org/nametag/Nametag/address-dialog.ui", &builder);
    g_signal_connect_data(gtk_builder_get_object(builder, "entry"), "changed", G_CALLBACK(on_address_typed),
                          g_object_ref(builder), (GClosureNotify)(void (*)(void))g_object_unref, 0);
    g_signal_connect_object(dialog, "response", G_CALLBACK(on_address), self, 0);
    gtk_window_present(GTK_WINDOW(dialog));
    gtk_widget_grab_focus(g_object_get_data(G_OBJECT(dialog), "entry"));
}

/* The pass phrase of an encrypted gallery. */

static void on_pass_phrase_typed(GtkEditable *entry, AdwMessageDialog *dialog)
{
    adw_message_dialog_set_response_enabled(dialog, "unlock", *gtk_editable_get_text(entry) != '\0');
}

static void on_pass_phrase(AdwMessageDialog *dialog, const char *response, gpointer user)
{
    NtWindow *self = NT_WINDOW(user);
    self->unlock_refused = !g_str_equal(response, "unlock");
    if (!self->unlock_refused)
        nt_library_unlock(self->library, entry_text(dialog));
    nt_window_update_notice(self);
}

void nt_window_ask_pass_phrase(NtWindow *self)
{
    if (self->unlock)
        return;
    g_autoptr(GtkBuilder) builder = NULL;
    AdwMessageDialog *dialog = load_dialog(self, "/org/nametag/Nametag/unlock-dialog.ui", &builder);
    const char *words = nt_library_get_words(self->library);
    g_autofree char *shown = g_filename_display_name(nt_library_get_path(self->library));
    g_autofree char *body = g_strdup_printf(_("The people in “%s” are encrypted."), shown);
    adw_message_dialog_set_body(dialog, words ? words : body);
    g_set_weak_pointer(&self->unlock, GTK_WIDGET(dialog));
    g_signal_connect_object(g_object_get_data(G_OBJECT(dialog), "entry"), "changed", G_CALLBACK(on_pass_phrase_typed),
                            dialog, 0);
    g_signal_connect_object(dialog, "response", G_CALLBACK(on_pass_phrase), self, 0);
    gtk_window_present(GTK_WINDOW(dialog));
    gtk_widget_grab_focus(g_object_get_data(G_OBJECT(dialog), "entry"));
}
