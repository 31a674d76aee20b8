/* nametag explain: one page that shows the steps on a picture. */
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/keys.h"
#include "engine/engine.h"
#include "media/still.h"
#include "overlay/explain_page.h"

#define MAX_UPSAMPLE 4
#define PNG_SCALE 2.5 /* 180 dots an inch */

typedef struct Options {
    char *gallery, *output, *caution_word;
    NtCaution caution;
    int upsample;
} Options;

static const char description[] =
    "Examples:\n"
    "  nametag explain family.jpg --output page.pdf\n"
    "  nametag explain family.jpg --output page.png --gallery friends.sqlite\n";

static gboolean has_ending(const char *path, const char *ending)
{
    g_autofree char *lower = g_ascii_strdown(path, -1);
    return g_str_has_suffix(lower, ending);
}

static gboolean draw_page(const NtExplainPage *page, const char *output, const char *temporary, GError **error)
{
    cairo_surface_t *surface;
    const gboolean png = has_ending(output, ".png");
    if (has_ending(output, ".pdf"))
        surface = cairo_pdf_surface_create(temporary, NT_PAGE_WIDTH, NT_PAGE_HEIGHT);
    else if (has_ending(output, ".svg"))
        surface = cairo_svg_surface_create(temporary, NT_PAGE_WIDTH, NT_PAGE_HEIGHT);
    else
        surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(NT_PAGE_WIDTH * PNG_SCALE),
                                             (int)(NT_PAGE_HEIGHT * PNG_SCALE));
    cairo_t *cr = cairo_create(surface);
    if (png)
        cairo_scale(cr, PNG_SCALE, PNG_SCALE);
    nt_explain_page_draw(cr, page);
    cairo_show_page(cr);
    cairo_status_t status = cairo_status(cr);
    cairo_destroy(cr);
    if (status == CAIRO_STATUS_SUCCESS && png)
        status = cairo_surface_write_to_png(surface, temporary);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (status != CAIRO_STATUS_SUCCESS)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "cannot write %s: %s", output,
                    cairo_status_to_string(status));
    return status == CAIRO_STATUS_SUCCESS;
}

/* Beside its name first, then renamed: whole or not at all. */
static gboolean write_page(const NtExplainPage *page, const char *output, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(output), *base = g_path_get_basename(output);
    g_autofree char *name = g_strdup_printf(".%s.part-XXXXXX", base);
    g_autofree char *temporary = g_build_filename(folder, name, NULL);
    const int descriptor = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "cannot write %s: %s", output,
                    g_strerror(errno));
        return FALSE;
    }
    close(descriptor);
    gboolean good = draw_page(page, output, temporary, error);
    if (good && g_rename(temporary, output) != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "cannot write %s", output);
        good = FALSE;
    }
    if (!good)
        g_unlink(temporary);
    return good;
}

/* The classifier of the gallery; NULL without error when there is none. */
static NtClassifier *load_people(const Options *options, const NtModelSet *models, GError **error)
{
    g_autofree char *path = nt_command_gallery_path(options->gallery);
    if (!options->gallery && !g_file_test(path, G_FILE_TEST_EXISTS))
        return NULL;
    const NtGalleryOptions opening = {
        .mode = NT_GALLERY_READ, .model_fingerprint = nt_model_set_fingerprint(models), .keys = nt_command_keys()};
    g_autoptr(NtGallery) gallery = nt_gallery_open(path, &opening, error);
    g_autoptr(NtGallerySnapshot) snapshot = gallery ? nt_gallery_snapshot(gallery, error) : NULL;
    const NtClassifierOptions classifier = {.caution = options->caution};
    return snapshot ? nt_classifier_new(snapshot, &classifier, NULL, error) : NULL;
}

static gboolean explain(const Options *options, const char *path, GError **error)
{
    GError *reason = NULL;
    g_autoptr(NtStill) still = nt_still_load(path, error);
    g_autoptr(NtModelSet) models = still ? nt_model_set_load(NT_PRECISION_FLOAT, error) : NULL;
    if (!models)
        return FALSE;
    g_autoptr(NtClassifier) classifier = load_people(options, models, &reason);
    if (reason) {
        g_propagate_error(error, reason);
        return FALSE;
    }
    const NtEngineOptions engine = {.upsample = options->upsample, .with_embedding = TRUE, .with_chips = TRUE,
                                    .workers = nt_command_processors()};
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, classifier, &engine);
    g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, &still->rgb, error);
    if (!frame)
        return FALSE;
    g_autofree char *title = g_path_get_basename(path);
    g_autofree char *valid = g_utf8_make_valid(title, -1);
    const NtExplainPage page = {&still->rgb, valid, frame, classifier};
    if (!write_page(&page, options->output, error))
        return FALSE;
    printf("%s: %u face%s, explained in %s\n", path, frame->n_faces, frame->n_faces == 1 ? "" : "s", options->output);
    return TRUE;
}

int nt_cmd_explain(int argc, char **argv)
{
    Options options = {0};
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output, "Where the page goes: .png, .svg or .pdf", "FILE"},
        {"gallery", 'g', 0, G_OPTION_ARG_FILENAME, &options.gallery, "The people to compare with (default: your own gallery)",
         "FILE"},
        {"caution", 0, 0, G_OPTION_ARG_STRING, &options.caution_word,
         "How sure a name must be: cautious, balanced or eager: at most 1 in 1000, 100, 20 strangers named (default balanced)",
         "WORD"},
        {"upsample", 'u', 0, G_OPTION_ARG_INT, &options.upsample,
         "Double the picture N times first, for faces under 80 pixels (default 0)", "N"},
        G_OPTION_ENTRY_NULL,
    };
    int exit_code;
    if (nt_command_parse(entries, "IMAGE", "Draws one page that shows, step by step, how a picture becomes names.",
                         description, &argc, &argv, &exit_code)) {
        g_autoptr(GError) error = NULL;
        exit_code = NT_EXIT_USAGE;
        if (argc != 2)
            nt_command_error("one picture is wanted; see 'nametag explain --help'");
        else if (!options.output || !(has_ending(options.output, ".png") || has_ending(options.output, ".svg") ||
                                      has_ending(options.output, ".pdf")))
            nt_command_error("say where the page goes: --output FILE, ending in .png, .svg or .pdf");
        else if (options.upsample < 0 || options.upsample > MAX_UPSAMPLE)
            nt_command_error("--upsample takes 0 to %d", MAX_UPSAMPLE);
        else if (nt_command_caution(options.caution_word, &options.caution))
            exit_code = explain(&options, argv[1], &error) ? NT_EXIT_OK : NT_EXIT_FAILED;
        if (error)
            nt_command_error("%s", error->message);
    }
    g_free(options.gallery);
    g_free(options.output);
    g_free(options.caution_word);
    return exit_code;
}
