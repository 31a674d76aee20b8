#include "app/export_dialog.h"

#include <glib/gi18n.h>
#include <string.h>

#include "app/export_job.h"
#include "app/settings.h"

#define MAX_NAME_BYTES 200 /* file systems take 255, and the part beside it is longer */
#define MAX_OUTPUTS 4

/* What a picture can be written as; the first is taken when nothing else is chosen. */
typedef struct Format {
    const char *ending, *name;
} Format;
static const Format clip_formats[] = {
    {".webm", N_("WebM (VP9)")}, {".mp4", N_("MP4 (H.264)")}, {".mkv", N_("Matroska (H.264)")}};
static const Format still_formats[] = {{".png", N_("PNG")}, {".jpg", N_("JPEG")}};

struct _NtExportDialog {
    AdwWindow parent_instance;

    GtkStack *stack;
    GtkWidget *start_button, *cancel_button, *error_box, *show_button, *picture_switch, *csv_switch, *vtt_switch,
        *jsonl_switch, *vtt_row;
    GtkLabel *error_label, *files_label, *progress_label;
    AdwActionRow *picture_row, *folder_row;
    AdwComboRow *format_row;
    GtkEditable *name_row;
    GtkProgressBar *progress_bar;
    AdwStatusPage *run_page, *done_page;

    char *location, *name; /* of what is exported; name: for people */
    NtShown *shown;        /* on the screen when the dialog was opened */
    NtModelSet *models;
    NtLibrary *library;
    NtOverlayOptions overlay;
    gboolean still;
    char *folder;
    GtkFileChooserNative *chooser;
    NtExportJob *job; /* while it runs */
    gboolean leaving; /* the window closes when the job has ended */
};

G_DEFINE_FINAL_TYPE(NtExportDialog, nt_export_dialog, ADW_TYPE_WINDOW)

/* Called by ui/export-dialog.ui. */
static void nt_export_dialog_update(NtExportDialog *self);

/* What is chosen. */

static const Format *formats_of(const NtExportDialog *self, guint *n)
{
    *n = self->still ? G_N_ELEMENTS(still_formats) : G_N_ELEMENTS(clip_formats);
    return self->still ? still_formats : clip_formats;
}

static gboolean is_on(GtkWidget *toggle)
{
    return gtk_switch_get_active(GTK_SWITCH(toggle));
}

/* The endings of the files to write, the picture's first; n of them, at most MAX_OUTPUTS. */
static guint list_endings(const NtExportDialog *self, const char *endings[MAX_OUTPUTS])
{
    guint n = 0, n_formats;
    const Format *formats = formats_of(self, &n_formats);
    const guint selected = adw_combo_row_get_selected(self->format_row);
    if (is_on(self->picture_switch))
        endings[n++] = formats[selected < n_formats ? selected : 0].ending;
    if (is_on(self->csv_switch))
        endings[n++] = ".csv";
    if (is_on(self->vtt_switch) && !self->still)
        endings[n++] = ".vtt";
    if (is_on(self->jsonl_switch))
        endings[n++] = ".jsonl";
    return n;
}

static gboolean is_good_name(const char *name)
{
    return *name && !strchr(name, G_DIR_SEPARATOR) && strlen(name) <= MAX_NAME_BYTES && *name != '.';
}

static char *name_chosen(const NtExportDialog *self)
{
    return g_strstrip(g_strdup(gtk_editable_get_text(self->name_row)));
}

/* "holiday-tagged.webm, holiday-tagged.csv" */
static char *list_names(const NtExportDialog *self)
{
    const char *endings[MAX_OUTPUTS];
    const guint n = list_endings(self, endings);
    g_autofree char *name = name_chosen(self);
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < n; i++)
        g_string_append_printf(names, "%s%s%s", i > 0 ? ", " : "", name, endings[i]);
    return g_string_free(g_steal_pointer(&names), FALSE);
}

/* Paths, and a NULL. */
static char **list_paths(const NtExportDialog *self)
{
    const char *endings[MAX_OUTPUTS];
    const guint n = list_endings(self, endings);
    g_autofree char *name = name_chosen(self);
    char **paths = g_new0(char *, n + 1);
    for (guint i = 0; i < n; i++) {
        g_autofree char *file_name = g_strconcat(name, endings[i], NULL);
        paths[i] = g_build_filename(self->folder, file_name, NULL);
    }
    return paths;
}

