#include "app/viewing.h"

#include <glib/gi18n.h>
#include <string.h>

#include "app/viewing_private.h"
#include "media/location.h"

struct _NtViewing {
    GObject parent_instance;
    NtViewingCore *core; /* NULL after closing */
    NtShowQueue *queue;
    char *location, *name, *words;
    GError *error;
    NtViewingKind kind;
    NtViewingState state;
    NtShown *shown;
    NtTaggedFrame *original; /* of what is shown: as it was analysed */
    gboolean playing, can_seek, has_sound, muted, loop;
    double rate, volume;
    gint64 duration_ns;
    gint64 sought_ns; /* where it was sent to, until it is there; -1 */
    guint64 n_shown;
};

typedef enum Property {
    PROP_STATE = 1,
    PROP_PLAYING,
    PROP_DURATION,
    PROP_CAN_SEEK,
    PROP_HAS_SOUND,
    PROP_WORDS,
    PROP_NAME,
    PROP_RATE,
    PROP_VOLUME,
    PROP_MUTED,
    PROP_LOOP,
    N_PROPERTIES,
} Property;

static GParamSpec *properties[N_PROPERTIES];

enum { SIGNAL_SHOWN, SIGNAL_PRESENCE, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(NtViewing, nt_viewing, G_TYPE_OBJECT)

static void notify(NtViewing *viewing, Property property)
{
    if (viewing->core) /* nothing comes after closing */
        g_object_notify_by_pspec(G_OBJECT(viewing), properties[property]);
}

static void set_state(NtViewing *viewing, NtViewingState state)
{
    if (viewing->state == state)
        return;
    viewing->state = state;
    notify(viewing, PROP_STATE);
}

static void set_words(NtViewing *viewing, const char *words)
{
    if (g_strcmp0(viewing->words, words) == 0)
        return;
    g_free(viewing->words);
    viewing->words = g_strdup(words);
    notify(viewing, PROP_WORDS);
}

static void set_playing(NtViewing *viewing, gboolean playing)
{
    if (viewing->playing == playing)
        return;
    viewing->playing = playing;
    notify(viewing, PROP_PLAYING);
}

static gboolean is_live(NtViewing *viewing)
{
    return viewing->kind == NT_VIEWING_CAMERA || viewing->kind == NT_VIEWING_NETWORK;
}

/* Names. */

static NtClassifier *newest_classifier(NtViewing *viewing)
{
    NtViewingSetup setup;
    nt_viewing_core_get_setup(viewing->core, &setup);
    NtClassifier *classifier = setup.recognizer ? nt_recognizer_get(setup.recognizer) : NULL;
    nt_viewing_setup_clear(&setup);
    return classifier;
}

static NtShown *name_anew(NtViewing *viewing, const NtShown *shown, const NtTaggedFrame *original)
{
    g_autoptr(NtClassifier) classifier = newest_classifier(viewing);
    return nt_viewing_name_anew(shown, original, viewing->core->album, classifier);
}

/* Tidings. */

static void take_shown(NtViewing *viewing, const NtTiding *tiding)
{
    if (is_live(viewing) && !viewing->playing && viewing->shown)
        return; /* was on its way when the picture was frozen */
    const gboolean is_stale = tiding->names_serial != (guint)g_atomic_int_get(&viewing->core->names_serial);
    NtShown *shown = is_stale ? name_anew(viewing, tiding->shown, tiding->shown->tagged) : nt_shown_ref(tiding->shown);
    nt_tagged_frame_unref(viewing->original);
    viewing->original = nt_tagged_frame_ref(tiding->shown->tagged);
    nt_shown_unref(viewing->shown);
    viewing->shown = shown;
    viewing->n_shown++;
    if (tiding->jumped)
        viewing->sought_ns = -1;
    if (viewing->state != NT_VIEWING_READY && viewing->state != NT_VIEWING_FAILED) {
        if (viewing->state == NT_VIEWING_LOST)
            set_words(viewing, NULL);
        set_state(viewing, NT_VIEWING_READY);
    }
    if (viewing->core)
        g_signal_emit(viewing, signals[SIGNAL_SHOWN], 0);
}

static void take_opened(NtViewing *viewing, const NtTiding *tiding)
{
    viewing->kind = tiding->source;
    if (viewing->kind == NT_VIEWING_STILL)
        set_playing(viewing, FALSE);
    else if (is_live(viewing))
        set_playing(viewing, TRUE);
    if (g_strcmp0(viewing->name, tiding->words) == 0)
        return;
    g_free(viewing->name);
    viewing->name = g_strdup(tiding->words);
    notify(viewing, PROP_NAME);
}

static void take_ready(NtViewing *viewing, const NtTiding *tiding)
{
    viewing->duration_ns = tiding->duration_ns;
    viewing->can_seek = tiding->can_seek;
    viewing->has_sound = tiding->has_sound;
    notify(viewing, PROP_DURATION);
    notify(viewing, PROP_CAN_SEEK);
    notify(viewing, PROP_HAS_SOUND);
}

static void take_failed(NtViewing *viewing, const NtTiding *tiding)
{
    g_clear_error(&viewing->error);
    viewing->error = g_error_copy(tiding->error);
    set_words(viewing, tiding->error->message);
    set_playing(viewing, FALSE);
    set_state(viewing, NT_VIEWING_FAILED);
}

static void take_ended(NtViewing *viewing)
{
    g_mutex_lock(&viewing->core->lock);
    viewing->core->wishes.playing = FALSE;
    g_mutex_unlock(&viewing->core->lock);
    viewing->sought_ns = -1;
    set_playing(viewing, FALSE);
    set_state(viewing, NT_VIEWING_ENDED);
}

static void deliver(gpointer payload, gpointer user)
{
    NtTiding *tiding = payload;
    g_autoptr(NtViewing) viewing = g_object_ref(user);
    switch (tiding->kind) {
    case NT_TIDING_SHOWN:
        take_shown(viewing, tiding);
        break;
    case NT_TIDING_PRESENCE:
        g_signal_emit(viewing, signals[SIGNAL_PRESENCE], 0, &tiding->presence);
        break;
    case NT_TIDING_OPENED:
        take_opened(viewing, tiding);
        break;
    case NT_TIDING_READY:
        take_ready(viewing, tiding);
        break;
    case NT_TIDING_LOST:
        set_words(viewing, tiding->words);
        set_state(viewing, NT_VIEWING_LOST);
        break;
    case NT_TIDING_BACK: /* the next picture says so */
        break;
    case NT_TIDING_WARNED:
        set_words(viewing, tiding->words);
        break;
    case NT_TIDING_ENDED:
        take_ended(viewing);
        break;
    case NT_TIDING_FAILED:
        take_failed(viewing, tiding);
        break;
    }
}

static void free_tiding(gpointer tiding)
{
    nt_tiding_free(tiding);
}

/* Opening and closing. */

/* Until the reader knows: by its spelling. */
static NtViewingKind guess_kind(const char *location)
{
    static const char *const cameras[] = {"pipewire:", "v4l2:", "other:", "/dev/video", "test:"};
    for (guint i = 0; location && i < G_N_ELEMENTS(cameras); i++)
        if (g_str_has_prefix(location, cameras[i]))
            return NT_VIEWING_CAMERA;
    if (!location)
        return NT_VIEWING_CAMERA;
    return strstr(location, "://") && !g_str_has_prefix(location, "file:") ? NT_VIEWING_NETWORK : NT_VIEWING_CLIP;
}

static char *guess_name(const char *location, NtViewingKind kind)
{
    g_autofree char *masked = location ? nt_location_mask(location) : g_strdup(_("Camera"));
    return kind == NT_VIEWING_CLIP ? g_filename_display_basename(masked) : g_steal_pointer(&masked);
}

NtViewing *nt_viewing_new(const char *location, const NtViewingOptions *options)
{
    NtViewing *viewing = g_object_new(NT_TYPE_VIEWING, NULL);
    viewing->location = g_strdup(location);
    viewing->kind = guess_kind(location);
    viewing->name = guess_name(location, viewing->kind);
    viewing->playing = !options->paused;
    viewing->queue = nt_show_queue_new(deliver, free_tiding, viewing);
    viewing->core = nt_viewing_core_new(location, options, viewing->queue);
    g_thread_unref(g_thread_new("viewing", nt_viewing_read, nt_viewing_core_ref(viewing->core)));
    return viewing;
}

void nt_viewing_close(NtViewing *viewing)
{
    NtViewingCore *core = g_steal_pointer(&viewing->core);
    if (!core)
        return;
    nt_show_queue_close(viewing->queue);
    g_mutex_lock(&core->lock);
    g_atomic_int_set(&core->closed, 1);
    if (core->feed)
        nt_feed_cancel(core->feed);
    if (core->player)
        nt_player_wake(core->player);
    g_cond_broadcast(&core->changed);
    g_mutex_unlock(&core->lock);
    nt_viewing_core_unref(core);
}

/* Playing. */

/* What is wished is kept under the lock, and told to the player that is there. */
#define WISH(viewing, field, value, tell)      \
    do {                                       \
        NtViewingCore *core = (viewing)->core; \
        if (!core)                             \
            break;                             \
        g_mutex_lock(&core->lock);             \
        core->wishes.field = (value);          \
        if (core->player)                      \
            tell;                              \
        g_mutex_unlock(&core->lock);           \
    } while (0)

static gboolean can_play(NtViewing *viewing)
{
    return viewing->core && viewing->kind != NT_VIEWING_STILL && viewing->state != NT_VIEWING_FAILED;
}

void nt_viewing_play(NtViewing *viewing)
{
    if (!can_play(viewing) || viewing->playing)
        return;
    g_atomic_int_set(&viewing->core->frozen, FALSE);
    WISH(viewing, playing, TRUE, nt_player_play(core->player));
    set_playing(viewing, TRUE);
}

void nt_viewing_pause(NtViewing *viewing)
{
    if (!can_play(viewing) || !viewing->playing)
        return;
    if (is_live(viewing))
        g_atomic_int_set(&viewing->core->frozen, TRUE);
    WISH(viewing, playing, FALSE, nt_player_pause(core->player));
    set_playing(viewing, FALSE);
}

gboolean nt_viewing_is_playing(NtViewing *viewing)
{
    return viewing->playing;
}

void nt_viewing_seek(NtViewing *viewing, gint64 position_ns)
{
    if (!viewing->core || viewing->kind != NT_VIEWING_CLIP || viewing->state == NT_VIEWING_FAILED)
        return;
    position_ns = MAX(position_ns, 0);
    if (viewing->duration_ns > 0)
        position_ns = MIN(position_ns, viewing->duration_ns);
    viewing->sought_ns = position_ns;
    WISH(viewing, seek_ns, position_ns, nt_player_seek(core->player, position_ns));
}

void nt_viewing_step(NtViewing *viewing, int frames)
{
    if (!viewing->core || viewing->kind != NT_VIEWING_CLIP || viewing->state == NT_VIEWING_FAILED)
        return;
    WISH(viewing, playing, FALSE, nt_player_step(core->player, frames));
    set_playing(viewing, FALSE);
}

gint64 nt_viewing_get_position(NtViewing *viewing)
{
    gint64 position = viewing->sought_ns >= 0 ? viewing->sought_ns : viewing->shown ? viewing->shown->pts_ns : 0;
    if (viewing->sought_ns < 0 && viewing->playing && viewing->kind == NT_VIEWING_CLIP && viewing->core) {
        g_mutex_lock(&viewing->core->lock);
        if (viewing->core->player)
            position = nt_player_position_ns(viewing->core->player);
        g_mutex_unlock(&viewing->core->lock);
    }
    return position;
}

static void set_rate(NtViewing *viewing, double rate)
{
    viewing->rate = rate;
    WISH(viewing, rate, rate, nt_player_set_rate(core->player, rate));
}

static void set_volume(NtViewing *viewing, double volume)
{
    viewing->volume = volume;
    WISH(viewing, volume, volume, nt_player_set_volume(core->player, volume));
}

static void set_muted(NtViewing *viewing, gboolean muted)
{
    viewing->muted = muted;
    WISH(viewing, muted, muted, nt_player_set_muted(core->player, muted));
}

static void set_loop(NtViewing *viewing, gboolean loop)
{
    viewing->loop = loop;
    WISH(viewing, loop, loop, nt_player_set_loop(core->player, loop));
}

/* Asking. */

NtViewingKind nt_viewing_get_kind(NtViewing *viewing)
{
    return viewing->kind;
}
NtViewingState nt_viewing_get_state(NtViewing *viewing)
{
    return viewing->state;
}
const char *nt_viewing_get_words(NtViewing *viewing)
{
    return viewing->words;
}
const GError *nt_viewing_get_error(NtViewing *viewing)
{
    return viewing->error;
}
const char *nt_viewing_get_location(NtViewing *viewing)
{
    return viewing->location;
}
const char *nt_viewing_get_name(NtViewing *viewing)
{
    return viewing->name;
}
NtShown *nt_viewing_get_shown(NtViewing *viewing)
{
    return viewing->shown;
}
gint64 nt_viewing_get_duration(NtViewing *viewing)
{
    return viewing->duration_ns;
}
gboolean nt_viewing_can_seek(NtViewing *viewing)
{
    return viewing->can_seek;
}

/* Who is on it. */

static void set_up(NtViewing *viewing, const NtViewingSetup *setup)
{
    NtViewingCore *core = viewing->core;
    g_mutex_lock(&core->lock);
    NtRecognizer *before = core->setup.recognizer;
    core->setup = *setup;
    nt_recognizer_ref(core->setup.recognizer);
    core->setup_serial++;
    g_cond_broadcast(&core->changed);
    g_mutex_unlock(&core->lock);
    nt_recognizer_unref(before);
}

void nt_viewing_refresh_names(NtViewing *viewing)
{
    if (!viewing->core)
        return;
    g_atomic_int_inc(&viewing->core->names_serial);
    if (!viewing->shown)
        return;
    NtShown *anew = name_anew(viewing, viewing->shown, viewing->original);
    nt_shown_unref(viewing->shown);
    viewing->shown = anew;
    g_signal_emit(viewing, signals[SIGNAL_SHOWN], 0);
}

void nt_viewing_set_recognizer(NtViewing *viewing, NtRecognizer *recognizer)
{
    if (!viewing->core || viewing->core->setup.recognizer == recognizer)
        return;
    NtViewingSetup setup = viewing->core->setup; /* only the main thread writes it */
    setup.recognizer = recognizer;
    set_up(viewing, &setup);
    nt_viewing_refresh_names(viewing);
}

void nt_viewing_set_effort(NtViewing *viewing, int scan_frames, int upsample)
{
    if (!viewing->core)
        return;
    NtViewingSetup setup = viewing->core->setup;
    if (setup.scan_frames == scan_frames && setup.upsample == upsample)
        return;
    setup.scan_frames = scan_frames;
    setup.upsample = upsample;
    set_up(viewing, &setup);
}

GPtrArray *nt_viewing_get_pictures(NtViewing *viewing, guint64 track)
{
    if (!viewing->core)
        return g_ptr_array_new_with_free_func((GDestroyNotify)nt_face_picture_unref);
    return nt_album_pictures(viewing->core->album, track);
}

NtFacePicture *nt_viewing_get_picture(NtViewing *viewing, guint64 track)
{
    return viewing->core ? nt_album_newest(viewing->core->album, track) : NULL;
}

GPtrArray *nt_viewing_get_unknown(NtViewing *viewing)
{
    if (!viewing->core)
        return g_ptr_array_new_with_free_func((GDestroyNotify)nt_unknown_free);
    g_mutex_lock(&viewing->core->unknowns_lock);
    GPtrArray *unknown = nt_unknowns_list(viewing->core->unknowns);
    g_mutex_unlock(&viewing->core->unknowns_lock);
    g_autoptr(NtClassifier) classifier = newest_classifier(viewing);
    return nt_viewing_still_unknown(unknown, classifier);
}

void nt_viewing_get_meter(NtViewing *viewing, NtViewingMeter *meter)
{
    *meter = (NtViewingMeter){.shown = viewing->n_shown};
    NtViewingCore *core = viewing->core;
    if (!core)
        return;
    g_mutex_lock(&core->lock);
    guint64 lost = core->lost;
    if (core->feed)
        lost += nt_feed_lost_frames(core->feed);
    if (core->player)
        lost += nt_player_lost_frames(core->player);
    meter->arrived = core->arrived + lost;
    if (core->analysis)
        nt_viewing_analysis_meter(core->analysis, &meter->live);
    g_mutex_unlock(&core->lock);
    meter->dropped = nt_show_queue_dropped(viewing->queue) + lost;
}

/* The object. */

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    NtViewing *viewing = NT_VIEWING(object);
    switch ((Property)id) {
    case PROP_STATE:
        g_value_set_int(value, (int)viewing->state);
        break;
    case PROP_PLAYING:
        g_value_set_boolean(value, viewing->playing);
        break;
    case PROP_DURATION:
        g_value_set_int64(value, viewing->duration_ns);
        break;
    case PROP_CAN_SEEK:
        g_value_set_boolean(value, viewing->can_seek);
        break;
    case PROP_HAS_SOUND:
        g_value_set_boolean(value, viewing->has_sound);
        break;
    case PROP_WORDS:
        g_value_set_string(value, viewing->words);
        break;
    case PROP_NAME:
        g_value_set_string(value, viewing->name);
        break;
    case PROP_RATE:
        g_value_set_double(value, viewing->rate);
        break;
    case PROP_VOLUME:
        g_value_set_double(value, viewing->volume);
        break;
    case PROP_MUTED:
        g_value_set_boolean(value, viewing->muted);
        break;
    case PROP_LOOP:
        g_value_set_boolean(value, viewing->loop);
        break;
    case N_PROPERTIES:
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    NtViewing *viewing = NT_VIEWING(object);
    if (id == PROP_RATE)
        set_rate(viewing, g_value_get_double(value));
    else if (id == PROP_VOLUME)
        set_volume(viewing, g_value_get_double(value));
    else if (id == PROP_MUTED)
        set_muted(viewing, g_value_get_boolean(value));
    else if (id == PROP_LOOP)
        set_loop(viewing, g_value_get_boolean(value));
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void dispose(GObject *object)
{
    NtViewing *viewing = NT_VIEWING(object);
    nt_viewing_close(viewing);
    g_clear_pointer(&viewing->queue, nt_show_queue_unref);
    g_clear_pointer(&viewing->shown, nt_shown_unref);
    g_clear_pointer(&viewing->original, nt_tagged_frame_unref);
    G_OBJECT_CLASS(nt_viewing_parent_class)->dispose(object);
}

static void finalize(GObject *object)
{
    NtViewing *viewing = NT_VIEWING(object);
    g_free(viewing->location);
    g_free(viewing->name);
    g_free(viewing->words);
    g_clear_error(&viewing->error);
    G_OBJECT_CLASS(nt_viewing_parent_class)->finalize(object);
}

static void install_properties(GObjectClass *class)
{
    const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
    const GParamFlags writable = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
    properties[PROP_STATE] = g_param_spec_int("state", NULL, NULL, 0, NT_VIEWING_FAILED, NT_VIEWING_OPENING, readable);
    properties[PROP_PLAYING] = g_param_spec_boolean("playing", NULL, NULL, FALSE, readable);
    properties[PROP_DURATION] = g_param_spec_int64("duration", NULL, NULL, -1, G_MAXINT64, -1, readable);
    properties[PROP_CAN_SEEK] = g_param_spec_boolean("can-seek", NULL, NULL, FALSE, readable);
    properties[PROP_HAS_SOUND] = g_param_spec_boolean("has-sound", NULL, NULL, FALSE, readable);
    properties[PROP_WORDS] = g_param_spec_string("words", NULL, NULL, NULL, readable);
    properties[PROP_NAME] = g_param_spec_string("name", NULL, NULL, NULL, readable);
    properties[PROP_RATE] = g_param_spec_double("rate", NULL, NULL, NT_PLAYER_SLOWEST, NT_PLAYER_FASTEST, 1, writable);
    properties[PROP_VOLUME] = g_param_spec_double("volume", NULL, NULL, 0, 1, 1, writable);
    properties[PROP_MUTED] = g_param_spec_boolean("muted", NULL, NULL, FALSE, writable);
    properties[PROP_LOOP] = g_param_spec_boolean("loop", NULL, NULL, FALSE, writable);
    g_object_class_install_properties(class, N_PROPERTIES, properties);
}

static void nt_viewing_class_init(NtViewingClass *class)
{
    GObjectClass *object_class = G_OBJECT_CLASS(class);
    object_class->get_property = get_property;
    object_class->set_property = set_property;
    object_class->dispose = dispose;
    object_class->finalize = finalize;
    install_properties(object_class);
    signals[SIGNAL_SHOWN] =
        g_signal_new("shown", NT_TYPE_VIEWING, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[SIGNAL_PRESENCE] = g_signal_new("presence", NT_TYPE_VIEWING, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                            G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void nt_viewing_init(NtViewing *viewing)
{
    viewing->state = NT_VIEWING_OPENING;
    viewing->duration_ns = viewing->sought_ns = -1;
    viewing->rate = viewing->volume = 1;
}
