#include "media/player_pipeline.h"

#include "media/player.h"

/* Frames later than this, after having come early, are left out by the sink, and decoders are told to hurry. */
#define MAX_LATENESS_NS ((gint64)60 * GST_MSECOND)

/* The sound. */

/* Sound from before what is wanted would be heard while the picture stands. */
static GstPadProbeReturn on_sound(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    (void)pad;
    NtPlayerPipeline *self = user;
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    if (!GST_BUFFER_PTS_IS_VALID(buffer) || !GST_BUFFER_DURATION_IS_VALID(buffer))
        return GST_PAD_PROBE_OK;
    g_mutex_lock(&self->lock);
    const gint64 end_ns = (gint64)(GST_BUFFER_PTS(buffer) + GST_BUFFER_DURATION(buffer));
    const gboolean early = self->wanted_ns >= 0 && end_ns <= self->wanted_ns;
    g_mutex_unlock(&self->lock);
    return early ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

static GstElement *make_sound(NtPlayerPipeline *self)
{
    static const char *const factories[] = {"audioconvert", "audioresample", "scaletempo", "audioconvert", "volume"};
    GstElement *bin = gst_bin_new("sound"), *last = NULL, *first = NULL, *element = NULL;
    for (gsize i = 0; i <= G_N_ELEMENTS(factories); i++) {
        const char *factory = i < G_N_ELEMENTS(factories) ? factories[i] : self->sound_factory;
        element = gst_element_factory_make(factory, NULL);
        if (!element) {
            gst_object_unref(gst_object_ref_sink(bin));
            return NULL;
        }
        gst_bin_add(GST_BIN(bin), element);
        if (last)
            gst_element_link(last, element);
        else
            first = element;
        if (g_str_equal(factory, "volume"))
            self->volume = element;
        last = element;
    }
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(last), "sync"))
        g_object_set(last, "sync", TRUE, NULL);
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(last), "ts-offset"))
        g_object_set(last, "ts-offset", (gint64)NT_PLAYER_AHEAD_US * 1000, NULL);
    g_autoptr(GstPad) entry = gst_element_get_static_pad(first, "sink");
    gst_pad_add_probe(entry, GST_PAD_PROBE_TYPE_BUFFER, on_sound, self, NULL);
    gst_element_add_pad(bin, gst_ghost_pad_new("sink", entry));
    return bin;
}

static void apply_sound(NtPlayerPipeline *self)
{
    if (self->volume)
        g_object_set(self->volume, "volume", self->volume_wanted, "mute", self->muted_wanted, NULL);
}

void nt_player_pipeline_set_sound(NtPlayerPipeline *self, double volume, gboolean muted)
{
    g_mutex_lock(&self->lock);
    self->volume_wanted = volume;
    self->muted_wanted = muted;
    apply_sound(self);
    g_mutex_unlock(&self->lock);
}

static void on_sound_pad(GstPad *pad, gpointer user)
{
    NtPlayerPipeline *self = user;
    if (self->sound)
        return;
    g_mutex_lock(&self->lock);
    GstElement *sound = make_sound(self);
    if (sound) {
        self->sound = sound;
        apply_sound(self);
    }
    g_mutex_unlock(&self->lock);
    if (!sound)
        return;
    gst_bin_add(GST_BIN(self->decode->pipeline), sound);
    g_autoptr(GstPad) entry = gst_element_get_static_pad(sound, "sink");
    gst_pad_link(pad, entry);
    gst_element_sync_state_with_parent(sound);
}

gboolean nt_player_pipeline_is_of_sound(NtPlayerPipeline *self, GstMessage *message)
{
    return self->sound && GST_MESSAGE_SRC(message) &&
           (GST_MESSAGE_SRC(message) == GST_OBJECT(self->sound) ||
            gst_object_has_as_ancestor(GST_MESSAGE_SRC(message), GST_OBJECT(self->sound)));
}

/* The picture. */

