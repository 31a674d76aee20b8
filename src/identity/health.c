#include "identity/health.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "identity/people_matrix.h"

/* Pictures of one person lie within this of one another, nearly always; beyond, one of them shows somebody else. */
#define SAME_PERSON 0.6f
/* Two pictures of a person are named right less often than three, one much less (docs/accuracy.md). */
#define WANTED_PICTURES 3
/* An ignored face as near as this to a picture of a person is most likely theirs, and one that was said not to be them
 * nearly the same picture: both keep the name from being given. */
#define HIDING_STRANGER 0.5f
#define HIDING_REJECTION 0.3f
/* With a smaller mean distance from their mean all pictures come from one moment. */
#define NARROW_SPREAD 0.12f

/* One person's pictures in use. */
typedef struct Pictures {
    NtPersonHealth *health;
    GArray *embeddings; /* float [128] each */
    GArray *ids;        /* gint64 */
    GArray *numbers;    /* guint */
} Pictures;

static void pictures_free(Pictures *pictures)
{
    g_array_unref(pictures->embeddings);
    g_array_unref(pictures->ids);
    g_array_unref(pictures->numbers);
    g_free(pictures);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pictures, pictures_free)

static const float *embedding_of(const Pictures *pictures, guint i)
{
    return (const float *)(const void *)pictures->embeddings->data + (gsize)i * NT_EMBEDDING_SIZE;
}

void nt_person_health_free(NtPersonHealth *health)
{
    if (!health)
        return;
    g_array_unref(health->outliers);
    g_ptr_array_unref(health->advice);
    g_free(health);
}

static void add_picture(const NtGalleryFace *face, gpointer user)
{
    Pictures *pictures = user;
    NtPersonHealth *health = pictures->health;
    health->n_faces++;
    health->n_aside += face->aside;
    if (face->aside)
        return;
    health->n_forced += face->forced;
    if (face->quality.size_px > 0) {
        health->n_measured++;
        if (face->quality.yaw < -NT_SIDE_DEGREES)
            health->has_left = TRUE;
        else if (face->quality.yaw > NT_SIDE_DEGREES)
            health->has_right = TRUE;
        else
            health->has_front = TRUE;
    }
    g_array_append_vals(pictures->embeddings, face->embedding, NT_EMBEDDING_SIZE);
    g_array_append_val(pictures->ids, face->id);
    g_array_append_val(pictures->numbers, health->n_faces);
}

static float nearest_picture(const Pictures *pictures, const float *embedding)
{
    float nearest = INFINITY;
    for (guint i = 0; i < pictures->ids->len; i++)
        nearest = MIN(nearest, nt_embedding_distance(embedding_of(pictures, i), embedding));
    return nearest;
}

static void count_hiding_stranger(const NtGalleryFace *face, gpointer user)
{
    const Pictures *pictures = user;
    pictures->health->n_hiding_strangers += nearest_picture(pictures, face->embedding) < HIDING_STRANGER;
}

static void count_hiding_rejection(const NtGalleryFace *face, gpointer user)
{
    const Pictures *pictures = user;
    pictures->health->n_hiding_rejections += nearest_picture(pictures, face->embedding) < HIDING_REJECTION;
}

static gboolean count_hiding_answers(NtGallery *gallery, Pictures *pictures, GError **error)
{
    return nt_gallery_visit_strangers(gallery, FALSE, count_hiding_stranger, pictures, error) &&
           nt_gallery_visit_rejections(gallery, pictures->health->name, count_hiding_rejection, pictures, error);
}

static Pictures *read_pictures(NtGallery *gallery, const char *name, GError **error)
{
    g_autoptr(Pictures) pictures = g_new0(Pictures, 1);
    pictures->embeddings = g_array_new(FALSE, FALSE, sizeof(float));
    pictures->ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    pictures->numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(NtPersonHealth) health = pictures->health = g_new0(NtPersonHealth, 1);
    health->name = g_intern_string(name);
    health->outliers = g_array_new(FALSE, FALSE, sizeof(NtOutlier));
    health->advice = g_ptr_array_new_with_free_func(g_free);
    health->nearest_distance = INFINITY;
    if (!nt_gallery_visit_faces(gallery, name, FALSE, add_picture, pictures, error) ||
        !count_hiding_answers(gallery, pictures, error))
        return NULL;
    g_steal_pointer(&health);
    return g_steal_pointer(&pictures);
}

static void measure_spread(const Pictures *pictures)
{
    const guint n = pictures->ids->len;
    double mean[NT_EMBEDDING_SIZE] = {0}, sum = 0;
    for (guint i = 0; i < n; i++)
        for (int k = 0; k < NT_EMBEDDING_SIZE; k++)
            mean[k] += (double)embedding_of(pictures, i)[k] / n;
    for (guint i = 0; i < n; i++) {
        for (int k = 0; k < NT_EMBEDDING_SIZE; k++)
            sum += ((double)embedding_of(pictures, i)[k] - mean[k]) * ((double)embedding_of(pictures, i)[k] - mean[k]);
        for (guint j = 0; j < i; j++)
            pictures->health->widest = MAX(pictures->health->widest,
                                           nt_embedding_distance(embedding_of(pictures, i), embedding_of(pictures, j)));
    }
    pictures->health->spread = n ? (float)sqrt(sum / n) : 0;
}

