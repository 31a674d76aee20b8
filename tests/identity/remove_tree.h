/* A folder of a test goes, with all that is in it; links are not followed. */
#ifndef REMOVE_TREE_H
#define REMOVE_TREE_H

void remove_tree(const char *path);

#endif
