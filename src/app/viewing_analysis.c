/* Frames on their way from a source to the screen: analysed, named, converted. */
#include "app/viewing_private.h"

/* Between two frames that do not follow one another. */
#define STEP_NS 33333333
#define USUAL_FRAMES 8
#define USUAL_FACES 4

struct NtViewingAnalysis {
    NtViewingCore *core;
    NtLive *live;
    guint setup_serial;
    NtViewingSetup setup;
    NtPictures *pictures;
    NtFrameStore *frames;
    guint64 index;
    gint64 stream_ns, offset_ns; /* times that rise whatever the clip does: of the last frame, and to a position */

    /* Of the thread that hands on; or of the other one, once that is drained. */
    NtPresence *presence;
    guint64 first_track, last_track; /* tracks of this live are numbered from the first on */
};

static void on_presence(const NtPresenceEvent *event, gpointer user)
{
    NtViewingAnalysis *analysis = user;
    NtTiding *tiding = nt_tiding_new(NT_TIDING_PRESENCE);
    tiding->presence = *event;
    nt_viewing_core_tell(analysis->core, tiding);
}

/* Handing on. */

static NtTaggedFrame *own_tags(NtViewingAnalysis *analysis, const NtTaggedFrame *tagged, const NtViewingFrame *frame)
{
    NtTaggedFrame *own = nt_viewing_copy_tags(tagged, analysis->frames);
    own->pts_ns = frame->pts_ns;
    for (guint i = 0; i < own->n_faces; i++) {
        if (own->faces[i].track != 0)
            own->faces[i].track += analysis->first_track;
        analysis->last_track = MAX(analysis->last_track, own->faces[i].track);
    }
    return own;
}

static void take_note(NtViewingAnalysis *analysis, NtTaggedFrame *tagged, const NtViewingFrame *frame)
{
    NtViewingCore *core = analysis->core;
    g_autoptr(NtClassifier) classifier =
        analysis->setup.recognizer ? nt_recognizer_get(analysis->setup.recognizer) : NULL;
    g_mutex_lock(&core->unknowns_lock);
    nt_unknowns_add(core->unknowns, tagged, classifier ? nt_classifier_threshold(classifier) : 0);
    g_mutex_unlock(&core->unknowns_lock);
    /* While a live picture is frozen, its faces can be clicked: what is known of them stays. */
    if (!g_atomic_int_get(&core->frozen))
        nt_album_add(core->album, tagged);
    if (frame->restarted)
        nt_presence_end(analysis->presence);
    nt_presence_add(analysis->presence, tagged);
}

static NtShown *make_shown(NtViewingAnalysis *analysis, NtTaggedFrame *tagged, const NtViewingFrame *frame)
{
    int stride = 0;
    g_autoptr(GBytes) pixels = nt_pictures_convert(analysis->pictures, frame->frame, &stride);
    if (!pixels)
        return NULL;
    const NtYuvImage *image = nt_frame_image(frame->frame);
    NtShown *shown = nt_shown_new();
    shown->texture =
        gdk_memory_texture_new(image->width, image->height, GDK_MEMORY_B8G8R8A8_PREMULTIPLIED, pixels, (gsize)stride);
    shown->tagged = nt_tagged_frame_ref(tagged);
    shown->pixel_aspect = nt_frame_pixel_aspect(frame->frame);
    shown->pts_ns = frame->pts_ns;
    shown->frame = nt_frame_ref(frame->frame);
    return shown;
}

static void on_frame(const NtLiveFrame *next, NtTaggedFrame *tagged, gpointer user)
{
    NtViewingAnalysis *analysis = user;
    NtViewingCore *core = analysis->core;
    const NtViewingFrame *frame = next->token;
    if (nt_viewing_core_is_closed(core))
        return;
    const guint names_serial = (guint)g_atomic_int_get(&core->names_serial);
    g_autoptr(NtTaggedFrame) own = own_tags(analysis, tagged, frame);
    take_note(analysis, own, frame);
    if (g_atomic_int_get(&core->frozen))
        return;
    NtShown *shown = make_shown(analysis, own, frame);
    if (!shown)
        return;
    NtTiding *tiding = nt_tiding_new(NT_TIDING_SHOWN);
    tiding->shown = shown;
    tiding->jumped = frame->restarted;
    tiding->names_serial = names_serial;
    nt_show_queue_put(core->queue, tiding, frame->due_us, frame->restarted);
}

