#include "cli/enroll_clip.h"

#include <string.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "media/source.h"

/* Frames are looked at this far apart: sooner, a face has hardly changed. */
#define STEP_S 0.25
#define MAX_GOOD 2000 /* faces kept in mind: eight minutes of good ones */
/* Within one clip faces farther apart than this are different people. */
#define SAME_PERSON 0.6f
/* So many of the faces must be the same person's; landmarks slip now and then. */
#define ONE_PERSON_PERCENT 80
/* The detector's score below which a face in motion is often half hidden. */
#define LEAST_SCORE 0.2

void nt_seen_face_measure(NtSeenFace *seen)
{
    nt_quality_measure(seen->face->landmarks, seen->face->detection.box, seen->frame->width, seen->frame->height,
                       seen->face->chip, &seen->quality);
}

void nt_seen_face_clear(NtSeenFace *seen) { g_clear_pointer(&seen->frame, nt_tagged_frame_unref); }

static void clear_face(gpointer data) { nt_seen_face_clear(data); }

void nt_clip_survey_clear(NtClipSurvey *survey) { g_clear_pointer(&survey->good, g_array_unref); }

static void survey_frame(const NtEnrollOptions *options, NtTaggedFrame *frame, NtClipSurvey *survey)
{
    const NtFace *face = NULL;
    survey->looked_at++;
    for (guint i = 0; i < frame->n_faces; i++)
        if (!face || nt_rect_width(frame->faces[i].detection.box) > nt_rect_width(face->detection.box))
            face = &frame->faces[i];
    if (!face) {
        survey->without++;
        return;
    }
    if (frame->n_faces > 1 && !options->largest) {
        survey->crowded++;
        return;
    }
    NtSeenFace seen = {.frame = nt_tagged_frame_ref(frame), .face = face};
    nt_seen_face_measure(&seen);
    NtGateReason reason = nt_gate_quality(&seen.quality);
    if (reason == NT_GATE_GOOD && face->detection.score < LEAST_SCORE)
        reason = NT_GATE_TURNED;
    if (reason == NT_GATE_GOOD || options->force) {
        g_array_append_val(survey->good, seen);
    } else {
        survey->refused[reason]++;
        nt_seen_face_clear(&seen);
    }
}

static gboolean survey_frames(const NtEnrollOptions *options, NtAnalyser *analyser, NtSource *source, NtProgress *progress,
                              NtClipSurvey *survey, GError **error)
{
    const gint64 end_ns = options->end_s > 0 ? (gint64)(options->end_s * 1e9) : G_MAXINT64;
    const gint64 duration = nt_source_duration_ns(source);
    gint64 next_ns = (gint64)(options->start_s * 1e9);
    GError *reason = NULL;
    while (!nt_command_interrupted() && survey->good->len < MAX_GOOD) {
        g_autoptr(NtFrame) frame = nt_source_read(source, &reason);
        const gint64 pts = frame ? nt_frame_pts_ns(frame) : 0;
        if (!frame || pts >= end_ns)
            break;
        if (pts < next_ns)
            continue;
        next_ns = pts + (gint64)(STEP_S * 1e9);
        g_autoptr(NtTaggedFrame) tagged = nt_analyser_tag_yuv(analyser, nt_frame_image(frame), &reason);
        if (!tagged)
            break;
        tagged->pts_ns = pts;
        survey_frame(options, tagged, survey);
        nt_progress_update(progress, survey->looked_at, duration > 0 ? (double)pts / (double)MIN(duration, end_ns) : -1);
    }
    if (reason)
        g_propagate_error(error, reason);
    return reason == NULL;
}

gboolean nt_clip_survey(const NtEnrollOptions *options, NtAnalyser *analyser, const char *location, NtClipSurvey *survey,
                        GError **error)
{
    *survey = (NtClipSurvey){.good = g_array_new(FALSE, FALSE, sizeof(NtSeenFace))};
    g_array_set_clear_func(survey->good, clear_face);
    g_autoptr(NtSource) source = nt_source_open(location, error);
    if (!source)
        return FALSE;
    g_autoptr(NtProgress) progress = nt_progress_new(nt_source_location(source), "frames", options->quiet);
    const gboolean done = survey_frames(options, analyser, source, progress, survey, error);
    nt_progress_clear(progress);
    return done;
}

static const NtSeenFace *good_face(const NtClipSurvey *survey, guint i) { return &g_array_index(survey->good, NtSeenFace, i); }

/* The best of the good ones: whose clip it is. */
static const NtSeenFace *anchor(const NtClipSurvey *survey)
{
    const NtSeenFace *best = good_face(survey, 0);
    for (guint i = 1; i < survey->good->len; i++)
        if (nt_gate_score(&good_face(survey, i)->quality) > nt_gate_score(&best->quality))
            best = good_face(survey, i);
    return best;
}

static gboolean is_same_person(const NtSeenFace *a, const NtSeenFace *b)
{
    return nt_embedding_distance(a->face->embedding, b->face->embedding) < SAME_PERSON;
}

guint nt_clip_count_others(const NtClipSurvey *survey)
{
    const NtSeenFace *best = anchor(survey);
    guint n = 0;
    for (guint i = 0; i < survey->good->len; i++)
        n += !is_same_person(good_face(survey, i), best);
    return n;
}

gboolean nt_clip_shows_one_person(const NtClipSurvey *survey)
{
    return (survey->good->len - nt_clip_count_others(survey)) * 100 >= survey->good->len * ONE_PERSON_PERCENT;
}

GArray *nt_clip_choose(const NtClipSurvey *survey, guint max)
{
    const NtSeenFace *best = anchor(survey);
    g_autoptr(GArray) same = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GArray) embeddings = g_array_new(FALSE, FALSE, sizeof(float));
    g_autoptr(GArray) qualities = g_array_new(FALSE, FALSE, sizeof(NtQuality));
    for (guint i = 0; i < survey->good->len; i++) {
        const NtSeenFace *seen = good_face(survey, i);
        if (!is_same_person(seen, best))
            continue;
        g_array_append_val(same, i);
        g_array_append_vals(embeddings, seen->face->embedding, NT_EMBEDDING_SIZE);
        g_array_append_val(qualities, seen->quality);
    }
    g_autofree gboolean *keep = g_new(gboolean, same->len);
    nt_gate_choose((const float *)(const void *)embeddings->data, (const NtQuality *)(const void *)qualities->data, same->len,
                   max, keep);
    GArray *chosen = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < same->len; i++)
        if (keep[i])
            g_array_append_val(chosen, g_array_index(same, guint, i));
    return chosen;
}
