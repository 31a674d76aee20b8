/* Opening, cloning and closing. */
#include "lib/lib_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_UPSAMPLE 4
#define MOST_THRESHOLD 10.0
#define MOST_THREADS 64
#define KNOWN_FLAGS (NAMETAG_LANDMARKS_ONLY | NAMETAG_USE_KEYRING)

const char *nametag_version(void) { return NT_VERSION; }

/* Core. */

static char *give_passphrase(G_GNUC_UNUSED const char *what, guint attempt, gpointer user)
{
    const NtLibCore *core = user;
    return attempt == 0 ? g_strdup(core->passphrase) : NULL;
}

NtVaultKeys nt_lib_core_keys(NtLibCore *core)
{
    return (NtVaultKeys){core->passphrase ? give_passphrase : NULL, core, core->use_keyring};
}

static void clear_core(gpointer data)
{
    NtLibCore *core = data;
    nt_recognizer_unref(core->recognizer); /* its thread asks for keys, and must end first */
    if (core->models)
        nt_model_set_unref(core->models);
    if (core->passphrase)
        explicit_bzero(core->passphrase, strlen(core->passphrase));
    g_free(core->passphrase);
    g_free(core->gallery);
}

NtLibCore *nt_lib_core_ref(NtLibCore *core) { return g_atomic_rc_box_acquire(core); }
void nt_lib_core_unref(NtLibCore *core) { g_atomic_rc_box_release_full(core, clear_core); }
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtLibCore, nt_lib_core_unref)

/* The engine's word for a caution; FALSE for no such value. */
static gboolean read_caution(NametagCaution given, NtCaution *caution)
{
    switch (given) {
    case NAMETAG_BALANCED:
        *caution = NT_CAUTION_BALANCED;
        return TRUE;
    case NAMETAG_CAUTIOUS:
        *caution = NT_CAUTION_CAUTIOUS;
        return TRUE;
    case NAMETAG_EAGER:
        *caution = NT_CAUTION_EAGER;
        return TRUE;
    }
    return FALSE;
}

static NametagStatus check_options(const NametagOptions *options, NtCaution *caution)
{
    if (!read_caution(options->caution, caution))
        return nt_lib_fail(NULL, NAMETAG_ERROR_ARGUMENT, "nametag_open: there is no caution %d", (int)options->caution);
    if (options->upsample < 0 || options->upsample > MOST_UPSAMPLE)
        return nt_lib_fail(NULL, NAMETAG_ERROR_ARGUMENT, "nametag_open: upsample is %d; 0 to %d is possible",
                           options->upsample, MOST_UPSAMPLE);
    if (!(fabs(options->threshold) <= MOST_THRESHOLD)) /* nor is it a number that is none */
        return nt_lib_fail(NULL, NAMETAG_ERROR_ARGUMENT, "nametag_open: threshold is %g; -%g to %g is possible",
                           options->threshold, MOST_THRESHOLD, MOST_THRESHOLD);
    if (options->threads < 0 || options->threads > MOST_THREADS)
        return nt_lib_fail(NULL, NAMETAG_ERROR_ARGUMENT, "nametag_open: threads is %d; 0 to %d is possible",
                           options->threads, MOST_THREADS);
    if (options->flags & ~(unsigned)KNOWN_FLAGS)
        return nt_lib_fail(NULL, NAMETAG_ERROR_ARGUMENT, "nametag_open: flags has a bit that means nothing (%#x)",
                           options->flags);
    return NAMETAG_OK;
}

static gboolean open_people(NtLibCore *core, NtCaution caution, GError **error)
{
    const NtVaultKeys keys = nt_lib_core_keys(core);
    const NtGalleryOptions gallery = {.model_fingerprint = nt_model_set_fingerprint(core->models), .keys = &keys};
    const NtClassifierOptions classifier = {.caution = caution};
    core->recognizer = nt_recognizer_wait_for(core->gallery, &gallery, &classifier, error);
    core->engine.recognizer = core->recognizer;
    return core->recognizer != NULL;
}

static NtLibCore *make_core(const NametagOptions *options, NtCaution caution, GError **error)
{
    const gboolean named = !(options->flags & NAMETAG_LANDMARKS_ONLY);
    g_autoptr(NtLibCore) core = g_atomic_rc_box_new0(NtLibCore);
    core->engine = (NtEngineOptions){.upsample = options->upsample,
                                     .threshold = options->threshold,
                                     .with_embedding = named,
                                     .with_chips = named, /* to enrol from */
                                     .workers = options->threads};
    core->passphrase = g_strdup(options->passphrase);
    core->use_keyring = (options->flags & NAMETAG_USE_KEYRING) != 0;
    core->gallery = !options->gallery                ? nt_gallery_default_path()
                    : options->gallery[0] == '\0' ? NULL
                                                  : g_strdup(options->gallery);
    if (!(core->models = nt_model_set_load_from(options->models, NT_PRECISION_FLOAT, error)))
        return NULL;
    if (core->gallery && named && !open_people(core, caution, error))
        return NULL;
    return g_steal_pointer(&core);
}

/* Handles. */

static Nametag *make_handle(NtLibCore *core)
{
    Nametag *nametag = g_new0(Nametag, 1);
    nametag->core = nt_lib_core_ref(core);
    nametag->analyser = nt_analyser_new(core->models, NULL, &core->engine);
    return nametag;
}

NametagStatus nametag_open(const NametagOptions *options, Nametag **nametag)
{
    NametagOptions checked = NAMETAG_OPTIONS_INIT;
    NtCaution caution = NT_CAUTION_BALANCED;
    if (!nametag)
        return NT_LIB_MISSING(NULL, "nametag");
    *nametag = NULL;
    if (options && !nt_lib_read_sized(&checked, sizeof checked, options))
        return nt_lib_fail(NULL, NAMETAG_ERROR_ARGUMENT,
                           "nametag_open: the options are not of this version; begin with NAMETAG_OPTIONS_INIT");
    const NametagStatus status = check_options(&checked, &caution);
    if (status != NAMETAG_OK)
        return status;
    GError *error = NULL;
    g_autoptr(NtLibCore) core = make_core(&checked, caution, &error);
    if (!core)
        return nt_lib_fail_with(NULL, error);
    *nametag = make_handle(core);
    return NAMETAG_OK;
}

NametagStatus nametag_clone(Nametag *nametag, Nametag **clone)
{
    if (clone)
        *clone = NULL;
    if (!nametag)
        return NT_LIB_MISSING(NULL, "nametag");
    if (!clone)
        return NT_LIB_MISSING(&nametag->words, "clone");
    *clone = make_handle(nametag->core);
    return NAMETAG_OK;
}

void nametag_close(Nametag *nametag)
{
    if (!nametag)
        return;
    nt_analyser_free(nametag->analyser);
    nt_lib_core_unref(nametag->core);
    free(nametag->pixels.data);
    g_free(nametag->words.text);
    g_free(nametag);
}

const char *nametag_error(const Nametag *nametag) { return nt_lib_words(nametag ? &nametag->words : NULL); }

const char *nametag_gallery(const Nametag *nametag) { return nametag ? nametag->core->gallery : NULL; }

const char *nametag_model_id(const Nametag *nametag)
{
    return nametag ? nt_model_set_fingerprint(nametag->core->models) : NULL;
}
