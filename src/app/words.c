#include "app/words.h"

#include <math.h>
#include <glib/gi18n.h>

#include "overlay/overlay.h"

#define NS_PER_TENTH ((gint64)100000000)
#define TENTHS_PER_SECOND 10
#define SECONDS_PER_MINUTE 60
#define SECONDS_PER_HOUR 3600
/* Between this share of the picture's width and one minus it a face is in the middle. */
#define SIDE_SHARE (1 / 3.0)
#define MAX_NAME_BYTES 200 /* as gallery.h has it */

char *nt_words_time(gint64 ns, gboolean with_tenths)
{
    const gint64 tenths = MAX(ns, 0) / NS_PER_TENTH, seconds = tenths / TENTHS_PER_SECOND;
    const int hours = (int)(seconds / SECONDS_PER_HOUR);
    const int minutes = (int)(seconds % SECONDS_PER_HOUR / SECONDS_PER_MINUTE);
    g_autofree char *fine = NULL;
    if (with_tenths)
        /* Translators: seconds and tenths of a second in a time like 2:03.4: use your decimal separator. */
        fine = g_strdup_printf(C_("seconds", "%02d.%d"), (int)(seconds % SECONDS_PER_MINUTE),
                               (int)(tenths % TENTHS_PER_SECOND));
    else
        fine = g_strdup_printf("%02d", (int)(seconds % SECONDS_PER_MINUTE));
    return hours > 0 ? g_strdup_printf("%d:%02d:%s", hours, minutes, fine) : g_strdup_printf("%d:%s", minutes, fine);
}

/* Whole days from the day of then to that of now, as calendars count. */
static int days_between(GDateTime *then, GDateTime *now)
{
    GDate a, b;
    g_date_clear(&a, 1);
    g_date_clear(&b, 1);
    g_date_set_dmy(&a, (GDateDay)g_date_time_get_day_of_month(then), (GDateMonth)g_date_time_get_month(then),
                   (GDateYear)g_date_time_get_year(then));
    g_date_set_dmy(&b, (GDateDay)g_date_time_get_day_of_month(now), (GDateMonth)g_date_time_get_month(now),
                   (GDateYear)g_date_time_get_year(now));
    return g_date_days_between(&a, &b);
}

