#include "app/settings.h"

#include "engine/places.h"
#include "identity/gallery.h"

#define SCHEMA "org.nametag.Nametag"

static GSettingsSchema *find_schema(GSettingsSchemaSource *source)
{
    return source ? g_settings_schema_source_lookup(source, SCHEMA, TRUE) : NULL;
}

/* In a folder that the default source does not know: that of the build, or of a prefix of its own. */
static GSettingsSchema *find_schema_in(const char *dir, const char *inside)
{
    g_autofree char *path = g_build_filename(dir, inside, NULL);
    GSettingsSchemaSource *source =
        g_settings_schema_source_new_from_directory(path, g_settings_schema_source_get_default(), FALSE, NULL);
    GSettingsSchema *schema = find_schema(source);
    g_clear_pointer(&source, g_settings_schema_source_unref);
    return schema;
}

GSettings *nt_settings_new(void)
{
    const char *build = nt_places_build_dir();
    g_autoptr(GSettingsSchema) schema = build ? find_schema_in(build, "data") : NULL;
    if (!schema)
        schema = find_schema(g_settings_schema_source_get_default());
    if (!schema)
        schema = find_schema_in(nt_places_data_dir(), "glib-2.0/schemas");
    if (!schema)
        g_error("the settings schema " SCHEMA
                " is not installed: install the program again, or start it with ./run.sh");
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
