/* What goes out: JSON to the letter, CSV as RFC 4180 has it, files whole or not there. */
#include <glib.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "export/csv.h"
#include "export/json_writer.h"
#include "export/records.h"

static void test_json(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    NtJsonWriter json = nt_json_writer(text);
    nt_json_begin_object(&json);
    nt_json_key(&json, "a\"b");
    nt_json_begin_array(&json);
    nt_json_int(&json, -7);
    nt_json_fixed(&json, 1.50, 2);
    nt_json_fixed(&json, -0.001, 2);
    nt_json_fixed(&json, 100, 2);
    nt_json_fixed(&json, NAN, 2);
    nt_json_float(&json, 0.1f);
    nt_json_float(&json, INFINITY);
    nt_json_bool(&json, TRUE);
    nt_json_string(&json, NULL);
    nt_json_string(&json, "tab\t\x01 \\ \xff \xc3\xa4");
    nt_json_begin_object(&json);
    nt_json_end_object(&json);
    nt_json_end_array(&json);
    nt_json_key(&json, "z");
    nt_json_int(&json, 1);
    nt_json_end_object(&json);
    g_assert_cmpstr(text->str, ==,
                    "{\"a\\\"b\":[-7,1.5,0,100,null,0.100000001,null,true,null,\"tab\\t\\u0001 \\\\ \xef\xbf\xbd \xc3\xa4\",{}],"
                    "\"z\":1}");
}

static void test_floats_read_back(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    for (int i = 0; i < 1000; i++) {
        const float value = (float)((g_rand_double(random) - 0.5) * pow(10, g_rand_int_range(random, -20, 20)));
        g_autoptr(GString) text = g_string_new(NULL);
        NtJsonWriter json = nt_json_writer(text);
        nt_json_float(&json, value);
        g_assert_true((float)g_ascii_strtod(text->str, NULL) == value);
    }
}

static void test_csv(void)
{
    g_autoptr(GString) csv = g_string_new(NULL);
    static const char *const fields[] = {"plain", "", "a,b", "say \"hi\"", "two\nlines", "=1+1", "-a", "\n=1"};
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        g_string_append(csv, i ? ";" : "");
        nt_csv_append_field(csv, fields[i]);
    }
    g_assert_cmpstr(csv->str, ==, "plain;;\"a,b\";\"say \"\"hi\"\"\";\"two\nlines\";'=1+1;'-a;\"'\n=1\"");
}

static NtTaggedFrame *make_frame(void)
{
    NtTaggedFrame *frame = nt_tagged_frame_new(3);
    frame->index = 7;
    frame->pts_ns = 280000000;
    frame->width = 640;
    frame->height = 360;
    frame->faces[0].detection = (NtDetection){{10, 20, 109, 119}, 1.23456, NT_PART_FRONT};
    frame->faces[0].verdict = (NtVerdict){.kind = NT_VERDICT_NAME, .name = "Anna", .nearest = "Anna", .distance = 0.41234f, .margin = 0.3f};
    frame->faces[0].landmarks[0] = (NtPoint){12.345, -3};
    frame->faces[1].detection = (NtDetection){{-5, 0, 4, 9}, 0.1, NT_PART_LEFT};
    frame->faces[1].verdict = (NtVerdict){.kind = NT_VERDICT_UNSURE, .name = "Bob", .nearest = "Bob", .distance = 0.55f, .margin = 0.01f,
                                            .reason = NT_REASON_TIE};
    frame->faces[2].verdict = (NtVerdict){.kind = NT_VERDICT_UNKNOWN, .nearest = "Bob", .distance = 0.9f, .margin = 0.01f,
                                            .reason = NT_REASON_FAR, .unknown = 2};
    return frame;
}

