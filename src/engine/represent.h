/* Nametag - faces of one picture as chips and embeddings. Private to the engine.
 */
#ifndef NT_REPRESENT_H
#define NT_REPRESENT_H

#include "engine/model_set.h"
#include "engine/tagged.h"

/* What the picture is made of: exactly one is set. */
typedef struct NtPicture {
    const NtImage *rgb;
    const NtYuvImage *yuv;
} NtPicture;

typedef struct NtRepresenter NtRepresenter;

/* models and workers are borrowed, and must outlive it. Aborts when out of memory. */
NtRepresenter *nt_representer_new(NtModelSet *models, NtWorkers *workers);
void nt_representer_free(NtRepresenter *representer);

/* Cuts the chip of each of n faces by its landmarks, into face->chip too where that is not NULL, and, when
 * with_embedding, embeds them, the workers sharing them. */
NtStatus nt_represent(NtRepresenter *representer, const NtPicture *picture, NtFace *const faces[], guint n,
                      gboolean with_embedding);

#endif
