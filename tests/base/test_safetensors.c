/* Model files: what is written is read back; whatever is wrong with a file is refused before a byte of it is used. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/safetensors.h"

static char *folder;

static char *write_bytes(const char *name, const void *bytes, gsize size)
{
    g_autoptr(GError) error = NULL;
    char *path = g_build_filename(folder, name, NULL);
    g_file_set_contents(path, bytes, (gssize)size, &error);
    g_assert_no_error(error);
    return path;
}

/* A file of this header and that many bytes of data. */
static char *write_header(const char *header, gsize data_size)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    guint64 length = GUINT64_TO_LE(strlen(header));
    g_byte_array_append(bytes, (const guint8 *)&length, sizeof length);
    g_byte_array_append(bytes, (const guint8 *)header, (guint)strlen(header));
    g_byte_array_set_size(bytes, bytes->len + (guint)data_size);
    return write_bytes("header.safetensors", bytes->data, bytes->len);
}

static void write_sample(const char *path)
{
    static const float weights[2][3] = {{1, 2, 3}, {4, 5, 6}};
    static const guint8 bytes[5] = {9, 8, 7, 6, 5};
    static const double pair[2] = {0.5, -0.25};
    const NtTensorEntry tensors[] = {
        {"bytes", {NT_DTYPE_U8, 1, {5}, bytes, sizeof bytes}},
        {"weights", {NT_DTYPE_F32, 2, {2, 3}, weights, sizeof weights}},
        {"pair", {NT_DTYPE_F64, 1, {2}, pair, sizeof pair}},
    };
    const NtMetadataEntry metadata[] = {{"role", "te\"st\n"}, {"licence", "none"}};
    NtError error = {NT_OK, ""};
    g_assert_cmpint(nt_tensor_file_write(path, tensors, 3, metadata, 2, &error), ==, NT_OK);
}

static void test_round_trip(void)
{
    g_autofree char *path = g_build_filename(folder, "sample.safetensors", NULL);
    NtTensorFile *file;
    NtTensorView view;
    write_sample(path);
    g_assert_cmpint(nt_tensor_file_open(path, &file, NULL), ==, NT_OK);
    g_assert_cmpstr(nt_tensor_file_metadata(file, "role"), ==, "te\"st\n");
    g_assert_null(nt_tensor_file_metadata(file, "nothing"));
    g_assert_cmpuint(nt_tensor_file_count(file), ==, 3);
    g_assert_cmpstr(nt_tensor_file_name(file, 0), ==, "bytes");
    g_assert_cmpint(nt_tensor_file_get(file, "weights", NT_DTYPE_F32, 2, (int64_t[]){2, -1}, &view, NULL), ==, NT_OK);
    g_assert_cmpint(view.shape[1], ==, 3);
    g_assert_cmpfloat(((const float *)view.data)[4], ==, 5);
    g_assert_cmpint(nt_tensor_file_get(file, "bytes", NT_DTYPE_U8, 1, (int64_t[]){5}, &view, NULL), ==, NT_OK);
    g_assert_cmpint(((const guint8 *)view.data)[4], ==, 5);
    g_assert_true(nt_tensor_file_has(file, "pair"));
    nt_tensor_file_close(file);
}

static void test_same_bytes(void)
{
    g_autofree char *first = g_build_filename(folder, "a", NULL), *second = g_build_filename(folder, "b", NULL);
    g_autofree char *x = NULL, *y = NULL;
    gsize n, m;
    write_sample(first);
    write_sample(second);
    g_assert_true(g_file_get_contents(first, &x, &n, NULL) && g_file_get_contents(second, &y, &m, NULL));
    g_assert_cmpmem(x, n, y, m);
}

static void test_demands(void)
{
    g_autofree char *path = g_build_filename(folder, "sample.safetensors", NULL);
    NtTensorFile *file;
    NtTensorView view;
    NtError error;
    write_sample(path);
    g_assert_cmpint(nt_tensor_file_open(path, &file, NULL), ==, NT_OK);
    g_assert_cmpint(nt_tensor_file_get(file, "weights", NT_DTYPE_F64, 2, (int64_t[]){2, 3}, &view, &error), ==,
                    NT_ERR_FORMAT);
    g_assert_nonnull(strstr(error.message, "F32 [2, 3], not F64 [2, 3]"));
    g_assert_cmpint(nt_tensor_file_get(file, "weights", NT_DTYPE_F32, 2, (int64_t[]){3, 2}, &view, &error), ==,
                    NT_ERR_FORMAT);
    g_assert_cmpint(nt_tensor_file_get(file, "weights", NT_DTYPE_F32, 1, (int64_t[]){6}, &view, &error), ==,
                    NT_ERR_FORMAT);
    g_assert_cmpint(nt_tensor_file_find(file, "none", &view, &error), ==, NT_ERR_FORMAT);
    g_assert_nonnull(strstr(error.message, "'none'"));
    nt_tensor_file_close(file);
}

typedef struct Hostile {
    const char *header;
    gsize data_size;
    const char *reason; /* part of the message */
} Hostile;

