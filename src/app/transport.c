#include "app/transport.h"

#include <math.h>
#include <glib/gi18n.h>

#include "app/words.h"

#define NT_NS_PER_SECOND 1000000000.0

/* What the menu and the keys offer. */
static const double rates[] = {0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4};

struct _NtTransport {
    AdwBin parent_instance;

    NtViewing *viewing;
    GPtrArray *bindings; /* GBinding: between the viewing and the buttons */
    GSimpleActionGroup *actions;
    char *said_position; /* what the label says now */

    GtkWidget *position_row, *live_label, *loop, *back, *play, *forward, *mute, *volume;
    GtkMenuButton *speed;
    GtkLabel *position_label, *duration_label;
    GtkScale *position;
    GtkAdjustment *position_adjustment, *volume_adjustment;
};

G_DEFINE_FINAL_TYPE(NtTransport, nt_transport, ADW_TYPE_BIN)

static char *rate_words(double rate)
{
    /* Translators: how fast a clip is played: 1 is as it was recorded. */
    return g_strdup_printf(_("%g×"), rate);
}

static void set_icon_button(GtkWidget *button, const char *icon, const char *name)
{
    gtk_button_set_icon_name(GTK_BUTTON(button), icon);
    gtk_widget_set_tooltip_text(button, name);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void show_time(NtTransport *self)
{
    const gint64 position_ns = MAX(nt_viewing_get_position(self->viewing), 0);
    char *words = nt_words_time(position_ns, TRUE);
    if (g_strcmp0(words, self->said_position) != 0) {
        gtk_label_set_label(self->position_label, words);
        gtk_adjustment_set_value(self->position_adjustment, position_ns / NT_NS_PER_SECOND);
    }
    g_free(self->said_position);
    self->said_position = words;
}

static void show_playing(NtTransport *self)
{
    if (nt_viewing_is_playing(self->viewing))
        set_icon_button(self->play, "media-playback-pause-symbolic", _("Pause"));
    else
        set_icon_button(self->play, "media-playback-start-symbolic", _("Play"));
}

static void show_sound(NtTransport *self)
{
    gboolean has_sound, muted;
    g_object_get(self->viewing, "has-sound", &has_sound, "muted", &muted, NULL);
    gtk_widget_set_sensitive(self->mute, has_sound);
    gtk_widget_set_sensitive(self->volume, has_sound && !muted);
    const double volume = gtk_adjustment_get_value(self->volume_adjustment);
    const char *icon = muted || volume <= 0 ? "audio-volume-muted-symbolic"
                       : volume < 0.4       ? "audio-volume-low-symbolic"
                       : volume < 0.75      ? "audio-volume-medium-symbolic"
                                            : "audio-volume-high-symbolic";
    set_icon_button(self->mute, icon, !has_sound ? _("No Sound") : muted ? _("Unmute") : _("Mute"));
}

static void show_rate(NtTransport *self)
{
    double rate;
    g_object_get(self->viewing, "rate", &rate, NULL);
    g_autofree char *words = rate_words(rate);
    gtk_menu_button_set_label(self->speed, words);
    g_autofree char *value = g_strdup_printf("%g", rate);
    GAction *action = g_action_map_lookup_action(G_ACTION_MAP(self->actions), "rate");
    g_simple_action_set_state(G_SIMPLE_ACTION(action), g_variant_new_string(value));
}

/* What a kind of source has use for. */
static void show_kind(NtTransport *self)
{
    const NtViewingKind kind = nt_viewing_get_kind(self->viewing);
    const gboolean clip = kind == NT_VIEWING_CLIP, live = kind == NT_VIEWING_CAMERA || kind == NT_VIEWING_NETWORK;
    const gint64 duration_ns = nt_viewing_get_duration(self->viewing);
    GtkWidget *of_clips[] = {self->back, self->forward, self->loop, GTK_WIDGET(self->speed), self->mute, self->volume};
    for (gsize i = 0; i < G_N_ELEMENTS(of_clips); i++)
        gtk_widget_set_visible(of_clips[i], clip);
    gtk_widget_set_visible(self->position_row, clip && duration_ns > 0);
    gtk_widget_set_visible(self->play, clip || live);
    gtk_widget_set_visible(self->live_label, live && nt_viewing_get_state(self->viewing) == NT_VIEWING_READY);
    gtk_widget_set_sensitive(GTK_WIDGET(self->position), nt_viewing_can_seek(self->viewing));
    if (duration_ns > 0) {
        g_autofree char *words = nt_words_time(duration_ns, FALSE);
        gtk_label_set_label(self->duration_label, words);
        gtk_adjustment_set_upper(self->position_adjustment, duration_ns / NT_NS_PER_SECOND);
    }
}

static void show_all(NtTransport *self)
{
    show_kind(self);
    show_playing(self);
    show_sound(self);
    show_rate(self);
    show_time(self);
}

static void on_notify(NtTransport *self, GParamSpec *property)
{
    (void)property;
    show_all(self);
}

static gboolean on_position(GtkRange *range, GtkScrollType scroll, double value, gpointer user)
{
    (void)range, (void)scroll;
    NtTransport *self = NT_TRANSPORT(user);
    const double end = gtk_adjustment_get_upper(self->position_adjustment);
    if (self->viewing)
        nt_viewing_seek(self->viewing, (gint64)(CLAMP(value, 0, end) * NT_NS_PER_SECOND));
    return FALSE;
}

static void on_rate(GSimpleAction *action, GVariant *value, gpointer user)
{
    (void)action;
    NtTransport *self = NT_TRANSPORT(user);
    if (self->viewing)
        g_object_set(self->viewing, "rate", g_ascii_strtod(g_variant_get_string(value, NULL), NULL), NULL);
}

static void bind(NtTransport *self, const char *property, gpointer target, const char *target_property)
{
    g_ptr_array_add(self->bindings, g_object_bind_property(self->viewing, property, target, target_property,
                                                           G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE));
}

static void drop_viewing(NtTransport *self)
{
    for (guint i = 0; i < self->bindings->len; i++)
        g_binding_unbind(g_ptr_array_index(self->bindings, i));
    g_ptr_array_set_size(self->bindings, 0);
    if (self->viewing)
        g_signal_handlers_disconnect_by_data(self->viewing, self);
    g_clear_object(&self->viewing);
}

void nt_transport_set_viewing(NtTransport *self, NtViewing *viewing)
{
    drop_viewing(self);
    gtk_widget_set_visible(GTK_WIDGET(self), viewing != NULL);
    if (!viewing)
        return;
    self->viewing = g_object_ref(viewing);
    bind(self, "loop", self->loop, "active");
    bind(self, "muted", self->mute, "active");
    bind(self, "volume", self->volume_adjustment, "value");
    g_signal_connect_swapped(viewing, "notify", G_CALLBACK(on_notify), self);
    g_signal_connect_swapped(viewing, "shown", G_CALLBACK(show_time), self);
    show_all(self);
}

static GMenuModel *rate_menu(void)
{
    GMenu *menu = g_menu_new();
    for (gsize i = 0; i < G_N_ELEMENTS(rates); i++) {
        g_autofree char *words = rate_words(rates[i]);
        g_autofree char *value = g_strdup_printf("%g", rates[i]);
        g_autoptr(GMenuItem) item = g_menu_item_new(words, NULL);
        g_menu_item_set_action_and_target(item, "transport.rate", "s", value);
        g_menu_append_item(menu, item);
    }
    return G_MENU_MODEL(menu);
}

static void nt_transport_dispose(GObject *object)
{
    NtTransport *self = NT_TRANSPORT(object);
    if (self->bindings)
        drop_viewing(self);
    g_clear_pointer(&self->bindings, g_ptr_array_unref);
    g_clear_object(&self->actions);
    g_clear_pointer(&self->said_position, g_free);
    G_OBJECT_CLASS(nt_transport_parent_class)->dispose(object);
}

static void nt_transport_class_init(NtTransportClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = nt_transport_dispose;
    gtk_widget_class_set_template_from_resource(widget_class, "/org/nametag/Nametag/transport.ui");
    gtk_widget_class_bind_template_child(widget_class, NtTransport, position_row);
    gtk_widget_class_bind_template_child(widget_class, NtTransport, live_label);
    gtk_widget_class_bind_template_child(widget_class, NtTransport, loop);
    gtk_widget_class_bind_template_child(widget_class, NtTransport, back);
    gtk_widget_class_bind_template_child(widget_class, NtTransport, play);
    gtk_widget_class_bind_template_child(widget_class, NtTransport, forward);
    gtk_widget_class_bind_template_child(widget_class, NtTransport, mute);
    gtk_widget_class_bind_template_child(widget_class, NtTransport, volume);
    gtk_widget_class_bind_template_child(widget_class, NtTransport, speed);
    gtk_widget_class_bind_template_child(widget_class, NtTransport, position_label);
    gtk_widget_class_bind_template_child(widget_class, NtTransport, duration_label);
    gtk_widget_class_bind_template_child(widget_class, NtTransport, position);
    gtk_widget_class_bind_template_child(widget_class, NtTransport, position_adjustment);
    gtk_widget_class_bind_template_child(widget_class, NtTransport, volume_adjustment);
    gtk_widget_class_bind_template_callback(widget_class, on_position);
}

static void nt_transport_init(NtTransport *self)
{
    static const GActionEntry actions[] = {
        {.name = "rate", .parameter_type = "s", .state = "'1'", .change_state = on_rate},
    };
    gtk_widget_init_template(GTK_WIDGET(self));
    self->bindings = g_ptr_array_new();
    self->actions = g_simple_action_group_new();
    g_action_map_add_action_entries(G_ACTION_MAP(self->actions), actions, G_N_ELEMENTS(actions), self);
    gtk_widget_insert_action_group(GTK_WIDGET(self), "transport", G_ACTION_GROUP(self->actions));
    g_autoptr(GMenuModel) menu = rate_menu();
    gtk_menu_button_set_menu_model(self->speed, menu);
    /* The position runs from left to right in every script, as the film and the lanes under it do. */
    gtk_widget_set_direction(self->position_row, GTK_TEXT_DIR_LTR);
    gtk_widget_set_direction(GTK_WIDGET(self->position), GTK_TEXT_DIR_LTR);
    gtk_widget_set_visible(GTK_WIDGET(self), FALSE);
}

double nt_transport_next_rate(double rate, int direction)
{
    const int n = G_N_ELEMENTS(rates);
    int nearest = 0;
    for (int i = 1; i < n; i++)
        if (fabs(rates[i] - rate) < fabs(rates[nearest] - rate))
            nearest = i;
    return rates[CLAMP(nearest + direction, 0, n - 1)];
}
