/* What the window says: times, when somebody was seen, who a face is, why a name will not do. */
#include <glib.h>
#include <locale.h>
#include <stdlib.h>

#include "app/words.h"

#define SECOND_NS ((gint64)1000000000)

#define assert_words(expression, wanted)                   \
    do {                                                   \
        g_autofree char *assert_words_said = (expression); \
        g_assert_cmpstr(assert_words_said, ==, (wanted));  \
    } while (0)

static void test_time(void)
{
    assert_words(nt_words_time(0, FALSE), "0:00");
    assert_words(nt_words_time(-SECOND_NS, FALSE), "0:00");
    assert_words(nt_words_time(59 * SECOND_NS + SECOND_NS / 2, FALSE), "0:59");
    assert_words(nt_words_time(123 * SECOND_NS + 449999999, TRUE), "2:03.4");
    assert_words(nt_words_time(3723 * SECOND_NS, FALSE), "1:02:03");
    assert_words(nt_words_time(3723 * SECOND_NS, TRUE), "1:02:03.0");
    assert_words(nt_words_time(360000 * SECOND_NS, FALSE), "100:00:00");
}

/* Now is Sunday, 29 November 2026, 12:30. */
static char *ago(int year, int month, int day, int hour, int minute)
{
    g_autoptr(GDateTime) now = g_date_time_new_local(2026, 11, 29, 12, 30, 0);
    g_autoptr(GDateTime) then = g_date_time_new_local(year, month, day, hour, minute, 0);
    return nt_words_ago_at(g_date_time_to_unix(then) * G_USEC_PER_SEC, g_date_time_to_unix(now) * G_USEC_PER_SEC);
}

static void test_ago(void)
{
    assert_words(nt_words_ago(0), "never");
    assert_words(nt_words_ago(g_get_real_time()), "now");
    assert_words(ago(2026, 11, 29, 13, 0), "now"); /* another machine's clock */
    assert_words(ago(2026, 11, 29, 12, 29), "1 minute ago");
    assert_words(ago(2026, 11, 29, 12, 25), "5 minutes ago");
    assert_words(ago(2026, 11, 29, 11, 0), "1 hour ago");
    assert_words(ago(2026, 11, 29, 1, 0), "11 hours ago");
    assert_words(ago(2026, 11, 28, 23, 0), "yesterday");
    assert_words(ago(2026, 11, 28, 0, 5), "yesterday");
    assert_words(ago(2026, 3, 3, 12, 0), "on 3 March");
    assert_words(ago(2025, 12, 24, 12, 0), "on 24 December 2025");
}

static void test_verdict(void)
{
    const NtVerdict anna = {.kind = NT_VERDICT_NAME, .name = "Anna"},
                    guess = {.kind = NT_VERDICT_UNSURE, .name = "Anna"},
                    second = {.kind = NT_VERDICT_UNKNOWN, .unknown = 2}, nobody = {.kind = NT_VERDICT_UNKNOWN};
    assert_words(nt_words_verdict(&anna), "Anna");
    assert_words(nt_words_verdict(&guess), "Anna?");
    assert_words(nt_words_verdict(&second), "unknown 2");
    assert_words(nt_words_verdict(&nobody), "unknown");
    assert_words(nt_words_person(&anna), "Anna");
    assert_words(nt_words_person(&guess), "perhaps Anna");
    assert_words(nt_words_person(&second), "unknown person 2");
    assert_words(nt_words_person(&nobody), "unknown person");
}

static void test_face(void)
{
    NtFace face = {.verdict = {.kind = NT_VERDICT_NAME, .name = "Anna"}};
    face.detection.box = (NtRect){10, 10, 109, 109};
    assert_words(nt_words_face(&face, 900), "Anna, on the left");
    face.detection.box = (NtRect){400, 10, 499, 109};
    assert_words(nt_words_face(&face, 900), "Anna, in the middle");
    face.detection.box = (NtRect){790, 10, 889, 109};
    assert_words(nt_words_face(&face, 900), "Anna, on the right");
}

static void test_picture(void)
{
    g_autoptr(NtTaggedFrame) empty = nt_tagged_frame_new(0), two = nt_tagged_frame_new(2);
    assert_words(nt_words_picture(empty), "Picture without faces");
    /* The best detection is first in the frame, the leftmost in the words. */
    two->faces[0].detection.box = (NtRect){300, 10, 399, 109};
    two->faces[1].detection.box = (NtRect){10, 10, 109, 109};
    two->faces[1].verdict = (NtVerdict){.kind = NT_VERDICT_NAME, .name = "Anna"};
    assert_words(nt_words_picture(two), "Picture with 2 faces: Anna, unknown person");
    two->n_faces = 1;
    assert_words(nt_words_picture(two), "Picture with 1 face: unknown person");
    two->n_faces = 2;
}

static void test_names(void)
{
    static const char *const good[] = {"Anna",      " Anna ",          "Ольга",     "李小龍",
                                       "unknowner", "O'Brien-Smith 3", "عبد الرحمن"};
    static const char *const bad[] = {"",           "  \t",   "unknown",          "Unknown",  "UNKNOWN 12",
                                      "unknown #3", "An\nna", "An\xe2\x80\xaena", "An\x01na", "\xff"};
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *problem = nt_words_name_problem(good[i]);
        g_assert_null(problem);
    }
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *problem = nt_words_name_problem(bad[i]);
        g_assert_nonnull(problem);
    }
    g_autofree char *longest = g_strnfill(200, 'a'), *longer = g_strnfill(201, 'a');
    g_autofree char *fine = nt_words_name_problem(longest), *problem = nt_words_name_problem(longer);
    g_assert_null(fine);
    g_assert_nonnull(problem);
}

int main(int argc, char **argv)
{
    g_setenv("TZ", "Europe/Berlin", TRUE);
    g_setenv("LC_ALL", "C.UTF-8", TRUE);
    g_unsetenv("LANGUAGE");
    setlocale(LC_ALL, "");
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/words/time", test_time);
    g_test_add_func("/words/ago", test_ago);
    g_test_add_func("/words/verdict", test_verdict);
    g_test_add_func("/words/face", test_face);
    g_test_add_func("/words/picture", test_picture);
    g_test_add_func("/words/names", test_names);
    return g_test_run();
}
