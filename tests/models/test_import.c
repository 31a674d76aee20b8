/* The importers: what comes out is what went in; cut, changed and hostile sources are refused in words. */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "base/safetensors.h"
#include "import/dlib_stream.h"
#include "import/import.h"
#include "import/model_digest.h"

#define LANDMARKS_DAT "/usr/share/dlib/shape_predictor_68_face_landmarks.dat"

static const NtImportOrigin origin = {"test", "none"};
static char *folder;

static char *in_folder(const char *name) { return g_build_filename(folder, name, NULL); }

static void put_integer(GByteArray *bytes, gint64 value)
{
    guint64 magnitude = value < 0 ? (guint64)-value : (guint64)value;
    guint8 packed[9] = {0}, n = 0;
    do {
        packed[++n] = (guint8)magnitude;
        magnitude >>= 8;
    } while (magnitude);
    packed[0] = (guint8)(n | (value < 0 ? 0x80 : 0));
    g_byte_array_append(bytes, packed, n + 1u);
}

static void test_numbers(void)
{
    static const gint64 values[] = {0, 1, -1, 255, 256, -65536, G_MAXINT64, -G_MAXINT64};
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        put_integer(bytes, values[i]);
    put_integer(bytes, -5);
    put_integer(bytes, -2); /* -5 / 4 */
    NtDlibStream stream = nt_dlib_stream(bytes->data, bytes->len);
    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        g_assert_cmpint(nt_dlib_integer(&stream), ==, values[i]);
    g_assert_cmpfloat(nt_dlib_real(&stream), ==, -1.25);
    g_assert_null(stream.problem);
    g_assert_cmpint(nt_dlib_integer(&stream), ==, 0);
    g_assert_nonnull(strstr(stream.problem, "ends too early"));
    nt_dlib_stream_clear(&stream);
}

static void check_bad_number(const void *bytes, gsize size)
{
    NtDlibStream stream = nt_dlib_stream(bytes, size);
    nt_dlib_real(&stream);
    g_test_message("%s", stream.problem);
    g_assert_nonnull(stream.problem);
    nt_dlib_stream_clear(&stream);
}

static void test_bad_numbers(void)
{
    check_bad_number("", 0);
    check_bad_number("\x04\x01", 2);                                     /* cut */
    check_bad_number("\x09\1\1\1\1\1\1\1\1\1", 10);                      /* nine bytes */
    check_bad_number("\x00\x01", 2);                                     /* none */
    check_bad_number("\x08\xff\xff\xff\xff\xff\xff\xff\xff", 9);         /* beyond 63 bits */
    check_bad_number("\x01\x01\x02\x00\x7d", 5);                         /* 32000: infinity */
    check_bad_number("\x01\x01\x02\x02\x7d", 5);                         /* 32002: not a number */
    check_bad_number("\x01\x01\x02\x00\x04", 5);                         /* 2^1024 */
    check_bad_number("\x31\x01\x01\x01", 4);                             /* reserved bits */
}

static void assert_refused(gboolean done, GError *error, const char *output)
{
    g_assert_false(done);
    g_assert_nonnull(error);
    g_test_message("%s", error->message);
    g_assert_error(error, NT_IMPORT_ERROR, NT_IMPORT_ERROR_FORMAT);
    g_assert_false(g_file_test(output, G_FILE_TEST_EXISTS));
    g_error_free(error);
}

/* A model of 104 bytes that claims the counts of a real one: dlib's own loader crashes on such a file. */
static void test_short_landmarks(void)
{
    g_autofree char *path = in_folder("short.dat"), *output = in_folder("short.safetensors");
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    put_integer(bytes, 1);
    put_integer(bytes, -136);
    put_integer(bytes, -1);
    for (int i = 0; bytes->len < 96; i++)
        put_integer(bytes, i % 2);
    put_integer(bytes, 15);
    put_integer(bytes, 500);
    put_integer(bytes, 15);
    g_byte_array_set_size(bytes, 104);
    g_assert_true(g_file_set_contents(path, (const char *)bytes->data, (gssize)bytes->len, NULL));
    g_assert_cmpint(nt_import_probe(path), ==, NT_IMPORT_LANDMARKS);
    GError *error = NULL;
    gboolean done = nt_import_landmarks(path, &origin, output, &error);
    assert_refused(done, error, output);
}

