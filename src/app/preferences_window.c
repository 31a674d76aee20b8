#include "app/preferences_window.h"

#include <glib/gi18n.h>
#include <string.h>

#include "app/encrypt_dialog.h"
#include "app/settings.h"
#include "identity/gallery.h"
#include "media/devices.h"
#include "media/location.h"

struct _NtPreferencesWindow {
    AdwPreferencesWindow parent_instance;

    AdwComboRow *caution_row, *effort_row, *camera_row;
    GtkWidget *boxes_switch, *names_switch, *landmarks_switch, *remember_switch, *encrypt_button, *decrypt_button,
        *vault_spinner;
    AdwActionRow *gallery_row, *vault_row;

    GSettings *settings;
    NtLibrary *library;
    GtkFileChooserNative *chooser;
    GPtrArray *camera_ids; /* char *, of the camera row's items; "": the first */
    gboolean filling;      /* the camera row: nobody has selected anything */
    gboolean looking;      /* for cameras */
    gboolean changing;     /* the gallery is encrypted or decrypted */
};

G_DEFINE_FINAL_TYPE(NtPreferencesWindow, nt_preferences_window, ADW_TYPE_PREFERENCES_WINDOW)

/* Choices by their place in a row. */

static const char *const caution_nicks[] = {"cautious", "balanced", "eager", NULL};
static const char *const effort_nicks[] = {"low", "normal", "high", NULL};

static gboolean get_choice(GValue *value, GVariant *variant, gpointer nicks)
{
    const char *nick = g_variant_get_string(variant, NULL);
    for (guint i = 0; ((const char *const *)nicks)[i]; i++) {
        if (strcmp(((const char *const *)nicks)[i], nick) == 0) {
            g_value_set_uint(value, i);
            return TRUE;
        }
    }
    return FALSE;
}

static GVariant *set_choice(const GValue *value, const GVariantType *type, gpointer nicks)
{
    (void)type;
    const guint i = g_value_get_uint(value);
    return i < g_strv_length(nicks) ? g_variant_new_string(((const char *const *)nicks)[i]) : NULL;
}

static void bind_choice(NtPreferencesWindow *self, const char *key, AdwComboRow *row, const char *const *nicks)
{
    g_settings_bind_with_mapping(self->settings, key, row, "selected", G_SETTINGS_BIND_DEFAULT, get_choice, set_choice,
                                 (gpointer)nicks, NULL);
}

static void on_caution_selected(NtPreferencesWindow *self)
{
    static const char *const words[] = {
        N_("At most about 1 stranger in 1000 is given somebody’s name. People you know stay unsure more often."),
        N_("At most about 1 stranger in 100 is given somebody’s name."),
        N_("At most about 1 stranger in 20 is given somebody’s name. People you know are recognised more often."),
    };
    const guint selected = adw_combo_row_get_selected(self->caution_row);
    if (selected < G_N_ELEMENTS(words))
        adw_action_row_set_subtitle(ADW_ACTION_ROW(self->caution_row), _(words[selected]));
}

static void on_effort_selected(NtPreferencesWindow *self)
{
    static const char *const words[] = {
        N_("For slow computers: new faces are found a little later."),
        N_("New faces are found at once, from about 80 pixels on."),
        N_("Small faces are found too, from about 40 pixels on. This needs a fast computer."),
    };
    const guint selected = adw_combo_row_get_selected(self->effort_row);
    if (selected < G_N_ELEMENTS(words))
        adw_action_row_set_subtitle(ADW_ACTION_ROW(self->effort_row), _(words[selected]));
}

/* The cameras: looked for in a thread, whenever the window is turned to. */

static void on_camera_selected(NtPreferencesWindow *self)
{
    const guint selected = adw_combo_row_get_selected(self->camera_row);
    if (!self->filling && selected < self->camera_ids->len)
        g_settings_set_string(self->settings, NT_SETTING_CAMERA, self->camera_ids->pdata[selected]);
}

