#include "export/records.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "export/json_writer.h"

#define SCORE_DECIMALS 4
#define DISTANCE_DECIMALS 4
#define LANDMARK_DECIMALS 2

struct NtRecords {
    char *path, *temporary; /* temporary: NULL for standard output */
    FILE *out;
    GString *line;
};

static gboolean set_error(const NtRecords *records, int code, GError **error)
{
    g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(code), "cannot write the records to %s: %s",
                strcmp(records->path, "-") != 0 ? records->path : "standard output", g_strerror(code));
    return FALSE;
}

NtRecords *nt_records_new(const char *path, GError **error)
{
    g_autoptr(NtRecords) records = g_new0(NtRecords, 1);
    records->path = g_strdup(path);
    records->line = g_string_new(NULL);
    if (strcmp(path, "-") == 0) {
        /* A reader that goes away is an error to report, not a signal to die of. */
        signal(SIGPIPE, SIG_IGN);
        records->out = stdout;
        return g_steal_pointer(&records);
    }
    g_autofree char *dir = g_path_get_dirname(path), *base = g_path_get_basename(path);
    g_autofree char *name = g_strdup_printf(".%s.part-XXXXXX", base);
    records->temporary = g_build_filename(dir, name, NULL);
    const int descriptor = g_mkstemp_full(records->temporary, O_RDWR | O_CLOEXEC, 0666);
    if (descriptor < 0 || !(records->out = fdopen(descriptor, "w"))) {
        set_error(records, errno, error);
        if (descriptor < 0)
            g_clear_pointer(&records->temporary, g_free);
        return NULL;
    }
    return g_steal_pointer(&records);
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

/* Why a verdict is no name; words of the format, as in docs/formats.md. */
static const char *reason_word(NtVerdictReason reason)
{
    switch (reason) {
    case NT_REASON_EMPTY: return "empty";
    case NT_REASON_FAR: return "far";
    case NT_REASON_CLOSE: return "close";
    case NT_REASON_TIE: return "tie";
    case NT_REASON_REJECTED: return "rejected";
    case NT_REASON_IGNORED: return "ignored";
    case NT_REASON_NONE: break;
    }
    return NULL;
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
    if (reason_word(verdict->reason)) {
        nt_json_key(json, "reason");
        nt_json_string(json, reason_word(verdict->reason));
    }
    nt_json_key(json, "distance");
    nt_json_fixed(json, verdict->distance, DISTANCE_DECIMALS);
}

static void write_face(NtJsonWriter *json, const NtFace *face, gboolean with_landmarks)
{
    nt_json_begin_object(json);
    write_box(json, face->detection.box);
    nt_json_key(json, "score");
    nt_json_fixed(json, face->detection.score, SCORE_DECIMALS);
    nt_json_key(json, "part");
    nt_json_string(json, nt_detector_part_name(face->detection.part));
    write_verdict(json, &face->verdict);
    if (with_landmarks)
        write_landmarks(json, face->landmarks);
    nt_json_end_object(json);
}

gboolean nt_records_write(NtRecords *records, const char *source, const NtTaggedFrame *frame, gboolean with_landmarks,
                          GError **error)
{
    if (frame->n_faces == 0)
        return TRUE;
    g_string_truncate(records->line, 0);
    NtJsonWriter json = nt_json_writer(records->line);
    nt_json_begin_object(&json);
    nt_json_key(&json, "schema");
    nt_json_string(&json, NT_RECORDS_SCHEMA);
    nt_json_key(&json, "source");
    nt_json_string(&json, source);
    nt_json_key(&json, "frame");
    nt_json_int(&json, (gint64)frame->index);
    nt_json_key(&json, "pts_ns");
    if (frame->pts_ns >= 0)
        nt_json_int(&json, frame->pts_ns);
    else
        nt_json_string(&json, NULL);
    nt_json_key(&json, "width");
    nt_json_int(&json, frame->width);
    nt_json_key(&json, "height");
    nt_json_int(&json, frame->height);
    nt_json_key(&json, "faces");
    nt_json_begin_array(&json);
    for (guint i = 0; i < frame->n_faces; i++)
        write_face(&json, &frame->faces[i], with_landmarks);
    nt_json_end_array(&json);
    nt_json_end_object(&json);
    g_string_append_c(records->line, '\n');
    errno = 0;
    /* A reader of standard output wants each line as it comes; a file need not be that quick. */
    if (fwrite(records->line->str, 1, records->line->len, records->out) != records->line->len ||
        (!records->temporary && fflush(records->out) != 0))
        return set_error(records, errno, error);
    return TRUE;
}

gboolean nt_records_finish(NtRecords *records, GError **error)
{
    errno = 0;
    if (!records->temporary)
        return fflush(records->out) == 0 || set_error(records, errno, error);
    const gboolean good = fflush(records->out) == 0 && fsync(fileno(records->out)) == 0;
    int reason = errno;
    if (fclose(g_steal_pointer(&records->out)) != 0 && good)
        reason = errno;
    else if (good && rename(records->temporary, records->path) == 0)
        reason = 0;
    else if (good)
        reason = errno;
    if (reason != 0)
        return set_error(records, reason, error);
    g_clear_pointer(&records->temporary, g_free);
    return TRUE;
}

void nt_records_free(NtRecords *records)
{
    if (!records)
        return;
    if (records->temporary) {
        if (records->out)
            fclose(records->out);
        unlink(records->temporary);
    }
    g_free(records->temporary);
    g_free(records->path);
    g_string_free(records->line, TRUE);
    g_free(records);
}
