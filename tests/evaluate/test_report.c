/* Reports: JSON is JSON, pages are well-formed and need nothing else, names of any kind do no harm. */
#include <json-glib/json-glib.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "evaluate/report.h"
#include "made_set.h"

typedef struct Fixture {
    NtDataset *dataset;
    NtPictureFaces *faces;
    GArray *enrol;
    NtIdentificationOptions options;
    NtIdentification *identification;
    NtPairList *list;
    NtVerification *verification;
    NtReportInfo info;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    (void)data;
    const guint k = 3;
    f->dataset = nt_made_dataset(24, 6);
    f->faces = nt_made_faces(f->dataset, 0.35);
    f->faces->faces[0].found = FALSE;
    f->faces->faces[1].found = FALSE;
    f->faces->faces[1].trouble = g_strdup("cannot read picture 'x<y>.png': damaged & cut");
    g_free(f->dataset->people->pdata[1]);
    f->dataset->people->pdata[1] = g_strdup("<b>Zo\xC3\xAB & \"Co\"</b>");
    f->enrol = g_array_new(FALSE, FALSE, sizeof(guint));
    g_array_append_val(f->enrol, k);
    f->options = nt_made_options(f->enrol);
    f->identification = nt_made_run(f->dataset, f->faces, &f->options);
    g_autoptr(GString) pairs = g_string_new(NULL);
    for (guint p = 0; p < 24; p++)
        for (guint i = 0; i < 5; i++)
            g_string_append_printf(pairs, "p%02u/%u.png p%02u/%u.png 1\np%02u/%u.png p%02u/%u.png 0\n", p, i, p, i + 1,
                                   p, i, (p + 1) % 24, i);
    f->list = nt_pair_list_parse(pairs->str, "", NULL);
    /* The list's pictures are in another order than the dataset's. */
    g_autoptr(NtPictureFaces) ordered = g_new0(NtPictureFaces, 1);
    ordered->n = f->list->pictures->len;
    ordered->faces = g_new0(NtPictureFace, ordered->n);
    for (guint i = 0; i < ordered->n; i++) {
        guint place = 0;
        while (strcmp(f->dataset->pictures->pdata[place], f->list->pictures->pdata[i]) != 0)
            place++;
        ordered->faces[i] = f->faces->faces[place];
        ordered->faces[i].trouble = NULL;
    }
    f->verification = nt_verification_run(f->list, ordered);
    f->info = (NtReportInfo){"nametag evaluate <x> & y", "0.0", "fingerprint", 0, f->dataset->pictures, f->faces};
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void)data;
    nt_verification_free(f->verification);
    nt_pair_list_free(f->list);
    nt_identification_free(f->identification);
    g_array_unref(f->enrol);
    nt_picture_faces_free(f->faces);
    nt_dataset_free(f->dataset);
}

static void test_verification_figures(Fixture *f, gconstpointer data)
{
    (void)data;
    const NtVerification *v = f->verification;
    g_assert_cmpuint(v->n_same, ==, 120);
    g_assert_cmpuint(v->n_different, ==, 120);
    g_assert_cmpuint(v->n_failed_same, ==, 2); /* 0-1, 1-2 of p00 */
    g_assert_cmpuint(v->n_failed_different, ==, 4);
    /* Pictures of one person are 0.5 apart, of two about 1.1: all that is found is right. */
    g_assert_cmpfloat_with_epsilon(v->found.mean, 1, 1e-9);
    g_assert_cmpfloat_with_epsilon(v->accuracy.mean, 1 - 6 / 240.0, 1e-9);
    g_assert_true(v->tars[0].supported);
    g_assert_false(v->tars[1].supported);
    g_assert_cmpfloat_with_epsilon(v->tars[0].tar, 118 / 120.0, 1e-9);
}

static JsonObject *parse_json(JsonParser *parser, const char *text)
{
    g_autoptr(GError) error = NULL;
    json_parser_load_from_data(parser, text, -1, &error);
    g_assert_no_error(error);
    return json_node_get_object(json_parser_get_root(parser));
}

static void test_json(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autofree char *text =
        nt_report_identification_json(&f->info, f->dataset, &f->options, &nt_degrade_default, f->identification);
    JsonObject *root = parse_json(parser, text);
    g_assert_cmpstr(json_object_get_string_member(root, "schema"), ==, NT_EVALUATION_SCHEMA);
    g_assert_cmpuint(json_array_get_length(json_object_get_array_member(root, "failures")), ==, 2);
    JsonObject *round = json_array_get_object_element(json_object_get_array_member(root, "rounds"), 0);
    JsonObject *confusion = json_object_get_object_member(round, "confusion");
    JsonArray *rows = json_object_get_array_member(confusion, "counts");
    const guint n = json_array_get_length(json_object_get_array_member(confusion, "people"));
    g_assert_cmpuint(json_array_get_length(rows), ==, n + 1);
    gint64 sum = 0;
    for (guint i = 0; i <= n; i++) {
        JsonArray *row = json_array_get_array_element(rows, i);
        g_assert_cmpuint(json_array_get_length(row), ==, n + 2);
        for (guint k = 0; k < n + 2; k++)
            sum += json_array_get_int_element(row, k);
    }
    JsonObject *probes = json_object_get_object_member(json_object_get_object_member(round, "probes"), "none");
    JsonObject *tally =
        json_object_get_object_member(json_object_get_object_member(probes, "settings"), "nametag-balanced");
    g_assert_cmpint(sum, ==,
                    json_object_get_int_member(tally, "enrolled_probes") +
                        json_object_get_int_member(tally, "stranger_probes"));

    g_autofree char *pairs = nt_report_verification_json(&f->info, f->verification);
    root = parse_json(parser, pairs);
    g_assert_cmpint(json_object_get_int_member(root, "pairs"), ==, 240);
    JsonArray *tars = json_object_get_array_member(root, "tar_at_far");
    g_assert_true(json_object_get_null_member(json_array_get_object_element(tars, 2), "tar"));
}

