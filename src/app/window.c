#include "app/window.h"

#include <glib/gi18n.h>

#include "app/file_memory.h"
#include "app/window_private.h"
#include "app/words.h"
#include "engine/places.h"

/* How often the tray, the meter and the actions are brought up to date. */
#define UPKEEP_MS 1000
/* Of the last picture of a source that is lost. */
#define STALE_OPACITY 0.45

G_DEFINE_FINAL_TYPE(NtWindow, nt_window, ADW_TYPE_APPLICATION_WINDOW)

char *nt_window_demo_path(void)
{
    const char *dir = nt_places_demo_dir();
    return dir ? g_build_filename(dir, "demo.mp4", NULL) : NULL;
}

/* What is shown of a picture. */

static const NtFace *face_to_explain(NtWindow *self, NtShown *shown)
{
    const NtFace *chosen = self->track ? nt_shown_find(shown, self->track) : NULL, *largest = NULL;
    for (guint i = 0; i < shown->tagged->n_faces; i++) {
        const NtFace *face = &shown->tagged->faces[i];
        if (!largest || nt_rect_width(face->detection.box) > nt_rect_width(largest->detection.box))
            largest = face;
    }
    return chosen ? chosen : largest;
}

static void explain(NtWindow *self, NtShown *shown)
{
    if (!gtk_widget_get_mapped(GTK_WIDGET(self->explain)))
        return;
    const NtFace *face = face_to_explain(self, shown);
    g_autoptr(NtClassifier) classifier = nt_library_get_classifier(self->library);
    g_autoptr(NtFacePicture) picture = face ? nt_viewing_get_picture(self->viewing, face->track) : NULL;
    if (face && !self->track)
        self->track = face->track;
    nt_explain_view_set_face(self->explain, shown, self->track, picture, classifier);
}

/* "Anna and 2 unknown people": told when it changes. */
static void show_who(NtWindow *self, const NtTaggedFrame *tagged)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GString) words = g_string_new(NULL);
    guint n_unknown = 0;
    for (guint i = 0; i < tagged->n_faces; i++) {
        const NtVerdict *verdict = &tagged->faces[i].verdict;
        if (verdict->kind == NT_VERDICT_NAME)
            g_ptr_array_add(names, (gpointer)verdict->name);
        else
            n_unknown++;
    }
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(words, "%s%s", i ? ", " : "", (char *)g_ptr_array_index(names, i));
    if (n_unknown > 0) {
        g_autofree char *unknown = g_strdup_printf(ngettext("%u unknown", "%u unknown", n_unknown), n_unknown);
        g_string_append_printf(words, "%s%s", words->len ? ", " : "", unknown);
    }
    if (g_strcmp0(words->str, self->on_screen) == 0)
        return;
    g_free(self->on_screen);
    self->on_screen = g_strdup(words->str);
    adw_window_title_set_subtitle(self->title, words->str);
    nt_library_set_on_screen(self->library, (const char *const *)names->pdata, names->len);
}

/* Nobody can be said to be there now. */
static void show_nobody(NtWindow *self)
{
    nt_library_set_on_screen(self->library, NULL, 0);
    g_clear_pointer(&self->on_screen, g_free);
    adw_window_title_set_subtitle(self->title, "");
}

static void on_shown(NtWindow *self)
{
    NtShown *shown = nt_viewing_get_shown(self->viewing);
    nt_picture_view_set_shown(self->picture, shown);
    if (!shown)
        return;
    if (!self->is_told_shown)
        g_debug("first picture after %.0f ms", nt_application_get_age_ms(self->app));
    self->is_told_shown = TRUE;
    if (self->time_line)
        nt_time_line_view_set_position(self->time_line_view, nt_viewing_get_position(self->viewing));
    show_who(self, shown->tagged);
    explain(self, shown);
}

static void on_presence(NtWindow *self, const NtPresenceEvent *event)
{
    nt_window_add_arrival(self, event);
}

