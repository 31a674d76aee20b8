#include "media/cameras.h"

#include <gio/gio.h>
#include <string.h>

#include "media/portal.h"

/* Messages of plugging come in bursts; they are looked at together. */
#define SETTLE_US (20 * G_TIME_SPAN_MILLISECOND)
/* How long there must have been no news before the monitor is stopped, see below. */
#define QUIET_US (500 * G_TIME_SPAN_MILLISECOND)

struct NtCameras {
    void (*changed)(gpointer user);
    gpointer user;
};

/* One monitor for the whole process, from the first need on, and never stopped at the end: PipeWire's provider (0.3.65)
 * takes down its connection without its own lock, and one stop in five while it is still at work ruins the heap; with a
 * camera that hangs on the same connection, its thread turns round for ever. It is stopped only to be started anew,
 * when the connection is broken, or none was found. */
static struct Hub {
    GMutex lock;
    GCond wake, ready;
    GThread *thread;
    gboolean dirty, restart, listed;
    gint64 last_news_us;
    GPtrArray *list;           /* NtCamera */
    GPtrArray *listeners;      /* NtCameras */
    GCancellable *cancellable; /* of asking the desktop */
    GError *refused;
    NtRemote *remote; /* that the monitor asks; NULL: it looks for itself */
} hub;

NtCamera *nt_camera_ref(NtCamera *camera)
{
    g_atomic_int_inc(&camera->references);
    return camera;
}

void nt_camera_unref(NtCamera *camera)
{
    if (!camera || !g_atomic_int_dec_and_test(&camera->references))
        return;
    gst_object_unref(camera->device);
    g_free(camera->id);
    g_free(camera->name);
    g_free(camera->path);
    gst_clear_caps(&camera->caps);
    nt_remote_unref(camera->remote);
    g_free(camera);
}

static char *property(const GstStructure *properties, const char *name)
{
    return properties ? g_strdup(gst_structure_get_string(properties, name)) : NULL;
}

static NtCamera *describe(GstDevice *device, NtRemote *remote)
{
    NtCamera *camera = g_new0(NtCamera, 1);
    g_autoptr(GstStructure) properties = gst_device_get_properties(device);
    g_autofree char *node = property(properties, "node.name");
    camera->references = 1;
    camera->device = gst_object_ref(device);
    camera->remote = remote ? nt_remote_ref(remote) : NULL;
    camera->name = gst_device_get_display_name(device);
    camera->caps = gst_device_get_caps(device);
    camera->path = property(properties, "api.v4l2.path");
    if (!camera->path)
        camera->path = property(properties, "device.path");
    if (node)
        camera->id = g_strconcat("pipewire:", node, NULL);
    else if (camera->path)
        camera->id = g_strconcat("v4l2:", camera->path, NULL);
    else
        camera->id = g_strconcat("other:", camera->name, NULL);
    return camera;
}

gboolean nt_camera_is_from_pipewire(const NtCamera *camera)
{
    return g_str_has_prefix(camera->id, "pipewire:");
}

/* One camera that several providers know is the one of PipeWire, which lets programs share it. */
static gboolean is_listed(GPtrArray *list, const NtCamera *camera)
{
    for (guint i = 0; i < list->len; i++) {
        const NtCamera *other = list->pdata[i];
        if (g_str_equal(other->id, camera->id) || (camera->path && g_strcmp0(other->path, camera->path) == 0))
            return TRUE;
    }
    return FALSE;
}

static int by_name(gconstpointer a, gconstpointer b)
{
    const NtCamera *one = *(NtCamera *const *)a, *other = *(NtCamera *const *)b;
    int order = g_utf8_collate(one->name, other->name);
    return order ? order : strcmp(one->id, other->id);
}

static GPtrArray *look(GstDeviceMonitor *monitor, NtRemote *remote)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)nt_camera_unref);
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)nt_camera_unref);
    GList *devices = gst_device_monitor_get_devices(monitor);
    for (GList *at = devices; at; at = at->next)
        g_ptr_array_add(all, describe(at->data, remote));
    g_list_free_full(devices, gst_object_unref);
    for (int pipewire = 1; pipewire >= 0; pipewire--)
        for (guint i = 0; i < all->len; i++)
            if (nt_camera_is_from_pipewire(all->pdata[i]) == pipewire && !is_listed(list, all->pdata[i]))
                g_ptr_array_add(list, nt_camera_ref(all->pdata[i]));
    g_ptr_array_sort(list, by_name);
    return list;
}

