/* What a viewing and its threads share. */
#include "app/viewing_private.h"
#include "media/location.h"

NtTiding *nt_tiding_new(NtTidingKind kind)
{
    NtTiding *tiding = g_new0(NtTiding, 1);
    tiding->kind = kind;
    return tiding;
}

void nt_tiding_free(NtTiding *tiding)
{
    nt_shown_unref(tiding->shown);
    g_free(tiding->words);
    g_clear_error(&tiding->error);
    g_free(tiding);
}

NtViewingCore *nt_viewing_core_new(const char *location, const NtViewingOptions *options, NtShowQueue *queue)
{
    NtViewingCore *core = g_new0(NtViewingCore, 1);
    core->ref_count = 1;
    core->location = g_strdup(location);
    core->source = nt_location_mask(location ? location : "camera");
    core->models = nt_model_set_ref(options->models);
    core->start_ns = options->start_ns;
    core->queue = nt_show_queue_ref(queue);
    core->album = nt_album_new();
    core->unknowns = nt_unknowns_new(core->source, NT_UNKNOWNS_FACES);
    core->setup = (NtViewingSetup){nt_recognizer_ref(options->recognizer), options->scan_frames, options->upsample};
    core->wishes = (NtViewingWishes){.playing = !options->paused, .rate = 1, .volume = 1, .seek_ns = -1};
    g_mutex_init(&core->lock);
    g_mutex_init(&core->unknowns_lock);
    g_cond_init(&core->changed);
    return core;
}

NtViewingCore *nt_viewing_core_ref(NtViewingCore *core)
{
    g_atomic_int_inc(&core->ref_count);
    return core;
}

void nt_viewing_core_unref(NtViewingCore *core)
{
    if (!core || !g_atomic_int_dec_and_test(&core->ref_count))
        return;
    nt_viewing_setup_clear(&core->setup);
    nt_unknowns_free(core->unknowns);
    nt_album_free(core->album);
    nt_show_queue_unref(core->queue);
    nt_model_set_unref(core->models);
    g_mutex_clear(&core->lock);
    g_mutex_clear(&core->unknowns_lock);
    g_cond_clear(&core->changed);
    g_free(core->location);
    g_free(core->source);
    g_free(core);
}

guint nt_viewing_core_get_setup(NtViewingCore *core, NtViewingSetup *setup)
{
    g_mutex_lock(&core->lock);
    *setup = core->setup;
    nt_recognizer_ref(setup->recognizer);
    const guint serial = core->setup_serial;
    g_mutex_unlock(&core->lock);
    return serial;
}

void nt_viewing_setup_clear(NtViewingSetup *setup)
{
    g_clear_pointer(&setup->recognizer, nt_recognizer_unref);
}

void nt_viewing_core_tell(NtViewingCore *core, NtTiding *tiding)
{
    nt_show_queue_tell(core->queue, tiding);
}

void nt_viewing_core_tell_words(NtViewingCore *core, NtTidingKind kind, char *words)
{
    NtTiding *tiding = nt_tiding_new(kind);
    tiding->words = words;
    nt_viewing_core_tell(core, tiding);
}

void nt_viewing_core_fail(NtViewingCore *core, GError *error)
{
    NtTiding *tiding = nt_tiding_new(NT_TIDING_FAILED);
    tiding->error = error;
    nt_viewing_core_tell(core, tiding);
}
