/* Every level of kernels that this processor has against the plain C twin: random pictures of odd sizes, unaligned and padded
 * rows, maps of one window. Bytes and landmarks must be identical, sums of floats nearly so. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "vision/align.h"
#include "vision/align_kernel.h"
#include "vision/detector.h"
#include "vision/fhog.h"
#include "vision/filter_kernel.h"
#include "vision/landmarks.h"
#include "vision/pyramid.h"

#define MAX_SIDE 180
#define ROUNDS 60

static GRand *prng;
static NtCpuLevel level;

/* A picture somewhere in a larger buffer, at any alignment, with rows of any padding. */
typedef struct Picture {
    guint8 *buffer;
    NtImage image;
} Picture;

static Picture random_picture(int width, int height, NtPixelFormat format)
{
    const int channels = nt_channels(format), stride = width * channels + g_rand_int_range(prng, 0, 9);
    Picture picture = {g_malloc((gsize)(stride * height)), {0}};
    const int smooth = g_rand_boolean(prng);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < stride; x++)
            picture.buffer[y * stride + x] = (guint8)(smooth ? 128 + 100 * sin(x * 0.11 + y * 0.07) + g_rand_int_range(prng, 0, 8)
                                                             : g_rand_int_range(prng, 0, 256));
    picture.image = (NtImage){picture.buffer, width, height, stride, format};
    return picture;
}

static NtPixelFormat random_format(void) { return g_rand_boolean(prng) ? NT_PIXELS_RGB24 : NT_PIXELS_GRAY8; }

static void test_fhog(void)
{
    NtFhog plain = {0}, fast = {0};
    for (int round = 0; round < ROUNDS; round++) {
        Picture picture = random_picture(g_rand_int_range(prng, 1, round == 0 ? 700 : MAX_SIDE),
                                         g_rand_int_range(prng, 1, MAX_SIDE), random_format());
        const int filter = g_rand_int_range(prng, 1, 12);
        nt_cpu_force(NT_CPU_PLAIN);
        g_assert_cmpint(nt_fhog_compute(&picture.image, filter, filter, &plain), ==, NT_OK);
        nt_cpu_force(level);
        g_assert_cmpint(nt_fhog_compute(&picture.image, filter, filter, &fast), ==, NT_OK);
        g_assert_cmpint(plain.rows, ==, fast.rows);
        g_assert_cmpint(plain.columns, ==, fast.columns);
        for (int plane = 0; plane < NT_FHOG_PLANES && plain.rows; plane++)
            for (int r = 0; r < plain.rows; r++) {
                for (int c = 0; c < plain.columns; c++)
                    g_assert_cmpfloat_with_epsilon(nt_fhog_row(&plain, plane, r)[c], nt_fhog_row(&fast, plane, r)[c], 2e-6);
                for (int c = plain.columns; c < (int)fast.plane_stride; c++)
                    g_assert_cmpfloat(nt_fhog_row(&fast, plane, r)[c], ==, 0);
            }
        g_free(picture.buffer);
    }
    nt_fhog_clear(&plain);
    nt_fhog_clear(&fast);
}

static float random_float(void) { return (float)(2 * g_rand_double(prng) - 1); }

static void random_bank(NtFilterBank *bank)
{
    *bank = (NtFilterBank){.n_terms = g_rand_int_range(prng, 1, 60), .n_parts = g_rand_int_range(prng, 1, 6)};
    bank->terms = g_new0(NtFilterTerm, bank->n_terms);
    bank->by_part = g_new0(int, bank->n_terms);
    for (int t = 0; t < bank->n_terms; t++) {
        bank->terms[t].part = g_rand_int_range(prng, 0, bank->n_parts);
        bank->terms[t].plane = g_rand_int_range(prng, 0, NT_FHOG_PLANES);
        for (int k = 0; k < NT_FILTER_SIDE; k++) {
            bank->terms[t].row[k] = random_float();
            bank->terms[t].column[k] = random_float();
        }
    }
    nt_filter_bank_index(bank);
}