static void test_hostile_headers(void)
{
    static const Hostile files[] = {
        {"", 0, "header"},
        {"[]", 0, "header"},
        {"{", 0, "header"},
        {"{}x", 0, "after its end"},
        {"{\"a\":1}", 0, "header"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, "beyond the file"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "does not fit"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12, "gap"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,0]}}", 2, "before it begins"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 3, "no tensor"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, "dimension of 0"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}}", 1, "whole number"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1.5],\"data_offsets\":[0,1]}}", 1, "header"},
        {"{\"a\":{\"dtype\":\"X8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "element type"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,99999999999999999999]}}", 1, "too large"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[9007199254740992,9007199254740992],\"data_offsets\":[0,1]}}", 1,
         "larger than any file"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1, "too many dimensions"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "lacks"},
        {"{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "doubled"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
         "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2, "one name"},
        {"{\"__metadata__\":{\"a\":1}}", 0, "header"},
        {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "twice"},
        {"{\"\\ud800\":{}}", 0, "surrogate"},
        {"{\"\\q\":{}}", 0, "wrong escape"},
        {"{\"\\u0000\":{}}", 0, "zero byte"},
        {"{\"never ends", 0, "cut"},
        {"{\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
         "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[1,5]}}", 5, "odd place"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = write_header(files[i].header, files[i].data_size);
        NtTensorFile *file = NULL;
        NtError error = {NT_OK, ""};
        g_assert_cmpint(nt_tensor_file_open(path, &file, &error), ==, NT_ERR_FORMAT);
        g_test_message("%s", error.message);
        if (!strstr(error.message, files[i].reason))
            g_error("%s: '%s' does not say '%s'", files[i].header, error.message, files[i].reason);
    }
}

static void test_hostile_lengths(void)
{
    static const struct {
        const char *bytes;
        gsize size;
    } files[] = {{"", 0}, {"\1\0\0", 3}, {"\377\377\377\377\377\377\377\377{}", 10}, {"\377\377\377\177\0\0\0\0{}", 10},
                 {"\3\0\0\0\0\0\0\0{}", 10}};
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = write_bytes("short.safetensors", files[i].bytes, files[i].size);
        NtTensorFile *file = NULL;
        g_assert_cmpint(nt_tensor_file_open(path, &file, NULL), ==, NT_ERR_FORMAT);
    }
    NtError error;
    NtTensorFile *file;
    g_assert_cmpint(nt_tensor_file_open("/nonexistent/model", &file, &error), ==, NT_ERR_IO);
    g_assert_cmpint(nt_tensor_file_open(folder, &file, &error), ==, NT_ERR_FORMAT);
}

/* Every cut of a good file is refused, and no change of a byte makes the reader leave the file (the sanitizers watch). */
static void test_cuts_and_flips(void)
{
    g_autofree char *path = g_build_filename(folder, "sample.safetensors", NULL), *bytes = NULL;
    gsize size;
    guint accepted = 0;
    write_sample(path);
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    for (gsize cut = 0; cut < size; cut++) {
        g_autofree char *other = write_bytes("cut.safetensors", bytes, cut);
        NtTensorFile *file = NULL;
        g_assert_cmpint(nt_tensor_file_open(other, &file, NULL), ==, NT_ERR_FORMAT);
    }
    g_autoptr(GRand) random = g_rand_new_with_seed(20261123);
    for (guint i = 0; i < 3000; i++) {
        g_autofree char *changed = g_memdup2(bytes, size);
        for (int k = g_rand_int_range(random, 1, 4); k > 0; k--)
            changed[g_rand_int_range(random, 0, (gint32)size)] = (char)g_rand_int(random);
        g_autofree char *other = write_bytes("flipped.safetensors", changed, size);
        NtTensorFile *file = NULL;
        if (nt_tensor_file_open(other, &file, NULL) != NT_OK)
            continue;
        accepted++;
        for (size_t t = 0; t < nt_tensor_file_count(file); t++) {
            NtTensorView view;
            guint sum = 0;
            g_assert_cmpint(nt_tensor_file_find(file, nt_tensor_file_name(file, t), &view, NULL), ==, NT_OK);
            for (size_t b = 0; b < view.size; b++)
                sum += ((const guint8 *)view.data)[b];
            g_assert_cmpuint(sum, <=, 255 * (guint)view.size);
        }
        nt_tensor_file_close(file);
    }
    g_test_message("%u of 3000 changed files were still well-formed", accepted);
    g_assert_cmpuint(accepted, <, 3000);
}

static void test_unwritable(void)
{
    NtError error;
    g_assert_cmpint(nt_tensor_file_write("/proc/none/x", NULL, 0, NULL, 0, &error), ==, NT_ERR_IO);
    g_assert_nonnull(strstr(error.message, "/proc/none/x"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("nametag-base-XXXXXX", NULL);
    g_test_add_func("/base/safetensors/round-trip", test_round_trip);
    g_test_add_func("/base/safetensors/same-input-same-bytes", test_same_bytes);
    g_test_add_func("/base/safetensors/demands", test_demands);
    g_test_add_func("/base/safetensors/hostile-headers", test_hostile_headers);
    g_test_add_func("/base/safetensors/hostile-lengths", test_hostile_lengths);
    g_test_add_func("/base/safetensors/cuts-and-flips", test_cuts_and_flips);
    g_test_add_func("/base/safetensors/unwritable", test_unwritable);
    int result = g_test_run();
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
    g_free(folder);
    return result;
}
