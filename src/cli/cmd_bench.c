/* nametag bench: how long each step takes on this machine. */
#include <stdio.h>
#include <string.h>

#include "base/cpu.h"
#include "cli/command.h"
#include "engine/engine.h"
#include "export/json_writer.h"
#include "media/still.h"

#define DEFAULT_SECONDS 0.5
#define MIN_REPEATS 5
#define MAX_REPEATS 5000
#define BATCH 8
#define MS_DECIMALS 4

typedef struct Options {
    gboolean json;
    double seconds;
    int threads;
} Options;

static const char description[] =
    "Without pictures a drawn one is timed at 640x480, 1280x720 and 1920x1080. Each row is the median of repeated calls;\n"
    "\"one thread\" is the time of a call, \"N threads\" the time per call when N threads work at once.\n"
    "Times depend on the machine and on what else it does: compare rows of one run, not of two.\n"
    "\n"
    "Examples:\n"
    "  nametag bench\n"
    "  nametag bench --json holiday.jpg > bench.json\n";

/* One step on one picture: everything a thread needs to run it again and again. */
typedef struct Bench Bench;
typedef void (*Step)(Bench *bench);
struct Bench {
    NtModelSet *models, *fast; /* fast: embeds in 8 bits */
    NtImage image;
    NtDetection face;
    NtPoint landmarks[NT_N_LANDMARKS];
    NtDetectWorkspace *detect;
    NtEmbedWorkspace *embed, *embed8;
    NtChipWorkspace chip;
    guint8 *chips;     /* [BATCH][NT_CHIP_BYTES] */
    float *embeddings; /* [BATCH][128] */
};

typedef struct Row {
    const char *step;
    char *picture;
    double one_ms, all_ms;
    guint repeats;
} Row;

static void step_detect(Bench *bench)
{
    const NtDetectOptions options = {0};
    const NtDetection *found;
    size_t n_found;
    nt_detect(nt_model_set_detector(bench->models), bench->detect, &bench->image, &options, &found, &n_found, NULL);
}

static void step_landmarks(Bench *bench)
{
    nt_landmarks_fit(nt_model_set_landmarker(bench->models), &bench->image, bench->face.box, bench->landmarks);
}

static void step_chip(Bench *bench) { nt_chip_from_rgb(&bench->image, bench->landmarks, &bench->chip, bench->chips); }

static void step_embed(Bench *bench)
{
    nt_embed(nt_model_set_embedder(bench->models), bench->embed, bench->chips, 1, bench->embeddings);
}

static void step_embed_8bit(Bench *bench)
{
    nt_embed(nt_model_set_embedder(bench->fast), bench->embed8, bench->chips, 1, bench->embeddings);
}

static void step_embed_batch(Bench *bench)
{
    nt_embed(nt_model_set_embedder(bench->models), bench->embed, bench->chips, BATCH, bench->embeddings);
}

static Bench *bench_new(NtModelSet *models, NtModelSet *fast, const NtImage *image, const NtRect *face)
{
    Bench *bench = g_new0(Bench, 1);
    bench->models = models;
    bench->fast = fast;
    bench->embed8 = nt_embed_workspace_new(nt_model_set_embedder(fast));
    bench->image = *image;
    bench->face.box = *face;
    bench->detect = nt_detect_workspace_new(NULL);
    bench->embed = nt_embed_workspace_new(nt_model_set_embedder(models));
    bench->chips = g_malloc0((gsize)BATCH * NT_CHIP_BYTES);
    bench->embeddings = g_new0(float, BATCH * NT_EMBEDDING_SIZE);
    step_landmarks(bench);
    if (image->format == NT_PIXELS_RGB24)
        step_chip(bench);
    for (guint i = 1; i < BATCH; i++)
        memcpy(bench->chips + (gsize)i * NT_CHIP_BYTES, bench->chips, NT_CHIP_BYTES);
    return bench;
}

static void bench_free(Bench *bench)
{
    nt_detect_workspace_free(bench->detect);
    nt_embed_workspace_free(bench->embed);
    nt_embed_workspace_free(bench->embed8);
    nt_chip_workspace_clear(&bench->chip);
    g_free(bench->chips);
    g_free(bench->embeddings);
    g_free(bench);
}

static int compare_doubles(gconstpointer a, gconstpointer b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_ms(Bench *bench, Step step, double seconds, guint *repeats)
{
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(double));
    gint64 end = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    step(bench); /* warms caches and grows workspaces */
    do {
        gint64 began = g_get_monotonic_time();
        step(bench);
        double ms = (double)(g_get_monotonic_time() - began) / 1000;
        g_array_append_val(times, ms);
    } while (times->len < MIN_REPEATS || (times->len < MAX_REPEATS && g_get_monotonic_time() < end));
    g_array_sort(times, compare_doubles);
    *repeats = times->len;
    return g_array_index(times, double, times->len / 2);
}

