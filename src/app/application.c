#include "app/application.h"

#include <stdlib.h>
#include <glib/gi18n.h>

#include "app/config.h"
#include "app/settings.h"
#include "app/time_line.h"
#include "app/window.h"
#include "media/location.h"

struct _NtApplication {
    AdwApplication parent_instance;

    GSettings *settings;
    NtLibrary *library;
    char *gallery; /* given on the command line: it wins over the settings */
    NtModelSet *models;
    char *models_words;
    gint64 began_us;
};

G_DEFINE_FINAL_TYPE(NtApplication, nt_application, ADW_TYPE_APPLICATION)

enum { MODELS_READY, N_SIGNALS };
static guint signals[N_SIGNALS];

/* The gallery. */

static char *gallery_path(NtApplication *self)
{
    return self->gallery ? g_strdup(self->gallery) : nt_settings_get_gallery(self->settings);
}

static void open_gallery(NtApplication *self)
{
    g_autofree char *path = gallery_path(self);
    if (self->models)
        nt_library_open(self->library, path, self->models, g_settings_get_enum(self->settings, NT_SETTING_CAUTION));
}

static void on_gallery_changed(NtApplication *self)
{
    g_clear_pointer(&self->gallery, g_free);
    open_gallery(self);
}

static void on_caution_changed(NtApplication *self)
{
    nt_library_set_caution(self->library, g_settings_get_enum(self->settings, NT_SETTING_CAUTION));
}

/* The models: mapped and laid out in a thread, while the window is there already. */

static void load_models(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source, (void)data, (void)cancellable;
    GError *error = NULL;
    NtModelSet *models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    if (models) {
        nt_model_set_prepare_for_clips(models);
        g_task_return_pointer(task, models, (GDestroyNotify)nt_model_set_unref);
    } else {
        g_task_return_error(task, error);
    }
}

static void on_models_loaded(GObject *source, GAsyncResult *result, gpointer user)
{
    (void)user;
    NtApplication *self = NT_APPLICATION(source);
    g_autoptr(GError) error = NULL;
    self->models = g_task_propagate_pointer(G_TASK(result), &error);
    if (self->models)
        open_gallery(self);
    else
        self->models_words = g_strdup(error->message);
    g_signal_emit(self, signals[MODELS_READY], 0);
}

/* The window that something is opened in. */
static NtWindow *current_window(NtApplication *self, gboolean new_window)
{
    GtkWindow *window = new_window ? NULL : gtk_application_get_active_window(GTK_APPLICATION(self));
    while (window && !NT_IS_WINDOW(window))
        window = gtk_window_get_transient_for(window);
    return window ? NT_WINDOW(window) : nt_window_new(self);
}

/* Actions. */

static void on_quit(GSimpleAction *action, GVariant *parameter, gpointer user)
{
    (void)action, (void)parameter;
    GList *windows = g_list_copy(gtk_application_get_windows(user));
    for (GList *window = windows; window; window = window->next)
        gtk_window_close(window->data);
    g_list_free(windows);
}

static void on_new_window(GSimpleAction *action, GVariant *parameter, gpointer user)
{
    (void)action, (void)parameter;
    gtk_window_present(GTK_WINDOW(nt_window_new(user)));
}

/* Of the launcher's menu: a camera in the window that there is. */
static void on_open_camera(GSimpleAction *action, GVariant *parameter, gpointer user)
{
    (void)action, (void)parameter;
    NtWindow *window = current_window(user, FALSE);
    gtk_window_present(GTK_WINDOW(window));
    nt_window_open(window, NULL);
}

static const char about_comments[] = N_("Names the faces in video as it plays.\n\n"
                                        "The 68-point landmark model was trained on the 300-W pictures, whose terms "
                                        "exclude commercial use; everything else "
                                        "is free for any use.");

static void on_about(GSimpleAction *action, GVariant *parameter, gpointer user)
{
    (void)action, (void)parameter;
    GtkWindow *parent = gtk_application_get_active_window(user);
    GtkWidget *about = adw_about_window_new();
    g_object_set(about, "transient-for", parent, "modal", TRUE, "application-name", _("Nametag"), "application-icon",
                 "org.nametag.Nametag", "version", NT_VERSION, "comments", _(about_comments), "license-type",
                 GTK_LICENSE_MIT_X11,
                 /* Translators: your name, to be shown in the About window. */
                 "translator-credits", _("translator-credits"), NULL);
    adw_about_window_add_legal_section(ADW_ABOUT_WINDOW(about), _("Face detector and its filters"),
                                       "© Davis King, dlib", GTK_LICENSE_CUSTOM, _("Boost Software License 1.0"));
    adw_about_window_add_legal_section(
        ADW_ABOUT_WINDOW(about), _("68-point landmark model"), "© Davis King, dlib", GTK_LICENSE_CUSTOM,
        _("CC0 1.0. It was trained on the iBUG 300-W data set, whose licence excludes commercial use."));
    adw_about_window_add_legal_section(ADW_ABOUT_WINDOW(about), _("Face embedding network"),
                                       "© Vladimir Mandic, Davis King", GTK_LICENSE_MIT_X11, NULL);
    gtk_window_present(GTK_WINDOW(about));
}

