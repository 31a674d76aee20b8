#include "engine/lanes.h"

#include <string.h>

#include "identity/quality_gate.h"

/* Found in a second frame, as presence.c has it. */
#define LEAST_FRAMES 2
/* So many embeddings settle whether it is somebody known: before, an unknown person gets no number to show. */
#define SETTLED_EMBEDDINGS 3
/* Or that it was not seen for so long. */
#define DECIDED_NS G_GINT64_CONSTANT(5000000000)
/* "Previous" within so long of a start means the one before. */
#define MOMENT_NS G_GINT64_CONSTANT(500000000)

/* A person of the clip. */
typedef struct Group {
    GHashTable *times; /* name -> gint64 ns of tracks that have it */
    const char *name;
    gint64 ignored_ns, unnamed_ns;
    gboolean settled; /* one of its tracks is */
    gint64 last_ns;   /* seen */
} Group;

/* What the classifier says of a track. */
typedef struct Opinion {
    NtVerdict verdict;
    gint64 total_ns;
} Opinion;

NtLane *nt_lane_ref(NtLane *lane)
{
    g_atomic_int_inc(&lane->ref_count);
    return lane;
}

void nt_lane_unref(NtLane *lane)
{
    if (!lane || !g_atomic_int_dec_and_test(&lane->ref_count))
        return;
    g_free(lane->spans);
    g_free(lane);
}

/* As the tracker does, by the weighted mean. */
static void judge_track(const NtAppearance *track, NtClassifier *classifier, NtVerdict *verdict)
{
    NtTrackIdentity identity = {.n = track->n_embeddings, .n_seen = track->n_embeddings};
    float sum = 0;
    memcpy(identity.embeddings, track->embeddings, sizeof identity.embeddings);
    memcpy(identity.weights, track->weights, sizeof identity.weights);
    for (guint i = 0; i < track->n_embeddings; i++) {
        sum += track->weights[i];
        for (guint k = 0; k < NT_EMBEDDING_SIZE; k++)
            identity.mean[k] += track->weights[i] * track->embeddings[i][k];
    }
    for (guint k = 0; k < NT_EMBEDDING_SIZE && sum > 0; k++)
        identity.mean[k] /= sum;
    nt_track_identity_judge(&identity, sum > 0 ? classifier : NULL);
    *verdict = identity.verdict;
    nt_track_identity_clear(&identity);
}

static gint64 track_time(const NtAppearance *track)
{
    gint64 total_ns = 0;
    for (guint i = 0; i < track->n_spans; i++)
        total_ns += track->spans[i].last_ns - track->spans[i].first_ns;
    return total_ns;
}

static void clear_group(gpointer data)
{
    g_clear_pointer(&((Group *)data)->times, g_hash_table_unref);
}

static Group *get_group(GArray *groups, guint number)
{
    while (groups->len < number) {
        const Group empty = {.times = g_hash_table_new_full(NULL, NULL, NULL, g_free)};
        g_array_append_val(groups, empty);
    }
    return &g_array_index(groups, Group, number - 1);
}

static void count_track(Group *group, const NtAppearance *track, const Opinion *opinion)
{
    const gint64 time_ns = opinion->total_ns + 1; /* no track counts nothing */
    group->settled |= track->n_embeddings >= SETTLED_EMBEDDINGS;
    if (track->n_spans > 0)
        group->last_ns = MAX(group->last_ns, track->spans[track->n_spans - 1].last_ns);
    if (opinion->verdict.kind == NT_VERDICT_NAME) {
        gint64 *sum = g_hash_table_lookup(group->times, opinion->verdict.name);
        if (!sum) {
            sum = g_new0(gint64, 1);
            g_hash_table_insert(group->times, (gpointer)opinion->verdict.name, sum);
        }
        *sum += time_ns;
    } else if (opinion->verdict.reason == NT_REASON_IGNORED) {
        group->ignored_ns += time_ns;
    } else {
        group->unnamed_ns += time_ns;
    }
}

/* A name that the most of the person's time has. */
static void name_group(Group *group)
{
    GHashTableIter iter;
    gpointer name, value;
    gint64 others_ns = group->unnamed_ns + group->ignored_ns, most_ns = 0;
    g_hash_table_iter_init(&iter, group->times);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        const gint64 time_ns = *(gint64 *)value;
        if (time_ns > most_ns) {
            others_ns += most_ns;
            most_ns = time_ns;
            group->name = name;
        } else {
            others_ns += time_ns;
        }
    }
    if (most_ns <= others_ns)
        group->name = NULL;
}

