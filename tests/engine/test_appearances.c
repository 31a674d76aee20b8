/* Who appears when: the rules of tracks and lanes one by one with made embeddings, and the demo clip with and without
 * its gallery, renamed too. */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "engine/lanes.h"
#include "engine/tracker.h"
#include "media/source.h"

#define SECOND G_GINT64_CONSTANT(1000000000)
#define FRAME_NS (SECOND / 25)
#define LENGTH 0.6f /* of made embeddings: two people are sqrt(2) times that apart */
#define RELABEL_RUNS 20

static NtModelSet *models;
static char *demo; /* the clip, or NULL; beside it people.sqlite */

/* A track of a person (an axis), of that number, in view from first to last, in seconds. */
static NtAppearance *add_track(NtAppearances *appearances, guint number, int person, double first, double last)
{
    NtAppearance *track = nt_appearance_new();
    appearances->complete = TRUE;
    track->track = appearances->tracks->len + 1;
    track->number = number;
    for (gint64 at = (gint64)(first * SECOND); at <= (gint64)(last * SECOND); at += FRAME_NS) {
        nt_appearance_see(track, at);
        track->n_frames++;
    }
    for (track->n_embeddings = 0; track->n_embeddings < 3; track->n_embeddings++) {
        track->embeddings[track->n_embeddings][person] = LENGTH;
        track->embeddings[track->n_embeddings][100 + track->n_embeddings] = 0.05f;
        track->weights[track->n_embeddings] = 1;
    }
    g_ptr_array_add(appearances->tracks, track);
    return track;
}

/* A gallery in a file of its own, and what it makes of its people. */
typedef struct Made {
    char *folder, *path;
    NtGallery *gallery;
} Made;

static Made make_gallery(void)
{
    g_autoptr(GError) error = NULL;
    Made made = {.folder = g_dir_make_tmp("nametag-appearances-XXXXXX", &error)};
    g_assert_no_error(error);
    made.path = g_build_filename(made.folder, "people.sqlite", NULL);
    return made;
}

static void open_gallery(Made *made)
{
    g_autoptr(GError) error = NULL;
    const NtGalleryOptions options = {.mode = NT_GALLERY_CREATE, .model_fingerprint = nt_model_set_fingerprint(models)};
    made->gallery = nt_gallery_open(made->path, &options, &error);
    g_assert_no_error(error);
}

