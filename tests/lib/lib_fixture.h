/* What the tests of libnametag share: pictures of the packages, and handles that must open. */
#ifndef NT_TEST_LIB_FIXTURE_H
#define NT_TEST_LIB_FIXTURE_H

#include <glib.h>

#include "lib/nametag.h"
#include "media/still.h"

#define N_SAMPLES 6 /* of the package with photographs of several people */

char *sample_path(int number);         /* 1 to N_SAMPLES; free with g_free */
char *portrait_path(const char *name); /* of the other package: one person a picture */
#define SOMEBODY_ELSE "SeanConnery.jpg"
/* The builds of distributions have only those pictures that models/manifest.json lists: one person's, not another's. */
gboolean has_portraits(void);
NtStill *load(const char *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Nametag, nametag_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NametagTags, nametag_tags_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NametagPeople, nametag_people_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NametagTracker, nametag_tracker_free)

/* gallery as in NametagOptions. */
Nametag *open_with(const char *gallery);
NametagTags *tag_path(Nametag *nametag, const char *path);
NametagPicture picture_of(const NtImage *rgb);

/* A folder of this run's own; everything in it goes at the end. */
const char *scratch(void);
void remove_scratch(void);
char *scratch_path(const char *name); /* free with g_free */

#define assert_ok(handle, call) \
    do { \
        const NametagStatus status_ = (call); \
        if (status_ != NAMETAG_OK) \
            g_error("%s: %s: %s", #call, nametag_status_text(status_), nametag_error(handle)); \
    } while (0)

/* That it fails so, and says something about it. */
#define assert_fails(wanted, words, call) \
    do { \
        const NametagStatus status_ = (call); \
        g_assert_cmpstr(nametag_status_text(status_), ==, nametag_status_text(wanted)); \
        g_assert_cmpstr(words, !=, ""); \
    } while (0)

#endif
