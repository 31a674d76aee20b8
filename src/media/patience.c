#include "media/patience.h"

typedef struct Errand {
    gint references;
    GMutex lock;
    GCond finished;
    gboolean done;
    void (*job)(gpointer data);
    gpointer data;
} Errand;

static void errand_unref(Errand *errand)
{
    if (!g_atomic_int_dec_and_test(&errand->references))
        return;
    g_mutex_clear(&errand->lock);
    g_cond_clear(&errand->finished);
    g_free(errand);
}

static gpointer run(gpointer data)
{
    Errand *errand = data;
    errand->job(errand->data);
    g_mutex_lock(&errand->lock);
    errand->done = TRUE;
    g_cond_signal(&errand->finished);
    g_mutex_unlock(&errand->lock);
    errand_unref(errand);
    return NULL;
}

gboolean nt_patience_run(const char *name, void (*job)(gpointer data), gpointer data, gint64 limit_us)
{
    gint64 end = g_get_monotonic_time() + limit_us;
    Errand *errand = g_new0(Errand, 1);
    errand->references = 2;
    errand->job = job;
    errand->data = data;
    g_mutex_init(&errand->lock);
    g_cond_init(&errand->finished);
    g_thread_unref(g_thread_new(name, run, errand));
    g_mutex_lock(&errand->lock);
    while (!errand->done && g_cond_wait_until(&errand->finished, &errand->lock, end))
        continue;
    gboolean done = errand->done;
    g_mutex_unlock(&errand->lock);
    errand_unref(errand);
    return done;
}
