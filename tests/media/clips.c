#include "clips.h"

#include <glib/gstdio.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <string.h>

static char *folder;

static void remove_tree(const char *path)
{
    GDir *dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    if (dir)
        g_dir_close(dir);
    g_remove(path);
}

void clips_init(int *argc, char ***argv)
{
    g_test_init(argc, argv, NULL);
    g_autoptr(GError) error = NULL;
    nt_media_init(argc, argv, &error);
    g_assert_no_error(error);
    folder = g_dir_make_tmp("nametag-media-XXXXXX", &error);
    g_assert_no_error(error);
}

int clips_run(void)
{
    int result = g_test_run();
    if (!g_getenv("KEEP"))
        remove_tree(folder);
    g_free(folder);
    gst_deinit();
    return result;
}

char *clip_path(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static void run_to_end(GstElement *pipeline)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) message =
        gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    g_assert_nonnull(message);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(message, &error, NULL);
        g_assert_no_error(error);
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
}

static GstElement *launch(const char *description, const char *path)
{
    g_autofree char *whole = g_strdup_printf("%s ! filesink location=%s", description, path);
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch(whole, &error);
    g_assert_no_error(error);
    return pipeline;
}

char *clip_make(const char *name, const char *description)
{
    char *path = clip_path(name);
    g_autoptr(GstElement) pipeline = launch(description, path);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    run_to_end(pipeline);
    return path;
}

char *clip_make_timed(const char *name, int width, int height, const guint64 *pts_ms, int count)
{
    char *path = clip_path(name);
    g_autofree char *description =
        g_strdup_printf("appsrc name=in format=time caps=video/x-raw,format=I420,width=%d,height=%d,framerate=0/1 ! "
                        "jpegenc ! matroskamux",
                        width, height);
    g_autoptr(GstElement) pipeline = launch(description, path);
    g_autoptr(GstElement) in = gst_bin_get_by_name(GST_BIN(pipeline), "in");
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    gsize size = (gsize)width * height * 3 / 2; /* even sizes, rows a multiple of 4: no padding */
    for (int i = 0; i < count; i++) {
        GstBuffer *buffer = gst_buffer_new_allocate(NULL, size, NULL);
        gst_buffer_memset(buffer, 0, 128, size);
        gst_buffer_memset(buffer, 0, (guint8)(16 + 8 * i), (gsize)width * height);
        GST_BUFFER_PTS(buffer) = pts_ms[i] * GST_MSECOND;
        g_assert_cmpint(gst_app_src_push_buffer(GST_APP_SRC(in), buffer), ==, GST_FLOW_OK);
    }
    gst_app_src_end_of_stream(GST_APP_SRC(in));
    run_to_end(pipeline);
    return path;
}

char *clip_write(const char *name, const void *bytes, gsize size)
{
    char *path = clip_path(name);
    g_autoptr(GError) error = NULL;
    g_file_set_contents(path, bytes, (gssize)size, &error);
    g_assert_no_error(error);
    return path;
}

char *clip_join(const char *name, const char *first, const char *second)
{
    g_autofree char *one = NULL, *two = NULL;
    gsize one_size, two_size;
    g_assert_true(g_file_get_contents(first, &one, &one_size, NULL));
    g_assert_true(g_file_get_contents(second, &two, &two_size, NULL));
    g_autoptr(GByteArray) both = g_byte_array_new();
    g_byte_array_append(both, (guint8 *)one, (guint)one_size);
    g_byte_array_append(both, (guint8 *)two, (guint)two_size);
    return clip_write(name, both->data, both->len);
}

static char *in_folder(const char *variable, const char *below, const char *name)
{
    const char *root = g_getenv(variable);
    char *path = root && *root ? g_build_filename(root, below, name, NULL) : NULL;
    if (path && g_file_test(path, G_FILE_TEST_EXISTS))
        return path;
    g_free(path);
    g_autofree char *reason = g_strdup_printf("%s is not there (%s)", name, variable);
    g_test_skip(reason);
    return NULL;
}

char *clip_package(const char *name)
{
    return in_folder("NAMETAG_PACKAGES", ".", name);
}
char *clip_shared(const char *name)
{
    return in_folder("NAMETAG_TEST_DATA", ".", name);
}

ClipFacts clip_read(const char *location)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtSource) source = nt_source_open(location, &error);
    g_assert_no_error(error);
    ClipFacts facts = {
        .rising = TRUE, .first_pts = -1, .last_pts = -1, .pts = g_array_new(FALSE, FALSE, sizeof(gint64))};
    facts.has_audio = nt_source_has_audio(source);
    NtFrame *frame;
    while ((frame = nt_source_read(source, &error))) {
        const NtYuvImage *image = nt_frame_image(frame);
        gint64 pts = nt_frame_pts_ns(frame);
        g_assert_cmpuint(nt_frame_index(frame), ==, (guint64)facts.frames);
        if (facts.frames++ == 0) {
            facts.first_width = image->width;
            facts.first_height = image->height;
            facts.first_pts = pts;
        }
        facts.last_width = image->width;
        facts.last_height = image->height;
        facts.rising &= pts > facts.last_pts;
        facts.last_pts = pts;
        g_array_append_val(facts.pts, pts);
        nt_frame_unref(frame);
    }
    g_assert_no_error(error);
    g_test_message("%s: %d frames, %dx%d to %dx%d, %.3f to %.3f s, sound: %d", location, facts.frames,
                   facts.first_width, facts.first_height, facts.last_width, facts.last_height,
                   (double)facts.first_pts / 1e9, (double)facts.last_pts / 1e9, facts.has_audio);
    return facts;
}

void clip_facts_clear(ClipFacts *facts)
{
    g_clear_pointer(&facts->pts, g_array_unref);
}
