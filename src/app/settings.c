#include "app/settings.h"

#include "app/config.h"
#include "identity/gallery.h"

#define SCHEMA "org.nametag.Nametag"

/* From the installed schemas, else from the build folder's: a program that was not installed has its settings too. */
GSettings *nt_settings_new(void)
{
    GSettingsSchemaSource *installed = g_settings_schema_source_get_default();
    g_autoptr(GSettingsSchema) schema =
        installed ? g_settings_schema_source_lookup(installed, SCHEMA, TRUE) : NULL;
    if (!schema) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GSettingsSchemaSource) built =
            g_settings_schema_source_new_from_directory(NT_BUILD_SCHEMA_DIR, installed, FALSE, &error);
        if (built)
            schema = g_settings_schema_source_lookup(built, SCHEMA, TRUE);
        if (!schema)
            g_error("the settings schema " SCHEMA " is not installed: run 'meson install', or start the program with ./run.sh");
    }
    return g_settings_new_full(schema, NULL, NULL);
}

void nt_effort_get(NtEffort effort, int *scan_frames, int *upsample)
{
    *scan_frames = effort == NT_EFFORT_LOW ? 12 : 0;
    *upsample = effort == NT_EFFORT_HIGH ? 1 : 0;
}

char *nt_settings_get_gallery(GSettings *settings)
{
    char *path = g_settings_get_string(settings, NT_SETTING_GALLERY);
    if (*path)
        return path;
    g_free(path);
    return nt_gallery_default_path();
}
