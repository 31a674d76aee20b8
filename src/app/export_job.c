#include "app/export_job.h"

#include <glib/gi18n.h>
#include <string.h>

#include "engine/unknowns.h"
#include "export/draw_tags.h"
#include "export/record_writer.h"
#include "export/tag_run.h"
#include "export/whole_file.h"
#include "media/recorder.h"
#include "media/still.h"

/* How often the main thread is told. */
#define PROGRESS_US (G_USEC_PER_SEC / 8)
/* Before that a guess of the remaining time would jump about. */
#define GUESS_AFTER_US (3 * G_USEC_PER_SEC / 2)
#define MAX_THREADS 64

/* What the thread works on. It lives as long as the thread, which an abandoned job does not wait for. */
typedef struct Work {
    gint ref_count;
    char *location, *picture;
    char **records;
    gboolean still;
    NtModelSet *models;
    NtClassifier *classifier;
    NtOverlayOptions overlay;
    int upsample;

    GCancellable *cancellable;
    GWeakRef job; /* to be told, on the main thread */

    /* The thread's alone. */
    NtSource *source;
    NtRecorder *recorder;
    GPtrArray *writers; /* NtRecordWriter */
    gint64 duration_ns, started_us, told_us;
    char *warning;

    GMutex lock; /* of what follows */
    NtExportState state;
    NtExportProgress progress;
    GError *error;
    guint idle; /* a message is on its way */
} Work;

struct _NtExportJob {
    GObject parent_instance;

    Work *work;
    NtExportState state; /* as it was signalled last */
    char *words;
};

G_DEFINE_FINAL_TYPE(NtExportJob, nt_export_job, G_TYPE_OBJECT)

enum { PROGRESS, ENDED, N_SIGNALS };
static guint signals[N_SIGNALS];

static Work *work_ref(Work *work)
{
    g_atomic_int_inc(&work->ref_count);
    return work;
}

static void work_unref(gpointer data)
{
    Work *work = data;
    if (!g_atomic_int_dec_and_test(&work->ref_count))
        return;
    g_free(work->location);
    g_free(work->picture);
    g_strfreev(work->records);
    nt_model_set_unref(work->models);
    nt_classifier_unref(work->classifier);
    g_object_unref(work->cancellable);
    g_weak_ref_clear(&work->job);
    g_free(work->warning);
    g_clear_error(&work->error);
    g_mutex_clear(&work->lock);
    g_free(work);
}

/* Telling the main thread. */

char *nt_export_words(const GError *error)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
        return g_strdup(_("The disk is full. Make room on it, or choose another folder."));
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED) ||
        g_error_matches(error, G_IO_ERROR, G_IO_ERROR_READ_ONLY) ||
        g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_ACCES) ||
        g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_ROFS))
        return g_strdup(_("Files cannot be written to this folder. Choose another one."));
    if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC))
        return g_strdup(_("The disk is full. Make room on it, or choose another folder."));
    return g_strdup(error->message);
}

static gboolean tell_job(gpointer data)
{
    Work *work = data;
    g_autoptr(NtExportJob) job = g_weak_ref_get(&work->job);
    g_mutex_lock(&work->lock);
    const NtExportState state = work->state;
    work->idle = 0;
    g_mutex_unlock(&work->lock);
    if (!job || job->state > NT_EXPORT_FINISHING)
        return G_SOURCE_REMOVE;
    job->state = state;
    if (state == NT_EXPORT_FAILED)
        job->words = nt_export_words(work->error);
    else if (state == NT_EXPORT_DONE)
        job->words = g_strdup(work->warning);
    g_signal_emit(job, signals[state > NT_EXPORT_FINISHING ? ENDED : PROGRESS], 0);
    return G_SOURCE_REMOVE;
}

/* With the lock held. */
static void notify_job(Work *work)
{
    if (work->idle == 0)
        work->idle = g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, tell_job, work_ref(work), work_unref);
}

/* The thread. */

static gboolean is_stopped(gpointer user)
{
    return g_cancellable_is_cancelled(((const Work *)user)->cancellable);
}

static void tell_progress(Work *work, gint64 pts_ns)
{
    const gint64 now_us = g_get_monotonic_time(), spent_us = now_us - work->started_us;
    g_mutex_lock(&work->lock);
    work->progress.frames++;
    if (now_us - work->told_us >= PROGRESS_US) {
        const double fraction = work->duration_ns > 0 ? CLAMP((double)pts_ns / (double)work->duration_ns, 0, 1) : -1;
        work->progress.fraction = fraction;
        work->progress.remaining_s = fraction > 0 && spent_us > GUESS_AFTER_US
                                         ? (int)((double)spent_us * (1 - fraction) / fraction / G_USEC_PER_SEC)
                                         : -1;
        work->told_us = now_us;
        notify_job(work);
    }
    g_mutex_unlock(&work->lock);
}

