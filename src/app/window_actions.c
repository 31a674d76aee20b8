#include <math.h>
#include <glib/gi18n.h>

#include "app/export_dialog.h"
#include "app/file_memory.h"
#include "app/preferences_window.h"
#include "app/window_private.h"
#include "app/words.h"

#define SEEK_NS (5 * G_GINT64_CONSTANT(1000000000))
#define VOLUME_STEP 0.05
/* In fullscreen the controls go when the pointer rests. */
#define HIDE_CONTROLS_MS 2500

static void set_enabled(NtWindow *self, const char *name, gboolean enabled)
{
    g_simple_action_set_enabled(G_SIMPLE_ACTION(g_action_map_lookup_action(G_ACTION_MAP(self), name)), enabled);
}

void nt_window_update_actions(NtWindow *self)
{
    const NtViewingState state = self->viewing ? nt_viewing_get_state(self->viewing) : NT_VIEWING_FAILED;
    const gboolean shown = self->viewing && nt_viewing_get_shown(self->viewing);
    const gboolean clip = self->viewing && nt_viewing_get_kind(self->viewing) == NT_VIEWING_CLIP;
    const gboolean still = self->viewing && nt_viewing_get_kind(self->viewing) == NT_VIEWING_STILL;
    const gboolean ready = shown && state != NT_VIEWING_FAILED;
    g_autofree char *undo = NULL, *redo = NULL;
    g_object_get(self->library, "undo", &undo, "redo", &redo, NULL);

    set_enabled(self, "play", ready && !still);
    set_enabled(self, "step-back", ready && clip);
    set_enabled(self, "step-forward", ready && clip);
    set_enabled(self, "next-appearance", self->time_line != NULL);
    set_enabled(self, "previous-appearance", self->time_line != NULL);
    set_enabled(self, "export", ready && (clip || still));
    set_enabled(self, "save-picture", ready);
    set_enabled(self, "close-source", self->viewing || self->location);
    set_enabled(self, "open-again", self->location != NULL);
    set_enabled(self, "undo", undo != NULL);
    set_enabled(self, "redo", redo != NULL);
    set_enabled(self, "unlock", nt_library_get_state(self->library) == NT_LIBRARY_LOCKED);
    set_enabled(self, "no-camera", FALSE);
}

/* Opening. */

#define ACTION(name) \
    static void name(GSimpleAction *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED, gpointer user)

ACTION(on_open_file)
{
    nt_window_choose_file(NT_WINDOW(user));
}
ACTION(on_open_address)
{
    nt_window_ask_address(NT_WINDOW(user));
}
ACTION(on_open_first_camera)
{
    nt_window_open(NT_WINDOW(user), NULL);
}
ACTION(on_open_camera)
{
    nt_window_open(NT_WINDOW(user), g_variant_get_string(parameter, NULL));
}
ACTION(on_open_recent)
{
    nt_window_open(NT_WINDOW(user), g_variant_get_bytestring(parameter));
}
ACTION(on_no_camera)
{
    (void)user;
}

ACTION(on_open_demo)
{
    g_autofree char *demo = nt_window_demo_path();
    if (demo)
        nt_window_open(NT_WINDOW(user), demo);
}

ACTION(on_open_again)
{
    NtWindow *self = NT_WINDOW(user);
    nt_window_open(self, self->location);
}

ACTION(on_close_source)
{
    NtWindow *self = NT_WINDOW(user);
    nt_window_close_source(self);
    gtk_stack_set_visible_child_name(self->pages, "empty");
    nt_window_update_notice(self);
    nt_window_update_actions(self);
}

/* Playing. */

ACTION(on_play)
{
    NtWindow *self = NT_WINDOW(user);
    if (!self->viewing)
        return;
    if (nt_viewing_is_playing(self->viewing))
        nt_viewing_pause(self->viewing);
    else
        nt_viewing_play(self->viewing);
}

static void step(NtWindow *self, int frames)
{
    if (self->viewing)
        nt_viewing_step(self->viewing, frames);
}

ACTION(on_step_back)
{
    step(NT_WINDOW(user), -1);
}
ACTION(on_step_forward)
{
    step(NT_WINDOW(user), 1);
}

static void seek_by(NtWindow *self, gint64 by_ns)
{
    if (!self->viewing || !nt_viewing_can_seek(self->viewing))
        return;
    const gint64 end_ns = nt_viewing_get_duration(self->viewing);
    const gint64 position_ns = MAX(nt_viewing_get_position(self->viewing) + by_ns, 0);
    nt_viewing_seek(self->viewing, end_ns > 0 ? MIN(position_ns, end_ns) : position_ns);
}

