/* Nametag - enrolling people from stills and clips: what is taken, what is refused, why, and what to do about it.
 *
 * One person after another: begin, pictures, finish. Pictures are judged against those enrolled and those taken before
 * them; nothing is written before finish, which is one transaction. So an interrupted command leaves nothing of a person,
 * and other programs never wait for a clip to be looked through.
 */
#ifndef NT_ENROLL_JOB_H
#define NT_ENROLL_JOB_H

#include <glib.h>

#include "engine/engine.h"
#include "identity/gallery.h"

/* What all pictures of one run share. */
typedef struct NtEnrollOptions {
    gboolean largest; /* of several faces take the largest */
    gboolean force;   /* take what the gate refuses, and remember that; not what is enrolled already */
    gboolean check;   /* only say what would be done */
    gboolean quiet;
    guint max;        /* faces taken from one clip */
    double start_s, end_s; /* part of a clip; end_s 0: to its end */
} NtEnrollOptions;

typedef struct NtEnroller NtEnroller;

/* gallery NULL: as if nobody were enrolled, to check only. Gallery and analyser (which keeps chips and embeds) must outlive
 * it; options are copied. */
NtEnroller *nt_enroller_new(NtGallery *gallery, NtAnalyser *analyser, const NtEnrollOptions *options, GError **error);
void nt_enroller_free(NtEnroller *enroller); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtEnroller, nt_enroller_free)

gboolean nt_enroller_begin(NtEnroller *enroller, const char *person, GError **error);
/* Takes the face of one still, or good and varied frames of a clip. Prints a line about it. Returns how many faces were
 * taken; 0 with error unset when the picture was refused (the line says why), with error set when it could not be read. */
guint nt_enroller_add_still(NtEnroller *enroller, const char *path, GError **error);
guint nt_enroller_add_clip(NtEnroller *enroller, const char *location, GError **error);
/* Whether all pictures of the person that were looked at are enrolled already. */
gboolean nt_enroller_nothing_new(const NtEnroller *enroller);
/* Writes what was taken; sets pictures aside where more than NT_GATE_MAX_IN_USE would be in use; says what would help. */
gboolean nt_enroller_finish(NtEnroller *enroller, GError **error);
/* Instead of finish: nothing of the person is kept. */
void nt_enroller_drop(NtEnroller *enroller);

#endif