/* Comes from the providers' threads, which hold locks of theirs. */
static GstBusSyncReply on_message(GstBus *bus, GstMessage *message, gpointer data)
{
    (void)bus, (void)data;
    g_mutex_lock(&hub.lock);
    hub.dirty = TRUE;
    hub.last_news_us = g_get_monotonic_time();
    g_cond_signal(&hub.wake);
    g_mutex_unlock(&hub.lock);
    gst_message_unref(message); /* who drops a message frees it */
    return GST_BUS_DROP;
}

/* The provider is one for the whole process; it hands the descriptor on to the elements of its devices. */
static void use_remote(const NtRemote *remote)
{
    g_autoptr(GstDeviceProvider) provider = gst_device_provider_factory_get_by_name("pipewiredeviceprovider");
    if (provider && g_object_class_find_property(G_OBJECT_GET_CLASS(provider), "fd"))
        g_object_set(provider, "fd", nt_remote_fd(remote), NULL);
}

/* Asks once more when the one who gave up was not the last to want it. */
static NtRemote *ask_portal(void)
{
    GError *error = NULL;
    int fd = -1;
    g_mutex_lock(&hub.lock);
    do {
        g_clear_error(&error);
        g_autoptr(GCancellable) cancellable = g_object_ref(hub.cancellable);
        g_mutex_unlock(&hub.lock);
        fd = nt_portal_open_camera(cancellable, &error);
        g_mutex_lock(&hub.lock);
    } while (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && hub.listeners->len);
    g_clear_error(&hub.refused);
    hub.refused = error;
    g_mutex_unlock(&hub.lock);
    return error ? NULL : nt_remote_new(fd);
}

/* Without the desktop's leave there is a monitor, and nothing that it sees. */
static GstDeviceMonitor *start_monitor(void)
{
    gboolean sandboxed = nt_portal_is_needed();
    NtRemote *remote = sandboxed ? ask_portal() : nt_remote_connect();
    use_remote(remote);
    g_mutex_lock(&hub.lock);
    NtRemote *old = hub.remote;
    hub.remote = remote;
    g_mutex_unlock(&hub.lock);
    nt_remote_unref(old);
    GstDeviceMonitor *monitor = gst_device_monitor_new();
    g_autoptr(GstBus) bus = gst_device_monitor_get_bus(monitor);
    g_autoptr(GstCaps) readable = gst_caps_from_string("video/x-raw(ANY); image/jpeg");
    gst_device_monitor_add_filter(monitor, "Video/Source", readable);
    gst_bus_set_sync_handler(bus, on_message, NULL, NULL);
    if (remote || !sandboxed)
        gst_device_monitor_start(monitor);
    return monitor;
}

static void stop_monitor(GstDeviceMonitor *monitor)
{
    g_autoptr(GstBus) bus = gst_device_monitor_get_bus(monitor);
    gst_bus_set_sync_handler(bus, NULL, NULL, NULL);
    gst_device_monitor_stop(monitor);
    gst_object_unref(monitor);
}

/* The following: under the lock, which they give away meanwhile. */

static void refresh(GstDeviceMonitor *monitor)
{
    hub.dirty = FALSE;
    g_mutex_unlock(&hub.lock);
    GPtrArray *list = look(monitor, hub.remote); /* which only this thread changes */
    g_mutex_lock(&hub.lock);
    GPtrArray *old = hub.list;
    hub.list = list;
    hub.listed = !hub.restart;
    g_cond_broadcast(&hub.ready);
    for (guint i = 0; i < hub.listeners->len; i++) {
        const NtCameras *listener = hub.listeners->pdata[i];
        if (listener->changed)
            listener->changed(listener->user);
    }
    g_ptr_array_unref(old);
}

static GstDeviceMonitor *restart(GstDeviceMonitor *monitor)
{
    gint64 quiet;
    while ((quiet = g_get_monotonic_time() - hub.last_news_us) < QUIET_US)
        g_cond_wait_until(&hub.wake, &hub.lock, g_get_monotonic_time() + QUIET_US - quiet);
    hub.restart = FALSE;
    hub.dirty = TRUE;
    if (nt_remote_is_connected(hub.remote)) /* asked for twice, the second time while the first was under way */
        return monitor;
    g_mutex_unlock(&hub.lock);
    stop_monitor(monitor);
    monitor = start_monitor();
    g_mutex_lock(&hub.lock);
    hub.dirty = TRUE;
    hub.last_news_us = g_get_monotonic_time();
    return monitor;
}

static gpointer follow(gpointer data)
{
    (void)data;
    GstDeviceMonitor *monitor = start_monitor();
    g_mutex_lock(&hub.lock);
    hub.dirty = TRUE;
    hub.last_news_us = g_get_monotonic_time();
    for (;;) {
        if (hub.restart)
            monitor = restart(monitor);
        if (hub.dirty)
            refresh(monitor);
        while (!hub.dirty && !hub.restart)
            g_cond_wait(&hub.wake, &hub.lock);
        g_cond_wait_until(&hub.wake, &hub.lock, g_get_monotonic_time() + SETTLE_US);
    }
    return NULL;
}

