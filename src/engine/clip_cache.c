#include "engine/clip_cache.h"

#include <string.h>

#include <glib/gstdio.h>

char *nt_clip_cache_folder(void)
{
    return g_build_filename(g_get_user_cache_dir(), "nametag", "timelines", NULL);
}

char *nt_clip_cache_epoch(void)
{
    g_autofree char *folder = nt_clip_cache_folder();
    g_autofree char *file = g_build_filename(folder, NT_CLIP_CACHE_EPOCH, NULL);
    char *epoch = NULL;
    return g_file_get_contents(file, &epoch, NULL, NULL) ? epoch : g_strdup("");
}

static void begin_epoch(const char *folder)
{
    g_autofree char *file = g_build_filename(folder, NT_CLIP_CACHE_EPOCH, NULL);
    g_autofree char *epoch = g_uuid_string_random();
    g_file_set_contents_full(file, epoch, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}

void nt_clip_cache_clear(void)
{
    g_autofree char *folder = nt_clip_cache_folder();
    if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
        return;
    begin_epoch(folder); /* first: whoever writes from here on sees it */
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *file = g_build_filename(folder, name, NULL);
        if (strcmp(name, NT_CLIP_CACHE_EPOCH) != 0)
            g_unlink(file);
    }
}
