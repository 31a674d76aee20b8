/* The gate of enrolment: each reason where it belongs, words that help, and a varied choice of pictures. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "identity/quality_gate.h"

static const NtQuality good = {.size_px = 150, .sharpness = 0.9f, .brightness = 0.5f, .contrast = 0.15f, .inside = 1};

/* A point of the embeddings' space: so far from the origin along one axis. */
static void place(float embedding[NT_EMBEDDING_SIZE], int axis, float at)
{
    memset(embedding, 0, NT_EMBEDDING_SIZE * sizeof *embedding);
    embedding[axis] = at;
}

static void test_quality(void)
{
    NtQuality q = good;
    g_assert_cmpint(nt_gate_quality(&q), ==, NT_GATE_GOOD);
    static const struct {
        gsize member;
        float bad, still_good;
        NtGateReason reason;
    } cases[] = {
        {G_STRUCT_OFFSET(NtQuality, size_px), 30, 48, NT_GATE_SMALL},
        {G_STRUCT_OFFSET(NtQuality, sharpness), 0.2f, 0.45f, NT_GATE_BLURRED},
        {G_STRUCT_OFFSET(NtQuality, yaw), -50, -30, NT_GATE_TURNED},
        {G_STRUCT_OFFSET(NtQuality, yaw), 50, 30, NT_GATE_TURNED},
        {G_STRUCT_OFFSET(NtQuality, pitch), -40, -20, NT_GATE_TURNED},
        {G_STRUCT_OFFSET(NtQuality, inside), 0.8f, 0.95f, NT_GATE_CUT_OFF},
        {G_STRUCT_OFFSET(NtQuality, brightness), 0.05f, 0.2f, NT_GATE_DARK},
        {G_STRUCT_OFFSET(NtQuality, contrast), 0.01f, 0.06f, NT_GATE_FLAT},
        {G_STRUCT_OFFSET(NtQuality, clipped), 0.5f, 0.1f, NT_GATE_BRIGHT},
        {G_STRUCT_OFFSET(NtQuality, roll), 0, 40, NT_GATE_GOOD}, /* the chip undoes it */
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        q = good;
        G_STRUCT_MEMBER(float, &q, cases[i].member) = cases[i].bad;
        g_assert_cmpint(nt_gate_quality(&q), ==, cases[i].reason);
        G_STRUCT_MEMBER(float, &q, cases[i].member) = cases[i].still_good;
        g_assert_cmpint(nt_gate_quality(&q), ==, NT_GATE_GOOD);
    }
    q = good;
    q.clipped = 0.5f;
    q.brightness = 0.2f;
    g_assert_cmpint(nt_gate_quality(&q), ==, NT_GATE_DARK); /* clipped to black */
    g_assert_cmpint(nt_gate_quality(&(NtQuality){0}), ==, NT_GATE_GOOD); /* never measured */
}

static void test_score(void)
{
    NtQuality worse = good;
    const float best = nt_gate_score(&good);
    worse.yaw = 25;
    g_assert_cmpfloat(nt_gate_score(&worse), <, best);
    worse.size_px = 60;
    g_assert_cmpfloat(nt_gate_score(&worse), <, best * 0.7);
    worse.sharpness = 0;
    g_assert_cmpfloat(nt_gate_score(&worse), ==, 0);
    g_assert_cmpfloat(best, <=, 1);
}

/* Anna lies about the origin, Bob about 1 on the first axis. */
static float enrolled[4][NT_EMBEDDING_SIZE];
static char *names[] = {(char *)"Anna", (char *)"Bob", NULL};
static guint whose[] = {0, 0, 1, 1};
static const NtGallerySnapshot snapshot = {.n_people = 2, .n_faces = 4, .names = names, .embeddings = enrolled[0], .person = whose};

static NtGateAnswer check(const char *person, int axis, float at, const NtQuality *quality)
{
    float embedding[NT_EMBEDDING_SIZE];
    NtGateAnswer answer;
    place(enrolled[0], 1, 0);
    place(enrolled[1], 1, 0.2f);
    place(enrolled[2], 0, 1);
    place(enrolled[3], 0, 1.2f);
    place(embedding, axis, at);
    nt_gate_check(&snapshot, person, embedding, quality, &answer);
    return answer;
}

