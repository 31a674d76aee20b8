#include "engine/live_meter.h"

#include <stdlib.h>
#include <string.h>

/* Strangers never get a name: of so many, the ones that have waited longest are forgotten. */
#define MOST_WAITING 256

typedef struct Waiting {
    guint64 track;
    gint64 since_us;
} Waiting;

void nt_recent_add(NtRecent *recent, double value)
{
    recent->values[recent->next] = value;
    recent->next = (recent->next + 1) % NT_RECENT;
    recent->n = MIN(recent->n + 1, NT_RECENT);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double nt_recent_quantile(const NtRecent *recent, double share)
{
    if (recent->n == 0)
        return 0;
    double sorted[NT_RECENT];
    memcpy(sorted, recent->values, recent->n * sizeof sorted[0]);
    qsort(sorted, recent->n, sizeof sorted[0], by_value);
    const guint place = (guint)(share * recent->n);
    return sorted[MIN(place, recent->n - 1)];
}

void nt_naming_init(NtNaming *naming)
{
    *naming = (NtNaming){.waiting = g_array_sized_new(FALSE, FALSE, sizeof(Waiting), MOST_WAITING + 1)};
}

void nt_naming_clear(NtNaming *naming)
{
    g_clear_pointer(&naming->waiting, g_array_unref);
}

void nt_naming_seen(NtNaming *naming, const NtTaggedFrame *tagged, gint64 arrived_us)
{
    const guint64 newest = naming->newest;
    for (guint i = 0; i < tagged->n_faces; i++) {
        const guint64 track = tagged->faces[i].track;
        if (track <= newest)
            continue;
        naming->newest = MAX(naming->newest, track);
        g_array_append_vals(naming->waiting, &(Waiting){track, arrived_us}, 1);
        if (naming->waiting->len > MOST_WAITING)
            g_array_remove_index(naming->waiting, 0);
    }
}

void nt_naming_shown(NtNaming *naming, const NtTaggedFrame *tagged, gint64 now_us)
{
    for (guint i = 0; i < tagged->n_faces; i++) {
        const NtFace *face = &tagged->faces[i];
        if (face->verdict.kind != NT_VERDICT_NAME)
            continue;
        for (guint k = 0; k < naming->waiting->len; k++) {
            const Waiting *waiting = &g_array_index(naming->waiting, Waiting, k);
            if (waiting->track != face->track)
                continue;
            nt_recent_add(&naming->ms, (double)(now_us - waiting->since_us) / 1e3);
            naming->n_named++;
            g_array_remove_index(naming->waiting, k);
            break;
        }
    }
}
