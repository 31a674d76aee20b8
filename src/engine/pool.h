/* Nametag - several analysers at work on the frames of one clip, results in the order the frames came.
 *
 * One thread pushes and pops; the pool's own threads analyse. Push while the pool is not full, else pop first: so a fast
 * decoder never fills the memory.
 */
#ifndef NT_POOL_H
#define NT_POOL_H

#include <glib.h>

#include "engine/engine.h"

typedef struct NtPool NtPool;

/* n_threads: at least 1. classifier may be NULL and must outlive the pool. */
NtPool *nt_pool_new(NtModelSet *models, const NtClassifier *classifier, const NtEngineOptions *options,
                    guint n_threads);
/* Waits for the work under way; results not popped are dropped. */
void nt_pool_free(NtPool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtPool, nt_pool_free)

/* Whether as many frames are under way as there are places. */
gboolean nt_pool_is_full(NtPool *pool);

/* Hands over a frame, when the pool is not full: yuv must stay valid until its result is popped; token comes back with
 * it. */
void nt_pool_push(NtPool *pool, const NtYuvImage *yuv, gpointer token);

/* The oldest frame's result, waiting for it if need be; FALSE when nothing is under way. On TRUE, *token is the one
 * pushed; *frame is the caller's, or NULL with error set when the analysis failed. */
gboolean nt_pool_pop(NtPool *pool, gpointer *token, NtTaggedFrame **frame, GError **error);

#endif
