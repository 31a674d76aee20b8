/* Nametag - keys kept in the desktop's Secret Service (GNOME Keyring, KWallet, KeePassXC), through libsecret.
 *
 * Each function waits for the service, but not for ever: a few seconds until it answers, longer for a person to type the
 * keyring's password. Built without libsecret, each says so (NT_VAULT_ERROR_SERVICE).
 */
#ifndef NT_VAULT_SERVICE_H
#define NT_VAULT_SERVICE_H

#include <glib.h>

/* Keeps text under id in the default keyring. label: what the keyring's owner reads there. */
gboolean nt_vault_service_store(const char *id, const char *label, const char *text, GError **error);
/* The text kept under id, in memory that is not swapped out; free with nt_vault_service_free. NULL with
 * NT_VAULT_ERROR_KEY when the service has none, NT_VAULT_ERROR_SERVICE when it does not answer. */
char *nt_vault_service_look_up(const char *id, GError **error);
/* Wipes it. NULL is allowed. */
void nt_vault_service_free(char *text);
/* Lets go of what is kept under id; TRUE when there was nothing, too. */
gboolean nt_vault_service_clear(const char *id, GError **error);

#endif