/* devices: NtDevice. A camera that is chosen and not there stays in the list. */
static void fill_cameras(NtPreferencesWindow *self, GPtrArray *devices)
{
    g_autofree char *chosen = g_settings_get_string(self->settings, NT_SETTING_CAMERA);
    g_autoptr(GtkStringList) names = gtk_string_list_new(NULL);
    guint selected = *chosen ? GTK_INVALID_LIST_POSITION : 0;
    g_ptr_array_set_size(self->camera_ids, 0);
    gtk_string_list_append(names, _("First camera"));
    g_ptr_array_add(self->camera_ids, g_strdup(""));
    for (guint i = 0; devices && i < devices->len; i++) {
        const NtDevice *device = devices->pdata[i];
        if (strcmp(device->id, chosen) == 0)
            selected = self->camera_ids->len;
        gtk_string_list_append(names, device->name);
        g_ptr_array_add(self->camera_ids, g_strdup(device->id));
    }
    if (selected == GTK_INVALID_LIST_POSITION) {
        const char *colon = strchr(chosen, ':');
        g_autofree char *name = g_strdup_printf(_("%s (not connected)"), colon ? colon + 1 : chosen);
        selected = self->camera_ids->len;
        gtk_string_list_append(names, name);
        g_ptr_array_add(self->camera_ids, g_strdup(chosen));
    }
    self->filling = TRUE;
    adw_combo_row_set_model(self->camera_row, G_LIST_MODEL(names));
    adw_combo_row_set_selected(self->camera_row, selected);
    self->filling = FALSE;
}

static void list_cameras(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source, (void)data, (void)cancellable;
    g_task_return_pointer(task, nt_devices_list(NULL), (GDestroyNotify)g_ptr_array_unref);
}

static void on_cameras_listed(GObject *source, GAsyncResult *result, gpointer user)
{
    (void)user;
    NtPreferencesWindow *self = NT_PREFERENCES_WINDOW(source);
    g_autoptr(GPtrArray) devices = g_task_propagate_pointer(G_TASK(result), NULL);
    self->looking = FALSE;
    if (self->settings) /* still open */
        fill_cameras(self, devices);
}

static void on_active_changed(NtPreferencesWindow *self)
{
    if (!gtk_window_is_active(GTK_WINDOW(self)) || self->looking)
        return;
    self->looking = TRUE;
    g_autoptr(GTask) task = g_task_new(self, NULL, on_cameras_listed, NULL);
    g_task_run_in_thread(task, list_cameras);
}

/* The gallery's file. */

static void use_gallery(NtPreferencesWindow *self, const char *path)
{
    g_settings_set_string(self->settings, NT_SETTING_GALLERY, path);
}

static void on_gallery_chosen(NtPreferencesWindow *self, int response)
{
    g_autoptr(GtkFileChooserNative) chooser = g_steal_pointer(&self->chooser);
    g_autoptr(GFile) file =
        response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(chooser)) : NULL;
    g_autofree char *path = file ? g_file_get_path(file) : NULL;
    if (path && nt_location_is_lone_document(path))
        adw_preferences_window_add_toast(
            ADW_PREFERENCES_WINDOW(self),
            adw_toast_new(_("Inside this sandbox the gallery can only be in Nametag’s own folder.")));
    else if (path)
        use_gallery(self, path);
    else if (file)
        adw_preferences_window_add_toast(ADW_PREFERENCES_WINDOW(self),
                                         adw_toast_new(_("The gallery can only be in a folder of this computer.")));
}

static void ask_for_gallery(NtPreferencesWindow *self, GtkFileChooserAction action, const char *title,
                            const char *accept)
{
    if (self->chooser)
        return;
    self->chooser = gtk_file_chooser_native_new(title, GTK_WINDOW(self), action, accept, _("_Cancel"));
    GtkFileChooser *chooser = GTK_FILE_CHOOSER(self->chooser);
    gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(self->chooser), TRUE);
    g_autofree char *current = nt_settings_get_gallery(self->settings), *dir = g_path_get_dirname(current);
    g_autoptr(GFile) folder = g_file_new_for_path(dir);
    gtk_file_chooser_set_current_folder(chooser, folder, NULL);
    if (action == GTK_FILE_CHOOSER_ACTION_SAVE) {
        gtk_file_chooser_set_current_name(chooser, _("People.sqlite"));
    } else {
        g_autoptr(GtkFileFilter) galleries = gtk_file_filter_new(), all = gtk_file_filter_new();
        gtk_file_filter_set_name(galleries, _("Galleries"));
        gtk_file_filter_add_suffix(galleries, "sqlite");
        gtk_file_filter_set_name(all, _("All files"));
        gtk_file_filter_add_pattern(all, "*");
        gtk_file_chooser_add_filter(chooser, galleries);
        gtk_file_chooser_add_filter(chooser, all);
    }
    g_signal_connect_object(self->chooser, "response", G_CALLBACK(on_gallery_chosen), self, G_CONNECT_SWAPPED);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(self->chooser));
}

static void on_choose_gallery(GtkWidget *widget, const char *action, GVariant *parameter)
{
    (void)action, (void)parameter;
    ask_for_gallery(NT_PREFERENCES_WINDOW(widget), GTK_FILE_CHOOSER_ACTION_OPEN, _("Choose a Gallery"), _("_Choose"));
}

