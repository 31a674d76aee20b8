/* Nametag - who is in a gallery, kept up to date: a classifier that follows the file.
 *
 * A thread of its own looks at the file four times a second; when it has changed, whoever changed it, a new classifier
 * is made on a copy and swapped in. Whoever asks never waits.
 */
#ifndef NT_RECOGNIZER_H
#define NT_RECOGNIZER_H

#include "identity/classifier.h"

typedef struct NtRecognizer NtRecognizer;

/* Opens the gallery for reading by itself (options->mode is ignored), makes the first classifier and, when follow,
 * keeps it up to date. NULL with error when the first one can't be made. */
NtRecognizer *nt_recognizer_new(const char *gallery_path, const NtGalleryOptions *options,
                                const NtClassifierOptions *classifier_options, gboolean follow, GError **error);
/* Follows too, but a gallery that is not there yet is waited for: nobody is known until somebody makes it. */
NtRecognizer *nt_recognizer_wait_for(const char *gallery_path, const NtGalleryOptions *options,
                                     const NtClassifierOptions *classifier_options, GError **error);
NtRecognizer *nt_recognizer_ref(NtRecognizer *recognizer); /* NULL is allowed, here and below */
void nt_recognizer_unref(NtRecognizer *recognizer);        /* the last one waits for its thread */
void nt_recognizer_free(NtRecognizer *recognizer);         /* unref, by another name */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtRecognizer, nt_recognizer_free)

/* The newest classifier; the caller's to unref. Any thread. */
NtClassifier *nt_recognizer_get(NtRecognizer *recognizer);

/* Looks at the file now, and returns when the classifier is of what the file holds: the next frame then knows whom the
 * caller has just enrolled. Waits for the training; any thread. */
void nt_recognizer_refresh(NtRecognizer *recognizer);

/* Why the file could not be read the last time, or NULL: the classifier before it stays in use. Free with g_free. */
char *nt_recognizer_trouble(NtRecognizer *recognizer);

#endif
