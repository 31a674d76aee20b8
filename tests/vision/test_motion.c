/* What changed from frame to frame: cuts, and nothing but noise. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "moved.h"
#include "vision/motion.h"

static NtThumbnail thumbnail_of(const Gray *gray)
{
    const NtImage image = gray_view(gray);
    NtThumbnail thumbnail;
    nt_thumbnail_take(&image, &thumbnail);
    return thumbnail;
}

/* A frame of 640 x 360 somewhere in a photograph. */
static Gray frame_at(const Gray *gray, int x, int y) { return gray_part(gray, (NtRect){x, y, x + 639, y + 359}); }

static gboolean is_cut(const Gray *before, const Gray *after)
{
    const NtThumbnail a = thumbnail_of(before), b = thumbnail_of(after);
    return nt_motion_is_cut(&a, &b);
}

static void test_takes_means(void)
{
    Gray gray = {333, 217, g_malloc(333 * 217)};
    for (int y = 0; y < gray.height; y++)
        for (int x = 0; x < gray.width; x++)
            gray.pixels[y * gray.width + x] = (guint8)(x * 200 / gray.width + y * 50 / gray.height);
    const NtThumbnail thumbnail = thumbnail_of(&gray);
    for (int r = 0; r < NT_THUMBNAIL_ROWS; r++)
        for (int c = 0; c < NT_THUMBNAIL_COLUMNS; c++)
            g_assert_cmpfloat_with_epsilon(thumbnail.mean[r][c], (c + 0.5) * 200 / NT_THUMBNAIL_COLUMNS + (r + 0.5) * 50 / NT_THUMBNAIL_ROWS - 1, 2.5);
    g_assert_cmpint(thumbnail.width, ==, 333);
    for (gray.height = 1; gray.height < 40; gray.height += 6)
        for (gray.width = 1; gray.width < 70; gray.width += 9)
            thumbnail_of(&gray);
    gray_clear(&gray);
}

static void test_cuts(void)
{
    Gray frames[6] = {{0}};
    int found = 0, pairs = 0;
    for (int i = 0; i < 6; i++) {
        g_auto(Gray) gray = gray_sample(i + 1);
        if (!gray.pixels)
            return;
        frames[i] = frame_at(&gray, gray.width / 2 - 320, gray.height / 3 - 180 > 0 ? gray.height / 3 - 180 : 0);
    }
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 6; k++) {
            if (i == k) {
                g_assert_false(is_cut(&frames[i], &frames[k]));
                continue;
            }
            found += is_cut(&frames[i], &frames[k]);
            pairs++;
        }
    g_test_message("%d of %d cuts", found, pairs);
    g_assert_cmpint(found, >=, pairs - 2);
    for (int i = 0; i < 6; i++)
        gray_clear(&frames[i]);
}

/* Pans, zooms, light: the same scene. */
static void test_no_cuts(void)
{
    static const Movement movements[] = {
        {.x = 25, .y = 4, .scale = 1, .gain = 1}, {.x = -80, .y = 10, .scale = 1, .gain = 1}, {.x = 3, .y = 30, .scale = 1, .gain = 1},
        {.scale = 1.06, .gain = 1, .noise = 6}, {.scale = 1, .gain = 1.5, .offset = 20}, {.scale = 1, .gain = 0.5},
        {.scale = 1, .gain = 1, .offset = 40}, {.scale = 1, .gain = 0.15, .offset = 5}, {.scale = 1, .gain = 0}, {.scale = 1, .gain = 0.3, .offset = 178},
    };
    for (int i = 1; i <= 6; i += 2) {
        g_auto(Gray) gray = gray_sample(i);
        if (!gray.pixels)
            return;
        const int x = gray.width / 2 - 320, y = MAX(gray.height / 3 - 180, 0);
        g_auto(Gray) before = frame_at(&gray, x, y);
        for (guint k = 0; k < G_N_ELEMENTS(movements); k++) {
            const NtRect around = {x - 100, y - 60, x + 739, y + 419}; /* what comes into view is there, not an edge */
            g_auto(Gray) part = gray_part(&gray, around);
            g_auto(Gray) moved = gray_moved(&part, (NtPoint){420, 240}, &movements[k], 1);
            g_auto(Gray) after = frame_at(&moved, 100, 60);
            g_test_message("photograph %d, movement %u", i, k);
            g_assert_false(is_cut(&before, &after));
            g_assert_false(is_cut(&after, &before));
        }
    }
}

