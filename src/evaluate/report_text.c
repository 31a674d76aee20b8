#include "evaluate/report.h"

#include <math.h>
#include <string.h>

#include "evaluate/report_parts.h"

/* A text shows so many failures; JSON has all. */
#define MAX_LISTED 20
/* Wider than this a matrix of text can't be read. */
#define MAX_MATRIX 20
#define NAME_WIDTH 18

static void add_failures(GString *out, const NtReportInfo *info, const char *consequence)
{
    guint listed = 0;
    const NtReportFailures failures = nt_report_failures(info);
    const guint n = failures.unreadable + failures.without_face;
    if (n == 0) {
        g_string_append_printf(out, "A face was found in each of the %u pictures.\n", info->faces->n);
        return;
    }
    g_string_append_printf(out, "No face was found in %u of %u pictures", failures.without_face, info->faces->n);
    if (failures.unreadable > 0)
        g_string_append_printf(out, ", and %u could not be read", failures.unreadable);
    g_string_append_printf(out, "; %s:\n", consequence);
    for (guint i = 0; i < info->faces->n && listed < MAX_LISTED; i++) {
        const NtPictureFace *face = &info->faces->faces[i];
        if (face->found)
            continue;
        listed++;
        if (face->trouble)
            g_string_append_printf(out, "  %s\n", face->trouble);
        else
            g_string_append_printf(out, "  %s\n", (const char *)info->pictures->pdata[i]);
    }
    if (n > listed)
        g_string_append_printf(out, "  and %u more (--json lists all)\n", n - listed);
}

char *nt_report_verification_text(const NtReportInfo *info, const NtVerification *result)
{
    const locale_t kept = nt_report_begin_numbers();
    GString *out = g_string_new(NULL);
    g_string_append_printf(out,
                           "Verification: %u pairs, %u of the same person and %u of different people, of %u pictures\n",
                           result->n_pairs, result->n_same, result->n_different, info->faces->n);
    g_string_append_printf(out, "%u folds%s; the threshold of each is the one best on the others\n\n", result->n_folds,
                           result->dealt ? ", dealt out in turn (the list has none of its own)" : "");
    g_string_append_printf(out, "accuracy                 %.4f, standard error %.4f (threshold %.3f)\n",
                           result->accuracy.mean, result->accuracy.standard_error, result->accuracy.threshold);
    if (result->n_failed_same + result->n_failed_different > 0)
        g_string_append_printf(out, "  where faces were found %.4f, standard error %.4f\n", result->found.mean,
                               result->found.standard_error);
    g_string_append_printf(out, "area under the ROC       %.4f\n", result->auc);
    g_string_append_printf(out, "equal error rate         %.2f %%\n", 100 * result->eer);
    for (int i = 0; i < NT_N_FARS; i++) {
        const NtTarAtFar *at = &result->tars[i];
        g_string_append_printf(out, "TAR at FAR %-6g       ", at->far);
        if (at->supported)
            g_string_append_printf(out, " %.2f %% (threshold %.3f)\n", 100 * at->tar, at->threshold);
        else
            g_string_append_printf(out, " can't be told: it takes %.0f different pairs, and there are %u\n",
                                   ceil(1 / at->far - 1e-9), result->n_different);
    }
    g_string_append_c(out, '\n');
    g_autofree char *consequence =
        g_strdup_printf("%u same and %u different pairs need them and count as wrong (in the ROC as refused)",
                        result->n_failed_same, result->n_failed_different);
    add_failures(out, info, consequence);
    nt_report_end_numbers(kept);
    return g_string_free(out, FALSE);
}

/* A figure in per cent, or a dash where it could not be measured. */
static void add_share(GString *out, gboolean known, double share, int width)
{
    if (known)
        g_string_append_printf(out, "%*.1f %%", width - 2, 100 * share);
    else
        g_string_append_printf(out, "%*s", width, "-");
}

