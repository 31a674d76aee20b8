#include "media/devices.h"

#include "media/camera_mode.h"
#include "media/cameras.h"
#include "media/portal.h"

/* What nt_devices_list promises. */
#define LIST_LIMIT_US G_USEC_PER_SEC
/* In a sandbox the user is asked, and may take a while to answer. */
#define PORTAL_LIMIT_US (60 * G_USEC_PER_SEC)

struct NtDevicesWatch {
    NtCameras *cameras;
    GMainContext *context;
    void (*changed)(gpointer user);
    gpointer user;
    GMutex lock;
    GSource *pending; /* a call of changed under way */
};

void nt_device_free(NtDevice *device)
{
    if (!device)
        return;
    g_free(device->id);
    g_free(device->name);
    g_free(device->modes);
    g_free(device);
}

static GPtrArray *describe_all(NtCameras *cameras)
{
    GPtrArray *devices = g_ptr_array_new_with_free_func((GDestroyNotify)nt_device_free);
    g_autoptr(GPtrArray) list = nt_cameras_list(cameras);
    for (guint i = 0; i < list->len; i++) {
        const NtCamera *camera = list->pdata[i];
        NtDevice *device = g_new0(NtDevice, 1);
        device->id = g_strdup(camera->id);
        device->name = g_strdup(camera->name);
        device->modes = nt_camera_mode_describe(camera->caps);
        g_ptr_array_add(devices, device);
    }
    return devices;
}

GPtrArray *nt_devices_list(GError **error)
{
    g_autoptr(NtCameras) cameras = nt_cameras_new(NULL, NULL);
    g_autoptr(GError) refused = NULL;
    nt_cameras_wait(cameras, nt_portal_is_needed() ? PORTAL_LIMIT_US : LIST_LIMIT_US, &refused);
    if (!refused)
        return describe_all(cameras);
    g_propagate_error(error, g_steal_pointer(&refused));
    return NULL;
}

static gboolean tell(gpointer data)
{
    NtDevicesWatch *watch = data;
    g_mutex_lock(&watch->lock);
    g_clear_pointer(&watch->pending, g_source_unref);
    g_mutex_unlock(&watch->lock);
    watch->changed(watch->user);
    return G_SOURCE_REMOVE;
}

static void on_changed(gpointer data)
{
    NtDevicesWatch *watch = data;
    g_mutex_lock(&watch->lock);
    if (!watch->pending) {
        watch->pending = g_idle_source_new();
        g_source_set_priority(watch->pending, G_PRIORITY_DEFAULT);
        g_source_set_callback(watch->pending, tell, watch, NULL);
        g_source_attach(watch->pending, watch->context);
    }
    g_mutex_unlock(&watch->lock);
}

NtDevicesWatch *nt_devices_watch_new(void (*changed)(gpointer user), gpointer user, GError **error)
{
    (void)error;
    NtDevicesWatch *watch = g_new0(NtDevicesWatch, 1);
    watch->changed = changed;
    watch->user = user;
    watch->context = g_main_context_ref_thread_default();
    g_mutex_init(&watch->lock);
    watch->cameras = nt_cameras_new(on_changed, watch);
    return watch;
}

GPtrArray *nt_devices_watch_list(NtDevicesWatch *watch)
{
    return describe_all(watch->cameras);
}

void nt_devices_watch_free(NtDevicesWatch *watch)
{
    if (!watch)
        return;
    nt_cameras_free(watch->cameras);
    if (watch->pending) {
        g_source_destroy(watch->pending);
        g_source_unref(watch->pending);
    }
    g_mutex_clear(&watch->lock);
    g_main_context_unref(watch->context);
    g_free(watch);
}
