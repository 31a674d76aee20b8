#include "evaluate/identification.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

/* Who is who in one split. */
typedef struct Split {
    guint number;
    gint *enrolled_as;  /* [n_people]: place in the snapshot, -1: a stranger */
    gboolean *enrolled; /* [n_pictures]: in the snapshot */
    guint n_enrolled;
    NtGallerySnapshot snapshot; /* its arrays are the split's */
    guint *person_of;           /* [n_enrolled]: place in the snapshot -> person of the data set */
} Split;

typedef struct Run {
    const NtDataset *dataset;
    const NtPictureFaces *faces;
    const NtIdentificationOptions *options;
    NtIdentification *result;
    GArray **of_person;                          /* [n_people] of guint: pictures in which a face was found */
    GArray *probes[NT_N_CONDITIONS][NT_N_RULES]; /* of NtSweepProbe, of the round at work */
    gboolean *seen;                              /* [n_pictures]: has been a stranger's probe in this round */
    gboolean *seen_known;
} Run;

const char *nt_condition_name(int condition)
{
    return condition == NT_CONDITION_DEGRADED ? "degraded" : nt_degradation_name((NtDegradation)condition);
}

static guint person_of_picture(const Run *run, guint picture)
{
    return g_array_index(run->dataset->person, guint, picture);
}

/* Fisher and Yates. */
static void shuffle(guint *values, guint n, GRand *random)
{
    for (guint i = n; i > 1; i--) {
        const guint k = (guint)g_rand_int_range(random, 0, (gint32)i);
        const guint kept = values[i - 1];
        values[i - 1] = values[k];
        values[k] = kept;
    }
}

static guint *shuffled(guint n, GRand *random)
{
    guint *order = g_new(guint, MAX(n, 1));
    for (guint i = 0; i < n; i++)
        order[i] = i;
    shuffle(order, n, random);
    return order;
}

static guint count_enrolled(const NtIdentificationOptions *options, guint n_able)
{
    const guint out = options->leave_out < 1 ? (guint)lround(options->leave_out * n_able) : (guint)options->leave_out;
    const guint rest = n_able > out ? n_able - out : 0;
    return options->people > 0 ? MIN(options->people, rest) : rest;
}

/* The faces of the enrolled, as a gallery would hand them to the classifier. */
static void fill_snapshot(const Run *run, Split *split, guint k)
{
    NtGallerySnapshot *snapshot = &split->snapshot;
    snapshot->n_people = split->n_enrolled;
    snapshot->n_faces = split->n_enrolled * k;
    snapshot->names = g_new0(char *, snapshot->n_people + 1);
    snapshot->person_ids = g_new(gint64, snapshot->n_people);
    snapshot->embeddings = g_new(float, (gsize)snapshot->n_faces *NT_EMBEDDING_SIZE);
    snapshot->face_ids = g_new(gint64, snapshot->n_faces);
    snapshot->person = g_new(guint, snapshot->n_faces);
    split->person_of = g_new(guint, split->n_enrolled);
    guint place = 0, face = 0;
    for (guint p = 0; p < run->dataset->people->len; p++) {
        if (split->enrolled_as[p] < 0)
            continue;
        split->enrolled_as[p] = (gint)place;
        split->person_of[place] = p;
        snapshot->names[place] = g_strdup(run->dataset->people->pdata[p]);
        snapshot->person_ids[place] = place + 1;
        for (guint i = 0; i < run->of_person[p]->len; i++) {
            const guint picture = g_array_index(run->of_person[p], guint, i);
            if (!split->enrolled[picture])
                continue;
            memcpy(snapshot->embeddings + (gsize)face * NT_EMBEDDING_SIZE,
                   run->faces->faces[picture].embeddings[NT_DEGRADE_NONE], NT_EMBEDDING_SIZE * sizeof(float));
            snapshot->face_ids[face] = picture + 1;
            snapshot->person[face++] = place;
        }
        place++;
    }
}

