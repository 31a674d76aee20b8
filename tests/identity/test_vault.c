/* The vault: sealed values come back whole or not at all, the right pass phrase opens and a wrong one does not, and what
 * is kept beside the values tells nothing. */
#include <glib.h>
#include <sodium.h>
#include <string.h>

#include "identity/vault.h"

#define WHAT "the gallery /home/anna/people.sqlite"
#define NONCE_AND_TAG_BYTES 40 /* docs/formats.md: 24 and 16 */

/* Answers with each phrase in turn, then gives up. */
typedef struct Answers {
    const char *phrases[5];
    guint asked;
} Answers;

static char *answer(const char *what, guint attempt, gpointer user)
{
    Answers *answers = user;
    g_assert_cmpstr(what, ==, WHAT);
    g_assert_cmpuint(attempt, ==, answers->asked);
    return g_strdup(answers->phrases[answers->asked++]);
}

static NtVault *new_vault(const char *phrase, char **description)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *unused = NULL;
    Answers answers = {.phrases = {phrase}};
    const NtVaultKeys keys = {.ask = answer, .user = &answers};
    NtVault *vault = nt_vault_new(NT_VAULT_LOCK_PASSPHRASE, &keys, WHAT, description ? description : &unused, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(answers.asked, ==, 1);
    return vault;
}

static NtVault *open_with(const char *description, Answers *answers, GError **error)
{
    const NtVaultKeys keys = {.ask = answer, .user = answers};
    return nt_vault_open(description, &keys, WHAT, error);
}

static void assert_opens(const NtVault *vault, const char *purpose, GBytes *sealed, const void *data, gsize n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) plain =
        nt_vault_unseal(vault, purpose, g_bytes_get_data(sealed, NULL), g_bytes_get_size(sealed), &error);
    g_assert_no_error(error);
    g_assert_cmpmem(g_bytes_get_data(plain, NULL), g_bytes_get_size(plain), data, n);
}

static void assert_damaged(const NtVault *vault, const char *purpose, const guint8 *sealed, gsize n)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(nt_vault_unseal(vault, purpose, sealed, n, &error));
    g_assert_error(error, NT_VAULT_ERROR, NT_VAULT_ERROR_DAMAGED);
}

static void test_sealed_value_comes_back(void)
{
    g_autoptr(NtVault) vault = new_vault("correct horse", NULL);
    guint8 data[600];
    for (guint i = 0; i < sizeof data; i++)
        data[i] = (guint8)(i * 31);
    for (gsize n = 0; n <= sizeof data; n += 150) {
        g_autoptr(GBytes) sealed = nt_vault_seal(vault, "faces.chip", data, n);
        g_autoptr(GBytes) again = nt_vault_seal(vault, "faces.chip", data, n);
        g_assert_cmpuint(g_bytes_get_size(sealed), ==, n + NONCE_AND_TAG_BYTES);
        g_assert_false(g_bytes_equal(sealed, again)); /* a nonce of its own */
        assert_opens(vault, "faces.chip", sealed, data, n);
        g_assert_true(n == 0 || !memmem(g_bytes_get_data(sealed, NULL), g_bytes_get_size(sealed), data, MIN(n, 16)));
    }
}

static void test_changed_value_is_refused(void)
{
    static const char text[] = "Anna";
    g_autoptr(NtVault) vault = new_vault("correct horse", NULL), other = new_vault("correct horse", NULL);
    g_autoptr(GBytes) sealed = nt_vault_seal(vault, "people.name", text, sizeof text);
    gsize n;
    const guint8 *bytes = g_bytes_get_data(sealed, &n);
    for (gsize i = 0; i < n; i++) {
        g_autofree guint8 *changed = g_memdup2(bytes, n);
        changed[i] ^= 1;
        assert_damaged(vault, "people.name", changed, n);
        assert_damaged(vault, "people.name", bytes, i);
    }
    assert_damaged(vault, "faces.source", bytes, n); /* moved to another column */
    assert_damaged(other, "people.name", bytes, n);  /* another gallery's, of the same pass phrase */
    assert_opens(vault, "people.name", sealed, text, sizeof text);
}

