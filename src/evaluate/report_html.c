/* One page, no scripts, nothing from elsewhere: it can be mailed. */
#include "evaluate/report.h"

#include <math.h>

#include "evaluate/chart.h"
#include "evaluate/report_parts.h"

#define MAX_LISTED 200
#define MAX_MATRIX 60

static const char page_style[] =
    "*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 "
    "system-ui,sans-serif}\n"
    "main{max-width:1080px;margin:0 auto;padding:40px 24px 64px}h1{font-size:30px;line-height:1.2;margin:0 0 6px}\n"
    "h2{font-size:20px;margin:44px 0 8px}p{max-width:72ch;margin:6px 0 14px}.soft,small,figcaption{color:var(--soft)}\n"
    ".cards{display:flex;flex-wrap:wrap;gap:14px;margin:26px 0 8px}.card{background:var(--card);border-radius:12px;"
    "padding:14px 18px;flex:1 1 180px}.card "
    "b{display:block;font-size:30px;line-height:1.25;font-variant-numeric:tabular-nums}\n"
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:22px}\n"
    ".one{max-width:640px}figure{margin:0;background:var(--card);border-radius:12px;padding:16px 16px 12px}figure "
    "svg{width:100%;height:auto;display:block}\n"
    "figcaption{font-size:14px;margin-top:6px}.scroll{overflow-x:auto}\n"
    "table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums;margin:8px 0}\n"
    "th,td{padding:5px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}\n"
    "th{font-weight:600;color:var(--soft)}th:first-child,td:first-child{text-align:left}td.best{font-weight:700}\n"
    "table.matrix td,table.matrix th{padding:4px 7px;text-align:center;border:1px solid var(--line)}\n"
    "table.matrix th:first-child{text-align:left}td.good{background:color-mix(in srgb,var(--right) "
    "calc(var(--v)*70%),transparent)}\n"
    "td.bad{background:color-mix(in srgb,var(--wrong) calc(20% + var(--v)*60%),transparent);font-weight:700}\n"
    "td.open{background:color-mix(in srgb,var(--unknown) calc(var(--v)*60%),transparent)}\n"
    "code{background:var(--card);border-radius:6px;padding:2px "
    "6px;font-size:14px;overflow-wrap:anywhere}ul{padding-left:20px}\n"
    "@media print{figure,.card{break-inside:avoid}}\n";

