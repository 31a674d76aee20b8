/* Files of pairs: both forms, and what people and disks do to them. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "evaluate/pair_list.h"

static NtPairList *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    NtPairList *list = nt_pair_list_parse(text, "/pictures", &error);
    g_assert_no_error(error);
    return list;
}

static void refuse(const char *text, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NtPairList) list = nt_pair_list_parse(text, "/pictures", &error);
    g_assert_null(list);
    g_assert_nonnull(error);
    if (!strstr(error->message, words))
        g_error("'%s' says nothing of '%s'", error->message, words);
}

static const NtPair *pair_at(const NtPairList *list, guint i)
{
    return &g_array_index(list->pairs, NtPair, i);
}

static void test_lfw(void)
{
    g_autoptr(NtPairList) list = parse("2\t1\n"
                                       "Anna_B\t1\t2\n"
                                       "Anna_B\t1\tCarl\t10\n"
                                       "Carl\t10\t3\r\n"
                                       "Anna_B\t2\tDora\t1\n");
    g_assert_cmpuint(list->n_folds, ==, 2);
    g_assert_false(list->dealt);
    g_assert_cmpuint(list->pairs->len, ==, 4);
    g_assert_cmpuint(list->pictures->len, ==, 5);
    g_assert_cmpstr(list->pictures->pdata[0], ==, "/pictures/Anna_B/Anna_B_0001.jpg");
    g_assert_cmpstr(list->pictures->pdata[2], ==, "/pictures/Carl/Carl_0010.jpg");
    for (guint i = 0; i < 4; i++) {
        g_assert_cmpint(pair_at(list, i)->same, ==, i % 2 == 0);
        g_assert_cmpuint(pair_at(list, i)->fold, ==, i / 2);
    }
    /* Each picture once: the second pair's first is the first pair's. */
    g_assert_cmpuint(pair_at(list, 1)->a, ==, pair_at(list, 0)->a);
}

/* The development list has one number; its pairs are dealt out. */
static void test_lfw_without_folds(void)
{
    g_autoptr(GString) text = g_string_new("12\n");
    for (int i = 1; i <= 12; i++)
        g_string_append_printf(text, "A\t%d\t%d\n", i, i + 1);
    for (int i = 1; i <= 12; i++)
        g_string_append_printf(text, "A\t%d\tB\t%d\n", i, i);
    g_autoptr(NtPairList) list = parse(text->str);
    g_assert_true(list->dealt);
    g_assert_cmpuint(list->n_folds, ==, NT_PAIR_FOLDS);
    for (guint i = 0; i < 24; i++)
        g_assert_cmpuint(pair_at(list, i)->fold, ==, i % 12 % NT_PAIR_FOLDS);
}

static void test_plain(void)
{
    g_autoptr(NtPairList) list = parse("# comment\n\n"
                                       "anna/1.jpg  anna/2.jpg 1\n"
                                       "my pictures/1.jpg\tben/1.jpg\t0\n"
                                       "/else/3.png anna/1.jpg 1\n");
    g_assert_true(list->dealt);
    g_assert_cmpuint(list->pairs->len, ==, 3);
    g_assert_cmpstr(list->pictures->pdata[2], ==, "/pictures/my pictures/1.jpg");
    g_assert_cmpstr(list->pictures->pdata[4], ==, "/else/3.png");
    g_assert_cmpuint(pair_at(list, 2)->fold, ==, 1);
    g_assert_cmpuint(pair_at(list, 1)->fold, ==, 0);
}

/* Whatever ending the pictures have; of two, the first in order. */
static void test_any_ending(void)
{
    g_autofree char *dir = g_dir_make_tmp("nametag-pairs-XXXXXX", NULL);
    g_autofree char *person = g_build_filename(dir, "A", NULL);
    const char *const files[] = {"A_0001.webp", "A_0002.png", "A_0002.jpeg", "A_0003"};
    g_mkdir(person, 0700);
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(person, files[i], NULL);
        g_assert_true(g_file_set_contents(path, "", 0, NULL));
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(NtPairList) list = nt_pair_list_parse("1\nA\t1\t2\nA\t3\tB\t1\n", dir, &error);
    g_assert_no_error(error);
    g_assert_true(g_str_has_suffix(list->pictures->pdata[0], "/A/A_0001.webp"));
    g_assert_true(g_str_has_suffix(list->pictures->pdata[1], "/A/A_0002.jpeg"));
    g_assert_true(g_str_has_suffix(list->pictures->pdata[2], "/A/A_0003"));
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(person, files[i], NULL);
        g_unlink(path);
    }
    g_rmdir(person);
    g_rmdir(dir);
}

