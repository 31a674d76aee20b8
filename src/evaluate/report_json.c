#include "evaluate/report.h"

#include <math.h>
#include <string.h>

#include "evaluate/report_parts.h"
#include "export/json_writer.h"

#define RATE_DECIMALS 6
#define DISTANCE_DECIMALS 5

static void put_int(NtJsonWriter *json, const char *key, gint64 value)
{
    nt_json_key(json, key);
    nt_json_int(json, value);
}

static void put_rate(NtJsonWriter *json, const char *key, double value)
{
    nt_json_key(json, key);
    nt_json_fixed(json, value, RATE_DECIMALS);
}

static void put_string(NtJsonWriter *json, const char *key, const char *value)
{
    nt_json_key(json, key);
    nt_json_string(json, value);
}

static void put_head(NtJsonWriter *json, const NtReportInfo *info, const char *protocol)
{
    put_string(json, "schema", NT_EVALUATION_SCHEMA);
    put_string(json, "protocol", protocol);
    put_string(json, "version", info->version);
    put_string(json, "model", info->model);
    put_string(json, "command", info->command);
    put_int(json, "upsample", info->upsample);
    put_int(json, "pictures", info->faces->n);
    nt_json_key(json, "failures");
    nt_json_begin_array(json);
    for (guint i = 0; i < info->faces->n; i++) {
        const NtPictureFace *face = &info->faces->faces[i];
        if (face->found)
            continue;
        nt_json_begin_object(json);
        put_string(json, "picture", info->pictures->pdata[i]);
        put_string(json, "reason", face->trouble ? face->trouble : "no face found");
        nt_json_end_object(json);
    }
    nt_json_end_array(json);
}

static void put_accuracy(NtJsonWriter *json, const char *key, const NtFoldsAccuracy *accuracy)
{
    nt_json_key(json, key);
    nt_json_begin_object(json);
    put_rate(json, "mean", accuracy->mean);
    put_rate(json, "standard_error", accuracy->standard_error);
    put_rate(json, "threshold", accuracy->threshold);
    put_int(json, "folds", accuracy->n_folds);
    nt_json_end_object(json);
}

static void put_tars(NtJsonWriter *json, const NtVerification *result)
{
    nt_json_key(json, "tar_at_far");
    nt_json_begin_array(json);
    for (int i = 0; i < NT_N_FARS; i++) {
        const NtTarAtFar *at = &result->tars[i];
        nt_json_begin_object(json);
        put_rate(json, "far", at->far);
        put_rate(json, "tar", at->supported ? at->tar : (double)NAN);
        put_rate(json, "threshold", at->supported ? at->threshold : (double)NAN);
        nt_json_end_object(json);
    }
    nt_json_end_array(json);
}

static void put_roc(NtJsonWriter *json, const NtVerification *result)
{
    nt_json_key(json, "roc");
    nt_json_begin_array(json);
    for (guint i = 0; i < result->roc->len; i++) {
        const NtRocPoint *point = &g_array_index(result->roc, NtRocPoint, i);
        nt_json_begin_array(json);
        nt_json_fixed(json, point->threshold, DISTANCE_DECIMALS);
        nt_json_fixed(json, point->far, RATE_DECIMALS);
        nt_json_fixed(json, point->tar, RATE_DECIMALS);
        nt_json_end_array(json);
    }
    nt_json_end_array(json);
}

