/* Results: the engine's faces in the header's words. */
#include "lib/lib_private.h"

#include <math.h>

#include "identity/quality_gate.h"

#define UNMEASURED (-1.0f)

typedef struct Tags {
    NametagTags shown; /* first, so that both have one address */
    NtTaggedFrame *frame;
    char *source, *model_id;
    NametagFace *faces;        /* [n_faces] */
    const NametagFace **list;  /* [n_faces], to each of them */
    NtQuality *qualities;      /* [n_faces] */
} Tags;

static NametagVerdict convert_verdict(const NtVerdict *verdict)
{
    switch (verdict->kind) {
    case NT_VERDICT_UNSURE:
        return NAMETAG_UNSURE;
    case NT_VERDICT_NAME:
        return verdict->sure ? NAMETAG_SURE : NAMETAG_LIKELY;
    case NT_VERDICT_UNKNOWN:
        break;
    }
    return NAMETAG_UNKNOWN;
}

static NametagReason convert_reason(NtVerdictReason reason)
{
    static const NametagReason reasons[] = {
        [NT_REASON_NONE] = NAMETAG_REASON_NONE,         [NT_REASON_EMPTY] = NAMETAG_REASON_NOBODY,
        [NT_REASON_FAR] = NAMETAG_REASON_FAR,           [NT_REASON_CLOSE] = NAMETAG_REASON_CLOSE,
        [NT_REASON_TIE] = NAMETAG_REASON_TIE,           [NT_REASON_REJECTED] = NAMETAG_REASON_REJECTED,
        [NT_REASON_IGNORED] = NAMETAG_REASON_IGNORED,
    };
    return reasons[reason];
}

static NametagFinding convert_finding(NtFinding finding)
{
    return finding == NT_FOUND_DETECTED   ? NAMETAG_DETECTED
           : finding == NT_FOUND_FOLLOWED ? NAMETAG_FOLLOWED
                                          : NAMETAG_PREDICTED;
}

/* Without a chip the pose alone can be told. */
static void measure(const NtTaggedFrame *frame, const NtFace *from, NtQuality *quality)
{
    if (from->chip) {
        nt_quality_measure(from->landmarks, from->detection.box, frame->width, frame->height, from->chip, quality);
        return;
    }
    *quality = (NtQuality){0};
    nt_quality_measure_pose(from->landmarks, quality);
    quality->sharpness = quality->brightness = quality->contrast = quality->clipped = quality->inside = UNMEASURED;
}

static void convert_quality(const NtQuality *quality, gboolean measured, NametagFace *face)
{
    face->yaw = quality->yaw;
    face->pitch = quality->pitch;
    face->roll = quality->roll;
    face->sharpness = quality->sharpness;
    face->brightness = quality->brightness;
    face->contrast = quality->contrast;
    face->clipped = quality->clipped;
    face->inside = quality->inside;
    face->enrollable = measured && nt_gate_quality(quality) == NT_GATE_GOOD;
}

static void convert_face(const NtFace *from, gboolean from_boxes, NametagFace *face)
{
    const NtRect box = from->detection.box;
    const NtVerdict *verdict = &from->verdict;
    *face = (NametagFace){
        .box = {box.left, box.top, nt_rect_width(box), nt_rect_height(box)},
        .score = from->detection.score,
        .verdict = convert_verdict(verdict),
        .reason = convert_reason(verdict->reason),
        .name = verdict->name,
        .nearest = verdict->nearest,
        .distance = verdict->distance,
        .margin = verdict->margin,
        .embedding = from->embedded ? from->embedding : NULL,
        .finding = from_boxes ? NAMETAG_GIVEN : convert_finding(from->finding),
        .n_embedded = from->n_embedded,
        .track = from->track,
    };
    for (int i = 0; i < NAMETAG_LANDMARKS; i++)
        face->landmarks[i] = (NametagPoint){from->landmarks[i].x, from->landmarks[i].y};
}

NametagTags *nt_lib_tags_new(NtTaggedFrame *frame, const NtLibCore *core, const char *source, gboolean from_boxes)
{
    G_STATIC_ASSERT(NAMETAG_LANDMARKS == NT_N_LANDMARKS);
    G_STATIC_ASSERT(NAMETAG_EMBEDDING == NT_EMBEDDING_SIZE);
    Tags *tags = g_new0(Tags, 1);
    tags->frame = frame;
    tags->source = g_strdup(source ? source : "");
    tags->model_id = g_strdup(nt_model_set_fingerprint(core->models));
    tags->faces = g_new(NametagFace, frame->n_faces);
    tags->list = g_new(const NametagFace *, frame->n_faces);
    tags->qualities = g_new(NtQuality, frame->n_faces);
    for (guint i = 0; i < frame->n_faces; i++) {
        measure(frame, &frame->faces[i], &tags->qualities[i]);
        convert_face(&frame->faces[i], from_boxes, &tags->faces[i]);
        convert_quality(&tags->qualities[i], frame->faces[i].chip != NULL, &tags->faces[i]);
        tags->list[i] = &tags->faces[i];
    }
    tags->shown = (NametagTags){.n_faces = frame->n_faces, .faces = tags->list, .width = frame->width,
                                .height = frame->height, .pts_ns = frame->pts_ns, .index = frame->index,
                                .cut = frame->cut};
    return &tags->shown;
}

void nametag_tags_free(NametagTags *shown)
{
    Tags *tags = (Tags *)(void *)shown;
    if (!tags)
        return;
    nt_tagged_frame_unref(tags->frame);
    g_free(tags->source);
    g_free(tags->model_id);
    g_free(tags->faces);
    g_free(tags->list);
    g_free(tags->qualities);
    g_free(tags);
}

const NtTaggedFrame *nt_lib_tags_frame(const NametagTags *tags) { return ((const Tags *)(const void *)tags)->frame; }
const char *nt_lib_tags_source(const NametagTags *tags) { return ((const Tags *)(const void *)tags)->source; }
const char *nt_lib_tags_model_id(const NametagTags *tags) { return ((const Tags *)(const void *)tags)->model_id; }

const NtQuality *nt_lib_tags_quality(const NametagTags *tags, size_t face)
{
    return &((const Tags *)(const void *)tags)->qualities[face];
}

float nametag_distance(const float *a, const float *b)
{
    return a && b ? nt_embedding_distance(a, b) : NAN;
}
