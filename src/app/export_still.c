/* The picture on the screen, with its tags, into a file. */
#include <glib/gi18n.h>
#include <string.h>

#include "app/export_dialog.h"
#include "app/export_job.h"
#include "export/draw_tags.h"

#define ENDING ".png" /* of a name without one */

typedef struct Still {
    GtkFileChooserNative *chooser;
    NtShown *shown;
    NtOverlayOptions overlay;
    char *path;
    gboolean keep; /* a file of that name is not to be replaced: nobody was asked about it */
    void (*told)(const char *words, gpointer user);
    gpointer user;
} Still;

static void free_still(gpointer data)
{
    Still *still = data;
    g_clear_object(&still->chooser);
    nt_shown_unref(still->shown);
    g_free(still->path);
    g_free(still);
}

/* In a thread. */
static void save(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source, (void)cancellable;
    Still *still = data;
    GError *error = NULL;
    NtImage rgb = {0};
    if (still->keep && g_file_test(still->path, G_FILE_TEST_EXISTS)) {
        g_autofree char *name = g_filename_display_basename(still->path);
        g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_EXISTS,
                                _("There is a file “%s” already. Save the picture under another name."), name);
        return;
    }
    nt_shown_to_rgb(still->shown, &rgb);
    const gboolean saved =
        nt_draw_tags_save(&rgb, still->shown->pixel_aspect, still->shown->tagged, &still->overlay, still->path, &error);
    g_free((gpointer)rgb.pixels);
    if (saved)
        g_task_return_boolean(task, TRUE);
    else
        g_task_return_error(task, error);
}

static void on_saved(GObject *source, GAsyncResult *result, gpointer user)
{
    (void)source, (void)user;
    Still *still = g_task_get_task_data(G_TASK(result));
    g_autoptr(GError) error = NULL;
    g_autofree char *words = NULL;
    if (g_task_propagate_boolean(G_TASK(result), &error)) {
        g_autofree char *name = g_filename_display_basename(still->path);
        words = g_strdup_printf(_("Saved as “%s”"), name);
    } else {
        words = nt_export_words(error);
    }
    still->told(words, still->user);
}

static gboolean has_known_ending(const char *path)
{
    static const char *const endings[] = {".png", ".jpg", ".jpeg"};
    const char *ending = strrchr(path, '.');
    for (gsize i = 0; ending && i < G_N_ELEMENTS(endings); i++)
        if (g_ascii_strcasecmp(ending, endings[i]) == 0)
            return TRUE;
    return FALSE;
}

static void on_chosen(GtkNativeDialog *dialog, int response, gpointer user)
{
    Still *still = user;
    g_autoptr(GFile) file =
        response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog)) : NULL;
    g_autofree char *path = file ? g_file_get_path(file) : NULL;
    gtk_native_dialog_hide(dialog);
    if (!path) {
        if (file)
            still->told(_("Pictures can only be saved in folders of this computer."), still->user);
        free_still(still);
        return;
    }
    still->keep = !has_known_ending(path);
    still->path = still->keep ? g_strconcat(path, ENDING, NULL) : g_steal_pointer(&path);
    g_autoptr(GTask) task = g_task_new(NULL, NULL, on_saved, NULL);
    g_task_set_task_data(task, still, free_still);
    g_task_run_in_thread(task, save);
}

static void add_filter(GtkFileChooser *chooser, const char *name, const char *type)
{
    g_autoptr(GtkFileFilter) filter = gtk_file_filter_new();
    gtk_file_filter_set_name(filter, name);
    gtk_file_filter_add_mime_type(filter, type);
    gtk_file_chooser_add_filter(chooser, filter);
}

void nt_export_still(GtkWindow *parent, NtShown *shown, const NtOverlayOptions *overlay, const char *name,
                     void (*told)(const char *words, gpointer user), gpointer user)
{
    Still *still = g_new0(Still, 1);
    still->shown = nt_shown_ref(shown);
    still->overlay = *overlay;
    still->told = told;
    still->user = user;
    still->chooser =
        gtk_file_chooser_native_new(_("Save Picture"), parent, GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"), _("_Cancel"));
    gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(still->chooser), TRUE);
    GtkFileChooser *chooser = GTK_FILE_CHOOSER(still->chooser);
    add_filter(chooser, _("PNG pictures"), "image/png");
    add_filter(chooser, _("JPEG pictures"), "image/jpeg");
    const char *pictures = g_get_user_special_dir(G_USER_DIRECTORY_PICTURES);
    g_autoptr(GFile) folder = g_file_new_for_path(pictures ? pictures : g_get_home_dir());
    gtk_file_chooser_set_current_folder(chooser, folder, NULL);
    g_autofree char *file_name = g_strconcat(name, ENDING, NULL);
    g_strdelimit(file_name, G_DIR_SEPARATOR_S, '-');
    gtk_file_chooser_set_current_name(chooser, file_name);
    g_signal_connect(still->chooser, "response", G_CALLBACK(on_chosen), still);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(still->chooser));
}
