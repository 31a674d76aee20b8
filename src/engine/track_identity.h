/* Nametag - who a track is: the embeddings of its good frames, averaged, and a verdict that changes only with evidence.
 *
 * One frame names 94.8 % rightly, the average of three 99.4 %, of five 100 % (measured on the project's test faces). So a
 * name that is well within the threshold is given at once; one that is only just within it waits for the average of three,
 * and so does a guess. A name once given stays until the gallery changes, and another guess than the first is never given.
 * Embeddings that contradict the others, several of them, say that the track has become somebody else: the caller ends it.
 */
#ifndef NT_TRACK_IDENTITY_H
#define NT_TRACK_IDENTITY_H

#include "identity/classifier.h"
#include "nn/embedder.h"

/* What is averaged at most: later ones replace the poorest. */
#define NT_TRACK_EMBEDDINGS 8
/* So many good pictures running that are unlike the others are no accident: they are somebody else, or another side of the
 * same. */
#define NT_TRACK_AGAINST 3

typedef struct NtTrackIdentity {
    guint n;                     /* embeddings kept */
    guint n_seen;                /* and ever added, those that were not kept too */
    float embeddings[NT_TRACK_EMBEDDINGS][NT_EMBEDDING_SIZE];
    float weights[NT_TRACK_EMBEDDINGS];
    float mean[NT_EMBEDDING_SIZE]; /* weighted */
    guint n_against;             /* of the latest, how many running are unlike the mean, or like another person: these */
    float against[NT_TRACK_AGAINST][NT_EMBEDDING_SIZE];
    float against_weights[NT_TRACK_AGAINST];
    const NtClassifier *classifier; /* the verdict's; when another comes, the verdict is made anew. A reference is held */
    guint n_judged;              /* n_seen when the verdict was made */
    const char *guess;           /* the only one that this track may show; interned */
    NtVerdict verdict;
} NtTrackIdentity;

/* Zero-initialised is empty: its verdict is then unknown. */
void nt_track_identity_clear(NtTrackIdentity *identity);

/* Adds the embedding of a frame; weight 0 .. 1 by how good the picture is. FALSE when it and those before it tell that this is
 * somebody else: the track should end, and the new one begin with n_against embeddings of against. */
gboolean nt_track_identity_add(NtTrackIdentity *identity, const float embedding[NT_EMBEDDING_SIZE], float weight);

/* Brings the verdict up to date with what was added and with the classifier, which may be NULL. Costs nothing when neither
 * changed. */
void nt_track_identity_judge(NtTrackIdentity *identity, NtClassifier *classifier);

/* How many frames after the last embedding the next is worth its price: 1 while there is doubt, then seldom. */
guint nt_track_identity_wait(const NtTrackIdentity *identity);

/* Distance between two tracks' people; INFINITY when one has no embedding. */
float nt_track_identity_distance(const NtTrackIdentity *a, const NtTrackIdentity *b);

#endif
