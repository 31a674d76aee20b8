#include "app/file_memory.h"

#include <gtk/gtk.h>

#define MAX_RECENT 6
#define MAX_POSITIONS 200
/* Nearer to the start or the end than this, a clip is seen from its start again. */
#define MARGIN_NS (5 * G_GINT64_CONSTANT(1000000000))
#define GROUP "positions"

static GKeyFile *positions;
static gboolean is_read;

static char *positions_path(void)
{
    return g_build_filename(g_get_user_state_dir(), "nametag", "positions", NULL);
}

static void on_read(GObject *source, GAsyncResult *result, gpointer user)
{
    (void)user;
    g_autofree char *text = NULL;
    gsize length;
    is_read = TRUE;
    if (!g_file_load_contents_finish(G_FILE(source), result, &text, &length, NULL, NULL))
        return;
    g_autoptr(GKeyFile) read = g_key_file_new();
    /* A damaged file is as none. */
    if (!g_key_file_load_from_data(read, text, length, G_KEY_FILE_NONE, NULL))
        return;
    g_auto(GStrv) keys = g_key_file_get_keys(read, GROUP, NULL, NULL);
    for (gsize i = 0; keys && keys[i]; i++)
        if (!g_key_file_has_key(positions, GROUP, keys[i], NULL)) {
            g_autofree char *value = g_key_file_get_value(read, GROUP, keys[i], NULL);
            g_key_file_set_value(positions, GROUP, keys[i], value);
        }
}

void nt_file_memory_load(void)
{
    if (positions)
        return;
    positions = g_key_file_new();
    g_autofree char *path = positions_path();
    g_autoptr(GFile) file = g_file_new_for_path(path);
    g_file_load_contents_async(file, NULL, on_read, NULL);
}

/* Keys of GKeyFile have no "=", "[" and the like; and the list of what one watches need not be readable at a glance. */
static char *key_of(const char *path)
{
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, path, -1);
}

gint64 nt_file_memory_get_position(const char *path)
{
    g_autofree char *key = key_of(path);
    return positions ? g_key_file_get_int64(positions, GROUP, key, NULL) : 0;
}

static void on_written(GObject *source, GAsyncResult *result, gpointer user)
{
    (void)user;
    g_file_replace_contents_finish(G_FILE(source), result, NULL, NULL); /* a convenience: nothing is lost without it */
}

static void write_positions(void)
{
    gsize length;
    g_autofree char *path = positions_path(), *folder = g_path_get_dirname(path);
    char *text = g_key_file_to_data(positions, &length, NULL);
    g_autoptr(GBytes) bytes = g_bytes_new_take(text, length);
    g_autoptr(GFile) file = g_file_new_for_path(path);
    g_mkdir_with_parents(folder, 0700);
    g_file_replace_contents_bytes_async(file, bytes, NULL, FALSE, G_FILE_CREATE_PRIVATE, NULL, on_written, NULL);
}

void nt_file_memory_set_position(const char *path, gint64 position_ns, gint64 duration_ns)
{
    if (!positions || !is_read)
        return;
    g_autofree char *key = key_of(path);
    const gboolean is_middle = position_ns > MARGIN_NS && (duration_ns < 0 || position_ns < duration_ns - MARGIN_NS);
    /* The newest is the last: when there are too many, the first go. */
    if (!g_key_file_remove_key(positions, GROUP, key, NULL) && !is_middle)
        return;
    if (is_middle)
        g_key_file_set_int64(positions, GROUP, key, position_ns);
    g_auto(GStrv) keys = g_key_file_get_keys(positions, GROUP, NULL, NULL);
    const guint n = keys ? g_strv_length(keys) : 0;
    for (guint i = 0; i + MAX_POSITIONS < n; i++)
        g_key_file_remove_key(positions, GROUP, keys[i], NULL);
    write_positions();
}

void nt_file_memory_add_recent(const char *path)
{
    g_autofree char *uri = g_filename_to_uri(path, NULL, NULL);
    if (uri)
        gtk_recent_manager_add_item(gtk_recent_manager_get_default(), uri);
}

static gint by_visit(gconstpointer a, gconstpointer b)
{
    GDateTime *first = gtk_recent_info_get_visited((GtkRecentInfo *)a);
    GDateTime *second = gtk_recent_info_get_visited((GtkRecentInfo *)b);
    return g_date_time_compare(second, first);
}

GMenuModel *nt_file_memory_recent_menu(void)
{
    GMenu *menu = g_menu_new();
    GList *items = g_list_sort(gtk_recent_manager_get_items(gtk_recent_manager_get_default()), by_visit);
    for (GList *item = items; item && g_menu_model_get_n_items(G_MENU_MODEL(menu)) < MAX_RECENT; item = item->next) {
        GtkRecentInfo *info = item->data;
        g_autofree char *path = g_filename_from_uri(gtk_recent_info_get_uri(info), NULL, NULL);
        const char *type = gtk_recent_info_get_mime_type(info);
        if (!path || !(g_str_has_prefix(type, "video/") || g_str_has_prefix(type, "image/")) ||
            !gtk_recent_info_exists(info))
            continue;
        g_autofree char *label = g_filename_display_basename(path);
        g_autoptr(GMenuItem) entry = g_menu_item_new(NULL, NULL);
        g_auto(GStrv) parts = g_strsplit(label, "_", -1); /* no mnemonics in names of files */
        g_autofree char *plain = g_strjoinv("__", parts);
        g_menu_item_set_label(entry, plain);
        g_menu_item_set_action_and_target_value(entry, "win.open-recent", g_variant_new_bytestring(path));
        g_menu_append_item(menu, entry);
    }
    g_list_free_full(items, (GDestroyNotify)gtk_recent_info_unref);
    return G_MENU_MODEL(menu);
}

void nt_file_memory_clear(void)
{
    if (!positions)
        return;
    g_key_file_remove_group(positions, GROUP, NULL);
    write_positions();
}
