/* What nt_still_* promise, on pictures made here, the demo photographs and, where they are, the shared ones. */
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#include "clips.h"
#include "media/still.h"

/* As the golden files were made: FNV-1a's prime, this start value, R, G, B row by row. */
static guint64 hash_pixels(const NtImage *image)
{
    guint64 hash = G_GUINT64_CONSTANT(1469598103934665603);
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < 3 * image->width; x++)
            hash = (hash ^ nt_image_row(image, y)[x]) * G_GUINT64_CONSTANT(1099511628211);
    return hash;
}

static void check_golden(const char *picture, const char *golden)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonParser) parser = json_parser_new();
    json_parser_load_from_file(parser, golden, &error);
    g_assert_no_error(error);
    JsonObject *expected = json_node_get_object(json_parser_get_root(parser));
    g_autoptr(NtStill) still = nt_still_load(picture, &error);
    g_assert_no_error(error);
    g_assert_cmpint(still->rgb.width, ==, json_object_get_int_member(expected, "width"));
    g_autofree char *hash = g_strdup_printf("%016" G_GINT64_MODIFIER "x", hash_pixels(&still->rgb));
    g_test_message("%s: %dx%d %s", picture, still->rgb.width, still->rgb.height, hash);
    g_assert_cmpstr(hash, ==, json_object_get_string_member(expected, "rgb_fnv1a64"));
}

/* Pixels are the reference implementation's own, alpha dropped. */
static void test_golden(void)
{
    static const char *const folders[] = {"people", "photos", "landmarks"};
    g_autofree char *root = clip_shared("golden");
    if (!root)
        return;
    g_autofree char *data = g_path_get_dirname(root);
    int checked = 0;
    for (guint f = 0; f < G_N_ELEMENTS(folders); f++) {
        g_autofree char *folder = g_build_filename(data, folders[f], NULL);
        g_autoptr(GPtrArray) paths = nt_still_list_dir(folder, TRUE, NULL);
        for (guint i = 0; i < paths->len; i++, checked++) {
            g_autofree char *name = g_strdup((char *)paths->pdata[i] + strlen(data) + 1);
            *strrchr(name, '.') = '\0';
            g_strdelimit(name, "/", '_');
            g_autofree char *file = g_strconcat(name, ".json", NULL);
            g_autofree char *golden = g_build_filename(root, file, NULL);
            check_golden(paths->pdata[i], golden);
        }
    }
    g_assert_cmpint(checked, ==, 37);
}

/* The demo photographs, whose decoding is known without shared data. */
static void test_demo_photographs(void)
{
    static const guint64 hashes[] = {G_GUINT64_CONSTANT(0x1b8c38116bdad085), G_GUINT64_CONSTANT(0xc8ff204ccf690c7c),
                                     G_GUINT64_CONSTANT(0x21363260cb7a66e4), G_GUINT64_CONSTANT(0x0447fc6a58785809),
                                     G_GUINT64_CONSTANT(0x0dcacf8a5e8b5cf1), G_GUINT64_CONSTANT(0x42fa58b7fb49269e)};
    for (guint i = 0; i < G_N_ELEMENTS(hashes); i++) {
        g_autofree char *name = g_strdup_printf("face-api-1.7.15/demo/sample%u.jpg", i + 1);
        g_autofree char *path = clip_package(name);
        if (!path)
            return;
        g_autoptr(NtStill) still = nt_still_load(path, NULL);
        g_assert_cmpuint(hash_pixels(&still->rgb), ==, hashes[i]);
    }
}

/* A picture whose pixels tell their place. */
enum { WIDTH = 37, HEIGHT = 23 };
static guint8 sample_pixels[HEIGHT][3 * WIDTH + 5];

static NtImage sample_picture(void)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            sample_pixels[y][3 * x] = (guint8)(6 * x);
            sample_pixels[y][3 * x + 1] = (guint8)(11 * y);
            sample_pixels[y][3 * x + 2] = (guint8)(x * y);
        }
    return (NtImage){sample_pixels[0], WIDTH, HEIGHT, sizeof sample_pixels[0], NT_PIXELS_RGB24};
}

static void assert_same(const NtImage *a, const NtImage *b)
{
    g_assert_cmpint(a->width, ==, b->width);
    g_assert_cmpint(a->height, ==, b->height);
    g_assert_cmpuint(hash_pixels(a), ==, hash_pixels(b));
}

