/* The picture and its faces as widgets: where they are, who keeps the focus, what is told and when. */
#include <gtk/gtk.h>

#include "app/face_mark.h"
#include "app/picture_view.h"
#include "app/viewing_private.h"

#define WIDTH 640
#define HEIGHT 360
#define VIEW_WIDTH 800
#define VIEW_HEIGHT 600

static gboolean has_display;

/* A grey picture with faces of these tracks, side by side from the left, each moved by so many pixels. */
static NtShown *make_shown(const guint64 *tracks, guint n, int moved, double pixel_aspect)
{
    NtShown *shown = nt_shown_new();
    g_autofree guint8 *pixels = g_malloc(WIDTH * HEIGHT * 4);
    memset(pixels, 0x80, WIDTH * HEIGHT * 4);
    g_autoptr(GBytes) bytes = g_bytes_new(pixels, WIDTH * HEIGHT * 4);
    shown->texture = gdk_memory_texture_new(WIDTH, HEIGHT, GDK_MEMORY_B8G8R8A8_PREMULTIPLIED, bytes, WIDTH * 4);
    shown->pixel_aspect = pixel_aspect;
    shown->tagged = nt_tagged_frame_new(n);
    shown->tagged->width = WIDTH, shown->tagged->height = HEIGHT;
    for (guint i = 0; i < n; i++) {
        NtFace *face = &shown->tagged->faces[i];
        const int left = 20 + 200 * (int)i + moved;
        face->track = tracks[i];
        face->detection.box = (NtRect){left, 100, left + 99, 199};
        face->verdict = (NtVerdict){.kind = NT_VERDICT_NAME, .name = i ? "Ben" : "Anna"};
    }
    return shown;
}

static void show(NtPictureView *view, const guint64 *tracks, guint n, int moved)
{
    g_autoptr(NtShown) shown = make_shown(tracks, n, moved, 1);
    nt_picture_view_set_shown(view, shown);
}

typedef struct Fixture {
    GtkWidget *window;
    NtPictureView *view;
    guint64 activated, pointed;
    guint n_activated;
} Fixture;

static void on_activated(Fixture *fixture, guint64 track, const GdkRectangle *place)
{
    g_assert_cmpint(place->width, >, 0);
    fixture->activated = track;
    fixture->n_activated++;
}

static void on_pointed(Fixture *fixture, guint64 track)
{
    fixture->pointed = track;
}

static void settle(void)
{
    const gint64 end = g_get_monotonic_time() + G_USEC_PER_SEC / 5;
    while (g_get_monotonic_time() < end)
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(1000);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
    (void)data;
    if (!has_display)
        return;
    fixture->view = g_object_new(NT_TYPE_PICTURE_VIEW, NULL);
    fixture->window = gtk_window_new();
    gtk_window_set_decorated(GTK_WINDOW(fixture->window), FALSE);
    gtk_window_set_default_size(GTK_WINDOW(fixture->window), VIEW_WIDTH, VIEW_HEIGHT);
    gtk_window_set_child(GTK_WINDOW(fixture->window), GTK_WIDGET(fixture->view));
    g_signal_connect_swapped(fixture->view, "face-activated", G_CALLBACK(on_activated), fixture);
    g_signal_connect_swapped(fixture->view, "face-pointed", G_CALLBACK(on_pointed), fixture);
    gtk_window_present(GTK_WINDOW(fixture->window));
    settle();
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    if (!has_display)
        return;
    g_object_add_weak_pointer(G_OBJECT(fixture->view), (gpointer *)&fixture->view);
    gtk_window_destroy(GTK_WINDOW(fixture->window));
    settle();
    g_assert_null(fixture->view); /* nothing keeps it */
}

static gboolean skip(void)
{
    if (!has_display)
        g_test_skip("no display");
    return !has_display;
}