char *nt_report_verification_json(const NtReportInfo *info, const NtVerification *result)
{
    GString *out = g_string_new(NULL);
    NtJsonWriter json = nt_json_writer(out);
    nt_json_begin_object(&json);
    put_head(&json, info, "verification");
    put_int(&json, "pairs", result->n_pairs);
    put_int(&json, "same", result->n_same);
    put_int(&json, "different", result->n_different);
    put_int(&json, "failed_same", result->n_failed_same);
    put_int(&json, "failed_different", result->n_failed_different);
    nt_json_key(&json, "folds_dealt");
    nt_json_bool(&json, result->dealt);
    put_accuracy(&json, "accuracy", &result->accuracy);
    put_accuracy(&json, "accuracy_where_found", &result->found);
    nt_json_key(&json, "accuracy_by_fold");
    nt_json_begin_array(&json);
    for (guint i = 0; i < result->n_folds; i++)
        nt_json_fixed(&json, result->per_fold[i], RATE_DECIMALS);
    nt_json_end_array(&json);
    put_rate(&json, "auc", result->auc);
    put_rate(&json, "eer", result->eer);
    put_tars(&json, result);
    put_roc(&json, result);
    nt_json_end_object(&json);
    g_string_append_c(out, '\n');
    return g_string_free(out, FALSE);
}

static void put_tally(NtJsonWriter *json, const NtTally *tally)
{
    nt_json_begin_object(json);
    put_int(json, "enrolled_probes", tally->enrolled);
    put_int(json, "right", tally->right);
    put_int(json, "wrong", tally->wrong);
    put_int(json, "unsure", tally->unsure);
    put_int(json, "unsure_right", tally->unsure_right);
    put_int(json, "unknown", tally->unknown);
    put_int(json, "no_face", tally->no_face);
    put_int(json, "stranger_probes", tally->strangers);
    put_int(json, "false_names", tally->false_names);
    put_int(json, "stranger_unsure", tally->s_unsure);
    put_int(json, "stranger_unknown", tally->s_unknown);
    nt_json_end_object(json);
}

static void put_swept(NtJsonWriter *json, const NtSwept *swept)
{
    if (!swept->supported) {
        nt_json_string(json, NULL);
        return;
    }
    nt_json_begin_object(json);
    put_rate(json, "threshold", swept->threshold);
    put_rate(json, "right", swept->right);
    put_rate(json, "right_least", swept->right_least);
    put_rate(json, "right_most", swept->right_most);
    put_rate(json, "wrong", swept->wrong);
    put_rate(json, "false_names", swept->false_names);
    nt_json_end_object(json);
}

static void put_confusion(NtJsonWriter *json, const NtDataset *dataset, const NtIdentification *result,
                          const NtRound *round)
{
    g_autoptr(GArray) people = nt_report_confusion_people(result, round);
    const guint n = result->n_people;
    nt_json_key(json, "confusion");
    nt_json_begin_object(json);
    nt_json_key(json, "people");
    nt_json_begin_array(json);
    for (guint i = 0; i < people->len; i++)
        nt_json_string(json, dataset->people->pdata[g_array_index(people, guint, i)]);
    nt_json_end_array(json);
    /* a row a person, then strangers; columns: the names in the same order, unsure, unknown */
    nt_json_key(json, "counts");
    nt_json_begin_array(json);
    for (guint i = 0; i <= people->len; i++) {
        const guint truth = i < people->len ? g_array_index(people, guint, i) : n;
        nt_json_begin_array(json);
        for (guint k = 0; k < people->len + 2; k++) {
            const guint answer = k < people->len ? g_array_index(people, guint, k) : n + (k - people->len);
            nt_json_int(json, *nt_confusion(result, round, truth, answer));
        }
        nt_json_end_array(json);
    }
    nt_json_end_array(json);
    nt_json_end_object(json);
}

static void put_histogram(NtJsonWriter *json, const char *key, const guint *bins)
{
    nt_json_key(json, key);
    nt_json_begin_array(json);
    for (guint i = 0; i < NT_DISTANCE_BINS; i++)
        nt_json_int(json, bins[i]);
    nt_json_end_array(json);
}

