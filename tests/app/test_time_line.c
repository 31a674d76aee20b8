/* The time line of the demo clip, from nothing, from its cache, half done, busy, closed at any moment; named by a
 * gallery that changes; and the cache by itself: whole, damaged, cut off, full, cleared. */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "app/time_line.h"
#include "app/time_line_builder.h"
#include "app/time_line_cache.h"
#include "engine/clip_cache.h"
#include "media/source.h"

#define SECOND G_GINT64_CONSTANT(1000000000)
#define PATIENCE_US (120 * G_USEC_PER_SEC)
#define QUIET_US (G_USEC_PER_SEC / 2)

static NtModelSet *models;
static char *demo;   /* the clip; NULL: not made */
static char *folder; /* of this test, the user's cache in it */

/* Files. */

static char *cache_folder(void)
{
    return g_build_filename(folder, "cache", "nametag", "timelines", NULL);
}

static guint count_files(void)
{
    g_autofree char *path = cache_folder();
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint n = 0;
    for (const char *name; dir && (name = g_dir_read_name(dir));)
        n += strcmp(name, "epoch") != 0;
    return n;
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    g_remove(path);
}

/* A copy of the clip, which no other test has looked through. */
static char *copy_clip(const char *name)
{
    g_autoptr(GError) error = NULL;
    char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GFile) from = g_file_new_for_path(demo);
    g_autoptr(GFile) to = g_file_new_for_path(path);
    g_file_copy(from, to, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, &error);
    g_assert_no_error(error);
    return path;
}

static gboolean skip_without_demo(void)
{
    if (!demo)
        g_test_skip("the demo clip was not made");
    return demo == NULL;
}

/* Waiting. */

static gboolean on_timeout(gpointer data)
{
    *(gboolean *)data = TRUE;
    return G_SOURCE_REMOVE;
}

static void wait_for(gboolean (*is_so)(gpointer), gpointer data)
{
    const gint64 end_us = g_get_monotonic_time() + PATIENCE_US;
    gboolean woken;
    while (!is_so(data)) {
        g_assert_cmpint(g_get_monotonic_time(), <, end_us);
        const guint timeout = g_timeout_add(100, on_timeout, &woken);
        woken = FALSE;
        g_main_context_iteration(NULL, TRUE);
        if (!woken)
            g_source_remove(timeout);
    }
}

static void wait_us(gint64 us)
{
    gboolean over = FALSE;
    g_timeout_add((guint)(us / 1000), on_timeout, &over);
    while (!over)
        g_main_context_iteration(NULL, TRUE);
}

static gboolean is_complete(gpointer data)
{
    return nt_time_line_is_complete(data) && nt_time_line_get_lanes(data)->len > 0;
}

static gboolean has_begun(gpointer data)
{
    return nt_time_line_get_progress(data) > 0.1;
}
static gboolean has_lanes(gpointer data)
{
    return nt_time_line_get_lanes(data)->len > 0;
}
static gboolean has_words(gpointer data)
{
    return nt_time_line_get_words(data) != NULL;
}

static gboolean library_is_settled(gpointer data)
{
    const NtLibraryState state = nt_library_get_state(data);
    return state != NT_LIBRARY_CLOSED && state != NT_LIBRARY_OPENING;
}

static gboolean is_gone(gpointer data)
{
    return *(gpointer *)data == NULL;
}

/* Nobody else keeps it, but for a thread that may just be naming for it. */
static void finish(NtTimeLine *time_line)
{
    gpointer weak = time_line;
    g_object_add_weak_pointer(G_OBJECT(time_line), &weak);
    nt_time_line_close(time_line);
    g_object_unref(time_line);
    wait_for(is_gone, &weak);
    nt_time_line_wait_all();
}

static gboolean has_name(NtTimeLine *time_line, const char *name)
{
    GPtrArray *lanes = nt_time_line_get_lanes(time_line);
    for (guint i = 0; i < lanes->len; i++)
        if (g_strcmp0(((NtLane *)lanes->pdata[i])->name, name) == 0)
            return TRUE;
    return FALSE;
}

/* The cache. */

