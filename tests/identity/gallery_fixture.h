/* What the gallery's tests share: a folder of their own, faces, and looks at a gallery's files from outside. */
#ifndef NT_TEST_GALLERY_FIXTURE_H
#define NT_TEST_GALLERY_FIXTURE_H

#include <glib.h>

#include "identity/gallery.h"

typedef struct GalleryFixture {
    char *folder, *path;
    NtGallery *gallery;
} GalleryFixture;

/* A folder of its own, in memory where there is such a place: nobody cuts the power here, and the disk is slow. */
char *gallery_make_folder(void);
/* An empty gallery, opened for writing with the model "model-a". */
void gallery_set_up(GalleryFixture *fixture, gconstpointer user);
void gallery_tear_down(GalleryFixture *fixture, gconstpointer user);
NtGallery *gallery_open(const char *path, NtGalleryMode mode, const char *fingerprint);
/* Closes it, so that the log is moved into the file, and opens it again. */
void gallery_reopen(GalleryFixture *fixture);
void gallery_remove_folder(const char *folder); /* with the files in it */

/* A face with an embedding of its own: any two seeds are more than 0.6 apart. */
NtGalleryFace gallery_make_face(guint seed);
guint8 *gallery_make_chip(guint seed); /* free with g_free */
/* With a chip when with_chip. Returns the face's id. */
gint64 gallery_add(NtGallery *gallery, const char *name, guint seed, gboolean with_chip);

char *gallery_names(NtGallery *gallery); /* "Anna:2 Bob:1" */
void gallery_assert_names(NtGallery *gallery, const char *wanted);

/* A digest of every row, column and type of people, faces, rejections, strangers and covers, read past the gallery. */
char *gallery_digest(const char *path);
/* The same with the history, and without times: two files to which the same was done have the same. */
char *gallery_timeless_digest(const char *path);
/* "ok", or what is wrong: integrity, foreign keys. Free with g_free. */
char *gallery_check_file(const char *path);
void gallery_run_sql(const char *path, const char *sql);
gint64 gallery_count(const char *path, const char *sql);
/* The name of a file in the folder with these bytes in it; NULL: none. Free with g_free. */
char *gallery_find_bytes(const char *folder, gconstpointer bytes, gsize n);

#endif
