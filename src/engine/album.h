/* Nametag - the pictures of each track: a few good and varied ones, so that a click on a face can enrol whoever it is
 * with all good pictures of this moment.
 *
 * Fed with the frames as they are shown; takes what was embedded. Of a track at most NT_ALBUM_PICTURES are kept, chosen
 * as enrolment would (quality_gate.h), and beside them the newest, however poor. Tracks that were not seen for
 * NT_ALBUM_FORGET_S are let go. Thread-safe.
 */
#ifndef NT_ALBUM_H
#define NT_ALBUM_H

#include "engine/tagged.h"
#include "identity/quality_gate.h"

#define NT_ALBUM_PICTURES 12
#define NT_ALBUM_FORGET_S 60

/* One picture of a face: what enrolment, rejection and the quality hint need. Counted, immutable. */
typedef struct NtFacePicture {
    gint ref_count; /* private */
    float embedding[NT_EMBEDDING_SIZE];
    guint8 chip[NT_CHIP_BYTES];
    NtPoint landmarks[NT_N_LANDMARKS]; /* in the source picture */
    NtRect box;                        /* likewise */
    double score;
    NtQuality quality;
    gint64 pts_ns;
} NtFacePicture;

NtFacePicture *nt_face_picture_new(void); /* zeroed */
NtFacePicture *nt_face_picture_ref(NtFacePicture *picture);
void nt_face_picture_unref(NtFacePicture *picture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtFacePicture, nt_face_picture_unref)

typedef struct NtAlbum NtAlbum;

NtAlbum *nt_album_new(void);
void nt_album_free(NtAlbum *album);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtAlbum, nt_album_free)

/* Faces that were embedded and have chips (NtEngineOptions.with_chips) are taken; pts_ns as the source has it (it may
 * fall). */
void nt_album_add(NtAlbum *album, const NtTaggedFrame *frame);
void nt_album_clear(NtAlbum *album);

/* Array of NtFacePicture, the best first (nt_gate_score); empty for a track that is not known. The caller's. */
GPtrArray *nt_album_pictures(NtAlbum *album, guint64 track);
NtFacePicture *nt_album_newest(NtAlbum *album, guint64 track); /* or NULL */

/* What a classifier says of all that is kept of a track, as the tracker would. FALSE for a track that is not known. */
gboolean nt_album_identify(NtAlbum *album, guint64 track, const NtClassifier *classifier, NtVerdict *verdict);

#endif
