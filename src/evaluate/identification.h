/* Nametag - open-set identification: who is it, or nobody one knows?
 *
 * Again and again some people are enrolled with k pictures each, the others are strangers, and all other pictures are
 * probes. Splits are drawn at random from a seed: the same seed gives the same figures.
 *
 * Somebody needs k + 1 pictures in which a face is found to be enrolled; whoever has fewer is a stranger. When a number
 * of people is asked for and there are not so many, those with just k pictures fill the gallery up: nothing is left to
 * ask about them, but others could be taken for them.
 */
#ifndef NT_IDENTIFICATION_H
#define NT_IDENTIFICATION_H

#include "evaluate/dataset.h"
#include "evaluate/faces.h"
#include "evaluate/rules.h"
#include "evaluate/sweep.h"

/* Probes as they are, each degradation, and all degraded ones together. */
#define NT_CONDITION_DEGRADED NT_N_DEGRADATIONS
#define NT_N_CONDITIONS (NT_N_DEGRADATIONS + 1)
const char *nt_condition_name(int condition); /* "none", ..., "degraded" */

#define NT_FALSE_NAME_RATE 0.01 /* at which rules are compared */

typedef struct NtIdentificationOptions {
    GArray *enrol;    /* of guint: how many pictures, each in turn */
    guint people;     /* enrol at most so many; 0: no limit */
    double leave_out; /* of those who could be enrolled: a share below 1, or a count */
    guint repeats;
    guint seed;
    NtCaution caution;                   /* of the confusion matrix */
    gboolean degrade[NT_N_DEGRADATIONS]; /* which probes there are, NONE among them or not */
} NtIdentificationOptions;

/* What became of probes. */
typedef struct NtTally {
    guint enrolled; /* probes of people who are enrolled = right + wrong + unsure + unknown */
    guint right, wrong, unsure, unknown;
    guint unsure_right; /* of the unsure: the guess was right */
    guint no_face;      /* of the unknown: no face was found */
    guint strangers;    /* probes of strangers = false_names + s_unsure + s_unknown */
    guint false_names, s_unsure, s_unknown;
} NtTally;

#define NT_DISTANCE_BINS 60
#define NT_DISTANCE_BIN 0.02 /* the last one holds all that is farther */

/* All splits with one number of pictures. */
typedef struct NtRound {
    guint k;
    guint n_able;        /* people with enough pictures */
    guint n_with_probes; /* of them, enrolled in each split */
    guint n_enrolled;    /* and those enrolled without a probe; 0: nobody has enough pictures, and the rest is empty */
    guint n_strangers;   /* people, in each split */
    guint n_enrolled_probes, n_stranger_pictures; /* different pictures, over all splits */
    double thresholds[NT_N_CAUTIONS];             /* ours, mean over the splits */
    NtTally tallies[NT_N_CONDITIONS][NT_N_SETTINGS];
    /* Under the summary's condition at NT_FALSE_NAME_RATE; the other conditions at the threshold found there. */
    NtSwept swept[NT_N_CONDITIONS][NT_N_RULES];
    GArray *curves[NT_N_RULES]; /* of NtSweepPoint, under the summary's condition */
    guint *confusion; /* [n_people + 1][n_people + 2]: truth (the last row: strangers), answer (last: unsure, unknown),
                       * at the caution chosen, under the summary's condition */
    guint known[NT_DISTANCE_BINS],
        stranger[NT_DISTANCE_BINS]; /* distances to the nearest person, summary's condition */
} NtRound;

typedef struct NtIdentification {
    guint n_people, n_pictures, n_found;  /* of the data set; pictures in which a face was found */
    int summary;                          /* the condition that summaries show: all degraded probes, if there are any */
    gboolean conditions[NT_N_CONDITIONS]; /* which there are */
    guint refound[NT_N_DEGRADATIONS];     /* pictures whose degraded face was found again */
    guint n_rounds;
    NtRound *rounds; /* [n_rounds] */
} NtIdentification;

typedef gboolean (*NtIdentificationProgress)(guint done, guint total, gpointer user);

/* faces: of the dataset's pictures. NULL with error, G_IO_ERROR_CANCELLED when progress said to stop. */
NtIdentification *nt_identification_run(const NtDataset *dataset, const NtPictureFaces *faces,
                                        const NtIdentificationOptions *options, NtIdentificationProgress progress,
                                        gpointer user, GError **error);
void nt_identification_free(NtIdentification *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtIdentification, nt_identification_free)

static inline guint *nt_confusion(const NtIdentification *result, const NtRound *round, guint truth, guint answer)
{
    return &round->confusion[(gsize)truth * (result->n_people + 2) + answer];
}

#endif
