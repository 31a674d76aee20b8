/* What is known of the media that the evaluation set is made from.
 */
#ifndef NT_SET_MEDIA_H
#define NT_SET_MEDIA_H

#include <glib.h>

gboolean nt_set_is_left_out(const char *path);

/* What is known of the people in a picture, from looking at it: not every question is left to the embeddings that are
 * to be judged. */
typedef enum NtSetKind {
    NT_SET_PICTURE, /* different people, who may be in other pictures too */
    NT_SET_COLLAGE, /* few people, many times */
    NT_SET_ONCE,    /* different people, who are in no other picture */
} NtSetKind;
NtSetKind nt_set_kind(const char *path);

/* Whose the largest face of a picture is: by the folder it is in (people/NAME/), or in the clip whose cast is written
 * down, at a time. NULL when it isn't known. pts_ns: -1 for a still. */
const char *nt_set_label(const char *path, gint64 pts_ns);

#endif
