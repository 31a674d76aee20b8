/* How recognition suffers as a face is degraded, beside what nt_quality_measure says of it: the tables of
 * docs/accuracy.md, as CSV; run by hand.
 *
 *   NAMETAG_MODELS=BUILD/models calibrate-quality PICTURE...
 *
 * Every face of the pictures is first brought to a box of BASE_PX pixels, with half a box around it; that is the
 * undegraded one. "own" is the L2 distance to it; "kept" the share of the other pictures of the same person (by their
 * undegraded distance) that stay within 0.6; "false" the share of other people's that come within 0.6. */
#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "degrade.h"
#include "media/still.h"
#include "nn/embedder.h"
#include "vision/align.h"
#include "vision/detector.h"
#include "vision/landmarks.h"
#include "vision/quality.h"

#define BASE_PX 150
#define LEAST_PX 110 /* smaller faces are no base to begin with */
#define SAME 0.6f

typedef struct Sample {
    char *name;
    Picture picture;
    NtRect box;
    float embedding[NT_EMBEDDING_SIZE];
} Sample;

static NtDetector *detector;
static NtDetectWorkspace *detect_workspace;
static NtLandmarker *landmarker;
static NtEmbedder *embedder;
static NtEmbedWorkspace *embed_workspace;
static NtChipWorkspace chip_workspace;
static GArray *samples;

static void measure(const Picture *picture, NtRect box, float embedding[NT_EMBEDDING_SIZE], NtQuality *quality)
{
    NtPoint points[NT_N_LANDMARKS];
    guint8 chip[NT_CHIP_BYTES];
    const NtImage image = picture_view(picture);
    nt_landmarks_fit(landmarker, &image, box, points);
    g_assert_cmpint(nt_chip_from_rgb(&image, points, &chip_workspace, chip), ==, NT_OK);
    g_assert_cmpint(nt_embed(embedder, embed_workspace, chip, 1, embedding), ==, NT_OK);
    nt_quality_measure(points, box, picture->width, picture->height, chip, quality);
}

static void report(const Sample *sample, const char *kind, double level, const Picture *picture, NtRect box)
{
    float embedding[NT_EMBEDDING_SIZE];
    NtQuality q;
    guint same = 0, kept = 0, other = 0, wrong = 0;
    measure(picture, box, embedding, &q);
    for (guint i = 0; i < samples->len; i++) {
        const Sample *partner = &g_array_index(samples, Sample, i);
        const gboolean near = nt_embedding_distance(embedding, partner->embedding) < SAME;
        if (partner == sample)
            continue;
        if (nt_embedding_distance(sample->embedding, partner->embedding) < SAME) {
            same++;
            kept += near;
        } else {
            other++;
            wrong += near;
        }
    }
    printf("%s,%s,%g,%.0f,%.3f,%.1f,%.1f,%.1f,%.3f,%.3f,%.3f,%.3f,%.3f,%u,%u,%u,%u\n", sample->name, kind, level, (double)q.size_px,
           (double)q.sharpness, (double)q.yaw, (double)q.pitch, (double)q.roll, (double)q.brightness, (double)q.contrast,
           (double)q.clipped, (double)q.inside, (double)nt_embedding_distance(embedding, sample->embedding), kept, same, wrong, other);
}

static void degrade(const Sample *sample)
{
    static const double sigmas[] = {0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6}, gains[] = {0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1.5, 2, 2.5, 3, 4},
                        gammas[] = {0.25, 0.4, 0.6, 1.6, 2.5, 4}, noises[] = {4, 8, 12, 16, 24},
                        cuts[] = {0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4}, lowered[] = {0.1, 0.2, 0.3, 0.5, 0.7};
    static const int sizes[] = {18, 24, 30, 36, 42, 48, 56, 64, 80, 110}, percents[] = {5, 10, 15, 20, 30, 50, 70, 90};
    const Picture *base = &sample->picture;
    report(sample, "base", 0, base, sample->box);
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        const double s = (double)sizes[i] / BASE_PX;
        const NtImage image = picture_view(base);
        const NtRect b = sample->box;
        g_autofree guint8 *p = NULL;
        Picture small = picture_resample(&image, (NtRect){0, 0, base->width - 1, base->height - 1}, (int)lround(base->width * s), (int)lround(base->height * s));
        p = small.pixels;
        report(sample, "size", sizes[i], &small, (NtRect){(int)lround(b.left * s), (int)lround(b.top * s),
               (int)lround(b.left * s) + sizes[i] - 1, (int)lround(b.top * s) + sizes[i] - 1});
    }
