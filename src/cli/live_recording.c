#include "cli/live_recording.h"

#include "export/draw_tags.h"
#include "media/recorder.h"

/* Frames that wait for the encoder: a third of a second at 30 frames/s rides out its uneven frames, and is what a
 * camera's buffers can spare. */
#define MAX_WAITING 10

typedef struct Waiting {
    NtFrame *frame;
    NtTaggedFrame *tagged;
} Waiting;

struct NtLiveRecording {
    NtRecorder *recorder; /* the thread's alone while it runs */
    gboolean landmarks;
    GThread *thread;
    GMutex lock; /* of what follows */
    GCond changed;
    GQueue waiting; /* Waiting */
    gboolean stop;
    GError *failure;
    guint64 n_written, n_left_out;
};

static void free_waiting(gpointer data)
{
    Waiting *waiting = data;
    nt_frame_unref(waiting->frame);
    nt_tagged_frame_unref(waiting->tagged);
    g_free(waiting);
}

/* The next frame to be written; NULL when it is time to stop and all are. */
static Waiting *next(NtLiveRecording *recording)
{
    g_mutex_lock(&recording->lock);
    while (!recording->stop && g_queue_is_empty(&recording->waiting))
        g_cond_wait(&recording->changed, &recording->lock);
    Waiting *waiting = g_queue_pop_head(&recording->waiting);
    g_mutex_unlock(&recording->lock);
    return waiting;
}

static gpointer run(gpointer data)
{
    NtLiveRecording *recording = data;
    Waiting *waiting;
    while ((waiting = next(recording))) {
        GError *failure = NULL;
        NtDrawTags tags = {waiting->tagged, NT_OVERLAY_DEFAULTS};
        tags.overlay.landmarks = recording->landmarks;
        const gboolean written = nt_recorder_write(recording->recorder, waiting->frame, nt_draw_tags, &tags, &failure);
        free_waiting(waiting);
        g_mutex_lock(&recording->lock);
        recording->n_written += written;
        recording->failure = failure;
        g_mutex_unlock(&recording->lock);
        if (!written)
            break;
    }
    return NULL;
}

NtLiveRecording *nt_live_recording_new(const char *path, gboolean landmarks, GError **error)
{
    NtRecorder *recorder = nt_recorder_new(path, NULL, error);
    if (!recorder)
        return NULL;
    NtLiveRecording *recording = g_new0(NtLiveRecording, 1);
    recording->recorder = recorder;
    recording->landmarks = landmarks;
    g_mutex_init(&recording->lock);
    g_cond_init(&recording->changed);
    g_queue_init(&recording->waiting);
    recording->thread = g_thread_new("recording", run, recording);
    return recording;
}

void nt_live_recording_add(NtLiveRecording *recording, NtFrame *frame, NtTaggedFrame *tagged)
{
    g_mutex_lock(&recording->lock);
    if (recording->failure || recording->waiting.length >= MAX_WAITING) {
        recording->n_left_out++;
    } else {
        Waiting *waiting = g_new(Waiting, 1);
        *waiting = (Waiting){nt_frame_ref(frame), nt_tagged_frame_ref(tagged)};
        g_queue_push_tail(&recording->waiting, waiting);
        g_cond_signal(&recording->changed);
    }
    g_mutex_unlock(&recording->lock);
}

gboolean nt_live_recording_has_failed(NtLiveRecording *recording)
{
    g_mutex_lock(&recording->lock);
    const gboolean failed = recording->failure != NULL;
    g_mutex_unlock(&recording->lock);
    return failed;
}

static void join(NtLiveRecording *recording)
{
    if (!recording->thread)
        return;
    g_mutex_lock(&recording->lock);
    recording->stop = TRUE;
    g_cond_signal(&recording->changed);
    g_mutex_unlock(&recording->lock);
    g_thread_join(g_steal_pointer(&recording->thread));
}

gboolean nt_live_recording_finish(NtLiveRecording *recording, GError **error)
{
    join(recording);
    if (!recording->failure)
        return recording->n_written == 0 || nt_recorder_finish(recording->recorder, FALSE, error);
    g_propagate_error(error, g_steal_pointer(&recording->failure));
    return FALSE;
}

guint64 nt_live_recording_left_out(NtLiveRecording *recording)
{
    g_mutex_lock(&recording->lock);
    const guint64 n = recording->n_left_out;
    g_mutex_unlock(&recording->lock);
    return n;
}

void nt_live_recording_free(NtLiveRecording *recording)
{
    if (!recording)
        return;
    join(recording);
    g_queue_clear_full(&recording->waiting, free_waiting);
    nt_recorder_free(recording->recorder);
    g_clear_error(&recording->failure);
    g_cond_clear(&recording->changed);
    g_mutex_clear(&recording->lock);
    g_free(recording);
}