/* From one picture to the person's others, as the classifier would have it without that picture; INFINITY for an only one. */
static float own_distance(const Pictures *pictures, guint picture)
{
    const guint n = pictures->ids->len - 1;
    if (n == 0)
        return INFINITY;
    g_autofree float *others = g_new(float, (gsize)n * NT_EMBEDDING_SIZE);
    g_autofree guint *whose = g_new0(guint, n);
    memcpy(others, embedding_of(pictures, 0), (gsize)picture * NT_EMBEDDING_SIZE * sizeof(float));
    memcpy(others + (gsize)picture * NT_EMBEDDING_SIZE, embedding_of(pictures, picture + 1),
           (gsize)(n - picture) * NT_EMBEDDING_SIZE * sizeof(float));
    char *names[] = {(char *)pictures->health->name, NULL};
    const NtGallerySnapshot alone = {.n_people = 1, .n_faces = n, .names = names, .embeddings = others, .person = whose};
    g_autoptr(NtPeopleMatrix) matrix = nt_people_matrix_new(&alone, NULL);
    return matrix ? nt_people_matrix_distance(matrix, 0, embedding_of(pictures, picture)) : INFINITY;
}

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* From one picture to the person's others, the middle one of them: what one wrong picture among right ones does not move.
 * INFINITY for an only one. */
static float typical_distance(const Pictures *pictures, guint picture)
{
    const guint n = pictures->ids->len;
    g_autofree float *distances = g_new(float, n);
    guint n_others = 0;
    for (guint i = 0; i < n; i++)
        if (i != picture)
            distances[n_others++] = nt_embedding_distance(embedding_of(pictures, picture), embedding_of(pictures, i));
    if (n_others == 0)
        return INFINITY;
    qsort(distances, n_others, sizeof *distances, by_value);
    return distances[n_others / 2];
}

static void add_outlier(const Pictures *pictures, guint picture, float own, const char *looks_like)
{
    const NtOutlier outlier = {g_array_index(pictures->ids, gint64, picture), g_array_index(pictures->numbers, guint, picture),
                               own, looks_like};
    g_array_append_val(pictures->health->outliers, outlier);
}

static void find_own_outliers(const Pictures *pictures)
{
    for (guint i = 0; i < pictures->ids->len; i++) {
        const float typical = typical_distance(pictures, i);
        if (isfinite(typical) && typical > SAME_PERSON)
            add_outlier(pictures, i, typical, NULL);
    }
}

/* Advice. */

