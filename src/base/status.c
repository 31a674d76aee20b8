#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

const char *nt_status_message(NtStatus status)
{
    switch (status) {
    case NT_OK: return "no error";
    case NT_ERR_MEMORY: return "not enough memory";
    case NT_ERR_IO: return "input or output failed";
    case NT_ERR_FORMAT: return "damaged or wrong file";
    case NT_ERR_UNSUPPORTED: return "not supported";
    case NT_ERR_ARGUMENT: return "wrong argument";
    }
    return "unknown error";
}

NtStatus nt_error_set(NtError *error, NtStatus status, const char *format, ...)
{
    if (error) {
        va_list args;
        va_start(args, format);
        error->status = status;
        vsnprintf(error->message, sizeof error->message, format, args);
        va_end(args);
    }
    return status;
}
