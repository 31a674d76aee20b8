/* Prints src/identity/cohort_table.inc: what is shared by many people's embeddings, from the faces of a labelled
 * folder.
 *
 *   nametag represent --upsample 1 FOLDER > faces.csv        FOLDER/NAME/PICTURE; the second column is NAME
 *   fit-cohort faces.csv > src/identity/cohort_table.inc
 *
 * Where a picture shows several people, the second column is put right by hand first. Faces that are nearly the same
 * picture of a person count once, people count alike however many pictures they have.
 *
 * The covariance of n samples in more than n dimensions spreads its eigenvalues too far; both are drawn towards a
 * multiple of the identity until tr(S^2) is what it is without bias (Ledoit and Wolf, 2004, with the unbiased tr(S^2)
 * of Srivastava, 2005). Between = total - within. The largest eigenvectors are kept as axes, the rest as one variance
 * for all directions. */
#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "identity/cohort.h"

#define SIZE NT_EMBEDDING_SIZE
#define SAME_PICTURE 0.2 /* nearer than this: the same picture in another form */
#define MOST_DEGREES 5   /* a person with many pictures counts in the covariance within as one with six */
#define SWEEPS 30        /* of Jacobi's method; it converges in fewer than ten */
#define SMALLEST_VARIANCE 1e-5
#define FIRST_COLUMN 7 /* path, label, box of four, score; then the embedding */

typedef struct Face {
    char *label;
    double embedding[SIZE];
} Face;

typedef double Matrix[SIZE][SIZE];

static double squared_distance(const double *a, const double *b)
{
    double sum = 0;
    for (int i = 0; i < SIZE; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

static gint by_label(gconstpointer a, gconstpointer b)
{
    return strcmp(((const Face *)a)->label, ((const Face *)b)->label);
}

/* Sorted by label, without what is the same picture. */
static GArray *read_faces(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, error))
        return NULL;
    GArray *faces = g_array_new(FALSE, FALSE, sizeof(Face));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint l = 1; lines[0] && lines[l]; l++) {
        g_auto(GStrv) fields = g_strsplit(lines[l], ",", -1);
        const guint n = g_strv_length(fields);
        if (n < FIRST_COLUMN + SIZE)
            continue;
        Face face = {.label = g_strdup(fields[n - SIZE - FIRST_COLUMN + 1])};
        for (guint i = 0; i < SIZE; i++)
            face.embedding[i] = g_ascii_strtod(fields[n - SIZE + i], NULL);
        gboolean again = FALSE;
        for (guint k = 0; k < faces->len; k++) {
            const Face *other = &g_array_index(faces, Face, k);
            again |= g_str_equal(other->label, face.label) &&
                     squared_distance(other->embedding, face.embedding) < SAME_PICTURE * SAME_PICTURE;
        }
        if (!again)
            g_array_append_val(faces, face);
    }
    g_array_sort(faces, by_label);
    return faces;
}

static guint end_of_person(const GArray *faces, guint first)
{
    guint end = first + 1;
    while (end < faces->len && by_label(&g_array_index(faces, Face, first), &g_array_index(faces, Face, end)) == 0)
        end++;
    return end;
}

static void mean_of(const GArray *faces, guint first, guint end, double mean[SIZE])
{
    memset(mean, 0, SIZE * sizeof *mean);
    for (guint f = first; f < end; f++)
        for (int i = 0; i < SIZE; i++)
            mean[i] += g_array_index(faces, Face, f).embedding[i] / (end - first);
}

static void add_products(Matrix matrix, const double *embedding, const double *mean, double weight)
{
    for (int i = 0; i < SIZE; i++)
        for (int k = 0; k < SIZE; k++)
            matrix[i][k] += weight * (embedding[i] - mean[i]) * (embedding[k] - mean[k]);
}

/* Draws a covariance of n samples towards the identity. */
static void shrink(Matrix matrix, double n, const char *what)
{
    double trace = 0, squares = 0;
    for (int i = 0; i < SIZE; i++) {
        trace += matrix[i][i];
        for (int k = 0; k < SIZE; k++)
            squares += matrix[i][k] * matrix[i][k];
    }
    const double round = trace * trace / SIZE; /* tr(S^2) of a sphere */
    const double unbiased = (squares - trace * trace / (n - 1)) * (n - 1) * (n - 1) / ((n - 2) * (n + 1));
    const double keep = sqrt(CLAMP((unbiased - round) / (squares - round), 0, 1));
    fprintf(stderr, "%s: variance %.4f, effective dimensions %.1f, %.2f of it kept\n", what, trace,
            trace * trace / MAX(unbiased, round), keep);
    for (int i = 0; i < SIZE; i++)
        for (int k = 0; k < SIZE; k++)
            matrix[i][k] = keep * matrix[i][k] + (i == k ? (1 - keep) * trace / SIZE : 0);
}

