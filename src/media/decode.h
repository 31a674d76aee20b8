/* Nametag - the pipeline that turns a file or a stream into frames, shared by the readers of clips and of streams. Private to media.
 *
 *   uridecodebin -> videoconvert -> I420/NV12 -> videoflip -> appsink
 *
 * Sound stays undecoded, but for who takes it. videoconvert and videoflip pass buffers through untouched when the decoder gives 8-bit 4:2:0 and no rotation is
 * tagged. uridecodebin and not uridecodebin3: of the two it is the one that lets us refuse to decode streams one by one
 * (autoplug-continue), and it settles the set of streams before the first frame. Interlaced frames come woven, as
 * stored: taking them apart would change the number of frames.
 */
#ifndef NT_DECODE_H
#define NT_DECODE_H

#include <gst/gst.h>

/* The decoded sound, to be linked: from a streaming thread. */
typedef void (*NtDecodeSound)(GstPad *pad, gpointer user);

typedef struct NtDecode {
    GstElement *pipeline, *convert, *sink;
    GstBus *bus;
    char *uri, *user, *password; /* of the server, which gets the last two apart, so that no message of GStreamer shows them */
    gint has_audio, has_video, streams_known, leads_away; /* atomic, set by streaming threads */
    guint rtsp_protocols;  /* GstRTSPLowerTrans; 0: GStreamer's choice */
    NtDecodeSound take_sound; /* NULL: nobody wants it */
    gpointer sound_user;
} NtDecode;

/* Elements, not started. uri may have credentials in it. shown: the location for messages. */
NtDecode *nt_decode_new(const char *uri, const char *shown, GError **error);
/* Keeps the uridecodebin of a file from opening what the file says: a list of addresses in it is shown as a stream that nobody
 * takes, and *refused, which may be NULL, becomes 1 (atomic). Nothing happens where uri is an address on the network. */
void nt_decode_stay_local(GstElement *decoder, const char *uri, gint *refused);
/* The streams are known, and no picture is among them. Any thread. */
gboolean nt_decode_is_blind(const NtDecode *decode);
/* Fills error when there is none because a file leads elsewhere; else FALSE. */
gboolean nt_decode_describe_away(const NtDecode *decode, const char *shown, GError **error);
/* Fills error with what to say then, where it is a clip. */
void nt_decode_describe_blind(const NtDecode *decode, const char *shown, GError **error);
/* A new element in bin; NULL when there is none of the kind. shown: what is opened, for the error. */
GstElement *nt_decode_add(GstBin *bin, const char *factory, const char *shown, GError **error);
/* The second half of such a pipeline, from raw video on, in convert and sink; FALSE when an element is missing. flip: rotation tags
 * are applied. */
gboolean nt_decode_add_sink(GstBin *bin, gboolean flip, const char *shown, GstElement **convert, GstElement **sink, GError **error);

/* Stops and frees. A file is stopped at once; of a network's pipeline that hangs, no more than limit_us is waited for. */
void nt_decode_close(NtDecode *decode, gint64 limit_us);

#endif
