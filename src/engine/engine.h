/* Nametag - the engine: picture in, tagged faces out.
 *
 * Detect, fit landmarks, align, embed, classify, each on the caller's picture; for video only the luma plane is read,
 * and colour is made for the chips alone. An engine is shared by threads; each thread at work has its own NtAnalyser.
 */
#ifndef NT_ENGINE_H
#define NT_ENGINE_H

#include <glib.h>

#include "engine/model_set.h"
#include "engine/tagged.h"
#include "identity/recognizer.h"

typedef struct NtEngineOptions {
    int upsample;            /* 0..4, see NtDetectOptions */
    double threshold;        /* detector score */
    gboolean with_embedding; /* FALSE stops after the landmarks; verdicts are then all unknown */
    gboolean with_chips;     /* keep the chip of every face */
    NtRecognizer *recognizer; /* asked for the newest classifier at each picture, so that people enrolled meanwhile are known;
                              * must outlive the analyser. NULL: the classifier stays the one given */
    int workers;             /* threads that share one picture, the caller's included; 0 and 1: none beside it. For stills and
                              * live pictures; frames of a clip are better analysed side by side (pool.h) */
} NtEngineOptions;

typedef struct NtAnalyser NtAnalyser;

/* classifier may be NULL (nobody enrolled) and must outlive the analyser. Never NULL: aborts when out of memory, as
 * GLib does. */
NtAnalyser *nt_analyser_new(NtModelSet *models, const NtClassifier *classifier, const NtEngineOptions *options);
void nt_analyser_free(NtAnalyser *analyser);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtAnalyser, nt_analyser_free)

/* Results are taken from there instead of from a store of the analyser's own. */
void nt_analyser_use_frames(NtAnalyser *analyser, NtFrameStore *frames);

/* A still: detection on colour, as the reference does. NULL with NT_MODEL_ERROR on failure. */
NtTaggedFrame *nt_analyser_tag_rgb(NtAnalyser *analyser, const NtImage *rgb, GError **error);
/* A video frame. index and pts_ns are for the caller to set in the result. */
NtTaggedFrame *nt_analyser_tag_yuv(NtAnalyser *analyser, const NtYuvImage *yuv, GError **error);

/* The same without the detector: the faces are those of the caller's boxes, in their order, with score 0. The landmarks expect
 * boxes as the detector gives them. */
NtTaggedFrame *nt_analyser_tag_boxes_rgb(NtAnalyser *analyser, const NtImage *rgb, const NtRect *boxes, guint n, GError **error);
NtTaggedFrame *nt_analyser_tag_boxes_yuv(NtAnalyser *analyser, const NtYuvImage *yuv, const NtRect *boxes, guint n,
                                         GError **error);

#endif
