#include "identity/vault_service.h"

#include <glib/gi18n-lib.h>
#include <libsecret/secret.h>
#include <string.h>

#include "identity/vault.h"

/* D-Bus itself waits 25 seconds for an answer; a desktop's service gives one in milliseconds, or is starting. */
#define ANSWER_SECONDS 10
#define SANDBOX_MARK "/.flatpak-info"
/* For a person who is asked for the keyring's password. */
#define PERSON_SECONDS 120

static const SecretSchema schema = {
    .name = "net.nametag.GalleryKey",
    .flags = SECRET_SCHEMA_NONE,
    .attributes = {{"id", SECRET_SCHEMA_ATTRIBUTE_STRING}},
};

/* Cancels what libsecret does in this thread when it takes too long. */
typedef struct Watch {
    GCancellable *cancellable;
    GThread *thread;
    GMutex mutex;
    GCond changed;
    gint64 deadline_us;
    gboolean done;
} Watch;

static gpointer keep_watch(gpointer user)
{
    Watch *watch = user;
    g_mutex_lock(&watch->mutex);
    while (!watch->done && g_cond_wait_until(&watch->changed, &watch->mutex, watch->deadline_us))
        ;
    const gboolean late = !watch->done;
    g_mutex_unlock(&watch->mutex);
    if (late)
        g_cancellable_cancel(watch->cancellable);
    return NULL;
}

static void start_watch(Watch *watch, int seconds)
{
    *watch = (Watch){.cancellable = g_cancellable_new(),
                     .deadline_us = g_get_monotonic_time() + seconds * G_TIME_SPAN_SECOND};
    g_mutex_init(&watch->mutex);
    g_cond_init(&watch->changed);
    watch->thread = g_thread_new("keyring-watch", keep_watch, watch);
}

static void end_watch(Watch *watch)
{
    g_mutex_lock(&watch->mutex);
    watch->done = TRUE;
    g_cond_signal(&watch->changed);
    g_mutex_unlock(&watch->mutex);
    g_thread_join(watch->thread);
    g_mutex_clear(&watch->mutex);
    g_cond_clear(&watch->changed);
    g_object_unref(watch->cancellable);
}

/* What went wrong, as what can be done about it. Takes reason over. */
static void set_service_error(GError **error, GError *reason, int seconds)
{
    if (g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_set_error(
            error, NT_VAULT_ERROR, NT_VAULT_ERROR_SERVICE,
            _("the Secret Service did not answer within %d seconds; unlock the keyring and try again, or use a pass "
              "phrase"),
            seconds);
    else {
        g_dbus_error_strip_remote_error(reason);
        g_set_error(
            error, NT_VAULT_ERROR, NT_VAULT_ERROR_SERVICE,
            _("no Secret Service can be reached (%s); log in to a desktop with a keyring, or use a pass phrase"),
            reason->message);
    }
    g_error_free(reason);
}

/* Whether it is the session's Secret Service that libsecret will ask. In a Flatpak, or where $SECRET_BACKEND says so,
 * it keeps a file of the application's own instead, encrypted by what the Secret portal gives it. */
static gboolean is_service_asked(void)
{
    const char *backend = g_getenv("SECRET_BACKEND");
    return backend && *backend ? strcmp(backend, "service") == 0 : !g_file_test(SANDBOX_MARK, G_FILE_TEST_EXISTS);
}

/* Whether there is a service that answers, where one is asked; the connection is libsecret's, until disconnect. */
static gboolean connect_service(GError **error)
{
    Watch watch;
    GError *reason = NULL;
    if (!is_service_asked())
        return TRUE;
    start_watch(&watch, ANSWER_SECONDS);
    SecretService *service = secret_service_get_sync(SECRET_SERVICE_OPEN_SESSION, watch.cancellable, &reason);
    end_watch(&watch);
    if (!service)
        set_service_error(error, reason, ANSWER_SECONDS);
    else
        g_object_unref(service);
    return service != NULL;
}

gboolean nt_vault_service_store(const char *id, const char *label, const char *text, GError **error)
{
    Watch watch;
    GError *reason = NULL;
    if (!connect_service(error))
        return FALSE;
    start_watch(&watch, PERSON_SECONDS);
    const gboolean stored = secret_password_store_sync(&schema, SECRET_COLLECTION_DEFAULT, label, text, watch.cancellable,
                                                       &reason, "id", id, NULL);
    end_watch(&watch);
    secret_service_disconnect();
    if (reason)
        set_service_error(error, reason, PERSON_SECONDS);
    else if (!stored)
        g_set_error_literal(
            error, NT_VAULT_ERROR, NT_VAULT_ERROR_SERVICE,
            _("the Secret Service did not keep the key; unlock the keyring and try again, or use a pass phrase"));
    return stored;
}

char *nt_vault_service_look_up(const char *id, GError **error)
{
    Watch watch;
    GError *reason = NULL;
    if (!connect_service(error))
        return NULL;
    start_watch(&watch, PERSON_SECONDS);
    char *text = secret_password_lookup_nonpageable_sync(&schema, watch.cancellable, &reason, "id", id, NULL);
    end_watch(&watch);
    secret_service_disconnect();
    if (reason)
        set_service_error(error, reason, PERSON_SECONDS);
    else if (!text)
        g_set_error_literal(
            error, NT_VAULT_ERROR, NT_VAULT_ERROR_KEY,
            _("the Secret Service has no key for it, or is locked; unlock the keyring it was encrypted with"));
    return text;
}

void nt_vault_service_free(char *text) { secret_password_free(text); }

gboolean nt_vault_service_clear(const char *id, GError **error)
{
    Watch watch;
    GError *reason = NULL;
    if (!connect_service(error))
        return FALSE;
    start_watch(&watch, PERSON_SECONDS);
    secret_password_clear_sync(&schema, watch.cancellable, &reason, "id", id, NULL);
    end_watch(&watch);
    secret_service_disconnect();
    if (!reason)
        return TRUE;
    set_service_error(error, reason, PERSON_SECONDS);
    return FALSE;
}
