/* One thread's way of a picture through detection, landmarks, alignment, embedding and verdict. */
#include "engine/engine.h"

#include <string.h>

#include "engine/core_error.h"

struct NtAnalyser {
    NtModelSet *models;
    const NtClassifier *classifier;
    NtEngineOptions options;
    NtWorkers *workers;
    NtDetectWorkspace *detect;
    NtEmbedWorkspace **embed; /* [workers] */
    NtChipWorkspace chip;
    NtFrameStore *frames;
    GByteArray *crop;   /* RGB of the part of a video frame that a chip needs */
    GByteArray *chips;  /* the chips of one picture's faces, one after another */
    GArray *embeddings; /* and their embeddings */
};

/* What the picture is made of: exactly one is set. */
typedef struct Picture {
    const NtImage *rgb;
    const NtYuvImage *yuv;
} Picture;

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
    analyser->embed = g_new0(NtEmbedWorkspace *, nt_workers_count(analyser->workers));
    for (int i = 0; i < nt_workers_count(analyser->workers); i++)
        if (!(analyser->embed[i] = nt_embed_workspace_new(nt_model_set_embedder(models))))
            g_error("not enough memory to analyse a picture");
    analyser->frames = nt_frame_store_new(0, 0, FALSE);
    analyser->crop = g_byte_array_new();
    analyser->chips = g_byte_array_new();
    analyser->embeddings = g_array_new(FALSE, FALSE, sizeof(float));
    return analyser;
}

void nt_analyser_free(NtAnalyser *analyser)
{
    if (!analyser)
        return;
    nt_detect_workspace_free(analyser->detect);
    for (int i = 0; i < nt_workers_count(analyser->workers); i++)
        nt_embed_workspace_free(analyser->embed[i]);
    g_free(analyser->embed);
    nt_workers_free(analyser->workers);
    nt_chip_workspace_clear(&analyser->chip);
    nt_frame_store_unref(analyser->frames);
    g_byte_array_unref(analyser->crop);
    g_byte_array_unref(analyser->chips);
    g_array_unref(analyser->embeddings);
    nt_model_set_unref(analyser->models);
    g_free(analyser);
}

void nt_analyser_use_frames(NtAnalyser *analyser, NtFrameStore *frames)
{
    nt_frame_store_unref(analyser->frames);
    analyser->frames = nt_frame_store_ref(frames);
}

static NtStatus cut_chip(NtAnalyser *analyser, const Picture *picture, const NtPoint *landmarks, guint8 *chip)
{
    if (picture->rgb)
        return nt_chip_from_rgb(picture->rgb, landmarks, &analyser->chip, chip);

    NtChipPlan plan;
    nt_chip_plan(landmarks, picture->yuv->width, picture->yuv->height, &plan);
    NtImage crop = {.format = NT_PIXELS_RGB24};
    if (!nt_rect_is_empty(plan.crop)) {
        crop.width = nt_rect_width(plan.crop);
        crop.height = nt_rect_height(plan.crop);
        crop.stride = (ptrdiff_t)crop.width * 3;
        g_byte_array_set_size(analyser->crop, (guint)(crop.stride * crop.height));
        nt_yuv_to_rgb(picture->yuv, plan.crop, analyser->crop->data, crop.stride);
        crop.pixels = analyser->crop->data;
    }
    return nt_chip_extract(&plan, &crop, &analyser->chip, chip);
}

/* The faces of one picture, in as many shares as there are workers: those of a share go through the network together. */
typedef struct Embedding {
    NtAnalyser *analyser;
    guint n_faces, n_shares;
    gint status; /* NtStatus of the last share that failed */
} Embedding;

static void embed_share(void *user, int share, int worker)
{
    Embedding *embedding = user;
    NtAnalyser *analyser = embedding->analyser;
    const guint from = (guint)share * embedding->n_faces / embedding->n_shares;
    const guint to = ((guint)share + 1) * embedding->n_faces / embedding->n_shares;
    const NtStatus status = nt_embed(nt_model_set_embedder(analyser->models), analyser->embed[worker],
                                     analyser->chips->data + (gsize)from * NT_CHIP_BYTES, to - from,
                                     (float *)(void *)analyser->embeddings->data + (gsize)from * NT_EMBEDDING_SIZE);
    if (status != NT_OK)
        g_atomic_int_set(&embedding->status, status);
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

static NtStatus embed_faces(NtAnalyser *analyser, const Picture *picture, NtTaggedFrame *frame)
{
    g_byte_array_set_size(analyser->chips, frame->n_faces * NT_CHIP_BYTES);
    g_array_set_size(analyser->embeddings, frame->n_faces * NT_EMBEDDING_SIZE);
    if (analyser->options.with_chips)
        nt_tagged_frame_add_chips(frame);
    for (guint i = 0; i < frame->n_faces; i++) {
        NtFace *face = &frame->faces[i];
        guint8 *chip = analyser->chips->data + (gsize)i * NT_CHIP_BYTES;
        NtStatus status = cut_chip(analyser, picture, face->landmarks, chip);
        if (status != NT_OK)
            return status;
        if (analyser->options.with_chips)
            memcpy(face->chip, chip, NT_CHIP_BYTES);
    }
    if (!analyser->options.with_embedding)
        return NT_OK;

    const float *embeddings = (const float *)(const void *)analyser->embeddings->data;
    Embedding embedding = {.analyser = analyser, .n_faces = frame->n_faces,
                           .n_shares = MIN(frame->n_faces, (guint)nt_workers_count(analyser->workers))};
    nt_workers_run(analyser->workers, (int)embedding.n_shares, embed_share, &embedding);
    const NtStatus status = (NtStatus)embedding.status;
    for (guint i = 0; status == NT_OK && i < frame->n_faces; i++)
        memcpy(frame->faces[i].embedding, embeddings + (gsize)i * NT_EMBEDDING_SIZE, sizeof frame->faces[i].embedding);
    if (status == NT_OK)
        identify_faces(analyser, frame);
    return status;
}

static NtTaggedFrame *tag(NtAnalyser *analyser, const NtImage *search, const Picture *picture, GError **error)
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

    g_autoptr(NtTaggedFrame) frame = nt_frame_store_take(analyser->frames, (guint)n_found);
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
        core.status = embed_faces(analyser, picture, frame);
        if (core.status != NT_OK) {
            nt_error_to_gerror(&core, error);
            return NULL;
        }
    }
    return g_steal_pointer(&frame);
}

NtTaggedFrame *nt_analyser_tag_rgb(NtAnalyser *analyser, const NtImage *rgb, GError **error)
{
    return tag(analyser, rgb, &(Picture){.rgb = rgb}, error);
}

NtTaggedFrame *nt_analyser_tag_yuv(NtAnalyser *analyser, const NtYuvImage *yuv, GError **error)
{
    const NtImage luma = nt_yuv_luma(yuv);
    return tag(analyser, &luma, &(Picture){.yuv = yuv}, error);
}