static void ask_anew(void)
{
    hub.restart = TRUE;
    hub.listed = FALSE;
    g_cond_signal(&hub.wake);
}

static void start_hub(void)
{
    hub.list = g_ptr_array_new_with_free_func((GDestroyNotify)nt_camera_unref);
    hub.listeners = g_ptr_array_new();
    hub.cancellable = g_cancellable_new();
    hub.thread = g_thread_new("cameras", follow, NULL);
}

NtCameras *nt_cameras_new(void (*changed)(gpointer user), gpointer user)
{
    NtCameras *cameras = g_new0(NtCameras, 1);
    cameras->changed = changed;
    cameras->user = user;
    g_mutex_lock(&hub.lock);
    if (!hub.thread)
        start_hub();
    else if (hub.refused && !hub.listeners->len)
        ask_anew(); /* somebody who was refused tries again */
    g_ptr_array_add(hub.listeners, cameras);
    /* Who comes later is told as well. */
    if (hub.listed && changed)
        changed(user);
    g_mutex_unlock(&hub.lock);
    return cameras;
}

void nt_cameras_free(NtCameras *cameras)
{
    if (!cameras)
        return;
    g_mutex_lock(&hub.lock);
    g_ptr_array_remove(hub.listeners, cameras);
    if (!hub.listeners->len && !hub.listed) { /* nobody waits for the desktop's leave any more */
        g_cancellable_cancel(hub.cancellable);
        g_object_unref(hub.cancellable);
        hub.cancellable = g_cancellable_new();
    }
    g_mutex_unlock(&hub.lock);
    g_free(cameras);
}

gboolean nt_cameras_wait(NtCameras *cameras, gint64 limit_us, GError **error)
{
    (void)cameras;
    gint64 end = g_get_monotonic_time() + limit_us;
    g_mutex_lock(&hub.lock);
    while (!hub.listed && g_cond_wait_until(&hub.ready, &hub.lock, end))
        continue;
    gboolean listed = hub.listed && !hub.refused;
    if (hub.listed && hub.refused)
        g_propagate_error(error, g_error_copy(hub.refused));
    g_mutex_unlock(&hub.lock);
    return listed;
}

GPtrArray *nt_cameras_list(NtCameras *cameras)
{
    (void)cameras;
    GPtrArray *copy = g_ptr_array_new_with_free_func((GDestroyNotify)nt_camera_unref);
    g_mutex_lock(&hub.lock);
    for (guint i = 0; i < hub.list->len; i++)
        g_ptr_array_add(copy, nt_camera_ref(hub.list->pdata[i]));
    g_mutex_unlock(&hub.lock);
    return copy;
}

gboolean nt_cameras_is_connected(NtCameras *cameras)
{
    (void)cameras;
    g_mutex_lock(&hub.lock);
    gboolean connected = nt_remote_is_connected(hub.remote);
    g_mutex_unlock(&hub.lock);
    return connected;
}

void nt_cameras_renew(NtCameras *cameras)
{
    (void)cameras;
    g_mutex_lock(&hub.lock);
    if (!nt_remote_is_connected(hub.remote))
        ask_anew();
    g_mutex_unlock(&hub.lock);
}

static gboolean is_called(const NtCamera *camera, const char *wanted, gboolean by_its_name)
{
    if (by_its_name) {
        g_autofree char *one = g_utf8_casefold(camera->name, -1), *other = g_utf8_casefold(wanted, -1);
        return g_str_equal(one, other);
    }
    const char *path = g_str_has_prefix(wanted, "v4l2:") ? wanted + strlen("v4l2:") : wanted;
    return g_str_equal(camera->id, wanted) || g_strcmp0(camera->path, path) == 0;
}

NtCamera *nt_cameras_find(NtCameras *cameras, const char *wanted)
{
    g_autoptr(GPtrArray) list = nt_cameras_list(cameras);
    if (!wanted)
        return list->len ? nt_camera_ref(list->pdata[0]) : NULL;
    for (int by_its_name = 0; by_its_name < 2; by_its_name++)
        for (guint i = 0; i < list->len; i++)
            if (is_called(list->pdata[i], wanted, by_its_name))
                return nt_camera_ref(list->pdata[i]);
    return NULL;
}

gboolean nt_cameras_has(NtCameras *cameras, const NtCamera *camera)
{
    g_autoptr(GPtrArray) list = nt_cameras_list(cameras);
    for (guint i = 0; i < list->len; i++)
        if (((NtCamera *)list->pdata[i])->device == camera->device)
            return TRUE;
    return FALSE;
}