static void on_new_gallery(GtkWidget *widget, const char *action, GVariant *parameter)
{
    (void)action, (void)parameter;
    /* The file is made with the first person; one that is there already is opened, never replaced. */
    ask_for_gallery(NT_PREFERENCES_WINDOW(widget), GTK_FILE_CHOOSER_ACTION_SAVE, _("New Gallery"), _("_Create"));
}

static void on_usual_gallery(GtkWidget *widget, const char *action, GVariant *parameter)
{
    (void)action, (void)parameter;
    use_gallery(NT_PREFERENCES_WINDOW(widget), "");
}

/* Its encryption. */

static char *vault_words(NtPreferencesWindow *self, gboolean encrypted, gboolean writable)
{
    const char *words = nt_library_get_words(self->library);
    switch (nt_library_get_state(self->library)) {
    case NT_LIBRARY_OPEN:
        break;
    case NT_LIBRARY_LOCKED:
        return g_strdup(_("On. The gallery is locked: give its pass phrase in the main window."));
    case NT_LIBRARY_FAILED:
        return g_strdup(words ? words : _("The gallery cannot be opened."));
    default:
        return g_strdup(words ? words : _("The gallery is being opened…"));
    }
    if (!writable)
        return g_strdup(encrypted ? _("On. The file cannot be changed.") : _("Off. The file cannot be changed."));
    return g_strdup(encrypted ? _("On: without the key nobody can read names and pictures.")
                              : _("Off: whoever has the file can read names and pictures."));
}

static void update_gallery(NtPreferencesWindow *self)
{
    gboolean encrypted = FALSE, writable = FALSE;
    g_object_get(self->library, "encrypted", &encrypted, "writable", &writable, NULL);
    const gboolean open = nt_library_get_state(self->library) == NT_LIBRARY_OPEN;
    g_autofree char *usual = nt_gallery_default_path(), *set = nt_settings_get_gallery(self->settings);
    const char *path = nt_library_get_path(self->library) ? nt_library_get_path(self->library) : set;
    g_autofree char *shown = g_filename_display_name(path), *safe = g_markup_escape_text(shown, -1);
    adw_action_row_set_subtitle(self->gallery_row, safe);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "preferences.usual-gallery", strcmp(path, usual) != 0);

    g_autofree char *words = self->changing ? g_strdup(encrypted ? _("Decrypting…") : _("Encrypting…"))
                                            : vault_words(self, encrypted, writable);
    g_autofree char *safe_words = g_markup_escape_text(words, -1);
    adw_action_row_set_subtitle(self->vault_row, safe_words);
    gtk_widget_set_visible(self->vault_spinner, self->changing);
    gtk_widget_set_visible(self->encrypt_button, open && !encrypted && !self->changing);
    gtk_widget_set_visible(self->decrypt_button, open && encrypted && !self->changing);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "preferences.encrypt", open && writable);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "preferences.decrypt", open && writable);
    /* Not while it is rewritten. */
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "preferences.choose-gallery", !self->changing);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "preferences.new-gallery", !self->changing);
}

static void on_vault_done(NtLibrary *library, const GError *error, gpointer user)
{
    (void)library;
    g_autoptr(NtPreferencesWindow) self = user;
    self->changing = FALSE;
    if (!self->library) /* closed meanwhile */
        return;
    update_gallery(self);
    if (error)
        adw_preferences_window_add_toast(ADW_PREFERENCES_WINDOW(self), adw_toast_new(error->message));
}

static void begin_change(NtPreferencesWindow *self)
{
    self->changing = TRUE;
    update_gallery(self);
}

static void on_encrypt_answered(NtPreferencesWindow *self, const char *response, NtEncryptDialog *dialog)
{
    if (strcmp(response, "encrypt") != 0)
        return;
    begin_change(self);
    nt_library_encrypt(self->library, nt_encrypt_dialog_get_passphrase(dialog), on_vault_done, g_object_ref(self));
}

static void on_encrypt(GtkWidget *widget, const char *action, GVariant *parameter)
{
    (void)action, (void)parameter;
    NtEncryptDialog *dialog = nt_encrypt_dialog_new(GTK_WINDOW(widget));
    g_signal_connect_object(dialog, "response", G_CALLBACK(on_encrypt_answered), widget, G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(dialog));
}

static void on_decrypt_answered(NtPreferencesWindow *self, const char *response)
{
    if (strcmp(response, "decrypt") != 0)
        return;
    begin_change(self);
    nt_library_decrypt(self->library, on_vault_done, g_object_ref(self));
}

