#include <glib/gi18n.h>

#include "app/window_private.h"
#include "app/words.h"

/* How long somebody's arrival is told, and of how many at once. */
#define ARRIVAL_MS 3000
#define ARRIVAL_AGAIN_S 15
#define MAX_ARRIVALS 3
#define TOAST_S 5

/* One notice at a time: what matters most. */

static void show_notice(NtWindow *self, const char *words, const char *label, const char *action)
{
    g_autofree char *sentence = nt_words_sentence(words);
    gtk_label_set_label(self->notice_label, sentence);
    gtk_widget_set_visible(GTK_WIDGET(self->notice_button), label != NULL);
    if (label) {
        gtk_button_set_label(self->notice_button, label);
        gtk_actionable_set_action_name(GTK_ACTIONABLE(self->notice_button), action);
    }
    gtk_revealer_set_reveal_child(self->notice, TRUE);
}

void nt_window_update_notice(NtWindow *self)
{
    const NtLibraryState state = nt_library_get_state(self->library);
    const char *words = nt_library_get_words(self->library);
    const char *models_words = nt_application_get_models_words(self->app);
    const NtViewingState viewing = self->viewing ? nt_viewing_get_state(self->viewing) : NT_VIEWING_OPENING;
    const char *viewing_words = self->viewing ? nt_viewing_get_words(self->viewing) : NULL;

    if (models_words) {
        g_autofree char *text = g_strdup_printf(_("Faces cannot be found: %s"), models_words);
        show_notice(self, text, NULL, NULL);
    } else if (viewing_words && viewing != NT_VIEWING_FAILED) {
        show_notice(self, viewing_words, NULL, NULL);
    } else if (state == NT_LIBRARY_LOCKED) {
        show_notice(self, _("The gallery is locked: nobody is known until it is unlocked."), _("Unlock…"),
                    "win.unlock");
    } else if (state == NT_LIBRARY_FAILED) {
        show_notice(self, words ? words : _("The gallery cannot be opened."), _("Preferences"), "win.preferences");
    } else if (words) {
        show_notice(self, words, NULL, NULL);
    } else {
        gtk_revealer_set_reveal_child(self->notice, FALSE);
    }
}

/* Arrivals: a pill in the corner of the picture, which a screen reader reads. */

static gboolean remove_arrival(gpointer label)
{
    GtkWidget *parent = gtk_widget_get_parent(label);
    if (parent)
        gtk_box_remove(GTK_BOX(parent), label);
    g_object_unref(label);
    return G_SOURCE_REMOVE;
}

/* A step, a seek and a loop let everybody come anew: who was told of a moment ago is not again. */
static gboolean is_told(NtWindow *self, const char *name)
{
    const gint64 now_us = g_get_monotonic_time();
    gint64 *told_us = g_hash_table_lookup(self->arrived, name);
    const gboolean is_recent = told_us && now_us - *told_us < ARRIVAL_AGAIN_S * G_USEC_PER_SEC;
    if (!told_us) {
        told_us = g_new(gint64, 1);
        g_hash_table_insert(self->arrived, (gpointer)name, told_us);
    }
    *told_us = now_us;
    return is_recent;
}

void nt_window_add_arrival(NtWindow *self, const NtPresenceEvent *event)
{
    if (event->name && !nt_viewing_is_playing(self->viewing))
        return;
    g_autofree char *words = event->kind == NT_PRESENCE_NAMED && event->name
                                 ? g_strdup_printf(C_("presence", "%s is here"), event->name)
                                 : NULL;
    if (!words || is_told(self, event->name))
        return;
    /* A seek or a change of the gallery begins everybody's presence anew: what is being told is not told twice. */
    for (GtkWidget *child = gtk_widget_get_first_child(GTK_WIDGET(self->arrivals)); child;
         child = gtk_widget_get_next_sibling(child))
        if (g_str_equal(gtk_label_get_label(GTK_LABEL(child)), words))
            return;
    GtkWidget *label = g_object_new(GTK_TYPE_LABEL, "accessible-role", GTK_ACCESSIBLE_ROLE_ALERT, "label", words,
                                    "halign", GTK_ALIGN_START, "ellipsize", PANGO_ELLIPSIZE_END, NULL);
    gtk_widget_add_css_class(label, "osd");
    gtk_widget_add_css_class(label, "arrival");
    gtk_box_append(self->arrivals, label);
    g_timeout_add(ARRIVAL_MS, remove_arrival, g_object_ref(label));
    guint n = 0;
    for (GtkWidget *child = gtk_widget_get_first_child(GTK_WIDGET(self->arrivals)); child;
         child = gtk_widget_get_next_sibling(child))
        n++;
    if (n > MAX_ARRIVALS)
        gtk_box_remove(self->arrivals, gtk_widget_get_first_child(GTK_WIDGET(self->arrivals)));
}

void nt_window_tell(NtWindow *self, const char *words, gboolean undoable)
{
    /* The one before it is out of date: its Undo would now undo this. */
    if (self->toast)
        adw_toast_dismiss(self->toast);
    AdwToast *toast = adw_toast_new("");
    g_set_weak_pointer(&self->toast, toast);
    /* Titles of toasts are markup; names of people are not. */
    g_autofree char *plain = g_markup_escape_text(words, -1);
    adw_toast_set_title(toast, plain);
    adw_toast_set_timeout(toast, TOAST_S);
    if (undoable) {
        adw_toast_set_button_label(toast, _("Undo"));
        adw_toast_set_action_name(toast, "win.undo");
    }
    adw_toast_overlay_add_toast(self->toasts, toast);
}
