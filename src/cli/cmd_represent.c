/* nametag represent: the embeddings of a folder of pictures as CSV. */
#include <errno.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "engine/engine.h"
#include "export/csv.h"
#include "media/still.h"

#define MAX_UPSAMPLE 4

typedef struct Options {
    char *output;
    gboolean quiet;
    int upsample;
} Options;

static const char description[] =
    "Walks DIR and prints a line for each face of each picture: path, label (the name of the folder the picture is in),\n"
    "box, score, and the 128 numbers of the embedding. Pictures of one person lie within a Euclidean distance of about 0.6.\n"
    "\n"
    "Examples:\n"
    "  nametag represent people/ > people.csv\n"
    "  nametag represent --output people.csv --upsample 1 people/\n";

static void append_header(GString *csv)
{
    g_string_append(csv, "path,label,left,top,width,height,score");
    for (guint i = 0; i < NT_EMBEDDING_SIZE; i++)
        g_string_append_printf(csv, ",e%u", i);
    g_string_append(csv, "\r\n");
}

static void append_face(GString *csv, const char *path, const char *label, const NtFace *face)
{
    const NtRect box = face->detection.box;
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    nt_csv_append_field(csv, path);
    g_string_append_c(csv, ',');
    nt_csv_append_field(csv, label);
    g_string_append_printf(csv, ",%d,%d,%d,%d,%s", box.left, box.top, nt_rect_width(box), nt_rect_height(box),
                           g_ascii_formatd(number, sizeof number, "%.6f", face->detection.score));
    for (guint i = 0; i < NT_EMBEDDING_SIZE; i++)
        g_string_append_printf(csv, ",%s", g_ascii_formatd(number, sizeof number, "%.9g", face->embedding[i]));
    g_string_append(csv, "\r\n");
}

static gboolean represent_picture(NtAnalyser *analyser, const char *path, GString *csv, GError **error)
{
    g_autoptr(NtStill) still = nt_still_load(path, error);
    if (!still)
        return FALSE;
    g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, &still->rgb, error);
    if (!frame)
        return FALSE;
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *label = g_path_get_basename(folder);
    for (guint i = 0; i < frame->n_faces; i++)
        append_face(csv, path, label, &frame->faces[i]);
    return TRUE;
}

/* The table grows in memory (about 1.5 kB a face) and is written once, whole. */
static gboolean write_csv(const char *output, const GString *csv, GError **error)
{
    if (output)
        return g_file_set_contents_full(output, csv->str, (gssize)csv->len, G_FILE_SET_CONTENTS_CONSISTENT, 0666, error);
    if (fwrite(csv->str, 1, csv->len, stdout) == csv->len && fflush(stdout) == 0)
        return TRUE;
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "cannot write to standard output: %s",
                g_strerror(errno));
    return FALSE;
}

static int run(const Options *options, const char *dir)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) pictures = nt_still_list_dir(dir, TRUE, &error);
    g_autoptr(NtModelSet) models = pictures ? nt_model_set_load(NT_PRECISION_FLOAT, &error) : NULL;
    if (!models) {
        nt_command_error("%s", error->message);
        return NT_EXIT_FAILED;
    }
    if (pictures->len == 0) {
        nt_command_error("there is no picture in %s", dir);
        return NT_EXIT_FAILED;
    }
    const NtEngineOptions engine = {.upsample = options->upsample, .with_embedding = TRUE, .workers = nt_command_processors()};
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &engine);
    g_autoptr(NtProgress) progress = nt_progress_new(dir, "pictures", options->quiet);
    g_autoptr(GString) csv = g_string_new(NULL);
    int exit_code = NT_EXIT_OK;

    append_header(csv);
    nt_command_catch_interrupt();
    for (guint i = 0; i < pictures->len && !nt_command_interrupted(); i++) {
        if (!represent_picture(analyser, pictures->pdata[i], csv, &error)) {
            nt_progress_clear(progress);
            nt_command_error("%s", error->message);
            g_clear_error(&error);
            exit_code = NT_EXIT_FAILED;
        }
        nt_progress_update(progress, i + 1, (i + 1.0) / pictures->len);
    }
    nt_progress_finish(progress);
    if (!write_csv(options->output, csv, &error)) {
        nt_command_error("%s", error->message);
        return NT_EXIT_FAILED;
    }
    return nt_command_interrupted() ? NT_EXIT_INTERRUPTED : exit_code;
}

int nt_cmd_represent(int argc, char **argv)
{
    Options options = {0};
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output, "Write to FILE instead of standard output", "FILE"},
        {"upsample", 'u', 0, G_OPTION_ARG_INT, &options.upsample,
         "Double the pictures N times first, for faces under 80 pixels (default 0)", "N"},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &options.quiet, "No progress", NULL},
        G_OPTION_ENTRY_NULL,
    };
    int exit_code;
    if (!nt_command_parse(entries, "DIR", "Prints the embeddings of a folder of pictures as CSV.", description, &argc,
                          &argv, &exit_code))
        return exit_code;
    if (options.upsample < 0 || options.upsample > MAX_UPSAMPLE || argc != 2) {
        if (argc != 2)
            nt_command_error("one folder is wanted; see 'nametag represent --help'");
        else
            nt_command_error("--upsample takes 0 to %d", MAX_UPSAMPLE);
        exit_code = NT_EXIT_USAGE;
    } else {
        exit_code = run(&options, argv[1]);
    }
    g_free(options.output);
    return exit_code;
}