typedef struct Thread {
    Bench *bench;
    Step step;
    double seconds, ms;
    guint repeats;
} Thread;

static gpointer run_thread(gpointer data)
{
    Thread *thread = data;
    thread->ms = median_ms(thread->bench, thread->step, thread->seconds, &thread->repeats);
    return NULL;
}

/* Time per call when n threads are at work: the mean of their medians over n. */
static double median_ms_threads(Bench *bench, Step step, double seconds, guint n)
{
    g_autofree Thread *threads = g_new0(Thread, n);
    g_autofree GThread **running = g_new0(GThread *, n);
    double sum = 0;
    for (guint i = 0; i < n; i++) {
        threads[i] = (Thread){bench_new(bench->models, bench->fast, &bench->image, &bench->face.box), step, seconds, 0, 0};
        running[i] = g_thread_new("bench", run_thread, &threads[i]);
    }
    for (guint i = 0; i < n; i++) {
        g_thread_join(running[i]);
        bench_free(threads[i].bench);
        sum += threads[i].ms;
    }
    return sum / n / n;
}

static void add_row(GArray *rows, const Options *options, Bench *bench, const char *step, const char *picture,
                    Step function)
{
    if (nt_command_interrupted())
        return;
    Row row = {.step = step, .picture = g_strdup(picture)};
    row.one_ms = median_ms(bench, function, options->seconds, &row.repeats);
    row.all_ms = median_ms_threads(bench, function, options->seconds, (guint)options->threads);
    g_array_append_val(rows, row);
    if (!options->json) {
        printf("%-22s %-22s %11.3f %13.3f %7u\n", step, picture, row.one_ms, row.all_ms, row.repeats);
        fflush(stdout);
    }
}

static void bench_picture(GArray *rows, const Options *options, NtModelSet *models, NtModelSet *fast, const char *name,
                          const NtImage *rgb, gboolean face_steps)
{
    /* The best detection where there is one; else a box in the middle: the steps after detection cost the same. */
    int side = MIN(rgb->width, rgb->height) / 2;
    NtRect box = {(rgb->width - side) / 2, (rgb->height - side) / 2, (rgb->width + side) / 2, (rgb->height + side) / 2};
    const NtDetectOptions detect = {0};
    const NtDetection *found;
    size_t n_found = 0;
    NtDetectWorkspace *workspace = nt_detect_workspace_new(NULL);
    if (nt_detect(nt_model_set_detector(models), workspace, rgb, &detect, &found, &n_found, NULL) == NT_OK && n_found)
        box = found[0].box;
    nt_detect_workspace_free(workspace);

    g_autofree char *size = g_strdup_printf("%s%s%dx%d", name, *name ? " " : "", rgb->width, rgb->height);
    g_autofree guint8 *gray = g_malloc((gsize)rgb->width * (gsize)rgb->height);
    nt_rgb_to_gray(rgb, gray, rgb->width);
    const NtImage luma = {gray, rgb->width, rgb->height, rgb->width, NT_PIXELS_GRAY8};

    Bench *color_bench = bench_new(models, fast, rgb, &box), *luma_bench = bench_new(models, fast, &luma, &box);
    add_row(rows, options, color_bench, "detect, colour", size, step_detect);
    add_row(rows, options, luma_bench, "detect, luma", size, step_detect);
    if (face_steps) {
        add_row(rows, options, luma_bench, "landmarks, a face", size, step_landmarks);
        add_row(rows, options, color_bench, "chip, a face", size, step_chip);
        add_row(rows, options, color_bench, "embedding, a face", size, step_embed);
        add_row(rows, options, color_bench, "embedding, 8 faces", size, step_embed_batch);
        if (nt_cpu_vnni())
            add_row(rows, options, color_bench, "embedding, 8 bits", size, step_embed_8bit);
    }
    bench_free(color_bench);
    bench_free(luma_bench);
}

/* A picture that costs what pictures cost: soft shapes, edges in all directions, some noise. */
static guint8 *draw_picture(int width, int height)
{
    guint8 *rgb = g_malloc((gsize)width * (gsize)height * 3), *out = rgb;
    guint32 noise = 1;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++, out += 3) {
            int dx = x - width / 2, dy = y - height / 2;
            int rings = (dx * dx + dy * dy) / (width + 1) % 96;
            noise = noise * 1664525u + 1013904223u;
            int grain = (int)(noise >> 28);
            out[0] = (guint8)(40 + rings + grain + 80 * x / width);
            out[1] = (guint8)(50 + rings + grain + 60 * y / height);
            out[2] = (guint8)(60 + ((x / 24 + y / 24) % 2) * 60 + grain);
        }
    }
    return rgb;
}