static NtAppearances *make_appearances(void)
{
    NtAppearances *clip = nt_appearances_new();
    clip->duration_ns = 100 * SECOND;
    clip->reached_ns = 99 * SECOND;
    clip->complete = TRUE;
    for (guint64 i = 1; i <= 3; i++) {
        NtAppearance *track = nt_appearance_new();
        track->track = i;
        track->number = 1;
        track->n_frames = 10 * i;
        for (gint64 k = 0; k < (gint64)i; k++)
            nt_appearance_see(track, k * 10 * SECOND);
        track->n_embeddings = (guint)i;
        for (guint k = 0; k < i; k++) {
            track->weights[k] = 0.1f * (float)(k + 1);
            track->embeddings[k][k] = 0.5f;
        }
        g_ptr_array_add(clip->tracks, track);
    }
    NtUnknown *unknown = g_new0(NtUnknown, 1);
    unknown->number = 1;
    unknown->source = g_strdup("a clip.mp4");
    unknown->n_frames = 60;
    unknown->last_ns = 99 * SECOND;
    unknown->n_faces = 1;
    unknown->faces = g_new0(NtGalleryFace, 1);
    unknown->faces[0].chip = g_memdup2((guint8[NT_CHIP_BYTES]){1, 2, 3}, NT_CHIP_BYTES);
    unknown->faces[0].source = g_strdup(unknown->source);
    unknown->faces[0].embedding[5] = 0.25f;
    unknown->faces[0].box = (NtRect){-1, 2, 3, 4};
    unknown->faces[0].score = 1.5;
    unknown->faces[0].quality.sharpness = 0.5f;
    g_ptr_array_add(clip->unknown, unknown);
    return clip;
}

static void assert_same(const NtAppearances *a, const NtAppearances *b)
{
    g_assert_cmpint(a->duration_ns, ==, b->duration_ns);
    g_assert_cmpint(a->reached_ns, ==, b->reached_ns);
    g_assert_cmpint(a->complete, ==, b->complete);
    g_assert_cmpuint(a->tracks->len, ==, b->tracks->len);
    for (guint i = 0; i < a->tracks->len; i++) {
        const NtAppearance *x = a->tracks->pdata[i], *y = b->tracks->pdata[i];
        g_assert_cmpuint(x->track, ==, y->track);
        g_assert_cmpuint(x->number, ==, y->number);
        g_assert_cmpuint(x->n_frames, ==, y->n_frames);
        g_assert_cmpmem(x->spans, x->n_spans * sizeof *x->spans, y->spans, y->n_spans * sizeof *y->spans);
        g_assert_cmpuint(x->n_embeddings, ==, y->n_embeddings);
        g_assert_cmpmem(x->weights, sizeof x->weights, y->weights, sizeof y->weights);
        g_assert_cmpmem(x->embeddings, sizeof x->embeddings, y->embeddings, sizeof y->embeddings);
    }
    g_assert_cmpuint(a->unknown->len, ==, b->unknown->len);
    for (guint i = 0; i < a->unknown->len; i++) {
        const NtUnknown *x = a->unknown->pdata[i], *y = b->unknown->pdata[i];
        g_assert_cmpuint(x->number, ==, y->number);
        g_assert_cmpstr(x->source, ==, y->source);
        g_assert_cmpint(x->last_ns, ==, y->last_ns);
        g_assert_cmpuint(x->n_faces, ==, y->n_faces);
        const NtGalleryFace *f = &x->faces[0], *g = &y->faces[0];
        g_assert_cmpmem(f->chip, NT_CHIP_BYTES, g->chip, NT_CHIP_BYTES);
        g_assert_cmpmem(f->embedding, sizeof f->embedding, g->embedding, sizeof g->embedding);
        g_assert_cmpmem(&f->quality, sizeof f->quality, &g->quality, sizeof g->quality);
        g_assert_cmpmem(&f->box, sizeof f->box, &g->box, sizeof g->box);
    }
}

static void test_round_trip(void)
{
    g_autoptr(NtAppearances) clip = make_appearances();
    g_autoptr(GBytes) bytes = nt_time_line_cache_pack(clip);
    g_autoptr(NtAppearances) again = nt_time_line_cache_unpack(bytes);
    g_assert_nonnull(again);
    assert_same(clip, again);

    g_autoptr(NtAppearances) nothing = nt_appearances_new();
    g_autoptr(GBytes) few = nt_time_line_cache_pack(nothing);
    g_autoptr(NtAppearances) still_nothing = nt_time_line_cache_unpack(few);
    g_assert_nonnull(still_nothing);
    assert_same(nothing, still_nothing);
}