static void drop_gallery(Made *made)
{
    nt_gallery_close(made->gallery);
    g_autoptr(GDir) dir = g_dir_open(made->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(made->folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(made->folder);
    g_free(made->path);
    g_free(made->folder);
}

static void enrol(Made *made, const char *name, int person)
{
    g_autoptr(GError) error = NULL;
    for (int i = 0; i < 3; i++) {
        NtGalleryFace face = {.source = "made", .pts_ns = -1, .score = 1};
        face.embedding[person] = LENGTH;
        face.embedding[110 + i] = 0.1f;
        nt_gallery_add_face(made->gallery, name, &face, &error);
        g_assert_no_error(error);
    }
}

static NtClassifier *classify(Made *made)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(made->gallery, &error);
    g_assert_no_error(error);
    const NtClassifierOptions options = {.caution = NT_CAUTION_BALANCED};
    NtClassifier *classifier = nt_classifier_new(snapshot, &options, NULL, &error);
    g_assert_no_error(error);
    return classifier;
}

static GArray *new_numbers(void)
{
    return g_array_new(FALSE, TRUE, sizeof(guint));
}

static void assert_lane(const GPtrArray *lanes, guint i, const char *name, guint unknown, guint n_spans)
{
    g_assert_cmpuint(i, <, lanes->len);
    const NtLane *lane = lanes->pdata[i];
    g_assert_cmpstr(lane->name, ==, name);
    g_assert_cmpuint(lane->unknown, ==, unknown);
    g_assert_cmpuint(lane->n_spans, ==, n_spans);
}

static void test_spans(void)
{
    g_autoptr(NtAppearance) track = nt_appearance_new();
    for (gint64 i = 0; i < 10; i++)
        nt_appearance_see(track, i * FRAME_NS);
    nt_appearance_see(track, 9 * FRAME_NS + NT_SPAN_GAP_NS); /* hidden for a moment */
    g_assert_cmpuint(track->n_spans, ==, 1);
    for (gint64 i = 1; i <= 20; i++)
        nt_appearance_see(track, i * 10 * SECOND);
    g_assert_cmpuint(track->n_spans, ==, 21);
    g_assert_cmpint(track->spans[0].last_ns, ==, 9 * FRAME_NS + NT_SPAN_GAP_NS);
    for (gint64 i = 1; i <= 20; i++)
        g_assert_cmpint(track->spans[i].first_ns, ==, i * 10 * SECOND);
}

/* Tracks of one number are one lane; what nearly touches is one span; who was seen once, or is short and has no number,
 * is left out. */
static void test_unknown_lanes(void)
{
    g_autoptr(NtAppearances) clip = nt_appearances_new();
    add_track(clip, 1, 0, 0, 2);
    add_track(clip, 2, 1, 1, 3);
    add_track(clip, 1, 0, 2.3, 4); /* 0.3 s later */
    add_track(clip, 1, 0, 8, 9);
    add_track(clip, 0, 2, 5, 5.5);
    add_track(clip, 0, 3, 5, 7);
    add_track(clip, 3, 4, 6, 6); /* in one frame */
    g_autoptr(GArray) shown = new_numbers();
    g_autoptr(GPtrArray) lanes = nt_lanes_name(clip, NULL, shown, NULL);
    g_assert_cmpuint(lanes->len, ==, 3);
    assert_lane(lanes, 0, NULL, 1, 2);
    assert_lane(lanes, 1, NULL, 2, 1);
    assert_lane(lanes, 2, NULL, 0, 1);
    const NtLane *first = lanes->pdata[0];
    g_assert_cmpint(first->spans[0].first_ns, ==, 0);
    g_assert_cmpint(first->spans[0].last_ns, >, 3.9 * SECOND);
    g_assert_cmpint(first->total_ns, ==, first->spans[0].last_ns + first->spans[1].last_ns - first->spans[1].first_ns);
}

/* Names, and numbers of the others from 1, whatever their own; those who are named later leave a gap. */
static void test_named_lanes(void)
{
    Made made = make_gallery();
    open_gallery(&made);
    enrol(&made, "Anna", 0);
    g_autoptr(NtAppearances) clip = nt_appearances_new();
    add_track(clip, 1, 0, 0, 2);
    add_track(clip, 2, 1, 1, 3);
    add_track(clip, 3, 2, 5, 9);
    g_autoptr(GArray) shown = new_numbers();
    g_autoptr(GArray) open = new_numbers();
    g_autoptr(NtClassifier) one = classify(&made);
    g_autoptr(GPtrArray) lanes = nt_lanes_name(clip, one, shown, open);
    g_assert_cmpuint(lanes->len, ==, 3);
    assert_lane(lanes, 0, "Anna", 0, 1);
    assert_lane(lanes, 1, NULL, 1, 1);
    assert_lane(lanes, 2, NULL, 2, 1);
    g_assert_cmpuint(open->len, ==, 2);
    g_assert_cmpuint(g_array_index(open, guint, 0), ==, 2);

    enrol(&made, "Bert", 1);
    g_array_set_size(open, 0);
    g_autoptr(NtClassifier) two = classify(&made);
    g_autoptr(GPtrArray) after = nt_lanes_name(clip, two, shown, open);
    g_assert_false(nt_lanes_equal(lanes, after));
    assert_lane(after, 0, "Anna", 0, 1); /* as long: by name */
    assert_lane(after, 1, "Bert", 0, 1);
    assert_lane(after, 2, NULL, 2, 1);
    g_assert_cmpuint(open->len, ==, 1);

    g_autoptr(GError) error = NULL;
    nt_gallery_rename(made.gallery, "Anna", "Zoe", &error);
    g_assert_no_error(error);
    g_autoptr(NtClassifier) renamed = classify(&made);
    g_autoptr(GPtrArray) last = nt_lanes_name(clip, renamed, shown, NULL);
    assert_lane(last, 0, "Bert", 0, 1);
    assert_lane(last, 1, "Zoe", 0, 1);
    drop_gallery(&made);
}

/* Who is named most of the time is so for the rest, which is too poor for a name of its own; not if somebody said that
 * it is not them. Who is ignored has no lane. */
static void test_rest_of_a_person(void)
{
    Made made = make_gallery();
    open_gallery(&made);
    enrol(&made, "Anna", 0);
    g_autoptr(NtAppearances) clip = nt_appearances_new();
    add_track(clip, 1, 0, 0, 9);
    NtAppearance *poor = add_track(clip, 1, 0, 20, 22);
    for (guint i = 0; i < poor->n_embeddings; i++)
        poor->embeddings[i][1] = 0.75f;
    add_track(clip, 2, 2, 0, 9);
    g_autoptr(GArray) shown = new_numbers();
    g_autoptr(NtClassifier) before = classify(&made);
    g_autoptr(GPtrArray) lanes = nt_lanes_name(clip, before, shown, NULL);
    g_assert_cmpuint(lanes->len, ==, 2);
    assert_lane(lanes, 0, "Anna", 0, 2);
    assert_lane(lanes, 1, NULL, 1, 1);

    NtGalleryFace face = {.source = "made", .pts_ns = -1};
    memcpy(face.embedding, ((NtAppearance *)clip->tracks->pdata[2])->embeddings[0], sizeof face.embedding);
    g_autoptr(GError) error = NULL;
    nt_gallery_ignore(made.gallery, &face, &error);
    g_assert_no_error(error);
    g_autoptr(NtClassifier) ignoring = classify(&made);
    g_autoptr(GArray) open = new_numbers();
    g_autoptr(GPtrArray) without = nt_lanes_name(clip, ignoring, shown, open);
    g_assert_cmpuint(without->len, ==, 1);
    g_assert_cmpuint(open->len, ==, 0);
    drop_gallery(&made);
}

static void test_seek(void)
{
    g_autoptr(NtAppearances) clip = nt_appearances_new();
    add_track(clip, 1, 0, 1, 2);
    add_track(clip, 1, 0, 10, 12);
    add_track(clip, 2, 1, 5, 6);
    g_autoptr(GArray) shown = new_numbers();
    g_autoptr(GPtrArray) lanes = nt_lanes_name(clip, NULL, shown, NULL);
    const NtLane *first = lanes->pdata[0];
    g_assert_cmpint(nt_lanes_seek(lanes, first, 0, 1), ==, 1 * SECOND);
    g_assert_cmpint(nt_lanes_seek(lanes, first, 1 * SECOND, 1), ==, 10 * SECOND);
    g_assert_cmpint(nt_lanes_seek(lanes, NULL, 1 * SECOND, 1), ==, 5 * SECOND);
    g_assert_cmpint(nt_lanes_seek(lanes, NULL, 10 * SECOND, 1), ==, -1);
    g_assert_cmpint(nt_lanes_seek(lanes, NULL, 11 * SECOND, -1), ==, 10 * SECOND);
    g_assert_cmpint(nt_lanes_seek(lanes, NULL, 10 * SECOND + FRAME_NS, -1), ==, 5 * SECOND);
    g_assert_cmpint(nt_lanes_seek(lanes, first, 10 * SECOND, -1), ==, 1 * SECOND);
    g_assert_cmpint(nt_lanes_seek(lanes, first, 1 * SECOND, -1), ==, -1);
}

/* The demo clip through a tracker without names, looked at on the way too: a snapshot stays as it was. */
static NtAppearances *look_through(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtSource) source = nt_source_open(demo, &error);
    g_assert_no_error(error);
    const NtTrackerOptions options = {.engine = {.with_embedding = TRUE, .with_chips = TRUE}};
    g_autoptr(NtTracker) tracker = nt_tracker_new(models, NULL, &options);
    g_autoptr(NtCollector) collector = nt_collector_new("demo.mp4");
    g_autoptr(NtAppearances) early = NULL;
    guint64 early_frames = 0;
    for (NtFrame *frame; (frame = nt_source_read(source, &error)); nt_frame_unref(frame)) {
        g_autoptr(NtTaggedFrame) tagged =
            nt_tracker_tag(tracker, nt_frame_image(frame), nt_frame_pts_ns(frame), &error);
        g_assert_no_error(error);
        nt_collector_add(collector, tagged);
        if (nt_frame_index(frame) == 50) {
            early = nt_collector_take(collector, nt_source_duration_ns(source), FALSE, FALSE);
            g_assert_cmpuint(early->tracks->len, >, 0);
            early_frames = ((NtAppearance *)early->tracks->pdata[0])->n_frames;
        }
    }
    g_assert_no_error(error);
    NtAppearances *clip = nt_collector_take(collector, nt_source_duration_ns(source), TRUE, FALSE);
    g_assert_cmpuint(((NtAppearance *)early->tracks->pdata[0])->n_frames, ==, early_frames);
    g_assert_cmpuint(((NtAppearance *)clip->tracks->pdata[0])->n_frames, >, early_frames);
    g_assert_cmpint(early->reached_ns, <, clip->reached_ns);
    return clip;
}