static void test_record(void)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "nametag-export-test.jsonl", NULL), *text = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(NtTaggedFrame) frame = make_frame();
    g_autoptr(NtTaggedFrame) nobody = nt_tagged_frame_new(0);
    g_unlink(path);
    g_autoptr(NtRecords) records = nt_records_new(path, &error);
    g_assert_no_error(error);
    g_assert_true(nt_records_write(records, "a.mp4", frame, FALSE, NULL));
    g_assert_true(nt_records_write(records, "a.mp4", nobody, FALSE, NULL));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS)); /* not before it is whole */
    g_assert_true(nt_records_finish(records, NULL));
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==,
                    "{\"schema\":\"nametag-records/1\",\"source\":\"a.mp4\",\"frame\":7,\"pts_ns\":280000000,\"width\":640,"
                    "\"height\":360,\"faces\":[{\"box\":[10,20,100,100],\"score\":1.2346,\"part\":\"front\","
                    "\"verdict\":\"name\",\"confidence\":\"likely\",\"name\":\"Anna\",\"distance\":0.4123},{\"box\":[-5,0,10,10],\"score\":0.1,"
                    "\"part\":\"left\",\"verdict\":\"unsure\",\"confidence\":\"unsure\",\"name\":null,\"guess\":\"Bob\","
                    "\"reason\":\"tie\",\"distance\":0.55},{\"box\":[0,0,1,1],\"score\":0,\"part\":\"front\","
                    "\"verdict\":\"unknown\",\"confidence\":\"unknown\",\"name\":null,\"unknown\":2,\"reason\":\"far\","
                    "\"distance\":0.9}]}\n");
    g_unlink(path);
}

static char *temporary(const char *name) { return g_build_filename(g_get_tmp_dir(), name, NULL); }

/* A tracked face says by which number, and how it was found; a live frame when it was. */
static void test_live_record(void)
{
    g_autofree char *path = temporary("nametag-export-live.jsonl"), *text = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(NtTaggedFrame) frame = nt_tagged_frame_new(1);
    g_autoptr(NtRecords) records = nt_records_new(path, &error);
    g_assert_no_error(error);
    frame->pts_ns = 40000000;
    frame->faces[0].detection = (NtDetection){{10, 20, 109, 119}, 1.5, NT_PART_FRONT};
    frame->faces[0].track = 3;
    frame->faces[0].finding = NT_FOUND_FOLLOWED;
    frame->faces[0].verdict = (NtVerdict){.reason = NT_REASON_EMPTY, .distance = INFINITY};
    g_assert_true(nt_records_write_live(records, "cam", frame, 1764072184567891, FALSE, NULL));
    g_assert_true(nt_records_finish(records, NULL));
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==,
                    "{\"schema\":\"nametag-records/1\",\"source\":\"cam\",\"time\":\"2025-11-25T12:03:04.567Z\",\"frame\":0,"
                    "\"pts_ns\":40000000,\"width\":0,\"height\":0,\"faces\":[{\"box\":[10,20,100,100],\"score\":1.5,"
                    "\"part\":\"front\",\"track\":3,\"finding\":\"followed\",\"verdict\":\"unknown\",\"confidence\":\"unknown\","
                    "\"name\":null,\"reason\":\"empty\",\"distance\":null}]}\n");
    g_unlink(path);
}

static void test_events(void)
{
    g_autofree char *path = temporary("nametag-export-events.jsonl"), *text = NULL;
    const NtPresenceEvent named = {.kind = NT_PRESENCE_NAMED, .track = 3, .name = "Anna", .pts_ns = 80000000, .first_ns = 40000000};
    const NtPresenceEvent left = {.kind = NT_PRESENCE_LEFT, .track = 4, .unknown = 2, .pts_ns = 90000000, .first_ns = 50000000};
    g_autoptr(NtRecords) records = nt_records_new(path, NULL);
    g_assert_true(nt_records_write_presence(records, "cam", &named, 1764072184007000, NULL));
    g_assert_true(nt_records_write_presence(records, "cam", &left, NT_RECORDS_NO_TIME, NULL));
    g_assert_true(nt_records_write_source(records, "cam", "lost", "it was \"unplugged\"", 1764072185000000, NULL));
    g_assert_true(nt_records_write_source(records, "cam", "back", NULL, 1764072186000000, NULL));
    g_assert_true(nt_records_finish(records, NULL));
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==,
                    "{\"schema\":\"nametag-events/1\",\"source\":\"cam\",\"time\":\"2025-11-25T12:03:04.007Z\",\"event\":\"named\","
                    "\"track\":3,\"name\":\"Anna\",\"pts_ns\":80000000,\"first_ns\":40000000}\n"
                    "{\"schema\":\"nametag-events/1\",\"source\":\"cam\",\"event\":\"left\",\"track\":4,\"name\":null,\"unknown\":2,"
                    "\"pts_ns\":90000000,\"first_ns\":50000000}\n"
                    "{\"schema\":\"nametag-events/1\",\"source\":\"cam\",\"time\":\"2025-11-25T12:03:05.000Z\",\"event\":\"lost\","
                    "\"words\":\"it was \\\"unplugged\\\"\"}\n"
                    "{\"schema\":\"nametag-events/1\",\"source\":\"cam\",\"time\":\"2025-11-25T12:03:06.000Z\",\"event\":\"back\"}\n");
    g_unlink(path);
}