/* A large face that crosses a third of the picture at once. */
static void test_fast_face_is_no_cut(void)
{
    g_auto(Gray) gray = gray_sample(6);
    if (!gray.pixels)
        return;
    g_auto(Gray) background = frame_at(&gray, 0, MAX(gray.height - 400, 0));
    g_auto(Gray) face = gray_part(&gray, (NtRect){850, 150, 850 + 199, 150 + 199});
    Gray frames[2];
    for (int i = 0; i < 2; i++) {
        frames[i] = gray_part(&background, (NtRect){0, 0, 639, 359});
        for (int y = 0; y < 200; y++)
            memcpy(frames[i].pixels + (100 + y) * 640 + 60 + 210 * i, face.pixels + y * 200, 200);
    }
    g_assert_false(is_cut(&frames[0], &frames[1]));
    gray_clear(&frames[0]);
    gray_clear(&frames[1]);
}

/* A face of sample6.jpg. */
#define FACE_X 747
#define FACE_Y 484
#define FACE_SIDE 216.0

/* Noise alone is no motion, in the whole picture or anywhere in it; a textured thing that moves by 2 pixels is. */
static void test_motion(void)
{
    static const int sizes[][2] = {{320, 180}, {640, 360}, {1280, 720}};
    g_auto(Gray) gray = gray_sample(6);
    if (!gray.pixels)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        const int width = sizes[i][0], height = sizes[i][1], side = height / 4;
        const NtPoint face = {FACE_X, FACE_Y};
        Movement smaller = MOVEMENT_NONE;
        smaller.scale = side / FACE_SIDE;
        g_auto(Gray) scaled = gray_moved(&gray, face, &smaller, 0);
        const int left = FACE_X - width / 2, top = FACE_Y - height / 2;
        g_auto(Gray) still = gray_part(&scaled, (NtRect){left, top, left + width - 1, top + height - 1});
        const NtRect all = {0, 0, width - 1, height - 1};
        Movement noise = MOVEMENT_NONE;
        noise.noise = 8;
        NtThumbnail before = {0};
        for (guint32 seed = 0; seed < 5; seed++) {
            g_auto(Gray) frame = gray_moved(&still, (NtPoint){0, 0}, &noise, seed + 10 * i);
            const NtThumbnail after = thumbnail_of(&frame);
            if (seed == 0) { /* a picture without noise is darker where noise would be cut off, and the other way round */
                before = after;
                continue;
            }
            g_assert_false(nt_motion_in(&before, &after, all));
            for (int y = 0; y + side <= height; y += side / 2)
                for (int x = 0; x + side <= width; x += side / 2)
                    g_assert_false(nt_motion_in(&before, &after, (NtRect){x, y, x + side - 1, y + side - 1}));
            before = after;
        }
        /* The face, without what is around it. */
        g_auto(Gray) moved = gray_part(&still, all);
        const int cx = width / 2, cy = height / 2, radius = side / 2;
        for (int y = -radius; y <= radius; y++)
            for (int x = -radius; x <= radius; x++)
                if (x * x + y * y <= radius * radius)
                    moved.pixels[(cy + y) * width + cx + x] = still.pixels[(cy + y) * width + cx + x - 2];
        g_auto(Gray) noisy = gray_moved(&moved, (NtPoint){0, 0}, &noise, 99);
        const NtThumbnail after = thumbnail_of(&noisy);
        g_assert_true(nt_motion_in(&before, &after, (NtRect){cx - radius, cy - radius, cx + radius, cy + radius}));
        g_assert_false(nt_motion_in(&before, &after, (NtRect){0, 0, width / 8, height / 8}));
    }
}

static void test_other_sizes(void)
{
    const NtThumbnail none = {0}, small = {.width = 10, .height = 10}, large = {.width = 20, .height = 10};
    const NtRect all = {0, 0, 9, 9};
    g_assert_true(nt_motion_in(&none, &none, all));
    g_assert_true(nt_motion_in(&none, &small, all));
    g_assert_true(nt_motion_in(&small, &large, all));
    g_assert_false(nt_motion_in(&small, &small, all));
    g_assert_false(nt_motion_in(&small, &small, (NtRect){100, 100, 200, 200}));
    g_assert_false(nt_motion_is_cut(&none, &small));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vision/motion/takes-means", test_takes_means);
    g_test_add_func("/vision/motion/cuts", test_cuts);
    g_test_add_func("/vision/motion/no-cuts", test_no_cuts);
    g_test_add_func("/vision/motion/fast-face-is-no-cut", test_fast_face_is_no_cut);
    g_test_add_func("/vision/motion/motion", test_motion);
    g_test_add_func("/vision/motion/other-sizes", test_other_sizes);
    return g_test_run();
}
