/* Nametag - the face embedding: 150 x 150 RGB chip in, 128 numbers out.
 *
 * dlib's ResNet (after K. He et al.: Deep Residual Learning, CVPR 2016), 29 convolutions, trained by Davis King so that
 * chips of one person lie within a Euclidean distance of about 0.6 and others beyond. Embeddings are not normalised.
 */
#ifndef NT_EMBEDDER_H
#define NT_EMBEDDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define NT_EMBEDDING_SIZE 128
#define NT_EMBEDDER_CHIP_SIZE 150

typedef struct NtEmbedder NtEmbedder;             /* weights, folded and packed: immutable, shared by threads */
typedef struct NtEmbedWorkspace NtEmbedWorkspace; /* activations: one for each thread at work */

/* How the convolutions calculate. 8 bits are for processors with AVX-512 VNNI (nt_cpu_vnni()) and more than twice as fast there,
 * elsewhere slower than float; embeddings lie within 0.05 of the float ones (docs/performance.md). */
typedef enum NtPrecision {
    NT_PRECISION_FLOAT,
    NT_PRECISION_8BIT,
} NtPrecision;

NtStatus nt_embedder_load(const char *path, NtPrecision precision, NtEmbedder **out, NtError *error);
void nt_embedder_free(NtEmbedder *embedder);

NtEmbedWorkspace *nt_embed_workspace_new(const NtEmbedder *embedder); /* NULL when out of memory */
void nt_embed_workspace_free(NtEmbedWorkspace *workspace);

/* chips [n][150][150][3] bytes R, G, B -> embeddings [n][128]. */
NtStatus nt_embed(const NtEmbedder *embedder, NtEmbedWorkspace *workspace, const uint8_t *chips, size_t n,
                  float *embeddings);

/* Euclidean distance of two embeddings. */
float nt_embedding_distance(const float a[NT_EMBEDDING_SIZE], const float b[NT_EMBEDDING_SIZE]);

/* Called after each named stage of one chip ("input", "conv32_down", "maxpool", "conv32_1", ... "avgpool", "embedding")
 * with its activations [channels][height][width]; for tests and explanations. NULL switches it off. */
typedef void (*NtEmbedTrace)(void *user, const char *stage, const float *activations, int channels, int height,
                             int width);
void nt_embed_workspace_set_trace(NtEmbedWorkspace *workspace, NtEmbedTrace trace, void *user);


/* For choosing the scales of the 8-bit maps: from now on each convolution's largest output of all chips is kept in limits
 * (start with zeros; float precision only). NULL switches it off. */
#define NT_EMBEDDER_CONVOLUTIONS 29
void nt_embed_workspace_set_limits(NtEmbedWorkspace *workspace, float limits[NT_EMBEDDER_CONVOLUTIONS]);

#endif