static void test_save(void)
{
    NtImage picture = sample_picture();
    g_autofree char *png = clip_path("saved.PNG"), *jpeg = clip_path("saved.jpg"), *odd = clip_path("saved.tga");
    g_autofree char *nowhere = clip_path("no/folder/x.png");
    g_autoptr(GError) error = NULL;
    g_assert_true(nt_still_save(&picture, png, &error));
    g_assert_true(nt_still_save(&picture, png, &error)); /* over itself */
    g_assert_true(nt_still_save(&picture, jpeg, &error));
    g_autoptr(NtStill) back = nt_still_load(png, &error);
    assert_same(&back->rgb, &picture);
    g_autoptr(NtStill) lossy = nt_still_load(jpeg, &error);
    g_assert_cmpint(lossy->rgb.width, ==, WIDTH);
    g_assert_false(nt_still_save(&picture, odd, &error));
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, ".png"));
    g_clear_error(&error);
    g_assert_false(nt_still_save(&picture, nowhere, &error));
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, nowhere));
}

static void test_encode(void)
{
    NtImage picture = sample_picture();
    g_autoptr(GBytes) png = nt_still_encode_png(&picture, NULL);
    gsize size;
    const void *bytes = g_bytes_get_data(png, &size);
    g_autofree char *path = clip_write("chip.png", bytes, size);
    g_autoptr(NtStill) back = nt_still_load(path, NULL);
    assert_same(&back->rgb, &picture);
}

static void append_chunk(GByteArray *png, const char *type, const guint8 *bytes, guint32 size)
{
    guint8 head[8] = {(guint8)(size >> 24), (guint8)(size >> 16), (guint8)(size >> 8), (guint8)size};
    memcpy(head + 4, type, 4);
    guint start = png->len + 4;
    g_byte_array_append(png, head, 8);
    g_byte_array_append(png, bytes, size);
    guint32 crc = 0xFFFFFFFFu; /* ISO 3309, bit by bit */
    for (guint i = start; i < png->len; i++) {
        crc ^= png->data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    crc = ~crc;
    guint8 tail[4] = {(guint8)(crc >> 24), (guint8)(crc >> 16), (guint8)(crc >> 8), (guint8)crc};
    g_byte_array_append(png, tail, 4);
}

/* A PNG of one row; extra: a chunk before the data, or NULL. */
static char *make_png(const char *name, guint32 width, guint32 height, int depth, int colour, const char *extra,
                      const guint8 *extra_bytes, guint32 extra_size, const guint8 *row, gsize row_size)
{
    g_autoptr(GByteArray) png = g_byte_array_new();
    g_byte_array_append(png, (const guint8 *)"\x89PNG\r\n\x1a\n", 8);
    guint8 header[13] = {(guint8)(width >> 24),  (guint8)(width >> 16),  (guint8)(width >> 8),  (guint8)width,
                         (guint8)(height >> 24), (guint8)(height >> 16), (guint8)(height >> 8), (guint8)height,
                         (guint8)depth,          (guint8)colour};
    append_chunk(png, "IHDR", header, sizeof header);
    if (extra)
        append_chunk(png, extra, extra_bytes, extra_size);
    g_autofree guint8 *filtered = g_malloc0(row_size + 1);
    memcpy(filtered + 1, row, row_size);
    g_autoptr(GZlibCompressor) deflate = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 6);
    guint8 packed[256];
    gsize read, written;
    g_converter_convert(G_CONVERTER(deflate), filtered, row_size + 1, packed, sizeof packed, G_CONVERTER_INPUT_AT_END,
                        &read, &written, NULL);
    append_chunk(png, "IDAT", packed, (guint32)written);
    append_chunk(png, "IEND", NULL, 0);
    return clip_write(name, png->data, png->len);
}

static void expect_row(const char *path, const guint8 *rgb, int width)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtStill) still = nt_still_load(path, &error);
    g_assert_no_error(error);
    g_assert_cmpint(still->rgb.width, ==, width);
    g_assert_cmpmem(nt_image_row(&still->rgb, 0), 3 * (gsize)width, rgb, 3 * (gsize)width);
}

/* Colour types: alpha is dropped and not blended, palettes are looked up, grey is three times itself, of 16 bits the
 * upper 8 stay, and neither gamma nor a transparent colour changes anything. */
