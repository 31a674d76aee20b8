#include "app/picture_view.h"

#include <math.h>
#include <glib/gi18n.h>

#include "app/face_mark.h"
#include "app/words.h"
#include "overlay/overlay.h"

#define MIN_WIDTH 240
#define MIN_HEIGHT 135
#define NATURAL_WIDTH 640
#define NATURAL_HEIGHT 360
#define MIN_MARK_PX 24    /* what a finger or an unsteady hand still hits */
#define MARK_MOVED_PX 1.0 /* less is not worth a new layout */
/* Stops of the Tab key before the faces, which are 0, 1, ... */
#define STOP_OUTSIDE (-2)
#define STOP_ITSELF (-1)
#define USUAL_DPI (96 * 1024.0) /* of "gtk-xft-dpi": text of the usual size */

struct _NtPictureView {
    GtkWidget parent_instance;

    NtShown *shown;
    NtTaggedFrame *tagged; /* its faces, in square pixels */
    gboolean boxes, names, landmarks;
    guint64 selected, lit;
    guint64 activated; /* the track that was pressed last: gets the focus back from what that opened */
    GHashTable *marks; /* track -> Mark */
    char *words;       /* what the screen reader was told */
};

G_DEFINE_FINAL_TYPE(NtPictureView, nt_picture_view, GTK_TYPE_WIDGET)

enum { PROP_0, PROP_BOXES, PROP_NAMES, PROP_LANDMARKS, PROP_SELECTED, N_PROPS };
static GParamSpec *props[N_PROPS];
enum { FACE_ACTIVATED, FACE_POINTED, BACKGROUND_ACTIVATED, N_SIGNALS };
static guint signals[N_SIGNALS];

typedef struct Mark {
    GtkWidget *widget;
    graphene_rect_t place; /* where it was put, in the view's coordinates */
    gboolean seen;         /* in the newest picture */
} Mark;

/* Where the picture is in the view. */

typedef struct Place {
    double x, y, width, height, scale;
} Place;

static gboolean find_place(NtPictureView *self, Place *place)
{
    const double width = gtk_widget_get_width(GTK_WIDGET(self)), height = gtk_widget_get_height(GTK_WIDGET(self));
    if (!self->tagged || width <= 0 || height <= 0)
        return FALSE;
    place->scale = MIN(width / self->tagged->width, height / self->tagged->height);
    place->width = self->tagged->width * place->scale;
    place->height = self->tagged->height * place->scale;
    /* At whole pixels: at its own size the picture is then as sharp as it is. */
    place->x = floor((width - place->width) / 2);
    place->y = floor((height - place->height) / 2);
    return TRUE;
}

static graphene_rect_t mark_place(const NtFace *face, const Place *place)
{
    const NtRect box = face->detection.box;
    const double width = nt_rect_width(box) * place->scale, height = nt_rect_height(box) * place->scale;
    const double more_x = MAX(MIN_MARK_PX - width, 0) / 2, more_y = MAX(MIN_MARK_PX - height, 0) / 2;
    return GRAPHENE_RECT_INIT((float)(place->x + box.left * place->scale - more_x),
                              (float)(place->y + box.top * place->scale - more_y), (float)(width + 2 * more_x),
                              (float)(height + 2 * more_y));
}

static const NtFace *find_face(NtPictureView *self, guint64 track)
{
    for (guint i = 0; self->tagged && i < self->tagged->n_faces; i++)
        if (self->tagged->faces[i].track == track)
            return &self->tagged->faces[i];
    return NULL;
}

/* What lights up. */

static void update_lit(NtPictureView *self)
{
    guint64 pointed = 0, focused = 0;
    GHashTableIter iter;
    Mark *mark;
    g_hash_table_iter_init(&iter, self->marks);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&mark)) {
        const GtkStateFlags state = gtk_widget_get_state_flags(mark->widget);
        if (state & GTK_STATE_FLAG_PRELIGHT)
            pointed = nt_face_mark_get_track(NT_FACE_MARK(mark->widget));
        if (state & GTK_STATE_FLAG_FOCUSED)
            focused = nt_face_mark_get_track(NT_FACE_MARK(mark->widget));
    }
    const guint64 lit = pointed ? pointed : focused;
    if (lit == self->lit)
        return;
    self->lit = lit;
    gtk_widget_queue_draw(GTK_WIDGET(self));
    g_signal_emit(self, signals[FACE_POINTED], 0, lit);
}