static void add_sweep_table(GString *out, const NtIdentification *result)
{
    g_string_append_printf(out, "Right names at 1 %% false names (probes: %s); lowest and highest split in brackets\n",
                           nt_condition_name(result->summary));
    g_string_append(
        out,
        "  pictures      people  strangers              Nametag  nearest picture  mean distance  libsvm probability\n");
    for (guint i = 0; i < result->n_rounds; i++) {
        const NtRound *round = &result->rounds[i];
        const NtSwept *ours = &round->swept[result->summary][NT_RULE_NAMETAG];
        g_autofree char *people = round->n_with_probes < round->n_enrolled
                                      ? g_strdup_printf("%u (%u+%u)", round->n_enrolled, round->n_with_probes,
                                                        round->n_enrolled - round->n_with_probes)
                                      : g_strdup_printf("%u", round->n_enrolled);
        g_string_append_printf(out, "  %8u  %10s  %9u", round->k, people, round->n_strangers);
        if (round->n_enrolled == 0) {
            g_string_append_printf(out, "  nobody has %u pictures with a face and is not left out\n", round->k + 1);
            continue;
        }
        add_share(out, ours->supported, ours->right, 9);
        g_autofree char *spread = ours->supported
                                      ? g_strdup_printf("(%.0f-%.0f)", 100 * ours->right_least, 100 * ours->right_most)
                                      : g_strdup("");
        g_string_append_printf(out, " %11s", spread);
        static const int widths[NT_N_RULES] = {0, 17, 15, 20};
        for (int r = NT_RULE_NEAREST; r < NT_N_RULES; r++)
            add_share(out, round->swept[result->summary][r].supported, round->swept[result->summary][r].right,
                      widths[r]);
        g_string_append_c(out, '\n');
    }
    for (guint i = 0; i < result->n_rounds; i++) {
        const NtRound *round = &result->rounds[i];
        if (round->n_with_probes < round->n_enrolled)
            g_string_append_printf(out,
                                   "  with %u picture%s, %u of the people enrolled %s no other picture to ask about\n",
                                   round->k, round->k == 1 ? "" : "s", round->n_enrolled - round->n_with_probes,
                                   round->n_enrolled - round->n_with_probes == 1 ? "has" : "have");
        g_autofree char *why =
            result->rounds[i].n_enrolled ? nt_report_why_not_swept(result, &result->rounds[i]) : NULL;
        if (why)
            g_string_append_printf(out, "  -: with %u picture%s, %s\n", result->rounds[i].k,
                                   result->rounds[i].k == 1 ? "" : "s", why);
    }
    g_string_append_c(out, '\n');
}

/* One threshold for all probes, as a program has one: what each kind suffers. */
static void add_condition_table(GString *out, const NtIdentification *result, const NtRound *round)
{
    if (!round->swept[result->summary][NT_RULE_NAMETAG].supported)
        return;
    g_string_append_printf(out, "At the same thresholds, by probes: right names, %u enrolled picture%s (false names)\n",
                           round->k, round->k == 1 ? "" : "s");
    g_string_append(out, "  probes             Nametag     nearest picture       mean distance  libsvm probability\n");
    for (int c = 0; c < NT_N_CONDITIONS; c++) {
        if (!result->conditions[c])
            continue;
        g_string_append_printf(out, "  %-8s", nt_condition_name(c));
        for (int r = 0; r < NT_N_RULES; r++) {
            const NtSwept *swept = &round->swept[c][r];
            g_autofree char *cell = g_strdup_printf("%.1f %% (%.1f)", 100 * swept->right, 100 * swept->false_names);
            g_string_append_printf(out, "%*s", r == 0 ? 16 : 20, cell);
        }
        g_string_append_c(out, '\n');
    }
    g_string_append_c(out, '\n');
}

