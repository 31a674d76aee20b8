/* The unknown people that a run saw, kept in the gallery so that they can be named afterwards. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/gallery_access.h"
#include "cli/tag_job.h"
#include "identity/gallery.h"

typedef struct Source {
    char *name;
    GPtrArray *unknown; /* NtUnknown */
} Source;

struct NtTagKeep {
    GPtrArray *sources; /* Source */
    guint count;
};

static void free_source(gpointer data)
{
    Source *source = data;
    g_free(source->name);
    g_ptr_array_unref(source->unknown);
    g_free(source);
}

NtTagKeep *nt_tag_keep_new(void)
{
    NtTagKeep *keep = g_new0(NtTagKeep, 1);
    keep->sources = g_ptr_array_new_with_free_func(free_source);
    return keep;
}

void nt_tag_keep_free(NtTagKeep *keep)
{
    if (!keep)
        return;
    g_ptr_array_unref(keep->sources);
    g_free(keep);
}

void nt_tag_keep_add(NtTagKeep *keep, const char *source, const NtUnknowns *unknowns, gboolean whole)
{
    g_autoptr(GPtrArray) unknown = nt_unknowns_list(unknowns);
    if (unknown->len == 0 && !whole)
        return;
    Source *entry = g_new0(Source, 1);
    entry->name = g_strdup(source);
    keep->count += unknown->len;
    entry->unknown = g_steal_pointer(&unknown);
    g_ptr_array_add(keep->sources, entry);
}

guint nt_tag_keep_count(const NtTagKeep *keep) { return keep->count; }

static gboolean store(const NtTagKeep *keep, NtGallery *gallery, GError **error)
{
    if (!nt_gallery_begin(gallery, error))
        return FALSE;
    for (guint i = 0; i < keep->sources->len; i++) {
        const Source *source = keep->sources->pdata[i];
        if (!nt_gallery_keep_unknown(gallery, source->name, (NtUnknown *const *)source->unknown->pdata, source->unknown->len,
                                     error)) {
            nt_gallery_roll_back(gallery);
            return FALSE;
        }
    }
    return nt_gallery_commit(gallery, error);
}

/* How many sources have unknown people: with several a number alone names nobody. */
static guint count_sources(const NtTagKeep *keep)
{
    guint n = 0;
    for (guint i = 0; i < keep->sources->len; i++)
        n += ((Source *)keep->sources->pdata[i])->unknown->len > 0;
    return n;
}

static void say_kept(const NtTagKeep *keep, const char *option)
{
    g_autofree char *quoted = option ? g_shell_quote(option) : NULL;
    g_autofree char *gallery = option ? g_strdup_printf("--gallery %s ", strchr(option, ' ') ? quoted : option) : g_strdup("");
    printf("%u unknown %s kept: 'nametag people %sname-unknown %s NAME' names one, 'nametag people %sunknown' lists them.\n",
           keep->count, keep->count == 1 ? "person" : "people", gallery, count_sources(keep) > 1 ? "SOURCE 1" : "1", gallery);
}

void nt_tag_keep_store(const NtTagKeep *keep, NtGallery *opened, const char *gallery_path, const char *option,
                       NtModelSet *models, gboolean quiet)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtGallery) gallery = opened;
    if (keep->sources->len == 0)
        return;
    if (!gallery)
        gallery = nt_command_open_gallery(gallery_path, NT_GALLERY_CREATE, models, quiet, &error);
    if (gallery && store(keep, gallery, &error)) {
        if (keep->count > 0 && !quiet)
            say_kept(keep, option);
        return;
    }
    if (keep->count > 0 && !quiet)
        nt_command_warning("%u unknown %s not kept for naming: %s", keep->count, keep->count == 1 ? "person" : "people",
                           error->message);
}