/* Cut off anywhere, or with any one byte changed (every one of the header, some of the rest): as good as none. */
static void test_damage(void)
{
    g_autoptr(NtAppearances) clip = make_appearances();
    g_ptr_array_set_size(clip->unknown, 0); /* or it takes for ever */
    g_autoptr(GBytes) bytes = nt_time_line_cache_pack(clip);
    gsize size;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    for (gsize length = 0; length < size; length++) {
        g_autoptr(GBytes) cut = g_bytes_new(data, length);
        g_assert_null(nt_time_line_cache_unpack(cut));
    }
    for (gsize i = 0; i < size; i++) {
        g_autofree guint8 *changed = g_memdup2(data, size);
        changed[i] ^= 0x10;
        g_autoptr(GBytes) damaged = g_bytes_new(changed, size);
        g_assert_null(nt_time_line_cache_unpack(damaged));
    }
}

static void test_store(void)
{
    g_autoptr(NtAppearances) clip = make_appearances();
    g_autofree char *path = cache_folder();
    g_autofree char *ticket = nt_time_line_cache_ticket();
    g_assert_null(nt_time_line_cache_load("a"));
    g_assert_true(nt_time_line_cache_store("a", ticket, clip));
    g_autoptr(NtAppearances) loaded = nt_time_line_cache_load("a");
    assert_same(clip, loaded);

    struct stat facts;
    g_autofree char *file = g_build_filename(path, "a", NULL);
    g_assert_cmpint(stat(path, &facts), ==, 0);
    g_assert_cmpint(facts.st_mode & 0777, ==, 0700);
    g_assert_cmpint(stat(file, &facts), ==, 0);
    g_assert_cmpint(facts.st_mode & 0777, ==, 0600);

    nt_time_line_cache_clear();
    g_assert_cmpuint(count_files(), ==, 0);
    g_assert_null(nt_time_line_cache_load("a"));
    g_assert_false(nt_time_line_cache_store("a", ticket, clip));
    g_assert_cmpuint(count_files(), ==, 0);
    g_autofree char *new_ticket = nt_time_line_cache_ticket();
    g_assert_true(nt_time_line_cache_store("a", new_ticket, clip));
    nt_time_line_cache_clear();
}

/* By another process, before anything was ever kept: it knows of no ticket, the folder is all that both have. */
static void test_cleared_elsewhere(void)
{
    g_autoptr(NtAppearances) clip = make_appearances();
    g_autofree char *path = cache_folder();
    remove_tree(path);
    nt_clip_cache_clear();
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_autofree char *ticket = nt_time_line_cache_ticket();
    nt_clip_cache_clear();
    g_assert_false(nt_time_line_cache_store("a", ticket, clip));
    g_assert_cmpuint(count_files(), ==, 0);
}

static void test_room(void)
{
    g_autoptr(NtAppearances) clip = nt_appearances_new();
    g_autofree char *ticket = nt_time_line_cache_ticket();
    for (guint i = 0; i < NT_CACHE_CLIPS + 5; i++) {
        g_autofree char *name = g_strdup_printf("clip%u", i);
        g_assert_true(nt_time_line_cache_store(name, ticket, clip));
    }
    g_assert_cmpuint(count_files(), ==, NT_CACHE_CLIPS);
    g_autoptr(NtAppearances) newest = nt_time_line_cache_load("clip204");
    g_assert_nonnull(newest);
    nt_time_line_cache_clear();
}

/* Another file, a changed one and another model are other names. */
static void test_names(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(folder, "name", NULL);
    g_file_set_contents(path, "one", -1, &error);
    g_autofree char *one = nt_time_line_cache_name(path, "model");
    g_autofree char *other = nt_time_line_cache_name(path, "other model");
    g_autofree char *uri = g_filename_to_uri(path, NULL, NULL);
    g_autofree char *same = nt_time_line_cache_name(uri, "model");
    g_file_set_contents(path, "three", -1, &error);
    g_autofree char *changed = nt_time_line_cache_name(path, "model");
    g_assert_cmpstr(one, ==, same);
    g_assert_cmpstr(one, !=, other);
    g_assert_cmpstr(one, !=, changed);
    g_assert_null(nt_time_line_cache_name("/no/such/file", "model"));
    g_assert_null(nt_time_line_cache_name("rtsp://host/clip", "model"));
}

