#include "evaluate/faces.h"

#include <gio/gio.h>
#include <math.h>

#include "base/workers.h"
#include "engine/core_error.h"
#include "media/still.h"
#include "vision/align.h"

/* A degraded face counts as found again when a box covers at least so much of both (intersection over union). */
#define SAME_FACE 0.4
/* How much of the face's surroundings is degraded and searched, in widths of its box on each side: the chip reaches
 * half a width beyond, the largest blur as far again. */
#define SURROUNDINGS 1.0

/* What one thread needs. */
typedef struct Bench {
    NtDetectWorkspace *detect;
    NtEmbedWorkspace *embed;
    NtChipWorkspace chip;
} Bench;

typedef struct Work {
    NtModelSet *models;
    GPtrArray *paths;
    const NtFacesOptions *options;
    NtPictureFace *faces;
    Bench *benches; /* [workers] */
    NtFacesProgress progress;
    gpointer user;
    GMutex lock;
    guint done;
    gboolean stop; /* atomic */
    GError *error; /* the first that is not a picture's own */
} Work;

static void give_up(Work *work, GError *error)
{
    g_mutex_lock(&work->lock);
    if (!work->error)
        work->error = error;
    else
        g_error_free(error);
    g_mutex_unlock(&work->lock);
    g_atomic_int_set(&work->stop, TRUE);
}

static gboolean find_faces(const Work *work, Bench *bench, const NtImage *picture, const NtDetection **found, size_t *n,
                           GError **error)
{
    const NtDetectOptions detect = {.upsample = work->options->upsample};
    NtError core = {NT_OK, ""};
    if (nt_detect(nt_model_set_detector(work->models), bench->detect, picture, &detect, found, n, &core) == NT_OK)
        return TRUE;
    nt_error_to_gerror(&core, error);
    return FALSE;
}

static gboolean embed_box(const Work *work, Bench *bench, const NtImage *picture, NtRect box, float *embedding,
                          GError **error)
{
    NtPoint landmarks[NT_N_LANDMARKS];
    guint8 chip[NT_CHIP_BYTES];
    nt_landmarks_fit(nt_model_set_landmarker(work->models), picture, box, landmarks);
    NtError core = {nt_chip_from_rgb(picture, landmarks, &bench->chip, chip), ""};
    if (core.status == NT_OK)
        core.status = nt_embed(nt_model_set_embedder(work->models), bench->embed, chip, 1, embedding);
    if (core.status == NT_OK)
        return TRUE;
    nt_error_to_gerror(&core, error);
    return FALSE;
}

static const NtDetection *nearest_to_middle(const NtImage *picture, const NtDetection *found, size_t n)
{
    const NtDetection *best = NULL;
    double least = INFINITY;
    for (size_t i = 0; i < n; i++) {
        const NtRect box = found[i].box;
        const double off = hypot((box.left + box.right + 1 - picture->width) / 2.0,
                                 (box.top + box.bottom + 1 - picture->height) / 2.0);
        if (off < least) {
            least = off;
            best = &found[i];
        }
    }
    return best;
}

static double overlap(NtRect a, NtRect b)
{
    const NtRect both = {MAX(a.left, b.left), MAX(a.top, b.top), MIN(a.right, b.right), MIN(a.bottom, b.bottom)};
    if (nt_rect_is_empty(both))
        return 0;
    const double inner = (double)nt_rect_width(both) * nt_rect_height(both);
    const double areas = (double)nt_rect_width(a) * nt_rect_height(a) + (double)nt_rect_width(b) * nt_rect_height(b);
    return inner / (areas - inner);
}

/* The part of the picture around box, as a view; *box is then within that view. */
static NtImage surroundings(const NtImage *picture, NtRect *box)
{
    const int reach = nt_round(nt_rect_width(*box) * SURROUNDINGS);
    const NtRect part = {MAX(box->left - reach, 0), MAX(box->top - reach, 0),
                         MIN(box->right + reach, picture->width - 1), MIN(box->bottom + reach, picture->height - 1)};
    const NtImage view = {nt_image_row(picture, part.top) + 3 * (gsize)part.left, nt_rect_width(part),
                          nt_rect_height(part), picture->stride, NT_PIXELS_RGB24};
    *box = (NtRect){box->left - part.left, box->top - part.top, box->right - part.left, box->bottom - part.top};
    return view;
}

