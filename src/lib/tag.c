/* Single pictures. */
#include "lib/lib_private.h"

#include "media/still.h"

/* Boxes may reach so far beyond the picture, in its longer side. */
#define MOST_BOX_SIDES 4

static NametagStatus finish(Nametag *nametag, NtTaggedFrame *frame, GError *error, const char *source, gboolean from_boxes,
                            NametagTags **tags)
{
    if (!frame)
        return nt_lib_fail_with(&nametag->words, error);
    *tags = nt_lib_tags_new(frame, nametag->core, source, from_boxes);
    return NAMETAG_OK;
}

NametagStatus nametag_tag(Nametag *nametag, const NametagPicture *picture, NametagTags **tags)
{
    if (tags)
        *tags = NULL;
    if (!nametag)
        return NT_LIB_MISSING(NULL, "nametag");
    if (!tags)
        return NT_LIB_MISSING(&nametag->words, "tags");
    if (!picture)
        return NT_LIB_MISSING(&nametag->words, "picture");
    NametagPicture checked;
    NtLibView view;
    const NametagStatus status =
        nt_lib_view(picture, NT_LIB_GRAY_AS_RGB, &nametag->pixels, &checked, &view, &nametag->words);
    if (status != NAMETAG_OK)
        return status;
    GError *error = NULL;
    NtTaggedFrame *frame = view.is_yuv ? nt_analyser_tag_yuv(nametag->analyser, &view.yuv, &error)
                                       : nt_analyser_tag_rgb(nametag->analyser, &view.rgb, &error);
    return finish(nametag, frame, error, checked.source, FALSE, tags);
}

NametagStatus nametag_tag_file(Nametag *nametag, const char *path, NametagTags **tags)
{
    if (tags)
        *tags = NULL;
    if (!nametag)
        return NT_LIB_MISSING(NULL, "nametag");
    if (!tags)
        return NT_LIB_MISSING(&nametag->words, "tags");
    if (!path)
        return NT_LIB_MISSING(&nametag->words, "path");
    GError *error = NULL;
    g_autoptr(NtStill) still = nt_still_load(path, &error);
    NtTaggedFrame *frame = still ? nt_analyser_tag_rgb(nametag->analyser, &still->rgb, &error) : NULL;
    return finish(nametag, frame, error, path, FALSE, tags);
}

/* Sums are in 64 bits: the caller's numbers are any. */
static gboolean box_is_usable(const NametagBox *box, int width, int height)
{
    const gint64 most = (gint64)MAX(width, height) * MOST_BOX_SIDES;
    return box->width >= 1 && box->height >= 1 && box->width <= most && box->height <= most && box->x < width &&
           box->y < height && (gint64)box->x + box->width > 0 && (gint64)box->y + box->height > 0;
}

static NametagStatus read_boxes(Nametag *nametag, const NametagPicture *picture, const NametagBox *boxes, size_t n,
                                NtRect *rects)
{
    for (size_t i = 0; i < n; i++) {
        const NametagBox *box = &boxes[i];
        if (!box_is_usable(box, picture->width, picture->height))
            return nt_lib_fail(&nametag->words, NAMETAG_ERROR_ARGUMENT,
                               "nametag_tag_boxes: box %zu (%d, %d, %d x %d) cannot be a face's in a picture of %d x %d", i, box->x,
                               box->y, box->width, box->height, picture->width, picture->height);
        rects[i] = (NtRect){box->x, box->y, box->x + box->width - 1, box->y + box->height - 1};
    }
    return NAMETAG_OK;
}

NametagStatus nametag_tag_boxes(Nametag *nametag, const NametagPicture *picture, const NametagBox *boxes, size_t n_boxes,
                                NametagTags **tags)
{
    if (tags)
        *tags = NULL;
    if (!nametag)
        return NT_LIB_MISSING(NULL, "nametag");
    if (!tags)
        return NT_LIB_MISSING(&nametag->words, "tags");
    if (!picture)
        return NT_LIB_MISSING(&nametag->words, "picture");
    if (!boxes && n_boxes > 0)
        return NT_LIB_MISSING(&nametag->words, "boxes");
    if (n_boxes > NAMETAG_MOST_BOXES)
        return nt_lib_fail(&nametag->words, NAMETAG_ERROR_ARGUMENT, "nametag_tag_boxes: %zu boxes; %d are possible", n_boxes,
                           NAMETAG_MOST_BOXES);
    NametagPicture checked;
    NtLibView view;
    NametagStatus status = nt_lib_view(picture, NT_LIB_GRAY_AS_RGB, &nametag->pixels, &checked, &view, &nametag->words);
    if (status != NAMETAG_OK)
        return status;
    g_autofree NtRect *rects = g_new(NtRect, n_boxes);
    status = read_boxes(nametag, &checked, boxes, n_boxes, rects);
    if (status != NAMETAG_OK)
        return status;
    GError *error = NULL;
    NtTaggedFrame *frame =
        view.is_yuv ? nt_analyser_tag_boxes_yuv(nametag->analyser, &view.yuv, rects, (guint)n_boxes, &error)
                    : nt_analyser_tag_boxes_rgb(nametag->analyser, &view.rgb, rects, (guint)n_boxes, &error);
    return finish(nametag, frame, error, checked.source, TRUE, tags);
}
