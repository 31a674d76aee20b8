/* Nametag's steps and those of dlib and oneDNN, one thread, in turns in one process: medians and ratios.
 *
 *   nametag-bench-peers MODELS FACE_API_MODEL_DIR LANDMARKS_DAT PICTURE [STEP]
 *
 * NAMETAG_CPU picks our kernels; ONEDNN_MAX_CPU_ISA and OPENBLAS_CORETYPE the peers'. */
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cpu.h"
#include "nn/embedder.h"
#include "vision/align.h"
#include "vision/detector.h"
#include "vision/landmarks.h"

#include "peers.h"

/* Counted with the products of the zeros around each map, which are passed over above and below. */
#define NETWORK_OPERATIONS 541.7e6
#define SECONDS 1.5 /* for a pair of steps */
#define MIN_ROUNDS 7
#define MAX_ROUNDS 400
#define CACHE_BYTES (96 << 20) /* written to make caches cold */

typedef struct Bench {
    NtDetector *detector;
    NtLandmarker *landmarker;
    NtEmbedder *embedder, *embedder8;
    NtDetectWorkspace *detect;
    NtEmbedWorkspace *embed, *embed8;
    NtChipWorkspace chips;
    NtImage gray, rgb;
    NtRect box;
    NtPoint points[NT_N_LANDMARKS];
    uint8_t chip[NT_CHIP_BYTES];
    float embedding[NT_EMBEDDING_SIZE], theirs[NT_EMBEDDING_SIZE];
    OnednnNetwork *onednn, *onednn8;
    uint8_t *cache;
    const char *only; /* steps whose name has this; NULL: all */
} Bench;

typedef void (*Step)(Bench *);

static void ours_detect(Bench *b)
{
    const NtDetectOptions options = {0};
    const NtDetection *found;
    size_t n;
    nt_detect(b->detector, b->detect, &b->gray, &options, &found, &n, NULL);
}
static void dlibs_detect(Bench *b) { (void)b, dlib_detect(); }
static void ours_landmarks(Bench *b) { nt_landmarks_fit(b->landmarker, &b->gray, b->box, b->points); }
static void dlibs_landmarks(Bench *b)
{
    const int box[4] = {b->box.left, b->box.top, b->box.right, b->box.bottom};
    dlib_fit_landmarks(box);
}
static void ours_chip(Bench *b) { nt_chip_from_rgb(&b->rgb, b->points, &b->chips, b->chip); }
static void dlibs_chip(Bench *b) { (void)b, dlib_cut_chip(); }
static void ours_embed(Bench *b) { nt_embed(b->embedder, b->embed, b->chip, 1, b->embedding); }
static void ours_embed8(Bench *b) { nt_embed(b->embedder8, b->embed8, b->chip, 1, b->theirs); }
static void dlibs_embed(Bench *b) { dlib_embed(b->theirs); }
static void onednns_embed(Bench *b) { onednn_embed(b->onednn, b->chip, b->theirs); }
static void onednns_embed8(Bench *b) { onednn_embed(b->onednn8, b->chip, b->theirs); }
static void cool(Bench *b)
{
    for (size_t i = 0; i < CACHE_BYTES; i += 64)
        b->cache[i]++;
}

