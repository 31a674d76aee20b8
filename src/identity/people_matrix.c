#include "identity/people_matrix.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Multipliers of a 64-bit digest: the golden ratio's and SplitMix64's, odd and well mixed. */
#define DIGEST_START 0x9e3779b97f4a7c15u
#define DIGEST_FACTOR 0xbf58476d1ce4e5b9u

/* Lanes that add up side by side, in an order of their own: so the sum is the same on every processor. */
#define LANES 16
G_STATIC_ASSERT(NT_EMBEDDING_SIZE % LANES == 0);

static float squared_distance(const float *a, const float *b)
{
    float sums[LANES] = {0};
    for (int i = 0; i < NT_EMBEDDING_SIZE; i += LANES)
        for (int k = 0; k < LANES; k++) {
            const float difference = a[i + k] - b[i + k];
            sums[k] += difference * difference;
        }
    for (int n = LANES / 2; n > 0; n /= 2)
        for (int k = 0; k < n; k++)
            sums[k] += sums[k + n];
    return sums[0];
}

static float *row(float *rows, gsize i)
{
    return rows + i * NT_EMBEDDING_SIZE;
}

static const float *const_row(const float *rows, gsize i)
{
    return rows + i * NT_EMBEDDING_SIZE;
}

guint nt_people_matrix_n_pictures(const NtPeopleMatrix *matrix, guint person)
{
    return matrix->first[person + 1] - matrix->first[person];
}

/* Of what makes a person's distance: the pictures, and how they are compared. */
static guint64 digest_of(const float *embeddings, guint n, gboolean pairs)
{
    guint64 digest = DIGEST_START ^ n ^ (pairs ? DIGEST_FACTOR : 0);
    for (gsize i = 0; i < (gsize)n * NT_EMBEDDING_SIZE / 2; i++) {
        guint64 word;
        memcpy(&word, embeddings + 2 * i, sizeof word);
        digest = (digest ^ word) * DIGEST_FACTOR;
        digest ^= digest >> 29;
    }
    return digest;
}

/* Of n faces, each `step` faces on from the one before. */
static void mean_of(const float *faces, guint n, gsize step, float *mean)
{
    memset(mean, 0, NT_EMBEDDING_SIZE * sizeof(float));
    for (guint f = 0; f < n; f++)
        for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
            mean[i] += const_row(faces, f * step)[i];
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        mean[i] /= (float)n;
}

/* Looks. */

static guint farthest_from(const float *faces, guint n, const float *point)
{
    guint farthest = 0;
    float greatest = -1;
    for (guint f = 0; f < n; f++) {
        const float squared = squared_distance(const_row(faces, f), point);
        if (squared > greatest) {
            greatest = squared;
            farthest = f;
        }
    }
    return farthest;
}

typedef struct Side {
    float key; /* below zero: nearer to the first end */
    guint face;
} Side;

static int by_side(const void *a, const void *b)
{
    const Side *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->face > y->face) - (x->face < y->face);
}

/* Sorts faces from one of two pictures far apart to the other: each half holds what is alike. */
static void sort_between_ends(float *faces, guint n)
{
    float mean[NT_EMBEDDING_SIZE];
    g_autofree Side *sides = g_new(Side, n);
    g_autofree float *copy = g_memdup2(faces, (gsize)n * NT_EMBEDDING_SIZE * sizeof(float));
    mean_of(faces, n, 1, mean);
    const float *end = const_row(copy, farthest_from(copy, n, mean));
    const float *other_end = const_row(copy, farthest_from(copy, n, end));
    for (guint f = 0; f < n; f++)
        sides[f] =
            (Side){squared_distance(const_row(copy, f), end) - squared_distance(const_row(copy, f), other_end), f};
    qsort(sides, n, sizeof *sides, by_side);
    for (guint f = 0; f < n; f++)
        memcpy(row(faces, f), const_row(copy, sides[f].face), NT_EMBEDDING_SIZE * sizeof(float));
}

