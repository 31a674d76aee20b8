/* Nametag - how many are named right when a rule's threshold is set so that few strangers are named.
 *
 * Rules cannot be compared at settings of their own: one names more people and more strangers than another. So each
 * rule's threshold is moved until the wanted share of strangers gets a name, and the right names are counted there.
 */
#ifndef NT_SWEEP_H
#define NT_SWEEP_H

#include <glib.h>

typedef enum NtProbeKind {
    NT_PROBE_RIGHT, /* enrolled, and whom the rule would name is right */
    NT_PROBE_WRONG, /* enrolled, and it would name another */
    NT_PROBE_STRANGER,
} NtProbeKind;

typedef struct NtSweepProbe {
    double score; /* named when below the threshold; INFINITY: never */
    NtProbeKind kind;
    guint split; /* of the repeats */
} NtSweepProbe;

typedef struct NtSwept {
    gboolean supported; /* FALSE: too few strangers for such a rate, or none enrolled; the rest is then 0 */
    double threshold;
    double right, wrong;            /* shares of the enrolled people's probes */
    double false_names;             /* share of the strangers' probes */
    double right_least, right_most; /* over the splits */
} NtSwept;

/* probes: of NtSweepProbe. n_different: how many of the strangers' probes are different pictures: repeats show the same
 * ones again, and 100 views of one picture cannot tell of a rate of 1 %. */
void nt_sweep_at(const GArray *probes, double rate, guint n_different, NtSwept *swept);
/* What a threshold that was found elsewhere does to these probes. */
void nt_sweep_apply(const GArray *probes, double threshold, NtSwept *swept);

typedef struct NtSweepPoint {
    double false_names, right;
} NtSweepPoint;
/* Right names over false names, a point for each stranger's score; the caller's GArray. */
GArray *nt_sweep_curve(const GArray *probes);

#endif
