#include "media/sound.h"

#include <glib/gi18n-lib.h>
#include <gst/app/gstappsink.h>
#include <gst/pbutils/pbutils.h>

#include "media/decode.h"
#include "media/trouble.h"

#define POLL_NS (20 * GST_MSECOND)
/* Decoded buffers ahead of the recording: some hundred milliseconds. */
#define BUFFERS_AHEAD 16
/* A stalled network source is given up this long after the picture has ended. */
#define STALL_LIMIT_NS (5 * GST_SECOND)

struct NtSound {
    gboolean is_file;
    GstElement *pipeline, *convert, *sink;
    GstBus *bus;
    NtTrouble trouble;
    GstSample *first;
    GstAppSrc *target;
    GThread *thread;
    GMutex lock;
    gint64 cut_ns; /* under lock; -1: none */
    gint64 fed_ns;
    gint stop, has_audio, streams_known; /* atomic */
};

static gboolean on_continue(GstElement *decoder, GstPad *pad, GstCaps *caps, NtSound *sound)
{
    (void)decoder, (void)pad, (void)sound;
    GstPbUtilsCapsDescriptionFlags kind = gst_pb_utils_get_caps_description_flags(caps);
    return (kind & (GST_PBUTILS_CAPS_DESCRIPTION_FLAG_CONTAINER | GST_PBUTILS_CAPS_DESCRIPTION_FLAG_AUDIO)) ||
           !(kind & (GST_PBUTILS_CAPS_DESCRIPTION_FLAG_VIDEO | GST_PBUTILS_CAPS_DESCRIPTION_FLAG_IMAGE |
                     GST_PBUTILS_CAPS_DESCRIPTION_FLAG_SUBTITLE));
}

static void on_pad(GstElement *decoder, GstPad *pad, NtSound *sound)
{
    (void)decoder;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    if (!caps)
        caps = gst_pad_query_caps(pad, NULL);
    if (gst_caps_is_empty(caps) || !gst_structure_has_name(gst_caps_get_structure(caps, 0), "audio/x-raw"))
        return;
    g_autoptr(GstPad) entry = gst_element_get_static_pad(sound->convert, "sink");
    if (!gst_pad_is_linked(entry) && GST_PAD_LINK_SUCCESSFUL(gst_pad_link(pad, entry)))
        g_atomic_int_set(&sound->has_audio, 1);
}

static void on_no_more_pads(GstElement *decoder, NtSound *sound)
{
    (void)decoder;
    g_atomic_int_set(&sound->streams_known, 1);
}

static gboolean build(NtSound *sound, const char *uri)
{
    GstElement *decoder = gst_element_factory_make("uridecodebin", NULL);
    sound->convert = gst_element_factory_make("audioconvert", NULL);
    sound->sink = gst_element_factory_make("appsink", NULL);
    sound->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    sound->bus = gst_element_get_bus(sound->pipeline);
    GstElement *made[] = {decoder, sound->convert, sound->sink};
    gboolean whole = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(made); i++)
        whole &= made[i] && gst_bin_add(GST_BIN(sound->pipeline), made[i]);
    if (!whole)
        return FALSE;
    g_autoptr(GstCaps) caps = gst_caps_from_string("audio/x-raw, layout=interleaved");
    g_object_set(sound->sink, "sync", FALSE, "max-buffers", BUFFERS_AHEAD, "caps", caps, "enable-last-sample", FALSE,
                 NULL);
    gst_element_link(sound->convert, sound->sink);
    g_object_set(decoder, "uri", uri, NULL);
    nt_decode_stay_local(decoder, uri, NULL);
    g_signal_connect(decoder, "autoplug-continue", G_CALLBACK(on_continue), sound);
    g_signal_connect(decoder, "pad-added", G_CALLBACK(on_pad), sound);
    g_signal_connect(decoder, "no-more-pads", G_CALLBACK(on_no_more_pads), sound);
    return TRUE;
}

/* TRUE when nothing more will come. */
static gboolean is_over(NtSound *sound)
{
    gboolean ended = gst_app_sink_is_eos(GST_APP_SINK(sound->sink));
    gboolean failed = nt_trouble_collect(&sound->trouble, sound->bus) ||
                      (sound->is_file && !ended && nt_trouble_is_stalled(&sound->trouble, sound->pipeline));
    gboolean silent = g_atomic_int_get(&sound->streams_known) && !g_atomic_int_get(&sound->has_audio);
    return ended || failed || silent;
}

