/* Keys in the Secret Service: with GNOME Keyring on a bus of the test's own; without any service, and with one that never
 * answers, the user is told so in words and soon. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "identity/vault.h"

#include "remove_tree.h"

#define WHAT "the gallery /home/anna/people.sqlite"
#define SERVICE_NAME "org.freedesktop.secrets"
#define SERVICE_PATH "/org/freedesktop/secrets"
#define START_SECONDS 15
/* What the user is made to wait at most when a service does not answer: ten seconds, and a busy machine's delay. */
#define PATIENCE_SECONDS 20

static const NtVaultKeys service_keys = {.use_service = TRUE};

static void use_bus(const char *address)
{
    g_setenv("DBUS_SESSION_BUS_ADDRESS", address, TRUE);
    g_unsetenv("DISPLAY"); /* nor one that is started through X11 */
}

/* A bus that ends with the process. */
static GTestDBus *start_bus(void)
{
    GTestDBus *bus = g_test_dbus_new(G_TEST_DBUS_NONE);
    g_test_dbus_up(bus);
    use_bus(g_test_dbus_get_bus_address(bus));
    return bus;
}

static GDBusConnection *connect_to(GTestDBus *bus)
{
    g_autoptr(GError) error = NULL;
    GDBusConnection *connection = g_dbus_connection_new_for_address_sync(
        g_test_dbus_get_bus_address(bus),
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, &error);
    g_assert_no_error(error);
    return connection;
}

static gboolean has_owner(GDBusConnection *connection)
{
    gboolean owned = FALSE;
    g_autoptr(GVariant) answer = g_dbus_connection_call_sync(
        connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
        g_variant_new("(s)", SERVICE_NAME), G_VARIANT_TYPE("(b)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
    if (answer)
        g_variant_get(answer, "(b)", &owned);
    return owned;
}

/* GNOME Keyring with a new login keyring that an empty password unlocks, in a home of its own. */
static GSubprocess *start_keyring(GTestDBus *bus, const char *home)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
                                  G_SUBPROCESS_FLAGS_STDERR_SILENCE);
    g_subprocess_launcher_setenv(launcher, "HOME", home, TRUE);
    g_subprocess_launcher_setenv(launcher, "XDG_DATA_HOME", home, TRUE);
    g_subprocess_launcher_setenv(launcher, "XDG_RUNTIME_DIR", home, TRUE);
    GSubprocess *daemon = g_subprocess_launcher_spawn(launcher, &error, "gnome-keyring-daemon", "--foreground", "--unlock",
                                                      "--components=secrets", NULL);
    g_assert_no_error(error);
    GOutputStream *password = g_subprocess_get_stdin_pipe(daemon);
    g_assert_true(g_output_stream_write_all(password, "\n", 1, NULL, NULL, NULL));
    g_assert_true(g_output_stream_close(password, NULL, NULL));
    g_autoptr(GDBusConnection) connection = connect_to(bus);
    for (int tenth = 0; tenth < START_SECONDS * 10 && !has_owner(connection); tenth++)
        g_usleep(G_USEC_PER_SEC / 10);
    g_assert_true(has_owner(connection));
    return daemon;
}

static void assert_cannot_open(const char *description, NtVaultError code)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(nt_vault_open(description, &service_keys, WHAT, &error));
    g_test_message("%s", error->message);
    g_assert_error(error, NT_VAULT_ERROR, (int)code);
}

/* A key is made, found again, and is gone when it was let go of. */
static void use_keyring(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *description = NULL, *other_description = NULL;
    g_autoptr(NtVault) vault = nt_vault_new(NT_VAULT_LOCK_SERVICE, NULL, WHAT, &description, &error);
    g_assert_no_error(error);
    g_autoptr(NtVault) other = nt_vault_new(NT_VAULT_LOCK_SERVICE, NULL, WHAT, &other_description, &error);
    g_assert_no_error(error);
    g_autoptr(GBytes) sealed = nt_vault_seal(vault, "people.name", "Anna", 4);
    g_autoptr(NtVault) opened = nt_vault_open(description, NULL, WHAT, &error); /* NULL: the service alone */
    g_assert_no_error(error);
    g_autoptr(GBytes) plain =
        nt_vault_unseal(opened, "people.name", g_bytes_get_data(sealed, NULL), g_bytes_get_size(sealed), &error);
    g_assert_no_error(error);
    g_assert_cmpmem(g_bytes_get_data(plain, NULL), g_bytes_get_size(plain), "Anna", 4);

    /* The key of one gallery on the wrapped key of another. */
    const char *wrapped = strstr(description, "\"wrapped\""), *other_wrapped = strstr(other_description, "\"wrapped\"");
    g_autofree char *start = g_strndup(description, (gsize)(wrapped - description));
    g_autofree char *mixed = g_strconcat(start, other_wrapped, NULL);
    assert_cannot_open(mixed, NT_VAULT_ERROR_KEY);

    g_assert_true(nt_vault_forget(description, &error));
    g_assert_no_error(error);
    assert_cannot_open(description, NT_VAULT_ERROR_KEY);
    g_assert_true(nt_vault_forget(description, &error)); /* nothing left to let go of */
    g_autoptr(NtVault) still = nt_vault_open(other_description, &service_keys, WHAT, &error);
    g_assert_no_error(error);
}

