/* Nametag - where the data that come with the programs lie: models, demo, translations, settings schema.
 *
 * A program that runs from the meson folder it was built in (BUILD/src/cli/nametag, BUILD/src/app/nametag-gtk) finds them
 * there; one that was installed finds them at PREFIX/share. Both are told from the program's own place, so nothing of the
 * machine that built it is in it, and an installed tree may be moved as a whole. Threads: any; the answers live as long as
 * the process.
 */
#ifndef NT_PLACES_H
#define NT_PLACES_H

#include <glib.h>

/* The build folder that the program runs from, or NULL. */
const char *nt_places_build_dir(void);
/* PREFIX/share: beside the program where it has our data, else as configured. */
const char *nt_places_data_dir(void);
/* PREFIX/share/locale, likewise. */
const char *nt_places_locale_dir(void);
/* The folder of the demo, which has demo.mp4, Franck.mp4 and Presenter.mp4; NULL where it is not there. */
const char *nt_places_demo_dir(void);

#endif
