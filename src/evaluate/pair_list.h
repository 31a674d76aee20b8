/* Nametag - which pictures are to be compared: pairs.txt of Labelled Faces in the Wild, or a plain list.
 *
 * LFW (vis-www.cs.umass.edu/lfw/README.txt): the first line is "FOLDS N" or "N"; then, fold by fold, N lines of the
 * same person, "NAME a b", and N of different ones, "NAME a NAME2 b". Picture a of NAME is DIR/NAME/NAME_0001.EXT,
 * whatever the ending. A plain list has lines "PATH PATH2 1" for the same person and 0 for different ones, paths
 * relative to DIR. Fields are separated by tabs if a line has any, else by white space.
 *
 * Without folds of its own, a list is dealt out over NT_PAIR_FOLDS: its first same pair to the first fold, and so on.
 */
#ifndef NT_PAIR_LIST_H
#define NT_PAIR_LIST_H

#include <glib.h>

#define NT_PAIR_FOLDS 10

typedef struct NtPair {
    guint a, b; /* index into pictures */
    gboolean same;
    guint fold;
} NtPair;

typedef struct NtPairList {
    GPtrArray *pictures; /* of char *: paths, each once */
    GArray *pairs;       /* of NtPair */
    guint n_folds;
    gboolean dealt; /* the folds are ours */
} NtPairList;

/* text of a pairs file. Pictures that are not there keep the path they should have: whoever loads them finds out. NULL
 * with error (of G_IO_ERROR, with the line's number) when a line makes no sense, names something outside DIR, or lines
 * are missing. */
NtPairList *nt_pair_list_parse(const char *text, const char *dir, GError **error);
NtPairList *nt_pair_list_load(const char *path, const char *dir, GError **error);
void nt_pair_list_free(NtPairList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtPairList, nt_pair_list_free)

#endif
