#include "engine/represent.h"

#include <string.h>

struct NtRepresenter {
    NtModelSet *models;
    NtWorkers *workers;
    NtEmbedWorkspace **embed; /* [workers] */
    NtChipWorkspace chip;
    GByteArray *crop;   /* RGB of the part of a video frame that a chip needs */
    GByteArray *chips;  /* the chips, one after another */
    GArray *embeddings; /* and their embeddings */
};

NtRepresenter *nt_representer_new(NtModelSet *models, NtWorkers *workers)
{
    NtRepresenter *representer = g_new0(NtRepresenter, 1);
    representer->models = models;
    representer->workers = workers;
    representer->embed = g_new0(NtEmbedWorkspace *, nt_workers_count(workers));
    for (int i = 0; i < nt_workers_count(workers); i++)
        if (!(representer->embed[i] = nt_embed_workspace_new(nt_model_set_embedder(models))))
            g_error("not enough memory to analyse a picture");
    representer->crop = g_byte_array_new();
    representer->chips = g_byte_array_new();
    representer->embeddings = g_array_new(FALSE, FALSE, sizeof(float));
    return representer;
}

void nt_representer_free(NtRepresenter *representer)
{
    if (!representer)
        return;
    for (int i = 0; i < nt_workers_count(representer->workers); i++)
        nt_embed_workspace_free(representer->embed[i]);
    g_free(representer->embed);
    nt_chip_workspace_clear(&representer->chip);
    g_byte_array_unref(representer->crop);
    g_byte_array_unref(representer->chips);
    g_array_unref(representer->embeddings);
    g_free(representer);
}

static NtStatus cut_chip(NtRepresenter *representer, const NtPicture *picture, const NtPoint *landmarks, guint8 *chip)
{
    if (picture->rgb)
        return nt_chip_from_rgb(picture->rgb, landmarks, &representer->chip, chip);

    NtChipPlan plan;
    nt_chip_plan(landmarks, picture->yuv->width, picture->yuv->height, &plan);
    NtImage crop = {.format = NT_PIXELS_RGB24};
    if (!nt_rect_is_empty(plan.crop)) {
        crop.width = nt_rect_width(plan.crop);
        crop.height = nt_rect_height(plan.crop);
        crop.stride = (ptrdiff_t)crop.width * 3;
        g_byte_array_set_size(representer->crop, (guint)(crop.stride * crop.height));
        nt_yuv_to_rgb(picture->yuv, plan.crop, representer->crop->data, crop.stride);
        crop.pixels = representer->crop->data;
    }
    return nt_chip_extract(&plan, &crop, &representer->chip, chip);
}

/* The faces in as many shares as there are workers: those of a share go through the network together. */
typedef struct Embedding {
    NtRepresenter *representer;
    guint n_faces, n_shares;
    gint status; /* NtStatus of the last share that failed */
} Embedding;

static void embed_share(void *user, int share, int worker)
{
    Embedding *embedding = user;
    NtRepresenter *representer = embedding->representer;
    const guint from = (guint)share * embedding->n_faces / embedding->n_shares;
    const guint to = ((guint)share + 1) * embedding->n_faces / embedding->n_shares;
    const NtStatus status = nt_embed(nt_model_set_embedder(representer->models), representer->embed[worker],
                                     representer->chips->data + (gsize)from * NT_CHIP_BYTES, to - from,
                                     (float *)(void *)representer->embeddings->data + (gsize)from * NT_EMBEDDING_SIZE);
    if (status != NT_OK)
        g_atomic_int_set(&embedding->status, status);
}

NtStatus nt_represent(NtRepresenter *representer, const NtPicture *picture, NtFace *const faces[], guint n,
                      gboolean with_embedding)
{
    g_byte_array_set_size(representer->chips, n * NT_CHIP_BYTES);
    g_array_set_size(representer->embeddings, n * NT_EMBEDDING_SIZE);
    for (guint i = 0; i < n; i++) {
        guint8 *chip = representer->chips->data + (gsize)i * NT_CHIP_BYTES;
        const NtStatus status = cut_chip(representer, picture, faces[i]->landmarks, chip);
        if (status != NT_OK)
            return status;
        if (faces[i]->chip)
            memcpy(faces[i]->chip, chip, NT_CHIP_BYTES);
    }
    if (!with_embedding || n == 0)
        return NT_OK;

    Embedding embedding = {
        .representer = representer, .n_faces = n, .n_shares = MIN(n, (guint)nt_workers_count(representer->workers))};
    nt_workers_run(representer->workers, (int)embedding.n_shares, embed_share, &embedding);
    const float *embeddings = (const float *)(const void *)representer->embeddings->data;
    for (guint i = 0; embedding.status == NT_OK && i < n; i++) {
        memcpy(faces[i]->embedding, embeddings + (gsize)i * NT_EMBEDDING_SIZE, sizeof faces[i]->embedding);
        faces[i]->embedded = TRUE;
    }
    return (NtStatus)embedding.status;
}