/* The real file with one change, by a writer that leaves the rest as it is. */
static void check_landmarks(const guint8 *bytes, gsize size, const char *output)
{
    g_autofree char *path = in_folder("changed.dat");
    GError *error = NULL;
    g_assert_true(g_file_set_contents(path, (const char *)bytes, (gssize)size, NULL));
    gboolean done = nt_import_landmarks(path, &origin, output, &error);
    assert_refused(done, error, output);
}

static void test_hostile_landmarks(void)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(LANDMARKS_DAT, FALSE, NULL);
    g_autofree char *output = in_folder("hostile.safetensors");
    g_assert_nonnull(file);
    const gsize size = g_mapped_file_get_length(file);
    g_autofree guint8 *bytes = g_memdup2(g_mapped_file_get_contents(file), size);
    /* cut where it still looks long enough, and one byte more than it should have */
    check_landmarks(bytes, size - 1, output);
    check_landmarks(bytes, size * 9 / 10, output);
    g_autofree guint8 *longer = g_malloc0(size + 2);
    memcpy(longer, bytes, size);
    check_landmarks(longer, size + 2, output);
    /* the version, the height of the initial shape, and a control byte */
    static const gsize places[] = {1, 3, 2, 0};
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        const guint8 kept = bytes[places[i]];
        bytes[places[i]] ^= 0x41;
        check_landmarks(bytes, size, output);
        bytes[places[i]] = kept;
    }
    /* the last values are deltas: their count, far from the start, is checked too */
    const guint8 kept = bytes[size - 1];
    bytes[size - 1] = 0x7f; /* an exponent that no number has, or a digit: either way it stays inside the file */
    g_autofree char *path = in_folder("exponent.dat");
    g_assert_true(g_file_set_contents(path, (const char *)bytes, (gssize)size, NULL));
    nt_import_landmarks(path, &origin, output, NULL);
    g_unlink(output);
    bytes[size - 1] = kept;
}

static void test_landmarks(void)
{
    g_autofree char *output = in_folder("landmarks.safetensors");
    g_autofree char *built = g_build_filename(g_getenv("NAMETAG_MODELS"), "landmarks-68.safetensors", NULL);
    g_autoptr(GError) error = NULL;
    NtTensorFile *file, *other;
    NtTensorView view;
    g_assert_cmpint(nt_import_probe(LANDMARKS_DAT), ==, NT_IMPORT_LANDMARKS);
    nt_import_landmarks(LANDMARKS_DAT, &origin, output, &error);
    g_assert_no_error(error);
    g_assert_cmpint(nt_tensor_file_open(output, &file, NULL), ==, NT_OK);
    g_assert_cmpint(nt_tensor_file_get(file, "initial_shape", NT_DTYPE_F32, 2, (int64_t[]){68, 2}, &view, NULL), ==, NT_OK);
    const float *shape = view.data;
    for (int i = 0; i < 136; i++)
        g_assert_true(shape[i] > 0.02f && shape[i] < 1.08f);
    g_assert_cmpfloat(shape[0], <, shape[32]); /* the jaw runs from left to right */
    /* the digest tells what was written, and is the same for the same source */
    g_autofree char *digest = nt_model_digest_file(file);
    g_assert_cmpstr(digest, ==, nt_tensor_file_metadata(file, "tensors_sha256"));
    g_assert_cmpint(nt_tensor_file_open(built, &other, NULL), ==, NT_OK);
    g_assert_cmpstr(digest, ==, nt_tensor_file_metadata(other, "tensors_sha256"));
    nt_tensor_file_close(other);
    nt_tensor_file_close(file);
    g_unlink(output);
}

static char *face_api_file(const char *name)
{
    return g_build_filename(g_getenv("NAMETAG_PACKAGES"), "face-api-1.7.15", "model", name, NULL);
}

