/* The time line's widget: rows follow the lanes, keep the focus, are named for the screen reader, and jump by pointer
 * and keyboard. */
#include <adwaita.h>
#include <glib.h>
#include <math.h>

#include "app/time_line_row.h"
#include "app/time_line_view.h"
#include "media/source.h"

#define SECOND G_GINT64_CONSTANT(1000000000)
#define PATIENCE_US (120 * G_USEC_PER_SEC)
#define WIDTH 600

static gboolean has_display;

static NtLane *make_lane(const char *name, guint unknown, const double *seconds, guint n_spans)
{
    NtLane *lane = g_new0(NtLane, 1);
    lane->ref_count = 1;
    lane->name = g_intern_string(name);
    lane->unknown = unknown;
    lane->n_spans = n_spans;
    lane->spans = g_new0(NtSpan, n_spans);
    for (guint i = 0; i < n_spans; i++) {
        lane->spans[i] = (NtSpan){(gint64)(seconds[2 * i] * SECOND), (gint64)(seconds[2 * i + 1] * SECOND)};
        lane->total_ns += lane->spans[i].last_ns - lane->spans[i].first_ns;
    }
    return lane;
}

static void settle(void)
{
    for (int i = 0; i < 50; i++) {
        g_usleep(2000);
        while (g_main_context_iteration(NULL, FALSE))
            ;
    }
}

static GtkWidget *show(GtkWidget *child)
{
    GtkWidget *window = gtk_window_new();
    gtk_window_set_default_size(GTK_WINDOW(window), WIDTH, 200);
    gtk_window_set_child(GTK_WINDOW(window), child);
    gtk_window_present(GTK_WINDOW(window));
    settle();
    return window;
}

static GtkEventController *find_controller(GtkWidget *widget, GType type)
{
    g_autoptr(GListModel) controllers = gtk_widget_observe_controllers(widget);
    for (guint i = 0; i < g_list_model_get_n_items(controllers); i++) {
        g_autoptr(GtkEventController) controller = g_list_model_get_item(controllers, i);
        if (G_TYPE_CHECK_INSTANCE_TYPE(controller, type))
            return controller; /* the widget keeps it */
    }
    g_assert_not_reached();
}

static void click(GtkWidget *row, double x)
{
    g_signal_emit_by_name(find_controller(row, GTK_TYPE_GESTURE_CLICK), "pressed", 1, x, 5.0);
}

static void press(GtkWidget *row, guint key)
{
    gboolean handled = FALSE;
    g_signal_emit_by_name(find_controller(row, GTK_TYPE_EVENT_CONTROLLER_KEY), "key-pressed", key, 0, 0, &handled);
    g_assert_true(handled);
}

static void on_seek(gint64 *to, gint64 position_ns)
{
    *to = position_ns;
}

static gboolean skip_without_display(void)
{
    if (!has_display)
        g_test_skip("no display");
    return !has_display;
}

static void test_row(void)
{
    if (skip_without_display())
        return;
    const double seconds[] = {3, 12, 30, 33};
    g_autoptr(NtLane) lane = make_lane("Anna", 0, seconds, 2);
    GtkWidget *row = nt_time_line_row_new();
    nt_time_line_row_set_lane(NT_TIME_LINE_ROW(row), lane);
    nt_time_line_row_set_extent(NT_TIME_LINE_ROW(row), 60 * SECOND, 1);
    GtkWidget *window = show(row);
    gint64 to = -1;
    g_signal_connect_swapped(row, "seek", G_CALLBACK(on_seek), &to);
    gtk_test_accessible_assert_property(row, GTK_ACCESSIBLE_PROPERTY_LABEL, "Anna: 2 appearances, 0:12 in all");
    gtk_test_accessible_assert_role(row, GTK_ACCESSIBLE_ROLE_LIST_ITEM);
    g_assert_true(gtk_widget_get_focusable(row));

    double x, width;
    nt_time_line_row_get_track(NT_TIME_LINE_ROW(row), &x, &width);
    g_assert_cmpfloat(width, >, WIDTH / 2);
    click(row, x + width / 2);
    g_assert_cmpint(llabs(to - 30 * SECOND), <, SECOND / 10);
    click(row, x / 2); /* the name */
    g_assert_cmpint(to, ==, 3 * SECOND);
    to = -1;
    press(row, GDK_KEY_Return);
    g_assert_cmpint(to, ==, 3 * SECOND);

    /* The name moves to the right; time does not turn round. */
    gtk_widget_set_direction(row, GTK_TEXT_DIR_RTL);
    settle();
    double rtl_x, rtl_width;
    nt_time_line_row_get_track(NT_TIME_LINE_ROW(row), &rtl_x, &rtl_width);
    g_assert_cmpfloat(rtl_x, <, x);
    click(row, rtl_x + rtl_width / 4);
    g_assert_cmpint(llabs(to - 15 * SECOND), <, SECOND / 10);
    gtk_window_destroy(GTK_WINDOW(window));
}