static void test_no_vault_passes_through(void)
{
    g_autoptr(GBytes) sealed = nt_vault_seal(NULL, "people.name", "Anna", 4), index = nt_vault_index(NULL, "x", "Anna");
    g_assert_cmpmem(g_bytes_get_data(sealed, NULL), g_bytes_get_size(sealed), "Anna", 4);
    g_assert_cmpmem(g_bytes_get_data(index, NULL), g_bytes_get_size(index), "Anna", 4);
    assert_opens(NULL, "people.name", sealed, "Anna", 4);
    g_assert_null(nt_vault_ref(NULL));
    nt_vault_unref(NULL);
}

static void test_pass_phrase_opens(void)
{
    g_autofree char *description = NULL;
    g_autoptr(NtVault) vault = new_vault("pass phräse", &description);
    g_autoptr(GBytes) sealed = nt_vault_seal(vault, "people.name", "Anna", 4);
    g_autoptr(GBytes) index = nt_vault_index(vault, "people.name", "Anna");
    Answers answers = {.phrases = {"wrong", "pass phräse ", "pass phräse"}};
    g_autoptr(GError) error = NULL;
    g_autoptr(NtVault) opened = open_with(description, &answers, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(answers.asked, ==, 3);
    g_autoptr(GBytes) same_index = nt_vault_index(opened, "people.name", "Anna");
    g_assert_true(g_bytes_equal(index, same_index));
    assert_opens(opened, "people.name", sealed, "Anna", 4);
    g_assert_null(strstr(description, "räse"));
}

static void test_wrong_pass_phrase(void)
{
    g_autofree char *description = NULL;
    g_autoptr(NtVault) vault = new_vault("correct horse", &description);
    Answers answers = {.phrases = {"wrong", "", "Correct horse", "correct horse"}};
    g_autoptr(GError) error = NULL;
    g_assert_null(open_with(description, &answers, &error));
    g_assert_cmpuint(answers.asked, ==, 3); /* the fourth would have been right */
    g_assert_error(error, NT_VAULT_ERROR, NT_VAULT_ERROR_KEY);
    g_assert_nonnull(strstr(error->message, WHAT));
}

static void test_no_pass_phrase(void)
{
    g_autofree char *description = NULL, *none = NULL;
    g_autoptr(NtVault) vault = new_vault("correct horse", &description);
    g_autoptr(GError) given_up = NULL, not_asked = NULL, empty = NULL;
    Answers answers = {{0}, 0}, nothing = {.phrases = {""}};
    const NtVaultKeys keys = {.ask = answer, .user = &nothing}, no_way = {0};
    g_assert_null(open_with(description, &answers, &given_up));
    g_assert_error(given_up, NT_VAULT_ERROR, NT_VAULT_ERROR_KEY);
    g_assert_cmpuint(answers.asked, ==, 1);
    g_assert_null(nt_vault_open(description, &no_way, WHAT, &not_asked));
    g_assert_error(not_asked, NT_VAULT_ERROR, NT_VAULT_ERROR_KEY);
    g_assert_null(nt_vault_new(NT_VAULT_LOCK_PASSPHRASE, &keys, WHAT, &none, &empty));
    g_assert_error(empty, NT_VAULT_ERROR, NT_VAULT_ERROR_KEY);
    g_assert_null(none);
}

/* Looking a name up needs the same bytes each time; guessing a name without the key must not give them. */
static void test_index(void)
{
    g_autoptr(NtVault) vault = new_vault("correct horse", NULL), other = new_vault("correct horse", NULL);
    g_autoptr(GBytes) anna = nt_vault_index(vault, "people.name", "Anna"), same = nt_vault_index(vault, "people.name", "Anna");
    g_autoptr(GBytes) bob = nt_vault_index(vault, "people.name", "Bob"), column = nt_vault_index(vault, "people.nam", "eAnna");
    g_autoptr(GBytes) elsewhere = nt_vault_index(other, "people.name", "Anna");
    guint8 plain_hash[crypto_generichash_BYTES];
    crypto_generichash(plain_hash, sizeof plain_hash, (const guint8 *)"people.name\0Anna", 16, NULL, 0);
    g_assert_true(g_bytes_equal(anna, same));
    g_assert_false(g_bytes_equal(anna, bob));
    g_assert_false(g_bytes_equal(anna, column));
    g_assert_false(g_bytes_equal(anna, elsewhere));
    g_assert_false(memcmp(g_bytes_get_data(anna, NULL), plain_hash, sizeof plain_hash) == 0);
}

static char *replaced(const char *text, const char *from, const char *to)
{
    g_autoptr(GRegex) regex = g_regex_new(from, 0, 0, NULL);
    g_autoptr(GError) error = NULL;
    char *changed = g_regex_replace_literal(regex, text, -1, 0, to, 0, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(changed, !=, text);
    return changed;
}

static void assert_description_refused(const char *description)
{
    Answers answers = {.phrases = {"correct horse"}};
    g_autoptr(GError) error = NULL;
    g_assert_null(open_with(description, &answers, &error));
    g_test_message("%s", error->message);
    g_assert_error(error, NT_VAULT_ERROR, NT_VAULT_ERROR_DAMAGED);
    g_assert_cmpuint(answers.asked, ==, 0); /* nobody is asked for what cannot help */
}

static void test_damaged_description(void)
{
    static const char *const changes[][2] = {
        {"\"version\":1", "\"version\":2"},
        {"\"version\":1", "\"version\":\"1\""},
        {"xchacha", "rot13"},
        {"\"memlimit\":[0-9]+", "\"memlimit\":99999999999"},
        {"\"memlimit\":[0-9]+", "\"memlimit\":-1"},
        {"\"memlimit\":[0-9]+", "\"memlimit\":{}"},
        {"\"opslimit\":[0-9]+", "\"opslimit\":4294967295"},
        {"\"opslimit\":[0-9]+", "\"opslimit\":0"},
        {"\"salt\":\"..", "\"salt\":\""},
        {"\"wrapped\":\"....", "\"wrapped\":\""},
        {"\"wrapped\":\"[^\"]*\"", "\"wrapped\":null"},
        {"\"type\":\"passphrase\"", "\"type\":\"fingerprint\""},
        {"\"type\":\"passphrase\"", "\"type\":\"secret-service\",\"id\":\"../../x\""},
        {"\"locks\":\\[.*\\]", "\"locks\":[]"},
        {"\"locks\":\\[.*\\]", "\"locks\":[[],3,null]"},
        {"\"locks\":\\[", "\"keys\":["},
        {"^.*$", "[]"},
        {"^.*$", ""},
        {".{30}$", ""},
    };
    g_autofree char *description = NULL;
    g_autoptr(NtVault) vault = new_vault("correct horse", &description);
    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autofree char *changed = replaced(description, changes[i][0], changes[i][1]);
        assert_description_refused(changed);
    }
}

/* A lock of a later version beside ours does not keep ours from opening. */
static void test_unknown_lock_is_passed_over(void)
{
    g_autofree char *description = NULL;
    g_autoptr(NtVault) vault = new_vault("correct horse", &description);
    g_autofree char *more = replaced(description, "\"locks\":\\[", "\"locks\":[{\"type\":\"fido2\",\"wrapped\":\"AAAA\"},");
    Answers answers = {.phrases = {"correct horse"}};
    g_autoptr(GError) error = NULL;
    g_autoptr(NtVault) opened = open_with(more, &answers, &error);
    g_assert_no_error(error);
    g_assert_nonnull(opened);
}

static gpointer seal_many(gpointer user)
{
    const NtVault *vault = user;
    for (guint i = 0; i < 1000; i++) {
        g_autoptr(GBytes) sealed = nt_vault_seal(vault, "faces.source", &i, sizeof i);
        assert_opens(vault, "faces.source", sealed, &i, sizeof i);
    }
    return NULL;
}

static void test_threads(void)
{
    g_autoptr(NtVault) vault = new_vault("correct horse", NULL);
    GThread *threads[4];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("seal", seal_many, vault);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/identity/vault/sealed-value-comes-back", test_sealed_value_comes_back);
    g_test_add_func("/identity/vault/changed-value-is-refused", test_changed_value_is_refused);
    g_test_add_func("/identity/vault/no-vault-passes-through", test_no_vault_passes_through);
    g_test_add_func("/identity/vault/pass-phrase-opens", test_pass_phrase_opens);
    g_test_add_func("/identity/vault/wrong-pass-phrase", test_wrong_pass_phrase);
    g_test_add_func("/identity/vault/no-pass-phrase", test_no_pass_phrase);
    g_test_add_func("/identity/vault/index", test_index);
    g_test_add_func("/identity/vault/damaged-description", test_damaged_description);
    g_test_add_func("/identity/vault/unknown-lock-is-passed-over", test_unknown_lock_is_passed_over);
    g_test_add_func("/identity/vault/threads", test_threads);
    return g_test_run();
}