#define EACH(list, label, expression)                                      \
    for (guint i = 0; i < G_N_ELEMENTS(list); i++) {                       \
        NtRect box = sample->box;                                          \
        const Picture picture = expression;                                \
        report(sample, label, list[i], &picture, box);                     \
        g_free(picture.pixels);                                            \
    }
    EACH(sigmas, "blur", picture_blurred(base, sigmas[i]))
    EACH(percents, "jpeg", picture_jpegged(base, percents[i]))
    EACH(gains, "gain", picture_exposed(base, gains[i], 1, 0))
    EACH(gammas, "gamma", picture_exposed(base, 1, gammas[i], 0))
    EACH(noises, "noise", picture_exposed(base, 1, 1, noises[i]))
    EACH(cuts, "cut", picture_cut_off(base, box, cuts[i], &box))
    for (guint i = 0; i < G_N_ELEMENTS(lowered); i++) { /* contrast */
        Picture flat = picture_copy(base);
        for (int k = 0; k < base->width * base->height * 3; k++)
            flat.pixels[k] = (guint8)(128 + lowered[i] * (base->pixels[k] - 128));
        report(sample, "contrast", lowered[i], &flat, sample->box);
        g_free(flat.pixels);
    }
}

static void add_faces(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtStill) still = nt_still_load(path, &error);
    if (!still) {
        fprintf(stderr, "%s\n", error->message);
        return;
    }
    const NtDetectOptions options = {.upsample = 0};
    const NtDetection *found;
    size_t n;
    g_assert_cmpint(nt_detect(detector, detect_workspace, &still->rgb, &options, &found, &n, NULL), ==, NT_OK);
    for (size_t k = 0; k < n; k++) {
        const NtRect box = found[k].box;
        const int around = nt_rect_width(box) * 3 / 5, side = nt_rect_width(box) + 2 * around;
        if (nt_rect_width(box) < LEAST_PX)
            continue;
        const double s = (double)BASE_PX / nt_rect_width(box);
        const int size = (int)lround(side * s), edge = (int)lround(around * s);
        Sample sample = {.box = {edge, edge, edge + BASE_PX - 1, edge + BASE_PX - 1}};
        NtQuality quality;
        g_autofree char *base = g_path_get_basename(path);
        sample.name = g_strdup_printf("%s#%zu", base, k);
        sample.picture = picture_resample(&still->rgb, (NtRect){box.left - around, box.top - around, box.right + around, box.bottom + around}, size, size);
        measure(&sample.picture, sample.box, sample.embedding, &quality);
        g_array_append_val(samples, sample);
    }
}

int main(int argc, char **argv)
{
    const char *models = g_getenv("NAMETAG_MODELS");
    g_autofree char *hog = g_build_filename(models, "hog-face.safetensors", NULL), *landmarks = g_build_filename(models, "landmarks-68.safetensors", NULL),
                    *net = g_build_filename(models, "face-resnet.safetensors", NULL);
    g_assert_cmpint(nt_detector_load(hog, &detector, NULL), ==, NT_OK);
    g_assert_cmpint(nt_landmarker_load(landmarks, &landmarker, NULL), ==, NT_OK);
    g_assert_cmpint(nt_embedder_load(net, NT_PRECISION_FLOAT, &embedder, NULL), ==, NT_OK);
    NtWorkers *workers = nt_workers_new(1);
    detect_workspace = nt_detect_workspace_new(workers);
    embed_workspace = nt_embed_workspace_new(embedder);
    samples = g_array_new(FALSE, FALSE, sizeof(Sample));
    for (int i = 1; i < argc; i++)
        add_faces(argv[i]);
    printf("face,kind,level,size,sharpness,yaw,pitch,roll,brightness,contrast,clipped,inside,own,kept,same,false,other\n");
    for (guint i = 0; i < samples->len; i++)
        degrade(&g_array_index(samples, Sample, i));
    fprintf(stderr, "%u faces\n", samples->len);
    for (guint i = 0; i < samples->len; i++) {
        g_free(g_array_index(samples, Sample, i).name);
        g_free(g_array_index(samples, Sample, i).picture.pixels);
    }
    g_array_unref(samples);
    nt_chip_workspace_clear(&chip_workspace);
    nt_embed_workspace_free(embed_workspace);
    nt_detect_workspace_free(detect_workspace);
    nt_workers_free(workers);
    nt_embedder_free(embedder);
    nt_landmarker_free(landmarker);
    nt_detector_free(detector);
    return 0;
}