static GtkWidget *find_widget(GtkWidget *widget, GType type)
{
    if (G_TYPE_CHECK_INSTANCE_TYPE(widget, type))
        return widget;
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *found = find_widget(child, type);
        if (found)
            return found;
    }
    return NULL;
}

static void wait_until_complete(NtTimeLine *time_line)
{
    const gint64 end_us = g_get_monotonic_time() + PATIENCE_US;
    while (!nt_time_line_is_complete(time_line)) {
        g_assert_cmpint(g_get_monotonic_time(), <, end_us);
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
}

/* The demo clip: two rows, which are there until it is another's turn; nothing of the view stays behind. */
static void test_view(void)
{
    g_autofree char *demo = g_build_filename(g_getenv("NAMETAG_DEMO"), "demo.mp4", NULL);
    if (skip_without_display())
        return;
    if (!g_file_test(demo, G_FILE_TEST_EXISTS)) {
        g_test_skip("the demo clip was not made");
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(NtModelSet) models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    g_assert_no_error(error);
    g_autoptr(NtTimeLine) time_line = nt_time_line_new(demo, models, NULL, FALSE);
    NtTimeLineView *view = g_object_new(NT_TYPE_TIME_LINE_VIEW, NULL);
    nt_time_line_view_set_time_line(view, time_line);
    GtkWidget *window = show(GTK_WIDGET(view));
    gint64 to = -1;
    g_signal_connect_swapped(view, "seek", G_CALLBACK(on_seek), &to);
    wait_until_complete(time_line);
    settle();

    GtkWidget *row = find_widget(GTK_WIDGET(view), NT_TYPE_TIME_LINE_ROW);
    GtkWidget *second = gtk_widget_get_next_sibling(row);
    g_assert_nonnull(second);
    g_assert_null(gtk_widget_get_next_sibling(second));
    gtk_widget_grab_focus(row);
    for (gint64 at = 0; at < 20; at++) {
        nt_time_line_view_set_position(view, at * SECOND);
        settle();
    }
    press(row, GDK_KEY_Left);
    g_assert_cmpint(to, ==,
                    nt_time_line_seek(time_line, nt_time_line_row_get_lane(NT_TIME_LINE_ROW(row)), 19 * SECOND, -1));
    g_assert_cmpint(to, >=, 0);

    nt_time_line_view_set_time_line(view, NULL);
    g_assert_null(find_widget(GTK_WIDGET(view), NT_TYPE_TIME_LINE_ROW));
    gpointer weak = view;
    g_object_add_weak_pointer(G_OBJECT(view), &weak);
    gtk_window_destroy(GTK_WINDOW(window));
    settle();
    g_assert_null(weak);
    nt_time_line_close(time_line);
    nt_time_line_wait_all();
}

int main(int argc, char **argv)
{
    g_setenv("GTK_A11Y", "test", TRUE);
    g_setenv("LANGUAGE", "C", TRUE);
    g_test_init(&argc, &argv, NULL);
    g_assert_true(nt_media_init(&argc, &argv, NULL));
    has_display = gtk_init_check();
    if (has_display)
        adw_init();
    g_test_add_func("/time-line-view/row", test_row);
    g_test_add_func("/time-line-view/view", test_view);
    return g_test_run();
}
