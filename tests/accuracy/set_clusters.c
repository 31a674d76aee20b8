#include "set_clusters.h"

#include <math.h>
#include <string.h>

/* Mean distance up to which two clusters are one person: at 0.5 hardly any two people are (docs/accuracy.md). */
#define LINK_LIMIT 0.50
/* Within a collage of few people, where everybody is somebody who is there again. */
#define COLLAGE_LIMIT 0.60
/* Clusters nearer than this are perhaps one person: the smaller one is left out, unless both are known to be different.
 */
#define CLEAR_LIMIT 0.56
/* Nearer than this to a face of the same person that is kept: the same photograph again, or the next moment of a shot.
 */
#define SAME_PICTURE 0.20

typedef struct Table {
    guint n;
    float *distances; /* [n][n] */
    gboolean *apart;  /* [n][n]: known to be different people */
    GPtrArray *sightings;
    GArray **members; /* [n] of guint; NULL: merged into another */
} Table;

static const NtSighting *at(const Table *table, guint i)
{
    return table->sightings->pdata[i];
}

static gboolean known_apart(const NtSighting *a, const NtSighting *b)
{
    if (a->label && b->label)
        return strcmp(a->label, b->label) != 0;
    return a->kind == NT_SET_ONCE || b->kind == NT_SET_ONCE ||
           (a->kind != NT_SET_COLLAGE && strcmp(a->picture, b->picture) == 0);
}

/* Up to which mean distance two clusters are one person. */
static double link_limit(const Table *table, const GArray *a, const GArray *b)
{
    const NtSighting *x = at(table, g_array_index(a, guint, 0)), *y = at(table, g_array_index(b, guint, 0));
    return x->kind == NT_SET_COLLAGE && strcmp(x->picture, y->picture) == 0 ? COLLAGE_LIMIT : LINK_LIMIT;
}

static double mean_distance(const Table *table, const GArray *a, const GArray *b, gboolean *apart)
{
    double sum = 0;
    *apart = FALSE;
    for (guint i = 0; i < a->len; i++)
        for (guint k = 0; k < b->len; k++) {
            const gsize place = (gsize)g_array_index(a, guint, i) * table->n + g_array_index(b, guint, k);
            sum += (double)table->distances[place];
            *apart = *apart || table->apart[place];
        }
    return sum / ((double)a->len * b->len);
}

static void merge(Table *table, guint into, guint from)
{
    g_array_append_vals(table->members[into], table->members[from]->data, table->members[from]->len);
    g_array_unref(table->members[from]);
    table->members[from] = NULL;
}

static void merge_labels(Table *table)
{
    for (guint i = 0; i < table->n; i++)
        for (guint k = 0; k < i && at(table, i)->label; k++)
            if (table->members[i] && table->members[k] && g_strcmp0(at(table, i)->label, at(table, k)->label) == 0)
                merge(table, k, i);
}

static gboolean merge_nearest(Table *table)
{
    double least = INFINITY;
    guint best_i = 0, best_k = 0;
    for (guint i = 0; i < table->n; i++)
        for (guint k = 0; table->members[i] && k < i; k++) {
            gboolean apart;
            if (!table->members[k])
                continue;
            const double distance = mean_distance(table, table->members[i], table->members[k], &apart);
            if (apart || distance >= least || distance >= link_limit(table, table->members[i], table->members[k]))
                continue;
            least = distance;
            best_i = i;
            best_k = k;
        }
    if (!isfinite(least))
        return FALSE;
    merge(table, best_k, best_i);
    return TRUE;
}

static void leave_out(Table *table, guint cluster, const char *doubt)
{
    for (guint i = 0; i < table->members[cluster]->len; i++)
        ((NtSighting *)table->sightings->pdata[g_array_index(table->members[cluster], guint, i)])->doubt = doubt;
    g_array_unref(table->members[cluster]);
    table->members[cluster] = NULL;
}

static gboolean is_labelled(const Table *table, guint cluster)
{
    for (guint i = 0; i < table->members[cluster]->len; i++)
        if (at(table, g_array_index(table->members[cluster], guint, i))->label)
            return TRUE;
    return FALSE;
}

static void leave_out_doubtful(Table *table)
{
    for (guint i = 0; i < table->n; i++)
        for (guint k = 0; table->members[i] && k < i; k++) {
            gboolean apart;
            if (!table->members[k] ||
                mean_distance(table, table->members[i], table->members[k], &apart) >= CLEAR_LIMIT || apart)
                continue;
            const gboolean keep_k = is_labelled(table, k) != is_labelled(table, i)
                                        ? is_labelled(table, k)
                                        : table->members[k]->len >= table->members[i]->len;
            leave_out(table, keep_k ? i : k, "perhaps somebody who is there already");
        }
}

/* Keeps the first of pictures that are as good as the same; larger faces go first. */
static void leave_out_duplicates(Table *table, guint cluster)
{
    GArray *members = table->members[cluster];
    for (guint i = 0; i < members->len; i++) {
        NtSighting *a = table->sightings->pdata[g_array_index(members, guint, i)];
        for (guint k = 0; k < members->len && !a->doubt; k++) {
            const NtSighting *b = at(table, g_array_index(members, guint, k));
            const float distance =
                table->distances[(gsize)g_array_index(members, guint, i) * table->n + g_array_index(members, guint, k)];
            const gboolean first = b->width_px > a->width_px || (b->width_px == a->width_px && k < i);
            if (k != i && !b->doubt && first && distance < (float)SAME_PICTURE)
                a->doubt = "nearly the same picture is there already";
        }
    }
}

static guint number_clusters(Table *table)
{
    guint number = 0;
    for (;;) {
        gint largest = -1;
        for (guint i = 0; i < table->n; i++)
            if (table->members[i] && (largest < 0 || table->members[i]->len > table->members[largest]->len))
                largest = (gint)i;
        if (largest < 0)
            return number;
        leave_out_duplicates(table, (guint)largest);
        for (guint i = 0; i < table->members[largest]->len; i++) {
            NtSighting *sighting = table->sightings->pdata[g_array_index(table->members[largest], guint, i)];
            sighting->cluster = sighting->doubt ? -1 : (gint)number;
        }
        g_array_unref(table->members[largest]);
        table->members[largest] = NULL;
        number++;
    }
}

guint nt_set_cluster(GPtrArray *sightings)
{
    const guint n = sightings->len;
    g_autofree float *distances = g_new0(float, (gsize)n *n);
    g_autofree gboolean *apart = g_new0(gboolean, (gsize)n * n);
    g_autofree GArray **members = g_new0(GArray *, n);
    Table table = {n, distances, apart, sightings, members};
    for (guint i = 0; i < n; i++) {
        NtSighting *a = sightings->pdata[i];
        a->cluster = -1;
        members[i] = g_array_new(FALSE, FALSE, sizeof(guint));
        g_array_append_val(members[i], i);
        for (guint k = 0; k < n; k++) {
            const NtSighting *b = at(&table, k);
            distances[(gsize)i * n + k] = nt_embedding_distance(a->embedding, b->embedding);
            apart[(gsize)i * n + k] = i != k && known_apart(a, b);
        }
    }
    merge_labels(&table);
    while (merge_nearest(&table)) {
    }
    leave_out_doubtful(&table);
    return number_clusters(&table);
}
