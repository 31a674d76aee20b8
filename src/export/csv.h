/* Nametag - fields of CSV as RFC 4180 has them.
 */
#ifndef NT_CSV_H
#define NT_CSV_H

#include <glib.h>

/* Appends a field of text, quoted when it has a comma, a quote or a line break. What a spreadsheet would run as a formula (it
 * begins with =, +, -, @, a tab or a line break) gets an apostrophe before it. */
void nt_csv_append_field(GString *csv, const char *field);

#endif