static void put(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Strings among the arguments are escaped. */
static void put(GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_markup_vprintf_escaped(format, args);
    va_end(args);
    g_string_append(out, text);
}

static void begin_page(GString *out, const char *title)
{
    put(out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\"><title>%s</title>\n<style>",
        title);
    nt_chart_append_style(out);
    g_string_append(out, page_style);
    put(out, "</style></head><body><main>\n<h1>%s</h1>\n", title);
}

static void put_failures(GString *out, const NtReportInfo *info, const char *consequence)
{
    const NtReportFailures failures = nt_report_failures(info);
    guint listed = 0;
    put(out, "<h2>Faces that were not found</h2>\n");
    if (failures.unreadable + failures.without_face == 0) {
        put(out, "<p>None: a face was found in each of the %u pictures.</p>\n", info->faces->n);
        return;
    }
    put(out, "<p>%u pictures show no face that the detector finds, %u can't be read. %s</p>\n<ul>\n",
        failures.without_face, failures.unreadable, consequence);
    for (guint i = 0; i < info->faces->n && listed < MAX_LISTED; i++) {
        const NtPictureFace *face = &info->faces->faces[i];
        if (face->found)
            continue;
        listed++;
        g_autofree char *path = g_filename_display_name(info->pictures->pdata[i]);
        put(out, "<li>%s</li>\n", face->trouble ? face->trouble : path);
    }
    if (failures.unreadable + failures.without_face > listed)
        put(out, "<li>and %u more: --json lists all</li>\n", failures.unreadable + failures.without_face - listed);
    put(out, "</ul>\n");
}

static char *end_page(GString *out, const NtReportInfo *info)
{
    put(out, "<h2>Do it again</h2>\n<p><code>%s</code></p>\n<p class=\"soft\">Nametag %s, embedding model %.16s.</p>\n",
        info->command, info->version, info->model);
    put(out, "</main></body></html>\n");
    return g_string_free(out, FALSE);
}

static void put_card(GString *out, const char *figure, const char *words)
{
    put(out, "<div class=\"card\"><b>%s</b><small>%s</small></div>\n", figure, words);
}

static void put_card_rate(GString *out, double rate, const char *words)
{
    g_autofree char *figure = g_strdup_printf("%.1f %%", 100 * rate);
    put_card(out, figure, words);
}

char *nt_report_verification_html(const NtReportInfo *info, const NtVerification *result)
{
    const locale_t kept = nt_report_begin_numbers();
    GString *out = g_string_new(NULL);
    begin_page(out, "Are these two the same person?");
    put(out,
        "<p class=\"soft\">Verification of %u pairs of %u pictures: %u of the same person, %u of different people; %u "
        "folds%s.</p>\n<div class=\"cards\">\n",
        result->n_pairs, info->faces->n, result->n_same, result->n_different, result->n_folds,
        result->dealt ? ", dealt out in turn" : "");
    g_autofree char *accuracy = g_strdup_printf("%.2f %%", 100 * result->accuracy.mean);
    g_autofree char *accuracy_words = g_strdup_printf("of the pairs are answered right (standard error %.2f %%)",
                                                      100 * result->accuracy.standard_error);
    put_card(out, accuracy, accuracy_words);
    g_autofree char *eer = g_strdup_printf("%.2f %%", 100 * result->eer);
    put_card(out, eer, "equal error rate: refused and accepted wrongly alike");
    g_autofree char *auc = g_strdup_printf("%.4f", result->auc);
    put_card(out, auc, "area under the curve; 1 is perfect, 0.5 is guessing");
    put(out, "</div>\n<div class=\"charts\"><figure>\n");
    nt_report_draw_roc(out, result);
    put(out, "<figcaption>How many are accepted rightly for how many wrongly, over all "
             "thresholds.</figcaption></figure><figure>\n");
    nt_report_draw_distances(out, result);
    put(out, "<figcaption>The farther the two hills lie apart, the better.</figcaption></figure></div>\n");
    put(out,
        "<h2>True accepts at a fixed rate of false ones</h2>\n<table><tr><th>false accept rate</th><th>true accept "
        "rate</th><th>threshold</th></tr>\n");
    for (int i = 0; i < NT_N_FARS; i++) {
        const NtTarAtFar *at = &result->tars[i];
        if (at->supported)
            put(out, "<tr><td>%g %%</td><td>%.2f %%</td><td>%.3f</td></tr>\n", 100 * at->far, 100 * at->tar,
                at->threshold);
        else
            put(out,
                "<tr><td>%g %%</td><td colspan=\"2\">can't be told from %u different pairs; it takes %.0f</td></tr>\n",
                100 * at->far, result->n_different, ceil(1 / at->far - 1e-9));
    }
    put(out, "</table>\n");
    g_autofree char *consequence = g_strdup_printf(
        "%u same and %u different pairs need them and count as wrong in the accuracy (%.2f %% of the pairs in "
        "which both faces were found are answered right), as refused in the curve.",
        result->n_failed_same, result->n_failed_different, 100 * result->found.mean);
    put_failures(out, info, consequence);
    char *page = end_page(out, info);
    nt_report_end_numbers(kept);
    return page;
}

/* with_false: the rate of false names beside, where it is not the same for all. */
static void put_sweep_cells(GString *out, const NtSwept *swept, gboolean with_false)
{
    double best = 0;
    for (int r = 0; r < NT_N_RULES; r++)
        best = MAX(best, swept[r].right);
    for (int r = 0; r < NT_N_RULES; r++) {
        if (!swept[r].supported) {
            put(out, "<td>can't be told</td>");
            continue;
        }
        put(out, "<td class=\"%s\">%.1f %%", swept[r].right >= best ? "best" : "", 100 * swept[r].right);
        if (with_false)
            put(out, " <small>(%.1f)</small>", 100 * swept[r].false_names);
        put(out, "</td>");
    }
}

static void put_rule_heads(GString *out)
{
    for (int r = 0; r < NT_N_RULES; r++)
        put(out, "<th>%s</th>", nt_rule_title(r));
}

static void put_sweep_tables(GString *out, const NtIdentification *result, const NtRound *main_round)
{
    put(out, "<div class=\"scroll\"><table><tr><th>enrolled pictures</th><th>people</th><th>strangers</th>");
    put_rule_heads(out);
    put(out, "</tr>\n");
    for (guint i = 0; i < result->n_rounds; i++) {
        const NtRound *round = &result->rounds[i];
        put(out, "<tr><td>%u</td><td>%u</td><td>%u</td>", round->k, round->n_enrolled, round->n_strangers);
        if (round->n_enrolled > 0)
            put_sweep_cells(out, round->swept[result->summary], FALSE);
        else
            put(out, "<td colspan=\"%d\">nobody has enough pictures</td>", NT_N_RULES);
        put(out, "</tr>\n");
    }
    put(out,
        "</table></div>\n<h2>By what was done to the probes</h2>\n<p>%u enrolled picture%s, at the thresholds of "
        "the table above: right names, and in brackets false names.</p>\n<div "
        "class=\"scroll\"><table><tr><th>probes</th>",
        main_round->k, main_round->k == 1 ? "" : "s");
    put_rule_heads(out);
    put(out, "</tr>\n");
    for (int c = 0; c < NT_N_CONDITIONS; c++) {
        if (!result->conditions[c])
            continue;
        put(out, "<tr><td>%s</td>", nt_condition_name(c));
        put_sweep_cells(out, main_round->swept[c], TRUE);
        put(out, "</tr>\n");
    }
    put(out, "</table></div>\n");
}

static void put_verdicts(GString *out, const NtIdentification *result)
{
    put(out, "<h2>Verdicts at the rules' own settings</h2>\n<p>A rule that says “unsure” when it is not sure is right "
             "to do so; a "
             "stranger who is given a name is what nobody forgives.</p>\n<div class=\"charts\">\n");
    for (guint i = 0; i < result->n_rounds; i++) {
        const NtRound *round = &result->rounds[i];
        if (round->n_enrolled == 0)
            continue;
        put(out, "<figure>\n");
        nt_report_draw_verdicts(out, result, round);
        const NtTally *any = &round->tallies[result->summary][0];
        put(out,
            "<figcaption>%u enrolled picture%s: %u probes of enrolled people, %u of strangers. Nametag's thresholds: "
            "%.3f, %.3f, %.3f.</figcaption></figure>\n",
            round->k, round->k == 1 ? "" : "s", any->enrolled, any->strangers, round->thresholds[NT_CAUTION_CAUTIOUS],
            round->thresholds[NT_CAUTION_BALANCED], round->thresholds[NT_CAUTION_EAGER]);
    }
    put(out, "</div>\n");
}

static void put_confusion(GString *out, const NtDataset *dataset, const NtIdentificationOptions *options,
                          const NtIdentification *result, const NtRound *round)
{
    const guint n = result->n_people;
    g_autoptr(GArray) people = nt_report_confusion_people(result, round);
    put(out, "<h2>Who was taken for whom</h2>\n");
    if (people->len > MAX_MATRIX) {
        put(out, "<p>%u people are too many for a matrix on a page; the JSON has it.</p>\n", people->len);
        return;
    }
    put(out,
        "<p>Nametag, %s, %u enrolled picture%s. Rows: who it was; columns: the name given.</p>\n<div class=\"scroll\">"
        "<table class=\"matrix\"><tr><th></th>",
        nt_caution_name(options->caution), round->k, round->k == 1 ? "" : "s");
    for (guint i = 0; i < people->len; i++)
        put(out, "<th title=\"%s\">%u</th>", (const char *)dataset->people->pdata[g_array_index(people, guint, i)],
            i + 1);
    put(out, "<th>unsure</th><th>unknown</th></tr>\n");
    for (guint i = 0; i <= people->len; i++) {
        const guint truth = i < people->len ? g_array_index(people, guint, i) : n;
        double sum = 0;
        for (guint a = 0; a < n + 2; a++)
            sum += *nt_confusion(result, round, truth, a);
        if (i < people->len)
            put(out, "<tr><th>%u&#160; %s</th>", i + 1, (const char *)dataset->people->pdata[truth]);
        else
            put(out, "<tr><th>strangers</th>");
        for (guint k = 0; k < people->len + 2; k++) {
            const guint answer = k < people->len ? g_array_index(people, guint, k) : n + (k - people->len);
            const guint count = *nt_confusion(result, round, truth, answer);
            if (count > 0)
                put(out, "<td class=\"%s\" style=\"--v:%.3f\">%u</td>",
                    answer >= n       ? "open"
                    : answer == truth ? "good"
                                      : "bad",
                    count / sum, count);
            else
                put(out, "<td></td>");
        }
        put(out, "</tr>\n");
    }
    put(out, "</table></div>\n");
}

static void put_identification_cards(GString *out, const NtIdentificationOptions *options,
                                     const NtIdentification *result, const NtRound *round)
{
    const NtTally *tally = &round->tallies[result->summary][NT_SETTING_CAUTIOUS + (int)options->caution];
    const NtSwept *swept = &round->swept[result->summary][NT_RULE_NAMETAG];
    put(out, "<div class=\"cards\">\n");
    if (swept->supported)
        put_card_rate(out, swept->right, "named right when 1 % of the strangers are given a name");
    put_card_rate(out, tally->right / (double)MAX(tally->enrolled, 1), "named right as the program is set");
    put_card_rate(out, tally->wrong / (double)MAX(tally->enrolled, 1), "given somebody else's name");
    put_card_rate(out, tally->false_names / (double)MAX(tally->strangers, 1), "of the strangers given a name");
    put(out, "</div>\n<p class=\"soft\">%u enrolled picture%s, probes: %s, setting: %s.</p>\n", round->k,
        round->k == 1 ? "" : "s", nt_condition_name(result->summary), nt_caution_name(options->caution));
}

char *nt_report_identification_html(const NtReportInfo *info, const NtDataset *dataset,
                                    const NtIdentificationOptions *options, const NtDegradeStrength *strength,
                                    const NtIdentification *result)
{
    const locale_t kept = nt_report_begin_numbers();
    GString *out = g_string_new(NULL);
    const NtRound *round = nt_report_main_round(result);
    g_autoptr(GPtrArray) conditions = nt_report_conditions(result, strength);
    begin_page(out, "Who is it, or nobody one knows?");
    put(out,
        "<p class=\"soft\">Open-set identification: %u people, %u pictures with a face; %u random splits, seed "
        "%u.</p>\n",
        result->n_people, result->n_found, options->repeats, options->seed);
    if (round) {
        put_identification_cards(out, options, result, round);
        put(out, "<div class=\"charts\"><figure>\n");
        nt_report_draw_by_pictures(out, result);
        put(out, "<figcaption>Right names in per cent, each rule's threshold set so that 1 %% of the strangers get a "
                 "name.</figcaption></figure><figure>\n");
        nt_report_draw_curve(out, result, round);
        put(out, "<figcaption>Over all thresholds, %u enrolled picture%s.</figcaption></figure></div>\n", round->k,
            round->k == 1 ? "" : "s");
        put(out,
            "<h2>Right names at 1 %% false names</h2>\n<p>Probes: %s. Rules are compared where each names as many "
            "strangers.</p>\n",
            nt_condition_name(result->summary));
        put_sweep_tables(out, result, round);
        put_verdicts(out, result);
        put(out, "<h2>Distances</h2>\n<div class=\"one\"><figure>\n");
        nt_report_draw_nearest(out, options, round);
        put(out,
            "<figcaption>From each probe to the nearest enrolled person, %u picture%s; a name needs a distance left of "
            "the "
            "line.</figcaption></figure></div>\n",
            round->k, round->k == 1 ? "" : "s");
        put_confusion(out, dataset, options, result, round);
    } else {
        put(out, "<p>Nobody has enough pictures to be enrolled and probed.</p>\n");
    }
    put(out, "<h2>The probes</h2>\n<ul>\n");
    for (guint i = 0; i < conditions->len; i++)
        put(out, "<li>%s</li>\n", (const char *)conditions->pdata[i]);
    put(out, "</ul>\n");
    put_failures(out, info, "They can't be enrolled, and as probes they are unknown.");
    char *page = end_page(out, info);
    nt_report_end_numbers(kept);
    return page;
}

char *nt_report_verification_roc(const NtVerification *result)
{
    const locale_t kept = nt_report_begin_numbers();
    GString *out = g_string_new(NULL);
    nt_report_draw_roc(out, result);
    nt_chart_make_document(out);
    nt_report_end_numbers(kept);
    return g_string_free(out, FALSE);
}

char *nt_report_identification_curve(const NtIdentification *result)
{
    const locale_t kept = nt_report_begin_numbers();
    GString *out = g_string_new(NULL);
    const NtRound *round = nt_report_main_round(result);
    if (round) {
        nt_report_draw_curve(out, result, round);
        nt_chart_make_document(out);
    }
    nt_report_end_numbers(kept);
    return g_string_free(out, FALSE);
}