/* Enrols people in the order drawn, as long as there are places, who have least pictures or more, k of them each. */
static void enrol(const Run *run, Split *split, const guint *people, guint *const *orders, guint k, guint least,
                  guint places)
{
    for (guint i = 0; i < run->result->n_people && split->n_enrolled < places; i++) {
        const guint person = people[i];
        const GArray *pictures = run->of_person[person];
        if (pictures->len < least || split->enrolled_as[person] >= 0)
            continue;
        split->enrolled_as[person] = 0;
        split->n_enrolled++;
        for (guint j = 0; j < k; j++)
            split->enrolled[g_array_index(pictures, guint, orders[person][j])] = TRUE;
    }
}

/* The order of the people is drawn first, and everybody's pictures are shuffled whether they are enrolled or not: so a
 * split enrols the same people and pictures whatever k is, as far as they have enough. */
static Split *draw_split(const Run *run, guint number, guint k, guint n_with_probes, guint n_enrolled)
{
    const guint32 seeds[] = {run->options->seed, number};
    GRand *random = g_rand_new_with_seed_array(seeds, G_N_ELEMENTS(seeds));
    const guint n_people = run->dataset->people->len;
    Split *split = g_new0(Split, 1);
    g_autofree guint *people = shuffled(n_people, random);
    split->number = number;
    split->enrolled_as = g_new(gint, n_people);
    split->enrolled = g_new0(gboolean, run->dataset->pictures->len);
    for (guint p = 0; p < n_people; p++)
        split->enrolled_as[p] = -1;
    g_autofree guint **orders = g_new(guint *, n_people);
    for (guint p = 0; p < n_people; p++)
        orders[p] = shuffled(run->of_person[p]->len, random);
    enrol(run, split, people, orders, k, k + 1, n_with_probes);
    enrol(run, split, people, orders, k, k, n_enrolled);
    for (guint p = 0; p < n_people; p++)
        g_free(orders[p]);
    g_rand_free(random);
    fill_snapshot(run, split, k);
    return split;
}

static void free_split(Split *split)
{
    g_strfreev(split->snapshot.names);
    g_free(split->snapshot.person_ids);
    g_free(split->snapshot.embeddings);
    g_free(split->snapshot.face_ids);
    g_free(split->snapshot.person);
    g_free(split->person_of);
    g_free(split->enrolled_as);
    g_free(split->enrolled);
    g_free(split);
}

static void count_verdict(NtTally *tally, NtRuleVerdict verdict, gint truth, gboolean found)
{
    const gboolean right = truth >= 0 && verdict.person == truth;
    if (truth < 0) {
        tally->strangers++;
        (*(verdict.kind == NT_VERDICT_NAME     ? &tally->false_names
           : verdict.kind == NT_VERDICT_UNSURE ? &tally->s_unsure
                                               : &tally->s_unknown))++;
        return;
    }
    tally->enrolled++;
    if (verdict.kind == NT_VERDICT_NAME)
        (*(right ? &tally->right : &tally->wrong))++;
    else
        (*(verdict.kind == NT_VERDICT_UNSURE ? &tally->unsure : &tally->unknown))++;
    tally->unsure_right += verdict.kind == NT_VERDICT_UNSURE && right;
    tally->no_face += !found;
}

static void count_confusion(const Run *run, NtRound *round, const Split *split, guint person, NtRuleVerdict verdict)
{
    const guint n = run->result->n_people;
    const guint answer = verdict.kind == NT_VERDICT_NAME     ? split->person_of[verdict.person]
                         : verdict.kind == NT_VERDICT_UNSURE ? n
                                                             : n + 1;
    (*nt_confusion(run->result, round, split->enrolled_as[person] < 0 ? n : person, answer))++;
}

static void count_answer(Run *run, NtRound *round, const Split *split, guint person, int condition, gboolean found,
                         const NtRulesAnswer *answer)
{
    const gint truth = split->enrolled_as[person];
    for (int s = 0; s < NT_N_SETTINGS; s++)
        count_verdict(&round->tallies[condition][s], answer->verdicts[s], truth, found);
    for (int r = 0; r < NT_N_RULES; r++) {
        const NtRuleScore score = answer->scores[r];
        const NtSweepProbe probe = {score.score,
                                    truth < 0               ? NT_PROBE_STRANGER
                                    : score.person == truth ? NT_PROBE_RIGHT
                                                            : NT_PROBE_WRONG,
                                    split->number};
        g_array_append_val(run->probes[condition][r], probe);
    }
    if (condition != run->result->summary)
        return;
    count_confusion(run, round, split, person, answer->verdicts[NT_SETTING_CAUTIOUS + (int)run->options->caution]);
    if (!found)
        return;
    const guint bin = (guint)CLAMP(answer->distance / NT_DISTANCE_BIN, 0, NT_DISTANCE_BINS - 1);
    (truth < 0 ? round->stranger : round->known)[bin]++;
}

