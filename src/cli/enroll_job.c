#include "cli/enroll_job.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "media/source.h"
#include "media/still.h"

/* Faces smaller than this keep too little of a person: at 36 pixels recognition begins to suffer. */
#define MIN_FACE_PX 36
/* Nearer than this is the same picture again. */
#define SAME_PICTURE 0.05f
/* Nearer than this to another person's picture: one of the two names is wrong, most likely. */
#define SOMEBODY_ELSE 0.45f
/* In a clip, frames are looked at this far apart, and only well-scored ones are kept. */
#define CLIP_STEP_S 0.25
#define MIN_CLIP_SCORE 0.2
/* Within one clip faces farther apart than this are different people. */
#define SAME_PERSON 0.6f
#define MAX_CANDIDATES 2000

static void say(const NtEnrollJob *job, const char *where, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void say(const NtEnrollJob *job, const char *where, const char *format, ...)
{
    if (job->quiet)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    printf("  %s: %s\n", where, text);
    fflush(stdout);
}

/* The nearest picture in the gallery: whose, and how far. */
typedef struct Nearest {
    const char *name; /* interned; NULL in an empty gallery */
    float distance;
} Nearest;

static gboolean find_nearest(const NtEnrollJob *job, const char *person, const float *embedding, Nearest *own,
                             Nearest *other, GError **error)
{
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(job->gallery, error);
    g_autofree char *wanted = g_utf8_normalize(person, -1, G_NORMALIZE_NFC);
    *own = *other = (Nearest){NULL, INFINITY};
    if (!snapshot)
        return FALSE;
    for (guint i = 0; i < snapshot->n_faces; i++) {
        const char *name = snapshot->names[snapshot->person[i]];
        Nearest *nearest = g_strcmp0(name, g_strstrip(wanted)) == 0 ? own : other;
        const float distance = nt_embedding_distance(embedding, snapshot->embeddings + (gsize)i * NT_EMBEDDING_SIZE);
        if (distance < nearest->distance)
            *nearest = (Nearest){g_intern_string(name), distance};
    }
    return TRUE;
}

/* The face to take, or NULL after a line that says why there is none. */
static const NtFace *choose_face(const NtEnrollJob *job, const NtTaggedFrame *frame, const char *where)
{
    const NtFace *best = NULL;
    for (guint i = 0; i < frame->n_faces; i++)
        if (!best || nt_rect_width(frame->faces[i].detection.box) > nt_rect_width(best->detection.box))
            best = &frame->faces[i];
    if (!best) {
        say(job, where, "refused: no face was found; the face should look at the camera and be larger than 80 pixels "
                        "(--upsample 1 finds smaller ones)");
        return NULL;
    }
    if (frame->n_faces > 1 && !job->largest) {
        say(job, where, "refused: it shows %u faces, and whose is whose can't be known; cut the person out, or say "
                        "--largest", frame->n_faces);
        return NULL;
    }
    const int width = nt_rect_width(best->detection.box);
    if (width < MIN_FACE_PX && !job->force) {
        say(job, where, "refused: the face is %d pixels wide, and less than %d tell too little (--force takes it)", width,
            MIN_FACE_PX);
        return NULL;
    }
    return best;
}

/* Whether a face adds something and is who it is said to be. FALSE with error unset after a line that says why not. */
static gboolean is_welcome(const NtEnrollJob *job, const char *person, const NtFace *face, const char *where,
                           GError **error)
{
    Nearest own, other;
    if (!find_nearest(job, person, face->embedding, &own, &other, error))
        return FALSE;
    if (own.distance < SAME_PICTURE) {
        say(job, where, "refused: it is enrolled already");
        return FALSE;
    }
    if (other.distance < SOMEBODY_ELSE && other.distance < own.distance && !job->force) {
        say(job, where, "refused: it looks like %s (distance %.2f); if it really is %s, say --force", other.name,
            other.distance, person);
        return FALSE;
    }
    return TRUE;
}

static gboolean add_face(const NtEnrollJob *job, const char *person, const NtFace *face, const char *source,
                         gint64 pts_ns, GError **error)
{
    NtGalleryFace entry = {.chip = face->chip, .source = source, .pts_ns = pts_ns, .box = face->detection.box,
                           .score = face->detection.score};
    memcpy(entry.embedding, face->embedding, sizeof entry.embedding);
    return nt_gallery_add_face(job->gallery, person, &entry, error) != 0;
}

guint nt_enroll_still(const NtEnrollJob *job, const char *person, const char *path, GError **error)
{
    g_autoptr(NtStill) still = nt_still_load(path, error);
    g_autoptr(NtTaggedFrame) frame = still ? nt_analyser_tag_rgb(job->analyser, &still->rgb, error) : NULL;
    const NtFace *face = frame ? choose_face(job, frame, path) : NULL;
    if (!face || !is_welcome(job, person, face, path, error) || !add_face(job, person, face, path, -1, error))
        return 0;
    say(job, path, "taken (face of %d pixels, score %.2f)", nt_rect_width(face->detection.box), face->detection.score);
    return 1;
}

/* What was seen in a clip: frames with just one good face. */
typedef struct Candidate {
    NtTaggedFrame *frame; /* its only face is the candidate */
    float nearest;        /* distance to the nearest one chosen so far */
} Candidate;

static void clear_candidate(gpointer data) { nt_tagged_frame_unref(((Candidate *)data)->frame); }

typedef struct Survey {
    guint looked_at, crowded, without, weak;
} Survey;

static gboolean survey_clip(const NtEnrollJob *job, NtSource *source, GArray *candidates, Survey *survey,
                            NtProgress *progress, GError **error)
{
    const gint64 end_ns = job->end_s > 0 ? (gint64)(job->end_s * 1e9) : G_MAXINT64;
    const gint64 duration = nt_source_duration_ns(source);
    gint64 next_ns = (gint64)(job->start_s * 1e9);
    GError *reason = NULL;
    while (!nt_command_interrupted() && candidates->len < MAX_CANDIDATES) {
        g_autoptr(NtFrame) frame = nt_source_read(source, &reason);
        if (!frame)
            break;
        const gint64 pts = nt_frame_pts_ns(frame);
        if (pts >= end_ns)
            break;
        if (pts < next_ns)
            continue;
        next_ns = pts + (gint64)(CLIP_STEP_S * 1e9);
        g_autoptr(NtTaggedFrame) tagged = nt_analyser_tag_yuv(job->analyser, nt_frame_image(frame), &reason);
        if (!tagged)
            break;
        tagged->pts_ns = pts;
        survey->looked_at++;
        nt_progress_update(progress, survey->looked_at, duration > 0 ? (double)pts / (double)MIN(duration, end_ns) : -1);
        if (tagged->n_faces == 0) {
            survey->without++;
        } else if (tagged->n_faces > 1) {
            survey->crowded++;
        } else if (tagged->faces[0].detection.score < MIN_CLIP_SCORE ||
                   nt_rect_width(tagged->faces[0].detection.box) < MIN_FACE_PX) {
            survey->weak++;
        } else {
            const Candidate candidate = {g_steal_pointer(&tagged), INFINITY};
            g_array_append_val(candidates, candidate);
        }
    }
    if (reason) {
        g_propagate_error(error, reason);
        return FALSE;
    }
    return TRUE;
}

static const NtFace *candidate_face(const GArray *candidates, guint i)
{
    return &g_array_index(candidates, Candidate, i).frame->faces[0];
}

/* Farthest-point choice: begins with the best-scored face, then always the one least like those chosen, as long as it is
 * still the same person and not the same picture. Fills chosen, returns how many. */
static guint choose_varied(GArray *candidates, guint *chosen, guint max)
{
    guint n = 0, best = 0;
    for (guint i = 1; i < candidates->len; i++)
        if (candidate_face(candidates, i)->detection.score > candidate_face(candidates, best)->detection.score)
            best = i;
    const float *anchor = candidate_face(candidates, best)->embedding;
    while (n < max) {
        chosen[n++] = best;
        float farthest = SAME_PICTURE;
        guint next = G_MAXUINT;
        for (guint i = 0; i < candidates->len; i++) {
            Candidate *candidate = &g_array_index(candidates, Candidate, i);
            const float *embedding = candidate->frame->faces[0].embedding;
            const float distance = nt_embedding_distance(embedding, candidate_face(candidates, best)->embedding);
            candidate->nearest = MIN(candidate->nearest, distance);
            if (candidate->nearest > farthest && nt_embedding_distance(embedding, anchor) < SAME_PERSON) {
                farthest = candidate->nearest;
                next = i;
            }
        }
        if (next == G_MAXUINT)
            break;
        best = next;
    }
    return n;
}

/* Whether the clip shows one person only: half of the faces near the best one. */
static gboolean is_one_person(const GArray *candidates, guint anchor)
{
    guint near = 0;
    for (guint i = 0; i < candidates->len; i++)
        near += nt_embedding_distance(candidate_face(candidates, i)->embedding,
                                      candidate_face(candidates, anchor)->embedding) < SAME_PERSON;
    return near * 10 >= candidates->len * 8;
}

guint nt_enroll_clip(const NtEnrollJob *job, const char *person, const char *location, GError **error)
{
    g_autoptr(NtSource) source = nt_source_open(location, error);
    if (!source)
        return 0;
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
    g_array_set_clear_func(candidates, clear_candidate);
    g_autoptr(NtProgress) progress = nt_progress_new(location, "frames", job->quiet);
    Survey survey = {0};
    if (!survey_clip(job, source, candidates, &survey, progress, error))
        return 0;
    nt_progress_clear(progress);
    if (nt_command_interrupted())
        return 0;
    if (candidates->len == 0) {
        say(job, location, "refused: of %u frames looked at, %u show no face, %u several, %u one too small or turned away",
            survey.looked_at, survey.without, survey.crowded, survey.weak);
        return 0;
    }
    g_autofree guint *chosen = g_new(guint, job->max);
    const guint n = choose_varied(candidates, chosen, job->max);
    if (!is_one_person(candidates, chosen[0]) && !job->force) {
        say(job, location, "refused: different people appear one after another; choose a part with --start and --end");
        return 0;
    }
    guint taken = 0;
    for (guint i = 0; i < n; i++) {
        const NtFace *face = candidate_face(candidates, chosen[i]);
        const gint64 pts = g_array_index(candidates, Candidate, chosen[i]).frame->pts_ns;
        g_autofree char *where = g_strdup_printf("%s at %.2f s", location, (double)pts / 1e9);
        GError *reason = NULL;
        if (is_welcome(job, person, face, where, &reason) && add_face(job, person, face, location, pts, &reason))
            taken++;
        if (reason) {
            g_propagate_error(error, reason);
            return 0;
        }
    }
    say(job, location, "%u face%s taken of %u frames looked at (%u with one good face)", taken, taken == 1 ? "" : "s",
        survey.looked_at, candidates->len);
    return taken;
}