static GtkWidget *find_mark(NtPictureView *view, guint64 track)
{
    for (GtkWidget *child = gtk_widget_get_first_child(GTK_WIDGET(view)); child;
         child = gtk_widget_get_next_sibling(child))
        if (NT_IS_FACE_MARK(child) && nt_face_mark_get_track(NT_FACE_MARK(child)) == track)
            return child;
    return NULL;
}

/* The picture is 640 x 360 in 800 x 600: 1.25 times as large, with bars of 75 above and below. */
static void test_places(Fixture *fixture, gconstpointer data)
{
    (void)data;
    if (skip())
        return;
    static const guint64 tracks[] = {4, 7};
    show(fixture->view, tracks, 2, 0);
    settle();
    GdkRectangle place;
    g_assert_true(nt_picture_view_locate(fixture->view, 7, &place));
    g_assert_cmpint(place.x, ==, 275);
    g_assert_cmpint(place.y, ==, 200);
    g_assert_cmpint(place.width, ==, 125);
    g_assert_cmpint(place.height, ==, 125);
    g_assert_false(nt_picture_view_locate(fixture->view, 8, &place));
    graphene_rect_t bounds;
    g_assert_true(gtk_widget_compute_bounds(find_mark(fixture->view, 7), GTK_WIDGET(fixture->view), &bounds));
    g_assert_cmpfloat_with_epsilon(bounds.origin.x, 275, 1.01);
    g_assert_cmpfloat_with_epsilon(bounds.origin.y, 200, 1.01);
    /* Pixels twice as wide as high: 1280 x 360, which is 0.625 times as large here, with bars of 187. */
    g_autoptr(NtShown) wide = make_shown(tracks, 2, 0, 2);
    nt_picture_view_set_shown(fixture->view, wide);
    settle();
    g_assert_true(nt_picture_view_locate(fixture->view, 7, &place));
    g_assert_cmpint(place.x, ==, 275);
    g_assert_cmpint(place.y, ==, 187 + 62);
    g_assert_cmpint(place.width, ==, 125);
    g_assert_cmpint(place.height, ==, 63);
}

/* A face keeps its widget, and the focus, from picture to picture; one that is gone takes its widget with it and gives
 * the focus to the picture, not to another face. */
static void test_identity(Fixture *fixture, gconstpointer data)
{
    (void)data;
    if (skip())
        return;
    static const guint64 tracks[] = {4, 7}, swapped[] = {7, 4}, other[] = {4, 9};
    show(fixture->view, tracks, 2, 0);
    settle();
    GtkWidget *mark = find_mark(fixture->view, 7);
    g_assert_nonnull(mark);
    g_assert_true(gtk_widget_grab_focus(mark));
    settle();
    g_assert_cmpuint(fixture->pointed, ==, 7);
    show(fixture->view, tracks, 2, 40);
    show(fixture->view, swapped, 2, 0);
    settle();
    g_assert_true(find_mark(fixture->view, 7) == mark);
    g_assert_true(gtk_widget_has_focus(mark));
    show(fixture->view, other, 2, 0);
    settle();
    g_assert_null(find_mark(fixture->view, 7));
    g_assert_nonnull(find_mark(fixture->view, 9));
    g_assert_true(gtk_widget_has_focus(GTK_WIDGET(fixture->view)));
    g_assert_cmpuint(fixture->pointed, ==, 0);
    nt_picture_view_set_shown(fixture->view, NULL);
    g_assert_null(gtk_widget_get_first_child(GTK_WIDGET(fixture->view)));
}

