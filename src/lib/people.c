/* The gallery: who is in it, and changes to it. */
#include "lib/lib_private.h"

#include <string.h>

#include "engine/clip_cache.h"
#include "identity/enrolment.h"

#define KNOWN_FLAGS (NAMETAG_ENROLL_FORCE | NAMETAG_ENROLL_CHECK)

static gboolean gallery_is_there(const Nametag *nametag)
{
    return g_file_test(nametag->core->gallery, G_FILE_TEST_EXISTS);
}

/* Anew for each change, so that a file that was replaced meanwhile is the one that is changed. */
static NtGallery *open_gallery(Nametag *nametag, NtGalleryMode mode, GError **error)
{
    const NtVaultKeys keys = nt_lib_core_keys(nametag->core);
    const NtGalleryOptions options = {
        .mode = mode, .model_fingerprint = nt_model_set_fingerprint(nametag->core->models), .keys = &keys};
    return nt_gallery_open(nametag->core->gallery, &options, error);
}

/* The next picture knows it. */
static void tell(Nametag *nametag)
{
    if (nametag->core->recognizer)
        nt_recognizer_refresh(nametag->core->recognizer);
}

static NametagStatus finish(Nametag *nametag, GError *error)
{
    if (error)
        return nt_lib_fail_with(&nametag->words, error);
    tell(nametag);
    return NAMETAG_OK;
}

static NametagStatus check_gallery(Nametag *nametag, const char *function)
{
    if (nametag->core->gallery)
        return NAMETAG_OK;
    return nt_lib_fail(&nametag->words, NAMETAG_ERROR_ARGUMENT, "%s: there is no gallery; it was opened without one", function);
}

/* Before somebody is to be changed who is enrolled. */
static NametagStatus check_somebody(Nametag *nametag, const char *function, const char *name)
{
    const NametagStatus status = check_gallery(nametag, function);
    if (status != NAMETAG_OK || gallery_is_there(nametag))
        return status;
    return nt_lib_fail(&nametag->words, NAMETAG_ERROR_NOT_FOUND, "there is nobody called %s; the gallery %s is not there yet", name,
                       nametag->core->gallery);
}

/* Enrolling. */

/* Whether a face of a result can go into the gallery. */
static NametagStatus check_face(Nametag *nametag, const char *function, const NametagTags *tags, size_t face)
{
    NtLibWords *words = &nametag->words;
    if (face >= tags->n_faces)
        return nt_lib_fail(words, NAMETAG_ERROR_ARGUMENT, "%s: there is no face %zu; the picture has %zu", function, face,
                           tags->n_faces);
    if (!tags->faces[face]->embedding)
        return nt_lib_fail(words, NAMETAG_ERROR_ARGUMENT,
                           "%s: the face was not embedded in this picture; take one where its embedding is not NULL", function);
    if (strcmp(nt_lib_tags_model_id(tags), nt_model_set_fingerprint(nametag->core->models)) != 0)
        return nt_lib_fail(words, NAMETAG_ERROR_MODEL, "%s: the face was embedded by other models than those of the gallery",
                           function);
    return NAMETAG_OK;
}

static NtGalleryFace face_of(const NametagTags *tags, size_t index)
{
    const NtTaggedFrame *frame = nt_lib_tags_frame(tags);
    const NtFace *from = &frame->faces[index];
    NtGalleryFace face = {.chip = from->chip, .source = nt_lib_tags_source(tags), .pts_ns = frame->pts_ns,
                          .box = from->detection.box, .score = from->detection.score,
                          .quality = *nt_lib_tags_quality(tags, index)};
    memcpy(face.embedding, from->embedding, sizeof face.embedding);
    return face;
}