static void go_to_appearance(NtWindow *self, int direction)
{
    if (!self->time_line || !self->viewing)
        return;
    const gint64 to_ns = nt_time_line_seek(self->time_line, NULL, nt_viewing_get_position(self->viewing), direction);
    if (to_ns >= 0)
        nt_viewing_seek(self->viewing, to_ns);
}

ACTION(on_next_appearance)
{
    go_to_appearance(NT_WINDOW(user), 1);
}
ACTION(on_previous_appearance)
{
    go_to_appearance(NT_WINDOW(user), -1);
}

static void change_rate(NtWindow *self, int direction)
{
    double rate;
    g_object_get(self->viewing, "rate", &rate, NULL);
    g_object_set(self->viewing, "rate", direction ? nt_transport_next_rate(rate, direction) : 1.0, NULL);
}

static void change_volume(NtWindow *self, double by)
{
    double volume;
    g_object_get(self->viewing, "volume", &volume, NULL);
    g_object_set(self->viewing, "volume", CLAMP(volume + by, 0, 1), "muted", FALSE, NULL);
}

static void toggle(gpointer object, const char *property)
{
    gboolean value;
    g_object_get(object, property, &value, NULL);
    g_object_set(object, property, !value, NULL);
}

/* Keys without a modifier, where no entry has the focus. FALSE: not one of ours. */
static gboolean press_key(NtWindow *self, guint key)
{
    const NtViewingKind kind = nt_viewing_get_kind(self->viewing);
    const gboolean clip = kind == NT_VIEWING_CLIP;
    if (key == GDK_KEY_space || key == GDK_KEY_KP_Space || key == GDK_KEY_AudioPlay)
        gtk_widget_activate_action(GTK_WIDGET(self), "win.play", NULL);
    else if (!clip)
        return FALSE;
    else if (key == GDK_KEY_Left || key == GDK_KEY_Right)
        seek_by(self, key == GDK_KEY_Left ? -SEEK_NS : SEEK_NS);
    else if (key == GDK_KEY_comma || key == GDK_KEY_period)
        step(self, key == GDK_KEY_comma ? -1 : 1);
    else if (key == GDK_KEY_n || key == GDK_KEY_p)
        go_to_appearance(self, key == GDK_KEY_n ? 1 : -1);
    else if (key == GDK_KEY_Home || key == GDK_KEY_End)
        seek_by(self, key == GDK_KEY_Home ? G_MININT64 / 2 : G_MAXINT64 / 2);
    else if (key == GDK_KEY_bracketleft || key == GDK_KEY_bracketright)
        change_rate(self, key == GDK_KEY_bracketleft ? -1 : 1);
    else if (key == GDK_KEY_backslash)
        change_rate(self, 0);
    else if (key == GDK_KEY_plus || key == GDK_KEY_minus || key == GDK_KEY_KP_Add || key == GDK_KEY_KP_Subtract)
        change_volume(self, key == GDK_KEY_plus || key == GDK_KEY_KP_Add ? VOLUME_STEP : -VOLUME_STEP);
    else if (key == GDK_KEY_m)
        toggle(self->viewing, "muted");
    else if (key == GDK_KEY_l)
        toggle(self->viewing, "loop");
    else
        return FALSE;
    return TRUE;
}

static gboolean on_key(GtkEventControllerKey *keys, guint key, guint code, GdkModifierType modifiers, gpointer user)
{
    (void)keys, (void)code;
    NtWindow *self = NT_WINDOW(user);
    GtkWidget *focus = gtk_root_get_focus(GTK_ROOT(self));
    if (modifiers & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK) || (focus && GTK_IS_EDITABLE(focus)))
        return FALSE;
    if (key == GDK_KEY_Escape && gtk_window_is_fullscreen(GTK_WINDOW(self))) {
        gtk_window_unfullscreen(GTK_WINDOW(self));
        return TRUE;
    }
    return self->viewing && press_key(self, key);
}

/* Panes and fullscreen. */

ACTION(on_search_people)
{
    NtWindow *self = NT_WINDOW(user);
    adw_flap_set_reveal_flap(self->flap, TRUE);
    adw_view_stack_set_visible_child_name(self->panes, "people");
    nt_people_panel_search(self->people);
}

ACTION(on_pane)
{
    NtWindow *self = NT_WINDOW(user);
    adw_flap_set_reveal_flap(self->flap, TRUE);
    adw_view_stack_set_visible_child_name(self->panes, g_variant_get_string(parameter, NULL));
}

