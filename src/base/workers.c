#include "base/workers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct NtWorkers {
    int count; /* threads and the caller */
    pthread_t *threads; /* [count - 1] */
    pthread_mutex_t lock;
    pthread_cond_t begin, end;
    unsigned run;  /* number of the run, counted up to begin one */
    int at_work;   /* threads that have not finished it */
    int stop;

    int n_tasks;
    NtTask *task;
    void *user;
    atomic_int next;
};

typedef struct Start {
    NtWorkers *workers;
    int worker;
} Start;

static void work(NtWorkers *workers, int worker)
{
    for (;;) {
        const int index = atomic_fetch_add(&workers->next, 1);
        if (index >= workers->n_tasks)
            return;
        workers->task(workers->user, index, worker);
    }
}

static void *run_thread(void *data)
{
    const Start start = *(Start *)data;
    NtWorkers *workers = start.workers;
    unsigned seen = 0;
    free(data);
    pthread_mutex_lock(&workers->lock);
    for (;;) {
        while (!workers->stop && workers->run == seen)
            pthread_cond_wait(&workers->begin, &workers->lock);
        if (workers->stop)
            break;
        seen = workers->run;
        pthread_mutex_unlock(&workers->lock);
        work(workers, start.worker);
        pthread_mutex_lock(&workers->lock);
        if (--workers->at_work == 0)
            pthread_cond_signal(&workers->end);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

NtWorkers *nt_workers_new(int count)
{
    NtWorkers *workers = calloc(1, sizeof *workers);
    if (!workers)
        return NULL;
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->begin, NULL);
    pthread_cond_init(&workers->end, NULL);
    workers->count = 1;
    if (count > 1 && !(workers->threads = calloc((size_t)count - 1, sizeof *workers->threads)))
        count = 1;
    while (workers->count < count) {
        Start *start = malloc(sizeof *start);
        if (!start)
            break;
        *start = (Start){workers, workers->count};
        if (pthread_create(&workers->threads[workers->count - 1], NULL, run_thread, start) != 0) {
            free(start);
            break;
        }
        workers->count++;
    }
    return workers;
}

void nt_workers_free(NtWorkers *workers)
{
    if (!workers)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->stop = 1;
    pthread_cond_broadcast(&workers->begin);
    pthread_mutex_unlock(&workers->lock);
    for (int i = 0; i < workers->count - 1; i++)
        pthread_join(workers->threads[i], NULL);
    pthread_mutex_destroy(&workers->lock);
    pthread_cond_destroy(&workers->begin);
    pthread_cond_destroy(&workers->end);
    free(workers->threads);
    free(workers);
}

int nt_workers_count(const NtWorkers *workers) { return workers ? workers->count : 1; }

void nt_workers_run(NtWorkers *workers, int n, NtTask *task, void *user)
{
    if (!workers || workers->count == 1 || n < 2) {
        for (int i = 0; i < n; i++)
            task(user, i, 0);
        return;
    }
    pthread_mutex_lock(&workers->lock);
    workers->n_tasks = n;
    workers->task = task;
    workers->user = user;
    atomic_store(&workers->next, 0);
    workers->at_work = workers->count - 1;
    workers->run++;
    pthread_cond_broadcast(&workers->begin);
    pthread_mutex_unlock(&workers->lock);
    work(workers, 0);
    pthread_mutex_lock(&workers->lock);
    while (workers->at_work > 0)
        pthread_cond_wait(&workers->end, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
}
