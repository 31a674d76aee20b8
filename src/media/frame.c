#include "media/frame.h"

struct NtFrame {
    gint references;
    GstVideoFrame video;
    NtYuvImage image;
    guint64 index;
    gint64 pts_ns, duration_ns;
};

/* Some decoders leave the invisible border in the buffer and tell the visible part by a meta. Rows and columns are
 * rounded down to even ones, so that luma and chroma stay together. */
static void crop(GstVideoFrame *video)
{
    const GstVideoCropMeta *meta = gst_buffer_get_video_crop_meta(video->buffer);
    if (!meta)
        return;
    guint width = GST_VIDEO_FRAME_WIDTH(video), height = GST_VIDEO_FRAME_HEIGHT(video);
    guint x = meta->x & ~1u, y = meta->y & ~1u;
    if (x >= width || y >= height || meta->width == 0 || meta->height == 0)
        return;
    for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(video); plane++) {
        gint shift = plane ? 1 : 0, step = GST_VIDEO_FRAME_COMP_PSTRIDE(video, plane);
        video->data[plane] = (guint8 *)video->data[plane] +
                             (gsize)(y >> shift) * GST_VIDEO_FRAME_PLANE_STRIDE(video, plane) +
                             (gsize)(x >> shift) * step;
    }
    video->info.width = (gint)MIN(meta->width, width - x);
    video->info.height = (gint)MIN(meta->height, height - y);
}

/* The matrix from luma and chroma to R, G, B. Streams that don't say get what GStreamer assumes for their size. */
static void fill_colorimetry(NtYuvImage *image, const GstVideoInfo *info)
{
    if (!gst_video_color_matrix_get_Kr_Kb(info->colorimetry.matrix, &image->kr, &image->kb)) {
        image->kr = 0.299;
        image->kb = 0.114;
    }
    image->full_range = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
}

static NtYuvImage view(const GstVideoFrame *video)
{
    gboolean interleaved = GST_VIDEO_FRAME_FORMAT(video) == GST_VIDEO_FORMAT_NV12;
    const guint8 *chroma = GST_VIDEO_FRAME_PLANE_DATA(video, 1);
    NtYuvImage image = {
        .y = GST_VIDEO_FRAME_PLANE_DATA(video, 0),
        .u = chroma,
        .v = interleaved ? chroma + 1 : GST_VIDEO_FRAME_PLANE_DATA(video, 2),
        .y_stride = GST_VIDEO_FRAME_PLANE_STRIDE(video, 0),
        .uv_stride = GST_VIDEO_FRAME_PLANE_STRIDE(video, 1),
        .uv_step = interleaved ? 2 : 1,
        .width = GST_VIDEO_FRAME_WIDTH(video),
        .height = GST_VIDEO_FRAME_HEIGHT(video),
    };
    fill_colorimetry(&image, &video->info);
    return image;
}

NtFrame *nt_frame_new(GstSample *sample, guint64 index, gint64 pts_ns, gint64 duration_ns)
{
    GstVideoInfo info;
    GstCaps *caps = gst_sample_get_caps(sample);
    if (!caps || !gst_video_info_from_caps(&info, caps))
        return NULL;
    if (info.finfo->format != GST_VIDEO_FORMAT_I420 && info.finfo->format != GST_VIDEO_FORMAT_NV12)
        return NULL;
    NtFrame *frame = g_new0(NtFrame, 1);
    if (!gst_video_frame_map(&frame->video, &info, gst_sample_get_buffer(sample), GST_MAP_READ)) {
        g_free(frame);
        return NULL;
    }
    crop(&frame->video);
    frame->references = 1;
    frame->image = view(&frame->video);
    frame->index = index;
    frame->pts_ns = pts_ns;
    frame->duration_ns = duration_ns;
    return frame;
}

NtFrame *nt_frame_ref(NtFrame *frame)
{
    g_atomic_int_inc(&frame->references);
    return frame;
}

void nt_frame_unref(NtFrame *frame)
{
    if (!frame || !g_atomic_int_dec_and_test(&frame->references))
        return;
    gst_video_frame_unmap(&frame->video);
    g_free(frame);
}

const NtYuvImage *nt_frame_image(const NtFrame *frame)
{
    return &frame->image;
}
guint64 nt_frame_index(const NtFrame *frame)
{
    return frame->index;
}
gint64 nt_frame_pts_ns(const NtFrame *frame)
{
    return frame->pts_ns;
}
gint64 nt_frame_duration_ns(const NtFrame *frame)
{
    return frame->duration_ns;
}
const GstVideoFrame *nt_frame_video(const NtFrame *frame)
{
    return &frame->video;
}