static void test_keyring(void)
{
    GTestDBus *bus = start_bus();
    g_autofree char *home = g_dir_make_tmp("nametag-keyring-XXXXXX", NULL);
    g_autoptr(GSubprocess) daemon = start_keyring(bus, home);
    use_keyring();
    g_subprocess_force_exit(daemon);
    g_subprocess_wait(daemon, NULL, NULL);
    g_test_dbus_stop(bus);
    g_object_unref(bus);
    remove_tree(home);
}

static void assert_refused_soon(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *description = NULL;
    const gint64 start = g_get_monotonic_time();
    g_assert_null(nt_vault_new(NT_VAULT_LOCK_SERVICE, NULL, WHAT, &description, &error));
    g_test_message("%s", error->message);
    g_assert_error(error, NT_VAULT_ERROR, NT_VAULT_ERROR_SERVICE);
    g_assert_null(description);
    g_assert_nonnull(strstr(error->message, "pass phrase")); /* the remedy */
    g_assert_cmpint(g_get_monotonic_time() - start, <, PATIENCE_SECONDS * G_TIME_SPAN_SECOND);
}

static void test_no_bus(void)
{
    use_bus("unix:path=/nonexistent/bus");
    assert_refused_soon();
    assert_cannot_open("{\"version\":1,\"cipher\":\"xchacha20poly1305-ietf\",\"locks\":[{\"type\":\"secret-service\","
                       "\"id\":\"00000000-0000-4000-8000-000000000000\",\"wrapped\":\""
                       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}",
                       NT_VAULT_ERROR_SERVICE);
}

static void test_no_service(void)
{
    GTestDBus *bus = start_bus();
    assert_refused_soon();
    g_test_dbus_stop(bus);
    g_object_unref(bus);
}

/* Calls come to a context that nobody iterates: they are never answered. */
static void test_mute_service(void)
{
    static const char interfaces[] = "<node><interface name='org.freedesktop.Secret.Service'>"
                                     "<method name='OpenSession'><arg type='s' direction='in'/><arg type='v' direction='in'/>"
                                     "<arg type='v' direction='out'/><arg type='o' direction='out'/></method>"
                                     "<property name='Collections' type='ao' access='read'/></interface></node>";
    static const GDBusInterfaceVTable vtable = {0};
    GTestDBus *bus = start_bus();
    g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(interfaces, NULL);
    g_autoptr(GDBusConnection) connection = connect_to(bus);
    const guint id =
        g_dbus_connection_register_object(connection, SERVICE_PATH, node->interfaces[0], &vtable, NULL, NULL, NULL);
    g_assert_cmpuint(id, >, 0);
    g_autoptr(GVariant) answer = g_dbus_connection_call_sync(
        connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
        g_variant_new("(su)", SERVICE_NAME, 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
    g_assert_nonnull(answer);
    assert_refused_soon();
    g_test_dbus_stop(bus);
    g_object_unref(bus);
}

/* Each in a process of its own: a process keeps to the first session bus it sees. */
typedef struct Scene {
    const char *path;
    void (*run)(void);
    const char *needs[2]; /* programs */
} Scene;

static void play(gconstpointer user)
{
    const Scene *scene = user;
    if (g_test_subprocess()) {
        scene->run();
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(scene->needs) && scene->needs[i]; i++) {
        g_autofree char *program = g_find_program_in_path(scene->needs[i]);
        g_autofree char *words = g_strdup_printf("%s is not installed (packages dbus, gnome-keyring)", scene->needs[i]);
        if (!program) {
            g_test_skip(words);
            return;
        }
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
    g_test_trap_assert_passed();
}

int main(int argc, char **argv)
{
    static const Scene scenes[] = {
        {"/identity/vault-service/keyring", test_keyring, {"dbus-daemon", "gnome-keyring-daemon"}},
        {"/identity/vault-service/no-bus", test_no_bus, {NULL}},
        {"/identity/vault-service/no-service", test_no_service, {"dbus-daemon"}},
        {"/identity/vault-service/mute-service", test_mute_service, {"dbus-daemon"}},
    };
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(scenes); i++)
        g_test_add_data_func(scenes[i].path, &scenes[i], play);
    return g_test_run();
}
