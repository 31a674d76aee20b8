/* Nametag - enrolling one person from stills and clips: what is taken, what is refused, and why.
 */
#ifndef NT_ENROLL_JOB_H
#define NT_ENROLL_JOB_H

#include <glib.h>

#include "engine/engine.h"
#include "identity/gallery.h"

/* What all pictures of one run share. */
typedef struct NtEnrollJob {
    NtGallery *gallery;
    NtAnalyser *analyser;
    gboolean largest; /* of several faces take the largest */
    gboolean force;   /* take what looks like somebody else, or is small */
    gboolean quiet;
    guint max;        /* faces taken from one clip */
    double start_s, end_s; /* part of a clip; end_s 0: to its end */
} NtEnrollJob;

/* Takes the face of one still, or good and varied frames of a clip. Prints a line about it. Returns how many faces were
 * taken; 0 with error unset when the picture was refused (the line says why), with error set when it could not be read or
 * the gallery not be written. */
guint nt_enroll_still(const NtEnrollJob *job, const char *person, const char *path, GError **error);
guint nt_enroll_clip(const NtEnrollJob *job, const char *person, const char *location, GError **error);

#endif