/* The analysis. */

static NtLive *make_live(NtViewingAnalysis *analysis)
{
    const NtLiveOptions options = {
        .tracker = {.engine = {.with_chips = TRUE,
                               .with_embedding = TRUE,
                               .recognizer = analysis->setup.recognizer,
                               .upsample = analysis->setup.upsample,
                               .workers = (int)g_get_num_processors()},
                    .scan_frames = analysis->setup.scan_frames},
        .patience_ns = NT_VIEWING_PATIENCE_US * 1000,
    };
    return nt_live_new(analysis->core->models, NULL, &options, on_frame, analysis);
}

static void replace_live(NtViewingAnalysis *analysis, NtLive *live)
{
    g_mutex_lock(&analysis->core->lock);
    NtLive *before = analysis->live;
    analysis->live = live;
    g_mutex_unlock(&analysis->core->lock);
    nt_live_free(before);
}

/* A tracker has its options, and its recognizer, for life. What is under way is handed on before. */
static void set_up(NtViewingAnalysis *analysis)
{
    replace_live(analysis, NULL);
    nt_viewing_setup_clear(&analysis->setup);
    analysis->setup_serial = nt_viewing_core_get_setup(analysis->core, &analysis->setup);
    analysis->first_track = analysis->last_track;
    replace_live(analysis, make_live(analysis));
}

static gboolean is_out_of_date(NtViewingAnalysis *analysis)
{
    g_mutex_lock(&analysis->core->lock);
    const gboolean is = analysis->setup_serial != analysis->core->setup_serial;
    g_mutex_unlock(&analysis->core->lock);
    return is;
}

NtViewingAnalysis *nt_viewing_analysis_new(NtViewingCore *core)
{
    NtViewingAnalysis *analysis = g_new0(NtViewingAnalysis, 1);
    analysis->core = core;
    analysis->pictures = nt_pictures_new();
    analysis->frames = nt_frame_store_new(USUAL_FRAMES, USUAL_FACES, FALSE);
    analysis->presence = nt_presence_new(on_presence, analysis);
    analysis->stream_ns = -STEP_NS;
    set_up(analysis);
    g_mutex_lock(&core->lock);
    core->analysis = analysis;
    g_mutex_unlock(&core->lock);
    return analysis;
}

void nt_viewing_analysis_free(NtViewingAnalysis *analysis)
{
    if (!analysis)
        return;
    g_mutex_lock(&analysis->core->lock);
    analysis->core->analysis = NULL;
    g_mutex_unlock(&analysis->core->lock);
    replace_live(analysis, NULL);
    nt_viewing_setup_clear(&analysis->setup);
    nt_presence_free(analysis->presence);
    nt_pictures_free(analysis->pictures);
    nt_frame_store_unref(analysis->frames);
    g_free(analysis);
}

static void free_token(gpointer data)
{
    NtViewingFrame *frame = data;
    nt_frame_unref(frame->frame);
    g_free(frame);
}

void nt_viewing_analysis_push(NtViewingAnalysis *analysis, const NtViewingFrame *frame)
{
    NtViewingFrame *token = g_memdup2(frame, sizeof *frame);
    if (is_out_of_date(analysis))
        set_up(analysis);
    if (token->restarted) {
        nt_live_restart(analysis->live);
        analysis->offset_ns = analysis->stream_ns + STEP_NS - token->pts_ns;
    }
    analysis->stream_ns = MAX(token->pts_ns + analysis->offset_ns, analysis->stream_ns + 1);
    const NtLiveFrame next = {
        .yuv = nt_frame_image(token->frame),
        .token = token,
        .free_token = free_token,
        .index = analysis->index++,
        .pts_ns = analysis->stream_ns,
        .arrived_us = token->waits_us - NT_VIEWING_PATIENCE_US,
    };
    nt_live_push(analysis->live, &next);
}

void nt_viewing_analysis_drain(NtViewingAnalysis *analysis)
{
    nt_live_drain(analysis->live);
}

void nt_viewing_analysis_everybody_left(NtViewingAnalysis *analysis)
{
    nt_presence_end(analysis->presence);
}

void nt_viewing_analysis_meter(NtViewingAnalysis *analysis, NtLiveMeter *meter)
{
    *meter = (NtLiveMeter){0};
    if (analysis->live)
        nt_live_meter(analysis->live, meter);
}