static void nt_export_dialog_update(NtExportDialog *self)
{
    const char *endings[MAX_OUTPUTS];
    g_autofree char *name = name_chosen(self);
    const gboolean any = list_endings(self, endings) > 0, good = is_good_name(name);
    if (any && good) {
        g_autofree char *names = list_names(self);
        gtk_label_set_text(self->files_label, names);
    } else {
        gtk_label_set_text(self->files_label,
                           any ? _("Give the files a name without “/”, and without a dot at its beginning.")
                               : _("Choose at least one thing to export."));
    }
    if (good)
        gtk_widget_remove_css_class(GTK_WIDGET(self->name_row), "error");
    else
        gtk_widget_add_css_class(GTK_WIDGET(self->name_row), "error");
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "export.start", any && good && self->models != NULL);
}

static void show_error(NtExportDialog *self, const char *words)
{
    gtk_widget_set_visible(self->error_box, words != NULL);
    gtk_label_set_text(self->error_label, words ? words : "");
}

static void show_page(NtExportDialog *self, const char *page)
{
    gtk_stack_set_visible_child_name(self->stack, page);
    gtk_widget_set_visible(self->start_button, strcmp(page, "choose") == 0);
}

/* The run. */

static char *remaining_words(int seconds)
{
    const int minute = 60, hour = 60 * minute, step = 5;
    if (seconds < minute) {
        const int rounded = MAX(step, (seconds + step / 2) / step * step);
        return g_strdup_printf(ngettext("about %d second left", "about %d seconds left", (gulong)rounded), rounded);
    }
    if (seconds < hour) {
        const int minutes = (seconds + minute / 2) / minute;
        return g_strdup_printf(ngettext("about %d minute left", "about %d minutes left", (gulong)minutes), minutes);
    }
    const int hours = (seconds + hour / 2) / hour;
    return g_strdup_printf(ngettext("about %d hour left", "about %d hours left", (gulong)hours), hours);
}

static void on_progress(NtExportDialog *self)
{
    const NtExportProgress progress = nt_export_job_get_progress(self->job);
    if (nt_export_job_get_state(self->job) == NT_EXPORT_FINISHING) {
        gtk_progress_bar_set_fraction(self->progress_bar, 1);
        gtk_label_set_text(self->progress_label, _("Finishing the files…"));
        gtk_widget_action_set_enabled(GTK_WIDGET(self), "export.cancel", FALSE);
        return;
    }
    if (progress.fraction >= 0)
        gtk_progress_bar_set_fraction(self->progress_bar, progress.fraction);
    else
        gtk_progress_bar_pulse(self->progress_bar);
    g_autofree char *frames =
        g_strdup_printf(ngettext("%lu frame", "%lu frames", (gulong)progress.frames), (gulong)progress.frames);
    g_autofree char *left = progress.remaining_s >= 0 ? remaining_words(progress.remaining_s) : NULL;
    g_autofree char *words = left ? g_strdup_printf("%s · %s", frames, left) : g_steal_pointer(&frames);
    gtk_label_set_text(self->progress_label, words);
}

static void show_done(NtExportDialog *self, const char *description)
{
    adw_status_page_set_description(self->done_page, description);
    show_page(self, "done");
    gtk_widget_grab_focus(self->show_button);
}

static void on_ended(NtExportDialog *self)
{
    g_autoptr(NtExportJob) job = g_steal_pointer(&self->job);
    g_signal_handlers_disconnect_by_data(job, self);
    const NtExportState state = nt_export_job_get_state(job);
    const char *words = nt_export_job_get_words(job);
    if (self->leaving) {
        gtk_window_destroy(GTK_WINDOW(self));
        return;
    }
    if (state == NT_EXPORT_DONE) {
        g_autofree char *names = list_names(self), *safe = g_markup_escape_text(names, -1);
        g_autofree char *more = words ? g_markup_printf_escaped("\n\n%s", words) : g_strdup("");
        g_autofree char *description = g_strconcat(safe, more, NULL);
        show_done(self, description);
    } else {
        show_error(self, state == NT_EXPORT_FAILED ? words : NULL);
        show_page(self, "choose");
        gtk_widget_grab_focus(self->start_button);
    }
}

/* The program does not end while there is a thread with files that are not whole, which are its to remove. */
static void on_held_ended(NtExportJob *job, gpointer user)
{
    (void)user;
    if (g_application_get_default())
        g_application_release(g_application_get_default());
    g_signal_handlers_disconnect_by_func(job, on_held_ended, NULL);
    g_object_unref(job);
}

static void hold_until_ended(NtExportJob *job)
{
    if (g_application_get_default())
        g_application_hold(g_application_get_default());
    g_signal_connect(g_object_ref(job), "ended", G_CALLBACK(on_held_ended), NULL);
}