/* The tray: for a clip those of its whole time line, else those seen so far. */

static void update_unknown(NtWindow *self)
{
    g_autoptr(GPtrArray) unknown = NULL;
    if (self->time_line)
        unknown = nt_time_line_get_unknown(self->time_line);
    else if (self->viewing)
        unknown = nt_viewing_get_unknown(self->viewing);
    nt_unknown_tray_set_unknown(self->unknown, unknown, self->viewing ? nt_viewing_get_name(self->viewing) : NULL);
    guint n;
    g_object_get(self->unknown, "n-unknown", &n, NULL);
    adw_view_stack_page_set_badge_number(self->unknown_page, n);
    adw_view_stack_page_set_needs_attention(self->unknown_page, n > 0);
}

/* Whether a picture in any of the windows lost frames: then what is done in the background waits. */
static gboolean is_machine_short(NtWindow *self)
{
    gboolean is_short = FALSE;
    for (GList *at = gtk_application_get_windows(GTK_APPLICATION(self->app)); at; at = at->next)
        is_short |= NT_IS_WINDOW(at->data) && NT_WINDOW(at->data)->is_short;
    return is_short;
}

static gboolean on_upkeep(gpointer user)
{
    NtWindow *self = NT_WINDOW(user);
    NtViewingMeter meter;
    if (!self->viewing)
        return G_SOURCE_CONTINUE;
    nt_viewing_get_meter(self->viewing, &meter);
    self->is_short = meter.dropped > self->dropped;
    self->dropped = meter.dropped;
    if (self->time_line)
        nt_time_line_set_busy(self->time_line, is_machine_short(self));
    else
        update_unknown(self);
    g_debug("%s: %" G_GUINT64_FORMAT " frames arrived, %" G_GUINT64_FORMAT " shown, %" G_GUINT64_FORMAT
            " dropped; %" G_GUINT64_FORMAT " without their own analysis",
            nt_viewing_get_name(self->viewing), meter.arrived, meter.shown, meter.dropped, meter.live.skipped);
    return G_SOURCE_CONTINUE;
}

/* The source. */

static void update_page(NtWindow *self)
{
    const NtViewingState state = self->viewing ? nt_viewing_get_state(self->viewing) : NT_VIEWING_OPENING;
    const char *page = "watch";
    if (!self->viewing && !self->location)
        page = "empty";
    else if (state == NT_VIEWING_FAILED)
        page = "failed";
    if (g_str_equal(page, "watch") && !g_str_equal(gtk_stack_get_visible_child_name(self->pages), page)) {
        gtk_stack_set_visible_child_name(self->pages, page);
        gtk_widget_grab_focus(GTK_WIDGET(self->picture)); /* where the keys of playing are */
    }
    gtk_stack_set_visible_child_name(self->pages, page);
    const gboolean waiting = state == NT_VIEWING_OPENING || state == NT_VIEWING_LOST;
    gtk_spinner_set_spinning(GTK_SPINNER(self->spinner), waiting);
    gtk_widget_set_visible(self->spinner, waiting);
    gtk_widget_set_opacity(GTK_WIDGET(self->picture), state == NT_VIEWING_LOST ? STALE_OPACITY : 1);
    if (state == NT_VIEWING_LOST)
        show_nobody(self);
    if (state == NT_VIEWING_FAILED) {
        g_autofree char *sentence = nt_words_sentence(nt_viewing_get_words(self->viewing));
        g_autofree char *words = g_markup_escape_text(sentence, -1);
        adw_status_page_set_description(self->failed_page, words);
    }
    const gboolean has_controls = self->viewing && state != NT_VIEWING_FAILED;
    gtk_widget_set_visible(self->controls, has_controls);
    (has_controls ? gtk_widget_add_css_class : gtk_widget_remove_css_class)(GTK_WIDGET(self->toasts), "over-controls");
}

