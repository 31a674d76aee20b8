/* Right names at a rate of false ones, on probes one can count. */
#include <math.h>

#include "evaluate/sweep.h"

#define assert_near(a, b) g_assert_cmpfloat_with_epsilon(a, b, 1e-9)

static void add(GArray *probes, double score, NtProbeKind kind, guint split)
{
    const NtSweepProbe probe = {score, kind, split};
    g_array_append_val(probes, probe);
}

/* 200 strangers at 1.000, 1.001, ...; 8 right and 1 wrong below all of them, 1 right just after the second. */
static GArray *make_probes(void)
{
    GArray *probes = g_array_new(FALSE, FALSE, sizeof(NtSweepProbe));
    for (guint i = 0; i < 200; i++)
        add(probes, 1 + 0.001 * i, NT_PROBE_STRANGER, i % 2);
    for (guint i = 0; i < 8; i++)
        add(probes, 0.5, NT_PROBE_RIGHT, 0);
    add(probes, 0.6, NT_PROBE_WRONG, 1);
    add(probes, 1.0015, NT_PROBE_RIGHT, 1);
    return probes;
}

static void test_rate(void)
{
    g_autoptr(GArray) probes = make_probes();
    NtSwept swept;
    nt_sweep_at(probes, 0.01, 200, &swept);
    g_assert_true(swept.supported);
    assert_near(swept.threshold, 1.002); /* the third stranger is one too many */
    assert_near(swept.false_names, 0.01);
    assert_near(swept.right, 0.9);
    assert_near(swept.wrong, 0.1);
    assert_near(swept.right_least, 0.5);
    assert_near(swept.right_most, 1);
    nt_sweep_at(probes, 0.005, 200, &swept);
    assert_near(swept.right, 0.8);
}

/* The same pictures in many splits are not more pictures. */
static void test_too_few(void)
{
    g_autoptr(GArray) probes = make_probes();
    NtSwept swept;
    nt_sweep_at(probes, 0.01, 99, &swept);
    g_assert_false(swept.supported);
    nt_sweep_at(probes, 0.01, 100, &swept);
    g_assert_true(swept.supported);
    g_autoptr(GArray) strangers = g_array_new(FALSE, FALSE, sizeof(NtSweepProbe));
    add(strangers, 1, NT_PROBE_STRANGER, 0);
    nt_sweep_at(strangers, 0.01, 200, &swept);
    g_assert_false(swept.supported);
}

/* Nothing that a rule never names counts, and a tie with a stranger is not in the rule's favour. */
static void test_never_and_ties(void)
{
    g_autoptr(GArray) probes = g_array_new(FALSE, FALSE, sizeof(NtSweepProbe));
    NtSwept swept;
    for (guint i = 0; i < 100; i++)
        add(probes, i < 2 ? 1 : INFINITY, NT_PROBE_STRANGER, 0);
    add(probes, 1, NT_PROBE_RIGHT, 0);
    add(probes, INFINITY, NT_PROBE_RIGHT, 0);
    nt_sweep_at(probes, 0.01, 100, &swept);
    assert_near(swept.right, 0);
    nt_sweep_at(probes, 0.02, 100, &swept);
    assert_near(swept.right, 0.5);
    assert_near(swept.false_names, 0.02);
}

static void test_apply(void)
{
    g_autoptr(GArray) probes = make_probes();
    NtSwept swept;
    nt_sweep_apply(probes, 1.0505, &swept);
    assert_near(swept.right, 0.9);
    assert_near(swept.false_names, 51 / 200.0);
}

static void test_curve(void)
{
    g_autoptr(GArray) probes = make_probes();
    g_autoptr(GArray) curve = nt_sweep_curve(probes);
    g_assert_cmpuint(curve->len, ==, 201);
    double before = -1;
    for (guint i = 0; i < curve->len; i++) {
        const NtSweepPoint *point = &g_array_index(curve, NtSweepPoint, i);
        assert_near(point->false_names, i / 200.0);
        g_assert_cmpfloat(point->right, >=, before);
        assert_near(point->right, i < 2 ? 0.8 : 0.9);
        before = point->right;
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/evaluate/sweep/rate", test_rate);
    g_test_add_func("/evaluate/sweep/too-few", test_too_few);
    g_test_add_func("/evaluate/sweep/never-and-ties", test_never_and_ties);
    g_test_add_func("/evaluate/sweep/apply", test_apply);
    g_test_add_func("/evaluate/sweep/curve", test_curve);
    return g_test_run();
}