/* A picture in which no face was found gets no name from anybody. */
static void refuse_all(NtRulesAnswer *answer)
{
    answer->distance = INFINITY;
    for (int s = 0; s < NT_N_SETTINGS; s++)
        answer->verdicts[s] = (NtRuleVerdict){NT_VERDICT_UNKNOWN, -1};
    for (int r = 0; r < NT_N_RULES; r++)
        answer->scores[r] = (NtRuleScore){INFINITY, -1};
}

static void probe_all(Run *run, NtRound *round, const Split *split, const NtRules *rules)
{
    for (guint i = 0; i < run->dataset->pictures->len; i++) {
        if (split->enrolled[i])
            continue;
        const NtPictureFace *face = &run->faces->faces[i];
        const guint person = person_of_picture(run, i);
        (split->enrolled_as[person] < 0 ? run->seen : run->seen_known)[i] = TRUE;
        for (int d = 0; d < NT_N_DEGRADATIONS; d++) {
            NtRulesAnswer answer;
            if (!run->options->degrade[d])
                continue;
            if (face->found)
                nt_rules_ask(rules, face->embeddings[d], &answer);
            else
                refuse_all(&answer);
            count_answer(run, round, split, person, d, face->found, &answer);
            if (d != NT_DEGRADE_NONE && run->result->conditions[NT_CONDITION_DEGRADED])
                count_answer(run, round, split, person, NT_CONDITION_DEGRADED, face->found, &answer);
        }
    }
}

static gboolean run_split(Run *run, NtRound *round, guint number, GError **error)
{
    Split *split = draw_split(run, number, round->k, round->n_with_probes, round->n_enrolled);
    g_autoptr(NtRules) rules = nt_rules_new(&split->snapshot, run->options->seed + number, error);
    if (rules) {
        probe_all(run, round, split, rules);
        for (int c = 0; c < NT_N_CAUTIONS; c++)
            round->thresholds[c] += (double)nt_rules_threshold(rules, c) / run->options->repeats;
    }
    free_split(split);
    return rules != NULL;
}

static void finish_round(Run *run, NtRound *round)
{
    for (guint i = 0; i < run->dataset->pictures->len; i++) {
        round->n_stranger_pictures += run->seen[i] && run->faces->faces[i].found;
        round->n_enrolled_probes += run->seen_known[i];
    }
    const int summary = run->result->summary;
    guint n_kinds = 0;
    for (int d = NT_DEGRADE_NONE + 1; d < NT_N_DEGRADATIONS; d++)
        n_kinds += run->options->degrade[d];
    for (int r = 0; r < NT_N_RULES; r++) {
        const guint n_different = round->n_stranger_pictures * (summary == NT_CONDITION_DEGRADED ? n_kinds : 1);
        NtSwept *swept = &round->swept[summary][r];
        nt_sweep_at(run->probes[summary][r], NT_FALSE_NAME_RATE, n_different, swept);
        for (int c = 0; c < NT_N_CONDITIONS; c++)
            if (c != summary && swept->supported && run->result->conditions[c])
                nt_sweep_apply(run->probes[c][r], swept->threshold, &round->swept[c][r]);
    }
    for (int r = 0; r < NT_N_RULES; r++)
        round->curves[r] = nt_sweep_curve(run->probes[run->result->summary][r]);
}