static void print_json(const GArray *rows, const Options *options)
{
    g_autoptr(GString) text = g_string_new(NULL);
    NtJsonWriter json = nt_json_writer(text);
    nt_json_begin_object(&json);
    nt_json_key(&json, "threads");
    nt_json_int(&json, options->threads);
    nt_json_key(&json, "rows");
    nt_json_begin_array(&json);
    for (guint i = 0; i < rows->len; i++) {
        const Row *row = &g_array_index(rows, Row, i);
        nt_json_begin_object(&json);
        nt_json_key(&json, "step");
        nt_json_string(&json, row->step);
        nt_json_key(&json, "picture");
        nt_json_string(&json, row->picture);
        nt_json_key(&json, "one_thread_ms");
        nt_json_fixed(&json, row->one_ms, MS_DECIMALS);
        nt_json_key(&json, "all_threads_ms");
        nt_json_fixed(&json, row->all_ms, MS_DECIMALS);
        nt_json_key(&json, "repeats");
        nt_json_int(&json, row->repeats);
        nt_json_end_object(&json);
    }
    nt_json_end_array(&json);
    nt_json_end_object(&json);
    puts(text->str);
}

static gboolean bench_all(GArray *rows, const Options *options, NtModelSet *models, NtModelSet *fast, char **pictures, int n_pictures)
{
    static const int sizes[][2] = {{640, 480}, {1280, 720}, {1920, 1080}};
    gboolean good = TRUE;
    for (gsize i = 0; n_pictures == 0 && i < G_N_ELEMENTS(sizes); i++) {
        int width = sizes[i][0], height = sizes[i][1];
        g_autofree guint8 *pixels = draw_picture(width, height);
        const NtImage image = {pixels, width, height, (ptrdiff_t)width * 3, NT_PIXELS_RGB24};
        bench_picture(rows, options, models, fast, "", &image, i == 0);
    }
    for (int i = 0; i < n_pictures; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(NtStill) still = nt_still_load(pictures[i], &error);
        if (!still) {
            nt_command_error("%s", error->message);
            good = FALSE;
            continue;
        }
        g_autofree char *name = g_path_get_basename(pictures[i]);
        bench_picture(rows, options, models, fast, name, &still->rgb, TRUE);
    }
    return good;
}

static int run(const Options *options, char **pictures, int n_pictures)
{
    g_autoptr(GError) error = NULL;
    gint64 began = g_get_monotonic_time();
    g_autoptr(NtModelSet) models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    if (!models) {
        nt_command_error("%s", error->message);
        return NT_EXIT_FAILED;
    }
    g_autoptr(NtModelSet) fast = NULL;
    double load_ms = (double)(g_get_monotonic_time() - began) / 1000;
    if (!(fast = nt_model_set_load(NT_PRECISION_8BIT, &error))) {
        nt_command_error("%s", error->message);
        return NT_EXIT_FAILED;
    }
    if (!options->json) {
        g_autofree char *all = g_strdup_printf("%d thread%s", options->threads, options->threads == 1 ? "" : "s");
        printf("kernels: %s%s; NAMETAG_CPU picks others (docs/performance.md)\nmodels loaded in %.1f ms\n\n%-22s %-22s %11s %13s %7s\n", nt_cpu_level_name(nt_cpu_level()),
               nt_cpu_vnni() ? " with VNNI" : "", load_ms, "step (ms)", "picture", "one thread",
               all, "calls");
    }
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(Row));
    nt_command_catch_interrupt();
    gboolean good = bench_all(rows, options, models, fast, pictures, n_pictures);
    if (options->json)
        print_json(rows, options);
    for (guint i = 0; i < rows->len; i++)
        g_free(g_array_index(rows, Row, i).picture);
    return nt_command_interrupted() ? NT_EXIT_INTERRUPTED : good ? NT_EXIT_OK : NT_EXIT_FAILED;
}

int nt_cmd_bench(int argc, char **argv)
{
    Options options = {.seconds = DEFAULT_SECONDS};
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON instead of a table", NULL},
        {"seconds", 's', 0, G_OPTION_ARG_DOUBLE, &options.seconds, "Time for each figure (default 0.5)", "S"},
        {"threads", 't', 0, G_OPTION_ARG_INT, &options.threads,
         "Threads of the last column (default: one a processor)", "N"},
        G_OPTION_ENTRY_NULL,
    };
    int exit_code;
    if (!nt_command_parse(entries, "[IMAGE…]", "Times each step on this machine.", description, &argc, &argv,
                          &exit_code))
        return exit_code;
    if (options.seconds < 0 || options.seconds > 60 || options.threads < 0 || options.threads > 64) {
        nt_command_error("--seconds takes 0 to 60, --threads 0 to 64");
        return NT_EXIT_USAGE;
    }
    if (options.threads == 0)
        options.threads = nt_command_processors();
    return run(&options, argv + 1, argc - 1);
}
