/* nametag people not, ignore, and the lists of what was said so: answers to what the program says of faces. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/people.h"
#include "engine/engine.h"
#include "media/location.h"
#include "media/source.h"
#include "media/still.h"
#include "overlay/overlay.h"

/* One picture, looked at with the people of the gallery. */
typedef struct Look {
    char *source;         /* as the gallery keeps it */
    NtTaggedFrame *frame;
    NtQuality *qualities; /* [n_faces] */
} Look;

static void clear_look(Look *look)
{
    g_free(look->source);
    g_clear_pointer(&look->frame, nt_tagged_frame_unref);
    g_free(look->qualities);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Look, clear_look)

static NtTaggedFrame *look_at_clip(NtAnalyser *analyser, const char *location, double at_s, GError **error)
{
    g_autoptr(NtSource) source = nt_media_init(NULL, NULL, error) ? nt_source_open(location, error) : NULL;
    GError *reason = NULL;
    if (!source)
        return NULL;
    while (!nt_command_interrupted()) {
        g_autoptr(NtFrame) frame = nt_source_read(source, &reason);
        if (!frame)
            break;
        if ((double)nt_frame_pts_ns(frame) / 1e9 + 1e-3 < at_s) /* at_s was read off a record, in milliseconds or so */
            continue;
        NtTaggedFrame *tagged = nt_analyser_tag_yuv(analyser, nt_frame_image(frame), error);
        if (tagged)
            tagged->pts_ns = nt_frame_pts_ns(frame);
        return tagged;
    }
    if (reason)
        g_propagate_error(error, reason);
    else
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_STREAM, "%s ends before %.2f s; choose an earlier moment with --at",
                    location, at_s);
    return NULL;
}

static gboolean look(const NtPeopleJob *job, const char *path, Look *result, GError **error)
{
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(job->gallery, error);
    NtClassifierOptions options = {0};
    nt_command_caution(job->options->caution, &options.caution); /* checked when the options were read */
    g_autoptr(NtClassifier) classifier = snapshot ? nt_classifier_new(snapshot, &options, NULL, error) : NULL;
    if (!classifier)
        return FALSE;
    const NtEngineOptions engine = {.with_embedding = TRUE, .with_chips = TRUE, .workers = nt_command_processors()};
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(job->models, classifier, &engine);
    if (nt_command_is_uri(path) || !nt_still_probe(path)) {
        result->frame = look_at_clip(analyser, path, job->options->at_s, error);
    } else {
        g_autoptr(NtStill) still = nt_still_load(path, error);
        result->frame = still ? nt_analyser_tag_rgb(analyser, &still->rgb, error) : NULL;
    }
    if (!result->frame)
        return FALSE;
    result->source = nt_command_source(path);
    result->qualities = g_new0(NtQuality, result->frame->n_faces);
    for (guint i = 0; i < result->frame->n_faces; i++) {
        const NtFace *face = &result->frame->faces[i];
        nt_quality_measure(face->landmarks, face->detection.box, result->frame->width, result->frame->height, face->chip,
                           &result->qualities[i]);
    }
    g_autofree char *shown = nt_location_mask(path);
    if (result->frame->n_faces == 0)
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND, "no face was found in %s; choose one that is larger "
                    "than 80 pixels and looks towards the camera", shown);
    return result->frame->n_faces > 0;
}

static NtGalleryFace describe(const Look *seen, guint i)
{
    const NtFace *face = &seen->frame->faces[i];
    NtGalleryFace entry = {.chip = face->chip, .source = seen->source, .pts_ns = seen->frame->pts_ns,
                           .box = face->detection.box, .score = face->detection.score, .quality = seen->qualities[i]};
    memcpy(entry.embedding, face->embedding, sizeof entry.embedding);
    return entry;
}