static void move_to(GtkWidget *child, GtkBox *from_box, GtkRevealer *from_revealer, GtkBox *box, GtkRevealer *revealer)
{
    g_object_ref(child);
    if (from_box)
        gtk_box_remove(from_box, child);
    else
        gtk_revealer_set_child(from_revealer, NULL);
    if (box)
        gtk_box_append(box, child);
    else
        gtk_revealer_set_child(revealer, child);
    g_object_unref(child);
}

static void reveal_controls(NtWindow *self, gboolean reveal)
{
    gtk_revealer_set_reveal_child(self->top_revealer, reveal);
    gtk_revealer_set_reveal_child(self->bottom_revealer, reveal);
    gtk_widget_set_cursor_from_name(GTK_WIDGET(self->picture), reveal ? NULL : "none");
}

static gboolean hide_controls(gpointer user)
{
    NtWindow *self = NT_WINDOW(user);
    self->hide_controls = 0;
    reveal_controls(self, FALSE);
    return G_SOURCE_REMOVE;
}

static void show_controls(NtWindow *self)
{
    g_clear_handle_id(&self->hide_controls, g_source_remove);
    if (!gtk_window_is_fullscreen(GTK_WINDOW(self)))
        return;
    reveal_controls(self, TRUE);
    self->hide_controls = g_timeout_add(HIDE_CONTROLS_MS, hide_controls, self);
}

/* GTK tells of motion too when the picture moves under a pointer that rests. */
static void on_motion(GtkEventControllerMotion *motion, double x, double y, gpointer user)
{
    static double last_x, last_y;
    (void)motion;
    if (fabs(x - last_x) + fabs(y - last_y) > 1)
        show_controls(NT_WINDOW(user));
    last_x = x;
    last_y = y;
}

static void on_fullscreened(NtWindow *self)
{
    const gboolean full = gtk_window_is_fullscreen(GTK_WINDOW(self));
    const gboolean is_full = gtk_revealer_get_child(self->top_revealer) != NULL;
    if (full == is_full)
        return;
    move_to(self->header, full ? self->header_place : NULL, full ? NULL : self->top_revealer,
            full ? NULL : self->header_place, full ? self->top_revealer : NULL);
    move_to(self->controls, full ? self->controls_place : NULL, full ? NULL : self->bottom_revealer,
            full ? NULL : self->controls_place, full ? self->bottom_revealer : NULL);
    gtk_widget_set_visible(GTK_WIDGET(self->top_revealer), full);
    gtk_widget_set_visible(GTK_WIDGET(self->bottom_revealer), full);
    if (full)
        gtk_widget_add_css_class(GTK_WIDGET(self), "full");
    else
        gtk_widget_remove_css_class(GTK_WIDGET(self), "full");
    /* Fullscreen is for the picture: the pane goes until it is asked for, and what the settings say comes back after. */
    if (full) {
        g_settings_unbind(self->flap, "reveal-flap");
        adw_flap_set_reveal_flap(self->flap, FALSE);
    } else {
        g_settings_bind(self->settings, "show-sidebar", self->flap, "reveal-flap", G_SETTINGS_BIND_DEFAULT);
    }
    reveal_controls(self, TRUE);
    show_controls(self);
}

ACTION(on_fullscreen)
{
    if (gtk_window_is_fullscreen(user))
        gtk_window_unfullscreen(user);
    else
        gtk_window_fullscreen(user);
}

/* Gallery, preferences, results. */

ACTION(on_undo)
{
    nt_library_undo(NT_WINDOW(user)->library);
}
ACTION(on_redo)
{
    nt_library_redo(NT_WINDOW(user)->library);
}
ACTION(on_unlock)
{
    nt_window_ask_pass_phrase(NT_WINDOW(user));
}

ACTION(on_preferences)
{
    NtWindow *self = NT_WINDOW(user);
    gtk_window_present(GTK_WINDOW(nt_preferences_window_new(GTK_WINDOW(self), self->settings, self->library)));
}

static NtOverlayOptions overlay_options(NtWindow *self)
{
    NtOverlayOptions options = NT_OVERLAY_DEFAULTS;
    options.label = nt_words_verdict;
    options.boxes = g_settings_get_boolean(self->settings, NT_SETTING_BOXES);
    options.names = g_settings_get_boolean(self->settings, NT_SETTING_NAMES);
    options.landmarks = g_settings_get_boolean(self->settings, NT_SETTING_LANDMARKS);
    return options;
}

ACTION(on_export)
{
    NtWindow *self = NT_WINDOW(user);
    const NtOverlayOptions options = overlay_options(self);
    if (self->viewing)
        gtk_window_present(GTK_WINDOW(nt_export_dialog_new(GTK_WINDOW(self), self->viewing, self->library,
                                                           nt_application_get_models(self->app), &options)));
}

