#include "identity/vault.h"

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <sodium.h>
#include <string.h>

#include "identity/vault_service.h"

#define DESCRIPTION_VERSION 1
#define CIPHER "xchacha20poly1305-ietf"
#define LOCK_PASSPHRASE "passphrase"
#define LOCK_SERVICE "secret-service"

#define KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define WRAPPED_BYTES (NONCE_BYTES + KEY_BYTES + TAG_BYTES)
/* What a wrapped key is authenticated with: it opens as nothing else. */
#define WRAP_PURPOSE "nametag-vault/1"

/* Argon2id at libsodium's moderate number of passes. Its 256 MiB are too much for the smallest machines that play video;
 * 64 MiB is what RFC 9106, section 4, gives for those. */
#define PASSES crypto_pwhash_OPSLIMIT_MODERATE
#define MEMORY_BYTES ((gint64)64 << 20)
/* A description may ask for more than we do, but not for an hour or for all memory. */
#define MAX_PASSES 64
#define MAX_MEMORY_BYTES ((gint64)1 << 30)
#define ATTEMPTS 3

/* The data key makes one key for each use (crypto_kdf). */
#define SUBKEY_CONTEXT "nametag1"
enum { SUBKEY_VALUES = 1, SUBKEY_INDEX = 2 };
G_STATIC_ASSERT(KEY_BYTES == crypto_kdf_KEYBYTES);
G_STATIC_ASSERT(sizeof SUBKEY_CONTEXT - 1 == crypto_kdf_CONTEXTBYTES);

/* clang-format off */
G_DEFINE_QUARK(nt-vault-error-quark, nt_vault_error)
/* clang-format on */

struct NtVault {
    gint references;
    guint8 *values_key, *index_key; /* from sodium_malloc, read-only */
};

/* Keys. */

static guint8 *new_key(GError **error)
{
    guint8 *key = sodium_init() >= 0 ? sodium_malloc(KEY_BYTES) : NULL;
    if (!key)
        g_set_error_literal(error, NT_VAULT_ERROR, NT_VAULT_ERROR_KEY,
                            _("no memory for keys can be had; close other programs and try again"));
    return key;
}

/* The vault of a data key; takes the key over. */
static NtVault *vault_of_key(guint8 *data_key, GError **error)
{
    guint8 *values_key = new_key(error), *index_key = values_key ? new_key(error) : NULL;
    if (!index_key) {
        sodium_free(values_key);
        sodium_free(data_key);
        return NULL;
    }
    crypto_kdf_derive_from_key(values_key, KEY_BYTES, SUBKEY_VALUES, SUBKEY_CONTEXT, data_key);
    crypto_kdf_derive_from_key(index_key, KEY_BYTES, SUBKEY_INDEX, SUBKEY_CONTEXT, data_key);
    sodium_free(data_key);
    sodium_mprotect_readonly(values_key);
    sodium_mprotect_readonly(index_key);
    NtVault *vault = g_new0(NtVault, 1);
    vault->references = 1;
    vault->values_key = values_key;
    vault->index_key = index_key;
    return vault;
}

NtVault *nt_vault_ref(NtVault *vault)
{
    if (vault)
        g_atomic_int_inc(&vault->references);
    return vault;
}

void nt_vault_unref(NtVault *vault)
{
    if (!vault || !g_atomic_int_dec_and_test(&vault->references))
        return;
    sodium_free(vault->values_key);
    sodium_free(vault->index_key);
    g_free(vault);
}

/* Nonce, ciphertext, tag: NONCE_BYTES + n + TAG_BYTES bytes at out. */
static void seal(const guint8 key[KEY_BYTES], const char *purpose, gconstpointer data, gsize n, guint8 *out)
{
    randombytes_buf(out, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_BYTES, NULL, data, n, (const guint8 *)purpose, strlen(purpose),
                                               NULL, out, key);
}

/* n - NONCE_BYTES - TAG_BYTES bytes at out; FALSE when it was not sealed with this key for this purpose. */
static gboolean unseal(const guint8 key[KEY_BYTES], const char *purpose, const guint8 *sealed, gsize n, guint8 *out)
{
    return n >= NONCE_BYTES + TAG_BYTES &&
           crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed + NONCE_BYTES, n - NONCE_BYTES,
                                                      (const guint8 *)purpose, strlen(purpose), sealed, key) == 0;
}

