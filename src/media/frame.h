/* Nametag - a decoded frame, mapped as long as it lives. Private to media; others see it through media/source.h. */
#ifndef NT_FRAME_H
#define NT_FRAME_H

#include <gst/video/video.h>

#include "media/source.h"

/* Maps the sample's buffer (which the frame keeps, not the sample). NULL when it is not 8-bit 4:2:0 or cannot be
 * mapped. */
NtFrame *nt_frame_new(GstSample *sample, guint64 index, gint64 pts_ns, gint64 duration_ns);

/* The mapped frame, already cut to the visible part. */
const GstVideoFrame *nt_frame_video(const NtFrame *frame);

#endif
