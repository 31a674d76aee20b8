/* The Secret Service for builds without libsecret (meson's option `keyring`): says what is missing. */
#include "identity/vault.h"
#include "identity/vault_service.h"

#include <glib/gi18n-lib.h>

static gboolean refuse(GError **error)
{
    g_set_error_literal(error, NT_VAULT_ERROR, NT_VAULT_ERROR_SERVICE,
                        _("this build of Nametag cannot use the Secret Service (it was made without libsecret); use a "
                          "pass phrase, or a build with -Dkeyring=enabled"));
    return FALSE;
}

gboolean nt_vault_service_store(const char *id, const char *label, const char *text, GError **error)
{
    (void)id, (void)label, (void)text;
    return refuse(error);
}

char *nt_vault_service_look_up(const char *id, GError **error)
{
    (void)id;
    refuse(error);
    return NULL;
}

void nt_vault_service_free(char *text) { (void)text; }

gboolean nt_vault_service_clear(const char *id, GError **error)
{
    (void)id;
    return refuse(error);
}