/* A row of the matrix: a look's mean and base. */
static void add_look(NtPeopleMatrix *matrix, const float *faces, guint n, gsize step)
{
    float *mean = row(matrix->means, matrix->n_looks), norm = 0, variance = 0;
    mean_of(faces, n, step, mean);
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++)
        norm += mean[i] * mean[i];
    for (guint f = 0; f < n; f++)
        variance += squared_distance(const_row(faces, f * step), mean) / (float)n;
    matrix->base[matrix->n_looks++] = norm + variance;
}

/* All pairs of n faces; a single face by itself. */
static void add_pairs(NtPeopleMatrix *matrix, const float *faces, guint n)
{
    if (n == 1)
        add_look(matrix, faces, 1, 1);
    for (guint a = 0; a < n; a++)
        for (guint b = a + 1; b < n; b++)
            add_look(matrix, const_row(faces, a), 2, b - a);
}

/* Parts n faces from `first` on into looks by halving, and adds these. */
static void add_looks(NtPeopleMatrix *matrix, guint first, guint n)
{
    float *faces = row(matrix->embeddings, first);
    if (n > NT_LOOK_PICTURES) {
        sort_between_ends(faces, n);
        add_looks(matrix, first, n / 2);
        add_looks(matrix, first + n / 2, n - n / 2);
        return;
    }
    add_look(matrix, faces, n, 1);
    matrix->look_faces[matrix->n_looks] = first + n;
}

/* Rows that the people's pictures make in pairs; first: as in NtPeopleMatrix. */
static guint64 count_pairs(const guint *first, guint n_people)
{
    guint64 pairs = 0;
    for (guint p = 0; p < n_people; p++) {
        const guint64 n = first[p + 1] - first[p];
        pairs += n == 1 ? 1 : n * (n - 1) / 2;
    }
    return pairs;
}

NtPeopleMatrix *nt_people_matrix_new(const NtGallerySnapshot *snapshot, GError **error)
{
    g_autoptr(NtPeopleMatrix) matrix = g_new0(NtPeopleMatrix, 1);
    const guint n = snapshot->n_people;
    /* Whoever asks has threads of their own; OpenBLAS's would only compete with them. */
    openblas_set_num_threads(1);
    matrix->n_people = n;
    matrix->n_faces = snapshot->n_faces;
    matrix->names = g_new(const char *, n);
    matrix->digests = g_new(guint64, n);
    matrix->first = g_new0(guint, n + 1);
    matrix->first_look = g_new0(guint, n + 1);
    matrix->embeddings = g_memdup2(snapshot->embeddings, (gsize)snapshot->n_faces * NT_EMBEDDING_SIZE * sizeof(float));
    for (guint f = 0; f < snapshot->n_faces; f++)
        matrix->first[snapshot->person[f] + 1]++;
    for (guint p = 0; p < n; p++)
        matrix->first[p + 1] += matrix->first[p];
    const guint64 pairs = count_pairs(matrix->first, n);
    matrix->pairs = pairs <= NT_MOST_PAIRS;
    const gsize most_looks = matrix->pairs ? pairs : matrix->n_faces; /* for looks, most of it is never touched */
    matrix->look_faces = matrix->pairs ? NULL : g_new0(guint, most_looks + 1);
    matrix->means = g_new(float, most_looks *NT_EMBEDDING_SIZE);
    matrix->base = g_new(float, most_looks);
    for (guint p = 0; p < n; p++) {
        const guint first = matrix->first[p], faces = nt_people_matrix_n_pictures(matrix, p);
        matrix->names[p] = g_intern_string(snapshot->names[p]);
        matrix->digests[p] = digest_of(const_row(matrix->embeddings, first), faces, matrix->pairs);
        if (matrix->pairs)
            add_pairs(matrix, const_row(matrix->embeddings, first), faces);
        else if (faces > 0)
            add_looks(matrix, first, faces);
        matrix->first_look[p + 1] = matrix->n_looks;
        for (guint l = matrix->first_look[p]; l < matrix->n_looks; l++)
            if (!isfinite(matrix->base[l])) {
                g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN,
                            "the gallery is damaged: a picture of %s has an embedding that is no number; remove the "
                            "person and enrol them again",
                            snapshot->names[p]);
                return NULL;
            }
    }
    return g_steal_pointer(&matrix);
}

