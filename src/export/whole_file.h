/* Nametag - a file that appears under its name when it is whole.
 *
 * It is written beside its final name, as ".NAME.part-XXXXXX", and renamed by finish; what had the name before stays
 * until then. The path "-" is standard output, where everything is there as soon as it is written. Errors are of
 * G_IO_ERROR and name the file. One thread at a time.
 */
#ifndef NT_WHOLE_FILE_H
#define NT_WHOLE_FILE_H

#include <gio/gio.h>

typedef struct NtWholeFile NtWholeFile;

/* what: for errors, "the records": "cannot write the records to x.csv: No space left on device". */
NtWholeFile *nt_whole_file_new(const char *path, const char *what, GError **error);
/* Instead: adds to the file at path, which others may read meanwhile; each write goes out in one piece, up to
 * line_bytes. */
NtWholeFile *nt_whole_file_append(const char *path, const char *what, gsize line_bytes, GError **error);

/* After a write that failed, finish fails too. */
gboolean nt_whole_file_write(NtWholeFile *file, const char *bytes, gsize n, GError **error);
/* Safe on the disk and under its name. Nothing may be written after it. */
gboolean nt_whole_file_finish(NtWholeFile *file, GError **error);
/* Without finish: removes what was written, but for what was added to a file. NULL is allowed. */
void nt_whole_file_free(NtWholeFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtWholeFile, nt_whole_file_free)

/* Whether two paths are the same file, also by way of links; of files that are not there, whether they would be. */
gboolean nt_whole_file_is_same(const char *a, const char *b);

#endif
