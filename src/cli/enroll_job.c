#include "cli/enroll_job.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/enroll_clip.h"
#include "identity/enrolment.h"
#include "identity/health.h"
#include "identity/quality_gate.h"
#include "media/location.h"
#include "media/still.h"

/* A face that was taken and waits to be written. */
typedef struct Taken {
    NtSeenFace seen;
    char *source;
    gint64 pts_ns; /* -1 for a still */
    gboolean forced;
} Taken;

struct NtEnroller {
    NtGallery *gallery; /* NULL: nobody is enrolled */
    NtAnalyser *analyser;
    NtEnrollOptions options;
    /* Who is enrolled, growing with what is taken; what the gate looks at. */
    GPtrArray *names;   /* interned */
    GArray *embeddings, *whose; /* float [128] each; guint */
    /* The person at hand. */
    char *person;
    guint index;        /* in names */
    guint n_before;     /* faces in `whose` before the person's first was taken */
    GArray *taken;      /* Taken */
    guint n_pictures, n_enrolled; /* looked at; of these, enrolled already */
};

static void clear_taken(gpointer data)
{
    Taken *taken = data;
    nt_seen_face_clear(&taken->seen);
    g_free(taken->source);
}

static void say(const NtEnroller *enroller, const char *where, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void say(const NtEnroller *enroller, const char *where, const char *format, ...)
{
    if (enroller->options.quiet)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    printf("  %s: %s\n", where, text);
    fflush(stdout);
}

/* Who is enrolled. */

static void remember_face(NtEnroller *enroller, guint person, const float *embedding)
{
    g_array_append_vals(enroller->embeddings, embedding, NT_EMBEDDING_SIZE);
    g_array_append_val(enroller->whose, person);
}

NtEnroller *nt_enroller_new(NtGallery *gallery, NtAnalyser *analyser, const NtEnrollOptions *options, GError **error)
{
    g_autoptr(NtGallerySnapshot) snapshot = gallery ? nt_gallery_snapshot(gallery, error) : NULL;
    if (gallery && !snapshot)
        return NULL;
    NtEnroller *enroller = g_new0(NtEnroller, 1);
    enroller->gallery = gallery;
    enroller->analyser = analyser;
    enroller->options = *options;
    enroller->names = g_ptr_array_new();
    enroller->embeddings = g_array_new(FALSE, FALSE, sizeof(float));
    enroller->whose = g_array_new(FALSE, FALSE, sizeof(guint));
    enroller->taken = g_array_new(FALSE, FALSE, sizeof(Taken));
    g_array_set_clear_func(enroller->taken, clear_taken);
    for (guint i = 0; snapshot && i < snapshot->n_people; i++)
        g_ptr_array_add(enroller->names, (gpointer)g_intern_string(snapshot->names[i]));
    for (guint i = 0; snapshot && i < snapshot->n_faces; i++)
        remember_face(enroller, snapshot->person[i], snapshot->embeddings + (gsize)i * NT_EMBEDDING_SIZE);
    return enroller;
}

void nt_enroller_free(NtEnroller *enroller)
{
    if (!enroller)
        return;
    g_ptr_array_unref(enroller->names);
    g_array_unref(enroller->embeddings);
    g_array_unref(enroller->whose);
    g_array_unref(enroller->taken);
    g_free(enroller->person);
    g_free(enroller);
}

static void remember_if_aside(const NtGalleryFace *face, gpointer user)
{
    NtEnroller *enroller = user;
    if (face->aside)
        remember_face(enroller, enroller->index, face->embedding);
}

gboolean nt_enroller_begin(NtEnroller *enroller, const char *person, GError **error)
{
    g_autofree char *normal = g_utf8_normalize(person, -1, G_NORMALIZE_NFC); /* as the gallery has names */
    if (!normal) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NAME, "a name must be UTF-8; this one is not: rename it");
        return FALSE;
    }
    const char *name = g_intern_string(g_strstrip(normal));
    g_free(enroller->person);
    enroller->person = g_strdup(name);
    g_array_set_size(enroller->taken, 0);
    enroller->n_before = enroller->whose->len;
    enroller->n_pictures = enroller->n_enrolled = 0;
    if (g_ptr_array_find(enroller->names, name, &enroller->index)) {
        /* Pictures set aside are not in the snapshot, but are enrolled all the same. */
        GError *reason = NULL;
        if (enroller->gallery &&
            !nt_gallery_visit_faces(enroller->gallery, name, FALSE, remember_if_aside, enroller, &reason) &&
            !g_error_matches(reason, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND)) {
            g_propagate_error(error, reason);
            return FALSE;
        }
        g_clear_error(&reason);
    } else {
        enroller->index = enroller->names->len;
        g_ptr_array_add(enroller->names, (gpointer)name);
    }
    return TRUE;
}

void nt_enroller_drop(NtEnroller *enroller)
{
    g_array_set_size(enroller->taken, 0);
    g_array_set_size(enroller->whose, enroller->n_before);
    g_array_set_size(enroller->embeddings, enroller->n_before * NT_EMBEDDING_SIZE);
}

