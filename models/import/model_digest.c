#include "import/model_digest.h"

#include <string.h>

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const NtTensorEntry *const *)a)->name, (*(const NtTensorEntry *const *)b)->name);
}

char *nt_model_digest(const NtTensorEntry *tensors, gsize n_tensors)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree const NtTensorEntry **order = g_new(const NtTensorEntry *, n_tensors);
    for (gsize i = 0; i < n_tensors; i++)
        order[i] = &tensors[i];
    qsort(order, n_tensors, sizeof *order, by_name);
    for (gsize i = 0; i < n_tensors; i++) {
        const NtTensorView *view = &order[i]->view;
        g_autoptr(GString) head = g_string_new(order[i]->name);
        g_string_append_printf(head, " %s", nt_dtype_name(view->dtype));
        for (int k = 0; k < view->rank; k++)
            g_string_append_printf(head, " %" G_GINT64_FORMAT, (gint64)view->shape[k]);
        g_checksum_update(sum, (const guchar *)head->str, (gssize)head->len + 1);
        g_checksum_update(sum, view->data, (gssize)view->size);
    }
    return g_strdup(g_checksum_get_string(sum));
}

char *nt_model_digest_file(const NtTensorFile *file)
{
    const gsize n = nt_tensor_file_count(file);
    g_autofree NtTensorEntry *tensors = g_new0(NtTensorEntry, n);
    for (gsize i = 0; i < n; i++) {
        tensors[i].name = nt_tensor_file_name(file, i);
        nt_tensor_file_find(file, tensors[i].name, &tensors[i].view, NULL);
    }
    return nt_model_digest(tensors, n);
}