static void test_filters(void)
{
    static NtFilterDense dense;
    NtFhog fhog = {0};
    for (int round = 0; round < ROUNDS; round++) {
        /* 20 pixels give one cell, and with its padding one window. */
        Picture picture = random_picture(round == 0 ? 20 : g_rand_int_range(prng, 20, MAX_SIDE),
                                         round < 2 ? 20 : g_rand_int_range(prng, 20, MAX_SIDE), NT_PIXELS_GRAY8);
        NtFilterBank bank;
        random_bank(&bank);
        g_assert_cmpint(nt_fhog_compute(&picture.image, NT_FILTER_SIDE, NT_FILTER_SIDE, &fhog), ==, NT_OK);
        const int rows = fhog.rows - NT_FILTER_SIDE + 1, columns = fhog.columns - NT_FILTER_SIDE + 1;
        const gsize row_stride = fhog.plane_stride, part_stride = row_stride * (gsize)(rows + NT_FILTER_ROWS);
        const gsize n = part_stride * (gsize)bank.n_parts;
        g_autofree float *plain = g_new0(float, n), *fast = g_new0(float, n);
        float *work = g_aligned_alloc0(nt_filter_work_size(&bank, &fhog), sizeof(float), 64);
        NtFilterJob job = {.bank = &bank, .fhog = &fhog, .responses = plain, .part_stride = part_stride,
                           .row_stride = row_stride, .work = work};
        nt_filter_respond(NT_CPU_PLAIN, &job);
        job.responses = fast;
        nt_filter_respond(level, &job);
        for (int part = 0; part < bank.n_parts; part++) {
            nt_filter_bank_sum(&bank, part, &dense);
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < columns; c++) {
                    const gsize at = (gsize)part * part_stride + (gsize)r * row_stride + (gsize)c;
                    g_assert_cmpfloat_with_epsilon(plain[at], fast[at], 2e-4);
                    g_assert_cmpfloat_with_epsilon(plain[at], nt_filter_window_for(level)(&dense, &fhog, r, c), 2e-4);
                }
        }
        nt_filter_bank_clear(&bank);
        g_aligned_free(work);
        g_free(picture.buffer);
    }
    nt_fhog_clear(&fhog);
}

/* Down by 5/6, up by 2, and any other ratio. */
static void test_resize(void)
{
    for (int round = 0; round < 4 * ROUNDS; round++) {
        const int width = g_rand_int_range(prng, 1, round % 10 ? MAX_SIDE : 900), height = g_rand_int_range(prng, 1, MAX_SIDE);
        Picture picture = random_picture(width, height, random_format());
        int to_width = g_rand_int_range(prng, 1, 2 * MAX_SIDE), to_height = g_rand_int_range(prng, 1, 2 * MAX_SIDE);
        if (round % 3 == 0)
            to_width = MAX(nt_pyramid_next_side(width), 1), to_height = MAX(nt_pyramid_next_side(height), 1);
        else if (round % 3 == 1)
            to_width = nt_upsampled_width(width), to_height = nt_upsampled_height(height);
        const int stride = to_width * nt_channels(picture.image.format) + 5;
        const gsize size = (gsize)(stride * to_height);
        g_autofree guint8 *plain = g_malloc0(size), *fast = g_malloc0(size);
        nt_cpu_force(NT_CPU_PLAIN);
        nt_pyramid_resize(&picture.image, plain, to_width, to_height, stride);
        nt_cpu_force(level);
        nt_pyramid_resize(&picture.image, fast, to_width, to_height, stride);
        g_assert_cmpmem(plain, size, fast, size);
        g_free(picture.buffer);
    }
}

static void test_landmarks(void)
{
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_MODELS"), "landmarks-68.safetensors", NULL);
    NtLandmarker *landmarker;
    g_assert_cmpint(nt_landmarker_load(path, &landmarker, NULL), ==, NT_OK);
    for (int round = 0; round < ROUNDS; round++) {
        Picture picture = random_picture(g_rand_int_range(prng, 1, MAX_SIDE), g_rand_int_range(prng, 1, MAX_SIDE), random_format());
        const int left = g_rand_int_range(prng, -80, 150), top = g_rand_int_range(prng, -80, 150);
        const NtRect box = {left, top, left + g_rand_int_range(prng, 0, 120), top + g_rand_int_range(prng, 0, 120)};
        NtPoint plain[NT_N_LANDMARKS], fast[NT_N_LANDMARKS];
        nt_cpu_force(NT_CPU_PLAIN);
        nt_landmarks_fit(landmarker, &picture.image, box, plain);
        nt_cpu_force(level);
        nt_landmarks_fit(landmarker, &picture.image, box, fast);
        g_assert_cmpmem(plain, sizeof plain, fast, sizeof fast);
        g_free(picture.buffer);
    }
    nt_landmarker_free(landmarker);
}

