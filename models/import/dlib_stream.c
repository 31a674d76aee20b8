#include "import/dlib_stream.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define LENGTH_BITS 0x0f
#define RESERVED_BITS 0x70
#define NEGATIVE_BIT 0x80
#define MAX_EXPONENT 1100 /* beyond any double; the special values 32000.. are far beyond */
#define MAX_STRING 64

NtDlibStream nt_dlib_stream(const guint8 *data, gsize size)
{
    return (NtDlibStream){.start = data, .at = data, .end = data + size};
}

void nt_dlib_stream_clear(NtDlibStream *stream) { g_clear_pointer(&stream->problem, g_free); }

gboolean nt_dlib_refuse(NtDlibStream *stream, const char *format, ...)
{
    if (stream->problem)
        return FALSE;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    stream->problem = g_strdup_printf("%s (at byte %" G_GSIZE_FORMAT ")", text, (gsize)(stream->at - stream->start));
    return FALSE;
}

gint64 nt_dlib_integer(NtDlibStream *stream)
{
    if (stream->problem)
        return 0;
    if (stream->at >= stream->end) {
        nt_dlib_refuse(stream, "it ends too early");
        return 0;
    }
    const guint8 control = *stream->at;
    const guint n = control & LENGTH_BITS;
    if (n < 1 || n > 8 || (control & RESERVED_BITS)) {
        nt_dlib_refuse(stream, "there is no number where one must be");
        return 0;
    }
    if ((gsize)(stream->end - stream->at) < 1 + (gsize)n) {
        nt_dlib_refuse(stream, "it ends within a number");
        return 0;
    }
    guint64 magnitude = 0;
    for (guint i = 0; i < n; i++)
        magnitude |= (guint64)stream->at[1 + i] << (8 * i);
    if (magnitude > G_MAXINT64) {
        nt_dlib_refuse(stream, "a number is too large");
        return 0;
    }
    stream->at += 1 + n;
    return control & NEGATIVE_BIT ? -(gint64)magnitude : (gint64)magnitude;
}

gboolean nt_dlib_expect(NtDlibStream *stream, gint64 wanted, const char *what)
{
    const gint64 got = nt_dlib_integer(stream);
    if (stream->problem)
        return FALSE;
    return got == wanted ||
           nt_dlib_refuse(stream, "%s is %" G_GINT64_FORMAT ", and must be %" G_GINT64_FORMAT, what, got, wanted);
}

float nt_dlib_real(NtDlibStream *stream)
{
    const gint64 mantissa = nt_dlib_integer(stream), exponent = nt_dlib_integer(stream);
    if (stream->problem)
        return 0;
    if (exponent > MAX_EXPONENT || exponent < -MAX_EXPONENT) {
        nt_dlib_refuse(stream, "a value is not a finite number");
        return 0;
    }
    const float value = (float)ldexp((double)mantissa, (int)exponent);
    if (!isfinite(value)) {
        nt_dlib_refuse(stream, "a value is not a finite number");
        return 0;
    }
    return value;
}

void nt_dlib_reals(NtDlibStream *stream, float *values, gsize n)
{
    for (gsize i = 0; i < n && !stream->problem; i++)
        values[i] = nt_dlib_real(stream);
}

char *nt_dlib_string(NtDlibStream *stream)
{
    const gint64 length = nt_dlib_integer(stream);
    if (stream->problem)
        return NULL;
    if (length < 0 || length > MAX_STRING || length > stream->end - stream->at) {
        nt_dlib_refuse(stream, "a string of %" G_GINT64_FORMAT " bytes makes no sense here", length);
        return NULL;
    }
    char *text = g_strndup((const char *)stream->at, (gsize)length);
    stream->at += length;
    return text;
}

gboolean nt_dlib_expect_string(NtDlibStream *stream, const char *wanted)
{
    g_autofree char *got = nt_dlib_string(stream);
    if (!got)
        return FALSE;
    if (strcmp(got, wanted) == 0)
        return TRUE;
    g_autofree char *shown = g_strescape(got, NULL);
    return nt_dlib_refuse(stream, "there is '%s' where '%s' must be", shown, wanted);
}