void nt_people_matrix_free(NtPeopleMatrix *matrix)
{
    if (!matrix)
        return;
    g_free(matrix->names);
    g_free(matrix->digests);
    g_free(matrix->first);
    g_free(matrix->first_look);
    g_free(matrix->look_faces);
    g_free(matrix->embeddings);
    g_free(matrix->means);
    g_free(matrix->base);
    g_free(matrix);
}

/* Distances. */

/* Of the two nearest of a person's pictures, or the only one. */
static float nearest_pair(const NtPeopleMatrix *matrix, guint person, const float *embedding)
{
    float nearest = INFINITY, second = INFINITY;
    for (guint f = matrix->first[person]; f < matrix->first[person + 1]; f++) {
        const float squared = squared_distance(const_row(matrix->embeddings, f), embedding);
        second = MIN(second, MAX(nearest, squared));
        nearest = MIN(nearest, squared);
    }
    return isinf(second) ? sqrtf(nearest) : sqrtf((nearest + second) / 2);
}

float nt_people_matrix_distance(const NtPeopleMatrix *matrix, guint person, const float embedding[NT_EMBEDDING_SIZE])
{
    if (matrix->pairs)
        return nearest_pair(matrix, person, embedding);
    float nearest = INFINITY;
    for (guint l = matrix->first_look[person]; l < matrix->first_look[person + 1]; l++) {
        const guint first = matrix->look_faces[l], n = matrix->look_faces[l + 1] - first;
        float sum = 0;
        for (guint f = 0; f < n; f++)
            sum += squared_distance(const_row(matrix->embeddings, first + f), embedding);
        nearest = MIN(nearest, sum / (float)n);
    }
    return sqrtf(nearest);
}

/* At least n floats that stay with the thread. */
static float *thread_floats(gsize n)
{
    typedef struct Floats {
        gsize size;
        float values[];
    } Floats;
    static GPrivate private = G_PRIVATE_INIT(g_free);
    Floats *floats = g_private_get(&private);
    if (!floats || floats->size < n) {
        floats = g_malloc(sizeof *floats + n * sizeof(float));
        floats->size = n;
        g_private_replace(&private, floats);
    }
    return floats->values;
}

/* Puts somebody where they belong among n people, nearest first; the last drops out when there are max already. */
static guint put(NtNearPerson *near, guint n, guint max, guint person, float distance)
{
    guint place = n < max ? n++ : n - 1;
    for (; place > 0 && near[place - 1].distance > distance; place--)
        near[place] = near[place - 1];
    near[place] = (NtNearPerson){person, distance};
    return n;
}

static int by_distance(const void *a, const void *b)
{
    const NtNearPerson *x = a, *y = b;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

guint nt_people_matrix_nearest(const NtPeopleMatrix *matrix, const float embedding[NT_EMBEDDING_SIZE],
                               NtNearPerson *near, guint n)
{
    if (n == 0 || matrix->n_looks == 0)
        return 0;
    /* squares = base - 2 means embedding: the squared distances less |embedding|^2 */
    float *squares = thread_floats(matrix->n_looks), limit = INFINITY;
    memcpy(squares, matrix->base, matrix->n_looks * sizeof(float));
    cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)matrix->n_looks, NT_EMBEDDING_SIZE, -2, matrix->means,
                NT_EMBEDDING_SIZE, embedding, 1, 1, squares, 1);
    guint found = 0;
    for (guint p = 0; p < matrix->n_people; p++) {
        float nearest = INFINITY;
        for (guint l = matrix->first_look[p]; l < matrix->first_look[p + 1]; l++)
            nearest = MIN(nearest, squares[l]);
        if (nearest < limit) {
            found = put(near, found, n, p, nearest);
            limit = found < n ? INFINITY : near[n - 1].distance;
        }
    }
    /* The product's rounding is good enough to choose, not to show or to compare with what was chosen before. */
    for (guint i = 0; i < found; i++)
        near[i].distance = nt_people_matrix_distance(matrix, near[i].person, embedding);
    qsort(near, found, sizeof *near, by_distance);
    return found;
}