static void put_conditions(NtJsonWriter *json, const NtIdentification *result, const NtRound *round)
{
    nt_json_key(json, "probes");
    nt_json_begin_object(json);
    for (int c = 0; c < NT_N_CONDITIONS; c++) {
        if (!result->conditions[c])
            continue;
        nt_json_key(json, nt_condition_name(c));
        nt_json_begin_object(json);
        nt_json_key(json, "settings");
        nt_json_begin_object(json);
        for (int s = 0; s < NT_N_SETTINGS; s++) {
            nt_json_key(json, nt_setting_name(s));
            put_tally(json, &round->tallies[c][s]);
        }
        nt_json_end_object(json);
        nt_json_key(json, "at_false_name_rate");
        nt_json_begin_object(json);
        for (int r = 0; r < NT_N_RULES; r++) {
            nt_json_key(json, nt_rule_name(r));
            put_swept(json, &round->swept[c][r]);
        }
        nt_json_end_object(json);
        nt_json_end_object(json);
    }
    nt_json_end_object(json);
}

static void put_round(NtJsonWriter *json, const NtDataset *dataset, const NtIdentification *result,
                      const NtRound *round)
{
    nt_json_begin_object(json);
    put_int(json, "enrolled_pictures", round->k);
    put_int(json, "people_with_enough", round->n_able);
    put_int(json, "enrolled_people", round->n_enrolled);
    put_int(json, "enrolled_with_probes", round->n_with_probes);
    put_int(json, "strangers", round->n_strangers);
    put_int(json, "different_enrolled_probes", round->n_enrolled_probes);
    put_int(json, "different_stranger_pictures", round->n_stranger_pictures);
    nt_json_key(json, "thresholds");
    nt_json_begin_object(json);
    for (int c = 0; c < NT_N_CAUTIONS; c++)
        put_rate(json, nt_caution_name(c), round->thresholds[c]);
    nt_json_end_object(json);
    put_conditions(json, result, round);
    put_confusion(json, dataset, result, round);
    nt_json_key(json, "distances");
    nt_json_begin_object(json);
    put_rate(json, "bin", NT_DISTANCE_BIN);
    put_histogram(json, "enrolled", round->known);
    put_histogram(json, "strangers", round->stranger);
    nt_json_end_object(json);
    nt_json_end_object(json);
}

char *nt_report_identification_json(const NtReportInfo *info, const NtDataset *dataset,
                                    const NtIdentificationOptions *options, const NtDegradeStrength *strength,
                                    const NtIdentification *result)
{
    GString *out = g_string_new(NULL);
    NtJsonWriter json = nt_json_writer(out);
    nt_json_begin_object(&json);
    put_head(&json, info, "identification");
    put_int(&json, "people", result->n_people);
    put_int(&json, "faces_found", result->n_found);
    put_int(&json, "repeats", options->repeats);
    put_int(&json, "seed", options->seed);
    put_rate(&json, "leave_out", options->leave_out);
    put_int(&json, "people_limit", options->people);
    put_rate(&json, "false_name_rate", NT_FALSE_NAME_RATE);
    put_string(&json, "caution", nt_caution_name(options->caution));
    put_string(&json, "summary", nt_condition_name(result->summary));
    nt_json_key(&json, "degradations");
    nt_json_begin_object(&json);
    put_rate(&json, "blur_percent", strength->blur);
    put_int(&json, "small_px", strength->small_px);
    put_int(&json, "jpeg_quality", strength->jpeg_quality);
    put_int(&json, "jpeg_px", strength->jpeg_px);
    nt_json_key(&json, "found_again");
    nt_json_begin_object(&json);
    for (int d = NT_DEGRADE_NONE + 1; d < NT_N_DEGRADATIONS; d++)
        if (result->conditions[d])
            put_int(&json, nt_condition_name(d), result->refound[d]);
    nt_json_end_object(&json);
    nt_json_end_object(&json);
    nt_json_key(&json, "rounds");
    nt_json_begin_array(&json);
    for (guint i = 0; i < result->n_rounds; i++)
        put_round(&json, dataset, result, &result->rounds[i]);
    nt_json_end_array(&json);
    nt_json_end_object(&json);
    g_string_append_c(out, '\n');
    return g_string_free(out, FALSE);
}
