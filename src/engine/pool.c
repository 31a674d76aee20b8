#include "engine/pool.h"

/* Places for waiting frames beyond those at work: enough to ride out uneven frames, few enough to stay small. */
#define PLACES_PER_THREAD 2
/* Faces that results have room for from the start; more make them grow. */
#define USUAL_FACES 16

/* A frame on its way: pushed, then taken up by a worker, then done, then popped. */
typedef struct Job {
    const NtYuvImage *yuv;
    gpointer token;
    NtTaggedFrame *frame;
    GError *error;
    gboolean done;
} Job;

struct NtPool {
    GThread **threads;
    NtAnalyser **analysers;
    guint n_threads, n_places;

    GMutex lock;
    GCond work, result;
    /* A ring of places. Frames are numbered as they are pushed; number i lies in place i % n_places. */
    Job *jobs;
    guint64 pushed, begun, popped;
    gboolean stop;
};

typedef struct Worker {
    NtPool *pool;
    NtAnalyser *analyser;
} Worker;

static gpointer run_worker(gpointer data)
{
    g_autofree Worker *worker = data;
    NtPool *pool = worker->pool;

    g_mutex_lock(&pool->lock);
    while (TRUE) {
        while (!pool->stop && pool->begun == pool->pushed)
            g_cond_wait(&pool->work, &pool->lock);
        if (pool->stop)
            break;
        Job *job = &pool->jobs[pool->begun++ % pool->n_places];
        g_mutex_unlock(&pool->lock);

        GError *error = NULL;
        NtTaggedFrame *frame = nt_analyser_tag_yuv(worker->analyser, job->yuv, &error);

        g_mutex_lock(&pool->lock);
        job->frame = frame;
        job->error = error;
        job->done = TRUE;
        g_cond_signal(&pool->result);
    }
    g_mutex_unlock(&pool->lock);
    return NULL;
}

NtPool *nt_pool_new(NtModelSet *models, const NtClassifier *classifier, const NtEngineOptions *options,
                    guint n_threads)
{
    NtPool *pool = g_new0(NtPool, 1);
    nt_model_set_prepare_for_clips(models);
    pool->n_threads = MAX(n_threads, 1);
    pool->n_places = pool->n_threads * (1 + PLACES_PER_THREAD);
    g_mutex_init(&pool->lock);
    g_cond_init(&pool->work);
    g_cond_init(&pool->result);
    pool->jobs = g_new0(Job, pool->n_places);
    g_autoptr(NtFrameStore) frames = nt_frame_store_new(pool->n_places + 1, USUAL_FACES, options->with_chips);
    pool->threads = g_new(GThread *, pool->n_threads);
    pool->analysers = g_new(NtAnalyser *, pool->n_threads);
    for (guint i = 0; i < pool->n_threads; i++) {
        pool->analysers[i] = nt_analyser_new(models, classifier, options);
        nt_analyser_use_frames(pool->analysers[i], frames);
        Worker *worker = g_new(Worker, 1);
        *worker = (Worker){pool, pool->analysers[i]};
        pool->threads[i] = g_thread_new("analyser", run_worker, worker);
    }
    return pool;
}

void nt_pool_free(NtPool *pool)
{
    if (!pool)
        return;
    g_mutex_lock(&pool->lock);
    pool->stop = TRUE;
    g_cond_broadcast(&pool->work);
    g_mutex_unlock(&pool->lock);
    for (guint i = 0; i < pool->n_threads; i++) {
        g_thread_join(pool->threads[i]);
        nt_analyser_free(pool->analysers[i]);
    }
    for (; pool->popped < pool->pushed; pool->popped++) {
        Job *job = &pool->jobs[pool->popped % pool->n_places];
        nt_tagged_frame_unref(job->frame);
        g_clear_error(&job->error);
    }
    g_free(pool->jobs);
    g_mutex_clear(&pool->lock);
    g_cond_clear(&pool->work);
    g_cond_clear(&pool->result);
    g_free(pool->threads);
    g_free(pool->analysers);
    g_free(pool);
}

gboolean nt_pool_is_full(NtPool *pool)
{
    /* Both are changed by the pushing and popping thread alone. */
    return pool->pushed - pool->popped >= pool->n_places;
}

void nt_pool_push(NtPool *pool, const NtYuvImage *yuv, gpointer token)
{
    g_return_if_fail(!nt_pool_is_full(pool));
    g_mutex_lock(&pool->lock);
    pool->jobs[pool->pushed++ % pool->n_places] = (Job){.yuv = yuv, .token = token};
    g_cond_signal(&pool->work);
    g_mutex_unlock(&pool->lock);
}

gboolean nt_pool_pop(NtPool *pool, gpointer *token, NtTaggedFrame **frame, GError **error)
{
    if (pool->popped == pool->pushed)
        return FALSE;
    Job *job = &pool->jobs[pool->popped % pool->n_places];
    g_mutex_lock(&pool->lock);
    while (!job->done)
        g_cond_wait(&pool->result, &pool->lock);
    pool->popped++;
    g_mutex_unlock(&pool->lock);

    *token = job->token;
    *frame = g_steal_pointer(&job->frame);
    if (job->error)
        g_propagate_error(error, g_steal_pointer(&job->error));
    return TRUE;
}
