/* A still picture: shown at once, and again when it is known who is on it. */
#include "app/viewing_private.h"
#include "engine/engine.h"

typedef struct Picture {
    NtStill *still;
    GBytes *pixels; /* own the still */
    GdkTexture *texture;
} Picture;

static void free_still(gpointer still)
{
    nt_still_free(still);
}

static gboolean load(Picture *picture, const char *path, GError **error)
{
    if (!(picture->still = nt_still_load(path, error)))
        return FALSE;
    const NtImage *rgb = &picture->still->rgb;
    const gsize size = (gsize)(rgb->height - 1) * (gsize)rgb->stride + (gsize)rgb->width * 3;
    picture->pixels = g_bytes_new_with_free_func(rgb->pixels, size, free_still, picture->still);
    picture->texture =
        gdk_memory_texture_new(rgb->width, rgb->height, GDK_MEMORY_R8G8B8, picture->pixels, (gsize)rgb->stride);
    return TRUE;
}

static void clear_picture(Picture *picture)
{
    g_clear_object(&picture->texture);
    g_clear_pointer(&picture->pixels, g_bytes_unref);
}

/* Takes the tags. */
static void show(NtViewingCore *core, const Picture *picture, NtTaggedFrame *tagged, guint names_serial)
{
    NtShown *shown = nt_shown_new();
    shown->texture = g_object_ref(picture->texture);
    shown->tagged = tagged;
    shown->pts_ns = -1;
    shown->still = picture->still;
    shown->still_pixels = g_bytes_ref(picture->pixels);
    NtTiding *tiding = nt_tiding_new(NT_TIDING_SHOWN);
    tiding->shown = shown;
    tiding->names_serial = names_serial;
    nt_show_queue_put(core->queue, tiding, 0, TRUE);
}

static void show_without_tags(NtViewingCore *core, const Picture *picture)
{
    NtTaggedFrame *nobody = nt_tagged_frame_new(0);
    nobody->pts_ns = -1;
    nobody->width = picture->still->rgb.width;
    nobody->height = picture->still->rgb.height;
    show(core, picture, nobody, 0);
}

/* Unknown people are counted before the faces have numbers of their own: of tracks there would be more pictures to
 * come. */
static void take_note(NtViewingCore *core, NtTaggedFrame *tagged, const NtClassifier *classifier)
{
    g_mutex_lock(&core->unknowns_lock);
    nt_unknowns_free(core->unknowns); /* the same people, when it is analysed again */
    core->unknowns = nt_unknowns_new(core->source, NT_UNKNOWNS_FACES);
    nt_unknowns_add(core->unknowns, tagged, classifier ? nt_classifier_threshold(classifier) : 0);
    g_mutex_unlock(&core->unknowns_lock);
    for (guint i = 0; i < tagged->n_faces; i++)
        tagged->faces[i].track = i + 1;
    nt_album_clear(core->album);
    nt_album_add(core->album, tagged);
}

/* Returns the serial of the setup it was analysed with. */
static guint analyse(NtViewingCore *core, const Picture *picture)
{
    NtViewingSetup setup;
    g_autoptr(GError) error = NULL;
    const guint serial = nt_viewing_core_get_setup(core, &setup);
    const guint names_serial = (guint)g_atomic_int_get(&core->names_serial);
    const NtEngineOptions options = {.upsample = setup.upsample,
                                     .with_embedding = TRUE,
                                     .with_chips = TRUE,
                                     .recognizer = setup.recognizer,
                                     .workers = (int)g_get_num_processors()};
    NtAnalyser *analyser = nt_analyser_new(core->models, NULL, &options);
    NtTaggedFrame *tagged = nt_analyser_tag_rgb(analyser, &picture->still->rgb, &error);
    nt_analyser_free(analyser);
    if (tagged) {
        g_autoptr(NtClassifier) classifier = setup.recognizer ? nt_recognizer_get(setup.recognizer) : NULL;
        tagged->pts_ns = -1;
        take_note(core, tagged, classifier);
        show(core, picture, tagged, names_serial);
    } else {
        nt_viewing_core_tell_words(core, NT_TIDING_WARNED, g_strdup(error->message));
    }
    nt_viewing_setup_clear(&setup);
    return serial;
}

void nt_viewing_read_still(NtViewingCore *core, const char *path)
{
    Picture picture = {0};
    GError *error = NULL;
    if (!load(&picture, path, &error)) {
        nt_viewing_core_fail(core, error);
        return;
    }
    show_without_tags(core, &picture);
    while (!nt_viewing_core_is_closed(core)) {
        const guint analysed = analyse(core, &picture);
        g_mutex_lock(&core->lock);
        while (core->setup_serial == analysed && !nt_viewing_core_is_closed(core))
            g_cond_wait(&core->changed, &core->lock);
        g_mutex_unlock(&core->lock);
    }
    clear_picture(&picture);
}
