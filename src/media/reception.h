/* Nametag - one attempt at receiving a picture: a pipeline from its building to its end, in a thread of its own, so that a camera or
 * a server that hangs holds up nobody. Private to media.
 */
#ifndef NT_RECEPTION_H
#define NT_RECEPTION_H

#include "media/cameras.h"
#include "media/mailbox.h"

typedef struct NtReceptionOrder {
    NtFeedKind kind;
    const char *uri;   /* NETWORK, FILE */
    const char *shown; /* of what, for messages */
    NtCamera *camera;  /* CAMERA */
    int width, height, frames_per_second; /* CAMERA, TEST */
    gboolean flat_out;
    guint rtsp_protocols; /* GstRTSPLowerTrans to try; 0: GStreamer's choice */
} NtReceptionOrder;

typedef enum NtReceptionState {
    NT_RECEPTION_GOING,
    NT_RECEPTION_ENDED,  /* the source says that it is over */
    NT_RECEPTION_FAILED,
} NtReceptionState;

typedef struct NtReception NtReception;

/* Frames go to the mailbox, which is notified of the rest. */
NtReception *nt_reception_start(const NtReceptionOrder *order, NtMailbox *mailbox);
/* FAILED: *error gets the reason (a NT_SOURCE_ERROR: what is for people), *cause GStreamer's own, or NULL. Free both. */
NtReceptionState nt_reception_state(NtReception *reception, GError **error, GError **cause);
gboolean nt_reception_is_recording(NtReception *reception); /* it has a length: not live */
gint64 nt_reception_duration_ns(NtReception *reception);    /* -1: not known */
/* From the start again, without a gap; FALSE when it cannot. */
gboolean nt_reception_rewind(NtReception *reception);
/* Stops and frees, waiting no longer than that. */
void nt_reception_stop(NtReception *reception, gint64 limit_us);

#endif
