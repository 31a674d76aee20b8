#include "app/person_item.h"

#include "vision/align.h"

struct _NtPersonItem {
    GObject parent_instance;
    gint64 id;
    char *name, *advice;
    guint n_faces;
    GdkTexture *cover;
    gint64 last_seen;
    gboolean on_screen;
};

G_DEFINE_FINAL_TYPE(NtPersonItem, nt_person_item, G_TYPE_OBJECT)

enum { PROP_NAME = 1, PROP_N_FACES, PROP_COVER, PROP_LAST_SEEN, PROP_ON_SCREEN, PROP_ADVICE, N_PROPERTIES };
static GParamSpec *properties[N_PROPERTIES];

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    NtPersonItem *item = NT_PERSON_ITEM(object);
    switch (id) {
    case PROP_NAME:
        g_value_set_string(value, item->name);
        break;
    case PROP_N_FACES:
        g_value_set_uint(value, item->n_faces);
        break;
    case PROP_COVER:
        g_value_set_object(value, item->cover);
        break;
    case PROP_LAST_SEEN:
        g_value_set_int64(value, item->last_seen);
        break;
    case PROP_ON_SCREEN:
        g_value_set_boolean(value, item->on_screen);
        break;
    case PROP_ADVICE:
        g_value_set_string(value, item->advice);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static void finalize(GObject *object)
{
    NtPersonItem *item = NT_PERSON_ITEM(object);
    g_free(item->name);
    g_free(item->advice);
    g_clear_object(&item->cover);
    G_OBJECT_CLASS(nt_person_item_parent_class)->finalize(object);
}

static void nt_person_item_class_init(NtPersonItemClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);
    const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
    object_class->get_property = get_property;
    object_class->finalize = finalize;
    properties[PROP_NAME] = g_param_spec_string("name", NULL, NULL, NULL, flags);
    properties[PROP_N_FACES] = g_param_spec_uint("n-faces", NULL, NULL, 0, G_MAXUINT, 0, flags);
    properties[PROP_COVER] = g_param_spec_object("cover", NULL, NULL, GDK_TYPE_PAINTABLE, flags);
    properties[PROP_LAST_SEEN] = g_param_spec_int64("last-seen", NULL, NULL, 0, G_MAXINT64, 0, flags);
    properties[PROP_ON_SCREEN] = g_param_spec_boolean("on-screen", NULL, NULL, FALSE, flags);
    properties[PROP_ADVICE] = g_param_spec_string("advice", NULL, NULL, NULL, flags);
    g_object_class_install_properties(object_class, N_PROPERTIES, properties);
}

static void nt_person_item_init(NtPersonItem *item)
{
    item->name = g_strdup("");
}

NtPersonItem *nt_person_item_new(gint64 id)
{
    NtPersonItem *item = g_object_new(NT_TYPE_PERSON_ITEM, NULL);
    item->id = id;
    return item;
}

static void set_text(NtPersonItem *item, char **place, const char *text, guint property)
{
    if (g_strcmp0(*place, text) == 0)
        return;
    g_free(*place);
    *place = g_strdup(text);
    g_object_notify_by_pspec(G_OBJECT(item), properties[property]);
}

void nt_person_item_update(NtPersonItem *item, const char *name, guint n_faces, GdkTexture *cover, const char *advice)
{
    g_object_freeze_notify(G_OBJECT(item));
    set_text(item, &item->name, name, PROP_NAME);
    set_text(item, &item->advice, advice, PROP_ADVICE);
    if (item->n_faces != n_faces) {
        item->n_faces = n_faces;
        g_object_notify_by_pspec(G_OBJECT(item), properties[PROP_N_FACES]);
    }
    if (g_set_object(&item->cover, cover))
        g_object_notify_by_pspec(G_OBJECT(item), properties[PROP_COVER]);
    g_object_thaw_notify(G_OBJECT(item));
}

void nt_person_item_set_on_screen(NtPersonItem *item, gboolean on_screen)
{
    if (item->on_screen == (on_screen != FALSE))
        return;
    item->on_screen = on_screen != FALSE;
    g_object_notify_by_pspec(G_OBJECT(item), properties[PROP_ON_SCREEN]);
}

void nt_person_item_note_seen(NtPersonItem *item, gint64 unix_us)
{
    if (unix_us <= item->last_seen)
        return;
    item->last_seen = unix_us;
    g_object_notify_by_pspec(G_OBJECT(item), properties[PROP_LAST_SEEN]);
}

gint64 nt_person_item_get_id(NtPersonItem *item)
{
    return item->id;
}
const char *nt_person_item_get_name(NtPersonItem *item)
{
    return item->name;
}
guint nt_person_item_get_n_faces(NtPersonItem *item)
{
    return item->n_faces;
}
GdkPaintable *nt_person_item_get_cover(NtPersonItem *item)
{
    return item->cover ? GDK_PAINTABLE(item->cover) : NULL;
}
gint64 nt_person_item_get_last_seen(NtPersonItem *item)
{
    return item->last_seen;
}
gboolean nt_person_item_get_on_screen(NtPersonItem *item)
{
    return item->on_screen;
}
const char *nt_person_item_get_advice(NtPersonItem *item)
{
    return item->advice;
}

GdkTexture *nt_chip_to_texture(const guint8 *chip)
{
    g_autoptr(GBytes) bytes = g_bytes_new(chip, NT_CHIP_BYTES);
    return gdk_memory_texture_new(NT_CHIP_SIZE, NT_CHIP_SIZE, GDK_MEMORY_R8G8B8, bytes, NT_CHIP_SIZE * 3);
}
