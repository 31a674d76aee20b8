/* Nametag - one person of the gallery: their pictures, what would help, and what can be done: rename, merge, forget,
 * choose a cover, remove a picture. ui/person-page.ui.
 *
 * Signal: "close": back to everybody.
 */
#ifndef NT_PERSON_PAGE_H
#define NT_PERSON_PAGE_H

#include <adwaita.h>

#include "app/library.h"
#include "app/person_item.h"

#define NT_TYPE_PERSON_PAGE (nt_person_page_get_type())
G_DECLARE_FINAL_TYPE(NtPersonPage, nt_person_page, NT, PERSON_PAGE, AdwBin)

void nt_person_page_set_library(NtPersonPage *page, NtLibrary *library);
void nt_person_page_set_person(NtPersonPage *page, NtPersonItem *item); /* NULL: nobody */
NtPersonItem *nt_person_page_get_person(NtPersonPage *page);            /* or NULL; borrowed */

/* Asks whether the two are one person, and merges them. parent: a widget in the window. */
void nt_person_page_ask_to_merge(GtkWidget *parent, NtLibrary *library, const char *from, const char *into);

#endif
