/* What a location is, found out where it may take its time. */
#include <string.h>

#include "app/viewing_private.h"
#include "media/still.h"

/* The path of a location that can only be a file; NULL: it is a camera, an address, or a name. */
static char *file_of(const char *location)
{
    if (!location || g_str_has_prefix(location, "/dev/video"))
        return NULL;
    if (g_str_has_prefix(location, "file:"))
        return g_filename_from_uri(location, NULL, NULL);
    if (g_file_test(location, G_FILE_TEST_EXISTS))
        return g_strdup(location);
    return strchr(location, G_DIR_SEPARATOR) && !strstr(location, "://") ? g_strdup(location) : NULL;
}

static void tell_opened(NtViewingCore *core, NtViewingKind kind, const char *path)
{
    NtTiding *tiding = nt_tiding_new(NT_TIDING_OPENED);
    tiding->source = kind;
    tiding->words = g_filename_display_basename(path);
    nt_viewing_core_tell(core, tiding);
}

static void read_file(NtViewingCore *core, const char *path)
{
    const gboolean is_still = nt_still_probe(path);
    tell_opened(core, is_still ? NT_VIEWING_STILL : NT_VIEWING_CLIP, path);
    if (is_still)
        nt_viewing_read_still(core, path);
    else
        nt_viewing_read_clip(core, path);
}

gpointer nt_viewing_read(gpointer data)
{
    NtViewingCore *core = data;
    g_autofree char *path = file_of(core->location);
    if (path)
        read_file(core, path);
    else
        nt_viewing_read_feed(core);
    nt_viewing_core_unref(core);
    return NULL;
}
