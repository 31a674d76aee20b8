#include "export/csv.h"

#include <string.h>

void nt_csv_append_field(GString *csv, const char *field)
{
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