static void advise(NtPersonHealth *health, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void advise(NtPersonHealth *health, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(health->advice, g_strdup_vprintf(format, args));
    va_end(args);
}

static void advise_views(NtPersonHealth *health)
{
    const guint in_use = health->n_faces - health->n_aside;
    if (in_use == 0 || health->n_measured < in_use)
        return; /* one of unknown pose may be the view that seems missing */
    if (!health->has_front)
        advise(health, "no picture from the front");
    if (!health->has_left && !health->has_right)
        advise(health, "no picture looking left or right");
    else if (!health->has_left)
        advise(health, "no picture looking left");
    else if (!health->has_right)
        advise(health, "no picture looking right");
}

static void advise_all(NtPersonHealth *health, float threshold)
{
    const guint in_use = health->n_faces - health->n_aside;
    if (in_use == 0)
        advise(health, "no picture is in use, so the name is never given: use one again, or enrol new ones");
    else if (in_use == 1)
        advise(health, "only one picture: add two more from other days");
    else if (in_use < WANTED_PICTURES)
        advise(health, "only %u pictures: one more from another day helps", in_use);
    else if (health->spread < NARROW_SPREAD)
        advise(health, "all pictures are from one moment: add some from other days");
    for (guint i = 0; i < health->outliers->len; i++) {
        const NtOutlier *outlier = &g_array_index(health->outliers, NtOutlier, i);
        if (outlier->looks_like)
            advise(health, "picture %u looks like %s: move it if it shows %s", outlier->number, outlier->looks_like,
                   outlier->looks_like);
        else
            advise(health, "picture %u looks unlike the others: remove it if it shows somebody else", outlier->number);
    }
    advise_views(health);
    if (health->nearest && health->nearest_distance < threshold)
        advise(health, "hard to tell from %s: more good pictures of both help, or merge the two if they are one person",
               health->nearest);
    if (health->n_hiding_strangers)
        advise(health, "%u ignored face%s like them, so they may stay unknown: 'nametag people unignore' if it is them",
               health->n_hiding_strangers, health->n_hiding_strangers == 1 ? " looks" : "s look");
    if (health->n_hiding_rejections)
        advise(health, "%u face%s like theirs %s said not to be them: 'nametag people accept' if it is them after all",
               health->n_hiding_rejections, health->n_hiding_rejections == 1 ? "" : "s",
               health->n_hiding_rejections == 1 ? "was" : "were");
    if (health->n_forced)
        advise(health, "%u picture%s taken against advice: better ones help", health->n_forced,
               health->n_forced == 1 ? " was" : "s were");
}

NtPersonHealth *nt_person_health(NtGallery *gallery, const char *name, GError **error)
{
    g_autoptr(Pictures) pictures = read_pictures(gallery, name, error);
    if (!pictures)
        return NULL;
    measure_spread(pictures);
    find_own_outliers(pictures);
    advise_all(pictures->health, 0);
    return pictures->health;
}

/* The whole gallery. */

void nt_gallery_health_free(NtGalleryHealth *health)
{
    if (!health)
        return;
    g_ptr_array_unref(health->people);
    g_free(health);
}

static void free_person(gpointer data) { nt_person_health_free(data); }

/* The person other than `name` who is nearest to an embedding. */
static gboolean nearest_other(const NtClassifier *classifier, const float *embedding, const char *name, NtNeighbour *other)
{
    NtNeighbour neighbours[2];
    const guint n = nt_classifier_neighbours(classifier, embedding, neighbours, G_N_ELEMENTS(neighbours));
    for (guint i = 0; i < n; i++) {
        if (neighbours[i].name == name)
            continue;
        *other = neighbours[i];
        return isfinite(other->distance);
    }
    return FALSE;
}

static void compare_with_others(const Pictures *pictures, const NtClassifier *classifier, float threshold)
{
    NtPersonHealth *health = pictures->health;
    for (guint i = 0; i < pictures->ids->len; i++) {
        const float own = own_distance(pictures, i), typical = typical_distance(pictures, i);
        NtNeighbour other = {.distance = INFINITY};
        if (nearest_other(classifier, embedding_of(pictures, i), health->name, &other) &&
            other.distance < health->nearest_distance) {
            health->nearest = other.name;
            health->nearest_distance = other.distance;
        }
        health->n_recognised += own <= threshold && own < other.distance;
        if (other.distance < threshold && other.distance < typical)
            add_outlier(pictures, i, typical, other.name);
        else if (isfinite(typical) && typical > SAME_PERSON)
            add_outlier(pictures, i, typical, NULL);
    }
}

typedef struct Strangers {
    NtGalleryHealth *health;
    const NtClassifier *classifier;
} Strangers;

static void add_stranger(const NtGalleryFace *face, gpointer user)
{
    const Strangers *strangers = user;
    NtNeighbour other;
    if (!nearest_other(strangers->classifier, face->embedding, NULL, &other) ||
        !(other.distance < strangers->health->highest_stranger))
        return;
    strangers->health->highest_stranger = other.distance;
    strangers->health->highest_stranger_name = other.name;
    strangers->health->highest_stranger_who = NULL;
}

static gboolean add_person(NtGalleryHealth *health, NtGallery *gallery, const char *name, const NtClassifier *classifier,
                           GError **error)
{
    g_autoptr(Pictures) pictures = read_pictures(gallery, name, error);
    if (!pictures)
        return FALSE;
    NtPersonHealth *person = pictures->health;
    g_ptr_array_add(health->people, person);
    measure_spread(pictures);
    compare_with_others(pictures, classifier, health->threshold);
    advise_all(person, health->threshold);
    if (person->nearest && person->nearest_distance < health->alike_distance) {
        health->alike[0] = person->name;
        health->alike[1] = person->nearest;
        health->alike_distance = person->nearest_distance;
    }
    if (person->nearest && person->nearest_distance < health->highest_stranger) {
        health->highest_stranger = person->nearest_distance;
        health->highest_stranger_name = person->nearest;
        health->highest_stranger_who = person->name;
    }
    return TRUE;
}

NtGalleryHealth *nt_gallery_health(NtGallery *gallery, NtCaution caution, GError **error)
{
    const NtClassifierOptions options = {.caution = caution};
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(gallery, error);
    g_autoptr(NtClassifier) classifier = snapshot ? nt_classifier_new(snapshot, &options, NULL, error) : NULL;
    g_autoptr(GPtrArray) people = classifier ? nt_gallery_list_people(gallery, error) : NULL;
    if (!people)
        return NULL;
    g_autoptr(NtGalleryHealth) health = g_new0(NtGalleryHealth, 1);
    health->people = g_ptr_array_new_with_free_func(free_person);
    health->threshold = nt_classifier_threshold(classifier);
    health->false_name_rate = nt_classifier_false_name_rate(classifier);
    health->alike_distance = health->highest_stranger = INFINITY;
    for (guint i = 0; i < people->len; i++)
        if (!add_person(health, gallery, ((const NtPerson *)people->pdata[i])->name, classifier, error))
            return NULL;
    Strangers strangers = {health, classifier};
    if (!nt_gallery_visit_strangers(gallery, FALSE, add_stranger, &strangers, error))
        return NULL;
    return g_steal_pointer(&health);
}