static NametagRefusal convert_refusal(NtGateReason reason)
{
    static const NametagRefusal refusals[NT_N_GATE_REASONS] = {
        [NT_GATE_GOOD] = NAMETAG_REFUSAL_NONE,         [NT_GATE_SMALL] = NAMETAG_REFUSAL_SMALL,
        [NT_GATE_BLURRED] = NAMETAG_REFUSAL_BLURRED,   [NT_GATE_TURNED] = NAMETAG_REFUSAL_TURNED,
        [NT_GATE_CUT_OFF] = NAMETAG_REFUSAL_CUT_OFF,   [NT_GATE_DARK] = NAMETAG_REFUSAL_DARK,
        [NT_GATE_BRIGHT] = NAMETAG_REFUSAL_BRIGHT,     [NT_GATE_FLAT] = NAMETAG_REFUSAL_FLAT,
        [NT_GATE_DUPLICATE] = NAMETAG_REFUSAL_DUPLICATE, [NT_GATE_SOMEBODY] = NAMETAG_REFUSAL_SOMEBODY,
        [NT_GATE_STRANGER] = NAMETAG_REFUSAL_STRANGER,
    };
    return refusals[reason];
}

/* Judges, and takes what is good enough. */
static NametagStatus take(Nametag *nametag, NtGalleryFace *face, const char *name, unsigned flags, NametagRefusal *refusal)
{
    const gboolean check = (flags & NAMETAG_ENROLL_CHECK) != 0;
    GError *error = NULL;
    g_autoptr(NtGallery) gallery = NULL;
    NtGateAnswer answer;
    if (gallery_is_there(nametag) &&
        !(gallery = open_gallery(nametag, check ? NT_GALLERY_READ : NT_GALLERY_WRITE, &error)))
        return nt_lib_fail_with(&nametag->words, error);
    if (!nt_enrolment_judge(gallery, name, face->embedding, &face->quality, &answer, &error))
        return nt_lib_fail_with(&nametag->words, error);
    *refusal = convert_refusal(answer.reason);
    if (answer.reason != NT_GATE_GOOD && (!(flags & NAMETAG_ENROLL_FORCE) || answer.reason == NT_GATE_DUPLICATE)) {
        g_autofree char *words = nt_gate_describe(&answer, name);
        return nt_lib_fail(&nametag->words, NAMETAG_REFUSED, "%s", words);
    }
    if (check)
        return NAMETAG_OK;
    face->forced = answer.reason != NT_GATE_GOOD;
    if (!gallery && !(gallery = open_gallery(nametag, NT_GALLERY_CREATE, &error)))
        return nt_lib_fail_with(&nametag->words, error);
    nt_enrolment_write(gallery, name, face, 1, NULL, &error);
    return finish(nametag, error);
}

NametagStatus nametag_enroll(Nametag *nametag, const NametagTags *tags, size_t face, const char *name, unsigned flags,
                             NametagRefusal *refusal)
{
    NametagRefusal unasked;
    if (!refusal)
        refusal = &unasked;
    *refusal = NAMETAG_REFUSAL_NONE;
    if (!nametag)
        return NT_LIB_MISSING(NULL, "nametag");
    if (!tags)
        return NT_LIB_MISSING(&nametag->words, "tags");
    if (!name)
        return NT_LIB_MISSING(&nametag->words, "name");
    if (flags & ~(unsigned)KNOWN_FLAGS)
        return nt_lib_fail(&nametag->words, NAMETAG_ERROR_ARGUMENT, "nametag_enroll: flags has a bit that means nothing (%#x)",
                           flags);
    NametagStatus status = check_gallery(nametag, __func__);
    if (status == NAMETAG_OK)
        status = check_face(nametag, __func__, tags, face);
    if (status != NAMETAG_OK)
        return status;
    NtGalleryFace taken = face_of(tags, face);
    return take(nametag, &taken, name, flags, refusal);
}