static gint64 frame_duration(GstBuffer *buffer, GstPad *pad)
{
    if (GST_BUFFER_DURATION_IS_VALID(buffer))
        return (gint64)GST_BUFFER_DURATION(buffer);
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    int n = 0, d = 1;
    if (caps)
        gst_structure_get_fraction(gst_caps_get_structure(caps, 0), "framerate", &n, &d);
    return n > 0 ? (gint64)gst_util_uint64_scale_int(GST_SECOND, d, n) : 0;
}

static gint64 stream_time(GstPad *pad, GstClockTime pts)
{
    g_autoptr(GstEvent) event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
    const GstSegment *segment = NULL;
    if (event)
        gst_event_parse_segment(event, &segment);
    const guint64 time = segment ? gst_segment_to_stream_time(segment, GST_FORMAT_TIME, pts) : pts;
    return GST_CLOCK_TIME_IS_VALID(time) ? (gint64)time : -1;
}

/* Drops what ends before the wanted position. */
static GstPadProbeReturn on_picture(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    NtPlayerPipeline *self = user;
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    if (!GST_BUFFER_PTS_IS_VALID(buffer))
        return GST_PAD_PROBE_OK;
    const gint64 position_ns = stream_time(pad, GST_BUFFER_PTS(buffer));
    const gint64 duration_ns = frame_duration(buffer, pad);
    g_mutex_lock(&self->lock);
    const gboolean early =
        self->wanted_ns >= 0 && position_ns >= 0 && position_ns + MAX(duration_ns, 1) <= self->wanted_ns;
    if (early) {
        self->dropped_ns = position_ns;
        self->n_dropped++;
    } else if (self->wanted_ns >= 0) {
        /* The wanted one is this, or, where this is beyond, the one before it, whose end nobody told. */
        const gboolean beyond = position_ns > self->wanted_ns;
        const gint64 found_ns = beyond && self->n_dropped > 0 ? self->dropped_ns : position_ns;
        const guint before = self->n_dropped - (beyond && self->n_dropped > 0 ? 1 : 0);
        self->is_cut = before == 0 && self->sought_ns > 0 && (beyond || found_ns <= self->sought_ns);
        self->passed_ns = beyond && !self->is_cut && self->n_dropped > 0 ? found_ns : -1;
        self->wanted_ns = -1;
    }
    g_mutex_unlock(&self->lock);
    return early ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/* A gap between frames would count as a picture while paused. */
static GstPadProbeReturn on_event(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    (void)pad, (void)user;
    return GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_GAP ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

static void give(NtPlayerPipeline *self, GstSample *sample)
{
    if (!sample)
        return;
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    if (buffer && GST_BUFFER_PTS_IS_VALID(buffer) && !nt_player_pipeline_is_cut(self) &&
        nt_player_pipeline_passed(self) < 0) {
        g_autoptr(GstPad) pad = gst_element_get_static_pad(self->decode->sink, "sink");
        const guint64 time =
            gst_segment_to_stream_time(gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
        if (GST_CLOCK_TIME_IS_VALID(time))
            self->take(sample, (gint64)time, frame_duration(buffer, pad), self->user);
    }
    gst_sample_unref(sample);
}

static GstFlowReturn on_sample(GstAppSink *sink, gpointer user)
{
    give(user, gst_app_sink_try_pull_sample(sink, 0));
    return GST_FLOW_OK;
}

static GstFlowReturn on_preroll(GstAppSink *sink, gpointer user)
{
    give(user, gst_app_sink_try_pull_preroll(sink, 0));
    return GST_FLOW_OK;
}

static void set_up_sink(NtPlayerPipeline *self)
{
    GstElement *sink = self->decode->sink;
    GstAppSinkCallbacks callbacks = {.new_sample = on_sample, .new_preroll = on_preroll};
    g_object_set(sink, "sync", TRUE, "max-buffers", 2, "drop", TRUE, "qos", TRUE, "max-lateness", MAX_LATENESS_NS,
                 "enable-last-sample", FALSE, NULL);
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, self, NULL);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(sink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_picture, self, NULL);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, NULL, NULL);
}

gboolean nt_player_pipeline_seek(NtPlayerPipeline *self, gint64 position_ns, gint64 before_ns, double rate)
{
    g_mutex_lock(&self->lock);
    const gint64 old_wanted_ns = self->wanted_ns;
    self->wanted_ns = position_ns;
    self->sought_ns = MAX(position_ns - before_ns, 0);
    self->dropped_ns = -1;
    self->n_dropped = 0;
    self->is_cut = FALSE;
    self->passed_ns = -1;
    const gint64 sought_ns = self->sought_ns;
    g_mutex_unlock(&self->lock);
    if (gst_element_seek(self->decode->pipeline, rate, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                         GST_SEEK_TYPE_SET, sought_ns, GST_SEEK_TYPE_NONE, 0))
        return TRUE;
    g_mutex_lock(&self->lock);
    self->wanted_ns = old_wanted_ns;
    g_mutex_unlock(&self->lock);
    return FALSE;
}

gboolean nt_player_pipeline_is_cut(NtPlayerPipeline *self)
{
    g_mutex_lock(&self->lock);
    const gboolean is_cut = self->is_cut;
    g_mutex_unlock(&self->lock);
    return is_cut;
}

gint64 nt_player_pipeline_passed(NtPlayerPipeline *self)
{
    g_mutex_lock(&self->lock);
    const gint64 passed_ns = self->passed_ns;
    g_mutex_unlock(&self->lock);
    return passed_ns;
}

gint64 nt_player_pipeline_last_dropped(NtPlayerPipeline *self)
{
    g_mutex_lock(&self->lock);
    const gint64 last = self->wanted_ns >= 0 ? self->dropped_ns : -1;
    g_mutex_unlock(&self->lock);
    return last;
}

/* The bus would queue it after this, and who is rung for might look too soon: here it is queued before. */
static GstBusSyncReply on_message(GstBus *bus, GstMessage *message, gpointer user)
{
    (void)bus;
    NtPlayerPipeline *self = user;
    g_async_queue_push(self->messages, message);
    self->ring(self->user);
    return GST_BUS_DROP;
}

GstMessage *nt_player_pipeline_next_message(NtPlayerPipeline *self)
{
    return g_async_queue_try_pop(self->messages);
}

NtPlayerPipeline *nt_player_pipeline_new(const char *uri, const char *shown, gboolean silent, const char *sound_factory,
                                         NtPlayerTake take, NtPlayerRing ring, gpointer user, GError **error)
{
    NtPlayerPipeline *self = g_new0(NtPlayerPipeline, 1);
    self->take = take;
    self->ring = ring;
    self->user = user;
    self->sound_factory = sound_factory;
    self->volume_wanted = 1;
    self->wanted_ns = self->dropped_ns = self->passed_ns = -1;
    self->messages = g_async_queue_new_full((GDestroyNotify)gst_message_unref);
    g_mutex_init(&self->lock);
    self->decode = nt_decode_new(uri, shown, error);
    if (!self->decode) {
        nt_player_pipeline_free(self);
        return NULL;
    }
    self->decode->take_sound = silent ? NULL : on_sound_pad;
    self->decode->sound_user = self;
    set_up_sink(self);
    gst_bus_set_sync_handler(self->decode->bus, on_message, self, NULL);
    return self;
}

void nt_player_pipeline_free(NtPlayerPipeline *self)
{
    if (!self)
        return;
    if (self->decode) {
        gst_element_set_state(self->decode->pipeline, GST_STATE_NULL);
        gst_bus_set_sync_handler(self->decode->bus, NULL, NULL, NULL);
    }
    nt_decode_close(self->decode, 0);
    g_async_queue_unref(self->messages);
    g_mutex_clear(&self->lock);
    g_free(self);
}