static void copy_demo_gallery(Made *made)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_path_get_dirname(demo);
    g_autofree char *path = g_build_filename(folder, "people.sqlite", NULL);
    g_autofree char *bytes = NULL;
    gsize size;
    g_file_get_contents(path, &bytes, &size, &error);
    g_assert_no_error(error);
    g_file_set_contents(made->path, bytes, (gssize)size, &error);
    g_assert_no_error(error);
}

static void test_demo(void)
{
    if (!demo) {
        g_test_skip("the demo clip was not made");
        return;
    }
    g_autoptr(NtAppearances) clip = look_through();
    g_assert_true(clip->complete);

    g_autoptr(GArray) numbers = new_numbers();
    g_autoptr(GPtrArray) nobody = nt_lanes_name(clip, NULL, numbers, NULL);
    g_assert_cmpuint(nobody->len, ==, 2);
    for (guint i = 0; i < 2; i++) {
        const NtLane *lane = nobody->pdata[i];
        const NtUnknown *unknown = clip->unknown->pdata[i];
        assert_lane(nobody, i, NULL, i + 1, lane->n_spans);
        g_assert_cmpint(lane->total_ns, >, clip->duration_ns * 9 / 10);
        g_assert_cmpuint(unknown->n_faces, >, 0);
        g_assert_nonnull(unknown->faces[0].chip);
    }

    Made made = make_gallery();
    copy_demo_gallery(&made);
    open_gallery(&made);
    g_autoptr(GArray) shown = new_numbers();
    g_autoptr(GArray) open = new_numbers();
    g_autoptr(NtClassifier) classifier = classify(&made);
    g_autoptr(GPtrArray) lanes = nt_lanes_name(clip, classifier, shown, open);
    g_assert_cmpuint(lanes->len, ==, 2);
    g_assert_cmpuint(open->len, ==, 0);
    gboolean franck = FALSE, presenter = FALSE;
    for (guint i = 0; i < 2; i++) {
        franck |= g_strcmp0(((NtLane *)lanes->pdata[i])->name, "Franck") == 0;
        presenter |= g_strcmp0(((NtLane *)lanes->pdata[i])->name, "Presenter") == 0;
    }
    g_assert_true(franck && presenter);

    g_autoptr(GError) error = NULL;
    nt_gallery_rename(made.gallery, "Franck", "Étienne", &error);
    g_assert_no_error(error);
    const gint64 begin_us = g_get_monotonic_time();
    g_autoptr(NtClassifier) renamed = classify(&made);
    const gint64 trained_us = g_get_monotonic_time();
    for (int i = 0; i < RELABEL_RUNS; i++)
        g_ptr_array_unref(nt_lanes_name(clip, renamed, shown, NULL));
    const gint64 end_us = g_get_monotonic_time();
    g_test_message("named anew in %.2f ms, after %.1f ms of training; %u tracks",
                   (double)(end_us - trained_us) / 1000 / RELABEL_RUNS, (double)(trained_us - begin_us) / 1000,
                   clip->tracks->len);
    g_autoptr(GPtrArray) after = nt_lanes_name(clip, renamed, shown, NULL);
    g_assert_cmpuint(after->len, ==, 2);
    g_assert_true(g_strcmp0(((NtLane *)after->pdata[0])->name, "Étienne") == 0 ||
                  g_strcmp0(((NtLane *)after->pdata[1])->name, "Étienne") == 0);
    drop_gallery(&made);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(nt_media_init(&argc, &argv, NULL));
    g_autoptr(GError) error = NULL;
    models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    g_assert_no_error(error);
    demo = g_build_filename(g_getenv("NAMETAG_DEMO"), "demo.mp4", NULL);
    if (!g_file_test(demo, G_FILE_TEST_EXISTS))
        g_clear_pointer(&demo, g_free);

    g_test_add_func("/appearances/spans", test_spans);
    g_test_add_func("/appearances/unknown-lanes", test_unknown_lanes);
    g_test_add_func("/appearances/named-lanes", test_named_lanes);
    g_test_add_func("/appearances/rest-of-a-person", test_rest_of_a_person);
    g_test_add_func("/appearances/seek", test_seek);
    g_test_add_func("/appearances/demo", test_demo);
    const int failed = g_test_run();
    g_free(demo);
    nt_model_set_unref(models);
    return failed;
}