static void begin_round(Run *run, NtRound *round, guint k)
{
    const guint n_people = run->result->n_people;
    round->k = k;
    for (guint p = 0; p < n_people; p++)
        round->n_able += run->of_person[p]->len >= k + 1;
    round->n_with_probes = round->n_enrolled = count_enrolled(run->options, round->n_able);
    /* Places that are still free go to those who have just enough: others could be taken for them. */
    for (guint p = 0; p < n_people && round->n_enrolled > 0; p++)
        round->n_enrolled += run->of_person[p]->len == k && round->n_enrolled < run->options->people;
    round->n_strangers = n_people - round->n_enrolled;
    round->confusion = g_new0(guint, (gsize)(n_people + 1) * (n_people + 2));
    memset(run->seen, 0, run->dataset->pictures->len * sizeof *run->seen);
    memset(run->seen_known, 0, run->dataset->pictures->len * sizeof *run->seen_known);
    for (int c = 0; c < NT_N_CONDITIONS; c++)
        for (int r = 0; r < NT_N_RULES; r++)
            g_array_set_size(run->probes[c][r], 0);
}

static gboolean run_rounds(Run *run, NtIdentificationProgress progress, gpointer user, GError **error)
{
    const guint repeats = run->options->repeats, total = run->result->n_rounds * repeats;
    for (guint i = 0; i < run->result->n_rounds; i++) {
        NtRound *round = &run->result->rounds[i];
        begin_round(run, round, g_array_index(run->options->enrol, guint, i));
        for (guint number = 0; round->n_enrolled > 0 && number < repeats; number++) {
            if (!run_split(run, round, number, error))
                return FALSE;
            if (progress && !progress(i * repeats + number + 1, total, user)) {
                g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped");
                return FALSE;
            }
        }
        finish_round(run, round);
    }
    return TRUE;
}

static void survey(Run *run)
{
    NtIdentification *result = run->result;
    guint n_kinds = 0;
    result->n_people = run->dataset->people->len;
    result->n_pictures = run->dataset->pictures->len;
    run->of_person = g_new(GArray *, result->n_people);
    for (guint p = 0; p < result->n_people; p++)
        run->of_person[p] = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < result->n_pictures; i++) {
        if (!run->faces->faces[i].found)
            continue;
        result->n_found++;
        g_array_append_val(run->of_person[person_of_picture(run, i)], i);
        for (int d = 0; d < NT_N_DEGRADATIONS; d++)
            result->refound[d] += run->faces->faces[i].refound[d];
    }
    for (int d = 0; d < NT_N_DEGRADATIONS; d++) {
        result->conditions[d] = run->options->degrade[d];
        n_kinds += d != NT_DEGRADE_NONE && run->options->degrade[d];
        if (run->options->degrade[d])
            result->summary = d;
    }
    if (n_kinds > 1) {
        result->conditions[NT_CONDITION_DEGRADED] = TRUE;
        result->summary = NT_CONDITION_DEGRADED;
    }
}

NtIdentification *nt_identification_run(const NtDataset *dataset, const NtPictureFaces *faces,
                                        const NtIdentificationOptions *options, NtIdentificationProgress progress,
                                        gpointer user, GError **error)
{
    g_autoptr(NtIdentification) result = g_new0(NtIdentification, 1);
    Run run = {.dataset = dataset, .faces = faces, .options = options, .result = result};
    result->n_rounds = options->enrol->len;
    result->rounds = g_new0(NtRound, options->enrol->len);
    survey(&run);
    run.seen = g_new0(gboolean, dataset->pictures->len);
    run.seen_known = g_new0(gboolean, dataset->pictures->len);
    for (int c = 0; c < NT_N_CONDITIONS; c++)
        for (int r = 0; r < NT_N_RULES; r++)
            run.probes[c][r] = g_array_new(FALSE, FALSE, sizeof(NtSweepProbe));
    const gboolean good = run_rounds(&run, progress, user, error);
    for (int c = 0; c < NT_N_CONDITIONS; c++)
        for (int r = 0; r < NT_N_RULES; r++)
            g_array_unref(run.probes[c][r]);
    for (guint p = 0; p < result->n_people; p++)
        g_array_unref(run.of_person[p]);
    g_free(run.of_person);
    g_free(run.seen);
    g_free(run.seen_known);
    return good ? g_steal_pointer(&result) : NULL;
}

void nt_identification_free(NtIdentification *result)
{
    if (!result)
        return;
    for (guint i = 0; i < result->n_rounds; i++) {
        g_free(result->rounds[i].confusion);
        for (int r = 0; r < NT_N_RULES; r++)
            if (result->rounds[i].curves[r])
                g_array_unref(result->rounds[i].curves[r]);
    }
    g_free(result->rounds);
    g_free(result);
}