NametagStatus nametag_reject(Nametag *nametag, const NametagTags *tags, size_t face, const char *name)
{
    if (!nametag)
        return NT_LIB_MISSING(NULL, "nametag");
    if (!tags)
        return NT_LIB_MISSING(&nametag->words, "tags");
    if (!name)
        return NT_LIB_MISSING(&nametag->words, "name");
    NametagStatus status = check_somebody(nametag, __func__, name);
    if (status == NAMETAG_OK)
        status = check_face(nametag, __func__, tags, face);
    if (status != NAMETAG_OK)
        return status;
    GError *error = NULL;
    g_autoptr(NtGallery) gallery = open_gallery(nametag, NT_GALLERY_WRITE, &error);
    if (gallery) {
        const NtGalleryFace rejected = face_of(tags, face);
        nt_gallery_reject(gallery, name, &rejected, &error);
    }
    return finish(nametag, error);
}

/* People. */

typedef struct People {
    NametagPeople shown; /* first, so that both have one address */
    GPtrArray *from;     /* NtPerson, whose names these are; NULL: nobody */
    NametagPerson *people;
    const NametagPerson **list;
} People;

static NametagPeople *make_people(GPtrArray *from)
{
    const guint n = from ? from->len : 0;
    People *people = g_new0(People, 1);
    people->from = from;
    people->people = g_new0(NametagPerson, n);
    people->list = g_new(const NametagPerson *, n);
    for (guint i = 0; i < n; i++) {
        const NtPerson *person = from->pdata[i];
        people->people[i] = (NametagPerson){.name = person->name, .n_pictures = person->n_faces,
                                            .n_in_use = person->n_faces - person->n_aside,
                                            .enrolled_unix = person->created_us / G_USEC_PER_SEC};
        people->list[i] = &people->people[i];
    }
    people->shown = (NametagPeople){n, people->list};
    return &people->shown;
}

NametagStatus nametag_people(Nametag *nametag, NametagPeople **people)
{
    if (people)
        *people = NULL;
    if (!nametag)
        return NT_LIB_MISSING(NULL, "nametag");
    if (!people)
        return NT_LIB_MISSING(&nametag->words, "people");
    const NametagStatus status = check_gallery(nametag, __func__);
    if (status != NAMETAG_OK)
        return status;
    GPtrArray *from = NULL;
    if (gallery_is_there(nametag)) {
        GError *error = NULL;
        g_autoptr(NtGallery) gallery = open_gallery(nametag, NT_GALLERY_READ, &error);
        if (!gallery || !(from = nt_gallery_list_people(gallery, &error)))
            return nt_lib_fail_with(&nametag->words, error);
    }
    *people = make_people(from);
    return NAMETAG_OK;
}

void nametag_people_free(NametagPeople *shown)
{
    People *people = (People *)(void *)shown;
    if (!people)
        return;
    if (people->from)
        g_ptr_array_unref(people->from);
    g_free(people->people);
    g_free(people->list);
    g_free(people);
}

NametagStatus nametag_rename(Nametag *nametag, const char *name, const char *new_name)
{
    if (!nametag)
        return NT_LIB_MISSING(NULL, "nametag");
    if (!name)
        return NT_LIB_MISSING(&nametag->words, "name");
    if (!new_name)
        return NT_LIB_MISSING(&nametag->words, "new_name");
    const NametagStatus status = check_somebody(nametag, __func__, name);
    if (status != NAMETAG_OK)
        return status;
    GError *error = NULL;
    g_autoptr(NtGallery) gallery = open_gallery(nametag, NT_GALLERY_WRITE, &error);
    if (gallery)
        nt_gallery_rename(gallery, name, new_name, &error);
    return finish(nametag, error);
}

NametagStatus nametag_forget(Nametag *nametag, const char *name)
{
    if (!nametag)
        return NT_LIB_MISSING(NULL, "nametag");
    if (!name)
        return NT_LIB_MISSING(&nametag->words, "name");
    const NametagStatus status = check_somebody(nametag, __func__, name);
    if (status != NAMETAG_OK)
        return status;
    GError *error = NULL;
    g_autoptr(NtGallery) gallery = open_gallery(nametag, NT_GALLERY_WRITE, &error);
    if (gallery && nt_gallery_forget(gallery, name, NULL, &error))
        nt_clip_cache_clear();
    return finish(nametag, error);
}
