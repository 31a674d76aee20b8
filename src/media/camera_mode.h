/* Nametag - which of its modes a camera is asked for. Private to media. */
#ifndef NT_CAMERA_MODE_H
#define NT_CAMERA_MODE_H

#include <gst/gst.h>

typedef struct NtCameraMode {
    gboolean is_jpeg;
    char format[16]; /* GStreamer's name of a raw format; "" for JPEG */
    int width, height;
    int rate_n, rate_d; /* 0/1 when it does not say */
} NtCameraMode;

/* The mode nearest to the wanted size and rate. Of those alike, a raw one in the layout that frames have (NV12, I420) before one to
 * be converted (YUY2), before JPEG, which takes its turn where raw pictures are slower or smaller, as over USB 2. FALSE when there
 * is none that can be read. */
gboolean nt_camera_mode_choose(const GstCaps *caps, int width, int height, int frames_per_second, NtCameraMode *mode);
/* To be filtered for. */
GstCaps *nt_camera_mode_caps(const NtCameraMode *mode);
/* "1280x720 at 30 frames/s, 640x480 at 30 frames/s": the largest sizes, each at its highest rate. Free with g_free. */
char *nt_camera_mode_describe(const GstCaps *caps);

#endif
