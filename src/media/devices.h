/* Nametag - the cameras of this machine, as GStreamer's device providers list them: PipeWire and V4L2.
 *
 * Inside a sandbox (Flatpak) cameras come through the desktop portal (portal.h), which shows what the user allowed.
 */
#ifndef NT_DEVICES_H
#define NT_DEVICES_H

#include <glib.h>

typedef struct NtDevice {
    char *id;      /* stays the same while the machine runs and over unplugging: what --device and settings keep. "pipewire:clipcam",
                    * "v4l2:/dev/video0" */
    char *name;    /* for people: "Integrated Camera" */
    char *modes;   /* "1280x720 at 30 frames/s, 640x480 at 30 frames/s", largest first, a few; "" when it does not say */
} NtDevice;

void nt_device_free(NtDevice *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtDevice, nt_device_free)

/* Array of NtDevice, by name. Takes up to a second. A camera that several providers know is listed once. */
GPtrArray *nt_devices_list(GError **error);

/* Follows plugging and unplugging. changed is called on the thread-default main context's thread of nt_devices_watch_new, after
 * the list has changed; ask nt_devices_watch_list for it. */
typedef struct NtDevicesWatch NtDevicesWatch;
NtDevicesWatch *nt_devices_watch_new(void (*changed)(gpointer user), gpointer user, GError **error);
GPtrArray *nt_devices_watch_list(NtDevicesWatch *watch);
void nt_devices_watch_free(NtDevicesWatch *watch);

#endif
