#include "overlay/explain_face.h"

#include <string.h>

#include "overlay/explain_parts.h"
#include "vision/pyramid.h"

/* The detector's window in pixels: 10 cells. A face is resized to it before its gradients are taken. */
#define WINDOW_PX (NT_EXPLAIN_WINDOW * NT_FHOG_CELL)
/* fhog has no features of the outermost cells: one more on either side of what is to be seen. */
#define OUTER_CELLS 2
#define AREA_WIDTH ((NT_EXPLAIN_COLUMNS + OUTER_CELLS) / (double)NT_EXPLAIN_WINDOW)
#define AREA_HEIGHT ((NT_EXPLAIN_ROWS + OUTER_CELLS) / (double)NT_EXPLAIN_WINDOW)
/* Pixels across that are kept of the surroundings: two for each of a pane's. */
#define PICTURE_WIDTH 760
#define MAX_CELL_PIXELS 8192 /* a resized picture beyond that is no face's surroundings */
#define MIN_BOX 8

/* A stretch of that length about the middle, moved as far as needed to lie within 0 .. size - 1, and cut to it. */
static void place_stretch(double middle, double length, int size, int *first, int *last)
{
    const int n = CLAMP(nt_round(length), 1, size);
    *first = CLAMP(nt_round(middle - (n - 1) / 2.0), 0, size - n);
    *last = *first + n - 1;
}

static NtRect unite(NtRect a, NtRect b)
{
    if (nt_rect_is_empty(b))
        return a;
    return (NtRect){MIN(a.left, b.left), MIN(a.top, b.top), MAX(a.right, b.right), MAX(a.bottom, b.bottom)};
}

/* What is to be seen: the face with its surroundings, 13 : 9. FALSE when the face is not in the picture. */
static gboolean find_surroundings(const NtFace *face, int width, int height, NtRect *area)
{
    const NtRect box = face->detection.box;
    if (width <= 0 || height <= 0 || nt_rect_is_empty(box) || box.right < 0 || box.bottom < 0 || box.left >= width ||
        box.top >= height)
        return FALSE;
    const NtSquare square = nt_square_of_rect(box);
    const double side = MAX(square.side, MIN_BOX);
    place_stretch(square.x, side * AREA_WIDTH, width, &area->left, &area->right);
    place_stretch(square.y, side * AREA_HEIGHT, height, &area->top, &area->bottom);
    return TRUE;
}

NtRect nt_explain_face_area(const NtFace *face, int width, int height)
{
    NtRect area;
    NtChipPlan plan;
    if (!find_surroundings(face, width, height, &area))
        return (NtRect){0, 0, -1, -1};
    nt_chip_plan(face->landmarks, width, height, &plan);
    return unite(area, plan.crop);
}

/* A part of the crop; both in the picture's coordinates, the part inside the crop's area. */
static NtImage part_of(const NtExplainSubject *subject, NtRect part)
{
    const NtImage *crop = &subject->crop;
    return (NtImage){nt_image_row(crop, part.top - subject->area.top) + 3 * (part.left - subject->area.left),
                     nt_rect_width(part), nt_rect_height(part), crop->stride, NT_PIXELS_RGB24};
}

static gboolean lies_within(NtRect inner, NtRect outer)
{
    return !nt_rect_is_empty(inner) && inner.left >= outer.left && inner.top >= outer.top &&
           inner.right <= outer.right && inner.bottom <= outer.bottom;
}

