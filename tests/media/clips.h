/* Clips and files made for the tests, in a folder that is removed at the end. */
#ifndef NT_TEST_CLIPS_H
#define NT_TEST_CLIPS_H

#include <glib.h>

#include "media/source.h"

void clips_init(int *argc, char ***argv);
/* Runs the tests, removes the folder, shuts GStreamer down (which lets its leaks tracer speak). */
int clips_run(void);

/* The path of NAME in the folder, existing or not. Free with g_free. */
char *clip_path(const char *name);
/* Runs a pipeline description that ends in a muxer or encoder into the file NAME. */
char *clip_make(const char *name, const char *description);
/* An MJPEG clip in Matroska with the given times; frame i is grey of luma 16 + 8 * i. */
char *clip_make_timed(const char *name, int width, int height, const guint64 *pts_ms, int count);
/* The first file, then the second, in one. */
char *clip_join(const char *name, const char *first, const char *second);
char *clip_write(const char *name, const void *bytes, gsize size);

/* A clip of the npm packages or of the shared data; NULL (and the test is skipped) when it is not there. */
char *clip_package(const char *name);
char *clip_shared(const char *name);

/* What a whole reading of a clip gave. */
typedef struct ClipFacts {
    int frames, first_width, first_height, last_width, last_height;
    gboolean rising, has_audio;
    gint64 first_pts, last_pts;
    GArray *pts; /* gint64 */
} ClipFacts;

ClipFacts clip_read(const char *location);
void clip_facts_clear(ClipFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ClipFacts, clip_facts_clear)

#endif