static gboolean write_records(Work *work, const char *source, const NtTaggedFrame *tagged, GError **error)
{
    for (guint i = 0; i < work->writers->len; i++)
        if (!nt_record_writer_write(work->writers->pdata[i], source, tagged, work->overlay.landmarks, error))
            return FALSE;
    return TRUE;
}

static gboolean write_frame(const NtFrame *frame, const NtTaggedFrame *tagged, gpointer user, GError **error)
{
    Work *work = user;
    NtDrawTags tags = {tagged, work->overlay};
    if (is_stopped(work)) /* what was read before is not wanted any more */
        return !g_cancellable_set_error_if_cancelled(work->cancellable, error);
    if (!write_records(work, nt_source_location(work->source), tagged, error) ||
        (work->recorder && !nt_recorder_write(work->recorder, frame, nt_draw_tags, &tags, error)))
        return FALSE;
    tell_progress(work, nt_frame_pts_ns(frame));
    return TRUE;
}

/* From here on files get their names: too late to cancel. */
static gboolean begin_finishing(Work *work, GError **error)
{
    g_mutex_lock(&work->lock);
    const gboolean stopped = is_stopped(work);
    if (!stopped) {
        work->state = NT_EXPORT_FINISHING;
        work->progress.remaining_s = -1;
        notify_job(work);
    }
    g_mutex_unlock(&work->lock);
    return !stopped || !g_cancellable_set_error_if_cancelled(work->cancellable, error);
}

static gboolean finish_records(Work *work, GError **error)
{
    for (guint i = 0; i < work->writers->len; i++)
        if (!nt_record_writer_finish(work->writers->pdata[i], error))
            return FALSE;
    return TRUE;
}

static NtEngineOptions engine_options(const Work *work)
{
    return (NtEngineOptions){.upsample = work->upsample, .with_embedding = TRUE, .with_chips = TRUE};
}

static guint count_threads(void)
{
    return MIN(g_get_num_processors(), MAX_THREADS);
}

static void cancel_source(GCancellable *cancellable, gpointer source)
{
    (void)cancellable;
    nt_source_cancel(source);
}

/* A source that breaks off is exported as far as it goes. */
static gboolean run_clip(Work *work, NtUnknowns *unknowns, GError **error)
{
    const NtTagRunOptions options = {
        .models = work->models,
        .classifier = work->classifier,
        .engine = engine_options(work),
        .n_threads = count_threads(),
        .unknowns = unknowns,
        .stopped = is_stopped,
        .handle = write_frame,
        .user = work,
    };
    GError *reason = NULL;
    const gulong handler = g_cancellable_connect(work->cancellable, G_CALLBACK(cancel_source), work->source, NULL);
    nt_tag_run(work->source, &options, &reason);
    g_cancellable_disconnect(work->cancellable, handler);
    if (reason && reason->domain == NT_SOURCE_ERROR && work->progress.frames > 0) {
        work->warning = g_strdup(_("The clip breaks off before its end. What could be read is in the files."));
        g_clear_error(&reason);
    }
    if (reason)
        g_propagate_error(error, reason);
    return !reason;
}

static gboolean export_clip(Work *work, NtUnknowns *unknowns, GError **error)
{
    work->source = nt_source_open_cancellable(work->location, work->cancellable, error);
    if (!work->source)
        return FALSE;
    work->duration_ns = nt_source_duration_ns(work->source);
    if (work->picture) {
        g_autofree char *uri = nt_source_uri(work->source);
        work->recorder = nt_recorder_new(work->picture, nt_source_has_audio(work->source) ? uri : NULL, error);
        if (!work->recorder)
            return FALSE;
    }
    if (!run_clip(work, unknowns, error) || !begin_finishing(work, error) ||
        (work->recorder && !nt_recorder_finish(work->recorder, work->warning != NULL, error)))
        return FALSE;
    if (work->recorder && nt_recorder_warning(work->recorder) && !work->warning)
        work->warning = g_strdup(_("The sound of the clip could not be kept."));
    return finish_records(work, error);
}

static gboolean export_still(Work *work, NtUnknowns *unknowns, GError **error)
{
    g_autoptr(NtStill) still = nt_still_load(work->location, error);
    if (!still)
        return FALSE;
    NtEngineOptions options = engine_options(work);
    options.workers = (int)count_threads();
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(work->models, work->classifier, &options);
    g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, &still->rgb, error);
    if (!frame)
        return FALSE;
    nt_unknowns_add(unknowns, frame, work->classifier ? nt_classifier_threshold(work->classifier) : 0);
    return write_records(work, work->location, frame, error) && begin_finishing(work, error) &&
           (!work->picture || nt_draw_tags_save(&still->rgb, 1, frame, &work->overlay, work->picture, error)) &&
           finish_records(work, error);
}

