/* Nametag - a person in a list: cover, name, how many pictures, when last seen. Dragged onto another row it asks to
 * merge the two. ui/person-row.ui.
 *
 * Signal: "merge" (NtPersonItem *from, NtPersonItem *into): one was dropped on the other.
 */
#ifndef NT_PERSON_ROW_H
#define NT_PERSON_ROW_H

#include <adwaita.h>

#include "app/person_item.h"

#define NT_TYPE_PERSON_ROW (nt_person_row_get_type())
G_DECLARE_FINAL_TYPE(NtPersonRow, nt_person_row, NT, PERSON_ROW, AdwBin)

GtkWidget *nt_person_row_new(void);
void nt_person_row_set_item(NtPersonRow *row, NtPersonItem *item); /* NULL: nobody; kept up to date */

/* "5 pictures · on screen now", "5 pictures · seen yesterday"; the caller's. */
char *nt_person_facts(NtPersonItem *item);

#endif
