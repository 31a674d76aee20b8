#include "engine/places.h"

#include <string.h>

static gboolean is_dir(const char *first, const char *second)
{
    g_autofree char *path = g_build_filename(first, second, NULL);
    return g_file_test(path, G_FILE_TEST_IS_DIR);
}

static char *program_dir(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    return program ? g_path_get_dirname(program) : NULL;
}

/* BUILD/src/cli and BUILD/src/app, where BUILD is a folder of meson's. */
static char *find_build_dir(void)
{
    g_autofree char *dir = program_dir();
    if (!dir || !(g_str_has_suffix(dir, "/src/cli") || g_str_has_suffix(dir, "/src/app")))
        return NULL;
    char *build = g_strndup(dir, strlen(dir) - strlen("/src/cli"));
    if (!is_dir(build, "meson-private"))
        g_clear_pointer(&build, g_free);
    return build;
}

static char *find_data_dir(void)
{
    g_autofree char *dir = program_dir(), *prefix = dir ? g_path_get_dirname(dir) : NULL;
    char *beside = prefix ? g_build_filename(prefix, "share", NULL) : NULL;
    if (beside && is_dir(beside, "nametag"))
        return beside;
    g_free(beside);
    return g_strdup(NT_DATA_DIR);
}

static char *find_locale_dir(void)
{
    g_autofree char *beside = g_build_filename(nt_places_data_dir(), "locale", NULL);
    return strcmp(nt_places_data_dir(), NT_DATA_DIR) != 0 && is_dir(beside, "") ? g_steal_pointer(&beside)
                                                                                : g_strdup(NT_LOCALE_DIR);
}

/* run.sh makes the demo beside the build folders. */
static char *find_demo_dir(void)
{
    const char *build = nt_places_build_dir();
    char *dir = build ? g_canonicalize_filename("../demo", build)
                      : g_build_filename(nt_places_data_dir(), "nametag", "demo", NULL);
    g_autofree char *clip = g_build_filename(dir, "demo.mp4", NULL);
    if (!g_file_test(clip, G_FILE_TEST_IS_REGULAR))
        g_clear_pointer(&dir, g_free);
    return dir;
}

/* Each is found once; "" stands for none. */
#define FOUND_ONCE(find)                                       \
    static char *found;                                        \
    if (g_once_init_enter(&found)) {                           \
        char *path = find();                                   \
        g_once_init_leave(&found, path ? path : g_strdup("")); \
    }                                                          \
    return *found ? found : NULL

const char *nt_places_build_dir(void)
{
    FOUND_ONCE(find_build_dir);
}
const char *nt_places_data_dir(void)
{
    FOUND_ONCE(find_data_dir);
}
const char *nt_places_locale_dir(void)
{
    FOUND_ONCE(find_locale_dir);
}
const char *nt_places_demo_dir(void)
{
    FOUND_ONCE(find_demo_dir);
}