static void free_phrase(char *phrase)
{
    if (phrase)
        sodium_memzero(phrase, strlen(phrase));
    g_free(phrase);
}

/* The lock of a vault: what is needed to come from a pass phrase, or a key that the Secret Service keeps, to the data
 * key. */
typedef struct Lock {
    NtVaultLock type;
    guint8 salt[crypto_pwhash_SALTBYTES];
    gint64 passes, memory_bytes;
    char *id; /* in the Secret Service */
    guint8 wrapped[WRAPPED_BYTES];
} Lock;

static void free_lock(gpointer data)
{
    Lock *lock = data;
    g_free(lock->id);
    g_free(lock);
}

static guint8 *key_of_phrase(const Lock *lock, const char *phrase, GError **error)
{
    guint8 *key = new_key(error);
    if (!key || crypto_pwhash(key, KEY_BYTES, phrase, strlen(phrase), lock->salt, (unsigned long long)lock->passes,
                              (gsize)lock->memory_bytes, crypto_pwhash_ALG_ARGON2ID13) == 0)
        return key;
    sodium_free(key);
    g_set_error(error, NT_VAULT_ERROR, NT_VAULT_ERROR_KEY,
                _("the pass phrase cannot be tried: that needs %d MiB of memory; close other programs and try again"),
                (int)(lock->memory_bytes >> 20));
    return NULL;
}

/* Descriptions. */

static void add_bytes(JsonBuilder *json, const char *name, const guint8 *bytes, gsize n)
{
    g_autofree char *text = g_base64_encode(bytes, n);
    json_builder_set_member_name(json, name);
    json_builder_add_string_value(json, text);
}

static char *describe(const Lock *lock)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    json_builder_set_member_name(json, "version");
    json_builder_add_int_value(json, DESCRIPTION_VERSION);
    json_builder_set_member_name(json, "cipher");
    json_builder_add_string_value(json, CIPHER);
    json_builder_set_member_name(json, "locks");
    json_builder_begin_array(json);
    json_builder_begin_object(json);
    json_builder_set_member_name(json, "type");
    if (lock->type == NT_VAULT_LOCK_PASSPHRASE) {
        json_builder_add_string_value(json, LOCK_PASSPHRASE);
        add_bytes(json, "salt", lock->salt, sizeof lock->salt);
        json_builder_set_member_name(json, "opslimit");
        json_builder_add_int_value(json, lock->passes);
        json_builder_set_member_name(json, "memlimit");
        json_builder_add_int_value(json, lock->memory_bytes);
    } else {
        json_builder_add_string_value(json, LOCK_SERVICE);
        json_builder_set_member_name(json, "id");
        json_builder_add_string_value(json, lock->id);
    }
    add_bytes(json, "wrapped", lock->wrapped, sizeof lock->wrapped);
    json_builder_end_object(json);
    json_builder_end_array(json);
    json_builder_end_object(json);
    g_autoptr(JsonNode) root = json_builder_get_root(json);
    return json_to_string(root, FALSE);
}

/* The value of a member that has the type asked for; else NULL. */
static JsonNode *member(JsonObject *object, const char *name, GType type)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type ? node : NULL;
}

static const char *text_member(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name, G_TYPE_STRING);
    return node ? json_node_get_string(node) : NULL;
}

static gint64 number_member(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name, G_TYPE_INT64);
    return node ? json_node_get_int(node) : 0;
}

static gboolean bytes_member(JsonObject *object, const char *name, guint8 *bytes, gsize n)
{
    gsize length = 0;
    const char *text = text_member(object, name);
    g_autofree guchar *decoded = text ? g_base64_decode(text, &length) : NULL;
    if (decoded && length == n)
        memcpy(bytes, decoded, n);
    return decoded && length == n;
}