/* The nearest to each of many. */

#define BLOCK_FACES 128 /* and so many looks at a time: their products stay in the processor's cache */
#define BLOCK_LOOKS 1024
/* So many are chosen by their products, whose rounding may confuse the order of equals, and compared again exactly. */
#define CHOSEN 4

typedef struct Chosen {
    guint n;
    NtNearPerson near[CHOSEN];
} Chosen;

/* A person may be chosen already, for another look. */
static void choose(Chosen *chosen, guint person, float square)
{
    for (guint i = 0; i < chosen->n; i++)
        if (chosen->near[i].person == person) {
            if (chosen->near[i].distance <= square)
                return;
            memmove(chosen->near + i, chosen->near + i + 1, (chosen->n - i - 1) * sizeof *chosen->near);
            chosen->n--;
            break;
        }
    chosen->n = put(chosen->near, chosen->n, CHOSEN, person, square);
}

static void scan_block(const NtPeopleMatrix *matrix, const guint *look_person, const float *products, guint first_look,
                       guint n_looks, const guint *exclude, Chosen *chosen)
{
    for (guint l = 0; l < n_looks; l++) {
        const float square = matrix->base[first_look + l] + products[l];
        const guint person = look_person[first_look + l];
        if ((chosen->n < CHOSEN || square < chosen->near[CHOSEN - 1].distance) && (!exclude || *exclude != person))
            choose(chosen, person, square);
    }
}

static void compare_exactly(const NtPeopleMatrix *matrix, const float *embedding, Chosen *chosen, NtNearPerson *nearest)
{
    for (guint i = 0; i < chosen->n; i++)
        chosen->near[i].distance = nt_people_matrix_distance(matrix, chosen->near[i].person, embedding);
    qsort(chosen->near, chosen->n, sizeof *chosen->near, by_distance);
    for (guint i = 0; i < NT_RIVALS; i++)
        nearest[i] = i < chosen->n ? chosen->near[i] : (NtNearPerson){0, INFINITY};
}

void nt_people_matrix_nearest_of_all(const NtPeopleMatrix *matrix, const float *embeddings, guint n,
                                     const guint *exclude, NtNearPerson (*nearest)[NT_RIVALS])
{
    g_autofree float *products = g_new(float, BLOCK_FACES *BLOCK_LOOKS);
    g_autofree guint *look_person = g_new(guint, matrix->n_looks);
    for (guint p = 0; p < matrix->n_people; p++)
        for (guint l = matrix->first_look[p]; l < matrix->first_look[p + 1]; l++)
            look_person[l] = p;
    for (guint first = 0; first < n; first += BLOCK_FACES) {
        const guint n_faces = MIN(n - first, BLOCK_FACES);
        Chosen chosen[BLOCK_FACES];
        for (guint f = 0; f < n_faces; f++)
            chosen[f].n = 0;
        for (guint look = 0; look < matrix->n_looks; look += BLOCK_LOOKS) {
            const guint n_looks = MIN(matrix->n_looks - look, BLOCK_LOOKS);
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n_faces, (int)n_looks, NT_EMBEDDING_SIZE, -2,
                        const_row(embeddings, first), NT_EMBEDDING_SIZE, const_row(matrix->means, look),
                        NT_EMBEDDING_SIZE, 0, products, BLOCK_LOOKS);
            for (guint f = 0; f < n_faces; f++)
                scan_block(matrix, look_person, products + (gsize)f * BLOCK_LOOKS, look, n_looks,
                           exclude ? exclude + first + f : NULL, &chosen[f]);
        }
        for (guint f = 0; f < n_faces; f++)
            compare_exactly(matrix, const_row(embeddings, first + f), &chosen[f], nearest[first + f]);
    }
}
