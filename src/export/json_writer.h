/* Nametag - writes JSON text into a GString, compact, with numbers as short as their precision asks.
 *
 * json-glib's generator prints every double with 17 digits (0.35 as 0.34999999999999998) and has no setting for it;
 * records of 68 points a face want short numbers and constant memory. Strings that are not UTF-8 (file names) have
 * their bad bytes replaced by U+FFFD. NaN and infinities become null.
 */
#ifndef NT_JSON_WRITER_H
#define NT_JSON_WRITER_H

#include <glib.h>

typedef struct NtJsonWriter {
    GString *out;       /* borrowed */
    gboolean has_item;  /* private: a comma is due */
} NtJsonWriter;

NtJsonWriter nt_json_writer(GString *out);
void nt_json_begin_object(NtJsonWriter *json);
void nt_json_end_object(NtJsonWriter *json);
void nt_json_begin_array(NtJsonWriter *json);
void nt_json_end_array(NtJsonWriter *json);
void nt_json_key(NtJsonWriter *json, const char *key);
void nt_json_string(NtJsonWriter *json, const char *value); /* NULL writes null */
void nt_json_int(NtJsonWriter *json, gint64 value);
void nt_json_fixed(NtJsonWriter *json, double value, int decimals);  /* trailing zeros dropped */
void nt_json_float(NtJsonWriter *json, float value);                 /* 9 significant digits: reads back exactly */
void nt_json_bool(NtJsonWriter *json, gboolean value);

/* A finite number with so many decimals at most, trailing zeros dropped, by itself; in every locale with a dot. */
void nt_json_append_fixed(GString *out, double value, int decimals);

#endif
