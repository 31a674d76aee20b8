/* Nametag - the face of every picture of an evaluation, embedded once, and once more for each degradation.
 *
 * A picture stands for one person. When several faces are in it, the one nearest to its middle is meant, as in Labelled
 * Faces in the Wild.
 *
 * Degradations are made on the face's surroundings before detection, so that detection and landmarks suffer as they
 * would. When a degraded face is no longer found, the box of the undegraded picture is used (and counted): otherwise
 * the hardest probes would drop out and the figures look better.
 */
#ifndef NT_EVALUATE_FACES_H
#define NT_EVALUATE_FACES_H

#include <glib.h>

#include "engine/model_set.h"
#include "evaluate/degrade.h"

typedef struct NtPictureFace {
    gboolean found;                      /* FALSE: no face, or the picture can't be read */
    char *trouble;                       /* why the picture can't be read, or NULL */
    guint n_faces;                       /* in the picture */
    double width_px;                     /* of the face's box */
    gboolean refound[NT_N_DEGRADATIONS]; /* FALSE: the undegraded picture's box was used */
    float embeddings[NT_N_DEGRADATIONS][NT_EMBEDDING_SIZE];
} NtPictureFace;

typedef struct NtFacesOptions {
    int upsample;
    int threads;
    gboolean degrade[NT_N_DEGRADATIONS]; /* which ones to make; NONE is always made */
    NtDegradeStrength strength;
} NtFacesOptions;

/* Called after each picture, by one thread at a time; FALSE stops. */
typedef gboolean (*NtFacesProgress)(guint done, guint total, gpointer user);

typedef struct NtPictureFaces {
    guint n;
    NtPictureFace *faces; /* [n], in the order of the paths */
} NtPictureFaces;

/* paths: of char *. NULL with error when something else than a picture fails (no memory), or with G_IO_ERROR_CANCELLED
 * when progress said to stop. A picture that can't be read is no error: its trouble says why. */
NtPictureFaces *nt_picture_faces_new(NtModelSet *models, GPtrArray *paths, const NtFacesOptions *options,
                                     NtFacesProgress progress, gpointer user, GError **error);
void nt_picture_faces_free(NtPictureFaces *faces);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtPictureFaces, nt_picture_faces_free)

#endif