static const GActionEntry actions[] = {
    {.name = "quit", .activate = on_quit},
    {.name = "new-window", .activate = on_new_window},
    {.name = "open-camera", .activate = on_open_camera},
    {.name = "about", .activate = on_about},
};

/* Every shortcut there is; ui/shortcuts.ui shows them. Those without a modifier are the window's (window.c): here they
 * would be taken from the entries. */
static const struct {
    const char *action;
    const char *keys[3];
} shortcuts[] = {
    {"app.quit", {"<primary>q"}},
    {"app.new-window", {"<primary>n"}},
    {"window.close", {"<primary>w"}},
    {"win.show-help-overlay", {"<primary>question"}},
    {"win.preferences", {"<primary>comma"}},
    {"win.open-file", {"<primary>o"}},
    {"win.open-address", {"<primary>l"}},
    {"win.open-first-camera", {"<primary>k"}},
    {"win.export", {"<primary>e"}},
    {"win.save-picture", {"<primary>s"}},
    {"win.undo", {"<primary>z"}},
    {"win.redo", {"<primary><shift>z", "<primary>y"}},
    {"win.search-people", {"<primary>f"}},
    {"win.side-pane", {"F9"}},
    {"win.fullscreen", {"F11"}},
    {"win.pane::people", {"<primary>1"}},
    {"win.pane::unknown", {"<primary>2"}},
    {"win.pane::explain", {"<primary>3"}},
};

/* GApplication. */

