/* Nametag - the kinds of clip that can be written, and the GStreamer elements that write them. Private to media. */
#ifndef NT_ENCODING_H
#define NT_ENCODING_H

#include <gst/gst.h>
#include <gst/video/video.h>

typedef struct NtEncoding NtEncoding;

/* By the ending of path; NULL for an unknown one. */
const NtEncoding *nt_encoding_for_path(const char *path);
/* ".webm, .mp4, .mkv" */
char *nt_encoding_list(void);

/* Elements, floating; NULL with a message that names what is missing. scratch: a file the muxer may use while it puts the
 * index in front (only MP4 does). */
GstElement *nt_encoding_make_muxer(const NtEncoding *encoding, const char *scratch, GError **error);
GstElement *nt_encoding_make_video(const NtEncoding *encoding, GError **error);
GstElement *nt_encoding_make_audio(const NtEncoding *encoding, GError **error);

/* Sets what depends on the picture; before the encoder starts. */
void nt_encoding_tune(GstElement *video, const GstVideoInfo *info);
/* H.264 in 4:2:0 stores even sizes only. */
gboolean nt_encoding_needs_even_size(const NtEncoding *encoding);

#endif
