/* Nametag - with what the gallery is to be encrypted: a pass phrase, given twice, or a key in the system's keyring.
 * ui/encrypt-dialog.ui.
 *
 * Responses: "cancel", "encrypt"; the latter only once the choice is whole.
 */
#ifndef NT_ENCRYPT_DIALOG_H
#define NT_ENCRYPT_DIALOG_H

#include <adwaita.h>

#define NT_TYPE_ENCRYPT_DIALOG (nt_encrypt_dialog_get_type())
G_DECLARE_FINAL_TYPE(NtEncryptDialog, nt_encrypt_dialog, NT, ENCRYPT_DIALOG, AdwMessageDialog)

NtEncryptDialog *nt_encrypt_dialog_new(GtkWindow *parent);
/* NULL: a key in the keyring. Valid while the dialog is as it is. */
const char *nt_encrypt_dialog_get_passphrase(NtEncryptDialog *dialog);

typedef enum NtStrength {
    NT_STRENGTH_NONE,
    NT_STRENGTH_SHORT,
    NT_STRENGTH_WEAK,
    NT_STRENGTH_FAIR,
    NT_STRENGTH_GOOD
} NtStrength;
/* How long somebody would have to guess, roughly: by length and variety of the characters. SHORT is not accepted. */
NtStrength nt_passphrase_strength(const char *passphrase);

#endif
