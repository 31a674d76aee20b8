#include "app/unknown_item.h"

#include <string.h>

#include "app/person_item.h"

struct _NtUnknownItem {
    GObject parent_instance;
    guint number;
    guint64 n_frames;
    gint64 first, last;
    GPtrArray *pictures;
    GdkTexture *texture;
    gboolean selected;
};

G_DEFINE_FINAL_TYPE(NtUnknownItem, nt_unknown_item, G_TYPE_OBJECT)

enum { PROP_NUMBER = 1, PROP_PICTURE, PROP_N_FRAMES, PROP_FIRST, PROP_LAST, PROP_SELECTED, N_PROPERTIES };
static GParamSpec *properties[N_PROPERTIES];

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    NtUnknownItem *item = NT_UNKNOWN_ITEM(object);
    switch (id) {
    case PROP_NUMBER:
        g_value_set_uint(value, item->number);
        break;
    case PROP_PICTURE:
        g_value_set_object(value, item->texture);
        break;
    case PROP_N_FRAMES:
        g_value_set_uint64(value, item->n_frames);
        break;
    case PROP_FIRST:
        g_value_set_int64(value, item->first);
        break;
    case PROP_LAST:
        g_value_set_int64(value, item->last);
        break;
    case PROP_SELECTED:
        g_value_set_boolean(value, item->selected);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    NtUnknownItem *item = NT_UNKNOWN_ITEM(object);
    if (id != PROP_SELECTED) {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
        return;
    }
    if (item->selected == g_value_get_boolean(value))
        return;
    item->selected = g_value_get_boolean(value);
    g_object_notify_by_pspec(object, properties[PROP_SELECTED]);
}

static void finalize(GObject *object)
{
    NtUnknownItem *item = NT_UNKNOWN_ITEM(object);
    g_ptr_array_unref(item->pictures);
    g_clear_object(&item->texture);
    G_OBJECT_CLASS(nt_unknown_item_parent_class)->finalize(object);
}

static void nt_unknown_item_class_init(NtUnknownItemClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);
    const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
    object_class->get_property = get_property;
    object_class->set_property = set_property;
    object_class->finalize = finalize;
    properties[PROP_NUMBER] = g_param_spec_uint("number", NULL, NULL, 0, G_MAXUINT, 0, flags);
    properties[PROP_PICTURE] = g_param_spec_object("picture", NULL, NULL, GDK_TYPE_PAINTABLE, flags);
    properties[PROP_N_FRAMES] = g_param_spec_uint64("n-frames", NULL, NULL, 0, G_MAXUINT64, 0, flags);
    properties[PROP_FIRST] = g_param_spec_int64("first", NULL, NULL, -1, G_MAXINT64, 0, flags);
    properties[PROP_LAST] = g_param_spec_int64("last", NULL, NULL, -1, G_MAXINT64, 0, flags);
    properties[PROP_SELECTED] = g_param_spec_boolean("selected", NULL, NULL, FALSE, flags | G_PARAM_WRITABLE);
    g_object_class_install_properties(object_class, N_PROPERTIES, properties);
}

static void nt_unknown_item_init(NtUnknownItem *item)
{
    item->pictures = g_ptr_array_new_with_free_func((GDestroyNotify)nt_face_picture_unref);
}

static NtFacePicture *picture_of(const NtGalleryFace *face)
{
    NtFacePicture *picture = nt_face_picture_new();
    memcpy(picture->embedding, face->embedding, sizeof picture->embedding);
    if (face->chip)
        memcpy(picture->chip, face->chip, sizeof picture->chip);
    picture->box = face->box;
    picture->score = face->score;
    picture->quality = face->quality;
    picture->pts_ns = face->pts_ns;
    return picture;
}

/* The pictures are other ones only now and then: the best one's bytes tell whether to make a new texture. */
static gboolean set_pictures(NtUnknownItem *item, const NtUnknown *unknown)
{
    const NtFacePicture *before = item->pictures->len ? item->pictures->pdata[0] : NULL;
    const guint8 *best = unknown->n_faces ? unknown->faces[0].chip : NULL;
    const gboolean same = before && best && item->texture && memcmp(before->chip, best, NT_CHIP_BYTES) == 0;
    g_ptr_array_set_size(item->pictures, 0);
    for (guint i = 0; i < unknown->n_faces; i++)
        if (unknown->faces[i].chip) /* what has no picture cannot be enrolled */
            g_ptr_array_add(item->pictures, picture_of(&unknown->faces[i]));
    if (same)
        return FALSE;
    g_clear_object(&item->texture);
    if (best)
        item->texture = nt_chip_to_texture(best);
    return TRUE;
}

void nt_unknown_item_update(NtUnknownItem *item, const NtUnknown *unknown)
{
    g_return_if_fail(unknown->number == item->number);
    g_object_freeze_notify(G_OBJECT(item));
    if (set_pictures(item, unknown))
        g_object_notify_by_pspec(G_OBJECT(item), properties[PROP_PICTURE]);
    if (item->n_frames != unknown->n_frames || item->first != unknown->first_ns || item->last != unknown->last_ns) {
        item->n_frames = unknown->n_frames;
        item->first = unknown->first_ns;
        item->last = unknown->last_ns;
        g_object_notify_by_pspec(G_OBJECT(item), properties[PROP_N_FRAMES]);
        g_object_notify_by_pspec(G_OBJECT(item), properties[PROP_FIRST]);
        g_object_notify_by_pspec(G_OBJECT(item), properties[PROP_LAST]);
    }
    g_object_thaw_notify(G_OBJECT(item));
}

NtUnknownItem *nt_unknown_item_new(const NtUnknown *unknown)
{
    NtUnknownItem *item = g_object_new(NT_TYPE_UNKNOWN_ITEM, NULL);
    item->number = unknown->number;
    nt_unknown_item_update(item, unknown);
    return item;
}

guint nt_unknown_item_get_number(NtUnknownItem *item)
{
    return item->number;
}
GPtrArray *nt_unknown_item_get_pictures(NtUnknownItem *item)
{
    return item->pictures;
}