/* Points of a face of any size and turn, often partly outside the picture. */
static void test_chips(void)
{
    NtChipWorkspace workspace = {0};
    g_autofree guint8 *plain = g_malloc(NT_CHIP_BYTES), *fast = g_malloc(NT_CHIP_BYTES);
    for (int round = 0; round < ROUNDS; round++) {
        const int wide = round % 4 ? MAX_SIDE : 700; /* large ones are halved */
        Picture picture = random_picture(g_rand_int_range(prng, 1, wide), g_rand_int_range(prng, 1, wide), NT_PIXELS_RGB24);
        const double size = g_rand_double_range(prng, 5, wide), angle = g_rand_double_range(prng, -4, 4);
        const double x = g_rand_double_range(prng, 0, wide), y = g_rand_double_range(prng, 0, wide);
        NtPoint points[NT_N_LANDMARKS];
        for (int i = 0; i < NT_N_LANDMARKS; i++) {
            const double u = (i % 9 - 4) / 9.0 * size, v = (i / 9 - 4) / 9.0 * size;
            points[i] = (NtPoint){x + cos(angle) * u - sin(angle) * v, y + sin(angle) * u + cos(angle) * v};
        }
        nt_cpu_force(NT_CPU_PLAIN);
        g_assert_cmpint(nt_chip_from_rgb(&picture.image, points, &workspace, plain), ==, NT_OK);
        nt_cpu_force(level);
        g_assert_cmpint(nt_chip_from_rgb(&picture.image, points, &workspace, fast), ==, NT_OK);
        g_assert_cmpmem(plain, NT_CHIP_BYTES, fast, NT_CHIP_BYTES);

        /* A chip whose pixels touch the picture's last row and column: nothing beyond is read. */
        NtChipGrid grid;
        nt_chip_grid_set(&grid, (NtPoint){picture.image.width - 1.5 - 0.3 * (NT_CHIP_SIZE - 1), picture.image.height - 1.5},
                         (NtPoint){0.3, 0}, (NtPoint){0, 0});
        nt_chip_kernels_for(NT_CPU_PLAIN)->row(&picture.image, &grid, 0, plain);
        nt_chip_kernels_for(level)->row(&picture.image, &grid, 0, fast);
        g_assert_cmpmem(plain, 3 * NT_CHIP_SIZE, fast, 3 * NT_CHIP_SIZE);
        g_free(picture.buffer);
    }
    nt_chip_workspace_clear(&workspace);
}

/* The whole detector, with every window scored and with most refused early, on pictures with as many faces as noise has. */
static void test_detector(void)
{
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_MODELS"), "hog-face.safetensors", NULL);
    NtDetector *detector;
    NtDetectWorkspace *workspace = nt_detect_workspace_new(NULL);
    g_assert_cmpint(nt_detector_load(path, &detector, NULL), ==, NT_OK);
    gsize total = 0;
    for (int round = 0; round < 8; round++) {
        Picture picture = random_picture(g_rand_int_range(prng, 60, MAX_SIDE), g_rand_int_range(prng, 60, MAX_SIDE), random_format());
        g_autofree NtDetection *wanted = NULL;
        gsize n_wanted = 0;
        for (int run = 0; run < 3; run++) {
            const NtDetectOptions options = {.threshold = -1.2, .exact = run < 2};
            const NtDetection *found;
            gsize n;
            nt_cpu_force(run == 0 ? NT_CPU_PLAIN : level);
            g_assert_cmpint(nt_detect(detector, workspace, &picture.image, &options, &found, &n, NULL), ==, NT_OK);
            if (run == 0) {
                wanted = g_memdup2(found, n * sizeof *found);
                total += n_wanted = n;
                continue;
            }
            g_assert_cmpuint(n, ==, n_wanted);
            for (gsize i = 0; i < n; i++) {
                g_assert_cmpmem(&found[i].box, sizeof found[i].box, &wanted[i].box, sizeof wanted[i].box);
                g_assert_cmpfloat_with_epsilon(found[i].score, wanted[i].score, 1e-5);
            }
        }
        g_free(picture.buffer);
    }
    g_test_message("%" G_GSIZE_FORMAT " detections compared", total);
    g_assert_cmpuint(total, >, 0);
    nt_detect_workspace_free(workspace);
    nt_detector_free(detector);
}

static void run(gconstpointer test)
{
    if (level > nt_cpu_best())
        g_test_skip("this processor has no such instructions");
    else
        ((void (*)(void))(guintptr)test)();
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {{"fhog", test_fhog}, {"filters", test_filters}, {"resize", test_resize},
                 {"landmarks", test_landmarks}, {"chips", test_chips}, {"detector", test_detector}};
    const char *wanted = g_getenv("KERNEL_LEVEL");
    g_test_init(&argc, &argv, NULL);
    prng = g_rand_new_with_seed(20261124);
    for (int i = 0; i < NT_CPU_N_LEVELS; i++)
        if (g_strcmp0(wanted, nt_cpu_level_name((NtCpuLevel)i)) == 0)
            level = (NtCpuLevel)i;
    g_assert_cmpint(level, >, NT_CPU_PLAIN);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *name = g_strdup_printf("/vision/kernels/%s/%s", wanted, tests[i].name);
        g_test_add_data_func(name, (gconstpointer)(guintptr)tests[i].run, run);
    }
    const int result = g_test_run();
    g_rand_free(prng);
    return result;
}