/* A manifest with one text replaced by another; the weights as they are. */
static void check_manifest(const char *from, const char *to)
{
    g_autofree char *manifest = face_api_file("face_recognition_model-weights_manifest.json");
    g_autofree char *weights = face_api_file("face_recognition_model.bin"), *text = NULL;
    g_autofree char *path = in_folder("manifest.json"), *output = in_folder("face.safetensors");
    g_assert_true(g_file_get_contents(manifest, &text, NULL, NULL));
    char *at = strstr(text, from);
    g_assert_nonnull(at);
    g_autofree char *changed = g_strdup_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    g_assert_true(g_file_set_contents(path, changed, -1, NULL));
    GError *error = NULL;
    gboolean done = nt_import_face_api(path, weights, &origin, output, &error);
    assert_refused(done, error, output);
}

static void test_hostile_manifests(void)
{
    check_manifest("[", "{");
    check_manifest("\"weights\"", "\"heights\"");
    check_manifest("[7,7,3,32]", "[7,7,3,33]");
    check_manifest("[7,7,3,32]", "[7,7,-3,32]");
    check_manifest("[7,7,3,32]", "[7,7,32,3]");
    check_manifest("[7,7,3,32]", "[99999999,99999999,99999999,99999999]");
    check_manifest("[7,7,3,32]", "[]");
    check_manifest("[7,7,3,32]", "\"many\"");
    check_manifest("\"dtype\":\"uint8\"", "\"dtype\":\"uint4\"");
    check_manifest("conv32_down/conv/bias", "conv32_up/conv/bias");
    check_manifest("\"name\":\"fc\"", "\"name\":\"fd\"");
}

static void test_face_api_cut(void)
{
    g_autofree char *manifest = face_api_file("face_recognition_model-weights_manifest.json");
    g_autofree char *weights = face_api_file("face_recognition_model.bin"), *bytes = NULL;
    g_autofree char *path = in_folder("weights.bin"), *output = in_folder("face.safetensors");
    gsize size;
    g_assert_true(g_file_get_contents(weights, &bytes, &size, NULL));
    const gsize cuts[] = {1, 1000, size / 2, size - 1};
    for (guint i = 0; i < G_N_ELEMENTS(cuts); i++) {
        GError *error = NULL;
        g_assert_true(g_file_set_contents(path, bytes, (gssize)cuts[i], NULL));
        gboolean done = nt_import_face_api(manifest, path, &origin, output, &error);
        assert_refused(done, error, output);
    }
}

static void test_other_files(void)
{
    g_autofree char *path = in_folder("letter.dat"), *output = in_folder("letter.safetensors");
    g_assert_true(g_file_set_contents(path, "Dear Anna, this is not a model.", -1, NULL));
    g_assert_cmpint(nt_import_probe(path), ==, NT_IMPORT_UNKNOWN);
    g_assert_cmpint(nt_import_probe("/nonexistent"), ==, NT_IMPORT_UNKNOWN);
    GError *error = NULL;
    gboolean done = nt_import_resnet(path, &origin, output, &error);
    assert_refused(done, error, output);
    error = NULL;
    done = nt_import_hog(path, "", &origin, output, &error);
    assert_refused(done, error, output);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("nametag-import-XXXXXX", NULL);
    g_test_add_func("/models/numbers", test_numbers);
    g_test_add_func("/models/bad-numbers", test_bad_numbers);
    g_test_add_func("/models/landmarks", test_landmarks);
    g_test_add_func("/models/short-landmarks", test_short_landmarks);
    g_test_add_func("/models/hostile-landmarks", test_hostile_landmarks);
    g_test_add_func("/models/hostile-manifests", test_hostile_manifests);
    g_test_add_func("/models/face-api-cut", test_face_api_cut);
    g_test_add_func("/models/other-files", test_other_files);
    int result = g_test_run();
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = in_folder(name);
        g_unlink(path);
    }
    g_rmdir(folder);
    g_free(folder);
    return result;
}