static void test_png_kinds(void)
{
    static const guint8 rgba[] = {10, 20, 30, 0, 40, 50, 60, 128}, rgba_out[] = {10, 20, 30, 40, 50, 60};
    static const guint8 palette[] = {1, 2, 3, 200, 100, 50}, indices[] = {1, 0},
                        indices_out[] = {200, 100, 50, 1, 2, 3};
    static const guint8 gray[] = {7, 250}, gray_out[] = {7, 7, 7, 250, 250, 250};
    static const guint8 gray_alpha[] = {7, 0, 250, 9};
    static const guint8 deep[] = {10, 1, 20, 2, 30, 255, 40, 0, 50, 9, 60, 9};
    static const guint8 gamma_chunk[] = {0, 1, 0x86, 0xA0}, transparent[] = {0, 7};
    g_autofree char *a = make_png("rgba.png", 2, 1, 8, 6, NULL, NULL, 0, rgba, sizeof rgba);
    g_autofree char *b = make_png("palette.png", 2, 1, 8, 3, "PLTE", palette, sizeof palette, indices, sizeof indices);
    g_autofree char *c = make_png("gray.png", 2, 1, 8, 0, "gAMA", gamma_chunk, sizeof gamma_chunk, gray, sizeof gray);
    g_autofree char *d = make_png("gray-alpha.png", 2, 1, 8, 4, NULL, NULL, 0, gray_alpha, sizeof gray_alpha);
    g_autofree char *e = make_png("deep.png", 2, 1, 16, 2, NULL, NULL, 0, deep, sizeof deep);
    g_autofree char *f = make_png("hole.png", 2, 1, 8, 0, "tRNS", transparent, sizeof transparent, gray, sizeof gray);
    expect_row(a, rgba_out, 2);
    expect_row(b, indices_out, 2);
    expect_row(c, gray_out, 2);
    expect_row(d, gray_out, 2);
    expect_row(e, rgba_out, 2);
    expect_row(f, gray_out, 2);
}

/* A JPEG with an EXIF segment that says how it was held (TIFF tag 0x0112; EXIF 2.3, 4.6.4). */
static char *make_turned(guint8 orientation)
{
    guint8 exif[] = {0xFF, 0xE1, 0,    34,   'E', 'x', 'i', 'f', 0, 0, 'I',         'I', 42, 0, 8, 0, 0, 0,
                     1,    0,    0x12, 0x01, 3,   0,   1,   0,   0, 0, orientation, 0,   0,  0, 0, 0, 0, 0};
    NtImage picture = sample_picture();
    g_autofree char *plain = clip_path("plain.jpg");
    g_assert_true(nt_still_save(&picture, plain, NULL));
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(plain, &bytes, &size, NULL));
    g_autoptr(GByteArray) turned = g_byte_array_new();
    g_byte_array_append(turned, (guint8 *)bytes, 2);
    g_byte_array_append(turned, exif, sizeof exif);
    g_byte_array_append(turned, (guint8 *)bytes + 2, (guint)size - 2);
    g_autofree char *name = g_strdup_printf("turned-%d.jpg", orientation);
    return clip_write(name, turned->data, turned->len);
}

static void test_orientation(void)
{
    for (guint8 orientation = 1; orientation <= 8; orientation++) {
        g_autofree char *path = make_turned(orientation);
        g_autofree char *plain = clip_path("plain.jpg");
        g_autoptr(NtStill) upright = nt_still_load(path, NULL);
        g_autoptr(NtStill) stored = nt_still_load(plain, NULL);
        const NtImage *a = &upright->rgb, *b = &stored->rgb;
        gboolean across = orientation >= 5;
        g_assert_cmpint(a->width, ==, across ? HEIGHT : WIDTH);
        /* Where the stored top left pixel is shown (TIFF 6.0, Orientation). */
        int right = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
        int bottom = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
        const guint8 *shown = nt_image_row(a, bottom ? a->height - 1 : 0) + 3 * (right ? a->width - 1 : 0);
        g_assert_cmpmem(shown, 3, nt_image_row(b, 0), 3);
    }
}

static void expect_refusal(const char *path, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(nt_still_load(path, &error));
    g_assert_nonnull(error);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, path));
    g_assert_nonnull(strstr(error->message, words));
}

static void test_refusals(void)
{
    g_autofree char *missing = clip_path("nobody.jpg"), *dir = clip_path("."), *empty = clip_write("empty.jpg", "", 0);
    g_autofree char *text = clip_write("letter.jpg", "Dear reader, no picture here.\n", 30);
    static const guint8 row[6];
    g_autofree char *huge = make_png("huge.png", 60000, 60000, 8, 2, NULL, NULL, 0, row, sizeof row);
    g_autofree char *short_png = make_png("short.png", 2, 500, 8, 2, NULL, NULL, 0, row, sizeof row);
    expect_refusal(missing, "no such file");
    expect_refusal(dir, "folder");
    expect_refusal(empty, "empty");
    expect_refusal(text, "not a picture");
    expect_refusal(huge, "60000 x 60000");
    expect_refusal(short_png, "damaged or cut");
}

