#include <locale.h>
#include <glib/gi18n.h>

#include "app/application.h"
#include "base/xdg.h"
#include "engine/places.h"
#include "media/source.h"

/* Of the build folder when it is run from there; of another one when tests or translators say so. */
static char *locale_dir(void)
{
    const char *wanted = g_getenv("NAMETAG_LOCALE_DIR");
    if (wanted && *wanted)
        return g_strdup(wanted);
    return nt_places_build_dir() ? g_build_filename(nt_places_build_dir(), "po", NULL)
                                 : g_strdup(nt_places_locale_dir());
}

int main(int argc, char **argv)
{
    nt_xdg_ignore_relative();
    setlocale(LC_ALL, "");
    g_autofree char *translations = locale_dir();
    bindtextdomain(GETTEXT_PACKAGE, translations);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    textdomain(GETTEXT_PACKAGE);
    g_set_application_name(_("Nametag"));
    g_set_prgname("nametag-gtk");

    g_autoptr(GError) error = NULL;
    if (!nt_media_init(&argc, &argv, &error)) {
        g_printerr("nametag-gtk: %s\n", error->message);
        return 1;
    }
    g_autoptr(NtApplication) application = nt_application_new();
    return g_application_run(G_APPLICATION(application), argc, argv);
}
