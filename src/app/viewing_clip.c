/* A clip, played as its player is told to. */
#include "app/viewing_private.h"

/* Closing wakes the player; this is for safety only. */
#define POLL_US G_USEC_PER_SEC
/* Who has stopped at a picture wants to see who is on it: it waits longer for its analysis. */
#define STANDING_PATIENCE_US (G_USEC_PER_SEC / 2)

static void tell_ready(NtViewingCore *core, NtPlayer *player)
{
    NtTiding *tiding = nt_tiding_new(NT_TIDING_READY);
    tiding->duration_ns = nt_player_duration_ns(player);
    tiding->can_seek = nt_player_can_seek(player);
    tiding->has_sound = nt_player_has_sound(player);
    nt_viewing_core_tell(core, tiding);
}

static void push(NtViewingCore *core, NtViewingAnalysis *analysis, NtPlayerEvent *event)
{
    const gboolean stands = event->due_us <= event->arrived_us;
    const NtViewingFrame frame = {
        .frame = event->frame,
        .pts_ns = nt_frame_pts_ns(event->frame),
        .due_us = event->due_us,
        .waits_us = stands ? event->arrived_us + STANDING_PATIENCE_US : event->due_us - NT_VIEWING_CONVERSION_US,
        .restarted = event->restarted,
    };
    event->frame = NULL;
    g_mutex_lock(&core->lock);
    core->arrived++;
    g_mutex_unlock(&core->lock);
    nt_viewing_analysis_push(analysis, &frame);
}

/* FALSE when it cannot go on. */
static gboolean take(NtViewingCore *core, NtViewingAnalysis *analysis, NtPlayer *player, NtPlayerEvent *event)
{
    switch (event->kind) {
    case NT_PLAYER_FRAME:
        push(core, analysis, event);
        return TRUE;
    case NT_PLAYER_READY:
        tell_ready(core, player);
        return TRUE;
    case NT_PLAYER_ENDED:
        nt_viewing_analysis_drain(analysis);
        nt_viewing_core_tell(core, nt_tiding_new(NT_TIDING_ENDED));
        return TRUE;
    case NT_PLAYER_WARNED:
        nt_viewing_core_tell_words(core, NT_TIDING_WARNED, g_steal_pointer(&event->words));
        return TRUE;
    case NT_PLAYER_TIMEOUT:
        return TRUE;
    case NT_PLAYER_FAILED:
        nt_viewing_analysis_drain(analysis);
        nt_viewing_analysis_everybody_left(analysis);
        nt_viewing_core_fail(core, g_steal_pointer(&event->error));
        return FALSE;
    }
    return FALSE;
}

/* From here on the player is told at once; what was wished before, now. */
static void begin(NtViewingCore *core, NtPlayer *player)
{
    g_mutex_lock(&core->lock);
    const NtViewingWishes wishes = core->wishes;
    core->player = player;
    nt_player_set_rate(player, wishes.rate);
    nt_player_set_volume(player, wishes.volume);
    nt_player_set_muted(player, wishes.muted);
    nt_player_set_loop(player, wishes.loop);
    if (wishes.seek_ns >= 0)
        nt_player_seek(player, wishes.seek_ns);
    if (wishes.playing)
        nt_player_play(player);
    g_mutex_unlock(&core->lock);
}

static void end(NtViewingCore *core)
{
    g_mutex_lock(&core->lock);
    core->lost += nt_player_lost_frames(core->player);
    core->player = NULL;
    g_mutex_unlock(&core->lock);
}

void nt_viewing_read_clip(NtViewingCore *core, const char *location)
{
    GError *error = NULL;
    g_autoptr(NtPlayer) player = nt_player_open(location, core->start_ns, &error);
    if (!player) {
        nt_viewing_core_fail(core, error);
        return;
    }
    NtViewingAnalysis *analysis = nt_viewing_analysis_new(core);
    begin(core, player);
    gboolean going = TRUE;
    while (going && !nt_viewing_core_is_closed(core)) {
        NtPlayerEvent event = {0};
        nt_player_next(player, POLL_US, &event);
        going = take(core, analysis, player, &event);
        nt_player_event_clear(&event);
    }
    end(core);
    nt_viewing_analysis_free(analysis);
}