/* gdk-pixbuf fills up a JPEG that ends early with grey; we refuse it, wherever it ends, also inside its headers. */
static void test_cut_jpeg(void)
{
    g_autofree char *whole = make_turned(1);
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(whole, &bytes, &size, NULL));
    g_autoptr(NtStill) good = nt_still_load(whole, NULL);
    g_assert_nonnull(good);
    for (gsize length = 1; length < size; length += length < 700 ? 13 : 101) {
        g_autofree char *path = clip_write("cut.jpg", bytes, length);
        g_autoptr(GError) error = NULL;
        g_assert_null(nt_still_load(path, &error));
        g_assert_nonnull(error);
        if (length + 101 >= size)
            g_test_message("%s", error->message);
    }
}

static void test_list(void)
{
    NtImage picture = sample_picture();
    g_autofree char *root = clip_path("album"), *inner = clip_path("album/b-inner"), *loop = clip_path("album/loop");
    g_assert_cmpint(g_mkdir_with_parents(inner, 0755), ==, 0);
    static const char *const names[] = {"album/z.png", "album/b-inner/a.jpg", "album/a.png", "album/.hidden.png"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = clip_path(names[i]);
        g_assert_true(nt_still_save(&picture, path, NULL));
    }
    g_autofree char *text = clip_write("album/notes.png", "not a picture\n", 14);
    g_autofree char *bare = clip_path("album/no-ending"), *first = clip_path("album/a.png");
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(first, &bytes, &size, NULL));
    g_assert_true(g_file_set_contents(bare, bytes, (gssize)size, NULL));
    g_assert_cmpint(symlink(root, loop), ==, 0);

    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) flat = nt_still_list_dir(root, FALSE, &error);
    g_autoptr(GPtrArray) deep = nt_still_list_dir(root, TRUE, &error);
    g_assert_no_error(error);
    g_assert_cmpint(flat->len, ==, 3);
    g_assert_cmpint(deep->len, ==, 4);
    g_assert_true(g_str_has_suffix(deep->pdata[0], "album/a.png"));
    g_assert_true(g_str_has_suffix(deep->pdata[1], "b-inner/a.jpg"));
    g_assert_true(g_str_has_suffix(deep->pdata[2], "no-ending"));
    g_assert_true(g_str_has_suffix(deep->pdata[3], "z.png"));
    g_assert_null(nt_still_list_dir(text, TRUE, &error));
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, text));
}

static void test_probe(void)
{
    NtImage picture = sample_picture();
    g_autofree char *disguised = clip_path("disguised.png"), *clip = NULL;
    g_assert_true(nt_still_save(&picture, disguised, NULL));
    g_assert_true(nt_still_probe(disguised));
    clip = clip_make("clip.jpg", "videotestsrc num-buffers=3 ! x264enc ! mp4mux");
    g_assert_false(nt_still_probe(clip));
    static const char *const kinds[] = {"vp8enc ! webmmux", "theoraenc ! oggmux", "x264enc ! mpegtsmux", "avimux"};
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *description =
            g_strconcat("videotestsrc num-buffers=3 ! video/x-raw,format=I420 ! ", kinds[i], NULL);
        g_autofree char *path = clip_make("clip.bin", description);
        g_assert_false(nt_still_probe(path));
    }
    g_assert_false(nt_still_probe("/nowhere/x.png"));
    g_assert_false(nt_still_probe("http://nowhere/x.png"));
}

int main(int argc, char **argv)
{
    clips_init(&argc, &argv);
    g_test_add_func("/media/still/golden", test_golden);
    g_test_add_func("/media/still/demo-photographs", test_demo_photographs);
    g_test_add_func("/media/still/save", test_save);
    g_test_add_func("/media/still/encode", test_encode);
    g_test_add_func("/media/still/png-kinds", test_png_kinds);
    g_test_add_func("/media/still/orientation", test_orientation);
    g_test_add_func("/media/still/refusals", test_refusals);
    g_test_add_func("/media/still/cut-jpeg", test_cut_jpeg);
    g_test_add_func("/media/still/list", test_list);
    g_test_add_func("/media/still/probe", test_probe);
    return clips_run();
}