/* The marks. */

static void on_mark_clicked(NtPictureView *self, GtkWidget *widget)
{
    GdkRectangle place;
    const guint64 track = nt_face_mark_get_track(NT_FACE_MARK(widget));
    self->activated = track;
    if (nt_picture_view_locate(self, track, &place))
        g_signal_emit(self, signals[FACE_ACTIVATED], 0, track, &place);
}

static void mark_free(gpointer data)
{
    Mark *mark = data;
    g_clear_pointer(&mark->widget, gtk_widget_unparent);
    g_free(mark);
}

static Mark *add_mark(NtPictureView *self, guint64 track)
{
    Mark *mark = g_new0(Mark, 1);
    mark->widget = nt_face_mark_new(track);
    g_signal_connect_object(mark->widget, "clicked", G_CALLBACK(on_mark_clicked), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(mark->widget, "state-flags-changed", G_CALLBACK(update_lit), self, G_CONNECT_SWAPPED);
    gtk_widget_set_parent(mark->widget, GTK_WIDGET(self));
    guint64 *key = g_new(guint64, 1);
    *key = track;
    g_hash_table_insert(self->marks, key, mark);
    return mark;
}

static gboolean has_moved(const graphene_rect_t *a, const graphene_rect_t *b)
{
    return fabsf(a->origin.x - b->origin.x) > MARK_MOVED_PX || fabsf(a->origin.y - b->origin.y) > MARK_MOVED_PX ||
           fabsf(a->size.width - b->size.width) > MARK_MOVED_PX ||
           fabsf(a->size.height - b->size.height) > MARK_MOVED_PX;
}

static gboolean focus_itself(NtPictureView *self)
{
    self->activated = 0;
    return gtk_widget_grab_focus(GTK_WIDGET(self));
}

/* Those whose face is gone go. The focus goes to the picture, not to another face: Enter must never ask about somebody
 * else than whom one chose. */
static void remove_unseen(NtPictureView *self)
{
    gboolean had_focus = FALSE;
    GHashTableIter iter;
    Mark *mark;
    g_hash_table_iter_init(&iter, self->marks);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&mark))
        if (!mark->seen && gtk_widget_has_focus(mark->widget))
            had_focus = TRUE;
    if (had_focus)
        focus_itself(self);
    g_hash_table_iter_init(&iter, self->marks);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&mark))
        if (!mark->seen)
            g_hash_table_iter_remove(&iter);
}

static void update_marks(NtPictureView *self)
{
    Place place;
    const gboolean placed = find_place(self, &place);
    gboolean moved = FALSE;
    GHashTableIter iter;
    Mark *mark;
    g_hash_table_iter_init(&iter, self->marks);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&mark))
        mark->seen = FALSE;
    for (guint i = 0; self->tagged && i < self->tagged->n_faces; i++) {
        const NtFace *face = &self->tagged->faces[i];
        if (face->track == 0)
            continue;
        mark = g_hash_table_lookup(self->marks, &face->track);
        if (!mark)
            mark = add_mark(self, face->track);
        mark->seen = TRUE;
        nt_face_mark_set_face(NT_FACE_MARK(mark->widget), face, self->tagged->width);
        const graphene_rect_t now = placed ? mark_place(face, &place) : mark->place;
        moved |= has_moved(&now, &mark->place);
    }
    remove_unseen(self);
    update_lit(self);
    if (moved)
        gtk_widget_queue_allocate(GTK_WIDGET(self));
}

static void tell_words(NtPictureView *self)
{
    g_autofree char *words = self->tagged ? nt_words_picture(self->tagged) : g_strdup(_("No picture"));
    if (g_strcmp0(words, self->words) == 0)
        return;
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
    g_free(self->words);
    self->words = g_steal_pointer(&words);
}