static void on_picture_saved(const char *words, gpointer user)
{
    nt_window_tell(NT_WINDOW(user), words, FALSE);
}

ACTION(on_save_picture)
{
    NtWindow *self = NT_WINDOW(user);
    const NtOverlayOptions options = overlay_options(self);
    NtShown *shown = self->viewing ? nt_viewing_get_shown(self->viewing) : NULL;
    if (shown)
        nt_export_still(GTK_WINDOW(self), shown, &options, nt_viewing_get_name(self->viewing), on_picture_saved, self);
}

/* The menu of what can be opened. */

static void on_open_menu(NtWindow *self)
{
    if (!gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(gtk_widget_get_first_child(GTK_WIDGET(self->open_button)))))
        return;
    g_menu_remove(self->open_menu, 2);
    g_autoptr(GMenuModel) recent = nt_file_memory_recent_menu();
    g_menu_append_section(self->open_menu, _("Recent"), recent);
}

static void add_open_menu(NtWindow *self)
{
    g_autoptr(GMenu) first = g_menu_new();
    g_autoptr(GMenuModel) recent = nt_file_memory_recent_menu();
    self->cameras = nt_camera_menu_new();
    self->open_menu = g_menu_new();
    g_menu_append(first, _("_File…"), "win.open-file");
    g_menu_append(first, _("_Address…"), "win.open-address");
    g_menu_append_section(self->open_menu, NULL, G_MENU_MODEL(first));
    g_menu_append_section(self->open_menu, _("Cameras"), nt_camera_menu_get_model(self->cameras));
    g_menu_append_section(self->open_menu, _("Recent"), recent);
    gtk_menu_button_set_menu_model(self->open_button, G_MENU_MODEL(self->open_menu));
    g_signal_connect_object(gtk_widget_get_first_child(GTK_WIDGET(self->open_button)), "toggled",
                            G_CALLBACK(on_open_menu), self, G_CONNECT_SWAPPED);
}

void nt_window_add_actions(NtWindow *self)
{
    static const GActionEntry actions[] = {
        {.name = "open-file", .activate = on_open_file},
        {.name = "open-address", .activate = on_open_address},
        {.name = "open-first-camera", .activate = on_open_first_camera},
        {.name = "open-camera", .activate = on_open_camera, .parameter_type = "s"},
        {.name = "open-recent", .activate = on_open_recent, .parameter_type = "ay"},
        {.name = "open-demo", .activate = on_open_demo},
        {.name = "open-again", .activate = on_open_again},
        {.name = "no-camera", .activate = on_no_camera},
        {.name = "close-source", .activate = on_close_source},
        {.name = "play", .activate = on_play},
        {.name = "step-back", .activate = on_step_back},
        {.name = "step-forward", .activate = on_step_forward},
        {.name = "next-appearance", .activate = on_next_appearance},
        {.name = "previous-appearance", .activate = on_previous_appearance},
        {.name = "search-people", .activate = on_search_people},
        {.name = "pane", .activate = on_pane, .parameter_type = "s"},
        {.name = "fullscreen", .activate = on_fullscreen},
        {.name = "undo", .activate = on_undo},
        {.name = "redo", .activate = on_redo},
        {.name = "unlock", .activate = on_unlock},
        {.name = "preferences", .activate = on_preferences},
        {.name = "export", .activate = on_export},
        {.name = "save-picture", .activate = on_save_picture},
    };
    static const char *const drawn[] = {NT_SETTING_BOXES, NT_SETTING_NAMES, NT_SETTING_LANDMARKS};
    g_action_map_add_action_entries(G_ACTION_MAP(self), actions, G_N_ELEMENTS(actions), self);
    for (gsize i = 0; i < G_N_ELEMENTS(drawn); i++) {
        g_autoptr(GAction) action = g_settings_create_action(self->settings, drawn[i]);
        g_action_map_add_action(G_ACTION_MAP(self), action);
    }
    g_autoptr(GPropertyAction) side_pane = g_property_action_new("side-pane", self->flap, "reveal-flap");
    g_action_map_add_action(G_ACTION_MAP(self), G_ACTION(side_pane));
    add_open_menu(self);

    GtkEventController *keys = gtk_event_controller_key_new();
    g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), self);
    gtk_widget_add_controller(GTK_WIDGET(self), keys);
    GtkEventController *motion = gtk_event_controller_motion_new();
    gtk_event_controller_set_propagation_phase(motion, GTK_PHASE_CAPTURE);
    g_signal_connect(motion, "motion", G_CALLBACK(on_motion), self);
    gtk_widget_add_controller(GTK_WIDGET(self), motion);
    g_signal_connect(self, "notify::fullscreened", G_CALLBACK(on_fullscreened), NULL);
}