/* Tab: the picture, then the faces from left to right, whatever their order in the frame. */
static void test_tab(Fixture *fixture, gconstpointer data)
{
    (void)data;
    if (skip())
        return;
    static const guint64 tracks[] = {4, 7, 5};
    g_autoptr(NtShown) shown = make_shown(tracks, 3, 0, 1);
    const NtRect first = shown->tagged->faces[0].detection.box;
    shown->tagged->faces[0].detection.box = shown->tagged->faces[2].detection.box;
    shown->tagged->faces[2].detection.box = first;
    nt_picture_view_set_shown(fixture->view, shown);
    settle();
    static const guint64 order[] = {5, 7, 4};
    g_assert_true(gtk_widget_grab_focus(GTK_WIDGET(fixture->view)));
    for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
        g_assert_true(gtk_widget_child_focus(GTK_WIDGET(fixture->view), GTK_DIR_TAB_FORWARD));
        g_assert_true(gtk_widget_has_focus(find_mark(fixture->view, order[i])));
    }
    g_assert_false(gtk_widget_child_focus(GTK_WIDGET(fixture->view), GTK_DIR_TAB_FORWARD));
    g_assert_true(gtk_widget_child_focus(GTK_WIDGET(fixture->view), GTK_DIR_TAB_BACKWARD));
    g_assert_true(gtk_widget_has_focus(find_mark(fixture->view, 7)));
}

static void test_activate(Fixture *fixture, gconstpointer data)
{
    (void)data;
    if (skip())
        return;
    static const guint64 tracks[] = {4, 7};
    show(fixture->view, tracks, 2, 0);
    settle();
    g_assert_true(gtk_widget_activate(find_mark(fixture->view, 7)));
    g_assert_cmpuint(fixture->activated, ==, 7);
    g_assert_cmpuint(fixture->n_activated, ==, 1);
}

/* A face without a track, as pictures of a detector alone have, is drawn but cannot be pressed. */
static void test_untracked(Fixture *fixture, gconstpointer data)
{
    (void)data;
    if (skip())
        return;
    show(fixture->view, (const guint64[]){0, 3}, 2, 0);
    g_assert_null(find_mark(fixture->view, 0));
    g_assert_nonnull(find_mark(fixture->view, 3));
    GtkWidget *mark = find_mark(fixture->view, 3);
    g_assert_cmpint(gtk_accessible_get_accessible_role(GTK_ACCESSIBLE(mark)), ==, GTK_ACCESSIBLE_ROLE_BUTTON);
    g_assert_true(gtk_test_accessible_has_property(GTK_ACCESSIBLE(mark), GTK_ACCESSIBLE_PROPERTY_LABEL));
    g_assert_true(gtk_test_accessible_has_property(GTK_ACCESSIBLE(fixture->view), GTK_ACCESSIBLE_PROPERTY_LABEL));
}

/* Textures are let go with their picture. */
static void test_no_leak(Fixture *fixture, gconstpointer data)
{
    (void)data;
    if (skip())
        return;
    GdkTexture *texture;
    {
        g_autoptr(NtShown) shown = make_shown((const guint64[]){1}, 1, 0, 1);
        texture = shown->texture;
        g_object_add_weak_pointer(G_OBJECT(texture), (gpointer *)&texture);
        nt_picture_view_set_shown(fixture->view, shown);
    }
    settle();
    g_assert_nonnull(texture);
    for (int i = 0; i < 3; i++) {
        show(fixture->view, (const guint64[]){1}, 1, i);
        settle();
    }
    g_assert_null(texture);
}

int main(int argc, char **argv)
{
    g_setenv("LC_ALL", "C.UTF-8", TRUE);
    g_setenv("GTK_A11Y", "test", TRUE);
    g_setenv("GSK_RENDERER", "cairo", FALSE);
    g_test_init(&argc, &argv, NULL);
    has_display = gtk_init_check();
    g_test_add("/picture-view/places", Fixture, NULL, set_up, test_places, tear_down);
    g_test_add("/picture-view/identity", Fixture, NULL, set_up, test_identity, tear_down);
    g_test_add("/picture-view/tab", Fixture, NULL, set_up, test_tab, tear_down);
    g_test_add("/picture-view/activate", Fixture, NULL, set_up, test_activate, tear_down);
    g_test_add("/picture-view/untracked", Fixture, NULL, set_up, test_untracked, tear_down);
    g_test_add("/picture-view/no-leak", Fixture, NULL, set_up, test_no_leak, tear_down);
    return g_test_run();
}
