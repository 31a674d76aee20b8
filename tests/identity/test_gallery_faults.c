/* Disks that fail: each write of an operation in turn gets an error. The operation then says so in words, and opening
 * the gallery again gives the state from before or from after, never anything between. */
#include <glib.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "gallery_fixture.h"

#define MOST_WRITES 5000 /* of one operation: more means that the test does not end */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 5 /* takes minutes else; each write has its turn without the sanitizers */
#else
#define STRIDE 1
#endif

/* A file system that counts what changes files and fails from the n-th on, or at the n-th only. */

static struct {
    gboolean counting;
    guint n, fail_at, failed;
    gboolean once;
    int code;
} faults;

typedef struct FaultyFile {
    sqlite3_file base;
    sqlite3_file *real;
} FaultyFile;

static sqlite3_vfs faulty_vfs, *real_vfs;

static gboolean fails(void)
{
    if (!faults.counting)
        return FALSE;
    faults.n++;
    const gboolean now = faults.once ? faults.n == faults.fail_at : faults.n >= faults.fail_at;
    faults.failed += now;
    return now;
}

static sqlite3_file *real(sqlite3_file *file)
{
    return ((FaultyFile *)file)->real;
}
#define PASS(file, method, ...) real(file)->pMethods->method(real(file), ##__VA_ARGS__)

static int file_close(sqlite3_file *f)
{
    return PASS(f, xClose);
}
static int file_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return PASS(f, xRead, p, n, at);
}
static int file_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    return fails() ? faults.code : PASS(f, xWrite, p, n, at);
}
static int file_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    return fails() ? SQLITE_IOERR_TRUNCATE : PASS(f, xTruncate, n);
}
/* Nothing is really synced: no power is cut here. */
static int file_sync(sqlite3_file *f, int flags)
{
    return (void)f, (void)flags, fails() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}
static int file_size(sqlite3_file *f, sqlite3_int64 *n)
{
    return PASS(f, xFileSize, n);
}
static int file_lock(sqlite3_file *f, int level)
{
    return PASS(f, xLock, level);
}
static int file_unlock(sqlite3_file *f, int level)
{
    return PASS(f, xUnlock, level);
}
static int file_check(sqlite3_file *f, int *out)
{
    return PASS(f, xCheckReservedLock, out);
}
static int file_control(sqlite3_file *f, int op, void *arg)
{
    return PASS(f, xFileControl, op, arg);
}
static int file_sector(sqlite3_file *f)
{
    return PASS(f, xSectorSize);
}
static int file_device(sqlite3_file *f)
{
    return PASS(f, xDeviceCharacteristics);
}
static int file_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **out)
{
    return PASS(f, xShmMap, region, size, extend, out);
}
static int file_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return PASS(f, xShmLock, at, n, flags);
}
static void file_shm_barrier(sqlite3_file *f)
{
    PASS(f, xShmBarrier);
}
static int file_shm_unmap(sqlite3_file *f, int remove)
{
    return PASS(f, xShmUnmap, remove);
}

static const sqlite3_io_methods faulty_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_device,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs;
    FaultyFile *faulty = (FaultyFile *)file;
    faulty->real = (sqlite3_file *)(void *)(faulty + 1);
    const int code = real_vfs->xOpen(real_vfs, name, faulty->real, flags, out_flags);
    faulty->base.pMethods = faulty->real->pMethods ? &faulty_methods : NULL;
    return code;
}

static void install_faults(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    faulty_vfs = *real_vfs;
    faulty_vfs.zName = "faulty";
    faulty_vfs.xOpen = faulty_open;
    faulty_vfs.szOsFile = (int)sizeof(FaultyFile) + real_vfs->szOsFile;
    g_assert_cmpint(sqlite3_vfs_register(&faulty_vfs, 1), ==, SQLITE_OK);
}

/* Operations. */

static char *answer(const char *what, guint attempt, gpointer user)
{
    (void)what, (void)user;
    return attempt == 0 ? g_strdup("open sesame") : NULL;
}
static const NtVaultKeys keys = {.ask = answer};

static NtGallery *open_for_writing(const char *path, GError **error)
{
    const NtGalleryOptions options = {.mode = NT_GALLERY_WRITE, .model_fingerprint = "model-a", .keys = &keys};
    return nt_gallery_open(path, &options, error);
}

static gboolean enroll(NtGallery *gallery, GError **error)
{
    g_autofree guint8 *chip = gallery_make_chip(7);
    NtGalleryFace face = gallery_make_face(7);
    face.chip = chip;
    gboolean good = nt_gallery_begin(gallery, error);
    for (int i = 0; good && i < 3; i++)
        good = nt_gallery_add_face(gallery, "Carl", &face, error) != 0;
    if (good)
        return nt_gallery_commit(gallery, error);
    nt_gallery_roll_back(gallery);
    return FALSE;
}

/* A caller that goes on after a failure must not keep half of its change. */
static gboolean enroll_stubbornly(NtGallery *gallery, GError **error)
{
    NtGalleryFace face = gallery_make_face(7);
    if (!nt_gallery_begin(gallery, error))
        return FALSE;
    gboolean good = TRUE;
    for (int i = 0; i < 3; i++)
        good = nt_gallery_add_face(gallery, "Carl", &face, good ? error : NULL) != 0 && good;
    if (good)
        return nt_gallery_commit(gallery, error);
    nt_gallery_roll_back(gallery);
    return FALSE;
}

