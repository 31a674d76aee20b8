#include "export/records_csv.h"

#include <math.h>

#include "export/csv.h"
#include "export/json_writer.h"
#include "export/record_words.h"

#define TIME_DECIMALS 6
#define NS_PER_SECOND 1e9

void nt_records_csv_append_header(GString *csv)
{
    g_string_append(csv,
                    "source,frame,time,left,top,width,height,score,part,track,finding,verdict,confidence,name,guess,"
                    "unknown,reason,distance\r\n");
}

/* With the comma before it. */
static void append_text(GString *csv, const char *text)
{
    g_string_append_c(csv, ',');
    if (text)
        nt_csv_append_field(csv, text);
}

static void append_number(GString *csv, gboolean has_it, double value, int decimals)
{
    g_string_append_c(csv, ',');
    if (has_it && isfinite(value))
        nt_json_append_fixed(csv, value, decimals);
}

static void append_count(GString *csv, guint64 number)
{
    g_string_append_c(csv, ',');
    if (number > 0)
        g_string_append_printf(csv, "%" G_GUINT64_FORMAT, number);
}

static void append_face(GString *csv, const NtFace *face)
{
    const NtRect box = face->detection.box;
    const NtVerdict *verdict = &face->verdict;
    g_string_append_printf(csv, ",%d,%d,%d,%d", box.left, box.top, nt_rect_width(box), nt_rect_height(box));
    append_number(csv, TRUE, face->detection.score, NT_RECORD_SCORE_DECIMALS);
    append_text(csv, nt_detector_part_name(face->detection.part));
    append_count(csv, face->track);
    append_text(csv, face->track > 0 ? nt_record_finding(face->finding) : NULL);
    append_text(csv, nt_verdict_kind_name(verdict->kind));
    append_text(csv, nt_verdict_confidence(verdict));
    append_text(csv, verdict->kind == NT_VERDICT_NAME ? verdict->name : NULL);
    append_text(csv, verdict->kind == NT_VERDICT_UNSURE ? verdict->name : NULL);
    append_count(csv, verdict->unknown);
    append_text(csv, nt_record_reason(verdict->reason));
    append_number(csv, TRUE, (double)verdict->distance, NT_RECORD_DISTANCE_DECIMALS);
}

void nt_records_csv_append(GString *csv, const char *source, const NtTaggedFrame *frame)
{
    g_autofree char *valid = g_utf8_make_valid(source, -1);
    for (guint i = 0; i < frame->n_faces; i++) {
        nt_csv_append_field(csv, valid);
        g_string_append_printf(csv, ",%" G_GUINT64_FORMAT, frame->index);
        append_number(csv, frame->pts_ns >= 0, (double)frame->pts_ns / NS_PER_SECOND, TIME_DECIMALS);
        append_face(csv, &frame->faces[i]);
        g_string_append(csv, "\r\n");
    }
}