static gboolean is_ignored(const Group *group)
{
    return group->ignored_ns > group->unnamed_ns;
}

/* The number an unknown person is shown under; 0: none yet. */
static guint shown_number(GArray *shown, guint number)
{
    return number <= shown->len ? g_array_index(shown, guint, number - 1) : 0;
}

/* In the order of the people's own numbers, so that the same clip gives the same numbers however often it is looked at
 * on the way. */
static void give_numbers(const GArray *groups, const NtAppearances *appearances, GArray *shown)
{
    guint most = 0;
    for (guint i = 0; i < shown->len; i++)
        most = MAX(most, g_array_index(shown, guint, i));
    if (shown->len < groups->len)
        g_array_set_size(shown, groups->len); /* cleared: the caller's array is made so */
    for (guint i = 0; i < groups->len; i++) {
        const Group *group = &g_array_index(groups, Group, i);
        guint *number = &g_array_index(shown, guint, i);
        if (!group->settled && !appearances->complete && appearances->reached_ns - group->last_ns < DECIDED_NS)
            break;
        if (*number == 0 && !group->name && !is_ignored(group) && group->unnamed_ns > 0)
            *number = ++most;
    }
}

/* Lanes while they are made: spans as they come. */
typedef struct Draft {
    const char *name;
    guint unknown;
    GArray *spans;
} Draft;

static void free_draft(gpointer data)
{
    Draft *draft = data;
    g_array_unref(draft->spans);
    g_free(draft);
}

static void add_spans(GPtrArray *drafts, const char *name, guint unknown, const NtAppearance *track)
{
    Draft *draft = NULL;
    for (guint i = 0; i < drafts->len && !draft; i++) {
        Draft *candidate = drafts->pdata[i];
        if (candidate->name == name && candidate->unknown == unknown) /* interned */
            draft = candidate;
    }
    if (!draft) {
        draft = g_new0(Draft, 1);
        *draft = (Draft){name, unknown, g_array_new(FALSE, FALSE, sizeof(NtSpan))};
        g_ptr_array_add(drafts, draft);
    }
    g_array_append_vals(draft->spans, track->spans, track->n_spans);
}

/* Which lane a track goes to, or none. */
static void place_track(GPtrArray *drafts, const NtAppearance *track, const Opinion *opinion, const GArray *groups,
                        GArray *shown)
{
    const Group *group = track->number > 0 ? &g_array_index(groups, Group, track->number - 1) : NULL;
    const NtVerdict *verdict = &opinion->verdict;
    if (verdict->kind == NT_VERDICT_NAME)
        add_spans(drafts, verdict->name, 0, track);
    else if (verdict->reason == NT_REASON_IGNORED)
        return;
    else if (group && group->name && verdict->reason != NT_REASON_REJECTED)
        add_spans(drafts, group->name, 0, track);
    else if (group && !group->name && is_ignored(group))
        return;
    else if (group && shown_number(shown, track->number) > 0)
        add_spans(drafts, NULL, shown_number(shown, track->number), track);
    else if (opinion->total_ns > NT_LANE_LEAST_NS)
        add_spans(drafts, NULL, 0, track);
}

static gint by_start(gconstpointer a, gconstpointer b)
{
    const NtSpan *x = a, *y = b;
    if (x->first_ns != y->first_ns)
        return x->first_ns < y->first_ns ? -1 : 1;
    return (x->last_ns > y->last_ns) - (x->last_ns < y->last_ns);
}

/* Sorts the spans and joins those that overlap or nearly touch. */
static NtLane *finish_lane(Draft *draft)
{
    NtLane *lane = g_new0(NtLane, 1);
    *lane = (NtLane){.ref_count = 1, .name = draft->name, .unknown = draft->unknown};
    g_array_sort(draft->spans, by_start);
    lane->spans = g_new(NtSpan, draft->spans->len);
    for (guint i = 0; i < draft->spans->len; i++) {
        const NtSpan span = g_array_index(draft->spans, NtSpan, i);
        NtSpan *last = lane->n_spans > 0 ? &lane->spans[lane->n_spans - 1] : NULL;
        if (last && span.first_ns - last->last_ns <= NT_SPAN_GAP_NS)
            last->last_ns = MAX(last->last_ns, span.last_ns);
        else
            lane->spans[lane->n_spans++] = span;
    }
    for (guint i = 0; i < lane->n_spans; i++)
        lane->total_ns += lane->spans[i].last_ns - lane->spans[i].first_ns;
    return lane;
}

