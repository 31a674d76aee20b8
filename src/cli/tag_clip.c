#include "cli/command.h"
#include "cli/progress.h"
#include "cli/tag_job.h"
#include "export/draw_tags.h"
#include "export/tag_run.h"
#include "media/recorder.h"
#include "media/source.h"

#define INTERRUPT_POLL_US (G_USEC_PER_SEC / 10)
/* A clip that lacks more than both of these of the length it tells was cut off; the sound may be a little longer than
 * the picture. */
#define LACKS_NS ((gint64)G_USEC_PER_SEC * 1000)
#define LACKS_SHARE 0.05

typedef struct Clip {
    const NtTagJob *job;
    NtSource *source;
    NtRecorder *recorder; /* NULL: no annotated video asked for */
    NtProgress *progress;
    NtTagSummary *summary;
    guint64 n_done;
    gint64 duration_ns, last_ns; /* told by the clip; of the newest frame */
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

static gboolean is_stopped(gpointer user)
{
    (void)user;
    return nt_command_interrupted();
}

static gboolean write_result(const NtFrame *frame, const NtTaggedFrame *tagged, gpointer user, GError **error)
{
    Clip *clip = user;
    const NtTagJob *job = clip->job;
    nt_tag_summary_add(clip->summary, tagged);
    if (job->records &&
        !nt_record_writer_write(job->records, nt_source_location(clip->source), tagged, job->landmarks, error))
        return FALSE;
    if (clip->recorder) {
        NtDrawTags tags = {tagged, NT_OVERLAY_DEFAULTS};
        tags.overlay.landmarks = job->landmarks;
        if (!nt_recorder_write(clip->recorder, frame, nt_draw_tags, &tags, error))
            return FALSE;
    }
    clip->n_done++;
    clip->last_ns = tagged->pts_ns;
    nt_progress_update(clip->progress, clip->n_done,
                       clip->duration_ns > 0 ? (double)tagged->pts_ns / (double)clip->duration_ns : -1);
    return TRUE;
}

/* Frames through the analysis until the end or an interrupt. */
static gboolean run_frames(Clip *clip, NtUnknowns *unknowns, GError **error)
{
    const NtTagJob *job = clip->job;
    const NtTagRunOptions options = {
        .models = job->models,
        .classifier = job->classifier,
        .engine = job->options,
        .n_threads = job->n_threads,
        .exact = job->exact,
        .raw_landmarks = job->raw_landmarks,
        .unknowns = unknowns,
        .stopped = is_stopped,
        .handle = write_result,
        .user = clip,
    };
    return nt_tag_run(clip->source, &options, error);
}

/* Demuxers take a file that stops in the middle for one that ends there. */
static void warn_if_cut_off(const Clip *clip, const char *shown)
{
    const gint64 lacking = clip->duration_ns - clip->last_ns;
    if (clip->n_done == 0 || lacking <= MAX(LACKS_NS, (gint64)(LACKS_SHARE * (double)clip->duration_ns)))
        return;
    g_autofree char *end = nt_command_moment(clip->last_ns), *length = nt_command_moment(clip->duration_ns);
    nt_command_warning(
        "%s has no picture from %s on, though it should be %s long; if it was copied or downloaded, it may be cut off",
        shown, end, length);
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
    Clip clip = {.job = job, .source = source, .recorder = recorder, .progress = progress, .summary = summary,
                 .duration_ns = nt_source_duration_ns(source)};

    Watcher watcher = {.source = source};
    GThread *thread = g_thread_new("interrupt", watch_interrupt, &watcher);
    GError *failure = NULL;
    gboolean whole = run_frames(&clip, unknowns, &failure);
    g_atomic_int_set(&watcher.stop, 1);
    g_thread_join(thread);
    nt_progress_finish(progress);
    if (whole && !nt_command_interrupted() && !job->quiet)
        warn_if_cut_off(&clip, nt_source_location(source));

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
