/* Nametag - libsvm's machines for pairs of people, trained when first asked for.
 *
 * In the one-against-one scheme a machine for two people depends on nobody else. So the machines among a face's nearest
 * few people are exactly those of a model of the whole gallery, and nothing needs training before it is needed: neither
 * at the start, nor when somebody is enrolled. A machine is found again by the digests of the two people's pictures:
 * when these change, another is trained.
 *
 * Linear C-SVC with C = NT_SVM_C over the number of the person's pictures: everybody pulls with the same force, and a
 * machine's weights depend on its two people only.
 *
 * Any number of threads may ask. The number of machines kept is bounded; the oldest go first.
 */
#ifndef NT_PAIR_MACHINES_H
#define NT_PAIR_MACHINES_H

#include "identity/people_matrix.h"

#define NT_SVM_C 10.0
#define NT_SVM_EPSILON 1e-4 /* of the solver */

typedef struct NtPairMachines NtPairMachines; /* counted */

NtPairMachines *nt_pair_machines_new(guint max_machines);
NtPairMachines *nt_pair_machines_ref(NtPairMachines *machines);
void nt_pair_machines_unref(NtPairMachines *machines); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtPairMachines, nt_pair_machines_unref)

/* Who wins how many of the pairs among n people. votes: [n]. Allocates nothing where all machines are there. */
void nt_pair_machines_vote(NtPairMachines *machines, const NtPeopleMatrix *matrix, const NtNearPerson *people, guint n,
                           const float embedding[NT_EMBEDDING_SIZE], guint *votes);
/* How many are kept. */
guint nt_pair_machines_count(NtPairMachines *machines);

#endif