/* The clip itself is not written over, by whatever name. */
static gboolean spares_input(const Work *work, const char *output, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_commandline_arg(work->location);
    g_autofree char *input = g_file_get_path(file);
    if (!input || !nt_whole_file_is_same(input, output))
        return TRUE;
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                        _("This would replace the file that is exported. Choose another name or folder."));
    return FALSE;
}

static gboolean open_outputs(Work *work, GError **error)
{
    if (work->picture && !spares_input(work, work->picture, error))
        return FALSE;
    for (char **path = work->records; path && *path; path++) {
        NtRecordWriter *writer = spares_input(work, *path, error) ? nt_record_writer_new(*path, error) : NULL;
        if (!writer)
            return FALSE;
        g_ptr_array_add(work->writers, writer);
    }
    return TRUE;
}

static gpointer run(gpointer data)
{
    Work *work = data;
    GError *error = NULL;
    g_autoptr(NtUnknowns) unknowns = nt_unknowns_new(work->location, NT_UNKNOWNS_FACES);
    work->writers = g_ptr_array_new_with_free_func((GDestroyNotify)nt_record_writer_free);
    work->started_us = g_get_monotonic_time();
    const gboolean done = open_outputs(work, &error) &&
                          (work->still ? export_still(work, unknowns, &error) : export_clip(work, unknowns, &error));
    /* Before it is told: whoever hears of it finds the folder as it stays. */
    g_clear_pointer(&work->recorder, nt_recorder_free);
    g_clear_pointer(&work->writers, g_ptr_array_unref);
    g_clear_pointer(&work->source, nt_source_close);

    g_mutex_lock(&work->lock);
    const gboolean cancelled = !done && work->state == NT_EXPORT_RUNNING && is_stopped(work);
    work->state = done ? NT_EXPORT_DONE : cancelled ? NT_EXPORT_CANCELLED : NT_EXPORT_FAILED;
    if (cancelled)
        g_clear_error(&error);
    work->error = error;
    if (done)
        work->progress.fraction = 1;
    notify_job(work);
    g_mutex_unlock(&work->lock);
    work_unref(work);
    return NULL;
}

/* The job. */

NtExportJob *nt_export_job_new(const NtExportOptions *options)
{
    NtExportJob *self = g_object_new(NT_TYPE_EXPORT_JOB, NULL);
    Work *work = g_new0(Work, 1);
    self->work = work;
    work->ref_count = 1;
    work->location = g_strdup(options->location);
    work->picture = g_strdup(options->picture);
    work->records = g_strdupv((char **)options->records);
    work->still = options->still;
    work->models = nt_model_set_ref(options->models);
    work->classifier = options->classifier ? nt_classifier_ref(options->classifier) : NULL;
    work->overlay = options->overlay;
    work->upsample = options->upsample;
    work->cancellable = g_cancellable_new();
    work->progress = (NtExportProgress){.remaining_s = -1};
    g_weak_ref_init(&work->job, self);
    g_mutex_init(&work->lock);
    g_thread_unref(g_thread_new("export", run, work_ref(work)));
    return self;
}

void nt_export_job_cancel(NtExportJob *job)
{
    Work *work = job->work;
    g_mutex_lock(&work->lock);
    const gboolean late = work->state != NT_EXPORT_RUNNING;
    g_mutex_unlock(&work->lock);
    if (!late)
        g_cancellable_cancel(work->cancellable);
}

NtExportState nt_export_job_get_state(NtExportJob *job)
{
    return job->state;
}
const char *nt_export_job_get_words(NtExportJob *job)
{
    return job->words;
}

const GError *nt_export_job_get_error(NtExportJob *job)
{
    return job->state == NT_EXPORT_FAILED ? job->work->error : NULL;
}

NtExportProgress nt_export_job_get_progress(NtExportJob *job)
{
    g_mutex_lock(&job->work->lock);
    const NtExportProgress progress = job->work->progress;
    g_mutex_unlock(&job->work->lock);
    return progress;
}

static void nt_export_job_finalize(GObject *object)
{
    NtExportJob *self = NT_EXPORT_JOB(object);
    g_cancellable_cancel(self->work->cancellable);
    work_unref(self->work);
    g_free(self->words);
    G_OBJECT_CLASS(nt_export_job_parent_class)->finalize(object);
}

static void nt_export_job_class_init(NtExportJobClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = nt_export_job_finalize;
    signals[PROGRESS] =
        g_signal_new("progress", NT_TYPE_EXPORT_JOB, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[ENDED] = g_signal_new("ended", NT_TYPE_EXPORT_JOB, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void nt_export_job_init(NtExportJob *self)
{
    self->state = NT_EXPORT_RUNNING;
}