/* What is added to is there at once, stays when nobody finishes it, and keeps what was there. */
static void test_append(void)
{
    g_autofree char *path = temporary("nametag-export-append.jsonl"), *text = NULL;
    g_autoptr(GError) error = NULL;
    g_unlink(path);
    for (guint i = 1; i <= 2; i++) {
        NtRecords *records = nt_records_append(path, &error);
        g_assert_no_error(error);
        g_assert_true(nt_records_write_source(records, "cam", "started", NULL, NT_RECORDS_NO_TIME, NULL));
        g_clear_pointer(&text, g_free);
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_assert_cmpuint(g_strv_length(lines), ==, i + 1);
        g_assert_true(i == 2 || nt_records_finish(records, NULL));
        nt_records_free(records);
    }
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_null(nt_records_append("/nonexistent/r.jsonl", &error));
    g_assert_nonnull(strstr(error->message, "/nonexistent/r.jsonl"));
}

static void test_landmarks(void)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "nametag-export-landmarks.jsonl", NULL);
    g_autoptr(NtTaggedFrame) frame = make_frame();
    g_autoptr(NtRecords) records = nt_records_new(path, NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    frame->pts_ns = -1;
    g_assert_true(nt_records_write(records, "a.jpg", frame, TRUE, NULL) && nt_records_finish(records, NULL));
    g_assert_true(json_parser_load_from_file(parser, path, NULL));
    JsonObject *record = json_node_get_object(json_parser_get_root(parser));
    g_assert_true(json_object_get_null_member(record, "pts_ns"));
    JsonObject *face = json_array_get_object_element(json_object_get_array_member(record, "faces"), 0);
    JsonArray *landmarks = json_object_get_array_member(face, "landmarks");
    g_assert_cmpuint(json_array_get_length(landmarks), ==, 68);
    g_assert_cmpfloat(json_array_get_double_element(json_array_get_array_element(landmarks, 0), 1), ==, -3);
    g_unlink(path);
}

static void test_abandoned(void)
{
    g_autofree char *dir = g_dir_make_tmp("nametag-export-XXXXXX", NULL), *path = g_build_filename(dir, "r.jsonl", NULL);
    g_autoptr(NtTaggedFrame) frame = make_frame();
    NtRecords *records = nt_records_new(path, NULL);
    g_assert_true(nt_records_write(records, "a", frame, FALSE, NULL));
    nt_records_free(records);
    g_assert_cmpint(g_rmdir(dir), ==, 0); /* empty: nothing was left behind */
    g_autoptr(GError) error = NULL;
    g_assert_null(nt_records_new("/nonexistent/r.jsonl", &error));
    g_assert_nonnull(strstr(error->message, "/nonexistent/r.jsonl"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/export/json", test_json);
    g_test_add_func("/export/floats-read-back", test_floats_read_back);
    g_test_add_func("/export/csv", test_csv);
    g_test_add_func("/export/records/line", test_record);
    g_test_add_func("/export/records/live", test_live_record);
    g_test_add_func("/export/records/events", test_events);
    g_test_add_func("/export/records/append", test_append);
    g_test_add_func("/export/records/landmarks", test_landmarks);
    g_test_add_func("/export/records/abandoned", test_abandoned);
    return g_test_run();
}