/* Judging and taking. */

static void ask_gate(const NtEnroller *enroller, const NtSeenFace *seen, NtGateAnswer *answer)
{
    const NtGallerySnapshot snapshot = {
        .n_people = enroller->names->len, .names = (char **)enroller->names->pdata, .n_faces = enroller->whose->len,
        .embeddings = (float *)(void *)enroller->embeddings->data, .person = (guint *)(void *)enroller->whose->data};
    nt_gate_check(&snapshot, enroller->person, seen->face->embedding, &seen->quality, answer);
}

/* With --force only what adds nothing is refused. */
static gboolean is_welcome(const NtEnroller *enroller, const NtGateAnswer *answer)
{
    return answer->reason == NT_GATE_GOOD || (enroller->options.force && answer->reason != NT_GATE_DUPLICATE);
}

static void take(NtEnroller *enroller, const NtSeenFace *seen, const char *source, const NtGateAnswer *answer)
{
    const Taken taken = {.seen = {nt_tagged_frame_ref(seen->frame), seen->face, seen->quality},
                         .source = g_strdup(source), .pts_ns = seen->frame->pts_ns,
                         .forced = answer->reason != NT_GATE_GOOD};
    g_array_append_val(enroller->taken, taken);
    remember_face(enroller, enroller->index, seen->face->embedding);
}

gboolean nt_enroller_nothing_new(const NtEnroller *enroller)
{
    return enroller->n_pictures > 0 && enroller->n_enrolled == enroller->n_pictures;
}

/* "refused: ...", with what would take it all the same. */
static void say_refused(NtEnroller *enroller, const char *where, const NtGateAnswer *answer)
{
    enroller->n_enrolled += answer->reason == NT_GATE_DUPLICATE;
    g_autofree char *text = nt_gate_describe(answer, enroller->person);
    say(enroller, where, "refused: %s%s", text, answer->reason == NT_GATE_DUPLICATE ? "" : " (--force takes it as it is)");
}

/* "looking left, " for a face in half profile. */
static const char *view_word(const NtQuality *quality)
{
    return quality->yaw < -NT_SIDE_DEGREES ? "looking left, " : quality->yaw > NT_SIDE_DEGREES ? "looking right, " : "";
}

static const char *taken_word(const NtEnroller *enroller) { return enroller->options.check ? "would be taken" : "taken"; }

guint nt_enroller_add_still(NtEnroller *enroller, const char *path, GError **error)
{
    enroller->n_pictures++;
    g_autoptr(NtStill) still = nt_still_load(path, error);
    g_autoptr(NtTaggedFrame) frame = still ? nt_analyser_tag_rgb(enroller->analyser, &still->rgb, error) : NULL;
    if (!frame)
        return 0;
    NtSeenFace seen = {.frame = frame};
    for (guint i = 0; i < frame->n_faces; i++)
        if (!seen.face || nt_rect_width(frame->faces[i].detection.box) > nt_rect_width(seen.face->detection.box))
            seen.face = &frame->faces[i];
    if (!seen.face) {
        say(enroller, path, "refused: no face was found: it should look towards the camera, upright, and be larger than 80 "
                            "pixels (--upsample 1 finds smaller ones)");
        return 0;
    }
    if (frame->n_faces > 1 && !enroller->options.largest) {
        say(enroller, path, "refused: it shows %u faces, and whose is whose can't be known: cut the person out, or say "
                            "--largest", frame->n_faces);
        return 0;
    }
    NtGateAnswer answer;
    nt_seen_face_measure(&seen);
    ask_gate(enroller, &seen, &answer);
    if (!is_welcome(enroller, &answer)) {
        say_refused(enroller, path, &answer);
        return 0;
    }
    take(enroller, &seen, path, &answer);
    g_autofree char *advice = nt_gate_describe(&answer, enroller->person);
    say(enroller, path, "%s (%sface of %.0f pixels, sharpness %.2f)%s%s", taken_word(enroller), view_word(&seen.quality),
        (double)seen.quality.size_px, (double)seen.quality.sharpness, advice ? ", though " : "", advice ? advice : "");
    return 1;
}

/* "of 19 frames looked at, 3 without a face, 2 with several, 14 with one too blurred": what the frames of a clip came to. */
static char *describe_survey(const NtClipSurvey *survey)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "of %u frame%s looked at", survey->looked_at, survey->looked_at == 1 ? "" : "s");
    if (survey->without)
        g_string_append_printf(text, ", %u without a face", survey->without);
    if (survey->crowded)
        g_string_append_printf(text, ", %u with several", survey->crowded);
    for (int i = 0; i < NT_N_GATE_REASONS; i++)
        if (survey->refused[i])
            g_string_append_printf(text, ", %u with one %s", survey->refused[i], nt_gate_reason_word((NtGateReason)i));
    return g_string_free(text, FALSE);
}