/* One lock of a description; NULL when it is of a kind we don't know, or damaged. */
static Lock *parse_lock(JsonObject *object)
{
    Lock *lock = g_new0(Lock, 1);
    const char *type = text_member(object, "type");
    gboolean good = bytes_member(object, "wrapped", lock->wrapped, sizeof lock->wrapped);
    if (g_strcmp0(type, LOCK_PASSPHRASE) == 0) {
        lock->type = NT_VAULT_LOCK_PASSPHRASE;
        lock->passes = number_member(object, "opslimit");
        lock->memory_bytes = number_member(object, "memlimit");
        good = good && bytes_member(object, "salt", lock->salt, sizeof lock->salt) &&
               lock->passes >= crypto_pwhash_OPSLIMIT_MIN && lock->passes <= MAX_PASSES &&
               lock->memory_bytes >= (gint64)crypto_pwhash_MEMLIMIT_MIN && lock->memory_bytes <= MAX_MEMORY_BYTES;
    } else {
        lock->type = NT_VAULT_LOCK_SERVICE;
        lock->id = g_strdup(text_member(object, "id"));
        good = good && g_strcmp0(type, LOCK_SERVICE) == 0 && lock->id && g_uuid_string_is_valid(lock->id);
    }
    if (good)
        return lock;
    free_lock(lock);
    return NULL;
}

/* The locks of a description; array of Lock, never empty. */
static GPtrArray *parse_locks(const char *description, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GPtrArray) locks = g_ptr_array_new_with_free_func(free_lock);
    JsonNode *root = json_parser_load_from_data(parser, description, -1, NULL) ? json_parser_get_root(parser) : NULL;
    JsonObject *object = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    if (object && number_member(object, "version") > DESCRIPTION_VERSION) {
        g_set_error_literal(error, NT_VAULT_ERROR, NT_VAULT_ERROR_DAMAGED,
                            _("it was encrypted by a newer Nametag; update the program"));
        return NULL;
    }
    JsonNode *list = object && number_member(object, "version") == DESCRIPTION_VERSION &&
                             g_strcmp0(text_member(object, "cipher"), CIPHER) == 0
                         ? json_object_get_member(object, "locks")
                         : NULL;
    JsonArray *array = list && JSON_NODE_HOLDS_ARRAY(list) ? json_node_get_array(list) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        Lock *lock = JSON_NODE_HOLDS_OBJECT(node) ? parse_lock(json_node_get_object(node)) : NULL;
        if (lock)
            g_ptr_array_add(locks, lock);
    }
    if (locks->len > 0)
        return g_steal_pointer(&locks);
    g_set_error_literal(error, NT_VAULT_ERROR, NT_VAULT_ERROR_DAMAGED,
                        _("the description of its encryption is damaged; restore it from a copy"));
    return NULL;
}

/* New vaults. */

static guint8 *new_phrase_key(Lock *lock, const NtVaultKeys *keys, const char *what, GError **error)
{
    char *phrase = keys && keys->ask ? keys->ask(what, 0, keys->user) : NULL;
    guint8 *key = NULL;
    lock->passes = PASSES;
    lock->memory_bytes = MEMORY_BYTES;
    randombytes_buf(lock->salt, sizeof lock->salt);
    if (phrase && *phrase)
        key = key_of_phrase(lock, phrase, error);
    else
        g_set_error(
            error, NT_VAULT_ERROR, NT_VAULT_ERROR_KEY,
            _("no pass phrase was given for %s, so nothing was encrypted; type it on a terminal, or name a private "
              "file that has it in NAMETAG_PASSPHRASE_FILE"),
            what);
    free_phrase(phrase);
    return key;
}

static guint8 *new_service_key(Lock *lock, const char *what, GError **error)
{
    char text[sodium_base64_ENCODED_LEN(KEY_BYTES, sodium_base64_VARIANT_ORIGINAL)];
    /* Translators: how the desktop's keyring lists it; %s is the file of the gallery. */
    g_autofree char *label = g_strdup_printf(_("Nametag: key of %s"), what);
    guint8 *key = new_key(error);
    if (!key)
        return NULL;
    lock->id = g_uuid_string_random();
    randombytes_buf(key, KEY_BYTES);
    sodium_bin2base64(text, sizeof text, key, KEY_BYTES, sodium_base64_VARIANT_ORIGINAL);
    const gboolean kept = nt_vault_service_store(lock->id, label, text, error);
    sodium_memzero(text, sizeof text);
    if (kept)
        return key;
    sodium_free(key);
    return NULL;
}