/* Clips. */

static void count_signal(guint *n)
{
    ++*n;
}

static void test_from_nothing_and_again(void)
{
    if (skip_without_demo())
        return;
    g_autofree char *clip = copy_clip("first.mp4");
    NtTimeLine *time_line = nt_time_line_new(clip, models, NULL, TRUE);
    guint n_changed = 0;
    g_signal_connect_swapped(time_line, "changed", G_CALLBACK(count_signal), &n_changed);
    wait_for(has_lanes, time_line);
    g_assert_false(nt_time_line_is_complete(time_line)); /* lanes come on the way */
    wait_for(is_complete, time_line);
    g_assert_cmpuint(n_changed, >, 1);
    GPtrArray *lanes = nt_time_line_get_lanes(time_line);
    g_assert_cmpuint(lanes->len, ==, 2);
    for (guint i = 0; i < 2; i++) {
        g_autofree char *label = nt_lane_label(lanes->pdata[i]);
        g_autofree char *expected = g_strdup_printf("unknown %u", i + 1);
        g_assert_cmpstr(label, ==, expected);
    }
    g_autoptr(GPtrArray) unknown = nt_time_line_get_unknown(time_line);
    g_assert_cmpuint(unknown->len, ==, 2);
    g_autoptr(GPtrArray) before = g_ptr_array_ref(lanes);
    finish(time_line);
    g_assert_cmpuint(count_files(), ==, 1);

    const gint64 begin_us = g_get_monotonic_time();
    NtTimeLine *again = nt_time_line_new(clip, models, NULL, TRUE);
    wait_for(is_complete, again);
    g_test_message("opened again in %.1f ms", (double)(g_get_monotonic_time() - begin_us) / 1000);
    g_assert_true(nt_lanes_equal(before, nt_time_line_get_lanes(again)));
    g_autoptr(GPtrArray) same = nt_time_line_get_unknown(again);
    g_assert_cmpuint(same->len, ==, 2);
    finish(again);
    nt_time_line_clear_cache();
}

/* Closed half-way: what was found stands at once the next time, while it begins anew. */
static void test_half(void)
{
    if (skip_without_demo())
        return;
    g_autofree char *clip = copy_clip("half.mp4");
    NtTimeLine *time_line = nt_time_line_new(clip, models, NULL, TRUE);
    wait_for(has_begun, time_line);
    wait_for(has_lanes, time_line);
    finish(time_line);
    g_assert_cmpuint(count_files(), ==, 1);

    NtTimeLine *again = nt_time_line_new(clip, models, NULL, TRUE);
    nt_time_line_set_busy(again, TRUE);
    wait_for(has_lanes, again);
    g_assert_false(nt_time_line_is_complete(again));
    nt_time_line_set_busy(again, FALSE);
    wait_for(is_complete, again);
    g_assert_cmpuint(nt_time_line_get_lanes(again)->len, ==, 2);
    finish(again);
    nt_time_line_clear_cache();
}

static void test_not_remembered(void)
{
    if (skip_without_demo())
        return;
    NtTimeLine *time_line = nt_time_line_new(demo, models, NULL, FALSE);
    wait_for(has_begun, time_line);
    finish(time_line);
    g_assert_cmpuint(count_files(), ==, 0);
}

static void test_busy(void)
{
    if (skip_without_demo())
        return;
    NtTimeLine *time_line = nt_time_line_new(demo, models, NULL, FALSE);
    wait_for(has_begun, time_line);
    nt_time_line_set_busy(time_line, TRUE);
    wait_us(QUIET_US);
    const double progress = nt_time_line_get_progress(time_line);
    wait_us(QUIET_US);
    g_assert_true(nt_time_line_get_progress(time_line) <= progress);
    nt_time_line_set_busy(time_line, FALSE);
    wait_us(2 * QUIET_US);
    g_assert_true(nt_time_line_get_progress(time_line) > progress);
    nt_time_line_set_busy(time_line, TRUE);
    finish(time_line); /* not kept from ending */
}

/* Cleared while it is built: the embeddings are not written again. */
static void test_clear_while_building(void)
{
    if (skip_without_demo())
        return;
    g_autofree char *clip = copy_clip("cleared.mp4");
    NtTimeLine *time_line = nt_time_line_new(clip, models, NULL, TRUE);
    wait_for(has_begun, time_line);
    nt_time_line_clear_cache();
    finish(time_line);
    g_assert_cmpuint(count_files(), ==, 0);
}