/* Tags must match: GMarkup reads XML, and the pages are written to be both (void elements and the doctype aside). */
static void check_page(const char *page)
{
    g_autoptr(GRegex) voids = g_regex_new("<!DOCTYPE html>|<meta [^>]*>|<style>.*?</style>", G_REGEX_DOTALL, 0, NULL);
    g_autofree char *xml = g_regex_replace(voids, page, -1, 0, "", 0, NULL);
    const GMarkupParser nothing = {0};
    GMarkupParseContext *context = g_markup_parse_context_new(&nothing, 0, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_markup_parse_context_parse(context, xml, -1, &error);
    g_assert_no_error(error);
    g_markup_parse_context_end_parse(context, &error);
    g_assert_no_error(error);
    g_markup_parse_context_free(context);
    const char *const outside[] = {"<script", "<link", "src=", "@import", "url(", "nan", "inf", NULL};
    for (guint i = 0; outside[i]; i++)
        if (strstr(xml, outside[i]))
            g_error("the page has '%s'", outside[i]);
    g_assert_null(strstr(page, "<b>Zo"));
}

static void test_pages(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autofree char *identification =
        nt_report_identification_html(&f->info, f->dataset, &f->options, &nt_degrade_default, f->identification);
    check_page(identification);
    g_assert_nonnull(strstr(identification, "&lt;b&gt;Zo"));
    g_assert_nonnull(strstr(identification, "damaged &amp; cut"));
    g_autofree char *verification = nt_report_verification_html(&f->info, f->verification);
    check_page(verification);
    g_autofree char *roc = nt_report_verification_roc(f->verification);
    check_page(strchr(roc, '\n') + 1);
    g_assert_true(g_str_has_prefix(roc, "<?xml"));
    g_autofree char *curve = nt_report_identification_curve(f->identification);
    check_page(strchr(curve, '\n') + 1);
}

static void test_text(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autofree char *text =
        nt_report_identification_text(&f->info, f->dataset, &f->options, &nt_degrade_default, f->identification);
    g_assert_nonnull(strstr(text, "Right names at 1 % false names"));
    g_assert_nonnull(strstr(text, "p00/0.png"));
    g_assert_nonnull(strstr(text, "Nametag, cautious"));
    g_autofree char *pairs = nt_report_verification_text(&f->info, f->verification);
    g_assert_nonnull(strstr(pairs, "accuracy                 0.9750"));
    g_assert_nonnull(strstr(pairs, "count as wrong"));
    g_assert_nonnull(
        strstr(pairs, "TAR at FAR 0.001         can't be told: it takes 1000 different pairs, and there are 120"));
}

/* A comma in the numbers would spoil drawing and text alike. */
static void test_locale(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autofree char *plain = nt_report_verification_html(&f->info, f->verification);
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8")) {
        g_test_skip("no locale with a decimal comma is installed");
        return;
    }
    g_autofree char *german = nt_report_verification_html(&f->info, f->verification);
    g_assert_cmpstr(german, ==, plain);
    g_autofree char *after = g_strdup_printf("%.1f", 0.5);
    g_assert_cmpstr(after, ==, "0,5");
    setlocale(LC_NUMERIC, "C");
}

/* Nobody with enough pictures is a report too. */
static void test_nobody(Fixture *f, gconstpointer data)
{
    (void)data;
    const guint k = 9;
    g_autoptr(GArray) enrol = g_array_new(FALSE, FALSE, sizeof(guint));
    g_array_append_val(enrol, k);
    f->options.enrol = enrol;
    g_autoptr(NtIdentification) result = nt_made_run(f->dataset, f->faces, &f->options);
    g_autofree char *text =
        nt_report_identification_text(&f->info, f->dataset, &f->options, &nt_degrade_default, result);
    g_assert_nonnull(strstr(text, "nobody has 10 pictures"));
    g_autofree char *page =
        nt_report_identification_html(&f->info, f->dataset, &f->options, &nt_degrade_default, result);
    check_page(page);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autofree char *json =
        nt_report_identification_json(&f->info, f->dataset, &f->options, &nt_degrade_default, result);
    parse_json(parser, json);
}

#define ADD(name, function) g_test_add("/evaluate/report/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("verification-figures", test_verification_figures);
    ADD("json", test_json);
    ADD("pages", test_pages);
    ADD("text", test_text);
    ADD("locale", test_locale);
    ADD("nobody", test_nobody);
    return g_test_run();
}
