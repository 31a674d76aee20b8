#include "export/records.h"

#include <glib/gi18n-lib.h>

#include "export/json_writer.h"
#include "export/record_words.h"
#include "export/whole_file.h"

#define LANDMARK_DECIMALS 2
#define LINE_BYTES (256 << 10) /* of a hundred faces with their points */

struct NtRecords {
    NtWholeFile *file;
    GString *line;
};

static NtRecords *take_file(NtWholeFile *file)
{
    if (!file)
        return NULL;
    NtRecords *records = g_new0(NtRecords, 1);
    records->file = file;
    records->line = g_string_new(NULL);
    return records;
}

NtRecords *nt_records_new(const char *path, GError **error)
{
    return take_file(nt_whole_file_new(path, _("the records"), error));
}

/* A line leaves in one piece: whoever reads along, or after a crash, finds whole lines. */
NtRecords *nt_records_append(const char *path, GError **error)
{
    return take_file(nt_whole_file_append(path, _("the records"), LINE_BYTES, error));
}

static void write_box(NtJsonWriter *json, NtRect box)
{
    nt_json_key(json, "box");
    nt_json_begin_array(json);
    nt_json_int(json, box.left);
    nt_json_int(json, box.top);
    nt_json_int(json, nt_rect_width(box));
    nt_json_int(json, nt_rect_height(box));
    nt_json_end_array(json);
}

static void write_landmarks(NtJsonWriter *json, const NtPoint points[NT_N_LANDMARKS])
{
    nt_json_key(json, "landmarks");
    nt_json_begin_array(json);
    for (guint i = 0; i < NT_N_LANDMARKS; i++) {
        nt_json_begin_array(json);
        nt_json_fixed(json, points[i].x, LANDMARK_DECIMALS);
        nt_json_fixed(json, points[i].y, LANDMARK_DECIMALS);
        nt_json_end_array(json);
    }
    nt_json_end_array(json);
}

/* Only a certain verdict is a name; a guess says that it is one. */
static void write_verdict(NtJsonWriter *json, const NtVerdict *verdict)
{
    nt_json_key(json, "verdict");
    nt_json_string(json, nt_verdict_kind_name(verdict->kind));
    nt_json_key(json, "confidence");
    nt_json_string(json, nt_verdict_confidence(verdict));
    nt_json_key(json, "name");
    nt_json_string(json, verdict->kind == NT_VERDICT_NAME ? verdict->name : NULL);
    if (verdict->kind == NT_VERDICT_UNSURE) {
        nt_json_key(json, "guess");
        nt_json_string(json, verdict->name);
    }
    if (verdict->unknown > 0) {
        nt_json_key(json, "unknown");
        nt_json_int(json, verdict->unknown);
    }
    if (nt_record_reason(verdict->reason)) {
        nt_json_key(json, "reason");
        nt_json_string(json, nt_record_reason(verdict->reason));
    }
    nt_json_key(json, "distance");
    nt_json_fixed(json, verdict->distance, NT_RECORD_DISTANCE_DECIMALS);
}

static void write_face(NtJsonWriter *json, const NtFace *face, gboolean with_landmarks)
{
    nt_json_begin_object(json);
    write_box(json, face->detection.box);
    nt_json_key(json, "score");
    nt_json_fixed(json, face->detection.score, NT_RECORD_SCORE_DECIMALS);
    nt_json_key(json, "part");
    nt_json_string(json, nt_detector_part_name(face->detection.part));
    if (face->track > 0) {
        nt_json_key(json, "track");
        nt_json_int(json, (gint64)face->track);
        nt_json_key(json, "finding");
        nt_json_string(json, nt_record_finding(face->finding));
    }
    write_verdict(json, &face->verdict);
    if (with_landmarks)
        write_landmarks(json, face->landmarks);
    nt_json_end_object(json);
}

