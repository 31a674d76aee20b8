/* Nametag - what tests need of a player beyond its interface. Private to media. */
#ifndef NT_PLAYER_PRIVATE_H
#define NT_PLAYER_PRIVATE_H

#include "media/player.h"

/* As nt_player_open, with another sink for the sound than the machine's output: "fakesink". */
NtPlayer *nt_player_open_with_sound(const char *location, gint64 start_ns, const char *sound_factory, GError **error);

#endif
