#include "engine/pool.h"

/* Places for waiting frames beyond those at work: enough to ride out uneven frames, few enough to stay small. */
#define PLACES_PER_THREAD 2

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
    GQueue waiting; /* Job, not yet begun */
    GQueue order;   /* Job, as pushed, until popped */
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
        while (!pool->stop && g_queue_is_empty(&pool->waiting))
            g_cond_wait(&pool->work, &pool->lock);
        if (pool->stop)
            break;
        Job *job = g_queue_pop_head(&pool->waiting);
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
    pool->n_threads = MAX(n_threads, 1);
    pool->n_places = pool->n_threads * (1 + PLACES_PER_THREAD);
    g_mutex_init(&pool->lock);
    g_cond_init(&pool->work);
    g_cond_init(&pool->result);
    g_queue_init(&pool->waiting);
    g_queue_init(&pool->order);
    pool->threads = g_new(GThread *, pool->n_threads);
    pool->analysers = g_new(NtAnalyser *, pool->n_threads);
    for (guint i = 0; i < pool->n_threads; i++) {
        pool->analysers[i] = nt_analyser_new(models, classifier, options);
        Worker *worker = g_new(Worker, 1);
        *worker = (Worker){pool, pool->analysers[i]};
        pool->threads[i] = g_thread_new("analyser", run_worker, worker);
    }
    return pool;
}

static void free_job(gpointer data)
{
    Job *job = data;
    nt_tagged_frame_unref(job->frame);
    g_clear_error(&job->error);
    g_free(job);
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
    g_queue_clear(&pool->waiting);
    g_queue_clear_full(&pool->order, free_job);
    g_mutex_clear(&pool->lock);
    g_cond_clear(&pool->work);
    g_cond_clear(&pool->result);
    g_free(pool->threads);
    g_free(pool->analysers);
    g_free(pool);
}

gboolean nt_pool_is_full(NtPool *pool)
{
    /* order is touched by the pushing and popping thread alone. */
    return g_queue_get_length(&pool->order) >= pool->n_places;
}

void nt_pool_push(NtPool *pool, const NtYuvImage *yuv, gpointer token)
{
    Job *job = g_new0(Job, 1);
    job->yuv = yuv;
    job->token = token;
    g_queue_push_tail(&pool->order, job);
    g_mutex_lock(&pool->lock);
    g_queue_push_tail(&pool->waiting, job);
    g_cond_signal(&pool->work);
    g_mutex_unlock(&pool->lock);
}

gboolean nt_pool_pop(NtPool *pool, gpointer *token, NtTaggedFrame **frame, GError **error)
{
    Job *job = g_queue_pop_head(&pool->order);
    if (!job)
        return FALSE;
    g_mutex_lock(&pool->lock);
    while (!job->done)
        g_cond_wait(&pool->result, &pool->lock);
    g_mutex_unlock(&pool->lock);

    *token = job->token;
    *frame = g_steal_pointer(&job->frame);
    if (job->error)
        g_propagate_error(error, g_steal_pointer(&job->error));
    free_job(job);
    return TRUE;
}
