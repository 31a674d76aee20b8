/* Nametag - still pictures through gdk-pixbuf.
 *
 * gdk-pixbuf decodes JPEG by libjpeg's defaults and PNG without gamma, which gives the very bytes the reference
 * implementation sees. What it lets through and a face program must not - half a JPEG, filled up with grey - is refused
 * here.
 */
#include "media/still.h"

#include <errno.h>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

/* 16384 x 16384; more is a mistake or an attack, and coordinates stay far inside an int. */
#define MAX_PIXELS (1 << 28)
/* Visually lossless, and what most cameras write. */
#define JPEG_QUALITY "95"
/* Deeper trees of folders are loops made by mounts. */
#define MAX_FOLDER_DEPTH 64

enum { JPEG_ESCAPE = 0xFF, JPEG_STUFFED = 0x00, JPEG_TEM = 0x01, JPEG_RST0 = 0xD0, JPEG_SOI = 0xD8, JPEG_EOI = 0xD9 };

static gboolean fail(GError **error, const char *path, int code, const char *reason)
{
    g_set_error(error, G_FILE_ERROR, code, _("cannot read picture '%s': %s"), path, reason);
    return FALSE;
}

/* gdk-pixbuf and GLib begin with a sentence about the file, which ours has already named; the reason comes after it. */
static const char *bare_reason(const GError *error, const char *path)
{
    if (!error)
        return _("not enough memory");
    g_autofree char *shown = g_filename_display_name(path);
    const char *named = strstr(error->message, shown), *end = named ? strchr(named + strlen(shown), ':') : NULL;
    return end ? end + 1 + strspn(end + 1, " ")
               : error->message; /* without the quotation marks, which languages change */
}

/* What can be said of the file before its bytes are looked at. */
static gboolean check_file(const char *path, GError **error)
{
    GStatBuf info;
    if (g_stat(path, &info) != 0) {
        int reason = errno;
        if (reason == ENOENT || reason == ENOTDIR)
            return fail(error, path, G_FILE_ERROR_NOENT, _("no such file; check the name and the folder"));
        g_autofree char *words =
            g_strdup_printf(_("%s; check the rights of the file and its folder"), g_strerror(reason));
        return fail(error, path, (int)g_file_error_from_errno(reason), words);
    }
    if (S_ISDIR(info.st_mode))
        return fail(error, path, G_FILE_ERROR_ISDIR, _("it is a folder; name the pictures in it"));
    if (!S_ISREG(info.st_mode))
        return fail(error, path, G_FILE_ERROR_INVAL, _("it is not a regular file; save the picture to a file first"));
    if (info.st_size == 0)
        return fail(error, path, G_FILE_ERROR_INVAL, _("the file is empty; copy it again from where it came"));
    if (g_access(path, R_OK) != 0) {
        g_autofree char *words = g_strdup_printf(_("%s; change the rights of the file (chmod +r)"), g_strerror(errno));
        return fail(error, path, G_FILE_ERROR_ACCES, words);
    }
    return TRUE;
}

/* Whether the bytes hold a JPEG with an end. Segments are skipped by their length (a thumbnail inside one has an end of
 * its own); in the coded data that follows a segment, every marker is an 0xFF that is not followed by 0 (ITU-T T.81,
 * B.1.1). */
static gboolean jpeg_is_whole(const guint8 *bytes, gsize size)
{
    gsize at = 2;
    while (at + 1 < size) {
        if (bytes[at] != JPEG_ESCAPE || bytes[at + 1] == JPEG_ESCAPE || bytes[at + 1] == JPEG_STUFFED ||
            bytes[at + 1] == JPEG_TEM || (bytes[at + 1] >= JPEG_RST0 && bytes[at + 1] <= JPEG_SOI)) {
            at += bytes[at] == JPEG_ESCAPE && bytes[at + 1] != JPEG_ESCAPE ? 2 : 1;
            continue;
        }
        if (bytes[at + 1] == JPEG_EOI)
            return TRUE;
        if (at + 3 >= size)
            return FALSE;
        at += 2 + ((gsize)bytes[at + 2] << 8 | bytes[at + 3]);
    }
    return FALSE;
}

static gboolean check_whole(const char *path, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &reason);
    if (!file)
        return fail(error, path, G_FILE_ERROR_IO, reason->message);
    const guint8 *bytes = (const guint8 *)g_mapped_file_get_contents(file);
    gsize size = g_mapped_file_get_length(file);
    if (size >= 2 && bytes[0] == JPEG_ESCAPE && bytes[1] == JPEG_SOI && !jpeg_is_whole(bytes, size))
        return fail(error, path, G_FILE_ERROR_INVAL,
                    _("the JPEG is cut off before its end; copy it again from where it came"));
    return TRUE;
}

static gboolean check_size(const char *path, GError **error)
{
    int width = 0, height = 0;
    if (!gdk_pixbuf_get_file_info(path, &width, &height))
        return fail(error, path, G_FILE_ERROR_INVAL, _("it is not a picture of a known kind; JPEG and PNG always are"));
    if (width > 0 && height > 0 && (gint64)width * height <= MAX_PIXELS)
        return TRUE;
    g_autofree char *words =
        g_strdup_printf(_("it claims %d x %d pixels, more than the %d million that can be worked on; "
                          "make it smaller"),
                        width, height, MAX_PIXELS / 1000000);
    return fail(error, path, G_FILE_ERROR_INVAL, words);
}