/* "2026-11-25T12:03:04.567Z"; nothing for what is not live. */
static void write_time(NtJsonWriter *json, gint64 time_us)
{
    if (time_us == NT_RECORDS_NO_TIME)
        return;
    g_autoptr(GDateTime) second = g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC);
    g_autofree char *whole = g_date_time_format(second, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *text = g_strdup_printf("%s.%03dZ", whole, (int)(time_us % G_USEC_PER_SEC / 1000));
    nt_json_key(json, "time");
    nt_json_string(json, text);
}

static NtJsonWriter begin_line(NtRecords *records, const char *schema, const char *source)
{
    g_string_truncate(records->line, 0);
    NtJsonWriter json = nt_json_writer(records->line);
    nt_json_begin_object(&json);
    nt_json_key(&json, "schema");
    nt_json_string(&json, schema);
    nt_json_key(&json, "source");
    nt_json_string(&json, source);
    return json;
}

static gboolean end_line(NtRecords *records, NtJsonWriter *json, GError **error)
{
    nt_json_end_object(json);
    g_string_append_c(records->line, '\n');
    return nt_whole_file_write(records->file, records->line->str, records->line->len, error);
}

static void write_ns(NtJsonWriter *json, const char *key, gint64 ns)
{
    nt_json_key(json, key);
    if (ns >= 0)
        nt_json_int(json, ns);
    else
        nt_json_string(json, NULL);
}

gboolean nt_records_write_live(NtRecords *records, const char *source, const NtTaggedFrame *frame, gint64 time_us,
                               gboolean with_landmarks, GError **error)
{
    if (frame->n_faces == 0)
        return TRUE;
    NtJsonWriter json = begin_line(records, NT_RECORDS_SCHEMA, source);
    write_time(&json, time_us);
    nt_json_key(&json, "frame");
    nt_json_int(&json, (gint64)frame->index);
    write_ns(&json, "pts_ns", frame->pts_ns);
    nt_json_key(&json, "width");
    nt_json_int(&json, frame->width);
    nt_json_key(&json, "height");
    nt_json_int(&json, frame->height);
    nt_json_key(&json, "faces");
    nt_json_begin_array(&json);
    for (guint i = 0; i < frame->n_faces; i++)
        write_face(&json, &frame->faces[i], with_landmarks);
    nt_json_end_array(&json);
    return end_line(records, &json, error);
}

gboolean nt_records_write(NtRecords *records, const char *source, const NtTaggedFrame *frame, gboolean with_landmarks,
                          GError **error)
{
    return nt_records_write_live(records, source, frame, NT_RECORDS_NO_TIME, with_landmarks, error);
}

gboolean nt_records_write_presence(NtRecords *records, const char *source, const NtPresenceEvent *event, gint64 time_us,
                                   GError **error)
{
    NtJsonWriter json = begin_line(records, NT_EVENTS_SCHEMA, source);
    write_time(&json, time_us);
    nt_json_key(&json, "event");
    nt_json_string(&json, nt_presence_kind_name(event->kind));
    nt_json_key(&json, "track");
    nt_json_int(&json, (gint64)event->track);
    nt_json_key(&json, "name");
    nt_json_string(&json, event->name);
    if (event->unknown > 0) {
        nt_json_key(&json, "unknown");
        nt_json_int(&json, event->unknown);
    }
    write_ns(&json, "pts_ns", event->pts_ns);
    write_ns(&json, "first_ns", event->first_ns);
    return end_line(records, &json, error);
}

gboolean nt_records_write_source(NtRecords *records, const char *source, const char *event, const char *words, gint64 time_us,
                                 GError **error)
{
    NtJsonWriter json = begin_line(records, NT_EVENTS_SCHEMA, source);
    write_time(&json, time_us);
    nt_json_key(&json, "event");
    nt_json_string(&json, event);
    if (words) {
        nt_json_key(&json, "words");
        nt_json_string(&json, words);
    }
    return end_line(records, &json, error);
}

gboolean nt_records_finish(NtRecords *records, GError **error) { return nt_whole_file_finish(records->file, error); }

void nt_records_free(NtRecords *records)
{
    if (!records)
        return;
    nt_whole_file_free(records->file);
    g_string_free(records->line, TRUE);
    g_free(records);
}