static void open_time_line(NtWindow *self)
{
    const gboolean remember = self->is_remembered && g_settings_get_boolean(self->settings, NT_SETTING_REMEMBER);
    if (self->time_line || nt_viewing_get_kind(self->viewing) != NT_VIEWING_CLIP ||
        nt_viewing_get_state(self->viewing) == NT_VIEWING_OPENING ||
        nt_viewing_get_state(self->viewing) == NT_VIEWING_FAILED)
        return;
    self->time_line = nt_time_line_new(self->location, nt_application_get_models(self->app), self->library, remember);
    g_signal_connect_swapped(self->time_line, "changed", G_CALLBACK(update_unknown), self);
    nt_time_line_view_set_time_line(self->time_line_view, self->time_line);
    gtk_widget_set_visible(GTK_WIDGET(self->time_line_view), TRUE);
}

static void on_viewing_notify(NtWindow *self)
{
    open_time_line(self);
    update_page(self);
    adw_window_title_set_title(self->title, nt_viewing_get_name(self->viewing));
    gtk_window_set_title(GTK_WINDOW(self), nt_viewing_get_name(self->viewing));
    nt_window_update_notice(self);
    nt_window_update_actions(self);
}

static void keep_position(NtWindow *self)
{
    if (self->is_remembered && self->viewing && nt_viewing_get_kind(self->viewing) == NT_VIEWING_CLIP &&
        nt_viewing_get_state(self->viewing) != NT_VIEWING_FAILED &&
        g_settings_get_boolean(self->settings, NT_SETTING_REMEMBER))
        nt_file_memory_set_position(self->location, nt_viewing_get_position(self->viewing),
                                    nt_viewing_get_duration(self->viewing));
}

void nt_window_close_source(NtWindow *self)
{
    keep_position(self);
    g_clear_pointer(&self->ask, gtk_widget_unparent);
    nt_picture_view_set_shown(self->picture, NULL);
    nt_explain_view_set_face(self->explain, NULL, 0, NULL, NULL);
    nt_transport_set_viewing(self->transport, NULL);
    nt_time_line_view_set_time_line(self->time_line_view, NULL);
    gtk_widget_set_visible(GTK_WIDGET(self->time_line_view), FALSE);
    if (self->time_line) {
        g_signal_handlers_disconnect_by_data(self->time_line, self);
        nt_time_line_close(self->time_line);
        g_clear_object(&self->time_line);
    }
    if (self->viewing) {
        g_signal_handlers_disconnect_by_data(self->viewing, self);
        nt_viewing_close(self->viewing);
        g_clear_object(&self->viewing);
    }
    show_nobody(self);
    g_hash_table_remove_all(self->arrived);
    g_clear_pointer(&self->location, g_free);
    self->track = 0;
    self->dropped = 0;
    self->is_short = self->is_told_shown = FALSE;
    adw_window_title_set_title(self->title, _("Nametag"));
}

static void start(NtWindow *self)
{
    NtViewingOptions options = {
        .models = nt_application_get_models(self->app),
        .recognizer = nt_library_get_recognizer(self->library),
        .start_ns = self->is_remembered && g_settings_get_boolean(self->settings, NT_SETTING_REMEMBER)
                        ? nt_file_memory_get_position(self->location)
                        : 0,
    };
    nt_effort_get(g_settings_get_enum(self->settings, NT_SETTING_EFFORT), &options.scan_frames, &options.upsample);
    self->viewing = nt_viewing_new(*self->location ? self->location : NULL, &options); /* NULL: the first camera */
    g_signal_connect_swapped(self->viewing, "shown", G_CALLBACK(on_shown), self);
    g_signal_connect_swapped(self->viewing, "presence", G_CALLBACK(on_presence), self);
    g_signal_connect_swapped(self->viewing, "notify", G_CALLBACK(on_viewing_notify), self);
    g_settings_bind(self->settings, NT_SETTING_VOLUME, self->viewing, "volume", G_SETTINGS_BIND_DEFAULT);
    g_settings_bind(self->settings, NT_SETTING_MUTED, self->viewing, "muted", G_SETTINGS_BIND_DEFAULT);
    nt_transport_set_viewing(self->transport, self->viewing);
    update_unknown(self);
    on_viewing_notify(self);
}