static void test_hostile(void)
{
    refuse("", "both needed");
    refuse("\n\n# nothing\n", "both needed");
    refuse("2\t1\nA\t1\t2\nA\t1\tB\t1\n", "promises 4");
    refuse("1\nA\t1\t2\nA\t1\tB\t1\nA\t1\t3\n", "line 4: the first line promises fewer");
    refuse("2\t1\nA\t1\t2\nA\t1\tB\t1\nA\t1\t2\nA\t1\tB\t1\nA\t1\t2\n", "line 6");
    refuse("1\nA\t1\n", "line 2: it has 2 fields");
    refuse("1\nA\t1\tB\t2\n", "line 2: it has 4 fields");
    refuse("1\nA\t1\t-2\n", "no number of a picture");
    refuse("1\nA\t1\t99999999999999999999\n", "no number of a picture");
    refuse("1\n../etc\t1\t2\n", "no name of a person's folder");
    refuse("1\nA/../../etc\t1\t2\n", "no name of a person's folder");
    refuse("1\n.\t1\t2\n", "no name of a person's folder");
    refuse("0\n", "promises no pairs");
    refuse("1 5\n", "fewer than two folds");
    refuse("0 5\n", "fewer than two folds");
    refuse("4294967295 4294967295\nA\t1\t2\n", "line 1");
    refuse("10000000 10000000\nA\t1\t2\n", "promises 200000000000000");
    refuse("a.jpg b.jpg 2\n", "line 1");
    refuse("a.jpg b.jpg\n", "line 1");
    refuse("a.jpg ../../b.jpg 1\n", "leads out");
    refuse("a.jpg b.jpg 1\n", "both needed");
    refuse("a b.jpg c.jpg 1\n", "tabs");
}

/* Cut anywhere, it is refused or whole, and never more than was there. */
static void test_cut(void)
{
    const char whole[] = "2\t1\nA\t1\t2\nA\t1\tB\t1\nA\t1\t3\nA\t2\tB\t1\n";
    for (gsize n = 0; n < strlen(whole); n++) {
        g_autofree char *part = g_strndup(whole, n);
        g_autoptr(GError) error = NULL;
        g_autoptr(NtPairList) list = nt_pair_list_parse(part, "/pictures", &error);
        g_assert_true((list == NULL) == (error != NULL));
        if (list)
            g_assert_cmpuint(list->pairs->len, ==, 4);
    }
}

static void test_load(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("nametag-pairs-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "pairs.txt", NULL);
    g_assert_null(nt_pair_list_load(path, dir, &error));
    g_assert_nonnull(error);
    g_clear_error(&error);
    g_assert_true(g_file_set_contents(path, "a b 1\0a b 0\n", 12, NULL));
    g_assert_null(nt_pair_list_load(path, dir, &error));
    g_assert_nonnull(strstr(error->message, "no text file"));
    g_clear_error(&error);
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    g_assert_null(nt_pair_list_load(path, dir, &error));
    g_assert_nonnull(strstr(error->message, path));
    g_unlink(path);
    g_rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/evaluate/pair-list/lfw", test_lfw);
    g_test_add_func("/evaluate/pair-list/lfw-without-folds", test_lfw_without_folds);
    g_test_add_func("/evaluate/pair-list/plain", test_plain);
    g_test_add_func("/evaluate/pair-list/any-ending", test_any_ending);
    g_test_add_func("/evaluate/pair-list/hostile", test_hostile);
    g_test_add_func("/evaluate/pair-list/cut", test_cut);
    g_test_add_func("/evaluate/pair-list/load", test_load);
    return g_test_run();
}
