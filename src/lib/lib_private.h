/* libnametag - what its files share: words about failures, what clones share, and the way from and to the engine's types.
 */
#ifndef NT_LIB_PRIVATE_H
#define NT_LIB_PRIVATE_H

#include <glib.h>

#include "engine/engine.h"
#include "lib/nametag.h"

/* Failures (error.c). */

/* The last failure of one handle. */
typedef struct NtLibWords {
    char *text; /* NULL: none yet */
} NtLibWords;

/* Keep the sentence and return the status. words NULL: the calling thread's own. */
NametagStatus nt_lib_fail(NtLibWords *words, NametagStatus status, const char *format, ...) G_GNUC_PRINTF(3, 4);
NametagStatus nt_lib_fail_with(NtLibWords *words, GError *error); /* takes the error */
const char *nt_lib_words(const NtLibWords *words);                /* "" when there are none */

/* "nametag_tag: picture is NULL": what was asked for without what it needs. */
#define NT_LIB_MISSING(words, what) nt_lib_fail((words), NAMETAG_ERROR_ARGUMENT, "%s: " what " is NULL", __func__)

/* Copies a structure that the caller fills, which begins with its size: what an older caller does not know is zero. FALSE when the
 * size makes no sense, or a newer caller wants what is not known here. */
gboolean nt_lib_read_sized(void *to, size_t size, const void *from);

/* Handles (handle.c). */

/* What a handle, its clones and trackers share; counted. */
typedef struct NtLibCore {
    NtModelSet *models;
    char *gallery;            /* NULL: none */
    NtRecognizer *recognizer; /* NULL: nobody is to be named */
    char *passphrase;         /* NULL: none */
    gboolean use_keyring;
    NtEngineOptions engine;
} NtLibCore;

NtLibCore *nt_lib_core_ref(NtLibCore *core);
void nt_lib_core_unref(NtLibCore *core);
NtVaultKeys nt_lib_core_keys(NtLibCore *core); /* valid as long as the core */

/* Pictures (pixels.c). */

/* Memory for the pixels of pictures that are not in R, G, B; grows and stays. */
typedef struct NtLibPixels {
    guint8 *data;
    size_t capacity;
} NtLibPixels;

struct Nametag {
    NtLibCore *core;
    NtAnalyser *analyser;
    NtLibPixels pixels;
    NtLibWords words;
};

/* The caller's picture as the engine wants it. */
typedef struct NtLibView {
    gboolean is_yuv;
    NtImage rgb;
    NtYuvImage yuv;
} NtLibView;

typedef enum NtLibGray {
    NT_LIB_GRAY_AS_RGB, /* as a gray picture file is read */
    NT_LIB_GRAY_AS_YUV, /* as luma, without a copy */
} NtLibGray;

/* Checks every number of it. *view and *checked point to the caller's pixels, or into pixels. */
NametagStatus nt_lib_view(const NametagPicture *picture, NtLibGray gray, NtLibPixels *pixels, NametagPicture *checked,
                          NtLibView *view, NtLibWords *words);

/* Results (tags.c). */

/* Takes the frame. source may be NULL. from_boxes: its faces are the caller's. */
NametagTags *nt_lib_tags_new(NtTaggedFrame *frame, const NtLibCore *core, const char *source, gboolean from_boxes);

/* What else is known of a result than it tells. */
const NtTaggedFrame *nt_lib_tags_frame(const NametagTags *tags);
const char *nt_lib_tags_source(const NametagTags *tags); /* "" when there is none */
const char *nt_lib_tags_model_id(const NametagTags *tags);
/* Of a face that was embedded. */
const NtQuality *nt_lib_tags_quality(const NametagTags *tags, size_t face);

#endif
