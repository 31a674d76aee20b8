/* Nametag - who comes and goes: events made from the tracks of frames.
 *
 * A track is told of when it was found in a second frame, or has a name: what the detector sees once and never again was
 * nobody. Where frames are mostly predicted because the machine is slow, it is told of when it has stayed for a moment. It has
 * left when no frame had it for a second of the stream, or when a new scene begins without it. One that comes back under its
 * number appears again.
 *
 * One thread, frames in order.
 */
#ifndef NT_PRESENCE_H
#define NT_PRESENCE_H

#include "engine/tagged.h"

typedef enum NtPresenceKind {
    NT_PRESENCE_APPEARED, /* a face came into view; verdict as it is then */
    NT_PRESENCE_NAMED,    /* its track got a name, or by a change of the gallery another one: after APPEARED, if need be of
                           * the same frame */
    NT_PRESENCE_LEFT,     /* was not seen for some time, or the scene ended */
} NtPresenceKind;

typedef struct NtPresenceEvent {
    NtPresenceKind kind;
    guint64 track;
    const char *name;  /* interned; NULL: nobody known */
    guint unknown;     /* the number of an unknown person; 0: none */
    gint64 pts_ns;     /* of the frame that tells; LEFT: of the last frame that had it */
    gint64 first_ns;   /* of the first frame of this appearance */
} NtPresenceEvent;

/* Those who left come first, then the others in the order of the frame's faces. */
typedef void (*NtPresenceReport)(const NtPresenceEvent *event, gpointer user);
typedef struct NtPresence NtPresence;

NtPresence *nt_presence_new(NtPresenceReport report, gpointer user);
void nt_presence_free(NtPresence *presence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtPresence, nt_presence_free)

/* Faces without a track are not counted. */
void nt_presence_add(NtPresence *presence, const NtTaggedFrame *frame);
/* Everybody leaves: the end of the source, or its loss. */
void nt_presence_end(NtPresence *presence);

const char *nt_presence_kind_name(NtPresenceKind kind); /* "appeared", "named", "left" */

#endif