static void test_closed_at_any_moment(void)
{
    if (skip_without_demo())
        return;
    for (guint ms = 0; ms < 400; ms += 20) {
        NtTimeLine *time_line = nt_time_line_new(demo, models, NULL, TRUE);
        if (ms % 40)
            wait_us(ms * 1000);
        else
            g_usleep(ms * 1000);
        nt_time_line_close(time_line);
        g_object_unref(time_line); /* a thread may still be naming for it */
    }
    nt_time_line_wait_all();
    while (g_main_context_iteration(NULL, FALSE))
        ;
    nt_time_line_clear_cache();
}

static void test_no_clip(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *junk = g_build_filename(folder, "junk.mp4", NULL);
    g_file_set_contents(junk, "no film", -1, &error);
    g_assert_no_error(error);
    const char *const paths[] = {"/no/such/clip.mp4", junk};
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        NtTimeLine *time_line = nt_time_line_new(paths[i], models, NULL, TRUE);
        wait_for(has_words, time_line);
        g_assert_false(nt_time_line_is_complete(time_line));
        g_assert_cmpuint(nt_time_line_get_lanes(time_line)->len, ==, 0);
        finish(time_line);
    }
    g_assert_cmpuint(count_files(), ==, 0);
}

/* Galleries. */

static NtLibrary *open_library(char **path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *from = g_path_get_dirname(demo);
    g_autofree char *gallery = g_build_filename(from, "people.sqlite", NULL);
    g_autofree char *bytes = NULL;
    gsize size;
    g_file_get_contents(gallery, &bytes, &size, &error);
    g_assert_no_error(error);
    *path = g_build_filename(folder, "people.sqlite", NULL);
    g_file_set_contents(*path, bytes, (gssize)size, &error);
    g_assert_no_error(error);
    NtLibrary *library = nt_library_new();
    nt_library_open(library, *path, models, NT_CAUTION_BALANCED);
    return library;
}

static void drop_library(NtLibrary *library, const char *path)
{
    nt_library_close(library);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_object_unref(library);
    g_unlink(path);
}

static gboolean is_renamed(gpointer data)
{
    return has_name(data, "Étienne");
}
static gboolean is_old_name(gpointer data)
{
    return has_name(data, "Franck");
}

static gboolean franck_is_gone(gpointer data)
{
    return !has_name(data, "Franck") && !has_name(data, "Étienne");
}

static gboolean is_kept(gpointer data G_GNUC_UNUSED)
{
    return count_files() == 1;
}

/* Nobody is called unknown while the gallery is being opened; a change of it shows at once; to forget clears the cache.
 */
static void test_gallery_changes(void)
{
    if (skip_without_demo())
        return;
    g_autofree char *path = NULL;
    g_autofree char *clip = copy_clip("gallery.mp4");
    NtLibrary *library = open_library(&path);
    NtTimeLine *time_line = nt_time_line_new(clip, models, library, TRUE);
    wait_for(has_lanes, time_line);
    g_assert_cmpint(nt_library_get_state(library), ==, NT_LIBRARY_OPEN);
    for (guint i = 0; i < nt_time_line_get_lanes(time_line)->len; i++)
        g_assert_nonnull(((NtLane *)nt_time_line_get_lanes(time_line)->pdata[i])->name);
    wait_for(is_complete, time_line);
    g_assert_true(has_name(time_line, "Franck") && has_name(time_line, "Presenter"));
    wait_for(is_kept, NULL);

    const gint64 begin_us = g_get_monotonic_time();
    nt_library_rename(library, "Franck", "Étienne", NULL, NULL);
    wait_for(is_renamed, time_line);
    g_test_message("renamed everywhere after %.1f ms", (double)(g_get_monotonic_time() - begin_us) / 1000);
    g_assert_cmpuint(nt_time_line_get_lanes(time_line)->len, ==, 2);
    nt_library_undo(library);
    wait_for(is_old_name, time_line);

    nt_library_forget(library, "Franck", NULL, NULL);
    wait_for(franck_is_gone, time_line);
    g_assert_cmpuint(nt_time_line_get_lanes(time_line)->len, ==, 2);
    g_autoptr(GPtrArray) unknown = nt_time_line_get_unknown(time_line);
    g_assert_cmpuint(unknown->len, ==, 1);
    g_assert_cmpuint(((NtUnknown *)unknown->pdata[0])->number, ==, 1);
    g_assert_cmpuint(count_files(), ==, 0);
    finish(time_line);
    g_assert_cmpuint(count_files(), ==, 0);
    drop_library(library, path);
}