static int compare(gconstpointer a, gconstpointer b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Marks the steps that find their own data in the caches, as far as they fit: run once more before they are timed. */
static void warm(Bench *b) { (void)b; }

static double once(Bench *b, Step before, Step step)
{
    if (before == warm)
        step(b);
    else if (before)
        before(b);
    struct timespec t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    step(b);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    return (double)(t1.tv_sec - t0.tv_sec) * 1e3 + (double)(t1.tv_nsec - t0.tv_nsec) / 1e6;
}

/* Both steps in turns; medians in ms. */
static void pair(Bench *b, Step before, Step ours, Step theirs, double *our_ms, double *their_ms)
{
    double a[MAX_ROUNDS], t[MAX_ROUNDS];
    int n = 0;
    once(b, NULL, ours);
    once(b, NULL, theirs);
    const gint64 end = g_get_monotonic_time() + (gint64)(SECONDS * G_USEC_PER_SEC);
    while (n < MAX_ROUNDS && (n < MIN_ROUNDS || g_get_monotonic_time() < end)) {
        a[n] = once(b, before, ours);
        t[n++] = once(b, before, theirs);
    }
    qsort(a, (size_t)n, sizeof *a, compare);
    qsort(t, (size_t)n, sizeof *t, compare);
    *our_ms = a[n / 2];
    *their_ms = t[n / 2];
}

/* operations: in the float or the 8-bit sense; peak: of the same sense, in thousands of millions a second. 0: makes no sense. */
static void report(Bench *b, const char *step, const char *size, Step before, Step ours, const char *peer, Step theirs,
                   double operations, double peak)
{
    double our_ms, their_ms;
    if (b->only && !strstr(step, b->only))
        return;
    pair(b, before, ours, theirs, &our_ms, &their_ms);
    printf("| %-15s | %-9s | %8.3f | %-11s | %8.3f | %5.2f | ", step, size, our_ms, peer, their_ms, their_ms / our_ms);
    if (peak > 0)
        printf("%7.1f | %5.0f %% |\n", operations / our_ms / 1e6, operations / our_ms / 1e4 / peak);
    else
        printf("        |         |\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 5 && argc != 6) {
        fprintf(stderr, "usage: nametag-bench-peers MODELS FACE_API_MODEL_DIR LANDMARKS_DAT PICTURE [STEP]\n");
        return 2;
    }
    Bench b = {.only = argc > 5 ? argv[5] : NULL};
    NtError error = {NT_OK, ""};
    g_autofree char *hog = g_build_filename(argv[1], "hog-face.safetensors", NULL);
    g_autofree char *trees = g_build_filename(argv[1], "landmarks-68.safetensors", NULL);
    g_autofree char *resnet = g_build_filename(argv[1], "face-resnet.safetensors", NULL);
    if (nt_detector_load(hog, &b.detector, &error) || nt_landmarker_load(trees, &b.landmarker, &error) ||
        nt_embedder_load(resnet, NT_PRECISION_FLOAT, &b.embedder, &error) || nt_embedder_load(resnet, NT_PRECISION_8BIT, &b.embedder8, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    b.detect = nt_detect_workspace_new(NULL);
    b.embed = nt_embed_workspace_new(b.embedder);
    b.embed8 = nt_embed_workspace_new(b.embedder8);
    b.cache = g_malloc0(CACHE_BYTES);
    dlib_load(argv[2], argv[3]);
    b.onednn = onednn_new(argv[2], 0);
    b.onednn8 = onednn_new(argv[2], 1);
    g_autoptr(GError) gerror = NULL;
    g_autoptr(GdkPixbuf) picture = gdk_pixbuf_new_from_file(argv[4], &gerror);
    if (!picture) {
        fprintf(stderr, "%s\n", gerror->message);
        return 1;
    }
    const double peak = peak_float_gflops(), byte_peak = peak_byte_gops();
    printf("kernels: %s; peak of one core: %.0f GFLOP/s (float), %.0f GOP/s (bytes)\n\n", nt_cpu_level_name(nt_cpu_level()),
           peak, byte_peak);
    printf("| step            | size      |  ours ms | peer        |  peer ms | ratio | GFLOP/s | of peak |\n"
           "|-----------------|-----------|---------:|-------------|---------:|------:|--------:|--------:|\n");
    static const int sizes[][2] = {{640, 480}, {1280, 720}, {1920, 1080}};
    for (int i = 0; i < 3; i++) {
        const int w = sizes[i][0], h = sizes[i][1];
        g_autoptr(GdkPixbuf) scaled = gdk_pixbuf_scale_simple(picture, w, h, GDK_INTERP_BILINEAR);
        g_autofree uint8_t *rgb = g_malloc((gsize)(w * h * 3)), *gray = g_malloc((gsize)(w * h));
        const int channels = gdk_pixbuf_get_n_channels(scaled), stride = gdk_pixbuf_get_rowstride(scaled);
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                memcpy(rgb + 3 * (y * w + x), gdk_pixbuf_read_pixels(scaled) + y * stride + x * channels, 3);
        b.rgb = (NtImage){rgb, w, h, 3 * w, NT_PIXELS_RGB24};
        nt_rgb_to_gray(&b.rgb, gray, w);
        b.gray = (NtImage){gray, w, h, w, NT_PIXELS_GRAY8};
        dlib_set_gray(gray, w, h);
        dlib_set_rgb(rgb, w, h);
        char size[32];
        snprintf(size, sizeof size, "%dx%d", w, h);
        report(&b, "detect", size, NULL, ours_detect, "dlib", dlibs_detect, 0, 0);
        if (i > 0)
            continue;
        const NtDetectOptions options = {0};
        const NtDetection *found;
        size_t n = 0;
        nt_detect(b.detector, b.detect, &b.gray, &options, &found, &n, NULL);
        if (n == 0) {
            fprintf(stderr, "no face in %s\n", argv[4]);
            return 1;
        }
        b.box = found[0].box;
        ours_landmarks(&b);
        dlibs_landmarks(&b);
        ours_chip(&b);
        dlibs_chip(&b);
        report(&b, "landmarks, hot", "a still", warm, ours_landmarks, "dlib", dlibs_landmarks, 0, 0);
        report(&b, "landmarks, cold", "a still", cool, ours_landmarks, "dlib", dlibs_landmarks, 0, 0);
        nt_landmarker_prepare(b.landmarker);
        report(&b, "landmarks, hot", "a clip", warm, ours_landmarks, "dlib", dlibs_landmarks, 0, 0);
        report(&b, "landmarks, cold", "a clip", cool, ours_landmarks, "dlib", dlibs_landmarks, 0, 0);
        report(&b, "chip", "150x150", NULL, ours_chip, "dlib", dlibs_chip, 0, 0);
        report(&b, "embedding", "float", NULL, ours_embed, "dlib", dlibs_embed, NETWORK_OPERATIONS, peak);
        report(&b, "embedding", "float", NULL, ours_embed, "oneDNN", onednns_embed, NETWORK_OPERATIONS, peak);
        const float apart = nt_embedding_distance(b.embedding, b.theirs);
        if (nt_cpu_vnni())
            report(&b, "embedding", "8 bits", NULL, ours_embed8, "oneDNN int8", onednns_embed8, NETWORK_OPERATIONS, byte_peak);
        if (!b.only && (apart > 1e-5f || memcmp(b.chip, dlib_chip(), NT_CHIP_BYTES) != 0)) {
            fprintf(stderr, "ours and the peers' results differ: embeddings by %g\n", (double)apart);
            return 1;
        }
    }
    return 0;
}
