/* Nametag - the tracker at work on the frames of one clip in a thread of its own: while it looks at one, those before
 * it are written. Used as the pool is (engine/pool.h): push while it is not full, else pop first; results come in
 * order.
 */
#ifndef NT_TAG_FOLLOW_H
#define NT_TAG_FOLLOW_H

#include "engine/tracker.h"
#include "media/source.h"

typedef struct NtTagFollow NtTagFollow;

NtTagFollow *nt_tag_follow_new(NtModelSet *models, const NtClassifier *classifier, const NtTrackerOptions *options);
/* Waits for the frame under way; the others are dropped. */
void nt_tag_follow_free(NtTagFollow *follow);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtTagFollow, nt_tag_follow_free)

gboolean nt_tag_follow_is_full(NtTagFollow *follow);
/* Takes the frame, when it is not full. */
void nt_tag_follow_push(NtTagFollow *follow, NtFrame *frame);
/* The oldest frame, the caller's, and its tags, or NULL with error set; FALSE when nothing is under way. Waits. */
gboolean nt_tag_follow_pop(NtTagFollow *follow, NtFrame **frame, NtTaggedFrame **tagged, GError **error);

#endif