/* One rotation of Jacobi's method, in the plane of p and q. */
static void rotate(Matrix matrix, Matrix vectors, int p, int q)
{
    const double theta = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
    const double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    for (int i = 0; i < SIZE; i++) {
        const double a = matrix[i][p], b = matrix[i][q];
        matrix[i][p] = c * a - s * b;
        matrix[i][q] = s * a + c * b;
    }
    for (int i = 0; i < SIZE; i++) {
        const double a = matrix[p][i], b = matrix[q][i];
        matrix[p][i] = c * a - s * b;
        matrix[q][i] = s * a + c * b;
        const double x = vectors[p][i], y = vectors[q][i];
        vectors[p][i] = c * x - s * y;
        vectors[q][i] = s * x + c * y;
    }
}

/* The eigenvalues end on the matrix's diagonal, the eigenvectors in the rows of vectors. */
static void diagonalise(Matrix matrix, Matrix vectors)
{
    for (int i = 0; i < SIZE; i++)
        for (int k = 0; k < SIZE; k++)
            vectors[i][k] = i == k;
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (int p = 0; p < SIZE; p++)
            for (int q = p + 1; q < SIZE; q++)
                if (fabs(matrix[p][q]) > 1e-15)
                    rotate(matrix, vectors, p, q);
}

static void print_row(const double *values, double factor)
{
    for (int i = 0; i < SIZE; i++)
        printf("%d,%s", (int)lround(values[i] * factor / NT_COHORT_UNIT), i % 20 == 19 ? "\n" : "");
    printf("\n");
}

static void print_axes(const char *name, Matrix matrix, int n)
{
    static Matrix vectors;
    int order[SIZE];
    double rest = 0;
    diagonalise(matrix, vectors);
    for (int i = 0; i < SIZE; i++) {
        matrix[i][i] = MAX(matrix[i][i], SMALLEST_VARIANCE);
        int place = i;
        for (; place > 0 && matrix[order[place - 1]][order[place - 1]] < matrix[i][i]; place--)
            order[place] = order[place - 1];
        order[place] = i;
    }
    for (int i = n; i < SIZE; i++)
        rest += matrix[order[i]][order[i]] / (SIZE - n);
    printf("static const float %s_rest = %.6ff;\nstatic const gint16 %s_axes[%d][%d] = {\n", name, sqrt(rest), name, n,
           SIZE);
    for (int i = 0; i < n; i++) {
        printf("{");
        print_row(vectors[order[i]], sqrt(MAX(matrix[order[i]][order[i]] - rest, 0)));
        printf("},\n");
    }
    printf("};\n");
}

int main(int argc, char **argv)
{
    static Matrix within, total;
    double mean[SIZE] = {0}, degrees = 0;
    guint people = 0;
    g_autoptr(GError) error = NULL;
    GArray *faces = argc == 2 ? read_faces(argv[1], &error) : NULL;
    if (!faces) {
        fprintf(stderr, "%s\n", error ? error->message : "usage: fit-cohort faces.csv (of 'nametag represent FOLDER')");
        return 1;
    }
    for (guint f = 0, end; f < faces->len; f = end, people++) {
        double of_person[SIZE];
        mean_of(faces, f, end = end_of_person(faces, f), of_person);
        for (int i = 0; i < SIZE; i++)
            mean[i] += of_person[i];
        if (end - f < 2)
            continue;
        const double weight = MIN(end - f - 1, MOST_DEGREES);
        degrees += weight;
        for (guint k = f; k < end; k++)
            add_products(within, g_array_index(faces, Face, k).embedding, of_person, weight / (end - f - 1));
    }
    for (int i = 0; i < SIZE; i++) {
        mean[i] /= people;
        for (int k = 0; k < SIZE; k++)
            within[i][k] /= degrees;
    }
    for (guint f = 0, end; f < faces->len; f = end) {
        end = end_of_person(faces, f);
        for (guint k = f; k < end; k++)
            add_products(total, g_array_index(faces, Face, k).embedding, mean, 1.0 / (end - f) / (people - 1));
    }
    fprintf(stderr, "%u faces of %u people\n", faces->len, people);
    shrink(within, degrees + 1, "within a person");
    shrink(total, people, "of all faces");
    for (int i = 0; i < SIZE; i++)
        for (int k = 0; k < SIZE; k++)
            total[i][k] -= within[i][k];
    printf("/* Made by models/cohort/fit.c from %u faces of %u people; in units of NT_COHORT_UNIT. */\n", faces->len,
           people);
    printf("/* clang-format off */\nstatic const gint16 mean[%d] = {\n", SIZE);
    print_row(mean, 1);
    printf("};\n");
    print_axes("between", total, NT_COHORT_BETWEEN);
    print_axes("within", within, NT_COHORT_WITHIN);
    return 0;
}