static void start(NtExportDialog *self)
{
    g_auto(GStrv) paths = list_paths(self);
    const gboolean with_picture = is_on(self->picture_switch);
    g_autoptr(GSettings) settings = nt_settings_new();
    g_autoptr(NtClassifier) classifier = nt_library_get_classifier(self->library);
    NtExportOptions options = {
        .location = self->location,
        .still = self->still,
        .models = self->models,
        .classifier = classifier,
        .overlay = self->overlay,
        .picture = with_picture ? paths[0] : NULL,
        .records = (const char *const *)paths + (with_picture ? 1 : 0),
    };
    int scan_frames; /* of what is live: an export has the time to look often */
    nt_effort_get(g_settings_get_enum(settings, NT_SETTING_EFFORT), &scan_frames, &options.upsample);

    show_error(self, NULL);
    gtk_progress_bar_set_fraction(self->progress_bar, 0);
    gtk_label_set_text(self->progress_label, _("Opening…"));
    g_autofree char *name = g_markup_escape_text(self->name, -1);
    adw_status_page_set_description(self->run_page, name);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "export.cancel", TRUE);
    show_page(self, "run");
    gtk_widget_grab_focus(self->cancel_button);
    self->job = nt_export_job_new(&options);
    hold_until_ended(self->job);
    g_signal_connect_object(self->job, "progress", G_CALLBACK(on_progress), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(self->job, "ended", G_CALLBACK(on_ended), self, G_CONNECT_SWAPPED);
}

/* What is there already is replaced only when somebody says so. */

static void on_replace_answered(NtExportDialog *self, const char *response)
{
    if (strcmp(response, "replace") == 0)
        start(self);
}

static void look_for_files(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source, (void)cancellable;
    g_autoptr(GString) names = g_string_new(NULL);
    for (char **path = data; *path; path++) {
        if (!g_file_test(*path, G_FILE_TEST_EXISTS))
            continue;
        g_autofree char *name = g_filename_display_basename(*path);
        g_string_append_printf(names, "%s“%s”", names->len > 0 ? ", " : "", name);
    }
    g_task_return_pointer(task, g_string_free(g_steal_pointer(&names), FALSE), g_free);
}

static void on_files_looked_for(GObject *source, GAsyncResult *result, gpointer user)
{
    (void)user;
    NtExportDialog *self = NT_EXPORT_DIALOG(source);
    g_autofree char *names = g_task_propagate_pointer(G_TASK(result), NULL);
    if (self->job || !gtk_widget_get_visible(GTK_WIDGET(self)))
        return; /* asked twice, or closed meanwhile */
    if (!names || !*names) {
        start(self);
        return;
    }
    GtkWidget *question = adw_message_dialog_new(GTK_WINDOW(self), _("Replace Files?"), NULL);
    adw_message_dialog_format_body(ADW_MESSAGE_DIALOG(question), _("The folder already has %s."), names);
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(question), "cancel", _("_Cancel"), "replace", _("_Replace"),
                                     NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(question), "replace", ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(question), "cancel");
    g_signal_connect_object(question, "response", G_CALLBACK(on_replace_answered), self, G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(question));
}

/* Actions. */

static void on_start(GtkWidget *widget, const char *action, GVariant *parameter)
{
    (void)action, (void)parameter;
    g_autoptr(GTask) task = g_task_new(widget, NULL, on_files_looked_for, NULL);
    g_task_set_task_data(task, list_paths(NT_EXPORT_DIALOG(widget)), (GDestroyNotify)g_strfreev);
    g_task_run_in_thread(task, look_for_files);
}

static void on_name_activated(NtExportDialog *self)
{
    gtk_widget_activate_action(GTK_WIDGET(self), "export.start", NULL);
}

static void on_cancel(GtkWidget *widget, const char *action, GVariant *parameter)
{
    (void)action, (void)parameter;
    NtExportDialog *self = NT_EXPORT_DIALOG(widget);
    if (self->job)
        nt_export_job_cancel(self->job);
}

static void set_folder(NtExportDialog *self, const char *folder)
{
    g_free(self->folder);
    self->folder = g_strdup(folder);
    g_autofree char *shown = g_filename_display_name(folder), *safe = g_markup_escape_text(shown, -1);
    adw_action_row_set_subtitle(self->folder_row, safe);
}

static void on_folder_chosen(NtExportDialog *self, int response)
{
    g_autoptr(GtkFileChooserNative) chooser = g_steal_pointer(&self->chooser);
    g_autoptr(GFile) file =
        response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(chooser)) : NULL;
    g_autofree char *path = file ? g_file_get_path(file) : NULL;
    if (path)
        set_folder(self, path);
    else if (file)
        show_error(self, _("Files can only be written to folders of this computer."));
}

