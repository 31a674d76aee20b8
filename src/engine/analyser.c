/* One thread's way of a picture through detection, landmarks, alignment, embedding and verdict. */
#include "engine/engine.h"

#include "engine/core_error.h"
#include "engine/represent.h"

struct NtAnalyser {
    NtModelSet *models;
    const NtClassifier *classifier;
    NtEngineOptions options;
    NtWorkers *workers;
    NtDetectWorkspace *detect;
    NtRepresenter *representer;
    NtFrameStore *frames;
    GPtrArray *faces; /* NtFace: those of one picture */
};

NtAnalyser *nt_analyser_new(NtModelSet *models, const NtClassifier *classifier, const NtEngineOptions *options)
{
    NtAnalyser *analyser = g_new0(NtAnalyser, 1);
    analyser->models = nt_model_set_ref(models);
    analyser->classifier = classifier;
    analyser->options = *options;
    analyser->workers = nt_workers_new(options->workers);
    analyser->detect = nt_detect_workspace_new(analyser->workers);
    if (!analyser->workers || !analyser->detect)
        g_error("not enough memory to analyse a picture");
    analyser->representer = nt_representer_new(models, analyser->workers);
    analyser->frames = nt_frame_store_new(0, 0, FALSE);
    analyser->faces = g_ptr_array_new();
    return analyser;
}

void nt_analyser_free(NtAnalyser *analyser)
{
    if (!analyser)
        return;
    nt_detect_workspace_free(analyser->detect);
    nt_representer_free(analyser->representer);
    nt_workers_free(analyser->workers);
    nt_frame_store_unref(analyser->frames);
    g_ptr_array_unref(analyser->faces);
    nt_model_set_unref(analyser->models);
    g_free(analyser);
}

void nt_analyser_use_frames(NtAnalyser *analyser, NtFrameStore *frames)
{
    nt_frame_store_unref(analyser->frames);
    analyser->frames = nt_frame_store_ref(frames);
}

/* Says who each face is, by the newest classifier there is. */
static void identify_faces(const NtAnalyser *analyser, NtTaggedFrame *frame)
{
    NtRecognizer *recognizer = analyser->options.recognizer;
    g_autoptr(NtClassifier) newest = recognizer ? nt_recognizer_get(recognizer) : NULL;
    const NtClassifier *classifier = newest ? newest : analyser->classifier;
    for (guint i = 0; classifier && i < frame->n_faces; i++)
        nt_classifier_identify(classifier, frame->faces[i].embedding, &frame->faces[i].verdict);
}

static NtStatus represent_faces(NtAnalyser *analyser, const NtPicture *picture, NtTaggedFrame *frame)
{
    if (analyser->options.with_chips)
        nt_tagged_frame_add_chips(frame);
    g_ptr_array_set_size(analyser->faces, (gint)frame->n_faces);
    for (guint i = 0; i < frame->n_faces; i++)
        analyser->faces->pdata[i] = &frame->faces[i];
    const NtStatus status = nt_represent(analyser->representer, picture, (NtFace *const *)analyser->faces->pdata,
                                         frame->n_faces, analyser->options.with_embedding);
    if (status == NT_OK && analyser->options.with_embedding)
        identify_faces(analyser, frame);
    return status;
}

/* Landmarks, embeddings and verdicts of faces that are found. */
static NtTaggedFrame *tag_found(NtAnalyser *analyser, const NtImage *search, const NtPicture *picture,
                                const NtDetection *found, guint n_found, GError **error)
{
    g_autoptr(NtTaggedFrame) frame = nt_frame_store_take(analyser->frames, n_found);
    frame->width = search->width;
    frame->height = search->height;
    for (guint i = 0; i < frame->n_faces; i++) {
        NtFace *face = &frame->faces[i];
        face->detection = found[i];
        face->verdict = (NtVerdict){.kind = NT_VERDICT_UNKNOWN, .reason = NT_REASON_EMPTY,
                                    .distance = INFINITY, .margin = INFINITY};
        nt_landmarks_fit(nt_model_set_landmarker(analyser->models), search, found[i].box, face->landmarks);
    }
    if (frame->n_faces && (analyser->options.with_embedding || analyser->options.with_chips)) {
        const NtError core = {represent_faces(analyser, picture, frame), ""};
        if (core.status != NT_OK) {
            nt_error_to_gerror(&core, error);
            return NULL;
        }
    }
    return g_steal_pointer(&frame);
}

static NtTaggedFrame *tag(NtAnalyser *analyser, const NtImage *search, const NtPicture *picture, GError **error)
{
    const NtDetectOptions detect = {.upsample = analyser->options.upsample, .threshold = analyser->options.threshold};
    const NtDetection *found = NULL;
    size_t n_found = 0;
    NtError core = {NT_OK, ""};
    if (nt_detect(nt_model_set_detector(analyser->models), analyser->detect, search, &detect, &found, &n_found,
                  &core) != NT_OK) {
        nt_error_to_gerror(&core, error);
        return NULL;
    }
    return tag_found(analyser, search, picture, found, (guint)n_found, error);
}

static NtTaggedFrame *tag_boxes(NtAnalyser *analyser, const NtImage *search, const NtPicture *picture, const NtRect *boxes,
                                guint n, GError **error)
{
    g_autofree NtDetection *found = g_new0(NtDetection, n);
    for (guint i = 0; i < n; i++)
        found[i].box = boxes[i];
    return tag_found(analyser, search, picture, found, n, error);
}

NtTaggedFrame *nt_analyser_tag_rgb(NtAnalyser *analyser, const NtImage *rgb, GError **error)
{
    return tag(analyser, rgb, &(NtPicture){.rgb = rgb}, error);
}

NtTaggedFrame *nt_analyser_tag_yuv(NtAnalyser *analyser, const NtYuvImage *yuv, GError **error)
{
    const NtImage luma = nt_yuv_luma(yuv);
    return tag(analyser, &luma, &(NtPicture){.yuv = yuv}, error);
}

NtTaggedFrame *nt_analyser_tag_boxes_rgb(NtAnalyser *analyser, const NtImage *rgb, const NtRect *boxes, guint n, GError **error)
{
    return tag_boxes(analyser, rgb, &(NtPicture){.rgb = rgb}, boxes, n, error);
}

NtTaggedFrame *nt_analyser_tag_boxes_yuv(NtAnalyser *analyser, const NtYuvImage *yuv, const NtRect *boxes, guint n,
                                         GError **error)
{
    const NtImage luma = nt_yuv_luma(yuv);
    return tag_boxes(analyser, &luma, &(NtPicture){.yuv = yuv}, boxes, n, error);
}
