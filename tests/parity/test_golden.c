/* Our chain against the golden values of the shared test data, picture by picture: the same detections on colour and grey,
 * with and without enlarging; from the reference's rectangle the same landmarks and chip; from its chip the same
 * embedding. */
#include <string.h>

#include "media/still.h"
#include "parity/reference.h"

static Models models;

static JsonObject *load_json(JsonParser *parser, const char *path)
{
    g_autoptr(GError) error = NULL;
    json_parser_load_from_file(parser, path, &error);
    g_assert_no_error(error);
    return json_node_get_object(json_parser_get_root(parser));
}

/* Where the picture of a golden file is: its label, looked for in the folders pictures are in. */
static char *find_picture(const char *label)
{
    g_autofree char *packages = g_build_filename(g_getenv("NAMETAG_PACKAGES"), "face-api-1.7.15", "demo", NULL);
    const char *const dirs[] = {g_getenv("NAMETAG_TEST_DATA"), packages};
    for (guint i = 0; i < G_N_ELEMENTS(dirs); i++) {
        char *path = g_build_filename(dirs[i], label, NULL);
        if (g_file_test(path, G_FILE_TEST_EXISTS))
            return path;
        g_free(path);
    }
    return NULL;
}

/* Labels have underscores for the slashes of the path: tries each folder of the data. */
static char *find_flattened(const char *label)
{
    const char *data = g_getenv("NAMETAG_TEST_DATA");
    static const char *const folders[] = {"photos", "landmarks", "people"};
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *dir = g_build_filename(data, folders[i], NULL);
        g_autoptr(GPtrArray) pictures = nt_still_list_dir(dir, TRUE, NULL);
        for (guint k = 0; pictures && k < pictures->len; k++) {
            g_autofree char *flat = g_strdup((const char *)pictures->pdata[k] + strlen(data) + 1);
            g_strdelimit(flat, "/", '_');
            if (g_str_equal(flat, label))
                return g_strdup(pictures->pdata[k]);
        }
    }
    return NULL;
}

static void test_folder(gconstpointer user)
{
    const char *data = g_getenv("NAMETAG_TEST_DATA"), *name;
    g_autofree char *dir = g_build_filename(data && *data ? data : "/nonexistent", user, NULL);
    g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);
    if (!folder) {
        g_test_skip("the shared test data are not here");
        return;
    }
    Tally *tally = tally_new();
    while ((name = g_dir_read_name(folder))) {
        if (!g_str_has_suffix(name, ".json"))
            continue;
        g_autofree char *path = g_build_filename(dir, name, NULL);
        g_autoptr(JsonParser) parser = json_parser_new_immutable();
        JsonObject *reference = load_json(parser, path);
        const char *label = json_object_get_string_member(reference, "image");
        g_autofree char *direct = find_picture(label), *picture = direct ? g_strdup(direct) : find_flattened(label);
        if (!picture)
            g_error("no picture for %s (%s)", name, label);
        g_autoptr(GError) error = NULL;
        g_autoptr(NtStill) still = nt_still_load(picture, &error);
        g_assert_no_error(error);
        g_autofree char *hash = hash_pixels(&still->rgb);
        g_test_message("%s", label);
        g_assert_cmpstr(hash, ==, json_object_get_string_member(reference, "rgb_fnv1a64"));
        compare_picture(&models, &still->rgb, reference, dir, tally);
    }
    tally_check(tally);
    tally_free(tally);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    models_load(&models);
    g_test_add_data_func("/parity/golden", "golden", test_folder);
    g_test_add_data_func("/parity/golden-npm", "golden-npm", test_folder);
    int result = g_test_run();
    models_free(&models);
    return result;
}