static void test_among_others(void)
{
    g_assert_cmpint(check("Anna", 2, 0.3f, &good).reason, ==, NT_GATE_GOOD);
    g_assert_cmpint(check("Anna", 1, 0.22f, &good).reason, ==, NT_GATE_DUPLICATE);
    NtGateAnswer answer = check("Anna", 0, 0.9f, &good);
    g_assert_cmpint(answer.reason, ==, NT_GATE_SOMEBODY);
    g_assert_cmpstr(answer.other, ==, "Bob");
    g_assert_cmpfloat_with_epsilon(answer.distance, 0.1, 1e-4);
    g_assert_cmpint(check("Carol", 0, 0.9f, &good).reason, ==, NT_GATE_SOMEBODY); /* a new person */
    g_assert_cmpint(check("Carol", 3, 2, &good).reason, ==, NT_GATE_GOOD);
    answer = check("Anna", 3, 0.9f, &good);
    g_assert_cmpint(answer.reason, ==, NT_GATE_STRANGER);
    g_assert_cmpint(check("  Anna ", 1, 0, &good).reason, ==, NT_GATE_DUPLICATE); /* names as the gallery takes them */
    NtQuality small = good;
    small.size_px = 20;
    g_assert_cmpint(check("Anna", 2, 0.3f, &small).reason, ==, NT_GATE_SMALL);
    g_assert_cmpint(check("Anna", 1, 0, &small).reason, ==, NT_GATE_DUPLICATE);
}

/* Every reason has words: what, and after the colon what to do. */
static void test_words(void)
{
    for (int reason = NT_GATE_GOOD + 1; reason < NT_N_GATE_REASONS; reason++) {
        const NtGateAnswer answer = {.reason = (NtGateReason)reason, .other = "Bob", .distance = 0.3f, .quality = good};
        g_autofree char *text = nt_gate_describe(&answer, "Anna");
        g_assert_nonnull(text);
        const char *remedy = strstr(text, ": ");
        g_assert_true(remedy && strlen(remedy) > 20);
    }
    g_assert_null(nt_gate_describe(&(NtGateAnswer){0}, "Anna"));
    NtGateAnswer turned = {.reason = NT_GATE_TURNED, .quality = good};
    turned.quality.pitch = -45;
    g_autofree char *down = nt_gate_describe(&turned, "Anna");
    g_assert_nonnull(strstr(down, "down"));
}

#define N 40
#define MOST 8

/* Thirty pictures of one moment, nine varied ones and one of somebody else: the varied ones are kept, the stranger is not. */
static void test_choose(void)
{
    float embeddings[N][NT_EMBEDDING_SIZE];
    NtQuality qualities[N];
    gboolean keep[N], again[N];
    for (int i = 0; i < N; i++) {
        place(embeddings[i], 0, 0.001f * (float)i);
        qualities[i] = good;
    }
    for (int i = 30; i < 39; i++)
        place(embeddings[i], i, 0.3f);
    place(embeddings[39], 100, 1.5f);
    qualities[17].sharpness = 1; /* the best of those of one moment */
    nt_gate_choose(embeddings[0], qualities, N, MOST, keep);
    guint n = 0, of_one_moment = 0;
    for (int i = 0; i < N; i++) {
        n += keep[i];
        of_one_moment += keep[i] && i < 30;
    }
    g_assert_cmpuint(n, ==, MOST);
    g_assert_cmpuint(of_one_moment, <=, 1);
    g_assert_true(!keep[39]);
    nt_gate_choose(embeddings[0], qualities, N, MOST, again);
    g_assert_cmpmem(keep, sizeof keep, again, sizeof again);

    nt_gate_choose(embeddings[0], qualities, MOST, MOST, keep); /* no more than that: all */
    for (int i = 0; i < MOST; i++)
        g_assert_true(keep[i]);
}

/* Of two that tell the same the better one stays. */
static void test_choose_prefers_quality(void)
{
    float embeddings[6][NT_EMBEDDING_SIZE];
    NtQuality qualities[6];
    gboolean keep[6];
    for (int i = 0; i < 6; i++) {
        place(embeddings[i], i / 2 + 1, 0.4f);
        embeddings[i][0] = 0.01f * (float)(i % 2);
        qualities[i] = good;
        if (i % 2 == 0)
            qualities[i].sharpness = 0.35f;
    }
    nt_gate_choose(embeddings[0], qualities, 6, 3, keep);
    for (int i = 0; i < 6; i++)
        g_assert_cmpint(keep[i], ==, i % 2 == 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/identity/gate/quality", test_quality);
    g_test_add_func("/identity/gate/score", test_score);
    g_test_add_func("/identity/gate/among-others", test_among_others);
    g_test_add_func("/identity/gate/words", test_words);
    g_test_add_func("/identity/gate/choose", test_choose);
    g_test_add_func("/identity/gate/choose-prefers-quality", test_choose_prefers_quality);
    return g_test_run();
}
