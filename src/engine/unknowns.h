/* Nametag - the unknown people of one clip: one person, one number, the same from the first frame to the last.
 *
 * Faces whose verdict is unknown are grouped by embedding (root mean square distance to a group's best pictures), by
 * where they were a moment before, and by the rule that two faces of one frame are two people. A number is given only
 * once a good picture was seen of somebody who is not nearly one of the enrolled: faces too poor for that stay plainly
 * "unknown", and so do those of ignored strangers. Numbers, once given, do not change.
 * A name, or a guess, is withdrawn where an unknown person was just before, whom the face is more like.
 *
 * Where faces are tracked, the tracks say who was where a moment before: a track has one number, once it has one, and keeps it
 * in the frames in which it is not embedded; its name is the tracker's to decide. No two faces of a frame have the same
 * number.
 *
 * One thread, frames in order.
 */
#ifndef NT_UNKNOWNS_H
#define NT_UNKNOWNS_H

#include "engine/tagged.h"

/* Pictures worth keeping of an unknown person: enough to enrol them well. */
#define NT_UNKNOWNS_FACES 8

typedef struct NtUnknowns NtUnknowns;

/* max_faces: how many varied good pictures to keep of each. source: the path or URI. */
NtUnknowns *nt_unknowns_new(const char *source, guint max_faces);
void nt_unknowns_free(NtUnknowns *unknowns);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtUnknowns, nt_unknowns_free)

/* Sets verdict.unknown of the frame's faces, and withdraws names. The frame must not have been handed on yet. threshold: the distance up to
 * which the classifier gives names (nt_classifier_threshold), 0 without one: who is only just farther gets no number.
 * Faces need their chips (NtEngineOptions.with_chips): a picture without one is never good. */
void nt_unknowns_add(NtUnknowns *unknowns, NtTaggedFrame *frame, float threshold);

/* Who was seen, by number: array of NtUnknown (gallery.h) with their best and most varied pictures. */
GPtrArray *nt_unknowns_list(const NtUnknowns *unknowns);

#endif
