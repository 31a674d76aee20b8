#include "evaluate/sweep.h"

#include <math.h>
#include <stdlib.h>

static int by_score(gconstpointer a, gconstpointer b)
{
    const NtSweepProbe *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? 1 : -1;
    /* A stranger as near as somebody enrolled goes first: ties are not counted in the rule's favour. */
    return (int)y->kind - (int)x->kind;
}

static GArray *sorted(const GArray *probes)
{
    GArray *order = g_array_sized_new(FALSE, FALSE, sizeof(NtSweepProbe), probes->len);
    if (probes->len > 0)
        g_array_append_vals(order, probes->data, probes->len);
    g_array_sort(order, by_score);
    return order;
}

static guint count_strangers(const GArray *probes)
{
    guint n = 0;
    for (guint i = 0; i < probes->len; i++)
        n += g_array_index(probes, NtSweepProbe, i).kind == NT_PROBE_STRANGER;
    return n;
}

/* The score of the first stranger who is one too many. */
static double find_threshold(const GArray *order, guint allowed)
{
    guint seen = 0;
    for (guint i = 0; i < order->len; i++) {
        const NtSweepProbe *probe = &g_array_index(order, NtSweepProbe, i);
        if (probe->kind == NT_PROBE_STRANGER && seen++ == allowed)
            return probe->score;
    }
    return INFINITY;
}

static void find_spread(const GArray *probes, NtSwept *swept)
{
    guint n_splits = 0;
    for (guint i = 0; i < probes->len; i++)
        n_splits = MAX(n_splits, g_array_index(probes, NtSweepProbe, i).split + 1);
    g_autofree guint *right = g_new0(guint, n_splits);
    g_autofree guint *all = g_new0(guint, n_splits);
    for (guint i = 0; i < probes->len; i++) {
        const NtSweepProbe *probe = &g_array_index(probes, NtSweepProbe, i);
        if (probe->kind == NT_PROBE_STRANGER)
            continue;
        all[probe->split]++;
        right[probe->split] += probe->kind == NT_PROBE_RIGHT && probe->score < swept->threshold;
    }
    swept->right_least = 1;
    for (guint s = 0; s < n_splits; s++) {
        if (all[s] == 0)
            continue;
        swept->right_least = MIN(swept->right_least, (double)right[s] / all[s]);
        swept->right_most = MAX(swept->right_most, (double)right[s] / all[s]);
    }
}

void nt_sweep_apply(const GArray *probes, double threshold, NtSwept *swept)
{
    const guint n_strangers = count_strangers(probes), n_enrolled = probes->len - n_strangers;
    guint counts[3] = {0};
    *swept = (NtSwept){.threshold = threshold};
    if (n_enrolled == 0)
        return;
    for (guint i = 0; i < probes->len; i++) {
        const NtSweepProbe *probe = &g_array_index(probes, NtSweepProbe, i);
        if (probe->score < threshold)
            counts[probe->kind]++;
    }
    swept->supported = TRUE;
    swept->right = (double)counts[NT_PROBE_RIGHT] / n_enrolled;
    swept->wrong = (double)counts[NT_PROBE_WRONG] / n_enrolled;
    swept->false_names = n_strangers ? (double)counts[NT_PROBE_STRANGER] / n_strangers : 0;
    find_spread(probes, swept);
}

void nt_sweep_at(const GArray *probes, double rate, guint n_different, NtSwept *swept)
{
    *swept = (NtSwept){0};
    /* A rate like 0.01 of 100 is one, whatever binary fractions make of it. */
    if (floor(rate * n_different + 1e-9) < 1)
        return;
    g_autoptr(GArray) order = sorted(probes);
    nt_sweep_apply(probes, find_threshold(order, (guint)floor(rate * count_strangers(probes) + 1e-9)), swept);
}

GArray *nt_sweep_curve(const GArray *probes)
{
    GArray *curve = g_array_new(FALSE, FALSE, sizeof(NtSweepPoint));
    const guint n_strangers = count_strangers(probes), n_enrolled = probes->len - n_strangers;
    if (n_strangers == 0 || n_enrolled == 0)
        return curve;
    g_autoptr(GArray) order = sorted(probes);
    guint named = 0, right = 0;
    for (guint i = 0; i < order->len; i++) {
        const NtSweepProbe *probe = &g_array_index(order, NtSweepProbe, i);
        if (!isfinite(probe->score))
            break;
        right += probe->kind == NT_PROBE_RIGHT;
        if (probe->kind != NT_PROBE_STRANGER)
            continue;
        const NtSweepPoint point = {(double)named++ / n_strangers, (double)right / n_enrolled};
        g_array_append_val(curve, point);
    }
    const NtSweepPoint end = {(double)named / n_strangers, (double)right / n_enrolled};
    g_array_append_val(curve, end);
    return curve;
}
