#include "media/location.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <gst/gst.h>

#include "media/source.h"

static gboolean check_file(const char *location, const char *path, GError **error)
{
    GStatBuf info;
    const char *reason = NULL;
    if (g_stat(path, &info) != 0)
        reason =
            errno == ENOENT || errno == ENOTDIR ? "no such file; check the name and the folder" : g_strerror(errno);
    else if (S_ISDIR(info.st_mode))
        reason = "it is a folder; name the clips or pictures in it";
    else if (S_ISREG(info.st_mode) && info.st_size == 0)
        reason = "the file is empty; copy it again from where it came";
    else if (g_access(path, R_OK) != 0)
        reason = "permission denied; change the rights of the file (chmod +r)";
    if (!reason)
        return TRUE;
    g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN, "cannot open '%s': %s", location, reason);
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
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN, "cannot open '%s': %s", location, reason->message);
    return uri;
}
