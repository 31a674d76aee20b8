#include "identity/pair_machines.h"

#include <libsvm/svm.h>

typedef struct Pair {
    guint64 first, second; /* digests, in the gallery's order of the people */
} Pair;

typedef struct Machine {
    Pair pair;
    float weights[NT_EMBEDDING_SIZE], bias; /* above zero: the first person */
} Machine;

struct NtPairMachines {
    gint references;
    GMutex lock;
    GHashTable *by_pair; /* Pair * -> Machine *, both within ring */
    Machine *ring;       /* [max]: the oldest at next once it is full */
    guint max, count, next;
};

static guint hash_pair(gconstpointer key)
{
    const Pair *pair = key;
    return (guint)((pair->first * 31 + pair->second) >> 32);
}

static gboolean same_pair(gconstpointer a, gconstpointer b)
{
    const Pair *x = a, *y = b;
    return x->first == y->first && x->second == y->second;
}

static void no_output(const char *text)
{
    (void)text;
}

NtPairMachines *nt_pair_machines_new(guint max_machines)
{
    NtPairMachines *machines = g_new0(NtPairMachines, 1);
    svm_set_print_string_function(no_output);
    machines->references = 1;
    g_mutex_init(&machines->lock);
    machines->by_pair = g_hash_table_new(hash_pair, same_pair);
    machines->max = max_machines;
    machines->ring = g_new(Machine, max_machines); /* the system gives the pages as they are written */
    return machines;
}

NtPairMachines *nt_pair_machines_ref(NtPairMachines *machines)
{
    g_atomic_int_inc(&machines->references);
    return machines;
}

void nt_pair_machines_unref(NtPairMachines *machines)
{
    if (!machines || !g_atomic_int_dec_and_test(&machines->references))
        return;
    g_hash_table_unref(machines->by_pair);
    g_mutex_clear(&machines->lock);
    g_free(machines->ring);
    g_free(machines);
}

guint nt_pair_machines_count(NtPairMachines *machines)
{
    g_mutex_lock(&machines->lock);
    const guint count = machines->count;
    g_mutex_unlock(&machines->lock);
    return count;
}

/* libsvm's vectors are sparse: index from 1, then -1. */
static void fill_nodes(const float *embedding, struct svm_node nodes[NT_EMBEDDING_SIZE + 1])
{
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        nodes[i] = (struct svm_node){.index = i + 1, .value = (double)embedding[i]};
    nodes[NT_EMBEDDING_SIZE] = (struct svm_node){.index = -1};
}

/* The linear machine as one vector: the sum of its support vectors, and its threshold. */
static void collapse(const struct svm_model *model, Machine *machine)
{
    double weights[NT_EMBEDDING_SIZE] = {0};
    for (int s = 0; s < model->l; s++)
        for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
            weights[i] += model->sv_coef[0][s] * model->SV[s][i].value;
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        machine->weights[i] = (float)weights[i];
    machine->bias = (float)-model->rho[0];
}

static void train(const NtPeopleMatrix *matrix, const guint people[2], Machine *machine)
{
    const guint counts[2] = {nt_people_matrix_n_pictures(matrix, people[0]),
                             nt_people_matrix_n_pictures(matrix, people[1])};
    const guint n = counts[0] + counts[1];
    g_autofree double *labels = g_new(double, n);
    g_autofree struct svm_node **rows = g_new(struct svm_node *, n);
    g_autofree struct svm_node *nodes = g_new(struct svm_node, (gsize)n * (NT_EMBEDDING_SIZE + 1));
    int weight_labels[2] = {0, 1};
    double weights[2] = {1.0 / counts[0], 1.0 / counts[1]};
    for (guint i = 0; i < n; i++) {
        const guint side = i >= counts[0];
        const guint face = matrix->first[people[side]] + i - (side ? counts[0] : 0);
        labels[i] = side;
        rows[i] = nodes + (gsize)i * (NT_EMBEDDING_SIZE + 1);
        fill_nodes(matrix->embeddings + (gsize)face * NT_EMBEDDING_SIZE, rows[i]);
    }
    const struct svm_problem problem = {.l = (int)n, .y = labels, .x = rows};
    const struct svm_parameter parameters = {.svm_type = C_SVC,
                                             .kernel_type = LINEAR,
                                             .C = NT_SVM_C,
                                             .eps = NT_SVM_EPSILON,
                                             .cache_size = 1,
                                             .shrinking = 1,
                                             .nr_weight = 2,
                                             .weight_label = weight_labels,
                                             .weight = weights};
    struct svm_model *model = svm_train(&problem, &parameters);
    collapse(model, machine);
    svm_free_and_destroy_model(&model);
}

static void keep(NtPairMachines *machines, const Machine *machine)
{
    if (g_hash_table_contains(machines->by_pair, &machine->pair))
        return; /* another thread was quicker */
    Machine *place = &machines->ring[machines->next];
    if (machines->count == machines->max)
        g_hash_table_remove(machines->by_pair, &place->pair);
    else
        machines->count++;
    *place = *machine;
    g_hash_table_insert(machines->by_pair, &place->pair, place);
    machines->next = (machines->next + 1) % machines->max;
}

static float decide(const Machine *machine, const float *embedding)
{
    float sum = 0;
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        sum += machine->weights[i] * embedding[i];
    return sum + machine->bias;
}

void nt_pair_machines_vote(NtPairMachines *machines, const NtPeopleMatrix *matrix, const NtNearPerson *people, guint n,
                           const float embedding[NT_EMBEDDING_SIZE], guint *votes)
{
    for (guint i = 0; i < n; i++)
        votes[i] = 0;
    g_mutex_lock(&machines->lock);
    for (guint i = 0; i < n; i++)
        for (guint k = i + 1; k < n; k++) {
            const gboolean in_order = people[i].person < people[k].person;
            const guint a = in_order ? i : k, b = in_order ? k : i;
            const guint pair[2] = {people[a].person, people[b].person};
            const Pair key = {matrix->digests[pair[0]], matrix->digests[pair[1]]};
            const Machine *known = g_hash_table_lookup(machines->by_pair, &key);
            float decision;
            if (known) {
                decision = decide(known, embedding);
            } else {
                /* Others need not wait for the training. */
                Machine machine = {.pair = key};
                g_mutex_unlock(&machines->lock);
                train(matrix, pair, &machine);
                g_mutex_lock(&machines->lock);
                keep(machines, &machine);
                decision = decide(&machine, embedding);
            }
            votes[decision > 0 ? a : b]++;
        }
    g_mutex_unlock(&machines->lock);
}
