#include "export/tag_follow.h"

/* Frames under way: one at work, one being written, and some that even out. Each holds one of the decoder's buffers. */
#define PLACES 6

typedef struct Job {
    NtFrame *frame;
    NtTaggedFrame *tagged;
    GError *error;
} Job;

struct NtTagFollow {
    NtTracker *tracker; /* the thread's alone, once it runs */
    GThread *thread;
    GMutex lock; /* of what follows */
    GCond changed;
    Job jobs[PLACES]; /* frame number i lies in place i % PLACES */
    guint64 pushed, done, popped;
    gboolean stop;
};

static gpointer run(gpointer data)
{
    NtTagFollow *follow = data;
    g_mutex_lock(&follow->lock);
    while (TRUE) {
        while (!follow->stop && follow->done == follow->pushed)
            g_cond_wait(&follow->changed, &follow->lock);
        if (follow->stop)
            break;
        Job *job = &follow->jobs[follow->done % PLACES];
        g_mutex_unlock(&follow->lock);

        job->tagged =
            nt_tracker_tag(follow->tracker, nt_frame_image(job->frame), nt_frame_pts_ns(job->frame), &job->error);

        g_mutex_lock(&follow->lock);
        follow->done++;
        g_cond_broadcast(&follow->changed);
    }
    g_mutex_unlock(&follow->lock);
    return NULL;
}

NtTagFollow *nt_tag_follow_new(NtModelSet *models, const NtClassifier *classifier, const NtTrackerOptions *options)
{
    NtTagFollow *follow = g_new0(NtTagFollow, 1);
    g_mutex_init(&follow->lock);
    g_cond_init(&follow->changed);
    follow->tracker = nt_tracker_new(models, classifier, options);
    follow->thread = g_thread_new("tracker", run, follow);
    return follow;
}

void nt_tag_follow_free(NtTagFollow *follow)
{
    if (!follow)
        return;
    g_mutex_lock(&follow->lock);
    follow->stop = TRUE;
    g_cond_broadcast(&follow->changed);
    g_mutex_unlock(&follow->lock);
    g_thread_join(follow->thread);
    for (; follow->popped < follow->pushed; follow->popped++) {
        Job *job = &follow->jobs[follow->popped % PLACES];
        nt_frame_unref(job->frame);
        nt_tagged_frame_unref(job->tagged);
        g_clear_error(&job->error);
    }
    nt_tracker_free(follow->tracker);
    g_cond_clear(&follow->changed);
    g_mutex_clear(&follow->lock);
    g_free(follow);
}

gboolean nt_tag_follow_is_full(NtTagFollow *follow)
{
    /* Both are changed by the pushing and popping thread alone. */
    return follow->pushed - follow->popped >= PLACES;
}

void nt_tag_follow_push(NtTagFollow *follow, NtFrame *frame)
{
    g_return_if_fail(!nt_tag_follow_is_full(follow));
    g_mutex_lock(&follow->lock);
    follow->jobs[follow->pushed++ % PLACES] = (Job){.frame = frame};
    g_cond_broadcast(&follow->changed);
    g_mutex_unlock(&follow->lock);
}

gboolean nt_tag_follow_pop(NtTagFollow *follow, NtFrame **frame, NtTaggedFrame **tagged, GError **error)
{
    if (follow->popped == follow->pushed)
        return FALSE;
    g_mutex_lock(&follow->lock);
    while (follow->done == follow->popped)
        g_cond_wait(&follow->changed, &follow->lock);
    const Job job = follow->jobs[follow->popped++ % PLACES];
    g_mutex_unlock(&follow->lock);
    *frame = job.frame;
    *tagged = job.tagged;
    if (job.error)
        g_propagate_error(error, job.error);
    return TRUE;
}
