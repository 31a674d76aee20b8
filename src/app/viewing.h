/* Nametag - one source being watched: a camera, a network camera, a clip or a still picture, from opening to its
 * pictures with tags.
 *
 * Reading, analysis and conversion are done in threads of its own; what is to be shown arrives on the main thread when
 * it is due, and if the main thread is late the newest replaces those before it, which are counted as dropped.
 * Everything here is called, and every signal emitted, on the main thread; nothing blocks it.
 *
 * Signals:
 *   "shown"                         there is another picture (nt_viewing_get_shown): a new frame, or the same with
 *                                   other names; a still comes first without tags
 *   "presence" (NtPresenceEvent *)  somebody came, got a name, or left; valid during the call
 * Properties, all readable, notified: "state", "playing", "duration", "can-seek", "has-sound", "words", "name"; and
 * writable "rate", "volume", "muted", "loop".
 */
#ifndef NT_VIEWING_H
#define NT_VIEWING_H

#include <gio/gio.h>

#include "app/shown.h"
#include "engine/album.h"
#include "engine/live.h"
#include "engine/presence.h"

typedef enum NtViewingKind {
    NT_VIEWING_CAMERA,
    NT_VIEWING_NETWORK,
    NT_VIEWING_CLIP, /* a file with an end; played (media/player.h) */
    NT_VIEWING_STILL,
} NtViewingKind;

typedef enum NtViewingState {
    NT_VIEWING_OPENING, /* no picture yet */
    NT_VIEWING_READY,   /* there are pictures: playing or not */
    NT_VIEWING_LOST,    /* no picture for now; words say why and what is being done */
    NT_VIEWING_ENDED,   /* the end of a clip; its last picture stays */
    NT_VIEWING_FAILED,  /* words say why, and what to do; error has the kind (NT_SOURCE_ERROR...) */
} NtViewingState;

#define NT_TYPE_VIEWING (nt_viewing_get_type())
G_DECLARE_FINAL_TYPE(NtViewing, nt_viewing, NT, VIEWING, GObject)

typedef struct NtViewingOptions {
    NtModelSet *models;
    NtRecognizer *recognizer; /* NULL: nobody is known yet (nt_viewing_set_recognizer) */
    int scan_frames;          /* of the tracker: how soon new faces are found; 0: as usual */
    int upsample;             /* of the detector: 0, 1: finds faces of half the size */
    gint64 start_ns;          /* of a clip: where to begin */
    gboolean paused;          /* a clip does not begin to play by itself */
} NtViewingOptions;

/* Starts opening and returns at once; failures come as the state. location: as nt_feed_open has it for cameras and
 * networks; a path or URI for files; kind is found out from it, and for files from their content. */
NtViewing *nt_viewing_new(const char *location, const NtViewingOptions *options);
/* Ends everything; no signal comes after it. Threads that hang in a driver are left to end by themselves. Called before
 * the last unref. */
void nt_viewing_close(NtViewing *viewing);

NtViewingKind nt_viewing_get_kind(NtViewing *viewing);
NtViewingState nt_viewing_get_state(NtViewing *viewing);
const char *nt_viewing_get_words(NtViewing *viewing);    /* of LOST and FAILED, and warnings; or NULL */
const GError *nt_viewing_get_error(NtViewing *viewing);  /* of FAILED, or NULL */
const char *nt_viewing_get_location(NtViewing *viewing); /* as given: may have credentials; not to be shown */
const char *
nt_viewing_get_name(NtViewing *viewing); /* for people: a file's name, a camera's, an address without credentials */
NtShown *nt_viewing_get_shown(NtViewing *viewing); /* borrowed; NULL before the first picture */

void nt_viewing_play(NtViewing *viewing);
void nt_viewing_pause(NtViewing *viewing); /* a live source goes on behind the frozen picture */
gboolean nt_viewing_is_playing(NtViewing *viewing);
/* Of clips; ignored by others. */
void nt_viewing_seek(NtViewing *viewing, gint64 position_ns);
void nt_viewing_step(NtViewing *viewing, int frames);
gint64 nt_viewing_get_position(NtViewing *viewing);
gint64 nt_viewing_get_duration(NtViewing *viewing); /* -1: not known, or has none */
gboolean nt_viewing_can_seek(NtViewing *viewing);

/* Others are known now: another gallery, another caution. The picture shown is named anew at once. */
void nt_viewing_set_recognizer(NtViewing *viewing, NtRecognizer *recognizer);
/* The gallery changed: names the picture that stays on the screen (paused, a still) anew. Tracks of frames to come see
 * to it themselves. */
void nt_viewing_refresh_names(NtViewing *viewing);
/* Takes effect from the next frames on. */
void nt_viewing_set_effort(NtViewing *viewing, int scan_frames, int upsample);

/* Array of NtFacePicture of a face on the screen, the best first; and the newest, or NULL. The caller's. */
GPtrArray *nt_viewing_get_pictures(NtViewing *viewing, guint64 track);
NtFacePicture *nt_viewing_get_picture(NtViewing *viewing, guint64 track);
/* Who is unknown in this source so far, and was not named or ignored since: array of NtUnknown (gallery.h). The
 * caller's. */
GPtrArray *nt_viewing_get_unknown(NtViewing *viewing);

typedef struct NtViewingMeter {
    guint64 arrived; /* frames that came from the source, those lost before it included */
    guint64 shown;
    guint64 dropped; /* arrived and never shown, though it was playing */
    NtLiveMeter live;
} NtViewingMeter;
void nt_viewing_get_meter(NtViewing *viewing, NtViewingMeter *meter);

#endif
