#include "engine/scan_turns.h"

/* To be sure, what shows nothing new is looked at now and then all the same. */
#define REST_NS G_GINT64_CONSTANT(1000000000)
/* Somebody's head, shoulders and arms, in sides of the face: so far around its centre and down. */
#define BODY_AROUND 1.5
#define BODY_DOWN 3.5

typedef struct Slice {
    NtScanSlice plan;
    NtThumbnail seen; /* of the frame in which it was last looked at */
    gint64 seen_ns;   /* -1: never */
    GArray *found;    /* NtDetection */
} Slice;

struct NtScanTurns {
    int frames, upsample;
    int width, height; /* that are planned for */
    Slice slices[NT_SCAN_MAX_SLICES];
    int n_slices, next;
    int chosen[NT_SCAN_MAX_SLICES];
    guint n_chosen;
};

NtScanTurns *nt_scan_turns_new(int frames, int upsample)
{
    NtScanTurns *turns = g_new0(NtScanTurns, 1);
    turns->frames = CLAMP(frames, 1, NT_SCAN_MAX_SLICES);
    turns->upsample = upsample;
    for (int i = 0; i < NT_SCAN_MAX_SLICES; i++)
        turns->slices[i].found = g_array_new(FALSE, FALSE, sizeof(NtDetection));
    return turns;
}

void nt_scan_turns_free(NtScanTurns *turns)
{
    if (!turns)
        return;
    for (int i = 0; i < NT_SCAN_MAX_SLICES; i++)
        g_array_unref(turns->slices[i].found);
    g_free(turns);
}

void nt_scan_turns_begin(NtScanTurns *turns, int width, int height)
{
    if (width != turns->width || height != turns->height) {
        NtScanSlice plan[NT_SCAN_MAX_SLICES];
        turns->n_slices = nt_scan_plan(width, height, turns->upsample, turns->frames, plan);
        for (int i = 0; i < turns->n_slices; i++)
            turns->slices[i].plan = plan[i];
        turns->width = width;
        turns->height = height;
    }
    turns->next = 0;
    for (int i = 0; i < turns->n_slices; i++)
        turns->slices[i].seen_ns = -1;
}

/* Whether a slice may show somebody new: something has changed there, and not a person who is followed. */
static gboolean is_worth_a_look(const Slice *slice, const NtThumbnail *now, gint64 pts_ns, const NtSquare *people,
                                guint n)
{
    if (slice->seen_ns < 0 || pts_ns - slice->seen_ns >= REST_NS)
        return TRUE;
    NtThumbnail news = *now;
    for (guint i = 0; i < n; i++) {
        const NtSquare face = people[i];
        const NtRect body = {nt_round(face.x - BODY_AROUND * face.side), nt_round(face.y - BODY_AROUND * face.side),
                             nt_round(face.x + BODY_AROUND * face.side), nt_round(face.y + BODY_DOWN * face.side)};
        nt_motion_forgive(&slice->seen, &news, body);
    }
    return nt_motion_in(&slice->seen, &news, slice->plan.area);
}

guint nt_scan_turns_choose(NtScanTurns *turns, const NtThumbnail *now, gint64 pts_ns, guint most,
                           const NtSquare *people, guint n)
{
    turns->n_chosen = 0;
    for (int i = 0; i < turns->n_slices && (most == 0 || turns->n_chosen < most); i++) {
        const int index = turns->next;
        Slice *slice = &turns->slices[index];
        turns->next = (index + 1) % turns->n_slices;
        if (most > 0 && !is_worth_a_look(slice, now, pts_ns, people, n))
            continue;
        slice->seen = *now;
        slice->seen_ns = pts_ns;
        turns->chosen[turns->n_chosen++] = index;
    }
    return turns->n_chosen;
}

NtStatus nt_scan_turns_look(NtScanTurns *turns, guint i, const NtDetector *detector, NtDetectWorkspace *workspace,
                            const NtImage *gray, double threshold, NtError *error)
{
    Slice *slice = &turns->slices[turns->chosen[i]];
    const NtDetectOptions options = {.upsample = turns->upsample, .threshold = threshold};
    const NtDetection *found;
    size_t n_found;
    g_array_set_size(slice->found, 0);
    const NtStatus status = nt_scan_slice(detector, workspace, gray, &options, &slice->plan, &found, &n_found, error);
    if (status == NT_OK)
        g_array_append_vals(slice->found, found, (guint)n_found);
    return status;
}

const GArray *nt_scan_turns_found(const NtScanTurns *turns, guint i)
{
    return turns->slices[turns->chosen[i]].found;
}
