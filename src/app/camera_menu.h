/* Nametag - the cameras there are, followed as they are plugged and pulled: a menu of "win.open-camera" items.
 */
#ifndef NT_CAMERA_MENU_H
#define NT_CAMERA_MENU_H

#include <gio/gio.h>

typedef struct NtCameraMenu NtCameraMenu;

/* Never blocks: looks in a thread; the menu fills when it has. */
NtCameraMenu *nt_camera_menu_new(void);
void nt_camera_menu_free(NtCameraMenu *menu);
GMenuModel *nt_camera_menu_get_model(NtCameraMenu *menu);
guint nt_camera_menu_get_n(NtCameraMenu *menu);

#endif
