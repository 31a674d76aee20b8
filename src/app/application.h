/* Nametag - the application: its windows, what they share (models, gallery, settings, cameras), and the command line.
 */
#ifndef NT_APPLICATION_H
#define NT_APPLICATION_H

#include <adwaita.h>

#include "app/library.h"

#define NT_TYPE_APPLICATION (nt_application_get_type())
G_DECLARE_FINAL_TYPE(NtApplication, nt_application, NT, APPLICATION, AdwApplication)

NtApplication *nt_application_new(void);

GSettings *nt_application_get_settings(NtApplication *application);
NtLibrary *nt_application_get_library(NtApplication *application);
/* NULL until they are loaded, or when they cannot be (words say why); signal "models-ready" tells. */
NtModelSet *nt_application_get_models(NtApplication *application);
const char *nt_application_get_models_words(NtApplication *application);
double nt_application_get_age_ms(NtApplication *application); /* since the program began */

#endif
