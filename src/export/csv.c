#include "export/csv.h"

#include <string.h>

/* What a spreadsheet takes for a formula: a name or a file called =cmd|... must not be one. An apostrophe before it says
 * "text" to them. */
static gboolean is_formula(const char *field) { return *field && strchr("=+-@\t\r\n", *field); }

void nt_csv_append_field(GString *csv, const char *field)
{
    g_autofree char *text = is_formula(field) ? g_strconcat("'", field, NULL) : NULL;
    if (text)
        field = text;
    if (!strpbrk(field, ",\"\r\n")) {
        g_string_append(csv, field);
        return;
    }
    g_string_append_c(csv, '"');
    for (; *field; field++) {
        if (*field == '"')
            g_string_append_c(csv, '"');
        g_string_append_c(csv, *field);
    }
    g_string_append_c(csv, '"');
}
