/* kill -9 at any moment: what was acknowledged is there, nothing is half there, and the file is sound.
 *
 * A child works through operations and writes each one's number once it is done; it is killed after a random time.
 * Beside the gallery there is a second one, to which the acknowledged operations are done undisturbed: the two must
 * have the same rows, or the same after one more operation (committed, but not acknowledged any more). */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gallery_fixture.h"
#include "gallery_operations.h"

#define KILLS 1000
#define KILLS_A_GALLERY 50 /* then a new one: what is tested is crashes, not size */
#define LONGEST_LIFE_US 20000
#define NOT_AWAITED 8               /* one child in so many is killed without waiting until it has opened the gallery */
#define ACKNOWLEDGEMENTS_SIZE 65536 /* of a pipe: what a child can write without being read */

/* The child: path, seed, number of the first operation. */
static int work(const char *path, guint32 seed, guint32 number)
{
    g_autoptr(GError) error = NULL;
    const NtGalleryOptions options = {.mode = NT_GALLERY_CREATE, .model_fingerprint = "model-a"};
    g_autoptr(NtGallery) gallery = nt_gallery_open(path, &options, &error);
    if (!gallery) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    if (write(STDOUT_FILENO, "open\n", 5) != 5)
        return 1;
    for (;; number++) {
        const char *forgotten;
        char line[32];
        g_clear_error(&error);
        if (!gallery_operate(gallery, seed + number, &forgotten, &error) &&
            g_error_matches(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE)) {
            fprintf(stderr, "operation %u: %s\n", number, error->message);
            return 1;
        }
        const int n = snprintf(line, sizeof line, "%u\n", number);
        if (write(STDOUT_FILENO, line, (size_t)n) != n)
            return 1;
    }
}

typedef struct Run {
    char *folder, *path, *shadow_folder, *shadow_path;
    NtGallery *shadow;
    guint32 seed, next; /* number of the next operation */
    guint killed_at_work, ahead, finished_erasing;
} Run;

static void start_galleries(Run *run, gboolean on_disk)
{
    /* On a disk, where most kills meet a write that waits for it, and in memory, where they meet everything else. */
    run->folder = on_disk ? g_dir_make_tmp("nametag-crash-XXXXXX", NULL) : gallery_make_folder();
    run->path = g_build_filename(run->folder, "people.sqlite", NULL);
    run->shadow_folder = gallery_make_folder();
    run->shadow_path = g_build_filename(run->shadow_folder, "people.sqlite", NULL);
    run->shadow = gallery_open(run->shadow_path, NT_GALLERY_CREATE, "model-a");
}

static void end_galleries(Run *run)
{
    nt_gallery_close(run->shadow);
    gallery_remove_folder(run->folder);
    gallery_remove_folder(run->shadow_folder);
    g_free(run->folder);
    g_free(run->path);
    g_free(run->shadow_folder);
    g_free(run->shadow_path);
}

/* Everything the child wrote until it died. */
static char *read_all(int descriptor)
{
    GString *text = g_string_new(NULL);
    char buffer[4096];
    gssize n;
    while ((n = read(descriptor, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            g_string_append_len(text, buffer, n);
    return g_string_free(text, FALSE);
}

static void await_opening(int output)
{
    struct pollfd wait = {.fd = output, .events = POLLIN};
    while (poll(&wait, 1, -1) < 0 && errno == EINTR)
        continue;
}

/* Starts a child, lets it live for a while and kills it. Gives what it wrote. */
static char *live_and_die(const Run *run, gboolean await, gulong life_us)
{
    g_autofree char *seed = g_strdup_printf("%u", run->seed), *next = g_strdup_printf("%u", run->next);
    char *words[] = {(char *)"/proc/self/exe", (char *)"--work", run->path, seed, next, NULL};
    GPid pid;
    int output, status;
    g_autoptr(GError) error = NULL;
    g_assert_true(g_spawn_async_with_pipes(NULL, words, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL,
                                           &output, NULL, &error));
    if (await)
        await_opening(output);
    g_usleep(life_us);
    kill(pid, SIGKILL);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFSIGNALED(status)); /* else it failed, and said why */
    char *text = read_all(output);
    close(output);
    return text;
}

/* Does on the second gallery what the first has acknowledged. */
static void follow(Run *run, const char *acknowledged, const char **forgotten)
{
    g_auto(GStrv) lines = g_strsplit(acknowledged, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        if (!*lines[i] || strcmp(lines[i], "open") == 0)
            continue;
        g_assert_cmpuint((guint)strtoul(lines[i], NULL, 10), ==, run->next);
        gallery_operate(run->shadow, run->seed + run->next, forgotten, NULL);
        run->next++;
    }
    if (*acknowledged)
        run->killed_at_work++;
}

static void verify(Run *run, const char *forgotten)
{
    /* As the next program would find it; what a killed forget left is erased now. */
    nt_gallery_close(gallery_open(run->path, NT_GALLERY_CREATE, "model-a"));
    g_autofree char *state = gallery_check_file(run->path), *rows = gallery_timeless_digest(run->path);
    g_assert_cmpstr(state, ==, "ok");
    g_autofree char *wanted = gallery_timeless_digest(run->shadow_path);
    if (strcmp(rows, wanted) != 0) {
        g_autofree char *wanted_next = NULL;
        gallery_operate(run->shadow, run->seed + run->next, &forgotten, NULL);
        run->next++;
        run->ahead++;
        wanted_next = gallery_timeless_digest(run->shadow_path);
        g_assert_cmpstr(rows, ==, wanted_next);
    }
    if (forgotten) {
        g_autofree char *found = gallery_find_bytes(run->folder, forgotten, strlen(forgotten));
        g_assert_cmpstr(found, ==, NULL);
        run->finished_erasing++;
    }
}

static void test_kills(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed((guint32)g_test_rand_int());
    Run run = {.seed = g_rand_int(random)};
    g_test_message("seed of the operations: %u", run.seed);
    gallery_make_archives();
    for (guint i = 0; i < KILLS; i++) {
        if (i % KILLS_A_GALLERY == 0) {
            if (i)
                end_galleries(&run);
            start_galleries(&run, i / KILLS_A_GALLERY % 2 == 0);
        }
        const char *forgotten = NULL;
        /* Where the machine is slow they live longer, so that about one operation a life is done there, too. */
        int longest_us = run.next >= i ? LONGEST_LIFE_US : 10 * LONGEST_LIFE_US;
        g_autofree char *acknowledged =
            live_and_die(&run, i % NOT_AWAITED != 0, (gulong)g_rand_int_range(random, 0, longest_us));
        g_assert_cmpuint(strlen(acknowledged), <, ACKNOWLEDGEMENTS_SIZE);
        follow(&run, acknowledged, &forgotten);
        verify(&run, forgotten);
    }
    end_galleries(&run);
    gallery_remove_archives();
    g_test_message(
        "%u kills, %u of them at work; %u operations acknowledged or found done, %u found done without having been"
        " acknowledged; searched %u times for somebody forgotten",
        (guint)KILLS, run.killed_at_work, run.next, run.ahead, run.finished_erasing);
    g_assert_cmpuint(run.killed_at_work, >, KILLS / 3);
    g_assert_cmpuint(run.ahead, >, 0);
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "--work") == 0)
        return work(argv[2], (guint32)strtoul(argv[3], NULL, 10), (guint32)strtoul(argv[4], NULL, 10));
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/identity/crash/kills", test_kills);
    return g_test_run();
}
