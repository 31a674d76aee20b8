/* Nametag - how well a gallery can tell its people apart, and what would help: `nametag people check`.
 */
#ifndef NT_HEALTH_H
#define NT_HEALTH_H

#include <glib.h>

#include "identity/classifier.h"
#include "identity/gallery.h"

/* A picture counts as one from the side when the face is turned by so much: well beyond the error of the estimate. */
#define NT_SIDE_DEGREES 15

typedef struct NtPersonHealth {
    const char *name;          /* interned */
    guint n_faces, n_aside, n_forced;
    float spread;              /* root mean square distance of the pictures in use from their mean */
    float widest;              /* greatest distance between two of them */
    guint n_recognised;        /* pictures in use that the others alone would have named (leave one out) */
    GArray *outliers;          /* NtOutlier: pictures that look like nobody else's, or like another's */
    const char *nearest;       /* the most similar other person; NULL when alone */
    float nearest_distance;    /* from the picture in use that is most like them */
    gboolean has_left, has_right, has_front; /* views among the pictures in use; all FALSE when no pose is known */
    guint n_hiding_strangers, n_hiding_rejections; /* ignored faces, and faces said not to be them, that look like them */
    guint n_measured;          /* pictures in use whose quality is known */
    GPtrArray *advice;         /* char *: "no picture looking left", "only one picture: add two more from other days" */
} NtPersonHealth;

typedef struct NtOutlier {
    gint64 id;
    guint number;              /* as `people show` counts: oldest first, from 1 */
    float own_distance;        /* to the middle one of the person's other pictures; INFINITY for an only one */
    const char *looks_like;    /* interned; NULL: nobody */
} NtOutlier;

typedef struct NtGalleryHealth {
    GPtrArray *people;         /* NtPersonHealth, by name */
    const char *alike[2];      /* the two enrolled people most alike; NULL with fewer than two */
    float alike_distance;
    float threshold;           /* in use, at that caution */
    double false_name_rate;    /* of strangers, as estimated on the background cohort at that threshold */
    float highest_stranger;    /* the smallest distance of an ignored stranger or an enrolled person left out, to another;
                                * INFINITY without any */
    const char *highest_stranger_name; /* to whom; NULL */
    const char *highest_stranger_who;  /* the enrolled person; NULL for an ignored stranger */
} NtGalleryHealth;

/* What a person's own pictures tell, with advice; nothing about others, and n_recognised is 0. */
NtPersonHealth *nt_person_health(NtGallery *gallery, const char *name, GError **error);
void nt_person_health_free(NtPersonHealth *health); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtPersonHealth, nt_person_health_free)

NtGalleryHealth *nt_gallery_health(NtGallery *gallery, NtCaution caution, GError **error);
void nt_gallery_health_free(NtGalleryHealth *health);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtGalleryHealth, nt_gallery_health_free)

#endif