/* Waits for the first samples; says why there are none, unless there is no sound to decode. */
static gboolean preroll(NtSound *sound, char **warning)
{
    while (!sound->first) {
        sound->first = gst_app_sink_try_pull_sample(GST_APP_SINK(sound->sink), POLL_NS);
        if (sound->first || !is_over(sound))
            continue;
        gboolean silent = g_atomic_int_get(&sound->streams_known) && !g_atomic_int_get(&sound->has_audio);
        /* In a clip without sound nothing is linked, which the demuxer calls an error too. */
        if (sound->trouble.missing->len || (sound->trouble.error && !silent)) {
            g_autofree char *words = nt_trouble_words(&sound->trouble);
            *warning = g_strdup_printf(_("the recording is without sound: %s"), words);
        }
        return FALSE;
    }
    return TRUE;
}

NtSound *nt_sound_open(const char *uri, char **warning)
{
    NtSound *sound = g_new0(NtSound, 1);
    g_mutex_init(&sound->lock);
    sound->is_file = gst_uri_has_protocol(uri, "file");
    sound->cut_ns = -1;
    nt_trouble_init(&sound->trouble);
    if (!build(sound, uri)) {
        *warning = g_strdup(_("the recording is without sound: GStreamer's base plugins are missing"));
    } else {
        gst_element_set_state(sound->pipeline, GST_STATE_PLAYING);
        if (preroll(sound, warning))
            return sound;
    }
    g_free(nt_sound_close(sound));
    return NULL;
}

static gint64 cut_time(NtSound *sound)
{
    g_mutex_lock(&sound->lock);
    gint64 cut = sound->cut_ns;
    g_mutex_unlock(&sound->lock);
    return cut;
}

/* The same samples with their time from the start of the stream; FALSE at the cut or when the target takes no more. */
static gboolean feed_one(NtSound *sound, GstSample *sample)
{
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    guint64 time = gst_segment_to_running_time(gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    gint64 cut = cut_time(sound);
    if (GST_CLOCK_TIME_IS_VALID(time)) {
        if (cut >= 0 && (gint64)time >= cut)
            return FALSE;
        sound->fed_ns = (gint64)time;
    }
    GstBuffer *timed = gst_buffer_make_writable(gst_buffer_ref(buffer));
    GST_BUFFER_PTS(timed) = time;
    GST_BUFFER_DTS(timed) = GST_CLOCK_TIME_NONE;
    g_autoptr(GstSample) out = gst_sample_new(timed, gst_sample_get_caps(sample), NULL, NULL);
    gst_buffer_unref(timed);
    return gst_app_src_push_sample(sound->target, out) == GST_FLOW_OK;
}

static gpointer feed(gpointer user)
{
    NtSound *sound = user;
    guint64 waited = 0;
    GstSample *sample = g_steal_pointer(&sound->first);
    while (!g_atomic_int_get(&sound->stop)) {
        if (sample) {
            gboolean taken = feed_one(sound, sample);
            g_clear_pointer(&sample, gst_sample_unref);
            if (!taken)
                break;
            sound->trouble.idle_since = 0;
            waited = 0;
        } else if (is_over(sound) || (cut_time(sound) >= 0 && (waited += POLL_NS) > STALL_LIMIT_NS)) {
            break;
        }
        sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sound->sink), POLL_NS);
    }
    g_clear_pointer(&sample, gst_sample_unref);
    gst_app_src_end_of_stream(sound->target);
    return NULL;
}

void nt_sound_feed(NtSound *sound, GstAppSrc *target)
{
    sound->target = gst_object_ref(target);
    sound->thread = g_thread_new("sound", feed, sound);
}

void nt_sound_cut(NtSound *sound, gint64 end_ns)
{
    g_mutex_lock(&sound->lock);
    sound->cut_ns = end_ns;
    g_mutex_unlock(&sound->lock);
}

char *nt_sound_close(NtSound *sound)
{
    char *warning = NULL;
    g_atomic_int_set(&sound->stop, 1);
    if (sound->thread)
        g_thread_join(sound->thread);
    if (sound->pipeline)
        gst_element_set_state(sound->pipeline, GST_STATE_NULL);
    if (sound->thread && sound->trouble.error) {
        g_autofree char *words = nt_trouble_words(&sound->trouble);
        warning = g_strdup_printf(_("the sound broke off after %.1f s: %s"), (double)sound->fed_ns / GST_SECOND, words);
    }
    g_clear_pointer(&sound->first, gst_sample_unref);
    gst_clear_object(&sound->bus);
    gst_clear_object(&sound->pipeline);
    gst_clear_object(&sound->target);
    nt_trouble_clear(&sound->trouble);
    g_mutex_clear(&sound->lock);
    g_free(sound);
    return warning;
}
