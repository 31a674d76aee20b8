/* Nametag - the core's NtError as a GError (domain NT_MODEL_ERROR, code NtStatus).
 */
#ifndef NT_CORE_ERROR_H
#define NT_CORE_ERROR_H

#include <glib.h>

#include "base/status.h"

void nt_error_to_gerror(const NtError *from, GError **to);

#endif
