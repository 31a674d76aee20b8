/* Nametag - the camera portal, spoken to over the session's bus (xdg-desktop-portal, org.freedesktop.portal.Camera). */
#include "media/portal.h"

#include <gio/gunixfdlist.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define PORTAL_NAME "org.freedesktop.portal.Desktop"
#define PORTAL_PATH "/org/freedesktop/portal/desktop"
#define CAMERA "org.freedesktop.portal.Camera"
#define REQUEST "org.freedesktop.portal.Request"
#define SANDBOX_MARK "/.flatpak-info"
/* The bus and the portal answer in milliseconds; it is the user who takes time, and may. */
#define CALL_LIMIT_MS 10000
/* How soon a cancelled request is noticed. */
#define POLL_MS 50

/* The portal's answers, by its documentation of Request. */
enum { RESPONSE_GRANTED = 0, RESPONSE_CANCELLED = 1, RESPONSE_ENDED = 2, RESPONSE_NONE = -1 };

gboolean nt_portal_is_needed(void)
{
    return g_strcmp0(g_getenv("NAMETAG_PORTAL"), "1") == 0 || g_file_test(SANDBOX_MARK, G_FILE_TEST_EXISTS);
}

static void on_response(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
                        const char *signal, GVariant *parameters, gpointer response)
{
    (void)bus, (void)sender, (void)path, (void)interface, (void)signal;
    guint32 code;
    g_variant_get(parameters, "(u@a{sv})", &code, NULL);
    *(int *)response = (int)code;
}

static gboolean refuse(GError **error, const char *reason, const char *remedy)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                /* Translators: why, and what to do about it. */ _("cannot use a camera: %s; %s"), reason, remedy);
    return FALSE;
}

/* What the bus says, in the user's words. */
static gboolean explain(GError *reason, GError **error)
{
    g_autoptr(GError) owned = reason;
    if (g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_propagate_error(error, g_steal_pointer(&owned));
    else if (g_error_matches(reason, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED) || strstr(reason->message, "NotAllowed"))
        refuse(error, _("the desktop does not allow it"), _("allow it in the desktop's settings for this application"));
    else
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    _("cannot use a camera: this desktop has no camera portal (%s); install xdg-desktop-portal and the "
                      "part of it "
                      "for your desktop"),
                    reason->message);
    return FALSE;
}

/* The path on which the answer will come, known before the question so that none is missed. */
static char *request_path(GDBusConnection *bus, const char *token)
{
    g_autofree char *sender = g_strdup(g_dbus_connection_get_unique_name(bus) + 1);
    g_strdelimit(sender, ".", '_');
    return g_strdup_printf("%s/request/%s/%s", PORTAL_PATH, sender, token);
}

static GVariant *options(const char *token)
{
    GVariantBuilder builder;
    g_variant_builder_init(&builder, G_VARIANT_TYPE("(a{sv})"));
    g_variant_builder_open(&builder, G_VARIANT_TYPE_VARDICT);
    if (token)
        g_variant_builder_add(&builder, "{sv}", "handle_token", g_variant_new_string(token));
    g_variant_builder_close(&builder);
    return g_variant_builder_end(&builder);
}

static void on_gone(GDBusConnection *bus, const char *name, gpointer response)
{
    (void)bus, (void)name;
    if (*(int *)response == RESPONSE_NONE)
        *(int *)response = RESPONSE_ENDED;
}

static gboolean wake(gpointer user)
{
    (void)user;
    return G_SOURCE_CONTINUE;
}

/* Turns context until the answer is there. */
static void wait_for_answer(GMainContext *context, const int *response, GCancellable *cancellable)
{
    g_autoptr(GSource) tick = g_timeout_source_new(POLL_MS);
    g_source_set_callback(tick, wake, NULL, NULL);
    g_source_attach(tick, context);
    while (*response == RESPONSE_NONE && !g_cancellable_is_cancelled(cancellable))
        g_main_context_iteration(context, TRUE);
    g_source_destroy(tick);
}

static gboolean judge(int response, GCancellable *cancellable, GError **error)
{
    if (response == RESPONSE_GRANTED)
        return TRUE;
    if (response == RESPONSE_NONE && g_cancellable_set_error_if_cancelled(cancellable, error))
        return FALSE;
    if (response == RESPONSE_CANCELLED)
        return refuse(error, _("it was refused"),
                      _("allow it when the desktop asks, or in its settings for this application"));
    return refuse(error, _("the desktop gave no answer"), _("try again"));
}

static gboolean ask(GDBusConnection *bus, GMainContext *context, GCancellable *cancellable, GError **error)
{
    int response = RESPONSE_NONE;
    g_autofree char *token = g_strdup_printf("nametag%u", g_random_int());
    g_autofree char *path = request_path(bus, token);
    guint subscription = g_dbus_connection_signal_subscribe(bus, PORTAL_NAME, REQUEST, "Response", path, NULL,
                                                            G_DBUS_SIGNAL_FLAGS_NONE, on_response, &response, NULL);
    guint watch =
        g_bus_watch_name_on_connection(bus, PORTAL_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, on_gone, &response, NULL);
    GError *reason = NULL;
    g_autoptr(GVariant) handle =
        g_dbus_connection_call_sync(bus, PORTAL_NAME, PORTAL_PATH, CAMERA, "AccessCamera", options(token),
                                    G_VARIANT_TYPE("(o)"), G_DBUS_CALL_FLAGS_NONE, CALL_LIMIT_MS, cancellable, &reason);
    gboolean allowed;
    if (handle) {
        wait_for_answer(context, &response, cancellable);
        if (response == RESPONSE_NONE)
            g_dbus_connection_call(bus, PORTAL_NAME, path, REQUEST, "Close", NULL, NULL, G_DBUS_CALL_FLAGS_NONE,
                                   CALL_LIMIT_MS, NULL, NULL, NULL);
        allowed = judge(response, cancellable, error);
    } else {
        allowed = explain(reason, error);
    }
    g_bus_unwatch_name(watch);
    g_dbus_connection_signal_unsubscribe(bus, subscription);
    return allowed;
}

static int open_remote(GDBusConnection *bus, GCancellable *cancellable, GError **error)
{
    GError *reason = NULL;
    g_autoptr(GUnixFDList) descriptors = NULL;
    g_autoptr(GVariant) answer = g_dbus_connection_call_with_unix_fd_list_sync(
        bus, PORTAL_NAME, PORTAL_PATH, CAMERA, "OpenPipeWireRemote", options(NULL), G_VARIANT_TYPE("(h)"),
        G_DBUS_CALL_FLAGS_NONE, CALL_LIMIT_MS, NULL, &descriptors, cancellable, &reason);
    gint32 handle = 0;
    if (answer)
        g_variant_get(answer, "(h)", &handle);
    int fd = answer && descriptors ? g_unix_fd_list_get(descriptors, handle, &reason) : -1;
    if (fd < 0 && reason)
        explain(reason, error);
    else if (fd < 0)
        refuse(error, _("the desktop gave no connection to it"), _("try again"));
    return fd;
}

int nt_portal_open_camera(GCancellable *cancellable, GError **error)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    g_main_context_push_thread_default(context);
    GError *reason = NULL;
    int fd = -1;
    g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SESSION, cancellable, &reason);
    if (!bus)
        explain(reason, error);
    else if (ask(bus, context, cancellable, error))
        fd = open_remote(bus, cancellable, error);
    g_main_context_pop_thread_default(context);
    return fd;
}