static void nt_application_startup(GApplication *application)
{
    NtApplication *self = NT_APPLICATION(application);
    if (!gtk_init_check()) { /* GTK's own startup would end the program as well, with less of a word */
        g_printerr("nametag-gtk: %s\n", _("there is no display to open a window on; 'nametag' works without one"));
        exit(1);
    }
    /* By this name X11 finds the desktop entry (StartupWMClass); the help before has the command's. */
    g_set_prgname("org.nametag.Nametag");
    G_APPLICATION_CLASS(nt_application_parent_class)->startup(application);
    gtk_window_set_default_icon_name("org.nametag.Nametag");
    self->settings = nt_settings_new();
    self->library = nt_library_new();
    g_signal_connect_object(self->settings, "changed::" NT_SETTING_GALLERY, G_CALLBACK(on_gallery_changed), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(self->settings, "changed::" NT_SETTING_CAUTION, G_CALLBACK(on_caution_changed), self,
                            G_CONNECT_SWAPPED);
    g_action_map_add_action_entries(G_ACTION_MAP(self), actions, G_N_ELEMENTS(actions), self);
    for (gsize i = 0; i < G_N_ELEMENTS(shortcuts); i++)
        gtk_application_set_accels_for_action(GTK_APPLICATION(self), shortcuts[i].action, shortcuts[i].keys);

    g_autoptr(GTask) task = g_task_new(self, NULL, on_models_loaded, NULL);
    g_task_run_in_thread(task, load_models);
}

static void nt_application_activate(GApplication *application)
{
    gtk_window_present(GTK_WINDOW(current_window(NT_APPLICATION(application), FALSE)));
}

/* What file managers and launchers hand over by D-Bus, without a command line. */
static void nt_application_open(GApplication *application, GFile **files, int n, const char *hint)
{
    (void)hint;
    NtApplication *self = NT_APPLICATION(application);
    for (int i = 0; i < n; i++) {
        g_autofree char *path = g_file_get_path(files[i]);
        g_autofree char *location = path ? g_steal_pointer(&path) : g_file_get_uri(files[i]);
        NtWindow *window = current_window(self, i > 0);
        gtk_window_present(GTK_WINDOW(window));
        nt_window_open(window, location);
    }
}

/* A file of the caller's folder, or what is not a file (an address, "pipewire:...") as it is. */
static char *location_of(GApplicationCommandLine *line, const char *argument)
{
    g_autoptr(GFile) file = g_application_command_line_create_file_for_arg(line, argument);
    g_autofree char *path = g_file_get_path(file);
    const gboolean is_address = strchr(argument, ':') && !(path && g_file_test(path, G_FILE_TEST_EXISTS));
    return is_address || !path ? g_strdup(argument) : g_steal_pointer(&path);
}

static int nt_application_command_line(GApplication *application, GApplicationCommandLine *line)
{
    NtApplication *self = NT_APPLICATION(application);
    GVariantDict *options = g_application_command_line_get_options_dict(line);
    const char *gallery = NULL, *camera = NULL;
    g_autofree const char **locations = NULL;
    const gboolean new_window = g_variant_dict_contains(options, "new-window");
    g_variant_dict_lookup(options, "gallery", "^&ay", &gallery);
    g_variant_dict_lookup(options, "camera", "&s", &camera);
    g_variant_dict_lookup(options, G_OPTION_REMAINING, "^a&ay", &locations);

    if (gallery) {
        g_autoptr(GFile) file = g_application_command_line_create_file_for_arg(line, gallery);
        g_free(self->gallery);
        self->gallery = g_file_get_path(file);
        open_gallery(self);
    }
    NtWindow *window = current_window(self, new_window);
    gtk_window_present(GTK_WINDOW(window));
    if (camera)
        nt_window_open(window, *camera ? camera : NULL);
    for (gsize i = 0; locations && locations[i]; i++) {
        g_autofree char *location = location_of(line, locations[i]);
        if (i > 0) {
            window = nt_window_new(self);
            gtk_window_present(GTK_WINDOW(window));
        }
        nt_window_open(window, location);
    }
    return 0;
}

static int nt_application_handle_local_options(GApplication *application, GVariantDict *options)
{
    (void)application;
    if (g_variant_dict_contains(options, "version")) {
        g_print("nametag-gtk %s\n", NT_VERSION);
        return 0;
    }
    return -1;
}

static void nt_application_shutdown(GApplication *application)
{
    NtApplication *self = NT_APPLICATION(application);
    if (self->library)
        nt_library_close(self->library);
    nt_time_line_wait_all();
    G_APPLICATION_CLASS(nt_application_parent_class)->shutdown(application);
}

static void nt_application_finalize(GObject *object)
{
    NtApplication *self = NT_APPLICATION(object);
    g_clear_object(&self->settings);
    g_clear_object(&self->library);
    g_clear_pointer(&self->models, nt_model_set_unref);
    g_free(self->gallery);
    g_free(self->models_words);
    G_OBJECT_CLASS(nt_application_parent_class)->finalize(object);
}

static void nt_application_class_init(NtApplicationClass *klass)
{
    GApplicationClass *application_class = G_APPLICATION_CLASS(klass);
    G_OBJECT_CLASS(klass)->finalize = nt_application_finalize;
    application_class->startup = nt_application_startup;
    application_class->activate = nt_application_activate;
    application_class->open = nt_application_open;
    application_class->command_line = nt_application_command_line;
    application_class->handle_local_options = nt_application_handle_local_options;
    application_class->shutdown = nt_application_shutdown;
    signals[MODELS_READY] =
        g_signal_new("models-ready", NT_TYPE_APPLICATION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void nt_application_init(NtApplication *self)
{
    static const GOptionEntry options[] = {
        {"gallery", 'g', 0, G_OPTION_ARG_FILENAME, NULL,
         N_("The file with the people, instead of the one of the settings"), N_("FILE")},
        {"camera", 'c', 0, G_OPTION_ARG_STRING, NULL, N_("Open a camera by its name; “nametag devices” lists them"),
         N_("NAME")},
        {"new-window", 'w', 0, G_OPTION_ARG_NONE, NULL, N_("Open in a new window"), NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Show the version"), NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, NULL, NULL, N_("[FILE|ADDRESS…]")},
        {NULL},
    };
    self->began_us = g_get_monotonic_time();
    g_application_add_main_option_entries(G_APPLICATION(self), options);
    g_application_set_option_context_summary(
        G_APPLICATION(self), _("Opens clips, pictures, cameras and network cameras, and shows who is in them.\n\n"
                               "Examples:\n"
                               "  nametag-gtk holiday.mp4                  a clip\n"
                               "  nametag-gtk --camera \"\"                  the first camera\n"
                               "  nametag-gtk rtsp://192.168.1.20/live     a network camera"));
}

NtApplication *nt_application_new(void)
{
    return g_object_new(NT_TYPE_APPLICATION, "application-id", "org.nametag.Nametag", "flags",
                        G_APPLICATION_HANDLES_COMMAND_LINE | G_APPLICATION_HANDLES_OPEN, "resource-base-path", "/org/nametag/Nametag", NULL);
}

GSettings *nt_application_get_settings(NtApplication *application)
{
    return application->settings;
}

NtLibrary *nt_application_get_library(NtApplication *application)
{
    return application->library;
}

NtModelSet *nt_application_get_models(NtApplication *application)
{
    return application->models;
}

const char *nt_application_get_models_words(NtApplication *application)
{
    return application->models_words;
}

double nt_application_get_age_ms(NtApplication *application)
{
    return (double)(g_get_monotonic_time() - application->began_us) / 1000;
}