static void add_verdict_table(GString *out, const NtIdentification *result, const NtRound *round)
{
    const NtTally *any = &round->tallies[result->summary][0];
    g_string_append_printf(
        out, "Verdicts with %u enrolled picture%s (probes: %s; %u of enrolled people, %u of strangers)\n", round->k,
        round->k == 1 ? "" : "s", nt_condition_name(result->summary), any->enrolled, any->strangers);
    g_string_append_printf(out, "  %-30s %-9s %-9s %-9s %-9s | %-9s %-9s %s\n", "", "right", "wrong", "unsure",
                           "unknown", "false", "unsure", "unknown");
    for (int s = 0; s < NT_N_SETTINGS; s++) {
        const NtTally *tally = &round->tallies[result->summary][s];
        const double known = MAX(tally->enrolled, 1), strangers = MAX(tally->strangers, 1);
        g_string_append_printf(
            out, "  %-30s %5.1f %%   %5.1f %%   %5.1f %%   %5.1f %%   | %5.2f %%   %5.1f %%   %5.1f %%\n",
            nt_setting_title(s), 100 * tally->right / known, 100 * tally->wrong / known, 100 * tally->unsure / known,
            100 * tally->unknown / known, 100 * tally->false_names / strangers, 100 * tally->s_unsure / strangers,
            100 * tally->s_unknown / strangers);
    }
    g_string_append_c(out, '\n');
}

/* Names cut to a width, by characters. */
static void add_name(GString *out, const char *name)
{
    g_autofree char *cut = g_utf8_substring(name, 0, MIN(g_utf8_strlen(name, -1), NAME_WIDTH));
    g_string_append(out, cut);
    for (glong i = g_utf8_strlen(cut, -1); i < NAME_WIDTH; i++)
        g_string_append_c(out, ' ');
}

static void add_confusion(GString *out, const NtDataset *dataset, const NtIdentificationOptions *options,
                          const NtIdentification *result, const NtRound *round)
{
    const guint n = result->n_people;
    g_autoptr(GArray) people = nt_report_confusion_people(result, round);
    if (people->len == 0 || people->len > MAX_MATRIX)
        return;
    g_string_append_printf(
        out, "Who was taken for whom: Nametag, %s, %u picture%s (rows: who it was; columns: the name given)\n",
        nt_caution_name(options->caution), round->k, round->k == 1 ? "" : "s");
    g_string_append_printf(out, "  %*s", NAME_WIDTH + 4, "");
    for (guint i = 0; i < people->len; i++)
        g_string_append_printf(out, " %5u", i + 1);
    g_string_append(out, " unsure unknown\n");
    for (guint i = 0; i <= people->len; i++) {
        const guint truth = i < people->len ? g_array_index(people, guint, i) : n;
        if (i < people->len)
            g_string_append_printf(out, "  %2u  ", i + 1);
        else
            g_string_append(out, "      ");
        add_name(out, i < people->len ? dataset->people->pdata[truth] : "strangers");
        for (guint k = 0; k < people->len; k++) {
            const guint count = *nt_confusion(result, round, truth, g_array_index(people, guint, k));
            if (count > 0)
                g_string_append_printf(out, " %5u", count);
            else
                g_string_append(out, "     .");
        }
        g_string_append_printf(out, " %6u %7u\n", *nt_confusion(result, round, truth, n),
                               *nt_confusion(result, round, truth, n + 1));
    }
    g_string_append_c(out, '\n');
}

char *nt_report_identification_text(const NtReportInfo *info, const NtDataset *dataset,
                                    const NtIdentificationOptions *options, const NtDegradeStrength *strength,
                                    const NtIdentification *result)
{
    const locale_t kept = nt_report_begin_numbers();
    GString *out = g_string_new(NULL);
    const NtRound *round = nt_report_main_round(result);
    g_autoptr(GPtrArray) conditions = nt_report_conditions(result, strength);
    g_string_append_printf(out,
                           "Identification: %u people, %u pictures, a face in %u of them; %u random splits, seed %u\n",
                           result->n_people, result->n_pictures, result->n_found, options->repeats, options->seed);
    for (guint i = 0; i < conditions->len; i++)
        g_string_append_printf(out, "  probes %s\n", (const char *)conditions->pdata[i]);
    g_string_append_c(out, '\n');
    add_sweep_table(out, result);
    if (round) {
        add_condition_table(out, result, round);
        for (guint i = 0; i < result->n_rounds; i++)
            if (result->rounds[i].n_enrolled > 0)
                add_verdict_table(out, result, &result->rounds[i]);
        add_confusion(out, dataset, options, result, round);
    }
    add_failures(out, info, "they can't be enrolled, and as probes they are unknown");
    nt_report_end_numbers(kept);
    return g_string_free(out, FALSE);
}
