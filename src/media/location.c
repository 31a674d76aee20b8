#include "media/location.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>

#include "media/source.h"

/* Parameters of a query whose values are nobody's business, by what their names contain. */
static const char *const secret_parameters[] = {"pass", "pwd", "pw",      "token", "secret",
                                                "auth", "key", "session", "sig"};

static gboolean check_file(const char *location, const char *path, GError **error)
{
    GStatBuf info;
    const char *reason = NULL;
    if (g_stat(path, &info) != 0)
        reason =
            errno == ENOENT || errno == ENOTDIR ? _("no such file; check the name and the folder") : g_strerror(errno);
    else if (S_ISDIR(info.st_mode))
        reason = _("it is a folder; name the clips or pictures in it");
    else if (S_ISREG(info.st_mode) && info.st_size == 0)
        reason = _("the file is empty; copy it again from where it came");
    else if (g_access(path, R_OK) != 0)
        reason = _("permission denied; change the rights of the file (chmod +r)");
    if (!reason)
        return TRUE;
    g_autofree char *shown = nt_location_mask(location);
    g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN, _("cannot open '%s': %s"), shown, reason);
    return FALSE;
}

char *nt_location_to_uri(const char *location, GError **error)
{
    g_autofree char *path = NULL;
    if (g_file_test(location, G_FILE_TEST_EXISTS) || !gst_uri_is_valid(location))
        path = g_strdup(location);
    else if (gst_uri_has_protocol(location, "file"))
        path = g_filename_from_uri(location, NULL, NULL);
    if (!path)
        return g_strdup(location);
    if (!check_file(location, path, error))
        return NULL;
    g_autoptr(GError) reason = NULL;
    char *uri = gst_filename_to_uri(path, &reason);
    if (!uri)
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN, _("cannot open '%s': %s"), location, reason->message);
    return uri;
}

/* Where the host of an address begins: behind its user and password. A password with a '/' that should have been
 * written as %2F ends the address's first part too early; it shows by what then stands in the place of the port. */
static const char *find_host(const char *authority)
{
    gsize length = strcspn(authority, "/?# \t\n\"<>");
    const char *at = g_strrstr_len(authority, (gssize)length, "@");
    if (at)
        return at + 1;
    const char *colon = memchr(authority, ':', length);
    gsize whole = strcspn(authority, " \t\n\"<>");
    const gsize digits = colon ? strspn(colon + 1, "0123456789") : 0;
    const gboolean has_port = colon && digits > 0 && colon + 1 + digits == authority + length;
    if (colon && authority[0] != '[' && !has_port && (at = g_strrstr_len(authority, (gssize)whole, "@")))
        return at + 1;
    return authority;
}

static gboolean is_secret(const char *name, gsize length)
{
    g_autofree char *lower = g_ascii_strdown(name, (gssize)length);
    for (guint i = 0; i < G_N_ELEMENTS(secret_parameters); i++)
        if (strstr(lower, secret_parameters[i]))
            return TRUE;
    return FALSE;
}

/* Some cameras have their parameters in the path ("/user=admin_password=secret_channel=1"), where a secret may hold
 * whatever separates them: from the first one on, a part of the path is hidden. */
static void mask_path(GString *masked, const char *path, gsize length)
{
    while (length > 0) {
        const char *slash = memchr(path + 1, '/', length - 1), *equals = memchr(path, '=', length);
        const gsize part = slash ? (gsize)(slash - path) : length;
        while (equals && equals < path + part && !is_secret(path, (gsize)(equals - path)))
            equals = memchr(equals + 1, '=', (gsize)(path + length - equals - 1));
        const gboolean hide = equals && equals + 1 < path + part;
        g_string_append_len(masked, path, hide ? equals + 1 - path : (gssize)part);
        if (hide)
            g_string_append(masked, "***");
        path += part;
        length -= part;
    }
}

/* Copies an address from its host on; returns where it ends. */
static const char *mask_parameters(GString *masked, const char *host)
{
    gsize before = strcspn(host, "?# \t\n\"<>");
    mask_path(masked, host, before);
    const char *at = host + before;
    while (*at == '?' || *at == '#' || *at == '&' || *at == ';') {
        gsize name = strcspn(at + 1, "=&; \t\n\"<>'") + 1;
        gsize value = strcspn(at + name, "&; \t\n\"<>'");
        gboolean hide = value > 1 && is_secret(at + 1, name - 1);
        g_string_append_len(masked, at, (gssize)(hide ? name + 1 : name + value));
        if (hide)
            g_string_append(masked, "***");
        at += name + value;
    }
    return at;
}

char *nt_location_mask(const char *text)
{
    GString *masked = g_string_new(NULL);
    const char *at;
    while ((at = strstr(text, "://"))) {
        at += strlen("://");
        g_string_append_len(masked, text, at - text);
        text = mask_parameters(masked, find_host(at));
    }
    return g_string_free(g_string_append(masked, text), FALSE);
}

char *nt_location_take_credentials(const char *uri, char **user, char **password)
{
    *user = *password = NULL;
    const char *authority = strstr(uri, "://");
    authority = authority ? authority + strlen("://") : uri + strlen(uri);
    const char *host = find_host(authority);
    if (host == authority)
        return g_strdup(uri);
    const char *end = host - 1, *colon = memchr(authority, ':', (gsize)(end - authority));
    *user = g_uri_unescape_segment(authority, colon ? colon : end, NULL);
    if (!*user)
        *user = g_strndup(authority, (gsize)((colon ? colon : end) - authority));
    if (colon) {
        *password = g_uri_unescape_segment(colon + 1, end, NULL);
        if (!*password)
            *password = g_strndup(colon + 1, (gsize)(end - colon - 1));
    }
    return g_strdup_printf("%.*s%s", (int)(authority - uri), uri, host);
}

gboolean nt_location_is_lone_document(const char *path)
{
    g_autofree char *documents = g_build_filename(g_get_user_runtime_dir(), "doc", G_DIR_SEPARATOR_S, NULL);
    if (!g_str_has_prefix(path, documents))
        return FALSE;
    const char *name = strchr(path + strlen(documents), G_DIR_SEPARATOR);
    return name && name[1] && !strchr(name + 1, G_DIR_SEPARATOR);
}
