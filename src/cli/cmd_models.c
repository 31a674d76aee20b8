/* nametag models: which trained models are in use, whether they are whole, what their licences say; imports others. */
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "base/safetensors.h"
#include "cli/command.h"
#include "engine/core_error.h"
#include "engine/model_set.h"
#include "import/import.h"
#include "import/model_digest.h"

#define RESOURCE_PREFIX "/org/nametag/models/"

static const char description[] =
    "Verbs:\n"
    "  list             the models in use: where they lie, where they come from (what 'models' does by itself)\n"
    "  verify           whether each is still what the importer wrote, bit by bit\n"
    "  licences         what may be done with them, in plain words and in full\n"
    "  import FILE...   take dlib's own files instead of the packaged ones: shape_predictor_68_face_landmarks.dat,\n"
    "                   dlib_face_recognition_resnet_model_v1.dat (full float precision)\n"
    "\n"
    "Examples:\n"
    "  nametag models\n"
    "  nametag models import dlib_face_recognition_resnet_model_v1.dat\n";

static const char *const role_names[NT_N_MODELS] = {
    [NT_MODEL_DETECTOR] = "detector", [NT_MODEL_LANDMARKS] = "landmarks", [NT_MODEL_EMBEDDER] = "embedder"};

static NtTensorFile *open_model(NtModelRole role, char **path, GError **error)
{
    NtTensorFile *file = NULL;
    NtError core = {NT_OK, ""};
    *path = nt_model_find(role, error);
    if (*path && nt_tensor_file_open(*path, &file, &core) != NT_OK)
        nt_error_to_gerror(&core, error);
    return file;
}

static const char *known(const char *text) { return text ? text : "not recorded"; }

/* For each model a paragraph; with verify, whether it is whole. */
static int show_models(gboolean verify)
{
    int exit_code = NT_EXIT_OK;
    for (NtModelRole role = 0; role < NT_N_MODELS; role++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = NULL;
        NtTensorFile *file = open_model(role, &path, &error);
        if (!file) {
            nt_command_error("%s", error->message);
            exit_code = NT_EXIT_FAILED;
            continue;
        }
        printf("%s\n  file     %s\n", role_names[role], path);
        if (verify) {
            g_autofree char *digest = nt_model_digest_file(file);
            const char *recorded = nt_tensor_file_metadata(file, "tensors_sha256");
            const gboolean whole = g_strcmp0(digest, recorded) == 0;
            printf("  SHA-256  %s\n  %s\n", digest,
                   whole ? "whole" : "NOT what the importer wrote: build again, or import again");
            if (!whole)
                exit_code = NT_EXIT_FAILED;
        } else {
            printf("  source   %s\n  licence  %s\n", known(nt_tensor_file_metadata(file, "source")),
                   known(nt_tensor_file_metadata(file, "licence")));
        }
        nt_tensor_file_close(file);
    }
    if (!verify && exit_code == NT_EXIT_OK)
        printf("\n'nametag models licences' says what may be done with them.\n");
    return exit_code;
}

static GBytes *load_resource(const char *name)
{
    g_autofree char *path = g_strconcat(RESOURCE_PREFIX, name, NULL);
    return g_resources_lookup_data(path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
}

static void print_notes(JsonObject *file)
{
    const char *notes = json_object_get_string_member(file, "notes");
    printf("%s: %s, from %s\n  licence: %s\n", json_object_get_string_member(file, "role"),
           json_object_get_string_member(file, "path"), json_object_get_string_member(file, "package"),
           json_object_get_string_member(file, "licence"));
    if (*notes)
        printf("  note: %s\n", notes);
}

static int show_licences(void)
{
    g_autoptr(GBytes) bytes = load_resource("manifest.json");
    g_autoptr(JsonParser) parser = json_parser_new();
    gsize size;
    const char *text = g_bytes_get_data(bytes, &size);
    if (!json_parser_load_from_data(parser, text, (gssize)size, NULL))
        return NT_EXIT_FAILED;
    JsonArray *files = json_object_get_array_member(json_node_get_object(json_parser_get_root(parser)), "files");
    g_autoptr(GHashTable) texts = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < json_array_get_length(files); i++) {
        JsonObject *file = json_array_get_object_element(files, i);
        gboolean is_model = FALSE;
        for (NtModelRole role = 0; role < NT_N_MODELS; role++)
            is_model |= strcmp(json_object_get_string_member(file, "role"), role_names[role]) == 0;
        if (!is_model)
            continue;
        print_notes(file);
        g_hash_table_add(texts, (gpointer)json_object_get_string_member(file, "licence_text"));
    }
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, texts);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        g_autofree char *path = g_strconcat("licences/", name, NULL);
        g_autoptr(GBytes) licence = load_resource(path);
        printf("\n------------------------------------------------------------\n%.*s",
               (int)g_bytes_get_size(licence), (const char *)g_bytes_get_data(licence, NULL));
    }
    return NT_EXIT_OK;
}

