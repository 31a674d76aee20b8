#include "app/camera_menu.h"

#include <glib/gi18n.h>

#include "media/devices.h"

struct NtCameraMenu {
    GMenu *model;
    GThread *thread;
    GMainContext *context; /* of the thread, where the watch lives */
    GMainLoop *loop;
    guint n;
    GMutex lock; /* of what follows */
    GPtrArray *found;
    guint idle;
};

static void add_camera(NtCameraMenu *menu, const NtDevice *device)
{
    g_autoptr(GMenuItem) item = g_menu_item_new(device->name, NULL);
    g_menu_item_set_action_and_target(item, "win.open-camera", "s", device->id);
    g_menu_append_item(menu->model, item);
}

/* On the main thread. */
static gboolean fill(gpointer user)
{
    NtCameraMenu *menu = user;
    g_mutex_lock(&menu->lock);
    g_autoptr(GPtrArray) found = g_steal_pointer(&menu->found);
    menu->idle = 0;
    g_mutex_unlock(&menu->lock);

    g_menu_remove_all(menu->model);
    menu->n = found ? found->len : 0;
    for (guint i = 0; i < menu->n; i++)
        add_camera(menu, g_ptr_array_index(found, i));
    if (menu->n == 0)
        g_menu_append(menu->model, _("No camera found"), "win.no-camera");
    return G_SOURCE_REMOVE;
}

typedef struct Watching {
    NtCameraMenu *menu;
    NtDevicesWatch *watch;
} Watching;

/* On the watch's thread. */
static void on_changed(gpointer user)
{
    Watching *watching = user;
    NtCameraMenu *menu = watching->menu;
    GPtrArray *list = watching->watch ? nt_devices_watch_list(watching->watch) : NULL;
    g_mutex_lock(&menu->lock);
    g_clear_pointer(&menu->found, g_ptr_array_unref);
    menu->found = list;
    if (menu->idle == 0)
        menu->idle = g_idle_add(fill, menu);
    g_mutex_unlock(&menu->lock);
}

static gboolean look(gpointer user)
{
    on_changed(user);
    return G_SOURCE_REMOVE;
}

/* The watch may wait for the services it asks: it has a thread of its own. */
static gpointer watch_cameras(gpointer user)
{
    NtCameraMenu *menu = user;
    Watching watching = {.menu = menu};
    g_main_context_push_thread_default(menu->context);
    watching.watch = nt_devices_watch_new(on_changed, &watching, NULL);
    g_autoptr(GSource) first = g_idle_source_new();
    g_source_set_callback(first, look, &watching, NULL);
    g_source_attach(first, menu->context);
    g_main_loop_run(menu->loop);
    if (watching.watch)
        nt_devices_watch_free(watching.watch);
    g_main_context_pop_thread_default(menu->context);
    return NULL;
}

NtCameraMenu *nt_camera_menu_new(void)
{
    NtCameraMenu *menu = g_new0(NtCameraMenu, 1);
    menu->model = g_menu_new();
    g_menu_append(menu->model, _("Looking for cameras…"), "win.no-camera");
    g_mutex_init(&menu->lock);
    menu->context = g_main_context_new();
    menu->loop = g_main_loop_new(menu->context, FALSE);
    menu->thread = g_thread_new("cameras", watch_cameras, menu);
    return menu;
}

static gboolean stop(gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

void nt_camera_menu_free(NtCameraMenu *menu)
{
    if (!menu)
        return;
    /* By way of the loop, so that it is heard also when the thread has not come to run it yet. */
    g_autoptr(GSource) source = g_idle_source_new();
    g_source_set_callback(source, stop, menu->loop, NULL);
    g_source_attach(source, menu->context);
    g_thread_join(menu->thread);
    if (menu->idle)
        g_source_remove(menu->idle);
    g_clear_pointer(&menu->found, g_ptr_array_unref);
    g_main_loop_unref(menu->loop);
    g_main_context_unref(menu->context);
    g_object_unref(menu->model);
    g_mutex_clear(&menu->lock);
    g_free(menu);
}

GMenuModel *nt_camera_menu_get_model(NtCameraMenu *menu)
{
    return G_MENU_MODEL(menu->model);
}

guint nt_camera_menu_get_n(NtCameraMenu *menu)
{
    return menu->n;
}
