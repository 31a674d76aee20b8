/* "How it works": its words for every verdict; and the view, which follows the face that is selected. */
#include <math.h>

#include "app/explain_view.h"
#include "app/explain_words.h"
#include "nametag-ui.h"

static NtExplainFace make_explain(NtVerdictKind kind, NtVerdictReason reason, float distance, float margin,
                                  guint people)
{
    static const char *const names[] = {"Anna", "Ben"};
    NtExplainFace explain = {.has_embedding = TRUE, .limit = 0.52, .n_neighbours = people};
    explain.verdict = (NtVerdict){.kind = kind, .reason = reason, .distance = distance, .margin = margin};
    explain.verdict.nearest = people > 0 ? names[0] : NULL;
    explain.verdict.name = kind == NT_VERDICT_UNKNOWN ? NULL : names[0];
    for (guint i = 0; i < people; i++)
        explain.neighbours[i] = (NtNeighbour){names[i], i == 0 ? distance : distance + margin, 0};
    return explain;
}

static void test_verdicts(void)
{
    static const struct {
        NtVerdictKind kind;
        NtVerdictReason reason;
        float distance, margin;
        guint people;
        const char *words;
    } cases[] = {
        {NT_VERDICT_NAME, NT_REASON_NONE, 0.32f, 0.4f, 2,
         "Anna, because 0.32 is within the limit of 0.52 and clearly nearer than Ben."},
        {NT_VERDICT_NAME, NT_REASON_NONE, 0.32f, INFINITY, 1, "Anna, because 0.32 is within the limit of 0.52."},
        {NT_VERDICT_UNSURE, NT_REASON_CLOSE, 0.55f, 0.2f, 2,
         "Perhaps Anna: 0.55 is near, but beyond the limit of 0.52."},
        {NT_VERDICT_UNSURE, NT_REASON_CLOSE, 0.50f, 0.05f, 2,
         "Perhaps Anna: 0.50 is within the limit of 0.52, but Ben is nearly as near."},
        {NT_VERDICT_UNSURE, NT_REASON_TIE, 0.30f, 0.01f, 2, "Perhaps Anna: Ben is about as near."},
        {NT_VERDICT_UNSURE, NT_REASON_TIE, 0.30f, 0.2f, 2,
         "Perhaps Anna: nearest by distance, but compared one against one somebody else fits better."},
        {NT_VERDICT_UNKNOWN, NT_REASON_FAR, 0.71f, 0.1f, 2,
         "Unknown: the nearest, Anna, is too far away: 0.71, and the limit is 0.52."},
        {NT_VERDICT_UNKNOWN, NT_REASON_FAR, 0.50f, 0.01f, 2,
         "Unknown: Anna and Ben are about as near, so it is likely neither."},
        {NT_VERDICT_UNKNOWN, NT_REASON_REJECTED, 0.30f, 0.2f, 2,
         "Unknown: it looks like Anna, but you said that it is not Anna."},
        {NT_VERDICT_UNKNOWN, NT_REASON_IGNORED, 0.30f, 0.2f, 2,
         "Unknown: it looks like a face that you said to ignore."},
        {NT_VERDICT_UNKNOWN, NT_REASON_EMPTY, INFINITY, INFINITY, 0,
         "Unknown: nobody has a name yet. Click the face in the picture to give it one."},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const NtExplainFace explain =
            make_explain(cases[i].kind, cases[i].reason, cases[i].distance, cases[i].margin, cases[i].people);
        g_autofree char *words = nt_explain_words_verdict(&explain);
        g_assert_cmpstr(words, ==, cases[i].words);
    }
}

