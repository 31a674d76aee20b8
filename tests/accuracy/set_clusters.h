/* Which faces are one person's: agglomerative clustering of embeddings, with what is known beforehand.
 */
#ifndef NT_SET_CLUSTERS_H
#define NT_SET_CLUSTERS_H

#include <glib.h>

#include "nn/embedder.h"
#include "set_media.h"

typedef struct NtSighting {
    float embedding[NT_EMBEDDING_SIZE];
    GBytes *png;   /* the face with its surroundings */
    char *source;  /* file, with the time in a clip */
    char *picture; /* what it shares with the other faces of the same picture */
    NtSetKind kind;
    const char *label; /* known name, interned, or NULL */
    int width_px;
    gint cluster;      /* set by nt_set_cluster; -1: left out */
    const char *doubt; /* why it was left out, or NULL */
} NtSighting;

/* Clusters by mean distance, nearest first. Faces of one label are one person; of two labels, of one picture that is no
 * collage, or in a picture of people who are in no other, never. Then leaves out what is not clear. Returns the number
 * of clusters, numbered by size, largest first. */
guint nt_set_cluster(GPtrArray *sightings);

#endif
