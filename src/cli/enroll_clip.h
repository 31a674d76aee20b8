/* Nametag - the faces of a clip that are worth enrolling: good, of one person, and varied.
 */
#ifndef NT_ENROLL_CLIP_H
#define NT_ENROLL_CLIP_H

#include "cli/enroll_job.h"
#include "identity/quality_gate.h"

/* A face of a picture that was looked at. */
typedef struct NtSeenFace {
    NtTaggedFrame *frame; /* a reference */
    const NtFace *face;   /* one of the frame's */
    NtQuality quality;
} NtSeenFace;

void nt_seen_face_measure(NtSeenFace *seen);
void nt_seen_face_clear(NtSeenFace *seen);

typedef struct NtClipSurvey {
    guint looked_at, crowded, without; /* frames; with several faces, with none */
    guint refused[NT_N_GATE_REASONS];  /* faces, by the gate's reason */
    GArray *good;                      /* NtSeenFace, in the order of the clip */
} NtClipSurvey;

/* Looks at a frame every quarter of a second or so. FALSE with error when the clip can't be read; Ctrl+C ends it early. */
gboolean nt_clip_survey(const NtEnrollOptions *options, NtAnalyser *analyser, const char *location, NtClipSurvey *survey,
                        GError **error);
void nt_clip_survey_clear(NtClipSurvey *survey);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(NtClipSurvey, nt_clip_survey_clear)

/* How many of the good faces are not the best one's person's. */
guint nt_clip_count_others(const NtClipSurvey *survey);
/* Whether that are few enough: one person's clip, as far as can be seen. */
gboolean nt_clip_shows_one_person(const NtClipSurvey *survey);
/* At most max of them that cover the person's looks best; array of guint, in the order of the clip. */
GArray *nt_clip_choose(const NtClipSurvey *survey, guint max);

#endif