/* The gallery is opened long after the clip was looked through. */
static void test_gallery_opens_late(void)
{
    if (skip_without_demo())
        return;
    g_autofree char *path = NULL;
    g_autofree char *clip = copy_clip("late.mp4");
    NtLibrary *closed = nt_library_new();
    NtTimeLine *time_line = nt_time_line_new(clip, models, closed, TRUE);
    wait_for(has_begun, time_line);
    g_assert_cmpuint(nt_time_line_get_lanes(time_line)->len, ==, 0);
    finish(time_line);
    g_assert_cmpuint(count_files(), ==, 0); /* it may be an encrypted one */
    drop_library(closed, "/no/such/file");

    NtLibrary *library = open_library(&path);
    wait_for(library_is_settled, library);
    NtTimeLine *again = nt_time_line_new(clip, models, library, TRUE);
    wait_for(has_lanes, again);
    finish(again);
    g_assert_cmpuint(count_files(), ==, 1);
    nt_time_line_clear_cache();
    drop_library(library, path);
}

static gboolean is_encrypted(gpointer data)
{
    gboolean encrypted;
    g_object_get(data, "encrypted", &encrypted, NULL);
    return encrypted;
}

static void test_encrypted(void)
{
    if (skip_without_demo())
        return;
    g_autofree char *path = NULL;
    g_autofree char *clip = copy_clip("encrypted.mp4");
    NtLibrary *library = open_library(&path);
    wait_for(library_is_settled, library);
    nt_library_encrypt(library, "a long pass phrase", NULL, NULL);
    wait_for(is_encrypted, library);
    NtTimeLine *time_line = nt_time_line_new(clip, models, library, TRUE);
    wait_for(is_complete, time_line);
    g_assert_true(has_name(time_line, "Franck"));
    finish(time_line);
    g_assert_cmpuint(count_files(), ==, 0);
    drop_library(library, path);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    folder = g_dir_make_tmp("nametag-time-line-XXXXXX", &error);
    g_assert_no_error(error);
    g_autofree char *cache = g_build_filename(folder, "cache", NULL);
    g_setenv("XDG_CACHE_HOME", cache, TRUE);
    g_setenv("LANGUAGE", "C", TRUE);
    g_test_init(&argc, &argv, NULL);
    g_assert_true(nt_media_init(&argc, &argv, NULL));
    models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    g_assert_no_error(error);
    demo = g_build_filename(g_getenv("NAMETAG_DEMO"), "demo.mp4", NULL);
    if (!g_file_test(demo, G_FILE_TEST_EXISTS))
        g_clear_pointer(&demo, g_free);

    g_test_add_func("/time-line/cache/round-trip", test_round_trip);
    g_test_add_func("/time-line/cache/damage", test_damage);
    g_test_add_func("/time-line/cache/store", test_store);
    g_test_add_func("/time-line/cache/cleared-elsewhere", test_cleared_elsewhere);
    g_test_add_func("/time-line/cache/room", test_room);
    g_test_add_func("/time-line/cache/names", test_names);
    g_test_add_func("/time-line/from-nothing-and-again", test_from_nothing_and_again);
    g_test_add_func("/time-line/half", test_half);
    g_test_add_func("/time-line/not-remembered", test_not_remembered);
    g_test_add_func("/time-line/busy", test_busy);
    g_test_add_func("/time-line/clear-while-building", test_clear_while_building);
    g_test_add_func("/time-line/closed-at-any-moment", test_closed_at_any_moment);
    g_test_add_func("/time-line/no-clip", test_no_clip);
    g_test_add_func("/time-line/gallery/changes", test_gallery_changes);
    g_test_add_func("/time-line/gallery/opens-late", test_gallery_opens_late);
    g_test_add_func("/time-line/gallery/encrypted", test_encrypted);
    const int failed = g_test_run();
    remove_tree(folder);
    g_free(folder);
    g_free(demo);
    nt_model_set_unref(models);
    return failed;
}