void nt_window_open(NtWindow *self, const char *location)
{
    g_autofree char *demo = nt_window_demo_path();
    g_autofree char *given = g_strdup(location); /* may be of the source that is closed now */
    g_autofree char *camera = g_settings_get_string(self->settings, NT_SETTING_CAMERA);
    nt_window_close_source(self);
    self->location = given ? g_steal_pointer(&given) : g_steal_pointer(&camera);
    self->is_remembered = g_path_is_absolute(self->location) && g_strcmp0(self->location, demo) != 0;
    if (self->is_remembered && g_settings_get_boolean(self->settings, NT_SETTING_REMEMBER))
        nt_file_memory_add_recent(self->location);
    if (nt_application_get_models(self->app))
        start(self);
    update_page(self);
    nt_window_update_notice(self);
    nt_window_update_actions(self);
}

static void on_models_ready(NtWindow *self)
{
    if (self->location && nt_application_get_models(self->app))
        start(self);
    nt_window_update_notice(self);
}

/* The gallery. */

static void on_library_state(NtWindow *self)
{
    if (self->viewing)
        nt_viewing_set_recognizer(self->viewing, nt_library_get_recognizer(self->library));
    if (nt_library_get_state(self->library) == NT_LIBRARY_LOCKED && !self->unlock_refused &&
        gtk_widget_get_mapped(GTK_WIDGET(self)))
        nt_window_ask_pass_phrase(self);
    nt_window_update_notice(self);
    nt_window_update_actions(self);
}

static void on_library_changed(NtWindow *self)
{
    if (self->viewing) {
        nt_viewing_refresh_names(self->viewing);
        if (!self->time_line)
            update_unknown(self);
    }
    nt_window_update_actions(self);
}

static void on_told(NtWindow *self, const char *words, gboolean undoable, gboolean failed)
{
    (void)failed;
    if (gtk_window_is_active(GTK_WINDOW(self)) ||
        gtk_application_get_active_window(GTK_APPLICATION(self->app)) == GTK_WINDOW(self))
        nt_window_tell(self, words, undoable);
}

static void on_effort(NtWindow *self)
{
    int scan_frames, upsample;
    nt_effort_get(g_settings_get_enum(self->settings, NT_SETTING_EFFORT), &scan_frames, &upsample);
    if (self->viewing)
        nt_viewing_set_effort(self->viewing, scan_frames, upsample);
}

/* Faces. */

static void on_asked(NtWindow *self)
{
    GtkWidget *ask = g_steal_pointer(&self->ask);
    nt_picture_view_set_selected(self->picture, 0);
    if (ask)
        gtk_widget_unparent(ask);
}

static gboolean on_asked_idle(gpointer user)
{
    on_asked(NT_WINDOW(user));
    return G_SOURCE_REMOVE;
}

static void on_ask_closed(NtWindow *self)
{
    /* The popover is still at work on its own closing. */
    g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, on_asked_idle, g_object_ref(self), g_object_unref);
}

void nt_window_ask_face(NtWindow *self, guint64 track, const GdkRectangle *place)
{
    g_clear_pointer(&self->ask, gtk_widget_unparent);
    self->track = track;
    self->ask = GTK_WIDGET(nt_enroll_popover_new());
    gtk_widget_set_parent(self->ask, GTK_WIDGET(self->picture));
    gtk_popover_set_pointing_to(GTK_POPOVER(self->ask), place);
    nt_enroll_popover_ask(NT_ENROLL_POPOVER(self->ask), self->library, self->viewing, track);
    g_signal_connect_object(self->ask, "closed", G_CALLBACK(on_ask_closed), self, G_CONNECT_SWAPPED);
    nt_picture_view_set_selected(self->picture, track);
    gtk_popover_popup(GTK_POPOVER(self->ask));
}

