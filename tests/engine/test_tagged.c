/* Tagged frames: where tracks should be a moment later, and frames that come back to their store. */
#include <glib.h>
#include <string.h>

#include "engine/tagged.h"

#define SECOND_NS G_GINT64_CONSTANT(1000000000)

static const NtSquare place = {100, 80, 50};

static NtTaggedFrame *make_frame(NtTaggedFrame *frame)
{
    frame->index = 7;
    frame->pts_ns = 4 * SECOND_NS;
    frame->width = 640;
    frame->height = 480;
    frame->cut = TRUE;
    nt_tagged_frame_add_chips(frame);
    for (guint i = 0; i < frame->n_faces; i++) {
        NtFace *face = &frame->faces[i];
        face->track = i; /* the first is not tracked */
        face->place = place;
        face->velocity = (NtSquare){200, -100, 25};
        face->detection = (NtDetection){nt_rect_of_square(place), 0.8, NT_PART_LEFT};
        face->landmarks[0] = (NtPoint){place.x - place.side / 2, place.y};
        face->landmarks[8] = (NtPoint){place.x, place.y + place.side / 2};
        face->embedding[3] = 0.5f;
        face->embedded = TRUE;
        face->n_embedded = 4;
        face->verdict = (NtVerdict){.kind = NT_VERDICT_NAME, .name = "Anna", .distance = 0.3f, .unknown = 2};
    }
    return frame;
}

static void test_predict(void)
{
    static const struct {
        gint64 after_ns;
        NtSquare there;
    } cases[] = {{0, {100, 80, 50}},
                 {SECOND_NS / 10, {120, 70, 52.5}},
                 {SECOND_NS / 5, {140, 60, 55}},
                 {20 * SECOND_NS, {160, 50, 57.5}}, /* no farther than 0.3 s */
                 {-SECOND_NS, {100, 80, 50}}};      /* nor back */
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(NtTaggedFrame) frame = make_frame(nt_tagged_frame_new(3));
        const gint64 pts_ns = frame->pts_ns + cases[i].after_ns;
        g_autoptr(NtTaggedFrame) later = nt_tagged_frame_predict(frame, pts_ns);
        g_assert_cmpint(later->pts_ns, ==, pts_ns);
        g_assert_cmpint(later->width, ==, 640);
        g_assert_cmpint(later->height, ==, 480);
        g_assert_false(later->cut);
        g_assert_cmpuint(later->n_faces, ==, 2); /* those with a track */
        for (guint k = 0; k < 2; k++) {
            const NtFace *face = &later->faces[k];
            const NtSquare there = cases[i].there;
            g_assert_cmpuint(face->track, ==, k + 1);
            g_assert_cmpint(face->finding, ==, NT_FOUND_PREDICTED);
            g_assert_cmpfloat_with_epsilon(face->place.x, there.x, 1e-6);
            g_assert_cmpfloat_with_epsilon(face->place.y, there.y, 1e-6);
            g_assert_cmpfloat_with_epsilon(face->place.side, there.side, 1e-6);
            g_assert_cmpfloat_with_epsilon(face->landmarks[0].x, there.x - there.side / 2, 1e-6);
            g_assert_cmpfloat_with_epsilon(face->landmarks[8].y, there.y + there.side / 2, 1e-6);
            const NtRect box = nt_rect_of_square(there);
            g_assert_cmpmem(&face->detection.box, sizeof box, &box, sizeof box);
            g_assert_cmpfloat(face->detection.score, ==, 0.8);
            g_assert_false(face->embedded);
            g_assert_cmpuint(face->n_embedded, ==, 4);
            g_assert_cmpfloat(face->embedding[3], ==, 0);
            g_assert_null(face->chip);
            g_assert_cmpstr(face->verdict.name, ==, "Anna");
            g_assert_cmpuint(face->verdict.unknown, ==, 2);
        }
        g_assert_cmpfloat(frame->faces[1].place.x, ==, place.x); /* the first is as it was */
        g_assert_cmpfloat(frame->faces[1].embedding[3], ==, 0.5f);
    }
}

/* A face does not swell, or vanish, by a velocity that went wrong. */
static void test_predict_growth(void)
{
    for (int sign = -1; sign <= 1; sign += 2) {
        g_autoptr(NtTaggedFrame) frame = make_frame(nt_tagged_frame_new(2));
        frame->faces[1].velocity.side = sign * 5000;
        g_autoptr(NtTaggedFrame) later = nt_tagged_frame_predict(frame, frame->pts_ns + SECOND_NS / 5);
        g_assert_cmpfloat_with_epsilon(later->faces[0].place.side, place.side * (1 + sign * 0.2), 1e-6);
    }
}

/* Predictions come from the store of the frame they are of, and go back there. */
static void test_predict_store(void)
{
    g_autoptr(NtFrameStore) store = nt_frame_store_new(2, 3, TRUE);
    const NtTaggedFrame *first = NULL;
    for (int i = 0; i < 10; i++) {
        g_autoptr(NtTaggedFrame) frame = make_frame(nt_frame_store_take(store, 3));
        g_autoptr(NtTaggedFrame) later = nt_tagged_frame_predict(frame, frame->pts_ns);
        first = first ? first : frame;
        g_assert_true(frame == first || later == first);
        g_assert_false(later->cut);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/engine/tagged/predict", test_predict);
    g_test_add_func("/engine/tagged/predict-growth", test_predict_growth);
    g_test_add_func("/engine/tagged/predict-store", test_predict_store);
    return g_test_run();
}
