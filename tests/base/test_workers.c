/* Workers: every task once, none twice at once with the same number, run after run. */
#include <glib.h>
#include <stdatomic.h>

#include "base/workers.h"

#define TASKS 200
#define MOST 8

typedef struct Count {
    atomic_int done[TASKS], busy[MOST], clashes;
    int n_workers;
} Count;

static void count(void *user, int index, int worker)
{
    Count *c = user;
    if (worker < 0 || worker >= c->n_workers || atomic_fetch_add(&c->busy[worker], 1) != 0)
        atomic_fetch_add(&c->clashes, 1);
    atomic_fetch_add(&c->done[index], 1);
    if (index % 7 == 0)
        g_usleep(50);
    atomic_fetch_sub(&c->busy[worker], 1);
}

static void check_runs(int n_workers)
{
    NtWorkers *workers = nt_workers_new(n_workers);
    g_assert_nonnull(workers);
    g_assert_cmpint(nt_workers_count(workers), ==, MAX(n_workers, 1));
    for (int round = 0; round < 60; round++) {
        const int n = round % 5 ? g_test_rand_int_range(0, TASKS) : round / 5;
        Count c = {.n_workers = nt_workers_count(workers)};
        nt_workers_run(workers, n, count, &c);
        for (int i = 0; i < TASKS; i++)
            g_assert_cmpint(c.done[i], ==, i < n ? 1 : 0);
        g_assert_cmpint(c.clashes, ==, 0);
    }
    nt_workers_free(workers);
}

static void test_runs(void)
{
    for (int n = 0; n <= MOST; n++)
        check_runs(n);
}

static void test_none(void)
{
    Count c = {.n_workers = 1};
    g_assert_cmpint(nt_workers_count(NULL), ==, 1);
    nt_workers_run(NULL, TASKS, count, &c);
    for (int i = 0; i < TASKS; i++)
        g_assert_cmpint(c.done[i], ==, 1);
    nt_workers_free(NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/workers/runs", test_runs);
    g_test_add_func("/base/workers/none", test_none);
    return g_test_run();
}
