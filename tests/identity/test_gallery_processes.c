/* Several programs at once: four that write and two that read, and none of them ever fails; what they did adds up, and
 * a reader sees whole changes only. */
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "gallery_fixture.h"

#define WRITERS 4
#define READERS 2
#define SECONDS 4

static int complain(const char *doing, GError *error)
{
    fprintf(stderr, "%s: %s\n", doing, error ? error->message : "no words");
    return 1;
}

/* Pictures come in pairs, one change a pair: whoever sees an odd number has seen half a change. */
static gboolean add_pair(NtGallery *gallery, const char *name, guint seed, GError **error)
{
    const NtGalleryFace face = gallery_make_face(seed);
    if (!nt_gallery_begin(gallery, error))
        return FALSE;
    if (nt_gallery_add_face(gallery, name, &face, error) && nt_gallery_add_face(gallery, name, &face, error))
        return nt_gallery_commit(gallery, error);
    nt_gallery_roll_back(gallery);
    return FALSE;
}

/* Writes how many pairs it has added. */
static int write_for_a_while(const char *path, const char *number)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *own = g_strconcat("Writer ", number, NULL), *other = g_strconcat("Away ", number, NULL);
    const gint64 end = g_get_monotonic_time() + SECONDS * G_USEC_PER_SEC;
    guint n = 0;
    const NtGalleryOptions options = {.mode = NT_GALLERY_CREATE, .model_fingerprint = "model-a"};
    g_autoptr(NtGallery) gallery = nt_gallery_open(path, &options, &error);
    if (!gallery)
        return complain("open", error);
    for (guint i = 0; g_get_monotonic_time() < end; i++) {
        if (!add_pair(gallery, own, i, &error) || !add_pair(gallery, "Everybody's", i, &error))
            return complain("add", error);
        n += 2;
        if (i % 3 == 0 &&
            (!nt_gallery_rename(gallery, own, other, &error) || !nt_gallery_rename(gallery, other, own, &error)))
            return complain("rename", error);
        if (i % 7 == 0) {
            nt_gallery_close(gallery);
            gallery = nt_gallery_open(path, &options, &error);
            if (!gallery)
                return complain("open again", error);
        }
    }
    printf("%u\n", n);
    return 0;
}

static int read_for_a_while(const char *path)
{
    const gint64 end = g_get_monotonic_time() + SECONDS * G_USEC_PER_SEC;
    guint n = 0;
    while (g_get_monotonic_time() < end) {
        g_autoptr(GError) error = NULL;
        const NtGalleryOptions options = {.mode = NT_GALLERY_READ, .model_fingerprint = "model-a"};
        g_autoptr(NtGallery) gallery = nt_gallery_open(path, &options, &error);
        for (int i = 0; gallery && !error && i < 10; i++) {
            g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(gallery, &error);
            if (snapshot && snapshot->n_faces % 2 != 0)
                return complain("half a change was seen", NULL);
            n++;
        }
        if (error)
            return complain("read", error);
    }
    printf("%u\n", n);
    return 0;
}

static GSubprocess *start(const char *role, const char *path, guint number)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("%u", number);
    GSubprocess *process =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "/proc/self/exe", role, path, text, NULL);
    g_assert_no_error(error);
    return process;
}

static guint end(GSubprocess *process)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *output = NULL;
    g_assert_true(g_subprocess_communicate_utf8(process, NULL, NULL, &output, NULL, &error));
    g_assert_true(g_subprocess_get_successful(process));
    const guint n = (guint)strtoul(output, NULL, 10);
    g_object_unref(process);
    return n;
}

static void test_six_at_once(GalleryFixture *fixture, gconstpointer user)
{
    (void)user;
    GSubprocess *writers[WRITERS], *readers[READERS];
    guint n_pairs = 0, n_reads = 0;
    g_clear_pointer(&fixture->gallery, nt_gallery_close);
    for (guint i = 0; i < WRITERS; i++)
        writers[i] = start("--write", fixture->path, i);
    for (guint i = 0; i < READERS; i++)
        readers[i] = start("--read", fixture->path, i);
    for (guint i = 0; i < WRITERS; i++) {
        const guint n = end(writers[i]);
        g_assert_cmpuint(n, >, 0);
        n_pairs += n;
    }
    for (guint i = 0; i < READERS; i++)
        n_reads += end(readers[i]);
    g_test_message("%u changes written and %u snapshots read in %d seconds", n_pairs, n_reads, SECONDS);
    g_assert_cmpint(gallery_count(fixture->path, "SELECT count(*) FROM faces"), ==, 2 * (gint64)n_pairs);
    g_assert_cmpint(gallery_count(fixture->path, "SELECT count(*) FROM people"), ==, WRITERS + 1);
    g_autofree char *state = gallery_check_file(fixture->path);
    g_assert_cmpstr(state, ==, "ok");
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--write") == 0)
        return write_for_a_while(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "--read") == 0)
        return read_for_a_while(argv[2]);
    g_test_init(&argc, &argv, NULL);
    g_test_add("/identity/processes/six-at-once", GalleryFixture, NULL, gallery_set_up, test_six_at_once,
               gallery_tear_down);
    return g_test_run();
}
