/* nametag detect: the faces of pictures as JSON Lines. */
#include <errno.h>
#include <stdio.h>

#include "cli/command.h"
#include "engine/engine.h"
#include "export/json_writer.h"
#include "media/still.h"

#define MAX_UPSAMPLE 4
#define SCORE_DECIMALS 6
#define LANDMARK_DECIMALS 2

typedef struct Options {
    gboolean no_landmarks, no_embedding;
    int upsample;
    double threshold;
} Options;

static const char description[] =
    "Prints one JSON object a picture (docs/formats.md):\n"
    "  {\"image\", \"width\", \"height\", \"faces\": [{\"box\": [x, y, width, height], \"score\", \"part\",\n"
    "   \"landmarks\": [[x, y], 68 times], \"embedding\": [128 numbers]}]}\n"
    "\n"
    "Examples:\n"
    "  nametag detect family.jpg\n"
    "  nametag detect --upsample 1 --no-embedding crowd.jpg    faces from 40 pixels on\n";

static void write_face(NtJsonWriter *json, const NtFace *face, const Options *options)
{
    const NtRect box = face->detection.box;
    nt_json_begin_object(json);
    nt_json_key(json, "box");
    nt_json_begin_array(json);
    nt_json_int(json, box.left);
    nt_json_int(json, box.top);
    nt_json_int(json, nt_rect_width(box));
    nt_json_int(json, nt_rect_height(box));
    nt_json_end_array(json);
    nt_json_key(json, "score");
    nt_json_fixed(json, face->detection.score, SCORE_DECIMALS);
    nt_json_key(json, "part");
    nt_json_string(json, nt_detector_part_name(face->detection.part));
    if (!options->no_landmarks) {
        nt_json_key(json, "landmarks");
        nt_json_begin_array(json);
        for (guint i = 0; i < NT_N_LANDMARKS; i++) {
            nt_json_begin_array(json);
            nt_json_fixed(json, face->landmarks[i].x, LANDMARK_DECIMALS);
            nt_json_fixed(json, face->landmarks[i].y, LANDMARK_DECIMALS);
            nt_json_end_array(json);
        }
        nt_json_end_array(json);
    }
    if (!options->no_embedding) {
        nt_json_key(json, "embedding");
        nt_json_begin_array(json);
        for (guint i = 0; i < NT_EMBEDDING_SIZE; i++)
            nt_json_float(json, face->embedding[i]);
        nt_json_end_array(json);
    }
    nt_json_end_object(json);
}

static gboolean detect_picture(NtAnalyser *analyser, const char *path, const Options *options, GError **error)
{
    g_autoptr(NtStill) still = nt_still_load(path, error);
    if (!still)
        return FALSE;
    g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, &still->rgb, error);
    if (!frame)
        return FALSE;

    g_autoptr(GString) line = g_string_new(NULL);
    NtJsonWriter json = nt_json_writer(line);
    nt_json_begin_object(&json);
    nt_json_key(&json, "image");
    nt_json_string(&json, path);
    nt_json_key(&json, "width");
    nt_json_int(&json, frame->width);
    nt_json_key(&json, "height");
    nt_json_int(&json, frame->height);
    nt_json_key(&json, "faces");
    nt_json_begin_array(&json);
    for (guint i = 0; i < frame->n_faces; i++)
        write_face(&json, &frame->faces[i], options);
    nt_json_end_array(&json);
    nt_json_end_object(&json);
    puts(line->str);
    return TRUE;
}

static int run(const Options *options, char **pictures, int n_pictures)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtModelSet) models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    if (!models) {
        nt_command_error("%s", error->message);
        return NT_EXIT_FAILED;
    }
    const NtEngineOptions engine = {.upsample = options->upsample, .threshold = options->threshold,
                                    .with_embedding = !options->no_embedding, .workers = nt_command_processors()};
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &engine);
    int exit_code = NT_EXIT_OK;
    nt_command_catch_interrupt();
    for (int i = 0; i < n_pictures && !nt_command_interrupted(); i++) {
        if (!detect_picture(analyser, pictures[i], options, &error)) {
            nt_command_error("%s", error->message);
            g_clear_error(&error);
            exit_code = NT_EXIT_FAILED;
        }
    }
    if (fflush(stdout) != 0) {
        nt_command_error("cannot write to standard output: %s", g_strerror(errno));
        return NT_EXIT_FAILED;
    }
    return nt_command_interrupted() ? NT_EXIT_INTERRUPTED : exit_code;
}

int nt_cmd_detect(int argc, char **argv)
{
    Options options = {0};
    const GOptionEntry entries[] = {
        {"upsample", 'u', 0, G_OPTION_ARG_INT, &options.upsample,
         "Double the picture N times first, for faces under 80 pixels (default 0)", "N"},
        {"threshold", 0, 0, G_OPTION_ARG_DOUBLE, &options.threshold,
         "Least score to report (default 0; lower finds more and errs more)", "T"},
        {"no-landmarks", 0, 0, G_OPTION_ARG_NONE, &options.no_landmarks, "Leave the 68 points out", NULL},
        {"no-embedding", 0, 0, G_OPTION_ARG_NONE, &options.no_embedding, "Do not embed the faces (faster)", NULL},
        G_OPTION_ENTRY_NULL,
    };
    int exit_code;
    if (!nt_command_parse(entries, "IMAGE…", "Prints the faces of pictures as JSON Lines.", description, &argc, &argv,
                          &exit_code))
        return exit_code;
    if (options.upsample < 0 || options.upsample > MAX_UPSAMPLE) {
        nt_command_error("--upsample takes 0 to %d", MAX_UPSAMPLE);
        return NT_EXIT_USAGE;
    }
    if (argc < 2) {
        nt_command_error("no picture named; see 'nametag detect --help'");
        return NT_EXIT_USAGE;
    }
    return run(&options, argv + 1, argc - 1);
}
