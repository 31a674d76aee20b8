#include "export/tag_run.h"

#include "engine/pool.h"
#include "export/tag_follow.h"

typedef struct Run {
    const NtTagRunOptions *options;
    NtPool *pool;        /* each frame from scratch, or */
    NtTagFollow *follow; /* faces followed */
} Run;

static gboolean is_full(const Run *run)
{
    return run->pool ? nt_pool_is_full(run->pool) : nt_tag_follow_is_full(run->follow);
}

static void push(const Run *run, NtFrame *frame)
{
    if (run->pool)
        nt_pool_push(run->pool, nt_frame_image(frame), frame);
    else
        nt_tag_follow_push(run->follow, frame);
}

static gboolean pop(const Run *run, NtFrame **frame, NtTaggedFrame **tagged, GError **error)
{
    if (!run->pool)
        return nt_tag_follow_pop(run->follow, frame, tagged, error);
    gpointer token = NULL;
    const gboolean popped = nt_pool_pop(run->pool, &token, tagged, error);
    *frame = token;
    return popped;
}

/* The distance up to which names are given at the moment. */
static float current_threshold(const NtTagRunOptions *options)
{
    g_autoptr(NtClassifier) newest = options->engine.recognizer ? nt_recognizer_get(options->engine.recognizer) : NULL;
    const NtClassifier *classifier = newest ? newest : options->classifier;
    return classifier ? nt_classifier_threshold(classifier) : 0;
}

/* Takes the oldest result; FALSE with error unset when none is under way. */
static gboolean take_result(const Run *run, GError **error)
{
    g_autoptr(NtFrame) frame = NULL;
    g_autoptr(NtTaggedFrame) tagged = NULL;
    if (!pop(run, &frame, &tagged, error) || !tagged)
        return FALSE;
    tagged->index = nt_frame_index(frame);
    tagged->pts_ns = nt_frame_pts_ns(frame);
    nt_unknowns_add(run->options->unknowns, tagged, current_threshold(run->options));
    return run->options->handle(frame, tagged, run->options->user, error);
}

/* After a failure frames may still be under way: the analysis is done with them before they go. */
static void drop_results(const Run *run)
{
    GError *ignored = NULL;
    NtFrame *frame;
    NtTaggedFrame *tagged;
    while (pop(run, &frame, &tagged, &ignored)) {
        nt_tagged_frame_unref(tagged);
        nt_frame_unref(frame);
        g_clear_error(&ignored);
    }
}

static gboolean run_frames(const Run *run, NtSource *source, GError **error)
{
    const NtTagRunOptions *options = run->options;
    GError *source_error = NULL;
    GError *result_error = NULL;
    gboolean reading = TRUE;

    while (!result_error) {
        while (reading && !is_full(run)) {
            NtFrame *frame = options->stopped(options->user) ? NULL : nt_source_read(source, &source_error);
            if (frame)
                push(run, frame);
            else
                reading = FALSE;
        }
        if (!take_result(run, &result_error))
            break;
    }
    drop_results(run);
    if (result_error) {
        g_propagate_error(error, result_error);
        g_clear_error(&source_error);
        return FALSE;
    }
    if (source_error && options->stopped(options->user))
        g_clear_error(&source_error);
    if (source_error)
        g_propagate_error(error, source_error);
    return !source_error;
}

static NtTagFollow *follow_faces(const NtTagRunOptions *options)
{
    NtTrackerOptions tracker = {.engine = options->engine, .raw_landmarks = options->raw_landmarks};
    tracker.engine.workers = (int)options->n_threads;
    return nt_tag_follow_new(options->models, options->classifier, &tracker);
}

gboolean nt_tag_run(NtSource *source, const NtTagRunOptions *options, GError **error)
{
    g_autoptr(NtPool) pool =
        options->exact ? nt_pool_new(options->models, options->classifier, &options->engine, options->n_threads) : NULL;
    g_autoptr(NtTagFollow) follow = pool ? NULL : follow_faces(options);
    const Run run = {options, pool, follow};
    return run_frames(&run, source, error);
}
