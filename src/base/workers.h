/* Nametag - a few threads that share the work on one picture.
 *
 * Tasks are numbered and taken up in order, each by whoever is free, the caller among them. Between runs the threads sleep.
 * For many pictures at once no workers are needed: analyse them side by side instead.
 */
#ifndef NT_WORKERS_H
#define NT_WORKERS_H

typedef struct NtWorkers NtWorkers;

/* index: of the task; worker: 0 to count - 1, never two tasks at once with the same. */
typedef void NtTask(void *user, int index, int worker);

/* count: how many work, the caller included; 1 starts no thread. Fewer when the system gives no more; NULL without memory. */
NtWorkers *nt_workers_new(int count);
void nt_workers_free(NtWorkers *workers); /* NULL is fine */
int nt_workers_count(const NtWorkers *workers); /* 1 for NULL */

/* Runs tasks 0 to n - 1 and returns when all are done. NULL workers: in the caller alone. One run at a time, and none from
 * within a task. */
void nt_workers_run(NtWorkers *workers, int n, NtTask *task, void *user);

#endif
