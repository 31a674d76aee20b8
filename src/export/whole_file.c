#include "export/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct NtWholeFile {
    char *path, *what, *temporary; /* temporary: NULL for standard output, and where a file is added to */
    FILE *out;
    gboolean own; /* out is to be closed */
    int failure;  /* errno of the first write that failed; 0: none did */
};

static gboolean set_error(const NtWholeFile *file, int code, GError **error)
{
    /* Translators: what is written (“the records”), where to, and why it cannot be. */
    g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(code), _("cannot write %s to %s: %s"), file->what,
                strcmp(file->path, "-") != 0 ? file->path : _("standard output"), g_strerror(code));
    return FALSE;
}

/* Ready when path is standard output; else its file is still to be opened. */
static NtWholeFile *make(const char *path, const char *what)
{
    NtWholeFile *file = g_new0(NtWholeFile, 1);
    file->path = g_strdup(path);
    file->what = g_strdup(what);
    /* A reader that goes away is an error to report, not a signal to die of. */
    signal(SIGPIPE, SIG_IGN);
    if (strcmp(path, "-") == 0)
        file->out = stdout;
    return file;
}

NtWholeFile *nt_whole_file_new(const char *path, const char *what, GError **error)
{
    g_autoptr(NtWholeFile) file = make(path, what);
    if (file->out)
        return g_steal_pointer(&file);
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        set_error(file, EISDIR, error); /* else it would be told when everything is done, by the renaming */
        return NULL;
    }
    g_autofree char *dir = g_path_get_dirname(path), *base = g_path_get_basename(path);
    g_autofree char *name = g_strdup_printf(".%s.part-XXXXXX", base);
    file->temporary = g_build_filename(dir, name, NULL);
    const int descriptor = g_mkstemp_full(file->temporary, O_RDWR | O_CLOEXEC, 0666);
    if (descriptor < 0 || !(file->out = fdopen(descriptor, "w"))) {
        set_error(file, errno, error);
        if (descriptor < 0)
            g_clear_pointer(&file->temporary, g_free);
        return NULL;
    }
    file->own = TRUE;
    return g_steal_pointer(&file);
}

NtWholeFile *nt_whole_file_append(const char *path, const char *what, gsize line_bytes, GError **error)
{
    g_autoptr(NtWholeFile) file = make(path, what);
    if (file->out)
        return g_steal_pointer(&file);
    if (!(file->out = fopen(path, "ae"))) {
        set_error(file, errno, error);
        return NULL;
    }
    setvbuf(file->out, NULL, _IOFBF, line_bytes);
    file->own = TRUE;
    return g_steal_pointer(&file);
}

gboolean nt_whole_file_write(NtWholeFile *file, const char *bytes, gsize n, GError **error)
{
    errno = 0;
    /* A reader along the way wants each line as it comes; a file that appears when it is whole need not be that quick.
     */
    if (fwrite(bytes, 1, n, file->out) == n && (file->temporary || fflush(file->out) == 0))
        return TRUE;
    file->failure = errno ? errno : EIO;
    return set_error(file, file->failure, error);
}

gboolean nt_whole_file_finish(NtWholeFile *file, GError **error)
{
    errno = 0;
    if (file->failure != 0) /* what ends within a line does not get the name */
        return set_error(file, file->failure, error);
    if (!file->own)
        return fflush(file->out) == 0 || set_error(file, errno, error);
    const gboolean good = fflush(file->out) == 0 && (fsync(fileno(file->out)) == 0 || errno == EINVAL); /* a pipe */
    int reason = errno;
    if (fclose(g_steal_pointer(&file->out)) != 0 && good)
        reason = errno;
    else if (good && (!file->temporary || rename(file->temporary, file->path) == 0))
        reason = 0;
    else if (good)
        reason = errno;
    if (reason != 0)
        return set_error(file, reason, error);
    g_clear_pointer(&file->temporary, g_free);
    return TRUE;
}

void nt_whole_file_free(NtWholeFile *file)
{
    if (!file)
        return;
    if (file->own && file->out)
        fclose(file->out);
    if (file->temporary)
        unlink(file->temporary);
    g_free(file->temporary);
    g_free(file->path);
    g_free(file->what);
    g_free(file);
}

gboolean nt_whole_file_is_same(const char *a, const char *b)
{
    GStatBuf one, other;
    if (g_stat(a, &one) == 0 && g_stat(b, &other) == 0)
        return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
    g_autoptr(GFile) first = g_file_new_for_path(a);
    g_autoptr(GFile) second = g_file_new_for_path(b);
    return g_file_equal(first, second);
}
