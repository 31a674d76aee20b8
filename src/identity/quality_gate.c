#include "identity/quality_gate.h"

#include <math.h>
#include <string.h>

/* The limits of enrolment: about where a picture's embedding has moved by 0.25 from what the undegraded picture gives. At
 * 0.2 nothing is lost yet; from 0.3 on names are lost and strangers are taken for somebody (docs/accuracy.md). */
#define LEAST_SIZE_PX 40
#define LEAST_SHARPNESS 0.30f
#define LEAST_INSIDE 0.90f
#define LEAST_BRIGHTNESS 0.12f
#define LEAST_CONTRAST 0.035f
#define MOST_CLIPPED 0.40f
#define MIDDLE_BRIGHTNESS 0.5f /* clipped pixels of a face darker than this are black, of another burnt out */
/* Beyond, one eye is nearly hidden, and the landmarks, on which the chip depends, begin to slip. */
#define MOST_YAW 35
#define MOST_PITCH 30

/* Nearer than this to another person's picture, and nearer than to the person's own: one of the two names is wrong, most
 * likely. Two pictures of one person lie at 0.25 to 0.55, of two people hardly ever within 0.5. */
#define SOMEBODY_DISTANCE 0.45f
/* Farther than this from each of the person's pictures: the limit within which all of one person's pictures lay. */
#define STRANGER_DISTANCE 0.6f

NtGateReason nt_gate_quality(const NtQuality *q)
{
    if (!(q->size_px > 0))
        return NT_GATE_GOOD;
    if (q->inside < LEAST_INSIDE)
        return NT_GATE_CUT_OFF;
    if (q->size_px < LEAST_SIZE_PX)
        return NT_GATE_SMALL;
    if (q->brightness < LEAST_BRIGHTNESS || (q->clipped > MOST_CLIPPED && q->brightness < MIDDLE_BRIGHTNESS))
        return NT_GATE_DARK;
    if (q->clipped > MOST_CLIPPED)
        return NT_GATE_BRIGHT;
    if (q->contrast < LEAST_CONTRAST)
        return NT_GATE_FLAT;
    if (q->sharpness < LEAST_SHARPNESS)
        return NT_GATE_BLURRED;
    if (fabsf(q->yaw) > MOST_YAW || fabsf(q->pitch) > MOST_PITCH)
        return NT_GATE_TURNED;
    return NT_GATE_GOOD;
}

/* From this width on a face is as good as any: its embedding moves by 0.05 (docs/accuracy.md). */
#define IDEAL_SIZE_PX 110.0f
#define SCORE_UNMEASURED 0.5f

float nt_gate_score(const NtQuality *q)
{
    const float radians = (float)(G_PI / 180);
    if (!(q->size_px > 0))
        return SCORE_UNMEASURED;
    return MIN(1, q->size_px / IDEAL_SIZE_PX) * sqrtf(q->sharpness) * q->inside * (1 - q->clipped) *
           MAX(0, cosf(q->yaw * radians)) * MAX(0, cosf(q->pitch * radians));
}

/* As the gallery compares names. */
static char *normal_name(const char *name)
{
    g_autofree char *normal = g_utf8_normalize(name, -1, G_NORMALIZE_NFC);
    return g_strdup(normal ? g_strstrip(normal) : name);
}

typedef struct Nearest {
    const char *name; /* interned; NULL without anybody */
    float distance;
} Nearest;

static void find_nearest(const NtGallerySnapshot *snapshot, const char *person, const float *embedding, Nearest *own,
                         Nearest *other)
{
    g_autofree char *wanted = normal_name(person);
    *own = *other = (Nearest){NULL, INFINITY};
    for (guint i = 0; i < snapshot->n_faces; i++) {
        const char *name = snapshot->names[snapshot->person[i]];
        const float distance = nt_embedding_distance(embedding, snapshot->embeddings + (gsize)i * NT_EMBEDDING_SIZE);
        Nearest *nearest = strcmp(name, wanted) == 0 ? own : other;
        if (distance < nearest->distance)
            *nearest = (Nearest){name, distance};
    }
    other->name = other->name ? g_intern_string(other->name) : NULL;
}

void nt_gate_check(const NtGallerySnapshot *snapshot, const char *person, const float embedding[NT_EMBEDDING_SIZE],
                   const NtQuality *quality, NtGateAnswer *answer)
{
    Nearest own, other;
    find_nearest(snapshot, person, embedding, &own, &other);
    *answer = (NtGateAnswer){.reason = nt_gate_quality(quality), .quality = *quality};
    if (own.distance < NT_GATE_DUPLICATE_DISTANCE) {
        answer->reason = NT_GATE_DUPLICATE;
        answer->distance = own.distance;
    } else if (answer->reason != NT_GATE_GOOD) {
        return;
    } else if (other.distance < SOMEBODY_DISTANCE && other.distance < own.distance) {
        answer->reason = NT_GATE_SOMEBODY;
        answer->other = other.name;
        answer->distance = other.distance;
    } else if (own.name && own.distance > STRANGER_DISTANCE) {
        answer->reason = NT_GATE_STRANGER;
        answer->distance = own.distance;
    }
}

static char *describe_turned(const NtQuality *q)
{
    const gboolean aside = fabsf(q->yaw) > MOST_YAW;
    return g_strdup_printf("turned too far %s (about %.0f degrees): look more towards the camera",
                           aside ? "aside" : q->pitch > 0 ? "up" : "down", (double)fabsf(aside ? q->yaw : q->pitch));
}

