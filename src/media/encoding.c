#include "media/encoding.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <string.h>

typedef struct Element {
    const char *factory, *plugins; /* plugins: the set of GStreamer plugins it comes in */
    const char *settings;          /* "name=value ..." */
    const char *parser;            /* what must follow it, or NULL */
} Element;

/* Speed first, since the analysis needs the processor, then text that stays sharp. Measured on a 1280x720 talking head
 * with two threads (decode and scale included): VP9 at cpu-used 8 takes 7.5 ms of processor time a frame, VP8 11.8,
 * x264 veryfast 11.8. Constant quality, with the bit rate (set by nt_encoding_tune) as an upper bound.
 * No B-frames: mp4mux measures a track by decoding times and would
 * cut the last frames of a variable frame rate. The time base is not the frame rate, so that variable frame rates keep
 * their times. */
static const Element vp9[] = {
    {"vp9enc", "good",
     "deadline=1 cpu-used=8 row-mt=true tile-columns=1 threads=2 end-usage=cq cq-level=24 timebase=1/90000", NULL},
    {"vp8enc", "good", "deadline=1 cpu-used=8 threads=2 end-usage=cq cq-level=16 timebase=1/90000", NULL},
    {NULL},
};
static const Element h264[] = {
    {"x264enc", "ugly", "speed-preset=veryfast pass=qual quantizer=21 bframes=0", NULL},
    {"openh264enc", "bad", "rate-control=bitrate complexity=low multi-thread=2", "h264parse"},
    {NULL},
};
static const Element opus[] = {{"opusenc", "base", "bitrate=96000", NULL}, {NULL}};
static const Element aac[] = {
    {"fdkaacenc", "bad", "", NULL},
    {"avenc_aac", "libav", "bitrate=128000", NULL},
    {"voaacenc", "bad", "bitrate=128000", NULL},
    {"faac", "bad", "", NULL},
    {NULL},
};

struct NtEncoding {
    const char *ending, *video_name, *audio_name;
    Element muxer;
    const Element *video, *audio;
    gboolean even_size;
};

static const NtEncoding encodings[] = {
    {".webm", "VP9 or VP8", "Opus", {"webmmux", "good", "", NULL}, vp9, opus, FALSE},
    {".mp4", "H.264", "AAC", {"mp4mux", "good", "faststart=true", NULL}, h264, aac, TRUE},
    {".mkv", "H.264", "Opus", {"matroskamux", "good", "", NULL}, h264, opus, TRUE},
};

/* Bits a pixel and second at which nothing is lost to the eye with these fast presets, and a frame rate for streams
 * that have none. */
#define BITS_PER_PIXEL 0.25
#define ASSUMED_FRAME_RATE 30.0
#define MIN_BIT_RATE 500000

const NtEncoding *nt_encoding_for_path(const char *path)
{
    g_autofree char *name = g_ascii_strdown(path, -1);
    for (guint i = 0; i < G_N_ELEMENTS(encodings); i++)
        if (g_str_has_suffix(name, encodings[i].ending))
            return &encodings[i];
    return NULL;
}

char *nt_encoding_list(void)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(encodings); i++)
        g_string_append_printf(list, "%s%s", i ? ", " : "", encodings[i].ending);
    return g_string_free(list, FALSE);
}

static void apply_settings(GstElement *element, const char *settings)
{
    g_auto(GStrv) pairs = g_strsplit(settings, " ", -1);
    for (char **pair = pairs; *pair; pair++) {
        char *value = strchr(*pair, '=');
        if (!value)
            continue;
        *value++ = '\0';
        gst_util_set_object_arg(G_OBJECT(element), *pair, value);
    }
}

/* The encoder alone, or a bin of it and its parser. */
static GstElement *make(const Element *wanted)
{
    GstElement *element = gst_element_factory_make(wanted->factory, NULL);
    if (!element)
        return NULL;
    apply_settings(element, wanted->settings);
    if (!wanted->parser)
        return element;
    GstElement *parser = gst_element_factory_make(wanted->parser, NULL);
    if (!parser) {
        gst_object_unref(gst_object_ref_sink(element));
        return NULL;
    }
    GstElement *bin = gst_bin_new(NULL);
    gst_bin_add_many(GST_BIN(bin), element, parser, NULL);
    gst_element_link(element, parser);
    g_autoptr(GstPad) in = gst_element_get_static_pad(element, "sink");
    g_autoptr(GstPad) out = gst_element_get_static_pad(parser, "src");
    gst_element_add_pad(bin, gst_ghost_pad_new("sink", in));
    gst_element_add_pad(bin, gst_ghost_pad_new("src", out));
    return bin;
}

static GstElement *make_first(const NtEncoding *encoding, const Element *candidates, const char *what, GError **error)
{
    g_autoptr(GString) tried = g_string_new(NULL);
    for (const Element *candidate = candidates; candidate->factory; candidate++) {
        GstElement *element = make(candidate);
        if (element)
            return element;
        if (tried->len > 0) /* Translators: between things of which one is enough. */
            g_string_append(tried, _(", or "));
        /* Translators: an encoder and the set of plugins it is in: “'vp8enc' of the good plugins”. */
        g_string_append_printf(tried, _("'%s' of the %s plugins"), candidate->factory, candidate->plugins);
    }
    /* Translators: the ending of a file (.webm), a kind of coding (“H.264”), and which plugins bring it. */
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("cannot write %s: no %s encoder; install GStreamer's %s"),
                encoding->ending, what, tried->str);
    return NULL;
}

GstElement *nt_encoding_make_muxer(const NtEncoding *encoding, const char *scratch, GError **error)
{
    GstElement *muxer = make(&encoding->muxer);
    if (!muxer)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    _("cannot write %s: GStreamer's '%s' is missing; install its %s plugins"), encoding->ending,
                    encoding->muxer.factory, encoding->muxer.plugins);
    else if (g_object_class_find_property(G_OBJECT_GET_CLASS(muxer), "faststart-file"))
        g_object_set(muxer, "faststart-file", scratch, NULL);
    return muxer;
}

GstElement *nt_encoding_make_video(const NtEncoding *encoding, GError **error)
{
    return make_first(encoding, encoding->video, encoding->video_name, error);
}

GstElement *nt_encoding_make_audio(const NtEncoding *encoding, GError **error)
{
    return make_first(encoding, encoding->audio, encoding->audio_name, error);
}

void nt_encoding_tune(GstElement *video, const GstVideoInfo *info)
{
    double rate = GST_VIDEO_INFO_FPS_N(info) > 0 ? (double)GST_VIDEO_INFO_FPS_N(info) / GST_VIDEO_INFO_FPS_D(info)
                                                 : ASSUMED_FRAME_RATE;
    double bits = BITS_PER_PIXEL * rate * GST_VIDEO_INFO_WIDTH(info) * GST_VIDEO_INFO_HEIGHT(info);
    int bit_rate = (int)CLAMP(bits, MIN_BIT_RATE, G_MAXINT / 2);
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(video), "target-bitrate"))
        g_object_set(video, "target-bitrate", bit_rate, NULL);
    else if (GST_IS_BIN(video)) {
        g_autoptr(GstElement) encoder = gst_bin_get_by_interface(GST_BIN(video), GST_TYPE_PRESET);
        if (encoder && g_object_class_find_property(G_OBJECT_GET_CLASS(encoder), "bitrate"))
            g_object_set(encoder, "bitrate", (guint)bit_rate, NULL);
    }
}

gboolean nt_encoding_needs_even_size(const NtEncoding *encoding)
{
    return encoding->even_size;
}
