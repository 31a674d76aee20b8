/* Nametag - the cameras there are now, followed in a thread of its own. Private to media; devices.h and the feed are made of it.
 *
 * GStreamer's device monitor may hang in the services that it asks; nothing here does.
 */
#ifndef NT_CAMERAS_H
#define NT_CAMERAS_H

#include <gst/gst.h>

#include "media/remote.h"

typedef struct NtCamera {
    gint references;
    GstDevice *device;
    char *id, *name; /* as in NtDevice */
    char *path;      /* "/dev/video0", or NULL */
    GstCaps *caps;   /* or NULL */
    NtRemote *remote; /* that a camera of PipeWire may be asked through, or NULL */
} NtCamera;

NtCamera *nt_camera_ref(NtCamera *camera);
void nt_camera_unref(NtCamera *camera);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtCamera, nt_camera_unref)

typedef struct NtCameras NtCameras;

/* changed (or NULL) comes from a thread, or at once, and must not ask for the list there and then. In a sandbox the desktop is asked first, and
 * may ask the user. */
NtCameras *nt_cameras_new(void (*changed)(gpointer user), gpointer user);
void nt_cameras_free(NtCameras *cameras); /* after this, changed does not come */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtCameras, nt_cameras_free)

/* Waits until they are listed; FALSE when that takes longer, or when the desktop refuses (then with error). */
gboolean nt_cameras_wait(NtCameras *cameras, gint64 limit_us, GError **error);
/* Array of NtCamera, by name. */
GPtrArray *nt_cameras_list(NtCameras *cameras);
/* FALSE: PipeWire ended, or there was none: what is listed of it is old. */
gboolean nt_cameras_is_connected(NtCameras *cameras);
/* Asks the services anew, unless we are connected with PipeWire as before; nt_cameras_wait tells when. */
void nt_cameras_renew(NtCameras *cameras);
gboolean nt_camera_is_from_pipewire(const NtCamera *camera);

/* By id, path or name (in any case); NULL: the first. NULL when there is none. */
NtCamera *nt_cameras_find(NtCameras *cameras, const char *wanted);
gboolean nt_cameras_has(NtCameras *cameras, const NtCamera *camera); /* this very one, not one plugged in since */

#endif
