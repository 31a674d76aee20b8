#include "engine/core_error.h"
#include "lib/lib_private.h"

#include <string.h>

/* Larger than any structure of the header will be: what claims more was not filled in. */
#define MOST_SIZE 4096

/* Of calls that had no handle to put it in. */
static GPrivate thread_words = G_PRIVATE_INIT(g_free);

static void keep(NtLibWords *words, char *text)
{
    if (!words) {
        g_private_replace(&thread_words, text);
        return;
    }
    g_free(words->text);
    words->text = text;
}

NametagStatus nt_lib_fail(NtLibWords *words, NametagStatus status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    keep(words, g_strdup_vprintf(format, args));
    va_end(args);
    return status;
}

static NametagStatus status_of_model_error(int code)
{
    switch ((NtStatus)code) {
    case NT_ERR_MEMORY:
        return NAMETAG_ERROR_MEMORY;
    case NT_ERR_IO:
        return NAMETAG_ERROR_IO;
    case NT_ERR_FORMAT:
        return NAMETAG_ERROR_FORMAT;
    case NT_ERR_ARGUMENT:
        return NAMETAG_ERROR_ARGUMENT;
    case NT_OK:
    case NT_ERR_UNSUPPORTED:
        break;
    }
    return NAMETAG_ERROR_UNSUPPORTED;
}

static NametagStatus status_of_gallery_error(int code)
{
    switch ((NtGalleryError)code) {
    case NT_GALLERY_ERROR_OPEN:
        return NAMETAG_ERROR_FORMAT;
    case NT_GALLERY_ERROR_NEWER:
        return NAMETAG_ERROR_UNSUPPORTED;
    case NT_GALLERY_ERROR_MODEL:
        return NAMETAG_ERROR_MODEL;
    case NT_GALLERY_ERROR_NOT_FOUND:
    case NT_GALLERY_ERROR_NOTHING:
        return NAMETAG_ERROR_NOT_FOUND;
    case NT_GALLERY_ERROR_EXISTS:
        return NAMETAG_ERROR_EXISTS;
    case NT_GALLERY_ERROR_NAME:
        return NAMETAG_ERROR_NAME;
    case NT_GALLERY_ERROR_WRITE:
        break;
    }
    return NAMETAG_ERROR_IO;
}

static NametagStatus status_of(const GError *error)
{
    if (error->domain == NT_MODEL_ERROR)
        return status_of_model_error(error->code);
    if (error->domain == NT_GALLERY_ERROR)
        return status_of_gallery_error(error->code);
    if (error->domain == NT_VAULT_ERROR)
        return error->code == NT_VAULT_ERROR_DAMAGED ? NAMETAG_ERROR_FORMAT : NAMETAG_ERROR_KEY;
    /* A picture file: what is no picture is an "invalid argument" there. */
    return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_INVAL) ? NAMETAG_ERROR_FORMAT : NAMETAG_ERROR_IO;
}

NametagStatus nt_lib_fail_with(NtLibWords *words, GError *error)
{
    const NametagStatus status = status_of(error);
    keep(words, g_strdup(error->message));
    g_error_free(error);
    return status;
}

const char *nt_lib_words(const NtLibWords *words)
{
    const char *text = words ? words->text : g_private_get(&thread_words);
    return text ? text : "";
}

const char *nametag_status_text(NametagStatus status)
{
    switch (status) {
    case NAMETAG_OK:
        return "no error";
    case NAMETAG_ERROR_ARGUMENT:
        return "wrong argument";
    case NAMETAG_ERROR_MEMORY:
        return "not enough memory";
    case NAMETAG_ERROR_IO:
        return "file cannot be read or written";
    case NAMETAG_ERROR_FORMAT:
        return "damaged or wrong file";
    case NAMETAG_ERROR_UNSUPPORTED:
        return "not supported";
    case NAMETAG_ERROR_MODEL:
        return "different models";
    case NAMETAG_ERROR_KEY:
        return "no key, or the wrong one";
    case NAMETAG_ERROR_NOT_FOUND:
        return "no such person";
    case NAMETAG_ERROR_EXISTS:
        return "name already taken";
    case NAMETAG_ERROR_NAME:
        return "unusable name";
    case NAMETAG_REFUSED:
        return "picture not good enough";
    }
    return "unknown status";
}

gboolean nt_lib_read_sized(void *to, size_t size, const void *from)
{
    size_t given;
    memcpy(&given, from, sizeof given);
    if (given < sizeof given || given > MOST_SIZE)
        return FALSE;
    for (size_t i = size; i < given; i++)
        if (((const guint8 *)from)[i] != 0)
            return FALSE;
    memset(to, 0, size);
    memcpy(to, from, MIN(given, size));
    return TRUE;
}
