#include <string.h>

#include "import/dlib_stream.h"
#include "import/import.h"

/* Both files begin with version 1; then a landmark model has its initial shape's height, negated, and a network the name
 * of its loss. */
NtImportKind nt_import_probe(const char *path)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
    if (!file || g_mapped_file_get_length(file) == 0)
        return NT_IMPORT_UNKNOWN;
    NtDlibStream stream =
        nt_dlib_stream((const guint8 *)g_mapped_file_get_contents(file), g_mapped_file_get_length(file));
    NtImportKind kind = NT_IMPORT_UNKNOWN;
    const gint64 version = nt_dlib_integer(&stream);
    const guint8 *second = stream.at;
    if (version == 1 && nt_dlib_integer(&stream) < 0 && !stream.problem) {
        kind = NT_IMPORT_LANDMARKS;
    } else if (version == 1 && !stream.problem) {
        stream.at = second;
        g_autofree char *name = nt_dlib_string(&stream);
        if (name && g_str_has_prefix(name, "loss_metric_"))
            kind = NT_IMPORT_RESNET;
    }
    nt_dlib_stream_clear(&stream);
    return kind;
}
