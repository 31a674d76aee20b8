/* Nametag - how the core (base, vision, nn) reports failure.
 *
 * Core functions return an NtStatus and, where the caller gave one, fill an NtError with a sentence that names
 * the thing, the reason and, where there is one, the remedy. From identity upwards GError is used instead;
 * nt_error_to_gerror() in engine/core_error.h turns one into the other.
 */
#ifndef NT_STATUS_H
#define NT_STATUS_H

typedef enum NtStatus {
    NT_OK = 0,
    NT_ERR_MEMORY,      /* an allocation failed */
    NT_ERR_IO,          /* the system refused: missing file, permission, disk full */
    NT_ERR_FORMAT,      /* the bytes are not what they must be: cut, damaged or hostile file */
    NT_ERR_UNSUPPORTED, /* well-formed, but not something this version can use */
    NT_ERR_ARGUMENT,    /* the caller broke the function's contract */
} NtStatus;

typedef struct NtError {
    NtStatus status;
    char message[512];  /* UTF-8, one sentence, no trailing newline */
} NtError;

/* A short English noun phrase for a status ("not enough memory"). Never NULL. */
const char *nt_status_message(NtStatus status);

/* Fills *error (may be NULL) with printf-formatted text and returns status, so that a function can
 * `return nt_error_set(error, NT_ERR_FORMAT, "...", ...)`. Text that does not fit is cut. */
NtStatus nt_error_set(NtError *error, NtStatus status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
