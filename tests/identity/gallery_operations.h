/* Everything that changes a gallery, as a table: a test that adds an operation here has it interrupted, failed and
 * killed like the others. Each is decided by its number alone: the same numbers on two galleries give the same rows. */
#ifndef NT_TEST_GALLERY_OPERATIONS_H
#define NT_TEST_GALLERY_OPERATIONS_H

#include "identity/gallery.h"

typedef struct GalleryOperation {
    const char *name;
    guint weight; /* how often, among the others */
    /* FALSE with error. It may be refused (nobody of that name): NT_GALLERY_ERROR_WRITE is a failure. */
    gboolean (*run)(NtGallery *gallery, GRand *random, GError **error);
} GalleryOperation;

extern const GalleryOperation gallery_operations[];
extern const guint gallery_n_operations;

/* Runs the operation that belongs to a number. *name: whom it was about, if it was a forget that was done; else NULL.
 */
gboolean gallery_operate(NtGallery *gallery, guint32 number, const char **forgotten, GError **error);

/* Archives for the operation "import", made in a folder whose place this process and its children keep in the environment.
 * Removed again by gallery_remove_archives. */
void gallery_make_archives(void);
void gallery_remove_archives(void);

#endif
