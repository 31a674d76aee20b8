#include "evaluate/report_parts.h"

#include <math.h>

#include "evaluate/chart.h"

/* The curve begins where a handful of false names could be seen in the usual data sets. */
#define LEAST_RATE 1e-3
#define ROC_LEAST_RATE 1e-4

locale_t nt_report_begin_numbers(void)
{
    locale_t numbers = newlocale(LC_NUMERIC_MASK, "C", duplocale(LC_GLOBAL_LOCALE));
    return uselocale(numbers);
}

void nt_report_end_numbers(locale_t kept)
{
    locale_t numbers = uselocale(kept);
    freelocale(numbers);
}

const NtRound *nt_report_main_round(const NtIdentification *result)
{
    const NtRound *best = NULL;
    for (guint i = 0; i < result->n_rounds; i++)
        if (result->rounds[i].n_enrolled > 0 && (!best || best->k != 3))
            best = &result->rounds[i];
    return best;
}

NtReportFailures nt_report_failures(const NtReportInfo *info)
{
    NtReportFailures failures = {0};
    for (guint i = 0; i < info->faces->n; i++) {
        failures.unreadable += info->faces->faces[i].trouble != NULL;
        failures.without_face += !info->faces->faces[i].found && !info->faces->faces[i].trouble;
    }
    return failures;
}

char *nt_report_why_not_swept(const NtIdentification *result, const NtRound *round)
{
    const guint needed = (guint)ceil(1 / NT_FALSE_NAME_RATE);
    if (round->swept[result->summary][NT_RULE_NAMETAG].supported)
        return NULL;
    if (round->n_enrolled_probes == 0)
        return g_strdup("no picture is left as a probe of somebody enrolled");
    return g_strdup_printf("the strangers' %u pictures can't tell of 1 %%: %u probes are needed",
                           round->n_stranger_pictures, needed);
}

GArray *nt_report_confusion_people(const NtIdentification *result, const NtRound *round)
{
    GArray *people = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint p = 0; p < result->n_people; p++) {
        gboolean there = FALSE;
        for (guint a = 0; a < result->n_people + 2; a++)
            there = there || *nt_confusion(result, round, p, a) > 0;
        if (there)
            g_array_append_val(people, p);
    }
    return people;
}

char *nt_report_count(guint n, const char *one, const char *many)
{
    return g_strdup_printf("%u %s", n, n == 1 ? one : many);
}

GPtrArray *nt_report_conditions(const NtIdentification *result, const NtDegradeStrength *strength)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    for (int d = 0; d < NT_N_DEGRADATIONS; d++) {
        if (!result->conditions[d])
            continue;
        g_autofree char *what = nt_degradation_describe((NtDegradation)d, strength);
        if (d == NT_DEGRADE_NONE)
            g_ptr_array_add(words, g_strdup_printf("none: the pictures %s", what));
        else
            g_ptr_array_add(words, g_strdup_printf("%s: %s; the face was found again in %u of %u, else the undegraded "
                                                   "picture's box was used",
                                                   nt_condition_name(d), what, result->refound[d], result->n_found));
    }
    if (result->conditions[NT_CONDITION_DEGRADED])
        g_ptr_array_add(words, g_strdup("degraded: all of these but none, together"));
    return words;
}

void nt_report_draw_roc(GString *out, const NtVerification *result)
{
    g_autofree NtChartPoint *points = g_new(NtChartPoint, result->roc->len);
    for (guint i = 0; i < result->roc->len; i++) {
        const NtRocPoint *point = &g_array_index(result->roc, NtRocPoint, i);
        points[i] = (NtChartPoint){point->far, point->tar};
    }
    double least = ROC_LEAST_RATE; /* no further left than one pair */
    while (least * 10 <= 1.0 / result->n_different && least < 0.1)
        least *= 10;
    const NtChartLine line = {"pairs", 0, points, result->roc->len};
    nt_chart_curves(out, "Receiver operating characteristic", "false accept rate (different people taken for one)",
                    "true accept rate", least, 0, &line, 1);
}