/* The gradients of the surroundings, the face as large as the detector would see it. */
static void take_gradients(NtExplainFace *explain, const NtImage *rgb)
{
    const double side = MAX(nt_square_of_rect(explain->face.detection.box).side, MIN_BOX), scale = WINDOW_PX / side;
    const int width = nt_round(rgb->width * scale), height = nt_round(rgb->height * scale);
    if (width < 1 || height < 1 || width > MAX_CELL_PIXELS || height > MAX_CELL_PIXELS)
        return;
    NtImage small;
    /* in steps, until the last one is less than a step of the pyramid: nothing is skipped in between */
    g_autofree guint8 *owned = nt_explain_shrink(rgb, width * 6 / 5, &small);
    g_autofree guint8 *pixels = g_malloc((gsize)width * (gsize)height * 3);
    nt_pyramid_resize(&small, pixels, width, height, (ptrdiff_t)width * 3);
    const NtImage resized = {pixels, width, height, (ptrdiff_t)width * 3, NT_PIXELS_RGB24};
    if (nt_fhog_compute(&resized, 1, 1, &explain->fhog) != NT_OK)
        explain->fhog.rows = explain->fhog.columns = 0;
    explain->cell = NT_FHOG_CELL / scale;
    explain->cells_x = explain->area.left + explain->cell * OUTER_CELLS / 2;
    explain->cells_y = explain->area.top + explain->cell * OUTER_CELLS / 2;
}

static void take_picture(NtExplainFace *explain, const NtExplainSubject *subject)
{
    NtRect area;
    if (!find_surroundings(subject->face, subject->width, subject->height, &area) || !lies_within(area, subject->area))
        return;
    explain->area = area;
    const NtImage rgb = part_of(subject, area);
    NtImage small;
    g_autofree guint8 *owned = nt_explain_shrink(&rgb, PICTURE_WIDTH, &small);
    explain->picture = nt_explain_surface(&small);
    take_gradients(explain, &rgb);
}

static void cut_chip(NtExplainFace *explain, const NtExplainSubject *subject)
{
    nt_chip_plan(subject->face->landmarks, subject->width, subject->height, &explain->plan);
    if (!explain->picture || !lies_within(explain->plan.crop, subject->area))
        return;
    const NtImage crop = part_of(subject, explain->plan.crop);
    NtChipWorkspace workspace = {0};
    g_autofree guint8 *pixels = g_malloc(NT_CHIP_BYTES);
    if (nt_chip_extract(&explain->plan, &crop, &workspace, pixels) == NT_OK) {
        const NtImage chip = {pixels, NT_CHIP_SIZE, NT_CHIP_SIZE, NT_CHIP_SIZE * 3, NT_PIXELS_RGB24};
        explain->chip = nt_explain_surface(&chip);
    }
    nt_chip_workspace_clear(&workspace);
}

static void ask_who(NtExplainFace *explain, const NtExplainSubject *subject)
{
    explain->verdict = (NtVerdict){.reason = NT_REASON_EMPTY, .distance = INFINITY, .margin = INFINITY};
    if (!subject->embedding)
        return;
    explain->has_embedding = TRUE;
    memcpy(explain->embedding, subject->embedding, sizeof explain->embedding);
    if (!subject->classifier)
        return;
    explain->limit = nt_classifier_threshold(subject->classifier);
    nt_classifier_identify(subject->classifier, explain->embedding, &explain->verdict);
    explain->n_neighbours =
        nt_classifier_neighbours(subject->classifier, explain->embedding, explain->neighbours, NT_EXPLAIN_NEIGHBOURS);
}

NtExplainFace *nt_explain_face_new(const NtExplainSubject *subject)
{
    NtExplainFace *explain = g_new0(NtExplainFace, 1);
    explain->face = *subject->face;
    explain->face.chip = NULL;
    explain->area = (NtRect){0, 0, -1, -1};
    if (!nt_rect_is_empty(subject->area))
        take_picture(explain, subject);
    cut_chip(explain, subject);
    ask_who(explain, subject);
    return explain;
}

void nt_explain_face_free(NtExplainFace *explain)
{
    if (!explain)
        return;
    g_clear_pointer(&explain->picture, cairo_surface_destroy);
    g_clear_pointer(&explain->chip, cairo_surface_destroy);
    nt_fhog_clear(&explain->fhog);
    g_free(explain);
}