NtVault *nt_vault_new(NtVaultLock type, const NtVaultKeys *keys, const char *what, char **description, GError **error)
{
    Lock lock = {.type = type};
    guint8 *data_key = new_key(error);
    if (!data_key)
        return NULL;
    guint8 *key =
        type == NT_VAULT_LOCK_PASSPHRASE ? new_phrase_key(&lock, keys, what, error) : new_service_key(&lock, what, error);
    NtVault *vault = NULL;
    if (key) {
        randombytes_buf(data_key, KEY_BYTES);
        seal(key, WRAP_PURPOSE, data_key, KEY_BYTES, lock.wrapped);
        vault = vault_of_key(g_steal_pointer(&data_key), error);
    }
    if (vault)
        *description = describe(&lock);
    sodium_free(key);
    sodium_free(data_key);
    g_free(lock.id);
    return vault;
}

/* Opening. Each way gives the data key, or NULL with the reason. */

static guint8 *unwrap(const Lock *lock, const guint8 key[KEY_BYTES], GError **error)
{
    guint8 *data_key = new_key(error);
    if (!data_key || unseal(key, WRAP_PURPOSE, lock->wrapped, sizeof lock->wrapped, data_key))
        return data_key;
    sodium_free(data_key);
    return NULL;
}

static guint8 *open_by_service(const Lock *lock, const char *what, GError **error)
{
    g_autoptr(GError) reason = NULL;
    char *text = nt_vault_service_look_up(lock->id, &reason);
    if (!text) {
        g_set_error(error, NT_VAULT_ERROR, reason->code, _("%s is encrypted, and its key cannot be had: %s"), what,
                    reason->message);
        return NULL;
    }
    guint8 *key = new_key(error), *data_key = NULL;
    gsize n = 0;
    if (key && sodium_base642bin(key, KEY_BYTES, text, strlen(text), NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
        n == KEY_BYTES)
        data_key = unwrap(lock, key, &reason);
    nt_vault_service_free(text);
    sodium_free(key);
    if (!data_key && key)
        g_set_error(error, NT_VAULT_ERROR, NT_VAULT_ERROR_KEY,
                    _("the key that the Secret Service has for %s does not open it; nothing was changed"), what);
    return data_key;
}

static guint8 *open_by_phrase(const Lock *lock, const NtVaultKeys *keys, const char *what, GError **error)
{
    GError *reason = NULL;
    guint8 *data_key = NULL;
    guint tried = 0;
    for (; !data_key && !reason && tried < ATTEMPTS; tried++) {
        char *phrase = keys->ask(what, tried, keys->user);
        if (!phrase)
            break;
        guint8 *key = key_of_phrase(lock, phrase, &reason);
        if (key)
            data_key = unwrap(lock, key, &reason);
        free_phrase(phrase);
        sodium_free(key);
    }
    if (reason)
        g_propagate_error(error, reason);
    else if (!data_key && tried > 0)
        g_set_error(
            error, NT_VAULT_ERROR, NT_VAULT_ERROR_KEY,
            _("this pass phrase does not open %s; nothing was changed. Try again with the one it was encrypted with"),
            what);
    else if (!data_key)
        g_set_error(
            error, NT_VAULT_ERROR, NT_VAULT_ERROR_KEY,
            _("%s is encrypted, and no pass phrase was given; type it on a terminal, or name a private file that has "
              "it in NAMETAG_PASSPHRASE_FILE"),
            what);
    return data_key;
}

NtVault *nt_vault_open(const char *description, const NtVaultKeys *keys, const char *what, GError **error)
{
    static const NtVaultKeys service_alone = {.use_service = TRUE};
    g_autoptr(GError) reason = NULL, unreadable = NULL;
    g_autoptr(GPtrArray) locks = parse_locks(description, &unreadable);
    guint8 *data_key = NULL;
    if (!locks) {
        g_set_error(error, NT_VAULT_ERROR, unreadable->code, _("%s cannot be opened: %s"), what, unreadable->message);
        return NULL;
    }
    if (!keys)
        keys = &service_alone;
    for (guint i = 0; !data_key && keys->use_service && i < locks->len; i++) {
        const Lock *lock = locks->pdata[i];
        g_clear_error(&reason);
        if (lock->type == NT_VAULT_LOCK_SERVICE)
            data_key = open_by_service(lock, what, &reason);
    }
    for (guint i = 0; !data_key && keys->ask && i < locks->len; i++) {
        const Lock *lock = locks->pdata[i];
        if (lock->type != NT_VAULT_LOCK_PASSPHRASE)
            continue;
        g_clear_error(&reason);
        data_key = open_by_phrase(lock, keys, what, &reason);
    }
    if (data_key)
        return vault_of_key(data_key, error);
    if (!reason)
        g_set_error(&reason, NT_VAULT_ERROR, NT_VAULT_ERROR_KEY,
                    ((const Lock *)locks->pdata[0])->type == NT_VAULT_LOCK_PASSPHRASE
                        ? _("%s is encrypted with a pass phrase, and there is no way to ask for it here")
                        : _("%s is encrypted with a key in the Secret Service, and there is no way to ask for it here"),
                    what);
    g_propagate_error(error, g_steal_pointer(&reason));
    return NULL;
}

gboolean nt_vault_uses_service(const char *description)
{
    g_autoptr(GPtrArray) locks = parse_locks(description, NULL);
    for (guint i = 0; locks && i < locks->len; i++)
        if (((const Lock *)locks->pdata[i])->type == NT_VAULT_LOCK_SERVICE)
            return TRUE;
    return FALSE;
}

gboolean nt_vault_forget(const char *description, GError **error)
{
    g_autoptr(GPtrArray) locks = parse_locks(description, error);
    gboolean good = locks != NULL;
    for (guint i = 0; good && i < locks->len; i++) {
        const Lock *lock = locks->pdata[i];
        if (lock->type == NT_VAULT_LOCK_SERVICE)
            good = nt_vault_service_clear(lock->id, error);
    }
    return good;
}

/* Values. */

GBytes *nt_vault_seal(const NtVault *vault, const char *purpose, gconstpointer data, gsize n)
{
    if (!vault)
        return g_bytes_new(data, n);
    const gsize size = NONCE_BYTES + n + TAG_BYTES;
    guint8 *sealed = g_malloc(size);
    seal(vault->values_key, purpose, data, n, sealed);
    return g_bytes_new_take(sealed, size);
}

GBytes *nt_vault_unseal(const NtVault *vault, const char *purpose, gconstpointer data, gsize n, GError **error)
{
    if (!vault)
        return g_bytes_new(data, n);
    const gsize size = n >= NONCE_BYTES + TAG_BYTES ? n - NONCE_BYTES - TAG_BYTES : 0;
    g_autofree guint8 *plain = g_malloc(MAX(size, 1));
    if (unseal(vault->values_key, purpose, data, n, plain))
        return g_bytes_new_take(g_steal_pointer(&plain), size);
    /* Translators: %s is what the value is, as the file has it: “people.name”. */
    g_set_error(error, NT_VAULT_ERROR, NT_VAULT_ERROR_DAMAGED,
                _("an encrypted value (%s) was changed or belongs elsewhere; restore the gallery from a copy"),
                purpose);
    return NULL;
}

/* BLAKE2b with a key: a name tried without the key tells nothing. The purpose ends at its zero, so that no two pairs of
 * purpose and text are the same bytes. */
GBytes *nt_vault_index(const NtVault *vault, const char *purpose, const char *text)
{
    if (!vault)
        return g_bytes_new(text, strlen(text));
    crypto_generichash_state state;
    guint8 hash[crypto_generichash_BYTES];
    crypto_generichash_init(&state, vault->index_key, KEY_BYTES, sizeof hash);
    crypto_generichash_update(&state, (const guint8 *)purpose, strlen(purpose) + 1);
    crypto_generichash_update(&state, (const guint8 *)text, strlen(text));
    crypto_generichash_final(&state, hash, sizeof hash);
    sodium_memzero(&state, sizeof state);
    return g_bytes_new(hash, sizeof hash);
}