static gboolean import_file(const char *path, GError **error)
{
    const NtImportKind kind = nt_import_probe(path);
    const NtModelRole role = kind == NT_IMPORT_RESNET ? NT_MODEL_EMBEDDER : NT_MODEL_LANDMARKS;
    g_autofree char *dir = nt_model_user_dir(), *base = g_path_get_basename(path);
    g_autofree char *output = g_build_filename(dir, nt_model_file_name(role), NULL);
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        g_set_error(error, NT_IMPORT_ERROR, NT_IMPORT_ERROR_READ, "cannot read %s: there is no such file", path);
        return FALSE;
    }
    if (kind == NT_IMPORT_UNKNOWN) {
        g_set_error(error, NT_IMPORT_ERROR, NT_IMPORT_ERROR_FORMAT,
                    "%s is neither a 68-point landmark model nor a face recognition network of dlib's", path);
        return FALSE;
    }
    if (g_mkdir_with_parents(dir, 0700) != 0) {
        g_set_error(error, NT_IMPORT_ERROR, NT_IMPORT_ERROR_WRITE, "cannot create the folder %s", dir);
        return FALSE;
    }
    const NtImportOrigin origin = {base, "as its publisher says; not known to Nametag"};
    if (!(kind == NT_IMPORT_RESNET ? nt_import_resnet(path, &origin, output, error)
                                   : nt_import_landmarks(path, &origin, output, error)))
        return FALSE;
    printf("%s is the %s model now: %s\n", path, role_names[role], output);
    printf("Galleries made with another model have to be made again; remove that file to go back.\n");
    return TRUE;
}

static int import_files(char **paths, int n)
{
    int exit_code = NT_EXIT_OK;
    for (int i = 0; i < n; i++) {
        g_autoptr(GError) error = NULL;
        if (!import_file(paths[i], &error)) {
            nt_command_error("%s", error->message);
            exit_code = NT_EXIT_FAILED;
        }
    }
    return exit_code;
}

int nt_cmd_models(int argc, char **argv)
{
    const GOptionEntry entries[] = {G_OPTION_ENTRY_NULL};
    int exit_code;
    if (!nt_command_parse(entries, "[VERB]", "Lists and verifies the trained models, shows licences, imports others.",
                          description, &argc, &argv, &exit_code))
        return exit_code;
    const char *verb = argc > 1 ? argv[1] : "list";
    if (strcmp(verb, "import") == 0 && argc > 2)
        return import_files(argv + 2, argc - 2);
    if (argc <= 2 && strcmp(verb, "list") == 0)
        return show_models(FALSE);
    if (argc <= 2 && strcmp(verb, "verify") == 0)
        return show_models(TRUE);
    if (argc <= 2 && (strcmp(verb, "licences") == 0 || strcmp(verb, "licenses") == 0))
        return show_licences();
    nt_command_error(strcmp(verb, "import") == 0 ? "name the file to import"
                                                 : "list, verify, licences and import FILE are known (see 'nametag models --help')");
    return NT_EXIT_USAGE;
}