static void on_choose_folder(GtkWidget *widget, const char *action, GVariant *parameter)
{
    (void)action, (void)parameter;
    NtExportDialog *self = NT_EXPORT_DIALOG(widget);
    if (self->chooser)
        return;
    self->chooser = gtk_file_chooser_native_new(_("Choose a Folder"), GTK_WINDOW(self),
                                                GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _("_Choose"), _("_Cancel"));
    gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(self->chooser), TRUE);
    g_autoptr(GFile) folder = g_file_new_for_path(self->folder);
    gtk_file_chooser_set_current_folder(GTK_FILE_CHOOSER(self->chooser), folder, NULL);
    g_signal_connect_object(self->chooser, "response", G_CALLBACK(on_folder_chosen), self, G_CONNECT_SWAPPED);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(self->chooser));
}

static void on_show(GtkWidget *widget, const char *action, GVariant *parameter)
{
    (void)action, (void)parameter;
    g_autofree char *uri = g_filename_to_uri(NT_EXPORT_DIALOG(widget)->folder, NULL, NULL);
    gtk_show_uri(GTK_WINDOW(widget), uri, GDK_CURRENT_TIME);
}

static void on_still_told(const char *words, gpointer user)
{
    g_autoptr(NtExportDialog) self = user;
    g_autofree char *safe = g_markup_escape_text(words, -1);
    adw_status_page_set_title(self->done_page, _("Save Picture"));
    adw_status_page_set_icon_name(self->done_page, NULL);
    gtk_widget_set_visible(self->show_button, FALSE); /* the chooser knew the folder */
    show_done(self, safe);
}

static void on_save_picture(GtkWidget *widget, const char *action, GVariant *parameter)
{
    (void)action, (void)parameter;
    NtExportDialog *self = NT_EXPORT_DIALOG(widget);
    if (self->shown)
        nt_export_still(GTK_WINDOW(self), self->shown, &self->overlay, self->name, on_still_told, g_object_ref(self));
}

/* Closing. */

static gboolean destroy_window(gpointer window)
{
    gtk_window_destroy(GTK_WINDOW(window));
    return G_SOURCE_REMOVE;
}

static void on_stop_answered(NtExportDialog *self, const char *response)
{
    if (strcmp(response, "stop") != 0)
        return;
    if (!self->job) { /* it has ended while the question was there, which is still at work on its answer */
        g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, destroy_window, g_object_ref(self), g_object_unref);
        return;
    }
    self->leaving = TRUE;
    gtk_widget_set_visible(GTK_WIDGET(self), FALSE);
    nt_export_job_cancel(self->job);
}

static gboolean nt_export_dialog_close_request(GtkWindow *window)
{
    NtExportDialog *self = NT_EXPORT_DIALOG(window);
    if (!self->job)
        return GTK_WINDOW_CLASS(nt_export_dialog_parent_class)->close_request(window);
    GtkWidget *question =
        adw_message_dialog_new(window, _("Stop the Export?"), _("Nothing is left of files that are not whole."));
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(question), "continue", _("_Continue"), "stop", _("_Stop"),
                                     NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(question), "stop", ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(question), "continue");
    g_signal_connect_object(question, "response", G_CALLBACK(on_stop_answered), self, G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(question));
    return TRUE;
}

/* Making. */

/* Beside the clip, where it is a file; else where videos or pictures go. */
static char *usual_folder(const NtExportDialog *self)
{
    g_autoptr(GFile) file = g_file_new_for_commandline_arg(self->location);
    g_autofree char *path = g_file_get_path(file);
    if (path)
        return g_path_get_dirname(path);
    const char *folder = g_get_user_special_dir(self->still ? G_USER_DIRECTORY_PICTURES : G_USER_DIRECTORY_VIDEOS);
    return g_strdup(folder ? folder : g_get_home_dir());
}

/* "holiday-tagged" of "holiday.mp4" */
static char *usual_name(const NtExportDialog *self)
{
    g_autofree char *base = g_strdelimit(g_strdup(self->name), G_DIR_SEPARATOR_S, '-');
    char *dot = strrchr(base, '.');
    if (dot && dot != base)
        *dot = '\0';
    /* Translators: the end of a file's name: "holiday-tagged.webm" */
    return g_strconcat(base, _("-tagged"), NULL);
}