void nt_picture_view_set_shown(NtPictureView *view, NtShown *shown)
{
    g_return_if_fail(NT_IS_PICTURE_VIEW(view));
    const int width = view->tagged ? view->tagged->width : 0, height = view->tagged ? view->tagged->height : 0;
    NtShown *before = view->shown;
    view->shown = shown ? nt_shown_ref(shown) : NULL;
    g_clear_pointer(&before, nt_shown_unref);
    g_clear_pointer(&view->tagged, nt_tagged_frame_unref);
    if (shown)
        view->tagged = shown->pixel_aspect == 1 ? nt_tagged_frame_ref(shown->tagged)
                                                : nt_overlay_square_pixels(shown->tagged, shown->pixel_aspect);
    update_marks(view);
    tell_words(view);
    if (view->tagged && (view->tagged->width != width || view->tagged->height != height))
        gtk_widget_queue_allocate(GTK_WIDGET(view));
    gtk_widget_queue_draw(GTK_WIDGET(view));
}

NtShown *nt_picture_view_get_shown(NtPictureView *view)
{
    return view->shown;
}

void nt_picture_view_set_selected(NtPictureView *view, guint64 track)
{
    g_return_if_fail(NT_IS_PICTURE_VIEW(view));
    if (view->selected == track)
        return;
    view->selected = track;
    gtk_widget_queue_draw(GTK_WIDGET(view));
    g_object_notify_by_pspec(G_OBJECT(view), props[PROP_SELECTED]);
}

guint64 nt_picture_view_get_selected(NtPictureView *view)
{
    return view->selected;
}

gboolean nt_picture_view_locate(NtPictureView *view, guint64 track, GdkRectangle *place)
{
    Place picture;
    const NtFace *face = find_face(view, track);
    if (!face || !find_place(view, &picture))
        return FALSE;
    const graphene_rect_t exact = mark_place(face, &picture);
    *place = (GdkRectangle){(int)floorf(exact.origin.x), (int)floorf(exact.origin.y), (int)ceilf(exact.size.width),
                            (int)ceilf(exact.size.height)};
    return TRUE;
}

/* The widget. */

static void nt_picture_view_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
                                    int *natural, int *minimum_baseline, int *natural_baseline)
{
    (void)widget, (void)for_size;
    const gboolean across = orientation == GTK_ORIENTATION_HORIZONTAL;
    *minimum = across ? MIN_WIDTH : MIN_HEIGHT;
    *natural = across ? NATURAL_WIDTH : NATURAL_HEIGHT;
    *minimum_baseline = *natural_baseline = -1;
}

static void nt_picture_view_size_allocate(GtkWidget *widget, int width, int height, int baseline)
{
    (void)width, (void)height, (void)baseline;
    NtPictureView *self = NT_PICTURE_VIEW(widget);
    Place place;
    const gboolean placed = find_place(self, &place);
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child)) {
        if (GTK_IS_POPOVER(child)) {
            gtk_popover_present(GTK_POPOVER(child));
            continue;
        }
        const guint64 track = nt_face_mark_get_track(NT_FACE_MARK(child));
        Mark *mark = g_hash_table_lookup(self->marks, &track);
        const NtFace *face = find_face(self, track);
        if (placed && mark && face)
            mark->place = mark_place(face, &place);
        /* Every child needs a size, and GTK measures it first. */
        gtk_widget_measure(child, GTK_ORIENTATION_HORIZONTAL, -1, NULL, NULL, NULL, NULL);
        const graphene_rect_t *put = mark ? &mark->place : &GRAPHENE_RECT_INIT(0, 0, 0, 0);
        gtk_widget_size_allocate(child,
                                 &(GtkAllocation){(int)roundf(put->origin.x), (int)roundf(put->origin.y),
                                                  (int)roundf(put->size.width), (int)roundf(put->size.height)},
                                 -1);
    }
}

static double text_scale(GtkWidget *widget)
{
    int dpi;
    g_object_get(gtk_widget_get_settings(widget), "gtk-xft-dpi", &dpi, NULL);
    return dpi > 0 ? dpi / USUAL_DPI : 1;
}

static void snapshot_tags(NtPictureView *self, GtkSnapshot *snapshot, const Place *place)
{
    NtOverlayOptions options = {.landmarks = self->landmarks,
                                .boxes = self->boxes,
                                .names = self->names,
                                .lit = self->lit,
                                .selected = self->selected,
                                .label = nt_words_verdict};
    options.scale = nt_overlay_scale_for(self->tagged, place->scale, text_scale(GTK_WIDGET(self)));
    const NtRect extent = nt_overlay_extent(self->tagged, &options);
    if (nt_rect_is_empty(extent))
        return;
    /* At whole pixels, or the tags would be drawn beside them and blurred. */
    const double left = floor(place->x + extent.left * place->scale);
    const double top = floor(place->y + extent.top * place->scale);
    const double right = ceil(place->x + (extent.right + 1) * place->scale);
    const double bottom = ceil(place->y + (extent.bottom + 1) * place->scale);
    cairo_t *cr = gtk_snapshot_append_cairo(
        snapshot, &GRAPHENE_RECT_INIT((float)left, (float)top, (float)(right - left), (float)(bottom - top)));
    cairo_translate(cr, place->x, place->y);
    cairo_scale(cr, place->scale, place->scale);
    nt_overlay_draw(cr, self->tagged, &options);
    cairo_destroy(cr);
}