/* "Anna, Bob?, unknown": what the faces are called; free with g_free. */
static char *list_names(const NtTaggedFrame *frame)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < frame->n_faces; i++) {
        g_autofree char *label = nt_overlay_label(&frame->faces[i].verdict);
        g_string_append_printf(text, "%s%s", i ? ", " : "", label);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static guint largest_face(const NtTaggedFrame *frame)
{
    guint best = 0;
    for (guint i = 1; i < frame->n_faces; i++)
        if (nt_rect_width(frame->faces[i].detection.box) > nt_rect_width(frame->faces[best].detection.box))
            best = i;
    return best;
}

/* Says something of each chosen face as one change; returns whether all was well. */
typedef gint64 Sayer(NtGallery *gallery, const char *person, const NtGalleryFace *face, GError **error);

static gint64 say_ignore(NtGallery *gallery, G_GNUC_UNUSED const char *person, const NtGalleryFace *face, GError **error)
{
    return nt_gallery_ignore(gallery, face, error);
}

static gboolean say(const NtPeopleJob *job, const Look *seen, const gboolean *chosen, const char *person, Sayer *sayer,
                    GError **error)
{
    if (!nt_gallery_begin(job->gallery, error))
        return FALSE;
    for (guint i = 0; i < seen->frame->n_faces; i++) {
        const NtGalleryFace face = describe(seen, i);
        if (chosen[i] && !sayer(job->gallery, person, &face, error)) {
            nt_gallery_roll_back(job->gallery);
            return FALSE;
        }
    }
    return nt_gallery_commit(job->gallery, error);
}

int nt_people_not(const NtPeopleJob *job, char **words, G_GNUC_UNUSED int n, GError **error)
{
    guint count = 0, rejected = 0;
    g_autoptr(NtPerson) person = nt_gallery_find_person(job->gallery, words[0], error);
    g_auto(Look) seen = {0};
    if (!person || !look(job, words[1], &seen, error))
        return NT_EXIT_FAILED;
    g_autofree gboolean *chosen = g_new0(gboolean, seen.frame->n_faces);
    for (guint i = 0; i < seen.frame->n_faces && !job->options->largest; i++) {
        const NtVerdict *verdict = &seen.frame->faces[i].verdict;
        chosen[i] = g_strcmp0(verdict->name, person->name) == 0;
        count += (guint)chosen[i];
        rejected += verdict->reason == NT_REASON_REJECTED && g_strcmp0(verdict->nearest, person->name) == 0;
    }
    if (job->options->largest) {
        chosen[largest_face(seen.frame)] = TRUE;
        count = 1;
    }
    if (count == 0 && rejected > 0) {
        printf("That was said before: nobody in %s is called %s.\n", words[1], person->name);
        return NT_EXIT_OK;
    }
    if (count == 0) {
        g_autofree char *names = list_names(seen.frame);
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND,
                    "no face in %s is called %s, not even as a guess (but: %s); --largest says it of the largest face all the same",
                    words[1], person->name, names);
        return NT_EXIT_FAILED;
    }
    if (!say(job, &seen, chosen, person->name, nt_gallery_reject, error))
        return NT_EXIT_FAILED;
    printf("Noted: that is not %s. Faces like it are no longer given that name.\n", person->name);
    nt_people_say_undo(job);
    return NT_EXIT_OK;
}

int nt_people_ignore(const NtPeopleJob *job, char **words, G_GNUC_UNUSED int n, GError **error)
{
    guint count = 0, ignored = 0;
    g_auto(Look) seen = {0};
    if (!look(job, words[0], &seen, error))
        return NT_EXIT_FAILED;
    g_autofree gboolean *chosen = g_new0(gboolean, seen.frame->n_faces);
    for (guint i = 0; i < seen.frame->n_faces && !job->options->largest; i++) {
        const NtVerdict *verdict = &seen.frame->faces[i].verdict;
        chosen[i] = verdict->kind == NT_VERDICT_UNKNOWN && verdict->reason != NT_REASON_IGNORED;
        count += (guint)chosen[i];
        ignored += verdict->reason == NT_REASON_IGNORED;
    }
    if (job->options->largest) {
        chosen[largest_face(seen.frame)] = TRUE;
        count = 1;
    }
    if (count == 0 && ignored > 0) {
        printf("That was said before: the unknown faces of %s are ignored.\n", words[0]);
        return NT_EXIT_OK;
    }
    if (count == 0) {
        g_autofree char *names = list_names(seen.frame);
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND,
                    "every face in %s has a name or a guess (%s); --largest ignores the largest face all the same", words[0], names);
        return NT_EXIT_FAILED;
    }
    if (!say(job, &seen, chosen, NULL, say_ignore, error))
        return NT_EXIT_FAILED;
    g_autofree char *faces = nt_people_count(count, "face");
    printf("Noted: %s ignored. Faces like %s stay unknown and are not asked about.\n", faces, count == 1 ? "it" : "them");
    nt_people_say_undo(job);
    return NT_EXIT_OK;
}

/* The ids of a list, in its order, and their lines when they are to be printed. */
typedef struct Listing {
    GArray *ids;
    gboolean print;
    const char *said;
} Listing;