/* R, G, B, A becomes R, G, B within each row; the stride stays. */
static void drop_alpha(guint8 *pixels, int width, int height, int stride)
{
    for (int y = 0; y < height; y++) {
        guint8 *row = pixels + (gsize)y * stride;
        for (int x = 1; x < width; x++)
            memmove(row + 3 * (gsize)x, row + 4 * (gsize)x, 3);
    }
}

NtStill *nt_still_load(const char *path, GError **error)
{
    g_return_val_if_fail(path, NULL);
    if (!check_file(path, error) || !check_size(path, error) || !check_whole(path, error))
        return NULL;
    g_autoptr(GError) reason = NULL;
    g_autoptr(GdkPixbuf) decoded = gdk_pixbuf_new_from_file(path, &reason);
    g_autoptr(GdkPixbuf) upright = decoded ? gdk_pixbuf_apply_embedded_orientation(decoded) : NULL;
    if (!upright) {
        g_autofree char *words = g_strdup_printf(_("%s; the file is damaged or cut"), bare_reason(reason, path));
        fail(error, path, G_FILE_ERROR_INVAL, words);
        return NULL;
    }
    int width = gdk_pixbuf_get_width(upright), height = gdk_pixbuf_get_height(upright);
    int stride = gdk_pixbuf_get_rowstride(upright);
    if (gdk_pixbuf_get_n_channels(upright) == 4)
        drop_alpha(gdk_pixbuf_get_pixels(upright), width, height, stride);

    NtStill *still = g_new0(NtStill, 1);
    still->rgb = (NtImage){gdk_pixbuf_get_pixels(upright), width, height, stride, NT_PIXELS_RGB24};
    still->owner = g_steal_pointer(&upright);
    return still;
}

void nt_still_free(NtStill *still)
{
    if (!still)
        return;
    g_clear_object((GdkPixbuf **)&still->owner);
    g_free(still);
}

gboolean nt_still_probe(const char *path)
{
    int width, height;
    return path && check_file(path, NULL) && gdk_pixbuf_get_file_info(path, &width, &height) != NULL;
}

/* A pixbuf that borrows the picture's pixels. */
static GdkPixbuf *borrow(const NtImage *rgb)
{
    g_return_val_if_fail(rgb->format == NT_PIXELS_RGB24, NULL);
    return gdk_pixbuf_new_from_data(rgb->pixels, GDK_COLORSPACE_RGB, FALSE, 8, rgb->width, rgb->height,
                                    (int)rgb->stride, NULL, NULL);
}

static const char *format_of(const char *path)
{
    g_autofree char *name = g_ascii_strdown(path, -1);
    if (g_str_has_suffix(name, ".png"))
        return "png";
    return g_str_has_suffix(name, ".jpg") || g_str_has_suffix(name, ".jpeg") ? "jpeg" : NULL;
}

gboolean nt_still_save(const NtImage *rgb, const char *path, GError **error)
{
    const char *format = format_of(path);
    if (!format) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    _("cannot write picture '%s': unknown ending; use .png, .jpg or .jpeg"), path);
        return FALSE;
    }
    g_autoptr(GdkPixbuf) pixbuf = borrow(rgb);
    g_autofree char *bytes = NULL;
    gsize size = 0;
    g_autoptr(GError) reason = NULL;
    gboolean encoded =
        g_str_equal(format, "jpeg")
            ? gdk_pixbuf_save_to_buffer(pixbuf, &bytes, &size, format, &reason, "quality", JPEG_QUALITY, NULL)
            : gdk_pixbuf_save_to_buffer(pixbuf, &bytes, &size, format, &reason, NULL);
    /* Written beside and renamed, so that there is never half a picture. */
    if (encoded && g_file_set_contents_full(path, bytes, (gssize)size, G_FILE_SET_CONTENTS_CONSISTENT, 0666, &reason))
        return TRUE;
    g_set_error(error, reason->domain, reason->code, _("cannot write picture '%s': %s; %s"), path,
                bare_reason(reason, path),
                g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT) ? _("create the folder first")
                                                                          : _("choose another folder, or make room"));
    return FALSE;
}

GBytes *nt_still_encode_png(const NtImage *rgb, GError **error)
{
    g_autoptr(GdkPixbuf) pixbuf = borrow(rgb);
    char *bytes = NULL;
    gsize size = 0;
    if (!gdk_pixbuf_save_to_buffer(pixbuf, &bytes, &size, "png", error, NULL)) {
        g_prefix_error(error, _("cannot encode a picture as PNG: "));
        return NULL;
    }
    return g_bytes_new_take(bytes, size);
}

/* Links to folders are not followed, so a loop of links ends. */
static gboolean collect(GPtrArray *paths, const char *dir, gboolean recurse, int depth, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(GDir) entries = g_dir_open(dir, 0, &reason);
    if (!entries) {
        g_set_error(error, reason->domain, reason->code, _("cannot list folder '%s': %s; check its name and rights"),
                    dir, g_strerror(errno));
        return FALSE;
    }
    const char *name;
    while ((name = g_dir_read_name(entries))) {
        if (name[0] == '.')
            continue;
        g_autofree char *path = g_build_filename(dir, name, NULL);
        if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
            if (nt_still_probe(path))
                g_ptr_array_add(paths, g_steal_pointer(&path));
        } else if (recurse && depth < MAX_FOLDER_DEPTH && !g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
            if (!collect(paths, path, recurse, depth + 1, error))
                return FALSE;
        }
    }
    return TRUE;
}

static int compare_paths(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *nt_still_list_dir(const char *dir, gboolean recurse, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    if (!collect(paths, dir, recurse, 0, error))
        return NULL;
    g_ptr_array_sort(paths, compare_paths);
    return g_steal_pointer(&paths);
}