static void nt_picture_view_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    NtPictureView *self = NT_PICTURE_VIEW(widget);
    Place place;
    if (find_place(self, &place)) {
        const graphene_rect_t view =
            GRAPHENE_RECT_INIT(0, 0, (float)gtk_widget_get_width(widget), (float)gtk_widget_get_height(widget));
        const graphene_rect_t picture =
            GRAPHENE_RECT_INIT((float)place.x, (float)place.y, (float)place.width, (float)place.height);
        gtk_snapshot_push_clip(snapshot, &view);
        gtk_snapshot_append_color(snapshot, &(GdkRGBA){0, 0, 0, 1}, &view); /* the letterbox */
        gtk_snapshot_append_texture(snapshot, self->shown->texture, &picture);
        snapshot_tags(self, snapshot, &place);
        gtk_snapshot_pop(snapshot);
    }
    GTK_WIDGET_CLASS(nt_picture_view_parent_class)->snapshot(widget, snapshot);
}

static int compare_place(gconstpointer a, gconstpointer b)
{
    const Mark *const *one = a, *const *two = b;
    return ((*one)->place.origin.x > (*two)->place.origin.x) - ((*one)->place.origin.x < (*two)->place.origin.x);
}

/* Tab goes over the picture itself, then the faces from left to right, then on. */
static gboolean move_by_tab(NtPictureView *self, gboolean forward)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    GHashTableIter iter;
    gpointer mark;
    g_hash_table_iter_init(&iter, self->marks);
    while (g_hash_table_iter_next(&iter, NULL, &mark))
        g_ptr_array_add(order, mark);
    g_ptr_array_sort(order, compare_place);
    int now = forward ? STOP_OUTSIDE : (int)order->len;
    if (gtk_widget_has_focus(GTK_WIDGET(self)))
        now = STOP_ITSELF;
    for (guint i = 0; i < order->len; i++)
        if (gtk_widget_has_focus(((Mark *)g_ptr_array_index(order, i))->widget))
            now = (int)i;
    Mark *asked = g_hash_table_lookup(self->marks, &self->activated);
    if (now == STOP_OUTSIDE && asked) { /* out of a popover that closed: back to the face it asked about */
        self->activated = 0;
        return gtk_widget_grab_focus(asked->widget);
    }
    const int next = forward ? now + 1 : now - 1;
    if (next < STOP_ITSELF || next >= (int)order->len)
        return FALSE;
    if (next == STOP_ITSELF)
        return focus_itself(self);
    return gtk_widget_grab_focus(((Mark *)g_ptr_array_index(order, (guint)next))->widget);
}

static gboolean nt_picture_view_focus(GtkWidget *widget, GtkDirectionType direction)
{
    GtkWidget *child = gtk_widget_get_focus_child(widget);
    if (GTK_IS_NATIVE(child)) /* within a popover: it keeps the focus */
        return gtk_widget_child_focus(child, direction);
    if (direction == GTK_DIR_TAB_FORWARD || direction == GTK_DIR_TAB_BACKWARD)
        return move_by_tab(NT_PICTURE_VIEW(widget), direction == GTK_DIR_TAB_FORWARD);
    return GTK_WIDGET_CLASS(nt_picture_view_parent_class)->focus(widget, direction);
}

static void on_released(NtPictureView *self, int presses)
{
    g_signal_emit(self, signals[BACKGROUND_ACTIVATED], 0, presses);
}

static void nt_picture_view_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    NtPictureView *self = NT_PICTURE_VIEW(object);
    switch (id) {
    case PROP_BOXES:
        g_value_set_boolean(value, self->boxes);
        break;
    case PROP_NAMES:
        g_value_set_boolean(value, self->names);
        break;
    case PROP_LANDMARKS:
        g_value_set_boolean(value, self->landmarks);
        break;
    case PROP_SELECTED:
        g_value_set_uint64(value, self->selected);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
}

