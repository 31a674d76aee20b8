/* Nametag - pictures into a gallery: judged against those that are there, written, and of many the most varied in use.
 *
 * To judge and to check, a gallery may be NULL: one where nobody is enrolled. */
#ifndef NT_ENROLMENT_H
#define NT_ENROLMENT_H

#include "identity/quality_gate.h"

/* What the gate says of one picture beside everybody's in use, and beside the person's own that are set aside, too. FALSE with
 * error when nobody can be called that, or the gallery cannot be read. */
gboolean nt_enrolment_judge(NtGallery *gallery, const char *person, const float embedding[NT_EMBEDDING_SIZE],
                            const NtQuality *quality, NtGateAnswer *answer, GError **error);

/* Adds pictures to a person, who may be new, and sets aside those of the person's that are not among the NT_GATE_MAX_IN_USE
 * best: as one change. *n_aside, which may be NULL, is how many those are. FALSE with error, and nothing is changed. */
gboolean nt_enrolment_write(NtGallery *gallery, const char *person, const NtGalleryFace *faces, guint n, guint *n_aside,
                            GError **error);
/* Only counts what nt_enrolment_write would set aside. */
gboolean nt_enrolment_check(NtGallery *gallery, const char *person, const NtGalleryFace *faces, guint n, guint *n_aside,
                            GError **error);

#endif
