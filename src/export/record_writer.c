#include "export/record_writer.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "export/records.h"
#include "export/records_csv.h"
#include "export/webvtt.h"
#include "export/whole_file.h"

struct NtRecordWriter {
    NtRecordFormat format;
    NtRecords *records; /* JSON_LINES; of the others: */
    NtWholeFile *file;
    GString *text;    /* to be written next */
    NtWebvtt *webvtt; /* WEBVTT */
    char *source;     /* WEBVTT: whose frames these are; NULL before the first one */
    gint64 last_ns;
    gboolean refused; /* WEBVTT: a frame that does not belong here: what there is, is not what was asked for */
};

NtRecordFormat nt_record_format(const char *path)
{
    const char *ending = strrchr(path, '.');
    if (ending && g_ascii_strcasecmp(ending, ".csv") == 0)
        return NT_RECORDS_CSV;
    if (ending && g_ascii_strcasecmp(ending, ".vtt") == 0)
        return NT_RECORDS_WEBVTT;
    return NT_RECORDS_JSON_LINES;
}

static gboolean write_text(NtRecordWriter *writer, GError **error)
{
    const gboolean written = nt_whole_file_write(writer->file, writer->text->str, writer->text->len, error);
    g_string_truncate(writer->text, 0);
    return written;
}

NtRecordWriter *nt_record_writer_new(const char *path, GError **error)
{
    g_autoptr(NtRecordWriter) writer = g_new0(NtRecordWriter, 1);
    writer->format = nt_record_format(path);
    writer->text = g_string_new(NULL);
    writer->last_ns = -1;
    if (writer->format == NT_RECORDS_JSON_LINES)
        return (writer->records = nt_records_new(path, error)) ? g_steal_pointer(&writer) : NULL;
    if (!(writer->file = nt_whole_file_new(path, _("the records"), error)))
        return NULL;
    if (writer->format == NT_RECORDS_WEBVTT) {
        writer->webvtt = nt_webvtt_new();
        return g_steal_pointer(&writer);
    }
    nt_records_csv_append_header(writer->text);
    return write_text(writer, error) ? g_steal_pointer(&writer) : NULL;
}

static gboolean refuse(NtRecordWriter *writer, GError **error, const char *words, const char *source)
{
    writer->refused = TRUE;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "%s: %s", source, words);
    return FALSE;
}

static gboolean add_to_subtitles(NtRecordWriter *writer, const char *source, const NtTaggedFrame *frame, GError **error)
{
    if (frame->pts_ns < 0)
        return refuse(writer, error, _("a picture has no subtitles (.vtt); write .jsonl or .csv"), source);
    if (!writer->source)
        writer->source = g_strdup(source);
    if (strcmp(writer->source, source) != 0 || frame->pts_ns <= writer->last_ns)
        return refuse(writer, error, _("subtitles (.vtt) are of one clip; write those of others to other files"),
                      source);
    writer->last_ns = frame->pts_ns;
    nt_webvtt_add(writer->webvtt, frame);
    return TRUE;
}

gboolean nt_record_writer_write(NtRecordWriter *writer, const char *source, const NtTaggedFrame *frame,
                                gboolean with_landmarks, GError **error)
{
    switch (writer->format) {
    case NT_RECORDS_CSV:
        nt_records_csv_append(writer->text, source, frame);
        return writer->text->len == 0 || write_text(writer, error);
    case NT_RECORDS_WEBVTT:
        return add_to_subtitles(writer, source, frame, error);
    case NT_RECORDS_JSON_LINES:
        break;
    }
    return nt_records_write(writer->records, source, frame, with_landmarks, error);
}

gboolean nt_record_writer_finish(NtRecordWriter *writer, GError **error)
{
    if (writer->records)
        return nt_records_finish(writer->records, error);
    if (writer->refused)
        return refuse(writer, error, _("its subtitles are not whole"),
                      writer->source ? writer->source : _("the input"));
    if (writer->webvtt) {
        nt_webvtt_append(writer->webvtt, writer->source, writer->text);
        if (!write_text(writer, error))
            return FALSE;
    }
    return nt_whole_file_finish(writer->file, error);
}

void nt_record_writer_free(NtRecordWriter *writer)
{
    if (!writer)
        return;
    g_clear_pointer(&writer->records, nt_records_free);
    g_clear_pointer(&writer->webvtt, nt_webvtt_free);
    nt_whole_file_free(writer->file);
    g_string_free(writer->text, TRUE);
    g_free(writer->source);
    g_free(writer);
}
