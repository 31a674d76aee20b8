/* Nametag - the people of the gallery: a list to search, and a page for each (person_page.h). ui/people-panel.ui.
 */
#ifndef NT_PEOPLE_PANEL_H
#define NT_PEOPLE_PANEL_H

#include <adwaita.h>

#include "app/library.h"

#define NT_TYPE_PEOPLE_PANEL (nt_people_panel_get_type())
G_DECLARE_FINAL_TYPE(NtPeoplePanel, nt_people_panel, NT, PEOPLE_PANEL, AdwBin)

void nt_people_panel_set_library(NtPeoplePanel *panel, NtLibrary *library);
void nt_people_panel_search(NtPeoplePanel *panel); /* the focus goes to the search */
void nt_people_panel_open_person(NtPeoplePanel *panel, const char *name);

#endif
