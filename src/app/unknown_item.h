/* Nametag - an unknown person of the source, as the tray shows them: properties "number", "picture" (GdkPaintable),
 * "n-frames", "first", "last" (ns), "selected".
 */
#ifndef NT_UNKNOWN_ITEM_H
#define NT_UNKNOWN_ITEM_H

#include <gdk/gdk.h>

#include "engine/album.h"

#define NT_TYPE_UNKNOWN_ITEM (nt_unknown_item_get_type())
G_DECLARE_FINAL_TYPE(NtUnknownItem, nt_unknown_item, NT, UNKNOWN_ITEM, GObject)

/* unknown: copied. */
NtUnknownItem *nt_unknown_item_new(const NtUnknown *unknown);
/* Brings it up to date with a newer state of the same number. */
void nt_unknown_item_update(NtUnknownItem *item, const NtUnknown *unknown);
guint nt_unknown_item_get_number(NtUnknownItem *item);
GPtrArray *nt_unknown_item_get_pictures(NtUnknownItem *item); /* borrowed: of NtFacePicture, best first */

#endif