char *nt_words_ago_at(gint64 unix_us, gint64 now_us)
{
    if (unix_us == 0)
        return g_strdup(C_("last seen", "never"));
    const gint64 seconds = (now_us - unix_us) / G_USEC_PER_SEC;
    const int minutes = (int)CLAMP(seconds / SECONDS_PER_MINUTE, 0, G_MAXINT);
    if (minutes < 1) /* or in the future, by another machine's clock */
        return g_strdup(C_("last seen", "now"));
    if (seconds < SECONDS_PER_HOUR)
        return g_strdup_printf(ngettext("%d minute ago", "%d minutes ago", minutes), minutes);
    g_autoptr(GDateTime) then = g_date_time_new_from_unix_local(unix_us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(now_us / G_USEC_PER_SEC);
    if (!then || !now)
        return g_strdup(C_("last seen", "never"));
    const int days = days_between(then, now), hours = (int)(seconds / SECONDS_PER_HOUR);
    if (days == 0)
        return g_strdup_printf(ngettext("%d hour ago", "%d hours ago", hours), hours);
    if (days == 1)
        return g_strdup(_("yesterday"));
    if (g_date_time_get_year(then) == g_date_time_get_year(now))
        /* Translators: a date of this year in the format of g_date_time_format: %-d the day, %B the month's name. */
        return g_date_time_format(then, C_("last seen", "on %-d %B"));
    /* Translators: a date of an earlier year, likewise: %Y the year. */
    return g_date_time_format(then, C_("last seen", "on %-d %B %Y"));
}

char *nt_words_ago(gint64 unix_us)
{
    return nt_words_ago_at(unix_us, g_get_real_time());
}

char *nt_words_verdict(const NtVerdict *verdict)
{
    switch (verdict->kind) {
    case NT_VERDICT_NAME:
        return g_strdup(verdict->name);
    /* Translators: a guess at somebody's name, on the picture. */
    case NT_VERDICT_UNSURE:
        return g_strdup_printf(C_("guess", "%s?"), verdict->name);
    case NT_VERDICT_UNKNOWN:
        break;
    }
    if (verdict->unknown > 0)
        /* Translators: a person without a name, by number, on the picture. */
        return g_strdup_printf(C_("label", "unknown %u"), verdict->unknown);
    return g_strdup(C_("label", "unknown"));
}

char *nt_words_person(const NtVerdict *verdict)
{
    switch (verdict->kind) {
    case NT_VERDICT_NAME:
        return g_strdup(verdict->name);
    case NT_VERDICT_UNSURE:
        return g_strdup_printf(_("perhaps %s"), verdict->name);
    case NT_VERDICT_UNKNOWN:
        break;
    }
    return verdict->unknown > 0 ? g_strdup_printf(_("unknown person %u"), verdict->unknown)
                                : g_strdup(_("unknown person"));
}

char *nt_words_face(const NtFace *face, int width)
{
    g_autofree char *who = nt_words_person(&face->verdict);
    const NtRect box = face->detection.box;
    const double middle = (box.left + box.right + 1) / 2.0;
    if (middle < width * SIDE_SHARE)
        return g_strdup_printf(_("%s, on the left"), who);
    if (middle > width * (1 - SIDE_SHARE))
        return g_strdup_printf(_("%s, on the right"), who);
    return g_strdup_printf(_("%s, in the middle"), who);
}

static int compare_left(gconstpointer a, gconstpointer b)
{
    const NtFace *const *one = a, *const *two = b;
    return (*one)->detection.box.left - (*two)->detection.box.left;
}

char *nt_words_picture(const NtTaggedFrame *frame)
{
    if (frame->n_faces == 0)
        return g_strdup(_("Picture without faces"));
    g_autoptr(GPtrArray) faces = g_ptr_array_new();
    for (guint i = 0; i < frame->n_faces; i++)
        g_ptr_array_add(faces, &frame->faces[i]);
    g_ptr_array_sort(faces, compare_left);
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < faces->len; i++) {
        g_autofree char *who = nt_words_person(&((const NtFace *)g_ptr_array_index(faces, i))->verdict);
        if (i > 0)
            g_string_append(names, C_("between names", ", "));
        g_string_append(names, who);
    }
    /* Translators: for the screen reader; %s are the people, like “Anna, unknown person”. */
    return g_strdup_printf(ngettext("Picture with %u face: %s", "Picture with %u faces: %s", faces->len), faces->len,
                           names->str);
}

/* What gallery.h forbids in names: control characters, and marks that change the direction of text. */
static gboolean is_forbidden(gunichar c)
{
    const GUnicodeType type = g_unichar_type(c);
    return type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR ||
           c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* "unknown", "Unknown 3", "unknown #3". */
static gboolean is_own_word(const char *name)
{
    return g_regex_match_simple("^unknown\\s*#?[0-9]*$", name, G_REGEX_CASELESS, 0);
}

char *nt_words_name_problem(const char *name)
{
    g_autofree char *normal = g_utf8_normalize(name, -1, G_NORMALIZE_NFC);
    if (!normal)
        return g_strdup(_("This is not text. Type the name again."));
    const char *stripped = g_strstrip(normal);
    if (!*stripped)
        return g_strdup(_("Type a name."));
    if (strlen(stripped) > MAX_NAME_BYTES)
        return g_strdup(_("This name is too long."));
    if (is_own_word(stripped))
        return g_strdup(_("“unknown” is for people without a name. Type another."));
    for (const char *c = stripped; *c; c = g_utf8_next_char(c))
        if (is_forbidden(g_utf8_get_char(c)))
            return g_strdup(_("This name has characters that cannot be seen. Type it again."));
    return NULL;
}

char *nt_words_sentence(const char *words)
{
    if (!words || !*words)
        return g_strdup("");
    g_autofree char *first = g_utf8_strup(words, (gssize)(g_utf8_next_char(words) - words));
    return g_strconcat(first, g_utf8_next_char(words), NULL);
}
