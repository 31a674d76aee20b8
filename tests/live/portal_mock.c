/* The camera portal of a desktop, as far as one asks it for a camera, on the session's bus:
 *
 *   portal_mock grant SOCKET    leave is given; the remote is a connection to PipeWire's SOCKET
 *   portal_mock refuse          the user says no
 *   portal_mock silent          the user does not answer
 *
 * Says "ready" when it can be asked.
 */
#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PORTAL_PATH "/org/freedesktop/portal/desktop"

static const char *behaviour, *pipewire;

static const char interfaces[] =
    "<node><interface name='org.freedesktop.portal.Camera'>"
    "<method name='AccessCamera'><arg type='a{sv}' direction='in'/><arg type='o' direction='out'/></method>"
    "<method name='OpenPipeWireRemote'><arg type='a{sv}' direction='in'/><arg type='h' direction='out'/>"
    "</method></interface></node>";

static void answer_access(GDBusConnection *bus, const char *sender, GVariant *parameters,
                          GDBusMethodInvocation *invocation)
{
    g_autoptr(GVariant) options = g_variant_get_child_value(parameters, 0);
    const char *token = "none";
    g_variant_lookup(options, "handle_token", "&s", &token);
    g_autofree char *name = g_strdup(sender + 1);
    g_strdelimit(name, ".", '_');
    g_autofree char *path = g_strdup_printf(PORTAL_PATH "/request/%s/%s", name, token);
    g_dbus_method_invocation_return_value(invocation, g_variant_new("(o)", path));
    if (g_str_equal(behaviour, "silent"))
        return;
    GVariantBuilder results;
    g_variant_builder_init(&results, G_VARIANT_TYPE_VARDICT);
    g_dbus_connection_emit_signal(bus, sender, path, "org.freedesktop.portal.Request", "Response",
                                  g_variant_new("(ua{sv})", g_str_equal(behaviour, "refuse") ? 1u : 0u, &results),
                                  NULL);
}

static int connect_to_pipewire(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_strlcpy(address.sun_path, pipewire, sizeof address.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

static void answer_open(GDBusMethodInvocation *invocation)
{
    int fd = pipewire ? connect_to_pipewire() : -1;
    if (fd < 0) {
        g_dbus_method_invocation_return_error(invocation, G_DBUS_ERROR, G_DBUS_ERROR_FAILED, "no PipeWire");
        return;
    }
    g_autoptr(GUnixFDList) list = g_unix_fd_list_new_from_array(&fd, 1);
    g_dbus_method_invocation_return_value_with_unix_fd_list(invocation, g_variant_new("(h)", 0), list);
}

static void on_call(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
                    const char *method, GVariant *parameters, GDBusMethodInvocation *invocation, gpointer user)
{
    (void)path, (void)interface, (void)user;
    if (g_str_equal(method, "AccessCamera"))
        answer_access(bus, sender, parameters, invocation);
    else
        answer_open(invocation);
}

static void on_bus(GDBusConnection *bus, const char *name, gpointer user)
{
    (void)name, (void)user;
    static const GDBusInterfaceVTable table = {.method_call = on_call};
    GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(interfaces, NULL);
    g_dbus_connection_register_object(bus, PORTAL_PATH, node->interfaces[0], &table, NULL, NULL, NULL);
}

static void on_name(GDBusConnection *bus, const char *name, gpointer user)
{
    (void)bus, (void)name, (void)user;
    puts("ready");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    behaviour = argc > 1 ? argv[1] : "refuse";
    pipewire = argc > 2 ? argv[2] : NULL;
    g_bus_own_name(G_BUS_TYPE_SESSION, "org.freedesktop.portal.Desktop", G_BUS_NAME_OWNER_FLAGS_NONE, on_bus, on_name,
                   NULL, NULL, NULL);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
    return 0;
}