void nt_report_draw_distances(GString *out, const NtVerification *result)
{
    guint same[NT_DISTANCE_BINS] = {0}, different[NT_DISTANCE_BINS] = {0};
    for (guint i = 0; i < result->n_pairs; i++) {
        const NtScore *score = &result->scores[i];
        if (isfinite(score->distance))
            (score->same ? same
                         : different)[(guint)CLAMP(score->distance / NT_DISTANCE_BIN, 0, NT_DISTANCE_BINS - 1)]++;
    }
    g_autofree char *label = g_strdup_printf("threshold %.2f", result->accuracy.threshold);
    const NtChartMark mark = {result->accuracy.threshold, label};
    nt_chart_histogram(out, "Distances of pairs", "Euclidean distance of the embeddings", same, "the same person",
                       different, "different people", NT_DISTANCE_BINS, NT_DISTANCE_BIN, &mark, 1);
}

void nt_report_draw_curve(GString *out, const NtIdentification *result, const NtRound *round)
{
    NtChartLine lines[NT_N_RULES];
    g_autofree char *title = g_strdup_printf("Right names over false names, %u enrolled picture%s, probes: %s",
                                             round->k, round->k == 1 ? "" : "s", nt_condition_name(result->summary));
    for (int r = 0; r < NT_N_RULES; r++) {
        const GArray *curve = round->curves[r];
        NtChartPoint *points = g_new(NtChartPoint, curve->len);
        for (guint i = 0; i < curve->len; i++) {
            const NtSweepPoint *point = &g_array_index(curve, NtSweepPoint, i);
            points[i] = (NtChartPoint){point->false_names, point->right};
        }
        lines[r] = (NtChartLine){nt_rule_title(r), r, points, curve->len};
    }
    nt_chart_curves(out, title, "strangers who are given a name", "enrolled people named right", LEAST_RATE, 0, lines,
                    NT_N_RULES);
    for (int r = 0; r < NT_N_RULES; r++)
        g_free((gpointer)lines[r].points);
}

void nt_report_draw_by_pictures(GString *out, const NtIdentification *result)
{
    g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
    const char *rules[NT_N_RULES];
    for (int r = 0; r < NT_N_RULES; r++)
        rules[r] = nt_rule_title(r);
    for (guint i = 0; i < result->n_rounds; i++) {
        const NtRound *round = &result->rounds[i];
        if (round->n_enrolled == 0)
            continue;
        g_ptr_array_add(groups, nt_report_count(round->k, "picture", "pictures"));
        for (int r = 0; r < NT_N_RULES; r++) {
            const NtSwept *swept = &round->swept[result->summary][r];
            const double value = swept->supported ? swept->right : (double)NAN;
            g_array_append_val(values, value);
        }
    }
    nt_chart_columns(out, "Right names at 1 % false names, by enrolled pictures", (const char *const *)groups->pdata,
                     groups->len, rules, NT_N_RULES, (const double *)(const void *)values->data, 0);
}

void nt_report_draw_verdicts(GString *out, const NtIdentification *result, const NtRound *round)
{
    NtChartBar bars[NT_N_SETTINGS] = {0};
    for (int s = 0; s < NT_N_SETTINGS; s++) {
        const NtTally *tally = &round->tallies[result->summary][s];
        const double known = MAX(tally->enrolled, 1), strangers = MAX(tally->strangers, 1);
        bars[s].label = nt_setting_title(s);
        bars[s].known[NT_CHART_RIGHT] = tally->right / known;
        bars[s].known[NT_CHART_UNSURE] = tally->unsure / known;
        bars[s].known[NT_CHART_UNKNOWN] = tally->unknown / known;
        bars[s].known[NT_CHART_WRONG] = tally->wrong / known;
        bars[s].strangers[NT_CHART_UNSURE] = tally->s_unsure / strangers;
        bars[s].strangers[NT_CHART_UNKNOWN] = tally->s_unknown / strangers;
        bars[s].strangers[NT_CHART_WRONG] = tally->false_names / strangers;
    }
    g_autofree char *title = g_strdup_printf("Verdicts with %u enrolled picture%s", round->k, round->k == 1 ? "" : "s");
    nt_chart_verdicts(out, title, bars, NT_N_SETTINGS);
}

void nt_report_draw_nearest(GString *out, const NtIdentificationOptions *options, const NtRound *round)
{
    g_autofree char *label =
        g_strdup_printf("%s: %.2f", nt_caution_name(options->caution), round->thresholds[options->caution]);
    const NtChartMark mark = {round->thresholds[options->caution], label};
    nt_chart_histogram(out, "Distances to the nearest person", "distance to the nearest enrolled person", round->known,
                       "people who are enrolled", round->stranger, "strangers", NT_DISTANCE_BINS, NT_DISTANCE_BIN,
                       &mark, 1);
}