char *nt_gate_describe(const NtGateAnswer *answer, const char *person)
{
    const NtQuality *q = &answer->quality;
    switch (answer->reason) {
    case NT_GATE_SMALL:
        return g_strdup_printf("too small (a face of %.0f pixels, %d are wanted): come nearer, or take a larger picture",
                               (double)q->size_px, LEAST_SIZE_PX);
    case NT_GATE_BLURRED:
        return g_strdup_printf("too blurred (sharpness %.2f, %.2f is wanted): hold the camera still, focus on the face, or "
                               "come nearer", (double)q->sharpness, (double)LEAST_SHARPNESS);
    case NT_GATE_TURNED:
        return describe_turned(q);
    case NT_GATE_CUT_OFF:
        return g_strdup_printf("cut off (%d %% of the face is in the picture): take one that shows the whole face",
                               (int)(100 * q->inside));
    case NT_GATE_DARK:
        return g_strdup_printf("too dark (brightness %.0f %%): turn the face to the light, or put a light before it",
                               100 * (double)q->brightness);
    case NT_GATE_BRIGHT:
        return g_strdup_printf("too bright (%.0f %% of the face is burnt out): less light on the face, or a shorter exposure",
                               100 * (double)q->clipped);
    case NT_GATE_FLAT:
        return g_strdup_printf("hardly any contrast in the face (%.1f %%): take one without haze, glare or light from behind",
                               100 * (double)q->contrast);
    case NT_GATE_DUPLICATE:
        return g_strdup_printf("such a picture is enrolled already (distance %.2f): another day, light or side would add "
                               "something", (double)answer->distance);
    case NT_GATE_SOMEBODY:
        return g_strdup_printf("it looks like %s (distance %.2f): see whether it really shows %s", answer->other,
                               (double)answer->distance, person);
    case NT_GATE_STRANGER:
        return g_strdup_printf("it looks nothing like the other pictures of %s (distance %.2f): see whether this and "
                               "the others all show %s", person, (double)answer->distance, person);
    case NT_GATE_GOOD:
    case NT_N_GATE_REASONS:
        break;
    }
    return NULL;
}

const char *nt_gate_reason_word(NtGateReason reason)
{
    static const char *const words[NT_N_GATE_REASONS] = {
        [NT_GATE_GOOD] = "good",
        [NT_GATE_SMALL] = "too small",
        [NT_GATE_BLURRED] = "too blurred",
        [NT_GATE_TURNED] = "turned away",
        [NT_GATE_CUT_OFF] = "cut off",
        [NT_GATE_DARK] = "too dark",
        [NT_GATE_BRIGHT] = "too bright",
        [NT_GATE_FLAT] = "without contrast",
        [NT_GATE_DUPLICATE] = "enrolled already",
        [NT_GATE_SOMEBODY] = "like somebody else",
        [NT_GATE_STRANGER] = "unlike the person's others",
    };
    return words[reason];
}

/* Diversity. */

/* How much the best picture's distance counts beside the worst one's: covering a person's looks matters most. */
#define QUALITY_WEIGHT 0.5f

static float weight(const NtQuality *quality) { return 1 - QUALITY_WEIGHT + QUALITY_WEIGHT * nt_gate_score(quality); }

typedef struct Choice {
    const float *embeddings;
    const NtQuality *qualities;
    guint n;
    gboolean *outlier; /* far from most of the others */
    float *nearest;    /* distance to the nearest one chosen so far */
} Choice;

static float distance(const Choice *choice, guint a, guint b)
{
    return nt_embedding_distance(choice->embeddings + (gsize)a * NT_EMBEDDING_SIZE,
                                 choice->embeddings + (gsize)b * NT_EMBEDDING_SIZE);
}

/* Marks the outliers: pictures that are not the same person by most of the others. Returns the one to begin with: nearest
 * to all the others for its quality. */
static guint find_middle(const Choice *choice)
{
    guint middle = 0;
    float best = INFINITY;
    for (guint i = 0; i < choice->n; i++) {
        guint far = 0;
        float sum = 0;
        for (guint k = 0; k < choice->n; k++) {
            const float d = k == i ? 0 : distance(choice, i, k);
            far += d > STRANGER_DISTANCE;
            sum += d;
        }
        choice->outlier[i] = 2 * far > choice->n - 1;
        sum /= weight(&choice->qualities[i]);
        if (!choice->outlier[i] && sum < best) {
            best = sum;
            middle = i;
        }
    }
    return middle;
}

void nt_gate_choose(const float *embeddings, const NtQuality *qualities, guint n, guint max, gboolean *keep)
{
    for (guint i = 0; i < n; i++)
        keep[i] = n <= max;
    if (n <= max || max == 0)
        return;
    g_autofree gboolean *outlier = g_new0(gboolean, n);
    g_autofree float *nearest = g_new(float, n);
    const Choice choice = {embeddings, qualities, n, outlier, nearest};
    guint next = find_middle(&choice);
    for (guint i = 0; i < n; i++)
        nearest[i] = INFINITY;
    /* Farthest point first (T. Gonzalez: Clustering to minimize the maximum intercluster distance, 1985), weighted by quality;
     * outliers when nothing else is left. */
    for (guint chosen = 0; chosen < max; chosen++) {
        keep[next] = TRUE;
        float farthest = -INFINITY;
        guint candidate = next;
        for (guint i = 0; i < n; i++) {
            nearest[i] = MIN(nearest[i], distance(&choice, i, next));
            if (keep[i])
                continue;
            const float gain = outlier[i] ? -nearest[i] : nearest[i] * weight(&qualities[i]);
            if (gain > farthest) {
                farthest = gain;
                candidate = i;
            }
        }
        next = candidate;
    }
}
