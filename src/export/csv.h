/* Nametag - fields of CSV as RFC 4180 has them.
 */
#ifndef NT_CSV_H
#define NT_CSV_H

#include <glib.h>

/* Appends a field, quoted when it has a comma, a quote or a line break. */
void nt_csv_append_field(GString *csv, const char *field);

#endif
