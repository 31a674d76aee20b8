/* The largest output of each convolution over the faces of some pictures: the table in src/nn/embedder_8bit.c.
 *
 *   NAMETAG_MODELS=BUILD/models calibrate PICTURE... */
#include <stdio.h>

#include "media/still.h"
#include "parity/reference.h"

int main(int argc, char **argv)
{
    Models models = {0};
    float limits[NT_EMBEDDER_CONVOLUTIONS] = {0};
    guint faces = 0;
    models_load(&models);
    nt_embed_workspace_set_limits(models.embed, limits);
    for (int i = 1; i < argc; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(NtStill) still = nt_still_load(argv[i], &error);
        if (!still) {
            fprintf(stderr, "%s\n", error->message);
            return 1;
        }
        const NtDetectOptions options = {.upsample = 1};
        const NtDetection *found;
        size_t n;
        if (nt_detect(models.detector, models.detect, &still->rgb, &options, &found, &n, NULL) != NT_OK)
            continue;
        for (size_t k = 0; k < n; k++, faces++) {
            NtPoint points[NT_N_LANDMARKS];
            guint8 chip[NT_CHIP_BYTES];
            float embedding[NT_EMBEDDING_SIZE];
            nt_landmarks_fit(models.landmarker, &still->rgb, found[k].box, points);
            nt_chip_from_rgb(&still->rgb, points, &models.chip, chip);
            nt_embed(models.embedder, models.embed, chip, 1, embedding);
        }
    }
    for (int i = 0; i < NT_EMBEDDER_CONVOLUTIONS; i++)
        printf("%.4gf,%s", (double)limits[i], i % 8 == 7 || i == NT_EMBEDDER_CONVOLUTIONS - 1 ? "\n" : " ");
    fprintf(stderr, "%u faces\n", faces);
    models_free(&models);
    return 0;
}
