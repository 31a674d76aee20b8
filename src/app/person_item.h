/* Nametag - a person of the gallery, as lists show them: properties "name", "n-faces", "cover" (GdkPaintable),
 * "last-seen" (Unix microseconds, 0: never), "on-screen", "advice" (one sentence, or NULL: "needs a picture looking
 * left"). All are notified, and set by the library alone.
 */
#ifndef NT_PERSON_ITEM_H
#define NT_PERSON_ITEM_H

#include <gdk/gdk.h>

#define NT_TYPE_PERSON_ITEM (nt_person_item_get_type())
G_DECLARE_FINAL_TYPE(NtPersonItem, nt_person_item, NT, PERSON_ITEM, GObject)

const char *nt_person_item_get_name(NtPersonItem *item);
guint nt_person_item_get_n_faces(NtPersonItem *item);
GdkPaintable *nt_person_item_get_cover(NtPersonItem *item); /* or NULL */
gint64 nt_person_item_get_last_seen(NtPersonItem *item);
gboolean nt_person_item_get_on_screen(NtPersonItem *item);
const char *nt_person_item_get_advice(NtPersonItem *item);

/* A chip as a picture; any thread. */
GdkTexture *nt_chip_to_texture(const guint8 *chip);

/* For the library. id: the gallery's, 0 for nobody's. */
NtPersonItem *nt_person_item_new(gint64 id);
gint64 nt_person_item_get_id(NtPersonItem *item);
void nt_person_item_update(NtPersonItem *item, const char *name, guint n_faces, GdkTexture *cover, const char *advice);
void nt_person_item_set_on_screen(NtPersonItem *item, gboolean on_screen);
void nt_person_item_note_seen(NtPersonItem *item, gint64 unix_us); /* an earlier time changes nothing */

#endif
