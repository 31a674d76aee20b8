/* In steady state the analysis of a frame allocates nothing: this program's malloc counts. */
#include <glib.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "engine/pool.h"
#include "engine/tracker.h"
#include "identity/made_people.h"
#include "media/still.h"

#if defined __SANITIZE_ADDRESS__ || !defined __GLIBC__
#define CAN_COUNT 0 /* the sanitizer has a malloc of its own */
#else
#define CAN_COUNT 1
#endif

#define SAMPLE "face-api-1.7.15/demo/sample1.jpg"
#define WARM_UP 40 /* frames until every thread has surely had some */
#define COUNTED 30
#define TRACKED_WARM_UP 150 /* of the tracker: each slice of the picture, and each face embedded, several times */
#define TRACKED 100
#define MOVES 16 /* pixels there and back */

static atomic_ulong allocations;

#if CAN_COUNT
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_malloc(size);
}
__attribute__((visibility("default"))) void *calloc(size_t n, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_calloc(n, size);
}
__attribute__((visibility("default"))) void *realloc(void *memory, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_realloc(memory, size);
}
__attribute__((visibility("default"))) void *aligned_alloc(size_t alignment, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_memalign(alignment, size);
}
#endif

static NtModelSet *models;
static NtYuvImage yuv;

static void test_counter_counts(void)
{
    const unsigned long before = atomic_load(&allocations);
    g_free(g_malloc(100));
    free(aligned_alloc(64, 128));
    g_assert_cmpuint(atomic_load(&allocations) - before, ==, 2);
}

static void test_analyser(void)
{
    const NtEngineOptions options = {.upsample = 1, .with_embedding = TRUE, .with_chips = TRUE};
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(models, NULL, &options);
    unsigned long before = 0;
    for (int i = 0; i < WARM_UP / 8 + COUNTED / 3; i++) {
        if (i == WARM_UP / 8)
            before = atomic_load(&allocations);
        NtTaggedFrame *frame = nt_analyser_tag_yuv(analyser, &yuv, NULL);
        g_assert_cmpuint(frame->n_faces, >=, 1);
        nt_tagged_frame_unref(frame);
    }
    g_assert_cmpuint(atomic_load(&allocations) - before, ==, 0);
}

static void test_pool(void)
{
    const NtEngineOptions options = {.with_embedding = TRUE, .with_chips = TRUE};
    g_autoptr(NtPool) pool = nt_pool_new(models, NULL, &options, 2);
    unsigned long before = 0;
    for (int i = 0; i < WARM_UP + COUNTED; i++) {
        if (i == WARM_UP)
            before = atomic_load(&allocations);
        while (!nt_pool_is_full(pool))
            nt_pool_push(pool, &yuv, NULL);
        gpointer token;
        NtTaggedFrame *frame;
        g_assert_true(nt_pool_pop(pool, &token, &frame, NULL));
        nt_tagged_frame_unref(frame);
    }
    g_assert_cmpuint(atomic_load(&allocations) - before, ==, 0);
}

/* The picture moves to and fro, so that faces are followed, searched for and embedded. One worker: with several it is chance
 * when each has had every kind of task. */
static void test_tracker(void)
{
    const NtTrackerOptions options = {.engine = {.with_embedding = TRUE, .with_chips = TRUE}};
    g_autoptr(NtTracker) tracker = nt_tracker_new(models, NULL, &options);
    unsigned long before = 0;
    guint n_embedded = 0;
    for (int i = 0; i < TRACKED_WARM_UP + TRACKED; i++) {
        if (i == TRACKED_WARM_UP)
            before = atomic_load(&allocations);
        NtYuvImage moved = yuv;
        moved.y += i % MOVES < MOVES / 2 ? i % MOVES : MOVES - i % MOVES;
        moved.width -= MOVES;
        NtTaggedFrame *frame = nt_tracker_tag(tracker, &moved, i * G_GINT64_CONSTANT(40000000), NULL);
        g_assert_cmpuint(frame->n_faces, >=, 1);
        for (guint k = 0; k < frame->n_faces; k++)
            n_embedded += i >= TRACKED_WARM_UP && frame->faces[k].embedded;
        nt_tagged_frame_unref(frame);
    }
    g_assert_cmpuint(n_embedded, >, 0);
    g_assert_cmpuint(atomic_load(&allocations) - before, ==, 0);
}

/* Verdicts on faces near to several people, the SVM's machines among them being there after the first time. */
static void test_classifier(void)
{
    const NtClassifierOptions balanced = {.caution = NT_CAUTION_BALANCED};
    NtCohort cohort;
    g_autofree float *centres = NULL;
    nt_cohort_seed(&cohort, 1);
    g_autoptr(NtGallerySnapshot) snapshot = made_cohort_people(&cohort, COUNTED, 7, &centres);
    g_autoptr(NtClassifier) classifier = nt_classifier_new(snapshot, &balanced, NULL, NULL);
    unsigned long before = 0;
    guint named = 0;
    for (int i = 0; i < 2 * COUNTED; i++) {
        NtVerdict verdict;
        if (i == COUNTED)
            before = atomic_load(&allocations);
        nt_classifier_identify(classifier, centres + (gsize)(i % COUNTED) * NT_EMBEDDING_SIZE, &verdict);
        named += verdict.kind == NT_VERDICT_NAME;
    }
    g_assert_cmpuint(atomic_load(&allocations) - before, ==, 0);
    g_assert_cmpuint(named, >, COUNTED);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *path = g_build_filename(g_getenv("NAMETAG_PACKAGES"), SAMPLE, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(NtStill) still = nt_still_load(path, &error);
    g_assert_no_error(error);
    models = nt_model_set_load(NT_PRECISION_FLOAT, &error);
    g_assert_no_error(error);
    /* The luma of the photograph; what colour its faces have does not matter here. */
    const int width = still->rgb.width / 2 * 2, height = still->rgb.height / 2 * 2;
    g_autofree guint8 *luma = g_malloc((gsize)(still->rgb.width * still->rgb.height));
    g_autofree guint8 *chroma = g_malloc((gsize)(width * height / 4));
    nt_rgb_to_gray(&still->rgb, luma, still->rgb.width);
    for (int i = 0; i < width * height / 4; i++)
        chroma[i] = 128;
    yuv = (NtYuvImage){.y = luma, .u = chroma, .v = chroma, .y_stride = still->rgb.width, .uv_stride = width / 2, .uv_step = 1,
                       .width = width, .height = height, .kr = 0.299, .kb = 0.114};
    if (CAN_COUNT) {
        g_test_add_func("/engine/allocations/counter", test_counter_counts);
        g_test_add_func("/engine/allocations/analyser", test_analyser);
        g_test_add_func("/engine/allocations/pool", test_pool);
        g_test_add_func("/engine/allocations/tracker", test_tracker);
        g_test_add_func("/engine/allocations/classifier", test_classifier);
    }
    const int result = g_test_run();
    nt_model_set_unref(models);
    return result;
}
