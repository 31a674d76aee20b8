/* Nametag - where the command line has the pass phrases of encrypted galleries from: the file that the environment variable
 * NAMETAG_PASSPHRASE_FILE names (its first line; nobody else may be able to read it), else the terminal, without echo; and
 * the Secret Service where there is one. What was typed for a gallery is asked for once a run, and wiped at its end.
 * One thread.
 */
#ifndef NT_KEYS_H
#define NT_KEYS_H

#include "identity/vault.h"

#define NT_PASSPHRASE_VARIABLE "NAMETAG_PASSPHRASE_FILE"

/* For nt_gallery_open. */
const NtVaultKeys *nt_command_keys(void);
/* For a new pass phrase: the terminal asks twice. */
const NtVaultKeys *nt_command_new_keys(void);

#endif
