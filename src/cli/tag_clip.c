#include "cli/command.h"
#include "cli/draw_tags.h"
#include "cli/progress.h"
#include "cli/tag_follow.h"
#include "cli/tag_job.h"
#include "engine/pool.h"
#include "media/recorder.h"
#include "media/source.h"

#define INTERRUPT_POLL_US (G_USEC_PER_SEC / 10)

typedef struct Clip {
    const NtTagJob *job;
    NtSource *source;
    NtPool *pool;         /* each frame from scratch, or */
    NtTagFollow *follow;  /* faces followed */
    NtRecorder *recorder; /* NULL: no annotated video asked for */
    NtProgress *progress;
    NtUnknowns *unknowns;
    NtTagSummary *summary;
    guint64 n_done;
    gint64 duration_ns;
} Clip;

/* A read from a stalled network source returns only when it is cancelled, and a signal handler may not do that. */
typedef struct Watcher {
    NtSource *source;
    gint stop;
} Watcher;

static gpointer watch_interrupt(gpointer data)
{
    Watcher *watcher = data;
    while (!g_atomic_int_get(&watcher->stop)) {
        if (nt_command_interrupted()) {
            nt_source_cancel(watcher->source);
            break;
        }
        g_usleep(INTERRUPT_POLL_US);
    }
    return NULL;
}

/* The distance up to which names are given at the moment. */
static float current_threshold(const NtTagJob *job)
{
    g_autoptr(NtClassifier) newest = job->options.recognizer ? nt_recognizer_get(job->options.recognizer) : NULL;
    const NtClassifier *classifier = newest ? newest : job->classifier;
    return classifier ? nt_classifier_threshold(classifier) : 0;
}

static gboolean write_result(Clip *clip, const NtFrame *frame, NtTaggedFrame *tagged, GError **error)
{
    const NtTagJob *job = clip->job;
    tagged->index = nt_frame_index(frame);
    tagged->pts_ns = nt_frame_pts_ns(frame);
    nt_unknowns_add(clip->unknowns, tagged, current_threshold(job));
    nt_tag_summary_add(clip->summary, tagged);
    if (job->records &&
        !nt_records_write(job->records, nt_source_location(clip->source), tagged, job->landmarks, error))
        return FALSE;
    if (clip->recorder) {
        NtDrawTags tags = {tagged, job->landmarks};
        if (!nt_recorder_write(clip->recorder, frame, nt_draw_tags, &tags, error))
            return FALSE;
    }
    clip->n_done++;
    nt_progress_update(clip->progress, clip->n_done,
                       clip->duration_ns > 0 ? (double)tagged->pts_ns / (double)clip->duration_ns : -1);
    return TRUE;
}

static gboolean is_full(const Clip *clip)
{
    return clip->pool ? nt_pool_is_full(clip->pool) : nt_tag_follow_is_full(clip->follow);
}

static void push(const Clip *clip, NtFrame *frame)
{
    if (clip->pool)
        nt_pool_push(clip->pool, nt_frame_image(frame), frame);
    else
        nt_tag_follow_push(clip->follow, frame);
}

static gboolean pop(const Clip *clip, NtFrame **frame, NtTaggedFrame **tagged, GError **error)
{
    if (!clip->pool)
        return nt_tag_follow_pop(clip->follow, frame, tagged, error);
    gpointer token = NULL;
    const gboolean popped = nt_pool_pop(clip->pool, &token, tagged, error);
    *frame = token;
    return popped;
}

/* Takes the oldest result; FALSE with error unset when none is under way. */
static gboolean take_result(Clip *clip, GError **error)
{
    g_autoptr(NtFrame) frame = NULL;
    g_autoptr(NtTaggedFrame) tagged = NULL;
    return pop(clip, &frame, &tagged, error) && tagged && write_result(clip, frame, tagged, error);
}

/* Frames through the analysis until the end or an interrupt. A source that fails on the way still has its frames written. */
static gboolean run_frames(Clip *clip, GError **error)
{
    GError *source_error = NULL;
    GError *result_error = NULL;
    gboolean reading = TRUE;

    while (!result_error) {
        while (reading && !is_full(clip)) {
            NtFrame *frame = nt_command_interrupted() ? NULL : nt_source_read(clip->source, &source_error);
            if (frame)
                push(clip, frame);
            else
                reading = FALSE;
        }
        if (!take_result(clip, &result_error))
            break;
    }
    /* After a failure frames may still be under way: the analysis is done with them before they go. */
    GError *ignored = NULL;
    NtFrame *frame;
    NtTaggedFrame *tagged;
    while (pop(clip, &frame, &tagged, &ignored)) {
        nt_tagged_frame_unref(tagged);
        nt_frame_unref(frame);
        g_clear_error(&ignored);
    }
    if (result_error) {
        g_propagate_error(error, result_error);
        g_clear_error(&source_error);
        return FALSE;
    }
    if (source_error) {
        if (nt_command_interrupted()) {
            g_clear_error(&source_error);
            return TRUE;
        }
        g_propagate_error(error, source_error);
        return FALSE;
    }
    return TRUE;
}

static NtTagFollow *follow_faces(const NtTagJob *job)
{
    NtTrackerOptions options = {.engine = job->options, .raw_landmarks = job->raw_landmarks};
    options.engine.workers = (int)job->n_threads;
    return nt_tag_follow_new(job->models, job->classifier, &options);
}

gboolean nt_tag_clip(const NtTagJob *job, const char *location, const char *output, NtUnknowns *unknowns,
                     NtTagSummary *summary, GError **error)
{
    g_autoptr(NtSource) source = nt_source_open(location, error);
    if (!source)
        return FALSE;
    g_autofree char *uri = nt_source_uri(source);
    g_autoptr(NtRecorder) recorder = NULL;
    if (output) {
        recorder = nt_recorder_new(output, nt_source_has_audio(source) ? uri : NULL, error);
        if (!recorder)
            return FALSE;
    }
    g_autofree char *label = g_path_get_basename(nt_source_location(source));
    g_autoptr(NtProgress) progress = nt_progress_new(label, "frames", job->quiet);
    g_autoptr(NtPool) pool =
        job->exact ? nt_pool_new(job->models, job->classifier, &job->options, job->n_threads) : NULL;
    g_autoptr(NtTagFollow) follow = pool ? NULL : follow_faces(job);
    Clip clip = {.job = job, .source = source, .pool = pool, .follow = follow, .recorder = recorder, .progress = progress,
                 .unknowns = unknowns, .summary = summary, .duration_ns = nt_source_duration_ns(source)};

    Watcher watcher = {.source = source};
    GThread *thread = g_thread_new("interrupt", watch_interrupt, &watcher);
    GError *failure = NULL;
    gboolean whole = run_frames(&clip, &failure);
    g_atomic_int_set(&watcher.stop, 1);
    g_thread_join(thread);
    nt_progress_finish(progress);

    /* What was tagged so far is kept, whether the clip ended, broke off or was interrupted. */
    gboolean finished = !recorder || clip.n_done == 0 ||
                        nt_recorder_finish(recorder, !whole || nt_command_interrupted(), failure ? NULL : error);
    if (recorder && nt_recorder_warning(recorder))
        nt_command_warning("%s", nt_recorder_warning(recorder));
    if (failure) {
        g_propagate_error(error, failure);
        return FALSE;
    }
    return finished;
}