static void set_switch(NtPictureView *self, gboolean *what, const GValue *value, GParamSpec *pspec)
{
    if (*what == g_value_get_boolean(value))
        return;
    *what = g_value_get_boolean(value);
    gtk_widget_queue_draw(GTK_WIDGET(self));
    g_object_notify_by_pspec(G_OBJECT(self), pspec);
}

static void nt_picture_view_set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
    NtPictureView *self = NT_PICTURE_VIEW(object);
    switch (id) {
    case PROP_BOXES:
        set_switch(self, &self->boxes, value, pspec);
        break;
    case PROP_NAMES:
        set_switch(self, &self->names, value, pspec);
        break;
    case PROP_LANDMARKS:
        set_switch(self, &self->landmarks, value, pspec);
        break;
    case PROP_SELECTED:
        nt_picture_view_set_selected(self, g_value_get_uint64(value));
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
}

static void nt_picture_view_dispose(GObject *object)
{
    NtPictureView *self = NT_PICTURE_VIEW(object);
    GtkWidget *child;
    if (self->marks)
        g_hash_table_remove_all(self->marks);
    while ((child = gtk_widget_get_first_child(GTK_WIDGET(self)))) /* a popover that somebody put here */
        gtk_widget_unparent(child);
    g_clear_pointer(&self->shown, nt_shown_unref);
    g_clear_pointer(&self->tagged, nt_tagged_frame_unref);
    G_OBJECT_CLASS(nt_picture_view_parent_class)->dispose(object);
}

static void nt_picture_view_finalize(GObject *object)
{
    NtPictureView *self = NT_PICTURE_VIEW(object);
    g_hash_table_unref(self->marks);
    g_free(self->words);
    G_OBJECT_CLASS(nt_picture_view_parent_class)->finalize(object);
}

static void install_properties(GObjectClass *object_class)
{
    const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
    props[PROP_BOXES] = g_param_spec_boolean("show-boxes", NULL, NULL, TRUE, flags);
    props[PROP_NAMES] = g_param_spec_boolean("show-names", NULL, NULL, TRUE, flags);
    props[PROP_LANDMARKS] = g_param_spec_boolean("show-landmarks", NULL, NULL, TRUE, flags);
    props[PROP_SELECTED] = g_param_spec_uint64("selected", NULL, NULL, 0, G_MAXUINT64, 0, flags);
    g_object_class_install_properties(object_class, N_PROPS, props);
}

static void install_signals(GType type)
{
    signals[FACE_ACTIVATED] = g_signal_new("face-activated", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                           2, G_TYPE_UINT64, GDK_TYPE_RECTANGLE | G_SIGNAL_TYPE_STATIC_SCOPE);
    signals[FACE_POINTED] =
        g_signal_new("face-pointed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
    signals[BACKGROUND_ACTIVATED] =
        g_signal_new("background-activated", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
}

static void nt_picture_view_class_init(NtPictureViewClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    object_class->get_property = nt_picture_view_get_property;
    object_class->set_property = nt_picture_view_set_property;
    object_class->dispose = nt_picture_view_dispose;
    object_class->finalize = nt_picture_view_finalize;
    widget_class->measure = nt_picture_view_measure;
    widget_class->size_allocate = nt_picture_view_size_allocate;
    widget_class->snapshot = nt_picture_view_snapshot;
    widget_class->focus = nt_picture_view_focus;
    install_properties(object_class);
    install_signals(G_OBJECT_CLASS_TYPE(klass));
    gtk_widget_class_set_css_name(widget_class, "pictureview");
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void nt_picture_view_init(NtPictureView *self)
{
    self->boxes = self->names = self->landmarks = TRUE;
    self->marks = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, mark_free);
    gtk_widget_set_focusable(GTK_WIDGET(self), TRUE);
    GtkGesture *click = gtk_gesture_click_new();
    g_signal_connect_object(click, "released", G_CALLBACK(on_released), self, G_CONNECT_SWAPPED);
    gtk_widget_add_controller(GTK_WIDGET(self), GTK_EVENT_CONTROLLER(click));
    tell_words(self);
}
