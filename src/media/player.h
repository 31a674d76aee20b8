/* Nametag - a clip played as a player does: paused, sought, stepped, slower and faster, with its sound in step.
 *
 * Frames come in the order in which they are to be shown, each with the moment at which it is due on the screen, some
 * time ahead, so that it can be analysed before. A reader that is slow loses the oldest frames, and the player counts
 * them; the player never waits for it. The sound goes to the machine's usual output; where there is none, the picture
 * plays in silence.
 *
 * Commands return at once, from any thread; what they lead to comes as events. One thread reads.
 */
#ifndef NT_PLAYER_H
#define NT_PLAYER_H

#include "media/source.h"

/* How long before it is due a playing frame comes. */
#define NT_PLAYER_AHEAD_US 60000

#define NT_PLAYER_SLOWEST 0.25
#define NT_PLAYER_FASTEST 4.0

typedef enum NtPlayerEventKind {
    NT_PLAYER_FRAME, /* frame is set */
    NT_PLAYER_READY, /* once, before the first frame: duration, sound and whether it can be sought are known */
    NT_PLAYER_ENDED, /* the end was reached (not when looping); the last frame stays to be shown; a seek or play goes on
                      * from there: play at the end begins anew */
    NT_PLAYER_WARNED,  /* words: the sound cannot be played; it goes on without */
    NT_PLAYER_FAILED,  /* it cannot go on: error is set (NT_SOURCE_ERROR) */
    NT_PLAYER_TIMEOUT, /* nothing happened in time */
} NtPlayerEventKind;

typedef struct NtPlayerEvent {
    NtPlayerEventKind kind;
    NtFrame
        *frame; /* the reader's to unref; its pts_ns is the position in the clip, which falls after a seek backwards */
    gboolean restarted; /* of a frame: does not follow the last one (a seek, a step back, a loop) */
    gint64 arrived_us;  /* of a frame: monotonic time when it came */
    gint64 due_us;      /* of a frame: monotonic time at which it is to be on the screen; of one shown while paused:
                           arrived_us */
    char *words;        /* the reader's to free */
    GError *error;      /* the reader's to free */
} NtPlayerEvent;

typedef struct NtPlayer NtPlayer;

/* Starts paused, opening in the background; start_ns: where to begin (0: the start). location: a path or URI of
 * something that has an end. Fails at once only for what can never work (no such file); the rest comes as FAILED. */
NtPlayer *nt_player_open(const char *location, gint64 start_ns, GError **error);
void nt_player_close(NtPlayer *player);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtPlayer, nt_player_close)

/* The next event, waiting up to timeout_us (negative: for ever). */
void nt_player_next(NtPlayer *player, gint64 timeout_us, NtPlayerEvent *event);
void nt_player_event_clear(NtPlayerEvent *event);
/* Makes a waiting or later nt_player_next return TIMEOUT at once. */
void nt_player_wake(NtPlayer *player);

void nt_player_play(NtPlayer *player);
void nt_player_pause(NtPlayer *player);
/* To the very frame that is shown at that position. Many in a row (a seek bar being dragged) are carried out as fast as
 * they can be, the last one surely. */
void nt_player_seek(NtPlayer *player, gint64 position_ns);
/* Pauses, and shows the next frame (+1) or the one before (-1): the very neighbour, also with a variable frame rate.
 * Steps add up. */
void nt_player_step(NtPlayer *player, int frames);
void nt_player_set_rate(NtPlayer *player,
                        double rate); /* NT_PLAYER_SLOWEST .. NT_PLAYER_FASTEST; the voices keep their pitch */
void nt_player_set_volume(NtPlayer *player, double volume); /* 0 .. 1, as the ear hears it (cubic) */
void nt_player_set_muted(NtPlayer *player, gboolean muted);
void nt_player_set_loop(NtPlayer *player, gboolean loop);

/* From READY on. */
gint64 nt_player_duration_ns(NtPlayer *player); /* -1: not known */
gboolean nt_player_can_seek(NtPlayer *player);
gboolean nt_player_has_sound(NtPlayer *player);
gint64 nt_player_position_ns(NtPlayer *player); /* now, of the clock while playing, of the frame shown while paused */
const char *nt_player_name(const NtPlayer *player); /* the path, or the address without credentials */
guint64 nt_player_lost_frames(NtPlayer *player);

#endif