static void list_one(const NtGalleryFace *face, gpointer user)
{
    Listing *listing = user;
    g_array_append_val(listing->ids, face->id);
    if (!listing->print)
        return;
    g_autofree char *where = nt_people_where(face), *date = nt_people_date(face->created_us);
    printf("  %2u  %s, %s %s\n", listing->ids->len, where, listing->said, date);
}

int nt_people_rejections(const NtPeopleJob *job, char **words, int n, GError **error)
{
    guint total = 0;
    g_autoptr(GPtrArray) people = g_ptr_array_new_with_free_func((GDestroyNotify)nt_person_free);
    if (n > 0) {
        NtPerson *person = nt_gallery_find_person(job->gallery, words[0], error);
        if (!person)
            return NT_EXIT_FAILED;
        g_ptr_array_add(people, person);
    } else {
        g_ptr_array_unref(g_steal_pointer(&people));
        if (!(people = nt_gallery_list_people(job->gallery, error)))
            return NT_EXIT_FAILED;
    }
    for (guint i = 0; i < people->len; i++) {
        const char *name = ((NtPerson *)people->pdata[i])->name;
        g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
        Listing quiet = {ids, FALSE, NULL}, loud = {ids, TRUE, "said"};
        if (!nt_gallery_visit_rejections(job->gallery, name, list_one, &quiet, error))
            return NT_EXIT_FAILED;
        total += ids->len;
        if (ids->len == 0)
            continue;
        printf("Not %s:\n", name);
        g_array_set_size(ids, 0);
        if (!nt_gallery_visit_rejections(job->gallery, name, list_one, &loud, error))
            return NT_EXIT_FAILED;
    }
    if (total == 0)
        printf("Nothing was said not to be %s.\n", n > 0 ? ((NtPerson *)people->pdata[0])->name : "anybody");
    return NT_EXIT_OK;
}

int nt_people_strangers(const NtPeopleJob *job, G_GNUC_UNUSED char **words, G_GNUC_UNUSED int n, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    Listing listing = {ids, TRUE, "ignored"};
    if (!nt_gallery_visit_strangers(job->gallery, FALSE, list_one, &listing, error))
        return NT_EXIT_FAILED;
    if (ids->len == 0)
        printf("Nobody is ignored.\n");
    return NT_EXIT_OK;
}

typedef gboolean Remover(NtGallery *gallery, gint64 id, GError **error);

/* Takes the numbered ones of a list back, as one change. */
static gboolean take_back(const NtPeopleJob *job, const GArray *ids, const char *text, const char *thing, Remover *remove,
                          char **count, GError **error)
{
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    if (!nt_people_read_numbers(text, ids->len, thing, numbers, error) || !nt_gallery_begin(job->gallery, error))
        return FALSE;
    for (guint i = 0; i < numbers->len; i++) {
        if (!remove(job->gallery, g_array_index(ids, gint64, g_array_index(numbers, guint, i) - 1), error)) {
            nt_gallery_roll_back(job->gallery);
            return FALSE;
        }
    }
    *count = nt_people_count(numbers->len, thing);
    return nt_gallery_commit(job->gallery, error);
}

int nt_people_accept(const NtPeopleJob *job, char **words, G_GNUC_UNUSED int n, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    Listing listing = {ids, FALSE, NULL};
    g_autofree char *count = NULL;
    g_autoptr(NtPerson) person = nt_gallery_find_person(job->gallery, words[0], error);
    if (!person || !nt_gallery_visit_rejections(job->gallery, person->name, list_one, &listing, error) ||
        !take_back(job, ids, words[1], "rejection", nt_gallery_remove_rejection, &count, error))
        return NT_EXIT_FAILED;
    printf("%s of %s taken back: faces like that may be called %s again.\n", count, person->name, person->name);
    nt_people_say_undo(job);
    return NT_EXIT_OK;
}

int nt_people_unignore(const NtPeopleJob *job, char **words, G_GNUC_UNUSED int n, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    Listing listing = {ids, FALSE, NULL};
    g_autofree char *count = NULL;
    if (!nt_gallery_visit_strangers(job->gallery, FALSE, list_one, &listing, error) ||
        !take_back(job, ids, words[0], "stranger", nt_gallery_remove_stranger, &count, error))
        return NT_EXIT_FAILED;
    printf("%s no longer ignored.\n", count);
    nt_people_say_undo(job);
    return NT_EXIT_OK;
}