static gboolean merge(NtGallery *gallery, GError **error)
{
    return nt_gallery_merge(gallery, "Anna", "Bob", error);
}
static gboolean forget(NtGallery *gallery, GError **error)
{
    return nt_gallery_forget(gallery, "Anna", NULL, error);
}
static gboolean undo(NtGallery *gallery, GError **error)
{
    NtChange *change = nt_gallery_undo(gallery, error);
    nt_change_free(change);
    return change != NULL;
}
static gboolean encrypt(NtGallery *gallery, GError **error)
{
    return nt_gallery_encrypt(gallery, NT_VAULT_LOCK_PASSPHRASE, &keys, error);
}

static const struct Operation {
    const char *name;
    gboolean (*run)(NtGallery *gallery, GError **error);
    guint step; /* every so many-th write fails: opening what is encrypted takes a while */
} operations[] = {{"enroll", enroll, 1}, {"enroll-stubbornly", enroll_stubbornly, 1},
                  {"merge", merge, 1},   {"forget", forget, 1},
                  {"undo", undo, 1},     {"encrypt", encrypt, 17}};

/* Everything one sees of a gallery, as text. */
static char *describe(NtGallery *gallery)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *names = gallery_names(gallery);
    g_autoptr(GPtrArray) changes = nt_gallery_list_changes(gallery, &error);
    g_assert_no_error(error);
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(gallery, &error);
    g_assert_no_error(error);
    GString *text = g_string_new(names);
    for (guint i = 0; i < changes->len; i++) {
        const NtChange *change = changes->pdata[i];
        g_autofree char *words = nt_change_describe(change);
        g_string_append_printf(text, "; %s%s", change->undone ? "undone: " : "", words);
    }
    for (guint i = 0; i < snapshot->n_faces; i++)
        g_string_append_printf(text, "; %" G_GINT64_FORMAT " %g", snapshot->face_ids[i],
                               (double)snapshot->embeddings[i * NT_EMBEDDING_SIZE]);
    return g_string_free(text, FALSE);
}

static char *describe_file(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtGallery) gallery = open_for_writing(path, &error);
    g_assert_no_error(error);
    return describe(gallery);
}

static void copy_file(const char *from, const char *to)
{
    g_autofree char *bytes = NULL, *log = g_strconcat(to, "-wal", NULL), *shm = g_strconcat(to, "-shm", NULL);
    gsize n;
    g_unlink(log);
    g_unlink(shm);
    g_assert_true(g_file_get_contents(from, &bytes, &n, NULL) &&
                  g_file_set_contents_full(to, bytes, (gssize)n, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

/* With the n-th write failing. FALSE when the operation ended before it. */
static gboolean try_once(const struct Operation *operation, const char *path, const char *before, const char *after)
{
    g_autoptr(GError) error = NULL;
    NtGallery *gallery = open_for_writing(path, &error);
    g_assert_no_error(error);
    faults.n = faults.failed = 0;
    faults.counting = TRUE;
    const gboolean good = operation->run(gallery, &error);
    const guint failed = faults.failed;
    nt_gallery_close(gallery); /* on the failing disk as well */
    faults.counting = FALSE;
    g_autofree char *state = gallery_check_file(path), *now = describe_file(path);
    g_assert_cmpstr(state, ==, "ok");
    if (good) {
        g_assert_no_error(error);
        g_assert_cmpstr(now, ==, after);
        return failed > 0;
    }
    g_assert_cmpuint(failed, >, 0);
    g_assert_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE);
    g_assert_nonnull(strstr(error->message, path));
    if (faults.fail_at == 1)
        g_test_message("%s", error->message);
    if (strcmp(now, before) != 0)
        g_assert_cmpstr(now, ==, after);
    return TRUE;
}

static void check_operation(const struct Operation *operation, const char *base, const char *path)
{
    copy_file(base, path);
    g_autofree char *before = describe_file(path);
    NtGallery *gallery = open_for_writing(path, NULL);
    g_assert_true(operation->run(gallery, NULL));
    g_autofree char *after = describe(gallery);
    nt_gallery_close(gallery);
    static const int codes[] = {SQLITE_FULL, SQLITE_IOERR_WRITE};
    for (guint c = 0; c < G_N_ELEMENTS(codes); c++) {
        guint n = 1;
        faults.code = codes[c];
        faults.once = codes[c] != SQLITE_FULL; /* a full disk stays full */
        for (;; n += STRIDE * operation->step) {
            copy_file(base, path);
            faults.fail_at = n;
            g_assert_cmpuint(n, <, MOST_WRITES);
            if (!try_once(operation, path, before, after))
                break;
        }
        g_test_message("%s: %s at one write in %u, to number %u", operation->name,
                       codes[c] == SQLITE_FULL ? "full" : "an error", STRIDE * operation->step, n - 1);
        g_assert_cmpuint(n, >, 1);
    }
}

static void test_faults(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    g_autofree char *work = g_build_filename(fixture->folder, "work", NULL);
    gallery_add(fixture->gallery, "Anna", 1, TRUE);
    gallery_add(fixture->gallery, "Anna", 2, TRUE);
    gallery_add(fixture->gallery, "Bob", 3, TRUE);
    g_assert_true(nt_gallery_rename(fixture->gallery, "Bob", "Robert", NULL));
    g_assert_true(nt_gallery_rename(fixture->gallery, "Robert", "Bob", NULL));
    g_clear_pointer(&fixture->gallery, nt_gallery_close);
    for (guint i = 0; i < G_N_ELEMENTS(operations); i++)
        check_operation(&operations[i], fixture->path, work);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    install_faults();
    g_test_add("/identity/faults/each-write", GalleryFixture, NULL, gallery_set_up, test_faults, gallery_tear_down);
    return g_test_run();
}