static void on_decrypt(GtkWidget *widget, const char *action, GVariant *parameter)
{
    (void)action, (void)parameter;
    GtkWidget *dialog = adw_message_dialog_new(
        GTK_WINDOW(widget), _("Decrypt the Gallery?"),
        _("Whoever has the file can then read the names of the people and see their pictures. Copies that were made of "
          "the "
          "encrypted file stay encrypted; those with a key in the keyring cannot be opened any more."));
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "decrypt", _("_Decrypt"),
                                     NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "decrypt", ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    g_signal_connect_object(dialog, "response", G_CALLBACK(on_decrypt_answered), widget, G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(dialog));
}

/* Making. */

static void bind_switch(NtPreferencesWindow *self, const char *key, GtkWidget *toggle)
{
    g_settings_bind(self->settings, key, toggle, "active", G_SETTINGS_BIND_DEFAULT);
}

NtPreferencesWindow *nt_preferences_window_new(GtkWindow *parent, GSettings *settings, NtLibrary *library)
{
    NtPreferencesWindow *self = g_object_new(NT_TYPE_PREFERENCES_WINDOW, "transient-for", parent, NULL);
    self->settings = g_object_ref(settings);
    self->library = g_object_ref(library);
    bind_choice(self, NT_SETTING_CAUTION, self->caution_row, caution_nicks);
    bind_choice(self, NT_SETTING_EFFORT, self->effort_row, effort_nicks);
    on_caution_selected(self);
    on_effort_selected(self);
    bind_switch(self, NT_SETTING_BOXES, self->boxes_switch);
    bind_switch(self, NT_SETTING_NAMES, self->names_switch);
    bind_switch(self, NT_SETTING_LANDMARKS, self->landmarks_switch);
    bind_switch(self, NT_SETTING_REMEMBER, self->remember_switch);
    fill_cameras(self, NULL);
    static const char *const watched[] = {"notify::state", "notify::words", "notify::encrypted", "notify::writable"};
    for (gsize i = 0; i < G_N_ELEMENTS(watched); i++)
        g_signal_connect_object(library, watched[i], G_CALLBACK(update_gallery), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(settings, "changed::" NT_SETTING_GALLERY, G_CALLBACK(update_gallery), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect(self, "notify::is-active", G_CALLBACK(on_active_changed), NULL);
    update_gallery(self);
    return self;
}

static void nt_preferences_window_dispose(GObject *object)
{
    NtPreferencesWindow *self = NT_PREFERENCES_WINDOW(object);
    g_clear_object(&self->chooser);
    g_clear_object(&self->library);
    g_clear_object(&self->settings);
    gtk_widget_dispose_template(GTK_WIDGET(self), NT_TYPE_PREFERENCES_WINDOW);
    G_OBJECT_CLASS(nt_preferences_window_parent_class)->dispose(object);
}

static void nt_preferences_window_finalize(GObject *object)
{
    g_ptr_array_unref(NT_PREFERENCES_WINDOW(object)->camera_ids);
    G_OBJECT_CLASS(nt_preferences_window_parent_class)->finalize(object);
}

static void nt_preferences_window_class_init(NtPreferencesWindowClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = nt_preferences_window_dispose;
    G_OBJECT_CLASS(klass)->finalize = nt_preferences_window_finalize;
    gtk_widget_class_set_template_from_resource(widget_class, "/org/nametag/Nametag/preferences-window.ui");
#define CHILD(name) gtk_widget_class_bind_template_child(widget_class, NtPreferencesWindow, name)
    CHILD(caution_row), CHILD(effort_row), CHILD(camera_row), CHILD(boxes_switch), CHILD(names_switch);
    CHILD(landmarks_switch), CHILD(remember_switch), CHILD(encrypt_button), CHILD(decrypt_button), CHILD(vault_spinner);
    CHILD(gallery_row), CHILD(vault_row);
#undef CHILD
    gtk_widget_class_bind_template_callback(widget_class, on_caution_selected);
    gtk_widget_class_bind_template_callback(widget_class, on_effort_selected);
    gtk_widget_class_bind_template_callback(widget_class, on_camera_selected);
    gtk_widget_class_install_action(widget_class, "preferences.choose-gallery", NULL, on_choose_gallery);
    gtk_widget_class_install_action(widget_class, "preferences.new-gallery", NULL, on_new_gallery);
    gtk_widget_class_install_action(widget_class, "preferences.usual-gallery", NULL, on_usual_gallery);
    gtk_widget_class_install_action(widget_class, "preferences.encrypt", NULL, on_encrypt);
    gtk_widget_class_install_action(widget_class, "preferences.decrypt", NULL, on_decrypt);
}

static void nt_preferences_window_init(NtPreferencesWindow *self)
{
    self->camera_ids = g_ptr_array_new_with_free_func(g_free);
    gtk_widget_init_template(GTK_WIDGET(self));
}
