/* What following a face costs, and whether slices of a picture cost what their plan says: medians of one thread, on a picture.
 *
 *   nametag-bench-vision MODELS PICTURE [ROUNDS] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "media/still.h"
#include "vision/flow.h"
#include "vision/landmarks.h"
#include "vision/motion.h"
#include "vision/near.h"
#include "vision/scan.h"

#define MAX_ROUNDS 1000

typedef struct Bench {
    NtDetector *detector;
    NtLandmarker *landmarker;
    NtDetectWorkspace *workspace;
    int rounds;
} Bench;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Runs the statement and yields its median in ms. */
#define MEDIAN_MS(bench, statement) \
    ({ \
        double times[MAX_ROUNDS]; \
        for (int round = 0; round < (bench)->rounds; round++) { \
            const double begin = now_ms(); \
            statement; \
            times[round] = now_ms() - begin; \
        } \
        qsort(times, (size_t)(bench)->rounds, sizeof *times, by_value); \
        times[(bench)->rounds / 2]; \
    })

static NtImage resized(const NtImage *rgb, int width, int height)
{
    guint8 *small = g_malloc((gsize)(width * height * 3)), *gray = g_malloc((gsize)(width * height));
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            memcpy(small + 3 * (y * width + x), nt_image_row(rgb, y * rgb->height / height) + 3 * (x * rgb->width / width), 3);
    nt_rgb_to_gray(&(NtImage){small, width, height, 3 * width, NT_PIXELS_RGB24}, gray, width);
    g_free(small);
    return (NtImage){gray, width, height, width, NT_PIXELS_GRAY8};
}

static void bench_slices(const Bench *bench, const NtImage *image, int n_slices)
{
    const NtDetectOptions options = {0};
    NtScanSlice slices[NT_SCAN_MAX_SLICES];
    const NtDetection *found;
    size_t n;
    double ms[NT_SCAN_MAX_SLICES], sum = 0, most = 0;
    const double whole = MEDIAN_MS(bench, nt_detect(bench->detector, bench->workspace, image, &options, &found, &n, NULL));
    const int count = nt_scan_plan(image->width, image->height, 0, n_slices, slices);
    for (int i = 0; i < count; i++) {
        ms[i] = MEDIAN_MS(bench, nt_scan_slice(bench->detector, bench->workspace, image, &options, &slices[i], &found, &n, NULL));
        sum += ms[i];
        most = ms[i] > most ? ms[i] : most;
    }
    printf("%d x %d: whole %.2f ms; %d slices %.2f ms, the largest %.2f (%.2f times the mean); measured/planned share:", image->width,
           image->height, whole, count, sum, most, most * count / sum);
    for (int i = 0; i < count; i++)
        printf(" %.2f", ms[i] / sum / slices[i].work);
    printf("\n");
}

static void bench_face(const Bench *bench, const NtImage *image)
{
    const NtDetectOptions options = {0};
    const NtDetection *detections;
    size_t n;
    nt_detect(bench->detector, bench->workspace, image, &options, &detections, &n, NULL);
    if (n == 0)
        return;
    const NtSquare face = nt_square_of_rect(detections[0].box), away = {face.x, image->height - face.side / 2, face.side};
    NtNear best;
    NtPoint points[NT_N_LANDMARKS];
    NtFlowPatch from, to;
    NtFlow flow;
    int found, elsewhere;
    const double near = MEDIAN_MS(bench, nt_near_find(bench->detector, bench->workspace, image, face, 0, 0, &best, &found, NULL));
    const double nothing = MEDIAN_MS(bench, nt_near_find(bench->detector, bench->workspace, image, away, 0, 0, &best, &elsewhere, NULL));
    const double landmarks = MEDIAN_MS(bench, nt_landmarks_follow(bench->landmarker, image, face, points));
    const double take = MEDIAN_MS(bench, nt_flow_take(image, face, &from));
    nt_flow_take(image, (NtSquare){face.x + face.side / 10, face.y, face.side}, &to);
    const double follow = MEDIAN_MS(bench, nt_flow_follow(&from, &to, &flow));
    printf("%d x %d, a face of %.0f pixels: near %.3f ms%s, elsewhere %.3f ms%s, landmarks %.3f ms, patch %.3f ms, flow %.3f ms\n",
           image->width, image->height, face.side, near, found ? "" : " (not found)", nothing, elsewhere ? " (found)" : "", landmarks, take, follow);
}

static void bench_motion(const Bench *bench, const NtImage *image)
{
    NtThumbnail thumbnail;
    const NtRect all = {0, 0, image->width - 1, image->height - 1};
    volatile int used = 0;
    const double take = MEDIAN_MS(bench, nt_thumbnail_take(image, &thumbnail));
    const double cut = MEDIAN_MS(bench, used += nt_motion_is_cut(&thumbnail, &thumbnail));
    const double motion = MEDIAN_MS(bench, used += nt_motion_in(&thumbnail, &thumbnail, all));
    printf("%d x %d: thumbnail %.3f ms, cut %.3f ms, motion %.3f ms\n", image->width, image->height, take, cut, motion);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: nametag-bench-vision MODELS PICTURE [ROUNDS]\n");
        return 2;
    }
    Bench bench = {.rounds = argc > 3 ? CLAMP(atoi(argv[3]), 1, MAX_ROUNDS) : 25};
    NtError error = {NT_OK, ""};
    g_autoptr(GError) gerror = NULL;
    g_autofree char *hog = g_build_filename(argv[1], "hog-face.safetensors", NULL);
    g_autofree char *trees = g_build_filename(argv[1], "landmarks-68.safetensors", NULL);
    g_autoptr(NtStill) still = nt_still_load(argv[2], &gerror);
    if (!still || nt_detector_load(hog, &bench.detector, &error) || nt_landmarker_load(trees, &bench.landmarker, &error)) {
        fprintf(stderr, "%s\n", gerror ? gerror->message : error.message);
        return 1;
    }
    nt_landmarker_prepare(bench.landmarker);
    bench.workspace = nt_detect_workspace_new(NULL);
    static const int sizes[][2] = {{320, 240}, {640, 360}, {640, 480}, {1280, 720}, {1920, 1080}};
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        const NtImage image = resized(&still->rgb, sizes[i][0], sizes[i][1]);
        for (int n = 3; n <= 12; n += 3)
            bench_slices(&bench, &image, n);
        bench_face(&bench, &image);
        bench_motion(&bench, &image);
        g_free((gpointer)image.pixels);
    }
    nt_detect_workspace_free(bench.workspace);
    nt_landmarker_free(bench.landmarker);
    nt_detector_free(bench.detector);
    return 0;
}