/* Somebody nearer was ruled out; the track says otherwise than this picture. */
static void test_more_words(void)
{
    NtExplainFace explain = make_explain(NT_VERDICT_NAME, NT_REASON_NONE, 0.32f, INFINITY, 2);
    explain.verdict.name = explain.verdict.nearest = "Ben";
    g_autofree char *ruled_out = nt_explain_words_verdict(&explain);
    g_assert_true(g_str_has_suffix(ruled_out, "Anna is nearer, but you said that it is not Anna."));
    g_assert_null(nt_explain_words_together(&explain));
    explain.face.n_embedded = 5;
    explain.face.verdict = (NtVerdict){.kind = NT_VERDICT_NAME, .name = "Anna"};
    g_autofree char *together = nt_explain_words_together(&explain);
    g_assert_true(g_str_has_suffix(together, ": Anna."));
    explain.face.verdict.name = "Ben";
    g_assert_null(nt_explain_words_together(&explain));
    g_autofree char *people = nt_explain_words_people(&explain);
    g_assert_true(g_str_has_prefix(people, "Anna at 0.32, Ben at "));
    explain.embedding[0] = -0.31f;
    explain.embedding[1] = 0.2f;
    g_autofree char *numbers = nt_explain_words_numbers(&explain);
    g_assert_cmpstr(numbers, ==, "128 numbers from \xe2\x80\x8e−0.31 to 0.20.");
}

static NtShown *make_shown(NtStill *still, guint64 track)
{
    NtShown *shown = g_new0(NtShown, 1);
    shown->ref_count = 1;
    shown->still = still;
    shown->tagged = nt_tagged_frame_new(1);
    shown->tagged->faces[0].track = track;
    shown->tagged->faces[0].detection = (NtDetection){{100, 60, 180, 140}, 1.5, NT_PART_FRONT};
    return shown;
}

static GtkWidget *part(NtExplainView *view, const char *name)
{
    return GTK_WIDGET(gtk_widget_get_template_child(GTK_WIDGET(view), NT_TYPE_EXPLAIN_VIEW, name));
}

static void wait_for_page(NtExplainView *view, const char *page)
{
    GtkStack *stack = GTK_STACK(part(view, "stack"));
    const gint64 until = g_get_monotonic_time() + 10 * G_TIME_SPAN_SECOND;
    while (g_strcmp0(gtk_stack_get_visible_child_name(stack), page) != 0) {
        g_assert_cmpint(g_get_monotonic_time(), <, until);
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
}

/* Nothing selected, a face, the face gone (its last picture stays), nothing again; closed while a worker looks. */
static void test_view(void)
{
    if (!gtk_init_check()) {
        g_test_skip("no display");
        return;
    }
    adw_init();
    g_resources_register(nametag_ui_get_resource());
    g_autofree guint8 *pixels = g_malloc0(320 * 240 * 3);
    NtStill still = {.rgb = {pixels, 320, 240, 960, NT_PIXELS_RGB24}};
    g_autoptr(NtShown) shown = make_shown(&still, 7);
    g_autoptr(NtShown) other = make_shown(&still, 8);
    GtkWidget *window = gtk_window_new();
    NtExplainView *view = g_object_new(NT_TYPE_EXPLAIN_VIEW, NULL);
    gtk_window_set_child(GTK_WINDOW(window), GTK_WIDGET(view));
    /* before it is mapped: it is not looked at until then, but not forgotten */
    nt_explain_view_set_face(view, shown, 7, NULL, NULL);
    for (int i = 0; i < 50; i++, g_usleep(1000))
        g_main_context_iteration(NULL, FALSE);
    g_assert_cmpstr(gtk_stack_get_visible_child_name(GTK_STACK(part(view, "stack"))), ==, "empty");
    gtk_window_present(GTK_WINDOW(window));
    wait_for_page(view, "steps");
    g_assert_false(gtk_widget_get_visible(part(view, "gone")));
    nt_explain_view_set_face(view, other, 7, NULL, NULL);
    wait_for_page(view, "steps");
    g_assert_true(gtk_widget_get_visible(part(view, "gone")));
    nt_explain_view_set_face(view, shown, 7, NULL, NULL);
    g_assert_false(gtk_widget_get_visible(part(view, "gone")));
    nt_explain_view_set_face(view, other, 0, NULL, NULL);
    wait_for_page(view, "empty");
    nt_explain_view_set_face(view, other, 8, NULL, NULL);
    wait_for_page(view, "steps");
    gtk_window_destroy(GTK_WINDOW(window));
    for (int i = 0; i < 100; i++, g_usleep(1000))
        g_main_context_iteration(NULL, FALSE);
    g_assert_cmpint(shown->ref_count, ==, 1);
    g_assert_cmpint(other->ref_count, ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/explain-view/verdicts", test_verdicts);
    g_test_add_func("/explain-view/more-words", test_more_words);
    g_test_add_func("/explain-view/view", test_view);
    return g_test_run();
}