static gint by_importance(gconstpointer a, gconstpointer b)
{
    const NtLane *x = *(NtLane *const *)a, *y = *(NtLane *const *)b;
    if (!x->name != !y->name)
        return x->name ? -1 : 1;
    if (!x->name) /* 0, wrapped round, is last */
        return x->unknown - 1 < y->unknown - 1 ? -1 : x->unknown != y->unknown;
    if (x->total_ns != y->total_ns)
        return x->total_ns > y->total_ns ? -1 : 1;
    return strcmp(x->name, y->name);
}

GPtrArray *nt_lanes_name(const NtAppearances *appearances, NtClassifier *classifier, GArray *shown, GArray *open)
{
    const guint n = appearances->tracks->len;
    g_autofree Opinion *opinions = g_new0(Opinion, n);
    g_autoptr(GArray) groups = g_array_new(FALSE, TRUE, sizeof(Group));
    g_array_set_clear_func(groups, clear_group);
    for (guint i = 0; i < n; i++) {
        const NtAppearance *track = appearances->tracks->pdata[i];
        judge_track(track, classifier, &opinions[i].verdict);
        opinions[i].total_ns = track_time(track);
        if (track->number > 0)
            count_track(get_group(groups, track->number), track, &opinions[i]);
    }
    for (guint i = 0; i < groups->len; i++)
        name_group(&g_array_index(groups, Group, i));
    give_numbers(groups, appearances, shown);

    g_autoptr(GPtrArray) drafts = g_ptr_array_new_with_free_func(free_draft);
    for (guint i = 0; i < n; i++) {
        const NtAppearance *track = appearances->tracks->pdata[i];
        if (track->n_frames >= LEAST_FRAMES)
            place_track(drafts, track, &opinions[i], groups, shown);
    }
    GPtrArray *lanes = g_ptr_array_new_with_free_func((GDestroyNotify)nt_lane_unref);
    for (guint i = 0; i < drafts->len; i++)
        g_ptr_array_add(lanes, finish_lane(drafts->pdata[i]));
    g_ptr_array_sort(lanes, by_importance);

    for (guint number = 1; open && number <= groups->len; number++) {
        const Group *group = &g_array_index(groups, Group, number - 1);
        if (!group->name && !is_ignored(group) && shown_number(shown, number) > 0 && group->unnamed_ns > 0)
            g_array_append_val(open, number);
    }
    return lanes;
}

static gboolean lane_equal(const NtLane *a, const NtLane *b)
{
    return a->name == b->name && a->unknown == b->unknown && a->n_spans == b->n_spans &&
           memcmp(a->spans, b->spans, a->n_spans * sizeof *a->spans) == 0;
}

gboolean nt_lanes_equal(const GPtrArray *a, const GPtrArray *b)
{
    if (a->len != b->len)
        return FALSE;
    for (guint i = 0; i < a->len; i++)
        if (!lane_equal(a->pdata[i], b->pdata[i]))
            return FALSE;
    return TRUE;
}

static gint64 seek_lane(const NtLane *lane, gint64 position_ns, int direction)
{
    gint64 found = -1;
    for (guint i = 0; i < lane->n_spans; i++) {
        const gint64 start = lane->spans[i].first_ns;
        if (direction > 0 && start > position_ns)
            return start;
        if (direction < 0 && start < position_ns - MOMENT_NS)
            found = start;
    }
    return found;
}

gint64 nt_lanes_seek(const GPtrArray *lanes, const NtLane *lane, gint64 position_ns, int direction)
{
    if (lane)
        return seek_lane(lane, position_ns, direction);
    gint64 best = -1;
    for (guint i = 0; i < lanes->len; i++) {
        const gint64 found = seek_lane(lanes->pdata[i], position_ns, direction);
        if (found >= 0 && (best < 0 || (direction > 0 ? found < best : found > best)))
            best = found;
    }
    return best;
}
