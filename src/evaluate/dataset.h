/* Nametag - a folder of labelled pictures: DIR/NAME/ has the pictures of NAME.
 */
#ifndef NT_DATASET_H
#define NT_DATASET_H

#include <glib.h>

typedef struct NtDataset {
    GPtrArray *people;   /* of char *: folder names, sorted */
    GPtrArray *pictures; /* of char *: paths, by person, sorted within each */
    GArray *person;      /* of guint: whose each picture is */
} NtDataset;

/* Hidden files and what is no picture are passed over; a folder without a picture is nobody. NULL with error when DIR
 * can't be listed or has no such folder. */
NtDataset *nt_dataset_scan(const char *dir, GError **error);
void nt_dataset_free(NtDataset *dataset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtDataset, nt_dataset_free)

#endif