static void fill(NtExportDialog *self)
{
    guint n;
    const Format *formats = formats_of(self, &n);
    g_autoptr(GtkStringList) names = gtk_string_list_new(NULL);
    for (guint i = 0; i < n; i++)
        gtk_string_list_append(names, _(formats[i].name));
    adw_combo_row_set_model(self->format_row, G_LIST_MODEL(names));
    if (self->still) {
        adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->picture_row), _("Picture with tags"));
        adw_action_row_set_subtitle(self->picture_row, _("As it is drawn in the window now"));
        gtk_widget_set_visible(self->vtt_row, FALSE);
    }
    g_autofree char *folder = usual_folder(self), *name = usual_name(self);
    set_folder(self, folder);
    gtk_editable_set_text(self->name_row, name);
}

NtExportDialog *nt_export_dialog_new(GtkWindow *parent, NtViewing *viewing, NtLibrary *library, NtModelSet *models,
                                     const NtOverlayOptions *overlay)
{
    NtExportDialog *self = g_object_new(NT_TYPE_EXPORT_DIALOG, "transient-for", parent, NULL);
    const NtViewingKind kind = nt_viewing_get_kind(viewing);
    NtShown *shown = nt_viewing_get_shown(viewing);
    self->location = g_strdup(nt_viewing_get_location(viewing));
    self->name = g_strdup(nt_viewing_get_name(viewing));
    self->shown = shown ? nt_shown_ref(shown) : NULL;
    self->library = g_object_ref(library);
    self->models = models ? nt_model_set_ref(models) : NULL;
    self->overlay = *overlay;
    self->still = kind == NT_VIEWING_STILL;
    fill(self);
    if (!models)
        show_error(self, _("Faces cannot be recognised yet: the models are not loaded."));
    show_page(self, kind == NT_VIEWING_CLIP || self->still ? "choose" : "live");
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "export.save-picture", shown != NULL);
    nt_export_dialog_update(self);
    return self;
}

static void nt_export_dialog_dispose(GObject *object)
{
    NtExportDialog *self = NT_EXPORT_DIALOG(object);
    if (self->job)
        nt_export_job_cancel(self->job);
    g_clear_object(&self->job);
    g_clear_object(&self->chooser);
    g_clear_object(&self->library);
    g_clear_pointer(&self->models, nt_model_set_unref);
    g_clear_pointer(&self->shown, nt_shown_unref);
    gtk_widget_dispose_template(GTK_WIDGET(self), NT_TYPE_EXPORT_DIALOG);
    G_OBJECT_CLASS(nt_export_dialog_parent_class)->dispose(object);
}

static void nt_export_dialog_finalize(GObject *object)
{
    NtExportDialog *self = NT_EXPORT_DIALOG(object);
    g_free(self->location);
    g_free(self->name);
    g_free(self->folder);
    G_OBJECT_CLASS(nt_export_dialog_parent_class)->finalize(object);
}

static void nt_export_dialog_class_init(NtExportDialogClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = nt_export_dialog_dispose;
    G_OBJECT_CLASS(klass)->finalize = nt_export_dialog_finalize;
    GTK_WINDOW_CLASS(klass)->close_request = nt_export_dialog_close_request;
    gtk_widget_class_set_template_from_resource(widget_class, "/org/nametag/Nametag/export-dialog.ui");
#define CHILD(name) gtk_widget_class_bind_template_child(widget_class, NtExportDialog, name)
    CHILD(stack), CHILD(start_button), CHILD(cancel_button), CHILD(error_box), CHILD(show_button),
        CHILD(picture_switch);
    CHILD(csv_switch), CHILD(vtt_switch), CHILD(jsonl_switch), CHILD(vtt_row), CHILD(error_label), CHILD(files_label);
    CHILD(progress_label), CHILD(picture_row), CHILD(folder_row), CHILD(format_row), CHILD(name_row),
        CHILD(progress_bar);
    CHILD(run_page), CHILD(done_page);
#undef CHILD
    gtk_widget_class_bind_template_callback(widget_class, nt_export_dialog_update);
    gtk_widget_class_bind_template_callback(widget_class, on_name_activated);
    gtk_widget_class_install_action(widget_class, "export.start", NULL, on_start);
    gtk_widget_class_install_action(widget_class, "export.cancel", NULL, on_cancel);
    gtk_widget_class_install_action(widget_class, "export.choose-folder", NULL, on_choose_folder);
    gtk_widget_class_install_action(widget_class, "export.show", NULL, on_show);
    gtk_widget_class_install_action(widget_class, "export.save-picture", NULL, on_save_picture);
}

static void nt_export_dialog_init(NtExportDialog *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