/* Takes those of the chosen faces that the gate lets in. The answer for the first one refused is left in *refusal. */
static guint take_chosen(NtEnroller *enroller, const NtClipSurvey *survey, const char *location, GString *moments,
                         NtGateAnswer *refusal)
{
    g_autoptr(GArray) chosen = nt_clip_choose(survey, enroller->options.max);
    guint n = 0;
    *refusal = (NtGateAnswer){.reason = NT_GATE_GOOD};
    for (guint i = 0; i < chosen->len; i++) {
        const NtSeenFace *seen = &g_array_index(survey->good, NtSeenFace, g_array_index(chosen, guint, i));
        NtGateAnswer answer;
        ask_gate(enroller, seen, &answer);
        if (is_welcome(enroller, &answer)) {
            take(enroller, seen, location, &answer);
            g_string_append_printf(moments, "%s%.2f", n++ ? ", " : "", (double)seen->frame->pts_ns / 1e9);
        } else if (refusal->reason == NT_GATE_GOOD || refusal->reason == NT_GATE_DUPLICATE) {
            *refusal = answer; /* that it is enrolled already is the least of reasons */
        }
    }
    return n;
}

guint nt_enroller_add_clip(NtEnroller *enroller, const char *location, GError **error)
{
    g_auto(NtClipSurvey) survey = {0};
    enroller->n_pictures++;
    g_autofree char *shown = nt_location_mask(location);
    if (!nt_clip_survey(&enroller->options, enroller->analyser, location, &survey, error) || nt_command_interrupted())
        return 0;
    g_autofree char *told = describe_survey(&survey);
    if (survey.looked_at == 0) {
        say(enroller, shown, "refused: it has no frame there: see --start and --end");
        return 0;
    }
    if (survey.good->len == 0) {
        say(enroller, shown, "refused: %s: choose a part with --start and --end where one face is near, sharp and looks "
                                "towards the camera%s", told, survey.crowded ? ", or say --largest" : "");
        return 0;
    }
    if (!nt_clip_shows_one_person(&survey) && !enroller->options.force) {
        say(enroller, shown, "refused: different people appear one after another: choose a part with --start and --end");
        return 0;
    }
    NtGateAnswer refusal;
    g_autoptr(GString) moments = g_string_new(NULL);
    const guint n = take_chosen(enroller, &survey, shown, moments, &refusal);
    if (n == 0) {
        say_refused(enroller, shown, &refusal);
        return 0;
    }
    const guint n_others = nt_clip_count_others(&survey);
    g_autofree char *others = n_others ? g_strdup_printf(" (%u of somebody else, left out)", n_others) : NULL;
    say(enroller, shown, "%u face%s %s, at %s s; %s, %u with one good face%s", n, n == 1 ? "" : "s", taken_word(enroller),
        moments->str, told, survey.good->len, others ? others : "");
    return n;
}

/* Writing. */

static NtGalleryFace face_of(const Taken *taken)
{
    const NtFace *seen = taken->seen.face;
    NtGalleryFace face = {.chip = seen->chip, .source = taken->source, .pts_ns = taken->pts_ns, .box = seen->detection.box,
                          .score = seen->detection.score, .quality = taken->seen.quality, .forced = taken->forced};
    memcpy(face.embedding, seen->embedding, sizeof face.embedding);
    return face;
}

static void say_what_would_help(const NtEnroller *enroller)
{
    g_autoptr(NtPersonHealth) health = nt_person_health(enroller->gallery, enroller->person, NULL);
    for (guint i = 0; health && i < health->advice->len; i++)
        printf("  %s %s\n", i == 0 ? "What would help:" : "                ", (const char *)health->advice->pdata[i]);
}

static void say_outcome(const NtEnroller *enroller, guint n_aside)
{
    const guint n = enroller->taken->len;
    if (enroller->options.quiet)
        return;
    printf("%s %s with %u new picture%s%s.\n", enroller->person, enroller->options.check ? "would be enrolled" : "is enrolled",
           n, n == 1 ? "" : "s", enroller->options.check ? "; this was a check, nothing is changed" : "");
    if (n_aside > 0)
        printf("  %u picture%s set aside: %d varied ones are in use.\n", n_aside,
               n_aside > 1         ? enroller->options.check ? "s would be" : "s are"
               : enroller->options.check ? " would be" : " is",
               NT_GATE_MAX_IN_USE);
    if (!enroller->options.check)
        say_what_would_help(enroller);
}

gboolean nt_enroller_finish(NtEnroller *enroller, GError **error)
{
    g_autoptr(GArray) faces = g_array_new(FALSE, FALSE, sizeof(NtGalleryFace));
    for (guint i = 0; i < enroller->taken->len; i++) {
        const NtGalleryFace face = face_of(&g_array_index(enroller->taken, Taken, i));
        g_array_append_val(faces, face);
    }
    guint n_aside = 0;
    const NtGalleryFace *added = (const NtGalleryFace *)(const void *)faces->data;
    if (!(enroller->options.check ? nt_enrolment_check : nt_enrolment_write)(enroller->gallery, enroller->person, added,
                                                                            faces->len, &n_aside, error)) {
        nt_enroller_drop(enroller);
        return FALSE;
    }
    say_outcome(enroller, n_aside);
    return TRUE;
}
