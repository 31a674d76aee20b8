/* Nametag - the values of a gallery at rest: as they are, or sealed with a key.
 *
 * A value (a name, an embedding, a chip, a source) is sealed by itself with XChaCha20-Poly1305 (libsodium): nonce, then
 * ciphertext and tag; the purpose is authenticated with it, so that a value moved to another column does not open. The
 * data key is random, made once a gallery, and kept wrapped: by a pass phrase (Argon2id), by a key in the Secret Service
 * (libsecret), or both. Keys are held in memory that is locked and wiped (sodium_malloc).
 *
 * A NULL vault means "not encrypted": everything passes through as it is. Immutable once open; any thread.
 */
#ifndef NT_VAULT_H
#define NT_VAULT_H

#include <glib.h>

typedef enum NtVaultError {
    NT_VAULT_ERROR_KEY,      /* no key to be had, or the wrong one */
    NT_VAULT_ERROR_DAMAGED,  /* a value does not open: it was changed */
    NT_VAULT_ERROR_SERVICE,  /* the Secret Service does not answer */
} NtVaultError;
#define NT_VAULT_ERROR (nt_vault_error_quark())
GQuark nt_vault_error_quark(void);

typedef struct NtVault NtVault;

/* Asks for a pass phrase: what for ("the gallery /home/anna/..."); attempt counts from 0. Returns it (freed by the vault
 * after wiping), or NULL to give up. */
typedef char *(*NtVaultAsk)(const char *what, guint attempt, gpointer user);

/* Where keys come from. */
typedef struct NtVaultKeys {
    NtVaultAsk ask;        /* NULL: no pass phrase can be had */
    gpointer user;
    gboolean use_service;  /* try the Secret Service first */
} NtVaultKeys;

typedef enum NtVaultLock {
    NT_VAULT_LOCK_PASSPHRASE,
    NT_VAULT_LOCK_SERVICE,
} NtVaultLock;

/* A new vault with a random data key. *description is what nt_vault_open needs to find its way (JSON; no secret; free with
 * g_free): the gallery keeps it. what: for prompts and for the label in the Secret Service. */
NtVault *nt_vault_new(NtVaultLock lock, const NtVaultKeys *keys, const char *what, char **description, GError **error);
/* Unlocks the data key. NT_VAULT_ERROR_KEY after three wrong pass phrases, or when none can be had. */
NtVault *nt_vault_open(const char *description, const NtVaultKeys *keys, const char *what, GError **error);
/* Whether the Secret Service keeps a key of that description. */
gboolean nt_vault_uses_service(const char *description);
/* Lets go of a key kept in the Secret Service for that description; nothing to do for a pass phrase. */
gboolean nt_vault_forget(const char *description, GError **error);
NtVault *nt_vault_ref(NtVault *vault); /* NULL is allowed */
void nt_vault_unref(NtVault *vault);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtVault, nt_vault_unref)

/* Seals n bytes. purpose: the table's and column's name, "faces.embedding". Never fails. With a NULL vault: a copy. */
GBytes *nt_vault_seal(const NtVault *vault, const char *purpose, gconstpointer data, gsize n);
/* The bytes that were sealed; NULL with NT_VAULT_ERROR_DAMAGED when they are not whole. With a NULL vault: a copy. */
GBytes *nt_vault_unseal(const NtVault *vault, const char *purpose, gconstpointer data, gsize n, GError **error);
/* The same for the same text and key, telling nothing of the text: to look names up. With a NULL vault: the text. */
GBytes *nt_vault_index(const NtVault *vault, const char *purpose, const char *text);

#endif
