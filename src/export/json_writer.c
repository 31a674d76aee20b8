#include "export/json_writer.h"

#include <math.h>
#include <string.h>

NtJsonWriter nt_json_writer(GString *out) { return (NtJsonWriter){.out = out}; }

static void separate(NtJsonWriter *json)
{
    if (json->has_item)
        g_string_append_c(json->out, ',');
    json->has_item = TRUE;
}

static void open_group(NtJsonWriter *json, char bracket)
{
    separate(json);
    g_string_append_c(json->out, bracket);
    json->has_item = FALSE;
}

static void close_group(NtJsonWriter *json, char bracket)
{
    g_string_append_c(json->out, bracket);
    json->has_item = TRUE;
}

void nt_json_begin_object(NtJsonWriter *json) { open_group(json, '{'); }
void nt_json_end_object(NtJsonWriter *json) { close_group(json, '}'); }
void nt_json_begin_array(NtJsonWriter *json) { open_group(json, '['); }
void nt_json_end_array(NtJsonWriter *json) { close_group(json, ']'); }

static void append_quoted(GString *out, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_string_append_c(out, '"');
    for (const char *c = valid; *c; c++) {
        switch (*c) {
        case '"': g_string_append(out, "\\\""); break;
        case '\\': g_string_append(out, "\\\\"); break;
        case '\n': g_string_append(out, "\\n"); break;
        case '\r': g_string_append(out, "\\r"); break;
        case '\t': g_string_append(out, "\\t"); break;
        default:
            if ((guchar)*c < 0x20 || *c == 0x7f)
                g_string_append_printf(out, "\\u%04x", *c);
            else
                g_string_append_c(out, *c);
        }
    }
    g_string_append_c(out, '"');
}

void nt_json_key(NtJsonWriter *json, const char *key)
{
    separate(json);
    append_quoted(json->out, key);
    g_string_append_c(json->out, ':');
    json->has_item = FALSE;
}

void nt_json_string(NtJsonWriter *json, const char *value)
{
    separate(json);
    if (value)
        append_quoted(json->out, value);
    else
        g_string_append(json->out, "null");
}

void nt_json_int(NtJsonWriter *json, gint64 value)
{
    separate(json);
    g_string_append_printf(json->out, "%" G_GINT64_FORMAT, value);
}

void nt_json_append_fixed(GString *out, double value, int decimals)
{
    char format[16], text[512];
    g_snprintf(format, sizeof format, "%%.%df", decimals);
    g_ascii_formatd(text, sizeof text, format, value);
    if (strchr(text, '.')) {
        char *end = text + strlen(text);
        while (end[-1] == '0')
            end--;
        if (end[-1] == '.')
            end--;
        *end = '\0';
    }
    g_string_append(out, g_str_equal(text, "-0") ? "0" : text);
}

void nt_json_fixed(NtJsonWriter *json, double value, int decimals)
{
    separate(json);
    if (isfinite(value))
        nt_json_append_fixed(json->out, value, decimals);
    else
        g_string_append(json->out, "null");
}

void nt_json_float(NtJsonWriter *json, float value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    separate(json);
    if (isfinite(value))
        g_string_append(json->out, g_ascii_formatd(text, sizeof text, "%.9g", (double)value));
    else
        g_string_append(json->out, "null");
}

void nt_json_bool(NtJsonWriter *json, gboolean value)
{
    separate(json);
    g_string_append(json->out, value ? "true" : "false");
}