static gboolean embed_degraded(const Work *work, Bench *bench, const NtImage *picture, NtRect box,
                               NtDegradation degradation, NtPictureFace *face, GError **error)
{
    const NtImage view = surroundings(picture, &box);
    g_autoptr(NtDegraded) worse = nt_degrade(&view, nt_rect_width(box), degradation, &work->options->strength, error);
    const NtDetection *found = NULL;
    size_t n = 0;
    if (!worse || !find_faces(work, bench, &worse->rgb, &found, &n, error))
        return FALSE;
    NtRect again = box;
    double best = SAME_FACE;
    for (size_t i = 0; i < n; i++) {
        const double shared = overlap(found[i].box, box);
        if (shared < best)
            continue;
        best = shared;
        again = found[i].box;
        face->refound[degradation] = TRUE;
    }
    return embed_box(work, bench, &worse->rgb, again, face->embeddings[degradation], error);
}

static gboolean look_at(const Work *work, Bench *bench, const char *path, NtPictureFace *face, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(NtStill) still = nt_still_load(path, &reason);
    if (!still) {
        face->trouble = g_strdup(reason->message);
        return TRUE;
    }
    const NtDetection *found = NULL;
    size_t n = 0;
    if (!find_faces(work, bench, &still->rgb, &found, &n, error))
        return FALSE;
    face->n_faces = (guint)n;
    const NtDetection *chosen = nearest_to_middle(&still->rgb, found, n);
    if (!chosen)
        return TRUE;
    /* The detector's memory is used again for the degraded pictures: keep the box, not the pointer. */
    const NtRect box = chosen->box;
    face->found = face->refound[NT_DEGRADE_NONE] = TRUE;
    face->width_px = nt_rect_width(box);
    if (!embed_box(work, bench, &still->rgb, box, face->embeddings[NT_DEGRADE_NONE], error))
        return FALSE;
    for (int d = NT_DEGRADE_NONE + 1; d < NT_N_DEGRADATIONS; d++)
        if (work->options->degrade[d] && !embed_degraded(work, bench, &still->rgb, box, d, face, error))
            return FALSE;
    return TRUE;
}

static void task(void *user, int index, int worker)
{
    Work *work = user;
    GError *error = NULL;
    if (g_atomic_int_get(&work->stop))
        return;
    if (!look_at(work, &work->benches[worker], work->paths->pdata[index], &work->faces[index], &error)) {
        give_up(work, error);
        return;
    }
    g_mutex_lock(&work->lock);
    work->done++;
    if (work->progress && !work->progress(work->done, work->paths->len, work->user))
        g_atomic_int_set(&work->stop, TRUE);
    g_mutex_unlock(&work->lock);
}

static gboolean open_benches(Work *work, int n)
{
    gboolean good = TRUE;
    work->benches = g_new0(Bench, n);
    for (int i = 0; i < n; i++) {
        work->benches[i].detect = nt_detect_workspace_new(NULL);
        work->benches[i].embed = nt_embed_workspace_new(nt_model_set_embedder(work->models));
        good = good && work->benches[i].detect && work->benches[i].embed;
    }
    return good;
}

static void close_benches(Work *work, int n)
{
    for (int i = 0; i < n; i++) {
        nt_detect_workspace_free(work->benches[i].detect);
        nt_embed_workspace_free(work->benches[i].embed);
        nt_chip_workspace_clear(&work->benches[i].chip);
    }
    g_free(work->benches);
}

NtPictureFaces *nt_picture_faces_new(NtModelSet *models, GPtrArray *paths, const NtFacesOptions *options,
                                     NtFacesProgress progress, gpointer user, GError **error)
{
    g_autoptr(NtPictureFaces) faces = g_new0(NtPictureFaces, 1);
    faces->n = paths->len;
    faces->faces = g_new0(NtPictureFace, paths->len);
    Work work = {.models = models,
                 .paths = paths,
                 .options = options,
                 .faces = faces->faces,
                 .progress = progress,
                 .user = user};
    NtWorkers *workers = nt_workers_new(MAX(1, options->threads));
    const int n = nt_workers_count(workers);
    g_mutex_init(&work.lock);
    if (open_benches(&work, n))
        nt_workers_run(workers, (int)paths->len, task, &work);
    else
        work.error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "not enough memory to look at pictures");
    close_benches(&work, n);
    nt_workers_free(workers);
    g_mutex_clear(&work.lock);
    if (work.error) {
        g_propagate_error(error, work.error);
        return NULL;
    }
    if (work.stop) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped");
        return NULL;
    }
    return g_steal_pointer(&faces);
}

void nt_picture_faces_free(NtPictureFaces *faces)
{
    if (!faces)
        return;
    for (guint i = 0; i < faces->n; i++)
        g_free(faces->faces[i].trouble);
    g_free(faces->faces);
    g_free(faces);
}
