#include "evaluate/dataset.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "media/still.h"

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the folders in dir that are not hidden, sorted. */
static GPtrArray *list_folders(const char *dir, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) reason = NULL;
    g_autoptr(GDir) entries = g_dir_open(dir, 0, &reason);
    if (!entries) {
        g_set_error(error, reason->domain, reason->code,
                    "cannot read the folder %s (%s); give one that has a folder a person, with their pictures", dir,
                    g_access(dir, R_OK) == 0 ? reason->message : g_strerror(errno));
        return NULL;
    }
    const char *name;
    while ((name = g_dir_read_name(entries))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        if (name[0] != '.' && g_file_test(path, G_FILE_TEST_IS_DIR))
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, by_name);
    return g_steal_pointer(&names);
}

static gboolean add_person(NtDataset *dataset, const char *dir, const char *name, GError **error)
{
    g_autofree char *folder = g_build_filename(dir, name, NULL);
    g_autoptr(GPtrArray) pictures = nt_still_list_dir(folder, TRUE, error);
    if (!pictures)
        return FALSE;
    if (pictures->len == 0)
        return TRUE;
    const guint person = dataset->people->len;
    g_ptr_array_add(dataset->people, g_filename_display_name(name));
    for (guint i = 0; i < pictures->len; i++)
        g_array_append_val(dataset->person, person);
    g_ptr_array_extend_and_steal(dataset->pictures, g_steal_pointer(&pictures));
    return TRUE;
}

NtDataset *nt_dataset_scan(const char *dir, GError **error)
{
    g_autoptr(NtDataset) dataset = g_new0(NtDataset, 1);
    dataset->people = g_ptr_array_new_with_free_func(g_free);
    dataset->pictures = g_ptr_array_new_with_free_func(g_free);
    dataset->person = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GPtrArray) folders = list_folders(dir, error);
    for (guint i = 0; folders && i < folders->len; i++)
        if (!add_person(dataset, dir, folders->pdata[i], error))
            return NULL;
    if (!folders)
        return NULL;
    if (dataset->people->len == 0) {
        g_set_error(
            error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
            "there are no people in %s; it should have a folder a person, named after them, with their pictures", dir);
        return NULL;
    }
    return g_steal_pointer(&dataset);
}

void nt_dataset_free(NtDataset *dataset)
{
    if (!dataset)
        return;
    g_ptr_array_unref(dataset->people);
    g_ptr_array_unref(dataset->pictures);
    g_array_unref(dataset->person);
    g_free(dataset);
}
