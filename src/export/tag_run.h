/* Nametag - a clip from its first frame to its last: read, tagged, its unknown people numbered, handed on in order.
 * What `nametag tag` and the window's export have in common.
 *
 * Reading, analysis and what is done with the results overlap; the results are the same whatever the machine has of
 * processors.
 */
#ifndef NT_TAG_RUN_H
#define NT_TAG_RUN_H

#include "engine/engine.h"
#include "engine/unknowns.h"
#include "media/source.h"

typedef struct NtTagRunOptions {
    NtModelSet *models;
    const NtClassifier *classifier;     /* NULL: nobody enrolled */
    NtEngineOptions engine;             /* with chips, or nobody unknown gets a number */
    guint n_threads;                    /* of analysis, at least 1 */
    gboolean exact;                     /* each frame from scratch, instead of following faces */
    gboolean raw_landmarks;             /* as they are fitted, not steadied */
    NtUnknowns *unknowns;               /* numbers them; keeps what it keeps */
    gboolean (*stopped)(gpointer user); /* asked between frames: no more is read; what is under way is handed on */
    /* A frame and its tags, whole, in order, on the calling thread; FALSE with error ends the run. */
    gboolean (*handle)(const NtFrame *frame, const NtTaggedFrame *tagged, gpointer user, GError **error);
    gpointer user;
} NtTagRunOptions;

/* To the end of the source, or until stopped (TRUE; what fails because the source was cancelled then is no failure). A
 * source that fails on the way (NT_SOURCE_ERROR) has its frames before that handled. */
gboolean nt_tag_run(NtSource *source, const NtTagRunOptions *options, GError **error);

#endif