static void on_face_activated(NtWindow *self, guint64 track, const GdkRectangle *place)
{
    if (self->viewing)
        nt_window_ask_face(self, track, place);
}

static void on_face_pointed(NtWindow *self, guint64 track)
{
    if (track)
        self->track = track;
    if (self->viewing && nt_viewing_get_shown(self->viewing))
        explain(self, nt_viewing_get_shown(self->viewing));
}

static void on_background(NtWindow *self, int presses)
{
    gtk_widget_activate_action(GTK_WIDGET(self), presses == 2 ? "win.fullscreen" : "win.play", NULL);
    if (presses == 2) /* the first press has played or paused already */
        gtk_widget_activate_action(GTK_WIDGET(self), "win.play", NULL);
}

static void on_seek(NtWindow *self, gint64 position_ns)
{
    if (self->viewing)
        nt_viewing_seek(self->viewing, position_ns);
}

static gboolean on_drop(GtkDropTarget *target, const GValue *value, double x, double y, gpointer user)
{
    (void)target, (void)x, (void)y;
    GSList *files = g_value_get_boxed(value);
    g_autofree char *path = files ? g_file_get_path(files->data) : NULL;
    if (path)
        nt_window_open(NT_WINDOW(user), path);
    return path != NULL;
}

/* Life. */

static gboolean on_close(GtkWindow *window, gpointer user)
{
    (void)user;
    NtWindow *self = NT_WINDOW(window);
    if (!gtk_window_is_fullscreen(window) && !gtk_window_is_maximized(window)) {
        int width, height;
        gtk_window_get_default_size(window, &width, &height);
        g_settings_set_int(self->settings, "window-width", width);
        g_settings_set_int(self->settings, "window-height", height);
    }
    g_settings_set_boolean(self->settings, "window-maximized", gtk_window_is_maximized(window));
    nt_window_close_source(self);
    return FALSE;
}

static void nt_window_dispose(GObject *object)
{
    NtWindow *self = NT_WINDOW(object);
    if (self->library && self->arrived) {
        nt_window_close_source(self);
        g_signal_handlers_disconnect_by_data(self->library, self);
    }
    g_clear_handle_id(&self->upkeep, g_source_remove);
    g_clear_handle_id(&self->hide_controls, g_source_remove);
    g_clear_weak_pointer(&self->unlock);
    g_clear_pointer(&self->arrived, g_hash_table_unref);
    g_clear_weak_pointer(&self->toast);
    g_clear_pointer(&self->cameras, nt_camera_menu_free);
    g_clear_object(&self->open_menu);
    g_clear_object(&self->settings);
    g_clear_object(&self->library);
    G_OBJECT_CLASS(nt_window_parent_class)->dispose(object);
}

static void nt_window_class_init(NtWindowClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = nt_window_dispose;
    g_type_ensure(NT_TYPE_PICTURE_VIEW);
    g_type_ensure(NT_TYPE_TRANSPORT);
    g_type_ensure(NT_TYPE_TIME_LINE_VIEW);
    g_type_ensure(NT_TYPE_PEOPLE_PANEL);
    g_type_ensure(NT_TYPE_UNKNOWN_TRAY);
    g_type_ensure(NT_TYPE_EXPLAIN_VIEW);
    gtk_widget_class_set_template_from_resource(widget_class, "/org/nametag/Nametag/window.ui");
#define BIND(name) gtk_widget_class_bind_template_child(widget_class, NtWindow, name)
    BIND(toasts);
    BIND(stage);
    BIND(watch);
    BIND(header);
    BIND(controls);
    BIND(header_place);
    BIND(controls_place);
    BIND(arrivals);
    BIND(notice);
    BIND(top_revealer);
    BIND(bottom_revealer);
    BIND(notice_label);
    BIND(notice_button);
    BIND(open_button);
    BIND(pane_button);
    BIND(title);
    BIND(flap);
    BIND(pages);
    BIND(failed_page);
    BIND(empty_demo);
    BIND(spinner);
    BIND(picture);
    BIND(transport);
    BIND(time_line_view);
    BIND(panes);
    BIND(unknown_page);
    BIND(people);
    BIND(unknown);
    BIND(explain);
#undef BIND
}

