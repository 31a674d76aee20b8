/* Nametag - dlib's serialization of numbers, read with every bound checked.
 *
 * Integers: a control byte (low 4 bits: how many bytes follow; bit 7: negative), then the magnitude, little-endian. Reals:
 * two integers, mantissa and exponent of 2 (32000, 32001, 32002 stand for inf, -inf, nan, which no model may hold).
 * The first problem is kept, and every read after it gives 0.
 */
#ifndef NT_DLIB_STREAM_H
#define NT_DLIB_STREAM_H

#include <glib.h>

typedef struct NtDlibStream {
    const guint8 *start, *at, *end;
    char *problem; /* NULL while all is well; free with nt_dlib_stream_clear */
} NtDlibStream;

NtDlibStream nt_dlib_stream(const guint8 *data, gsize size);
void nt_dlib_stream_clear(NtDlibStream *stream);

/* Records a problem with its place, unless there is one already; returns FALSE. */
gboolean nt_dlib_refuse(NtDlibStream *stream, const char *format, ...) G_GNUC_PRINTF(2, 3);

gint64 nt_dlib_integer(NtDlibStream *stream);
/* An integer that must be this. */
gboolean nt_dlib_expect(NtDlibStream *stream, gint64 wanted, const char *what);
/* A finite real. */
float nt_dlib_real(NtDlibStream *stream);
void nt_dlib_reals(NtDlibStream *stream, float *values, gsize n);
/* A string: its length, then its bytes. Must be this. */
gboolean nt_dlib_expect_string(NtDlibStream *stream, const char *wanted);
/* A string of at most 64 bytes, to be freed; NULL on a problem. */
char *nt_dlib_string(NtDlibStream *stream);

#endif