static void on_map(NtWindow *self)
{
    g_debug("window after %.0f ms", nt_application_get_age_ms(self->app));
    if (nt_library_get_state(self->library) == NT_LIBRARY_LOCKED)
        on_library_state(self);
}

static void nt_window_init(NtWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    self->arrived = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_signal_connect(self, "close-request", G_CALLBACK(on_close), NULL);
    g_signal_connect(self, "map", G_CALLBACK(on_map), NULL);
    g_signal_connect_swapped(self->picture, "face-activated", G_CALLBACK(on_face_activated), self);
    g_signal_connect_swapped(self->picture, "face-pointed", G_CALLBACK(on_face_pointed), self);
    g_signal_connect_swapped(self->picture, "background-activated", G_CALLBACK(on_background), self);
    g_signal_connect_swapped(self->time_line_view, "seek", G_CALLBACK(on_seek), self);
    g_signal_connect_swapped(self->unknown, "seek", G_CALLBACK(on_seek), self);
    GtkDropTarget *drop = gtk_drop_target_new(GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);
    g_signal_connect(drop, "drop", G_CALLBACK(on_drop), self);
    gtk_widget_add_controller(GTK_WIDGET(self), GTK_EVENT_CONTROLLER(drop));
    self->upkeep = g_timeout_add(UPKEEP_MS, on_upkeep, self);
}

static void bind_settings(NtWindow *self)
{
    static const char *const drawn[] = {NT_SETTING_BOXES, NT_SETTING_NAMES, NT_SETTING_LANDMARKS};
    for (gsize i = 0; i < G_N_ELEMENTS(drawn); i++)
        g_settings_bind(self->settings, drawn[i], self->picture, drawn[i], G_SETTINGS_BIND_GET);
    g_settings_bind(self->settings, "show-sidebar", self->flap, "reveal-flap", G_SETTINGS_BIND_DEFAULT);
    g_signal_connect_object(self->settings, "changed::" NT_SETTING_EFFORT, G_CALLBACK(on_effort), self,
                            G_CONNECT_SWAPPED);
}

NtWindow *nt_window_new(NtApplication *application)
{
    NtWindow *self = g_object_new(NT_TYPE_WINDOW, "application", application, NULL);
    self->app = application;
    self->settings = g_object_ref(nt_application_get_settings(application));
    self->library = g_object_ref(nt_application_get_library(application));
    gtk_window_set_default_size(GTK_WINDOW(self), g_settings_get_int(self->settings, "window-width"),
                                g_settings_get_int(self->settings, "window-height"));
    if (g_settings_get_boolean(self->settings, "window-maximized"))
        gtk_window_maximize(GTK_WINDOW(self));
    bind_settings(self);
    nt_people_panel_set_library(self->people, self->library);
    nt_unknown_tray_set_library(self->unknown, self->library);
    g_autofree char *demo = nt_window_demo_path();
    gtk_widget_set_visible(self->empty_demo, demo != NULL);
    nt_file_memory_load();
    nt_window_add_actions(self);
    g_signal_connect_object(application, "models-ready", G_CALLBACK(on_models_ready), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(self->library, "notify", G_CALLBACK(on_library_state), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(self->library, "changed", G_CALLBACK(on_library_changed), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(self->library, "told", G_CALLBACK(on_told), self, G_CONNECT_SWAPPED);
    on_library_state(self);
    update_page(self);
    nt_window_update_actions(self);
    return self;
}
